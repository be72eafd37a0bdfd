"""Today is the vault's day, wherever the computer is; and with `--today` nothing depends on where it is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from ptcrm.workspace import opened
from tests.conftest import DAY, MakeVault, OpenVault, Run

ZONES = [
    "Pacific/Kiritimati",  # 14 hours before Greenwich: the first to begin a day
    "Pacific/Pago_Pago",  # 11 hours after it: the last
    "Europe/Warsaw",
    "America/New_York",
    "Asia/Kolkata",  # not whole hours
    "Australia/Lord_Howe",  # summer time is half an hour
]
# When a day begins there, in Greenwich.
MIDNIGHTS = [
    ("Pacific/Kiritimati", "2026-11-23", "2026-11-22T10:00"),
    ("Pacific/Kiritimati", "2027-01-01", "2026-12-31T10:00"),
    ("Pacific/Pago_Pago", "2026-11-23", "2026-11-23T11:00"),
    ("Pacific/Pago_Pago", "2028-02-29", "2028-02-29T11:00"),
    ("Europe/Warsaw", "2026-11-23", "2026-11-22T23:00"),
    ("Europe/Warsaw", "2026-03-29", "2026-03-28T23:00"),  # summer time begins at 2:00
    ("Europe/Warsaw", "2026-03-30", "2026-03-29T22:00"),
    ("Europe/Warsaw", "2026-10-26", "2026-10-25T23:00"),  # the day before had 25 hours
    ("America/New_York", "2026-11-23", "2026-11-23T05:00"),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00"),  # summer time ends at 2:00
    ("America/New_York", "2026-11-02", "2026-11-02T05:00"),
    ("Asia/Kolkata", "2026-11-23", "2026-11-22T18:30"),
    ("Asia/Kolkata", "2028-02-29", "2028-02-28T18:30"),
    ("Australia/Lord_Howe", "2026-11-23", "2026-11-22T13:00"),
    ("Australia/Lord_Howe", "2026-07-01", "2026-06-30T13:30"),
    ("Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00"),  # the day before had 23 hours and a half
]

Place = Callable[[str], None]


@pytest.fixture
def go_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """`go_to(zone)`: from then on this is the computer's time zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process cannot be changed here")
    before = os.environ.get("TZ")

    def change(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield change
    if before is None:
        monkeypatch.delenv("TZ", raising=False)
    else:
        monkeypatch.setenv("TZ", before)
    time.tzset()


def stop_the_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """It is `at`, for whoever asks `datetime.now`, here or with a time zone."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            there = at.astimezone(tz) if tz else at.astimezone().replace(tzinfo=None)
            return cls.combine(there.date(), there.timetz())

    monkeypatch.setattr(opened, "datetime", Clock)


@pytest.mark.parametrize("computer", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(("zone", "day", "begins"), MIDNIGHTS)
def test_a_day_begins_at_the_vaults_midnight(
    zone: str,
    day: str,
    begins: str,
    computer: str,
    go_to: Place,
    open_vault: OpenVault,
    make_vault: MakeVault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_to(computer)
    vault = make_vault({}, f"timezone: {zone}\n")
    midnight = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    today = date.fromisoformat(day)
    for at, expected in (
        (midnight - timedelta(seconds=1), today - timedelta(days=1)),
        (midnight, today),
        (midnight + timedelta(hours=22), today),
    ):
        stop_the_clock(monkeypatch, at)
        assert open_vault(vault, None, None).today == expected, at


@pytest.mark.parametrize(("zone", "day", "begins"), MIDNIGHTS)
def test_without_a_zone_the_day_is_the_computers(
    zone: str,
    day: str,
    begins: str,
    go_to: Place,
    open_vault: OpenVault,
    make_vault: MakeVault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_to(zone)
    vault = make_vault({}, "")
    midnight = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    stop_the_clock(monkeypatch, midnight)
    assert open_vault(vault, None, None).today == date.fromisoformat(day)
    stop_the_clock(monkeypatch, midnight - timedelta(seconds=1))
    assert open_vault(vault, None, None).today == date.fromisoformat(day) - timedelta(days=1)


def test_what_is_due_changes_at_the_vaults_midnight(
    run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One moment, and in each place the follow-up of the day that it is there."""
    stop_the_clock(monkeypatch, datetime(2026, 11, 23, 10, 30, tzinfo=UTC))
    days = ("2026-11-22", "2026-11-23", "2026-11-24")
    tasks = "".join(f"- [ ] {day} call: On {day}\n" for day in days)
    newest = {}
    for zone in ZONES:
        vault = make_vault(
            {"anna": f"---\ncadence: never\n---\n{tasks}"}, f"timezone: {zone}\n", zone.replace("/", "-")
        )
        rows = json.loads(run("--vault", vault, "due", "--json").stdout)
        newest[zone] = max(row["planned"] for row in rows)
    assert newest == {
        "Pacific/Kiritimati": "2026-11-24",
        "Pacific/Pago_Pago": "2026-11-22",
        "Europe/Warsaw": "2026-11-23",
        "America/New_York": "2026-11-23",
        "Asia/Kolkata": "2026-11-23",
        "Australia/Lord_Howe": "2026-11-23",
    }


# With --today

CUSTOMERS = {
    "anna": """\
---
name: Anna Kowalska
timezone: Asia/Tokyo
cadence: 3 weeks
birthday: 1984-11-23
occasions: [wedding 2012-02-29]
---
- [ ] 2026-11-20 call: Ask
- [ ] 2026-11-23 23:30 call: Late
- [ ] 2026-11-24 00:15 visit: Early

## Log
- 2026-11-02 09:30 call: Talked
""",
    "leo": "---\nname: Leo\nbirthday: 1988-02-29\nsnooze: 2026-11-24\n---\n",
}
ANSWERS = [["due", "--json"], ["list", "--json"], ["birthdays", "--json"], ["export", "ics"]]


def answers(run: Run, vault: Path, commands: list[list[str]]) -> list[bytes]:
    """What the commands print, worked out anew."""
    results = [run("--vault", vault, "--today", DAY, *command) for command in commands]
    assert all(result.exit_code == 0 and result.stdout_bytes.strip() != b"[]" for result in results)
    return [result.stdout_bytes for result in results]


@pytest.mark.parametrize("zone", ZONES)
def test_with_a_day_given_the_computers_clock_and_zone_change_no_byte(
    zone: str, go_to: Place, run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)  # so that nothing is remembered from another zone
    vault = make_vault(
        CUSTOMERS, f"start: 2026-01-01\ntimezone: {zone}\nfeeds: {{all: {{alarm: '09:00'}}}}\n"
    )
    go_to("UTC")
    expected = answers(run, vault, ANSWERS)
    for year, computer in enumerate(ZONES, 2024):
        go_to(computer)
        stop_the_clock(monkeypatch, datetime(year, 1, 1, tzinfo=UTC))
        assert answers(run, vault, ANSWERS) == expected, computer


def test_without_a_zone_only_times_in_calendars_are_the_computers(
    go_to: Place, run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    vault = make_vault(CUSTOMERS, "start: 2026-01-01\n")
    go_to("UTC")
    *expected, feed = answers(run, vault, ANSWERS)
    for computer in ZONES:
        go_to(computer)
        *found, there = answers(run, vault, ANSWERS)
        assert found == expected, computer
        days = [line for line in there.splitlines() if line.startswith(b"DTSTART;VALUE=DATE:")]
        assert days == [line for line in feed.splitlines() if line.startswith(b"DTSTART;VALUE=DATE:")]
        assert there != feed
