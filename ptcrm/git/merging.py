"""Two branches made one: worked out by git without touching a file, then placed as ptcrm places its own changes.

Files of the vault go from old to new by an `Operation`: whole or not at all, and never over what somebody saves
in the meantime. What lies outside of the vault, and links, are git's to place.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from ptcrm.errors import ChangedError
from ptcrm.git.committing import (
    MARKERS,
    Changed,
    advance,
    commit_of,
    see,
    tree_with,
)
from ptcrm.git.driver import DRIVER_KEY, driver_of, with_folders
from ptcrm.git.printed import Raw, between_zeros, empty_tree, ended_by_zeros, gone_line, raw
from ptcrm.git.repo import NETWORK_SECONDS, failed, note, user_attributes, workbench
from ptcrm.git.standing import MERGE, SyncError, has
from ptcrm.model.change import Create, Delete, Operation, Write
from ptcrm.text.words import few
from ptcrm.vault.replace import content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ptcrm.git.repo import Repo
    from ptcrm.model.change import Change

_SETTINGS = {
    "merge.renames": "true",
    "merge.renameLimit": "5000",
    "merge.directoryRenames": "false",
    "merge.conflictStyle": "merge",
}
# This Python and this ptcrm, by their own paths; nothing of that name in the repository's folder (-P).
_PROGRAM = (sys.executable, "-P", "-m", "ptcrm")
_SAYS = "ptcrm: "  # how `driver.py` begins a line
_BOTH = "CONFLICT (contents)"
# One side deleted what the other changed; git leaves the changed file, and so do we.
_KEEPS = ("CONFLICT (modify/delete)", "CONFLICT (rename/delete)")
_STATES = ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE")


@dataclass(frozen=True, slots=True)
class Merge:
    """What became of a merge: its `tree`; the paths where both sides say otherwise, with the stages of the index.

    `kept` are the paths that one side deleted and the other changed, which are kept. `notes` is what the driver said
    of single files: `customers/anna.md: …`.
    """

    tree: str
    conflicts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def merge(repo: Repo, ours: str, theirs: str, folders: Sequence[str], branch: str) -> Merge:
    """Merge two commits without touching a file, with ptcrm's driver for what is in the customers' `folders`.

    Raises `SyncError` for conflicts that are not about the text of the vault's files; these are for git.
    """
    with workbench() as folder:
        attributes = folder / "attributes"
        text = with_folders(user_attributes(repo), folders)
        attributes.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
        driver = {"core.attributesFile": str(attributes), DRIVER_KEY: driver_of(_PROGRAM)}
        ran = repo.run(
            *("merge-tree", "--write-tree", "-z", "--messages", ours, theirs),
            settings={**_SETTINGS, **driver},
            seconds=NETWORK_SECONDS,
        )
    if ran.code not in (0, 1):
        raise failed(ran, ("merge-tree",))
    tree, *parts = between_zeros(ran.out)
    end = parts.index("") if "" in parts else len(parts)
    notes = tuple(line.removeprefix(_SAYS) for line in ran.said.splitlines() if line.startswith(_SAYS))
    if ran.code == 0:
        return Merge(tree, notes=notes)
    merged = _sorted_out(tree, parts[:end], list(_messages(parts[end + 1 :])), branch)
    _refuse_unmarked(repo, merged, branch)
    return replace(merged, notes=notes)


def _sorted_out(
    tree: str, stages: list[str], said: list[tuple[tuple[str, ...], str, str]], branch: str
) -> Merge:
    """The conflicts by what is to be done about them."""
    by_hand = [text.strip() for _, kind, text in said if "CONFLICT" in kind and kind not in (_BOTH, *_KEEPS)]
    conflicts = {path for paths, kind, _ in said if kind == _BOTH for path in paths[:1]}
    kept = {path for paths, kind, _ in said if kind in _KEEPS for path in paths[:1]}
    staged = {line.partition("\t")[2] for line in stages}
    if by_hand or staged - conflicts - kept:
        why = "\n".join(f"  {text}" for text in by_hand) or f"  {few(sorted(staged - conflicts - kept))}"
        raise SyncError(_by_hand(why, branch))
    marked = tuple(line for line in stages if line.partition("\t")[2] in conflicts)
    return Merge(tree, tuple(sorted(conflicts)), marked, tuple(sorted(kept - conflicts)))


def _refuse_unmarked(repo: Repo, merged: Merge, branch: str) -> None:
    """Raise `SyncError` for a conflict without markers, which nobody would see: in files that are no text."""
    found = raw(repo, "diff-tree", empty_tree(repo), merged.tree, "--", *merged.conflicts)
    blobs = repo.blobs(one.new for one in found if one.new)
    silent = [one.path for one in found if not MARKERS.search(blobs.get(one.new or "", b""))]
    if merged.conflicts and silent:
        raise SyncError(_by_hand(f"  {few(silent)}", branch))


def _by_hand(why: str, branch: str) -> str:
    return (
        f"Both sides changed what cannot be merged as text, so it has to be merged by hand:\n{why}\n"
        f"What was new here is committed; nothing was merged or sent. Run: git merge {branch}"
    )


def _messages(parts: list[str]) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """The messages of `git merge-tree -z`: their paths, their kind, their text."""
    at = 0
    while at + 2 < len(parts) and parts[at].isdigit():
        count = int(parts[at])
        paths = tuple(parts[at + 1 : at + 1 + count])
        kind, text = parts[at + 1 + count : at + 3 + count]
        yield paths, kind, text
        at += count + 3


# Into the working tree


@dataclass(frozen=True, slots=True)
class Placing:
    """What is to be placed: the vault's plain files (`own`), and what is left for git (`others`)."""

    old: str
    new: str
    own: tuple[Raw, ...]
    others: tuple[Raw, ...]


def placing(repo: Repo, prefix: str, old: str, new: str) -> Placing:
    """What tells the tree of `new` from that of `old`."""
    found = [(one.is_plain and one.path.startswith(prefix), one) for one in raw(repo, "diff-tree", old, new)]
    own, others = (tuple(one for is_own, one in found if is_own is wanted) for wanted in (True, False))
    return Placing(old, new, own, others)


def changes_between(repo: Repo, what: Placing) -> list[Changed]:
    """What changes in the vault's files, as git has it."""
    blobs = repo.blobs(one for each in what.own for one in (each.old, each.new) if one)
    return [Changed(one.path, blobs.get(one.old or ""), blobs.get(one.new or "")) for one in what.own]


def place(repo: Repo, prefix: str, what: Placing, apply: Callable[[Operation], None]) -> None:
    """Bring the files and the index from the old tree to the new one.

    Raises `ChangedError` with nothing changed if a file of the vault is not as in the old tree, `SyncError` if
    one elsewhere is not, or one that git ignores stands in the way.
    """
    before = {one.path: content(repo.top / one.path) for one in what.own}
    _refuse_unclean(repo, prefix, what)
    operation = _operation(repo, prefix, what, before)
    if operation.changes:
        apply(operation)
    between = _tree_between(repo, what) if what.others else what.new
    repo.out("read-tree", "-i", "-m", what.old, between)
    if what.others:
        repo.out("read-tree", "-m", "-u", between, what.new)
    repo.run("update-index", "-q", "--refresh")


def _refuse_unclean(repo: Repo, prefix: str, what: Placing) -> None:
    """Raise unless git would replace the files, too, without anything being lost."""
    there = [one.path for one in what.others if one.old is None and _is_there(repo.top / one.path)]
    if there:
        raise SyncError(_in_the_way(there))
    repo.run("update-index", "-q", "--refresh")
    ran = repo.run("read-tree", "-m", "-n", "-u", what.old, what.new)
    if not ran.code:
        return
    if see(repo, prefix).entries:
        raise ChangedError("somebody saved a file of the vault just now")
    said = "\n".join(f"  {line.removeprefix('error: ')}" for line in ran.said.splitlines()[:5])
    raise SyncError(
        "Files outside of the vault have changes that are not committed, and the other side changed them too:\n"
        f"{said}\nWhat was new in the vault is committed; nothing was merged or sent. "
        "Commit those files or put them aside (git stash), then run `ptcrm sync` again."
    )


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _in_the_way(paths: Sequence[str]) -> str:
    return (
        f"{few(paths)}: the other side has a file of this name, and the one here is not in git. "
        "What was new here is committed; nothing was merged or sent. "
        "Rename or move the file here, then run `ptcrm sync` again."
    )


def _operation(repo: Repo, prefix: str, what: Placing, before: Mapping[str, bytes | None]) -> Operation:
    """The operation that brings the vault's files to the new tree; what goes stands before what comes."""
    after = contents(repo, what.new, [one.path for one in what.own if one.new])
    changes: list[Change] = []
    for one in sorted(what.own, key=lambda one: one.new is not None):
        changes += _change(one, one.path.removeprefix(prefix), before[one.path], after.get(one.path))
    return Operation("sync", tuple(changes))


def _change(one: Raw, path: str, before: bytes | None, after: bytes | None) -> list[Change]:
    """What brings one file to the new tree; nothing if it says so already. Raises as `place` does."""
    if one.old is None and before not in (None, after):
        raise SyncError(_in_the_way([one.path]))
    if one.old is not None and before is None:
        raise ChangedError(f"{one.path}: it is gone")
    if before == after:
        return []
    if before is None or after is None:
        return [Create(path, after)] if after is not None else [Delete(path, before or b"")]
    return [Write(path, before, after)]


def contents(repo: Repo, tree: str, paths: Sequence[str]) -> dict[str, bytes]:
    """The bytes that the files at `paths` have in the working tree, if it is as `tree` says: with its line ends."""
    if not paths:
        return {}
    with workbench() as folder:
        own = {"GIT_INDEX_FILE": str(folder / "index")}
        stdin = ended_by_zeros(paths)
        out = ("checkout-index", f"--prefix={(folder / 'files').as_posix()}/", "-z", "--stdin")
        for arguments, given in ((("read-tree", tree), b""), (out, stdin)):
            if (ran := repo.run(*arguments, stdin=given, environment=own)).code:
                raise failed(ran, arguments)
        found = {path: content(folder / "files" / path) for path in paths}
    return {path: each for path, each in found.items() if each is not None}


def _tree_between(repo: Repo, what: Placing) -> str:
    """The tree that has the vault's new files, and everything else as it was."""
    return tree_with(repo, what.old, [one.index_line for one in what.own])


def conclude(repo: Repo, merged: Merge, ours: str, theirs: str, message: str) -> str:
    """Let the branch be at what was merged and placed; returns the commit."""
    if has(repo, theirs, ours):
        return advance(repo, ours, theirs, "fast-forward")
    return advance(repo, ours, commit_of(repo, merged.tree, [ours, theirs], message), "merge")


def leave_open(repo: Repo, merged: Merge, ours: str, theirs: str, message: str) -> None:
    """Note in git's own way that a merge waits for somebody, after its files were placed."""
    lines = []
    for path, group in groupby(merged.stages, key=lambda line: line.partition("\t")[2]):
        lines += [gone_line(path), *group]
    stdin = ended_by_zeros(lines)
    repo.out("update-index", "-z", "--index-info", stdin=stdin)
    repo.run("update-ref", "ORIG_HEAD", ours)
    note(repo, "MERGE_MSG", message)
    note(repo, "MERGE_MODE", "")
    note(repo, MERGE, f"{theirs}\n")


def take_back(repo: Repo, prefix: str, head: str, tree: str, apply: Callable[[Operation], None]) -> list[str]:
    """Bring what a merge to `tree` has changed back to the commit `head`, whatever it is now; returns the paths."""
    what = placing(repo, prefix, tree, head)
    after = contents(repo, head, [one.path for one in what.own if one.new])
    changes: list[Change] = []
    for one in sorted(what.own, key=lambda one: one.new is not None):
        path, now, then = one.path.removeprefix(prefix), content(repo.top / one.path), after.get(one.path)
        if now is not None and now != then:
            changes.append(Delete(path, now) if then is None else Write(path, now, then))
        elif now is None and then is not None:
            changes.append(Create(path, then))
    if changes:
        apply(Operation("sync --abort", tuple(changes)))
    lines = [line for one in what.own for line in (gone_line(one.path), one.index_line)]
    repo.out("update-index", "-z", "--index-info", stdin=ended_by_zeros(lines))
    if what.others:
        repo.out("read-tree", "-m", "-u", _tree_between(repo, what), head)
    end(repo)
    repo.run("update-index", "-q", "--refresh")
    return [one.path for one in (*what.own, *what.others)]


def end(repo: Repo) -> None:
    """Note that no merge is in progress any more."""
    for name in _STATES:
        note(repo, name, None)
