"""Which days are worked, and the public holidays of countries."""

from __future__ import annotations

import locale
import warnings
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.schedule.workdays import WorkDays, public_holidays

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY = date(2026, 11, 23)
LAST = date.max.toordinal()


def none(_: int) -> Mapping[date, str]:
    return {}


def poland(year: int) -> Mapping[date, str]:
    return public_holidays("PL", year) or {}


def worked(days: WorkDays, day: date) -> bool:
    return days.is_worked(day.toordinal())


def test_the_days_of_the_week() -> None:
    days = WorkDays(("mon", "wed", "sun"), (), none)
    week = [MONDAY + timedelta(days=at) for at in range(7)]
    assert [worked(days, day) for day in week] == [True, False, True, False, False, False, True]
    assert [days.why_free(day) for day in week] == [
        None,
        "Tuesday",
        None,
        "Thursday",
        "Friday",
        "Saturday",
        None,
    ]


def test_away_has_its_first_and_last_day() -> None:
    days = WorkDays(WEEK, [(date(2026, 12, 20), date(2027, 1, 2)), (MONDAY, MONDAY)], none)
    assert worked(days, date(2026, 12, 19))
    assert not worked(days, date(2026, 12, 20))
    assert days.why_free(date(2027, 1, 2)) == "away"
    assert worked(days, date(2027, 1, 3))
    assert not worked(days, MONDAY)
    assert worked(days, MONDAY + timedelta(days=1))


def test_a_holiday_has_its_name() -> None:
    days = WorkDays(WEEK[:5], (), poland)
    assert days.why_free(date(2026, 11, 11)) == "Narodowe Święto Niepodległości"
    assert not worked(days, date(2026, 11, 11))
    assert days.why_free(date(2026, 11, 1)) == "Sunday"  # All Saints' too
    assert worked(days, date(2026, 11, 12))


def test_a_year_is_asked_for_once_and_only_if_need_be() -> None:
    asked = []

    def holidays_of(year: int) -> Mapping[date, str]:
        asked.append(year)
        return {date(year, 12, 25): "Christmas Day"}

    days = WorkDays(WEEK[:5], [(date(2020, 1, 1), date(2025, 12, 31))], holidays_of)
    assert days.next_worked(date(2020, 1, 1).toordinal()) == date(2026, 1, 1).toordinal()
    days.why_free(date(2027, 1, 2))  # a Saturday
    assert days.count(date(2026, 1, 1).toordinal(), date(2026, 12, 31).toordinal()) == 260
    assert asked == [2026, 2027]  # the day after the last may be worked in the next year


def test_away_for_good_is_passed_over_at_once() -> None:
    asked: list[int] = []
    days = WorkDays(WEEK, [(date(2020, 1, 1), date.max)], lambda year: asked.append(year) or {})  # type: ignore[func-returns-value]
    assert days.next_worked(date(2019, 12, 31).toordinal()) == date(2019, 12, 31).toordinal()
    assert days.next_worked(date(2020, 1, 1).toordinal()) is None
    assert days.count(date(2020, 1, 1).toordinal(), LAST) == 0
    assert asked == [2019]


def test_many_ranges_away_are_as_one() -> None:
    ranges = [(date(year, 1, 1), date(year, 12, 31)) for year in range(2020, 4000)]
    days = WorkDays(WEEK, [*reversed(ranges), (date(2021, 3, 1), date(2021, 3, 2))], none)
    assert days.next_worked(date(2020, 1, 1).toordinal()) == date(4000, 1, 1).toordinal()
    assert days.why_free(date(2021, 3, 3)) == "away"


def test_a_week_without_work() -> None:
    days = WorkDays((), (), none)
    assert days.next_worked(1) is None
    assert days.why_free(MONDAY) == "Monday"
    assert days.count(1, LAST) == 0


def test_the_ends_of_the_calendar() -> None:
    days = WorkDays(WEEK, (), none)
    assert days.next_worked(LAST) == LAST
    assert days.next_worked(LAST + 1) is None
    assert days.next_worked(-5) == 1
    assert days.is_worked(1)
    assert not days.is_worked(0)
    assert not days.is_worked(LAST + 1)
    assert days.count(LAST - 1, LAST + 5) == 2
    assert days.count(5, 4) == 0
    assert WorkDays(WEEK[:4], (), none).next_worked(LAST) is None  # a Friday


@given(
    week=st.sets(st.sampled_from(WEEK)),
    away=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=5),
    free=st.sets(st.integers(0, 60)),
    first=st.integers(0, 60),
    length=st.integers(-2, 40),
)
def test_all_answers_agree(
    week: set[str], away: list[tuple[int, int]], free: set[int], first: int, length: int
) -> None:
    ranges = [(MONDAY + timedelta(days=at), MONDAY + timedelta(days=at + more)) for at, more in away]
    names = {MONDAY + timedelta(days=at): "a holiday" for at in free}
    days = WorkDays(week, ranges, lambda _: names)
    for at in range(110):
        day = MONDAY + timedelta(days=at)
        expected = WEEK[day.weekday()] in week and day not in names
        expected = expected and not any(begin <= day <= end for begin, end in ranges)
        assert worked(days, day) == expected == (days.why_free(day) is None)
    span = range(MONDAY.toordinal() + first, MONDAY.toordinal() + first + length + 1)
    assert days.count(span.start, span.start + length) == sum(map(days.is_worked, span))
    found = days.next_worked(span.start)
    if found is None:
        assert not week
    else:
        assert days.is_worked(found)
        assert not any(map(days.is_worked, range(span.start, found)))


# Public holidays


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        ("PL", "2026-11-11", "Narodowe Święto Niepodległości"),
        ("pl", "2026-12-24", "Wigilia Bożego Narodzenia"),
        ("PL", "2026-11-23", None),
        ("DE-BE", "2027-03-08", "Frauentag"),
        (" de-be ", "2027-03-08", "Frauentag"),
        ("DE", "2027-03-08", None),
        ("DE-BY", "2027-03-08", None),
        ("GB-SCT", "2026-11-30", "Saint Andrew's Day"),
        ("GB-ENG", "2026-11-30", None),
        ("GB-ENG", "2027-03-29", "Easter Monday"),
        ("GB-SCT", "2027-03-29", None),
        ("UK-SCT", "2026-11-30", "Saint Andrew's Day"),
        ("US", "2026-07-03", "Independence Day (observed)"),  # the 4th is a Saturday
        ("US", "2027-12-31", "New Year's Day (observed)"),  # of the next year
        ("JP", "2026-05-06", "休日"),
        ("IN", "2026-01-26", "Republic Day"),
    ],
)
def test_well_known_days(country: str, day: str, name: str | None) -> None:
    """The name is a part of the real one, whose wording is the package's."""
    asked = date.fromisoformat(day)
    found = public_holidays(country, asked.year)
    assert found is not None
    assert (asked in found) == (name is not None)
    assert (name or "") in found.get(asked, "")


@pytest.mark.parametrize(
    "country",
    [
        "",
        "P",
        "XX",
        "POL",
        "Poland",
        "utils",
        "PL-",
        "-PL",
        "PL-XX",
        "DE-BE-1",
        "DE BE",
        "GB-Scotland",
        "ß",
        "ＰＬ",
    ],
)
def test_a_country_that_is_not_known(country: str) -> None:
    assert public_holidays(country, 2026) is None


@pytest.mark.parametrize("country", ["PL", "DE-BE", "US", "IN", "JP", "IL", "SA"])
@pytest.mark.parametrize("year", [1, 1583, 2101, 9999])
def test_a_year_of_which_nothing_is_known(country: str, year: int) -> None:
    assert public_holidays(country, year) == {}


def test_the_days_are_of_the_year_in_their_order() -> None:
    for country in ("PL", "US", "AU-NSW", "SA"):
        for year in range(2020, 2033):
            found = list(public_holidays(country, year) or ())
            assert found == sorted(found)
            assert {day.year for day in found} == {year}


@pytest.mark.parametrize("country", ["PL", "DE-BE", "CH-GE", "AX", "GF", "UA", "BR", "NG"])
def test_the_environment_counts_for_nothing(country: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = public_holidays(country, 2026)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "fr:de:en_US:uk")
    was = locale.setlocale(locale.LC_ALL)
    monkeypatch.setattr(locale, "getlocale", lambda *_: ("fr_FR", "UTF-8"))
    assert public_holidays(country, 2026) == before
    assert locale.setlocale(locale.LC_ALL) == was


def test_nothing_is_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert public_holidays("IN", 2040)  # less is known of it
