"""The fields of two files of one customer put into the first: what only one has, lists joined, the rest decided. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptcrm.model.reading import Report, is_empty, texts
from ptcrm.text.edits import Edit, line_after, line_start
from ptcrm.text.fold import same_id
from ptcrm.text.frontmatter import Mapping, Node, Scalar, Sequence
from ptcrm.text.source import Span
from ptcrm.vault.amend import Amendment
from ptcrm.vault.emit import CONTROL
from ptcrm.vault.fields import block_root, set_field
from ptcrm.vault.match import email_key, phone_key
from ptcrm.vault.members import members_of
from ptcrm.vault.schema import BY_NAME, Field, one_text, own_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Values

    from ptcrm.vault.document import Document
    from ptcrm.vault.schema import Reading

_NAMES = ("id", "name", "aliases")  # each file's own; the second one's become other names of the first
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\r\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which two files say something else, and that holds one value: what the one says, and the other."""

    field: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What becomes of a difference: the one's value, the other's, or another."""

    side: str  # `a`, `b`, or nothing where there is a `value`
    value: tuple[str, ...] = ()


def differences(one: Reading, other: Reading) -> list[Difference]:
    """The fields that have to be decided, in the order of the second file."""
    mine = _nodes(one)
    found = [
        Difference(name, one_text(mine[name], _report(one)), one_text(node, _report(other)))
        for name, node in _nodes(other).items()
        if name in mine and name != "status" and not _is_list(name, mine[name], node)
        if not _is_same(name, (one, mine[name]), (other, node))
    ]
    status = [customer.status for customer in (one.customer, other.customer) if customer]
    if status[:1] != status[1:]:
        found.append(Difference("status", *status))
    return found


def joined_fields(
    one: Reading, other: Reading, chosen: Values[str, Chosen], names: list[str], country: str | None
) -> tuple[Amendment, set[str]]:
    """The amendment of the first file; with the fields that it takes from the second as they stand there.

    `names` are other names that it gets. Every difference has been `chosen`.
    """
    block_root(other)
    keys = {key.value for key, _ in block_root(one).pairs}
    taken = _fields_taken(one, other, chosen)
    parts = [(name, Amendment(tuple(_taken(one, other, name)))) for name in taken]
    parts += _fields_changed(one, other, chosen, country)
    if names:
        known = one.customer.aliases if one.customer else ()
        parts.append(("aliases", set_field(one, BY_NAME["aliases"], [*known, *names])))
    amendment = Amendment(())
    for _, part in sorted(
        parts, key=lambda part: part[0] not in keys
    ):  # new fields below a list that ends the old ones
        amendment += part
    return amendment, set(taken)


def _fields_taken(one: Reading, other: Reading, chosen: Values[str, Chosen]) -> list[str]:
    """The fields that stand in the second file alone, or of which its value was chosen."""
    mine, decided = _nodes(one), {name for name, choice in chosen.items() if choice.side == "b"}
    names = [name for name in _nodes(other) if name not in mine or name in decided]
    return [name for name in names if name != "status" or name not in chosen]


def _fields_changed(
    one: Reading, other: Reading, chosen: Values[str, Chosen], country: str | None
) -> Iterator[tuple[str, Amendment]]:
    """The lists of both files joined, the values that neither has, and the status."""
    mine, theirs = _nodes(one), _nodes(other)
    for name in (name for name in theirs if name in mine and name != "status"):
        choice = chosen.get(name)
        if choice and choice.value:
            yield name, set_field(one, _field(name), list(choice.value))
        elif choice is None and _is_list(name, mine[name], theirs[name]):
            yield name, _joined(name, one, other, country)
    if "status" in chosen:
        yield "status", _status(one, other, chosen["status"], has_key="status" in mine)


def comments(document: Document) -> list[str]:
    """The comments of the front matter, without those inside a text."""
    text = list(document.yaml.of(document.source.text))
    start = document.yaml.start
    for span in _scalars(document.root) if document.root else ():
        for at in range(span.start - start, min(span.end - start, len(text))):
            text[at] = "\n" if text[at] == "\n" else "x"
    masked = "".join(text)
    whole = document.yaml.of(document.source.text)
    return [whole[found.start() : found.end()].rstrip() for found in _COMMENT.finditer(masked)]


def _scalars(node: Node) -> Iterator[Span]:
    if isinstance(node, Scalar):
        yield node.span
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        for key, value in node.pairs:
            yield key.span
            yield from _scalars(value)


def _report(reading: Reading) -> Report:
    return Report(reading.document.source)


def _nodes(reading: Reading) -> dict[str, Node]:
    """The fields that have a value, without those that name the customer."""
    root = reading.document.root
    pairs = root.pairs if root else ()
    return {key.value: node for key, node in pairs if key.value not in _NAMES and not is_empty(node)}


def _field(name: str) -> Field:
    return BY_NAME.get(name) or own_field(name)


def _is_list(name: str, *nodes: Node) -> bool:
    """Whether values are joined rather than decided: a list field, or one of the user's own that has a list."""
    if name in BY_NAME:
        return BY_NAME[name].many
    return any(isinstance(node, Sequence) for node in nodes) and not any(
        isinstance(part, Mapping) for node in nodes for part in (node, *getattr(node, "items", ()))
    )


def _is_same(name: str, one: tuple[Reading, Node], other: tuple[Reading, Node]) -> bool:
    """Whether two values say the same, as the field reads them."""
    words = [same_id(one_text(node, _report(reading))) for reading, node in (one, other)]
    if words[0] == words[1]:
        return True
    if name not in BY_NAME:
        return False
    values = [BY_NAME[name].read(node, _report(reading)) for reading, node in (one, other)]
    return values[0] is not None and values[0] == values[1]


# What is written


def _taken(one: Reading, other: Reading, name: str) -> list[Edit]:
    """The edits that put the lines of a field of the second file into the first, in the place of its own if it has some."""
    document = one.document
    root = block_root(one)
    indent, eol = document.indent, document.source.line_end_near(document.yaml.end)
    margin = other.document.indent
    raw = _lines_of_key(other.document, name).replace("\r\n", "\n").removesuffix("\n")
    lines = [line.removeprefix(margin) for line in raw.split("\n")]
    text = "".join(f"{indent if line else ''}{line}{eol}" for line in lines)
    if any(key.value == name for key, _ in root.pairs):
        return [Edit(_span_of_key(document, name), text)]
    return [Edit(Span(document.yaml.end, document.yaml.end), text)]


def _lines_of_key(document: Document, name: str) -> str:
    return _span_of_key(document, name).of(document.source.text)


def _span_of_key(document: Document, name: str) -> Span:
    """The lines of a key and its value, without those of the next key."""
    assert document.root is not None  # noqa: S101  # whose key it is
    text, pairs = document.source.text, document.root.pairs
    starts = [line_start(text, key.span.start) for key, _ in pairs]
    at = next(place for place, (key, _) in enumerate(pairs) if key.value == name)
    key, node = pairs[at]
    following = starts[at + 1] if at + 1 < len(pairs) else document.yaml.end
    end = max(node.span.end, key.span.end)
    after = end if text[end - 1] == "\n" else line_after(text, end)
    return Span(starts[at], min(after, following))


def _joined(name: str, one: Reading, other: Reading, country: str | None) -> Amendment:
    """A list with the members of both, the first file's first; what says the same in another form is there once."""
    field = BY_NAME.get(name) or replace(own_field(name), read=texts, many=True)
    mine, theirs = _members(one, name, field), filter(None, _members(other, name, field))
    known = {_key(name, value, country) for value in mine}
    new = [value for value in theirs if _key(name, value, country) not in known]
    return set_field(one, field, [*mine, *dict.fromkeys(new)]) if new else Amendment(())


def _members(reading: Reading, name: str, field: Field) -> list[str]:
    node = _nodes(reading)[name]
    members = members_of(reading.document.source.text, node, field)
    if members is not None:
        return [member.words for member in members]
    return list(texts(node, _report(reading)))


def _key(name: str, value: str, country: str | None) -> str:
    """A member as it is compared."""
    if name == "phones":
        return phone_key(value, country) or same_id(value)
    return email_key(value) if name == "emails" else same_id(" ".join(value.split()))


def _status(one: Reading, other: Reading, choice: Chosen, *, has_key: bool) -> Amendment:
    """The status that was chosen; written out, since it may follow from `left`."""
    if choice.side == "a" and has_key:
        return Amendment(())
    customer = one.customer if choice.side == "a" else other.customer
    value = list(choice.value) if choice.value else [customer.status if customer else ""]
    return set_field(one, BY_NAME["status"], value)


def other_names(one: Reading, other: Reading) -> Iterable[str]:
    """What the second customer was called: id, file's name, name and other names, each once, and not the first one's.

    A control character, which no name can be written with, is a blank.
    """
    mine, theirs = one.customer, other.customer
    if mine is None or theirs is None:
        return []
    stems = [customer.path.rpartition("/")[2].removesuffix(".md") for customer in (mine, theirs)]
    known = {same_id(name) for name in (mine.id, stems[0], mine.name, *mine.aliases)}
    found: dict[str, str] = {}
    names = (theirs.id, stems[1], theirs.name, *theirs.aliases)
    for name in (" ".join(CONTROL.sub(" ", written).split()) for written in names):
        if same_id(name) not in known:
            found.setdefault(same_id(name), name)
    return found.values()
