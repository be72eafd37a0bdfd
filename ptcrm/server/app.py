"""The feeds and the server's health over HTTP (ASGI): CALENDAR 21 to 24. Handlers only read."""

from __future__ import annotations

import contextlib
import re
import secrets
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ptcrm.server.limits import Limits, Sizes
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ptcrm.server.hosts import Hosts
    from ptcrm.server.live import Body, Snapshot
    from ptcrm.server.tokens import Tokens

READS = ("GET", "HEAD")
_OLD = "The feeds are older than the files. What `ptcrm serve` prints says why.\n"
_OTHER_NAME = (
    "This server is not known under that name. If it is meant to be, start it with that name in --url, "
    "such as: ptcrm serve --url https://calendar.example.org\n"
)
_TAG = re.compile(r'"([^"]*)"')
_LONGEST_AGENT, _LONGEST_METHOD = 60, 10


class Feeds(Protocol):
    """What is served: a snapshot that is swapped whole."""

    @property
    def snapshot(self) -> Snapshot:
        """The feeds as they are now."""


class TokenSource(Protocol):
    """Where the tokens come from."""

    def current(self) -> Tokens:
        """The tokens as they are now; for each request."""


def application(  # noqa: PLR0913  # what is served, under which names, and who hears of it
    live: Feeds,
    tokens: TokenSource,
    hosts: Hosts,
    tell: Callable[[str], None],
    limits: Limits | None = None,
    *,
    pages: ASGIApp | None = None,
) -> ASGIApp:
    """The server as ASGI: the feeds of `live` at the addresses of `tokens`, under the names of `hosts`.

    `tell` gets a line for each request, without a token. `pages` answers whatever is asked for outside `/feeds/`.
    """
    nobodys = secrets.token_urlsafe()  # what a token is compared with where there is none

    async def feed(request: Request) -> Response:
        name, token = request.path_params["name"], request.path_params["token"]
        body = live.snapshot.feeds.get(name)
        expected = tokens.current().by_feed.get(name, nobodys)
        right = secrets.compare_digest(token.encode(), expected.encode())
        return _feed(request.headers, body) if right and body is not None else _nothing()

    async def health(_: Request) -> Response:
        return _plain(_OLD, 503) if live.snapshot.problem else _plain("ok\n")

    app = Starlette(
        routes=[Route("/healthz", health), Route("/feeds/{token}/{name}.ics", feed)],
        exception_handlers={404: _no_such_page, 405: _reading_only, Exception: _no_such_page},
    )
    app.router.redirect_slashes = False

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        is_feed = scope["path"].startswith("/feeds/") or scope["path"] == "/healthz"
        await (app if pages is None or is_feed else pages)(scope, receive, send)

    return Gate(Sizes(either, limits or Limits()), live, hosts, tell)


def _plain(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in words."""
    own = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return Response(text, status, own, "text/plain; charset=utf-8")


def _nothing() -> Response:
    """One and the same answer wherever there is nothing to see: it gives no hint of why."""
    return _plain("There is nothing here.\n", 404)


async def _no_such_page(_: Request, __: Exception) -> Response:
    return _nothing()


async def _reading_only(_: Request, __: Exception) -> Response:
    return _plain("This can only be read.\n", 405, {"Allow": ", ".join(READS)})


def _feed(asked: Mapping[str, str], body: Body) -> Response:
    """The feed, or 304 if whoever asks has it already (CALENDAR 21)."""
    headers = {
        "ETag": f'"{body.digest}"',
        "Last-Modified": formatdate(body.modified, usegmt=True),
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if _is_known(asked, body):
        return Response(status_code=304, headers=headers)
    return Response(body.content, 200, headers, "text/calendar; charset=utf-8")


def _is_known(asked: Mapping[str, str], body: Body) -> bool:
    """Whether the headers say that this very body is there already (RFC 9110 §13.1.2 and §13.1.3)."""
    tags = asked.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or body.digest in _TAG.findall(tags)
    since = asked.get("if-modified-since")
    if since is None:
        return False
    try:
        return body.modified <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return False


class Gate:
    """What every request passes: the Host it asks for, its path, and a line about it. Nothing raised gets out."""

    def __init__(self, app: ASGIApp, live: Feeds, hosts: Hosts, tell: Callable[[str], None]) -> None:
        self._app, self._live, self._hosts, self._say = app, live, hosts, tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status = "-"

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        path = _path(scope["raw_path"], self._hosts.prefix.encode())
        try:
            await self._answering(scope, path)({**scope, "path": path or "/"}, receive, watched)
        except Exception as error:  # noqa: BLE001  # an app that once gets an error may never ask again
            self._tell(f"ptcrm: a request could not be answered ({type(error).__name__}: {error}).")
            if status == "-":
                await _nothing()(scope, receive, watched)
        self._tell(self._line(scope, path, status))

    def _answering(self, scope: Scope, path: str | None) -> ASGIApp:
        """Who answers: the feeds, or a plain refusal."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not hosts[0]:
            return _plain("A request names one Host.\n", 400)
        if hosts[0] not in self._hosts:  # an app may never ask again for a feed after any error but 404
            return _plain(_OTHER_NAME, 404 if path and path.startswith("/feeds/") else 421)
        return self._app if path is not None else _nothing()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a terminal that is gone ends no server
            self._say(for_terminal(one_line(line)))

    def _line(self, scope: Scope, path: str | None, status: str) -> str:
        """Who asked for what, with which outcome and app; a token, or what may be one, is never in it."""
        agents = (value.decode(errors="replace") for name, value in scope["headers"] if name == b"user-agent")
        agent = one_line(next(agents, ""))[:_LONGEST_AGENT]
        client = (scope.get("client") or ("-",))[0]
        method = scope["method"][:_LONGEST_METHOD]
        return f"{client} {method} {self._shown(path)} {status} {agent}"

    def _shown(self, path: str | None) -> str:
        if path in ("/", "/healthz"):
            return path
        *folder, name = (path or "").split("/")
        if len(folder) == 3 and folder[1] == "feeds":
            known = name.removesuffix(".ics") in self._live.snapshot.feeds
            return f"/feeds/…/{name if known else '…'}"
        return "/…"


def _path(raw: bytes, prefix: bytes) -> str | None:
    """The path that was asked for, decoded and without the prefix; None for what no address of ours looks like."""
    if prefix and raw.startswith(prefix + b"/"):
        raw = raw[len(prefix) :]
    try:
        parts = [unquote_to_bytes(part).decode() for part in raw.split(b"/")]
    except UnicodeDecodeError:
        return None
    odd = any(part in (".", "..") or "/" in part or "\\" in part or not part.isprintable() for part in parts)
    return None if odd or parts[0] or len(parts) < 2 else "/".join(parts)
