"""What the checks look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ptcrm.model.config import Config
from ptcrm.model.customer import Customer
from ptcrm.vault.index import Index, LooseLink
from ptcrm.vault.library import Library


class Copy(NamedTuple):
    """A sync program's copy of the file at `original`; a text is None if the file is missing or unreadable."""

    path: str
    original: str
    text: str | None
    original_text: str | None


class Twins(NamedTuple):
    """Two files of customers who may be one, and what speaks for it."""

    path: str
    other: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vault:
    """What the checks look at. `customers` are in the order of their paths, without their logs.

    `holidays` are the country's in some year (no country has a year without), `missing` the customers' folders
    that are not there. `list_names` gives the path of every file of the vault; it is a function, since few vaults
    need the list. `list_twins` gives those who may be one, the likeliest first.
    """

    index: Index
    config: Config
    today: date
    customers: tuple[Customer, ...]
    loose_links: tuple[LooseLink, ...]
    copies: tuple[Copy, ...]
    holidays: Mapping[date, str]
    library: Library
    missing: tuple[str, ...]
    list_names: Callable[[], Iterable[str]]
    list_twins: Callable[[], Iterable[Twins]]
