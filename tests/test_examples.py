"""Every example in a `--help`, run as it stands on a copy of the sample vault: what it prints, to the letter."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from ptcrm.cli import cli
from tests.conftest import DAY, ROOT, SAMPLE, Golden, Run, give_sources
from tests.repos import begin_with_a_name, commit, git, make_repository
from tests.test_docs import NOT_RUN, commands, has_past, transcript

ANNA = """---
id: anna
name: Anna Maj
tier: gold
since: 2024-03-02
company: "[[rowery-kowalska]]"
---

## Follow-ups

- [ ] 2026-11-20 call: Ask how the new shop is doing
- [ ] 2026-12-01 note: Send the drawing

## Log

- 2026-11-20 sale: Two frames [amount:: 900 EUR]
- 2026-11-02 call: About the frames
"""
COMPANY = "---\nname: Rowery Kowalska\nkind: company\n---\n"


def examples(command: click.Command) -> list[str]:
    """The lines below “Examples:”, without remarks in brackets."""
    _, _, text = (command.help or "").partition("Example")
    return [
        re.sub(r"\s{2,}\(.*\)$", "", line).strip()
        for line in re.findall(r"^ {2,}(.*\S)$", text, re.MULTILINE)
    ]


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_help_has_examples_of_its_command(path: str) -> None:
    found = examples(COMMANDS[path])
    assert found
    assert any(f"{path} " in f"{line} " for line in found)


def no_vault(vault: Path, _: Run) -> None:
    """There is only a folder yet."""
    shutil.rmtree(vault)
    vault.mkdir()


def a_past(vault: Path, anna: str = ANNA) -> None:
    """Three commits, and something that is not committed."""
    place = vault / "customers" / "private" / "anna.md"
    make_repository(vault)
    for day, author, old in (
        ("2026-10-01", "Ola", "- 2026-11-"),
        ("2026-11-02", "Marta", "- 2026-11-20"),
        ("2026-11-20", "Ola", "no such line"),
    ):
        place.write_text("".join(line for line in anna.splitlines(keepends=True) if not line.startswith(old)))
        commit(vault, day, author)
    commit(vault, "2026-11-21")
    place.write_text(anna.replace("tier: gold", "tier: silver"))


def a_day_of_work(vault: Path, run: Run) -> None:
    """Thirteen entries, so that the last and the one before can be taken back."""
    for number in range(13):
        assert run("--vault", vault, "--today", DAY, "log", "anna", f"call: Number {number}").exit_code == 0


def in_git(vault: Path, run: Run) -> None:
    """A repository with a commit, and something new since."""
    begin_with_a_name(vault)
    assert run("--vault", vault, "--today", DAY, "log", "anna", "call: The drawing").exit_code == 0


def staged(vault: Path, run: Run) -> None:
    """A repository in which a changed file is to be committed."""
    in_git(vault, run)
    git(vault, "add", "--all")


def set_up(vault: Path, run: Run) -> None:
    """A repository that ptcrm is registered with."""
    begin_with_a_name(vault)
    assert run("--vault", vault, "git", "setup").exit_code == 0


def a_copy(vault: Path, _: Run) -> None:
    """Two devices have changed one file, and a sync program has kept both."""
    begin_with_a_name(vault)
    place = vault / "customers" / "private" / "anna.md"
    copy = place.with_name("anna.sync-conflict-20261121-101500-ABCDEFG.md")
    copy.write_text(f"{ANNA}- 2026-10-01 call: From the train\n", encoding="utf-8")
    place.write_text(ANNA.replace("tier: gold", "tier: silver"), encoding="utf-8")


def three_versions(vault: Path, _: Run) -> None:
    """A file as it was, and as two devices have it now."""
    (vault / "base.md").write_text(ANNA, encoding="utf-8")
    (vault / "ours.md").write_text(ANNA.replace("tier: gold", "tier: silver"), encoding="utf-8")
    (vault / "theirs.md").write_text(f"{ANNA}- 2026-10-01 call: The offer\n", encoding="utf-8")
    begin_with_a_name(vault)


def twins(vault: Path, _: Run) -> None:
    """Two more files of Jan Nowak."""
    for stem, fields in (("jan-nowak-2", "name: Jan Nowak\ntier: silver"), ("novak-jan", "name: Novak, Jan")):
        text = f"---\n{fields}\nemails: jan@ramy-zuraw.example\n---\n"
        (vault / "customers" / f"{stem}.md").write_text(text, encoding="utf-8", newline="")


BEFORE: dict[str, Callable[[Path, Run], None]] = {
    "ptcrm init": no_vault,
    "ptcrm undo": a_day_of_work,
    "ptcrm sync": in_git,
    **dict.fromkeys(
        ("ptcrm import", *(f"ptcrm import {kind}" for kind in ("vcard", "csv", "ics", "mail", "notes"))),
        lambda vault, _: give_sources(vault),
    ),
    "ptcrm dupes": twins,
    "ptcrm merge": twins,
    "ptcrm check": staged,
    "ptcrm conflicts": a_copy,
    "ptcrm git": three_versions,
    "ptcrm git merge-file": three_versions,
    "ptcrm git setup": three_versions,
    "ptcrm git remove": set_up,
}


@pytest.fixture
def vault(own_home: Path) -> Path:
    """`~/customers`, with those of whom the examples speak."""
    folder = shutil.copytree(SAMPLE, own_home / "customers")
    (folder / "customers" / "private" / "anna.md").write_text(ANNA, encoding="utf-8")
    (folder / "customers" / "companies" / "rowery-kowalska.md").write_text(COMPANY, encoding="utf-8")
    return folder


# Examples that ask a person or open an editor; test_terminal.py types into them.
ASKING = (
    "ptcrm pick",
    "ptcrm find anna --open",
    "ptcrm log anna",
    "ptcrm forget anna",
    "ptcrm show $(ptcrm pick tag:courier)",
    "ptcrm brief $(ptcrm pick tag:courier)",
)


def answer(line: str, vault: Path, run: Run) -> str:
    """What the line prints; for what it writes to a file, that there is something in it."""
    home = vault.parent
    if line in ASKING:
        return "(needs a terminal)\n"
    line, _, target = line.partition(" > ")
    words = [word.replace("~", str(home)) if word.startswith("~") else word for word in shlex.split(line)]
    if words[0] == "cd":
        words = words[words.index("&&") + 1 :]
    assert words.pop(0) == "ptcrm"
    result = run("--today", DAY, *words)
    assert result.exit_code == 0, f"{line}\n{result.output}"
    if target:
        assert result.stdout.strip()
        return ""
    return transcript(result.output.replace(sys.executable, "python"), home)


def cases() -> list[str]:
    return [path for path, command in COMMANDS.items() if path.split()[-1] not in NOT_RUN]


@pytest.mark.parametrize("path", cases())
def test_every_example_runs(
    path: str, own_home: Path, vault: Path, run: Run, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = []
    kept = shutil.copytree(vault, own_home / "kept")
    for line in examples(COMMANDS[path]):
        shutil.rmtree(vault)
        shutil.copytree(kept, vault)
        if path in BEFORE:
            BEFORE[path](vault, run)
        if has_past(line):
            a_past(vault)
        if line == "ptcrm undo 12":
            assert run("--vault", vault, "undo").exit_code == 0
        monkeypatch.chdir(vault)
        shown.append(f"$ {line}\n{answer(line, vault, run)}")
    golden(f"examples/{path}.txt", "\n".join(shown))


def test_what_is_not_run_is_a_command() -> None:
    assert {path.split()[-1] for path in COMMANDS} >= NOT_RUN.keys()


def test_no_transcript_is_left_over() -> None:
    names = {path.stem for path in (ROOT / "tests" / "golden" / "examples").glob("*.txt")}
    assert names == set(cases())
