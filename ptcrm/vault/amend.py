"""The guard of every change to a customer's file: the result is read again, and may differ in the target alone.

Pure. `vault/fields.py` and `vault/lines.py` make the amendments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.change import Write
from ptcrm.model.customer import FollowUp, LogEntry
from ptcrm.model.diagnostic import Severity
from ptcrm.model.reading import Report
from ptcrm.text.edits import Edit, apply_edits, places
from ptcrm.text.frontmatter import Mapping, Scalar, Sequence
from ptcrm.text.source import Source, Span
from ptcrm.vault.schema import Field, Reading, read_customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.text.frontmatter import Node
    from ptcrm.vault.log import LineReader

Line = LogEntry | FollowUp


@dataclass(frozen=True, slots=True)
class Amendment:
    """Edits of one file with their target: what the file says afterwards, and did not say before.

    Each of `fields` has the values given (none: it is taken away). Of entries and follow-ups, those in `gone`
    are there no more, and those in `come` are new.
    """

    edits: tuple[Edit, ...]
    fields: tuple[tuple[Field, tuple[str, ...]], ...] = ()
    gone: tuple[Line, ...] = ()
    come: tuple[Line, ...] = ()

    def __add__(self, other: Amendment) -> Amendment:
        return Amendment(
            self.edits + other.edits,
            self.fields + other.fields,
            self.gone + other.gone,
            self.come + other.come,
        )


def amended(reading: Reading, amendment: Amendment, reader: LineReader) -> Write:
    """The change to the file just read; raises `RefusedError` if it would change anything but its target.

    Links may come and go with the text that holds them.
    """
    source = reading.document.source
    if reading.customer is None or reading.document.conflicts:
        raise RefusedError(f"{source.path}: {why_not(reading)} Nothing was written.")
    after = Source(source.path, apply_edits(source.text, amendment.edits), source.bom)
    why = _objection(reading, read_customer(after, reader), amendment)
    if why:
        raise RefusedError(f"{source.path}: {why} Nothing was written.")
    return Write(source.path, source.content, after.content)


def why_not(reading: Reading) -> str:
    """Why a file that is not understood cannot be changed."""
    worst = next(_errors(reading), None)
    if worst is None:
        return "the file is no customer's."
    return f"the file has to be put right first: {worst}."


def _errors(reading: Reading) -> Iterator[str]:
    for one in reading.diagnostics:
        if one.severity is Severity.ERROR:
            yield f"line {one.line}: {one.message}"


def _objection(old: Reading, new: Reading, amendment: Amendment) -> str | None:
    """What is wrong with a file that says `new` in the place of `old`, or None."""
    errors = list(_errors(new))
    if new.customer is None or len(errors) > len(list(_errors(old))):
        return f"this would bring an error into the file ({'; '.join(errors)})."
    beside = _beside(old, new, amendment)
    if beside:
        return f"this would change more than was asked ({', '.join(beside)})."
    misread = next((field.name for field, values in amendment.fields if not _holds(new, field, values)), None)
    if misread:
        return f"“{misread}” would not be read as it was given."
    if not _came(old, new, amendment):
        return "the new line would not be read as one. Perhaps a code fence (```) is open."
    return None


# Beside the target


def _beside(old: Reading, new: Reading, amendment: Amendment) -> list[str]:
    """What differs and must not: keys of the front matter, and what the edits do not touch in the body."""
    targets = {field.name for field, _ in amendment.fields}
    before = _said(old, [edit.span for edit in amendment.edits])
    after = _said(new, places(amendment.edits))
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return sorted(differing - targets)


def _said(reading: Reading, edited: list[Span]) -> dict[str, list[object]]:
    """All that the file says by its name, but for lines and links that an edit touches."""
    said: dict[str, list[object]] = {}
    for key, node in _pairs(reading):
        said.setdefault(key.value, []).append(_contents(node))
    for name, parts in (("the log", _entries(reading)), ("follow-ups", _follow_ups(reading))):
        said.setdefault(name, []).append([line for line, span in parts if not _touched(span, edited)])
    links = [target for target, span in reading.document.links() if not _touched(span, edited)]
    said.setdefault("links", []).append(links)
    return said


def _pairs(reading: Reading) -> tuple[tuple[Scalar, Node], ...]:
    root = reading.document.root
    return root.pairs if root else ()


def _contents(node: Node) -> object:
    """The values of `node` without their places."""
    match node:
        case Scalar():
            return node.value, node.quoted
        case Sequence():
            return "list", *map(_contents, node.items)
        case Mapping():
            return "mapping", *((key.value, _contents(value)) for key, value in node.pairs)


def _entries(reading: Reading) -> list[tuple[Line, Span]]:
    return [(entry, entry.span) for entry in reading.customer.log] if reading.customer else []


def _follow_ups(reading: Reading) -> list[tuple[Line, Span]]:
    """The follow-ups that have a line of their own; what follows from others is left out."""
    found = reading.customer.follow_ups if reading.customer else ()
    return [(_bare(task), task.span) for task in found if not task.implied]


def _bare(line: Line) -> Line:
    """A follow-up without its number among equals; inline fields in any order."""
    if isinstance(line, LogEntry):
        return line
    return replace(line, origin="", fields=tuple(sorted(line.fields)))


def _touched(span: Span, edited: Iterable[Span]) -> bool:
    """Whether an edit overlaps `span`; an insert at either end does not."""
    return any(span.start < one.end and one.start < span.end for one in edited)


# The target


def _holds(reading: Reading, field: Field, values: tuple[str, ...]) -> bool:
    """Whether `field` is read as `values` mean it; no values, and there is no such field."""
    nodes = [node for key, node in _pairs(reading) if key.value == field.name]
    if not values or len(nodes) != 1:
        return not values and not nodes
    given: tuple[Node, ...] = tuple(Scalar(value, Span(0, 0), quoted=True) for value in values)
    wanted = field.read(Sequence(given, Span(0, 0)) if field.many else given[0], Report(Source("", "")))
    return wanted not in (None, ()) and wanted == field.read(nodes[0], Report(reading.document.source))


def _came(old: Reading, new: Reading, amendment: Amendment) -> bool:
    """Whether the lines that the edits touch are those before without `gone`, with `come`.

    An entry that holds a line of the target, such as a ticked follow-up, may differ with it.
    """
    before = _lines_touched(old, [edit.span for edit in amendment.edits])
    after = _lines_touched(new, places(amendment.edits))
    gone, come = [[_bare(line) for line in lines] for lines in (amendment.gone, amendment.come)]
    grown = len(after) - len(before) == len(come) - len(gone)
    return grown and all(one in before for one in gone) and all(one in after for one in come)


def _lines_touched(reading: Reading, edited: list[Span]) -> list[Line]:
    return [one for one, span in [*_entries(reading), *_follow_ups(reading)] if _touched(span, edited)]
