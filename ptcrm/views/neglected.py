"""Who has waited longer than planned, as data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ptcrm.model.customer import Customer
from ptcrm.model.dates import ago
from ptcrm.model.occurrence import Standing
from ptcrm.schedule.obligations import which_cadence
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ptcrm.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits, `percent` into the cadence; `rule` says which cadence it is, and why."""

    customer: Customer
    standing: Standing
    percent: int
    rule: str


@dataclass(frozen=True, slots=True)
class Neglected:
    """Those who wait, the furthest into the cadence first; `snoozed` counts those left out for a snooze."""

    people: list[Waiting]
    snoozed: int


def neglected(workspace: Workspace, customers: Iterable[Customer], over: int) -> Neglected:
    """Those of `customers` who are more than `over` percent into their cadence; 100 is the day they are due.

    The cadence of somebody never contacted is counted from the day `since`, or from `start`.
    """
    today = workspace.today
    standings = workspace.cache.standings()
    found = []
    for customer in customers:
        standing = standings[customer.path]
        part = _part(standing, today)
        if part is not None and part * 100 > over:
            found.append((-part, fold(customer.name), customer.path, customer, standing))
    found.sort(key=lambda one: one[:3])
    awake = [one for one in found if one[-1].state(today) != "snoozed"]
    people = [
        Waiting(
            customer,
            standing,
            standing.progress(today) or 0,
            which_cadence(customer, workspace.config, today).rule.text,
        )
        for *_, customer, standing in awake
    ]
    return Neglected(people, len(found) - len(awake))


def _part(standing: Standing, today: date) -> Fraction | None:
    """How far into the cadence `today` is, to the day; None if there is no cadence to be in."""
    if standing.progress(today) is None or standing.due is None or standing.begin is None:
        return None
    return Fraction((today - standing.begin).days, (standing.due - standing.begin).days)


def last_words(one: Standing, today: date) -> str:
    """`call on 2026-10-20, 5 weeks ago`, or `never contacted, due since 2026-11-03`."""
    if one.last is None:
        return f"never contacted, due {'since' if one.due and one.due < today else 'on'} {one.due}"
    return f"{one.last.channel} on {one.last.date}, {ago(one.last.date, today)}"


def waiting_row(one: Waiting, today: date) -> dict[str, object]:
    """Somebody who waits as a flat object (the JSON of `neglected`; docs/json.md)."""
    last = one.standing.last
    return {
        "customer": one.customer.id,
        "name": one.customer.name,
        "tier": one.customer.tier,
        "percent": one.percent,
        "last_contact": last.date.isoformat() if last else None,
        "channel": last.channel if last else None,
        "days": (today - last.date).days if last else None,
        "due": one.standing.due.isoformat() if one.standing.due else None,
        "every": str(one.standing.cadence),
        "rule": one.rule,
        "state": one.standing.state(today),
        "path": one.customer.path,
    }
