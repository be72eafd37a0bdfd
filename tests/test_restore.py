"""The vault as it was on a day: show --as-of, and restore, which undo takes back."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.cli import cli
from ptcrm.git import repo
from ptcrm.git.changes import OfEntry, version
from ptcrm.git.commits import Commits
from ptcrm.git.history import History
from ptcrm.model.config import Config
from ptcrm.vault.cache import Cache
from ptcrm.vault.facts import Facts, facts_of
from ptcrm.vault.forms import Forms
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import Reading
from tests.conftest import MakeVault, Run
from tests.repos import commit, git, make_repository
from tests.test_history import ANNA, Book

CONFIG = "tiers: {gold: {}, silver: {}}\ntimezone: Europe/Warsaw\n"


@pytest.fixture
def book(make_vault: MakeVault, run: Run) -> Book:
    """Three days: made, an entry more, another tier; all committed."""
    one = Book(make_vault({"anna": ANNA}, CONFIG), run)
    one.commit("2026-11-01", "Ola")
    one.log("2026-11-02 call: Hello")
    one.commit("2026-11-02")
    one.change("tier: gold", "tier: silver")
    one.commit("2026-11-03")
    return one


def shown(book: Book, who: str, day: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(book.ask("show", who, "--as-of", day, "--json").stdout)
    return found


# show --as-of


def test_the_day_ends_in_the_vaults_zone(book: Book) -> None:
    book.change("tier: silver", "tier: gold")
    book.commit("2026-11-04T23:30:00+00:00")  # the fifth in Warsaw
    assert shown(book, "anna", "2026-11-04")["tier"] == "silver"
    assert shown(book, "anna", "2026-11-05")["tier"] == "gold"


@pytest.mark.parametrize("config", [CONFIG, f"{CONFIG}currency: PLN\n"])
def test_files_that_say_the_same_now_are_not_read_again(
    config: str, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    (book.vault / "customers" / "jan.md").write_text("---\nname: Jan\n---\n")
    book.commit("2026-11-04")
    book.change("tier: silver", "tier: gold")
    (book.vault / "ptcrm.yaml").write_text(config)
    for module in ("scan", "index"):  # no file is too young to be sure of
        monkeypatch.setattr(f"ptcrm.vault.{module}.RACY_NS", -1_000_000_000)
    read = list[str]()

    def noted(reading: Reading, forms: Forms) -> Facts:
        read.append(reading.document.source.path)
        return facts_of(reading, forms)

    monkeypatch.setattr("ptcrm.vault.facts.facts_of", noted)
    book.ask("show", "anna")
    read.clear()
    assert shown(book, "anna", "2026-11-04")["tier"] == "silver"
    assert read == ["customers/anna.md", *(["customers/jan.md"] if config != CONFIG else [])]


def test_today_is_that_day_and_the_commit_is_named(book: Book) -> None:
    result = book.ask("show", "anna", "--as-of", "2026-11-12")
    assert "last contact 2026-11-02 (call), 10 days ago" in result.stdout
    head = git(book.vault, "rev-parse", "--short=8", "HEAD").stdout.strip()
    assert f"as of Thursday 12 November 2026: 2026-11-03 13:00  Ola  {head}" in result.stderr


def test_by_the_name_of_then_or_of_now(book: Book, run: Run) -> None:
    run("--vault", book.vault, "rename", "anna", "ania")
    book.commit("2026-11-04")
    book.anna.write_text(ANNA.replace("name: Anna Kowalska", "id: other\nname: Another"))
    book.commit("2026-11-04")
    assert shown(book, "ania", "2026-11-02")["path"] == "customers/anna.md"
    assert shown(book, "kowalska", "2026-11-02")["name"] == "Anna Kowalska"
    (book.vault / "customers" / "ania.md").unlink()
    book.commit("2026-11-05")
    assert shown(book, "kowalska", "2026-11-02")["name"] == "Anna Kowalska"


def test_before_there_was_anything(book: Book) -> None:
    (book.vault / "customers" / "jan.md").write_text("---\nname: Jan\n---\n")
    result = book.ask("show", "jan", "--as-of", "2026-11-02", code=3)
    assert "Nobody answered to “Jan” at the end of Monday 2 November 2026." in result.stderr
    assert "not committed yet" in result.stderr
    book.commit("2026-11-04", "Jan")
    result = book.ask("show", "jan", "--as-of", "2026-11-02", code=3)
    assert "The first commit of it is of 2026-11-04 13:00  Jan" in result.stderr
    assert "Nothing had been committed" in book.ask("show", "anna", "--as-of", "2026-10-31", code=3).stderr
    assert "after today" in book.ask("show", "anna", "--as-of", "2027-01-01", code=2).stderr
    assert "no day" in book.ask("show", "anna", "--as-of", "soon", code=2).stderr


def test_of_a_deleted_file_it_says_which_day_to_ask_for(book: Book) -> None:
    book.anna.unlink()
    book.commit("2026-11-05", "Jan")
    for command in ("restore", "show"):
        error = book.ask(command, "anna", "--as-of", "2026-11-07", code=3).stderr
        assert "It was deleted: 2026-11-05 13:00  Jan" in error
        assert "Ask for the day before: --as-of 2026-11-04" in error
        assert "first commit" not in error
    book.ask("restore", "anna", "--as-of", "2026-11-04")
    assert book.anna.exists()


def test_of_a_file_made_and_deleted_on_one_day_git_shows_the_last(book: Book) -> None:
    jan = book.vault / "customers" / "jan.md"
    jan.write_text("---\nname: Jan\n---\n")
    book.commit("2026-11-05T08:00:00+00:00")
    jan.unlink()
    book.commit("2026-11-05T09:00:00+00:00")
    error = book.ask("restore", "jan", "--as-of", "2026-11-07", code=3).stderr
    place = error.strip().rpartition("git show ")[2]
    assert git(book.vault, "show", place).stdout == "---\nname: Jan\n---\n"
    assert "The first commit of it" in book.ask("restore", "jan", "--as-of", "2026-11-04", code=3).stderr


def test_it_leaves_nothing_behind(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    book.ask("show", "anna", "--as-of", "2026-11-02")
    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_a_link_in_a_commit_is_no_file(book: Book) -> None:
    (book.vault / "customers" / "link.md").symlink_to("anna.md")
    book.commit("2026-11-04")
    assert shown(book, "anna kowalska", "2026-11-04")["path"] == "customers/anna.md"


# restore


def test_a_file_comes_back_and_undo_takes_that_back(book: Book) -> None:
    before = book.anna.read_bytes()
    result = book.ask("restore", "anna", "--as-of", "2026-11-01")
    assert book.anna.read_bytes() == ANNA.encode()
    assert "tier: silver → gold" in result.stderr
    assert "log entry removed: 2026-11-02 call: Hello" in result.stderr
    assert "Not committed" not in result.stderr
    book.ask("undo")
    assert book.anna.read_bytes() == before


def test_what_is_not_committed_is_said_to_go(book: Book) -> None:
    book.log("2026-11-20 call: Not committed")
    before = book.anna.read_bytes()
    result = book.ask("restore", "anna", "--as-of", "2026-11-03")
    assert "Not committed, so that only `ptcrm undo` brings it back:\n  logged 2026-11-20" in result.stderr
    book.ask("undo")
    assert book.anna.read_bytes() == before


def test_a_dry_run_writes_nothing(book: Book) -> None:
    before = book.anna.read_bytes()
    result = book.ask("restore", "anna", "--as-of", "2026-11-01", "--dry-run")
    assert "-tier: silver\n+tier: gold" in result.stdout
    assert book.anna.read_bytes() == before


@pytest.mark.parametrize("committed", [True, False])
def test_one_who_was_deleted_comes_back(committed: bool, book: Book) -> None:
    before = book.anna.read_bytes()
    book.anna.unlink()
    if committed:
        book.commit("2026-11-04")
    book.ask("restore", "anna", "--as-of", "2026-11-03")
    assert book.anna.read_bytes() == before
    book.ask("undo")
    assert not book.anna.exists()


def test_a_renamed_file_keeps_its_name_and_its_id(book: Book, run: Run) -> None:
    run("--vault", book.vault, "rename", "anna", "ania")
    book.commit("2026-11-04")
    book.ask("restore", "ania", "--as-of", "2026-11-01")
    assert not book.anna.exists()
    assert book.anna.with_name("ania.md").read_text() == ANNA.replace("---\n", "---\nid: anna\n", 1)


def test_line_ends_stay_as_they_are_on_the_disk(book: Book) -> None:
    book.anna.write_bytes(book.anna.read_bytes().replace(b"\n", b"\r\n"))
    book.ask("restore", "anna", "--as-of", "2026-11-01")
    assert book.anna.read_bytes() == ANNA.replace("\n", "\r\n").encode()


def test_a_broken_file_is_put_right_by_what_it_was(book: Book) -> None:
    book.change("tier: silver", "tier: [silver")
    book.ask("restore", "anna", "--as-of", "2026-11-03")
    assert b"tier: silver" in book.anna.read_bytes()


def test_what_could_not_be_read_is_not_brought_back(book: Book) -> None:
    book.change("tier: silver", "tier: [silver")
    book.commit("2026-11-04")
    book.change("tier: [silver", "tier: silver")
    before = book.anna.read_bytes()
    assert "could not be read" in book.ask("restore", "anna", "--as-of", "2026-11-04", code=4).stderr
    assert book.anna.read_bytes() == before


def test_an_id_that_is_anothers_by_now_is_refused(book: Book) -> None:
    book.anna.rename(book.anna.with_name("old.md"))
    book.anna.with_name("old.md").unlink()
    book.anna.with_name("new.md").write_text("---\nid: anna\nname: Another\n---\n")
    result = book.ask("restore", "anna kowalska", "--as-of", "2026-11-03", code=3)
    assert "Nobody" in result.stderr
    assert not book.anna.exists()


def test_the_same_again_is_nothing_to_do(book: Book) -> None:
    assert "is as it was" in book.ask("restore", "anna", "--as-of", "2026-11-03").stdout


# diff


def test_diff_in_fields_and_entries(book: Book, run: Run) -> None:
    assert "No customer's file differs." in book.ask("diff").stdout
    book.log("2026-11-20 call: New")
    (book.vault / "customers" / "jan.md").write_text("---\nname: Jan\n---\n")
    (book.vault / "other.txt").write_text("x")
    result = book.ask("diff")
    assert result.stdout.splitlines() == [
        "Anna Kowalska (customers/anna.md)",
        "    logged 2026-11-20 call: New",
        "Jan (customers/jan.md)",
        "    file made (customers/jan.md): 1 field",
    ]
    assert "1 other file differs too: git diff" in result.stderr
    assert [one["name"] for one in book.json("diff", "jan")] == ["Jan"]
    assert "tier: gold → silver" in book.ask("diff", "2026-11-02", "anna").stdout
    assert book.json("diff", "HEAD~2..HEAD~1")[0]["changes"][0]["words"] == "logged 2026-11-02 call: Hello"
    assert book.json("diff", "2026-11-01..2026-11-02") == book.json("diff", "HEAD~2..HEAD~1")
    run("--vault", book.vault, "rename", "anna", "ania")
    assert "file renamed: customers/anna.md → customers/ania.md" in book.ask("diff", "ania").stdout


@pytest.mark.parametrize("words", ["--output=x", "-x", "nothing", "nothing..HEAD", "--all..HEAD", "@{-1}"])
def test_a_revision_is_no_option(words: str, book: Book, tmp_path: Path) -> None:
    result = book.ask("diff", "--", words, code=3)
    assert "revision" in result.stderr
    assert not (tmp_path / "x").exists()


# Random histories

STEMS = ("anna", "jan", "ola")
CHANGES = st.one_of(
    st.tuples(st.just("log"), st.sampled_from(STEMS), st.integers(0, 3)),
    st.tuples(st.just("unlog"), st.sampled_from(STEMS), st.integers(0, 3)),
    st.tuples(st.just("tier"), st.sampled_from(STEMS), st.integers(0, 1)),
    st.tuples(st.just("delete"), st.sampled_from(STEMS), st.just(0)),
    st.tuples(st.just("rename"), st.sampled_from(STEMS), st.integers(0, 2)),
    st.tuples(st.just("commit"), st.just(""), st.integers(0, 2)),
)
FIRST = date(2026, 10, 1)


def _text(stem: str) -> str:
    return f"---\nid: {stem}\nname: {stem.title()}\ntier: gold\n---\n\n## Log\n\n- 2026-09-01: begin\n"


def _change(vault: Path, kind: str, stem: str, number: int) -> None:
    found = next((one for one in vault.rglob("*.md") if f"id: {stem}\n" in one.read_text()), None)
    place = found or vault / "customers" / f"{stem}.md"
    text = place.read_text() if found else _text(stem)
    line = f"- 2026-09-0{number + 2} call: {number}\n"
    if kind == "log":
        place.write_text(text.replace("## Log\n\n", f"## Log\n\n{line}"))
    elif kind == "unlog":
        place.write_text(text.replace(line, "", 1))
    elif kind == "tier":
        place.write_text(text.replace("tier: gold", f"tier: {('gold', 'silver')[number]}"))
    elif kind == "delete":
        place.unlink(missing_ok=True)
    elif found:
        found.rename(found.with_name(f"{stem}-{number}.md"))


def _live(vault: Path, steps: list[tuple[str, str, int]]) -> date:
    """Make a history of these steps; the last day."""
    (vault / "customers").mkdir(parents=True)
    (vault / "ptcrm.yaml").write_text(CONFIG)
    make_repository(vault)
    day = FIRST
    for stem in STEMS[:2]:
        _change(vault, "log", stem, 0)
    commit(vault, str(day))
    for kind, stem, number in [*steps, ("commit", "", 1)]:
        if kind == "commit":
            day += timedelta(days=number)
            commit(vault, str(day))
        else:
            _change(vault, kind, stem, number)
    return day


def _ask(vault: Path, *words: str, today: date) -> Result:
    return CliRunner().invoke(cli, ["--vault", str(vault), "--today", str(today), *words])


def _compare(folder: Path, steps: list[tuple[str, str, int]]) -> None:
    vault, other = folder / "vault", folder / "other" / "vault"
    last = _live(vault, steps)
    git(folder, "clone", "-q", str(vault), str(other))
    for ahead in range((last - FIRST).days + 1):
        day = FIRST + timedelta(days=ahead)
        until = f"{day + timedelta(days=1)}T00:00:00+02:00"
        there = git(vault, "rev-list", "-1", f"--before={until}", "main").stdout.strip()
        git(other, "checkout", "-q", there)
        for stem in STEMS:
            then = _ask(vault, "show", f"{stem.title()}", "--json", "--as-of", str(day), today=last)
            now = _ask(other, "show", f"{stem.title()}", "--json", today=day)
            assert then.exit_code == now.exit_code, (day, stem, then.output, now.output)
            assert then.stdout == now.stdout


def test_show_as_of_each_day_is_show_of_a_checkout_of_that_day(whole: bool) -> None:
    @settings(max_examples=150 if whole else 4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(CHANGES, max_size=14))
    def holds(steps: list[tuple[str, str, int]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            _compare(Path(folder), steps)

    holds()


def _rebuilt(history: History, path: str) -> Counter[object]:
    """The entries that the history, told forward, adds up to since the file was last made."""
    counts: Counter[object] = Counter()
    for record in reversed(history.records(path)):
        if record.told[0].kind == "made":
            counts.clear()
        for one in record.told:
            if isinstance(one, OfEntry):
                counts.subtract([one.before] if one.before else [])
                counts.update([one.after] if one.after else [])
    return counts


def test_a_history_told_forward_gives_the_entries(whole: bool) -> None:
    @settings(max_examples=400 if whole else 12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(CHANGES, max_size=25))
    def holds(steps: list[tuple[str, str, int]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            vault = Path(folder) / "vault"
            _live(vault, steps)
            found = repo.find(vault)
            assert found is not None
            reader = LineReader.of(Config())
            history = History(Commits(found, "", Cache.open(None, "x")), reader)
            for place in vault.rglob("*.md"):
                path = place.relative_to(vault).as_posix()
                counts = _rebuilt(history, path)
                assert +counts == Counter(version(path, place.read_bytes(), reader).entries)
                assert not -counts

    holds()
