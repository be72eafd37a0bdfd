"""Log entries as they are typed: the line for what happened, and the day it was."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.model.dates import long_day, parse_day
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import a_day, plain
from ptcrm.vault.lines import append_entry, entry_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.model.change import Write
    from ptcrm.model.customer import Customer
    from ptcrm.vault.index import Match
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace

_DATED = re.compile(
    r"(?:[0-9]{4}([./-])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([./-])[0-9]{1,2}\2[0-9]{4})(?![0-9])"
)
_SHORT_DATE = re.compile(
    r"[0-9]{1,2}(?:\.[0-9]{1,2}\.|([./-])[0-9]{1,2}\1)(?:[0-9]{2})?|[0-9]{1,2}/[0-9]{1,2}"
)
_TASK = re.compile(r"[ \t]*[-*+][ \t]+\[.\][ \t]+[0-9]{4}-")
_TIMED = re.compile(r"[0-9]{1,2}:[0-9]{2}\b")
_ODD_TIME = re.compile(r"[0-9]{1,2}(?:[.:h][0-9]{1,2}|(?:[.:][0-9]{2})? ?(?:h|am|pm|uhr))", re.IGNORECASE)
_OPEN = re.compile(r"(?P<channel>[^\s:()][^:()]*?)[ \t]*\((?P<inside>[^():]*)(?P<colon>:?)[^()]*")
_MOST_WORDS = 5  # before a channel, as in `at 3 days ago 14.30`


def appended(workspace: Workspace, people: Sequence[Match], line: str) -> tuple[Write, ...]:
    """The changes that write the entry `line` into the logs of `people`; raises `RefusedError`."""
    files = map(workspace.changing, people)
    return tuple(
        file.amended(append_entry(file.reading, line, workspace.reader), workspace.reader) for file in files
    )


def called(people: Sequence[Match]) -> str:
    """Whose logs they are, as `ptcrm undo --list` says it."""
    return ", ".join(one.id for one in people) if len(people) <= 3 else f"{len(people)} customers"


def past_day(words: str, today: date) -> date:
    """The day that `words` name, today at the latest; raises `UsageError`."""
    day = a_day(words, today)
    if day > today:
        last = f"last {words}"
        hint = "" if isinstance(parse_day(last, today), Problem) else f" Did you mean “{last}”?"
        raise UsageError(f"{long_day(day)} is after today, and a log says what has happened.{hint}")
    return day


def entry(workspace: Workspace, words: str, day: date, channel: str | None = None) -> str:
    """The log entry for `words`; words without a channel take `channel`, or are a contact. Raises `UsageError`.

    Lines after the first belong to it (FORMAT §2.3); `append_entry` indents them.
    """
    first, *more = words.split("\n")
    if task := next(filter(_TASK.match, more), None):
        raise UsageError(f"“{task.strip()}” is a follow-up, and none of an entry. Add it with `ptcrm edit`.")
    text, below = plain(first), "".join(f"\n{line}" for line in more)
    if workspace.reader.channel(text):
        raise UsageError(f"Say what happened: {text}: …")
    _refuse_slips(workspace, text)
    line = entry_line(day, text) + below
    found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem) and not _is_slip(found, text):
        line = entry_line(day, f"{channel or ''}: {text}") + below
        found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem):
        raise UsageError(f"{found.message}. {found.hint}")
    if not found.text:
        raise UsageError('Say what happened: ptcrm log WHO "call: Talked about the frames"')
    return line


def _refuse_slips(workspace: Workspace, text: str) -> None:
    """Raise `UsageError` for a day, an odd time or an open bracket where it would silently become text."""
    if _DATED.match(text):
        raise UsageError("a text begins without its date; say when it was with --date")
    lead = before_channel(workspace, text)
    if lead:
        _refuse_lead(lead.removeprefix("on ").removeprefix("at "), text[len(lead) :].strip(), workspace.today)
    found = _OPEN.fullmatch(text)
    if found and workspace.reader.channel(found["channel"]):
        inside = found["inside"].strip() or "…"
        raise UsageError(f"A bracket does not close. Write {found['channel']} ({inside}): …")


def before_channel(workspace: Workspace, text: str) -> str:
    """The words before the first that begin an entry with a channel, known or nearly so; none if there is none."""
    words = text.split(" ")
    for count in range(min(len(words), _MOST_WORDS + 1)):
        rest = " ".join(words[count:])
        found = workspace.reader.parse_entry(entry_line(date(2000, 1, 1), rest))
        is_near = isinstance(found, Problem) and count > 0 and _is_misspelt(found)
        if not rest.startswith(":") and (is_near or not isinstance(found, Problem)):
            return " ".join(words[:count])
    return ""


def _refuse_lead(lead: str, rest: str, today: date) -> None:
    """Raise `UsageError` if the `lead` before an entry names a day, or a time in another form than HH:MM."""
    for words in (lead, lead.rpartition(" ")[0]):
        if not isinstance(parse_day(words, today), Problem) or _SHORT_DATE.fullmatch(words):
            raise UsageError(
                f"“{words}” would become text. Say when it was with --date, and begin with {rest}"
            )
    if _ODD_TIME.fullmatch(lead):
        raise UsageError(f"“{lead}” is no time of day: write HH:MM. For another day there is --date.")


def _is_slip(problem: Problem, text: str) -> bool:
    """Whether the words were meant to have a channel, qualifier or time, and it is misspelt."""
    return _is_misspelt(problem) or _TIMED.match(text) is not None


def _is_misspelt(problem: Problem) -> bool:
    """Whether a channel or qualifier is nearly one."""
    return problem.code == "PT203" or problem.hint.startswith("Did you mean")


def with_channel(words: str, channel: str | None, workspace: Workspace) -> str:
    """The channel before words that name none."""
    found = workspace.reader.parse_entry(entry_line(date(2000, 1, 1), plain(words)))
    return words if not isinstance(found, Problem) or channel is None else f"{channel}: {words}"


def customer_of(reading: Reading) -> Customer:
    """The customer of a file that `Workspace.reading` gave."""
    assert reading.customer is not None  # noqa: S101  # `Workspace.reading` gives customers alone
    return reading.customer
