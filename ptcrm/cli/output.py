"""How answers reach the terminal: filtered, aligned, as JSON; data on stdout, the rest on stderr."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import click

from ptcrm.model.diagnostic import Severity
from ptcrm.text.safe import for_json, for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ptcrm.model.diagnostic import Diagnostic

_COLOURS = {"error": "red", "warning": "yellow", "overdue": "red", "due": "green", "new": "cyan"}
_GAP = 2
_HALF_A_YEAR = 180  # days


def say(text: str = "", style: str | None = None) -> None:
    """Print a line of the answer; `style` names a state or severity that has a colour."""
    click.secho(for_terminal(text), fg=_COLOURS.get(style or ""), bold=style == "title")


def tell(text: str) -> None:
    """Print a line beside the answer, on stderr."""
    click.echo(for_terminal(text), err=True)


def say_json(answer: object) -> None:
    """Print the answer as JSON, safe for a terminal."""
    click.echo(for_json(json.dumps(answer, ensure_ascii=False, indent=2)))


def say_table(rows: Iterable[Sequence[str]], indent: str = "  ", styles: Sequence[str] = ()) -> None:
    """Print rows in aligned columns; on a terminal the last column is cut to the width."""
    from rich.cells import cell_len, set_cell_size

    cells = [[for_terminal(one_line(cell)) for cell in row] for row in rows]
    if not cells:
        return
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for number, row in enumerate(cells):
        padded = [
            cell + " " * (width - cell_len(cell) + _GAP)
            for cell, width in zip(row[:-1], widths, strict=False)
        ]
        line = (indent + "".join(padded) + row[-1]).rstrip()
        if room and cell_len(line) > room:
            line = set_cell_size(line, room - 1).rstrip() + "…"
        style = styles[number] if styles else ""
        click.secho(line, fg=_COLOURS.get(style))


def say_diagnostic(one: Diagnostic) -> None:
    """Print `path:line:column: severity CODE: message`, and the hint below."""
    place = for_terminal(f"{one.path}:{one.line}:{one.column}:")
    severity = click.style(one.severity.value, fg=_COLOURS.get(one.severity.value))
    click.echo(f"{place} {severity} {one.code}: {for_terminal(one.message)}")
    if one.hint:
        say(f"    {one.hint}")


def plural(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def worst_is_error(found: Iterable[Diagnostic]) -> bool:
    """Whether one of them is an error."""
    return any(one.severity is Severity.ERROR for one in found)


_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905


def long_day(day: date) -> str:
    """`Monday 23 November 2026`, in any locale."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def near_day(day: date, today: date) -> str:
    """`today`, `tomorrow`, the weekday and date, or far away the date with the year."""
    near = {0: "today", 1: "tomorrow"}.get((day - today).days)
    month = _MONTHS[day.month - 1][:3]
    if abs((day - today).days) > _HALF_A_YEAR:
        return f"{day.day} {month} {day.year}"
    return near or f"{_WEEKDAYS[day.weekday()][:3]} {day.day} {month}"
