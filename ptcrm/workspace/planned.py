"""When what is owed stands: contacts, campaigns, and the days of the year."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import date
from functools import cached_property, partial
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ptcrm.errors import QueryError
from ptcrm.model.dates import later
from ptcrm.model.occurrence import FOREVER, Contact, Yearly, in_order
from ptcrm.schedule.plan import (
    Arranged,
    Rules,
    Who,
    arrange,
    days_ever,
    next_yearly_days,
    occurrences,
    open_reminders,
    yearly_days,
)
from ptcrm.schedule.workdays import WorkDays
from ptcrm.vault.answers import looked_at
from ptcrm.vault.cache import IF_POSSIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable

    from ptcrm.model.customer import Customer
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.query.fields import Forecast
    from ptcrm.schedule.campaigns import Mailing
    from ptcrm.schedule.demand import Demand
    from ptcrm.schedule.playbooks import Run
    from ptcrm.schedule.why import Case

from ptcrm.workspace.asked import Asked

_NOWHERE = (0, None)


class Listed(NamedTuple):
    """What to do, in the order of the days, and how many contacts more wait for a day."""

    occurrences: list[Occurrence]
    waiting: int


R = TypeVar("R", bound=tuple[Any, ...])


class _Rows(Generic[R]):
    """The rows of everybody, read once, and then those of customers on whom a change bears; `path_of` a row is whose it is."""

    def __init__(self, path_of: Callable[[R], str]) -> None:
        self._path_of = path_of
        self._rows: list[R] | None = None
        self._outdated: set[str] = set()

    @property
    def at_hand(self) -> list[R] | None:
        """The rows, if they need not be read for it."""
        return None if self._outdated else self._rows

    def forget(self, paths: set[str]) -> None:
        """Read those of the customers at `paths` again when they are next asked for."""
        self._outdated |= paths

    def now(self, read: Callable[[set[str] | None], list[R]]) -> list[R]:
        """The rows as they are now, in no order; `read` gives those of the customers at some paths, or (None) all."""
        if self._rows is None:
            self._rows = read(None)
        elif self._outdated:
            still = [row for row in self._rows if self._path_of(row) not in self._outdated]
            self._rows = still + read(self._outdated)
        self._outdated = set()
        return self._rows


class _Worked:
    """What was read and worked out from rows, and still holds after a refresh for those on whom no change bears.

    `people` and `returns` (what is yearly, next time) are by path, `contacts` by the number of the row, each with the
    day it stands on; `owed` and `yearly` are the rows of everybody.
    """

    def __init__(self) -> None:
        self.people: dict[str, Who] = {}
        self.contacts: dict[int, tuple[int, Occurrence]] = {}
        self.returns: dict[str, list[Occurrence]] = {}
        self.owed, self.yearly = _Rows[Contact](attrgetter("path")), _Rows[tuple[str, Yearly]](itemgetter(0))

    def forget(self, paths: set[str]) -> None:
        """Forget the customers at `paths`."""
        for known in (self.people, self.returns):
            for path in paths:
                known.pop(path, None)
        self.contacts = {
            number: place for number, place in self.contacts.items() if place[1].path not in paths
        }
        self.owed.forget(paths)
        self.yearly.forget(paths)


class _Plan(NamedTuple):
    """The plan of the whole vault: of which rows, whether it was just worked out, and the days (`days_ever`)."""

    version: str
    is_new: bool
    days: dict[int, int]


class Planned(Asked):
    """An open vault with its plan."""

    _plan: _Plan | None = None

    @cached_property
    def _worked(self) -> _Worked:
        return _Worked()

    @cached_property
    def _meant(self) -> dict[str, list[Customer]]:
        """Whom the query of each campaign finds."""
        return {}

    @cached_property
    def _new_holidays(self) -> dict[str, dict[date, str]]:
        return {}

    def refresh(self) -> None:
        """Read what has changed since last time, and work out anew what follows from it."""
        self._meant.clear()
        try:
            super().refresh()
        except BaseException:  # some of the rows may be other ones already
            self._changed(None)
            raise

    def _changed(self, paths: set[str] | None) -> None:
        super()._changed(paths)
        if paths is None:
            self._worked = _Worked()
        else:
            self._worked.forget(paths)

    def _keep(self) -> None:
        super()._keep()
        if self._new_holidays:
            with IF_POSSIBLE, self.cache.writing():
                for key, days in self._new_holidays.items():
                    self.cache.keep_holidays(key, days)
        self._keep_plan()

    # Campaigns

    def meant_by(self, campaign: str) -> list[Customer]:
        """Everybody whom the query of the `campaign` finds; raises `QueryError` if it cannot be read."""
        if campaign not in self._meant:
            from ptcrm.query.configured import of_campaign

            self._meant[campaign] = self.customers_by(of_campaign(self.config, campaign))
        return self._meant[campaign]

    def mailing(self, name: str, day: date) -> Mailing:
        """The mailing of the campaign `name` on `day`; raises `QueryError` if its query cannot be read."""
        from ptcrm.schedule.campaigns import mailing

        return mailing(name, day, self.meant_by(name), self.index.reached, self.config)

    def mailings(self, until: date) -> list[Mailing]:
        """The mailing of each campaign that stands up to `until`, or was to go out lately.

        A campaign whose query cannot be read has none; `check` says so.
        """
        from ptcrm.schedule.campaigns import next_day

        found = []
        for name, campaign in self.config.campaigns.items():
            day = next_day(campaign, self.today, self.config.occasions.leap_day)
            lead = self.config.occasions.lead_of(name, "campaign")
            if day is not None and (day if lead is None else later(day, lead[1], -1)) <= until:
                with contextlib.suppress(QueryError):
                    found.append(self.mailing(name, day))
        return found

    # The plan

    @cached_property
    def workdays(self) -> WorkDays:
        """The days that are worked."""
        return WorkDays(self.config.working_days, self.config.away, self._holidays)

    def _holidays(self, year: int) -> dict[date, str]:
        """The public holidays of the configured country in `year`."""
        if self.config.country is None:
            return {}
        from importlib.metadata import version

        from ptcrm.schedule.workdays import public_holidays

        key = f"{self.config.country} {year} {version('holidays')}"
        known = self.cache.holidays(key)
        if known is None:
            known = public_holidays(self.config.country, year) or {}
            self._new_holidays[key] = known
        return known

    def arranged(self, until: date) -> Arranged:
        """Where all contacts up to `until` (included) stand, and which found no place."""
        if until < FOREVER:
            contacts = self.cache.contacts(later(until, self.config.min_gap))
            return arrange(contacts, self._rules(until), self.today, until)
        return Arranged(*self._standing(self._worked.owed.now(partial(self.cache.contacts, FOREVER))))

    def _rules(self, until: date) -> Rules:
        """What a day holds, up to `until`."""
        from ptcrm.schedule.campaigns import busy_days

        gap = (later(self.today, self.config.min_gap) - self.today).days
        mailings = self.mailings(later(until, self.config.min_gap))
        capacity = self.config.capacity
        return Rules(self.workdays, capacity.per_day, capacity.intake, gap, busy_days(mailings, self.config))

    def _days(self) -> dict[int, int]:
        """Where every contact that may move stands, as `days_ever` has it; kept when the vault is closed."""
        version, plan = self.cache.owed_version(), self._plan
        if plan is None or plan.version != version:
            known = self.cache.plan(self._plan_key)
            days = self._days_ever() if known is None else known
            plan = self._plan = _Plan(version, known is None, days)
        return plan.days

    def _days_ever(self) -> dict[int, int]:
        known = self._worked.owed.at_hand
        if known is None:
            movable, fixed = self.cache.movable(FOREVER), self.cache.fixed_days()
        else:
            movable = [one for one in known if not one.fixed]
            fixed = [(one.path, one.ready) for one in known if one.fixed]
        return days_ever(movable, fixed, self._rules(FOREVER), self.today)

    def _standing(self, contacts: Iterable[Contact]) -> tuple[list[tuple[int, Contact]], list[Contact]]:
        """On which day each of the `contacts` stands, and those that found none."""
        days = self._days()
        found = [(one.ready if one.fixed else days.get(one.number), one) for one in contacts]
        return [(day, one) for day, one in found if day], [one for day, one in found if day == 0]

    def _load(self) -> Counter[int]:
        """How many contacts stand on each day from today on."""
        days, now = self._days(), self.today.toordinal()
        found = [fixed or days.get(number, 0) for _, number, fixed in self.cache.stands()]
        return Counter([day for day in found if day >= now])

    @cached_property
    def _plan_key(self) -> str:
        """What the plan of the whole vault follows from besides rows and settings."""
        return f"{self.today} {self._holidays_seen()}"

    def _holidays_seen(self) -> str:
        """The version of the public holidays in use, as the line of a file; nothing if there are none."""
        from importlib.util import find_spec

        found = find_spec("holidays") if self.config.country else None
        return looked_at(found.origin) if found and found.origin else ""

    def _keep_plan(self) -> None:
        """Keep the plan of the whole vault, if it was worked out and is still right."""
        plan, self._plan = self._plan, None
        if plan and plan.is_new and self.cache.is_kept:
            with IF_POSSIBLE:
                self.cache.keep_plan(self._plan_key, plan.version, plan.days)

    def next_days(self, paths: Collection[str] | None = None) -> dict[str, date]:
        """The day on which the next contact of each customer stands, by path; with `paths`, of these."""
        days, first = self._days(), dict[str, int]()
        for path, number, fixed in self.cache.stands(paths):
            if day := fixed or days.get(number, 0):
                first[path] = min(day, first.get(path, day))
        return {path: date.fromordinal(day) for path, day in first.items()}

    def demand(self) -> Demand:
        """What the cadences of all customers ask for in a year, and what the days from today on hold."""
        from ptcrm.schedule.demand import YEAR, demand

        now = self.today.toordinal()
        cadences = (one.cadence for one in self.cache.standings().values())
        worked = self.workdays.count(now, now + YEAR - 1)
        return demand(cadences, self.config.capacity.per_day, worked)

    def plan(self, until: date, only: Container[str] | None = None) -> list[Occurrence]:
        """The contacts and campaigns planned up to `until` (included); with `only`, of customers at these paths.

        Of a campaign that is its part that goes to them.
        """
        return sorted(self.planned(until, only), key=in_order)

    def planned(self, until: date, only: Container[str] | None = None) -> list[Occurrence]:
        """What `plan` gives, in no order, which takes a good part of the time."""
        from ptcrm.schedule.campaigns import entries

        days, mailings = self.arranged(until).days, self.mailings(until)
        if only is not None:
            days = [(day, one) for day, one in days if one.path in only]
            mailings = [one.among(only) for one in mailings]
        campaigns = entries(mailings, self.config, self.today, until)
        return [*self._occurrences(days), *campaigns]

    def listed(
        self, until: date, only: Container[str] | None = None, *, whole: bool = False, snoozed: bool = False
    ) -> Listed:
        """What to list up to `until` (included), and how many more wait for a day; with `only`, of these paths.

        The `whole` has those who wait as well; what then still waits finds no day at all. What stands on a day
        before its customer's snooze ends is listed only among the `snoozed` (FORMAT §4).
        """
        from ptcrm.schedule.campaigns import entries

        days, waiting = self.arranged(FOREVER if whole else until)
        if whole:
            end = until.toordinal()
            days = [(day, one) for day, one in days if one.ready <= end]
            waiting = [one for one in waiting if one.ready <= end]
        owed, mailings = self._yearly(self._reminders(until)), self.mailings(until)
        if only is not None:
            days = [(day, one) for day, one in days if one.path in only]
            waiting = [one for one in waiting if one.path in only]
            owed = [(who, one) for who, one in owed if who.path in only]
            mailings = [one.among(only) for one in mailings]
        found = [
            *self._occurrences(days),
            *entries(mailings, self.config, self.today, until),
            *open_reminders(owed, self.config.occasions.leap_day, self.today, until),
        ]
        shown = [one for one in found if snoozed or max(one.planned, self.today) >= one.quiet_until]
        return Listed(sorted(shown, key=in_order), len(waiting))

    def _reminders(self, until: date) -> list[tuple[str, Yearly]]:
        """The reminders ahead of what is yearly that may stand on a day up to `until`, and perhaps others."""
        leads = self.config.occasions.lead.values()
        last = max((later(until, ahead) for ahead in leads), default=until)
        return [row for row in self.cache.yearly_on(self.today, last) if row[1].kind == "lead"]

    def _occurrences(self, days: list[tuple[int, Contact]]) -> list[Occurrence]:
        """The contacts that stand on `days`, in their order."""
        known = self._worked.contacts
        if missing := [place for place in days if known.get(place[1].number, _NOWHERE)[0] != place[0]]:
            who = self._whos(row.path for _, row in missing)
            owed = self.cache.obligations([row for _, row in missing])
            details = [(who[row.path], one) for (_, row), one in zip(missing, owed, strict=True)]
            for (day, row), one in zip(missing, occurrences(missing, details, self.today), strict=True):
                known[row.number] = day, one
        return [known[row.number][1] for _, row in days]

    def _whos(self, paths: Iterable[str]) -> dict[str, Who]:
        """What occurrences need to know of the customers at `paths` (and perhaps of others), by path."""
        known = self._worked.people
        for one, standing in self.cache.people({*paths} - known.keys()):
            phone, url = next(iter(one.get("phones", ())), None), next(iter(one.get("urls", ())), None)
            path, zone, tier = one["path"], one.get("timezone"), one.get("tier")
            known[path] = Who(one["id"], one["name"], path, phone, url, standing, zone, tier)
        return known

    def _yearly(self, rows: list[tuple[str, Yearly]]) -> list[tuple[Who, Yearly]]:
        """What is owed on days of the year, each with its customer."""
        who = self._whos(path for path, _ in rows)
        return [(who[path], one) for path, one in rows]

    def _forecasts(self, fields: frozenset[str], among: Iterable[Customer]) -> dict[str, Forecast]:
        """What the plan says of the customers; nothing is planned that none of the `fields` asks for."""
        from ptcrm.query.fields import PLANNED, Forecast

        if not fields & PLANNED:
            return {}
        days = self.next_days() if "planned" in fields else {}
        return {
            path: Forecast(one.due, days.get(path), one.state(self.today))
            for path, one in self.cache.standings(one.path for one in among).items()
        }

    # Days of the year

    def occasions(self, first: date, last: date, only: Container[str] | None = None) -> list[Occurrence]:
        """The birthdays and other occasions from `first` to `last` (both included); with `only`, of these paths."""
        rows = [row for row in self.cache.yearly_on(first, last) if row[1].kind != "lead"]
        owed = self._yearly([(path, one) for path, one in rows if only is None or path in only])
        return yearly_days(owed, first, last, self.config.occasions.leap_day, self.today)

    def next_occasions(self, only: Container[str] | None = None) -> list[Occurrence]:
        """The next return of every birthday and other occasion, and of the reminders ahead of them.

        A reminder whose day has passed is there too, as long as it is open. With `only`, of the customers at
        these paths.
        """
        known, leap_day = self._worked.returns, self.config.occasions.leap_day
        rows = sorted(self._worked.yearly.now(self.cache.yearly), key=itemgetter(0))
        rows = [row for row in rows if only is None or row[0] in only]
        missing = self._yearly([row for row in rows if row[0] not in known])
        reminders = [
            one
            for one in open_reminders(missing, leap_day, self.today, self.today)
            if one.planned < self.today
        ]
        for one in (*reminders, *next_yearly_days(missing, leap_day, self.today)):
            known.setdefault(one.path, []).append(one)
        return [one for path in dict.fromkeys(path for path, _ in rows) for one in known.get(path, ())]

    # One customer

    def plan_of(self, path: str) -> tuple[list[Occurrence], Case]:
        """Everything planned for the customer at `path`: contacts, campaigns, the next of what is yearly; and why.

        The customer must be known to the index.
        """
        from ptcrm.schedule.campaigns import busy_days, entries
        from ptcrm.schedule.why import Case

        customer = self.cache.customer(path)
        assert customer is not None  # noqa: S101  # who calls has found the customer
        days, waiting = self._standing(self.cache.contacts(FOREVER, [path]))
        contacts = self._occurrences(days)
        yearly = self._yearly(self.cache.yearly([path]))
        leap_day = self.config.occasions.leap_day
        others = open_reminders(yearly, leap_day, self.today, self.today)
        reminded = {one.text for one in others}
        others += [one for one in next_yearly_days(yearly, leap_day, self.today) if one.text not in reminded]
        mailings = [
            one for one in self.mailings(FOREVER) if any(member.path == path for member in one.remaining)
        ]
        others += [
            one for one in entries(mailings, self.config, self.today, FOREVER) if one.kind == "campaign"
        ]
        case = Case(
            customer,
            self._whos([path])[path].standing,
            self.index.touches(path),
            self.config,
            self.today,
            self.workdays,
            self._load,
            [
                *(one.planned for one in contacts),
                *map(date.fromordinal, busy_days(mailings, self.config).get(path, [])),
            ],
            len(waiting),
        )
        return sorted([*contacts, *others], key=in_order), case

    def runs_of(self, path: str) -> list[Run]:
        """The playbooks that the customer at `path` is in, and how far each has come."""
        from ptcrm.schedule.playbooks import runs

        customer = self.cache.customer(path)
        return runs(customer, self.index.touches(path), self.config, self.today) if customer else []
