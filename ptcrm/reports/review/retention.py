"""Who stayed, who left and who came back; cohorts, repeat purchases. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.customer import Customer
from ptcrm.reports.review.book import places
from ptcrm.reports.review.values import Place, Places, Share
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ptcrm.reports.review.book import Book


class Came(NamedTuple):
    """A customer who came, came back or left on `day`, as the line at `place` says."""

    customer: Customer
    day: date
    place: Place


class Cohort(NamedTuple):
    """Those who became customers in one `year`; `kept` has how many of them were still so at the end of each year since."""

    year: int
    customers: tuple[Customer, ...]
    kept: tuple[tuple[int, Share], ...]


class Leaving(NamedTuple):
    """Those who left in the period for one `reason` (empty: none is noted)."""

    reason: str
    customers: tuple[Came, ...]


class Buyer(NamedTuple):
    """A customer with a sale in the period; `places` are its sales. `is_repeat`: not her first purchase.

    Sales of one day are one purchase.
    """

    customer: Customer
    places: Places
    is_repeat: bool


class Retention(NamedTuple):
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
    """A time as a customer, from day `came` up to day `left`, which is none of it; None: to this day. Days are ordinals.

    `line` is that of the log which says so; None: the field `since` does.
    """

    came: int
    line: int | None
    left: int | None = None

    def holds(self, day: int) -> bool:
        """Whether the customer was one at the end of the day."""
        return self.came <= day and (self.left is None or day < self.left)


def stays(one: Customer, book: Book) -> list[Stay]:
    """When the customer was one, from old to new and never twice at once: never of a prospect, or if no day is known."""
    known = book.came(one)
    if one.status == "prospect" or known is None or (one.status == "former" and not one.left):
        return []
    came = Stay(*known)
    left = one.left.toordinal() if one.left and one.left <= book.today else None
    if left is None:
        return [came]
    if one.status == "former":
        return [came._replace(left=left)] if came.came < left else []
    back = _back(one, came, left, book)
    if back is None:
        return [came]
    first = came if came.came < left else _before(one, left, book)
    return [*([first._replace(left=left)] if first else []), back]


def _back(one: Customer, came: Stay, left: int, book: Book) -> Stay | None:
    """When a customer who had left came back: `since` if that is later, else the first sale afterwards."""
    if came.line is None and came.came > left:
        return came
    sale = next((row for row in book.sales(one) if row.day > left), None)
    return Stay(sale.day, sale.line) if sale else None


def _before(one: Customer, left: int, book: Book) -> Stay | None:
    """Since when she was a customer the first time, as the log says, if `since` tells of the second."""
    oldest = book.past(one).oldest
    return Stay(oldest.day, oldest.line) if oldest and oldest.day < left else None


def _said(one: Customer, stay: Stay) -> Came:
    """That the customer came, and which line says so."""
    line = one.lines.get("since", 1) if stay.line is None else stay.line
    return Came(one, date.fromordinal(stay.came), Place(one.path, line))


def retention(book: Book) -> Retention:
    """Who stayed, who came and who left in the period (docs/review.md#retention)."""
    first, last = book.period.first.toordinal(), book.period.last.toordinal()
    start, end, undated = list[Customer](), list[Customer](), list[Customer]()
    new, left, back, brief, unclear = (list[Came]() for _ in range(5))
    known = {one.path: stays(one, book) for one in book.customers}
    for one in book.customers:
        found = known[one.path]
        if not found and one.status != "prospect":
            undated.append(one)
        at_start, at_end = (any(stay.holds(day) for stay in found) for day in (first - 1, last))
        within = [stay for stay in found if first <= stay.came <= last]
        gone = [stay.left for stay in found if stay.left and first <= stay.left <= last]
        departed = [
            Came(one, date.fromordinal(day), Place(one.path, one.lines.get("left", 1))) for day in gone
        ]
        start += [one] * at_start
        end += [one] * at_end
        back += [_said(one, stay) for stay in within if stay is not found[0]]
        if at_end and not at_start:
            new += [_said(one, stay) for stay in within[-1:]]
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


def _cohorts(known: Mapping[str, Sequence[Stay]], book: Book) -> tuple[Cohort, ...]:
    """Those who became customers in each year, and how many of them still were at the end of each year since."""
    last = book.period.last.toordinal()
    members: dict[int, list[Customer]] = defaultdict(list)
    for one in book.customers:
        found = known[one.path]
        if found and found[0].came <= last:
            members[date.fromordinal(found[0].came).year].append(one)
    return tuple(
        Cohort(year, tuple(each), _kept(year, [known[one.path] for one in each], book))
        for year, each in sorted(members.items())
    )


def _kept(year: int, each: Sequence[Sequence[Stay]], book: Book) -> tuple[tuple[int, Share], ...]:
    """How many are customers at the end of each year: those who came up to then, less those who left."""
    last = book.period.last
    years = range(year, last.year + 1)
    ends = [min(date(number, 12, 31), last).toordinal() for number in years]
    came = Counter(bisect_left(ends, stay.came) for found in each for stay in found)
    left = Counter(bisect_left(ends, stay.left) for found in each for stay in found if stay.left)
    counts = accumulate(came[at] - left[at] for at in range(len(ends)))
    return tuple((number, Share(count, len(each))) for number, count in zip(years, counts, strict=True))


def _buyers(book: Book) -> Iterable[Buyer]:
    first = book.period.first.toordinal()
    for one in book.customers:
        sales = book.sales(one)
        bought = [row for row in sales if row.day >= first]
        if bought:
            yield Buyer(one, places(one, bought), len({row.day for row in sales}) > 1)
