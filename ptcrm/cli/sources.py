"""Files and folders that are imported from: found in order, opened one by one, never followed out of a folder."""

from __future__ import annotations

import io
import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ptcrm.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MOST_FILES = 500_000
_ZIP = b"PK\x03\x04"
_MOST_INPUT = 256 << 20  # bytes of standard input, which is held in memory


class Sources:
    """The files that `paths` name, and those of named folders that are wanted; `-` is standard input, read once.

    Folders are gone through with their subfolders, in order; links to folders are not followed, and hidden ones only
    if they are wanted, too. `is_wanted` gets the path in the folder, with `/`.
    """

    def __init__(
        self, paths: Sequence[str], is_wanted: Callable[[str], bool], *, hidden: bool = False
    ) -> None:
        self._paths, self._is_wanted, self._hidden = paths, is_wanted, hidden
        self._input: bytes | None = None
        self.passed_over: dict[Path, None] = {}
        """What is in the folders, and is no file that can be read: links that lead nowhere, pipes and the like."""

    def __iter__(self) -> Iterator[tuple[Path, str]]:
        """Each file, and its path in the folder that was named; raises `NotFoundError` and `RefusedError`."""
        count = 0
        for path in map(Path, self._paths):
            count_before = count
            for found in self._files(path):
                count += 1
                if count > _MOST_FILES:
                    raise RefusedError(f"These are more than {_MOST_FILES:,} files: import them in parts.")
                yield found
            if count == count_before:
                raise NotFoundError(f"{path}: no file in this folder is one that this command reads.")

    def _files(self, path: Path) -> Iterator[tuple[Path, str]]:
        if path.is_dir():
            for file in self._walked(path):
                name = file.relative_to(path).as_posix()
                if self._is_wanted(name):
                    if file.is_file():
                        yield file, name
                    else:
                        self.passed_over[file] = None
        elif str(path) == "-" or path.exists():
            yield path, path.name
        else:
            raise NotFoundError(f"{path}: there is no such file or folder.")

    def _walked(self, folder: Path) -> Iterator[Path]:
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(one for one in folders if self._hidden or not one.startswith("."))
            yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))

    @contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """The file for reading, which can go back; raises `RefusedError` if it cannot be read, or is no regular one."""
        if str(path) == "-":
            yield io.BytesIO(self._standard_input())
            return
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise RefusedError(f"{path}: this is no regular file.")
            stream = path.open("rb")
        except OSError as error:
            raise RefusedError(f"{path}: it cannot be read: {error.strerror or error}") from error
        with stream:
            if str(path) in map(str, map(Path, self._paths)) and stream.read(len(_ZIP)) == _ZIP:
                raise RefusedError(
                    f"{path}: this is a ZIP archive or an Excel workbook. Unpack it, or save the table as CSV."
                )
            stream.seek(0)
            yield stream

    def _standard_input(self) -> bytes:
        if self._input is None:
            self._input = sys.stdin.buffer.read(_MOST_INPUT + 1) if sys.stdin else b""
        if len(self._input) > _MOST_INPUT:
            raise RefusedError(f"Standard input is over {_MOST_INPUT >> 20} MB: save it as a file first.")
        return self._input
