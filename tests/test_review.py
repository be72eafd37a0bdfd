"""The figures of a review: against plain loops over the sample vault, and where they come near their edges."""

from __future__ import annotations

import json
import shlex
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ptcrm.cli import cli
from ptcrm.formats.columns import REVIEWED
from ptcrm.model.config import Config
from ptcrm.model.customer import Customer
from ptcrm.reports.review.book import Book, Referred
from ptcrm.reports.review.referrals import referrals
from ptcrm.reports.review.values import Period
from tests.conftest import DAY, SAMPLE, MakeVault, Run
from tests.review_oracle import Oracle
from tests.test_docs import blocks, page

TODAY = date.fromisoformat(DAY)
PERIODS = [
    ("2025-11-24", DAY),
    ("2026-01-01", "2026-06-30"),
    ("2021-01-01", "2026-12-31"),
    ("2026-02-01", "2026-02-01"),
]
CONFIG = """\
start: 2021-01-01
timezone: Europe/Warsaw
tiers:
  gold: {cadence: 3 weeks, budget: 200 EUR/year}
  silver: {cadence: 6 weeks}
"""


def customer(*log: str, tasks: str = "", **fields: str) -> str:
    """A customer's file with these fields, these tasks, and a log of these lines."""
    given = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"---\n{given}---\n\n{tasks}\n\n## Log\n\n" + "".join(f"- {line}\n" for line in log)


@pytest.fixture
def answer(make_vault: MakeVault, run: Run) -> Callable[..., Any]:
    """`answer("retention", customers, options)`: what `review retention` says as JSON."""

    def call(figure: str, customers: dict[str, str], *options: str, config: str = CONFIG) -> Any:  # noqa: ANN401  # it is JSON
        vault = make_vault(customers, config)
        result = run("--vault", vault, "--today", DAY, "review", figure, *options, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return call


# Against plain loops


@pytest.fixture(scope="module", params=PERIODS, ids=" to ".join)
def both(request: pytest.FixtureRequest) -> tuple[Any, Oracle]:
    """What `review --json` says of the sample vault, and the oracle, for one period."""
    first, last = request.param
    call = [
        "--no-cache",
        "--vault",
        str(SAMPLE),
        "--today",
        DAY,
        "review",
        "--from",
        first,
        "--to",
        last,
        "--json",
    ]
    result = CliRunner().invoke(cli, call)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), Oracle(
        SAMPLE, date.fromisoformat(first), date.fromisoformat(last), TODAY
    )


Both = tuple[Any, Oracle]
_NO_COHORT: dict[str, Any] = {"customers": 0, "kept": []}


def money(words: list[str]) -> dict[str, Decimal]:
    return {one.split()[1]: Decimal(one.split()[0]) for one in words}


def test_follow_ups_within_the_cadence_are_those_of_a_walk_day_by_day(both: Both) -> None:
    said, oracle = both[0]["consistency"], both[1]
    counts = oracle.follow_ups()
    months = {(tier, month) for tier, month, _ in counts}
    assert {(one["tier"], one["month"]): (one["within"], one["due"]) for one in said["months"]} == {
        (tier, month): (counts[tier, month, True], counts[tier, month, True] + counts[tier, month, False])
        for tier, month in months
    }
    assert said["due"] == counts.total()
    assert said["within"] == sum(counts[key] for key in counts if key[2])


def test_promises_are_those_of_the_tasks(both: Both) -> None:
    said = both[0]["consistency"]["promises"]
    assert Counter(one["state"] for one in said["follow_ups"]) == both[1].promises()
    assert said["kept"] == both[1].promises()["kept"]


def test_customers_at_the_start_and_the_end_are_counted_one_by_one(both: Both) -> None:
    said, oracle = both[0]["retention"], both[1]
    before = date.fromordinal(oracle.first.toordinal() - 1)
    start = {one.id for one in oracle.people if oracle.is_customer(one, before)}
    end = {one.id for one in oracle.people if oracle.is_customer(one, oracle.last)}
    assert (said["start"], said["end"]) == (len(start), len(end))
    assert (said["new"], said["left"]) == (len(end - start), len(start - end))
    moved = {
        state: {one["customer"] for one in said["customers"] if one["state"] == state}
        for state in ("new", "left")
    }
    assert moved == {"new": end - start, "left": start - end}
    assert said["rate"] == (round(len(start & end) / len(start), 3) if start else None)
    assert (said["repeat"]["buyers"], said["repeat"]["again"]) == oracle.buyers()


def test_cohorts_are_those_who_began_in_a_year(both: Both) -> None:
    said, oracle = both[0]["retention"]["cohorts"], both[1]

    def at_the_end_of(year: int) -> set[str]:
        day = min(date(year, 12, 31), oracle.last)
        return {one.id for one in oracle.people if oracle.is_customer(one, day)}

    years = range(said[0]["year"], oracle.last.year + 1)
    known = set[str]()
    for year in years:
        cohort = next((one for one in said if one["year"] == year), _NO_COHORT)
        began: set[str] = at_the_end_of(year) - known
        known |= began
        assert cohort["customers"] == len(began)
        assert {one["year"]: one["customers"] for one in cohort["kept"]} == {
            later: len(began & at_the_end_of(later)) for later in years if later >= year and began
        }


def test_what_gave_and_what_asked_is_counted_entry_by_entry(both: Both) -> None:
    said, oracle = both[0]["value"], both[1]
    counts = oracle.given_and_asked()
    assert {one["customer"]: (one["gave"], one["asked"]) for one in said["customers"]} == counts
    assert said["gave"] == sum(gave for gave, _ in counts.values())
    assert said["asked"] == sum(asked for _, asked in counts.values())


def test_contacts_by_channel_are_counted_entry_by_entry(both: Both) -> None:
    said, oracle = both[0]["channels"], both[1]
    assert {
        one["channel"]: (one["contacts"], one["came_in"]) for one in said["channels"]
    } == oracle.by_channel()
    assert {(one["customer"], one["channel"]) for one in said["customers"]} == oracle.thrice()


def test_effort_is_added_up_entry_by_entry(both: Both) -> None:
    said, oracle = both[0]["effort"], both[1]
    expected = oracle.effort()
    for one in said["customers"]:
        found = one["contacts"], one["minutes"], money(one["cost"]), money(one["revenue"])
        assert found == expected.pop(one["customer"]), one["customer"]
    assert not any(contacts or revenue for contacts, _, _, revenue in expected.values())
    contacts = Counter[str]()
    for one in oracle.people:
        contacts[oracle.group(one)] += oracle.effort()[one.id][0]
    assert {one["tier"]: one["made"] for one in said["tiers"]} == {
        tier: contacts[tier] for tier in {*map(oracle.group, oracle.people)}
    }


def test_the_tree_has_what_those_below_have_paid(both: Both) -> None:
    said, oracle = both[0]["referrals"]["customers"], both[1]
    known = {one.id: one for one in oracle.people}
    expected = {each.id for one in oracle.people for each in (one, *oracle.below(one)) if oracle.below(one)}
    assert {one["customer"] for one in said} == expected
    for one in said:
        below = oracle.below(known[one["customer"]])
        assert one["people"] == len(below)
        assert money(one["below"]) == oracle.paid(below)
        assert money(one["revenue"]) == oracle.paid([known[one["customer"]]])


def test_feedback_is_counted_line_by_line(both: Both) -> None:
    said = both[0]["feedback"]
    assert (
        Counter({state: said[state] for state in ("open", "closed", "told", "noted") if said[state]})
        == both[1].feedback()
    )


# Edges


FIGURES = tuple(REVIEWED)


@pytest.mark.parametrize("figure", ["", *FIGURES])
def test_of_nobody_there_is_nothing_to_say(figure: str, make_vault: MakeVault, run: Run) -> None:
    result = run("--vault", make_vault({}, CONFIG), "--today", DAY, "review", *figure.split())
    assert result.exit_code == 0
    assert "0 customers" in result.stdout
    assert "What to do" not in result.stdout


def test_the_last_day_that_there_is(make_vault: MakeVault, run: Run) -> None:
    """Its week is not whole."""
    vault = make_vault({"anna": customer("9999-12-31 call: The end")}, CONFIG)
    result = run("--vault", vault, "--today", "9999-12-31", "review", "channels")
    assert (result.exit_code, "1 contact," in result.stdout) == (0, True), result.output


@pytest.mark.parametrize("figure", ["consistency", "retention"])
def test_there_is_no_share_of_nothing(figure: str, answer: Callable[..., Any]) -> None:
    assert answer(figure, {})["rate"] is None


def test_one_customer_without_a_sale(answer: Callable[..., Any]) -> None:
    files = {"anna": customer("2026-11-02 call: x", since="2025-01-01")}
    found = answer("retention", files)
    assert (found["start"], found["end"], found["rate"]) == (1, 1, 1.0)
    assert found["repeat"] == {"rate": None, "again": 0, "buyers": 0, "customers": []}


def test_all_have_left(answer: Callable[..., Any]) -> None:
    gone = customer(since="2024-01-01", status="former", left="2026-03-01", left_reason="price")
    found = answer("retention", {"anna": gone, "jan": gone})
    assert (found["rate"], found["start"], found["left"], found["end"]) == (0.0, 2, 2, 0)
    assert found["reasons"] == [{"reason": "price", "customers": ["anna", "jan"]}]
    assert [one["kept"] for one in found["cohorts"]] == [
        [
            {"year": 2024, "customers": 2, "rate": 1.0},
            {"year": 2025, "customers": 2, "rate": 1.0},
            {"year": 2026, "customers": 0, "rate": 0.0},
        ]
    ]


def test_who_left_without_a_day_counts_nowhere(answer: Callable[..., Any]) -> None:
    found = answer("retention", {"anna": customer("2024-01-01 sale: x", status="former"), "jan": customer()})
    assert (found["start"], found["end"]) == (0, 0)
    assert [(one["customer"], one["state"]) for one in found["customers"]] == [
        ("anna", "undated"),
        ("jan", "undated"),
    ]


@pytest.mark.parametrize(
    ("since", "expected"),
    [("2026-03-31", (1, 0)), ("2026-04-01", (0, 1)), (DAY, (0, 1)), ("2026-11-24", (0, 0))],
)
def test_a_customer_is_one_from_the_first_day_on(
    since: str, expected: tuple[int, int], answer: Callable[..., Any]
) -> None:
    """Start and new."""
    found = answer("retention", {"anna": customer(since=since)}, "--from", "2026-04-01")
    assert (found["start"], found["new"]) == expected


def test_what_was_given_has_cards_too(answer: Callable[..., Any]) -> None:
    log = [
        "2026-11-02 card: x [cost:: 3 EUR]",
        "2026-11-01 gift: x [cost:: 9 PLN] [minutes:: 5]",
        "2026-10-30 call: x",
    ]
    given = answer("effort", {"anna": customer(*log)})["given"]
    assert [(one["channel"], one["times"], one["cost"], one["minutes"]) for one in given] == [
        ("card", 1, ["3 EUR"], 0),
        ("gift", 1, ["9 PLN"], 5),
    ]


def test_a_prospect_is_no_customer(answer: Callable[..., Any]) -> None:
    found = answer("retention", {"anna": customer("2026-01-02 call: x", status="prospect")})
    assert (found["start"], found["end"], found["customers"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("fields", "log", "first", "expected"),
    [
        ({}, ["2026-05-01 sale: y"], "2026-04-01", (0, 1, 1)),  # left, and bought again
        ({}, ["2026-05-01 sale: y"], "2026-01-01", (1, 1, 1)),  # both within the period
        ({"since": "2026-05-01"}, [], "2026-04-01", (0, 1, 1)),  # since tells of the second time
        ({}, ["2026-05-01 call: y"], "2026-04-01", (1, 1, 0)),  # nothing says that she ever left
    ],
)
def test_who_left_and_came_back(
    fields: dict[str, str],
    log: list[str],
    first: str,
    expected: tuple[int, int, int],
    answer: Callable[..., Any],
) -> None:
    """Start, end, back."""
    files = {
        "anna": customer("2024-02-03 sale: x", *log, **{"left": "2026-03-01", "status": "active", **fields})
    }
    found = answer("retention", files, "--from", first)
    assert (found["start"], found["end"], found["back"]) == expected
    assert found["start"] - found["left"] + found["new"] == found["end"]


def test_a_sale_to_a_former_customer_is_named_and_is_no_return(answer: Callable[..., Any]) -> None:
    files = {"anna": customer("2026-05-01 sale: y", since="2024-01-01", status="former", left="2026-03-01")}
    found = answer("retention", files, "--from", "2026-01-01")
    assert found["end"] == 0
    assert {(one["state"], one["day"], one["line"]) for one in found["customers"]} == {
        ("left", "2026-03-01", 4),
        ("unclear", "2026-05-01", 11),
    }


def test_who_came_and_left_within_the_period(answer: Callable[..., Any]) -> None:
    files = {"anna": customer(since="2026-02-01", status="former", left="2026-03-01")}
    found = answer("retention", files, "--from", "2026-01-01")
    assert (found["start"], found["new"], found["left"], found["end"], found["brief"]) == (0, 0, 0, 0, 1)


@pytest.mark.parametrize("figure", FIGURES)
def test_what_is_yet_to_come_changes_nothing(figure: str, answer: Callable[..., Any], tmp_path: Path) -> None:
    past = ["2026-11-02 call: x", "2026-10-01 sale: x [amount:: 5 EUR]"]
    ahead = [
        "2026-12-24 gift (value): x",
        "2027-01-02 sale: x [amount:: 7 EUR]",
        "2026-12-01 feedback (in): x",
    ]
    now = answer(figure, {"anna": customer(*past, since="2025-01-01")})
    shutil.rmtree(tmp_path / "vault")
    assert answer(figure, {"anna": customer(*past, *ahead, since="2025-01-01")}, "--to", "2027-12-31") | {
        "days": 0
    } == now | {"days": 0}


def test_currencies_stand_apart(answer: Callable[..., Any]) -> None:
    log = [
        "2026-11-02 sale: x [amount:: 5 PLN]",
        "2026-11-01 sale: x [amount:: 7.50]",
        "2026-10-01 sale: x [amount:: 2 PLN]",
    ]
    files = {
        "anna": customer(*log),
        "jan": customer("2026-11-03 sale: x [amount:: 1 CHF]", referred_by="'[[anna]]'"),
    }
    assert answer("effort", files)["customers"][0]["revenue"] == ["7.50 EUR", "7 PLN"]


def test_the_tree_of_two_who_brought_each_other(answer: Callable[..., Any]) -> None:
    sale = "2026-11-03 sale: x [amount:: 1 CHF]"
    files = {
        "anna": customer(sale, referred_by="'[[jan]]'"),
        "jan": customer(referred_by="'[[anna]]'"),
        "zoe": customer(referred_by="'[[zoe]]'"),
    }
    found = answer("referrals", files)["customers"]
    assert [(one["customer"], one["depth"], one["people"], one["below"]) for one in found] == [
        ("anna", 0, 1, []),
        ("jan", 1, 0, []),
    ]


def test_a_long_chain_is_no_deep_recursion() -> None:
    people = [Customer(f"c{number}", f"C{number:04}", f"c{number}.md") for number in range(3000)]
    referred = {f"c{number}.md": Referred(f"c{number - 1}.md", 2) for number in range(1, 3000)}
    found = referrals(Book(Period(TODAY, TODAY), TODAY, Config(), people, {}, {}, {}, referred, {})).tree
    assert (found[0].people, found[-1].depth, found[-1].customer.id) == (2999, 2999, "c2999")


def test_who_will_leave_is_still_there(answer: Callable[..., Any]) -> None:
    found = answer("retention", {"anna": customer(since="2025-01-01", left="2027-01-01")})
    assert (found["start"], found["end"]) == (1, 1)


# What counts as a follow-up


@pytest.mark.parametrize(
    ("log", "within", "missed", "longest"),
    [
        (["2026-10-01 call: x", "2026-10-22 call: x"], 1, 1, None),  # on the day; then 12 November has passed
        (["2026-10-01 call: x", "2026-10-23 call: x", "2026-11-10 call: y"], 1, 1, 22),
        (
            ["2026-11-01 call: x", "2026-11-02 call: x", "2026-11-02 email: x"],
            1,
            0,
            None,
        ),  # one day counts once
        (["2026-11-01 call: x", "2026-11-09 call (no answer): x"], 0, 1, None),
        (["2026-11-02 call: x"], 0, 0, None),  # due today: there is time
        (["2026-11-01 call: x"], 0, 1, None),
        (["2026-09-01 call: x"], 0, 3, None),  # a silence counts for each cadence that passes in it
    ],
)
def test_follow_ups_made_and_missed(
    log: list[str], within: int, missed: int, longest: int | None, answer: Callable[..., Any]
) -> None:
    found = answer("consistency", {"anna": customer(*log, tier="gold", since=log[0][:10])})
    assert (found["within"], found["due"] - found["within"]) == (within, missed)
    assert bool(found["silences"]) is bool(missed)
    if longest:
        assert [(one["days"], one["to"]) for one in found["silences"]] == [(longest, "2026-10-23")]


def test_silence_before_the_start_is_nobodys_fault(answer: Callable[..., Any]) -> None:
    files = {"anna": customer("2019-01-01 call: x", tier="gold")}
    found = answer("consistency", files, config=CONFIG.replace("2021-01-01", "2026-11-01"))
    assert (found["due"], [one["days"] for one in found["silences"]]) == (1, [22])


@pytest.mark.parametrize(
    "field", ["status: paused", "do_not_contact: true", "cadence: never", "kind: company"]
)
def test_whom_no_cadence_asks_for_is_not_followed_up(field: str, answer: Callable[..., Any]) -> None:
    name, _, value = field.partition(": ")
    assert answer("consistency", {"anna": customer("2026-01-01 call: x", **{name: value})})["due"] == 0


def test_a_contact_made_with_somebody_counts_for_both(answer: Callable[..., Any]) -> None:
    files = {
        "anna": customer("2026-11-01 call: x", tier="gold"),
        "jan": customer("2026-11-15 visit: x [with:: [[anna]]]"),
    }
    found = next(one for one in answer("consistency", files)["customers"] if one["customer"] == "anna")
    assert (found["within"], found["lines"]) == (1, ["customers/jan.md:8"])


def test_promises(answer: Callable[..., Any]) -> None:
    tasks = """\
- [x] 2026-11-01 call: kept [done:: 2026-10-30]
- [x] 2026-11-02 call: late [done:: 2026-11-05]
- [ ] 2026-11-03 call: open
- [-] 2026-11-04 call: dropped
- [ ] 2026-11-23 call: today
- [ ] 2026-11-05 feedback: came
"""
    found = answer("consistency", {"anna": customer(tasks=tasks)})["promises"]
    assert [(one["text"], one["state"], one["line"]) for one in found["follow_ups"]] == [
        ("kept", "kept", 4),
        ("late", "late", 5),
        ("open", "open", 6),
    ]
    assert (found["kept"], found["due"], found["rate"]) == (1, 3, 0.333)


# Value, channels, effort, feedback


@pytest.mark.parametrize(
    ("entry", "gave", "asked"),
    [
        ("email (value): x", 1, 0),
        ("email (pitch): x", 0, 1),
        ("email (value, pitch): x", 1, 1),
        ("gift: x", 1, 0),
        ("article: x", 1, 0),
        ("card: x", 0, 0),
        ("gift (in): x", 0, 0),
        ("call (no answer, value): x", 0, 0),
        ("call (no answer, pitch): x", 0, 0),
    ],
)
def test_what_gives_and_what_asks(entry: str, gave: int, asked: int, answer: Callable[..., Any]) -> None:
    found = answer("value", {"anna": customer(f"2026-11-02 {entry}")})
    assert (found["gave"], found["asked"]) == (gave, asked)


def test_a_channel_may_give_or_not(answer: Callable[..., Any]) -> None:
    config = CONFIG + "channels: {gift: {value: false}, call: {value: true}}\n"
    found = answer("value", {"anna": customer("2026-11-02 gift: x", "2026-11-01 call: x")}, config=config)
    assert found["customers"][0]["lines_gave"] == ["customers/anna.md:9"]


@pytest.mark.parametrize(
    ("log", "first"),
    [
        (["2026-11-02 gift: x", "2026-11-01 call (pitch): x"], False),
        (["2026-11-02 call (pitch): x", "2026-11-01 gift: x"], True),
        (["2026-11-02 call (pitch): x"], True),
        (["2026-11-02 call (value, pitch): x"], False),
        (["2026-11-02 gift: x"], False),
    ],
)
def test_who_is_to_be_given_something_first(log: list[str], first: bool, answer: Callable[..., Any]) -> None:
    found = answer("value", {"anna": customer(*log)})["customers"]
    assert [one["give_first"] for one in found] == [first]


@pytest.mark.parametrize(
    ("log", "running"),
    [
        ("call call call", True),
        ("call call", False),
        ("email call call call", True),
        ("call email call call", False),
        ("contact contact contact", False),  # nobody knows by what
    ],
)
def test_three_times_the_same(log: str, running: bool, answer: Callable[..., Any]) -> None:
    entries = [f"2026-11-{day:02} {channel}: x" for day, channel in enumerate(log.split(), 1)]
    entries.append("2026-11-20 message (in): x")  # what comes in changes nothing
    assert bool(answer("channels", {"anna": customer(*entries)})["customers"]) is running


def test_much_work_and_much_return(answer: Callable[..., Any]) -> None:
    calls = [f"2026-11-{day:02} call: x" for day in range(1, 9)]
    files = {
        "busy": customer(*calls),
        "earns": customer(*calls, "2026-11-09 sale: x [amount:: 10 EUR]"),
        "brings": customer(*calls),
        "brought": customer("2026-01-01 call: x", referred_by="'[[brings]]'"),
        "easy": customer("2026-11-09 sale: x [amount:: 900 EUR]"),
    }
    found = {one["customer"]: one["verdict"] for one in answer("effort", files)["customers"]}
    assert found["easy"] == "little work"
    assert {found["earns"], found["brings"], found["brought"]} == {None}


def test_a_tiers_plan_and_budget_are_in_proportion(answer: Callable[..., Any]) -> None:
    log = ["2026-11-02 gift: x [cost:: 40 EUR]", "2026-11-05 call: x [minutes:: 20]"]
    files = {
        "anna": customer(*log, tier="gold", since="2020-01-01"),
        "jan": customer(tier="gold", since="2026-11-13"),
    }
    gold, *_ = answer("effort", files, "--from", "2026-11-03")["tiers"]
    assert gold == {
        "tier": "gold",
        "customers": 2,
        "planned": round(21 / 21 + 11 / 21),
        "made": 1,
        "budget": [f"{Decimal(400) * 21 / 365:.2f} EUR"],
        "cost": [],
        "minutes": 20,
    }


def test_feedback_open_closed_told_and_noted(answer: Callable[..., Any]) -> None:
    tasks = """\
- [ ] 2026-11-01 feedback: open
- [x] 2026-11-02 feedback: closed [done:: 2026-11-03]
- [x] 2026-11-04 feedback: told [done:: 2026-11-05] [told:: 2026-11-06]
- [x] 2026-11-05 feedback: not yet [done:: 2026-11-06] [told:: 2026-12-24]
- [-] 2026-11-06 feedback: dropped
"""
    log = [
        "2026-11-01 feedback (in): has a task",
        "2026-11-07 feedback (in): noted",
        "2026-11-08 feedback: x [told:: 2026-11-09]",
    ]
    found = answer("feedback", {"anna": customer(*log, tasks=tasks)})
    assert [(one["came"][-2:], one["state"]) for one in found["customers"]] == [
        ("01", "open"),
        ("02", "closed"),
        ("04", "told"),
        ("05", "closed"),
        ("07", "noted"),
        ("08", "told"),
    ]
    assert found["customers"][0]["due"] == "2026-11-08"


# The command


def test_a_period_is_the_last_twelve_months(run: Run) -> None:
    found = json.loads(run("--vault", SAMPLE, "--today", DAY, "review", "--json").stdout)["period"]
    assert found == {"from": "2025-11-24", "to": "2026-11-23", "days": 365}
    found = json.loads(
        run("--vault", SAMPLE, "--today", DAY, "review", "--to", "2024-02-29", "--json").stdout
    )["period"]
    assert found == {"from": "2023-03-01", "to": "2024-02-29", "days": 366}


def test_each_figure_is_the_one_of_the_whole_review(run: Run) -> None:
    whole = json.loads(run("--vault", SAMPLE, "--today", DAY, "review", "--json").stdout)
    assert [*whole] == ["period", "customers", *FIGURES]
    for figure in FIGURES:
        alone = run("--vault", SAMPLE, "--today", DAY, "review", figure, "--json").stdout
        assert json.loads(alone) == whole[figure]


def test_a_query_narrows_all_of_it(run: Run) -> None:
    call = ["--vault", SAMPLE, "--today", DAY, "review", "--where", "tier:gold", "--json"]
    found = json.loads(run(*call).stdout)
    gold = run("--vault", SAMPLE, "--today", DAY, "list", "tier:gold", "--ids").stdout.split()
    assert found["customers"] == len(gold)
    assert {one["tier"] for one in found["consistency"]["months"]} == {"gold"}
    assert found["effort"]["tiers"][0]["customers"] == len(gold)
    assert {one["customer"] for one in found["effort"]["customers"]} <= {*gold}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("review --from tomorrow", "The first day, 2026-11-24, is after today"),
        (
            "review --from 2026-05-01 --to 2026-04-01",
            "The first day, 2026-05-01, is after the last, 2026-04-01",
        ),
        ("review --from soon", "“soon” is no day"),
        ("review --year 2027", "2027 is too far ahead: this one is 2026"),
        ("review --year 2026 --from 2026-01-01", "leave out --from and --to"),
        ("review --where tier:golld", "golld"),
        ("review --json value", "Options stand behind the figure: ptcrm review value"),
        ("review sales", "sales"),
    ],
)
def test_what_cannot_be_reviewed(words: str, said: str, run: Run) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, *words.split())
    assert result.exit_code == 2
    assert said in result.stderr
    assert not result.stdout


def test_every_line_of_a_figure_is_one_of_a_file(run: Run) -> None:
    """The evidence leads to lines that say it: each line of an entry holds a day."""
    found = json.loads(run("--vault", SAMPLE, "--today", DAY, "review", "--json").stdout)
    places = {
        place
        for one in FIGURES
        for row in found[one]["customers"]
        for key in ("lines", "lines_gave", "lines_asked")
        for place in row.get(key, ())
    }
    assert len(places) > 100
    for place in places:
        path, _, line = place.rpartition(":")
        assert "202" in (SAMPLE / path).read_text(encoding="utf-8").split("\n")[int(line) - 1]


def test_one_who_brought_somebody_is_one(make_vault: MakeVault, run: Run) -> None:
    anna, jan = "---\nname: Anna\n---\n", '---\nname: Jan\nreferred_by: "[[anna]]"\n---\n'
    for brought, says in (({"jan": jan}, "1 customer was"), ({"jan": jan, "zoe": jan}, "2 customers were")):
        vault = make_vault({"anna": anna, **brought}, name=f"of-{len(brought)}")
        said = run("--vault", vault, "--today", DAY, "review", "referrals").stdout
        assert f"{says} brought by 1 other; 0 of them" in said


# The letter


@pytest.fixture
def commands(run: Run) -> list[str]:
    """The commands that the letter and the figures suggest."""
    found = json.loads(run("--vault", SAMPLE, "--today", DAY, "review", "--year", "2026", "--json").stdout)
    texts = [run("--vault", SAMPLE, "--today", DAY, "review", figure).stdout for figure in FIGURES]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.startswith("    ptcrm ")]
    assert lines
    return [*(one["command"] for one in found["suggestions"]), *lines]


def test_each_suggestion_works(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    done = {shlex.split(one)[1] for one in commands}
    assert {"brief", "set", "done", "edit", "winback"} <= done
    for number, one in enumerate(dict.fromkeys(commands)):
        vault = tmp_path / str(number)
        shutil.copytree(SAMPLE, vault)
        result = run("--vault", vault, "--today", DAY, *shlex.split(one)[1:])
        assert result.exit_code == 0, (one, result.stderr)


def test_the_letter_of_a_year_that_is_over(run: Run) -> None:
    said = run("--vault", SAMPLE, "--today", DAY, "review", "--year", "2025").stdout
    assert said.startswith("# 2025\n\nBetween 1 January and 31 December 2025 you were in touch ")
    assert run("--vault", SAMPLE, "--today", DAY, "review", "--year", "2026").stdout.startswith(
        "# 2026 so far\n"
    )


def test_the_letter_of_nobody(make_vault: MakeVault, run: Run) -> None:
    said = run("--vault", make_vault({}, CONFIG), "--today", DAY, "review", "--year", "2026").stdout
    assert "Nothing that the logs tell of." in said
    assert "Nobody: every cadence is kept." in said
    assert said.endswith("None. Go on like this.\n")


def test_a_name_is_no_markup_in_the_letter(make_vault: MakeVault, run: Run) -> None:
    anna = customer("2026-01-01 call: x", name="'*Anna* [x](y) <b>'", tier="gold")
    said = run(
        "--vault", make_vault({"anna": anna}, CONFIG), "--today", DAY, "review", "--year", "2026"
    ).stdout
    assert r"\*Anna\* \[x\](y) \<b\>" in said


# The page


def test_the_worked_example_is_as_the_page_says(make_vault: MakeVault, run: Run) -> None:
    file, shown = (one.text for one in blocks(page("review")) if one.heading == "A worked example")
    vault = make_vault({"ada": file}, "start: 2026-09-01\ntimezone: Europe/Warsaw\n")
    printed = run("--vault", vault, "--today", DAY, "review", "--from", "2026-09-01").stdout
    assert shown
    assert printed.startswith(shown)
    consistency = json.loads(run("--vault", vault, "--today", DAY, "review", "consistency", "--json").stdout)
    assert (consistency["within"], consistency["due"]) == (2, 3)
    assert [one["state"] for one in consistency["promises"]["follow_ups"]] == ["late"]
    assert [(one["from"], one["to"], one["days"]) for one in consistency["silences"]] == [
        ("2026-10-05", "2026-11-09", 35)
    ]
    value = json.loads(run("--vault", vault, "--today", DAY, "review", "value", "--json").stdout)
    assert value["customers"][0]["give_first"]
