"""What `tags`, `fields` and `stats` count."""

from __future__ import annotations

import json

import pytest

from tests.conftest import DAY, MakeVault, Run


def rows(run: Run, vault: object, *call: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("--vault", vault, "--today", DAY, *call, "--json").stdout)
    return found


def customers(*fields: str) -> dict[str, str]:
    return {f"c{number:02}": f"---\n{text}\n---\n" for number, text in enumerate(fields)}


def test_tags_are_counted_by_customer_and_spellings_joined(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(
        customers(
            "tags: [bike, Bike, z]",
            "tags: [bike]",
            "tags: [Łódź, a]",
            "tags: [lodz]",
            "name: X",
            "tags: [Łódź]",
        )
    )
    assert rows(run, vault, "tags") == [
        {"tag": "Łódź", "customers": 3, "also": ["lodz"]},
        {"tag": "bike", "customers": 2, "also": ["Bike"]},
        {"tag": "a", "customers": 1, "also": []},
        {"tag": "z", "customers": 1, "also": []},
    ]
    assert rows(run, vault, "tags", "tag:z") == [
        {"tag": "Bike", "customers": 1, "also": ["bike"]},
        {"tag": "z", "customers": 1, "also": []},
    ]


def test_fields_are_counted_and_slips_named(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(
        customers(
            *("shoe_size: 44\nname: A", "shoe_size: 43", "shoe_size: 41.5", "shoe_size: large\ntags: []"),
            *("shoe_siez: 40", "brithday: 1990-01-01", "met: 2020-01-01\nvip: yes", "tags: [a]\nvip: no"),
        )
    )
    assert rows(run, vault, "fields") == [
        {"field": "name", "own": False, "customers": 1, "type": "", "remarks": []},
        {"field": "tags", "own": False, "customers": 1, "type": "", "remarks": []},
        {
            "field": "shoe_size",
            "own": True,
            "customers": 4,
            "type": "number",
            "remarks": ["“large” is no number (customers/c03.md)"],
        },
        {"field": "vip", "own": True, "customers": 2, "type": "yes or no", "remarks": []},
        {
            "field": "brithday",
            "own": True,
            "customers": 1,
            "type": "day",
            "remarks": ["used once", "Did you mean “birthday”?"],
        },
        {"field": "met", "own": True, "customers": 1, "type": "day", "remarks": ["used once"]},
        {
            "field": "shoe_siez",
            "own": True,
            "customers": 1,
            "type": "number",
            "remarks": ["used once", "Did you mean “shoe_size”?"],
        },
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "x"], "text"),
        (["1", "2", "3", "x"], "number"),
        (["1", "NaN", "Infinity"], "text"),
        (["１", "1"], "text"),
        (["2026-01-01", "2026-02-30"], "text"),
        (["true", "no"], "yes or no"),
    ],
)
def test_the_type_is_that_of_nearly_all_values(
    values: list[str], kind: str, make_vault: MakeVault, run: Run
) -> None:
    vault = make_vault(customers(*(f"mine: {value}" for value in values)))
    assert rows(run, vault, "fields")[0]["type"] == kind


def test_stats_count_and_rank_nobody(make_vault: MakeVault, run: Run) -> None:
    texts = {
        "anna": "name: Anna\ntier: gold\n---\n- [x] 2026-11-03 call: Both\n- [x] 2026-11-04 visit: Ticked\n"
        "- [x] 2026-11-05 memo: No touch\n\n## Log\n- 2026-11-03 call: Both\n- 2026-11-03 call: Twice\n"
        "- 2026-11-02 call (no answer): x\n- 2026-12-01 call: Ahead\n- 2026-10-31 visit: Last month\n",
        "jan": "name: Jan\nkind: company\nstatus: former\n---\n## Log\n- 2025-10-01 sale: Old\n- 2026-09-30 call: x\n",
    }
    vault = make_vault(
        {stem: f"---\n{text}" for stem, text in texts.items()}, "tiers: {gold: {}, silver: {}}\n"
    )
    answer = json.loads(run("--vault", vault, "--today", DAY, "stats", "--json").stdout)
    assert answer == {
        "customers": 2,
        "status": {"active": 1, "former": 1},
        "tier": {"gold": 1, "no tier": 1},
        "kind": {"person": 1, "company": 1},
        "entries": 7,
        "channel": {"call": 5, "sale": 1, "visit": 1},
        "year": {"2026": 6, "2025": 1},
        "contacts": {"this_month": 3, "last_month": 1},
    }
    text = run("--vault", vault, "--today", DAY, "stats").stdout
    assert "Anna" not in text
    assert text.startswith("2 customers\n\nBy status\n  1  active\n  1  former\n")
    assert (
        json.loads(run("--vault", vault, "--today", DAY, "stats", "tier:gold", "--json").stdout)["entries"]
        == 5
    )


def test_an_empty_vault_has_nothing_to_count(make_vault: MakeVault, run: Run) -> None:
    vault = ("--vault", make_vault({}), "--today", DAY)
    assert run(*vault, "tags").stdout == "No tag is in use.\n"
    assert run(*vault, "fields").stdout == "No field is in use.\n"
    assert run(*vault, "stats").stdout.startswith(
        "0 customers\n\n0 log entries\n\nContacts\n  0  this month\n"
    )
    january = json.loads(run(*vault[:2], "--today", "0001-01-05", "stats", "--json").stdout)
    assert january["contacts"] == {"this_month": 0, "last_month": 0}
