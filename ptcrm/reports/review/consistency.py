"""Whether follow-ups are made within the cadence, the longest silences, and promises kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from ptcrm.reports.review.values import Place, Share

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer
    from ptcrm.model.dates import Interval

PromiseState = Literal["kept", "late", "open"]


@dataclass(frozen=True, slots=True)
class Regular:
    """How regularly one customer was followed up: the contacts made `within` the cadence, and how many were `missed`.

    Each cadence that passes in a silence is one that was missed.
    """

    customer: Customer
    cadence: Interval
    within: tuple[Place, ...]
    missed: int

    @property
    def share(self) -> Share:
        """Those made within the cadence, of all that were due."""
        return Share(len(self.within), len(self.within) + self.missed)


@dataclass(frozen=True, slots=True)
class Cell:
    """The follow-ups of one tier (or `no tier`) in one month (`2026-11`)."""

    tier: str
    month: str
    share: Share


@dataclass(frozen=True, slots=True)
class Silence:
    """The longest wait of a customer that was longer than her cadence: from one contact to the next.

    `begin` is the day of the contact before (None in `place`: there was none, and the wait is counted from the
    vault's `start` or her `since`), `end` that of the one after; None: it goes on.
    """

    customer: Customer
    begin: date
    end: date | None
    days: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class Promise:
    """An explicit follow-up that was due in the period: done by its day (`kept`), afterwards (`late`), or not yet (`open`)."""

    customer: Customer
    place: Place
    due: date
    done: date | None
    text: str
    state: PromiseState


@dataclass(frozen=True, slots=True)
class Consistency:
    """Follow-ups made within the cadence, of all that were due; `silences` are the longest first.

    `cells` has each tier and month in which any was due, by tier rank, then by month.
    """

    share: Share
    cells: tuple[Cell, ...]
    customers: tuple[Regular, ...]
    silences: tuple[Silence, ...]
    promises: tuple[Promise, ...]

    @property
    def promises_kept(self) -> Share:
        """The promises that were kept on time, of all that were due."""
        return Share(sum(one.state == "kept" for one in self.promises), len(self.promises))
