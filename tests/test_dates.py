"""Days, intervals and the words people use for them (FORMAT §2.2)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, time
from itertools import product

import pytest
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]  # no stubs are installed
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.dates import (
    NEVER,
    Anniversary,
    Interval,
    from_today,
    later,
    parse_anniversary,
    parse_date,
    parse_day,
    parse_interval,
    parse_time,
    time_there,
)
from ptcrm.model.diagnostic import Fix, Problem
from ptcrm.text.edits import Edit
from ptcrm.text.source import Span

MONDAY = date(2026, 11, 23)
FAR_PAST, FAR_FUTURE = date(1582, 10, 15), date(9999, 12, 31)

days = st.dates(FAR_PAST, FAR_FUTURE)
intervals = st.builds(Interval, days=st.integers(1, 36525)) | st.builds(Interval, months=st.integers(1, 1200))


def problem(value: object) -> Problem:
    assert isinstance(value, Problem), value
    return value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-02", date(2026, 11, 2)),
        (" 2026-11-02 ", date(2026, 11, 2)),
        ("2026-11-02T09:30:00+01:00", date(2026, 11, 2)),
        ("2026-11-02 09:30", date(2026, 11, 2)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("2028-02-29", date(2028, 2, 29)),
    ],
)
def test_a_date_is_iso_and_a_time_part_is_ignored(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("", "PT102", "Write it as YYYY-MM-DD."),
        ("soon", "PT102", "Write it as YYYY-MM-DD."),
        ("20261102", "PT102", "Write it as YYYY-MM-DD."),
        ("2026-W45-1", "PT102", "Write it as YYYY-MM-DD."),
        ("2026-1-2", "PT102", "Write 2026-01-02."),
        ("2026/11/02", "PT102", "Write 2026-11-02."),
        ("２０２６-11-02", "PT102", "Write it as YYYY-MM-DD."),
        ("٢٠٢٦-١١-٠٢", "PT102", "Write it as YYYY-MM-DD."),
        ("2026-11-02x", "PT102", "Write it as YYYY-MM-DD."),
        ("2026-11-02\n2026-11-03", "PT102", "Write it as YYYY-MM-DD."),
        ("2026-02-29", "PT102", "Write a day that exists."),
        ("2026-13-01", "PT102", "Write a day that exists."),
        ("0000-02-29", "PT102", "Write a day that exists."),
        ("05-06", "PT103", "Write YYYY-05-06 or YYYY-06-05."),
        ("5.6.", "PT103", "Write YYYY-05-06 or YYYY-06-05."),
        ("05/06/1984", "PT103", "Write 1984-05-06 or 1984-06-05."),
        ("5.5.1984", "PT102", "Write 1984-05-05."),
        ("17.05.1984", "PT102", "Write 1984-05-17."),
        ("05/17/1984", "PT102", "Write 1984-05-17."),
        ("31.02.1984", "PT102", "Write it as YYYY-MM-DD."),
        ("29.02.1984", "PT102", "Write 1984-02-29."),
        ("29.02.1985", "PT102", "Write it as YYYY-MM-DD."),
        ("40-50", "PT102", "Write it as YYYY-MM-DD."),
    ],
)
def test_what_is_no_date_is_never_guessed_but_shown_as_it_could_be_read(
    text: str, code: str, hint: str
) -> None:
    found = problem(parse_date(text))
    assert (found.code, found.hint) == (code, hint)


@pytest.mark.parametrize(
    ("text", "meant", "how"),
    [
        ("2026-1-5", "2026-01-05", "safe"),
        (" 2026/1/05 ", "2026-01-05", "safe"),
        ("2026.12.31", "2026-12-31", "safe"),
        ("17.05.1984", "1984-05-17", "a guess"),
        ("5.5.1984", "1984-05-05", "a guess"),
        ("29-2-2024", "2024-02-29", "a guess"),
        ("17.5.", None, ""),  # which year?
        ("6.5.1984", None, ""),
        ("2026-13-1", None, ""),
        ("2026-1-5T10:00", None, ""),
        ("26-1-5", None, ""),
        ("0000-1-5", None, ""),
    ],
)
def test_a_date_with_one_reading_can_be_written_as_it_should_be(
    text: str, meant: str | None, how: str
) -> None:
    fix = problem(parse_date(text)).fix
    assert fix == (meant and Fix(f"Write {meant}", Edit(Span(0, len(text)), meant), safe=how == "safe"))
    assert not meant or isinstance(parse_date(meant), date)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("every month", "1 month"),
        ("once a week", "1 week"),
        ("each 2 wks", "2 weeks"),
        ("3-month", "3 months"),
        ("6 mths.", "6 months"),
        ("12 mos", "1 year"),
        ("Every 2 Yrs", "2 years"),
        ("200 yrs", None),
        ("0 wks", None),
        ("every monday", None),
        ("2 minutes", None),
        ("often", None),
        ("", None),
    ],
)
def test_a_length_in_other_words_can_be_written_as_it_should_be(text: str, meant: str | None) -> None:
    fix = problem(parse_interval(text)).fix
    assert (fix.edit.text if fix else None) == meant


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("1984-05-17", Anniversary(5, 17, 1984), "1984-05-17"),
        ("1984-05-17T00:00", Anniversary(5, 17, 1984), "1984-05-17"),
        ("--05-17", Anniversary(5, 17), "--05-17"),
        ("--0517", Anniversary(5, 17), "--05-17"),
        ("1604-05-17", Anniversary(5, 17), "--05-17"),
        ("2000-02-29", Anniversary(2, 29, 2000), "2000-02-29"),
        ("--02-29", Anniversary(2, 29), "--02-29"),
        ("1604-02-29", Anniversary(2, 29), "--02-29"),
        ("0987-01-01", Anniversary(1, 1, 987), "0987-01-01"),
    ],
)
def test_a_day_of_the_year_may_lack_the_year(text: str, expected: Anniversary, written: str) -> None:
    assert parse_anniversary(text) == expected
    assert str(expected) == written
    assert parse_anniversary(written) == expected


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("--02-30", "PT102", "Write a day that exists."),
        ("--1301", "PT102", "Write a day that exists."),
        ("--00-10", "PT102", "Write a day that exists."),
        ("1985-02-29", "PT102", "Write a day that exists."),
        ("05-06", "PT103", "Write --05-06 or --06-05."),
        ("17.05.", "PT102", "Write --05-17."),
        ("17.05.1984", "PT102", "Write 1984-05-17."),
        ("6.5.1984", "PT103", "Write 1984-05-06 or 1984-06-05."),
        ("--０５-17", "PT102", "Write it as YYYY-MM-DD, or --MM-DD without the year."),
        ("in May", "PT102", "Write it as YYYY-MM-DD, or --MM-DD without the year."),
    ],
)
def test_what_is_no_day_of_the_year_shows_how_to_write_one(text: str, code: str, hint: str) -> None:
    found = problem(parse_anniversary(text))
    assert (found.code, found.hint) == (code, hint)


@pytest.mark.parametrize(
    ("year", "feb28", "mar1"),
    [
        (2026, "2026-02-28", "2026-03-01"),
        (2027, "2027-02-28", "2027-03-01"),
        (2028, "2028-02-29", "2028-02-29"),
        (2100, "2100-02-28", "2100-03-01"),
    ],
)
def test_a_leap_day_in_common_years_is_by_one_rule(year: int, feb28: str, mar1: str) -> None:
    leap_day = Anniversary(2, 29, 1988)
    for rule, day in (("feb28", feb28), ("mar1", mar1)):
        expected = date.fromisoformat(day)
        assert leap_day.in_year(year, rule) == expected
        assert leap_day.within(expected, expected, rule) == [expected]
    assert Anniversary(2, 28).in_year(year, "mar1") == date(year, 2, 28)


def test_an_anniversary_returns_every_year_but_not_before_its_first() -> None:
    wedding = Anniversary(9, 1, 2025)
    assert wedding.within(date(2020, 1, 1), date(2027, 9, 1), "feb28") == [
        date(2025, 9, 1),
        date(2026, 9, 1),
        date(2027, 9, 1),
    ]
    assert wedding.within(date(2026, 9, 2), date(2027, 8, 31), "feb28") == []


@given(st.dates(), st.integers(1, 9999), st.sampled_from(["feb28", "mar1"]))
def test_every_year_has_each_anniversary_once(began: date, year: int, rule: str) -> None:
    anniversary = Anniversary(began.month, began.day)
    found = anniversary.within(date(year, 1, 1), date(year, 12, 31), rule)
    assert found == [anniversary.in_year(year, rule)]
    assert abs((found[0] - date(year, began.month, 1)).days - began.day + 1) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:30", time(9, 30)),
        ("9:30", time(9, 30)),
        ("00:00", time(0, 0)),
        ("23:59", time(23, 59)),
        ("24:00", None),
        ("12:60", None),
        ("9:3", None),
        ("9.30", None),
        ("９:30", None),
        ("09:30:00", None),
        ("09:30\n", None),
    ],
)
def test_a_time_of_day(text: str, expected: time | None) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("1 day", "1d", "P1D", "1 Day", "every 1 day"), Interval(days=1)),
        (("10 days", "10d", "10 d", "p10d"), Interval(days=10)),
        (("3 weeks", "3w", "P3W", "21 days", "every 3 weeks", "  3   WEEKS "), Interval(days=21)),
        (("1 week", "weekly", "Weekly"), Interval(days=7)),
        (("fortnightly", "2 weeks"), Interval(days=14)),
        (("twice a month", "Twice  a  month"), Interval(days=15)),
        (("monthly", "1 month", "1m", "P1M"), Interval(months=1)),
        (("quarterly", "1 quarter", "1q", "3 months"), Interval(months=3)),
        (("yearly", "1 year", "1y", "P1Y", "4 quarters"), Interval(months=12)),
        (("100 years", "1200 months", "400q"), Interval(months=1200)),
        (("36525 days",), Interval(days=36525)),
        (("never", "Never"), NEVER),
    ],
)
def test_a_cadence_has_many_spellings(texts: tuple[str, ...], expected: Interval) -> None:
    assert {text: parse_interval(text) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 days",
        "0",
        "3",
        "weeks",
        "-3 weeks",
        "1.5 weeks",
        "101 years",
        "36526 days",
        "5218 weeks",
        "99999999999 days",
        "３ weeks",
        "3 moons",
        "P1Y2M",
        "P1W2D",
        "3 weeks and a day",
        "often",
    ],
)
def test_what_is_no_cadence_says_how_to_write_one(text: str) -> None:
    found = problem(parse_interval(text))
    assert found.code == "PT104"
    assert "6 weeks" in found.hint


@given(intervals | st.just(NEVER))
def test_an_interval_reads_back_from_its_words(interval: Interval) -> None:
    assert parse_interval(str(interval)) == interval


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01 10:00", "2026-12-01"),
        ("today", "2026-11-23"),
        ("Today", "2026-11-23"),
        ("yesterday", "2026-11-22"),
        ("tomorrow", "2026-11-24"),
        ("monday", "2026-11-30"),
        ("tuesday", "2026-11-24"),
        ("friday", "2026-11-27"),
        ("Fri", "2026-11-27"),
        ("sunday", "2026-11-29"),
        ("next monday", "2026-11-30"),
        ("next friday", "2026-12-04"),
        ("next   fri", "2026-12-04"),
        ("next sunday", "2026-12-06"),
        ("last monday", "2026-11-16"),
        ("last friday", "2026-11-20"),
        ("last sunday", "2026-11-22"),
        ("next week", "2026-11-30"),
        ("next month", "2026-12-23"),
        ("next year", "2027-11-23"),
        ("in 3 weeks", "2026-12-14"),
        ("in 3w", "2026-12-14"),
        ("+6w", "2027-01-04"),
        ("+ 6 weeks", "2027-01-04"),
        ("in 1 month", "2026-12-23"),
        ("-2d", "2026-11-21"),
        ("- 2 days", "2026-11-21"),
        ("2 days ago", "2026-11-21"),
        ("1 month ago", "2026-10-23"),
        ("1y ago", "2025-11-23"),
    ],
)
def test_a_day_is_named_as_people_name_it(words: str, day: str) -> None:
    assert parse_day(words, MONDAY) == date.fromisoformat(day)


@pytest.mark.parametrize("weekday", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
@given(today=days)
def test_weekdays_count_from_tomorrow_from_next_monday_and_until_yesterday(weekday: str, today: date) -> None:
    number = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(weekday)
    for words, first, last in (
        (weekday, 1, 7),
        (f"next {weekday}", 7 - today.weekday(), 13 - today.weekday()),
        (f"last {weekday}", -7, -1),
    ):
        day = parse_day(words, today)
        assert isinstance(day, date)
        if day < date.max:
            assert day.weekday() == number
            assert first <= (day - today).days <= last


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ("05-06", "PT103", "Write YYYY-05-06 or YYYY-06-05."),
        ("17.05.1984", "PT102", "Write 1984-05-17."),
        ("2026-02-30", "PT102", "Write a day that exists."),
        ("20261102", "PT102", "Write it as YYYY-MM-DD."),
        ("2026-W45-1", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("２０２６-12-01", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("3 weeks", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("someday", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("next", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("in never", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("--05-06", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
        ("", "PT102", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."),
    ],
)
def test_what_names_no_day_says_how_to_name_one(words: str, code: str, hint: str) -> None:
    found = problem(parse_day(words, MONDAY))
    assert (found.code, found.hint) == (code, hint)


@given(st.text(), st.dates())
def test_no_text_makes_a_parser_raise(text: str, today: date) -> None:
    assert isinstance(parse_day(text, today), (date, Problem))
    assert isinstance(parse_date(text), (date, Problem))
    assert isinstance(parse_anniversary(text), (Anniversary, Problem))
    assert isinstance(parse_interval(text), (Interval, Problem))
    assert isinstance(parse_time(text), (time, type(None)))


@pytest.mark.parametrize("today", [date.min, date.max])
@pytest.mark.parametrize("words", ["tomorrow", "yesterday", "friday", "last friday", "next year", "-100y"])
def test_at_the_ends_of_the_calendar_days_stop(words: str, today: date) -> None:
    assert isinstance(parse_day(words, today), date)


@given(days, intervals, st.integers(-40, 40))
def test_later_agrees_with_dateutil(anchor: date, interval: Interval, times: int) -> None:
    try:
        expected = anchor + relativedelta(days=interval.days * times, months=interval.months * times)
    except (ValueError, OverflowError):
        expected = date.max if times > 0 else date.min
    assert later(anchor, interval, times) == expected


# The calendar repeats after 400 years. There are fewer counts than whole cycles, so each count meets each month's
# end of a cycle when every cycle has one of its own.
COUNTS = [sign * months for months in (1, 2, 3, 6, 11, 12, 13, 48, 1200) for sign in (1, -1)]


def is_as_by_dateutil(day: date, months: int) -> bool:
    moved = later(day, Interval(months=abs(months)), 1 if months > 0 else -1)
    try:
        expected: date = day + relativedelta(months=months)
    except ValueError:  # past the last year
        expected = date.max
    return moved == expected


def months_ends(first: int, last: int) -> Iterator[date]:
    """The 28th and every later day of each month of the years from `first` to `last` (both included)."""
    for year, month in product(range(first, last + 1), range(1, 13)):
        yield from (date(year, month, day) for day in range(28, monthrange(year, month)[1] + 1))


def test_months_are_added_to_every_months_end_as_dateutil_does() -> None:
    wrong = [
        (day, months)
        for day in months_ends(1582, 9999)
        if not is_as_by_dateutil(day, months := COUNTS[day.year // 400 % len(COUNTS)])
    ]
    assert wrong == []


@pytest.mark.slow
def test_months_are_added_to_every_day_as_dateutil_does(*, whole: bool) -> None:
    """All of 1582 to 9999 with every count; without --whole the years around 1900, no leap year."""
    first, last = (1582, 9999) if whole else (1896, 1904)
    days = map(date.fromordinal, range(date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1))
    assert [
        (day, months) for day, months in product(days, COUNTS) if not is_as_by_dateutil(day, months)
    ] == []


@pytest.mark.parametrize(
    ("anchor", "interval", "times", "day"),
    [
        ("9999-11-30", Interval(months=1), 1, "9999-12-30"),
        ("9999-11-30", Interval(months=2), 1, "9999-12-31"),
        ("9999-12-01", Interval(months=1), 1, "9999-12-31"),
        ("9999-12-31", Interval(months=1), 1, "9999-12-31"),
        ("9998-12-31", Interval(months=12), 1, "9999-12-31"),
        ("9996-02-29", Interval(months=12), 3, "9999-02-28"),
        ("9899-12-31", Interval(months=1200), 1, "9999-12-31"),
        ("9900-01-01", Interval(months=1200), 1, "9999-12-31"),
        ("9999-12-31", Interval(months=10), -1, "9999-02-28"),
        ("9999-12-01", Interval(days=30), 1, "9999-12-31"),
        ("9999-12-02", Interval(days=30), 1, "9999-12-31"),
        ("0001-01-31", Interval(months=1), -1, "0001-01-01"),
        ("0001-03-31", Interval(months=1), -1, "0001-02-28"),
    ],
)
def test_at_the_ends_of_the_calendar_months_stop(
    anchor: str, interval: Interval, times: int, day: str
) -> None:
    assert later(date.fromisoformat(anchor), interval, times) == date.fromisoformat(day)


def test_months_go_from_the_anchor_and_never_drift() -> None:
    anchor = date(2026, 1, 31)
    months = [later(anchor, Interval(months=1), times) for times in range(14)]
    assert [day.isoformat() for day in months[:6]] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
    ]
    assert [day.day for day in months] == [monthrange(day.year, day.month)[1] for day in months]
    assert later(date(2028, 2, 29), Interval(months=12), 4) == date(2032, 2, 29)


@pytest.mark.parametrize(
    ("day", "at", "there", "shown"),
    [
        (date(2026, 11, 23), time(10), "Asia/Tokyo", "19:00 in Asia/Tokyo"),
        (date(2026, 11, 23), time(10), "Europe/London", None),  # the same there
        (date(2026, 7, 1), time(10), "Europe/London", "11:00 in Europe/London"),
        (date(2026, 11, 23), time(10), None, None),
        (date.max, time(23), "Asia/Tokyo", None),
        (date.min, time(1), "America/New_York", None),
    ],
)
def test_what_the_clock_says_there(day: date, at: time, there: str | None, shown: str | None) -> None:
    assert time_there(day, at, UTC, there) == shown


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-23", "today"),
        ("2026-11-24", "tomorrow"),
        ("2026-11-22", "yesterday"),
        ("2026-11-25", "in 2 days"),
        ("2026-12-06", "in 13 days"),
        ("2026-12-07", "in 2 weeks"),
        ("2027-01-22", "in 8 weeks"),
        ("2027-01-23", "in 2 months"),
        ("2028-11-22", "in 23 months"),
        ("2028-11-23", "in 2 years"),
        ("9999-12-31", "in 7973 years"),
        ("2026-11-21", "2 days ago"),
        ("2024-11-23", "2 years ago"),
        ("0001-01-01", "2025 years ago"),
    ],
)
def test_how_far_away_a_day_is(day: str, words: str) -> None:
    assert from_today(date.fromisoformat(day), date(2026, 11, 23)) == words
