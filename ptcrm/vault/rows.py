"""Frozen values as JSON text and back, by the types of their fields; how the cache keeps them.

Values equal to their field's default are left out, so that rows stay short and old ones readable. Named tuples
whose fields have no defaults are lists. A row in two lines has what is made of other records, which few ask for,
apart on the second; each line is read when it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, time
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_MOST = 30_000  # values that are known at once, and as many from before; a customer takes some 5 KB


_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def dump(value: object) -> str:
    """`value` (a frozen dataclass or a named tuple) as one line of JSON."""
    return _JSON.encode(_plainer(cast("Any", type(value)))(value))


def load(kind: type[T], row: str) -> T:
    """The value of type `kind` that `dump` wrote as `row`."""
    return cast("T", _builder(cast("Any", kind))(json.loads(row)))


def dump_apart(value: object) -> str:
    """`value` (a frozen dataclass) as two lines of JSON, or as one if nothing in it is made of other records."""
    plain = _plainer(cast("Any", type(value)))(value)
    apart = _apart(cast("Any", type(value)))
    later = {name: plain.pop(name) for name in [*plain] if name in apart}
    return f"{_JSON.encode(plain)}\n{_JSON.encode(later)}" if later else _JSON.encode(plain)


def load_later(kind: type[T], row: str) -> T:
    """The value of type `kind` that `dump_apart` wrote as `row`; each field is built when it is asked for."""
    value = object.__new__(_later(cast("Any", kind)))
    object.__setattr__(value, "_lines", [*row.partition("\n")[::2]])
    return cast("T", value)


class Memo:
    """The values of rows, so that a row which is asked for again and again is built once."""

    def __init__(self) -> None:
        self._now: dict[tuple[type, str], Any] = {}
        self._before: dict[tuple[type, str], Any] = {}

    def load(self, kind: type[T], row: str) -> T:
        """What `load` gives; the same value as before, if the row is the same."""
        return self._known(load, kind, row)

    def load_later(self, kind: type[T], row: str) -> T:
        """What `load_later` gives; the same value as before, if the row is the same."""
        return self._known(load_later, kind, row)

    def _known(self, built: Callable[[type[T], str], T], kind: type[T], row: str) -> T:
        key = (kind, row)
        value = self._now.get(key)
        if value is None:
            value = self._before.get(key) or built(kind, row)
            self._note(key, value)
        return cast("T", value)

    def _note(self, key: tuple[type, str], value: object) -> None:
        if len(self._now) >= _MOST:
            self.turn()
        self._now[key] = value

    def turn(self) -> None:
        """Forget the rows that nobody has asked for since the last turn."""
        self._before, self._now = self._now, {}


@cache
def _plainer(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # a type, or what `X | Y` makes
    """The function that makes plain JSON of a `kind`."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = _plainer(next(arg for arg in args if arg is not NoneType))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _tuple_plainer(args)
    if origin in (dict, Mapping):
        inner = _plainer(args[1])
        return lambda value: {key: inner(part) for key, part in value.items()}
    if _is_record(kind):
        return _record_plainer(kind)
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return _tuple_plainer(tuple(get_type_hints(kind).values()))
    if kind in (date, time):
        return cast("type[date]", kind).isoformat
    return _itself if _is_of_json(kind) else str


def _itself(value: object) -> object:
    return value


def _is_of_json(kind: Any) -> bool:  # noqa: ANN401
    """Whether JSON has values of this kind; others are told by their texts, as a `Decimal` is."""
    return kind in (str, int, bool) or get_origin(kind) is Literal


def _tuple_plainer(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if args[-1] is Ellipsis:
        inner = _plainer(args[0])
        return list if inner is _itself else lambda value: [inner(part) for part in value]
    inners = [_plainer(arg) for arg in args]
    return lambda value: [inner(part) for inner, part in zip(inners, value, strict=True)]


def _record_plainer(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    hints = get_type_hints(kind)
    plan = [(name, default, _plainer(hints[name])) for name, default in _defaults(kind).items()]

    def plain(value: Any) -> dict[str, Any]:  # noqa: ANN401
        return {
            name: inner(part)
            for name, default, inner in plan
            if (part := getattr(value, name)) is not default and part != default
        }

    return plain


def _is_record(kind: Any) -> bool:  # noqa: ANN401
    """Whether values are kept with the names of their fields: those of dataclasses, and tuples that have defaults."""
    return is_dataclass(kind) or bool(getattr(kind, "_field_defaults", None))


def _defaults(kind: Any) -> dict[str, object]:  # noqa: ANN401
    """The fields of a record with their defaults; `MISSING` for one that has none."""
    if is_dataclass(kind):
        return {field.name: _default(field) for field in fields(kind)}
    return {name: kind._field_defaults.get(name, MISSING) for name in kind._fields}


def _default(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # a type, or what `X | Y` makes
    """The function that makes a `kind` from plain JSON."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = _builder(next(arg for arg in args if arg is not NoneType))
        if inner is _itself:
            return _itself
        return lambda plain: None if plain is None else inner(plain)
    if origin is tuple:
        return _tuple_builder(args)
    if origin in (dict, Mapping):
        inner = _builder(args[1])
        return lambda plain: {key: inner(part) for key, part in plain.items()}
    if _is_record(kind):
        return _record_builder(kind)
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return _tuple_builder(tuple(get_type_hints(kind).values()), cast("Any", kind)._make)
    if kind in (date, time):
        return cast("type[date]", kind).fromisoformat
    return _itself if _is_of_json(kind) else cast("Callable[[Any], Any]", kind)


def _tuple_builder(args: tuple[Any, ...], make: Callable[[Any], Any] = tuple) -> Callable[[Any], Any]:
    if args[-1] is Ellipsis:
        inner = _builder(args[0])
        return tuple if inner is _itself else lambda plain: tuple([inner(part) for part in plain])
    inners = [_builder(arg) for arg in args]
    return lambda plain: make(inner(part) for inner, part in zip(inners, plain, strict=True))


class _Members(dict[str, Any]):
    """What makes the value of each field of a record; found when a row first has that field, as few have many."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401
        super().__init__()
        self._hints = get_type_hints(kind)

    def __missing__(self, name: str) -> Callable[[Any], Any]:
        inner = self[name] = _builder(self._hints[name])
        return inner


def _record_builder(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    members = _Members(kind)

    def build(plain: dict[str, Any]) -> Any:  # noqa: ANN401
        for name, part in plain.items():
            if (inner := members[name]) is not _itself:
                plain[name] = inner(part)
        return kind(**plain)

    return build


# Fields that are built when they are asked for


@cache
def _apart(kind: Any) -> frozenset[str]:  # noqa: ANN401
    """The fields of a dataclass that hold many records, or names and what belongs to each."""
    hints = get_type_hints(kind)
    return frozenset(field.name for field in fields(kind) if _has_records(hints[field.name]))


def _has_records(kind: Any) -> bool:  # noqa: ANN401
    if get_origin(kind) in (dict, Mapping):
        return True
    return get_origin(kind) is tuple and any(
        is_dataclass(arg) or hasattr(arg, "_fields") for arg in get_args(kind)
    )


@cache
def _later(kind: Any) -> type[object]:  # noqa: ANN401
    """A dataclass with slots whose values are those of `kind`, and are built from two `_lines` of JSON bit by bit.

    A slot that is empty is filled when it is read; what is compared, shown or copied is thus the same.
    """
    hints, apart = get_type_hints(kind), _apart(kind)
    known = {field.name: (field, _builder(hints[field.name]), field.name in apart) for field in fields(kind)}
    simple = [(name, _default(field)) for name, (field, _, is_apart) in known.items() if not is_apart]
    compared = [name for name, (field, *_) in known.items() if field.compare]
    keep = object.__setattr__

    def fill(self: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
        """Fill at once what needs no building: whoever asks for one of these asks for several."""
        for name, default in simple:
            if name not in plain:
                keep(self, name, default)
            elif known[name][1] is _itself:
                keep(self, name, plain[name])

    def get(self: Any, name: str) -> object:  # noqa: ANN401
        if name not in known:
            raise AttributeError(name)
        field, build, is_apart = known[name]
        lines = self._lines
        plain = lines[is_apart]
        if isinstance(plain, str):
            plain = lines[is_apart] = json.loads(plain) if plain else {}
            if not is_apart:
                fill(self, plain)
        value = build(plain[name]) if name in plain else _default(field)
        keep(self, name, value)
        return value

    def equals(self: Any, other: object) -> bool:  # noqa: ANN401
        return isinstance(other, kind) and all(
            getattr(self, name) == getattr(other, name) for name in compared
        )

    members = {"__slots__": ("_lines",), "__getattr__": get, "__eq__": equals, "__hash__": kind.__hash__}
    return type(kind.__name__, (kind,), {**members, "__qualname__": kind.__qualname__})
