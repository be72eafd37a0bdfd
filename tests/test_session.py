"""Which vault a command works on, and which day it is (FORMAT §1)."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

import platformdirs
import pytest

from ptcrm.vault import store
from ptcrm.vault.scan import Seen, see
from ptcrm.workspace import opened
from tests.conftest import MakeVault, OpenVault, Run

ANNA = "---\nname: Anna\n---\n"
JAN = "---\nname: Jan\n---\n"


def other_vault(tmp_path: Path) -> Path:
    root = tmp_path / "other"
    (root / "customers").mkdir(parents=True)
    (root / "ptcrm.yaml").write_text("")
    (root / "customers" / "jan.md").write_text(JAN)
    return root


def remember_vault(root: Path) -> None:
    folder = platformdirs.user_config_path("ptcrm")
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"vault: {root}\n")


def test_the_option_wins_over_all(
    run: Run, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, other = make_vault({"anna": ANNA}), other_vault(tmp_path)
    monkeypatch.setenv("PTCRM_VAULT", str(other))
    monkeypatch.chdir(other)
    assert "Anna" in run("--vault", vault, "list").stdout


def test_then_the_environment(
    run: Run, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, other = make_vault({"anna": ANNA}), other_vault(tmp_path)
    monkeypatch.setenv("PTCRM_VAULT", str(other))
    monkeypatch.chdir(vault)
    assert "Jan" in run("list").stdout


def test_then_from_here_upward(
    run: Run, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_vault(other_vault(tmp_path))
    monkeypatch.chdir(make_vault({"anna": ANNA}) / "customers")
    assert "Anna" in run("list").stdout


def test_then_the_users_configuration(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_vault(other_vault(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert "Jan" in run("list").stdout


@pytest.mark.parametrize("content", ["", "vault: [\n", "- vault\n", "vault: {a: b}\n", "\xff"])
def test_a_users_configuration_that_says_nothing(
    content: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = platformdirs.user_config_path("ptcrm")
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(content, encoding="latin-1")
    monkeypatch.chdir(tmp_path)
    assert run("list").exit_code == 3


class Clock(datetime):
    """A clock that stands at 23:30 in Greenwich on 22 November 2026."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        at = cls(2026, 11, 22, 23, 30, tzinfo=UTC)
        return at.astimezone(tz) if tz else at


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Warsaw", 23), ("Europe/Lisbon", 22), ("America/New_York", 22), ("Asia/Tokyo", 23)],
)
def test_today_begins_where_the_vault_is(
    open_vault: OpenVault, zone: str, day: int, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "datetime", Clock)
    vault = make_vault({}, f"timezone: {zone}\n")
    assert open_vault(vault, None, None).today == date(2026, 11, day)
    assert open_vault(vault, date(2020, 2, 29), None).today == date(2020, 2, 29)


def test_a_file_that_is_gone_for_a_moment_is_not_taken_for_deleted(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while vim saves: the old file has another name already, and the new one is not there yet."""
    vault = make_vault({"anna": ANNA, "jan": JAN})
    run("--vault", vault, "list")
    path, aside = vault / "customers" / "anna.md", vault / "customers" / "anna.md~"
    path.rename(aside)
    monkeypatch.setattr("ptcrm.workspace.opened.time.sleep", lambda _: aside.exists() and aside.rename(path))
    assert "Anna" in run("--vault", vault, "list").stdout
    path.unlink()
    assert "Anna" not in run("--vault", vault, "list").stdout


def test_a_configuration_that_is_gone_for_a_moment(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna": ANNA})
    path, aside = vault / "ptcrm.yaml", vault / "ptcrm.yaml~"
    path.rename(aside)
    monkeypatch.setattr("ptcrm.cli.options.time.sleep", lambda _: aside.exists() and aside.rename(path))
    assert "Anna" in run("--vault", vault, "list").stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_that_is_full(make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA})
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "ptcrm", "--vault", str(vault), "due"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "ptcrm: No space left on device\n")


def test_a_reader_that_goes_away_is_no_error(make_vault: MakeVault) -> None:
    vault = make_vault({f"anna{number}": ANNA for number in range(300)})
    command = [sys.executable, "-m", "ptcrm", "--vault", str(vault), "list", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_file_that_was_saved_just_now_is_looked_at_twice(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first half of a save in place is there already."""
    vault = make_vault({"anna": ANNA})
    path = vault / "customers" / "anna.md"
    path.write_text("---\nname: An")
    monkeypatch.setattr("ptcrm.workspace.opened._JUST_NOW_NS", 3600 * 10**9)
    monkeypatch.setattr(store, "pause", lambda: path.write_text(ANNA))
    result = run("--vault", vault, "list")
    assert "Anna" in result.stdout
    assert not result.stderr


def test_a_file_that_is_moved_while_it_is_looked_for_is_found(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been seen in neither place."""
    vault = make_vault({"anna": ANNA, "jan": "---\nname: Jan\n---\n"})
    folder, beside = vault / "customers" / "moved", vault / "anna.away"
    assert "Anna" in run("--vault", vault, "list").stdout
    folder.mkdir()
    (vault / "customers" / "anna.md").rename(beside)
    for one in (folder, vault / "customers"):
        os.utime(one, (1, 1))
    monkeypatch.setattr(store, "pause", lambda: beside.rename(folder / "anna.md"))
    assert "Anna" in run("--vault", vault, "list").stdout


def test_a_file_that_is_gone_for_good_is_not_looked_for_in_every_folder(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna": ANNA, "jan": "---\nname: Jan\n---\n"})
    for path in vault.rglob("*.md"):
        os.utime(path, (1, 1))
    run("--vault", vault, "list")
    (vault / "customers" / "anna.md").unlink()
    os.utime(vault / "customers", (1, 1))
    looks = list[Path]()

    def looked(root: Path, folders: list[str]) -> Seen:
        looks.append(root)
        return see(root, folders)

    monkeypatch.setattr(opened, "see", looked)
    assert "Anna" not in run("--vault", vault, "list").stdout
    assert len(looks) == 1
