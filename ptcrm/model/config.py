"""The vault's configuration (FORMAT §3): its values and their defaults. How they are read is in `settings`.

Small values are tuples, since every command begins with these classes, and a dataclass takes ten times as long to define.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # the cache reads the types of fields
from dataclasses import dataclass, field
from datetime import date, time
from types import MappingProxyType
from typing import Literal, NamedTuple

from ptcrm.model.dates import NEVER, Anniversary, Interval
from ptcrm.text.fold import fold

LIBRARY = "library"
KINDS = (
    "cadence",
    "follow-up",
    "playbook",
    "birthday",
    "occasion",
    "anniversary",
    "campaign",
    "lead",
    "feedback",
)
QUALIFIERS = ("in", "voicemail", "no answer", "value", "pitch")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Channel(NamedTuple):
    """A way of being in touch. `touch` "in" counts only what came from the customer; `verb` begins a title.

    `value`: what goes out by it gives the customer something.
    """

    touch: Literal["yes", "no", "in"] = "no"
    value: bool = False
    cost: str | None = None
    minutes: int | None = None
    also: tuple[str, ...] = ()
    verb: str = ""


_GIVING = ("gift", "article")


def usual_channels() -> dict[str, Channel]:
    """FORMAT §2.3's table, with the words that begin a calendar entry's title."""
    touches = {
        "contact": "Contact",
        "call": "Call",
        "email": "Email",
        "message": "Message",
        "social": "Message",
        "meeting": "Meet",
        "visit": "Visit",
        "lunch": "Lunch with",
        "event": "Event with",
        "note": "Note to",
        "letter": "Letter to",
        "card": "Card to",
        "gift": "Gift for",
        "article": "Article for",
    }
    others = {
        "newsletter": "Newsletter to",
        "sale": "Sale to",
        "memo": "Memo on",
        "referral": "Referral from",
    }
    return {
        **{name: Channel("yes", name in _GIVING, verb=verb) for name, verb in touches.items()},
        **{name: Channel("no", verb=verb) for name, verb in others.items()},
        "feedback": Channel("in", verb="Answer"),
    }


class Tier(NamedTuple):
    """How often a customer of this tier is contacted, by which channels, and what one may cost a year.

    `when` is a query that suggests the tier.
    """

    cadence: Interval | None = None
    budget: str | None = None
    when: str | None = None
    channels: tuple[str, ...] = ()


class Status(NamedTuple):
    """How often a customer of this status is contacted."""

    cadence: Interval | None = None


def usual_statuses() -> dict[str, Status]:
    """The statuses that need no configuration."""
    return {
        "prospect": Status(),
        "active": Status(),
        "former": Status(Interval(months=6)),
        "paused": Status(NEVER),
    }


class Step(NamedTuple):
    """One step of a playbook: `after` its start, `do` (a channel) with `text`; `template` names a draft for it."""

    after: Interval | None = None
    do: str = "contact"
    text: str = ""
    template: str | None = None


class Playbook(NamedTuple):
    """Steps that follow what `starts` names: a channel, `since` or `left`."""

    starts: str = ""
    lapse: Interval = Interval(days=30)
    steps: tuple[Step, ...] = ()


class Improvement(NamedTuple):
    """Something that changed on a day, for which a former customer may come back."""

    date: date | None = None
    fixes: str = ""
    text: str = ""


class Campaign(NamedTuple):
    """A yearly mailing on `date` by the channel `do` to those whom the query `where` finds; `template` names a draft."""

    date: Anniversary | None = None
    do: str = "card"
    where: str = ""
    template: str | None = None


class Feed(NamedTuple):
    """What one calendar feed holds and how it looks.

    `title` are templates by kind. `past` and `horizon` are how far it reaches back and ahead; None is the default
    of docs/configuration.md. `overdue` is None where nothing was said.
    """

    where: str | None = None
    kinds: tuple[str, ...] = KINDS
    past: Interval | None = None
    horizon: Interval | None = None
    private: bool = False
    age_in_title: bool = False
    title: Mapping[str, str] = MappingProxyType({})
    alarm: time | None = None
    todo: bool = False
    overdue: str | None = None
    name: str | None = None
    colour: str = "steelblue"


class Capacity(NamedTuple):
    """How many movable contacts a day holds, and how many new customers are taken in a day."""

    per_day: int = 10
    intake: int = 3


class Occasions(NamedTuple):
    """How days of the year are kept: 29 February, reminders ahead, years as a customer."""

    leap_day: str = "feb28"
    lead: Mapping[str, Interval] = MappingProxyType({})
    customer_years: tuple[int, ...] = (1, 5, 10)

    def lead_of(self, name: str, kind: str) -> tuple[str, Interval] | None:
        """The key of `lead` that fits an occasion or campaign, and how long ahead: by its name, else by its kind."""
        keys = {fold(key): key for key in self.lead}
        key = keys.get(fold(name)) or keys.get(kind)
        return None if key is None else (key, self.lead[key])


class Share(NamedTuple):
    """How many things of the library one customer is given within a month."""

    per_month: int = 2


class Log(NamedTuple):
    """The headings under which a log stands."""

    headings: tuple[str, ...] = ("Log",)


@dataclass(frozen=True, slots=True)
class Config:
    """All of `ptcrm.yaml`; a key that is absent has the default that stands here. `lines` says where each stands, and what is in it."""

    format: int = 1
    id: str | None = None
    start: date | None = None
    customers: tuple[str, ...] = ("customers",)
    timezone: str | None = None
    country: str | None = None
    language: str | None = None
    currency: str = "EUR"
    working_days: tuple[str, ...] = WEEKDAYS[:5]
    away: tuple[tuple[date, date], ...] = ()
    capacity: Capacity = field(default_factory=Capacity)
    min_gap: Interval = Interval(days=5)
    default_cadence: Interval = Interval(days=42)
    retry: Interval = Interval(days=3)
    feedback_within: Interval = Interval(days=7)
    tiers: dict[str, Tier] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=usual_statuses)
    owners: tuple[str, ...] = ()
    channels: dict[str, Channel] = field(default_factory=usual_channels)
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    changes: tuple[Improvement, ...] = ()
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=lambda: {"all": Feed()})
    occasions: Occasions = field(default_factory=Occasions)
    log: Log = field(default_factory=Log)
    topics: dict[str, tuple[str, ...]] = field(default_factory=dict)
    share: Share = field(default_factory=Share)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def library(self) -> str | None:
        """The folder of what is worth passing on; None if it is, or holds, a customers' folder (FORMAT 1)."""
        used = (folder.partition("/")[0].casefold() for folder in self.customers)
        return None if LIBRARY in used else LIBRARY

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are read: those of the customers, and the library."""
        return (*self.customers, self.library) if self.library else self.customers

    def line(self, *path: str) -> int:
        """The line of the key, or member (counted from 1), at the end of `path`; of the nearest above, else 1."""
        for count in range(len(path), 0, -1):
            if ".".join(path[:count]) in self.lines:
                return self.lines[".".join(path[:count])]
        return 1

    def is_contact(self, channel: str, qualifiers: tuple[str, ...]) -> bool:
        """Whether an entry of this channel with these qualifiers is a touch (FORMAT §2.3)."""
        if "no answer" in qualifiers:
            return False
        known = self.channels.get(channel)
        return "in" in qualifiers or (known is not None and known.touch == "yes")

    def gives(self, channel: str, qualifiers: tuple[str, ...]) -> bool:
        """Whether an entry of this channel with these qualifiers gave the customer something (FORMAT 2.3)."""
        known = self.channels.get(channel)
        reached = {"in", "no answer"}.isdisjoint(qualifiers)
        usual = known is not None and known.value and "pitch" not in qualifiers
        return reached and ("value" in qualifiers or usual)


def channel_names(config: Config) -> dict[str, str]:
    """Every word a channel answers to, casefolded, with the channel's name."""
    names = {name.casefold(): name for name in config.channels}
    for name, channel in config.channels.items():
        names.update({word.casefold(): name for word in channel.also})
    return names
