"""The vault as tables: `ptcrm export csv`, `jsonl` and `sqlite`."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.exporting import QueryCommand, give, output_option
from ptcrm.cli.options import found_by, pass_session, query_argument
from ptcrm.cli.output import tell
from ptcrm.errors import RefusedError, UsageError
from ptcrm.text.fold import same_id
from ptcrm.text.safe import for_json
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.cli.options import Session
    from ptcrm.views.tables import Row, Table
    from ptcrm.workspace import Workspace

_NOUNS = {
    "customers": ("customer", "customers"),
    "log": ("log entry", "log entries"),
    "follow-ups": ("follow-up", "follow-ups"),
}
_table_option: Callable[..., Any] = click.option(
    "--table", type=click.Choice(list(_NOUNS)), default="customers", show_default=True, help="Which table."
)


def _meant(session: Session, words: tuple[str, ...], name: str) -> Table:
    """The table `name` of those whom the query finds; raises `UsageError`."""
    from ptcrm.views.tables import TABLES

    workspace = session.workspace()
    return TABLES[name](workspace, found_by(workspace, words))


@click.command("csv", cls=QueryCommand)
@query_argument
@_table_option
@output_option
@pass_session
def csv_command(session: Session, words: tuple[str, ...], table: str, output: str | None) -> None:
    """Write customers, log entries or follow-ups as CSV, for spreadsheets.

    \b
    Examples:
      ptcrm export csv -o customers.csv
      ptcrm export csv tier:gold > gold.csv
      ptcrm export csv --table log -o log.csv
    """
    from ptcrm.formats.tabular import as_table

    found = _meant(session, words, table)
    rows = list(found.rows)
    begins = ",".join(found.columns[:3]).encode()
    give(session, as_table(found.columns, rows).encode(), output, begins, plural(len(rows), *_NOUNS[table]))


@click.command("jsonl", cls=QueryCommand)
@query_argument
@_table_option
@output_option
@pass_session
def jsonl_command(session: Session, words: tuple[str, ...], table: str, output: str | None) -> None:
    """Write customers, log entries or follow-ups as JSON Lines, an object a line.

    \b
    Examples:
      ptcrm export jsonl -o customers.jsonl
      ptcrm export jsonl --table follow-ups tier:gold
    """
    found = _meant(session, words, table)
    write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    lines = [for_json(write(row)) for row in found.rows]
    content = "".join(f"{line}\n" for line in lines).encode()
    give(session, content, output, f'{{"{found.columns[0]}":'.encode(), plural(len(lines), *_NOUNS[table]))


@click.command("sqlite", cls=QueryCommand)
@query_argument
@output_option
@pass_session
def sqlite_command(session: Session, words: tuple[str, ...], output: str | None) -> None:
    """Write the vault as an SQLite database, for Datasette, sqlite-utils and your own questions.

    \b
    Examples:
      ptcrm export sqlite -o customers.db
      ptcrm export sqlite tier:gold -o gold.db
    """
    from ptcrm.formats.database import BEGINS

    if output is None or output == "-":
        raise UsageError("A database is a file: name it with -o, such as -o customers.db.")
    _refuse_others(Path(output))
    workspace = session.workspace()
    paths = _of_one_id_each(workspace, found_by(workspace, words))
    with tempfile.TemporaryDirectory(prefix="ptcrm-") as folder:
        place = Path(folder) / "customers.db"
        with closing(sqlite3.connect(place)) as database:
            count = _fill(database, workspace, paths)
        give(session, place.read_bytes(), output, BEGINS, plural(count, *_NOUNS["customers"]))


def _of_one_id_each(workspace: Workspace, paths: list[str]) -> list[str]:
    """The paths without those of an id that is another's, which are named on stderr: an id is a key there."""
    first: dict[str, str] = {}
    for one in workspace.cache.customers_at(paths):
        other = first.setdefault(same_id(one.id), one.path)
        if other != one.path:
            tell(f"ptcrm: left out: {one.path}, since {other} has its id.")
    kept = {*first.values()}
    return [path for path in paths if path in kept]


def _refuse_others(path: Path) -> None:
    """Raise `RefusedError` if there is a database of another program's."""
    from ptcrm.formats.database import APPLICATION, BEGINS, HEADER

    try:
        with path.open("rb") as file:
            header = file.read(HEADER) if path.is_file() else b""
    except OSError:  # there is none, or writing it will say why not
        return
    if header.startswith(BEGINS) and header[68:72] != APPLICATION.to_bytes(4, "big"):
        raise RefusedError(
            f"{path}: this is a database of another program's, and stays as it is. Choose another name."
        )


def _fill(database: sqlite3.Connection, workspace: Workspace, paths: list[str]) -> int:
    """Fill the database with the customers at `paths`; how many they are."""
    from ptcrm.formats.database import add, begin, fields_of
    from ptcrm.views import tables

    with database:
        begin(database)
        standing = {row["id"]: row for row in tables.standings(workspace, paths)}
        rows = [{**row, **standing.get(row["id"], {})} for row in tables.customers(workspace, paths).rows]
        ids = {str(row["path"]): row["id"] for row in rows}
        add(database, "customer", rows)
        add(database, "field", (field for row in rows for field in fields_of(row)))
        add(database, "entry", tables.log(workspace, paths).rows)
        add(database, "follow_up", tables.follow_ups(workspace, paths).rows)
        add(database, "occurrence", tables.occurrences(workspace, paths))
        add(database, "link", (_link_row(row, ids) for row in tables.linked(workspace, paths)))
    return len(rows)


def _link_row(row: Row, ids: dict[str, object]) -> Row:
    """A link with the id of the customer it leads to, if that one is in the database."""
    return {**row, "to_customer": ids.get(str(row["to"]))}
