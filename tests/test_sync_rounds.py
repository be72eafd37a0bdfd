"""Two devices and a remote, round after round: both end equal and hold every entry. `--whole` has 200 rounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.rounds import Rounds, prepare


@pytest.mark.slow
def test_both_sides_end_equal_and_hold_every_entry(tmp_path: Path, own_home: Path, *, whole: bool) -> None:
    prepare(own_home)
    rounds = Rounds(tmp_path, seed=5)
    rounds.run(200 if whole else 15)
    assert len(rounds.logged) > 15


def test_an_entry_that_is_lost_is_noticed(tmp_path: Path, own_home: Path) -> None:
    prepare(own_home)
    rounds = Rounds(tmp_path, seed=1)
    rounds.logged.append("e999")
    with pytest.raises(AssertionError, match="e999"):
        rounds.run(0)
