"""Two devices and a remote between them: `python -m tests.fuzz.rounds [ROUNDS] [--seed N]`.

In each round both sides change customers' files as people do, and sync. At times the remote is away, or a sync is
ended at a random point, with or without what it had started. In the end both sides must be equal and hold every
entry ever logged, each once.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from ptcrm.cli import cli

DAY = "2026-11-23"
CUSTOMERS = 6
_TIERS = ("gold", "silver", "bronze")
_LOCK = re.compile(r"(/\S+\.lock)")
_MARKED = re.compile(r"^<{7} .*?\n(.*?)^={7}\n(.*?)^>{7} .*?\n", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^- \d{4}-\d\d-\d\d \w+: (e\d+)\b", re.MULTILINE)
_TEXT = """\
---
name: Customer {0}
tier: silver
tags: [a]
---

Met at the fair.

She likes tea.

## Follow-ups

- [ ] 2026-12-01 call: First
- [ ] 2026-12-02 email: Second

## Log

- 2026-01-01 call: e{0}
"""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


class Rounds:
    """Two clones (`sides`) in `folder` and what has been logged in them; `happened` counts what befell them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random, self.remote = random.Random(seed), folder / "remote.git"
        self.logged = [f"e{number}" for number in range(CUSTOMERS)]
        self.happened: Counter[str] = Counter()
        one = folder / "one"
        (one / "customers").mkdir(parents=True)
        (one / "ptcrm.yaml").write_text("start: 2021-01-01\ntiers: {gold: {}, silver: {}, bronze: {}}\n")
        for number in range(CUSTOMERS):
            text = _TEXT.format(number)
            (one / "customers" / f"c{number}.md").write_text(text, encoding="utf-8", newline="")
        git(folder, "init", "-q", "-b", "main", "one")
        git(one, "add", "-A")
        git(one, "commit", "-qm", "begun")
        git(folder, "clone", "-q", "--bare", "one", "remote.git")
        git(folder, "clone", "-q", "remote.git", "two")
        shutil.rmtree(one)
        git(folder, "clone", "-q", "remote.git", "one")
        self.sides = (one, folder / "two")

    def run(self, rounds: int) -> None:
        """So many rounds; raises AssertionError if something is lost, or a sync does what it should not."""
        for number in range(rounds):
            for side in self.sides:
                for _ in range(self.random.randrange(4)):
                    self._edit(side)
                self._sync_somehow(side, number)
        self._settle()

    # What people do

    def _edit(self, side: Path) -> None:
        files = sorted((side / "customers").glob("*.md"))
        file = self.random.choice(files)
        often: tuple[Callable[[Path, Path], None], ...] = (*(self._log,) * 5, *(self._tier, self._note) * 2)
        self.random.choice((*often, self._tick, self._tag, self._add, self._rename))(side, file)

    def _log(self, _: Path, file: Path) -> None:
        entry = f"e{len(self.logged)}"
        self.logged.append(entry)
        more = "\n  and a second line" if self.random.random() < 0.2 else ""
        line = f"- 2026-{self.random.randrange(1, 12):02}-{self.random.randrange(1, 28):02} call: {entry}{more}\n"
        text = file.read_text(encoding="utf-8")
        if self.random.random() < 0.5:
            head, mark, tail = text.partition("## Log\n\n")
            self._save(file, head + mark + line + tail)
        else:
            self._save(file, text + line)

    def _tick(self, _: Path, file: Path) -> None:
        self._save(file, file.read_text(encoding="utf-8").replace("- [ ]", "- [x]", 1))

    def _tier(self, _: Path, file: Path) -> None:
        tier = self.random.choice(_TIERS)
        self._save(
            file, re.sub("^tier: .*$", f"tier: {tier}", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        )

    def _tag(self, _: Path, file: Path) -> None:
        tag = f"t{self.random.randrange(1000)}"
        self._save(file, file.read_text(encoding="utf-8").replace("tags: [", f"tags: [{tag}, ", 1))

    def _note(self, _: Path, file: Path) -> None:
        word = self.random.choice(("coffee", "tea", "water"))
        self._save(
            file,
            re.sub(
                r"^She likes \w+\.$",
                f"She likes {word}.",
                file.read_text(encoding="utf-8"),
                flags=re.MULTILINE,
            ),
        )

    def _add(self, side: Path, _: Path) -> None:
        entry = f"e{len(self.logged)}"
        self.logged.append(entry)
        self._save(side / "customers" / f"n{len(self.logged)}.md", _TEXT.format(entry[1:]))

    def _rename(self, side: Path, file: Path) -> None:
        if file.stem.startswith("c"):  # each once, since both sides may rename the same to another name
            self.happened["renamed"] += 1
            self._ptcrm(side, "rename", file.stem, f"r{file.stem}")

    @staticmethod
    def _save(file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8", newline="")

    # What befalls a sync

    def _sync_somehow(self, side: Path, number: int) -> None:
        chance = self.random.random()
        if chance < 0.08:
            self.happened["remote away"] += 1
            away = self.remote.with_name("away.git")
            self.remote.rename(away)
            code, said = self._ptcrm(side, "sync")
            away.rename(self.remote)
            assert code == 1, said
            assert "could not be reached" in said, said
        elif chance < 0.25 and sys.platform != "win32":
            self._kill(side)
        if chance < 0.9 or number % 7 == 0:
            self._sync(side)

    def _kill(self, side: Path) -> None:
        """End a sync at a random point; at times with the git that it had started, at times in its middle."""
        command = [sys.executable, "-m", "ptcrm", "--vault", str(side), "sync"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.random.uniform(0.1, 1.0))
        started = _started(process.pid) if self.random.random() < 0.6 else []
        for each in (process.pid, *started):
            try:
                os.kill(each, signal.SIGKILL)
                self.happened["killed"] += 1
            except ProcessLookupError:
                pass
        process.wait()

    def _sync(self, side: Path) -> None:
        """Sync as a person does: what is said to be in the way is put right, and then again."""
        for _ in range(20):
            code, said = self._ptcrm(side, "sync")
            if code == 0:
                return
            if lock := _LOCK.search(said):
                self.happened["lock left"] += 1
                Path(lock[1]).unlink(missing_ok=True)
            else:
                assert code == 4, said
                self._resolve(side, said)
        raise AssertionError(f"no end of it: {said}")

    def _resolve(self, side: Path, said: str) -> None:
        """Keep one side of each conflict, or both of log entries, as people do."""
        marked = [path for path in (side / "customers").glob("*.md") if "<<<<<<< " in path.read_text("utf-8")]
        if not marked and "git merge" in said:  # git has to merge it by hand: both sides renamed the same
            raise AssertionError(said)
        for path in marked:
            self.happened["conflict"] += 1
            text = path.read_text(encoding="utf-8")
            self._save(path, _MARKED.sub(_kept, text))

    def _ptcrm(self, side: Path, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["--vault", str(side), "--today", DAY, *words])
        assert "something went wrong" not in result.output, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    # What must hold

    def _settle(self) -> None:
        one, two = self.sides
        for side in (one, two, one):
            self._sync(side)
        assert git(one, "rev-parse", "HEAD") == git(two, "rev-parse", "HEAD")
        for side in self.sides:
            assert git(side, "status", "--porcelain") == "", git(side, "status")
            texts = [path.read_text(encoding="utf-8") for path in (side / "customers").glob("*.md")]
            found = Counter(entry for text in texts for entry in _ENTRY.findall(text))
            assert found == Counter(self.logged), (Counter(self.logged) - found, found - Counter(self.logged))
            code, said = self._ptcrm(side, "check")
            assert code == 0, said


def _kept(mark: re.Match[str]) -> str:
    """One of the two sides; both if they are log entries, of which none may be lost."""
    ours, theirs = mark[1], mark[2]
    return (
        "".join(dict.fromkeys((ours + theirs).splitlines(keepends=True)))
        if "- 2026" in ours + theirs
        else ours
    )


def _started(process: int) -> list[int]:
    """The processes that a process has started, and those that these have; where the system tells."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = status.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(parts[1])
    found, todo = [], [process]
    while todo:
        parent = todo.pop()
        children = [one for one, its in parents.items() if its == parent]
        found += children
        todo += children
    return found


def prepare(home: Path) -> None:
    """Let git and ptcrm keep what they keep in `home`, with a name for commits."""
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(home)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Marta\n\temail = marta@example.org\n", encoding="utf-8"
    )


def main() -> None:
    """Run so many rounds, and print what happened in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        home.mkdir()
        prepare(home)
        rounds = Rounds(Path(folder), given.seed)
        rounds.run(given.rounds)
    happened = ", ".join(f"{what}: {count}" for what, count in sorted(rounds.happened.items()))
    sys.stdout.write(
        f"{given.rounds} rounds, seed {given.seed}: both sides are equal; "
        f"{len(rounds.logged)} entries, none lost.\n{happened}\n"
    )


if __name__ == "__main__":
    main()
