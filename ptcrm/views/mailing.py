"""A mailing list as rows, and the operation that records the mailing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.change import Operation
from ptcrm.schedule.channel import needs
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault import store
from ptcrm.vault.mailings import PATH, mailing_line, recorded

if TYPE_CHECKING:
    from ptcrm.reports.mailing import Letter, MailingList
    from ptcrm.workspace import Workspace

KEYS = {"e-mail address": "email", "address": "address", "phone": "phone"}


def letter_row(one: Letter, channel: str) -> dict[str, object]:
    """A letter as a flat object (the JSON of `export mailing`; docs/json.md)."""
    places = dict.fromkeys(KEYS.values(), "")
    places[KEYS[needs(channel)]] = one.place
    return {
        "customers": [customer.id for customer in one.people],
        "name": one.name,
        "salutation": one.salutation,
        "language": one.people[0].language,
        **{key: place or None for key, place in places.items()},
    }


def columns(channel: str) -> list[str]:
    """The columns of the list in a table: the place is the one that the channel needs."""
    return ["customers", "name", "salutation", "language", KEYS[needs(channel)]]


def mailing_row(found: MailingList) -> dict[str, object]:
    """The whole list as an object (the JSON of `export mailing`; docs/json.md)."""
    return {
        "channel": found.channel,
        "people": found.people,
        "letters": [letter_row(one, found.channel) for one in found.letters],
        "left_out": [
            {"customer": one.id, "name": one.name, "path": one.path, "reason": why}
            for one, why in found.left_out
        ],
    }


def recording(workspace: Workspace, found: MailingList, text: str, query: str) -> Operation:
    """The operation that adds the mailing of today to `mailings.md`; raises `RefusedError`."""
    line = mailing_line(workspace.today, found.channel, text, query, found.people)
    try:
        source = Source.decode(PATH, store.read_file(workspace.root, PATH))
    except FileNotFoundError:
        source = None
    except (OSError, UndecodableError) as error:
        raise RefusedError(f"{PATH}: it cannot be read ({error}). Nothing was written.") from error
    return Operation(f"export mailing {text}", (recorded(source, line),))
