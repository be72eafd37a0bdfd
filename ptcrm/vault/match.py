"""Who may be the same: customers who share an address, a number or a name, and words that are a letter off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptcrm.text.fold import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ptcrm.model.customer import Customer

Key = tuple[str, str]
"""A field, and its value in the form in which values are compared."""

_NOT_DIGITS = re.compile("[^0-9]+")
_LEAST_DIGITS = 7  # fewer are an extension
_NATIONAL_DIGITS = 9  # of `+48 600 100 200`, `0048600100200` and `600 100 200` these are the same
_SHORTEST, _LONGEST = 3, 100  # characters of a word that may be a slip


def keys(one: Customer, country: str | None = None) -> Iterator[Key]:
    """What may tell that two customers are one: each e-mail address and phone number, and the name."""
    yield from keys_of(one.name, one.emails, one.phones, country)


def keys_of(
    name: str, emails: Iterable[str], phones: Iterable[str], country: str | None = None
) -> Iterator[Key]:
    """The keys of somebody with these; phone numbers without a country's are of `country` (ISO 3166)."""
    for address in emails:
        yield "emails", address.casefold()
    for number in phones:
        if key := _phone_key(number, country):
            yield "phones", key
    if words := slug(name):
        yield "name", "-".join(sorted(words.split("-")))


def _phone_key(number: str, country: str | None) -> str | None:
    """The number in E.164 if its country is known, else its last digits; None for one that is too short to tell."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        digits = _NOT_DIGITS.sub("", number)
        return digits[-_NATIONAL_DIGITS:] if len(digits) >= _LEAST_DIGITS else None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def groups(customers: Iterable[Customer]) -> dict[Key, list[Customer]]:
    """The people who share a key, by that key; nobody is in a group alone."""
    found: dict[Key, list[Customer]] = {}
    for one in customers:
        if one.kind == "person":
            for key in dict.fromkeys(keys(one)):
                found.setdefault(key, []).append(one)
    return {key: group for key, group in found.items() if len(group) > 1}


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
