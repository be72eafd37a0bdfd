"""Reminders ahead of occasions, years as a customer, and campaigns: what is listed when, and when it goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from tests.conftest import MakeVault, Run

CONFIG = """\
start: 2021-01-01
tiers: {gold: {cadence: 3 weeks}, silver: {}, bronze: {}}
occasions: {lead: {birthday: 7 days, wedding: 1 month, campaign: 14 days, summer: 3 days}, customer_years: [1, 5]}
campaigns:
  christmas: {date: --12-10, do: card, where: "tier:gold,silver"}
  summer: {date: --07-01, do: newsletter, where: "tier:gold"}
"""
Due = Callable[..., list[str]]


@pytest.fixture
def due(make_vault: MakeVault, run: Run) -> Due:
    """`due(customers, day, words…)`: the lines of `due` as `kind: what, due day`."""

    def ask(customers: dict[str, str], today: str, *words: str, config: str = CONFIG) -> list[str]:
        vault = make_vault(customers, config, name=f"vault {today} {len(words)}")
        result = run("--vault", vault, "--today", today, *(words or ("due",)), "--json")
        rows = json.loads(result.stdout)
        return [f"{one['kind']}: {one['text'] or ', '.join(one['members'])}, {one['due']}" for one in rows]

    return ask


def anna(front: str = "", log: str = "", tier: str = "gold") -> str:
    return f"---\nname: Anna\ncadence: never\ntier: {tier}\n{front}---\n## Log\n{log}"


BORN = "birthday: 1984-05-17\n"


@pytest.mark.parametrize(
    ("front", "log", "today", "listed"),
    [
        (BORN, "", "2027-05-09", []),
        (BORN, "", "2027-05-10", ["lead: birthday on 2027-05-17, 2027-05-10"]),
        (BORN, "", "2027-05-16", ["lead: birthday on 2027-05-17, 2027-05-10"]),
        (BORN, "", "2027-05-17", []),
        (BORN, "- 2027-05-10 card: Posted\n", "2027-05-12", []),
        (BORN, "- 2027-05-10 gift: Posted\n", "2027-05-12", []),
        (BORN, "- 2027-05-09 card: For something else\n", "2027-05-12", ["lead: birthday on 2027-05-17, 2027-05-10"]),
        (BORN, "- 2027-05-11 call: No card\n", "2027-05-12", ["lead: birthday on 2027-05-17, 2027-05-10"]),
        (BORN + "mute: birthday\n", "", "2027-05-12", []),
        (BORN + "mute_until: 2027-06-01\n", "", "2027-05-12", []),
        (BORN + "do_not_contact: true\n", "", "2027-05-12", []),
        ("birthday: --01-03\n", "", "2026-12-29", ["lead: birthday on 2027-01-03, 2026-12-27"]),
        ("birthday: 1984-02-29\n", "", "2027-02-21", ["lead: birthday on 2027-02-28, 2027-02-21"]),
        ("occasions: wedding 2012-09-30\n", "", "2027-08-30", ["lead: wedding on 2027-09-30, 2027-08-30"]),
        ("occasions: opening 2012-09-30\n", "", "2027-09-29", []),
    ],
)  # fmt: skip
def test_a_reminder_stands_until_a_card_is_sent_or_the_day_comes(
    due: Due, front: str, log: str, today: str, listed: list[str]
) -> None:
    assert due({"anna": anna(front, log, tier="plain")}, today) == listed


@pytest.mark.parametrize(
    ("front", "today", "listed"),
    [
        ("since: 2026-05-17\n", "2026-05-17", []),
        ("since: 2026-05-17\n", "2027-05-17", ["anniversary: as a customer, 2027-05-17"]),
        ("since: 2026-05-17\n", "2028-05-17", []),
        ("since: 2026-05-17\n", "2031-05-17", ["anniversary: as a customer, 2031-05-17"]),
        ("since: 2024-02-29\n", "2025-02-28", ["anniversary: as a customer, 2025-02-28"]),
        ("since: 2026-05-17\nmute: anniversary\n", "2027-05-17", []),
        ("since: 2026-05-17\nstatus: former\n", "2027-05-17", []),
        ("since: 2026-05-17\nstatus: prospect\n", "2027-05-17", []),
    ],
)
def test_years_as_a_customer(due: Due, front: str, today: str, listed: list[str]) -> None:
    assert due({"anna": anna(front)}, today, "birthdays", "--until", "today") == listed


BOOK = {
    "anna": anna(),
    "jan": anna(tier="silver").replace("Anna", "Jan"),
    "bo": anna(tier="bronze").replace("Anna", "Bo"),
    "eva": anna("avoids: card\n").replace("Anna", "Eva"),
    "ola": anna("do_not_contact: true\n").replace("Anna", "Ola"),
}


@pytest.mark.parametrize(
    ("today", "listed"),
    [
        ("2026-11-25", []),
        ("2026-11-26", ["lead: christmas on 2026-12-10, 2026-11-26"]),
        ("2026-12-10", ["campaign: Anna, Jan, 2026-12-10"]),
        ("2027-01-09", ["campaign: Anna, Jan, 2026-12-10"]),
        ("2027-01-10", []),
        ("2027-06-28", ["lead: summer on 2027-07-01, 2027-06-28"]),
        ("2027-07-01", ["campaign: Anna, Eva, 2027-07-01"]),
    ],
)
def test_a_campaign_is_one_entry_with_a_list(due: Due, today: str, listed: list[str]) -> None:
    assert due(BOOK, today) == listed


def test_whoever_has_got_it_goes_from_the_list_and_at_last_the_entry_goes(due: Due) -> None:
    sent = {**BOOK, "anna": anna(log="- 2026-12-08 card: Posted\n")}
    assert due(sent, "2026-12-10") == ["campaign: Jan, 2026-12-10"]
    sent["jan"] = anna(log="- 2026-12-11 card: Posted\n", tier="silver")
    assert due(sent, "2026-12-11") == []
    old = {"anna": anna(log="- 2026-11-09 card: For her birthday\n")}
    assert due(old, "2026-12-12") == ["campaign: Anna, 2026-12-10"]


def test_a_cadence_keeps_away_from_a_campaign_that_reaches_the_customer(
    make_vault: MakeVault, run: Run
) -> None:
    text = "---\nname: Anna\ntier: gold\n---\n## Log\n- {} call: x\n"
    for last, planned in (
        ("2026-11-16", "2026-12-15"),
        ("2026-11-11", "2026-12-02"),
        ("2026-11-13", "2026-12-04"),
    ):
        vault = make_vault({"anna": text.format(last)}, CONFIG, name=last)
        rows = json.loads(run("--vault", vault, "--today", "2026-11-23", "why", "anna", "--json").stdout)
        assert {one["planned"] for one in rows if one["kind"] == "cadence"} == {planned}
        assert date.fromisoformat(planned).weekday() < 5
