"""Values typed by their field from their source text (FORMAT §2.2).

A reader gives None for what it cannot use, having said why. It carries the shape of what it takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ptcrm.model import shape
from ptcrm.model.dates import parse_anniversary, parse_date, parse_interval
from ptcrm.model.diagnostic import Diagnostic, Fix, Problem, rewrite
from ptcrm.model.shape import Shape
from ptcrm.model.values import WEB_FORM, parse_flag, parse_web, parse_whole, parse_zone
from ptcrm.text.edits import Edit, drop_lines, line_after
from ptcrm.text.frontmatter import Mapping, Node, Scalar, Sequence, in_quotes
from ptcrm.text.near import did_you_mean, nearest, suggest
from ptcrm.text.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_BARE_LINK = re.compile(r"\[\[[^\[\]\n]*\]\]")
_CUT_SIGN = re.compile(r"[ \t]#[^\s#]")
_CUT = re.compile(r"[ \t]+#[^\s#]")
_COMMENT = re.compile(r"[ \t]#(?=[\s#]|\Z)")  # with a blank behind it, so one that is meant


@dataclass(frozen=True, slots=True)
class Report:
    """Where readers say what they cannot use: problems with the place they stand in."""

    source: Source
    found: list[Diagnostic] = field(default_factory=list)

    def add(self, code: str, offset: int, message: str, hint: str = "", fix: Fix | None = None) -> None:
        """Note a problem at `offset` of the source's text; `fix` is an edit of that text."""
        line, column = self.source.position(offset)
        self.found.append(Diagnostic(code, self.source.path, line, column, message, hint, fix=fix))

    def problem(self, problem: Problem, offset: int) -> None:
        """Note `problem` at `offset`."""
        self.add(problem.code, offset, problem.message, problem.hint, problem.fix)

    def line(self, offset: int) -> int:
        """The line of `offset`, from 1."""
        return self.source.line(offset)


@dataclass(frozen=True, slots=True, eq=False)
class Reader(Generic[T_co]):
    """From a node to a value (None for what it cannot use), with the shape that editors may hold the node against."""

    read: Callable[[Node, Report], T_co]
    shape: Shape

    def __call__(self, node: Node, report: Report) -> T_co:
        """The value of `node`."""
        return self.read(node, report)


def shaped(form: Shape) -> Callable[[Callable[[Node, Report], T]], Reader[T]]:
    """A decorator that makes a function a reader of this shape."""
    return lambda read: Reader(read, form)


def is_empty(node: Node) -> bool:
    """Whether the value is absent in effect: nothing, or an empty list."""
    if isinstance(node, Scalar):
        return not node.value.strip() and not node.quoted
    return isinstance(node, Sequence) and not node.items


@shaped(shape.TEXT)
def text(node: Node, report: Report) -> str | None:
    """The value's text; `[[x]]` without quotes is the link that was meant, not a list in a list."""
    if isinstance(node, Scalar):
        return node.value.strip() or None
    if isinstance(node, Sequence) and _is_bare_link(node, report):
        return node.span.of(report.source.text)
    report.add("PT105", node.span.start, "one value is expected here", "Write one value on the key's line.")
    return None


def placed(problem: Problem, words: str, node: Node, report: Report) -> Problem:
    """`problem` of `words` as one of the whole file; without a fix if `node` has them in other letters."""
    at = report.source.text.find(words, *node.span)
    return problem._replace(fix=None) if at < 0 else problem.moved(at)


@shaped(shape.TEXTS)
def texts(node: Node, report: Report) -> tuple[str, ...]:
    """The texts of a list, or of the one scalar that stands for a list of one."""
    return tuple(value for item in items(node, report) if (value := text(item, report)))


def items(node: Node, report: Report) -> tuple[Node, ...]:
    """The members of a list field; a single value counts as a list of one, an empty one as none."""
    if is_empty(node):
        return ()
    if isinstance(node, Sequence) and not _is_bare_link(node, report):
        return tuple(item for item in node.items if not is_empty(item))
    return (node,)


def _is_bare_link(node: Sequence, report: Report) -> bool:
    """`[[x]]` is a link, but `[[x], [y]]`, `[ [x] ]` and `[[[x]]]` are lists."""
    return node.flow and _BARE_LINK.fullmatch(node.span.of(report.source.text)) is not None


def warn_of_cuts(root: Mapping, report: Report) -> None:
    """Warn of ` #` right before a word: it was hardly meant as a comment, which has a blank there."""
    source = report.source.text
    last_line_end = source.find("\n", root.span.end)
    if not _CUT_SIGN.search(source, root.span.start, last_line_end if last_line_end >= 0 else len(source)):
        return  # as in nearly all files
    for node, in_flow in _scalars(root):
        cut = cut_after(node, source)
        if cut is not None:
            fix = None if in_flow else _uncut(node, cut, source)
            report.add("PT107", cut, "` #` cuts the value here", "Put the whole value in quotes.", fix)


def cut_after(node: Scalar, source: str) -> int | None:
    """Where a `#` right before a word cuts the value, or None."""
    cut = None if node.quoted else _CUT.match(source, node.span.end)
    return cut.end() - 2 if cut else None


def _uncut(node: Scalar, cut: int, source: str) -> Fix | None:
    """The fix that quotes a value of one line with what was cut off."""
    start = node.span.start if node.value else cut
    line = source[start : line_after(source, cut)]
    comment = _COMMENT.search(line, cut - start)
    whole = line[: comment.start() if comment else len(line)].rstrip()
    if "\n" in whole:
        return None
    edit = Edit(Span(start, start + len(whole)), in_quotes(whole))
    return Fix("Put the whole value in quotes", edit, safe=False)


def _scalars(node: Node, *, in_flow: bool = False) -> Iterator[tuple[Scalar, bool]]:
    """Every value at any depth, and whether it stands in brackets or braces."""
    if isinstance(node, Scalar):
        yield node, in_flow
    else:
        for child in node.items if isinstance(node, Sequence) else [value for _, value in node.pairs]:
            yield from _scalars(child, in_flow=in_flow or node.flow)


def parsed(form: Shape) -> Callable[[Callable[[str], T | Problem]], Reader[T | None]]:
    """A decorator that makes what parses words a reader for one value of this shape."""

    def decorate(parse: Callable[[str], T | Problem]) -> Reader[T | None]:
        @shaped(form)
        def read(node: Node, report: Report) -> T | None:
            words = text(node, report)
            if words is None:
                return None
            value = parse(words)
            if isinstance(value, Problem):
                report.problem(placed(value, words, node, report), node.span.start)
                return None
            return value

        return read

    return decorate


def many(read: Reader[T | None]) -> Reader[tuple[T, ...]]:
    """A reader for a list of what `read` reads; members it cannot use are left out."""

    @shaped(shape.listed(read.shape))
    def read_all(node: Node, report: Report) -> tuple[T, ...]:
        return tuple(value for item in items(node, report) if (value := read(item, report)) is not None)

    return read_all


def one_of(*allowed: str) -> Reader[str | None]:
    """A reader for one of a few words."""

    @parsed(shape.choice(allowed, any_case=True))
    def read(words: str) -> str | Problem:
        if words.lower() in allowed:
            return words.lower()
        near = nearest(words, allowed)
        fix = rewrite(words, near) if near else None
        return Problem("PT105", f"“{words}” is none of {', '.join(allowed)}", did_you_mean(near), fix)

    return read


def pairs(node: Node, report: Report) -> list[tuple[Scalar, Node]]:
    """The keys and values of a mapping; a key that stands twice is reported and the first one kept."""
    if is_empty(node):
        return []
    if not isinstance(node, Mapping):
        report.add("PT105", node.span.start, "`key: value` lines are expected here", "")
        return []
    first: dict[str, tuple[Scalar, Node]] = {}
    for key, value in node.pairs:
        earlier, kept = first.setdefault(key.value, (key, value))
        if earlier is not key:
            message = f"“{key.value}” stands here and on line {report.line(earlier.span.start)}"
            fix = None if node.flow else _drop_twin(key, value, kept, report.source.text)
            report.add("PT007", key.span.start, message, "Keep one of them.", fix)
    return list(first.values())


def _drop_twin(key: Scalar, value: Node, kept: Node, source: str) -> Fix | None:
    """The fix that takes away a key that says the same again, unless its lines hold anything else."""
    beside = source[source.rfind("\n", 0, key.span.start) + 1 : key.span.start]
    beside += source[value.span.end : line_after(source, value.span.end)]
    if beside.strip() or value.span.of(source) != kept.span.of(source):
        return None
    return Fix("Take it away", drop_lines(source, key.span.start, value.span.end), safe=True)


def record(build: Callable[..., T], **readers: Reader[Any]) -> Reader[T]:
    """A reader for a mapping with the given keys; unknown keys are reported, bad values left to defaults."""

    @shaped(shape.mapping({name: reader.shape for name, reader in readers.items()}))
    def read(node: Node, report: Report) -> T:
        values: dict[str, object] = {}
        for key, value in pairs(node, report):
            reader = readers.get(key.value)
            if reader is None:
                report.add(
                    "PT501", key.span.start, f"“{key.value}” means nothing here", suggest(key.value, readers)
                )
            elif not is_empty(value) and (got := reader(value, report)) not in (None, ()):
                values[key.value] = got
        return build(**values)

    return read


def by_name(read: Reader[T | None]) -> Reader[dict[str, T]]:
    """A reader for a mapping from names of the user's choice to what `read` reads."""

    @shaped(shape.named(read.shape))
    def read_all(node: Node, report: Report) -> dict[str, T]:
        return {
            key.value: got for key, value in pairs(node, report) if (got := read(value, report)) is not None
        }

    return read_all


day = parsed(shape.DATE)(parse_date)
anniversary = parsed(shape.ANNIVERSARY)(parse_anniversary)
interval = parsed(shape.CADENCE)(parse_interval)
flag = parsed(shape.FLAG)(parse_flag)
whole = parsed(shape.count(0, 999_999_999))(parse_whole)
web = parsed(shape.like(WEB_FORM, "Write an address such as https://example.org."))(parse_web)
zone = parsed(shape.ZONE)(parse_zone)
