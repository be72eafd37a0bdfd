"""What can be taken back, and the operation that does it, from what the journal keeps.

A file that was changed since stays as it is. Undoing is an operation like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, RefusedError
from ptcrm.model.change import Create, Operation, difference, inverse, paths_of
from ptcrm.text.words import few
from ptcrm.vault.applying import target
from ptcrm.vault.replace import content

if TYPE_CHECKING:
    from pathlib import Path

    from ptcrm.model.change import Change
    from ptcrm.vault.journal import Journal, Record


def undone(journal: Journal) -> tuple[list[Record], set[int]]:
    """The operations that are kept, the newest first, and the numbers of those that were taken back."""
    records = list(journal.records())
    back: set[int] = set()
    for record in records:
        if record.undoes is not None and record.number not in back:
            back.add(record.undoes)
    return records, back


def undo(root: Path, journal: Journal, number: int | None) -> tuple[Record, Operation]:
    """The operation that takes back number `number` (None: the newest one that is not undone, nor an undo).

    With the record of what it takes back. Raises `NotFoundError`, and `RefusedError` with the difference if a
    file of the vault at `root` has changed since.
    """
    records, back = undone(journal)
    record = _newest(records, back, journal) if number is None else _numbered(records, back, number)
    later = [one for one in records if one.number > record.number and one.number not in back]
    changes = tuple(inverse(change) for change in reversed(record.operation.changes))
    for change in changes:
        _refuse_if_changed(root, change, later)
    return record, Operation(f"undo {record.number}: {record.operation.label}", changes)


def _newest(records: list[Record], back: set[int], journal: Journal) -> Record:
    newest = journal.next_number() - 1
    if newest and (not records or records[0].number != newest):
        raise RefusedError(
            f"What undo keeps of operation {newest} cannot be read. Name another: `ptcrm undo --list`."
        )
    record = next((one for one in records if one.undoes is None and one.number not in back), None)
    if record is None:
        raise NotFoundError("There is nothing to undo. See `ptcrm undo --list`.")
    return record


def _numbered(records: list[Record], back: set[int], number: int) -> Record:
    record = next((one for one in records if one.number == number), None)
    if record is None:
        raise NotFoundError(f"There is no operation {number}. See `ptcrm undo --list`.")
    if number in back:
        raise RefusedError(f"Operation {number} is undone already. See `ptcrm undo --list`.")
    return record


def _refuse_if_changed(root: Path, change: Change, later: list[Record]) -> None:
    """Raise `RefusedError` with the difference unless the file is as the operation left it.

    `later` are the operations since, of which some may have to be undone first.
    """
    target(root, change.path)
    left = None if isinstance(change, Create) else change.old
    try:
        now = content(root / change.path)
    except OSError as error:
        raise RefusedError(f"{change.path}: it cannot be read ({error.strerror or error})") from error
    if now == left:
        return
    numbers = [str(one.number) for one in later if change.path in paths_of(one.operation)]
    hint = f"Undo {few(numbers)} first. " if numbers else ""
    raise RefusedError(
        f"{change.path}: it has changed since. {hint}Nothing was written. What has changed:\n"
        + difference(change.path, left, now)
    )
