"""What a person typed: words and days, or the error that says what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.model.dates import parse_day
from ptcrm.model.diagnostic import Problem

if TYPE_CHECKING:
    from datetime import date


def plain(words: str) -> str:
    """Words on one line, if they are text; raises `UsageError` for bytes that are not."""
    try:
        words.encode()
    except UnicodeEncodeError:
        raise UsageError("what was typed is not valid text (UTF-8)") from None
    return " ".join(words.split())


def a_day(words: str, today: date) -> date:
    """The day that `words` name; raises `UsageError`."""
    day = parse_day(words, today)
    if isinstance(day, Problem):
        raise UsageError(f"{day.message}. {day.hint}")
    return day
