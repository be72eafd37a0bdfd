"""What no file's content can show: odd names, odd kinds of files, odd places, odd configurations, and sheer size."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from ptcrm.text.safe import for_terminal
from tests.conftest import MakeVault, Run
from tests.test_cli_errors import CALLS, GOOD, snapshot

DAY = "2026-11-23"
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not take such names")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
CUSTOMER = "---\nname: {}\n---\n\n- [ ] 2026-11-20 call: Ask\n"


@pytest.fixture
def vault(make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault with one good customer."""
    monkeypatch.setenv("EDITOR", "true")
    return make_vault({"anna-k": GOOD})


def ask(run: Run, vault: Path, *args: object) -> Result:
    result = run("--vault", vault, "--today", DAY, *args)
    for printed in (result.stdout, result.stderr):
        assert args[:1] == ("export",) or for_terminal(printed) == printed
    return result


def problems(run: Run, vault: Path) -> set[tuple[str, str]]:
    """File and code of everything that `check` says."""
    return {(one["path"], one["code"]) for one in json.loads(ask(run, vault, "check", "--json").stdout)}


def names(run: Run, vault: Path) -> set[str]:
    return {one["name"] for one in json.loads(ask(run, vault, "list", "--json").stdout)}


def assert_all_commands_work(run: Run, vault: Path) -> None:
    """Every command does its work for the good customer, whatever else is there."""
    for name, call in CALLS.items():
        assert ask(run, vault, *call).exit_code == (1 if name == "check" else 0), name
    assert "Anna Kowalska" in names(run, vault)


# Kinds of files


@POSIX
def test_a_pipe_a_socket_and_a_device_are_left_out(run: Run, vault: Path) -> None:
    folder = vault / "customers"
    os.mkfifo(folder / "pipe.md")
    (folder / "zero.md").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.open(folder, os.O_RDONLY)  # a socket's path must be short
        listening.bind(
            f"/proc/self/fd/{here}/socket.md" if sys.platform == "linux" else str(folder / "socket.md")
        )
        os.close(here)
    assert problems(run, vault) == {(f"customers/{name}.md", "PT009") for name in ("pipe", "zero", "socket")}
    assert_all_commands_work(run, vault)


@POSIX
def test_links_that_lead_nowhere_round_or_out_are_left_out(run: Run, vault: Path) -> None:
    folder = vault / "customers"
    outside = vault.parent / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text(CUSTOMER.format("Secret"))
    (folder / "out.md").symlink_to(outside / "secret.md")
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    (folder / "one.md").symlink_to(folder / "other.md")
    (folder / "other.md").symlink_to(folder / "one.md")
    (folder / "up").symlink_to(vault, target_is_directory=True)
    (folder / "away").symlink_to(outside, target_is_directory=True)
    (folder / "folder.md").mkdir()
    left_out = {f"customers/{name}.md" for name in ("out", "nowhere", "one", "other")}
    assert problems(run, vault) == {(path, "PT009") for path in left_out}
    assert names(run, vault) == {"Anna Kowalska"}
    assert_all_commands_work(run, vault)
    assert (outside / "secret.md").read_text() == CUSTOMER.format("Secret")


@POSIX
def test_a_customers_folder_that_leads_out_is_not_read(run: Run, vault: Path) -> None:
    (vault / "customers").rename(vault.parent / "elsewhere")
    (vault / "customers").symlink_to(vault.parent / "elsewhere", target_is_directory=True)
    assert problems(run, vault) == {("customers", "PT009")}
    assert names(run, vault) == set()


@POSIX
@pytest.mark.skipif(IS_ROOT, reason="root may read everything")
def test_a_folder_and_a_file_that_may_not_be_read(run: Run, vault: Path) -> None:
    locked = vault / "customers" / "locked"
    locked.mkdir()
    (vault / "customers" / "mine.md").write_text(CUSTOMER.format("Mine"))
    (vault / "customers" / "mine.md").chmod(0)
    locked.chmod(0)
    try:
        assert problems(run, vault) == {("customers/locked", "PT009"), ("customers/mine.md", "PT009")}
        assert_all_commands_work(run, vault)
    finally:
        locked.chmod(0o700)


@POSIX
def test_a_read_only_file_stays_as_it_is_for_everybody(run: Run, vault: Path) -> None:
    path = vault / "customers" / "anna-k.md"
    path.chmod(0o444)
    before = snapshot(vault)
    for name in ("log", "done", "snooze", "set"):
        result = ask(run, vault, *CALLS[name])
        assert result.exit_code == 4
        assert "read-only" in result.stderr
    assert snapshot(vault) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_file_in_the_place_of_the_customers_folder(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({})
    (vault / "customers").rmdir()
    (vault / "customers").write_text("a list of customers\n")
    assert problems(run, vault) == {("customers", "PT009")}
    assert ask(run, vault, "due").exit_code == 0
    result = ask(run, vault, "add", "Jan Nowak")
    assert result.exit_code == 4
    assert result.stderr
    assert (vault / "customers").read_text() == "a list of customers\n"


def test_without_a_customers_folder_the_vault_is_empty_and_adding_makes_it(
    run: Run, make_vault: MakeVault
) -> None:
    vault = make_vault({})
    (vault / "customers").rmdir()
    assert names(run, vault) == set()
    assert ask(run, vault, "add", "Jan Nowak").exit_code == 0
    assert names(run, vault) == {"Jan Nowak"}


# Names of files


@LINUX
def test_a_name_that_is_not_utf_8_is_said_and_harms_nobody(run: Run, vault: Path) -> None:
    (vault / "customers" / os.fsdecode(b"zo\xff.md")).write_text(CUSTOMER.format("Zoe"))
    folder = vault / "customers" / os.fsdecode(b"old\xff")
    folder.mkdir()
    (folder / "jan.md").write_text(CUSTOMER.format("Jan"))
    found = problems(run, vault)
    assert found == {("customers/zo?.md", "PT009"), ("customers/old?/jan.md", "PT009")}
    assert names(run, vault) == {"Anna Kowalska"}
    assert_all_commands_work(run, vault)


@LINUX
@pytest.mark.parametrize(
    ("stem", "codes"),
    [
        ("a" * 252, {"PT108"}),
        ("ż" * 126, {"PT108"}),
        ("a" * 100, set()),
        ("a:b", {"PT108"}),
        ("a\nb", {"PT108"}),
        ("a\x1b[31mb", {"PT108"}),
        ("a\\b", {"PT108"}),
        ("a|b#c", {"PT108"}),
        ("CON", set()),
        ("-rf", set()),
        ("--help", set()),
        (" ", set()),
        ("…", set()),
        ("$(true)", set()),
        ("%2e%2e%2fx", set()),
        ("a'b\"c", set()),
        ("x.md", set()),
        ("株式会社", set()),
        ("\u202eanna", set()),
    ],
    ids=ascii,
)
def test_a_file_may_have_any_name(stem: str, codes: set[str], run: Run, vault: Path) -> None:
    path = vault / "customers" / f"{stem}.md"
    path.write_text(CUSTOMER.format("Odd One"))
    assert {code for _, code in problems(run, vault)} == codes
    assert names(run, vault) == {"Anna Kowalska", "Odd One"}
    assert ask(run, vault, "log", "odd one", "call: Hello").exit_code == 0
    assert "- 2026-11-23 call: Hello" in path.read_text()
    for name in ("show", "why", "done", "snooze", "set", "edit"):
        call = ["odd one" if word == "anna-k" else word for word in CALLS[name]]
        assert ask(run, vault, *call).exit_code in (0, 1 if name == "edit" else 0), name
    assert {one.name for one in path.parent.iterdir()} == {"anna-k.md", path.name}
    assert b"Odd One" in ask(run, vault, "export", "ics").stdout_bytes


DEBRIS = [
    "anna-k.md~",
    ".anna-k.md.swp",
    "#anna-k.md#",
    "4913",
    "anna_BASE_1.md",
    "anna_REMOTE_1.md",
    "~x.md",
]


def test_what_editors_leave_behind_is_passed_over_in_silence(run: Run, vault: Path) -> None:
    for name in DEBRIS:
        (vault / "customers" / name).write_text(CUSTOMER.format("Nobody"))
    for name in (".obsidian", "node_modules", ".git"):
        (vault / "customers" / name).mkdir()
        (vault / "customers" / name / "x.md").write_text(CUSTOMER.format("Nobody"))
    before = snapshot(vault)
    assert problems(run, vault) == set()
    assert names(run, vault) == {"Anna Kowalska"}
    assert snapshot(vault) == before


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "!?", "...", "../../etc/passwd", "-", "a/b", "C:\\x"])
def test_a_new_customer_has_a_portable_file_inside_the_vault(name: str, run: Run, vault: Path) -> None:
    before = snapshot(vault.parent)
    assert ask(run, vault, "add", "--", name).exit_code == 0
    new = [Path(path) for path in snapshot(vault.parent).keys() - before.keys()]
    new = [path for path in new if path.suffix == ".md"]
    assert [path.parent for path in new] == [vault / "customers"]
    assert new[0].stem.upper() not in ("CON", "NUL", "COM1")
    assert all(char.isalnum() or char == "-" for char in new[0].stem)
    assert name in names(run, vault)


def test_a_long_name_has_a_short_file(run: Run, vault: Path) -> None:
    assert ask(run, vault, "add", "ż" * 5_000).exit_code == 0
    assert all(len(os.fsencode(path.name)) <= 100 for path in (vault / "customers").iterdir())


def test_a_name_that_is_taken_in_another_spelling_replaces_nothing(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"łódź": GOOD})
    before = snapshot(vault)
    for spelling in ("Łódź", "ŁÓDŹ", unicodedata.normalize("NFD", "łódź")):
        assert ask(run, vault, "add", spelling, "--id", spelling).exit_code == 4
    assert snapshot(vault) == before


def test_spellings_of_one_name_are_one_id(run: Run, make_vault: MakeVault) -> None:
    """On a disk that tells them apart, both files are read, and both are told."""
    vault = make_vault({"Zoë": GOOD})
    other = vault / "customers" / f"{unicodedata.normalize('NFD', 'zoë')}.md"
    if other.exists():
        pytest.skip("this disk takes both spellings for one")
    other.write_text(CUSTOMER.format("Other"))
    assert {code for _, code in problems(run, vault)} == {"PT401"}
    assert names(run, vault) == {"Anna Kowalska", "Other"}


# Locales


@POSIX
@pytest.mark.parametrize(
    "mode",
    [{}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["C", "C without Python's help"],
)
def test_a_locale_of_ascii_changes_nothing(mode: dict[str, str], run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"łukasz": CUSTOMER.format("Łukasz Żak 😀")})

    def call(*args: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "ptcrm", "--vault", str(vault), "--today", DAY, *args]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
        return subprocess.run(command, env={**plain, "LC_ALL": "C", **mode}, capture_output=True, check=False)

    for args in (["list", "--json"], ["due"], ["show", "łukasz"], ["export", "ics"]):
        shown = call(*args)
        assert shown.returncode == 0, shown.stderr.decode()
        assert shown.stdout.decode() == ask(run, vault, *args).stdout_bytes.decode()
    assert call("log", "Łukasz", "call: Zażółć gęślą jaźń 😀").returncode == 0
    assert call("set", "łukasz", "role", "właściciel").returncode == 0
    assert call("add", "Zoë Øster").returncode == 0
    text = (vault / "customers" / "łukasz.md").read_bytes().decode()
    assert "role: właściciel\n" in text
    assert "- 2026-11-23 call: Zażółć gęślą jaźń 😀\n" in text
    assert "Zoë Øster" in names(run, vault)


# ptcrm.yaml

BROKEN_CONFIGURATIONS = {
    "latin-1": "start: 2021-01-01\nqueries: {vip: café}\n".encode("latin-1"),
    "utf-16": "start: 2021-01-01\n".encode("utf-16"),
    "nul": b"start: 2021-01-01\0\n",
    "list": b"- start\n",
    "scalar": b"start\n",
    "alias bomb": b"a: &a [x,x]\n"
    + b"".join(b"b%d: &b%d [*b%d,*b%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40)),
    "merge keys": b"tiers:\n  gold: &g {cadence: 1w}\n  silver:\n    <<: *g\n",
    "tag": b"start: !!python/object/apply:os.system [true]\n",
    "brackets": b"tiers: " + b"[" * 25_000,
    "braces": b"{" * 25_000,
    "lists in lists": b"- " * 25_000,
    "keys in keys": b"? " * 25_000,
    "two documents": b"start: 2021-01-01\n---\nstart: 2022-01-01\n",
    "tab": b"tiers:\n\tgold: {}\n",
    "1 MB": b"# a comment\n" * 90_000,
    "quotes": b'start: "2021\n',
}


@pytest.mark.parametrize("what", BROKEN_CONFIGURATIONS)
def test_a_configuration_that_cannot_be_read_stops_with_a_place(what: str, run: Run, vault: Path) -> None:
    (vault / "ptcrm.yaml").write_bytes(BROKEN_CONFIGURATIONS[what])
    before = snapshot(vault)
    start = time.process_time()
    for name in ("", "due", "check", "log"):
        result = ask(run, vault, *CALLS[name])
        assert result.exit_code == 1
        assert result.stderr.startswith("ptcrm: ptcrm.yaml:")
        assert not result.stdout
    assert time.process_time() - start < 5
    assert snapshot(vault) == before


ODD_CONFIGURATIONS = {
    "empty": b"",
    "byte order mark": b"\xef\xbb\xbfstart: 2021-01-01\r\n",
    "numbers of 5,000 digits": b"format: %d\ncapacity: {per_day: %d, intake: %d}\n" % ((10**4000,) * 3)
    + b"default_cadence: "
    + b"9" * 5_000
    + b" days\n",
    "impossible days": b"start: 0000-02-29\naway: [2026-02-30..2026-03-01, 2026-03-01..2026-01-01, x..y]\n",
    "every key is a list": b"".join(
        b"%s: [1, [2], {a: b}]\n" % key
        for key in (b"start", b"timezone", b"tiers", b"statuses", b"channels", b"feeds", b"log", b"occasions")
    ),
    "every key is a mapping": b"".join(
        b"%s: {a: {b: {c: d}}}\n" % key
        for key in (b"start", b"timezone", b"tiers", b"statuses", b"channels", b"log", b"occasions")
    ),
    "a time zone that is a path": b"timezone: ../../../etc/passwd\n",
    "folders outside": b"customers: [customers, .., /etc, ../other, ~]\n",
    "template code": b"queries: {vip: '{{ 7*7 }}'}\nfeeds: {all: {}, '{{x}}': {}}\n",
    "terminal commands": b'tiers: {"\\e[31m": {cadence: "\\e]0;x\\a"}}\nchannels: {"\\x9b": {touch: maybe}}\n',
    "1,000 tiers": b"tiers:\n" + b"".join(b"  t%d: {cadence: 3 weeks}\n" % n for n in range(1000)),
    "the start at the end of time": b"start: 9999-12-31\ndefault_cadence: 100 years\n",
}


@pytest.mark.parametrize("what", ODD_CONFIGURATIONS)
def test_an_odd_configuration_is_read_as_far_as_it_goes(what: str, run: Run, vault: Path) -> None:
    (vault / "ptcrm.yaml").write_bytes(ODD_CONFIGURATIONS[what])
    (vault.parent / "other").mkdir()
    (vault.parent / "other" / "jan.md").write_text(CUSTOMER.format("Jan"))
    start = time.process_time()
    assert all(path == "ptcrm.yaml" for path, _ in problems(run, vault))
    assert names(run, vault) == {"Anna Kowalska"}
    for name, call in CALLS.items():
        assert ask(run, vault, *call).exit_code in ((0, 1) if name == "check" else (0,)), name
    assert time.process_time() - start < 10
    assert (vault / "ptcrm.yaml").read_bytes() == ODD_CONFIGURATIONS[what]


@POSIX
def test_a_configuration_that_is_no_file_makes_no_vault(run: Run, vault: Path) -> None:
    (vault / "ptcrm.yaml").unlink()
    os.mkfifo(vault / "ptcrm.yaml")
    assert ask(run, vault, "due").exit_code == 3
    (vault / "ptcrm.yaml").unlink()
    (vault / "ptcrm.yaml").mkdir()
    assert ask(run, vault, "due").exit_code == 3


# Size; PTCRM_TEST_BIG=1 tries the sizes that the format promises

BIG = pytest.mark.skipif("PTCRM_TEST_BIG" not in os.environ, reason="takes a minute")
PARAGRAPH = "Met at the fair, [[jan]] and `two` others. Runs two shops; her brother repairs.\n\n- a list\n- of things\n\n"


@pytest.mark.parametrize("size", [300_000, pytest.param(10_000_000, marks=BIG)])
def test_a_long_body_is_read_and_written(size: int, run: Run, vault: Path) -> None:
    path = vault / "customers" / "big.md"
    text = CUSTOMER.format("Big Body") + PARAGRAPH * (size // len(PARAGRAPH))
    path.write_text(text)
    start = time.process_time()
    assert ask(run, vault, "show", "big", "--json").exit_code == 0
    assert ask(run, vault, "log", "big", "call: Hello").exit_code == 0
    assert time.process_time() - start < 5 + size / 100_000
    assert path.read_text() == f"{text}\n## Log\n\n- 2026-11-23 call: Hello\n".replace(
        "\n\n\n## Log", "\n\n## Log"
    )


@pytest.mark.parametrize("lines", [3_000, pytest.param(100_000, marks=BIG)])
def test_a_long_log_is_read_and_written(lines: int, run: Run, vault: Path) -> None:
    path = vault / "customers" / "big.md"
    newest = date(2026, 11, 22)
    log = [
        f"- {newest - timedelta(days=n // 20)} call: Talked about frame {n} #frames\n" for n in range(lines)
    ]
    text = "---\nname: Long Log\n---\n\n## Log\n\n" + "".join(log)
    path.write_text(text)
    start = time.process_time()
    assert len(json.loads(ask(run, vault, "show", "big", "--json").stdout)["log"]) == lines
    assert ask(run, vault, "log", "big", "call: Hello").exit_code == 0
    assert time.process_time() - start < 5 + lines / 1_000
    assert path.read_text() == text.replace("## Log\n\n", "## Log\n\n- 2026-11-23 call: Hello\n")
