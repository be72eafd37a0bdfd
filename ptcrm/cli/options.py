"""What commands share: the session (which vault, which day), option types, and how errors leave."""

from __future__ import annotations

import os
import shlex
import time
from datetime import date
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm.errors import BusyError, ChangedError, NotFoundError, UsageError
from ptcrm.model.dates import parse_date, parse_day
from ptcrm.model.diagnostic import Problem
from ptcrm.model.reading import parse_whole, suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.model.change import Operation
    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer
    from ptcrm.vault.schema import Field
    from ptcrm.workspace import Workspace

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
    """What stands before the command: the vault as given, and the day; then what a `writing` command is like."""

    def __init__(self, vault: str | None, today: date | None) -> None:
        self.vault, self.today = vault, today
        self.writes = self.dry_run = self.applied = False
        self.opened: Workspace | None = None

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
        from ptcrm.text.words import plural

        _, open_workspace = self.opener()
        workspace = open_workspace()
        context = click.get_current_context()
        context.call_on_close(workspace.close)
        if self.writes and not self.dry_run:
            try:
                context.with_resource(workspace.journal.locked(wait=2))
            except BusyError:
                tell("ptcrm: waiting for another ptcrm that writes to this vault …")
                context.with_resource(workspace.journal.locked())
        if workspace.recovered:
            tell(f"ptcrm: {workspace.recovered}")
        errors = 0 if quiet else workspace.errors()
        if errors:
            tell(f"ptcrm: {plural(errors, 'file')} with errors, see `ptcrm check`.")
        return workspace

    def opener(
        self, *, may_be_gone: Callable[[Path], bool] | None = None
    ) -> tuple[Path, Callable[[], Workspace]]:
        """The vault's folder, and what opens the vault, in any thread and as often as need be.

        Raises `NotFoundError` if there is none, unless it `may_be_gone` for now.
        """
        import platformdirs

        from ptcrm.workspace import Workspace

        try:
            root = self._find_root()
        except NotFoundError:
            place = self._place()
            if place is None or may_be_gone is None or not may_be_gone(place):
                raise
            root = place
        root = root.absolute()
        cache_folder = platformdirs.user_cache_path("ptcrm")
        return root, partial(Workspace, root, self.today, cache_folder, state_folder())

    def settings(self) -> tuple[Path, Config]:
        """The vault's folder and its settings, for commands that need no customer."""
        from ptcrm.workspace import read_settings

        root = self._find_root().absolute()
        return root, read_settings(root).config

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
            named = _user_vault()
        return Path(named).expanduser() if named else None


def _user_vault() -> str | None:
    """`vault:` of the user's own configuration, or None."""
    import platformdirs

    from ptcrm.text.frontmatter import Mapping, Scalar, compose
    from ptcrm.text.source import Span

    try:
        text = (platformdirs.user_config_path("ptcrm") / "config.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    root = compose(text, Span(0, len(text)))
    pairs = root.pairs if isinstance(root, Mapping) else ()
    return next(
        (node.value for key, node in pairs if key.value == "vault" and isinstance(node, Scalar)), None
    )


def a_day(words: str, today: date) -> date:
    """The day that `words` name; raises `UsageError`."""
    day = parse_day(words, today)
    if isinstance(day, Problem):
        raise UsageError(f"{day.message}. {day.hint}")
    return day


def plain(words: str) -> str:
    """Words from the command line, if they are text; raises `UsageError` for bytes that are not."""
    try:
        words.encode()
    except UnicodeEncodeError:
        raise UsageError("what was typed is not valid text (UTF-8)") from None
    return " ".join(words.split())


def known_word(workspace: Workspace, field: Field, values: list[str]) -> None:
    """Refuse tiers and statuses that are not configured: a slip would silently change the cadence."""
    known = {"tier": list(workspace.config.tiers), "status": list(workspace.config.statuses)}.get(field.name)
    for value in values:
        if known is not None and value not in known:
            hint = suggest(value, known) or f"Known are: {', '.join(known) or 'none; see ptcrm.yaml'}."
            raise UsageError(f"“{value}” is no {field.name}. {hint}")


def a_count(words: str, option: str = "limit") -> int:
    """The number of `--limit`, from 1; raises `UsageError`."""
    number = parse_whole(plain(words))
    if isinstance(number, Problem) or not number:
        raise UsageError(f"--{option} {words}: write a whole number from 1.")
    return number


pass_session = click.make_pass_decorator(Session)


def state_folder() -> Path:
    """Where the user's undo stores and locks are kept."""
    import platformdirs

    return platformdirs.user_state_path("ptcrm")


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
who_argument: Callable[..., Any] = click.argument("who", metavar="WHO", nargs=-1, required=True)
limit_option: Callable[..., Any] = click.option("--limit", metavar="N", help="At most so many.")
all_option: Callable[..., Any] = click.option("--all", "whole", is_flag=True, help="All of them.")
query_argument: Callable[..., Any] = click.argument(
    "words", metavar="[QUERY]", nargs=-1, type=click.UNPROCESSED
)
# A query may begin with a minus, so its command has no short options.
QUERY_SETTINGS: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


def customers_meant(workspace: Workspace, words: tuple[str, ...]) -> list[Customer]:
    """The customers whom the query typed as `words` finds, by path; raises `UsageError`."""
    from ptcrm.query.configured import typed

    return workspace.customers_by(typed([plain(word) for word in words]))


def paths_meant(workspace: Workspace, words: tuple[str, ...]) -> set[str] | None:
    """The paths of the customers whom the query finds; None without a query. Raises `UsageError`."""
    return {one.path for one in customers_meant(workspace, words)} if words else None


def as_typed(words: tuple[str, ...]) -> str:
    """The words of a query as they follow a command, with a blank before each."""
    return "".join(f" {shlex.quote(word)}" for word in words)


def from_here(workspace: Workspace, path: str) -> str:
    """The path as seen from the current folder, where editors, terminals and GitHub look for it."""
    whole = str(workspace.root / path)
    try:
        return os.path.relpath(whole)
    except ValueError:  # on another drive
        return whole
