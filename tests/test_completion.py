"""Completion: what may stand at the cursor, in three real shells, and that nothing from a vault is ever run."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import platformdirs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.cli import cli
from ptcrm.cli.completing import BY_SHAPE, FREE, SPECIAL
from ptcrm.cli.completion import SHELLS
from ptcrm.cli.shellwords import Line, quoted, read_line
from ptcrm.cli.words import known_words
from tests.conftest import ROOT, SAMPLE, MakeVault, Run
from tests.test_docs import commands

BREAKS = " \t\n\"'@><=;|&(:"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
NASTY = [
    "Xa $(touch pwned) y",
    "Xb `touch pwned` y",
    "Xc 'q' y",
    'Xd "q" "y"',
    "Xe; touch pwned",
    "Xf \\ back \\",
    "Xg !! !touch y!",
    "Xh %n %F{red} {a,b} * ~ ?",
    "Xi | & > pwned < #",
    "Xj a:b=c@d (e) [f]",
    "Xk $HOME ${HOME} y'",
    "Xl 東京 🚲 żółw",
    "Xm " + "y" * 200,
]

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> Complete:
    """`complete("ptcrm li")`: the answer to the shell's script, line by line; nothing on stderr."""

    def call(line: str, vault: Path = SAMPLE, shell: str = "bash") -> list[str]:
        monkeypatch.setenv("PTCRM_VAULT", str(vault))
        environment = {"_PTCRM_COMPLETE": f"{shell}_complete", "_PTCRM_LINE": line, "_PTCRM_BREAKS": BREAKS}
        result = CliRunner().invoke(cli, env=environment, prog_name="ptcrm")
        assert (result.exit_code, result.stderr) == (0, "")
        return [one for one in result.stdout.splitlines() if one]

    from ptcrm.cli.completion import _words

    _words.cache_clear()
    return call


# The line


@given(TEXTS)
def test_quoted_words_read_back(word: str) -> None:
    assert shlex.split(quoted(word)) == [word]
    assert shlex.split(f"'{quoted(word, chr(39))}'") == [word]
    if not set(word) & set("!$`"):  # shlex knows no more; test_shells.py asks real shells
        assert shlex.split(f'"{quoted(word, chr(34))}"') == [word]
    assert read_line(f"ptcrm {quoted(word)} ").words == ("ptcrm", word)
    assert read_line(f"ptcrm {quoted(word)}").last == word


@given(st.text("ab:'\"\\ =@", max_size=12))
def test_a_line_is_read_as_a_shell_reads_it(text: str) -> None:
    line = read_line(f"{text} ")
    try:
        assert list(line.words) == shlex.split(text)
    except ValueError:
        assert line.quote or text.endswith("\\")
    whole = read_line(text, breaks=BREAKS)
    assert whole.last.startswith(whole.kept)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ptcrm li", Line(("ptcrm",), "li")),
        ("ptcrm list tag:b", Line(("ptcrm", "list"), "tag:b", "tag:")),
        ("ptcrm list @v", Line(("ptcrm", "list"), "@v")),
        ('ptcrm list "tag:b', Line(("ptcrm", "list"), "tag:b", "", '"')),
        ('ptcrm list tag:"b c', Line(("ptcrm", "list"), "tag:b c", "tag:", '"')),
        ('ptcrm list "tag:"b', Line(("ptcrm", "list"), "tag:b")),
        ("ptcrm show Anna\\ K", Line(("ptcrm", "show"), "Anna K")),
        ("ptcrm '' ", Line(("ptcrm", ""), "")),
    ],
)
def test_what_of_a_word_bash_replaces(text: str, line: Line) -> None:
    assert read_line(text, breaks=BREAKS) == line


# What may stand there


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ptcrm li", ["word library", "word list"]),
        ("ptcrm --vault /nowhere li", ["word library", "word list"]),
        ("ptcrm export i", ["word ics"]),
        ("ptcrm export csv --ta", ["word --table"]),
        ("ptcrm export csv --table f", ["word follow-ups"]),
        ("ptcrm export csv tags:bake", ["word bakery"]),
        ("ptcrm export print thies-p", ["word thies-petersen"]),
        ("ptcrm feed r", ["word rotate"]),
        ("ptcrm --to", ["word --today"]),
        ("ptcrm due --u", ["word --until"]),
        ("ptcrm due --until friday --u", []),
        ("ptcrm due --until next\\ m", ["word 'next month'"]),
        ("ptcrm list ta", ["open tag:"]),
        ("ptcrm list -ta", ["open -tag:"]),
        ("ptcrm list tags:bake", ["word bakery"]),
        ("ptcrm list tag:bakery,bi", ["word bakery,bike-shop"]),
        ("ptcrm list 'tier:gold (-tag:bake", ["word tier:gold (-tag:bakery"]),
        ("ptcrm list TIER:G", []),
        ("ptcrm list tier:G", ["word Gold"]),
        ("ptcrm list has:ema", ["word email"]),
        ("ptcrm list frame_s", ["open frame_size:"]),
        ("ptcrm list place:gda", ["word gdańsk"]),
        ("ptcrm list state:over", ["word overdue"]),
        ("ptcrm list no-field:x", []),
        ("ptcrm show thies-p", ["word thies-petersen"]),
        ('ptcrm show "Thies P', ["word Thies Petersen"]),
        ("ptcrm show Thies\\ P", ["word 'Thies Petersen'"]),
        ("ptcrm show thies P", ["word Petersen"]),
        ("ptcrm show peters", ["word petersen"]),
        ("ptcrm show luk", ["word łukasz-żak"]),
        ("ptcrm log thies cal", ["word call:"]),
        ("ptcrm log thies petersen cal", ["word call:"]),
        ("ptcrm log thies tele", ["word telefon:"]),
        ("ptcrm log thies call: ca", []),
        ("ptcrm log nobody-at-all cal", []),
        ("ptcrm set thies tie", ["word tier"]),
        ("ptcrm set thies tier go", ["word gold"]),
        ("ptcrm set thies status pa", ["word paused"]),
        ("ptcrm set thies company hotel-s", ["word hotel-spreeblick"]),
        ("ptcrm set thies tags bake", ["word bakery"]),
        ("ptcrm set thies prefers vis", ["word visit"]),
        ("ptcrm set thies cadence month", ["word monthly"]),
        ("ptcrm add Anna --tier si", ["word silver"]),
        ("ptcrm add Anna --tier=si", ["word silver"]),
        ("ptcrm snooze thies tom", ["word tomorrow"]),
        ("ptcrm move thies tom", ["word tomorrow"]),
        ("ptcrm move thies 2 next mon", ["word month"]),
        ("ptcrm export ics --feed b", ["word birthdays"]),
        ("ptcrm feed url foll", ["word followups"]),
        ("ptcrm feed rotate all foll", ["word followups"]),
        ("ptcrm campaign chr", ["word christmas"]),
        ("ptcrm draft thies th", ["word thank-you"]),
        ("ptcrm draft thies thank-you th", []),
        ("ptcrm draft thies thank-you --item steel", ["word steel-frames-evening"]),
        ("ptcrm check --select PT401,PT40", [f"word PT401,PT40{digit}" for digit in range(1, 8)]),
        ("ptcrm check --format gi", ["word github"]),
        ("ptcrm completion f", ["word fish"]),
        ("ptcrm help wh", ["word who", "word why"]),
        ("ptcrm --vault ", ["dir"]),
        ("ptcrm export ics -o ", ["file"]),
        ("ptcrm no-such-command ", []),
        ("ptcrm list --columns name,last_c", ["word name,last_contact"]),
        ("ptcrm list --sort -last_c", ["word -last_contact"]),
        ("ptcrm timeline --channel sale,vis", ["word sale,visit"]),
        ("ptcrm schema --answer bri", ["word brief"]),
        ("ptcrm plan --no-such x ", []),
        ("ptcrm undo ", []),
    ],
)
def test_candidates(line: str, answer: list[str], complete: Complete) -> None:
    assert sorted(complete(line)) == sorted(answer)


def test_a_saved_query(complete: Complete, make_vault: MakeVault) -> None:
    vault = make_vault({}, 'queries: {vip: "tier:gold", villages: "place:hel"}\ntiers: {gold: {}}\n')
    assert complete("ptcrm list @v", vault) == ["word @vip", "word @villages"]
    assert complete("ptcrm list -@vip", vault) == ["word @vip"]  # bash keeps the minus


def test_many_customers(complete: Complete, make_vault: MakeVault) -> None:
    names = ("anna-kowalska", "anna-nowak", "Łucja", "lukas")
    vault = make_vault({name: f"---\nname: {name.title()}\n---\n" for name in names})
    assert complete("ptcrm show ann", vault) == ["word anna-kowalska", "word anna-nowak"]
    assert complete("ptcrm show An", vault) == ["word Anna-Kowalska", "word Anna-Nowak"]
    assert complete("ptcrm show kow", vault) == []
    assert sorted(complete("ptcrm show lu", vault)) == ["word lukas", "word Łucja"]
    assert complete("ptcrm show luc", vault, "fish") == ["=lucja\tŁucja"]


def test_meanings(complete: Complete) -> None:
    assert complete("ptcrm list ta", shell="fish") == ["=tag:\twords to group by"]
    assert complete("ptcrm show thies-p", shell="fish") == ["=thies-petersen\tThies Petersen"]
    assert complete("ptcrm show thies-p", shell="zsh") == [
        "word",
        "thies-petersen",
        "thies-petersen  -- Thies Petersen",
    ]


def shape(param: click.Parameter) -> str:
    return (param.metavar or param.type.name).replace("[", "").replace("]", "").rstrip(".")


def params() -> Iterator[tuple[str, click.Parameter]]:
    for path, command in commands(cli):
        for param in command.params:
            if not (isinstance(param, click.Option) and (param.is_flag or param.count)):
                yield path.removeprefix("ptcrm").strip(), param


def test_every_value_is_completed_or_free() -> None:
    """A new option or argument says in completing.py what may stand there, or that it is a person's own."""
    missing = {
        f"{path} {param.opts[0]} {shape(param)}"
        for path, param in params()
        if not isinstance(param.type, click.Choice)
        and shape(param) not in BY_SHAPE.keys() | FREE
        and not {f"{path} {param.opts[0]}", f"{path} {shape(param)}"} & SPECIAL.keys()
    }
    assert missing == set()


# What it does to files, and how quick it is


def test_nothing_is_written_but_the_cache(
    complete: Complete, sample: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, folder in (("CACHE", "c"), ("STATE", "s"), ("CONFIG", "f")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(own_home / folder))
    before = {path: path.stat().st_mtime_ns for path in sample.rglob("*")}
    assert complete("ptcrm show thies-p", sample) == ["word thies-petersen"]
    assert {path: path.stat().st_mtime_ns for path in sample.rglob("*")} == before
    assert [path.name for path in own_home.iterdir()] == ["c"]
    (words,) = own_home.glob("c/ptcrm/words-*.json")
    assert words.stat().st_mode & 0o777 == 0o600


def test_what_another_command_left_unfinished_stays_as_it_is(complete: Complete, sample: Path) -> None:
    from ptcrm.vault.places import place_of

    note = platformdirs.user_state_path("ptcrm") / place_of(sample) / "pending.json"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    assert complete("ptcrm show thies-p", sample) == []
    assert note.read_text() == "{}"


def test_words_are_those_of_now(sample: Path, tmp_path: Path) -> None:
    def ids() -> set[str]:
        words = known_words(sample, tmp_path / "cache", tmp_path / "state")
        assert known_words(sample, tmp_path / "cache", tmp_path / "state") == words
        return {one[0] for one in words.customers}

    assert "thies-petersen" in ids()
    (sample / "customers" / "new.md").write_text("---\nname: New\n---\n")
    assert "new" in ids()
    (sample / "customers" / "new.md").write_text("---\nname: New\nid: newer\n---\n")
    assert "newer" in ids()
    (sample / "customers" / "new.md").unlink()
    assert not {"new", "newer"} & ids()
    with (sample / "ptcrm.yaml").open("a") as file:
        file.write("customers: customers/trade\n")
    assert "bernd-krause" not in ids()
    (words,) = (tmp_path / "cache").glob("words-*.json")
    words.write_text('{"state": 1}')
    assert "thies-petersen" in ids()


def test_what_goes_wrong_is_silent(complete: Complete, tmp_path: Path, make_vault: MakeVault) -> None:
    assert complete("ptcrm show a", tmp_path / "nowhere") == []
    assert complete("ptcrm show a", make_vault({}, "tiers: [\n")) == []
    assert complete("ptcrm list ti", make_vault({}, "", "empty")) == ["open tier:", "open timezone:"]
    assert complete("ptcrm show ", make_vault({}, "", "empty2")) == []


def test_remembered_words_need_neither_yaml_nor_the_cache(sample: Path, complete: Complete) -> None:
    complete("ptcrm show thies-p", sample)
    script = (
        "import os, sys; from ptcrm.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'yaml', 'rich', 'sqlite3', 'icalendar', 'ruamel.yaml'} & set(sys.modules)))"
    )
    for line in ("ptcrm show thies-p", "ptcrm list tag:bak", "ptcrm set thies tier go"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PATH": "", "_PTCRM_COMPLETE": "bash_complete", "_PTCRM_LINE": line, **environment(sample)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.startswith("word ")
        assert done.stdout.splitlines()[-1] == "[]"


def environment(vault: Path) -> dict[str, str]:
    import os

    kept = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "USERPROFILE", "LOCALAPPDATA")
    return {
        "PTCRM_VAULT": str(vault),
        "PYTHONPATH": str(ROOT),
        **{name: os.environ[name] for name in kept if name in os.environ},
    }


def test_what_no_terminal_shows_is_not_offered(complete: Complete, make_vault: MakeVault) -> None:
    names = ["Xa \x1b[31m red", "Xb\nline", "Xc \u202e bidi", "Xd\ttab\x07"]
    vault = make_vault(
        {
            f"c{at}": f"---\nname: {json.dumps(name)}\ntags: [{json.dumps(name)}]\n---\n"
            for at, name in enumerate(names)
        }
    )
    for shell in SHELLS:
        for line in ("ptcrm show X", "ptcrm list tag:X", "ptcrm show ", "ptcrm set c1 tags X"):
            text = "\n".join(complete(line, vault, shell))
            assert not set(text) & set("\x1b\u202e\x07\r"), text
            assert all(len(one) < 200 for one in text.splitlines())


# The scripts


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_can_be_read_by_its_shell(shell: str, run: Run) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    script = run("completion", shell).stdout
    done = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert " eval " not in script


def test_another_shell_is_refused(run: Run) -> None:
    result = run("completion", "csh")
    assert result.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in result.stderr
