"""`ptcrm import`: what a source would bring is shown first, then written as one operation."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.choosing import agrees, is_terminal
from ptcrm.cli.options import Place, Session, json_option, pass_session, patient
from ptcrm.cli.output import say, say_diff, say_json, say_table, tell
from ptcrm.cli.progress import progress
from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.change import Operation
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import plain
from ptcrm.text.near import did_you_mean
from ptcrm.text.safe import one_line
from ptcrm.text.words import plural
from ptcrm.vault.reconcile import reconciled
from ptcrm.vault.schema import BY_NAME, near_miss, own_field, values_for
from ptcrm.views.writing import known_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ptcrm.model.draft import Draft, Flaw
    from ptcrm.vault.reconcile import Outcome, Reconciled
    from ptcrm.workspace import Workspace

    Drafts = Iterable[Draft | Flaw]
    Read = Callable[[Workspace, list[str]], Drafts]

_SHOWN = 10  # lines of each part of the preview
_EACH_HER_OWN = ("id", "name", "sources")  # what tells customers apart
_CUT, _CUT_ALL = 60, 160  # characters of a value there, and of all that somebody gains
_TITLES = {
    "new": "new",
    "changed": "changed",
    "same": "as they are in the vault",
    "unsure": "unsure, left alone",
    "refused": "refused",
}


@click.group("import")
def import_command() -> None:
    """Bring in customers and conversations from elsewhere.

    What would be written is shown first. What you typed is never overwritten, running it again adds nothing, and
    `ptcrm undo` takes all of it back.

    \b
    Examples:
      ptcrm import vcard contacts.vcf
      ptcrm import csv Connections.csv --set status=prospect
      ptcrm import mail Archive.mbox
    """


def importing(body: Callable[..., Read]) -> Any:  # noqa: ANN401  # what click makes of it
    """A command that imports: `body` gives what reads the drafts, and adds what is to be said about the source."""

    @click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=Place())
    @click.option("--yes", "is_sure", is_flag=True, help="Write it without asking.")
    @click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
    @click.option("--diff", "with_diff", is_flag=True, help="Show each line that would be written, too.")
    @click.option("--all", "whole", is_flag=True, help="Show everybody, not only the first of each kind.")
    @click.option(
        "--unsure",
        "doubtful",
        type=click.Choice(["skip", "same", "new"]),
        default="skip",
        show_default=True,
        help="Whoever may be a customer of the same name: leave alone, take for the same, or for somebody new.",
    )
    @click.option(
        "--set",
        "given",
        multiple=True,
        metavar="FIELD=VALUE",
        help="A field of all new customers; repeatable.",
    )
    @json_option
    @pass_session
    @wraps(body)
    def call(
        session: Session,
        /,
        *,
        is_sure: bool,
        dry_run: bool,
        with_diff: bool,
        whole: bool,
        doubtful: Any,  # noqa: ANN401  # one of click's choices
        given: tuple[str, ...],
        as_json: bool,
        **options: Any,  # noqa: ANN401  # the command's own
    ) -> None:
        if is_sure and dry_run:
            raise UsageError("--yes writes and --dry-run does not: leave out one of them.")
        session.writes, session.dry_run = not dry_run, dry_run
        shown = _Shown(as_json=as_json, whole=whole, with_diff=with_diff, is_sure=is_sure)
        paths = options["paths"]
        drafts = body(**options)
        label = f"import {click.get_current_context().info_name} {', '.join(map(str, paths))}"
        patient(_import)(session, drafts, given, doubtful, shown, one_line(label))

    return call


class _Shown:
    """How an import is shown, and whether it is asked for."""

    def __init__(self, *, as_json: bool, whole: bool, with_diff: bool, is_sure: bool) -> None:
        self.as_json, self.with_diff, self.is_sure = as_json, with_diff, is_sure
        self.limit = None if whole else _SHOWN


def _import(
    session: Session,
    read: Read,
    given: tuple[str, ...],
    doubtful: Any,  # noqa: ANN401  # one of click's choices
    shown: _Shown,
    label: str,
) -> None:
    """Read, show, ask and write; nothing is written but in whole."""
    workspace = session.workspace()
    if not session.dry_run:
        workspace.renew()  # another import may have ended between the reading of the vault and its lock
    values = _given(workspace, given)
    while True:
        before = _state(workspace)
        remarks = _unread(workspace)
        found = reconciled(_counted(read(workspace, remarks)), workspace.intake(values), doubtful)
        if not shown.as_json:
            _show(found, remarks, shown)
        if not found.changes or not _is_wanted(session, found, shown):
            break
        if _state(workspace) == before:
            session.applied = True
            workspace.apply(Operation(f"{label} ({_counts(found)})", found.changes))
            break
        tell("The vault has changed in the meantime, so here it is anew.")
    if shown.as_json:
        from ptcrm.views.imported import imported

        say_json(imported(found, remarks, is_written=session.applied))
    elif session.applied:
        say(f"Written: {_counts(found)}. To take it back: ptcrm undo")
    if found.flaws and not found.outcomes and not found.strangers:
        raise RefusedError("Nothing in this could be read. Nothing was written.")


def _unread(workspace: Workspace) -> list[str]:
    """What is to be said of files that cannot be read, since nobody knows who is in them."""
    count = workspace.errors()
    who = "whoever is in them may come a second time. Put them right first: ptcrm check"
    return [f"{plural(count, 'file')} of the vault with errors: {who}"] if count else []


def _state(workspace: Workspace) -> list[Any]:
    return workspace.cache.rows("SELECT path, facts FROM customer ORDER BY path")


def _given(workspace: Workspace, words: tuple[str, ...]) -> dict[str, list[str]]:
    """The fields of `--set`; raises `UsageError`."""
    found: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = (plain(part) for part in word.partition("="))
        if not (name and equals and value):
            raise UsageError(f"--set {word}: write FIELD=VALUE, such as --set status=prospect")
        if name in _EACH_HER_OWN:
            raise UsageError(f"--set {word}: every customer has another {name}, so it cannot be set for all.")
        field = BY_NAME.get(name) or own_field(name)
        if name not in BY_NAME and (near := near_miss(name)):
            raise UsageError(f"--set {word}: “{name}” is no field. {did_you_mean(near)}")
        values = values_for(field, [value], workspace.today, workspace.index.link)
        if isinstance(values, Problem):
            raise UsageError(f"--set {word}: {values.message}. {values.hint}".strip())
        known_word(workspace, field, values)
        found.setdefault(name, []).extend(values)
    return found


def _counted(drafts: Drafts) -> Iterator[Draft | Flaw]:
    """The drafts, with a line on the terminal that counts them."""
    with progress() as heard:
        for number, draft in enumerate(drafts, 1):
            if heard:
                heard.tell(f"Reading {number:,} records …")
            yield draft


def _is_wanted(session: Session, found: Reconciled, shown: _Shown) -> bool:
    """Whether to write; asked for at a terminal. Elsewhere it is not, and how to write is said."""
    if session.dry_run or shown.is_sure:
        return not session.dry_run
    if not is_terminal():
        if not shown.as_json:
            tell("Nothing was written. To write it, add --yes.")
        return False
    with session.unlocked():
        if not agrees(f"Write this ({_counts(found)})?", usually=False):
            raise RefusedError("Nothing was written.")
    return True


# The preview


def _counts(found: Reconciled) -> str:
    kinds = [one.kind for one in found.outcomes]
    return f"{kinds.count('new')} new, {kinds.count('changed')} changed"


def _show(found: Reconciled, remarks: list[str], shown: _Shown) -> None:
    """What is to be said of the source, and what becomes of whom: how many of each kind, then the first of them."""
    for line in remarks:
        say(line)
    by_kind: dict[str, list[Outcome]] = {kind: [] for kind in _TITLES}
    for one in found.outcomes:
        by_kind[one.kind].append(one)
    say_table([(str(len(some)), _TITLES[kind]) for kind, some in by_kind.items() if some])
    if not found.outcomes:
        say("Nothing that concerns a customer was found.")
    _part("New", [(one.name, one.path, _gains(one)) for one in by_kind["new"]], shown)
    _part("Changed", [(one.name, one.path, _gains(one)) for one in by_kind["changed"]], shown)
    differences = [(one, each) for one in found.outcomes for each in one.differences]
    _part(
        "Different: what the vault has stays",
        [
            (one.path, f"{each.field}: {_cut(each.mine)}", f"{each.place}: {_cut(each.theirs)}")
            for one, each in differences
        ],
        shown,
    )
    _part(
        "Unsure: they may be the same",
        [(one.name, _places(one), f"{one.path}: {one.why}") for one in by_kind["unsure"]],
        shown,
    )
    _part("Refused", [(one.name, *one.places[:1], one.why) for one in by_kind["refused"]], shown)
    _part("Not taken", [(one.place, one.message, one.hint) for one in found.flaws], shown)
    strangers = [
        (who, f"{times} times" if times > 1 else "once") for who, times in found.strangers.most_common()
    ]
    _part("Nobody in the vault has", strangers, shown)
    if shown.with_diff:
        say_diff(Operation("", found.changes))


def _part(title: str, rows: Sequence[tuple[str, ...]], shown: _Shown) -> None:
    """A part of the preview; nothing if it has no rows."""
    if not rows:
        return
    say()
    say(title, "title")
    say_table([tuple(map(one_line, row)) for row in rows[: shown.limit]])
    if shown.limit and len(rows) > shown.limit:
        say(f"… and {len(rows) - shown.limit:,} more; --all shows them")


def _places(one: Outcome) -> str:
    """Where it stands, the first place of many."""
    more = len(one.places) - 1
    return f"{one.places[0]} and {more:,} more" if more else one.places[0]


def _gains(one: Outcome) -> str:
    """What a customer gains, in a few words."""
    parts = [
        f"{field}: {_cut(', '.join(values))}"
        for field, values in one.gained
        if field not in ("name", "sources")
    ]
    if one.entries:
        parts.append(plural(len(one.entries), "log entry", "log entries"))
    return _cut("; ".join(parts), _CUT_ALL)


def _cut(words: str, most: int = _CUT) -> str:
    text = one_line(words)
    return text if len(text) <= most else f"{text[: most - 1]}…"
