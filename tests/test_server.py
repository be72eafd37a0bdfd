"""The server over real sockets: what it answers, whom it answers, and what it does not put up with."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.errors import PtcrmError, UsageError
from ptcrm.model.diagnostic import Problem
from ptcrm.server.addresses import Base, as_webcal, feed_address, read_base, too_long
from ptcrm.server.app import application
from ptcrm.server.hosts import Hosts, names_of_machine
from ptcrm.server.limits import Limits
from ptcrm.server.live import Body, Snapshot
from ptcrm.server.run import Out, Stop, run, serve
from ptcrm.server.tokens import TokenFile, Tokens
from ptcrm.server.where import Where, base_of, bind, hosts_of

TOKEN, OTHER = "t" * 22, "u" * 22
CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
MODIFIED = 1_764_000_000
SOON = 20.0  # seconds that a wait may take at most


def body(content: bytes = CALENDAR, modified: int = MODIFIED) -> Body:
    return Body(content, hashlib.sha256(content).hexdigest(), modified)


@dataclass
class FakeLive:
    """Feeds that a test swaps."""

    snapshot: Snapshot = field(
        default_factory=lambda: Snapshot({"all": body(), "żółw": body("BEGIN:ż".encode())})
    )
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def wait(self, seconds: float) -> bool:  # noqa: ARG002
        self.calls.append("wait")
        return True

    def stop(self) -> None:
        self.calls.append("stop")


@dataclass
class FakeTokens:
    tokens: Tokens = field(default_factory=lambda: Tokens({"all": TOKEN, "żółw": OTHER, "gone": TOKEN}))

    def current(self) -> Tokens:
        return self.tokens


@dataclass
class Running:
    """A server in a thread."""

    live: FakeLive
    port: int
    lines: list[str]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SOON)

    def raw(self, request: bytes) -> bytes:
        """All that the server says to these bytes, until it closes."""
        with self.connect() as one:
            with suppress(ConnectionError):  # refused before all of it was sent
                one.sendall(request)
            return everything(one)

    def ask(
        self,
        path: str = f"/feeds/{TOKEN}/all.ics",
        method: str = "GET",
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)) as one:
            one.request(method, path, content, headers or {})
            found = one.getresponse()
            return Answer(found.status, dict(found.getheaders()), found.read())


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes


def everything(one: socket.socket) -> bytes:
    found = b""
    try:
        while part := one.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(int(SOON / 0.02)):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("it never came to hold")


@contextmanager
def running(limits: Limits | None = None, hosts: Hosts | None = None) -> Iterator[Running]:
    live, lines, stop = FakeLive(), list[str](), Stop()
    sockets = bind(Where(port=0))
    port = sockets[0].getsockname()[1]
    app = application(live, FakeTokens(), hosts or Hosts.of(), lines.append, limits)
    thread = threading.Thread(target=serve, args=(app, sockets, stop, lines.append, limits))
    thread.start()
    try:
        yield Running(live, port, lines)
    finally:
        stop.ask()
        thread.join(SOON)
        for one in sockets:
            one.close()
    assert not thread.is_alive()
    assert not [line for line in lines if "Traceback" in line or "failed" in line]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(replace(Limits(), swallow_seconds=0.5)) as one:
        yield one


@pytest.fixture(autouse=True)
def as_usual(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "server" in request.fixturenames:
        one: Running = request.getfixturevalue("server")
        one.live.snapshot = FakeLive().snapshot


# What is answered


def test_a_feed(server: Running) -> None:
    found = server.ask()
    assert (found.status, found.content) == (200, CALENDAR)
    del found.headers["date"]
    assert found.headers == {
        "content-type": "text/calendar; charset=utf-8",
        "content-length": str(len(CALENDAR)),
        "etag": f'"{hashlib.sha256(CALENDAR).hexdigest()}"',
        "last-modified": formatdate(MODIFIED, usegmt=True),
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
    }


def test_its_head_alone(server: Running) -> None:
    found = server.ask(method="HEAD")
    whole = server.ask()
    assert (found.status, found.content) == (200, b"")
    assert {**found.headers, "date": ""} == {**whole.headers, "date": ""}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": "TAG"}, 304),
        ({"If-None-Match": "W/TAG"}, 304),
        ({"If-None-Match": '"a,b", W/"c" ,TAG'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": " * "}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": ""}, 200),
        ({"If-None-Match": '"TAG'}, 200),
        ({"If-Modified-Since": formatdate(MODIFIED, usegmt=True)}, 304),
        ({"If-Modified-Since": formatdate(MODIFIED + 1, usegmt=True)}, 304),
        ({"If-Modified-Since": formatdate(MODIFIED - 1, usegmt=True)}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Mon, 99 Nov 99999 99:99:99 GMT"}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": formatdate(MODIFIED, usegmt=True)}, 200),
        ({"If-None-Match": "TAG", "If-Modified-Since": formatdate(0, usegmt=True)}, 304),
        ({"Range": "bytes=0-3"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_known_is_not_sent_again(
    headers: dict[str, str], status: int, method: str, server: Running
) -> None:
    tag = f'"{hashlib.sha256(CALENDAR).hexdigest()}"'
    headers = {
        name: value.replace('"TAG', tag[:-1]) if '"TAG' in value else value.replace("TAG", tag)
        for name, value in headers.items()
    }
    found = server.ask(method=method, headers=headers)
    assert found.status == status
    assert found.headers["etag"] == tag
    assert found.headers["last-modified"] == formatdate(MODIFIED, usegmt=True)
    assert found.content == (CALENDAR if (method, status) == ("GET", 200) else b"")


def test_a_change_is_there_at_once(server: Running) -> None:
    tag = server.ask().headers["etag"]
    server.live.snapshot = Snapshot({"all": body(b"BEGIN:VCALENDAR 2", MODIFIED + 5)})
    found = server.ask(headers={"If-None-Match": tag})
    assert (found.status, found.content) == (200, b"BEGIN:VCALENDAR 2")


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "REPORT"]
)
@pytest.mark.parametrize(
    "path", [f"/feeds/{TOKEN}/all.ics", f"/feeds/{OTHER}/all.ics", "/feeds/x/y.ics", "/healthz"]
)
def test_there_is_nothing_to_write(method: str, path: str, server: Running) -> None:
    found = server.ask(path, method)
    assert (found.status, found.headers["allow"]) == (405, "GET, HEAD")
    assert found.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        f"/feeds/{OTHER}/all.ics",
        f"/feeds/{TOKEN}x/all.ics",
        f"/feeds/{TOKEN[:-1]}/all.ics",
        f"/feeds/{TOKEN}/none.ics",
        f"/feeds/{TOKEN}/gone.ics",
        f"/feeds/{TOKEN}/ALL.ics",
        f"/feeds/{TOKEN}/all",
        f"/feeds/{TOKEN}/all.ics/",
        f"/feeds/{TOKEN}//all.ics",
        f"//feeds/{TOKEN}/all.ics",
        f"/feeds/{TOKEN}%2fall.ics",
        f"/feeds%2F{TOKEN}/all.ics",
        f"/feeds/x/../{TOKEN}/all.ics",
        f"/feeds/./{TOKEN}/all.ics",
        f"/feeds/x/%2e%2e/{TOKEN}/all.ics",
        f"/feeds/{TOKEN}/..%2f..%2fall.ics",
        f"/feeds/{TOKEN}/..%5call.ics",
        f"/feeds/{TOKEN}/all%00.ics",
        f"/feeds/{TOKEN}/all.ics%00",
        f"/feeds/{TOKEN}/all.ics%0a",
        f"/feeds/{TOKEN}/%ff.ics",
        f"/feeds/{TOKEN}/%zz.ics",
        f"/feeds/{TOKEN}/%ED%A0%80.ics",
        "/feeds/%C5%BC/all.ics",
        "/feeds/",
        "/feeds",
        "/feeds//all.ics",
        "/",
        "/healthz/",
        "/favicon.ico",
        "/docs",
        "*",
        "http://127.0.0.1/healthz",
    ],
)
def test_one_and_the_same_404(path: str, server: Running) -> None:
    found, other = server.ask(path), server.ask(f"/feeds/{OTHER}/all.ics")
    del found.headers["date"], other.headers["date"]
    assert found.status == 404
    assert (found.headers, found.content) == (other.headers, other.content)
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    assert server.ask(path, "HEAD").status == 404


def test_names_in_any_letters(server: Running) -> None:
    assert server.ask(f"/feeds/{OTHER}/%C5%BC%C3%B3%C5%82w.ics").content == b"BEGIN:\xc5\xbc"
    assert server.ask(f"/feeds/{OTHER}/%61ll.ics").status == 404
    assert server.ask(f"/feeds/{TOKEN}/%61ll.ics").status == 200


def test_nothing_good_yet_is_404(server: Running) -> None:
    server.live.snapshot = Snapshot({}, "broken")
    assert server.ask().status == 404


def test_health(server: Running) -> None:
    found = server.ask("/healthz")
    assert (found.status, found.content) == (200, b"ok\n")
    server.live.snapshot = replace(
        server.live.snapshot, problem="/home/marta/customers/anna.md cannot be read"
    )
    found = server.ask("/healthz")
    assert found.status == 503
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"older than the files" in found.content
    assert b"anna" not in found.content
    assert server.ask().status == 200


def test_a_fault_inside_is_a_404_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ptcrm.server.app._is_known", lambda *_: 1 / 0)
    with running() as server:
        assert server.ask().status == 404
        assert server.ask(headers={"Host": "evil.example"}).status == 404
    assert server.lines == [
        "ptcrm: a request could not be answered (ZeroDivisionError: division by zero).",
        "127.0.0.1 GET /feeds/…/all.ics 404",
        "127.0.0.1 GET /feeds/…/all.ics 404",
    ]


def test_no_header_tells_of_the_program_or_lets_other_pages_in(server: Running) -> None:
    found = server.ask(headers={"Origin": "https://evil.example", "Accept-Encoding": "gzip, br"})
    assert not {"server", "access-control-allow-origin", "content-encoding", "vary"} & found.headers.keys()


# Who may ask


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8137", 200),
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("localhost.", 200),
        ("[::1]:8137", 200),
        ("[0:0:0:0:0:0:0:1]", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("192.168.1.7:8137", 421),
        ("127.0.0.2", 421),
        ("[::2]", 421),
        ("localhost:80:80", 421),
        ("user@localhost", 421),
        ("localhost/x", 421),
        (":80", 421),
        ("", 400),
    ],
)
@pytest.mark.parametrize("path", [f"/feeds/{TOKEN}/all.ics", "/healthz"])
def test_host(host: str, status: int, path: str, server: Running) -> None:
    found = server.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    on_feeds = 404 if status == 421 and path != "/healthz" else status
    assert found.startswith(b"HTTP/1.1 %d " % on_feeds)
    assert (b"--url" in found) == (status == 421)
    assert b"evil" not in found


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    ],
)
def test_a_request_has_one_host(request_: bytes, server: Running) -> None:
    assert server.raw(request_).startswith(b"HTTP/1.1 400 ")


def test_the_outside_name_and_its_prefix() -> None:
    where = Where(port=0, url=Base("https", "calendar.example.org", None, "/ptcrm"))
    with running(hosts=hosts_of(where, ())) as server:
        for path in ("/healthz", "/ptcrm/healthz", f"/ptcrm/feeds/{TOKEN}/all.ics"):
            assert server.ask(path, headers={"Host": "calendar.example.org"}).status == 200
        assert server.ask("/ptcrm/ptcrm/healthz").status == 404
        assert server.ask("/ptcrmhealthz").status == 404
        assert server.ask("/other/healthz").status == 404


def test_in_the_open_by_address_and_name() -> None:
    hosts = hosts_of(Where("0.0.0.0", 0, public=True), ())
    name = socket.gethostname().lower()
    assert "192.168.1.7:8137" in hosts
    assert "[fe80::1]" in hosts
    assert name in hosts
    assert f"{name.partition('.')[0]}.local" in hosts
    assert "evil.example" not in hosts
    assert names_of_machine("studio.example.org") == ("studio.example.org", "studio", "studio.local")
    assert "192.168.1.7" not in hosts_of(Where(), ())


# What is printed of requests


def test_no_line_has_a_token_or_a_control_character() -> None:
    agent = "DAVx5/4.5 \x85\u202e (2026)".encode() + b"\xff" + b"x" * 100
    with running() as server:
        for path in (
            f"/feeds/{TOKEN}/all.ics?{TOKEN}",
            f"/feeds/{TOKEN}/none.ics",
            f"/feeds/all/{TOKEN}.ics",
            f"/{TOKEN}",
            f"/ptcrm/feeds/{TOKEN}/all.ics",
            f"/feeds/{TOKEN}%2fall.ics",
            f"/feeds/%ff/{TOKEN}",
        ):
            head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nReferer: {TOKEN}\r\nConnection: close\r\nUser-Agent: "
            assert b"HTTP/1.1 " in server.raw(head.encode() + agent + b"\r\n\r\n")
    assert len(server.lines) == 7
    assert not [line for line in server.lines if TOKEN in line or not line.isprintable() or len(line) > 120]


def test_the_line() -> None:
    agent = "Thunderbird/153.0 ä".encode().decode("latin-1")
    with running() as server:
        server.ask(headers={"User-Agent": agent, "If-None-Match": "*"})
        server.ask(f"/feeds/{TOKEN}/none.ics", "HEAD", {"User-Agent": "x" * 100})
        server.ask("/x", "POST")
        server.ask("/healthz", headers={"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Proto": "https"})
    assert server.lines == [
        "127.0.0.1 GET /feeds/…/all.ics 304 Thunderbird/153.0 ä",
        f"127.0.0.1 HEAD /feeds/…/… 404 {'x' * 60}",
        "127.0.0.1 POST /… 404",
        "127.0.0.1 GET /healthz 200",
    ]


# Limits


def test_a_head_has_to_come_in_time() -> None:
    with running(Limits(head_seconds=0.3)) as server, server.connect() as idle, server.connect() as drips:
        ended = threading.Event()

        def drip() -> None:
            try:
                while not ended.is_set():
                    drips.sendall(b"G")
                    time.sleep(0.05)
            except OSError:
                pass

        thread = threading.Thread(target=drip)
        thread.start()
        assert everything(idle) == b""
        assert everything(drips) == b""
        ended.set()
        thread.join()
        assert server.ask().status == 200


def test_the_next_head_has_to_come_in_time() -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with running(Limits(head_seconds=0.5, idle_seconds=60)) as server, server.connect() as one:
        one.sendall(asked)
        time.sleep(0.7)  # longer than a head may take: nothing has begun
        one.sendall(asked + b"GET /healthz HTTP/1.1\r\nHost: local")
        assert everything(one).count(b"HTTP/1.1 200") == 2


def test_an_idle_connection_is_closed() -> None:
    with running(Limits(head_seconds=60, idle_seconds=1)) as server, server.connect() as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert everything(one).count(b"HTTP/1.1 200") == 1


def test_the_one_that_waits_longest_goes() -> None:
    with running(Limits(connections=3)) as server:
        idle = [server.connect() for _ in range(3)]
        idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle[0].recv(65536).startswith(b"HTTP/1.1 200")  # so it waits from now on
        idle.append(server.connect())
        assert everything(idle[1]) == b""
        idle.append(server.connect())
        assert everything(idle[2]) == b""
        idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b" 200 " in everything(idle[0])
        for one in idle:
            one.close()


def test_if_nobody_waits_the_new_one_goes() -> None:
    busy = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    with running(Limits(connections=2)) as server, server.connect() as one, server.connect() as other:
        for connection in (one, other):
            connection.sendall(busy)
            found = b""
            while not found.endswith(b"ok\n"):
                found += connection.recv(65536)
        assert server.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n") == b""
        for connection in (one, other):
            connection.sendall(b"123456789")
            assert connection.recv(65536).startswith(b"HTTP/1.1 405")


def test_five_hundred_idle_clients_keep_nobody_out() -> None:
    with running(Limits(head_seconds=2)) as server:
        idle = [server.connect() for _ in range(500)]
        assert server.ask().status == 200
        for one in idle:
            with one:
                assert everything(one) == b""
        assert server.ask().status == 200


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("method", "status"), [("GET", 413), ("POST", 405), ("PUT", 405)])
def test_a_large_body_is_refused(chunked: bool, method: str, status: int, server: Running) -> None:
    large = b"x" * 1_000_000
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(large)
    content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large) if chunked else large
    path = f"/feeds/{TOKEN}/all.ics".encode()
    head = b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n" % (method.encode(), path, framing)
    found = server.raw(head + content + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in found.lower()
    assert found.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_a_large_body_that_never_comes(framing: str) -> None:
    with running(Limits(body_seconds=0.3, swallow_seconds=0.3)) as server:
        found = server.raw(f"GET /healthz HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n".encode())
        assert found.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 408 "))


def test_a_small_body_is_forgotten(server: Running) -> None:
    content = b"x" * 65536
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON)) as one:
        for method, status in (("GET", 200), ("POST", 405), ("GET", 200)):
            one.request(method, "/healthz", content)
            found = one.getresponse()
            found.read()
            assert found.status == status
            assert "connection" not in found.headers


@pytest.mark.parametrize(
    ("method", "size", "status"), [("POST", 9, 405), ("GET", 9, 200), ("GET", 99999, 413)]
)
def test_nobody_is_told_to_go_on(method: str, size: int, status: int, server: Running) -> None:
    head = f"{method} /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {size}"
    found = server.raw(f"{head}\r\n\r\n".encode())
    assert found.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in found.lower()


def test_a_client_that_does_not_read_is_dropped() -> None:
    with running(Limits(read_seconds=0.5, idle_seconds=60)) as server, socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.live.snapshot = Snapshot({"all": body(b"x" * 20_000_000)})
        one.connect(("127.0.0.1", server.port))
        one.settimeout(SOON)
        one.sendall(f"GET /feeds/{TOKEN}/all.ics HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        eventually(lambda: any(" 200" in line for line in server.lines))
        time.sleep(2)
        assert len(everything(one)) < 20_000_000


def test_a_client_that_reads_slowly_gets_all() -> None:
    with running(Limits(read_seconds=0.5, idle_seconds=60)) as server, server.connect() as one:
        server.live.snapshot = Snapshot({"all": body(b"x" * 30_000_000)})
        head = f"GET /feeds/{TOKEN}/all.ics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        one.sendall(head.encode())
        size = 0
        while part := one.recv(1_000_000):
            size += len(part)
            time.sleep(0.05)
        assert size > 30_000_000


def test_what_is_open_at_the_end_is_closed() -> None:
    with running(Limits(stop_seconds=1)) as server:
        idle, busy = server.connect(), server.connect()
        busy.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1")
        assert server.ask().status == 200
    with idle, busy:
        assert everything(idle) == everything(busy) == b""


def test_many_requests_in_a_row(server: Running) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert server.raw(asked + last).count(b"HTTP/1.1 200") == 51


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(request_: bytes, server: Running) -> None:
    found = server.raw(request_)
    assert not found or found.split(b" ")[1] in (b"400", b"431"), found
    assert server.ask().status == 200


def test_a_body_that_is_none(server: Running) -> None:
    head = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert server.raw(head + b"zz\r\n").startswith(b"HTTP/1.1 400 ")
    assert server.ask().status == 200


def test_a_body_that_breaks_off_in_an_answer() -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running() as server:
        with server.connect() as one:
            one.sendall(head)
            assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
            one.sendall(b"zz\r\n")
            assert everything(one) in (b"", b"ok\n")
        assert server.ask().status == 200
    assert not [line for line in server.lines if "ptcrm:" in line]


def test_a_refusal_reaches_who_sends_all_before_reading(server: Running) -> None:
    assert server.ask(method="PUT", content=b"x" * 3_000_000).status == 405
    assert server.ask(content=b"x" * 3_000_000).status == 413


@pytest.mark.parametrize("to", ["websocket", "h2c"])
def test_nothing_is_upgraded(to: str, server: Running) -> None:
    found = server.raw(
        f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: {to}\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert found.startswith(b"HTTP/1.1 200 ")


PIECES = st.sampled_from(
    [
        b"GET ", b"HEAD ", b"POST ", b"CONNECT ", f"/feeds/{TOKEN}/all.ics".encode(), b"/feeds/", b"/", b"%2f", b"..",
        b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"Host: localhost\r\n", b"Host: ", b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"If-None-Match: ", b"If-Modified-Since: ",
        b"Connection: close\r\n", b"Upgrade: websocket\r\n", b"\r\n", b"\r\n\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"\x00",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=12), max_size=14).map(b"".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_leave_the_server_alive(server: Running, request_: bytes) -> None:
    with server.connect() as one:
        try:
            one.sendall(request_)
            one.shutdown(socket.SHUT_WR)
            found = everything(one)
        except ConnectionError:
            found = b""
    assert b"HTTP/1.1 5" not in found
    assert not [line for line in server.lines if line.startswith("ptcrm:")]
    assert server.ask().status == 200


# From start to end


def out() -> tuple[Out, list[str], list[str]]:
    said, told = list[str](), list[str]()
    return Out(said.append, told.append), said, told


def run_in_thread(
    where: Where, tmp_path: Path, live: FakeLive | None = None
) -> tuple[list[str], list[str], FakeLive]:
    """Start a server, look at what it prints, end it."""
    to, said, told = out()
    live = live or FakeLive()
    tokens = TokenFile(tmp_path, tmp_path, told.append)
    stop = Stop()
    failed: list[BaseException] = []

    def go() -> None:
        try:
            run(live, tokens, where, to, stop)
        except PtcrmError as error:
            failed.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    eventually(lambda: bool(failed) or "start" in live.calls)
    stop.ask()
    thread.join(SOON)
    assert not thread.is_alive()
    if failed:
        raise failed[0]
    return said, told, live


def test_the_addresses_are_printed_and_kept(tmp_path: Path) -> None:
    said, told, live = run_in_thread(Where(port=0), tmp_path)
    kept = TokenFile(tmp_path, tmp_path, told.append).read()
    assert kept.base is not None
    base = f"http://127.0.0.1:{kept.base.port}"
    assert said == [
        "all",
        f"  {base}/feeds/{kept.by_feed['all']}/all.ics",
        f"  webcal://127.0.0.1:{kept.base.port}/feeds/{kept.by_feed['all']}/all.ics",
        "żółw",
        f"  {base}/feeds/{kept.by_feed['żółw']}/%C5%BC%C3%B3%C5%82w.ics",
        f"  webcal://127.0.0.1:{kept.base.port}/feeds/{kept.by_feed['żółw']}/%C5%BC%C3%B3%C5%82w.ics",
    ]
    assert told == []
    assert (live.calls[0], live.calls[-1]) == ("start", "stop")


def test_the_outside_address_is_printed_and_kept(tmp_path: Path) -> None:
    base = Base("https", "example.org", None, "/ptcrm")
    said, told, _ = run_in_thread(Where(port=0, url=base), tmp_path)
    assert said[1].startswith("  https://example.org/ptcrm/feeds/")
    assert said[2].startswith("  webcal://example.org/ptcrm/feeds/")
    assert TokenFile(tmp_path, tmp_path, told.append).read().base == base


def test_a_long_address_is_said(tmp_path: Path) -> None:
    _, told, _ = run_in_thread(Where(port=0, url=Base("https", f"{'a' * 60}.example.org")), tmp_path)
    assert any("Google" in line for line in told)


def test_in_the_open_it_says_what_that_means(tmp_path: Path) -> None:
    _, told, _ = run_in_thread(Where("0.0.0.0", 0, public=True), tmp_path)
    assert [line for line in told if "overheard" in line and "--url" in line]


def test_who_asks_at_the_start_waits_for_the_first_feeds(tmp_path: Path) -> None:
    _, _, live = run_in_thread(Where(port=0), tmp_path, FakeLive(Snapshot({})))
    assert "wait" in live.calls
    _, _, live = run_in_thread(Where(port=0), tmp_path)
    assert "wait" not in live.calls


def test_public_alone_lets_nobody_in_and_says_so(tmp_path: Path) -> None:
    _, told, _ = run_in_thread(Where(port=0, public=True), tmp_path)
    assert [line for line in told if "--public alone lets nobody in" in line]
    assert not [line for line in told if "Other machines can reach" in line]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_other_machines_are_let_in_by_public_alone(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--public"):
        run_in_thread(Where(host, 0), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["", " ", "no such host", "a" * 300, "nothing.invalid"])
def test_a_host_that_is_none(host: str) -> None:
    with pytest.raises(UsageError):
        bind(Where(host, 0))


def test_a_host_elsewhere() -> None:
    with pytest.raises(PtcrmError, match="cannot listen"):
        bind(Where("192.0.2.7", 0, public=True))


def test_a_port_in_use(tmp_path: Path) -> None:
    (taken,) = bind(Where(port=0))
    with taken:
        port = taken.getsockname()[1]
        with pytest.raises(PtcrmError, match=f"Port {port} is in use.*--port {port + 1}") as caught:
            run_in_thread(Where(port=port), tmp_path)
    assert caught.value.exit_code == 1


def test_ipv6() -> None:
    try:
        sockets = bind(Where("::1", 0))
    except PtcrmError:
        pytest.skip("this machine has no IPv6")
    with sockets[0]:
        port = sockets[0].getsockname()[1]
        assert str(base_of(Where("::1", 0), sockets)) == f"http://[::1]:{port}"


def test_a_name_with_several_addresses_has_one_port() -> None:
    sockets = bind(Where("localhost", 0))
    assert len({one.getsockname()[1] for one in sockets}) == 1
    assert str(base_of(Where("localhost", 0), sockets)).startswith("http://localhost:")
    for one in sockets:
        one.close()


SCRIPT = """
import sys, threading
from pathlib import Path
from ptcrm.server.run import Out, run
from ptcrm.server.tokens import TokenFile
from ptcrm.server.where import Where
from tests.test_server import FakeLive
def say(line): print(line, flush=True)
def tell(line): print(line, file=sys.stderr, flush=True)
live = FakeLive()
run(live, TokenFile(Path(sys.argv[1]), Path(sys.argv[1]), tell), Where(port=0), Out(say, tell))
say("ended " + live.calls[-1])
"""


@pytest.mark.skipif(os.name == "nt", reason="there signals are sent by a console")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: int, tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "all\n"
        address = read_base(process.stdout.readline().strip())
        assert isinstance(address, Base)
        eventually(lambda: _opens(address.port or 0))
        with (
            socket.create_connection(("127.0.0.1", address.port or 0), SOON),
            socket.create_connection(("127.0.0.1", address.port or 0), SOON) as half,
        ):
            half.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1")
            process.send_signal(number)
            said, told = process.communicate(timeout=SOON)
    assert (process.returncode, said.splitlines()[-1]) == (0, "ended stop")
    assert "Traceback" not in told


def _opens(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)) as one:
            one.request("GET", "/healthz")
            return one.getresponse().status == 200
    except OSError:
        return False


# Addresses


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("HTTPS://Example.ORG:8443/ptcrm/", "https://example.org:8443/ptcrm"),
        ("https://example.org./a/b", "https://example.org/a/b"),
        ("http://[::1]:8137", "http://[::1]:8137"),
        ("http://192.168.1.7", "http://192.168.1.7"),
        ("https://żółw.example.org", "https://xn--w-uga1v8h.example.org"),
        ("http://my_nas:8137", "http://my_nas:8137"),
    ],
)
def test_a_base_is_read(text: str, base: str) -> None:
    found = read_base(text)
    assert str(found) == base
    assert read_base(base) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org", "ftp://example.org", "webcal://example.org", "https://", "https:///x", "https://a b.org",
        "https://example.org\n", "https://example.org/?a=b", "https://example.org#x", "https://u:p@example.org",
        "https://u@example.org", "https://example.org:99999", "https://example.org:x", "https://[::1", "https://-a.org",
        "https://a..org", "https://example.org/../x", "https://example.org/a//b", "https://example.org/ą", "https://ex*.org",
        "https://example.org\\x", "https://" + "a" * 70 + ".org", "https://example.org?", "https://\ud800.org",
    ],
)  # fmt: skip
def test_a_base_that_is_none(text: str) -> None:
    found = read_base(text)
    assert isinstance(found, Problem)
    assert "https://calendar.example.org" in found.hint


@given(st.text())
def test_any_base_is_read_or_refused(text: str) -> None:
    found = read_base(f"https://{text}")
    if isinstance(found, Base):
        assert read_base(str(found)) == found
        assert str(found).isascii()


def test_addresses() -> None:
    address = feed_address(Base("https", "example.org", None, "/ptcrm"), TOKEN, "żółw")
    assert address == f"https://example.org/ptcrm/feeds/{TOKEN}/%C5%BC%C3%B3%C5%82w.ics"
    assert as_webcal(address).startswith("webcal://example.org/ptcrm/feeds/")
    assert too_long(address) is None
    assert too_long("x" * 116) is None
    assert "117 characters" in (too_long("x" * 117) or "")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), ("localhost", True),
     ("192.168.1.7", False), ("example.org", False), ("0.0.0.0", False)],
)  # fmt: skip
def test_which_addresses_other_devices_can_use(host: str, local: bool) -> None:
    assert Base("http", host).is_local == local
