"""The vault in a browser: pages over the files, for whoever sits at this machine.

A page is a function from the open vault and what was asked to an answer (`page.py`). It runs in the thread of a
desk. To add one: a module with the function, a line in `PLACES`, a template; a line in `MENU` if the head of all pages
leads to it.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ptcrm.errors import NotFoundError, PtcrmError, RefusedError
from ptcrm.formats import report
from ptcrm.server.limits import BODY
from ptcrm.server.pages.agenda import agenda_page
from ptcrm.server.pages.customer import customer_page
from ptcrm.server.pages.customers import completions, customers_page
from ptcrm.server.pages.desk import Desk
from ptcrm.server.pages.door import Door, Keys
from ptcrm.server.pages.editing import edit_page, save
from ptcrm.server.pages.feeds import feeds_page, rotate
from ptcrm.server.pages.help import help_page
from ptcrm.server.pages.page import FOLDER, Asked, Elsewhere, Front, Page, fields_of, rendered
from ptcrm.server.pages.problems import fix, fix_page, problems_page
from ptcrm.server.pages.recording import done, log, move, snooze, undo
from ptcrm.server.pages.review import review_page
from ptcrm.server.pages.search import search_page
from ptcrm.server.pages.today import today_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from ptcrm.workspace import Workspace

Answer = Page | Elsewhere | Mapping[str, object]


class Place(NamedTuple):
    """An address of the pages, and what answers there: a page, another address, or an object as JSON.

    What `is_long` is made at a desk of its own, since it takes seconds in a large vault. It only shows.
    """

    method: str
    path: str
    answer: Callable[[Workspace, Asked], Answer]
    is_long: bool = False


PLACES = (
    Place("GET", "/", today_page),
    Place("GET", "/agenda", agenda_page),
    Place("GET", "/problems", problems_page, is_long=True),
    Place("GET", "/problems/fix", fix_page),
    Place("POST", "/problems/fix", fix),
    Place("GET", "/feeds", feeds_page),
    Place("POST", "/feeds", rotate),
    Place("GET", "/help", help_page),
    Place("GET", "/customers", customers_page),
    Place("GET", "/complete", completions),
    Place("GET", "/customers/{id}", customer_page),
    Place("GET", "/customers/{id}/edit", edit_page),
    Place("POST", "/customers/{id}/edit", save),
    Place("POST", "/customers/{id}/log", log),
    Place("POST", "/customers/{id}/done", done),
    Place("POST", "/customers/{id}/snooze", snooze),
    Place("POST", "/customers/{id}/move", move),
    Place("POST", "/undo", undo),
    Place("GET", "/search", search_page),
    Place("GET", "/review", review_page, is_long=True),
)
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_STATUS: Mapping[type[PtcrmError], int] = {NotFoundError: 404, RefusedError: 409}
_TOO_LARGE = "What was sent is too large for a page (64 KiB), or came too slowly. Nothing was written; use your editor."
_BROKEN = "Something went wrong inside ptcrm. What `ptcrm serve` prints says what; please report it."


class Pages:
    """The pages of the vault that `open_workspace` opens, for a server at `port`; `tell` gets what went wrong inside.

    `begun` is called with their first address, once it is known.
    """

    def __init__(
        self,
        open_workspace: Callable[[], Workspace],
        port: int,
        front: Front,
        tell: Callable[[str], None],
        begun: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._desk, self._aside = Desk(open_workspace), Desk(open_workspace)
        self._front, self._tell, self._begun = front, tell, begun
        self.keys = Keys(port)
        routes = [Route(one.path, partial(self._at, one), methods=[one.method]) for one in PLACES]
        app = Starlette(
            routes=[
                *routes,
                Route("/changes", front.changes, methods=["GET"]),
                Route("/static/{name}", _static),
            ],
            exception_handlers={404: self._missing, 405: self._missing},
        )
        app.router.redirect_slashes = False
        self.app: ASGIApp = Door(app, self.keys, read_only=front.read_only)

    def begin(self, host: str) -> None:
        """Say the first address, on this loopback name."""
        self._begun(self.keys.address(host))

    def end(self) -> None:
        """End what would go on for ever, since the server ends."""
        self._front.changes.end()

    def close(self) -> None:
        """End the threads that have the vault."""
        self._desk.close()
        self._aside.close()

    async def _at(self, place: Place, request: Request) -> Response:
        body = request.scope.get(BODY)
        asked = _asked(request, self._front, body)
        if place.method == "POST" and body is None:
            return _html(_said(_TOO_LARGE, 413), None, asked)
        try:
            desk = self._aside if place.is_long else self._desk
            return await desk.ask(
                lambda workspace: _answered(place.answer(workspace, asked), workspace, asked)
            )
        except PtcrmError as error:
            status = next((code for cause, code in _STATUS.items() if isinstance(error, cause)), 422)
            return _html(_said(str(error), status), None, asked)
        except Exception as error:  # noqa: BLE001  # the next page may be fine
            self._tell(f"ptcrm: a page could not be made: {''.join(traceback.format_exception(error))}")
            return _html(_said(_BROKEN, 500), None, asked)

    async def _missing(self, request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return _html(_said("There is no such page.", status), None, _asked(request, self._front, b""))


def _asked(request: Request, front: Front, body: bytes | None) -> Asked:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    return Asked(
        f"{path}?{query}" if query else path,
        request.path_params,
        fields_of(query),
        fields_of((body or b"").decode("latin-1")),
        front,
        front.changes.mark,
    )


def _answered(answer: Answer, workspace: Workspace, asked: Asked) -> Response:
    """The answer as HTTP; what a page shows is read while its vault is held."""
    if isinstance(answer, Page):
        return _html(answer, workspace, asked)
    return RedirectResponse(answer.to, 303) if isinstance(answer, Elsewhere) else JSONResponse(answer)


def _html(page: Page, workspace: Workspace | None, asked: Asked) -> HTMLResponse:
    return HTMLResponse(rendered(page, workspace, asked), page.status)


def _said(words: str, status: int) -> Page:
    return Page("said.html", {"title": "Not done" if status != 404 else "Not found", "words": words}, status)


async def _static(request: Request) -> Response:
    """A file of the pages themselves, by its whole name."""
    found = _STATIC.get(request.path_params["name"])
    return Response(found[0], media_type=found[1]) if found else Response(status_code=404)


_STATIC = {
    one.name: (one.read_bytes(), _TYPES[one.suffix])
    for one in (FOLDER / "static").iterdir()
    if one.suffix in _TYPES
} | {"report.css": (report.STYLE.encode(), _TYPES[".css"])}
