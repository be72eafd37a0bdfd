"""The command that makes one file of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import ask, is_terminal, two_are_meant
from ptcrm.cli.options import Session, writing
from ptcrm.cli.output import say, tell
from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import plain
from ptcrm.text.words import plural
from ptcrm.vault.schema import BY_NAME, own_field, values_for
from ptcrm.vault.unite import undecided
from ptcrm.vault.unite_fields import Chosen, Difference, differences
from ptcrm.views.writing import known_word

if TYPE_CHECKING:
    from ptcrm.vault.index import Match
    from ptcrm.vault.unite import Two
    from ptcrm.workspace import Workspace


@click.command("merge")
@click.argument("words", metavar="WHO OTHER", nargs=-1, required=True)
@click.option(
    "--keep",
    type=click.Choice(["a", "b"]),
    help="Whose value stays where both have one: the first's, the second's.",
)
@click.option(
    "--set", "values", metavar="FIELD=VALUE", multiple=True, help="The value of a field where both have one."
)
@writing
def merge_command(
    session: Session, words: tuple[str, ...], keep: str | None, values: tuple[str, ...]
) -> None:
    """Make one file of two: the first customer stays, with all that the second has.

    Where both say something else of the same thing, it is asked for at a terminal. `ptcrm undo` takes it back.

    \b
    Examples:
      ptcrm merge jan-nowak novak-jan --dry-run
      ptcrm merge jan-nowak novak-jan
      ptcrm merge jan-nowak jan-nowak-2 --keep a --set tier=gold
    """
    workspace = session.workspace()
    one, other = two_are_meant(session, words, "ptcrm merge")
    two = workspace.two(one, other)
    chosen = _chosen(workspace, two, keep, values)
    if undecided(two, chosen):
        two, chosen = _asked(session, one, other, chosen)
    operation, left = workspace.united(two, chosen)
    for path in left:
        tell(f"{path}: its links to {other.id} cannot be changed; see `ptcrm check`.")
    if session.apply(operation):
        _say(two, chosen, (one, other), len(operation.changes) - 2)


def _say(two: Two, chosen: dict[str, Chosen], who: tuple[Match, Match], linked: int) -> None:
    """What became of the two, and what was decided."""
    one, other = who
    links = f"; the links in {plural(linked, 'other file')} lead to it" if linked else ""
    say(f"{other.path} is now part of {one.path}{links}.")
    for difference in differences(*two):
        kept, gone = _outcome(difference, chosen[difference.field])
        say(f"  {difference.field}: {kept} (not {gone})")


def _outcome(one: Difference, choice: Chosen) -> tuple[str, str]:
    """What was decided, and what is no more."""
    kept = ", ".join(choice.value) or (one.one if choice.side == "a" else one.other)
    return kept, " or ".join(value for value in (one.one, one.other) if value != kept)


# What is decided


def _chosen(workspace: Workspace, two: Two, keep: str | None, values: tuple[str, ...]) -> dict[str, Chosen]:
    """What the options decide; raises `UsageError` for a value that cannot be, or a field that needs none."""
    found = {one.field: one for one in differences(*two)}
    chosen = {field: Chosen(keep) for field in found} if keep else {}
    for words in values:
        name, equals, value = plain(words).partition("=")
        name = name.strip()
        if not equals or not value.strip():
            raise UsageError(f"--set {words}: write FIELD=VALUE.")
        if name not in found:
            known = (
                f"They differ in {', '.join(found)}."
                if found
                else "They differ in nothing that must be decided."
            )
            raise UsageError(f"--set {words}: “{name}” is no field in which they differ. {known}")
        chosen[name] = Chosen("", _value(workspace, name, value.strip()))
    return chosen


def _value(workspace: Workspace, name: str, words: str) -> tuple[str, ...]:
    field = BY_NAME.get(name) or own_field(name)
    values = values_for(field, [words], workspace.today, workspace.index.link)
    if isinstance(values, Problem):
        raise UsageError(f"{name}: {values.message}. {values.hint}".strip())
    known_word(workspace, field, values)
    return tuple(values)


def _asked(
    session: Session, one: Match, other: Match, chosen: dict[str, Chosen]
) -> tuple[Two, dict[str, Chosen]]:
    """Ask at a terminal what else is to be decided; without one, `RefusedError` that lists it."""
    workspace = session.workspace()
    two = workspace.two(one, other)
    missing = undecided(two, chosen)
    key = f"merge {one.path} {other.path}"
    known: dict[str, Chosen] = session.answers.setdefault(key, {})
    if any(it.field not in known for it in missing):
        if not is_terminal():
            raise RefusedError(_listed(missing, one, other))
        with session.unlocked():
            tell(f"{one.id} (a) and {other.id} (b) differ. Write a or b, or another value; Enter is a.")
            for it in missing:
                if it.field not in known:
                    known[it.field] = _answer(workspace, it)
        two = workspace.two(one, other)
    return two, {**known, **chosen}


def _answer(workspace: Workspace, one: Difference) -> Chosen:
    """What a person decides on a difference; asked again for what cannot be."""
    while True:
        typed = ask(f"{one.field}: a {one.one} | b {one.other}: ")
        if typed in ("", "a", "b"):
            return Chosen(typed or "a")
        try:
            return Chosen("", _value(workspace, one.field, plain(typed)))
        except UsageError as error:
            tell(str(error))


def _listed(missing: list[Difference], one: Match, other: Match) -> str:
    lines = "\n".join(f"  {it.field}: {it.one} (a), {it.other} (b)" for it in missing)
    return (
        f"{one.path} (a) and {other.path} (b) differ:\n{lines}\n"
        "Say whose value stays with --keep a or --keep b, or --set FIELD=VALUE. Nothing was written."
    )
