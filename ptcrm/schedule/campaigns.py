"""Campaigns (FORMAT §3): yearly mailings to many, each one entry with a list. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import Interval, later
from ptcrm.model.occurrence import Occurrence, Reason
from ptcrm.schedule.channel import unwanted
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from ptcrm.model.config import Campaign, Config
    from ptcrm.model.customer import Customer

# A card that went out so long before the day is this year's; so long after, it is too late for one.
SEASON = Interval(days=30)


class Mailing(NamedTuple):
    """A campaign's `day` in one year. `members` get it, `reached` have got it, `left_out` avoid the channel beside them.

    All three are in the order of the names.
    """

    name: str
    day: date
    channel: str
    line: int
    members: tuple[Customer, ...]
    reached: frozenset[str]
    left_out: tuple[tuple[Customer, str], ...] = ()

    @property
    def remaining(self) -> tuple[Customer, ...]:
        """Those who have not got it yet."""
        return tuple(one for one in self.members if one.path not in self.reached)

    def among(self, paths: Container[str]) -> Mailing:
        """The part of it that is for the customers at `paths`."""
        members = tuple(one for one in self.members if one.path in paths)
        left_out = tuple(one for one in self.left_out if one[0].path in paths)
        return self._replace(members=members, left_out=left_out)


def next_day(campaign: Campaign, today: date, leap_day: str) -> date | None:
    """The day of the campaign's year that `today` belongs to: it has just passed, or is the next one."""
    last = later(today, Interval(months=13))
    if campaign.date and campaign.date.year:
        last = max(last, date(campaign.date.year, 12, 31))
    days = days_of(campaign, later(today, SEASON, -1), last, leap_day)
    return next(iter(days), None)


def days_of(campaign: Campaign, first: date, last: date, leap_day: str) -> list[date]:
    """Every day of the campaign from `first` to `last` (both included)."""
    return [] if campaign.date is None else campaign.date.within(first, last, leap_day)


def mailing(
    name: str,
    day: date,
    found: Iterable[Customer],
    reached: Callable[[str, date, date], set[str]],
    config: Config,
) -> Mailing:
    """The mailing of the campaign `name` on `day` to those `found` by its query.

    `reached` gives the paths of those in whose log the channel is named from one day to another.
    """
    channel = config.campaigns[name].do
    wanted = sorted(
        (one for one in found if not one.do_not_contact), key=lambda one: (fold(one.name), one.path)
    )
    ways = [(one, unwanted(one, channel, config)) for one in wanted]
    return Mailing(
        name,
        day,
        channel,
        config.line("campaigns", name),
        tuple(one for one, way in ways if way is None),
        frozenset(reached(channel, later(day, SEASON, -1), later(day, SEASON))),
        tuple((one, way) for one, way in ways if way is not None),
    )


def entries(mailings: Iterable[Mailing], config: Config, today: date, until: date) -> list[Occurrence]:
    """The entries of `mailings` up to `until` (included), with their reminders ahead; none once all are reached."""
    found = []
    for one in mailings:
        if not one.remaining or one.day < later(today, SEASON, -1):
            continue
        if one.day <= until:
            found.append(_entry(one, config, today))
        lead = config.occasions.lead_of(one.name, "campaign")
        if lead and today < one.day and later(one.day, lead[1], -1) <= until:
            found.append(_reminder(one, *lead, config, today))
    return found


def _entry(one: Mailing, config: Config, today: date) -> Occurrence:
    return Occurrence(
        customer="",
        name=one.name,
        path="ptcrm.yaml",
        kind="campaign",
        origin=f"{one.name} {one.day.year}",
        due=one.day,
        planned=one.day,
        channel=one.channel,
        template=config.campaigns[one.name].template,
        state="overdue" if one.day < today else "due" if one.day == today else "ok",
        members=tuple(member.name for member in one.remaining),
        reasons=(Reason(f"campaign {one.name}", "ptcrm.yaml", one.line),),
    )


def _reminder(one: Mailing, key: str, ahead: Interval, config: Config, today: date) -> Occurrence:
    stands = later(one.day, ahead, -1)
    reason = Reason(f"{ahead} ahead", "ptcrm.yaml", config.line("occasions", "lead", key))
    return _entry(one, config, today)._replace(
        kind="lead",
        origin=f"campaign {one.name} {one.day.year}",
        due=stands,
        planned=stands,
        channel=None,
        text=f"{one.name} on {one.day}",
        reasons=(reason,),
    )


def busy_days(mailings: Iterable[Mailing], config: Config) -> Mapping[str, list[int]]:
    """The days (ordinals) of mailings that are touches, by the path of each customer they reach."""
    days: dict[str, list[int]] = {}
    for one in mailings:
        if config.is_contact(one.channel, ()):
            for member in one.remaining:
                days.setdefault(member.path, []).append(one.day.toordinal())
    return days
