"""`ptcrm check --staged`: the vault as git's index has it, whatever is on the disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ptcrm.git import repo as repo_module
from ptcrm.git.repo import Repo
from tests.conftest import MakeVault, Run
from tests.repos import commit, git, make_repository

ANNA = "---\nname: Anna\n---\n"
BROKEN = "---\nname: [Jan\n---\n"
WARNED = "---\nname: Jan\nbrithday: 1984-05-17\n---\n"
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="such names and links are not to be had there")


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    """A repository with one commit, and a hook of ours' work to be done by hand."""
    root = make_repository(make_vault({"anna": ANNA}))
    commit(root)
    return root


def write(vault: Path, name: str, text: str | bytes) -> None:
    path = vault / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def stage(vault: Path, name: str, text: str | bytes) -> None:
    write(vault, name, text)
    git(vault, "add", "--all")


def codes(run: Run, vault: Path, *words: str, code: int) -> list[tuple[str, str]]:
    result = run("--vault", vault, "check", "--staged", "--json", *words)
    assert result.exit_code == code, result.output
    return [(one["path"], one["code"]) for one in json.loads(result.stdout)]


def test_the_index_is_looked_at_and_not_the_disk(run: Run, vault: Path) -> None:
    stage(vault, "customers/jan.md", BROKEN)
    write(vault, "customers/jan.md", ANNA)
    assert codes(run, vault, code=1) == [("customers/jan.md", "PT003")]
    stage(vault, "customers/jan.md", "---\nname: Jan\n---\n")
    write(vault, "customers/jan.md", BROKEN)
    assert codes(run, vault, code=0) == []


def test_what_is_not_staged_is_not_looked_at(run: Run, vault: Path) -> None:
    write(vault, "customers/jan.md", BROKEN)
    assert codes(run, vault, code=0) == []
    commit(vault)
    stage(vault, "customers/eva.md", "---\nname: Eva\n---\n")
    assert codes(run, vault, code=0) == []


def test_path_line_and_column_are_said_as_usual(run: Run, vault: Path) -> None:
    stage(vault, "customers/jan.md", BROKEN)
    result = run("--vault", vault, "check", "--staged")
    assert result.exit_code == 1
    assert result.stdout.startswith("customers/jan.md:3:1: error PT003: ")
    assert result.stderr == "1 staged file checked: 1 error, 0 warnings.\n"


def test_warnings_are_said_and_stop_nothing(run: Run, vault: Path) -> None:
    stage(vault, "customers/jan.md", WARNED)
    assert codes(run, vault, code=0) == [("customers/jan.md", "PT101")]
    assert codes(run, vault, "--ignore", "PT1", code=0) == []
    assert codes(run, vault, "--select", "PT2", code=0) == []


def test_editors_get_paths_from_the_current_folder(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(vault, "customers/jan.md", BROKEN)
    monkeypatch.chdir(vault / "customers")
    assert run("check", "--staged", "--format", "gcc").stdout.startswith("jan.md:3:1: error: ")
    assert "file=jan.md,line=3" in run("check", "--staged", "--format", "github").stdout


def test_before_the_first_commit_everything_is_looked_at(run: Run, make_vault: MakeVault) -> None:
    root = make_repository(make_vault({"anna": ANNA, "jan": BROKEN}))
    assert codes(run, root, code=0) == []
    git(root, "add", "--all")
    assert codes(run, root, code=1) == [("customers/jan.md", "PT003")]


def test_a_vault_in_a_folder_of_the_repository(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({"anna": ANNA}, name="top/my vault")
    top = make_repository(root.parent)
    write(top, "customers/other.md", BROKEN)
    git(top, "add", "--all")
    assert codes(run, root, code=0) == []
    stage(top, "my vault/customers/jan.md", BROKEN)
    assert codes(run, root, code=1) == [("customers/jan.md", "PT003")]


@pytest.mark.parametrize(
    "name",
    [
        "notes/jan.md",
        "customers/jan.txt",
        "customers/jan.md~",
        "customers/.jan.md",
        "customers/.hidden/jan.md",
        "customers/node_modules/jan.md",
        "customers/anna_BASE_1.md",
        "customers/anna 2.md",
        "customers/anna (1).md",
        "customers/anna.sync-conflict-20261120-101500-ABCDEF.md",
        "customersx/jan.md",
    ],
)
def test_what_is_no_customers_file_is_passed_over(run: Run, vault: Path, name: str) -> None:
    stage(vault, name, BROKEN)
    assert codes(run, vault, code=0) == []


@pytest.mark.parametrize(
    "name", ["customers/jan 2.md", "customers/a/b/jan.MD", "customers/-x.md", "customers/ü.md"]
)
def test_other_names_are_customers(run: Run, vault: Path, name: str) -> None:
    stage(vault, name, BROKEN)
    assert codes(run, vault, code=1) == [(name, "PT003")]


@ON_POSIX
def test_odd_names_and_links(run: Run, vault: Path) -> None:
    write(vault, "customers/two\nlines.md", BROKEN)
    write(vault, os.fsdecode(b"customers/\xff.md"), ANNA)
    (vault / "customers" / "link.md").symlink_to("two\nlines.md")
    git(vault, "add", "--all")
    assert codes(run, vault, code=1) == [("customers/?.md", "PT009"), ("customers/two\nlines.md", "PT003")]


def test_bytes_that_are_no_text(run: Run, vault: Path) -> None:
    stage(vault, "customers/jan.md", b"---\nname: J\xe1n\n---\n")
    assert codes(run, vault, code=1) == [("customers/jan.md", "PT001")]


# Settings


def test_the_settings_are_those_of_the_index(run: Run, vault: Path) -> None:
    stage(vault, "ptcrm.yaml", "customers: people\ntiers: {gold: {}}\n")
    write(vault, "ptcrm.yaml", "start: 2021-01-01\n")
    write(vault, "people/jan.md", "---\ntier: golf\n---\n")
    stage(vault, "customers/eva.md", BROKEN)
    git(vault, "reset", "-q", "ptcrm.yaml")
    assert codes(run, vault, code=1) == [("customers/eva.md", "PT003")]
    stage(vault, "ptcrm.yaml", "customers: people\ntiers: {gold: {}}\n")
    write(vault, "ptcrm.yaml", "start: 2021-01-01\n")
    assert codes(run, vault, code=0) == [("people/jan.md", "PT403")]


def test_problems_of_staged_settings_are_said(run: Run, vault: Path) -> None:
    stage(vault, "ptcrm.yaml", "tirs: {}\n")
    assert codes(run, vault, code=0) == [("ptcrm.yaml", "PT501")]
    commit(vault)
    stage(vault, "customers/jan.md", ANNA)
    assert codes(run, vault, code=0) == []


def test_staged_settings_that_cannot_be_read_stop_the_commit(run: Run, vault: Path) -> None:
    stage(vault, "ptcrm.yaml", "tiers: [\n")
    write(vault, "ptcrm.yaml", "")
    result = run("--vault", vault, "check", "--staged")
    assert (result.exit_code, result.stderr[:18]) == (1, "ptcrm: ptcrm.yaml:")


def test_settings_on_the_disk_that_cannot_be_read_stop_nothing(run: Run, vault: Path) -> None:
    stage(vault, "customers/jan.md", ANNA)
    write(vault, "ptcrm.yaml", "tiers: [\n")
    result = run("--vault", vault, "check", "--staged")
    assert result.exit_code == 0
    assert "Ids across files were not looked at" in result.stderr


def test_settings_that_are_not_in_the_index_are_those_on_the_disk(run: Run, make_vault: MakeVault) -> None:
    root = make_repository(make_vault({}, "customers: people\n"))
    write(root, "people/jan.md", BROKEN)
    git(root, "add", "people")
    assert codes(run, root, code=1) == [("people/jan.md", "PT003")]


# Ids


def test_two_staged_files_with_one_id(run: Run, vault: Path) -> None:
    write(vault, "customers/a.md", "---\nid: jan\n---\n")
    stage(vault, "customers/b.md", "---\nid: JAN\n---\n")
    assert codes(run, vault, code=1) == [("customers/a.md", "PT401"), ("customers/b.md", "PT401")]


def test_a_staged_file_with_the_id_of_another_one(run: Run, vault: Path) -> None:
    stage(vault, "customers/b.md", "---\nid: anna\n---\n")
    assert codes(run, vault, code=1) == [("customers/b.md", "PT401")]


def test_an_id_on_the_disk_alone_is_nobodys(run: Run, vault: Path) -> None:
    stage(vault, "customers/b.md", "---\nid: jan\n---\n")
    write(vault, "customers/jan.md", ANNA)
    write(vault, "customers/anna.md", "---\nid: jan\n---\n")
    assert codes(run, vault, code=0) == []


def test_a_file_that_was_moved_has_its_id_alone(run: Run, vault: Path) -> None:
    git(vault, "mv", "customers/anna.md", "customers/ania.md")
    stage(vault, "customers/ania.md", "---\nid: anna\n---\n")
    write(vault, "customers/anna.md", ANNA)
    assert codes(run, vault, code=0) == []


# How git calls


def test_only_staged_files_are_read_from_git(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository(
        make_vault({f"one-{number}": f"---\nid: x{number}\n---\n" for number in range(50)})
    )
    commit(root)
    stage(root, "customers/jan.md", BROKEN)
    read: list[str] = []
    blobs = Repo.blobs

    def counting(self: Repo, names: list[str]) -> dict[str, bytes]:
        found = blobs(self, names)
        read.extend(found)
        return found

    monkeypatch.setattr(Repo, "blobs", counting)
    assert codes(run, root, code=1) == [("customers/jan.md", "PT003")]
    assert len(read) == 2  # the file and ptcrm.yaml


@pytest.mark.parametrize("words", [["--all"], ["customers/anna.md"], ["--include", "customers/anna.md"]])
def test_the_index_of_a_commit_that_names_files_is_the_one(run: Run, vault: Path, words: list[str]) -> None:
    assert run("--vault", vault, "git", "setup").exit_code == 0
    commit(vault)
    write(vault, "customers/anna.md", BROKEN)
    stopped = git(vault, "commit", "--message", "x", *words, code=1)
    assert "customers/anna.md:3:1: error PT003" in stopped.stdout + stopped.stderr
    write(vault, "customers/anna.md", ANNA + "More.\n")
    stage(vault, "customers/anna.md", BROKEN)
    write(vault, "customers/anna.md", ANNA + "More.\n")
    git(vault, "commit", "--message", "x", *words)


def test_a_file_of_the_index_that_is_not_committed_is_not_looked_at(run: Run, vault: Path) -> None:
    assert run("--vault", vault, "git", "setup").exit_code == 0
    commit(vault)
    stage(vault, "customers/jan.md", BROKEN)
    write(vault, "customers/anna.md", ANNA + "More.\n")
    git(vault, "commit", "--message", "x", "customers/anna.md")
    git(vault, "commit", "--message", "x", code=1)


def test_outside_a_repository_nothing_is_staged(run: Run, make_vault: MakeVault) -> None:
    result = run("--vault", make_vault({}), "check", "--staged")
    assert (result.exit_code, "no git repository" in result.stderr) == (3, True)


@pytest.mark.parametrize("option", ["--fix", "--diff", "--unsafe-fixes"])
def test_nothing_is_mended_in_the_index(run: Run, vault: Path, option: str) -> None:
    assert run("--vault", vault, "check", "--staged", option).exit_code == 2


def test_git_that_is_missing_is_said(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    repo_module.git.cache_clear()
    result = run("--vault", vault, "check", "--staged")
    repo_module.git.cache_clear()
    assert (result.exit_code, "git is not installed" in result.stderr) == (1, True)
