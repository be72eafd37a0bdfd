"""What may be the same: addresses and numbers however they are written, and words that are a letter off."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from ptcrm.text.fold import same_id, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Key = tuple[str, str]
"""A field, and its value in the form in which values are compared."""

_NAMED = re.compile(r"[^<>]*<([^<>@\s]+@[^<>\s]+)>")  # RFC 5322 §3.4
_NOT_DIGITS = re.compile("[^0-9]+")
_EXTENSION = re.compile(r"[^\W\d_]|[;#,]")  # where the number ends and a word or sign begins
_ABROAD = re.compile(r"^[^0-9+]*00(?=[^0-9]*[1-9])")  # what is dialled for the plus in most countries
LEAST_DIGITS = 7  # fewer are an extension
NATIONAL_DIGITS = 9  # that are compared of a number whose country nobody knows
_MOSTLY = 0.9
_SHORTEST, _LONGEST = 3, 100  # characters of a word that may be a slip
_ONE_MAILBOX = {"gmail.com", "googlemail.com"}  # Google's: dots and what follows a plus name no other mailbox


def keys_of(emails: Iterable[str], phones: Iterable[str], country: str | None = None) -> Iterator[Key]:
    """What may tell that two are one; phone numbers without a country's are of `country` (ISO 3166, `DE-BE` too)."""
    for address in emails:
        yield "emails", email_key(address)
    for number in phones:
        if key := phone_key(number, country):
            yield "phones", key


def email_key(address: str) -> str:
    """The address as it is compared: without name and case, and of Google's the mailbox that it means."""
    plain = same_id(bare_address(address))
    local, at, host = plain.rpartition("@")
    if at and host in _ONE_MAILBOX:
        return f"{local.partition('+')[0].replace('.', '')}@gmail.com"
    return plain


def bare_address(written: str) -> str:
    """The e-mail address in what may have a name before it: `Jo <jo@x.example>`, `mailto:jo@x.example`."""
    named = _NAMED.fullmatch(written.strip())
    return (named[1] if named else written).strip().removeprefix("mailto:")


def phone_key(number: str, country: str | None = None) -> str | None:
    """The number in E.164 if its country is known, else its last nine digits; None for one too short to tell.

    What follows the number, as an extension does, is left out.
    """
    plain = _without_extension(number)
    if len(_NOT_DIGITS.sub("", plain)) < LEAST_DIGITS:
        return None
    region = country and country.partition("-")[0].upper()
    plain = plain if region else _ABROAD.sub("+", plain)
    return _parsed(plain, None if plain.startswith("+") else region)


@lru_cache(1 << 16)
def _parsed(number: str, region: str | None) -> str:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return _NOT_DIGITS.sub("", number)[-NATIONAL_DIGITS:]
    if parsed.italian_leading_zero and not phonenumbers.is_valid_number(parsed):
        parsed.italian_leading_zero = False  # people dial it where it is no part of the number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _without_extension(number: str) -> str:
    plain = number.strip().removeprefix("tel:")
    bare = _EXTENSION.split(plain, maxsplit=1)[0]
    return bare if len(_NOT_DIGITS.sub("", bare)) >= LEAST_DIGITS else plain


def country_of(phones: Iterable[str]) -> str | None:
    """The country (ISO 3166) that nine of ten of the `phones` name, of those that name one; None if there is none.

    So what is written without a country's code is read as whoever wrote it reads it. Where two countries meet,
    nothing is guessed.
    """
    import phonenumbers

    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    keys = (key for number in phones if (key := phone_key(number)) and key.startswith("+"))
    beginnings = ([int(key[1 : 1 + size]) for size in (1, 2, 3)] for key in keys)
    codes = Counter(next((code for code in three if code in known), 0) for three in beginnings)
    if not codes:
        return None
    code, count = codes.most_common(1)[0]
    region = phonenumbers.region_code_for_country_code(code)
    return region if count >= _MOSTLY * codes.total() and region.isalpha() else None


def slips(words: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """For each of `words` that is a slip of a key of `known`, that key's value.

    A slip has one letter missing, added, changed or moved; case, accents and signs between words do not matter.
    The work grows with the sum of both, not with their product.
    """
    wanted: dict[str, list[str]] = {}
    for word in words:
        for part in _without_a_letter(slug(word)):
            wanted.setdefault(part, []).append(word)
    found: dict[str, str] = {}
    for name, value in known.items():
        for part in _without_a_letter(slug(name)):
            for word in wanted.get(part, ()):
                found.setdefault(word, value)
    return found


def _without_a_letter(word: str) -> set[str]:
    """The word and, if it is neither too short nor too long to tell, what is left of it without one letter."""
    places = range(len(word) if _SHORTEST <= len(word) <= _LONGEST else 0)
    return {word, *(word[:at] + word[at + 1 :] for at in places)} - {""}
