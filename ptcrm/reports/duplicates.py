"""Customers who may be one and the same: pairs with a score, what speaks for it and what against. Pure.

Only those are compared who share an address, a number, or what two names that are alike have in common; so the work
grows with the number of customers, and not with its square.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from ptcrm.model.customer import Customer
from ptcrm.text.fold import fold, same_id, slug
from ptcrm.vault.likeness import (
    FIRST,
    INITIAL,
    NEAR,
    PART,
    SAME,
    SPELT,
    Likeness,
    Spelling,
    alike,
    companies_alike,
    company_spelling,
    spelling,
)
from ptcrm.vault.match import NATIONAL_DIGITS, country_of, email_key, phone_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

USUAL_LEAST = 50  # points from which two are named
CLEAR_LEAST = 65  # from which more than the names and a company has to speak for it
MOST = 100

_NAMES = {SAME: 55, SPELT: 53, NEAR: 45, INITIAL: 30, PART: 22, FIRST: 15, "": -15}
_TELLING = (SAME, SPELT, NEAR, INITIAL)  # names that are worth a look, though nothing else is shared
_OTHER_FIRST_NAME = -40
_EMAIL, _PHONE, _URL, _OF_MANY = 45, 35, 30, 15
_PHONE_IN_PART = 20  # the same last digits, of which one is without a country's code
_BIRTHDAY, _DAY_OF_BIRTH, _ADDRESS, _COMPANY = 25, 12, 12, 8
_OTHER_BIRTHDAY, _OTHER_AGE, _OTHER_KIND = -65, -60, -60
_OTHER_CONTACT, _OTHER_BOTH, _OTHER_PLACE, _COMMON = -5, -15, -10, -10
_MANY = 3  # who share an address are an office
_WINDOW = 12  # neighbours in a large group with whom each is compared
_WORDS = re.compile(r"\w+")
_OF_AN_OFFICE = frozenset(
    _WORDS.findall(
        "info office kontakt contact hello mail biuro sklep shop sales service team admin post zentrale buero sekretariat "
        "reception hallo verkauf support secretariat bureau ventas comercial"
    )
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers who may be one. `score` is from 0 to 100; the file of `one` says more than that of `other`."""

    one: Customer
    other: Customer
    score: int
    reasons: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A customer as one is compared; `endings` are the last digits of the phone numbers."""

    customer: Customer
    name: Spelling
    emails: frozenset[str]
    phones: frozenset[str]
    endings: frozenset[str]
    urls: frozenset[str]
    addresses: frozenset[str]
    company: str


def duplicates(
    customers: Iterable[Customer], country: str | None = None, least: int = USUAL_LEAST
) -> list[Pair]:
    """The pairs with a score of `least` or more, the highest first, then by path.

    Phone numbers without a country's code are of `country`, or of the one that most of the others name.
    """
    among = sorted(customers, key=lambda one: one.path)
    country = country or country_of(number for one in among for number in one.phones)
    known = [_known(one, country) for one in among]
    shared = Counter(key for one in known for key in (*one.emails, *one.phones))
    names = Counter(" ".join(sorted(one.name.words)) for one in known)
    found = []
    for at, to in _candidates(known, by_name=least < CLEAR_LEAST):
        one, other = known[at], known[to]
        do_meet = _meet(one, other)
        if not do_meet and _are_born_apart(one, other):
            continue  # whatever else they share is less than that
        like = _likeness(one, other)
        if do_meet or like.how in _TELLING:
            found.append(_pair(one, other, like, (shared, names)))
    likely = (pair for pair in found if pair.score >= least)
    return sorted(likely, key=lambda pair: (-pair.score, pair.one.path, pair.other.path))


def _known(one: Customer, country: str | None) -> _Known:
    is_company = one.kind == "company"
    phones = frozenset(key for number in one.phones if (key := phone_key(number, country)))
    return _Known(
        one,
        company_spelling(one.name) if is_company else spelling(one.name),
        frozenset(map(email_key, one.emails)),
        phones,
        frozenset(phone[-NATIONAL_DIGITS:] for phone in phones),
        frozenset(_page(url) for url in one.urls),
        frozenset(slug(address) for address in one.addresses),
        "".join(company_spelling(one.company or "").sounds),
    )


def _page(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", same_id(url.strip())).rstrip("/")


# Who is compared


def _candidates(known: Sequence[_Known], *, by_name: bool) -> list[tuple[int, int]]:
    """The places of those who are compared, each two once; not `by_name` only those who share more than that."""
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(known):
        for key in {*_blocks(one), *(_name_blocks(one) if by_name else _life_blocks(one))}:
            groups.setdefault(key, []).append(place)
    found: set[tuple[int, int]] = set()
    for group in groups.values():
        found.update(_within(group, known))
    return sorted(found)


def _blocks(one: _Known) -> Iterator[str]:
    """What two must share at least one of to be compared, or a part of their names, or of their lives."""
    yield from (f"@{email}" for email in one.emails)
    yield from (f"+{ending}" for ending in one.endings)
    yield from (f"/{url}" for url in one.urls)


def _life_blocks(one: _Known) -> Iterator[str]:
    if born := one.customer.birthday:
        yield f"*{born.month}-{born.day}"
    yield from (f"#{address}" for address in one.addresses)


def _name_blocks(one: _Known) -> Iterator[str]:
    sounds = one.name.sounds
    yield f"={''.join(sounds)}"
    yield f"={''.join(sorted(sounds))}"
    for word, other in combinations(sounds, 2):
        yield f"{word} {other[0]}"  # the one may have a slip, or be an initial
        yield f"{other} {word[0]}"


def _within(group: list[int], known: Sequence[_Known]) -> Iterator[tuple[int, int]]:
    """Each two of a group; in a large one, those whose names are neighbours."""
    if len(group) > _WINDOW:
        group = sorted(group, key=lambda at: (known[at].name.sounds, at))
    for at, place in enumerate(group):
        for other in group[at + 1 : at + 1 + _WINDOW]:
            yield min(place, other), max(place, other)


def _meet(one: _Known, other: _Known) -> bool:
    """Whether two share an address or a number, as far as it is written."""
    return not (
        one.emails.isdisjoint(other.emails)
        and one.urls.isdisjoint(other.urls)
        and one.endings.isdisjoint(other.endings)
    )


# What speaks for it, and what against


def _pair(one: _Known, other: _Known, like: Likeness, counts: tuple[Counter[str], Counter[str]]) -> Pair:
    """Two customers with their score; `counts` are how many share an address or number, and how many a name."""
    shared, names = counts
    is_office = like.how in (FIRST, "") and bool(one.company) and one.company == other.company
    evidence = [
        *_of_names(one, other, like, names),
        *_of_addresses(one, other, shared, is_office=is_office),
        *_of_lives(one, other),
    ]
    points = sum(weight for weight, _ in evidence)
    first, second = sorted((one.customer, other.customer), key=lambda it: (-len(it.lines), it.path))
    return Pair(
        first,
        second,
        min(max(points, 0), MOST),
        tuple(words for weight, words in evidence if weight > 0),
        tuple(words for weight, words in evidence if weight < 0 and words),
    )


def _of_names(one: _Known, other: _Known, like: Likeness, names: Counter[str]) -> Iterator[tuple[int, str]]:
    kinds = {one.customer.kind, other.customer.kind}
    if len(kinds) > 1:
        yield _OTHER_KIND, "one is a company"
    if like.others:
        yield _OTHER_FIRST_NAME, "different first names"
        return
    weight = _NAMES[PART if _is_half(one) and like.how in (SAME, SPELT, NEAR) else like.how]
    yield weight, like.how or "different names"
    if like.how in (SAME, SPELT) and names[" ".join(sorted(one.name.words))] >= _MANY:
        yield _COMMON, "a name that several have"
    if one.name.elder != other.name.elder:
        yield _OTHER_AGE, "one is the younger"


def _is_half(one: _Known) -> bool:
    """Whether a name is a first name or a surname alone; one without spaces in another script is a whole one."""
    return one.customer.kind == "person" and len(one.name.words) == 1 and one.name.words[0].isascii()


def _likeness(one: _Known, other: _Known) -> Likeness:
    """What the names have in common; another name of either counts if it is the same."""
    companies = one.customer.kind == other.customer.kind == "company"
    like = (companies_alike if companies else alike)(one.name, other.name)
    if like.how not in (SAME, SPELT, NEAR):
        called, others = _called(one), _called(other)
        if called & others:
            return Likeness(SAME)
    return like


def _called(one: _Known) -> set[tuple[str, ...]]:
    names = (one.customer.name, *one.customer.aliases)
    return {tuple(sorted(words)) for name in names if len(words := spelling(name).words) > 1}


def _of_addresses(
    one: _Known, other: _Known, shared: Counter[str], *, is_office: bool
) -> Iterator[tuple[int, str]]:
    """What shared addresses and numbers say; where two work together it `is_office` numbers that they may share."""
    emails = one.emails & other.emails
    if emails:
        yield max(
            (_EMAIL if _is_own(email, one, shared) else _OF_MANY, "the same e-mail address")
            for email in emails
        )
    phones = one.phones & other.phones
    if phones:
        own = min(shared[phone] for phone in phones) < _MANY and not is_office
        yield _PHONE if own else _OF_MANY, "the same phone number"
    elif _is_in_part(one.phones, other.phones):
        yield _PHONE_IN_PART, "the same phone number but for the country"
    if one.urls & other.urls:
        yield _URL, "the same web page"
    others = [
        bool(mine and theirs and not mine & theirs)
        for mine, theirs in ((one.emails, other.emails), (one.phones, other.phones))
    ]
    if all(others):
        yield _OTHER_BOTH, "other e-mail addresses and phone numbers"
    elif any(others) and not emails and not phones:
        yield _OTHER_CONTACT, ""


def _is_own(email: str, one: _Known, shared: Counter[str]) -> bool:
    """Whether an address is a person's rather than an office's; a company's may be that of its office."""
    is_office = one.customer.kind == "person" and email.partition("@")[0] in _OF_AN_OFFICE
    return not is_office and shared[email] < _MANY


def _is_in_part(ones: frozenset[str], others: frozenset[str]) -> bool:
    """Whether a number without a country's code ends as one with a code does."""
    return any(
        one.startswith("+") != other.startswith("+") and one[-NATIONAL_DIGITS:] == other[-NATIONAL_DIGITS:]
        for one in ones
        for other in others
    )


def _of_lives(one: _Known, other: _Known) -> Iterator[tuple[int, str]]:
    born, their = one.customer.birthday, other.customer.birthday
    if _are_born_apart(one, other):
        yield _OTHER_BIRTHDAY, "different birthdays"
    elif born and their:
        yield _BIRTHDAY if born.year and their.year else _DAY_OF_BIRTH, "the same birthday"
    if one.addresses & other.addresses:
        yield _ADDRESS, "the same address"
    if one.company and other.company:
        same = one.company == other.company
        yield (_COMPANY, "the same company") if same else (_OTHER_PLACE, "different companies")
    elif _places(one) and _places(other) and not _places(one) & _places(other):
        yield _OTHER_PLACE, "different places"


def _are_born_apart(one: _Known, other: _Known) -> bool:
    """Whether their birthdays are known and differ, as far as both are known."""
    born, their = one.customer.birthday, other.customer.birthday
    if not (born and their):
        return False
    return (born.month, born.day) != (their.month, their.day) or bool(
        born.year and their.year and born.year != their.year
    )


def _places(one: _Known) -> set[str]:
    """Where somebody is to be met, folded: places, and the words of postal addresses."""
    words = (word for address in one.customer.addresses for word in _WORDS.findall(fold(address)))
    return {*map(fold, one.customer.places), *(word for word in words if not word.isdigit())}
