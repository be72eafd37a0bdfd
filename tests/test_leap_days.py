"""Whoever was born on 29 February: one day a year, the same in lists and in feeds (FORMAT §4 "Occasions")."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import MakeVault, Run
from tests.test_feed import by_icalendar, export

BORN = {
    "leo": "---\nname: Leo\nbirthday: 1988-02-29\ncadence: never\n---\n",
    "una": "---\nname: Una\nbirthday: --02-29\ncadence: never\n---\n",
    "apple": "---\nname: Apple\nbirthday: 1604-02-29\ncadence: never\n---\n",
    "shop": "---\nname: Shop\noccasions: [opening 2012-02-29]\ncadence: never\n---\n",
    "day-before": "---\nname: Ola\nbirthday: 1988-02-28\ncadence: never\n---\n",
    "day-after": "---\nname: Ewa\nbirthday: 1988-03-01\ncadence: never\n---\n",
}
LEAPERS = {"Leo", "Una", "Apple", "Shop"}
DAYS = [
    (2026, "feb28", "2026-02-28"),
    (2026, "mar1", "2026-03-01"),
    (2027, "feb28", "2027-02-28"),
    (2027, "mar1", "2027-03-01"),
    (2028, "feb28", "2028-02-29"),
    (2028, "mar1", "2028-02-29"),
    (2100, "feb28", "2100-02-28"),  # no leap year
    (2100, "mar1", "2100-03-01"),
]

Seen = list[tuple[str, str]]  # (day, name) in order


def by_rule(make_vault: MakeVault, rule: str) -> Path:
    return make_vault(
        BORN,
        f"timezone: Europe/Warsaw\noccasions: {{leap_day: {rule}}}\nfeeds: {{all: {{}}, ages: {{age_in_title: true}}}}\n",
    )


def of_the_year(year: int, leap_day: str) -> Seen:
    """What the lists and the feeds of the year have to show."""
    others = [(f"{year}-02-28", "Ola"), (f"{year}-03-01", "Ewa")]
    return sorted([*others, *((leap_day, name) for name in LEAPERS)])


def listed(run: Run, vault: Path, today: str, until: str) -> Seen:
    result = run("--vault", vault, "--today", today, "birthdays", "--json", "--until", until)
    return sorted((row["planned"], row["name"]) for row in json.loads(result.stdout))


def shown(run: Run, vault: Path, today: str, year: int, feed: str) -> Seen:
    """The events of the year in a feed made on `today`."""
    content = export(run, vault, "--feed", feed, today=today)
    events = by_icalendar(content, date(year, 1, 1), date(year, 12, 31))
    names = [*LEAPERS, "Ola", "Ewa"]
    return sorted((day, next(name for name in names if summary.startswith(name))) for day, summary in events)


@pytest.mark.parametrize(("year", "rule", "day"), DAYS)
def test_lists_have_each_leap_day_once_a_year(
    year: int, rule: str, day: str, run: Run, make_vault: MakeVault
) -> None:
    vault = by_rule(make_vault, rule)
    wanted = of_the_year(year, day)
    assert listed(run, vault, f"{year}-01-01", f"{year}-12-31") == wanted
    until = listed(run, vault, "2026-01-01", f"{year}-12-31")
    assert [one for one in until if one[0].startswith(str(year))] == wanted


@pytest.mark.parametrize("feed", ["all", "ages"])
@pytest.mark.parametrize(("year", "rule", "day"), DAYS)
def test_feeds_have_each_leap_day_where_the_lists_have_it(
    year: int, rule: str, day: str, feed: str, run: Run, make_vault: MakeVault
) -> None:
    assert shown(run, by_rule(make_vault, rule), f"{year}-01-01", year, feed) == of_the_year(year, day)


@pytest.mark.parametrize(("year", "day"), [(year, day) for year, rule, day in DAYS if rule == "feb28"])
def test_a_feed_that_is_never_made_again_has_them_for_good(
    year: int, day: str, run: Run, make_vault: MakeVault
) -> None:
    assert shown(run, by_rule(make_vault, "feb28"), "2026-01-01", year, "all") == of_the_year(year, day)


@pytest.mark.parametrize(("year", "rule", "day"), DAYS)
def test_age_is_counted_in_years_of_the_calendar(
    year: int, rule: str, day: str, run: Run, make_vault: MakeVault
) -> None:
    vault = by_rule(make_vault, rule)
    lines = run("--vault", vault, "--today", day, "birthdays", "--until", day).stdout.splitlines()
    words = {line.split()[2]: line for line in lines if line.split()[2] in LEAPERS}
    assert words["Leo"].split() == [day, "today", "Leo", *f"birthday, {year - 1988} (born 1988)".split()]
    assert words["Shop"].split() == [day, "today", "Shop", *f"opening, {year - 2012} years (2012)".split()]
    for name in ("Una", "Apple"):
        assert words[name].split() == [day, "today", name, "birthday"]
    assert (
        f"SUMMARY:Leo's birthday ({year - 1988})" in export(run, vault, "--feed", "ages", today=day).decode()
    )


@pytest.mark.parametrize(
    ("today", "rule", "following"),
    [
        ("2026-02-28", "feb28", "2026-02-28"),
        ("2026-03-01", "feb28", "2027-02-28"),
        ("2026-02-28", "mar1", "2026-03-01"),
        ("2026-03-01", "mar1", "2026-03-01"),
        ("2026-03-02", "mar1", "2027-03-01"),
        ("2027-03-01", "feb28", "2028-02-29"),
        ("2028-02-29", "feb28", "2028-02-29"),
        ("2028-02-29", "mar1", "2028-02-29"),
        ("2028-03-01", "feb28", "2029-02-28"),
        ("2028-03-01", "mar1", "2029-03-01"),
        ("2100-03-01", "feb28", "2101-02-28"),
        ("2100-03-01", "mar1", "2100-03-01"),
    ],
)
def test_the_next_return_is_known_on_each_side(
    today: str, rule: str, following: str, run: Run, make_vault: MakeVault
) -> None:
    vault = by_rule(make_vault, rule)
    days = [day for day, name in listed(run, vault, today, following) if name == "Leo"]
    assert days == [following]


def test_what_has_not_begun_has_no_age(run: Run, make_vault: MakeVault) -> None:
    born = "---\nname: Ida\nbirthday: 2026-12-01\noccasions: [wedding 2026-12-02]\n---\n"
    vault = make_vault(
        {"ida": born, "ola": born.replace("Ida", "Ola").replace("2026-12", "2025-12")},
        config="feeds: {all: {age_in_title: true, horizon: 1 month}}\n",
    )
    call = ("--vault", vault, "--today", "2026-11-28")
    lines = run(*call, "birthdays").stdout.splitlines()
    assert [line.split("  ")[-1] for line in lines] == [
        "birthday",
        "birthday, 1 (born 2025)",
        "wedding",
        "wedding, 1 year (2025)",
    ]
    found = json.loads(run(*call, "birthdays", "--json").stdout)
    assert [one["years"] for one in found] == [None, 1, None, 1]
    assert "born" not in run(*call, "show", "ida").stdout
    feed = run(*call, "export", "ics").stdout
    assert "Ida's birthday (born 2026)" in feed
    assert "Ola's birthday (1)" in feed
    assert "(0" not in feed
    assert "the birthday 2026-12-01 is after today" in run(*call, "check").stdout
