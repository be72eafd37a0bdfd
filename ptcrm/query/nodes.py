"""A query as frozen values that are called: `query(facts)` says whether a customer is meant.

`str(query)` is read as the same query again. A test looks at one value; a field that has no value passes none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import Anniversary
from ptcrm.query.lexer import in_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable

Value = str | date | Anniversary | Decimal | int


Facts = Callable[[str], tuple[Value, ...]]  # from a field to all its values, none if it is absent
Test = Callable[[Value], bool]


class Choice(NamedTuple):
    """One of the values a term allows: as typed, and what decides."""

    text: str
    test: Test


@dataclass(frozen=True, slots=True)
class Term:
    """`field:a,b`: some value of the field passes one of the tests."""

    field: str
    choices: tuple[Choice, ...]

    def __call__(self, facts: Facts) -> bool:
        """Whether some value passes."""
        values = facts(self.field)
        return any(choice.test(value) for choice in self.choices for value in values)

    def __str__(self) -> str:
        return f"{in_quotes(self.field)}:{','.join(choice.text for choice in self.choices)}"


@dataclass(frozen=True, slots=True)
class Has:
    """`has:a,b`: one of the fields has a value, and not only nought or false."""

    fields: tuple[str, ...]

    def __call__(self, facts: Facts) -> bool:
        """Whether one of the fields has a value."""
        return any(any(facts(field)) for field in self.fields)

    def __str__(self) -> str:
        return f"has:{','.join(map(in_quotes, self.fields))}"


@dataclass(frozen=True, slots=True)
class Not:
    """`-part`: all that `part` does not mean."""

    part: Query

    def __call__(self, facts: Facts) -> bool:
        """Whether the part does not mean the customer."""
        return not self.part(facts)

    def __str__(self) -> str:
        if isinstance(self.part, Has):
            return f"no{str(self.part).removeprefix('has')}"
        return f"-({self.part})" if isinstance(self.part, (Every, Some)) else f"-{self.part}"


@dataclass(frozen=True, slots=True)
class Every:
    """All parts at once; without parts it means everybody."""

    parts: tuple[Query, ...] = ()

    def __call__(self, facts: Facts) -> bool:
        """Whether all parts mean the customer."""
        return all(part(facts) for part in self.parts)

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Some) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Some:
    """Any of the parts."""

    parts: tuple[Query, ...]

    def __call__(self, facts: Facts) -> bool:
        """Whether one of the parts means the customer."""
        return any(part(facts) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Saved:
    """`@name`: what the saved query of this name means. It is printed by its name."""

    name: str
    query: Query

    def __call__(self, facts: Facts) -> bool:
        """Whether the saved query means the customer."""
        return self.query(facts)

    def __str__(self) -> str:
        return f"@{in_quotes(self.name)}"


Query = Term | Has | Not | Every | Some | Saved


def every(parts: Iterable[Query]) -> Query:
    """All of `parts`, without needless nesting."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, Every) else (part,))]
    return flat[0] if len(flat) == 1 else Every(tuple(flat))


def some(parts: Iterable[Query]) -> Query:
    """Any of `parts`, without needless nesting."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, Some) else (part,))]
    return flat[0] if len(flat) == 1 else Some(tuple(flat))


def negated(part: Query) -> Query:
    """All that `part` does not mean."""
    return part.part if isinstance(part, Not) else Not(part)


def fields_of(query: Query) -> frozenset[str]:
    """The fields that the query may ask for; what else is known of a customer need not be worked out."""
    if isinstance(query, Term):
        return frozenset({query.field})
    if isinstance(query, Has):
        return frozenset(query.fields)
    if isinstance(query, Saved):
        return fields_of(query.query)
    parts = (query.part,) if isinstance(query, Not) else query.parts
    return frozenset().union(*map(fields_of, parts))
