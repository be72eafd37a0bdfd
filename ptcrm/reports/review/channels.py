"""By which channels contacts were made, and who hears by one alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.reports.review.values import Place

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """The contacts by one channel; `came_in` of them came from the customers."""

    channel: str
    contacts: int
    came_in: int
    customers: int


@dataclass(frozen=True, slots=True)
class Same:
    """A customer whom the last three contacts reached by the same channel; `places` are theirs, from old to new."""

    customer: Customer
    channel: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Channels:
    """Contacts by channel, the most used first; how many there were on each day, for days that had any."""

    channels: tuple[ChannelUse, ...]
    same: tuple[Same, ...]
    days: Mapping[date, int]

    @property
    def contacts(self) -> int:
        """How many contacts there were."""
        return sum(one.contacts for one in self.channels)
