"""Days as files of other programs write them: which number is the day, and which the month."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import UsageError
from ptcrm.model.diagnostic import Problem
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

ORDERS = ("dmy", "mdy", "ymd")
_LEAP_YEAR = 2024
_TIME = r"(?:[ T]+[0-9]{1,2}:[0-9]{2}.*)?"
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})[-./] ?([0-9]{{1,2}})[-./] ?([0-9]{{1,2}})\.?{_TIME}")
_YEARLESS = re.compile(r"--([0-9]{2})-?([0-9]{2})")
_YEAR_LAST = re.compile(rf"([0-9]{{1,2}})(?P<sign>[-./]) ?([0-9]{{1,2}})(?P=sign) ?([0-9]{{4}}){_TIME}")
_TWO_DIGITS = re.compile(rf"[0-9]{{1,2}}([-./])[0-9]{{1,2}}\1[0-9]{{2}}{_TIME}")
_TWO_PARTS = re.compile(r"([0-9]{1,2})(?P<sign>[-./]) ?([0-9]{1,2})\.?")
_DAY_MONTH = re.compile(
    rf"([0-9]{{1,2}})(?:st|nd|rd|th|\.)?[ -](?:de )?([^\W\d_]{{3,}})\.?,?[ -]?(?:de )?([0-9]{{4}})?{_TIME}"
)
_MONTH_DAY = re.compile(rf"([^\W\d_]{{3,}})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? ([0-9]{{4}}))?{_TIME}")
_NONE = re.compile(r"[0./-]+")  # 0/0/00 of Outlook, 0000-00-00 of databases
# The beginnings of the months' names, folded: English, German, French, Spanish, Polish.
_MONTHS = (
    ("jan", "ene", "sty"),
    ("feb", "fev", "lut"),
    ("mar", "mrz"),
    ("apr", "avr", "abr", "kwi"),
    ("may", "mai", "maj"),
    ("jun", "juin", "cze"),
    ("jul", "juil", "lip"),
    ("aug", "aou", "ago", "sie"),
    ("sep", "wrz"),
    ("oct", "okt", "paz"),
    ("nov", "lis"),
    ("dec", "dez", "dic", "gru"),
)


class Order(NamedTuple):
    """The order of a file's days: one of `ORDERS`, or "" if it cannot be told.

    `open` counts the days that may be read in two ways and are not, and `example` is one of them.
    """

    name: str
    open: int = 0
    example: str = ""


def order_named(words: str) -> str:
    """The order that `words` name; raises `UsageError`."""
    if words.lower() not in ORDERS:
        raise UsageError(f"--dates {words}: write one of {', '.join(ORDERS)}.")
    return words.lower()


def order_of(texts: Iterable[str]) -> Order:
    """The order in which these days of one file are written.

    A number over 12 tells, and a dot does: nobody writes months first before dots.
    """
    votes: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for text in texts:
        found = _YEAR_LAST.fullmatch(text.strip()) or _TWO_PARTS.fullmatch(text.strip())
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        is_dmy = found["sign"] == "." or first > 12
        votes.update(["dmy"] * is_dmy + ["mdy"] * (second > 12 and not is_dmy))
        if not is_dmy and second <= 12 and first != second:
            unread[text.strip()] += 1
    if len(votes) == 1:
        return Order(next(iter(votes)))
    return Order("", unread.total(), next(iter(unread), ""))


def in_iso(text: str, order: str) -> str | Problem | None:
    """The day as `YYYY-MM-DD`, or `--MM-DD` without a year; "" for one that says that there is none.

    None if it may be read in two ways, and the `order` does not tell.
    """
    words = text.strip()
    if _NONE.fullmatch(words):
        return ""
    if _TWO_DIGITS.fullmatch(words):
        return Problem("PT102", f"“{words}” has a year of two digits", "Write the year with four digits.")
    readings = _readings(words, order)
    if not readings:
        hint = "Write it as YYYY-MM-DD, or --MM-DD without the year."
        return Problem("PT102", f"“{words}” is no day" + (f" in the order {order}" if order else ""), hint)
    return readings.pop() if len(readings) == 1 else None


def _readings(words: str, order: str) -> set[str]:
    """The days that the words may be."""
    if found := _YEAR_FIRST.fullmatch(words):
        return _days(found[1], [(found[2], found[3])])
    if found := _YEARLESS.fullmatch(words):
        return _days(None, [(found[1], found[2])])
    if found := _DAY_MONTH.fullmatch(words):
        return _days(found[3], [(_month(found[2]), found[1])])
    if found := _MONTH_DAY.fullmatch(words):
        return _days(found[3], [(_month(found[1]), found[2])])
    found = _YEAR_LAST.fullmatch(words) or _TWO_PARTS.fullmatch(words)
    if not found or order == "ymd":
        return set()
    year = found[4] if found.re is _YEAR_LAST else None
    ways = {"dmy": (found[3], found[1]), "mdy": (found[1], found[3])}
    return _days(year, [ways[order]] if order else list(ways.values()))


def _month(name: str) -> int:
    words = fold(name)
    return next((number for number, known in enumerate(_MONTHS, 1) if words.startswith(known)), 0)


def _days(year: str | None, pairs: Iterable[tuple[str | int, str | int]]) -> set[str]:
    """The days of the calendar among these pairs of a month and a day."""
    found = set()
    for month, day in pairs:
        try:
            whole = date(int(year or _LEAP_YEAR), int(month), int(day))
        except ValueError:
            continue
        found.add(whole.isoformat() if year else f"--{whole:%m-%d}")
    return found
