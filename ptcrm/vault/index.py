"""The whole vault as rows: which are to be made anew, who is meant by a name, and what speaks for whom.

What a file says as rows is in `facts`; `Index` puts the questions to them.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.fold import fold, same_id
from ptcrm.vault.entries import (
    EntryRow,
    Past,
    TouchRow,
    days_of,
    has_channel,
    later_than,
    past_of,
    touch_rows,
    unpacked,
)
from ptcrm.vault.listing import NO_STRAYS, Listing, difference, signatures
from ptcrm.vault.scan import RACY_NS, in_bytes, path_of, split

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ptcrm.model.occurrence import Touch
    from ptcrm.vault.cache import Cache, Note
    from ptcrm.vault.facts import FileRead
    from ptcrm.vault.library import Given, Library
    from ptcrm.vault.listing import Signature, Strays
    from ptcrm.vault.scan import Seen

# What a link may name, the strongest first; a name is only for people asking (FORMAT §2.1).
ID, STEM, PATH, ALIAS, NAME = range(5)
WITH, WORDS = "with", "with, in words"
_AT_ONCE = 100  # files whose rows are written together
_TOUCH = "day, place, path, line, channel, contact, tried, voicemail, step IS NOT NULL, step"


class LooseLink(NamedTuple):
    """A link that leads to no customer, or to more than one; `meant` are their paths.

    `field` is that of the front matter it stands in, `WITH` for whom an entry was made with (`WORDS`, if that
    is said without a link), else None.
    """

    path: str
    line: int
    field: str | None
    target: str
    key: str
    meant: tuple[str, ...]


class Match(NamedTuple):
    """Somebody who answers to a name."""

    path: str
    id: str
    name: str


class Look(NamedTuple):
    """What a scan shows against what is known: the files to read again, and the paths of those that are gone.

    `seen_ns` is when the scan began, `known` the note of the scan that it is compared with, `folders` are those whose
    lines are not as noted.
    """

    seen: Seen
    seen_ns: int
    known: Note | None
    folders: set[bytes]
    listing: Listing
    changed: dict[str, Signature]
    gone: list[str]

    @property
    def is_as_noted(self) -> bool:
        """Whether everything is as it was, line by line."""
        return self.known is not None and not self.folders

    def noted(self) -> dict[bytes, tuple[bytes, Strays] | None]:
        """What is to be noted of the folders that are not as noted; None: it is gone."""
        found: dict[bytes, tuple[bytes, Strays] | None] = {}
        for kept in self.folders:
            folder = path_of(kept)
            is_there = folder in self.seen.folders
            strays = self.listing.by_folder.get(folder, NO_STRAYS)
            found[kept] = (self.seen.noted(folder, self.seen_ns), strays) if is_there else None
        return found


class Index:
    """The questions that commands ask of the rows."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    def look(self, seen: Seen, seen_ns: int) -> Look:
        """What has to be brought up to date."""
        note = self.cache.note()
        if note is None:
            return self._look_at_each(seen, seen_ns)
        before, now, strays = note.texts, seen.texts(), note.strays.copy()
        folders = {one for one in before.keys() | now.keys() if before.get(one) != now.get(one)}
        changed, gone = dict[str, str](), list[str]()
        for kept in folders:
            folder = path_of(kept)
            lines = split(before[kept]) if kept in before else []
            found = difference(lines, seen.folders.get(folder, []), strays.pop(folder, NO_STRAYS))
            changed |= found.changed
            gone += found.gone
            if found.strays != NO_STRAYS:
                strays[folder] = found.strays
        listing = Listing(seen.folders, strays)
        return Look(seen, seen_ns, note, folders, listing, signatures(changed.items()), sorted(gone))

    def _look_at_each(self, seen: Seen, seen_ns: int) -> Look:
        """What has to be brought up to date, file by file, where no scan is noted."""
        known, listing = self.cache.signatures(), Listing(seen.folders)
        files = listing.files
        changed = {
            path: now
            for path, now in files.items()
            if path not in known or not _still_true(now, *known[path])
        }
        gone = [path for path in known if path not in files]
        return Look(seen, seen_ns, None, set(map(in_bytes, seen.folders)), listing, changed, gone)

    def refresh(self, look: Look, read: Callable[[str, Signature], FileRead]) -> None:
        """Bring the rows up to date; what is owed to those whom a change bears on becomes outdated."""
        if look.is_as_noted:
            return
        from ptcrm.vault.cache import BY_FILE

        touched = {*look.changed, *look.gone}
        with self.cache.writing():
            is_first = self.cache.is_empty()  # then all are touched
            bearing = touched if is_first else self._borne_on(touched)
            with self.cache.filling(BY_FILE):
                self.cache.forget(touched)
                changed = iter(look.changed.items())
                while some := [read(path, signature) for path, signature in islice(changed, _AT_ONCE)]:
                    self.cache.remember(some)
            self.cache.recall(bearing if is_first else bearing | self._borne_on(touched))
            self.cache.replace_note(look.known, look.noted())

    def _borne_on(self, paths: set[str]) -> set[str]:
        """The customers whose touches may change when `paths` do: themselves, those named, their companies."""
        found, new = set(paths), paths
        for _ in range(2):  # a touch counts for the person named, and then for that person's company
            keys = {
                key
                for query in (
                    "SELECT DISTINCT key FROM handle WHERE path IN ({})",
                    "SELECT DISTINCT key FROM shared WHERE path IN ({})",
                    "SELECT DISTINCT key FROM link WHERE field = 'company' AND path IN ({})",
                )
                for (key,) in self.cache.rows_among(query, new)
            }
            query = "SELECT DISTINCT path FROM handle WHERE key IN ({})"
            new = {path for (path,) in self.cache.rows_among(query, keys)} - found
            found |= new
        return found

    def resolve(self, key: str) -> str | None:
        """The path of the customer a link's key names; None if nobody or more than one answers to it."""
        best = self.meant(key)
        return best.pop() if len(best) == 1 else None

    def led_to(self, keys: Iterable[str]) -> dict[str, str]:
        """The path of the customer whom each of the `keys` of links names, for those that name one alone."""
        return {key: next(iter(paths)) for key, paths in self._meant(keys).items() if len(paths) == 1}

    def keys_of(self, paths: set[str]) -> dict[str, list[str]]:
        """The keys by which links reach each of the customers at `paths`, and nobody else."""
        found: dict[str, list[str]] = {}
        for key, path in self._handles(paths).items():
            found.setdefault(path, []).append(key)
        return found

    def days(self, paths: Iterable[str]) -> dict[str, dict[int, int]]:
        """For each of the files at `paths` the days (ordinals) of its log entries, by their lines."""
        rows = self.cache.rows_among("SELECT path, entries FROM log WHERE path IN ({})", paths)
        return {path: days_of(text) for path, text in rows}

    def meant(self, key: str) -> set[str]:
        """The paths of all customers whom a link's key may name."""
        return self._meant([key]).get(key, set())

    def _meant(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """For each of the `keys` that anybody answers to the paths of all customers whom it may name."""
        query = "SELECT key, rank, path FROM handle WHERE key IN ({}) AND rank < ? ORDER BY rank"
        found: dict[str, tuple[int, set[str]]] = {}
        for key, rank, path in self.cache.rows_among(query, keys, NAME):
            best, paths = found.setdefault(key, (rank, set()))
            if rank == best:
                paths.add(path)
        return {key: paths for key, (_, paths) in found.items()}

    def link(self, words: str) -> str | None:
        """The link target for the one customer whose id, stem, alias or name is exactly `words`, else None."""
        key = same_id(words)
        named = {path for (path,) in self.cache.rows("SELECT path FROM handle WHERE key = ?", key)}
        found = self.resolve(key) or (named.pop() if len(named) == 1 else None)
        rows = self.cache.rows("SELECT id FROM customer WHERE path = ?", found) if found else []
        target = rows[0][0] if rows else None
        return target if target and self.resolve(same_id(target)) == found else None

    def target(self, path: str, id_: str) -> str:
        """What a link to the customer at `path` may name: the id, else the stem, else the path."""
        whole = path.removesuffix(".md")
        names = (id_, whole.rpartition("/")[2])
        return next((name for name in names if self.resolve(same_id(name)) == path), whole)

    def is_taken(self, id_: str) -> bool:
        """Whether a customer's id, stem or alias is `id_`, or the id of something in the library."""
        query = (
            "SELECT 1 FROM handle WHERE key = ?1 AND rank < ?2 UNION ALL SELECT 1 FROM item WHERE key = ?1"
        )
        return bool(self.cache.rows(query, same_id(id_), NAME))

    def is_anothers(self, id_: str, path: str) -> bool:
        """Whether links by `id_` would not lead to the customer at `path` alone, since somebody else has it."""
        return self.is_taken(id_) and self.resolve(same_id(id_)) != path

    def touches(self, path: str) -> list[Touch]:
        """What bears on the customer at `path`: own entries, those made with her, and touches of a company's people."""
        return self.touches_of([path])[path]

    def touches_of(self, paths: Collection[str]) -> dict[str, list[Touch]]:
        """What bears on each of the customers at `paths`, in the order of the days."""
        handles = self._handles({*paths})
        query = "SELECT DISTINCT key, path FROM link WHERE field = 'company' AND key IN ({})"
        rows = self.cache.rows_among(query, handles)
        people = {(handles[key], path) for key, path in rows if path != handles[key]}
        members = {member for _, member in people}.difference(paths)
        personal = self._personal({*paths, *members}, handles | self._handles(members))
        found = {path: personal[path].copy() for path in paths}
        for company, member in people:
            found[company] += [
                row._replace(stepped=False, step=None) for row in personal[member] if row.tried
            ]
        return {path: [row.touch for row, _ in groupby(sorted(rows))] for path, rows in found.items()}

    def _personal(self, paths: set[str], handles: dict[str, str]) -> dict[str, list[TouchRow]]:
        """What the own entries of the customers at `paths` bear, and those made with them, by their `handles`."""
        found: dict[str, list[TouchRow]] = {path: [] for path in paths}
        query = "SELECT path, entries FROM log WHERE path IN ({})"
        for path, text in self.cache.rows_among(query, paths):
            found[path] += touch_rows(text, path)
        query = f"SELECT key, {_TOUCH} FROM shared WHERE bears AND key IN ({{}})"  # noqa: S608
        for key, *row, contact, tried, voicemail, stepped, step in self.cache.rows_among(query, handles):
            truths = map(bool, (contact, tried, voicemail, stepped))
            found[handles[key]].append(TouchRow._make((*row, *truths, step)))
        return found

    def entries(self, part: str = "") -> Iterator[tuple[str, EntryRow]]:
        """Every entry and ticked follow-up with its file's path, by path; those whose row has this `part` are enough."""
        query = "SELECT path, entries FROM log WHERE ? = '' OR instr(entries, ?) ORDER BY path"
        for path, text in self.cache.rows(query, part, part):
            for row in unpacked(text):
                yield path, row

    def reached(self, channel: str, first: date, last: date) -> set[str]:
        """The paths of those in whose log `channel` stands on a day from `first` to `last` (both included)."""
        start, end = first.toordinal(), last.toordinal()
        query = """SELECT DISTINCT key FROM shared
            WHERE channel = ? AND day BETWEEN ? AND ? AND (contact OR NOT tried)"""
        found = {self.resolve(key) for (key,) in self.cache.rows(query, channel, start, end)}
        for path, row in self.entries(has_channel(channel)):
            form = row.form
            if form.channel == channel and start <= row.day <= end and (form.contact or not form.tried):
                found.add(path)
        return {path for path in found if path}

    def spent(self, first: date, last: date) -> list[tuple[str, str | None, int, int]]:
        """What was spent from `first` to `last` (both included): path, cost, how many entries had it, minutes in all.

        An entry counts for the customer in whose file it stands, whoever else was there.
        """
        start, end = first.toordinal(), last.toordinal()
        found: dict[tuple[str, str | None], tuple[int, int]] = {}
        for path, row in self.entries():
            cost, minutes = row.form.cost, row.form.minutes
            if start <= row.day <= end and not (cost is None and minutes is None):
                count, sum_ = found.get((path, cost), (0, 0))
                found[path, cost] = count + 1, sum_ + (minutes or 0)
        in_order = sorted(found.items(), key=lambda one: (one[0][0], one[0][1] or ""))
        return [(*key, *counted) for key, counted in in_order]

    def sold(self, until: date) -> list[tuple[str, str]]:
        """What each sale up to `until` (included) has brought: path and amount (`5400 EUR`)."""
        end = until.toordinal()
        return [
            (path, row.form.amount)
            for path, row in self.entries(has_channel("sale"))
            if row.form.channel == "sale" and row.form.amount is not None and row.day <= end
        ]

    def channel_counts(self) -> list[tuple[str, str, int]]:
        """How often each channel stands in each log: path, channel, number of entries."""
        counts = Counter((path, row.form.channel) for path, row in self.entries() if row.place >= 0)
        return [(*key, count) for key, count in sorted(counts.items())]

    def later_than(self, today: date) -> list[tuple[str, int, date]]:
        """The entries and ticked follow-ups after `today`: path, line and day, in the order of the files."""
        rows, end = self.cache.rows("SELECT path, entries FROM log"), today.toordinal()
        found = {(path, *one) for path, text in rows for one in later_than(text, end)}
        return [(path, line, date.fromordinal(day)) for path, line, day in sorted(found)]

    def pasts(
        self, first: date, last: date, ever: Collection[str], paths: Iterable[str] | None = None
    ) -> dict[str, Past]:
        """By path, what each log holds for the figures from `first` to `last` (both included); `paths`: these alone.

        `ever` are the channels whose entries are wanted by themselves, also those from before.
        """
        query, days = "SELECT path, entries FROM log", (first.toordinal(), last.toordinal())
        rows = (
            self.cache.rows(query)
            if paths is None
            else self.cache.rows_among(f"{query} WHERE path IN ({{}})", paths)
        )
        return {path: past_of(text, *days, ever) for path, text in rows}

    def touched_by_others(self) -> set[str]:
        """The paths of those for whom entries in other files may count: made with them, or with a company's people."""
        query = "SELECT DISTINCT key FROM shared UNION SELECT DISTINCT key FROM link WHERE field = 'company'"
        return {*self.led_to(key for (key,) in self.cache.rows(query)).values()}

    def referred(self) -> list[tuple[str, str, int]]:
        """Who was brought by whom: path, that of the other, and the line that says so, in the order of the paths."""
        rows = self.cache.rows("SELECT path, line, key FROM link WHERE field = 'referred_by' ORDER BY path")
        meant = self.led_to({key for *_, key in rows})
        return [(path, meant[key], line) for path, line, key in rows if meant.get(key, path) != path]

    def with_follow_ups(self, months: Sequence[str]) -> set[str]:
        """The paths of those with a follow-up in one of the `months` (`2026-11`), and perhaps of others."""
        due = re.compile(f'"due":"(?:{"|".join(months)})-')
        rows = self.cache.rows("SELECT path, facts FROM customer WHERE instr(facts, ?)", '"due":"')
        return {path for path, facts in rows if due.search(facts)}

    def _handles(self, paths: set[str]) -> dict[str, str]:
        """The keys by which links reach one of the customers at `paths`, and nobody else, with the path."""
        query = "SELECT DISTINCT key FROM handle WHERE path IN ({}) AND rank < ?"
        meant = self._meant(key for (key,) in self.cache.rows_among(query, paths, NAME))
        return {
            key: path for key, found in meant.items() if len(found) == 1 for path in found if path in paths
        }

    def backlinks(self, path: str) -> list[tuple[str, int, str]]:
        """The (path, line, name) of every link to the customer at `path` from another's file, or from the library."""
        found = set()
        query = """SELECT path, line, name FROM link JOIN customer USING (path) WHERE key = ?1 AND path <> ?2
            UNION SELECT path, line, title FROM link JOIN item USING (path) WHERE link.key = ?1"""
        for key in self._handles({path}):
            found.update(self.cache.rows(query, key, path))
        return sorted(found)

    def linked(self, path: str) -> set[str]:
        """The paths of the customers to whom the file at `path` links."""
        keys = self.cache.rows("SELECT DISTINCT key FROM link WHERE path = ?", path)
        return {found for (key,) in keys if (found := self.resolve(key))}

    def loose_links(self) -> list[LooseLink]:
        """The links that do not lead to one customer, in the order of the files."""
        query = """WITH told AS (SELECT path, line, key FROM shared)
            SELECT path, line, CASE WHEN field IS NULL AND (path, key) IN (SELECT path, key FROM told)
                THEN ?1 ELSE field END, target, key FROM link
            UNION SELECT path, line, ?2, key, key FROM told WHERE (path, key) NOT IN (SELECT path, key FROM link)
            ORDER BY path, line"""
        rows = self.cache.rows(query, WITH, WORDS)
        meant = self._meant({row[-1] for row in rows})
        return [
            LooseLink._make((*row, tuple(sorted(found))))
            for row in rows
            if len(found := meant.get(row[-1], ())) != 1
        ]

    def same_ids(self) -> list[tuple[str, str]]:
        """The paths of every two files with one id, either way round; those of the library too."""
        query = f"""WITH twice AS (SELECT key FROM handle WHERE rank = {ID} GROUP BY key HAVING count(*) > 1)
            SELECT one.path, other.path FROM twice JOIN handle AS one USING (key) JOIN handle AS other USING (key)
            WHERE one.rank = {ID} AND other.rank = {ID} AND one.path <> other.path ORDER BY one.path, other.path"""  # noqa: S608
        found = self.cache.rows(query)
        if self.has_library():
            query = f"""WITH named AS (SELECT key, path FROM handle WHERE rank = {ID} UNION SELECT key, path FROM item)
                SELECT item.path, named.path FROM item JOIN named USING (key) WHERE item.path <> named.path"""  # noqa: S608
            pairs = self.cache.rows(query)
            found = sorted({*found, *pairs, *((other, one) for one, other in pairs)})
        return found

    # The library

    def has_library(self) -> bool:
        """Whether there is anything in the library."""
        return bool(self.cache.rows("SELECT 1 FROM item LIMIT 1"))

    def library(self) -> Library:
        """What is worth passing on."""
        from ptcrm.vault.library import Library

        return Library(tuple(self.cache.items()))

    def given_of(self, keys: Iterable[str]) -> list[Given]:
        """Who has heard of what links of these `keys` lead to, in the order of the files."""
        return self._given("key IN ({})", keys)

    def given_to(self, paths: Collection[str]) -> list[Given]:
        """What the customers at `paths` have heard of, in the order of the files."""
        own = self._given("whom = '' AND path IN ({})", paths)
        handles = self._handles({*paths})
        return sorted([*own, *self._given("whom IN ({})", handles)])

    def _given(self, where: str, values: Iterable[str]) -> list[Given]:
        from ptcrm.vault.library import Given

        query = f"SELECT path, whom, key, day, line, ours FROM about WHERE {where}"  # noqa: S608
        rows = self.cache.rows_among(query, values)
        others = self.led_to({whom for _, whom, *_ in rows if whom})
        found = {
            Given(whose, key, date.fromordinal(day), path, line, bool(ours))
            for path, whom, key, day, line, ours in rows
            if (whose := others.get(whom) if whom else path)
        }
        return sorted(found)

    def near(self, words: str) -> list[str]:
        """Names that `words` may be a slip of, the nearest first."""
        from difflib import get_close_matches

        names = {
            name
            for (search,) in self.cache.rows("SELECT search FROM customer")
            for name in search.split("\n")
        }
        parts = {part: name for name in sorted(names) for part in (name, *name.split())}
        return list(dict.fromkeys(parts[part] for part in get_close_matches(fold(words), parts, 3, 0.75)))

    def count(self) -> int:
        """How many customers there are."""
        return int(self.cache.rows("SELECT count(*) FROM customer")[0][0])

    def is_named(self, words: str) -> bool:
        """Whether `words` stand in somebody's name, id or alias as whole words."""
        part = fold(words.encode(errors="replace").decode())
        rows = self.cache.rows("SELECT search FROM customer WHERE instr(search, ?)", part)
        return any(f" {part} " in f" {name} " for (search,) in rows for name in search.split("\n"))

    def find(self, words: str) -> list[Match]:
        """Everybody whom `words` may mean: by id or stem, else by whole name, else by a part of a name."""
        query = """SELECT DISTINCT path, id, name FROM handle JOIN customer USING (path)
            WHERE key = ? AND rank IN (?, ?) ORDER BY path"""
        words = words.encode(errors="replace").decode()  # bytes that are no text answer to nobody
        key = same_id(words.strip().removesuffix(".md"))
        for ranks in ((ID, ID), (STEM, PATH)):
            if rows := self.cache.rows(query, key, *ranks):
                return [Match(*row) for row in rows]
        part = fold(words.strip())
        if not any(map(str.isalnum, part)):
            return []
        rows = self.cache.rows(
            "SELECT path, id, name, search FROM customer WHERE instr(search, ?) ORDER BY path", part
        )
        whole = [row for row in rows if part in row[3].split("\n")]
        return [Match(*row[:3]) for row in whole or rows]


def _still_true(now: Signature, then: Signature, read_ns: int) -> bool:
    """Whether a file is as it was read: the same to `stat`, and older than the scan that read it."""
    return now == then and is_older(now, read_ns)


def is_older(signature: Signature, than_ns: int) -> bool:
    """Whether a file was last changed so long before this time that no later change can have the same signature."""
    return max(signature.mtime_ns, signature.ctime_ns) + RACY_NS < than_ns
