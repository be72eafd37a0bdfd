"""Whom a campaign's mailing goes to, where to, and who is left out and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ptcrm.model.customer import Customer
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.schedule.campaigns import Mailing

# What a channel needs to reach somebody, where that is no postal address.
_NEEDS = {
    "email": "e-mail address",
    "newsletter": "e-mail address",
    "call": "phone",
    "message": "phone",
}
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
    avoiding = {one.path for one in mailing.left_out}
    return [_recipient(one, mailing, avoids=one.path in avoiding) for one in ordered]


def _recipient(one: Customer, mailing: Mailing, *, avoids: bool) -> Recipient:
    place = place_of(one, mailing.channel)
    if one.path in mailing.reached:
        return Recipient(one, "reached", place)
    if one.do_not_contact:
        return Recipient(one, "left out", place, "do not contact")
    if avoids:
        return Recipient(one, "left out", place, f"avoids {mailing.channel}")
    return Recipient(one, "open", place, "" if place else f"no {needs(mailing.channel)}")


def needs(channel: str) -> str:
    """What the channel needs to reach somebody: `address`, `e-mail address` or `phone`."""
    return _NEEDS.get(channel, "address")


def place_of(customer: Customer, channel: str) -> str | None:
    """Where the channel reaches the customer: the first of what it needs, on one line."""
    known = {"address": customer.addresses, "e-mail address": customer.emails, "phone": customer.phones}
    return next(iter(known[needs(channel)]), None)
