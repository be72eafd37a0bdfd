"""The page of the days ahead: a week or a month, how full each day is, and follow-ups that can be moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.model.dates import long_day
from ptcrm.model.typed import a_day, plain
from ptcrm.server.pages.page import Page, address
from ptcrm.server.pages.rows import Row, row_of
from ptcrm.views.sheet import SheetDay, month_sheet, week_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ptcrm.model.occurrence import Occurrence
    from ptcrm.server.pages.page import Asked
    from ptcrm.views.sheet import Sheet
    from ptcrm.workspace import Workspace

_MOST = {"week": 25, "month": 4}  # rows of a day, so that a page stays light


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the sheet, with the first of its rows; `more` have no room."""

    of: SheetDay
    overdue: list[Row]
    rows: list[Row]
    more: int


def agenda_page(workspace: Workspace, asked: Asked) -> Page:
    """What stands on each day of a week or month, and how many contacts of how many it has room for."""
    view = "month" if asked.query.get("view") == "month" else "week"
    day, problem = _wanted(asked.query.get("on", ""), workspace.today)
    sheet = (month_sheet if view == "month" else week_sheet)(workspace, day)
    if not sheet.first <= day <= sheet.last:
        problem = f"{long_day(day)} cannot be looked at: the agenda goes from today to ten years ahead."
    values = {
        "view": view,
        "problem": problem,
        "sheet": sheet,
        "weeks": [[_day(workspace, one, _MOST[view]) for one in week] for week in sheet.weeks],
        "links": _links(sheet, view, workspace),
    }
    return Page("agenda.html", values, 422 if problem else 200)


def _wanted(words: str, today: date) -> tuple[date, str]:
    """The day that an address names, today if it names none; and what is wrong with it."""
    try:
        return a_day(plain(words) or "today", today), ""
    except UsageError as error:
        return today, str(error)


def _day(workspace: Workspace, day: SheetDay, most: int) -> _Day:
    def rows(found: Sequence[Occurrence]) -> list[Row]:
        return [row_of(workspace, one) for one in found]

    overdue = day.agenda.overdue if day.agenda else ()
    others = day.agenda.occurrences if day.agenda else ()
    shown, left = overdue[:most], max(most - len(overdue), 0)
    more = len(overdue) + len(others) - len(shown) - len(others[:left])
    return _Day(day, rows(shown), rows(others[:left]), more)


def _links(sheet: Sheet, view: str, workspace: Workspace) -> list[tuple[str, str]]:
    """The addresses beside this one, each behind its words."""
    other = {"week": "month", "month": "week"}[view]
    shown = max(sheet.first, workspace.today)
    links = [(f"Previous {view}", sheet.before), ("Today", workspace.today), (f"Next {view}", sheet.after)]
    found = [(words, address("/agenda", view=view, on=day)) for words, day in links if day]
    return [*found, (f"As a {other}", address("/agenda", view=other, on=shown))]
