"""A customer, as everything above the vault sees one: no text, no YAML.

Lines count from 1 and travel with the values, but two values that differ in their lines alone are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Literal, NamedTuple

from ptcrm.model.dates import Anniversary, Interval
from ptcrm.text.fold import fold
from ptcrm.text.source import Span

EVERYTHING = ("all", "true")  # what `mute` may say to silence all of it
ARCHIVED = "archived"  # the user's own field by which customers are put aside
Mark = Literal["open", "done", "dropped"]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217 code); amounts of two currencies are never added."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another file: its target as written, and the field it stands in as `key` (None in the body)."""

    target: str
    key: str | None = None
    line: int = field(default=0, compare=False)


class LogEntry(NamedTuple):
    """One line of the log with what belongs to it (FORMAT §2.3). `text` has continuation lines after LF.

    A tuple, since there are so many: it is made in a third of the time. `line` and `span` do not count in equality.
    """

    date: date
    channel: str
    text: str
    at: time | None = None
    qualifiers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    line: int = 0
    span: Span = Span(0, 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogEntry) and self[:_PLACED] == other[:_PLACED]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:_PLACED])


_PLACED = LogEntry._fields.index("line")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A task with a date (FORMAT §2.4). `origin` names it among the customer's follow-ups for good.

    `implied` marks the next one of a repeating series, which no line of the file holds yet: its `line`,
    `span` and `box` are those of the closed line that it follows.
    """

    due: date
    text: str
    origin: str
    channel: str | None = None
    at: time | None = None
    mark: Mark = "open"
    done: date | None = None
    every: Interval | None = None
    from_done: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    implied: bool = False
    line: int = field(default=0, compare=False)
    span: Span = field(default=Span(0, 0), compare=False)
    box: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A day of the year that is remembered, with its name: `wedding 2012-09-01`."""

    name: str
    day: Anniversary
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer's file. `path` is relative to the vault; fields are those of FORMAT §2.2.

    `company` and `referred_by` hold a link's target, or the words if it is no link. `own` are the user's
    own fields. `lines` tells where each field stands. `log` is empty in a customer that is remembered.
    """

    id: str
    name: str
    path: str
    aliases: tuple[str, ...] = ()
    kind: str = "person"
    status: str = "active"
    tier: str | None = None
    cadence: Interval | None = None
    cadence_until: date | None = None
    company: str | None = None
    role: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    language: str | None = None
    timezone: str | None = None
    birthday: Anniversary | None = None
    occasions: tuple[Occasion, ...] = ()
    since: date | None = None
    left: date | None = None
    left_reason: str | None = None
    tags: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    prefers: tuple[str, ...] = ()
    avoids: tuple[str, ...] = ()
    norms: str | None = None
    family: tuple[str, ...] = ()
    referred_by: str | None = None
    owner: str | None = None
    snooze: date | None = None
    do_not_contact: bool = False
    mute: tuple[str, ...] = ()
    mute_until: date | None = None
    sources: tuple[str, ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    links: tuple[Link, ...] = ()
    log: tuple[LogEntry, ...] = ()
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def archived(self) -> str | None:
        """What the user's own field `archived` says of when the customer was put aside; None if nothing."""
        return dict(self.own).get(ARCHIVED) or None

    def mutes(self, *names: str) -> bool:
        """Whether `mute` names one of `names`, or everything; `true` is taken for `all`, and `check` says so."""
        return not {*map(fold, self.mute)}.isdisjoint((*EVERYTHING, *map(fold, names)))

    @property
    def open_follow_ups(self) -> list[FollowUp]:
        """The open follow-ups as `done` numbers them: by day, then as they stand in the file."""
        found = [one for one in self.follow_ups if one.mark == "open"]
        return sorted(found, key=lambda one: (one.due, one.line))
