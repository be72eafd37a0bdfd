"""history, blame, diff and show --as-of on real repositories."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ptcrm.git import repo
from tests.conftest import DAY, MakeVault, Run
from tests.repos import commit, git, make_repository

ANNA = """\
---
name: Anna Kowalska
tier: gold
tags: [bike-shop]
---

Met at the fair.

- [ ] 2026-12-01 call: Ask about the shop

## Log

- 2026-10-12 note: Card
"""


class Book:
    """A vault with one customer in a repository, and the command on it."""

    def __init__(self, vault: Path, run: Run) -> None:
        self.vault, self._run = vault, run
        make_repository(vault)

    @property
    def anna(self) -> Path:
        return self.vault / "customers" / "anna.md"

    def change(self, old: str, new: str, path: Path | None = None) -> None:
        place = path or self.anna
        text = place.read_bytes().decode()
        assert old in text
        place.write_bytes(text.replace(old, new).encode())

    def log(self, line: str, path: Path | None = None) -> None:
        self.change("## Log\n\n", f"## Log\n\n- {line}\n", path)

    def commit(self, day: str, author: str = "Ola") -> str:
        return commit(self.vault, day, author)

    def ask(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401  # click's result
        result = self._run("--vault", self.vault, "--today", DAY, *words)
        assert result.exit_code == code, result.output
        return result

    def json(self, *words: str) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.ask(*words, "--json").stdout)

    def told(self, *words: str) -> list[str]:
        """The words of all changes, oldest commit first."""
        records = self.json("history", *(words or ("anna",)))
        return [one["words"] for record in reversed(records) for one in record["changes"]]


@pytest.fixture
def book(make_vault: MakeVault, run: Run) -> Book:
    return Book(make_vault({"anna": ANNA}, "tiers: {gold: {}, silver: {}}\ntimezone: Europe/Warsaw\n"), run)


# What is told


def test_what_changed_when_and_by_whom(book: Book) -> None:
    book.commit("2026-11-01", "Ola")
    book.log("2026-11-02 call: Hello")
    book.commit("2026-11-02T22:59:59+00:00", "Jan Žák")
    book.change("tier: gold", "tier: silver")
    lines = book.ask("history", "anna").stdout.splitlines()
    assert lines[:4] == [
        "not committed",
        "    tier: gold → silver",
        f"2026-11-02 23:59  Jan Žák  {git(book.vault, 'rev-parse', '--short=8', 'HEAD').stdout.strip()}",
        "    logged 2026-11-02 call: Hello",
    ]
    assert lines[-1] == "    file made (customers/anna.md): 3 fields, 1 follow-up, 1 log entry, notes"


def test_since_and_limit(book: Book) -> None:
    for number in range(1, 6):
        book.log(f"2026-10-2{number} call: Number {number}")
        book.commit(f"2026-11-0{number}")
    assert len(book.json("history", "anna", "--since", "2026-11-04")) == 2
    assert len(book.json("history", "anna", "--since", "2 days ago")) == 0
    result = book.ask("history", "anna", "--limit", "2")
    assert result.stdout.count("logged") == 2
    assert "3 more: give a higher --limit." in result.stderr


def test_other_customers_commits_are_not_told(book: Book) -> None:
    (book.vault / "customers" / "jan.md").write_text(ANNA.replace("Anna", "Jan"))
    book.commit("2026-11-01")
    book.change("gold", "silver", book.vault / "customers" / "jan.md")
    book.commit("2026-11-02")
    assert len(book.json("history", "anna")) == 1


def test_line_ends_that_git_changes_are_nothing_uncommitted(book: Book) -> None:
    book.commit("2026-11-01")
    book.anna.write_bytes(book.anna.read_bytes().replace(b"\n", b"\r\n"))
    assert [one["commit"] is None for one in book.json("history", "anna")] == [False]
    assert "No customer's file differs." in book.ask("diff").stdout


# Renames


@pytest.mark.parametrize("by", ["ptcrm", "hand", "folder"])
def test_renames_are_followed(by: str, book: Book, run: Run) -> None:
    (book.vault / "customers" / "jan.md").write_text("---\nname: Jan\n---\nSee [[anna]].\n")
    book.commit("2026-11-01")
    book.log("2026-11-02 call: Before")
    book.commit("2026-11-02")
    new = book.vault / "customers" / "ania.md"
    if by == "ptcrm":
        run("--vault", book.vault, "rename", "anna", "ania")
    elif by == "hand":
        book.anna.rename(new)
        book.change("tier: gold", "tier: silver", new)
    else:
        (book.vault / "customers" / "trade").mkdir()
        new = book.vault / "customers" / "trade" / "anna.md"
        book.anna.rename(new)
        (book.vault / "customers" / "jan.md").rename(new.with_name("jan.md"))
    assert any("file renamed" in line for line in book.told("anna kowalska")), "not committed"
    book.commit("2026-11-03")
    book.log("2026-11-04 call: After", new)
    book.commit("2026-11-04")
    told = book.told("anna kowalska")
    assert told[-1] == "logged 2026-11-04 call: After"
    assert f"file renamed: customers/anna.md → {new.relative_to(book.vault).as_posix()}" in told
    assert "logged 2026-11-02 call: Before" in told
    assert told.count("file made (customers/anna.md)") == 1
    assert book.told("anna" if by == "folder" else "customers/anna") == told  # by its earlier name


def test_an_other_customer_in_the_same_place_is_not_her_past(book: Book) -> None:
    book.commit("2026-11-01")
    book.anna.unlink()
    (book.vault / "customers" / "ania.md").write_text(ANNA.replace("Anna Kowalska", "Ania Maj"))
    book.commit("2026-11-02")
    book.told("ania")
    (book.vault / "customers" / "ania.md").rename(book.anna)
    book.commit("2026-11-03")
    assert book.told("ania") == [
        "file made (customers/ania.md)",
        *book.told("ania")[1:-1],
        "file renamed: customers/ania.md → customers/anna.md",
    ]


def test_one_who_is_gone_still_has_a_history(book: Book) -> None:
    book.commit("2026-11-01")
    book.anna.unlink()
    assert book.told()[-1] == "file deleted (customers/anna.md)"
    book.commit("2026-11-02")
    assert book.told()[-1] == "file deleted (customers/anna.md)"
    assert "is gone" in book.ask("blame", "anna", code=3).stderr
    assert "Nobody here answers" in book.ask("history", "zenon", code=3).stderr


# Merges


def merge(book: Book, *, text: str | None = None) -> None:
    """Merge the branch `side`; `text` is what the customer's file says then."""
    git(book.vault, "merge", "-q", "--no-commit", "--no-ff", "-s", "ours", "side")
    if text is not None:
        book.anna.write_text(text)
    book.commit("2026-11-10")


def fork(book: Book) -> None:
    """Two branches, each with an entry and a field of its own."""
    book.commit("2026-11-01")
    git(book.vault, "checkout", "-q", "-b", "side")
    book.log("2026-11-02 call: On the side")
    book.commit("2026-11-02", "Jan")
    git(book.vault, "checkout", "-q", "main")
    book.change("tags: [bike-shop]", "tags: [bike-shop, vip]")
    book.commit("2026-11-03")


BOTH = ANNA.replace("[bike-shop]", "[bike-shop, vip]").replace(
    "## Log\n\n", "## Log\n\n- 2026-11-02 call: On the side\n"
)


def test_of_a_merge_nothing_is_told_that_its_sides_have_told(book: Book) -> None:
    fork(book)
    merge(book, text=BOTH)
    assert book.told().count("logged 2026-11-02 call: On the side") == 1
    assert book.told().count("tags: added vip") == 1
    assert len(book.json("history", "anna")) == 3


def test_what_a_merge_changed_itself_is_told(book: Book) -> None:
    fork(book)
    merge(
        book, text=BOTH.replace("tier: gold", "tier: silver").replace("- 2026-11-02 call: On the side\n", "")
    )
    assert book.told()[-2:] == ["tier: gold → silver", "log entry removed: 2026-11-02 call: On the side"]


def test_a_side_of_which_nothing_was_taken_is_passed_over(book: Book) -> None:
    fork(book)
    merge(book)
    assert "logged 2026-11-02 call: On the side" not in book.told()


@pytest.mark.parametrize("kept", ["gold", "bronze"])
@pytest.mark.parametrize("is_added", [False, True])
def test_who_resolved_is_not_who_wrote(book: Book, kept: str, is_added: bool) -> None:
    text = ANNA.replace("tier: gold", "tier: silver")
    book.anna.write_text(text)
    if is_added:
        book.anna.unlink()
    book.commit("2026-11-01")
    git(book.vault, "checkout", "-q", "-b", "side")
    book.anna.write_text(text.replace("silver", "bronze"))
    book.log("2026-11-02 call: On the side")
    book.commit("2026-11-02", "Jan")
    git(book.vault, "checkout", "-q", "main")
    book.anna.parent.mkdir(exist_ok=True)
    book.anna.write_text(text.replace("silver", "gold"))
    book.log("2026-11-03 call: On main")
    book.commit("2026-11-03", "Marta")
    git(book.vault, "merge", "-q", "--no-commit", "--no-ff", "-s", "ours", "side")
    book.anna.write_text(text.replace("silver", kept))
    book.log("2026-11-03 call: On main")
    book.log("2026-11-02 call: On the side")
    commit(book.vault, "2026-11-10", "Resolver")
    assert [one["author"] for one in book.json("history", "anna")][:2] == ["Marta", "Jan"]
    author = {one["text"]: one["author"] for one in book.json("blame", "anna")}
    assert author[kept] == {"gold": "Marta", "bronze": "Jan"}[kept]


def test_a_rename_on_one_side_and_an_edit_on_the_other(book: Book) -> None:
    book.commit("2026-11-01")
    git(book.vault, "checkout", "-q", "-b", "side")
    book.anna.rename(book.anna.with_name("ania.md"))
    book.commit("2026-11-02")
    git(book.vault, "checkout", "-q", "main")
    book.log("2026-11-03 call: On main")
    book.commit("2026-11-03")
    git(book.vault, "merge", "-q", "--no-commit", "--no-ff", "side")
    book.commit("2026-11-04")
    told = book.told("anna")
    assert told.count("file renamed: customers/anna.md → customers/ania.md") == 1
    assert told.count("logged 2026-11-03 call: On main") == 1
    assert sum("file made" in line for line in told) == 1


# Files that cannot be read


def test_a_version_that_cannot_be_read_is_told_by_lines(book: Book) -> None:
    book.commit("2026-11-01")
    book.change("tier: gold", "tier: [gold")
    book.log("2026-11-02 call: While it was broken")
    book.commit("2026-11-02", "Jan")
    book.change("tier: [gold", "tier: gold")
    book.commit("2026-11-03")
    told = book.told()
    assert "the file cannot be read as a customer any more: 2 lines added, 1 line removed" in told
    assert told[-2:] == [
        "the file can be read as a customer again: 1 line added, 1 line removed",
        "logged 2026-11-02 call: While it was broken",
    ]
    book.change("tier: gold", "tier: [gold")
    assert "cannot be read" in book.told()[-1]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names cannot be there")
@pytest.mark.parametrize("name", [b"a\nb.md", b"-x.md", b'quo"te\\.md', "Zoe\u0308.md".encode()])
def test_hostile_names(name: bytes, book: Book) -> None:
    place = Path(os.fsdecode(os.fsencode(book.anna.parent) + b"/" + name))
    place.write_text(ANNA.replace("Anna Kowalska", "Ola Zima"))
    book.commit("2026-11-01")
    book.change("tier: gold", "tier: silver", place)
    book.commit("2026-11-02")
    assert book.told("ola zima")[-1] == "tier: gold → silver"
    assert "Ola Zima" in book.ask("show", "ola zima", "--as-of", "2026-11-01").stdout
    assert "tier: gold → silver" in book.ask("diff", "HEAD~1", "ola zima").stdout


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names cannot be there")
def test_a_name_that_is_no_text_harms_nobody_else(book: Book) -> None:
    Path(os.fsdecode(os.fsencode(book.anna.parent) + b"/\xff.md")).write_text(ANNA)
    book.commit("2026-11-01")
    assert len(book.json("history", "customers/anna")) == 1
    assert "Anna" in book.ask("show", "anna", "--as-of", "2026-11-01").stdout


def test_authors_cannot_colour_the_screen(book: Book) -> None:
    book.commit("2026-11-01", "\x1b[31mred\x1b]0;x\x07")
    for words in (["history", "anna"], ["blame", "anna"]):
        assert "\x1b" not in book.ask(*words).output


# Where there is nothing to tell


def test_without_a_repository(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": ANNA})
    for words in (["history", "anna"], ["blame", "anna"], ["diff"], ["show", "anna", "--as-of", "today"]):
        result = run("--vault", vault, "--today", DAY, *words)
        assert result.exit_code == 3
        assert "is in no git repository" in result.stderr
        assert "git init" in result.stderr


def test_without_a_commit(book: Book) -> None:
    for words in (["history", "anna"], ["diff"], ["restore", "anna", "--as-of", "today"]):
        assert "Nothing has been committed yet" in book.ask(*words, code=3).stderr


def test_without_git(book: Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    repo.git.cache_clear()
    assert "git is not installed" in book.ask("history", "anna", code=1).stderr
    repo.git.cache_clear()


def test_a_shallow_clone_says_where_its_history_ends(book: Book, tmp_path: Path, run: Run) -> None:
    for number in range(1, 5):
        book.log(f"2026-10-2{number} call: Number {number}")
        book.commit(f"2026-11-0{number}")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "2", book.vault.as_uri(), str(clone))
    result = run("--vault", clone, "--today", DAY, "history", "anna")
    assert "here the history of this shallow clone begins" in result.stdout
    assert result.stdout.count("logged") == 1
    assert "The clone is shallow" in run("--vault", clone, "--today", DAY, "blame", "anna").stderr
    early = run("--vault", clone, "--today", DAY, "show", "anna", "--as-of", "2026-11-01")
    assert "git fetch --unshallow" in early.stderr
    git(clone, "fetch", "-q", "--unshallow")
    assert run("--vault", clone, "--today", DAY, "history", "anna").stdout.count("logged") == 3


# Commits that are kept


def test_commits_that_are_rewritten_are_not_told(book: Book) -> None:
    book.commit("2026-11-01")
    book.log("2026-11-02 call: Wrong")
    book.commit("2026-11-02")
    assert "logged 2026-11-02 call: Wrong" in book.told()
    git(book.vault, "reset", "-q", "--hard", "HEAD~1")
    book.log("2026-11-02 call: Right")
    book.commit("2026-11-02")
    assert book.told()[-1] == "logged 2026-11-02 call: Right"
    assert "logged 2026-11-02 call: Wrong" not in book.told()
    git(book.vault, "reflog", "expire", "--expire=now", "--all")
    git(book.vault, "gc", "-q", "--prune=now")
    book.log("2026-11-03 call: More")
    book.commit("2026-11-03")
    assert book.told()[-2:] == ["logged 2026-11-02 call: Right", "logged 2026-11-03 call: More"]


def test_a_vault_inside_a_larger_repository(tmp_path: Path, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": ANNA}, name="a b/vault")
    make_repository(tmp_path / "a b")
    (tmp_path / "a b" / "customers").mkdir()
    (tmp_path / "a b" / "customers" / "anna.md").write_text(ANNA.replace("Anna", "Other"))
    commit(tmp_path / "a b", "2026-11-01")
    (vault / "customers" / "anna.md").write_text(ANNA.replace("gold", "silver"))
    assert "tier: gold → silver" in run("--vault", vault, "diff").stdout
    commit(tmp_path / "a b", "2026-11-02")
    (tmp_path / "a b" / "other.md").write_text("x")
    commit(tmp_path / "a b", "2026-11-03")
    found = json.loads(run("--vault", vault, "history", "anna", "--json").stdout)
    assert [one["path"] for one in found] == ["customers/anna.md"] * 2
    shown = run("--vault", vault, "--today", DAY, "show", "anna", "--as-of", "2026-11-01").stdout
    assert "Anna Kowalska" in shown
    assert "gold" in shown


def test_the_cache_changes_nothing(book: Book, run: Run) -> None:
    fork(book)
    merge(book, text=BOTH)
    fresh = run("--vault", book.vault, "--today", DAY, "--no-cache", "history", "anna").stdout
    assert book.ask("history", "anna").stdout == fresh
    assert book.ask("history", "anna").stdout == fresh


# Who wrote what


def test_each_part_has_its_author(book: Book) -> None:
    book.commit("2026-11-01", "Ola")
    book.change("tier: gold\n", "")
    book.change("name: Anna", "tier: gold\nname: Anna")
    book.commit("2026-11-02", "Mover")
    book.change("name: Anna Kowalska", 'name: "Anna Kowalska"')
    book.change("Met at the fair.", "Met at the fair.\n\nRuns two shops.")
    book.log("2026-11-03 call: Hello")
    book.commit("2026-11-03", "Jan")
    book.change("- [ ]", "- [x]")
    rows = {one["text"]: (one["part"], one["author"], one["known"]) for one in book.json("blame", "anna")}
    assert rows == {
        "gold": ("field", "Ola", True),
        "Anna Kowalska": ("field", "Ola", True),
        "bike-shop": ("field", "Ola", True),
        "2026-12-01 call: Ask about the shop (done)": ("follow-up", None, True),
        "2026-11-03 call: Hello": ("log entry", "Jan", True),
        "2026-10-12 note: Card": ("log entry", "Ola", True),
        "Met at the fair.": ("notes", "Ola", True),
        "Runs two shops.": ("notes", "Jan", True),
    }
    assert "not committed" in book.ask("blame", "anna").stdout


def test_a_commit_from_before_1970_is_no_error(book: Book) -> None:
    book.commit("2026-11-01")
    tree, parent = (git(book.vault, "rev-parse", what).stdout.strip() for what in ("HEAD^{tree}", "HEAD"))
    file = book.vault.parent / "raw"
    file.write_text(
        f"tree {tree}\nparent {parent}\nauthor A <a@b> 1700000000 +0000\ncommitter B <b@c> -100 +0000\n\nx\n",
        encoding="utf-8",
        newline="",
    )
    made = git(book.vault, "hash-object", "-t", "commit", "-w", "--literally", str(file)).stdout.strip()
    git(book.vault, "reset", "-q", "--soft", made)
    assert len(book.json("history", "anna")) == 1
    assert book.json("diff") == []
