"""`ptcrm sync`: what is committed, merged and sent; and each odd state, with nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ptcrm.git import exchange, merging, repo
from ptcrm.vault.journal import Journal
from ptcrm.vault.places import place_of, user_folder
from tests.conftest import ROOT, Run
from tests.test_docs import blocks

ANNA = "---\nname: Anna Kowalska\ntier: silver\n---\n\n## Follow-ups\n\n- [ ] 2026-12-01 call: Ask\n\n## Log\n\n- 2026-11-01 call: One\n"
JAN = "---\nname: Jan Nowak\n---\n\n## Log\n\n- 2026-11-02 call: Two\n"
DAY = "2026-11-23"


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=check,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def identity(own_home: Path) -> Iterator[Path]:
    """A user whom git knows, in the home of the test."""
    (own_home / ".gitconfig").write_text(
        "[user]\n\tname = Marta\n\temail = marta@example.org\n[init]\n\tdefaultBranch = main\n",
        encoding="utf-8",
    )
    repo.git.cache_clear()
    yield own_home
    repo.git.cache_clear()


def made(folder: Path, customers: dict[str, str] | None = None) -> Path:
    """A vault in a repository of its own, with one commit."""
    (folder / "customers").mkdir(parents=True)
    (folder / "ptcrm.yaml").write_text("start: 2021-01-01\ntimezone: Europe/Warsaw\n", encoding="utf-8")
    for stem, text in (customers or {"anna": ANNA, "jan": JAN}).items():
        (folder / "customers" / f"{stem}.md").write_text(text, encoding="utf-8", newline="")
    git(folder.parent, "init", "-q", str(folder))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "begun")
    return folder


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A vault in a repository without a remote."""
    return made(tmp_path / "one")


@pytest.fixture
def two(one: Path, tmp_path: Path) -> Path:
    """A clone of `one`; both follow a bare repository."""
    git(tmp_path, "clone", "-q", "--bare", str(one), "shared.git")
    git(one, "remote", "add", "origin", str(tmp_path / "shared.git"))
    git(one, "fetch", "-q")
    git(one, "branch", "-q", "--set-upstream-to=origin/main")
    git(tmp_path, "clone", "-q", "shared.git", "two")
    return tmp_path / "two"


Sync = Callable[..., str]


@pytest.fixture
def sync(run: Run) -> Sync:
    """`sync(vault, *options, code=0)`: what it printed on both streams."""

    def call(vault: Path, *options: str, code: int = 0) -> str:
        result = run("--vault", vault, "--today", DAY, "sync", *options)
        assert result.exit_code == code, result.output
        return result.output

    return call


def file_of(vault: Path, stem: str = "anna") -> Path:
    return vault / "customers" / f"{stem}.md"


def change(vault: Path, old: str, new: str, stem: str = "anna") -> None:
    path = file_of(vault, stem)
    text = path.read_bytes()
    assert old.encode() in text
    path.write_bytes(text.replace(old.encode(), new.encode()))


def log(vault: Path, entry: str, stem: str = "anna") -> None:
    change(vault, "## Log\n\n", f"## Log\n\n- {entry}\n", stem)


def state(vault: Path) -> dict[str, object]:
    """All that a sync must not change when it refuses: the branch, the index, the files, the configuration."""
    top = Path(git(vault, "rev-parse", "--show-toplevel"))
    own = Path(git(vault, "rev-parse", "--absolute-git-dir"))
    files = {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(top).parts
    }
    return {
        "head": git(vault, "rev-parse", "HEAD", check=False),
        "refs": git(vault, "for-each-ref"),
        "index": git(vault, "ls-files", "--stage"),
        "files": files,
        "config": (own / "config").read_bytes(),
    }


def subjects(vault: Path, count: int = 1) -> list[str]:
    return git(vault, "log", f"-{count}", "--format=%s").splitlines()


# The usual


def test_what_changed_is_committed_and_told(one: Path, sync: Sync) -> None:
    log(one, "2026-11-20 call: The new shop")
    log(one, "2026-11-20 visit: Frames", "jan")
    change(one, "- [ ] 2026-12-01", "- [x] 2026-12-01")
    said = sync(one)
    assert subjects(one) == ["log: Anna Kowalska, Jan Nowak; 1 follow-up done"]
    assert "Committed: log: Anna Kowalska, Jan Nowak; 1 follow-up done" in said
    assert "There is no remote" in said
    assert git(one, "status", "--porcelain") == ""
    body = git(one, "log", "-1", "--format=%b")
    assert "Anna Kowalska: follow-up done: 2026-12-01 call: Ask; logged 2026-11-20 call: The new shop" in body


def test_nothing_new_makes_no_commit(two: Path, sync: Sync) -> None:
    before = state(two)
    assert "Nothing new, here or in origin/main." in sync(two)
    assert state(two) == before


def test_both_sides_are_merged_and_end_equal(one: Path, two: Path, sync: Sync) -> None:
    log(one, "2026-11-20 call: From one")
    change(one, "silver", "gold")
    log(two, "2026-11-21 call: From two")
    assert "Sent to origin/main: 1 commit" in sync(one)
    said = sync(two)
    assert "Came from origin/main: log: Anna Kowalska; fields: Anna Kowalska; 1 commit" in said
    sync(one)
    text = file_of(one).read_text(encoding="utf-8")
    assert text == file_of(two).read_text(encoding="utf-8")
    assert "From one" in text
    assert "From two" in text
    assert "tier: gold" in text
    assert git(one, "rev-parse", "HEAD") == git(two, "rev-parse", "origin/main")
    assert git(one, "status", "--porcelain") == git(two, "status", "--porcelain") == ""


def test_the_driver_merges_without_a_line_in_gitattributes_and_with_one(
    one: Path, two: Path, sync: Sync
) -> None:
    for number, (here, other) in enumerate(((one, two), (two, one))):
        log(here, f"2026-11-1{number} call: Here {number}")
        log(other, f"2026-11-1{number} email: There {number}")
        sync(here)
        sync(other)
        sync(here)
        (here / ".gitattributes").write_text("customers/**/*.md merge=ptcrm\n", encoding="utf-8")
        git(here, "config", "merge.ptcrm.driver", "false")
    assert all(
        word in file_of(one).read_text(encoding="utf-8")
        for word in ("Here 0", "There 0", "Here 1", "There 1")
    )


def test_a_message_of_ones_own(one: Path, sync: Sync) -> None:
    log(one, "2026-11-20 call: x")
    sync(one, "-m", "--force  # Fair in Gdańsk")
    assert git(one, "log", "-1", "--format=%B") == "--force # Fair in Gdańsk"


def test_a_dry_run_says_what_would_be_committed_and_changes_nothing(two: Path, sync: Sync) -> None:
    log(two, "2026-11-20 call: x")
    (two / "notes.txt").write_text("x", encoding="utf-8")
    before = state(two)
    said = sync(two, "--dry-run")
    assert "Would commit: log: Anna Kowalska; files: notes.txt" in said
    assert "  customers/anna.md" in said
    assert "origin/main was not asked" in said
    assert state(two) == before
    git(two, "checkout", "-q", ".")
    (two / "notes.txt").unlink()
    assert "There is nothing to commit." in sync(two, "--dry-run")


def test_new_deleted_and_renamed_customers_and_other_files(one: Path, sync: Sync) -> None:
    file_of(one, "zofia").write_text("---\nname: Zofia\n---\n", encoding="utf-8")
    file_of(one, "jan").unlink()
    text = file_of(one).read_text(encoding="utf-8").replace("name: ", "id: anna\nname: ", 1)
    file_of(one).unlink()
    file_of(one, "anna-2").write_text(text, encoding="utf-8")
    (one / "library").mkdir()
    (one / "library" / "tip.md").write_text("x", encoding="utf-8")
    sync(one)
    assert subjects(one) == [
        "new: Zofia; gone: Jan Nowak; renamed: Anna Kowalska; fields: Anna Kowalska; files: library/tip.md"
    ]


def test_long_lists_are_shortened(one: Path, sync: Sync) -> None:
    for number in range(60):
        file_of(one, f"c{number:02}").write_text(f"---\nname: C {number:02}\n---\n", encoding="utf-8")
    sync(one)
    assert subjects(one) == ["new: C 00, C 01, C 02 and 57 more"]
    assert git(one, "log", "-1", "--format=%b").splitlines()[-1] == "and 10 more"


def test_json(one: Path, two: Path, sync: Sync) -> None:
    log(one, "2026-11-20 call: x")
    sync(one)
    log(two, "2026-11-20 email: y", "jan")
    told = json.loads(sync(two, "--json"))
    assert told == {
        "state": "done",
        "branch": "main",
        "remote": "origin",
        "commit": git(two, "rev-parse", "HEAD^1"),
        "message": "log: Jan Nowak",
        "paths": ["customers/jan.md"],
        "came": 1,
        "arrived": ["customers/anna.md"],
        "kept": [],
        "notes": [],
        "conflicts": [],
        "went": 2,
        "problem": None,
    }


def test_an_empty_vault_and_the_first_commit(tmp_path: Path, sync: Sync) -> None:
    vault = tmp_path / "new"
    vault.mkdir()
    (vault / "ptcrm.yaml").write_text("", encoding="utf-8")
    git(vault, "init", "-q")
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    git(vault, "remote", "add", "backup", str(tmp_path / "empty.git"))
    assert "Sent to backup/main: 1 commit" in sync(vault)
    assert subjects(vault) == ["files: ptcrm.yaml"]
    assert git(vault, "rev-parse", "--abbrev-ref", "@{u}") == "backup/main"


def test_hostile_names_are_committed_as_they_are(one: Path, two: Path, sync: Sync) -> None:
    names = ["-x.md", "a\nb.md", "#c.md", "[d] *.md", 'q"q.md', "Zoe\u0308.md"]
    names += [] if sys.platform in ("win32", "darwin") else ["caf\udce9.md"]
    for name in names:
        (one / "customers" / name).write_text("---\nname: '#x'\nid: y\n---\n", encoding="utf-8")
    sync(one)
    sync(two)
    assert {path.name for path in (two / "customers").iterdir()} == {"anna.md", "jan.md", *names}
    assert git(two, "status", "--porcelain") == ""


def test_lines_that_end_in_crlf_stay(one: Path, two: Path, sync: Sync) -> None:
    git(two, "config", "core.autocrlf", "true")
    file_of(two).unlink()
    git(two, "checkout", "--", "customers/anna.md")
    assert b"\r\n" in file_of(two).read_bytes()
    log(one, "2026-11-20 call: From one")
    sync(one)
    change(two, "silver", "gold")
    sync(two)
    assert b"- 2026-11-20 call: From one\r\n" in file_of(two).read_bytes()
    sync(one)
    assert b"\r" not in file_of(one).read_bytes()
    assert b"tier: gold" in file_of(one).read_bytes()


def test_what_editors_leave_for_a_moment_is_not_committed(one: Path, sync: Sync) -> None:
    for name in (".anna.md.swp", "anna.md~", ".#anna.md", ".merge_file_a1B2c3", "4913", ".ptcrm-1-2.tmp"):
        (one / "customers" / name).write_text("x", encoding="utf-8")
    (one / ".obsidian").write_text("x", encoding="utf-8")
    sync(one)
    assert git(one, "show", "--format=", "--name-only") == ".obsidian"


def test_another_repository_inside_is_left_alone(one: Path, sync: Sync) -> None:
    made(one / "inside")
    log(one, "2026-11-20 call: x")
    sync(one)
    assert git(one, "show", "--format=", "--name-only") == "customers/anna.md"


# Conflicts


@pytest.fixture
def conflict(one: Path, two: Path, sync: Sync) -> Path:
    """A clone that stopped at a conflict in Anna's tier; Jan came along without one."""
    change(one, "silver", "gold")
    log(one, "2026-11-20 call: Came along", "jan")
    sync(one)
    change(two, "silver", "bronze")
    said = sync(two, code=4)
    assert "Both sides changed the same in customers/anna.md" in said
    assert "ptcrm sync --abort" in said
    return two


def test_a_conflict_waits_for_somebody_and_the_next_sync_ends_it(
    conflict: Path, one: Path, sync: Sync
) -> None:
    text = file_of(conflict).read_text(encoding="utf-8")
    assert "<<<<<<<" in text
    assert "Came along" in file_of(conflict, "jan").read_text(encoding="utf-8")
    assert git(conflict, "status", "--porcelain").splitlines()[0].startswith("UU customers/anna.md")
    before = state(conflict)
    assert "customers/anna.md: two versions wait" in sync(conflict, code=4)
    assert state(conflict) == before
    file_of(conflict).write_text(ANNA.replace("silver", "platinum"), encoding="utf-8")
    said = sync(conflict)
    assert "Merge ended: Merge origin/main" in said
    assert len(git(conflict, "log", "-1", "--format=%p").split()) == 2
    assert not (conflict / ".git" / "MERGE_HEAD").exists()
    sync(one)
    assert "tier: platinum" in file_of(one).read_text(encoding="utf-8")


def test_a_conflict_in_json(conflict: Path, sync: Sync, run: Run) -> None:
    sync(conflict, "--abort")
    result = run("--vault", conflict, "sync", "--json")
    assert result.exit_code == 4
    told = json.loads(result.stdout)
    assert (told["state"], told["conflicts"], told["went"]) == ("conflict", ["customers/anna.md"], 0)


def test_ours_kept_as_it_was_ends_a_conflict_too(conflict: Path, sync: Sync) -> None:
    git(conflict, "checkout", "--ours", "customers/anna.md")
    sync(conflict)
    assert "tier: bronze" in file_of(conflict).read_text(encoding="utf-8")
    assert "Came along" in git(conflict, "show", "HEAD:customers/jan.md")


def test_a_merge_is_taken_back_and_what_was_edited_is_kept_for_undo(
    conflict: Path, sync: Sync, run: Run
) -> None:
    file_of(conflict).write_text(ANNA.replace("silver", "platinum"), encoding="utf-8")
    file_of(conflict, "ewa").write_text("---\nname: Ewa\n---\n", encoding="utf-8")
    said = sync(conflict, "--abort")
    assert "taken back: " in said
    assert "tier: bronze" in file_of(conflict).read_text(encoding="utf-8")
    assert "Came along" not in file_of(conflict, "jan").read_text(encoding="utf-8")
    assert git(conflict, "status", "--porcelain") == "?? customers/ewa.md"
    assert not (conflict / ".git" / "MERGE_HEAD").exists()
    assert run("--vault", conflict, "undo").exit_code == 0
    assert "tier: platinum" in file_of(conflict).read_text(encoding="utf-8")
    assert "No merge is in progress" in sync(conflict, "--abort", code=3)


def test_a_merge_that_git_began_is_ended(one: Path, two: Path, sync: Sync) -> None:
    change(one, "silver", "gold")
    sync(one)
    change(two, "silver", "bronze")
    git(two, "commit", "-qam", "mine")
    git(two, "fetch", "-q")
    git(two, "merge", "-q", "origin/main", check=False)
    assert "two versions wait" in sync(two, code=4)
    file_of(two).write_text(ANNA, encoding="utf-8")
    assert "Merge ended" in sync(two)


def test_a_deleted_customer_who_was_changed_is_kept(one: Path, two: Path, sync: Sync) -> None:
    file_of(one).unlink()
    sync(one)
    log(two, "2026-11-20 call: Still here")
    said = sync(two)
    assert "customers/anna.md: deleted on one side and changed on the other; it was kept." in said
    assert "Still here" in file_of(two).read_text(encoding="utf-8")
    sync(one)
    assert "Still here" in file_of(one).read_text(encoding="utf-8")


def test_a_renamed_customer_and_an_entry_on_the_other_side(
    one: Path, two: Path, sync: Sync, run: Run
) -> None:
    assert run("--vault", one, "rename", "anna", "anna-k").exit_code == 0
    sync(one)
    log(two, "2026-11-20 call: Meanwhile")
    sync(two)
    assert not file_of(two).exists()
    assert "Meanwhile" in file_of(two, "anna-k").read_text(encoding="utf-8")


@pytest.mark.parametrize("attributes", ["", "*.bin -merge\n"])
def test_what_is_no_text_is_merged_by_hand(one: Path, two: Path, sync: Sync, attributes: str) -> None:
    (one / "photo.bin").write_bytes(b"text\n" if attributes else b"\0one")
    (one / ".gitattributes").write_text(attributes, encoding="utf-8")
    sync(one)
    (two / "photo.bin").write_bytes(b"other\n" if attributes else b"\0two")
    (two / ".gitattributes").write_text(attributes, encoding="utf-8")
    log(two, "2026-11-20 call: x")
    said = sync(two, code=4)
    assert "photo.bin" in said
    assert "git merge origin/main" in said
    assert git(two, "status", "--porcelain") == ""
    git(two, "merge", "-q", "origin/main", check=False)
    if not attributes:
        assert "git add photo.bin" in sync(two, code=4)
    git(two, "add", "photo.bin")
    assert "Merge ended" in sync(two)


def test_markers_that_somebody_left_are_not_committed(one: Path, sync: Sync) -> None:
    change(one, "tier: silver", "<<<<<<< ours\ntier: silver\n=======\ntier: gold\n>>>>>>> theirs")
    before = state(one)
    assert "customers/anna.md: two versions wait" in sync(one, code=4)
    assert state(one) == before


# Nothing is lost


def test_a_save_in_the_middle_of_a_merge_is_committed_and_merged(
    one: Path, two: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(one, "2026-11-20 call: From one")
    sync(one)
    change(two, "silver", "gold")
    usual = merging.contents
    saves = ["2026-11-21 call: Saved meanwhile"]

    def slow(*arguments: object) -> dict[str, bytes]:
        found = usual(*arguments)  # type: ignore[arg-type]
        if saves:
            log(two, saves.pop())
        return found

    monkeypatch.setattr(merging, "contents", slow)
    sync(two)
    text = git(two, "show", "origin/main:customers/anna.md")
    assert all(word in text for word in ("From one", "Saved meanwhile", "tier: gold"))
    assert git(two, "status", "--porcelain") == ""


def test_a_save_between_commit_and_merge_is_committed_and_merged(
    one: Path, two: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(one, "2026-11-20 call: From one")
    sync(one)
    usual = exchange.fetch
    saves = ["2026-11-21 call: Saved meanwhile"]

    def slow(*arguments: object) -> str | None:
        if saves:
            log(two, saves.pop())
        return usual(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange, "fetch", slow)
    sync(two)
    text = git(two, "show", "origin/main:customers/anna.md")
    assert "From one" in text
    assert "Saved meanwhile" in text


def test_a_file_half_saved_is_not_committed_so(
    one: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ptcrm.git import committing

    whole = file_of(one).read_text(encoding="utf-8") + "- 2026-11-20 call: Whole\n"
    file_of(one).write_text("", encoding="utf-8")
    file_of(one, "jan").unlink()

    def ended() -> None:
        file_of(one).write_text(whole, encoding="utf-8")
        file_of(one, "jan").write_text(JAN, encoding="utf-8")

    monkeypatch.setattr(committing, "pause", ended)
    sync(one)
    assert git(one, "show", "HEAD:customers/anna.md") == whole.strip()
    assert git(one, "show", "HEAD:customers/jan.md") == JAN.strip()
    assert len(subjects(one, 9)) == 2


def test_an_ignored_file_in_the_way_stays(one: Path, two: Path, sync: Sync) -> None:
    (one / ".gitignore").write_text("private/\n", encoding="utf-8")
    sync(one)
    sync(two)
    for vault, text in ((one, "theirs"), (two, "mine")):
        (vault / "private").mkdir()
        (vault / "private" / "a.txt").write_text(text, encoding="utf-8")
    git(one, "add", "-f", "private/a.txt")
    sync(one)
    said = sync(two, code=4)
    assert "private/a.txt: the other side has a file of this name" in said
    assert (two / "private" / "a.txt").read_text(encoding="utf-8") == "mine"
    (two / "private" / "a.txt").rename(two / "private" / "b.txt")
    sync(two)
    assert (two / "private" / "a.txt").read_text(encoding="utf-8") == "theirs"


def test_a_vault_that_is_suddenly_empty_is_not_committed(tmp_path: Path, sync: Sync) -> None:
    vault = made(tmp_path / "three", {"a": ANNA, "b": JAN, "c": "---\nname: C\n---\n"})
    for path in (vault / "customers").iterdir():
        path.unlink()
    before = state(vault)
    assert "All 3 customers' files are gone" in sync(vault, code=4)
    assert state(vault) == before


def test_an_interrupted_command_is_put_right_first(
    one: Path, sync: Sync, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ptcrm.vault import applying

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "finish", ended)
        patch.setattr(applying, "_roll_back", ended)
        run("--vault", one, "--today", DAY, "log", "anna", "call: Interrupted")
    assert Journal(Path(user_folder("state")) / place_of(one)).has_pending()
    assert "had been interrupted" in sync(one)
    assert "Interrupted" in git(one, "show", "HEAD:customers/anna.md")


def test_undo_after_a_sync_takes_back_what_is_as_it_was(one: Path, two: Path, sync: Sync, run: Run) -> None:
    run("--vault", two, "--today", DAY, "log", "jan", "call: Mine")
    run("--vault", two, "--today", DAY, "log", "anna", "call: Mine too")
    log(one, "2026-11-20 call: From one")
    sync(one)
    sync(two)
    assert run("--vault", two, "undo").exit_code == 4
    assert "From one" in file_of(two).read_text(encoding="utf-8")
    assert run("--vault", two, "undo", "1").exit_code == 0
    assert "Mine" not in file_of(two, "jan").read_text(encoding="utf-8")
    assert "sync" not in run("--vault", two, "undo", "--list").output


# A vault in a larger repository


@pytest.fixture
def larger(tmp_path: Path) -> tuple[Path, Path]:
    """Two clones of a repository in which the vault is a folder."""
    top = tmp_path / "larger"
    made(top / "crm vault")
    (top / "crm vault" / ".git").rename(top / ".git")
    (top / "work.txt").write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    (top / "other.txt").write_text("x\n", encoding="utf-8")
    git(top, "config", "--unset", "core.worktree", check=False)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "larger")
    git(tmp_path, "clone", "-q", "--bare", "larger", "shared.git")
    git(tmp_path, "clone", "-q", "shared.git", "left")
    git(tmp_path, "clone", "-q", "shared.git", "right")
    return tmp_path / "left", tmp_path / "right"


def test_only_the_vault_is_committed_and_what_is_staged_stays_staged(
    larger: tuple[Path, Path], sync: Sync
) -> None:
    left, right = larger
    log(right / "crm vault", "2026-11-20 call: From the right")
    sync(right / "crm vault")
    log(left / "crm vault", "2026-11-21 call: From the left")
    (left / "work.txt").write_text("staged\n", encoding="utf-8")
    git(left, "add", "work.txt")
    (left / "other.txt").write_text("changed\n", encoding="utf-8")
    (left / "new.txt").write_text("untracked\n", encoding="utf-8")
    sync(left / "crm vault")
    assert git(left, "status", "--porcelain").splitlines() == ["M other.txt", "M  work.txt", "?? new.txt"]
    assert git(left, "diff", "--name-only", "HEAD~2..HEAD") == "crm vault/customers/anna.md"
    text = file_of(left / "crm vault").read_text(encoding="utf-8")
    assert "From the right" in text
    assert "From the left" in text


def test_what_came_for_the_rest_of_the_repository_is_placed_too(
    larger: tuple[Path, Path], sync: Sync
) -> None:
    left, right = larger
    (right / "work.txt").write_text("theirs\n", encoding="utf-8")
    (right / "link").symlink_to("work.txt")
    git(right, "add", "-A")
    git(right, "commit", "-qm", "work")
    git(right, "push", "-q")
    log(left / "crm vault", "2026-11-21 call: From the left")
    sync(left / "crm vault")
    assert (left / "work.txt").read_text(encoding="utf-8") == "theirs\n"
    assert (left / "link").is_symlink()
    assert git(left, "status", "--porcelain") == ""


@pytest.mark.parametrize("staged", [False, True])
def test_changed_files_outside_that_the_merge_needs_are_named(
    larger: tuple[Path, Path], sync: Sync, *, staged: bool
) -> None:
    left, right = larger
    (right / "work.txt").write_text("theirs\n", encoding="utf-8")
    git(right, "commit", "-qam", "work")
    git(right, "push", "-q")
    (left / "work.txt").write_text("mine\n", encoding="utf-8")
    git(left, *(("add", "work.txt") if staged else ("status",)))
    log(left / "crm vault", "2026-11-21 call: From the left")
    said = sync(left / "crm vault", code=4)
    assert "work.txt" in said
    assert "git stash" in said
    assert (left / "work.txt").read_text(encoding="utf-8") == "mine\n"
    assert subjects(left) == ["log: Anna Kowalska"]


def test_a_conflict_with_something_staged_outside_is_not_begun(larger: tuple[Path, Path], sync: Sync) -> None:
    left, right = larger
    change(right / "crm vault", "silver", "gold")
    sync(right / "crm vault")
    change(left / "crm vault", "silver", "bronze")
    (left / "other.txt").write_text("staged\n", encoding="utf-8")
    git(left, "add", "other.txt")
    assert "other.txt is staged outside of the vault" in sync(left / "crm vault", code=4)
    assert git(left, "status", "--porcelain") == "M  other.txt"


def test_a_conflict_outside_is_merged_by_hand(larger: tuple[Path, Path], sync: Sync) -> None:
    left, right = larger
    for folder, text in ((right, "theirs\n"), (left, "mine\n")):
        (folder / "work.txt").write_text(text, encoding="utf-8")
        git(folder, "commit", "-qam", "work")
    git(right, "push", "-q")
    assert "git merge origin/main" in sync(left / "crm vault", code=4)
    git(left, "merge", "-q", "origin/main", check=False)
    assert "work.txt: a merge waits for you outside of the vault" in sync(left / "crm vault", code=4)
    (left / "work.txt").write_text("both\n", encoding="utf-8")
    git(left, "add", "work.txt")
    assert "Merge ended" in sync(left / "crm vault")


# Odd states: a clear message, and nothing changed


def refused(vault: Path, sync: Sync, words: str, *options: str, code: int = 4) -> None:
    log(vault, "2026-11-20 call: Not committed yet")
    before = state(vault)
    said = sync(vault, *options, code=code)
    assert words in said
    assert state(vault) == before


def test_no_repository(make_vault: Callable[..., Path], sync: Sync) -> None:
    assert "this vault is in no git repository" in sync(make_vault({"anna": ANNA}), code=3)


def test_no_git(one: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    repo.git.cache_clear()
    assert "git is not installed" in sync(one, code=1)


def test_no_identity(two: Path, sync: Sync, identity: Path) -> None:
    (identity / ".gitconfig").unlink()
    refused(two, sync, "git does not know who you are")


def test_a_detached_head(two: Path, sync: Sync) -> None:
    git(two, "checkout", "-q", "--detach")
    refused(two, sync, "No branch is checked out")


def test_a_rebase_in_progress(one: Path, sync: Sync) -> None:
    git(one, "branch", "side")
    change(one, "silver", "gold")
    git(one, "commit", "-qam", "gold")
    git(one, "checkout", "-q", "side")
    change(one, "silver", "bronze")
    git(one, "commit", "-qam", "bronze")
    git(one, "rebase", "-q", "main", check=False)
    before = state(one)
    assert "a rebase is under way" in sync(one, code=4)
    assert state(one) == before
    git(one, "rebase", "--abort")
    git(one, "cherry-pick", "main", check=False)
    assert "a cherry-pick is under way" in sync(one, code=4)
    git(one, "cherry-pick", "--abort")
    git(one, "bisect", "start")
    assert "a bisect is under way" in sync(one, code=4)


def test_the_lock_of_another_git(two: Path, sync: Sync) -> None:
    (two / ".git" / "index.lock").write_text("", encoding="utf-8")
    refused(two, sync, "index.lock")
    assert (two / ".git" / "index.lock").exists()


def test_programs_in_the_repositorys_configuration(two: Path, sync: Sync) -> None:
    git(two, "config", "filter.evil.clean", "touch canary")
    git(two, "config", "core.sshCommand", "touch canary")
    refused(two, sync, "filter.evil.clean")
    assert "git config --global" in sync(two, code=4)


def test_a_vault_that_git_ignores(one: Path, sync: Sync) -> None:
    vault = one / "vault"
    (vault / "customers").mkdir(parents=True)
    (vault / "ptcrm.yaml").write_text("", encoding="utf-8")
    (one / ".gitignore").write_text("vault/\n", encoding="utf-8")
    assert "git ignores this vault" in sync(vault, code=4)


def test_a_remote_that_is_not_there(two: Path, sync: Sync) -> None:
    refused(two, sync, "There is no remote “orgin”. Did you mean “origin”?", "--remote", "orgin", code=3)


def test_several_remotes(one: Path, sync: Sync, tmp_path: Path) -> None:
    for name in ("left", "right"):
        git(tmp_path, "init", "-q", "--bare", f"{name}.git")
        git(one, "remote", "add", name, str(tmp_path / f"{name}.git"))
    refused(one, sync, "several remotes: left, right")
    assert "Sent to right/main" in sync(one, "--remote", "right")
    assert git(one, "rev-parse", "--abbrev-ref", "@{u}") == "right/main"
    assert "Sent to left/main" in sync(one, "--remote", "left")
    assert git(one, "rev-parse", "--abbrev-ref", "@{u}") == "right/main"


def test_a_branch_of_another_name_is_followed(one: Path, two: Path, sync: Sync) -> None:
    git(two, "branch", "-m", "main", "mine")
    log(two, "2026-11-20 call: From mine")
    assert "Sent to origin/main" in sync(two)
    sync(one)
    assert "From mine" in file_of(one).read_text(encoding="utf-8")


def test_a_remote_with_other_branches_alone_is_not_given_one_more(two: Path, sync: Sync) -> None:
    git(two, "checkout", "-q", "-b", "master")
    log(two, "2026-11-20 call: x")
    said = sync(two, code=4)
    assert "origin has no branch “master”, but “main”" in said
    assert git(two, "ls-remote", "--heads", "origin").count("refs/heads") == 1
    git(two, "branch", "-q", "--set-upstream-to=origin/main")
    assert "Sent to origin/main" in sync(two)


def test_a_remote_without_anything_in_common(one: Path, sync: Sync, tmp_path: Path) -> None:
    other = made(tmp_path / "other", {"x": "---\nname: X\n---\n"})
    git(one, "remote", "add", "origin", str(other))
    log(one, "2026-11-20 call: x")
    assert "no commit in common" in sync(one, code=4)
    assert subjects(one) == ["log: Anna Kowalska"]
    assert not (one / "customers" / "x.md").exists()


def test_a_remote_branch_that_was_rewritten(one: Path, two: Path, sync: Sync, tmp_path: Path) -> None:
    log(one, "2026-11-20 call: Will be rewritten")
    sync(one)
    sync(two)
    git(one, "commit", "-q", "--amend", "-m", "rewritten")
    git(one, "push", "-q", "--force")
    log(two, "2026-11-21 call: x")
    for _ in range(2):
        assert "origin/main was rewritten" in sync(two, code=4)
    assert git(one, "rev-parse", "HEAD") == git(tmp_path / "shared.git", "rev-parse", "main")
    git(two, "fetch", "-q")
    git(two, "merge", "-q", "-s", "ours", "origin/main", "-m", "both")
    assert "Sent to origin/main" in sync(two)


@pytest.mark.parametrize("depth", ["1", "2"])
def test_a_shallow_clone(one: Path, two: Path, sync: Sync, tmp_path: Path, depth: str) -> None:
    for number in range(3):
        log(one, f"2026-11-1{number} call: {number}")
        sync(one)
    git(tmp_path, "clone", "-q", f"--depth={depth}", (tmp_path / "shared.git").as_uri(), "shallow")
    log(tmp_path / "shallow", "2026-11-20 call: Shallow")
    log(one, "2026-11-20 email: Deep")
    sync(one)
    assert "Sent to origin/main" in sync(tmp_path / "shallow")
    sync(two)
    text = file_of(two).read_text(encoding="utf-8")
    assert "Shallow" in text
    assert "Deep" in text


@pytest.mark.usefixtures("two")
def test_a_shallow_clone_without_the_common_commit(one: Path, sync: Sync, tmp_path: Path) -> None:
    git(one, "checkout", "-q", "-b", "side")
    log(one, "2026-11-10 call: Side")
    git(one, "commit", "-qam", "side")
    git(one, "push", "-q", "origin", "side")
    git(one, "checkout", "-q", "main")
    log(one, "2026-11-11 call: Main")
    sync(one)
    git(tmp_path, "clone", "-q", "--depth=1", "-b", "side", (tmp_path / "shared.git").as_uri(), "shallow")
    shallow = tmp_path / "shallow"
    git(shallow, "config", "branch.side.merge", "refs/heads/main")
    git(shallow, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    git(shallow, "fetch", "-q", "--depth=1", "origin", "main")
    assert "git fetch --unshallow origin" in sync(shallow, code=4)


def test_somebody_who_is_quicker(one: Path, two: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    log(two, "2026-11-20 call: Slow")
    usual = exchange.push
    quick = ["2026-11-21 call: Quick", "2026-11-22 call: Quicker"]

    def late(*arguments: object) -> bool:
        if quick:
            log(one, quick.pop())
            with monkeypatch.context() as patch:
                patch.setattr(exchange, "push", usual)
                git(one, "commit", "-qam", "quick")
                git(one, "push", "-q")
        return usual(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange, "push", late)
    sync(two)
    text = git(two, "show", "origin/main:customers/anna.md")
    assert all(word in text for word in ("Slow", "Quick", "Quicker"))


def test_a_remote_that_refuses(two: Path, one: Path, sync: Sync) -> None:
    git(two, "remote", "set-url", "origin", str(one))
    log(two, "2026-11-20 call: x")
    said = sync(two, code=4)
    assert "origin does not take what is sent" in said
    assert "branch is currently checked out" in said


def test_a_remote_that_is_away_and_comes_back(two: Path, sync: Sync, tmp_path: Path, run: Run) -> None:
    (tmp_path / "shared.git").rename(tmp_path / "away")
    log(two, "2026-11-20 call: Offline")
    result = run("--vault", two, "sync", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["state"] == "offline"
    assert "origin could not be reached" in result.stderr
    assert subjects(two) == ["log: Anna Kowalska"]
    (tmp_path / "away").rename(tmp_path / "shared.git")
    assert "Sent to origin/main: 1 commit" in sync(two)


@pytest.mark.parametrize("place", ["inside", "relative", "file"])
def test_the_hooks_of_a_remote_on_this_computer_do_not_run(
    two: Path, sync: Sync, tmp_path: Path, place: str
) -> None:
    (tmp_path / "shared.git").rename(two / "evil.git")
    (two / ".gitignore").write_text("evil.git\n", encoding="utf-8")
    canary = tmp_path / "canary"
    for hook in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        path = two / "evil.git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch '{canary.as_posix()}'\n", encoding="utf-8")
        path.chmod(0o755)
    address = {"inside": str(two / "evil.git"), "relative": "./evil.git", "file": (two / "evil.git").as_uri()}
    git(two, "remote", "set-url", "origin", address[place])
    log(two, "2026-11-20 call: x")
    assert "Sent to origin/main" in sync(two)
    assert not canary.exists()
    log(two, "2026-11-20 call: y")
    git(two, "commit", "-qam", "y")
    git(two, "push", "-q")
    assert canary.exists()  # so that the test means something


def test_a_program_that_is_called_ptcrm_in_the_repository_is_not_run(
    one: Path, two: Path, sync: Sync
) -> None:
    (one / "ptcrm").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (one / "ptcrm" / name).write_text("open('canary', 'w')\n", encoding="utf-8")
    log(one, "2026-11-20 call: x")
    sync(one)
    sync(two)
    log(one, "2026-11-21 call: From one")
    log(two, "2026-11-21 call: From two")
    sync(one)
    sync(two)
    assert "From one" in file_of(two).read_text(encoding="utf-8")
    assert not list(two.rglob("canary"))


def test_a_sync_and_another_sync(two: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(Path(user_folder("state")) / place_of(two) / "sync")
    monkeypatch.setattr("ptcrm.vault.journal._POLL_SECONDS", 1.0)
    with journal.locked():
        refused(two, sync, "Another sync of this vault is under way")


@pytest.mark.parametrize(
    "options", [["--watch", "soon"], ["--watch", "0m"], ["-m", " "], ["--abort", "--dry-run"]]
)
def test_odd_options(one: Path, sync: Sync, options: list[str]) -> None:
    sync(one, *options, code=2)


# Again and again


@pytest.mark.skipif(os.name != "posix", reason="a signal ends it")
def test_watch_goes_on_when_the_remote_is_away_and_comes_back(two: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.git").rename(tmp_path / "away")
    log(two, "2026-11-20 call: Offline")
    command = [sys.executable, "-u", "-m", "ptcrm", "--vault", str(two), "sync", "--watch", "1s"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        try:
            assert "Committed: log: Anna Kowalska" in process.stdout.readline()
            assert "origin could not be reached" in process.stdout.readline()
            assert "goes on from there" in process.stdout.readline()
            (tmp_path / "away").rename(tmp_path / "shared.git")
            rest = process.stdout.readline() + process.stdout.readline()
            assert "Sent to origin/main: 1 commit" in rest
            assert "All is well again." in rest
        finally:
            process.send_signal(2)
        assert process.wait(30) == 0


# The page


def test_the_commands_of_the_page_set_up_two_devices(
    tmp_path: Path, make_vault: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block in its folder, with a repository on this computer in the place of that at a host."""
    vault = make_vault({"anna": ANNA}, name="first")
    git(tmp_path, "init", "-q", "--bare", "customers.git")
    shown = [
        one.text
        for one in blocks((ROOT / "docs" / "sync.md").read_text(encoding="utf-8"))
        if one.language == "sh"
    ]
    begin, clone = (text for text in shown if "ptcrm sync" in text or "git clone" in text)
    for folder, text in ((vault, begin), (tmp_path, clone)):
        monkeypatch.chdir(folder)
        for line in text.replace(
            "git@git.example.org:marta/customers.git", str(tmp_path / "customers.git")
        ).splitlines():
            program, *words = line.split()
            if program == "cd":
                monkeypatch.chdir(words[0])
            elif program == "git":
                git(Path.cwd(), *words)
            else:
                assert run(*words).exit_code == 0, line
    assert file_of(tmp_path / "customers").read_text(encoding="utf-8") == ANNA


def test_the_settings_of_the_page_can_be_used(make_vault: Callable[..., Path], run: Run) -> None:
    shown = [
        one.text
        for one in blocks((ROOT / "docs" / "sync.md").read_text(encoding="utf-8"))
        if one.language == "yaml"
    ]
    field, queries = shown
    vault = make_vault({"anna": f"---\nname: Anna\n{field}---\n", "jan": JAN}, queries)
    assert run("--vault", vault, "check").exit_code == 0
    assert "anna" in run("--vault", vault, "list", "@mine", "--ids").stdout
    assert "jan" in run("--vault", vault, "list", "@nobodys", "--ids").stdout


# What a stranger met with


def test_a_staged_deletion_does_not_stand_in_the_way(one: Path, sync: Sync) -> None:
    """git adds nothing at all if one of the paths is gone from the index and from the disk."""
    git(one, "rm", "-q", "customers/jan.md")
    log(one, "2026-11-21 call: x")
    assert "gone: Jan Nowak" in sync(one)
    assert git(one, "status", "--porcelain") == ""


def test_what_is_staged_already_is_committed(one: Path, sync: Sync) -> None:
    log(one, "2026-11-21 call: x")
    git(one, "add", "-A")
    assert "Committed: log: Anna Kowalska" in sync(one)
    assert git(one, "status", "--porcelain") == ""


def test_what_a_merge_kept_or_doubled_is_said(one: Path, two: Path, sync: Sync) -> None:
    change(one, "call: One", "call: One, and more")
    sync(one)
    change(two, "call: One", "call: One in all")
    note = "customers/anna.md: both sides changed this entry, so it is there twice: - 2026-11-01 call: One"
    assert note in sync(two)
    change(one, "- 2026-11-02 call: Two\n", "", stem="jan")
    sync(one)
    change(two, "call: Two", "call: Two, and more", stem="jan")
    found = json.loads(sync(two, "--json"))
    assert [line.partition(": kept, since")[0] for line in found["notes"]] == ["customers/jan.md"]


def test_a_marker_that_was_left_behind_is_not_sent(conflict: Path, sync: Sync) -> None:
    path = file_of(conflict)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if line[:7] not in ("<<<<<<<", ">>>>>>>")), encoding="utf-8"
    )
    assert "two versions wait" in sync(conflict, code=4)
    change(conflict, "=======\n", "")
    change(conflict, "tier: gold\n", "")
    assert "Merge ended" in sync(conflict)


def test_the_line_below_a_heading_is_no_marker(one: Path, sync: Sync) -> None:
    change(one, "## Log", "Her shop\n=======\n\n## Log")
    assert "Committed" in sync(one)


def test_a_dry_run_refuses_what_a_sync_refuses(conflict: Path, sync: Sync) -> None:
    assert "two versions wait" in sync(conflict, "--dry-run", code=4)


def test_without_a_merge_nothing_is_said_of_taking_it_back(one: Path, sync: Sync) -> None:
    change(one, "tier: silver\n", "<<<<<<< a\ntier: silver\n=======\ntier: gold\n>>>>>>> b\n")
    assert "--abort" not in sync(one, code=4)


def test_a_conflict_is_not_told_as_what_came(conflict: Path, sync: Sync) -> None:
    git(conflict, "merge", "--abort")
    assert "cannot be read" not in sync(conflict, code=4)


def test_a_customer_in_a_repository_inside_is_named(one: Path, sync: Sync) -> None:
    inside = made(one / "customers" / "own", {"nn": "---\nname: N\n---\n"})
    assert inside.is_dir()
    assert "customers/own/: a repository of its own" in sync(one)


def test_mail_that_is_being_applied_is_called_so(one: Path, sync: Sync) -> None:
    (one / ".git" / "rebase-apply").mkdir()
    (one / ".git" / "rebase-apply" / "applying").touch()
    assert "git am --abort" in sync(one, code=4)


def test_a_lock_of_the_branch_is_named(one: Path, sync: Sync) -> None:
    log(one, "2026-11-21 call: x")
    (one / ".git" / "HEAD.lock").touch()
    assert "delete that file" in sync(one, code=4)


def test_signs_that_terminals_obey_are_not_in_the_message(one: Path, sync: Sync) -> None:
    change(one, "Anna Kowalska", "Anna \x1b[31mKowalska")
    sync(one)
    assert "\x1b" not in git(one, "log", "-1", "--format=%B")
