"""What a review shows as pictures: which series are drawn for which figure."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from ptcrm.model.dates import WEEKDAYS, month_name
from ptcrm.model.picture import Picture, Series
from ptcrm.reports.review.values import Share
from ptcrm.views.today import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.model.customer import Customer
    from ptcrm.reports.review.channels import Channels
    from ptcrm.reports.review.consistency import Consistency
    from ptcrm.reports.review.effort import Efforts
    from ptcrm.reports.review.figures import Review
    from ptcrm.reports.review.retention import Retention
    from ptcrm.reports.review.values import Period

_WEEK = timedelta(7)
_A_YEAR = 54  # weeks from Monday on of which twelve months may have days
_TWO_YEARS = 24  # months that may have each a word below
_MOST_BARS = 10
_WEEKS = 53  # of a year, the last of a day or two
_A_COMMON_YEAR = 2023


def pictures(review: Review) -> dict[str, tuple[Picture, ...]]:
    """The pictures of each figure, by its name in `Review`: those that compare something."""
    period, value, feedback = review.period, review.value, review.feedback
    brought = ((_called(one.customer), one.people) for one in review.referrals.tree if not one.depth)
    loops = ((state, len(feedback.of(state))) for state in ("open", "closed", "told", "noted"))
    each = {
        "consistency": _consistency(review.consistency, period),
        "retention": _retention(review.retention),
        "value": (
            _counted("Entries that gave, and that asked", (("gave", value.gave), ("asked", value.asked))),
        ),
        "channels": _channels(review.channels, period),
        "effort": _effort(review.effort),
        "referrals": (_counted("Customers brought, also by those who were brought", brought),),
        "feedback": (_counted("What became of feedback", loops),),
    }
    return {name: tuple(filter(_tells, drawn)) for name, drawn in each.items()}


def _tells(one: Picture) -> bool:
    is_alone = len(one.series) == 1 and (one.kind == "grid" or (one.kind == "bars" and len(one.labels) == 1))
    return not (one.is_empty or is_alone)


def _counted(title: str, pairs: Iterable[tuple[str, int]]) -> Picture:
    """Bars, the first few of `pairs`."""
    found = list(pairs)
    shown = found[:_MOST_BARS]
    values = Series("", tuple(value for _, value in shown))
    more = f" (the first {_MOST_BARS} of {len(found)})" if len(found) > _MOST_BARS else ""
    return Picture("bars", title + more, tuple(label for label, _ in shown), (values,))


def _called(one: Customer) -> str:
    return named(one.name, one.id)


def _percent(share: Share | None) -> float | None:
    return None if share is None or share.rate is None else round(100 * share.rate)


def _sum(shares: Iterable[Share]) -> Share:
    found = list(shares)
    return Share(sum(one.part for one in found), sum(one.whole for one in found))


def _consistency(consistency: Consistency, period: Period) -> tuple[Picture, ...]:
    months = period.months
    ticks = tuple(_month_tick(month, len(months)) for month in months)
    tiers = {
        tier: {cell.month: cell.share for cell in cells}
        for tier, cells in groupby(consistency.cells, key=lambda cell: cell.tier)
    }
    in_all = (_sum(tier[month] for tier in tiers.values() if month in tier) for month in months)
    by_tier = tuple(
        Series(name, tuple(_percent(tier.get(month)) for month in months)) for name, tier in tiers.items()
    )
    states = [one.state for one in consistency.promises]
    return (
        Picture(
            "lines",
            "Follow-ups within the cadence",
            months,
            (Series("in time", tuple(map(_percent, in_all))),),
            ticks,
            "%",
            100,
        ),
        Picture("grid", "Follow-ups within the cadence, by tier", months, by_tier, ticks, "%", 100),
        _counted("Promises", ((state, states.count(state)) for state in ("kept", "late", "open"))),
    )


def _month_tick(month: str, months: int) -> str:
    """What stands below a month (`2026-11`): its name, or where there are many the year below each January."""
    year, number = month.split("-")
    if months > _TWO_YEARS:
        return year if number == "01" else ""
    return month_name(int(number))


def _retention(retention: Retention) -> tuple[Picture, ...]:
    years = sorted({year for cohort in retention.cohorts for year, _ in cohort.kept})
    cohorts = tuple(
        Series(str(one.year), tuple(_percent(dict(one.kept).get(year)) for year in years))
        for one in retention.cohorts
    )
    moves = {"start": retention.start, "new": retention.new, "left": retention.left, "end": retention.end}
    return (
        _counted("Customers", ((name, len(each)) for name, each in moves.items())),
        Picture(
            "grid",
            "Still customers at the end of a year, by the year in which they came",
            tuple(map(str, years)),
            cohorts,
            unit="%",
            whole=100,
        ),
        _counted(
            "Why customers left",
            ((one.reason or "no reason noted", len(one.customers)) for one in retention.reasons),
        ),
    )


def _channels(channels: Channels, period: Period) -> tuple[Picture, ...]:
    uses = ((one.channel, one.contacts) for one in channels.channels)
    return (_calendar(channels, period), _counted("Contacts by channel", uses))


def _calendar(channels: Channels, period: Period) -> Picture:
    """Contacts by week, in a row for each day of the week; of more than a year in a row for each year."""
    monday = period.first - timedelta(period.first.weekday())
    weeks = [monday + number * _WEEK for number in range((period.last - monday).days // 7 + 1)]
    if len(weeks) > _A_YEAR:
        return _years(channels, period)

    first, last = period.first.toordinal(), period.last.toordinal()

    def contacts(day: int) -> int | None:  # the last week may end after all days that there are
        return channels.days.get(date.fromordinal(day), 0) if first <= day <= last else None

    rows = tuple(
        Series(name[:3], tuple(contacts(week.toordinal() + at) for week in weeks))
        for at, name in enumerate(WEEKDAYS)
    )
    return Picture(
        "grid", "Contacts by day", tuple(f"week of {week}" for week in weeks), rows, _week_ticks(weeks)
    )


def _years(channels: Channels, period: Period) -> Picture:
    """Contacts of every seven days from a year's first, in a row for each year."""
    sums = Counter[date]()
    for day, contacts in channels.days.items():
        sums[_week_of(day)] += contacts
    first, last = _week_of(period.first), _week_of(period.last)

    def row(year: int) -> Series:
        weeks = [date(year, 1, 1) + number * _WEEK for number in range(_WEEKS)]
        return Series(str(year), tuple(sums[week] if first <= week <= last else None for week in weeks))

    common = [date(_A_COMMON_YEAR, 1, 1) + number * _WEEK for number in range(_WEEKS)]
    return Picture(
        "grid",
        "Contacts by week",
        tuple(f"from {week.day} {month_name(week.month)}" for week in common),
        tuple(map(row, range(period.first.year, period.last.year + 1))),
        _week_ticks(common),
    )


def _week_of(day: date) -> date:
    """The first of the seven days that it is among, counted from the first of its year."""
    return day - timedelta((day.timetuple().tm_yday - 1) % 7)


def _week_ticks(weeks: Sequence[date]) -> tuple[str, ...]:
    """The month's name below the first week that begins in it; none below the last, where it has no room."""
    return tuple(month_name(week.month) if week.day <= 7 and week is not weeks[-1] else "" for week in weeks)


def _effort(effort: Efforts) -> tuple[Picture, ...]:
    tiers = effort.tiers
    series = (
        Series("planned", tuple(one.planned for one in tiers)),
        Series("made", tuple(one.made for one in tiers)),
    )
    return (
        Picture("bars", "Contacts planned and made", tuple(one.tier for one in tiers), series),
        _counted("What was given", ((one.channel, len(one.places)) for one in effort.given)),
    )
