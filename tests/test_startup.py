"""Start-up is a feature: what a command loads when everything is known, and what comes before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ptcrm import start
from tests.conftest import DAY, MakeVault

ANNA = "---\nname: Anna\ntier: gold\n---\nShe likes bells.\n\n## Log\n\n- 2026-11-02 call: Frames\n"
CONFIG = "start: 2021-01-04\ncountry: PL\ntimezone: Europe/Warsaw\ntiers: {gold: {cadence: 3 weeks}}\n"
LOOK = """
import sys
from ptcrm.__main__ import main
try:
    main()
except SystemExit as error:
    assert not error.code, error.code
finally:
    print(*sys.modules, file=sys.stderr)
"""

# What every command needs.
SHARED = """
    __main__ cli cli.options cli.output cli.progress cli.settings errors start
    workspace workspace.asked workspace.checked workspace.clock workspace.opened workspace.planned
    model model.config model.dates model.diagnostic model.item model.occurrence model.typed
    schedule schedule.level schedule.plan schedule.workdays
    text text.edits text.fold text.near text.safe text.source text.words
    vault vault.answers vault.cache vault.entries vault.index vault.listing vault.places
    vault.rows vault.scan vault.settings vault.store
"""
CUSTOMERS = "model.customer model.shape model.values"
QUERY = f"""
    {CUSTOMERS} text.caret text.markdown query query.configured query.days query.fields query.lexer query.matching query.nodes query.parser query.prose
    query.reading query.shell query.values vault.asked vault.condition
"""
FILE = f"{CUSTOMERS} model.reading text.frontmatter text.markdown vault.document vault.emit vault.log vault.schema"  # one is read

# Each command, and the parts of ptcrm that it may load besides.
MAY_LOAD = {
    "due": "cli.answer cli.asking cli.recording formats formats.columns schedule.campaigns schedule.channel views views.today",
    "list tier:gold": f"""{QUERY} cli.answer cli.listing cli.recording formats formats.columns formats.customers
        schedule.campaigns schedule.channel vault.known views views.listing""",
    "find bells": f"""{QUERY} cli.answer cli.finding cli.recording formats formats.columns formats.customers vault.known
        vault.library vault.prose vault.sought views views.finding views.customer views.playbook views.today {FILE}""",
    "show anna": f"""cli.choosing cli.recording cli.show formats formats.columns formats.customers schedule.campaigns schedule.channel schedule.obligations
        schedule.playbooks schedule.why vault.facts vault.notes views views.customer views.playbook views.today {FILE}""",
    "log anna call:x": f"""cli.choosing cli.log model.change vault.journal vault.replace vault.abridged vault.amend vault.fields vault.lines vault.members
        vault.applying vault.names views views.playbook views.writing views.entries {FILE}""",
}
# Not of ptcrm, nor of Python: what takes long to load is loaded where it is used.
OTHERS = {"click"}


def loaded(vault: Path, words: str, columns: int) -> set[str]:
    """The modules that are loaded when the command has ended."""
    line = [sys.executable, "-c", LOOK, "--vault", str(vault), "--today", DAY, *words.split(" ", 2)]
    env = {**os.environ, "COLUMNS": str(columns)}  # with other columns it is another question
    found = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", env=env, check=True)
    return set(found.stderr.splitlines()[-1].split())


def known(make_vault: MakeVault, words: str) -> Path:
    """A vault that has answered the command already."""
    vault = make_vault({"anna": ANNA}, CONFIG)
    os.utime(vault / "customers" / "anna.md", (1, 1))
    loaded(vault, words, 80)
    loaded(vault, "due", 80)
    return vault


@pytest.mark.parametrize("words", MAY_LOAD)
def test_a_command_loads_no_more_than_it_needs(make_vault: MakeVault, words: str) -> None:
    modules = loaded(known(make_vault, words), words, 81)
    ours = {name.removeprefix("ptcrm.") for name in modules if name.startswith("ptcrm.")}
    others = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    assert ours - {*SHARED.split(), *MAY_LOAD[words].split()} == set()
    assert {name for name in others if not name.startswith("_") and name != "ptcrm"} - OTHERS == set()


def test_an_answer_that_is_given_again_loads_next_to_nothing(make_vault: MakeVault) -> None:
    modules = loaded(known(make_vault, "due"), "due", 80)
    ours = {name for name in modules if name.startswith("ptcrm.")}
    assert ours == {
        "ptcrm.__main__",
        "ptcrm.start",
        *(f"ptcrm.vault{one}" for one in ("", ".answers", ".places", ".scan")),
    }
    assert not modules & {"click", "typing", "dataclasses", "re", "pathlib"}


@pytest.mark.parametrize("kind", ["cache", "config", "state"])
@pytest.mark.parametrize("given", [None, "", " ", "/somewhere/else"])
def test_the_users_folders_are_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, kind: str, given: str | None
) -> None:
    import platformdirs

    from ptcrm.vault.places import user_folder

    variable = f"XDG_{kind.upper()}_HOME"
    monkeypatch.delenv(variable, raising=False)
    if given is not None:
        monkeypatch.setenv(variable, given)
    expected = {
        "cache": platformdirs.user_cache_dir,
        "config": platformdirs.user_config_dir,
        "state": platformdirs.user_state_dir,
    }
    assert user_folder(kind) == expected[kind]("ptcrm")


@pytest.mark.parametrize(
    ("words", "is_kept"),
    [
        (["due"], True),
        (["--today", "2026-11-23", "--no-pager", "list", "x"], True),
        (["--no-cache", "due"], False),
        (["log", "anna", "call: x"], False),
        (["--vault"], False),
        ([], False),
    ],
)
def test_only_what_asks_in_the_plainest_way_is_looked_up(
    make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch, words: list[str], *, is_kept: bool
) -> None:
    asked, vault = [], make_vault({})
    monkeypatch.setenv("PTCRM_VAULT", str(vault))
    monkeypatch.setattr("sys.argv", ["ptcrm", *words])
    monkeypatch.setattr("ptcrm.vault.answers.given", lambda root, _: asked.append(root))
    assert start.is_answered() is False
    assert asked == ([str(vault)] if is_kept else [])
