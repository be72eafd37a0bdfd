"""By which channel to be in touch: what the customer prefers and avoids, then what the tier suggests. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.model.config import channel_names

if TYPE_CHECKING:
    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer


def avoided(customer: Customer, config: Config) -> frozenset[str]:
    """The channels that the customer avoids, by their names in the configuration."""
    if not customer.avoids:
        return frozenset()
    names = channel_names(config)
    return frozenset(names[word.casefold()] for word in customer.avoids if word.casefold() in names)


def suggested(customer: Customer, config: Config) -> str | None:
    """The first channel that the customer prefers, else that her tier has, and that she does not avoid."""
    tier = config.tiers.get(customer.tier or "")
    words = (*customer.prefers, *(tier.channels if tier else ()))
    if not words:
        return None
    names, unwanted = channel_names(config), avoided(customer, config)
    known = (names.get(word.casefold()) for word in words)
    return next((channel for channel in known if channel and channel not in unwanted), None)
