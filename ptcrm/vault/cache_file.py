"""The file of a cache, for those who ask about it or delete it; `cache.py` is for those who use it (I/O)."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.vault.cache import Cache
from ptcrm.vault.entries import unpacked
from ptcrm.vault.index import Index
from ptcrm.vault.scan import see

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ptcrm.vault.listing import Signature

_PATIENCE_SECONDS = 10
_FOR_EVER_NS = 2**62


class Holding(NamedTuple):
    """How many files, customers, log entries, texts and answers a cache knows, and how many files have changed since."""

    files: int
    customers: int
    entries: int
    texts: int
    answers: int
    changed: int


def files_of(place: Path) -> list[Path]:
    """The files at `place` and beside it, where SQLite keeps what is new; those that are there."""
    names = (place.name, f"{place.name}-wal", f"{place.name}-shm")
    return [path for path in map(place.with_name, names) if path.is_file()]


def stamp_at(place: Path) -> str | None:
    """Under which stamp the cache at `place` was made; None if it cannot be read."""
    with contextlib.suppress(sqlite3.DatabaseError), closing(_opened(place)) as database:
        row = database.execute("SELECT value FROM meta WHERE key = 'stamp'").fetchone()
        return str(row[0]) if row else None
    return None


def holding(place: Path, stamp: str, root: Path, folders: Iterable[str]) -> Holding | None:
    """What the cache at `place` knows, made under `stamp`, of the `folders` of the vault; None if it is damaged."""
    with (
        contextlib.suppress(sqlite3.DatabaseError, ValueError),
        closing(Cache(_opened(place), stamp)) as cache,
    ):
        look = Index(cache).look(see(root, folders), 0)
        tables = ("file", "customer", "text", "answer")
        files, customers, texts, answers = (
            int(cache.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608
            for table in tables
        )
        logs = cache.rows("SELECT entries FROM log")
        entries = sum(row.place >= 0 for (text,) in logs for row in unpacked(text))
        return Holding(files, customers, entries, texts, answers, len(look.changed) + len(look.gone))
    return None


def pass_on(cache: Cache, place: Path, same: Mapping[str, Signature]) -> None:
    """Begin a cache at `place` with the rows of another, for a folder of its own that nobody else writes to.

    The files `same`, by path, are known there under their new signatures; all others count as changed. Nothing is
    begun if it cannot be written.
    """
    with contextlib.suppress(OSError, sqlite3.DatabaseError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(place, isolation_level=None)) as database:
            cache.database.backup(database)
            database.execute("BEGIN")
            database.execute("DELETE FROM note")
            database.execute("UPDATE file SET read_ns = 0")
            statement = "UPDATE file SET signature = ?, read_ns = ? WHERE path = ?"
            database.executemany(statement, ((str(one), _FOR_EVER_NS, path) for path, one in same.items()))
            database.execute("COMMIT")


def delete(place: Path) -> bool:
    """Delete the cache at `place`; one that another process uses is emptied, and begun anew by the next command.

    Returns whether no byte of it is left; a process that just reads keeps some a moment longer. Raises OSError if
    it cannot be deleted, `sqlite3.OperationalError` if another process goes on writing to it.
    """
    try:
        with closing(_opened(place)) as database:
            is_empty = _empty(database)
            if not _is_alone(database):
                return is_empty
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # it is no cache, or damaged
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise
    for path in files_of(place):
        path.unlink(missing_ok=True)
    if place.is_dir():
        place.rmdir()
    return True


def _opened(place: Path) -> sqlite3.Connection:
    """A connection to a file that is there; raises `sqlite3.DatabaseError`."""
    address = f"{place.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE_SECONDS)


def _empty(database: sqlite3.Connection) -> bool:
    """Take everything out; whether the file has shrunk, so that nothing of it is left."""
    database.execute("BEGIN IMMEDIATE")
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in names:
        database.execute(f'DROP TABLE "{name}"')
    database.execute("COMMIT")
    database.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.OperationalError):  # somebody reads; then the room is used again
        database.execute("VACUUM")
        return not database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return False


def _is_alone(database: sqlite3.Connection) -> bool:
    """Whether nobody else has the file open."""
    try:
        return bool(database.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete")
    except sqlite3.OperationalError:
        return False
