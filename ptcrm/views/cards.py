"""Customers as vCards: whose, and what of their files is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.formats.vcard_writing import Look, Version, vcard
from ptcrm.text.fold import same_id
from ptcrm.text.source import UndecodableError
from ptcrm.vault.notes import notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ptcrm.workspace import Workspace


def cards(workspace: Workspace, paths: Iterable[str], version: Version) -> Iterator[bytes]:
    """The card of each of the customers at `paths`, from the file as it is now; a file that is gone has none."""
    look = Look(version, workspace.config.id, _linked(workspace))
    for path in paths:
        try:
            reading = workspace.read(path)
        except (OSError, UndecodableError):
            continue
        if reading.customer is not None:
            yield vcard(reading.customer, notes(reading.document, reading.customer), look)


def _linked(workspace: Workspace) -> Callable[[str], tuple[str, str] | None]:
    """Id and name of the customer whom a link's target means; None if nobody is, or several."""
    known = {one.path: (one.id, one.name) for one in workspace.cache.customers()}
    index = workspace.index
    return lambda target: known.get(index.resolve(same_id(target)) or "")
