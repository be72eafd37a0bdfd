"""The vault's folder: what counts as a customer's file, and how a file is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptcrm.errors import RefusedError
from ptcrm.model.change import Create, Operation, Write
from ptcrm.vault import applying
from ptcrm.vault.applying import write_outside
from ptcrm.vault.journal import Journal
from ptcrm.vault.listing import Listing, difference
from ptcrm.vault.scan import see
from ptcrm.vault.store import find_root, list_names, read_file

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")

CUSTOMERS = ["anna.md", "Ann 2.md", "B (1).md", "日本.md", "UPPER.MD", "sub/jan.md", "sub/deep/x.md"]
DEBRIS = [
    ".hidden.md",
    "~lock.md",
    "anna.md~",
    ".anna.md.swp",
    "anna.md.swp",
    "anna.md.tmp",
    "anna.md.bak",
    "anna.md.orig",
    "anna.md.rej",
    "#anna.md#",
    "4913",
    "anna_BASE_123.md",
    "anna_LOCAL_123.md",
    "anna_REMOTE_123.md",
    "anna_BACKUP_123.md",
    "notes.txt",
    ".obsidian/x.md",
    "node_modules/y.md",
]
COPIES = [
    "anna.sync-conflict-20261101-120000-ABC.md",
    "anna (Marta's conflicted copy 2026-11-01).md",
    "anna 2.md",
    "anna (1).md",
]


def fill(root: Path, names: list[str]) -> None:
    for name in names:
        path = root / "customers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("---\n---\n")


def test_what_is_a_customers_file(tmp_path: Path) -> None:
    fill(tmp_path, CUSTOMERS + DEBRIS)
    listing = Listing(see(tmp_path, ["customers"]).folders)
    assert set(listing.files) == {f"customers/{name}" for name in CUSTOMERS}
    assert listing.strays.problems == ()


def test_copies_of_sync_programs_are_no_customers(tmp_path: Path) -> None:
    fill(tmp_path, ["anna.md", *COPIES])
    listing = Listing(see(tmp_path, ["customers"]).folders)
    assert list(listing.files) == ["customers/anna.md"]
    assert listing.strays.copies == {f"customers/{name}": "customers/anna.md" for name in COPIES}
    assert listing.strays.problems == ()


def test_a_copy_whose_original_is_gone_is_known_by_its_name(tmp_path: Path) -> None:
    fill(tmp_path, COPIES)
    listing = Listing(see(tmp_path, ["customers"]).folders)
    assert set(listing.strays.copies) == {f"customers/{name}" for name in COPIES[:2]}
    assert set(listing.files) == {f"customers/{name}" for name in COPIES[2:]}


NAMES = st.sampled_from(["anna.md", "jan.md", "Zoë.md", *COPIES, *DEBRIS[:3], "no\udcff.md"])
WHAT = st.integers(1, 3).map("{0} 1 1 {0}".format) | st.sampled_from(["outside", "special", "unreadable Why"])
A_FOLDER = st.dictionaries(NAMES, WHAT).map(
    lambda files: ["customers//folder", *(f"customers/{name}//{what}" for name, what in files.items())]
) | st.sampled_from([["customers//missing"], ["customers//closed Why"]])


@given(A_FOLDER, A_FOLDER)
@example(
    ["customers/anna.md//1 1 1 1", "customers/anna 2.md//1 1 1 1"],
    ["customers/anna 2.md//1 1 1 1"],  # what was a copy is a customer's file
)
def test_how_a_folder_differs_is_what_the_whole_of_it_says(before: list[str], now: list[str]) -> None:
    old, new = Listing({"customers": before}), Listing({"customers": now})
    found = difference(before, now, old.strays)
    assert found.strays == new.strays
    assert found.gone == old.files.keys() - new.files.keys()
    assert found.changed.keys() == {path for path, _ in new.files.items() - old.files.items()}
    assert new.since(old) == {path for path, _ in new.files.items() ^ old.files.items()}


@POSIX
@pytest.mark.parametrize("by_descriptor", [True, False])
def test_odd_files_are_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_descriptor: bool
) -> None:
    monkeypatch.setattr("ptcrm.vault.scan._BY_DESCRIPTOR", by_descriptor)
    fill(tmp_path, ["anna.md"])
    folder = tmp_path / "customers"
    os.mkfifo(folder / "pipe.md")
    (tmp_path.parent / "outside.md").write_text("---\nname: Outside\n---\n")
    (folder / "out.md").symlink_to(tmp_path.parent / "outside.md")
    (folder / "dangling.md").symlink_to(folder / "nowhere.md")
    (folder / "inside.md").symlink_to(folder / "anna.md")
    (folder / "loop").symlink_to(folder)
    (folder / os.fsdecode(b"bad\xff.md")).write_text("---\n---\n")
    listing = Listing(see(tmp_path, ["customers"]).folders)
    assert set(listing.files) == {"customers/anna.md", "customers/inside.md"}
    assert {one.code for one in listing.strays.problems} == {"PT009"}
    assert len(listing.strays.problems) == 4


@POSIX
def test_a_copy_that_leads_out_of_the_vault_is_left_out(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    fill(root, ["anna.md"])
    (tmp_path / "outside.md").write_text("---\nname: Outside\n---\n")
    (root / "customers" / "anna 2.md").symlink_to(tmp_path / "outside.md")
    listing = Listing(see(root, ["customers"]).folders)
    assert listing.strays.copies == {}
    assert [(one.code, one.path) for one in listing.strays.problems] == [("PT009", "customers/anna 2.md")]


@POSIX
def test_every_file_of_the_vault_has_a_name_that_links_may_use(tmp_path: Path) -> None:
    fill(tmp_path, ["anna.md", "sub/photo.jpg", ".obsidian/x.md", "node_modules/y.md"])
    (tmp_path / "ideas.md").write_text("")
    (tmp_path / "customers" / "loop").symlink_to(tmp_path / "customers")
    assert sorted(list_names(tmp_path)) == ["customers/anna.md", "customers/sub/photo.jpg", "ideas.md"]


def test_the_root_is_found_from_below(tmp_path: Path) -> None:
    fill(tmp_path, ["sub/jan.md"])
    assert find_root(tmp_path / "customers" / "sub") is None
    (tmp_path / "ptcrm.yaml").write_text("")
    assert find_root(tmp_path / "customers" / "sub") == tmp_path.resolve()


def apply(root: Path, operation: Operation) -> None:
    applying.apply(root, operation, Journal(root.parent / "state"), "2026-11-23")


def write(old: bytes, new: bytes, path: str = "customers/anna.md") -> Operation:
    return Operation("test", (Write(path, old, new),))


def test_a_file_is_replaced_if_it_is_as_it_was(tmp_path: Path) -> None:
    fill(tmp_path, ["anna.md"])
    apply(tmp_path, write(b"---\n---\n", b"new"))
    assert (tmp_path / "customers" / "anna.md").read_bytes() == b"new"
    with pytest.raises(RefusedError, match="somebody else changed it"):
        apply(tmp_path, write(b"---\n---\n", b"newer"))
    assert (tmp_path / "customers" / "anna.md").read_bytes() == b"new"


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    apply(tmp_path, Operation("add", (Create("customers/anna.md", b"one"),)))
    with pytest.raises(RefusedError, match="there already"):
        apply(tmp_path, Operation("add", (Create("customers/anna.md", b"two"),)))
    assert (tmp_path / "customers" / "anna.md").read_bytes() == b"one"


def test_without_hard_links_a_new_file_still_never_replaces_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("not on this file system")

    monkeypatch.setattr(os, "link", no_links)
    test_a_new_file_never_replaces_one(tmp_path)


@POSIX
def test_mode_and_links_are_kept(tmp_path: Path) -> None:
    fill(tmp_path, ["anna.md"])
    real = tmp_path / "customers" / "anna.md"
    real.chmod(0o640)
    (tmp_path / "customers" / "link.md").symlink_to(real)
    apply(tmp_path, write(b"---\n---\n", b"new", "customers/link.md"))
    assert (tmp_path / "customers" / "link.md").is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("path", ["../outside.md", "customers/../../outside.md"])
def test_nothing_is_written_outside(path: str, tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    with pytest.raises(RefusedError, match="out of the vault"):
        apply(tmp_path / "vault", Operation("add", (Create(path, b"x"),)))
    assert not (tmp_path / "outside.md").exists()


def test_an_empty_file_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that saves in place empties the file for a moment."""
    path = tmp_path / "anna.md"
    path.write_bytes(b"")
    monkeypatch.setattr("ptcrm.vault.store.time.sleep", lambda _: path.write_bytes(b"saved"))
    assert read_file(tmp_path, "anna.md") == b"saved"


def test_an_export_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "feed.ics"
    write_outside(path, b"BEGIN:VCALENDAR old", b"BEGIN:VCALENDAR")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RefusedError, match="No space left"):
        write_outside(path, b"BEGIN:VCALENDAR new", b"BEGIN:VCALENDAR")
    assert path.read_bytes() == b"BEGIN:VCALENDAR old"
    assert [one.name for one in tmp_path.iterdir()] == ["feed.ics"]


def test_an_export_never_replaces_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "anna.md"
    path.write_bytes(b"---\nname: Anna\n---\n")
    with pytest.raises(RefusedError, match="stays as it is"):
        write_outside(path, b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR")
    assert path.read_bytes() == b"---\nname: Anna\n---\n"
