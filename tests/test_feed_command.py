"""`ptcrm feed list`, `url`, `rotate` and `qr`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import platformdirs
import pytest

from ptcrm.server.addresses import Base
from ptcrm.server.tokens import TokenFile
from ptcrm.server.where import Where
from tests.conftest import MakeVault, Run

CONFIG = """
feeds:
  all: {}
  gold: {where: "tier:gold", kinds: [birthday, occasion], private: true}
  żółw: {}
"""


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": "---\nname: Anna Kowalska\n---\n"}, f"tiers: {{gold: {{}}}}\n{CONFIG}")


@pytest.fixture
def tokens(vault: Path) -> TokenFile:
    return TokenFile(platformdirs.user_config_path("ptcrm"), vault, print)


def test_list(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "feed", "list")
    assert [re.split("  +", line) for line in result.stdout.splitlines()] == [
        ["all", "everything", "everybody"],
        ["gold", "birthday, occasion", "tier:gold", "initials only"],
        ["żółw", "everything", "everybody"],
    ]
    found = json.loads(run("--vault", vault, "feed", "list", "--json").stdout)
    assert [one["name"] for one in found] == ["all", "gold", "żółw"]
    assert found[1] == {
        "name": "gold",
        "kinds": ["birthday", "occasion"],
        "where": "tier:gold",
        "private": True,
    }


def test_url_of_all(vault: Path, run: Run, tokens: TokenFile) -> None:
    shown = run("--vault", vault, "feed", "url").stdout.splitlines()
    by_feed = tokens.read().by_feed
    assert shown[:3] == [
        "all",
        f"  http://127.0.0.1:8137/feeds/{by_feed['all']}/all.ics",
        f"  webcal://127.0.0.1:8137/feeds/{by_feed['all']}/all.ics",
    ]
    assert shown[-1].endswith("/%C5%BC%C3%B3%C5%82w.ics")
    assert run("--vault", vault, "feed", "url").stdout.splitlines() == shown


def test_url_of_one_is_one_line(vault: Path, run: Run, tokens: TokenFile) -> None:
    result = run("--vault", vault, "feed", "url", "gold")
    assert result.stdout == f"http://127.0.0.1:8137/feeds/{tokens.read().by_feed['gold']}/gold.ics\n"
    assert tokens.read().by_feed.keys() == {"gold"}


def test_url_as_json(vault: Path, run: Run, tokens: TokenFile) -> None:
    (one,) = json.loads(run("--vault", vault, "feed", "url", "gold", "--json").stdout)
    token = tokens.read().by_feed["gold"]
    assert one == {
        "name": "gold",
        "url": f"http://127.0.0.1:8137/feeds/{token}/gold.ics",
        "webcal": f"webcal://127.0.0.1:8137/feeds/{token}/gold.ics",
    }


def test_url_is_that_of_the_last_server(vault: Path, run: Run, tokens: TokenFile) -> None:
    tokens.keep_base(Base("https", "example.org", None, "/ptcrm"))
    assert run("--vault", vault, "feed", "url", "all").stdout.startswith("https://example.org/ptcrm/feeds/")
    other = run("--vault", vault, "feed", "url", "all", "--url", "http://nas:99/")
    assert other.stdout.startswith("http://nas:99/feeds/")
    assert run("--vault", vault, "feed", "url", "all").stdout.startswith("https://example.org/ptcrm/feeds/")


@pytest.mark.parametrize("call", [["url", "all"], ["rotate", "all"], ["qr", "all"]])
def test_a_url_that_is_none(call: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "feed", *call, "--url", "ftp://example.org")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "https://calendar.example.org" in result.stderr


@pytest.mark.parametrize("call", [["url", "all"], ["rotate", "all"], ["qr", "all"]])
def test_a_long_address_is_said(call: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "feed", *call, "--url", f"https://{'a' * 63}.example.org")
    assert (result.exit_code, "Google" in result.stderr) == (0, True)


def test_rotate(vault: Path, run: Run, tokens: TokenFile) -> None:
    run("--vault", vault, "feed", "url")
    before = tokens.read().by_feed
    result = run("--vault", vault, "feed", "rotate", "gold", "gold")
    after = tokens.read().by_feed
    assert {name for name in before if before[name] != after[name]} == {"gold"}
    assert after["gold"] in result.stdout
    assert result.stdout.count("https://") + result.stdout.count("http://") == 1
    assert "subscribe anew" in result.stderr
    run("--vault", vault, "feed", "rotate", "--all")
    assert not set(tokens.read().by_feed.values()) & set(after.values())


@pytest.mark.parametrize("call", [["rotate"], ["rotate", "gold", "--all"]])
def test_rotate_is_told_which(call: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "feed", *call)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("call", [["url", "glod"], ["rotate", "all", "glod"], ["qr", "glod"]])
def test_a_feed_that_is_not_there(call: list[str], vault: Path, run: Run, tokens: TokenFile) -> None:
    result = run("--vault", vault, "feed", *call)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "Did you mean “gold”?" in result.stderr
    assert run("--vault", vault, "feed", call[0], "xyz").stderr.endswith("Known are: all, gold, żółw.\n")
    assert tokens.read().by_feed == {}


def test_a_damaged_file_is_an_error(vault: Path, run: Run, tokens: TokenFile) -> None:
    run("--vault", vault, "feed", "url")
    tokens.path.write_bytes(b"{")
    for call in (["url"], ["rotate", "--all"], ["qr", "all"]):
        result = run("--vault", vault, "feed", *call)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "damaged" in result.stderr
    assert tokens.path.read_bytes() == b"{"


# The server's command


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[Where]:
    """Where `serve` would listen."""
    found: list[Where] = []
    monkeypatch.setattr("ptcrm.server.run.run", lambda _live, _tokens, where, _out, **_: found.append(where))
    return found


@pytest.mark.parametrize("command", [["serve"], ["watch", "--serve"]])
def test_serve(command: list[str], vault: Path, run: Run, places: list[Where]) -> None:
    call = ["--host", "localhost", "--port", "0", "--public", "--url", "https://example.org/ptcrm/"]
    assert run("--vault", vault, *command).exit_code == 0
    assert run("--vault", vault, *command, *call).exit_code == 0
    here, there = places
    assert here == Where("127.0.0.1", 8137, public=False, url=None)
    assert there == Where("localhost", 0, public=True, url=Base("https", "example.org", None, "/ptcrm"))


@pytest.mark.parametrize(
    ("host", "listens"), [("[::1]", "::1"), ("::1", "::1"), ("[localhost]", "[localhost]"), ("[::1", "[::1")]
)
def test_brackets_around_an_address_are_none_of_it(
    host: str, listens: str, vault: Path, run: Run, places: list[Where]
) -> None:
    assert run("--vault", vault, "serve", "--host", host).exit_code == 0
    assert places == [Where(listens)]


def test_where_to_serve_is_no_matter_without_serving(vault: Path, run: Run, places: list[Where]) -> None:
    result = run("--vault", vault, "watch", "--port", "8200")
    assert result.exit_code == 2
    assert "belong to --serve" in result.stderr
    assert places == []


@pytest.mark.parametrize("command", [["serve"], ["watch", "--serve"], ["watch"]])
def test_there_must_be_a_vault(command: list[str], tmp_path: Path, run: Run, places: list[Where]) -> None:
    assert run("--vault", tmp_path / "nowhere", *command).exit_code == 3
    assert places == []


@pytest.mark.parametrize("call", [["--port", "65536"], ["--port", "-1"], ["--url", "example.org"], ["here"]])
def test_serve_is_told_well(call: list[str], vault: Path, run: Run) -> None:
    assert run("--vault", vault, "serve", *call).exit_code == 2


# QR codes


def modules(lines: list[str]) -> list[list[bool]]:
    """The dark modules of a code drawn in half blocks."""
    halves = {" ": (True, True), "▄": (True, False), "▀": (False, True), "█": (False, False)}
    return [[halves[one][half] for one in line] for line in lines for half in (0, 1)]


@pytest.mark.parametrize("webcal", [False, True])
def test_qr_in_the_terminal(webcal: bool, vault: Path, run: Run, tokens: TokenFile) -> None:
    import segno

    result = run("--vault", vault, "feed", "qr", "all", *(["--webcal"] if webcal else []))
    scheme = "webcal" if webcal else "http"
    address = f"{scheme}://127.0.0.1:8137/feeds/{tokens.read().by_feed['all']}/all.ics"
    meant = [[bool(one) for one in row] for row in segno.make(address, micro=False).matrix_iter(border=4)]
    drawn = modules(result.stdout.splitlines())
    assert drawn[: len(meant)] == meant
    assert not any(map(any, drawn[len(meant) :]))


def test_qr_to_this_machine_is_of_no_use_to_a_phone(vault: Path, run: Run) -> None:
    for url in ("http://127.0.0.1:8137", "http://localhost", "http://[::1]"):
        assert "--public" in run("--vault", vault, "feed", "qr", "all", "--url", url).stderr
    assert run("--vault", vault, "feed", "qr", "all", "--url", "http://192.168.1.7:8137").stderr == ""


def test_qr_as_a_picture(vault: Path, run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "all.png"
    for _ in range(2):
        result = run("--vault", vault, "feed", "qr", "all", "--png", picture)
        assert (result.exit_code, result.stdout) == (0, "")
        assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    other = tmp_path / "notes.txt"
    other.write_text("mine", encoding="utf-8")
    assert run("--vault", vault, "feed", "qr", "all", "--png", other).exit_code == 4
    assert other.read_text(encoding="utf-8") == "mine"
    assert run("--vault", vault, "feed", "qr", "all", "--png", tmp_path / "no" / "all.png").exit_code == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.png", "notes.txt", "vault"]


def test_an_address_too_long_for_a_code(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "feed", "qr", "all", "--url", f"https://example.org/{'x' * 3000}")
    assert result.exit_code == 2
    assert "too long for a QR code" in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="there are other rights there")
def test_a_picture_with_a_secret_is_for_its_owner(vault: Path, run: Run, tmp_path: Path) -> None:
    assert run("--vault", vault, "feed", "qr", "all", "--png", tmp_path / "x.png").exit_code == 0
    assert (tmp_path / "x.png").stat().st_mode & 0o777 == 0o600
    assert run("--vault", vault, "feed", "qr", "all", "--png", "").exit_code == 2
