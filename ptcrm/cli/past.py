"""The vault's past, as commands ask for it: whose history is meant, and the vault as it was on a day."""

from __future__ import annotations

import os
import shlex
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.output import tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.git.changes import OfFile
from ptcrm.git.commits import Commits
from ptcrm.git.history import History, last_second, moment
from ptcrm.git.repo import needed
from ptcrm.model.dates import long_day
from ptcrm.model.typed import a_day
from ptcrm.text.fold import fold, same_id
from ptcrm.text.words import few
from ptcrm.vault import store
from ptcrm.vault.cache import Cache
from ptcrm.vault.cache_file import pass_on
from ptcrm.vault.index import is_older
from ptcrm.vault.places import place_of, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from ptcrm.cli.options import Session
    from ptcrm.git.commits import Commit
    from ptcrm.git.history import Known, Record
    from ptcrm.git.repo import Repo
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

_MANY = 1000  # commits
_SHORT = 8  # characters of a commit's id, as people see it


class Whose(NamedTuple):
    """Whose history is meant: where the file is, or was last, and how it is called."""

    path: str
    name: str


class Then(NamedTuple):
    """The vault as it was at the end of a day: which commit that is, and the files of its tree."""

    day: date
    commit: Commit
    files: dict[str, Known]


def repository(session: Session) -> Repo:
    """The repository that the vault is in; raises `NotFoundError` if it is in none."""
    why = ", so it has no history.\nBegin one with: git init && git add -A && git commit -m Begin"
    return needed(session.workspace().root, why)


def history_of(session: Session) -> History:
    """What git knows of the vault's files; raises `NotFoundError` without a repository, or a commit."""
    workspace, repo = session.workspace(), repository(session)
    session.is_repeatable = False
    inside = Path(os.path.realpath(workspace.root)).relative_to(os.path.realpath(repo.top)).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    try:
        commits = Commits(repo, prefix, workspace.cache, _tell_of_wait)
    except sqlite3.DatabaseError:  # a full disk, or another process that keeps it
        commits = Commits(repo, prefix, Cache.open(None, workspace.cache.stamp))
    return History(commits, workspace.reader)


def _tell_of_wait(count: int) -> None:
    """Say why it takes a while, if it does."""
    if count > _MANY:
        tell(f"ptcrm: reading {count:,} commits, this once …")


def whose(session: Session, who: Sequence[str], history: History) -> Whose:
    """Whose history is meant: a customer's, a file's with errors, or one's that is gone or had this name.

    Raises `NotFoundError`.
    """
    try:
        match = who_is_meant(session, who)
    except NotFoundError:
        words = " ".join(who)
        path = session.workspace().broken_path(words) or _once(session.workspace(), words, history)
        if path is None:
            raise
        return Whose(path, PurePosixPath(path).stem)
    return Whose(match.path, match.name)


def _once(workspace: Workspace, words: str, history: History) -> str | None:
    """Where the one file is, or was last, that once had a name with these words; None if there is none, or several."""
    past = history.commits.paths() - workspace.listing.files.keys()
    key, part = same_id(words.removesuffix(".md")), fold(words)
    whole = [
        one for one in past if key in (same_id(PurePosixPath(one).stem), same_id(one.removesuffix(".md")))
    ]
    found = whole or [one for one in past if part and part in fold(PurePosixPath(one).stem.replace("-", " "))]
    last = sorted({history.last_path(one) for one in found})
    if len(last) > 1 and words:
        raise NotFoundError(f"“{words}” may mean {len(last)} files that once were here: {few(last)}")
    return last[0] if last else None


def content(workspace: Workspace, path: str) -> bytes | None:
    """The bytes of the file at `path` of the vault now; None if there is none that is a file of the vault."""
    if path not in workspace.listing.files:
        return None
    try:
        return store.read_file(workspace.root, path)
    except OSError:
        return None


def short(commit: Commit) -> str:
    """The beginning of a commit's id."""
    return commit.id[:_SHORT]


def commit_words(commit: Commit, workspace: Workspace) -> str:
    """`2026-11-02 18:04  Marta Nowak  1a2b3c4d`."""
    return f"{moment(commit, workspace.zone):%Y-%m-%d %H:%M}  {commit.author}  {short(commit)}"


# A day


def then(session: Session, history: History, words: str) -> Then:
    """The vault at the end of the day that the `words` name; raises `UsageError` and `NotFoundError`."""
    workspace, commits = session.workspace(), history.commits
    day = a_day(words, workspace.today)
    if day > workspace.today:
        raise UsageError(f"{long_day(day)} is after today, and has no history yet.")
    id_ = commits.until(last_second(day, workspace.zone))
    number = commits.number(id_) if id_ else None
    if number is None:
        where = " Its history is cut off; get the rest with: git fetch --unshallow" if commits.edges else ""
        raise NotFoundError(f"Nothing had been committed by the end of {long_day(day)}.{where}")
    commit = commits.commit(number)
    return Then(day, commit, {one.path: one for one in history.tree(commit.id)})


def path_then(
    session: Session, who: Sequence[str], history: History, past: Then
) -> tuple[str | None, Whose | None]:
    """Where the customer's file was then, by the name of now; and who is meant now. None for what is not known."""
    try:
        meant = whose(session, who, history)
    except NotFoundError:
        return None, None
    known = dict.fromkeys([meant.path, *(one.path for one in history.records(meant.path))])
    return next((path for path in map(history.commits.in_git, known) if path in past.files), None), meant


def not_yet(
    who: Sequence[str], past: Then, history: History, meant: Whose | None, workspace: Workspace
) -> NotFoundError:
    """The error for a customer who was not there on the day."""
    name = meant.name if meant else " ".join(who)
    records = history.records(meant.path) if meant else []
    first = next((one.commit for one in reversed(records) if one.commit), None)
    hint = f" The first commit of it is of {commit_words(first, workspace)}." if first else ""
    if first is None and meant:
        hint = " The file is not committed yet."
    if gone := _deletion(records, past, workspace):
        hint = _gone_hint(gone, history, workspace)
    if history.commits.edges:
        hint += " The history is cut off here; get the rest with: git fetch --unshallow"
    return NotFoundError(f"Nobody answered to “{name}” at the end of {long_day(past.day)}.{hint}")


def _deletion(records: Sequence[Record], past: Then, workspace: Workspace) -> Record | None:
    """The newest of the records by the end of the day, if that deleted the file."""
    end = last_second(past.day, workspace.zone)
    last = next((one for one in records if one.commit and one.commit.at <= end), None)
    return (
        last if last and any(isinstance(one, OfFile) and one.kind == "deleted" for one in last.told) else None
    )


def _gone_hint(gone: Record, history: History, workspace: Workspace) -> str:
    """When the file was deleted, and how to see what it said: by the day before, if it was there at its end."""
    commit, commits = gone.commit, history.commits
    assert commit is not None  # noqa: S101  # `_deletion` gives what is committed
    when = moment(commit, workspace.zone).date()
    day = when - timedelta(days=1) if when.toordinal() > 1 else when
    id_ = commits.until(last_second(day, workspace.zone))
    number = commits.number(id_) if id_ else None
    said = f" It was deleted: {commit_words(commit, workspace)}."
    if number and commits.blob_at(gone.path, number):
        return f"{said} Ask for the day before: --as-of {day}"
    path = commits.prefix + gone.path
    place = f"{short(commit)}~:{path}"
    place = place if shlex.quote(path) == path else shlex.quote(place)
    return f"{said} It was not there at the end of the day before. What it said last: git show {place}"


@contextmanager
def vault_then(session: Session, who: Sequence[str], words: str) -> Iterator[tuple[Workspace, Match]]:
    """The vault as it was at the end of a day, on that day, and the customer in it, by the name of now or of then.

    Its files stand in a folder of their own meanwhile. Raises `UsageError` and `NotFoundError`.
    """
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

    history = history_of(session)
    past = then(session, history, words)
    workspace = session.workspace()
    path, meant = path_then(session, who, history, past)
    with tempfile.TemporaryDirectory(prefix="ptcrm-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "vault"
        contents = _contents(workspace, history, past)
        _write(contents, folder)
        cache = _known_now(workspace, contents, folder)
        with Workspace(folder, past.day, cache, Path(name) / "state") as old:
            customer = old.cache.customer(path) if path else None
            if path and not customer:
                raise NotFoundError(_unreadable(old, path, past))
            if customer:
                match = Match(customer.path, customer.id, customer.name)
            elif len(found := old.index.find(" ".join(who))) == 1:
                match = found[0]
            elif found:
                match = old.find(" ".join(who))
            else:
                raise not_yet(who, past, history, meant, workspace)
            tell(f"ptcrm: as of {long_day(past.day)}: {commit_words(past.commit, workspace)}")
            yield old, match


def _unreadable(old: Workspace, path: str, past: Then) -> str:
    problem = next(iter(old.cache.diagnostics(path)), None)
    why = f" (line {problem.line}: {problem.message})" if problem else ""
    return f"{path}: at the end of {long_day(past.day)} the file was not readable as a customer{why}."


def _contents(workspace: Workspace, history: History, past: Then) -> dict[str, bytes]:
    """The configuration and the Markdown files of the day, by path."""
    files = [one for one in past.files.values() if one.path.endswith(".md") and _is_plain(one.path)]
    settings = past.files.get(store.CONFIG_NAME)
    known = history.blobs([*(one.blob for one in files), *([settings.blob] if settings else [])])
    now = store.read_file(workspace.root, store.CONFIG_NAME)
    return {
        store.CONFIG_NAME: known.get(settings.blob, now) if settings else now,
        **{one.path: known.get(one.blob, b"") for one in files},
    }


def _write(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write files below `folder`, which is made."""
    made: set[Path] = set()
    for path, content in contents.items():
        with suppress(OSError, ValueError):  # a name that this system cannot have
            place = folder / path
            if place.parent not in made:
                place.parent.mkdir(parents=True, exist_ok=True)
                made.add(place.parent)
            with place.open("xb") as file:
                file.write(content)


def _known_now(workspace: Workspace, contents: Mapping[str, bytes], folder: Path) -> Path | None:
    """A cache for the vault of then, with what is known of the files that say the same now; None for nothing.

    They need not be read again, if ptcrm.yaml is the same too.
    """
    if stamp_of(contents[store.CONFIG_NAME]) != workspace.cache.stamp:
        return None
    same = {}
    for path, (signature, read_ns) in workspace.cache.signatures().items():
        with suppress(OSError):
            is_same = contents.get(path) == store.read_file(workspace.root, path)
            if (
                is_same
                and signature == store.signature(workspace.root, path)
                and is_older(signature, read_ns)
            ):
                same[path] = store.signature(folder, path)
    cache = folder.with_name("cache")
    pass_on(workspace.cache, cache / f"{place_of(folder)}.sqlite", same)
    return cache


def _is_plain(path: str) -> bool:
    """Whether a path of a tree leads nowhere but below, and is none that the scanner passes over."""
    parts = PurePosixPath(path).parts
    odd = os.name == "nt" and any(sign in path for sign in '\\:<>"|?*')
    return not odd and "\0" not in path and not any(part.startswith(".") or part == "/" for part in parts)


def since_when(words: str | None, workspace: Workspace) -> int:
    """The first second (Unix) of the day that `words` name; of all time for None. Raises `UsageError`."""
    if words is None:
        return -(2**62)
    day = a_day(words, workspace.today)
    return last_second(day - timedelta(days=1), workspace.zone) + 1 if day.toordinal() > 1 else -(2**62)
