"""`python -m benchmarks.server [COUNT]`: what `ptcrm serve` does in a second, and how soon a change is served.

Conditional GETs, each answered by 304, are set beside those to a static file server of the same machine which has
the same feed; then files change, and the time is taken from the last write until the feed served has all of it.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from benchmarks.vault import TODAY, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUESTS, CLIENTS, ROUNDS = 10_000, 8, 3
FILES, RUNS = 1000, 5
_POLL_SECONDS, _REST_SECONDS, _MOST_SECONDS = 0.02, 2.0, 60.0
_YEAR = b"1936"  # nobody in the vault was born in it, and it has a 29 February
_NGINX = """\
daemon off; master_process off; pid nginx.pid; error_log nginx.err; events {{}}
http {{
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  access_log nginx.log; keepalive_requests 1000000; types {{ text/calendar ics; }}
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class Tool(NamedTuple):
    """A load tool: how it is called, and where it says the requests per second and how many answers were 304."""

    name: str
    words: tuple[str, ...]
    rate: str
    unchanged: str
    connections: str


TOOLS = (
    Tool("h2load", ("--h1",), r"([0-9.]+) req/s", r"([0-9]+) 3xx", f"{CLIENTS} connections kept"),
    Tool("ab", ("-q",), r"Requests per second: +([0-9.]+)", r"Non-2xx responses: +([0-9]+)", "one for each"),
)


class Feed:
    """A feed at its address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, method: str) -> tuple[http.client.HTTPMessage, bytes]:
        """Headers and body."""
        parts = urlsplit(self.address)
        with contextlib.closing(http.client.HTTPConnection(parts.hostname or "", parts.port)) as connection:
            connection.request(method, parts.path)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise SystemExit(f"{self.address}: {answer.status} {answer.reason}")
            return answer.headers, answer.read()

    def moved(self) -> int:
        """How many customers have the birthday of the other branch."""
        return self.ask("GET")[1].count(b"START;VALUE=DATE:" + _YEAR)

    def condition(self) -> str:
        """The header that asks for this feed only if it has changed."""
        headers, _ = self.ask("HEAD")
        return (
            f"If-None-Match: {headers['ETag']}"
            if "ETag" in headers
            else f"If-Modified-Since: {headers['Last-Modified']}"
        )

    def wait_for(self, moved: int) -> float:
        """The time (Unix seconds) when so many were moved; asked for every 20 ms by HEAD, over one connection."""
        parts, seen, begun = urlsplit(self.address), "", time.time()
        with contextlib.closing(http.client.HTTPConnection(parts.hostname or "", parts.port)) as connection:
            while (now := time.time()) < begun + _MOST_SECONDS:
                connection.request("HEAD", parts.path)
                answer = connection.getresponse()
                answer.read()
                mark = answer.headers["ETag"]
                if mark != seen and self.moved() == moved:
                    return now
                seen = mark
                time.sleep(_POLL_SECONDS)
        raise SystemExit("The feed never became fresh.")


def requests_per_second(tool: Tool, feed: Feed) -> float:
    """How many conditional GETs a second are answered, all of them by 304."""
    call = [tool.name, *tool.words, "-n", str(REQUESTS), "-c", str(CLIENTS), "-H", feed.condition()]
    done = subprocess.run([*call, feed.address], check=True, capture_output=True, text=True)  # noqa: S603
    unchanged, rate = re.search(tool.unchanged, done.stdout), re.search(tool.rate, done.stdout)
    if not (unchanged and rate and int(unchanged[1]) == REQUESTS):
        raise SystemExit(f"{tool.name}: not every answer was 304\n{done.stdout}")
    return float(rate[1])


def resident(process: int) -> float:
    """The memory of the process that is in use (RSS), in MB."""
    return int(_asked("rss", process)) / 1024


def cpu_seconds(process: int) -> float:
    """The CPU time of the process so far; on Linux in whole seconds."""
    parts = reversed(_asked("time", process).split(":"))
    return sum(float(part) * 60.0**place for place, part in enumerate(parts))


def _asked(column: str, process: int) -> str:
    call = ["ps", "-o", f"{column}=", "-p", str(process)]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, until the end; what it says beside its answers goes to a file in `folder`."""
    homes = {f"XDG_{name}_HOME": str(folder / name) for name in ("CACHE", "STATE", "CONFIG")}
    env = {**os.environ, **homes, "HOME": str(folder)}
    with (folder / f"{Path(command[0]).name}.err").open("w") as told:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True, env=env)  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


@contextlib.contextmanager
def serving(vault: Path, folder: Path) -> Iterator[tuple[Feed, int]]:
    """`ptcrm serve` of the vault: its feed, and the number of the process."""
    ptcrm = [sys.executable, "-u", "-m", "ptcrm", "--vault", str(vault), "--today", str(TODAY)]
    with running([*ptcrm, "serve", "--port", "0"], folder) as process:
        for line in process.stdout or ():
            if found := re.search(r"http://\S+\.ics", line):
                yield Feed(found[0]), process.pid
                return
        raise SystemExit("ptcrm serve ended.")


@contextlib.contextmanager
def static(content: bytes, folder: Path) -> Iterator[tuple[str, Feed]]:
    """The same feed from a static file server: its name, and the feed."""
    (folder / "www").mkdir()
    (folder / "www" / "all.ics").write_bytes(content)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    nginx = shutil.which("nginx")
    if nginx:
        (folder / "nginx.conf").write_text(_NGINX.format(port=port, folder=folder / "www"))
        command = [nginx, "-p", str(folder), "-c", "nginx.conf", "-e", "nginx.err"]
    else:
        words = ["-m", "http.server", str(port), "--bind", "127.0.0.1", "--protocol", "HTTP/1.1"]
        command = [sys.executable, *words, "--directory", str(folder / "www")]
    with running(command, folder):
        _wait_for(port)
        yield "nginx" if nginx else "http.server", Feed(f"http://127.0.0.1:{port}/all.ics")


def _wait_for(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(("127.0.0.1", port))):
            return
        time.sleep(_POLL_SECONDS)
    raise SystemExit("The static file server did not begin.")


def print_throughput(feed: Feed, process: int, folder: Path) -> None:
    """Requests per second of ptcrm and of a static file server, taken in turn, and the memory of ptcrm."""
    tools = [tool for tool in TOOLS if shutil.which(tool.name)]
    memory = [resident(process)]
    with static(feed.ask("GET")[1], folder) as (name, plain):
        for tool in tools:
            ours, theirs = list[float](), list[float]()
            for _ in range(ROUNDS):
                ours.append(requests_per_second(tool, feed))
                memory.append(resident(process))
                theirs.append(requests_per_second(tool, plain))
            one, other = statistics.median(ours), statistics.median(theirs)
            ratio = f"{one:.0f} a second, {name} {other:.0f}, ratio {one / other:.3f}"
            print(f"{tool.name}, {tool.connections}: {ratio}; {_load()}", flush=True)
    print(f"memory, before and after each {REQUESTS}: {' '.join(f'{one:.1f}' for one in memory)} MB")


class Book:
    """The vault as a git repository with two branches: `plain`, and `other` where many were born in another year."""

    def __init__(self, vault: Path, count: int) -> None:
        self._vault = vault
        self.paths = sorted(vault.glob("customers/*/*.md"))[: min(count, FILES)]
        self._last = self.paths[-1].read_bytes()
        self._git("init", "-q", "-b", "plain")
        self._commit()
        self._git("checkout", "-q", "-b", "other")
        for path in self.paths:
            path.write_bytes(_moved(path.read_bytes()))
        self._commit()
        self._git("checkout", "-q", "plain")

    def checkout(self, *, changed: bool) -> float:
        """The files of a branch: when the last of them was written, in Unix seconds."""
        self._git("checkout", "-q", "other" if changed else "plain")
        return max(path.stat().st_mtime for path in self.paths)

    def write_one(self, *, changed: bool) -> float:
        """One file, as an editor writes it: when it was written, in Unix seconds."""
        path, plain = self.paths[-1], self._last
        path.write_bytes(_moved(plain) if changed else plain)
        return path.stat().st_mtime

    def _commit(self) -> None:
        self._git("add", "-A")
        self._git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x")

    def _git(self, *words: str) -> None:
        subprocess.run(["git", "-C", str(self._vault), *words], check=True)  # noqa: S603, S607


def _moved(content: bytes) -> bytes:
    return re.sub(rb"birthday: [0-9]{4}", b"birthday: " + _YEAR, content)


def print_freshness(what: str, feed: Feed, process: int, change: Callable[..., float], files: int) -> None:
    """From the last write of `change` until the feed served has all of it: the median of some runs."""
    found, before = [], cpu_seconds(process)
    for run in range(RUNS):
        changed = run % 2 == 0
        written = change(changed=changed)
        found.append(feed.wait_for(files if changed else 0) - written)
        time.sleep(_REST_SECONDS)
    used = (cpu_seconds(process) - before) / RUNS
    seconds = " ".join(f"{one:.2f}" for one in sorted(found))
    print(
        f"{what}: served after {statistics.median(found):.2f} s ({seconds}), {used:.1f} s of CPU; {_load()}"
    )
    change(changed=False)
    feed.wait_for(0)


def _load() -> str:
    """How busy the machine has been in the last minute, by itself and by this."""
    return f"load {os.getloadavg()[0]:.1f}"


def main(count: int) -> None:
    """Measure and print."""
    for name in ("git", "nginx", *(tool.name for tool in TOOLS)):
        if not shutil.which(name):
            print(f"{name} is not there: what needs it is left out, or done by something slower")
    with tempfile.TemporaryDirectory() as name:
        folder, vault = Path(name), Path(name) / "vault"
        vault.mkdir()
        generate(vault, count)
        book = Book(vault, count) if shutil.which("git") else None
        with serving(vault, folder) as (feed, process):
            size = len(feed.ask("GET")[1]) / 1e6
            print(f"{count} customers, a feed of {size:.1f} MB, Python {sys.version.split()[0]}; {_load()}")
            print_throughput(feed, process, folder)
            if book:
                many = len(book.paths)
                print_freshness("one file written", feed, process, book.write_one, 1)
                print_freshness(f"git checkout of {many} files", feed, process, book.checkout, many)
                print(f"memory in the end: {resident(process):.1f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
