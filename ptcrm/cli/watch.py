"""`ptcrm watch`: what follows from the files, kept up with them while they change."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, pass_session, state_folder
from ptcrm.cli.output import say, tell
from ptcrm.errors import RefusedError
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ptcrm.server.live import Body, Live, Refreshed, Snapshot

_Ending = SimpleQueue[OSError | None]  # None: somebody wants it to end; else why it cannot go on
_WAIT_SECONDS = 1.0  # Windows lets no signal through to one who waits for ever


@click.command("watch")
@click.option("--export", "folder", metavar="DIR", help="Write every feed to DIR, and again when it changes.")
@pass_session
def watch_command(session: Session, folder: str | None) -> None:
    """Keep up with the vault while files change; ends with Ctrl-C.

    Prints a line when something has changed.

    \b
    Examples:
      ptcrm watch --export ~/published
    """
    place = Path(folder).expanduser().absolute() if folder else None
    with _ending() as ending:
        live = live_of(session, _Teller(place), ending)
        if place is not None:
            _make(place)
        live.start()
        try:
            _wait(ending)
        finally:
            live.stop()


def live_of(session: Session, told: Callable[[Refreshed, Snapshot], None], ending: _Ending) -> Live:
    """The feeds of the session's vault, kept up with its files once it is started.

    `told` is called after each refresh, in another thread; an OSError there, of the output, goes to `ending`.
    """
    from ptcrm.server.kept import Kept
    from ptcrm.server.live import Live
    from ptcrm.vault.watch import Watcher
    from ptcrm.workspace import place_of

    def tell_it(done: Refreshed) -> None:
        try:
            told(done, live.snapshot)
        except OSError as error:
            ending.put(error)

    root, open_workspace = session.opener()
    kept = Kept(state_folder() / place_of(root) / "feeds")
    live = Live(open_workspace, kept, tell_it, partial(Watcher, root))
    return live


def _make(folder: Path) -> None:
    """Make the folder if need be; never later, when a disk that is gone would become a folder in its place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"{folder}: this folder cannot be made: {error.strerror or error}") from error


@contextmanager
def _ending() -> Iterator[_Ending]:
    """Where Ctrl-C and SIGTERM are put, instead of breaking off whatever is being done."""
    ending: _Ending = SimpleQueue()  # the one queue that a signal's handler may put to
    before = {one: signal.signal(one, lambda *_: ending.put(None)) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _wait(ending: _Ending) -> None:
    """Wait for the end; raises the OSError that it comes with."""
    while True:
        try:
            error = ending.get(timeout=_WAIT_SECONDS)
        except Empty:
            continue
        if error is not None:
            raise error
        return


class _Teller:
    """Writes the feeds to `folder`, if there is one, and says what a refresh did: problems when they begin and end."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._problem: str | None = None

    def __call__(self, done: Refreshed, snapshot: Snapshot) -> None:
        from ptcrm.workspace import time_of_day

        written, problems = self._export(done, snapshot)
        now = time_of_day()
        if done.files or done.feeds or done.is_anew or written:
            names = done.feeds if self._folder is None else written
            cause = _cause(done, is_first=snapshot.number <= 1)
            say(f"{now}  {cause}, {_listed(names) or 'no feed'} changed")
        if done.errors:
            problems.append(f"{plural(done.errors, 'file')} with errors, see `ptcrm check`.")
        problem = "\n".join([*([done.problem] if done.problem else []), *problems])
        if problem != (self._problem or ""):
            tell(f"{now}  {problem or 'All is well again.'}")
        self._problem = problem

    def _export(self, done: Refreshed, snapshot: Snapshot) -> tuple[list[str], list[str]]:
        """The names of the files written, and why others were not."""
        if self._folder is None or not snapshot.number:
            return [], []
        return exported(self._folder, snapshot.feeds, is_empty=done.is_empty)


def exported(folder: Path, feeds: Mapping[str, Body], *, is_empty: bool) -> tuple[list[str], list[str]]:
    """Write each feed as `<name>.ics`: the names of the files that changed, and what went wrong with others.

    With `is_empty`, for a vault without customers, a calendar with events stays as it is.
    """
    from ptcrm.server.kept import BEGINS, has_events
    from ptcrm.vault.store import write_outside

    written, problems = [], []
    for name, body in feeds.items():
        path = folder / f"{name}.ics"
        try:
            if is_empty and not body.has_events and path.is_file() and has_events(path.read_bytes()):
                problems.append(f"{path} stays as it is, since there is no customer in the vault at all.")
            elif write_outside(path, body.content, BEGINS):
                written.append(path.name)
        except RefusedError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{path}: {error.strerror or error}")
    return written, problems


def _cause(done: Refreshed, *, is_first: bool) -> str:
    """`49 files` at first, then `1 file read`, or why else there was anything to do."""
    if is_first:
        return plural(done.files, "file")
    if done.is_anew and not done.files:
        return "vault opened anew"
    return f"{plural(done.files, 'file')} read"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
