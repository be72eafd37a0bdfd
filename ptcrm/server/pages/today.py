"""The page of the day: who is overdue, who is due, who comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.server.pages.page import Page
from ptcrm.server.pages.rows import row_of
from ptcrm.views.today import NEW, OVERDUE, TODAY, at_a_glance

if TYPE_CHECKING:
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.server.pages.page import Asked
    from ptcrm.workspace import Workspace

_MOST, _MOST_COMING = 40, 20  # rows of a group, so that a page stays below 300 KB


def today_page(workspace: Workspace, asked: Asked) -> Page:  # noqa: ARG001  # as all pages
    """Who is to be contacted today, and in the days after."""
    now = at_a_glance(workspace, is_checked=False)

    def group(title: str, found: list[Occurrence], more: str, most: int = _MOST) -> dict[str, object]:
        return {
            "title": title,
            "count": len(found),
            "rows": [row_of(workspace, one) for one in found[:most]],
            "more": more,
        }

    groups = [
        group(OVERDUE, now.overdue, "ptcrm due"),
        group(TODAY, now.due, "ptcrm due"),
        group(NEW, now.new, "ptcrm due"),
        group("Next seven days", now.week, "ptcrm due --until +1w", _MOST_COMING),
        group("Birthdays and occasions soon", now.birthdays, "ptcrm birthdays", _MOST_COMING),
    ]
    return Page("today.html", {"now": now, "groups": [one for one in groups if one["count"]]})
