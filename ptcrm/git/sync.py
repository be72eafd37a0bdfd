"""A sync, step by step: commit, fetch, merge, place, send. Nothing is printed, nothing asked, nothing forced.

Whatever it stops at, no save of anybody is lost, and the next sync goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ptcrm.errors import ChangedError, NotFoundError
from ptcrm.git import exchange, merging
from ptcrm.git.committing import (
    Changed,
    advance,
    changes_of,
    commit_of,
    committed,
    see,
    stage,
)
from ptcrm.git.printed import between_zeros, raw
from ptcrm.git.standing import (
    Branch,
    SyncError,
    branch_of,
    count,
    has,
    merge_heads,
    refuse_lock,
    refuse_odd,
)
from ptcrm.model.change import Operation
from ptcrm.text.words import few

if TYPE_CHECKING:
    from ptcrm.git.merging import Merge
    from ptcrm.git.repo import Repo

_TRIES = 5
_MANY = 3  # files; who has fewer customers may well delete them all


@dataclass(frozen=True, slots=True)
class Vault:
    """What a sync needs of the vault: its folder from the top of the repository (`a/b/`, or empty), and calls.

    `folders` are the customers', from the top. `alone` keeps other commands of ptcrm from writing. `apply` makes
    an operation's changes, and undo has it only if that is wanted. `words` makes a commit's message of changes.
    """

    prefix: str
    folders: tuple[str, ...]
    alone: Callable[[], AbstractContextManager[None]]
    apply: Callable[[Operation, bool], None]
    words: Callable[[list[Changed]], str]


@dataclass(slots=True)
class Done:
    """What a sync has done so far; it is filled in on the way, so that it can be told whatever happens next.

    `committed` is the message of the commit, and `changed` what went into it. `came` counts the commits that were
    merged, `arrived` says what they changed, and `news` says it in words. `went` counts those that were sent. `conflicts` are the files
    that wait for somebody; `kept` those that one side deleted and the other changed. `notes` are sentences on what the
    merge of a file has kept or doubled, each with the file's path.
    """

    branch: Branch | None = None
    commit: str | None = None
    committed: str | None = None
    changed: list[Changed] = field(default_factory=list)
    finished: bool = False
    came: int = 0
    arrived: list[Changed] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    went: int = 0
    conflicts: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def prepared(repo: Repo, vault: Vault, remote: str | None) -> Branch:
    """The branch, if the repository can be synced; raises `SyncError` or `NotFoundError`, nothing changed."""
    refuse_odd(repo, vault.prefix)
    return branch_of(repo, remote)


def sync(repo: Repo, vault: Vault, remote: str | None, message: str | None, done: Done) -> None:
    """Commit what is new, merge what the other side has, and send it; tells `done` what it does.

    Raises `SyncError` with the next step, `OfflineError` if the remote cannot be reached.
    """
    branch = done.branch = prepared(repo, vault, remote)
    for _ in range(_TRIES):
        branch = done.branch = _committed(repo, vault, branch, message, done)
        if branch.remote is None or branch.head is None:
            return
        theirs = exchange.fetch(repo, branch)
        if theirs is not None:
            try:
                branch = done.branch = _merged(repo, vault, branch, theirs, done)
            except ChangedError:  # somebody saves just now; that is committed next
                continue
        if done.conflicts or _sent(repo, branch, theirs, done):
            return
    raise SyncError(
        f"{branch.short}: others were quicker {_TRIES} times. What was new here is committed; run `ptcrm sync` again."
    )


def _committed(repo: Repo, vault: Vault, branch: Branch, message: str | None, done: Done) -> Branch:
    """Commit what differs in the vault, or end the merge that is in progress; the branch as it is then."""
    with vault.alone():
        refuse_lock(repo)
        heads = merge_heads(repo)
        _refuse_unmerged_elsewhere(repo, vault)
        refuse_emptied(repo, vault)
        seen = stage(repo, vault.prefix)
        nested = [path for path in seen.nested if path.startswith(tuple(f"{one}/" for one in vault.folders))]
        done.notes = [
            f"{path}: a repository of its own, so nothing of it is committed or sent." for path in nested
        ]
        if not seen.entries and not heads:
            return branch
        changed = changes_of(repo, seen)
        words = message or (_merge_words(branch) if heads else vault.words(changed))
        if heads:
            tree = repo.out("write-tree").decode().strip()
            parents = [*([branch.head] if branch.head else []), *heads]
            head = advance(repo, branch.head, commit_of(repo, tree, parents, words), "merge")
            merging.end(repo)
            done.finished = True
        else:
            head = committed(repo, vault.prefix, branch.head, words)
    done.commit, done.committed = head, words
    done.changed += changed
    return replace(branch, head=head)


def _refuse_unmerged_elsewhere(repo: Repo, vault: Vault) -> None:
    """Raise `SyncError` if a merge waits for somebody outside of the vault, where nothing is ours to commit."""
    paths = between_zeros(repo.out("diff", "--name-only", "--diff-filter=U", "-z"))
    elsewhere = sorted({path for path in paths if path and not path.startswith(vault.prefix)})
    if elsewhere:
        raise SyncError(
            f"{few(elsewhere)}: a merge waits for you outside of the vault. Nothing was changed. "
            "Edit those files, then: git add FILE"
        )


def refuse_emptied(repo: Repo, vault: Vault) -> None:
    """Raise `SyncError` if every customer's file is gone at once: a disk that is away looks like that."""
    gone = {entry.path for entry, found in see(repo, vault.prefix).entries if entry.old and found is None}
    if len(gone) < _MANY:
        return
    known = repo.out("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *vault.folders)
    before = {path for path in between_zeros(known) if path.endswith(".md")}
    if before and before <= gone:
        raise SyncError(
            f"All {len(before)} customers' files are gone. Nothing was committed, so that they stay on the other "
            f"devices. To have them back: git restore {vault.folders[0]}. If it is meant, commit it with git."
        )


def _merge_words(branch: Branch) -> str:
    return f"Merge {branch.short}" if branch.remote else "Merge"


def _merged(repo: Repo, vault: Vault, branch: Branch, theirs: str, done: Done) -> Branch:
    """Bring what the other side has into the branch and the files; the branch as it is then."""
    assert branch.head is not None  # noqa: S101  # who calls has a commit to merge with
    if has(repo, branch.head, theirs):
        return branch
    exchange.refuse_unrelated(repo, branch, theirs)
    merged = _result(repo, vault, branch, theirs)
    words = _merge_words(branch)
    what = merging.placing(repo, vault.prefix, branch.head, merged.tree)
    with vault.alone():
        refuse_lock(repo)
        if merged.conflicts:
            _refuse_staged_elsewhere(repo, vault)
        merging.place(repo, vault.prefix, what, lambda operation: vault.apply(operation, False))  # noqa: FBT003
        done.came += count(repo, f"{branch.head}..{theirs}")
        arrived = merging.changes_between(repo, what)
        done.arrived += arrived
        clear = [one for one in arrived if one.path not in merged.conflicts]
        done.news += [vault.words(clear).partition("\n")[0]] if clear else []
        done.kept += merged.kept
        done.notes += merged.notes
        if merged.conflicts:
            merging.leave_open(repo, merged, branch.head, theirs, words)
            done.conflicts = merged.conflicts
            return branch
        return replace(branch, head=merging.conclude(repo, merged, branch.head, theirs, words))


def _result(repo: Repo, vault: Vault, branch: Branch, theirs: str) -> Merge:
    """The merge of the two sides; what the other side has, if there is nothing new on this one."""
    assert branch.head is not None  # noqa: S101  # who calls has a commit to merge with
    if has(repo, theirs, branch.head):
        return merging.Merge(theirs)
    merged = merging.merge(repo, branch.head, theirs, vault.folders, branch.short)
    elsewhere = [path for path in merged.conflicts if not path.startswith(vault.prefix)]
    if elsewhere:
        raise SyncError(
            f"{few(elsewhere)}: both sides changed these files outside of the vault, and otherwise. "
            f"What was new here is committed; nothing was merged or sent. Run: git merge {branch.short}"
        )
    return merged


def _refuse_staged_elsewhere(repo: Repo, vault: Vault) -> None:
    """Raise `SyncError` if something is staged outside of the vault, which the end of a merge would commit."""
    staged = [one.path for one in raw(repo, "diff-index", "--cached", "HEAD")]
    if elsewhere := [path for path in staged if not path.startswith(vault.prefix)]:
        raise SyncError(
            f"Both sides changed the same, and {few(elsewhere)} is staged outside of the vault, which would become "
            "part of the merge. What was new in the vault is committed; nothing was merged or sent. "
            "Commit that, or take it out (git restore --staged FILE); then run `ptcrm sync` again."
        )


def _sent(repo: Repo, branch: Branch, theirs: str | None, done: Done) -> bool:
    """Send what the other side has not; False if somebody was quicker."""
    assert branch.head is not None  # noqa: S101  # who calls has something to send
    new = count(repo, f"{theirs}..{branch.head}" if theirs else branch.head)
    if (new or theirs is None) and not exchange.push(repo, branch, branch.head):
        return False
    done.went = new
    if not branch.follows and not repo.line("config", f"branch.{branch.name}.remote"):
        exchange.follow(repo, branch)
    return True


def abort(repo: Repo, vault: Vault) -> list[str]:
    """Take back the merge in progress: the vault's files as they were before it; returns their paths.

    What was edited in them since is kept for undo. Raises `NotFoundError` if no merge is in progress.
    """
    heads, head = merge_heads(repo), repo.line("rev-parse", "--verify", "--quiet", "HEAD")
    if not heads or head is None:
        raise NotFoundError("No merge is in progress. `ptcrm sync` begins one if need be.")
    with vault.alone():
        refuse_lock(repo)
        _refuse_unmerged_elsewhere(repo, vault)
        try:
            merged = merging.merge(repo, head, heads[0], vault.folders, "MERGE_HEAD")
        except SyncError as error:
            raise SyncError("This merge was begun by git, and bears on more: git merge --abort") from error
        return merging.take_back(repo, vault.prefix, head, merged.tree, lambda one: vault.apply(one, True))  # noqa: FBT003
