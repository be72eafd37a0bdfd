"""`ptcrm serve` from end to end: a process of its own and a vault on the disk, through whatever befalls the two."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.conftest import DAY, ROOT, MakeVault

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there signals are sent by a console")

CONFIG = "start: 2021-01-01\ntimezone: Europe/Warsaw\ndefault_cadence: never\nfeeds:\n  all: {}\n"
PATIENCE = 60.0  # seconds that a wait may take at most, however busy the machine


def customer(name: str, birthday: str = "1984-05-17") -> str:
    return f"---\nname: {name}\nbirthday: {birthday}\n---\n"


def until(condition: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        threading.Event().wait(0.02)
    pytest.fail("it never came")


def ptcrm(vault: Path, *words: str) -> list[str]:
    return [sys.executable, "-u", "-m", "ptcrm", "--vault", str(vault), "--today", DAY, *words]


class Answer(NamedTuple):
    status: int
    tag: str
    content: bytes

    def names(self) -> set[str]:
        """Whose birthdays are in it."""
        return set(re.findall(r"^SUMMARY:(\w+)'s birthday", self.content.decode(), re.MULTILINE))


class Server:
    """`ptcrm serve --port 0` on a vault; what it prints goes to two files."""

    def __init__(self, vault: Path, folder: Path) -> None:
        self.out, self.err = folder / "out", folder / "err"
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                ptcrm(vault, "serve", "--port", "0"), stdout=out, stderr=err, cwd=ROOT
            )

    def address(self, feed: str = "all") -> str:
        """Its address, when it is printed."""
        found: list[str] = []

        def is_printed() -> bool:
            assert self.process.poll() is None, self.err.read_text(encoding="utf-8")
            printed = self.out.read_text(encoding="utf-8")
            found[:] = re.findall(rf"^  (http://\S+/{feed}\.ics)\n", printed, re.MULTILINE)
            return bool(found)

        until(is_printed)
        assert len(found) == 1
        return found[0]

    def feed(self, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
        return ask(self.address(), method, headers)

    def healthz(self) -> int:
        return ask(self.address(), path="/healthz").status

    def names(self) -> set[str]:
        return self.feed().names()

    @contextmanager
    def watched(self) -> Iterator[set[Answer]]:
        """Everything that the feed is, asked for again and again meanwhile."""
        seen, over, address = set[Answer](), threading.Event(), self.address()

        def look() -> None:
            while not over.wait(0.01):
                seen.add(ask(address))

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()

    def end(self, number: int = signal.SIGTERM) -> int:
        """The exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def ask(
    address: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    path: str | None = None,
    body: bytes | None = None,
) -> Answer:
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=PATIENCE)) as connection:
        connection.request(method, path or parts.path, body, headers or {})
        found = connection.getresponse()
        return Answer(found.status, found.getheader("ETag") or "", found.read())


Serve = Callable[[Path], Server]


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": customer("Anna"), "jan": customer("Jan")}, CONFIG)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(vault)`: a server, which ends well after the test and has let no token out."""
    servers: list[Server] = []

    def call(vault: Path) -> Server:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(Server(vault, folder))
        return servers[-1]

    yield call
    for server in servers:
        code = server.end() if server.process.poll() is None else server.process.returncode
        said, told = server.out.read_text(encoding="utf-8"), server.err.read_text(encoding="utf-8")
        assert code == 0, told
        assert "Traceback" not in told
        assert "something went wrong" not in told
        tokens = set(re.findall(r"/feeds/([^/\s]+)/", said))
        assert tokens
        assert not [token for token in tokens if token in told]


# What befalls the vault


def close_folder(vault: Path) -> None:
    (vault / "customers").chmod(0)
    if os.access(vault / "customers", os.R_OK):
        pytest.skip("nothing is closed to root")


def stand_in_its_place(vault: Path) -> None:
    (vault / "customers").rename(vault / "away")
    (vault / "customers").write_text("a file in its place")


def break_settings(vault: Path) -> None:
    (vault / "ptcrm.yaml").write_text("feeds: [")


def empty(vault: Path) -> None:
    shutil.rmtree(vault / "customers")
    (vault / "customers").mkdir()


def unmount(vault: Path) -> None:
    shutil.rmtree(vault)
    vault.mkdir()


def lose(vault: Path) -> None:
    shutil.rmtree(vault)


def restore(vault: Path, saved: Path) -> None:
    with suppress(OSError):
        (vault / "customers").chmod(0o755)
    shutil.rmtree(vault, ignore_errors=True)
    shutil.copytree(saved, vault)


DISASTERS = [close_folder, stand_in_its_place, break_settings, empty, unmount, lose]
Disaster = Callable[[Path], None]


@pytest.mark.parametrize("disaster", DISASTERS, ids=lambda one: one.__name__)
def test_a_disaster_is_never_served(disaster: Disaster, vault: Path, serve: Serve, tmp_path: Path) -> None:
    shutil.copytree(vault, tmp_path / "saved")
    server = serve(vault)
    until(lambda: server.healthz() == 200)
    good = server.feed()
    assert good.names() == {"Anna", "Jan"}
    with server.watched() as seen:
        disaster(vault)
        until(lambda: server.healthz() == 503)
        restore(vault, tmp_path / "saved")
        until(lambda: server.healthz() == 200)
    assert seen == {good}
    (vault / "customers" / "zoe.md").write_text(customer("Zoe"))
    until(lambda: server.names() == {"Anna", "Jan", "Zoe"})


def test_another_vault_in_its_place_is_served_until_the_first_is_back(
    vault: Path, serve: Serve, make_vault: MakeVault, tmp_path: Path
) -> None:
    other = make_vault({"zoe": customer("Zoe")}, CONFIG, "other")
    server = serve(vault)
    good = server.feed()
    with server.watched() as seen:
        vault.rename(tmp_path / "away")
        other.rename(vault)
        until(lambda: server.names() == {"Zoe"} and server.healthz() == 200)
        vault.rename(other)
        (tmp_path / "away").rename(vault)
        until(lambda: server.names() == {"Anna", "Jan"} and server.healthz() == 200)
    assert {(one.status, *sorted(one.names())) for one in seen} == {(200, "Anna", "Jan"), (200, "Zoe")}
    assert server.feed() == good
    (vault / "customers" / "jan.md").unlink()
    until(lambda: server.names() == {"Anna"})


@pytest.mark.parametrize(
    "disaster", [stand_in_its_place, break_settings, empty], ids=lambda one: one.__name__
)
def test_a_restart_in_a_disaster_serves_what_was_kept(
    disaster: Disaster, vault: Path, serve: Serve, tmp_path: Path
) -> None:
    shutil.copytree(vault, tmp_path / "saved")
    before = serve(vault)
    good, path = before.feed(), urlsplit(before.address()).path
    assert before.end() == 0
    disaster(vault)
    after = serve(vault)
    assert urlsplit(after.address()).path == path
    with after.watched() as seen:
        until(lambda: after.healthz() == 503)
        restore(vault, tmp_path / "saved")
        until(lambda: after.healthz() == 200)
    assert seen == {good}
    (vault / "customers" / "jan.md").unlink()
    until(lambda: after.names() == {"Anna"})


# What changes while it runs


def test_one_edit_is_one_new_answer(vault: Path, serve: Serve) -> None:
    server = serve(vault)
    good = server.feed()
    with server.watched() as seen:
        (vault / "customers" / "anna.md").write_text(customer("Anna", "1985-06-18"))
        until(lambda: b"19850618" in server.feed().content)
    new = server.feed()
    assert seen <= {good, new}
    assert new.tag != good.tag
    assert server.feed(headers={"If-None-Match": good.tag}) == new
    assert server.feed(headers={"If-None-Match": new.tag}) == Answer(304, new.tag, b"")
    assert server.feed("HEAD") == Answer(200, new.tag, b"")


def test_a_token_that_is_rotated_is_dead_at_once(vault: Path, serve: Serve) -> None:
    server = serve(vault)
    old, good = server.address(), server.feed()
    said = subprocess.run(
        ptcrm(vault, "feed", "rotate", "all"), check=True, capture_output=True, text=True, cwd=ROOT
    )
    found = re.search(r"http://\S+", said.stdout)
    assert found
    assert ask(old).status == 404
    assert ask(found[0]) == good
    assert urlsplit(found[0]).port == urlsplit(old).port
    assert urlsplit(found[0]).path.split("/")[2] not in server.err.read_text(encoding="utf-8")


def test_a_feed_that_is_added_is_served_and_its_address_printed(vault: Path, serve: Serve) -> None:
    server = serve(vault)
    old = server.address()
    (vault / "ptcrm.yaml").write_text(f"{CONFIG}  anna: {{where: 'name:Anna'}}\n")
    assert ask(server.address("anna")).names() == {"Anna"}
    (vault / "ptcrm.yaml").write_text(CONFIG)
    until(lambda: ask(server.address("anna")).status == 404)
    assert (server.address(), ask(old).names()) == (old, {"Anna", "Jan"})


# What clients do


def test_five_hundred_idle_clients_keep_nobody_out_and_are_closed(vault: Path, serve: Serve) -> None:
    server = serve(vault)
    good, place = server.feed(), ("127.0.0.1", urlsplit(server.address()).port or 0)
    idle = [socket.create_connection(place, PATIENCE) for _ in range(500)]
    assert server.feed() == good
    for one in idle:
        with one, suppress(ConnectionResetError):
            assert one.recv(1) == b""
    assert server.feed() == good


def test_what_is_not_answered(vault: Path, serve: Serve) -> None:
    server = serve(vault)
    address, good = server.address(), server.feed()
    token = urlsplit(address).path.split("/")[2]
    for method, status in (("GET", 413), ("POST", 405), ("PUT", 405)):
        assert ask(address, method, body=b"x" * 1_000_000).status == status, method
    for path in (f"/feeds/{token}/none.ics", f"/feeds/{token[:-1]}/all.ics", f"/feeds/{token}/", "/feeds/"):
        assert ask(address, path=path).status == 404, path
    for path in ("/", "/feeds", f"/{token}"):  # the pages, without their secret
        assert ask(address, path=path).status == 403, path
    assert server.feed(headers={"Host": "evil.example"}).status == 404
    assert server.feed() == good


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_clients_connected(number: int, vault: Path, serve: Serve) -> None:
    server = serve(vault)
    with socket.create_connection(("127.0.0.1", urlsplit(server.address()).port or 0), PATIENCE) as idle:
        assert server.end(number) == 0
        with suppress(ConnectionResetError):
            assert idle.recv(1) == b""
