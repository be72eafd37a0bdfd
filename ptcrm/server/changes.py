"""What open pages are told when the vault or the day has changed: server-sent events (HTML §9.2).

An event says only that there is something new, and the page asks for itself again. It carries a mark; so does every
page, from before it was drawn. So a page that draws itself anew when the two differ misses nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

MOST_STREAMS = 32
BEAT_SECONDS = 15.0
_STREAM = "text/event-stream"


class Changes:
    """The changes so far, and as an ASGI app a stream of them, for at most `most` clients at a time.

    `note` may be called in any thread; everything else belongs to the thread of the event loop.
    """

    def __init__(self, most: int = MOST_STREAMS, beat_seconds: float = BEAT_SECONDS) -> None:
        self._most, self._beat_seconds = most, beat_seconds
        self._start, self._count = secrets.token_hex(4), 0  # what an earlier server has drawn is old
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._is_over = False

    @property
    def mark(self) -> str:
        """What tells this moment from all before the last change."""
        return f"{self._start}-{self._count}"

    @property
    def streams(self) -> int:
        """How many clients wait."""
        return len(self._waiting)

    def note(self) -> None:
        """Something has changed: tell all who wait."""
        self._count += 1
        self._wake()

    def end(self) -> None:
        """End every stream, since the server ends."""
        self._is_over = True
        self._wake()

    def _wake(self) -> None:
        for event, loop in self._waiting.copy().items():
            with suppress(RuntimeError):  # its loop has just ended
                loop.call_soon_threadsafe(event.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a stream; 429 if there are too many, after which a browser asks no more."""
        if len(self._waiting) >= self._most:
            await PlainTextResponse("Too many pages are open for live updates.\n", 429)(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            await Response(media_type=_STREAM)(scope, receive, send)
            return
        event = asyncio.Event()
        self._waiting[event] = asyncio.get_running_loop()
        try:
            await StreamingResponse(self._told(event), media_type=_STREAM)(scope, receive, send)
        finally:
            del self._waiting[event]

    async def _told(self, event: asyncio.Event) -> AsyncIterator[bytes]:
        """The mark at once and after each change; now and then a comment, by which a client that is gone is noticed."""
        told = ""
        while not self._is_over:
            event.clear()
            mark = self.mark
            yield f"data: {mark}\n\n".encode() if mark != told else b":\n\n"
            told = mark
            with suppress(TimeoutError):
                async with asyncio.timeout(self._beat_seconds):
                    await event.wait()
