"""The figures of a review, from the rows: what they are made of is read here, in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.model.dates import Interval, later
from ptcrm.model.typed import a_day
from ptcrm.reports.review.book import EVER, Book, Referred
from ptcrm.reports.review.figures import Review
from ptcrm.reports.review.values import Period, Place
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.workspace import Workspace

_A_YEAR, _A_DAY = Interval(months=12), Interval(days=1)


def period_of(first: str | None, last: str | None, today: date) -> Period:
    """The days that these words name, up to today at most: a year up to today by default; raises `UsageError`."""
    end = min(a_day(last, today), today) if last is not None else today
    start = a_day(first, today) if first is not None else later(later(end, _A_YEAR, -1), _A_DAY)
    if start > today:
        raise UsageError(
            f"The first day, {start}, is after today, {today}: there is nothing to look back on."
        )
    if start > end:
        raise UsageError(f"The first day, {start}, is after the last, {end}.")
    return Period(start, end)


def review(workspace: Workspace, period: Period, paths: Collection[str] | None = None) -> Review:
    """Every figure of the period; `paths` are the files of the customers meant, None: all."""
    return Review(book_of(workspace, period, paths))


def book_of(workspace: Workspace, period: Period, paths: Collection[str] | None = None) -> Book:
    """What the figures of the period are made of. What is after today counts for nothing."""
    cache, index, today = workspace.cache, workspace.index, workspace.today
    period = Period(period.first, min(period.last, today))
    found = cache.customers() if paths is None else cache.customers_at(paths)
    customers = sorted(found, key=lambda one: (fold(one.name), one.path))
    meant = {one.path for one in customers}
    cadences = cache.cadences(paths)
    return Book(
        period,
        today,
        workspace.config,
        customers,
        index.pasts(period.first, period.last, EVER, paths),
        _touches(workspace, meant & index.touched_by_others() & cadences.keys()),
        cadences,
        {path: Referred(by, line) for path, by, line in index.referred()},
        _follow_ups(customers, index.with_follow_ups(period.months)),
    )


def _touches(workspace: Workspace, paths: Collection[str]) -> dict[str, list[tuple[int, Place]]]:
    """The contacts with each of the customers at `paths`, from old to new."""
    return {
        path: [(touch.date.toordinal(), Place(touch.path, touch.line)) for touch in touches if touch.contact]
        for path, touches in workspace.index.touches_of(paths).items()
    }


def _follow_ups(customers: Iterable[Customer], paths: Collection[str]) -> dict[str, tuple[FollowUp, ...]]:
    return {one.path: one.follow_ups for one in customers if one.path in paths}
