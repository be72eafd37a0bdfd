"""The parts of Markdown that mean something to us, with spans: headings, list items, links, code.

One pass over the lines, following CommonMark's container rules (lazy lines, fences inside items, four
columns make code), for the constructs we read; the tests hold it against a full parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADING = re.compile(r"(#{1,6})(?:[ \t]|$)")
_CLOSING_HASHES = re.compile(r"(?:^|[ \t])#+$")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_RULE = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_MARKER = re.compile(r"([-*+]|[0-9]{1,9}[.)])(?=[ \t]|$)")
_MAX_MARKERS = 20  # on one line, `- - - x`; what comes after them is text
# Words, or a date, which begin nothing else inside an item.
_PLAIN_START = r"[-*+] (?:[0-9]{4}-|[^\W\d_])"
_PLAIN_ITEMS = re.compile(rf"(?>{_PLAIN_START}.*\n(?={_PLAIN_START}|\Z))++")
_LONE_CR = re.compile(r"\r(?!\n)")
_BOX = re.compile(r"\[([^\n])\](?=[ \t]|$)")
# In a table the bar of `[[target|words]]` is written `\|`.
_WIKI = re.compile(
    r"\[\[(?P<wiki>[^\[\]\n|#]*?)(?P<heading>#[^\[\]\n|]*?)?\\?(?:\|(?P<words>[^\[\]\n]*))?\]\]"
)
_INLINE_LINK = (
    r"(?<!!)\[[^\[\]\n]*\]\((?![A-Za-z][A-Za-z0-9+.-]*:)"
    r"(?:<(?P<angled>[^<>#\n]+\.md)(?:#[^<>\n]*)?>|(?P<bare>[^()<>#\s]+\.md)(?:#[^()\s]*)?)"
    r"(?:[ \t]{1,9}(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'))?\)"  # a title
)
# `[label]: path.md`, which links such as `[words][label]` lead to; a label with `^` is a footnote's.
_DEFINITION = (
    r"(?m:^)[ \t]*\[(?P<label>(?!\^)[^\[\]\n]+)\]:[ \t]*(?![A-Za-z][A-Za-z0-9+.-]*:)"
    r"(?:<(?P<def_angled>[^<>#\n]+\.md)(?:#[^<>\n]*)?>|(?P<def_bare>[^<>#\s]+\.md)(?:#\S*)?)(?=[ \t\r\n]|\Z)"
)
_TICKS = re.compile(r"`+")
_LINK = re.compile(f"(?P<ticks>{_TICKS.pattern})|{_WIKI.pattern}|{_INLINE_LINK}|{_DEFINITION}")
_WIKI_LINK = re.compile(f"{_WIKI.pattern}(?P<angled>)(?P<bare>)(?P<def_angled>)(?P<def_bare>)")
_TARGETS = ("wiki", "angled", "bare", "def_angled", "def_bare")
# `[words][label]`, `[label][]` or `[label]`
_USE = re.compile(
    rf"(?P<ticks>{_TICKS.pattern})|(?<![!\[\]\\])(?:\[[^\[\]\n]*\])?\[(?P<label>[^\[\]\n]+)\](?:\[\])?(?![\[(:])"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that is not inside a list or quote; `span` covers its line or lines, with line end."""

    span: Span
    level: int
    title: str


class Item(NamedTuple):
    """A list item. `span`: from its line's start to the end of its last line, without the line end.

    `content` is the rest of its first line after marker and box; `box` the offset of the character
    inside `[ ]` of a task, else None; `depth` the number of items it is inside of; `indent` in columns.
    """

    span: Span
    content: Span
    marker: str
    depth: int
    indent: int
    box: int | None = None


class Outline(NamedTuple):
    """What a body holds, in the order of the file; `code` are fenced blocks and comments.

    `runs` are lines each of which is one plain item at the top level; the other items are `others`.
    """

    headings: tuple[Heading, ...]
    others: tuple[Item, ...]
    runs: tuple[Span, ...]
    code: tuple[Span, ...]

    def items(self, text: str) -> list[Item]:
        """All list items of the `text`."""
        plain = (item for run in self.runs for item in plain_items(text, run))
        return sorted([*self.others, *plain], key=lambda item: item.span.start)


def plain_items(text: str, run: Span) -> Iterator[Item]:
    """The items of a run of lines that are plain ones."""
    at = run.start
    while at < run.end:
        after = text.index("\n", at) + 1
        end = after - (2 if text[after - 2] == "\r" else 1)
        yield Item(Span(at, end), Span(at + 2, end), text[at], 0, 0)
        at = after


class Target(NamedTuple):
    """A link's target as written, and where the target text stands."""

    text: str
    span: Span


def outline(text: str, start: int) -> Outline:
    """The headings, list items and code blocks of `text` from offset `start` on."""
    scanner = _Scanner(text)
    at = start
    while (at := scanner.run(at)) < len(text):
        newline = text.find("\n", at)
        after = newline + 1 if newline >= 0 else len(text)
        scanner.line(at, after)
        at = after
    return scanner.finish()


def find_links(text: str, span: Span, code: tuple[Span, ...] = ()) -> list[Target]:
    """The targets of wiki links and relative Markdown links in `span`, in order, not those inside code.

    `code` are blocks inside `span`, in order; code between backticks is found here.
    """
    if all(text.find(sign, *span) < 0 for sign in ("[[", "](", "]:")):
        return []
    return [
        Target(target.strip(), Span(*link.span(name)))
        for start, end in _between(span, code)
        for link in _links(text, start, end)
        for name in _TARGETS
        if (target := link[name]) and target.strip()
    ]


def whole_links(text: str, span: Span, code: tuple[Span, ...] = ()) -> list[tuple[str, Span]]:
    """The links that `find_links` finds: the target of each, and where the whole of it stands."""
    return [
        (target.strip(), Span(link.start() - text.startswith("![[", link.start() - 1), link.end()))
        for start, end in _between(span, code)
        for link in _links(text, start, end)
        for name in _TARGETS
        if (target := link[name]) and target.strip()
    ]


def label_of(text: str, link: Span) -> str | None:
    """The label that the link gives a name to, if it is a definition (`[label]: path.md`, CommonMark 4.7)."""
    found = _LINK.match(text, *link)
    return found and found["label"] and _folded_label(found)


def uses_of(label: str, text: str, span: Span, code: tuple[Span, ...] = ()) -> list[Span]:
    """Where links in `span` lead to what the label from `label_of` names: `[words][label]`, `[label][]`, `[label]`."""
    found = (use for start, end in _between(span, code) for use in _outside_code(_USE, text, start, end))
    return [Span(*use.span()) for use in found if _folded_label(use) == label]


def _folded_label(found: re.Match[str]) -> str:
    return " ".join(found["label"].split()).casefold()


def _between(span: Span, code: tuple[Span, ...]) -> Iterator[tuple[int, int]]:
    """The parts of a span before, between and after blocks of code in it."""
    return zip(
        [span.start, *(dark.end for dark in code)], [*(dark.start for dark in code), span.end], strict=True
    )


def _links(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The links between `start` and `end` that stand in no code between backticks."""
    if all(text.find(sign, start, end) < 0 for sign in ("`", "](", "]:")):
        while (start := text.find("[[", start, end)) >= 0:
            wiki = _WIKI_LINK.match(text, start, end)
            if wiki:
                yield wiki
            start = wiki.end() if wiki else start + 1
        return
    yield from _outside_code(_LINK, text, start, end)


def _outside_code(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """What is found of a `pattern` that finds backticks as `ticks` too, but for code between them."""
    code_ends = _code_ends(text, start, end)
    while found := pattern.search(text, start, end):
        if not found["ticks"]:
            yield found
        start = code_ends.get(found.start(), found.end())


def _code_ends(text: str, start: int, end: int) -> dict[int, int]:
    """Where the code ends that begins at a run of backticks: after the next run of that length on its line."""
    ends: dict[int, int] = {}
    waiting: dict[int, int] = {}
    at = start
    for run in _TICKS.finditer(text, start, end):
        if text.find("\n", at, run.start()) >= 0:
            waiting.clear()
        at = run.end()
        length = at - run.start()
        if length in waiting:
            ends[waiting[length]] = at
        waiting[length] = run.start()
    return ends


def link_target(text: str) -> str | None:
    """The target if `text` is one wiki link and nothing else, else None."""
    found = _WIKI.fullmatch(text.strip())
    return found["wiki"].strip() or None if found else None


def show_links(text: str) -> str:
    """`text` as a reader sees it: `[[target|words]]` becomes `words`, `[[target]]` becomes `target`."""
    return _WIKI.sub(_shown, text) if "[[" in text else text


def _shown(link: re.Match[str]) -> str:
    return next((part for one in ("words", "wiki", "heading") if (part := (link[one] or "").strip("# "))), "")


@dataclass(slots=True)
class _OpenItem:
    start: int
    content: Span
    marker: str
    indent: int
    content_indent: int
    box: int | None
    order: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands after its marker."""
        return self.content.start == self.content.end and self.box is None


class _Scanner:
    """The state between two lines: open items, an open fence or comment, an open paragraph."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.has_lone_cr = "\r" in text and _LONE_CR.search(text) is not None
        self.headings: list[Heading] = []
        self.items: list[tuple[int, Item]] = []
        self.runs: list[Span] = []
        self.code: list[Span] = []
        self.stack: list[_OpenItem] = []
        self.count = 0
        self.last_end = 0
        self.closer: re.Pattern[str] | None = None  # what ends the open fence or comment
        self.code_start = 0
        self.code_depth = 0
        self.paragraph: int | None = None  # the open paragraph's depth; -1 inside a quote
        self.paragraph_start = 0

    def line(self, start: int, after: int) -> None:
        """Take the line that stands at `start`; the next one begins at `after`."""
        raw = self.text[start:after].rstrip("\r\n")
        body = raw.lstrip(" \t")
        if not body:
            self._blank()
            return
        end = start + len(raw)
        indent = _columns(raw[: len(raw) - len(body)])
        depth = self._containers(indent)
        if self.closer is not None and not self._inside_code(body, indent, depth, end):
            self.last_end = end
            return
        self._block(start, after, body, indent, depth)
        self.last_end = end

    def run(self, at: int) -> int:
        """Where the lines from `at` on are no longer items of one plain line each, with another or nothing below.

        Nearly all of a log is such lines. The tests hold this short way to `line`, which could take them all.
        """
        plain = _PLAIN_ITEMS.match(self.text, at) if self.closer is None and not self.has_lone_cr else None
        if plain is None:
            return at
        self._close_to(0)
        self.runs.append(Span(*plain.span()))
        self.last_end = plain.end() - (2 if self.text[plain.end() - 2] == "\r" else 1)
        return plain.end()

    def _blank(self) -> None:
        """End the paragraph; an item that holds nothing yet cannot go on after a blank line."""
        self.paragraph = None
        if self.stack and self.stack[-1].is_empty and self.stack[-1].content.end == self.last_end:
            self._close_to(len(self.stack) - 1)

    def _inside_code(self, body: str, indent: int, depth: int, end: int) -> bool:
        """Whether the open code block ended *before* this line; a closing line belongs to the block."""
        if depth < self.code_depth:
            self._end_code(self.last_end)
            return True
        closer = self.closer
        fence_too_deep = indent - self._base(self.code_depth) > 3
        if closer is not None and closer.search(body) and (closer is _COMMENT_END or not fence_too_deep):
            self._end_code(end)
        return False

    def _end_code(self, end: int) -> None:
        self.code.append(Span(self.code_start, end))
        self.closer = None

    def _containers(self, indent: int) -> int:
        depth = 0
        while depth < len(self.stack) and indent >= self.stack[depth].content_indent:
            depth += 1
        return depth

    def _base(self, depth: int) -> int:
        return self.stack[depth - 1].content_indent if depth else 0

    def _block(self, start: int, after: int, body: str, indent: int, depth: int) -> None:  # noqa: C901  # one rule a branch
        """Decide what the line begins, or that it goes on with a paragraph."""
        if indent - self._base(depth) >= 4:  # code, unless a paragraph is open
            if self.paragraph is None:
                self._close_to(depth)
            return
        heading = _HEADING.match(body)
        if heading:
            self._close_to(depth)
            if not depth:
                title = _CLOSING_HASHES.sub("", body[heading.end() :].strip(" \t")).rstrip(" \t")
                self.headings.append(Heading(Span(start, after), len(heading[1]), title))
        elif self.paragraph == depth and _UNDERLINE.match(body):
            if not depth:
                title = self.text[self.paragraph_start : start].strip()
                span = Span(self.paragraph_start, after)
                self.headings.append(Heading(span, 1 if body[0] == "=" else 2, title))
            self.paragraph = None
        elif _RULE.match(body):
            self._close_to(depth)
        elif body.startswith("<!--"):
            self._close_to(depth)
            self._open_code(_COMMENT_END, _after_blanks(self.text, start), body)
        elif fence := _FENCE.match(body):
            self._close_to(depth)
            self._open_fence(fence, _after_blanks(self.text, start))
        elif body[0] == ">":
            self._close_to(depth)
            self.paragraph = -1 if body[1:].strip() else None
        elif (marker := _MARKER.match(body)) and not self._only_text(marker, body, depth):
            self._close_to(depth)
            self._open_items(start, _after_blanks(self.text, start), marker, body, indent)
        elif self.paragraph is None:
            self._close_to(depth)
            self.paragraph = depth
            self.paragraph_start = start

    def _only_text(self, marker: re.Match[str], body: str, depth: int) -> bool:
        """An item that would interrupt a paragraph must have text and, if numbered, begin with 1."""
        if self.paragraph != depth:
            return False
        return not body[marker.end() :].strip() or (marker[1][-1] in ".)" and int(marker[1][:-1]) != 1)

    def _open_code(self, closer: re.Pattern[str], start: int, body: str) -> None:
        self.code_start, self.code_depth = start, len(self.stack)
        if closer is _COMMENT_END and closer.search(body):
            self.code.append(Span(start, start + len(body)))
        else:
            self.closer = closer

    def _open_fence(self, fence: re.Match[str], start: int) -> None:
        mark = fence[1] or fence[2]
        self._open_code(re.compile(rf"^{mark[0]}{{{len(mark)},}}[ \t]*$"), start, "")

    def _open_items(self, start: int, at: int, marker: re.Match[str] | None, body: str, indent: int) -> None:
        """Open the item whose marker stands at offset `at`, and those that its first line begins inside it."""
        for _ in range(_MAX_MARKERS):
            if marker is None:
                return
            at, body, indent = self._open_item(start, at, marker, body, indent)
            marker = self._first_line(at, body) if body else None
        self.paragraph = len(self.stack)

    def _open_item(
        self, start: int, at: int, marker: re.Match[str], body: str, indent: int
    ) -> tuple[int, str, int]:
        """Open one item; where its text begins, the text, if it may begin something else, and its column."""
        rest = body[marker.end() :]
        gap_columns = _columns(rest[: len(rest) - len(rest.lstrip(" \t"))], indent + marker.end())
        inner = rest.lstrip(" \t")
        is_code = gap_columns > 4
        content_indent = indent + marker.end() + (gap_columns if inner and not is_code else 1)
        content_at = at + len(body) - len(inner)
        box = None if is_code else _BOX.match(inner)
        content = Span(content_at + (_after_box(inner, box) if box else 0), at + len(body))
        box_at = content_at + 1 if box else None
        opened = _OpenItem(start, content, marker[1], indent, content_indent, box_at, self.count)
        self.stack.append(opened)
        self.count += 1
        self.paragraph = len(self.stack) if box else None
        return content_at, "" if is_code or box else inner, indent + marker.end() + gap_columns

    def _first_line(self, at: int, inner: str) -> re.Match[str] | None:
        """Take an item's text, which may begin a fence or a comment; the marker if it begins another item."""
        if _HEADING.match(inner) or _RULE.match(inner):
            return None
        if inner.startswith("<!--"):
            self._open_code(_COMMENT_END, at, inner)
        elif fence := _FENCE.match(inner):
            self._open_fence(fence, at)
        elif inner[0] == ">":
            self.paragraph = -1 if inner[1:].strip() else None
        elif marker := _MARKER.match(inner):
            return marker
        else:
            self.paragraph = len(self.stack)
        return None

    def _close_to(self, depth: int) -> None:
        self.paragraph = None
        while len(self.stack) > depth:
            done = self.stack.pop()
            item = Item(
                Span(done.start, self.last_end),
                done.content,
                done.marker,
                len(self.stack),
                done.indent,
                done.box,
            )
            self.items.append((done.order, item))

    def finish(self) -> Outline:
        """Close what is open; the collected parts in the order of the file."""
        if self.closer is not None:
            self._end_code(self.last_end)
        self._close_to(0)
        items = tuple(item for _, item in sorted(self.items))
        return Outline(tuple(self.headings), items, tuple(self.runs), tuple(self.code))


_COMMENT_END = re.compile(r"-->")


def _after_box(inner: str, box: re.Match[str]) -> int:
    return len(inner) - len(inner[box.end() :].lstrip(" \t"))


def _after_blanks(text: str, at: int) -> int:
    while text[at] in " \t":
        at += 1
    return at


def _columns(blanks: str, at: int = 0) -> int:
    """How many columns `blanks` take from column `at` on; a tab goes to the next multiple of four."""
    column = at
    for char in blanks:
        column += 4 - column % 4 if char == "\t" else 1
    return column - at
