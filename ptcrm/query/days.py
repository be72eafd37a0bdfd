"""Days in a term: a year or month stands for all its days, and both ends of a range count."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.model.dates import (
    Anniversary,
    Interval,
    later,
    parse_anniversary,
    parse_date,
    parse_day,
    parse_interval,
)
from ptcrm.model.diagnostic import Problem
from ptcrm.query.fields import Type
from ptcrm.query.lexer import Flaw, Written, shown
from ptcrm.query.matching import As, OfYear, Returning
from ptcrm.query.reading import Asked, Ends, ordered
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from ptcrm.query.nodes import Test, Value

_LONGEST = Interval(months=1200)  # in which returns are looked for, year by year
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_YEAR = re.compile("([0-9]{4})(?:-([0-9]{2}))?")
_OF_YEAR = re.compile("(?:--)?([0-9]{2})-([0-9]{2})|--([0-9]{2})([0-9]{2})")
_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_MONTH_BY_NAME = {name: number for number, month in enumerate(_MONTHS, 1) for name in (month, month[:3])}


def day_test(asked: Asked) -> Test | Flaw:
    """A day or period; a length of time is the day so long ago, or so long from now where days lie ahead."""
    value, past = asked.value, asked.field.type is Type.DAY
    lengths = [length for words in value.given if (length := _length(words))]
    if lengths and not value.sign and value.dots is None:
        name, words = asked.field.name, value.source
        message = f"{shown(value.text)} is a length of time and no day"
        return asked.flaw(message, f"Write {name}:>{words} or {name}:<{words}.")
    if lengths and len(lengths) == len(value.given) and past:  # longer ago is earlier
        asked = asked._replace(value=_turned(value))

    def read(words: str) -> Ends | Problem:
        length = _length(words)
        if length is None:
            found = period(words, asked)
            return (
                _or_length(found)
                if isinstance(found, Problem) and (value.sign or value.dots is not None)
                else found
            )
        day = later(asked.today, length, -1 if past else 1)
        return day, day

    return ordered(asked, read)


def _or_length(problem: Problem) -> Problem:
    """The problem with a day; if the day is none at all, with a length of time as another way."""
    if not problem.hint.startswith("Write for example"):
        return problem
    return problem._replace(hint=f"{problem.hint} A length of time is written like 6w or 3m.")


def _length(words: str) -> Interval | None:
    found = parse_interval(words)
    return None if isinstance(found, Problem) or found.is_never else found


def _turned(value: Written) -> Written:
    """The value with the comparison or the range the other way round."""
    if value.dots is None:
        return value._replace(sign=_TURNED[value.sign])
    first, last = value.ends
    return value._replace(text=f"{last}..{first}", dots=len(last))


def period(words: str, asked: Asked) -> tuple[date, date] | Problem:
    """A year, a month or a day, as its first and last day."""
    found = _YEAR.fullmatch(words)
    if not found:
        day = parse_day(words, asked.today)
        if isinstance(day, date):
            return day, day
        never = f"no:{asked.field.name} finds those who have none."
        return day._replace(hint=never) if fold(words) == "never" else day
    year, month = int(found[1]), int(found[2] or 0)
    try:
        return date(year, month or 1, 1), date(year, month or 12, monthrange(year, month or 12)[1])
    except ValueError:
        return Problem("PT102", f"“{words}” is no month of the calendar", "Write YYYY-MM.")


# Days of the year


def yearly_test(asked: Asked) -> Test | Flaw:
    """With a year, the day it began; else the day of the year, or its return on a day that is named."""
    value, given = asked.value, asked.value.given
    if all(_YEAR.fullmatch(words) or isinstance(parse_date(words), date) for words in given):
        born = ordered(asked, lambda words: period(words, asked))
        return born if isinstance(born, Flaw) else As(_began, born)
    if value.sign:
        hint = f"Write a year, or for example {asked.field.name}:today..+4w."
        return asked.flaw("days without a year come round, so none is before or after", hint)
    if len(given) != (1 if value.dots is None else 2):
        return asked.flaw("days without a year come round, so this has no end", "Write both ends.")
    return _around(asked)


def _around(asked: Asked) -> Test | Flaw:
    """A test for one or two of `december`, `05-17`, `today`."""
    value, given = asked.value, asked.value.given
    days = [day for words in given if (day := _of_year(words))]
    if len(days) == len(given):
        return OfYear(days[0][0], days[-1][1])
    named = [parse_day(words, asked.today) for words in given]
    first, last = named[0], named[-1]
    if isinstance(first, date) and isinstance(last, date):
        if last < first:
            return asked.flaw(f"{shown(value.source)} ends before it begins", "Write FIRST..LAST.")
        if last > later(first, _LONGEST):
            return asked.flaw(f"{shown(value.source)} is longer than {_LONGEST}", "A year has all days.")
        return Returning(first, last, asked.vocabulary.leap_day)
    hint = "Write for example december, 05-17, today..+4w, or 1984."
    wrong = next((number for number, words in enumerate(given) if not _is_around(words, asked)), None)
    if wrong is None:
        return asked.flaw("the two ends are not of one kind", hint)
    offset = value.after if wrong else value.offset
    return Flaw(f"{shown(given[wrong])} is no day of the year", offset, hint)


def _is_around(words: str, asked: Asked) -> bool:
    return bool(_of_year(words)) or isinstance(parse_day(words, asked.today), date)


def _of_year(words: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """A month or a day of the year as its first and last (month, day)."""
    month = _MONTH_BY_NAME.get(words.lower())
    if month:
        return (month, 1), (month, 31)
    found = _OF_YEAR.fullmatch(words)
    day = parse_anniversary(f"--{found[1] or found[3]}-{found[2] or found[4]}") if found else None
    return ((day.month, day.day), (day.month, day.day)) if isinstance(day, Anniversary) else None


def _began(value: Value) -> date | None:
    """The day on which what returns each year began, if the year is known."""
    if not isinstance(value, Anniversary) or value.year is None:
        return None
    return date(value.year, value.month, value.day)
