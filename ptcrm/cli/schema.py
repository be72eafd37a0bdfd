"""JSON Schema, of files for editors and of answers for programs: `ptcrm schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, pass_session
from ptcrm.cli.output import say_json
from ptcrm.errors import UsageError
from ptcrm.text.near import suggest

if TYPE_CHECKING:
    from ptcrm.model.shape import Shape


@click.command("schema")
@click.option("--config", "of_config", is_flag=True, help="Of ptcrm.yaml.")
@click.option("--answer", metavar="NAME", help="Of what `ptcrm NAME --json` prints.")
@pass_session
def schema_command(session: Session, of_config: bool, answer: str | None) -> None:
    """JSON Schema for editors, of a customer's front matter or of ptcrm.yaml; or of an answer.

    In a vault it has the vault's own tiers, statuses and channels. It needs none.

    \b
    Examples:
      ptcrm schema > customer.schema.json
      ptcrm schema --config > ptcrm.schema.json
      ptcrm schema --answer list
    """
    from ptcrm.formats.json_schema import config_schema, customer_schema
    from ptcrm.model.config import Config

    if answer is not None:
        if of_config:
            raise UsageError("--config and --answer do not go together: choose one.")
        say_json(_of_answer(answer))
    elif of_config:
        say_json(config_schema())
    else:
        say_json(customer_schema(session.workspace(quiet=True).config if session.has_vault() else Config()))


def _of_answer(words: str) -> Shape:
    """The schema of the answer that `words` name; raises `UsageError`."""
    from ptcrm.formats.answers import NAMES, answer_schema

    name = " ".join(words.split())
    if name not in NAMES:
        hint = suggest(name, NAMES) or f"Known are: {', '.join(NAMES)}."
        raise UsageError(f"“{words}” is no answer. {hint}")
    return answer_schema(name)
