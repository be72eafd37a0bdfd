"""Who gets in: a browser on this machine that was given the secret, and forms of our own pages alone.

Any web page can make a browser send requests to 127.0.0.1, and any program of any user on the machine can
connect. So whoever asks must come from this machine, under one of its loopback names with the right port, and with
the cookie that the first address, which has a secret in it, was exchanged for.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, PlainTextResponse

from ptcrm.formats import report
from ptcrm.server.addresses import is_loopback
from ptcrm.server.pages.page import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = ("GET", "HEAD")
FORM = "application/x-www-form-urlencoded"
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_PROXIED = frozenset((b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"))
_STYLE = f"{report.PAGE}a {{ color: inherit }}\n"
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'sha256-{_STYLE_DIGEST}'; "  # what is refused has its style in itself
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ).encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"same-origin",  # with no-referrer a form of ours would come from the Origin "null"
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
_BARE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n<title>{title}</title>\n<style>{style}</style>\n{head}</head>\n'
    "<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
)
_CLOSED = (
    "<p>This is a customers' book, and it opens only for the browser that was given its address.</p>\n"
    "<p>The address stands where <code>ptcrm serve</code> was started, on the line below “The page”. "
    "It is a new one each time.</p>\n"
    '<p>If this browser was let in already, <a href="/">open the book</a>.</p>'
)


def _secret() -> str:
    return secrets.token_urlsafe(24)  # 192 bits


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of a server at `port`, new at each start: one in its first address, one in the cookie."""

    port: int
    first: str = field(default_factory=_secret)
    cookie: str = field(default_factory=_secret)

    @property
    def cookie_name(self) -> str:
        """Its name has the port, since browsers give cookies to every port of a host."""
        return f"ptcrm-{self.port}"

    @property
    def authorities(self) -> frozenset[str]:
        """What the Host of a request may be."""
        ports = (f":{self.port}", "") if self.port == 80 else (f":{self.port}",)
        return frozenset(f"{name}{port}" for name in _NAMES for port in ports)

    def address(self, host: str) -> str:
        """The first address, on one of the loopback names."""
        return f"http://{host}:{self.port}/?key={self.first}"


class Door:
    """Lets requests through to `app` that may be; every answer has the headers that keep it to itself."""

    def __init__(self, app: ASGIApp, keys: Keys, *, read_only: bool = False) -> None:
        self._app, self._keys, self._read_only = app, keys, read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name, value) for name, value in message["headers"] if name not in _HEADERS]
                message = {**message, "headers": [*own, *_HEADERS.items()]}
            await send(message)

        await self._answering(scope)(scope, receive, guarded)

    def _answering(self, scope: Scope) -> ASGIApp:
        """Who answers: the pages, or a refusal that says nothing of the vault."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "").lower()
        if not self._is_from_here(scope, headers) or host not in self._keys.authorities:
            return PlainTextResponse("There is nothing here.\n", 404)
        if (key := _key_of(scope)) is not None and scope["path"] == "/":
            is_right = secrets.compare_digest(key.encode(), self._keys.first.encode())
            return self._welcome() if is_right and scope["method"] in SAFE_METHODS else closed()
        if not self._has_cookie(scope) or not _is_fetched_by_us(headers):
            return closed()
        if scope["method"] in SAFE_METHODS:
            return self._app
        return self._refusal_of_form(headers, host) or self._app

    def _is_from_here(self, scope: Scope, headers: Mapping[bytes, str]) -> bool:
        """Whether the request comes from this machine, as itself: a proxy speaks for others."""
        client = (scope.get("client") or ("",))[0]
        return is_loopback(client) and _PROXIED.isdisjoint(headers)

    def _has_cookie(self, scope: Scope) -> bool:
        found = (
            part.strip()
            for name, value in scope["headers"]
            if name == b"cookie"
            for part in value.split(b";")
        )
        expected = f"{self._keys.cookie_name}={self._keys.cookie}".encode()
        return any(secrets.compare_digest(one, expected) for one in found)

    def _refusal_of_form(self, headers: Mapping[bytes, str], host: str) -> ASGIApp | None:
        """Why a request that writes is not let through; None if it is."""
        origin = headers.get(b"origin")
        is_ours = (
            headers.get(b"sec-fetch-site") == "same-origin" if origin is None else origin == f"http://{host}"
        )
        if not is_ours:
            return _refused(403, "This did not come from a page of this server, so nothing was written.")
        if headers.get(b"content-type", "").partition(";")[0].strip().lower() != FORM:
            return _refused(415, "This is no form of these pages, so nothing was written.")
        if self._read_only:
            return _refused(403, "This server only shows (--read-only), so nothing was written.")
        return None

    def _welcome(self) -> ASGIApp:
        """Hand over the cookie, and go on by the page itself.

        A redirect would be part of the way that began elsewhere, say in a chat, and browsers send no cookie that
        is SameSite=Strict along such a way.
        """
        page = _bare(
            "Opening …", '<p><a href="/">Go on</a></p>', '<meta http-equiv="refresh" content="0; url=/">\n'
        )
        page.set_cookie(self._keys.cookie_name, self._keys.cookie, httponly=True, samesite="strict")
        return page


def _key_of(scope: Scope) -> str | None:
    """The secret in the address, if there is one."""
    return fields_of(scope["query_string"].decode("latin-1")).get("key")


def _is_fetched_by_us(headers: Mapping[bytes, str]) -> bool:
    """Whether a page of ours asks, or a person: other servers of this machine are the same site to a browser."""
    site, mode = headers.get(b"sec-fetch-site"), headers.get(b"sec-fetch-mode")
    return site not in ("cross-site", "same-site") or mode == "navigate"


def closed() -> HTMLResponse:
    """The answer to whoever has not the secret: where to find it, and nothing of the vault."""
    return _bare("Not open here", _CLOSED, status=403)


def _refused(status: int, why: str) -> HTMLResponse:
    return _bare("Not done", f'<p>{escape(why)}</p>\n<p><a href="/">Back to Today</a></p>', status=status)


def _bare(title: str, body: str, head: str = "", status: int = 200) -> HTMLResponse:
    """A page that needs nothing else."""
    return HTMLResponse(_BARE.format(title=title, style=_STYLE, head=head, body=body), status)
