"""Templates such as `{verb} {name} ({tier})`: named fields in braces, and nothing else that could run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# `{{` and `}}` are braces; any other brace stands for itself alone and is a mistake.
_PART = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|[{}]")
_EMPTY = re.compile(r" *(?:\( *\)|\[ *\])")


def unknown_part(template: str, fields: Collection[str]) -> str | None:
    """The first part in braces that is none of `fields`, or a brace without its partner; None if all are known."""
    for part in _PART.finditer(template):
        if part[0] not in ("{{", "}}") and part["field"] not in fields:
            return part[0]
    return None


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its fields filled in; brackets that are left empty go, with the blanks before them."""

    def value(part: re.Match[str]) -> str:
        field = part["field"]
        return part[0][0] if field is None else values[field]

    return _EMPTY.sub("", _PART.sub(value, template)).rstrip(" :-,").lstrip()
