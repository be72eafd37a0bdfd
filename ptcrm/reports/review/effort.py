"""What contacts took, what was given, and what came of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.customer import Customer, Money
from ptcrm.model.dates import Interval, later
from ptcrm.reports.budget import group_of, yearly
from ptcrm.reports.review.book import REFERRAL, places
from ptcrm.reports.review.values import Place, Places
from ptcrm.vault.entries import EntryRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptcrm.reports.review.book import Book

_SENT = ("card",)  # a sign that somebody is thought of, though it gives nothing of use
_A_YEAR = Interval(months=12)
_CENT = Decimal("0.01")


class Given(NamedTuple):
    """What was given by one channel: gifts, cards, articles; money by currency, and minutes."""

    channel: str
    places: tuple[Place, ...]
    cost: tuple[Money, ...]
    minutes: int


class TierEffort(NamedTuple):
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


class Effort(NamedTuple):
    """What one customer took and brought: contacts, minutes and money; sales, `referral` entries, and people.

    All of it is of the period, but for those `brought`, who came at any time.
    """

    customer: Customer
    contacts: Places
    minutes: int
    cost: tuple[Money, ...]
    sales: Places
    revenue: tuple[Money, ...]
    referrals: Places
    brought: tuple[Customer, ...]


class Efforts(NamedTuple):
    """What was given, the tiers by rank, and each customer with any contact or sale, the most contacts first.

    `little_return` are those with much work and nothing that came of it, `little_work` the reverse.
    """

    given: tuple[Given, ...]
    tiers: tuple[TierEffort, ...]
    customers: tuple[Effort, ...]
    little_return: tuple[Effort, ...]
    little_work: tuple[Effort, ...]


def efforts(book: Book) -> Efforts:
    """What contacts took in the period, and what came of it (docs/review.md#effort)."""
    every = [found for one in book.customers if (found := _effort(one, book))]
    every.sort(key=lambda one: -len(one.contacts))
    return Efforts(
        _given(book),
        _tiers(book, every),
        tuple(every),
        tuple(_little_return(every)),
        tuple(_little_work(every)),
    )


def _effort(one: Customer, book: Book) -> Effort | None:
    past, first = book.past(one), book.period.first.toordinal()
    sales, referrals = (
        [row for row in rows if row.day >= first] for rows in (book.sales(one), book.entries(one, REFERRAL))
    )
    brought = book.brought.get(one.path, ())
    if not (past.contacts or sales or referrals or brought):
        return None
    return Effort(
        one,
        places(one, past.contacts),
        sum([row.form.minutes for row in past.rows if row.form.minutes]),
        book.money([row.form.cost for row in past.rows if row.form.cost]),
        places(one, sales),
        book.money([row.form.amount for row in sales]),
        places(one, referrals),
        tuple(brought),
    )


def _given(book: Book) -> tuple[Given, ...]:
    """What gave something or was sent as a sign, by channel, the most often given first."""
    found = defaultdict[str, list[tuple[Place, EntryRow]]](list)
    for one in book.customers:
        for row in [row for row in book.past(one).rows if row.form.gave or row.form.channel in _SENT]:
            found[row.form.channel].append((Place(one.path, row.line), row))
    given = [
        Given(
            channel,
            tuple(place for place, _ in each),
            book.money(row.form.cost for _, row in each),
            sum(row.form.minutes or 0 for _, row in each),
        )
        for channel, each in found.items()
    ]
    return tuple(sorted(given, key=lambda one: (-len(one.places), one.channel)))


def _tiers(book: Book, every: Sequence[Effort]) -> tuple[TierEffort, ...]:
    """The tiers by rank, then those in none; of each, what was planned and what was done."""
    members, done = defaultdict[str, list[Customer]](list), defaultdict[str, list[Effort]](list)
    made = {each.customer.path: each for each in every}
    for one in book.customers:
        tier = group_of(one, book.config).title
        members[tier].append(one)
        done[tier] += [made[one.path]] if one.path in made else []
    return tuple(
        TierEffort(
            tier,
            len(members[tier]),
            round(sum(_planned(one, book) for one in members[tier])),
            sum(len(one.contacts) for one in done[tier]),
            _budget(tier, len(members[tier]), book),
            book.added(one.cost for one in done[tier]),
            sum(one.minutes for one in done[tier]),
        )
        for tier in dict.fromkeys([*book.config.tiers, *sorted(members)])
        if members[tier]
    )


def _planned(one: Customer, book: Book) -> float:
    """How many contacts the cadence asked for in the period, from the day she or the vault began."""
    cadence = book.cadences.get(one.path)
    if cadence is None:
        return 0
    begin = max(filter(None, (book.period.first, book.config.start, one.since)))
    days = (book.period.last - begin).days + 1
    return max(days, 0) / cadence.nominal_days


def _budget(tier: str, customers: int, book: Book) -> tuple[Money, ...]:
    """The yearly budget of so many customers, in proportion to the days of the period."""
    found = yearly(tier, book.config)
    if found is None:
        return ()
    year = (later(book.period.first, _A_YEAR) - book.period.first).days
    amount = found.amount * customers * book.period.days / (year or 1)
    return (Money(amount.quantize(_CENT) if amount % 1 else amount.quantize(Decimal(1)), found.currency),)


def _little_return(every: Sequence[Effort]) -> Iterator[Effort]:
    """Much work and nothing that came of it: no sale with an amount, nobody brought, no referral."""
    numbers = sorted(len(one.contacts) for one in every)
    for one in every:
        returned = any(money.amount > 0 for money in one.revenue) or one.referrals or one.brought
        if not returned and _is_much(len(one.contacts), numbers):
            yield one


def _little_work(every: Sequence[Effort]) -> Iterator[Effort]:
    """Much that came in one of the currencies, and fewer contacts than half of them had."""
    contacts = sorted(len(one.contacts) for one in every)
    revenues = defaultdict[str, list[Decimal]](list)
    for one in every:
        for money in one.revenue:
            revenues[money.currency].append(money.amount)
    for each in revenues.values():
        each.sort()
    for one in every:
        is_much = any(
            _is_upper(money.amount, revenues[money.currency]) for money in one.revenue if money.amount > 0
        )
        if is_much and len(one.contacts) < contacts[len(contacts) // 2]:
            yield one


def _is_upper(number: Decimal | int, among: Sequence[Decimal | int]) -> bool:
    """Whether the number is in the highest quarter of `among`, which is sorted."""
    return number >= among[3 * len(among) // 4]


def _is_much(number: int, among: Sequence[int]) -> bool:
    """Whether the number is in the highest quarter, and above the one in the middle."""
    return _is_upper(number, among) and number > among[len(among) // 2]
