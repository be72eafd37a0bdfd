"""Three versions of a row of parts made into one: what is in it, and what it says. Pure.

Nothing here depends on which side is which, but for the two sides of a conflict.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.merge_headings import headings_of
from ptcrm.git.merge_match import COUNTED, Part, three_way
from ptcrm.git.merge_order import START, Gaps, order_of
from ptcrm.git.merge_versions import numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptcrm.git.merge_versions import Versions


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


def merge_parts(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], rules: Rules) -> Woven:
    """What both sides made of the parts of `base`.

    A part is in the result if both sides have it, if one side added it, or if one side changed what the other
    removed; how often a log entry is, `entry_counts` says. The order is that of the side that moved something.
    What one side added stands below what it stands below there.
    """
    known = numbered(base, ours, theirs)
    dropped, kept = _dropped(known, rules)
    order = order_of(known, dropped)
    pieces: list[Piece] = []
    above = START
    gaps = Gaps(known)
    for number in order:
        pieces += [gap] if (gap := gaps.between(above, number)) else []
        pieces += _resolved(known, number, rules, kept)
        above = number
    return Woven(pieces, [known.part(number) for number in order], kept)


def _resolved(known: Versions, number: int, rules: Rules, kept: list[Part]) -> list[Piece]:
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
        Counter(part.name for part in parts if part.kind in COUNTED) for parts in (base, ours, theirs)
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


def _dropped(known: Versions, rules: Rules) -> tuple[set[int], list[Part]]:
    """The parts that are not in the result, and those that are although one side removed them.

    A heading stays where the other side has something new below it, which would be in another section else.
    """
    dropped, kept = set(), dict[int, Part]()
    for side, other in ((known.ours, known.theirs), (known.theirs, known.ours)):
        for number in [number for number in side if number not in other and number in known.base]:
            if side[number].kind in COUNTED:
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


def _dropped_entries(known: Versions) -> Iterator[int]:
    """The entries that are more than `entry_counts` gives; those that both sides have go last."""
    counts = entry_counts(known.base.values(), known.ours.values(), known.theirs.values())
    numbers = defaultdict[str, list[tuple[bool, int]]](list)
    for number in known.ours.keys() | known.theirs.keys():
        part = known.part(number)
        if part.kind in COUNTED:
            in_both = number in known.ours and number in known.theirs
            numbers[part.name].append((not in_both, number))
    for name, found in numbers.items():
        if len(found) > counts[name]:
            yield from (number for _, number in sorted(found)[counts[name] :])
