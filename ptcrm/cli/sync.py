"""`ptcrm sync`: the vault as it is on the user's other devices, by git."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from queue import Empty
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, json_option, pass_session
from ptcrm.cli.output import say, say_json, tell
from ptcrm.errors import BusyError, PtcrmError, UsageError
from ptcrm.git import sync as git_sync
from ptcrm.git.committing import changes_of, refuse_markers, see
from ptcrm.git.exchange import OfflineError
from ptcrm.git.message import message as words_of
from ptcrm.git.repo import GitError, needed
from ptcrm.git.standing import SyncError
from ptcrm.model.typed import plain
from ptcrm.text.safe import for_terminal
from ptcrm.text.words import few, plural
from ptcrm.vault.applying import recover
from ptcrm.vault.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptcrm.git.committing import Changed
    from ptcrm.git.repo import Repo
    from ptcrm.git.sync import Done
    from ptcrm.workspace import Workspace

_FEW_FILES = 5
_EVERY = re.compile(r"([0-9]{1,5}) ?(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_HOW_TO_BEGIN = (
    ". To begin one there: git init, then ptcrm git setup; docs/sync.md says how two devices share it."
)


@click.command("sync")
@click.option("--remote", metavar="NAME", help="The remote to sync with; default: that of the branch.")
@click.option(
    "--message", "-m", metavar="TEXT", help="The commit's message; default: what changed, in words."
)
@click.option("--watch", "every", metavar="EVERY", help="Again and again, such as every 5m, until Ctrl-C.")
@click.option("--dry-run", is_flag=True, help="Say what would be committed, and change nothing.")
@click.option("--abort", is_flag=True, help="Take back the merge that waits for you.")
@json_option
@pass_session
def sync_command(
    session: Session,
    *,
    remote: str | None,
    message: str | None,
    every: str | None,
    dry_run: bool,
    abort: bool,
    as_json: bool,
) -> None:
    """Commit what changed in the vault, merge what came from the others, and send it, by git.

    Log entries and fields of both sides are kept; where both changed the same, it stops and says how to go on. Nothing
    is ever forced, and what is not in the vault stays as it is. Exits with 0 when all is done, with 1 if the remote
    cannot be reached, with 4 if it had to stop.

    \b
    Examples:
      ptcrm sync --dry-run
      ptcrm sync
      ptcrm sync --message "Fair in Gdańsk"
    """
    _refuse_odd_options(message, every, dry_run=dry_run, abort=abort, as_json=as_json)
    session.for_names = True
    words = None if message is None else plain(message)
    if every is not None:
        _watch(session, _interval(every), remote, words)
        return
    workspace = session.workspace()
    repo = _repository(workspace)
    if dry_run:
        _say_what_would_be(workspace, repo, remote, words)
    elif abort:
        _abort(workspace, repo)
    else:
        _sync(workspace, repo, remote, words, as_json=as_json)


def _refuse_odd_options(
    message: str | None, every: str | None, *, dry_run: bool, abort: bool, as_json: bool
) -> None:
    """Raise `UsageError` for options that do not go together, or say nothing."""
    if message is not None and not message.strip():
        raise UsageError("--message is empty; write one, or leave it out.")
    given = {"--watch": every is not None, "--dry-run": dry_run, "--abort": abort, "--json": as_json}
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named[:2])} exclude each other.")


def _interval(words: str) -> int:
    """The seconds of `5m`, `30s` or `1h`; raises `UsageError`."""
    found = _EVERY.fullmatch(words.strip())
    if found is None or not int(found[1]):
        raise UsageError(f"--watch {words}: write a time such as 30s, 5m or 1h.")
    return int(found[1]) * _SECONDS[found[2]]


def _repository(workspace: Workspace) -> Repo:
    return needed(workspace.root, _HOW_TO_BEGIN)


def _vault(workspace: Workspace, repo: Repo) -> git_sync.Vault:
    """What a sync needs of the vault."""
    prefix = repo.path_of(workspace.root)
    folders = tuple(f"{prefix}{folder}" for folder in workspace.config.customers)
    return git_sync.Vault(
        prefix,
        folders,
        partial(_alone, workspace),
        lambda operation, kept: workspace.apply(operation, kept=kept),
        lambda changed: _shown(words_of(changed, prefix, folders, workspace.reader)),
    )


def _shown(message: str) -> str:
    """A commit's message as terminals may have it, wherever it is read."""
    return "\n".join(map(for_terminal, message.split("\n")))


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """The vault for us alone, with what another command left halfway put right."""
    with workspace.journal.locked():
        recover(workspace.root, workspace.journal)
        yield


@contextmanager
def _only_sync(workspace: Workspace) -> Iterator[None]:
    """Alone among the syncs of this vault, while other commands may write; raises `BusyError`."""
    try:
        with Journal(workspace.journal.folder / "sync").locked(wait=2):
            yield
    except BusyError:
        raise BusyError("Another sync of this vault is under way. Nothing was changed; try again.") from None


# One sync


def _sync(workspace: Workspace, repo: Repo, remote: str | None, words: str | None, *, as_json: bool) -> None:
    """Sync, and say what was done, also if something stops it; raises what stopped it."""
    done, problem = _synced(workspace, repo, remote, words)
    if as_json:
        say_json(_plain(done, problem))
    else:
        _say_done(done, nothing_more=problem is None)
    if problem is not None:
        raise problem
    _tell_errors(workspace, done)
    if done.conflicts:
        raise SyncError(_conflict_words(done))


def _synced(
    workspace: Workspace, repo: Repo, remote: str | None, words: str | None
) -> tuple[Done, PtcrmError | None]:
    """What a sync has done, and what stopped it."""
    done = git_sync.Done()
    try:
        with _only_sync(workspace):
            git_sync.sync(repo, _vault(workspace, repo), remote, words, done)
    except OfflineError as problem:
        return done, problem
    except GitError as problem:
        return done, _stopped(problem)
    except PtcrmError as problem:
        return done, problem
    return done, None


def _stopped(problem: GitError) -> SyncError:
    """What git could not do, as what has stopped the sync."""
    words = str(problem)
    hint = "\nTry again; if no git runs any more, delete that file." if ".lock'" in words else ""
    return SyncError(f"{words}{hint}")


def _tell_errors(workspace: Workspace, done: Done) -> None:
    """Say on stderr that what came has files with errors, if there are."""
    if not done.arrived or done.conflicts:
        return
    workspace.refresh()
    if errors := workspace.errors():
        tell(f"ptcrm: {plural(errors, 'file')} with errors after the merge, see `ptcrm check`:")
        for line in workspace.left_out()[:_FEW_FILES]:
            tell(f"  {line}")


def _say_done(done: Done, *, nothing_more: bool) -> None:
    lines = _lines(done)
    for line in lines:
        say(line)
    if not nothing_more or done.branch is None:
        return
    if done.branch.remote is None:
        say("There is no remote, so nothing was sent. To add one: git remote add origin ADDRESS")
    elif not lines:
        say(f"Nothing new, here or in {done.branch.short}.")


def _lines(done: Done) -> list[str]:
    """What was done, a line for each step that did something."""
    found = []
    if done.committed is not None:
        what = "Merge ended" if done.finished else "Committed"
        found.append(f"{what}: {_subject(done)}")
    short = done.branch.short if done.branch else ""
    if done.came:
        news = "; ".join([*done.news, plural(done.came, "commit")])
        found.append(f"Came from {short}: {news}")
    found += [
        f"{path}: deleted on one side and changed on the other; it was kept. Delete it again if it is to go."
        for path in done.kept
    ]
    found += done.notes
    if done.went:
        found.append(f"Sent to {short}: {plural(done.went, 'commit')}")
    return found


def _subject(done: Done) -> str:
    return (done.committed or "").partition("\n")[0]


def _conflict_words(done: Done) -> str:
    files = "the file" if len(done.conflicts) == 1 else "each file"
    return (
        f"Both sides changed the same in {few(done.conflicts)}. Nothing was sent yet.\n"
        f"Edit {files}: keep what is right, remove the lines that begin with <<<<<<<, ======= and >>>>>>>. "
        "Then run `ptcrm sync` again.\n"
        "To take the merge back: ptcrm sync --abort"
    )


def _plain(done: Done, problem: PtcrmError | None) -> dict[str, object]:
    """What was done, as JSON has it."""
    branch = done.branch
    state = "conflict" if done.conflicts else "offline" if isinstance(problem, OfflineError) else "stopped"
    return {
        "state": state if problem or done.conflicts else "done",
        "branch": branch and branch.name,
        "remote": branch and branch.remote,
        "commit": done.commit,
        "message": _subject(done) or None,
        "paths": _paths(done.changed),
        "came": done.came,
        "arrived": _paths(done.arrived),
        "kept": list(done.kept),
        "notes": done.notes,
        "conflicts": list(done.conflicts),
        "went": done.went,
        "problem": str(problem) if problem else None,
    }


def _paths(changed: list[Changed]) -> list[str]:
    return list(dict.fromkeys(one.path for one in changed))


# Without syncing


def _say_what_would_be(workspace: Workspace, repo: Repo, remote: str | None, words: str | None) -> None:
    vault = _vault(workspace, repo)
    branch = git_sync.prepared(repo, vault, remote)
    git_sync.refuse_emptied(repo, vault)
    seen = see(repo, vault.prefix)
    refuse_markers(seen)
    if not seen.entries:
        say("There is nothing to commit.")
    else:
        subject, _, _ = (words or vault.words(changes_of(repo, seen))).partition("\n")
        say(f"Would commit: {subject}")
        for path in seen.paths:
            say(f"  {path}")
    where = f"{branch.short} was not asked." if branch.remote else "There is no remote."
    say(f"Nothing was changed. {where}")


def _abort(workspace: Workspace, repo: Repo) -> None:
    with _only_sync(workspace):
        paths = git_sync.abort(repo, _vault(workspace, repo))
    say(f"The merge was taken back: {few(paths)}")
    say("What you had edited in it can be had again: ptcrm undo")


# Again and again


def _watch(session: Session, seconds: int, remote: str | None, words: str | None) -> None:
    """Sync now and every so many seconds, until a signal to end; raises what the first sync cannot do without."""
    from ptcrm.cli.watch import until_ended
    from ptcrm.workspace.clock import seconds as now

    _, open_workspace = session.opener()
    told = ""
    with until_ended() as signals:
        while True:
            told = _watched(open_workspace, remote, words, told)
            until = now() + seconds
            while (left := until - now()) > 0:
                try:
                    if (error := signals.get(timeout=min(left, 1))) is not None:
                        raise error
                except Empty:
                    continue
                return


def _watched(
    open_workspace: Callable[..., Workspace], remote: str | None, words: str | None, told: str
) -> str:
    """Sync once; the problem that there is, said if it is not the one that was `told` before."""
    from ptcrm.workspace.clock import time_of_day

    workspace = open_workspace()
    try:
        done, problem = _synced(workspace, _repository(workspace), remote, words)
    except PtcrmError as error:
        done, problem = git_sync.Done(), error
    finally:
        workspace.close()
    if lines := _lines(done):
        say(f"{time_of_day()}  {'; '.join(lines)}")
    said = str(problem) if problem else _conflict_words(done) if done.conflicts else ""
    if said != told:
        tell(f"{time_of_day()}  {said or 'All is well again.'}")
    return said
