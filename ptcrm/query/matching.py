"""What looks at one value of a customer's: tests as frozen values (`nodes.Test`). Words are compared folded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ptcrm.model.dates import Anniversary
from ptcrm.query.fields import Key
from ptcrm.query.nodes import Test, Value
from ptcrm.query.prose import digits_of
from ptcrm.text.fold import fold

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def in_order(first: Value, last: Value) -> bool:
    """Whether `first` is not more than `last`, which is of the same type."""
    return _COMPARISONS["<="](first, last)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word that is one of these, folded."""

    words: frozenset[str]

    def __call__(self, value: Value) -> bool:
        """Whether the value is one of the words."""
        return fold(str(value)) in self.words


@dataclass(frozen=True, slots=True)
class Like:
    """A text made of these folded pieces with anything between them."""

    pieces: tuple[str, ...]

    def __call__(self, value: Value) -> bool:
        """Whether the pieces stand in the value, folded."""
        return fits(self.pieces, fold(str(value)))


@dataclass(frozen=True, slots=True)
class Holds:
    """A text in the form of `prose.searched` that has these pieces, in this order in one of its lines."""

    pieces: tuple[str, ...]

    def __call__(self, value: Value) -> bool:
        """Whether the pieces stand in the value."""
        text = str(value)
        if not all(piece in text for piece in self.pieces):
            return False
        return len(self.pieces) == 1 or any(fits(("", *self.pieces, ""), line) for line in text.split("\n"))


@dataclass(frozen=True, slots=True)
class LeadsTo:
    """A link that leads to the same customer as this key does, or that has this key if it leads nowhere."""

    key: str

    def __call__(self, value: Value) -> bool:
        """Whether the value is this key."""
        return isinstance(value, Key) and value == self.key


@dataclass(frozen=True, slots=True)
class Digits:
    """A number with these digits in a row."""

    digits: str

    def __call__(self, value: Value) -> bool:
        """Whether the value has these digits in a row."""
        return self.digits in digits_of(str(value))


@dataclass(frozen=True, slots=True)
class Compared:
    """A value on this side of a bound."""

    sign: str
    bound: Value

    def __call__(self, value: Value) -> bool:
        """Whether the value stands on this side."""
        return _COMPARISONS[self.sign](value, self.bound)


@dataclass(frozen=True, slots=True)
class Within:
    """A value from the first to the last; None is an open end."""

    first: Value | None
    last: Value | None

    def __call__(self, value: Value) -> bool:
        """Whether the value lies between the ends."""
        return (self.first is None or in_order(self.first, value)) and (
            self.last is None or in_order(value, self.last)
        )


@dataclass(frozen=True, slots=True)
class OfYear:
    """A day of the year from the first (month, day) to the last, perhaps over the new year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def __call__(self, value: Value) -> bool:
        """Whether the day lies between the two."""
        if not isinstance(value, Anniversary):
            return False
        after, before = self.first <= (value.month, value.day), (value.month, value.day) <= self.last
        return (after and before) if self.first <= self.last else (after or before)


@dataclass(frozen=True, slots=True)
class Returning:
    """A day of the year that returns from the first day to the last."""

    first: date
    last: date
    leap_day: str

    def __call__(self, value: Value) -> bool:
        """Whether the day returns between the two."""
        return isinstance(value, Anniversary) and bool(value.within(self.first, self.last, self.leap_day))


@dataclass(frozen=True, slots=True)
class As:
    """A value that passes the test when it is read as something else, such as a number."""

    read: Callable[[Value], Value | None]
    test: Test

    def __call__(self, value: Value) -> bool:
        """Whether what is read from the value passes."""
        found = self.read(value)
        return found is not None and self.test(found)


@dataclass(frozen=True, slots=True)
class Either:
    """A value that passes one of the tests."""

    tests: tuple[Test, ...]

    def __call__(self, value: Value) -> bool:
        """Whether the value passes one of them."""
        return any(test(value) for test in self.tests)


def fits(pieces: tuple[str, ...], text: str) -> bool:
    """Whether the pieces stand in `text` in this order, the first at its start and the last at its end."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *others, last = pieces
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in others:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
