"""Three versions of a row of parts made into one: what is in it, in which order, with which blank lines. Pure.

Nothing here depends on which side is which, but for the two sides of a conflict.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.merge_headings import headings_of
from ptcrm.git.merge_match import Matches, Part, aligned, alike, matches, named, planned, three_way
from ptcrm.git.merge_series import go_on

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

START = -1
_PROSE = frozenset(["text", "code"])
_PROSE_OR_TASK = _PROSE | {"task", "item", "heading"}
_COUNTED = frozenset(["entry", "member"])  # they may be there several times, and an edit makes another one
_LISTED = _COUNTED | {"task", "item", "key", "comment", "named", "slot"}


class Conflict(NamedTuple):
    """Two texts of which a person has to choose one, both whole."""

    ours: str
    theirs: str


Piece = str | Conflict


@dataclass(frozen=True, slots=True)
class Rules:
    """What is made of a part that both sides have and both changed.

    `is_same` says when a part counts as unchanged, `is_gone` when one that is there says nothing any more.
    """

    resolve: Callable[[Part | None, Part, Part], list[Piece]]
    is_same: Callable[[Part, Part], bool] = lambda one, other: one.text == other.text
    is_gone: Callable[[Part], bool] = lambda _: False


class Woven(NamedTuple):
    """The pieces of the result, the parts that it has, and those among them that one side had removed."""

    pieces: list[Piece]
    parts: list[Part]
    kept: list[Part]


@dataclass(frozen=True, slots=True)
class _Versions:
    """The parts of each version by number, in the order of the file; one number is one part."""

    base: dict[int, Part]
    ours: dict[int, Part]
    theirs: dict[int, Part]
    _downward: dict[frozenset[str], bool] = field(default_factory=dict)

    def part(self, number: int) -> Part:
        """Any version of the part."""
        return self.ours.get(number) or self.theirs.get(number) or self.base[number]

    def rank(self, number: int) -> tuple[str, str, int]:
        """By what a part that both sides have is put in order, whichever side is which."""
        texts = sorted([self.ours[number].text, self.theirs[number].text])
        return texts[0], texts[1], number if number in self.base else len(self.base)

    def is_downward(self, under: frozenset[str]) -> bool:
        """Whether the log under these headings has the newest entry first, or does not tell (FORMAT §2.3)."""
        if under not in self._downward:
            told = {_direction(version.values(), under) for version in (self.ours, self.theirs)} - {None}
            known = _direction(self.base.values(), under)
            self._downward[under] = known if known is not None else told != {False}
        return self._downward[under]


def _direction(parts: Iterable[Part], under: Container[str]) -> bool | None:
    days = [part.when[:10] for part in parts if part.kind == "entry" and part.when and part.under in under]
    return None if not days or days[0] == days[-1] else days[0] > days[-1]


def merge_parts(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], rules: Rules) -> Woven:
    """What both sides made of the parts of `base`.

    A part is in the result if both sides have it, if one side added it, or if one side changed what the other
    removed; how often a log entry is, `entry_counts` says. The order is that of the side that moved something.
    What one side added stands below what it stands below there.
    """
    known = _numbered(base, ours, theirs)
    dropped, kept = _dropped(known, rules)
    order = _order(known, dropped)
    pieces: list[Piece] = []
    above = START
    gaps = _Gaps(known)
    for number in order:
        pieces += [gap] if (gap := gaps.between(above, number)) else []
        pieces += _resolved(known, number, rules, kept)
        above = number
    return Woven(pieces, [known.part(number) for number in order], kept)


def _resolved(known: _Versions, number: int, rules: Rules, kept: list[Part]) -> list[Piece]:
    base, ours, theirs = known.base.get(number), known.ours.get(number), known.theirs.get(number)
    if ours is None or theirs is None:
        return [(ours or theirs or known.base[number]).text]
    text = three_way(base and base.text, ours.text, theirs.text)
    if text is not None:
        return [text]
    for gone, other in ((ours, theirs), (theirs, ours)):
        if rules.is_gone(gone) and not rules.is_gone(other):
            if base is not None and rules.is_same(base, other):
                return [gone.text]
            kept += [other] if base is not None and not rules.is_gone(base) else []
            return [other.text]
    return rules.resolve(base, ours, theirs)


def entry_counts(base: Iterable[Part], ours: Iterable[Part], theirs: Iterable[Part]) -> Counter[str]:
    """How often each log entry is in the result, by its whole text; or each member of a list.

    An entry is there b times in the base, o and t times on the two sides. If one side left the number as it was,
    the other side's counts: max(o, t) where something was added, fewer where something was removed. If both
    changed it, the larger of o and t, so that no removal outdoes an addition.
    """
    old, left, right = (
        Counter(part.name for part in parts if part.kind in _COUNTED) for parts in (base, ours, theirs)
    )
    return Counter(
        {
            name: number
            for name in left.keys() | right.keys()
            if (number := _count(old[name], left[name], right[name]))
        }
    )


def _count(base: int, ours: int, theirs: int) -> int:
    if ours == base:
        return theirs
    return ours if theirs == base else max(ours, theirs)


# What is what


def _numbered(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part]) -> _Versions:
    left, right = matches(base, ours), matches(base, theirs)
    _agree(base, ours, theirs, left, right)
    base = go_on(base, ours, theirs, left, right)
    new = [place for place, number in enumerate(left) if number is None]
    also_new = [place for place, number in enumerate(right) if number is None]
    added = [ours[place] for place in new], [theirs[place] for place in also_new]
    pairs = _added_by_both(*added)
    if len(base) <= 1:  # its end, which all have
        _add_alike(pairs, *added)
    for count, place in enumerate(new):
        left[place] = len(base) + count
    for count, place in enumerate(also_new):
        right[place] = pairs.get(count, len(new) + count) + len(base)
    return _Versions(
        dict(enumerate(base)),
        {number: part for number, part in zip(left, ours, strict=True) if number is not None},
        {number: part for number, part in zip(right, theirs, strict=True) if number is not None},
    )


def _added_by_both(ours: Sequence[Part], theirs: Sequence[Part]) -> dict[int, int]:
    """The parts that both sides added: from the place in `theirs` to that in `ours`."""
    order = aligned([part.name for part in ours], [part.name for part in theirs])
    pairs = {other: one for one, other in order}
    for known in (named, planned):
        waiting = defaultdict[str, list[int]](list)
        for place in sorted(set(range(len(ours))) - set(pairs.values()), reverse=True):
            waiting[known(ours[place])].append(place)
        for place, part in enumerate(theirs):
            if place not in pairs and known(part) and waiting.get(known(part)):
                pairs[place] = waiting[known(part)].pop()
    return pairs


def _add_alike(pairs: dict[int, int], ours: Sequence[Part], theirs: Sequence[Part]) -> None:
    """Paragraphs that are alike: where nobody knows what both began from, one was made from the other."""
    taken = set(pairs.values())
    left = [place for place, part in enumerate(ours) if place not in taken and part.kind in _PROSE]
    right = [place for place, part in enumerate(theirs) if place not in pairs and part.kind in _PROSE]
    for one, other in alike([ours[at] for at in left], [theirs[at] for at in right]):
        pairs[right[other]] = left[one]


def _agree(
    base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], left: Matches, right: Matches
) -> None:
    """Let a part that is new to the base and the same on both sides be one part."""
    mine, yours = (_changed(base, *side) for side in ((ours, left), (theirs, right)))
    for name in sorted(mine.keys() & yours.keys()):
        one, other = mine[name], yours[name]
        known = {number for number in (left[one], right[other]) if number is not None}
        if left[one] == right[other] or len(known) > 1:  # two parts of the base, which have come to be alike
            continue
        for found, sides, place in ((left, ours, one), (right, theirs, other)):
            _let_be(base, sides, found, place, min(known))
        if left[one] != right[other]:
            left[one] = right[other] = None


def _changed(base: Sequence[Part], side: Sequence[Part], matches: Matches) -> dict[str, int]:
    return {
        part.name: place
        for place, (part, number) in enumerate(zip(side, matches, strict=True))
        if part.kind in _PROSE_OR_TASK and (number is None or base[number].name != part.name)
    }


def _let_be(base: Sequence[Part], side: Sequence[Part], matches: Matches, place: int, number: int) -> None:
    """Let the part at `place` be the part `number` of the base, unless that stands there unchanged."""
    if matches[place] == number:
        return
    held = matches.index(number) if number in matches else None
    if held is not None and side[held].name == base[number].name:
        matches[place] = None
        return
    if held is not None:
        matches[held] = None
    matches[place] = number


# What is left out


def _dropped(known: _Versions, rules: Rules) -> tuple[set[int], list[Part]]:
    """The parts that are not in the result, and those that are although one side removed them.

    A heading stays where the other side has something new below it, which would be in another section else.
    """
    dropped, kept = set(), dict[int, Part]()
    for side, other in ((known.ours, known.theirs), (known.theirs, known.ours)):
        for number in [number for number in side if number not in other and number in known.base]:
            if side[number].kind in _COUNTED:
                continue
            if rules.is_same(known.base[number], side[number]):
                dropped.add(number)
            else:
                kept[number] = side[number]
        here = {
            number for number in side if number not in other and (number in kept or number not in known.base)
        }
        for number in headings_of(side, here) & dropped:
            dropped.discard(number)
            kept[number] = side[number]
    return dropped | set(_dropped_entries(known)), [kept[number] for number in sorted(kept)]


def _dropped_entries(known: _Versions) -> Iterator[int]:
    """The entries that are more than `entry_counts` gives; those that both sides have go last."""
    counts = entry_counts(known.base.values(), known.ours.values(), known.theirs.values())
    numbers = defaultdict[str, list[tuple[bool, int]]](list)
    for number in known.ours.keys() | known.theirs.keys():
        part = known.part(number)
        if part.kind in _COUNTED:
            in_both = number in known.ours and number in known.theirs
            numbers[part.name].append((not in_both, number))
    for name, found in numbers.items():
        if len(found) > counts[name]:
            yield from (number for _, number in sorted(found)[counts[name] :])


# In which order


def _order(known: _Versions, dropped: set[int]) -> list[int]:
    """The numbers of the result in their order."""
    shared = _shared_order(known, dropped)
    inside = set(shared)
    left, right = (_runs(side, inside, dropped) for side in (known.ours, known.theirs))
    order: list[int] = []
    for number in (START, *shared):
        order += [number] if number != START else []
        order += _together(known, left.get(number, []), right.get(number, []))
    return order


def _shared_order(known: _Versions, dropped: set[int]) -> list[int]:
    """The parts that both sides have, in the order of the side that moved some of them.

    If both moved some, in the order that comes first by the texts, so that it is the same whoever merges.
    """
    left = [number for number in known.ours if number in known.theirs and number not in dropped]
    right = [number for number in known.theirs if number in known.ours and number not in dropped]
    if left == right:
        return left
    inside = set(left)
    old = [number for number in known.base if number in inside]
    ours_moved = old != [number for number in left if number in known.base]
    theirs_moved = old != [number for number in right if number in known.base]
    if ours_moved != theirs_moved:
        return left if ours_moved else right
    return min(left, right, key=lambda order: [known.rank(number) for number in order])


def _runs(side: Iterable[int], inside: set[int], dropped: set[int]) -> dict[int, list[int]]:
    """What only this side has, by the shared part that it stands below."""
    runs = defaultdict[int, list[int]](list)
    above = START
    for number in side:
        if number in inside:
            above = number
        elif number not in dropped:
            runs[above].append(number)
    return runs


def _together(known: _Versions, ours: list[int], theirs: list[int]) -> list[int]:
    """What the two sides added in one place: first what belongs to the section that is there, then new sections."""
    if not (ours and theirs):
        return ours or theirs
    (left, after), (right, later) = _at_heading(known, ours), _at_heading(known, theirs)
    return [*_in_time(known, left, right), *_by_text(known, after, later)]


def _at_heading(known: _Versions, run: list[int]) -> tuple[list[int], list[int]]:
    cut = next((at for at, number in enumerate(run) if known.part(number).kind == "heading"), len(run))
    return run[:cut], run[cut:]


def _by_text(known: _Versions, left: list[int], right: list[int]) -> list[int]:
    first, second = sorted([left, right], key=lambda run: [known.part(number).text for number in run])
    return [*first, *second]


def _in_time(known: _Versions, left: list[int], right: list[int]) -> list[int]:
    """Entries in the order of their log, each side's own order kept; other parts one side after the other."""
    days, others = _days(known, left), _days(known, right)
    if not any(days) or not any(others):
        return _by_text(known, left, right)
    is_downward = known.is_downward(frozenset(known.part(run[0]).under for run in (left, right)))
    merged: list[int] = []
    here, there = 0, 0
    while here < len(left) and there < len(right):
        if days[here] == others[there]:
            is_first = known.part(left[here]).text <= known.part(right[there]).text
        else:
            is_first = (days[here] > others[there]) == is_downward
        if is_first:
            merged.append(left[here])
            here += 1
        else:
            merged.append(right[there])
            there += 1
    return [*merged, *left[here:], *right[there:]]


def _days(known: _Versions, run: list[int]) -> list[str]:
    """When each part of a run was; what has no day goes with the one above."""
    days: list[str] = []
    for number in run:
        days.append(known.part(number).when or (days[-1] if days else ""))
    return days


# With which blank lines


class _Gaps:
    """The blank lines between two parts: as they are where the two meet already, else as around them."""

    def __init__(self, known: _Versions) -> None:
        self.sides = (known.ours, known.theirs)
        self.versions = (known.base, *self.sides)
        self.above = [_above(version) for version in self.versions]
        self.below = [{above: number for number, above in one.items()} for one in self.above]

    def between(self, above: int, number: int) -> str:
        """The blank lines above the part `number` when it stands below the part `above`."""
        met = [
            version[number].gap
            if number in version and (places[number] == above or version[number].kind == "end")
            else None
            for version, places in zip(self.versions, self.above, strict=True)
        ]
        base, ours, theirs = met
        if ours is None or theirs is None:
            found = ours if theirs is None else theirs
            return self._around(above, number) if found is None else found
        merged = three_way(base, ours, theirs)
        return max(ours, theirs, key=lambda gap: (len(gap), gap)) if merged is None else merged

    def _around(self, above: int, number: int) -> str:
        """What suits two parts that meet only in the result: none between items, else the most there is."""
        found = []
        for version, places, below in zip(self.sides, self.above[1:], self.below[1:], strict=True):
            if number in version:
                found.append((version[number], places[number]))
            if above in below:
                found.append((version[below[above]], above))
        is_list = self._kind(above) in _LISTED and self._kind(number) in _LISTED
        gaps = [
            part.gap
            for part, place in found
            if not is_list or (part.kind in _LISTED and self._kind(place) in _LISTED)
        ]
        choose = min if is_list else max
        return choose(gaps, key=lambda gap: (len(gap), gap), default="")

    def _kind(self, number: int) -> str:
        return next((version[number].kind for version in self.versions if number in version), "")


def _above(version: dict[int, Part]) -> dict[int, int]:
    return dict(zip(version, (START, *version), strict=False))
