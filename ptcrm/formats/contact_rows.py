"""From the row of an address book to a draft: names and addresses put together, several values told apart."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.formats.contact_columns import LEFT_OUT, NOTES, PTCRM, Column, own_name
from ptcrm.formats.written_days import in_iso
from ptcrm.model import reading
from ptcrm.model.dates import Anniversary, parse_anniversary
from ptcrm.model.diagnostic import Problem
from ptcrm.model.draft import Draft, Flaw
from ptcrm.text.fold import slug
from ptcrm.text.safe import for_feed, for_value, one_line
from ptcrm.vault.schema import BY_NAME, FIELDS, values_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptcrm.formats.delimited import Row

# A longer value is cut: nobody types so much into a field.
MAX_VALUE = 2_000
# Longer notes are cut: a book of 50 pages.
MAX_NOTES = 100_000
# Values behind these are left out: nobody has so many telephones.
MAX_VALUES = 100
# Fields behind so many bytes are left out, since a front matter has its own bound (64 KiB).
MAX_RECORD = 40_000

_BETWEEN = " ::: "  # several values in one cell of Google's
_ESCAPED = re.compile(r"\\(.)|; ?", re.DOTALL)
_WORDS = ("tags", "interests", "prefers", "avoids", "mute")
_GIVEN = ("first", "middle", "last", "suffix")
_STREETS = ("extended", "box", "street")
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>")


def _is_address(text: str) -> bool:
    return "@" in text


def _has_digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_number(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 6


def _is_page(text: str) -> bool:
    return "." in text and " " not in text.strip()


# What every value of these fields looks like, and what it is called.
_LOOKS = {"emails": (_is_address, "e-mail address"), "phones": (_has_digits, "phone number")}


# The signs between several values of these fields, and what each of them looks like.
_TOLD_APART = {
    "emails": (r"[;,\r\n]+", _is_address),
    "phones": (r"[;,\r\n]+", _is_number),
    "urls": (r"[;,\r\n]+|\s+(?=https?:)", _is_page),
}


class Cell(NamedTuple):
    """What stands in a row below a column, with blanks and controls tidied; `raw` has its lines."""

    column: Column
    text: str
    raw: str


@cache
def _takes_any(name: str) -> bool:
    """Whether any line of text is a value of the field."""
    return (
        name not in BY_NAME
        or BY_NAME[name].read in (reading.text, reading.texts)
        or name in ("name", "phones")
    )


class Drafting:
    """What one row says, gathered field by field; what does not fit is a flaw, and leaves the rest as it is."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.fields: dict[str, list[str]] = {}
        self.flaws: list[Flaw] = []
        self.notes: list[str] = []

    def say(self, message: str, hint: str = "") -> None:
        """Note that something of the row cannot be taken."""
        self.flaws.append(Flaw(self.place, one_line(message), hint))

    def add(self, name: str, value: str, column: str) -> None:
        """Take a value of the field `name`, if it fits; `column` is where it stands."""
        if not value:
            return
        if len(value) > MAX_VALUE:
            self.say(f"{column}: this value is cut after {MAX_VALUE:,} characters")
            value = value[:MAX_VALUE].rstrip()
        looks, noun = _LOOKS.get(name, (bool, ""))
        if not looks(value):
            self.say(f"{column}: “{value[:50]}” is no {noun}, and is left out")
            return
        fitting = None if _takes_any(name) else values_for(BY_NAME[name], [value], date.min, lambda _: None)
        if isinstance(fitting, Problem):
            self.say(f"{column}: {fitting.message}", fitting.hint)
            return
        known = self.fields.setdefault(name, [])
        if value not in known:
            known.append(value)


def draft_of(
    row: Row, columns: Sequence[Column], source: str, order: str, place: str
) -> Iterator[Draft | Flaw]:
    """What a row says, with what of it cannot be taken; nothing for a row of nobody.

    `source` is the name of the program, `order` that of the days. The draft has no origin yet.
    """
    found = Drafting(f"{place}:{row.line}")
    extra = [cell for cell in row.cells[len(columns) :] if cell.strip()]
    if extra:
        hint = "Look at the row: perhaps a value with a delimiter in it has no quotes."
        found.say(
            f"this row has more cells than there are columns; left out: {one_line(extra[0])[:50]}", hint
        )
    cells = [
        Cell(column, for_value(cell), cell)
        for column, cell in zip(columns, row.cells, strict=False)
        if column.field != LEFT_OUT and cell.strip()
    ]
    for cell in cells:
        _take(found, cell, source, order)
    _take_sets(found, cells, order)
    if source != PTCRM.name:
        _take_addresses(found, cells)
    else:
        _drop_usual_status(found)
    _take_name(found, cells)
    yield from _finished(found)


def _drop_usual_status(found: Drafting) -> None:
    """Leave out the status that a file without one has: active, or former for somebody who left."""
    if found.fields.get("status") == (["former"] if "left" in found.fields else ["active"]):
        del found.fields["status"]


def _take(found: Drafting, cell: Cell, source: str, order: str) -> None:
    """Take a cell that says all of a field by itself."""
    (column, name, part, group), is_ours = _described(cell), source == PTCRM.name
    if name == NOTES:
        found.notes.append(_notes(found, cell.raw, column))
    elif name == "name" or group or (name == "addresses" and not is_ours):
        return
    elif name == "occasions" and not is_ours:
        found.add(name, _occasion(found, part or column, cell.text, cell, order), column)
    elif part == "day" or _is_day(name):
        found.add(name, _day(found, cell.text, column, order), column)
    elif not (is_ours and _is_usual(name, cell.text)):
        for value in _split(name, cell.raw, source):
            found.add(name, f"{value} ({part})" if part and value else value, column)


def _described(cell: Cell) -> tuple[str, str, str, str]:
    return cell.column.name, cell.column.field, cell.column.part, cell.column.group


def _is_usual(name: str, value: str) -> bool:
    """Whether this is what a customer has whose file does not say it: it is written into no file."""
    return (name, value) in (("kind", "person"), ("do_not_contact", "false"))


def _notes(found: Drafting, raw: str, column: str) -> str:
    """Text of several lines, without controls but their ends."""
    lines = [" ".join(line.split()) for line in for_feed(raw).split("\n")]
    text = "\n".join(lines).strip()
    if len(text) > MAX_NOTES:
        found.say(f"{column}: the text is cut after {MAX_NOTES:,} characters")
    return text[:MAX_NOTES]


@cache
def _is_day(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].read in (reading.day, reading.anniversary)


def _day(found: Drafting, text: str, column: str, order: str) -> str:
    """The day as the vault has it; nothing if it cannot be read, or in two ways: the layout says that of all at once."""
    value = in_iso(text, order)
    if isinstance(value, Problem):
        found.say(f"{column}: {value.message}", value.hint)
        return ""
    return value or ""


def _occasion(found: Drafting, name: str, text: str, cell: Cell, order: str) -> str:
    """The day with its name; as it is, if it has one already."""
    if isinstance(parse_anniversary(text.rpartition(" ")[2]), Anniversary) and " " in text:
        return text
    value = _day(found, text, cell.column.name, order)
    return f"{name} {value}" if value else ""


def _split(name: str, raw: str, source: str) -> list[str]:
    """The values in a cell: of a field that takes several, told apart as the `source` and usual hands write them."""
    field = BY_NAME.get(name)
    if field is None or not field.many:
        return [for_value(raw.replace(_BETWEEN, ", "))]
    if source == PTCRM.name:
        return [for_value(part) for part in members(raw)]
    parts = [part for line in raw.split(_BETWEEN) for part in _apart(name, line)]
    cleaned = [_bare(part) if name == "emails" else for_value(part) for part in parts]
    return [one for one in cleaned if not (name == "tags" and one.startswith("* "))]


def _bare(text: str) -> str:
    """An address without the name that may stand before it."""
    named = _NAMED_ADDRESS.fullmatch(text.strip())
    return for_value(named[1] if named else text)


def members(cell: str) -> list[str]:
    r"""The members of a list in one cell, with `; ` between them; `\;` is a semicolon in a member, `\\` a backslash."""
    found = [""]
    at = 0
    for sign in _ESCAPED.finditer(cell):
        found[-1] += cell[at : sign.start()] + (sign[1] or "")
        if sign[1] is None:
            found.append("")
        at = sign.end()
    found[-1] += cell[at:]
    return found


def _apart(name: str, text: str) -> list[str]:
    """The values that stand with a sign between them, if each looks like one."""
    if name in _WORDS:
        return re.split(r"[;,\n]", text)
    if name not in _TOLD_APART:
        return [text] if name in ("addresses", "family") else text.split(";")
    signs, looks = _TOLD_APART[name]
    parts = [part for part in re.split(signs, text) if part.strip()]
    return parts if all(map(looks, parts)) else [text]


def _take_sets(found: Drafting, cells: Iterable[Cell], order: str) -> None:
    """Take the values of columns that have another column for their labels."""
    labels = {cell.column.group: cell.text for cell in cells if cell.column.part == "label"}
    for cell in cells:
        if cell.column.part != "value":
            continue
        label, name = labels.get(cell.column.group, "").lstrip("* "), cell.column.field
        for value in map(for_value, cell.raw.split(_BETWEEN)):
            if name == "occasions":
                found.add(name, _occasion(found, label or "event", value, cell, order), cell.column.name)
            elif name == "family":
                found.add(name, f"{value} ({label.lower()})" if label else value, cell.column.name)
            elif name == "custom":
                found.add(own_name(label or cell.column.name), value, cell.column.name)
            else:
                found.add("fax" if "fax" in slug(label) else name, value, cell.column.name)


def _take_addresses(found: Drafting, cells: Iterable[Cell]) -> None:
    """Put addresses together from their parts; what is no more than a town is a place."""
    groups: dict[str, dict[str, list[Cell]]] = {}
    for cell in cells:
        if cell.column.field == "addresses":
            groups.setdefault(cell.column.group, {}).setdefault(cell.column.part, []).append(cell)
    for parts in groups.values():
        column = next(iter(parts.values()))[0].column.name
        given = [cell for cell in parts.pop("", []) if not _is_town(cell, parts)]
        whole = [cell for cell in given if _is_whole(cell, parts)]
        for cell in whole:
            for value in cell.raw.split(_BETWEEN):
                found.add("addresses", _lines_joined(value), cell.column.name)
        if given and not whole:  # `Adresse` beside `PLZ` and `Ort` is the street
            parts["street"] = [*given, *parts.get("street", [])]
        if not whole:
            _take_parts(found, parts, column)


def _take_parts(found: Drafting, parts: dict[str, list[Cell]], column: str) -> None:
    """Take an address from its parts, or the town alone."""
    if parts.keys() & {*_STREETS, "postcode"}:
        found.add("addresses", _address(parts), column)
        return
    for part, cells in parts.items():
        for cell in cells:
            found.add("places" if part == "city" else part, cell.text, cell.column.name)


def _is_town(cell: Cell, parts: dict[str, list[Cell]]) -> bool:
    """Whether the whole address says no more than its parts, and they have no street."""
    said = {word for cells in parts.values() for one in cells for word in slug(one.text).split("-")}
    return not parts.keys() & {*_STREETS, "postcode"} and {*slug(cell.text).split("-")} <= said


def _is_whole(cell: Cell, parts: dict[str, list[Cell]]) -> bool:
    """Whether an address has its street, postcode and town in it, if there are columns of them, too."""
    told = [one for name in ("street", "postcode", "city") for one in parts.get(name, ())]
    whole = slug(cell.text)
    pieces = (slug(piece) for one in told for piece in one.raw.split(_BETWEEN))
    return not parts or (bool(told) and all(piece in whole for piece in pieces))


def _address(parts: dict[str, list[Cell]]) -> str:
    """The parts in the order of an envelope: a postcode before its town, the lines of a street each for themselves."""
    lines = [cell.text for name in _STREETS for cell in parts.get(name, ())]
    lines.extend(
        " ".join(cell.text for name in names for cell in parts.get(name, ()))
        for names in (("postcode", "city"), ("region",), ("country",))
    )
    return ", ".join(filter(None, lines))


def _lines_joined(text: str) -> str:
    """An address of several lines on one."""
    return ", ".join(filter(None, (for_value(line).rstrip(",") for line in re.split(r"[\r\n]+", text))))


def _take_name(found: Drafting, cells: Iterable[Cell]) -> None:
    """Name the customer: as the row does, else by her nickname, her company, her address or her number."""
    parts: dict[str, list[str]] = {}
    column = "name"
    for cell in cells:
        if cell.column.field == "name":
            parts.setdefault(cell.column.part, []).append(cell.text)
            column = cell.column.name
    name = " ".join(parts.get("", ())) or " ".join(word for part in _GIVEN for word in parts.get(part, ()))
    if not name and found.fields.get("aliases"):
        name = found.fields["aliases"].pop(0)
    if not name and "company" in found.fields:
        name = found.fields.pop("company")[0]
        found.add("kind", "company", column)
    if not name:
        name = next((found.fields[one][0] for one in ("emails", "phones") if found.fields.get(one)), "")
    found.add("name", name, column)


def _finished(found: Drafting) -> Iterator[Draft | Flaw]:
    """The flaws of the row, and its draft, if it names anybody."""
    if "name" not in found.fields:
        if found.fields or any(found.notes):
            found.say(
                "nobody is named in this row, so it is left out", "Give it a name, an address or a number."
            )
        yield from found.flaws
        return
    for name in list(found.fields):
        if not (name in BY_NAME and BY_NAME[name].many):
            _make_single(found, name)
    order = [field.name for field in FIELDS if field.name in found.fields]
    order += [name for name in found.fields if name not in BY_NAME]
    fields = tuple(_bounded(found, order))
    yield from found.flaws
    yield Draft(found.place, fields, notes="\n\n".join(filter(None, found.notes)))


def _make_single(found: Drafting, name: str) -> None:
    """Leave one value to a field that takes one; others of a known field become one of the user's own."""
    values = found.fields[name]
    if name not in BY_NAME:
        found.fields[name] = [", ".join(values)[:MAX_VALUE]]
    elif len(values) > 1:
        found.fields[name] = values[:1]
        found.fields[f"other_{name}"] = [", ".join(values[1:])[:MAX_VALUE]]


def _bounded(found: Drafting, order: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields in this order with their values, within the caps."""
    room = MAX_RECORD
    for name in order:
        values = found.fields[name][:MAX_VALUES]
        if len(values) < len(found.fields[name]):
            found.say(f"{name}: only the first {MAX_VALUES} values are taken")
        room -= sum(len(value.encode(errors="replace")) for value in (name, *values))
        if room < 0:
            found.say(f"{name}: left out, since the row says more than {MAX_RECORD:,} bytes")
        elif values:
            yield name, tuple(values)
