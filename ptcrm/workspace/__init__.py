"""Layer 6: the vault with a day, for everything that a command or the server asks for."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.dates import Interval, later
from ptcrm.model.diagnostic import Problem
from ptcrm.text.fold import same_id
from ptcrm.vault import store
from ptcrm.vault.answers import Answer, no_file
from ptcrm.vault.cache import IF_POSSIBLE, Cache
from ptcrm.vault.places import pending_in, place_of
from ptcrm.workspace import clock
from ptcrm.workspace.checked import Checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ptcrm.formats.ics import Event
    from ptcrm.model.change import Erasure, Operation
    from ptcrm.vault.answers import Piece
    from ptcrm.vault.index import Match
    from ptcrm.vault.reconcile import Vault
    from ptcrm.vault.rename import Files
    from ptcrm.vault.unite import Two
    from ptcrm.vault.unite_fields import Chosen
    from ptcrm.workspace.forgotten import Held

_ALWAYS = (0, 2**62)


class Workspace(Checked):
    """An open vault on one day. `today` is the day given, else today in the vault's time zone.

    One that is opened `for_names` knows who is who, and can change one file. Nothing is planned in it, and what is
    new in a log may wait for those who ask. `heard` is told while files are read how many of how many have been.
    """

    @cached_property
    def _new_events(self) -> dict[str, tuple[set[bytes], dict[bytes, Event]]]:
        """For each feed the keys of the events that it has no more, and the events that are new."""
        return {}

    def _keep(self) -> None:
        super()._keep()
        for feed, (gone, new) in self._new_events.items():
            with IF_POSSIBLE:
                self.cache.keep_events(feed, gone, new)

    # What was given out

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
        if self.recovered or self.is_interrupted():
            return
        since, until = _ALWAYS
        if not self._is_given:
            next_day = later(self.today, Interval(days=1))
            since, until = (
                int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())
                for day in (self.today, next_day)
            )
        pending = str(pending_in(self._state))
        follows = [*files, no_file(pending), *filter(None, [self._holidays_seen()])]
        with IF_POSSIBLE:
            self.cache.keep_answer(question, self.config.folders, Answer(since, until, follows, pieces))

    # Writing

    def apply(self, operation: Operation, *, undoes: int | None = None, kept: bool = True) -> None:
        """Make the changes of `operation` in the vault; raises `RefusedError` with nothing written.

        `undoes` is the number of the operation that this one takes back. Undo has it unless it is not to be `kept`.
        """
        from ptcrm.vault.applying import apply

        apply(self.root, operation, self.journal, self._at, undoes=undoes, kept=kept)

    def logged(self, who: str, words: str, day: date | None = None) -> Operation:
        """The operation that writes `words` (`call: The new shop`) into a log, as of `day` (None: today).

        Words without a colon are a contact. Raises `UsageError` for words that fit no entry (FORMAT §2.3) and a
        day after today, `NotFoundError`, `RefusedError`.
        """
        from ptcrm.model.change import Operation
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

    def intake(self, given: Mapping[str, list[str]]) -> Vault:
        """What an import has to know of the vault; new customers have what is `given` where the source has nothing."""
        from ptcrm.vault.reconcile import Vault
        from ptcrm.vault.schema import stem_of

        files = {same_id(stem_of(path)) for path in store.list_notes(self.root)}
        return Vault(
            list(self.cache.customers()),
            self.read,
            self.reader,
            self.today,
            self.index.link,
            lambda id_: same_id(id_) in files or self.index.is_taken(id_),
            self.config.customers[0],
            self.config.country,
            given,
        )

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
        from ptcrm.vault.rename import renamed

        return renamed(self.reading(match), match, stem, self._files())

    def two(self, one: Match, other: Match) -> Two:
        """The files of two customers as they are now; raises `RefusedError` if one cannot be read, or they cannot be one."""
        from ptcrm.vault.unite import Two, why_two

        two = Two(self.reading(one), self.reading(other))
        if why := why_two(two, self._files()):
            raise RefusedError(f"{why} Nothing was written.")
        return two

    def united(self, two: Two, chosen: Mapping[str, Chosen]) -> tuple[Operation, list[str]]:
        """The operation that makes one file of two, once every difference is `chosen`; the first one stays.

        With the paths of the files whose links stay as they are, because they cannot be written. Raises
        `RefusedError`.
        """
        from ptcrm.vault.match import country_of
        from ptcrm.vault.unite import united

        phones = (number for one in self.cache.customers() for number in one.phones)
        return united(two, chosen, self._files(), self.config.country or country_of(phones))

    def _files(self) -> Files:
        from ptcrm.vault.rename import Files

        return Files(self.index, self._notes(), self.read, self.reader)

    def held(self, match: Match) -> Held:
        """What the vault's files hold of the customer; raises `RefusedError`."""
        from ptcrm.workspace.forgotten import held_of

        return held_of(self, match)

    def erase(self, operation: Operation, erasure: Erasure) -> None:
        """Make the changes of `operation` so that nothing remembers them, and let go of all that `erasure` names.

        Nothing can be asked afterwards. Raises `RefusedError`.
        """
        from ptcrm.vault.applying import apply

        self.close()  # what it keeps has to go as well
        self.cache = Cache.open(None, self.cache.stamp)
        apply(self.root, operation, self.journal, self._at, kept=False, erasure=erasure)

    def _notes(self) -> set[str]:
        """The Markdown files of the whole vault that are no customers', so that no row tells of their links."""
        customers = {path for (path,) in self.cache.rows("SELECT path FROM customer")}
        return set(store.list_notes(self.root)) - customers


def begin_vault(root: Path, operation: Operation, today: date | None, state_folder: Path) -> None:
    """Apply the operation that makes a vault at `root`, where there is none to open yet."""
    from ptcrm.vault.applying import apply
    from ptcrm.vault.journal import Journal

    apply(root, operation, Journal(state_folder / place_of(root)), str(today or clock.system_today()))
