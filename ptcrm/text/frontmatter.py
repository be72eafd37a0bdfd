"""The fenced YAML block at the top of a file, as nodes that know where they stand.

Scalars keep their source text: no typing, no anchors, no tags. Limits come before anything is built
and the tree is made from parser events, so that depth never becomes recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import Event, ScalarEvent

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20

_FENCE = re.compile(r"---[ \t]*\r?(?:\n|\Z)")
_SECOND_MARK = re.compile("\ufeff+---[ \t]*\r?\n")
_UTF_16 = re.compile("\0?-\0-\0-\0?")
_CLOSING = re.compile(r"^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
# All but YAML's printable characters (1.1, section 4.1); libyaml miscounts after a byte order mark that begins a line.
_UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]|(?<![^\n\r\x85\u2028\u2029])\ufeff"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_IN_PLAIN_WORDS = {
    "mapping values are not allowed": "a second colon stands in this value, which then needs quotes",
    "cannot start any token": "a value must not begin with this character (a tab, @, %, or a backquote) without quotes",
    "could not find expected ':'": "a key without a colon stands here or just above",
    "expected ',' or ']'": "a list in brackets does not close",
    "expected ',' or '}'": "braces do not close",
    "end of stream": "quotes do not close",
    "expected alphabetic or numeric character": "a value must not begin with & or * without quotes",
}
_USUAL_LENGTH = 16 * 1024  # characters
_USUAL_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_IN_BRACKETS = re.compile(r"[^,\[\]{}:#?\"']+")
_ALIASES = "YAML anchors (&) and aliases (*) are not read"
_HARD_SPACE = re.compile("^[ \t]*[^\\s:#]+:\u00a0", re.MULTILINE)


class Scalar(NamedTuple):
    """A value as typed. `quoted` covers both kinds of quotes and block text."""

    value: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; a block list's span ends with its last item."""

    items: tuple[Node, ...]
    span: Span
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; a block mapping's span ends with its last value."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span
    flow: bool = False


Node = Scalar | Sequence | Mapping


class Fences(NamedTuple):
    """The parts of a file with front matter: opening fence, YAML, closing fence; the body follows."""

    yaml: Span
    body: int


class Flaw(NamedTuple):
    """Why the YAML cannot be used, as `kind` (a word the caller maps to a code), place and text."""

    kind: str
    offset: int
    message: str


def in_quotes(words: str) -> str:
    """`words` (one line that YAML allows) as a quoted value."""
    if '"' in words or "\\" in words:
        return "'" + words.replace("'", "''") + "'"
    return f'"{words}"'


def find_fences(text: str) -> Fences | Flaw | None:
    """Where the front matter stands; None if the file has none; a flaw if it opens and cannot be read."""
    opening = _FENCE.match(text)
    if opening is None:
        return _odd_opening(text)
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        return Flaw("unclosed", 0, "the front matter opens here and never closes")
    return Fences(Span(opening.end(), closing.start()), closing.end())


def _odd_opening(text: str) -> Flaw | None:
    """The flaw of a file that begins with a fence to a person's eye and not to the program's."""
    if lone_cr := re.match(r"---[ \t]*\r", text):
        return Flaw("yaml", lone_cr.end() - 1, "lines end in CR alone; save with LF or CRLF")
    if _UTF_16.match(text):
        return Flaw("yaml", 0, "this file is in UTF-16; save it as UTF-8")
    if _SECOND_MARK.match(text):
        return Flaw("yaml", 0, "the file begins with two byte order marks; save it with one or none")
    return None


def compose(text: str, span: Span) -> Mapping | Flaw:
    """The mapping that stands in `span` of `text` (empty YAML is an empty mapping), or what is wrong."""
    return usual_mapping(text, span) or parsed_mapping(text, span)


def parsed_mapping(text: str, span: Span) -> Mapping | Flaw:
    """What `compose` gives, always by YAML's parser."""
    block = span.of(text)
    if len(block.encode(errors="replace")) > MAX_BYTES:
        return Flaw("too-big", span.start, f"this block is over {MAX_BYTES // 1024} KiB")
    unreadable = _UNREADABLE.search(block)
    if unreadable:
        return Flaw("yaml", span.start + unreadable.start(), "a character YAML does not allow")
    root = _read(text, span)
    if isinstance(root, Flaw) and root.kind in ("yaml", "not-mapping"):
        return _hard_space(text, span.start, span) or root  # the likely cause of whatever YAML says
    return root


def usual_mapping(text: str, span: Span) -> Mapping | None:
    """What `compose` gives for lines of the few usual forms; None if there are others. The tests hold it to YAML's parser.

    The forms are `key: value`, where the value is plain, in quotes or a list in brackets, and `key:` with `- value`
    lines below it. No key and no plain value begins with a sign that means something to YAML.
    """
    block = span.of(text)
    if len(block) > _USUAL_LENGTH or not block.endswith("\n"):
        return None
    pairs: list[tuple[Scalar, Node]] = []
    lines = block.split("\n")
    number, at = 0, span.start
    while number < len(lines) - 1:
        key, colon, rest = lines[number].partition(":")
        if not (colon and _USUAL_KEY.fullmatch(key)):
            return None
        name = Scalar(key, Span(at, at + len(key)))
        at += len(lines[number]) + 1
        number += 1
        if rest:
            node = _usual_value(rest, name.span.end + 1)
        else:
            below = list(takewhile(lambda line: line[:1] in ("-", " "), lines[number:]))
            node = _usual_items(below, at)
            at += sum(map(len, below)) + len(below)
            number += len(below)
        if node is None:
            return None
        pairs.append((name, node))
    return Mapping(tuple(pairs), Span(span.start, pairs[-1][1].span.end))


def _usual_value(rest: str, at: int) -> Node | None:
    """The value in `rest`, the part of a line from a key's colon or a dash on, which stands at `at`."""
    words = rest.lstrip(" ")
    start = at + len(rest) - len(words)
    if start == at:
        return None
    if words[:1] != "[":
        return _usual_scalar(words, start)
    if words[-1] != "]":
        return None
    items: list[Node] = []
    at = start + 1
    for part in words[1:-1].split(",") if words != "[]" else ():
        bare = part.lstrip(" ")
        item = _usual_scalar(bare.rstrip(" "), at + len(part) - len(bare))
        if item is None or not (item.quoted or _IN_BRACKETS.fullmatch(item.value)):
            return None
        items.append(item)
        at += len(part) + 1
    return Sequence(tuple(items), Span(start, start + len(words)), flow=True)


def _usual_scalar(words: str, start: int) -> Scalar | None:
    """A plain value, or one in quotes without an escape."""
    if not words or not words.isprintable():
        return None
    end = start + len(words)
    if words[0] in "\"'":
        value = words[1:-1]
        if len(words) < 2 or words[-1] != words[0] or words[0] in value or "\\" in value:
            return None
        return Scalar(value, Span(start, end), quoted=True)
    if not words[0].isalnum() or words[-1] in " :" or ": " in words or " #" in words:
        return None
    return Scalar(words, Span(start, end))


def _usual_items(lines: list[str], at: int) -> Node | None:
    """The list whose items stand on `lines`, the first of them at `at`; without a line the empty value before."""
    if not lines:
        return Scalar("", Span(at - 1, at - 1))
    indent = len(lines[0]) - len(lines[0].lstrip(" "))
    begin, start, items = " " * indent + "-", at + indent, list[Node]()
    for line in lines:
        item = _usual_value(line[indent + 1 :], at + indent + 1) if line.startswith(begin) else None
        if not isinstance(item, Scalar):
            return None
        items.append(item)
        at += len(line) + 1
    return Sequence(tuple(items), Span(start, items[-1].span.end))


def _hard_space(text: str, line: int, span: Span) -> Flaw | None:
    """The flaw of `key:` with a non-breaking space, which makes it no key to YAML.

    It is looked for where the line at `line` begins, and where lines inside `span` do.
    """
    found = _HARD_SPACE.match(text, line, span.end) or _HARD_SPACE.search(text, *span)
    return Flaw("yaml", found.end() - 1, "a non-breaking space stands after the colon") if found else None


def _read(text: str, span: Span) -> Mapping | Flaw:
    import yaml  # here, so that what only reads remembered rows never loads it

    builder = _Builder(text, span.start)
    try:
        events = yaml.parse(span.of(text), Loader=getattr(yaml, "CLoader", yaml.SafeLoader))
        root = builder.build(events)
    except _FlawError as error:
        return error.flaw
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Flaw("yaml", span.start + (mark.index if mark else 0), _plain(error.problem))
    except (yaml.YAMLError, ValueError, OverflowError):  # a number in it that no int or character can be
        return Flaw("yaml", span.start, _plain(None))
    if root is None or (isinstance(root, Scalar) and not root.value and not root.quoted):
        return Mapping((), span)
    if not isinstance(root, Mapping):
        return Flaw("not-mapping", root.span.start, "the front matter is no list of `key: value` lines")
    return root


def _plain(problem: str | None) -> str:
    """What the parser says, in the words of people who write files."""
    for words, plain in _IN_PLAIN_WORDS.items():
        if problem and words in problem:
            return plain
    return f"YAML cannot read this ({problem})" if problem else "YAML cannot read this"


class _FlawError(Exception):
    def __init__(self, kind: str, offset: int, message: str) -> None:
        super().__init__(message)
        self.flaw = Flaw(kind, offset, message)


def _refuse_indirection(anchor: str | None, tag: str | None, start: int) -> None:
    if anchor:
        raise _FlawError("indirection", start, _ALIASES)
    if tag:
        raise _FlawError("indirection", start, "YAML tags (!) are not read")


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    start: int
    flow: bool
    is_map: bool
    nodes: list[Node]


class _Builder:
    """Turns parser events into nodes with offsets into the whole text."""

    def __init__(self, text: str, base: int) -> None:
        self.text = text
        self.base = base

    def build(self, events: Iterator[Event]) -> Node | None:
        """The root node, or None if the stream holds no document."""
        import yaml

        stack: list[_Open] = []
        root: Node | None = None
        for event in events:
            start, end = self._place(event)
            if isinstance(event, yaml.ScalarEvent):
                _refuse_indirection(event.anchor, event.tag, start)
                done: Node = self._scalar(event, start, end)
            elif isinstance(event, yaml.CollectionEndEvent):
                done = self._close(stack.pop(), end)
            elif isinstance(event, yaml.CollectionStartEvent):
                _refuse_indirection(event.anchor, event.tag, start)
                if len(stack) == MAX_DEPTH:
                    raise _FlawError("too-deep", start, f"more than {MAX_DEPTH} levels inside each other")
                is_map = isinstance(event, yaml.MappingStartEvent)
                stack.append(_Open(start, bool(event.flow_style), is_map, []))
                continue
            else:
                self._refuse_more(event, start, is_second=root is not None)
                continue
            if stack:
                stack[-1].nodes.append(done)
            else:
                root = done
        return root

    @staticmethod
    def _refuse_more(event: Event, start: int, *, is_second: bool) -> None:
        """Refuse what is no node: an alias, a second document, an end before the end."""
        import yaml

        if isinstance(event, yaml.AliasEvent):
            raise _FlawError("indirection", start, _ALIASES)
        if isinstance(event, yaml.DocumentStartEvent) and is_second:
            raise _FlawError("yaml", start, "a second YAML document begins here")
        if isinstance(event, yaml.DocumentEndEvent) and event.explicit:
            raise _FlawError("yaml", start, "`...` ends the YAML before the closing `---`")

    def _place(self, event: Event) -> tuple[int, int]:
        """Where an event begins and ends; both loaders count characters."""
        first, last = event.start_mark, event.end_mark
        return self.base + (first.index if first else 0), self.base + (last.index if last else 0)

    def _scalar(self, event: ScalarEvent, start: int, end: int) -> Scalar:
        style = event.style
        if style in ("|", ">"):
            while end > start and self.text[end - 1] in " \t\r\n":
                end -= 1
        elif not style and ":\u00a0" in event.value:
            line = self.text.rfind("\n", 0, start) + 1
            swallowed = _hard_space(self.text, line, Span(start, end))
            if swallowed:
                raise _FlawError(*swallowed)
        elif not event.value.isascii() and _SURROGATE.search(event.value):
            raise _FlawError("yaml", start, "an escape in this text names no character")
        return Scalar(event.value, Span(start, end), bool(style))

    @staticmethod
    def _close(opened: _Open, end: int) -> Node:
        nodes = opened.nodes
        if not opened.flow:
            end = nodes[-1].span.end if nodes else opened.start
        span = Span(opened.start, end)
        if not opened.is_map:
            return Sequence(tuple(nodes), span, opened.flow)
        pairs: list[tuple[Scalar, Node]] = []
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise _FlawError("yaml", key.span.start, "a key must be plain text")
            if key.value == "<<" and not key.quoted:
                raise _FlawError("indirection", key.span.start, "YAML merge keys (<<) are not read")
            pairs.append((key, value))
        return Mapping(tuple(pairs), span, opened.flow)
