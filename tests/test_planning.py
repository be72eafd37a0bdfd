"""The days ahead and those who wait: agenda, plan, neglected, playbook, and `done` for a playbook's step."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ptcrm.model.dates import NEVER, Interval, ago, lasting, parse_interval
from ptcrm.schedule.demand import demand
from tests.conftest import MakeVault, Run

MONDAY = "2026-11-23"
DAYS_OFF = """start: 2026-01-01
timezone: Europe/Warsaw
country: PL
away: [2026-12-19..2026-12-29]
capacity: {per_day: 2, intake: 1}
tiers: {gold: {cadence: 3 weeks}}
"""
PLAYBOOKS = """start: 2026-01-01
timezone: Europe/Warsaw
playbooks:
  after-sale:
    starts: sale
    steps:
      - {after: 7 days, do: note, text: Thank her}
      - {after: 14 days, do: call, text: Is everything as hoped?}
      - {after: 6 weeks, do: call, text: Ask for a referral}
  win-back: {starts: left, steps: [{after: 3 months, do: email, text: What has changed}]}
"""


def customer(name: str, *log: str, fields: str = "", tasks: str = "") -> str:
    lines = "".join(f"- {line}\n" for line in log)
    return f"---\nname: {name}\n{fields}---\n{tasks}\n## Log\n\n{lines}"


def out(run: Run, vault: Path, *words: str, today: str = MONDAY) -> str:
    result = run("--vault", vault, "--today", today, *words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def answer(run: Run, vault: Path, *words: str, today: str = MONDAY) -> Any:  # noqa: ANN401  # JSON
    return json.loads(out(run, vault, *words, "--json", today=today))


# Words and figures


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-23", "today"),
        ("2026-11-22", "yesterday"),
        ("2026-11-21", "2 days ago"),
        ("2026-11-10", "13 days ago"),
        ("2026-11-09", "2 weeks ago"),
        ("2026-09-24", "8 weeks ago"),
        ("2026-09-23", "2 months ago"),
        ("2024-11-24", "23 months ago"),
        ("2024-11-22", "2 years ago"),
        ("2024-11-23", "2 years ago"),
        ("2021-01-04", "5 years ago"),
        ("1926-11-24", "99 years ago"),
        ("2026-11-24", "on 2026-11-24"),
    ],
)
def test_how_long_ago_is_said_as_one_would(day: str, words: str) -> None:
    assert ago(date.fromisoformat(day), date.fromisoformat(MONDAY)) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-23", "0 days"),
        ("2026-11-22", "1 day"),
        ("2025-11-24", "364 days"),
        ("2025-11-23", "1 year"),
        ("2025-10-23", "1 year and 1 month"),
        ("2021-01-04", "5 years and 10 months"),
        ("2020-11-23", "6 years"),
    ],
)
def test_how_long_it_lasted_is_said_as_one_would(day: str, words: str) -> None:
    assert lasting(date.fromisoformat(day), date.fromisoformat(MONDAY)) == words


def test_the_demand_of_all_cadences_is_their_sum_over_a_year() -> None:
    words = ["1 year", "quarterly", "1 month", "3 weeks"]
    cadences = [found for word in words if isinstance(found := parse_interval(word), Interval)]
    assert demand(cadences[:3], 1, 250).asked == 1 + 4 + 12
    assert demand(cadences, 1, 250).asked == 1 + 4 + 12 + 18  # 365.2425 / 21 is 17.4
    assert demand(cadences, 1, 250) == demand(cadences[::-1], 1, 250)
    assert demand([NEVER, NEVER], 1, 250).asked == 0


def test_the_demand_is_held_against_the_days_worked() -> None:
    monthly = [Interval(months=1)] * 50
    tight = demand(monthly, 2, 250)
    assert (tight.asked, tight.given, tight.missing) == (600, 500, 100)
    assert (tight.asked_weekly, tight.given_weekly) == (11.5, 9.6)
    assert demand(monthly, 2, 300).missing == 0
    assert demand(monthly, 3, 250).missing == 0
    assert demand([], 1, 0).missing == 0


# agenda


def agenda_vault(make_vault: MakeVault) -> Path:
    config = f"{DAYS_OFF}campaigns: {{christmas: {{date: --12-10, do: card}}}}\noccasions: {{lead: {{birthday: 7 days}}}}\n"
    anna = customer(
        "Anna",
        "2026-11-20 call: Hello",
        fields="tier: gold\nbirthday: 1984-12-05\n",
        tasks="- [ ] 2026-11-20 email: Send the offer\n- [ ] 2026-12-24 10:00 call: Wish her well\n",
    )
    return make_vault({"anna": anna, "bea": customer("Bea", "2026-10-12 visit: Hello")}, config)


def test_the_agenda_goes_day_by_day(make_vault: MakeVault, run: Run) -> None:
    vault = agenda_vault(make_vault)
    assert out(run, vault, "agenda", "--weeks", "5") == (
        """Monday 23 November 2026
  Overdue
    2026-11-20  Anna  email: Send the offer
  Today
    Bea  get in touch — last visit 2026-10-12; every 6 weeks by default

Saturday 28 November 2026, no working day
  Anna  prepare: birthday on 2026-12-05 — 1 week ahead

Saturday 5 December 2026, no working day
  Anna  birthday, 42 (born 1984)

Thursday 10 December 2026
  christmas  card to 2 customers: ptcrm campaign christmas

Saturday 19 December 2026 to Wednesday 23 December 2026, away

Thursday 24 December 2026, away
  10:00  Anna  call: Wish her well

Friday 25 December 2026 to Monday 28 December 2026, away
"""
    )


def test_today_is_always_in_the_agenda(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({}, DAYS_OFF)
    assert out(run, vault, "agenda") == "Monday 23 November 2026\n  Nothing stands today.\n"
    sunday = out(run, vault, "agenda", "--weeks", "1", today="2026-11-22")
    assert sunday == "Sunday 22 November 2026, no working day\n  Nothing stands today.\n"
    christmas = out(run, vault, "agenda", today="2026-12-25")
    assert christmas.startswith(
        "Friday 25 December 2026, away\n  Nothing stands today.\n\nSaturday 26 December"
    )


def test_neither_somebody_new_nor_a_reminder_is_overdue(make_vault: MakeVault, run: Run) -> None:
    people = {
        "new": customer("New", fields="since: 2026-02-01\n"),
        "bea": customer("Bea", fields="cadence: never\nbirthday: --11-27\n"),
    }
    vault = make_vault(people, f"{DAYS_OFF}occasions: {{lead: {{birthday: 7 days}}}}\n")
    shown = out(run, vault, "agenda", "--weeks", "1")
    today = [" ".join(line.split()[:3]) for line in shown.splitlines()]
    assert today[:3] == ["Monday 23 November", "2026-11-20 Bea prepare:", "New get in"]


def test_a_holiday_has_its_name(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({}, DAYS_OFF)
    assert "\nWednesday 6 January 2027, Święto Trzech Króli\n" in out(run, vault, "agenda", "--weeks", "8")
    assert "Friday 1 January 2027, Nowy Rok" in out(run, vault, "agenda", "--weeks", "8")


def test_the_agenda_as_json_has_every_day(make_vault: MakeVault, run: Run) -> None:
    days = answer(run, agenda_vault(make_vault), "agenda", "--weeks", "5")
    assert [day["date"] for day in days][::35] == [MONDAY, "2026-12-28"]
    shown = {day["date"]: day for day in days}
    assert [one["due"] for one in shown[MONDAY]["occurrences"]] == ["2026-11-20", MONDAY]
    birthday = shown["2026-12-05"]
    assert (birthday["free"], birthday["occurrences"][0]["years"]) == ("Saturday", 42)
    assert (shown["2026-12-20"]["free"], shown["2026-12-20"]["occurrences"]) == ("away", [])
    assert shown["2026-12-10"]["occurrences"][0]["members"] == ["Anna", "Bea"]


def test_what_finds_no_place_in_the_agenda_is_counted(make_vault: MakeVault, run: Run) -> None:
    log = "2026-06-01 call: Hello"
    vault = make_vault({f"p{n}": customer(f"P{n}", log) for n in range(13)}, DAYS_OFF)
    last = "1 more waits for a later day: ptcrm due --all --until +1w\n"
    assert out(run, vault, "agenda", "--weeks", "1").endswith(f"\n\n{last}")
    result = run("--vault", vault, "--today", MONDAY, "agenda", "--weeks", "1", "--json")
    assert (len(json.loads(result.stdout)), result.stderr) == (8, last)


def test_the_agenda_of_a_week_has_what_due_lists(make_vault: MakeVault, run: Run) -> None:
    vault = agenda_vault(make_vault)
    listed = answer(run, vault, "due", "--until", "+1w")
    found = [one for day in answer(run, vault, "agenda", "--weeks", "1") for one in day["occurrences"]]
    assert [one["name"] for one in found] == [one["name"] for one in listed]


# plan


def test_the_plan_shows_how_full_the_days_are(make_vault: MakeVault, run: Run) -> None:
    log = "2026-06-01 call: Hello"
    tasks = "- [ ] 2026-11-20 call: A\n- [ ] 2026-11-24 call: B\n- [ ] 2026-11-24 call: C\n- [ ] 2026-11-24 call: D\n"
    people = {f"p{n}": customer(f"P{n}", log) for n in range(2)} | {"new": customer("New")}
    vault = make_vault(people | {"busy": customer("Busy", fields="cadence: never\n", tasks=tasks)}, DAYS_OFF)
    assert out(run, vault, "plan", "--horizon", "7d") == (
        """2026-11-23  Mon  2/2  ##########   1 cadence, 1 new and 1 overdue follow-up
2026-11-24  Tue  3/2  ##########+  3 fixed
2026-11-25  Wed  1/2  #####.....   1 cadence
2026-11-26  Thu  0/2  ..........
2026-11-27  Fri  0/2  ..........

2026-11-30  Mon  0/2  ..........

Up to 30 November 2026: 6 contacts, 6 worked days.
Of each cadence only the next contact is planned.
The cadences ask for 27 contacts a year, 0.5 a week.
2 a day on 247 worked days a year are 494, 9.5 a week: enough.
"""
    )


def test_days_off_are_named_where_they_interrupt_a_week(make_vault: MakeVault, run: Run) -> None:
    task = "- [ ] 2026-12-24 call: Wish her well\n- [ ] 2027-01-09 call: Saturday\n"
    vault = make_vault({"anna": customer("Anna", fields="cadence: never\n", tasks=task)}, DAYS_OFF)
    lines = [line.split() for line in out(run, vault, "plan", "--horizon", "2027-01-10").splitlines()]
    off = {words[0]: " ".join(words[2:]) for words in lines if words[2:3] and "/" not in words[2]}
    off = {day: words for day, words in off.items() if day.startswith("20")}
    assert off == {
        "2026-12-19": "away until 2026-12-23",
        "2026-12-24": "1 1 fixed (away)",
        "2026-12-25": "away until 2026-12-29",
        "2027-01-01": "Nowy Rok",
        "2027-01-06": "Święto Trzech Króli",
        "2027-01-09": "1 1 fixed (Saturday)",
    }


def test_what_is_overdue_stands_beside_today(make_vault: MakeVault, run: Run) -> None:
    task = "- [ ] 2026-11-20 call: Late\n- [ ] 2026-11-19 call: Later\n"
    people = {"anna": customer("Anna", fields="cadence: never\n", tasks=task)}
    people["bea"] = customer("Bea", fields="cadence: never\nsnooze: 2026-12-01\n", tasks=task)
    vault = make_vault(people, DAYS_OFF)
    assert "2026-11-23  Mon  0/2  ..........  2 overdue follow-ups\n" in out(run, vault, "plan")
    sunday = out(run, vault, "plan", today="2026-11-22")
    assert sunday.startswith("2026-11-22  Sun                   2 overdue follow-ups (Sunday)\n\n2026-11-23")


@pytest.mark.parametrize(
    ("contacts", "bar"), [(0, ".........."), (1, "####......"), (2, "#######..."), (3, "##########")]
)
def test_a_bar_shows_what_a_day_holds(contacts: int, bar: str, make_vault: MakeVault, run: Run) -> None:
    task = f"- [ ] {MONDAY} call: A\n" * contacts
    vault = make_vault(
        {"anna": customer("Anna", fields="cadence: never\n", tasks=task)}, "capacity: {per_day: 3}\n"
    )
    first = out(run, vault, "plan", "--horizon", "1d").splitlines()[0]
    assert first.split()[2:4] == [f"{contacts}/3", bar]


def test_time_away_that_is_a_weekend_interrupts_nothing(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({}, "away: [2026-11-28..2026-11-29]\n")
    assert "away" not in out(run, vault, "plan", "--horizon", "2w")
    assert "away" not in out(run, vault, "agenda")


def test_the_plan_says_with_figures_if_the_cadences_ask_for_too_much(make_vault: MakeVault, run: Run) -> None:
    log = "2026-11-20 call: Hello"
    people = {f"p{n}": customer(f"P{n}", log, fields="cadence: weekly\n") for n in range(10)}
    vault = make_vault(people, DAYS_OFF)
    assert out(run, vault, "plan", "--horizon", "1d").endswith(
        """The cadences ask for 522 contacts a year, 10.0 a week.
2 a day on 247 worked days a year are 494, 9.5 a week: 28 a year too few.
Longer cadences or a larger capacity would close the gap.
"""
    )
    assert answer(run, vault, "plan", "--horizon", "1d")["demand"] == {
        "asked": 522,
        "asked_weekly": 10.0,
        "given": 494,
        "given_weekly": 9.5,
        "worked": 247,
        "missing": 28,
    }


def test_the_plan_counts_who_waits_beyond_the_horizon(make_vault: MakeVault, run: Run) -> None:
    people = {f"p{n}": customer(f"P{n}", "2026-06-01 call: Hello") for n in range(5)}
    vault = make_vault(people, DAYS_OFF)
    assert "\n1 more waits for a day after 24 November 2026.\n" in out(run, vault, "plan", "--horizon", "1d")
    assert answer(run, vault, "plan", "--horizon", "1d")["waiting"] == 1
    assert answer(run, vault, "plan", "--horizon", "2d")["waiting"] == 0


def test_the_plan_as_json_has_every_day(make_vault: MakeVault, run: Run) -> None:
    bea = customer("Bea", "2026-11-16 sale: Bike", fields="cadence: never\n")
    vault = make_vault({"bea": bea}, PLAYBOOKS)
    days = {day["date"]: day for day in answer(run, vault, "plan", "--horizon", "2w")["days"]}
    assert len(days) == 15
    assert days[MONDAY] == {
        "date": MONDAY,
        "weekday": "Monday",
        "free": None,
        "capacity": 10,
        "contacts": 1,
        "fixed": 0,
        "cadence": 0,
        "playbook": 1,
        "new": 0,
        "overdue": 0,
    }
    assert (days["2026-11-29"]["free"], days["2026-11-29"]["capacity"]) == ("Sunday", 0)


def test_a_day_counts_what_the_levelling_counted(make_vault: MakeVault, run: Run, open_vault: Any) -> None:  # noqa: ANN401
    snoozed = customer("Anna", fields="snooze: 2026-12-10\n", tasks="- [ ] 2026-12-01 call: A\n")
    late = customer("Bea", tasks="- [ ] 2026-11-01 call: B\n- [ ] 2026-12-01 call: C\n")
    vault = make_vault({"anna": snoozed, "bea": late, "carl": customer("Carl")}, DAYS_OFF)
    days = answer(run, vault, "plan", "--horizon", "4w")["days"]
    assert [day["overdue"] for day in days][:2] == [1, 0]
    _, case = open_vault(vault, date.fromisoformat(MONDAY), None).plan_of("customers/anna.md")
    counted, last = case.load(), date(2026, 12, 21).toordinal()
    assert {day["date"]: day["contacts"] for day in days if day["contacts"]} == {
        date.fromordinal(day).isoformat(): count for day, count in counted.items() if count and day <= last
    }


# neglected


def test_the_neglected_are_people_first(make_vault: MakeVault, run: Run) -> None:
    people = {
        "anna": customer("Anna", "2026-10-20 call: Hello", fields="tier: gold\n"),
        "bea": customer("Bea", "2026-11-20 call: Hello"),
        "carl": customer("Carl", fields="since: 2026-09-01\n"),
        "dora": customer("Dora", "2026-01-01 call: Hello", fields="snooze: 2026-12-01\n"),
        "emil": customer("Emil", "2026-10-12 call: Due today"),
        "fred": customer("Fred", "2026-10-11 call: Due yesterday"),
        "gina": customer("Gina", "2020-01-01 call: Hello", fields="cadence: never\n"),
        "hans": customer("Hans", "2020-01-01 call: Hello", fields="do_not_contact: true\n"),
    }
    vault = make_vault(people, DAYS_OFF)
    result = run("--vault", vault, "--today", MONDAY, "neglected")
    assert result.stdout == (
        """They have waited longer than you meant them to:
  Carl  never contacted, due since 2026-10-13  every 6 weeks by default    -     197 %
  Anna  call on 2026-10-20, 4 weeks ago        every 3 weeks by tier gold  gold  161 %
  Fred  call on 2026-10-11, 6 weeks ago        every 6 weeks by default    -     102 %
"""
    )
    assert result.stderr == "1 more is snoozed and left out.\n"
    assert "Fred" not in out(run, vault, "neglected", "--over", "150 %")
    assert "Emil" in out(run, vault, "neglected", "--over", "99")
    assert (
        out(run, vault, "neglected", "--over", "500")
        == "Nobody has waited longer than 500 % of their cadence.\n"
    )


def test_a_name_that_few_can_type_has_its_id(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"kim": customer("김서연", "2026-01-20 call: Hello")}, DAYS_OFF)
    assert "김서연 (kim)  call on 2026-01-20, 10 months ago" in out(run, vault, "neglected")


def test_nobody_is_neglected(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": customer("Anna")}, "timezone: Europe/Warsaw\n")
    assert out(run, vault, "neglected") == "Nobody has waited longer than you meant them to.\n"


def test_the_neglected_as_json(make_vault: MakeVault, run: Run) -> None:
    people = {
        "anna": customer("Anna", "2026-10-20 call: Hello", fields="tier: gold\n"),
        "carl": customer("Carl", fields="since: 2026-09-01\n"),
    }
    carl, anna = answer(run, make_vault(people, DAYS_OFF), "neglected")
    assert anna == {
        "customer": "anna",
        "name": "Anna",
        "tier": "gold",
        "percent": 161,
        "last_contact": "2026-10-20",
        "channel": "call",
        "days": 34,
        "due": "2026-11-10",
        "every": "3 weeks",
        "rule": "every 3 weeks by tier gold",
        "state": "overdue",
        "path": "customers/anna.md",
    }
    assert (carl["last_contact"], carl["days"], carl["state"]) == (None, None, "new")


def test_a_day_too_late_is_too_late_however_long_the_cadence(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": customer("Anna", "2023-11-22 call: Hello", fields="cadence: 3 years\n")})
    assert "100 %" in out(run, vault, "neglected")
    assert "Anna" not in out(run, vault, "neglected", today="2026-11-22")


def test_list_says_how_far_into_the_cadence_everybody_is(make_vault: MakeVault, run: Run) -> None:
    people = {
        "anna": customer("Anna", "2026-10-20 call: Hello", fields="tier: gold\n"),
        "bea": customer("Bea", fields="cadence: never\n"),
    }
    anna, bea = answer(run, make_vault(people, DAYS_OFF), "list")
    assert (anna["every"], anna["percent"], anna["cadence"]) == ("3 weeks", 161, None)
    assert (bea["every"], bea["percent"], bea["cadence"]) == ("never", None, "never")


# playbook


def test_a_playbook_shows_what_became_of_each_step(make_vault: MakeVault, run: Run) -> None:
    anna = customer("Anna", "2026-11-12 note: Thanks", "2026-11-08 sale: Bike")
    vault = make_vault({"anna": anna}, PLAYBOOKS)
    assert out(run, vault, "playbook", "anna") == (
        """Anna

after-sale: sale on 2026-11-08 (customers/anna.md:8)
  after-sale/1  note: Thank her                done: note on 2026-11-12                                           customers/anna.md:7
  after-sale/2  call: Is everything as hoped?  due since 2026-11-22, planned 2026-11-23, lapses after 2026-12-22
  after-sale/3  call: Ask for a referral       due 2026-12-20, planned 2026-12-21, lapses after 2027-01-19
"""
    )


def test_steps_are_skipped_lapse_and_are_taken_over(make_vault: MakeVault, run: Run) -> None:
    anna = customer(
        "Anna",
        "2026-10-20 memo: No time [step:: after-sale/2]",
        "2026-10-01 sale: Bike",
        tasks="- [ ] 2026-12-01 call: Ask her [step:: after-sale/3]\n",
    )
    vault = make_vault({"anna": anna}, PLAYBOOKS)
    found = out(run, vault, "playbook", "anna")
    assert "note: Thank her                lapsed after 2026-11-07" in found
    assert "skipped: memo on 2026-10-20         customers/anna.md:8\n" in found
    assert "taken over by follow-up 2026-12-01  customers/anna.md:4\n" in found
    (playbook,) = answer(run, vault, "playbook", "anna")
    assert [step["state"] for step in playbook["steps"]] == ["lapsed", "skipped", "follow-up"]
    assert [step["line"] for step in playbook["steps"]] == [None, 8, 4]
    assert [step["planned"] for step in playbook["steps"]] == [None, None, None]
    assert (playbook["playbook"], playbook["began"], playbook["line"]) == ("after-sale", "2026-10-01", 9)


def test_a_step_that_waits_has_no_day_yet(make_vault: MakeVault, run: Run) -> None:
    anna = customer("Anna", "2026-11-08 sale: Bike")
    vault = make_vault({"anna": anna}, f"{PLAYBOOKS}away: [2026-11-01..2027-06-01]\n")
    assert "due 2026-12-20, no day found yet, lapses after 2027-01-19" in out(run, vault, "playbook", "anna")


def test_without_a_run_the_playbooks_are_named(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": customer("Anna")}, PLAYBOOKS)
    assert out(run, vault, "playbook", "anna") == (
        """Anna is in no playbook now. Those in ptcrm.yaml:
  after-sale  starts with “sale” in the log
  win-back    starts when a customer leaves (left)
"""
    )
    assert answer(run, vault, "playbook", "anna") == []
    none = make_vault({"anna": customer("Anna")}, name="none")
    assert out(run, none, "playbook", "anna") == "Anna is in no playbook: there is none in ptcrm.yaml.\n"
    assert run("--vault", vault, "playbook", "nobody").exit_code == 3


# done


def sold(tasks: str = "", *log: str) -> str:
    return customer("Anna", *log, "2026-11-08 sale: Bike", fields="cadence: never\n", tasks=tasks)


def test_done_settles_the_step_that_is_due(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": sold("", "2026-11-12 note: Thanks")}, PLAYBOOKS)
    assert out(run, vault, "done", "anna") == (
        """customers/anna.md: 2026-11-23 call: Is everything as hoped? [step:: after-sale/2]
Next: 2026-12-20 call: Ask for a referral
"""
    )
    states = [step["state"] for step in answer(run, vault, "playbook", "anna")[0]["steps"]]
    assert states == ["done", "done", "open"]
    text = (vault / "customers" / "anna.md").read_text(encoding="utf-8")
    assert text == sold(
        "",
        "2026-11-23 call: Is everything as hoped? [step:: after-sale/2]",
        "2026-11-12 note: Thanks",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("All is well", "2026-11-20 call: All is well [step:: after-sale/2]"),
        ("email (value): The manual", "2026-11-20 email (value): The manual [step:: after-sale/2]"),
        ("memo: Not needed", "2026-11-20 memo: Not needed [step:: after-sale/2]"),
    ],
)
def test_done_takes_the_text_and_the_day_given(text: str, line: str, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": sold("", "2026-11-12 note: Thanks")}, PLAYBOOKS)
    shown = out(run, vault, "done", "anna", "AFTER-SALE/2", "--log", text, "--date", "last friday")
    assert shown.startswith(f"customers/anna.md: {line}\n")
    assert answer(run, vault, "playbook", "anna")[0]["steps"][1]["state"] == (
        "skipped" if text.startswith("memo") else "done"
    )


def test_a_step_may_be_done_before_it_is_due_and_after_it_has_lapsed(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": sold("", "2026-11-12 note: Thanks")}, PLAYBOOKS)
    assert "after-sale/3]" in out(run, vault, "done", "anna", "after-sale/3")
    assert "after-sale/2]" in out(run, vault, "done", "anna", "after-sale/2", today="2027-06-01")
    steps = answer(run, vault, "playbook", "anna", today="2027-06-01")[0]["steps"]
    assert [step["state"] for step in steps] == ["done", "done", "done"]


def test_the_only_one_due_is_meant(make_vault: MakeVault, run: Run) -> None:
    later = "- [ ] 2026-12-24 call: Wish her well\n"
    vault = make_vault({"anna": sold(later, "2026-11-12 note: Thanks")}, PLAYBOOKS)
    assert "[step:: after-sale/2]" in out(run, vault, "done", "anna")
    follow_up = make_vault({"anna": sold("- [ ] 2026-11-20 call: A\n")}, PLAYBOOKS, name="other")
    assert "done 2026-11-14: call: A" in out(run, follow_up, "done", "anna", "1", "--date", "2026-11-14")


def test_done_lists_follow_ups_then_steps_if_it_may_be_either(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(
        {"anna": sold("- [ ] 2026-11-20 email: The offer\n", "2026-11-12 note: Thanks")}, PLAYBOOKS
    )
    listed = """
  1             2026-11-20  email: The offer
  after-sale/2  2026-11-22  call: Is everything as hoped?
  after-sale/3  2026-12-20  call: Ask for a referral
"""
    for words, code, begin in [
        ((), 3, "Say which one is done: ptcrm done anna N"),
        (("2",), 3, "Anna has no follow-up 2:"),
        (("after-sale",), 2, "“after-sale” is no number of a follow-up and no open step:"),
        (("after-sale/4",), 2, "“after-sale/4” is no number of a follow-up and no open step:"),
    ]:
        result = run("--vault", vault, "--today", MONDAY, "done", "anna", *words)
        assert (result.exit_code, result.stderr) == (code, f"ptcrm: {begin}{listed}")
    assert "done 2026-11-23: email: The offer" in out(run, vault, "done", "anna", "1")


def test_without_follow_ups_a_step_is_named(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": sold()}, PLAYBOOKS)
    result = run("--vault", vault, "--today", MONDAY, "done", "anna")
    assert result.exit_code == 3
    assert result.stderr.startswith(
        "ptcrm: Say which one is done: ptcrm done anna STEP\n  after-sale/1  2026-11-15"
    )
    early = run("--vault", vault, "--today", "2026-11-10", "done", "anna")
    assert (early.exit_code, early.stderr.count("after-sale/")) == (3, 3)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["after-sale/1"], 3, "after-sale/1 is done already: note on 2026-11-12 (customers/anna.md:9)."),
        (["after-sale/3"], 3, "after-sale/3 is taken over by follow-up 2026-12-20 (customers/anna.md:5)."),
        (
            ["after-sale/2", "--date", "2026-11-07"],
            2,
            "is before after-sale began, on Sunday 8 November 2026.",
        ),
        (["after-sale/2", "--date", "tomorrow"], 2, "is after today"),
        (["after-sale/2", "--log", ""], 2, "Say what happened"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], code: int, message: str, make_vault: MakeVault, run: Run
) -> None:
    task = "- [ ] 2026-12-20 call: Ask [step:: after-sale/3]\n"
    vault = make_vault({"anna": sold(task, "2026-11-12 note: Thanks")}, PLAYBOOKS)
    before = (vault / "customers" / "anna.md").read_bytes()
    result = run("--vault", vault, "--today", MONDAY, "done", "anna", *words)
    assert result.exit_code == code
    assert message in result.stderr
    assert (vault / "customers" / "anna.md").read_bytes() == before


def test_a_step_without_words_and_a_playbook_no_entry_can_name(make_vault: MakeVault, run: Run) -> None:
    config = "playbooks:\n  thanks: {starts: sale, steps: [{do: note}]}\n"
    vault = make_vault({"anna": sold()}, config)
    line = "2026-11-23 note: step 1 of thanks [step:: thanks/1]"
    assert out(run, vault, "done", "anna") == f"customers/anna.md: {line}\n"
    odd = make_vault({"anna": sold()}, config.replace("thanks", '"a]b"'), name="odd")
    result = run("--vault", odd, "--today", MONDAY, "done", "anna")
    assert result.exit_code == 4
    assert "No log entry can name the step “a]b/1”" in result.stderr


def test_done_of_a_step_can_be_tried_and_undone(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": sold("", "2026-11-12 note: Thanks")}, PLAYBOOKS)
    before = (vault / "customers" / "anna.md").read_bytes()
    shown = out(run, vault, "done", "anna", "--dry-run")
    assert "+- 2026-11-23 call: Is everything as hoped? [step:: after-sale/2]" in shown
    assert (vault / "customers" / "anna.md").read_bytes() == before
    out(run, vault, "done", "anna")
    out(run, vault, "undo")
    assert (vault / "customers" / "anna.md").read_bytes() == before


# What cannot be understood


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("agenda --weeks 0", "--weeks 0: write a whole number from 1 to 520."),
        ("agenda --weeks -1", "--weeks -1: write"),
        ("agenda --weeks 1000", "--weeks 1000: write"),
        ("agenda --weeks two", "--weeks two: write"),
        ("agenda --weeks 1.5", "--weeks 1.5: write"),
        ("plan --horizon soon", "--horizon soon: write a length such as 90d or 3 months, or a day."),
        ("plan --horizon never", "--horizon never: write a length"),
        ("plan --horizon 0d", "--horizon 0d: write a length"),
        ("plan --horizon -3d", "--horizon -3d: Friday 20 November 2026 is before today."),
        ("plan --horizon 2026-11-22", "is before today."),
        ("plan --horizon 11y", "--horizon 11y: look ten years ahead at most."),
        ("plan --horizon 9999-12-31", "look ten years ahead at most."),
        ("neglected --over 0", "--over 0: write a whole number from 1 to 99999."),
        ("neglected --over -5", "--over -5: write"),
        ("neglected --over much", "--over much: write"),
        ("neglected --over 100000", "--over 100000: write"),
        ("neglected --over %", "--over %: write"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    line: str, message: str, make_vault: MakeVault, run: Run
) -> None:
    result = run("--vault", make_vault({}), "--today", MONDAY, *line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("horizon", ["10y", "2036-11-23", "today", "+2w", "friday", "monthly", "P6W"])
def test_a_horizon_is_a_length_or_a_day(horizon: str, make_vault: MakeVault, run: Run) -> None:
    assert answer(run, make_vault({}), "plan", "--horizon", horizon)["days"][0]["date"] == MONDAY


@pytest.mark.parametrize("command", ["agenda", "plan", "neglected", "playbook anna"])
def test_the_ends_of_the_calendar_are_no_trouble(command: str, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": customer("Anna", "9999-12-01 sale: Bike")}, PLAYBOOKS)
    for today in ("9999-12-30", "0001-01-02"):
        out(run, vault, *command.split(), today=today)
