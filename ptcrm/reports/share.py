"""Who would like what of the library, why, and who is left out (docs/library.md). Pure.

Words are compared folded, word by word, and the plural with -s counts as the word itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import NEVER, Interval, later
from ptcrm.schedule.channel import avoided
from ptcrm.text.fold import fold
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer, LogEntry
    from ptcrm.model.item import Item

# Where a topic may be found, the best place first, and what that is worth.
WEIGHTS = {"interest": 4, "tag": 3, "place": 3, "notes": 2, "log": 1}
CHANNEL = "article"  # by which anything of the library is passed on
MONTH, YEAR = Interval(months=1), Interval(months=12)
_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 4  # letters of a word that may be a plural
_ABOUT = "[about::"  # such a line has the title of what was given, which says nothing of what is liked


def _singular(word: str) -> str:
    return word[:-1] if len(word) >= _SHORTEST and word.endswith("s") and not word.endswith("ss") else word


def normal(words: str) -> str:
    """The form in which topics are compared: `Cargo-Bikes` → `cargo bike`."""
    return " ".join(map(_singular, _WORD.findall(fold(words))))


@dataclass(frozen=True)
class Topics:
    """The topics of ptcrm.yaml, each with its other words."""

    others: Mapping[str, tuple[str, ...]]

    @cached_property
    def _named(self) -> dict[str, str]:
        """From every word to its topic, both normal; a word that stands at two topics belongs to the first."""
        found: dict[str, str] = {}
        for name, words in self.others.items():
            for word in (name, *words):
                found.setdefault(normal(word), normal(name))
        return found

    @cached_property
    def _keys(self) -> dict[str, str]:
        """What `key` has found: the same few words stand in the files of many customers."""
        return {}

    def key(self, words: str) -> str:
        """What two words have in common that mean the same topic; nothing, if there is no letter in them."""
        if words not in self._keys:
            found = normal(words)
            self._keys[words] = self._named.get(found, found)
        return self._keys[words]

    def spellings(self, key: str) -> list[str]:
        """All words for the topic with this key, normal."""
        return [key, *(word for word, topic in self._named.items() if topic == key and word != key)]


@dataclass(frozen=True)
class Topic:
    """A topic of an item: as it is written there, and all words for it."""

    name: str
    key: str
    spellings: tuple[str, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds it in a folded text, as whole words."""
        ways = (r"[\s_-]+".join(f"{re.escape(word)}s?" for word in one.split()) for one in self.spellings)
        return re.compile(rf"(?<![^\W_])(?:{'|'.join(ways)})(?![^\W_])")

    @property
    def rarest(self) -> list[str]:
        """One word of each spelling: who has none of them has not got the topic."""
        return [max(one.split(), key=len) for one in self.spellings]


def topics_of(item: Item, topics: Topics) -> list[Topic]:
    """The topics of an item, each once."""
    keys = {topics.key(name): name for name in reversed(item.topics)}
    return [Topic(name, key, tuple(topics.spellings(key))) for key, name in reversed(keys.items()) if key]


class Because(NamedTuple):
    """Why a customer would like something: a topic of it, and the place (a key of `WEIGHTS`) where it stands.

    `text` is the value, or the words around it, which are in the line `line` of the file; None: not known.
    """

    topic: str
    place: str
    text: str
    line: int | None = None

    @property
    def words(self) -> str:
        """`interest e-bikes`, `notes, line 14: “… pedelec …”`."""
        return f"{self.where}: “{self.text}”" if self.is_quoted else self.where

    @property
    def where(self) -> str:
        """`interest e-bikes`, `notes, line 14`."""
        if not self.is_quoted:
            return f"{self.place} {self.text}"
        return f"{self.place}, line {self.line}" if self.line else self.place

    @property
    def is_quoted(self) -> bool:
        """Whether it stands in a text, and is no value of a field."""
        return self.place in ("notes", "log")


class Fit(NamedTuple):
    """That a customer would like an item, and why: a reason for each of its topics that is found, the best first."""

    item: Item
    customer: Customer
    because: tuple[Because, ...]

    @property
    def score(self) -> int:
        """The more, the better: what the places are worth where topics are found."""
        return sum(WEIGHTS[one.place] for one in self.because)


def named_by(customer: Customer, topics: Topics) -> dict[str, tuple[str, str]]:
    """From the key of each topic that the fields of a customer name to the best place where it stands, and the value."""
    named: dict[str, tuple[str, str]] = {}
    for place, values in (
        ("interest", customer.interests),
        ("tag", customer.tags),
        ("place", customer.places),
    ):
        for value in values:
            named.setdefault(topics.key(value), (place, value))
    return named


def found_in(
    named: Mapping[str, tuple[str, str]], texts: tuple[str, str], wanted: Iterable[Topic]
) -> tuple[Because, ...]:
    """Where each of the `wanted` topics stands of a customer, in the best of its places.

    `named` is what `named_by` gives, `texts` are notes and log, folded.
    """
    found = []
    for topic in wanted:
        if topic.key in named:
            found.append(Because(topic.name, *named[topic.key]))
            continue
        for place, text in zip(("notes", "log"), texts, strict=True):
            if text and (line := _line_with(topic, text)):
                found.append(Because(topic.name, place, line))
                break
    return tuple(sorted(found, key=lambda one: -WEIGHTS[one.place]))


def _line_with(topic: Topic, text: str) -> str:
    """The first line of a folded text that has the topic and does not tell of something given; nothing, if none has."""
    if not topic.pattern.search(text):
        return ""
    lines = (line for line in text.split("\n") if _ABOUT not in line)
    return next((line for line in lines if topic.pattern.search(line)), "")


def in_order(fits: Iterable[Fit]) -> list[Fit]:
    """The best first, then by name or title."""
    return sorted(
        fits,
        key=lambda one: (
            -one.score,
            fold(one.customer.name),
            fold(one.item.title),
            one.customer.path,
            one.item.path,
        ),
    )


class Past(NamedTuple):
    """What counts of the past: when the customer heard of the item, and how much was given within a month."""

    had: date | None
    in_month: int


def why_not(item: Item, customer: Customer, past: Past, config: Config, today: date) -> str | None:
    """Why an item is not to be passed on to a customer today; None if nothing is in the way."""
    if customer.do_not_contact:
        return "not to be contacted"
    return unfit(item, customer, past, config, today) or _at_rest(customer, config, today)


def unfit(item: Item, customer: Customer, past: Past, config: Config, today: date) -> str | None:
    """Why this item is nothing for a customer, whether they may be contacted or not; None if nothing says so."""
    if item.is_over(today):
        return f"it is over since {item.until}"
    if past.had:
        return f"had it on {past.had}"
    if why := _unwanted(item, customer, config):
        return why
    if past.in_month >= config.share.per_month:
        return f"{plural(past.in_month, 'thing')} within a month already"
    return None


def _at_rest(customer: Customer, config: Config, today: date) -> str | None:
    """Why a customer is to be left alone today."""
    status = config.statuses.get(customer.status)
    if status and status.cadence == NEVER:
        return f"is {customer.status}"
    if customer.snooze and customer.snooze > today:
        return f"to be left in peace until {customer.snooze}"
    if customer.mute_until and customer.mute_until > today:
        return f"mute until {customer.mute_until}"
    return None


def _unwanted(item: Item, customer: Customer, config: Config) -> str | None:
    """Why a customer does not want such an item."""
    if unwanted := avoided(customer, config) & {CHANNEL, item.kind}:
        return f"avoids {min(unwanted)}"
    if not customer.mute:
        return None
    silent = {normal(word) for word in customer.mute} & {normal(word) for word in (item.kind, *item.topics)}
    return f"mute: {min(silent)}" if silent - {""} else None


def month_before(day: date) -> date:
    """The day after which what was given counts as given within a month, up to `day`."""
    return later(day, MONTH, -1)


# Giving and asking


class Balance(NamedTuple):
    """How often a customer was given something within a year, and how often asked for something."""

    value: int
    pitch: int

    @property
    def words(self) -> str:
        """`3 given, 1 asked in a year`."""
        return f"{self.value} given, {self.pitch} asked in a year"


def balance(log: Iterable[LogEntry], config: Config, today: date) -> Balance:
    """What a log says of the year up to `today` (included)."""
    lately = [one for one in log if later(today, YEAR, -1) < one.date <= today]
    pitches = sum("pitch" in one.qualifiers for one in lately)
    return Balance(sum(config.gives(one.channel, one.qualifiers) for one in lately), pitches)


def entry_words(item: Item) -> str:
    """What the log says of an item that was passed on: `article (value): Studded tyres [about:: [[winter-tyres]]]`."""
    title = re.sub(r"\[+", "(", re.sub(r"\]+", ")", item.title)).replace("#", "")
    return f"{CHANNEL} ({item.qualifier}): {' '.join(title.split())} [about:: [[{item.id}]]]"
