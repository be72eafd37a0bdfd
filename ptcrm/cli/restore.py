"""The command that brings back a customer's file as it was on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, who_argument, writing
from ptcrm.cli.output import say, tell
from ptcrm.cli.past import commit_words, content, history_of, not_yet, path_then, then
from ptcrm.errors import RefusedError
from ptcrm.git.changes import changes, version
from ptcrm.git.told import told_words
from ptcrm.model.change import Create, Operation, Write
from ptcrm.model.dates import long_day
from ptcrm.text.edits import apply_edits
from ptcrm.text.source import Source
from ptcrm.vault.schema import add_id, read_customer

if TYPE_CHECKING:
    from ptcrm.cli.past import Then
    from ptcrm.git.history import History
    from ptcrm.workspace import Workspace


@click.command("restore")
@who_argument
@click.option("--as-of", metavar="DAY", required=True, help="The day whose end is meant.")
@writing
def restore_command(session: Session, who: tuple[str, ...], as_of: str) -> None:
    """Bring back a customer's file as it was at the end of a day, by git; also one that was deleted.

    What the file says now and did not say then is listed: it goes, committed or not. `ptcrm undo` takes it back.

    \b
    Examples:
      ptcrm restore anna --as-of 2026-11-01
      ptcrm restore anna --as-of yesterday --dry-run
    """
    workspace, history = session.workspace(), history_of(session)
    past = then(session, history, as_of)
    old, meant = path_then(session, who, history, past)
    if old is None or meant is None:
        raise not_yet(who, past, history, meant, workspace)
    now = content(workspace, meant.path)
    to = meant.path if now is not None else old
    new = _bytes_then(workspace, history, past, old, to, now)
    if new == now:
        say(f"{to} is as it was at the end of {long_day(past.day)}.")
        return
    change = Write(to, now, new) if now is not None else Create(to, new)
    _tell_what_goes(workspace, history, to, now, new)
    if session.apply(Operation(f"restore {meant.name} as of {past.day}", (change,))):
        say(f"{to}: restored as of {long_day(past.day)} ({commit_words(past.commit, workspace)})")


def _bytes_then(
    workspace: Workspace, history: History, past: Then, old: str, to: str, now: bytes | None
) -> bytes:
    """The bytes to write: those of the day, with the id that the file has under its new name, and the line ends of now.

    Raises `RefusedError` for a file that was no customer's then, and for an id that is another one's by now.
    """
    found = history.bytes_of(past.files[old].blob)
    if version(old, found, workspace.reader).lines is not None:
        hint = "See another day with: ptcrm history"
        raise RefusedError(
            f"{old}: at the end of {long_day(past.day)} it could not be read as a customer. {hint}"
        )
    if now and b"\r\n" in now and b"\r" not in found:
        found = found.replace(b"\n", b"\r\n")
    reading = read_customer(Source.decode(old, found), workspace.reader)
    one = reading.customer
    assert one is not None  # noqa: S101  # it has no `lines`
    if workspace.index.is_anothers(one.id, to):
        raise RefusedError(f"“{one.id}” is another customer's name for links by now. Nothing was written.")
    if old != to and "id" not in one.lines and (edit := add_id(reading.document, one.id)):
        source = reading.document.source
        found = Source(to, apply_edits(source.text, [edit]), source.bom).content
    return found


def _tell_what_goes(workspace: Workspace, history: History, path: str, now: bytes | None, new: bytes) -> None:
    """Say what the restored file says otherwise, and whether that was never committed."""
    before = None if now is None else version(path, now, workspace.reader)
    for words in told_words(changes(before, version(path, new, workspace.reader))):
        tell(f"  {words}")
    lost = history.uncommitted(path, now) if now is not None else None
    if lost:
        tell("Not committed, so that only `ptcrm undo` brings it back:")
        for words in told_words(lost.told):
            tell(f"  {words}")
