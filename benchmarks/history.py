"""`python -m benchmarks.history [COUNT]`: what the history of one of COUNT customers costs, in long and short repositories.

F is git alone printing the versions of that file (`git cat-file --batch`). Figures are CPU time with that of the git
processes, medians of interleaved runs; the repositories differ in their commits and in how many are the file's.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.commits import Commits
from ptcrm.git.history import History
from ptcrm.git.repo import find, git
from ptcrm.model.config import Config
from ptcrm.vault.cache import Cache
from ptcrm.vault.log import LineReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUNS = 7
PATH = "customers/c0.md"
_BEGAN = 1_700_000_000
_AN_HOUR = 3600
_SHOWN = 20  # entries of a file


class Case(NamedTuple):
    """A repository: all its commits, and those of the file that is asked for."""

    commits: int
    own: int

    @property
    def name(self) -> str:
        """`20 of 2,000`."""
        return f"{self.own} of {self.commits:,} commits"


CASES = (Case(200, 20), Case(2000, 20), Case(2000, 200))


def text(number: int, entries: int) -> bytes:
    """A customer's file with the newest of so many log entries: the file stays as long as it is."""
    log = "".join(
        f"- 2026-01-01 call: Number {entry}\n" for entry in range(max(0, entries - _SHOWN), entries)
    )
    return f"---\nid: c{number}\nname: Customer {number}\n---\n\n## Log\n\n{log}".encode()


def run(folder: Path, *words: str, stdin: bytes = b"") -> None:
    """Run git in the folder, to its end."""
    line = [git(), "-C", str(folder), *words]
    subprocess.run(line, input=stdin, stdout=subprocess.DEVNULL, check=True)  # noqa: S603


def make(folder: Path, count: int, case: Case) -> None:
    """A repository of `count` files, in which each commit but the first adds an entry to one of them."""
    folder.mkdir()
    run(folder, "init", "-q", "-b", "main")
    run(folder, "fast-import", "--quiet", stdin=b"".join(_commits(count, case)))
    run(folder, "gc", "-q")


def _commits(count: int, case: Case) -> Iterator[bytes]:
    """The commits as `git fast-import` reads them."""
    files = dict.fromkeys(range(count), _SHOWN)
    changed = [*files]
    for at in range(case.commits):
        stamp = _BEGAN + at * _AN_HOUR
        yield f"commit refs/heads/main\ncommitter A <a@b> {stamp} +0000\ndata 0\n".encode()
        for number in changed:
            content = text(number, files[number])
            yield f"M 100644 inline customers/c{number}.md\ndata {len(content)}\n".encode() + content + b"\n"
        is_own = at % (case.commits // case.own) == 0 and files[0] < _SHOWN + case.own - 1
        changed = [0 if is_own else 1 + at % (count - 1)]
        files[changed[0]] += 1


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time of the work, with that of the processes that it starts and waits for."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


class Book:
    """One of the repositories, with its commits kept, and what is measured in it."""

    def __init__(self, folder: Path, case: Case) -> None:
        self.case, self.folder = case, folder
        self.reader, self.kept = LineReader.of(Config()), Cache.open(folder / "kept.sqlite", "x")
        started = time.perf_counter()
        steps = self._history().commits.steps(PATH, lambda *_: None)
        self.first = time.perf_counter() - started
        self.blobs = "".join(f"{step.blob}\n" for step in steps).encode()

    def _history(self) -> History:
        repo = find(self.folder)
        if repo is None:
            raise SystemExit("git did not make a repository")
        return History(Commits(repo, "", self.kept), self.reader)

    def history(self) -> None:
        """What `ptcrm history` asks for: all that was changed in the file, in words and in values."""
        if len(self._history().records(PATH)) != self.case.own:
            raise SystemExit("the history is not whole")

    def floor(self) -> None:
        """Git alone, printing the versions."""
        run(self.folder, "cat-file", "--batch", stdin=self.blobs)

    def follow(self) -> None:
        """Git's own history of the file."""
        run(self.folder, "log", "--follow", "--format=%H", "--", PATH)


def main(count: int) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        books = []
        for case in CASES:
            folder = Path(name) / case.name.replace(" ", "-")
            make(folder, count, case)
            books.append(Book(folder, case))
        taken: dict[tuple[str, str], list[float]] = {}
        for _ in range(RUNS):
            for book in books:
                for kind, work in (("F", book.floor), ("history", book.history), ("follow", book.follow)):
                    taken.setdefault((book.case.name, kind), []).append(cpu_seconds(work))
        medians = {key: statistics.median(times) for key, times in taken.items()}
        _print(count, books, medians)


def _print(count: int, books: list[Book], medians: dict[tuple[str, str], float]) -> None:
    print(f"{count:,} files; CPU time in milliseconds")
    print("| of the file | F | history | of F | git log --follow | first time, s |")
    print("|---|---|---|---|---|---|")
    for book in books:
        floor, history, follow = (medians[book.case.name, kind] * 1000 for kind in ("F", "history", "follow"))
        figures = f"{floor:.0f} | {history:.0f} | {history / floor:.1f} | {follow:.0f} | {book.first:.1f}"
        print(f"| {book.case.name} | {figures} |")
    short, long, many = (medians[book.case.name, "history"] for book in books)
    git_short, git_long, _ = (medians[book.case.name, "follow"] for book in books)
    print(
        f"ten times the commits, the same number of the file's: {long / short:.2f}; git: {git_long / git_short:.2f}"
    )
    print(f"ten times the file's commits: {many / long:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
