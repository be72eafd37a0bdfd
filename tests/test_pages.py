"""The pages of a vault: what they show, and that their forms write what the commands write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import DAY, MakeVault, Run
from tests.visitor import visiting

CONFIG = "start: 2021-01-04\ntimezone: Europe/Warsaw\ntiers: {gold: {cadence: 3 weeks}}\n"
ANNA = """---
name: Anna Kowalska
tier: gold
phones: ["+48 600 100 200"]
---
She likes **bells**.

## Follow-ups

- [ ] 2026-11-20 call: Ask about the shop
- [ ] 2026-11-21 email: Send the list [every:: 1 month]

## Log

- 2026-11-02 call: Frames
- 2026-10-01 visit: Bells
"""


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA}, CONFIG)


def twin(vault: Path) -> Path:
    """The same vault once more, for a command."""
    return Path(shutil.copytree(vault, vault.parent / "twin"))


def text(vault: Path, stem: str = "anna") -> bytes:
    return (vault / "customers" / f"{stem}.md").read_bytes()


@pytest.mark.parametrize(
    ("action", "which", "typed", "command"),
    [
        ("log", 0, {"text": "call: The bell rings"}, ("log", "anna", "call: The bell rings")),
        (
            "log",
            0,
            {"text": "note: One\r\ntwo", "on": "yesterday"},
            ("log", "anna", "-", "--date", "yesterday"),
        ),
        ("done", 0, {}, ("done", "anna", "1")),
        ("done", 1, {}, ("done", "anna", "2")),
        ("snooze", 0, {"until": "+2w"}, ("snooze", "anna", "+2w")),
    ],
)
def test_a_form_writes_what_the_command_writes(
    vault: Path, run: Run, action: str, which: int, typed: dict[str, str], command: tuple[str, ...]
) -> None:
    other = twin(vault)
    assert run("--vault", other, "--today", DAY, *command, text="note: One\ntwo").exit_code == 0
    with visiting(vault) as browser:
        page = browser.send(f"/customers/anna/{action}", which=which, **typed)
        assert text(vault) == text(other) != ANNA.encode()
        assert page.status == 200
        assert f"Written: {action if action != 'snooze' else 'set'} anna" in page.words
        assert "customers/anna.md:" in page.words
        browser.send("/undo", "/?done=1")
    assert text(vault) == ANNA.encode()
