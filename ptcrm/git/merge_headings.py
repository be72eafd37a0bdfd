"""Headings with what stands below them: which new one is an old one with other words, and which ones have to stay. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from ptcrm.git.merge_match import Part


def match_headings(base: Sequence[Part], side: Sequence[Part], found: list[int | None]) -> None:
    """Let a new heading be the one that went, if it stands above the same part, or above nothing in the same place.

    `found` is for each part of `side` the place of the part of `base` that it is; headings are added to it.
    """
    held = set(found)
    free = {place for place, part in enumerate(base) if part.kind == "heading" and place not in held}
    if not free:
        return
    heads, new = (_heads(parts) for parts in (base, side))
    for place, number in enumerate(found):
        head = new[place]
        if number is None or head is None or head == place or found[head] is not None:
            continue
        if (old := heads[number]) is not None and old in free:
            found[head] = old
            free.discard(old)
    for place in range(len(side)):
        old = _below(found, place)
        if found[place] is None and old in free and _is_bare(base, old) and _is_bare(side, place):
            found[place] = old
            free.discard(old)


def _heads(parts: Iterable[Part]) -> list[int | None]:
    """For each part the place of the heading that it stands below; for a heading its own."""
    heads: list[int | None] = []
    head = None
    for place, part in enumerate(parts):
        head = place if part.kind == "heading" else head
        heads.append(head)
    return heads


def _below(found: Sequence[int | None], place: int) -> int:
    """The place in the base below the part that stands above `place`; -1 if that part is new."""
    above = found[place - 1] if place else -1
    return -1 if above is None else above + 1


def _is_bare(parts: Sequence[Part], place: int) -> bool:
    return parts[place].kind == "heading" and parts[place + 1].kind in ("heading", "end")


def headings_of(side: Mapping[int, Part], numbers: Container[int]) -> set[int]:
    """The headings that one of the parts of these numbers stands below."""
    places = list(side)
    heads = zip(places, _heads(side.values()), strict=True)
    return {places[head] for number, head in heads if head is not None and number in numbers}
