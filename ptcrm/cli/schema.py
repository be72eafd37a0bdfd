"""What editors complete and warn by: `ptcrm schema`."""

from __future__ import annotations

import click

from ptcrm.cli.options import Session, pass_session
from ptcrm.cli.output import say_json


@click.command("schema")
@click.option("--config", "of_config", is_flag=True, help="Of ptcrm.yaml.")
@pass_session
def schema_command(session: Session, of_config: bool) -> None:
    """JSON Schema for editors, of a customer's front matter or of ptcrm.yaml.

    In a vault it has the vault's own tiers, statuses and channels. It needs none.

    \b
    Examples:
      ptcrm schema > customer.schema.json
      ptcrm schema --config > ptcrm.schema.json
    """
    from ptcrm.formats.json_schema import config_schema, customer_schema
    from ptcrm.model.config import Config

    if of_config:
        say_json(config_schema())
    else:
        say_json(customer_schema(session.workspace(quiet=True).config if session.has_vault() else Config()))
