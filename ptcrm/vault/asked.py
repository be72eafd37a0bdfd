"""What a customer may be asked for as one text, in which SQLite looks (`vault/condition.py`). Pure.

The text has a line for each value: `field TAB value LF`, the value folded, of a birthday month and day (`05-17`); fields
of the user's own have `=` in front.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ptcrm.query.fields import BY_NAME as ASKED
from ptcrm.query.fields import FIELDS, Type, facts_of, members_of
from ptcrm.query.prose import digits_of
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer
    from ptcrm.query.fields import Field

_ENDS = str.maketrans("\t\n", "\x1e\x1f")
# Fields that follow from the customer's own file; what follows from links depends on other files, too.
LINKED = tuple(one.name for one in FIELDS if one.type is Type.LINK)
OF_FILE = tuple(
    one.name
    for one in FIELDS
    if (one.place.startswith("customer.") and one.type is not Type.FLAG)
    or one.name in ("near", "occasion", "follow_up", "cadence", *LINKED)
)
_FOLDED = frozenset({Type.WORD, Type.TEXT, Type.OWN})


def asked_of(one: Customer) -> str:
    """The text with what may be asked of a customer."""
    facts = facts_of(one)
    found = [(name, _in_line(str(value), ASKED[name])) for name in OF_FILE for value in facts(name) if value]
    own = dict.fromkeys(name for name, _ in one.own)
    found += [
        (f"={_folded(name)}", _folded(str(value))) for name in own for value in members_of(name, one.own)
    ]
    return "\n" + "".join(dict.fromkeys(f"{name}\t{value}\n" for name, value in found))


def own_names(one: Customer) -> str:
    """The names of the customer's own fields as JSON, each with whether it has a value; nothing, if there are none."""
    found = dict(sorted((name, bool(value)) for name, value in one.own))
    return json.dumps([*found.items()], ensure_ascii=False) if found else ""


def _in_line(value: str, field: Field) -> str:
    if field.type is Type.PHONE:
        return digits_of(value)
    if field.type is Type.YEARLY:
        return value[-len("MM-DD") :]
    return _folded(value) if field.type in _FOLDED else ""


def _folded(words: str) -> str:
    return fold(words).translate(_ENDS)
