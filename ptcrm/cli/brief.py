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
from ptcrm.views.brief import (
    brief,
    brief_row,
    coming_words,
    occasion_words,
    promise_words,
    said_words,
)
from ptcrm.views.today import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ptcrm.views.brief import Brief

_WIDTH, _HEIGHT = 80, 23  # the smallest usual terminal, with a line for the shell's prompt
_LABEL = 10  # columns
_LEAST = 20  # columns for words beside a label
_PROMISES = 4
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
    who = one.customer
    place = ", ".join(filter(None, (who.role, one.company)))
    since = f"customer since {who.since.year}" if who.since else ""
    status = "" if who.status in ("active", "former") else who.status
    yield _Part("", (named(who.name, who.id),), style="title")
    yield _Part("", (_row(place, who.tier, status, since),))
    phone = ", ".join(who.phones[:2]) or next(iter(who.emails), "")
    zone = who.timezone if not one.there else None
    yield _Part("", (_row(phone, _likes(one), who.language and f"speaks {who.language}", zone),))
    yield _Part("", (f"At noon here it is {one.there}." if one.there else "",))
    yield _Part("", (" ".join(one.warnings),), 2, "error")


def _row(*parts: str | None) -> str:
    return " · ".join(filter(None, parts))


def _likes(one: Brief) -> str:
    """`by call or visit, not social`."""
    likes = f"by {' or '.join(one.customer.prefers)}" if one.customer.prefers else ""
    avoids = f"not {', '.join(one.customer.avoids)}" if one.customer.avoids else ""
    return ", ".join(filter(None, (likes, avoids)))


def _parts(one: Brief, today: date) -> Iterator[_Part]:
    """All else, the norms first."""
    who = one.customer
    promises = [promise_words(promise, today) for promise in one.promises]
    if len(promises) > _PROMISES:
        promises[_PROMISES - 1 :] = [f"and {len(promises) - _PROMISES + 1} more: ptcrm show {who.id}"]
    yield _Part("Norms", (who.norms or "",), 4, "title")
    yield _Part("About", (one.about,), 3)
    yield _Part("People", (", ".join(one.people),), 2)
    yield _Part("Last", tuple(said_words(entry, today) for entry in one.said) or ("never contacted",), 2)
    yield _Part("Promised", tuple(promises), 2)
    yield _Part("Family", (", ".join(one.family),), 2)
    yield _Part("Likes", (", ".join(who.interests),), 2)
    yield _Part("Given", tuple(said_words(entry, today) for entry in one.given), 2)
    yield _Part("Coming", tuple(occasion_words(occasion, today) for occasion in one.occasions[:3]))
    yield _Part("Next", (coming_words(one.coming, today) if one.coming else "",), 2)
    yield _Part("Pass on", tuple(hint.text for hint in one.pass_on[:4]), 2)


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
        words = wrapped(for_terminal(one_line(item)), max(width - indent, _LEAST), part.most)
        found += [f"{' ' * indent}{line}" for line in words]
    if found:
        found[0] = f"{part.label:<{indent}}{found[0][indent:]}"
    return found


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
