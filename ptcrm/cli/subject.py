"""All that is held about one person: `ptcrm export subject`."""

from __future__ import annotations

from pathlib import Path

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.held import git_of, kept_of
from ptcrm.cli.options import Place, Session, json_option, pass_session, who_argument
from ptcrm.cli.output import indented, tell
from ptcrm.text.safe import for_json
from ptcrm.vault.applying import write_outside
from ptcrm.views.subject import Elsewhere, subject_row, subject_text


@click.command("subject")
@who_argument
@click.option("-o", "--output", type=Place(), metavar="FILE", help="Write to this file, not to the terminal.")
@json_option
@pass_session
def subject_command(session: Session, who: tuple[str, ...], output: str | None, as_json: bool) -> None:
    """All that is held about a customer, for a request to see it: files, mentions, plan, undo, git.

    Read it before you hand it out: lines of other files may tell of other people.

    \b
    Examples:
      ptcrm export subject anna -o anna.md
      ptcrm export subject anna --json
    """
    session.is_repeatable = False
    workspace = session.workspace()
    held = workspace.held(who_is_meant(session, who))
    kept, in_git = kept_of(workspace, held), git_of(session, held)
    numbers = {*kept.numbers}
    records = tuple(one for one in workspace.journal.records() if one.number in numbers)
    files = tuple(str(path) for path in (kept.cache, *kept.feeds, *kept.files) if path.exists())
    found = subject_row(workspace, held, Elsewhere(records, files, in_git.found, in_git.problem))
    text = f"{for_json(indented(found))}\n" if as_json else subject_text(found)
    if output is None or output == "-":
        click.echo(text, nl=False)
        return
    begins = b"{\n" if as_json else b"# What is held about "
    write_outside(Path(output), text.encode(), begins, mode=0o600)
    tell(f"{output}: written.")
