"""What is in one heap alone, and which of two things is the other's older form. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import product
from typing import TypeVar

from ptcrm.model.customer import FollowUp, LogEntry
from ptcrm.text.fold import fold

One = TypeVar("One", LogEntry, FollowUp)
Item = TypeVar("Item", bound=Hashable)

_CLOSE = 400  # pairs whose words are compared: of more that have all else in common, the order decides

# By what two entries, and two follow-ups, are the older and newer form of one; the strongest first.
ENTRY_KEYS: tuple[Callable[[LogEntry], Hashable], ...] = (
    lambda one: (one.date, one.channel, one.text),
    lambda one: (one.channel, one.text),
    lambda one: (one.date, one.text),
    lambda one: (one.date, one.channel),
)
FOLLOW_UP_KEYS: tuple[Callable[[FollowUp], Hashable], ...] = (
    lambda one: (one.origin, one.due),
    lambda one: (one.origin, one.mark),
    lambda one: one.origin,
    lambda one: (one.due, one.channel, one.mark),
    lambda one: (one.due, one.mark),
)


def apart(before: Iterable[Item], after: Iterable[Item]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """What is in one multiset alone: of `before`, and of `after`, each in its order."""
    old, new = tuple(before), tuple(after)
    missing, more = Counter(old), Counter(new)
    missing.subtract(new)
    more.subtract(old)
    return tuple(taken(old, missing)), tuple(taken(new, more))


def taken(those: Iterable[Item], counts: Counter[Item]) -> Iterator[Item]:
    """Of each item as many as are counted."""
    for one in those:
        if counts[one] > 0:
            counts[one] -= 1
            yield one


def matched(
    old: tuple[One, ...], new: tuple[One, ...], keys: Iterable[Callable[[One], Hashable]]
) -> tuple[list[tuple[One, One]], tuple[One, ...], tuple[One, ...]]:
    """Pairs that have a key in common, the strongest key first; then what is left of both, in order."""
    found: list[tuple[One, One]] = []
    for key in keys:
        groups: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, those in enumerate((old, new)):
            for place, one in enumerate(those):
                groups[key(one)][side].append(place)
        pairs = {
            there: here for places in groups.values() for here, there in _closest(old, new, *places)
        }  # by the place in `new`
        found += [(old[pairs[place]], new[place]) for place in sorted(pairs)]
        taken = set(pairs.values())
        old = tuple(one for place, one in enumerate(old) if place not in taken)
        new = tuple(one for place, one in enumerate(new) if place not in pairs)
    return found, old, new


def _closest(
    old: tuple[One, ...], new: tuple[One, ...], here: list[int], there: list[int]
) -> Iterable[tuple[int, int]]:
    """Pairs of the places `here` in `old` and `there` in `new`: those with the most words in common, else in order."""
    if not 1 < len(here) * len(there) <= _CLOSE:
        return zip(here, there, strict=False)
    before, after = (
        {place: _word_set(all_[place]) for place in at} for all_, at in ((old, here), (new, there))
    )
    free = {*here}, {*there}
    found = []
    for one, other in sorted(
        product(here, there), key=lambda pair: (-len(before[pair[0]] & after[pair[1]]), pair)
    ):
        if one in free[0] and other in free[1]:
            found.append((one, other))
            free[0].remove(one)
            free[1].remove(other)
    return found


def _word_set(one: LogEntry | FollowUp) -> frozenset[str]:
    return frozenset(fold(one.text).split())
