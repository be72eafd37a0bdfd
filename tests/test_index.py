"""Who is meant by a link or a name, and whose contacts count for whom (FORMAT §2.1–§2.3)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.conftest import SAMPLE, MakeVault, OpenVault

TODAY = date(2026, 11, 23)
JAN = "---\nid: jan\nname: Jan Nowak\naliases: [Jasiek]\ncadence: 1 month\n---\n"
LOG = "---\nname: Anna\n---\n## Log\n- 2026-11-10 visit: Lunch [with:: {}]\n"


@pytest.mark.parametrize(
    ("link", "counts"),
    [
        ("[[jan]]", True),
        ("[[JAN]]", True),
        ("[[jan-nowak]]", True),  # the file's stem
        ("[[jasiek|our Jan]]", True),
        ("[[customers/jan-nowak]]", True),
        ("[[jan#Log]]", True),
        ("jan", True),
        ("[[zenon]], [[jan]]", True),
        ("[[Jan Nowak]]", False),  # a name is no id, stem or alias
        ("[[zenon]]", False),
    ],
)
def test_a_contact_counts_for_whom_it_was_made_with(
    link: str, *, counts: bool, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    vault = open_vault(make_vault({"jan-nowak": JAN, "anna": LOG.format(link)}), TODAY, None)
    touches = vault.index.touches("customers/jan-nowak.md")
    assert [(touch.date, touch.path, touch.line) for touch in touches] == (
        [(date(2026, 11, 10), "customers/anna.md", 5)] if counts else []
    )


def test_a_persons_contact_counts_for_the_company_and_not_the_reverse(
    make_vault: MakeVault, open_vault: OpenVault
) -> None:
    files = {
        "shop": "---\nkind: company\ncadence: 6 weeks\n---\n## Log\n- 2026-11-12 visit: Nobody in\n",
        "jan": "---\nname: Jan\ncompany: '[[shop]]'\n---\n## Log\n- 2026-10-01 call: x\n",
        "anna": LOG.format("[[jan]]"),
        "ola": "---\ncompany: shop\n---\n## Log\n- 2026-11-20 call: in words, so no link\n",
    }
    vault = open_vault(make_vault(files), TODAY, None)

    def days(name: str) -> list[str]:
        return [touch.date.isoformat() for touch in vault.index.touches(f"customers/{name}.md")]

    assert days("shop") == ["2026-10-01", "2026-11-10", "2026-11-12"]
    assert days("jan") == ["2026-10-01", "2026-11-10"]
    assert [one.due for one in vault.plan(date.max) if one.customer == "shop"] == [date(2026, 12, 24)]


def test_a_link_that_may_mean_two_means_nobody(make_vault: MakeVault, open_vault: OpenVault) -> None:
    files = {
        "a": "---\naliases: [boss]\n---\n",
        "b": "---\naliases: [Boss]\n---\n",
        "anna": LOG.format("[[boss]]"),
    }
    vault = open_vault(make_vault(files), TODAY, None)
    assert vault.index.touches("customers/a.md") == vault.index.touches("customers/b.md") == []
    assert vault.index.resolve("boss") is None


def test_an_id_is_stronger_than_an_alias(make_vault: MakeVault, open_vault: OpenVault) -> None:
    vault = open_vault(make_vault({"boss": "---\n---\n", "b": "---\naliases: [boss]\n---\n"}), TODAY, None)
    assert vault.index.resolve("boss") == "customers/boss.md"


def test_links_are_known_both_ways(make_vault: MakeVault, open_vault: OpenVault) -> None:
    files = {
        "jan-nowak": JAN,
        "anna": "---\nname: Anna\nreferred_by: [[jan]]\n---\nMet by [Jan](jan-nowak.md), `[[jan]]`\n\n[[jan|him]]\n",
        "ola": "---\nname: Ola\n---\nno link\n",
    }
    vault = open_vault(make_vault(files), TODAY, None)
    path = "customers/anna.md"
    assert vault.index.backlinks("customers/jan-nowak.md") == [
        (path, 3, "Anna"),
        (path, 5, "Anna"),
        (path, 7, "Anna"),
    ]
    assert vault.index.backlinks(path) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("jan", ["jan"]),  # an id wins over parts of names
        ("NOWAK", ["jan", "janina"]),
        ("lodz", ["lodz"]),
        ("Łódź", ["lodz"]),
        ("strasse", ["str"]),
        ("Janina Nowak", ["janina"]),
        ("janina nowak", ["janina"]),
        ("東京", ["tokyo"]),
        ("jasiek", ["jan"]),
        ("", []),
        ("%", []),
        ("zenon", []),
    ],
)
def test_who_answers_to_a_name(
    words: str, found: list[str], make_vault: MakeVault, open_vault: OpenVault
) -> None:
    files = {
        "jan-nowak": JAN,
        "janina": "---\nname: Janina Nowak\n---\n",
        "lodz": "---\nid: lodz\nname: Kawa Łódź\n---\n",
        "str": "---\nid: str\nname: Lange Straße 5\n---\n",
        "tokyo": "---\nname: 東京都の店\n---\n",
    }
    vault = open_vault(make_vault(files), TODAY, None)
    assert [match.id for match in vault.index.find(words)] == found


def test_many_are_asked_at_once_as_one_by_one(open_vault: OpenVault) -> None:
    index = open_vault(SAMPLE, TODAY, None).index
    paths = [one.path for one in index.cache.customers()]
    found = index.touches_of(paths)
    assert [*found] == paths
    assert any(found.values())
    assert found == {path: index.touches(path) for path in paths}
