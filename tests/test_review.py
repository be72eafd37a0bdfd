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

from tests.conftest import DAY, SAMPLE, MakeVault, Run
from tests.review_oracle import Oracle

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
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Oracle]:
    """What `review --json` says of the sample vault, and the oracle, for one period."""
    from click.testing import CliRunner

    from ptcrm.cli import cli

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
    for cohort in said:
        began = [
            one
            for one in oracle.people
            if any(
                oracle.is_customer(
                    one, date(cohort["year"], 12, 31) if cohort["year"] < oracle.last.year else oracle.last
                )
                for _ in [0]
            )
            and not oracle.is_customer(one, date(cohort["year"] - 1, 12, 31))
        ]
        assert cohort["customers"] == len(began)
    assert said or oracle.last.year < 2021


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
