"""What the scanner makes of what it sees: which files are customers', and what is wrong with others (FORMAT §1). Pure."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.diagnostic import Diagnostic
from ptcrm.vault.scan import BETWEEN, CLOSED, FOLDER, MISSING, OUTSIDE, SPECIAL, TELLS_INODES, UNREADABLE

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterable, Mapping

# The line of a file that is no stray, whatever stands beside it.
_USUAL = re.compile(rf"[^\ud800-\udfff]*/[A-Za-z0-9-]+\.md{BETWEEN}[0-9][0-9 ]*")


class Signature(NamedTuple):
    """What tells that a file has not changed: size, times in nanoseconds, inode.

    Times after 2262 and the inodes of some file systems are more than SQLite's integers hold, so it is kept as text.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, text: str) -> Signature:
        """The signature that is written so, in a row or in the line of a scan."""
        return cls(*map(int, text.split(" ")))

    def __str__(self) -> str:
        return " ".join(map(str, self))


def signature_of(status: os.stat_result) -> Signature:
    """The signature of a file that was looked at by itself, as a scan has it."""
    inode = status.st_ino if TELLS_INODES else 0
    return Signature(status.st_size, status.st_mtime_ns, status.st_ctime_ns, inode)


class Strays(NamedTuple):
    """What is in the customers' folders and is no customer's file.

    `copies` are a sync program's conflict copies, each with the path of the file that it is a copy of.
    `missing` are those of the folders that are not there, `closed` are folders at any depth that cannot be listed.
    """

    copies: dict[str, str]
    problems: tuple[Diagnostic, ...]
    missing: tuple[str, ...]
    closed: tuple[str, ...]


NO_STRAYS = Strays({}, (), (), ())


class Listing:
    """The lines of a scan, folder by folder, sorted out when somebody asks.

    `strays` are those of each folder that has any, if they are known.
    """

    def __init__(self, folders: Mapping[str, list[str]], strays: Mapping[str, Strays] | None = None) -> None:
        self._folders, self._strays = folders, strays

    @cached_property
    def files(self) -> dict[str, Signature]:
        """The customers' files with their signatures, in the order of the paths."""
        copies = self.strays.copies
        return signatures(
            what for lines in self._folders.values() for what in files_in(lines, copies).items()
        )

    @cached_property
    def by_folder(self) -> Mapping[str, Strays]:
        """For each folder that has any, what is no customer's file there."""
        if self._strays is not None:
            return self._strays
        found = ((folder, strays_in(lines)) for folder, lines in self._folders.items())
        return {folder: strays for folder, strays in found if strays != NO_STRAYS}

    @cached_property
    def strays(self) -> Strays:
        """Everything else that people should know about, in the order of the folders."""
        parts = [self.by_folder[folder] for folder in sorted(self.by_folder)]
        return Strays(
            {copy: original for one in parts for copy, original in one.copies.items()},
            tuple(problem for one in parts for problem in one.problems),
            tuple(folder for one in parts for folder in one.missing),
            tuple(folder for one in parts for folder in one.closed),
        )

    @cached_property
    def _lines(self) -> frozenset[str]:
        return frozenset(line for lines in self._folders.values() for line in lines)

    def has(self, path: str, signature: Signature) -> bool:
        """Whether there was a file at `path`, and looked like this."""
        return f"{path}{BETWEEN}{signature}" in self._lines

    def since(self, before: Listing) -> set[str]:
        """The paths of the customers' files that are new, changed or gone since `before`."""
        found = set[str]()
        for folder in self._folders.keys() | before._folders.keys():
            old, new = before._folders.get(folder, []), self._folders.get(folder, [])
            if old != new:
                there = difference(old, new, before.by_folder.get(folder, NO_STRAYS))
                found |= there.changed.keys() | there.gone
        return found


class Difference(NamedTuple):
    """How a folder differs from what was noted: files to be read, with their signatures as text, and paths that are gone."""

    changed: dict[str, str]
    gone: set[str]
    strays: Strays


def difference(before: list[str], now: list[str], strays: Strays) -> Difference:
    """What has changed from the lines of a folder to those it has `now`; `strays` are those of `before`."""
    lost, new = {*before}.difference(now), {*now}.difference(before)
    found = strays if _is_in_place(lost, new) else strays_in(now)
    if found.copies != strays.copies:  # a file whose line is as before may be a customer's now, or no more
        lost, new = {*before}, {*now}
    was, is_now = files_in(lost, strays.copies), files_in(new, found.copies)
    changed = {path: what for path, what in is_now.items() if was.get(path) != what}
    return Difference(changed, was.keys() - is_now.keys(), found)


def _is_in_place(old: set[str], new: set[str]) -> bool:
    """Whether what has changed from `old` lines to `new` ones is files that were there and are there still."""
    before, now = dict(map(_parts, old)), dict(map(_parts, new))
    return before.keys() == now.keys() and all(
        what[:1].isdigit() for what in (*before.values(), *now.values())
    )


def _parts(line: str) -> tuple[str, str]:
    path, _, what = line.partition(BETWEEN)
    return path, what


def files_in(lines: Iterable[str], copies: Container[str]) -> dict[str, str]:
    """The files that are customers' by their names, and no `copies`, each with its signature as the line has it."""
    from ptcrm.vault.names import is_debris

    return {
        path: what
        for path, what in map(_parts, lines)
        if what[:1].isdigit()
        and path not in copies
        and not is_debris(path.rpartition("/")[2])
        and _is_utf8(path)
    }


def signatures(files: Iterable[tuple[str, str]]) -> dict[str, Signature]:
    """The files with their signatures, in the order of the paths."""
    return {path: Signature.of(what) for path, what in sorted(files)}


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def strays_in(lines: list[str]) -> Strays:
    """What is no customer's file among the lines of one folder."""
    from ptcrm.vault.names import is_debris, original_of

    odd = (line for line in lines if not _USUAL.fullmatch(line))
    beside = {line.partition(BETWEEN)[0].rpartition("/")[2] for line in lines}
    copies, problems = dict[str, str](), list[Diagnostic]()
    missing, closed = list[str](), list[str]()
    for path, what in map(_parts, odd):
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
            elif original := original_of(name, beside):
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
