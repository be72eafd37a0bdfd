"""The feeds of a vault as they are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """A feed's bytes; `digest` is their hex SHA-256, `modified` the Unix seconds when they were first there."""

    content: bytes
    digest: str
    modified: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The feeds by name; `problem` says why they are older than the files, `number` counts refreshes from 1."""

    feeds: Mapping[str, Body]
    problem: str | None = None
    number: int = 0
