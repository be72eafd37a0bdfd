"""Feeds that keep up with the files: what a refresh does, what keeps feeds as they are, and the thread around it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, tzinfo
from pathlib import Path

import pytest

from ptcrm.cli.telling import Teller
from ptcrm.formats.ics import Known
from ptcrm.server import live as lives
from ptcrm.server import refresh as refreshes
from ptcrm.server.kept import Body, Kept
from ptcrm.server.live import Live, Refreshed, Snapshot
from ptcrm.server.refresh import Refresher
from ptcrm.vault.cache import Cache
from ptcrm.vault.watch import Watcher
from ptcrm.views.feed import feed
from ptcrm.workspace import Workspace, opened
from tests.conftest import MakeVault

TODAY = date(2026, 11, 23)
CONFIG = "start: 2021-01-01\ntimezone: Europe/Warsaw\ntiers: {gold: {}, silver: {}}\nfeeds:\n  all: {}\n  gold: {where: 'tier:gold'}\n"
PATIENCE = 60.0


def customer(name: str, birthday: str = "1984-05-17", tier: str = "gold") -> str:
    return f"---\nname: {name}\ntier: {tier}\nbirthday: {birthday}\n---\n"


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds, however slow the machine."""
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it never came")


def grow_old() -> None:
    """Let the files become older than a scan: one as young as the scan that read it is read once more."""
    threading.Event().wait(0.1)


def write(root: Path, stem: str, text: str) -> None:
    (root / "customers" / f"{stem}.md").write_text(text, encoding="utf-8")


def configure(root: Path, text: str) -> None:
    (root / "ptcrm.yaml").write_text(text, encoding="utf-8")


def names(snapshot: Snapshot, feed: str = "all") -> set[str]:
    """Who is in the feed."""
    content = snapshot.feeds[feed].content
    return {name for name in ("Anna", "Jan", "Zoe") if f"SUMMARY:{name}'s".encode() in content}


@pytest.fixture
def root(make_vault: MakeVault) -> Path:
    return make_vault({"anna": customer("Anna"), "jan": customer("Jan", tier="silver")}, CONFIG)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "state" / "feeds")


Opener = Callable[[], Workspace]


@pytest.fixture
def opener(root: Path, tmp_path: Path) -> Opener:
    return lambda: Workspace(root, TODAY, tmp_path / "cache", tmp_path / "state")


@pytest.fixture
def refresher(opener: Opener, kept: Kept) -> Iterator[Refresher]:
    one = Refresher(opener, kept)
    yield one
    one.close()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of every file that is read."""
    paths: list[str] = []
    real = Workspace.read

    def read(self: Workspace, path: str) -> object:
        paths.append(path)
        return real(self, path)

    monkeypatch.setattr(Workspace, "read", read)
    return paths


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every feed that is rendered."""
    feeds: list[str] = []

    def noted(workspace: Workspace, name: str, known: Known) -> object:
        feeds.append(name)
        return feed(workspace, name, known)

    monkeypatch.setattr(refreshes, "feed", noted)
    return feeds


# A refresh


def test_the_first_refresh_has_every_feed(refresher: Refresher, kept: Kept) -> None:
    assert refresher.snapshot == Snapshot({})
    assert refresher.refresh() == Refreshed(2, ("all", "gold"), is_anew=True)
    assert refresher.snapshot.number == 1
    assert (names(refresher.snapshot), names(refresher.snapshot, "gold")) == ({"Anna", "Jan"}, {"Anna"})
    body = refresher.snapshot.feeds["all"]
    assert body.digest == hashlib.sha256(body.content).hexdigest()
    assert body.modified == int((kept.folder / "all.ics").stat().st_mtime)


def test_a_restart_serves_what_was_served(refresher: Refresher, opener: Opener, kept: Kept) -> None:
    refresher.refresh()
    os.utime(kept.folder / "all.ics", (1_700_000_000, 1_700_000_000))
    again = Refresher(opener, kept)
    assert again.snapshot.number == 0
    assert again.snapshot.feeds["all"].content == refresher.snapshot.feeds["all"].content
    assert again.refresh().feeds == ()
    assert again.snapshot.feeds["all"].modified == 1_700_000_000
    again.close()


def test_one_changed_file_is_one_files_work(root: Path, refresher: Refresher, reads: list[str]) -> None:
    grow_old()
    refresher.refresh()
    reads.clear()
    write(root, "jan", customer("Jan", "1971-12-19"))
    assert refresher.refresh() == Refreshed(1, ("all", "gold"))
    assert reads == ["customers/jan.md"]


def test_a_file_of_the_library_that_changes_is_a_change(root: Path, refresher: Refresher) -> None:
    (root / "library").mkdir()
    (root / "library" / "tip.md").write_text("---\ntitle: A tip\n---\n")
    grow_old()
    refresher.refresh()
    (root / "library" / "tip.md").write_text("---\ntitle: Another tip\n---\n")
    assert refresher.refresh() == Refreshed(1)
    shutil.rmtree(root / "library")
    assert refresher.refresh() == Refreshed(1)


def test_nothing_is_rendered_while_nothing_changes(refresher: Refresher, rendered: list[str]) -> None:
    grow_old()
    refresher.refresh()
    before = refresher.snapshot.feeds
    rendered.clear()
    assert refresher.refresh() == Refreshed()
    assert rendered == []
    assert refresher.snapshot.feeds == before
    assert refresher.snapshot.number == 2


def test_what_another_process_has_read_is_seen(root: Path, refresher: Refresher, opener: Opener) -> None:
    refresher.refresh()
    write(root, "zoe", customer("Zoe"))
    opener().close()
    assert refresher.refresh().files == 1
    assert names(refresher.snapshot) == {"Anna", "Jan", "Zoe"}


def test_another_process_can_write_the_cache_between_refreshes(
    refresher: Refresher, tmp_path: Path, root: Path
) -> None:
    refresher.refresh()
    (place,) = (tmp_path / "cache").glob("*.sqlite")
    with sqlite3.connect(place, timeout=0) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0  # nobody reads
    database.close()
    write(root, "zoe", customer("Zoe"))
    assert refresher.refresh().problem is None


# What keeps the feeds as they are


def break_settings(root: Path) -> None:
    configure(root, "feeds: [")


def lose_settings(root: Path) -> None:
    (root / "ptcrm.yaml").unlink()


def close_settings(root: Path) -> None:
    (root / "ptcrm.yaml").unlink()
    (root / "ptcrm.yaml").mkdir()


def lose_root(root: Path) -> None:
    shutil.rmtree(root)


def lose_folder(root: Path) -> None:
    shutil.rmtree(root / "customers")


def close_folder(root: Path) -> None:
    shutil.rmtree(root / "customers")
    (root / "customers").write_text("a file in its place")


def empty(root: Path) -> None:
    for path in (root / "customers").iterdir():
        path.unlink()


def garble(root: Path) -> None:
    for path in (root / "customers").iterdir():
        path.write_bytes(b"\xff")


DISASTERS = [
    break_settings,
    lose_settings,
    close_settings,
    lose_root,
    lose_folder,
    close_folder,
    empty,
    garble,
]


@pytest.mark.parametrize("disaster", DISASTERS, ids=lambda one: one.__name__)
def test_a_disaster_leaves_every_feed_as_it_is(
    disaster: Callable[[Path], None],
    root: Path,
    refresher: Refresher,
    opener: Opener,
    kept: Kept,
    tmp_path: Path,
) -> None:
    shutil.copytree(root, tmp_path / "saved")
    refresher.refresh()
    good = refresher.snapshot
    disaster(root)
    for _ in range(2):
        assert refresher.refresh().problem
        assert (refresher.snapshot.feeds, refresher.snapshot.number) == (good.feeds, 1)
        assert refresher.snapshot.problem
    after = Refresher(opener, kept)
    assert after.refresh().problem
    assert after.snapshot.feeds == good.feeds
    after.close()
    if root.is_dir():
        shutil.rmtree(root)
    shutil.copytree(tmp_path / "saved", root)
    assert refresher.refresh().problem is None
    assert refresher.snapshot.problem is None
    assert refresher.snapshot.feeds == good.feeds


def test_a_folder_among_several_is_missed(root: Path, refresher: Refresher) -> None:
    (root / "more").mkdir()
    (root / "more" / "zoe.md").write_text(customer("Zoe"), encoding="utf-8")
    configure(root, f"customers: [customers, more]\n{CONFIG}")
    refresher.refresh()
    (root / "more").rename(root / "away")
    problem = refresher.refresh().problem
    assert problem is not None
    assert problem.startswith("more: this folder is gone")
    assert names(refresher.snapshot) == {"Anna", "Jan", "Zoe"}
    configure(root, CONFIG)
    assert refresher.refresh().problem is None
    assert names(refresher.snapshot) == {"Anna", "Jan"}


def test_a_folder_that_was_never_there_is_not_missed(root: Path, refresher: Refresher) -> None:
    configure(root, f"customers: [customers, more]\n{CONFIG}")
    assert refresher.refresh().problem is None
    assert refresher.refresh().problem is None


def test_a_new_vault_without_customers_is_fine(root: Path, refresher: Refresher) -> None:
    empty(root)
    assert refresher.refresh() == Refreshed(0, ("all", "gold"), is_anew=True, is_empty=True)
    assert names(refresher.snapshot) == set()


def test_one_customer_who_is_gone_is_gone(root: Path, refresher: Refresher) -> None:
    refresher.refresh()
    (root / "customers" / "jan.md").unlink()
    assert refresher.refresh() == Refreshed(1, ("all",))
    assert names(refresher.snapshot) == {"Anna"}


def test_a_feed_that_fails_keeps_its_body_and_the_others_go_on(root: Path, refresher: Refresher) -> None:
    refresher.refresh()
    gold = refresher.snapshot.feeds["gold"]
    configure(root, CONFIG.replace("tier:gold", "tier:("))
    write(root, "zoe", customer("Zoe"))
    done = refresher.refresh()
    assert "all" in done.feeds
    assert done.problem is not None
    assert done.problem.startswith("The feed gold stays as it is. ptcrm.yaml:6: ")
    assert names(refresher.snapshot) == {"Anna", "Jan", "Zoe"}
    assert refresher.snapshot.feeds["gold"] is gold
    assert refresher.refresh().problem == done.problem
    configure(root, CONFIG)
    assert refresher.refresh().problem is None
    assert names(refresher.snapshot, "gold") == {"Anna", "Zoe"}


def test_a_feed_that_is_gone_from_the_settings_leaves(root: Path, refresher: Refresher, kept: Kept) -> None:
    refresher.refresh()
    configure(root, CONFIG.partition("  gold")[0])
    assert refresher.refresh().feeds == ("gold",)
    assert set(refresher.snapshot.feeds) == {"all"} == set(kept.read())


def test_another_vault_in_its_place_is_read_anew(
    root: Path, refresher: Refresher, make_vault: MakeVault
) -> None:
    refresher.refresh()
    root.rename(root.with_name("old"))
    make_vault({"zoe": customer("Zoe")}, CONFIG)
    assert refresher.is_outlived()
    assert refresher.refresh() == Refreshed(3, ("all", "gold"), is_anew=True)
    assert names(refresher.snapshot) == {"Zoe"}


def test_whatever_is_raised_is_a_problem_and_the_next_refresh_tries_again(
    root: Path, refresher: Refresher, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresher.refresh()
    good = refresher.snapshot.feeds
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise ZeroDivisionError("no reason")

        patch.setattr(refreshes, "feed", fail)
        write(root, "zoe", customer("Zoe"))
        assert (
            refresher.refresh().problem == "something went wrong inside ptcrm (ZeroDivisionError: no reason)"
        )
        assert refresher.snapshot.feeds == good
    assert refresher.refresh().feeds == ("all", "gold")


# The cache


def test_a_cache_that_is_garbled_meanwhile_is_made_anew(
    root: Path, refresher: Refresher, tmp_path: Path
) -> None:
    refresher.refresh()
    (place,) = (tmp_path / "cache").glob("*.sqlite")
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"rubbish" * 4096)
    write(root, "zoe", customer("Zoe"))
    assert refresher.refresh().problem is None
    assert names(refresher.snapshot) == {"Anna", "Jan", "Zoe"}
    assert place.exists()


def test_a_cache_that_is_deleted_meanwhile_does_no_harm(
    root: Path, refresher: Refresher, tmp_path: Path
) -> None:
    refresher.refresh()
    shutil.rmtree(tmp_path / "cache")
    write(root, "zoe", customer("Zoe"))
    assert refresher.refresh().problem is None
    assert names(refresher.snapshot) == {"Anna", "Jan", "Zoe"}


def test_rows_of_another_version_are_neither_read_nor_mixed_with_ours(
    root: Path, refresher: Refresher, tmp_path: Path, reads: list[str]
) -> None:
    refresher.refresh()
    (place,) = (tmp_path / "cache").glob("*.sqlite")
    Cache.open(place, "another version").close()
    write(root, "zoe", customer("Zoe"))
    reads.clear()
    assert refresher.refresh().problem is None
    assert names(refresher.snapshot) == {"Anna", "Jan", "Zoe"}
    assert sorted(reads) == ["customers/anna.md", "customers/jan.md", "customers/zoe.md"]


def test_no_row_is_written_under_another_stamp(tmp_path: Path) -> None:
    old = Cache.open(tmp_path / "one.sqlite", "old")
    Cache.open(tmp_path / "one.sqlite", "new").close()
    with pytest.raises(sqlite3.OperationalError, match="begun the cache anew"), old.writing():
        pass
    with pytest.raises(sqlite3.OperationalError, match="begun the cache anew"):
        old.hold()
    old.close()


# What is kept


def test_rubbish_among_what_was_kept_is_passed_over(kept: Kept) -> None:
    whole = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert kept.read() == {}
    kept.keep("all", whole)
    (kept.folder / "half.ics").write_bytes(whole[:20])
    (kept.folder / "folder.ics").mkdir()
    (kept.folder / ".ptcrm-1.tmp").write_bytes(whole)
    assert set(kept.read()) == {"all"}


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_what_is_kept_is_for_the_user_alone(kept: Kept) -> None:
    kept.keep("all", b"x")
    assert kept.folder.stat().st_mode & 0o777 == 0o700
    assert (kept.folder / "all.ics").stat().st_mode & 0o777 == 0o600


def test_a_body_is_served_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    kept = Kept(tmp_path / "file" / "feeds")
    body = kept.keep("all", b"x")
    assert body == Body(b"x", hashlib.sha256(b"x").hexdigest(), body.modified)
    assert body.modified > 1_700_000_000
    assert kept.read() == {}
    kept.forget("all")


# The thread


class Deaf(Watcher):
    """Where no events can be had."""

    def start(self) -> bool:
        return False

    def is_outdated(self) -> bool:
        return False


class Mute(Deaf):
    """Where there seem to be events, and none ever comes, as on a network drive."""

    starts = 0

    def start(self) -> bool:
        type(self).starts += 1
        return True


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other without much waiting."""
    monkeypatch.setattr(lives, "LOOK_SECONDS", 0.01)


Begin = Callable[..., Live]


@pytest.fixture
def begin(root: Path, opener: Opener, kept: Kept) -> Iterator[Begin]:
    """`begin(kind_of_watcher, told)`: the feeds of the vault after their first refresh."""
    begun: list[Live] = []

    def call(
        kind: type[Watcher] = Watcher,
        told: Callable[[Refreshed], None] = lambda _: None,
        open_it: Opener = opener,
    ) -> Live:
        live = Live(open_it, kept, told, lambda hint: kind(root, hint))
        begun.append(live)
        live.start()
        assert live.wait(PATIENCE)
        return live

    yield call
    for live in begun:
        live.stop()


@pytest.mark.parametrize("kind", [Watcher, Deaf])
def test_a_change_is_seen_with_events_and_without(
    kind: type[Watcher], root: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind is Deaf:
        monkeypatch.setattr(lives, "LOOK_SECONDS", 0.01)
    live = begin(kind)
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})
    (root / "customers" / "zoe.md").unlink()
    until(lambda: names(live.snapshot) == {"Anna", "Jan"})


def test_events_are_enough(root: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "LOOK_SECONDS", 10 * PATIENCE)
    live = begin()
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})


@pytest.mark.usefixtures("at_once")
def test_where_events_fail_to_come_they_are_counted_on_no_more(
    root: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mute, "starts", 0)
    live = begin(Mute)
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})
    until(lambda: Mute.starts == 2)
    (root / "customers" / "zoe.md").unlink()
    until(lambda: names(live.snapshot) == {"Anna", "Jan"})
    monkeypatch.setattr(lives, "_LOOKS", 10**9)
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})
    assert Mute.starts == 2


@pytest.mark.parametrize("disaster", DISASTERS, ids=lambda one: one.__name__)
@pytest.mark.usefixtures("at_once")
def test_the_thread_survives_a_disaster_and_sees_the_vault_again(
    disaster: Callable[[Path], None], root: Path, begin: Begin, tmp_path: Path
) -> None:
    shutil.copytree(root, tmp_path / "saved")
    live = begin()
    good = live.snapshot.feeds
    disaster(root)
    until(lambda: live.snapshot.problem is not None)
    assert live.snapshot.feeds == good
    if root.is_dir():
        shutil.rmtree(root)
    shutil.copytree(tmp_path / "saved", root)
    until(lambda: live.snapshot.problem is None)
    assert live.snapshot.feeds == good
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})


def test_after_a_disaster_events_come_again(
    root: Path, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Refreshed] = []
    live = begin(told=told.append)
    root.rename(tmp_path / "away")
    until(lambda: live.snapshot.problem is not None)
    (tmp_path / "away").rename(root)
    until(lambda: live.snapshot.problem is None)
    count = len(told)
    until(lambda: len(told) > count)  # it watches anew, and looks once more
    monkeypatch.setattr(lives, "_LOOKS", 10**9)
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})


@pytest.mark.usefixtures("at_once")
def test_another_vault_in_its_place_is_watched(
    root: Path, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(root, tmp_path / "other")
    live = begin()
    number = live.snapshot.number
    root.rename(tmp_path / "away")
    (tmp_path / "other").rename(root)
    until(lambda: live.snapshot.number > number + 1)
    monkeypatch.setattr(lives, "_LOOKS", 10**9)
    until(lambda: live.snapshot.problem is None)
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})


@pytest.mark.usefixtures("at_once")
def test_other_settings_are_read_without_an_event(root: Path, begin: Begin) -> None:
    live = begin(Deaf)
    configure(root, CONFIG.replace("  gold:", "  best:"))
    until(lambda: set(live.snapshot.feeds) == {"all", "best"})


@pytest.mark.usefixtures("at_once")
def test_at_midnight_the_vault_is_opened_anew(
    root: Path, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        day = 23

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls(2026, 11, cls.day, 23, 59, tzinfo=tz)

    monkeypatch.setattr(opened, "datetime", Clock)
    told: list[Refreshed] = []
    begin(told=told.append, open_it=lambda: Workspace(root, None, tmp_path / "cache", tmp_path / "state"))
    count = len(told)
    Clock.day = 24
    until(lambda: any(one.is_anew for one in told[count:]))


def test_files_are_read_ahead_while_others_are_written(
    root: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is read once, and before the refresh, however many hints there are of it."""
    done: list[str] = []
    read_ahead, refresh = Workspace.read_ahead, Workspace.refresh

    def noted_ahead(self: Workspace, path: str) -> None:
        done.append(path)
        read_ahead(self, path)

    def noted_refresh(self: Workspace) -> None:
        done.append("refresh")
        refresh(self)

    live = begin()
    monkeypatch.setattr(lives, "QUIET_SECONDS", 2.0)
    monkeypatch.setattr(Workspace, "read_ahead", noted_ahead)
    monkeypatch.setattr(Workspace, "refresh", noted_refresh)
    for name in ("zoe", "jan", "zoe"):
        write(root, name, customer(name.title(), "1971-12-19"))
    until(lambda: "refresh" in done)
    assert done == ["customers/jan.md", "customers/zoe.md", "refresh"]
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})


def test_whoever_is_told_cannot_end_the_thread(root: Path, begin: Begin) -> None:
    def told(_: Refreshed) -> None:
        raise RuntimeError("not me")

    live = begin(told=told)
    write(root, "zoe", customer("Zoe"))
    until(lambda: names(live.snapshot) == {"Anna", "Jan", "Zoe"})


def test_a_refresh_under_way_is_ended_before_the_thread(
    root: Path, opener: Opener, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Workspace] = []
    going, may_end = threading.Event(), threading.Event()

    def slow(workspace: Workspace, name: str, known: Known) -> object:
        going.set()
        may_end.wait(PATIENCE)
        return feed(workspace, name, known)

    def open_it() -> Workspace:
        opened.append(opener())
        return opened[-1]

    monkeypatch.setattr(refreshes, "feed", slow)
    live = Live(open_it, kept, lambda _: None, lambda hint: Watcher(root, hint))
    live.start()
    assert going.wait(PATIENCE)
    threading.Timer(0.2, may_end.set).start()
    live.stop()
    assert live.snapshot.number == 1
    (workspace,) = opened
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        workspace.cache.database.interrupt()


def test_stopping_what_never_began_is_nothing(root: Path, opener: Opener, kept: Kept) -> None:
    live = Live(opener, kept, lambda _: None, lambda hint: Watcher(root, hint))
    assert not live.wait(0)
    live.stop()


# What a person should know of a feed


def test_a_feed_too_large_is_said_and_only_once(
    refresher: Refresher, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ptcrm.formats.ics.LARGEST", 100)
    tell = Teller(quiet=True)
    tell(refresher.refresh(), refresher.snapshot)
    write(root, "zoe", customer("Zoe"))
    done = refresher.refresh()
    assert "all" in done.feeds
    tell(done, refresher.snapshot)
    assert capsys.readouterr().err.count("shorten it by") == 2  # one for each of the two feeds
