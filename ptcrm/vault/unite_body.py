"""The body of a second file of one customer put into the first: entries in the order of its log, the rest below its own.

Pure. What stands under a heading of the second file goes below what stands under the same heading of the first; a
heading that is new goes above the log.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from ptcrm.text.edits import Edit, line_after
from ptcrm.text.markdown import Heading
from ptcrm.text.source import Span
from ptcrm.vault.document import heading_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptcrm.model.customer import LogEntry
    from ptcrm.vault.document import Document
    from ptcrm.vault.schema import Reading

_ITEM = re.compile(r"[ \t]*[-*+][ \t]")
_BOX = re.compile(r"^[ \t]*[-*+][ \t]+\[", re.MULTILINE)
_INDENT = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_INDENTED = re.compile(r"[ ]{4}|[ ]*\t")
_ENDS_LIST = "<!-- -->"  # between a list and code that is indented (CommonMark 5.3)
_BLOCK_IDS = re.compile(r"(?<=[ \t])\^([A-Za-z0-9-]+)(?=[ \t]*\r?$)", re.MULTILINE)


@dataclass(slots=True)
class _Part:
    """A heading with what stands below it (None: the body above the first one): `own` is its text down to the next one."""

    heading: Heading | None
    span: Span
    own: Span
    parts: list[_Part] = field(default_factory=list)


def joined_body(one: Reading, other: Reading) -> list[Edit]:
    """The edits of the first file that put the body of the second into it."""
    moved, gone = _entries(one, other)
    if not one.document.logs:  # then the log of the second comes with its heading
        moved, gone = [], []
    gone += _tasks_of_both(one, other)
    has_log = one.customer is not None and bool(one.customer.log)
    rest = _Joining(one.document, other.document, gone, [] if has_log else moved)
    return [*_in_order(one, moved, other), *rest.edits()]


def _entries(one: Reading, other: Reading) -> tuple[list[LogEntry], list[Span]]:
    """The entries that only the second file has, and the spans of all that leave their place there."""
    if one.customer is None or other.customer is None:
        return [], []
    known = Counter(one.customer.log)
    moved = []
    for entry in other.customer.log:
        if known[entry]:
            known[entry] -= 1
        else:
            moved.append(entry)
    return moved, [entry.span for entry in other.customer.log]


def _tasks_of_both(one: Reading, other: Reading) -> list[Span]:
    """The spans of the follow-ups of the second file that stand in the first, letter by letter."""
    known = Counter(_task_texts(one.document).values())
    found = []
    for start, words in _task_texts(other.document).items():
        if known[words]:
            known[words] -= 1
            found.append(start)
    return found


def _task_texts(document: Document) -> dict[Span, str]:
    text = document.source.text
    return {item.span: item.span.of(text).strip() for item in document.tasks() if not item.depth}


# Entries


def _in_order(one: Reading, moved: list[LogEntry], other: Reading) -> Iterator[Edit]:
    """The edits that put entries among those of the first file, by their days; none if it has no entry."""
    log = one.customer.log if one.customer else ()
    if not log:
        return
    text = one.document.source.text
    newest_first = log[0].date >= log[-1].date
    in_order = moved if newest_first == _is_newest_first(other) else moved[::-1]
    for entry in sorted(in_order, key=lambda entry: entry.date, reverse=newest_first):
        after = (it for it in log if (it.date < entry.date if newest_first else it.date > entry.date))
        below = next(after, None)
        neighbour = below or log[-1]
        eol = one.document.source.line_end_near(neighbour.span.start)
        lines = _item(entry.span.of(other.document.source.text), neighbour.span.of(text), eol)
        if below:
            yield Edit(Span(below.span.start, below.span.start), f"{lines}{eol}")
        else:
            yield Edit(Span(neighbour.span.end, neighbour.span.end), f"{eol}{lines}")


def _is_newest_first(reading: Reading) -> bool:
    log = reading.customer.log if reading.customer else ()
    return not log or log[0].date >= log[-1].date


def _item(item: str, neighbour: str, eol: str) -> str:
    """The lines of an item as they stand beside a neighbour: with its indentation and bullet."""
    margin, own = (_INDENT.match(text)[0] for text in (neighbour, item))  # type: ignore[index]  # it may be empty
    first, *more = item.rstrip().replace("\r\n", "\n").split("\n")
    first = f"{neighbour[len(margin)]}{first[len(own) + 1 :]}"
    lines = [first, *(line.removeprefix(own) for line in more)]
    return eol.join(f"{margin}{line}" if line else "" for line in lines)


# The rest


class _Joining:
    """The body of the second file, part by part; `gone` are the spans that are not taken from where they stand.

    `entries` are those that go into a log of the first file that has none.
    """

    def __init__(self, one: Document, other: Document, gone: list[Span], entries: list[LogEntry]) -> None:
        self.one, self.other, self.gone, self.entries = one, other, sorted(gone), entries
        self.left: dict[
            int, str
        ] = {}  # of the first file's own texts, what the second has not been found to say
        self.paired: set[int] = set()  # where headings stand that one of the second has been found for
        self.added: dict[int, tuple[_Part, list[str]]] = {}
        self.found: list[Edit] = []

    def edits(self) -> list[Edit]:
        """What is put into the first file, in the order of the second."""
        mine, theirs = _parts(self.one), _parts(self.other)
        if self.entries:
            text = self.other.source.text
            self._add(
                _log_part(mine, self.one),
                "\n".join(_item(it.span.of(text), "- ", "\n") for it in self.entries),
            )
        self._join(mine, mine, theirs)
        return [*(self._below(part, words) for part, words in self.added.values()), *self.found]

    def _join(self, whole: _Part, mine: _Part, theirs: _Part) -> None:
        self._add(mine, self._kept(theirs.own))
        for part in theirs.parts:
            like = self._like(whole, mine, part)
            if like is not None:
                self._join(whole, like, part)
            elif kept := self._kept(part.span):
                self._add_part(mine, kept)

    def _like(self, whole: _Part, mine: _Part, part: _Part) -> _Part | None:
        """The part of the first file with the heading of `part`: the log, else one in the same place, else anywhere.

        Each is there for one of the second file's, so that what stands there twice stands in the result twice.
        """
        if _is_log(self.other, part):
            return _log_part(whole, self.one) if self.one.logs else None
        for one in (*mine.parts, *_all(whole)):
            is_free = one.heading and one.own.start not in self.paired and not _is_log(self.one, one)
            if is_free and _title(one) == _title(part):
                self.paired.add(one.own.start)
                return one
        return None

    def _kept(self, span: Span) -> str:
        """The text of a span of the second file without what is gone, and without blank lines around it."""
        text, kept, at = self.other.source.text, [], span.start
        for dark in self.gone:
            if span.start <= dark.start < span.end and dark.start >= at:
                kept.append(text[at : dark.start])
                at = min(line_after(text, dark.end), span.end)
        kept.append(text[at : span.end])
        whole = "".join(kept).replace("\r\n", "\n")
        whole = _BLANK_LINES.sub("\n\n", whole) if len(kept) > 1 else whole
        return whole.strip("\n").rstrip()

    def _add(self, part: _Part, words: str) -> None:
        """Put text below what stands under a heading of the first file, unless the same stands there."""
        at = part.own.start
        own = self.left.setdefault(at, f"\n{part.own.of(self.one.source.text)}\n".replace("\r\n", "\n"))
        if f"\n{words}\n" in own and not _BOX.search(words):
            self.left[at] = own.replace(f"\n{words}\n", "\n\n", 1)
        elif words:
            self.added.setdefault(at, (part, []))[1].append(words)

    def _below(self, part: _Part, added: list[str]) -> Edit:
        """The edit that puts what is `added` below what stands under a heading."""
        text, own = self.one.source.text, part.own.of(self.one.source.text)
        words = added[0]
        for more in added[1:]:
            words += _gap(words, more) + more
        if own.strip():
            at = part.own.start + len(own.rstrip())
            end = "\n" if at == len(text) else ""
            return self._edit(Span(at, at), f"{_gap(own.rstrip(), words)}{words}{end}")
        end = "" if part.own.end == len(text) else "\n"
        begin = "\n" if text[: part.own.start].endswith("\n") else "\n\n"
        return self._edit(part.own, f"{begin}{words}\n{end}")

    def _add_part(self, mine: _Part, words: str) -> None:
        """Put a heading with what stands below it above the log, or at the end of `mine`."""
        text = self.one.source.text
        log = next((it for it in _all(mine) if it is not mine and _is_log(self.one, it)), None)
        if log is not None:
            above = text[: log.span.start].replace("\r\n", "\n")
            gap = "" if above.endswith("\n\n") or log.span.start == self.one.body else "\n"
            self.found.append(self._edit(Span(log.span.start, log.span.start), f"{gap}{words}\n\n"))
            return
        span = mine.span.of(text)
        at = mine.span.start + len(span.rstrip()) if span.strip() else mine.span.end
        gap = "\n" if not span.strip() and text[:at].endswith("\n") else "\n\n"
        end = "" if text[at:].strip(" \t") else "\n"
        self.found.append(self._edit(Span(at, at), f"{gap}{words}{end}"))

    def _edit(self, span: Span, words: str) -> Edit:
        return Edit(span, words.replace("\n", self.one.source.line_end_near(span.start)))


def _gap(above: str, words: str) -> str:
    """What stands between two texts: a blank line, unless both are items of a list; what ends it before code."""
    last = above.rpartition("\n")[2]
    if _INDENTED.match(words) and (_ITEM.match(last) or _INDENT.match(last)[0]):  # type: ignore[index]  # it may be empty
        return f"\n\n{_ENDS_LIST}\n\n"
    return "\n" if _ITEM.match(last) and _ITEM.match(words) else "\n\n"


def _parts(document: Document) -> _Part:
    """The body in parts, each heading below the one that it belongs to."""
    end, headings = len(document.source.text), document.sections
    starts = [head.span.start for head, _ in headings]
    whole = _Part(None, Span(document.body, end), Span(document.body, starts[0] if starts else end))
    above = [whole]
    for at, (heading, span) in enumerate(headings):
        own = Span(heading.span.end, starts[at + 1] if at + 1 < len(starts) else end)
        part = _Part(heading, span, own)
        while len(above) > 1 and above[-1].span.end <= heading.span.start:
            above.pop()
        above[-1].parts.append(part)
        above.append(part)
    return whole


def _all(part: _Part) -> Iterator[_Part]:
    yield part
    for one in part.parts:
        yield from _all(one)


def _title(part: _Part) -> str:
    return heading_key(part.heading.title) if part.heading else ""


def _is_log(document: Document, part: _Part) -> bool:
    return part.heading is not None and any(log.start == part.heading.span.end for log in document.logs)


def _log_part(whole: _Part, document: Document) -> _Part:
    """The part that is the first log."""
    return next(part for part in _all(whole) if _is_log(document, part))


# Block ids


def clashing_ids(one: Reading, other: Reading) -> dict[str, str]:
    """The block ids (without `^`) of the second file that the first has, each with another one that neither has.

    A follow-up or an entry that stands in both keeps its own.
    """
    mine = [found[1] for found in _blocks(one.document)]
    theirs = [found[1] for found in _new_blocks(one, other)]
    taken = {name.lower() for name in (*mine, *theirs)}
    clashing = {name.lower() for name in mine}
    new: dict[str, str] = {}
    for name in dict.fromkeys(theirs):
        if name.lower() in clashing:
            numbered = (f"{name}-{number}" for number in count(2))
            new[name] = next(it for it in numbered if it.lower() not in taken)
            taken.add(new[name].lower())
    return new


def _same_entries(one: Reading, other: Reading) -> list[Span]:
    moved, gone = _entries(one, other)
    new = {entry.span for entry in moved}
    return [span for span in gone if span not in new]


def _blocks(document: Document) -> list[re.Match[str]]:
    found = _BLOCK_IDS.finditer(document.source.text, document.body)
    return [one for one in found if not document.is_hidden(one.start())]


def _new_blocks(one: Reading, other: Reading) -> list[re.Match[str]]:
    """The block ids of the second file in what the first does not have."""
    gone = [*_same_entries(one, other), *_tasks_of_both(one, other)]
    blocks = _blocks(other.document)
    return [found for found in blocks if not any(span.start <= found.start() < span.end for span in gone)]


def rename_ids(one: Reading, other: Reading, new: Mapping[str, str]) -> list[Edit]:
    """The edits that give blocks of the second file their new ids."""
    return [Edit(Span(*found.span(1)), new[found[1]]) for found in _new_blocks(one, other) if found[1] in new]
