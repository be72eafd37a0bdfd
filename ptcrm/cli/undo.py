"""The command that takes back what other commands wrote."""

from __future__ import annotations

import click

from ptcrm.cli.options import Session, json_option, writing
from ptcrm.cli.output import say, say_json, say_table
from ptcrm.errors import UsageError
from ptcrm.model.change import paths_of
from ptcrm.text.words import few
from ptcrm.vault.undo import undo, undone

_SHOWN = 20


@click.command("undo")
@click.argument("number", metavar="[N]", type=click.IntRange(min=1), required=False)
@click.option("--list", "listed", is_flag=True, help="Show what can be undone, the newest first.")
@json_option
@writing
def undo_command(session: Session, number: int | None, listed: bool, as_json: bool) -> None:
    """Take back the last change that ptcrm made, or the change number N, byte for byte.

    A file that was changed since stays as it is. An undo can be undone by its number.

    \b
    Examples:
      ptcrm undo
      ptcrm undo --list
      ptcrm undo 12
      ptcrm undo --dry-run
    """
    if listed:
        session.writes = False
        _list(session, as_json=as_json)
        return
    if as_json:
        raise UsageError("--json goes with --list: ptcrm undo --list --json")
    workspace = session.workspace()
    record, operation = undo(workspace.root, workspace.journal, number)
    if session.apply(operation, undoes=record.number):
        say(f"Undone: {record.operation.label} ({few(sorted(paths_of(operation)))})")


def _list(session: Session, *, as_json: bool) -> None:
    records, back = undone(session.workspace().journal)
    rows = [
        {
            "number": one.number,
            "at": one.at,
            "label": one.operation.label,
            "paths": sorted(paths_of(one.operation)),
            "undone": one.number in back,
        }
        for one in records
    ]
    if as_json:
        say_json(rows)
        return
    if not rows:
        say("Nothing was written by ptcrm yet.")
    say_table(
        [
            [str(row["number"]), str(row["at"]), f"{row['label']}{' (undone)' if row['undone'] else ''}"]
            for row in rows[:_SHOWN]
        ]
    )
    if len(rows) > _SHOWN:
        say(f"  and {len(rows) - _SHOWN} more: ptcrm undo --list --json")
