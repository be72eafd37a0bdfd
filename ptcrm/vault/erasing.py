"""What is known of somebody outside the vault, taken away for good: undo, cache, feeds, drafts (I/O)."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ptcrm.model.change import Create, Delete, Move, paths_of
from ptcrm.vault.cache_file import delete, files_of
from ptcrm.vault.traces import are_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.change import Erasure, Traces
    from ptcrm.vault.journal import Journal, Record

_TRIES, _PAUSE_SECONDS = 100, 0.05  # a server that reads just now is done soon


def erase(root: Path, journal: Journal, erasure: Erasure) -> None:
    """Take away what `erasure` names, and folders that are empty without it; raises OSError.

    What is gone already is no matter, so it can be done again.
    """
    for number in held_numbers(journal, erasure.traces):
        journal.drop(number)
    if erasure.cache:
        _erase_cache(Path(erasure.cache))
    for file in erasure.files:
        Path(file).unlink(missing_ok=True)
    for path in erasure.traces.paths:
        _drop_empty_folders(root, path)


def held_numbers(journal: Journal, traces: Traces) -> list[int]:
    """The numbers of the operations kept for undo that hold any of the traces, or that nobody can read any more."""
    every = known_paths(traces, journal.records())
    return journal.numbers_where(lambda record: record is None or _holds(record, traces, every))


def known_paths(traces: Traces, records: Iterable[Record]) -> set[str]:
    """The paths of `traces`, and where these files stood before."""
    moves = [change for record in records for change in record.operation.changes if isinstance(change, Move)]
    known = set(traces.paths)
    for _ in moves:
        more = {end for one in moves for end in (one.path, one.to) if {one.path, one.to} & known}
        if more <= known:
            break
        known |= more
    return known


def _holds(record: Record, traces: Traces, paths: set[str]) -> bool:
    operation = record.operation
    return not paths.isdisjoint(paths_of(operation)) or any(are_in(traces, text) for text in _texts(record))


def _texts(record: Record) -> Iterator[str]:
    """The words of an operation: its label, its paths, and what its files held and hold."""
    yield record.operation.label
    yield from paths_of(record.operation)
    for change in record.operation.changes:
        if not isinstance(change, Create):
            yield change.old.decode(errors="replace")
        if not isinstance(change, Delete):
            yield change.new.decode(errors="replace")


def _erase_cache(place: Path) -> None:
    """Delete the cache, or empty it to the last byte; raises OSError."""
    for _ in range(_TRIES):
        with suppress(sqlite3.OperationalError):
            if not files_of(place) or delete(place):
                return
        time.sleep(_PAUSE_SECONDS)
    raise OSError(0, "another ptcrm uses it", str(place))


def _drop_empty_folders(root: Path, path: str) -> None:
    """Take away the folders above `path` that hold nothing any more; those at the top of the vault stay."""
    parts = path.split("/")[:-1]
    while len(parts) > 1:
        try:
            root.joinpath(*parts).rmdir()
        except OSError:  # there is more in it, or it is gone
            return
        parts.pop()
