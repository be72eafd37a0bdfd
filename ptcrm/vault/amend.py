"""The guard of every change to a customer's file: the result is read again, and may differ in the target alone.

Pure. `vault/fields.py` and `vault/lines.py` make the amendments.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
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


def proven(
    reading: Reading, fields: tuple[tuple[Field, tuple[str, ...]], ...], come: Iterable[Line] | None
) -> None:
    """Raise `RefusedError` unless a new file says what it is to say: these fields, an id and lines, and no others.

    `come` is None for text of the user's own, which may hold lines of any kind.
    """
    path, errors = reading.document.source.path, list(errors_of(reading))
    if reading.customer is None or errors:
        raise RefusedError(
            f"{path}: this would be a file with errors ({'; '.join(errors)}). It was not written."
        )
    wrong = [field.name for field, values in fields if not holds(reading, field, values)]
    wrong += [
        key.value for key, _ in _pairs(reading) if key.value not in {"id", *(one.name for one, _ in fields)}
    ]
    if wrong:
        raise RefusedError(f"{path}: “{wrong[0]}” would not be read as it was given. It was not written.")
    if come is not None and lines_of(reading) != Counter(map(_bare, come)):
        raise RefusedError(f"{path}: the log would not be read as it was given. It was not written.")


def why_not(reading: Reading) -> str:
    """Why a file that is not understood cannot be changed."""
    worst = next(errors_of(reading), None)
    if worst is None:
        return "the file is no customer's."
    return f"the file has to be put right first: {worst}."


def errors_of(reading: Reading) -> Iterator[str]:
    """What is wrong with a file that is not understood, with the lines."""
    for one in reading.diagnostics:
        if one.severity is Severity.ERROR:
            yield f"line {one.line}: {one.message}"


def _objection(old: Reading, new: Reading, amendment: Amendment) -> str | None:
    """What is wrong with a file that says `new` in the place of `old`, or None."""
    errors = list(errors_of(new))
    if new.customer is None or len(errors) > len(list(errors_of(old))):
        return f"this would bring an error into the file ({'; '.join(errors)})."
    misread = next((field.name for field, values in amendment.fields if not holds(new, field, values)), None)
    if misread:
        return f"“{misread}” would not be read as it was given."
    come = [_bare(line) for line in amendment.come]
    wanted, found = lines_of(old), lines_of(new)
    wanted.subtract(_bare(line) for line in amendment.gone)
    wanted.update(come)
    if any(wanted[line] > found[line] for line in come):
        return "the new line would not be read as one. Perhaps a code fence (```) is open."
    beside = _beside(old, new, amendment)
    if wanted != found:
        beside.append("the log or a follow-up")
    return f"this would change more than was asked ({', '.join(beside)})." if beside else None


def holds(reading: Reading, field: Field, values: tuple[str, ...]) -> bool:
    """Whether `field` is read as `values` mean it; no values, and there is no such field."""
    nodes = [node for key, node in _pairs(reading) if key.value == field.name]
    if not values or len(nodes) != 1:
        return not values and not nodes
    given: tuple[Node, ...] = tuple(Scalar(value, Span(0, 0), quoted=True) for value in values)
    wanted = field.read(Sequence(given, Span(0, 0)) if field.many else given[0], Report(Source("", "")))
    return wanted not in (None, ()) and wanted == field.read(nodes[0], Report(reading.document.source))


def _pairs(reading: Reading) -> tuple[tuple[Scalar, Node], ...]:
    root = reading.document.root
    return root.pairs if root else ()


def _beside(old: Reading, new: Reading, amendment: Amendment) -> list[str]:
    """The keys that differ and are no target; links do if one differs that no edit touches."""
    targets = {field.name for field, _ in amendment.fields}
    before, after = fields_of(old), fields_of(new)
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    links = _links(old, [edit.span for edit in amendment.edits]), _links(new, places(amendment.edits))
    return [*sorted(differing - targets), *(["a link"] if links[0] != links[1] else [])]


def fields_of(reading: Reading) -> dict[str, list[object]]:
    """The values of each key of the front matter, as they can be compared; more than one where a key stands twice."""
    fields: dict[str, list[object]] = {}
    for key, node in _pairs(reading):
        fields.setdefault(key.value, []).append(_contents(node))
    return fields


def _contents(node: Node) -> object:
    """The values of `node` without their places."""
    match node:
        case Scalar():
            return node.value, node.quoted
        case Sequence():
            return "list", *map(_contents, node.items)
        case Mapping():
            return "mapping", *((key.value, _contents(value)) for key, value in node.pairs)


def _links(reading: Reading, edited: list[Span]) -> list[str]:
    return [
        target
        for target, span in reading.document.links()
        if not any(span.start < one.end and one.start < span.end for one in edited)
    ]


def lines_of(reading: Reading) -> Counter[object]:
    """The log's entries, and the follow-ups that have a line; what only follows from others is left out.

    An entry that holds follow-ups is told by the lines of its own.
    """
    customer = reading.customer
    if customer is None:
        return Counter()
    tasks = [task for task in customer.follow_ups if not task.implied]
    starts = [task.span.start for task in tasks]
    lines: Counter[object] = Counter(_bare(task) for task in tasks)
    for entry in customer.log:
        inside = tasks[bisect_left(starts, entry.span.start) : bisect_left(starts, entry.span.end)]
        lines[_own_lines(reading.document.source.text, entry, inside) if inside else entry] += 1
    return lines


def _bare(line: Line) -> Line:
    """A follow-up without its number among equals, and with its inline fields in any order."""
    if isinstance(line, LogEntry):
        return line
    return replace(line, origin="", fields=tuple(sorted(line.fields)))


def _own_lines(text: str, entry: LogEntry, inside: list[FollowUp]) -> tuple[str, ...]:
    starts = [entry.span.start, *(task.span.end for task in inside)]
    ends = [*(task.span.start for task in inside), entry.span.end]
    own = "".join(text[start:end] for start, end in zip(starts, ends, strict=True))
    return tuple(line.strip() for line in own.split("\n") if line.strip())
