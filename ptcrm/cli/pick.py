"""The command that lets a person choose a customer, and prints the id for another command."""

from __future__ import annotations

import click

from ptcrm.cli.choosing import choose, is_terminal
from ptcrm.cli.options import QUERY_SETTINGS, Session, customers_meant, pass_session, query_argument
from ptcrm.cli.output import say
from ptcrm.errors import NotFoundError, UsageError


@click.command("pick", context_settings=QUERY_SETTINGS)
@query_argument
@pass_session
def pick_command(session: Session, words: tuple[str, ...]) -> None:
    """Choose a customer from a numbered list, and print the id.

    The list and the question go to standard error. If the query finds one customer, nothing is asked.

    \b
    Examples:
      ptcrm pick
      ptcrm show $(ptcrm pick tag:courier)
    """
    found = customers_meant(session.workspace(), words)
    if not found and words:
        raise NotFoundError("Nobody is meant by this query.")
    if len(found) != 1 and found and not is_terminal():
        raise UsageError(
            f"{len(found)} customers are meant, and there is no terminal to ask at. Narrow the query."
        )
    say((found[0] if len(found) == 1 else choose(session, "Who is meant?", found)).id)
