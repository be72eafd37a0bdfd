"""A calendar feed of the configuration: which occurrences it has, and the bytes that a calendar app reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError
from ptcrm.formats.ics import Event, Known, Look, Rendered, render
from ptcrm.model.occurrence import FOREVER
from ptcrm.query.configured import of_feed
from ptcrm.vault.store import CONFIG_NAME

if TYPE_CHECKING:
    from ptcrm.workspace import Workspace


def feed(workspace: Workspace, name: str, known: Known | None = None) -> Rendered:
    """The feed `name`: what is planned, and the next of what is yearly, for those whom its `where` finds.

    `known` are its events as they were last written, to be kept by whoever asks again and again.

    Raises `NotFoundError` if there is no such feed, `QueryError` if its query cannot be read.
    """
    config = workspace.config
    settings = config.feeds.get(name)
    if settings is None:
        names = ", ".join(config.feeds)
        raise NotFoundError(f"There is no feed “{name}” in {CONFIG_NAME}. Known are: {names}.")
    only = None
    if settings.where:
        only = {one.path for one in workspace.customers_by(of_feed(config, name))}
    verbs = {word: channel.verb for word, channel in config.channels.items()}
    look = Look(name, settings, verbs, config.occasions.leap_day, workspace.zone, config.id)
    found = [*workspace.plan(FOREVER, only), *workspace.next_occasions(only)]
    if known is not None:
        return render(look, found, workspace.today, known)
    before = {key: Event._make(event) for key, *event in workspace.cache.events(name)}
    known = Known(before)
    rendered = render(look, found, workspace.today, known)
    workspace.keep_events(name, before, known.now)
    return rendered
