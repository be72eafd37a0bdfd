"""Today's list, for a mail or a note: what stands in it, as plain text or as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import ago, long_day, near_day
from ptcrm.text.safe import for_markdown, for_terminal, one_line
from ptcrm.text.words import plural
from ptcrm.views.today import (
    NEW,
    OVERDUE,
    TODAY,
    at_a_glance,
    called,
    is_late,
    more_waiting,
    not_worked,
    what_and_why,
    yearly_words,
)

if TYPE_CHECKING:
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.views.today import Glance
    from ptcrm.workspace import Workspace


class Line(NamedTuple):
    """Somebody, when, and what there is to do or to keep."""

    name: str
    when: str
    what: str


@dataclass(frozen=True, slots=True)
class Digest:
    """Today's list: the `parts` under their titles, the `remarks` below them.

    `subject` has the day and the counts. `asks` tells whether anything stands for today itself, or is wrong.
    """

    day: date
    subject: str
    parts: tuple[tuple[str, tuple[Line, ...]], ...]
    remarks: tuple[str, ...]
    asks: bool


def digest(workspace: Workspace) -> Digest:
    """The digest of the vault's day."""
    now = at_a_glance(workspace)
    kept = [one for one in now.birthdays if one.planned == now.today]
    parts = (
        *(
            (title, _contacts(found, workspace))
            for title, found in ((OVERDUE, now.overdue), (TODAY, now.due))
        ),
        (NEW, _contacts(now.new, workspace)),
        ("Next seven days", _contacts(now.week, workspace)),
        ("Birthdays and occasions soon", tuple(_occasion(one, now.today) for one in now.birthdays)),
    )
    asks = bool(now.overdue or now.due or now.new or kept or now.errors)
    given = tuple(part for part in parts if part[1])
    return Digest(now.today, _subject(now, kept), given, tuple(_remarks(now)), asks)


def _contacts(found: list[Occurrence], workspace: Workspace) -> tuple[Line, ...]:
    today = workspace.today
    lines = []
    for one in found:
        words = what_and_why(one, workspace)
        is_to_call = one.phone and one.kind != "lead" and one.channel in (None, "call", "message")
        phone = f" ({one.phone})" if is_to_call else ""
        lines.append(Line(called(one), _when(one, today), f"{words}{phone}"))
    return tuple(lines)


def _when(one: Occurrence, today: date) -> str:
    """The coming day, the day it was owed and how long ago that is, or the time today."""
    at = f"{one.at:%H:%M}" if one.at else ""
    if one.planned > today:
        return f"{near_day(one.planned, today)} {at}".rstrip()
    if is_late(one, today):
        return f"{one.due}, {ago(one.due, today)}"
    return at


def _occasion(one: Occurrence, today: date) -> Line:
    return Line(called(one), near_day(one.planned, today), yearly_words(one))


def _subject(now: Glance, kept: list[Occurrence]) -> str:
    """`Monday 23 November 2026: 3 overdue, 2 due, 1 birthday or occasion`."""
    counts = [
        f"{len(found)} {word}"
        for found, word in ((now.overdue, "overdue"), (now.due, "due"), (now.new, "new"))
        if found
    ]
    counts += [f"{len(kept)} to congratulate"] * bool(kept)
    counts += [plural(now.errors, "error")] * bool(now.errors)
    return f"{long_day(now.today)}: {', '.join(counts) or 'nothing is due'}"


def _remarks(now: Glance) -> list[str]:
    found = []
    if not (now.overdue or now.due or now.new):
        found.append("Nothing is due today." if now.customers else "Nobody is in the vault yet.")
    if now.free and now.customers:
        found.append(not_worked(now.free))
    if now.waiting:
        found.append(more_waiting(now.waiting, "+1w"))
    if now.errors:
        found.append(f"{plural(now.errors, 'error')} in the vault: ptcrm check")
    return found


def as_text(one: Digest) -> str:
    """The digest as plain text, which ends with a line break."""
    parts = [long_day(one.day)]
    for title, lines in one.parts:
        parts.append("\n".join([f"{title} ({len(lines)})", *(f"  {_words(line)}" for line in lines)]))
    return "\n\n".join([*parts, *one.remarks]) + "\n"


def _words(line: Line) -> str:
    when = f" ({line.when})" if line.when else ""
    return _safe(f"{line.name}{when}: {line.what}")


def as_markdown(one: Digest) -> str:
    """The digest as Markdown, in which nothing of a customer's text is a mark."""
    parts = [f"# {long_day(one.day)}"]
    for title, lines in one.parts:
        items = (f"- **{for_markdown(line.name)}**{for_markdown(_rest(line))}" for line in lines)
        parts.append("\n".join([f"## {title} ({len(lines)})\n", *items]))
    return "\n\n".join([*parts, *map(for_markdown, one.remarks)]) + "\n"


def _rest(line: Line) -> str:
    return f" ({line.when}): {line.what}" if line.when else f": {line.what}"


def _safe(text: str) -> str:
    return for_terminal(one_line(text))
