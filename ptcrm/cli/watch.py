"""`ptcrm watch`: what follows from the files, kept up with them while they change."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Place, Session, pass_session
from ptcrm.cli.serving import live_of, serve, serving_options
from ptcrm.cli.telling import Teller
from ptcrm.errors import RefusedError, UsageError
from ptcrm.server.where import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.server.live import Refreshed, Snapshot

_Ending = SimpleQueue[OSError | None]  # None: somebody wants it to end; else why it cannot go on
_WAIT_SECONDS = 1.0  # Windows lets no signal through to one who waits for ever


@click.command("watch")
@click.option(
    "--export",
    "folder",
    type=Place(),
    metavar="DIR",
    help="Write every feed to DIR, and again when it changes.",
)
@click.option("--serve", "serves", is_flag=True, help="Serve the feeds, too.")
@serving_options
@pass_session
def watch_command(session: Session, folder: str | None, serves: bool, where: Where | None) -> None:
    """Keep up with the vault while files change; ends with Ctrl-C.

    Prints a line when something has changed. With --serve it serves the feeds as `ptcrm serve` does, whose options
    it then has.

    \b
    Examples:
      ptcrm watch --export ~/published
      ptcrm watch --serve --url https://calendar.example.org
    """
    if where is not None and not serves:
        raise UsageError("--host, --port, --public and --url belong to --serve.")
    place = Path(folder).expanduser().absolute() if folder else None
    if place is not None:
        live_of(session, lambda *_: None)  # raises before anything is made, if there is no vault
        _make(place)
    if serves:
        serve(session, where or Where(), Teller(place))
    else:
        _watch(session, Teller(place))


def _watch(session: Session, told: Teller) -> None:
    """Refresh until a signal to end; raises the OSError that the output may end with."""
    with until_ended() as ending:

        def tell_it(done: Refreshed, snapshot: Snapshot) -> bool:
            try:
                return told(done, snapshot)
            except OSError as error:
                ending.put(error)
                return False

        *_, live = live_of(session, tell_it)
        live.start()
        try:
            _wait(ending)
        finally:
            live.stop()


def _make(folder: Path) -> None:
    """Make the folder if need be; never later, when a disk that is gone would become a folder in its place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"{folder}: this folder cannot be made: {error.strerror or error}") from error


@contextmanager
def until_ended() -> Iterator[_Ending]:
    """Where Ctrl-C and SIGTERM are put, instead of breaking off whatever is being done."""
    ending: _Ending = SimpleQueue()  # the one queue that a signal's handler may put to
    names = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")]
    before = {one: signal.signal(one, lambda *_: ending.put(None)) for one in names if one is not None}
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
