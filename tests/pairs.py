"""How many of the pairs in tests/data/pairs.csv `ptcrm dupes` sees as a person does: `python -m tests.pairs`.

Each two rows with one number are a pair; whether they are the same was decided by reading them. All rows stand in one
vault, so who shares a number with whom, and how many have a name, is seen across pairs; two rows of different pairs
are never the same.
"""

from __future__ import annotations

import csv
from collections import Counter
from typing import Any, NamedTuple

import click

from ptcrm.model.customer import Customer
from ptcrm.model.dates import Anniversary, parse_anniversary
from ptcrm.reports.duplicates import USUAL_LEAST, Pair, duplicates
from tests.conftest import ROOT

FILE = ROOT / "tests" / "data" / "pairs.csv"
LISTS = ("emails", "phones", "addresses", "aliases", "urls")


class Case(NamedTuple):
    """Two rows, and whether they are one person or company."""

    number: int
    same: bool
    case: str
    one: Customer
    other: Customer


def customer(row: dict[str, str], path: str) -> Customer:
    born = parse_anniversary(row["birthday"]) if row["birthday"] else None
    assert born is None or isinstance(born, Anniversary)
    lists: Any = {name: (row[name],) if row[name] else () for name in LISTS}
    return Customer(
        id=path,
        name=row["name"],
        path=f"{path}.md",
        kind=row["kind"] or "person",
        company=row["company"] or None,
        birthday=born,
        lines={name: 1 for name, value in row.items() if value},
        **lists,
    )


def read() -> list[Case]:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Case(
            int(one["pair"]),
            one["same"] == "yes",
            one["case"],
            customer(one, f"{one['pair']}a"),
            customer(other, f"{other['pair']}b"),
        )
        for one, other in zip(rows[::2], rows[1::2], strict=True)
    ]


class Measured(NamedTuple):
    """Precision and recall, from 0 to 1, with the pairs that are wrongly there and those that are missing."""

    precision: float
    recall: float
    wrong: list[Pair]
    missing: list[Case]


def measured(cases: list[Case], least: int = USUAL_LEAST, country: str | None = "PL") -> Measured:
    """How the pairs that score `least` or more compare with what a person says."""
    found = duplicates([one for case in cases for one in (case.one, case.other)], country, least)
    same = {frozenset((case.one.path, case.other.path)): case for case in cases if case.same}
    named = {frozenset((pair.one.path, pair.other.path)): pair for pair in found}
    right = same.keys() & named.keys()
    return Measured(
        len(right) / max(len(named), 1),
        len(right) / max(len(same), 1),
        [pair for key, pair in named.items() if key not in same],
        [case for key, case in same.items() if key not in named],
    )


def main() -> None:
    cases = read()
    click.echo(f"{len(cases)} pairs, of which {sum(case.same for case in cases)} are the same")
    click.echo("score  precision  recall")
    for least in range(30, 95, 5):
        one = measured(cases, least)
        click.echo(f"{least:>5}  {one.precision:>9.0%}  {one.recall:>6.0%}")
    usual = measured(cases)
    click.echo(f"\nFrom {USUAL_LEAST}, wrongly there:")
    for pair in usual.wrong:
        click.echo(
            f"  {pair.score:>3}  {pair.one.name} ({pair.one.id}), {pair.other.name} ({pair.other.id}): {', '.join(pair.reasons)}"
        )
    click.echo("missing:")
    for case in usual.missing:
        click.echo(f"  {case.one.name}, {case.other.name} ({case.case}, pair {case.number})")
    counts = Counter(case.case for case in cases)
    click.echo(f"pairs by case: {', '.join(f'{name} {count}' for name, count in counts.items())}")


if __name__ == "__main__":
    main()
