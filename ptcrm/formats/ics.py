"""Occurrences as an iCalendar feed (RFC 5545, RFC 7986) that real calendar apps show rightly (docs/calendar.md).

The bytes are a function of the vault, the configuration and the day. Each event's UID comes from customer,
kind and origin; DTSTAMP, LAST-MODIFIED and SEQUENCE move together when, and only when, its content does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

import icalendar
from icalendar import Alarm, Calendar, Event, vRecur

from ptcrm.model.config import Feed
from ptcrm.model.dates import time_there
from ptcrm.model.occurrence import CONTACT_KINDS, YEARLY_KINDS, Occurrence
from ptcrm.text.fold import same_id
from ptcrm.text.safe import for_feed, one_line
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.dates import Anniversary


LARGEST = 900_000  # bytes; Google takes about 1 MB
_EPOCH = date(2020, 1, 1)  # where stamps of what never was in touch begin
_UNKNOWN_YEAR = 2024  # a leap year that no client mistakes for anything else
_OLDEST_YEAR = 1605
_OLD_YEAR = 1904  # a leap year in the place of years that clients disagree on
_YEARS_BACK, _YEARS_AHEAD = 1, 5  # where single events stand in the place of a yearly rule
_MEETING = timedelta(minutes=30)
_NAMES_IN_TITLE, _NAMES_IN_TEXT = 3, 20
_DAY = timedelta(days=1)
_LARGEST_INTEGER = 2**31 - 1  # RFC 5545 §3.3.8; reached in 2088


@dataclass(frozen=True, slots=True)
class Look:
    """What a feed's events look like: its settings, each channel's verb, 29 February, the vault's zone."""

    name: str
    feed: Feed
    verbs: dict[str, str]
    leap_day: str
    zone: tzinfo | None


class Rendered(NamedTuple):
    """A feed's bytes, how many events it has, and what a person should know about it."""

    content: bytes
    events: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event before it has a stamp. `key` makes the UID; `day` is the newest day it follows from."""

    key: tuple[str, ...]
    start: date | datetime
    summary: str
    description: str
    category: str
    day: date = _EPOCH
    url: str | None = None
    rule: dict[str, object] = field(default_factory=dict)


def render(look: Look, occurrences: Iterable[Occurrence], today: date) -> Rendered:
    """The feed of those `occurrences` whose kind it takes: contacts as planned, the next of yearly ones.

    What cannot be written as an event is left out and named in the warnings; the feed goes on.
    """
    wanted = [one for one in occurrences if one.kind in look.feed.kinds]
    events: dict[str, tuple[str, bytes]] = {}
    warnings = []
    overdue = [one for one in wanted if _is_overdue(one, today)]
    if look.feed.overdue == "gather":
        wanted = [one for one in wanted if one not in overdue]
        listed = [one for one in overdue if today >= one.quiet_until]
        if listed and today < date.max:
            _put(events, look, _gathered(look, listed, today))
    for one in wanted:
        try:
            for entry in _entries(look, one, today):
                _put(events, look, entry)
        except (ValueError, OverflowError) as error:
            warnings.append(f"{one.path}:{one.line}: left out of the feed: {error}")
    body = b"".join(content for _, content in sorted(events.values()))
    content = _header(look) + body + b"END:VCALENDAR\r\n"
    if len(content) > LARGEST:
        warnings.append(
            f"the feed has {len(content) // 1000} kB, and Google Calendar takes about 1000: split it by `kinds:` or `where:`"
        )
    return Rendered(content, len(events), tuple(warnings))


def _put(events: dict[str, tuple[str, bytes]], look: Look, entry: _Entry) -> None:
    """Add the event; two with one identity would make clients lose both (CALENDAR 6)."""
    uid = _uid(entry)
    if uid in events:
        raise ValueError("another event has the same identity")
    events[uid] = _sort_key(entry), _event(look, entry)


def _is_overdue(one: Occurrence, today: date) -> bool:
    return one.kind in (*CONTACT_KINDS, "campaign") and one.planned < today


def _entries(look: Look, one: Occurrence, today: date) -> Iterator[_Entry]:
    if one.kind in YEARLY_KINDS and one.since is not None:
        yield from _yearly(look, one, one.since, today)
    else:
        yield _contact(look, one, today)


def _contact(look: Look, one: Occurrence, today: date) -> _Entry:
    """A follow-up: all day, or at its time in UTC. What is moved to today is stamped with today."""
    day = one.planned
    if _is_overdue(one, today) and look.feed.overdue == "today":
        day = today
    moved = day == today and one.due < today
    last = one.last.date if one.last else _EPOCH
    start: date | datetime = day
    if one.at is not None and day == one.due:
        start = _in_utc(day, one.at, look.zone)
    return _Entry(
        (one.customer, one.kind, one.origin),
        start,
        _title(look, one),
        "" if look.feed.private else _description(look, one),
        one.kind,
        max(_EPOCH, today if moved else last),
        _web(look, one),
    )


def _title(look: Look, one: Occurrence) -> str:
    """`Call Anna Kowalska`, and `: text` for a follow-up; a private feed has neither name nor text.

    `Card to 14 customers: christmas` is a campaign, `Prepare for Anna Kowalska: birthday on …` a reminder.
    """
    if one.kind == "campaign":
        verb = look.verbs.get(one.channel or "contact", "Contact")
        count = len(one.members)
        return f"{verb} {plural(count, 'customer')}: {one.name}"
    if one.kind == "lead":
        title = f"Prepare for {_name(look, one)}"
        return title if look.feed.private else f"{title}: {one.text}"
    title = f"{look.verbs.get(one.channel or 'contact', 'Contact')} {_name(look, one)}"
    return title if look.feed.private or not one.text else f"{title}: {one.text}"


def _name(look: Look, one: Occurrence) -> str:
    """The customer's name, or the initials in a private feed."""
    if not look.feed.private:
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
        first = max(one.not_before, date(max(today.year - _YEARS_BACK, 1), 1, 1))
        last = date(min(today.year + _YEARS_AHEAD, date.max.year), 12, 31)
        for day in since.within(first, last, look.leap_day):
            years = None if since.year is None else day.year - since.year
            if one.years and years not in one.years:
                continue
            told = years if one.years or look.feed.age_in_title else None
            title = _yearly_title(look, one, since.year, told)
            yield _Entry(
                (*key, str(day.year)), day, title, _yearly_text(look, one), one.kind, url=_web(look, one)
            )
        return
    year = since.year or _UNKNOWN_YEAR
    start = since.in_year(year if year >= _OLDEST_YEAR else _OLD_YEAR, look.leap_day)
    if start < one.not_before:
        start = one.planned
    rule: dict[str, object] = {"FREQ": "YEARLY", **({"BYMONTH": 2, "BYMONTHDAY": -1} if leap else {})}
    title = _yearly_title(look, one, since.year, None)
    yield _Entry(key, start, title, _yearly_text(look, one), one.kind, url=_web(look, one), rule=rule)


def _yearly_title(look: Look, one: Occurrence, year: int | None, years: int | None) -> str:
    """`Anna Kowalska's birthday (born 1984)`, `Anna Kowalska: wedding (2012)`; `years`, if given, for the year.

    `Anna Kowalska: 5 years as a customer`, and in a private feed without the years.
    """
    if one.kind == "anniversary":
        words = "anniversary" if look.feed.private else f"{years} year{'' if years == 1 else 's'} {one.text}"
        return f"{_name(look, one)}: {words}"
    if one.kind == "birthday":
        title, number = f"{_name(look, one)}'s birthday", f"born {year}" if years is None else f"{years}"
    else:
        title = f"{_name(look, one)}: {'occasion' if look.feed.private else one.text}"
        number = f"{year}" if years is None else f"{years} years"
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
    return _Entry(("", "overdue", ""), today, f"{len(overdue)} overdue: {shown}", text, "follow-up", today)


def _in_utc(day: date, at: time, zone: tzinfo | None) -> datetime:
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC)


def _uid(entry: _Entry) -> str:
    """Stable for one customer, kind and origin; never from the name, the date or the position (CALENDAR 6)."""
    customer, *rest = entry.key
    return hashlib.sha256("\0".join([same_id(customer), *rest]).encode()).hexdigest()[:32] + "@ptcrm"


def _sort_key(entry: _Entry) -> str:
    return f"{entry.start.isoformat()} {_uid(entry)}"


def _event(look: Look, entry: _Entry) -> bytes:
    """The event's lines, its stamp made from their content."""
    event = Event()
    event.add("uid", _uid(entry))
    event.add("dtstart", entry.start)
    event.add("dtend", entry.start + (_MEETING if isinstance(entry.start, datetime) else _DAY))
    event.add("summary", for_feed(one_line(entry.summary)))
    if entry.description:
        event.add("description", for_feed(entry.description))
    if entry.url:
        event.add("url", for_feed(entry.url))
    if entry.rule:
        event.add("rrule", vRecur(entry.rule))
    event.add("categories", [entry.category])
    event.add("transp", "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "FREE")
    if look.feed.alarm is not None and not entry.rule:
        event.add_component(_alarm(look, entry))
    number = int.from_bytes(hashlib.sha256(event.to_ical()).digest()[:8]) % 86400
    stamp = datetime.combine(entry.day, time(), UTC) + timedelta(seconds=number)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    seconds = int((stamp - datetime.combine(_EPOCH, time(), UTC)).total_seconds())
    event.add("sequence", min(seconds, _LARGEST_INTEGER))
    return bytes(event.to_ical())


def _alarm(look: Look, entry: _Entry) -> Alarm:
    """One alarm at an absolute time: a relative one rings on the wrong day in Outlook (CALENDAR 20)."""
    day = entry.start.date() if isinstance(entry.start, datetime) else entry.start
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", for_feed(one_line(entry.summary)))
    at = _in_utc(day, look.feed.alarm or time(), look.zone)
    alarm.add("trigger", at, parameters={"VALUE": "DATE-TIME"})
    return alarm


def _header(look: Look) -> bytes:
    """The calendar's own lines, without its end."""
    name = "ptcrm" if look.name == "all" else f"ptcrm: {look.name}"
    calendar = Calendar()
    calendar.add("prodid", "-//ptcrm//ptcrm//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", for_feed(one_line(name)))
    calendar.add("x-wr-calname", for_feed(one_line(name)))
    calendar.add("color", "steelblue")
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(timedelta(hours=12)))
    return bytes(calendar.to_ical()).removesuffix(b"END:VCALENDAR\r\n")
