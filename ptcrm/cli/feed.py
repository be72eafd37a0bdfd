"""The feeds and their addresses: `ptcrm feed list`, `url`, `rotate` and `qr`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Place, Session, json_option, pass_session
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.cli.serving import token_file, url_option
from ptcrm.errors import UsageError
from ptcrm.server.addresses import DEFAULT, Base, as_webcal, feed_addresses, shown, too_long
from ptcrm.vault.applying import write_outside
from ptcrm.views.feed import feed_row, feed_words, known_feeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.server.tokens import Tokens

_LOCAL = (
    "This address means the device itself: a phone that opens it asks the phone. For other devices in your own "
    "network: ptcrm serve --host 0.0.0.0 --public. For all others publish the feed, or name the address of a "
    "proxy with --url."
)


@click.group("feed")
def feed_command() -> None:
    """The feeds of ptcrm.yaml and their addresses.

    \b
    Examples:
      ptcrm feed list
      ptcrm feed url all
    """


@feed_command.command("list")
@json_option
@pass_session
def list_command(session: Session, as_json: bool) -> None:
    """List the feeds: what each holds, and of whom.

    \b
    Example:
      ptcrm feed list
    """
    _, config = session.settings()
    feeds = config.feeds
    if as_json:
        say_json([feed_row(name, feed) for name, feed in feeds.items()])
    else:
        say_table([(name, *feed_words(feed)) for name, feed in feeds.items()], indent="")


@feed_command.command("url")
@click.argument("name", metavar="[NAME]", type=Place(), required=False)
@url_option
@json_option
@pass_session
def url_command(session: Session, name: str | None, url: Base | None, as_json: bool) -> None:
    """Print the address of a feed, or of all.

    \b
    Examples:
      ptcrm feed url
      ptcrm feed url all
      ptcrm feed url --url https://calendar.example.org
    """
    root, config = session.settings()
    names = known_feeds(config, [name]) if name else list(config.feeds)
    addresses = _addresses(token_file(root).ensure(names), names, url)
    if as_json:
        say_json(
            [
                {"name": one, "url": address, "webcal": as_webcal(address)}
                for one, address in addresses.items()
            ]
        )
    elif name:
        say(*addresses.values())
    else:
        _say_lines(shown(addresses))


@feed_command.command("rotate")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All feeds.")
@url_option
@pass_session
def rotate_command(session: Session, names: tuple[str, ...], everything: bool, url: Base | None) -> None:
    """Give feeds new addresses; the old ones lead nowhere from now on.

    Every app must subscribe anew. A server that runs needs no restart.

    \b
    Examples:
      ptcrm feed rotate all
      ptcrm feed rotate --all
    """
    if everything == bool(names):
        raise UsageError("Name the feeds, or say --all: ptcrm feed rotate NAME")
    root, config = session.settings()
    chosen = list(config.feeds) if everything else known_feeds(config, names)
    _say_lines(shown(_addresses(token_file(root).rotate(chosen), chosen, url)))
    tell("The old addresses lead nowhere from now on: every app must subscribe anew.")


@feed_command.command("qr")
@click.argument("name", metavar="NAME")
@click.option(
    "--png", type=Place(), metavar="FILE", help="Write a picture to this file, not to the terminal."
)
@click.option("--webcal", is_flag=True, help="With webcal://, on which a phone offers to subscribe.")
@url_option
@pass_session
def qr_command(session: Session, name: str, png: str | None, webcal: bool, url: Base | None) -> None:
    """Show the address of a feed as a QR code, for the camera of a phone.

    \b
    Examples:
      ptcrm feed qr all
      ptcrm feed qr all --webcal --png all.png
    """
    from ptcrm.formats import qr

    root, config = session.settings()
    (name,) = known_feeds(config, [name])
    tokens = token_file(root).ensure([name])
    (address,) = _addresses(tokens, [name], url).values()
    text = as_webcal(address) if webcal else address
    if png is None:
        for line in qr.in_half_blocks(text):
            click.secho(line, fg="bright_white", bg="black")
    else:
        write_outside(Path(png), qr.as_png(text), qr.PNG, mode=0o600)
        tell(f"{png}: written")
    if (url or tokens.base or DEFAULT).is_local:
        tell(f"ptcrm: {_LOCAL}")


def _addresses(tokens: Tokens, names: Sequence[str], url: Base | None) -> dict[str, str]:
    """The address of each feed: as `--url` says, as the server was reached last, or as it would be."""
    base = url or tokens.base or DEFAULT
    addresses = feed_addresses(base, tokens.by_feed, names)
    for address in addresses.values():
        note = too_long(address)
        if note:
            tell(f"ptcrm: {note}")
    return addresses


def _say_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
