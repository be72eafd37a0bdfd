"""Pictures as lines of text for a terminal: bars, sparklines, maps of shades; in plain ASCII where that is wanted."""

from __future__ import annotations

import locale
import os
import sys
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from ptcrm.cli.output import cut, width
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.model.picture import Picture

_GAP = "  "
_LEAST, _MOST_BAR = 10, 50  # columns


@dataclass(frozen=True, slots=True)
class Signs:
    """What pictures are drawn with, each from little to much.

    The first of `heights` and `shades` stands for 0, the last of `parts` for a whole column of a bar.
    """

    parts: str
    heights: str
    shades: str


BLOCKS: Final = Signs("▏▎▍▌▋▊▉█", "▁▂▃▄▅▆▇█", "·░▒▓█")
ASCII: Final = Signs("#", "_.:-=+*#", ".-+*#")
_OURS = str.maketrans("…–", "~-")


def signs_for(*, plain: bool) -> Signs:
    """ASCII if it is asked for (`plain`), or for a terminal whose locale has no other signs."""
    return ASCII if plain or (sys.stdout.isatty() and not _has_blocks()) else BLOCKS


def _has_blocks() -> bool:
    if os.name == "nt":  # its consoles take any sign; the locale is about files
        return True
    try:
        (BLOCKS.parts + BLOCKS.heights + BLOCKS.shades).encode(locale.getencoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def sketched(picture: Picture, columns: int, signs: Signs) -> list[str]:
    """The lines of the picture, ready for a terminal of 40 `columns` or more; none if it has nothing to show.

    Where there is no room for all of a course, the last of it is drawn, and the legend says so.
    """
    if picture.is_empty:
        return []
    draw = _bars if picture.kind == "bars" else _courses
    plain = _OURS if signs is ASCII else {}
    return [line.rstrip().translate(plain) for line in draw(picture, columns, signs)]


def _bars(picture: Picture, columns: int, signs: Signs) -> list[str]:
    first = picture.series[0]
    rows = [
        (label if one is first else "", one.name, one.values[at])
        for at, label in enumerate(picture.labels)
        for one in picture.series
    ]
    told = [picture.words(value) for *_, value in rows]
    heads = _column((label for label, *_ in rows), columns // 3)
    names = _column((name for _, name, _ in rows), columns // 4)
    room = columns - width(heads[0]) - width(names[0]) - max(map(width, told)) - 1
    longest = max(_LEAST, min(_MOST_BAR, room))
    return [
        f"{head}{name}{_bar((value or 0) / picture.most, longest, signs.parts)} {words}"
        for head, name, (*_, value), words in zip(heads, names, rows, told, strict=True)
    ]


def _bar(share: float, longest: int, parts: str) -> str:
    """A bar of this share of the longest; whatever is more than 0 can be seen."""
    steps = max(round(share * longest * len(parts)), 1) if share else 0
    whole, rest = divmod(steps, len(parts))
    return parts[-1] * whole + (parts[rest - 1] if rest else "")


def _courses(picture: Picture, columns: int, signs: Signs) -> list[str]:
    """A line for each series with a sign for each label: sparklines with their last number, or a map of shades."""
    scale = signs.heights if picture.kind == "lines" else signs.shades
    heads = _column((one.name for one in picture.series), columns // 3)
    ends = [picture.words(picture.last(one)) if picture.kind == "lines" else "" for one in picture.series]
    margin = width(heads[0])
    shown = min(len(picture.labels), max(columns - margin - max(map(width, ends)) - 1, _LEAST))
    lines = [
        f"{head}{''.join(_sign(value, picture.most, scale) for value in one.values[-shown:])} {end}"
        for head, one, end in zip(heads, picture.series, ends, strict=True)
    ]
    below = [
        _ticks(picture.below[-shown:], columns - margin),
        f"{scale[0]} 0, {scale[1:]} to {picture.words(picture.most)}",
        *([f"the last {shown} of {len(picture.labels)}"] if shown < len(picture.labels) else []),
    ]
    return lines + [" " * margin + line for line in below]


def _sign(value: float | None, most: float, scale: str) -> str:
    return " " if value is None else scale[ceil(value / most * (len(scale) - 1))]


def _ticks(words: Sequence[str], room: int) -> str:
    """The words below the signs that they belong to, but those that have no room."""
    line = ""
    for at, word in enumerate(map(_filtered, words)):
        if word and len(line) < max(at, 1) and at + len(word) <= room:
            line = line.ljust(at) + word
    return line


def _column(words: Iterable[str], most: int) -> list[str]:
    """The words as a column with a gap behind, at most so wide; nothing at all if there is no word."""
    each = [*map(_filtered, words)]
    wide = min(max(map(width, each)), most)
    return [cut(word, wide) + _GAP for word in each] if wide else each


def _filtered(word: str) -> str:
    return for_terminal(one_line(word))
