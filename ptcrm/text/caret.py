"""A line with a mark under one of its places, as wide as a terminal shows it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ptcrm.text.safe import for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

_TAB = "    "
_NO_WIDTH = ("Mn", "Me", "Cf")


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes: two for wide characters, none for accents of their own."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in _NO_WIDTH else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def pointed_at(line: str, column: int, room: int, width: Callable[[str], int] = columns) -> tuple[str, str]:
    """A line as a terminal shows it, and the line below with `^` under `column` (from 1).

    What is further away from the mark than half of `room` (columns of the terminal, by `width`) is cut off.
    """
    before, after = (
        for_terminal(part.rstrip("\r\n")).replace("\t", _TAB)
        for part in (line[: column - 1], line[column - 1 :])
    )
    if width(before) + width(after) > room:
        if width(before) > room // 2:
            before = f"…{_last(before, room // 2 - 1, width)}"
        if width(before) + width(after) > room:
            after = f"{_first(after, room - width(before) - 1, width)}…"
    return before + after, " " * width(before) + "^"


def _first(text: str, room: int, width: Callable[[str], int]) -> str:
    """The beginning of `text` that fits into `room` columns."""
    text = text[:room]
    while width(text) > room:
        text = text[:-1]
    return text


def _last(text: str, room: int, width: Callable[[str], int]) -> str:
    """The end of `text` that fits into `room` columns."""
    text = text[-room:]
    while width(text) > room:
        text = text[1:]
    return text
