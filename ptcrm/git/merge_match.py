"""Which part of a file is which part of another version of it. Pure; nothing here is quadratic in the file's length."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.merge_headings import match_headings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptcrm.text.frontmatter import Node

_ROUNDS = 16  # of looking between what is known; people's edits need two or three
_MOST_PAIRS = 2500  # that are compared word by word in one place
_SHORT = 300  # characters
_ALIKE = 0.6
_WORDS_ALIKE = 0.5
_CONTAINED = 0.9
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BETWEEN = re.compile(r"([ \t\r]*\n[ \t]*|(?<=[.!?…])[ \t]+(?=\S))")
_WORDS = re.compile(r"\w+|[^\w\s]")


class Part(NamedTuple):
    """A part of a file that is merged as a whole: a key with its value, a log entry, a follow-up, a paragraph.

    `name` says which part it is: the same name in another version is the same part. `text` is whole lines with
    their ends (or a piece of one line). `gap` are the blank lines above. `same` is what a follow-up is known
    by after its text has changed. `when` is the day and time of an item, `under` the heading it stands below.
    A follow-up is `open` or `closed` by its `mark`; `past` in the base where a side has gone on with the next.
    """

    kind: str
    name: str
    text: str
    gap: str = ""
    same: str = ""
    when: str = ""
    under: str = ""
    node: Node | None = None
    at: int = 0
    mark: str = ""
    repeats: bool = False


Matches = list[int | None]  # for each part of a side the place in the base, or None for a new one
_Ranges = tuple[int, int, int, int]  # from and to in the one, from and to in the other

# Kinds whose text may change while they stay what they are. An entry that is edited is another entry.
_EDITED = frozenset(["task", "text", "heading", "item", "code"])
COUNTED = frozenset(["entry", "member"])  # they may be there several times, and an edit makes another one


def matches(base: Sequence[Part], side: Sequence[Part]) -> Matches:
    """For each part of `side` the place of the part of `base` that it is, or None if it is new.

    First parts of one name in their order, then those that have moved, then follow-ups by what they are known by,
    then what was edited: alike, of one kind and in one place; last headings by what stands below them.
    """
    order = aligned([part.name for part in base], [part.name for part in side])
    found: Matches = [None] * len(side)
    for one, other in order:
        found[other] = one
    free = set(range(len(base))) - {one for one, _ in order}
    for known in (named, planned, _same):
        _match_by(free, found, base, side, known)
    _match_edited(free, found, base, side, order)
    _match_edited(free, found, base, side, [])
    match_headings(base, side, found)
    return found


def named(part: Part) -> str:
    """Which part it is."""
    return part.name


def _same(part: Part) -> str:
    return part.same


def planned(part: Part) -> str:
    """By what a follow-up is known with its day: its block id, else its channel and words and the day."""
    day = None if part.same.startswith("^") else DAY.search(part.text)
    return f"{part.same}|{day[0]}" if day and part.same else part.same


def aligned(base: Sequence[str], side: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places of equal names in one order: what begins and ends alike, and between that what stands once in both."""
    pairs: list[tuple[int, int]] = []
    waiting = [(0, len(base), 0, len(side), _ROUNDS)]
    while waiting:
        low, high, left, right, rounds = waiting.pop()
        while low < high and left < right and base[low] == side[left]:
            pairs.append((low, left))
            low, left = low + 1, left + 1
        while low < high and left < right and base[high - 1] == side[right - 1]:
            high, right = high - 1, right - 1
            pairs.append((high, right))
        if low == high or left == right or not rounds:
            continue
        edge = (low, left)
        anchors = _anchors(base, side, (low, high, left, right))
        for one, other in [*anchors, (high, right)] if anchors else ():
            waiting.append((edge[0], one, edge[1], other, rounds - 1))
            edge = (one, other)
    return sorted(pairs)


def _anchors(base: Sequence[str], side: Sequence[str], ranges: _Ranges) -> list[tuple[int, int]]:
    """The longest row of names that stand once in both ranges, in one order."""
    low, high, left, right = ranges
    ones, others = Counter(base[low:high]), Counter(side[left:right])
    places = {side[at]: at for at in range(left, right) if others[side[at]] == 1}
    pairs = [(at, places[base[at]]) for at in range(low, high) if ones[base[at]] == 1 and base[at] in places]
    ends: list[int] = []  # of the best row of each length, its last place in `side`
    rows: list[int] = []  # and its number among the pairs
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(rows[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        rows[length : length + 1] = [number]
    row, at = [], rows[-1] if rows else -1
    while at >= 0:
        row.append(pairs[at])
        at = before[at]
    return row[::-1]


def _match_by(
    free: set[int],
    found: Matches,
    base: Sequence[Part],
    side: Sequence[Part],
    known: Callable[[Part], str],
) -> None:
    """Match what is left by what it is `known` by, in the order of the file."""
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for place in sorted(free):
        waiting[known(base[place])].append(place)
    waiting.pop("", None)
    for place, part in enumerate(side):
        same = waiting.get(known(part)) if found[place] is None else None
        if same:
            found[place] = at = same.popleft()
            free.discard(at)


def _match_edited(
    free: set[int],
    found: Matches,
    base: Sequence[Part],
    side: Sequence[Part],
    order: list[tuple[int, int]],
) -> None:
    """Match parts that are alike and stand between the same two parts that did not change."""
    places: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    ones, others = [one for one, _ in order], [other for _, other in order]
    for place in sorted(free):
        if base[place].kind in _EDITED:
            places[bisect_left(ones, place)][0].append(place)
    for place, one in enumerate(found):
        if one is None and side[place].kind in _EDITED:
            places[bisect_left(others, place)][1].append(place)
    for old, new in places.values():
        for one, other in alike([base[at] for at in old], [side[at] for at in new]):
            found[new[other]] = old[one]
            free.discard(old[one])


def alike(ones: Sequence[Part], others: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """Pairs of places of parts of one kind whose texts are alike, each part at most once.

    Where there are as many here as there, in their order if that fits; else the best pairs first.
    """
    if len(ones) == len(others) and all(
        one.kind == other.kind and _likeness(one, other) for one, other in zip(ones, others, strict=True)
    ):
        yield from zip(range(len(ones)), range(len(others)), strict=True)
        return
    if len(ones) * len(others) > _MOST_PAIRS:
        return
    ranked = sorted(
        (-likeness, -_kept(one, other), min(one.text, other.text), max(one.text, other.text), at, place)
        for at, one in enumerate(ones)
        for place, other in enumerate(others)
        if one.kind == other.kind and (likeness := _likeness(one, other))
    )
    taken: set[int] = set()
    placed: set[int] = set()
    for *_, at, place in ranked:
        if at not in taken and place not in placed:
            taken.add(at)
            placed.add(place)
            yield at, place


def _likeness(one: Part, other: Part) -> float:
    """How much two texts have in common, from 0 (too little) to 1; the same whichever comes first."""
    from difflib import SequenceMatcher

    first, second = sorted([_compared(one), _compared(other)])
    if not first:
        return 0.0
    if first.strip() in second or second.strip() in first:
        return _CONTAINED
    if len(first) < _SHORT and len(second) < _SHORT:
        ratio = _ratio(SequenceMatcher(None, first, second, autojunk=False))
        return ratio if ratio >= _ALIKE else 0.0
    words = SequenceMatcher(None, _WORDS.findall(first), _WORDS.findall(second), autojunk=False)
    ratio = _ratio(words)
    return ratio if ratio >= _WORDS_ALIKE else 0.0


def _compared(part: Part) -> str:
    """The text that says what a part is: of a heading its title, of a follow-up its words, and none with a block id."""
    if part.kind == "heading":
        return part.same
    if part.kind != "task":
        return part.text
    return "" if part.same.startswith("^") else part.same.partition("|")[2]


def _kept(one: Part, other: Part) -> int:
    """How much of what a follow-up has beside its words is the same: its channel, its day."""
    channels = {part.same.partition("|")[0] for part in (one, other)}
    days = {tuple(DAY.findall(part.text)) for part in (one, other)}
    return (len(channels) == 1) + (len(days) == 1)


def _ratio(matcher: object) -> float:
    quick: float = matcher.quick_ratio()  # type: ignore[attr-defined]
    return matcher.ratio() if quick >= _WORDS_ALIKE else 0.0  # type: ignore[attr-defined]


def three_way(base: str | None, ours: str | None, theirs: str | None) -> str | None:
    """What both sides make of one text: the one that was changed; None if both changed it, and otherwise."""
    if theirs in (ours, base):
        return ours
    return theirs if ours == base else None


def merge_lines(base: str, ours: str, theirs: str, *, is_code: bool = False) -> str | None:
    """A paragraph of which each side changed other lines or sentences; None if they are the same ones, or touch.

    Lines and sentences that both sides added in one place are all kept, and a side that changed nothing but blanks
    and line breaks gives way; not so in code.
    """
    old, left, right = (_sentences(text) for text in (base, ours, theirs))
    ones, others = dict(aligned(old, left)), dict(aligned(old, right))
    both = [place for place in range(len(old)) if place in ones and place in others]
    merged: list[str] = []
    at, here, there = 0, 0, 0
    for place in [*both, len(old)]:
        end, stop = ones.get(place, len(left)), others.get(place, len(right))
        pieces = ("".join(old[at:place]), "".join(left[here:end]), "".join(right[there:stop]))
        piece = three_way(*pieces)
        if piece is None:
            piece = None if is_code else _side_by_side(*pieces)
        if piece is None:
            return None
        merged += (piece, *old[place : place + 1])
        at, here, there = place + 1, end + 1, stop + 1
    return "".join(merged)


def _side_by_side(base: str, ours: str, theirs: str) -> str | None:
    """Both of what was added in one place, or the side that changed words; None if both changed some."""
    words = base.split()
    if ours.split() == words or theirs.split() == words:
        return (
            max(ours, theirs) if ours.split() == theirs.split() else theirs if ours.split() == words else ours
        )
    return both_added(ours, theirs) if not words else None


def both_added(ours: str, theirs: str) -> str:
    """Two texts after each other, the same whichever is whose; one if it holds the other."""
    if ours in theirs or theirs in ours:
        return max(ours, theirs, key=len)
    return "".join(sorted([ours, theirs]))


def _sentences(text: str) -> list[str]:
    """Sentences and what stands between them; joined they are the text."""
    return [piece for piece in _BETWEEN.split(text) if piece]
