"""Days as screens show them: the agenda, what each day holds, and the days that are not worked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from ptcrm.model.dates import weekday_name
from ptcrm.model.occurrence import Occurrence, in_order
from ptcrm.schedule.demand import Demand
from ptcrm.views.today import is_late, yearly_row

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from ptcrm.model.occurrence import Contact
    from ptcrm.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar. `free` says why it is not worked: `away`, a holiday's name, or the day of the week.

    `weekend` is a day that no week has for working, away or not.
    """

    date: date
    free: str | None = None
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class AgendaDay(Day):
    """What stands on a day; on today also what is owed from before, as `overdue`, the longest owed first."""

    overdue: tuple[Occurrence, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadDay(Day):
    """How many contacts stand on a day, by what asks for them; `fixed` are follow-ups and feedback.

    `new` are to customers never contacted, `cadence` those that the cadences of others ask for. `overdue` are the
    follow-ups that today has besides, because their day has passed: they take no place.
    """

    fixed: int = 0
    cadence: int = 0
    playbook: int = 0
    new: int = 0
    overdue: int = 0

    @property
    def contacts(self) -> int:
        """All of them that take a place."""
        return self.fixed + self.cadence + self.playbook + self.new


@dataclass(frozen=True, slots=True)
class Off:
    """Days in a row, `first` to `last` (both included), that are not worked for one reason, and hold nothing."""

    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """Every day from today on; `waiting` counts the contacts that found no place in these days."""

    days: list[AgendaDay]
    waiting: int


@dataclass(frozen=True, slots=True)
class Load:
    """Every day from today on, each holding `per_day` contacts if it is worked.

    `waiting` counts those that may stand on one of them and found no place.
    """

    days: list[LoadDay]
    per_day: int
    waiting: int
    demand: Demand

    @property
    def contacts(self) -> int:
        """How many contacts stand on these days."""
        return sum(day.contacts for day in self.days)

    @property
    def worked(self) -> int:
        """How many of the days are worked."""
        return sum(not day.free for day in self.days)


def agenda(workspace: Workspace, until: date, only: Container[str] | None = None) -> Agenda:
    """The agenda up to `until` (included): contacts, campaigns, reminders, birthdays and other occasions.

    With `only`, of the customers at these paths.
    """
    today = workspace.today
    found, waiting = workspace.listed(until, only, snoozed=True)
    stands: dict[date, list[Occurrence]] = {}
    for one in sorted([*found, *workspace.occasions(today, until, only)], key=in_order):
        stands.setdefault(max(one.planned, today), []).append(one)
    days = []
    for day in _calendar(workspace, until):
        here = stands.get(day.date, [])
        overdue = [one for one in here if day.date == today and is_late(one, today)]
        rest = [one for one in here if day.date > today or not is_late(one, today)]
        overdue.sort(key=lambda one: one.due)
        days.append(AgendaDay(day.date, day.free, day.weekend, tuple(overdue), tuple(rest)))
    return Agenda(days, waiting)


def load(workspace: Workspace, until: date) -> Load:
    """What the days up to `until` (included) hold."""
    placed, waiting = workspace.arranged(until)
    now = workspace.today.toordinal()
    days = {
        day.date.toordinal(): LoadDay(day.date, day.free, day.weekend) for day in _calendar(workspace, until)
    }
    for at, one in placed:
        if at >= now:
            days[at] = _with(days[at], one)
        elif now >= one.quiet_until:
            days[now] = replace(days[now], overdue=days[now].overdue + 1)
    return Load(list(days.values()), workspace.config.capacity.per_day, len(waiting), workspace.demand())


def _with(day: LoadDay, one: Contact) -> LoadDay:
    """The day with one contact more."""
    if one.fixed:
        return replace(day, fixed=day.fixed + 1)
    if one.origin.startswith("playbook "):
        return replace(day, playbook=day.playbook + 1)
    return replace(day, new=day.new + 1) if one.new else replace(day, cadence=day.cadence + 1)


def _calendar(workspace: Workspace, until: date) -> Iterator[Day]:
    """Every day from today to `until` (included)."""
    for ordinal in range(workspace.today.toordinal(), until.toordinal() + 1):
        day = date.fromordinal(ordinal)
        free = workspace.workdays.why_free(day)
        weekend = free == weekday_name(day)
        away = any(first <= day <= last for first, last in workspace.config.away)
        yield Day(day, "away" if away else free, weekend)


AnyDay = TypeVar("AnyDay", bound=Day)


def with_days_off(days: Iterable[AnyDay], is_shown: Callable[[AnyDay], bool]) -> Iterator[AnyDay | Off]:
    """The days that are shown, and between them those not worked, joined by their reason.

    Weekends are no reason to say anything, unless they lie in a longer time away.
    """
    for (shown, why), group in groupby(days, lambda day: (is_shown(day), day.free)):
        members = list(group)
        if shown:
            yield from members
        elif why and not all(day.weekend for day in members):
            yield Off(members[0].date, members[-1].date, why)


def agenda_rows(days: Iterable[AgendaDay]) -> Iterator[dict[str, object]]:
    """Everything that stands on these days as flat objects, each with its day (docs/json.md)."""
    for day in days:
        for one in (*day.overdue, *day.occurrences):
            yield {"date": day.date.isoformat(), **yearly_row(one)}


def agenda_row(day: AgendaDay) -> dict[str, object]:
    """A day of the agenda as an object (the JSON of `agenda`; docs/json.md), what is overdue first."""
    found = [yearly_row(one) for one in (*day.overdue, *day.occurrences)]
    return {"date": day.date.isoformat(), "free": day.free, "occurrences": found}


def load_object(found: Load) -> dict[str, object]:
    """The load of all days as an object (the JSON of `plan`; docs/json.md)."""
    asked = found.demand
    return {
        "days": [_load_row(day, found.per_day) for day in found.days],
        "waiting": found.waiting,
        "demand": {
            "asked": asked.asked,
            "asked_weekly": asked.asked_weekly,
            "given": asked.given,
            "given_weekly": asked.given_weekly,
            "worked": asked.worked,
            "missing": asked.missing,
        },
    }


def _load_row(day: LoadDay, per_day: int) -> dict[str, object]:
    return {
        "date": day.date.isoformat(),
        "weekday": weekday_name(day.date),
        "free": day.free,
        "capacity": 0 if day.free else per_day,
        "contacts": day.contacts,
        "fixed": day.fixed,
        "cadence": day.cadence,
        "playbook": day.playbook,
        "new": day.new,
        "overdue": day.overdue,
    }
