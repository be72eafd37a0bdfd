"""Calendars as drafts (RFC 5545): meetings with people as lines of their logs, and birthdays."""

from __future__ import annotations

import hashlib
import re
import warnings
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ptcrm.formats.birthdays import birthday_of, may_be_birthday
from ptcrm.formats.ics_files import Block, blocks
from ptcrm.formats.mail_headers import addresses
from ptcrm.formats.repeating import OLDEST, why_not_gone_through
from ptcrm.model.draft import Draft, Flaw
from ptcrm.text.safe import for_entry, for_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptcrm.formats.mine import Mine

MAX_PEOPLE = 50
"""People in a meeting; in one with more, nobody was met."""
MAX_SERIES = 32 * 1024 * 1024
"""Bytes of repeating events that are held until their calendar ends, since their changed returns may stand anywhere."""
MAX_ZONES = 100
"""Time zones that a file defines; the others are known by name or not at all."""
MAX_ODD_RULES = 50
"""Rules of repeating that lead nowhere; each takes a while to find out, so the repeating events behind are left out."""
LONGEST_TITLE = 200
"""Characters of a title that an entry keeps."""
LONGEST_PLACE = 60
"""Characters of a place that an entry keeps; a longer one is an address, or how to dial in, and is left out."""

CANCELLED = "meetings that were cancelled"
DECLINED = "meetings that you declined"
CROWDS = f"meetings of more than {MAX_PEOPLE} people"

_OURS = "-//ptcrm//"
_REPEATING = frozenset((b"RRULE", b"RDATE", b"RECURRENCE-ID"))
_THINGS = ("ROOM", "RESOURCE", "GROUP")
_UID = re.compile(rb"UID[^:]*:(.*)", re.IGNORECASE | re.DOTALL)
_YEAR_OF_UID = re.compile("^[0-9]{4}_(?=BIRTHDAY)")  # Google gives each year its own
_NOT_YEARLY = re.compile(rb"RRULE[^:]*:.*FREQ=(?!YEARLY)", re.IGNORECASE)


def drafts(stream: BinaryIO, name: str, mine: Mine, *, new: bool = False) -> Iterator[Draft | Flaw]:
    """What the calendar file `name` says; `stream` can go back to its beginning.

    Of a meeting before today: a line of the log for everyone who was invited and did not decline, unless it was
    cancelled, or the owner declined. Of a birthday: name and day; it bears on customers who are there, and with `new`
    also makes new ones. A calendar that ptcrm made is refused: what it says came from a vault.
    """
    reading = _Reading(name, mine, new=new)
    try:
        reading.define_zones(blocks(stream))
        stream.seek(0)
        yield from reading.read(blocks(stream))
    finally:
        _forget_zones()


class _Instance(NamedTuple):
    """One return of an event, or the event itself, with what names it for good."""

    event: Any
    key: str


class _Reading:
    """One file as it is read: whose it is, who made it, and the repeating events that wait for the end of their calendar."""

    def __init__(self, name: str, mine: Mine, *, new: bool) -> None:
        self.name = name
        self.mine = mine
        self.new = new
        self.program = ""
        self.is_ours = False
        self.series: dict[bytes, list[Block]] = {}
        self.held = 0
        self.odd_rules = 0
        self.birthdays: set[tuple[str, str]] = set()

    def define_zones(self, found: Iterable[Block | Flaw]) -> None:
        """Make icalendar know the time zones that the file defines; those with other than yearly rules are none."""
        zones = [one for one in found if isinstance(one, Block) and one.kind == "VTIMEZONE"]
        _forget_zones()
        for zone in zones[:MAX_ZONES]:
            if not any(map(_NOT_YEARLY.match, zone.lines)):
                with suppress(Exception):  # then its times are local
                    self._parse([zone])

    def read(self, found: Iterable[Block | Flaw]) -> Iterator[Draft | Flaw]:
        """The drafts of the file."""
        count = 0
        for one in found:
            if isinstance(one, Flaw):
                yield replace(one, place=f"{self.name}:{one.place}")
            elif one.kind == "VCALENDAR":
                count += 1
                yield from self._end()
                yield from self._begin(one)
            elif one.kind == "VEVENT" and not self.is_ours:
                yield from self._take(one)
        if not count:
            yield Flaw(self.name, "this is no calendar", "Export it as iCalendar (.ics).")
        yield from self._end()

    def _end(self) -> Iterator[Draft | Flaw]:
        """The drafts of the repeating events of the calendar that has ended."""
        held, self.series, self.held = self.series, {}, 0
        for many in held.values():
            yield from self._drafts(many)

    def _begin(self, calendar: Block) -> Iterator[Flaw]:
        """Note who made a calendar, and whose it is: Google names it after its owner's address."""
        lines = [line.decode(errors="replace").partition(":") for line in calendar.lines]
        values = {name.partition(";")[0].upper(): value.strip() for name, _, value in lines}
        self.program = values.get("PRODID", "")
        owners = frozenset(addresses(values.get("X-WR-CALNAME", "")))
        self.mine = replace(self.mine, me=self.mine.me | owners)
        self.is_ours = self.program.startswith(_OURS)
        if self.is_ours:
            message = "ptcrm made this calendar from a vault; nothing is taken from it"
            yield Flaw(
                f"{self.name}:{calendar.line}", message, "Export the calendar of your meetings instead."
            )

    def _take(self, event: Block) -> Iterator[Draft | Flaw]:
        """Read an event that says something, or hold it if others of its series may follow."""
        names = event.names
        is_meeting = not names.isdisjoint((b"ATTENDEE", b"ORGANIZER", b"RECURRENCE-ID"))
        if not is_meeting and not may_be_birthday(event):
            return
        if names.isdisjoint(_REPEATING):
            yield from self._drafts([event])
            return
        self.held += sum(map(len, event.lines))
        if self.held > MAX_SERIES:
            yield self._flaw(
                event, "there are too many repeating events; this one is left out", "Export fewer years."
            )
            return
        uid = next((found[1] for line in event.lines if (found := _UID.match(line))), b"")
        self.series.setdefault(uid, []).append(event)

    def _drafts(self, events: Sequence[Block]) -> Iterator[Draft | Flaw]:
        """What an event and its changed returns say. The libraries may fail in any way: that is a flaw of this event."""
        try:
            found = list(self._said(events))
        except Exception:  # noqa: BLE001  # whatever is wrong with an event, the others are still read
            found = [
                self._flaw(
                    events[0], "this event cannot be read; it is left out", "Look at it in a calendar."
                )
            ]
        yield from found

    def _said(self, events: Sequence[Block]) -> Iterator[Draft | Flaw]:
        calendar = self._parse(events)
        first = calendar.events[0]
        if may_be_birthday(events[0]) and (birthday := birthday_of(first, self.program, self.mine.today)):
            key = birthday.name.casefold(), str(birthday.day)
            if key not in self.birthdays:
                self.birthdays.add(key)
                fields = (("name", (birthday.name,)), ("birthday", (str(birthday.day),)))
                origin = (
                    _identity("ics:", _YEAR_OF_UID.sub("", str(first.get("UID") or birthday.name)))
                    if self.new
                    else ""
                )
                yield Draft(f"{self.name}:{events[0].line}", fields, origin, is_of_known=not self.new)
        elif any(not one.names.isdisjoint((b"ATTENDEE", b"ORGANIZER")) for one in events):
            problem = (
                self._why_not(calendar) if len(events) > 1 or "RRULE" in first or "RDATE" in first else None
            )
            if problem:
                yield self._flaw(events[0], f"{problem}; none of it is taken", "Log it by hand: ptcrm log.")
                return
            for instance in self._instances(calendar, events):
                yield from self._meeting(instance, f"{self.name}:{events[0].line}")

    def _why_not(self, calendar: Any) -> str | None:  # noqa: ANN401
        """Why a repeating event cannot be gone through, or None."""
        for event in calendar.events:
            rules = event.get("RRULE", [])
            for rule in rules if isinstance(rules, list) else [rules]:
                problem = (
                    "there are too many events with odd rules"
                    if self.odd_rules >= MAX_ODD_RULES
                    else why_not_gone_through(rule, event["DTSTART"].dt, self.mine.today)
                )
                if problem:
                    self.odd_rules += 1
                    return problem
        return None

    def _instances(self, calendar: Any, events: Sequence[Block]) -> Iterator[_Instance]:  # noqa: ANN401
        """The event, or its returns up to today, the oldest first."""
        if len(events) == 1 and events[0].names.isdisjoint(_REPEATING):
            event = calendar.events[0]
            yield _Instance(event, str(event.get("UID") or f"{event['DTSTART'].dt} {event.get('SUMMARY')}"))
            return
        from recurring_ical_events import of

        found = of(calendar).between(date(OLDEST, 1, 2), self.mine.today + timedelta(days=1))
        for event in sorted(found, key=lambda one: str(one["DTSTART"].dt)):
            yield _Instance(event, f"{event.get('UID')} {_moment_key(event['RECURRENCE-ID'].dt)}")

    def _meeting(self, instance: _Instance, place: str) -> Iterator[Draft]:
        """A line of the log for each person of a meeting."""
        event = instance.event
        people = _people(event)
        met = [one for one, guest in people.items() if not self.mine.has(one) and not guest.declined]
        day, time = self._when(event["DTSTART"].dt)
        if day >= self.mine.today or not met:
            return
        if reason := self._left_out(event, people):
            self.mine.left_out[reason] += 1
            return
        title = _cut(for_entry(str(event.get("SUMMARY", "")))) or "(no title)"
        where = for_entry(str(event.get("LOCATION", "")))
        if where and "://" not in where and len(where) <= LONGEST_PLACE:
            title = f"{title} [where:: {where}]"
        entry = f"{day}{time} meeting: {title} [id:: {_identity('ics-', instance.key)}]"
        for address in met:
            name = people[address].name
            fields = (("emails", (address,)), *((("name", (name,)),) if name else ()))
            yield Draft(place, fields, entries=(entry,), is_of_known=True)

    def _left_out(self, event: Any, people: dict[str, _Guest]) -> str | None:  # noqa: ANN401
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            return CANCELLED
        if any(guest.declined for address, guest in people.items() if self.mine.has(address)):
            return DECLINED
        return CROWDS if len(people) > MAX_PEOPLE else None

    def _when(self, start: date | datetime) -> tuple[date, str]:
        """The day and ` HH:MM` here; a time without a zone is local wherever one is, and a whole day has none."""
        if not isinstance(start, datetime):
            return start, ""
        here = start.astimezone(self.mine.zone) if start.tzinfo else start
        return here.date(), f" {here:%H:%M}"

    def _flaw(self, event: Block, message: str, hint: str) -> Flaw:
        title = next((line for line in event.lines if line[:7].upper() == b"SUMMARY"), b"")
        words = _cut(for_value(title.partition(b":")[2].decode(errors="replace").replace("\\", "")))
        return Flaw(f"{self.name}:{event.line}", f"“{words}”: {message}" if words else message, hint)

    @staticmethod
    def _parse(parts: Sequence[Block]) -> Any:  # noqa: ANN401
        """The components as a calendar of icalendar, which remembers the time zones among them."""
        from icalendar import Calendar

        text = "".join(("BEGIN:VCALENDAR\r\n", *(part.text for part in parts), "END:VCALENDAR\r\n"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of guesses at a time zone's name, which are right
            return Calendar.from_ical(text)


def _forget_zones() -> None:
    """Make icalendar forget the time zones of other files, which may have the same names."""
    from icalendar.timezone import tzp

    tzp.use_default()


class _Guest(NamedTuple):
    """Whether somebody declined, and the name that she is invited by."""

    declined: bool
    name: str


def _people(event: Any) -> dict[str, _Guest]:  # noqa: ANN401
    """Organizer and attendees by their addresses; rooms and things are nobody."""
    found: dict[str, _Guest] = {}
    for name in ("ATTENDEE", "ORGANIZER"):
        given = event.get(name, [])
        for one in given if isinstance(given, list) else [given]:
            params = {str(key).upper(): str(value) for key, value in getattr(one, "params", {}).items()}
            if (
                params.get("CUTYPE", "").upper() in _THINGS
                or params.get("ROLE", "").upper() == "NON-PARTICIPANT"
            ):
                continue
            for address in [*addresses(str(one)), *addresses(params.get("EMAIL", ""))][:1]:
                declined = params.get("PARTSTAT", "").upper() == "DECLINED"
                found.setdefault(address.casefold(), _Guest(declined, for_value(params.get("CN", ""))))
    return found


def _cut(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


def _moment_key(at: date | datetime) -> str:
    """The same for one moment in every zone."""
    return str(at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else at)


def _identity(prefix: str, key: str) -> str:
    return prefix + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]
