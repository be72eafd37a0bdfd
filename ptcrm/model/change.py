"""What a command would do to the vault, as values: previewed, then applied by one function."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Create:
    """A new file at `path` (relative to the vault) that must not exist yet."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """`new` in the place of `old` at `path`, only if the file still holds `old`."""

    path: str
    old: bytes
    new: bytes


Change = Create | Write


@dataclass(frozen=True, slots=True)
class Operation:
    """Changes that belong together, with the words that name them to a person."""

    label: str
    changes: tuple[Change, ...]
