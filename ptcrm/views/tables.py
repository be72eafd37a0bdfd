"""The vault as tables for other programs: customers, log entries, follow-ups, what is planned, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.formats.columns import ENTRY, STANDING
from ptcrm.formats.customers import CUSTOMER_FIELDS
from ptcrm.model.occurrence import FOREVER
from ptcrm.vault.log import in_time
from ptcrm.vault.notes import notes
from ptcrm.views.customer import field_values, links
from ptcrm.views.finding import Entry, entry_row
from ptcrm.views.listing import Listing, own_of
from ptcrm.views.today import row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace

Row = dict[str, object]
NOTES = "notes"
FOLLOW_UP = (
    *("customer", "name", "due", "time", "channel", "text", "mark", "done", "every"),
    *("path", "line"),
)


class Table(NamedTuple):
    """Rows as plain JSON values, read from the files as they are asked for, and their columns."""

    columns: Sequence[str]
    rows: Iterator[Row]


def customers(workspace: Workspace, paths: Collection[str]) -> Table:
    """The customers at `paths`: every field, the notes, and the fields of their own."""
    own = {name for one in workspace.cache.customers_at(paths) for name in own_of([one])}
    columns = [*CUSTOMER_FIELDS, NOTES, *sorted(_own_key(name) for name in own)]
    return Table(columns, (_customer_row(reading) for reading in _readings(workspace, paths)))


def _customer_row(reading: Reading) -> Row:
    customer = reading.customer
    assert customer is not None  # noqa: S101  # `_readings` gives customers alone
    own = {_own_key(name): value for name, value in customer.own if value}
    known = {name: value for name, value in field_values(customer).items() if name in CUSTOMER_FIELDS}
    return {**known, NOTES: notes(reading.document, customer), **own}


def _own_key(name: str) -> str:
    """The column of a field of the user's own; one that is called as the notes are gets another name."""
    return "notes_field" if name == NOTES else name


def log(workspace: Workspace, paths: Collection[str]) -> Table:
    """The log entries of the customers at `paths`, by file, and then as they happened."""

    def rows(one: Customer) -> Iterator[Row]:
        return (entry_row(Entry(one, entry)) for entry in in_time(one.log))

    return Table(tuple(ENTRY), _of_each(workspace, paths, rows))


def follow_ups(workspace: Workspace, paths: Collection[str]) -> Table:
    """The follow-ups that stand in the files at `paths`, open and closed; the next of a series has no line yet."""

    def rows(one: Customer) -> Iterator[Row]:
        return (_follow_up_row(one, task) for task in one.follow_ups if not task.implied)

    return Table(FOLLOW_UP, _of_each(workspace, paths, rows))


def _follow_up_row(one: Customer, task: FollowUp) -> Row:
    return {
        "customer": one.id,
        "name": one.name,
        "due": task.due.isoformat(),
        "time": task.at.strftime("%H:%M") if task.at else None,
        "channel": task.channel,
        "text": task.text,
        "mark": task.mark,
        "done": task.done.isoformat() if task.done else None,
        "every": str(task.every) if task.every else None,
        "path": one.path,
        "line": task.line,
    }


def standings(workspace: Workspace, paths: Collection[str]) -> Iterator[Row]:
    """The standing of the customers at `paths`, with their ids."""
    found = list(workspace.cache.customers_at(paths))
    return Listing(workspace, paths).rows(found, ("id", *STANDING))


def occurrences(workspace: Workspace, paths: Collection[str]) -> Iterator[Row]:
    """What is planned for the customers at `paths`, and the next of what is yearly."""
    only = frozenset(paths)
    return map(row, [*workspace.plan(FOREVER, only), *workspace.next_occasions(only)])


def linked(workspace: Workspace, paths: Collection[str]) -> Iterator[Row]:
    """The links in the files at `paths`; `to` is the path of the customer that one leads to, if it leads to one."""
    for one in workspace.cache.customers_at(paths):
        for link in links(workspace.index, one):
            yield {
                "customer": one.id,
                "target": link.target,
                "field": link.field,
                "line": link.line,
                "to": link.path,
            }


TABLES: dict[str, Callable[[Workspace, Collection[str]], Table]] = {
    "customers": customers,
    "log": log,
    "follow-ups": follow_ups,
}


def _of_each(
    workspace: Workspace, paths: Collection[str], rows: Callable[[Customer], Iterator[Row]]
) -> Iterator[Row]:
    for reading in _readings(workspace, paths):
        assert reading.customer is not None  # noqa: S101  # `_readings` gives customers alone
        yield from rows(reading.customer)


def _readings(workspace: Workspace, paths: Collection[str]) -> Iterator[Reading]:
    """The files at `paths`, read one by one; those that are gone or broken by now are left out."""
    for path in paths:
        reading = workspace.read(path) if workspace.text(path) is not None else None
        if reading is not None and reading.customer is not None:
            yield reading
