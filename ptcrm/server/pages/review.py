"""The page of the review: whether keeping in touch works, with the charts of `ptcrm review --html`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ptcrm.errors import UsageError
from ptcrm.formats.report import as_body
from ptcrm.model.typed import plain
from ptcrm.query.configured import typed
from ptcrm.server.pages.page import Page, customer_address
from ptcrm.views.review import period_of, review
from ptcrm.views.review_report import report

if TYPE_CHECKING:
    from ptcrm.server.pages.page import Asked
    from ptcrm.workspace import Workspace


def review_page(workspace: Workspace, asked: Asked) -> Page:
    """The review of the days `from` … `to` and of the customers whom the query `where` finds."""
    first, last, where = (plain(asked.query.get(name, "")) for name in ("from", "to", "where"))
    problem, body = "", ""
    try:
        body = workspace.once(("review", first, last, where), lambda: _body(workspace, first, last, where))
    except UsageError as error:
        problem = str(error)
    values = {
        "first": first,
        "last": last,
        "where": where,
        "problem": problem,
        "body": Markup(body),  # noqa: S704  # made of escaped text
    }
    return Page("review.html", values, 422 if problem else 200)


def _body(workspace: Workspace, first: str, last: str, where: str) -> str:
    paths = set(workspace.paths_by(typed([where]))) if where else None
    found = review(workspace, period_of(first or None, last or None, workspace.today), paths)
    return as_body(report(found, workspace.config), customer_address)
