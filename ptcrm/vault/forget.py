"""A customer who is to be forgotten: the file goes, and other files name nobody in their place. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.change import Write
from ptcrm.model.diagnostic import Severity
from ptcrm.text.edits import Edit, apply_edits, drop_lines, line_after, line_start
from ptcrm.text.markdown import label_of, uses_of, whole_links
from ptcrm.text.source import Source, Span
from ptcrm.vault.schema import read_customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.text.frontmatter import Node, Scalar
    from ptcrm.vault.document import Document
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Reading

FORMER = "a former customer"
_WITH = re.compile(r"[ \t]*\[with::[ \t]*\Z")
_CLOSING = re.compile(r"[ \t]*\]")
_LINKED_KEY = "company"  # whose colleagues people would seem to be


class Mention(NamedTuple):
    """A place where a file names somebody: the line (from 1) with its text, and what stands there afterwards."""

    path: str
    line: int
    text: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Naming:
    """What names somebody in other files: a link whose target (in the file at a path) `means` them, a `sure` word."""

    means: Callable[[str, str], bool]
    sure: re.Pattern[str]


def scrubbed(reading: Reading, naming: Naming, reader: LineReader) -> tuple[Write | None, list[Mention]]:
    """The change that lets the file just read name somebody no more, and the lines that it concerns.

    A link or a word becomes `a former customer`; a company's field, `[with:: …]` and `[label]: path.md` go. The change is None if
    there is none, or if the file cannot be written (it has errors): then the mentions have no `after`.
    """
    document = reading.document
    edits = _edits(document, naming)
    source = document.source
    if not edits:
        return None, []
    after = Source(source.path, apply_edits(source.text, edits), source.bom)
    if document.conflicts or (document.fenced and not _says_the_same(reading, read_customer(after, reader))):
        return None, [mention._replace(after=None) for mention in _mentions(source, edits)]
    return Write(source.path, source.content, after.content), list(_mentions(source, edits))


def _edits(document: Document, naming: Naming) -> list[Edit]:
    """The edits of one file, none over another."""
    edits: list[Edit] = []
    for span in _places(document, naming):
        edit = _edit(document, span)
        if edits and edit.span.start < edits[-1].span.end:  # two of them in one field, which goes
            continue
        edits.append(edit)
    return edits


def _places(document: Document, naming: Naming) -> list[Span]:
    """Where links and words mean them, in order; a word inside such a link belongs to it."""
    text, path = document.source.text, document.source.path
    body, code = Span(document.body, len(text)), document.outline.code
    links = [
        whole
        for target, whole in (*whole_links(text, document.yaml), *whole_links(text, body, code))
        if naming.means(target, path) or naming.sure.fullmatch(target)
    ]
    labels = [label for link in links if (label := label_of(text, link))]
    links += [use for label in labels for use in uses_of(label, text, body, code)]
    words = (Span(*found.span()) for found in naming.sure.finditer(text))
    return sorted([*links, *(one for one in words if not any(_meets(one, link) for link in links))])


def _meets(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _edit(document: Document, span: Span) -> Edit:
    """What is done about one place."""
    text = document.source.text
    before, behind = (
        _WITH.search(text, line_start(text, span.start), span.start),
        _CLOSING.match(text, span.end),
    )
    if before and behind:
        return Edit(Span(before.start(), behind.end()), "")
    if label_of(text, span):
        return drop_lines(text, span.start, span.end)
    field = _field_at(document, span)
    if field and field[0].value == _LINKED_KEY and document.root and not document.root.flow:
        return drop_lines(text, field[0].span.start, field[1].span.end)
    return Edit(span, FORMER)


def _field_at(document: Document, span: Span) -> tuple[Scalar, Node] | None:
    pairs = document.root.pairs if document.root else ()
    return next((pair for pair in pairs if pair[1].span.start <= span.start < pair[1].span.end), None)


def _mentions(source: Source, edits: Iterable[Edit]) -> Iterator[Mention]:
    """The lines that edits change, each once, as they are and as they will be."""
    text, lines = source.text, dict[int, list[Edit]]()
    for edit in edits:
        lines.setdefault(line_start(text, edit.span.start), []).append(edit)
    for start, of_line in lines.items():
        end = max(line_after(text, start), *(edit.span.end for edit in of_line))
        moved = [edit._replace(span=Span(edit.span.start - start, edit.span.end - start)) for edit in of_line]
        old = text[start:end]
        yield Mention(source.path, source.position(start).line, old.strip(), apply_edits(old, moved).strip())


def _says_the_same(old: Reading, new: Reading) -> bool:
    """Whether the file says of its customer what it said, but for texts; and has no new error."""
    if old.document.root is None or new.document.root is None:
        return False
    errors = [sum(one.severity is Severity.ERROR for one in each.diagnostics) for each in (old, new)]
    return errors[1] <= errors[0] and _told(old) == _told(new)


def _told(reading: Reading) -> object:
    """What a file says of days, channels and states, which no name is part of."""
    one = reading.customer
    if one is None:
        return None
    return (
        (one.id, one.kind, one.status, one.tier, one.cadence, one.cadence_until, one.language, one.timezone),
        (one.birthday, one.since, one.left, one.snooze, one.do_not_contact, one.mute, one.mute_until),
        (one.emails, one.phones, one.prefers, one.avoids, len(one.occasions), len(one.family), len(one.own)),
        [(entry.date, entry.at, entry.channel, entry.qualifiers) for entry in one.log],
        [(task.due, task.at, task.channel, task.mark, task.done, task.every) for task in one.follow_ups],
    )


def lines_with(path: str, text: str, pattern: re.Pattern[str]) -> list[Mention]:
    """The lines of the text at `path` in which `pattern` is found."""
    found: dict[int, Mention] = {}
    for match in pattern.finditer(text):
        start = line_start(text, match.start())
        if start not in found:
            line = text.count("\n", 0, start) + 1
            found[start] = Mention(path, line, text[start : line_after(text, start)].strip())
    return list(found.values())
