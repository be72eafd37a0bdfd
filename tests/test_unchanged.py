"""What makes a file unchanged: size, times and inode, and that it is older than the scan that read it (FORMAT §1)."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ptcrm.vault import listing
from ptcrm.vault.cache import Cache
from ptcrm.vault.facts import FileRead, nothing_but
from ptcrm.vault.index import Index
from ptcrm.vault.listing import Listing, Signature, signature_of
from ptcrm.vault.scan import RACY_NS, Seen, see

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 10**9
SCAN = 1_700_000_000 * SECOND
OLD = SCAN - 3600 * SECOND
THEN = Signature(100, OLD, OLD, 7)
PATH = "customers/anna.md"


def seen(one: Signature) -> Seen:
    """The folder with one file in it."""
    size, changed, moved, inode = one
    lines = ["customers//folder", f"{PATH}//{size} {changed} {moved} {inode}"]
    return Seen({"customers": lines}, max(changed, moved))


def scan(cache: Cache, one: Signature, now_ns: int) -> bool:
    """Look at the folder, read what is to be read; whether that was the file."""
    index = Index(cache)
    look = index.look(seen(one), now_ns)
    index.refresh(look, lambda path, signature: FileRead(path, signature, now_ns, nothing_but(())))
    return PATH in look.changed


def is_read_again(then: Signature, now: Signature, later_ns: int, *, is_noted: bool) -> bool:
    """Whether a file that a scan read as `then` is read again by a later one, which sees it as `now`."""
    with closing(Cache.open(None, "x")) as cache:
        assert scan(cache, then, SCAN)
        if not is_noted:  # as after two processes that scanned at once
            cache.database.execute("DELETE FROM note")
        return scan(cache, now, SCAN + later_ns)


both_ways = pytest.mark.parametrize("is_noted", [True, False])
later = pytest.mark.parametrize("later_ns", [SECOND, 10**17, -SECOND, -(10**17)], ids=str)


@both_ways
@later
def test_the_same_file_is_not_read_again(later_ns: int, is_noted: bool) -> None:
    """Whichever way the clock has jumped."""
    assert not is_read_again(THEN, THEN, later_ns, is_noted=is_noted)


@both_ways
@pytest.mark.parametrize(
    "then",
    [THEN._replace(inode=2**64 - 1), THEN._replace(mtime_ns=-SECOND)],
    ids=["an inode of 64 bits", "before 1970"],
)
def test_numbers_may_be_any_that_a_file_system_gives(then: Signature, is_noted: bool) -> None:
    assert not is_read_again(then, then, SECOND, is_noted=is_noted)
    assert is_read_again(then, THEN, SECOND, is_noted=is_noted)


def test_a_time_far_ahead_is_kept() -> None:
    """After 2262 there are more nanoseconds than SQLite's integers hold."""
    then = THEN._replace(mtime_ns=2**64)
    with closing(Cache.open(None, "x")) as cache:
        assert scan(cache, then, SCAN)
        assert cache.signatures() == {PATH: (then, SCAN)}


@pytest.mark.parametrize("tells_inodes", [True, False])
def test_a_file_looked_at_by_itself_is_as_the_scan_has_it(
    tells_inodes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a scan is told no inodes."""
    (tmp_path / "customers").mkdir()
    (tmp_path / PATH).write_text("", encoding="utf-8")
    found = Listing(see(tmp_path, ["customers"]).folders).files[PATH]
    monkeypatch.setattr(listing, "TELLS_INODES", tells_inodes)
    scanned = found if tells_inodes else found._replace(inode=0)
    assert signature_of((tmp_path / PATH).stat()) == scanned


CHANGES = {
    "size": THEN._replace(size=101),
    "written": THEN._replace(mtime_ns=OLD + 1, ctime_ns=OLD + 1),
    "dated back": THEN._replace(mtime_ns=OLD - 1, ctime_ns=OLD + SECOND),
    "same size and time": THEN._replace(ctime_ns=OLD + SECOND),
    "ctime earlier, after the clock went back": THEN._replace(ctime_ns=OLD - SECOND),
    "replaced by another file": THEN._replace(inode=8),
    "another file, of before": Signature(100, OLD - SECOND, OLD - SECOND, 8),
}


@both_ways
@later
@pytest.mark.parametrize("now", CHANGES.values(), ids=CHANGES)
def test_what_may_have_changed_is_read_again(now: Signature, later_ns: int, is_noted: bool) -> None:
    assert is_read_again(THEN, now, later_ns, is_noted=is_noted)


YOUNG = {
    "as the scan": THEN._replace(mtime_ns=SCAN, ctime_ns=SCAN),
    "a tick before": THEN._replace(mtime_ns=SCAN - RACY_NS, ctime_ns=SCAN - RACY_NS),
    "with its time restored": THEN._replace(ctime_ns=SCAN - RACY_NS),
    "dated ahead": THEN._replace(mtime_ns=SCAN + 3600 * SECOND),
    "of a clock that has gone back since": THEN._replace(ctime_ns=SCAN + 3600 * SECOND),
}


@both_ways
@later
@pytest.mark.parametrize("then", YOUNG.values(), ids=YOUNG)
def test_a_file_no_older_than_the_scan_is_read_again(then: Signature, later_ns: int, is_noted: bool) -> None:
    assert is_read_again(then, then, later_ns, is_noted=is_noted)


@both_ways
def test_a_file_just_older_than_the_scan_is_not(is_noted: bool) -> None:
    then = THEN._replace(mtime_ns=SCAN - RACY_NS - 1, ctime_ns=SCAN - RACY_NS - 1)
    assert not is_read_again(then, then, SECOND, is_noted=is_noted)


def test_it_is_read_until_it_is_older() -> None:
    young = YOUNG["dated ahead"]
    with closing(Cache.open(None, "x")) as cache:
        times = [SCAN, SCAN + SECOND, SCAN + 3600 * SECOND, SCAN + 3601 * SECOND, SCAN + 3602 * SECOND]
        assert [scan(cache, young, now) for now in times] == [True, True, True, True, False]
