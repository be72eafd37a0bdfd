"""The members of a list in the front matter, changed each in its place. Pure.

A member that stays is not touched, with its quotes and comments; a new one is written as its neighbours are.
Members from `first` to `last` are a half-open range.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.edits import Edit, line_after, line_start
from ptcrm.text.frontmatter import Mapping, Scalar, Sequence
from ptcrm.text.source import Span
from ptcrm.vault.emit import emit
from ptcrm.vault.schema import BY_NAME

if TYPE_CHECKING:
    from ptcrm.text.frontmatter import Node
    from ptcrm.text.source import Source
    from ptcrm.vault.schema import Field

_OCCASIONS = BY_NAME["occasions"]
_DASH = re.compile(r"-[ \t]*(?:#[^\n]*)?(?:\r?\n[ \t]*(?:#[^\n]*)?)*\Z")
_COMMA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*,")
_BULLET = re.compile(r"-[ \t]+")
_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")
_BLANK_LINES_ABOVE = re.compile(r"(?:(?<=\n)[ \t]*\r?\n)*\Z")


class Member(NamedTuple):
    """One member: its words as a person would give them, its text, and where its line's own part begins.

    `start` is the dash of a list below its key, else the text's start; `paired` ones are `name: value`.
    """

    words: str
    span: Span
    start: int
    paired: bool = False


class _List(NamedTuple):
    """A list as it stands in a file."""

    source: Source
    span: Span
    flow: bool
    members: list[Member]
    field: Field

    @property
    def text(self) -> str:
        """The whole file's text."""
        return self.source.text


def members_of(text: str, node: Node, field: Field) -> list[Member] | None:
    """The members of the list that `node` is to `field`, or None if it is none, or an empty one."""
    if isinstance(node, Mapping) and field is _OCCASIONS:
        return [_pair(key, value) for key, value in node.pairs]
    if not isinstance(node, Sequence) or not field.many or node.span.of(text).startswith("[["):
        return None
    members = []
    at = node.span.start
    for item in node.items:
        start = item.span.start if node.flow else _dash(text, at, item)
        members.append(_member(text, item, field)._replace(start=start))
        at = item.span.end
    return members


def _pair(key: Scalar, value: Node) -> Member:
    words = f"{key.value} {value.value}" if isinstance(value, Scalar) else ""
    return Member(words, Span(key.span.start, value.span.end), key.span.start, paired=True)


def _member(text: str, item: Node, field: Field) -> Member:
    if isinstance(item, Scalar):
        return Member(item.value.strip(), item.span, item.span.start)
    if isinstance(item, Mapping) and field is _OCCASIONS:
        words = _pair(*item.pairs[0]).words if len(item.pairs) == 1 else ""
        in_braces = text[item.span.start] == "{"
        end = item.span.end if in_braces or not item.pairs else item.pairs[-1][1].span.end
        return Member(words, Span(item.span.start, end), item.span.start, paired=True)
    return Member(item.span.of(text), item.span, item.span.start)


def _dash(text: str, after: int, item: Node) -> int:
    """Where the dash before `item` stands; comments may stand between, and hold dashes of their own."""
    found = _DASH.search(text, after, item.span.start)
    return found.start() if found else item.span.start


def change_members(
    source: Source, node: Sequence | Mapping, members: list[Member], field: Field, values: list[str]
) -> list[Edit]:
    """The edits that leave `values`, one or more, as the members, in that order."""
    from difflib import SequenceMatcher

    one = _List(source, node.span, node.flow, members, field)
    matcher = SequenceMatcher(None, [member.words for member in members], values, autojunk=False)
    return [
        edit
        for kind, first, last, begin, end in matcher.get_opcodes()
        if kind != "equal"
        for edit in _change(one, first, last, values[begin:end])
    ]


def _change(one: _List, first: int, last: int, values: list[str]) -> list[Edit]:
    """Give the members from `first` to `last` the `values`, each in its place as far as there are both."""
    shared = 0 if _takes_whole_lines(one, first, last, values) else min(last - first, len(values))
    edits = [
        Edit(member.span, _written(one, value, member))
        for member, value in zip(one.members[first:][:shared], values, strict=False)
    ]
    first, values = first + shared, values[shared:]
    if not one.flow and (first < last or values):
        edits.append(_lines(one, first, last, values))
    elif first < last:
        edits += _drop_from_flow(one, first, last)
    elif values:
        edits += _insert_into_flow(one, first, values)
    return edits


def _takes_whole_lines(one: _List, first: int, last: int, values: list[str]) -> bool:
    """Whether a value comes from another line, with its comment, or a dash stands with nothing behind it."""
    empty = any(member.span.start == member.span.end for member in one.members[first:last])
    return not one.flow and (empty or any(member.words in values for member in one.members))


def _written(one: _List, value: str, neighbour: Member) -> str:
    """A member's text: as it stands already, or in the form that its neighbour has."""
    known = _known(one, value)
    if known:
        return known.span.of(one.text)
    if not neighbour.paired:
        return emit(value, one.field, flow=one.flow)
    name, _, day = value.rpartition(" ")
    pair = f"{emit(name.rstrip().removesuffix(':'), one.field, flow=one.flow)}: {day}"
    return f"{{{pair}}}" if one.text[neighbour.span.start] == "{" else pair


def _known(one: _List, value: str) -> Member | None:
    return next((member for member in one.members if member.words == value), None)


# Below the key


def _lines(one: _List, first: int, last: int, values: list[str]) -> Edit:
    """Whole lines in the place of those from `first` to `last`; no two blank lines meet where some go."""
    text, members = one.text, one.members
    start = line_after(text, members[first - 1].span.end) if first else line_start(text, members[0].start)
    end = start
    if first < last:
        start, end = line_start(text, members[first].start), line_after(text, members[last - 1].span.end)
    if values:
        neighbour = members[max(first - 1, 0)]
        return Edit(Span(start, end), "".join(_line(one, value, neighbour) for value in values))
    if last == len(members):
        above = _BLANK_LINES_ABOVE.search(text, members[first - 1].span.end, start)
        start = above.start() if above else start
    elif not first or not text[line_start(text, start - 1) : start].strip():
        below = _BLANK_LINES.match(text, end)
        end = below.end() if below else end
    return Edit(Span(start, end), "")


def _line(one: _List, value: str, neighbour: Member) -> str:
    """A member's line, or lines; one that only moves takes its comment along."""
    text = one.text
    known = _known(one, value)
    if known:
        return text[line_start(text, known.start) : line_after(text, known.span.end)]
    indent = text[line_start(text, neighbour.start) : neighbour.start]
    bullet = text[neighbour.start : neighbour.span.start]
    if bullet and not _BULLET.fullmatch(bullet):
        bullet = "- "
    return f"{indent}{bullet}{_written(one, value, neighbour)}{one.source.line_end_near(neighbour.start)}"


# In brackets or braces


def _drop_from_flow(one: _List, first: int, last: int) -> list[Edit]:
    """Take members away, with their commas and the lines that they have to themselves."""
    text = one.text
    start, end = one.members[first].span.start, one.members[last - 1].span.end
    before = one.members[first - 1].span.end if first else None
    after = one.members[last].span.start if last < len(one.members) else None
    if after is not None and "\n" not in text[end:after]:
        return [Edit(Span(start, after), "")]
    if before is not None and "\n" not in text[before:start]:
        return [Edit(Span(before, end), "")]
    comma = _COMMA.match(text, end)
    end = comma.end() if comma else end
    rest = text[end : line_after(text, end)].strip()
    if not _begins_line(text, start) or (rest and not rest.startswith("#")):
        return [Edit(Span(start, end), "")]
    edits = [Edit(Span(line_start(text, start), line_after(text, end)), "")]
    loose = None if comma or before is None else _COMMA.match(text, before)
    return [*edits, Edit(Span(loose.end() - 1, loose.end()), "")] if loose else edits


def _insert_into_flow(one: _List, index: int, values: list[str]) -> list[Edit]:
    """Put members before the one at `index`, or at the end: on lines of their own where the neighbour is."""
    text = one.text
    neighbour = one.members[min(index, len(one.members) - 1)]
    start, end = neighbour.span
    new = [_written(one, value, neighbour) for value in values]
    indent = text[line_start(text, start) : start]
    eol = one.source.line_end_near(start)
    if index < len(one.members):
        if not _begins_line(text, start):
            return [Edit(Span(start, start), "".join(f"{member}, " for member in new))]
        return [Edit(Span(start, start), "".join(f"{member},{eol}{indent}" for member in new))]
    comma = _COMMA.match(text, end)
    below = line_after(text, comma.end() if comma else end)
    if not _begins_line(text, start) or below >= one.span.end:
        return [Edit(Span(end, end), "".join(f", {member}" for member in new))]
    lines = f",{eol}".join(f"{indent}{member}" for member in new)
    if comma:
        return [Edit(Span(below, below), f"{lines},{eol}")]
    return [Edit(Span(end, end), ","), Edit(Span(below, below), f"{lines}{eol}")]


def _begins_line(text: str, offset: int) -> bool:
    return not text[line_start(text, offset) : offset].strip()
