"""How long, how large and how many: what one client may ask of the server, so that others still get theirs.

uvicorn answers and keeps idle connections for a while, but waits for ever for a first request, for a body
and for a client that does not read.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY = "ptcrm.body"  # where a scope has the request's body
_SWALLOWED = 4 * 1024 * 1024  # bytes of a refused body, so that whoever still sends it can read the answer
_LEAST_READ = 16 * 1024  # bytes that a client reads in `read_seconds`, if it reads at all
_BAD_REQUEST = b"This is no HTTP request that can be answered.\n"
_BAD_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    b"X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s"
) % (len(_BAD_REQUEST), _BAD_REQUEST)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for, and how many clients there may be.

    `head_seconds` for a request's head, from connecting or from its first byte; `head_bytes` for its size;
    `idle_seconds` between requests;
    `body_seconds` for a body of at most `body_bytes`, `swallow_seconds` for the rest of one that is refused;
    `read_seconds` without a client reading its answer; `stop_seconds` for answers under way when the server ends.
    """

    head_seconds: float = 10
    head_bytes: int = 16 * 1024
    idle_seconds: int = 5
    body_seconds: float = 10
    body_bytes: int = 64 * 1024
    swallow_seconds: float = 2
    read_seconds: float = 30
    stop_seconds: int = 2
    connections: int = 256


class LimitedConfig(uvicorn.Config):
    """uvicorn's settings for `app`, within `limits`: HTTP/1.1 alone, quiet, and believing no proxy's headers."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.limits = limits
        super().__init__(
            app,
            loop="asyncio",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=limits.head_bytes,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=limits.stop_seconds,
        )


class Connection(H11Protocol):
    """One client's connection. It waits until a whole head is there, is busy until the answer is given, waits again."""

    config: LimitedConfig

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # uvicorn's own
        super().__init__(*args, **options)
        self.waits_since = self.loop.time()
        self._head_timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def unread(self) -> int:
        """Bytes of answers that the system did not take yet, because the client does not read."""
        return self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A client is there; if there are too many, the one that waits longest goes."""
        super().connection_made(transport)
        self._expect_head()
        if len(self.connections) > self.config.limits.connections:
            others = (one for one in self.connections if isinstance(one, Connection) and one is not self)
            idle = (one for one in others if one.is_waiting and not one.unread)
            min(idle, key=lambda one: one.waits_since, default=self).drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        super().connection_lost(exc)
        for timer in (self._head_timer, self._read_timer):
            if timer is not None:
                timer.cancel()

    def drop(self) -> None:
        """Close at once, whatever is unread."""
        self.connections.discard(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes came; more bytes of a head that has begun give it no more time."""
        if self.is_waiting:
            self._expect_head()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.config.limits.head_seconds, self.drop)

    def on_response_complete(self) -> None:
        """All of an answer is given to the system, which may wait for the client to read it."""
        self.waits_since = self.loop.time()
        self._expect_reading()
        super().on_response_complete()
        if self.is_waiting and self.conn.trailing_data[0]:  # the next head began together with this request
            self._expect_head()

    def _expect_reading(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
        self._read_timer = None
        if self.unread:
            self._read_timer = self.loop.call_later(
                self.config.limits.read_seconds, self._look_at_reading, self.unread
            )

    def _look_at_reading(self, before: int) -> None:
        self._read_timer = None
        if self.unread and before - self.unread < _LEAST_READ:
            self.drop()
        else:
            self._expect_reading()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words are not ours
        """Answer what is no HTTP, and close; in the middle of another answer only close."""
        if self.cycle is not None and not self.is_waiting:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.drop()
                return
        self.transport.write(_BAD_ANSWER)
        self.transport.close()
        self._expect_reading()

    def shutdown(self) -> None:
        """The server ends: close, or close after the answer under way."""
        with contextlib.suppress(h11.LocalProtocolError):
            super().shutdown()
        if self.is_waiting:
            self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more came after an answer."""
        with contextlib.suppress(h11.LocalProtocolError):
            super().timeout_keep_alive_handler()
        self.transport.close()


class Sizes:
    """Refuses requests that are too large: 431 for the head, 413 for the body of one that needs none.

    A small body is read, and is the `BODY` of the scope; one that was refused is None there. Who waits to be told to
    go on (`Expect: 100-continue`) is answered at once, and the connection closed.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope["headers"])
        if _head_size(scope) > self._limits.head_bytes:
            await PlainTextResponse("These headers are too large.\n", 431)(
                scope, receive, self._closing(receive, send)
            )
            return
        length = int(headers.get(b"content-length", b"0"))
        if not length and b"transfer-encoding" not in headers:
            await self._app({**scope, BODY: b""}, receive, send)
            return
        waits = b"expect" in headers
        body = 413 if length > self._limits.body_bytes else None if waits else await self._read(receive)
        if isinstance(body, bytes):
            await self._app({**scope, BODY: body}, receive, send)
            return
        app = self._app
        if body is not None and scope["method"] in ("GET", "HEAD"):
            app = PlainTextResponse("No body is needed here, and this one is too large or too slow.\n", body)
        await app({**scope, BODY: None}, receive, self._closing(receive, send))

    async def _read(self, receive: Receive) -> bytes | int:
        """The body; 413 if there is too much of it, 408 if it takes too long."""
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await _all_of_it(receive, self._limits.body_bytes)
                return 413 if len(body) > self._limits.body_bytes else body
        except TimeoutError:
            return 408

    def _closing(self, receive: Receive, send: Send) -> Send:
        """`send`, with the answer closing the connection, after a look at what the client still sends."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send({**message, "headers": [*message["headers"], (b"connection", b"close")]})
                return
            last = not message.get("more_body", False)
            await send({**message, "more_body": True})
            if last:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.swallow_seconds):
                        await _all_of_it(receive, _SWALLOWED)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        return closing


def _head_size(scope: Scope) -> int:
    """About how many bytes the head of a request has."""
    lines = sum(len(name) + len(value) for name, value in scope["headers"])
    return lines + len(scope["raw_path"]) + len(scope["query_string"])


async def _all_of_it(receive: Receive, most: int) -> bytes:
    """A body to its end, or until it has more than `most` bytes."""
    found = bytearray()
    while len(found) <= most:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(found)
