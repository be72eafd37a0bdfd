"""What each command costs in each state of the vault and the cache, beside what else does such work.

Every command has a cache of its own, so that none finds what another has worked out. A round takes one command
after the other through all states; so what is set side by side is measured in turn.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.book import Book
from benchmarks.process import Cost, Runner
from benchmarks.vault import TODAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

COLD, WARM, ANEW, NEW_DAY = "cold", "warm", "asked anew", "new day"
TEN, ADDED, DELETED = "ten changed", "one added", "one deleted"
STATES = (COLD, WARM, ANEW, TEN, ADDED, DELETED, NEW_DAY)
COMMANDS = ("due", "glance", "list", "find", "show", "log", "export ics", "agenda", "review")
FROM_COLD = ("due", "find", "log", "export ics")  # the others would read the same files once more
ASKED_ANEW = (
    "due",
    "glance",
    "export ics",
    "agenda",
    "review",
)  # the others ask for something else each time
F, RG, CLICK, DUE = "F", "rg -il", "import click", "due, warm"
FRONTMATTER, ICALENDAR = "python-frontmatter", "cold due + icalendar"
ITSELF = "itself"
SHORT, LONG = "log of 1,000", "log of {:,}"
LEAST = 20  # customers; fewer have not what is asked for
_SHORT_LOG = 1000
_HERE = Path(__file__).parent
SETTLED_SECONDS = 0.1  # a file that changed later than this before a scan is read again by the next one

# By command and state: what it cost itself, and what each of those cost that were measured beside it.
Costs = dict[tuple[str, str], dict[str, list[Cost]]]


def is_measured(command: str, state: str) -> bool:
    """Whether the command is measured in the state."""
    return command in {COLD: FROM_COLD, ANEW: ASKED_ANEW}.get(state, COMMANDS)


class Amount(NamedTuple):
    """How much is measured: runs, and runs that begin without a cache; which commands, in which states."""

    runs: int
    cold_runs: int
    commands: tuple[str, ...] = COMMANDS
    states: tuple[str, ...] = STATES


class Bench:
    """One vault, and all that is measured on it."""

    def __init__(self, folder: Path, count: int, amount: Amount, tell: Callable[[str], None]) -> None:
        tell(f"{count:,} customers: writing the files")
        self.costs: Costs = {}
        self._run, self._amount, self._tell = Runner(folder), amount, tell
        self._book = Book(folder / "vault", count)
        self._customers = str(self._book.root / "customers")
        self._feed = folder / "feed.ics"
        self._rg = shutil.which("rg")
        self._word, self._width = "", 80

    def measure(self) -> None:
        """Measure all of it."""
        self._run.cost(self._words("due", TODAY), "due")  # Python's own caches are filled, too
        if COLD in self._amount.states:
            for number in range(self._amount.cold_runs):
                self._tell(f"without a cache, {number + 1} of {self._amount.cold_runs}")
                self._cold()
        for number in range(self._amount.runs):
            self._tell(f"with a cache, {number + 1} of {self._amount.runs}")
            for command in self._amount.commands:
                self._warm(command, TODAY + timedelta(days=number))

    def _cold(self) -> None:
        """Each command that begins without a cache, beside what reads and builds the same."""
        for command in self._amount.commands:
            if is_measured(command, COLD):
                shutil.rmtree(self._run.cache(command), ignore_errors=True)
                self._measured(command, COLD, TODAY)

    def _warm(self, command: str, today: date) -> None:
        """The command in each of the other states, one after the other."""
        self._settle(command, today)
        for state, day, prepare in self._states(today):
            if not is_measured(command, state):
                continue
            prepare(day)
            time.sleep(SETTLED_SECONDS)
            self._measured(command, state, day)
            if command == "log":  # it does not ask, so it may know nothing of what has changed
                self._settle(command, day)

    def _states(self, today: date) -> Iterator[tuple[str, date, Callable[[date], None]]]:
        """Each state that is measured with a cache, its day, and what brings the vault into it."""
        steps: dict[str, Callable[[date], None]] = {
            WARM: lambda _: None,
            ANEW: lambda _: None,
            TEN: self._book.change_ten,
            ADDED: self._book.add_one,
            DELETED: self._book.delete_one,
            NEW_DAY: lambda _: None,
        }
        for state, prepare in steps.items():
            if state in self._amount.states:
                yield state, today + timedelta(days=state == NEW_DAY), prepare

    def _settle(self, command: str, today: date) -> None:
        """Let the command's cache know the vault as it is; what only writes is preceded by `due`."""
        cache = self._run.cache(command)
        if not cache.exists() and self._run.cache("due").exists():
            shutil.copytree(self._run.cache("due"), cache)
        time.sleep(SETTLED_SECONDS)
        for one in {"log": ("due",), "show": ("due", "show")}.get(command, (command,)):
            self._run.cost(self._words(one, today), command)

    def _measured(self, command: str, state: str, today: date) -> None:
        """Measure the command, and what stands beside it; that comes before it where it needs nothing of it."""
        costs = self.costs.setdefault((command, state), defaultdict(list))
        costs[F].append(self._script("floor.py", self._customers))
        if command == "log":
            costs[CLICK].append(self._run.cost([sys.executable, "-c", "import click"]))
        elif (command, state) == ("due", COLD):
            costs[FRONTMATTER].append(self._script("by_frontmatter.py", self._customers))
        elif (command, state) == ("show", WARM):
            costs[DUE].append(self._run.cost(self._words("due", today), command))
        elif (command, state) == ("export ics", COLD):
            costs[ICALENDAR].append(self._read_and_built(today))
        width = 80
        if state == ANEW:
            self._width = width = self._width + 1
        costs[ITSELF].append(self._run.cost(self._words(command, today), command, width=width))
        if command == "find" and self._rg:
            words = [self._rg, "-il", self._word, self._customers]
            costs[RG].append(self._run.cost(words, fine=(0, 1)))  # 1 is a word that nobody has

    def _read_and_built(self, today: date) -> Cost:
        """A cold `due`, and building the events of the same day once with icalendar, without loading it."""
        due = self._run.cost(self._words("due", today), "other")
        self._run.cost(self._words("export ics", today), "other")
        shutil.rmtree(self._run.cache("other"))
        self._script("by_icalendar.py", str(self._feed))
        cpu, wall = map(float, self._run.output().split())
        return Cost(due.cpu + cpu, due.wall + wall, due.memory)

    def _script(self, name: str, *words: str) -> Cost:
        """What one of the scripts beside this module costs."""
        return self._run.cost([sys.executable, "-I", str(_HERE / name), *words])

    def _words(self, command: str, today: date) -> list[str]:
        """The command line, about somebody or something else each time."""
        more = [command]
        match command:
            case "glance":
                more = []
            case "list":
                more = ["list", f"tier:gold birthday:{self._book.birthday()}"]
            case "find":
                self._word = self._book.word()
                more = ["find", self._word]
            case "show":
                more = ["show", self._book.customer()]
            case "log":
                more = ["log", self._book.customer(), "call: They want two frames in May"]
            case "export ics":
                more = ["export", "ics", "-o", str(self._feed)]
        return ptcrm(self._book.root, today, *more)


def ptcrm(vault: Path, today: date, *words: str) -> list[str]:
    """The words that start ptcrm."""
    return [sys.executable, "-m", "ptcrm", "--vault", str(vault), "--today", str(today), *words]


def long_logs(folder: Path, entries: int, runs: int) -> Costs:
    """What `log` costs on a customer with 1,000 entries and on one with so many, in turn."""
    run, vault = Runner(folder), folder / "vault"
    costs: Costs = defaultdict(lambda: defaultdict(list))
    (vault / "customers").mkdir(parents=True)
    (vault / "ptcrm.yaml").write_text("start: 2021-01-04\n", encoding="utf-8")
    sizes = {SHORT: _SHORT_LOG, LONG.format(entries): entries}
    for size in sizes.values():
        (vault / "customers" / f"log-{size}.md").write_text(_long(size), encoding="utf-8", newline="")
        run.cost(ptcrm(vault, TODAY, "log", f"log-{size}", "call: Not measured"))
    for _, (name, size) in itertools.product(range(runs), sizes.items()):
        time.sleep(SETTLED_SECONDS)
        run.cost(ptcrm(vault, TODAY, "due"))
        costs["log", name][ITSELF].append(
            run.cost(ptcrm(vault, TODAY, "log", f"log-{size}", "call: Two frames"))
        )
    return costs


def _long(entries: int) -> str:
    """A customer with a log of so many entries, ten a day."""
    log = (f"- {TODAY - timedelta(days=1 + number // 10)} call: {number}" for number in range(entries))
    return "\n".join(["---", "name: Anna", "---", "", "## Log", "", *log, ""])
