"""A follow-up that repeats, which one side has closed while the other has changed it: the change is meant for the next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ptcrm.git.merge_match import Matches, Part, alike


@dataclass(frozen=True, slots=True)
class _Side:
    """One side: its parts, what each is in the base, where each part of the base is, and its new open follow-ups."""

    parts: Sequence[Part]
    matches: Matches
    places: dict[int, int]
    new: dict[str, list[int]]

    @classmethod
    def of(cls, parts: Sequence[Part], matches: Matches) -> _Side:
        """The side with what is known by place and by words."""
        places, new = dict[int, int](), dict[str, list[int]]()
        for place, (part, number) in enumerate(zip(parts, matches, strict=True)):
            if number is not None:
                places[number] = place
            elif part.mark == "open":
                new.setdefault(part.same, []).append(place)
        return cls(parts, matches, places, new)

    def part(self, number: int) -> Part | None:
        """What has become of a part of the base."""
        place = self.places.get(number)
        return None if place is None else self.parts[place]

    def following(self, old: Part, number: int, other: Part) -> int | None:
        """The place of the line that goes on with a follow-up which this side has closed: a new one with its words.

        Or with those that the other side has given it, or with words that are alike. One that repeats comes first.
        """
        closed = self.part(number)
        if closed is None or closed.mark != "closed":
            return None
        same = [place for words in dict.fromkeys((old.same, other.same)) for place in self.new.get(words, ())]
        if same:
            return min(same, key=lambda place: not self.parts[place].repeats)
        new = [place for places in self.new.values() for place in places if self.parts[place].repeats]
        return next((new[at] for _, at in alike([old], [self.parts[place] for place in new])), None)

    def let_follow(self, number: int, place: int) -> None:
        """Let the line at `place` be the part `number` of the base, and the one that was a new one."""
        self.matches[self.places[number]] = None
        self.matches[place] = number
        self.new[self.parts[place].same].remove(place)


def go_on(
    base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], left: Matches, right: Matches
) -> list[Part]:
    """Let the next line of a series be the follow-up that was open, and the closed line a new one, in `left` and `right`.

    `ptcrm done` closes a line and puts the next above it, without the block id (FORMAT §2.4). Returns the base, in
    which those follow-ups are marked as `past`. Where the other side has changed nothing, it is all the same.
    """
    found = list(base)
    sides = _Side.of(ours, left), _Side.of(theirs, right)
    for number, old in enumerate(base):
        if (
            old.repeats
            and old.mark == "open"
            and not old.same.startswith("^")
            and _gone_on(old, number, *sides)
        ):
            found[number] = old._replace(mark="past")
    return found


def _gone_on(old: Part, number: int, one: _Side, other: _Side) -> bool:
    """Whether a side goes on with a follow-up, and the other does so too or has changed it; then the lines are matched so."""
    mine, yours = one.part(number), other.part(number)
    if mine is None or yours is None:
        return False
    places = one.following(old, number, yours), other.following(old, number, mine)
    is_ready = [
        place is not None or (part.mark == "open" and part.name != old.name)
        for place, part in zip(places, (mine, yours), strict=True)
    ]
    if places == (None, None) or not all(is_ready):
        return False
    for place, side in zip(places, (one, other), strict=True):
        if place is not None:
            side.let_follow(number, place)
    return True
