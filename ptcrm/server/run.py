"""The server from start to end: sockets, what is printed, signals."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import uvicorn

from ptcrm.errors import PtcrmError
from ptcrm.server.addresses import feed_addresses, shown, too_long
from ptcrm.server.app import Feeds, application
from ptcrm.server.limits import Connection, LimitedConfig, Limits
from ptcrm.server.where import Where, base_of, bind, hosts_of, loopback_name, reaches_others

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from ptcrm.server.addresses import Base
    from ptcrm.server.tokens import TokenFile


_FIRST_SECONDS, _LOOK_SECONDS = 30.0, 0.1
_PUBLIC = (
    "Other machines can reach this server. Anyone in the network who knows a feed's address can read the "
    "feed, and what travels by plain http can be overheard on the way. Better: leave --public away, put a web "
    "server with https before ptcrm (a reverse proxy), and name its address with --url."
)
_NOT_PUBLIC = (
    "--public alone lets nobody in: the server still listens on this machine only. Say where it is to listen, too: "
    "--host 0.0.0.0 --public"
)


class LiveFeeds(Feeds, Protocol):
    """The feeds, kept up with the files by a thread of their own."""

    def start(self) -> None:
        """Begin; returns at once."""

    def wait(self, seconds: float) -> bool:
        """Wait until the first refresh has been tried, at most `seconds`; whether it has."""

    def stop(self) -> None:
        """End the thread."""


@dataclass(frozen=True, slots=True)
class Out:
    """Where lines go: `say` takes answers (stdout), `tell` what stands beside them (stderr)."""

    say: Callable[[str], None]
    tell: Callable[[str], None]


@dataclass(slots=True)
class Stop:
    """Whether it is time to end: asked by a signal, or by whoever runs a server in a thread.

    `meanwhile` is called about ten times a second, `at_end` once, before answers under way are waited for.
    """

    asked: bool = False
    meanwhile: Callable[[], None] = lambda: None
    at_end: Callable[[], None] = lambda: None

    def ask(self, *_: object) -> None:
        """End soon."""
        self.asked = True


class Book(Protocol):
    """The pages of the vault."""

    app: ASGIApp

    def end(self) -> None:
        """End answers that would go on for ever."""

    def begin(self, host: str) -> None:
        """Say where they are, once they are there: at this name or address of the machine."""

    def close(self) -> None:
        """Let go of the vault."""


def run(  # noqa: PLR0913  # what is served, where, and who hears of it
    live: LiveFeeds,
    tokens: TokenFile,
    where: Where,
    out: Out,
    stop: Stop | None = None,
    *,
    pages: Callable[[int], Book] | None = None,
) -> None:
    """Serve until a signal to end, or until `stop` is asked; the thread of the feeds is ended, too.

    Prints the feeds' addresses, then a line for each request. `pages` makes those for a port, if the server can be
    reached from this machine by a loopback address. Raises `UsageError` for a place that may not be listened at,
    `PtcrmError` for one that cannot.
    """
    stop = stop or Stop()
    with _signals(stop), contextlib.ExitStack() as ending:
        sockets = bind(where)
        for one in sockets:
            ending.callback(one.close)
        base = base_of(where, sockets)
        tokens.keep_base(base)
        if where.public:
            out.tell(_PUBLIC if reaches_others(sockets) else _NOT_PUBLIC)
        ending.callback(live.stop)
        live.start()
        _wait_for_first(live, stop)
        addresses = Addresses(live, tokens, base, out)
        addresses.announce()
        stop.meanwhile = addresses.announce
        book = _book(pages, sockets, out, ending)
        if book is not None:
            stop.at_end = book.end
        app = application(live, tokens, hosts_of(where, sockets), out.tell, pages=book.app if book else None)
        serve(app, sockets, stop, out.tell)


def _book(
    pages: Callable[[int], Book] | None, sockets: list[socket.socket], out: Out, ending: contextlib.ExitStack
) -> Book | None:
    """The pages, where they can be reached, and where that is; else why there are none."""
    if pages is None:
        return None
    host = loopback_name(sockets)
    if host is None:
        out.tell("There are no pages here: they are for this machine alone, and need a server at 127.0.0.1.")
        return None
    book = pages(sockets[0].getsockname()[1])
    ending.callback(book.close)
    book.begin(host)
    return book


class Addresses:
    """Prints the address of each feed once: at the start, or when the feed comes into ptcrm.yaml."""

    def __init__(self, live: LiveFeeds, tokens: TokenFile, base: Base, out: Out) -> None:
        self._live, self._tokens, self._base, self._out = live, tokens, base, out
        self._printed: set[str] = set()

    def announce(self) -> None:
        """Print the addresses that were not printed yet."""
        names = [name for name in self._live.snapshot.feeds if name not in self._printed]
        if not names:
            return
        self._printed.update(names)
        try:
            by_feed = self._tokens.ensure(names).by_feed
        except PtcrmError as error:
            self._out.tell(f"ptcrm: {error}")
            return
        addresses = feed_addresses(self._base, by_feed, names)
        for line in shown(addresses):
            self._out.say(line)
        for note in filter(None, map(too_long, addresses.values())):
            self._out.tell(f"ptcrm: {note}")


def serve(
    app: Any,  # noqa: ANN401  # ASGI
    sockets: list[socket.socket],
    stop: Stop,
    tell: Callable[[str], None],
    limits: Limits | None = None,
) -> None:
    """Answer on the sockets until `stop` is asked; then end what is under way within three seconds."""
    server = _Server(LimitedConfig(app, limits or Limits()), stop)

    def quietly(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        tell(f"ptcrm: a connection failed ({context.get('exception') or context['message']}).")

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(quietly)
        await server.serve(sockets)

    asyncio.run(main())


class _Server(uvicorn.Server):
    """uvicorn's server, ended by `Stop` too.

    It takes signals to end while it serves, and hands them on when it has ended: to `_signals`, not to the
    system, which would end the process by the signal.
    """

    def __init__(self, config: LimitedConfig, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        """Whether to end, asked ten times a second."""
        with contextlib.suppress(OSError, ValueError):  # an output that is gone ends no server
            self._stop.meanwhile()
        return self._stop.asked or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and leave no connection open."""
        self._stop.at_end()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.drop()
        await asyncio.sleep(0)


@contextlib.contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    """Signals to end ask `stop`; outside the main thread there are none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ending = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")]
    before = {one: signal.signal(one, stop.ask) for one in ending if one is not None}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _wait_for_first(live: LiveFeeds, stop: Stop) -> None:
    """With nothing kept from last time: let those who ask wait for the first feeds, rather than find nothing."""
    waited = 0.0
    while not (live.snapshot.feeds or stop.asked or waited >= _FIRST_SECONDS or live.wait(_LOOK_SECONDS)):
        waited += _LOOK_SECONDS
