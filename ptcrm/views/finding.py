"""Where words stand in customers' files and in the library, the best places first; and the log entries of everyone."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.customer import Customer
from ptcrm.query.configured import typed
from ptcrm.query.lexer import Flaw, tokens_of
from ptcrm.text.fold import fold
from ptcrm.text.markdown import link_target
from ptcrm.vault.sought import LEVELS, Place, asks_days, bounds_of, names_of, newest_of, places_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ptcrm.model.customer import LogEntry
    from ptcrm.model.item import Item
    from ptcrm.workspace import Workspace

_AT_ONCE = 20  # files that are looked into before it is asked whether that was enough


class Line(NamedTuple):
    """A line of a customer's file that has some of the `words`; `whole` counts those that are whole words there.

    `place` is a key of `LEVELS`; `date` is that of the log entry the line belongs to.
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
        return (LEVELS[self.place], len(self.words) - self.whole, -day, self.number)


class Found(NamedTuple):
    """A customer, or something in the library, with the lines that have the words: each in one of them, if it is anywhere.

    `more` counts the other lines that have some of the words.
    """

    whose: Customer | Item
    lines: list[Line]
    more: int

    @property
    def name(self) -> str:
        """The customer's name, or the item's title."""
        return self.whose.name if isinstance(self.whose, Customer) else self.whose.title

    @property
    def is_item(self) -> bool:
        """Whether it is something in the library."""
        return not isinstance(self.whose, Customer)


class Search(NamedTuple):
    """Those in whose files words are found, the best places first; `more` counts those who come after them."""

    found: list[Found]
    more: int


Rank = tuple[
    tuple[int, ...], int, int
]  # the smaller, the better: levels of the words, parts of words, minus the newest day


def search(workspace: Workspace, paths: Sequence[str], words: Sequence[str], most: int | None) -> Search:
    """The places of the folded `words` in the files at `paths`, at `most` so many of them.

    Files are looked into as long as one may be better than those that are known.
    """
    patterns = _patterns(words)
    best: list[tuple[Rank, str, Found]] = []
    bounds = _in_bounds(workspace, paths, words)
    while part := list(islice(bounds, _AT_ONCE)):
        if most is not None and len(best) >= most and best[most - 1][:2] < part[0]:
            break
        best += _looked_into(workspace, [path for _, path in part], patterns)
        best.sort(key=itemgetter(0, 1))
    shown = best[:most]
    return Search([found for *_, found in shown], len(paths) - len(shown))


def _patterns(words: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """What finds each of the folded words as a whole word."""
    return {word: re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in words}


def _in_bounds(
    workspace: Workspace, paths: Sequence[str], words: Sequence[str]
) -> Iterator[tuple[Rank, str]]:
    """The `paths` by a rank than which their own is not better; those of whom none is known come first."""
    found = {*paths}
    yield from ((((), 0, 0), path) for path in sorted(found.intersection(workspace.cache.unread())))
    groups: dict[str, list[str]] = {}
    for path, bounds in workspace.cache.bounds(bounds_of(words), paths):
        groups.setdefault(bounds, []).append(path)
    ranks: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for bounds in groups:
        numbers = _numbers(bounds)
        rank = tuple(sorted(number // 2 for number in numbers)), sum(number % 2 for number in numbers)
        ranks.setdefault(rank, []).append(bounds)
    for (levels, parts), alike in sorted(ranks.items()):
        members = [
            (-day, path)
            for bounds in alike
            for path, day in _newest(workspace, groups[bounds], _numbers(bounds), words)
            if path in found
        ]
        yield from (((levels, parts, day), path) for day, path in sorted(members))


def _numbers(bounds: str) -> tuple[int, ...]:
    return tuple(map(int, bounds.split()))


def _newest(
    workspace: Workspace, paths: Sequence[str], bounds: tuple[int, ...], words: Sequence[str]
) -> Iterable[tuple[str, int]]:
    """For each of the `paths`, where these are the bounds of the words, the newest day on which one may stand."""
    if not asks_days(words, bounds):
        return ((path, 0) for path in paths)
    return (
        (path, max(newest_of(word, bound, entries, days) for word, bound in zip(words, bounds, strict=True)))
        for path, entries, days in workspace.cache.entries_sought(paths)
    )


def _looked_into(
    workspace: Workspace, paths: Sequence[str], patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[tuple[Rank, str, Found]]:
    """The files at `paths` with their ranks, and the lines that have the words."""
    days = workspace.index.days(paths)
    for one in workspace.cache.customers_at(paths):
        text = workspace.text(one.path) or ""
        lines = list(_lines(text, one, days.get(one.path, {}), patterns))
        yield _rank(lines, [*patterns]), one.path, _best(one, lines)


def _lines(
    text: str, one: Customer, days: Mapping[int, int], patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[Line]:
    """The lines that have some of the words; name and id, if no line has theirs."""
    named: set[str] = set()
    for place in places_of(text, days, patterns):
        if found := _line(place, patterns):
            named.update(found.words if found.place == "name" else ())
            yield found
    for place in names_of(one):
        found = _line(place, patterns)
        if found and not named.issuperset(found.words):
            named.update(found.words)
            yield found


def _line(place: Place, patterns: Mapping[str, re.Pattern[str]]) -> Line | None:
    """The line, if it has any of the words outside the targets of links."""
    seen = place.seen
    words = tuple(word for word in patterns if word in seen)
    if not words:
        return None
    whole = sum(bool(patterns[word].search(seen)) for word in words)
    day = date.fromordinal(place.day) if place.day else None
    return Line(place.kind, place.number, place.text.strip(), words, whole, day)


def _rank(lines: Iterable[Line], words: Sequence[str]) -> Rank:
    """The smaller, the better: the places of the words from the best on, whole words, the newest entry."""
    best = [
        min((line.rank for line in lines if word in line.words), default=(len(LEVELS), 0, 0, 0))
        for word in words
    ]
    return (
        tuple(sorted(level for level, *_ in best)),
        sum(parts for _, parts, *_ in best),
        min((day for _, _, day, _ in best), default=0),
    )


def _best(one: Customer, lines: list[Line]) -> Found:
    """The customer with the lines chosen; with the name, if no line has any of the words."""
    if not lines:
        return Found(one, [Line("name", one.lines.get("name", 1), one.name, (), 0)], 0)
    chosen = _chosen(lines)
    return Found(one, chosen, len(lines) - len(chosen))


def _chosen(lines: Sequence[Line]) -> list[Line]:
    """As few of the lines as have all the words that are found, the best ones."""
    chosen: list[Line] = []
    missing = {word for line in lines for word in line.words}
    while missing:
        line = min(lines, key=lambda line: (-len(missing.intersection(line.words)), line.rank))
        chosen.append(line)
        missing.difference_update(line.words)
    return chosen


def search_library(workspace: Workspace, words: Sequence[str]) -> list[Found]:
    """Everything in the library that has all of the folded `words`, with the lines that have them, by path."""
    patterns = _patterns(words)
    found = []
    for item in workspace.index.library().items if words else ():
        lines = [line for place in _places(item) if (line := _line(place, patterns))]
        if {word for line in lines for word in line.words} >= {*words}:
            chosen = _chosen(lines)
            found.append(Found(item, chosen, len(lines) - len(chosen)))
    return found


def _places(item: Item) -> Iterator[Place]:
    """The lines of an item that may be found; of its front matter the values alone."""
    fields = [("title", item.title), ("url", item.url or ""), ("topics", ", ".join(item.topics)), *item.own]
    for name, value in fields:
        yield Place("name" if name == "title" else "field", item.lines.get(name, 1), value)
    for number, line in enumerate(item.text.split("\n"), item.begins):
        yield Place("notes", number, line)


def found_rows(found: Iterable[Found]) -> Iterator[dict[str, object]]:
    """Each line as a flat object (the JSON of `find`; docs/json.md); the library's are of no customer."""
    for one in found:
        is_item = one.is_item
        for line in one.lines:
            yield {
                "customer": None if is_item else one.whose.id,
                "name": one.name,
                "place": "library" if is_item else line.place,
                "date": line.date.isoformat() if line.date else None,
                "text": line.text,
                "words": list(line.words),
                "path": one.whose.path,
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


def words_sought(typed_words: Sequence[str]) -> list[str]:
    """The words and phrases of a query that can be read, folded; without those behind a minus and links."""
    tokens = tokens_of(typed(typed_words).text)
    if isinstance(tokens, Flaw):
        return []
    pairs = zip((None, *tokens), tokens, strict=False)
    bare = [one for before, one in pairs if one.kind == "words" and (before is None or before.kind != "-")]
    pieces = (fold(piece) for token in bare if not link_target(token.text) for piece in token.text.split("*"))
    return list(dict.fromkeys(filter(None, pieces)))


def words_alone(typed_words: Sequence[str]) -> list[str]:
    """The words, folded, if there is nothing else among what was typed; the library has no fields of a customer."""
    tokens = tokens_of(typed(typed_words).text)
    is_plain = not isinstance(tokens, Flaw) and all(one.kind in ("words", "end") for one in tokens)
    return words_sought(typed_words) if is_plain else []


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
