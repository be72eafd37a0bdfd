"""The command that names customers who may be one and the same, and notes of two that they are not."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import two_are_meant
from ptcrm.cli.options import (
    QUERY_SETTINGS,
    Session,
    a_count,
    json_option,
    limit_option,
    paths_meant,
    query_argument,
    writing,
)
from ptcrm.cli.output import say, say_json, tell
from ptcrm.errors import UsageError
from ptcrm.model.change import Operation
from ptcrm.model.diagnostic import Problem
from ptcrm.model.reading import Report, texts
from ptcrm.model.values import parse_whole
from ptcrm.reports.duplicates import MOST, USUAL_LEAST
from ptcrm.text.words import plural
from ptcrm.vault.fields import set_field
from ptcrm.vault.schema import own_field
from ptcrm.views.duplicates import likely, pair_row

if TYPE_CHECKING:
    from ptcrm.reports.duplicates import Pair
    from ptcrm.vault.index import Match
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace

_USUAL = 20
NOT_SAME = replace(own_field("not_same_as"), read=texts, many=True)


@click.command("dupes", context_settings=QUERY_SETTINGS)
@query_argument
@click.option(
    "--min", "least", metavar="SCORE", help=f"The least score, 0 to {MOST}; default: {USUAL_LEAST}."
)
@limit_option
@json_option
@click.option(
    "--not", "differ", is_flag=True, help="Note of two customers that they are not the same: --not A B."
)
@writing
def dupes_command(
    session: Session,
    *,
    words: tuple[str, ...],
    least: str | None,
    limit: str | None,
    as_json: bool,
    differ: bool,
) -> None:
    """Who may be there twice: likely duplicates, with reasons and a score from 0 to 100.

    A QUERY asks for those of whom at least one is meant. Nothing is merged; that is `ptcrm merge`.

    \b
    Examples:
      ptcrm dupes
      ptcrm dupes tier:gold --min 70
      ptcrm dupes --not jan-nowak jan-nowak-2
    """
    session.writes = differ
    if differ:
        if as_json or least or limit:
            raise UsageError("--not takes two customers and no other option: ptcrm dupes --not A B")
        _tell_apart(session, words)
        return
    if session.dry_run:
        raise UsageError("--dry-run goes with --not.")
    points = _a_score(least) if least else USUAL_LEAST
    most = a_count(limit) if limit else None
    workspace = session.workspace()
    found = likely(workspace, paths_meant(workspace, words), points)
    if as_json:
        say_json([pair_row(one) for one in found[:most]])
    else:
        _say(found, _USUAL if most is None else most)


def _a_score(words: str) -> int:
    number = parse_whole(words)
    if isinstance(number, Problem) or number > MOST:
        raise UsageError(f"--min {words}: write a whole number from 0 to {MOST}.")
    return number


def _say(found: list[Pair], most: int) -> None:
    if not found:
        say("No two customers look like one.")
        return
    for one in found[:most]:
        say(f"{one.score:>3}  {one.one.name} ({one.one.id}) and {one.other.name} ({one.other.id})")
        but = f" (but {', '.join(one.against)})" if one.against else ""
        say(f"     {', '.join(one.reasons)}{but}")
        say(f"     {one.one.path}, {one.other.path}")
    if len(found) > most:
        tell(f"{plural(len(found) - most, 'more pair')}: a higher --limit.")
    ids = " ".join(map(shlex.quote, (found[0].one.id, found[0].other.id)))
    tell(f"If two are one: ptcrm merge {ids}")
    tell(f"If they are two: ptcrm dupes --not {ids}")


# Two who are not the same


def _tell_apart(session: Session, words: tuple[str, ...]) -> None:
    """Write into the first file that the other is somebody else; a link that is there already says so."""
    workspace = session.workspace()
    one, other = two_are_meant(session, words, "ptcrm dupes --not")
    for here, there in ((one, other), (other, one)):
        if there.path in workspace.index.linked(here.path):
            say(f"{here.path} links to {there.id} already, so they are two.")
            return
    operation = _told_apart(workspace, one, other)
    if session.apply(operation):
        say(f"{one.path}: not_same_as: {other.id}")


def _told_apart(workspace: Workspace, one: Match, other: Match) -> Operation:
    file = workspace.changing(one)
    link = f"[[{workspace.index.target(other.path, other.id)}]]"
    amendment = set_field(file.reading, NOT_SAME, [*_known(file.reading), link])
    return Operation(f"dupes --not {one.id} {other.id}", (file.amended(amendment, workspace.reader),))


def _known(reading: Reading) -> list[str]:
    """Whom the file names in the field already."""
    root, report = reading.document.root, Report(reading.document.source)
    nodes = [node for key, node in root.pairs if key.value == NOT_SAME.name] if root else []
    return [value for node in nodes for value in texts(node, report)]
