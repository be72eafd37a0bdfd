"""Real repositories for tests: git with nothing of the user's own settings, and commits of any day and author."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def git(
    folder: Path, *arguments: str, code: int | None = 0, day: str | None = None, author: str = "Ola"
) -> subprocess.CompletedProcess[str]:
    """Call git in `folder`; it must end with `code`, unless that is None. `day` and `author` are those of a commit."""
    names = {"NAME": author, "EMAIL": "ola@example.org", **({"DATE": day} if day else {})}
    who = {f"GIT_{one}_{what}": value for one in ("AUTHOR", "COMMITTER") for what, value in names.items()}
    ran = subprocess.run(
        ["git", "-C", str(folder), "-c", "core.autocrlf=false", *arguments],
        env={**os.environ, **_ENVIRONMENT, **who},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert code is None or ran.returncode == code, ran.stdout + ran.stderr
    return ran


def make_repository(folder: Path) -> Path:
    """Make `folder` a repository without a commit, with a branch `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def commit(folder: Path, day: str | None = None, author: str = "Ola") -> str:
    """Commit everything, without any hook: now, or at noon (UTC) of the day unless it has a time; the id."""
    at = day if day is None or "T" in day else f"{day}T12:00:00+00:00"
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--allow-empty", "-m", "x", day=at, author=author)
    return git(folder, "rev-parse", "HEAD").stdout.strip()


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


def give_a_past(vault: Path) -> None:
    """Let a copy of the sample vault be committed by Ola, then changed by Marta, then changed and not committed."""
    jan = vault / "customers" / "trade" / "jan-nowak.md"
    last = jan.read_bytes()
    newest = next(line for line in last.split(b"\n") if line.startswith(b"- 2026-11-17"))
    before = last.replace(newest + b"\n", b"").replace(b"tier: gold", b"tier: silver")
    make_repository(vault)
    jan.write_bytes(before)
    commit(vault, "2026-11-01", "Ola")
    jan.write_bytes(last)
    commit(vault, "2026-11-17", "Marta")
    jan.write_bytes(last.replace(b"role: ramiarz", b"role: ramiarz, mistrz"))
