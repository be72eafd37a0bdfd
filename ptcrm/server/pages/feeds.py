"""The page of the calendar feeds: the address of each, for a click, a copy or a camera, and a new one instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ptcrm.errors import NotFoundError, UsageError
from ptcrm.formats.qr import as_svg
from ptcrm.server.addresses import DEFAULT, as_webcal, feed_addresses, too_long
from ptcrm.server.pages.page import Elsewhere, Page, address
from ptcrm.views.feed import feed_words, known_feeds

if TYPE_CHECKING:
    from ptcrm.server.pages.page import Asked
    from ptcrm.server.tokens import TokenFile
    from ptcrm.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed: what it holds, its addresses, and a QR code of the one for phones (None: it is too long)."""

    name: str
    kinds: str
    where: str
    private: str
    http: str
    webcal: str
    qr: Markup | None
    note: str


def feeds_page(workspace: Workspace, asked: Asked) -> Page:
    """The feeds of ptcrm.yaml and their addresses."""
    settings = workspace.config.feeds
    tokens = _tokens(asked).ensure(settings)
    base, found = tokens.base or DEFAULT, []
    for name, http in feed_addresses(base, tokens.by_feed, settings).items():
        webcal = as_webcal(http)
        words = feed_words(settings[name])
        found.append(_Feed(name, *words, http, webcal, _qr(webcal), too_long(http) or ""))
    values = {"feeds": found, "is_local": base.is_local, "rotated": asked.query.get("rotated", "")}
    return Page("feeds.html", values)


def _tokens(asked: Asked) -> TokenFile:
    if asked.front.tokens is None:
        raise NotFoundError("This server has no feeds.")
    return asked.front.tokens


def _qr(text: str) -> Markup | None:
    """The code as SVG of our own making: what the text says is in its modules alone."""
    try:
        return Markup(as_svg(text))  # noqa: S704
    except UsageError:
        return None


def rotate(workspace: Workspace, asked: Asked) -> Elsewhere:
    """Give a feed a new address, as `ptcrm feed rotate` does; raises `PtcrmError`."""
    (name,) = known_feeds(workspace.config, [asked.form.get("name", "")])
    if asked.form.get("sure") != "yes":
        raise UsageError(
            "Tick that every app is to subscribe anew: the old address leads nowhere from then on."
        )
    _tokens(asked).rotate([name])
    return Elsewhere(address("/feeds", rotated=name))
