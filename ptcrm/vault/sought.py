"""Where words may stand in a customer's file: its lines, by how good a place they are. Pure. Lines count from 1.

`Sought` keeps the words of these lines, so that the best place of a word is known without the file (`bound_of`).
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.fold import fold
from ptcrm.text.frontmatter import Fences, find_fences
from ptcrm.vault.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ptcrm.model.customer import Customer

# Where a line may stand, the best place first; those of one number are as good as each other.
LEVELS = {"name": 0, "alias": 1, "field": 1, "notes": 1, "log": 2}
_LOG = LEVELS["log"]
_KEY = re.compile(r"""["']?(?P<key>[^\s#:"'][^:"']*)["']?\s*:(?:\s|$)""")
_LINK = re.compile(r"\[\[[^\[\]|]*(?:\|(?P<words>[^\[\]]*))?\]\]|(?<=\])\([^()\s]*\)")
_LINK_SIGNS = ("[[", "](")
_OWN = {"name": "name", "id": "name", "aliases": "alias"}
_RUN = re.compile(r"\w+")
_MOST = 50  # words whose places are looked for in SQL
_NO_DAY_IS_LATER = date.max.toordinal()


class Place(NamedTuple):
    """A line that may be found: what it is, its number and text, where its value begins, the day of its log entry.

    `kind` is a key of `LEVELS`; `day` is an ordinal.
    """

    kind: str
    number: int
    text: str
    start: int = 0
    day: int = 0

    @property
    def seen(self) -> str:
        """What is searched of the line: its value, folded, without the targets of links."""
        value = self.text[self.start :]
        if any(sign in value for sign in _LINK_SIGNS):
            value = _LINK.sub(lambda link: link["words"] or "", value)
        return fold(value)


def places_of(text: str, days: Mapping[int, int], words: Collection[str] = ()) -> Iterator[Place]:
    """Every line of a file that may be found; `days` are those of the log entries, by line.

    With folded `words`, lines may be left out that have none of them.
    """
    fences = find_fences(text)
    end = fences.body if isinstance(fences, Fences) else 0
    kind, day, offset, lines = "", 0, 0, text.split("\n")
    may_have = _with_words(text, lines, words) if words else range(len(lines) + 1)
    for number, line in enumerate(lines, 1):
        start = 0
        if offset < end:
            offset += len(line) + 1
            if key := _KEY.match(line):
                name, start = key["key"].strip(), key.end()
                kind = _OWN.get(name, "" if name in BY_NAME else "field")
        elif number in days:
            kind, day = "log", days[number]
        elif kind != "log" or (line.strip() and not line[0].isspace()):
            kind, day = "notes", 0
        if kind and number in may_have and line.strip() not in ("", "---"):
            yield Place(kind, number, line, start, day)


def _with_words(text: str, lines: list[str], words: Iterable[str]) -> set[int]:
    """The numbers of the lines that have one of the folded words, and of those with links, where it is less clear."""
    folded = fold(text).split("\n") if text.isascii() else [fold(line) for line in lines]
    found = {number for word in words for number, line in enumerate(folded, 1) if word in line}
    for sign in _LINK_SIGNS:
        if sign in text:
            found.update(number for number, line in enumerate(lines, 1) if sign in line)
    return found


def names_of(one: Customer) -> list[Place]:
    """The places of name and id, if no line of the file has their words."""
    return [Place("name", one.lines.get("name", 1), name) for name in (one.name, one.id)]


class Sought(NamedTuple):
    """What may be looked for in a file, each word once, with a blank before and behind.

    `tokens` are what stands between blanks in the texts that a query searches. The others are words of letters and
    digits in the lines of each level: `names`, `notes`, and `entries` with a line for each day, the newest first; a
    word is on the line of its newest day. `days` are the ordinals of these lines.
    """

    tokens: str
    names: str
    notes: str
    entries: str
    days: str


def sought_of(one: Customer, searched: Iterable[str], text: str, days: Mapping[int, int]) -> Sought:
    """What may be looked for in the file with this `text`, whose log entries begin on the lines of `days`.

    `searched` are the texts that a query searches.
    """
    tokens = {token for part in searched for token in part.split()}
    found: tuple[set[str], set[str]] = set(), set()
    by_day: dict[int, set[str]] = {}
    for place in (*names_of(one), *places_of(text, days)):
        level = LEVELS[place.kind]
        words = by_day.setdefault(place.day, set()) if level == _LOG else found[level]
        words.update(_RUN.findall(place.seen))
    known: set[str] = set()
    entries: dict[int, str] = {}
    for day in sorted(by_day, reverse=True):
        if new := by_day[day] - known:
            entries[day] = _line(new)
            known |= new
    names, notes = map(_line, found)
    return Sought(_line(tokens), names, notes, "\n".join(entries.values()), " ".join(map(str, entries)))


def _line(words: Iterable[str]) -> str:
    return f" {' '.join(sorted(words))} "


# The best place of a word, from what is kept


class Bounds(NamedTuple):
    """How to look for the best places of words in `sought`: in SQL, with its values."""

    sql: str
    values: tuple[str, ...]


def bounds_of(words: Iterable[str]) -> Bounds:
    """What gives, for folded `words`, a number for each, with blanks between them; for too many words, nothing.

    That is twice the level of its best place, plus one if it is surely a part of words there: no place is better. A
    level beyond the last is that of a word which no line has.
    """
    found = [_bound_of(word) for word in words]
    sql = " || ' ' || ".join(one.sql for one in found[:_MOST])
    return (
        Bounds(sql, tuple(value for one in found for value in one.values))
        if len(found) <= _MOST
        else Bounds("''", ())
    )


def _bound_of(word: str) -> Bounds:
    runs = _RUN.findall(word)
    if not runs:
        return Bounds("0", ())
    parts, values = "", list[str]()
    for level, column in enumerate(("names", "notes", "entries")):
        there = " AND ".join(f"instr(sought.{column}, ?)" for _ in runs)
        values += runs
        part = ""
        if runs == [word]:
            part = f" + (instr(sought.{column}, ?) = 0)"
            values.append(f" {word} ")
        parts += f"WHEN {there} THEN {2 * level}{part} "
    return Bounds(f"CASE {parts}ELSE {2 * len(LEVELS)} END", tuple(values))


def asks_days(words: Iterable[str], bounds: Iterable[int]) -> bool:
    """Whether the rank of a file in which these are the bounds of the words depends on the days of its log."""
    return any(
        bound // 2 == _LOG or not _RUN.fullmatch(word) for word, bound in zip(words, bounds, strict=False)
    )


def newest_of(word: str, bound: int, entries: str, days: str) -> int:
    """The day (an ordinal) of the log that is the newest on which the best place of the `word` may stand; 0 in no log."""
    if _RUN.fullmatch(word) is None:
        return _NO_DAY_IS_LATER
    if bound // 2 != _LOG:
        return 0
    at = entries.find(word if bound % 2 else f" {word} ")
    return int(days.split(" ")[entries.count("\n", 0, at)])
