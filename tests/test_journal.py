"""One operation over any number of files: whole or not at all, whatever happens in between; and its undo."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ptcrm.errors import BusyError, ChangedError, RefusedError
from ptcrm.model.change import Change, Create, Delete, Move, Operation, Write, inverse
from ptcrm.vault import applying, replace, store
from ptcrm.vault import journal as journal_module
from ptcrm.vault.journal import Journal

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
FILES = {"a.md": b"A\n", "b.md": b"B\r\nb", "sub/c.md": b"\xff\xfe\x00 no text"}
EVERYTHING: tuple[Change, ...] = (
    Write("a.md", b"A\n", b"A\nmore\n"),
    Create("sub/new/d.md", b"D\xed\xa0\x80"),
    Move("b.md", b"B\r\nb", "sub/b2.md", b"B\r\nb2"),
    Delete("sub/c.md", FILES["sub/c.md"]),
)
DONE = {"a.md": b"A\nmore\n", "sub/new/d.md": b"D\xed\xa0\x80", "sub/b2.md": b"B\r\nb2"}


class Vault:
    """A folder of files, and the journal of what is done to it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "vault"
        self.journal = Journal(folder / "state")
        for name, content in FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def apply(self, *changes: Change) -> None:
        applying.apply(self.root, Operation("test", changes), self.journal, "2026-11-23")

    def files(self) -> dict[str, bytes]:
        """Everything in the vault, leftovers too."""
        paths = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}

    def recover(self) -> str | None:
        """What the next command does first, in another process as it were."""
        return applying.recover(self.root, Journal(self.journal.folder))


@pytest.fixture(params=["exchange", "links", "neither"])
def any_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that lets files change places; one with hard links alone; one with neither."""
    if request.param != "exchange":
        monkeypatch.setattr(replace, "exchanger", lambda: None)
    if request.param == "neither":
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))


@pytest.fixture
def vault(any_system: None, tmp_path: Path) -> Vault:  # noqa: ARG001
    return Vault(tmp_path)


def refuse(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_an_operation_over_files_is_done_in_whole(vault: Vault) -> None:
    vault.apply(*EVERYTHING)
    assert vault.files() == DONE
    assert not vault.journal.has_pending()


def test_its_inverse_takes_it_back_byte_for_byte(vault: Vault) -> None:
    vault.apply(*EVERYTHING)
    (record,) = vault.journal.records()
    assert record.operation == Operation("test", EVERYTHING)
    vault.apply(*(inverse(change) for change in reversed(record.operation.changes)))
    assert vault.files() == FILES


def calls(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> Callable[[], int]:
    """Call `act(n)` before the n-th call to the system that an operation makes; the result counts them."""
    count, close = 0, os.close

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: object, **options: object) -> object:
            nonlocal count
            count += 1
            if real is close:  # a failed close closes all the same
                real(*args, **options)
            act(count)
            return None if real is close else real(*args, **options)

        return call

    names = ["open", "fsync", "close", "unlink", "rename", "replace", "mkdir", "stat", "chmod", "link"]
    for name in names:
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    if exchange := replace.exchanger():
        once = counted(exchange)
        monkeypatch.setattr(replace, "exchanger", lambda: once)
    return lambda: count


class Ended(BaseException):
    """The process ends here, and nothing more of it runs."""


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EINTR])
def test_a_failure_of_any_call_leaves_the_vault_as_it_was(number: int, tmp_path: Path) -> None:
    """The n-th call fails, for every n; what could not be taken back at once the next command takes back."""
    at = 0
    while True:
        at += 1
        fresh = Vault(tmp_path / str(at))
        with pytest.MonkeyPatch.context() as patch:
            total = calls(patch, lambda n, at=at: refuse(number)() if n == at else None)  # type: ignore[misc]
            try:
                fresh.apply(*EVERYTHING)
                failed = False
            except RefusedError:
                failed = True
            made = total()
        fresh.recover()
        assert fresh.files() == (FILES if failed else DONE), (at, failed)
        if made < at:
            break
    assert at > 40


@pytest.mark.usefixtures("any_system")
def test_an_end_at_any_call_loses_nothing(tmp_path: Path) -> None:
    """The process ends before the n-th call, for every n; the next command finds all of it or nothing."""
    at, outcomes = 0, set()
    while True:
        at += 1
        fresh = Vault(tmp_path / str(at))

        def end(n: int, at: int = at) -> None:
            if n >= at:
                raise Ended

        with pytest.MonkeyPatch.context() as patch:
            total = calls(patch, end)
            patch.setattr(
                applying, "_roll_back", lambda *_: None
            )  # a process that is gone rolls nothing back
            with contextlib.suppress(Ended):
                fresh.apply(*EVERYTHING)
            made = total()
        said = fresh.recover()
        found = fresh.files()
        assert found in (FILES, DONE), at
        assert said is None or ("completed" in said) == (found == DONE)
        outcomes.add(found == DONE)
        if made < at:
            break
    assert at > 40
    assert outcomes == {True, False}


def test_what_somebody_else_saves_between_two_files_stays(vault: Vault) -> None:
    (vault.root / "b.md").write_bytes(b"saved by an editor")
    with pytest.raises(ChangedError, match="somebody else changed it"):
        vault.apply(*EVERYTHING)
    assert vault.files() == {**FILES, "b.md": b"saved by an editor"}


@pytest.mark.parametrize("names", [["a.md"], ["b.md"], ["a.md", "b.md"]])
def test_what_somebody_else_wrote_stays_even_if_it_is_the_same(names: list[str], vault: Vault) -> None:
    """As when one operation is decided twice."""
    new = {name: FILES[name] + b"more" for name in ("a.md", "b.md")}
    for name in names:
        (vault.root / name).write_bytes(new[name])
    with pytest.raises(ChangedError, match="somebody else changed it"):
        vault.apply(*(Write(name, FILES[name], content) for name, content in new.items()))
    assert vault.files() == {**FILES, **{name: new[name] for name in names}}
    assert not vault.journal.has_pending()


def test_a_file_saved_a_moment_ago_is_looked_at_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that saves in place may be halfway through."""
    vault = Vault(tmp_path)
    path = vault.root / "a.md"
    path.write_bytes(b"half")
    monkeypatch.setattr(store, "SETTLE_SECONDS", 3600)
    monkeypatch.setattr("ptcrm.vault.replace.time.sleep", lambda _: path.write_bytes(b"half and half"))
    with pytest.raises(ChangedError):
        vault.apply(Write("a.md", b"half", b"mine"))
    assert vault.files() == {**FILES, "a.md": b"half and half"}


@POSIX
def test_names_are_on_the_disk_before_it_is_said(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    vault.apply(*EVERYTHING)
    folders = [vault.journal.folder, vault.root, vault.root / "sub", vault.root / "sub" / "new"]
    assert {folder.stat().st_ino for folder in folders} <= set(synced)
    synced.clear()
    vault.apply(Delete("a.md", DONE["a.md"]))
    assert vault.root.stat().st_ino in synced


@pytest.mark.parametrize("how", ["in place", "by renaming"])
def test_a_save_in_the_very_moment_is_put_back(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last look and before the files change places."""
    if replace.exchanger() is None:
        pytest.skip("files cannot change places here")
    vault = Vault(tmp_path)
    swap, saves = replace.swap, iter([b"saved by an editor"])

    def late(step: replace.Step) -> None:
        for content in saves:
            save(step.target, content, how)
        swap(step)

    monkeypatch.setattr(replace, "swap", late)
    with pytest.raises(ChangedError):
        vault.apply(Write("a.md", b"A\n", b"mine"))
    assert vault.files() == {**FILES, "a.md": b"saved by an editor"}


def save(path: Path, content: bytes, how: str) -> None:
    if how == "in place":
        path.write_bytes(content)
    else:
        other = path.with_name("other~")
        other.write_bytes(content)
        other.replace(path)


def test_the_newest_of_two_saves_in_the_moment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if replace.exchanger() is None:
        pytest.skip("files cannot change places here")
    vault = Vault(tmp_path)
    swap, saves = replace.swap, iter([b"first save", b"second save"])

    def late(step: replace.Step) -> None:
        save(step.target, next(saves, None) or step.target.read_bytes(), "by renaming")
        swap(step)

    monkeypatch.setattr(replace, "swap", late)
    with pytest.raises(ChangedError):
        vault.apply(Write("a.md", b"A\n", b"mine"))
    assert vault.files()["a.md"] == b"second save"


def test_a_save_that_was_displaced_when_the_process_ended_is_put_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    record = journal_module.Record(1, "now", Operation("test", (Write("a.md", b"A\n", b"mine"),)), "feed")
    with vault.journal.locked():
        vault.journal.begin(record)
    (vault.root / "a.md").write_bytes(b"mine")
    (vault.root / ".ptcrm-feed-0.tmp").write_bytes(b"saved by an editor")
    vault.recover()
    assert vault.files() == {**FILES, "a.md": b"saved by an editor"}


def test_a_note_that_was_cut_off_means_that_nothing_was_begun(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.apply(Write("a.md", b"A\n", b"one"))
    (vault.journal.folder / "pending.json").write_bytes(b'{"number": 2, "at": "no')
    assert vault.recover() is None
    assert not vault.journal.has_pending()
    assert [one.number for one in vault.journal.records()] == [1]


def test_a_damaged_record_hides_no_other(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    for old, new in ((b"A\n", b"1"), (b"1", b"2"), (b"2", b"3")):
        vault.apply(Write("a.md", old, new))
    (vault.journal.folder / "2.json").write_bytes(b"\x00")
    assert [one.number for one in vault.journal.records()] == [3, 1]


def test_one_at_a_time(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    other = Journal(vault.journal.folder)
    with other.locked():
        with pytest.raises(BusyError, match="Another ptcrm is writing"), vault.journal.locked(wait=0.02):
            pass
        assert vault.recover() is None
    vault.apply(Write("a.md", b"A\n", b"mine"))


@POSIX
def test_a_half_written_operation_of_a_live_process_is_left_to_it(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    record = journal_module.Record(1, "now", Operation("test", EVERYTHING), "feed")
    with vault.journal.locked():
        vault.journal.begin(record)
        assert vault.recover() is None
        assert vault.journal.has_pending()
    assert "taken back" in str(vault.recover())


def test_the_store_holds_so_many_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "KEPT_OPERATIONS", 3)
    vault = Vault(tmp_path)
    for old, new in chain(b"A\n", 6):
        vault.apply(Write("a.md", old, new))
    assert [one.number for one in vault.journal.records()] == [6, 5, 4]
    monkeypatch.setattr(journal_module, "KEPT_BYTES", 1)
    vault.apply(Write("a.md", b"6", b"7"))
    assert [one.number for one in vault.journal.records()] == [7]


def chain(first: bytes, count: int) -> Iterator[tuple[bytes, bytes]]:
    old = first
    for number in range(1, count + 1):
        yield old, str(number).encode()
        old = str(number).encode()


@POSIX
def test_only_the_owner_reads_the_store(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.apply(*EVERYTHING)
    assert vault.journal.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in vault.journal.folder.iterdir()} == {0o600}


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_mode_owner_and_attributes_are_kept(vault: Vault) -> None:
    path = vault.root / "a.md"
    path.chmod(0o640)
    os.setxattr(path, "user.colour", b"red")
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)
    before = path.stat()
    vault.apply(Write("a.md", b"A\n", b"new"), Move("b.md", FILES["b.md"], "b2.md", FILES["b.md"]))
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert os.getxattr(path, "user.colour") == b"red"
    assert after.st_mtime_ns >= before.st_mtime_ns


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_what_undo_needs_must_have_a_place(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    journal = Journal(tmp_path / "file" / "state")
    with pytest.raises(RefusedError, match="what undo needs cannot be kept"):
        applying.apply(vault.root, Operation("test", EVERYTHING), journal, "now")
    assert vault.files() == FILES


@pytest.mark.parametrize("change", [Write("a.md", b"A\n", b"x"), Delete("a.md", b"A\n")])
def test_a_read_only_file_stays(change: Change, vault: Vault) -> None:
    (vault.root / "a.md").chmod(0o444)
    with pytest.raises(RefusedError, match="read-only"):
        vault.apply(change)
    assert vault.files() == FILES


def test_a_new_name_that_is_taken(vault: Vault) -> None:
    with pytest.raises(RefusedError, match="there already"):
        vault.apply(Write("a.md", b"A\n", b"x"), Move("b.md", FILES["b.md"], "sub/c.md", b"x"))
    assert vault.files() == FILES


def test_a_note_that_cannot_be_read_now_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(tmp_path)
    record = journal_module.Record(1, "now", Operation("test", EVERYTHING), "feed")
    with vault.journal.locked():
        vault.journal.begin(record)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse(errno.EIO))
        with pytest.raises(RefusedError, match="cannot be put right"):
            vault.recover()
    assert vault.journal.has_pending()
    assert "taken back" in str(vault.recover())
