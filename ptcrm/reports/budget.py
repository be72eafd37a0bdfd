"""What contacts take in a year, in money and time, against the tiers' budgets. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.customer import Customer, Money
from ptcrm.model.dates import Interval, later
from ptcrm.model.values import parse_money, sums
from ptcrm.schedule.channel import suggested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.config import Config

# Those who are in no tier's budget, each on a line of their own.
NO_TIER, FORMER, SILENT, ALL = "no tier", "former", "do not contact", "all"


class Group(NamedTuple):
    """Whose money is counted together: a tier's, or those of no tier, who have a title alone."""

    tier: str | None
    title: str


class Spent(NamedTuple):
    """`times` log entries of the customer at `path` that took `cost` each (`4 EUR`), and `minutes` together."""

    path: str
    cost: str | None
    times: int
    minutes: int


class Ahead(NamedTuple):
    """A contact that the plan has on `day` by `channel`; `is_cadence` if the cadence alone asks for it."""

    day: date
    channel: str | None
    is_cadence: bool


@dataclass(frozen=True, slots=True)
class Book:
    """All that a budget is made of; mappings are by the customer's path, and the customers are everybody.

    `cadences` are those that ask for contacts, `ahead` is what the plan has until the year's end, `mailed`
    the campaigns' days and channels.
    """

    customers: Sequence[Customer]
    spent: Sequence[Spent] = ()
    cadences: Mapping[str, Interval] = field(default_factory=dict)
    ahead: Mapping[str, Sequence[Ahead]] = field(default_factory=dict)
    mailed: Mapping[str, Sequence[Ahead]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effort:
    """Money, one figure a currency, the vault's own first; and minutes."""

    money: tuple[Money, ...] = ()
    minutes: int = 0

    def amount(self, currency: str) -> Decimal:
        """What is in this currency."""
        return next((one.amount for one in self.money if one.currency == currency), Decimal(0))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a budget: a tier (`tier` is its name), those outside all tiers, or all of them.

    `left` is the budget less what is spent and planned, below nought if that is too little; it has the
    currencies of the budget alone.
    """

    title: str
    tier: str | None
    customers: int
    budget: tuple[Money, ...]
    spent: Effort
    planned: Effort
    left: tuple[Money, ...]

    @property
    def over(self) -> str | None:
        """That a tier's budget is spent, or will be by what is planned, in words; None if it is not."""
        for one in self.budget if self.tier else ():
            too_much = self.spent.amount(one.currency) - one.amount
            if too_much > 0:
                return f"{Money(too_much, one.currency)} over budget"
        short = [Money(-one.amount, one.currency) for one in self.left if one.amount < 0]
        return f"what is planned goes {words(short)} over budget" if short and self.tier else None


def words(amounts: Iterable[Money]) -> str:
    """`12 EUR, 5.50 PLN`, or `-` if there is nothing."""
    return ", ".join(map(str, amounts)) or "-"


def budget(book: Book, config: Config, first: date, last: date) -> list[Line]:
    """The lines of the year from `first` to `last`: the tiers by rank, those in none, and all together.

    What is planned counts each contact that the plan has, and those for which the cadence asks afterwards,
    as if each were made on its day; it takes what its channel takes as a rule.
    """
    groups = {one.path: group_of(one, config) for one in book.customers}
    members = Counter(groups.values())
    spent: dict[Group, list[Spent]] = defaultdict(list)
    for row in book.spent:
        spent[groups[row.path]].append(row)
    planned: dict[Group, Counter[str]] = defaultdict(Counter)
    for one in book.customers:
        planned[groups[one.path]].update(_channels_ahead(one, book, config, first, last))
    outside = (Group(None, title) for title in (NO_TIER, FORMER, SILENT))
    shown = [*(Group(tier, tier) for tier in config.tiers), *(one for one in outside if members[one])]
    lines = [
        _line(group, members[group], _taken(spent[group], config), _usual(planned[group], config), config)
        for group in shown
    ]
    return [*lines, _all(lines, config)]


def group_of(customer: Customer, config: Config) -> Group:
    """The line that the customer is counted on: her tier's, if she may be contacted and has not left."""
    if customer.do_not_contact:
        return Group(None, SILENT)
    if customer.status == "former":
        return Group(None, FORMER)
    tier = customer.tier if customer.tier in config.tiers else None
    return Group(tier, tier or NO_TIER)


def yearly(tier: str | None, config: Config) -> Money | None:
    """What one customer of the tier may cost a year; None if it has no budget."""
    given = config.tiers[tier].budget if tier in config.tiers else None
    found = parse_money(given.partition("/")[0], config.currency) if given else None
    return found if isinstance(found, Money) else None


def _line(group: Group, customers: int, spent: Effort, planned: Effort, config: Config) -> Line:
    found = yearly(group.tier, config)
    if found is None:
        return Line(group.title, group.tier, customers, (), spent, planned, ())
    whole, currency = found.amount * customers, found.currency
    left = whole - spent.amount(currency) - planned.amount(currency)
    budgeted, rest = (Money(whole, currency),), (Money(left, currency),)
    return Line(group.title, group.tier, customers, budgeted, spent, planned, rest)


def contacts_ahead(
    planned: Iterable[Ahead], cadence: Interval, usual: str | None, gap: Interval, last: date
) -> Iterator[Ahead]:
    """The contacts of one customer up to `last`, each made on its day: those planned, and the cadence's after them.

    What stands up to `gap` after the cadence's day does for it (FORMAT §4 "Covered"); the cadence is then
    counted from there. `usual` is the channel of the cadence's contacts.
    """
    others = sorted((one for one in planned if not one.is_cadence), key=lambda one: one.day)
    yield from (one for one in others if one.day <= last)
    own = [one.day for one in planned if one.is_cadence] or [one.day for one in others[:1]]
    if not own or cadence.is_never:
        return
    day, before = own[0], date.min
    while day <= last:
        if others and others[0].day <= later(day, gap):
            day = max(day, later(others.pop(0).day, cadence))
        elif day == before:  # the calendar ends here
            return
        else:
            yield Ahead(day, usual, is_cadence=True)
            day, before = later(day, cadence), day


def _channels_ahead(customer: Customer, book: Book, config: Config, first: date, last: date) -> Iterator[str]:
    """The channel of each contact of the customer in the year."""
    cadence = book.cadences.get(customer.path, Interval())
    planned = book.ahead.get(customer.path, ())
    usual = suggested(customer, config) if planned else None
    found = [
        *contacts_ahead(planned, cadence, usual, config.min_gap, last),
        *book.mailed.get(customer.path, ()),
    ]
    return (one.channel or "contact" for one in found if first <= one.day <= last)


def _taken(rows: Iterable[Spent], config: Config) -> Effort:
    """What entries took."""
    rows = list(rows)
    costs = [(row.cost, row.times) for row in rows]
    return Effort(sums(_amounts(costs, config), config.currency), sum(row.minutes for row in rows))


def _usual(channels: Counter[str], config: Config) -> Effort:
    """What so many contacts by these channels take as a rule."""
    known = [(config.channels[name], count) for name, count in channels.items() if name in config.channels]
    costs = [(channel.cost, count) for channel, count in known]
    minutes = sum((channel.minutes or 0) * count for channel, count in known)
    return Effort(sums(_amounts(costs, config), config.currency), minutes)


def _amounts(costs: Iterable[tuple[str | None, int]], config: Config) -> Iterator[Money]:
    """Each cost as often as it was met."""
    for cost, count in costs:
        found = parse_money(cost, config.currency) if cost else None
        if isinstance(found, Money):
            yield Money(found.amount * count, found.currency)


def _all(lines: Sequence[Line], config: Config) -> Line:
    """The line of all lines together."""

    def both(efforts: Sequence[Effort]) -> Effort:
        money = sums((one for effort in efforts for one in effort.money), config.currency)
        return Effort(money, sum(effort.minutes for effort in efforts))

    return Line(
        ALL,
        None,
        sum(line.customers for line in lines),
        sums((one for line in lines for one in line.budget), config.currency),
        both([line.spent for line in lines]),
        both([line.planned for line in lines]),
        sums((one for line in lines for one in line.left), config.currency),
    )
