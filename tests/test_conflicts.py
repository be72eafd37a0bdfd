"""`ptcrm conflicts`: what waits to be merged, and the merge as one operation that can be taken back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.git.conflicts import Stages, common, is_as_left
from ptcrm.git.merge import merge
from tests.conftest import MakeVault, Run
from tests.repos import commit, git, make_repository

BASE = """\
---
name: Anna
tier: gold
---

Two shops.

## Log

- 2026-11-02 call: Frames
"""
OURS = BASE.replace("Frames\n", "Frames\n- 2026-11-10 visit: Ours\n")
THEIRS = BASE.replace("Frames\n", "Frames\n- 2026-11-11 email: Theirs\n").replace(
    "tier: gold", "tier: silver"
)
COPY = "customers/anna.sync-conflict-20261120-101500-ABCDEF.md"
FILE = "customers/anna.md"

Has = Callable[..., Path]


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": BASE})


def write(vault: Path, **texts: str) -> None:
    """Write the versions of Anna's file: `copy` beside it, `file` itself."""
    for name, path in (("file", FILE), ("copy", COPY)):
        if name in texts:
            (vault / path).write_bytes(texts[name].encode())


def contents(vault: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in sorted((vault / "customers").iterdir())}


def listed(run: Run, vault: Path, *words: str) -> list[dict[str, object]]:
    result = run("--vault", vault, "conflicts", "--json", *words)
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def merging(run: Run, vault: Path, *words: str, code: int = 0) -> str:
    result = run("--vault", vault, "conflicts", "--merge", *words)
    assert result.exit_code == code, result.output
    return result.stdout + result.stderr


def two_sides(vault: Path, base: str, ours: str | None, theirs: str | None) -> None:
    """Leave the vault in a merge that git could not end."""
    make_repository(vault)
    file = vault / FILE
    file.unlink()
    for branch, text in (("main", base), ("other", theirs), ("main", ours)):
        if branch == "other":
            git(vault, "checkout", "-qb", "other")
        elif (vault / ".git" / "refs" / "heads" / "other").exists():
            git(vault, "checkout", "-q", "main")
        if text is None or not text:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(text.encode())
        commit(vault)
    git(vault, "merge", "-q", "other", code=1)


# The list


@pytest.mark.parametrize(
    "name",
    [
        "anna.sync-conflict-20261120-101500-ABCDEF.md",
        "anna (Marta's conflicted copy 2026-11-20).md",
        "anna (conflicted copy phone 202611201015).md",
        "anna (Conflicted Copy).md",
        "anna 2.md",
        "anna (1).md",
    ],
)
def test_copies_of_every_sync_program_are_listed_with_their_original(
    run: Run, vault: Path, name: str
) -> None:
    make_repository(vault)
    commit(vault)
    (vault / "customers" / name).write_text(THEIRS)
    (found,) = listed(run, vault)
    assert (found["kind"], found["path"], found["original"]) == ("copy", f"customers/{name}", FILE)
    assert found["differs"] == [
        "tier: gold (here), silver (in the copy)",
        "only in the copy: log entry: 2026-11-11 email: Theirs",
    ]
    merging(run, vault)
    assert contents(vault) == {"anna.md": THEIRS}


def test_the_list_in_words(run: Run, vault: Path) -> None:
    write(vault, copy=THEIRS)
    (vault / "customers" / "anna 2.md").write_text(BASE)
    result = run("--vault", vault, "conflicts")
    assert result.stdout == (
        "customers/anna 2.md: a copy of anna.md, which says the same\n"
        f"{COPY}: a copy of anna.md, which differs\n"
        "    tier: gold (here), silver (in the copy)\n"
        "    only in the copy: log entry: 2026-11-11 email: Theirs\n"
    )
    assert "ptcrm conflicts --merge" in result.stderr


def test_an_empty_vault_has_no_conflicts(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({})
    assert run("--vault", root, "conflicts").stdout == "Nothing waits to be merged.\n"
    assert listed(run, root) == []
    assert merging(run, root) == "Nothing waits to be merged.\n"


def test_what_git_has_not_merged_is_listed(run: Run, vault: Path) -> None:
    two_sides(vault, BASE, OURS, THEIRS)
    (found,) = listed(run, vault)
    assert (found["kind"], found["path"], found["original"]) == ("git", FILE, None)
    assert (found["lines"], found["unmerged"]) == ([11], True)
    assert "logged 2026-11-11 email: Theirs" in list(map(str, found["differs"]))  # type: ignore[call-overload]


def test_markers_that_git_knows_nothing_of_are_listed(run: Run, vault: Path) -> None:
    write(vault, file=BASE + "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n")
    (found,) = listed(run, vault)
    assert (found["kind"], found["lines"], found["unmerged"]) == ("git", [11], False)
    assert found["differs"] == ["either “a” or “b”"]
    assert_is_left_by_hand(run, vault, sync=False)


def assert_is_left_by_hand(run: Run, vault: Path, *, sync: bool) -> None:
    """Both versions stand in Anna's file: each way of asking says what to do, and changes nothing."""
    before = contents(vault)
    shown = run("--vault", vault, "conflicts").stderr
    assert "conflicts --merge" not in shown
    for said in (shown, merging(run, vault, code=1), merging(run, vault, "--keep-markers", code=1)):
        assert "keep one of the two between the marker lines, and remove those lines." in said
        assert ("Then run `ptcrm sync`." in said) == sync
    assert contents(vault) == before


def test_names_and_paths_narrow_the_list(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({name: f"---\nname: {name}\n---\n" for name in ("anna", "anna 2", "jan", "jan 2")})
    assert [one["path"] for one in listed(run, root, "jan")] == ["customers/jan 2.md"]
    assert [one["path"] for one in listed(run, root, "customers/anna 2.md")] == ["customers/anna 2.md"]
    assert len(listed(run, root, "anna", "jan")) == 2
    assert run("--vault", root, "conflicts", "nobody").exit_code == 3


@pytest.mark.skipif(os.name == "nt", reason="such a name is not to be had there")
def test_hostile_names_are_shown_in_one_line(run: Run, make_vault: MakeVault) -> None:
    root = make_vault({"\x1b[31m": BASE, "\x1b[31m 2": BASE})
    shown = run("--vault", root, "conflicts").stdout
    assert "\x1b" not in shown
    assert shown.count("\n") == 1
    said = merging(run, root, code=1)
    assert "\x1b" not in said
    assert sorted(contents(root)) == ["\x1b[31m 2.md", "\x1b[31m.md"]  # no such id can be


# Merging copies


def test_a_copy_is_merged_and_deleted_in_one_operation_that_undo_takes_back(run: Run, vault: Path) -> None:
    make_repository(vault)
    commit(vault)
    write(vault, file=OURS, copy=THEIRS)
    before = contents(vault)
    said = merging(run, vault)
    after = contents(vault)
    assert list(after) == ["anna.md"]
    assert "Ours" in after["anna.md"]
    assert "Theirs" in after["anna.md"]
    assert "tier: silver" in after["anna.md"]
    assert "new in it: 1 field, 1 log entry" in said
    assert run("--vault", vault, "undo").exit_code == 0
    assert contents(vault) == before


def test_without_git_what_either_side_says_alone_is_kept(run: Run, vault: Path) -> None:
    write(vault, file=OURS, copy=THEIRS.replace("tier: silver", "tier: gold\nrole: owner"))
    merging(run, vault)
    assert list(contents(vault)) == ["anna.md"]
    assert all(word in contents(vault)["anna.md"] for word in ("Ours", "Theirs", "Frames", "role: owner"))
    assert contents(vault)["anna.md"].count("Frames") == 1


def test_both_sides_are_named_where_both_say_something_else(run: Run, vault: Path) -> None:
    write(vault, file=OURS, copy=THEIRS)  # without a base, nobody knows which tier is the older
    before = contents(vault)
    said = merging(run, vault, code=1)
    assert COPY in said
    assert FILE in said
    assert "1 place" in said
    assert contents(vault) == before


def test_markers_are_kept_if_they_are_asked_for(run: Run, vault: Path) -> None:
    write(vault, file=OURS, copy=THEIRS)
    said = merging(run, vault, "--keep-markers")
    assert "both versions stand in 1 place" in said
    text = contents(vault)["anna.md"]
    assert "<<<<<<< anna.md\ntier: gold\n=======\ntier: silver\n>>>>>>> anna.sync-conflict-" in text
    assert "Ours" in text
    assert "Theirs" in text
    assert [one["differs"] for one in listed(run, vault)] == [["either “tier: gold” or “tier: silver”"]]
    assert_is_left_by_hand(run, vault, sync=False)
    run("--vault", vault, "undo")
    assert contents(vault)["anna.md"] == OURS


def test_what_only_the_file_has_does_not_sound_like_a_loss(run: Run, vault: Path) -> None:
    more = "- 2026-11-03 call: Here\n- [ ] 2026-12-01 call: Ask\n"
    write(vault, file=BASE.replace("tier: gold", "tier: gold\ntags: [a, b]") + more)
    write(vault, copy=BASE.replace("gold", "gold\ntags: [b, c]\nrole: owner").replace("Two shops", "A shop"))
    (found,) = listed(run, vault)
    assert found["differs"] == [
        "only here: tags: a",
        "only in the copy: tags: c",
        "only in the copy: role: owner",
        "only here: follow-up: 2026-12-01 call: Ask",
        "only here: log entry: 2026-11-03 call: Here",
        "notes: 2 words only here, 2 words only in the copy",
    ]


def test_lines_that_a_merge_takes_away_are_counted(run: Run, vault: Path) -> None:
    write(vault, file=BASE.replace("tier: gold", "tier: gold\n# since May"))
    make_repository(vault)
    commit(vault)
    write(vault, copy=BASE)
    assert "nothing is new in it; 1 line of it went or changed" in merging(run, vault)


def test_a_dry_run_shows_the_diff_and_writes_nothing(run: Run, vault: Path) -> None:
    write(vault, copy=THEIRS.replace("silver", "gold"))
    before = contents(vault)
    said = merging(run, vault, "--dry-run")
    assert "+- 2026-11-11 email: Theirs" in said
    assert f"--- a/{COPY}\n+++ /dev/null" in said
    assert contents(vault) == before


def test_several_copies_become_one_file(run: Run, vault: Path) -> None:
    for number in (2, 3, 4):
        (vault / "customers" / f"anna {number}.md").write_text(f"{BASE}- 2026-11-1{number} call: {number}\n")
    merging(run, vault)
    assert list(contents(vault)) == ["anna.md"]
    assert [f"call: {number}" in contents(vault)["anna.md"] for number in (2, 3, 4)] == [True] * 3


def test_one_copy_that_conflicts_does_not_hold_up_the_others(run: Run, vault: Path) -> None:
    (vault / "customers" / "anna 2.md").write_text(f"{BASE}- 2026-11-12 call: Two\n")
    write(vault, copy=THEIRS)
    said = merging(run, vault, code=1)
    assert sorted(contents(vault)) == ["anna.md", Path(COPY).name]
    assert "Two" in contents(vault)["anna.md"]
    assert f"{COPY} and {FILE}: nothing was changed" in said


@pytest.mark.parametrize(
    "bad", ["---\nname: [Anna\n---\n", "---\nname: Anna\n", "<<<<<<< a\n=======\n>>>>>>> b\n"]
)
@pytest.mark.parametrize("side", ["file", "copy"])
def test_what_cannot_be_read_stays_as_it_is(run: Run, vault: Path, bad: str, side: str) -> None:
    write(vault, copy=THEIRS)
    write(vault, **{side: bad})
    before = contents(vault)
    assert "nothing was changed" in merging(run, vault, code=1)
    assert "nothing was changed" in merging(run, vault, "--keep-markers", code=1)
    assert contents(vault) == before


def test_bytes_that_are_no_text_stay_as_they_are(run: Run, vault: Path) -> None:
    (vault / COPY).write_bytes(b"---\nname: \xff\n---\n")
    merging(run, vault, code=1)
    assert (vault / COPY).exists()


def test_a_copy_without_an_original_stays_and_what_to_do_is_said(run: Run, vault: Path) -> None:
    (vault / FILE).rename(vault / COPY)
    assert "rename the copy" in merging(run, vault, code=1)
    assert list(contents(vault)) == [Path(COPY).name]


def test_line_ends_are_those_of_the_file(run: Run, vault: Path) -> None:
    crlf, copy = (text.replace("\n", "\r\n") for text in (BASE, THEIRS.replace("silver", "gold")))
    write(vault, file=crlf, copy=copy)
    merging(run, vault)
    assert contents(vault)["anna.md"] == copy


@pytest.mark.parametrize("words", [["--keep-markers"], ["--dry-run"], ["--merge", "--json"]])
def test_options_that_do_not_go_together_are_refused(run: Run, vault: Path, words: list[str]) -> None:
    assert run("--vault", vault, "conflicts", *words).exit_code == 2


# Which version both began from


def test_what_was_committed_since_is_not_taken_for_deleted(run: Run, vault: Path) -> None:
    """The copy lacks what was committed here after it began, and nobody has deleted that."""
    make_repository(vault)
    commit(vault)
    write(vault, file=OURS)
    commit(vault)
    write(vault, copy=THEIRS)
    merging(run, vault)
    assert "Ours" in contents(vault)["anna.md"]
    assert "Theirs" in contents(vault)["anna.md"]


def test_what_was_committed_since_is_kept_if_the_copy_is_the_one_that_has_it(run: Run, vault: Path) -> None:
    """Sync programs call either side the copy: the one that was saved first, say."""
    make_repository(vault)
    commit(vault)
    write(vault, file=OURS)
    commit(vault)
    write(vault, file=THEIRS, copy=OURS + "- 2026-11-12 call: More\n")
    merging(run, vault)
    assert all(word in contents(vault)["anna.md"] for word in ("Ours", "Theirs", "More"))


def test_what_one_side_has_deleted_stays_deleted(run: Run, vault: Path) -> None:
    write(vault, file=OURS)
    make_repository(vault)
    commit(vault)
    write(
        vault, file=OURS + "- 2026-11-12 call: More\n", copy=OURS.replace("- 2026-11-02 call: Frames\n", "")
    )
    merging(run, vault)
    assert "Frames" not in contents(vault)["anna.md"]


LINES = st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True).map(tuple)


def as_bytes(lines: tuple[str, ...]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@given(st.lists(LINES, min_size=1, max_size=4), st.sampled_from("xyz"))
def test_a_side_that_is_a_version_with_one_line_more_began_from_it(
    versions: list[tuple[str, ...]], more: str
) -> None:
    known = [as_bytes(one) for one in versions]
    assert set(common(known, known[0], known[0]).splitlines()) == set(versions[0] and known[0].splitlines())
    base = common(known, known[0], known[-1] + f"{more}\n".encode())
    assert set(base.splitlines()) == set(known[-1].splitlines())


def test_of_versions_that_fit_alike_it_is_the_oldest() -> None:
    assert common([b"tier: b\n", b"tier: a\n"], b"tier: b\n", b"tier: c\n") == b"tier: a\n"
    assert common([], b"a", b"b") == b""


# Merging what git has left


def test_after_a_conflict_of_a_sync_it_is_said_what_to_do_by_hand(run: Run, vault: Path) -> None:
    """The file is as ptcrm has merged it already, so that merging it again would lead in a circle."""
    two_sides(vault, BASE, OURS.replace("gold", "bronze"), THEIRS)
    ours = OURS.replace("gold", "bronze")
    marked = merge(BASE.encode(), ours.encode(), THEIRS.encode(), ("main", "other"))
    assert marked
    write(vault, file=marked.content.decode())
    (found,) = listed(run, vault)
    assert found["differs"] == ["either “tier: bronze” or “tier: silver”"]
    assert_is_left_by_hand(run, vault, sync=True)


def test_what_was_edited_and_has_markers_still_is_left_by_hand(run: Run, vault: Path) -> None:
    two_sides(vault, BASE, OURS, THEIRS)
    write(vault, file=contents(vault)["anna.md"] + "- 2026-11-19 call: Later\n")
    assert_is_left_by_hand(run, vault, sync=True)


def test_what_git_marks_is_merged_or_marked_more_closely(run: Run, vault: Path) -> None:
    two_sides(vault, BASE, OURS.replace("gold", "bronze"), THEIRS)
    assert "1 place" in merging(run, vault, code=1)
    merging(run, vault, "--keep-markers")
    assert contents(vault)["anna.md"].count("<<<<<<<") == 1
    assert_is_left_by_hand(run, vault, sync=True)


def test_a_customer_that_both_sides_renamed(run: Run, vault: Path) -> None:
    make_repository(vault)
    commit(vault)
    for branch, name in (("other", "anna-b"), ("main", "anna-a")):
        git(vault, "checkout", "-q", *(["-b"] if branch == "other" else []), branch)
        (vault / FILE).rename(vault / "customers" / f"{name}.md")
        commit(vault)
    git(vault, "merge", "-q", "other", code=1)
    result = run("--vault", vault, "conflicts")
    assert result.stdout.splitlines() == [
        f"customers/{name}.md: git has not merged it; both sides renamed it"
        for name in ("anna-a", "anna-b", "anna")
    ]
    files = "customers/anna-a.md, customers/anna-b.md"
    way = f"both sides renamed it: delete one of the two files ({files}), then run `ptcrm sync`."
    assert result.stderr.count(way) == 1
    assert "conflicts --merge" not in result.stderr
    said = merging(run, vault, code=1)
    assert said.count(way) == 3
    assert "deleted it" not in said
    assert "copy" not in said


def test_what_git_has_not_merged_is_merged_from_its_three_versions(run: Run, vault: Path) -> None:
    two_sides(vault, BASE, OURS, THEIRS)
    said = merging(run, vault)
    text = contents(vault)["anna.md"]
    assert all(word in text for word in ("Ours", "Theirs", "tier: silver"))
    assert "<<<" not in text
    assert "git add customers/anna.md" in said
    (found,) = listed(run, vault)
    assert (found["lines"], found["unmerged"]) == ([], True)
    git(vault, "add", "--all")
    assert listed(run, vault) == []


def test_ours_without_markers_is_merged_too(run: Run, vault: Path) -> None:
    """What a driver leaves that is configured and not there."""
    (vault / ".gitattributes").write_text("*.md merge=ptcrm\n")
    make_repository(vault)
    git(vault, "config", "merge.ptcrm.driver", "/no/where/ptcrm git merge-file %O %A %B %P")
    two_sides(vault, BASE, OURS, THEIRS)
    assert contents(vault)["anna.md"] == OURS
    merging(run, vault)
    assert "Theirs" in contents(vault)["anna.md"]


def test_what_a_person_has_done_since_is_not_overwritten(run: Run, vault: Path) -> None:
    two_sides(vault, BASE, OURS, THEIRS)
    edited = contents(vault)["anna.md"] + "A line of mine.\n"
    write(vault, file=edited)
    assert "edited since" in merging(run, vault, code=1)
    assert contents(vault)["anna.md"] == edited


@pytest.mark.parametrize(("ours", "theirs"), [(OURS, None), (None, THEIRS)])
def test_a_file_that_one_side_has_deleted_is_left_to_a_person(
    run: Run, vault: Path, ours: str | None, theirs: str | None
) -> None:
    two_sides(vault, BASE, ours, theirs)
    assert "one side has deleted it" in run("--vault", vault, "conflicts").stdout
    assert "git rm" in merging(run, vault, code=1)


def test_a_file_that_both_sides_made_is_merged_from_nothing(run: Run, vault: Path) -> None:
    two_sides(vault, "", OURS, OURS + "- 2026-11-12 call: Other\n")
    merging(run, vault)
    assert "Other" in contents(vault)["anna.md"]
    assert contents(vault)["anna.md"].count("Ours") == 1


def test_a_file_is_as_git_left_it_or_it_is_not() -> None:
    stages = Stages(b"a\n", b"a\nb\n", b"a\nc\n")
    assert is_as_left(b"a\nb\n", stages)
    assert is_as_left(b"a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", stages)
    assert is_as_left(b"a\n<<<<<<< HEAD\nb\n||||||| 1234\n=======\nc\n>>>>>>> other\n", stages)
    assert not is_as_left(b"a\nb\nc\n", stages)  # somebody has put it together
    assert not is_as_left(b"a\n<<<<<<< HEAD\nb\n=======\nd\n>>>>>>> other\n", stages)


def test_without_git_copies_are_merged_all_the_same(
    run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ptcrm.git import repo

    make_repository(vault)
    write(vault, copy=BASE + "- 2026-11-12 call: More\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    repo.git.cache_clear()
    said = merging(run, vault)
    repo.git.cache_clear()
    assert "git was not asked: git is not installed" in said
    assert "More" in contents(vault)["anna.md"]
