"""Hints that something in the vault may have changed, from the system's own events (I/O).

An event says that it is worth looking, and nothing else: events may be lost, and many mean nothing.
So whoever watches also looks again from time to time.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ptcrm.vault.names import is_debris
from ptcrm.vault.store import identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.events import FileSystemEventHandler
    from watchdog.observers.api import BaseObserver

_ENDINGS = (".md", ".yaml", "")  # without an ending it may be a folder


class Watcher:
    """Calls `hint`, in a thread of its own, whenever something that counts changes in the vault at `root`.

    The hint is given where that is: a path relative to the root, with `/`. All its methods are for one thread.
    """

    def __init__(self, root: Path, hint: Callable[[str], None]) -> None:
        self._root, self._hint = root, hint
        self._folder: tuple[int, int] | None = None
        self._observer: BaseObserver | None = None

    def start(self) -> bool:
        """Watch the folder that is there now, and no other any more; False if no events will come.

        So it is where the folder is gone, where the system has no events, or where it gives no more of them.
        """
        self.stop()
        self._folder = identity(self._root)
        if self._folder is None:
            return False
        try:
            self._observer = _observed(os.path.realpath(self._root), self._hint)
        except Exception:  # noqa: BLE001  # whatever keeps us from watching, looking again does without
            return False
        return self._observer is not None

    def stop(self) -> None:
        """Watch no longer; nothing is hinted at when this has returned."""
        observer, self._observer = self._observer, None
        if observer is not None:
            _end(observer)

    def is_outdated(self) -> bool:
        """Whether another folder stands at the root than when watching began (or none, or one again), or it has broken off."""
        if identity(self._root) != self._folder:
            return True
        observer = self._observer
        if observer is None:
            return False
        return not (observer.is_alive() and all(one.is_alive() for one in observer.emitters))


def counts(root: str, path: str, *, is_folder: bool = False) -> bool:
    """Whether answers may change with the file or folder at `path`, which is below `root`."""
    parts = path.removeprefix(root).lstrip(os.sep).split(os.sep)  # noqa: PTH206  # thousands come at once
    may_count = is_folder or os.path.splitext(parts[-1])[1].lower() in _ENDINGS  # noqa: PTH122
    return may_count and not any(map(is_debris, parts))


def _observed(root: str, hint: Callable[[str], None]) -> BaseObserver | None:
    """What watches the folder at `root`; None if events cannot be had, or whatever the platform raises."""
    from watchdog import events, observers
    from watchdog.observers.polling import PollingObserver

    if observers.Observer is PollingObserver:
        return None  # it would read the whole vault each second
    logging.getLogger("watchdog").addHandler(logging.NullHandler())  # what it says is nothing to people
    warnings.filterwarnings("ignore", module=r"watchdog\.")
    observer = observers.Observer()
    wanted = [
        *(events.FileClosedEvent, events.FileCreatedEvent, events.FileMovedEvent, events.FileDeletedEvent),
        *(events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent),
    ]
    try:
        observer.schedule(_handler(root, hint), root, recursive=True, event_filter=wanted)
        observer.start()
        if sys.platform == "linux":
            _refuse_if_full(observer, root)
    except BaseException:
        _end(observer)
        raise
    return observer


def _refuse_if_full(observer: BaseObserver, root: str) -> None:
    """Raise OSError if no folder more can be watched: then some below `root` may not be, and nothing says so."""
    from watchdog.events import FileSystemEventHandler

    try:
        watch = observer.schedule(FileSystemEventHandler(), str(Path(root).parent))
        observer.unschedule(watch)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise


def _handler(root: str, hint: Callable[[str], None]) -> FileSystemEventHandler:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        def dispatch(self, event: FileSystemEvent) -> None:
            with suppress(Exception):  # it would end the thread, and there would be no more events
                for path in (os.fsdecode(path) for path in (event.src_path, event.dest_path) if path):
                    if counts(root, path, is_folder=event.is_directory):
                        hint(path.removeprefix(root).lstrip(os.sep).replace(os.sep, "/"))

    return Handler()


def _end(observer: BaseObserver) -> None:
    with suppress(Exception):  # it may never have begun
        observer.stop()
        observer.join()
