"""Log entries added and follow-ups closed, as amendments of the lines they concern. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from datetime import time
from itertools import accumulate
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.dates import Interval, later, parse_date
from ptcrm.model.diagnostic import Problem
from ptcrm.text.edits import Edit, line_after
from ptcrm.text.source import Source, Span
from ptcrm.vault.amend import Amendment
from ptcrm.vault.log import BLOCK_ID, following

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, timedelta

    from ptcrm.model.customer import FollowUp, LogEntry
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Reading

_LEAD = re.compile(r"[ \t]*[-*+][ \t]+")
_NOT_TAB = re.compile(r"[^\t]")
_BEGINS_WITH_DATE = re.compile(
    r"[^\[\n]*\[.\][ \t]+(?:\[\[|\*\*)?(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])"
)
_DUE_SIGNS = "📅📆🗓⏳⌛"  # the first of them that a line has tells its day
_SIGN = re.compile("([📅📆🗓⏳⌛🛫]\ufe0f?[ \t]*)([0-9]{4}-[0-9]{2}-[0-9]{2})")
_CLOSED_PARTS = re.compile("[ \t]*(?:\\[done::[^\\]]*\\]|[✅❌]\ufe0f?[ \t]*[0-9-]{10})")


# The log


def entry_line(day: date, words: str) -> str:
    """A log entry's line without its bullet; `words` begin with the channel's part or the colon."""
    return f"{day}{'' if words.startswith(':') else ' '}{words}"


def append_entry(reading: Reading, line: str, reader: LineReader) -> Amendment:
    """A log entry more: above if the first entry is newest or that cannot be told, else below.

    Lines of `line` after the first belong to the entry, and are indented (FORMAT §2.3). Bullet, indentation and line end are those of the neighbour; without a log, `## Log` is added at the end.
    """
    entry = reader.parse_entry(line)
    if isinstance(entry, Problem):
        raise RefusedError(f"{reading.document.source.path}: {entry.message}. Nothing was written.")
    return Amendment((_entry_edit(reading, line),), come=(entry,))


def insert_entries(reading: Reading, lines: Sequence[str], reader: LineReader) -> Amendment:
    """Log entries more, each where its day and time belong in the first log, whichever way that runs.

    Without a log, `## Log` is added at the end; without entries the newest comes first. Raises `RefusedError`.
    """
    entries = [reader.parse_entry(line) for line in lines]
    problem = next((one for one in entries if isinstance(one, Problem)), None)
    if problem:
        raise RefusedError(f"{reading.document.source.path}: {problem.message}. Nothing was written.")
    come = [(one, line) for one, line in zip(entries, lines, strict=True) if not isinstance(one, Problem)]
    come.sort(key=lambda one: moment(one[0]), reverse=True)
    there = _of_first_log(reading)
    if there:
        edits = _placed(reading.document.source, there, come)
    else:
        edits = [_first_entries(reading, [line for _, line in come])] if come else []
    return Amendment(tuple(edits), come=tuple(one for one, _ in come))


def _placed(source: Source, there: list[LogEntry], come: list[tuple[LogEntry, str]]) -> list[Edit]:
    """The edits that put what comes, the newest first, between the entries that are there."""
    is_rising = there[0].date < there[-1].date
    if is_rising:
        there, come = there[::-1], come[::-1]
    oldest = list(accumulate(map(moment, there), min))  # of all down to this one: a log may be in disorder
    edits = []
    for entry, line in come:
        older = bisect_left(oldest, True, key=moment(entry).__gt__)  # noqa: FBT003
        is_oldest = older == len(there)
        after = is_rising != is_oldest
        near = there[-1 if is_oldest else older]
        at = near.span.end if after else near.span.start
        eol = source.line_end_near(at)
        item = _item(_lead(source.text, near.span), line, eol)
        edits.append(Edit(Span(at, at), f"{eol}{item}" if after else f"{item}{eol}"))
    return edits


def moment(entry: LogEntry) -> tuple[date, time]:
    """When it was, to put entries in order; without a time it is the first of its day."""
    return entry.date, entry.at or time.min


def _entry_edit(reading: Reading, line: str) -> Edit:
    source, text = reading.document.source, reading.document.source.text
    entries = _of_first_log(reading)
    if not entries:
        return _first_entries(reading, [line])
    first, last = entries[0], entries[-1]
    if first.date >= last.date:
        eol = source.line_end_near(first.span.start)
        return Edit(
            Span(first.span.start, first.span.start), f"{_item(_lead(text, first.span), line, eol)}{eol}"
        )
    eol = source.line_end_near(last.span.end)
    return Edit(Span(last.span.end, last.span.end), f"{eol}{_item(_lead(text, last.span), line, eol)}")


def _of_first_log(reading: Reading) -> list[LogEntry]:
    """The entries of the log that is written to."""
    logs, customer = reading.document.logs, reading.customer
    log = customer.log if customer and logs else ()
    return [entry for entry in log if logs[0].start <= entry.span.start < logs[0].end]


def _first_entries(reading: Reading, lines: Sequence[str]) -> Edit:
    """The first entries of a log, in this order; there may be no log yet."""
    source, logs = reading.document.source, reading.document.logs
    return _below_heading(source, logs[0], lines) if logs else _new_log(source, lines)


def _new_log(source: Source, lines: Sequence[str]) -> Edit:
    """A log with its first entries at the end of the file."""
    text = source.text
    eol = source.line_end_near(len(text))
    gap = "" if not text or text.endswith("\n") else eol
    blank = "" if text.endswith(("\n\n", "\r\n\r\n")) else eol
    return Edit(Span(len(text), len(text)), f"{gap}{blank}## Log{eol}{eol}{_items(lines, eol)}{eol}")


def _below_heading(source: Source, log: Span, lines: Sequence[str]) -> Edit:
    """The first entries under a heading, with a blank line before them, and one after them if text follows.

    Indented text would become part of an entry, so there they come last.
    """
    text, eol = source.text, source.line_end_near(log.start)
    if text[log.start :].lstrip("\r\n").startswith((" ", "\t")):
        content = log.of(text).rstrip()
        if not content:
            place = f"{source.path}:{source.position(log.start).line}"
            raise RefusedError(f"{place}: the text below the log's heading is indented. Nothing was written.")
        at = log.start + len(content)
        return Edit(Span(at, at), f"{eol}{eol}{_items(lines, eol)}")
    below = line_after(text, log.start)
    has_blank = below > log.start and not text[log.start : below].strip()
    after = below if has_blank else log.start
    next_line = text[after : line_after(text, after)]
    at = len(text[:after].removesuffix("\n").removesuffix("\r"))
    above, below_it = "" if has_blank else eol, eol if next_line.strip() else ""
    return Edit(Span(at, at), f"{above}{eol}{_items(lines, eol)}{below_it}")


def _lead(text: str, span: Span) -> str:
    """The indentation, bullet and blanks that an item's first line begins with."""
    found = _LEAD.match(text, span.start)
    return found[0] if found else "- "


def _items(lines: Sequence[str], eol: str) -> str:
    return eol.join(_item("- ", line, eol) for line in lines)


def _item(lead: str, entry: str, eol: str) -> str:
    """The entry as a list item; its further lines stand under its first word."""
    first, *more = entry.split("\n")
    margin = _NOT_TAB.sub(" ", lead)
    return eol.join([f"{lead}{first}", *(f"{margin}{line}" if line.strip() else "" for line in more)])


# Follow-ups


def tick(reading: Reading, task: FollowUp, day: date) -> Amendment:
    """The follow-up closed on `day`; a repeating one gets its next line above.

    An implied one, which has no line yet, gets a closed line as well.
    """
    source = reading.document.source
    line = task.span.of(source.text)
    eol = source.line_end_near(task.span.start)
    closed = replace(task, mark="done", done=day, fields=_with_done(task, day), implied=False)
    lines: list[str] = []
    come = [closed]
    if task.every:
        coming = _coming(task, day)
        lines.append(_with_date(_open_line(line, task), coming.due))
        come.append(coming)
    if task.implied:
        opened = _with_date(_open_line(line, task), task.due)
        lines.append(f"{opened.replace('[ ]', '[x]', 1)} [done:: {day}]")
    above = Edit(Span(task.span.start, task.span.start), "".join(f"{one}{eol}" for one in lines))
    if task.implied:
        return Amendment((above,), come=tuple(come))
    block = BLOCK_ID.search(line)
    at = task.span.start + (block.start() if block else len(line.rstrip()))
    edits = (above, Edit(Span(task.box, task.box + 1), "x"), Edit(Span(at, at), f" [done:: {day}]"))
    return Amendment(edits, gone=(task,), come=tuple(come))


def move(reading: Reading, task: FollowUp, day: date) -> Amendment:
    """The open follow-up on another `day`; its other signs move with it. An implied one gets a line of its own."""
    source = reading.document.source
    line = task.span.of(source.text)
    moved = replace(task, due=day, fields=_without_done(task), implied=False)
    if not task.implied:
        return Amendment((Edit(task.span, _with_date(line, day)),), gone=(task,), come=(moved,))
    opened = _with_date(_open_line(line, task), day)
    above = Span(task.span.start, task.span.start)
    return Amendment((Edit(above, f"{opened}{source.line_end_near(above.start)}"),), come=(moved,))


def _with_done(task: FollowUp, day: date) -> tuple[tuple[str, str], ...]:
    return tuple({**dict(task.fields), "done": str(day)}.items())


def _coming(task: FollowUp, day: date) -> FollowUp:
    """The follow-up that comes after `task` is closed on `day`, as its line says it."""
    return replace(following(replace(task, done=day)), fields=_without_done(task), implied=False)


def _without_done(task: FollowUp) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in task.fields if pair[0] != "done")


def _open_line(line: str, task: FollowUp) -> str:
    """The task's line as it is when open: an empty box, no word of when it was done, no block id."""
    at = task.box - task.span.start
    opened = f"{line[:at]} {line[at + 1 :]}"
    return BLOCK_ID.sub("", _CLOSED_PARTS.sub("", opened)).rstrip()


def _with_date(line: str, day: date) -> str:
    """The line for another day: the date it begins with, or else its due sign's; 📅 ⏳ 🛫 move together."""
    begins = _BEGINS_WITH_DATE.match(line)
    signs = {found[1][0]: found[2] for found in _SIGN.finditer(line)}
    due = begins["date"] if begins else next((signs[sign] for sign in _DUE_SIGNS if sign in signs), "")
    old = parse_date(due)
    if isinstance(old, Problem):
        return line
    if begins:
        line = f"{line[: begins.start('date')]}{day}{line[begins.end('date') :]}"
    return _SIGN.sub(lambda found: f"{found[1]}{_moved(found[2], day - old)}", line)


def _moved(written: str, by: timedelta) -> str:
    day = parse_date(written)
    return written if isinstance(day, Problem) else str(later(day, Interval(days=by.days)))
