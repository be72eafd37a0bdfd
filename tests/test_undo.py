"""Every write by the program can be taken back, byte for byte; and shown before it is made."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import platformdirs
import pytest

from tests.conftest import DAY, MakeVault, Run
from tests.test_cli_errors import snapshot

ANNA = "---\nname: Anna Kowalska\nphones:\n  - +48 600\n---\n- [ ] 2026-11-20 call: Ask\r\n\n## Log\n"
JAN = "---\nname: Jan\nreferred_by: '[[anna]]'\n---\nSee [her](anna.md).\n"

WRITES = {
    "log": ["log", "anna", "call: Hello"],
    "done": ["done", "anna", "--log", "It went well"],
    "snooze": ["snooze", "anna", "+1w"],
    "set": ["set", "anna", "tags", "a", "b"],
    "rename": ["rename", "anna", "anna-nowak"],
    "add": ["add", "Ewa Nowak"],
}


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA, "sub/jan": JAN})


@pytest.mark.parametrize("name", WRITES)
def test_a_dry_run_prints_the_difference_and_writes_nothing(name: str, run: Run, vault: Path) -> None:
    before = snapshot(vault)
    shown = run("--vault", vault, "--today", DAY, *WRITES[name], "--dry-run")
    assert shown.exit_code == 0
    assert re.search(r"^@@ .* @@$", shown.stdout, re.MULTILINE)
    assert snapshot(vault) == before
    assert "Nothing was written by ptcrm yet" in run("--vault", vault, "undo", "--list").stdout


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_taken_back_byte_for_byte(name: str, run: Run, vault: Path) -> None:
    before = snapshot(vault)
    assert run("--vault", vault, "--today", DAY, *WRITES[name]).exit_code == 0
    assert snapshot(vault) != before
    result = run("--vault", vault, "--today", DAY, "undo")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Undone: ")
    assert snapshot(vault) == before


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("name", [name for name in WRITES if name != "done"])
def test_the_difference_is_one_that_git_can_apply(name: str, run: Run, vault: Path) -> None:
    """Line ends other than LF are not shown on a terminal, so files with them are left out here."""
    for path in vault.rglob("*.md"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    patch = run("--vault", vault, "--today", DAY, *WRITES[name], "--dry-run").stdout
    copy = vault.with_name("copy")
    shutil.copytree(vault, copy)
    git = ["git", "apply", "--unsafe-paths", "--directory", "."]
    subprocess.run(git, cwd=copy, input=_with_heads(patch), text=True, check=True, encoding="utf-8")
    run("--vault", vault, "--today", DAY, *WRITES[name])
    made = {path.relative_to(vault): path.read_bytes() for path in vault.rglob("*.md")}
    assert {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*.md")} == made


def _with_heads(patch: str) -> str:
    """The patch with the head that git wants for a file that is renamed."""
    return re.sub(
        r"^rename from (.*)\nrename to (.*)$", r"diff --git a/\1 b/\2\n\g<0>", patch, flags=re.MULTILINE
    )


def test_undo_goes_back_step_by_step_and_an_undo_can_be_undone(run: Run, vault: Path) -> None:
    states = [snapshot(vault)]
    for text in ("call: one", "call: two"):
        run("--vault", vault, "--today", DAY, "log", "anna", text)
        states.append(snapshot(vault))
    for left in (states[1], states[0]):
        assert run("--vault", vault, "undo").exit_code == 0
        assert snapshot(vault) == left
    again = run("--vault", vault, "undo")
    assert again.exit_code == 3
    assert "nothing to undo" in again.stderr
    assert run("--vault", vault, "undo", "4").exit_code == 0  # which undid the first
    assert snapshot(vault) == states[1]
    assert "Undone: log anna call: one" in run("--vault", vault, "undo").stdout
    assert snapshot(vault) == states[0]


def test_a_file_that_has_changed_since_stays_and_the_change_is_shown(run: Run, vault: Path) -> None:
    run("--vault", vault, "--today", DAY, "log", "anna", "call: one")
    path = vault / "customers" / "anna.md"
    path.write_bytes(path.read_bytes() + b"A line of mine.\n")
    before = snapshot(vault)
    result = run("--vault", vault, "undo")
    assert result.exit_code == 4
    assert "customers/anna.md: it has changed since" in result.stderr
    assert "+A line of mine." in result.stderr
    assert snapshot(vault) == before


def test_what_has_to_be_undone_first_is_said(run: Run, vault: Path) -> None:
    run("--vault", vault, "--today", DAY, "log", "anna", "call: one")
    run("--vault", vault, "--today", DAY, "set", "jan", "tier", "")
    run("--vault", vault, "--today", DAY, "log", "anna", "call: two")
    result = run("--vault", vault, "undo", "1")
    assert result.exit_code == 4
    assert "Undo 2 first." in result.stderr
    twice = [run("--vault", vault, "undo", "2"), run("--vault", vault, "undo", "2")]
    assert [one.exit_code for one in twice] == [0, 4]
    assert "undone already" in twice[1].stderr


def test_a_write_that_changes_nothing_is_none(run: Run, vault: Path) -> None:
    for _ in range(2):
        assert run("--vault", vault, "--today", DAY, "set", "jan", "role", "owner").exit_code == 0
    assert len(json.loads(run("--vault", vault, "undo", "--list", "--json").stdout)) == 1


def test_a_deleted_file_is_no_file_to_undo(run: Run, vault: Path) -> None:
    run("--vault", vault, "--today", DAY, "log", "anna", "call: one")
    (vault / "customers" / "anna.md").unlink()
    result = run("--vault", vault, "undo")
    assert result.exit_code == 4
    assert "-- 2026-11-23 call: one" in result.stderr


def test_the_list(run: Run, vault: Path) -> None:
    assert json.loads(run("--vault", vault, "undo", "--list", "--json").stdout) == []
    run("--vault", vault, "--today", DAY, "log", "anna", "call: one")
    run("--vault", vault, "--today", DAY, "rename", "anna", "anna-nowak")
    run("--vault", vault, "--today", DAY, "undo")
    assert run("--vault", vault, "undo", "--list").stdout == (
        "  3  2026-11-23  undo 2: rename anna anna-nowak\n"
        "  2  2026-11-23  rename anna anna-nowak (undone)\n"
        "  1  2026-11-23  log anna call: one\n"
    )
    rows = json.loads(run("--vault", vault, "undo", "--list", "--json").stdout)
    assert rows[2] == {
        "number": 1,
        "at": "2026-11-23",
        "label": "log anna call: one",
        "paths": ["customers/anna.md"],
        "undone": False,
    }
    assert rows[1]["paths"] == ["customers/anna-nowak.md", "customers/anna.md", "customers/sub/jan.md"]


def test_a_long_list_is_cut(run: Run, vault: Path) -> None:
    for number in range(22):
        run("--vault", vault, "--today", DAY, "set", "jan", "role", f"owner {number}")
    shown = run("--vault", vault, "undo", "--list").stdout
    assert len(shown.splitlines()) == 21
    assert shown.endswith("and 2 more: ptcrm undo --list --json\n")


def test_many_files_and_numbers_are_counted(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({f"c{number}": f"---\nname: C {number}\n---\n" for number in range(8)}, name="many")
    call = ("--vault", vault, "--today", DAY)
    run(*call, "log", "--group", "name:c", "event: x")
    for number in range(7):
        run(*call, "set", "c1", "role", f"owner {number}")
    assert "Undo 8, 7, 6, 5, 4 and 2 more first. " in run(*call, "undo", "1").stderr
    for _ in range(7):
        assert "(customers/c1.md)\n" in run(*call, "undo").stdout
    named = ", ".join(f"customers/c{number}.md" for number in range(5))
    assert run(*call, "undo").stdout.endswith(f" ({named} and 3 more)\n")


@pytest.mark.parametrize("words", [["0"], ["x"], ["--json"]])
def test_wrong_words(words: list[str], run: Run, vault: Path) -> None:
    assert run("--vault", vault, "undo", *words).exit_code == 2


def test_a_number_that_is_not_there(run: Run, vault: Path) -> None:
    result = run("--vault", vault, "undo", "7")
    assert result.exit_code == 3
    assert "There is no operation 7." in result.stderr


def test_a_new_vault_can_be_previewed(run: Run, tmp_path: Path) -> None:
    shown = run("--today", DAY, "init", tmp_path / "new", "--dry-run")
    assert "+start: 2026-11-23" in shown.stdout
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("damage", [b"", b"\x00", b"[]", b'{"number": 2}', b'{"number": 2, "changes": [5]}'])
def test_a_damaged_record_is_said_and_no_other_is_undone(damage: bytes, run: Run, vault: Path) -> None:
    run("--vault", vault, "--today", DAY, "log", "anna", "call: one")
    run("--vault", vault, "--today", DAY, "log", "jan", "call: two")
    (journal,) = platformdirs.user_state_path("ptcrm").glob("*/2.json")
    journal.write_bytes(damage)
    before = snapshot(vault)
    result = run("--vault", vault, "undo")
    assert result.exit_code == 4
    assert "What undo keeps of operation 2 cannot be read." in result.stderr
    assert snapshot(vault) == before
    assert run("--vault", vault, "undo", "1").exit_code == 0


def test_a_record_never_leads_out_of_the_vault(run: Run, vault: Path) -> None:
    run("--vault", vault, "--today", DAY, "log", "anna", "call: one")
    (journal,) = platformdirs.user_state_path("ptcrm").glob("*/1.json")
    journal.write_bytes(journal.read_bytes().replace(b"customers/anna.md", b"../evil.md"))
    result = run("--vault", vault, "undo")
    assert result.exit_code == 4
    assert "it leads out of the vault" in result.stderr
