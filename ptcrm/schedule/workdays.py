"""Which days are worked: the working days of the week that are neither away nor a public holiday (FORMAT §3).

Where a loop asks, days are ordinals (`date.toordinal`); where a person asks, dates. A first and a last day
both belong to their range, as in `away`.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.model.dates import WEEKDAYS, weekday_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

_LAST_DAY = date.max.toordinal()


class WorkDays:
    """The days that are worked, from `working_days` (`mon` to `sun`), ranges `away`, and public holidays.

    `holidays_of` gives the public holidays of a year with their names. A year is asked for once, and only
    when a day of it is neither away nor free by its day of the week.
    """

    __slots__ = ("_away_from", "_away_until", "_holidays_of", "_week", "_years")

    def __init__(
        self,
        working_days: Collection[str],
        away: Iterable[tuple[date, date]],
        holidays_of: Callable[[int], Mapping[date, str]],
    ) -> None:
        joined = _joined(away)
        self._week = tuple(name[:3].lower() in working_days for name in WEEKDAYS)
        self._away_from = [first for first, _ in joined]
        self._away_until = [last for _, last in joined]
        self._holidays_of = holidays_of
        self._years: dict[int, Mapping[date, str]] = {}

    def is_worked(self, ordinal: int) -> bool:
        """Whether the day is worked; no day outside the calendar is."""
        return (
            1 <= ordinal <= _LAST_DAY
            and self._week[(ordinal - 1) % 7]
            and self._away_end(ordinal) is None
            and self._holiday(date.fromordinal(ordinal)) is None
        )

    def why_free(self, day: date) -> str | None:
        """Why `day` is not worked: its day of the week (`Sunday`), `away`, or the holiday's name; else None."""
        if not self._week[day.weekday()]:
            return weekday_name(day)
        if self._away_end(day.toordinal()) is not None:
            return "away"
        return self._holiday(day)

    def next_worked(self, ordinal: int) -> int | None:
        """The first worked day that is not before `ordinal`, or None if the calendar ends before one."""
        day = ordinal
        while any(self._week) and day <= _LAST_DAY:
            away_until = self._away_end(day)
            if away_until is not None:
                day = away_until + 1
            elif self.is_worked(day):
                return day
            else:
                day += 1
        return None

    def count(self, first: int, last: int) -> int:
        """How many days from `first` to `last` (ordinals, both included) are worked."""
        found, day = 0, self.next_worked(first)
        while day is not None and day <= last:
            found, day = found + 1, self.next_worked(day + 1)
        return found

    def _away_end(self, ordinal: int) -> int | None:
        """The last day of the range away that the day is in."""
        at = bisect_right(self._away_from, ordinal) - 1
        return self._away_until[at] if at >= 0 and ordinal <= self._away_until[at] else None

    def _holiday(self, day: date) -> str | None:
        if day.year not in self._years:
            self._years[day.year] = self._holidays_of(day.year)
        return self._years[day.year].get(day)


def _joined(ranges: Iterable[tuple[date, date]]) -> list[tuple[int, int]]:
    """The same days as ordinals, in ranges that neither overlap nor touch, in order."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((first.toordinal(), last.toordinal()) for first, last in ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def public_holidays(country: str, year: int) -> dict[date, str] | None:
    """The public holidays of `year` in the order of days, named in the country's own language.

    `country` is an ISO 3166-1 code of two letters (`PL`) or with a subdivision an ISO 3166-2 code (`DE-BE`),
    in any case. None if either is not known. Days on which a holiday is kept instead, as a Monday after a
    Sunday, are among them. A year for which nothing is known (before 1771 at the earliest, after 2100) has no
    holidays. The same everywhere: neither the locale nor the environment counts.
    """
    # The package takes several times the interpreter's own start to load.
    import holidays
    from holidays.registry import EntityLoader

    code, dash, part = country.strip().upper().partition("-")
    if not country.isascii() or len(code) != 2 or code not in EntityLoader.get_country_codes():
        return None
    known = getattr(holidays, code)
    subdivision = _same(part, known.subdivisions)
    if dash and subdivision is None:
        return None
    with warnings.catch_warnings(action="ignore"):  # some countries warn of years they know less about
        # Without a language the package would take one from the environment.
        found = holidays.country_holidays(
            code, subdiv=subdivision, years=year, expand=False, language=known.default_language
        )
    return dict(sorted(found.items()))


def _same(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is `word` in any case."""
    return next((one for one in known if one.upper() == word), None)
