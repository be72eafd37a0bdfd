"""Customers as rows: any of their columns, in any order, in groups."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.formats.columns import STANDING
from ptcrm.formats.customers import CUSTOMER, CUSTOMER_FIELDS, plain_value
from ptcrm.model.customer import Customer, Occasion
from ptcrm.model.dates import Anniversary, Interval, from_today, parse_date
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ptcrm.model.config import Config
    from ptcrm.model.occurrence import Standing
    from ptcrm.workspace import Workspace

USUAL = ("id", "name", "tier", "status", "last_contact", "next_contact", "state")
# Other names of columns, most of them those of queries.
ALSO = {
    "last": "last_contact",
    "next": "next_contact",
    "planned": "next_contact",
    "customer": "id",
    "alias": "aliases",
    "email": "emails",
    "phone": "phones",
    "address": "addresses",
    "place": "places",
    "url": "urls",
    "occasion": "occasions",
    "tag": "tags",
    "interest": "interests",
    "source": "sources",
}
_URGENT = ("overdue", "due", "soon", "new", "ok", "snoozed", "never")
_DAYS = frozenset(("last_contact", "next_contact", "due", "since", "left", "snooze"))

Sortable = tuple[object, ...]


def all_columns(own: Iterable[str]) -> list[str]:
    """The columns that there are: fields, standing, then the `own` fields of customers by name."""
    return [*CUSTOMER, *sorted({*own} - CUSTOMER.keys())]


def own_of(customers: Iterable[Customer]) -> Iterator[str]:
    """The names of the own fields that have a value, some of them more than once."""
    return (name for one in customers for name, value in one.own if value)


class Group(NamedTuple):
    """Those who have one value in a column (None: who have none)."""

    value: str | None
    members: list[Customer]


class Listing:
    """Every column of the customers at `paths` (None: of all); what the plan says is worked out when it is asked for."""

    def __init__(self, workspace: Workspace, paths: Collection[str] | None = None) -> None:
        self._workspace, self._today, self._paths = workspace, workspace.today, paths

    @cached_property
    def _standings(self) -> dict[str, Standing]:
        return self._workspace.cache.standings(self._paths)

    @cached_property
    def _next_days(self) -> dict[str, date]:
        return self._workspace.next_days(self._paths)

    def value(self, one: Customer, key: str) -> object:
        """The value of a column, of the type by which it is compared; None or () if it is missing."""
        return self._getter(key)(one)

    def rows(self, customers: Iterable[Customer], keys: Iterable[str]) -> Iterator[dict[str, object]]:
        """The columns `keys` as plain JSON values (docs/json.md), of the user's own fields those that are there."""
        getters = [(key, self._getter(key), key in CUSTOMER) for key in keys]
        for one in customers:
            values = ((key, get(one), always) for key, get, always in getters)
            yield {key: plain_value(value) for key, value, always in values if always or value is not None}

    def _getter(self, key: str) -> Callable[[Customer], object]:
        if key in CUSTOMER_FIELDS or key == "path":
            return attrgetter(key)
        if key in STANDING:
            return lambda one: self._planned(one.path, key)
        return lambda one: next((value for name, value in one.own if name == key and value), None)

    def _planned(self, path: str, key: str) -> object:
        if key == "next_contact":
            return self._next_days.get(path)
        standing = self._standings[path]
        if key == "last_contact":
            return standing.last.date if standing.last else None
        if key == "percent":
            return standing.progress(self._today)
        if key == "state":
            return standing.state(self._today)
        return standing.due if key == "due" else standing.cadence

    def cell(self, one: Customer, key: str, *, with_words: bool = True) -> str:
        """A column's value as a table shows it: `-` if it is missing; how far away a day is, `with_words`."""
        value = self.value(one, key)
        if isinstance(value, tuple):
            return ", ".join(map(_words, value)) or "-"
        if with_words and key in _DAYS and isinstance(value, date):
            return f"{value} {from_today(value, self._today)}"
        return "-" if value is None else _words(value)

    def ordered(self, customers: Sequence[Customer], by: Sequence[tuple[str, bool]]) -> list[Customer]:
        """The customers by these columns, the first one first; with True from the greatest down.

        What is missing stands last, and those who are equal stay as they stand.
        """
        found = list(customers)
        for key, is_down in reversed(by):
            get = self._getter(key)
            keyed = [(self._sort_key(key, get(one)), one) for one in found]
            there = [(known, one) for known, one in keyed if known is not None]
            there.sort(key=itemgetter(0), reverse=is_down)
            found = [one for _, one in there] + [one for known, one in keyed if known is None]
        return found

    def grouped(self, customers: Iterable[Customer], key: str) -> list[Group]:
        """The customers by the values of a column, in their order; a list puts them into a group for each member."""
        groups: dict[str | None, Group] = {}
        places: dict[str, Sortable] = {}
        for one in customers:
            value = self.value(one, key)
            members = (value or (None,)) if isinstance(value, tuple) else (value,)
            for member in dict.fromkeys(members):
                words = None if member is None else _words(member)
                groups.setdefault(words, Group(words, [])).members.append(one)
                if words is not None:
                    places[words] = self._sort_key(key, member) or ()
        names = sorted(places, key=lambda words: (places[words], words))
        return [groups[words] for words in (*names, None) if words in groups]

    def _sort_key(self, key: str, value: object) -> Sortable | None:
        order = _order(key, self._workspace.config)
        if order and value is not None:
            return (order.index(str(value)) if value in order else len(order), fold(str(value)))
        return sort_key(value, own=key not in CUSTOMER)


def _order(key: str, config: Config) -> Sequence[str]:
    """The values of a column in an order of their own: tiers and statuses as configured, urgent states first."""
    if key == "tier":
        return tuple(config.tiers)
    return tuple(config.statuses) if key == "status" else _URGENT if key == "state" else ()


def sort_key(value: object, *, own: bool = False) -> Sortable | None:
    """What a value is compared by, or None if it is missing: days as days, numbers as numbers, words folded.

    Of the user's `own` fields numbers stand first, then days, then words. Days of the year follow the calendar.
    """
    if value is None or value == ():
        return None
    if isinstance(value, tuple):
        return tuple(fold(_words(member)) for member in value)
    if isinstance(value, Anniversary):
        return (value.month, value.day, value.year or 0)
    if isinstance(value, Interval):
        return (value.is_never, value.nominal_days)
    if isinstance(value, str):
        return _own_key(value) if own else (fold(value),)
    return (value,)


def _own_key(text: str) -> Sortable:
    number = as_number(text)
    if number is not None:
        return (0, number)
    day = parse_date(text)
    return (1, day) if isinstance(day, date) else (2, fold(text))


def as_number(text: str) -> Decimal | None:
    """The number that `text` is, or None."""
    try:
        number = Decimal(text) if text.isascii() else Decimal("nan")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.name} {value.day}" if isinstance(value, Occasion) else str(value)
