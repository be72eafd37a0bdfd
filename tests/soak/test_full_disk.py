"""A disk that is full, wherever it is: under the vault, under the undo store, under the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import DAY, Run

pytestmark = pytest.mark.slow

BODY = "He said a lot. " * 600
FILE = f"---\nname: Anna\n---\n\n{BODY}\n\n## Log\n\n- 2026-11-01 call: One\n"
Mount = Callable[[Path], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """`mount(folder)`: the folder is a disk of 64 KB from now on."""
    mounted = []

    def call(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
        if (
            shutil.which("mount") is None
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytest.skip("needs the right to mount a disk")
        mounted.append(folder)

    yield call
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, free: int) -> None:
    """Leave about `free` bytes on the disk of `folder`."""
    room = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    (folder / "ballast").write_bytes(b"x" * max(0, room - free))


def begin(root: Path) -> Path:
    (root / "customers").mkdir(parents=True)
    (root / "ptcrm.yaml").write_text("start: 2021-01-01\n")
    path = root / "customers" / "anna.md"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize("free", [0, 4096, 8192, 12288, 16384, 24576, 40960])
@pytest.mark.parametrize("full", ["vault", "state", "cache"])
def test_a_full_disk_loses_nothing(
    full: str, free: int, run: Run, tmp_path: Path, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {name: tmp_path / name for name in ("vault", "state", "cache")}
    mount(folders[full])
    monkeypatch.setenv("XDG_STATE_HOME", str(folders["state"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folders["cache"]))
    path = begin(folders["vault"])
    fill(folders[full], free)
    result = run("--vault", folders["vault"], "--today", DAY, "log", "anna", "call: Two")
    new = FILE.replace("- 2026-11-01", f"- {DAY} call: Two\n- 2026-11-01")
    if result.exit_code == 0:
        assert path.read_text() == new
    else:
        assert result.exit_code == 4
        assert "No space left on device" in result.stderr
        assert path.read_text() == FILE
    assert [one.name for one in path.parent.iterdir()] == ["anna.md"]
    assert run("--vault", folders["vault"], "--today", DAY, "show", "anna").exit_code == 0
    if full == "cache":
        assert result.exit_code == 0
    elif not free:
        assert result.exit_code == 4
    (folders[full] / "ballast").unlink()
    again = run("--vault", folders["vault"], "--today", DAY, "log", "anna", "call: Three")
    assert again.exit_code == 0
    assert "call: Three" in path.read_text()
