"""Customers and what is planned for them, as the rows of a page: with all that the forms beside them need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError
from ptcrm.model.dates import ago, near_day
from ptcrm.model.occurrence import CONTACT_KINDS
from ptcrm.server.pages.page import Verbatim
from ptcrm.text.fold import same_id
from ptcrm.text.source import digest
from ptcrm.vault import store
from ptcrm.views.today import what, yearly_words

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.occurrence import Occurrence
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

_TICKED = frozenset(("follow-up", "feedback", "playbook"))  # kinds that `done` closes
NO_FILE = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """Something planned. `id` is the customer's, empty for a campaign; `state` a word for how fresh the contact is.

    `begin` is what a log entry about it begins with. `is_contact`: it is one, so a snooze puts it off.

    `day` is when it stands or was owed, in words; `what` is to be done, and `why`, each in words. `done` names what
    `done` would close, empty if there is nothing to close. `seen` is the digest of the customer's file, `time` the
    hour if it has one.
    """

    id: str
    name: str
    state: str
    day: str
    what: str
    why: str
    channel: str
    begin: str
    is_contact: bool
    done: str
    kind: str
    phone: str
    seen: str
    time: str


def row_of(workspace: Workspace, one: Occurrence) -> Row:
    """The row of something planned."""
    today = workspace.today
    day = one.planned if one.planned > today or one.state == "new" else min(one.due, one.planned)
    return Row(
        one.customer,
        one.name,
        one.state if one.customer else "",
        day_words(day, today),
        yearly_words(one) if one.since and one.kind != "lead" else what(one),
        "; ".join(reason.text for reason in one.reasons),
        one.channel or "",
        begin(workspace, one),
        one.kind in CONTACT_KINDS,
        Verbatim(one.origin if one.kind in _TICKED else ""),
        one.kind,
        one.phone or "",
        seen(workspace, one.path) if one.customer else NO_FILE,
        one.at.strftime("%H:%M") if one.at else "",
    )


def begin(workspace: Workspace, one: Occurrence | None) -> str:
    """What a log entry about `one` begins with: `call: `; nothing for a channel by which customers alone write."""
    channel = one.channel if one else None
    known = workspace.config.channels.get(channel or "")
    return f"{channel}: " if channel and not (known and known.touch == "in") else ""


def day_words(day: date, today: date) -> str:
    """`today`, `Thu 3 Dec`, or how long it is past."""
    return near_day(day, today) if day >= today else ago(day, today)


def seen(workspace: Workspace, path: str) -> str:
    """The digest of the file at `path` as it is now; `NO_FILE` for one that cannot be read."""
    try:
        return digest(store.read_file(workspace.root, path))
    except OSError:
        return NO_FILE


def match_of(workspace: Workspace, id_: str) -> Match:
    """The customer whose id is exactly this; raises `NotFoundError`."""
    for one in workspace.index.find(id_):
        if same_id(one.id) == same_id(id_):
            return one
    raise NotFoundError(f"No customer has the id “{id_}”. It may have been renamed, or have an error now.")
