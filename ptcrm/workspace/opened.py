"""A vault that is open: its files read, and what follows from them worked out for a day."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from dataclasses import replace
from datetime import date, datetime, tzinfo
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, cast

from ptcrm.errors import RefusedError
from ptcrm.model.config import channel_names
from ptcrm.model.diagnostic import ERRORS, Diagnostic, Severity
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault import store
from ptcrm.vault.cache import OWED, Cache, is_damage
from ptcrm.vault.index import Index, Look, Match, is_older
from ptcrm.vault.places import pending_in, place_of, stamp_of, user_folder
from ptcrm.vault.scan import is_inside, is_still, see
from ptcrm.vault.settings import Settings, read_settings, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ptcrm.model.occurrence import Obligations
    from ptcrm.vault.abridged import Abridged
    from ptcrm.vault.facts import Facts, FileRead
    from ptcrm.vault.forms import Forms
    from ptcrm.vault.journal import Journal
    from ptcrm.vault.listing import Signature
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Reading
    from ptcrm.vault.template import Template

_TRIES = 3  # another process may read files while this one works out what follows
_JUST_NOW_NS = int(store.SETTLE_SECONDS * 1e9)
_FEW = 8  # files that are looked at rather than read anew
_MOST_MADE = 8  # whole answers that are kept
_AT_ONCE = 100  # customers whose obligations are worked out together

Made = TypeVar("Made")


class Opened:
    """An open vault, its files read and what is owed worked out. What each argument is, `Workspace` says."""

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
        self._state = state_folder / place
        self.recovered = self._put_right()
        self._settings = settings_of(root)
        self._cache_file = cache_folder and cache_folder / f"{place}.sqlite"
        self.cache = Cache.open(self._cache_file, stamp_of(self._settings))
        self.config, self.config_problems = self.cache.settings() or self._read_settings()
        self.today, self._at, self._is_given = today or date.min, str(today), today is not None
        if today is None:
            now = datetime.now(self.zone)
            self.today, self._at = now.date(), now.strftime("%Y-%m-%d %H:%M")
        self._others = 0
        self._ahead: dict[str, FileRead] = {}
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
        self._keep()
        self.cache.close()

    def _keep(self) -> None:
        """Keep what was worked out for the next time; each part adds its own."""

    def _changed(self, paths: set[str] | None) -> None:  # noqa: ARG002  # the parts ask whose
        """Forget what follows from the rows of the customers at `paths`, or, if None, of all; each part adds its own."""
        self._made.clear()

    @cached_property
    def _made(self) -> dict[Hashable, object]:
        return {}

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gives, which follows from the rows, the settings, the day and the `key`: made once while they last.

        The newest few are kept.
        """
        if key not in self._made:
            made = make()
            if len(self._made) >= _MOST_MADE:
                del self._made[next(iter(self._made))]
            self._made[key] = made
        return cast("Made", self._made[key])

    @cached_property
    def journal(self) -> Journal:
        """What keeps writing safe."""
        from ptcrm.vault.journal import Journal

        return Journal(self._state)

    def is_interrupted(self) -> bool:
        """Whether an operation was begun and has not ended; raises OSError."""
        return pending_in(self._state).exists()

    def _put_right(self) -> str | None:
        """Put right what was interrupted, and say so; whoever only asks can go on, if it fails, and whoever writes tries again."""
        with contextlib.suppress(OSError):  # which is said below
            if not self.is_interrupted():
                return None
        from ptcrm.vault.applying import recover

        try:
            return recover(self.root, self.journal)
        except RefusedError as error:
            return str(error)

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
        self.cache.release()  # what another process has written since counts, too
        look = self._settled_look()
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
            self._others = self.cache.others
            self._changed(None)
        elif anew:
            self._changed(anew)
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
            is_known = (ahead and ahead.signature) == signature or self.listing.has(path, signature)
            if not is_known and is_older(signature, now_ns) and path.endswith(".md"):
                self._ahead[path] = self._file_read(path, signature, now_ns)

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
        if ahead and ahead.signature == signature:
            return ahead
        return self._file_read(path, signature, now_ns)

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
            with self.cache.writing(), self.cache.filling(OWED):
                for at in range(0, len(paths), _AT_ONCE):
                    self.cache.owe(self._owed(paths[at : at + _AT_ONCE]))
        self.cache.hold()
        return done

    def _look(self) -> Look:
        """What differs from last time."""
        now_ns = time.time_ns()
        return self.index.look(see(self.root, self.config.folders), now_ns)

    def _settled_look(self) -> Look:
        """What differs from last time, once no editor can be halfway through a save."""
        look = self._look()
        if any(0 <= look.seen_ns - one.mtime_ns < _JUST_NOW_NS for one in look.changed.values()):
            store.pause()
            return self._look()
        if look.gone:
            store.pause()
            if any(os.path.lexists(self.root / path) for path in look.gone) or not is_still(
                self.root, look.seen, look.seen_ns
            ):
                return self._look()
        return look

    def is_item(self, path: str) -> bool:
        """Whether the file at `path` belongs to the library."""
        return self.config.library is not None and path.startswith(f"{self.config.library}/")

    def _file_read(self, path: str, signature: Signature, now_ns: int) -> FileRead:
        from ptcrm.vault.facts import FileRead

        return FileRead(path, signature, now_ns, self._facts(path))

    def _facts(self, path: str) -> Facts:
        """What the file at `path` says; every failure is a diagnostic on that file alone."""
        from ptcrm.vault.facts import facts_of, facts_of_item, nothing_but

        try:
            if self.is_item(path):
                from ptcrm.vault.items import read_item

                return facts_of_item(read_item(Source.decode(path, store.read_file(self.root, path))))
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
            for one in self.cache.customers_once(paths)
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

    def templates(self) -> list[str]:
        """The paths of the drafts of messages."""
        from ptcrm.vault.templates import FOLDER

        return self.notes_in(FOLDER)

    def notes_in(self, folder: str) -> list[str]:
        """The paths of the Markdown files in a folder of the vault (`templates/`); none of a file that stands elsewhere."""
        root, found = os.path.realpath(self.root), store.list_notes(self.root, folder)
        return sorted(path for path in found if is_inside(root, str(self.root / path)))

    def template(self, path: str) -> tuple[Template | None, list[Diagnostic]]:
        """The template at `path`, None if nothing can be made of it, and what is wrong with it."""
        from ptcrm.text.frontmatter import MAX_BYTES
        from ptcrm.vault.template import CODE, read_template

        why = "it is larger than any message"
        try:
            if store.signature(self.root, path).size <= MAX_BYTES:
                source = Source.decode(path, store.read_file(self.root, path))
                return read_template(source, channel_names(self.config))
        except (OSError, UndecodableError) as error:
            why = str(error)
        return None, [Diagnostic(CODE, path, 1, 1, f"this template cannot be read: {why}")]

    def look_at(self, path: str) -> str:
        """What tells whether the file at `path` has changed."""
        try:
            return str(store.signature(self.root, path))
        except OSError:
            return ""


def is_settled(signature: Signature) -> bool:
    """Whether the file was last changed so long ago that no editor is halfway through a save."""
    return max(signature.mtime_ns, signature.ctime_ns) + _JUST_NOW_NS < time.time_ns()


def _of_customer(reading: Reading) -> Reading:
    """The reading, if it is a customer's; raises `RefusedError`."""
    if reading.customer is None:
        path = reading.document.source.path
        raise RefusedError(f"{path}: it changed just now and is no customer any more. See `ptcrm check`.")
    return reading
