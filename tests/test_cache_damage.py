"""Whatever becomes of the cache's file, commands answer as with `--no-cache`, and it is made anew without a word."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ptcrm.cli.options import Session
from ptcrm.vault import cache as caches
from ptcrm.vault.cache_file import stamp_at
from tests.conftest import ROOT
from tests.test_cached_answers import Life

COMMANDS = [
    line.split()
    for line in ("list --json", "due --all --json", "export ics", "check", "stats", "list frames", "show anna", "digest")
]  # fmt: skip


@pytest.fixture
def life(tmp_path: Path) -> Life:
    """A vault about which everything has been asked."""
    life = Life(tmp_path)
    for words in COMMANDS:
        life.ask(words)
    return life


def place_of(life: Life) -> Path:
    (place,) = life.folder.rglob("*.sqlite")
    return place


def bytes_at_places(content: bytearray, chance: random.Random) -> None:
    """Bytes that no plain text has: a letter in the place of another is in good form."""
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(len(content))] = chance.randrange(128, 256)


def a_block(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    content[at : at + 3000] = chance.randbytes(len(content[at : at + 3000]))


def zeros(content: bytearray, chance: random.Random) -> None:
    """Blocks that a disk has lost: whole pages; half a page of zeros may be in good form."""
    at = chance.randrange(len(content)) // 4096 * 4096
    content[at : at + 8192] = bytes(len(content[at : at + 8192]))


def the_end(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


@pytest.mark.slow
@pytest.mark.parametrize("damage", [bytes_at_places, a_block, zeros, the_end], ids=lambda one: one.__name__)
def test_a_damaged_file(damage: Callable[[bytearray, random.Random], None], life: Life, whole: bool) -> None:
    """Bytes that no longer make sense; those that say something else in good form cannot be told."""
    place = place_of(life)
    good, fresh = place.read_bytes(), [life.ask(words, "--no-cache") for words in COMMANDS]
    for seed in range(1000 if whole else 25):
        content, chance = bytearray(good), random.Random(seed)
        damage(content, chance)
        place.write_bytes(content)
        number = chance.randrange(len(COMMANDS))
        assert life.ask(COMMANDS[number]) == fresh[number], f"{seed}: {COMMANDS[number]}"


def _empty(place: Path) -> None:
    place.write_bytes(b"")


def _anothers(place: Path) -> None:
    place.unlink()
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("CREATE TABLE meta (name)")
        database.execute("CREATE TABLE customer (number INTEGER PRIMARY KEY)")
        database.execute("CREATE VIEW handle AS SELECT 1")


def _older(place: Path) -> None:
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("UPDATE meta SET value = '0.0.1 1 x' WHERE key = 'stamp'")
        database.execute("DROP TABLE customer")


def _newer(place: Path) -> None:
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("UPDATE meta SET value = '99.0 99 x' WHERE key = 'stamp'")
        database.execute("ALTER TABLE customer ADD COLUMN later TEXT")


def _gone(place: Path) -> None:
    shutil.rmtree(place.parent)


@pytest.mark.parametrize("damage", [_empty, _anothers, _older, _newer, _gone])
def test_a_file_of_another_kind_is_made_anew(damage: Callable[[Path], None], life: Life) -> None:
    place = place_of(life)
    stamp = stamp_at(place)
    for _ in range(2):
        damage(place)
        life.compare(COMMANDS)
        assert stamp_at(place) == stamp


def _folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


def _folder_is_a_file(place: Path) -> None:
    shutil.rmtree(place.parent)
    place.parent.write_text("a file")


@pytest.mark.parametrize("damage", [_folder, _folder_is_a_file])
def test_where_none_can_be_kept_commands_do_without(damage: Callable[[Path], None], life: Life) -> None:
    damage(place_of(life))
    life.compare(COMMANDS)


def test_a_folder_that_cannot_be_written_to(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    place, opened = place_of(life), os.open

    def refusing(path: str, flags: int, *more: int, **named: int) -> int:
        if os.fspath(path) == str(place):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *more, **named)

    life.append("anna", "New words.")
    before = place.read_bytes()
    monkeypatch.setattr("ptcrm.vault.cache.os.open", refusing)
    life.compare(COMMANDS)
    assert place.read_bytes() == before


@pytest.mark.parametrize("pages", [1, 2, 10, 30, 32, 33, 34, 36, 40])
def test_a_full_disk(pages: int, life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself says so, wherever it needs more room than there is."""
    connect = caches._connect  # noqa: SLF001

    def limited(place: Path) -> sqlite3.Connection:
        database = connect(place)
        database.execute(f"PRAGMA max_page_count = {pages}")
        return database

    monkeypatch.setattr(caches, "_connect", limited)
    for _ in range(2):
        life.compare(COMMANDS)
        place_of(life).unlink()
        life.append("anna", "More words. " * 999)


def test_what_fails_for_another_reason_is_said(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command begins anew once, and no more."""
    tries = []

    def fails(*_: object, **__: object) -> None:
        tries.append(1)
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr(Session, "workspace", fails)
    with pytest.raises(AssertionError, match="something went wrong inside ptcrm"):
        life.ask(["due", "--until", "friday"])
    assert len(tries) == 2


@pytest.mark.slow
def test_many_at_once_on_a_cold_cache(life: Life) -> None:
    """Processes that all find no cache, or one that others are making."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        **{f"XDG_{name}_HOME": str(life.folder) for name in ("CACHE", "STATE")},
    }
    line = [sys.executable, "-m", "ptcrm", "--vault", str(life.root), "--today", str(life.today)]
    for number in range(40):
        life.write(f"more{number}", "---\ntier: gold\n---\n")
    fresh = {tuple(words): life.ask(words, "--no-cache") for words in COMMANDS}
    for path in place_of(life).parent.iterdir():
        path.unlink()
    started = [
        (words, subprocess.Popen([*line, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        for words in COMMANDS[:6]
    ]
    for words, process in started:
        out, err = process.communicate(timeout=120)
        assert (out.decode(), err.decode(), process.returncode) == fresh[tuple(words)]
    life.compare(COMMANDS)


def test_an_answer_is_given_to_its_own_question_alone(life: Life) -> None:
    """In a damaged file a question may lead to the row of another."""
    asked = (["due", "--json"], ["list", "--json"])
    fresh = [life.ask(words, "--no-cache") for words in asked]
    for words in asked:
        life.ask(words)
    with closing(sqlite3.connect(place_of(life), isolation_level=None)) as database:
        questions = [one for (one,) in database.execute("SELECT question FROM answer")]
        assert len(questions) >= 2
        for number, one in enumerate(questions):
            database.execute("UPDATE answer SET question = ? WHERE question = ?", (str(number), one))
        for number, one in enumerate(questions[::-1]):
            database.execute("UPDATE answer SET question = ? WHERE question = ?", (one, str(number)))
    assert [life.ask(words) for words in asked] == fresh
