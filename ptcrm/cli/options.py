"""What commands share: the session (which vault, which day), option types, and how errors leave."""

from __future__ import annotations

import os
import shlex
import time
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm.errors import BusyError, ChangedError, NotFoundError, UsageError
from ptcrm.model.dates import parse_date
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import plain
from ptcrm.text.near import suggest
from ptcrm.vault.places import place_of, user_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptcrm.cli.recording import Recording
    from ptcrm.model.change import Operation
    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer
    from ptcrm.workspace import Workspace

FIRST = ("--vault", "--today", "--no-pager", "--no-cache")  # options that stand before the command
_TRIES, _PAUSE_SECONDS = 40, 0.05


class IsoDay(click.ParamType[date]):
    """An option's value `YYYY-MM-DD`."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ANN401
        """The day, or click's own error (exit code 2)."""
        day = parse_date(str(value))
        if isinstance(day, Problem):
            self.fail(f"{day.message}. {day.hint}", param, ctx)
        return day


class Place(click.ParamType[str]):
    """The name of a file or folder, or of something else; not the empty one of a shell's variable that is not set."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        """The name, or click's own error (exit code 2)."""
        if not str(value).strip():
            self.fail("it is empty; name one, or leave it out.", param, ctx)
        return str(value)


class Session:
    """What stands before the command: the vault as given, and the day; then what a `writing` command is like.

    With `no_cache` nothing is remembered from one command to the next. A command that is `for_names` asks nothing
    of what is owed or planned. One that has done more than answer is not `is_repeatable`; `follows` are the other
    files that the answer follows from. `answers` has what was asked and typed, so that a command that begins anew
    asks nothing twice.
    """

    def __init__(self, vault: str | None, today: date | None, *, no_cache: bool = False) -> None:
        self.vault, self.today, self.no_cache = vault, today, no_cache
        self.writes = self.dry_run = self.applied = self.for_names = False
        self.opened: Workspace | None = None
        self.answers: dict[str, Any] = {}
        self.is_repeatable, self.follows = True, list[str]()
        self.recording: Recording | None = None
        self._alone = ExitStack()

    def workspace(self, *, quiet: bool = False) -> Workspace:
        """The vault, open: as given, by PTCRM_VAULT, from here upward, or by the user's configuration.

        A writing command has it alone. Files with errors are missing from every answer, so it is said on
        stderr, unless `quiet`.
        """
        if self.opened is None:
            self.opened = self._open(quiet=quiet)
        return self.opened

    def _open(self, *, quiet: bool) -> Workspace:
        from ptcrm.cli.output import tell
        from ptcrm.cli.progress import progress
        from ptcrm.text.words import plural

        _, open_workspace = self.opener()
        with progress() as heard:
            workspace = open_workspace(heard=heard)
        self.is_repeatable &= heard is None or not heard.is_shown  # the line is no part of the answer
        context = click.get_current_context().find_root()  # an answer is kept behind the command
        context.call_on_close(workspace.close)
        context.call_on_close(self._alone.close)
        self._lock(workspace)
        if workspace.recovered:
            tell(f"ptcrm: {workspace.recovered}")
        errors = 0 if quiet else workspace.errors()
        if errors:
            tell(f"ptcrm: {plural(errors, 'file')} with errors, see `ptcrm check`.")
        return workspace

    def _lock(self, workspace: Workspace) -> None:
        """Have the vault alone, if the command writes to it."""
        from ptcrm.cli.output import tell

        if not self.writes or self.dry_run:
            return
        try:
            self._alone.enter_context(workspace.journal.locked(wait=2))
        except BusyError:
            tell("ptcrm: waiting for another ptcrm that writes to this vault …")
            self._alone.enter_context(workspace.journal.locked())

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let others write while a person thinks; what they changed is known afterwards."""
        workspace = self.workspace()
        self._alone.close()
        workspace.cache.release()
        yield
        self._lock(workspace)
        workspace.renew()

    def opener(
        self, *, may_be_gone: Callable[[Path], bool] | None = None
    ) -> tuple[Path, Callable[..., Workspace]]:
        """The vault's folder, and what opens the vault, in any thread and as often as need be.

        Raises `NotFoundError` if there is none, unless it `may_be_gone` for now.
        """
        from ptcrm.workspace import Workspace

        try:
            root = self._find_root()
        except NotFoundError:
            place = self._place()
            if place is None or may_be_gone is None or not may_be_gone(place):
                raise
            root = place
        root = root.absolute()
        cache_folder, names = None if self.no_cache else Path(user_folder("cache")), self.for_names
        return root, partial(Workspace, root, self.today, cache_folder, state_folder(), for_names=names)

    def discard_cache(self) -> bool:
        """Delete what is remembered, which may be damaged; whether there was anything."""
        import sqlite3

        from ptcrm.vault.cache_file import delete

        try:
            place = Path(user_folder("cache")) / f"{place_of(self.folder())}.sqlite"
            if self.no_cache or not place.is_file():
                return False
            if self.opened:
                self.opened.cache.close()
            delete(place)
        except (OSError, sqlite3.DatabaseError, NotFoundError):
            return False
        return True

    def settings(self) -> tuple[Path, Config]:
        """The vault's folder and its settings, for commands that need no customer."""
        from ptcrm.vault.settings import read_settings, settings_of

        root = self.folder()
        return root, read_settings(settings_of(root)).config

    def folder(self) -> Path:
        """The vault's folder; raises `NotFoundError` if there is none."""
        return self._find_root().absolute()

    def apply(self, operation: Operation, *, undoes: int | None = None) -> bool:
        """Make the operation's changes; in a dry run print them as a diff instead, and return False."""
        if self.dry_run:
            from ptcrm.cli.output import say_diff

            say_diff(operation)
        else:
            self.workspace().apply(operation, undoes=undoes)
            self.applied = True
        return not self.dry_run

    def _find_root(self) -> Path:
        """The vault's folder; raises `NotFoundError` after a second look: an editor may be saving ptcrm.yaml."""
        try:
            return self._root()
        except NotFoundError:
            time.sleep(_PAUSE_SECONDS)
            return self._root()

    def has_vault(self) -> bool:
        """Whether a vault is named, or stands here or above; for commands that can do without."""
        return self._place() is not None

    def _root(self) -> Path:
        from ptcrm.vault.store import CONFIG_NAME, no_vault

        root = self._place()
        if root is None:
            raise no_vault(Path.cwd())
        if not root.is_dir():
            raise NotFoundError(f"{root}: there is no such folder")
        if not (root / CONFIG_NAME).is_file():
            raise no_vault(root)
        return root

    def _place(self) -> Path | None:
        """Where the vault is said to be: as named, from here upward, or by the user's configuration."""
        from ptcrm.vault.store import find_root

        named = self.vault or os.environ.get("PTCRM_VAULT")
        if not named:
            here = find_root(Path.cwd())
            if here is not None:
                return here
            named = user_setting("vault")
        return Path(named).expanduser() if named else None


def user_setting(name: str) -> str | None:
    """What the user has set for all vaults: `PTCRM_NAME`, else `name` in the user's config.yaml, else None.

    `name` is one of `settings.SETTINGS`. What cannot be used counts as not set, and is said on stderr once.
    """
    from ptcrm.cli.settings import configured, of_environment

    return of_environment(name) or configured().get(name)


def wants_colour() -> bool | None:
    """Whether the user wants colours: PTCRM_COLOR, then NO_COLOR, then config.yaml; None: on a terminal."""
    from ptcrm.cli.settings import configured, of_environment

    off = "never" if "NO_COLOR" in os.environ else None
    word = of_environment("color") or off or configured().get("color")
    return {"always": True, "never": False}.get(word or "auto")


def a_year(words: str, today: date, *, ahead: int = 1) -> int:
    """The year that `words` name, up to this one and so many `ahead`; raises `UsageError`."""
    if not (words.isascii() and words.isdigit() and len(words) == 4 and int(words)):
        raise UsageError(f"“{words}” is no year. Write for example {today.year}.")
    last = today.year + ahead
    if int(words) > last:
        why = f"the plan can be counted up to {last}" if ahead else f"this one is {last}"
        raise UsageError(f"{words} is too far ahead: {why}.")
    return int(words)


def a_count(words: str, option: str = "limit") -> int:
    """The number of `--limit`, from 1; raises `UsageError`."""
    from ptcrm.model.values import parse_whole

    number = parse_whole(plain(words))
    if isinstance(number, Problem) or not number:
        raise UsageError(f"--{option} {words}: write a whole number from 1.")
    return number


pass_session = click.make_pass_decorator(Session)


def state_folder() -> Path:
    """Where the user's undo stores and locks are kept."""
    return Path(user_folder("state"))


def patient(body: Callable[..., None]) -> Callable[..., None]:
    """A command that begins anew when somebody else saves a file in the very moment."""

    @wraps(body)
    def call(session: Session, /, *args: object, **options: object) -> None:
        for _ in range(_TRIES):
            try:
                return body(session, *args, **options)
            except ChangedError:
                time.sleep(_PAUSE_SECONDS)
                session.workspace().refresh()
        return body(session, *args, **options)

    return call


def writing(body: Callable[..., None]) -> Callable[..., None]:
    """A patient command that writes, and has `--dry-run`."""

    @click.option("--dry-run", is_flag=True, help="Print the change as a diff, and write nothing.")
    @pass_session
    @wraps(body)
    def call(session: Session, /, *args: object, dry_run: bool, **options: object) -> None:
        session.writes, session.dry_run = True, dry_run
        patient(body)(session, *args, **options)

    return call


json_option: Callable[..., Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
# At a terminal a missing WHO is asked for; see `choosing.py`.
who_argument: Callable[..., Any] = click.argument("who", metavar="WHO", nargs=-1)
limit_option: Callable[..., Any] = click.option("--limit", metavar="N", help="At most so many.")
all_option: Callable[..., Any] = click.option("--all", "whole", is_flag=True, help="All of them.")


def or_help(context: click.Context, _: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a query; for `-h` alone the command's help."""
    if words == ("-h",):
        click.echo(context.get_help(), color=context.color)
        context.exit()
    return words


query_argument: Callable[..., Any] = click.argument(
    "words", metavar="[QUERY]", nargs=-1, type=click.UNPROCESSED, callback=or_help
)
# A query may begin with a minus, so its command has no short options.
QUERY_SETTINGS: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
# Words such as -2d, or a dash before a text, are no options; nor is the h in them a call for help.
LITERAL: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


def _no_option(word: str) -> str:
    """Why a word that begins with `--` is no query, with the command's option that was probably meant."""
    context = click.get_current_context()
    called = context.command_path.removeprefix(context.find_root().command_path).strip()
    name = word.partition("=")[0]
    if name in FIRST:
        return f"{name} stands before the command: ptcrm {name} … {called}"
    options = [one for param in context.command.params for one in param.opts if one.startswith("--")]
    hint = suggest(name, [*options, "--help"])
    if not hint and name.strip("-"):
        hint = f"In a query one minus excludes: -{word.lstrip('-')}" if ":" in word else ""
    return f"“{name}” is no option of `ptcrm {called}`. {hint or f'See `ptcrm {called} --help`.'}"


def customers_meant(workspace: Workspace, words: tuple[str, ...]) -> list[Customer]:
    """The customers whom the query typed as `words` finds, by path; raises `UsageError`.

    If there are none, values that no customer has are named on stderr.
    """
    return list(workspace.cache.customers_at(found_by(workspace, words)))


def found_by(workspace: Workspace, words: tuple[str, ...]) -> list[str]:
    """The paths of `customers_meant`, in order; raises `UsageError`."""
    from ptcrm.query.configured import typed

    for word in words:
        if word.startswith("--"):
            raise UsageError(_no_option(word))
    asked = typed([plain(word) for word in words])
    found = workspace.paths_by(asked)
    if not found:
        from ptcrm.cli.output import tell

        for sentence in workspace.unmatched(asked):
            tell(f"ptcrm: {sentence}")
    return found


def paths_meant(workspace: Workspace, words: tuple[str, ...]) -> set[str] | None:
    """The paths of the customers whom the query finds; None without a query. Raises `UsageError`."""
    return {*found_by(workspace, words)} if words else None


def as_typed(words: tuple[str, ...]) -> str:
    """The words of a query as they follow a command, with a blank before each."""
    return "".join(f" {shlex.quote(word)}" for word in words)


def from_here(root: Path, path: str) -> str:
    """The path in the vault at `root` as seen from the current folder, where editors, terminals and GitHub look for it."""
    whole = str(root / path)
    try:
        return os.path.relpath(whole)
    except ValueError:  # on another drive
        return whole
