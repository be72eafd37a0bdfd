"""`ptcrm export vcard`: customers for address books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.exporting import QueryCommand, give, output_option
from ptcrm.cli.options import Session, found_by, pass_session, query_argument
from ptcrm.cli.output import tell
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from ptcrm.formats.vcard_writing import Version


@click.command("vcard", cls=QueryCommand)
@query_argument
@click.option(
    "--version",
    type=click.Choice(["4.0", "3.0"]),
    default="4.0",
    show_default=True,
    help="Which vCard; 3.0 is for address books that do not know 4.0.",
)
@output_option
@pass_session
def vcard_command(session: Session, words: tuple[str, ...], version: Version, output: str | None) -> None:
    """Write customers as contacts for address books (vCard).

    Log and follow-ups are in no vCard. The same vault gives the same bytes; a file is written only if it differs.

    \b
    Examples:
      ptcrm export vcard -o customers.vcf
      ptcrm export vcard tier:gold --version 3.0 > gold.vcf
    """
    from ptcrm.formats.vcard_writing import BEGINS
    from ptcrm.views.cards import cards

    workspace = session.workspace()
    found = list(cards(workspace, found_by(workspace, words), version))
    if not found:
        tell(
            "ptcrm: nobody is meant by this query, so nothing is written."
            if words
            else "ptcrm: there is nobody."
        )
    if found or not words:
        give(session, b"".join(found), output, BEGINS, plural(len(found), "contact"))
