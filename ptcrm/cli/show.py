"""The command that shows all about one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.options import Session, json_option, pass_session, who_argument
from ptcrm.cli.output import say, say_diagnostic, say_json, say_table
from ptcrm.model.dates import near_day, time_there
from ptcrm.model.diagnostic import Severity
from ptcrm.text.markdown import show_links
from ptcrm.vault.log import follow_up_words
from ptcrm.vault.notes import notes
from ptcrm.views.customer import given_fields, history, links, standing_words, whole_row
from ptcrm.views.playbook import named_steps, planned_days, step_what, step_words
from ptcrm.views.today import what_and_why, yearly_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.schedule.playbooks import Run
    from ptcrm.vault.index import Match
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace

_LOG_SHOWN = 10


@click.command("show")
@who_argument
@click.option("--all", "whole", is_flag=True, help="The whole log, not the newest ten entries.")
@click.option("--as-of", metavar="DAY", help="As the vault said at the end of this day, by git.")
@json_option
@pass_session
def show_command(
    session: Session, who: tuple[str, ...], whole: bool, as_of: str | None, as_json: bool
) -> None:
    """All about one customer: fields, notes, follow-ups, days, log, links.

    \b
    Examples:
      ptcrm show anna
      ptcrm show jan nowak --all
      ptcrm show $(ptcrm pick tag:courier)
      ptcrm show anna --as-of 2026-10-31
    """
    if as_of is None:
        _show(session.workspace(), who_is_meant(session, who), whole=whole, as_json=as_json)
        return
    from ptcrm.cli.past import vault_then

    with vault_then(session, who, as_of) as (workspace, match):
        _show(workspace, match, whole=whole, as_json=as_json)


def _show(workspace: Workspace, match: Match, *, whole: bool, as_json: bool) -> None:
    reading = workspace.reading(match)
    customer, standing = reading.customer, workspace.cache.standing(match.path)
    assert customer is not None  # noqa: S101  # `reading` gives customers alone
    plan, runs = workspace.plan_of(match.path)[0], workspace.runs_of(match.path)
    if as_json:
        say_json(whole_row(workspace.index, reading.document, customer, plan, runs))
        return
    say(f"{customer.name}", "title")
    say(f"{customer.id}, {customer.path}")
    if standing:
        say(standing_words(standing, customer.log, workspace.today))
    say()
    say_table([(f"{name}:", words) for name, words in given_fields(customer)])
    if prose := show_links(notes(reading.document, customer)):
        say(f"\n{prose}")
    _say_follow_ups(customer, workspace)
    _say_playbooks(runs, planned_days(plan), workspace.today)
    _say_days(plan, workspace)
    _say_log(customer, whole=whole)
    _say_problems(reading)
    _say_links(workspace, customer)


def _say_follow_ups(customer: Customer, workspace: Workspace) -> None:
    found = customer.open_follow_ups
    if found:
        say("\nFollow-ups", "title")
        say_table(
            [
                (
                    str(number),
                    one.due.isoformat(),
                    _times(one, workspace, customer.timezone),
                    follow_up_words(one),
                    f"({one.every.every})" if one.every else "",
                )
                for number, one in enumerate(found, 1)
            ]
        )


def _times(one: FollowUp, workspace: Workspace, there: str | None) -> str:
    """The time of a follow-up, and what the clock says where the customer is."""
    if one.at is None:
        return ""
    local = time_there(one.due, one.at, workspace.zone, there)
    return f"{one.at:%H:%M} ({local})" if local else f"{one.at:%H:%M}"


def _say_playbooks(runs: list[Run], planned: Mapping[str, date], today: date) -> None:
    if runs:
        say("\nPlaybooks", "title")
        say_table(
            [
                (one.key, step_what(one.step), step_words(one.step, planned.get(one.key), today))
                for one in named_steps(runs)
            ]
        )


def _say_days(plan: list[Occurrence], workspace: Workspace) -> None:
    """What stands on which day: contacts, campaigns, occasions; `ptcrm why` has the reasons."""
    if plan:
        say("\nComing days", "title")
        say_table(
            [
                (
                    one.planned.isoformat(),
                    near_day(one.planned, workspace.today),
                    yearly_words(one) if one.since else what_and_why(one, workspace),
                )
                for one in plan
            ]
        )


def _say_log(customer: Customer, *, whole: bool) -> None:
    lines = history(customer)
    shown = lines if whole else lines[:_LOG_SHOWN]
    if shown:
        say("\nLog", "title")
    for one in shown:
        say(f"  {one.date} {one.words}".replace("\n", "\n    "))
    if len(shown) < len(lines):
        say(f"  and {len(lines) - len(shown)} older: ptcrm show {customer.id} --all")


def _say_problems(reading: Reading) -> None:
    found = [one for one in reading.diagnostics if one.severity is not Severity.INFO]
    if found:
        say("\nProblems in the file", "title")
    for one in sorted(found, key=lambda one: (one.line, one.column)):
        say_diagnostic(one)


def _say_links(workspace: Workspace, customer: Customer) -> None:
    """To whom the file links, and from where others link to it."""
    if found := links(workspace.index, customer):
        say("\nLinks to", "title")
        say_table([(one.name or one.target, f"{customer.path}:{one.line}", one.field or "") for one in found])
    if backlinks := workspace.index.backlinks(customer.path):
        say("\nLinked from", "title")
        say_table([(name, f"{path}:{line}") for path, line, name in backlinks])
