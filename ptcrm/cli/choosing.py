"""Who is meant, where the words leave it open: asked of a person at a terminal, and of nobody else.

Questions go to stderr, so that the answer of a command can be taken by another one.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.output import columns, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.typed import plain
from ptcrm.model.values import parse_whole
from ptcrm.text.fold import fold
from ptcrm.text.safe import for_terminal, one_line
from ptcrm.text.words import plural
from ptcrm.vault.index import Match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.cli.options import Session
    from ptcrm.model.customer import Customer
    from ptcrm.workspace import Workspace

_OPTION = re.compile(r"--[A-Za-z][A-Za-z-]*(?:=.*)?")
_SHOWN = 20  # with the question they fit on the smallest screen
_WIDEST = 40  # columns for a name
_PROMPT = "Number, or words to narrow (Enter for nobody): "


def is_terminal() -> bool:
    """Whether somebody is there to ask: keys come from a terminal, and questions go to one."""
    with suppress(AttributeError, ValueError):  # a stream that is closed
        return sys.stdin.isatty() and sys.stderr.isatty()
    return False


def ask(question: str) -> str:
    """What is typed after the question, on one line; empty also at the end of the input."""
    click.echo(for_terminal(question), err=True, nl=False)
    typed = sys.stdin.buffer.readline()
    if not typed.endswith(b"\n"):
        click.echo(err=True)
    return one_line(typed.decode(errors="replace"))


def agrees(question: str, *, usually: bool) -> bool:
    """Whether the question is answered with yes; Enter is what is `usually` meant."""
    answer = ask(f"{question} [{'Y/n' if usually else 'y/N'}] ").casefold()
    return answer in ("y", "yes") or (usually and not answer)


# Who


def who_is_meant(session: Session, who: Sequence[str]) -> Match:
    """The one customer whom the words mean; at a terminal asked for if there are none, or several fit.

    Raises `NotFoundError`, and click's own error for no words at all.
    """
    if not who:
        _demand_who()
    workspace = session.workspace()
    words = _in_vault(workspace, " ".join(who))
    found = workspace.index.find(words) if who else []
    if len(found) == 1 or (who and not found) or not is_terminal():
        return workspace.find(words)
    key = f"who {words}"
    if key not in session.answers:
        cache = workspace.cache
        members = list(cache.customers_at(one.path for one in found) if who else cache.customers())
        title = f"“{words}” may mean {len(members)} customers:" if who else "Who is meant?"
        session.answers[key] = choose(session, title, members)
    chosen: Customer = session.answers[key]
    return Match(chosen.path, chosen.id, chosen.name)


def _in_vault(workspace: Workspace, words: str) -> str:
    """The path in the vault, if `words` are that of a customer's file as a shell has it; else `words`."""
    if "/" not in words and os.sep not in words:
        return words
    try:
        path = Path(words).resolve().relative_to(workspace.root.resolve()).as_posix()
    except (OSError, ValueError):  # no path, or none of the vault
        return words
    return path if path in workspace.listing.files else words


def _demand_who() -> None:
    """Without words and without a terminal: click's own complaint."""
    if not is_terminal():
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=context.command.params[0])


def first_is_meant(session: Session, words: tuple[str, ...]) -> tuple[Match, tuple[str, ...]]:
    """The customer whom the first of `words` mean, and the other words; as `who_is_meant`."""
    if not words:
        return who_is_meant(session, ()), ()
    name, rest = session.workspace().name_first(tuple(plain(word) for word in words))
    return who_is_meant(session, (name,)), rest


def two_are_meant(session: Session, words: tuple[str, ...], command: str) -> tuple[Match, Match]:
    """The two customers whom the words mean; raises `UsageError`, which says the `command` with both."""
    one, rest = first_is_meant(session, words)
    if not rest:
        raise UsageError(f"The other customer is missing: {command} {one.id} OTHER")
    other = who_is_meant(session, rest)
    if one.path == other.path:
        raise UsageError(f"Both are {one.path}. Name two customers.")
    return one, other


def refuse_options(words: tuple[str, ...]) -> None:
    """Help for `-h`; `UsageError` for a word that looks like an option, which would become text."""
    if words[:1] == ("-h",):
        context = click.get_current_context()
        click.echo(context.get_help())
        context.exit()
    unknown = next((word for word in words if _OPTION.fullmatch(word)), None)
    if unknown:
        raise UsageError(f"“{unknown}” is no option here. See `ptcrm --help`.")


def who_and(session: Session, words: tuple[str, ...], rest: str) -> tuple[Match, tuple[str, ...]]:
    """The customer whom the first words mean, and the rest; raises `UsageError` if there is no rest."""
    refuse_options(words)
    match, others = first_is_meant(session, words)
    if not others:
        raise UsageError(f"Something is missing after “{' '.join(words) or match.id}”: {rest}.")
    return match, others


# Choosing


def choose(session: Session, title: str, customers: Sequence[Customer]) -> Customer:
    """The one that is chosen from a numbered list, which words narrow; raises `NotFoundError` for nobody."""
    whole = sorted(customers, key=lambda one: (fold(one.name), one.path))
    if not whole:
        raise NotFoundError('Nobody here yet. Add a customer: ptcrm add "Anna Kowalska"')
    session.is_repeatable = False
    with session.unlocked():
        tell(title)
        shown = whole
        while True:
            _tell_list(shown)
            answer = ask(_PROMPT)
            if not answer:
                raise NotFoundError("Nobody was chosen.")
            number = parse_whole(answer)
            if isinstance(number, int) and 1 <= number <= min(len(shown), _SHOWN):
                return shown[number - 1]
            fitting = narrowed(shown, answer) or narrowed(whole, answer)
            if len(fitting) == 1 and not isinstance(number, int):
                tell(f"That is {fitting[0].name} ({fitting[0].id}).")
                return fitting[0]
            if not fitting:
                tell(f"Nobody in this list fits “{answer}”.")
            shown = fitting or shown


def narrowed(customers: Sequence[Customer], words: str) -> list[Customer]:
    """Those of whom all the `words` are part: of name, id, other names, role, company, places or tags."""
    parts = fold(words).split()
    return [one for one in customers if all(part in _known_of(one) for part in parts)]


def _known_of(one: Customer) -> str:
    known = (one.name, one.id, *one.aliases, one.role or "", one.company or "", *one.places, *one.tags)
    return fold("\n".join(known))


def _tell_list(customers: Sequence[Customer]) -> None:
    """The numbered list, each customer on one line of the terminal."""
    from rich.cells import cell_len, set_cell_size

    shown = customers[:_SHOWN]
    names = [for_terminal(one_line(one.name)) for one in shown]
    width = min(max(map(cell_len, names)), _WIDEST)
    room = columns() - 1
    for number, (one, name) in enumerate(zip(shown, names, strict=True), 1):
        about = one_line(", ".join(filter(None, (one.role, one.company))))
        line = for_terminal(f"{number:>4}  {set_cell_size(name, width)}  {one.id}  {about}").rstrip()
        tell(line if cell_len(line) <= room else f"{set_cell_size(line, room - 1)}…")
    if len(customers) > len(shown):
        tell(f"      and {plural(len(customers) - len(shown), 'other')}")
