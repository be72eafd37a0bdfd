"""The prose of a customer's file: what is left of the body without log entries and follow-ups. Pure."""

from __future__ import annotations

import re
from itertools import islice, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.customer import Customer
    from ptcrm.text.source import Span
    from ptcrm.vault.document import Document

_GAPS = re.compile(r"\n(?:[ \t]*\n){2,}")


def notes(document: Document, customer: Customer) -> str:
    """The prose, with every line that is no open follow-up and no log entry; headings over nothing are left out."""
    text = document.source.text
    hidden = sorted([entry.span for entry in customer.log] + [task.span for task in customer.follow_ups])
    headings = {heading.span.start: heading.span.end for heading in document.outline.headings}
    parts, at = [], 0
    for span in document.parts[3:]:
        start = headings.get(span.start, span.start)
        while at < len(hidden) and hidden[at].end <= start:
            at += 1
        kept = _without(text, start, span.end, islice(hidden, at, None))
        if kept.strip():
            parts.append((text[span.start : start] + kept).strip("\r\n"))
    return _GAPS.sub("\n\n", "\n\n".join(parts).replace("\r\n", "\n"))


def _without(text: str, start: int, end: int, hidden: Iterable[Span]) -> str:
    """The characters from `start` to `end` that are in none of the `hidden` spans, which are in order."""
    kept, at = [], start
    for dark in takewhile(lambda dark: dark.start < end, hidden):
        if dark.end > at:
            kept.append(text[at : max(at, dark.start)])
            at = dark.end
    return "".join(kept) + text[at:end]
