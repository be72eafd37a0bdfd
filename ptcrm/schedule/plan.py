"""From what is owed to days: which occurrence stands where, on a given today (FORMAT §4). Pure.

Days are ordinals where levelling counts them, dates where people see them.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import Interval, later
from ptcrm.model.occurrence import (
    FOREVER,
    Contact,
    Obligation,
    Occurrence,
    Standing,
    State,
    Yearly,
    in_order,
)
from ptcrm.schedule.level import Levelled, level
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ptcrm.schedule.workdays import WorkDays

_A_YEAR = Interval(months=12)


class Who(NamedTuple):
    """What an occurrence needs to know of its customer."""

    id: str
    name: str
    path: str
    phone: str | None
    url: str | None
    standing: Standing
    timezone: str | None = None
    tier: str | None = None


class Rules(NamedTuple):
    """What a day holds: `per_day` contacts, `intake` of them to new customers, `gap` days between two of one customer.

    `mailings` are the days of campaigns by the path of each customer whom they reach.
    """

    workdays: WorkDays
    per_day: int
    intake: int
    gap: int
    mailings: Mapping[str, Sequence[int]] = MappingProxyType({})


class Arranged(NamedTuple):
    """Where contacts stand up to a day, as (day, contact).

    `waiting` are those that may stand on or before that day and found no place.
    """

    days: list[tuple[int, Contact]]
    waiting: list[Contact]


def arrange(contacts: Iterable[Contact], rules: Rules, today: date, until: date) -> Arranged:
    """The days of all `contacts` up to `until` (included): fixed ones where they stand, the others levelled."""
    fixed: list[Contact] = []
    movable: list[Contact] = []
    for one in contacts:
        (fixed if one.fixed else movable).append(one)
    end = until.toordinal()
    levelled = _levelled(movable, ((one.path, one.ready) for one in fixed), rules, today, end)
    days = [(one.ready, one) for one in fixed if one.ready <= end]
    days += [(day, movable[place]) for day, place in levelled.placed]
    return Arranged(days, [movable[place] for place in levelled.waiting])


def days_ever(
    movable: Sequence[Contact], fixed: Iterable[tuple[str, int]], rules: Rules, today: date
) -> dict[int, int]:
    """The day on which each of the `movable` contacts stands, however late, by its row; 0, if it finds none.

    Those that expire before they find one are left out. `fixed` are path and day of the others.
    """
    levelled = _levelled(movable, fixed, rules, today, FOREVER.toordinal())
    days = {movable[place].number: 0 for place in levelled.waiting}
    days.update((movable[place].number, day) for day, place in levelled.placed)
    return days


def _levelled(
    movable: Sequence[Contact], fixed: Iterable[tuple[str, int]], rules: Rules, today: date, end: int
) -> Levelled:
    """Where the `movable` contacts stand up to the day `end`.

    Fixed ones take places of their day. One whose day has passed takes none of today's, so that a heap of old
    follow-ups keeps nobody waiting.
    """
    now = today.toordinal()
    busy: dict[str, list[int]] = {path: list(days) for path, days in rules.mailings.items()}
    taken: list[int] = []
    for path, day in fixed:
        if day - rules.gap < end:
            busy.setdefault(path, []).append(day)
        if day >= now:
            taken.append(day)
    load = Counter(taken)
    return level(movable, busy, load, rules.workdays, rules.per_day, rules.intake, rules.gap, now, end)


def occurrences(
    days: list[tuple[int, Contact]], details: Iterable[tuple[Who, Obligation]], today: date
) -> list[Occurrence]:
    """The contacts that stand on `days`, in their order; `details` are theirs, one each."""
    return [
        _occurrence(who, one, date.fromordinal(day), today)
        for (day, _), (who, one) in zip(days, details, strict=True)
    ]


def _occurrence(who: Who, one: Obligation, planned: date, today: date) -> Occurrence:
    return Occurrence(
        customer=who.id,
        name=who.name,
        path=who.path,
        kind=one.kind,
        origin=one.origin,
        due=one.due,
        planned=planned,
        channel=one.channel,
        text=one.text,
        template=one.template,
        at=one.at if planned == one.due else None,
        state=_state(one, planned, who.standing, today),
        last=who.standing.last,
        quiet_until=one.quiet_until,
        expires=one.expires,
        phone=who.phone,
        url=who.url,
        timezone=who.timezone,
        tier=who.tier,
        reasons=one.reasons,
    )


def _state(one: Obligation, planned: date, standing: Standing, today: date) -> State:
    """A cadence item, or one that still waits, has its customer's state; another goes by its own day."""
    if one.kind == "cadence" or planned > today:
        return standing.state(today)
    return "overdue" if one.due < today else "due"


def yearly_days(
    owed: Iterable[tuple[Who, Yearly]], first: date, last: date, leap_day: str, today: date
) -> list[Occurrence]:
    """The birthdays, occasions and reminders from `first` to `last` (both included), in the order of the days."""
    found = [
        _yearly_occurrence(who, one, day, today)
        for who, one in owed
        for day in _returns(one, first, last, leap_day)
    ]
    return sorted(found, key=in_order)


def next_yearly_days(owed: Iterable[tuple[Who, Yearly]], leap_day: str, today: date) -> list[Occurrence]:
    """The next return of each birthday, occasion and reminder, today's included, in the order of the days."""
    found = []
    for who, one in owed:
        first = max(today, date(one.day.year or 1, 1, 1))
        last = later(max(first, one.not_before), _A_YEAR, max(one.years, default=1))
        days = _returns(one, first, last, leap_day)
        found += [_yearly_occurrence(who, one, day, today) for day in days[:1]]
    return sorted(found, key=in_order)


def open_reminders(
    owed: Iterable[tuple[Who, Yearly]], leap_day: str, today: date, until: date
) -> list[Occurrence]:
    """The reminders to list up to `until`: those whose occasion is to come, and for which nothing was sent yet."""
    found = [
        _yearly_occurrence(who, one, day, today)
        for who, one in owed
        if one.kind == "lead"
        for day in one.day.within(max(today, one.not_before), later(until, one.ahead), leap_day)
        if day > today and _counts(one, day) and one.sent < _stands(one, day) <= until
    ]
    return sorted(found, key=in_order)


def _returns(one: Yearly, first: date, last: date, leap_day: str) -> list[date]:
    """The days of the occasion whose entries, or reminders ahead of it, stand from `first` to `last`."""
    ends = last if one.ahead.is_never else later(last, one.ahead)
    days = one.day.within(max(first, one.not_before), ends, leap_day)
    return [day for day in days if _counts(one, day) and first <= _stands(one, day) <= last]


def _counts(one: Yearly, day: date) -> bool:
    """Whether the return on `day` is one of the years that count."""
    return not one.years or day.year - (one.day.year or 0) in one.years


def _stands(one: Yearly, day: date) -> date:
    """Where the entry stands for the return on `day`: there, or ahead of it."""
    return day if one.ahead.is_never else later(day, one.ahead, -1)


def _yearly_occurrence(who: Who, one: Yearly, day: date, today: date) -> Occurrence:
    is_lead = one.kind == "lead"
    stands = _stands(one, day)
    return Occurrence(
        customer=who.id,
        name=who.name,
        path=who.path,
        kind=one.kind,
        origin=f"{one.origin} {day.year}" if is_lead else one.origin,
        due=stands,
        planned=stands,
        text=_lead_text(one, day) if is_lead else one.name,
        state=who.standing.state(today),
        last=who.standing.last,
        since=None if is_lead else one.day,
        years=one.years,
        not_before=one.not_before,
        phone=who.phone,
        url=who.url,
        timezone=who.timezone,
        tier=who.tier,
        reasons=(one.reason,),
    )


def _lead_text(one: Yearly, day: date) -> str:
    """`birthday on 2027-05-17`, `5 years as a customer on 2027-05-17`."""
    count = day.year - (one.day.year or 0)
    years = f"{plural(count, 'year')} " if one.years else ""
    return f"{years}{one.name} on {day}"
