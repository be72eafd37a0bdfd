"""`ptcrm cache path`, `stats` and `clear`; and the line that says how far the reading of files has come."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ptcrm.cli.progress import Progress, progress
from ptcrm.vault import cache_file
from ptcrm.vault.cache import Cache
from ptcrm.vault.places import stamp_of
from ptcrm.workspace import Workspace
from ptcrm.workspace import clock as clocks
from tests.conftest import DAY, MakeVault, Run

ANNA = "---\nname: Anna\n---\n## Log\n- 2026-11-01 call: x\n- 2026-11-02 visit: y\n- [x] 2026-11-03 call: z\n"


@pytest.fixture
def vault(make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Anna's and Jan's, whose files are older than whoever looks."""
    clock = time.time_ns
    monkeypatch.setattr("ptcrm.workspace.opened.time.time_ns", lambda: clock() + 10**10)
    return make_vault({"anna": ANNA, "jan": "---\nname: Jan\n---\n"})


def place(vault: Path, run: Run) -> Path:
    return Path(run("--vault", vault, "cache", "path").stdout.rstrip("\n"))


def stats(vault: Path, run: Run) -> dict[str, object]:
    result = run("--vault", vault, "cache", "stats", "--json")
    assert result.exit_code == 0
    found: dict[str, object] = json.loads(result.stdout)
    words = run("--vault", vault, "cache", "stats")
    assert words.stdout.splitlines()[-1] == found["state"]
    return found


def state(vault: Path, run: Run) -> object:
    return stats(vault, run)["state"]


def test_the_cache_of_a_vault(vault: Path, run: Run) -> None:
    path = place(vault, run)
    assert not path.exists()
    assert state(vault, run) == "There is none yet; the next command makes it."
    assert run("--vault", vault, "cache", "clear").stdout == "There is no cache; nothing to delete.\n"
    run("--vault", vault, "--today", DAY, "find", "x")
    assert stats(vault, run) == {
        "path": str(path),
        "bytes": path.stat().st_size,
        "version": stamp_of(b"").split()[0],
        "files": 2,
        "customers": 2,
        "entries": 2,
        "texts": 2,
        "answers": 1,
        "changed": 0,
        "up_to_date": True,
        "state": "Up to date.",
    }
    freed = run("--vault", vault, "cache", "clear").stdout
    assert freed.startswith("Freed ")
    assert list(path.parent.iterdir()) == []


def test_what_has_changed_since_is_counted(vault: Path, run: Run) -> None:
    run("--vault", vault, "list")
    (vault / "customers" / "jan.md").unlink()
    (vault / "customers" / "zoe.md").write_text("---\n---\n")
    assert state(vault, run) == "Not up to date: 2 files changed since."
    run("--vault", vault, "list")
    assert stats(vault, run)["up_to_date"]
    (vault / "customers" / "zoe.md").write_text("---\n---\nx\n")
    assert state(vault, run) == "Not up to date: 1 file changed since."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("start: 2026-01-01\n", "ptcrm.yaml has changed since. The next command makes it anew."),
        ("feeds: [\n", "Whether it is up to date cannot be told: ptcrm.yaml:"),
    ],
)
def test_settings_that_changed_or_cannot_be_read(content: str, said: str, vault: Path, run: Run) -> None:
    run("--vault", vault, "list")
    (vault / "ptcrm.yaml").write_text(content)
    found = stats(vault, run)
    assert str(found["state"]).startswith(said)
    assert (found["files"], found["up_to_date"]) == (None, False)
    assert run("--vault", vault, "cache", "clear").exit_code == 0
    assert not place(vault, run).exists()


def test_the_cache_of_another_version(vault: Path, run: Run) -> None:
    run("--vault", vault, "list")
    with closing(sqlite3.connect(place(vault, run))) as database, database:
        database.execute("UPDATE meta SET value = '0.0.1 3 abc'")
    found = stats(vault, run)
    assert (found["version"], found["customers"]) == ("0.0.1", None)
    assert found["state"] == "It is another version's. The next command makes it anew."


@pytest.mark.parametrize("content", [b"", b"rubbish" * 999])
def test_what_is_no_cache(content: bytes, vault: Path, run: Run) -> None:
    path = place(vault, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert state(vault, run) == "It is damaged, or no cache. The next command makes it anew."
    assert run("--vault", vault, "cache", "clear").exit_code == 0
    assert not path.exists()


def test_a_folder_in_its_place(vault: Path, run: Run) -> None:
    path = place(vault, run)
    path.mkdir(parents=True)
    assert state(vault, run) == "It is no file, so commands do without. Delete it."
    (path / "x").write_text("x")
    result = run("--vault", vault, "cache", "clear")
    assert result.exit_code == 4
    assert result.stderr.endswith("Delete it by hand.\n")
    (path / "x").unlink()
    assert run("--vault", vault, "cache", "clear").exit_code == 0
    assert not path.exists()


def test_a_file_in_the_place_of_the_folder(vault: Path, run: Run) -> None:
    folder = place(vault, run).parent
    folder.write_text("a file")
    assert state(vault, run) == "There is none yet; the next command makes it."
    assert run("--vault", vault, "cache", "clear").exit_code == 0


def test_only_this_vaults_cache_is_deleted(vault: Path, make_vault: MakeVault, run: Run) -> None:
    other = make_vault({}, name="other")
    for root in (vault, other):
        run("--vault", root, "list")
    run("--vault", vault, "cache", "clear")
    assert not place(vault, run).exists()
    assert stats(other, run)["up_to_date"]


def test_the_words_of_the_shell_go_too(vault: Path, run: Run) -> None:
    path = place(vault, run)
    words = path.with_name(f"words-{path.stem}.json")
    words.parent.mkdir(parents=True)
    words.write_text("{}")
    assert run("--vault", vault, "cache", "clear").stdout == "Freed 1 KB.\n"
    assert not words.exists()


def test_it_is_deleted_while_others_use_it(vault: Path, run: Run) -> None:
    """Whoever has it open goes on, and a cache that is begun meanwhile is not mixed with theirs."""
    path = place(vault, run)
    today = date.fromisoformat(DAY)
    others = Workspace(vault, today, path.parent, vault / "state")
    before = list(others.cache.customers())
    assert run("--vault", vault, "cache", "clear").exit_code == 0
    assert list(others.cache.customers()) == before
    (vault / "customers" / "zoe.md").write_text("---\n---\n")
    wanted = run("--vault", vault, "--today", DAY, "--no-cache", "list").stdout
    assert run("--vault", vault, "--today", DAY, "list").stdout == wanted
    others.renew()
    assert len(list(others.cache.customers())) == 3
    others.close()
    assert run("--vault", vault, "--today", DAY, "list").stdout == wanted
    assert stats(vault, run)["files"] == 3


def test_a_cache_that_somebody_goes_on_writing_to_stays(
    vault: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_file, "_PATIENCE_SECONDS", 0)
    run("--vault", vault, "list")
    with closing(Cache.open(place(vault, run), stamp_of((vault / "ptcrm.yaml").read_bytes()))) as cache:
        with cache.writing():
            result = run("--vault", vault, "cache", "clear")
        assert result.exit_code == 4
        assert "another ptcrm is writing to it. Try again." in result.stderr
    assert stats(vault, run)["files"] == 2


def test_no_vault_no_cache(tmp_path: Path, run: Run) -> None:
    for word in ("path", "stats", "clear"):
        assert run("--vault", tmp_path, "cache", word).exit_code == 3


# How far the reading has come


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that passes between two looks at the clock."""
    step, now = [0.0], [0.0]

    def seconds() -> float:
        now[0] += step[0]
        return now[0]

    monkeypatch.setattr(clocks, "seconds", seconds)
    return step


def test_the_line_is_rewritten_and_wiped(clock: list[float]) -> None:
    screen = Screen()
    shown = Progress(screen)
    clock[0] = 0.3
    for number in range(1, 6):
        shown(number * 1000, 10_000)
    shown.wipe()
    lines = screen.getvalue().split("\r")
    assert lines[:3] == ["", "Reading 4,000 of 10,000 files …", "Reading 5,000 of 10,000 files …"]
    assert [line.strip() for line in lines[3:]] == ["", ""]
    assert len(lines[3]) == len(lines[2])


def test_what_is_quick_shows_nothing(clock: list[float]) -> None:
    screen = Screen()
    shown = Progress(screen)
    clock[0] = 0.0001
    for number in range(9000):
        shown(number, 9000)
    shown.wipe()
    assert screen.getvalue() == ""
    assert not shown.is_shown


def test_a_terminal_that_is_gone_takes_nothing_away(clock: list[float]) -> None:
    class Gone(Screen):
        def write(self, _: str) -> int:
            raise OSError("gone")

    shown = Progress(Gone())
    clock[0] = 2
    shown(1, 2)
    shown.wipe()


def test_there_is_none_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress() as shown:
        assert shown is None


def test_the_line_is_wiped_when_the_reading_fails(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    clock[0] = 2

    def read() -> None:
        with progress() as shown:
            assert shown is not None
            shown(1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read()
    assert screen.getvalue().endswith(" \r")


def test_each_file_that_is_read_is_told(vault: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    for _ in range(2):  # the second time nothing is read
        Workspace(
            vault,
            None,
            tmp_path / "c",
            tmp_path / "s",
            heard=lambda count, total: heard.append((count, total)),
        ).close()
    assert heard == [(1, 2), (2, 2)]


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_at_a_terminal(vault: Path, run: Run, own_home: Path) -> None:
    """The line stands above the answer no more, and is no part of what is kept."""
    from tests.terminal import Terminal

    slow = own_home / "sitecustomize.py"
    slow.write_text(
        "import itertools, ptcrm.workspace.clock as w\nw.seconds = itertools.count(0, 5).__next__\n",
        encoding="utf-8",
    )
    path = f"{own_home}{os.pathsep}{Path(clocks.__file__).parent.parent.parent}"
    for is_cold in (True, False):
        with Terminal(vault, "list", "--ids", env={"PYTHONPATH": path}) as screen:
            assert screen.ends() == 0
        assert ("Reading 1 of 2 files …" in screen.screen) == is_cold
        assert screen.screen.endswith("anna\njan\n")
        assert is_cold or screen.screen == "anna\njan\n"
    assert run("--vault", vault, "--today", DAY, "list", "--ids").stdout == "anna\njan\n"
