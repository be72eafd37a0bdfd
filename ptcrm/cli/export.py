"""Files for other programs: `ptcrm export ics`."""

from __future__ import annotations

from pathlib import Path

import click

from ptcrm.cli.options import Session, pass_session
from ptcrm.cli.output import tell
from ptcrm.errors import RefusedError
from ptcrm.text.words import plural
from ptcrm.vault.store import write_outside


@click.group("export")
def export_command() -> None:
    """Write files that other programs read."""


@export_command.command("ics")
@click.option("--feed", default="all", show_default=True, help="Which feed of ptcrm.yaml.")
@click.option("-o", "--output", metavar="FILE", help="Write to this file, not to the terminal.")
@pass_session
def ics_command(session: Session, feed: str, output: str | None) -> None:
    """Write follow-ups, birthdays and occasions as a calendar (iCalendar).

    The same vault and the same day give the same bytes.

    \b
    Examples:
      ptcrm export ics -o follow-ups.ics
      ptcrm export ics --feed birthdays > birthdays.ics
    """
    from ptcrm.views.feed import feed as rendered_feed

    workspace = session.workspace()
    rendered = rendered_feed(workspace, feed)
    if output is None or output == "-":
        click.echo(rendered.content, nl=False)
    else:
        if not workspace.listing.files and Path(output).is_file():
            raise RefusedError(
                f"There is no customer in the vault at all, so {output} stays as it is: perhaps a disk or a "
                "folder is missing. If the vault is meant to be empty, delete the calendar file first."
            )
        write_outside(Path(output), rendered.content, b"BEGIN:VCALENDAR")
        tell(f"{output}: {plural(rendered.events, 'event')}")
    for warning in rendered.warnings:
        tell(f"ptcrm: {warning}")
