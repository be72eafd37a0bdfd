"""Where words stand in customers' files, the best places first; and the log entries of everyone."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.fold import fold
from ptcrm.text.frontmatter import Fences, find_fences
from ptcrm.vault.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ptcrm.model.customer import Customer, LogEntry
    from ptcrm.workspace import Workspace

# Where a line may stand, the best place first; those of one number are as good as each other.
_LEVELS = {"name": 0, "alias": 1, "field": 1, "notes": 1, "log": 2}
_KEY = re.compile(r"""["']?(?P<key>[^\s#:"'][^:"']*)["']?\s*:(?:\s|$)""")
_LINK = re.compile(r"\[\[[^\[\]|]*(?:\|(?P<words>[^\[\]]*))?\]\]|(?<=\])\([^()\s]*\)")
_OWN = {"name": "name", "id": "name", "aliases": "alias"}


class Line(NamedTuple):
    """A line of a customer's file that has some of the `words`; `whole` counts those that are whole words there.

    `place` is a key of the levels above; `date` is that of the log entry the line belongs to.
    """

    place: str
    number: int
    text: str
    words: tuple[str, ...]
    whole: int
    date: date | None = None

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The smaller, the better: by place, by whole words, newer entries first, then from the top."""
        day = self.date.toordinal() if self.date else 0
        return (_LEVELS[self.place], len(self.words) - self.whole, -day, self.number)


class Found(NamedTuple):
    """A customer with the lines that have the words: each of these is in one of them, if it is anywhere.

    `more` counts the other lines that have some of the words.
    """

    customer: Customer
    lines: list[Line]
    more: int


def search(workspace: Workspace, customers: Sequence[Customer], words: Sequence[str]) -> list[Found]:
    """The places of the folded `words` in the files of `customers`, the best ones first."""
    logs = workspace.index.logs([one.path for one in customers])
    patterns = {word: re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in words}
    ranked = []
    for one in customers:
        text = workspace.text(one.path) or ""
        days = {row.line: date.fromordinal(row.day) for row in logs.get(one.path, ())}
        lines = list(_lines(text, one, days, patterns))
        ranked.append((_rank(lines, words), one.path, _best(one, lines)))
    ranked.sort(key=lambda found: found[:2])
    return [found for *_, found in ranked]


class _Place(NamedTuple):
    """A line that may be found: what it is, its number and text, where its value begins, the day of its log entry."""

    kind: str
    number: int
    text: str
    start: int = 0
    day: date | None = None


def _lines(
    text: str, one: Customer, days: Mapping[int, date], patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[Line]:
    """The lines that have some of the words; name and id, if no line has theirs."""
    named: set[str] = set()
    for place in _places(text, days):
        if found := _line(place, patterns):
            named.update(found.words if found.place == "name" else ())
            yield found
    for name in (one.name, one.id):
        found = _line(_Place("name", one.lines.get("name", 1), name), patterns)
        if found and not named.issuperset(found.words):
            named.update(found.words)
            yield found


def _places(text: str, days: Mapping[int, date]) -> Iterator[_Place]:
    """Every line that may be found; `days` are those of the log entries, by line."""
    fences = find_fences(text)
    end = fences.body if isinstance(fences, Fences) else 0
    kind, day, offset = "", None, 0
    for number, line in enumerate(text.split("\n"), 1):
        start = 0
        if offset < end:
            if key := _KEY.match(line):
                name, start = key["key"].strip(), key.end()
                kind = _OWN.get(name, "" if name in BY_NAME else "field")
        elif number in days:
            kind, day = "log", days[number]
        elif kind != "log" or (line.strip() and not line[0].isspace()):
            kind, day = "notes", None
        if kind and line.strip() not in ("", "---"):
            yield _Place(kind, number, line, start, day)
        offset += len(line) + 1


def _line(place: _Place, patterns: Mapping[str, re.Pattern[str]]) -> Line | None:
    """The line, if it has any of the words outside the targets of links."""
    value = place.text[place.start :]
    if "[[" in value or "](" in value:
        value = _LINK.sub(lambda link: link["words"] or "", value)
    seen = fold(value)
    words = tuple(word for word in patterns if word in seen)
    if not words:
        return None
    whole = sum(bool(patterns[word].search(seen)) for word in words)
    return Line(place.kind, place.number, place.text.strip(), words, whole, place.day)


def _rank(lines: Iterable[Line], words: Sequence[str]) -> tuple[object, ...]:
    """The smaller, the better: the places of the words from the best on, whole words, the newest entry."""
    best = [
        min((line.rank for line in lines if word in line.words), default=(len(_LEVELS), 0, 0, 0))
        for word in words
    ]
    return (
        sorted(level for level, *_ in best),
        sum(parts for _, parts, *_ in best),
        min((day for _, _, day, _ in best), default=0),
    )


def _best(one: Customer, lines: list[Line]) -> Found:
    """As few of the lines as have all the words that are found, the best ones; the name, if no line has any."""
    chosen: list[Line] = []
    missing = {word for line in lines for word in line.words}
    while missing:
        line = min(lines, key=lambda line: (-len(missing.intersection(line.words)), line.rank))
        chosen.append(line)
        missing.difference_update(line.words)
    if not lines:
        return Found(one, [Line("name", one.lines.get("name", 1), one.name, (), 0)], 0)
    return Found(one, chosen, len(lines) - len(chosen))


def found_rows(found: Iterable[Found]) -> Iterator[dict[str, object]]:
    """Each line as a flat object (the JSON of `find`; docs/json.md)."""
    for one in found:
        for line in one.lines:
            yield {
                "customer": one.customer.id,
                "name": one.customer.name,
                "place": line.place,
                "date": line.date.isoformat() if line.date else None,
                "text": line.text,
                "words": list(line.words),
                "path": one.customer.path,
                "line": line.number,
            }


def marks(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where the folded `words` stand in `text`, as half-open ranges in order that do not overlap."""
    folded, places = "", []
    for at, char in enumerate(text):
        part = fold(char)
        folded += part
        places += [at] * len(part)
    places.append(len(text))
    found = [
        (places[hit.start()], places[hit.end() - 1] + 1)
        for word in words
        for hit in re.finditer(re.escape(word), folded)
    ]
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


# Log entries


class Entry(NamedTuple):
    """A log entry and whose it is."""

    customer: Customer
    entry: LogEntry


class Timeline(NamedTuple):
    """Entries, the newest first; `more` counts those that are older than the last one."""

    entries: list[Entry]
    more: int


def timeline(
    workspace: Workspace,
    days: tuple[date, date],
    most: int | None,
    only: Collection[str] | None = None,
    channels: Collection[str] = (),
) -> Timeline:
    """The log entries from the first of `days` to the last (both included), at `most` so many.

    With `only`, those of the customers at these paths; with `channels`, those by one of them. On one day they are by
    file, and in a file the newest come first.
    """
    first, last = (day.toordinal() for day in days)
    found = [
        (-row.day, path, -row.place, row.line)
        for path, row in workspace.index.entries()
        if row.place >= 0
        and first <= row.day <= last
        and (only is None or path in only)
        and (not channels or row.form.channel in channels)
    ]
    rows = [(path, line) for _, path, _, line in sorted(found)]
    shown = rows[:most]
    read = {path: dict(_entries(workspace, path)) for path in dict.fromkeys(path for path, _ in shown)}
    entries = [read[path][line] for path, line in shown if line in read[path]]
    return Timeline(entries, len(rows) - len(shown))


def _entries(workspace: Workspace, path: str) -> Iterator[tuple[int, Entry]]:
    """The entries of the file at `path` by their lines; none if it can no longer be read."""
    if workspace.text(path) is None:
        return
    customer = workspace.read(path).customer
    if customer is not None:
        yield from ((entry.line, Entry(customer, entry)) for entry in customer.log)


def entry_row(one: Entry) -> dict[str, object]:
    """A log entry as a flat object (the JSON of `timeline`; docs/json.md)."""
    entry = one.entry
    return {
        "customer": one.customer.id,
        "name": one.customer.name,
        "date": entry.date.isoformat(),
        "time": entry.at.strftime("%H:%M") if entry.at else None,
        "channel": entry.channel,
        "qualifiers": list(entry.qualifiers),
        "text": entry.text,
        "path": one.customer.path,
        "line": entry.line,
    }
