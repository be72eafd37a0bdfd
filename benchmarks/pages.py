"""`python -m benchmarks.pages [COUNT]`: what a page costs the server, beside the command that says the same.

The command is asked anew each time (for a screen of another width), so that it works its answer out, with all that it
knows from before. Both are CPU time, medians of some runs in turn. Then somebody edits a file, and the time is taken
until an open page is told.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from benchmarks.machine import machine
from benchmarks.measure import ptcrm
from benchmarks.process import Runner
from benchmarks.server import running
from benchmarks.vault import TODAY, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS, EDITS, BURST = 7, 20, 5
PAGES = (
    ("Today", "/", ()),
    ("Customers, filtered", "/customers?q=tier:gold", ("list", "tier:gold")),
    ("Search", "/search?q=frames", ("find", "frames")),
    ("Agenda, a week", "/agenda", ("agenda", "--weeks", "1")),
    ("Agenda, a month", "/agenda?view=month", ("agenda", "--weeks", "5")),
)


class Server(NamedTuple):
    """A server of pages: its port, what lets somebody in, and its process."""

    port: int
    cookie: str
    process: int

    def ask(self, path: str) -> tuple[float, int]:
        """The seconds until the first byte of a page, and how many bytes it has."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            begun = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": self.cookie})
            answer = connection.getresponse()
            took = time.perf_counter() - begun
            size = len(answer.read())
            if answer.status != http.client.OK:
                raise SystemExit(f"{path}: {answer.status} {answer.reason}")
            return took, size

    def cpu(self) -> float:
        """The CPU seconds of the process so far, in hundredths (Linux)."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(vault: Path, folder: Path) -> Iterator[Server]:
    """`ptcrm serve` of the vault, with a browser let in."""
    command = [*ptcrm(vault, TODAY, "serve", "--port", "0")]
    command.insert(1, "-u")
    with running(command, folder) as process:
        for line in process.stdout or ():
            if found := re.search(r"http://\S+\?key=\S+", line):
                parts = urlsplit(found[0])
                yield Server(parts.port or 0, _cookie(parts.port or 0, parts.query), process.pid)
                return
        raise SystemExit("ptcrm serve ended.")


def _cookie(port: int, query: str) -> str:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", f"/?{query}")
        return str(connection.getresponse().headers["Set-Cookie"]).partition(";")[0]


def print_pages(server: Server, run: Runner, vault: Path) -> None:
    """A row for each page."""
    print("| page | KB | first byte, s | page CPU, s | command | command CPU, s | ratio |")
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: |")
    for name, path, words in PAGES:
        first, pages, commands, size = list[float](), list[float](), list[float](), 0
        server.ask(path)
        run.cost(ptcrm(vault, TODAY, *words), fine=(0, 1))
        for number in range(RUNS):
            before = server.cpu()
            for _ in range(BURST):  # a page may cost less than the clock can tell
                took, size = server.ask(path)
                first.append(took)
            pages.append((server.cpu() - before) / BURST)
            commands.append(run.cost(ptcrm(vault, TODAY, *words), fine=(0, 1), width=81 + number).cpu)
        page, command = statistics.median(pages), statistics.median(commands)
        said = f"`{' '.join(('ptcrm', *words))}`"
        row = (
            name,
            f"{size / 1000:.0f}",
            f"{statistics.median(first):.3f}",
            f"{page:.3f}",
            said,
            f"{command:.3f}",
        )
        print(f"| {' | '.join(row)} | {page / command:.2f} |", flush=True)


def print_told(server: Server, vault: Path) -> None:
    """The seconds from a save until an open page is told of it."""
    path = min(vault.glob("customers/*/*.md"))
    found = list[float]()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", "/changes", headers={"Cookie": server.cookie})
        stream = connection.getresponse()
        _next(stream)
        for number in range(EDITS):
            time.sleep(0.5)
            text = path.read_text(encoding="utf-8")
            path.write_text(f"{text.rstrip()}\n\nNote {number}\n", encoding="utf-8")
            begun = time.perf_counter()
            _next(stream)
            found.append(time.perf_counter() - begun)
    print(
        f"\nA save is told of after {statistics.median(found):.2f} s, at worst {max(found):.2f} s ({EDITS} saves)."
    )


def _next(stream: http.client.HTTPResponse) -> None:
    """Wait for the next event."""
    while not stream.readline().startswith(b"data:"):
        pass


def main(count: int) -> None:
    """Measure and print."""
    if not Path("/proc/self/stat").is_file():
        raise SystemExit("This needs Linux, for the CPU time of a process that goes on.")
    with tempfile.TemporaryDirectory() as name:
        folder, vault = Path(name), Path(name) / "vault"
        vault.mkdir()
        generate(vault, count)
        run = Runner(folder)
        run.cost(ptcrm(vault, TODAY, "due"))
        with serving(vault, folder) as server:
            print(f"{machine()}. {count:,} customers, medians of {RUNS} runs.\n")
            print_pages(server, run, vault)
            print_told(server, vault)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
