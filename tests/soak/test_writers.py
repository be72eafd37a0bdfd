"""Many at once: ptcrm beside itself, and ptcrm beside editors that know nothing of it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ptcrm.vault.journal import Journal
from ptcrm.vault.places import place_of
from tests.conftest import ROOT, MakeVault
from tests.soak.agents import SAVERS

pytestmark = pytest.mark.slow

HISTORY = "".join(
    f"- 20{year}-0{month}-01 call: History {year}/{month}\n" for year in (24, 25) for month in range(1, 10)
)
FILE = f"---\nname: NAME\n---\n\nSaved 0 times.\n\n## Log\n\n{HISTORY}"


def agent(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.soak.agents", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def lines_of(agents: list[subprocess.Popen[str]]) -> list[list[str]]:
    """What every agent printed, once all have ended well."""
    said = [one.communicate()[0].splitlines() for one in agents]
    assert [one.returncode for one in agents] == [0] * len(agents)
    return said


def test_every_line_of_many_writers_is_there(make_vault: MakeVault, tmp_path: Path, whole: bool) -> None:
    writers, count = (16, 500) if whole else (16, 6)
    vault = make_vault({"anna": "---\nname: Anna\n---\n\n## Log\n\n- 2026-11-01 call: The first\n"})
    said = lines_of(
        [agent("write", vault, f"w{one}", "anna", count, tmp_path / "stop") for one in range(writers)]
    )
    assert sum(map(len, said)) == writers * count
    text = (vault / "customers" / "anna.md").read_text(encoding="utf-8")
    found = re.findall(r"^- 2026-11-23 (call: w[0-9]+ number [0-9]+\.)$", text, re.MULTILINE)
    assert sorted(found) == sorted(line for lines in said for line in lines)
    assert text.endswith("- 2026-11-01 call: The first\n")
    assert [path.name for path in (vault / "customers").iterdir()] == ["anna.md"]


def test_ptcrm_beside_editors_loses_nothing(make_vault: MakeVault, tmp_path: Path, whole: bool) -> None:
    """Ten minutes in full, in rounds of 20 seconds with files of their own."""
    rounds, seconds = (30, 20.0) if whole else (1, 5.0)
    acknowledged = saved = 0
    for number in range(rounds):
        vault = make_vault({how: FILE.replace("NAME", how) for how in SAVERS}, name=f"vault{number}")
        stop = tmp_path / f"stop{number}"
        savers = [agent("edit", vault, how, how, stop) for how in SAVERS]
        writers = [agent("write", vault, f"r{number}", how, 10**6, stop) for how in SAVERS]
        time.sleep(seconds)
        stop.touch()
        saves, logged = lines_of(savers), lines_of(writers)
        kept = undo_store(vault)
        for how, times, texts in zip(SAVERS, saves, logged, strict=True):
            text = (vault / "customers" / f"{how}.md").read_text(encoding="utf-8")
            assert HISTORY in text, f"{how}: history is gone"
            assert f"Saved {times[-1]} times." in text, f"{how}: a save is gone"
            lost = [line for line in texts if line not in text and line not in kept]
            assert lost == [], how
            acknowledged, saved = acknowledged + len(texts), saved + len(times)
        assert {path.name for path in (vault / "customers").iterdir()} == {f"{how}.md" for how in SAVERS}
    print(f"{acknowledged} lines acknowledged, {saved} saves by editors")  # noqa: T201  # a figure for whoever runs it
    assert acknowledged > rounds * 10
    assert saved > rounds * 10


def undo_store(vault: Path) -> str:
    """All that the undo store holds, as one text."""
    import platformdirs

    journal = Journal(platformdirs.user_state_path("ptcrm") / place_of(vault))
    return "\n".join(
        change.new.decode()
        for record in journal.records()
        for change in record.operation.changes
        if hasattr(change, "new")
    )
