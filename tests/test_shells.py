"""Completion in real bash, zsh and fish: keys and TABs on a pseudo-terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import SAMPLE
from tests.test_completion import NASTY

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from tests.shells import Shell

SHELLS = ("bash", "zsh", "fish")
in_json = partial(json.dumps, ensure_ascii=False)  # which YAML reads


def begun(name: str, vault: Path, folder: Path) -> Iterator[Shell]:
    if shutil.which(name) is None:
        if os.environ.get("PTCRM_TEST_SHELLS"):
            pytest.fail(f"there is no {name}")
        pytest.skip(f"there is no {name}")
    shell = Shell(name, vault, folder)
    yield shell
    shell.close()


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """Each shell, with the sample vault."""
    yield from begun(request.param, SAMPLE, tmp_path)


@pytest.fixture(params=SHELLS)
def among_nasty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """Each shell, with a vault of customers whose names would do harm if anything ran them."""
    folder = tmp_path / "vault" / "customers"
    folder.mkdir(parents=True)
    (tmp_path / "vault" / "ptcrm.yaml").write_text("")
    for at, name in enumerate(NASTY):
        text = f"---\nname: {in_json(name)}\ntags: [{in_json(f'Z{name}')}]\n---\n"
        (folder / f"c{at}.md").write_text(text, encoding="utf-8")
    yield from begun(request.param, tmp_path / "vault", tmp_path)
    assert not (tmp_path / "pwned").exists()


def test_words_that_tab_completes(shell: Shell) -> None:
    for keys, line in (
        ("ptcrm lis\t", "ptcrm list "),
        ("ptcrm list ta\t", "ptcrm list tag:"),
        ("ptcrm list ta\tbake\t", "ptcrm list tag:bakery "),
        ("ptcrm list status:active -tag:bake\t", "ptcrm list status:active -tag:bakery "),
        ('ptcrm list "tag:bake\t', 'ptcrm list "tag:bakery" '),
        ("ptcrm due --until tom\t", "ptcrm due --until tomorrow "),
        ("ptcrm export ics --feed=b\t", "ptcrm export ics --feed=birthdays "),
        ("ptcrm show thies-p\t", "ptcrm show thies-petersen "),
        ('ptcrm show "Thies P\t', 'ptcrm show "Thies Petersen" '),
        ("ptcrm set thies tier g\t", "ptcrm set thies tier gold "),
        ("ptcrm show thiem\t", "ptcrm show thiemann "),
        ("ptcrm show th\t", "ptcrm show th"),
    ):
        assert shell.line(keys) == line
    name = "lukasz-zak" if shell.name == "fish" else "łukasz-żak"
    assert shell.line("ptcrm show luk\t") == f"ptcrm show {name} "
    assert shell.line("ptcrm log thies cal\t").rstrip() == "ptcrm log thies call:"


def test_a_name_with_a_blank_arrives_as_one_word(shell: Shell) -> None:
    assert shell.given("ptcrm show Thies\\ P\t", 2) == ["show", "Thies Petersen"]
    assert shell.given('ptcrm show "Thies P\t', 2) == ["show", "Thies Petersen"]
    assert shell.given("ptcrm show 'Thies P\t", 2) == ["show", "Thies Petersen"]


def test_choices_are_listed(shell: Shell) -> None:
    shown = shell.listed("ptcrm list ti\t" + ("" if shell.name == "fish" else "\t"))
    assert "tier:" in shown
    assert "timezone:" in shown


def test_files_and_folders_are_the_shells_own(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "some folder").mkdir()
    line = shell.line("ptcrm --vault som\t")
    assert line.replace("\\", "").startswith("ptcrm --vault some folder/")


def test_nothing_in_a_name_is_run_or_changed(among_nasty: Shell) -> None:
    for name in NASTY:
        assert among_nasty.given(f"ptcrm show {name[:2]}\t", 2) == ["show", name]
    for name in NASTY[:4]:
        assert among_nasty.given(f'ptcrm show "{name[:2]}\t', 2) == ["show", name]
        assert among_nasty.given(f"ptcrm show '{name[:2]}\t", 2) == ["show", name]


def test_nothing_in_a_tag_is_run_or_changed(among_nasty: Shell) -> None:
    for name in NASTY[:7]:
        wanted = 'tag:"' + f"Z{name}".replace('"', '""') + '"'
        assert among_nasty.given(f"ptcrm list tag:Z{name[:2]}\t", 2) == ["list", wanted]
    name = NASTY[0]
    assert among_nasty.given(f'ptcrm list "tag:Z{name[:2]}\t', 2) == ["list", f'tag:"Z{name}"']
