"""What all cadences ask for in a year, against what the days hold (FORMAT §4 "Levelling"). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.dates import Interval

YEAR = 365  # days that are looked at
_WEEKS = 365.2425 / 7  # in the mean year that `times_a_year` counts in


@dataclass(frozen=True, slots=True)
class Demand:
    """Contacts a year: `asked` by the cadences, and `given` by `worked` days of the coming 365."""

    asked: int
    given: int
    worked: int

    @property
    def asked_weekly(self) -> float:
        """The contacts a week that the cadences ask for, to one decimal place."""
        return round(self.asked / _WEEKS, 1)

    @property
    def given_weekly(self) -> float:
        """The contacts a week that the days hold, to one decimal place."""
        return round(self.given / _WEEKS, 1)

    @property
    def missing(self) -> int:
        """How many contacts a year find no place; 0 if there are places enough."""
        return max(0, self.asked - self.given)


def demand(cadences: Iterable[Interval], per_day: int, worked: int) -> Demand:
    """What `cadences`, one for each customer, ask for, against `per_day` contacts on each of `worked` days.

    A part of a contact counts as a whole one. The order of the cadences counts for nothing.
    """
    asked = fsum(cadence.times_a_year for cadence in cadences)
    return Demand(ceil(round(asked, 6)), per_day * worked, worked)
