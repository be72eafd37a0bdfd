"""By which channels contacts were made, and who hears by one alone. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.reports.review.book import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ptcrm.model.customer import Customer
    from ptcrm.reports.review.book import Book
    from ptcrm.reports.review.values import Places
    from ptcrm.vault.entries import EntryRow

_RUNNING = 3
_UNNAMED = "contact"  # an entry without a channel


class ChannelUse(NamedTuple):
    """The contacts by one channel; `came_in` of them came from the customers."""

    channel: str
    contacts: int
    came_in: int
    customers: int


class Same(NamedTuple):
    """A customer whom the last three contacts reached by the same channel; `places` are theirs, from old to new."""

    customer: Customer
    channel: str
    places: Places


class Channels(NamedTuple):
    """Contacts by channel, the most used first; how many there were on each day, for days that had any."""

    channels: tuple[ChannelUse, ...]
    same: tuple[Same, ...]
    days: Mapping[date, int]

    @property
    def contacts(self) -> int:
        """How many contacts there were."""
        return sum(one.contacts for one in self.channels)


def channels(book: Book) -> Channels:
    """By which channels contacts were made in the period (docs/review.md#channels).

    An entry counts once, for the customer in whose file it stands.
    """
    named, inward, reached, dated, same = list[str](), list[str](), list[str](), list[int](), list[Same]()
    for one in book.customers:
        rows = book.past(one).contacts
        by = [row.form.channel for row in rows]
        named += by
        reached += {*by}
        inward += [row.form.channel for row in rows if row.form.came_in]
        dated += [row.day for row in rows]
        same += _same(one, rows)
    contacts, came_in, customers, days = Counter(named), Counter(inward), Counter(reached), Counter(dated)
    used = sorted(contacts, key=lambda name: (-contacts[name], name))
    return Channels(
        tuple(ChannelUse(name, contacts[name], came_in[name], customers[name]) for name in used),
        tuple(same),
        {date.fromordinal(day): days[day] for day in sorted(days)},
    )


def _same(one: Customer, contacts: Iterable[EntryRow]) -> Iterator[Same]:
    """The customer, if the last three of her contacts that went out to her were by one channel."""
    out = [row for row in contacts if not row.form.came_in][-_RUNNING:]
    named = {row.form.channel for row in out}
    is_reachable = one.status != "former" and not one.do_not_contact
    if is_reachable and len(out) == _RUNNING and len(named) == 1 and _UNNAMED not in named:
        yield Same(one, out[0].form.channel, places(one, out))
