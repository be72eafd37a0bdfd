"""What one file says as rows: whom it is about, what links lead to it and from it, what its log has. Pure."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from ptcrm.text.fold import fold, same_id
from ptcrm.vault.entries import packed
from ptcrm.vault.index import ALIAS, ID, NAME, PATH, STEM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.customer import Customer
    from ptcrm.model.diagnostic import Diagnostic
    from ptcrm.model.item import Item
    from ptcrm.vault.entries import EntryRow
    from ptcrm.vault.forms import Forms
    from ptcrm.vault.items import ItemRead
    from ptcrm.vault.listing import Signature
    from ptcrm.vault.schema import Reading


class Facts(NamedTuple):
    """What one file says. Rows: handles (key, rank), links (line, field, target, key), about (whom, key, day, line, ours).

    `entries` are packed; `shared` are those that were made with other people, with the key of each. `asked` are the
    names of the user's own fields, as JSON, and `asked.asked_of`.
    """

    customer: Customer | None
    search: str
    handles: tuple[tuple[str, int], ...]
    links: tuple[tuple[int, str | None, str, str], ...]
    entries: str
    shared: tuple[tuple[str, EntryRow], ...]
    diagnostics: tuple[Diagnostic, ...]
    asked: tuple[str, str] = ("", "")
    about: tuple[tuple[str, str, int, int, bool], ...] = ()
    item: Item | None = None


class FileRead(NamedTuple):
    """What is known of the file at `path`: its signature, when that was seen (ns), and what the file says."""

    path: str
    signature: Signature
    read_ns: int
    facts: Facts


def nothing_but(diagnostics: tuple[Diagnostic, ...]) -> Facts:
    """What a file says that holds no customer."""
    return Facts(None, "", (), (), "", (), diagnostics)


def facts_of(reading: Reading, forms: Forms) -> Facts:
    """The rows that the file just read gives."""
    from ptcrm.vault.asked import asked_of, own_names
    from ptcrm.vault.library import about_rows

    one = reading.customer
    if one is None:
        return nothing_but(reading.diagnostics)
    stem = one.path.removesuffix(".md")
    folders = stem.split("/")
    handles = [
        (one.id, ID),
        (folders[-1], STEM),
        *(("/".join(folders[at:]), PATH) for at in range(len(folders) - 1)),
    ]
    handles += [(alias, ALIAS) for alias in one.aliases] + [(one.name, NAME)]
    entries = forms.rows(one)
    links = tuple((link.line, link.key, link.target, link_key(link.target, one.path)) for link in one.links)
    return Facts(
        replace(one, log=()),
        fold("\n".join([one.id, one.name, *one.aliases])),
        tuple((same_id(text), rank) for text, rank in handles),
        links,
        packed(entries),
        tuple((link_key(target, one.path), row) for target, row in forms.shared(one, entries)),
        reading.diagnostics,
        (own_names(one), asked_of(one)),
        tuple(
            (row.whom and link_key(row.whom, one.path), link_key(row.target, one.path), *row[2:])
            for row in about_rows(one)
        ),
    )


def facts_of_item(read: ItemRead) -> Facts:
    """The rows that a file of the library gives. Its fields lead nowhere of their own, so neither do its links."""
    if read.item is None:
        return nothing_but(read.diagnostics)
    path = read.item.path
    links = tuple((link.line, None, link.target, link_key(link.target, path)) for link in read.links)
    return Facts(None, "", (), links, "", (), read.diagnostics, item=read.item)


def link_key(target: str, path: str) -> str:
    """What the link `target` in the file at `path` is looked up by: an id, stem, alias or path."""
    if not target.endswith(".md"):
        return same_id(target)
    folder = posixpath.dirname(path)
    return same_id(posixpath.normpath(posixpath.join(folder, unquote(target))).removesuffix(".md"))


def file_keys(paths: Iterable[str]) -> set[str]:
    """What a link to one of the files at `paths` may be looked up by: each path and its ends, notes without `.md`."""
    keys: set[str] = set()
    for path in paths:
        parts = path.removesuffix(".md").split("/")
        keys.update(same_id("/".join(parts[at:])) for at in range(len(parts)))
    return keys
