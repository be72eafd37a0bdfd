"""A value as the YAML text that reads back as itself, by ruamel.yaml's quoting rules. Pure."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.text.frontmatter import Mapping, Scalar, Sequence, compose, in_quotes
from ptcrm.text.source import Span

if TYPE_CHECKING:
    from ptcrm.vault.schema import Field

_PLAIN = re.compile(r"[^\W\d_](?:(?:[\w @.+/&()'-]|:(?=[\w/]))*[^\W_])?")
_PLAIN_LINE = re.compile(_PLAIN.pattern.replace("[\\w @", "[\\w, @"))  # not within brackets
_NUMBER = re.compile(r"\+?[0-9](?:[0-9 ()/.-]*[0-9])?")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def emit(value: str, field: Field, *, flow: bool = False) -> str:
    """`value` as YAML text that reads back as itself, quoted where it must be (by ruamel.yaml's rules)."""
    if CONTROL.search(value):
        raise UsageError(f"“{field.name}” takes one line of text without control characters")
    if field.typed:
        return value
    quoted = field.quoted or value.startswith("[[")
    if (_PLAIN if flow else _PLAIN_LINE).fullmatch(value) or (
        quoted and _NUMBER.fullmatch(value)
    ):  # as most are: ruamel.yaml is slow
        return in_quotes(value) if quoted or _is_typed(value) else value
    text = _by_ruamel(value, flow=flow, quoted=quoted)
    if not quoted and (_is_typed(text) or not _reads_back(text, value, flow=flow)):
        text = _by_ruamel(value, flow=flow, quoted=True)
    if not _reads_back(text, value, flow=flow):
        raise UsageError(f"“{field.name}” cannot hold this text: YAML has no way to write it")
    return text


def _by_ruamel(value: str, *, flow: bool, quoted: bool) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    writer = YAML()
    writer.width = 1 << 20
    holder = CommentedSeq([DoubleQuotedScalarString(value) if quoted else value])
    if flow:
        holder.fa.set_flow_style()
    out = io.StringIO()
    writer.dump(holder, out)
    return out.getvalue().strip()[1:-1].strip() if flow else out.getvalue().strip().removeprefix("- ")


def _is_typed(text: str) -> bool:
    """Whether other programs would read plain `text` as a number, a date or a truth value (YAML 1.1)."""
    import yaml

    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return bool(tag != "tag:yaml.org,2002:str")


def _reads_back(text: str, value: str, *, flow: bool) -> bool:
    """Whether the parser that reads the vault sees `value` in `text`; YAML 1.1 and 1.2 differ in corners."""
    line = f"key: [{text}]" if flow else f"key: {text}"
    root = compose(line, Span(0, len(line)))
    node = root.pairs[0][1] if isinstance(root, Mapping) and root.pairs else None
    if flow and isinstance(node, Sequence) and len(node.items) == 1:
        node = node.items[0]
    return isinstance(node, Scalar) and node.value == value
