"""The words of a query, with the places where they stand. Offsets count characters from 0."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

Kind = Literal["(", ")", "-", "and", "or", "@", "term", "words", "end"]

_KINDS: dict[str, Kind] = {"(": "(", ")": ")", "-": "-", "and": "and", "or": "or"}
_BLANKS = re.compile(r"\s*")
_LINK = r"\[\[[^\[\]]*\]\]"
_NAME = re.compile(rf'(?:{_LINK}|[^\s():,"“„])+')
_PLAIN = re.compile(rf'(?:{_LINK}|[^\s(),"“„])+')
_QUOTED = re.compile(r'"(?P<straight>[^"]*(?:""[^"]*)*)"|[“„](?P<curly>[^“”]*)[“”]')
_SIGN = re.compile("[<>]=?")
_BARE = re.compile(r"\w[\w.-]*")
_NONE = "no:tag finds those without a tag."
_SHOWN = 40  # characters of a long word that a message repeats


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a query cannot be read: what is wrong at `offset` of its text, and what to do."""

    message: str
    offset: int
    hint: str = ""


class Written(NamedTuple):
    """One value as it stands: its `sign` (`>`, `<=` or none) and its text without quotes.

    `stars` are the places in `text` of the `*` that stand outside quotes, `dots` that of the first such `..`.
    `source` is the value as typed, from `offset` on; what follows the dots is typed from `after` on.
    """

    sign: str
    text: str
    stars: tuple[int, ...]
    dots: int | None
    source: str
    offset: int
    after: int

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text between the stars."""
        edges = [-1, *self.stars, len(self.text)]
        return tuple(self.text[one + 1 : other] for one, other in pairwise(edges))

    @property
    def ends(self) -> tuple[str, str]:
        """What stands before the dots and behind them."""
        at = self.dots or 0
        return self.text[:at], self.text[at + 2 :]

    @property
    def given(self) -> list[str]:
        """The whole text, or those ends of a range that are there."""
        return [self.text] if self.dots is None else [words for words in self.ends if words]


class Token(NamedTuple):
    """A part of a query: a sign, a `term` (`text` is its field), `words` without a field, or the name behind an `@`."""

    kind: Kind
    offset: int
    text: str = ""
    values: tuple[Written, ...] = ()


def shown(words: str) -> str:
    """`words` in quotes, for a message; a long text is cut."""
    return f"“{words}”" if len(words) <= _SHOWN else f"“{words[: _SHOWN - 1]}…”"


def in_quotes(words: str) -> str:
    """`words` as a query has them, in quotes if they need any."""
    return words if _BARE.fullmatch(words) else '"' + words.replace('"', '""') + '"'


def tokens_of(text: str) -> tuple[Token, ...] | Flaw:
    """The tokens of a query, the last one of the kind `end`, or what is wrong with it."""
    found: list[Token] = []
    at = _blanks(text, 0)
    while at < len(text):
        read = _next(text, at)
        if isinstance(read, Flaw):
            return read
        token, at = read
        found.append(token)
        at = _blanks(text, at)
    return (*found, Token("end", len(text)))


def _next(text: str, at: int) -> tuple[Token, int] | Flaw:
    """The token at `at`, and where it ends."""
    if text[at] in "()-":
        return Token(_KINDS[text[at]], at), at + 1
    if text[at] == "@":
        return _saved(text, at)
    name = _NAME.match(text, at) or _QUOTED.match(text, at)
    if name is None:
        return _stray(text, at)
    words, end = _unquoted(name), name.end()
    if text[end : end + 1] == ":":
        return _term(text, at, words, end + 1)
    value = _run(text, at, at, "")
    if isinstance(value, Flaw):
        return value
    joint = _KINDS.get(value.source.casefold())
    return Token(joint or "words", at, value.text, (value,)), at + len(value.source)


def _saved(text: str, at: int) -> tuple[Token, int] | Flaw:
    """The name of a saved query, behind the `@` that stands at `at`."""
    if not (_PLAIN.match(text, at + 1) or _QUOTED.match(text, at + 1)):
        return Flaw("a name is missing behind this “@”", at, "Write for example @vip.")
    name = _run(text, at + 1, at + 1, "")
    return name if isinstance(name, Flaw) else (Token("@", at, name.text), at + 1 + len(name.source))


def _stray(text: str, at: int) -> Flaw:
    """What is wrong with a sign that begins nothing."""
    if text[at] == ",":
        return Flaw(
            "this comma separates nothing",
            at,
            "Write values without blanks: tag:a,b; and `or` between words.",
        )
    if text[at] == ":":
        return Flaw("a field is missing before the colon", at, "Write for example tag:vip.")
    return Flaw("these quotes do not close", at)


def _term(text: str, start: int, name: str, at: int) -> tuple[Token, int] | Flaw:
    """The term whose values begin at `at`, and where it ends."""
    values: list[Written] = []
    while True:
        value = _value(text, at)
        if isinstance(value, Flaw):
            return value
        values.append(value)
        at = value.offset + len(value.source)
        if text[at : at + 1] != ",":
            return Token("term", start, name, tuple(values)), at
        at += 1


def _value(text: str, start: int) -> Written | Flaw:
    """The value that begins at `start`."""
    sign = _SIGN.match(text, start)
    return _run(text, start, sign.end(), sign[0]) if sign else _run(text, start, start, "")


def _run(text: str, start: int, first: int, sign: str) -> Written | Flaw:
    """What stands without a blank from `start` on, where a `sign` may be; its words begin at `first`."""
    at, words, stars, dots, after = first, "", [], None, start
    while run := _PLAIN.match(text, at) or _QUOTED.match(text, at):
        if run.re is _PLAIN:
            stars += [len(words) + star.start() for star in re.finditer(r"\*", run[0])]
            if dots is None and (place := run[0].find("..")) >= 0:
                dots, after = len(words) + place, at + place + 2
        words += _unquoted(run)
        at = run.end()
    if text[at : at + 1] in ("“", "„", '"'):
        return Flaw("these quotes do not close", at)
    if at == first:
        return _missing(text, at)
    if not words:
        return Flaw("nothing stands between these quotes", first, _NONE)
    return Written(sign, words, tuple(stars), dots, text[start:at], start, after)


def _missing(text: str, at: int) -> Flaw:
    """What is wrong where a value should stand and does not."""
    if text[at : at + 1] == "(":
        return Flaw("a field's values stand without brackets", at, "Write tag:a,b for any of two.")
    blank = text[at : at + 1].isspace() and text[at:].strip()
    hint = "Write no blank after a colon or comma: tag:a,b" if blank else _NONE
    return Flaw("a value is missing here", at, hint)


def _unquoted(run: re.Match[str]) -> str:
    """The text of a run without its quotes; two straight ones inside stand for one."""
    if run.re is not _QUOTED:
        return run[0]
    return str(run["curly"]) if run["straight"] is None else run["straight"].replace('""', '"')


def _blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
