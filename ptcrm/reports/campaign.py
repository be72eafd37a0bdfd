"""Whom a campaign's mailing goes to, where to, and who is left out and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ptcrm.model.customer import Customer
from ptcrm.schedule.channel import needs
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.schedule.campaigns import Mailing

State = Literal["open", "reached", "left out"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One customer whom a campaign's query finds: `open` (to send), `reached` or `left out`.

    `place` is where the mailing's channel reaches the customer: the first address, e-mail address or phone.
    `reason` says why somebody is left out, or that one of the open has no such place (`no address`).
    """

    customer: Customer
    state: State
    place: str | None
    reason: str = ""


def recipients(mailing: Mailing, found: Iterable[Customer]) -> list[Recipient]:
    """All those `found` by the campaign's query, by name; `open` are exactly the mailing's remaining members."""
    ordered = sorted(found, key=lambda one: (fold(one.name), one.path))
    avoided = {one.path: way for one, way in mailing.left_out}
    return [_recipient(one, mailing, avoided.get(one.path)) for one in ordered]


def _recipient(one: Customer, mailing: Mailing, avoided: str | None) -> Recipient:
    place = place_of(one, mailing.channel)
    if one.path in mailing.reached:
        return Recipient(one, "reached", place)
    if one.do_not_contact:
        return Recipient(one, "left out", place, "do not contact")
    if avoided:
        return Recipient(one, "left out", place, f"avoids {avoided}")
    return Recipient(one, "open", place, "" if place else f"no {needs(mailing.channel)}")


def place_of(customer: Customer, channel: str) -> str | None:
    """Where the channel reaches the customer: the first of what it needs, on one line."""
    known = {"address": customer.addresses, "e-mail address": customer.emails, "phone": customer.phones}
    return next(iter(known[needs(channel)]), None)
