"""What one user wants in all vaults: config.yaml, variables, and what is said of values that cannot be used."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest

from ptcrm.cli.options import user_setting, wants_colour
from ptcrm.cli.settings import SETTINGS
from tests.conftest import DAY, SAMPLE, Run
from tests.test_docs import first_column, page, section

RED = "\x1b[31m"


@pytest.fixture
def settings() -> Path:
    """The place of the user's config.yaml, whose folder is there."""
    folder = platformdirs.user_config_path("ptcrm")
    folder.mkdir(parents=True)
    return folder / "config.yaml"


def test_every_setting_and_variable_is_documented() -> None:
    text = section(page("commands"), "Your own settings")
    assert first_column(text) - {"~/.config/ptcrm/config.yaml"} >= SETTINGS.keys()
    for name, meaning in SETTINGS.items():
        assert f"| `{name}` | {meaning} |" in text
        assert f"PTCRM_{name.upper()}" in first_column(section(page("commands"), "Environment"))


@pytest.mark.parametrize("name", SETTINGS)
def test_the_variable_comes_before_the_file(
    name: str, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert user_setting(name) is None
    settings.write_text(f"{name}: always\n")
    assert user_setting(name) == "always"
    monkeypatch.setenv(f"PTCRM_{name.upper()}", "never")
    assert user_setting(name) == "never"
    monkeypatch.setenv(f"PTCRM_{name.upper()}", " ")
    assert user_setting(name) == "always"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("colour: never\n", "{}:1:1: “colour” is no setting. Did you mean “color”?"),
        ("shoe_size: 44\n", "{}:1:1: “shoe_size” is no setting. Known are: vault, editor, pager, color."),
        (
            "pager: less\ncolor: sometimes\n",
            "{}:2:8: “sometimes” is no choice for colours. Write one of: auto, always, never.",
        ),
        ("color:\n  - always\n", "{}:2:3: color takes a single value."),
        ("vault: [\n", "{}:2:1: "),
        ("- vault\n", "{}:1:1: "),
        ("\xff", "{}: not UTF-8 at byte 0. Save it as UTF-8."),
    ],
)
def test_what_cannot_be_used_is_said_once_and_passed_over(
    content: str, said: str, settings: Path, run: Run
) -> None:
    settings.write_text(content, encoding="latin-1")
    result = run("--vault", SAMPLE, "--today", DAY, "list")
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"ptcrm: {said.format(settings)}")
    assert RED not in result.stdout


def test_a_good_file_is_silent(settings: Path, run: Run) -> None:
    settings.write_text("# mine\nvault: /nowhere\neditor: vi\npager: less -R\ncolor: never\n")
    assert run("--vault", SAMPLE, "--today", DAY, "list").stderr == ""
    settings.write_text("")
    assert run("--vault", SAMPLE, "--today", DAY, "list").stderr == ""


def test_a_variable_that_cannot_be_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTCRM_COLOR", "yes")
    result = run("--vault", SAMPLE, "--today", DAY, "due")
    assert result.exit_code == 0
    assert (
        result.stderr
        == "ptcrm: PTCRM_COLOR: “yes” is no choice for colours. Write one of: auto, always, never.\n"
    )
    monkeypatch.delenv("PTCRM_COLOR")
    monkeypatch.setenv("PTCRM_TODAY", "tomorrow")
    result = run("--vault", SAMPLE, "due")
    assert result.exit_code == 2
    assert "“tomorrow” is no date" in result.stderr


@pytest.mark.parametrize(
    ("variable", "no_color", "file", "wanted"),
    [
        ("", False, "", None),
        ("", True, "", False),
        ("", True, "always", False),
        ("always", True, "never", True),
        ("never", False, "always", False),
        ("", False, "always", True),
        ("", False, "never", False),
        ("auto", True, "always", None),
    ],
)
def test_colours(
    variable: str,
    no_color: bool,
    file: str,
    wanted: bool | None,
    settings: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    settings.write_text(f"color: {file}\n")
    monkeypatch.setenv("PTCRM_COLOR", variable)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    assert wants_colour() is wanted


def test_colours_reach_a_pipe_if_they_are_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RED not in run("--vault", SAMPLE, "--today", DAY, "due").stdout
    monkeypatch.setenv("PTCRM_COLOR", "always")
    assert RED in run("--vault", SAMPLE, "--today", DAY, "due").stdout


def test_the_day_may_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTCRM_TODAY", DAY)
    assert run("--vault", SAMPLE).stdout.startswith("Monday 23 November 2026")
    assert run("--vault", SAMPLE, "--today", "2026-11-24").stdout.startswith("Tuesday 24 November 2026")


@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell script")
def test_the_editor_is_the_one_that_is_set(
    settings: Path, sample: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def editor(name: str) -> Path:
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\necho {name} > "{tmp_path}/used"\n')
        script.chmod(0o755)
        return script

    def used() -> str:
        assert run("--vault", sample, "--today", DAY, "edit", "thies").exit_code == 0
        return (tmp_path / "used").read_text().strip()

    monkeypatch.setenv("EDITOR", str(editor("theirs")))
    assert used() == "theirs"
    settings.write_text(f"editor: {editor('mine')}\n")
    assert used() == "mine"
    monkeypatch.setenv("PTCRM_EDITOR", str(editor("now")))
    assert used() == "now"
