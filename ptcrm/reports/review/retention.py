"""Who stayed, who left and who came back; cohorts, repeat purchases. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.reports.review.values import Place, Share

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer


@dataclass(frozen=True, slots=True)
class Came:
    """A customer who came, came back or left on `day`, as the line at `place` says."""

    customer: Customer
    day: date
    place: Place


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who became customers in one `year`; `kept` has how many of them were still so at the end of each year since."""

    year: int
    customers: tuple[Customer, ...]
    kept: tuple[tuple[int, Share], ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Those who left in the period for one `reason` (empty: none is noted)."""

    reason: str
    customers: tuple[Came, ...]


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer with a sale in the period; `days` are those on which she has bought up to its end, with their lines."""

    customer: Customer
    places: tuple[Place, ...]
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """Customers at the start and the end of the period (docs/review.md#retention).

    `start` - `left` + `new` = `end`. `new` are those who came, whether for the first time or again (`back`).
    `brief` came and left within the period; of `undated` no day is known, so they count nowhere; `unclear` are former
    customers with a sale after they left.
    """

    start: tuple[Customer, ...]
    end: tuple[Customer, ...]
    new: tuple[Came, ...]
    left: tuple[Came, ...]
    back: tuple[Came, ...]
    brief: tuple[Came, ...]
    undated: tuple[Customer, ...]
    unclear: tuple[Came, ...]
    reasons: tuple[Leaving, ...]
    cohorts: tuple[Cohort, ...]
    buyers: tuple[Buyer, ...]

    @property
    def kept(self) -> Share:
        """(customers at the end - new) / customers at the start."""
        return Share(len(self.end) - len(self.new), len(self.start))

    @property
    def repeat(self) -> Share:
        """Those who bought in the period and not for the first time, of all who bought."""
        return Share(sum(one.is_repeat for one in self.buyers), len(self.buyers))
