"""What git knows of one customer: what changed when and by whom, and who wrote what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, a_count, json_option, limit_option, pass_session, who_argument
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.cli.past import commit_words, content, history_of, short, since_when, whose
from ptcrm.errors import NotFoundError
from ptcrm.git.changes import version_of
from ptcrm.git.history import blame, moment
from ptcrm.git.told import told_words
from ptcrm.text.words import plural
from ptcrm.views.past import piece_row, record_row

if TYPE_CHECKING:
    from ptcrm.cli.past import Whose
    from ptcrm.git.history import History, Record
    from ptcrm.workspace import Workspace

_UNCOMMITTED = "not committed"


@click.command("history")
@who_argument
@click.option("--since", metavar="DAY", help="From this day on.")
@limit_option
@json_option
@pass_session
def history_command(
    session: Session, who: tuple[str, ...], since: str | None, limit: str | None, as_json: bool
) -> None:
    """What changed when in a customer's file, and by whom, as git has it: the newest first.

    What is not committed comes first. WHO may also be one who is gone, or an earlier name of the file.

    \b
    Examples:
      ptcrm history anna
      ptcrm history anna --since "3 months ago"
      ptcrm history anna --limit 5 --json
    """
    workspace, history = session.workspace(), history_of(session)
    meant, first = whose(session, who, history), since_when(since, workspace)
    most = a_count(limit) if limit else None
    found = [
        one for one in _records(workspace, history, meant) if one.commit is None or one.commit.at >= first
    ]
    shown = found if most is None else found[:most]
    if as_json:
        say_json([record_row(one, workspace.zone) for one in shown])
        return
    for one in shown:
        _say_record(one, workspace)
    if not found:
        say(f"Nothing changed since {since}." if since else "Nothing changed yet.")
    if len(shown) < len(found):
        tell(f"{len(found) - len(shown)} more: give a higher --limit.")


def _records(workspace: Workspace, history: History, meant: Whose) -> list[Record]:
    """All records of a customer, the newest first; raises `NotFoundError` if git never had anything of the file."""
    found = history.now(meant.path, content(workspace, meant.path))
    if not found:
        raise NotFoundError(f"{meant.path}: git has nothing of this file.")
    return found


def _say_record(one: Record, workspace: Workspace) -> None:
    say(commit_words(one.commit, workspace) if one.commit else _UNCOMMITTED, "title")
    if one.begins:
        say("    here the history of this shallow clone begins; get the rest with: git fetch --unshallow")
    for words in told_words(one.told):
        say(f"    {words}")


@click.command("blame")
@who_argument
@json_option
@pass_session
def blame_command(session: Session, who: tuple[str, ...], as_json: bool) -> None:
    """Who wrote each field, entry, follow-up and paragraph of a customer's file, and when.

    What only moved, or got other quotes, keeps its author.

    \b
    Examples:
      ptcrm blame anna
      ptcrm blame anna --json
    """
    workspace, history = session.workspace(), history_of(session)
    meant = whose(session, who, history)
    if content(workspace, meant.path) is None:
        raise NotFoundError(f"{meant.path} is gone. What was in it: ptcrm history {meant.name}")
    reading = workspace.read(meant.path)
    if reading.customer is None:
        raise NotFoundError(f"{meant.path} cannot be read as a customer; see `ptcrm check`.")
    pieces = blame(reading, version_of(reading), _records(workspace, history, meant))
    if as_json:
        say_json([piece_row(one, workspace.zone) for one in pieces])
        return
    say_table(
        [
            (*_who_wrote(one.record, workspace), f"{one.name}: {one.text}" if one.name else one.text)
            for one in pieces
        ],
        "",
    )
    edge = next((one.record for one in pieces if one.record and one.record.begins), None)
    if edge:
        tell(
            "The clone is shallow: what stands with its first commit may be older. See `git fetch --unshallow`."
        )
    unknown = sum(one.record is None for one in pieces)
    if unknown:
        tell(f"Of {plural(unknown, 'part')} the history does not say who wrote it.")


def _who_wrote(record: Record | None, workspace: Workspace) -> tuple[str, str, str]:
    """Day, author and commit."""
    if record is None:
        return "?", "", ""
    one = record.commit
    if one is None:
        return _UNCOMMITTED, "", ""
    return f"{moment(one, workspace.zone):%Y-%m-%d}", one.author, short(one)
