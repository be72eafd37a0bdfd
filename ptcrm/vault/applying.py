"""The one function that writes to the vault: an operation is made so as a whole, or not at all.

How a file is replaced, and only if nobody else wrote meanwhile, is in `replace`; docs/architecture.md has the steps.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ptcrm.errors import BusyError, ChangedError, RefusedError
from ptcrm.model.change import Create, Delete, Erasure, Move, Operation, Write
from ptcrm.text.fold import same_id
from ptcrm.vault.journal import Journal, Record
from ptcrm.vault.replace import Step, content, fill, place, prepare, settle, sync_folders
from ptcrm.vault.scan import is_inside


def apply(  # noqa: PLR0913  # what is changed, and what is noted of it
    root: Path,
    operation: Operation,
    journal: Journal,
    at: str,
    *,
    undoes: int | None = None,
    kept: bool = True,
    erasure: Erasure | None = None,
) -> None:
    """Make every change of `operation`, or raise `RefusedError` with the vault as it was.

    All files are prepared before the first is replaced, and a file is replaced only if it still holds the
    bytes that the change was made from (else `ChangedError`). What was displaced is kept in `journal`, with
    `at` (when this is, in words), for undo too unless it is not to be `kept`. When this returns, the change is
    on the disk. With an `erasure` the rest of what it names is gone, too; if that fails, `RefusedError` says so, and
    the next command goes on with it.
    """
    with journal.locked():
        recover(root, journal)
        record = Record(journal.next_number(), at, operation, os.urandom(4).hex(), undoes, kept, erasure)
        steps = _steps(root, record)
        if not steps and not erasure:
            return
        leaving = {step.target.name for step in steps if step.new is None}
        names: dict[Path, dict[str, set[str]]] = {}
        for step in steps:
            _refuse_if_hopeless(step, leaving, names)
        try:
            journal.begin(record)
        except OSError as error:
            with contextlib.suppress(OSError):
                journal.abandon()
            raise journal.unusable(error) from error
        _place(steps, journal, operation)
        if erasure:
            _erase(root, journal, erasure, steps)
        with contextlib.suppress(OSError):  # the change is made; the next command sweeps what is left
            for step in steps:
                step.beside.unlink(missing_ok=True)
            journal.finish(record)


def _place(steps: list[Step], journal: Journal, operation: Operation) -> None:
    """Take every step; raises `RefusedError` with all taken back that was placed."""
    begun: list[Step] = []
    try:
        for step in steps:
            prepare(step)
        for step in steps:
            begun.append(step)
            place(step)
        sync_folders(steps)
    except BaseException as error:
        if isinstance(error, ChangedError) and begun:
            begun.pop()  # it was not placed, even if somebody else has written the same
        _roll_back(begun, steps, journal, operation)
        if isinstance(error, ChangedError):
            raise ChangedError(f"{error}; nothing was written. Try again.") from error
        if isinstance(error, OSError):
            why = error.strerror or error
            raise RefusedError(f"{operation.label}: nothing was written: {why}") from error
        raise


def _erase(root: Path, journal: Journal, erasure: Erasure, steps: list[Step]) -> None:
    """Let go for good of what an operation took away; raises `RefusedError` if something stays for now."""
    from ptcrm.vault.erasing import erase

    try:
        for step in steps:
            step.beside.unlink(missing_ok=True)
        erase(root, journal, erasure)
    except OSError as error:
        place = error.filename or journal.folder
        raise RefusedError(
            f"{place}: this could not be deleted yet: {error.strerror or error}. "
            "All else is done; the next command tries again. Stop `ptcrm serve` or `ptcrm watch`, if one runs."
        ) from error


def recover(root: Path, journal: Journal) -> str | None:
    """Complete an operation that was interrupted, or take it back if nothing of it was placed.

    Returns what was done, in words; None if there was nothing to do, or another process is at it. Raises
    `RefusedError` if it cannot be put right.
    """
    try:
        if not journal.has_pending():
            return None
        with journal.locked(wait=0):
            record = journal.pending()
            if record is None:  # interrupted before it was noted in full, so before it was begun
                journal.abandon()
                return None
            steps = _steps(root, record)
            forward = bool(record.erasure) or any(content(step.target) == step.new for step in steps)
            for step in steps:
                settle(step, forward=forward)
            sync_folders(steps)
            if record.erasure:
                _erase(root, journal, record.erasure, steps)
            if forward:
                journal.finish(record)
            else:
                journal.abandon()
            done = "completed" if forward else "taken back"
            return f"“{record.operation.label}” had been interrupted; it was {done}."
    except BusyError:
        return None
    except OSError as error:
        raise RefusedError(
            f"an interrupted command cannot be put right: {error.strerror or error}"
        ) from error


def _steps(root: Path, record: Record) -> list[Step]:
    """The files that an operation brings from old to new, in order."""
    flat: list[tuple[str, bytes | None, bytes | None, str | None]] = []
    for change in record.operation.changes:
        match change:
            case Create():
                flat.append((change.path, None, change.new, None))
            case Write():
                flat.append((change.path, change.old, change.new, change.path))
            case Move():
                flat.append((change.to, None, change.new, change.path))
                flat.append((change.path, change.old, None, None))
            case Delete():
                flat.append((change.path, change.old, None, None))
    steps = []
    for number, (path, old, new, like) in enumerate(flat):
        file = target(root, path)
        beside = file.with_name(f".ptcrm-{record.token}-{number}.tmp")
        if old != new:
            steps.append(Step(path, file, old, new, beside, target(root, like) if like else None))
    return steps


def target(root: Path, path: str) -> Path:
    """The file at `path`; for a link, what it leads to. Raises `RefusedError` if that is outside the vault."""
    real = Path(os.path.realpath(root / path))
    if not is_inside(os.path.realpath(root), str(real)):
        raise RefusedError(f"{path}: it leads out of the vault; nothing was written")
    return real


def _refuse_if_hopeless(step: Step, leaving: set[str], names: dict[Path, dict[str, set[str]]]) -> None:
    """Raise `RefusedError` for what can be seen before anything is begun; `leaving` are names that become free.

    A name that differs from another one in case alone would be the same on other computers. `names` keeps what
    stands in each folder, so that a folder is listed once.
    """
    name = step.path
    try:
        if step.old is None:
            folder = step.target.parent
            if folder not in names:
                folder.mkdir(parents=True, exist_ok=True)
                names[folder] = {}
                for one in os.scandir(folder):
                    names[folder].setdefault(same_id(one.name), set()).add(one.name)
            same = names[folder].get(same_id(step.target.name), set())
            if step.target.name in same or same - leaving:
                raise RefusedError(f"{name}: a file of this name is there already; nothing was written")
        elif step.target.exists() and not _is_writable(step.target):
            raise RefusedError(f"{name}: the file is read-only; nothing was written")
    except (FileExistsError, NotADirectoryError) as error:
        why = "a file stands where its folder would have to be"
        raise RefusedError(f"{name}: {why}; nothing was written") from error
    except OSError as error:
        raise RefusedError(f"{name}: nothing was written: {error.strerror or error}") from error


def _is_writable(path: Path) -> bool:
    """Whether somebody may write the file; a file without any such right is meant to stay, for root as well."""
    return bool(path.stat().st_mode & 0o222) and os.access(path, os.W_OK)


def _roll_back(begun: list[Step], steps: list[Step], journal: Journal, operation: Operation) -> None:
    """Take back the `steps` that were begun; raises `RefusedError` if that fails, and the next command tries again."""
    try:
        for step in reversed(begun):
            settle(step, forward=False)
        sync_folders(begun)
        for step in steps:
            step.beside.unlink(missing_ok=True)
        journal.abandon()
    except OSError as error:
        raise RefusedError(
            f"{operation.label}: it was interrupted ({error.strerror or error}); the next command puts it right"
        ) from error


def write_outside(path: Path, new: bytes, begins: bytes | tuple[bytes, ...], *, mode: int = 0o666) -> bool:
    """Write an export to `path`, which a person named: whole or not at all. False if it was the same already.

    A new file has this `mode`, another one keeps its rights. Raises `RefusedError`. A file that does not begin as
    such an export does is somebody's own, and is never replaced; nor is one that is read-only.
    """
    temporary = path.with_name(f".ptcrm-{os.urandom(8).hex()}.tmp")
    try:
        target = path.resolve()
        old = target.read_bytes() if target.is_file() else b""
        if old == new:
            return False
        if old and not old.startswith(begins):
            raise RefusedError(
                f"{path}: what is there is something else, and stays as it is. Move it away, or choose another name."
            )
        if target.exists() and not target.is_file():  # a pipe or a device takes the bytes as they come
            target.write_bytes(new)
            return True
        if target.exists() and not _is_writable(target):
            raise RefusedError(f"{path}: the file is read-only and stays as it is.")
        fill(temporary, new, target if target.exists() else None, mode)
        temporary.replace(target)
    except (OSError, RuntimeError) as error:  # older Pythons have the latter for a link that leads to itself
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else None
        raise RefusedError(f"{path}: it cannot be written: {why or error}") from error
    return True
