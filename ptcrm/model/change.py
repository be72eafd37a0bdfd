"""What a command would do to the vault, as values: previewed, then applied by one function, then undone."""

from __future__ import annotations

from dataclasses import dataclass

from ptcrm.text.edits import unified_diff


@dataclass(frozen=True, slots=True)
class Create:
    """A new file at `path` (relative to the vault) that must not exist yet."""

    path: str
    new: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """`new` in the place of `old` at `path`, only if the file still holds `old`."""

    path: str
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Move:
    """The file at `path`, which holds `old`, goes to `to` and holds `new` there; `to` must not exist yet."""

    path: str
    old: bytes
    to: str
    new: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    """No file at `path` any more, only if it still holds `old`."""

    path: str
    old: bytes


Change = Create | Write | Move | Delete


@dataclass(frozen=True, slots=True)
class Operation:
    """Changes that belong together, with the words that name them to a person."""

    label: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Traces:
    """What somebody is known by.

    `paths` are those of the files, `words` the id, the file's stem, names and e-mail addresses, `numbers` phone
    numbers as digits, `places` postal addresses and web pages.
    """

    paths: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """What goes for good, with an operation that undo does not keep: all of undo that holds the `traces`.

    `cache` is a cache's file and `files` are others of the user's own folders, by whole paths.
    """

    traces: Traces
    cache: str | None = None
    files: tuple[str, ...] = ()


def inverse(change: Change) -> Change:
    """The change that takes `change` back."""
    match change:
        case Create():
            return Delete(change.path, change.new)
        case Write():
            return Write(change.path, change.new, change.old)
        case Move():
            return Move(change.to, change.new, change.path, change.old)
        case Delete():
            return Create(change.path, change.old)


def paths_of(operation: Operation) -> set[str]:
    """Every path that `operation` bears on."""
    moved = {change.to for change in operation.changes if isinstance(change, Move)}
    return moved | {change.path for change in operation.changes}


def diff_of(change: Change) -> str:
    """What `change` would do, as a unified diff; bytes that are not UTF-8 are replaced."""
    old = None if isinstance(change, Create) else change.old
    new = None if isinstance(change, Delete) else change.new
    if not isinstance(change, Move):
        return difference(change.path, old, new)
    moved = f"rename from {change.path}\nrename to {change.to}\n"
    return moved + difference(change.path, old, new, change.to)


def difference(path: str, old: bytes | None, new: bytes | None, to: str | None = None) -> str:
    """What tells `new` from `old` (None: no file) as a unified diff; bytes that are not UTF-8 are replaced."""
    before, after = (None if one is None else one.decode(errors="replace") for one in (old, new))
    return unified_diff(path, before, after, to)
