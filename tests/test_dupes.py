"""Who may be there twice: names as they are written, what speaks for a pair, and what a person has decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.customer import Customer
from ptcrm.reports import duplicates as reports
from ptcrm.reports.duplicates import CLEAR_LEAST, Pair, duplicates
from ptcrm.vault.likeness import (
    FIRST,
    INITIAL,
    NEAR,
    PART,
    SAME,
    SPELT,
    alike,
    companies_alike,
    company_spelling,
    spelling,
)
from tests.conftest import DAY, MakeVault, Run
from tests.pairs import measured, read

Ask = Callable[..., str]

TWO = {
    "jorg": "---\nname: Jörg Müller\nphones: ['+49 171 1234567']\ntier: gold\n---\n",
    "joerg": "---\nname: Joerg Mueller\nphones: ['0049 171 123 45 67']\n---\n",
    "anna": "---\nname: Anna Kowalska\nnot_same_as: # she said so\n  - '[[ewa]]'\n---\n",
    "ewa": "---\nname: Ewa Lis\n---\n",
}


def test_precision_and_recall() -> None:
    cases = read()
    assert len(cases) == 200
    one = measured(cases)
    assert one.precision >= 0.97
    assert one.recall >= 0.9
    strict = measured(cases, 65)
    assert (strict.precision, strict.recall >= 0.65) == (1, True)


def test_what_more_than_names_says_is_found_without_comparing_names() -> None:
    people = [customer for one in read() for customer in (one.one, one.other)]
    clear = duplicates(people, "PL", CLEAR_LEAST)
    assert clear == [pair for pair in duplicates(people, "PL", 0) if pair.score >= CLEAR_LEAST]
    assert len(clear) > 50


def test_without_a_country_in_the_settings() -> None:
    one = measured(read(), country=None)
    assert one.precision >= 0.95
    assert one.recall >= 0.85


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Zoë Papadaki", "Zoe Papadaki", SAME),
        ("Jörg Müller", "Joerg Mueller", SPELT),
        ("Jorg Muller", "Joerg Mueller", SPELT),
        ("Kowalska, Anna", "Anna Kowalska", SAME),
        ("KOWALSKA Anna", "anna kowalska", SAME),
        ("Dr. Jan Nowak", "Jan Nowak", SAME),
        ("Patrick O'Brien", "Patrick O’Brien", SAME),
        ("Jean-Luc Moreau", "Jeanluc Moreau", SPELT),
        ("Robert J. Smith", "Robert Smith", SPELT),
        ("J. Nowak", "Jan Nowak", INITIAL),
        ("Krzysztof Adamczyk", "Krzystof Adamczyk", NEAR),
        ("Anna Nowak-Kowalska", "Anna Kowalska", NEAR),
        ("Anna", "Anna Kowalska", PART),
        ("Anna Nowak", "Anna Kowalska", FIRST),
        ("Jan Nowak", "Jana Nowak", ""),
        ("Mario Rossi", "Maria Rossi", ""),
        ("Tim Fischer", "Tom Fischer", ""),
        ("Jan Nowak", "Ewa Lis", ""),
        ("J. N.", "Jan Nowak", ""),
        ("!?", "Jan Nowak", ""),
    ],
)
def test_what_names_have_in_common(one: str, other: str, how: str) -> None:
    assert alike(spelling(one), spelling(other)).how == how
    assert alike(spelling(other), spelling(one)).how == how


def test_father_and_son() -> None:
    elder = [
        spelling(name).elder for name in ("Jan Nowak sr.", "Jan Nowak", "Jan Nowak, jr.", "Jan Nowak (syn)")
    ]
    assert elder == [1, 0, -1, -1]
    assert not alike(spelling("Jan Nowak"), spelling("Ewa Nowak")).how
    assert alike(spelling("Jan Nowak"), spelling("Ewa Nowak")).others


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Rowery sp. z o.o.", "Rowery", SAME),
        ("Fahrrad Müller GmbH", "Fahrrad Mueller GmbH & Co. KG", SPELT),
        ("Bike Shop Ltd", "Bikeshop", SPELT),
        ("Rowery Bałtyk Gdańsk", "Rowery Bałtyk Gdynia", ""),
        ("Rowery Bałtyk", "Rowery Bałtyk Gdynia", ""),
        ("GmbH", "Ltd", ""),
    ],
)
def test_companies(one: str, other: str, how: str) -> None:
    assert companies_alike(company_spelling(one), company_spelling(other)).how == how


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_name_is_too_much(one: str, other: str) -> None:
    assert alike(spelling(one), spelling(other)) == alike(spelling(other), spelling(one))
    assert companies_alike(company_spelling(one), company_spelling(other)).how in (SAME, SPELT, NEAR, "")
    people = [
        Customer(str(at), name, f"{at}.md", emails=("a@b.example",)) for at, name in enumerate((one, other))
    ]
    assert all(0 <= pair.score <= 100 for pair in duplicates(people, least=0))


def test_the_work_does_not_grow_with_the_square(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    inner = reports._pair  # noqa: SLF001  # what is counted

    def pair(*args: Any) -> Pair:  # noqa: ANN401
        compared.append("a pair")
        return inner(*args)

    monkeypatch.setattr(reports, "_pair", pair)
    many = [
        Customer(
            str(at), "Jan Nowak", f"{at:04}.md", emails=("info@a.example",), phones=("+48 58 300 10 10",)
        )
        for at in range(600)
    ]
    duplicates(many)
    assert len(compared) < 30 * len(many)


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault(TWO)


@pytest.fixture
def ask(run: Run, vault: Path) -> Ask:
    def call(*words: str, code: int = 0) -> str:
        result = run("--vault", vault, "--today", DAY, "dupes", *words)
        assert result.exit_code == code, result.output
        return result.stderr if code else result.stdout

    return call


def test_dupes(ask: Ask) -> None:
    assert ask() == (
        " 88  Jörg Müller (jorg) and Joerg Mueller (joerg)\n"
        "     the same name, spelt otherwise, the same phone number\n"
        "     customers/jorg.md, customers/joerg.md\n"
    )
    (row,) = json.loads(ask("--json"))
    assert (row["customer"], row["other"], row["score"], row["against"]) == ("jorg", "joerg", 88, [])
    assert ask("--min", "89") == "No two customers look like one.\n"
    assert ask("name:ewa") == "No two customers look like one.\n"
    assert ask("name:müller") == ask() == ask("--limit", "1")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--min", "101"], "write a whole number from 0 to 100"),
        (["--min", "many"], "write a whole number from 0 to 100"),
        (["--limit", "0"], "write a whole number from 1"),
        (["--not", "jorg"], "The other customer is missing"),
        (["--not", "jorg", "jorg"], "Name two customers"),
        (["--not", "jorg", "joerg", "--json"], "--not takes two customers"),
        (["--dry-run"], "--dry-run goes with --not"),
    ],
)
def test_odd_words(ask: Ask, words: list[str], why: str) -> None:
    assert why in ask(*words, code=2)


def test_two_who_are_not_the_same(ask: Ask, vault: Path, run: Run) -> None:
    path = vault / "customers" / "jorg.md"
    before = path.read_bytes()
    assert "+not_same_as:" in ask("--not", "jorg", "joerg", "--dry-run")
    assert path.read_bytes() == before
    assert ask("--not", "jorg", "joerg") == "customers/jorg.md: not_same_as: joerg\n"
    assert b'not_same_as:\n  - "[[joerg]]"\n---' in path.read_bytes()
    assert ask() == "No two customers look like one.\n"
    assert "links to joerg already" in ask("--not", "joerg", "jorg")
    assert run("--vault", vault, "check").stdout.count("PT407") == 0
    run("--vault", vault, "undo")
    assert path.read_bytes() == before


def test_a_list_that_is_there_gets_a_member(ask: Ask, vault: Path) -> None:
    ask("--not", "anna", "jorg")
    text = (vault / "customers" / "anna.md").read_text(encoding="utf-8")
    assert "not_same_as: # she said so\n  - '[[ewa]]'\n  - \"[[jorg]]\"\n" in text
