"""The grammar of queries, and errors that point at their place.

    query   = [either]
    either  = both *("or" both)
    both    = unit *(["and"] unit)
    unit    = *"-" (words / link / "@" words / term / "(" either ")")
    term    = field ":" value *("," value)
            / "has:" field *("," field) / "no:" field *("," field)
    value   = [sign] words / words ".." [words] / ".." words
    sign    = ">" / ">=" / "<" / "<="
    link    = "[[" target ["|" words] "]]"

A query without terms means everybody. `and` and `or` are read in any case. `words` are any signs but blanks,
brackets, commas and quotes, quoted text, and a link; `*` outside quotes is any text. A field's type decides what its values
are, and whether a sign or a range may stand there; in a field of words two dots are two dots. Words without a field
are those of the field `text`, a link alone is that of the field `link`. `@name` is the saved query of that name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.query.fields import BY_NAME, LINK, PLANNED, TEXT, Field, Type, Vocabulary
from ptcrm.query.lexer import Flaw, Kind, Token, Written, in_quotes, shown, tokens_of
from ptcrm.query.nodes import Choice, Every, Has, Query, Saved, Term, every, fields_of, negated, some
from ptcrm.query.reading import Asked
from ptcrm.query.values import test_of
from ptcrm.text.caret import columns, pointed_at
from ptcrm.text.fold import fold
from ptcrm.text.markdown import link_target
from ptcrm.text.near import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

_DEEPEST = 50  # brackets inside each other
_MOST = 5000  # values of saved queries in one query
_MOST_NAMED = 12  # saved queries that a hint names
_ROOM = 72  # columns
_LONG = 60  # characters that no hint repeats
_STORED = "Ask for what is written in the files, such as last:>6w."
_BREAK = re.compile(r"[\r\n]")
_OPERATOR = re.compile(r"([^<>=]+)([<>]=?|==?)([^<>=]+)")


def parse(text: str, vocabulary: Vocabulary, today: date, *, planned: bool = False) -> Query | Flaw:
    """The query in `text`, or what is wrong with it.

    Only with `planned` may it ask for what follows from the plan. Days named by words and lengths count from `today`.
    """
    return _parsed(text, _Terms(vocabulary, today, planned=planned), _Inside((), 0, [_MOST]))


def pointed(text: str, flaw: Flaw, room: int = _ROOM, width: Callable[[str], int] = columns) -> str:
    """The query on one line, cut to `room` columns, and below it a line with `^` under the flaw."""
    return "\n".join(pointed_at(_BREAK.sub(" ", text), flaw.offset + 1, room, width))


def _parsed(text: str, terms: _Terms, inside: _Inside) -> Query | Flaw:
    tokens = tokens_of(text)
    return tokens if isinstance(tokens, Flaw) else _Parser(tokens, terms, inside).query()


class _Inside(NamedTuple):
    """Where a query stands: in which saved queries, in how many of them and of brackets, and the room they have left."""

    names: tuple[str, ...]
    depth: int
    room: list[int]


@dataclass(frozen=True, slots=True)
class _Together(Flaw):
    """What is wrong with saved queries that hold each other; none of them alone is wrong."""


class _Parser:
    """One method for each rule of the grammar, from the token `at` on."""

    def __init__(self, tokens: tuple[Token, ...], terms: _Terms, inside: _Inside) -> None:
        self.tokens = tokens
        self.terms = terms
        self.inside = inside
        self.at = 0
        self.depth = inside.depth

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
            return self._bracketed(token)
        if flaw := self._too_much(token):
            return flaw
        if self._take("@"):
            return self._saved(token)
        if self._take("words"):
            return _wrong_words(token, self.terms.vocabulary) or self.terms.bare(token.values[0])
        if self._take("term"):
            found = self.terms.read(token)
            return self._in_two_words(token) or found if isinstance(found, Flaw) else found
        return _missing(token)

    def _too_much(self, token: Token) -> Flaw | None:
        """What is wrong with a saved query that holds others again and again; it would be evaluated for ever."""
        if not self.inside.names:
            return None
        self.inside.room[0] -= max(1, len(token.values))
        message = f"the saved queries here have more than {_MOST} values together"
        return _Together(message, token.offset) if self.inside.room[0] < 0 else None

    def _too_deep(self, token: Token) -> Flaw:
        if token.kind == "(" and not self.inside.names:
            return Flaw(f"more than {_DEEPEST} brackets stand inside each other", token.offset)
        message = f"more than {_DEEPEST} brackets and saved queries stand inside each other"
        return _Together(message, token.offset)

    def _saved(self, token: Token) -> Query | Flaw:
        """The saved query that an `@` names."""
        found = self.terms.vocabulary.queries.get(fold(token.text))
        if found is None:
            return self.terms.no_saved(token)
        name, text = found
        if name in self.inside.names:
            way = " → ".join(
                f"@{in_quotes(one)}" for one in (*self.inside.names[self.inside.names.index(name) :], name)
            )
            return _Together(
                f"{shown(f'@{name}')} asks for itself: {way}", token.offset, "Take one of them out."
            )
        if self.depth >= _DEEPEST:
            return self._too_deep(token)
        inside = _Inside((*self.inside.names, name), self.depth + 1, self.inside.room)
        query = _parsed(text, self.terms._replace(planned=True), inside)
        if isinstance(query, _Together):
            return replace(query, offset=token.offset)
        if isinstance(query, Flaw):
            return Flaw(f"{shown(f'@{name}')} cannot be read: {query.message}", token.offset, query.hint)
        return self.terms.allowed(Saved(name, query), token)

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

    def _bracketed(self, opening: Token) -> Query | Flaw:
        """What stands behind a bracket, up to the one that closes it."""
        if self.depth >= _DEEPEST:
            return self._too_deep(opening)
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


def _wrong_words(token: Token, vocabulary: Vocabulary) -> Flaw | None:
    """What is wrong with words without a field that were surely meant as something else; in quotes nothing is."""
    words = token.values[0].source
    compared = _OPERATOR.fullmatch(words)
    if compared and (fold(compared[1]) in BY_NAME or fold(compared[1]) in vocabulary.own):
        sign = compared[2].strip("=") and compared[2]
        meant = f"{compared[1]}:{sign}{compared[3]}"
        return Flaw(f"a colon is missing in {shown(words)}", token.offset, f"Write {shown(meant)}.")
    if words.casefold() == "not":
        hint = 'A minus excludes: -tag:vip. To look for the word, write "not".'
        return Flaw("“not” excludes nothing", token.offset, hint)
    if words[0] in "<>":
        return Flaw(
            f"{shown(words)} stands without a field", token.offset, "Write for example revenue:>5000."
        )
    if words.startswith("[[") and "]]" not in words:
        return Flaw("this link does not close", token.offset, "Write for example [[anna-kowalska]].")
    return None


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
        field = self._field(token.text, token.offset, ":")
        if isinstance(field, Flaw):
            return self._quoted(token, field)
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

    def bare(self, value: Written) -> Query | Flaw:
        """The query that words or a link without a field make."""
        field = BY_NAME[TEXT if link_target(value.source) is None else LINK]
        test = test_of(Asked(value, field, self.vocabulary, self.today))
        return test if isinstance(test, Flaw) else Term(field.name, (Choice(value.source, test),))

    def allowed(self, saved: Saved, token: Token) -> Query | Flaw:
        """The saved query, unless it asks for what follows from the plan where that may not be."""
        asked = sorted(fields_of(saved) & PLANNED)
        if self.planned or not asked:
            return saved
        message = f"{shown(str(saved))} asks for “{asked[0]}”, which follows from the plan, which depends on this query"
        return Flaw(message, token.offset, _STORED)

    def no_saved(self, token: Token) -> Flaw:
        """What is wrong with the name of a saved query that there is not."""
        queries = self.vocabulary.queries
        near = nearest(fold(token.text), queries)
        names = [f"@{in_quotes(name)}" for name, _ in queries.values()]
        more = ", …" if len(names) > _MOST_NAMED else ""
        known = (
            f"Known are: {', '.join(names[:_MOST_NAMED])}{more}." if names else "ptcrm.yaml has no `queries`."
        )
        hint = did_you_mean(f"@{in_quotes(queries[near][0])}") if near else known
        return Flaw(f"{shown(f'@{token.text}')} is no saved query", token.offset, hint)

    @staticmethod
    def _quoted(token: Token, flaw: Flaw) -> Flaw:
        """A flaw of a field's name, with what to do if the colon was meant as text."""
        words = f"{token.text}:{','.join(value.source for value in token.values)}"
        if flaw.hint.startswith("Did you mean") or len(words) > _LONG or '"' in words:
            return flaw
        return replace(
            flaw, hint=f'{flaw.hint} To look for words with a colon, write them in quotes: "{words}"'
        )

    def _has(self, token: Token) -> Query | Flaw:
        names = []
        for value in token.values:
            field = self._field(value.sign + value.text, value.offset, "")
            if isinstance(field, Flaw):
                return field
            names.append(field.name)
        has = Has(tuple(names))
        return has if token.text.casefold() == "has" else negated(has)

    def _field(self, name: str, offset: int, colon: str) -> Field | Flaw:
        """The field that `name` means, or why it means none; with the `colon` that it is offered with."""
        key = fold(name)
        field = BY_NAME.get(key)
        if field is None and key in self.vocabulary.own:
            return Field(self.vocabulary.own[key], Type.OWN, "", "")
        if field is None:
            near = nearest(key, (*BY_NAME, "has", "no", *self.vocabulary.own))
            hint = (
                did_you_mean(near and near + colon)
                or "It is none of the known ones, and no customer has one of this name."
            )
            return Flaw(f"{shown(name)} is no field", offset, hint)
        if field.planned and not self.planned:
            return Flaw(f"“{field.name}” follows from the plan, which depends on this query", offset, _STORED)
        return field
