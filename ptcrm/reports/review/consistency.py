"""Whether follow-ups are made within the cadence, the longest silences, and promises kept. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from functools import lru_cache
from itertools import count, pairwise, takewhile
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from ptcrm.model.dates import Interval, later
from ptcrm.reports.budget import group_of
from ptcrm.reports.review.book import FEEDBACK
from ptcrm.reports.review.values import Place, Share, month_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ptcrm.model.customer import Customer
    from ptcrm.reports.review.book import Book

PromiseState = Literal["kept", "late", "open"]


class Regular(NamedTuple):
    """How regularly one customer was followed up: the contacts made `within` the cadence, and how many were `missed`.

    Each cadence that passes in a silence is one that was missed.
    """

    customer: Customer
    cadence: Interval
    within: tuple[Place, ...]
    missed: int

    @property
    def share(self) -> Share:
        """Those made within the cadence, of all that were due."""
        return Share(len(self.within), len(self.within) + self.missed)


class Cell(NamedTuple):
    """The follow-ups of one tier (or `no tier`) in one month (`2026-11`)."""

    tier: str
    month: str
    share: Share


class Silence(NamedTuple):
    """The longest wait of a customer that was longer than her cadence: from one contact, at `place`, to the next.

    `begin` is the day from which it counts: that of the contact, but not before the vault's `start`, nor before a
    former customer left; if there was no contact, her `since`. `end` is that of the next one; None: it goes on.
    """

    customer: Customer
    begin: date
    end: date | None
    days: int
    place: Place | None


class Promise(NamedTuple):
    """An explicit follow-up that was due in the period: done by its day (`kept`), afterwards (`late`), or not yet (`open`)."""

    customer: Customer
    place: Place
    due: date
    done: date | None
    text: str
    state: PromiseState


class Consistency(NamedTuple):
    """Follow-ups made within the cadence, of all that were due; `silences` are the longest first.

    `cells` has each tier and month in which any was due, by tier rank, then by month.
    """

    share: Share
    cells: tuple[Cell, ...]
    customers: tuple[Regular, ...]
    silences: tuple[Silence, ...]
    promises: tuple[Promise, ...]

    @property
    def promises_kept(self) -> Share:
        """The promises that were kept on time, of all that were due."""
        return Share(sum(one.state == "kept" for one in self.promises), len(self.promises))


def consistency(book: Book) -> Consistency:
    """How regularly those were followed up whose cadence asks for contacts (docs/review.md#consistency)."""
    made, missed = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    regular, silences = list[Regular](), list[Silence]()
    for one in book.customers:
        cadence = book.cadences.get(one.path)
        if cadence is None or one.do_not_contact:
            continue
        found = _followed_up(one, cadence, book)
        if found.within or found.missed:
            places = tuple([place for _, place in found.within])
            regular.append(Regular(one, cadence, places, len(found.missed)))
            tier = group_of(one, book.config).title
            made[tier] += [day for day, _ in found.within]
            missed[tier] += found.missed
        if found.longest:
            silences.append(found.longest)
    silences.sort(key=lambda one: -one.days)
    cells = _cells(made, missed, book)
    share = Share(sum(one.share.part for one in cells), sum(one.share.whole for one in cells))
    return Consistency(share, cells, tuple(regular), tuple(silences), tuple(_promises(book)))


class _Found(NamedTuple):
    """Contacts within the cadence (day and place), the days on which others were due, and the longest silence."""

    within: list[tuple[int, Place]]
    missed: list[int]
    longest: Silence | None


def _followed_up(one: Customer, cadence: Interval, book: Book) -> _Found:
    """How one customer was followed up; days are ordinals."""
    first, until, base = book.period.first.toordinal(), book.period.last.toordinal(), _base(one, book)
    within, missed = list[tuple[int, Place]](), list[int]()
    most, longest = -1, None
    for (begin, place), (end, made) in pairwise(_points(one, book)):
        anchor = max(begin, base)
        due = anchor + cadence.days if not cadence.months else _later(anchor, cadence.months)
        if made and anchor < end <= due:
            within.append((end, made))
        elif due < end:
            missed += _due_days(anchor, cadence, first, end)
            silent = (end if made else until) - anchor
            if silent > most:
                most, longest = silent, (anchor, end if made else None, place)
    return _Found(within, missed, _silence(one, most, *longest) if longest else None)


def _base(one: Customer, book: Book) -> int:
    """The day before which no silence counts: the vault's `start`, and for a former customer the day of leaving."""
    left = one.left if one.status == "former" else None
    return max(book.config.start or date.min, left or date.min).toordinal()


def _silence(one: Customer, days: int, begin: int, end: int | None, place: Place | None) -> Silence:
    return Silence(one, date.fromordinal(begin), date.fromordinal(end) if end else None, days, place)


def _points(one: Customer, book: Book) -> list[tuple[int, Place | None]]:
    """The days between which there was no contact: where the first wait begins, the contacts, and the end.

    A follow-up that is due today can still be made, so today ends no wait before it is over.
    """
    period, contacts = book.period, book.contacts(one)
    points: list[tuple[int, Place | None]] = [*contacts]
    begun = max(book.config.start or date.min, one.since or date.min)
    if begun > date.min and not (contacts and contacts[0][0] < period.first.toordinal()):
        points.insert(0, (begun.toordinal(), None))  # who was never contacted is owed it from here
    return [*points, (period.last.toordinal() + (period.last < book.today), None)]


@lru_cache(1 << 14)
def _later(anchor: int, months: int) -> int:
    """The day so many months after that at `anchor`."""
    return later(date.fromordinal(anchor), Interval(months=months)).toordinal()


def _due_days(anchor: int, cadence: Interval, first: int, end: int) -> Iterable[int]:
    """The days from `first` on, before `end`, on which the cadence asks for a contact, counted from `anchor`."""
    if not cadence.months:
        passed = max(1, -(-(first - anchor) // cadence.days))
        return range(anchor + passed * cadence.days, end, cadence.days)
    begin = date.fromordinal(anchor)
    days = takewhile(lambda day: day < end, (later(begin, cadence, times).toordinal() for times in count(1)))
    return [day for day in days if day >= first]


def _cells(made: Mapping[str, list[int]], missed: Mapping[str, list[int]], book: Book) -> tuple[Cell, ...]:
    """The days on which follow-ups of each tier were made in time, and were missed, as cells: by rank, then by month."""
    ranks = {tier: rank for rank, tier in enumerate(book.config.tiers)}
    return tuple(
        Cell(tier, month, Share(within[month], within[month] + beyond[month]))
        for tier in sorted(made, key=lambda tier: (ranks.get(tier, len(ranks)), tier))
        for within, beyond in [(_by_month(made[tier]), _by_month(missed[tier]))]
        for month in sorted({*within, *beyond})
    )


def _by_month(days: Iterable[int]) -> Counter[str]:
    """How many of the days are in each month."""
    found = Counter[str]()
    for day, times in Counter(days).items():
        found[month_of(day)] += times
    return found


def _promises(book: Book) -> Iterator[Promise]:
    """The explicit follow-ups that were due in the period, by day; those that were dropped are none any more."""
    found = [
        (task.due, one.path, task.line, one, task)
        for one in book.customers
        for task in book.follow_ups.get(one.path, ())
        if task.channel != FEEDBACK and book.period.first <= task.due <= book.period.last
    ]
    for due, path, line, one, task in sorted(found, key=itemgetter(0, 1, 2)):
        if task.mark == "done":
            done = task.done or due
            yield Promise(one, Place(path, line), due, done, task.text, "late" if done > due else "kept")
        elif task.mark == "open" and due < book.today:
            yield Promise(one, Place(path, line), due, None, task.text, "open")
