"""A vault in a git repository, with commits of any day and author, for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def git(folder: Path, *arguments: str, day: str = "2026-01-01T12:00:00+00:00", author: str = "Ola") -> str:
    """What git prints; it must not fail. `day` and `author` are those of a commit."""
    names = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", author), ("EMAIL", "ola@example.org"), ("DATE", day))
    }
    line = ["git", "-C", str(folder), "-c", "core.autocrlf=false", *arguments]
    found = subprocess.run(
        line, env={**os.environ, **_ENVIRONMENT, **names}, capture_output=True, check=False
    )
    assert found.returncode == 0, found.stderr.decode(errors="replace")
    return found.stdout.decode(errors="replace").strip()


def begin(folder: Path) -> None:
    """A repository without a commit."""
    git(folder, "init", "-q", "-b", "main")


def commit(folder: Path, day: str, author: str = "Ola") -> str:
    """Commit all that there is, at noon (UTC) of the day unless there is a time; the id."""
    at = day if "T" in day else f"{day}T12:00:00+00:00"
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x", day=at, author=author)
    return git(folder, "rev-parse", "HEAD")


def live(vault: Path) -> None:
    """A copy of the sample vault with a past: committed by Ola, then changed by Marta, then changed and not committed."""
    jan = vault / "customers" / "trade" / "jan-nowak.md"
    last = jan.read_bytes()
    newest = next(line for line in last.split(b"\n") if line.startswith(b"- 2026-11-17"))
    before = last.replace(newest + b"\n", b"").replace(b"tier: gold", b"tier: silver")
    begin(vault)
    jan.write_bytes(before)
    commit(vault, "2026-11-01", "Ola")
    jan.write_bytes(last)
    commit(vault, "2026-11-17", "Marta")
    jan.write_bytes(last.replace(b"role: ramiarz", b"role: ramiarz, mistrz"))
