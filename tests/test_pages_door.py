"""Who gets to see the pages: a browser of this machine that was given the secret, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from ptcrm.server.pages import PLACES
from tests.conftest import MakeVault
from tests.visitor import HOST, PORT, Visitor, visiting

ANNA = "---\nname: Anna\n---\n\n- [ ] 2026-11-20 call: Ask\n"
SAFE = (
    "/",
    "/customers",
    "/customers/anna",
    "/customers/anna/edit",
    "/search?q=anna",
    "/complete?q=t",
    "/static/ptcrm.css",
)


@pytest.fixture
def browser(make_vault: MakeVault) -> Iterator[Visitor]:
    with visiting(make_vault({"anna": ANNA})) as one:
        yield one


def file(tmp_path: Path) -> str:
    return (tmp_path / "vault" / "customers" / "anna.md").read_text(encoding="utf-8")


def test_the_secret_is_exchanged_for_a_cookie(browser: Visitor) -> None:
    keys = browser.pages.keys
    stranger = {"cookie": ""}
    assert keys.address("127.0.0.1") == f"http://{HOST}/?key={keys.first}"
    found = browser.get(f"/?key={keys.first}", stranger)
    assert found.status == 200
    assert found.headers["set-cookie"] == f"ptcrm-{PORT}={keys.cookie}; HttpOnly; Path=/; SameSite=strict"
    assert "Anna" not in found.text
    assert 'content="0; url=/"' in found.text
    name, _, value = found.headers["set-cookie"].partition(";")[0].partition("=")
    assert browser.get("/", {"cookie": f"other=1; {name}={value}"}).status == 200
    assert "set-cookie" not in browser.get("/").headers
    assert not any(secret in line for line in browser.said for secret in (keys.first, keys.cookie))
    assert len({keys.first, keys.cookie}) == 2
    assert min(map(len, (keys.first, keys.cookie))) >= 32


@pytest.mark.parametrize("path", SAFE)
def test_without_it_nothing_is_seen(browser: Visitor, path: str) -> None:
    keys = browser.pages.keys
    for cookie in (
        "",
        f"ptcrm-{PORT}=x",
        f"ptcrm-{PORT}={keys.first}",
        f"ptcrm-1={keys.cookie}",
        f"x={keys.cookie}",
        "ż",
    ):
        found = browser.get(path, {"cookie": cookie})
        assert found.status == 403
        assert "ptcrm serve" in found.text
        assert "Anna" not in found.text
    for key in ("x", "", keys.cookie):
        assert browser.get(f"/?key={key}", {"cookie": ""}).status == 403
    assert browser.ask("POST", f"/?key={keys.first}", {"cookie": ""}).status == 403


def test_other_names_and_other_machines_find_nothing(browser: Visitor) -> None:
    for host in (
        f"127.0.0.1:{PORT + 1}",
        "127.0.0.1",
        "localhost:",
        f"127.0.0.2:{PORT}",
        f"localhost:{PORT}.",
    ):
        assert browser.get("/", {"host": host}).status in (404, 421), host
    assert browser.get("/", {"host": f"evil.example:{PORT}"}).status == 421
    for host in (f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}"):
        assert browser.get("/", {"host": host}).status == 200
    for header in ("forwarded", "x-forwarded-for", "x-real-ip", "via"):
        assert browser.get("/", {header: "x"}).status == 404
    browser.client = "192.0.2.7"
    assert browser.get("/").status == 404


def test_only_our_own_forms_write(browser: Visitor, tmp_path: Path) -> None:
    (form, *_) = browser.get("/").forms("/customers/anna/log")
    sent = {**form, "text": "call: x"}
    refused = [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"https://{HOST}"},
        {"origin": f"http://localhost:{PORT}"},
        {"origin": f"http://{HOST}.evil.example"},
        {"origin": ""},
        {"origin": "", "sec-fetch-site": "cross-site"},
        {"origin": "", "sec-fetch-site": "none"},
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": ""},
        {"cookie": ""},
        {"host": "evil.example"},
    ]
    for headers in refused:
        assert browser.post("/customers/anna/log", sent, headers).status in (403, 415, 421), headers
    assert file(tmp_path) == ANNA
    ours = {"origin": "", "sec-fetch-site": "same-origin"}
    assert browser.post("/customers/anna/log", sent, ours).status == 303
    assert file(tmp_path) != ANNA


def test_other_servers_of_this_machine_fetch_nothing(browser: Visitor) -> None:
    for site in ("same-site", "cross-site"):
        assert browser.get("/", {"sec-fetch-site": site, "sec-fetch-mode": "cors"}).status == 403
        assert browser.get("/", {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}).status == 200


def test_every_answer_is_kept_to_itself(browser: Visitor) -> None:
    answers = [browser.get(path) for path in (*SAFE, "/nothing", "/customers/nobody")]
    answers += [
        browser.get("/", {"cookie": ""}),
        browser.post("/undo", {"number": "1"}),
        browser.ask("PUT", "/"),
    ]
    for one in answers:
        assert one.headers["cache-control"] == "no-store"
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["cross-origin-resource-policy"] == "same-origin"
        policy = one.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_what_is_refused_has_its_style_in_itself(browser: Visitor) -> None:
    answers = [
        browser.get("/", {"cookie": ""}),
        browser.post("/undo", {"number": "1"}, {"origin": "null"}),
        browser.get(f"/?key={browser.pages.keys.first}", {"cookie": ""}),
    ]
    for one in answers:
        (style,) = re.findall("<style>(.*?)</style>", one.text, re.DOTALL)
        assert "prefers-color-scheme: dark" in style
        found = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'self' 'sha256-{found}';" in one.headers["content-security-policy"]
        assert "/static/" not in one.text


def test_whatever_is_sent_is_no_error_of_the_server(browser: Visitor) -> None:
    """Each method at each address, with odd ids, queries and bodies: never a 5xx, and nothing but ours a 2xx."""
    ids = (
        "anna",
        "%00",
        "%2e%2e",
        "..%2fanna",
        "%ff",
        "%F0%9F%9A%B2",
        "a%20b",
        "%0d%0aX:%20y",
        "x" * 2000,
        "%E2%80%AE",
    )
    queries = (
        "",
        "?q=%ff",
        "?q=" + "(" * 500,
        "?done=99999999",
        "?done=" + "9" * 5000,
        "?from=%D9%A3",
        "?sort=-",
        "?" + "&" * 200,
    )
    bodies = (b"", b"seen=%ff&back=%00", b"=" * 300, b"text=\xff\xfe", "text=ż".encode())
    for place, method in product(PLACES, ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE")):
        paths = {place.path.replace("{id}", one) for one in ids}
        for path in paths:
            content = bodies[len(path) % len(bodies)] if method != "GET" else b""
            usual = {"origin": f"http://{HOST}", "content-type": "application/x-www-form-urlencoded"}
            found = browser.ask(method, path + queries[len(path) % len(queries)], usual, content)
            assert found.status < 500, (method, path)
            assert method in ("GET", "HEAD") or not 200 <= found.status < 300, (method, path)
    for query in queries:
        for path in ("/", "/customers", "/search", "/complete", "/customers/anna"):
            assert browser.get(path + query).status < 500, (path, query)
