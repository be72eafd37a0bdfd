"""The vault with a day: everything a command or server asks for, and the only place that reads the clock."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, tzinfo
from functools import cached_property, partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from ptcrm.errors import NotFoundError, QueryError, RefusedError, UsageError
from ptcrm.model.change import Operation
from ptcrm.model.dates import Interval, later
from ptcrm.model.diagnostic import ERRORS, USUAL, Diagnostic, Problem, Severity
from ptcrm.model.occurrence import FOREVER
from ptcrm.schedule.plan import (
    Arranged,
    Rules,
    Who,
    arrange,
    in_order,
    next_yearly_days,
    occurrences,
    open_reminders,
    yearly_days,
)
from ptcrm.schedule.workdays import WorkDays
from ptcrm.text.fold import fold, same_id
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault import replace as files
from ptcrm.vault import store
from ptcrm.vault.answers import Answer, looked_at, no_file
from ptcrm.vault.cache import Cache, is_damage
from ptcrm.vault.index import Facts, FileRead, Index, Look, Match, facts_of, is_older, nothing_but
from ptcrm.vault.journal import Journal
from ptcrm.vault.places import place_of, stamp_of, user_folder
from ptcrm.vault.scan import see
from ptcrm.vault.settings import Settings, read_settings, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping

    from ptcrm.checks import Copy
    from ptcrm.formats.ics import Event
    from ptcrm.model.customer import Customer
    from ptcrm.model.occurrence import Contact, Obligations, Occurrence, Yearly
    from ptcrm.query.configured import ConfiguredQuery
    from ptcrm.query.fields import Forecast
    from ptcrm.query.nodes import Facts as QueryFacts
    from ptcrm.query.nodes import Query
    from ptcrm.schedule.campaigns import Mailing
    from ptcrm.schedule.demand import Demand
    from ptcrm.schedule.playbooks import Run
    from ptcrm.schedule.why import Case
    from ptcrm.vault.abridged import Abridged
    from ptcrm.vault.answers import Piece
    from ptcrm.vault.forms import Forms
    from ptcrm.vault.listing import Signature
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.prose import TextRows
    from ptcrm.vault.repair import Repair
    from ptcrm.vault.schema import Reading

_TRIES = 3  # another process may read files while this one works out what follows
_JUST_NOW_NS = int(files.SETTLE_SECONDS * 1e9)
_ALWAYS = (0, 2**62)
_FEW = 8  # files that are looked at rather than read anew
_AT_ONCE = 500  # customers whose obligations are worked out together
_A_YEAR_KNOWN = 2026  # to the package of holidays


class Listed(NamedTuple):
    """What to do, in the order of the days, and how many contacts more wait for a day."""

    occurrences: list[Occurrence]
    waiting: int


class _Worked:
    """What was worked out from rows, and still holds after a refresh for those on whom no change bears.

    `people` and `returns` (what is yearly, next time) are by path, `contacts` by day and row.
    """

    def __init__(self) -> None:
        self.people: dict[str, Who] = {}
        self.contacts: dict[tuple[int, Contact], Occurrence] = {}
        self.returns: dict[str, list[Occurrence]] = {}

    def forget(self, paths: Collection[str]) -> None:
        """Forget the customers at `paths`."""
        if paths:
            for known in (self.people, self.returns):
                for path in paths:
                    known.pop(path, None)
            self.contacts = {key: one for key, one in self.contacts.items() if key[1].path not in paths}


class Workspace:
    """An open vault on one day. `today` is the day given, else today in the vault's time zone.

    One that is opened `for_names` knows who is who, and can change one file. Nothing is planned in it, and what is
    new in a log may wait for those who ask. `heard` is told while files are read how many of how many have been.
    """

    def __init__(  # noqa: PLR0913  # what it opens, and how
        self,
        root: Path,
        today: date | None,
        cache_folder: Path | None,
        state_folder: Path,
        *,
        for_names: bool = False,
        heard: Callable[[int, int], None] | None = None,
    ) -> None:
        self.root, self._folder, self._heard = root, store.identity(root), heard
        place = place_of(root)
        self.journal = Journal(state_folder / place)
        try:
            self.recovered = store.recover(root, self.journal)
        except RefusedError as error:  # whoever only asks can go on; whoever writes tries again
            self.recovered = str(error)
        self._settings = settings_of(root)
        self._cache_file = cache_folder and cache_folder / f"{place}.sqlite"
        self.cache = Cache.open(self._cache_file, stamp_of(self._settings))
        self.config, self.config_problems = self.cache.settings() or self._read_settings()
        self.today, self._at, self._is_given = today or date.min, str(today), today is not None
        if today is None:
            now = datetime.now(self.zone)
            self.today, self._at = now.date(), now.strftime("%Y-%m-%d %H:%M")
        self._worked, self._others = _Worked(), 0
        self._new_events: dict[str, tuple[set[bytes], dict[bytes, Event]]] = {}
        self._new_problems: tuple[str, str, tuple[int, int]] | None = None
        self._new_plan: tuple[str, str, Arranged] | None = None
        self._new_holidays: dict[str, dict[date, str]] = {}
        self._ahead: dict[str, FileRead] = {}
        self._new_texts: dict[str, tuple[Signature | None, TextRows]] = {}
        self._last: Reading | None = None  # commands that write one file read it twice
        self._changing: Abridged | None = None
        self._for_names = for_names
        self.renew()

    @classmethod
    def at(cls, folder: str | os.PathLike[str], today: date | None = None) -> Self:
        """The vault in `folder`, open, with the user's own cache and undo store; `with` closes it.

        `today` None is today in the vault's time zone. Raises `NotFoundError` if there is no vault, `PtcrmError`
        if its ptcrm.yaml cannot be read.
        """
        root = Path(folder).expanduser().absolute()
        if not (root / store.CONFIG_NAME).is_file():
            raise store.no_vault(root)
        return cls(root, today, Path(user_folder("cache")), Path(user_folder("state")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is remembered; nothing can be asked afterwards."""
        if self._new_holidays:
            with contextlib.suppress(sqlite3.DatabaseError), self.cache.writing():
                for key, days in self._new_holidays.items():
                    self.cache.keep_holidays(key, days)
        self._keep_texts()
        self._keep_plan()
        for feed, (gone, new) in self._new_events.items():
            with contextlib.suppress(sqlite3.DatabaseError):
                self.cache.keep_events(feed, gone, new)
        if self._new_problems:
            with contextlib.suppress(sqlite3.DatabaseError):
                self.cache.keep_problems(*self._new_problems)
        self.cache.close()

    @property
    def index(self) -> Index:
        """The questions that can be asked of the rows."""
        return Index(self.cache)

    @property
    def zone(self) -> tzinfo | None:
        """The vault's time zone; None is the system's."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.config.timezone) if self.config.timezone else None

    @cached_property
    def reader(self) -> LineReader:
        """What reads the lines of logs and follow-ups."""
        from ptcrm.vault.log import LineReader

        return LineReader.of(self.config)

    @cached_property
    def forms(self) -> Forms:
        """What makes rows of them."""
        from ptcrm.vault.forms import Forms

        return Forms.of(self.config)

    def is_outlived(self) -> bool:
        """Whether ptcrm.yaml, the vault's folder or the day is no longer the one that this was opened with."""
        try:
            settings = store.read_file(self.root, store.CONFIG_NAME)
        except OSError:
            return True
        is_over = not self._is_given and datetime.now(self.zone).date() != self.today
        return is_over or settings != self._settings or store.identity(self.root) != self._folder

    def _read_settings(self) -> Settings:
        """What ptcrm.yaml says, kept for the next time."""
        found = read_settings(self._settings)
        self.cache.keep_settings(*found)
        return found

    # Reading

    def refresh(self) -> None:
        """Read what has changed since last time, and work out anew what follows from it."""
        self._meant: dict[str, list[Customer]] = {}
        self._keep_texts()
        self.cache.release()  # what another process has written since counts, too
        look = self._look()
        if look.gone or any(0 <= look.seen_ns - one.mtime_ns < _JUST_NOW_NS for one in look.changed.values()):
            files.pause()  # an editor may be halfway through a save
            look = self._look()
        self.listing = look.listing
        known = self._telling(partial(self._known, look.seen_ns), len(look.changed))
        if self._for_names:
            if not self._are_as_known(look):
                self.index.refresh(look, known)
            self.cache.hold()
            return
        self.index.refresh(look, known)
        self._ahead.clear()
        anew = {*look.changed, *look.gone} | self._work_out()
        if self.cache.others != self._others:  # what they changed is not known
            self._worked, self._others = _Worked(), self.cache.others
        elif anew:
            self._worked.forget(anew)
        else:
            return
        self.cache.memo.turn()

    def _are_as_known(self, look: Look) -> bool:
        """Whether the files that have changed are few, and say what they said, but for their logs."""
        return not look.gone and len(look.changed) <= _FEW and all(map(self._is_as_known, look.changed))

    def _is_as_known(self, path: str) -> bool:
        """Whether the file at `path` says what it said when its rows were made, but for its log and its links."""
        known = self.cache.customer(path)
        if known is None or self.cache.diagnostics(path, ERRORS):
            return False
        try:
            found = self._abridged(path).reading
        except (OSError, UndecodableError):
            return False
        if found.customer is None or any(one.severity is Severity.ERROR for one in found.diagnostics):
            return False
        return replace(found.customer, log=(), links=()) == replace(known, links=())

    def _abridged(self, path: str) -> Abridged:
        """The file at `path`, read anew, perhaps without the middle of its log; raises OSError or UndecodableError."""
        from ptcrm.vault.abridged import abridged

        source, last = Source.decode(path, store.read_file(self.root, path)), self._changing
        if last is None or last.whole.path != path or last.whole != source:
            last = self._changing = abridged(source, self.reader)
        return last

    def read_ahead(self, path: str) -> None:
        """Read the customer's file at `path` for the next refresh, which takes this if the file is still the same then.

        Nothing is done for a file that is known, or that changed too short a time ago to be sure of.
        """
        now_ns = time.time_ns()
        with contextlib.suppress(OSError):
            signature, ahead = store.signature(self.root, path), self._ahead.get(path)
            is_known = signature in (self.listing.files.get(path), ahead and ahead.signature)
            if not is_known and is_older(signature, now_ns) and path.endswith(".md"):
                self._ahead[path] = FileRead(path, signature, now_ns, self._facts(path))

    def _telling(self, read: Callable[[str, Signature], FileRead], total: int) -> Callable[..., FileRead]:
        """What reads a file, and then tells how many of `total` have been read, if somebody wants to hear it."""
        heard, numbers = self._heard, count(1)
        if heard is None:
            return read

        def telling(path: str, signature: Signature) -> FileRead:
            found = read(path, signature)
            heard(next(numbers), total)
            return found

        return telling

    def _known(self, now_ns: int, path: str, signature: Signature) -> FileRead:
        """What the file at `path` says, whose signature was seen at this time."""
        ahead = self._ahead.get(path)
        return (
            ahead
            if ahead and ahead.signature == signature
            else FileRead(path, signature, now_ns, self._facts(path))
        )

    def renew(self) -> None:
        """Refresh, and go on without what is remembered if that cannot be used any more."""
        try:
            self.refresh()
        except sqlite3.DatabaseError as error:
            # a full disk, a lock that stays, a damaged file, one begun anew
            self.close()
            if self._cache_file and is_damage(error):
                from ptcrm.vault.cache_file import delete

                with contextlib.suppress(OSError, sqlite3.DatabaseError):
                    delete(self._cache_file)
            self.cache = Cache.open(None, self.cache.stamp)
            self.refresh()

    def _work_out(self) -> set[str]:
        """Work out what is owed to those for whom it is not known, and hold the rows; the paths of their files."""
        done: set[str] = set()
        for _ in range(_TRIES):
            self.cache.hold()
            paths = self.cache.outdated(self.today)
            if not paths:
                return done
            done.update(paths)
            with self.cache.writing():
                for at in range(0, len(paths), _AT_ONCE):
                    self.cache.owe(self._owed(paths[at : at + _AT_ONCE]))
        self.cache.hold()
        return done

    def _look(self) -> Look:
        """What differs from last time."""
        now_ns = time.time_ns()
        return self.index.look(see(self.root, self.config.customers), now_ns)

    def _facts(self, path: str) -> Facts:
        """What the file at `path` says; every failure is a diagnostic on that file alone."""
        try:
            return facts_of(self.read(path), self.forms)
        except UndecodableError as error:
            hint = "Save it as UTF-8."
            found = Diagnostic("PT001", path, 1, 1, f"this file is not UTF-8 (byte {error.offset})", hint)
        except OSError as error:
            why = error.strerror or str(error)
            found = Diagnostic("PT009", path, 1, 1, f"this file is left out: {why}", "Make it readable.")
        except Exception as error:  # whatever it is, the other files can be read
            if "PTCRM_DEBUG" in os.environ:
                raise
            why = f"something went wrong inside ptcrm ({type(error).__name__}: {error})"
            hint = "Run it again with PTCRM_DEBUG=1 to see where, and report it."
            found = Diagnostic("PT009", path, 1, 1, why, hint)
        return nothing_but((found,))

    def _owed(self, paths: list[str]) -> dict[str, Obligations]:
        """What is owed to each of the customers at `paths`."""
        from ptcrm.schedule.obligations import obligations

        touches = self.index.touches_of(paths)
        return {
            one.path: obligations(one, touches[one.path], self.config, self.today)
            for one in self.cache.customers_at(paths)
        }

    def read(self, path: str) -> Reading:
        """The file at `path`, read anew; raises OSError or UndecodableError."""
        from ptcrm.vault.schema import read_customer

        source, last = Source.decode(path, store.read_file(self.root, path)), self._last
        if last is None or last.document.source.path != path or last.document.source != source:
            last = self._last = read_customer(source, self.reader)
        return last

    def reading(self, match: Match) -> Reading:
        """The customer's file as it is now; raises `RefusedError` if it can no longer be read."""
        try:
            reading = self.read(match.path)
        except (OSError, UndecodableError) as error:
            raise RefusedError(f"{match.path}: it cannot be read ({error})") from error
        return _of_customer(reading)

    def changing(self, match: Match) -> Abridged:
        """The customer's file as it is now, to be changed; raises `RefusedError` as `reading`."""
        try:
            found = self._abridged(match.path)
        except (OSError, UndecodableError) as error:
            raise RefusedError(f"{match.path}: it cannot be read ({error})") from error
        _of_customer(found.reading)
        return found

    def text(self, path: str) -> str | None:
        """The text of the file at `path`; None if it cannot be read."""
        try:
            return Source.decode(path, store.read_file(self.root, path)).text
        except (OSError, UndecodableError):
            return None

    def keep_events(self, feed: str, before: Mapping[bytes, Event], now: Mapping[bytes, Event]) -> None:
        """Keep the events that a feed has `now` until the next time, if they are not those that it had `before`."""
        if self.cache.is_kept and before.keys() != now.keys():
            new = {key: event for key, event in now.items() if key not in before}
            self._new_events[feed] = before.keys() - now.keys(), new

    def keep_answer(self, question: bytes, pieces: list[Piece], files: Iterable[str]) -> None:
        """Keep what was printed in answer to a `question`, which follows from these `files` besides the vault.

        Each file is a line of `looked_at`, from before it was read. Nothing is kept if something was, or has to
        be, recovered.
        """
        if self.recovered or self.journal.has_pending():
            return
        since, until = _ALWAYS
        if not self._is_given:
            next_day = later(self.today, Interval(days=1))
            since, until = (
                int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())
                for day in (self.today, next_day)
            )
        pending = str(self.journal.pending_file)
        follows = [*files, no_file(pending), *filter(None, [self._holidays_seen()])]
        with contextlib.suppress(sqlite3.DatabaseError):
            self.cache.keep_answer(question, self.config.customers, Answer(since, until, follows, pieces))

    # Finding a customer

    def find(self, words: str) -> Match:
        """The one customer whom `words` mean; raises NotFoundError if there is none or more than one."""
        matches = self.index.find(words)
        if len(matches) == 1:
            return matches[0]
        if not matches:
            raise NotFoundError(self._nobody(words))
        shown = "\n".join(f"  {match.id}  ({match.name}, {match.path})" for match in matches[:20])
        more = f"\n  and {len(matches) - 20} more" if len(matches) > 20 else ""
        raise NotFoundError(
            f"“{words}” may mean {len(matches)} customers; name one by the id or the file's name:\n{shown}{more}"
        )

    def broken_path(self, words: str) -> str | None:
        """The one file with errors that has `words` as its stem, or None."""
        stem = same_id(words)
        broken = (one.path for one in self.cache.diagnostics(codes=ERRORS))
        named = {path for path in broken if same_id(path.rpartition("/")[2].removesuffix(".md")) == stem}
        return named.pop() if len(named) == 1 else None

    def name_first(self, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """As many of the first of `words` as still fit somebody, and the other words; a name need not be quoted."""
        count = 1
        while words[count:] and words[count] and self.index.is_named(" ".join(words[: count + 1])):
            count += 1
        return " ".join(words[:count]), words[count:]

    def _nobody(self, words: str) -> str:
        """Why nobody was found: perhaps the file has errors or no front matter, perhaps it is a slip."""
        part = fold(words)
        for one in self.cache.diagnostics():
            if (one.severity is Severity.ERROR or one.code == "PT010") and part and part in fold(one.path):
                return f"{one.path}:{one.line}:{one.column}: {one.message}. Nobody is read from it; see `ptcrm check`."
        near = " or ".join(f"“{name}”" for name in self.index.near(words))
        return f"Nobody here answers to “{words}”. {f'Did you mean {near}?' if near else 'See all with `ptcrm list`.'}"

    # Queries of ptcrm.yaml

    def query(self, asked: ConfiguredQuery) -> Query:
        """The query, which may ask for the customers' own fields.

        Raises `QueryError` if it cannot be read, or `UsageError` if it was typed.
        """
        from ptcrm.query.configured import saved, uses
        from ptcrm.query.fields import vocabulary_of
        from ptcrm.query.lexer import Flaw

        words = vocabulary_of(self.config, (name for name, _ in self.cache.own_names()))
        found = asked.read(words, self.today)
        if not isinstance(found, Flaw):
            return found
        if not asked.place:
            inner = (
                (one, one.read(words, self.today)) for one in saved(self.config) if uses(asked.text, one)
            )
            wrong = next(((one, flaw) for one, flaw in inner if isinstance(flaw, Flaw)), None)
            if wrong is None:
                raise UsageError(asked.complaint(found))
            asked, found = wrong
        line = self.config.line(*asked.place)
        raise QueryError(f"{store.CONFIG_NAME}:{line}: {asked.complaint(found)}")

    def facts(
        self, queries: Iterable[Query], customers: Iterable[Customer]
    ) -> Callable[[Customer], QueryFacts]:
        """From one of the `customers` to what these queries may ask of her."""
        from ptcrm.query.nodes import fields_of
        from ptcrm.vault.known import known

        fields = frozenset[str]().union(*map(fields_of, queries))
        among = list(customers)
        forecasts, texts = self._forecasts(fields, among), self._texts(fields, among)
        currency, today = self.config.currency, self.today
        return known(self.index, fields, among, forecasts, currency=currency, today=today, texts=texts)

    def _forecasts(self, fields: frozenset[str], among: Iterable[Customer]) -> dict[str, Forecast]:
        """What the plan says of the customers, by path; nothing is planned that none of the `fields` asks for."""
        from ptcrm.query.fields import PLANNED, Forecast

        if not fields & PLANNED:
            return {}
        days = self.next_days() if "planned" in fields else {}
        return {
            path: Forecast(one.due, days.get(path), one.state(self.today))
            for path, one in self.cache.standings(one.path for one in among).items()
        }

    def _texts(self, fields: frozenset[str], among: Iterable[Customer]) -> dict[str, tuple[str, str]]:
        """Notes and log of the customers, by path, if the `fields` ask for texts; files are read whose texts are not kept.

        What is read anew is kept when the vault is next looked at or closed, so that the rows that are held stay.
        """
        from ptcrm.query.fields import TEXTS

        if not fields & TEXTS:
            return {}
        customers = {one.path: one for one in among}
        known: dict[str, tuple[str, str]] = self.cache.texts_at(customers)
        missing = {path: one for path, one in customers.items() if path not in known}
        days = self.index.days(missing.keys() - self._new_texts.keys())
        for path, one in missing.items():
            if path not in self._new_texts and (found := self._read_texts(one, days.get(path, {}))):
                self._new_texts[path] = found
            if path in self._new_texts:
                known[path] = self._new_texts[path][1].texts
        return known

    def _read_texts(self, one: Customer, days: dict[int, int]) -> tuple[Signature | None, TextRows] | None:
        """The texts of a customer's file, with its signature if that is sure to be theirs; None if it cannot be read."""
        from ptcrm.vault.prose import text_rows

        try:
            before = store.signature(self.root, one.path)
            source = Source.decode(one.path, store.read_file(self.root, one.path))
            now = store.signature(self.root, one.path)
        except (OSError, UndecodableError):
            return None
        is_settled = max(now.mtime_ns, now.ctime_ns) + _JUST_NOW_NS < time.time_ns()
        return now if is_settled and now == before else None, text_rows(source, one, days)

    def _keep_texts(self) -> None:
        """Keep the texts that were read since the last time, of files whose rows are of the same signature."""
        rows = [(path, now, found) for path, (now, found) in self._new_texts.items() if now]
        self._new_texts.clear()
        if rows:
            with contextlib.suppress(sqlite3.DatabaseError), self.cache.writing():
                self.cache.keep_texts(rows)

    def customers_by(self, asked: ConfiguredQuery) -> list[Customer]:
        """The customers whom the query finds, by path; raises `QueryError` if it cannot be read."""
        return list(self.cache.customers_at(self.paths_by(asked)))

    def paths_by(self, asked: ConfiguredQuery) -> list[str]:
        """The paths of the customers whom the query finds, in order; raises `QueryError` if it cannot be read.

        What is kept of the customers narrows, and the query decides on those who remain.
        """
        from ptcrm.vault.asked import condition_of

        query = self.query(asked)
        condition = condition_of(query)
        if condition is None:
            return self._deciding(query, self.cache.customers())
        found, unread = self.cache.meant_by(condition), self.cache.unread() if condition.asks_texts else []
        sure = {*found} if condition.exact else set()
        unsure = {*found, *unread} - sure
        return sorted([*sure, *self._deciding(query, self.cache.customers_at(sorted(unsure)))])

    def _deciding(self, query: Query, among: Iterable[Customer]) -> list[str]:
        """The paths of those `among` these whom the query means."""
        customers = list(among)
        facts = self.facts([query], customers) if customers else None
        return [one.path for one in customers if facts and query(facts(one))]

    def customers(self, query: str = "") -> list[Customer]:
        """The customers whom `query` finds (docs/query.md), by path and without their logs; all, if it is empty.

        Raises `UsageError` if it cannot be read.
        """
        from ptcrm.query.configured import typed

        return self.customers_by(typed([query]))

    def customer(self, who: str) -> Customer:
        """The one customer whom `who` means, with the log, from the file as it is now.

        Raises `NotFoundError`, and `RefusedError` if the file cannot be read.
        """
        customer = self.reading(self.find(who)).customer
        assert customer is not None  # noqa: S101  # `reading` gives customers alone
        return customer

    # Campaigns

    def meant_by(self, campaign: str) -> list[Customer]:
        """Everybody whom the query of the `campaign` finds; raises `QueryError` if it cannot be read."""
        if campaign not in self._meant:
            from ptcrm.query.configured import of_campaign

            self._meant[campaign] = self.customers_by(of_campaign(self.config, campaign))
        return self._meant[campaign]

    def mailing(self, name: str, day: date) -> Mailing:
        """The mailing of the campaign `name` on `day`; raises `QueryError` if its query cannot be read."""
        from ptcrm.schedule.campaigns import mailing

        return mailing(name, day, self.meant_by(name), self.index.reached, self.config)

    def mailings(self, until: date) -> list[Mailing]:
        """The mailing of each campaign that stands up to `until`, or was to go out lately.

        A campaign whose query cannot be read has none; `check` says so.
        """
        from ptcrm.schedule.campaigns import next_day

        found = []
        for name, campaign in self.config.campaigns.items():
            day = next_day(campaign, self.today, self.config.occasions.leap_day)
            lead = self.config.occasions.lead_of(name, "campaign")
            if day is not None and (day if lead is None else later(day, lead[1], -1)) <= until:
                with contextlib.suppress(QueryError):
                    found.append(self.mailing(name, day))
        return found

    # The plan

    @cached_property
    def workdays(self) -> WorkDays:
        """The days that are worked."""
        return WorkDays(self.config.working_days, self.config.away, self._holidays)

    def _holidays(self, year: int) -> dict[date, str]:
        """The public holidays of the configured country in `year`."""
        if self.config.country is None:
            return {}
        from importlib.metadata import version

        from ptcrm.schedule.workdays import public_holidays

        key = f"{self.config.country} {year} {version('holidays')}"
        known = self.cache.holidays(key)
        if known is None:
            known = public_holidays(self.config.country, year) or {}
            self._new_holidays[key] = known
        return known

    def arranged(self, until: date) -> Arranged:
        """Where all contacts up to `until` (included) stand, and which found no place."""
        if until < FOREVER:
            return self._arranged(until)
        if self._knows_plan():
            return Arranged(*self.cache.placed(), Counter(self.cache.load_from(self.today)))
        found = self._arranged(until)
        self._new_plan = self._plan_key, self.cache.owed_version(), found
        return found

    def _arranged(self, until: date) -> Arranged:
        """Where contacts stand, worked out."""
        from ptcrm.schedule.campaigns import busy_days

        gap = (later(self.today, self.config.min_gap) - self.today).days
        mailings = self.mailings(later(until, self.config.min_gap))
        rules = Rules(
            self.workdays,
            self.config.capacity.per_day,
            self.config.capacity.intake,
            gap,
            busy_days(mailings, self.config),
        )
        return arrange(self.cache.contacts(later(until, self.config.min_gap)), rules, self.today, until)

    @cached_property
    def _plan_key(self) -> str:
        """What the plan of the whole vault follows from besides rows and settings."""
        return f"{self.today} {self._holidays_seen()}"

    def _holidays_seen(self) -> str:
        """The version of the public holidays in use, as the line of a file; nothing if there are none."""
        from importlib.util import find_spec

        found = find_spec("holidays") if self.config.country else None
        return looked_at(found.origin) if found and found.origin else ""

    def _knows_plan(self) -> bool:
        return self.cache.has_plan(self._plan_key)

    def _keep_plan(self) -> None:
        """Keep the plan of the whole vault, if it was worked out and is still right."""
        if self._new_plan and self.cache.is_kept:
            key, version, (days, waiting, _) = self._new_plan
            rows = [*days, *((None, one) for one in waiting)]
            with contextlib.suppress(sqlite3.DatabaseError):
                self.cache.keep_plan(key, version, rows)
        self._new_plan = None

    def next_days(self) -> dict[str, date]:
        """The day on which the next contact of each customer stands, by path."""
        if self._knows_plan():
            return {path: date.fromordinal(day) for path, day in self.cache.next_days().items()}
        days: dict[str, int] = {}
        for day, one in self.arranged(FOREVER).days:
            days[one.path] = min(day, days.get(one.path, day))
        return {path: date.fromordinal(day) for path, day in days.items()}

    def demand(self) -> Demand:
        """What the cadences of all customers ask for in a year, and what the days from today on hold."""
        from ptcrm.schedule.demand import YEAR, demand

        now = self.today.toordinal()
        cadences = (one.cadence for one in self.cache.standings().values())
        worked = self.workdays.count(now, now + YEAR - 1)
        return demand(cadences, self.config.capacity.per_day, worked)

    def plan(self, until: date, only: Container[str] | None = None) -> list[Occurrence]:
        """The contacts and campaigns planned up to `until` (included); with `only`, of customers at these paths.

        Of a campaign that is its part that goes to them.
        """
        from ptcrm.schedule.campaigns import entries

        days, mailings = self.arranged(until).days, self.mailings(until)
        if only is not None:
            days = [(day, one) for day, one in days if one.path in only]
            mailings = [one.among(only) for one in mailings]
        campaigns = entries(mailings, self.config, self.today, until)
        return sorted([*self._occurrences(days), *campaigns], key=in_order)

    def listed(
        self, until: date, only: Container[str] | None = None, *, whole: bool = False, snoozed: bool = False
    ) -> Listed:
        """What to list up to `until` (included), and how many more wait for a day; with `only`, of these paths.

        The `whole` has those who wait as well; what then still waits finds no day at all. What stands on a day
        before its customer's snooze ends is listed only among the `snoozed` (FORMAT §4).
        """
        from ptcrm.schedule.campaigns import entries

        days, waiting, _ = self.arranged(FOREVER if whole else until)
        if whole:
            end = until.toordinal()
            days = [(day, one) for day, one in days if one.ready <= end]
            waiting = [one for one in waiting if one.ready <= end]
        owed, mailings = self._yearly(self._reminders(until)), self.mailings(until)
        if only is not None:
            days = [(day, one) for day, one in days if one.path in only]
            waiting = [one for one in waiting if one.path in only]
            owed = [(who, one) for who, one in owed if who.path in only]
            mailings = [one.among(only) for one in mailings]
        found = [
            *self._occurrences(days),
            *entries(mailings, self.config, self.today, until),
            *open_reminders(owed, self.config.occasions.leap_day, self.today, until),
        ]
        shown = [one for one in found if snoozed or max(one.planned, self.today) >= one.quiet_until]
        return Listed(sorted(shown, key=in_order), len(waiting))

    def _reminders(self, until: date) -> list[tuple[str, Yearly]]:
        """The reminders ahead of what is yearly that may stand on a day up to `until`, and perhaps others."""
        leads = self.config.occasions.lead.values()
        last = max((later(until, ahead) for ahead in leads), default=until)
        return [row for row in self.cache.yearly(days=(self.today, last)) if row[1].kind == "lead"]

    def _occurrences(self, days: list[tuple[int, Contact]]) -> list[Occurrence]:
        """The contacts that stand on `days`, in their order."""
        known = self._worked.contacts
        if missing := [place for place in days if place not in known]:
            who = self._whos(row.path for _, row in missing)
            owed = self.cache.obligations([row for _, row in missing])
            details = [(who[row.path], one) for (_, row), one in zip(missing, owed, strict=True)]
            known.update(zip(missing, occurrences(missing, details, self.today), strict=True))
        return [known[place] for place in days]

    def _whos(self, paths: Iterable[str]) -> dict[str, Who]:
        """What occurrences need to know of the customers at `paths` (and perhaps of others), by path."""
        known = self._worked.people
        for one, standing in self.cache.people({*paths} - known.keys()):
            phone, url = next(iter(one.get("phones", ())), None), next(iter(one.get("urls", ())), None)
            path, zone, tier = one["path"], one.get("timezone"), one.get("tier")
            known[path] = Who(one["id"], one["name"], path, phone, url, standing, zone, tier)
        return known

    def _yearly(self, rows: list[tuple[str, Yearly]]) -> list[tuple[Who, Yearly]]:
        """What is owed on days of the year, each with its customer."""
        who = self._whos(path for path, _ in rows)
        return [(who[path], one) for path, one in rows]

    # Days of the year

    def occasions(self, first: date, last: date, only: Container[str] | None = None) -> list[Occurrence]:
        """The birthdays and other occasions from `first` to `last` (both included); with `only`, of these paths."""
        rows = [row for row in self.cache.yearly(days=(first, last)) if row[1].kind != "lead"]
        owed = self._yearly([(path, one) for path, one in rows if only is None or path in only])
        return yearly_days(owed, first, last, self.config.occasions.leap_day, self.today)

    def next_occasions(self, only: Container[str] | None = None) -> list[Occurrence]:
        """The next return of every birthday and other occasion, and of the reminders ahead of them.

        A reminder whose day has passed is there too, as long as it is open. With `only`, of the customers at
        these paths.
        """
        known, leap_day = self._worked.returns, self.config.occasions.leap_day
        rows = [(path, one) for path, one in self.cache.yearly() if only is None or path in only]
        missing = self._yearly([row for row in rows if row[0] not in known])
        reminders = [
            one
            for one in open_reminders(missing, leap_day, self.today, self.today)
            if one.planned < self.today
        ]
        for one in (*reminders, *next_yearly_days(missing, leap_day, self.today)):
            known.setdefault(one.path, []).append(one)
        return [one for path in dict.fromkeys(path for path, _ in rows) for one in known.get(path, ())]

    # One customer

    def plan_of(self, path: str) -> tuple[list[Occurrence], Case]:
        """Everything planned for the customer at `path`: contacts, campaigns, the next of what is yearly; and why.

        The customer must be known to the index.
        """
        from ptcrm.schedule.campaigns import busy_days, entries
        from ptcrm.schedule.why import Case

        customer = self.cache.customer(path)
        assert customer is not None  # noqa: S101  # who calls has found the customer
        days, waiting, load = self._stands(path)
        contacts = self._occurrences(days)
        yearly = self._yearly(self.cache.yearly(path))
        leap_day = self.config.occasions.leap_day
        others = open_reminders(yearly, leap_day, self.today, self.today)
        reminded = {one.text for one in others}
        others += [one for one in next_yearly_days(yearly, leap_day, self.today) if one.text not in reminded]
        mailings = [
            one for one in self.mailings(FOREVER) if any(member.path == path for member in one.remaining)
        ]
        others += [
            one for one in entries(mailings, self.config, self.today, FOREVER) if one.kind == "campaign"
        ]
        case = Case(
            customer,
            self._whos([path])[path].standing,
            self.index.touches(path),
            self.config,
            self.today,
            self.workdays,
            load,
            [
                *(one.planned for one in contacts),
                *map(date.fromordinal, busy_days(mailings, self.config).get(path, [])),
            ],
            len(waiting),
        )
        return sorted([*contacts, *others], key=in_order), case

    def _stands(self, path: str) -> Arranged:
        """Where the contacts of the customer at `path` stand, which found no day, and the load of every day."""
        if self._knows_plan():
            return Arranged(*self.cache.placed(path), Counter(self.cache.load_from(self.today)))
        days, waiting, load = self.arranged(FOREVER)
        of_her = [(day, one) for day, one in days if one.path == path]
        return Arranged(of_her, [one for one in waiting if one.path == path], load)

    def runs_of(self, path: str) -> list[Run]:
        """The playbooks that the customer at `path` is in, and how far each has come."""
        from ptcrm.schedule.playbooks import runs

        customer = self.cache.customer(path)
        return runs(customer, self.index.touches(path), self.config, self.today) if customer else []

    # Problems

    def diagnostics(self, codes: frozenset[str] = USUAL) -> list[Diagnostic]:
        """Everything wrong with the vault that has one of `codes`, in the order of the files."""
        from ptcrm.checks import CHECKS, Vault

        vault = Vault(
            self.index,
            self.config,
            self.today,
            tuple(self.cache.customers()),
            tuple(self.index.loose_links()),
            tuple(self._copies()),
            self._holidays(_A_YEAR_KNOWN),
            tuple(self.listing.strays.missing),
            partial(store.list_names, self.root),
        )
        found = [*self.config_problems, *self.listing.strays.problems, *self._found_in_files(codes)]
        for check in CHECKS:
            found += check(vault)
        wanted = (one for one in found if one.code in codes)
        return sorted(wanted, key=lambda one: (one.path, one.line, one.column, one.code))

    def problems(self) -> tuple[int, int]:
        """How many errors and how many warnings the vault has; whatever is counted was found by `diagnostics`."""
        names = "\0".join(sorted(store.list_names(self.root))).encode(errors="surrogatepass")
        key, token = f"{self._plan_key} {sha256(names).hexdigest()}", self.cache.token()
        counts = self.cache.problems(key)
        if counts is None:
            severities = [one.severity for one in self.diagnostics()]
            counts = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
            self._new_problems = (token, key, counts) if token else None
        return counts

    def _found_in_files(self, codes: frozenset[str]) -> Iterator[Diagnostic]:
        """What reading the files found of these codes; files without an id are read for what they offer to who asks."""
        yield from self.cache.diagnostics(codes=codes)
        if not codes <= USUAL:
            for path in self.without_id():
                with contextlib.suppress(OSError, UndecodableError):
                    yield from (offer for offer in self.read(path).offers if offer.code in codes)

    def without_id(self) -> list[str]:
        """The paths of the files whose id is their name, and may be written into them."""
        from ptcrm.vault.schema import parse_id, stem_of

        found = (one.path for one in self.cache.customers() if "id" not in one.lines)
        return [path for path in found if isinstance(parse_id(stem_of(path)), str)]

    def _copies(self) -> Iterator[Copy]:
        """The sync programs' copies, with their texts."""
        from ptcrm.checks import Copy

        for path, original in self.listing.strays.copies.items():
            known = original in self.listing.files
            yield Copy(path, original, self.text(path), self.text(original) if known else None)

    def errors(self) -> int:
        """How many files have errors; asked by every command, so it looks at no customer."""
        return len(self._broken().keys() | {path for path, _ in self.index.same_ids()})

    def left_out(self) -> list[str]:
        """Why nothing is planned from each file that cannot be read, as `PATH:LINE:COLUMN: MESSAGE`."""
        found = self._broken()
        found.pop(store.CONFIG_NAME, None)
        return [f"{path}:{one.line}:{one.column}: {one.message}" for path, one in sorted(found.items())]

    def settings_problems(self) -> list[str]:
        """What is wrong with ptcrm.yaml: a slip there may put names where they were not meant to be."""
        return [
            f"{one.path}:{one.line}:{one.column}: {one.message}. {one.hint}".rstrip()
            for one in self.config_problems
        ]

    def _broken(self) -> dict[str, Diagnostic]:
        """The first error of each file that has one of its own, by path."""
        found = [*self.config_problems, *self.listing.strays.problems, *self.cache.diagnostics(codes=ERRORS)]
        return {one.path: one for one in reversed(found) if one.severity is Severity.ERROR}

    def repairs(self, codes: frozenset[str], wanted: Callable[[Diagnostic], bool]) -> list[Repair]:
        """What mends the `wanted` diagnostics of these codes, file by file; raises `RefusedError` for a file that is gone."""
        from ptcrm.vault.repair import repaired

        repairs = []
        for path in sorted({one.path for one in self._found_in_files(codes) if wanted(one)}):
            try:
                reading = self.read(path)
            except (OSError, UndecodableError) as error:
                raise RefusedError(f"{path}: it cannot be read ({error}). Nothing was written.") from error
            if (repair := repaired(reading, self.reader, wanted)) is not None:
                repairs.append(repair)
        return repairs

    # Writing

    def apply(self, operation: Operation, *, undoes: int | None = None) -> None:
        """Make the changes of `operation` in the vault; raises `RefusedError` with nothing written.

        `undoes` is the number of the operation that this one takes back.
        """
        store.apply(self.root, operation, self.journal, self._at, undoes=undoes)

    def logged(self, who: str, words: str, day: date | None = None) -> Operation:
        """The operation that writes `words` (`call: The new shop`) into a log, as of `day` (None: today).

        Words without a colon are a contact. Raises `UsageError` for words that fit no entry (FORMAT §2.3) and a
        day after today, `NotFoundError`, `RefusedError`.
        """
        from ptcrm.vault.lines import append_entry, entry_line

        text, on = " ".join(words.split()), day or self.today
        line = entry_line(on, text if ":" in text else f": {text}")
        entry = self.reader.parse_entry(line)
        if isinstance(entry, Problem):
            raise UsageError(f"{entry.message}. {entry.hint}".strip())
        if not entry.text or on > self.today:
            raise UsageError("Say what happened, on a day that is not after today.")
        match = self.find(who)
        file = self.changing(match)
        change = file.amended(append_entry(file.reading, line, self.reader), self.reader)
        return Operation(f"log {match.id} {text}", (change,))

    def write(self, operation: Operation) -> None:
        """Make the changes of `operation`, and read what has changed; raises `RefusedError`, nothing written."""
        self.apply(operation)
        self.refresh()

    def undo(self, number: int | None = None) -> Operation:
        """Take back the operation `number`, or the last one; returns what that was.

        Raises `NotFoundError`, and `RefusedError` with nothing written if a file has changed since.
        """
        from ptcrm.vault.undo import undo

        record, operation = undo(self.root, self.journal, number)
        self.apply(operation, undoes=record.number)
        self.refresh()
        return record.operation

    def renamed(self, match: Match, stem: str) -> tuple[Operation, list[str]]:
        """The operation that gives the customer's file the name `stem`, there and in links; it keeps its id.

        With the paths of the files whose links stay as they are, because they cannot be written. Raises
        `RefusedError`.
        """
        from ptcrm.vault.rename import Files, renamed

        files = Files(self.index, self._notes(), self.read, self.reader)
        return renamed(self.reading(match), match, stem, files)

    def _notes(self) -> set[str]:
        """The Markdown files of the whole vault that are no customers', so that no row tells of their links."""
        customers = {path for (path,) in self.cache.rows("SELECT path FROM customer")}
        return set(store.list_notes(self.root)) - customers


def _of_customer(reading: Reading) -> Reading:
    """The reading, if it is a customer's; raises `RefusedError`."""
    if reading.customer is None:
        path = reading.document.source.path
        raise RefusedError(f"{path}: it changed just now and is no customer any more. See `ptcrm check`.")
    return reading


def begin_vault(root: Path, operation: Operation, today: date | None, state_folder: Path) -> None:
    """Apply the operation that makes a vault at `root`, where there is none to open yet."""
    store.apply(root, operation, Journal(state_folder / place_of(root)), str(today or system_today()))


def time_of_day() -> str:
    """The time now, for people: `09:41:07`, in the system's time zone."""
    return datetime.now(tz=None).strftime("%H:%M:%S")  # noqa: DTZ005  # as the clock on the wall


def seconds() -> float:
    """A clock that tells how long something takes, and nothing about the day."""
    return time.monotonic()


def unix_time() -> int:
    """The time now in seconds since 1970, in UTC."""
    return int(time.time())


def system_today() -> date:
    """Today in the system's time zone, where there is no vault yet."""
    return datetime.now(tz=None).date()  # noqa: DTZ005  # the system's own zone is meant
