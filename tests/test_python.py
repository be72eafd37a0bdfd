"""What other Python programs may use (docs/python.md): stable names, loaded late, and safe to write with."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import ptcrm
from ptcrm import NotFoundError, Operation, RefusedError, UsageError, Workspace
from tests.conftest import DAY, ROOT, SAMPLE, Run
from tests.test_docs import first_column, page, section

TODAY = date.fromisoformat(DAY)


def test_every_stable_name_is_there_and_documented() -> None:
    for name in ptcrm.__all__:
        assert getattr(ptcrm, name) is not None
    assert first_column(section(page("python"), "The names")) == set(ptcrm.__all__)


def test_what_the_page_says_of_a_workspace_is_there() -> None:
    row = next(line for line in page("python").splitlines() if line.startswith("| `Workspace`"))
    with Workspace.at(SAMPLE, TODAY) as vault:
        for name in (
            row.replace("`", "").replace(" and ", ", ").partition(" with ")[2].strip(" |").split(", ")
        ):
            assert hasattr(vault, name), name


def test_a_name_is_loaded_when_it_is_asked_for() -> None:
    script = (
        "import sys, ptcrm; from ptcrm import PtcrmError, Operation; "
        "print(sorted({'ptcrm.workspace', 'yaml', 'click', 'sqlite3', 'rich'} & set(sys.modules))); "
        "from ptcrm import Workspace; print(sorted({'click', 'rich', 'icalendar'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines() == ["[]", "[]"]


def test_the_vault_is_the_one_of_the_commands(sample: Path, run: Run) -> None:
    with Workspace.at(str(sample), TODAY) as vault:
        vault.write(vault.logged("thies", "Talked about the frames", date(2026, 11, 20)))
        assert vault.customer("thies").log[0].date == date(2026, 11, 20)
        assert vault.cache.standings()["customers/trade/thies-petersen.md"].state(vault.today) == "ok"
    assert "Talked about the frames" in run("--vault", sample, "show", "thies").stdout
    assert run("--vault", sample, "undo").exit_code == 0


@pytest.mark.parametrize(
    ("who", "words", "day", "error"),
    [
        ("nobody", "call: Hello", None, NotFoundError),
        ("jan", "cal: Hello", None, UsageError),
        ("thies", "call:", None, UsageError),
        ("thies", "", None, UsageError),
        ("thies", "call: Hello", date(2026, 11, 24), UsageError),
        ("thies", "25:00 call: Hello", None, UsageError),
    ],
)
def test_what_cannot_be_logged(
    who: str, words: str, day: date | None, error: type[Exception], sample: Path
) -> None:
    with Workspace.at(sample, TODAY) as vault, pytest.raises(error):
        vault.logged(who, words, day)


def test_nothing_is_written_over_what_somebody_saved(sample: Path) -> None:
    with Workspace.at(sample, TODAY) as vault:
        operation = vault.logged("thies", "call: Hello")
        path = sample / "customers/trade/thies-petersen.md"
        path.write_bytes(path.read_bytes() + b"More.\n")
        before = path.read_bytes()
        with pytest.raises(RefusedError):
            vault.write(operation)
        assert path.read_bytes() == before
        with pytest.raises(NotFoundError):
            vault.undo()


def test_undo_gives_every_byte_back(sample: Path) -> None:
    path = sample / "customers/trade/thies-petersen.md"
    before = path.read_bytes()
    with Workspace.at(sample, TODAY) as vault:
        operation = vault.logged("thies", "call: Hello")
        assert path.read_bytes() == before
        vault.write(operation)
        assert b"2026-11-23 call: Hello" in path.read_bytes()
        assert vault.undo() == operation
        assert isinstance(operation, Operation)
    assert path.read_bytes() == before


def test_a_folder_that_is_no_vault(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no vault"):
        Workspace.at(tmp_path)


def test_a_query_that_cannot_be_read(sample: Path) -> None:
    with Workspace.at(sample, TODAY) as vault:
        with pytest.raises(UsageError):
            vault.customers("tier:golden")
        assert len(vault.customers()) == vault.index.count()
