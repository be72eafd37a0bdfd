"""Days, intervals, days without a year, and the words people use for days.

Every parser takes text and returns the value or a `Problem`; digits are ASCII.
Month arithmetic goes from the anchor and clamps to the month's end (FORMAT §4).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from ptcrm.model.diagnostic import Problem, rewrite
from ptcrm.text.words import plural

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9:.+Z -]*)?")
# Patterns of what few write; Python compiles each when it is used first.
_YEARLESS = r"--([0-9]{2})-?([0-9]{2})"
_TIME = r"([0-9]{1,2}):([0-9]{2})"
_TWO_PARTS = r"(?P<first>[0-9]{1,2})[-./](?P<second>[0-9]{1,2})\.?"
_THREE_PARTS = r"(?P<first>[0-9]{1,2})[-./](?P<second>[0-9]{1,2})[-./](?P<year>[0-9]{4})"
_YEAR_FIRST = r"(?P<year>[0-9]{4})[-./](?P<first>[0-9]{1,2})[-./](?P<second>[0-9]{1,2})"
_COUNTED = r"(?:every +)?([0-9]{1,5}) *(d|w|m|q|y|days?|weeks?|months?|quarters?|years?)"
_LOOSELY_COUNTED = (
    r"(?:every +|each +|once an? +)?(?P<count>[1-9][0-9]{0,2})?[ -]*"
    r"(?P<unit>days?|we?e?ks?|months?|mon?s?|mths?|quarters?|qtrs?|years?|yrs?)\.?"
)
_ISO = r"p([0-9]{1,5})(d|w|m|y)"
_NUMBERS = r"[0-9./-]+"
_RELATIVE = r"(?:in +|\+ *)(?P<on>.+)|- *(?P<back>.+)|(?P<ago>.+) +ago"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_HALF_A_YEAR = 180  # days
_NO_YEAR = 1604  # what Apple's address book writes for "year unknown"
_LEAP_YEAR = 2024
_DAYS_IN_YEAR = 365.2425
_DAYS_IN_MONTH = _DAYS_IN_YEAR / 12


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of calendar time: `count` days or months. Zero days means never."""

    days: int = 0
    months: int = 0

    @property
    def is_never(self) -> bool:
        """Whether this is `never`."""
        return not self.days and not self.months

    def __str__(self) -> str:
        if self.is_never:
            return "never"
        units = (
            (self.months, 12, "year"),
            (self.months, 1, "month"),
            (self.days, 7, "week"),
            (self.days, 1, "day"),
        )
        count, unit = next(
            (amount // size, unit) for amount, size, unit in units if amount and amount % size == 0
        )
        return plural(count, unit)

    @property
    def nominal_days(self) -> int:
        """The length in days, a month counted as a twelfth of a year."""
        return self.days + round(self.months * _DAYS_IN_MONTH)

    @property
    def times_a_year(self) -> float:
        """How often it fits into a year of 365.2425 days; 0 for never."""
        return 0.0 if self.is_never else _DAYS_IN_YEAR / (self.days + self.months * _DAYS_IN_MONTH)

    @property
    def every(self) -> str:
        """`every month`, `every 3 weeks`, `never`."""
        return "never" if self.is_never else f"every {str(self).removeprefix('1 ')}"


NEVER = Interval()
_A_DAY = Interval(days=1)
_WORDS = {
    "never": NEVER,
    "weekly": Interval(days=7),
    "fortnightly": Interval(days=14),
    "twice a month": Interval(days=15),
    "monthly": Interval(months=1),
    "quarterly": Interval(months=3),
    "yearly": Interval(months=12),
}
# Every form of `parse_interval`, as patterns of small letters in which a blank is any white space.
INTERVAL_FORMS = (*(words.replace(" ", " +") for words in _WORDS), _COUNTED, _ISO)
_UNITS = {"d": (1, 0), "w": (7, 0), "m": (0, 1), "q": (0, 3), "y": (0, 12)}


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A day of the year, with the year it began if that is known."""

    month: int
    day: int
    year: int | None = None

    def __str__(self) -> str:
        year = "-" if self.year is None else f"{self.year:04}"
        return f"{year}-{self.month:02}-{self.day:02}"

    def in_year(self, year: int, leap_day: str) -> date:
        """The day in `year`; 29 February in a common year is by `leap_day` (`feb28` or `mar1`)."""
        if (self.month, self.day) == (2, 29) and monthrange(year, 2)[1] == 28:
            return date(year, 2, 28) if leap_day == "feb28" else date(year, 3, 1)
        return date(year, self.month, self.day)

    def within(self, first: date, last: date, leap_day: str) -> list[date]:
        """Every return of the day from `first` to `last` (both included), not before its first year."""
        days = (
            self.in_year(year, leap_day)
            for year in range(max(first.year, self.year or first.year), last.year + 1)
        )
        return [day for day in days if first <= day <= last]


def later(anchor: date, interval: Interval, times: int = 1) -> date:
    """`anchor` plus `times` intervals: months clamp to the month's end; the far end is 9999-12-31."""
    month = anchor.month - 1 + interval.months * times
    year = anchor.year + month // 12
    if not date.min.year <= year <= date.max.year:
        return date.max if times > 0 else date.min
    month = month % 12 + 1
    moved = date(year, month, min(anchor.day, monthrange(year, month)[1]))
    try:
        return moved + timedelta(days=interval.days * times)
    except OverflowError:
        return date.max if times > 0 else date.min


def time_there(day: date, at: time, here: tzinfo | None, there: str | None) -> str | None:
    """`18:00 in Asia/Tokyo`: what the clock says there at that time here; None if it is the same or not known.

    `here` None is the system's time zone; `there` is a name of the IANA database.
    """
    if there is None:
        return None
    from zoneinfo import ZoneInfo

    try:
        local = datetime.combine(day, at, here).astimezone(ZoneInfo(there))
    except (OverflowError, ValueError):  # at the ends of the calendar
        return None
    return None if local.time() == at else f"{local:%H:%M} in {there}"


def parse_date(text: str) -> date | Problem:
    """`YYYY-MM-DD`; a time part is ignored."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return _no_date(text, "YYYY", "YYYY-MM-DD")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return Problem("PT102", f"“{text}” is no day of the calendar", "Write a day that exists.")


def parse_anniversary(text: str) -> Anniversary | Problem:
    """`YYYY-MM-DD`, or `--MM-DD` and `--MMDD` without a year (RFC 6350 §4.3.1); 1604 is no year."""
    yearless = re.fullmatch(_YEARLESS, text.strip())
    if yearless:
        month, day = int(yearless[1]), int(yearless[2])
        if 1 <= month <= 12 and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]:
            return Anniversary(month, day)
        return Problem("PT102", f"“{text}” is no day of the calendar", "Write a day that exists.")
    found = parse_date(text)
    if isinstance(found, Problem):
        is_day = _DAY.fullmatch(text.strip())
        return found if is_day else _no_date(text, "-", "YYYY-MM-DD, or --MM-DD without the year")
    return Anniversary(found.month, found.day, None if found.year == _NO_YEAR else found.year)


def _no_date(text: str, no_year: str, form: str) -> Problem:
    """A problem that shows what `text` may have meant; `no_year` stands for a missing year.

    Only one reading is a fix: a safe one if the year stands first, since the day is then last everywhere.
    """
    readings = sorted(_readings(text.strip(), no_year))
    if not readings:
        return Problem("PT102", f"“{text}” is no date", f"Write it as {form}.")
    choice = f"Write {' or '.join(readings)}."
    if len(readings) > 1:
        return Problem("PT103", f"“{text}” could be read in more than one way", choice)
    safe = re.fullmatch(_YEAR_FIRST, text.strip()) is not None
    fix = None if readings[0].startswith("YYYY") else rewrite(text, readings[0], safe=safe)
    return Problem("PT102", f"“{text}” is not written as dates are here", choice, fix)


def _readings(text: str, no_year: str) -> set[str]:
    """The days that `text` may mean, as they are written here."""
    year_first = re.fullmatch(_YEAR_FIRST, text)
    parts = year_first or re.fullmatch(_THREE_PARTS, text) or re.fullmatch(_TWO_PARTS, text)
    if not parts:
        return set()
    given = parts.groupdict()
    year = given.get("year", no_year)
    first, second = int(given["first"]), int(given["second"])
    orders = ((first, second),) if year_first else ((first, second), (second, first))
    return {
        f"{year}-{month:02}-{day:02}"
        for month, day in orders
        if _is_day(int(given.get("year", _LEAP_YEAR)), month, day)
    }


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def parse_time(text: str) -> time | None:
    """`HH:MM` (`9:30` too), or None."""
    found = re.fullmatch(_TIME, text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def parse_interval(text: str) -> Interval | Problem:
    """FORMAT §2.2 "Cadence": `3 weeks`, `6w`, `P6W`, `monthly`, `twice a month`, `never`; 1 day to 100 years."""
    words = " ".join(text.lower().split())
    if words in _WORDS:
        return _WORDS[words]
    found = re.fullmatch(_COUNTED, words, re.IGNORECASE) or re.fullmatch(_ISO, words, re.IGNORECASE)
    if found:
        count = int(found[1])
        days, months = _UNITS[found[2][0]]
        interval = Interval(count * days, count * months)
        if count and interval.days <= 36525 and interval.months <= 1200:
            return interval
        return Problem(
            "PT104", f"“{text}” is not between 1 day and 100 years", "Write for example `6 weeks`."
        )
    hint = "Write for example `6 weeks`, `3m` or `never`."
    problem = Problem("PT104", f"“{text}” is no length of time", hint)
    loose = re.fullmatch(_LOOSELY_COUNTED, words)
    meant = parse_interval(f"{loose['count'] or 1}{loose['unit'][0]}") if loose else problem
    return problem if isinstance(meant, Problem) else problem._replace(fix=rewrite(text, str(meant)))


def parse_day(text: str, today: date) -> date | Problem:
    """A day as a person names it: ISO, `today`, `friday`, `next friday`, `in 3 weeks`, `+6w`, `-2d`, `2 days ago`.

    `friday` is the first one from tomorrow on, `last friday` the newest before today, `next friday` the
    Friday of the week (from Monday) after this one.
    """
    words = " ".join(text.lower().split())
    plain = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if words in plain:
        return later(today, _A_DAY, plain[words])
    which, _, name = words.rpartition(" ")
    for number, weekday in enumerate(WEEKDAYS):
        if name in (weekday.lower(), weekday[:3].lower()) and which in ("", "next", "last"):
            return later(today, _A_DAY, _days_to(number, which, today))
    if which == "next" and name in ("week", "month", "year"):
        return later(today, _WORDS[f"{name}ly"])
    relative = re.fullmatch(_RELATIVE, words)
    if relative:
        interval = parse_interval(relative["on"] or relative["back"] or relative["ago"])
        if isinstance(interval, Interval) and not interval.is_never:
            return later(today, interval, 1 if relative["on"] else -1)
    else:
        day = parse_date(text)
        if isinstance(day, date) or re.fullmatch(_NUMBERS, words):
            return day
    return Problem(
        "PT102", f"“{text}” is no day", "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d."
    )


def _days_to(weekday: int, which: str, today: date) -> int:
    if which == "next":
        return 7 - today.weekday() + weekday
    if which == "last":
        return -((today.weekday() - weekday - 1) % 7 + 1)
    return (weekday - today.weekday() - 1) % 7 + 1


def weekday_name(day: date) -> str:
    """`Monday`, in any locale."""
    return WEEKDAYS[day.weekday()]


def long_day(day: date) -> str:
    """`Monday 23 November 2026`, in any locale."""
    return f"{weekday_name(day)} {date_words(day)}"


def date_words(day: date) -> str:
    """`23 November 2026`, in any locale."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_name(month: int) -> str:
    """`Nov` for 11, in any locale."""
    return _MONTHS[month - 1][:3]


def near_day(day: date, today: date) -> str:
    """`today`, `tomorrow`, the weekday and date, or far away the date with the year."""
    near = {0: "today", 1: "tomorrow"}.get((day - today).days)
    month = month_name(day.month)
    if abs((day - today).days) > _HALF_A_YEAR:
        return f"{day.day} {month} {day.year}"
    return near or f"{weekday_name(day)[:3]} {day.day} {month}"


def ago(day: date, today: date) -> str:
    """How long `day` is past, in whole units: `today`, `yesterday`, `9 days ago`, `5 weeks ago`, `2 years ago`."""
    days = (today - day).days
    if days in (0, 1):
        return "yesterday" if days else "today"
    return f"{_between(day, today)} ago" if days > 0 else f"on {day}"


def from_today(day: date, today: date) -> str:
    """How far away `day` is, in whole units: `today`, `tomorrow`, `in 3 days`, `5 weeks ago`."""
    days = (day - today).days
    if days <= 0:
        return ago(day, today)
    return f"in {_between(today, day)}" if days > 1 else "tomorrow"


def _between(first: date, last: date) -> str:
    """From `first` to `last`, two days or more later, in the largest unit of which there are two: `5 weeks`."""
    months, days = _whole_months(first, last), (last - first).days
    units = ((months // 12, "years"), (months, "months"), (days // 7, "weeks"), (days, "days"))
    return next(f"{count} {unit}" for count, unit in units if count >= 2)


def lasting(first: date, last: date) -> str:
    """How long it is from `first` to `last`, not before it: `1 day`, `213 days`; from a year on `5 years and 10 months`."""
    years, months = divmod(_whole_months(first, last), 12)
    if not years:
        return plural((last - first).days, "day")
    return plural(years, "year") + (f" and {plural(months, 'month')}" if months else "")


def _whole_months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
