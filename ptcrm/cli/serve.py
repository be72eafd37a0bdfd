"""The feeds over HTTP: `ptcrm serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, pass_session, state_folder
from ptcrm.cli.output import say, tell
from ptcrm.cli.serving import token_file, url_option
from ptcrm.server.addresses import DEFAULT_PORT

if TYPE_CHECKING:
    from ptcrm.server.addresses import Base


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen: a name or an address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0: any that is free.",
)
@click.option("--public", is_flag=True, help="Let other machines reach it.")
@url_option
@pass_session
def serve_command(session: Session, host: str, port: int, public: bool, url: Base | None) -> None:
    """Serve the feeds at addresses that calendar apps subscribe to, kept up with the files.

    Prints the addresses, then a line for each request. Ctrl-C ends it.

    \b
    Examples:
      ptcrm serve
      ptcrm serve --url https://calendar.example.org
      ptcrm serve --host 0.0.0.0 --public
    """
    from ptcrm.server.kept import Kept  # type: ignore[import-not-found]
    from ptcrm.server.live import Live  # type: ignore[attr-defined]
    from ptcrm.server.run import Out, Served, run
    from ptcrm.server.where import Where
    from ptcrm.workspace import place_of

    workspace = session.workspace()
    live = Live(session.opener(), Kept(state_folder() / place_of(workspace.root) / "feeds"), lambda _: None)
    served = Served(live, token_file(workspace.root), tuple(workspace.config.feeds))
    run(served, Where(host, port, public, url), Out(say, tell))
