"""What is registered with git, that git then does it, and that all of it can be taken back."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.cli import git_setup
from ptcrm.git import repo
from ptcrm.git.driver import (
    DRIVER_KEY,
    check_line,
    driver_of,
    hook_of,
    is_named,
    program_of,
    vault_of,
    with_folders,
)
from tests.conftest import DAY, MakeVault, Run
from tests.repos import commit, git, make_repository

ANNA = "---\nname: Anna\n---\n"
BROKEN = "---\nname: [Anna\n---\n"
LINE = "customers/**/*.md merge=ptcrm\n"
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="scripts are started by their first line")


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    """A vault that is a repository of its own."""
    root = make_vault({"anna": ANNA})
    return make_repository(root)


def state(root: Path) -> dict[str, bytes]:
    """What setup writes to: git's configuration, the hooks, the attributes."""
    places = [
        root / ".git" / "config",
        root / ".gitattributes",
        *(root / ".git" / "hooks").glob("pre-commit"),
    ]
    return {place.name: place.read_bytes() for place in places if place.exists()}


def said(run: Run, *words: object, code: int = 0) -> str:
    result = run(*words)
    assert result.exit_code == code, result.output
    return result.stdout + result.stderr


# Attributes


def test_a_new_vault_has_git_ask_ptcrm_for_its_merges(run: Run, tmp_path: Path) -> None:
    run("--today", DAY, "init", tmp_path / "new")
    assert (tmp_path / "new" / ".gitattributes").read_text() == LINE


def test_what_stands_in_gitattributes_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_bytes(b"*.png binary\r\n\xff.txt -text")
    run("--today", DAY, "init", tmp_path)
    assert (
        tmp_path / ".gitattributes"
    ).read_bytes() == b"*.png binary\r\n\xff.txt -text\r\n" + LINE.encode()[:-1] + b"\r\n"
    run("--vault", tmp_path, "undo")
    assert (tmp_path / ".gitattributes").read_bytes() == b"*.png binary\r\n\xff.txt -text"


def test_a_line_that_is_there_is_not_written_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text(LINE)
    run("--today", DAY, "init", tmp_path)
    assert (tmp_path / ".gitattributes").read_text() == LINE


@pytest.mark.parametrize(
    "folder", ["customers", "my customers", "a*b", "[x]", "#x", "!x", "a?b", "kunden/süd", 'a"b', "-x"]
)
def test_git_asks_ptcrm_for_files_at_any_depth_and_for_no_others(folder: str, tmp_path: Path) -> None:
    make_repository(tmp_path)
    (tmp_path / ".gitattributes").write_text(with_folders("", [folder]), encoding="utf-8")
    paths = [
        f"{folder}/anna.md",
        f"{folder}/a/b/anna.md",
        f"x/{folder}/anna.md",
        f"{folder}x/anna.md",
        "a.md",
    ]
    shown = git(tmp_path, "check-attr", "-z", "merge", "--", *paths).stdout.split("\0")
    assert shown[2::3] == ["ptcrm", "ptcrm", *["unspecified"] * 3]
    assert is_named(with_folders("", [folder]))
    assert with_folders(with_folders("", [folder]), [folder]) == with_folders("", [folder])


@pytest.mark.parametrize("text", ["", "# *.md merge=ptcrm", "*.md merge=ptcrm2", "*.md merge=union"])
def test_other_attributes_do_not_name_ptcrm(text: str) -> None:
    assert not is_named(text)


# Setup


def test_setup_registers_the_driver_and_the_hook_and_says_so(run: Run, vault: Path) -> None:
    output = said(run, "--vault", vault, "git", "setup")
    driver = git(vault, "config", "--local", DRIVER_KEY).stdout.strip()
    assert driver == driver_of(git_setup.program())
    assert driver.endswith(" git merge-file %O %A %B %P")
    assert Path(str(program_of(driver))).is_absolute()
    assert driver in output
    assert str(Path("hooks") / "pre-commit") in output
    assert os.access(vault / ".git" / "hooks" / "pre-commit", os.X_OK)
    assert (vault / ".gitattributes").read_text() == LINE


def test_setup_again_changes_nothing(run: Run, vault: Path) -> None:
    said(run, "--vault", vault, "git", "setup")
    before = state(vault)
    assert said(run, "--vault", vault, "git", "setup") == "Everything is registered already.\n"
    assert state(vault) == before


def test_setup_corrects_the_path_of_a_program_that_has_moved(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(git_setup, "program", lambda: ("/old place/ptcrm",))
        said(run, "--vault", vault, "git", "setup")
    old = state(vault)
    output = said(run, "--vault", vault, "git", "setup")
    assert "(was: '/old place/ptcrm' git merge-file %O %A %B %P)" in output
    assert b"old place" in old["pre-commit"]
    assert b"old place" not in b"".join(state(vault).values())


def test_every_configured_folder_gets_its_line(run: Run, make_vault: MakeVault) -> None:
    root = make_repository(make_vault({}, "customers: [customers, new ones]\n"))
    said(run, "--vault", root, "git", "setup")
    assert (root / ".gitattributes").read_text() == LINE + '"new ones/**/*.md" merge=ptcrm\n'


def test_a_vault_that_is_no_repository_is_told_how_to_become_one(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({"anna": ANNA})
    assert "git init" in said(run, "--vault", root, "git", "setup", code=3)
    assert "no git repository" in said(run, "--vault", root, "git", "remove", code=3)
    assert not (root / ".gitattributes").exists()
    said(run, "--vault", root, "git", "setup", "--init")
    assert git(root, "config", DRIVER_KEY).stdout


def test_a_bare_repository_is_refused(run: Run, vault: Path) -> None:
    git(vault, "config", "core.bare", "true")
    assert "bare repository" in said(run, "--vault", vault, "git", "setup", code=1)


def test_a_hook_of_the_users_stays_and_the_line_for_it_is_said(run: Run, vault: Path) -> None:
    hook = vault / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nmake lint\n")
    line = check_line(git_setup.program(), "")
    assert f"{line} || exit 1" in said(run, "--vault", vault, "git", "setup")
    assert hook.read_text() == "#!/bin/sh\nmake lint\n"
    hook.write_text(f"#!/bin/sh\nmake lint\n{line} || exit 1\n")
    assert said(run, "--vault", vault, "git", "setup") == "Everything is registered already.\n"


@pytest.mark.parametrize("place", ["mine", "/elsewhere/hooks"])
def test_a_folder_for_hooks_that_is_set_is_left_alone(run: Run, vault: Path, place: str) -> None:
    git(vault, "config", "core.hooksPath", place)
    output = said(run, "--vault", vault, "git", "setup")
    assert str(vault / place / "pre-commit") in output
    assert "|| exit 1" in output
    assert not (vault / "mine").exists()
    assert not (vault / ".git" / "hooks" / "pre-commit").exists()


@ON_POSIX
def test_hooks_that_lead_out_of_the_repository_are_not_written(run: Run, vault: Path, tmp_path: Path) -> None:
    outside = tmp_path / "bin"
    outside.mkdir()
    shutil.rmtree(vault / ".git" / "hooks")
    (vault / ".git" / "hooks").symlink_to(outside)
    assert "stay as they are" in said(run, "--vault", vault, "git", "setup")
    assert list(outside.iterdir()) == []


def test_a_second_vault_in_one_repository_is_told_the_line(run: Run, make_vault: MakeVault) -> None:
    top = make_repository(make_vault({}, name="top/one").parent)
    two = make_vault({}, name="top/two")
    said(run, "--vault", top / "one", "git", "setup")
    assert "./two check --staged || exit 1" in said(run, "--vault", two, "git", "setup")
    assert vault_of((top / ".git" / "hooks" / "pre-commit").read_text()) == "one"


def test_init_in_a_repository_says_how_to_go_on(run: Run, tmp_path: Path) -> None:
    make_repository(tmp_path)
    assert "ptcrm git setup" in run("--today", DAY, "init", tmp_path / "vault").stderr


@pytest.mark.parametrize("answer", [True, False])
def test_init_at_a_terminal_asks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    make_repository(tmp_path)
    monkeypatch.setattr("ptcrm.cli.vault.is_terminal", lambda: True)
    monkeypatch.setattr("ptcrm.cli.vault.agrees", lambda _, usually: answer and usually)
    run("--today", DAY, "init", tmp_path / "vault")
    assert bool(git(tmp_path, "config", DRIVER_KEY, code=None).stdout) is answer


# What git does with it


@ON_POSIX
@pytest.mark.parametrize("name", ["ptcrm", "my ptcrm", "it's", "100%A", '"', "$HOME", "a;b", "-x"])
def test_git_starts_the_driver_wherever_it_is(tmp_path: Path, name: str) -> None:
    program = tmp_path / "some where" / name
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$1" "$2" "$6" > "$4"\n')
    program.chmod(0o755)
    top = make_repository(tmp_path / "repo")
    (top / ".gitattributes").write_text(LINE)
    git(top, "config", DRIVER_KEY, driver_of([str(program)]))
    file = top / "customers" / "it's anna.md"
    file.parent.mkdir()
    file.write_text("a\n")
    commit(top)
    git(top, "checkout", "-qb", "other")
    file.write_text("b\n")
    commit(top)
    git(top, "checkout", "-q", "main")
    file.write_text("c\n")
    commit(top)
    git(top, "merge", "-q", "other", "-m", "Merge")
    assert file.read_text() == "git\nmerge-file\ncustomers/it's anna.md\n"
    assert program_of(driver_of([str(program)])) == str(program)


def commits(folder: Path, *words: str) -> bool:
    return git(folder, "commit", "--message", "x", *words, code=None).returncode == 0


def test_the_hook_lets_a_good_commit_pass_and_stops_a_bad_one(run: Run, vault: Path) -> None:
    said(run, "--vault", vault, "git", "setup")
    git(vault, "add", "--all")
    assert commits(vault)
    (vault / "customers" / "jan.md").write_text(BROKEN)
    git(vault, "add", "--all")
    stopped = git(vault, "commit", "--message", "x", code=1)
    assert (
        "The commit was stopped. Correct it, or commit all the same: git commit --no-verify" in stopped.stderr
    )
    assert commits(vault, "--no-verify")


def test_the_hook_says_nothing_of_commits_outside_the_vault(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({"anna": ANNA}, name="top/vault")
    top = make_repository(root.parent)
    said(run, "--vault", root, "git", "setup")
    commit(top)
    (top / "other.txt").write_text("other")
    git(top, "add", "--all")
    ran = git(top, "commit", "--quiet", "--message", "x")
    assert ran.stdout + ran.stderr == ""


def test_a_hook_for_a_vault_that_has_moved_is_told_of_and_replaced(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({"anna": ANNA}, name="top/vault")
    top = make_repository(root.parent)
    said(run, "--vault", root, "git", "setup")
    commit(top)
    moved = root.rename(top / "vault2")
    assert "a vault that is not there (vault)" in said(run, "--vault", moved, "check")
    assert "it looks at what is to be committed" in said(run, "--vault", moved, "git", "setup")
    assert "not there" not in said(run, "--vault", moved, "check")
    (moved / "customers" / "anna.md").write_text(BROKEN)
    git(top, "add", "--all")
    assert not commits(top)


@pytest.mark.parametrize("name", ["shop/my vault", "it's", ".hidden", "-x"])
def test_the_hook_finds_a_vault_in_a_folder_of_the_repository(
    run: Run, make_vault: MakeVault, name: str, tmp_path: Path
) -> None:
    top = make_repository(tmp_path / "top")
    root = make_vault({"anna": BROKEN}, name=f"top/{name}")
    said(run, "--vault", root, "git", "setup")
    git(top, "add", "--all")
    assert not commits(top)
    (root / "customers" / "anna.md").write_text(ANNA)
    git(top, "add", "--all")
    assert commits(top)


def test_a_linked_working_tree_has_the_same_driver_and_hook(run: Run, vault: Path, tmp_path: Path) -> None:
    commit(vault)
    other = tmp_path / "other tree"
    git(vault, "worktree", "add", "-qb", "other", str(other))
    said(run, "--vault", other, "git", "setup")
    assert git(vault, "config", DRIVER_KEY).stdout
    (other / "customers" / "jan.md").write_text(BROKEN)
    git(other, "add", "--all")
    assert not commits(other)
    assert git(other, "status", "--porcelain").stdout == "A  .gitattributes\nA  customers/jan.md\n"


def test_a_vault_in_a_folder_of_a_linked_working_tree(
    run: Run, make_vault: MakeVault, tmp_path: Path
) -> None:
    top = make_repository(make_vault({"anna": ANNA}, name="top/vault").parent)
    said(run, "--vault", top / "vault", "git", "setup")
    commit(top)
    other = tmp_path / "other tree"
    git(top, "worktree", "add", "-qb", "other", str(other))
    (other / "vault" / "customers" / "jan.md").write_text(BROKEN)
    git(other, "add", "--all")
    stopped = git(other, "commit", "--message", "x", code=1)
    assert "customers/jan.md:3:1: error PT003" in stopped.stdout + stopped.stderr


def test_a_submodule_keeps_what_is_registered_to_itself(run: Run, vault: Path, tmp_path: Path) -> None:
    commit(vault)
    top = make_repository(tmp_path / "top")
    git(top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(vault), "sub")
    said(run, "--vault", top / "sub", "git", "setup")
    assert git(top / "sub", "config", DRIVER_KEY).stdout
    assert not git(top, "config", DRIVER_KEY, code=1).stdout
    (top / "sub" / "customers" / "jan.md").write_text(BROKEN)
    git(top / "sub", "add", "--all")
    assert not commits(top / "sub")


def test_the_hook_stands_in_nobodys_way_when_ptcrm_is_gone(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_setup, "program", lambda: ("/no/where/ptcrm",))
    said(run, "--vault", vault, "git", "setup")
    (vault / "customers" / "jan.md").write_text(BROKEN)
    git(vault, "add", "--all")
    passed = git(vault, "commit", "--message", "x")
    assert "ptcrm has moved, so nothing was checked" in passed.stderr


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS.filter(lambda text: not text.startswith(("/", "./"))))
def test_a_hook_of_ours_is_known_by_its_words(program: list[str], vault: str) -> None:
    folder = vault.strip("/")
    hook = hook_of(program, folder)
    assert vault_of(hook) == folder.removesuffix(".") if folder in ("", ".") else vault_of(hook) == folder
    assert vault_of(hook.replace("exit 0", "exit 1", 1)) is None
    assert vault_of(hook + "make lint\n") is None


# Taking it back


def test_remove_takes_back_what_setup_registered(run: Run, vault: Path) -> None:
    (vault / ".gitattributes").write_text(LINE)
    git(vault, "config", "merge.ptcrm.recursive", "binary")
    before = state(vault)
    said(run, "--vault", vault, "git", "setup")
    assert state(vault) != before
    said(run, "--vault", vault, "git", "remove")
    assert state(vault) == before
    assert said(run, "--vault", vault, "git", "remove") == "Nothing is registered.\n"


def test_remove_leaves_a_hook_that_was_changed(run: Run, vault: Path) -> None:
    said(run, "--vault", vault, "git", "setup")
    hook = vault / ".git" / "hooks" / "pre-commit"
    hook.write_text(hook.read_text() + "make lint\n")
    text = hook.read_text()
    assert "is not as ptcrm made it, and stays" in said(run, "--vault", vault, "git", "remove")
    assert hook.read_text() == text


def test_remove_says_nothing_of_a_hook_that_has_nothing_of_ours(run: Run, vault: Path) -> None:
    hook = vault / ".git" / "hooks" / "pre-commit"
    hook.write_text("make lint\n")
    assert said(run, "--vault", vault, "git", "remove") == "Nothing is registered.\n"
    assert hook.read_text() == "make lint\n"


# What `check` says


def test_check_says_that_the_driver_is_not_registered(run: Run, vault: Path) -> None:
    assert ".gitattributes" not in run("--vault", vault, "check").stderr
    (vault / ".gitattributes").write_text(LINE)
    result = run("--vault", vault, "check")
    assert (result.exit_code, "run `ptcrm git setup`" in result.stderr) == (0, True)
    said(run, "--vault", vault, "git", "setup")
    assert "git" not in run("--vault", vault, "check").stderr


def test_check_says_that_the_driver_is_gone(run: Run, vault: Path) -> None:
    (vault / ".gitattributes").write_text(LINE)
    git(vault, "config", DRIVER_KEY, driver_of(["/no/where/ptcrm"]))
    assert "/no/where/ptcrm, which is not there" in run("--vault", vault, "check").stderr


def test_check_finds_the_attribute_above_the_vault(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({}, name="top/vault")
    make_repository(root.parent)
    (root.parent / ".gitattributes").write_text("*.md merge=ptcrm\n")
    assert "run `ptcrm git setup`" in run("--vault", root, "check").stderr


def test_check_names_files_that_git_has_not_merged(run: Run, vault: Path) -> None:
    (vault / ".gitattributes").write_text(LINE)
    git(vault, "config", DRIVER_KEY, "false")
    two_sides(vault)
    git(vault, "merge", "other", code=1)
    assert (vault / "customers" / "anna.md").read_text() == ANNA + "ours\n"  # without a marker
    assert "git waits for a merge of customers/anna.md" in run("--vault", vault, "check").stderr


def two_sides(vault: Path) -> None:
    commit(vault)
    git(vault, "checkout", "-qb", "other")
    (vault / "customers" / "anna.md").write_text(ANNA + "theirs\n")
    commit(vault)
    git(vault, "checkout", "-q", "main")
    (vault / "customers" / "anna.md").write_text(ANNA + "ours\n")
    commit(vault)


def test_check_starts_no_git_for_those_who_do_not_merge_by_ptcrm(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repo, "git", lambda: 1 / 0)
    assert run("--vault", vault, "check").exit_code == 0


def test_what_git_cannot_say_does_not_stop_check(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (vault / ".gitattributes").write_text(LINE)
    monkeypatch.setenv("PATH", str(tmp_path))
    repo.git.cache_clear()
    result = run("--vault", vault, "check")
    repo.git.cache_clear()
    assert result.exit_code == 0
    assert "git was not looked at: git is not installed" in result.stderr


# The program


def test_the_command_itself_is_registered_where_it_was_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called = tmp_path / ("ptcrm.exe" if os.name == "nt" else "ptcrm")
    called.write_text("#!/bin/sh\n")
    called.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(called), "git", "setup"])
    assert git_setup.program() == (called.as_posix(),)
    monkeypatch.setattr(sys, "argv", ["/x/ptcrm/__main__.py", "git", "setup"])
    assert git_setup.program()[1:] == ("-P", "-m", "ptcrm")


def test_nothing_of_the_vault_is_imported_by_the_hook(run: Run, vault: Path) -> None:
    said(run, "--vault", vault, "git", "setup")
    (vault / "ptcrm").mkdir()
    (vault / "ptcrm" / "__init__.py").write_text("")
    (vault / "ptcrm" / "__main__.py").write_text("import pathlib; pathlib.Path('canary').touch()\n")
    git(vault, "add", "--all")
    assert commits(vault)
    assert not (vault / "canary").exists()
