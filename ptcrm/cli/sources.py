"""Files and folders that are imported from: found in order, opened one by one, never followed out of a folder."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ptcrm.errors import NotFoundError, RefusedError
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MOST_FILES = 200_000


def files_in(paths: Sequence[str], is_wanted: Callable[[str], bool]) -> list[Path]:
    """The files that are named, and those of named folders and their subfolders that are wanted, in order.

    `-` is standard input. Raises `NotFoundError` for a path that is not there and a folder that has none.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = [Path(place, name) for place, name in _walked(path) if is_wanted(name)]
            if not inside:
                raise NotFoundError(f"{path}: no file in this folder can be imported by this command.")
            found += inside
        elif str(path) == "-" or path.exists():
            found.append(path)
        else:
            raise NotFoundError(f"{path}: there is no such file or folder.")
    if len(found) > _MOST_FILES:
        raise RefusedError(
            f"These are {plural(len(found), 'file')}, more than {_MOST_FILES:,}: name fewer of them."
        )
    return found


def _walked(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file's folder and name, without hidden ones; links to folders are not followed."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        yield from ((place, name) for name in sorted(names) if not name.startswith("."))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading its bytes; raises `RefusedError` if that cannot be, or it is no regular file."""
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise RefusedError(f"{path}: this is no regular file.")
        stream = path.open("rb")
    except OSError as error:
        raise RefusedError(f"{path}: it cannot be read: {error.strerror or error}") from error
    with stream:
        yield stream
