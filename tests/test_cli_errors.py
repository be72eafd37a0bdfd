"""Every command against everything that can be wrong: a message on stderr, the exit code, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ptcrm import workspace
from ptcrm.cli import COMMANDS, cli, options
from tests.conftest import DAY, SAMPLE, MakeVault, Run

GOOD = "---\nname: Anna Kowalska\n---\n- [ ] 2026-11-20 call: Ask\n"
OTHER = "---\nname: Anna Nowak\n---\n"
BROKEN = "---\nname: [Jan\n---\n"

# One working call of each command; "anna-k" is the customer it is about.
CALLS = {
    "": [],
    "due": ["due"],
    "agenda": ["agenda"],
    "plan": ["plan", "--horizon", "1w"],
    "neglected": ["neglected"],
    "playbook": ["playbook", "anna-k"],
    "birthdays": ["birthdays"],
    "budget": ["budget"],
    "winback": ["winback"],
    "tiers": ["tiers"],
    "campaign": ["campaign"],
    "review": ["review"],
    "list": ["list"],
    "pick": ["pick", 'id:"anna-k"'],
    "find": ["find", "anna"],
    "timeline": ["timeline"],
    "tags": ["tags"],
    "fields": ["fields"],
    "stats": ["stats"],
    "library": ["library", "list"],
    "share": ["share", "anna-k"],
    "show": ["show", "anna-k"],
    "brief": ["brief", "anna-k"],
    "draft": ["draft", "--list"],
    "why": ["why", "anna-k"],
    "log": ["log", "anna-k", "call: Hello"],
    "move": ["move", "anna-k", "today"],
    "done": ["done", "anna-k"],
    "snooze": ["snooze", "anna-k", "+1w"],
    "set": ["set", "anna-k", "role", "owner"],
    "rename": ["rename", "anna-k", "ania"],
    "dupes": ["dupes"],
    "archive": ["archive", "anna-k"],
    "unarchive": ["unarchive", "anna-k"],
    "forget": ["forget", "anna-k", "--dry-run"],
    "undo": ["undo", "--list"],
    "edit": ["edit", "anna-k"],
    "add": ["add", "Jan Nowak"],
    "check": ["check"],
    "conflicts": ["conflicts"],
    "export": ["export", "ics"],
    "feed": ["feed", "list"],
    "schema": ["schema"],
    "digest": ["digest"],
}
PAST = {"history", "blame", "diff", "restore"}  # test_history and test_restore
ELSEWHERE = PAST | {
    "sync",
    "init",
    "serve",
    "watch",
    "cache",
    "git",
    "help",
    "completion",
    "merge",
    "import",
}  # no vault, no end, or none looked at
NEEDS_VAULT = [name for name in CALLS if name != "schema"]
WITH_WHO = [name for name, call in CALLS.items() if "anna-k" in call]  # `pick` takes a query


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_command_is_tried() -> None:
    assert CALLS.keys() - {""} == COMMANDS.keys() - ELSEWHERE


@pytest.mark.parametrize("name", NEEDS_VAULT)
def test_an_empty_folder_is_no_vault(
    name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--today", DAY, *CALLS[name])
    assert result.exit_code == 3
    assert "no vault here" in result.stderr
    assert "ptcrm init" in result.stderr
    assert not result.stdout
    assert snapshot(tmp_path) == {}


@pytest.mark.parametrize("name", CALLS)
def test_a_folder_without_configuration_is_no_vault(name: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "anna-k.md").write_text(GOOD)
    result = run("--vault", tmp_path, "--today", DAY, *CALLS[name])
    assert result.exit_code == 3
    assert "no vault here" in result.stderr
    assert list(snapshot(tmp_path).values()) == [GOOD.encode()]


@pytest.mark.parametrize("name", CALLS)
def test_a_folder_that_is_not_there(name: str, run: Run, tmp_path: Path) -> None:
    result = run("--vault", tmp_path / "nowhere", "--today", DAY, *CALLS[name])
    assert result.exit_code == 3
    assert "there is no such folder" in result.stderr


@pytest.mark.parametrize("name", CALLS)
def test_one_broken_file_never_hides_a_good_one(
    name: str, run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    vault = make_vault({"anna-k": GOOD, "broken": BROKEN})
    result = run("--vault", vault, "--today", DAY, *CALLS[name])
    assert result.exit_code == (1 if name == "check" else 0)
    if name in ("", "check", "digest"):
        assert "error" in result.stdout
    elif name not in ("edit", "schema", "feed"):
        assert "1 file with errors, see `ptcrm check`." in result.stderr
    if name in ("due", "list", "find", "show", "why"):
        assert "Anna Kowalska" in result.stdout
    assert (vault / "customers" / "broken.md").read_text() == BROKEN


@pytest.mark.parametrize("name", WITH_WHO)
def test_an_unknown_who(name: str, run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    before = snapshot(vault)
    result = run("--vault", vault, "--today", DAY, *[arg.replace("anna-k", "zenon") for arg in CALLS[name]])
    assert result.exit_code == 3
    assert "“zenon”" in result.stderr
    assert snapshot(vault) == before


@pytest.mark.parametrize("name", WITH_WHO)
def test_an_ambiguous_who_is_listed(name: str, run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD, "anna-n": OTHER})
    before = snapshot(vault)
    result = run("--vault", vault, "--today", DAY, *[arg.replace("anna-k", "ANNA") for arg in CALLS[name]])
    assert result.exit_code == 3
    assert "anna-k" in result.stderr
    assert "anna-n" in result.stderr
    assert snapshot(vault) == before


@pytest.mark.parametrize("name", WITH_WHO)
def test_who_a_broken_file_is_about(
    name: str, run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    vault = make_vault({"anna-k": BROKEN})
    before = snapshot(vault)
    result = run("--vault", vault, "--today", DAY, *CALLS[name])
    assert result.exit_code == (1 if name == "edit" else 3)
    assert "customers/anna-k.md:3:1" in result.stderr + result.stdout
    assert snapshot(vault) == before


BAD_DAYS = [
    ["due", "--until", "someday"],
    ["due", "--until", "2026-02-30"],
    ["birthdays", "--until", "05-06"],
    ["log", "anna-k", "call: x", "--date", "tomorrow"],
    ["log", "anna-k", "call: x", "--date", "31.12.2025"],
    ["done", "anna-k", "--date", "2027-01-01"],
    ["move", "anna-k", "yesterday"],
    ["move", "anna-k", "1", "2026-02-30"],
    ["snooze", "anna-k", "yesterday"],
    ["snooze", "anna-k", "whenever"],
    ["set", "anna-k", "snooze", "yesterday"],
    ["set", "anna-k", "snooze", "today"],
    ["set", "anna-k", "birthday", "17.05.1984"],
    ["set", "anna-k", "since", "2026-13-01"],
    ["add", "Jan", "--birthday", "1984"],
]


@pytest.mark.parametrize("call", BAD_DAYS, ids=" ".join)
def test_a_bad_date_is_usage(call: list[str], run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    before = snapshot(vault)
    result = run("--vault", vault, "--today", DAY, *call)
    assert result.exit_code == 2
    assert result.stderr
    assert not result.stdout
    assert snapshot(vault) == before


BAD_WORDS = [
    ["--today", "tomorrow", "due"],
    ["dew"],
    ["due", "--untill", "friday"],
    ["log", "anna-k"],
    ["log", "anna-k", "call:"],
    ["log", "anna-k", "cal: Hello"],
    ["log", "anna-k", "call (vociemail): Hello"],
    ["done", "anna-k", "first"],
    ["done", "anna-k", "--log", ""],
    ["move", "anna-k", "1"],
    ["move", "anna-k"],
    ["move", "anna-k", "first", "friday"],
    ["log", "anna-k", "2026-11-20 call: x"],
    ["log", "anna-k", "25:30 visit: x"],
    ["log", "anna-k", "call"],
    ["log", "anna-k", "call (mailbox): x"],
    ["log", "anna-k", "call: x", "--dat", "yesterday"],
    ["due", "--today", "2026-11-24"],
    ["due", "--no-cache"],
    ["why", "anna-k", "--no-cache"],
    ["--json", "due"],
    ["set", "anna-k", "tier", "gold"],
    ["set", "anna-k", "status", "activ"],
    ["set", "anna-k", "prefers", "cal"],
    ["set", "anna-k", "avoids", "call", "telepathy"],
    ["set", "anna-k", "brithday", "1984-05-17"],
    ["set", "anna-k", "#region", "north"],
    ["set", "anna-k", "yes", "no"],
    ["set", "anna-k", "cadence", "now and then"],
    ["set", "anna-k", "do_not_contact", "maybe"],
    ["set", "anna-k", "timezone", "Mars/Olympus"],
    ["set", "anna-k", "kind", "robot"],
    ["add", ""],
    ["add", "Jan", "--tier", "gold"],
    ["log", "anna-k", b"call: \xff".decode(errors="surrogateescape")],
    ["set", "anna-k", "role", b"\xff".decode(errors="surrogateescape")],
    ["export", "vcf"],
    ["export", "vcard", "--version", "2.1"],
    ["export", "vcard", "hue:::"],
    ["export", "csv", "--table", "orders"],
    ["export", "csv", "hue:::"],
    ["export", "sqlite"],
    ["export", "sqlite", "-o", "-"],
    ["export", "print", "anna-k", "--html", "--markdown"],
    ["export", "print", "anna-k", "-o", "anna.PDF"],
]


@pytest.mark.parametrize("call", BAD_WORDS, ids=repr)
def test_bad_words_are_usage(
    call: list[str], run: Run, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, here = make_vault({"anna-k": GOOD}), tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = snapshot(vault)
    result = run("--vault", vault, *([] if "--today" in call else ["--today", DAY]), *call)
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert snapshot(vault) == before
    assert not list(here.iterdir())


def test_a_feed_that_is_not_there(run: Run, make_vault: MakeVault) -> None:
    result = run("--vault", make_vault({}), "export", "ics", "--feed", "gold")
    assert result.exit_code == 3
    assert "Known are: all" in result.stderr


@pytest.mark.parametrize("before", [None, b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_a_feed_whose_query_cannot_be_read(
    before: bytes | None, run: Run, make_vault: MakeVault, tmp_path: Path
) -> None:
    vault = make_vault({"anna": GOOD}, "tiers: {gold: {}}\nfeeds: {gold: {where: 'state:due tier:golld'}}\n")
    path = tmp_path / "gold.ics"
    if before is not None:
        path.write_bytes(before)
    result = run("--vault", vault, "export", "ics", "--feed", "gold", "-o", path)
    assert (result.exit_code, result.stdout) == (1, "")
    first, query, mark = result.stderr.splitlines()
    assert first.startswith(
        "ptcrm: ptcrm.yaml:2: `where` of the feed “gold” cannot be read: “golld” is no tier."
    )
    assert (query, mark) == ("    state:due tier:golld", f"    {' ' * 15}^")
    assert (path.read_bytes() if path.exists() else None) == before


def test_an_export_that_cannot_be_written(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    result = run("--vault", make_vault({}), "export", "ics", "-o", tmp_path / "no" / "folder.ics")
    assert result.exit_code == 4
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("name", CALLS)
def test_a_configuration_that_cannot_be_read(name: str, run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD}, "format: 1\ntiers: [gold\n")
    before = snapshot(vault)
    result = run("--vault", vault, "--today", DAY, *CALLS[name])
    assert result.exit_code == 1
    assert "ptcrm.yaml:3:1" in result.stderr
    assert snapshot(vault) == before


def test_init_never_overwrites(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({})
    before = snapshot(vault)
    assert run("init", vault).exit_code == 4
    assert snapshot(vault) == before


def link_outside(path: Path) -> None:
    outside = path.parent.parent.parent / "outside.md"
    path.rename(outside)
    path.symlink_to(outside)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_out_of_the_vault_is_left_out(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    link_outside(vault / "customers" / "anna-k.md")
    result = run("--vault", vault, "--today", DAY, "log", "anna-k", "call: Hello")
    assert result.exit_code == 3
    assert "PT009" in run("--vault", vault, "--today", DAY, "check").stdout


def save_before_applying(monkeypatch: pytest.MonkeyPatch, path: Path, times: int) -> None:
    """An editor saves `path` just before each of the first `times` attempts to apply a change."""
    apply: Callable[..., None] = workspace.Workspace.apply
    saves = iter(range(times))

    def late(self: workspace.Workspace, operation: object, **options: object) -> None:
        for number in saves:
            path.write_text(f"{GOOD}\nSaved {number} by an editor.\n")
            break
        apply(self, operation, **options)

    monkeypatch.setattr(workspace.Workspace, "apply", late)
    monkeypatch.setattr(options, "_PAUSE_SECONDS", 0)


def test_a_file_that_changes_while_a_command_runs_is_looked_at_again(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna-k": GOOD})
    path = vault / "customers" / "anna-k.md"
    save_before_applying(monkeypatch, path, 2)
    assert run("--vault", vault, "--today", DAY, "log", "anna-k", "call: Hello").exit_code == 0
    assert path.read_text() == f"{GOOD}\nSaved 1 by an editor.\n\n## Log\n\n- {DAY} call: Hello\n"


def test_a_file_that_never_stands_still_is_left_alone(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna-k": GOOD})
    path = vault / "customers" / "anna-k.md"
    save_before_applying(monkeypatch, path, 1000)
    result = run("--vault", vault, "--today", DAY, "log", "anna-k", "call: Hello")
    assert result.exit_code == 4
    assert "somebody else changed it" in result.stderr
    assert path.read_text().endswith("by an editor.\n")


def test_a_read_only_file_is_refused(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna-k": GOOD})
    before = snapshot(vault)
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    result = run("--vault", vault, "--today", DAY, "log", "anna-k", "call: Hello")
    assert result.exit_code == 4
    assert "read-only" in result.stderr
    assert snapshot(vault) == before


def test_a_bug_leaves_a_message_and_no_traceback(
    make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace.Workspace, "arranged", lambda *_: 1 / 0)
    result = CliRunner().invoke(cli, ["--vault", str(make_vault({})), "due"])
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_name_needs_no_quotes(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD, "anna-n": OTHER}, "tiers: {gold: {}}\n")
    path = vault / "customers" / "anna-n.md"
    for call in (
        ["set", "Anna", "Nowak", "tier", "gold"],
        ["log", "anna", "nowak", "call:", "Hello", "Nowak"],
        ["snooze", "anna", "nowak", "next", "friday"],
    ):
        assert run("--vault", vault, "--today", DAY, *call).exit_code == 0, call
    text = path.read_text()
    assert text == (
        "---\nname: Anna Nowak\ntier: gold\nsnooze: 2026-12-04\n---\n\n## Log\n\n- 2026-11-23 call: Hello Nowak\n"
    )
    assert "Anna Nowak" in run("--vault", vault, "--today", DAY, "show", "anna", "nowak").stdout
    assert run("--vault", vault, "--today", DAY, "done", "anna", "kowalska", "1").exit_code == 0


def test_a_text_without_quotes_stays_whole(run: Run, make_vault: MakeVault) -> None:
    """Only whole words of a name belong to WHO: the `k` of a text is no beginning of Kowalska."""
    vault = make_vault({"anna-k": GOOD})
    assert run("--vault", vault, "--today", DAY, "log", "anna", "k", "is", "for", "kite").exit_code == 0
    assert "- 2026-11-23: k is for kite\n" in (vault / "customers" / "anna-k.md").read_text()


def test_who_may_be_a_file(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    for who in ("anna-k.md", "customers/anna-k.md", "customers/anna-k", "ANNA-K"):
        assert "Anna Kowalska" in run("--vault", vault, "--today", DAY, "show", who).stdout


def test_a_slip_in_a_name_is_helped(run: Run, make_vault: MakeVault) -> None:
    result = run("--vault", make_vault({"anna-k": GOOD}), "--today", DAY, "show", "kovalska")
    assert "Did you mean “anna kowalska”?" in result.stderr


def test_an_export_never_replaces_a_customer(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    before = snapshot(vault)
    for path in (vault / "ptcrm.yaml", vault / "customers" / "anna-k.md"):
        assert run("--vault", vault, "--today", DAY, "export", "ics", "-o", path).exit_code == 4
        for words in ("csv", "jsonl", "sqlite", "csv --table log", "print anna-k", "print anna-k --html"):
            assert run("--vault", vault, "export", *words.split(), "-o", path).exit_code == 4, words
    assert snapshot(vault) == before


def test_a_field_that_is_a_slip_can_be_taken_away(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": "---\nname: Anna\nbrithday: 1984-05-17\n---\n"})
    assert run("--vault", vault, "--today", DAY, "set", "anna", "brithday", "").exit_code == 0
    assert (vault / "customers" / "anna-k.md").read_text() == "---\nname: Anna\n---\n"
    assert (
        "there is no brithday" in run("--vault", vault, "--today", DAY, "set", "anna", "brithday", "").stdout
    )


def test_a_calendar_stays_when_the_vault_is_suddenly_empty(
    run: Run, make_vault: MakeVault, tmp_path: Path
) -> None:
    vault, calendar = make_vault({"anna-k": GOOD}), tmp_path / "follow-ups.ics"
    export = ("--vault", vault, "--today", DAY, "export", "ics", "-o", calendar)
    assert run(*export).exit_code == 0
    before = calendar.read_bytes()
    (vault / "customers").rename(vault / "away")
    result = run(*export)
    assert result.exit_code == 4
    assert "no customer in the vault at all" in result.stderr
    assert calendar.read_bytes() == before
    calendar.unlink()
    assert run(*export).exit_code == 0
    assert b"BEGIN:VEVENT" not in calendar.read_bytes()


@pytest.mark.parametrize("id_", [".x", "~x", "con", "nul.txt", "a?b", "jan 2", "x.sync-conflict-1"])
def test_an_id_that_is_no_file_name_is_refused(id_: str, run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    before = snapshot(vault)
    assert run("--vault", vault, "add", "Jan", "--id", id_).exit_code == 2
    assert snapshot(vault) == before


def test_an_id_that_somebody_has_is_refused(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD, "anna-n": OTHER})
    assert run("--vault", vault, "set", "anna-k", "id", "anna-n").exit_code == 4
    assert run("--vault", vault, "set", "anna-k", "id", "anna-k").exit_code == 0


def test_a_value_may_begin_with_two_dashes(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": GOOD})
    assert run("--vault", vault, "--today", DAY, "set", "anna-k", "birthday", "--05-17").exit_code == 0
    assert "birthday: --05-17\n" in (vault / "customers" / "anna-k.md").read_text()
    assert run("--vault", vault, "set", "anna-k", "role", "--help-me").exit_code == 2


def test_a_short_h_is_help_for_commands_with_a_query_too(run: Run) -> None:
    for command in ("due", "list", "find", "stats", "pick"):
        result = run("--vault", SAMPLE, command, "-h")
        assert (result.exit_code, result.stdout[:6]) == (0, "Usage:"), command


@pytest.mark.parametrize(
    "call",
    [
        ["list", "--columns", ""],
        ["list", "--sort", " "],
        ["list", "--group-by", ""],
        ["list", "--format", ""],
        ["timeline", "--channel", ""],
    ],
)
def test_a_variable_of_the_shell_that_is_not_set_means_nothing(call: list[str], run: Run) -> None:
    result = run("--vault", SAMPLE, *call)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "it is empty" in result.stderr


@pytest.mark.parametrize(
    "call",
    [
        ["timeline", "--since", ""],
        ["timeline", "--until", ""],
        ["birthdays", "--until", ""],
        ["review", "--from", ""],
        ["review", "consistency", "--to", ""],
    ],
)
def test_an_empty_day_is_no_day(call: list[str], run: Run) -> None:
    result = run("--vault", SAMPLE, *call)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "“” is no day" in result.stderr


def test_an_empty_name_of_the_vault_is_refused(run: Run) -> None:
    assert run("--vault", "", "due").exit_code == 2


def test_a_day_before_today_is_no_last_day(run: Run) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, "due", "--until", "yesterday")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is before today" in result.stderr


def test_a_saved_query_that_cannot_be_read_is_an_error_of_the_vault(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({}, "start: 2026-01-05\nqueries:\n  a: tag:x\n  c: 'tier:nope'\n  d: '@c'\n")
    for name, line in (("c", 4), ("d", 5)):
        result = run("--vault", vault, "list", f"@{name}")
        assert result.exit_code == 1
        assert result.stderr.startswith(f"ptcrm: ptcrm.yaml:{line}: the query “{name}” cannot be read:")
        assert "“nope” is no tier" in result.stderr
    assert "ptcrm.yaml:4:1: " in run("--vault", vault, "check", "--select", "PT504").stdout


def test_what_needs_quotes_in_a_shell_says_so(run: Run) -> None:
    result = run("--vault", SAMPLE, "find", "10:30")
    assert result.exit_code == 2
    assert "put single quotes around the whole query" in result.stderr


@pytest.mark.parametrize("here", [".", "customers/trade", "customers/companies"])
def test_a_path_as_the_shell_completes_it_names_the_customer(
    here: str, sample: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample / here)
    whole = sample / "customers" / "trade" / "jan-nowak.md"
    for path in (os.path.relpath(whole), f"./{os.path.relpath(whole)}", str(whole)):
        result = run("--vault", sample, "--today", DAY, "show", path)
        assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "Jan Nowak"), path
    assert run("--vault", sample, "show", ".").exit_code == 3
    assert run("--vault", sample, "show", "../../../etc/passwd").exit_code == 3


@pytest.mark.skipif(os.name == "nt", reason="of shells with >&-")
def test_an_output_that_is_closed_is_no_fault() -> None:
    line = f"{sys.executable} -m ptcrm --vault {SAMPLE} list >&-"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
