"""Whether the days on which an event returns can be gone through: rules of calendars may go on for ever, or nowhere."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

MAX_INSTANCES = 5000
"""Returns of one event up to today, which is thirteen years of every day; of an event with more none is taken."""

_LENGTHS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
OLDEST = 1901  # the first year whose returns count
_CALENDAR_REPEATS = 28  # years, after which days of the week fall on the same dates, between 1901 and 2099


def why_not_gone_through(rule: Any, start: date | datetime, today: date) -> str | None:  # noqa: ANN401
    """Why the days of `rule` cannot be gone through up to today, or None.

    A rule that fits no day would be tried up to the year 9999. So it is tried near that end first, from a start as
    many times 28 years later as there is room for: there it must come to a day after today's, and not too often before.
    """
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    parts = {str(key).upper(): value for key, value in rule.items()}
    if str(parts.get("FREQ", [""])[0]).upper() not in _LENGTHS or any(
        len(parts.get(name, ())) > 1 for name in _WITHIN_A_DAY
    ):
        return "it repeats more than once a day"
    if int(parts.get("INTERVAL", [1])[0]) < 1:
        return "its rule fits no day"
    if start.year < OLDEST:
        return "it begins too long ago"
    moved = _CALENDAR_REPEATS * ((date.max.year - today.year) // _CALENDAR_REPEATS - 1)
    until = parts.get("UNTIL", [today])[0]
    last = datetime(min(until.year, today.year) + moved, 12, 31)  # noqa: DTZ001  # rules are tried without zones
    begin = datetime(start.year + moved, start.month, min(start.day, 28) if start.month == 2 else start.day)  # noqa: DTZ001
    limit = int(parts.get("COUNT", [MAX_INSTANCES + 1])[0])
    text = ";".join(
        one for one in rule.to_ical().decode().split(";") if not one.startswith(("UNTIL=", "COUNT="))
    )
    for count, day in enumerate(rrulestr(text, dtstart=begin), 1):
        if day > last or count >= limit:
            return None if count <= MAX_INSTANCES else f"it returned more than {MAX_INSTANCES} times"
    return "its rule fits no day"
