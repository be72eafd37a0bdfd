"""The `ptcrm` command. Each command's module is loaded when it is called: start-up is a feature."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm import __version__
from ptcrm.cli.options import FIRST, IsoDay, Place, Session, wants_colour
from ptcrm.errors import PtcrmError
from ptcrm.start import CLOSED_PIPE, REPEATABLE
from ptcrm.text.safe import for_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

# Each command and the module it lives in, in the order of the help.
COMMANDS = {
    "due": "asking",
    "agenda": "planning",
    "plan": "planning",
    "neglected": "planning",
    "playbook": "planning",
    "birthdays": "asking",
    "budget": "reports",
    "winback": "reports",
    "tiers": "reports",
    "campaign": "reports",
    "review": "review",
    "list": "listing",
    "find": "finding",
    "timeline": "finding",
    "tags": "counting",
    "fields": "counting",
    "stats": "counting",
    "pick": "pick",
    "library": "library",
    "share": "share",
    "show": "show",
    "brief": "brief",
    "draft": "drafting",
    "why": "why",
    "log": "log",
    "done": "writing",
    "move": "writing",
    "snooze": "writing",
    "set": "writing",
    "rename": "rename",
    "dupes": "dupes",
    "archive": "archive",
    "unarchive": "archive",
    "forget": "forget",
    "merge": "merge",
    "undo": "undo",
    "history": "history",
    "blame": "history",
    "diff": "diff",
    "restore": "restore",
    "edit": "vault",
    "add": "vault",
    "init": "vault",
    "check": "check",
    "conflicts": "conflicts",
    "import": "importers",
    "export": "export",
    "sync": "sync",
    "watch": "watch",
    "serve": "serve",
    "feed": "feed",
    "schema": "schema",
    "digest": "digest",
    "cache": "cache",
    "git": "git",
    "help": "help",
    "completion": "completion",
}


# What the terminal shows as a whole, so that a pager can show it: commands that do not run on.
_ASKING = REPEATABLE - {"export"} | {"history", "blame", "diff", "check", "schema", "digest", "help", None}


class _Failure(click.ClickException):
    """An error on its way out: the message on stderr, the class's exit code."""

    def __init__(self, error: PtcrmError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: Any = None) -> None:  # noqa: ANN401  # click's signature
        click.echo(for_terminal(f"ptcrm: {self.message}"), err=True, file=file)


class _Damaged(Exception):  # noqa: N818  # it is no failure yet
    """The command is to begin anew, without what was remembered: that may have been damaged."""


def _may_be_damaged(session: object) -> bool:
    """Whether what failed may be the cache, which is deleted then, and nothing has been printed or written yet."""
    if not isinstance(session, Session) or session.writes or not session.discard_cache():
        return False
    return not (session.recording and session.recording.has_begun)


class _Commands(click.Group):
    """The group of all commands, each imported when it is needed."""

    _may_begin_anew = False

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:  # noqa: ANN401  # click's
        """Run the command and end the process; what is kept for the end comes after any error."""
        words = sys.argv[1:] if args is None else list(args)
        try:
            try:
                self._may_begin_anew = True
                return super().main(words, *more, obj=words, **extra)
            except _Damaged:
                self._may_begin_anew = False
                return super().main(words, *more, obj=words, **extra)
        finally:
            if "ptcrm.cli.drafts" in sys.modules:  # nobody else has something
                from ptcrm.cli.output import tell_last_words

                with contextlib.suppress(OSError, ValueError):
                    tell_last_words()

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(f"ptcrm.cli.{module}"), f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from ptcrm.text.near import suggest

            hint = suggest(args[0], COMMANDS) or "See `ptcrm --help`."
            raise click.UsageError(f"No such command “{for_terminal(args[0])}”. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command; nothing but a message and an exit code ever leaves it."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if error.option_name in FIRST:
                example = f"ptcrm {error.option_name} … {ctx.invoked_subcommand}"
                raise click.UsageError(
                    f"{error.option_name} stands before the command: {example}", ctx
                ) from error
            raise
        except PtcrmError as error:
            raise _Failure(error) from error
        except BrokenPipeError as error:  # who reads has seen enough
            _drop_output()
            raise click.exceptions.Exit(CLOSED_PIPE) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:  # of the output, or of a file that is not the vault's
            place = f"{error.filename}: " if error.filename else ""
            _drop_output()
            made = "The change was made, but it cannot be printed: " if ctx.obj and ctx.obj.applied else ""
            raise _Failure(PtcrmError(f"{made}{place}{error.strerror or error}")) from error
        except Exception as error:
            if "PTCRM_DEBUG" in os.environ:
                raise
            if self._may_begin_anew and _may_be_damaged(ctx.obj):
                raise _Damaged from error
            message = f"something went wrong inside ptcrm ({type(error).__name__}: {error}).\n"
            message += "Run it again with PTCRM_DEBUG=1 to see where, and report it."
            raise _Failure(PtcrmError(message)) from error


def _drop_output() -> None:
    """Let what was not printed go, so that nothing tries again when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine, 1 the vault has errors, 2 usage, 3 not found, 4 refused to write.",
)
@click.option(
    "--vault", type=Place(), metavar="DIR", help="The vault; default: PTCRM_VAULT, else from here upward."
)
@click.option("--today", type=IsoDay(), envvar="PTCRM_TODAY", help="Answer as on this day.")
@click.option("--json", "as_json", is_flag=True, help="Print today at a glance as JSON.")
@click.option("--no-pager", is_flag=True, help="Print long answers at once.")
@click.option("--no-cache", is_flag=True, help="Read every file anew, and keep nothing of it.")
@click.version_option(__version__, prog_name="ptcrm")
@click.pass_context
def cli(
    ctx: click.Context, vault: str | None, today: date | None, as_json: bool, no_pager: bool, no_cache: bool
) -> None:
    """Keep in touch with every customer, from plain text files.

    Without a command: today at a glance.

    \b
    Examples:
      ptcrm
      ptcrm --vault ~/customers due --until friday
      ptcrm log anna "call: The new shop opens in May"
      ptcrm export ics -o follow-ups.ics
    """
    words, ctx.obj = ctx.obj, Session(vault, today, no_cache=no_cache)
    recording = None
    if ctx.invoked_subcommand in REPEATABLE and not no_cache:
        from ptcrm.cli.recording import Recording

        recording = ctx.obj.recording = Recording(words)
        ctx.with_resource(recording.hearing("stderr"))
    ctx.color = wants_colour()
    if as_json and ctx.invoked_subcommand is not None:
        raise click.UsageError(
            f"--json stands behind the command: ptcrm {ctx.invoked_subcommand} … --json", ctx
        )
    if ctx.invoked_subcommand in _ASKING and not no_pager and sys.stdout.isatty():
        from ptcrm.cli.pager import paged

        ctx.with_resource(paged())
    if recording:
        ctx.with_resource(recording.hearing("stdout"))
    if ctx.invoked_subcommand is None:
        from ptcrm.cli.glance import glance

        glance(ctx.obj, as_json=as_json)


@cli.result_callback()
@click.pass_obj
def _keep(session: Session, /, *_: object, **__: object) -> None:
    """Keep what was answered; a command that ends with an error does not come here."""
    if session.recording:
        session.recording.keep(session)


def main() -> None:
    """The command: UTF-8 in and out, whatever the locale."""
    if os.name == "posix" and sys.getfilesystemencoding() == "ascii":  # Python's own help was turned off
        os.execv(sys.executable, [sys.executable, "-X", "utf8", "-m", "ptcrm", *sys.argv[1:]])  # noqa: S606
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever called
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    if "_PTCRM_COMPLETE" in os.environ:
        import_module("ptcrm.cli.completion")  # our words for click's own machinery
    cli(prog_name="ptcrm")
