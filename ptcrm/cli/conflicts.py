"""The command for versions that wait to be merged: sync programs' copies, and what git could not merge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, json_option, writing
from ptcrm.cli.output import say, say_json, tell
from ptcrm.errors import PtcrmError, UsageError
from ptcrm.git.changes import OfFile, changes, version
from ptcrm.git.compared import copy_words, is_marked_alike, marked_words
from ptcrm.git.conflicts import Stages, common, is_as_left, unmerged, versions
from ptcrm.git.merge import Merged, merge
from ptcrm.git.told import counted, told_words
from ptcrm.model.change import Delete, Operation, Write
from ptcrm.model.diagnostic import Severity
from ptcrm.text.safe import one_line
from ptcrm.text.source import Source, UndecodableError
from ptcrm.text.words import few, plural
from ptcrm.vault.schema import read_customer
from ptcrm.vault.store import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.git.repo import Repo
    from ptcrm.model.change import Change
    from ptcrm.workspace import Workspace

_SHOWN = 8  # differences of one pair
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


class _Left(Exception):  # noqa: N818  # it is no failure of the command
    """Why one file stays as it is, and what to do."""


@click.command("conflicts")
@click.option("--merge", "merges", is_flag=True, help="Merge them, and delete the copies.")
@click.option("--keep-markers", is_flag=True, help="With --merge: mark in the file what both sides changed.")
@json_option
@click.argument("who", metavar="[WHO]...", nargs=-1)
@writing
def conflicts_command(
    session: Session, *, merges: bool, keep_markers: bool, as_json: bool, who: tuple[str, ...]
) -> None:
    """Versions that wait to be merged: sync programs' copies, and what git could not merge.

    With --merge both versions become one, with every log entry of both. Where both say something else of the same
    thing, nothing is changed, and both files are named. `ptcrm undo` takes a merge back.

    \b
    Examples:
      ptcrm conflicts
      ptcrm conflicts --merge --dry-run
      ptcrm conflicts --merge anna
      ptcrm conflicts --merge --keep-markers
    """
    session.writes = merges
    if not merges and (keep_markers or session.dry_run):
        raise UsageError("--keep-markers and --dry-run go with --merge.")
    if merges and as_json:
        raise UsageError("--json goes with the list: ptcrm conflicts --json")
    workspace = session.workspace()
    repo = _repository(workspace)
    found = _asked_for(workspace, _waiting(workspace, repo), who)
    if merges:
        _merge(session, _Merging(workspace, repo, keep_markers=keep_markers), found)
    elif as_json:
        say_json([_object(one) for one in found])
    else:
        _say(found)


def _repository(workspace: Workspace) -> Repo | None:
    """The repository that the vault is in, as far as there is git."""
    from ptcrm.cli.git_setup import is_in_repository
    from ptcrm.git.repo import find

    if not is_in_repository(workspace.root):
        return None
    try:
        return find(workspace.root)
    except PtcrmError as error:
        tell(f"git was not asked: {error}")
        return None


# What there is


def _waiting(workspace: Workspace, repo: Repo | None) -> list[Waiting]:
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


def _asked_for(workspace: Workspace, found: list[Waiting], who: tuple[str, ...]) -> list[Waiting]:
    """Those of the files that `who` name, each by a path or as a customer; all without a name."""
    if not who:
        return found
    paths = {one.original for one in found} | {one.path for one in found}
    meant = {
        word if word in paths else workspace.broken_path(word) or workspace.find(word).path for word in who
    }
    return [one for one in found if one.original in meant or one.path in meant]


def _object(one: Waiting) -> dict[str, object]:
    return {
        "kind": "copy" if one.is_copy else "git",
        "path": one.path,
        "original": one.original if one.is_copy else None,
        "lines": list(one.lines),
        "unmerged": one.stages is not None,
        "differs": list(one.differs),
    }


def _say(found: list[Waiting]) -> None:
    for one in found:
        say(one_line(f"{one.path}: {_what(one)}"))
        more = len(one.differs) - _SHOWN
        for line in one.differs[:_SHOWN]:
            say(f"    {line}")
        if more > 0:
            say(f"    and {more} more")
    for by_hand, group in _by_hand(found).items():
        tell(one_line(f"{few(group)}: {by_hand}"))
    if any(one.by_hand is None for one in found):
        tell("To merge: `ptcrm conflicts --merge`, with --dry-run to see it first.")
    elif not found:
        say("Nothing waits to be merged.")


def _by_hand(found: list[Waiting]) -> dict[str, list[str]]:
    """What there is to do by hand, with the paths where it is."""
    groups: dict[str, list[str]] = {}
    for one in found:
        if one.by_hand:
            groups.setdefault(one.by_hand, []).append(one.path)
    return groups


def _what(one: Waiting) -> str:
    """What kind of conflict it is."""
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


# Merging


@dataclass(frozen=True, slots=True)
class _Made:
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


class _Merging:
    """What merges pairs of files in one vault."""

    def __init__(self, workspace: Workspace, repo: Repo | None, *, keep_markers: bool) -> None:
        self.workspace, self.repo, self.keep_markers = workspace, repo, keep_markers

    def of(self, path: str, waiting: list[Waiting], leave: Callable[[Waiting, str], None]) -> _Made | None:
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
        return _Made(path, old, new, tuple(copies), tuple(notes), marked) if is_other else None

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
        errors = {one.code for one in reading.diagnostics if one.severity is Severity.ERROR}
        return is_marked or (reading.customer is not None and not errors)


def _merge(session: Session, merging: _Merging, found: list[Waiting]) -> None:
    """Merge what is found, as one operation; exits with 1 if something is left."""
    left: list[tuple[Waiting, str]] = []
    made = []
    for path in dict.fromkeys(one.original for one in found):
        group = [one for one in found if one.original == path]
        one = merging.of(path, group, lambda waiting, why: left.append((waiting, why)))
        made += [one] if one else []
    done = tuple(change for one in made for change in one.changes)
    if done and session.apply(Operation("conflicts --merge", done)):
        _say_made(merging.workspace, made)
    if not found:
        say("Nothing waits to be merged.")
    for waiting, why in left:
        both = f" and {waiting.original}" if waiting.is_copy else ""
        tell(one_line(f"{waiting.path}{both}: nothing was changed: {why}"))
    if left:
        raise click.exceptions.Exit(1)


def _say_made(workspace: Workspace, made: list[_Made]) -> None:
    for one in made:
        with_ = f" with {few([copy.path.rpartition('/')[2] for copy in one.copies])}" if one.copies else ""
        say(one_line(f"{one.path}: merged{with_}; {_news(workspace, one)}"))
        for note in one.notes:
            tell(one_line(f"{one.path}: {note}"))
    done = [one.path for one in made if not one.copies and not one.marked]
    if done:
        tell(f"Tell git that it is merged: git add {few(done)}")


def _news(workspace: Workspace, one: _Made) -> str:
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
