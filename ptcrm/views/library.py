"""What is worth passing on, as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import NotFoundError
from ptcrm.model.config import LIBRARY
from ptcrm.text.fold import fold
from ptcrm.text.near import suggest
from ptcrm.vault.library import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptcrm.model.item import Item
    from ptcrm.workspace import Workspace

_SHOWN = 20  # of those that a word may mean


class Listed(NamedTuple):
    """Something in the library, how many customers have had it, and whether it is no good any more."""

    item: Item
    had: int
    is_over: bool


def item_named(workspace: Workspace, words: str) -> Item:
    """The one item that `words` mean; raises `NotFoundError`, which says what they may mean instead."""
    found = workspace.index.library().named(words)
    if len(found) > 1:
        raise several(words, [(one.id, one.title) for one in found])
    if not found:
        why = workspace.unread(words, f"{LIBRARY}/")
        raise NotFoundError(why or f"“{words}” is not in the library{nearest_item(workspace, words)}")
    return found[0]


def several(words: str, known: Sequence[tuple[str, str]]) -> NotFoundError:
    """The error that `words` may mean all that are `known`, by id and title or name."""
    shown = "\n".join(f"  {id_}  ({name})" for id_, name in known[:_SHOWN])
    more = f"\n  and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return NotFoundError(f"“{words}” may mean several; name one by the id:\n{shown}{more}")


def nearest_item(workspace: Workspace, words: str) -> str:
    """The end of a sentence that nothing in the library has this name: what was meant, or where to look."""
    items = workspace.index.library().items
    hint = suggest(fold(words), [*(one.id for one in items), *(fold(one.title) for one in items)])
    return f". {hint}" if hint else ": ptcrm library list"


def alike(workspace: Workspace, title: str, url: str | None) -> list[Item]:
    """The items that have this address, or this title where either has none."""
    items = workspace.index.library().items
    return [one for one in items if (one.url == url if one.url and url else fold(one.title) == fold(title))]


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
