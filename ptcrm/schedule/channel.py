"""By which channel to be in touch: what the customer prefers and avoids, then what the tier suggests. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.model.config import channel_names

if TYPE_CHECKING:
    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer


# What a channel needs to reach somebody, where that is no postal address.
_NEEDS = {
    "email": "e-mail address",
    "newsletter": "e-mail address",
    "call": "phone",
    "message": "phone",
}


def avoided(customer: Customer, config: Config) -> frozenset[str]:
    """The channels that the customer avoids, by their names in the configuration."""
    if not customer.avoids:
        return frozenset()
    names = channel_names(config)
    return frozenset(names[word.casefold()] for word in customer.avoids if word.casefold() in names)


def needs(channel: str) -> str:
    """What the channel needs to reach somebody: `address`, `e-mail address` or `phone`."""
    return _NEEDS.get(channel, "address")


def unwanted(customer: Customer, channel: str, config: Config) -> str | None:
    """The channel that is in the way of what goes to many by `channel`: itself, or e-mail for what goes by e-mail."""
    return next((one for one in ways(channel) if one in avoided(customer, config)), None)


def ways(channel: str) -> tuple[str, ...]:
    """The channel, and that by which it goes: a newsletter is an e-mail too."""
    return (channel, "email") if needs(channel) == "e-mail address" and channel != "email" else (channel,)


def suggested(customer: Customer, config: Config) -> str | None:
    """The first channel that the customer prefers, else that her tier has, and that she does not avoid."""
    tier = config.tiers.get(customer.tier or "")
    words = (*customer.prefers, *(tier.channels if tier else ()))
    if not words:
        return None
    names, unwanted = channel_names(config), avoided(customer, config)
    known = (names.get(word.casefold()) for word in words)
    return next((channel for channel in known if channel and channel not in unwanted), None)
