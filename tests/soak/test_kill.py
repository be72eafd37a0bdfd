"""A process that ends at any moment: the next command finds all of an operation or nothing of it."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import platformdirs
import pytest
from click.testing import CliRunner

from ptcrm.cli import cli
from ptcrm.vault.places import place_of
from tests.conftest import DAY, MakeVault

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

FILES = {
    "anna": "---\nname: Anna\n---\n\nHer own words.\r\n\n- [ ] 2026-11-20 call: Ask\n\n## Log\n\n- 2026-11-01 call: One\n",
    "jan": "---\nname: Jan\nreferred_by: '[[anna]]' # a friend\n---\n",
    "ewa": "See [[anna|her]].",
}
# What the process does, over and over; each step changes something.
STEPS = [
    ["log", "Anna", "call: Two"],
    ["rename", "Anna", "ania"],
    ["set", "Anna", "tier", "gold"],
    ["done", "Anna", "--log", "Three"],
    ["rename", "Anna", "anna"],
    ["undo"],
    ["log", "Jan", "call: Four"],
    ["set", "Anna", "tags", "a", "b"],
    ["undo"],
    ["snooze", "Anna", "+1w"],
    ["add", "Ola"],
    ["rename", "Jan", "jan-nowak"],
]


def do(vault: Path, step: list[str]) -> None:
    result = CliRunner().invoke(cli, ["--vault", str(vault), "--today", DAY, *step])
    assert result.exit_code == 0, f"{step}: {result.output}"


def files(vault: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (vault / "customers").iterdir()}


def state(vault: Path) -> Path:
    return platformdirs.user_state_path("ptcrm") / place_of(vault)


def test_kill_at_random_points(make_vault: MakeVault, whole: bool) -> None:
    times = 1000 if whole else 40
    config = "start: 2021-01-01\ntiers:\n  gold: {}\n"
    reference = make_vault(FILES, config, name="reference")
    expected = [files(reference)]
    begun = time.perf_counter()
    for step in STEPS:
        do(reference, step)
        expected.append(files(reference))
    longest = time.perf_counter() - begun
    chance = random.Random(7)
    ended = []
    for number in range(times):
        vault = make_vault(FILES, config, name=f"vault{number}")
        do(vault, ["list"])
        done = killed_while_working(vault, chance.uniform(0, longest))
        do(vault, ["list"])  # the next command
        found = files(vault)
        assert found in expected[done : done + 2], f"round {number}, after {done} steps"
        left = {path.name for path in state(vault).iterdir()} if state(vault).exists() else set()
        assert {name for name in left if not name.removesuffix(".json").isdigit()} <= {"lock"}
        ended.append(done)
    assert len(set(ended)) > 3, "all ended at the same place"


def killed_while_working(vault: Path, seconds: float) -> int:
    """Work in a process of its own, end it after `seconds`; the number of steps that it has said are done."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            for step in STEPS:
                do(vault, step)
                os.write(writer, b".")
        finally:
            os._exit(0)
    os.close(writer)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as said:
        return len(said.read())
