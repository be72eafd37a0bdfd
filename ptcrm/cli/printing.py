"""One customer to read on paper: `ptcrm export print`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.exporting import give, output_option
from ptcrm.cli.options import pass_session, who_argument
from ptcrm.errors import UsageError
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from ptcrm.cli.options import Session

_PRINTED = b"<!-- ptcrm export print -->\n"  # how a file of ours is known
_PAGES = (".html", ".htm")


@click.command("print")
@who_argument
@click.option("--markdown", is_flag=True, help="Markdown, which is the default.")
@click.option("--html", is_flag=True, help="A page for browsers and printers; the default for FILE.html.")
@output_option
@pass_session
def print_command(
    session: Session, who: tuple[str, ...], markdown: bool, html: bool, output: str | None
) -> None:
    """Write one customer to be read or printed: fields, notes, follow-ups, the whole log.

    \b
    Examples:
      ptcrm export print anna
      ptcrm export print anna -o anna.html
    """
    from ptcrm.formats.page import BEGINS, as_page
    from ptcrm.views.printed import printed

    if html and markdown:
        raise UsageError("--html and --markdown do not go together: choose one.")
    if str(output).lower().endswith(".pdf"):
        raise UsageError(
            "No PDF is written. Write a page, such as -o anna.html, and print it from a browser."
        )
    match, workspace = who_is_meant(session, who), session.workspace()
    reading = workspace.reading(match)
    assert reading.customer is not None  # noqa: S101  # `reading` gives customers alone
    text = for_terminal(printed(reading, workspace.today))
    is_file = output not in (None, "-")
    name = for_terminal(one_line(reading.customer.name))
    if html or (not markdown and str(output).lower().endswith(_PAGES)):
        give(session, as_page(text, name), output, BEGINS, name)
    else:
        give(session, (_PRINTED if is_file else b"") + text.encode(), output, _PRINTED, name)
