"""Real repositories for tests: git as a person calls it, with a name and nothing else of theirs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_WHO = ("-c", "user.name=Marta", "-c", "user.email=marta@shop.example")


def git(folder: Path, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Call git in `folder`; it must end with `code`, unless that is None."""
    line = ["git", "-C", str(folder), *_WHO, *arguments]
    ran = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", check=False)
    assert code is None or ran.returncode == code, ran.stdout + ran.stderr
    return ran


def make_repository(folder: Path) -> Path:
    """Make `folder` a repository, with a branch `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def commit(folder: Path, message: str = "A state") -> None:
    """Commit everything, without any hook."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", message)


def begin_with_a_name(folder: Path) -> None:
    """Make `folder` a repository with one commit, which knows the name for those to come, and an empty remote."""
    remote = folder.with_name(f"{folder.name}.git")
    shutil.rmtree(remote, ignore_errors=True)
    make_repository(folder)
    git(folder, "init", "--quiet", "--bare", str(remote))
    git(folder, "remote", "add", "origin", str(remote))
    git(folder, "config", "user.name", "Marta")
    git(folder, "config", "user.email", "marta@shop.example")
    commit(folder)
