"""The log of mailings to many (`mailings.md`, FORMAT §1): a line more. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptcrm.model.change import Change, Create, Write
from ptcrm.text.edits import Edit, apply_edits
from ptcrm.text.markdown import outline
from ptcrm.text.safe import one_line
from ptcrm.text.source import Source, Span
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from datetime import date

PATH = "mailings.md"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


def mailing_line(day: date, channel: str, text: str, query: str, people: int) -> str:
    """The line of a mailing: `- 2026-11-05 newsletter: Autumn letter (tag:newsletter, 47 people)`."""
    return f"- {day} {channel}: {one_line(text)} ({one_line(query)}, {plural(people, 'person', 'people')})"


def recorded(source: Source | None, line: str) -> Change:
    """The change that adds `line`: above if the first one is newer than the last, else below; None: no file yet."""
    if source is None:
        return Create(PATH, f"# Mailings\n\n{line}\n".encode())
    text = source.text
    items = [
        item
        for item in outline(text, 0).items(text)
        if not item.depth and item.box is None and _DATE.match(item.content.of(text))
    ]
    days = [item.content.of(text)[:10] for item in items]
    if items and days[0] > days[-1]:
        at = items[0].span.start
        new = f"{line}{source.line_end_near(at)}"
    elif items:
        at = items[-1].span.end
        new = f"{source.line_end_near(at)}{line}"
    else:
        at, eol = len(text), source.line_end_near(len(text))
        new = f"{'' if not text or text.endswith(chr(10)) else eol}{eol if text.strip() else ''}{line}{eol}"
    after = Source(source.path, apply_edits(text, [Edit(Span(at, at), new)]), source.bom)
    return Write(source.path, source.content, after.content)
