"""What is remembered: the same answers with rows as without, whatever happens to the files in between."""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.formats.ics import Known
from ptcrm.vault import scan
from ptcrm.vault.cache import BY_FILE, OWED, Cache
from ptcrm.vault.schema import Reading
from ptcrm.views.feed import feed
from ptcrm.workspace import Workspace
from tests.conftest import SAMPLE, MakeVault, OpenVault

TODAY = date(2026, 11, 23)
NAMES = ("anna", "jan", "shop", "zoe")
CLOCK = itertools.count(1_600_000_000_000_000_000, 1_000_000_000)


def answers(workspace: Workspace) -> dict[str, object]:
    """Everything a command could ask."""
    cache = workspace.cache
    return {
        "contacts": workspace.plan(date.max),
        "occasions": workspace.occasions(workspace.today, workspace.today + timedelta(days=400)),
        "customers": list(cache.customers()),
        "standings": cache.standings(),
        "diagnostics": workspace.diagnostics(),
        "backlinks": {one.path: workspace.index.backlinks(one.path) for one in cache.customers()},
        "who": {name: workspace.index.find(name) for name in NAMES},
        "library": (
            workspace.index.library(),
            workspace.index.given_of(("tip", "old")),
            workspace.index.same_ids(),
        ),
        "given": workspace.index.given_to([one.path for one in cache.customers()]),
    }


LINES = st.sampled_from(
    [
        "- 2026-11-01 call: Talked [with:: [[jan]]]",
        "- 2026-10-01 visit: Saw [with:: [[zoe]]]",
        "- 2026-09-01 call (no answer): tried",
        "- 2026-11-25 call: in the future",
        "- 2026-08-01 email: mailed [with:: [[boss]]]",
        "- [ ] 2026-12-01 call: Ask [[shop]]",
        "- [x] 2026-11-10 call: Asked",
        "- 2026-13-01 call: no such day",
        "some words on [[anna]]",
        "- 2026-11-03 article (value): sent [about:: [[tip]]] [with:: [[boss]]]",
        "- 2026-11-04 article: sent [about:: [[library/old]]]",
    ]
)
FRONT = st.sampled_from(
    [
        "company: '[[shop]]'",
        "company: '[[anna]]'",
        "aliases: [boss]",
        "cadence: 2 weeks",
        "cadence: 2 weeks\ncadence_until: 2026-11-24",
        "id: jan",
        "status: paused",
        "kind: company\ncadence: 1 month",
        "birthday: 1990-11-30",
        "snooze: 2026-11-25",
        "name: [",
        "id: old",
    ]
)
ITEMS = st.sampled_from(
    [
        "---\ntopics: [a, b]\n---\nOn [[anna]]\n",
        "---\nid: old\nuntil: 2026-11-24\n---\n",
        "---\nid: anna\naliases: [tip]\n---\n",
        "---\ntitle: [\n---\n",
        "no item, [[zoe]]\n",
        None,
    ]
)


@st.composite
def customer(draw: st.DrawFn) -> str:
    front = draw(st.lists(FRONT, max_size=2, unique_by=lambda line: line.partition(":")[0]))
    return "\n".join(["---", *front, "---", "## Log", *draw(st.lists(LINES, max_size=4)), ""])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NAMES), customer()),
        st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just("")),
        st.tuples(st.just("item"), st.sampled_from(["tip", "old"]), ITEMS),
        st.tuples(st.just("day"), st.just(""), st.sampled_from(["-1", "1", "3"])),
        st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_remembered_equals_fresh(
    steps: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("vault")
    (root / "customers").mkdir()
    (root / "ptcrm.yaml").write_text("start: 2026-01-01\ntimezone: Europe/Warsaw\n")
    today = TODAY
    for name in NAMES[:3]:
        _write(root / "customers" / f"{name}.md", "---\n---\n")
    for step, name, value in steps:
        _take(root / "customers", step, name, value)
        if step == "day":
            today += timedelta(days=int(value))
        remembered = Workspace(root, today, root.parent / "cache", root.parent / "state")
        fresh = Workspace(root, today, None, root.parent / "state")
        assert answers(remembered) == answers(fresh)
        remembered.close()
        fresh.close()


WHEN = st.sets(st.integers(0, 5))


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, others=WHEN, ahead=WHEN, unseen=WHEN)
def test_a_workspace_that_stays_open_equals_a_fresh_one(
    steps: list[tuple[str, str, str]],
    others: set[int],
    ahead: set[int],
    unseen: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Also its feeds, of which it knows the events.

    Sometimes another process has read the files before, or they were read ahead, and then perhaps changed once more.
    """
    root, cache = tmp_path_factory.mktemp("vault"), tmp_path_factory.mktemp("cache")
    (root / "customers").mkdir()
    (root / "ptcrm.yaml").write_text("start: 2026-01-01\noccasions: {lead: {birthday: 3 days}}\n")
    for name in NAMES[:3]:
        _write(root / "customers" / f"{name}.md", "---\n---\n")
    known, open_vault = Known(), Workspace(root, TODAY, cache, root / "state")
    for number, (step, name, value) in enumerate(steps):
        _take(root / "customers", step, name, value)
        with (
            pytest.MonkeyPatch.context() as patch
        ):  # what reads here does so well after the files were written
            patch.setattr("ptcrm.workspace.opened.time.time_ns", lambda: 4 * 10**18)
            if number in others:
                Workspace(root, TODAY, cache, root / "state").close()
            for one in NAMES if number in ahead else ():
                open_vault.read_ahead(f"customers/{one}.md")
        if number in unseen:
            continue
        open_vault.refresh()
        fresh = Workspace(root, TODAY, None, root / "state")
        assert feed(open_vault, "all", known) == feed(fresh, "all"), f"after {step} {name}"
        assert answers(open_vault) == answers(fresh), f"after {step} {name}"
        fresh.close()
        open_vault.cache.release()
    open_vault.close()


def _take(folder: Path, step: str, name: str, value: str) -> None:
    """Take a step that changes a file."""
    path = folder / f"{name}.md"
    if step == "write":
        _write(path, value)
    elif step == "delete":
        path.unlink(missing_ok=True)
    elif step == "item":
        path = folder.parent / "library" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True) if value is None else _write(path, value)
    elif step == "rename" and path.exists():
        path.replace(folder / f"{value}.md")


def _write(path: Path, text: str) -> None:
    """Write with a time of its own, well before the scan, so that only a real change is seen as one."""
    path.write_text(text)
    stamp = next(CLOCK)
    os.utime(path, ns=(stamp, stamp))


def test_what_is_remembered_is_forgotten_if_a_refresh_breaks_off(
    open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows may be written by then, so what changed in them would not be noticed the next time."""
    vault = make_vault({"anna": "---\n---\n- [ ] 2026-12-01 call: Ask\n"})
    workspace = open_vault(vault, TODAY, tmp_path / "cache")
    assert [one.text for one in workspace.plan(date.max) if one.kind == "follow-up"] == ["Ask"]
    _write(vault / "customers" / "anna.md", "---\n---\n- [ ] 2026-12-02 call: Tell\n")

    monkeypatch.setattr("ptcrm.workspace.opened.time.time_ns", lambda: 4 * 10**18)
    work_out = Workspace._work_out  # noqa: SLF001

    def fail(self: Workspace) -> set[str]:
        work_out(self)
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "_work_out", fail)
        with pytest.raises(OSError, match="full"):
            workspace.refresh()
    workspace.refresh()
    assert [one.text for one in workspace.plan(date.max) if one.kind == "follow-up"] == ["Tell"]


def test_what_is_unchanged_is_not_read_again(
    open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault({"anna": "---\nname: Anna\n---\n", "jan": "---\nname: Jan\n---\n"})
    reads: list[str] = []
    read = Workspace.read

    def noted(self: Workspace, path: str) -> Reading:
        reads.append(path)
        return read(self, path)

    monkeypatch.setattr(Workspace, "read", noted)
    clock = itertools.count(4 * 10**18, 10**9)  # well after the files' times
    monkeypatch.setattr("ptcrm.workspace.opened.time.time_ns", lambda: next(clock))
    open_vault(vault, TODAY, tmp_path / "cache")
    assert sorted(reads) == ["customers/anna.md", "customers/jan.md"]
    reads.clear()
    open_vault(vault, TODAY, tmp_path / "cache")
    assert reads == []
    _write(vault / "customers" / "jan.md", "---\nname: Jan Nowak\n---\n")
    open_vault(vault, TODAY, tmp_path / "cache")
    assert reads == ["customers/jan.md"]


def test_what_was_read_ahead_is_not_read_again_while_it_is_the_same(
    open_vault: OpenVault, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault(dict.fromkeys(("anna", "jan", "young"), "---\n---\n"))
    workspace = open_vault(vault, TODAY, None)
    reads: list[str] = []
    read = workspace.read

    def noted(path: str) -> Reading:
        reads.append(path)
        return read(path)

    monkeypatch.setattr(workspace, "read", noted)
    monkeypatch.setattr("ptcrm.workspace.opened.time.time_ns", lambda: 4 * 10**18)
    paths = {name: f"customers/{name}.md" for name in ("anna", "jan", "young", "gone")}
    for name in ("anna", "jan"):
        _write(vault / paths[name], "---\ntier: a\n---\n")
    for name in ("anna", "jan", "anna", "gone"):  # twice, not there
        workspace.read_ahead(paths[name])
    assert reads == [paths["anna"], paths["jan"]]
    _write(vault / paths["jan"], "---\ntier: b\n---\n")
    _write(vault / paths["young"], "---\ntier: c\n---\n")
    os.utime(vault / paths["young"], ns=(4 * 10**18, 4 * 10**18))  # as young as the look at it
    workspace.read_ahead(paths["young"])
    reads.clear()
    workspace.refresh()
    assert sorted(reads) == [paths["jan"], paths["young"]]
    assert [one.tier for one in workspace.cache.customers()] == ["a", "b", "c"]


def test_more_files_than_are_written_together(
    open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path
) -> None:
    front = "---\ncompany: '[[c0]]'\n---\n"
    vault = make_vault({f"c{number}": front for number in range(1100)})
    remembered = open_vault(vault, TODAY, tmp_path / "cache")
    for number in range(0, 1100, 2):
        _write(vault / "customers" / f"c{number}.md", f"{front}## Log\n- 2026-11-0{1 + number % 9} call: x\n")
    remembered.refresh()
    fresh = open_vault(vault, TODAY, None)
    assert remembered.cache.standings() == fresh.cache.standings()
    assert len(remembered.index.touches("customers/c0.md")) == 550
    assert list(remembered.cache.customers()) == list(fresh.cache.customers())


def test_a_contact_is_news_for_the_company_of_whom_it_was_made_with(
    open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path
) -> None:
    shop, jan = "---\nkind: company\ncadence: 6 weeks\n---\n", "---\ncompany: '[[shop]]'\n---\n"
    vault = make_vault({"shop": shop, "jan": jan, "anna": "---\n---\n"})
    remembered = open_vault(vault, TODAY, tmp_path / "cache")
    _write(vault / "customers" / "anna.md", "---\n---\n## Log\n- 2026-11-10 visit: x [with:: [[jan]]]\n")
    remembered.refresh()
    last = remembered.cache.standings()["customers/shop.md"].last
    assert last is not None
    assert last.date == date(2026, 11, 10)


def test_a_file_as_young_as_the_scan_is_read_again(
    open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path
) -> None:
    """A write within the same tick of the clock leaves size and times as they were (the racy-clean rule)."""
    vault = make_vault({"anna": "---\ntier: a\n---\n"})
    path = vault / "customers" / "anna.md"
    open_vault(vault, TODAY, tmp_path / "cache")
    before = path.stat()
    with path.open("r+") as file:
        file.write("---\ntier: b\n---\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [one.tier for one in open_vault(vault, TODAY, tmp_path / "cache").cache.customers()] == ["b"]


def _garbage(place: Path) -> None:
    place.write_bytes(b"this is no database, and long enough to be looked at" * 100)


def _other_version(place: Path) -> None:
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("UPDATE meta SET value = 'older'")


def _no_tables(place: Path) -> None:
    place.unlink()
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("CREATE TABLE something (x)")


def _folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


@pytest.mark.parametrize("damage", [_garbage, _other_version, _no_tables, _folder])
def test_a_cache_that_is_no_good_is_made_anew(open_vault: OpenVault, damage: object, tmp_path: Path) -> None:
    first = open_vault(SAMPLE, TODAY, tmp_path)
    wanted = answers(first)
    first.close()
    (place,) = tmp_path.glob("*.sqlite")
    assert callable(damage)
    damage(place)
    assert answers(open_vault(SAMPLE, TODAY, tmp_path)) == wanted


def test_a_cache_that_fails_later_is_done_without(
    open_vault: OpenVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Cache, *_: object) -> None:
        if self.database.execute("PRAGMA database_list").fetchone()[2]:  # a file, not memory
            raise sqlite3.OperationalError("database or disk is full")
        remember(self, *_)  # type: ignore[arg-type]

    remember = Cache.remember
    monkeypatch.setattr(Cache, "remember", full)
    assert answers(open_vault(SAMPLE, TODAY, tmp_path)) == answers(open_vault(SAMPLE, TODAY, None))


def test_an_answer_is_of_one_moment(open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path) -> None:
    """Another process that refreshes meanwhile takes nothing away from under an answer."""
    vault = make_vault({"anna": "---\nname: Anna\n---\n"})
    first = open_vault(vault, TODAY, tmp_path / "c")
    _write(vault / "customers" / "jan.md", "---\nname: Jan\n---\n")
    second = open_vault(vault, TODAY, tmp_path / "c")
    assert [one.name for one in first.cache.customers()] == ["Anna"]
    assert [one.name for one in second.cache.customers()] == ["Anna", "Jan"]
    first.refresh()
    assert [one.name for one in first.cache.customers()] == ["Anna", "Jan"]


def test_the_cache_is_its_owners_alone(open_vault: OpenVault, tmp_path: Path) -> None:
    open_vault(SAMPLE, TODAY, tmp_path / "cache")
    (place,) = (tmp_path / "cache").glob("*.sqlite")
    if os.name == "posix":
        assert place.stat().st_mode & 0o777 == 0o600


def test_without_a_place_there_is_memory(open_vault: OpenVault, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert answers(open_vault(SAMPLE, TODAY, blocked)) == answers(open_vault(SAMPLE, TODAY, None))
    with closing(Cache.open(None, "x")) as cache:
        assert cache.signatures() == {}


def test_a_configuration_that_changes_is_noticed(
    open_vault: OpenVault, make_vault: MakeVault, tmp_path: Path
) -> None:
    vault = make_vault(
        {"anna": "---\ntier: gold\n---\n## Log\n- 2026-11-01: x\n"}, "tiers: {gold: {cadence: 3 weeks}}\n"
    )
    assert open_vault(vault, TODAY, tmp_path / "c").plan(date.max)[0].due == date(2026, 11, 22)
    (vault / "ptcrm.yaml").write_text("tiers: {gold: {cadence: 4 weeks}}\n")
    assert open_vault(vault, TODAY, tmp_path / "c").plan(date.max)[0].due == date(2026, 11, 29)


def test_the_order_of_files_never_matters(
    open_vault: OpenVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = answers(open_vault(SAMPLE, TODAY, None))
    entries = scan.entries_of

    @contextmanager
    def shuffled(place: str) -> Iterator[list[os.DirEntry[str]]]:
        with entries(place) as found:
            mixed = list(found)
            random.Random(7).shuffle(mixed)
            yield mixed

    monkeypatch.setattr(scan, "entries_of", shuffled)
    assert answers(open_vault(SAMPLE, TODAY, tmp_path)) == wanted


def made_of(cache: Cache) -> set[tuple[str, str]]:
    """The tables and indexes of a cache, each with the statement that made it."""
    return set(cache.rows("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def test_a_first_filling_leaves_every_index(open_vault: OpenVault, tmp_path: Path) -> None:
    with closing(Cache.open(tmp_path / "empty.sqlite", "x")) as empty:
        expected = made_of(empty)
    assert sum(sql.startswith("CREATE INDEX") for _, sql in expected) > 15
    assert made_of(open_vault(SAMPLE, TODAY, tmp_path).cache) == expected


def test_a_first_filling_that_ends_in_the_middle_leaves_all_as_it_was(tmp_path: Path) -> None:
    with closing(Cache.open(tmp_path / "cache.sqlite", "x")) as cache:
        before = made_of(cache)

        def interrupted() -> None:
            with cache.writing(), cache.filling(OWED):
                assert made_of(cache) < before
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert made_of(cache) == before


def test_what_is_not_empty_keeps_its_indexes(open_vault: OpenVault, tmp_path: Path) -> None:
    cache = open_vault(SAMPLE, TODAY, tmp_path).cache
    before, path = made_of(cache), next(iter(cache.paths()))
    with cache.writing(), cache.filling(BY_FILE):
        assert made_of(cache) == before
        cache.forget([path])
    assert path not in cache.paths()
