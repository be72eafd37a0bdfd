"""The whole vault as rows: what each file says, who is meant by a name, and what speaks for whom.

`facts_of` is a pure function of one file; `Index` puts the questions to the rows.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from ptcrm.model.config import Channel
from ptcrm.model.customer import Customer, Money
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.model.occurrence import Touch
from ptcrm.model.reading import parse_money, parse_whole
from ptcrm.text.fold import fold, same_id
from ptcrm.text.markdown import Target, find_links
from ptcrm.text.source import Span
from ptcrm.vault.log import in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from ptcrm.model.config import Config
    from ptcrm.vault.cache import Cache
    from ptcrm.vault.schema import Reading
    from ptcrm.vault.store import Signature

# What a link may name, the strongest first; a name is only for people asking (FORMAT §2.1).
ID, STEM, PATH, ALIAS, NAME = range(5)
WITH, WORDS = "with", "with, in words"
_AT_ONCE = 500  # files whose rows are written together
_RACY_NS = 20_000_000  # file times may lag behind the clock by a tick


class EntryRow(NamedTuple):
    """A log entry or ticked follow-up as a row; `date` is ISO text, truths are 0 or 1, money as `4 EUR`.

    `place` is that among the entries from old to new. `bears`: something may be owed, or settled, by it.
    `contact`, `tried`, `voicemail` and `step` are those of a `Touch`. `cost` and `minutes` are what it took.
    `key` is that of a customer for whom it counts too; None in the entry's own row.
    """

    line: int
    date: str
    place: int
    channel: str
    bears: int
    contact: int
    tried: int
    voicemail: int
    step: str | None
    cost: str | None
    minutes: int | None
    amount: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What one file says. Rows: handles (key, rank), links (line, field, target, key), entries."""

    customer: Customer | None
    search: str
    handles: tuple[tuple[str, int], ...]
    links: tuple[tuple[int, str | None, str, str], ...]
    entries: tuple[EntryRow, ...]
    diagnostics: tuple[Diagnostic, ...]


def facts_of(reading: Reading, config: Config) -> Facts:
    """The rows that the file just read gives."""
    one = reading.customer
    if one is None:
        return Facts(None, "", (), (), (), reading.diagnostics)
    stem = one.path.removesuffix(".md")
    folders = stem.split("/")
    handles = [
        (one.id, ID),
        (folders[-1], STEM),
        *(("/".join(folders[at:]), PATH) for at in range(len(folders) - 1)),
    ]
    handles += [(alias, ALIAS) for alias in one.aliases] + [(one.name, NAME)]
    links = tuple((link.line, link.key, link.target, link_key(link.target, one.path)) for link in one.links)
    return Facts(
        replace(one, log=()),
        fold("\n".join([one.id, one.name, *one.aliases])),
        tuple((same_id(text), rank) for text, rank in handles),
        links,
        tuple(_entry_rows(one, config)),
        reading.diagnostics + reading.offers,
    )


def _entry_rows(one: Customer, config: Config) -> Iterable[EntryRow]:
    """A row for each entry and ticked follow-up, and one more for each person it was made with."""
    starts = {playbook.starts for playbook in config.playbooks.values()}
    columns = cache(partial(_columns, starts, config))  # a log has the same few forms all over
    for place, entry in enumerate(in_time(one.log)):
        borne = columns(entry.channel, entry.qualifiers, entry.fields)
        row = EntryRow._make((entry.line, entry.date.isoformat(), place, entry.channel, *borne, None))
        yield row
        for key, value in entry.fields:
            if key == "with":
                for target in find_links(value, Span(0, len(value))) or [Target(value, Span(0, len(value)))]:
                    yield row._replace(key=link_key(target.text, one.path))
    yield from _ticked_rows(one, config)


def _columns(
    starts: set[str],
    config: Config,
    channel: str,
    qualifiers: tuple[str, ...],
    fields: tuple[tuple[str, str], ...],
) -> tuple[Any, ...]:
    """The columns of an entry's row from `bears` to `amount`; `starts` are the channels that start a playbook."""
    given = dict(fields)
    contact = config.is_contact(channel, qualifiers)
    tried = contact or "no answer" in qualifiers
    return (
        int(tried or channel in starts or "step" in given),
        int(contact),
        int(tried),
        int("voicemail" in qualifiers),
        given.get("step"),
        *_spent(channel, qualifiers, given, config),
        _money(given.get("amount"), config),
    )


def _ticked_rows(one: Customer, config: Config) -> Iterable[EntryRow]:
    """A row for each ticked follow-up that is a touch."""
    logged = {(entry.date, entry.channel) for entry in one.log}
    for task in one.follow_ups:
        if task.mark == "done" and task.channel and config.is_contact(task.channel, ()):
            day, given = task.done or task.due, dict(task.fields)
            said = (day, task.channel) in logged  # then the entry tells what it took
            cost, minutes = (None, None) if said else _spent(task.channel, (), given, config)
            step, when = given.get("step"), day.isoformat()
            yield EntryRow(task.line, when, -1, task.channel, 1, 1, 1, 0, step, cost, minutes, None, None)


class TouchRow(NamedTuple):
    """What bears on what is owed of an entry's row, in the file at `path`; rows sort by day, then as in the logs."""

    date: str
    place: int
    path: str
    line: int
    channel: str
    contact: int
    tried: int
    voicemail: int
    stepped: int
    step: str | None


_TOUCH = "date, place, path, line, channel, contact, tried, voicemail, step IS NOT NULL, step"


def touch_of(entry: EntryRow | TouchRow, path: str) -> Touch:
    """What an entry of the file at `path` bears on what is owed."""
    day, contact = date.fromisoformat(entry.date), bool(entry.contact)
    tried, mail = bool(entry.tried), bool(entry.voicemail)
    return Touch(day, entry.channel, contact, path, entry.line, tried, mail, entry.step)


def _spent(
    channel: str, qualifiers: tuple[str, ...], given: dict[str, str], config: Config
) -> tuple[str | None, int | None]:
    """What a line cost and how long it took: as it says, else as its channel does if it went out to somebody."""
    usual = config.channels.get(channel)
    if usual is None or not {"in", "no answer"}.isdisjoint(qualifiers):
        usual = Channel()
    minutes = parse_whole(given["minutes"]) if "minutes" in given else usual.minutes
    cost = _money(given.get("cost"), config) or _money(usual.cost, config)
    return cost, minutes if isinstance(minutes, int) else usual.minutes


def _money(words: str | None, config: Config) -> str | None:
    """An amount as a row holds it, or None if there is none or it cannot be read."""
    found = parse_money(words, config.currency) if words else None
    return str(found) if isinstance(found, Money) else None


def link_key(target: str, path: str) -> str:
    """What the link `target` in the file at `path` is looked up by: an id, stem, alias or path."""
    if not target.endswith(".md"):
        return same_id(target)
    folder = posixpath.dirname(path)
    return same_id(posixpath.normpath(posixpath.join(folder, unquote(target))).removesuffix(".md"))


def file_keys(paths: Iterable[str]) -> set[str]:
    """What a link to one of the files at `paths` may be looked up by: each path and its ends, notes without `.md`."""
    keys: set[str] = set()
    for path in paths:
        parts = path.removesuffix(".md").split("/")
        keys.update(same_id("/".join(parts[at:])) for at in range(len(parts)))
    return keys


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


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who answers to a name."""

    path: str
    id: str
    name: str


class Stale(NamedTuple):
    """The files to read again, with their signatures, and the paths of those that are gone."""

    changed: dict[str, Signature]
    gone: list[str]


class Index:
    """The questions that commands ask of the rows."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    def stale(self, files: dict[str, Signature]) -> Stale:
        """What has to be brought up to date (a merge of two listings by path)."""
        known = self.cache.signatures()
        changed = {
            path: now
            for path, now in files.items()
            if path not in known or not _still_true(now, *known[path])
        }
        return Stale(changed, [path for path in known if path not in files])

    def refresh(self, stale: Stale, now_ns: int, read: Callable[[str], Facts]) -> None:
        """Bring the rows up to date; what is owed to those whom a change bears on becomes outdated."""
        touched = {*stale.changed, *stale.gone}
        if not touched:
            return
        with self.cache.writing():
            bearing = self._borne_on(touched)
            self.cache.forget(touched)
            changed = iter(stale.changed.items())
            while some := [(path, signature, read(path)) for path, signature in islice(changed, _AT_ONCE)]:
                self.cache.remember(now_ns, some)
            self.cache.recall(bearing | self._borne_on(touched))

    def _borne_on(self, paths: set[str]) -> set[str]:
        """The customers whose touches may change when `paths` do: themselves, those named, their companies."""
        found = set(paths)
        for _ in range(2):  # a touch counts for the person named, and then for that person's company
            keys = {
                key
                for query in (
                    "SELECT DISTINCT key FROM handle WHERE path IN ({})",
                    "SELECT DISTINCT key FROM entry WHERE key IS NOT NULL AND path IN ({})",
                    "SELECT DISTINCT key FROM link WHERE field = 'company' AND path IN ({})",
                )
                for (key,) in self.cache.rows_among(query, found)
            }
            query = "SELECT DISTINCT path FROM handle WHERE key IN ({})"
            found.update(path for (path,) in self.cache.rows_among(query, keys))
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

    def lines_of_entries(self, paths: Iterable[str]) -> dict[str, frozenset[int]]:
        """The lines on which the log entries of the files at `paths` begin, by path."""
        found: dict[str, set[int]] = {}
        query = "SELECT path, line FROM entry WHERE key IS NULL AND place >= 0 AND path IN ({})"
        for path, line in self.cache.rows_among(query, paths):
            found.setdefault(path, set()).add(line)
        return {path: frozenset(lines) for path, lines in found.items()}

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

    def is_taken(self, id_: str) -> bool:
        """Whether a customer's id, stem or alias is `id_`."""
        return bool(self.cache.rows("SELECT 1 FROM handle WHERE key = ? AND rank < ?", same_id(id_), NAME))

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
            found[company].update(row._replace(stepped=0, step=None) for row in personal[member] if row.tried)
        return {path: [touch_of(row, row.path) for row in sorted(rows)] for path, rows in found.items()}

    def _personal(self, paths: set[str], handles: dict[str, str]) -> dict[str, set[TouchRow]]:
        """What the own entries of the customers at `paths` bear, and those made with them, by their `handles`."""
        found: dict[str, set[TouchRow]] = {path: set() for path in paths}
        query = f"SELECT {_TOUCH} FROM entry WHERE bears AND key IS NULL AND path IN ({{}})"  # noqa: S608
        for row in map(TouchRow._make, self.cache.rows_among(query, paths)):
            found[row.path].add(row)
        query = f"SELECT key, {_TOUCH} FROM entry WHERE bears AND key IN ({{}})"  # noqa: S608
        for key, *row in self.cache.rows_among(query, handles):
            found[handles[key]].add(TouchRow._make(row))
        return found

    def reached(self, channel: str, first: date, last: date) -> set[str]:
        """The paths of those in whose log `channel` stands on a day from `first` to `last` (both included)."""
        query = """SELECT DISTINCT path, key FROM entry
            WHERE channel = ? AND date BETWEEN ? AND ? AND (contact OR NOT tried)"""
        rows = self.cache.rows(query, channel, first.isoformat(), last.isoformat())
        found = {path if key is None else self.resolve(key) for path, key in rows}
        return {path for path in found if path}

    def spent(self, first: date, last: date) -> list[tuple[str, str | None, int, int]]:
        """What was spent from `first` to `last` (both included): path, cost, how many entries had it, minutes in all.

        An entry counts for the customer in whose file it stands, whoever else was there.
        """
        query = """SELECT path, cost, count(*), coalesce(sum(minutes), 0) FROM entry
            WHERE key IS NULL AND date BETWEEN ? AND ? AND (cost IS NOT NULL OR minutes IS NOT NULL)
            GROUP BY path, cost ORDER BY path, cost"""
        return self.cache.rows(query, first.isoformat(), last.isoformat())

    def sold(self, until: date) -> list[tuple[str, str]]:
        """What each sale up to `until` (included) has brought: path and amount (`5400 EUR`)."""
        query = """SELECT path, amount FROM entry
            WHERE key IS NULL AND channel = 'sale' AND amount IS NOT NULL AND date <= ?"""
        return self.cache.rows(query, until.isoformat())

    def channel_counts(self) -> list[tuple[str, str, int]]:
        """How often each channel stands in each log: path, channel, number of entries."""
        query = """SELECT path, channel, count(*) FROM entry WHERE key IS NULL AND place >= 0
            GROUP BY path, channel ORDER BY path, channel"""
        return self.cache.rows(query)

    def _handles(self, paths: set[str]) -> dict[str, str]:
        """The keys by which links reach one of the customers at `paths`, and nobody else, with the path."""
        query = "SELECT DISTINCT key FROM handle WHERE path IN ({}) AND rank < ?"
        meant = self._meant(key for (key,) in self.cache.rows_among(query, paths, NAME))
        return {
            key: path for key, found in meant.items() if len(found) == 1 for path in found if path in paths
        }

    def backlinks(self, path: str) -> list[tuple[str, int, str]]:
        """The (path, line, name) of every link to the customer at `path` from another customer's file."""
        found = set()
        for key in self._handles({path}):
            query = "SELECT path, line, name FROM link JOIN customer USING (path) WHERE key = ? AND path <> ?"
            found.update(self.cache.rows(query, key, path))
        return sorted(found)

    def linked(self, path: str) -> set[str]:
        """The paths of the customers to whom the file at `path` links."""
        keys = self.cache.rows("SELECT DISTINCT key FROM link WHERE path = ?", path)
        return {found for (key,) in keys if (found := self.resolve(key))}

    def loose_links(self) -> list[LooseLink]:
        """The links that do not lead to one customer, in the order of the files."""
        query = """WITH told AS (SELECT path, line, key FROM entry WHERE key IS NOT NULL)
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
        """The paths of every two files with one id, either way round."""
        query = """SELECT one.path, other.path FROM handle AS one JOIN handle AS other USING (key)
            WHERE one.rank = ?1 AND other.rank = ?1 AND one.path <> other.path ORDER BY one.path, other.path"""
        return self.cache.rows(query, ID)

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
        rows = self.cache.rows(
            "SELECT path, id, name, search FROM customer WHERE instr(search, ?) ORDER BY path", part
        )
        whole = [row for row in rows if part in row[3].split("\n")]
        return [Match(*row[:3]) for row in whole or rows] if part else []


def _still_true(now: Signature, then: Signature, read_ns: int) -> bool:
    """Whether a file is as it was read: the same to `stat`, and older than the scan that read it."""
    return now == then and max(now.mtime_ns, now.ctime_ns) + _RACY_NS < read_ns
