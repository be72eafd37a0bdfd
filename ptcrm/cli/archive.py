"""The commands that put a customer aside, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.options import Session, writing
from ptcrm.cli.output import say, tell
from ptcrm.model.change import Operation
from ptcrm.text.words import plural
from ptcrm.vault.archiving import archived, unarchived
from ptcrm.views.entries import customer_of

if TYPE_CHECKING:
    from ptcrm.vault.abridged import Abridged
    from ptcrm.vault.amend import Amendment


@click.command("archive")
@click.argument("who", metavar="WHO", nargs=-1)
@writing
def archive_command(session: Session, who: tuple[str, ...]) -> None:
    """Put a customer aside: nothing is planned any more, and `ptcrm list` leaves them out.

    The file stays where it is, with its history and all links. `ptcrm unarchive` brings the customer back.

    \b
    Examples:
      ptcrm archive anna
      ptcrm list --archived
      ptcrm unarchive anna
    """
    workspace = session.workspace()
    file = workspace.changing(who_is_meant(session, who))
    one = customer_of(file.reading)
    if since := one.archived:
        say(f"{one.name} is archived already: {since}.")
        return
    if not _change(session, file, archived(file.reading, one, workspace.today), f"archive {one.id}"):
        return
    say(f"{one.name} is archived. Back again: ptcrm unarchive {one.id}")
    if one.open_follow_ups:
        tell(f"Open in the file, and not planned meanwhile: {plural(len(one.open_follow_ups), 'follow-up')}.")


@click.command("unarchive")
@click.argument("who", metavar="WHO", nargs=-1)
@writing
def unarchive_command(session: Session, who: tuple[str, ...]) -> None:
    """Bring an archived customer back into the plan.

    \b
    Examples:
      ptcrm list --archived
      ptcrm unarchive anna
    """
    workspace = session.workspace()
    match = who_is_meant(session, who)
    file = workspace.changing(match)
    one = customer_of(file.reading)
    if one.archived is None:
        say(f"{one.name} is not archived. Who is: ptcrm list --archived")
        return
    if not _change(session, file, unarchived(file.reading, one), f"unarchive {one.id}"):
        return
    again = customer_of(workspace.changing(match).reading)
    if again.do_not_contact:
        tell(f'Not to be contacted, as before. To end that: ptcrm set {one.id} do_not_contact ""')
    say(f"{one.name} is back.")


def _change(session: Session, file: Abridged, amendment: Amendment, label: str) -> bool:
    change = file.amended(amendment, session.workspace().reader)
    return session.apply(Operation(label, (change,)))
