"""What keeps writing safe between commands: the lock, the operation under way, and what can be undone.

All of it stands in one folder of the user's own, never in the vault. An operation is noted there, with
the bytes before and after, before the first file is touched; done, it is kept as `NUMBER.json` for undo.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from ptcrm.errors import BusyError, RefusedError
from ptcrm.model.change import Change, Create, Delete, Erasure, Move, Operation, Traces, Write
from ptcrm.vault.places import pending_in
from ptcrm.vault.replace import fill, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEPT_OPERATIONS = 1000
KEPT_BYTES = 200 * 1024 * 1024
_WAIT_SECONDS = 300.0
_POLL_SECONDS = 0.01
_NUMBERED = re.compile(r"([0-9]{1,9})\.json")
_KINDS: dict[str, type[Change]] = {"create": Create, "write": Write, "move": Move, "delete": Delete}


@dataclass(frozen=True, slots=True)
class Record:
    """An operation as noted: `number` counts from 1, `at` says when in words, `undoes` which it took back.

    `token` is part of the names of the files beside those it replaces. One that is not `kept` is no matter of
    undo: what it replaced is known elsewhere, or nobody is to know it: then `erasure` says what else goes.
    """

    number: int
    at: str
    operation: Operation
    token: str
    undoes: int | None = None
    kept: bool = True
    erasure: Erasure | None = None


class Journal:
    """The notes of one vault, in `folder`. Methods that write raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pending_file = pending_in(folder)
        self._held = False

    @contextmanager
    def locked(self, *, wait: float = _WAIT_SECONDS) -> Iterator[None]:
        """Alone among the commands that write to this vault; raises `BusyError` after `wait` seconds."""
        if self._held:
            yield
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self.unusable(error) from error
        try:
            while not take_lock(handle):
                wait -= _POLL_SECONDS
                if wait <= 0:
                    raise BusyError("Another ptcrm is writing to this vault. Nothing was written; try again.")
                time.sleep(_POLL_SECONDS)
            self._held = True
            yield
        finally:
            self._held = False
            with contextlib.suppress(OSError):
                os.close(handle)  # which ends the lock

    def unusable(self, error: OSError) -> RefusedError:
        """The error when nothing can be noted."""
        return RefusedError(
            f"{self.folder}: what undo needs cannot be kept there ({error.strerror or error}). Nothing was written."
        )

    def begin(self, record: Record) -> None:
        """Note, safely on the disk, what is about to be done."""
        fill(self.pending_file, json.dumps(_plain(record)).encode(), mode=0o600)
        sync_folder(self.folder)

    def finish(self, record: Record) -> None:
        """Keep the noted operation for undo if it is to be kept; the oldest ones go when there are too many."""
        if not record.kept:
            self.abandon()
            return
        self.pending_file.replace(self.folder / f"{record.number}.json")
        self._drop_oldest()

    def abandon(self) -> None:
        """Forget the operation that was noted and not done."""
        self.pending_file.unlink(missing_ok=True)

    def has_pending(self) -> bool:
        """Whether an operation was begun and has not ended."""
        return self.pending_file.exists()

    def pending(self) -> Record | None:
        """The operation that was begun and has not ended; None if it ended before it was noted in full.

        Raises OSError: a note that cannot be read now may be whole.
        """
        return _parsed(self.pending_file.read_bytes())

    def next_number(self) -> int:
        """The number of the next operation."""
        return max(self._numbers(), default=0) + 1

    def record(self, number: int) -> Record | None:
        """The operation of this number, if it is still kept."""
        try:
            return _parsed((self.folder / f"{number}.json").read_bytes())
        except OSError:
            return None

    def records(self) -> Iterator[Record]:
        """What is kept, the newest first."""
        found = (self.record(number) for number in sorted(self._numbers(), reverse=True))
        return (one for one in found if one is not None)

    def numbers_where(self, holds: Callable[[Record | None], bool]) -> list[int]:
        """The numbers of the kept operations of which that is true; one that cannot be read is None."""
        return sorted(number for number in self._numbers() if holds(self.record(number)))

    def drop(self, number: int) -> None:
        """Keep an operation for undo no longer."""
        (self.folder / f"{number}.json").unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError:
            return []
        return [int(found[1]) for name in names if (found := _NUMBERED.fullmatch(name))]

    def _drop_oldest(self) -> None:
        room = KEPT_BYTES
        for place, number in enumerate(sorted(self._numbers(), reverse=True)):
            path = self.folder / f"{number}.json"
            with contextlib.suppress(OSError):
                room -= path.stat().st_size
                if place and (place >= KEPT_OPERATIONS or room < 0):
                    path.unlink()


def take_lock(handle: int) -> bool:
    """Take the lock on the open file `handle` if nobody has it; the system ends it with the process."""
    try:
        import fcntl
    except ImportError:  # Windows
        return _lock_byte(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_byte(handle: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True


def _parsed(note: bytes) -> Record | None:
    """The record that `note` holds; None if it was cut off or is damaged."""
    try:
        return _record(json.loads(note))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _plain(record: Record) -> dict[str, Any]:
    changes = [
        {
            "kind": type(change).__name__.lower(),
            **{field.name: _text(getattr(change, field.name)) for field in fields(change)},
        }
        for change in record.operation.changes
    ]
    return {
        "number": record.number,
        "at": record.at,
        "label": record.operation.label,
        "token": record.token,
        "undoes": record.undoes,
        "kept": record.kept,
        "changes": changes,
        **({"erasure": asdict(record.erasure)} if record.erasure else {}),
    }


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="surrogateescape")


def _record(plain: dict[str, Any]) -> Record:
    changes = tuple(_change(**one) for one in plain["changes"])
    operation = Operation(plain["label"], changes)
    kept = plain.get("kept", True)  # which older versions did not note
    erasure = _erasure(**plain["erasure"]) if plain.get("erasure") else None
    return Record(plain["number"], plain["at"], operation, plain["token"], plain["undoes"], kept, erasure)


def _erasure(traces: dict[str, list[str]], cache: str | None, files: list[str]) -> Erasure:
    return Erasure(Traces(**{name: tuple(values) for name, values in traces.items()}), cache, tuple(files))


def _change(kind: str, **values: Any) -> Change:  # noqa: ANN401  # the fields of any kind of change
    for name in values.keys() - {"path", "to"}:
        values[name] = values[name].encode(errors="surrogateescape")
    return _KINDS[kind](**values)
