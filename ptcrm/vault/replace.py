"""One file from its old bytes to its new ones: whole at any moment, and never over what others saved.

A step is prepared in a file beside its target, then placed. Where the system can, the two files change
places in one moment, so that what was displaced is looked at and put back if it is somebody else's save.
After placing, the file beside the target holds what the reversed step would need.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import ChangedError
from ptcrm.vault import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_TRIES = 10
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)


class Step(NamedTuple):
    """One file's way from `old` to `new` bytes (None: no file).

    `path` is what a person calls the target. `beside` is a name in the same folder that the scanner
    ignores; a new file is dressed (mode, owner, attributes) like the one at `like`.
    """

    path: str
    target: Path
    old: bytes | None
    new: bytes | None
    beside: Path
    like: Path | None = None

    @property
    def reversed(self) -> Step:
        """The step that takes this one back."""
        return self._replace(old=self.new, new=self.old)

    @property
    def aside(self) -> Path:
        """Where the displaced file stands for a moment, on systems where two files cannot change places."""
        return self.beside.with_suffix(".old.tmp")


def content(path: Path) -> bytes | None:
    """The bytes of the file at `path`, None if there is none; raises OSError."""
    try:
        return store.read_regular(path)
    except FileNotFoundError:
        return None


def prepare(step: Step) -> None:
    """Write the new bytes into the file beside the target, safely on the disk; raises OSError."""
    if step.new is None or content(step.beside) == step.new:
        return
    step.beside.unlink(missing_ok=True)
    fill(step.beside, step.new, step.like)


def fill(path: Path, new: bytes, like: Path | None = None, mode: int = 0o666) -> None:
    """Make a file at `path` with these bytes, on the disk when this returns; dressed as the file at `like`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(new)
        file.flush()
        if like is not None:
            _dress(path, like)
        os.fsync(file.fileno())


def _dress(path: Path, like: Path) -> None:
    """Give `path` the owner, extended attributes and mode of `like`, as far as the system lets us."""
    status = like.stat()
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    if sys.platform == "linux":
        names: list[str] = []
        with contextlib.suppress(OSError):
            names = os.listxattr(like)
        for name in names:
            with contextlib.suppress(OSError):
                os.setxattr(path, name, os.getxattr(like, name))
    path.chmod(stat.S_IMODE(status.st_mode))


def place(step: Step) -> None:
    """Take the step, prepared before; `sync_folders` makes it last. Raises `ChangedError` if the target is not as `old` says, OSError else.

    When it raises `ChangedError` the target is what somebody else made it.
    """
    if step.old is None:
        _create(step)
    else:
        _check(step)
        if step.new is None:
            step.beside.unlink(missing_ok=True)  # it may be another name of the same file
            step.target.rename(step.beside)
        else:
            swap(step)
        displaced = content(step.beside)
        if displaced != step.old:
            _give_back(step, displaced)
            raise _changed(step)


def _create(step: Step) -> None:
    """Give the prepared file the target's name, never in the place of another file."""
    try:
        os.link(step.beside, step.target)
    except FileExistsError:
        raise ChangedError(f"{step.path}: a file of this name is there already") from None
    except OSError:  # a file system without hard links
        try:
            os.close(os.open(step.target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise ChangedError(f"{step.path}: a file of this name is there already") from None
        step.beside.replace(step.target)


def _check(step: Step) -> None:
    """Look whether the target is as it was; at one that changed a moment ago look twice."""
    if content(step.target) != step.old:
        raise _changed(step)
    age = 0.0
    if step.new is not None:  # the file written last tells the time by the clock of the file system
        age = (step.beside.stat().st_mtime_ns - step.target.stat().st_mtime_ns) / 1e9
    if 0 <= age < store.SETTLE_SECONDS:
        time.sleep(store.SETTLE_SECONDS - age)
        if content(step.target) != step.old:
            raise _changed(step)


def _changed(step: Step) -> ChangedError:
    return ChangedError(f"{step.path}: somebody else changed it just now")


def swap(step: Step) -> None:
    """Let the two files change places; raises OSError."""
    exchange = exchanger()
    try:
        if exchange is not None and exchange(os.fsencode(step.beside), os.fsencode(step.target)):
            return
        _swap_by_links(step)
    except FileNotFoundError:
        raise _changed(step) from None


def _swap_by_links(step: Step) -> None:
    """As `swap`, for systems without an exchange: a second name keeps what is displaced."""
    step.aside.unlink(missing_ok=True)
    try:
        os.link(step.target, step.aside)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links: what is displaced was looked at just before
        fill(step.aside, store.read_regular(step.target), step.target)
    step.beside.replace(step.target)
    step.aside.rename(step.beside)


def _give_back(step: Step, displaced: bytes | None) -> None:
    """Put back what somebody else saved in the very moment of placing; the newest save wins."""
    if step.new is None:
        with contextlib.suppress(OSError):
            os.link(step.beside, step.target)
        return
    mine: bytes | None = step.new
    for _ in range(_TRIES):
        swap(step)
        given, displaced = displaced, content(step.beside)
        if displaced == mine:
            return
        mine = given


@cache
def exchanger() -> Callable[[bytes, bytes], bool] | None:
    """The system's call that lets two files change places; it returns False where the file system cannot.

    Linux: `renameat2(RENAME_EXCHANGE)`; macOS: `renamex_np(RENAME_SWAP)`; elsewhere None.
    """
    import ctypes

    call: Callable[[bytes, bytes], int]
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            linux, here, both = library.renameat2, -100, 2
            call = lambda one, other: int(linux(here, one, here, other, both))  # noqa: E731
        elif sys.platform == "darwin":
            mac, swap = library.renamex_np, 2
            call = lambda one, other: int(mac(one, other, swap))  # noqa: E731
        else:
            return None
    except (OSError, AttributeError, TypeError):
        return None

    def exchange(one: bytes, other: bytes) -> bool:
        if call(one, other) == 0:
            return True
        number = ctypes.get_errno()
        if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            return False
        raise OSError(number, os.strerror(number))

    return exchange


def settle(step: Step, *, forward: bool) -> bool:
    """After an interruption: bring the target to `new` (or back to `old`), and leave nothing beside it.

    Returns whether the target is now as wanted. What somebody else saved meanwhile stays. Raises OSError.
    """
    if step.aside.exists():  # ended between the two names of `_swap_by_links`
        if step.beside.exists():
            step.aside.unlink()
        else:
            step.aside.rename(step.beside)
    found, beside = content(step.target), content(step.beside)
    if step.old is None and not found and beside is not None:  # ended between the two halves of `_create`
        step.target.unlink(missing_ok=True)
        found = None
    if found == step.new and beside not in (None, step.old, step.new):
        with contextlib.suppress(ChangedError):
            _give_back(step, beside)  # somebody's save, displaced just before the end
    wanted = step if forward else step.reversed
    if found != wanted.new:
        with contextlib.suppress(ChangedError):
            prepare(wanted)
            place(wanted)
    done = content(step.target) == wanted.new
    step.beside.unlink(missing_ok=True)
    return done


def sync_folders(steps: Iterable[Step]) -> None:
    """Make the names that these steps gave and took durable; raises OSError. A folder may never have been made."""
    for folder in {step.target.parent: None for step in steps}:
        with contextlib.suppress(FileNotFoundError):
            sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable; raises OSError. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)
