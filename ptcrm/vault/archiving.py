"""A customer put aside, by two fields of the file: `do_not_contact`, and the user's own field `archived`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.model.customer import ARCHIVED
from ptcrm.model.reading import day
from ptcrm.vault.fields import set_field
from ptcrm.vault.schema import BY_NAME, Field, own_field

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.customer import Customer
    from ptcrm.vault.amend import Amendment
    from ptcrm.vault.schema import Reading

_BEFORE = "not to be contacted before"  # so that coming back changes nothing about that
_SINCE = Field(ARCHIVED, day, "put aside since this day", typed=True)
_ARCHIVED, _SILENT = own_field(ARCHIVED), BY_NAME["do_not_contact"]


def archived(reading: Reading, one: Customer, today: date) -> Amendment:
    """The customer archived as of `today`: nothing is planned any more."""
    if one.do_not_contact:
        return set_field(reading, _ARCHIVED, [f"{today}, {_BEFORE}"])
    return set_field(reading, _SILENT, ["true"]) + set_field(reading, _SINCE, [str(today)])


def unarchived(reading: Reading, one: Customer) -> Amendment:
    """The customer back as before: one who was not to be contacted before is not to be now."""
    back = set_field(reading, _ARCHIVED, [])
    stays = _BEFORE in (one.archived or "")
    return back if stays or not one.do_not_contact else set_field(reading, _SILENT, []) + back
