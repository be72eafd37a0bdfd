"""What state a repository is in: its branch, the remote that it follows, and what stands in the way of a sync.

Nothing here changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, RefusedError
from ptcrm.git.repo import failed, noted, refuse_old
from ptcrm.text.near import suggest
from ptcrm.text.words import few
from ptcrm.vault.store import pause

if TYPE_CHECKING:
    from ptcrm.git.repo import Repo

OLDEST = (2, 38)  # the first git that merges without touching the files
MERGE = "MERGE_HEAD"
_LOOKS = 40
# What git leaves in its folder while it is in the middle of something, and how that is ended.
_UNDER_WAY = {
    "rebase-apply/applying": ("a git am", "git am --continue, or git am --abort"),
    "rebase-merge": ("a rebase", "git rebase --continue, or git rebase --abort"),
    "rebase-apply": ("a rebase", "git rebase --continue, or git rebase --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --continue, or git cherry-pick --abort"),
    "REVERT_HEAD": ("a revert", "git revert --continue, or git revert --abort"),
    "sequencer": ("a cherry-pick or revert", "git status says how to go on"),
    "BISECT_LOG": ("a bisect", "git bisect reset"),
}
_NO_IDENTITY = (
    "git does not know who you are, which each commit says. Nothing was changed. Tell it once:\n"
    '  git config --global user.name "Your Name"\n'
    "  git config --global user.email you@example.com"
)


class SyncError(RefusedError):
    """A sync cannot go on; what was committed stays committed, and no file was touched since."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The branch that is checked out, and what it is synced with.

    `head` is its commit, None before the first one. `remote` is None where there is none; `theirs` is the full
    name of the branch over there. `follows` says whether the configuration knows this as its upstream.
    """

    name: str
    head: str | None
    remote: str | None
    theirs: str
    follows: bool

    @property
    def short(self) -> str:
        """`origin/main`."""
        return f"{self.remote}/{self.theirs.removeprefix('refs/heads/')}"

    @property
    def tracking(self) -> str:
        """Where git keeps what it knows of the branch over there."""
        return f"refs/remotes/{self.short}"


def refuse_odd(repo: Repo, prefix: str) -> None:
    """Raise `SyncError` with the next step, if a vault at `prefix` of the repository cannot be synced as it is."""
    refuse_old(repo, OLDEST, "`ptcrm sync`")
    _refuse_programs(repo)
    for name, (what, way) in _UNDER_WAY.items():
        if (repo.folder / name).exists():
            raise SyncError(
                f"{what} is under way in this repository. Nothing was changed. End it first: {way}"
            )
    if repo.line("symbolic-ref", "--quiet", "HEAD") is None:
        raise SyncError(
            "No branch is checked out (a detached HEAD). Nothing was changed. Go to one first: git switch BRANCH"
        )
    refuse_lock(repo)
    if _is_ignored(repo, f"{prefix}ptcrm.yaml"):
        raise SyncError(
            "git ignores this vault: a line of .gitignore covers it. Nothing was changed. "
            f"Which one: git check-ignore -v {prefix}ptcrm.yaml"
        )
    if repo.run("var", "GIT_COMMITTER_IDENT", settings={"user.useConfigOnly": "true"}).code:
        raise SyncError(_NO_IDENTITY)


def _is_ignored(repo: Repo, path: str) -> bool:
    """Whether git passes over a file that it does not know; this command alone takes no path to the letter."""
    ran = repo.run("check-ignore", "--quiet", f"./{path}", environment={"GIT_LITERAL_PATHSPECS": "0"})
    return ran.code == 0


def refuse_lock(repo: Repo) -> None:
    """Raise `SyncError` if another git has the index, or one was interrupted."""
    lock = repo.folder / "index.lock"
    for _ in range(_LOOKS):  # the git of a sync that was ended may be about to end as well
        if not lock.exists():
            return
        pause()
    if lock.exists():
        raise SyncError(
            f"Another git is at work in this repository, or one was interrupted. Nothing was changed. "
            f"Try again; if no git runs any more, delete {lock}"
        )


def _refuse_programs(repo: Repo) -> None:
    if not repo.programs:
        return
    example = repo.programs[0]
    raise SyncError(
        f"The configuration of this repository names programs: {few(repo.programs)}.\n"
        "ptcrm runs none of them, since a repository may come from elsewhere, and without them it could write "
        "something else than they would. Nothing was changed.\n"
        "If you trust it, move the setting into your own configuration:\n"
        f"  git config --global {example} VALUE\n"
        f"  git config --unset-all {example}"
    )


def branch_of(repo: Repo, named: str | None) -> Branch:
    """The branch and its remote: the one `named`, else the upstream's, else the only one, else `origin`.

    Raises `NotFoundError` for a remote that is not there, `SyncError` if it cannot be told which is meant.
    """
    name = (repo.line("symbolic-ref", "HEAD") or "").removeprefix("refs/heads/")
    head = repo.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    remotes = repo.out("remote").decode(errors="surrogateescape").splitlines()
    upstream = repo.line("config", f"branch.{name}.remote")
    merge = repo.line("config", f"branch.{name}.merge")
    follows = upstream in remotes and merge is not None
    remote = _remote(remotes, named, upstream if follows else None)
    if follows and remote == upstream and merge:
        return Branch(name, head, remote, merge, follows=True)
    return Branch(name, head, remote, f"refs/heads/{name}", follows=False)


def _remote(remotes: list[str], named: str | None, upstream: str | None) -> str | None:
    if named is not None:
        if named not in remotes:
            known = f"Known are: {', '.join(remotes)}." if remotes else "This repository has none."
            hint = suggest(named, remotes) or known
            raise NotFoundError(
                f"There is no remote “{named}”. {hint} To add one: git remote add NAME ADDRESS"
            )
        return named
    if upstream or len(remotes) <= 1:
        return upstream or next(iter(remotes), None)
    if "origin" in remotes:
        return "origin"
    raise SyncError(
        f"This repository has several remotes: {', '.join(remotes)}. Nothing was changed. "
        f"Say which one: ptcrm sync --remote {remotes[0]}"
    )


def is_shallow(repo: Repo) -> bool:
    """Whether the beginning of the history is missing here."""
    return repo.line("rev-parse", "--is-shallow-repository") == "true"


def base_of(repo: Repo, one: str, other: str) -> str | None:
    """The newest commit that both have; None if they have none in common."""
    return repo.line("merge-base", one, other)


def has(repo: Repo, commit: str, old: str) -> bool:
    """Whether `commit` has the commit `old` in its history, or is it."""
    ran = repo.run("merge-base", "--is-ancestor", old, commit)
    if ran.code not in (0, 1):
        raise failed(ran, ("merge-base",))
    return ran.code == 0


def count(repo: Repo, commits: str) -> int:
    """How many commits a range such as `A..B` has."""
    return int(repo.out("rev-list", "--count", commits))


def merge_heads(repo: Repo) -> list[str]:
    """The commits that a merge in progress brings in; empty if there is none."""
    return (noted(repo, MERGE) or "").split()
