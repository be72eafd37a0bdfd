"""From what is owed to days: which occurrence stands where, on a given today. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING

from ptcrm.model.occurrence import Obligation, Occurrence, Standing, Yearly
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Who:
    """What an occurrence needs to know of its customer."""

    id: str
    name: str
    phone: str | None
    standing: Standing


def plan(owed: Iterable[tuple[Who, Obligation]], today: date, until: date) -> list[Occurrence]:
    """The contacts that stand on days up to `until` (included), in the order of the days.

    A movable one never stands before today; the others stand where they are, or where a snooze puts them.
    """
    found = []
    for who, one in owed:
        planned = max(one.due, one.not_before, today if one.movable else one.due)
        if planned <= until:
            found.append(
                Occurrence(
                    customer=who.id,
                    name=who.name,
                    kind=one.kind,
                    origin=one.origin,
                    due=one.due,
                    planned=planned,
                    channel=one.channel,
                    text=one.text,
                    time=one.time if planned == one.due else None,
                    state=who.standing.state(today),
                    last=who.standing.last,
                    phone=who.phone,
                    reasons=one.reasons,
                )
            )
    return sorted(found, key=_order)


def yearly_days(
    owed: Iterable[tuple[Who, Yearly]], first: date, last: date, leap_day: str, today: date
) -> list[Occurrence]:
    """The birthdays and other occasions from `first` to `last` (both included), in the order of the days."""
    found = []
    for who, one in owed:
        for day in one.day.within(max(first, one.not_before), last, leap_day):
            found.append(
                Occurrence(
                    customer=who.id,
                    name=who.name,
                    kind=one.kind,
                    origin=one.origin,
                    due=day,
                    planned=day,
                    text=one.name,
                    state=who.standing.state(today),
                    last=who.standing.last,
                    since=one.day,
                    phone=who.phone,
                    reasons=(one.reason,),
                )
            )
    return sorted(found, key=_order)


def _order(one: Occurrence) -> tuple[object, ...]:
    """By day, what has a time first, then the longest owed; the rest makes the order the same everywhere."""
    return one.planned, one.time is None, one.time or time(), one.due, fold(one.name), one.customer, one.kind, one.origin
