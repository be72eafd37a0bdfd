"""Calendars as drafts: the files in tests/data/import/calendar, one by one, and what hostile ones come to."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from ptcrm.formats import ics_files, meetings
from ptcrm.formats.ics import BEGINS, ENDS
from ptcrm.formats.meetings import CANCELLED, CROWDS, DECLINED, MAX_PEOPLE, drafts
from ptcrm.formats.mine import Mine
from ptcrm.formats.repeating import MAX_INSTANCES
from ptcrm.model.config import Config
from ptcrm.model.customer import LogEntry
from ptcrm.model.dates import Anniversary, parse_anniversary
from ptcrm.model.draft import Draft, Flaw
from ptcrm.vault.log import LineReader
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "data" / "import" / "calendar"
READER = LineReader.of(Config())
DAY = date(2026, 11, 23)


def marta() -> Mine:
    return Mine(frozenset({"marta@studio.example"}), ZoneInfo("Europe/Warsaw"), DAY)


def found_in(name: str, mine: Mine | None = None, *, new: bool = False) -> list[Draft | Flaw]:
    with (FOLDER / name).open("rb") as stream:
        return [unnamed(one) for one in drafts(stream, name, mine or marta(), new=new)]


def unnamed(one: Draft | Flaw) -> Draft | Flaw:
    """A meeting's draft without the name that stands beside the address, which is tested by itself."""
    if isinstance(one, Flaw) or not one.values("emails"):
        return one
    return replace(one, fields=one.fields[:1])


def test_a_guest_s_name_is_told_with_the_address() -> None:
    (found,) = read(
        """DTSTART:20260105T100000Z
SUMMARY:Lunch
ORGANIZER:mailto:marta@studio.example
ATTENDEE;CN="Kowalska, Anna":mailto:anna@x.example"""
    )
    assert isinstance(found, Draft)
    assert found.values("name") == ("Kowalska, Anna",)


def calendar(*events: str, head: str = "") -> bytes:
    inside = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{inside}END:VCALENDAR\n".encode("utf-8", "surrogateescape")


def read(*events: str, head: str = "", mine: Mine | None = None) -> list[Draft | Flaw]:
    return list(drafts(io.BytesIO(calendar(*events, head=head)), "it", mine or marta()))


def days(*events: str, head: str = "") -> list[str]:
    """The day and time of each entry; a flaw's message in the place of an event that has one."""
    found = read(*events, head=head)
    return [
        one.message if isinstance(one, Flaw) else one.entries[0].partition(" meeting")[0] for one in found
    ]


def identity(key: str) -> str:
    return "ics-" + hashlib.sha256(key.encode()).hexdigest()[:12]


def contact(place: str, address: str, entry: str, key: str) -> Draft:
    words = f"{entry} [id:: {identity(key)}]"
    return Draft(place, (("emails", (address,)),), entries=(words,), is_of_known=True)


def birthday(place: str, name: str, day: str) -> Draft:
    return Draft(place, (("name", (name,)), ("birthday", (day,))), is_of_known=True)


def test_a_calendar_of_google() -> None:
    mine = Mine(frozenset(), ZoneInfo("Europe/Warsaw"), DAY)  # the calendar says whose it is
    title = "Spring order - 2026-01-01 sale: forged (amount:: 1 EUR) ＃vip [where:: Café Rower, Gdańsk]"
    weekly, anna = "google.ics:50", "anna@rowery.example"
    assert found_in("google.ics", mine) == [
        contact("google.ics:26", anna, f"2026-03-09 09:30 meeting: {title}", "one@google.com"),
        contact(weekly, anna, "2026-03-02 10:00 meeting: Jour fixe", "weekly@google.com 2026-03-02 09:00:00+00:00"),
        contact(weekly, anna, "2026-03-17 14:00 meeting: Jour fixe (moved)", "weekly@google.com 2026-03-16 09:00:00+00:00"),
        contact(weekly, anna, "2026-03-23 10:00 meeting: Jour fixe", "weekly@google.com 2026-03-23 09:00:00+00:00"),
    ]  # fmt: skip
    assert mine.left_out == {CANCELLED: 1, DECLINED: 1}


def test_a_calendar_of_outlook() -> None:
    ola = "ola@rowery.example"
    title = "2026-01-15 08:00 meeting: Przegląd żarówek"
    uid = "040000008200E00074C5B7101A82E008"
    assert found_in("outlook.ics") == [
        contact("outlook.ics:20", "jan@nowak.example", title, uid),
        contact("outlook.ics:20", ola, title, uid),
        contact("outlook.ics:31", ola, "2026-06-20 meeting: (no title) [where:: Hel]", "allday"),
        contact("outlook.ics:39", ola, "2026-06-21 18:00 meeting: Floating", "floating"),
    ]


def test_a_calendar_in_latin_letters() -> None:
    entry = "2026-06-21 20:00 meeting: Grüße"
    assert found_in("latin.ics") == [contact("latin.ics:4", "ola@rowery.example", entry, "latin")]


def test_birthdays_of_google_have_no_year_and_typed_ones_may() -> None:
    name = "birthdays-google.ics"
    assert found_in(name) == [
        birthday(f"{name}:5", "Anna Kowalska", "--05-17"),
        birthday(f"{name}:19", "Jan Nowak", "1980-02-29"),
        birthday(f"{name}:27", "Ola", "--07-03"),
    ]


def test_birthdays_of_other_programs() -> None:
    name = "birthdays-others.ics"
    assert found_in(name) == [
        birthday(f"{name}:4", "Anna Kowalska", "1984-05-17"),
        birthday(f"{name}:11", "Jan Nowak", "--01-01"),
        birthday(f"{name}:22", "Ola Wiśniewska", "--06-01"),
        birthday(f"{name}:33", "Zofia Maj", "1955-02-11"),
        birthday(f"{name}:42", "Piotr Maj", "--02-29"),
    ]


def test_birthdays_may_make_customers() -> None:
    assert {
        one.is_of_known for one in found_in("birthdays-google.ics", new=True) if isinstance(one, Draft)
    } == {False}


@pytest.mark.parametrize(
    ("title", "name"),
    [("Birthday: Anna", "Anna"), ("Happy birthday, Anna!", "Anna"), ("Birthday of Anna Maj", "Anna Maj"),
     ("40. Geburtstag von Anna", "Anna"), ("Thomas’ Geburtstag", "Thomas"), ("Thomas’s 50th birthday", "Thomas"),
     ("Annas Geburtstag", None), ("Anna (Geburtstag)", "Anna"), ("Anna hat Geburtstag", "Anna"), ("Anna is jarig", "Anna"),
     ("Anniversaire de Zoé", "Zoé"), ("Anniversaire d'Anna", "Anna"), ("Cumpleaños de Ana", "Ana"), ("Anna – 40. urodziny", "Anna"),
     ("Urodziny: Anna", "Anna"), ("Urodziny Anny", None), ("🎂 Anna", "Anna"), ("Anna's birthday party", None),
     ("Wedding birthday of Anna", None), ("Taxes", None), ("", None), ("birthday", None)],
)  # fmt: skip
def test_titles_of_birthdays(title: str, name: str | None) -> None:
    found = read(f"UID:1\nDTSTART;VALUE=DATE:20260517\nRRULE:FREQ=YEARLY\nSUMMARY:{title}")
    assert [one.values("name") for one in found if isinstance(one, Draft)] == ([(name,)] if name else [])


@pytest.mark.parametrize(
    ("title", "start", "more", "day"),
    [("Anna's birthday (1984)", "20200517", "", "1984-05-17"), ("Anna's birthday *1984", "20200517", "", "1984-05-17"),
     ("Anna's birthday (42)", "20200517", "", "--05-17"), ("Anna's birthday", "19840517", "", "1984-05-17"),
     ("Anna's birthday", "20160517", "CREATED:20160101T000000Z", "--05-17"),
     ("Anna's birthday", "19840517", "CREATED:19900101T000000Z", "--05-17"),
     ("Anna's birthday", "19000517", "", "--05-17")],
)  # fmt: skip
def test_years_of_birth(title: str, start: str, more: str, day: str) -> None:
    (draft,) = read(f"UID:1\nDTSTART;VALUE=DATE:{start}\nRRULE:FREQ=YEARLY\nSUMMARY:{title}\n{more}")
    assert isinstance(draft, Draft)
    assert draft.values("birthday") == (day,)
    assert isinstance(parse_anniversary(day), Anniversary)


def test_a_birthday_that_does_not_return_or_has_a_time_is_none() -> None:
    assert read("UID:1\nDTSTART;VALUE=DATE:20260517\nSUMMARY:Anna's birthday") == []
    assert read("UID:1\nDTSTART:20260517T180000Z\nRRULE:FREQ=YEARLY\nSUMMARY:Anna's birthday") == []


ANNA = "ATTENDEE:mailto:anna@rowery.example\nUID:1\n"


def test_meetings_of_today_and_later_are_none_yet() -> None:
    starts = ("20261122T120000Z", "20261122T230000Z", "20261123T080000Z", "20261124T080000Z")
    assert days(*(f"{ANNA}DTSTART:{start}" for start in starts)) == ["2026-11-22 13:00"]


def test_a_meeting_of_too_many_is_none() -> None:
    mine = marta()
    people = "\n".join(f"ATTENDEE:mailto:n{number}@x.example" for number in range(MAX_PEOPLE + 1))
    assert read(f"UID:1\nDTSTART:20260101T080000Z\n{people}", mine=mine) == []
    assert mine.left_out == {CROWDS: 1}


def test_our_own_feed_is_refused() -> None:
    feed = (
        BEGINS
        + b"VERSION:2.0\r\nPRODID:-//ptcrm//ptcrm//EN\r\n"
        + calendar(f"{ANNA}DTSTART:20260101T080000Z")[29:-15]
        + ENDS
    )
    (flaw,) = drafts(io.BytesIO(feed), "feed.ics", marta())
    assert isinstance(flaw, Flaw)
    assert (flaw.place, "ptcrm made" in flaw.message) == ("feed.ics:1", True)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04\x00", "BEGIN:VCALENDAR".encode("utf-16")])
def test_what_is_no_calendar_is_said(content: bytes) -> None:
    (flaw,) = drafts(io.BytesIO(content), "it", marta())
    assert isinstance(flaw, Flaw)
    assert flaw.message == "this is no calendar"


def test_a_file_that_ends_inside_an_event() -> None:
    whole = calendar(f"{ANNA}DTSTART:20260101T080000Z", f"{ANNA}DTSTART:20260102T080000Z")
    found = list(drafts(io.BytesIO(whole[:-40]), "it", marta()))
    assert [type(one) for one in found] == [Draft, Flaw]
    assert found[1].place == "it:8"


@pytest.mark.parametrize(
    ("rule", "count"),
    [("FREQ=DAILY;UNTIL=20260110T080000Z", 10), ("FREQ=WEEKLY;COUNT=3", 3), ("FREQ=MONTHLY;BYDAY=1TH", 11), ("FREQ=YEARLY", 1),
     ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", 3), ("FREQ=DAILY;COUNT=1", 1), ("FREQ=WEEKLY;BYDAY=TH,FR;BYHOUR=9;COUNT=4", 5)],
)  # fmt: skip
def test_repeating_meetings(rule: str, count: int) -> None:
    assert len(days(f"{ANNA}DTSTART:20260101T080000Z\nRRULE:{rule}")) == count


@pytest.mark.parametrize(
    ("rule", "start", "message"),
    [("FREQ=SECONDLY", "20260101T080000Z", "it repeats more than once a day"),
     ("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1", "20260101T080000Z", "it repeats more than once a day"),
     ("FREQ=DAILY;INTERVAL=0", "20260101T080000Z", "its rule fits no day"),
     ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "20260101T080000Z", "its rule fits no day"),
     ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "20260101T080000Z", "its rule fits no day"),
     ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "20260101T080000Z", "its rule fits no day"),
     ("FREQ=DAILY", "19700101T080000Z", f"it returned more than {MAX_INSTANCES} times"),
     ("FREQ=DAILY", "00010101T080000Z", "it begins too long ago"),
     ("FREQ=NEVER", "20260101T080000Z", "this event cannot be read"),
     ("FREQ=DAILY;UNTIL=soon", "20260101T080000Z", "this event cannot be read")],
)  # fmt: skip
def test_rules_that_lead_nowhere(rule: str, start: str, message: str) -> None:
    found = days(
        f"{ANNA}SUMMARY:a\\,b\nDTSTART:{start}\nRRULE:{rule}",
        f"{ANNA.replace('1', '2')}DTSTART:20260101T080000Z",
    )
    (flaw,) = [one for one in found if one != "2026-01-01 09:00"]
    assert len(found) == 2
    assert flaw.startswith(f"“a,b”: {message}")


def test_after_many_odd_rules_the_others_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "MAX_ODD_RULES", 2)
    odd = (f"UID:{number}\n{ANNA[:36]}DTSTART:20260101T080000Z\nRRULE:FREQ=SECONDLY" for number in range(2))
    last = f"UID:9\n{ANNA[:36]}DTSTART:20260101T080000Z\nRRULE:FREQ=DAILY"
    assert days(*odd, last)[-1] == "there are too many events with odd rules; none of it is taken"


def test_repeating_events_are_held_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "MAX_SERIES", 150)
    event = f"{ANNA}DTSTART:20261101T080000Z\nRRULE:FREQ=YEARLY"
    assert days(event, event) == [
        "there are too many repeating events; this one is left out",
        "2026-11-01 09:00",
    ]


def test_an_event_that_is_too_large_is_a_flaw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ics_files, "MAX_BLOCK", 200)
    large = ANNA + "ATTENDEE:mailto:n@x.example\n" * 10 + "DTSTART:20260101T080000Z"
    picture = f"{ANNA}ATTACH;ENCODING=BASE64:{'x' * 70_000}\nX-PHOTO:{'y' * 500}\nDTSTART:20260101T080000Z"
    assert days(large, picture) == ["this component is too large; it is left out", "2026-01-01 09:00"]


def test_components_inside_each_other_are_passed_over() -> None:
    deep = "BEGIN:VEVENT\n" * 5000 + "ATTENDEE:mailto:deep@x.example\n" + "END:VEVENT\n" * 5000
    assert days(f"{ANNA}{deep}DTSTART:20260101T080000Z") == ["2026-01-01 09:00"]


def test_a_broken_event_takes_no_other_with_it() -> None:
    broken = ("DTSTART:never", "", "DTSTART;TZID=../../etc/passwd:20260101T080000", "DTSTART;VALUE=PERIOD:x")
    good = f"{ANNA}DTSTART:20260101T080000Z"
    found = days(*(f"{ANNA}{one}" for one in broken), good)
    assert found[-1] == "2026-01-01 09:00"
    assert found.count("this event cannot be read; it is left out") == 3


def zone(offset: str, rule: str = "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU") -> str:
    inside = f"DTSTART:19700329T020000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nRRULE:{rule}\n"
    return f"BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\n{inside}END:STANDARD\nEND:VTIMEZONE\n"


def test_a_zone_that_a_file_defines_is_not_known_in_the_next() -> None:
    event = f"{ANNA}DTSTART;TZID=Mine:20260101T080000"
    assert days(event, head=zone("+0500")) == ["2026-01-01 04:00"]
    assert days(event, head=zone("+0300")) == ["2026-01-01 06:00"]
    assert days(event) == ["2026-01-01 08:00"]


def test_a_zone_may_be_defined_below_the_events() -> None:
    text = calendar(f"{ANNA}DTSTART;TZID=Mine:20260101T080000").replace(
        b"END:VCAL", zone("+0500").encode() + b"END:VCAL"
    )
    (draft,) = drafts(io.BytesIO(text), "it", marta())
    assert isinstance(draft, Draft)
    assert draft.entries[0].startswith("2026-01-01 04:00 ")


def test_a_zone_that_changes_every_second_is_none() -> None:
    event = f"{ANNA}DTSTART;TZID=Mine:20260101T080000"
    assert days(event, head=zone("+0500", "FREQ=SECONDLY")) == ["2026-01-01 08:00"]


def test_what_an_event_says_forges_nothing() -> None:
    title = r"a\n- 2026-01-01 call: x [amount:: 1 EUR] [[jan]] #vip <b>%%"
    event = f"{ANNA}DTSTART:20260101T080000Z\nSUMMARY:{title}\nLOCATION:[done:: 2026-01-01]\\n#vip"
    (draft,) = read(event)
    assert isinstance(draft, Draft)
    entry = READER.parse_entry(draft.entries[0])
    assert isinstance(entry, LogEntry)
    assert "\n" not in draft.entries[0]
    assert (entry.tags, entry.fields) == ((), (("where", "(done:: 2026-01-01) ＃vip"), ("id", identity("1"))))


def test_a_title_is_cut_and_a_long_place_left_out() -> None:
    (draft,) = read(f"{ANNA}DTSTART:20260101T080000Z\nSUMMARY:{'x' * 300}\nLOCATION:{'y' * 100}")
    assert isinstance(draft, Draft)
    assert draft.entries == (f"2026-01-01 09:00 meeting: {'x' * 199}… [id:: {identity('1')}]",)
