"""Who stayed, who left and who came back; cohorts, repeat purchases. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.customer import Customer
from ptcrm.reports.review.book import places
from ptcrm.reports.review.values import Place, Share
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.reports.review.book import Book


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
    """A customer with a sale in the period; `places` are its sales. `is_repeat`: not her first purchase.

    Sales of one day are one purchase.
    """

    customer: Customer
    places: tuple[Place, ...]
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """Customers at the start and the end of the period (docs/review.md#retention).

    The customers at the `start`, less those who `left`, and those who are `new`, are those at the `end`. `back` are
    all who came back in the period after they had left; who was no customer at the start is `new` as well. `brief`
    came and left within it. Of `undated` no day is known, so they count nowhere. `unclear` are former customers with
    a sale after they left.
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


class Stay(NamedTuple):
    """A time as a customer, from `came` up to the day of `left`, which is none of it; None: to this day."""

    came: date
    said: Place
    left: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the customer was one at the end of the day."""
        return self.came <= day and (self.left is None or day < self.left)


def stays(one: Customer, book: Book) -> list[Stay]:
    """When the customer was one, from old to new: never of a prospect, or if no day is known."""
    came = book.came(one)
    if one.status == "prospect" or came is None or (one.status == "former" and not one.left):
        return []
    left = one.left if one.left and one.left <= book.today else None
    if left is None:
        return [Stay(*came)]
    if one.status == "former":
        return [Stay(*came, left)] if came[0] < left else []
    back = _back(one, left, book)
    if back is None:
        return [Stay(*came)]
    first = came if came[0] < left else _before(one, left, book)
    return [*([Stay(*first, left)] if first else []), Stay(*back)]


def _back(one: Customer, left: date, book: Book) -> tuple[date, Place] | None:
    """When a customer who had left came back: `since` if that is later, else the first sale afterwards."""
    came = book.came(one)
    if one.since and one.since > left:
        return came
    sale = next((row for row in book.sales(one) if row.day > left.toordinal()), None)
    return (date.fromordinal(sale.day), Place(one.path, sale.line)) if sale else None


def _before(one: Customer, left: date, book: Book) -> tuple[date, Place] | None:
    """Since when she was a customer the first time, as the log says, if `since` tells of the second."""
    oldest = book.past(one).oldest
    if oldest is None or oldest.day >= left.toordinal():
        return None
    return date.fromordinal(oldest.day), Place(one.path, oldest.line)


def retention(book: Book) -> Retention:
    """Who stayed, who came and who left in the period (docs/review.md#retention)."""
    period = book.period
    before = date.fromordinal(max(period.first.toordinal() - 1, 1))
    start, end, undated = list[Customer](), list[Customer](), list[Customer]()
    new, left, back, brief, unclear = (list[Came]() for _ in range(5))
    known = {one.path: stays(one, book) for one in book.customers}
    for one in book.customers:
        found = known[one.path]
        if not found and one.status != "prospect":
            undated.append(one)
        at_start, at_end = (any(stay.holds(day) for stay in found) for day in (before, period.last))
        within = [stay for stay in found if period.first <= stay.came <= period.last]
        gone = [stay.left for stay in found if stay.left and period.first <= stay.left <= period.last]
        departed = [Came(one, day, Place(one.path, one.lines.get("left", 1))) for day in gone]
        start += [one] * at_start
        end += [one] * at_end
        back += [Came(one, stay.came, stay.said) for stay in within if stay is not found[0]]
        if at_end and not at_start:
            new += [Came(one, stay.came, stay.said) for stay in within[-1:]]
        left += departed if at_start and not at_end else []
        brief += departed if not at_start and not at_end else []
        unclear += _bought_since(one, book)
    return Retention(
        tuple(start),
        tuple(end),
        tuple(new),
        tuple(left),
        tuple(back),
        tuple(brief),
        tuple(undated),
        tuple(unclear),
        _reasons([*left, *brief]),
        _cohorts(known, book),
        tuple(_buyers(book)),
    )


def _bought_since(one: Customer, book: Book) -> list[Came]:
    """The newest sale to a former customer after she left."""
    sales = book.sales(one) if one.status == "former" and one.left else []
    return [
        Came(one, date.fromordinal(row.day), Place(one.path, row.line))
        for row in sales[-1:]
        if one.left and row.day > one.left.toordinal()
    ]


def _reasons(left: Iterable[Came]) -> tuple[Leaving, ...]:
    """Those who left by the reason, the most first; those without one last."""
    found: dict[str, list[Came]] = defaultdict(list)
    for one in left:
        found[fold(one.customer.left_reason or "")].append(one)
    groups = [Leaving(each[0].customer.left_reason or "", tuple(each)) for each in found.values()]
    return tuple(sorted(groups, key=lambda one: (not one.reason, -len(one.customers), fold(one.reason))))


def _cohorts(known: dict[str, list[Stay]], book: Book) -> tuple[Cohort, ...]:
    """Those who became customers in each year, and how many of them still were at the end of each year since."""
    members: dict[int, list[Customer]] = defaultdict(list)
    for one in book.customers:
        found = known[one.path]
        if found and found[0].came <= book.period.last:
            members[found[0].came.year].append(one)
    return tuple(
        Cohort(year, tuple(each), _kept(year, [known[one.path] for one in each], book))
        for year, each in sorted(members.items())
    )


def _kept(year: int, each: Sequence[Sequence[Stay]], book: Book) -> tuple[tuple[int, Share], ...]:
    last = book.period.last
    days = [min(date(number, 12, 31), last) for number in range(year, last.year + 1)]
    return tuple(
        (day.year, Share(sum(any(stay.holds(day) for stay in found) for found in each), len(each)))
        for day in days
    )


def _buyers(book: Book) -> Iterable[Buyer]:
    first = book.period.first.toordinal()
    for one in book.customers:
        sales = book.sales(one)
        bought = [row for row in sales if row.day >= first]
        if bought:
            yield Buyer(one, places(one, bought), len({row.day for row in sales}) > 1)
