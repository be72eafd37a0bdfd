"""The whole vault as reports: the year's budget, those who left, the tiers that rules suggest, a campaign's list."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, QueryError
from ptcrm.model.dates import later
from ptcrm.model.occurrence import Standing
from ptcrm.query.configured import of_tier
from ptcrm.reports.budget import Ahead, Book, Spent, budget
from ptcrm.reports.campaign import Recipient, recipients
from ptcrm.reports.tiers import Rule, suggestions
from ptcrm.reports.winback import Group, winback
from ptcrm.schedule.campaigns import SEASON, Mailing, days_of, next_day
from ptcrm.text.near import suggest
from ptcrm.vault.store import CONFIG_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.config import Campaign
    from ptcrm.model.customer import Customer
    from ptcrm.reports.budget import Line
    from ptcrm.reports.campaign import State
    from ptcrm.reports.tiers import Suggestion
    from ptcrm.workspace import Workspace


# Budget


def yearly_budget(workspace: Workspace, year: int) -> list[Line]:
    """What contacts take in `year`, tier by tier; planned is what is still to come of it."""
    first, last, today = date(year, 1, 1), date(year, 12, 31), workspace.today
    spent = [Spent(*row) for row in workspace.index.spent(first, min(last, today))]
    customers = tuple(workspace.cache.customers())
    if last < today:
        return budget(Book(customers, spent), workspace.config, first, last)
    cadences = {path: one.cadence for path, one in workspace.cache.standings().items() if one.due}
    book = Book(customers, spent, cadences, _ahead(workspace, last), _mailed(workspace, last))
    return budget(book, workspace.config, max(first, today), last)


def _ahead(workspace: Workspace, last: date) -> dict[str, list[Ahead]]:
    """What the plan has up to `last` by the customer's path; what found no place stands where it is owed."""
    days, waiting = workspace.arranged(last)
    both = [*days, *((one.ready, one) for one in waiting)]
    owed = workspace.cache.obligations([one for _, one in both])
    found: dict[str, list[Ahead]] = {}
    for (day, row), one in zip(both, owed, strict=True):
        stands = max(date.fromordinal(day), workspace.today)
        found.setdefault(row.path, []).append(Ahead(stands, one.channel, one.kind == "cadence"))
    return found


def _mailed(workspace: Workspace, last: date) -> dict[str, list[Ahead]]:
    """The mailings up to `last` by the path of each customer who is still to get them, every return of each."""
    config, today = workspace.config, workspace.today
    found: dict[str, list[Ahead]] = {}
    for name, campaign in config.campaigns.items():
        for day in days_of(campaign, later(today, SEASON, -1), last, config.occasions.leap_day):
            with suppress(QueryError):  # such a campaign is in no plan; `check` says so
                for member in workspace.mailing(name, day).remaining:
                    one = Ahead(max(day, today), campaign.do, is_cadence=False)
                    found.setdefault(member.path, []).append(one)
    return found


def budget_row(one: Line, year: int) -> dict[str, object]:
    """A line of the budget as a flat object (the JSON of `budget`; docs/json.md)."""
    return {
        "year": year,
        "group": one.title,
        "tier": one.tier,
        "customers": one.customers,
        "budget": list(map(str, one.budget)),
        "spent": list(map(str, one.spent.money)),
        "planned": list(map(str, one.planned.money)),
        "left": list(map(str, one.left)),
        "over": one.over,
        "minutes_spent": one.spent.minutes,
        "minutes_planned": one.planned.minutes,
    }


# Those who left


@dataclass(frozen=True, slots=True)
class Former:
    """Former customers by why they left. By path: where each one's cadence stands, the day of the next contact."""

    groups: list[Group]
    standings: Mapping[str, Standing]
    next_days: Mapping[str, date]


def former(workspace: Workspace) -> Former:
    """The former customers who may be contacted."""
    groups = winback(workspace.cache.customers(), workspace.config.changes, workspace.today)
    return Former(groups, workspace.cache.standings(), workspace.next_days())


def former_rows(found: Former) -> Iterator[dict[str, object]]:
    """Each of them as a flat object (the JSON of `winback`; docs/json.md)."""
    for group in found.groups:
        for one in group.customers:
            last, planned = found.standings[one.path].last, found.next_days.get(one.path)
            yield {
                **_who(one),
                "tier": one.tier,
                "left": one.left.isoformat() if one.left else None,
                "left_reason": one.left_reason,
                "last_contact": last.date.isoformat() if last else None,
                "next_contact": planned.isoformat() if planned else None,
                "changes": group.changes_for(one),
            }


def _who(one: Customer) -> dict[str, object]:
    return {"customer": one.id, "name": one.name, "path": one.path}


# Tiers


def suggested_tiers(workspace: Workspace) -> list[Suggestion]:
    """The tier that the rules suggest for each customer, by name; raises `QueryError` if one cannot be read."""
    customers = list(workspace.cache.customers())
    rules = [
        Rule(name, tier.when, workspace.query(of_tier(workspace.config, name)))
        for name, tier in workspace.config.tiers.items()
        if tier.when
    ]
    return suggestions(customers, rules, workspace.facts([rule.query for rule in rules], customers))


def tier_command(one: Suggestion) -> str | None:
    """The command that gives the customer the tier suggested; None if there is nothing to change."""
    return f"ptcrm set {one.customer.id} tier {one.tier}" if one.differs and one.tier else None


def tier_row(one: Suggestion) -> dict[str, object]:
    """A suggestion as a flat object (the JSON of `tiers`; docs/json.md)."""
    return {
        **_who(one.customer),
        "tier": one.customer.tier,
        "suggested": one.tier,
        "differs": one.differs,
        "when": one.when,
        "because": list(one.because),
        "command": tier_command(one),
    }


# Campaigns


@dataclass(frozen=True, slots=True)
class Recipients:
    """A campaign's `mailing` in this season, and `people`, all whom its query finds, by name.

    `day` is None if none is set; the season is today's then.
    """

    mailing: Mailing
    day: date | None
    people: list[Recipient]

    def of(self, state: State) -> list[Recipient]:
        """Those of them who are in this state."""
        return [one for one in self.people if one.state == state]


def campaign(workspace: Workspace, name: str) -> Recipients:
    """Whom the campaign `name` goes to.

    Raises `NotFoundError` if there is no such campaign, `QueryError` if its query cannot be read.
    """
    config = workspace.config
    if name not in config.campaigns:
        known = ", ".join(config.campaigns) or "none"
        hint = suggest(name, config.campaigns) or f"Known are: {known}."
        raise NotFoundError(f"There is no campaign “{name}” in {CONFIG_NAME}. {hint}")
    day = _season(config.campaigns[name], workspace.today, config.occasions.leap_day)
    mailing = workspace.mailing(name, day or workspace.today)
    return Recipients(mailing, day, recipients(mailing, workspace.meant_by(name)))


def _season(campaign: Campaign, today: date, leap_day: str) -> date | None:
    """The campaign's day in this season, or its first one, which may be years ahead; None if none is set."""
    if campaign.date is None or campaign.date.year is None:
        return next_day(campaign, today, leap_day)
    return next_day(campaign, today, leap_day) or campaign.date.in_year(campaign.date.year, leap_day)


def campaigns(workspace: Workspace) -> tuple[list[Recipients], list[QueryError]]:
    """Every campaign, in the order of the configuration, and why queries of others cannot be read."""
    found, wrong = [], []
    for name in workspace.config.campaigns:
        try:
            found.append(campaign(workspace, name))
        except QueryError as error:
            wrong.append(error)
    return found, wrong


def campaign_row(one: Recipients) -> dict[str, object]:
    """A campaign as a flat object (the JSON of `campaign`; docs/json.md)."""
    return {
        "name": one.mailing.name,
        "day": one.day.isoformat() if one.day else None,
        "channel": one.mailing.channel,
        "open": len(one.of("open")),
        "reached": len(one.of("reached")),
        "left_out": len(one.of("left out")),
    }


def recipient_row(one: Recipient) -> dict[str, object]:
    """One whom a campaign's query finds as a flat object (the JSON of `campaign NAME`; docs/json.md)."""
    customer = one.customer
    return {
        **_who(customer),
        "state": one.state,
        "reason": one.reason or None,
        "address": next(iter(customer.addresses), None),
        "email": next(iter(customer.emails), None),
        "phone": next(iter(customer.phones), None),
    }
