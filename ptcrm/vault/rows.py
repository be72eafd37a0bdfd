"""Frozen values as JSON text and back, by the types of their fields; how the cache keeps them.

Values equal to their field's default are left out, so that rows stay short and old ones readable.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(value: object) -> str:
    """`value` (a frozen dataclass) as one line of JSON."""
    return _JSON.encode(_plain(value))


def load(kind: type[T], row: str) -> T:
    """The value of type `kind` that `dump` wrote as `row`."""
    return cast("T", _builder(cast("Any", kind))(json.loads(row)))


class Memo:
    """The values of rows, so that a row which is asked for again and again is built once."""

    def __init__(self) -> None:
        self._now: dict[tuple[type, str], Any] = {}
        self._before: dict[tuple[type, str], Any] = {}

    def load(self, kind: type[T], row: str) -> T:
        """What `load` gives; the same value as before, if the row is the same."""
        key = (kind, row)
        value = self._now.get(key)
        if value is None:
            value = self._now[key] = self._before.get(key) or load(kind, row)
        return cast("T", value)

    def turn(self) -> None:
        """Forget the rows that nobody has asked for since the last turn."""
        self._before, self._now = self._now, {}


def _plain(value: object) -> object:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if is_dataclass(value):
        return {
            name: _plain(part)
            for name, default in _defaults(cast("Any", type(value)))
            if (part := getattr(value, name)) is not default and part != default
        }
    return str(value) if isinstance(value, Decimal) else cast("date | time", value).isoformat()


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:  # noqa: ANN401  # the type of a dataclass
    """The names of the fields, with their defaults (`MISSING`: none)."""
    return tuple((field.name, _default(field)) for field in fields(kind))


def _default(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # a type, or what `X | Y` makes
    """The function that makes a `kind` from plain JSON."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = _builder(next(arg for arg in args if arg is not NoneType))
        return lambda plain: None if plain is None else inner(plain)
    if origin is tuple:
        return _tuple_builder(args)
    if origin is dict:
        inner = _builder(args[1])
        return lambda plain: {key: inner(part) for key, part in plain.items()}
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return lambda plain: kind(*plain)
    if is_dataclass(kind):
        return _record_builder(kind)
    if kind in (date, time):
        return cast("type[date]", kind).fromisoformat
    return Decimal if kind is Decimal else lambda plain: plain


def _tuple_builder(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if args[-1] is Ellipsis:
        inner = _builder(args[0])
        return lambda plain: tuple(inner(part) for part in plain)
    inners = [_builder(arg) for arg in args]
    return lambda plain: tuple(inner(part) for inner, part in zip(inners, plain, strict=True))


def _record_builder(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    hints = get_type_hints(kind)
    inners = {field.name: _builder(hints[field.name]) for field in fields(kind)}
    return lambda plain: kind(**{name: inners[name](part) for name, part in plain.items()})
