"""Answers that were given, to be given again while nothing has changed that they follow from (I/O).

They are rows of the vault's cache. An answer follows from the question with all that stands around it, the
customers' files, ptcrm.yaml and the day; whoever keeps one names the other files that it follows from.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from contextlib import closing, suppress

from ptcrm import TYPE_CHECKING
from ptcrm.vault.places import place_of, stamp_of, user_folder
from ptcrm.vault.scan import BETWEEN, RACY_NS, joined, see, split

if TYPE_CHECKING:
    from collections.abc import Iterable

    Piece = tuple[bool, bytes]

TABLE = """CREATE TABLE answer (
  question BLOB PRIMARY KEY, since INTEGER, until INTEGER, folders BLOB, files BLOB, pieces TEXT, content BLOB
)"""
_MOST, LONGEST = 100, 2_000_000  # answers, and bytes of one


class Answer:
    """What a command printed, and when that is right: in the seconds from `since` to `until`, by the clock.

    The `pieces` are bytes, each with whether it went to stderr. `files` are the others that the answer follows
    from, each as a line of `looked_at`.
    """

    def __init__(self, since: int, until: int, files: list[str], pieces: list[Piece]) -> None:
        self.since, self.until, self.files, self.pieces = since, until, files, pieces


def looked_at(path: str) -> str:
    """The file at `path`, or that there is none, as a line that is another one when the file is."""
    try:
        status = os.stat(path)  # noqa: PTH116  # Paths are not loaded yet
    except OSError:
        return no_file(path)
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return f"{path}{BETWEEN}{status.st_size} {times} {status.st_ino}"


def no_file(path: str) -> str:
    """The line of a file that is not there."""
    return f"{path}{BETWEEN}"


def is_settled(line: str) -> bool:
    """Whether a file that was just looked at cannot change later and look the same."""
    numbers = line.rpartition(BETWEEN)[2].split(" ")
    return len(numbers) == 1 or max(int(numbers[1]), int(numbers[2])) + RACY_NS < time.time() * 1e9


def keep(database: sqlite3.Connection, question: bytes, folders: Iterable[str], answer: Answer) -> None:
    """Keep the answer, and let the oldest go; raises `sqlite3.DatabaseError`."""
    content = b"".join(part for _, part in answer.pieces)
    pieces = " ".join(f"{aside:d}{len(part)}" for aside, part in answer.pieces)
    told = (answer.since, answer.until, joined(folders), joined(answer.files))
    noted = f"{_digest(question, *told, pieces, content)} {pieces}"
    database.execute(
        "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)", (question, *told, noted, content)
    )
    database.execute("DELETE FROM answer WHERE rowid <= (SELECT max(rowid) FROM answer) - ?", (_MOST,))


def given(root: str, question: bytes) -> list[Piece] | None:
    """What was answered to this question, if all that it follows from is as it was then; else None."""
    with suppress(Exception):  # whatever it is, the command runs, and says what is wrong
        place = f"{user_folder('cache')}/{place_of(root)}.sqlite"
        with open(f"{root}/ptcrm.yaml", "rb") as settings:  # noqa: PTH123
            stamp = stamp_of(settings.read())
        if os.path.getsize(place):  # noqa: PTH202
            with closing(sqlite3.connect(place, isolation_level=None, timeout=0)) as database:
                return _given(database, root, question, stamp)
    return None


def _given(database: sqlite3.Connection, root: str, question: bytes, stamp: str) -> list[Piece] | None:
    database.execute("BEGIN")  # one state of the rows
    row = database.execute(
        """SELECT since, until, folders, files, pieces, content FROM answer, note
        WHERE question = ? AND ? = (SELECT value FROM meta WHERE key = 'stamp')""",
        (question, stamp),
    ).fetchone()
    if row is None or not row[0] <= time.time() < row[1]:
        return None
    *told, noted, content = row
    digest, _, pieces = noted.partition(" ")
    if digest != _digest(question, *told, pieces, content):
        return None
    folders, files = told[2:]
    if any(looked_at(line.partition(BETWEEN)[0]) != line for line in split(files) if line):
        return None
    seen = dict(database.execute("SELECT folder, lines FROM seen"))
    return _cut(pieces, content) if see(root, split(folders)).texts() == seen else None


def _digest(*told: object) -> str:
    """What tells that a damaged file has not changed an answer, nor given that of another question."""
    return hashlib.blake2b(repr(told).encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _cut(pieces: str, content: bytes) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for piece in pieces.split():
        end = at + int(piece[1:])
        found.append((piece[0] == "1", content[at:end]))
        at = end
    return found
