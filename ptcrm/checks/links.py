"""Links that lead nowhere or to several, and customers who may be one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ptcrm.model.customer import Customer
from ptcrm.model.dates import parse_date
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.text.fold import same_id
from ptcrm.vault.facts import file_keys
from ptcrm.vault.index import WITH, WORDS
from ptcrm.vault.match import slips

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.checks.vault import Vault
    from ptcrm.model.item import Item
    from ptcrm.vault.index import LooseLink
    from ptcrm.vault.library import Library

_TO_CUSTOMERS = ("company", "referred_by", "family", WITH)


def broken_links(vault: Vault) -> Iterator[Diagnostic]:
    """Links that lead to no customer and no file; to no customer, where only a customer will do."""
    lost = [one for one in vault.loose_links if not one.meant and not _leads_elsewhere(one, vault.library)]
    if not lost:
        return
    files = file_keys(vault.list_names())
    to_customers = [one for one in lost if one.field in (*_TO_CUSTOMERS, WORDS)]
    to_files = [one for one in lost if one.field not in (*_TO_CUSTOMERS, WORDS)]
    yield from _broken_among(to_customers, vault.customers, files)
    yield from _broken_among(to_files, (*vault.customers, *vault.library.items), files)


def _broken_among(
    links: list[LooseLink], named: Iterable[Customer | Item], files: set[str]
) -> Iterator[Diagnostic]:
    """What is wrong with links that were perhaps meant for something `named`."""
    near = slips({_last_part(one) for one in links}, _ids_by_name(named))
    for one in links:
        if broken := _broken(one, near.get(_last_part(one)), files):
            yield Diagnostic("PT402", one.path, one.line, 1, *broken)


def _broken(one: LooseLink, near: str | None, files: set[str]) -> tuple[str, str] | None:
    """What is wrong with a link to no customer, and what to do; None for a file, and for words that need no link."""
    message, hint = f"“{one.target}” is no customer", f"Did you mean “{near}”?" if near else ""
    if one.field == WORDS:
        return (message, hint) if near else None
    if one.field in _TO_CUSTOMERS:
        return message, hint or "Write a customer's id. Who has no file is written without brackets."
    if one.key.removeprefix("/") in files:
        return None
    return f"{message} and no file here", hint or "Correct the link, or write that file."


def _leads_elsewhere(one: LooseLink, library: Library) -> bool:
    """Whether a link leads into the library, out of the vault, or to the note of a day, which is written when needed."""
    is_day = isinstance(parse_date(one.target), date)
    is_outside = is_day or one.key.startswith("../")
    return one.field not in _TO_CUSTOMERS and (is_outside or library.led_to(one.key) is not None)


def _last_part(one: LooseLink) -> str:
    return one.key.rpartition("/")[2]


def _ids_by_name(named: Iterable[Customer | Item]) -> dict[str, str]:
    """The id of each customer and item by all that it is called; the first, where two are called the same."""
    ids: dict[str, str] = {}
    for one in named:
        for name in (one.id, one.name if isinstance(one, Customer) else one.title, *one.aliases):
            ids.setdefault(name, one.id)
    return ids


def ambiguous_links(vault: Vault) -> Iterator[Diagnostic]:
    """Links that more than one customer answers to; where two have one id, that is said already."""
    ids = {one.path: same_id(one.id) for one in vault.customers}
    for one in vault.loose_links:
        if one.meant and all(ids[path] != one.key for path in one.meant):
            message = f"“{one.target}” may mean {' or '.join(one.meant)}"
            yield Diagnostic("PT402", one.path, one.line, 1, message, "Write the id of the one you mean.")


def twins(vault: Vault) -> Iterator[Diagnostic]:
    """Customers who may be one, each with the likeliest other."""
    lines = {one.path: one.lines.get("name", 1) for one in vault.customers}
    said: set[str] = set()
    for one, other, why in vault.list_twins():
        for path, second in ((one, other), (other, one)):
            if path not in said:
                message = f"this may be the same customer as {second}: {', '.join(why)}"
                hint = "Make one file of the two with `ptcrm merge`. If they are two, link one to the other."
                yield Diagnostic("PT407", path, lines.get(path, 1), 1, message, hint)
            said.add(path)
