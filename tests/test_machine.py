"""A vault under random work: commands, an editor, sudden ends. The model is the entries, the fields, and the rest."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ptcrm.cli import cli, options
from ptcrm.vault import applying, replace
from tests.conftest import DAY

START = """---
name: Anna Kowalska # Ania
tier: gold
phones:
  - "+48 600"   # the shop
---

Met at the fair.\r
See [[jan]].

- [ ] 2026-11-20 call: Task 0 [every:: 1 week]

## Log

- 2026-11-01 call: Entry 0
  with a second line

## After

The end, without a line end"""
JAN = "---\nname: Jan\nreferred_by: '[[anna]]'\n---\n"
FIELDS = {"role": ["owner", "no", "0123", "a: b # c"], "language": ["pl", ""], "tier": ["gold", "silver", ""]}
CONFIG = "start: 2021-01-01\ntiers: {gold: {}, silver: {}}\n"


class Ended(BaseException):
    """The process ends here."""


class Vault(RuleBasedStateMachine):
    """Anna's file is `self.text` after every step, whichever way it was written."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.root = self.folder / "vault"
        (self.root / "customers").mkdir(parents=True)
        (self.root / "ptcrm.yaml").write_text(CONFIG)
        self.stem, self.count = "anna", 0
        self.path.write_bytes(START.encode())
        (self.root / "customers" / "jan.md").write_bytes(JAN.encode())
        self.entries = ["Entry 0"]
        self.fields = {"tier": "gold"}
        self.history = [self.files()]  # the states before each command that can be undone

    @property
    def path(self) -> Path:
        return self.root / "customers" / f"{self.stem}.md"

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.root / "customers").iterdir()}

    def run(self, *words: str) -> Result:
        env = {name: str(self.folder) for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME")}
        result = CliRunner().invoke(cli, ["--vault", str(self.root), "--today", DAY, *words], env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def write(self, *words: str) -> Result:
        before = self.files()
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        self.history.append(before)
        return result

    @rule()
    def log(self) -> None:
        self.count += 1
        self.write("log", "Kowalska", f"call: Entry {self.count}")
        self.entries.append(f"Entry {self.count}")

    @rule()
    def done(self) -> None:
        """The follow-up repeats, so there is always one."""
        self.write("done", "Kowalska", "1")

    @rule(name=st.sampled_from(sorted(FIELDS)), data=st.data())
    def set(self, name: str, data: st.DataObject) -> None:
        value = data.draw(st.sampled_from(FIELDS[name]))
        before = self.files()
        result = self.run("set", "Kowalska", name, value)
        assert result.exit_code == 0, result.output
        if "there is no" not in result.output and self.files() != before:
            self.history.append(before)
        if value:
            self.fields[name] = value
        else:
            self.fields.pop(name, None)

    @rule(stem=st.sampled_from(["anna", "ania", "Anna Nowak"]))
    def rename(self, stem: str) -> None:
        if stem == self.stem:
            assert self.run("rename", "Kowalska", stem).exit_code == 2
            return
        self.write("rename", "Kowalska", stem)
        self.stem = stem

    @rule()
    def edit(self) -> None:
        """An editor changes the prose; what was done before cannot be undone any more."""
        self.count += 1
        self.path.write_bytes(self.path.read_bytes().replace(b"The end", b"Edit %d. The end" % self.count))
        self.history = [self.files()]

    @precondition(lambda self: len(self.history) > 1)
    @rule()
    def undo(self) -> None:
        before = self.history.pop()
        assert self.run("undo").exit_code == 0
        assert self.files() == before
        self.learn()

    @precondition(lambda self: len(self.history) == 1)
    @rule()
    def undo_nothing(self) -> None:
        before = self.files()
        assert self.run("undo").exit_code in (0, 3, 4)
        if self.files() != before:
            self.history = [self.files()]
            self.learn()

    def learn(self) -> None:
        """What the file says after an undo, by eye."""
        (path,) = [path for path in (self.root / "customers").glob("*.md") if path.name != "jan.md"]
        self.stem = path.stem
        text = path.read_bytes().decode()
        self.entries = [
            line.partition("call: ")[2].rstrip("\r")
            for line in text.split("\n")
            if line.startswith("- 2026") and "call: Entry" in line
        ]
        head = text.split("---")[1]
        lines = [line.partition(": ") for line in head.strip().split("\n")]
        self.fields = {key: value.strip("'\"") for key, _, value in lines if key in FIELDS}

    @rule(at=st.integers(1, 60), command=st.sampled_from(["log", "rename"]))
    def crash(self, at: int, command: str) -> None:
        """A command ends at some call to the system; the next one finds all of it or nothing."""
        before, count = self.files(), 0
        new = "ola" if self.stem != "ola" else "anna"
        words = ["log", "Kowalska", "call: Entry 999"] if command == "log" else ["rename", "Kowalska", new]

        def end() -> None:
            nonlocal count
            count += 1
            if count >= at:
                raise Ended

        with pytest.MonkeyPatch.context() as patch:
            watch(patch, end)
            patch.setattr(applying, "_roll_back", lambda *_: None)
            finished = False
            with contextlib.suppress(Ended):
                finished = self.run(*words).exit_code == 0
        self.run("list")
        after = self.files()
        if after == before:
            assert not finished
            return
        self.history.append(before)
        self.learn()
        changed = self.entries.count("Entry 999") if command == "log" else self.stem == new
        assert changed

    @invariant()
    def the_model_agrees(self) -> None:
        text = self.path.read_bytes().decode()
        found = [line for line in text.split("\n") if "call: Entry" in line]
        assert sorted(line.partition("call: ")[2].rstrip("\r") for line in found) == sorted(self.entries)
        for name in FIELDS:
            shown = [line for line in text.split("---")[1].split("\n") if line.startswith(f"{name}: ")]
            assert [line.partition(": ")[2].strip("'\"") for line in shown] == (
                [self.fields[name]] if name in self.fields else []
            )
        for part in ("name: Anna Kowalska # Ania\n", 'phones:\n  - "+48 600"   # the shop\n'):
            assert part in text
        for part in ("Met at the fair.\r\nSee [[jan]].\n", "  with a second line\n", "## After\n"):
            assert part in text
        assert text.endswith("The end, without a line end")
        assert text.count("[ ]") == 1
        assert set(self.files()) == {self.path.name, "jan.md"}
        assert self.files()["jan.md"] == JAN.replace("[[anna]]", f"[[{self.stem}]]").encode()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


def watch(patch: pytest.MonkeyPatch, before: Callable[[], None]) -> None:
    """Call `before` ahead of every call that changes a file."""

    def watched(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            before()
            return real(*args, **options)

        return call

    for name in ("fsync", "unlink", "rename", "replace", "chmod", "link"):
        patch.setattr(os, name, watched(getattr(os, name)))
    exchange = replace.exchanger()
    if exchange:
        patch.setattr(replace, "exchanger", lambda: watched(exchange))


@pytest.mark.slow
def test_a_vault_under_random_work(whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "_PAUSE_SECONDS", 0)
    run_state_machine_as_test(
        Vault,
        settings=settings(
            max_examples=500 if whole else 12,
            stateful_step_count=40 if whole else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
