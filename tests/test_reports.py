"""What the whole vault says of money, of those who left, of tiers and of campaigns."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ptcrm.errors import QueryError
from ptcrm.model.dates import Interval
from ptcrm.query.configured import ConfiguredQuery
from ptcrm.reports.budget import Ahead, contacts_ahead
from ptcrm.vault.known import known
from tests.conftest import MakeVault, OpenVault, Run

DAY = "2026-11-23"
TODAY = date.fromisoformat(DAY)
CONFIG = """\
start: 2021-01-01
timezone: Europe/Warsaw
tiers:
  gold: {cadence: 3 weeks, budget: 200 EUR/year, channels: [visit]}
  silver: {cadence: 6 weeks, budget: 60/year}
  bronze: {cadence: 3 months}
channels:
  visit: {cost: 12 EUR, minutes: 90}
  call: {minutes: 15}
  card: {cost: 3 PLN}
"""


def customer(log: str = "", **fields: str) -> str:
    """A customer's file with these fields, and a log of these lines."""
    given = "".join(f"{name}: {value}\n" for name, value in fields.items())
    lines = "".join(f"- {line.strip()}\n" for line in log.strip().splitlines())
    return f"---\n{given}---\n\n## Log\n\n{lines}"


@pytest.fixture
def answer(make_vault: MakeVault, run: Run) -> Callable[..., Any]:
    """`answer("budget", customers, config)`: what the command says as JSON."""

    def call(command: str, customers: dict[str, str], config: str = CONFIG) -> Any:  # noqa: ANN401  # it is JSON
        vault = make_vault(customers, config)
        result = run("--vault", vault, "--today", DAY, *command.split(), "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return call


@pytest.fixture
def said(make_vault: MakeVault, run: Run) -> Callable[..., str]:
    """The same as text."""

    def call(command: str, customers: dict[str, str], config: str = CONFIG) -> str:
        result = run("--vault", make_vault(customers, config), "--today", DAY, *command.split())
        assert result.exit_code == 0, result.stderr
        return str(result.stdout)

    return call


# Budget


@pytest.mark.parametrize(
    ("log", "spent", "minutes"),
    [
        ("2026-11-01 visit: x", ["12 EUR"], 90),
        ("2026-11-01 visit: x [cost:: 30.50]", ["30.50 EUR"], 90),
        ("2026-11-01 visit: x [minutes:: 5]", ["12 EUR"], 5),
        ("2026-11-01 visit: x [cost:: much] [minutes:: long]", ["12 EUR"], 90),
        ("2026-11-01 visit: x [cost:: ]", ["12 EUR"], 90),
        ("2026-11-01 visit: x [cost:: 0 EUR]", ["0 EUR"], 90),
        ("2026-11-01 visit (in): she came to us", [], 0),
        ("2026-11-01 visit (no answer): x", [], 0),
        ("2026-11-01 visit (in): x [cost:: 2 EUR]", ["2 EUR"], 0),
        ("2026-11-01 email: x", [], 0),
        ("2026-11-01 memo: x [cost:: 7 EUR]", ["7 EUR"], 0),
        ("2026-11-01 visit: x\n2026-10-01 visit: x", ["24 EUR"], 180),
        ("2026-11-01 card: x\n2026-10-01 visit: x", ["12 EUR", "3 PLN"], 90),
        ("2026-11-01 card: x [cost:: 2 USD]\n2026-10-01 card: x", ["3 PLN", "2 USD"], 0),
        ("2026-11-01 card: x [cost:: 2 CAD]\n2026-10-01 visit: x", ["12 EUR", "2 CAD"], 90),
        ("2026-11-23 call: today counts", [], 15),
        ("2026-11-24 visit: not yet", [], 0),
        ("2026-01-01 call: x\n2025-12-31 call: last year", [], 15),
        ("[x] 2026-11-01 visit: a ticked follow-up", ["12 EUR"], 90),
        ("[x] 2026-11-01 visit: x [cost:: 20 EUR] [minutes:: 60]", ["20 EUR"], 60),
        ("[ ] 2026-11-01 visit: open", [], 0),
        ("[-] 2026-11-01 visit: dropped", [], 0),
        ("2026-11-01 visit: x [cost:: 5 EUR]\n[x] 2026-11-01 visit: the same", ["5 EUR"], 90),
        ("2026-11-02 visit: x\n[x] 2026-11-01 visit: another", ["24 EUR"], 180),
    ],
)
def test_what_was_spent(log: str, spent: list[str], minutes: int, answer: Callable[..., Any]) -> None:
    line = answer("budget", {"anna": customer(log, tier="gold")})[0]
    assert (line["spent"], line["minutes_spent"]) == (spent, minutes)


def test_an_entry_counts_where_it_stands(answer: Callable[..., Any]) -> None:
    files = {
        "anna": customer("2026-11-01 visit: x [with:: [[jan]]]", tier="gold", company='"[[shop]]"'),
        "jan": customer(tier="silver"),
        "shop": customer(kind="company", tier="bronze"),
    }
    assert [line["spent"] for line in answer("budget", files)] == [["12 EUR"], [], [], ["12 EUR"]]


def test_a_budget_is_for_each_customer(answer: Callable[..., Any]) -> None:
    files = {
        "anna": customer("2026-11-20 visit: x [cost:: 250 EUR]", tier="gold", cadence="never"),
        "jan": customer("2026-11-20 card: x", tier="gold", cadence="never"),
    }
    gold, silver, bronze, every = answer("budget", files)
    assert gold == {
        "year": 2026,
        "group": "gold",
        "tier": "gold",
        "customers": 2,
        "budget": ["400 EUR"],
        "spent": ["250 EUR", "3 PLN"],
        "planned": [],
        "left": ["150 EUR"],
        "over": None,
        "minutes_spent": 90,
        "minutes_planned": 0,
    }
    assert (silver["budget"], silver["left"]) == (["0 EUR"], ["0 EUR"])
    assert (bronze["budget"], bronze["left"]) == ([], [])
    assert (every["group"], every["tier"], every["spent"]) == ("all", None, ["250 EUR", "3 PLN"])
    assert (every["customers"], every["budget"], every["left"]) == (2, ["400 EUR"], ["150 EUR"])


def test_currencies_are_never_added(answer: Callable[..., Any]) -> None:
    config = CONFIG.replace("60/year", "60 PLN/year")
    files = {
        "anna": customer("2026-11-20 visit: x", tier="gold", cadence="never"),
        "jan": customer("2026-11-20 card: x\n2026-11-19 visit: x", tier="silver", cadence="never"),
    }
    gold, silver, _, every = answer("budget", files, config)
    assert (gold["left"], silver["left"]) == (["188 EUR"], ["57 PLN"])
    assert (every["budget"], every["left"]) == (["200 EUR", "60 PLN"], ["188 EUR", "57 PLN"])
    assert every["spent"] == ["24 EUR", "3 PLN"]


@pytest.mark.parametrize(
    ("fields", "group"),
    [
        ({"tier": "gold"}, "gold"),
        ({}, "no tier"),
        ({"tier": "platinum"}, "no tier"),
        ({"tier": "gold", "status": "former"}, "former"),
        ({"tier": "gold", "do_not_contact": "true"}, "do not contact"),
        ({"tier": "gold", "status": "paused"}, "gold"),
    ],
)
def test_who_is_counted_where(fields: dict[str, str], group: str, answer: Callable[..., Any]) -> None:
    lines = answer("budget", {"anna": customer("2026-11-01 visit: x", **fields)})
    assert [line["group"] for line in lines if line["customers"]] == [group, "all"]
    assert [line["group"] for line in lines if line["spent"]] == [group, "all"]


def test_a_tier_may_be_named_like_a_group(answer: Callable[..., Any]) -> None:
    config = "tiers: {former: {budget: 10 EUR/year}}\n"
    files = {"anna": customer(tier="former"), "jan": customer(status="former")}
    lines = answer("budget", files, config)
    assert [(one["group"], one["tier"], one["customers"], one["budget"]) for one in lines] == [
        ("former", "former", 1, ["10 EUR"]),
        ("former", None, 1, []),
        ("all", None, 2, ["10 EUR"]),
    ]


@pytest.mark.parametrize(
    ("log", "over"),
    [
        ("2026-11-20 visit: x [cost:: 150 EUR]", None),
        ("2026-11-20 visit: x [cost:: 188 EUR]", None),
        ("2026-11-20 visit: x [cost:: 189 EUR]", "what is planned goes 1 EUR over budget"),
        ("2026-11-20 visit: x [cost:: 200 EUR]", "what is planned goes 12 EUR over budget"),
        ("2026-11-20 visit: x [cost:: 200.50 EUR]", "0.50 EUR over budget"),
        ("2026-11-20 visit: x [cost:: 900 PLN]", None),
    ],
)
def test_over_budget_is_said(log: str, over: str | None, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": customer(log, tier="gold", cadence="4 weeks")}, CONFIG)
    answer = run("--vault", vault, "--today", DAY, "budget", "--json").stdout
    assert [line["over"] for line in json.loads(answer)] == [over, None, None, None]
    lines = run("--vault", vault, "--today", DAY, "budget").stdout.splitlines()
    assert lines[-1].startswith("all ") if over is None else lines[-1] == f"gold: {over}"


@pytest.mark.parametrize(
    ("fields", "log", "planned", "minutes"),
    [
        ({"cadence": "3 weeks"}, "2026-11-20 call: x", ["12 EUR"], 90),  # 11 December, then in the new year
        ({"cadence": "2 weeks"}, "2026-11-20 call: x", ["24 EUR"], 180),  # 4 and 18 December
        ({"cadence": "2 weeks", "prefers": "call"}, "2026-11-20 call: x", [], 30),
        ({"cadence": "2 weeks", "avoids": "visit"}, "2026-11-20 call: x", [], 0),
        ({"cadence": "2 months"}, "2026-11-20 call: x", [], 0),
        ({"cadence": "never"}, "2026-11-20 call: x", [], 0),
        ({"cadence": "1 month"}, "2025-01-01 call: long ago", ["24 EUR"], 180),  # today, 23 December
        ({"cadence": "2 weeks", "snooze": "2026-12-15"}, "2026-11-20 call: x", ["24 EUR"], 180),
        ({"cadence": "2 weeks", "do_not_contact": "true"}, "2026-11-20 call: x", [], 0),
        ({"cadence": "2 weeks", "status": "paused"}, "2026-11-20 call: x", [], 0),
        # A follow-up covers the cadence, which then goes on from there: 4 December, then 18.
        ({"cadence": "2 weeks"}, "2026-11-20 call: x\n[ ] 2026-12-04 call: y", ["12 EUR"], 105),
        ({"cadence": "never"}, "[ ] 2026-12-04 visit: y", ["12 EUR"], 90),
        ({"cadence": "never"}, "[ ] 2026-10-04 visit: overdue", ["12 EUR"], 90),
        ({"cadence": "never"}, "[ ] 2027-01-04 visit: next year", [], 0),
    ],
)
def test_what_is_planned(
    fields: dict[str, str], log: str, planned: list[str], minutes: int, answer: Callable[..., Any]
) -> None:
    lines = answer("budget", {"anna": customer(log, **{"tier": "gold", **fields})})
    assert (lines[-1]["planned"], lines[-1]["minutes_planned"]) == (planned, minutes)


def test_steps_of_playbooks_are_planned(answer: Callable[..., Any]) -> None:
    config = (
        CONFIG
        + "playbooks: {after: {starts: sale, steps: [{after: 7 days, do: visit}, {after: 3 weeks, do: call}]}}\n"
    )
    files = {"anna": customer("2026-11-20 sale: x\n2026-11-20 call: x", tier="silver")}
    line = answer("budget", files, config)[-1]
    assert (line["planned"], line["minutes_planned"]) == (["12 EUR"], 105)


def test_what_finds_no_place_is_planned_all_the_same(answer: Callable[..., Any]) -> None:
    config = CONFIG + "capacity: {per_day: 1}\naway: 2026-11-01..2026-12-30\n"
    files = {
        f"c{number}": customer("2026-01-01 call: x", tier="gold", cadence="1 year") for number in range(3)
    }
    files |= {
        f"d{number}": customer("2025-01-01 call: x", tier="gold", cadence="1 year") for number in range(3)
    }
    assert answer("budget", files, config)[0]["planned"] == ["36 EUR"]


def test_a_campaign_is_planned_for_those_who_have_not_got_it(answer: Callable[..., Any]) -> None:
    config = CONFIG + "campaigns: {christmas: {date: --12-10, where: tier:gold}}\n"
    files = {
        "anna": customer(tier="gold", cadence="never"),
        "jan": customer("2026-11-20 card: x", tier="gold", cadence="never"),
        "ola": customer(tier="silver", cadence="never"),
    }
    assert [line["planned"] for line in answer("budget", files, config)] == [["3 PLN"], [], [], ["3 PLN"]]


@pytest.mark.parametrize(
    ("year", "spent", "planned"),
    [("2025", ["12 EUR"], []), ("2026", ["5 EUR"], ["12 EUR"]), ("2027", [], ["156 EUR"])],
)
def test_another_year(year: str, spent: list[str], planned: list[str], answer: Callable[..., Any]) -> None:
    log = "2026-11-10 visit: x [cost:: 5 EUR]\n2025-11-01 visit: x"
    line = answer(f"budget --year {year}", {"anna": customer(log, tier="gold", cadence="4 weeks")})[0]
    assert (line["year"], line["spent"], line["planned"]) == (int(year), spent, planned)


@pytest.mark.parametrize("year", ["2028", "26", "0000", "20 6", "next", "²⁰²⁶", "-2026"])
def test_a_year_that_is_none_is_refused(year: str, make_vault: MakeVault, run: Run) -> None:
    result = run("--vault", make_vault({}), "--today", DAY, "budget", f"--year={year}")
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_budget_as_a_table(said: Callable[..., str]) -> None:
    files = {
        "anna": customer("2026-11-20 visit: x [cost:: 250 EUR]\n2026-11-19 card: x", tier="gold"),
        "jan": customer("2026-11-20 call: x [minutes:: 605]", cadence="never"),
    }
    assert (
        said("budget", files)
        == """\
Budget 2026
         CUSTOMERS  BUDGET   SPENT           PLANNED  LEFT     TIME SPENT  TIME PLANNED
gold     1          200 EUR  250 EUR, 3 PLN  12 EUR   -62 EUR  1:30        1:30
silver   0          0 EUR    -               -        0 EUR    -           -
bronze   0          -        -               -        -        -           -
no tier  1          -        -               -        -        10:05       -
all      2          200 EUR  250 EUR, 3 PLN  12 EUR   -62 EUR  11:35       1:30
gold: 50 EUR over budget
"""
    )


_WEEK, _GAP = Interval(days=7), Interval(days=2)


def _day(number: int) -> date:
    return date(2026, 6, number)


@pytest.mark.parametrize(
    ("planned", "days"),
    [
        ([], []),
        ([(1, True)], [1, 8, 15, 22, 29]),
        ([(10, True)], [10, 17, 24]),
        ([(1, True), (10, False)], [1, 10, 17, 24]),  # 10 is up to two days after 8
        ([(1, True), (11, False)], [1, 8, 11, 18, 25]),  # 11 is not
        ([(3, False)], [3, 10, 17, 24]),  # it covers the first
        ([(3, False), (5, False)], [3, 5, 12, 19, 26]),
        ([(20, True), (3, False)], [3, 20, 27]),  # the cadence's own found a late place
        ([(1, True), (29, False)], [1, 8, 15, 22, 29]),
    ],
)
def test_the_contacts_ahead_of_one_customer(planned: list[tuple[int, bool]], days: list[int]) -> None:
    given = [Ahead(_day(day), "call", is_cadence) for day, is_cadence in planned]
    found = contacts_ahead(given, _WEEK, "visit", _GAP, _day(30))
    assert sorted(one.day.day for one in found) == days


def test_a_cadence_up_to_the_end_of_the_calendar_ends() -> None:
    first = date(9999, 12, 1)
    found = list(contacts_ahead([Ahead(first, None, is_cadence=True)], _WEEK, None, _GAP, date.max))
    assert [one.day.day for one in found] == [1, 8, 15, 22, 29, 31]


# Win-back

CHANGES = f"""{CONFIG}\
changes:
  - {{date: 2026-10-01, fixes: Price, text: New price list}}
  - {{date: 2026-12-01, fixes: moved, text: Second shop}}
  - {{date: 2026-06-01, fixes: price}}
  - {{fixes: price, text: Some day}}
  - {{date: 2026-10-01, text: For nothing}}
"""


def former(left: str = "", reason: str = "", log: str = "", **fields: str) -> str:
    given = {"status": "former", "left": left, "left_reason": reason, **fields}
    return customer(log, **given)


@pytest.mark.parametrize(
    ("left", "reason", "changes"),
    [
        ("2026-05-01", "price", ["New price list (since 2026-10-01)", "price (since 2026-06-01)"]),
        ("2026-06-01", "PRICE", ["New price list (since 2026-10-01)"]),
        ("2026-09-30", "Príce", ["New price list (since 2026-10-01)"]),
        ("2026-10-01", "price", []),  # not before the change
        ("2026-11-01", "price", []),
        ("", "price", []),  # nobody knows when
        ("2026-05-01", "prices", []),
        ("2026-05-01", "", []),
        ("2026-05-01", "moved", []),  # that is to come
    ],
)
def test_a_change_concerns_exactly_those_who_left_for_it(
    left: str, reason: str, changes: list[str], answer: Callable[..., Any]
) -> None:
    assert [one["changes"] for one in answer("winback", {"anna": former(left, reason)}, CHANGES)] == [changes]


def test_former_customers_as_rows(answer: Callable[..., Any]) -> None:
    files = {
        "anna": former("2026-05-01", "price", "2026-11-16 call: x", name="Anna", tier="gold"),
        "jan": customer("2026-11-16 call: x"),
        "ola": former("2026-05-01", "price", do_not_contact="true"),
    }
    assert answer("winback", files, CHANGES) == [
        {
            "customer": "anna",
            "name": "Anna",
            "path": "customers/anna.md",
            "tier": "gold",
            "left": "2026-05-01",
            "left_reason": "price",
            "last_contact": "2026-11-16",
            "next_contact": "2027-05-17",
            "changes": ["New price list (since 2026-10-01)", "price (since 2026-06-01)"],
        }
    ]


def test_former_customers_by_reason(said: Callable[..., str]) -> None:
    files = {
        "anna": former("2026-05-01", "price", name="Anna", tier="gold"),
        "bea": former("2026-09-01", "Price", "2026-11-16 call: x", name="Bea"),
        "cem": former("2026-10-05", "price", "2026-11-16 call: x", name="Cem"),
        "dan": former("2024-10-05", "moved", "2026-11-16 call: x", name="Dan"),
        "eva": former("2026-11-20", "", "2026-11-16 call: x", name="Eva"),
        "fay": former("", "bored", "2026-11-16 call: x", name="Fay"),
    }
    assert (
        said("winback", files, CHANGES)
        == """\
price (3)
New price list (since 2026-10-01): 2 left because of price: Bea, Anna
price (since 2026-06-01): 1 left because of price: Anna
  Cem   -     left 2026-10-05 (7 weeks ago)   last call 2026-11-16  next 2027-05-17
  Bea   -     left 2026-09-01 (2 months ago)  last call 2026-11-16  next 2027-05-17
  Anna  gold  left 2026-05-01 (6 months ago)  never contacted       next 2026-11-23

bored (1)
  Fay  -  left: no day noted  last call 2026-11-16  next 2027-05-17

moved (1)
  Dan  -  left 2024-10-05 (2 years ago)  last call 2026-11-16  next 2027-05-17

no reason noted (1)
  Eva  -  left 2026-11-20 (3 days ago)  last call 2026-11-16  next 2027-05-17
Note it, so that a change can bring them back: ptcrm set eva left_reason price
"""
    )


def test_nobody_left(said: Callable[..., str]) -> None:
    assert said("winback", {"anna": customer()}) == "No former customers.\n"


# Tiers

RULES = """\
currency: EUR
tiers:
  gold: {when: "revenue:>5000 or tag:opinion-leader"}
  silver: {when: "revenue:>1000"}
  bronze: {}
"""


@pytest.mark.parametrize(
    ("log", "fields", "suggested", "differs", "because"),
    [
        ("2026-11-01 sale: x [amount:: 5400 EUR]", {}, "gold", True, ["revenue 5400"]),
        ("2026-11-01 sale: x [amount:: 5400 EUR]", {"tier": "gold"}, "gold", False, ["revenue 5400"]),
        ("2026-11-01 sale: x [amount:: 5400 EUR]", {"tier": "bronze"}, "gold", True, ["revenue 5400"]),
        ("2026-11-01 sale: x [amount:: 5000 EUR]", {"tier": "gold"}, "silver", True, ["revenue 5000"]),
        (
            "2026-11-01 sale: x [amount:: 600]\n2026-10-01 sale: x [amount:: 600.50]",
            {},
            "silver",
            True,
            ["revenue 1200.50"],
        ),
        ("2026-11-01 sale: x [amount:: 9000 USD]", {}, None, False, []),
        ("2026-11-24 sale: x [amount:: 9000 EUR]", {}, None, False, []),
        ("2026-11-01 memo: x [amount:: 9000 EUR]", {}, None, False, []),
        ("", {"tags": "[Opinion-Leader, vip]"}, "gold", True, ["tag Opinion-Leader"]),
        ("", {"tier": "gold"}, None, True, []),  # its rule does not fit
        ("", {"tier": "bronze"}, None, False, []),  # which has no rule
        ("", {}, None, False, []),
    ],
)
def test_the_tier_that_the_rules_suggest(
    log: str,
    fields: dict[str, str],
    suggested: str | None,
    *,
    differs: bool,
    because: list[str],
    answer: Callable[..., Any],
) -> None:
    (row,) = answer("tiers --all", {"anna": customer(log, **fields)}, RULES)
    assert (row["suggested"], row["differs"], row["because"]) == (suggested, differs, because)
    assert row["command"] == (f"ptcrm set anna tier {suggested}" if suggested and differs else None)


@pytest.mark.parametrize(
    ("when", "because"),
    [
        ("(revenue:>5000 tag:lead) or tag:vip", ["revenue 6000", "tag lead", "tag vip"]),
        ("(revenue:>7000 tag:lead) or tag:vip", ["tag vip"]),
        ("(revenue:>5000 tag:gone) or tag:vip", ["tag vip"]),
        ("revenue:>5000 -tag:gone", ["revenue 6000"]),
        ("tag:vip,lead or tag:vip", ["tag lead, vip", "tag vip"]),
        ("since:2021", ["since 2021-03-02"]),
        ("", []),
    ],
)
def test_what_makes_a_rule_fit(when: str, because: list[str], answer: Callable[..., Any]) -> None:
    text = customer("2026-11-01 sale: x [amount:: 6000]", tags="[lead, vip]", since="2021-03-02")
    (row,) = answer("tiers --all", {"anna": text}, f'tiers: {{gold: {{when: "{when}"}}}}\n')
    assert row["because"] == because


@pytest.mark.parametrize("fields", [{"status": "former"}, {"do_not_contact": "true"}])
def test_nothing_is_suggested_for_those_outside(fields: dict[str, str], answer: Callable[..., Any]) -> None:
    files = {"anna": customer(tags="opinion-leader", **fields)}
    assert answer("tiers --all", files, RULES) == []


def test_a_sale_counts_for_the_file_it_stands_in(answer: Callable[..., Any]) -> None:
    files = {
        "anna": customer("2026-11-01 sale: x [amount:: 5400 EUR] [with:: [[jan]]]"),
        "jan": customer(tier="bronze"),
    }
    assert [row["customer"] for row in answer("tiers", files, RULES)] == ["anna"]


def test_tiers_as_a_table(make_vault: MakeVault, run: Run) -> None:
    files = {
        "anna": customer("2026-11-01 sale: x [amount:: 5400 EUR]", name="Anna", tags="opinion-leader"),
        "jan": customer(name="Jan", tier="gold"),
        "ola": customer(name="Ola", tier="bronze"),
    }
    vault = make_vault(files, RULES)
    before = {path: path.read_bytes() for path in vault.rglob("*.*")}
    shown = """\
NAME  TIER  SUGGESTED  WHY
Anna  -     gold       revenue:>5000 or tag:opinion-leader (revenue 5400; tag opinion-leader)
Jan   gold  -          does not fit: revenue:>5000 or tag:opinion-leader
"""
    end = "\nNothing was changed. To do so: ptcrm set anna tier gold\n"
    assert run("--vault", vault, "--today", DAY, "tiers").stdout == shown + end
    every = run("--vault", vault, "--today", DAY, "tiers", "--all").stdout
    assert every.splitlines()[3] == "Ola   bronze  -          no rule fits"
    assert {path: path.read_bytes() for path in vault.rglob("*.*")} == before


def test_sales_in_other_currencies_are_named(make_vault: MakeVault, run: Run) -> None:
    files = {
        "anna": customer(
            "2026-11-01 sale: x [amount:: 9000 PLN]\n2026-10-01 sale: y [amount:: 1.50 USD]", name="Anna"
        ),
        "jan": customer("2026-11-01 sale: x [amount:: 100]", name="Jan"),
        "ola": customer("2026-12-01 sale: later [amount:: 1 PLN]", name="Ola"),
        "left": customer("2026-11-01 sale: x [amount:: 1 PLN]", status="former"),
    }
    said = "`revenue` counts sales in EUR alone. Not counted: Anna 9000 PLN, 1.50 USD.\n"
    vault = make_vault(files, RULES)
    for words in (["tiers"], ["tiers", "--json"]):
        assert run("--vault", vault, "--today", DAY, *words).stderr == said
    other = make_vault(files, 'tiers: {gold: {when: "tag:vip"}}\n', name="other")
    assert run("--vault", other, "--today", DAY, "tiers").stderr == ""


def test_without_a_rule_nothing_is_suggested(said: Callable[..., str]) -> None:
    assert "has a rule" in said("tiers", {"anna": customer(tier="gold")})


# Campaigns

CHRISTMAS = f"""{CONFIG}\
campaigns:
  christmas: {{date: --12-10, where: "status:active"}}
  news: {{do: newsletter, where: "tag:news"}}
"""


@pytest.mark.parametrize(
    ("fields", "log", "state", "reason"),
    [
        ({}, "", "open", None),
        ({}, "2026-11-12 card: x", "reached", None),
        ({}, "[x] 2026-11-12 card: x", "reached", None),
        ({}, "2026-11-09 card: last season's", "open", None),
        ({}, "2026-11-12 letter: x", "open", None),
        ({"avoids": "card"}, "", "left out", "avoids card"),
        ({"avoids": "email"}, "", "open", None),
        ({"do_not_contact": "true"}, "", "left out", "do not contact"),
        ({"addresses": ""}, "", "open", "no address"),
        ({"addresses": ""}, "2026-11-12 card: given by hand", "reached", None),
        ({"avoids": "card", "addresses": ""}, "", "left out", "avoids card"),
        ({"status": "former"}, "", None, None),
    ],
)
def test_who_gets_a_campaigns_mailing(
    fields: dict[str, str], log: str, state: str | None, reason: str | None, answer: Callable[..., Any]
) -> None:
    text = customer(log, **{"addresses": "[ul. Długa 5, Hel, PL]", **fields})
    found = answer("campaign christmas", {"anna": text}, CHRISTMAS)
    assert [(one["state"], one["reason"]) for one in found] == ([(state, reason)] if state else [])


@pytest.mark.parametrize(
    ("channel", "place"),
    [
        ("card", "A 1"),
        ("visit", "A 1"),
        ("email", "a@b.example"),
        ("newsletter", "a@b.example"),
        ("call", "+48 1"),
        ("message", "+48 1"),
    ],
)
def test_where_a_mailing_goes(channel: str, place: str, said: Callable[..., str]) -> None:
    fields = {
        "addresses": "[A 1, B 2]",
        "emails": "[a@b.example, c@d.example]",
        "phones": '["+48 1", "+48 2"]',
    }
    config = f"campaigns: {{x: {{date: --12-10, do: {channel}}}}}\n"
    assert said("campaign x", {"anna": customer(**fields)}, config).splitlines()[-1] == f"  anna  {place}"


@pytest.mark.parametrize(
    ("channel", "lacking"),
    [("card", "no address"), ("newsletter", "no e-mail address"), ("message", "no phone")],
)
def test_who_cannot_be_reached_is_told_last(channel: str, lacking: str, said: Callable[..., str]) -> None:
    full = customer(addresses="A 1", emails="a@b.example", phones='"+48 1"')
    config = f"campaigns: {{x: {{date: --12-10, do: {channel}}}}}\n"
    lines = said("campaign x", {"anna": customer(), "jan": full, "ola": customer()}, config).splitlines()
    assert lines[3] == "To send (3)"
    assert lines[5:] == [f"  anna  {lacking}", f"  ola   {lacking}", f"2 of 3 have {lacking}."]


def test_a_campaign_and_the_list_of_the_day_have_the_same_people(make_vault: MakeVault, run: Run) -> None:
    files = {
        "anna": customer(addresses="A 1"),
        "bea": customer("2026-11-20 card: x"),
        "cem": customer(avoids="card", addresses="C 3"),
        "dan": customer(do_not_contact="true"),
        "eva": customer(),
        "fay": customer("2026-11-20 card: x", avoids="card"),
    }
    vault = make_vault(files, CHRISTMAS.replace("--12-10", "--11-23"))
    listed, rows = (
        json.loads(run("--vault", vault, "--today", DAY, *words, "--json").stdout)
        for words in (["due"], ["campaign", "christmas"])
    )
    (entry,) = (row for row in listed if row["kind"] == "campaign")
    assert [row["name"] for row in rows if row["state"] == "open"] == entry["members"] == ["anna", "eva"]


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        ("--12-10", "10 December 2026"),
        ("2020-12-10", "10 December 2026"),
        ("2030-12-10", "10 December 2030"),
        ("--11-10", "10 November 2026"),
        ("--10-10", "10 October 2027"),
    ],
)
def test_the_day_of_a_campaign_is_that_of_its_season(day: str, shown: str, said: Callable[..., str]) -> None:
    config = f"campaigns: {{x: {{date: {day}}}}}\n"
    assert said("campaign x", {"anna": customer()}, config).splitlines()[0] == f"x: card on {shown}"


def test_a_mailing_and_all_campaigns(make_vault: MakeVault, run: Run) -> None:
    files = {
        "anna": customer(name="Anna"),
        "bea": customer("2026-11-20 card: x", name="Bea", addresses="B 2"),
        "cem": customer(name="Cem", avoids="card", tags="news", emails="c@d.example"),
        "dan": customer(name="Dan", tags="news", addresses='["Długa 5, Hel"]'),
    }
    vault = make_vault(files, CHRISTMAS)
    assert (
        run("--vault", vault, "--today", DAY, "campaign", "christmas").stdout
        == """\
christmas: card on 10 December 2026
4 customers: 2 to send, 1 got it already, 1 left out

To send (2)
  Dan   Długa 5, Hel
  Anna  no address
1 of 2 has no address.

Got it already (1)
  Bea  B 2

Left out (1)
  Cem  avoids card
"""
    )
    assert (
        run("--vault", vault, "--today", DAY, "campaign").stdout
        == """\
NAME       DAY         CHANNEL     TO SEND  GOT IT  LEFT OUT
christmas  2026-12-10  card        2        1       1
news       -           newsletter  2        0       0
"""
    )
    rows = json.loads(run("--vault", vault, "--today", "2026-12-20", "campaign", "--json").stdout)
    assert [row["day"] for row in rows] == ["2026-12-10", None]
    rows = json.loads(run("--vault", vault, "--today", "2027-02-01", "campaign", "--json").stdout)
    assert [row["day"] for row in rows] == ["2027-12-10", None]
    assert run("--vault", vault, "--today", DAY, "campaign", "news").stdout.splitlines()[0] == (
        "news: newsletter on no day that is set"
    )


def test_there_are_no_campaigns(said: Callable[..., str]) -> None:
    assert said("campaign", {}) == "There are no campaigns in ptcrm.yaml.\n"


def test_a_campaign_that_is_not_there(make_vault: MakeVault, run: Run) -> None:
    result = run("--vault", make_vault({}, CHRISTMAS), "--today", DAY, "campaign", "chrismas")
    assert (result.exit_code, result.stdout) == (3, "")
    assert (
        result.stderr == "ptcrm: There is no campaign “chrismas” in ptcrm.yaml. Did you mean “christmas”?\n"
    )


BROKEN = 'tiers: {gold: {when: "tier:golld"}}\ncampaigns:\n  x: {date: --11-25, where: "status:active tier:golld"}\n'


@pytest.mark.parametrize(
    ("command", "place", "query", "column"),
    [
        ("campaign x", "ptcrm.yaml:3: `where` of the campaign “x”", "status:active tier:golld", 19),
        ("campaign", "ptcrm.yaml:3: `where` of the campaign “x”", "status:active tier:golld", 19),
        ("tiers", "ptcrm.yaml:1: `when` of the tier “gold”", "tier:golld", 5),
    ],
)
def test_a_query_that_cannot_be_read_is_an_error_with_its_place(
    command: str, place: str, query: str, column: int, make_vault: MakeVault, run: Run
) -> None:
    result = run("--vault", make_vault({"anna": customer()}, BROKEN), "--today", DAY, *command.split())
    assert (result.exit_code, result.stdout) == (1, "")
    first, *below = result.stderr.splitlines()
    assert first.startswith(f"ptcrm: {place} cannot be read: “golld” is no tier.")
    assert below == [f"    {query}", f"    {' ' * column}^"]


@pytest.mark.parametrize("command", ["", "due", "budget", "list", "export ics"])
def test_such_a_query_hides_nothing_else(command: str, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": customer()}, BROKEN)
    assert run("--vault", vault, "--today", DAY, *command.split()).exit_code == 0


# What a query may ask


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("", "anna jan shop"),
        ("tier:gold", "anna"),
        ("revenue:>100", "anna"),
        ("revenue:0", "jan shop"),
        ("last:>2w", "jan"),  # longer ago than two weeks
        ("last:<2w", "anna shop"),
        ("no:last", ""),
        ("log:sale", "anna"),
        ("log.count:2", "anna"),
        ("log.count:0", "shop"),
        ("company:shop", "anna"),
        ('company:"Rower & Co"', "anna"),
        ("company:rowerki", "anna"),
        ("referred_by:jan", "shop"),
        ("shoe_size:>40", "jan"),
        ("due:today", None),
    ],
)
def test_whom_a_query_finds(
    where: str, found: str | None, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    files = {
        "anna": customer(
            "2026-11-20 call: x\n2026-11-01 sale: x [amount:: 200]", tier="gold", company='"[[shop]]"'
        ),
        "jan": customer("2026-10-20 call: x [with:: [[anna]]]", shoe_size="44"),
        "shop": customer(kind="company", name="Rower & Co", aliases="Rowerki", referred_by='"[[jan]]"'),
    }
    vault = open_vault(make_vault(files, CONFIG), TODAY, None)
    asked = ConfiguredQuery(("tiers",), "the query", where, planned=False)
    if found is None:
        with pytest.raises(QueryError):
            vault.customers_by(asked)
    else:
        assert [one.id for one in vault.customers_by(asked)] == found.split()


@pytest.mark.parametrize(
    ("fields", "questions"),
    [
        (set(), 0),
        ({"tier", "tag"}, 0),
        ({"last"}, 1),
        ({"revenue"}, 1),
        ({"log", "log.count"}, 1),
        ({"last", "revenue", "log"}, 3),
    ],
)
def test_nothing_is_read_that_no_query_asks_for(
    fields: set[str], questions: int, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    files = {f"c{number}": customer("2026-11-20 sale: x [amount:: 200]") for number in range(20)}
    vault = open_vault(make_vault(files), TODAY, None)
    customers = list(vault.cache.customers())
    asked: list[str] = []
    vault.cache.database.set_trace_callback(asked.append)
    facts = known(vault.index, frozenset(fields), customers, {}, currency="EUR", today=TODAY)
    for one in customers:
        for field in fields:
            facts(one)(field)
    assert len(asked) == questions


def test_a_campaign_that_cannot_be_read_hides_no_other(make_vault: MakeVault, run: Run) -> None:
    config = (
        "tiers: {gold: {}}\ncampaigns: {bad: {date: --12-01, where: 'tier:golld'}, good: {date: --12-10}}\n"
    )
    result = run("--vault", make_vault({"anna": customer()}, config), "--today", DAY, "campaign")
    assert result.exit_code == 1
    assert "good" in result.stdout
    assert "bad" not in result.stdout
    assert "“golld” is no tier" in result.stderr
    assert result.stderr.count("ptcrm.yaml:2:") == 1


def test_the_budget_of_next_year_has_a_campaign_that_is_still_to_come_in_this(
    make_vault: MakeVault, run: Run
) -> None:
    config = "start: 2021-01-01\ntiers: {gold: {}}\nchannels: {card: {cost: 4 EUR}}\ncampaigns: {c: {date: --12-01}}\n"
    vault = make_vault({"anna": "---\nname: Anna\ntier: gold\ncadence: never\n---\n"}, config)
    for year, planned in (("2026", ["4 EUR"]), ("2027", ["4 EUR"])):
        result = run("--vault", vault, "--today", DAY, "budget", "--year", year, "--json")
        (gold,) = [one for one in json.loads(result.stdout) if one["tier"] == "gold"]
        assert (year, gold["planned"]) == (year, planned)
