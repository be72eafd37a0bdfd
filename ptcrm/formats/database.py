"""The vault as an SQLite database that other programs ask: its tables and views, and how they are filled.

The same rows give the same bytes with the same SQLite.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ptcrm.formats.columns import NUMBER, STANDING, or_null
from ptcrm.text.safe import for_terminal
from ptcrm.vault.schema import BY_NAME, FIELDS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

BEGINS = b"SQLite format 3\0"
APPLICATION = 0x70746372  # "ptcr", in the header of a database that is ours
HEADER = 100  # bytes of a database's header; the application's number stands at 68
VERSION = 1  # of the tables

_SINGLE = tuple(field.name for field in FIELDS if not field.many)
_MANY = tuple(field.name for field in FIELDS if field.many)
_LARGEST, _SMALLEST = 2**63 - 1, -(2**63)
_NUMBERS = {name for name in STANDING if STANDING[name] in (NUMBER, or_null(NUMBER))}
TABLES: dict[str, tuple[str, ...]] = {
    "customer": (*_SINGLE, *STANDING, "notes"),
    "field": ("customer", "name", "position", "value", "own"),
    "entry": ("customer", "date", "time", "channel", "qualifiers", "text", "path", "line"),
    "follow_up": ("customer", "due", "time", "channel", "text", "mark", "done", "every", "path", "line"),
    "occurrence": (
        *("customer", "name", "kind", "channel", "text", "due", "planned", "time", "state", "reason"),
        *("members", "path", "line"),
    ),
    "link": ("customer", "target", "field", "line", "to_customer"),
}
_INTEGERS = {"position", "own", "line", "do_not_contact", *_NUMBERS}
_VIEWS = """
CREATE VIEW email AS
  SELECT customer.id AS customer, customer.name, field.value AS email
  FROM field JOIN customer ON customer.id = field.customer WHERE field.name = 'emails'
  ORDER BY customer.id, field.position;
CREATE VIEW tag AS
  SELECT field.value AS tag, count(*) AS customers FROM field WHERE field.name = 'tags'
  GROUP BY field.value ORDER BY customers DESC, tag;
CREATE VIEW timeline AS
  SELECT entry.date, entry.time, entry.customer, customer.name, entry.channel, entry.qualifiers, entry.text
  FROM entry JOIN customer ON customer.id = entry.customer ORDER BY entry.date DESC, entry.id DESC;
CREATE VIEW open_follow_up AS
  SELECT follow_up.due, follow_up.customer, customer.name, follow_up.channel, follow_up.text
  FROM follow_up JOIN customer ON customer.id = follow_up.customer WHERE follow_up.mark = 'open'
  ORDER BY follow_up.due, follow_up.id;
CREATE VIEW activity AS
  SELECT customer.id AS customer, customer.name, count(entry.id) AS entries, min(entry.date) AS first_entry,
    max(entry.date) AS last_entry
  FROM customer LEFT JOIN entry ON entry.customer = customer.id GROUP BY customer.id ORDER BY customer.id;
"""


def begin(database: sqlite3.Connection) -> None:
    """Make the tables, empty."""
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {VERSION}")
    for name, columns in TABLES.items():
        database.execute(f"CREATE TABLE {name} ({', '.join(_definitions(name, columns))})")
        if name != "customer":
            database.execute(f"CREATE INDEX {name}_customer ON {name} (customer)")
    for view in filter(str.strip, _VIEWS.split(";\n")):
        database.execute(view)


def _definitions(table: str, columns: Sequence[str]) -> list[str]:
    """The columns with their types; everything but customers has a number of its own."""
    kinds = {name: "INTEGER" if name in _INTEGERS else "TEXT" for name in columns}
    if table == "customer":
        return [f'"{name}" {kind}{" PRIMARY KEY" * (name == "id")}' for name, kind in kinds.items()]
    links = {"customer": " REFERENCES customer (id)", "to_customer": " REFERENCES customer (id)"}
    return [
        "id INTEGER PRIMARY KEY",
        *(f'"{name}" {kind}{links.get(name, "")}' for name, kind in kinds.items()),
    ]


def add(database: sqlite3.Connection, table: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Add rows to a table: lists as JSON, flags as 0 and 1; keys that are no columns are passed over."""
    columns = TABLES[table]
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    database.executemany(
        f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608  # names of our own
        ([_value(row.get(name)) for name in columns] for row in rows),
    )


def fields_of(row: Mapping[str, object]) -> Iterable[dict[str, object]]:
    """The rows of the table `field` for a customer's row: each member of a list, and each field of the user's own."""
    known = {*BY_NAME, *STANDING, "notes", "path"}
    for name in (*_MANY, *(key for key in row if key not in known)):
        value = row.get(name)
        for position, member in enumerate(value if isinstance(value, list) else [value] * bool(value)):
            yield {
                "customer": row["id"],
                "name": name,
                "position": position,
                "value": member,
                "own": name not in BY_NAME,
            }


def _value(value: object) -> object:
    """A value as SQLite has it; text without what a terminal must not see, as in every export."""
    if isinstance(value, list):
        return json.dumps([for_terminal(str(one)) for one in value], ensure_ascii=False)
    if isinstance(value, int):
        return min(max(int(value), _SMALLEST), _LARGEST)
    return None if value is None else for_terminal(str(value))
