"""Which commits changed which file of the vault: read from git once, and kept in the cache as rows.

git knows the files of each commit, but not the commits of a file: it goes through them all each time. So the
rows say for each path which commits changed it, against which parent, from which blob to which. Only commits that
are new are read. They are numbered so that parents have smaller numbers; most follow the one before, and a
*joint* is one that does not. What follows from the rows takes as long as the file has commits, and joints between.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import NotFoundError
from ptcrm.git.repo import NETWORK_SECONDS, failed

if TYPE_CHECKING:
    from ptcrm.git.repo import Repo
    from ptcrm.vault.cache import Cache

_AT_ONCE = 500  # commits
_TIPS = 20
_FORMAT = "--format=%H%x00%P%x00%ct%x00%an"
_NOTHING = ""
_FILE_MODE = "100"  # what the modes of regular files begin with
_LAST_SECOND = 2**62


class Commit(NamedTuple):
    """A commit: its number among those kept, its id, when it was made (Unix time), and who wrote it."""

    number: int
    id: str
    at: int
    author: str


class Side(NamedTuple):
    """The file in one parent of a commit: the parent's number, the path there, and the blob (None: no file)."""

    parent: int
    path: str
    blob: str | None


class Step(NamedTuple):
    """A commit that changed the file at `path`, against all of its parents; `blob` is None if it deleted the file."""

    commit: Commit
    path: str
    blob: str | None
    sides: tuple[Side, ...]


# Which of the paths (each with its blob) that went with a commit the file at a path, with its blob, had before.
Origin = Callable[[str, str, list[tuple[str, str]]], str | None]
_Rows = dict[int, dict[int, tuple[str, str]]]


class Commits:
    """The commits of a repository up to HEAD, as they bear on the files below `prefix` (`sub/vault/`, or nothing).

    `heard` is told how many commits have to be read, before they are. Raises `NotFoundError` if there is none at all.
    """

    def __init__(
        self, repo: Repo, prefix: str, cache: Cache, heard: Callable[[int], None] | None = None
    ) -> None:
        self.repo, self.prefix, self._cache, self._heard = repo, prefix, cache, heard
        self.edges = frozenset(repo.shallow().decode(errors="replace").split())
        self._rows: dict[str, _Rows] = {}
        head = repo.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if head is None:
            raise NotFoundError(
                "Nothing has been committed yet, so there is no history. Begin it with: git add -A && git commit"
            )
        self.head = head
        self._catch_up()
        self._joints = dict(self._parents_of_joints())
        self._joint_numbers = sorted(self._joints)

    # Keeping

    def _catch_up(self) -> None:
        """Read the commits that are not kept yet."""
        key = "\n".join([str(self.repo.folder), self.prefix, *sorted(self.edges)])
        known, tips = self._cache.past_note()
        tips = tips if known == key else []
        if self.head in tips:
            return
        new = self._unread(tips)
        if self._heard:
            self._heard(len(new))
        first = 1 + (self._cache.rows("SELECT max(number) FROM past")[0][0] or 0) if known == key else 1
        numbers = {id_: number for number, (id_, *_) in enumerate(new, first)}
        tips = [*tips[-_TIPS:], self.head]
        rows = [self._row(one, numbers, is_known=known == key) for one in new]
        changes = list(self._changes(rows, new))
        self._cache.keep_past(key, tips, ([*row[:2], _kept(row), *row[3:]] for row in rows), changes)

    def _unread(self, tips: list[str]) -> list[list[str]]:
        """Id, parents, time and author of each commit that is not kept, parents first."""
        asked = "\n".join([self.head, *(f"^{tip}" for tip in tips), ""]).encode()
        options = ("--topo-order", "--reverse", "--encoding=UTF-8", "--ignore-missing", _FORMAT, "--stdin")
        ran = self.repo.run("log", *options, stdin=asked, seconds=NETWORK_SECONDS)
        if ran.code:
            raise failed(ran, ("log",))
        found = [line.split("\0") for line in ran.out.decode(errors="replace").split("\n") if line]
        known = self._numbers([one[0] for one in found]) if tips else {}
        return [one for one in found if one[0] not in known]

    def _numbers(self, ids: Iterable[str]) -> dict[str, int]:
        return dict(self._cache.rows_among("SELECT id, number FROM past WHERE id IN ({})", ids))

    def _row(
        self, one: list[str], numbers: dict[str, int], *, is_known: bool
    ) -> tuple[int, str, list[int], int, str]:
        """Number, id, numbers of the parents, time and author."""
        id_, parents, at, author = one  # git gives no time for a commit that says it is from before 1970
        older = (
            self._numbers(parent for parent in parents.split() if parent not in numbers) if is_known else {}
        )
        found = [numbers.get(parent) or older.get(parent) for parent in parents.split()]
        return (
            numbers[id_],
            id_,
            [number for number in found if number],
            min(int(at or 0), _LAST_SECOND),
            author,
        )

    def _changes(
        self,
        rows: list[tuple[int, str, list[int], int, str]],
        new: list[list[str]],
    ) -> Iterator[tuple[int, int, bytes, str, str]]:
        """What each commit changed against each of its parents: rows of `past_change`."""
        pairs: list[tuple[int, int, str]] = []
        for (number, id_, found, *_), (_, parents, *_) in zip(rows, new, strict=True):
            among = parents.split()[: len(found)]
            pairs += [(number, place, f"{id_} {parent}") for place, parent in enumerate(among)]
            pairs += [] if found else [(number, 0, id_)]
        for at in range(0, len(pairs), _AT_ONCE):
            yield from self._differences(pairs[at : at + _AT_ONCE])

    def _differences(self, pairs: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, bytes, str, str]]:
        """What `git diff-tree` says of the pairs of a commit and one of its parents."""
        options = ("--stdin", "--always", "-r", "-z", "--root", "--raw", "--no-abbrev", "--no-renames")
        below = ("--", self.prefix) if self.prefix else ()
        asked = "".join(f"{words}\n" for *_, words in pairs).encode()
        ran = self.repo.run("diff-tree", *options, *below, stdin=asked, seconds=NETWORK_SECONDS)
        if ran.code:
            raise failed(ran, ("diff-tree",))
        cut = len(self.prefix.encode(errors="surrogateescape"))
        parts, each = iter(ran.out.split(b"\0")[:-1]), iter(pairs)
        number = place = 0
        for part in parts:
            if not part.startswith(b":"):
                number, place, _ = next(each)
                continue
            path, (before, after) = next(parts), blobs_of(part)
            if before != after and path.endswith(b".md"):
                yield number, place, path[cut:], before, after

    # Going through

    def _parents_of_joints(self) -> Iterator[tuple[int, list[int]]]:
        for number, parents in self._cache.rows("SELECT number, parents FROM past WHERE parents IS NOT NULL"):
            yield number, json.loads(parents)

    def number(self, id_: str) -> int | None:
        """The number of a commit by its id, if it is kept."""
        return self._numbers([id_]).get(id_)

    def commit(self, number: int) -> Commit:
        """A commit by its number."""
        row = self._cache.rows("SELECT number, id, at, author FROM past WHERE number = ?", number)[0]
        return Commit(*row)

    def _parents(self, number: int) -> list[int]:
        return self._joints.get(number, [number - 1])

    def _of(self, path: str) -> _Rows:
        """What commits changed of the file at `path`: by number and by the parent's place the blobs before and after."""
        if path not in self._rows:
            found: _Rows = {}
            rows = self._cache.rows(
                "SELECT number, parent, before, after FROM past_change WHERE path = ?", in_git(path)
            )
            for number, parent, before, after in rows:
                found.setdefault(number, {})[parent] = (before, after)
            self._rows[path] = found
        return self._rows[path]

    def _stop(self, number: int, numbers: list[int]) -> int:
        """The nearest commit at `number` or before it, on its line, that is one of `numbers` or a joint."""
        joint = self._joint_numbers[bisect_right(self._joint_numbers, number) - 1]
        place = bisect_right(numbers, number) - 1
        return max(joint, numbers[place]) if place >= 0 else joint

    def _next(self, path: str, number: int) -> int | None:
        """The nearest commit, from `number` back, that changed the file at `path` against all of its parents."""
        rows = self._of(path)
        numbers = sorted(rows)
        while True:
            number = self._stop(number, numbers)
            parents, changed = self._parents(number), rows.get(number, {})
            same = [parent for place, parent in enumerate(parents) if place not in changed]
            if changed and not same:
                return number
            if not same:
                return None
            number = same[0]

    def blob_at(self, path: str, number: int) -> str | None:
        """The blob of the file at `path` as of a commit, or None."""
        found = self._next(path, number)
        return None if found is None else (self._of(path)[found][0][1] or None)

    def steps(self, path: str, origin: Origin) -> list[Step]:
        """The commits up to HEAD that changed the file now at `path` by themselves, the newest first, with its earlier paths.

        A merge is there only if it differs from all of its parents. A branch from which a merge took nothing is
        passed over. `origin` says of a file that came with a commit where it was before.
        """
        number = self.number(self.head)
        todo = [(path, number)] if number else []
        found: dict[tuple[str, int], Step] = {}
        while todo:
            path, number = todo.pop()
            at = self._next(path, number)
            if at is None or (path, at) in found:
                continue
            step = found[path, at] = self._step(path, at, origin)
            todo += [(side.path, side.parent) for side in step.sides]
        return sorted(found.values(), key=lambda one: (one.commit.at, one.commit.number), reverse=True)

    def _step(self, path: str, number: int, origin: Origin) -> Step:
        changed = self._of(path)[number]
        after = changed[0][1]
        sides = []
        for place, parent in enumerate(self._parents(number)):
            before = changed[place][0]
            was = origin(path, after, self._gone(number, place)) if after and not before else None
            blob = self.blob_at(was, parent) if was else before or None
            sides.append(Side(parent, was or path, blob))
        return Step(self.commit(number), path, after or None, tuple(sides))

    def _gone(self, number: int, place: int) -> list[tuple[str, str]]:
        """The paths that a commit deleted against one parent, with their blobs."""
        query = "SELECT path, before FROM past_change WHERE number = ? AND parent = ? AND after = '' ORDER BY path"
        return [(from_git(path), blob) for path, blob in self._cache.rows(query, number, place)]

    def departure(self, path: str) -> tuple[str | None, list[tuple[str, str]]]:
        """The blob of a file that the last commit bearing on it deleted (else None), and the files that came then."""
        rows = self._of(path)
        number = max(rows, default=0)
        found = next(((place, old) for place, (old, new) in rows.get(number, {}).items() if not new), None)
        if found is None:
            return None, []
        query = "SELECT path, after FROM past_change WHERE number = ? AND parent = ? AND before = '' ORDER BY path"
        came = [(from_git(other), blob) for other, blob in self._cache.rows(query, number, found[0])]
        return found[1], came

    def paths(self) -> set[str]:
        """Every path that any commit had a Markdown file at."""
        return {from_git(path) for (path,) in self._cache.rows("SELECT DISTINCT path FROM past_change")}

    def in_git(self, path: str) -> str:
        """The path as the commits have it: some systems spell accents otherwise on the disk."""
        forms = (path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD")))
        return next((one for one in forms if self._of(one)), path)

    def until(self, at: int) -> str | None:
        """The id of the newest commit made at this time (Unix) or before, on the line of HEAD's first parents."""
        if at < 0:
            return None
        return self.repo.line("rev-list", "-1", "--first-parent", f"--min-age={at}", self.head)


def _kept(row: tuple[int, str, list[int], int, str]) -> str | None:
    """The parents of a joint; None for a commit that follows the one before."""
    return None if row[2] == [row[0] - 1] else json.dumps(row[2])


def blobs_of(raw: bytes) -> tuple[str, str]:
    """The blobs before and after of a line of `--raw`; empty for what is no regular file."""
    old, new, before, after, _ = raw.decode("ascii", "replace")[1:].split(" ", 4)
    return (
        before if old.startswith(_FILE_MODE) else _NOTHING,
        after if new.startswith(_FILE_MODE) else _NOTHING,
    )


def in_git(path: str) -> bytes:
    """A path of the vault as git has it; names that are no text keep their bytes."""
    try:
        return path.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return path.encode(errors="surrogatepass")


def from_git(path: bytes) -> str:
    """The path that git gave."""
    return path.decode(errors="surrogateescape")
