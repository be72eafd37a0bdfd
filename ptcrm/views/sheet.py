"""A week or a month of the agenda as whole weeks: what stands on each day, and how full it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.model.dates import Interval, date_words, later
from ptcrm.views.days import AgendaDay, LoadDay, agenda, load

if TYPE_CHECKING:
    from ptcrm.workspace import Workspace

FARTHEST = Interval(months=120)  # ahead of today


@dataclass(frozen=True, slots=True)
class SheetDay:
    """A day, with what stands on it and its load: none of them on a day before today. `within` the week or month."""

    date: date
    within: bool
    agenda: AgendaDay | None = None
    load: LoadDay | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The days `first` to `last` (included) in whole weeks from Monday on; a worked day holds `per_day` contacts.

    Weeks before that of today are left out.

    `name` says which they are. `before` and `after` are days of the sheets beside this one; None where there is nothing to see.
    """

    name: str
    first: date
    last: date
    weeks: tuple[tuple[SheetDay, ...], ...]
    per_day: int
    before: date | None
    after: date | None


def week_sheet(workspace: Workspace, day: date) -> Sheet:
    """The week of `day`, as far as it can be looked at."""
    day = _seen(workspace, day)
    first = _monday(day)
    last = later(first, Interval(days=6))
    return _sheet(workspace, f"{date_words(first)} to {date_words(last)}", first, last)


def month_sheet(workspace: Workspace, day: date) -> Sheet:
    """The month of `day`, as far as it can be looked at."""
    first = _seen(workspace, day).replace(day=1)
    last = date.fromordinal(later(first, Interval(months=1)).toordinal() - 1)
    return _sheet(workspace, date_words(first).partition(" ")[2], first, last)


def _seen(workspace: Workspace, day: date) -> date:
    """The nearest day from today on that is not too far ahead."""
    return min(max(day, workspace.today), later(workspace.today, FARTHEST))


def _monday(day: date) -> date:
    return date.fromordinal(day.toordinal() - day.weekday())


def _sheet(workspace: Workspace, name: str, first: date, last: date) -> Sheet:
    until = date.fromordinal(_monday(last).toordinal() + 6)
    stands = {day.date: day for day in agenda(workspace, until).days}
    full = load(workspace, until)
    loads = {day.date: day for day in full.days}
    days = (date.fromordinal(one) for one in range(_monday(first).toordinal(), until.toordinal() + 1))
    found = [SheetDay(day, first <= day <= last, stands.get(day), loads.get(day)) for day in days]
    weeks = [tuple(found[at : at + 7]) for at in range(0, len(found), 7)]
    before, after = date.fromordinal(first.toordinal() - 1), date.fromordinal(last.toordinal() + 1)
    return Sheet(
        name,
        first,
        last,
        tuple(week for week in weeks if week[-1].load),  # what is past is in the log
        full.per_day,
        before if before >= workspace.today else None,
        after if after <= later(workspace.today, FARTHEST) else None,
    )
