"""Templates such as `{verb} {name} ({tier})`: named fields in braces, and nothing else that could run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

# `{{` and `}}` are braces; any other brace stands for itself alone and is a mistake.
_PART = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|[{}]")
_MEMBER = re.compile(r"(.+)\[([0-9]{1,4})\]", re.DOTALL)
_ESCAPED = re.compile(r"\\([nt\\])")
_SIGNS = {"n": "\n", "t": "\t", "\\": "\\"}
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


class Slot(NamedTuple):
    """A place for a field's value, or for one member of it (0 is the first)."""

    field: str
    member: int | None = None


def parts_of(template: str, meant: Callable[[str], str | None]) -> list[str | Slot] | str:
    r"""Texts and slots of a line's template such as `{name} <{emails[0]}>`, or its first part that has no meaning.

    `meant` gives the field that a name means. `\n` and `\t` are a line break and a tab.
    """
    parts: list[str | Slot] = []
    end = 0
    for part in _PART.finditer(template):
        parts.append(_plain(template[end : part.start()]))
        end = part.end()
        if part[0] in ("{{", "}}"):
            parts.append(part[0][0])
            continue
        slot = _slot(part["field"] or "", meant)
        if slot is None:
            return part[0]
        parts.append(slot)
    return [*parts, _plain(template[end:])]


def _slot(words: str, meant: Callable[[str], str | None]) -> Slot | None:
    member = _MEMBER.fullmatch(words)
    if field := meant(words):
        return Slot(field)
    field = meant(member[1]) if member else None
    return Slot(field, int(member[2])) if member and field else None


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: _SIGNS[found[1]], text)
