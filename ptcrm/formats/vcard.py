"""People and companies from vCard 2.1, 3.0 and 4.0: card by card, from bytes to drafts (docs/import.md)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ptcrm.formats.vcard_lines import Card, Property, read_cards
from ptcrm.formats.vcard_properties import label_of, pairs
from ptcrm.model.dates import parse_date
from ptcrm.model.diagnostic import Problem
from ptcrm.model.draft import Draft, Flaw
from ptcrm.model.reading import day
from ptcrm.text.words import plural
from ptcrm.vault.schema import BY_NAME, values_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ptcrm.vault.schema import Field

MOST_VALUES = 100  # of one field; those behind are left out
LONGEST_VALUE = 10_000  # characters; a longer one is cut
LARGEST_FIELDS = 48_000  # bytes of all fields, since front matter has at most 64 KiB; the rest is left out
LONGEST_NOTES = 1_000_000  # characters; longer ones are cut
OUR_UID = "@ptcrm"  # how a UID ends that a vault has given: it names no other source
_AROUND = 6  # bytes of quotes, bullet and line end
_SHOWN = 80  # characters of a value in a message

_Values = dict[str, dict[str, Property]]  # of each field its values, and where each is from
_NOWHERE = Property("", "", 0)


def cards(stream: BinaryIO, name: str, *, encoding: str | None = None) -> Iterator[Draft | Flaw]:
    """What the vCards of a file say of people and companies, card by card; `name` is the file's, for messages.

    The place of a draft is the line of its BEGIN, that of a flaw its own line. `encoding` says how the file's
    letters are encoded, if the file does not. What is in the file never raises.
    """
    for found in read_cards(stream, name, encoding):
        if isinstance(found, Flaw):
            yield found
        else:
            yield from _read(found)


def _read(card: Card) -> Iterator[Draft | Flaw]:
    """What could not be used of a card, then the draft, if the card is that of somebody."""
    values = _gathered(card)
    kind = _first(values.pop("_kind", {}))
    notes = "\n\n".join(values.pop("_notes", {}))
    uid = _first(values.pop("_uid", {}))
    if kind not in ("", "org"):
        yield card.flaw(card.line, *_no_contact(kind, card))
        return
    _settle(values, is_company=kind == "org")
    if len(notes) > LONGEST_NOTES:
        notes = notes[:LONGEST_NOTES]
        card.say(card.line, f"the notes are over {LONGEST_NOTES:,} characters and were cut")
    fields = tuple(_fields(card, values))
    yield from card.flaws
    if fields and fields[0][0] in ("id", "name"):
        origin = "" if uid.endswith(OUR_UID) or not uid else f"vcard:{uid}"
        yield Draft(f"{card.file}:{card.line}", fields, origin, notes)
    else:
        yield card.flaw(card.line, "this card names nobody", "Give it a name (FN), or delete it.")


def _gathered(card: Card) -> _Values:
    """What all properties say, the preferred ones first."""
    properties = sorted(card.properties, key=lambda one: one.rank)
    labels = {one.group: label_of(one) for one in properties if one.name == "X-ABLABEL"}
    found: _Values = {}
    for one in properties:
        for key, value in pairs(one, labels.get(one.group, "") if one.group else ""):
            if value:
                found.setdefault(key, {}).setdefault(value, one)
    return found


def _first(values: dict[str, Property]) -> str:
    return next(iter(values), "")


def _no_contact(kind: str, card: Card) -> tuple[str, str]:
    """Why a card is nobody's, and what to do: a group, a place, a device."""
    if kind != "group":
        return f"this card is of the kind “{kind[:_SHOWN]}”, no person and no company", "It is left out."
    members = sum(one.name in ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER") for one in card.properties)
    message = f"this card is a group of {plural(members, 'contact')}, and no contact"
    return message, "Give its members a tag: ptcrm set WHO tags NAME"


def _settle(values: _Values, *, is_company: bool) -> None:
    """What takes the whole card: the name, whether it is a company, and what the vault itself says better."""
    composed, company = values.pop("_name", {}), values.pop("_company", {})
    names = values.pop("name", {})
    if company and not composed and not (names.keys() - company.keys()):
        is_company = True
    if is_company:
        names, company = names or company, _without(company, _first(names or company))
        values["kind"] = {"company": _NOWHERE}
    for key, other in (("company", company), ("family", values.pop("_family", {}))):
        values[key] = values.get(key) or other
    values["addresses"] = values.get("addresses") or values.pop("_addresses", {})
    values.pop("_addresses", None)
    called = (values.get(key, {}) for key in ("aliases", "emails", "phones"))
    more = names  # a card may have several names of the same person
    names = names or composed or next(filter(None, called), {})
    name = _first(names)
    values["name"] = dict(list(names.items())[:1])
    values["aliases"] = _without(more | values.get("aliases", {}), name)


def _without(values: dict[str, Property], value: str) -> dict[str, Property]:
    return {one: place for one, place in values.items() if one != value}


def _fields(card: Card, values: _Values) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields that a file can have, in the order of FORMAT §2.2, then the user's own, each of one value."""
    kept: dict[str, list[str]] = {}
    size = 0
    for key in sorted(values, key=_order):
        for value, one in values[key].items():
            size += len(f"{key}: {value}".encode()) + _AROUND
            if size > LARGEST_FIELDS:
                card.say(
                    one.line, f"{one.name}: this card says too much for one file", "The rest is left out."
                )
            else:
                _keep(card, kept, key, value, one)
    for key in sorted(kept, key=lambda key: (_order(key), key)):
        yield key, tuple(kept[key]) if key in BY_NAME else (", ".join(kept[key]),)


def _order(key: str) -> int:
    return list(BY_NAME).index(key) if key in BY_NAME else len(BY_NAME)


def _keep(card: Card, kept: dict[str, list[str]], key: str, value: str, one: Property) -> None:
    """Add a value to its field; one too many for a field of one value goes to the user's own `other_…`."""
    if len(value) > LONGEST_VALUE:
        value = value[:LONGEST_VALUE].rstrip()
        card.say(one.line, f"{one.name} is over {LONGEST_VALUE} characters and was cut")
    field = BY_NAME.get(key)
    problem = _misfit(field, value) if field else None
    if problem:
        card.say(one.line, f"{one.name}: {_short(problem.message)}", problem.hint)
        return
    if field and not field.many and key in kept:
        key = f"other_{key}"
    found = kept.setdefault(key, [])
    if len(found) < MOST_VALUES:
        found.append(value)
    else:
        card.say(one.line, f"{one.name}: there are over {MOST_VALUES} of these", "The rest is left out.")


def _misfit(field: Field, value: str) -> Problem | None:
    """Why the field cannot have this value, if it cannot; words for days, such as `tomorrow`, are none."""
    found = parse_date(value) if field.read is day else values_for(field, [value], date.min, lambda _: None)
    return found if isinstance(found, Problem) else None


def _short(message: str) -> str:
    return message if len(message) <= _SHOWN * 2 else f"{message[: _SHOWN * 2]} …"
