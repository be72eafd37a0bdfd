"""What two versions that wait to be merged say otherwise, in words that call neither the newer one. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptcrm.git.changes import (
    OfEntry,
    OfField,
    OfFollowUp,
    OfLines,
    OfNotes,
    changes,
)
from ptcrm.git.told import entry_line, follow_up_line, words
from ptcrm.text.safe import one_line
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptcrm.git.changes import Told, Version

_PLACE = re.compile(
    rb"^<{7} [^\n]*\n(.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}\r?\n(.*?)^>{7} [^\n]*$", re.MULTILINE | re.DOTALL
)
_LABEL = re.compile(rb"^(<{7}|>{7}) [^\r\n]*", re.MULTILINE)
_LONGEST = 60  # characters of a line that is shown


def copy_words(here: Version, copy: Version) -> list[str]:
    """What a copy says otherwise than the file that is `here`, a line for each difference."""
    return [line for one in changes(here, copy) for line in _words(one)]


def _words(one: Told) -> list[str]:
    match one:
        case OfField():
            return _field_words(one)
        case OfEntry():
            return _pair(
                "log entry", one.before and entry_line(one.before), one.after and entry_line(one.after)
            )
        case OfFollowUp() if one.before and one.after:
            return [f"in the copy: {words(one)}"]
        case OfFollowUp():
            return _pair(
                "follow-up",
                follow_up_line(one.before) if one.before else None,
                follow_up_line(one.after) if one.after else None,
            )
        case OfNotes():
            return _counted("notes", "word", one.words_removed, one.words_added)
        case OfLines():
            return _counted("cannot be read as a customer", "line", len(one.before), len(one.after))
        case _:
            return [words(one)]


def _field_words(one: OfField) -> list[str]:
    if one.kind != "members":
        return _pair(one.name, ", ".join(one.before) or None, ", ".join(one.after) or None)
    here, copy = (
        ", ".join(each for each in those if each not in others) or None
        for those, others in ((one.before, one.after), (one.after, one.before))
    )
    if here is None and copy is None:
        return _pair(one.name, ", ".join(one.before), ", ".join(one.after))
    parts = ((here, f"only here: {one.name}: {here}"), (copy, f"only in the copy: {one.name}: {copy}"))
    return [text for those, text in parts if those]


def _pair(what: str, here: str | None, copy: str | None) -> list[str]:
    if here and copy:
        return [f"{what}: {here} (here), {copy} (in the copy)"]
    return [f"only here: {what}: {here}" if here else f"only in the copy: {what}: {copy}"]


def _counted(what: str, unit: str, here: int, copy: int) -> list[str]:
    counts = ((here, "only here"), (copy, "only in the copy"))
    shown = ", ".join(f"{plural(number, unit)} {where}" for number, where in counts if number)
    return [f"{what}: {shown or f'the {unit}s in other lines'}"]


# Between git's markers


def marked_words(content: bytes) -> list[str]:
    """What the two sides of each marked place say, a line for each place: `either “tier: gold” or “tier: silver”`."""
    return [_either(*(side.decode(errors="backslashreplace") for side in place)) for place in places(content)]


def places(content: bytes) -> list[tuple[bytes, bytes]]:
    """Both sides of each place between git's markers."""
    return [(found[1], found[2]) for found in _PLACE.finditer(content)]


def is_marked_alike(one: bytes, other: bytes) -> bool:
    """Whether two files say the same with the same places marked, whatever the sides are called."""
    return _LABEL.sub(rb"\1", one) == _LABEL.sub(rb"\1", other)


def _either(ours: str, theirs: str) -> str:
    shown = list(_first_apart(ours.split("\n"), theirs.split("\n")))
    return f"either {shown[0]} or {shown[1]}"


def _first_apart(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[str]:
    """The first lines that differ, as they are shown."""
    sides = [[line.strip() for line in side if line.strip()] for side in (ours, theirs)]
    at = next((at for at, (one, other) in enumerate(zip(*sides, strict=False)) if one != other), None)
    if at is None:
        at = min(map(len, sides))
    for side in sides:
        line = one_line(side[at]) if at < len(side) else ""
        more = " …" if len(line) > _LONGEST or len(side) > at + 1 else ""
        yield f"“{line[:_LONGEST]}{more}”" if line else "nothing"
