"""The values of a term, read by their field's type into tests."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from ptcrm.model.dates import parse_date, parse_interval
from ptcrm.model.diagnostic import Problem
from ptcrm.model.values import parse_flag, parse_money, parse_whole
from ptcrm.query.days import day_test, period, yearly_test
from ptcrm.query.fields import Type, nominal
from ptcrm.query.lexer import Flaw, shown
from ptcrm.query.matching import As, Digits, Either, Holds, LeadsTo, Like, OneOf, Within, fits
from ptcrm.query.prose import digits_of, folded
from ptcrm.query.reading import Asked, Ends, ordered
from ptcrm.text.fold import fold, same_id
from ptcrm.text.markdown import link_target
from ptcrm.text.near import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from ptcrm.query.nodes import Test, Value

_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_FEWEST_DIGITS = 3
_LONGEST = 200  # characters of a value
_MOST_KNOWN = 12  # words that a hint names


# Words


def _word(asked: Asked) -> Test | Flaw:
    pieces = _pieces(asked)
    known = asked.vocabulary.known.get(asked.field.name)
    if isinstance(pieces, Flaw) or known is None:
        return pieces if isinstance(pieces, Flaw) else Like(pieces)
    meant = {known[word] for word in known if fits(pieces, word)}
    if not meant:
        return _unknown(asked, known)
    return OneOf(frozenset(word for word in known if known[word] in meant))


def _unknown(asked: Asked, known: Mapping[str, str]) -> Flaw:
    """What is wrong with a word that is none of those known."""
    near = nearest(fold(asked.value.text), known)
    names = list(dict.fromkeys(known.values()))
    more = ", …" if len(names) > _MOST_KNOWN else ""
    listed = f"Known are: {', '.join(names[:_MOST_KNOWN])}{more}." if names else "None are configured."
    noun = "channel" if asked.field.name in ("log", "prefers", "avoids") else asked.field.name
    hint = did_you_mean(f"{asked.field.name}:{known[near]}") if near else listed
    return asked.flaw(f"{shown(asked.value.text)} is no {noun}", hint)


def _text(asked: Asked) -> Test | Flaw:
    pieces = _pieces(asked)
    return pieces if isinstance(pieces, Flaw) else Like(("", *pieces, ""))


def _prose(asked: Asked) -> Test | Flaw:
    pieces = _pieces(asked)
    return pieces if isinstance(pieces, Flaw) else Holds(tuple(map(folded, pieces)))


def _pieces(asked: Asked) -> tuple[str, ...] | Flaw:
    """The folded text between the stars, unless it is compared or nothing is left of it."""
    if asked.value.sign:
        name = asked.field.name
        return asked.flaw(
            f"“{name}” cannot be more or less", f"Write {name}:words, without “{asked.value.sign}”."
        )
    pieces = tuple(map(fold, asked.value.pieces))
    return pieces if any(pieces) or len(pieces) > 1 else asked.flaw("nothing is left here to look for")


def _link(asked: Asked) -> Test | Flaw:
    found = _pieces(asked)
    target = link_target(asked.value.text)
    if isinstance(found, Flaw) or target is None:
        return found if isinstance(found, Flaw) else Like(found)
    return LeadsTo(same_id(target.removesuffix(".md")))


def _phone(asked: Asked) -> Test | Flaw:
    digits = digits_of(asked.value.text).lstrip("0")  # 0600 and 0048 600 are both in +48 600
    if asked.value.sign or len(digits) < _FEWEST_DIGITS:
        message = f"{shown(asked.value.source)} is no part of a phone number"
        return asked.flaw(message, f"Write at least {_FEWEST_DIGITS} digits.")
    return Digits(digits)


def _flag(asked: Asked) -> Test | Flaw:
    found = parse_flag(asked.value.text)
    if isinstance(found, Problem) or asked.value.sign:
        return asked.flaw(f"{shown(asked.value.source)} is neither true nor false", "Write true or false.")
    return Within(found, found)


# Numbers


def _amount(asked: Asked) -> Test | Flaw:
    currency = asked.vocabulary.currency

    def read(words: str) -> Ends | Problem:
        money = parse_money(words, currency)
        if isinstance(money, Problem):
            return money
        if money.currency != currency:
            hint = f"Write an amount in {currency}; what was sold in other currencies is not in it."
            return Problem("PT106", f"“{asked.field.name}” is counted in {currency}", hint)
        return money.amount, money.amount

    return ordered(asked, read)


def _count(asked: Asked) -> Test | Flaw:
    def read(words: str) -> Ends | Problem:
        number = parse_whole(words)
        return number if isinstance(number, Problem) else (number, number)

    return ordered(asked, read)


def _length(asked: Asked) -> Test | Flaw:
    def read(words: str) -> Ends | Problem:
        length = parse_interval(words)
        return length if isinstance(length, Problem) else (nominal(length), nominal(length))

    return ordered(asked, read)


# The user's own


def _own(asked: Asked) -> Test | Flaw:
    """A whole value; what is compared is a number or a day, and so are the customer's values then."""
    if not asked.value.sign and asked.value.dots is None:
        return _word(asked)
    tests = [
        As(number_or_day, test)
        for number_or_day, test in (
            (_number, ordered(asked, _decimal)),
            (_date, ordered(asked, lambda words: period(words, asked))),
        )
        if not isinstance(test, Flaw)
    ]
    if tests:
        return tests[0] if len(tests) == 1 else Either(tuple(tests))
    message = f"{shown(asked.value.source)} compares with neither a number nor a day"
    return asked.flaw(message, "Write for example >44, 40..44 or <2026-12-31; words stand in quotes.")


def _decimal(words: str) -> Ends | Problem:
    number = _number(words)
    return Problem("PT105", f"{shown(words)} is no number") if number is None else (number, number)


def _number(value: Value) -> Decimal | None:
    return Decimal(str(value)) if _DECIMAL.fullmatch(str(value)) else None


def _date(value: Value) -> date | None:
    found = parse_date(str(value))
    return None if isinstance(found, Problem) else found


_READERS: dict[Type, Callable[[Asked], Test | Flaw]] = {
    Type.WORD: _word,
    Type.TEXT: _text,
    Type.PROSE: _prose,
    Type.LINK: _link,
    Type.PHONE: _phone,
    Type.DAY: day_test,
    Type.COMING: day_test,
    Type.YEARLY: yearly_test,
    Type.LENGTH: _length,
    Type.MONEY: _amount,
    Type.COUNT: _count,
    Type.FLAG: _flag,
    Type.OWN: _own,
}


def test_of(asked: Asked) -> Test | Flaw:
    """The test that a value of the field passes or not, or why the value cannot be read."""
    if len(asked.value.text) > _LONGEST:
        return asked.flaw(f"a value of more than {_LONGEST} characters is not read")
    return _READERS[asked.field.type](asked)
