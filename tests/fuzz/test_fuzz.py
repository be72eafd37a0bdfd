"""Each target runs for a few seconds, where atheris is installed; `python -m tests.fuzz` runs them for long."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.fuzz.mutants import wrong
from tests.fuzz.targets import TARGETS, seeds

DEMANDED = os.environ.get("PTCRM_TEST_FUZZ") == "1"
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_are_taken(target: str) -> None:
    for seed in seeds(target):
        TARGETS[target](seed)


@pytest.mark.skipif(not (HAS_ATHERIS or DEMANDED), reason="atheris is not installed")
@pytest.mark.parametrize("target", TARGETS)
def test_no_bytes_are_too_much(target: str, whole: bool) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", "300" if whole else "3"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-5000:]


def test_the_short_way_through_front_matter_is_the_parsers(whole: bool) -> None:
    count = 1_000_000 if whole else 4000
    found, taken = wrong(count, seed=count)
    assert found == []
    assert taken > count / 10
