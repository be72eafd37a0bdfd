"""`python -m tests.fuzz.merges [COUNT]` merges what two devices made of one file, and holds each result to the promises.

The files and the edits are made from a seed; the same seed makes the same. git's own merge of lines, and its union,
get the same files, and the three stand side by side at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.merge import Merged, merge
from ptcrm.git.repo import git
from ptcrm.model.diagnostic import Severity
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault.schema import read_customer
from tests.fuzz.devices import Three, threes
from tests.oracle import READER

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CONFLICTS = 0.03
# A merge that is done again from the old base, with its own result as a side. The merge of git has the result as the
# new base, and then nothing changes; from the old one, a text that stands there twice may be taken for the other.
AGAIN = "merged again from the old base, it changes"
MOST_AGAIN = 0.001
_NUMBER = re.compile(r"\|[0-9]+$")  # of several of one name
_DATED = re.compile(r"^- [0-9]{4}-[^\n]*(?:\n  [^\n]*)*$", re.MULTILINE)
_HEADING = re.compile(r"^#+ [^\n]*$", re.MULTILINE)
_MARKED = re.compile(
    r"^<{7} [^\n]*\n(?P<ours>.*?)^={7}\r?\n(?P<theirs>.*?)^>{7} [^\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)


class Read(NamedTuple):
    """What a file says: its log entries by their whole text, the codes of its errors, what its follow-ups are known by.

    The lines of a series count once, since each side may have gone on with it. `dated` are all items that begin with a day, wherever they stand: under another heading they are no log entries.
    """

    entries: Counter[str]
    errors: Counter[str]
    follow_ups: Counter[str]
    dated: Counter[str]
    headings: Counter[str]


@dataclass(slots=True)
class Tally:
    """How one way to merge did."""

    clean: int = 0
    conflicts: int = 0
    lost: int = 0
    broken: int = 0

    def count(self, three: Three, content: bytes, *, is_clean: bool) -> None:
        """Count a result that a person gets."""
        self.clean += is_clean
        self.conflicts += not is_clean
        if is_clean:
            found = read(content)
            self.lost += is_lost(three, found)
            self.broken += bool(found.errors - worst(three))


@dataclass(slots=True)
class Report:
    """The three ways to merge, and what ptcrm's did wrong."""

    ours: Tally = field(default_factory=Tally)
    lines: Tally = field(default_factory=Tally)
    union: Tally = field(default_factory=Tally)
    wrong: list[tuple[str, Three]] = field(default_factory=list)


@lru_cache(maxsize=64)
def read(content: bytes) -> Read:
    try:
        source = Source.decode("customers/it.md", content)
    except UndecodableError:
        return Read(Counter(), Counter(["PT001"]), *[Counter[str]() for _ in range(3)])
    found = read_customer(source, READER)
    entries = (
        [one.span.of(source.text).replace("\r\n", "\n") for one in found.customer.log]
        if found.customer
        else []
    )
    errors = [one.code for one in found.diagnostics if one.severity is Severity.ERROR]
    tasks = found.customer.follow_ups if found.customer else ()
    lines = [(_NUMBER.sub("", one.origin), one.every) for one in tasks if not one.implied]
    known = Counter(origin for origin, every in lines if not every) + Counter(
        {origin for origin, every in lines if every}
    )
    text = source.text.replace("\r\n", "\n").removesuffix("\n") + "\n"
    dated, headings = (Counter(form.findall(text)) for form in (_DATED, _HEADING))
    return Read(Counter(entries), Counter(errors), known, dated, headings)


def is_lost(three: Three, found: Read) -> bool:
    """Whether a result has not what it should have."""
    return any(found_ != wanted_ for found_, wanted_ in _compared(three, found))


def _compared(three: Three, found: Read) -> Iterator[tuple[Counter[str], Counter[str]]]:
    """What a result has, and should have: items with a day, and log entries if no side has changed a heading."""
    versions = [read(content) for content in three]
    yield found.dated, union(*(one.dated for one in versions))
    if all(one.headings == versions[0].headings for one in versions):
        yield found.entries, union(*(one.entries for one in versions))


def union(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """The three-way union: where one side left the number of an entry alone, the other's, else the larger."""
    found = Counter[str]()
    for words in ours.keys() | theirs.keys():
        numbers = {ours[words], theirs[words]}
        left = numbers - {base[words]} if len(numbers) > 1 else numbers
        found[words] = max(left)
    return +found


def promised(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """What a clean merge must have at least: what neither side took away or reworded, and what one added."""
    found = {
        one: min(max(ours[one], theirs[one]), ours[one] + theirs[one] - base[one]) for one in ours | theirs
    }
    return +Counter(found)


def worst(three: Three) -> Counter[str]:
    """The errors that one of the three has already."""
    found = Counter[str]()
    for content in three:
        found |= read(content).errors
    return found


def sides(content: bytes) -> tuple[bytes, bytes]:
    """A result with all of ours, and with all of theirs, where a person has to choose."""
    text = content.decode()
    ours, theirs = (_MARKED.sub(side, text).encode() for side in (r"\g<ours>", r"\g<theirs>"))
    return ours, theirs


def faults(three: Three) -> Iterator[str]:
    """What is wrong with ptcrm's merge of three files."""
    base, ours, theirs = three
    merged = merge(base, ours, theirs)
    if merged is None:
        yield "not understood"
        return
    yield from _faults_of_text(three, merged)
    swapped = merge(base, theirs, ours)
    if swapped is None or sides(swapped.content) != sides(merged.content)[::-1]:
        yield "not commutative"
    for other in (base, ours, theirs):
        if merge(other, merged.content, other) != Merged(merged.content):
            yield "not idempotent"
    if merged.conflicts:
        return
    versions, found = [read(content) for content in three], read(merged.content)
    if promised(*(one.follow_ups for one in versions)) - found.follow_ups:
        yield "follow-ups lost"
    if promised(*(one.headings for one in versions)) - found.headings:
        yield "headings lost"
    for side in (ours, theirs):
        again = merge(base, merged.content, side)
        if again is None or again.content != merged.content:
            yield AGAIN
            return


def _faults_of_text(three: Three, merged: Merged) -> Iterator[str]:
    known = worst(three)
    for content in sides(merged.content) if merged.conflicts else (merged.content,):
        found = read(content)
        compared = list(_compared(three, found))
        if any(expected - entries for entries, expected in compared):
            yield "entries lost"
        elif any(entries != expected for entries, expected in compared):
            yield "entries that are not in the union"
        if found.errors - known:
            yield f"new errors: {', '.join(found.errors - known)}"
    if len(_MARKED.findall(merged.content.decode())) != merged.conflicts:
        yield "markers that do not fit"


def by_git(three: Three, folder: Path, *options: str) -> tuple[bytes, bool]:
    """What `git merge-file` makes of three files, and whether it calls that clean."""
    names = [folder / name for name in ("base", "ours", "theirs")]
    for name, content in zip(names, three, strict=True):
        name.write_bytes(content)
    base, ours, theirs = map(str, names)
    ran = subprocess.run(
        [git(), "merge-file", "-p", *options, ours, base, theirs], capture_output=True, check=False
    )
    return ran.stdout, ran.returncode == 0


def merged(count: int, seed: int, *, compare: bool = False) -> Report:
    """So many merges, and with `compare` those of git beside them."""
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for three in threes(count, seed):
            report.wrong += [(fault, three) for fault in faults(three)]
            result = merge(*three)
            if result is not None:
                report.ours.count(three, result.content, is_clean=not result.conflicts)
            for tally, option in ((report.lines, ()), (report.union, ("--union",))) if compare else ():
                content, is_clean = by_git(three, Path(folder), *option)
                tally.count(three, content, is_clean=is_clean)
    return report


def table(report: Report) -> str:
    """The three ways side by side."""
    rows = [["", "clean", "conflicts", "entries lost or garbled", "cannot be read"]]
    for name, tally in (("ptcrm", report.ours), ("git", report.lines), ("git, union", report.union)):
        rows.append([name, *map(str, (tally.clean, tally.conflicts, tally.lost, tally.broken))])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + "\n" for row in rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.merges")
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the files of what went wrong")
    given = parser.parse_args()
    report = merged(given.count, given.seed, compare=True)
    wrong = Counter(fault for fault, _ in report.wrong)
    sys.stdout.write(table(report))
    for fault, number in wrong.items():
        sys.stdout.write(f"{number} {fault}\n")
    if given.keep:
        _keep(report, given.keep)
    too_many = report.ours.conflicts > MOST_CONFLICTS * given.count
    again = wrong.pop(AGAIN, 0) > max(1, MOST_AGAIN * given.count)
    raise SystemExit(bool(wrong) or too_many or again)


def _keep(report: Report, folder: Path) -> None:
    for number, (fault, three) in enumerate(report.wrong[:20]):
        place = folder / f"{number} {re.sub('[^a-z ]', '', fault)}"
        place.mkdir(parents=True, exist_ok=True)
        for name, content in zip(("base", "ours", "theirs"), three, strict=True):
            (place / name).write_bytes(content)
        with contextlib.suppress(AttributeError):
            (place / "merged").write_bytes(merge(*three).content)  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
