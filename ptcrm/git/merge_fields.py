"""The front matter in parts, and how one key is merged: by its value, a list by its members, occasions by name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.merge_match import Part, both_added, merge_lines, three_way
from ptcrm.git.merge_parts import Conflict, Piece, Rules, merge_parts
from ptcrm.model.reading import is_empty
from ptcrm.text.edits import line_after, line_start
from ptcrm.text.frontmatter import Mapping, Node, Scalar, Sequence, in_quotes
from ptcrm.text.source import Span
from ptcrm.vault.schema import FIELDS

if TYPE_CHECKING:
    from ptcrm.vault.document import Document

_DASH = re.compile(r"[ \t]*-[ \t]+")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_IN_FLOW = re.compile(r"[,\[\]{}]")
_SETS = frozenset(field.name for field in FIELDS if field.many)
_BRACKETS = frozenset(field.name for field in FIELDS if field.flow)


class _Style(NamedTuple):
    """How members stand: one `plain` value, in `flow` brackets, or on lines that begin with `prefix`."""

    form: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _List:
    """A value as members: `head` is the text before the first, `tail` that after the last."""

    style: _Style
    head: str
    members: list[Part]
    tail: str


def field_parts(document: Document) -> list[Part] | None:
    """The keys of the front matter, each with its value and the comment behind it, and the lines between them.

    None if it is in braces, or has a key twice.
    """
    root, text = document.root, document.source.text
    if root is None or (root.flow and root.pairs):
        return None
    names = [key.value for key, _ in root.pairs]
    if len(set(names)) < len(names):
        return None
    parts: list[Part] = []
    at = document.yaml.start
    starts = [line_start(text, key.span.start) for key, _ in root.pairs]
    for (key, node), (start, following) in zip(
        root.pairs, pairwise([*starts, document.yaml.end]), strict=True
    ):
        gap = _comments(text[at:start], parts)
        at = min(line_after(text, max(node.span.end, key.span.end)), following)
        parts.append(
            Part("key", f"key {key.value}", text[start:at], gap, under=key.value, node=node, at=start)
        )
    gap = _comments(text[at : document.yaml.end], parts)
    parts.append(Part("end", "", "", gap))
    return parts


def _comments(text: str, parts: list[Part]) -> str:
    """Add the lines of `text`, which hold comments, to `parts`; the blank lines below the last."""
    gap = ""
    for line in text.split("\n")[:-1]:
        if line.strip():
            parts.append(Part("comment", f"{line}\n", f"{line}\n", gap))
            gap = ""
        else:
            gap += f"{line}\n"
    return gap


def _node(part: Part) -> Node:
    return part.node or Scalar("", Span(part.at, part.at))


def _pieces(part: Part) -> tuple[str, str, str]:
    """A key's text before the value, the value, and after it."""
    start, end = (offset - part.at for offset in _node(part).span)
    end = min(end, len(part.text))
    return part.text[:start], part.text[start:end], part.text[end:]


def _typed(node: Node) -> object:
    """A value as it is compared: by what it says, not by quotes, brackets or lines (FORMAT §2.2)."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [_typed(item) for item in node.items]
    return [(key.value, _typed(value)) for key, value in node.pairs]


def _is_same(one: Part, other: Part) -> bool:
    if one.kind != "key" or other.kind != "key":
        return one.text == other.text
    return _typed(_node(one)) == _typed(_node(other))


def _is_gone(part: Part) -> bool:
    return part.kind == "key" and is_empty(_node(part))


def _resolve(base: Part | None, ours: Part, theirs: Part) -> list[Piece]:
    versions = (base, ours, theirs)
    if any(part and isinstance(part.node, Sequence | Mapping) for part in versions) or ours.under in _SETS:
        pieces = _as_list(base, ours, theirs)
        if pieces is not None:
            return pieces
    value = _as_value(base, ours, theirs)
    return [Conflict(ours.text, theirs.text) if value is None else value]


def _as_value(base: Part | None, ours: Part, theirs: Part) -> str | None:
    """One value with what stands around it; None if both sides changed the same."""
    old = _pieces(base) if base else (None, None, None)
    left, right = _pieces(ours), _pieces(theirs)
    before, value, after = (three_way(*texts) for texts in zip(old, left, right, strict=True))
    if value is None:
        value = _value(base, ours, theirs)
    if after is None and not (old[2] or "").strip():
        after = both_added(left[2].rstrip(), right[2].rstrip()) + left[2][len(left[2].rstrip()) :]
    return None if before is None or value is None or after is None else before + value + after


def _value(base: Part | None, ours: Part, theirs: Part) -> str | None:
    left, right = _pieces(ours)[1], _pieces(theirs)[1]
    old = _pieces(base)[1] if base else None
    if any(part and _has_comments(part) for part in (base, ours, theirs)):
        return None if old is None else merge_lines(old, left, right, is_code=True)
    if _is_same(ours, theirs):
        return min(left, right)
    if base is None or old is None:
        return None
    if _is_same(base, ours):
        return right
    if _is_same(base, theirs):
        return left
    is_code = any(isinstance(part.node, Sequence | Mapping) for part in (base, ours, theirs))
    return merge_lines(old, left, right, is_code=is_code) if "\n" in left and "\n" in right else None


def _has_comments(part: Part) -> bool:
    """Whether a comment may stand inside of a list or mapping, where only its line tells what it belongs to."""
    value = _pieces(part)[1]
    return isinstance(part.node, Sequence | Mapping) and "\n" in value and "#" in value


# Lists


def _as_list(base: Part | None, ours: Part, theirs: Part) -> list[Piece] | None:
    """A list as a set, occasions by name, a mapping by key; None if one of them is written in no usual way."""
    read = [_read(part) if part else None for part in (base, ours, theirs)]
    old, left, right = read
    if left is None or right is None or (old is None and base is not None):
        return None
    style = _style(old, left, right)
    if "map" in (left.style.form, right.style.form) and left.style.form != right.style.form:
        return None
    if old is not None and _both_reworked(old.members, left.members, right.members):
        return None
    pieces = _in_style(style, read)
    if style.form == "plain" and pieces is not None and len(pieces) != 3:
        pieces = _in_style(_longer(ours.under, old), read)
    return pieces


def _both_reworked(base: list[Part], ours: list[Part], theirs: list[Part]) -> bool:
    """Whether both sides lack a member that was a list or mapping and each has another new one.

    It may be what they have made of the same member, of which nothing tells which one it was.
    """
    old, left, right = ({part.name for part in side if _is_nested(part)} for side in (base, ours, theirs))
    return bool(old - left - right and left - old - right and right - old - left)


def _is_nested(part: Part) -> bool:
    return part.kind == "member" and isinstance(part.node, Sequence | Mapping)


def _style(old: _List | None, left: _List, right: _List) -> _Style:
    """The style of the side that changed it; if both did, lines rather than brackets, so that all can stand there."""
    if left.style == right.style or (old and right.style == old.style):
        return left.style
    if old and left.style == old.style:
        return right.style
    forms = ("block", "map", "flow", "plain")
    return min(left.style, right.style, key=lambda style: (forms.index(style.form), style.prefix))


def _longer(name: str, old: _List | None) -> _Style:
    """The style for a list that was one value, or none."""
    if old and old.style.form != "plain":
        return old.style
    return _Style("flow") if name in _BRACKETS else _Style("block", "  - ")


def _in_style(style: _Style, read: list[_List | None]) -> list[Piece] | None:
    """Head, members and tail of the merged list in one style; None if a member cannot be written in it."""
    around = _around(style, read)
    versions = [_restyled(one, style) if one else [] for one in read]
    old, left, right = versions
    if around is None or old is None or left is None or right is None:
        return None
    members = merge_parts(old, left, right, Rules(_resolve_member)).pieces
    if style.form in ("block", "map"):
        return [around[0], *members, around[1]]
    if any(isinstance(member, Conflict) for member in members):
        return None
    listed: Piece = ", ".join(map(str, members))
    return [around[0], *([listed] if style.form == "flow" else members), around[1]]


def _around(style: _Style, read: list[_List | None]) -> tuple[str, str] | None:
    """What stands before and after the members; None if both sides changed that."""
    found = [(one.head, one.tail) if one and one.style.form == style.form else None for one in read]
    if not any(found):
        found = [_around_one(style, one.head, one.tail) if one else None for one in read]
    old, left, right = found
    if not (left and right):
        return left or right or old
    head = three_way(old and old[0], left[0], right[0])
    tail = three_way(old and old[1], left[1], right[1])
    return None if head is None or tail is None else (head, tail)


def _around_one(style: _Style, before: str, after: str) -> tuple[str, str]:
    """What stands around the members of a list that was one value."""
    return (f"{before.rstrip()} [", f"]{after}") if style.form == "flow" else (before.rstrip() + after, "")


def _read(part: Part) -> _List | None:
    """The members of a key's value, or None if they are written in a way that is not followed here."""
    node = _node(part)
    before, value, after = _pieces(part)
    if isinstance(node, Scalar):
        if "\n" in value or value[:1] in ("|", ">"):
            return None
        members = [] if is_empty(node) else _named(part.under, [(node, value)])
        return _List(_Style("plain"), before, members, after)
    if node.flow:
        return _read_flow(part, node) if isinstance(node, Sequence) else None
    return _read_lines(part, node)


def _read_flow(part: Part, node: Sequence) -> _List | None:
    text, at = part.text, part.at
    spans = [Span(item.span.start - at, item.span.end - at) for item in node.items]
    begin, end = node.span.start - at + 1, node.span.end - at - 1
    if any("\n" in span.of(text) for span in spans) or "\n" in text[begin:end]:
        return None
    if not all(isinstance(item, Scalar) and item.span.end > item.span.start for item in node.items):
        return None
    if not all(_COMMA.fullmatch(text, one.end, other.start) for one, other in pairwise(spans)):
        return None
    first, last = (spans[0].start, spans[-1].end) if spans else (end, end)
    if text[begin:first].strip() or text[last:end].strip():
        return None
    members = [(item, span.of(text)) for item, span in zip(node.items, spans, strict=True)]
    return _List(_Style("flow"), text[:first], _named(part.under, members), text[last:])


def _read_lines(part: Part, node: Sequence | Mapping) -> _List | None:
    """A list, or a mapping, whose members stand on lines of their own."""
    text, at = part.text, part.at
    is_map = isinstance(node, Mapping)
    found = _line_members(node)
    starts = [line_start(text, start - at) for start, _, _ in found]
    prefix = text[starts[0] : found[0][0] - at]
    if not (_DASH.fullmatch(prefix) or (is_map and not prefix.strip(" \t"))):
        return None
    members, gap = list[Part](), ""
    ends = zip(starts, [*starts[1:], len(text)], strict=True)
    for (begin, end, member), (start, following) in zip(found, ends, strict=True):
        if text[start : begin - at] != prefix or end <= begin:
            return None
        after = line_after(text, end - at)
        words = text[begin - at : after].removesuffix("\n")
        members += [one._replace(gap=gap) for one in _named(part.under, [(member, words)], end - begin)]
        gap = _comments(text[after:following], members)
    style = _Style("map" if is_map else "block", prefix)
    return _List(style, text[: starts[0]], _apart(members), "")


def _line_members(node: Sequence | Mapping) -> list[tuple[int, int, Node]]:
    if isinstance(node, Sequence):
        return [(item.span.start, item.span.end, item) for item in node.items]
    return [
        (key.span.start, max(key.span.end, value.span.end), Mapping(((key, value),), node.span))
        for key, value in node.pairs
    ]


def _named(name: str, members: list[tuple[Node, str]], length: int | None = None) -> list[Part]:
    """Members as parts; an occasion, and a key of a mapping, is known by its name, all others by what they say.

    `at` is the length of the value, which a comment may follow.
    """
    return [
        Part(
            "member" if found.startswith("value ") else "named",
            found,
            words,
            same=repr(_typed(node)),
            at=len(words) if length is None else length,
            node=node,
        )
        for node, words in members
        for found in [_member_name(name, node)]
    ]


def _member_name(name: str, node: Node) -> str:
    if isinstance(node, Mapping) and len(node.pairs) == 1:
        return f"name {node.pairs[0][0].value}"
    if name == "occasions" and isinstance(node, Scalar):
        return f"name {node.value.rpartition(' ')[0].rstrip().removesuffix(':')}"
    return f"value {_typed(node)!r}"


def _apart(members: list[Part]) -> list[Part]:
    """Occasions of one name told apart by what they say."""
    names = [part.name for part in members if part.kind == "named"]
    return [
        part._replace(name=f"{part.name} {part.same}") if names.count(part.name) > 1 else part
        for part in members
    ]


def _restyled(one: _List, style: _Style) -> list[Part] | None:
    """The members as they are written in `style`, or None if one cannot be."""
    if style.form not in ("block", "map"):
        if any(part.kind == "comment" or part.at < len(part.text) for part in one.members):
            return None
        texts = map(_in_brackets, one.members)
        return [part._replace(text=text, at=len(text)) for part, text in zip(one.members, texts, strict=True)]
    if style != one.style and any("\n" in part.text for part in one.members if part.kind != "comment"):
        return None
    prefix = style.prefix
    return [
        part._replace(text=f"{prefix}{part.text}\n", at=len(prefix) + part.at)
        if part.kind != "comment"
        else part
        for part in one.members
    ]


def _in_brackets(part: Part) -> str:
    node = part.node
    if isinstance(node, Scalar) and not node.quoted and _IN_FLOW.search(part.text):
        return in_quotes(node.value)
    return part.text


def _resolve_member(base: Part | None, ours: Part, theirs: Part) -> list[Piece]:
    """A member that both have in other words: of one value the comments of both; else a conflict."""
    conflict: list[Piece] = [Conflict(ours.text, theirs.text)]
    if not ours.same or ours.same != theirs.same:
        return conflict
    old, *comments = (part.text[part.at :] if part else "\n" for part in (base, ours, theirs))
    values = [part.text[: part.at] for part in (ours, theirs)]
    value = min(values) if "\n" not in "".join(values) or values[0] == values[1] else None
    comment = three_way(old, *comments)
    if comment is None and not old.strip():
        comment = "".join(text.removesuffix("\n") for text in sorted(comments)) + "\n"
    return conflict if value is None or comment is None else [value + comment]


FIELD_RULES = Rules(_resolve, _is_same, _is_gone)
