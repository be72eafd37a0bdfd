"""What a template may hold: Jinja's tree, node by node, with every name in it known. Pure.

There are `{{ … }}`, filters, `{% if %}` and `{% for %}` over what is there. There are no calls, no sums and no variables
of a template's own. So every template ends, and soon, and what it asks for is known before anything is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser

from ptcrm.text.near import suggest

if TYPE_CHECKING:
    from jinja2 import Environment

LONGEST = 16 * 1024  # characters of a template
_DEEPEST, _LOOPS = 20, 2  # levels of nesting, and of loops within loops
_LARGEST = 10**9  # as a number in a template
_ONLY = "A template has {{ … }} with names and filters, {% if %} and {% for %}: see docs/drafts.md."


@dataclass(frozen=True, slots=True)
class Record:
    """What has members by name; one that is `open` may have any other text as well."""

    members: Mapping[str, Kind]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    of: Kind


Kind = str | Record | Many  # a single value is `text`, `number` or `day`


class Mistake(NamedTuple):
    """Why a template cannot be used: where in its text (both from 1), and what to do."""

    line: int
    column: int
    message: str
    hint: str = ""


class Filter(NamedTuple):
    """What a filter takes, how many texts follow it, how it is written, and what it gives, which is text."""

    takes: str
    least: int
    most: int
    example: str
    meaning: str


FILTERS = {
    "day": Filter("a day", 0, 0, "today | day", "day and month in the template's language: `3 December`"),
    "year": Filter("a day", 0, 0, "customer.since | year", "the year alone: `2026`"),
    "join": Filter(
        "a list of texts", 0, 1, 'customer.interests | join(", ")', "the members, with this between them"
    ),
    "default": Filter(
        "a value", 1, 1, 'customer.company | default("your shop")', "these words where there is no value"
    ),
    "capitalize": Filter("a value", 0, 0, "customer.role | capitalize", "with a capital letter in front"),
}


def _fits(kind: Kind, takes: str) -> bool:
    if takes == "a list of texts":
        return isinstance(kind, Many) and isinstance(kind.of, str)
    return isinstance(kind, str) and (takes == "a value" or kind == "day")


class _MistakeError(Exception):
    """A mistake on its way out of the tree; `word` is where the column is."""

    def __init__(self, node: nodes.Node, message: str, hint: str = "", word: str = "") -> None:
        super().__init__(message)
        self.node, self.hint, self.word = node, hint, word


def read(environment: Environment, text: str, known: Record) -> nodes.Template | Mistake:
    """The template as Jinja's tree, with every name in it known."""
    if len(text) > LONGEST:
        return Mistake(1, 1, f"a template has at most {LONGEST:,} characters")
    parser = None
    try:
        parser = Parser(environment, text)
        tree = parser.parse()
        _Reader(known).blocks(tree.body, {}, 0)
    except TemplateSyntaxError as error:
        return Mistake(error.lineno, 1, (error.message or "this is not understood").rstrip("."), _ONLY)
    except _MistakeError as error:
        line = error.node.lineno or 1
        return Mistake(line, _column(text, line, error.word), str(error), error.hint)
    except (RecursionError, ValueError, MemoryError):  # far too many brackets, or digits
        return Mistake(
            parser.stream.current.lineno if parser else 1, 1, "this is nested too deeply, or too long"
        )
    return tree


def _column(text: str, line: int, word: str) -> int:
    """Where `word` stands in a line, between braces; 1 if it does not."""
    words = text.split("\n")[line - 1]
    tag = re.search(r"\{[{%]", words)
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words[tag.start() :]) if tag and word else None
    return tag.start() + found.start() + 1 if tag and found else 1


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a template may hold, node by node; raises `_MistakeError` for all else."""

    known: Record
    _loops: list[str] = field(default_factory=list)

    def blocks(self, body: list[nodes.Node], scope: Mapping[str, Kind], depth: int) -> None:
        """Read what stands between tags; `scope` has the names of loops."""
        for node in body:
            if depth > _DEEPEST:
                raise _MistakeError(node, "this is nested too deeply")
            if isinstance(node, nodes.Output):
                for one in node.nodes:
                    if not isinstance(one, nodes.TemplateData):
                        self._single(one, scope)
            elif isinstance(node, nodes.If):
                self._kind(node.test, scope)
                self.blocks([*node.body, *node.elif_, *node.else_], scope, depth + 1)
            elif isinstance(node, nodes.For):
                self._loop(node, scope, depth)
            else:
                raise self._refused(node)

    def _loop(self, node: nodes.For, scope: Mapping[str, Kind], depth: int) -> None:
        kind = self._kind(node.iter, scope)
        if not isinstance(kind, Many):
            raise _MistakeError(node, "{% for %} goes through a list that is there, and this is none")
        if not isinstance(node.target, nodes.Name) or node.recursive:
            raise self._refused(node)
        if len(self._loops) == _LOOPS:
            raise _MistakeError(node, f"no more than {_LOOPS} loops stand in each other")
        inside = {**scope, node.target.name: kind.of}
        self._loops.append(node.target.name)
        if node.test:
            self._kind(node.test, inside)
        self.blocks(node.body, inside, depth + 1)
        self._loops.pop()
        self.blocks(node.else_, scope, depth + 1)

    def _single(self, node: nodes.Node, scope: Mapping[str, Kind]) -> str:
        """The kind of what is printed or compared, which is one value."""
        kind = self._kind(node, scope)
        if isinstance(kind, Record):
            few = ", ".join(sorted(kind.members)[:4])
            raise _MistakeError(
                node, f"this has parts and is no text: name one of {few} …", word=_name_of(node)
            )
        if isinstance(kind, Many):
            hint = (
                'Write | join(", ") behind it.'
                if isinstance(kind.of, str)
                else "Go through it with {% for %}."
            )
            raise _MistakeError(node, "this is a list and no text", hint, _name_of(node))
        return kind

    def _kind(self, node: nodes.Node, scope: Mapping[str, Kind], depth: int = 0) -> Kind:
        if depth > _DEEPEST:
            raise _MistakeError(node, "this is nested too deeply")
        match node:
            case nodes.Const():
                return _of_const(node)
            case nodes.Name():
                return self._named(node, node.name, {**self.known.members, **scope})
            case nodes.Getattr():
                return self._member(node, node.attr, self._kind(node.node, scope, depth + 1))
            case nodes.Getitem():
                return self._item(node, self._kind(node.node, scope, depth + 1))
            case nodes.Filter():
                return self._filtered(node, scope, depth)
            case _:
                return self._compound(node, scope, depth)

    def _compound(self, node: nodes.Node, scope: Mapping[str, Kind], depth: int) -> Kind:
        match node:
            case nodes.CondExpr():
                self._kind(node.test, scope, depth + 1)
                return self._together(filter(None, (node.expr1, node.expr2)), scope, depth)
            case nodes.Operand(expr=nodes.List(items=members) | nodes.Tuple(items=members)):
                return self._together(members, scope, depth)
            case nodes.And() | nodes.Or() | nodes.Operand():
                return self._together(node.iter_child_nodes(), scope, depth)
            case nodes.Not() | nodes.Compare():
                self._together(node.iter_child_nodes(), scope, depth)
                return "number"
            case _:
                raise self._refused(node)

    def _together(self, several: Iterable[nodes.Node], scope: Mapping[str, Kind], depth: int) -> Kind:
        """The kind of what is made of several: text, or that of the first which is not one value."""
        kinds = [self._kind(one, scope, depth + 1) for one in several]
        return next((kind for kind in kinds if not isinstance(kind, str)), "text")

    def _named(self, node: nodes.Node, name: str, names: Mapping[str, Kind]) -> Kind:
        if name not in names:
            hint = suggest(name, names) or f"Known are: {', '.join(sorted(names))}."
            raise _MistakeError(node, f"“{name}” is not known here", hint, name)
        return names[name]

    def _member(self, node: nodes.Node, name: str, kind: Kind) -> Kind:
        if not isinstance(kind, Record):
            raise _MistakeError(node, f"there is no “{name}” in this", _ONLY, name)
        if kind.open and name not in kind.members:
            return "text"
        return self._named(node, name, kind.members)

    def _item(self, node: nodes.Getitem, kind: Kind) -> Kind:
        where = node.arg
        if isinstance(where, nodes.Const) and isinstance(where.value, str):
            return self._member(node, where.value, kind)
        if isinstance(kind, Many) and isinstance(where, nodes.Slice):
            ends = (where.start, where.stop, where.step)
            if all(one is None or isinstance(one, nodes.Const) for one in ends) and not where.step:
                return kind
        if isinstance(kind, Many) and isinstance(where, nodes.Const) and type(where.value) is int:
            return kind.of
        raise _MistakeError(node, "only a list has members by number, such as [0] or [:3]")

    def _filtered(self, node: nodes.Filter, scope: Mapping[str, Kind], depth: int) -> Kind:
        name = node.name
        if node.node is None or name not in FILTERS:
            hint = suggest(name, FILTERS) or f"Known are: {', '.join(FILTERS)}."
            raise _MistakeError(node, f"“{name}” is no filter", hint, name)
        found, words = FILTERS[name], node.args
        if (
            node.kwargs
            or node.dyn_args
            or node.dyn_kwargs
            or not found.least <= len(words) <= found.most
            or not all(isinstance(one, nodes.Const) and isinstance(one.value, str) for one in words)
        ):
            raise _MistakeError(node, f"“{name}” is written so: {found.example}", word=name)
        if not _fits(self._kind(node.node, scope, depth + 1), found.takes):
            raise _MistakeError(node, f"“{name}” takes {found.takes}, and this is none", word=name)
        return "text"

    def _refused(self, node: nodes.Node) -> _MistakeError:
        what, name = type(node).__name__.lower(), _name_of(node)
        message = (
            "nothing is called in a template"
            if isinstance(node, nodes.Call)
            else f"“{what}” is not for templates"
        )
        return _MistakeError(node, message, _ONLY, name)


def _of_const(node: nodes.Const) -> str:
    if node.value is None:
        raise _MistakeError(node, "“none” is not for templates", "Write {% if not … %}.", "none")
    if isinstance(node.value, int) and abs(node.value) > _LARGEST:
        raise _MistakeError(node, "this number is too large")
    return "text" if isinstance(node.value, str) else "number"


def _name_of(node: nodes.Node) -> str:
    """A word by which the node is found in its line."""
    for one in (node, *node.find_all((nodes.Name, nodes.Getattr))):
        if isinstance(one, nodes.Name | nodes.Getattr):
            return one.name if isinstance(one, nodes.Name) else one.attr
    return ""
