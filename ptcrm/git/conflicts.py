"""Versions that wait to be merged: what git knows of them, and which version two of them began from."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.printed import between_zeros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.git.repo import Repo

_VERSIONS = 50  # commits that are looked back
_MARKER = re.compile(rb"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\r?$")


class Stages(NamedTuple):
    """The versions of a file that git has not merged to the end; None for one without the file."""

    base: bytes | None
    ours: bytes | None
    theirs: bytes | None


def unmerged(repo: Repo, within: str) -> dict[str, Stages]:
    """What git's index has unmerged below the folder `within`, by the paths in it; raises GitError."""
    printed = repo.out("ls-files", "--unmerged", "-z", "--", within or ".")
    named: dict[str, dict[str, str]] = {}
    for entry in between_zeros(printed)[:-1]:
        what, _, path = entry.partition("\t")
        _, blob, stage = what.split(" ")
        named.setdefault(path.removeprefix(within), {})[stage] = blob
    blobs = repo.blobs(blob for stages in named.values() for blob in stages.values())
    return {
        path: Stages(*(blobs.get(stages.get(number, "")) for number in "123"))
        for path, stages in named.items()
    }


def versions(repo: Repo, path: str) -> list[bytes]:
    """The versions of the file at `path` (from the top) in the last commits that changed it, the newest first."""
    words = ("log", f"-{_VERSIONS}", "--format=", "--raw", "--no-abbrev", "--no-renames", "-z", "HEAD")
    ran = repo.run(*words, "--", path)
    if ran.code:  # there is no commit yet
        return []
    heads = [part.split(b" ") for part in ran.out.replace(b"\n", b"").split(b"\0") if part.startswith(b":")]
    ids = [head[3].decode() for head in heads if head[4] != b"D"]
    blobs = repo.blobs(ids)
    return [blobs[one] for one in ids if one in blobs]


def common(known: Sequence[bytes], ours: bytes, theirs: bytes) -> bytes:
    """That of the `known` versions (the newest first) which both sides most probably began from; empty without any.

    One side comes from the newest, so what the other took to become what it is decides. Of those that fit alike it
    is the oldest: with it there may be a conflict, and with a newer one something could be lost.
    """
    if not known:
        return b""
    lines, ends = [_lines(one) for one in known], (_lines(ours), _lines(theirs))
    newest = [_distance(lines[0], end) for end in ends]

    def changes(one: Counter[bytes]) -> int:
        to_ours, to_theirs = (_distance(one, end) for end in ends)
        return min(to_theirs + newest[0], to_ours + newest[1])

    costs = [changes(one) for one in lines]
    return known[max(at for at, cost in enumerate(costs) if cost == min(costs))]


def _lines(content: bytes) -> Counter[bytes]:
    return Counter(line.rstrip(b"\r") for line in content.split(b"\n"))


def _distance(one: Counter[bytes], other: Counter[bytes]) -> int:
    """How many lines are in one of the two alone."""
    return ((one - other) + (other - one)).total()


def is_as_left(content: bytes, stages: Stages) -> bool:
    """Whether a file is still as git has left it, so that nobody's work is in it but that of the versions."""
    if content in (stages.ours, stages.theirs):
        return True
    lines = content.splitlines()
    known = {line for one in stages if one for line in one.splitlines()}
    is_marked = any(line.startswith(b"<<<<<<< ") for line in lines)
    return is_marked and all(line in known or _MARKER.match(line) for line in lines)
