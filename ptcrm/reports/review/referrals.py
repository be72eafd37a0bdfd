"""Who brought whom, and what came of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.model.customer import Customer, Money
from ptcrm.reports.review.book import REFERRAL, places
from ptcrm.reports.review.values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.reports.review.book import Book
    from ptcrm.vault.entries import EntryRow


@dataclass(frozen=True, slots=True)
class Branch:
    """A customer of the referral tree, `depth` steps below whoever began it, who has 0.

    `place` is the line that says who brought her (None at depth 0), `brought` how many she did, `people` how many are
    below her in all, `revenue` what she has paid up to the period's end, `below` what all below her have.
    """

    customer: Customer
    depth: int
    place: Place | None
    brought: int
    people: int
    revenue: tuple[Money, ...]
    below: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Advocate:
    """Somebody who brought others, or of whom the log has a `referral`; `below` is what all below her have paid."""

    customer: Customer
    brought: tuple[Customer, ...]
    entries: tuple[Place, ...]
    below: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Referrals:
    """The referral trees, each customer before those below her, and the advocates; those with the most people first.

    `new` are those who were brought, and came in the period.
    """

    tree: tuple[Branch, ...]
    advocates: tuple[Advocate, ...]
    new: tuple[Customer, ...]


def referrals(book: Book) -> Referrals:
    """Who brought whom up to the period's end (docs/review.md#referrals)."""
    tree = _tree(book)
    of = {one.customer.path: one for one in tree}
    brought = book.brought()
    advocates = [
        Advocate(one, tuple(brought.get(one.path, ())), entries, of[one.path].below if one.path in of else ())
        for one in book.customers
        if (entries := places(one, _entries(one, book))) or one.path in brought
    ]
    advocates.sort(key=lambda one: (-len(one.brought), -len(one.entries)))
    new = [one for one in book.customers if one.path in book.referred and _is_new(one, book)]
    return Referrals(tree, tuple(advocates), tuple(new))


def _entries(one: Customer, book: Book) -> Iterator[EntryRow]:
    past = book.past(one)
    return (row for row in (*past.earlier, *past.rows) if row.form.channel == REFERRAL)


def _is_new(one: Customer, book: Book) -> bool:
    came = book.came(one)
    return came is not None and book.period.first <= came[0] <= book.period.last


def _tree(book: Book) -> tuple[Branch, ...]:
    """The trees, those with the most people first; of those who are said to have brought each other, one begins."""
    brought = book.brought()
    known = {one.path: one for one in book.customers}
    under = {one.path for each in brought.values() for one in each}
    roots = [one for one in book.customers if one.path in brought and one.path not in under]
    walked = [_walked(one, brought) for one in roots]
    seen = {one.path for each in walked for _, one in each}
    for path in sorted(brought):  # who is below herself is below no root
        if path not in seen:
            walked.append(_walked(known[path], brought))
            seen.update(one.path for _, one in walked[-1])
    walked.sort(key=len, reverse=True)
    return tuple(branch for each in walked for branch in _branches(each, brought, book))


def _walked(root: Customer, brought: dict[str, list[Customer]]) -> list[tuple[int, Customer]]:
    """Everybody from `root` down, each before those below her, with the depth."""
    found, seen, waiting = list[tuple[int, Customer]](), {root.path}, [(0, root)]
    while waiting:
        depth, one = waiting.pop()
        found.append((depth, one))
        below = [each for each in brought.get(one.path, ()) if each.path not in seen]
        seen.update(each.path for each in below)
        waiting += [(depth + 1, each) for each in reversed(below)]
    return found


def _branches(
    walked: list[tuple[int, Customer]], brought: dict[str, list[Customer]], book: Book
) -> list[Branch]:
    """The branches of one tree: sums are taken from the bottom up."""
    found, open_ = list[Branch](), defaultdict[int, list[Branch]](list)
    for depth, one in reversed(walked):
        below = open_.pop(depth + 1, [])
        by, revenue = book.referred.get(one.path), book.money(row.form.amount for row in book.sales(one))
        branch = Branch(
            one,
            depth,
            Place(one.path, by.line) if by and depth else None,
            len(brought.get(one.path, ())),
            sum(1 + each.people for each in below),
            revenue,
            book.added(money for each in below for money in (each.revenue, each.below)),
        )
        open_[depth].append(branch)
        found.append(branch)
    return found[::-1]
