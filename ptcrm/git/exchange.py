"""What goes over the network: what the other side has, and what it is sent. Nothing is ever forced."""

from __future__ import annotations

import re

from ptcrm.git.repo import NETWORK_SECONDS, GitError, Ran, Repo, failed
from ptcrm.git.standing import Branch, SyncError, base_of, has, is_shallow

_FETCHED = "refs/ptcrm/fetched"  # for a moment
_QUICKER = ("(fetch first)", "(non-fast-forward)", "(stale info)", "cannot lock ref", "failed to update ref")
# The other side of a folder is a git of this computer, which would run that folder's hooks.
_WITHOUT_HOOKS = "git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand="
_LOCK = re.compile(r"Unable to create '([^']+\.lock)': File exists")
_AN_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+::?//|[^/\\]{2,}:")


class OfflineError(GitError):
    """The remote could not be reached, or did not answer; what was committed is safe here."""


def fetch(repo: Repo, branch: Branch) -> str | None:
    """The commit that the branch has at the remote; None if the remote is empty.

    Raises `OfflineError`, and `SyncError` if the remote has other branches alone, or was rewritten.
    """
    name = branch.remote or ""
    options = ("--no-tags", "--refmap=", "--no-recurse-submodules", *_program(repo, name, "upload-pack"))
    ran = repo.run("fetch", *options, "--", name, f"+{branch.theirs}:{_FETCHED}", seconds=NETWORK_SECONDS)
    if ran.code:
        if "couldn't find remote ref" in ran.said.lower():
            _refuse_others(repo, branch)
            return None
        raise _unreached(ran, name)
    theirs = repo.out("rev-parse", "--verify", _FETCHED).decode().strip()
    repo.run("update-ref", "-d", _FETCHED)
    _refuse_rewritten(repo, branch, theirs)
    repo.run("update-ref", "-m", "ptcrm sync: fetch", branch.tracking, theirs)
    return theirs


def _refuse_others(repo: Repo, branch: Branch) -> None:
    """Raise `SyncError` if the remote has other branches alone, and not that one."""
    name = branch.remote or ""
    ran = repo.run(
        "ls-remote", "--heads", *_program(repo, name, "upload-pack"), "--", name, seconds=NETWORK_SECONDS
    )
    if ran.code:
        raise _unreached(ran, name)
    others = [line.rpartition("refs/heads/")[2] for line in ran.out.decode(errors="replace").splitlines()]
    if not others:
        return
    ours = branch.theirs.removeprefix("refs/heads/")
    raise SyncError(
        f"{name} has no branch “{ours}”, but “{'”, “'.join(others[:5])}”. Nothing was merged or sent.\n"
        f"To follow that one: git fetch {name} && git branch --set-upstream-to={name}/{others[0]}\n"
        f"To make a new branch there: git push --set-upstream {name} {branch.name}:{ours}"
    )


def _refuse_rewritten(repo: Repo, branch: Branch, theirs: str) -> None:
    """Raise `SyncError` if commits that both sides had are gone over there: somebody has forced a push."""
    known = repo.line("rev-parse", "--verify", "--quiet", branch.tracking)
    if known is None or branch.head is None or has(repo, theirs, known):
        return
    both = base_of(repo, branch.head, known)
    if both is None or has(repo, theirs, both):
        return
    raise SyncError(
        f"{branch.short} was rewritten: commits that you have are gone there. Somebody has forced a push. "
        "What was new here is committed; nothing was merged or sent.\n"
        f"See what differs: git fetch {branch.remote} && git log --oneline {branch.short}...HEAD\n"
        f"To keep both: git merge {branch.short}\n"
        f"To take theirs, and keep yours as a branch: git branch mine && git reset --keep {branch.short}"
    )


def refuse_unrelated(repo: Repo, branch: Branch, theirs: str) -> None:
    """Raise `SyncError` if the two sides have no commit in common, as far as can be seen."""
    if branch.head is None or base_of(repo, branch.head, theirs) is not None:
        return
    if is_shallow(repo):
        raise SyncError(
            "This is a shallow clone: the commit that both sides began from is missing. What was new here is "
            f"committed; nothing was merged or sent. Get the rest first: git fetch --unshallow {branch.remote}"
        )
    raise SyncError(
        f"{branch.short} and this repository have no commit in common. Is it the right remote? "
        "What was new here is committed; nothing was merged or sent.\n"
        f"To join them all the same: git merge --allow-unrelated-histories {branch.short}"
    )


def push(repo: Repo, branch: Branch, commit: str) -> bool:
    """Send the branch as it is at `commit`; False if somebody was quicker. Raises `OfflineError` and `SyncError`."""
    name = branch.remote or ""
    options = ("--porcelain", "--no-verify", "--recurse-submodules=no", "--no-follow-tags")
    ran = repo.run(
        "push",
        *options,
        *_program(repo, name, "receive-pack"),
        "--",
        name,
        f"{commit}:{branch.theirs}",
        seconds=NETWORK_SECONDS,
        settings={"push.gpgSign": "false", f"remote.{name}.mirror": "false"},
    )
    if ran.code == 0:
        repo.run("update-ref", "-m", "ptcrm sync: push", branch.tracking, commit)
        return True
    refused = [line for line in ran.out.decode(errors="replace").splitlines() if line.startswith("!")]
    if not refused:
        raise _unreached(ran, name)
    if lock := _LOCK.search(ran.said):
        raise SyncError(
            f"{name} is locked: another git is at work there, or one was interrupted. What was new here is "
            f"committed. Try again; if no git runs there any more, delete {lock[1]}"
        )
    if any(word in refused[0] for word in _QUICKER):
        return False
    why = refused[0].rpartition("\t")[2]
    said = [
        line.removeprefix("remote:").strip() for line in ran.said.splitlines() if line.startswith("remote:")
    ]
    more = "".join(f"\n  {line}" for line in said[:5] if line)
    raise SyncError(f"{name} does not take what is sent: {why}. What was new here is committed.{more}")


def follow(repo: Repo, branch: Branch) -> None:
    """Note the branch over there as what this one follows, as `git push --set-upstream` does."""
    repo.run("config", f"branch.{branch.name}.remote", branch.remote or "")
    repo.run("config", f"branch.{branch.name}.merge", branch.theirs)


def _program(repo: Repo, name: str, which: str) -> tuple[str, ...]:
    """The option that keeps the hooks of a remote on this computer from running."""
    found = [repo.line("remote", "get-url", *more, name) or "" for more in ((), ("--push",))]
    return (f"--{which}={_WITHOUT_HOOKS} {which}",) if any(map(_is_folder, found)) else ()


def _is_folder(address: str) -> bool:
    return address.startswith("file:") or not _AN_ADDRESS.match(address)


def _unreached(ran: Ran, name: str) -> OfflineError:
    why = str(failed(ran, ("",))).partition("failed: ")[2] or str(failed(ran, ("",)))
    return OfflineError(
        f"{name} could not be reached: {why}\nWhat was new here is committed; `ptcrm sync` goes on from there."
    )
