"""What it takes to read a value of a term, and the one way in which values are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.diagnostic import Problem
from ptcrm.query.lexer import Flaw, Written, shown
from ptcrm.query.matching import Compared, Within, in_order
from ptcrm.query.nodes import Test, Value

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.query.fields import Field, Vocabulary


class Asked(NamedTuple):
    """One value of a term, and what it takes to read it."""

    value: Written
    field: Field
    vocabulary: Vocabulary
    today: date

    def flaw(self, message: str, hint: str = "") -> Flaw:
        """What is wrong with the value."""
        return Flaw(message, self.value.offset, hint)


Ends = tuple[Value, Value]  # the first and the last of what words mean
Read = Callable[[str], Ends | Problem]


def ordered(asked: Asked, read: Read) -> Test | Flaw:
    """The test for a value, a comparison or a range of what `read` reads."""
    value = asked.value
    if value.dots is not None:
        return _range(asked, read)
    found = read(value.text)
    if isinstance(found, Problem):
        return Flaw(found.message, value.offset + len(value.sign), found.hint)
    if not value.sign:
        return Within(*found)
    return Compared(value.sign, found[1] if value.sign in (">", "<=") else found[0])


def _range(asked: Asked, read: Read) -> Test | Flaw:
    """`first..last`, of which one may be missing."""
    value = asked.value
    if value.sign:
        return asked.flaw(f"“{value.sign}” and “..” do not go together", "Write one of them.")
    ends: list[Ends | None] = []
    for words, offset in zip(value.ends, (value.offset, value.after), strict=True):
        found = read(words) if words else None
        if isinstance(found, Problem):
            return Flaw(found.message, offset, found.hint)
        ends.append(found)
    first, last = ends[0] and ends[0][0], ends[1] and ends[1][1]
    if first is None and last is None:
        return asked.flaw("this range has no ends", f"Write for example {asked.field.name}:2021..2023.")
    if first is not None and last is not None and not in_order(first, last):
        return asked.flaw(f"{shown(value.source)} ends before it begins", "Write FIRST..LAST.")
    return Within(first, last)
