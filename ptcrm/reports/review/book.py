"""What the figures are made of: customers, their logs and contacts, who brought whom. Days of rows are ordinals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.config import Config
from ptcrm.model.customer import Customer, FollowUp, Money
from ptcrm.model.dates import Interval
from ptcrm.model.values import parse_money, sums
from ptcrm.reports.review.values import Period, Place, Places
from ptcrm.vault.entries import EntryRow, Past

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


SALE, REFERRAL, FEEDBACK = "sale", "referral", "feedback"
EVER = (SALE, REFERRAL, FEEDBACK)  # what is asked for by itself, also from before the period
_NOTHING = Past()
_AMOUNTS = 1 << 12  # that are known at once


class Referred(NamedTuple):
    """Who brought a customer: that file's path; `line` is that of the field that says so."""

    by: str
    line: int


@dataclass(frozen=True)
class Book:
    """The customers meant, in the order in which figures name them, and by path what is known up to the period's end.

    `touches` are the contacts (day and place, from old to new) of those for whom entries in other files count, too.
    `cadences` are those that ask for contacts today; of `follow_ups`, those of the period are enough. The period does
    not go beyond `today`.
    """

    period: Period
    today: date
    config: Config
    customers: Sequence[Customer]
    pasts: Mapping[str, Past]
    touches: Mapping[str, Sequence[tuple[int, Place]]]
    cadences: Mapping[str, Interval]
    referred: Mapping[str, Referred]
    follow_ups: Mapping[str, Sequence[FollowUp]]

    def past(self, one: Customer) -> Past:
        """The customer's log."""
        return self.pasts.get(one.path, _NOTHING)

    def contacts(self, one: Customer) -> list[tuple[int, Place]]:
        """The days in the period on which there was contact with the customer, and the newest before; one place a day."""
        first, last = self.period.first.toordinal(), self.period.last.toordinal()
        touches = self.touches.get(one.path)
        if touches is None:
            past, path = self.past(one), one.path
            rows = [past.before, *past.contacts] if past.before else past.contacts
            lines = {row.day: row.line for row in rows}
            return [(day, Place(path, line)) for day, line in lines.items()]
        known = {day: (day, place) for day, place in touches if day <= last}
        newest = max((day for day in known if day < first), default=first)
        return [known[day] for day in sorted(known) if day >= newest]

    def entries(self, one: Customer, channel: str) -> Sequence[EntryRow]:
        """The customer's entries of a channel (one of `EVER`) up to the period's end, from old to new."""
        return self.past(one).ever.get(channel, ())

    def sales(self, one: Customer) -> Sequence[EntryRow]:
        """The customer's sales up to the period's end, from old to new."""
        return self.entries(one, SALE)

    def came(self, one: Customer) -> tuple[int, int | None] | None:
        """Since when she is a customer: `since`, else the first sale, else the first entry; and its line in the log."""
        if one.since:
            return one.since.toordinal(), None
        row = next(iter(self.sales(one)), None) or self.past(one).oldest
        return (row.day, row.line) if row else None

    @cached_property
    def brought(self) -> Mapping[str, Sequence[Customer]]:
        """Whom each of the customers who brought any of the others brought."""
        meant, found = {one.path for one in self.customers}, dict[str, list[Customer]]()
        for one in self.customers:
            by = self.referred.get(one.path)
            if by and by.by in meant:
                found.setdefault(by.by, []).append(one)
        return found

    def money(self, words: Iterable[str | None]) -> tuple[Money, ...]:
        """The sum of these amounts, by currency."""
        known = list(filter(None, words))
        return sums(self._amounts(known), self.config.currency) if known else ()

    def _amounts(self, words: Iterable[str]) -> Iterator[Money]:
        for one in words:
            found = _amount(one, self.config.currency)
            if isinstance(found, Money):
                yield found

    def added(self, amounts: Iterable[Sequence[Money]]) -> tuple[Money, ...]:
        """The sum of sums."""
        return sums((one for each in amounts for one in each), self.config.currency)


_amount = lru_cache(_AMOUNTS)(parse_money)


def places(one: Customer, rows: Iterable[EntryRow]) -> Places:
    """Where these rows of the customer's file stand."""
    return Places(one.path, [row.line for row in rows])
