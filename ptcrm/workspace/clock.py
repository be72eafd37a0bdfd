"""The clock, which nothing outside this package reads."""

from __future__ import annotations

import time
from datetime import date, datetime


def time_of_day() -> str:
    """The time now, for people: `09:41:07`, in the system's time zone."""
    return datetime.now(tz=None).strftime("%H:%M:%S")  # noqa: DTZ005  # as the clock on the wall


def seconds() -> float:
    """A clock that tells how long something takes, and nothing about the day."""
    return time.monotonic()


def unix_time() -> int:
    """The time now in seconds since 1970, in UTC."""
    return int(time.time())


def system_today() -> date:
    """Today in the system's time zone, where there is no vault yet."""
    return datetime.now(tz=None).date()  # noqa: DTZ005  # the system's own zone is meant
