"""In which order the parts of a merge stand, and with which blank lines between them. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ptcrm.git.merge_match import COUNTED, three_way

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.git.merge_match import Part
    from ptcrm.git.merge_versions import Versions

START = -1
_LISTED = COUNTED | {"task", "item", "key", "comment", "named", "slot"}


def order_of(known: Versions, dropped: set[int]) -> list[int]:
    """The numbers of the result in their order."""
    shared = _sharedorder_of(known, dropped)
    inside = set(shared)
    left, right = (_runs(side, inside, dropped) for side in (known.ours, known.theirs))
    order: list[int] = []
    for number in (START, *shared):
        order += [number] if number != START else []
        order += _together(known, left.get(number, []), right.get(number, []))
    return order


def _sharedorder_of(known: Versions, dropped: set[int]) -> list[int]:
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


def _together(known: Versions, ours: list[int], theirs: list[int]) -> list[int]:
    """What the two sides added in one place: first what belongs to the section that is there, then new sections."""
    if not (ours and theirs):
        return ours or theirs
    (left, after), (right, later) = _at_heading(known, ours), _at_heading(known, theirs)
    return [*_in_time(known, left, right), *_by_text(known, after, later)]


def _at_heading(known: Versions, run: list[int]) -> tuple[list[int], list[int]]:
    cut = next((at for at, number in enumerate(run) if known.part(number).kind == "heading"), len(run))
    return run[:cut], run[cut:]


def _by_text(known: Versions, left: list[int], right: list[int]) -> list[int]:
    first, second = sorted([left, right], key=lambda run: [known.part(number).text for number in run])
    return [*first, *second]


def _in_time(known: Versions, left: list[int], right: list[int]) -> list[int]:
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


def _days(known: Versions, run: list[int]) -> list[str]:
    """When each part of a run was; what has no day goes with the one above."""
    days: list[str] = []
    for number in run:
        days.append(known.part(number).when or (days[-1] if days else ""))
    return days


class Gaps:
    """The blank lines between two parts: as they are where the two meet already, else as around them."""

    def __init__(self, known: Versions) -> None:
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
