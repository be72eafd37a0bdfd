"""How git is started: what it is told, what it may not run, and what is said when it fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ptcrm.git import repo


def run_git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run_git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def found(folder: Path) -> repo.Repo:
    one = repo.find(folder)
    assert one is not None
    return one


def test_a_repository_is_found_from_a_folder_inside(folder: Path) -> None:
    inside = folder / "a" / "b"
    inside.mkdir(parents=True)
    assert found(inside).top.resolve() == folder.resolve()
    assert found(inside).folder.resolve() == (folder / ".git").resolve()


def test_a_folder_without_git_is_no_repository(tmp_path: Path) -> None:
    assert repo.find(tmp_path) is None


def test_blobs_come_by_their_ids_and_missing_ones_are_left_out(folder: Path) -> None:
    one = found(folder)
    ids = [one.out("hash-object", "-w", "--stdin", stdin=text).decode().strip() for text in (b"a\n\0b", b"")]
    assert one.blobs([*ids, "0" * 40]) == {ids[0]: b"a\n\0b", ids[1]: b""}


def test_programs_of_the_repository_are_named_and_replaced(folder: Path) -> None:
    run_git(folder, "config", "filter.evil.clean", "touch canary")
    run_git(folder, "config", "credential.helper", "!touch canary")
    run_git(folder, "config", "merge.ptcrm.driver", "touch canary")
    one = found(folder)
    assert set(one.programs) == {"filter.evil.clean", "credential.helper"}
    assert dict(one.overrides) == {
        "filter.evil.clean": "",
        "credential.helper": "",
        "merge.ptcrm.driver": "false",
    }
    assert one.line("config", "filter.evil.clean") is None


def test_a_credential_helper_of_gits_own_is_no_program_of_the_repository(folder: Path) -> None:
    run_git(folder, "config", "credential.helper", "cache --timeout=3600")
    assert found(folder).programs == ()


def test_a_call_that_takes_too_long_is_stopped_with_what_it_started(folder: Path) -> None:
    script = folder / "slow.sh"
    script.write_text("sleep 60 & wait\n", encoding="utf-8")
    with pytest.raises(repo.GitError, match=r"took longer than 0\.2 seconds"):
        found(folder).run("-c", f"alias.slow=!sh {script.as_posix()}", "slow", seconds=0.2)


def test_git_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    repo.git.cache_clear()
    with pytest.raises(repo.GitError, match="git is not installed"):
        repo.find(tmp_path)
    repo.git.cache_clear()


def test_git_is_not_taken_from_the_current_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", os.environ["PATH"])))
    repo.git.cache_clear()
    assert Path(repo.git()).parent != tmp_path
    repo.git.cache_clear()
