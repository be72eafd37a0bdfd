"""`ptcrm list`: customers in columns."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import click

from ptcrm.cli.answer import Answer, Row, answering, columns_meant
from ptcrm.cli.options import (
    QUERY_SETTINGS,
    Place,
    Session,
    a_count,
    customers_meant,
    limit_option,
    query_argument,
)
from ptcrm.cli.output import say, say_lines, table_lines, tell
from ptcrm.errors import UsageError
from ptcrm.model.customer import ARCHIVED
from ptcrm.views.listing import ALSO, USUAL, Group, Listing, all_columns, own_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ptcrm.model.customer import Customer
    from ptcrm.workspace import Workspace

_TITLES = {"last_contact": "LAST", "next_contact": "NEXT"}


@click.command("list", context_settings=QUERY_SETTINGS)
@query_argument
@click.option("--columns", type=Place(), metavar="NAMES", help="The columns, such as name,emails,last.")
@click.option(
    "--sort",
    type=Place(),
    metavar="NAMES",
    help="Sort by these columns; with - in front from the greatest down.",
)
@click.option("--group-by", type=Place(), metavar="NAME", help="In groups by this column.")
@click.option("--archived", "aside", is_flag=True, help="Those who are archived, and nobody else.")
@limit_option
@answering()
def list_command(
    session: Session,
    words: tuple[str, ...],
    aside: bool,
    columns: str | None,
    sort: str | None,
    group_by: str | None,
    limit: str | None,
) -> Answer:
    """All customers, or those whom a query finds, with their standing.

    \b
    Examples:
      ptcrm list
      ptcrm list tier:gold -has:email
      ptcrm list --columns name,phones,last --sort last
      ptcrm list status:active --group-by tier
      ptcrm list --format '{name} <{emails[0]}>'
      ptcrm list --csv > customers.csv
    """
    workspace = session.workspace()
    found, away = _parted(customers_meant(workspace, words), words, aside=aside)
    asked = _asked(workspace, columns, sort, group_by)
    listing = Listing(workspace, {one.path for one in found} if words or aside else None)
    keys = asked.columns or all_columns(own_of(found))
    rows = listing.ordered(found, asked.order)
    most = a_count(limit) if limit else len(rows)
    shown, left = rows[:most], len(rows[most:])
    remarks = [f"{left} more: give a higher --limit."] if left else []
    remarks += [f"{away} archived, not in this list: --archived"] if away else []

    def show() -> None:
        if shown:
            _say_listed(shown, asked, listing)
        else:
            say("Nobody is archived." if aside and not words else _nobody(words))
        for remark in remarks:
            tell(remark)

    def chosen(keys: Collection[str]) -> Iterator[Row]:
        return listing.rows(shown, keys)

    def whole() -> list[Row]:
        return [
            {"group": value, "customers": list(listing.rows(members, keys))}
            for value, members in listing.grouped(shown, asked.group)
        ]

    return Answer(keys, chosen, show, remarks, ALSO, "id", whole if asked.group else None)


def _parted(found: list[Customer], words: tuple[str, ...], *, aside: bool) -> tuple[list[Customer], int]:
    """Those to be listed, and how many archived ones are not; a query that asks for them by that field finds them."""
    if not aside and any(ARCHIVED in word for word in words):
        return found, 0
    listed = [one for one in found if bool(one.archived) == aside]
    return listed, 0 if aside else len(found) - len(listed)


class _Asked(NamedTuple):
    """What a list is to look like: its columns (none: what is usual), by which it is sorted, with True down, its groups."""

    columns: list[str]
    order: list[tuple[str, bool]]
    group: str


def _asked(workspace: Workspace, columns: str | None, sort: str | None, group_by: str | None) -> _Asked:
    """What the options ask for; raises `UsageError`."""
    if not (columns or sort or group_by):
        return _Asked([], [], "")
    known = all_columns(name for name, has_value in workspace.cache.own_names() if has_value)
    names = [name.strip() for name in (sort or "").split(",")]
    order = [
        (key, name.startswith("-"))
        for name in names
        for key in columns_meant(name.removeprefix("-"), known, ALSO)
    ]
    group = columns_meant(group_by or "", known, ALSO)
    if len(group) > 1:
        raise UsageError(f"--group-by {group_by}: name one column.")
    return _Asked(columns_meant(columns or "", known, ALSO), order, "".join(group))


def _nobody(words: tuple[str, ...]) -> str:
    if words:
        return "Nobody is meant by this query."
    return 'Nobody here yet. Add a customer: ptcrm add "Anna Kowalska"'


def _say_listed(shown: list[Customer], asked: _Asked, listing: Listing) -> None:
    """The table; with groups a title above each, and the columns in line all over."""
    keys = asked.columns or USUAL
    groups = listing.grouped(shown, asked.group) if asked.group else [Group("", shown)]
    members = [one for group in groups for one in group.members]
    header = [_TITLES.get(key, key.upper().replace("_", " ")) for key in keys]

    def cells(*, with_words: bool) -> Iterator[list[str]]:
        yield header
        yield from ([listing.cell(one, key, with_words=with_words) for key in keys] for one in members)

    styles = ["", *(str(listing.value(one, "state")) for one in members)]
    lines = iter(table_lines(cells(with_words=True), "", styles, cells(with_words=False)))
    if not asked.group:
        say_lines(lines)
        return
    say_lines([next(lines)])
    for group in groups:
        title = f"no {asked.group}" if group.value is None else group.value
        say(f"\n{title} ({len(group.members)})", "title")
        say_lines(islice(lines, len(group.members)))
