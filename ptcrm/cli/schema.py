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
@click.option("--item", "of_item", is_flag=True, help="Of the front matter of an item of the library.")
@click.option("--answer", metavar="NAME", help="Of what `ptcrm NAME --json` prints.")
@pass_session
def schema_command(session: Session, of_config: bool, of_item: bool, answer: str | None) -> None:
    """JSON Schema for editors, of front matter or of ptcrm.yaml; or of an answer.

    Without an option, of that of customers; in a vault with its own tiers, statuses and channels.
    It needs no vault.

    \b
    Examples:
      ptcrm schema > customer.schema.json
      ptcrm schema --config > ptcrm.schema.json
      ptcrm schema --item > item.schema.json
      ptcrm schema --answer list
    """
    from ptcrm.formats.json_schema import config_schema, customer_schema, item_schema
    from ptcrm.model.config import Config

    if of_config + of_item + (answer is not None) > 1:
        raise UsageError("--config, --item and --answer do not go together: choose one.")
    if answer is not None:
        say_json(_of_answer(answer))
    elif of_config:
        say_json(config_schema())
    elif of_item:
        say_json(item_schema())
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
