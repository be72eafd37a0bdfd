"""Somebody who looks at the pages of a vault, without a socket: what a browser would send, and what comes back."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ptcrm.server.app import application
from ptcrm.server.hosts import Hosts
from ptcrm.server.live import Snapshot
from ptcrm.server.pages import Pages
from ptcrm.server.pages.page import Front
from ptcrm.server.tokens import Tokens
from ptcrm.vault.places import user_folder
from ptcrm.workspace import Workspace
from tests.conftest import DAY

PORT = 8137
HOST = f"127.0.0.1:{PORT}"


@dataclass
class Seen:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.text)

    @property
    def words(self) -> str:
        """The text of the page, without tags, on one line."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    def forms(self, action: str) -> list[dict[str, str]]:
        """The fields of every form that leads to `action`, as the page has them."""
        found = re.findall(
            rf'<form method="post" action="{re.escape(action)}".*?</form>', self.text, re.DOTALL
        )
        return [_fields(one) for one in found]


def _fields(form: str) -> dict[str, str]:
    inputs = re.findall(r'<input [^>]*?name="([^"]*)" value="([^"]*)"', form)
    areas = re.findall(r'<textarea [^>]*?name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
    return {name: html.unescape(value) for name, value in (*inputs, *areas)}


@dataclass
class Visitor:
    """A browser that has been let in: `get` and `post` ask the whole server as ASGI."""

    pages: Pages
    said: list[str] = field(default_factory=list)
    client: str = "127.0.0.1"

    def get(self, path: str, headers: dict[str, str] | None = None) -> Seen:
        return self.ask("GET", path, headers)

    def post(self, path: str, form: Mapping[str, str], headers: dict[str, str] | None = None) -> Seen:
        usual = {"origin": f"http://{HOST}", "content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, {**usual, **(headers or {})}, urlencode(form).encode())

    def send(
        self, action: str, typed: Mapping[str, str] | None = None, page: str = "/", which: int = 0
    ) -> Seen:
        """Send a form of the page at `page`, with what was typed into it; what comes back, and then where that leads."""
        form = self.get(page).forms(action)[which]
        found = self.post(action, {**form, **(typed or {})})
        return self.get(found.headers["location"]) if found.status == 303 else found

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> Seen:
        keys = self.pages.keys
        usual = {"host": HOST, "cookie": f"{keys.cookie_name}={keys.cookie}"}
        if content:
            usual["content-length"] = str(len(content))
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": (self.client, 50000),
        }
        return asyncio.run(self._asked(scope, content))

    async def _asked(self, scope: dict[str, Any], content: bytes) -> Seen:
        messages: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401
            messages.append(message)

        app = application(_NoFeeds(), _NoFeeds(), Hosts.of(), self.said.append, pages=self.pages.app)
        await app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        body = b"".join(one.get("body", b"") for one in messages[1:])
        return Seen(messages[0]["status"], headers, body.decode())


class _NoFeeds:
    snapshot = Snapshot({})

    def current(self) -> Tokens:
        return Tokens({})


@contextmanager
def visiting(vault: Path, front: Front | None = None, day: str = DAY) -> Iterator[Visitor]:
    """A browser that looks at the pages of `vault` on that day."""
    folders = (Path(user_folder(kind)) for kind in ("cache", "state"))
    opened: Callable[[], Workspace] = partial(Workspace, vault, date.fromisoformat(day), *folders)
    said: list[str] = []
    pages = Pages(opened, PORT, front or Front(), said.append)
    try:
        yield Visitor(pages, said)
    finally:
        pages.close()
