"""From what is owed to days (FORMAT §4): nothing hidden, nothing early, always in one order."""

from __future__ import annotations

import random
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.dates import NEVER, Anniversary, Interval
from ptcrm.model.occurrence import (
    ALWAYS,
    Contact,
    Obligation,
    Occurrence,
    Reason,
    Standing,
    Touch,
    Yearly,
    in_order,
)
from ptcrm.schedule.plan import (
    Rules,
    Who,
    arrange,
    next_yearly_days,
    occurrences,
    yearly_days,
)
from ptcrm.schedule.workdays import WorkDays

TODAY = date(2026, 11, 23)
SIX_WEEKS = Interval(days=42)
WHY = Reason("why", "customers/anna.md", 7)


def who(name: str = "Anna", standing: Standing | None = None, *, folder: str = "customers") -> Who:
    known = standing or Standing(
        SIX_WEEKS, Touch(TODAY, "call", contact=True, path="x", line=1), TODAY, TODAY
    )
    return Who(name.lower(), name, f"{folder}/{name.lower()}.md", "+48 1", "https://a.example", known)


ROOMY = Rules(WorkDays(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (), lambda _: {}), 99, 99, 0)


def plan(
    owed: list[tuple[Who, Obligation]], today: date, until: date, rules: Rules = ROOMY
) -> list[Occurrence]:
    """The contacts owed, on their days, where a day holds all."""
    rows = [Contact.of(who.path, one)._replace(number=at) for at, (who, one) in enumerate(owed)]
    days = arrange(rows, rules, today, until).days
    return sorted(occurrences(days, [owed[row.number] for _, row in days], today), key=in_order)


def due_on(day: str, **change: object) -> Obligation:
    values: dict[str, object] = {"kind": "follow-up", "origin": "x", "due": date.fromisoformat(day)}
    return Obligation(**values | change)  # type: ignore[arg-type]  # any field


def planned(*owed: Obligation, until: date = date.max, today: date = TODAY) -> list[str]:
    return [one.planned.isoformat() for one in plan([(who(), one) for one in owed], today, until)]


@pytest.mark.parametrize(
    ("one", "day"),
    [
        (due_on("2026-12-01"), "2026-12-01"),
        (due_on("2026-11-20"), "2026-11-20"),
        (due_on("2026-11-20", movable=True), "2026-11-23"),
        (due_on("2026-11-23", movable=True), "2026-11-23"),
        (due_on("2026-12-01", movable=True), "2026-12-01"),
        (due_on("2026-11-20", not_before=date(2026, 11, 25)), "2026-11-25"),
        (due_on("2026-11-20", not_before=date(2026, 11, 25), movable=True), "2026-11-25"),
        (due_on("2026-11-20", not_before=date(2026, 11, 21), movable=True), "2026-11-23"),
        (due_on("2026-12-01", not_before=date(2026, 11, 25)), "2026-12-01"),
    ],
)
def test_a_movable_one_moves_to_today_and_the_others_stand(one: Obligation, day: str) -> None:
    assert planned(one) == [day]
    assert planned(one, until=date.fromisoformat(day)) == [day]
    assert planned(one, until=date.fromisoformat(day) - timedelta(days=1)) == []


def test_an_occurrence_carries_what_screens_need() -> None:
    one = due_on("2026-12-01", channel="call", text="Ask", at=time(9, 30), reasons=(WHY,))
    anna = who()
    assert plan([(anna, one)], TODAY, date.max) == [
        Occurrence(
            customer="anna",
            name="Anna",
            path="customers/anna.md",
            kind="follow-up",
            origin="x",
            due=date(2026, 12, 1),
            planned=date(2026, 12, 1),
            channel="call",
            text="Ask",
            at=time(9, 30),
            state="due",
            last=anna.standing.last,
            phone="+48 1",
            url="https://a.example",
            reasons=(WHY,),
        )
    ]


def test_a_time_of_day_is_dropped_with_its_day() -> None:
    held = due_on("2026-11-20", at=time(9, 30), not_before=date(2026, 11, 25))
    (one,) = plan([(who(), held)], TODAY, date.max)
    assert one.at is None


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (due_on("2026-11-20"), "overdue"),
        (due_on("2026-11-23"), "due"),
        (due_on("2026-12-01"), "soon"),
        (due_on("2026-11-20", not_before=date(2026, 11, 25)), "soon"),
        (due_on("2026-11-20", kind="cadence", movable=True), "soon"),
        (due_on("2026-11-20", kind="feedback"), "overdue"),
    ],
)
def test_a_follow_up_has_its_own_state_once_its_day_has_come(one: Obligation, state: str) -> None:
    last = Touch(date(2026, 11, 1), "call", contact=True, path="x", line=1)
    standing = Standing(SIX_WEEKS, last, due=date(2026, 11, 30), soon=date(2026, 11, 22))
    assert [found.state for found in plan([(who(standing=standing), one)], TODAY, date.max)] == [state]


def test_who_sleeps_is_snoozed_in_every_entry() -> None:
    end = date(2026, 12, 24)
    standing = Standing(SIX_WEEKS, None, due=date(2026, 11, 1), soon=date(2026, 10, 24), snooze=end)
    owed = [
        (who(standing=standing), due_on("2026-11-01", kind="cadence", movable=True, not_before=end)),
        (who(standing=standing), due_on("2026-11-20", not_before=end)),
    ]
    assert [(one.planned, one.state) for one in plan(owed, TODAY, date.max)] == [(end, "snoozed")] * 2


def test_the_order_of_the_plan() -> None:
    owed = [
        (who("Zoe"), due_on("2026-11-23", at=time(8, 0))),
        (who("Anna"), due_on("2026-11-23", at=time(9, 30))),
        (who("Bert"), due_on("2026-11-01", movable=True)),
        (who("Łucja"), due_on("2026-11-20", movable=True)),
        (who("Mia"), due_on("2026-11-20", movable=True)),
        (who("Anna"), due_on("2026-11-23")),
        (who("Anna"), due_on("2026-11-23", origin="y")),
        (who("Carl"), due_on("2026-12-01")),
    ]
    expected = [one for _, one in owed]
    expected.insert(0, due_on("2026-11-20", origin="first"))
    owed.append((who("Zoe"), expected[0]))
    for seed in range(5):
        random.Random(seed).shuffle(owed)
        found = plan(owed, TODAY, date.max)
        assert [(one.due, one.at, one.origin) for one in found] == [
            (one.due, one.at, one.origin) for one in expected
        ]
        assert [one.name for one in found] == [
            "Zoe",
            "Zoe",
            "Anna",
            "Bert",
            "Łucja",
            "Mia",
            "Anna",
            "Anna",
            "Carl",
        ]


days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
people = st.builds(
    who, st.sampled_from(["Anna", "Ola", "Łucja"]), folder=st.sampled_from(["customers", "customers/old"])
)
obligations = st.builds(
    due_on,
    days.map(str),
    kind=st.sampled_from(["cadence", "follow-up", "feedback"]),
    origin=st.uuids().map(str),
    at=st.none() | st.just(time(9, 30)),
    movable=st.booleans(),
    not_before=days | st.just(ALWAYS),
)


@given(st.lists(st.tuples(people, obligations), max_size=8), days, days, st.randoms())
def test_the_plan_is_the_same_in_any_order_and_never_early(
    owed: list[tuple[Who, Obligation]], today: date, until: date, chance: random.Random
) -> None:
    found = plan(owed, today, until)
    for one in found:
        assert one.due <= one.planned <= until
    whole = plan(owed, today, date.max)
    assert len(whole) == len(owed)
    assert found == [one for one in whole if one.planned <= until]
    chance.shuffle(owed)
    assert plan(owed, today, until) == found


def test_two_files_with_one_id_have_an_order_too() -> None:
    owed = [(who(folder=folder), due_on("2026-12-01")) for folder in ("customers/a", "customers/b")]
    assert plan(owed, TODAY, date.max) == plan(owed[::-1], TODAY, date.max)


# Birthdays and occasions


def yearly(day: Anniversary, name: str = "birthday", not_before: date = ALWAYS) -> Yearly:
    return Yearly(name if name == "birthday" else "occasion", name, name, day, not_before, WHY)


def next_day(one: Yearly, today: str, leap_day: str = "feb28") -> str | None:
    found = next_yearly_days([(who(), one)], leap_day, date.fromisoformat(today))
    return found[0].planned.isoformat() if found else None


@pytest.mark.parametrize(
    ("day", "today", "expected"),
    [
        (Anniversary(5, 17, 1984), "2026-05-16", "2026-05-17"),
        (Anniversary(5, 17, 1984), "2026-05-17", "2026-05-17"),
        (Anniversary(5, 17, 1984), "2026-05-18", "2027-05-17"),
        (Anniversary(1, 1), "2026-12-31", "2027-01-01"),
        (Anniversary(9, 1, 2030), "2026-05-16", "2030-09-01"),
        (Anniversary(2, 29, 1984), "2026-02-28", "2026-02-28"),
        (Anniversary(2, 29, 1984), "2026-03-01", "2027-02-28"),
        (Anniversary(2, 29, 1984), "2027-03-01", "2028-02-29"),
        (Anniversary(2, 29, 1984), "2028-02-29", "2028-02-29"),
        (Anniversary(2, 29, 1984), "2100-02-28", "2100-02-28"),
    ],
)
def test_the_next_return_of_a_day(day: Anniversary, today: str, expected: str) -> None:
    assert next_day(yearly(day), today) == expected


def test_a_leap_day_may_be_kept_on_the_first_of_march() -> None:
    one = yearly(Anniversary(2, 29))
    assert [
        next_day(one, day, "mar1") for day in ("2026-02-28", "2026-03-01", "2026-03-02", "2027-03-02")
    ] == [
        "2026-03-01",
        "2026-03-01",
        "2027-03-01",
        "2028-02-29",
    ]


def test_a_muted_day_returns_after_the_silence() -> None:
    one = yearly(Anniversary(5, 17), not_before=date(2027, 5, 18))
    assert next_day(one, "2026-11-23") == "2028-05-17"
    assert next_day(yearly(Anniversary(5, 17), not_before=date(2027, 5, 17)), "2026-11-23") == "2027-05-17"
    assert next_day(yearly(Anniversary(5, 17), not_before=date.max), "2026-11-23") is None
    found = yearly_days([(who(), one)], TODAY, date(2029, 12, 31), "feb28", TODAY)
    assert [day.planned.year for day in found] == [2028, 2029]


def test_yearly_days_stand_in_order_with_the_year_they_began() -> None:
    owed = [
        (who("Zoe"), yearly(Anniversary(12, 1, 1984))),
        (who("Anna"), yearly(Anniversary(12, 1))),
        (who("Anna"), yearly(Anniversary(11, 23, 2026), "opening")),
        (who("Anna"), yearly(Anniversary(11, 22), "too early")),
        (who("Anna"), yearly(Anniversary(12, 8), "too late")),
    ]
    found = yearly_days(owed, TODAY, date(2026, 12, 7), "feb28", TODAY)
    assert [(one.planned.isoformat(), one.name, one.kind, one.text, one.since) for one in found] == [
        ("2026-11-23", "Anna", "occasion", "opening", Anniversary(11, 23, 2026)),
        ("2026-12-01", "Anna", "birthday", "birthday", Anniversary(12, 1)),
        ("2026-12-01", "Zoe", "birthday", "birthday", Anniversary(12, 1, 1984)),
    ]
    assert all(one.due == one.planned and one.reasons == (WHY,) for one in found)
    assert yearly_days(owed[::-1], TODAY, date(2026, 12, 7), "feb28", TODAY) == found


@given(
    st.dates(date(1900, 1, 1), date(2030, 12, 31)),
    days,
    days | st.just(ALWAYS),
    st.sampled_from(["feb28", "mar1"]),
)
def test_the_next_return_is_the_first_in_the_list(
    began: date, today: date, silent: date, leap_day: str
) -> None:
    one = yearly(Anniversary(began.month, began.day, began.year), not_before=silent)
    owed = [(who(), one)]
    (found,) = next_yearly_days(owed, leap_day, today)
    assert found.planned >= max(today, silent)
    assert found == yearly_days(owed, today, date(2040, 12, 31), leap_day, today)[0]


@pytest.mark.parametrize(
    ("standing", "states"),
    [
        (Standing(NEVER), ["never"] * 4),
        (Standing(SIX_WEEKS, None, date(2026, 11, 30), date(2026, 11, 22)), ["new"] * 4),
        (
            Standing(
                SIX_WEEKS,
                Touch(ALWAYS, "call", contact=True, path="x", line=1),
                date(2026, 11, 30),
                date(2026, 11, 22),
            ),
            ["ok", "soon", "due", "overdue"],
        ),
        (
            Standing(SIX_WEEKS, None, date(2026, 11, 30), date(2026, 11, 22), snooze=date(2026, 12, 1)),
            ["snoozed", "snoozed", "snoozed", "new"],
        ),
    ],
)
def test_the_state_of_a_customer(standing: Standing, states: list[str]) -> None:
    asked = ("2026-11-21", "2026-11-22", "2026-11-30", "2026-12-01")
    assert [standing.state(date.fromisoformat(day)) for day in asked] == states


def test_the_line_of_an_occurrence_is_in_the_customers_own_file() -> None:
    elsewhere = Reason("with her", "customers/jan.md", 40)
    (one,) = plan([(who(), due_on("2026-12-01", reasons=(elsewhere, WHY)))], TODAY, date.max)
    assert one.line == WHY.line
    (one,) = plan([(who(), due_on("2026-12-01", reasons=(elsewhere,)))], TODAY, date.max)
    assert one.line == 1
