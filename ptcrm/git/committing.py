"""What differs in a vault from its last commit, and the commit of exactly that.

A commit is made of what lies in the vault. What else is staged in the repository stays staged, and is not in it.
An editor may be halfway through a save, so files are committed as two looks a moment apart have found them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.git.printed import NONE, between_zeros, empty_tree, ended_by_zeros, raw
from ptcrm.git.repo import failed, workbench
from ptcrm.git.standing import SyncError
from ptcrm.text.words import few
from ptcrm.vault.names import is_debris
from ptcrm.vault.replace import content
from ptcrm.vault.store import pause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.git.repo import Repo

_LOOKS = 20
_OURS_FOR_A_MOMENT = re.compile(r"\.merge_file_\w{6}|\.#.*|\.ptcrm-.*\.tmp")
MARKERS = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
_RULE = re.compile(rb"^={7}\r?$", re.MULTILINE)  # between two versions; elsewhere it is a heading's
_FIELDS = {"1": 8, "2": 9, "u": 10, "?": 1}  # blanks before the path, by the kind of a line of `git status`
_COMMIT = {"user.useConfigOnly": "true", "i18n.commitEncoding": "UTF-8"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A path of the repository that differs from the last commit. `old` is the id of its blob there, None without one.

    `is_settled` says that the index holds what the file does; `is_unmerged` that a merge waits for somebody.
    """

    path: str
    old: str | None
    is_settled: bool
    is_unmerged: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of the repository before and after; None where there is none."""

    path: str
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What differs, as it was seen at one moment: each entry with the bytes of its file.

    `nested` are folders that are repositories of their own, of which git takes nothing.
    """

    entries: tuple[tuple[Entry, bytes | None], ...]
    nested: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        """The paths, in git's order."""
        return [entry.path for entry, _ in self.entries]

    @property
    def unsettled(self) -> list[str]:
        """The paths of which the index does not hold what there is; git adds no path that is gone from both."""
        return [entry.path for entry, _ in self.entries if not entry.is_settled]

    @property
    def is_settled(self) -> bool:
        """Whether the index holds all of it."""
        return not self.unsettled


def see(repo: Repo, prefix: str) -> Seen:
    """What differs below `prefix` of the repository from the last commit, with its bytes; raises `SyncError`."""
    found = []
    lines = _status(repo, prefix)
    for entry in filter(None, map(_entry, lines)):
        path = repo.top / entry.path
        try:
            found.append((entry, None if path.is_symlink() or path.is_dir() else content(path)))
        except OSError as error:
            why = error.strerror or error
            raise SyncError(f"{entry.path}: it cannot be read ({why}). Nothing was committed.") from error
    nested = (line.removeprefix("? ") for line in lines if line.startswith("? ") and line.endswith("/"))
    return Seen(tuple(found), tuple(nested))


def _status(repo: Repo, prefix: str) -> list[str]:
    status = ("status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--no-ahead-behind")
    return [line for line in between_zeros(repo.out(*status, "--", prefix or ".")) if line]


def _entry(line: str) -> Entry | None:
    """An entry of `git status`; None for another repository inside, and what programs leave for a moment."""
    kind = line[0]
    parts = line.split(" ", _FIELDS[kind])
    path = parts[-1]
    if kind == "?":
        return None if path.endswith("/") or _is_passing(path) else Entry(path, None, is_settled=False)
    if parts[2].startswith("S"):
        return None
    if kind == "u":
        return Entry(path, None if NONE.fullmatch(parts[8]) else parts[8], is_settled=False, is_unmerged=True)
    old = None if NONE.fullmatch(parts[6]) else parts[6]
    return Entry(path, old, is_settled=parts[1][1] == ".")


def _is_passing(path: str) -> bool:
    """Whether a name is one that editors, git and ptcrm give to files for a moment."""
    name = path.rpartition("/")[2]
    return is_debris(name.lstrip(".")) or _OURS_FOR_A_MOMENT.fullmatch(name) is not None


def stage(repo: Repo, prefix: str) -> Seen:
    """Put all that differs below `prefix` into the index, as soon as nobody is in the middle of a save.

    Returns what the index holds then. Raises `SyncError` if there is no such moment, or a file has markers.
    """
    seen = see(repo, prefix)
    for _ in range(_LOOKS):
        if not seen.entries:
            return seen
        refuse_markers(seen)
        _add(repo, seen.unsettled)
        pause()
        before, seen = seen, see(repo, prefix)
        if seen.is_settled and _bytes(seen) == _bytes(before):
            return seen
    raise SyncError(f"{few(seen.paths)}: these files change all the time. Nothing was committed; try again.")


def _add(repo: Repo, paths: Sequence[str]) -> None:
    """Put the files at `paths` into the index as they are; one that has gone meanwhile is seen at the next look."""
    if not paths:
        return
    read = ("--pathspec-from-file=-", "--pathspec-file-nul")
    ran = repo.run("add", "--all", "--force", *read, stdin=ended_by_zeros(paths))
    if ran.code and "did not match any files" not in ran.said:
        raise failed(ran, ("add",))


def _bytes(seen: Seen) -> list[tuple[str, bytes | None]]:
    return [(entry.path, content) for entry, content in seen.entries]


def refuse_markers(seen: Seen) -> None:
    """Raise `SyncError` if a file that would be committed has git's markers, or waits for a choice between two."""
    marked = [entry.path for entry, found in seen.entries if found and _has_markers(entry, found)]
    if marked:
        is_merge = any(entry.is_unmerged for entry, _ in seen.entries)
        back = "\nTo take the merge back: ptcrm sync --abort" if is_merge else ""
        raise SyncError(
            f"{few(marked)}: two versions wait to be merged there. Edit the file: keep what is right, remove the "
            f"lines that begin with <<<<<<<, ======= and >>>>>>>. Then run `ptcrm sync` again.{back}"
        )
    unclear = [entry.path for entry, found in seen.entries if entry.is_unmerged and b"\0" in (found or b"")]
    if unclear:
        raise SyncError(
            f"{few(unclear)}: both sides changed it, and it is no text. Put the version there that you want, "
            f"and say so: git add {unclear[0]}"
        )


def _has_markers(entry: Entry, found: bytes) -> bool:
    """Whether git's markers stand in a file, or one of them that was left behind."""
    return bool(MARKERS.search(found) or (entry.is_unmerged and _RULE.search(found)))


def changes_of(repo: Repo, seen: Seen) -> list[Changed]:
    """What was seen, file by file, with what the last commit has of it."""
    blobs = repo.blobs(entry.old for entry, _ in seen.entries if entry.old)
    return [Changed(entry.path, blobs.get(entry.old or ""), found) for entry, found in seen.entries]


def committed(repo: Repo, prefix: str, head: str | None, message: str) -> str:
    """Commit what the index has below `prefix` and `head` has not; returns the id of the commit.

    Raises GitError, also if another git has moved the branch meanwhile.
    """
    staged = raw(repo, "diff-index", "--cached", head or empty_tree(repo), "--", prefix or ".")
    tree = tree_with(repo, head, [one.index_line for one in staged])
    return advance(repo, head, commit_of(repo, tree, [head] if head else [], message), "commit")


def tree_with(repo: Repo, base: str | None, lines: Sequence[str]) -> str:
    """The id of a tree as that of `base` (None: empty), but for what `lines` for `git update-index` say."""
    with workbench() as folder:
        own = {"GIT_INDEX_FILE": str(folder / "index")}
        calls: list[tuple[tuple[str, ...], bytes]] = [(("read-tree", base or "--empty"), b"")]
        if lines:
            stdin = ended_by_zeros(lines)
            calls.append((("update-index", "-z", "--index-info"), stdin))
        for arguments, stdin in calls:
            if (ran := repo.run(*arguments, stdin=stdin, environment=own)).code:
                raise failed(ran, arguments)
        ran = repo.run("write-tree", environment=own)
        if ran.code:
            raise failed(ran, ("write-tree",))
        return ran.out.decode().strip()


def commit_of(repo: Repo, tree: str, parents: Sequence[str], message: str) -> str:
    """The id of a new commit of `tree`, which no branch has yet; signed if the user signs commits."""
    signs = repo.line("config", "--type=bool", "commit.gpgsign") == "true"
    arguments = ["commit-tree", *(["-S"] if signs else []), tree]
    for parent in parents:
        arguments += ["-p", parent]
    ran = repo.run(*arguments, stdin=message.encode(errors="replace"), settings=_COMMIT)
    if ran.code:
        raise failed(ran, ("commit-tree",))
    return ran.out.decode().strip()


def advance(repo: Repo, old: str | None, new: str, what: str) -> str:
    """Let the branch be at the commit `new` instead of `old`; raises GitError if it is elsewhere meanwhile."""
    repo.out("update-ref", "-m", f"ptcrm sync: {what}", "HEAD", new, old or "0" * len(new))
    return new
