"""What a query may ask for: one table of fields, the words that are known, and what is known of a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, get_args

from ptcrm.model.config import channel_names
from ptcrm.model.customer import Customer
from ptcrm.model.occurrence import State
from ptcrm.query.prose import folded, value_words
from ptcrm.text.fold import fold, same_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.config import Config
    from ptcrm.model.dates import Interval
    from ptcrm.query.nodes import Facts, Value


class Key(str):
    """A value by which a link reaches a customer, or would: a target as links are compared."""

    __slots__ = ()


class Type(StrEnum):
    """How the values of a field are written and compared."""

    WORD = "word"  # a whole value
    TEXT = "text"  # a part of a value
    PROSE = "prose"  # a part of a long text; values are in the form of `prose.searched`
    LINK = "link"  # a link's target, or whole words
    PHONE = "phone"  # a part of the digits
    DAY = "day"  # lengths count back from today
    COMING = "day ahead"  # lengths count on from today
    YEARLY = "day of the year"
    LENGTH = "length of time"
    MONEY = "amount"
    COUNT = "number"
    FLAG = "yes or no"
    OWN = "own"  # a whole value; a number or a day if it is compared


class Field(NamedTuple):
    """A field: other names it answers to, its type, where its value is found, what it means in a line.

    `planned` ones follow from the plan, so nothing that the plan depends on may ask for them.
    """

    name: str
    type: Type
    place: str
    meaning: str
    also: tuple[str, ...] = ()
    planned: bool = False


_NEVER = 1_000_000  # days; no length of time is as long
_WORD, _TEXT, _LINK, _DAY = Type.WORD, Type.TEXT, Type.LINK, Type.DAY

FIELDS = (
    Field(
        "text",
        Type.PROSE,
        "words",
        "everything that is written: id, names, notes, follow-ups, log, your own fields",
    ),
    Field("id", _WORD, "customer.id", "the id"),
    Field("name", _TEXT, "customer.name", "the name"),
    Field("alias", _TEXT, "customer.aliases", "other names", ("aliases",)),
    Field("kind", _WORD, "customer.kind", "`person` or `company`"),
    Field("status", _WORD, "customer.status", "one of the statuses"),
    Field("tier", _WORD, "customer.tier", "one of the tiers"),
    Field("cadence", Type.LENGTH, "cadence", "the customer's own cadence"),
    Field("cadence_until", Type.COMING, "customer.cadence_until", "the last day of that cadence"),
    Field("company", _LINK, "company", "where the person works"),
    Field("role", _TEXT, "customer.role", "what the person does there"),
    Field("email", _TEXT, "customer.emails", "e-mail addresses", ("emails",)),
    Field("phone", Type.PHONE, "customer.phones", "phone numbers", ("phones",)),
    Field("address", _TEXT, "customer.addresses", "postal addresses", ("addresses",)),
    Field("place", _WORD, "customer.places", "where the customer can be met", ("places",)),
    Field("near", _TEXT, "near", "where the customer is: places and postal addresses"),
    Field("url", _TEXT, "customer.urls", "web pages", ("urls",)),
    Field("language", _WORD, "customer.language", "the language to write in"),
    Field("timezone", _WORD, "customer.timezone", "the customer's time zone"),
    Field("birthday", Type.YEARLY, "customer.birthday", "the birthday"),
    Field("occasion", _TEXT, "occasions", "the names of other days of the year", ("occasions",)),
    Field("since", _DAY, "customer.since", "a customer since this day"),
    Field("left", _DAY, "customer.left", "no customer since this day"),
    Field("left_reason", _TEXT, "customer.left_reason", "why the customer left"),
    Field("tag", _WORD, "customer.tags", "words to group by", ("tags",)),
    Field("interest", _WORD, "customer.interests", "what the customer likes to hear about", ("interests",)),
    Field("prefers", _WORD, "customer.prefers", "channels the customer likes"),
    Field("avoids", _WORD, "customer.avoids", "channels the customer does not like"),
    Field("norms", _TEXT, "customer.norms", "how to behave"),
    Field("family", _TEXT, "customer.family", "the family"),
    Field("referred_by", _LINK, "referred_by", "who brought the customer"),
    Field("owner", _WORD, "customer.owner", "who of you looks after the customer"),
    Field("link", _LINK, "links", "whom or what the file links to, in whatever place", ("links",)),
    Field("source", _TEXT, "customer.sources", "where the data came from", ("sources",)),
    Field("snooze", Type.COMING, "customer.snooze", "no contact is asked for before this day"),
    Field("do_not_contact", Type.FLAG, "customer.do_not_contact", "whether nothing at all is planned"),
    Field("mute", _WORD, "customer.mute", "what stays silent, such as `birthday`"),
    Field("mute_until", Type.COMING, "customer.mute_until", "the day until which occasions stay silent"),
    Field("follow_up", _TEXT, "follow_ups", "the open follow-ups", ("follow_ups",)),
    Field("last", _DAY, "story.last", "the day of the last contact"),
    Field("revenue", Type.MONEY, "story.revenue", "what all sales have brought, in your currency"),
    Field("log", _WORD, "channels", "the channels that the log has"),
    Field("log.text", Type.PROSE, "logged", "the texts of the log's entries"),
    Field("log.count", Type.COUNT, "entries", "how many entries the log has"),
    Field("due", Type.COMING, "forecast.due", "when the cadence asks for the next contact", planned=True),
    Field(
        "planned",
        Type.COMING,
        "forecast.planned",
        "on which day the next contact stands, a follow-up too",
        planned=True,
    ),
    Field(
        "state",
        _WORD,
        "forecast.state",
        "`ok`, `soon`, `due`, `overdue`, `snoozed`, `new` or `never`",
        planned=True,
    ),
)
TEXT, LINK = "text", "link"  # what words and a link without a field ask for
TEXTS = frozenset({TEXT, "log.text"})
PLANNED = frozenset(one.name for one in FIELDS if one.planned)
BY_NAME = {name: one for one in FIELDS for name in (one.name, *one.also)}
_GETTERS = {one.name: attrgetter(one.place) for one in FIELDS}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a query may use.

    `known` has the values of fields that take no others: folded, with the value that each stands for.
    `own` are the user's own fields: folded, with the name as written. `queries` are the saved queries: folded, with
    name and text.
    """

    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    currency: str = "EUR"
    leap_day: str = "feb28"


def vocabulary_of(config: Config, own: Iterable[str] = ()) -> Vocabulary:
    """The words of a vault: those of its configuration, and its customers' own fields.

    Owners are known only if the configuration names them.
    """
    channels = {fold(word): name for word, name in channel_names(config).items()}
    known = {
        "kind": _each(("person", "company")),
        "status": _each(config.statuses),
        "tier": _each(config.tiers),
        "state": _each(get_args(State)),
        **dict.fromkeys(("log", "prefers", "avoids"), channels),
    }
    if config.owners:
        known["owner"] = _each(config.owners)
    queries = {fold(name): (name, text) for name, text in config.queries.items()}
    return Vocabulary(known, _each(own), queries, config.currency, config.occasions.leap_day)


def _each(words: Iterable[str]) -> dict[str, str]:
    return {fold(word): word for word in words}


@dataclass(frozen=True, slots=True)
class Story:
    """What the file tells: the day of the last contact, what sales have brought, entries by channel, texts.

    `revenue` is in the configuration's currency; amounts in others are not in it. `notes` is what stands outside
    the log, `log` has an entry a line, both in the form of `prose.searched`.
    """

    last: date | None = None
    revenue: Decimal = Decimal(0)
    channels: Mapping[str, int] = field(default_factory=dict)
    notes: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the plan says of the next contact; nothing, where there is no plan."""

    due: date | None = None
    planned: date | None = None
    state: str | None = None


def targets(target: str) -> tuple[str, ...]:
    """What a link may be asked for by, if nothing is known of the vault: `words_of`, and what another link has for it."""
    keys = (Key(same_id(words.removesuffix(".md"))) for words in words_of(target))
    return tuple(dict.fromkeys((*keys, *words_of(target))))


def words_of(target: str) -> tuple[str, ...]:
    """The words of a link: its target as written, and the file's stem if that is a path."""
    stem = target.rpartition("/")[2].removesuffix(".md")
    return (target,) if stem == target else (target, stem)


def nominal(length: Interval) -> int:
    """A length of time in days, so that two can be compared; never is longer than any."""
    return _NEVER if length.is_never else length.nominal_days


@dataclass(frozen=True, slots=True)
class _Known:
    customer: Customer
    story: Story
    forecast: Forecast
    targets: Callable[[str], tuple[str, ...]]

    def __call__(self, name: str) -> tuple[Value, ...]:
        """The values of the field, found when they are asked for."""
        get = _GETTERS.get(name)
        if get is None:
            return tuple(members_of(name, self.customer.own))
        found = get(self)
        if isinstance(found, tuple):
            return found
        return () if found is None else (found,)

    @property
    def company(self) -> tuple[str, ...]:
        return self.targets(self.customer.company) if self.customer.company else ()

    @property
    def referred_by(self) -> tuple[str, ...]:
        return self.targets(self.customer.referred_by) if self.customer.referred_by else ()

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(name for link in self.customer.links for name in self.targets(link.target))

    @property
    def near(self) -> tuple[str, ...]:
        return (*self.customer.places, *self.customer.addresses)

    @property
    def cadence(self) -> int | None:
        return nominal(self.customer.cadence) if self.customer.cadence else None

    @property
    def follow_ups(self) -> tuple[str, ...]:
        return tuple(one.text for one in self.customer.open_follow_ups)

    @property
    def words(self) -> tuple[str, ...]:
        one = self.customer
        named = (folded(name) for name in (one.id, one.name, *one.aliases))
        return (*named, *(value_words(value) for _, value in one.own), self.story.notes, self.story.log)

    @property
    def logged(self) -> tuple[str, ...]:
        return (self.story.log,) if self.story.log else ()

    @property
    def occasions(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.customer.occasions)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(channel for channel, count in self.story.channels.items() if count)

    @property
    def entries(self) -> int:
        return sum(self.story.channels.values())


def facts_of(
    customer: Customer,
    story: Story | None = None,
    forecast: Forecast | None = None,
    names: Callable[[str], tuple[str, ...]] = targets,
) -> Facts:
    """What a query may ask of this customer; a field's values are found only when it asks for them.

    `names` gives all that the customer behind a link's target is called by; without the vault that is the target.
    """
    return _Known(customer, story or Story(), forecast or Forecast(), names)


def members_of(name: str, own: tuple[tuple[str, str], ...]) -> Iterable[str]:
    """The values of one of the user's own fields: each whole, and the members of what may be a list."""
    meant = fold(name)
    for key, value in own:
        if value and fold(key) == meant:
            yield value
            if ", " in value:
                yield from value.split(", ")
