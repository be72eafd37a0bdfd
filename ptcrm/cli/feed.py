"""The feeds and their addresses: `ptcrm feed list`, `url`, `rotate` and `qr`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Place, Session, json_option, pass_session
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.cli.serving import token_file, url_option
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.config import KINDS
from ptcrm.server.addresses import DEFAULT, Base, as_webcal, feed_address, shown, too_long
from ptcrm.text.near import suggest
from ptcrm.vault.store import write_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.model.config import Config, Feed
    from ptcrm.server.tokens import Tokens

_PNG, _PIXELS = b"\x89PNG\r\n\x1a\n", 8
_BORDER = 4  # modules of white around a QR code, as its standard asks
_HALVES = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
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
        say_json([{"name": name, **_settings(feed)} for name, feed in feeds.items()])
    else:
        say_table([(name, *_in_words(feed)) for name, feed in feeds.items()], indent="")


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
    names = _known(config, [name]) if name else list(config.feeds)
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
    chosen = list(config.feeds) if everything else _known(config, names)
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
    import segno

    root, config = session.settings()
    (name,) = _known(config, [name])
    tokens = token_file(root).ensure([name])
    (address,) = _addresses(tokens, [name], url).values()
    try:
        code = segno.make(as_webcal(address) if webcal else address, micro=False)
    except segno.DataOverflowError:
        raise UsageError("this address is too long for a QR code; a shorter --url may help") from None
    if png is None:
        for line in _drawn([[bool(module) for module in row] for row in code.matrix_iter(border=_BORDER)]):
            click.secho(line, fg="bright_white", bg="black")
    else:
        picture = io.BytesIO()
        code.save(picture, kind="png", scale=_PIXELS, border=_BORDER)
        write_outside(Path(png), picture.getvalue(), _PNG, mode=0o600)
        tell(f"{png}: written")
    if (url or tokens.base or DEFAULT).is_local:
        tell(f"ptcrm: {_LOCAL}")


def _known(config: Config, names: Iterable[str]) -> list[str]:
    """The names, each once; raises `NotFoundError` for one that is no feed."""
    for name in names:
        if name not in config.feeds:
            hint = suggest(name, config.feeds) or f"Known are: {', '.join(config.feeds)}."
            raise NotFoundError(f"There is no feed “{name}” in ptcrm.yaml. {hint}")
    return list(dict.fromkeys(names))


def _addresses(tokens: Tokens, names: Sequence[str], url: Base | None) -> dict[str, str]:
    """The address of each feed: as `--url` says, as the server was reached last, or as it would be."""
    base = url or tokens.base or DEFAULT
    addresses = {name: feed_address(base, tokens.by_feed[name], name) for name in names}
    for address in addresses.values():
        note = too_long(address)
        if note:
            tell(f"ptcrm: {note}")
    return addresses


def _say_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def _settings(feed: Feed) -> dict[str, object]:
    return {"kinds": list(feed.kinds), "where": feed.where, "private": feed.private}


def _in_words(feed: Feed) -> tuple[str, str, str]:
    """What a feed holds, of whom, and whether it shows names."""
    kinds = "everything" if set(feed.kinds) >= set(KINDS) else ", ".join(feed.kinds)
    return kinds, feed.where or "everybody", "initials only" if feed.private else ""


def _drawn(matrix: list[list[bool]]) -> list[str]:
    """A QR code in half blocks, two rows a line, white on black: so a pipe keeps it, and any terminal shows it."""
    if len(matrix) % 2:
        matrix = [*matrix, [False] * len(matrix[0])]
    pairs = zip(matrix[::2], matrix[1::2], strict=True)
    return ["".join(_HALVES[both] for both in zip(upper, lower, strict=True)) for upper, lower in pairs]
