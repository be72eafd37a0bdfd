"""Files for other programs: `ptcrm export ics`, and the group of all exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Place, Session, pass_session
from ptcrm.cli.output import tell
from ptcrm.errors import PtcrmError, RefusedError, UsageError
from ptcrm.text.words import plural
from ptcrm.vault.applying import write_outside

if TYPE_CHECKING:
    from ptcrm.formats.ics import Rendered
    from ptcrm.workspace import Workspace

_SHOWN = 10  # files that are left out, by name
_AS_BEFORE = ", as before"


@click.command("ics")
@click.option("--feed", type=Place(), help="Which feed of ptcrm.yaml; default: all.")
@click.option("-o", "--output", type=Place(), metavar="FILE", help="Write to this file, not to the terminal.")
@click.option(
    "--all", "folder", type=Place(), metavar="DIR", help="Write every feed of ptcrm.yaml, as DIR/NAME.ics."
)
@pass_session
def ics_command(session: Session, feed: str | None, output: str | None, folder: str | None) -> None:
    """Write follow-ups, birthdays and occasions as a calendar (iCalendar).

    The same vault and the same day give the same bytes. A file is written only if it differs.

    \b
    Examples:
      ptcrm export ics -o follow-ups.ics
      ptcrm export ics --feed birthdays > birthdays.ics
      ptcrm export ics --all public/calendars
    """
    if folder is not None and (feed or output):
        raise UsageError("--all writes every feed, to files named after them: leave out --feed and --output.")
    workspace = session.workspace()
    for problem in workspace.settings_problems():
        tell(f"ptcrm: {problem}")
    if folder is not None:
        _write_all(session, Path(folder))
    elif output is None or output == "-":
        rendered = _rendered(workspace, feed or "all")
        click.echo(rendered.content, nl=False)
    else:
        _write(session, Path(output), _rendered(workspace, feed or "all"))
    for line in workspace.left_out()[:_SHOWN]:
        tell(f"ptcrm: left out of the feed: {line}")


def _write_all(session: Session, folder: Path) -> None:
    """Write every feed; one that cannot be written hinders no other, and the first error is raised at the end."""
    workspace, failed = session.workspace(), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"{folder}: no folder can be made there: {error.strerror or error}") from error
    for name in workspace.config.feeds:
        try:
            _write(session, folder / f"{name}.ics", _rendered(workspace, name))
        except PtcrmError as error:
            failed.append(error)
    for other in failed[1:]:
        tell(f"ptcrm: {other}")
    if failed:
        raise failed[0]


def _rendered(workspace: Workspace, name: str) -> Rendered:
    """The feed; what a person should know about it is said."""
    from ptcrm.views.feed import feed

    rendered = feed(workspace, name)
    for warning in rendered.warnings:
        tell(f"ptcrm: {warning}")
    return rendered


def _write(session: Session, path: Path, rendered: Rendered) -> None:
    """Write the feed to `path`, unless a calendar there would lose all its events to a vault that looks empty."""
    if not session.workspace().listing.files and path.is_file():
        raise RefusedError(
            f"There is no customer in the vault at all, so {path} stays as it is: perhaps a disk or a "
            "folder is missing. If the vault is meant to be empty, delete the calendar file first."
        )
    from ptcrm.formats.ics import BEGINS

    changed = write_outside(path, rendered.content, BEGINS)
    session.follows.append(str(path.absolute()))
    tell(f"{path}: {plural(rendered.events, 'event')}{'' if changed else _AS_BEFORE}")
    session.is_repeatable &= path.is_file()  # a pipe or a device is written to each time
    if changed and session.recording:
        session.recording.add(_AS_BEFORE)  # for the next time
