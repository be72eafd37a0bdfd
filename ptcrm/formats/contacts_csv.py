"""Address books in CSV: how a file is written and what its columns mean, and its rows as drafts.

The stream can be sought: a first pass finds the encoding and the order of the days, a second one reads row by row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, TYPE_CHECKING

from ptcrm.formats import contact_columns
from ptcrm.formats.contact_columns import LEFT_OUT, NOTES, PTCRM, Column, Meant, Source, is_log, meant
from ptcrm.formats.contact_rows import draft_of
from ptcrm.formats.decoding import encoding_named
from ptcrm.formats.delimited import (
    DELIMITERS,
    MAX_BYTES,
    Dialect,
    Row,
    delimiter_named,
    dialect_of,
    rows,
    size_of,
)
from ptcrm.formats.written_days import Order, order_named, order_of
from ptcrm.model.draft import Draft, Flaw
from ptcrm.text.near import suggest
from ptcrm.text.safe import one_line
from ptcrm.text.words import few, plural
from ptcrm.vault.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A file with more columns is no table.
MAX_COLUMNS = 1_000
_PREAMBLE = 20  # rows among which the header is looked for: LinkedIn puts a note before it
_LISTED = 40  # columns that an error names
_LONGEST_ORIGIN = 500
_HEADER = "The first row must have the names of the columns."
_NAMING, _REACHING = {"name", "company", "aliases"}, {"emails", "phones"}
_DAYS = {"birthday", "occasions", "since", "left", "snooze", "mute_until", "cadence_until"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file was understood, for people to see before anything is taken from it.

    `source` is the program that the columns are known from (its `title` is empty for none). `header` is the line of
    the columns' names, `order` that of the days, `origin` the column whose value names a record for good.
    """

    dialect: Dialect
    header: int
    columns: tuple[Column, ...]
    source: Source
    order: Order
    origin: int | None

    @property
    def encoding(self) -> str:
        """The encoding, as people know it: `utf-8`, `windows-1250`."""
        name = self.dialect.encoding.removesuffix("-sig").replace("_", "-").replace("iso8859", "iso-8859")
        return f"windows-{name[2:]}" if name.startswith("cp125") else name

    @property
    def delimiter(self) -> str:
        """The delimiter's name: `comma`."""
        return DELIMITERS.get(self.dialect.delimiter, self.dialect.delimiter)

    @property
    def described(self) -> list[tuple[str, str]]:
        """Each column with what becomes of it in words: `Given Name` → `name (first)`."""
        return [(one_line(one.name), _words(one)) for one in self.columns]


def _words(column: Column) -> str:
    if column.field == LEFT_OUT:
        return "left out"
    return f"{column.field} ({column.part})" if column.part else column.field


def layout_of(  # noqa: PLR0913  # what is found may each be given instead
    stream: IO[bytes],
    place: str,
    *,
    columns: Mapping[str, str] | None = None,
    delimiter: str = "",
    encoding: str = "",
    dates: str = "",
) -> Layout | Flaw:
    """How the file is written and what its columns mean, or why it cannot be read.

    `columns` are those of `contact_columns.mapped`; `delimiter`, `encoding` and `dates` are words as people type
    them, and are not looked for if they are given. Raises `UsageError` for words that mean none.
    """
    columns = columns or {}
    order = Order(order_named(dates)) if dates else None
    delimiter = delimiter_named(delimiter) if delimiter else ""
    encoding = encoding_named(encoding) if encoding else ""
    size = size_of(stream)
    if size > MAX_BYTES:
        return Flaw(place, f"this file is over {MAX_BYTES >> 20} MB", "Cut it in parts, and import each.")
    dialect = dialect_of(stream, lambda names: _score(names, columns), delimiter, encoding)
    header = _header(stream, dialect, place, columns)
    if header is None:
        return Flaw(place, "there is no row in this file")
    found = meant(header.cells, columns)
    flaw = _refused(header, found, columns, place)
    if flaw:
        return flaw
    layout = Layout(dialect, header.line, found.columns, found.source, order or Order(""), found.origin)
    return layout if order else replace(layout, order=order_of(_days_in(stream, layout, place)))


def _score(names: Sequence[str], columns: Mapping[str, str]) -> int:
    return contact_columns.score(names) + sum(2 for name in names if name.strip() in columns)


def _header(stream: IO[bytes], dialect: Dialect, place: str, columns: Mapping[str, str]) -> Row | None:
    """The row of the columns' names: among the first ones that with most names that are known."""
    found = [row for row in islice(rows(stream, dialect, place), _PREAMBLE) if isinstance(row, Row)]
    return max(found, key=lambda row: _score(row.cells, columns), default=None)


def _refused(header: Row, found: Meant, columns: Mapping[str, str], place: str) -> Flaw | None:
    """Why nothing can be taken from a file with this header; None if something can."""
    names = [one_line(name) for name in header.cells]
    where = f"{place}:{header.line}"
    if len(names) > MAX_COLUMNS:
        return Flaw(where, f"this row has over {MAX_COLUMNS:,} cells, so it is no header", _HEADER)
    missing = next((name for name in columns if name not in map(str.strip, header.cells)), None)
    if missing is not None:
        hint = suggest(missing, names) or f"There are: {_listed(names)}."
        return Flaw(where, f"--map: there is no column “{missing}”", hint)
    if is_log(names):
        return Flaw(
            where, "this is the log of a vault, and not a list of customers", "Import the customers' table."
        )
    if not _names_anybody(found):
        first = next(filter(None, names), "Column")
        hint = (
            f"Say what each is: --map '{first}=name', and so on for emails, phones, company; or -. {_HEADER}"
        )
        return Flaw(where, f"no column is known to hold names. There are: {_listed(names)}", hint)
    return None


def _names_anybody(found: Meant) -> bool:
    """Whether rows have names; addresses alone will do if no column is unknown, which may hold the names."""
    fields = {one.field for one in found.columns}
    is_known = all(field in BY_NAME or field in (NOTES, LEFT_OUT) for field in fields)
    return bool(fields & _NAMING) or bool(fields & _REACHING and is_known)


def _listed(names: Sequence[str]) -> str:
    return few([name for name in names if name], _LISTED)


def _days_in(stream: IO[bytes], layout: Layout, place: str) -> Iterator[str]:
    """The cells of the file that are days, as they are written."""
    at = [
        number
        for number, one in enumerate(layout.columns)
        if (one.field in _DAYS and one.part != "label") or one.part == "day"
    ]
    if not at or layout.source is PTCRM:
        return
    for row in _records(stream, layout, place):
        if isinstance(row, Row):
            yield from (row.cells[number] for number in at if number < len(row.cells))


def _records(stream: IO[bytes], layout: Layout, place: str) -> Iterator[Row | Flaw]:
    """The rows below the header; not the header, should it come again."""
    names = [one.name for one in layout.columns]
    for row in rows(stream, layout.dialect, place):
        if isinstance(row, Flaw) or (row.line > layout.header and row.cells != names):
            yield row


def drafts(stream: IO[bytes], place: str, layout: Layout) -> Iterator[Draft | Flaw]:
    """The rows of the file as drafts, with what cannot be taken; `layout` is that of `layout_of`."""
    if layout.order.open:
        yield Flaw(
            place,
            f"{plural(layout.order.open, 'day')} such as {one_line(layout.order.example)} may be read in two ways, "
            "and the file does not tell which; they are left out",
            "Say --dates dmy (day first) or --dates mdy (month first).",
        )
    for row in _records(stream, layout, place):
        if isinstance(row, Flaw):
            yield row
            continue
        for found in draft_of(row, layout.columns, layout.source.name, layout.order.name, place):
            yield _with_origin(found, row, layout) if isinstance(found, Draft) else found


def _with_origin(draft: Draft, row: Row, layout: Layout) -> Draft:
    """The draft with the name that its source has for it, if it has one."""
    at = layout.origin
    words = one_line(row.cells[at]) if at is not None and at < len(row.cells) else ""
    return (
        replace(draft, origin=f"{layout.source.name}:{words}") if 0 < len(words) <= _LONGEST_ORIGIN else draft
    )
