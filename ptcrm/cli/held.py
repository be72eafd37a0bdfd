"""What the user's own folders and git hold of one customer: for those who take it away, and those who tell of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.cli.drafts import LONGEST_STEM
from ptcrm.cli.options import Session, state_folder
from ptcrm.cli.past import history_of
from ptcrm.cli.words import words_file
from ptcrm.errors import NotFoundError, PtcrmError
from ptcrm.git.remains import Known, Remains, remains
from ptcrm.model.change import Erasure
from ptcrm.vault.erasing import held_numbers
from ptcrm.vault.places import place_of, user_folder
from ptcrm.vault.traces import are_in

if TYPE_CHECKING:
    from ptcrm.git.history import History
    from ptcrm.workspace import Workspace
    from ptcrm.workspace.forgotten import Held


class Kept(NamedTuple):
    """What the user's own folders hold: the numbers of operations kept for undo, the cache, feeds, other files."""

    numbers: list[int]
    cache: Path
    feeds: list[Path]
    files: list[Path]

    def erasure(self, held: Held) -> Erasure:
        """What has to go with the vault's files."""
        files = tuple(str(path.absolute()) for path in (*self.feeds, *self.files))
        return Erasure(held.traces, str(self.cache.absolute()), files)


class InGit(NamedTuple):
    """What git holds: the repository's folder, its remotes, and the commits; or why that cannot be told."""

    top: Path | None
    remotes: list[str]
    found: Remains
    problem: str = ""


def kept_of(workspace: Workspace, held: Held) -> Kept:
    """What the user's own folders hold of the vault, or may hold of the customer."""
    root, cache = workspace.root, Path(user_folder("cache"))
    words = words_file(root, cache)
    drafts = [path for path in _files(state_folder() / "drafts", "*") if _names(path, held)]
    return Kept(
        held_numbers(workspace.journal, held.traces),
        cache / f"{place_of(root)}.sqlite",
        _files(workspace.journal.folder / "feeds", "*"),
        [*_files(cache, f"{words.stem}*"), *drafts],
    )


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in (*folder.glob(pattern), *folder.glob(f".{pattern}")) if path.is_file())


def _names(path: Path, held: Held) -> bool:
    """Whether a draft is about the customer, or names her."""
    stem = re.escape(f"log-{held.customer.id}"[:LONGEST_STEM])
    if re.fullmatch(rf"{stem}-[a-z0-9_]+\.md", path.name):
        return True
    try:
        return are_in(held.traces, path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False


def git_of(session: Session, held: Held) -> InGit:
    """What git holds of the customer in all its branches; nothing, if the vault is in no repository."""
    try:
        history = history_of(session)
        commits = history.commits
        paths = {commits.prefix + path for path in _paths_in(history, held)}
        reader = session.workspace().reader
        found = remains(commits.repo, paths, Known(held.traces, held.sure), held.customer.id, reader)
        remotes = commits.repo.out("remote").decode(errors="replace").split()
    except NotFoundError:
        return InGit(None, [], Remains())
    except PtcrmError as error:
        return InGit(None, [], Remains(), str(error))
    return InGit(commits.repo.top, remotes, found)


def _paths_in(history: History, held: Held) -> set[str]:
    """Where the file and its copies are and were, as far as HEAD knows; of what is no Markdown, it does not."""
    own = [history.commits.in_git(path) for path in held.own]
    found = {
        path
        for path in own
        if not path.endswith(".md") or history.commits.departure(path)[0] or _is_in(history, path)
    }
    content = next(change.old for change in held.operation.changes if change.path == held.customer.path)  # type: ignore[union-attr]
    return found | {one.path for one in history.now(held.customer.path, content) if one.commit}


def _is_in(history: History, path: str) -> bool:
    head = history.commits.number(history.commits.head)
    return bool(head and history.commits.blob_at(path, head))
