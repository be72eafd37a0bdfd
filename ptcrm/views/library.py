"""What is worth passing on, as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.fold import fold
from ptcrm.vault.library import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptcrm.model.item import Item
    from ptcrm.workspace import Workspace


class Listed(NamedTuple):
    """Something in the library, how many customers have had it, and whether it is no good any more."""

    item: Item
    had: int
    is_over: bool


def listed(workspace: Workspace, words: Sequence[str], *, whole: bool) -> Iterator[Listed]:
    """The items in which all `words` stand, by title; what is no good any more only if they are asked for as a `whole`."""
    parts = [fold(word) for word in words]
    for item in sorted(workspace.index.library().items, key=lambda one: (fold(one.title), one.path)):
        is_over = item.is_over(workspace.today)
        text = fold("\n".join([item.title, item.id, item.kind, *item.topics, item.url or "", item.text]))
        if (whole or not is_over) and all(part in text for part in parts):
            had = {one.whom for one in workspace.index.given_of(keys_of(item))}
            yield Listed(item, len(had), is_over)


def item_row(one: Listed) -> dict[str, object]:
    """An item as a flat object (the JSON of `library list`; docs/json.md)."""
    item = one.item
    return {
        "id": item.id,
        "title": item.title,
        "kind": item.kind,
        "topics": list(item.topics),
        "until": item.until.isoformat() if item.until else None,
        "over": one.is_over,
        "had": one.had,
        "url": item.url,
        "path": item.path,
    }
