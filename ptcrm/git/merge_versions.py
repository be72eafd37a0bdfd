"""The parts of three versions by number: what is one part, whatever has become of it on either side. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptcrm.git.merge_match import Matches, Part, aligned, alike, matches, named, planned
from ptcrm.git.merge_series import go_on

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

_PROSE = frozenset(["text", "code"])
_PROSE_OR_TASK = _PROSE | {"task", "item", "heading"}


@dataclass(frozen=True, slots=True)
class Versions:
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


def numbered(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part]) -> Versions:
    """The three versions with a number for each part; parts that are one have the same number."""
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
    return Versions(
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
