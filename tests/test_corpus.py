"""Every file of `data/corpus`: what is said of it, what may be written to it, and that it harms nobody else.

The table `data/corpus.md` says what each file must yield.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import icalendar
import pytest
import yaml
from click.testing import Result

from ptcrm.cli import COMMANDS
from ptcrm.model.config import Config
from ptcrm.text.safe import for_terminal
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import Reading, read_customer
from tests.conftest import MakeVault, Run
from tests.test_cli_errors import CALLS, PAST, snapshot

DATA = Path(__file__).parent / "data"
DAY = "2026-11-23"
GOOD = """\
---
name: Good Customer
birthday: 1984-11-25
---

- [ ] 2026-11-20 call: Ask about the frames

## Log

- 2026-11-02 call: Hello
"""
# What each writing command adds to a file; `WHO` is its path.
WRITES = {
    "set": (["set", "WHO", "role", "x"], b"role: x"),
    "log": (["log", "WHO", "call: x"], b"2026-11-23 call: x"),
    "done": (["done", "WHO", "1"], b" [done:: 2026-11-23]"),
    "move": (["move", "WHO", "1", "2027-01-15"], b"2027-01-15"),
    "snooze": (["snooze", "WHO", "+1w"], b"snooze: 2026-11-30"),
}
SHOW_GOOD = ("", "due", "list", "export")
TRIED_ELSEWHERE = (
    "check",
    "list",
    "due",
    "export",
    "rename",
    "archive",
    *WRITES,
)  # in other tests of each file
ABOUT_OTHERS = {"PT402", "PT407"}  # which depend on what other files there are
LIMIT = 2.0  # seconds of CPU: a guard against what hangs, far above what is normal

Clocked = Callable[..., Result]


class Row(NamedTuple):
    """A row of the table."""

    file: str
    codes: tuple[str, ...]
    name: str | None
    writes: tuple[str, ...]

    @property
    def content(self) -> bytes:
        return (DATA / "corpus" / f"{self.file}.md").read_bytes()

    def is_named(self, name: str | None) -> bool:
        """Whether `name` is the one of the row, of which the beginning may be given alone."""
        if self.name is None or name is None or not self.name.endswith(" …"):
            return self.name == name
        return name.startswith(self.name.removesuffix(" …"))


def _row(line: str) -> Row:
    file, _, codes, name, writes = (
        cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]
    )
    if quoted := re.fullmatch(r"`(.*)`( …)?", name):
        name = json.loads(quoted[1]) + (quoted[2] or "")
    allowed = tuple(WRITES) if writes == "all" else tuple(writes.split())
    return Row(
        file,
        tuple(codes.replace("–", "").split()),
        None if name == "–" else name,
        tuple(one for one in allowed if one != "–"),
    )


TABLE = (DATA / "corpus.md").read_text(encoding="utf-8").split("|---|---|---|---|---|\n")[1]
ROWS = [_row(line) for line in TABLE.splitlines()]
every_file = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.file)


@pytest.fixture
def beside(make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch) -> Callable[[Row], Path]:
    """A vault with the row's file and a good customer; so small that neither a cache nor a safe disk is worth its time."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    monkeypatch.setattr(os, "fsync", lambda _: None)

    def make(row: Row) -> Path:
        vault = make_vault({"good": GOOD})
        (vault / "customers" / f"{row.file}.md").write_bytes(row.content)
        return vault

    return make


@pytest.fixture
def clocked(run: Run, monkeypatch: pytest.MonkeyPatch) -> Clocked:
    """`run` on the day of the corpus, with a clock, an editor that does nothing, and an eye on what is printed."""
    monkeypatch.setenv("EDITOR", "true")

    def call(vault: Path, *args: str, limit: float = LIMIT) -> Result:
        start = time.process_time()
        result = run("--vault", vault, "--today", DAY, *args)
        took = time.process_time() - start
        assert took < limit, f"ptcrm {args[:1]} took {took:.1f} s"
        assert args[:1] == ("export",) or for_terminal(result.stdout) == result.stdout
        assert for_terminal(result.stderr) == result.stderr
        assert result.exit_code in (0, 1, 3, 4), result.output
        return result

    return call


def calls(who: str) -> dict[str, list[str]]:
    """A call of each command; those about a customer are about `who`, and a query is for the good one."""
    others = {"anna-k": who, 'id:"anna-k"': "id:good"}
    return {name: [others.get(word, word) for word in call] for name, call in CALLS.items()}


def test_every_row_has_a_file_and_every_file_a_row() -> None:
    files = sorted(path.name for path in (DATA / "corpus").iterdir())
    assert sorted(f"{row.file}.md" for row in ROWS) == files
    assert len(files) == len(set(files)) >= 90


@every_file
def test_what_is_said_of_a_file(row: Row, beside: Callable[[Row], Path], clocked: Clocked) -> None:
    vault = beside(row)
    before = snapshot(vault)
    path = f"customers/{row.file}.md"

    problems = json.loads(clocked(vault, "check", "--json").stdout)
    assert sorted({one["code"] for one in problems if one["path"] == path}) == sorted(row.codes)
    assert {one["path"] for one in problems} <= {path}

    names = {one["path"]: one["name"] for one in json.loads(clocked(vault, "list", "--json").stdout)}
    assert names.pop("customers/good.md") == "Good Customer"
    assert row.is_named(names.pop(path, None))
    assert not names

    due = json.loads(clocked(vault, "due", "--json").stdout)
    assert "customers/good.md" in [one["path"] for one in due]
    check_feed(clocked(vault, "export", "ics").stdout_bytes)
    assert snapshot(vault) == before


def check_feed(feed: bytes) -> None:
    """The feed can be read, and has no line that came from inside a name."""
    events = icalendar.Calendar.from_ical(feed).walk("VEVENT")
    lines = feed.split(b"\r\n")
    assert len(events) == lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT")
    titles = [str(event["summary"]) for event in events]
    assert any("Good Customer" in title for title in titles)
    assert "Forged" not in titles
    assert all(len(line) <= 75 for line in lines)
    assert not re.search("[\x00-\x1f\x7f-\x9f]", feed.decode().replace("\r\n", ""))


@every_file
def test_every_command_ends_on_a_file(row: Row, beside: Callable[[Row], Path], clocked: Clocked) -> None:
    vault = beside(row)
    path = vault / "customers" / f"{row.file}.md"
    for name, call in calls(f"customers/{row.file}").items():
        if name in TRIED_ELSEWHERE:
            continue
        result = clocked(vault, *call)
        missing = row.name is None and f"customers/{row.file}" in call
        assert result.exit_code == (3 if missing else 0) or name == "edit", name
        assert name not in SHOW_GOOD or "Good Customer" in result.stdout
        assert path.read_bytes() == row.content, name
    assert (vault / "customers" / "good.md").read_text() == GOOD


@every_file
def test_what_is_written_to_a_file(row: Row, beside: Callable[[Row], Path], clocked: Clocked) -> None:
    vault = beside(row)
    path = vault / "customers" / f"{row.file}.md"
    for name, (call, added) in WRITES.items():
        result = clocked(vault, *(f"customers/{row.file}" if word == "WHO" else word for word in call))
        after = path.read_bytes()
        if name in row.writes:
            assert result.exit_code == 0, result.stderr
            assert after.count(added) == row.content.count(added) + 1
            assert_little_differs(row.content, after, name)
            path.write_bytes(row.content)
        else:
            assert result.exit_code in (3, 4), name
            assert result.stderr
            assert after == row.content
    assert sorted(one.name for one in path.parent.iterdir()) == sorted({path.name, "good.md"})


def assert_little_differs(old: bytes, new: bytes, name: str) -> None:
    """Lines were added in one place, at most one beside them changed, and that one only in what was asked for."""
    before, after = old.split(b"\n"), new.split(b"\n")
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    before, after = before[same:][::-1], after[same:][::-1]
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    before, after = before[same:][::-1], after[same:][::-1]
    assert len(before) <= 1
    assert len(after) - len(before) <= (5 if name == "log" else 2)
    for line in before:
        if name == "done":
            box = after[-1].replace(b" [done:: 2026-11-23]", b"")
            assert box.replace(b"[x]", b"[ ]", 1) == line
        elif name == "log":
            assert after[0].removesuffix(b"\r") == line  # the last line, which had no end
        elif name == "move":
            assert _dayless(after[0]) == _dayless(line)
        else:
            assert line.split(b":")[0] == after[0].split(b":")[0]


def _dayless(line: bytes) -> bytes:
    """A follow-up's line without its day."""
    return re.sub(rb"\d{4}-\d\d-\d\d ?", b"", line, count=1)


@pytest.mark.parametrize("command", ["show", "why", "snooze"])
@pytest.mark.parametrize("file", ["name-crlf", "name-forges-a-log"])
def test_a_name_forges_no_line_on_the_screen(
    file: str, command: str, beside: Callable[[Row], Path], clocked: Clocked
) -> None:
    vault = beside(next(row for row in ROWS if row.file == file))
    printed = clocked(vault, *calls(f"customers/{file}")[command]).stdout
    assert not [line for line in printed.splitlines() if re.match("- .*Forged|SUMMARY:Forged", line)]


@every_file
def test_the_parser_in_c_and_the_one_in_python_agree(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read(row)
    monkeypatch.delattr(yaml, "CLoader", raising=False)
    slow = read(row)
    if row.file == "tabs-between":  # the one in Python takes no tab between a key and its value
        assert slow.customer is None
        assert [one.code for one in slow.diagnostics] == ["PT003"]
        return
    assert fast.customer == slow.customer
    assert [(one.code, one.line) for one in fast.diagnostics] == [
        (one.code, one.line) for one in slow.diagnostics
    ]


def read(row: Row) -> Reading:
    """What a file says; one that is not UTF-8 never comes to a parser."""
    try:
        source = Source.decode(f"customers/{row.file}.md", row.content)
    except UndecodableError:
        source = Source("customers/none.md", "")
    return read_customer(source, LineReader.of(Config()))


def test_all_files_in_one_vault(make_vault: MakeVault, clocked: Clocked) -> None:
    vault = make_vault({"good": GOOD})
    for row in ROWS:
        (vault / "customers" / f"{row.file}.md").write_bytes(row.content)
    time.sleep(0.05)  # a file that changed just now is read again
    clocked(vault, limit=60)  # reads everything; what follows finds it in the cache
    found = json.loads(clocked(vault, "check", "--json").stdout)
    codes = {f"customers/{row.file}.md": set(row.codes) for row in ROWS}
    for twin in ("twin-nfc", "twin-nfd"):
        codes[f"customers/{twin}.md"].add("PT401")
    shown = {(one["path"], one["code"]) for one in found if one["code"] not in ABOUT_OTHERS}
    assert shown == {(path, code) for path, some in codes.items() for code in some - ABOUT_OTHERS}

    names = {one["path"]: one["name"] for one in json.loads(clocked(vault, "list", "--json").stdout)}
    assert all(row.is_named(names.get(f"customers/{row.file}.md")) for row in ROWS)

    before = snapshot(vault)
    for name, call in calls("good").items():
        result = clocked(vault, *call)
        assert result.exit_code == (1 if name == "check" else 0), (name, result.stderr)
        assert name not in SHOW_GOOD or "Good Customer" in result.stdout
    check_feed(clocked(vault, "export", "ics").stdout_bytes)
    changed = {path for path, content in snapshot(vault).items() if before.get(path) != content}
    assert {Path(path).name for path in changed} == {
        "ania.md",
        "jan-nowak.md",
        "fields-odd.md",
    }  # the last links to her


def test_every_command_is_tried_on_every_file() -> None:
    assert calls("x").keys() - {""} == COMMANDS.keys() - {
        *PAST,
        "sync",
        "init",
        "serve",
        "watch",
        "help",
        "completion",
        "cache",
        "git",
        "import",
        "merge",
    }
