"""The page of all customers: whom a query finds, in any order, a hundred at a time; and what completes a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.model.dates import ago, near_day
from ptcrm.model.typed import plain
from ptcrm.query.configured import typed
from ptcrm.server.pages.page import Page, address
from ptcrm.views.brief import Names
from ptcrm.views.listing import Listing
from ptcrm.views.words import Words, terms, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptcrm.model.customer import Customer
    from ptcrm.server.pages.page import Asked
    from ptcrm.workspace import Workspace

_ON_A_PAGE = 100
_OFFERED = 30
_COLUMNS = (
    ("name", "Name"),
    ("state", "State"),
    ("tier", "Tier"),
    ("last_contact", "Last contact"),
    ("next_contact", "Next contact"),
    ("places", "Places"),
)
_FILTERS = (
    "state:overdue",
    "state:due",
    "state:soon",
    "state:new",
    "state:ok",
    "state:snoozed",
    "status:former",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be sorted by: where that leads, and how the list is sorted by it now (`ascending`, …)."""

    title: str
    to: str
    sorted: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A customer in the list."""

    id: str
    name: str
    about: str
    state: str
    tier: str
    last: str
    next: str
    places: str


def customers_page(workspace: Workspace, asked: Asked) -> Page:
    """Whom the query `q` finds, sorted by `sort` (a column, with a minus from the greatest down), from `from` on."""
    q, sort = plain(asked.query.get("q", "")), _sort(asked.query.get("sort", ""))
    problem, hints, found = "", list[str](), list[str]()
    try:
        question = typed([q])
        found = workspace.paths_by(question)
        hints = [] if found else list(workspace.unmatched(question))
    except UsageError as error:
        problem = str(error)
    start = _number(asked.query.get("from", ""), len(found))
    key, is_down = sort.removeprefix("-"), sort.startswith("-")
    customers = Listing(workspace).ordered(list(workspace.cache.customers_at(found)), [(key, is_down)])
    shown = customers[start : start + _ON_A_PAGE]
    listing = Listing(workspace, {one.path for one in shown})
    return Page(
        "customers.html",
        {
            "filter": q,
            "sort": sort,
            "problem": problem,
            "hints": hints,
            "columns": [_column(*one, q, sort) for one in _COLUMNS],
            "lines": [_line(listing, one, workspace) for one in shown],
            "start": start,
            "count": len(found),
            "before": address("/customers", q=q, sort=sort, **{"from": max(start - _ON_A_PAGE, 0) or None}),
            "after": address("/customers", q=q, sort=sort, **{"from": start + _ON_A_PAGE}),
            "filters": [*_FILTERS, *(f"@{name}" for name in workspace.config.queries)],
        },
        422 if problem else 200,
    )


def _sort(given: str) -> str:
    """How the list is sorted: by name, if nothing else that can be is asked for."""
    return given if given.removeprefix("-") in dict(_COLUMNS) else "name"


def _number(given: str, count: int) -> int:
    """The first line to show: the beginning of a page, the last one at the most."""
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    return min(number, max(count - 1, 0)) // _ON_A_PAGE * _ON_A_PAGE


def _column(key: str, title: str, q: str, sort: str) -> Column:
    is_by_this, is_down = sort.removeprefix("-") == key, sort.startswith("-")
    to = address("/customers", q=q, sort=f"-{key}" if is_by_this and not is_down else key)
    return Column(title, to, ("descending" if is_down else "ascending") if is_by_this else None)


def _line(listing: Listing, one: Customer, workspace: Workspace) -> Line:
    last, coming = listing.value(one, "last_contact"), listing.value(one, "next_contact")
    return Line(
        one.id,
        one.name,
        ", ".join(filter(None, (one.role, one.company and Names(workspace, one.path)(one.company)))),
        str(listing.value(one, "state")),
        one.tier or "",
        ago(last, workspace.today) if isinstance(last, date) else "never",
        near_day(coming, workspace.today) if isinstance(coming, date) else "",
        ", ".join(one.places),
    )


# Completion


def completions(workspace: Workspace, asked: Asked) -> Mapping[str, object]:
    """What may stand at the end of the query `q`, each as the whole query, and what it means."""
    found = terms(asked.query.get("q", ""), _words(workspace, workspace.cache.version()))
    return {"words": [{"query": query, "meaning": meaning} for query, meaning, _ in islice(found, _OFFERED)]}


@lru_cache(maxsize=1)
def _words(workspace: Workspace, _version: tuple[int, int]) -> Words:
    """The words of the vault as long as nothing in it changes: they are asked for with every key."""
    return words_of(workspace)
