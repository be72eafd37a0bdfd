"""The calendar feed: its rules (docs/calendar.md), and that other programs see exactly what `due` says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
import recurring_ical_events

from ptcrm.formats import ics
from ptcrm.schedule.plan import days_ever
from ptcrm.workspace import planned
from tests.conftest import DAY, ROOT, SAMPLE, Golden, MakeVault, Run

TODAY = date.fromisoformat(DAY)
LAST = date(2028, 12, 31)
NODE = ROOT / "tests" / "node"

Seen = set[tuple[str, str]]  # (day, summary)


def export(run: Run, vault: Path, *options: object, today: object = DAY) -> bytes:
    result = run("--vault", vault, "--today", today, "export", "ics", *options)
    assert result.exit_code == 0, result.stderr
    return result.stdout_bytes


def expected(run: Run, vault: Path, first: date, last: date) -> list[tuple[str, str]]:
    """(day, customer's name) of everything that `due` and `birthdays` name from `first` to `last`.

    Reminders stand in a feed for the next return alone.
    """
    rows: list[dict[str, Any]] = []
    for command in ("due", "birthdays"):
        result = run("--vault", vault, "--today", DAY, command, "--json", "--until", last)
        rows += json.loads(result.stdout)
    rows = [row for row in rows if row["planned"] >= first.isoformat()]
    reminders = {
        (row["name"], row["text"].rpartition(" on ")[0]): row
        for row in reversed(rows)
        if row["kind"] == "lead"
    }
    wanted = [row for row in rows if row["kind"] != "lead"] + list(reminders.values())
    return sorted((row["planned"], row["name"]) for row in wanted)


def by_icalendar(feed: bytes, first: date, last: date) -> list[tuple[str, str]]:
    """(day, summary) of every occurrence, as recurring-ical-events expands them."""
    calendar: Any = icalendar.Calendar.from_ical(feed)
    assert not calendar.errors
    events = recurring_ical_events.of(calendar).between(first, last + timedelta(days=1))
    return sorted((_day(event["DTSTART"].dt), str(event["SUMMARY"])) for event in events)


def _day(start: date | datetime) -> str:
    return (start.date() if isinstance(start, datetime) else start).isoformat()


def by_ical_js(feed: Path, first: date, last: date) -> list[tuple[str, str]]:
    """The same, as Mozilla's parser expands them."""
    if not (NODE / "node_modules" / "ical.js").is_dir() or not shutil.which("node"):
        if "PTCRM_TEST_NODE" in os.environ:
            pytest.fail("PTCRM_TEST_NODE is set: run `npm ci` in tests/node")
        pytest.skip("ical.js is not installed (npm ci in tests/node)")
    command: list[str | Path] = ["node", NODE / "expand.mjs", feed, first.isoformat(), last.isoformat()]
    out = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return sorted((day, summary) for day, summary in json.loads(out.stdout))


def is_about(summary: str, name: str) -> bool:
    return name in summary


def assert_same(seen: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> None:
    """The same days, and on each day the same customers (a summary holds the name)."""
    assert [day for day, _ in seen] == [day for day, _ in wanted]
    for day in {day for day, _ in wanted}:
        names = [name for when, name in wanted if when == day]
        summaries = [summary for when, summary in seen if when == day]
        for name in names:
            matching = [summary for summary in summaries if is_about(summary, name)]
            assert len(matching) >= names.count(name), (day, name, summaries)


def test_icalendar_sees_what_due_and_birthdays_name(run: Run) -> None:
    tomorrow = TODAY + timedelta(days=1)
    wanted = expected(run, SAMPLE, tomorrow, LAST)
    assert len(wanted) > 100
    assert_same(by_icalendar(export(run, SAMPLE), tomorrow, LAST), wanted)


def test_ical_js_sees_the_same(run: Run, tmp_path: Path) -> None:
    tomorrow = TODAY + timedelta(days=1)
    path = tmp_path / "all.ics"
    path.write_bytes(export(run, SAMPLE))
    assert_same(by_ical_js(path, tomorrow, LAST), expected(run, SAMPLE, tomorrow, LAST))


def test_what_is_compared_would_notice_a_difference(run: Run) -> None:
    tomorrow = TODAY + timedelta(days=1)
    feed = export(run, SAMPLE).replace(b"DTSTART;VALUE=DATE:20261127", b"DTSTART;VALUE=DATE:20261126", 1)
    with pytest.raises(AssertionError):
        assert_same(by_icalendar(feed, tomorrow, LAST), expected(run, SAMPLE, tomorrow, LAST))


# The same bytes everywhere

SETTINGS = [
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    {"TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"},
    {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"},
    {"TZ": "Pacific/Pago_Pago", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "Europe/Warsaw", "LC_ALL": "C"},
    {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
]


def test_zone_and_locale_change_nothing(run: Run, tmp_path: Path) -> None:
    here = export(run, SAMPLE)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "ptcrm",
        "--vault",
        SAMPLE,
        "--today",
        DAY,
        "export",
        "ics",
    ]
    for number, setting in enumerate(SETTINGS):
        env = {**os.environ, **setting, "XDG_CACHE_HOME": str(tmp_path / str(number))}
        assert subprocess.run(command, env=env, capture_output=True, check=True, cwd=ROOT).stdout == here


def test_file_times_and_order_change_nothing(run: Run, tmp_path: Path) -> None:
    here = export(run, SAMPLE)
    copy = tmp_path / "checkout"
    for path in sorted(SAMPLE.rglob("*"), reverse=True):  # made in another order, with times of their own
        if path.is_file():
            target = copy / path.relative_to(SAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            os.utime(target, (1_000_000_000, 1_000_000_000 + len(path.name)))
    assert export(run, copy) == here
    assert export(run, copy) == here, "the second run reads remembered rows"


def test_the_file_is_written_only_if_it_changed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "all.ics"
    export(run, SAMPLE, "-o", path)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    export(run, SAMPLE, "-o", path)
    assert path.stat().st_mtime == 1_000_000_000
    export(run, SAMPLE, "-o", path, today="2026-11-24")
    assert path.stat().st_mtime > 1_000_000_000
    assert [one.name for one in tmp_path.iterdir()] == ["all.ics"]


def test_a_fresh_clone_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    here, clone = tmp_path / "here", tmp_path / "clone"
    shutil.copytree(SAMPLE, here)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "core.autocrlf=false"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=here, check=True)
    subprocess.run([*git, "clone", "-q", here, clone], check=True)
    assert export(run, clone) == export(run, SAMPLE)


# Golden feeds, one for each setting

VAULT = {
    "anna": """\
---
name: Anna Kowalska
tier: gold
phones: ["+44 20 7946 0001"]
urls: https://rowery.example
birthday: 1984-05-17
occasions: [wedding 2012-09-01, shop opening --05-03]
---
- [ ] 2026-11-20 call: Ask; about, the \\ shop
- [ ] 2026-12-01 09:30 visit: See the frames

## Log
- 2026-11-02 call: Talked
""",
    "leap": "---\nname: Leo Leap\nbirthday: 1988-02-29\ncadence: never\n---\n",
    "late": "---\nname: Zoë Late\n---\n## Log\n- 2026-01-01: Long ago\n",
    "quiet": "---\nname: Quiet One\nbirthday: 1990-01-01\ndo_not_contact: true\n---\n- [ ] 2026-12-01 call: x\n",
    "muted": "---\nname: Muted Mia\nbirthday: 1990-01-01\nmute_until: 2027-06-01\ncadence: never\n---\n",
}
CONFIG = """\
start: 2026-01-01
timezone: Europe/Warsaw
tiers: {gold: {cadence: 3 weeks}}
feeds:
  all: {}
  private: {private: true}
  today: {overdue: today, kinds: [follow-up, cadence]}
  original: {overdue: original, kinds: [follow-up]}
  alarm: {alarm: "09:00", kinds: [follow-up, cadence]}
  ages: {age_in_title: true, kinds: [birthday, occasion]}
  tasks: {todo: true, alarm: "09:00"}
  titles: {title: "{channel} {name} ({tier})", kinds: [cadence, follow-up, birthday]}
  languages: {title: {follow-up: "{text}: {name}", birthday: "Urodziny: {name} ({year})", occasion: "{name}, {text} {years}"}}
  named: {name: "Anna; and, others", colour: SeaGreen, kinds: [birthday]}
  window: {past: 2 days, horizon: 1 week, overdue: original, age_in_title: true}
"""
FEEDS = "all private today original alarm ages tasks titles languages named window".split()


@pytest.mark.parametrize("feed", FEEDS)
def test_golden_feeds(feed: str, run: Run, make_vault: MakeVault, golden: Golden) -> None:
    content = export(run, make_vault(VAULT, CONFIG), "--feed", feed)
    golden(f"feed {feed}.ics", content.decode())


def test_an_alarm_rings_at_one_moment(run: Run, make_vault: MakeVault) -> None:
    """An absolute time says that it is one, else clients read a duration."""
    feed = export(run, make_vault(VAULT, CONFIG), "--feed", "alarm")
    triggers = [line for line in feed.split(b"\r\n") if line.startswith(b"TRIGGER")]
    assert triggers
    assert all(line.startswith(b"TRIGGER;VALUE=DATE-TIME:2026") and line.endswith(b"Z") for line in triggers)


@pytest.mark.parametrize("today", ["0001-01-01", "2090-01-01", "9999-12-31"])
def test_far_away_days_have_a_feed_too(today: str, run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(VAULT, CONFIG)
    for feed in ("all", "ages", "today"):
        assert export(run, vault, "--feed", feed, today=today).endswith(b"END:VCALENDAR\r\n")
    for command in ([], ["due"], ["birthdays"], ["list"], ["why", "anna"]):
        assert run("--vault", vault, "--today", today, *command).exit_code == 0


def test_29_february_on_1_march(run: Run, make_vault: MakeVault) -> None:
    config = CONFIG + "occasions: {leap_day: mar1}\n"
    vault = make_vault({"leap": VAULT["leap"]}, config)
    seen = by_icalendar(export(run, vault), date(2027, 1, 1), date(2029, 12, 31))
    title = "Leo Leap's birthday (born 1988)"
    assert seen == [("2027-03-01", title), ("2028-02-29", title), ("2029-03-01", title)]


@pytest.mark.parametrize("today", ["2026-11-23", "2026-11-28", "2026-12-01"])
def test_of_two_with_one_identity_the_same_one_stays_on_every_day(
    today: str, run: Run, make_vault: MakeVault
) -> None:
    """Otherwise the event in the calendar would be now about one of them, now about the other."""
    person = "---\nid: a\nname: {}\nbirthday: {}\n---\n"
    vault = make_vault({"one": person.format("One", "1990-11-30"), "two": person.format("Two", "1984-11-27")})
    feed = "feeds: {birthdays: {kinds: [birthday]}}\n"
    (vault / "ptcrm.yaml").write_text(feed, encoding="utf-8")
    result = run("--vault", vault, "--today", today, "export", "ics", "--feed", "birthdays")
    assert result.stdout.count("SUMMARY:One") == 1
    assert "Two" not in result.stdout
    assert "customers/two.md:4: left out of the feed: another event has the same identity" in result.stderr
    assert result.stderr.count("left out") == 1


def test_an_event_keeps_its_identity(run: Run, make_vault: MakeVault) -> None:
    """A contact logged, a name corrected, a follow-up moved: the same UID, and stamps that move together."""
    vault = make_vault(VAULT, CONFIG)
    before = events(export(run, vault))
    path = vault / "customers" / "anna.md"
    text = (
        path.read_text().replace("Anna Kowalska", "Anna Nowak-Kowalska").replace("2026-12-01", "2026-12-02")
    )
    path.write_text(text.replace("- 2026-11-02 call", "- 2026-11-22 call"))
    after = events(export(run, vault))
    assert before.keys() == after.keys()
    for uid, old in before.items():
        new = after[uid]
        moved = {name for name in ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE") if old[name] != new[name]}
        assert len(moved) == (3 if "Anna" in old["SUMMARY"] else 0)
    visit = next(uid for uid, event in before.items() if event["SUMMARY"].startswith("Visit"))
    assert after[visit]["SUMMARY"] == "Visit Anna Nowak-Kowalska: See the frames"
    assert after[visit]["DTSTART"] == "20261202T083000Z"
    assert int(after[visit]["SEQUENCE"]) > int(before[visit]["SEQUENCE"])


def test_the_next_day_changes_only_what_moves(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(VAULT, CONFIG)
    before, after = events(export(run, vault)), events(export(run, vault, today="2026-11-24"))
    changed = {old["SUMMARY"] for uid, old in before.items() if after[uid] != old}
    assert before.keys() == after.keys()
    assert changed == {"1 overdue: Anna Kowalska", "Contact Zoë Late"}


def events(feed: bytes) -> dict[str, dict[str, str]]:
    """Each event's properties as written, by UID."""
    calendar: Any = icalendar.Calendar.from_ical(feed)
    return {
        str(event["UID"]): {
            name: value.to_ical().decode() if hasattr(value, "to_ical") else str(value)
            for name, value in event.items()
        }
        for event in calendar.walk("VEVENT")
    }


def test_a_date_no_event_can_hold_is_left_out_and_said(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({**VAULT, "far": "---\nname: Far\n---\n- [ ] 9999-12-31 call: The end\n"}, CONFIG)
    result = run("--vault", vault, "--today", DAY, "export", "ics")
    assert result.exit_code == 0
    assert "customers/far.md:4: left out of the feed" in result.stderr
    assert b"Anna" in result.stdout_bytes


def test_two_of_one_id_never_share_an_event(run: Run, make_vault: MakeVault) -> None:
    text = "---\nid: x\nname: Twin\nbirthday: 1990-01-01\n---\n"
    result = run("--vault", make_vault({"one": text, "two": text}), "--today", DAY, "export", "ics")
    uids = [line for line in result.stdout.splitlines() if line.startswith("UID:")]
    assert len(uids) == len(set(uids))
    assert "left out of the feed" in result.stderr


# Feeds about some customers

WHERE = """\
start: 2026-01-01
timezone: Europe/Warsaw
tiers: {gold: {cadence: 3 weeks}, silver: {cadence: 6 weeks}}
capacity: {per_day: 1}
occasions: {lead: {birthday: 7 days, campaign: 14 days}}
campaigns: {christmas: {date: --12-10, do: card, where: "tier:gold"}}
feeds: {all: {}, some: {where: 'QUERY'}, cards: {kinds: [campaign, lead], where: 'QUERY'}}
"""
PEOPLE = {
    "anna": "---\nname: Anna\ntier: gold\nowner: marta\nbirthday: 1984-12-03\n---\n"
    "- [ ] 2026-12-01 call: Ask\n- [ ] 2026-11-01 call: Late\n## Log\n- 2026-10-02 call: x\n",
    "bea": "---\nname: Bea\ntier: gold\nowner: jan\nbirthday: 1990-02-03\n---\n## Log\n- 2026-11-10 call: x\n",
    "cem": "---\nname: Cem\ntier: silver\nowner: marta\n---\n## Log\n- 2026-10-01 call: x\n",
    "dan": "---\nname: Dan\ntier: gold\nowner: marta\n---\n## Log\n- 2026-11-20 card: x\n",
    "eva": "---\nname: Eva\ncadence: never\n---\n",
}


def about(run: Run, make_vault: MakeVault, query: str, feed: str = "some") -> list[str]:
    """The titles of the feed's events, in their order."""
    content = export(run, make_vault(PEOPLE, WHERE.replace("QUERY", query)), "--feed", feed)
    calendar: Any = icalendar.Calendar.from_ical(content)
    return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "Anna Bea Cem Dan"),
        ("tier:gold", "Anna Bea Dan"),
        ("owner:marta", "Anna Cem Dan"),
        ("owner:marta -tier:gold", "Cem"),
        ("tag:nobody", ""),
        ("no:tier", ""),
        ("log:card", "Dan"),
        ("state:overdue", "Anna Cem"),
        ("state:ok,soon", "Bea Dan"),
        ("due:<today", "Anna Cem"),
        ("due:2026-12-01", "Bea"),
        ("planned:<2026-11-02", "Anna"),  # the late follow-up
        ("planned:2026-11-24", "Cem"),
        ("planned:2026-12-11", "Dan"),
        ("no:planned", ""),
        ("state:never", ""),
    ],
)
def test_a_feed_is_about_those_whom_its_query_finds(
    query: str, names: str, run: Run, make_vault: MakeVault
) -> None:
    titles = about(run, make_vault, query)
    told = {name for name in ("Anna", "Bea", "Cem", "Dan", "Eva") if any(name in title for title in titles)}
    assert told == set(names.split())


@pytest.mark.parametrize(
    ("query", "times"), [("tier:gold", 0), ("state:overdue due:<today", 0), ("planned:<today", 1)]
)
def test_nothing_is_planned_for_a_query_that_does_not_ask_for_it(
    query: str, times: int, run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[date] = []

    def noted(*given: Any) -> dict[int, int]:  # noqa: ANN401  # whatever it is given
        asked.append(given[-1])
        return days_ever(*given)

    monkeypatch.setattr(planned, "days_ever", noted)
    run("--vault", make_vault(PEOPLE), "list", query, "--ids")
    assert len(asked) == times


def test_a_feed_about_some_has_what_the_whole_feed_has_of_them(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(PEOPLE, WHERE.replace("QUERY", "name:bea,cem"))
    every, some = (events(export(run, vault, "--feed", feed)) for feed in ("all", "some"))
    shared = {uid: event for uid, event in every.items() if "Bea" in str(event) or "Cem" in str(event)}
    cards = {uid for uid, event in shared.items() if "christmas" in event["SUMMARY"]}
    assert len(shared) == 6
    assert some.keys() == shared.keys()
    assert all(some[uid] == shared[uid] for uid in shared.keys() - cards)


@pytest.mark.parametrize(
    ("query", "titles", "named"),
    [
        ("tier:gold,silver", ["Card to 2 customers: christmas", "Prepare for christmas"], "Anna Bea"),
        ("owner:marta", ["Card to 1 customer: christmas", "Prepare for christmas"], "Anna"),
        ("name:dan", [], ""),  # who has got it
        ("name:cem", [], ""),  # whom it is not for
    ],
)
def test_a_campaign_is_in_a_feed_about_those_still_to_reach(
    query: str, titles: list[str], named: str, run: Run, make_vault: MakeVault
) -> None:
    vault = make_vault(PEOPLE, WHERE.replace("QUERY", query))
    found = events(export(run, vault, "--feed", "cards")).values()
    cards = [event for event in found if "christmas" in event["SUMMARY"]]
    assert sorted(event["SUMMARY"].partition(": christmas on")[0] for event in cards) == titles
    for event in cards:
        told = [name for name in ("Anna", "Bea", "Cem", "Dan") if name in event["DESCRIPTION"]]
        assert told == named.split()


def test_a_day_is_planned_for_all_and_only_shown_for_some(run: Run, make_vault: MakeVault) -> None:
    """With one place a day, Cem stands where the whole plan puts her."""
    vault = make_vault(PEOPLE, WHERE.replace("QUERY", "name:dan"))
    every, some = (events(export(run, vault, "--feed", feed)) for feed in ("all", "some"))
    assert len(some) == 1
    assert all(every[uid] == event for uid, event in some.items())


def test_a_reminder_stays_on_its_day_until_the_occasion(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(
        {"anna": "---\nname: Anna\nbirthday: 1984-12-03\ncadence: never\n---\n"},
        "feeds: {all: {kinds: [lead]}}\noccasions: {lead: {birthday: 7 days}}\n",
    )
    days = {"2026-11-25": ["20261126"], "2026-11-26": ["20261126"], "2026-12-02": ["20261126", "20271126"]}
    days["2026-12-03"] = ["20271126"]
    for today, expected_days in days.items():
        found = events(export(run, vault, today=today)).values()
        assert sorted(event["DTSTART"] for event in found) == expected_days
    with (vault / "customers" / "anna.md").open("a") as file:
        file.write("## Log\n- 2026-11-28 card: Sent\n")
    assert [event["DTSTART"] for event in events(export(run, vault, today="2026-12-02")).values()] == [
        "20271126"
    ]


def test_a_stamp_stays_while_the_event_does(run: Run, make_vault: MakeVault) -> None:
    """Due on a Saturday and planned for Monday: on that Monday nothing about it is new. Later it is, and rises."""
    vault = make_vault(
        {"anna": "---\nname: Anna\n---\n## Log\n- 2026-10-17 call: x\n"}, "feeds: {all: {kinds: [cadence]}}\n"
    )
    saturday, monday, tuesday = (
        next(iter(events(export(run, vault, today=day)).values()))
        for day in ("2026-11-28", "2026-11-30", "2026-12-01")
    )
    assert saturday["DTSTART"] == "20261130"
    assert saturday == monday
    assert tuesday["DTSTART"] == "20261201"
    assert all(monday[name] != tuesday[name] for name in ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE"))
    assert int(tuesday["SEQUENCE"]) > int(monday["SEQUENCE"])


def test_events_that_say_what_they_said_are_not_written_again(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def file(name: str, day: str = "17") -> str:
        return f"---\nname: {name}\nbirthday: 1984-05-{day}\n---\n"

    vault = make_vault({"anna": file("Anna"), "jan": file("Jan"), "zoe": file("Zoe")})
    written: list[str] = []
    body = vars(ics)["_body"]

    def noted(look: object, entry: Any, kind: str) -> Any:  # noqa: ANN401
        written.append(entry.summary)
        return body(look, entry, kind)

    monkeypatch.setattr(ics, "_body", noted)

    def export() -> list[str]:
        written.clear()
        cached = run("--vault", vault, "--today", DAY, "export", "ics").stdout_bytes
        found = sorted(written)
        assert cached == run("--vault", vault, "--today", DAY, "--no-cache", "export", "ics").stdout_bytes
        return found

    assert len(export()) == 6
    assert export() == []
    (vault / "customers" / "jan.md").write_text(file("Johann", "18"), encoding="utf-8")
    assert export() == ["Contact Johann", "Johann's birthday (born 1984)"]
    (vault / "customers" / "zoe.md").unlink()
    assert export() == []
    (vault / "customers" / "zoe.md").write_text(file("Zoe"), encoding="utf-8")
    assert len(export()) == 2  # what a feed has no more is not kept
