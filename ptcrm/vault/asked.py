"""What a customer may be asked for as one text, in which SQLite looks (`vault/condition.py`). Pure.

The text has a line for each value: `field TAB value LF`, the value folded, of a birthday month and day (`05-17`); fields
of the user's own have `=` in front.
"""

from __future__ import annotations

import json
from operator import attrgetter
from typing import TYPE_CHECKING

from ptcrm.query.fields import BY_NAME as ASKED
from ptcrm.query.fields import FIELDS, Type, facts_of, members_of
from ptcrm.query.prose import digits_of
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer

_ENDS = str.maketrans("\t\n", "\x1e\x1f")
# Fields that follow from the customer's own file; what follows from links depends on other files, too.
LINKED = tuple(one.name for one in FIELDS if one.type is Type.LINK)
_FOUND = tuple(ASKED[name] for name in ("near", "occasion", "follow_up", "cadence"))
_WRITTEN = tuple(
    one
    for one in FIELDS
    if (one.place.startswith("customer.") and one.type is not Type.FLAG) or one.name in LINKED
)
_written = attrgetter(*(one.place.removeprefix("customer.") for one in _WRITTEN))
OF_FILE = frozenset(one.name for one in (*_WRITTEN, *_FOUND))
_FOLDED = frozenset({Type.WORD, Type.TEXT})


def asked_of(one: Customer) -> str:
    """The text with what may be asked of a customer."""
    facts = facts_of(one)
    found = [
        f"{field.name}\t{_in_line(value, field.type)}\n"
        for field, values in zip(_WRITTEN, _written(one), strict=True)
        if values
        for value in (values if isinstance(values, tuple) else (values,))
    ]
    found += [
        f"{field.name}\t{_in_line(value, field.type)}\n"
        for field in _FOUND
        for value in facts(field.name)
        if value
    ]
    own = dict.fromkeys(name for name, _ in one.own)
    found += [
        f"={_folded(name)}\t{_folded(str(value))}\n" for name in own for value in members_of(name, one.own)
    ]
    return "\n" + "".join(dict.fromkeys(found))


def own_names(one: Customer) -> str:
    """The names of the customer's own fields as JSON, each with whether it has a value; nothing, if there are none."""
    found = dict(sorted((name, bool(value)) for name, value in one.own))
    return json.dumps([*found.items()], ensure_ascii=False) if found else ""


def _in_line(value: object, kind: Type) -> str:
    if kind in _FOLDED:
        return _folded(str(value))
    if kind is Type.PHONE:
        return digits_of(str(value))
    return str(value)[-len("MM-DD") :] if kind is Type.YEARLY else ""


def _folded(words: str) -> str:
    found = fold(words)
    return found if found.isprintable() else found.translate(_ENDS)
