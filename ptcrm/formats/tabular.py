"""Rows as CSV (RFC 4180) and as TSV: for spreadsheets and pipes.

A cell that a spreadsheet would run as a formula has a `'` in front; control characters are `�`.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ptcrm.text.safe import for_csv, for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_BETWEEN = "; "  # the members of a list


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """The rows with a header line; lines end in CR LF."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([for_csv(for_terminal(name)) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return written.getvalue()


def as_table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    r"""As `as_csv`, and so that lists can be read back: a `;` in a member is written `\;`, a backslash `\\`."""
    return as_csv(columns, ({name: _escaped(value) for name, value in row.items()} for row in rows))


def _escaped(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [str(member).replace("\\", r"\\").replace(";", r"\;") for member in value]


def as_tsv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """The rows with a header line; no cell has a tab or a line break in it."""
    lines = [[for_csv(for_terminal(one_line(name))) for name in columns]]
    lines += ([_cell(row.get(name), one_line) for name in columns] for row in rows)
    return "".join("\t".join(line) + "\n" for line in lines)


def in_words(value: object) -> str:
    """A value as the text of one cell: nothing if it is missing, members with `; ` between them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _BETWEEN.join(map(in_words, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _cell(value: object, shaped: Callable[[str], str] = str) -> str:
    if isinstance(value, list):
        return _list_cell([for_terminal(shaped(in_words(member))) for member in value])
    text = for_terminal(shaped(in_words(value)))
    return for_csv(text) if isinstance(value, str) else text


def _list_cell(members: list[str]) -> str:
    """Members in one cell; several phone numbers are no formula, as one is none."""
    text = _BETWEEN.join(members)
    are_phones = all(member.startswith("+") and for_csv(member) == member for member in members)
    return text if are_phones else for_csv(text)
