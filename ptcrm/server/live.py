"""The feeds of a vault, kept up with its files by one thread; others only look at the snapshot.

The thread wakes when it is hinted at, waits until it is quiet, and refreshes. While it waits, it reads the files that
were hinted at. Hints may be lost or may never come, so it looks every second whether vault, settings and day are
still the same, and at all files every minute.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from ptcrm.server.kept import Body
from ptcrm.server.refresh import Refreshed, Refresher, Snapshot
from ptcrm.workspace.clock import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.server.kept import Kept
    from ptcrm.vault.watch import Watcher
    from ptcrm.workspace import Workspace

__all__ = ["Body", "Live", "Refreshed", "Snapshot"]

QUIET_SECONDS = 0.1  # without a hint, before files are read
LOOK_SECONDS = 1.0
_A_MOMENT_SECONDS = 0.03  # after which a file is old enough to be read ahead
_MOST_WRITTEN = 10_000
_MOST_SECONDS = 3.0  # for quiet, if somebody writes on and on
_LOOKS = 60  # from one refresh to the next, if nothing is noticed
_LOOKS_IN_NEED = 5  # the same where no events come, and while there is a problem
_STOP_SECONDS = 5.0


class Live:
    """The feeds of a vault, kept up with its files by one thread that owns everything of SQLite.

    `snapshot` is swapped whole and may be read by any thread. `told` is called in the thread after every refresh, and
    soon again if it returns True; what it raises is dropped. `watch` makes the watcher that calls the hint which it is given.
    """

    def __init__(
        self,
        open_workspace: Callable[[], Workspace],
        kept: Kept,
        told: Callable[[Refreshed], bool | None],
        watch: Callable[[Callable[[str], None]], Watcher],
    ) -> None:
        self._refresher, self._told = Refresher(open_workspace, kept), told
        self._hint, self._stopping, self._tried = threading.Event(), threading.Event(), threading.Event()
        self._written: deque[tuple[str, float]] = deque(maxlen=_MOST_WRITTEN)
        self._hinted = seconds()
        self._watcher = watch(self._on_event)
        self._is_watching = self._had_event = self._is_wanted = False
        self._unhinted = 0  # refreshes in a row that found what no event had told of
        self._thread = threading.Thread(target=self._run, name="ptcrm live", daemon=True)

    @property
    def snapshot(self) -> Snapshot:
        """The feeds as they are now; until the first refresh those kept from last time."""
        return self._refresher.snapshot

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until the first refresh has been tried; False if it has not been after so many seconds."""
        return self._tried.wait(seconds)

    def stop(self) -> None:
        """End the thread. A refresh under way is waited for; one that takes long ends with the process, and does no harm."""
        self._stopping.set()
        self._hint.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _on_event(self, path: str) -> None:
        self._had_event = True
        self._hinted = seconds()
        self._written.append((path, self._hinted))
        self._hint.set()

    def _run(self) -> None:
        self._is_watching = self._watcher.start()
        while not self._stopping.is_set():
            had_problem = self.snapshot.problem is not None
            done = self._refresher.refresh()
            self._tried.set()
            self._is_wanted = False
            with suppress(Exception):
                self._is_wanted = bool(self._told(done))
            self._judge_events(done)
            if had_problem and done.problem is None:
                self._watch()  # what could not be read could not be watched
            self._wait()
        self._refresher.close()
        self._watcher.stop()

    def _watch(self) -> None:
        """Watch anew, and look once more: something may have happened in between."""
        self._is_watching = self._watcher.start()
        self._hint.set()

    def _judge_events(self, done: Refreshed) -> None:
        """Watch anew if events have failed to come; after a second time they are counted on no more until one does."""
        if self._had_event:
            self._had_event, self._unhinted = False, 0
        elif done.files and self._is_watching and not done.is_anew:
            self._unhinted += 1
            if self._unhinted == 1:
                self._watch()

    def _wait(self) -> None:
        """Wait until it is worth looking at the files."""
        is_unheard = not self._is_watching or self._unhinted > 1
        is_in_need = is_unheard or self._is_wanted or self.snapshot.problem is not None
        for _ in range(_LOOKS_IN_NEED if is_in_need else _LOOKS):
            if self._hint.wait(LOOK_SECONDS):
                self._settle()
                return
            if self._watcher.is_outdated():
                self._watch()
            elif self._refresher.is_outlived():
                self._hint.set()

    def _settle(self) -> None:
        """Wait until hints have stopped coming, or have come for long; meanwhile read what was written.

        A file is read a moment after its last hint, when it is old enough to be believed.
        """
        pending: dict[str, float] = {}
        now = self._hinted = seconds()
        end = now + _MOST_SECONDS
        while now < (until := min(self._hinted + QUIET_SECONDS, end)) and not self._stopping.is_set():
            while self._written:
                path, hinted = self._written.popleft()
                pending.pop(path, None)
                pending[path] = hinted
            path, hinted = next(iter(pending.items()), ("", now))
            if hinted + _A_MOMENT_SECONDS <= now:
                del pending[path]
                self._refresher.read_ahead(path)
            else:
                self._stopping.wait(min(until - now, _A_MOMENT_SECONDS))
            now = seconds()
        self._hint.clear()
