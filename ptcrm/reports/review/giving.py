"""What gave the customer something, against what asked for something. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.reports.review.book import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.customer import Customer
    from ptcrm.reports.review.book import Book
    from ptcrm.reports.review.values import Places


class Balance(NamedTuple):
    """The entries of one customer that `gave` something and those that `asked`, from old to new.

    `is_due`: nothing was given since the newest that asked, so something should be before the next pitch.
    """

    customer: Customer
    gave: Places
    asked: Places
    is_due: bool


class Giving(NamedTuple):
    """All customers with an entry that gave or asked, those asked most beyond what they were given first."""

    customers: tuple[Balance, ...]

    @property
    def gave(self) -> int:
        """How many entries gave something."""
        return sum(len(one.gave) for one in self.customers)

    @property
    def asked(self) -> int:
        """How many entries asked for something."""
        return sum(len(one.asked) for one in self.customers)

    @property
    def warnings(self) -> tuple[Balance, ...]:
        """Those to whom something should be given before the next pitch."""
        return tuple(one for one in self.customers if one.is_due)


def giving(book: Book) -> Giving:
    """What was given and asked for in the period (docs/review.md#value)."""
    return Giving(tuple(sorted(_balances(book), key=lambda one: len(one.gave) - len(one.asked))))


def _balances(book: Book) -> Iterator[Balance]:
    for one in book.customers:
        directed = [row for row in book.past(one).rows if row.form.gave or row.form.asked]
        if directed:
            gave = [row for row in directed if row.form.gave]
            asked = [row for row in directed if row.form.asked]
            is_due = bool(asked) and (not gave or gave[-1] < asked[-1])
            yield Balance(one, places(one, gave), places(one, asked), is_due)
