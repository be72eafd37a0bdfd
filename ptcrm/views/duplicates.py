"""Customers who may be one and the same, as data: those of whom no file says that they are two."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ptcrm.reports.duplicates import duplicates

if TYPE_CHECKING:
    from collections.abc import Container

    from ptcrm.reports.duplicates import Pair
    from ptcrm.workspace import Workspace


def likely(workspace: Workspace, only: Container[str] | None, least: int) -> list[Pair]:
    """The pairs of a score of `least` or more, the highest first; one of the two is among the paths of `only`.

    A link from one of the two files to the other says that they are two.
    """
    linked = cache(workspace.index.linked)

    def is_open(one: Pair) -> bool:
        paths = one.one.path, one.other.path
        is_meant = only is None or any(path in only for path in paths)
        return is_meant and paths[1] not in linked(paths[0]) and paths[0] not in linked(paths[1])

    return list(filter(is_open, duplicates(workspace.cache.customers(), workspace.config.country, least)))


def pair_row(one: Pair) -> dict[str, object]:
    """A pair as a flat object (the JSON of `dupes`; docs/json.md)."""
    return {
        "customer": one.one.id,
        "name": one.one.name,
        "path": one.one.path,
        "other": one.other.id,
        "other_name": one.other.name,
        "other_path": one.other.path,
        "score": one.score,
        "reasons": list(one.reasons),
        "against": list(one.against),
    }
