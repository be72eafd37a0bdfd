"""Who brought whom, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.reports.review.values import Place

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer, Money


@dataclass(frozen=True, slots=True)
class Branch:
    """A customer of the referral tree, with those brought, by name.

    `place` is the line that says who brought her (None at the root), `revenue` what she has paid up to the period's
    end, `below` what all those under her have paid together.
    """

    customer: Customer
    place: Place | None
    brought: tuple[Branch, ...]
    revenue: tuple[Money, ...]
    below: tuple[Money, ...]

    @property
    def people(self) -> int:
        """How many are under her."""
        return sum(1 + one.people for one in self.brought)


@dataclass(frozen=True, slots=True)
class Advocate:
    """Somebody who brought others or spoke well: those brought directly, and the `referral` entries of the log."""

    customer: Customer
    brought: tuple[Customer, ...]
    entries: tuple[Place, ...]
    below: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Referrals:
    """The trees of all who brought somebody and were brought by nobody known, and the advocates; the most first.

    `new` are those who were brought and became customers in the period.
    """

    trees: tuple[Branch, ...]
    advocates: tuple[Advocate, ...]
    new: tuple[Customer, ...]
