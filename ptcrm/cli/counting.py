"""Commands that count: tags, fields, stats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.answer import Answer, answering
from ptcrm.cli.options import (
    QUERY_SETTINGS,
    Session,
    customers_meant,
    json_option,
    pass_session,
    query_argument,
)
from ptcrm.cli.output import say, say_json, say_table
from ptcrm.formats.columns import FIELD, TAG
from ptcrm.text.words import plural
from ptcrm.views.counts import Stats, field_row, stats, stats_object, tag_row, tags, used_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_CUSTOMERS = ("ids", "open")  # forms that are about customers, which these rows are not


@click.command("tags", context_settings=QUERY_SETTINGS)
@query_argument
@answering(without=_NO_CUSTOMERS)
def tags_command(session: Session, words: tuple[str, ...]) -> Answer:
    """The tags in use, and how many customers have each.

    \b
    Examples:
      ptcrm tags
      ptcrm tags status:active
    """
    found = tags(customers_meant(session.workspace(), words))

    def show() -> None:
        if not found:
            say("No tag is in use.")
        width = len(str(found[0].customers)) if found else 0
        say_table(
            [
                (f"{one.customers:>{width}}", one.name, f"also {', '.join(one.also)}" if one.also else "")
                for one in found
            ],
            "",
        )

    return Answer(tuple(TAG), lambda _: map(tag_row, found), show)


@click.command("fields", context_settings=QUERY_SETTINGS)
@query_argument
@answering(without=_NO_CUSTOMERS)
def fields_command(session: Session, words: tuple[str, ...]) -> Answer:
    """The fields in use, how many customers have each, and what is odd about your own.

    \b
    Examples:
      ptcrm fields
      ptcrm fields kind:company
    """
    found = used_fields(customers_meant(session.workspace(), words))

    def show() -> None:
        if not found:
            say("No field is in use.")
        width = max((len(str(one.count)) for one in found), default=0)
        say_table(
            [
                (
                    f"{one.count:>{width}}",
                    one.name,
                    f"your own, {one.type}" if one.is_own else "",
                    "; ".join(one.remarks),
                )
                for one in found
            ],
            "",
        )

    return Answer(tuple(FIELD), lambda _: map(field_row, found), show)


@click.command("stats", context_settings=QUERY_SETTINGS)
@query_argument
@json_option
@pass_session
def stats_command(session: Session, words: tuple[str, ...], as_json: bool) -> None:
    """How many customers there are, log entries, and contacts.

    \b
    Examples:
      ptcrm stats
      ptcrm stats tier:gold
      ptcrm stats --json
    """
    workspace = session.workspace()
    found = stats(workspace, customers_meant(workspace, words))
    if as_json:
        say_json(stats_object(found))
    else:
        _say_stats(found)


def _say_stats(found: Stats) -> None:
    say(plural(found.customers, "customer"), "title")
    _say_counts("By status", found.status)
    _say_counts("By tier", found.tier)
    _say_counts("By kind", found.kind)
    say(f"\n{plural(found.entries, 'log entry', 'log entries')}", "title")
    _say_counts("By channel", found.channel)
    _say_counts("By year", found.year)
    _say_counts("Contacts", {"this month": found.this_month, "last month": found.last_month})


def _say_counts(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        say(f"\n{title}", "title")
        width = max(len(str(count)) for count in counts.values())
        say_table([(f"{count:>{width}}", name) for name, count in counts.items()])
