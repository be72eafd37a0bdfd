"""The grammar of queries, and errors that point at their place.

    query   = [either]
    either  = both *("or" both)
    both    = unit *(["and"] unit)
    unit    = *"-" (term / "(" either ")")
    term    = field ":" value *("," value)
            / "has:" field *("," field) / "no:" field *("," field)
    value   = [sign] words / words ".." [words] / ".." words
    sign    = ">" / ">=" / "<" / "<="

A query without terms means everybody. `and` and `or` are read in any case. `words` are any signs but blanks,
brackets, commas and quotes, quoted text, and `[[a link]]`; `*` outside quotes is any text. A field's type decides what its values
are, and whether a sign or a range may stand there; in a field of words two dots are two dots.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.reading import did_you_mean, nearest
from ptcrm.query.fields import BY_NAME, Field, Type, Vocabulary
from ptcrm.query.lexer import Flaw, Kind, Token, in_quotes, shown, tokens_of
from ptcrm.query.nodes import Choice, Every, Has, Query, Term, every, negated, some
from ptcrm.query.reading import Asked
from ptcrm.query.values import test_of
from ptcrm.text.caret import columns, pointed_at
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

_DEEPEST = 50  # brackets inside each other
_LONG = 60  # characters that no hint repeats
_ROOM = 72  # columns
_BREAK = re.compile(r"[\r\n]")
_OPERATOR = re.compile(r"([^<>=]+)([<>]=?|==?)([^<>=]+)")


def parse(text: str, vocabulary: Vocabulary, today: date, *, planned: bool = False) -> Query | Flaw:
    """The query in `text`, or what is wrong with it.

    Only with `planned` may it ask for what follows from the plan. Days named by words and lengths count from `today`.
    """
    tokens = tokens_of(text)
    if isinstance(tokens, Flaw):
        return tokens
    return _Parser(tokens, _Terms(vocabulary, today, planned=planned)).query()


def pointed(text: str, flaw: Flaw, room: int = _ROOM, width: Callable[[str], int] = columns) -> str:
    """The query on one line, cut to `room` columns, and below it a line with `^` under the flaw."""
    return "\n".join(pointed_at(_BREAK.sub(" ", text), flaw.offset + 1, room, width))


class _Parser:
    """One method for each rule of the grammar, from the token `at` on."""

    def __init__(self, tokens: tuple[Token, ...], terms: _Terms) -> None:
        self.tokens = tokens
        self.terms = terms
        self.at = 0
        self.depth = 0

    def query(self) -> Query | Flaw:
        if self._peek() == "end":
            return Every()
        found = self._either()
        if not isinstance(found, Flaw) and self._peek() != "end":
            return Flaw("this bracket closes nothing", self.tokens[self.at].offset)
        return found

    def _either(self) -> Query | Flaw:
        parts: list[Query] = []
        while True:
            part = self._both()
            if isinstance(part, Flaw):
                return part
            parts.append(part)
            if not self._take("or"):
                return some(parts)

    def _both(self) -> Query | Flaw:
        parts: list[Query] = []
        while True:
            part = self._unit()
            if isinstance(part, Flaw):
                return part
            parts.append(part)
            if not self._take("and") and self._peek() in ("or", ")", "end"):
                return every(parts)

    def _unit(self) -> Query | Flaw:
        minus = False
        while self._take("-"):
            minus = not minus
        found = self._positive()
        return negated(found) if minus and not isinstance(found, Flaw) else found

    def _positive(self) -> Query | Flaw:
        token = self.tokens[self.at]
        if self._take("("):
            return self._inside(token)
        if self._take("term"):
            found = self.terms.read(token)
            return self._in_two_words(token) or found if isinstance(found, Flaw) else found
        if token.kind == "words":
            return _bare(token, self.tokens[self.at - 1] if self.at else None)
        return _missing(token)

    def _in_two_words(self, term: Token) -> Flaw | None:
        """What is wrong with a term that could be read if it had the next word too."""
        after = self.tokens[self.at]
        if after.kind != "words":
            return None
        joined = _joined(term, after.text)
        tokens = tokens_of(joined)
        if isinstance(tokens, Flaw) or isinstance(self.terms.read(tokens[0]), Flaw):
            return None
        return Flaw(f"{shown(after.text)} is cut off", after.offset, f"Two words need quotes: {joined}")

    def _inside(self, opening: Token) -> Query | Flaw:
        """What stands behind a bracket, up to the one that closes it."""
        if self.depth == _DEEPEST:
            return Flaw(f"more than {_DEEPEST} brackets stand inside each other", opening.offset)
        self.depth += 1
        found = self._either()
        self.depth -= 1
        if not isinstance(found, Flaw) and not self._take(")"):
            return Flaw("this bracket does not close", opening.offset)
        return found

    def _peek(self) -> Kind:
        return self.tokens[self.at].kind

    def _take(self, kind: Kind) -> bool:
        """Whether the next token is of this kind; it is passed then."""
        if self._peek() != kind:
            return False
        self.at += 1
        return True


def _missing(token: Token) -> Flaw:
    """What is wrong with a token that stands where a term must."""
    if token.kind in ("and", "or"):
        return Flaw(f"nothing stands before this “{token.kind}”", token.offset, "It joins two terms.")
    if token.kind == ")":
        return Flaw("a term is missing before this bracket", token.offset)
    return Flaw("a term is missing at the end", token.offset, "Write for example tag:vip.")


def _bare(token: Token, before: Token | None) -> Flaw:
    """What is wrong with words that stand without a field."""
    words = token.text
    message = f"{shown(words)} stands without a field"
    if len(words) > _LONG:
        return Flaw(message, token.offset, "To look for a name, write for example name:anna")
    compared = _OPERATOR.fullmatch(words)
    if compared and (fold(compared[1]) in BY_NAME):
        sign = compared[2].strip("=") and compared[2]
        return Flaw(message, token.offset, f"Write {compared[1]}:{sign}{compared[3]}")
    if words.casefold() == "not":
        return Flaw(message, token.offset, "A minus excludes: -tag:vip")
    hint = f"To look for a name, write name:{in_quotes(words)}"
    if before is not None and before.kind == "term":
        hint = f"Two words need quotes: {_joined(before, words)}"
    return Flaw(message, token.offset, hint)


def _joined(term: Token, words: str) -> str:
    """A term with its last value and `words` as one value."""
    value = term.values[-1]
    return f"{in_quotes(term.text)}:{value.sign}{in_quotes(f'{value.text} {words}')}"


class _Terms(NamedTuple):
    """From a term's token to a query."""

    vocabulary: Vocabulary
    today: date
    planned: bool

    def read(self, token: Token) -> Query | Flaw:
        """The query that a term makes, or what is wrong with it."""
        if token.text.casefold() in ("has", "no"):
            return self._has(token)
        field = self._field(token.text, token.offset)
        if isinstance(field, Flaw):
            return field
        choices = []
        for value in token.values:
            if value.sign and len(token.values) > 1:
                hint = "Write numbers without commas, and `or` between two comparisons."
                return Flaw("a comparison stands in no list", value.offset, hint)
            test = test_of(Asked(value, field, self.vocabulary, self.today))
            if isinstance(test, Flaw):
                return test
            choices.append(Choice(value.source, test))
        return Term(field.name, tuple(choices))

    def _has(self, token: Token) -> Query | Flaw:
        names = []
        for value in token.values:
            field = self._field(value.sign + value.text, value.offset)
            if isinstance(field, Flaw):
                return field
            names.append(field.name)
        has = Has(tuple(names))
        return has if token.text.casefold() == "has" else negated(has)

    def _field(self, name: str, offset: int) -> Field | Flaw:
        """The field that `name` means, or why it means none."""
        key = fold(name)
        field = BY_NAME.get(key)
        if field is None and key in self.vocabulary.own:
            return Field(self.vocabulary.own[key], Type.OWN, "", "")
        if field is None:
            near = nearest(key, (*BY_NAME, *self.vocabulary.own))
            hint = did_you_mean(near) or "It is none of the known ones, and no customer has one of this name."
            return Flaw(f"{shown(name)} is no field", offset, hint)
        if field.planned and not self.planned:
            hint = "Ask for what is written in the files, such as last:>6w."
            return Flaw(f"“{field.name}” follows from the plan, which depends on this query", offset, hint)
        return field
