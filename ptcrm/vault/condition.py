"""From a query to what SQLite looks for, in the text of what may be asked (`vault/asked.py`) and in texts. Pure.

It only narrows: whoever a query means has what it looks for (`Condition`), and the query itself decides, unless the
condition is exact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.query.fields import BY_NAME as ASKED
from ptcrm.query.fields import TEXT, TEXTS
from ptcrm.query.matching import Digits, Holds, Like, OfYear, OneOf, Returning
from ptcrm.query.nodes import Every, Has, Not, Saved, Some, Term
from ptcrm.text.fold import fold
from ptcrm.vault.asked import LINKED, OF_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.query.nodes import Query, Test

_MOST = 200  # values that SQLite is asked for; it refuses questions that are nested more deeply
_MOST_OF_A_YEAR = 300  # days
_CONTROL = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


class Condition(NamedTuple):
    """What is true, in SQL, of everybody whom a query means; if it is `exact`, of nobody else.

    The tables are `asked`, `sought` and `text`; what is not known of somebody is NULL.
    """

    sql: str
    values: tuple[str, ...] = ()
    exact: bool = True

    @property
    def asks_texts(self) -> bool:
        """Whether it looks into notes and log."""
        return "sought." in self.sql or "text." in self.sql


def condition_of(query: Query) -> Condition | None:
    """What everybody has whom the query means; None if nothing can be said, or too much."""
    found = _condition(query)
    return None if found is None or len(found.values) > _MOST else found


def _condition(query: Query) -> Condition | None:
    if isinstance(query, Saved):
        return _condition(query.query)
    if isinstance(query, Term):
        return _any(_of_value(query.field, choice.test) for choice in query.choices)
    if isinstance(query, Has):
        return _any(map(_has, query.fields))
    if isinstance(query, Not):
        part = _condition(query.part)
        return part._replace(sql=f"NOT {part.sql}") if part and part.exact else None
    parts = map(_condition, query.parts)
    return _any(parts) if isinstance(query, Some) else _all(parts) if isinstance(query, Every) else None


def _any(parts: Iterable[Condition | None]) -> Condition | None:
    """What is true if one of the parts is; nothing is known if it is not of one of them."""
    found = [*parts]
    known = [one for one in found if one is not None]
    return _joined(known, " OR ", exact=True) if len(known) == len(found) else None


def _all(parts: Iterable[Condition | None]) -> Condition | None:
    """What is true if all parts are; those of which nothing is known are left to the query."""
    found = [*parts]
    known = [one for one in found if one is not None]
    if found and not known:
        return None
    return _joined(known, " AND ", exact=len(known) == len(found)) if known else Condition("1")


def _joined(parts: list[Condition], sign: str, *, exact: bool) -> Condition:
    values = tuple(value for one in parts for value in one.values)
    return Condition(
        f"({sign.join(one.sql for one in parts)})", values, exact and all(one.exact for one in parts)
    )


def _key(field: str) -> str | None:
    """How the lines of a field begin; None if its values are not in the text."""
    if field in ASKED:
        return f"\n{field}\t" if field in OF_FILE else None
    return None if _CONTROL.search(field) else f"\n={fold(field)}\t"


def _has(field: str) -> Condition | None:
    key = _key(field)
    return _in_text(key, exact=field not in LINKED) if key else None


def _in_text(part: str, *, exact: bool) -> Condition:
    return Condition("instr(asked.fields, ?)", (part,), exact)


def _of_value(field: str, test: Test) -> Condition | None:
    """What is true of everybody with a value in the field that passes the test."""
    if field in TEXTS:
        return _of_text(field, test.pieces) if isinstance(test, Holds) else None
    key = _key(field)
    if key is None:
        return None
    if isinstance(test, OneOf) or (isinstance(test, Like) and len(test.pieces) == 1):
        words = sorted(test.words) if isinstance(test, OneOf) else test.pieces
        if all(words) and not any(map(_CONTROL.search, words)) and field not in LINKED:
            return _any(_in_text(f"{key}{word}\n", exact=True) for word in words)
    if isinstance(test, (OfYear, Returning)):
        starts, is_exact = _of_year(test)
        return _any(_in_text(f"{key}{start}", exact=is_exact) for start in starts)
    pieces = test.pieces if isinstance(test, Like) else (test.digits,) if isinstance(test, Digits) else None
    if pieces is not None and not any(pieces):
        return None  # an empty value is not in the text, and passes
    written = () if pieces is None or field in LINKED else pieces
    parts = (key, *(one for one in written if one and not _CONTROL.search(one)))
    return _all(_in_text(part, exact=False) for part in parts)


def _of_year(test: OfYear | Returning) -> tuple[list[str], bool]:
    """How the days of the year that may pass the test begin (`05-17`, or `05-`), and whether all that do pass it."""
    (month, day), (last_month, last_day) = (
        (test.first, test.last)
        if isinstance(test, OfYear)
        else ((test.first.month, test.first.day), (test.last.month, test.last.day))
    )
    if isinstance(test, OfYear) and test.first == test.last:
        return [f"{month:02}-{day:02}"], True
    is_long = isinstance(test, Returning) and (test.last - test.first).days >= _MOST_OF_A_YEAR
    if is_long or (month == last_month and day > last_day):
        return [""], False
    months = [(month + more - 1) % 12 + 1 for more in range((last_month - month) % 12 + 1)]
    leap_day = ["02-29"] if isinstance(test, Returning) else []
    whole = isinstance(test, OfYear) and (day, last_day) == (1, 31)
    return [*(f"{one:02}-" for one in months), *leap_day], whole


def _of_text(field: str, pieces: tuple[str, ...]) -> Condition | None:
    """What is true of everybody in whose texts the folded pieces stand; words with no blank between are in one token."""
    if any(map(_CONTROL.search, pieces)) or not any(pieces):
        return None
    is_word = field == TEXT and len(pieces) == 1 and " " not in pieces[0]
    tokens = dict.fromkeys(token for piece in pieces for token in piece.split(" ") if token)
    narrow = _all(Condition("instr(sought.tokens, ?)", (token,), is_word) for token in tokens)
    if is_word or len(pieces) > 1:
        return narrow
    columns = ("words", "notes", "log") if field == TEXT else ("log",)
    there = _any(Condition(f"instr(text.{column}, ?)", pieces) for column in columns)
    found = _all([narrow, there])
    return found and found._replace(exact=True)
