"""The values of a query that no customer has; where a query finds nobody, one of them may be a slip."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.query.fields import Key
from ptcrm.query.lexer import in_quotes
from ptcrm.query.matching import LeadsTo, Like
from ptcrm.query.nodes import Every, Some, Term
from ptcrm.text.fold import fold, same_id
from ptcrm.text.near import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ptcrm.query.nodes import Choice, Query, Value

    InUse = Callable[[str], Collection[Value]]  # from a field to the values that the customers have


class Unmatched(NamedTuple):
    """A term with one value, as it is written, and the same with the nearest value in use, or None."""

    term: str
    near: str | None


def unmatched(query: Query, in_use: InUse) -> list[Unmatched]:
    """The whole words and links that the query asks for and no customer has, each once, in its order.

    Left out are values with stars, comparisons and ranges, words of the configuration, what is negated, and what
    saved queries ask for: those may well ask for what nobody has just now.
    """
    found = (_unmatched(term, choice, in_use) for term in _terms(query) for choice in term.choices)
    return list(dict.fromkeys(one for one in found if one))


def _terms(query: Query) -> Iterator[Term]:
    """The terms of the query that must be true, or may be."""
    if isinstance(query, Term):
        yield query
    elif isinstance(query, (Every, Some)):
        for part in query.parts:
            yield from _terms(part)


def _unmatched(term: Term, choice: Choice, in_use: InUse) -> Unmatched | None:
    test = choice.test
    if not isinstance(test, LeadsTo) and not (isinstance(test, Like) and len(test.pieces) == 1):
        return None
    values = in_use(term.field)
    if any(map(test, values)):
        return None
    near = (
        _near_link(test.key, values, in_use) if isinstance(test, LeadsTo) else _near(test.pieces[0], values)
    )
    name = in_quotes(term.field)
    return Unmatched(f"{name}:{choice.text}", f"{name}:{near}" if near else None)


def _near(word: str, values: Collection[Value]) -> str | None:
    """The nearest of the values, as it is written in a query."""
    written = {fold(str(value)): str(value) for value in values}
    near = nearest(word, written)
    return in_quotes(written[near]) if near else None


def _near_link(key: str, values: Collection[Value], in_use: InUse) -> str | None:
    """The link nearest to this key; none for a customer who is there, and whom nobody links to."""
    if any(same_id(str(one)) == key for one in in_use("id")):
        return None
    near = nearest(key, {value for value in values if isinstance(value, Key)})
    return f"[[{near}]]" if near else None
