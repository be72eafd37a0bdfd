"""The vault with a day: everything a command or server asks for, and the only place that reads the clock."""

from __future__ import annotations

import hashlib
import time
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ptcrm import __version__
from ptcrm.checks import CHECKS
from ptcrm.errors import NotFoundError, PtcrmError
from ptcrm.model.change import Operation, Write
from ptcrm.model.config import Config, read_config
from ptcrm.model.diagnostic import Diagnostic, Severity
from ptcrm.model.reading import Report
from ptcrm.schedule.obligations import obligations
from ptcrm.schedule.plan import Who, plan, yearly_days
from ptcrm.text.frontmatter import Flaw, compose
from ptcrm.text.source import Source, Span, UndecodableError
from ptcrm.vault import store
from ptcrm.vault.cache import Cache
from ptcrm.vault.index import Facts, Index, Match, facts_of
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import Reading, read_customer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptcrm.model.customer import Customer
    from ptcrm.model.occurrence import Obligations, Occurrence, Touch

_ROWS_VERSION = "1"  # raised when rows are laid out or worked out differently


class Workspace:
    """An open vault on one day. `today` is the day given, else today in the vault's time zone."""

    def __init__(self, root: Path, today: date | None, cache_folder: Path | None) -> None:
        self.root = root
        self.config, content = self._read_config()
        self.today = today or _today(self.config)
        self.reader = LineReader.of(self.config)
        stamp = f"{__version__} {_ROWS_VERSION} {hashlib.sha256(content).hexdigest()}"
        place = hashlib.sha256(str(root.resolve()).encode(errors="surrogateescape")).hexdigest()[:32]
        self.cache = Cache.open(cache_folder and cache_folder / f"{place}.sqlite", stamp)
        self.index = Index(self.cache)
        self.refresh()

    # Reading

    def _read_config(self) -> tuple[Config, bytes]:
        """The configuration and its bytes; what is wrong with it is in `config_problems`."""
        try:
            content = (self.root / store.CONFIG_NAME).read_bytes()
            source = Source.decode(store.CONFIG_NAME, content)
        except OSError as error:
            raise PtcrmError(f"{store.CONFIG_NAME}: it cannot be read ({error.strerror})") from error
        except UndecodableError as error:
            raise PtcrmError(f"{store.CONFIG_NAME}: {error}. Save it as UTF-8.") from error
        report = Report(source)
        root = compose(source.text, Span(0, len(source.text)))
        if isinstance(root, Flaw):
            line, column = source.position(root.offset)
            raise PtcrmError(f"{store.CONFIG_NAME}:{line}:{column}: {root.message}. Correct it first.")
        config = read_config(root, report)
        self.config_problems = tuple(report.found)
        return config, content

    def refresh(self) -> None:
        """Read what has changed since last time, and work out anew what follows from it."""
        now_ns = time.time_ns()
        self.listing = store.list_files(self.root, self.config.customers)
        paths = self.index.refresh(self.listing.files, now_ns, self._facts, self.today)
        if not paths:
            return
        with self.cache.writing():
            for path in paths:
                customer = self.cache.customer(path)
                if customer is not None:
                    self.cache.owe(path, self._obligations(customer))

    def _facts(self, path: str) -> Facts:
        """What the file at `path` says; every failure is a diagnostic on that file alone."""
        try:
            return facts_of(self.read(path), self.config)
        except UndecodableError as error:
            hint = "Save it as UTF-8."
            found = Diagnostic("PT001", path, 1, 1, f"this file is not UTF-8 (byte {error.offset})", hint)
        except OSError as error:
            why = error.strerror or str(error)
            found = Diagnostic("PT009", path, 1, 1, f"this file is left out: {why}", "Make it readable.")
        return Facts(None, "", (), (), (), (found,))

    def read(self, path: str) -> Reading:
        """The file at `path`, read anew; raises OSError or UndecodableError."""
        return read_customer(Source.decode(path, store.read_file(self.root, path)), self.reader)

    def _obligations(self, customer: Customer) -> Obligations:
        return obligations(customer, self.index.touches(customer.path), self.config, self.today)

    # Asking

    def find(self, words: str) -> Match:
        """The one customer whom `words` mean; raises NotFoundError if there is none or more than one."""
        matches = self.index.find(words)
        if len(matches) == 1:
            return matches[0]
        if not matches:
            raise NotFoundError(f"Nobody here answers to “{words}”. See all with `ptcrm list`.")
        shown = "\n".join(f"  {match.id}  ({match.name}, {match.path})" for match in matches[:20])
        more = f"\n  and {len(matches) - 20} more" if len(matches) > 20 else ""
        raise NotFoundError(f"“{words}” may mean {len(matches)} customers; name one by the id:\n{shown}{more}")

    def touches(self, path: str) -> list[Touch]:
        """The touches that count for the customer at `path`."""
        return self.index.touches(path)

    def contacts(self, until: date) -> list[Occurrence]:
        """The contacts planned up to `until` (included)."""
        who = self._who
        owed = [(who(path), one) for path, one in self.cache.contacts(until)]
        return plan(owed, self.today, until)

    def occasions(self, first: date, last: date) -> list[Occurrence]:
        """The birthdays and other occasions from `first` to `last` (both included)."""
        owed = [(self._who(path), one) for path, one in self.cache.yearly()]
        return yearly_days(owed, first, last, self.config.occasions.leap_day, self.today)

    def _who(self, path: str) -> Who:
        known = self._everybody.get(path)
        if known is None:
            customer, standing = self.cache.customer(path), self.cache.standing(path)
            assert customer is not None and standing is not None  # noqa: S101, PT018  # rows are written together
            phone = customer.phones[0] if customer.phones else None
            known = self._everybody[path] = Who(customer.id, customer.name, phone, standing)
        return known

    @cached_property
    def _everybody(self) -> dict[str, Who]:
        return {}

    # Checking and writing

    def diagnostics(self) -> list[Diagnostic]:
        """Everything wrong with the vault, in the order of the files."""
        found = [*self.config_problems, *self.listing.problems, *self.cache.diagnostics()]
        for check in CHECKS:
            found += check(self.cache, self.config, self.today)
        return sorted(found, key=lambda one: (one.path, one.line, one.column, one.code))

    def errors(self) -> int:
        """How many files' errors keep something out of the plan."""
        return len({one.path for one in self.diagnostics() if one.severity is Severity.ERROR})

    def apply(self, operation: Operation) -> None:
        """Make the changes of `operation` in the vault."""
        store.apply(self.root, operation)


def _today(config: Config) -> date:
    """Today in the vault's time zone, else in the system's (HAZARDS 40)."""
    zone = ZoneInfo(config.timezone) if config.timezone else None
    return datetime.now(zone).astimezone(zone).date()
