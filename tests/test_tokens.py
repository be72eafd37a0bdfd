"""The file of the feeds' secret addresses: nothing is lost, nothing is made anew by accident, nobody else reads it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ptcrm.errors import PtcrmError
from ptcrm.server import tokens as module
from ptcrm.server.addresses import Base
from ptcrm.server.tokens import TokenFile, Tokens
from ptcrm.vault.places import place_of

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
BASE = Base("https", "example.org", None, "/ptcrm")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def file(tmp_path: Path, told: list[str]) -> TokenFile:
    return TokenFile(tmp_path / "config", tmp_path / "vault", told.append)


def test_a_token_is_made_once(file: TokenFile, tmp_path: Path, told: list[str]) -> None:
    first = file.ensure(["all", "żółw"])
    assert file.ensure(["żółw", "all"]) == first == file.read()
    assert len(set(first.by_feed.values())) == 2
    assert file.path == tmp_path / "config" / "feeds" / f"{place_of(tmp_path / 'vault')}.json"
    more = file.ensure(["new"])
    assert {**more.by_feed, "new": ""} == {**first.by_feed, "new": ""}
    assert told == []


def test_a_token_cannot_be_guessed(file: TokenFile) -> None:
    tokens = file.ensure([str(number) for number in range(500)]).by_feed.values()
    assert len(set(tokens)) == 500
    for token in tokens:
        assert len(token) >= 22  # 16 bytes in base64
        assert not token.startswith("-")


def test_rotation_changes_what_is_named_alone(file: TokenFile) -> None:
    before = file.ensure(["all", "gold"]).by_feed
    after = file.rotate(["gold"]).by_feed
    assert after["all"] == before["all"]
    assert after["gold"] != before["gold"]


def test_the_base_is_kept_beside_the_tokens(file: TokenFile) -> None:
    tokens = file.ensure(["all"])
    assert file.keep_base(BASE) == Tokens(tokens.by_feed, BASE) == file.read()
    assert file.rotate(["all"]).base == BASE


def test_each_vault_has_its_own(tmp_path: Path, told: list[str]) -> None:
    one, other = (TokenFile(tmp_path, tmp_path / name, told.append) for name in ("one", "other"))
    assert one.ensure(["all"]) != other.ensure(["all"])


def test_what_is_as_it_was_is_not_written(file: TokenFile) -> None:
    file.ensure(["all"])
    before = file.path.stat().st_mtime_ns, file.path.stat().st_ino
    file.ensure(["all"])
    assert (file.path.stat().st_mtime_ns, file.path.stat().st_ino) == before
    assert sorted(path.suffix for path in file.path.parent.iterdir()) == [".json", ".lock"]


# Who reads it


@POSIX
def test_only_the_user_reads_it(file: TokenFile) -> None:
    old = os.umask(0)
    try:
        file.ensure(["all"])
    finally:
        os.umask(old)
    for path, mode in (
        (file.path, 0o600),
        (file.path.with_suffix(".lock"), 0o600),
        (file.path.parent, 0o700),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_closed(mode: int, file: TokenFile, told: list[str]) -> None:
    tokens = file.ensure(["all"])
    file.path.chmod(mode)
    assert file.read() == tokens
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    (line,) = told
    assert "rotate" in line
    file.read()
    assert told == [line]


@POSIX
def test_a_folder_that_others_may_read_is_closed(file: TokenFile, told: list[str]) -> None:
    file.path.parent.mkdir(parents=True, mode=0o755)
    file.path.parent.chmod(0o755)
    file.ensure(["all"])
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert len(told) == 1


@POSIX
def test_a_link_stays_a_link(tmp_path: Path, file: TokenFile, told: list[str]) -> None:
    real = tmp_path / "elsewhere.json"
    real.write_text('{"feeds": {}}', encoding="utf-8")
    real.chmod(0o600)
    file.path.parent.mkdir(parents=True, mode=0o700)
    file.path.symlink_to(real)
    again = TokenFile(tmp_path / "config", tmp_path / "vault", told.append)
    tokens = again.ensure(["all"])
    assert file.path.is_symlink()
    assert json.loads(real.read_bytes())["feeds"] == tokens.by_feed


# What is damaged


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"feeds": []}',
        b'{"feeds": {"all": 1}}',
        b'{"feeds": {"all": ""}}',
        b'{"feeds": {"all": "short"}}',
        b'{"feeds": {"all": "' + b"x" * 22 + b'/.."}}',
        b'{"feeds": {"all": "' + b"x" * 22 + b'\\n"}}',
        b"[" * 100_000,
        b'{"address": 1e999}',
    ],
)
def test_a_damaged_file_is_never_made_anew(content: bytes, file: TokenFile) -> None:
    file.path.parent.mkdir(parents=True, mode=0o700)
    file.path.write_bytes(content)
    file.path.chmod(0o600)
    for ask in (
        file.read,
        lambda: file.ensure(["all"]),
        lambda: file.rotate(["all"]),
        lambda: file.keep_base(BASE),
    ):
        with pytest.raises(PtcrmError, match="damaged") as caught:
            ask()
        assert str(file.path) in str(caught.value)
    assert file.path.read_bytes() == content


@given(st.binary(max_size=200))
@example(b'{"feeds": {"a": "' + b"a" * 22 + b'"}, "address": "http://[::1"}')
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_tokens_or_damaged(file: TokenFile, content: bytes) -> None:
    file.path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    file.path.write_bytes(content)
    file.path.chmod(0o600)
    try:
        tokens = file.read()
    except PtcrmError:
        return
    assert tokens.base is None
    assert all(len(token) >= 22 for token in tokens.by_feed.values())


def test_a_place_that_cannot_be_written(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "feeds").write_text("", encoding="utf-8")
    with pytest.raises(PtcrmError, match="cannot be kept there"):
        TokenFile(tmp_path, tmp_path, told.append).ensure(["all"])


@POSIX
def test_a_folder_in_its_place(file: TokenFile) -> None:
    file.path.mkdir(parents=True, mode=0o700)
    with pytest.raises(PtcrmError, match="cannot be kept there"):
        file.ensure(["all"])


def test_a_write_that_fails_leaves_what_was(file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = file.ensure(["all"])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "fill", full)
    with pytest.raises(PtcrmError, match="No space left"):
        file.rotate(["all"])
    assert file.read() == tokens


# Together with others

SCRIPT = """
import sys
from pathlib import Path
from ptcrm.server.tokens import TokenFile
file = TokenFile(Path(sys.argv[1]), Path(sys.argv[1]), print)
for number in range(20):
    file.ensure([f"{sys.argv[2]}-{number}", "shared"])
"""


def test_two_processes_lose_nothing(tmp_path: Path, told: list[str]) -> None:
    root = Path(__file__).parent.parent
    started = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), name], cwd=root)
        for name in ("a", "b", "c")
    ]
    assert [one.wait(60) for one in started] == [0, 0, 0]
    found = TokenFile(tmp_path, tmp_path, told.append).read().by_feed
    assert set(found) == {f"{name}-{number}" for name in "abc" for number in range(20)} | {"shared"}


def test_threads_lose_nothing(tmp_path: Path, told: list[str]) -> None:
    def make(name: str) -> None:
        TokenFile(tmp_path, tmp_path, told.append).ensure([name])

    threads = [threading.Thread(target=make, args=(str(number),)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(TokenFile(tmp_path, tmp_path, told.append).read().by_feed) == 8


def test_a_lock_that_stays_is_said(file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "take_lock", lambda _: False)
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.05)
    with pytest.raises(PtcrmError, match="another ptcrm"):
        file.ensure(["all"])


def test_a_running_server_sees_a_rotation(tmp_path: Path, file: TokenFile, told: list[str]) -> None:
    file.ensure(["all"])
    server = TokenFile(tmp_path / "config", tmp_path / "vault", told.append)
    for _ in range(20):
        new = file.rotate(["all"])
        assert server.current() == new
    assert told == []


def test_what_is_unchanged_is_not_read_again(file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = file.ensure(["all"])
    assert file.current() == tokens
    monkeypatch.setattr(module, "read_regular", lambda _: 1 / 0)
    assert file.current() == tokens


def test_no_address_dies_by_accident(file: TokenFile, told: list[str]) -> None:
    tokens = file.ensure(["all"])
    file.current()
    good = file.path.read_bytes()
    file.path.write_bytes(b"{")
    for _ in range(3):
        assert file.current() == tokens
    assert len(told) == 1
    file.path.unlink()
    assert file.current() == tokens
    assert len(told) == 2
    file.path.write_bytes(good)
    file.path.chmod(0o600)
    assert file.current() == tokens
    assert len(told) == 2
