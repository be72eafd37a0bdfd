"""The stream that tells open pages of changes, over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from ptcrm.server.changes import Changes
from ptcrm.server.limits import Limits
from ptcrm.server.run import Stop, serve
from ptcrm.server.where import Where, bind
from tests.test_server import SOON, eventually


@dataclass
class Streams:
    """A server that gives nothing but the stream."""

    changes: Changes
    port: int
    stop: Stop

    @contextmanager
    def open(self, method: str = "GET") -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=SOON) as one:
            one.sendall(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            yield one


@contextmanager
def streaming(changes: Changes, limits: Limits | None = None) -> Iterator[Streams]:
    sockets, lines, stop = bind(Where(port=0)), list[str](), Stop(at_end=changes.end)
    thread = threading.Thread(target=serve, args=(changes, sockets, stop, lines.append, limits))
    thread.start()
    try:
        yield Streams(changes, sockets[0].getsockname()[1], stop)
    finally:
        stop.ask()
        thread.join(SOON)
        for one in sockets:
            one.close()
    assert not thread.is_alive()
    assert lines == []


def read_until(one: socket.socket, words: str) -> str:
    """What comes until it has `words`."""
    found = b""
    while words.encode() not in found:
        part = one.recv(4096)
        assert part, found
        found += part
    return found.decode()


def test_a_change_is_told_at_once() -> None:
    changes = Changes()
    with streaming(changes) as server, server.open() as one, server.open() as other:
        before = changes.mark
        for each in (one, other):
            first = read_until(each, f"data: {before}\n\n")
            assert first.startswith("HTTP/1.1 200 OK")
            assert "content-type: text/event-stream" in first
        changes.note()
        assert changes.mark != before
        for each in (one, other):
            read_until(each, f"data: {changes.mark}\n\n")


def test_an_earlier_server_had_other_marks() -> None:
    assert Changes().mark != Changes().mark


def test_who_is_gone_waits_no_more() -> None:
    changes = Changes()
    with streaming(changes) as server:
        with server.open() as one:
            read_until(one, "data")
            assert changes.streams == 1
        eventually(lambda: changes.streams == 0)


def test_there_are_only_so_many() -> None:
    changes = Changes(most=2)
    with streaming(changes) as server, server.open() as one:
        read_until(one, "data")
        with server.open() as other:
            read_until(other, "data")
            with server.open() as third:
                assert read_until(third, "live updates").startswith("HTTP/1.1 429")
        eventually(lambda: changes.streams == 1)
        with server.open() as again:
            read_until(again, "data")


def test_its_head_ends() -> None:
    changes = Changes()
    with streaming(changes) as server, server.open("HEAD") as one:
        assert read_until(one, "\r\n\r\n").startswith("HTTP/1.1 200")
        assert changes.streams == 0


def test_a_beat_comes_where_nothing_changes() -> None:
    with streaming(Changes(beat_seconds=0.05)) as server, server.open() as one:
        read_until(one, ":\n\n")


def test_it_ends_with_the_server_at_once() -> None:
    changes = Changes()
    with streaming(changes) as server, server.open() as one:
        read_until(one, "data")
        begun = time.monotonic()
        server.stop.ask()
        with suppress(ConnectionError):
            while one.recv(4096):
                pass
        assert time.monotonic() - begun < 1.0  # answers under way would have two seconds


@pytest.mark.parametrize("count", [500])
def test_idle_connections_end_no_stream(count: int) -> None:
    changes = Changes()
    with streaming(changes, replace(Limits(), connections=64)) as server, server.open() as one:
        read_until(one, "data")
        idle = [socket.create_connection(("127.0.0.1", server.port), timeout=SOON) for _ in range(count)]
        try:
            changes.note()
            read_until(one, changes.mark)
        finally:
            for each in idle:
                each.close()
