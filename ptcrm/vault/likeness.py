"""How alike two names are, of people and of companies, as they are written in many languages. Pure.

A word is compared by its sound in letters: without accents, with `oe` as `ö`, `ck` as `k`, `ph` as `f`, one letter for
two. So Jörg, Joerg and Jorg are the same, and Zoë and Zoe.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from ptcrm.text.fold import fold

_GAPS = re.compile(r"[\W_]+")
_APOSTROPHES = re.compile(r"['’ʼ`]")
_NAME = re.compile(r"[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*")
_SPELT = (
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
    ("ph", "f"),
    ("th", "t"),
    ("hn", "n"),
    ("ck", "k"),
    ("c", "k"),
    ("y", "i"),
    ("x", "ks"),
)
_TWICE = re.compile(r"([a-z])\1")
_TITLES = frozenset(
    _GAPS.split("dr prof hab mgr inz dipl ing mr mrs ms miss sir pan pani herr frau sr sra mme mlle")
)
_YOUNGER = frozenset(_GAPS.split("jr jun junior son syn sohn fils filho hijo ii iii ml mlodszy"))
_ELDER = frozenset(_GAPS.split("sr sen senior father ojciec vater pere padre pai i st starszy"))
_LEGAL = frozenset(
    _GAPS.split(
        "gmbh ag kg ohg ug ltd limited llc llp plc inc corp co company sa sarl sas srl spa sl bv nv ab as aps oy "
        "sp z o oo zoo spzoo jawna sro zs eood ek eu doo kft sc"
    )
)
_LEAST_LETTERS = 4  # a shorter word with another letter is another word
_LONG_WORD = 9  # letters, of which two may be wrong
_ENDINGS = "aeioy"


class Spelling(NamedTuple):
    """A name as it is compared. `sounds` are those of `words`; `elder` is 1 for a father, -1 for a son."""

    words: tuple[str, ...]
    sounds: tuple[str, ...]
    elder: int = 0


class Likeness(NamedTuple):
    """What two names have in common: `how` is one of `SAME`, `SPELT`, `NEAR`, `INITIAL`, `PART`, `FIRST`, or none."""

    how: str
    others: bool = False  # the first names differ


SAME = "the same name"
SPELT = "the same name, spelt otherwise"
NEAR = "nearly the same name"
INITIAL = "an initial and the same surname"
PART = "one name is a part of the other"
FIRST = "the same first name"
NONE = Likeness("")


def sound(word: str) -> str:
    """A folded word by its sound: `joerg` and `jorg` are `jorg`, `meyer` is `meier`."""
    if not word.isascii():
        return word
    for written, read in _SPELT:
        word = word.replace(written, read)
    return _TWICE.sub(r"\1", word)


@lru_cache(1 << 16)
def spelling(name: str) -> Spelling:
    """A person's name as it is compared: without titles, `Kowalska, Anna` in the other order."""
    last, comma, first = name.partition(",")
    ages = {*_words(first)} & (_YOUNGER | _ELDER)
    whole = f"{first} {last}" if comma and first.strip() and not ages else name
    words = _words(whole)
    while len(words) > 1 and words[0] in _TITLES:
        del words[0]
    elder = 0
    while len(words) > 2 and words[-1] in _YOUNGER | _ELDER:
        elder = 1 if words.pop() in _ELDER else -1
    return Spelling(tuple(words), tuple(map(sound, words)), elder)


def called(name: str) -> list[str]:
    """The words of a person's name as they are written, the first name first: no title, no `junior`."""
    last, comma, first = name.partition(",")
    whole = f"{first} {last}" if comma and first.strip() else name
    others = _TITLES | _YOUNGER | _ELDER
    return [word for word in _NAME.findall(whole) if fold(word) not in others]


@lru_cache(1 << 16)
def company_spelling(name: str) -> Spelling:
    """A company's name as it is compared: without its legal form."""
    words = _words(name.replace(".", ""))
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return Spelling(tuple(words), tuple(map(sound, words)))


def _words(name: str) -> list[str]:
    return [word for word in _GAPS.split(fold(_APOSTROPHES.sub("", name))) if word]


def alike(one: Spelling, other: Spelling) -> Likeness:
    """What two people's names have in common."""
    if not one.words or not other.words:
        return NONE
    if _are_same(one.words, other.words):
        return Likeness(SAME)
    if _are_same(one.sounds, other.sounds) or "".join(one.sounds) == "".join(other.sounds):
        return Likeness(SPELT)
    left, right, slips, initials = _left_over(one, other)
    if left and right:
        return _apart(one, other, left, right)
    if min(len(one.words), len(other.words)) == 1:
        return Likeness(PART) if not initials and not slips else _of_one_word(one, other)
    if (
        not slips
        and not initials
        and all(len(name.words[at]) == 1 for name, at in _more(one, other, left, right))
    ):
        return Likeness(SPELT)
    if initials:
        return Likeness(INITIAL if initials < min(len(one.words), len(other.words)) else "")
    return Likeness(NEAR if slips < 2 else "")


def _are_same(ones: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether the words are the same, in whatever order."""
    return len(ones) == len(others) and sorted(ones) == sorted(others)


def _more(one: Spelling, other: Spelling, left: list[int], right: list[int]) -> list[tuple[Spelling, int]]:
    """The words that only one of the names has, by their places."""
    return [*((one, at) for at in left), *((other, at) for at in right)]


def _of_one_word(one: Spelling, other: Spelling) -> Likeness:
    is_slip = len(one.words) == len(other.words) and len(min(one.words + other.words, key=len)) > 1
    return Likeness(NEAR) if is_slip else NONE


def companies_alike(one: Spelling, other: Spelling) -> Likeness:
    """What two companies' names have in common; a word more or another one is another branch, or another company."""
    if not one.words or not other.words:
        return NONE
    if one.words == other.words:
        return Likeness(SAME)
    if _are_same(one.sounds, other.sounds) or "".join(one.sounds) == "".join(other.sounds):
        return Likeness(SPELT)
    left, right, slips, initials = _left_over(one, other)
    return Likeness(NEAR) if not left and not right and slips == 1 and not initials else NONE


def _left_over(one: Spelling, other: Spelling) -> tuple[list[int], list[int], int, int]:
    """The places of words that have no counterpart in the other name; how many have one with a slip, or as an initial."""
    left, right = list(range(len(one.words))), list(range(len(other.words)))
    counts = []
    for fits in (_same_sound, _is_slip, _is_initial):
        count = 0
        for at in list(left):
            found = next((to for to in right if fits(one.sounds[at], other.sounds[to], at == to == 0)), None)
            if found is not None:
                left.remove(at)
                right.remove(found)
                count += 1
        counts.append(count)
    return left, right, counts[1], counts[2]


def _same_sound(one: str, other: str, _is_first: bool) -> bool:  # noqa: FBT001  # as the two below
    return one == other


def _is_slip(one: str, other: str, is_first: bool) -> bool:  # noqa: FBT001
    """Whether two words differ as a slip does; not as the first names Paul and Paula do, or Mario and Maria."""
    shorter, longer = sorted((len(one), len(other)))
    most = 2 if shorter >= _LONG_WORD else 1
    if shorter < _LEAST_LETTERS or longer - shorter > most or (is_first and _is_other_ending(one, other)):
        return False
    return OSA.distance(one, other, score_cutoff=most) <= most


def _is_other_ending(one: str, other: str) -> bool:
    """Whether two words differ in nothing but a vowel at their end."""
    return one.rstrip(_ENDINGS) == other.rstrip(_ENDINGS)


def _is_initial(one: str, other: str, _is_first: bool) -> bool:  # noqa: FBT001
    return min(len(one), len(other)) == 1 and one[:1] == other[:1]


def _apart(one: Spelling, other: Spelling, left: list[int], right: list[int]) -> Likeness:
    """What names have in common of which each has a word that the other has not: the first one, the last, or none."""
    if len(left) == len(one.words) or len(right) == len(other.words):
        return NONE
    if 0 in left or 0 in right:
        return Likeness("", others=True)
    return Likeness(FIRST)
