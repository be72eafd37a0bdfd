"""What somebody is known by in texts, where a text holds it, and where one may speak of her in other words. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.change import Traces
from ptcrm.text.fold import fold
from ptcrm.vault.likeness import called
from ptcrm.vault.match import LEAST_DIGITS, NATIONAL_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.customer import Customer

_NOT_DIGITS = re.compile("[^0-9]+")
_BETWEEN_DIGITS = r"[ ()./\u00a0-]*"
_BETWEEN_WORDS = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
_SCHEME = re.compile(r"\A\s*(?:https?:/*)?(?:www\.)?", re.IGNORECASE)
_DIGIT = re.compile("[0-9]")
_ENDINGS = "aeiouyąęéèáàäëíóöúüýå"
_SHORTEST, _TELLING = 2, 4  # letters of a name before its ending: to be looked for at all, and on its own
_PARTED = re.compile(r"\w[\s_-]+\w|[0-9]")  # what no ordinary word of a text has


def traces_of(one: Customer) -> Traces:
    """All that the customer is known by."""
    stem = one.path.rpartition("/")[2].removesuffix(".md")
    words = dict.fromkeys((one.id, stem, one.name, *one.aliases, *one.emails))
    numbers = dict.fromkeys(_NOT_DIGITS.sub("", phone) for phone in one.phones)
    return Traces(
        (one.path,),
        tuple(word for word in words if word.strip()),
        tuple(number for number in numbers if len(number) >= LEAST_DIGITS),
        tuple(dict.fromkeys(_places_of(one))),
    )


def _places_of(one: Customer) -> Iterator[str]:
    """Web pages as they are said, and postal addresses with a number: a town alone is anybody's."""
    yield from (page for url in one.urls if (page := _SCHEME.sub("", url).rstrip("/")))
    yield from (address for address in one.addresses if _DIGIT.search(address))


def sure_of(one: Customer, others: Iterable[Customer]) -> Traces:
    """Those of them that can mean nobody else: nothing that another customer has too, no ordinary word, no place."""
    mine, words, numbers = traces_of(one), set[str](), set[str]()
    for other in others:
        known = traces_of(other)
        words.update(map(fold, known.words))
        numbers.update(number[-NATIONAL_DIGITS:] for number in known.numbers)
    return Traces(
        mine.paths,
        tuple(word for word in mine.words if fold(word) not in words and _is_distinct(word)),
        tuple(number for number in mine.numbers if number[-NATIONAL_DIGITS:] not in numbers),
    )


def _is_distinct(word: str) -> bool:
    """Whether a word is more than one, or an address: a first name alone may be anybody's."""
    return "@" in word or _PARTED.search(word) is not None


def are_in(traces: Traces, text: str) -> bool:
    """Whether the text holds any of the traces, in any case."""
    return any(path in text for path in traces.paths) or any_of(traces).search(text) is not None


@lru_cache(maxsize=8)
def any_of(traces: Traces) -> re.Pattern[str]:
    """What finds the words and numbers in a text, in any case, as whole words; a sign of a tag belongs to one."""
    words = map(word_pattern, (*traces.words, *traces.places))
    parts = [*words, *map(number_pattern, traces.numbers)]
    return re.compile("|".join(sorted(parts, key=len, reverse=True)) or "(?!)", re.IGNORECASE)


def word_pattern(word: str) -> str:
    """The regular expression of a word or a name, however its accents and blanks are written; or of a file of that name."""
    before = r"(?<![\w.+-])" if "@" in word else r"(?<![\w-])#?"
    return f"{before}(?:{'|'.join(dict.fromkeys(map(_flexible, _spelled(word))))})(?:\\.md)?(?!\\w|-\\w)"


def _spelled(word: str) -> Iterator[str]:
    yield word
    for form in ("NFC", "NFD"):
        yield unicodedata.normalize(form, word)


def _flexible(word: str) -> str:
    return _BETWEEN_WORDS.join(map(re.escape, word.split()))


def number_pattern(number: str) -> str:
    """The regular expression of a phone number given as digits, with and without the country's part."""
    head, tail = number[:-NATIONAL_DIGITS], number[-NATIONAL_DIGITS:]
    country = rf"(?:(?:\+|00)?{_digits(head)}{_BETWEEN_DIGITS})?(?:\(?0\)?{_BETWEEN_DIGITS})?" if head else ""
    return rf"(?<![0-9+]){country}{_digits(tail)}(?![0-9])"


def _digits(number: str) -> str:
    return _BETWEEN_DIGITS.join(number)


# Other words for somebody


class Forms(NamedTuple):
    """The regular expressions of lines that may speak of somebody by a form of her name: anywhere, and where she works.

    They go with `re.MULTILINE`; case counts in them, since names are words too.
    """

    anywhere: str
    at_work: str


def forms_of(one: Customer, others: Iterable[Customer], company: Traces | None) -> Forms | None:
    """How texts may speak of a person who has a first name and a surname; None for everyone else.

    That is the surname in any form (`Kowalskiej`), unless another customer has it: then with the first name or its
    initial; `Anna K.`; and the first name in a line with the company, or in the company's own file.
    """
    names = called(one.name) if one.kind == "person" else []
    if len(names) < 2:
        return None
    (first, _), (last, letters) = map(_any_form, (names[0], names[-1]))
    alone = re.compile(last)
    is_alone = letters >= _TELLING and not any(
        alone.search(name) for other in others for name in (other.name, *other.aliases)
    )
    lines = [
        f"(?=.*{last})" if is_alone else rf"(?=.*{last})(?=.*(?:{first}|(?<!\w){names[0][0]}\.))",
        rf"(?=.*{first}[^\S\n]+{names[-1][0]}\.)",
    ]
    if company:
        lines.append(f"(?=.*{first})(?=.*(?i:{any_of(company).pattern}))")
    return Forms(f"^(?:{'|'.join(lines)})", first)


def _any_form(name: str) -> tuple[str, int]:
    """The regular expression of a name with any ending, and how many letters of it stand before that."""
    stem = name.rstrip(_ENDINGS)
    if len(stem) < _SHORTEST:
        return rf"(?<!\w){re.escape(name)}(?!\w)", len(name)
    return rf"(?<!\w){re.escape(stem)}\w{{0,4}}(?!\w)", len(stem)
