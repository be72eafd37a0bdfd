"""Every way to ask for a page, right and wrong, beside each other: only what is right in all respects gets in."""

from __future__ import annotations

import http.client
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ptcrm.text.source import digest
from tests.conftest import SAMPLE
from tests.site import Site, serving
from tests.visitor import HOST, PORT, visiting

FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "PROPFIND")
HOSTS = (
    HOST,
    f"localhost:{PORT}",
    f"[::1]:{PORT}",
    "127.0.0.1",
    f"127.0.0.1:{PORT + 1}",
    f"evil.example:{PORT}",
    "",
    f"127.0.0.1.evil.example:{PORT}",
    f"{HOST}@evil.example",
)
ORIGINS = (
    "",
    "same",
    "null",
    "http://evil.example",
    f"https://{HOST}",
    f"http://127.0.0.1:{PORT + 1}",
    f"http://{HOST}.evil.example",
)
SITES = ("", "same-origin", "same-site", "cross-site", "none")
COOKIES = ("right", "", "wrong", "first", "other port")
TYPES = (
    FORM,
    f"{FORM}; charset=utf-8",
    "",
    "text/plain",
    "application/json",
    "multipart/form-data; boundary=x",
)
PATHS = (
    "/", "/customers", "/customers/alex-duarte", "/customers/alex-duarte/edit", "/customers/alex-duarte/log", "/undo", "/agenda", "/problems",
    "/problems/fix?all=safe", "/feeds", "/search?q=a", "/complete?q=tier:", "/help", "/static/ptcrm.js", "/changes",
    "/customers/..%2f..%2fptcrm.yaml", "/customers/%2e%2e/x", "/customers/%00", "/customers/a%00b/edit", "/customers/%ff", "/customers/" + "a" * 9000,
    "/static/..%2fpage.py", "/static/%2e%2e%2fpage.py", "/static//etc/passwd", "//evil.example/", "/customers/alex-duarte%2fedit", "/..", "/?key=x",
    "/?key=", "/?done=99999999999999999999", "/agenda?on=9999-12-31&view=month", "/agenda?on=%00", "/customers?q=%22&from=-1&sort=nothing", "/search?q=%ff%00",
)  # fmt: skip


LOG = "/customers/alex-duarte/log"  # which writes, if it is let in
ALL = (METHODS, HOSTS, ORIGINS, SITES, COOKIES, TYPES)
RIGHT = (("GET", "POST"), HOSTS[:3], ("same",), ("same-origin",), ("right",), TYPES[:2])


def is_right(method: str, host: str, origin: str, site: str, cookie: str, kind: str) -> bool:
    """Whether such a request may be answered at all, told as the documentation tells it (docs/page.md)."""
    if host not in HOSTS[:3] or cookie != "right" or site in ("same-site", "cross-site"):
        return False
    if method in ("GET", "HEAD"):
        return True
    return (origin == "same" or (not origin and site == "same-origin")) and kind.startswith(FORM)


def some(choice: random.Random, odd: int) -> tuple[str, ...]:
    """A request that is right but for at most so many parts, each of which may be anything."""
    parts = [choice.choice(one) for one in RIGHT]
    for at in choice.sample(range(len(RIGHT)), odd):
        parts[at] = choice.choice(ALL[at])
    return (*parts, LOG if parts[0] == "POST" else choice.choice(PATHS))


def test_only_what_is_right_in_every_respect_is_answered(whole: bool, sample: Path) -> None:
    file = next(sample.glob("customers/*/alex-duarte.md"))
    choice, seen = random.Random(1), Counter[tuple[bool, int]]()
    asked = [some(choice, number % 4) for number in range(100_000 if whole else 1200)]
    with visiting(sample) as browser:
        keys = browser.pages.keys
        cookies = {
            "right": f"{keys.cookie_name}={keys.cookie}",
            "": "",
            "wrong": f"{keys.cookie_name}={keys.cookie[:-1]}",
            "first": f"{keys.cookie_name}={keys.first}",
            "other port": f"ptcrm-{PORT + 1}={keys.cookie}",
        }
        for method, host, origin, site, cookie, kind, path in asked:
            right = is_right(method, host, origin, site, cookie, kind)
            if right and path == "/changes":
                continue  # it would never end
            headers = {
                "host": host,
                "origin": f"http://{host}" if origin == "same" else origin,
                "sec-fetch-site": site,
                "sec-fetch-mode": "cors" if site else "",
                "cookie": cookies[cookie],
                "content-type": kind,
            }
            before = file.read_bytes()
            form = urlencode({"text": "call: x", "seen": digest(before)}).encode()
            found = browser.ask(method, path, headers, b"" if method in ("GET", "HEAD") else form)
            assert found.status < 500, (method, headers, path)
            assert right or found.status >= 400, (method, headers, path, found.status)
            assert (file.read_bytes() != before) == (right and found.status == 303)
            seen[right, found.status] += 1
    assert sum(count for (right, status), count in seen.items() if right and status == 200) > 20
    assert seen[True, 303] > 20
    assert sum(count for (right, _), count in seen.items() if not right) > 200


# Over sockets


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(SAMPLE, tmp_path_factory.mktemp("home"), "--read-only") as one:
        yield one


def cookie_of(site: Site) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as one:
        one.request("GET", site.first.partition(str(site.port))[2])
        answer = one.getresponse()
        answer.read()
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


def status_of(site: Site, request: bytes) -> int:
    """The status that the server answers these bytes with; 0 if it closes without a word."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as one:
        with suppress(ConnectionError):
            one.sendall(request)
        found = b""
        with suppress(ConnectionError):
            while b"\r\n" not in found and (part := one.recv(4096)):
                found += part
    return int(found.split(b" ", 2)[1]) if found else 0


TARGETS = (
    b"/", b"/\x00", b"/%00", b"/a\xffb", b"/..%2f..%2fetc/passwd", b"/static/..%2f..%2fdoor.py", b"/" + b"a" * 20_000, b"http://evil.example/", b"*", b"",
    b"/customers/%c0%ae%c0%ae", b"/?key=%00", b"/?" + b"q=1&" * 3000, b"/ x", b"/customers/a%0d%0aSet-Cookie:x=1",
)  # fmt: skip


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: repr(one[:30]))
@pytest.mark.parametrize(
    "more",
    [
        b"",
        b"Host: evil.example\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 99999999\r\n",
        b"X-Long: " + b"x" * 20_000 + b"\r\n",
        b"X: \x00\r\n",
        b"Cookie: a=b\r\nCookie: c=d\r\n",
    ],
    ids=lambda one: repr(one[:20]),
)
def test_odd_requests_are_no_error_of_the_server(target: bytes, more: bytes, site: Site) -> None:
    for method in (b"GET", b"POST"):
        host = f"Host: 127.0.0.1:{site.port}\r\nCookie: {cookie_of(site)}\r\n".encode()
        status = status_of(
            site,
            method + b" " + target + b" HTTP/1.1\r\n" + host + more + b"Connection: close\r\n\r\n0\r\n\r\n",
        )
        assert status == 0 or status < 500
        if more.startswith(b"Host") or method == b"POST":
            assert not 200 <= status < 300


def test_idle_connections_do_not_stop_the_page(site: Site) -> None:
    cookie = cookie_of(site)
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as stream:
        stream.request("GET", "/changes", headers={"Cookie": cookie})
        answer = stream.getresponse()
        assert answer.readline().startswith(b"data: ")
        idle = [socket.create_connection(("127.0.0.1", site.port), timeout=20) for _ in range(500)]
        try:
            begun = time.monotonic()
            for path in ("/", "/agenda", "/static/ptcrm.js"):
                with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as one:
                    one.request("GET", path, headers={"Cookie": cookie})
                    assert one.getresponse().status == 200
            assert time.monotonic() - begun < 10
            with socket.create_connection(("127.0.0.1", site.port), timeout=20):
                assert answer.readline() == b"\n"  # the stream is still there
        finally:
            for one_idle in idle:
                one_idle.close()
