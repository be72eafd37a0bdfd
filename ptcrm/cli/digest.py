"""Today's list for a mail: `ptcrm digest`."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.options import Session, pass_session
from ptcrm.cli.output import say
from ptcrm.errors import UsageError

if TYPE_CHECKING:
    from email.headerregistry import Address


class MailAddress(click.ParamType["Address"]):
    """An e-mail address, perhaps with a name before it."""

    name = "ADDR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:  # noqa: ANN401
        """The address, or click's own error (exit code 2)."""
        from ptcrm.formats.mail import read_address
        from ptcrm.model.diagnostic import Problem

        found = read_address(str(value))
        if isinstance(found, Problem):
            self.fail(f"{found.message}. {found.hint}", param, ctx)
        return found


@click.command("digest")
@click.option("--markdown", is_flag=True, help="As Markdown.")
@click.option("--email", is_flag=True, help="As a message, headers and all, for sendmail.")
@click.option("--to", type=MailAddress(), help="With --email: whom it is for.")
@click.option("--from", "sender", type=MailAddress(), help="With --email: from whom; default: --to.")
@click.option("--if-any", is_flag=True, help="Print nothing if nothing is to be done today.")
@pass_session
def digest_command(
    session: Session, *, markdown: bool, email: bool, to: Address | None, sender: Address | None, if_any: bool
) -> None:
    """Today's list in full: overdue, due, the coming week, birthdays. For a mail each morning.

    \b
    Examples:
      ptcrm digest
      ptcrm digest --markdown --if-any
      ptcrm digest --email --to marta@example.org
    """
    if markdown and email:
        raise UsageError("--markdown and --email do not go together: the message is plain text.")
    if (to or sender) and not email:
        raise UsageError("--to and --from belong to --email.")
    from ptcrm.views.digest import as_markdown, as_text, digest

    workspace = session.workspace(quiet=True)
    one = digest(workspace)
    if if_any and not one.asks:
        return
    if not email:
        say((as_markdown(one) if markdown else as_text(one)).rstrip("\n"))
        return
    from ptcrm.formats.mail import NOBODY, message

    midnight = datetime.combine(one.day, time(), workspace.zone)
    content = message(one.subject, as_text(one), midnight, to=to, sender=sender or to or NOBODY)
    click.echo(content, nl=False)
