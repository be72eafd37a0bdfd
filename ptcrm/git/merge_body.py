"""What stands below the front matter, in parts: log entries, follow-ups, headings, paragraphs; and how one is merged. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.merge_match import Part, merge_lines
from ptcrm.git.merge_parts import Conflict, Piece, Rules
from ptcrm.git.merge_tasks import merge_task
from ptcrm.model.config import Config
from ptcrm.model.reading import Report
from ptcrm.text.edits import line_after, line_start
from ptcrm.text.fold import fold
from ptcrm.vault.document import heading_key
from ptcrm.vault.log import LineReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.customer import FollowUp
    from ptcrm.text.markdown import Item
    from ptcrm.vault.document import Document

_WHEN = re.compile(
    r"(?:\[\[|\*\*)?([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])(?:\]\]|\*\*)?(?:[ \t]+([0-9]{1,2}:[0-9]{2}))?"
)
_NUMBERED = re.compile(r"([ \t]*)([0-9]{1,9})([.)].*)", re.DOTALL)


class _Block(NamedTuple):
    start: int
    end: int
    kind: str
    item: Item | None = None
    title: str = ""


def body_parts(document: Document) -> list[Part]:
    """The parts of the body with all its text, in order; the last one stands for the end.

    Log entries are the items that begin with a day (FORMAT §2.3), wherever they stand, since the vault may give its
    logs other names. Follow-ups are known by their block id, else by channel and words (§2.4).
    """
    text, at, under = document.source.text, document.body, ""
    report = Report(document.source)
    parts: list[Part] = []
    for block in _blocks(document):
        if block.start < at:
            continue
        gap = _paragraphs(text[at : block.start], under, parts) if at < block.start else ""
        if block.kind == "heading":
            under = heading_key(block.title)
        if block.kind == "run":
            parts += _run(text[block.start : block.end], gap, under)
        elif block.item is not None:
            parts.append(_item(block, gap, under, report))
        else:
            words = text[block.start : block.end]
            same = heading_key(block.title)
            parts.append(Part(block.kind, _name(block.kind, words), words, gap, same, under=under))
        at = block.end
    gap = _paragraphs(text[at:], under, parts)
    parts.append(Part("end", "", "", gap))
    return parts


def _run(words: str, gap: str, under: str) -> Iterator[Part]:
    """The parts of lines that are plain items at the margin, as nearly all of a log is."""
    for piece in words.split("\n")[:-1]:
        line = f"{piece}\n"
        when = _when(line, 2)
        kind = "entry" if when else "item"
        yield Part(kind, _name(kind, line), line, gap, "", when, under)
        gap = ""


def _item(block: _Block, gap: str, under: str, report: Report) -> Part:
    text, item = report.source.text, block.item
    words = text[block.start : block.end]
    if item is None or item.box is not None:
        known = item and _reader().follow_up(item, text, report)
        same = known.origin if known else f"|{fold(item.content.of(text)) if item else ''}"
        part = Part("task", _name("task", words), words, gap, same, "", under)
        return part._replace(mark=_mark(known), repeats=known.every is not None) if known else part
    when = _when(text, item.content.start)
    kind = "entry" if when and item.marker in "-*+" else "item"
    return Part(kind, _name(kind, words), words, gap, "", when, under)


def _mark(task: FollowUp) -> str:
    return "open" if task.mark == "open" else "closed"


def _name(kind: str, words: str) -> str:
    """An entry is known by its text alone; what reads otherwise in another place is another part there."""
    return words if kind == "entry" else f"{kind} {words}"


def _when(text: str, at: int) -> str:
    """The day and time that an item begins with, so that they sort; nothing if it begins with none."""
    found = _WHEN.match(text, at)
    return f"{found[1]} {(found[2] or '').zfill(5)}" if found else ""


@lru_cache(maxsize=1)
def _reader() -> LineReader:
    return LineReader.of(Config())


def _blocks(document: Document) -> list[_Block]:
    """Headings, items at the margin, runs of plain ones and code, in order and as whole lines."""
    text, found = document.source.text, document.outline
    blocks = [_Block(*heading.span, "heading", title=heading.title) for heading in found.headings]
    items = [item for item in found.others if not item.depth]
    blocks += [_Block(item.span.start, line_after(text, item.span.end), "item", item) for item in items]
    blocks += [_Block(*run, "run") for run in found.runs]
    blocks += [
        _Block(line_start(text, code.start), line_after(text, code.end), "code") for code in found.code
    ]
    return sorted(blocks, key=lambda block: (block.start, -block.end))


def _paragraphs(text: str, under: str, parts: list[Part]) -> str:
    """Add the paragraphs of `text` to `parts`; the blank lines below the last."""
    gap = words = ""
    for line in (f"{line}\n" for line in text.split("\n")[:-1]):
        if line.strip():
            words += line
            continue
        if words:
            parts.append(Part("text", _name("text", words), words, gap, under=under))
            gap = words = ""
        gap += line
    if words:
        parts.append(Part("text", _name("text", words), words, gap, under=under))
        gap = ""
    return gap


def _resolve(base: Part | None, ours: Part, theirs: Part) -> list[Piece]:
    if ours.kind == theirs.kind == "task":
        return merge_task(base, ours, theirs)
    if base is not None:
        merged = merge_lines(base.text, ours.text, theirs.text, is_code=ours.kind == "code")
        merged = merged if merged is not None else _renumbered(base, ours, theirs)
        if merged is not None:
            return [merged]
    return [Conflict(ours.text, theirs.text)]


def _renumbered(base: Part, ours: Part, theirs: Part) -> str | None:
    """A numbered item to which both sides gave a number: the larger one, since something was added above."""
    found = [_NUMBERED.fullmatch(part.text) for part in (base, ours, theirs)]
    old, left, right = found
    if old is None or left is None or right is None:
        return None
    words = merge_lines(old[3], left[3], right[3])
    return None if words is None else f"{left[1]}{max(int(left[2]), int(right[2]))}{words}"


BODY_RULES = Rules(_resolve)
