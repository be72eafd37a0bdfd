"""Any text and any date in a feed: what is parsed back is what was meant, and nothing is forged."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ptcrm.formats.ics import Known, Look, render
from ptcrm.model.config import KINDS, Config, Feed
from ptcrm.model.dates import Anniversary
from ptcrm.model.occurrence import YEARLY_KINDS, Occurrence, Reason, Touch
from tests.conftest import DAY

TODAY = date.fromisoformat(DAY)
TEXT = st.text(min_size=1, max_size=90)
NASTY = st.sampled_from(
    [
        "\r\nBEGIN:VEVENT\r\nSUMMARY:forged",
        "x\r\n \r\nEND:VCALENDAR\r\n",
        "\nATTACH:file:///etc/passwd",
        "a\x00b\x07\x1b[31m\x9b",
        '; , \\ : "',
        "\\n\\N\\;",
        "日本語" * 30,
        "👩🏽‍🔧" * 20,
        "\u2028\u2029\x85\x0b\x0c",
        "\u202e\u2066rtl\u2069",
        "\ufeffé" * 40,
        "\ud800",
        "{name} {0} %s ${x}",
        " ",
    ]
)
WORDS = st.one_of(TEXT, NASTY)
DAYS = st.one_of(
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.dates(),
    st.sampled_from([date.min, date(1604, 2, 29), date(1970, 1, 1), date(2024, 2, 29), date.max]),
)


@st.composite
def occurrences(draw: st.DrawFn) -> Occurrence:
    day, kind = draw(DAYS), draw(st.sampled_from(KINDS))
    year = draw(st.booleans())
    return Occurrence(
        customer=draw(WORDS),
        name=draw(WORDS),
        path="customers/x.md",
        kind=kind,
        origin=draw(WORDS),
        due=day,
        planned=day,
        channel=draw(st.one_of(st.none(), st.sampled_from(["call", "card"]), WORDS)),
        text=draw(WORDS),
        at=draw(st.one_of(st.none(), st.times())) if kind == "follow-up" else None,
        last=draw(st.none() | st.just(Touch(date(2026, 1, 1), "call", contact=True, path="x", line=1))),
        since=Anniversary(day.month, day.day, day.year if year else None) if kind in YEARLY_KINDS else None,
        years=(1, 5) if kind == "anniversary" and year else (),
        members=("A", draw(WORDS)) if kind == "campaign" else (),
        phone=draw(st.none() | WORDS),
        url=draw(st.none() | st.just("https://a.example/x,y;z") | WORDS),
        tier=draw(st.none() | WORDS),
        reasons=(Reason(draw(WORDS), "customers/x.md", 1),),
    )


def _feed(settings: dict[str, Any]) -> Feed:
    """A feed with these settings, and the defaults for all others."""
    return Feed(**settings)


FEEDS = st.fixed_dictionaries(
    {
        "private": st.booleans(),
        "age_in_title": st.booleans(),
        "todo": st.booleans(),
        "alarm": st.none() | st.just(time(9, 0)),
        "overdue": st.sampled_from([None, "gather", "today", "original"]),
        "name": st.none() | WORDS,
        "title": st.just({})
        | st.just({"follow-up": "{verb} {name} ({tier}): {text}", "birthday": "{name} {year}"}),
    }
).map(_feed)


def look(feed: Feed) -> Look:
    verbs = {word: channel.verb for word, channel in Config().channels.items()}
    return Look("all", feed, verbs, "feb28", UTC, "somebody")


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


@settings(max_examples=300, deadline=None)
@given(many=st.lists(occurrences(), max_size=5), feed=FEEDS)
def test_nothing_is_forged_and_every_byte_is_in_order(many: list[Occurrence], feed: Feed) -> None:
    rendered = render(look(feed), many, TODAY)
    content = rendered.content
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert not any(char < " " and char not in "\r\n" for char in content.decode())
    assert not re.search("[\x7f-\x9f\u2028\u2029]", content.decode())
    calendar: Any = icalendar.Calendar.from_ical(content)
    found = [*calendar.walk("VEVENT"), *calendar.walk("VTODO")]
    assert len(found) == rendered.events == len(re.findall(rb"\r\nBEGIN:V(?:EVENT|TODO)\r\n", content))
    assert len({str(event["UID"]) for event in found}) == len(found)
    allowed = {line.partition(":")[0].partition(";")[0] for line in unfolded(content) if line}
    assert allowed <= set(
        "BEGIN END VERSION PRODID CALSCALE NAME X-WR-CALNAME COLOR REFRESH-INTERVAL X-PUBLISHED-TTL UID DTSTAMP "
        "LAST-MODIFIED SEQUENCE DTSTART DTEND DUE RRULE SUMMARY DESCRIPTION URL CATEGORIES STATUS TRANSP "
        "X-MICROSOFT-CDO-BUSYSTATUS ACTION TRIGGER".split()
    )
    for event in found:
        assert not event.errors
        if event.name == "VEVENT":
            assert event["DTEND"].dt > event["DTSTART"].dt
            assert event["TRANSP"] == "TRANSPARENT"
        else:
            assert event["STATUS"] == "NEEDS-ACTION"


@settings(max_examples=200, deadline=None)
@given(many=st.lists(occurrences(), max_size=5), feed=FEEDS)
def test_the_library_builds_the_same_lines(many: list[Occurrence], feed: Feed) -> None:
    """A feed is written line by line; icalendar, given the values, builds components of the same lines."""
    content = render(look(feed), many, TODAY).content
    # The library would break a line at the one, and takes the other for a byte order mark.
    assume(r"\\N" not in (text := "".join(unfolded(content))) and "\ufeff" not in text)
    for lines in components(content):
        built = {"VEVENT": icalendar.Event, "VTODO": icalendar.Todo}[lines[0].removeprefix("BEGIN:")]()
        alarm = icalendar.Alarm()
        part: Any = built
        for line in lines[1:-1]:
            name, _, value = line.partition(":")
            name, _, kind = name.partition(";")
            if name in ("BEGIN", "END"):
                part = alarm
                continue
            part.add(
                name.lower(),
                _typed(name, kind, value),
                parameters={"VALUE": "DATE-TIME"} if name == "TRIGGER" else None,
            )
        if part is alarm:
            built.add_component(alarm)
        assert sorted(unfolded(built.to_ical())) == sorted([*lines, ""])


def _typed(name: str, kind: str, value: str) -> object:
    if name in ("SUMMARY", "DESCRIPTION"):
        return unescaped(value)
    if name in ("DTSTART", "DTEND", "DUE", "DTSTAMP", "LAST-MODIFIED", "TRIGGER"):
        return _date_of(value) if kind == "VALUE=DATE" else datetime.strptime(value, "%Y%m%dT%H%M%S%z")
    if name == "RRULE":
        return dict(part.split("=") for part in value.split(";"))
    return [value] if name == "CATEGORIES" else int(value) if name == "SEQUENCE" else value


def _date_of(value: str) -> date:
    return date(int(value[:4]), int(value[4:6]), int(value[6:8]))


def components(content: bytes) -> list[list[str]]:
    """The content lines of each event and task."""
    found: list[list[str]] = []
    for line in unfolded(content):
        if line in ("BEGIN:VEVENT", "BEGIN:VTODO"):
            found.append([])
        if found and line not in ("END:VCALENDAR", ""):
            found[-1].append(line)
    return found


def unescaped(value: str) -> str:
    """The text of a TEXT value (RFC 5545 §3.3.11)."""
    return re.sub(r"\\(.)", lambda part: "\n" if part[1] in "nN" else part[1], value)


def said(words: str, *, lines: bool = False) -> str:
    """What is left of a text on its way: no controls, one line unless it may have more."""
    words = re.sub("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", "\n", words.replace("\t", " "))
    words = words if lines else " ".join(words.split())
    return "".join(
        char for char in words if char == "\n" or not re.match("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", char)
    )


PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=90)


@settings(max_examples=200, deadline=None)
@given(many=st.lists(occurrences(), max_size=5), data=st.data())
def test_what_is_parsed_back_is_what_was_meant(many: list[Occurrence], data: st.DataObject) -> None:
    """By a second account of the default feed: the day, the title and the description of each."""
    many = [one._replace(name=data.draw(PLAIN), text=data.draw(PLAIN), years=()) for one in many]
    many = [one for one in many if date(1605, 1, 1) <= one.planned < date.max]
    unique = list({(one.customer.casefold(), one.kind, one.origin): one for one in many}.values())
    rendered = render(look(Feed(overdue="original")), unique, TODAY)
    meant = sorted(expected(one) for one in unique if one.kind != "anniversary" or one.since)
    found = sorted(
        (
            next(line for line in lines if line.startswith("DTSTART")).rpartition(":")[2][:8],
            *(unescaped(value(lines, name)) for name in ("SUMMARY", "DESCRIPTION")),
        )
        for lines in components(rendered.content)
    )
    if not rendered.warnings:  # two ids that are one without their accents' order are told there
        assert found == meant


def expected(one: Occurrence) -> tuple[str, str, str]:
    verb = Config().channels[one.channel].verb if one.channel in Config().channels else "Contact"
    year = one.since.year if one.since else None
    born = f" (born {year})" if year else ""
    began = f" ({year})" if year else ""
    title = {
        "birthday": f"{one.name}'s birthday{born}",
        "occasion": f"{one.name}: {one.text}{began}",
        "anniversary": f"{one.name}: 0 years {one.text}",
        "campaign": f"{verb} 2 customers: {one.name}",
        "lead": f"Prepare for {one.name}: {one.text}",
    }.get(one.kind, f"{verb} {one.name}: {one.text}")
    phone = [f"Phone: {one.phone}"] if one.phone else []
    lines = [*phone, one.path]
    if one.kind not in YEARLY_KINDS:
        last = ["Last contact: 2026-01-01 (call)"] if one.last else []
        lines = [f"Why: {one.reasons[0].text}", *one.members, *last, *lines]
    day = one.planned if one.kind not in YEARLY_KINDS or year else one.planned.replace(year=2024)
    if one.kind in YEARLY_KINDS and (one.planned.month, one.planned.day) == (2, 29):
        day = day.replace(day=29)
    return day.isoformat().replace("-", ""), said(title), said("\n".join(lines), lines=True)


def value(lines: list[str], name: str) -> str:
    return next((line.removeprefix(f"{name}:") for line in lines if line.startswith(f"{name}:")), "")


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(occurrences(), max_size=5),
    after=st.lists(occurrences(), max_size=3),
    feed=FEEDS,
    later=st.booleans(),
)
def test_what_was_written_before_changes_nothing(
    before: list[Occurrence], after: list[Occurrence], feed: Feed, later: bool
) -> None:
    known, day = Known(), TODAY + timedelta(days=int(later))
    first = render(look(feed), before, TODAY, known)
    changed = [one._replace(text="other") for one in before[:2]] + before[2:] + after
    assert first == render(look(feed), before, TODAY)
    assert render(look(feed), changed, day, known) == render(look(feed), changed, day)
