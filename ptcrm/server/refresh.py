"""One refresh: from the files of the vault to the feeds as they are served.

Whatever fails, what was served before is served on. No threads here; all methods of `Refresher` are for one
thread, which owns everything of SQLite.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import traceback
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ptcrm.errors import PtcrmError
from ptcrm.formats.ics import Known
from ptcrm.server.kept import Body
from ptcrm.server.opened import OpenVault
from ptcrm.vault.listing import Listing
from ptcrm.views.feed import feed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptcrm.server.kept import Kept
    from ptcrm.workspace import Workspace

_NOBODY = "There is no customer in the vault at all, so the feeds stay as they are: perhaps a disk or a folder is missing."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is served at one moment.

    `feeds` are the bodies by name. `problem` says, for people, why some are older than the files; None: all are
    fresh. `number` is that of the refresh which made them, counted from 1; 0 is what was kept from last time.
    """

    feeds: Mapping[str, Body]
    problem: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one refresh did.

    `files` is how many customers' files are new, changed or gone. `feeds` are the names of those whose bytes changed
    or that are gone from ptcrm.yaml. `is_anew`: the vault was opened for the first time, for another ptcrm.yaml or
    for another day. `is_empty`: there is no customer. `errors` is how many files have errors. `warnings` are
    those of the feeds that were rendered, and what is wrong with ptcrm.yaml when it was read.
    """

    files: int = 0
    feeds: tuple[str, ...] = ()
    problem: str | None = None
    is_anew: bool = False
    is_empty: bool = False
    errors: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Seen:
    """What the last refresh saw: the files, those of the last good one, and the version of the rows."""

    files: Listing = field(default_factory=lambda: Listing({}))
    good: Listing = field(default_factory=lambda: Listing({}))
    version: tuple[int, int] | None = None


class Refresher:
    """The vault, open from one refresh to the next, and the snapshot that came of it."""

    def __init__(self, open_workspace: Callable[[], Workspace], kept: Kept) -> None:
        self._vault, self._kept = OpenVault(open_workspace), kept
        self._seen = _Seen()
        self._known: dict[str, Known] = {}
        self._warnings: list[str] = []
        self.snapshot = Snapshot(MappingProxyType(kept.read()))

    def is_outlived(self) -> bool:
        """Whether a refresh would open the vault anew, because what it was opened with is no longer so."""
        try:
            return self._vault.workspace is not None and self._vault.workspace.is_outlived()
        except Exception:  # noqa: BLE001  # the refresh meets it again, and says so
            return True

    def read_ahead(self, path: str) -> None:
        """Read the file at `path`, which was just written, for the next refresh. Never raises."""
        with suppress(Exception):  # the refresh meets it again, and says so
            if self._vault.workspace is not None:
                self._vault.workspace.read_ahead(path)

    def refresh(self) -> Refreshed:
        """Bring the snapshot up to date. Never raises; what went wrong is the problem."""
        try:
            try:
                with _no_collecting():
                    done = self._refreshed()
            except sqlite3.DatabaseError:  # the cache was damaged, or begun anew by another version
                self.close()
                with _no_collecting():
                    done = self._refreshed()
        except Exception as error:  # noqa: BLE001  # whatever it is: the feeds stay, and the next refresh tries again
            self.close()
            done = Refreshed(problem=_said(error))
        if done.problem != self.snapshot.problem:
            self.snapshot = replace(self.snapshot, problem=done.problem)
        return done

    def close(self) -> None:
        """Let go of the vault; the next refresh opens it anew."""
        self._vault.close()

    def _refreshed(self) -> Refreshed:
        workspace, is_anew = self._up_to_date()
        changed = len(workspace.listing.since(self._seen.files))
        self._seen.files = workspace.listing
        is_empty = not workspace.cache.rows("SELECT 1 FROM customer LIMIT 1")
        problem, names = self._lost(workspace, is_empty=is_empty), tuple[str, ...]()
        if problem is None:
            names, problem = self._render(workspace)
            self._seen.good = workspace.listing
        errors = workspace.errors()
        workspace.cache.release()  # a long-lived reader would make SQLite's journal grow
        warnings, self._warnings = tuple(self._warnings), []
        return Refreshed(changed, names, problem, is_anew, is_empty, errors, warnings)

    def _up_to_date(self) -> tuple[Workspace, bool]:
        """The vault with what its files say now, and whether it was opened anew."""
        workspace, is_anew = self._vault.up_to_date()
        if is_anew:
            self._seen.version = None
            self._warnings += workspace.settings_problems()
        return workspace, is_anew

    def _lost(self, workspace: Workspace, *, is_empty: bool) -> str | None:
        """Why it is not believed that customers are gone; None if it is."""
        for folder in (*workspace.listing.strays.closed, *workspace.listing.strays.missing):
            if workspace.is_item(f"{folder}/"):
                continue
            if any(
                path.startswith(f"{folder}/") and not workspace.is_item(path)
                for path in self._seen.good.files
            ):
                return f"{folder}: this folder is gone or cannot be read, so the feeds stay as they are."
        if is_empty and any(body.has_events for body in self.snapshot.feeds.values()):
            return _NOBODY
        return None

    def _render(self, workspace: Workspace) -> tuple[tuple[str, ...], str | None]:
        """Swap the snapshot; the names of the feeds that changed, and what went wrong.

        What the feeds say follows from the rows, so nothing is rendered while no row has changed.
        """
        version, feeds, problems = workspace.cache.version(), dict(self.snapshot.feeds), list[str]()
        if version != self._seen.version:
            for name in feeds.keys() - workspace.config.feeds.keys():
                del feeds[name]
                self._known.pop(name, None)
                self._kept.forget(name)
            for name in workspace.config.feeds:
                try:
                    feeds[name] = self._body(workspace, name)
                except PtcrmError as error:  # the query of this feed; the others go on
                    problems.append(f"The feed {name} stays as it is. {error}")
        self._seen.version = None if problems else version
        problem = "\n".join(problems) or None
        old = self.snapshot
        self.snapshot = Snapshot(MappingProxyType(feeds), problem, old.number + 1)
        changed = {name for name in feeds.keys() | old.feeds.keys() if feeds.get(name) != old.feeds.get(name)}
        return tuple(sorted(changed)), problem

    def _body(self, workspace: Workspace, name: str) -> Body:
        rendered = feed(workspace, name, self._known.setdefault(name, Known()))
        self._warnings += rendered.warnings
        known = self.snapshot.feeds.get(name)
        if known and known.content == rendered.content:
            return known
        return self._kept.keep(name, rendered.content)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Python looks for cycles no more: it would go over all that is known of every customer again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _said(error: Exception) -> str:
    """What went wrong, for people."""
    if "PTCRM_DEBUG" in os.environ:
        return "".join(traceback.format_exception(error)).rstrip()
    if isinstance(error, PtcrmError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'The vault'}: {error.strerror or error}"
    return f"something went wrong inside ptcrm ({type(error).__name__}: {error})"
