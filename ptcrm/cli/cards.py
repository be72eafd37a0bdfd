"""`ptcrm export vcard`: customers for address books."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import QUERY_SETTINGS, Place, Session, found_by, pass_session, query_argument
from ptcrm.cli.output import tell
from ptcrm.errors import RefusedError
from ptcrm.text.words import plural
from ptcrm.vault.store import write_outside

if TYPE_CHECKING:
    from ptcrm.formats.vcard_writing import Version


@click.command("vcard", context_settings=QUERY_SETTINGS)
@query_argument
@click.option(
    "--version",
    type=click.Choice(["4.0", "3.0"]),
    default="4.0",
    show_default=True,
    help="Which vCard; 3.0 for address books that do not know 4.0.",
)
@click.option("--output", type=Place(), metavar="FILE", help="Write to this file, not to the terminal.")
@pass_session
def vcard_command(session: Session, words: tuple[str, ...], version: Version, output: str | None) -> None:
    """Write customers as contacts for address books (vCard).

    Log and follow-ups are in no vCard. The same vault gives the same bytes; a file is written only if it differs.

    \b
    Examples:
      ptcrm export vcard --output customers.vcf
      ptcrm export vcard tier:gold --version 3.0 > gold.vcf
    """
    from ptcrm.views.cards import cards

    workspace = session.workspace()
    found = list(cards(workspace, found_by(workspace, words), version))
    if not found:
        tell(
            "ptcrm: nobody is meant by this query." if words else "ptcrm: there is no customer in the vault."
        )
    if output is None or output == "-":
        click.echo(b"".join(found), nl=False)
    else:
        _write(session, Path(output), found)


def _write(session: Session, path: Path, cards: list[bytes]) -> None:
    """Write the cards to `path`, unless somebody's address book there would lose all contacts."""
    from ptcrm.formats.vcard_writing import BEGINS

    if not cards:
        raise RefusedError(f"So {path} is not written.")
    changed = write_outside(path, b"".join(cards), BEGINS)
    session.follows.append(str(path.absolute()))
    session.is_repeatable = False
    tell(f"{path}: {plural(len(cards), 'contact')}{'' if changed else ', as before'}")
