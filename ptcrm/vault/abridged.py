"""A long file without the middle of its log: what a change needs of it, read in no time. Pure.

Left out are lines that bear on nothing but themselves, from one item at the margin to another. Such an item
ends whatever stood open above it, so that all that stays is read as in the whole file; and what a change does
to one, it does to the other. The tests hold this short way to the long one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.change import Write
from ptcrm.text.edits import Edit, apply_edits
from ptcrm.text.frontmatter import Flaw, find_fences
from ptcrm.text.source import Source, Span
from ptcrm.vault.amend import amended
from ptcrm.vault.schema import Reading, read_customer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.vault.amend import Amendment
    from ptcrm.vault.log import LineReader

_KEPT = 2000  # characters at each end of what could be left out
_TRIES = 2
# Items that hold neither box, code nor comment, whatever else they say; and lines of text, and blank ones.
_ITEM = r"[-*+] (?:(?:\[\[|\*\*)?[0-9]{4}-|[^\W\d_])"
_AT_MARGIN = re.compile(rf"\n(?={_ITEM})")
_DATED = re.compile(r"\n(?=[-*+] (?:\[\[|\*\*)?[0-9]{4}-)")
_BEARING = re.compile(rf"\n(?![ \t]*(?:{_ITEM}|[^\W\d_]|\r?$))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Abridged:
    """The `reading` of a file that lacks the parts at `cuts`, which are spans of the `whole`; none, and it lacks nothing.

    Its customer has the fields, links and follow-ups of the whole file, but those of the log's middle; lines
    and spans count without it.
    """

    reading: Reading
    whole: Source
    cuts: tuple[Span, ...] = ()

    def amended(self, amendment: Amendment, reader: LineReader) -> Write:
        """The change to the whole file, whose `amendment` was made for `reading`; raises `RefusedError`.

        What would be refused is looked at in the whole file, which can say where the trouble is.
        """
        edits = tuple(self._moved(edit) for edit in amendment.edits)
        try:
            change = amended(self.reading, amendment, reader)
        except RefusedError:
            if not self.cuts:
                raise
            return amended(read_customer(self.whole, reader), replace(amendment, edits=edits), reader)
        if not self.cuts:
            return change
        after = Source(self.whole.path, apply_edits(self.whole.text, edits), self.whole.bom)
        return Write(self.whole.path, self.whole.content, after.content)

    def _moved(self, edit: Edit) -> Edit:
        """The edit as one of the whole file."""
        return Edit(Span(*map(self._place, edit.span)), edit.text)

    def _place(self, offset: int) -> int:
        for cut in self.cuts:
            if offset < cut.start:
                break
            offset += cut.end - cut.start
        return offset


def abridged(source: Source, reader: LineReader, kept: int = _KEPT) -> Abridged:
    """The customer in `source` for a change, without the middle of a long log if nothing depends on it.

    Of what could be left out, `kept` characters stay at each end.
    """
    cuts = tuple(_cuts(source.text, kept))
    for _ in range(_TRIES):
        if not cuts:
            break
        rest = Source(source.path, apply_edits(source.text, (Edit(cut, "") for cut in cuts)), source.bom)
        short = Abridged(read_customer(rest, reader), source, cuts)
        cuts = tuple(_proven(short))
        if cuts == short.cuts:
            return short
    return Abridged(read_customer(source, reader), source)


def _cuts(text: str, kept: int) -> Iterator[Span]:
    """The parts that may be left out: whole lines, from one item at the margin to another."""
    if len(text) <= 4 * kept:
        return
    fences = find_fences(text)
    if fences is None or isinstance(fences, Flaw):
        return
    start = fences.body
    for end in (*(found.start() for found in _BEARING.finditer(text, start)), len(text)):
        cut = _cut(text, Span(start, end), kept) if end - start > 4 * kept else None
        if cut:
            yield cut
        start = end + 1


def _cut(text: str, stretch: Span, kept: int) -> Span | None:
    """The part of a stretch, of which the first line may bear on others, that may be left out."""
    first = _AT_MARGIN.search(text, stretch.start + kept, stretch.end)
    last = _DATED.search(text, stretch.end - kept, stretch.end)
    return Span(first.end(), last.end()) if first and last and first.end() < last.end() else None


def _proven(short: Abridged) -> Iterator[Span]:
    """The cuts that have an entry below them, and the first and last of the log that is written to on either side."""
    document, customer = short.reading.document, short.reading.customer
    if customer is None:
        return
    starts = [entry.span.start for entry in customer.log]
    log = document.logs[0] if document.logs else Span(0, 0)
    written = [start for start in starts if log.start <= start < log.end]
    gone = 0
    for cut in short.cuts:
        place = cut.start - gone
        gone += cut.end - cut.start
        if place in starts and (place not in written or written[0] < place < written[-1]):
            yield cut
