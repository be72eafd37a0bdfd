"""Commands that answer and write nothing: due, birthdays, list, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.options import (
    QUERY_SETTINGS,
    Session,
    a_day,
    customers_meant,
    json_option,
    pass_session,
    query_argument,
    who_argument,
)
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.model.dates import Interval, later, long_day, near_day
from ptcrm.model.diagnostic import Severity
from ptcrm.schedule.why import changes, sentences, standing_sentence
from ptcrm.views.customer import summary
from ptcrm.views.today import (
    OVERDUE,
    by_urgency,
    called,
    more_waiting,
    no_day_found,
    not_worked,
    row,
    what,
    what_and_why,
    when,
    yearly_words,
    years,
)

if TYPE_CHECKING:
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.workspace import Workspace

_MONTH = Interval(days=30)


@click.command("due")
@click.option("--until", metavar="DAY", default="today", show_default=True, help="The last day to list.")
@click.option("--all", "whole", is_flag=True, help="Also what is owed by then and found a later day.")
@json_option
@pass_session
def due_command(session: Session, until: str, whole: bool, as_json: bool) -> None:
    """Who to contact: what is planned up to today, or until another day.

    \b
    Examples:
      ptcrm due
      ptcrm due --all
      ptcrm due --until friday
      ptcrm due --until +2w --json
    """
    workspace = session.workspace()
    found, waiting = workspace.listed(a_day(until, workspace.today), whole=whole)
    if as_json:
        say_json([row(one) for one in found])
    else:
        _say_by_day(found, workspace)
        _say_todays_birthdays(workspace)
    free = workspace.workdays.why_free(workspace.today)
    if free:
        tell(not_worked(free))
    if waiting:
        words = (
            no_day_found(waiting)
            if whole
            else more_waiting(waiting, "" if until == "today" else f'"{until}"')
        )
        (tell if as_json else say)(words)


def _say_by_day(found: list[Occurrence], workspace: Workspace) -> None:
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
            say_table([(when(one, today), called(one), what_and_why(one, workspace.zone)) for one in members])
            first = False


def _say_todays_birthdays(workspace: Workspace) -> None:
    found = workspace.occasions(workspace.today, workspace.today)
    if found:
        say("\nBirthdays and occasions today", "title")
        say_table([("", called(one), yearly_words(one)) for one in found])


@click.command("birthdays")
@click.option("--until", metavar="DAY", help="The last day to list; default: 30 days from today.")
@json_option
@pass_session
def birthdays_command(session: Session, until: str | None, as_json: bool) -> None:
    """Birthdays and other occasions that are coming.

    \b
    Examples:
      ptcrm birthdays
      ptcrm birthdays --until "in 3 months"
    """
    workspace = session.workspace()
    today = workspace.today
    found = workspace.occasions(today, a_day(until, today) if until else later(today, _MONTH))
    if as_json:
        say_json([{**row(one), "years": years(one)} for one in found])
    elif found:
        say_table(
            [
                (one.planned.isoformat(), near_day(one.planned, today), called(one), yearly_words(one))
                for one in found
            ],
            "",
        )
    else:
        say("No birthdays or occasions in these days.")


@click.command("list", context_settings=QUERY_SETTINGS)
@query_argument
@json_option
@pass_session
def list_command(session: Session, words: tuple[str, ...], as_json: bool) -> None:
    """All customers, or those whom a query finds, with their standing.

    \b
    Examples:
      ptcrm list
      ptcrm list tier:gold -has:email
      ptcrm list --json
    """
    workspace = session.workspace()
    found = customers_meant(workspace, words)
    standings = workspace.cache.standings()
    planned = workspace.next_days()
    rows = [summary(one, standings[one.path], planned.get(one.path), workspace.today) for one in found]
    if as_json:
        say_json(rows)
    elif rows:
        header = ("ID", "NAME", "TIER", "STATUS", "LAST", "NEXT", "STATE")
        keys = ("id", "name", "tier", "status", "last_contact", "next_contact", "state")
        say_table(
            [header, *([str(one[key] or "-") for key in keys] for one in rows)],
            "",
            ["", *(str(one["state"]) for one in rows)],
        )
    elif words:
        say("Nobody is meant by this query.")
    else:
        say('Nobody here yet. Add a customer: ptcrm add "Anna Kowalska"')


@click.command("why")
@who_argument
@json_option
@pass_session
def why_command(session: Session, who: tuple[str, ...], as_json: bool) -> None:
    """The reason, file and line behind every date of a customer.

    \b
    Example:
      ptcrm why anna
    """
    workspace = session.workspace()
    match = who_is_meant(session, who)
    found, case = workspace.plan_of(match.path)
    if as_json:
        say_json(
            [
                {
                    **row(one),
                    "why": " ".join(sentences(one, case)),
                    "reason": reason.text,
                    "path": reason.path,
                    "line": reason.line,
                }
                for one in found
                for reason in one.reasons
            ]
        )
        return
    say(match.name, "title")
    if not any(one.kind == "cadence" for one in found):
        say(standing_sentence(case))
    for one in found:
        say(f"\n{long_day(one.planned)}: {yearly_words(one) if one.since else what(one)}", "title")
        for sentence in (*sentences(one, case), changes(one, case)):
            say(f"  {sentence}")
        say_table([(reason.text, f"{reason.path}:{reason.line}") for reason in one.reasons], "    ")
    warnings = [one for one in workspace.cache.diagnostics(match.path) if one.severity is Severity.WARNING]
    if warnings:
        tell(f"ptcrm: parts of the file are not understood: see `ptcrm show {match.id}`.")
