"""What git prints for programs, and takes from them: paths between zero bytes, and what two trees have otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.git.repo import Repo

FILES = ("100644", "100755")  # the modes of what is no link, and no other repository
NONE = re.compile(r"0+")  # in the place of an id


def between_zeros(printed: bytes) -> list[str]:
    """What stands between the zero bytes that git prints with `-z`, as text; the last one is what follows them all."""
    return printed.decode(errors="surrogateescape").split("\0")


def ended_by_zeros(lines: Iterable[str]) -> bytes:
    """Lines, or paths, as git takes them with `-z`."""
    return b"".join(line.encode(errors="surrogateescape") + b"\0" for line in lines)


def empty_tree(repo: Repo) -> str:
    """The id of the tree without files."""
    return repo.out("hash-object", "-t", "tree", "--stdin").decode().strip()


@dataclass(frozen=True, slots=True)
class Raw:
    """A path that two trees have otherwise: its modes and the ids of its blobs, None where there is none."""

    path: str
    old_mode: str
    new_mode: str
    old: str | None
    new: str | None

    @property
    def is_plain(self) -> bool:
        """Whether a file comes, goes or changes, and is no link, nor changes what may be done with it."""
        modes = {mode for mode, one in ((self.old_mode, self.old), (self.new_mode, self.new)) if one}
        return len(modes) == 1 and modes <= {*FILES} and (self.old is not None or self.new_mode == FILES[0])

    @property
    def index_line(self) -> str:
        """What brings the index to the newer of the two: a line for `git update-index --index-info`."""
        return f"{self.new_mode} {self.new}\t{self.path}" if self.new else gone_line(self.path)


def gone_line(path: str) -> str:
    """The line for `git update-index --index-info` that takes a path out of the index."""
    return f"0 {'0' * 40}\t{path}"


def raw(repo: Repo, command: str, *arguments: str) -> list[Raw]:
    """What `git diff-tree`, or another `command` of its kind, finds different."""
    recursive = ("-r",) if command == "diff-tree" else ()
    options = (*recursive, "-z", "--raw", "--no-renames", "--no-abbrev")
    parts = between_zeros(repo.out(command, *options, *arguments))
    found = []
    for head, path in zip(parts[::2], parts[1::2], strict=False):
        old_mode, new_mode, old, new, _ = head.lstrip(":").split(" ")
        ids = [None if NONE.fullmatch(one) else one for one in (old, new)]
        found.append(Raw(path, old_mode, new_mode, *ids))
    return found
