"""`ptcrm check`: what it says and in which form, what it mends, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from ptcrm.cli import cli
from ptcrm.errors import RefusedError
from ptcrm.model.diagnostic import CODES
from ptcrm.text.caret import columns, pointed_at
from ptcrm.vault.schema import Reading
from ptcrm.workspace import Workspace
from tests.conftest import DAY, MakeVault, OpenVault, Run

CONFIG = "tiers: {gold: {cadence: 3 weeks}}\n"
ANNA = """\
---
id: anna
brithday: 1984-05-17
tier: glod
since: 2026-1-5
phones: +48 600 100 200
---
"""
SAFE = ANNA.replace("2026-1-5", "2026-01-05").replace("+48 600 100 200", '"+48 600 100 200"')
ALL = SAFE.replace("brithday", "birthday").replace("glod", "gold")
BROKEN = "---\nname: [Jan\n---\n"
SUMMARY = "1 file checked: 0 errors, 3 warnings.\n"


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA}, CONFIG)


def anna(vault: Path) -> str:
    return (vault / "customers" / "anna.md").read_text(encoding="utf-8")


# Forms


def test_the_text_has_place_code_hint_and_fix(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check")
    assert result.exit_code == 0
    assert result.stdout == (
        "customers/anna.md:3:1: warning PT101: “brithday” means nothing here\n"
        "    Did you mean “birthday”?\n"
        "    fix: Write birthday (a guess)\n"
        "customers/anna.md:4:7: warning PT403: “glod” is no tier\n"
        "    Did you mean “gold”?\n"
        "    fix: Write gold (a guess)\n"
        "customers/anna.md:5:8: warning PT102: “2026-1-5” is not written as dates are here\n"
        "    Write 2026-01-05.\n"
        "    fix: Write 2026-01-05\n"
        "customers/anna.md:6:9: info PT110: other programs may read this as a number\n"
        "    Put it in quotes.\n"
        "    fix: Put quotes around it\n"
    )
    ways = "To mend: 2 with `ptcrm check --fix`, 2 with `ptcrm check --fix --unsafe-fixes` (guesses).\n"
    assert result.stderr == SUMMARY + ways


def test_json_has_the_fix(vault: Path, run: Run) -> None:
    found = json.loads(run("--vault", vault, "check", "--json", "--select", "PT101,PT102").stdout)
    assert found[0] == {
        "code": "PT101",
        "severity": "warning",
        "path": "customers/anna.md",
        "line": 3,
        "column": 1,
        "message": "“brithday” means nothing here",
        "hint": "Did you mean “birthday”?",
        "detail": "",
        "fix": {"label": "Write birthday", "safe": False},
    }
    assert found[1]["fix"] == {"label": "Write 2026-01-05", "safe": True}


def test_json_without_a_fix_says_null(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": "---\ncadence: often\n---\n"})
    assert [one["fix"] for one in json.loads(run("--vault", vault, "check", "--json").stdout)] == [None]


def test_gcc_is_a_line_each_with_paths_from_here(
    make_vault: MakeVault, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna": ANNA, "jan": BROKEN}, CONFIG)
    monkeypatch.chdir(vault.parent)
    result = run("--vault", vault, "check", "--format", "gcc", "--select", "PT0,PT11,PT102")
    place = Path("vault", "customers")
    assert result.stdout == (
        f"{place / 'anna.md'}:5:8: warning: “2026-1-5” is not written as dates are here [PT102]\n"
        f"{place / 'anna.md'}:6:9: note: other programs may read this as a number [PT110]\n"
        f"{place / 'jan.md'}:3:1: error: a list in brackets does not close [PT003]\n"
    )
    monkeypatch.chdir(vault / "customers")
    assert run("--vault", vault, "check", "--format", "gcc").stdout.startswith("anna.md:3:1: warning: ")


def test_github_takes_workflow_commands(
    make_vault: MakeVault, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault(
        {"a, b": '---\nrole: x\nfirst: y\n"100%": z\ntier: "50%\\n::error::"\n---\n', "jan": BROKEN}, CONFIG
    )
    monkeypatch.chdir(vault)
    result = run("--vault", vault, "check", "--format", "github")
    assert result.stdout == (
        "::warning file=customers/a%2C b.md,line=5,col=7,title=PT403::“50%25%0A::error::” is no tier\n"
        "::error file=customers/jan.md,line=3,col=1,title=PT003::a list in brackets does not close\n"
    )
    assert result.exit_code == 1


def test_an_info_is_a_notice_to_github(vault: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(vault)
    found = run("--vault", vault, "check", "--format", "github", "--select", "PT110").stdout
    assert found.startswith("::notice file=customers/anna.md,line=6,col=9,title=PT110::")


# The line on a terminal


@pytest.mark.parametrize(
    ("line", "column", "shown", "mark"),
    [
        ("tier: glod", 7, "tier: glod", "      ^"),
        ("tier: glod\r", 7, "tier: glod", "      ^"),
        ("\ttier: glod", 8, "    tier: glod", "          ^"),
        ("name: 山田 #x", 10, "name: 山田 #x", "           ^"),
        ("e\u0301: x", 5, "e\u0301: x", "   ^"),
        ("a: \x1b[31m\u202e", 4, "a: �[31m�", "   ^"),
        ("a:", 9, "a:", "  ^"),
    ],
)
def test_the_mark_stands_under_the_place(line: str, column: int, shown: str, mark: str) -> None:
    for width in (cell_len, columns):
        assert pointed_at(line, column, 40, width) == (shown, mark)


@pytest.mark.parametrize(
    ("line", "column", "shown", "mark"),
    [
        ("x" * 15 + "!" + "y" * 15, 16, "…xxxxxxxxx!yyyyyyyy…", "          ^"),
        ("!" + "y" * 30, 1, "!yyyyyyyyyyyyyyyyyy…", "^"),
        ("x" * 30 + "!", 31, "…xxxxxxxxx!", "          ^"),
        ("x" * 19 + "!", 20, "x" * 19 + "!", " " * 19 + "^"),
        ("山" * 15 + "!" + "田" * 15, 16, "…山山山山!田田田田…", "         ^"),
    ],
)
def test_a_long_line_is_cut_around_the_place(line: str, column: int, shown: str, mark: str) -> None:
    for width in (cell_len, columns):
        assert pointed_at(line, column, 20, width) == (shown, mark)


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("on_terminal")
def test_a_terminal_shows_the_line(make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA, "jan": BROKEN}, "teirs: x\n")
    (vault / "customers" / "old.md").write_bytes("---\nname: René\n---\n".encode("latin-1"))
    shown = CliRunner().invoke(cli, ["--vault", str(vault), "check"], color=False).stdout
    assert "PT101: “brithday” means nothing here\n    brithday: 1984-05-17\n    ^\n    Did you mean" in shown
    assert "PT501: “teirs” means nothing here\n    teirs: x\n    ^\n    Did you mean" in shown
    assert "PT003: a list in brackets does not close\n    ---\n    ^\n    Correct" in shown
    assert "PT001: this file is not UTF-8 (byte 13)\n    Save it as UTF-8.\n" in shown


@pytest.mark.usefixtures("on_terminal")
def test_a_file_outside_the_vault_is_not_shown(make_vault: MakeVault, tmp_path: Path) -> None:
    vault = make_vault({})
    (tmp_path / "secret.md").write_text("secret\n")
    (vault / "customers" / "anna.md").symlink_to(tmp_path / "secret.md")
    shown = CliRunner().invoke(cli, ["--vault", str(vault), "check"]).stdout
    assert "PT009" in shown
    assert "secret" not in shown


# Choosing


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([], ["PT101", "PT403", "PT102", "PT110"]),
        (["--select", "PT101"], ["PT101"]),
        (["--select", "PT101,PT403"], ["PT101", "PT403"]),
        (["--select", "PT101", "--select", "pt403"], ["PT101", "PT403"]),
        (["--select", "PT1"], ["PT101", "PT102", "PT110"]),
        (["--select", "PT1", "--ignore", "PT10"], ["PT110"]),
        (["--ignore", "PT1, PT2"], ["PT403"]),
        (["--ignore", "PT"], []),
    ],
)
def test_codes_are_chosen_whole_or_by_their_beginning(
    options: list[str], codes: list[str], vault: Path, run: Run
) -> None:
    result = run("--vault", vault, "check", *options)
    assert re.findall("^customers.* (PT[0-9]+):", result.stdout, re.MULTILINE) == codes


@pytest.mark.parametrize("option", ["--select", "--ignore"])
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("PTT403", "Did you mean “PT403”?"),
        ("X6", "Write for example PT101"),
        ("PT101,", "Write for example PT101"),
        ("", "Write for example PT101"),
        ("brithday", "Write for example PT101"),
    ],
)
def test_an_unknown_code_is_refused(option: str, word: str, hint: str, vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check", option, word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr


def test_only_what_is_chosen_counts(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"jan": BROKEN})
    assert run("--vault", vault, "check").exit_code == 1
    assert run("--vault", vault, "check", "--ignore", "PT003").exit_code == 0
    assert run("--vault", vault, "check", "--select", "PT1").exit_code == 0


def test_files_without_id_are_counted_and_listed_only_if_asked_for(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": ANNA, "jan": "---\nname: Jan\n---\n", "ola": "---\nname: Ola\n---\n"}, CONFIG)
    line = "Without an id: 2 files. `ptcrm check --fix --select PT111` adds one.\n"
    usual = run("--vault", vault, "check")
    assert "PT111" not in usual.stdout
    assert usual.stderr.endswith(line)
    assert line not in run("--vault", vault, "check", "--ignore", "PT111").stderr
    chosen = run("--vault", vault, "check", "--select", "PT111")
    assert chosen.stdout.count("info PT111") == 2
    assert line not in chosen.stderr
    run("--vault", vault, "check", "--fix", "--unsafe-fixes")
    assert (vault / "customers" / "jan.md").read_text() == "---\nname: Jan\n---\n"
    result = run("--vault", vault, "check", "--fix", "--select", "PT111")
    assert result.stdout == "customers/jan.md: Add id: jan (PT111)\ncustomers/ola.md: Add id: ola (PT111)\n"
    assert (vault / "customers" / "jan.md").read_text() == "---\nid: jan\nname: Jan\n---\n"
    assert "Without an id" not in run("--vault", vault, "check").stderr


# Mending


def test_fix_mends_what_is_sure_and_says_what_is_left(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check", "--fix")
    assert anna(vault) == SAFE
    first, *rest = result.stdout.splitlines()
    assert first == "customers/anna.md: Write 2026-01-05 (PT102), Put quotes around it (PT110)"
    assert [line for line in rest if line.startswith("customers")] == [
        "customers/anna.md:3:1: warning PT101: “brithday” means nothing here",
        "customers/anna.md:4:7: warning PT403: “glod” is no tier",
    ]
    assert result.stderr == "2 problems mended in 1 file.\n1 file checked: 0 errors, 2 warnings.\n"
    assert result.exit_code == 0


def test_unsafe_fixes_guess_as_well(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check", "--fix", "--unsafe-fixes")
    assert anna(vault) == ALL
    assert result.stderr == "4 problems mended in 1 file.\n1 file checked: 0 errors, 0 warnings.\n"
    again = run("--vault", vault, "check", "--fix", "--unsafe-fixes")
    assert (again.stdout, again.stderr.splitlines()[0]) == ("", "0 problems mended in 0 files.")
    assert anna(vault) == ALL


def test_only_the_chosen_is_mended(vault: Path, run: Run) -> None:
    run("--vault", vault, "check", "--fix", "--unsafe-fixes", "--select", "PT1", "--ignore", "PT110")
    assert anna(vault) == ANNA.replace("brithday", "birthday").replace("2026-1-5", "2026-01-05")


def test_the_same_fix_is_named_once(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": "---\nid: anna\nphones: [+48 1, +48 2, +48 3]\n---\n"})
    result = run("--vault", vault, "check", "--fix")
    assert result.stdout == "customers/anna.md: Put quotes around it (PT110) 3 times\n"


def test_what_mending_lays_open_is_mended_too(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": "---\nid: anna\nbrithday: 17.05.1984\n---\n"})
    run("--vault", vault, "check", "--fix", "--unsafe-fixes")
    assert anna(vault) == "---\nid: anna\nbirthday: 1984-05-17\n---\n"


@pytest.mark.parametrize("option", ["--diff", "--dry-run"])
@pytest.mark.parametrize("fix", [[], ["--fix"]])
def test_diff_shows_what_fix_would_do(option: str, fix: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check", option, *fix, "--unsafe-fixes", "--select", "PT1")
    assert result.stdout == (
        "--- a/customers/anna.md\n+++ b/customers/anna.md\n@@ -1,7 +1,7 @@\n ---\n id: anna\n"
        "-brithday: 1984-05-17\n+birthday: 1984-05-17\n tier: glod\n"
        "-since: 2026-1-5\n-phones: +48 600 100 200\n"
        '+since: 2026-01-05\n+phones: "+48 600 100 200"\n ---\n'
    )
    assert result.stderr == "1 file checked: 0 errors, 2 warnings.\n"
    assert anna(vault) == ANNA


@pytest.mark.parametrize("options", [["--json"], ["--format", "gcc"], ["--format", "github"]])
def test_other_forms_stay_pure_when_mending(options: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check", "--fix", "--unsafe-fixes", *options)
    assert result.stdout in ("[]\n", "")
    assert result.stderr.startswith("customers/anna.md: Write birthday (PT101), ")


@pytest.mark.parametrize(
    "options",
    [
        ["--unsafe-fixes"],
        ["--json", "--format", "gcc"],
        ["--json", "--diff"],
        ["--format", "github", "--diff"],
        ["--format", "xml"],
    ],
)
def test_what_does_not_go_together_is_refused(options: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "check", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert anna(vault) == ANNA


@pytest.mark.parametrize("options", [[], ["--fix"], ["--diff"], ["--json"], ["--format", "gcc"]])
def test_an_error_that_is_left_ends_with_one(options: list[str], make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": ANNA, "jan": BROKEN}, CONFIG)
    assert run("--vault", vault, "check", *options).exit_code == 1
    assert (vault / "customers" / "jan.md").read_text() == BROKEN
    assert anna(vault) == (SAFE if options == ["--fix"] else ANNA)


def test_an_error_that_is_mended_ends_with_zero(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": "---\nid: anna\nrole: owner\nrole: owner\n---\n"})
    assert run("--vault", vault, "check").exit_code == 1
    assert run("--vault", vault, "check", "--fix").exit_code == 0


def test_nothing_is_written_if_somebody_else_was_quicker(
    vault: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves = [""]
    read = Workspace.read

    def meanwhile(self: Workspace, path: str) -> Reading:
        found = read(self, path)
        saves.append(f"{ANNA}\nSave number {len(saves)}\n")
        (vault / "customers" / "anna.md").write_text(saves[-1], encoding="utf-8")
        return found

    run("--vault", vault, "check")
    monkeypatch.setattr(Workspace, "read", meanwhile)
    monkeypatch.setattr("ptcrm.cli.options._PAUSE_SECONDS", 0)
    result = run("--vault", vault, "check", "--fix")
    assert result.exit_code == 4
    assert "anna.md: somebody else changed it just now; nothing was written." in result.stderr
    assert anna(vault) == saves[-1]


def test_nothing_is_written_if_a_file_is_gone(vault: Path, open_vault: OpenVault) -> None:
    workspace = open_vault(vault, None, None)
    (vault / "customers" / "anna.md").unlink()
    with pytest.raises(RefusedError, match=r"customers/anna\.md: it cannot be read"):
        workspace.repairs(CODES, lambda one: one.fix is not None)


def test_the_configuration_is_never_mended(make_vault: MakeVault, run: Run) -> None:
    config = "start: 2026-1-5\ntimezone: Warsaw\naway: 17.05.2026\noccasions: {leap_day: fb28}\n"
    vault = make_vault({}, config)
    result = run("--vault", vault, "check", "--fix", "--unsafe-fixes")
    assert result.stdout.count("warning") == 4
    assert "fix:" not in result.stdout
    assert (vault / "ptcrm.yaml").read_text() == config


def test_what_is_remembered_has_its_fix(vault: Path, run: Run) -> None:
    cold = run("--vault", vault, "--today", DAY, "check").stdout
    assert run("--vault", vault, "--today", DAY, "check").stdout == cold
    assert "fix:" in cold


# A file on which ptcrm itself fails


def test_a_failure_on_one_file_is_a_problem_of_that_file(
    make_vault: MakeVault, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna": "---\nname: Anna\n---\n", "jan": "---\nname: Jan\n---\n"})
    read = Workspace.read

    def fails(self: Workspace, path: str) -> Reading:
        if path.endswith("jan.md"):
            raise IndexError("out of range")
        return read(self, path)

    monkeypatch.setattr(Workspace, "read", fails)
    result = run("--vault", vault, "check")
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "customers/jan.md:1:1: error PT009: something went wrong inside ptcrm (IndexError: out of range)\n"
    )
    assert "report it" in result.stdout
    assert "Anna" in run("--vault", vault, "list").stdout
    monkeypatch.setenv("PTCRM_DEBUG", "1")
    (vault / "customers" / "jan.md").write_text("---\nname: Jan Nowak\n---\n")
    assert isinstance(CliRunner().invoke(cli, ["--vault", str(vault), "list"]).exception, IndexError)
