"""Versions that wait to be merged, and one file made of them: sync programs' copies, what git could not merge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptcrm.git.changes import OfFile, changes, version
from ptcrm.git.compared import copy_words, is_marked_alike, marked_words
from ptcrm.git.conflicts import Stages, common, is_as_left, unmerged, versions
from ptcrm.git.merge import Merged, merge
from ptcrm.git.told import counted, told_words
from ptcrm.model.change import Delete, Write
from ptcrm.model.diagnostic import Severity
from ptcrm.text.source import Source, UndecodableError
from ptcrm.text.words import few, plural
from ptcrm.vault.schema import read_customer
from ptcrm.vault.store import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.git.repo import Repo
    from ptcrm.model.change import Change
    from ptcrm.workspace import Workspace

_MARKED = frozenset({"PT008"})
_STANDS = (
    "both versions stand in it. Edit the file: in each place keep one of the two between the marker lines, "
    "and remove those lines."
)
_STANDS_IN_MERGE = f"{_STANDS} Then run `ptcrm sync`."
_EDITED_YET_STANDS = f"it has been edited since, and {_STANDS_IN_MERGE}"
_EDITED = "it has been edited since. Finish that, then run `ptcrm sync`, or tell git with `git add`."
_RENAMED = "both sides renamed it"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file with another version of itself: a sync program's copy of `original`, or what git has not merged.

    `original` is the path itself if there is no copy. `lines` are those of git's markers; `stages` what git's index
    holds of the file, None if that is merged. `differs` is what the other version says otherwise, in words.
    `by_hand` is what a person has to do, None for what `--merge` can.
    """

    path: str
    original: str
    lines: tuple[int, ...] = ()
    stages: Stages | None = None
    differs: tuple[str, ...] = ()
    by_hand: str | None = None

    @property
    def is_copy(self) -> bool:
        """Whether a sync program has made it."""
        return self.path != self.original


def all_waiting(workspace: Workspace, repo: Repo | None) -> list[Waiting]:
    """Everything that waits to be merged, in the order of the originals."""
    stages = unmerged(repo, repo.path_of(workspace.root)) if repo else {}
    marked: dict[str, list[int]] = {}
    for one in workspace.cache.diagnostics(codes=_MARKED):
        marked.setdefault(one.path, []).append(one.line)
    renamed = _renamed(stages)
    of_git = [
        _of_git(workspace, Waiting(path, path, tuple(marked.get(path, ())), stages.get(path)), renamed)
        for path in {*stages, *marked}
    ]
    copies = [
        Waiting(path, original, differs=_differences(workspace, path, original))
        for path, original in workspace.listing.strays.copies.items()
    ]
    return sorted([*of_git, *copies], key=lambda one: (one.original, one.is_copy, one.path))


def _renamed(stages: dict[str, Stages]) -> tuple[str, ...]:
    """The names that both sides gave to a customer's file, each another one; none if that is not so."""
    is_gone = any(one.ours is None and one.theirs is None for one in stages.values())
    return tuple(path for path, one in stages.items() if is_gone and _is_of_one_side(one))


def _is_of_one_side(one: Stages) -> bool:
    return one.base is None and None in (one.ours, one.theirs)


def _of_git(workspace: Workspace, one: Waiting, renamed: tuple[str, ...]) -> Waiting:
    """What git has not merged, with what differs and what there is to do by hand."""
    content = _content(workspace, one.path)
    if one.stages is None:
        return replace(one, differs=tuple(marked_words(content)), by_hand=_STANDS)
    base, ours, theirs = one.stages
    if (ours is None and theirs is None) or one.path in renamed:
        names = f" ({few(list(renamed))})" if renamed else ""
        return replace(one, by_hand=f"{_RENAMED}: delete one of the two files{names}, then run `ptcrm sync`.")
    if ours is None or theirs is None:
        return replace(
            one, by_hand="one side has deleted it. Keep it with `git add`, or delete it with `git rm`."
        )
    merged = merge(base or b"", ours, theirs)
    if not is_as_left(content, one.stages):
        differs, by_hand = tuple(marked_words(content)), _EDITED_YET_STANDS if one.lines else _EDITED
    elif merged and not merged.conflicts:
        differs, by_hand = _brought(workspace, one.path, ours, merged.content), None
    else:
        differs = tuple(marked_words(merged.content if merged else content))
        stands = one.lines and (not merged or is_marked_alike(content, merged.content))
        by_hand = _STANDS_IN_MERGE if stands else None
    return replace(one, differs=differs, by_hand=by_hand)


def _content(workspace: Workspace, path: str) -> bytes:
    """The bytes of a file; none of one that cannot be read."""
    try:
        return read_file(workspace.root, path)
    except OSError:
        return b""


def _brought(workspace: Workspace, path: str, before: bytes, after: bytes) -> tuple[str, ...]:
    """What a merge brings, in words."""
    return tuple(told_words(changes(*(version(path, each, workspace.reader) for each in (before, after)))))


def _differences(workspace: Workspace, path: str, original: str) -> tuple[str, ...]:
    """What a copy says otherwise than its original; nothing, if one of the two cannot be read."""
    try:
        ours, theirs = (
            version(original, read_file(workspace.root, one), workspace.reader) for one in (original, path)
        )
    except OSError:
        return ()
    return tuple(copy_words(ours, theirs))


def kind_words(one: Waiting) -> str:
    """What kind of conflict it is, in words."""
    if one.is_copy:
        name = one.original.rpartition("/")[2]
        return f"a copy of {name}, which {'differs' if one.differs else 'says the same'}"
    at = f"two versions in {plural(len(one.lines), 'place')}, from line {min(one.lines)}" if one.lines else ""
    if one.stages is None:
        return at
    if one.by_hand and one.by_hand.startswith(_RENAMED):
        return f"git has not merged it; {_RENAMED}"
    sides = "one side has deleted it" if None in (one.stages.ours, one.stages.theirs) else ""
    return "; ".join(filter(None, ["git has not merged it", sides, at]))


def waiting_row(one: Waiting) -> dict[str, object]:
    """A file that waits as a flat object (the JSON of `conflicts`; docs/json.md)."""
    return {
        "kind": "copy" if one.is_copy else "git",
        "path": one.path,
        "original": one.original if one.is_copy else None,
        "lines": list(one.lines),
        "unmerged": one.stages is not None,
        "differs": list(one.differs),
    }


# Merging


class _Left(Exception):  # noqa: N818  # it is no failure of the command
    """Why one file stays as it is, and what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of the pairs of one original: its old and new bytes, the copies that go, what to say.

    `marked` is in how many places both sides stand between markers.
    """

    path: str
    old: bytes
    new: bytes
    copies: tuple[Delete, ...]
    notes: tuple[str, ...]
    marked: int

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes that make it so."""
        written = (Write(self.path, self.old, self.new),) if self.new != self.old else ()
        return (*written, *self.copies)


class Merging:
    """What merges pairs of files in one vault."""

    def __init__(self, workspace: Workspace, repo: Repo | None, *, keep_markers: bool) -> None:
        self.workspace, self.repo, self.keep_markers = workspace, repo, keep_markers

    def of(self, path: str, waiting: list[Waiting], leave: Callable[[Waiting, str], None]) -> Made | None:
        """All versions of the file at `path` as one; those that stay as they are go to `leave`, with the reason."""
        try:
            old = read_file(self.workspace.root, path)
        except OSError:
            gone = f"there is no {path} that can be read. If it is gone, rename the copy."
            for one in waiting:
                leave(one, gone if one.is_copy else one.by_hand or _EDITED)
            return None
        new, copies, notes, marked = old, list[Delete](), list[str](), 0
        for one in waiting:
            try:
                if one.is_copy:
                    merged, copy = self._with_copy(one, old, new)
                    copies.append(copy)
                else:
                    merged = self._of_git(one, old)
            except _Left as left:
                leave(one, str(left))
            else:
                new, marked = merged.content, marked + merged.conflicts
                notes += merged.notes
        is_other = copies or new != old
        return Made(path, old, new, tuple(copies), tuple(notes), marked) if is_other else None

    def _with_copy(self, one: Waiting, old: bytes, ours: bytes) -> tuple[Merged, Delete]:
        try:
            theirs = read_file(self.workspace.root, one.path)
        except OSError as error:
            raise _Left(f"it cannot be read: {error.strerror or error}") from error
        within = self.repo.path_of(self.workspace.root) if self.repo else ""
        known = versions(self.repo, within + one.original) if self.repo else []
        names = (one.original.rpartition("/")[2], one.path.rpartition("/")[2])
        return self._merged(one, (common(known, old, theirs), ours, theirs), names), Delete(one.path, theirs)

    def _of_git(self, one: Waiting, old: bytes) -> Merged:
        if one.by_hand or one.stages is None:
            raise _Left(one.by_hand or _STANDS)
        base, ours, theirs = one.stages
        if ours is None or theirs is None or not is_as_left(old, one.stages):
            raise _Left(_EDITED)
        return self._merged(one, (base or b"", ours, theirs), ("ours", "theirs"))

    def _merged(self, one: Waiting, sides: tuple[bytes, bytes, bytes], names: tuple[str, str]) -> Merged:
        """The three versions as one; raises `_Left` if that takes a person."""
        merged = merge(*sides, names)
        if merged is None:
            raise _Left("one of the versions cannot be read. See `ptcrm check`, and merge them by hand.")
        if merged.conflicts and not self.keep_markers:
            places = plural(merged.conflicts, "place")
            raise _Left(
                f"both sides say something else in {places}. Make them alike, or let both stand with --keep-markers."
            )
        if not self._reads(one.original, merged.content, is_marked=bool(merged.conflicts)):
            raise _Left("what came of it would have errors. See `ptcrm check`, and merge them by hand.")
        return merged

    def _reads(self, path: str, content: bytes, *, is_marked: bool) -> bool:
        """Whether a customer is read from the bytes, without an error but that of the markers."""
        try:
            reading = read_customer(Source.decode(path, content), self.workspace.reader)
        except UndecodableError:
            return False
        has_errors = any(one.severity is Severity.ERROR for one in reading.diagnostics)
        return is_marked or (reading.customer is not None and not has_errors)


def news(workspace: Workspace, one: Made) -> str:
    """What a merge brought, or what is left to do in it."""
    if one.marked:
        return (
            f"both versions stand in {plural(one.marked, 'place')}: keep one of each, and remove the markers"
        )
    before, after = (version(one.path, content, workspace.reader) for content in (one.old, one.new))
    told = [each for each in changes(before, after) if not isinstance(each, OfFile)]
    lines = [Counter(content.splitlines()) for content in (one.old, one.new)]
    gone, come = (lines[0] - lines[1]).total(), (lines[1] - lines[0]).total()
    counts = counted(told) or (plural(come, "line") if come else "")
    new = f"new in it: {counts}" if counts else "nothing is new in it"
    return f"{new}; {plural(gone, 'line')} of it went or changed" if gone else new
