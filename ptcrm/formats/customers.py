"""The columns of customers: each field of the front matter with its shape, and values as plain JSON.

The table of fields is `FIELDS` in `vault/schema.py`, which can read them too; here are those of its names that a
customer has, without what reads files.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from ptcrm.formats.columns import DAY, FLAG, STANDING, TEXT, TEXTS, or_null
from ptcrm.model.customer import Customer, Occasion

if TYPE_CHECKING:
    from ptcrm.model.shape import Shape

_BESIDE = ("path", "own", "follow_ups", "links", "log", "lines")  # what a customer has that is no field
_OTHERWISE = {
    **dict.fromkeys(("id", "name", "kind", "status"), TEXT),
    **dict.fromkeys(("cadence_until", "since", "left", "snooze", "mute_until"), or_null(DAY)),
    "do_not_contact": FLAG,
}
CUSTOMER_FIELDS: dict[str, Shape] = {
    field.name: TEXTS if field.default == () else _OTHERWISE.get(field.name, or_null(TEXT))
    for field in fields(Customer)
    if field.name not in _BESIDE
}
CUSTOMER = {**CUSTOMER_FIELDS, **STANDING}


def plain_value(value: object) -> object:
    """A field's value as plain JSON."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple):
        return [plain_value(part) for part in value]
    return f"{value.name} {value.day}" if isinstance(value, Occasion) else str(value)
