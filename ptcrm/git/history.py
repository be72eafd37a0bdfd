"""The history of one customer's file in its own words, and who wrote each part of it. Only `git/repo` starts git."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.changes import (
    OfEntry,
    OfField,
    OfFile,
    OfFollowUp,
    OfNotes,
    Told,
    Version,
    changes,
    is_same_customer,
    version,
)
from ptcrm.git.commits import Commit, blobs_of, from_git, in_git
from ptcrm.git.expected import merged
from ptcrm.git.standing import base_of
from ptcrm.git.told import entry_line, follow_up_line
from ptcrm.vault.notes import notes

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from ptcrm.git.commits import Commits, Side, Step
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Reading

_MOVES = 50  # of one file
_MANY = 500  # files that went with one commit: of more, only those of the same name or bytes are looked into


@dataclass(frozen=True, slots=True)
class Record:
    """What one commit changed in the file at `path`; `commit` is None for what is not committed.

    A record that `begins` is the first of a shallow clone, where the history is cut off: it tells all that there was.
    """

    commit: Commit | None
    path: str
    told: tuple[Told, ...]
    begins: bool = False


class Known(NamedTuple):
    """A file in the tree of a commit: its path in the vault and its blob."""

    path: str
    blob: str


class History:
    """The history of the vault's files, read by the rules of today's configuration."""

    def __init__(self, commits: Commits, reader: LineReader) -> None:
        self.commits, self._reader = commits, reader
        self._blobs: dict[str, bytes] = {}
        self._versions: dict[tuple[str, str], Version] = {}

    # Versions

    def _load(self, blobs: Iterable[str | None]) -> None:
        missing = {blob for blob in blobs if blob} - self._blobs.keys()
        if missing:
            self._blobs.update(self.commits.repo.blobs(sorted(missing)))

    def bytes_of(self, blob: str) -> bytes:
        """The bytes of a blob; none of one that the clone lacks."""
        self._load([blob])
        return self._blobs.get(blob, b"")

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """The bytes of many blobs, which are not kept in memory; those that the clone lacks are left out."""
        return self.commits.repo.blobs(names)

    def version(self, path: str, blob: str | None) -> Version | None:
        """What the blob says as the file at `path`; None for no blob."""
        if blob is None:
            return None
        if (path, blob) not in self._versions:
            self._versions[path, blob] = version(path, self.bytes_of(blob), self._reader)
        return self._versions[path, blob]

    def origin(self, path: str, blob: str, gone: list[tuple[str, str]]) -> str | None:
        """Which of the files that went was the one that came at `path`: the same bytes, else the same customer."""
        same = [old for old, other in gone if other == blob]
        if same:
            return next((old for old in same if _name(old) == _name(path)), same[0])
        near = gone if len(gone) <= _MANY else [one for one in gone if _name(one[0]) == _name(path)]
        self._load([blob, *(other for _, other in near)])
        new = self.version(path, blob)
        for old, other in near:
            was = self.version(old, other)
            if new and was and is_same_customer(was, new):
                return old
        return None

    def among(self, new: Version, gone: list[Version]) -> Version | None:
        """Which of the files that went is the one that came as `new`."""
        same = [one for one in gone if one.content == new.content]
        return next((one for one in (same or gone) if is_same_customer(one, new)), None)

    # One file

    def records(self, path: str) -> list[Record]:
        """What each commit changed in the file that is now at `path`, the newest first, under all its names."""
        steps = self.commits.steps(self.commits.in_git(path), self.origin)
        self._load(blob for step in steps for blob in (step.blob, *(side.blob for side in step.sides)))
        found = [self._record(step, steps[place + 1 :]) for place, step in enumerate(steps)]
        return [one for one in found if one.told]

    def _record(self, step: Step, older: list[Step]) -> Record:
        after = self.version(step.path, step.blob)
        told = self._merge_told(step, after) if len(step.sides) > 1 else self._told(step, after, older)
        begins = step.commit.id in self.commits.edges and not step.sides
        return Record(step.commit, step.path, told, begins)

    def _told(self, step: Step, after: Version | None, older: list[Step]) -> tuple[Told, ...]:
        """What a commit with one parent, or none, changed; a file that can be read again, since it last could."""
        before = self._side(step.sides[0]) if step.sides else None
        told = changes(before, after)
        if before and after and before.lines is not None and after.lines is None:
            told += self._since_readable(after, older)
        return told

    def _since_readable(self, after: Version, older: list[Step]) -> tuple[Told, ...]:
        for step in older:
            was = self.version(step.path, step.blob)
            if was and was.lines is None:
                found = changes(replace(was, path=after.path, content=None), after)
                return tuple(one for one in found if not isinstance(one, OfFile))
        return ()

    def _side(self, side: Side) -> Version | None:
        return self.version(side.path, side.blob)

    def _merge_told(self, step: Step, after: Version | None) -> tuple[Told, ...]:
        """What was changed in the merge itself: against a merge that keeps what the sides did."""
        sides = [found for side in step.sides if (found := self._side(side))]
        if not sides or after is None:
            return changes(sides[0] if sides else None, after)
        base = self._base(step)
        expected = reduce(lambda ours, theirs: merged(base, ours, theirs, after), sides)
        if any(one.path == after.path for one in sides):
            expected = replace(expected, path=after.path)
        return changes(replace(expected, content=None), after)

    def _base(self, step: Step) -> Version | None:
        """The file in the newest commit that the two sides of a merge have in common."""
        ids = [self.commits.commit(side.parent).id for side in step.sides[:2]]
        number = self.commits.number(base_of(self.commits.repo, *ids) or "")
        for path in dict.fromkeys(side.path for side in step.sides):
            if number and (blob := self.commits.blob_at(path, number)):
                return self.version(path, blob)
        return None

    def uncommitted(self, path: str, content: bytes | None) -> Record | None:
        """What the file at `path` says now (None: it is gone) and its last commit does not; None for nothing.

        Line ends alone are git's business, which may have them otherwise on the disk.
        """
        before, was = None, self._last_path(path, content)
        head = self.commits.number(self.commits.head)
        if was and head:
            before = self.version(was, self.commits.blob_at(was, head))
        if before and content is not None and _plain(before.content) == _plain(content) and was == path:
            return None
        after = None if content is None else version(path, content, self._reader)
        if before and after and before.path in (self.commits.in_git(path), path):
            before = replace(before, path=after.path)
        told = changes(before, after)
        return Record(None, path, told) if told else None

    def _last_path(self, path: str, content: bytes | None) -> str | None:
        """Where the last commit has the file that is now at `path`: there, or at a path that is gone from the disk."""
        here, head = self.commits.in_git(path), self.commits.number(self.commits.head)
        if head and self.commits.blob_at(here, head):
            return here
        if content is None:
            return None
        gone = self.missing()
        self._load(one.blob for one in gone)
        after = version(path, content, self._reader)
        known = ((one.path, self.version(one.path, one.blob)) for one in gone)
        return next((old for old, was in known if was and is_same_customer(was, after)), None)

    def now(self, path: str, content: bytes | None) -> list[Record]:
        """All records of the file at `path`, with what is not committed first; also of a name that is not committed."""
        first = self.uncommitted(path, content)
        return [*([first] if first else []), *self.records(self._last_path(path, content) or path)]

    def last_path(self, path: str) -> str:
        """Where the file is now, or was last, that was once at `path`."""
        for _ in range(_MOVES):
            came = self._came_from(path)
            if came is None:
                break
            path = came
        return path

    def _came_from(self, path: str) -> str | None:
        """The path that the file had next, if the last commit that bears on `path` moved it away."""
        blob, arrivals = self.commits.departure(path)
        old = self.version(path, blob)
        self._load(other for _, other in arrivals)
        for new, other in arrivals if old else ():
            came = self.version(new, other)
            if other == blob or (old and came and is_same_customer(old, came)):
                return new
        return None

    # Trees

    def missing(self) -> list[Known]:
        """The files of the last commit that are gone from the disk."""
        out = self._below("ls-files", "-z", "--deleted")
        gone = {from_git(path) for path in out.split(b"\0") if path}
        return [one for one in self.tree(self.commits.head) if one.path in gone]

    def tree(self, commit: str) -> list[Known]:
        """The regular files below the vault's folder as of a commit, by path."""
        found = []
        for line in self._below("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            head, _, path = line.partition(b"\t")
            if head.startswith(b"100"):
                found.append(Known(from_git(path), head.split(b" ")[2].decode()))
        return found

    def between(self, old: str, new: str | None) -> dict[str, tuple[str | None, str | None]]:
        """The paths that differ between two commits with their blobs; with `new` None, those that may differ on the disk."""
        options = ("-r", "-z", "--raw", "--no-abbrev", "--no-renames")
        arguments = ("diff-tree", *options, old, new) if new else ("diff-index", *options[1:], old)
        parts, found = iter(self._below(*arguments).split(b"\0")[:-1]), {}
        for part in parts:
            before, after = blobs_of(part)
            found[from_git(next(parts))] = (before or None, after or None)
        if new is None:
            out = self._below("ls-files", "-z", "--others", "--exclude-standard")
            found.update((from_git(path), (None, None)) for path in out.split(b"\0") if path)
        return found

    def _below(self, *arguments: str) -> bytes:
        """What git prints of the files below the vault's folder, with the paths as the vault has them."""
        prefix = self.commits.prefix
        if not prefix:
            return self.commits.repo.out(*arguments)
        printed = self.commits.repo.out(*arguments, "--", prefix)
        start = in_git(prefix)
        return b"\0".join(_cut(part, start) for part in printed.split(b"\0"))


def _cut(part: bytes, prefix: bytes) -> bytes:
    """A part of what git printed without the prefix of its path, which may stand behind a tab."""
    if part.startswith(prefix):
        return part.removeprefix(prefix)
    head, tab, path = part.partition(b"\t")
    return head + tab + path.removeprefix(prefix)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _plain(content: bytes | None) -> bytes | None:
    return content and content.replace(b"\r\n", b"\n")


# Days


def moment(commit: Commit, zone: tzinfo | None) -> datetime:
    """When a commit was made, in the vault's zone (None: the system's); the ends of the calendar for what is beyond."""
    try:
        return datetime.fromtimestamp(commit.at, UTC).astimezone(zone)
    except (OverflowError, OSError, ValueError):
        return datetime.max.replace(tzinfo=UTC) if commit.at > 0 else datetime.min.replace(tzinfo=UTC)


def last_second(day: date, zone: tzinfo | None) -> int:
    """The last second of a day in the zone, as Unix time."""
    try:
        following = day + timedelta(days=1)
        return int(datetime(following.year, following.month, following.day, tzinfo=zone).timestamp()) - 1
    except (OverflowError, OSError, ValueError):
        return 2**62


# Who wrote what


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a customer's file: a field by `name`, a log entry, a follow-up, or a paragraph of the notes.

    `record` is the newest one that wrote it so; None if the history does not say.
    """

    kind: str
    name: str | None
    text: str
    record: Record | None


def blame(reading: Reading, now: Version, records: Iterable[Record]) -> list[Piece]:
    """Every part of the file just read (which says `now`), with the newest of `records` (newest first) that wrote it.

    What only moved keeps its author.
    """
    by = _Writers(records)
    found = [
        Piece("field", name, ", ".join(values), by.of(("field", name, values)))
        for name, values, _ in now.fields
    ]
    found += [
        Piece("follow-up", None, f"{follow_up_line(one)}{_CLOSED[one.mark]}", by.of(one))
        for one in now.follow_ups
    ]
    found += [Piece("log entry", None, entry_line(one), by.of(one)) for one in now.entries]
    if reading.customer:
        for paragraph in notes(reading.document, reading.customer).split("\n\n"):
            lines = [line.rstrip() for line in paragraph.split("\n") if line.strip()]
            if lines:
                found.append(
                    Piece("notes", None, "\n".join(lines), by.newest(("line", line) for line in lines))
                )
    return found


_CLOSED = {"open": "", "done": " (done)", "dropped": " (dropped)"}


class _Writers:
    """Which record wrote what: of things that are there more than once, the newest comes first."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._found: dict[Hashable, list[tuple[int, Record]]] = {}
        for age, record in enumerate(records):
            for one in record.told:
                for thing in _written(one):
                    self._found.setdefault(thing, []).append((age, record))
        self._taken: Counter[Hashable] = Counter()

    def of(self, thing: Hashable) -> Record | None:
        """Who wrote the thing."""
        return (self._take(thing) or (0, None))[1]

    def newest(self, things: Iterable[Hashable]) -> Record | None:
        """Who wrote one of the things last."""
        found = [one for thing in things if (one := self._take(thing))]
        return min(found, key=lambda one: one[0])[1] if found else None

    def _take(self, thing: Hashable) -> tuple[int, Record] | None:
        found, place = self._found.get(thing, []), self._taken[thing]
        self._taken[thing] += 1
        return found[min(place, len(found) - 1)] if found else None


def _written(one: Told) -> Iterator[Hashable]:
    """What a change wrote, as `blame` asks for it."""
    match one:
        case OfField():
            yield "field", one.name, one.after
        case OfEntry() | OfFollowUp():
            yield one.after
        case OfNotes():
            yield from (("line", line) for line in one.after)
        case _:
            return
