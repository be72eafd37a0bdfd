"""Commands that look into the files: find, timeline."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import click

from ptcrm.cli.answer import Answer, answering
from ptcrm.cli.options import (
    QUERY_SETTINGS,
    Place,
    Session,
    a_count,
    all_option,
    as_typed,
    found_by,
    from_here,
    limit_option,
    or_help,
    paths_meant,
    query_argument,
)
from ptcrm.cli.output import highlighted, say, say_lines, say_table, tell
from ptcrm.errors import UsageError
from ptcrm.formats.columns import ENTRY, FOUND
from ptcrm.model.dates import from_today
from ptcrm.model.typed import a_day
from ptcrm.text.near import suggest
from ptcrm.text.safe import for_terminal, one_line
from ptcrm.text.words import plural
from ptcrm.vault.log import entry_words
from ptcrm.views.finding import (
    Found,
    Line,
    Search,
    entry_row,
    found_rows,
    marks,
    search,
    search_library,
    timeline,
    words_alone,
    words_sought,
)
from ptcrm.views.today import named

if TYPE_CHECKING:
    from ptcrm.workspace import Workspace

_FOUND, _ENTRIES = 20, 100


def _most(limit: str | None, usual: int, *, whole: bool) -> int | None:
    """How many are shown; None is all of them. Raises `UsageError`."""
    if limit and whole:
        raise UsageError("--limit and --all do not go together: choose one.")
    return None if whole else a_count(limit) if limit else usual


# find


@click.command("find", context_settings=QUERY_SETTINGS)
@click.argument("words", metavar="WORDS", nargs=-1, required=True, type=click.UNPROCESSED, callback=or_help)
@limit_option
@all_option
@answering()
def find_command(session: Session, words: tuple[str, ...], limit: str | None, whole: bool) -> Answer:
    """Find words in names, notes, logs, your own fields and the library, with the lines they stand in.

    All words must be found, each anywhere. Terms of a query may stand among them; then it finds customers alone.

    \b
    Examples:
      ptcrm find gear hub
      ptcrm find gear tag:bike-shop
      ptcrm find anna --open
    """
    workspace = session.workspace()
    most = _most(limit, _FOUND, whole=whole)
    customers, left = _found(workspace, words, most)
    items = search_library(workspace, words_alone(words))
    shown = [*customers, *items[:most]]
    remarks = [f"{plural(left, 'more customer')}: --all, or a higher --limit."] if left else []

    def show() -> None:
        for one in shown:
            _say_found(one, workspace)
        if not shown:
            say(_nothing(workspace, words))
        for remark in remarks:
            tell(remark)

    return Answer(tuple(FOUND), lambda _: found_rows(shown), show, remarks)


def _found(workspace: Workspace, words: tuple[str, ...], most: int | None) -> Search:
    """Who is meant by the words and terms, with the lines that have the words; raises `UsageError`."""
    paths, asked = found_by(workspace, words), words_sought(words)
    if not asked:
        raise UsageError(f"There is no word to look for. To list customers: ptcrm list{as_typed(words)}")
    return search(workspace, paths, asked, most)


def _say_found(one: Found, workspace: Workspace) -> None:
    """The customer or item, and below the lines with their places, which many terminals make clickable."""
    say(f"{one.name} (library)" if one.is_item else named(one.name, one.whose.id), "title")
    places = [f"{from_here(workspace.root, one.whose.path)}:{line.number}" for line in one.lines]
    width = max(map(len, places), default=0)
    room = shutil.get_terminal_size().columns - width - 4
    lines = [
        f"  {for_terminal(place):<{width}}  {_with_marks(line, room)}"
        for place, line in zip(places, one.lines, strict=True)
    ]
    say_lines(lines)
    if one.more:
        say(f"  and {plural(one.more, 'more line')}")


def _with_marks(line: Line, room: int) -> str:
    text = for_terminal(one_line(line.text))
    return highlighted(text, marks(text, line.words), room)


def _nothing(workspace: Workspace, words: tuple[str, ...]) -> str:
    near = workspace.index.near(" ".join(words))
    hint = f" Did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
    return f"Nothing is found.{hint}"


# timeline


@click.command("timeline", context_settings=QUERY_SETTINGS)
@query_argument
@click.option("--since", metavar="DAY", help="The first day.")
@click.option("--until", metavar="DAY", help="The last day.")
@click.option(
    "--channel", type=Place(), metavar="NAMES", help="These channels alone, with commas between them."
)
@limit_option
@all_option
@answering()
def timeline_command(
    session: Session,
    words: tuple[str, ...],
    since: str | None,
    until: str | None,
    channel: str | None,
    limit: str | None,
    whole: bool,
) -> Answer:
    """What the logs say, of everyone, the newest first.

    \b
    Examples:
      ptcrm timeline
      ptcrm timeline tier:gold --since "2 weeks ago"
      ptcrm timeline --channel sale,visit --since 2026-01-01 --csv
    """
    workspace = session.workspace()
    today = workspace.today
    first = a_day(since, today) if since is not None else date.min
    last = a_day(until, today) if until is not None else date.max
    if last < first:
        raise UsageError(f"--since {first} is after --until {last}.")
    most = _most(limit, _ENTRIES, whole=whole)
    channels = _channels(workspace, channel or "")
    found = timeline(workspace, (first, last), most, paths_meant(workspace, words), channels)
    remarks = [f"{found.more} more: --all, or a higher --limit."] if found.more else []

    def show() -> None:
        def cells(*, with_words: bool) -> list[tuple[str, ...]]:
            return [
                (
                    str(one.entry.date),
                    *([from_today(one.entry.date, today)] if with_words else []),
                    named(one.customer.name, one.customer.id),
                    entry_words(one.entry),
                )
                for one in found.entries
            ]

        say_table(cells(with_words=True), "", tight=cells(with_words=False))
        if not found.entries:
            say("The logs have no such entry.")
        for remark in remarks:
            tell(remark)

    return Answer(tuple(ENTRY), lambda _: map(entry_row, found.entries), show, remarks)


def _channels(workspace: Workspace, words: str) -> set[str]:
    """The channels that `words` name, with commas between them; raises `UsageError`."""
    found = set()
    for word in filter(None, (part.strip() for part in words.split(","))):
        name = workspace.reader.channel(word)
        if name is None:
            known = ", ".join(workspace.config.channels)
            hint = suggest(word, workspace.reader.names) or f"Known are: {known}."
            raise UsageError(f"“{word}” is no channel. {hint}")
        found.add(name)
    return found
