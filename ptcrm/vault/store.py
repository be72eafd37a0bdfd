"""The vault's folder: finding it, listing it, reading it, and the one function that writes to it.

Paths are relative to the vault, with `/`. What the scanner passes over is FORMAT §1; how a file is
replaced: whole or not at all, and only if nobody else wrote meanwhile (docs/architecture.md).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import NotFoundError, RefusedError
from ptcrm.model.change import Create, Operation, Write
from ptcrm.model.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG_NAME = "ptcrm.yaml"

_DEBRIS = re.compile(
    r"[.~]|.*(?:~|\.swp|\.tmp|\.bak|\.orig|\.rej)$|#.*#$|4913$|.*_(?:BASE|LOCAL|REMOTE|BACKUP)_"
)
_SYNC_COPY = re.compile(r"(?P<name>.+?)(?:\.sync-conflict-.*| \(.*conflicted copy.*\).*)\.md", re.IGNORECASE)
_NUMBERED_COPY = re.compile(r"(?P<name>.+?)(?: [0-9]{1,2}| \([0-9]{1,2}\))\.md", re.IGNORECASE)
_SETTLE_SECONDS = 0.05


class Signature(NamedTuple):
    """What tells that a file has not changed: size, times in nanoseconds, inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(slots=True)
class Listing:
    """The Markdown files of the customers' folders, and what is wrong with some of them.

    `copies` are a sync program's conflict copies, each with the path of the file that it is a copy of.
    """

    files: dict[str, Signature] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def find_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a `ptcrm.yaml`, or None."""
    here = start.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / CONFIG_NAME).is_file()), None)


def list_files(root: Path, folders: Iterable[str]) -> Listing:
    """Every Markdown file in `folders` of the vault, with its signature, in the order of their paths."""
    listing = Listing()
    real_root = os.path.realpath(root)
    for folder in folders:
        _scan(real_root, folder, listing)
    listing.files = dict(sorted(listing.files.items()))
    return listing


def _scan(root: str, folder: str, listing: Listing) -> None:
    todo = [folder]
    while todo:
        at = todo.pop()
        try:
            entries = list(os.scandir(f"{root}/{at}"))
        except FileNotFoundError:
            continue
        except OSError as error:
            listing.problems.append(_unreadable(at, error.strerror or "it cannot be read"))
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            if _DEBRIS.match(entry.name):
                continue
            path = f"{at}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "node_modules":
                    todo.append(path)
            elif entry.name.lower().endswith(".md"):
                _take(root, path, entry, _original(entry.name, names), listing)


def list_names(root: Path) -> list[str]:
    """The path of every file of the vault, of whatever kind; not in folders that the scanner passes over."""
    found: list[str] = []
    todo = [""]
    while todo:
        at = todo.pop()
        with contextlib.suppress(OSError), os.scandir(root / at) as entries:
            for entry in entries:
                if not entry.is_dir():
                    found.append(f"{at}{entry.name}")
                elif (
                    not entry.is_symlink() and not entry.name.startswith(".") and entry.name != "node_modules"
                ):
                    todo.append(f"{at}{entry.name}/")
    return found


def _original(name: str, names: set[str]) -> str | None:
    """The name of the file that the one named `name` is a sync program's copy of, or None."""
    copy = _SYNC_COPY.fullmatch(name)
    numbered = _NUMBERED_COPY.fullmatch(name)
    if copy:
        return f"{copy['name']}.md"
    original = f"{numbered['name']}.md" if numbered else None
    return original if original in names else None


def _take(root: str, path: str, entry: os.DirEntry[str], original: str | None, listing: Listing) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="replace").decode()
        listing.problems.append(_unreadable(shown, "its name is not UTF-8", "Rename the file."))
        return
    try:
        status = entry.stat()
    except OSError as error:
        listing.problems.append(_unreadable(path, error.strerror or "it cannot be read"))
        return
    if entry.is_symlink() and not _inside(root, f"{root}/{path}"):
        listing.problems.append(_unreadable(path, "it is a link that leads out of the vault"))
    elif not stat.S_ISREG(status.st_mode):
        if not stat.S_ISDIR(status.st_mode):
            listing.problems.append(_unreadable(path, "it is no ordinary file"))
    elif original:
        listing.copies[path] = f"{path.removesuffix(entry.name)}{original}"
    else:
        listing.files[path] = _signature(status)


def _signature(status: os.stat_result) -> Signature:
    return Signature(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _inside(root: str, path: str) -> bool:
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def _unreadable(
    path: str, why: str, hint: str = "Put it right, or move it out of the customers' folder."
) -> Diagnostic:
    return Diagnostic("PT009", path, 1, 1, f"this file is left out: {why}", hint)


def read_file(root: Path, path: str) -> bytes:
    """The bytes of a regular file of the vault; raises OSError.

    An empty file that changed a moment ago is looked at again: an editor may be about to fill it.
    """
    for wait in (_SETTLE_SECONDS, 0.0):
        handle = os.open(root / path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "it is no ordinary file")
            content = file.read()
        if content or not wait:
            break
        time.sleep(wait)
    return content


def apply(root: Path, operation: Operation) -> None:
    """Make every change of `operation`, or raise `RefusedError` with nothing half written.

    A file is replaced only if it still holds the bytes that the change was made from. Each file is whole at
    any moment; several files are not yet replaced as one step.
    """
    prepared: list[tuple[Path, Path, Create | Write]] = []
    try:
        for change in operation.changes:
            target = _target(root, change)
            temporary = target.with_name(f".ptcrm-{secrets.token_hex(8)}.tmp")
            prepared.append((temporary, target, change))
            _fill(temporary, target, change)
        for temporary, target, change in prepared:
            _put(temporary, target, change)
    except OSError as error:
        raise RefusedError(f"{operation.label}: nothing was written: {error.strerror or error}") from error
    finally:
        for temporary, _, _ in prepared:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _target(root: Path, change: Create | Write) -> Path:
    """The file itself; for a link, what it leads to inside the vault."""
    target = Path(os.path.realpath(root / change.path))
    if not _inside(os.path.realpath(root), str(target)):
        raise RefusedError(f"{change.path}: it leads out of the vault; nothing was written")
    if isinstance(change, Write) and not os.access(target, os.W_OK):
        raise RefusedError(f"{change.path}: the file is read-only; nothing was written")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _fill(temporary: Path, target: Path, change: Create | Write) -> None:
    """Put the new content into `temporary`, safely on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
        file.write(change.new if isinstance(change, Write) else change.content)
        file.flush()
        os.fsync(file.fileno())
    if isinstance(change, Write):
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))


def _put(temporary: Path, target: Path, change: Create | Write) -> None:
    """Move `temporary` to `target` if nobody wrote there in the meantime."""
    if isinstance(change, Create):
        try:
            _create_exclusively(temporary, target)
        except FileExistsError:
            raise RefusedError(
                f"{change.path}: a file of this name is there already; nothing was written"
            ) from None
    else:
        if target.read_bytes() != change.old:
            raise RefusedError(
                f"{change.path}: somebody else changed it just now; nothing was written. Try again."
            )
        temporary.replace(target)
    _sync_folder(target.parent)


def _create_exclusively(temporary: Path, target: Path) -> None:
    """Give `temporary` the name `target` without ever replacing a file."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    """Make a new name durable, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_outside(path: Path, content: bytes, begins: bytes) -> None:
    """Write an export to `path`, which a person named: whole or not at all, and only if it differs.

    A file that does not begin as such an export does is somebody's own, and is never replaced.
    """
    temporary = path.with_name(f".ptcrm-{secrets.token_hex(8)}.tmp")
    try:
        old = path.read_bytes() if path.is_file() else b""
        if old == content:
            return
        if old and not old.startswith(begins):
            raise RefusedError(
                f"{path}: this file is no such export and stays as it is. Choose another name."
            )
        if path.exists() and not path.is_file():  # a pipe or a device takes the bytes as they come
            path.write_bytes(content)
            return
        temporary.write_bytes(content)
        temporary.replace(path.resolve())
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RefusedError(f"{path}: it cannot be written: {error.strerror or error}") from error


def no_vault(folder: Path) -> NotFoundError:
    """The error for a folder that is no vault."""
    return NotFoundError(
        f"{folder}: no vault here (there is no {CONFIG_NAME}).\n"
        "Make one with `ptcrm init`, or name one with `ptcrm --vault DIR …` or PTCRM_VAULT."
    )
