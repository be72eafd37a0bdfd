"""Feedback: what is open, what is closed, and who was told what became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from ptcrm.reports.review.values import Place

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer

LoopState = Literal["open", "closed", "told", "noted"]


@dataclass(frozen=True, slots=True)
class Loop:
    """Feedback that came on a day of the period, and how far it got.

    `open` is a follow-up without a tick, due on `due`; `closed` one with; `told` one of which the customer has heard;
    `noted` a log entry that no follow-up belongs to, so nobody may have looked after it.
    """

    customer: Customer
    place: Place
    came: date
    state: LoopState
    text: str
    due: date | None = None
    done: date | None = None
    told: date | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """All feedback of the period, from old to new."""

    loops: tuple[Loop, ...]

    def of(self, state: LoopState) -> tuple[Loop, ...]:
        """The feedback in this state."""
        return tuple(one for one in self.loops if one.state == state)
