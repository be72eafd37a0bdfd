"""Commands that look at the whole vault: budget, winback, tiers, campaign. They write nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, json_option, pass_session
from ptcrm.cli.output import plural, say, say_json, say_table
from ptcrm.errors import UsageError
from ptcrm.model.dates import ago, date_words
from ptcrm.text.fold import slug

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ptcrm.model.customer import Customer
    from ptcrm.model.occurrence import Standing
    from ptcrm.reports.budget import Line
    from ptcrm.reports.campaign import Recipient
    from ptcrm.reports.tiers import Suggestion
    from ptcrm.reports.winback import Group
    from ptcrm.schedule.campaigns import Mailing
    from ptcrm.workspace import Workspace

_NO_REASON = "no reason noted"


def _called(one: Customer) -> str:
    """The name, and the id to type where the name has letters that few keyboards have."""
    return one.name if slug(one.name).isascii() else f"{one.name} ({one.id})"


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
    number = _a_year(year, workspace.today) if year else workspace.today.year
    lines = workspace.budget(number)
    if as_json:
        say_json([_budget_row(one, number) for one in lines])
    else:
        _say_budget(lines, number)


def _a_year(words: str, today: date) -> int:
    """The year that `words` name, up to the next one; raises `UsageError`."""
    if not (words.isascii() and words.isdigit() and len(words) == 4 and int(words)):
        raise UsageError(f"“{words}” is no year. Write for example {today.year}.")
    if int(words) > today.year + 1:
        raise UsageError(f"{words} is too far ahead: the plan can be counted up to {today.year + 1}.")
    return int(words)


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


def _budget_row(one: Line, year: int) -> dict[str, object]:
    return {
        "year": year,
        "group": one.title,
        "tier": one.tier,
        "customers": one.customers,
        "budget": list(map(str, one.budget)),
        "spent": list(map(str, one.spent.money)),
        "planned": list(map(str, one.planned.money)),
        "left": list(map(str, one.left)),
        "over": one.over,
        "minutes_spent": one.spent.minutes,
        "minutes_planned": one.planned.minutes,
    }


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
    groups = workspace.winback()
    standings, planned = workspace.cache.standings(), workspace.next_days()
    if as_json:
        say_json(
            [
                _former_row(one, group, standings[one.path], planned.get(one.path))
                for group in groups
                for one in group.customers
            ]
        )
    elif groups:
        for number, group in enumerate(groups):
            say("\n" * bool(number) + _title(group), "title")
            _say_former(group, standings, planned, workspace.today)
    else:
        say("No former customers.")


def _title(group: Group) -> str:
    return f"{group.reason or _NO_REASON} ({len(group.customers)})"


def _say_former(group: Group, standings: dict[str, Standing], planned: dict[str, date], today: date) -> None:
    """What has changed for the group's customers, then each with the days that matter."""
    for change in group.changes:
        names = ", ".join(map(_called, change.customers))
        say(f"{change}: {len(change.customers)} left because of {group.reason}: {names}")
    rows = []
    for one in group.customers:
        last, following = standings[one.path].last, planned.get(one.path)
        rows.append(
            (
                _called(one),
                one.tier or "-",
                f"left {one.left} ({ago(one.left, today)})" if one.left else "left: no day noted",
                f"last {last.channel} {last.date}" if last else "never contacted",
                f"next {following}" if following else "nothing planned",
            )
        )
    say_table(rows)
    if not group.reason:
        say(
            f"Note it, so that a change can bring them back: ptcrm set {group.customers[0].id} left_reason price"
        )


def _former_row(one: Customer, group: Group, standing: Standing, planned: date | None) -> dict[str, object]:
    return {
        "customer": one.id,
        "name": one.name,
        "path": one.path,
        "tier": one.tier,
        "left": one.left.isoformat() if one.left else None,
        "left_reason": one.left_reason,
        "last_contact": standing.last.date.isoformat() if standing.last else None,
        "next_contact": planned.isoformat() if planned else None,
        "changes": group.changes_for(one),
    }


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
    found = [one for one in workspace.tiers() if whole or one.differs]
    if as_json:
        say_json([_tier_row(one) for one in found])
    elif not any(tier.when for tier in workspace.config.tiers.values()):
        say("No tier in ptcrm.yaml has a rule (`when:`), so nothing is suggested.")
    elif found:
        _say_tiers(found)
    else:
        say("Every tier is the one that the rules suggest.")


def _say_tiers(found: list[Suggestion]) -> None:
    rows = [(_called(one.customer), one.customer.tier or "-", one.tier or "-", _why(one)) for one in found]
    say_table([("NAME", "TIER", "SUGGESTED", "WHY"), *rows], "")
    example = next((one for one in found if one.differs and one.tier), None)
    if example:
        say(f"\nNothing was changed. To do so: {_command(example)}")


def _why(one: Suggestion) -> str:
    """The rule that decides, and what makes it fit."""
    if one.tier is None:
        return f"does not fit: {one.when}" if one.when else "no rule fits"
    return f"{one.when} ({'; '.join(one.because)})" if one.because else str(one.when)


def _command(one: Suggestion) -> str:
    return f"ptcrm set {one.customer.id} tier {one.tier}"


def _tier_row(one: Suggestion) -> dict[str, object]:
    return {
        "customer": one.customer.id,
        "name": one.customer.name,
        "path": one.customer.path,
        "tier": one.customer.tier,
        "suggested": one.tier,
        "differs": one.differs,
        "when": one.when,
        "because": list(one.because),
        "command": _command(one) if one.differs and one.tier else None,
    }


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
        _all_campaigns(workspace, as_json=as_json)
        return
    mailing, found = workspace.campaign(" ".join(name))
    if as_json:
        say_json([_recipient_row(one) for one in found])
        return
    left_out = [one for one in found if one.state == "left out"]
    say(f"{mailing.name}: {mailing.channel} on {_day_words(mailing, workspace)}", "title")
    say(_counts(found))
    _say_recipients([one for one in found if one.state == "open"], "To send")
    _say_recipients([one for one in found if one.state == "reached"], "Got it already")
    if left_out:
        say(f"\nLeft out ({len(left_out)})", "title")
        say_table([(_called(one.customer), one.reason) for one in left_out])


def _day_words(mailing: Mailing, workspace: Workspace) -> str:
    return date_words(mailing.day) if workspace.config.campaigns[mailing.name].date else "no day that is set"


def _say_recipients(found: Sequence[Recipient], title: str) -> None:
    if found:
        say(f"\n{title} ({len(found)})", "title")
        say_table([(_called(one.customer), one.place or "-") for one in found])


def _counts(found: list[Recipient]) -> str:
    """`12 customers: 9 to send, 2 got it already, 1 left out`."""
    counts = _counted(found)
    return (
        f"{plural(len(found), 'customer')}: {counts['open']} to send, {counts['reached']} got it already,"
        f" {counts['left out']} left out"
    )


def _counted(found: list[Recipient]) -> dict[str, int]:
    states = [one.state for one in found]
    return {state: states.count(state) for state in ("open", "reached", "left out")}


def _all_campaigns(workspace: Workspace, *, as_json: bool) -> None:
    """Every campaign with its day and how many it reaches."""
    found = [workspace.campaign(name) for name in workspace.config.campaigns]
    rows = [_campaign_row(mailing, members, workspace) for mailing, members in found]
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


def _campaign_row(mailing: Mailing, found: list[Recipient], workspace: Workspace) -> dict[str, object]:
    has_day = workspace.config.campaigns[mailing.name].date is not None
    counts = _counted(found)
    return {
        "name": mailing.name,
        "day": mailing.day.isoformat() if has_day else None,
        "channel": mailing.channel,
        "open": counts["open"],
        "reached": counts["reached"],
        "left_out": counts["left out"],
    }


def _recipient_row(one: Recipient) -> dict[str, object]:
    customer = one.customer
    return {
        "customer": customer.id,
        "name": customer.name,
        "path": customer.path,
        "state": one.state,
        "reason": one.reason or None,
        "address": next(iter(customer.addresses), None),
        "email": next(iter(customer.emails), None),
        "phone": next(iter(customer.phones), None),
    }
