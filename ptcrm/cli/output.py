"""How answers reach the terminal: filtered, aligned, as JSON; data on stdout, the rest on stderr."""

from __future__ import annotations

import json
import sys
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

import click

from ptcrm.text.safe import for_json, for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.model.change import Operation
    from ptcrm.model.diagnostic import Diagnostic

_COLOURS = {
    "error": "red",
    "warning": "yellow",
    "overdue": "red",
    "due": "green",
    "new": "cyan",
    "+": "green",
    "-": "red",
}
_GAP = 2
_INDENT = "    "
_COMBINING = "\u0300"  # letters before it take a column each, and so do these marks
_PUNCTUATION = dict.fromkeys(map(ord, "–—…’“”"), "-")
_NARROWEST = 10  # columns, as wide as a date
_LAST: list[str] = []


def say(text: str = "", style: str = "") -> None:
    """Print a line of the answer; `style` is `title`, or a state or severity that has a colour."""
    click.echo(_styled(for_terminal(text), style))


def _styled(text: str, style: str) -> str:
    colour = _COLOURS.get(style)
    return (
        click.style(text, fg=colour, bold=True if style == "title" else None)
        if colour or style == "title"
        else text
    )


def tell(text: str) -> None:
    """Print a line beside the answer, on stderr."""
    click.echo(for_terminal(text), err=True)


def tell_at_the_end(text: str) -> None:
    """Print a line on stderr when the command is over, behind the error that it may end with."""
    _LAST.append(text)


def tell_last_words() -> None:
    """Print what was kept for the end, on stderr."""
    while _LAST:
        tell(_LAST.pop(0))


def say_json(answer: object) -> None:
    """Print the answer as JSON, safe for a terminal."""
    click.echo(for_json(indented(answer)))


def indented(answer: object, margin: str = "") -> str:
    """The answer as JSON, with a line for each member: as `json.dumps` with `indent=2`, in a fraction of the time."""
    if isinstance(answer, str):
        return encode_basestring(answer)
    if not answer or not isinstance(answer, (dict, list)):
        return json.dumps(answer)
    inside = f"{margin}  "
    if isinstance(answer, list):
        return "[\n" + ",\n".join([f"{inside}{indented(one, inside)}" for one in answer]) + f"\n{margin}]"
    parts = [
        f"{inside}{encode_basestring(key)}: {'null' if value is None else indented(value, inside)}"
        for key, value in answer.items()
    ]
    return "{\n" + ",\n".join(parts) + f"\n{margin}}}"


def say_compact_json(rows: Iterable[object]) -> None:
    """Print each row as JSON on a line of its own, safe for a terminal."""
    write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    say_lines(for_json(write(row)) for row in rows)


def say_raw(text: str) -> None:
    """Print text that has its own line ends, which stay as they are."""
    click.echo(text.encode(), nl=False)


def say_table(
    rows: Iterable[Sequence[str]],
    indent: str = "  ",
    styles: Sequence[str] = (),
    tight: Iterable[Sequence[str]] = (),
) -> None:
    """Print rows in aligned columns; where a terminal is too narrow, the widest columns are cut.

    `tight` are rows that say less, for a terminal where these have no room.
    """
    say_lines(table_lines(rows, indent, styles, tight))


def say_lines(lines: Iterable[str]) -> None:
    """Print lines that are ready for a terminal, at once."""
    text = "\n".join(lines)
    if text:
        click.echo(text)


def table_lines(
    rows: Iterable[Sequence[str]],
    indent: str = "  ",
    styles: Sequence[str] = (),
    tight: Iterable[Sequence[str]] = (),
) -> list[str]:
    """The lines that `say_table` prints."""
    cells = _cells(rows)
    widths = _widths(cells)
    if sys.stdout.isatty():
        gaps = len(indent) + _GAP * (len(widths) - 1)
        room = columns() - gaps
        if sum(widths) > room and (fewer := _cells(tight)):
            cells, widths = fewer, _widths(fewer)
        _narrow(widths, room)
    lines = []
    for number, row in enumerate(cells):
        shown = [cut(cell, width) for cell, width in zip(row, widths, strict=True)]
        line = (indent + (" " * _GAP).join(shown)).rstrip()
        lines.append(_styled(line, styles[number] if styles else ""))
    return lines


def _cells(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[for_terminal(one_line(cell)) for cell in row] for row in rows]


def _widths(cells: list[list[str]]) -> list[int]:
    return [max(map(width, column)) for column in zip(*cells, strict=True)]


def _narrow(widths: list[int], room: int) -> None:
    """Take from the widest column, cell by cell, until all fit or none is wider than a short word."""
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1


def columns() -> int:
    """How many columns the terminal has."""
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _is_plain(text: str) -> bool:
    """Whether every character takes one column, as those of European languages do."""
    return not text or max(text) < _COMBINING or max(text.translate(_PUNCTUATION)) < _COMBINING


def width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if _is_plain(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(cell: str, columns: int) -> str:
    """The cell, filled or cut to so many `columns` of the terminal."""
    if _is_plain(cell):
        return cell.ljust(columns) if len(cell) <= columns else f"{cell[: columns - 1]}…"
    from rich.cells import set_cell_size

    return set_cell_size(cell, columns) if width(cell) <= columns else f"{set_cell_size(cell, columns - 1)}…"


def highlighted(text: str, marks: Sequence[tuple[int, int]], room: int) -> str:
    """The text, ready for a terminal, with the ranges that are `marks` in colour; on a terminal cut to `room` columns.

    What is cut off leaves the first mark in sight.
    """
    start = 0
    if sys.stdout.isatty() and width(text) > room:
        start = max(0, marks[0][0] - room // 3) if marks else 0
        head = "…" if start else ""
        text = head + cut(text[start:], max(room - len(head), _NARROWEST)).rstrip()
        marks = [(at - start + len(head), end - start + len(head)) for at, end in marks if at >= start]
    parts, end = [], 0
    for at, after in marks:
        parts += [text[end:at], click.style(text[at:after], fg="red", bold=True) if text[at:after] else ""]
        end = after
    return "".join([*parts, text[end:]])


def say_diagnostic(one: Diagnostic, line: str | None = None) -> None:
    """Print `path:line:column: severity CODE: message`; below it the file's `line`, the hint, the fix, the detail."""
    from ptcrm.text.caret import pointed_at

    place = for_terminal(f"{one.path}:{one.line}:{one.column}:")
    severity = _styled(one.severity.value, one.severity.value)
    click.echo(f"{place} {severity} {one.code}: {for_terminal(one.message)}")
    if line:
        room = max(columns() - len(_INDENT), _NARROWEST)
        shown, mark = pointed_at(line, one.column, room, width)
        say(_INDENT + shown)
        say(_INDENT + mark, one.severity.value)
    if one.hint:
        say(_INDENT + one.hint)
    if one.fix:
        say(f"{_INDENT}fix: {one.fix.label}{'' if one.fix.safe else ' (a guess)'}")
    for more in one.detail.splitlines():
        say(_INDENT + more)


def say_diff(operation: Operation) -> None:
    """Print what an operation would do as a unified diff, coloured on a terminal."""
    from ptcrm.model.change import diff_of

    for change in operation.changes:
        for line in diff_of(change).split("\n")[:-1]:
            say(line, "" if line.startswith(("+++", "---")) else line[:1])
