"""A calendar feed of the configuration: which occurrences it has, and the bytes that a calendar app reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError
from ptcrm.formats.ics import Event, Known, Look, Rendered, render
from ptcrm.model.config import KINDS
from ptcrm.model.occurrence import FOREVER
from ptcrm.query.configured import of_feed
from ptcrm.text.near import suggest
from ptcrm.vault.store import CONFIG_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.config import Config, Feed
    from ptcrm.workspace import Workspace


def feed(workspace: Workspace, name: str, known: Known | None = None) -> Rendered:
    """The feed `name`: what is planned, and the next of what is yearly, for those whom its `where` finds.

    `known` are its events as they were last written, to be kept by whoever asks again and again.

    Raises `NotFoundError` if there is no such feed, `QueryError` if its query cannot be read.
    """
    config = workspace.config
    known_feeds(config, [name])
    settings = config.feeds[name]
    only = None
    if settings.where:
        only = {one.path for one in workspace.customers_by(of_feed(config, name))}
    verbs = {word: channel.verb for word, channel in config.channels.items()}
    look = Look(name, settings, verbs, config.occasions.leap_day, workspace.zone, config.id)
    found = [*workspace.planned(FOREVER, only), *workspace.next_occasions(only)]
    if known is not None:
        return render(look, found, workspace.today, known)
    before = {key: Event._make(event) for key, *event in workspace.cache.events(name)}
    known = Known(before)
    rendered = render(look, found, workspace.today, known)
    workspace.keep_events(name, before, known.now)
    return rendered


def known_feeds(config: Config, names: Iterable[str]) -> list[str]:
    """The names, each once; raises `NotFoundError` for one that is no feed."""
    for name in names:
        if name not in config.feeds:
            hint = suggest(name, config.feeds) or f"Known are: {', '.join(config.feeds)}."
            raise NotFoundError(f"There is no feed “{name}” in {CONFIG_NAME}. {hint}")
    return list(dict.fromkeys(names))


def feed_row(name: str, settings: Feed) -> dict[str, object]:
    """A feed as an object (the JSON of `feed list`; docs/json.md)."""
    return {"name": name, "kinds": list(settings.kinds), "where": settings.where, "private": settings.private}


def feed_words(settings: Feed) -> tuple[str, str, str]:
    """What a feed holds, of whom, and whether it shows names."""
    kinds = "everything" if set(settings.kinds) >= set(KINDS) else ", ".join(settings.kinds)
    return kinds, settings.where or "everybody", "initials only" if settings.private else ""
