"""Who brought whom, and what came of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.reports.review.book import REFERRAL, places
from ptcrm.reports.review.values import Place, Places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ptcrm.model.customer import Customer, Money
    from ptcrm.reports.review.book import Book


class Branch(NamedTuple):
    """A customer of the referral tree, `depth` steps below whoever began it, who has 0.

    `by` brought her, as the line at `place` says (None at depth 0). `brought` is how many she did, `people` how many are
    below her in all, `revenue` what she has paid up to the period's end, `below` what all below her have.
    """

    customer: Customer
    depth: int
    by: Customer | None
    place: Place | None
    brought: int
    people: int
    revenue: tuple[Money, ...]
    below: tuple[Money, ...]


class Advocate(NamedTuple):
    """Somebody who brought others, or of whom the log has a `referral`; `below` is what all below her have paid."""

    customer: Customer
    brought: tuple[Customer, ...]
    entries: Places
    below: tuple[Money, ...]


class Referrals(NamedTuple):
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
    brought = book.brought
    advocates = [
        Advocate(one, tuple(brought.get(one.path, ())), entries, of[one.path].below if one.path in of else ())
        for one in book.customers
        if (entries := places(one, book.entries(one, REFERRAL))) or one.path in brought
    ]
    advocates.sort(key=lambda one: (-len(one.brought), -len(one.entries)))
    new = [one for one in book.customers if one.path in book.referred and _is_new(one, book)]
    return Referrals(tree, tuple(advocates), tuple(new))


def _is_new(one: Customer, book: Book) -> bool:
    came = book.came(one)
    return came is not None and book.period.first.toordinal() <= came[0] <= book.period.last.toordinal()


def _tree(book: Book) -> tuple[Branch, ...]:
    """The trees, those with the most people first; of those who are said to have brought each other, one begins."""
    brought = book.brought
    known = {one.path: one for one in book.customers}
    under = {one.path for each in brought.values() for one in each}
    roots = [one for one in book.customers if one.path in brought and one.path not in under]
    walked = [_walked(one, brought) for one in roots]
    seen = {one.path for each in walked for _, one, _ in each}
    for path in sorted(brought):  # who is below herself is below no root
        if path not in seen:
            walked.append(_walked(known[path], brought))
            seen.update(one.path for _, one, _ in walked[-1])
    walked.sort(key=len, reverse=True)
    return tuple(branch for each in walked for branch in _branches(each, brought, book))


class Step(NamedTuple):
    """A customer on the way through a tree, `depth` steps below its root, and who brought her."""

    depth: int
    one: Customer
    by: Customer | None


def _walked(root: Customer, brought: Mapping[str, Sequence[Customer]]) -> list[Step]:
    """Everybody from `root` down, each before those below her."""
    found, seen, waiting = list[Step](), {root.path}, [Step(0, root, None)]
    while waiting:
        step = depth, one, _ = waiting.pop()
        found.append(step)
        below = [each for each in brought.get(one.path, ()) if each.path not in seen]
        seen.update(each.path for each in below)
        waiting += [Step(depth + 1, each, one) for each in reversed(below)]
    return found


def _branches(walked: list[Step], brought: Mapping[str, Sequence[Customer]], book: Book) -> list[Branch]:
    """The branches of one tree: sums are taken from the bottom up."""
    found, open_ = list[Branch](), defaultdict[int, list[Branch]](list)
    for depth, one, by in reversed(walked):
        below = open_.pop(depth + 1, [])
        branch = Branch(
            one,
            depth,
            by,
            Place(one.path, book.referred[one.path].line) if by else None,
            len(brought.get(one.path, ())),
            sum(1 + each.people for each in below),
            book.money(row.form.amount for row in book.sales(one)),
            book.added(money for each in below for money in (each.revenue, each.below)) if below else (),
        )
        open_[depth].append(branch)
        found.append(branch)
    return found[::-1]
