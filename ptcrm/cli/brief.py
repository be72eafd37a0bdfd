"""The command that shows what to know before a call, on one screen."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.options import Session, json_option, pass_session, who_argument
from ptcrm.cli.output import say, say_json
from ptcrm.text.safe import for_terminal, one_line
from ptcrm.views.brief import brief, brief_row, head_words, part_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ptcrm.views.brief import Brief

_WIDTH, _HEIGHT = 80, 23  # the smallest usual terminal, with a line for the shell's prompt
_LABEL = 10  # columns
_LEAST = 20  # columns for words beside a label
_PROMISES = 4
_COMMAND = ": ptcrm "  # stands before what may be copied
_SHOWN = {"Coming": 3, "Pass on": 3}  # items of a part
_MOST = {"Norms": 4, "About": 3, "Coming": 1}  # lines of an item, if not two
# What gives way, in this order, until all fits: of which part, how many items stay, of how many lines each.
_GIVES = (
    ("Pass on", 3, 2),
    ("About", 1, 2),
    ("Last", 3, 1),
    ("Pass on", 3, 1),
    ("Given", 2, 1),
    ("Next", 1, 1),
    ("Promised", 4, 1),
    ("Given", 1, 1),
    ("Pass on", 2, 1),
    ("People", 1, 1),
    ("About", 1, 1),
    ("Pass on", 1, 1),
    ("Coming", 1, 1),
    ("Last", 2, 1),
    ("Family", 1, 1),
    ("Likes", 1, 1),
    ("About", 0, 0),
    ("Norms", 1, 3),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Something to know: items, each on a line of its own and of at most `most` lines."""

    label: str
    items: tuple[str, ...]
    most: int = 1
    style: str = ""


@click.command("brief")
@who_argument
@json_option
@pass_session
def brief_command(session: Session, who: tuple[str, ...], as_json: bool) -> None:
    """What to know before a call, on one screen.

    Norms first, then the last conversations, what is promised, family, what was given, what comes.

    \b
    Examples:
      ptcrm brief anna
      ptcrm brief $(ptcrm pick tag:courier)
    """
    workspace = session.workspace()
    found = brief(workspace, who_is_meant(session, who))
    if as_json:
        say_json(brief_row(found, workspace.today))
        return
    width = min(_WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else _WIDTH
    head = [part for part in _head(found) if any(part.items)]
    parts = [part for part in _parts(found, workspace.today) if any(part.items)]
    for part, lines in _fitted(head, parts, width):
        for line in lines:
            say(line, part.style)


# What is shown


def _head(one: Brief) -> Iterator[_Part]:
    """Who it is, and how to reach them."""
    title, *lines = head_words(one)
    yield _Part("", (title,), style="title")
    yield from (_Part("", (line,)) for line in lines)
    yield _Part("", (" ".join(one.warnings),), 2, "error")


def _parts(one: Brief, today: date) -> Iterator[_Part]:
    """All else, the norms first."""
    for label, items in part_words(one, today):
        shown = items[: _SHOWN.get(label)]
        if label == "Promised" and len(items) > _PROMISES:
            more = len(items) - _PROMISES + 1
            shown = (*items[: _PROMISES - 1], f"and {more} more: ptcrm show {one.customer.id}")
        yield _Part(label, shown, _MOST.get(label, 2), "title" if label == "Norms" else "")


# On one screen


def _fitted(head: list[_Part], parts: list[_Part], width: int) -> Iterable[tuple[_Part, list[str]]]:
    """The lines of every part, with a blank one below the head, so that all of them are on one screen."""
    top = [(part, _lines(part, width)) for part in head]
    room = _HEIGHT - sum(len(lines) for _, lines in top) - 1
    for label, items, most in (("", 0, 0), *_GIVES):
        parts = [_given_way(part, items, most) if part.label == label else part for part in parts]
        shown = [(part, _lines(part, width)) for part in parts]
        if sum(len(lines) for _, lines in shown) <= room:
            break
    return [*top, (_Part("", ()), [""]), *shown]


def _given_way(part: _Part, items: int, most: int) -> _Part:
    return replace(part, items=part.items[:items], most=min(part.most, most))


def _lines(part: _Part, width: int) -> list[str]:
    """The part's lines: its label, and its items beside it."""
    indent = _LABEL if part.label else 0
    found = []
    for item in part.items:
        words = _item_lines(for_terminal(one_line(item)), max(width - indent, _LEAST), part.most)
        found += [f"{' ' * indent}{line}" for line in words]
    if found:
        found[0] = f"{part.label:<{indent}}{found[0][indent:]}"
    return found


def _item_lines(text: str, width: int, most: int) -> list[str]:
    """`text` in lines; a command at its end is never broken, since it is there to be copied: whole, or not there."""
    from rich.cells import cell_len

    said, mark, command = text.rpartition(_COMMAND)
    if not mark or cell_len(text) <= width:
        return wrapped(text, width, most)
    if most == 1:
        return wrapped(said, width, 1)
    return [*wrapped(f"{said}:", width, most - 1), f"{_COMMAND.removeprefix(': ')}{command}"]


def wrapped(text: str, width: int, most: int) -> list[str]:
    """`text` in at most `most` lines of `width` columns of a terminal; what does not fit ends in `…`."""
    from rich.cells import cell_len, set_cell_size

    lines: list[str] = []
    rest = text
    while rest and len(lines) < most:
        line = _first_line(rest, width)
        rest = rest[len(line) :].lstrip(" ")
        lines.append(line.rstrip(" "))
    if rest and lines:
        last = lines[-1]
        shown = last if cell_len(last) < width else set_cell_size(last, width - 1).rstrip(" ")
        lines[-1] = f"{shown}…"
    return lines


def _first_line(text: str, width: int) -> str:
    """As much of `text` as fits into `width` columns, up to a blank if there is one in the second half."""
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    end = room = 0
    for end, sign in enumerate(text):  # noqa: B007  # where it ends is what is asked for
        room += cell_len(sign)
        if room > width:
            break
    blank = text.rfind(" ", end // 2, end + 1)
    return text[: blank if blank > 0 else max(end, 1)]
