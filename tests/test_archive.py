"""Somebody put aside: out of every plan and list, still found, and back again byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ptcrm.vault.schema import near_miss
from tests.conftest import DAY, MakeVault, Run

ANNA = """\
---
name: Anna
tags: [vip] # a comment
birthday: 1984-11-25
---

- [ ] 2026-11-20 call: Ask about the shop

## Log

- 2026-01-02 call: Hello
"""
BEN = "---\nname: Ben\nreferred_by: '[[anna]]'\n---\n"


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA, "ben": BEN})


def asked(run: Run, vault: Path, *words: str) -> str:
    result = run("--vault", vault, "--today", DAY, *words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def file(vault: Path) -> str:
    return (vault / "customers" / "anna.md").read_text(encoding="utf-8")


def test_nothing_is_planned_and_all_is_found(vault: Path, run: Run) -> None:
    assert "Anna" in asked(run, vault, "due", "--all")
    result = run("--vault", vault, "--today", DAY, "archive", "anna")
    assert result.stdout == "Anna is archived. Back again: ptcrm unarchive anna\n"
    assert "1 follow-up." in result.stderr
    assert file(vault) == ANNA.replace("11-25\n---", "11-25\ndo_not_contact: true\narchived: 2026-11-23\n---")
    for words in (
        ["due", "--all"],
        ["agenda"],
        ["birthdays"],
        ["neglected"],
        ["export", "ics"],
        ["list"],
        [""],
    ):
        assert "Anna" not in asked(run, vault, *filter(None, words)), words
    assert "Anna" in asked(run, vault, "show", "anna")
    assert "Hello" in asked(run, vault, "find", "hello")
    assert "referred_by:" in asked(run, vault, "show", "ben")
    assert [one["name"] for one in json.loads(asked(run, vault, "show", "ben", "--json"))["links"]] == [
        "Anna"
    ]
    assert json.loads(asked(run, vault, "check", "--json")) == []


def test_a_list_leaves_them_out_unless_they_are_asked_for(vault: Path, run: Run) -> None:
    asked(run, vault, "archive", "anna")
    result = run("--vault", vault, "--today", DAY, "list", "--ids")
    assert (result.stdout, result.stderr) == ("ben\n", "1 archived, not in this list: --archived\n")
    assert asked(run, vault, "list", "tag:vip", "--ids") == ""
    assert asked(run, vault, "list", "--archived", "--ids") == "anna\n"
    assert asked(run, vault, "list", "has:archived", "--ids") == "anna\n"
    assert asked(run, vault, "list", "archived:>2026-01-01", "--ids") == "anna\n"
    asked(run, vault, "unarchive", "anna")
    assert asked(run, vault, "list", "--archived") == "Nobody is archived.\n"


def test_back_again_is_as_before(vault: Path, run: Run) -> None:
    asked(run, vault, "archive", "anna")
    assert asked(run, vault, "unarchive", "anna") == "Anna is back.\n"
    assert file(vault) == ANNA
    assert "Anna" in asked(run, vault, "due", "--all")


def test_undo_takes_both_back(vault: Path, run: Run) -> None:
    asked(run, vault, "archive", "anna")
    asked(run, vault, "undo")
    assert file(vault) == ANNA
    assert "+archived: 2026-11-23" in asked(run, vault, "archive", "anna", "--dry-run")
    assert file(vault) == ANNA


def test_who_was_not_to_be_contacted_before_is_not_afterwards(run: Run, make_vault: MakeVault) -> None:
    text = "---\nname: Anna\ndo_not_contact: true\n---\n"
    vault = make_vault({"anna": text})
    asked(run, vault, "archive", "anna")
    assert "archived: 2026-11-23, not to be contacted before" in file(vault)
    result = run("--vault", vault, "--today", DAY, "unarchive", "anna")
    assert "as before" in result.stderr
    assert file(vault) == text


def test_twice_is_once(vault: Path, run: Run) -> None:
    assert "is not archived" in asked(run, vault, "unarchive", "anna")
    asked(run, vault, "archive", "anna")
    before = file(vault)
    assert "archived already: 2026-11-23" in asked(run, vault, "archive", "anna")
    assert file(vault) == before


def test_the_key_is_nobodys_slip() -> None:
    assert near_miss("archived") is None
