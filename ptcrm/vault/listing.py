"""What the scanner makes of what it sees: which files are customers', and what is wrong with others (FORMAT §1). Pure."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.diagnostic import Diagnostic
from ptcrm.vault.scan import BETWEEN, CLOSED, FOLDER, MISSING, OUTSIDE, SPECIAL, UNREADABLE

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterable


class Signature(NamedTuple):
    """What tells that a file has not changed: size, times in nanoseconds, inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def signature_of(status: os.stat_result) -> Signature:
    """The signature of a file that was looked at."""
    return Signature(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


class Strays(NamedTuple):
    """What is in the customers' folders and is no customer's file.

    `copies` are a sync program's conflict copies, each with the path of the file that it is a copy of.
    `missing` are those of the folders that are not there, `closed` are folders at any depth that cannot be listed.
    """

    copies: dict[str, str]
    problems: tuple[Diagnostic, ...]
    missing: tuple[str, ...]
    closed: tuple[str, ...]


class Listing:
    """The lines of a scan, sorted out when somebody asks; `strays` if they are known to be those of last time."""

    def __init__(self, lines: list[str], strays: Strays | None = None) -> None:
        self._lines, self._strays = lines, strays

    @cached_property
    def files(self) -> dict[str, Signature]:
        """The customers' files with their signatures, in the order of the paths."""
        return _files(self._lines, self.strays.copies)

    @cached_property
    def strays(self) -> Strays:
        """Everything else that people should know about."""
        return self._strays or _strays(self._lines)

    def changed(self, before: set[str]) -> dict[str, Signature]:
        """The customers' files whose lines are not among those of `before`, in the order of the paths."""
        return _files((line for line in self._lines if line not in before), self.strays.copies)

    def since(self, before: Listing) -> set[str]:
        """The paths of the customers' files that are new, changed or gone since `before`."""
        if self.strays.copies == before.strays.copies:
            return self.changed({*before._lines}).keys() | before.changed({*self._lines}).keys()
        return {path for path, _ in self.files.items() ^ before.files.items()}


def is_in_place(old: set[str], new: set[str]) -> bool:
    """Whether what has changed from `old` lines to `new` ones is files that were there and are there still."""
    before, now = dict(map(_parts, old)), dict(map(_parts, new))
    return before.keys() == now.keys() and all(
        what[:1].isdigit() for what in (*before.values(), *now.values())
    )


def _parts(line: str) -> tuple[str, str]:
    path, _, what = line.partition(BETWEEN)
    return path, what


def _files(lines: Iterable[str], copies: Container[str]) -> dict[str, Signature]:
    """The signatures of the files that are customers' by their names, in the order of the paths."""
    from ptcrm.vault.names import is_debris

    files = (
        (path, what)
        for path, what in map(_parts, lines)
        if what[:1].isdigit()
        and path not in copies
        and not is_debris(path.rpartition("/")[2])
        and _is_utf8(path)
    )
    return {path: Signature(*map(int, what.split(" "))) for path, what in sorted(files)}


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _strays(lines: list[str]) -> Strays:
    from ptcrm.vault.names import is_debris, original_of

    beside: dict[str, set[str]] = {}
    for line in lines:
        folder, _, name = line.partition(BETWEEN)[0].rpartition("/")
        beside.setdefault(folder, set()).add(name)
    copies, problems = dict[str, str](), list[Diagnostic]()
    missing, closed = list[str](), list[str]()
    for path, what in map(_parts, lines):
        folder, _, name = path.rpartition("/")
        word, _, why = what.partition(" ")
        if word == MISSING:
            missing.append(path)
        elif word == CLOSED:
            closed.append(path)
            problems.append(_left_out(path, why or "it cannot be read"))
        elif word != FOLDER and not is_debris(name):
            if problem := _problem(path, word, why):
                problems.append(problem)
            elif original := original_of(name, beside[folder]):
                copies[path] = f"{folder}/{original}"
    return Strays(copies, tuple(problems), tuple(missing), tuple(closed))


def _problem(path: str, word: str, why: str) -> Diagnostic | None:
    """What is wrong with what stands at `path`, if anything is."""
    if not _is_utf8(path):
        shown = path.encode(errors="replace").decode()
        return _left_out(shown, "its name is not UTF-8", "Rename the file.")
    words = {
        OUTSIDE: "it is a link that leads out of the vault",
        SPECIAL: "it is no ordinary file",
        UNREADABLE: why or "it cannot be read",
    }
    return _left_out(path, words[word]) if word in words else None


def _left_out(path: str, why: str, hint: str = "Put it right, or move it out of this folder.") -> Diagnostic:
    return Diagnostic("PT009", path, 1, 1, f"this file is left out: {why}", hint)
