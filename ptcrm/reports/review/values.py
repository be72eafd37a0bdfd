"""What the figures share: a period, a share, a line of a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import NamedTuple, overload


class Place(NamedTuple):
    """A line of a file: a log entry, a follow-up, or a field; lines count from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Places(Sequence[Place]):
    """Lines of one file; each is made when it is asked for."""

    __slots__ = ("lines", "path")

    def __init__(self, path: str, lines: Sequence[int]) -> None:
        self.path, self.lines = path, lines

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, at: int) -> Place: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Place, ...]: ...
    def __getitem__(self, at: int | slice) -> Place | tuple[Place, ...]:
        if isinstance(at, slice):
            return tuple(Place(self.path, line) for line in self.lines[at])
        return Place(self.path, self.lines[at])


class Share(NamedTuple):
    """So many `part`s of a `whole`."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> str:
        """`83 %`, or `-` of nothing. All and none are said of all and none alone."""
        if not self.whole:
            return "-"
        whole_percent = round(100 * self.part / self.whole)
        if 0 < self.part < self.whole:
            whole_percent = min(max(whole_percent, 1), 99)
        return f"{whole_percent} %"


class Period(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> tuple[str, ...]:
        """The months that it has days of, `2026-11`, in order."""
        first, last = (12 * day.year + day.month - 1 for day in (self.first, self.last))
        return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))


@cache
def month_of(day: int) -> str:
    """The month (`2026-11`) of a day (an ordinal)."""
    return date.fromordinal(day).isoformat()[:7]
