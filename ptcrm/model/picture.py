"""Figures that can be drawn: rows of numbers below common labels, whatever they are drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

NOTHING = "–"  # where there is no figure


@dataclass(frozen=True, slots=True)
class Series:
    """A row of a picture: one number for each of its labels, 0 or more; None where there is nothing to say."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)  # without slots, so that it keeps `most`, which is asked for at each number
class Picture:
    """What is drawn: `bars` to compare labels, `lines` for a course in time, a `grid` for two dimensions by shade.

    `ticks` are the labels as they stand below a picture, empty where there is no room for one. `unit` is behind each
    number: `%`, or the code of a currency. `whole` is the end of the scale; by default the largest number.
    """

    kind: Literal["bars", "lines", "grid"]
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    ticks: tuple[str, ...] = ()
    unit: str = ""
    whole: float = 0

    @cached_property
    def most(self) -> float:
        """The end of the scale, more than 0."""
        return max(self.whole, *(value or 0 for one in self.series for value in one.values), 0) or 1

    @property
    def is_empty(self) -> bool:
        """Whether there is no number in it but 0."""
        return not any(value for one in self.series for value in one.values)

    @property
    def below(self) -> tuple[str, ...]:
        """What stands below the picture: its ticks, or else its labels."""
        return self.ticks or self.labels

    def last(self, one: Series) -> float | None:
        """The last number of a series; None if it has none."""
        return next((value for value in reversed(one.values) if value is not None), None)

    def words(self, value: float | None) -> str:
        """A number with its unit: `12`, `92 %`, `5400.5 EUR`."""
        if value is None:
            return NOTHING
        return f"{value:.2f}".rstrip("0").rstrip(".") + (f" {self.unit}" if self.unit else "")

    def described(self) -> str:
        """The picture in words, for those who do not see it: each bar, or the range and the end of each row."""
        if self.is_empty:
            return "There is nothing to draw."
        if self.kind == "bars":
            each = (
                f"{label}{f', {one.name}' if one.name else ''}: {self.words(one.values[at])}"
                for at, label in enumerate(self.labels)
                for one in self.series
            )
            return f"{'; '.join(each)}."
        return " ".join(self._course(one) for one in self.series)

    def _course(self, one: Series) -> str:
        known = [
            (value, label) for value, label in zip(one.values, self.labels, strict=True) if value is not None
        ]
        if not known:
            return f"{one.name}: nothing."
        low, high = min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])
        return (
            f"{one.name}: lowest {self.words(low[0])} ({low[1]}), highest {self.words(high[0])} ({high[1]}), "
            f"last {self.words(self.last(one))} ({known[-1][1]})."
        )
