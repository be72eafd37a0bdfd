"""A query from the words that a shell hands over, which has taken the quotes away: `tag:"two words"` comes as `tag:two words`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptcrm.query.lexer import Flaw, in_quotes, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_TERM = re.compile(r"(?P<before>-*[\w.-]+:[<>]?=?)(?P<values>\S.*)", re.DOTALL)
_WORDS = re.compile(r"(?P<before>-*@?)(?P<values>[^\s:][^:]*)", re.DOTALL)
_SIGNS = re.compile(r"[\"“”„()\[\]]|\s-\S|\s@")  # of a query that is written as one
_JOINTS = re.compile(r"(?:^|\s)(?:and|or)(?:\s|$)", re.IGNORECASE)
_BETWEEN = re.compile(r"(,|\*|\.\.)")


def query_of(words: Sequence[str]) -> str:
    """The query that was typed as `words` of a command line.

    One word is the whole query as it is written. Of several, a term whose value has blanks gets its quotes back,
    and so do plain words with blanks; alternatives that came as one word stand in brackets.
    """
    given = [word.strip() for word in words if word.strip()]
    return given[0] if len(given) == 1 else " ".join(map(_restored, given))


def _restored(word: str) -> str:
    """One of several words, as a query has it."""
    if not any(map(str.isspace, word)) or _SIGNS.search(word) or _JOINTS.search(word):
        return f"({word})" if _is_alternatives(word) else word
    term = _TERM.fullmatch(word)
    if term and ":" not in term["values"]:
        parts = _BETWEEN.split(term["values"])
        return term["before"] + "".join(map(_with_quotes, parts))
    plain = _WORDS.fullmatch(word)
    return plain["before"] + in_quotes(plain["values"]) if plain else word


def _with_quotes(part: str) -> str:
    """A part of a value, in quotes if there are blanks in it."""
    return in_quotes(part.strip()) if any(map(str.isspace, part.strip())) else part.strip()


def _is_alternatives(word: str) -> bool:
    """Whether the word is a query of its own with an `or` that is in no brackets; its brackets must fit."""
    tokens = tokens_of(word)
    if isinstance(tokens, Flaw):
        return False
    depth, found = 0, False
    for token in tokens:
        depth += (token.kind == "(") - (token.kind == ")")
        if depth < 0:
            return False
        found |= token.kind == "or" and not depth
    return found and depth == 0 and tokens[0].kind != "or" and tokens[-2].kind != "or"
