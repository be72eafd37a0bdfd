"""Customers who may be one and the same, as data: those of whom no file says that they are two."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from ptcrm.reports.duplicates import Pair
    from ptcrm.workspace import Workspace


def likely(workspace: Workspace, only: Container[str] | None, least: int) -> list[Pair]:
    """The pairs of a score of `least` or more, the highest first; one of the two is among the paths of `only`."""
    pairs = workspace.duplicates(least)
    return [one for one in pairs if only is None or one.one.path in only or one.other.path in only]


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
