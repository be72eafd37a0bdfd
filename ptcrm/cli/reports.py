"""Commands that look at the whole vault: budget, winback, tiers, campaign. They write nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, a_year, json_option, pass_session
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.errors import QueryError
from ptcrm.model.dates import ago, date_words
from ptcrm.text.words import few, plural
from ptcrm.views.reports import (
    budget_row,
    campaign,
    campaign_row,
    campaigns,
    former,
    former_rows,
    recipient_row,
    suggested_tiers,
    tier_command,
    tier_row,
    uncounted_sales,
    yearly_budget,
)
from ptcrm.views.today import named

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.customer import Customer
    from ptcrm.reports.budget import Line
    from ptcrm.reports.campaign import Recipient
    from ptcrm.reports.tiers import Suggestion
    from ptcrm.reports.winback import Group
    from ptcrm.views.reports import Former, Recipients

_NO_REASON = "no reason noted"


def _named(one: Customer) -> str:
    return named(one.name, one.id)


@click.command("budget")
@click.option("--year", metavar="YYYY", help="The year; default: this one.")
@json_option
@pass_session
def budget_command(session: Session, year: str | None, as_json: bool) -> None:
    """What contacts cost in a year: spent, planned and left.

    In money and time, tier by tier.

    \b
    Examples:
      ptcrm budget
      ptcrm budget --year 2025
      ptcrm budget --json
    """
    workspace = session.workspace()
    number = a_year(year, workspace.today) if year else workspace.today.year
    lines = yearly_budget(workspace, number)
    if as_json:
        say_json([budget_row(one, number) for one in lines])
    else:
        _say_budget(lines, number)


def _say_budget(lines: list[Line], year: int) -> None:
    from ptcrm.reports.budget import words

    say(f"Budget {year}", "title")
    header = ("", "CUSTOMERS", "BUDGET", "SPENT", "PLANNED", "LEFT", "TIME SPENT", "TIME PLANNED")
    rows = [
        (
            one.title,
            str(one.customers),
            words(one.budget),
            words(one.spent.money),
            words(one.planned.money),
            words(one.left),
            _hours(one.spent.minutes),
            _hours(one.planned.minutes),
        )
        for one in lines
    ]
    say_table([header, *rows], "", ["", *("overdue" if one.over else "" for one in lines)])
    for one in lines:
        if one.over:
            say(f"{one.title}: {one.over}", "overdue")


def _hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}" if minutes else "-"


@click.command("winback")
@json_option
@pass_session
def winback_command(session: Session, as_json: bool) -> None:
    """Former customers by why they left, and what has changed.

    \b
    Examples:
      ptcrm winback
      ptcrm winback --json
    """
    workspace = session.workspace()
    found = former(workspace)
    if as_json:
        say_json(list(former_rows(found)))
    elif found.groups:
        for number, group in enumerate(found.groups):
            say("\n" * bool(number) + _title(group), "title")
            _say_former(group, found, workspace.today)
    else:
        say("No former customers.")


def _title(group: Group) -> str:
    return f"{group.reason or _NO_REASON} ({len(group.customers)})"


def _say_former(group: Group, found: Former, today: date) -> None:
    """What has changed for the group's customers, then each with the days that matter."""
    for change in group.changes:
        names = ", ".join(map(_named, change.customers))
        say(f"{change}: {len(change.customers)} left because of {group.reason}: {names}")
    rows = []
    for one in group.customers:
        last, following = found.standings[one.path].last, found.next_days.get(one.path)
        rows.append(
            (
                _named(one),
                one.tier or "-",
                _left_words(one, today),
                f"last {last.channel} {last.date}" if last else "never contacted",
                f"next {following}" if following else "nothing planned",
            )
        )
    say_table(rows)
    if not group.reason:
        say(
            f"Note it, so that a change can bring them back: ptcrm set {group.customers[0].id} left_reason price"
        )


def _left_words(one: Customer, today: date) -> str:
    """`left 2026-09-15 (2 months ago)`; a day to come has no such words."""
    if one.left is None:
        return "left: no day noted"
    return f"left {one.left}" if one.left > today else f"left {one.left} ({ago(one.left, today)})"


@click.command("tiers")
@click.option("--all", "whole", is_flag=True, help="Also those whose tier is the one suggested.")
@json_option
@pass_session
def tiers_command(session: Session, whole: bool, as_json: bool) -> None:
    """Whose tier is not the one that the rules suggest.

    A rule is a tier's `when:` in ptcrm.yaml. Nothing is changed.

    \b
    Examples:
      ptcrm tiers
      ptcrm tiers --all
      ptcrm tiers --json
    """
    workspace = session.workspace()
    every = suggested_tiers(workspace)
    found = [one for one in every if whole or one.differs]
    if as_json:
        say_json([tier_row(one) for one in found])
    elif not any(tier.when for tier in workspace.config.tiers.values()):
        say("No tier in ptcrm.yaml has a rule (`when:`), so nothing is suggested.")
    elif found:
        _say_tiers(found)
    else:
        say("Every tier is the one that the rules suggest.")
    if sold := uncounted_sales(workspace, every):
        currency = workspace.config.currency
        tell(f"`revenue` counts sales in {currency} alone. Not counted: {few(sold)}.")


def _say_tiers(found: list[Suggestion]) -> None:
    rows = [(_named(one.customer), one.customer.tier or "-", one.tier or "-", _why(one)) for one in found]
    say_table([("NAME", "TIER", "SUGGESTED", "WHY"), *rows], "")
    commands = filter(None, map(tier_command, found))
    if example := next(commands, None):
        say(f"\nNothing was changed. To do so: {example}")


def _why(one: Suggestion) -> str:
    """The rule that decides, and what makes it fit."""
    if one.tier is None:
        return f"does not fit: {one.when}" if one.when else "no rule fits"
    return f"{one.when} ({'; '.join(one.because)})" if one.because else str(one.when)


@click.command("campaign")
@click.argument("name", metavar="[NAME]", nargs=-1)
@json_option
@pass_session
def campaign_command(session: Session, name: tuple[str, ...], as_json: bool) -> None:
    """The campaigns, or whom one of them goes to and where.

    \b
    Examples:
      ptcrm campaign
      ptcrm campaign christmas
      ptcrm campaign christmas --json
    """
    workspace = session.workspace()
    if not name:
        every, wrong = campaigns(workspace)
        if every or not wrong:
            _all_campaigns(every, as_json=as_json)
        if wrong:
            raise QueryError("\n".join(map(str, wrong)))
        return
    found = campaign(workspace, " ".join(name))
    if as_json:
        say_json([recipient_row(one) for one in found.people])
    else:
        _say_campaign(found)


def _all_campaigns(found: list[Recipients], *, as_json: bool) -> None:
    """Every campaign with its day and how many it reaches."""
    rows = [campaign_row(one) for one in found]
    if as_json:
        say_json(rows)
    elif rows:
        header = ("NAME", "DAY", "CHANNEL", "TO SEND", "GOT IT", "LEFT OUT")
        keys = ("name", "day", "channel", "open", "reached", "left_out")
        say_table(
            [header, *(["-" if row[key] is None else str(row[key]) for key in keys] for row in rows)], ""
        )
    else:
        say("There are no campaigns in ptcrm.yaml.")


def _say_campaign(found: Recipients) -> None:
    """Whom it goes to and where, those last who have no address; who has got it, and who is left out."""
    to_send, reached, left_out = found.of("open"), found.of("reached"), found.of("left out")
    day = date_words(found.day) if found.day else "no day that is set"
    say(f"{found.mailing.name}: {found.mailing.channel} on {day}", "title")
    say(
        f"{plural(len(found.people), 'customer')}: {len(to_send)} to send, {len(reached)} got it already,"
        f" {len(left_out)} left out"
    )
    _say_people("To send", [(one, one.place or one.reason) for one in sorted(to_send, key=_has_no_place)])
    lacking = [one for one in to_send if _has_no_place(one)]
    if lacking:
        say(f"{len(lacking)} of {len(to_send)} {'has' if len(lacking) == 1 else 'have'} {lacking[0].reason}.")
    _say_people("Got it already", [(one, one.place or "-") for one in reached])
    _say_people("Left out", [(one, one.reason) for one in left_out])


def _has_no_place(one: Recipient) -> bool:
    return one.place is None


def _say_people(title: str, people: list[tuple[Recipient, str]]) -> None:
    """A titled table of customers and a word on each, if there are any."""
    if people:
        say(f"\n{title} ({len(people)})", "title")
        say_table([(_named(one.customer), words) for one, words in people])
