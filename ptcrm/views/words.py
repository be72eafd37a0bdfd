"""The words of a vault that may be typed, and those that may stand at the end of a query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.workspace import Workspace

_LONGEST = 60  # characters of a value that is worth offering
_MONTHS: tuple[str, ...] = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december", "today"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What may be typed. Each of `customers` is an id, a name and other names; `companies` are ids.

    Each of `items` is the id and the title of something in the library, `topics` are those of all.

    `fields` (those of a file) and `asked` (those of a query) have a name, other names and a meaning. `known`
    has the only values that a field of a query takes, `used` those in use, by its name. `channels` have all
    their names.
    """

    customers: list[list[str]] = field(default_factory=list)
    companies: list[str] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    queries: dict[str, str] = field(default_factory=dict)
    templates: list[str] = field(default_factory=list)
    items: list[list[str]] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)


def words_of(workspace: Workspace) -> Words:
    """The words of an open vault."""
    from ptcrm.model.config import channel_names
    from ptcrm.query.fields import FIELDS as ASKED
    from ptcrm.query.fields import vocabulary_of
    from ptcrm.vault.schema import FIELDS
    from ptcrm.vault.templates import variants

    customers, items = list(workspace.cache.customers()), workspace.index.library().items
    config = workspace.config
    own = sorted({name for one in customers for name, _ in one.own})
    known = vocabulary_of(config, own).known
    return Words(
        [[one.id, one.name, *one.aliases] for one in customers],
        [one.id for one in customers if one.kind == "company"],
        [[one.name, one.meaning] for one in FIELDS] + [[name, "your own"] for name in own],
        [[one.name, *one.also, one.meaning] for one in ASKED] + [[name, "your own"] for name in own],
        {name: list(dict.fromkeys(words.values())) for name, words in known.items()},
        _used(customers, own),
        list(channel_names(config)),
        list(config.feeds),
        list(config.campaigns),
        dict(config.queries),
        sorted(variants(workspace.templates())),
        [[one.id, one.title] for one in items],
        sorted({*config.topics, *(topic for one in items for topic in one.topics)}),
    )


def _used(customers: Iterable[Any], own: Iterable[str]) -> dict[str, list[str]]:
    """The short values in use of fields whose values are whole words, by the field's name in a query."""
    from ptcrm.query.fields import FIELDS, Type, facts_of

    names = [one.name for one in FIELDS if one.type in (Type.WORD, Type.LINK) and not one.planned]
    found: dict[str, set[str]] = {name: set() for name in (*names, *own) if name not in ("id", "log")}
    for facts in map(facts_of, customers):
        for name, values in found.items():
            values.update(str(value) for value in facts(name) if len(str(value)) <= _LONGEST)
    return {name: sorted(values) for name, values in found.items() if values}


# Queries


def terms(query: str, words: Words) -> Iterator[tuple[str, str, bool]]:
    """What may stand at the end of a query that is being typed: each as the whole query, what it means, and whether it goes on.

    The last term is completed, behind blanks, brackets and a minus that stand there already.
    """
    cut = 0
    is_quoted = False
    for at, sign in enumerate(query):
        is_quoted ^= sign == '"'
        if not is_quoted and sign in " (":
            cut = at + 1
    lead, term = query[:cut], query[cut:]
    bare = term.removeprefix("-")
    lead += term[: len(term) - len(bare)]
    for word, meaning, is_open in _terms(bare, words):
        yield lead + word, meaning, is_open


def _terms(term: str, words: Words) -> Iterator[tuple[str, str, bool]]:
    name, colon, values = term.partition(":")
    if term.startswith("@"):
        yield from (
            (f"@{one}", text, False) for one, text in words.queries.items() if f"@{one}".startswith(term)
        )
    elif not colon:
        yield from ((f"{word}:", meaning, True) for word, meaning in _fields_asked(term, words))
    else:
        done, comma, part = values.rpartition(",")
        kept = f"{name}:{done}{comma}"
        for value in _values_asked(name, words):
            if fold(value).startswith(fold(part.removeprefix('"'))):
                yield kept + _in_query(value), "", False


def _fields_asked(part: str, words: Words) -> Iterator[tuple[str, str]]:
    """The fields that begin so, each by one of its names, with their meanings; `has` and `no` too."""
    for *names, meaning in [*words.asked, ["has", "has a value"], ["no", "has no value"]]:
        name = next((one for one in names if fold(one).startswith(fold(part))), None)
        if name:
            yield _in_query(name), meaning


def _values_asked(name: str, words: Words) -> Iterable[str]:
    """The values that the field of a query takes, or finds."""
    if name in ("has", "no"):
        return [one for one, *_ in words.asked]
    field = next((names[0] for *names, _ in words.asked if name in names), name)
    if field == "id":
        return [one for one, *_ in words.customers]
    if field == "birthday":
        return _MONTHS
    if field == "do_not_contact":
        return ("true", "false")
    return words.known.get(field) or words.used.get(field) or ()


def _in_query(value: str) -> str:
    """`value` as a query has it: in quotes, if it is not one plain word."""
    if value and all(sign.isalnum() or sign in "-_./@" for sign in value):
        return value
    return '"' + value.replace('"', '""') + '"'
