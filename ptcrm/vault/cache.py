"""What was known last time, in SQLite: one row set a file, and what is owed to each customer.

Disposable: deleting it changes nothing but the time. A cache that cannot be opened, belongs to another
version or is damaged is made anew; without a place to keep it, it lives in memory for one command.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import struct
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.model.dates import Interval, later
from ptcrm.model.diagnostic import USUAL, Diagnostic
from ptcrm.model.occurrence import (
    Contact,
    Obligation,
    Obligations,
    Standing,
    Yearly,
)
from ptcrm.text.fold import same_id
from ptcrm.vault import answers
from ptcrm.vault.listing import NO_STRAYS, Signature, Strays
from ptcrm.vault.rows import Memo, dump, dump_apart, load, load_later
from ptcrm.vault.scan import path_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer
    from ptcrm.model.dates import Anniversary
    from ptcrm.model.item import Item
    from ptcrm.vault.answers import Answer
    from ptcrm.vault.condition import Condition
    from ptcrm.vault.facts import FileRead
    from ptcrm.vault.prose import TextRows
    from ptcrm.vault.sought import Bounds

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE file (
  path TEXT PRIMARY KEY, signature TEXT, read_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE settings (config TEXT, problems TEXT);
CREATE TABLE note (token TEXT);
CREATE TABLE seen (folder BLOB PRIMARY KEY, lines BLOB, strays TEXT);
CREATE TABLE customer (path TEXT PRIMARY KEY, id TEXT, name TEXT, search TEXT, facts TEXT) WITHOUT ROWID;
CREATE TABLE handle (key TEXT, rank INTEGER, path TEXT);
CREATE INDEX handle_key ON handle (key);
CREATE INDEX handle_id ON handle (key, path) WHERE rank = 0;
CREATE INDEX handle_path ON handle (path);
CREATE TABLE link (path TEXT, line INTEGER, field TEXT, target TEXT, key TEXT);
CREATE INDEX link_key ON link (key);
CREATE INDEX link_path ON link (path);
CREATE TABLE log (path TEXT PRIMARY KEY, entries TEXT) WITHOUT ROWID;
CREATE TABLE shared (
  key TEXT, path TEXT, day INTEGER, place INTEGER, line INTEGER, channel TEXT, bears INTEGER, contact INTEGER,
  tried INTEGER, voicemail INTEGER, step TEXT
);
CREATE INDEX shared_key ON shared (key);
CREATE INDEX shared_path ON shared (path);
CREATE TABLE asked (path TEXT PRIMARY KEY, own TEXT, fields TEXT) WITHOUT ROWID;
CREATE INDEX asked_own ON asked (own) WHERE own <> '';
CREATE TABLE unread (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE text (path TEXT PRIMARY KEY, words TEXT, notes TEXT, log TEXT);
CREATE TABLE sought (
  path TEXT PRIMARY KEY, tokens TEXT, names TEXT, notes TEXT, entries TEXT, days TEXT
) WITHOUT ROWID;
CREATE TABLE item (path TEXT PRIMARY KEY, key TEXT, title TEXT, facts TEXT) WITHOUT ROWID;
CREATE TABLE about (path TEXT, whom TEXT, key TEXT, day INTEGER, line INTEGER, ours INTEGER);
CREATE INDEX about_path ON about (path);
CREATE INDEX about_key ON about (key);
CREATE INDEX about_whom ON about (whom) WHERE whom <> '';
CREATE TABLE diagnostic (path TEXT, code TEXT, facts TEXT);
CREATE INDEX diagnostic_path ON diagnostic (path);
CREATE INDEX diagnostic_code ON diagnostic (code);
CREATE TABLE recalled (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE standing (path TEXT PRIMARY KEY, valid_from TEXT, valid_until TEXT, facts TEXT) WITHOUT ROWID;
CREATE INDEX standing_from ON standing (valid_from);
CREATE INDEX standing_until ON standing (valid_until);
CREATE TABLE contact (
  due INTEGER, rank INTEGER, path TEXT, origin TEXT, pace INTEGER, new INTEGER, ready INTEGER, expires INTEGER,
  fixed INTEGER, quiet_until INTEGER, number INTEGER PRIMARY KEY, facts TEXT
);
CREATE INDEX contact_path ON contact (path);
CREATE INDEX contact_ready ON contact (
  fixed, ready, path, due, rank, origin, pace, new, expires, quiet_until
);
CREATE TABLE counted (key TEXT, errors INTEGER, warnings INTEGER);
CREATE TABLE plan (key TEXT, numbers BLOB, days BLOB);
CREATE TABLE yearly (path TEXT, kind TEXT, day INTEGER, facts TEXT);
CREATE INDEX yearly_path ON yearly (path);
CREATE INDEX yearly_day ON yearly (day);
CREATE TABLE event (feed TEXT, key BLOB, uid TEXT, place TEXT, content BLOB, PRIMARY KEY (feed, key)) WITHOUT ROWID;
CREATE TABLE holidays (key TEXT PRIMARY KEY, facts TEXT) WITHOUT ROWID;
CREATE TABLE past (number INTEGER PRIMARY KEY, id TEXT, parents TEXT, at INTEGER, author TEXT);
CREATE INDEX past_id ON past (id);
CREATE INDEX past_joint ON past (number) WHERE parents IS NOT NULL;
CREATE TABLE past_change (number INTEGER, parent INTEGER, path BLOB, before TEXT, after TEXT);
CREATE INDEX past_change_path ON past_change (path);
CREATE INDEX past_change_number ON past_change (number);
"""
_INDEXES = [
    (name, table, statement)
    for statement in _TABLES.split(";\n")
    for name, table in re.findall(r"CREATE INDEX (\w+) ON (\w+)", statement)
]
_COLUMNS = {
    table: re.findall(r"(\w+) (?:TEXT|INTEGER|BLOB)", columns)
    for table, columns in re.findall(r"CREATE TABLE (\w+) \((.*?)\)", _TABLES, re.DOTALL)
}
BY_FILE = (
    *("file", "customer", "handle", "link", "log", "shared", "asked", "unread", "text", "sought"),
    *("item", "about", "diagnostic"),
)
OWED = ("standing", "contact", "yearly")
_HEADER_BYTES = 100  # of an SQLite file
_OF_CONTACT = ", ".join(Contact._fields)
_AT_ONCE = 500  # values in one question
_NEARLY_A_YEAR, _NEW_YEARS_EVE, _A_DAY = 360, 1231, Interval(days=1)


class BegunAnewError(sqlite3.OperationalError):
    """Another process has begun the cache anew, under a stamp of its own."""


# Keeping something is a help and no more: a full disk or a file in use is no reason to fail.
IF_POSSIBLE = contextlib.suppress(sqlite3.DatabaseError)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is no good, rather than the disk full or others in the way."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own: a text that cannot be decoded
        return not isinstance(error, BegunAnewError)
    return code & 0xFF in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Note(NamedTuple):
    """What the last scan saw (`vault/scan.py`), all of which the rows have: lines of each folder, and where there are strays."""

    token: str
    texts: dict[bytes, bytes]
    strays: dict[str, Strays]


class Cache:
    """One vault's rows. Dates in rows are ISO text, so that they sort and compare as days."""

    def __init__(self, database: sqlite3.Connection, stamp: str, *, is_kept: bool = False) -> None:
        self.database, self.stamp, self.is_kept, self.memo = database, stamp, is_kept, Memo()
        self._filled: frozenset[str] = frozenset()
        try:
            if self._stamp() != stamp:
                self._start_anew()
        except sqlite3.DatabaseError:
            self.close()
            raise

    @classmethod
    def open(cls, place: Path | None, stamp: str) -> Cache:
        """The cache kept at `place`, emptied unless it was made under `stamp`; in memory if that fails."""
        if place is not None:
            for _ in range(2):  # a damaged file is removed, then there is a second try
                try:
                    return cls(_connect(place), stamp, is_kept=True)
                except sqlite3.DatabaseError as error:
                    if not is_damage(error):
                        break
                    with contextlib.suppress(OSError):
                        place.unlink()
                except OSError:
                    break
        return cls(sqlite3.connect(":memory:", isolation_level=None), stamp)

    def _stamp(self) -> str | None:
        if not self.database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return None
        row = self.database.execute("SELECT value FROM meta WHERE key = 'stamp'").fetchone()
        return row[0] if row else None

    def _start_anew(self) -> None:
        with self._alone():
            if self._stamp() == self.stamp:  # another process was quicker
                return
            names = self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in names:
                self.database.execute(f"DROP TABLE {name}")
            for statement in (*_TABLES.split(";\n"), answers.TABLE):
                self.database.execute(statement)
            self.database.execute("INSERT INTO meta VALUES ('stamp', ?)", (self.stamp,))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of what is written inside is kept, or nothing of it; raises `sqlite3.DatabaseError`.

        So it does if another process has begun the cache anew, under a stamp of its own.
        """
        with self._alone():
            self._refuse_if_others()
            yield

    @contextmanager
    def filling(self, tables: Collection[str]) -> Iterator[None]:
        """Inside `writing`: the `tables`, if they are empty, get rows, once for each path, and nobody asks for them yet.

        An index that is made of all rows at the end takes far less than one that each row is put into.
        """
        if any(self.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in tables):  # noqa: S608
            yield
            return
        made = [(name, statement) for name, table, statement in _INDEXES if table in tables]
        for name, _ in made:
            self.database.execute(f"DROP INDEX {name}")
        self._filled = frozenset(tables)
        try:
            yield
        finally:
            self._filled = frozenset()
        for _, statement in made:
            self.database.execute(statement)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.release()
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def hold(self) -> None:
        """See the rows as they are now, whatever other processes write, until `release` or the next writing.

        Raises `sqlite3.DatabaseError`, also if another process has begun the cache anew.
        """
        self.release()
        self.database.execute("BEGIN")
        self._refuse_if_others()

    def _refuse_if_others(self) -> None:
        """Rows made under another stamp say other things: they are neither read nor mixed with ours."""
        if self._stamp() != self.stamp:
            raise BegunAnewError("another ptcrm has begun the cache anew")

    def version(self) -> tuple[int, int]:
        """What is another one as soon as any row is, whoever wrote it."""
        return self.others, self.database.total_changes

    @property
    def others(self) -> int:
        """A number that is another one as soon as another process has written a row."""
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])

    def release(self) -> None:
        """See what other processes have written since `hold`."""
        if self.database.in_transaction:
            self.database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    # What was read from files

    def signatures(self) -> dict[str, tuple[Signature, int]]:
        """For every known path its signature, and the time (ns) of the scan that read it."""
        rows = self.database.execute("SELECT path, signature, read_ns FROM file")
        return {path: (Signature.of(signature), read_ns) for path, signature, read_ns in rows}

    def is_empty(self) -> bool:
        """Whether no file was read yet."""
        return not self.rows("SELECT 1 FROM file LIMIT 1")

    def paths(self) -> set[str]:
        """The paths of all files that were read."""
        return {path for (path,) in self.database.execute("SELECT path FROM file")}

    def note(self) -> Note | None:
        """What the last scan saw; None if it is not known to be what the rows have."""
        token = self.token()
        if token is None:
            return None
        rows = self.rows("SELECT folder, lines, strays FROM seen")
        strays = {path_of(folder): load(Strays, strays) for folder, _, strays in rows if strays}
        return Note(token, {folder: lines for folder, lines, _ in rows}, strays)

    def token(self) -> str | None:
        """What is another one as soon as any file is; None if the rows are not those of one scan."""
        row = self.database.execute("SELECT token FROM note").fetchone()
        return row[0] if row else None

    def replace_note(self, before: Note | None, seen: Mapping[bytes, tuple[bytes, Strays] | None]) -> None:
        """Note what a scan saw of which the rows now have all, in the place of the note `before`.

        `seen` are lines and strays of the folders that differ; None: it is gone. If there is another note by now, the
        rows are those of two scans, and none is noted.
        """
        is_before = self.token() == (before and before.token)
        for table in ("note", "answer", "counted"):
            self.database.execute(f"DELETE FROM {table}")  # noqa: S608
        self._drop_plan()
        if before is None:
            self.database.execute("DELETE FROM seen")
        if is_before:
            self.database.execute("INSERT INTO note VALUES (?)", (_new_token(),))
            self.database.executemany("DELETE FROM seen WHERE folder = ?", ((folder,) for folder in seen))
            rows = ((folder, *found) for folder, found in seen.items() if found)
            self._insert(
                "seen",
                (
                    (folder, lines, "" if strays == NO_STRAYS else dump(strays))
                    for folder, lines, strays in rows
                ),
            )

    def forget(self, paths: Iterable[str]) -> None:
        """Drop all rows that came from `paths`, and what was owed to their customers."""
        self._delete((*BY_FILE, "recalled", *OWED), paths)

    def remember(self, read: Collection[FileRead]) -> None:
        """Keep what the files say that were `read`."""
        self._insert("file", ((one.path, str(one.signature), one.read_ns) for one in read))
        found = [(one.path, one.facts) for one in read]
        self._insert(
            "customer",
            (
                (path, one.customer.id, one.customer.name, one.search, dump_apart(one.customer))
                for path, one in found
                if one.customer
            ),
        )
        self._insert("handle", ((*handle, path) for path, one in found for handle in one.handles))
        self._insert("link", ((path, *link) for path, one in found for link in one.links))
        self._insert("log", ((path, one.entries) for path, one in found if one.customer))
        asked = [(path, *one.asked) for path, one in found if one.customer]
        self._insert("asked", asked)
        self._insert("unread", ((path,) for path, *_ in asked))
        shared = ((path, *one) for path, facts in found for one in facts.shared)
        self._insert("shared", ((key, path, *row[:3], *row.form[:6]) for path, key, row in shared))
        self._insert("about", ((path, *row) for path, one in found for row in one.about))
        items = ((path, one.item) for path, one in found if one.item)
        self._insert("item", ((path, same_id(one.id), one.title, dump(one)) for path, one in items))
        diagnostics = ((path, wrong.code, dump(wrong)) for path, one in found for wrong in one.diagnostics)
        self._insert("diagnostic", diagnostics)

    def texts_at(self, paths: Iterable[str]) -> dict[str, tuple[str, str]]:
        """The notes and the log of each file at `paths` whose texts are kept, as they are searched, by path."""
        rows = self.rows_among("SELECT path, notes, log FROM text WHERE path IN ({})", paths)
        return {path: (notes, log) for path, notes, log in rows}

    def unread(self) -> list[str]:
        """The paths of the customers whose texts are not kept."""
        return [path for (path,) in self.database.execute("SELECT path FROM unread")]

    def keep_texts(self, texts: Iterable[tuple[str, Signature, TextRows]]) -> None:
        """Keep the texts of files: path, signature, rows; not of one that was read anew since."""
        query = "SELECT 1 FROM file WHERE path = ? AND signature = ?"
        rows = [(path, found) for path, signature, found in texts if self.rows(query, path, str(signature))]
        self._delete(("text", "sought", "unread"), [path for path, _ in rows])
        self._insert("text", ((path, one.words, *one.texts) for path, one in rows))
        self._insert("sought", ((path, *one.sought) for path, one in rows))

    def meant_by(self, condition: Condition) -> list[str]:
        """The paths of those for whom the condition is true, in no order; of what is not known it is not."""
        tables = [one for one in ("asked", "sought", "text") if f"{one}." in condition.sql] or ["asked"]
        joined = " LEFT JOIN ".join(f"{one} USING (path)" if at else one for at, one in enumerate(tables))
        query = f"SELECT path FROM {joined} WHERE {condition.sql}"  # noqa: S608
        return [path for (path,) in self.database.execute(query, condition.values)]

    def bounds(self, bounds: Bounds, paths: Collection[str]) -> list[tuple[str, str]]:
        """For the files at `paths` whose texts are kept, and perhaps for others, the path and these bounds."""
        query = f"SELECT path, {bounds.sql} || '' FROM sought"  # noqa: S608
        if len(paths) > _AT_ONCE:
            return self.rows(query, *bounds.values)
        marks = ", ".join("?" * len(paths))
        return self.rows(f"{query} WHERE path IN ({marks})", *bounds.values, *paths)

    def entries_sought(self, paths: Iterable[str]) -> list[tuple[str, str, str]]:
        """Path, `entries` and `days` of what may be looked for in the files at `paths`."""
        return self.rows_among("SELECT path, entries, days FROM sought WHERE path IN ({})", paths)

    def own_names(self) -> list[tuple[str, bool]]:
        """The names of the customers' own fields, in order, and whether any has a value."""
        rows = self.database.execute("SELECT DISTINCT own FROM asked WHERE own <> ''")
        found = {(name, has_value) for (row,) in rows for name, has_value in json.loads(row)}
        return sorted((name, (name, True) in found) for name in {name for name, _ in found})

    def _insert(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        marks = ", ".join("?" * len(_COLUMNS[table]))
        self.database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608

    def _delete(self, tables: Iterable[str], paths: Iterable[str]) -> None:
        among = [*paths]
        for table in tables:
            if table in self._filled:
                continue
            for at in range(0, len(among), _AT_ONCE):
                part = among[at : at + _AT_ONCE]
                marks = ", ".join("?" * len(part))
                self.database.execute(f"DELETE FROM {table} WHERE path IN ({marks})", part)  # noqa: S608

    def customer(self, path: str) -> Customer | None:
        """The customer of the file at `path`, without the log."""
        return next(iter(self.customers_at([path])), None)

    def customers_at(self, paths: Iterable[str]) -> Iterator[Customer]:
        """The customers of the files at `paths`, without the log."""
        return self._customers(self._facts_at(paths))

    def _facts_at(self, paths: Iterable[str]) -> list[tuple[str]]:
        return self.rows_among("SELECT facts FROM customer WHERE path IN ({}) ORDER BY path", paths)

    def customers_once(self, paths: Iterable[str]) -> Iterator[Customer]:
        """What `customers_at` gives, for somebody who goes over many and comes back to none: they are not kept known."""
        from ptcrm.model.customer import Customer

        return (load_later(Customer, facts) for (facts,) in self._facts_at(paths))

    def customers(self) -> Iterator[Customer]:
        """Every customer without the log, in the order of the paths."""
        return self._customers(self.database.execute("SELECT facts FROM customer ORDER BY path"))

    def _customers(self, rows: Iterable[tuple[str]]) -> Iterator[Customer]:
        """The customers of these rows; half of the commands ask for none."""
        from ptcrm.model.customer import Customer

        return (self.memo.load_later(Customer, facts) for (facts,) in rows)

    def items(self) -> Iterator[Item]:
        """What is in the library, in the order of the paths."""
        from ptcrm.model.item import Item

        for (facts,) in self.database.execute("SELECT facts FROM item ORDER BY path"):
            yield self.memo.load(Item, facts)

    def diagnostics(self, of: str | None = None, codes: frozenset[str] = USUAL) -> list[Diagnostic]:
        """What reading the files found of these codes; `of` names a single file."""
        marks = ", ".join("?" * len(codes))
        query = f"SELECT facts FROM diagnostic WHERE code IN ({marks}) AND (? IS NULL OR path = ?)"  # noqa: S608
        return [load(Diagnostic, facts) for (facts,) in self.database.execute(query, (*codes, of, of))]

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows of a query of the index's own."""
        return self.database.execute(query, values).fetchall()

    def rows_among(self, query: str, values: Iterable[object], *more: object) -> list[Any]:
        """The rows of a query for any number of values, which stand at its `{}`, some hundred at once.

        Order and distinctness are those of one part. `more` are the values behind them.
        """
        among, found = [*values], []
        for at in range(0, len(among), _AT_ONCE):
            part = among[at : at + _AT_ONCE]
            found += self.rows(query.format(", ".join("?" * len(part))), *part, *more)
        return found

    # What is owed

    def outdated(self, today: date) -> list[str]:
        """The paths of customers for whom what is owed is not known for `today`."""
        query = """SELECT path FROM recalled UNION SELECT path FROM standing WHERE valid_from > ?1
            UNION SELECT path FROM standing WHERE valid_until <= ?1"""
        return [path for (path,) in self.database.execute(query, (today.isoformat(),))]

    def recall(self, paths: Iterable[str]) -> None:
        """Make what is owed to the customers at `paths` outdated: a touch or a field of theirs has changed."""
        among = [*paths]
        self._delete(["standing"], among)
        query = "INSERT OR IGNORE INTO recalled SELECT path FROM customer WHERE path IN ({})"
        self.rows_among(query, among)

    def owe(self, owed: Mapping[str, Obligations]) -> None:
        """Keep what is owed to the customers at these paths, in the place of what was."""
        self._delete(("recalled", *OWED), owed)
        self._drop_plan()
        self._insert(
            "standing",
            (
                (
                    path,
                    one.valid_from.isoformat(),
                    one.valid_until.isoformat(),
                    dump_apart(one.standing),
                )
                for path, one in owed.items()
            ),
        )
        contacts = ((path, contact) for path, one in owed.items() for contact in one.contacts)
        self._insert("contact", ((*Contact.of(path, one)[:-1], None, dump(one)) for path, one in contacts))
        days = ((path, day) for path, one in owed.items() for day in one.yearly)
        self._insert("yearly", ((path, day.kind, _day_of_year(day.day), dump(day)) for path, day in days))

    def standing(self, path: str) -> Standing | None:
        """Where the cadence of the customer at `path` stands."""
        return next((standing for _, standing in self.people([path])), None)

    def people(self, paths: Iterable[str]) -> Iterator[tuple[dict[str, Any], Standing]]:
        """What the files at `paths` say of their customers, as JSON has it, each with where the cadence stands."""
        query = "SELECT customer.facts, standing.facts FROM customer JOIN standing USING (path) WHERE path IN ({})"
        for facts, standing in self.rows_among(query, paths):
            yield json.loads(facts.partition("\n")[0]), self.memo.load(Standing, standing)

    def standings(self, paths: Iterable[str] | None = None) -> dict[str, Standing]:
        """Where every cadence stands, by path; with `paths`, those of these customers."""
        query = "SELECT path, facts FROM standing"
        rows = self.rows(query) if paths is None else self.rows_among(f"{query} WHERE path IN ({{}})", paths)
        return {path: self.memo.load_later(Standing, facts) for path, facts in rows}

    def cadences(self, paths: Iterable[str] | None = None) -> dict[str, Interval]:
        """The cadence of everybody whom it asks for contacts, by path; with `paths`, of these customers.

        Read as plain JSON: of a whole vault, building the standings takes three times as long.
        """
        query, known = "SELECT path, facts FROM standing", dict[tuple[int, int], Interval]()
        rows = self.rows(query) if paths is None else self.rows_among(f"{query} WHERE path IN ({{}})", paths)
        found = dict[str, Interval]()
        for path, facts in rows:
            plain = json.loads(facts.partition("\n")[0])
            if "due" in plain:
                cadence = plain["cadence"]
                key = cadence.get("days", 0), cadence.get("months", 0)
                found[path] = known.get(key) or known.setdefault(key, Interval(*key))
        return found

    def contacts(self, until: date, paths: Iterable[str] | None = None) -> list[Contact]:
        """What may be planned up to `until` (included); with `paths`, of these customers."""
        if paths is None:
            return [*self.movable(until), *self._contacts("fixed = 1 AND ready <= ?", until)]
        query = f"SELECT {_OF_CONTACT} FROM contact WHERE path IN ({{}}) AND ready <= ?"  # noqa: S608
        return list(map(Contact._make, self.rows_among(query, paths, until.toordinal())))

    def movable(self, until: date) -> list[Contact]:
        """What may be planned up to `until` (included), and may stand on a later day than it is due."""
        return self._contacts("fixed = 0 AND ready <= ?", until)

    def _contacts(self, where: str, until: date) -> list[Contact]:
        query = f"SELECT {_OF_CONTACT} FROM contact WHERE {where}"  # noqa: S608
        return list(map(Contact._make, self.database.execute(query, (until.toordinal(),))))

    def fixed_days(self) -> list[tuple[str, int]]:
        """Path and day of every contact that does not move."""
        return self.rows("SELECT path, ready FROM contact WHERE fixed = 1")

    def obligations(self, contacts: list[Contact]) -> Iterator[Obligation]:
        """What is owed by each of `contacts`, in their order."""
        numbers = [one.number for one in contacts]
        facts = dict(self.rows_among("SELECT number, facts FROM contact WHERE number IN ({})", numbers))
        return (self.memo.load(Obligation, facts[one.number]) for one in contacts)

    def yearly(self, paths: Iterable[str] | None = None) -> list[tuple[str, Yearly]]:
        """Every birthday, occasion and reminder with its customer's path; with `paths`, those of these customers."""
        query = "SELECT path, facts FROM yearly"
        rows = self.rows(query) if paths is None else self.rows_among(f"{query} WHERE path IN ({{}})", paths)
        return self._yearly(rows)

    def yearly_on(self, first: date, last: date) -> list[tuple[str, Yearly]]:
        """Those of `yearly` that return on a day from `first` to `last` (both included), and perhaps others, by path."""
        ranges = " OR ".join(f"day BETWEEN {begin} AND {end}" for begin, end in _parts_of_year(first, last))
        return self._yearly(self.rows(f"SELECT path, facts FROM yearly WHERE {ranges} ORDER BY path"))  # noqa: S608

    def _yearly(self, rows: Iterable[tuple[str, str]]) -> list[tuple[str, Yearly]]:
        return [(path, self.memo.load(Yearly, facts)) for path, facts in rows]

    # The plan

    def owed_version(self) -> str:
        """What is another one as soon as what is owed to anybody is."""
        row = self.database.execute("SELECT value FROM meta WHERE key = 'owed'").fetchone()
        return row[0] if row else ""

    def _drop_plan(self) -> None:
        """Forget where contacts stand, since they are other ones."""
        self.database.execute("INSERT OR REPLACE INTO meta VALUES ('owed', ?)", (_new_token(),))
        self.database.execute("DELETE FROM plan")

    def plan(self, key: str) -> dict[int, int] | None:
        """Where contacts stand on the day, and under the circumstances, that `key` names, as `keep_plan` had it."""
        row = self.database.execute("SELECT numbers, days FROM plan WHERE key = ?", (key,)).fetchone()
        return row and dict(zip(*map(_numbers_in, row), strict=True))

    def keep_plan(self, key: str, version: str, days: Mapping[int, int]) -> None:
        """Keep the day of each contact by its row, if the rows are those of this `version` still."""
        with self.writing():
            if self.owed_version() == version:
                self.database.execute("DELETE FROM plan")
                self._insert("plan", [(key, _in_bytes(days.keys()), _in_bytes(days.values()))])

    def stands(self, paths: Iterable[str] | None = None) -> list[tuple[str, int, int]]:
        """Path, row, and the day if it does not move, else 0, of each contact; with `paths`, of these customers."""
        query = "SELECT path, number, iif(fixed, ready, 0) FROM contact"
        return self.rows(query) if paths is None else self.rows_among(f"{query} WHERE path IN ({{}})", paths)

    # Events

    def events(self, feed: str) -> list[tuple[bytes, str, str, bytes]]:
        """The events of a feed as they were last written: what each says as a digest, identity, place, lines."""
        query = "SELECT key, uid, place, content FROM event WHERE feed = ?"
        return self.rows(query, feed)

    def keep_events(
        self, feed: str, gone: Iterable[bytes], new: Mapping[bytes, tuple[str, str, bytes]]
    ) -> None:
        """Keep `new` events of a feed, and forget those that are `gone`."""
        with self.writing():
            self.database.executemany(
                "DELETE FROM event WHERE feed = ? AND key = ?", ((feed, key) for key in gone)
            )
            query = "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?)"
            self.database.executemany(query, ((feed, key, *event) for key, event in new.items()))

    # Problems

    def problems(self, key: str) -> tuple[int, int] | None:
        """How many errors and warnings there are under the circumstances that `key` names, if that is known."""
        query = "SELECT errors, warnings FROM counted WHERE key = ?"
        row: tuple[int, int] | None = self.database.execute(query, (key,)).fetchone()
        return row

    def keep_problems(self, token: str, key: str, counts: tuple[int, int]) -> None:
        """Keep how many errors and warnings there are, if the files are those of this `token` still."""
        with self.writing():
            if self.token() == token:
                self.database.execute("DELETE FROM counted")
                self._insert("counted", [(key, *counts)])

    # Settings

    def settings(self) -> tuple[Config, tuple[Diagnostic, ...]] | None:
        """What ptcrm.yaml says, and what is wrong with it, if that is known; rows are never those of another one."""
        row = self.database.execute("SELECT config, problems FROM settings").fetchone()
        if row is None:
            return None
        from ptcrm.model.config import Config

        return load(Config, row[0]), tuple(load(Diagnostic, line) for line in row[1].splitlines())

    def keep_settings(self, config: Config, problems: Iterable[Diagnostic]) -> None:
        """Keep what ptcrm.yaml says, and what is wrong with it."""
        row = (dump(config), "\n".join(map(dump, problems)))
        with contextlib.suppress(sqlite3.DatabaseError), self.writing():
            self.database.execute("DELETE FROM settings")
            self.database.execute("INSERT INTO settings VALUES (?, ?)", row)

    # Answers

    def keep_answer(self, question: bytes, folders: Iterable[str], answer: Answer) -> None:
        """Keep what was answered from the rows that are held; nothing is done if there are others by now.

        Raises `sqlite3.DatabaseError`, at once if another process is writing.
        """
        token = self.token()
        if token is None or not self.is_kept:
            return
        self.database.execute("PRAGMA busy_timeout = 0")
        with self.writing():
            if self.token() == token:
                answers.keep(self.database, question, folders, answer)

    # Commits

    def past_note(self) -> tuple[str, list[str]]:
        """Of which repository commits are kept, and the newest ones of them; nothing of none."""
        row = self.database.execute("SELECT value FROM meta WHERE key = 'past'").fetchone()
        key, *tips = json.loads(row[0]) if row else [""]
        return key, tips

    def keep_past(
        self,
        key: str,
        tips: list[str],
        commits: Iterable[Sequence[object]],
        changes: Iterable[Sequence[object]],
    ) -> None:
        """Keep commits and what they changed, in rows of `past` and `past_change`; those of another `key` go."""
        with self.writing():
            if self.past_note()[0] != key:
                self.database.execute("DELETE FROM past")
                self.database.execute("DELETE FROM past_change")
            self.database.executemany("INSERT INTO past VALUES (?, ?, ?, ?, ?)", commits)
            self.database.executemany("INSERT INTO past_change VALUES (?, ?, ?, ?, ?)", changes)
            note = json.dumps([key, *tips])
            self.database.execute("INSERT OR REPLACE INTO meta VALUES ('past', ?)", (note,))

    def holidays(self, key: str) -> dict[date, str] | None:
        """The public holidays that were kept as `key`, with their names."""
        row = self.database.execute("SELECT facts FROM holidays WHERE key = ?", (key,)).fetchone()
        return {date.fromisoformat(day): name for day, name in json.loads(row[0]).items()} if row else None

    def keep_holidays(self, key: str, days: dict[date, str]) -> None:
        """Keep public holidays as `key`."""
        facts = json.dumps({day.isoformat(): name for day, name in days.items()}, ensure_ascii=False)
        self.database.execute("INSERT OR REPLACE INTO holidays VALUES (?, ?)", (key, facts))


def _new_token() -> str:
    """What no other note or plan is told by (`secrets` would load half of Python's numbers)."""
    return os.urandom(8).hex()


def _in_bytes(numbers: Collection[int]) -> bytes:
    """Numbers in as little room, and as little time, as can be."""
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _numbers_in(row: bytes) -> tuple[int, ...]:
    """The numbers that `_in_bytes` made bytes of."""
    return struct.unpack(f"<{len(row) // 4}I", row)


def _day_of_year(day: Anniversary | date) -> int:
    """The month and the day as one number: 1231 is the last."""
    return 100 * day.month + day.day


def _parts_of_year(first: date, last: date) -> list[tuple[int, int]]:
    """The days of the year from `first` to `last`, and one on either side, since leap days move."""
    if (last - first).days > _NEARLY_A_YEAR:
        return [(0, _NEW_YEARS_EVE)]
    begin, end = _day_of_year(later(first, _A_DAY, -1)), _day_of_year(later(last, _A_DAY))
    return [(begin, end)] if begin <= end else [(begin, _NEW_YEARS_EVE), (0, end)]


def _connect(place: Path) -> sqlite3.Connection:
    """A connection to the file at `place`, which only its owner may read."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if _is_cut_off(os.read(opened, _HEADER_BYTES), os.fstat(opened).st_size):
            raise sqlite3.DatabaseError("the file is cut off")
    finally:
        os.close(opened)
    database = sqlite3.connect(place, isolation_level=None, timeout=10)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA wal_autocheckpoint = 5000")  # pages; a thousand files are some of them
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _is_cut_off(header: bytes, size: int) -> bool:
    """Whether a file lacks pages that its header counts; SQLite would read zeros in their place."""
    page, pages = int.from_bytes(header[16:18]), int.from_bytes(header[28:32])
    return size < (65536 if page == 1 else page) * pages
