"""The vault's folder: finding it, and reading it. Writing is in `applying`.

Paths are relative to the vault, with `/`. What the scanner passes over is in `names`.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from ptcrm.vault.listing import Signature

CONFIG_NAME = "ptcrm.yaml"
SETTLE_SECONDS = 0.05  # a file that changed less than this ago may be half saved

_MOMENT_SECONDS = 2.0  # as coarse as the times of some file systems


def find_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a `ptcrm.yaml`, or None."""
    here = start.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / CONFIG_NAME).is_file()), None)


def list_names(root: Path, *, within: str = "", hidden: bool = False) -> list[str]:
    """The path of every file of the vault, of whatever kind; only `within` a folder (`templates/`), if that is given.

    Not in folders that the scanner passes over, unless they are asked for as `hidden`; never in git's own.
    """
    found: list[str] = []
    todo = [within]
    while todo:
        at = todo.pop()
        with contextlib.suppress(OSError), os.scandir(root / at) as entries:
            for entry in entries:
                if not entry.is_dir():
                    found.append(f"{at}{entry.name}")
                elif not entry.is_symlink() and _is_looked_into(entry.name, hidden=hidden):
                    todo.append(f"{at}{entry.name}/")
    return found


def _is_looked_into(name: str, *, hidden: bool) -> bool:
    return name != ".git" if hidden else not name.startswith(".") and name != "node_modules"


def list_notes(root: Path, within: str = "") -> list[str]:
    """The path of every Markdown file of the vault, or of a folder of it, that somebody may have written links in."""
    from ptcrm.vault.names import is_debris

    names = ((path, path.rpartition("/")[2]) for path in list_names(root, within=within))
    return [path for path, name in names if name.lower().endswith(".md") and not is_debris(name)]


def signature(root: Path, path: str) -> Signature:
    """The signature of the file at `path` of the vault; raises OSError."""
    from ptcrm.vault.listing import signature_of

    return signature_of((root / path).stat())


def read_file(root: Path, path: str) -> bytes:
    """The bytes of a regular file of the vault; raises OSError.

    One that is gone, or has been empty for less than a moment, is looked at again: an editor may be about
    to name it or to fill it.
    """
    place = os.path.join(root, path)  # noqa: PTH118  # each file comes here, and a Path takes as long as reading
    with contextlib.suppress(FileNotFoundError):
        found = read_regular(place)
        if found or time.time() - os.stat(place).st_mtime > _MOMENT_SECONDS:  # noqa: PTH116
            return found
    pause()
    return read_regular(place)


def pause() -> None:
    """Wait as long as an editor may need between two halves of a save."""
    time.sleep(SETTLE_SECONDS)


def read_regular(path: Path | str) -> bytes:
    """The bytes of a regular file; raises OSError, also for a pipe or a device, without waiting for it."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no ordinary file")
        return file.read()


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells the folder from any other that stands in its place later: device and inode; None without one."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def no_vault(folder: Path) -> NotFoundError:
    """The error for a folder that is no vault."""
    return NotFoundError(
        f"{folder}: no vault here (there is no {CONFIG_NAME}).\n"
        "Make one with `ptcrm init`, or name one with `ptcrm --vault DIR …` or PTCRM_VAULT."
    )
