"""Whom a draft is about: somebody in the vault, somebody who came before it, nobody yet, or perhaps several. Pure.

An address or number that two people share does not make them one; a name does not either, if there is anything
against it. What is not certain is left to a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import parse_anniversary
from ptcrm.model.diagnostic import Problem
from ptcrm.text.fold import same_id, slug
from ptcrm.text.safe import one_line
from ptcrm.vault.match import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.customer import Customer
    from ptcrm.model.dates import Anniversary
    from ptcrm.model.draft import Draft
    from ptcrm.vault.match import Key

# What stands before or behind names, and on business networks more than elsewhere. Not `jr`: that is the son.
_TITLE_WORDS = """dr prof mgr inz hab dipl ing kfm mag mr mrs ms herr frau pan pani
    mba emba phd dphil msc bsc llm cpa cfa pmp acca cissp"""
_TITLES = frozenset(_TITLE_WORDS.split())
_UMLAUT = re.compile("([aou])e")  # as German is written without umlauts
# Programs that have one record for each person: two records are two people.
_ONE_FOR_EACH = ("linkedin:",)
_SINGLE = 1  # a name of one word is not enough to tell


class Person(NamedTuple):
    """Somebody, as far as people are told apart: `path` is the customer's file, None for somebody new.

    `keys` are the e-mail addresses, phone numbers and sources, `name` the words of the name.
    """

    number: int
    path: str | None
    name: frozenset[str]
    keys: frozenset[Key]
    kind: str
    company: str
    birthday: Anniversary | None


class Unsure(NamedTuple):
    """Nobody can tell whether the draft is about one of `people`, for the reason `why`; it `may_be_new`."""

    people: tuple[Person, ...]
    why: str
    may_be_new: bool = True


class Directory:
    """Everybody in the vault and everybody who came before, looked up by what tells people apart."""

    def __init__(self, customers: Iterable[Customer], country: str | None) -> None:
        self._country = country
        self._people: list[Person] = []
        self._by_key: dict[Key, list[int]] = {}
        for one in customers:
            self._by_key.setdefault(("id", same_id(one.id)), []).append(len(self._people))
            self._add(self._of_customer(one))

    def who(self, draft: Draft, *, by_all: bool = False) -> Person | Unsure | None:
        """Whom the draft is about; None if it is nobody yet.

        `by_all` takes only who has both the name and an address or number, or the very source.
        """
        sought = self._of_draft(draft)
        sources = [key for key in sought.keys if key[0] == "sources"]
        certain = self._having(sources)
        certain += [one for one in self._having(_ids(draft)) if _agree(one.name, sought.name)]
        if certain:
            return certain[0]
        reached = self._having(key for key in sought.keys if key[0] != "sources")
        if by_all:
            both = [one for one in reached if one.name == sought.name and one.kind == sought.kind]
            return both[0] if len(both) == 1 else None
        if draft.is_of_known:
            emails = draft.values("emails")
            return _one_of(reached or ([] if emails else self._named(sought)), sought, *emails)
        return _by_address(sought, reached) or _by_name(sought, self._named(sought))

    def join(self, draft: Draft, person: Person | None) -> Person:
        """The person with what the draft tells of her as well; None makes somebody new."""
        new = self._of_draft(draft)
        if person is None:
            self._add(new._replace(number=len(self._people)))
            return self._people[-1]
        joined = person._replace(
            name=person.name or new.name,
            keys=person.keys | new.keys,
            company=person.company or new.company,
            birthday=person.birthday or new.birthday,
        )
        self._people[person.number] = joined
        self._note(joined, new.keys - person.keys)
        return joined

    def person(self, number: int) -> Person:
        """The person of this number, with all that is known by now."""
        return self._people[number]

    def _add(self, person: Person) -> None:
        self._people.append(person)
        self._note(person, person.keys)
        self._by_key.setdefault(("name", "-".join(sorted(person.name))), []).append(person.number)

    def _note(self, person: Person, keys: Iterable[Key]) -> None:
        for key in keys:
            self._by_key.setdefault(key, []).append(person.number)

    def _having(self, keys: Iterable[Key]) -> list[Person]:
        numbers = {number for key in keys for number in self._by_key.get(key, ())}
        return [self._people[number] for number in sorted(numbers)]

    def _named(self, sought: Person) -> list[Person]:
        return self._having([("name", "-".join(sorted(sought.name)))] if sought.name else [])

    def _of_customer(self, one: Customer) -> Person:
        keys = frozenset(self._keys(one.emails, one.phones, one.sources))
        number = len(self._people)
        return Person(
            number, one.path, _words(one.name), keys, one.kind, slug(one.company or ""), one.birthday
        )

    def _of_draft(self, draft: Draft) -> Person:
        origins = [draft.origin] if draft.origin else []
        keys = frozenset(self._keys(draft.values("emails"), draft.values("phones"), origins))
        birthday = parse_anniversary("".join(draft.values("birthday")[:1]))
        return Person(
            -1,
            None,
            _words(name_in(draft)),
            keys,
            "".join(draft.values("kind")[:1]) or "person",
            slug("".join(draft.values("company")[:1])),
            None if isinstance(birthday, Problem) else birthday,
        )

    def _keys(self, emails: Iterable[str], phones: Iterable[str], sources: Iterable[str]) -> Iterator[Key]:
        yield from keys_of(emails, phones, self._country)
        yield from (("sources", source) for source in sources)


def is_told_apart(draft: Draft) -> bool:
    """Whether somebody new would be found again by more than a name, when the same source is read again."""
    has_address = bool(draft.values("emails") or draft.values("phones"))
    return bool(draft.origin) or (has_address and bool(name_in(draft)))


def name_in(draft: Draft) -> str:
    """The name that the draft gives; none if it is nothing but one of the addresses or numbers."""
    name = " ".join(draft.values("name")[:1])
    return "" if name in (*draft.values("emails"), *draft.values("phones")) else name


def _ids(draft: Draft) -> list[Key]:
    return [("id", same_id(one)) for one in draft.values("id")]


def _words(name: str) -> frozenset[str]:
    """The words of a name without titles; a name that has no letters is one word."""
    words = frozenset(filter(None, slug(name).split("-")))
    bare = words - _TITLES
    return bare if len(bare) > _SINGLE else words or frozenset(filter(None, [same_id(one_line(name))]))


def _one_of(people: list[Person], sought: Person, *emails: str) -> Person | Unsure | None:
    """The one of them, or of those who have an address together the one whose name agrees."""
    named = [one for one in people if emails and sought.name and _agree(one.name, sought.name)]
    if len(people) > 1 and len(named) != 1:
        return Unsure(tuple(people), f"several customers have {' or '.join(emails) or 'this name'}")
    return next(iter(named or people), None)


def _by_address(sought: Person, reached: list[Person]) -> Person | Unsure | None:
    """Who shares an address or number, and has a name that agrees; sure only if it is one."""
    exact = [one for one in reached if one.name == sought.name and one.kind == sought.kind]
    possible = [one for one in reached if not _is_against(sought, one)]
    agreeing = exact or [one for one in possible if _agree(one.name, sought.name)]
    if len(agreeing) == 1:
        return agreeing[0]
    if agreeing:
        return Unsure(tuple(agreeing), "several share its address or number", may_be_new=False)
    near = tuple(one for one in possible if one.path and one.name & sought.name)
    return Unsure(near, "an address or number is shared, and the names are alike") if near else None


def _by_name(sought: Person, named: list[Person]) -> Person | Unsure | None:
    """Who has the same name, with nothing against it; sure only if it is one."""
    possible = [one for one in named if not _is_against(sought, one)]
    backed = [one for one in possible if _is_backed(sought, one) and not _are_two(sought, one)]
    if len(backed) == 1:
        return backed[0]
    free = [
        one for one in possible if not ((_addresses(one) and _addresses(sought)) or _are_two(sought, one))
    ]
    if len(possible) == 1 and free and (len(sought.name) > _SINGLE or not _addresses(free[0])):
        return free[0]
    doubtful = tuple(one for one in possible if one.path or one in free)
    return Unsure(doubtful, "the name is the same, and nothing else") if doubtful else None


def _is_against(sought: Person, one: Person) -> bool:
    """Whether the two cannot be one: a person and a company, or two birthdays."""
    mine, theirs = sought.birthday, one.birthday
    if mine is None or theirs is None:
        return sought.kind != one.kind
    days_differ = (mine.month, mine.day) != (theirs.month, theirs.day)
    years_differ = None not in (mine.year, theirs.year) and mine.year != theirs.year
    return sought.kind != one.kind or days_differ or years_differ


def _is_backed(sought: Person, one: Person) -> bool:
    """Whether more than the name says that the two are one."""
    same_birthday = sought.birthday is not None and sought.birthday == one.birthday
    return same_birthday or bool(sought.company and sought.company == one.company)


def _are_two(sought: Person, one: Person) -> bool:
    """Whether a program that has one record for each person has two for these."""
    mine, theirs = (
        {key[1].partition(":")[0] + ":" for key in each.keys if key[0] == "sources"} for each in (sought, one)
    )
    return not mine.isdisjoint(theirs & {*_ONE_FOR_EACH})


def _addresses(one: Person) -> set[Key]:
    return {key for key in one.keys if key[0] != "sources"}


def _agree(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two names may be one person's: the words of one are in the other, perhaps as initials.

    `Mueller` is Müller here, where an address has told already that the two are near.
    """
    fewer, more = sorted(({_UMLAUT.sub(r"\1", word) for word in words} for words in (mine, theirs)), key=len)
    initials = {word[0] for word in more}
    return all(word in more or (len(word) == 1 and word in initials) for word in fewer)
