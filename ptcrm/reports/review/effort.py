"""What contacts took, what was given, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.reports.review.values import Place

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer, Money


@dataclass(frozen=True, slots=True)
class Given:
    """What was given by one channel: gifts, cards, articles; money by currency, and minutes."""

    channel: str
    places: tuple[Place, ...]
    cost: tuple[Money, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class TierEffort:
    """Plan against actual of one tier: contacts that the cadences asked for and those made; what may and did go out.

    `budget` is the tier's yearly one for these customers, in proportion to the days; empty if it has none.
    """

    tier: str
    customers: int
    planned: int
    made: int
    budget: tuple[Money, ...]
    cost: tuple[Money, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Effort:
    """What one customer took and brought: `places` are the lines of the contacts, sales and people brought."""

    customer: Customer
    contacts: tuple[Place, ...]
    minutes: int
    cost: tuple[Money, ...]
    sales: tuple[Place, ...]
    revenue: tuple[Money, ...]
    brought: tuple[Customer, ...]


@dataclass(frozen=True, slots=True)
class Efforts:
    """What was given, the tiers by rank, and each customer with any contact or sale, the most contacts first.

    `little_return` are those with much work and nothing that came of it, `little_work` the reverse.
    """

    given: tuple[Given, ...]
    tiers: tuple[TierEffort, ...]
    customers: tuple[Effort, ...]
    little_return: tuple[Effort, ...]
    little_work: tuple[Effort, ...]
