"""The feeds over HTTP: `ptcrm serve`."""

from __future__ import annotations

import click

from ptcrm.cli.options import Session, pass_session
from ptcrm.cli.serving import serve, serving_options
from ptcrm.cli.telling import Teller
from ptcrm.server.where import Where


@click.command("serve")
@serving_options
@pass_session
def serve_command(session: Session, where: Where | None) -> None:
    """Serve the feeds at addresses that calendar apps subscribe to, kept up with the files.

    Prints the addresses, then a line for each request. Ctrl-C ends it.

    \b
    Examples:
      ptcrm serve
      ptcrm serve --url https://calendar.example.org
      ptcrm serve --host 0.0.0.0 --public
    """
    serve(session, where or Where(), Teller(quiet=True))
