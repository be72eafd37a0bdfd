"""Who is to be contacted, and whose day it is: due, birthdays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.answer import Answer, answering
from ptcrm.cli.options import QUERY_SETTINGS, Session, as_typed, paths_meant, query_argument
from ptcrm.cli.output import say, say_table, tell
from ptcrm.errors import UsageError
from ptcrm.formats.columns import DUE, YEARLY
from ptcrm.model.dates import Interval, ago, later, long_day, near_day
from ptcrm.model.typed import a_day
from ptcrm.views.today import (
    OVERDUE,
    by_urgency,
    called,
    is_open,
    more_waiting,
    no_day_found,
    not_worked,
    row,
    what_and_why,
    when,
    yearly_row,
    yearly_words,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from datetime import date

    from ptcrm.model.occurrence import Occurrence
    from ptcrm.workspace import Workspace

_MONTH = Interval(days=30)


@click.command("due", context_settings=QUERY_SETTINGS)
@query_argument
@click.option("--until", metavar="DAY", default="today", show_default=True, help="The last day to list.")
@click.option("--all", "whole", is_flag=True, help="Also what is owed by then and found a later day.")
@answering()
def due_command(session: Session, words: tuple[str, ...], until: str, whole: bool) -> Answer:
    """Who to contact: what is planned up to today, or until another day.

    \b
    Examples:
      ptcrm due
      ptcrm due tier:gold
      ptcrm due --all
      ptcrm due --until friday
      ptcrm due --until +2w --csv
    """
    workspace = session.workspace()
    last, only = a_day(until, workspace.today), paths_meant(workspace, words)
    if last < workspace.today:
        raise UsageError(f"--until {until} is before today. `ptcrm due` has what is overdue, too.")
    found, waiting = workspace.listed(last, only, whole=whole)
    pass_on = _suggested(workspace, found)
    free = workspace.workdays.why_free(workspace.today)
    aside = [not_worked(free)] if free else []
    more = []
    if waiting:
        asked = "" if until == "today" else f'"{until}"'
        more = [no_day_found(waiting) if whole else more_waiting(waiting, asked) + as_typed(words)]

    def show() -> None:
        _say_by_day(found, pass_on, workspace)
        _say_todays_birthdays(workspace, only)
        for remark in aside:
            tell(remark)
        for remark in more:
            say(remark)

    def rows(_: object) -> Iterator[dict[str, object]]:
        return ({**row(one), "pass_on": pass_on.get(one.path) if is_open(one) else None} for one in found)

    return Answer(tuple(DUE), rows, show, [*aside, *more])


def _say_by_day(found: list[Occurrence], pass_on: Mapping[str, str], workspace: Workspace) -> None:
    """Overdue, today and new ones first, then day by day."""
    today = workspace.today
    if not found:
        say("Nothing is due.")
        return
    groups = by_urgency([one for one in found if one.planned <= today], today)
    for one in found:
        if one.planned > today:
            groups.setdefault(long_day(one.planned), []).append(one)
    first = True
    for title, members in groups.items():
        if members:
            say(title if first else f"\n{title}", title.lower() if title == OVERDUE else "title")
            rows = [
                (when(one, today), called(one), what_and_why(one, workspace) + _to_pass_on(one, pass_on))
                for one in members
            ]
            say_table(
                [(_when_in_words(one, today), *rest) for one, (_, *rest) in zip(members, rows, strict=True)],
                tight=rows,
            )
            first = False


def _suggested(workspace: Workspace, found: list[Occurrence]) -> Mapping[str, str]:
    """The item that is best passed on at each contact that nothing but its cadence asks for, by the customer's path."""
    if not workspace.index.has_library():
        return {}
    from ptcrm.views.sharing import suggested

    return suggested(workspace, {one.path for one in found if is_open(one)})


def _to_pass_on(one: Occurrence, pass_on: Mapping[str, str]) -> str:
    """What there would be to say, where nothing else asks for the contact."""
    item = pass_on.get(one.path) if is_open(one) else None
    return f"; pass on: {item}" if item else ""


def _when_in_words(one: Occurrence, today: date) -> str:
    """As `when`, and how long ago a day was."""
    late = one.due < today and one.state != "new"
    return f"{when(one, today)} {ago(one.due, today)}" if late else when(one, today)


def _say_todays_birthdays(workspace: Workspace, only: Container[str] | None) -> None:
    found = workspace.occasions(workspace.today, workspace.today, only)
    if found:
        say("\nBirthdays and occasions today", "title")
        say_table([("", called(one), yearly_words(one)) for one in found])


@click.command("birthdays", context_settings=QUERY_SETTINGS)
@query_argument
@click.option("--until", metavar="DAY", help="The last day to list; default: 30 days from today.")
@answering()
def birthdays_command(session: Session, words: tuple[str, ...], until: str | None) -> Answer:
    """Birthdays and other occasions that are coming.

    \b
    Examples:
      ptcrm birthdays
      ptcrm birthdays tier:gold
      ptcrm birthdays --until "in 3 months"
    """
    workspace = session.workspace()
    today = workspace.today
    last = a_day(until, today) if until is not None else later(today, _MONTH)
    found = workspace.occasions(today, last, paths_meant(workspace, words))

    def show() -> None:
        if not found:
            say("No birthdays or occasions in these days.")
        say_table(
            [
                (one.planned.isoformat(), near_day(one.planned, today), called(one), yearly_words(one))
                for one in found
            ],
            "",
        )

    return Answer(tuple(YEARLY), lambda _: map(yearly_row, found), show)
