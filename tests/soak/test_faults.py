"""A call to the system fails, or is the last one: the n-th of every kind, for every n (with strace).

Counted is from the moment when a command first looks at the vault; before that it has opened nothing of it.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from ptcrm.cli import cli
from tests.conftest import DAY, ROOT

STRACE = shutil.which("strace")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        STRACE is None and "PTCRM_TEST_STRACE" not in os.environ,
        reason="needs strace (apt-get install strace)",
    ),
]

ANNA = "---\nname: Anna\n---\n\nHer own words.\r\n\n## Log\n\n- 2026-11-01 call: One\n"
JAN = "---\nname: Jan\nreferred_by: '[[anna]]' # a friend\n---\n"
COMMANDS = {"log": ["log", "anna", "call: Two"], "rename": ["rename", "anna", "ania"]}
BEGINNINGS = {"log": "/ptcrm.yaml", "rename": "flock("}  # up to the lock all commands do the same
FAULTS = {
    "EIO": "error=EIO",
    "ENOSPC": "error=ENOSPC",
    "EINTR": "error=EINTR",
    "KILL": "signal=KILL",
}
REDUCED, BATCH = 24, 64
VITAL = ("fsync", "renameat2", "rename", "unlink", "link")
HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")


class Point(NamedTuple):
    """The `which`-th call of its name, and what happens there."""

    call: str
    which: int
    fault: str


class Place(NamedTuple):
    """A folder with a vault in it, and the folders of a user of its own."""

    folder: Path

    @property
    def vault(self) -> Path:
        return self.folder / "vault"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def trace(self) -> Path:
        return self.folder / "trace"

    def begin(self) -> None:
        """The vault as it is at first, read once so that the cache is filled."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.vault / "customers").mkdir(parents=True)
        (self.vault / "ptcrm.yaml").write_bytes(b"start: 2021-01-01\n")
        for name, text in {"anna": ANNA, "jan": JAN}.items():
            (self.vault / "customers" / f"{name}.md").write_bytes(text.encode())

    def run(self, *words: str, under: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ,
            **dict.fromkeys(HOMES, str(self.home)),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [*under, sys.executable, "-m", "ptcrm", "--vault", str(self.vault), "--today", DAY, *words]
        return subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
        )

    def files(self) -> dict[str, bytes]:
        """Everything in the vault, leftovers too."""
        paths = (path for path in self.vault.rglob("*") if path.is_file())
        return {path.relative_to(self.vault).as_posix(): path.read_bytes() for path in paths}


def calls_of(place: Place, command: list[str]) -> Iterator[tuple[str, int]]:
    """Every call that the command makes from its beginning on, as (name, which one of that name)."""
    place.begin()
    assert STRACE is not None
    assert place.run(*command, under=(STRACE, "-f", "-o", str(place.trace))).returncode == 0
    counts: Counter[str] = Counter()
    begun = False
    for line in place.trace.read_text(encoding="utf-8", errors="replace").splitlines():
        call = re.match(r"[0-9]+ +(?:<\.\.\. )?([a-z0-9_]+)(?:\(| resumed)", line)
        if not call or " resumed" in line:
            continue
        counts[call[1]] += 1
        begun = begun or BEGINNINGS[command[0]] in line
        if begun and call[1] not in ("exit_group", "futex", "munmap", "rt_sigaction", "brk"):
            yield call[1], counts[call[1]]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fault_at_any_call(name: str, tmp_path: Path, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    command = COMMANDS[name]
    first = Place(tmp_path / "first")
    calls = list(calls_of(first, command))
    new = first.files()
    first.begin()
    old = first.files()
    points = [Point(*call, fault) for call, fault in itertools.product(calls, FAULTS)]
    assert len(points) > 1000
    if not whole:  # some of all, and what durability rests on
        points = [*random.Random(11).sample(points, REDUCED), *(one for one in points if is_vital(one))]
    wrong = []
    for at in range(0, len(points), BATCH):
        batch = points[at : at + BATCH]
        places = [Place(tmp_path / str(number)) for number in range(len(batch))]
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(run_with_fault, places, batch, itertools.repeat(command)))
        for place, point, result in zip(places, batch, ended, strict=True):
            for home in HOMES:
                monkeypatch.setenv(home, str(place.home))
            said = what_is_wrong(place, result, old, new)
            if said:
                wrong.append(f"{point}: {said}; exit code {result.returncode}: {result.stderr[-400:]}")
    print(f"{name}: {len(points)} faults at {len(calls)} calls")  # noqa: T201  # a figure for whoever runs it
    assert wrong == []


def is_vital(point: Point) -> bool:
    return point.call in VITAL and point.fault in ("EIO", "KILL")


def run_with_fault(place: Place, point: Point, command: list[str]) -> subprocess.CompletedProcess[str]:
    """The command with one fault; what strace saw is in `place.trace`."""
    place.begin()
    assert STRACE is not None
    inject = f"inject={point.call}:{FAULTS[point.fault]}:when={point.which}"
    trace = ("-f", "--seccomp-bpf", "-y", "-o", str(place.trace), "-e", f"trace={point.call}")
    return place.run(*command, under=(STRACE, *trace, "-e", inject))


def what_is_wrong(
    place: Place, result: subprocess.CompletedProcess[str], old: dict[str, bytes], new: dict[str, bytes]
) -> str | None:
    """What must not be after a command with a fault, and after the command that comes next; or None."""
    if "Traceback" in result.stderr:
        return "a traceback"
    made = {name: content for name, content in place.files().items() if not name.endswith(".tmp")}
    if result.returncode == 0 and made != new:
        return "said to be done, and is not"
    seen = place.trace.read_text(encoding="utf-8", errors="replace")
    hit = next((line for line in seen.splitlines() if "(INJECTED)" in line), "")
    if result.returncode == 0 and "fsync" in hit and "EINTR" not in hit and "/vault/" in hit:
        return f"said to be done, though {hit}"
    later = CliRunner().invoke(cli, ["--vault", str(place.vault), "--today", DAY, "list"])
    if later.exit_code != 0:
        return f"the next command failed: {later.output}"
    return None if place.files() in (old, new) else f"neither old nor new: {place.files()}"
