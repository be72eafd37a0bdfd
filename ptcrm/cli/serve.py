"""The feeds over HTTP, and the pages: `ptcrm serve`."""

from __future__ import annotations

import webbrowser
from functools import partial
from urllib.parse import urlsplit

import click

from ptcrm.cli.options import Session, pass_session
from ptcrm.cli.output import say, tell
from ptcrm.cli.serving import serve, serving_options
from ptcrm.cli.telling import Teller
from ptcrm.errors import UsageError
from ptcrm.server.where import Where

_NO_EDITORS = ("", "http", "https", "file", "data", "javascript", "blob")


@click.command("serve")
@serving_options
@click.option("--open", "opens", is_flag=True, help="Open the page in your browser.")
@click.option("--read-only", is_flag=True, help="Pages without forms, through which nothing can be written.")
@click.option(
    "--editor-link",
    metavar="TEMPLATE",
    help="A link to your editor, where {path} is the file: vscode://file{path}",
)
@pass_session
def serve_command(
    session: Session, where: Where | None, opens: bool, read_only: bool, editor_link: str | None
) -> None:
    """The vault as pages in your browser, and its feeds for calendar apps, kept up with the files.

    Prints the page's address and those of the feeds, then a line for each request. Ctrl-C ends it.

    \b
    Examples:
      ptcrm serve
      ptcrm serve --open
      ptcrm serve --read-only --editor-link "obsidian://open?path={path}"
      ptcrm serve --url https://calendar.example.org
      ptcrm serve --host 0.0.0.0 --public
    """
    from ptcrm.server.pages.page import Front

    front = Front(read_only, _link(editor_link))
    serve(session, where or Where(), Teller(quiet=True), front, partial(_begun, opens=opens))


def _begun(address: str, *, opens: bool) -> None:
    """Say where the page is; the secret goes to the terminal alone, and perhaps to the browser."""
    say("The page")
    say(f"  {address}")
    if opens and not webbrowser.open(address):
        tell("ptcrm: no browser could be opened; open the address yourself.")


def _link(template: str | None) -> str | None:
    """The template of a link to an editor; raises `UsageError` for one that leads elsewhere."""
    if template is None:
        return None
    if "{path}" not in template or urlsplit(template).scheme in _NO_EDITORS:
        raise UsageError(
            "--editor-link needs the address of an editor with {path} in it, such as vscode://file{path}"
        )
    return template
