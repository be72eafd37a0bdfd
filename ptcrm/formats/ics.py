"""Occurrences as an iCalendar feed (RFC 5545, RFC 7986) that real calendar apps show rightly (docs/calendar.md).

The bytes are a function of the vault, the configuration and the day. Each event's UID comes from vault, customer,
kind and origin; DTSTAMP, LAST-MODIFIED and SEQUENCE move together when, and only when, its content does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.formats.content import content_line as _line
from ptcrm.formats.content import escaped
from ptcrm.model.config import Feed
from ptcrm.model.dates import Interval, later, time_there
from ptcrm.model.occurrence import CONTACT_KINDS, YEARLY_KINDS, Occurrence, in_order
from ptcrm.text.fold import same_id
from ptcrm.text.safe import for_feed
from ptcrm.text.template import filled
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.dates import Anniversary


BEGINS, ENDS = b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n"
LARGEST = 900_000  # bytes; Google takes about 1 MB
_TO_DO = (*CONTACT_KINDS, "campaign", "lead")
_EPOCH = date(2020, 1, 1)  # where stamps of what never was in touch begin
_UNKNOWN_YEAR = 2024  # a leap year that no client mistakes for anything else
_OLDEST_YEAR = 1605
_OLD_YEAR = 1904  # a leap year in the place of years that clients disagree on
# Where single events stand in the place of a yearly rule, unless the feed says more.
_PAST, _HORIZON = Interval(months=12), Interval(months=60)
_MEETING = timedelta(minutes=30)
_NAMES_IN_TITLE, _NAMES_IN_TEXT = 3, 20
_DAY, _SECONDS = timedelta(days=1), 86400
_LARGEST_INTEGER = 2**31 - 1  # RFC 5545 §3.3.8; reached in 2088


@dataclass(frozen=True, slots=True)
class Look:
    """What a feed's events look like: its settings, each channel's verb, 29 February, the vault's zone and id."""

    name: str
    feed: Feed
    verbs: dict[str, str]
    leap_day: str
    zone: tzinfo | None
    vault: str | None = None


class Rendered(NamedTuple):
    """A feed's bytes, how many events it has, and what a person should know about it."""

    content: bytes
    events: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event before it has a stamp. `key` makes the UID; `touched` is when the customer was last in touch.

    `day` is that of the start in the vault's zone.
    """

    key: tuple[str, ...]
    day: date
    start: date | datetime
    summary: str
    description: str
    category: str
    touched: date = _EPOCH
    url: str | None = None
    rule: str = ""


class Event(NamedTuple):
    """A written event: its identity, its place among the others, its lines."""

    uid: str
    place: str
    content: bytes


class Known:
    """The events of one feed as they were last written, so that only what differs is written anew.

    `before` are those of a process that has ended, `now` those of the last feed; each by what it says.
    """

    def __init__(self, before: dict[bytes, Event] | None = None) -> None:
        self._before, self.now = before, dict[bytes, Event]()
        self._setting: object = None
        self._events: dict[tuple[str, str, str], tuple[Occurrence, tuple[Event, ...]]] = {}
        self._used: dict[tuple[str, str, str], tuple[Occurrence, tuple[Event, ...]]] = {}

    def begin(self, setting: object) -> None:
        """Begin a feed; what was written under another `setting` is forgotten."""
        if setting != self._setting:
            self._setting, self._events = setting, {}

    def events(self, look: Look, one: Occurrence, today: date) -> tuple[Event, ...]:
        """The events of an occurrence; raises ValueError or OverflowError if it cannot be one."""
        key = (one.customer, one.kind, one.origin)
        kept = self._events.get(key)
        if kept is None or (kept[0] is not one and kept[0] != one):
            kept = one, tuple(self._written(look, entry) for entry in _entries(look, one, today))
        self._used[key] = kept
        return kept[1]

    def _written(self, look: Look, entry: _Entry) -> Event:
        """The event, written unless it was before."""
        if self._before is None:
            return _event(look, entry)
        key = _said(look, entry)
        event = self.now[key] = self._before.get(key) or _event(look, entry)
        return event

    def end(self) -> None:
        """Forget what this feed has no more."""
        self._events, self._used = self._used, {}


def render(
    look: Look, occurrences: Iterable[Occurrence], today: date, known: Known | None = None
) -> Rendered:
    """The feed of those `occurrences` (in any order) whose kind it takes: contacts as planned, the next of yearly ones.

    What cannot be written as an event is left out and named in the warnings; the feed goes on.
    """
    known = known or Known()
    known.begin((look, today))
    gathered, wanted = _chosen(look, occurrences, today)
    events, warnings = _events(look, wanted, today, known)
    if warnings:  # what is said, and which of two is left out, follows from their order, and not from the day
        events, warnings = _events(look, sorted(wanted, key=_by_file), today, known)
    if gathered and today < date.max:
        _put(events, (_event(look, _gathered(look, sorted(gathered, key=in_order), today)),))
    known.end()
    ordered = sorted(events.values(), key=lambda event: event.place)
    content = b"".join([_header(look), *(event.content for event in ordered), ENDS])
    if len(content) > LARGEST:
        warnings.append(_too_large(look))
    return Rendered(content, len(events), tuple(warnings))


def _by_file(one: Occurrence) -> tuple[object, ...]:
    return one.path, *in_order(one)


def _events(
    look: Look, occurrences: Iterable[Occurrence], today: date, known: Known
) -> tuple[dict[str, Event], list[str]]:
    """The events of `occurrences` by their identity, and what is wrong with those that cannot be written."""
    events: dict[str, Event] = {}
    warnings = []
    for one in occurrences:
        try:
            _put(events, known.events(look, one, today))
        except OverflowError:
            warnings.append(f"{one.path}:{one.line}: left out of the feed: no day follows on its last one")
        except ValueError as error:
            warnings.append(f"{one.path}:{one.line}: left out of the feed: {error}")
    return events, warnings


def _chosen(
    look: Look, occurrences: Iterable[Occurrence], today: date
) -> tuple[list[Occurrence], list[Occurrence]]:
    """What is overdue and gathered in one event, and what has events of its own, within the feed's time."""
    settings = look.feed
    last = later(today, settings.horizon) if settings.horizon else date.max
    first = later(today, settings.past, -1) if settings.past else date.min
    gathered, wanted = [], []
    for one in occurrences:
        if one.kind not in settings.kinds or (one.kind not in YEARLY_KINDS and one.planned > last):
            continue
        if not _is_overdue(one, today) or _overdue(settings) == "today":
            wanted.append(one)
        elif _overdue(settings) == "original":
            if one.planned >= first:
                wanted.append(one)
        elif today >= one.quiet_until:
            gathered.append(one)
    return gathered, wanted


def _overdue(settings: Feed) -> str:
    """What becomes of what is overdue: as the feed says, else gathered, or left to an app for tasks."""
    return settings.overdue or ("original" if settings.todo else "gather")


def _too_large(look: Look) -> str:
    """The warning that a feed is too large, and what shortens it; the same as long as it is so."""
    settings = look.feed
    by = ["`where:`", *(["`kinds:`"] if len(settings.kinds) > 1 else [])]
    if settings.age_in_title:
        by.append("`age_in_title: false`")
    by += [] if settings.horizon else ["`horizon:`"]
    words = f"{', '.join(by[:-1])} or {by[-1]}" if len(by) > 1 else by[0]
    limit = f"has more than {LARGEST // 1000} kB, and Google Calendar takes about 1000"
    return f"the feed “{look.name}” {limit}: shorten it by {words}"


def _put(events: dict[str, Event], more: tuple[Event, ...]) -> None:
    """Add events; two with one identity would make clients lose both (CALENDAR 6)."""
    for event in more:
        if event.uid in events:
            raise ValueError("another event has the same identity")
        events[event.uid] = event


def _is_overdue(one: Occurrence, today: date) -> bool:
    return one.planned < today and one.kind in (*CONTACT_KINDS, "campaign")


def _entries(look: Look, one: Occurrence, today: date) -> Iterator[_Entry]:
    if one.kind in YEARLY_KINDS and one.since is not None:
        yield from _yearly(look, one, one.since, today)
    else:
        yield _contact(look, one, today)


def _contact(look: Look, one: Occurrence, today: date) -> _Entry:
    """A follow-up: all day, or at its time in UTC."""
    day = one.planned
    if _is_overdue(one, today) and _overdue(look.feed) == "today":
        day = today
    start: date | datetime = day
    if one.at is not None and day == one.due:
        start = _in_utc(day, one.at, look.zone)
    return _Entry(
        (one.customer, one.kind, one.origin),
        day,
        start,
        _title(look, one),
        "" if look.feed.private else _description(look, one),
        one.kind,
        one.last.date if one.last else _EPOCH,
        _web(look, one),
    )


def _title(look: Look, one: Occurrence) -> str:
    """`Call Anna Kowalska`, and `: text` for a follow-up; a private feed has neither name nor text.

    `Card to 14 customers: christmas` is a campaign, `Prepare for Anna Kowalska: birthday on …` a reminder.
    """
    if template := look.feed.title.get(one.kind):
        return _filled(look, one, template)
    if one.kind == "campaign":
        return f"{_verb(look, one)} {plural(len(one.members), 'customer')}: {one.name}"
    start = "Prepare for" if one.kind == "lead" else _verb(look, one)
    text = "" if look.feed.private or not one.text else f": {one.text}"
    return f"{start} {_name(look, one)}{text}"


def _verb(look: Look, one: Occurrence) -> str:
    return look.verbs.get(one.channel or "contact", "Contact")


def _filled(look: Look, one: Occurrence, template: str, years: int | None = None) -> str:
    """The feed's own title; a private feed fills in neither texts nor first years."""
    year, private = one.since and one.since.year, look.feed.private
    values = {
        "verb": _verb(look, one),
        "channel": (one.channel or "contact").capitalize(),
        "name": _name(look, one),
        "tier": one.tier or "",
        "text": "" if private else one.text,
        "year": "" if private or year is None else str(year),
        "years": "" if years is None else str(years),
    }
    return filled(template, values) or values["name"]


def _name(look: Look, one: Occurrence) -> str:
    """The customer's name, or the initials in a private feed; of a campaign its own name."""
    if not (look.feed.private and one.customer):
        return one.name
    return "".join(word[0] for word in one.name.split() if word[0].isalnum()).upper() or "?"


def _description(look: Look, one: Occurrence) -> str:
    """Why, the last contact, the phone, and the file: nothing that changes from day to day (CALENDAR 9, 17)."""
    lines = [f"Why: {'; '.join(reason.text for reason in one.reasons)}"]
    if one.members:
        lines.append(_listed(list(one.members)))
    if one.last:
        lines.append(f"Last contact: {one.last.date} ({one.last.channel})")
    if one.phone:
        lines.append(f"Phone: {one.phone}")
    if one.at and (there := time_there(one.planned, one.at, look.zone, one.timezone)):
        lines.append(f"Local time: {there}")
    return "\n".join([*lines, one.path])


def _listed(lines: list[str]) -> str:
    """The first of `lines`, and how many more there are."""
    rest = [f"and {len(lines) - _NAMES_IN_TEXT} more"] if len(lines) > _NAMES_IN_TEXT else []
    return "\n".join([*lines[:_NAMES_IN_TEXT], *rest])


def _web(look: Look, one: Occurrence) -> str | None:
    """The customer's web page, if it is an address that a calendar may open and the feed is not private."""
    url = one.url or ""
    usable = (
        url.isascii() and url.startswith(("https://", "http://")) and not any(char <= " " for char in url)
    )
    return url if usable and not look.feed.private else None


def _yearly(look: Look, one: Occurrence, since: Anniversary, today: date) -> Iterator[_Entry]:
    """One recurring event; single ones where a rule would go wrong or the title has the age (CALENDAR 10-13)."""
    key = (one.customer, one.kind, one.origin)
    leap = (since.month, since.day) == (2, 29)
    if one.years or look.feed.age_in_title or (leap and look.leap_day == "mar1"):
        for day in since.within(*_years(look.feed, one.not_before, today), look.leap_day):
            years = (day.year - since.year or None) if since.year else None  # no age on the first day
            if one.years and years not in one.years:
                continue
            told = years if one.years or look.feed.age_in_title else None
            title = _yearly_title(look, one, since.year, told)
            yield _Entry(
                (*key, str(day.year)), day, day, title, _yearly_text(look, one), one.kind, url=_web(look, one)
            )
        return
    year = since.year or _UNKNOWN_YEAR
    start = since.in_year(year if year >= _OLDEST_YEAR else _OLD_YEAR, look.leap_day)
    if start < one.not_before:
        start = one.planned
    rule = "FREQ=YEARLY;BYMONTHDAY=-1;BYMONTH=2" if leap else "FREQ=YEARLY"
    title = _yearly_title(look, one, since.year, None)
    yield _Entry(key, start, start, title, _yearly_text(look, one), one.kind, url=_web(look, one), rule=rule)


def _years(settings: Feed, not_before: date, today: date) -> tuple[date, date]:
    """The first and the last day for single events: whole years, so that the feed does not change each day."""
    first, last = later(today, settings.past or _PAST, -1), later(today, settings.horizon or _HORIZON)
    return max(not_before, date(first.year, 1, 1)), date(last.year, 12, 31)


def _yearly_title(look: Look, one: Occurrence, year: int | None, years: int | None) -> str:
    """`Anna Kowalska's birthday (born 1984)`, `Anna Kowalska: wedding (2012)`; `years`, if given, for the year.

    `Anna Kowalska: 5 years as a customer`, and in a private feed without the years.
    """
    if template := look.feed.title.get(one.kind):
        return _filled(look, one, template, years)
    if one.kind == "anniversary":
        words = "anniversary" if look.feed.private else f"{plural(years or 0, 'year')} {one.text}"
        return f"{_name(look, one)}: {words}"
    if one.kind == "birthday":
        title, number = f"{_name(look, one)}'s birthday", f"born {year}" if years is None else f"{years}"
    else:
        title = f"{_name(look, one)}: {'occasion' if look.feed.private else one.text}"
        number = f"{year}" if years is None else plural(years, "year")
    is_told = year is not None and (years is not None or not look.feed.private)
    return f"{title} ({number})" if is_told else title


def _yearly_text(look: Look, one: Occurrence) -> str:
    if look.feed.private:
        return ""
    return "\n".join([*([f"Phone: {one.phone}"] if one.phone else []), one.path])


def _gathered(look: Look, overdue: list[Occurrence], today: date) -> _Entry:
    """One event today for every explicit follow-up whose day has passed (FORMAT §4 "Overdue in a feed")."""
    names = list(dict.fromkeys(_name(look, one) for one in overdue))
    shown = ", ".join(names[:_NAMES_IN_TITLE]) + (", …" if len(names) > _NAMES_IN_TITLE else "")
    lines = (f"{one.due} {_title(look, one)}{f' ({one.phone})' if one.phone else ''}" for one in overdue)
    text = "" if look.feed.private else _listed(list(lines))
    return _Entry(
        ("", "overdue", ""), today, today, f"{len(overdue)} overdue: {shown}", text, "follow-up", today
    )


def _in_utc(day: date, at: time, zone: tzinfo | None) -> datetime:
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC)


def _said(look: Look, entry: _Entry) -> bytes:
    """What tells an event from every other that says something else: a digest of all that it is written from."""
    alarm = _in_utc(entry.day, look.feed.alarm, look.zone) if look.feed.alarm is not None else None
    values = [getattr(entry, name) for name in _Entry.__slots__]
    return hashlib.sha256(repr((look.vault, look.feed.todo, alarm, values)).encode()).digest()[:16]


def _uid(look: Look, entry: _Entry) -> str:
    """Stable for one customer, kind and origin; never from the name, the date or the position (CALENDAR 6).

    The vault's id keeps it apart from that of another owner's customer.
    """
    customer, *rest = entry.key
    parts = [*([look.vault] if look.vault else []), same_id(customer), *rest]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32] + "@ptcrm"


def _event(look: Look, entry: _Entry) -> Event:
    """The event, or the task in a feed of tasks; its stamp is made from its content (CALENDAR 7)."""
    uid, kind = _uid(look, entry), "VTODO" if look.feed.todo and entry.category in _TO_DO else "VEVENT"
    body = b"".join(_body(look, entry, kind))
    seconds = int.from_bytes(hashlib.sha256(body).digest()[:8]) % _SECONDS
    touched = max(entry.touched, _EPOCH)
    moment = _moment(datetime.combine(touched, time(), UTC) + timedelta(seconds=seconds))
    sequence = (max(touched, entry.day) - _EPOCH).days * _SECONDS + seconds
    lines = [
        _line("BEGIN", kind),
        _line("UID", uid),
        _line("DTSTAMP", moment),
        _line("LAST-MODIFIED", moment),
        _line("SEQUENCE", str(min(sequence, _LARGEST_INTEGER))),
        body,
        _line("END", kind),
    ]
    return Event(uid, f"{entry.start.isoformat()} {uid}", b"".join(lines))


def _body(look: Look, entry: _Entry, kind: str) -> Iterator[bytes]:
    """The lines that say what the event is."""
    yield from _times(entry, kind)
    if entry.rule:
        yield _line("RRULE", entry.rule)
    yield _text("SUMMARY", entry.summary)
    if entry.description:
        yield _text("DESCRIPTION", entry.description, lines=True)
    if entry.url:
        yield _line("URL", for_feed(entry.url))
    yield _line("CATEGORIES", entry.category)
    if kind == "VTODO":
        yield _line("STATUS", "NEEDS-ACTION")
    else:
        yield _line("TRANSP", "TRANSPARENT")
        yield _line("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
    if look.feed.alarm is not None and not entry.rule:
        yield from _alarm(look, entry)


def _times(entry: _Entry, kind: str) -> list[bytes]:
    """When the event begins and ends; of a task when it is due. A whole day ends on the next (CALENDAR 2)."""
    start = entry.start
    if isinstance(start, datetime):
        named, begin, end = "", _moment(start), _moment(start + _MEETING)
    else:
        named, begin, end = ";VALUE=DATE", _whole_day(start), _whole_day(start + _DAY)
    if kind == "VTODO":
        return [_line(f"DUE{named}", begin)]
    return [_line(f"DTSTART{named}", begin), _line(f"DTEND{named}", end)]


def _alarm(look: Look, entry: _Entry) -> list[bytes]:
    """One alarm at an absolute time: a relative one rings on the wrong day in Outlook (CALENDAR 20)."""
    at = _in_utc(entry.day, look.feed.alarm or time(), look.zone)
    return [
        _line("BEGIN", "VALARM"),
        _line("ACTION", "DISPLAY"),
        _text("DESCRIPTION", entry.summary),
        _line("TRIGGER;VALUE=DATE-TIME", _moment(at)),
        _line("END", "VALARM"),
    ]


def _header(look: Look) -> bytes:
    """The calendar's own lines, without its end."""
    name = look.feed.name or ("ptcrm" if look.name == "all" else f"ptcrm: {look.name}")
    lines = [
        _line("VERSION", "2.0"),
        _line("PRODID", "-//ptcrm//ptcrm//EN"),
        _line("CALSCALE", "GREGORIAN"),
        _text("NAME", name),
        _text("X-WR-CALNAME", name),
        _line("COLOR", look.feed.colour),
        _line("REFRESH-INTERVAL;VALUE=DURATION", "PT12H"),
        _line("X-PUBLISHED-TTL", "PT12H"),
    ]
    return b"".join([BEGINS, *lines])


def _text(name: str, value: str, *, lines: bool = False) -> bytes:
    """A property of type TEXT (RFC 5545 §3.3.11)."""
    return _line(name, escaped(value, lines=lines))


def _moment(at: datetime) -> str:
    """A time in UTC (RFC 5545 §3.3.5)."""
    return f"{_whole_day(at.date())}T{at.time().isoformat('seconds').replace(':', '')}Z"


def _whole_day(day: date) -> str:
    """A day (RFC 5545 §3.3.4)."""
    return day.isoformat().replace("-", "")
