"""What a merge of two versions says if it keeps what both sides did; beside it, what was changed in the merge itself shows. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ptcrm.git.pairs import ENTRY_KEYS, FOLLOW_UP_KEYS, Item, One, apart, matched, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from ptcrm.git.changes import Values, Version
    from ptcrm.model.customer import FollowUp


def merged(base: Version | None, ours: Version, theirs: Version, after: Version | None = None) -> Version:
    """What a merge of two versions says if it keeps what each has changed since `base`.

    Where both changed the same thing, either side will do: what `after`, the merge as it was made, has of the two
    (without it: `ours` of fields, and both of the rest). So compared with it, `after` shows what was changed in the
    merge itself. Versions that cannot be read as customers give `ours`.
    """
    known = base or replace(ours, fields=(), entries=(), follow_ups=(), notes=(), lines=None)
    if any(one.lines is not None for one in (known, ours, theirs)):
        return replace(ours, content=None)
    made = replace(known, fields=(), entries=(), follow_ups=(), notes=()) if after is None else after
    entries = known.entries, ours.entries, theirs.entries
    tasks = known.follow_ups, ours.follow_ups, theirs.follow_ups
    lines = known.notes, ours.notes, theirs.notes
    return replace(
        ours,
        content=None,
        fields=_merged_fields(known, ours, theirs, {name: values for name, values, _ in made.fields}),
        entries=_settled(entries, made.entries, _same_edited(*entries, ENTRY_KEYS)),
        follow_ups=_settled(tasks, made.follow_ups, _same_follow_ups(*tasks)),
        notes=_settled(lines, made.notes, _same_place(*lines)),
    )


def _merged_fields(
    base: Version, ours: Version, theirs: Version, after: dict[str, Values]
) -> tuple[tuple[str, Values, bool], ...]:
    old, one, other = ({name: values for name, values, _ in each.fields} for each in (base, ours, theirs))
    many = {name: each for version_ in (theirs, ours) for name, _, each in version_.fields}
    found = []
    for name in dict.fromkeys((*one, *other)):
        sides = old.get(name, ()), one.get(name, ()), other.get(name, ())
        values = _merged_values(*sides, after.get(name, ()), many=many[name])
        if values:
            found.append((name, values, many[name]))
    return tuple(found)


def _merged_values(old: Values, ours: Values, theirs: Values, after: Values, *, many: bool) -> Values:
    """The value of the side that changed it; where both did, that of `after` if it is a side's, or all of a list."""
    if old in (ours, theirs):
        return theirs if ours == old else ours
    both = _union(old, ours, theirs) if many else ours
    is_kept = after in (ours, theirs) or (many and Counter(after) == Counter(both))
    return after if is_kept else both


# The same thing in base, ours and theirs.
_Same = tuple[tuple[Item, ...], tuple[Item, ...], tuple[Item, ...]]


def _settled(
    versions: Iterable[Iterable[Item]], after: Iterable[Item], same: Iterable[_Same[Item]]
) -> tuple[Item, ...]:
    """The union of base, ours and theirs; of the `same` that both changed, what one of them has if `after` has that."""
    base, ours, theirs = map(tuple, versions)
    counts, have = Counter(_union(base, ours, theirs)), Counter(after)
    for three in same:
        both = Counter(_union(*three))
        sides = Counter(three[1]), Counter(three[2])
        differ = [item for item in {*three[1], *three[2]} if sides[0][item] != sides[1][item]]
        for side in sides:
            if all(have[item] == counts[item] - both[item] + side[item] for item in differ):
                counts.subtract(both)
                counts.update(side)
                break
    return tuple(taken((*ours, *theirs, *base), counts))


def _same_edited(
    base: tuple[One, ...],
    ours: tuple[One, ...],
    theirs: tuple[One, ...],
    keys: tuple[Callable[[One], Hashable], ...],
) -> Iterator[_Same[One]]:
    """What each side made of those that both changed, or took away."""
    first, second = (_became(base, side, keys) for side in (ours, theirs))
    for one, forms in first.items():
        for mine, yours in zip(forms, second.get(one, ()), strict=False):
            yield (one,), mine, yours


def _became(
    base: tuple[One, ...], side: tuple[One, ...], keys: tuple[Callable[[One], Hashable], ...]
) -> dict[One, list[tuple[One, ...]]]:
    """What became of each that is not in `side` any more: its new form, or nothing."""
    found: dict[One, list[tuple[One, ...]]] = {}
    pairs, gone, _ = matched(*apart(base, side), keys)
    for old, new in pairs:
        found.setdefault(old, []).append((new,))
    for old in gone:
        found.setdefault(old, []).append(())
    return found


def _same_follow_ups(
    base: tuple[FollowUp, ...], ours: tuple[FollowUp, ...], theirs: tuple[FollowUp, ...]
) -> Iterator[_Same[FollowUp]]:
    """Those that both sides changed, and those that both added under one identity (FORMAT §2.4)."""
    yield from _same_edited(base, ours, theirs, FOLLOW_UP_KEYS)
    known = {one.origin for one in base}
    new = [[one for one in side if one.origin not in known] for side in (ours, theirs)]
    pairs, *_ = matched(tuple(new[0]), tuple(new[1]), [lambda one: one, lambda one: one.origin])
    yield from (((), (one,), (other,)) for one, other in pairs)


def _same_place(base: Values, ours: Values, theirs: Values) -> Iterator[_Same[str]]:
    """The lines between those that are once in every version, where both changed them; one by one if all have as many."""
    anchors = frozenset.intersection(*map(_single, (base, ours, theirs)))
    old, one, other = (_between(lines, anchors) for lines in (base, ours, theirs))
    for place in old:
        three = old[place], one[place], other[place]
        is_by_line = len({len(lines) for lines in three}) == 1
        parts = [((was,), (mine,), (yours,)) for was, mine, yours in zip(*three, strict=False)]
        yield from (part for part in (parts if is_by_line else [three]) if part[0] not in part[1:])


def _single(lines: Values) -> frozenset[str]:
    return frozenset(line for line, number in Counter(lines).items() if number == 1)


def _between(lines: Values, anchors: frozenset[str]) -> dict[str, Values]:
    """The lines after each of the anchors, and after nothing at the beginning."""
    found: dict[str, list[str]] = {"": []}
    place = ""
    for line in lines:
        if line in anchors:
            place = line
            found[place] = []
        else:
            found[place].append(line)
    return {place: tuple(those) for place, those in found.items()}


def _union(base: Iterable[Item], ours: Iterable[Item], theirs: Iterable[Item]) -> tuple[Item, ...]:
    """The multiset that has what each side added and lacks what each took away; the same on both sides counts once."""
    old, one, other = Counter(base), list(ours), list(theirs)
    first, second = Counter(one), Counter(other)
    counts = {
        item: first[item] if second[item] in (old[item], first[item]) else _sum(item, old, first, second)
        for item in first.keys() | second.keys()
    }
    return tuple(taken((*one, *other), Counter(counts)))


def _sum(item: Item, old: Counter[Item], first: Counter[Item], second: Counter[Item]) -> int:
    return max(0, first[item] + second[item] - old[item])
