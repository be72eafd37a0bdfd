"""The dated things of a plan, and the reasons behind their dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Literal, NamedTuple

from ptcrm.model.dates import NEVER, Anniversary, Interval
from ptcrm.text.fold import fold

# "No item before this day" when there is no such day, so that rows compare as plain dates.
ALWAYS = date.min
FOREVER = date.max

CONTACT_KINDS = ("cadence", "follow-up", "playbook", "feedback")
YEARLY_KINDS = ("birthday", "occasion", "anniversary")
State = Literal["ok", "soon", "due", "overdue", "snoozed", "new", "never"]


class Reason(NamedTuple):
    """Why something stands on its day: a sentence, and the file and line it follows from."""

    text: str
    path: str
    line: int


class Touch(NamedTuple):
    """A log entry or ticked follow-up as it bears on what is owed to one customer.

    `contact` is False for a try that reached nobody (`no answer`), and for what is no touch but starts a
    playbook or settles a step of one; then `tried` is False too. `step` is that step: `after-sale/2`.
    `path` and `line` are where it stands.
    """

    date: date
    channel: str
    contact: bool
    path: str
    line: int
    tried: bool = True
    voicemail: bool = False
    step: str | None = None


class Obligation(NamedTuple):
    """A contact owed on the day `due`, not planned before `not_before` (a retry; of the movable, a snooze).

    `movable` ones get their day by levelling: by `rank`, the place of the customer's tier (0 first), and by how
    far overdue they are in parts of `pace`, the cadence's length in days; `new` ones, to customers never
    contacted, are taken in a few a day; none stands after `expires`, when a playbook's step lapses.
    The others stand where they are, and are not listed before `quiet_until`, the end of a snooze. `template`
    names a draft for it.
    """

    kind: str
    origin: str
    due: date
    channel: str | None = None
    text: str = ""
    template: str | None = None
    at: time | None = None
    movable: bool = False
    not_before: date = ALWAYS
    quiet_until: date = ALWAYS
    expires: date = FOREVER
    rank: int = 0
    pace: int = 1
    new: bool = False
    reasons: tuple[Reason, ...] = ()


class Contact(NamedTuple):
    """An obligation as levelling needs it, one row of the cache; days are ordinals (`date.toordinal`).

    Sorted, the longest owed come first, and the rest makes the order the same everywhere. `ready` is the first day
    it may stand on, `fixed` that it stands there; the rest is an `Obligation`'s. `origin` tells the contacts of the
    customer at `path` apart, `number` is its row's, by which the obligation is found.
    """

    due: int
    rank: int
    path: str
    origin: str
    pace: int
    new: int
    ready: int
    expires: int
    fixed: int
    quiet_until: int
    number: int = 0

    @classmethod
    def of(cls, path: str, one: Obligation) -> Contact:
        """The row of what is owed to the customer at `path`."""
        return cls(
            one.due.toordinal(),
            one.rank,
            path,
            f"{one.kind} {one.origin}",
            one.pace,
            int(one.new),
            max(one.due, one.not_before).toordinal(),
            one.expires.toordinal(),
            int(not one.movable),
            one.quiet_until.toordinal(),
        )


class Yearly(NamedTuple):
    """A birthday or other occasion, silent before `not_before`.

    `years` are the only ones that count, as numbers of years since the first; none given: all do.
    A reminder (kind `lead`) stands `ahead` of the day; `sent` is when a card or present last went out.
    """

    kind: str
    origin: str
    name: str
    day: Anniversary
    not_before: date
    reason: Reason
    years: tuple[int, ...] = ()
    ahead: Interval = NEVER
    sent: date = ALWAYS


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a customer's cadence stands. `due` is None if it never asks for a contact.

    `last` is the last contact (None: never), `begin` the day the cadence is counted from, `soon` the first day
    with a fifth or less of the cadence left.
    """

    cadence: Interval
    last: Touch | None = None
    due: date | None = None
    soon: date | None = None
    snooze: date = ALWAYS
    begin: date | None = None

    def state(self, today: date) -> State:
        """The state on `today` (FORMAT §4)."""
        if self.due is None or self.soon is None:
            return "never"
        if today < self.snooze:
            return "snoozed"
        if self.last is None:
            return "new"
        if today >= self.due:
            return "due" if today == self.due else "overdue"
        return "soon" if today >= self.soon else "ok"

    def progress(self, today: date) -> int | None:
        """How far into the cadence `today` is, in percent (100: due, 200: a whole cadence late), or None."""
        if self.due is None or self.begin is None or self.begin >= self.due:
            return None
        return max(0, (today - self.begin).days * 100 // (self.due - self.begin).days)


class Obligations(NamedTuple):
    """All that is owed to one customer, true on the days from `valid_from` to before `valid_until`."""

    standing: Standing
    contacts: tuple[Obligation, ...] = ()
    yearly: tuple[Yearly, ...] = ()
    valid_from: date = ALWAYS
    valid_until: date = FOREVER


class Occurrence(NamedTuple):
    """A dated thing in the plan: owed on `due`, standing on `planned`.

    `origin` identifies it within its customer and kind, for good. `text` is what to do, or an occasion's
    name, `template` that of a draft for it; `since` is the day a yearly one began, `years` are those of it that count. `path`, `state`, `last`,
    `phone`, `url`, `timezone` and `tier` are the customer's. A campaign is of no customer, but of `members`, by name.
    """

    customer: str
    name: str
    path: str
    kind: str
    origin: str
    due: date
    planned: date
    channel: str | None = None
    text: str = ""
    template: str | None = None
    at: time | None = None
    state: str = ""
    last: Touch | None = None
    since: Anniversary | None = None
    years: tuple[int, ...] = ()
    members: tuple[str, ...] = ()
    not_before: date = ALWAYS
    quiet_until: date = ALWAYS
    expires: date = FOREVER
    phone: str | None = None
    url: str | None = None
    timezone: str | None = None
    tier: str | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def line(self) -> int:
        """The line of the customer's file that the occurrence follows from; 1 if it follows from others alone."""
        return next((reason.line for reason in self.reasons if reason.path == self.path), 1)


def in_order(one: Occurrence) -> tuple[object, ...]:
    """By day, what has a time first, then the longest owed; the rest makes the order the same everywhere."""
    return (
        one.planned,
        one.at is None,
        one.at or time(),
        one.due,
        fold(one.name),
        one.customer,
        one.kind,
        one.origin,
        one.path,
    )
