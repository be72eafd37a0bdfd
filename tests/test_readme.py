"""The README is true: what it shows is what the program prints, and its tour can be walked."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import DAY, ROOT, SAMPLE, Run

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_terminal_shown_is_the_terminal(run: Run, sample: Path) -> None:
    (shown,) = blocks("console")
    for part in re.split(r"^\$ ", shown, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        result = run("--vault", sample, "--today", DAY, *shlex.split(command)[1:])
        assert result.exit_code == 0
        assert output.strip("\n") == result.stdout.strip("\n")


def test_the_two_commands_name_what_is_there() -> None:
    main, tests = (block.strip() for block in blocks("sh")[:2])
    assert f"--today {DAY} export ics" in main
    assert "\n" not in main + tests
    assert f"its {len(list((SAMPLE / 'customers').rglob('*.md')))} customers" in TEXT


def test_the_tour(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the five minutes, in order, in a vault of one's own."""
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("markdown")
    lines = [line for block in blocks("sh")[2:] for line in block.splitlines()]
    assert len(lines) > 10
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
        elif words[1:2] in (["serve"], ["watch"]):  # they do not end
            assert run(words[1], "--help").exit_code == 0
        elif words[1:2] == ["edit"]:
            (tmp_path / "my-customers" / "customers" / "anna-kowalska.md").write_text(
                example, encoding="utf-8"
            )
        else:
            result = run("--today", "2026-12-01" if words[1:2] == ["done"] else DAY, *words[1:])
            assert result.exit_code == 0, (line, result.stderr)
    feed = Path("follow-ups.ics").read_text(encoding="utf-8")
    assert "Anna Kowalska's birthday (born 1984)" in feed
    assert [one.name for one in Path("customers").iterdir()] == ["anna-kowalska.md"]
