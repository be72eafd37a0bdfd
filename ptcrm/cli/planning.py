"""Commands about the days ahead and those who wait: agenda, plan, neglected, playbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.answer import Answer, answering
from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.options import (
    QUERY_SETTINGS,
    Session,
    as_typed,
    customers_meant,
    json_option,
    pass_session,
    paths_meant,
    query_argument,
    who_argument,
)
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.errors import UsageError
from ptcrm.formats.columns import ON_DAYS, WAITING
from ptcrm.model.dates import (
    NEVER,
    Interval,
    date_words,
    later,
    long_day,
    parse_day,
    parse_interval,
    weekday_name,
)
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import plain
from ptcrm.model.values import parse_whole
from ptcrm.text.words import plural
from ptcrm.views.days import Off, agenda, agenda_row, agenda_rows, load, load_object, with_days_off
from ptcrm.views.neglected import last_words, neglected, waiting_row
from ptcrm.views.playbook import named_steps, planned_days, run_row, starts_words, step_what, step_words
from ptcrm.views.today import OVERDUE, called, named, what_and_why, when, yearly_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ptcrm.model.occurrence import Occurrence
    from ptcrm.schedule.demand import Demand
    from ptcrm.schedule.playbooks import Run
    from ptcrm.vault.index import Match
    from ptcrm.views.days import AgendaDay, Load, LoadDay
    from ptcrm.views.neglected import Neglected
    from ptcrm.workspace import Workspace

_MOST_WEEKS = 520
_MOST = Interval(months=120)
_BAR = 10  # signs


# agenda


@click.command("agenda", context_settings=QUERY_SETTINGS)
@query_argument
@click.option("--weeks", metavar="N", default="2", show_default=True, help="How many weeks after today.")
@answering()
def agenda_command(session: Session, words: tuple[str, ...], weeks: str) -> Answer:
    """Day by day: contacts, campaigns, reminders, birthdays, and days that are not worked.

    \b
    Examples:
      ptcrm agenda
      ptcrm agenda --weeks 6
      ptcrm agenda place:gdansk
    """
    count = _whole(weeks, "weeks", 1, _MOST_WEEKS)
    workspace = session.workspace()
    until = later(workspace.today, Interval(days=7), count)
    found = agenda(workspace, until, paths_meant(workspace, words))
    more = f"{found.waiting} more {_wait(found.waiting)} for a later day: ptcrm due --all --until +{weeks}w"
    remarks = [f"{more}{as_typed(words)}"] if found.waiting else []

    def show() -> None:
        _say_agenda(found.days, workspace)
        for remark in remarks:
            say(f"\n{remark}")

    return Answer(
        tuple(ON_DAYS),
        lambda _: agenda_rows(found.days),
        show,
        remarks,
        whole=lambda: [agenda_row(day) for day in found.days],
    )


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


def _say_agenda(days: list[AgendaDay], workspace: Workspace) -> None:
    """A title for each day that has something, today in any case, and for the days that are not worked."""
    today, gap = workspace.today, ""
    for day in with_days_off(days, lambda day: day.date == today or bool(day.occurrences)):
        if isinstance(day, Off):
            last = "" if day.first == day.last else f" to {long_day(day.last)}"
            say(f"{gap}{long_day(day.first)}{last}, {day.why}")
        else:
            say(f"{gap}{long_day(day.date)}{_not_worked(day)}", "title")
            _say_day(day, workspace)
        gap = "\n"


def _not_worked(day: AgendaDay) -> str:
    if not day.free:
        return ""
    return ", no working day" if day.weekend and day.free != "away" else f", {day.free}"


def _say_day(day: AgendaDay, workspace: Workspace) -> None:
    if day.overdue:
        say(f"  {OVERDUE}", "overdue")
        say_table([_line(one, workspace) for one in day.overdue], "    ")
        if day.occurrences:
            say("  Today", "title")
    lines = [_line(one, workspace) for one in day.occurrences]
    is_plain = not any(first for first, *_ in lines)
    say_table([line[is_plain:] for line in lines], "    " if day.overdue else "  ")
    if not (day.overdue or day.occurrences):
        say("  Nothing stands today.")


def _line(one: Occurrence, workspace: Workspace) -> tuple[str, str, str]:
    words = yearly_words(one) if one.since else what_and_why(one, workspace)
    return when(one, workspace.today), called(one), words


def _whole(words: str, option: str, least: int, most: int, unit: str = "") -> int:
    """The number that an option was given, with `unit` or without it.

    Raises `UsageError` unless it is a whole one from `least` to `most`.
    """
    number = parse_whole(plain(words).removesuffix(unit).rstrip())
    if isinstance(number, Problem) or not least <= number <= most:
        raise UsageError(f"--{option} {words}: write a whole number from {least} to {most}.")
    return number


# plan


@click.command("plan")
@click.option(
    "--horizon", metavar="LENGTH", default="90d", show_default=True, help="How far to look, or the last day."
)
@json_option
@pass_session
def plan_command(session: Session, horizon: str, as_json: bool) -> None:
    """How full the days are, and whether the cadences ask for more than they hold.

    \b
    Examples:
      ptcrm plan
      ptcrm plan --horizon 6w
      ptcrm plan --horizon 2027-03-31 --json
    """
    workspace = session.workspace()
    until = _horizon(horizon, workspace.today)
    found = load(workspace, until)
    if as_json:
        say_json(load_object(found))
        return
    _say_load(found)
    _say_totals(found, until)
    _say_demand(found.demand, found.per_day)


def _horizon(words: str, today: date) -> date:
    """The last day to look at; raises `UsageError`."""
    length = parse_interval(plain(words))
    until = later(today, length) if isinstance(length, Interval) else parse_day(plain(words), today)
    if isinstance(until, Problem) or length == NEVER:
        raise UsageError(f"--horizon {words}: write a length such as 90d or 3 months, or a day.")
    if until < today:
        raise UsageError(f"--horizon {words}: {long_day(until)} is before today.")
    if until > later(today, _MOST):
        raise UsageError(f"--horizon {words}: look ten years ahead at most.")
    return until


def _say_load(found: Load) -> None:
    """A line for each day worked or with something on it, and for days off; a gap between weeks."""
    rows: list[tuple[str, ...]] = []
    week = None
    for day in with_days_off(found.days, lambda day: not day.free or day.contacts + day.overdue > 0):
        first = day.first if isinstance(day, Off) else day.date
        if week not in (None, first.isocalendar()[:2]):
            rows.append(("",) * 5)
        week = first.isocalendar()[:2]
        rows.append((first.isoformat(), weekday_name(first)[:3], *_cells(day, found.per_day)))
    say_table(rows, "")


def _cells(day: LoadDay | Off, per_day: int) -> tuple[str, str, str]:
    """The count, the bar and the words of a line."""
    if isinstance(day, Off):
        return "", "", day.why if day.first == day.last else f"{day.why} until {day.last}"
    kinds = {"fixed": day.fixed, "cadence": day.cadence, "playbook": day.playbook, "new": day.new}
    parts = [f"{count} {kind}" for kind, count in kinds.items() if count]
    late = plural(day.overdue, "overdue follow-up") if day.overdue else ""
    words = " and ".join(filter(None, (", ".join(parts), late)))
    if day.free:
        return str(day.contacts or ""), "", f"{words} ({day.free})"
    return f"{day.contacts}/{per_day}", _bar(day.contacts, per_day), words


def _bar(count: int, per_day: int) -> str:
    """`####......`; `+` behind it where a day holds more than it should."""
    filled = min(_BAR, -(-count * _BAR // per_day))
    return f"{'#' * filled}{'.' * (_BAR - filled)}{'+' if count > per_day else ''}"


def _say_totals(found: Load, until: date) -> None:
    worked = plural(found.worked, "worked day")
    say(f"\nUp to {date_words(until)}: {plural(found.contacts, 'contact')}, {worked}.")
    say("Of each cadence only the next contact is planned.")
    if found.waiting:
        say(f"{found.waiting} more {_wait(found.waiting)} for a day after {date_words(until)}.")


def _say_demand(asked: Demand, per_day: int) -> None:
    """FORMAT §4: whether the cadences ask for more than the capacity gives, with the figures."""
    say(f"The cadences ask for {plural(asked.asked, 'contact')} a year, {asked.asked_weekly} a week.")
    gives = f"{per_day} a day on {plural(asked.worked, 'worked day')} a year"
    holds = f"{asked.given}, {asked.given_weekly} a week"
    if asked.missing:
        say(f"{gives} are {holds}: {asked.missing} a year too few.", "overdue")
        say("Longer cadences or a larger capacity would close the gap.")
    else:
        say(f"{gives} are {holds}: enough.")


# neglected


@click.command("neglected", context_settings=QUERY_SETTINGS)
@query_argument
@click.option(
    "--over",
    metavar="PERCENT",
    default="100",
    show_default=True,
    help="How far into the cadence at least; 100 is the day it is due.",
)
@answering()
def neglected_command(session: Session, words: tuple[str, ...], over: str) -> Answer:
    """Who has waited longer than planned, the longest first.

    \b
    Examples:
      ptcrm neglected
      ptcrm neglected tier:gold
      ptcrm neglected --over 200
    """
    percent = _whole(over, "over", 1, 99_999, unit="%")
    workspace = session.workspace()
    found = neglected(workspace, customers_meant(workspace, words), percent)
    are = "is" if found.snoozed == 1 else "are"
    remarks = [f"{found.snoozed} more {are} snoozed and left out."] if found.snoozed else []

    def show() -> None:
        _say_neglected(found, percent, workspace.today)
        for remark in remarks:
            tell(remark)

    rows = (waiting_row(one, workspace.today) for one in found.people)
    return Answer(tuple(WAITING), lambda _: rows, show, remarks)


def _say_neglected(found: Neglected, percent: int, today: date) -> None:
    than = "you meant them to" if percent == 100 else f"{percent} % of their cadence"
    if not found.people:
        say(f"Nobody has waited longer than {than}.")
        return
    say(f"They have waited longer than {than}:", "title")
    width = max(len(str(one.percent)) for one in found.people)
    say_table(
        [
            (
                named(one.customer.name, one.customer.id),
                last_words(one.standing, today),
                one.rule,
                one.customer.tier or "-",
                f"{one.percent:>{width}} %",
            )
            for one in found.people
        ]
    )


# playbook


@click.command("playbook")
@who_argument
@json_option
@pass_session
def playbook_command(session: Session, who: tuple[str, ...], as_json: bool) -> None:
    """The playbooks a customer is in: each step, and what became of it.

    \b
    Examples:
      ptcrm playbook anna
      ptcrm playbook anna --json
    """
    workspace = session.workspace()
    match = who_is_meant(session, who)
    found = workspace.runs_of(match.path)
    planned = planned_days(workspace.plan_of(match.path)[0]) if found else {}
    if as_json:
        say_json([run_row(run, planned) for run in found])
    elif found:
        say(match.name, "title")
        for run in found:
            _say_run(run, planned, workspace.today)
    else:
        _say_playbooks(match, workspace)


def _say_run(run: Run, planned: Mapping[str, date], today: date) -> None:
    begin = run.trigger
    say(f"\n{run.playbook}: {begin.text} ({begin.path}:{begin.line})", "title")
    say_table(
        [
            (
                one.key,
                step_what(one.step),
                step_words(one.step, planned.get(one.key), today),
                f"{one.step.by.path}:{one.step.by.line}" if one.step.by else "",
            )
            for one in named_steps([run])
        ]
    )


def _say_playbooks(match: Match, workspace: Workspace) -> None:
    """That the customer is in none, and which ones there are."""
    playbooks = workspace.config.playbooks
    if not playbooks:
        say(f"{match.name} is in no playbook: there is none in ptcrm.yaml.")
        return
    say(f"{match.name} is in no playbook now. Those in ptcrm.yaml:")
    say_table([(name, starts_words(playbook)) for name, playbook in playbooks.items()])
