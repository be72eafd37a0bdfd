"""What every importer keeps to: the preview is what is applied, again changes nothing, undo restores, a person's words stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ptcrm.cli.options import Session
from ptcrm.workspace import Workspace
from tests.conftest import DAY, ROOT, MakeVault, Run
from tests.test_cli_errors import snapshot

FIXTURES = ROOT / "tests" / "data" / "import"
ANNA = """---
id: anna
name: Anna Kowalska
role: she mends bikes  # her words
birthday: --01-02
emails: [anna@rowery.example]
tags: [a]
---

She likes tea.

## Log

- 2026-11-02 call: New shop
- 2020-01-01 visit: The old one
"""
JAN = "---\nname: Jan Nowak\nemails: jan@nowak.example\n---\n"
CONFIG = "start: 2021-01-01\ntimezone: Europe/Warsaw\ncountry: PL\n"
ME = ("--me", "marta@studio.example")
CALLS = {
    "vcard": ["vcard", FIXTURES / "vcard"],
    "csv": ["csv", FIXTURES / "csv"],
    "ics": ["ics", FIXTURES / "calendar", "--new", *ME],
    "mail": ["mail", FIXTURES / "mail", *ME],
    "notes": ["notes", FIXTURES / "notes"],
}


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA, "jan": JAN}, config=CONFIG)


@pytest.fixture(params=list(CALLS))
def call(request: pytest.FixtureRequest, vault: Path) -> list[object]:
    """The command line of one importer, with all of its fixtures."""
    return ["--vault", vault, "--today", DAY, "import", *CALLS[request.param]]


def answer(run: Run, *words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_preview_is_what_is_applied(run: Run, vault: Path, call: list[object]) -> None:
    before = snapshot(vault)
    shown = answer(run, *call, "--dry-run")
    diff = run(*call, "--dry-run", "--diff").stdout
    assert snapshot(vault) == before
    done = answer(run, *call, "--yes")
    assert done == {**shown, "written": True}
    after = snapshot(vault)
    assert {path for path in after if before.get(path) != after[path]} == {
        str(vault / one["path"]) for one in done["people"] if one["what"] in ("new", "changed")
    }
    for path, content in after.items():
        if before.get(path) != content:
            new = set(content.decode().splitlines()) - set(before.get(path, b"").decode().splitlines())
            assert [line for line in new if f"+{line}" not in diff.splitlines()] == []


def test_a_second_run_changes_nothing(run: Run, vault: Path, call: list[object]) -> None:
    assert any(one["what"] in ("new", "changed") for one in answer(run, *call, "--yes")["people"])
    before = snapshot(vault)
    again = answer(run, *call, "--yes")
    assert not [one for one in again["people"] if one["what"] in ("new", "changed")]
    assert (again["written"], snapshot(vault)) == (False, before)


def test_undo_restores_every_byte(run: Run, vault: Path, call: list[object]) -> None:
    before = snapshot(vault)
    assert run(*call, "--yes").exit_code == 0
    assert snapshot(vault) != before
    assert run("--vault", vault, "undo").exit_code == 0
    assert snapshot(vault) == before


def test_what_a_person_typed_is_never_overwritten(run: Run, vault: Path, call: list[object]) -> None:
    assert run(*call, "--yes").exit_code == 0
    after = (vault / "customers" / "anna.md").read_text(encoding="utf-8")
    for line in ANNA.splitlines():
        assert line.removesuffix("]") in after
    order = [after.index(line.removesuffix("]")) for line in ANNA.splitlines() if line.strip("-")]
    assert order == sorted(order)


def test_what_comes_in_has_no_errors(run: Run, vault: Path, call: list[object]) -> None:
    assert run(*call, "--yes").exit_code == 0
    checked = run("--vault", vault, "--today", DAY, "check")
    assert " 0 errors" in checked.output, checked.output
    assert run("--vault", vault, "--today", DAY, "due").exit_code == 0


def test_without_a_terminal_nothing_is_written_unasked(run: Run, vault: Path, call: list[object]) -> None:
    before = snapshot(vault)
    result = run(*call)
    assert "To write it, add --yes" in result.stderr
    assert snapshot(vault) == before


def test_changes_in_the_order_of_files_change_nothing(run: Run, vault: Path, tmp_path: Path) -> None:
    """Two sources of one person give the same people, whichever comes first."""
    (tmp_path / "a.csv").write_text("Name,E-mail,Phone\nEva Braun,eva@x.example,\n")
    (tmp_path / "b.vcf").write_text(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Eva Braun\nEMAIL:eva@x.example\nTEL:+48 600 700 800\nEND:VCARD\n"
    )
    first = ["--vault", vault, "import", "csv", tmp_path / "a.csv", "--yes"]
    second = ["--vault", vault, "import", "vcard", tmp_path / "b.vcf", "--yes"]
    for order in ((first, second), (second, first)):
        for one in order:
            assert run(*one).exit_code == 0
        text = (vault / "customers" / "eva-braun.md").read_text(encoding="utf-8")
        assert 'emails:\n  - eva@x.example\nphones:\n  - "+48 600 700 800"\n' in text
        for _ in order:
            run("--vault", vault, "undo")


def test_files_that_cannot_be_read_are_spoken_of(run: Run, vault: Path) -> None:
    (vault / "customers" / "eva.md").write_text("---\nname: [Eva\n---\n")
    result = run("--vault", vault, "import", "csv", "-", text="Name;E-mail\nEva Braun;eva@x.example\n")
    assert "1 file of the vault with errors: whoever is in them may come a second time" in result.stdout


def test_standard_input_is_a_file(run: Run, vault: Path) -> None:
    result = run(
        "--vault", vault, "import", "csv", "-", "--yes", text="Name;E-mail\nEva Braun;eva@x.example\n"
    )
    assert result.exit_code == 0, result.stderr
    assert (vault / "customers" / "eva-braun.md").is_file()


def test_new_customers_have_what_is_set(run: Run, vault: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "Name,E-mail,Status\nEva Braun,eva@x.example,\nJan Nowak,jan@nowak.example,\n"
    )
    words = ["--set", "status=prospect", "--set", "tags=fair", "--set", "tags=hel", "--set", "met=fair"]
    assert run("--vault", vault, "import", "csv", tmp_path / "a.csv", "--yes", *words).exit_code == 0
    text = (vault / "customers" / "eva-braun.md").read_text(encoding="utf-8")
    assert "status: prospect\n" in text
    assert "tags: [fair, hel]\n" in text
    assert "met: fair\n" in text
    assert (vault / "customers" / "jan.md").read_text(encoding="utf-8") == JAN


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["vcard", "nowhere.vcf"], 3, "nowhere.vcf: there is no such file"),
        (["vcard", "empty"], 3, "no file in this folder"),
        (["vcard", "a.csv", "--yes", "--dry-run"], 2, "leave out one of them"),
        (["csv", "a.csv", "--set", "status=nonsense"], 2, "“nonsense” is no status"),
        (["csv", "a.csv", "--set", "statsu=active"], 2, "Did you mean “status”?"),
        (["csv", "a.csv", "--set", "status"], 2, "FIELD=VALUE"),
        (["csv", "a.csv", "--map", "Nothing=name"], 4, "Nothing"),
        (["csv", "a.csv", "--dates", "dym"], 2, "--dates dym"),
        (["csv", "a.csv", "--encoding", "utf-99"], 2, "--encoding utf-99"),
        (["csv", "a.csv", "--delimiter", "dot"], 2, "--delimiter dot"),
        (["vcard", "a.csv"], 4, "Nothing that concerns a customer"),
        (["mail", "a.csv"], 4, "There is no message in this"),
        (["mail", "a.eml"], 2, "--me ADDRESS"),
        (["csv", "a.xlsx"], 4, "an Excel workbook"),
        (["csv", "a.csv", "--set", "id=anna"], 2, "another id"),
        (["notes", "vault"], 4, "a file of the vault itself"),
        (["vcard"], 2, "PATH"),
    ],
)
def test_what_cannot_be_is_said(  # what is typed, and what it leads to
    run: Run,
    vault: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    says: str,
) -> None:
    (tmp_path / "a.csv").write_text("Name,E-mail\nEva Braun,eva@x.example\n")
    (tmp_path / "a.eml").write_text("From: eva@x.example\nTo: jan@x.example\n\nHello\n")
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    before = snapshot(vault)
    result = run("--vault", vault, "import", *words)
    assert result.exit_code == code, result.output
    assert says in result.output
    assert snapshot(vault) == before


@pytest.mark.parametrize(
    ("words", "content", "code"),
    [
        (["vcard"], "", 4),
        (["vcard"], "hello\n", 4),
        (["csv"], "", 4),
        (["csv"], "a,b\n1,2\n", 4),
        (["csv"], "Name,E-mail\n", 0),
        (["csv"], "Name,E-mail\nAnna Ek,a@x.example\n", 0),
        (["ics", "--me", "me@x.example"], "hello\n", 4),
        (["ics", "--me", "me@x.example"], "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", 0),
        (["mail", "--me", "me@x.example"], "hello\n", 4),
        (
            ["mail", "--me", "me@x.example"],
            "From a@x.example Mon Nov  2 09:00:00 2026\nDate: 2 Nov 2026 09:00:00 +0000\nFrom: me@x.example\nTo: b@x.example\n\nHi\n",
            0,
        ),
        (["vcard"], "hello\nBEGIN:VCARD\nVERSION:3.0\nFN:Anna Ek\nEMAIL:a@x.example\nEND:VCARD\n", 0),
    ],
)
def test_a_file_in_which_nothing_can_be_read_is_refused(
    words: list[str], content: str, code: int, run: Run, vault: Path, tmp_path: Path
) -> None:
    place = tmp_path / "x"
    place.write_text(content)
    result = run("--vault", vault, "import", words[0], place, *words[1:], "--dry-run")
    assert (result.exit_code, result.stderr == "") == (code, code == 0), result.stderr
    as_json = run("--vault", vault, "import", words[0], place, *words[1:], "--dry-run", "--json")
    assert as_json.exit_code == code
    if code == 0 or words[0] != "mail":
        assert json.loads(as_json.stdout)["written"] is False


@pytest.mark.skipif(sys.platform == "win32", reason="it needs a pseudo-terminal")
def test_at_a_terminal_it_is_asked_for(vault: Path, tmp_path: Path) -> None:
    from tests.terminal import Terminal

    (tmp_path / "x.csv").write_text("Name,E-mail\nNeda New,neda@x.example\n")
    before = snapshot(vault)
    for typed, code in (("n", 4), ("", 4), ("y", 0)):
        assert snapshot(vault) == before
        with Terminal(vault, "import", "csv", str(tmp_path / "x.csv")) as terminal:
            terminal.answer("Write this (1 new, 0 changed)?", typed)
            assert terminal.ends() == code
    assert "neda@x.example" in (vault / "customers" / "neda-new.md").read_text()


@pytest.mark.skipif(os.name == "nt", reason="pipes are Unix's")
def test_what_is_no_file_in_a_folder_stops_nothing(run: Run, vault: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    os.mkfifo(folder / "pipe.vcf")
    (folder / "gone.vcf").symlink_to("nowhere")
    (folder / "round.vcf").symlink_to("round.vcf")
    (folder / "up.vcf").symlink_to("..")
    (folder / "z.vcf").write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Eva Braun\nEND:VCARD\n")
    found = answer(run, "--vault", vault, "import", "vcard", folder, "--yes")
    assert [one["path"] for one in found["people"]] == ["customers/eva-braun.md"]
    assert "gone.vcf" in found["remarks"][0]
    assert "pipe.vcf" in found["remarks"][0]


def test_an_import_knows_what_another_wrote_before_it_had_the_vault(
    run: Run, vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("Name,E-mail\nEva Braun,eva@x.example\n")
    locked = Session._lock  # noqa: SLF001

    def slowly(session: Session, workspace: Workspace) -> None:
        (vault / "customers" / "eva.md").write_text("---\nname: Eva Braun\nemails: [eva@x.example]\n---\n")
        locked(session, workspace)

    monkeypatch.setattr(Session, "_lock", slowly)
    found = answer(run, "--vault", vault, "import", "csv", tmp_path / "a.csv", "--yes")
    assert [(one["what"], one["path"]) for one in found["people"]] == [("same", "customers/eva.md")]


@pytest.mark.skipif(os.name == "nt", reason="signals are Unix's")
def test_an_import_that_is_killed_is_whole_or_not_there_and_runs_again(
    run: Run, vault: Path, tmp_path: Path
) -> None:
    people = "".join(f"Person {number},p{number}@x.example\n" for number in range(300))
    (tmp_path / "a.csv").write_text(f"Name,E-mail\n{people}")
    words = ["--vault", str(vault), "import", "csv", str(tmp_path / "a.csv"), "--yes"]
    seen = set()
    for tenths in (4, 7, 8, 9, 10, 11, 12, 14):
        process = subprocess.Popen(
            [sys.executable, "-m", "ptcrm", *words],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(tenths / 10)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert run("--vault", vault, "due").exit_code == 0  # puts right what was begun
        count = len(list((vault / "customers").glob("person-*.md")))
        seen.add(count)
        assert count in (0, 300)
    assert run(*words).exit_code == 0
    assert sorted(path.name for path in (vault / "customers").iterdir()) == sorted(
        [*(f"person-{number}.md" for number in range(300)), "anna.md", "jan.md"]
    )
    assert not list(vault.rglob(".ptcrm-*"))
    assert seen
