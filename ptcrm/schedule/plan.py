"""From what is owed to days: which occurrence stands where, on a given today. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING

from ptcrm.model.dates import Interval, later
from ptcrm.model.occurrence import Obligation, Occurrence, Standing, State, Yearly
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

_A_YEAR = Interval(months=12)


@dataclass(frozen=True, slots=True)
class Who:
    """What an occurrence needs to know of its customer."""

    id: str
    name: str
    path: str
    phone: str | None
    url: str | None
    standing: Standing
    timezone: str | None = None


def plan(owed: Iterable[tuple[Who, Obligation]], today: date, until: date) -> list[Occurrence]:
    """The contacts that stand on days up to `until` (included), in the order of the days.

    A movable one never stands before today; the others stand where they are, or where a retry puts them.
    """
    found = []
    for who, one in owed:
        planned = max(one.due, one.not_before, today if one.movable else one.due)
        if planned <= until:
            found.append(
                Occurrence(
                    customer=who.id,
                    name=who.name,
                    path=who.path,
                    kind=one.kind,
                    origin=one.origin,
                    due=one.due,
                    planned=planned,
                    channel=one.channel,
                    text=one.text,
                    at=one.at if planned == one.due else None,
                    state=_state(one, planned, who.standing, today),
                    last=who.standing.last,
                    quiet_until=one.quiet_until,
                    phone=who.phone,
                    url=who.url,
                    timezone=who.timezone,
                    reasons=one.reasons,
                )
            )
    return sorted(found, key=_order)


def _state(one: Obligation, planned: date, standing: Standing, today: date) -> State:
    """A cadence item, or one that still waits, has its customer's state; another goes by its own day."""
    if one.kind == "cadence" or planned > today:
        return standing.state(today)
    return "overdue" if one.due < today else "due"


def yearly_days(
    owed: Iterable[tuple[Who, Yearly]], first: date, last: date, leap_day: str, today: date
) -> list[Occurrence]:
    """The birthdays and other occasions from `first` to `last` (both included), in the order of the days."""
    found = [
        _yearly_occurrence(who, one, day, today)
        for who, one in owed
        for day in one.day.within(max(first, one.not_before), last, leap_day)
    ]
    return sorted(found, key=_order)


def next_yearly_days(owed: Iterable[tuple[Who, Yearly]], leap_day: str, today: date) -> list[Occurrence]:
    """The next return of each birthday and other occasion, today's included, in the order of the days."""
    found = []
    for who, one in owed:
        first = max(today, one.not_before, date(one.day.year or 1, 1, 1))
        days = one.day.within(first, later(first, _A_YEAR), leap_day)
        found += [_yearly_occurrence(who, one, day, today) for day in days[:1]]
    return sorted(found, key=_order)


def _yearly_occurrence(who: Who, one: Yearly, day: date, today: date) -> Occurrence:
    return Occurrence(
        customer=who.id,
        name=who.name,
        path=who.path,
        kind=one.kind,
        origin=one.origin,
        due=day,
        planned=day,
        text=one.name,
        state=who.standing.state(today),
        last=who.standing.last,
        since=one.day,
        not_before=one.not_before,
        phone=who.phone,
        url=who.url,
        timezone=who.timezone,
        reasons=(one.reason,),
    )


def _order(one: Occurrence) -> tuple[object, ...]:
    """By day, what has a time first, then the longest owed; the rest makes the order the same everywhere."""
    return (
        one.planned,
        one.at is None,
        one.at or time(),
        one.due,
        fold(one.name),
        one.customer,
        one.kind,
        one.origin,
        one.path,
    )
