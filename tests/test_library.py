"""The library: which files are its items, what is wrong with them, how they are found, linked and added."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from ptcrm.model.config import Config
from ptcrm.model.customer import LogEntry
from ptcrm.text.source import Source
from ptcrm.vault.items import ITEM_FIELDS, read_item
from ptcrm.vault.log import LineReader
from tests.conftest import DAY, MakeVault, OpenVault, Run
from tests.test_docs import page

TYRES = """---
title: Studded tyres
url: https://radwissen.example/spikes
topics: [winter, courier]
kind: tip
until: 2027-02-28
source: Deniz
---

Four weeks of the year they are right. See [[anna]].
"""
ANNA = """---
name: Anna
---

Rides in the snow; see [[winter-tyres]] and [[tyres]].

## Log

- 2026-11-02 article (value): Studded tyres [about:: [[tyres]]] [with:: [[jan]]]
"""
JAN = "---\nname: Jan\n---\n"
TODAY = date(2026, 11, 23)


def add(vault: Path, items: dict[str, str]) -> Path:
    """The vault, with these files in its library."""
    for stem, text in items.items():
        path = vault / "library" / f"{stem}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return vault


def codes(run: Run, vault: Path) -> list[tuple[str, str, int]]:
    """The diagnostics of `check`: code, path, line."""
    found = json.loads(run("--vault", vault, "--today", DAY, "check", "--json").stdout)
    return [(one["code"], one["path"], one["line"]) for one in found]


def test_an_item_says_what_its_file_says() -> None:
    item, links, found = read_item(Source("library/winter-tyres.md", TYRES))
    assert item is not None
    assert (item.id, item.title, item.topics, item.kind) == (
        "winter-tyres",
        "Studded tyres",
        ("winter", "courier"),
        "tip",
    )
    assert (item.until, item.own, item.begins, item.lines["topics"]) == (
        date(2027, 2, 28),
        (("source", "Deniz"),),
        9,
        4,
    )
    assert item.text.strip().startswith("Four weeks")
    assert [link.target for link in links] == ["anna"]
    assert found == ()
    assert not item.is_over(date(2027, 2, 28))
    assert item.is_over(date(2027, 3, 1))


@pytest.mark.parametrize(
    ("front", "code", "line"),
    [
        ("titel: Tyres", "PT101", 2),
        ("kind: artikle", "PT105", 2),
        ("until: 31.02.2027", "PT102", 2),
        ("url: www.example.org/x", "PT105", 2),
        ("url: javascript:alert(1)", "PT105", 2),
        ("title: a\ntitle: b", "PT007", 3),
        ("topics: winter, courier", "PT105", 2),
        ("title: [", "PT003", 3),
    ],
)
def test_what_is_wrong_with_an_item_is_said(front: str, code: str, line: int) -> None:
    found = read_item(Source("library/x.md", f"---\n{front}\n---\n")).diagnostics
    assert [(one.code, one.line, one.fix) for one in found] == [(code, line, None)]


def test_a_file_without_front_matter_is_a_note(run: Run, make_vault: MakeVault) -> None:
    vault = add(make_vault({}), {"ideas": "To read.\n", "tyres": TYRES.replace("[[anna]]", "her")})
    assert codes(run, vault) == [("PT010", "library/ideas.md", 1)]


def test_links_to_items_lead_somewhere_and_back(run: Run, make_vault: MakeVault) -> None:
    tyres = TYRES.replace("---\n", "---\nid: tyres\n", 1)
    vault = add(make_vault({"anna": ANNA, "jan": JAN}), {"winter-tyres": tyres})
    assert codes(run, vault) == []
    assert "library/winter-tyres.md:11" in run("--vault", vault, "show", "anna").stdout
    lost = {
        "jan": JAN.replace("---\n", "---\ncompany: '[[tyres]]'\nreferred_by: '[[tyre]]'\n", 1) + "[[tyre]]\n"
    }
    vault = add(make_vault(lost, name="other"), {"winter-tyres": tyres.replace("[[anna]]", "[[ana]]")})
    shown = run("--vault", vault, "check").stdout
    assert "jan.md:2:1: warning PT402: “tyres” is no customer\n    Write a customer's id." in shown
    assert "“tyre” is no customer and no file here" in shown
    assert "winter-tyres.md:11:1: warning PT402: “ana” is no customer" in shown
    assert shown.count("Did you mean “tyres”?") == 1


def test_one_id_in_two_files_is_an_error_on_both(run: Run, make_vault: MakeVault) -> None:
    vault = add(
        make_vault({"anna": JAN, "jan": JAN}),
        {"Anna": TYRES, "b": "---\nid: x\n---\n", "c": "---\nid: X\n---\n"},
    )
    files = ["customers/anna.md", "library/Anna.md", "library/b.md", "library/c.md"]
    assert [path for code, path, _ in codes(run, vault) if code == "PT401"] == files
    assert "4 files with errors" in run("--vault", vault, "due").stderr
    refused = run("--vault", vault, "add", "Zoe", "--id", "X")
    assert refused.exit_code == 4
    assert "already" in refused.stderr


def test_a_customers_folder_in_the_library_makes_it_none(run: Run, make_vault: MakeVault) -> None:
    vault = add(
        make_vault({}, config="customers: [customers, library/people]\n"), {"people/jan": JAN, "tyres": TYRES}
    )
    assert "Jan" in run("--vault", vault, "list").stdout
    assert "Nothing is in the library" in run("--vault", vault, "library", "list").stdout
    refused = run("--vault", vault, "library", "add", "x")
    assert refused.exit_code == 4
    assert "there is no library" in refused.stderr


def test_words_are_found_in_the_library(run: Run, make_vault: MakeVault) -> None:
    vault = add(make_vault({"anna": ANNA}), {"winter-tyres": TYRES})
    found = json.loads(run("--vault", vault, "find", "studded", "weeks", "--json").stdout)
    assert [(one["customer"], one["place"], one["line"]) for one in found] == [
        (None, "library", 2),
        (None, "library", 10),
    ]
    assert "Studded tyres (library)\n" in run("--vault", vault, "find", "studded").stdout
    for words in (("studded", "snow"), ("studded", "has:email"), ("studded", "-wood")):
        assert "(library)" not in run("--vault", vault, "find", *words).stdout


def test_an_item_is_added_and_taken_back(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"light-checks": JAN})
    words = (
        "Light checks",
        "--kind",
        "tip",
        "--topics",
        "winter, light",
        "--until",
        "2027-03-01",
        "--text",
        "-",
    )
    assert run("--vault", vault, "library", "add", *words, text="Clean it.\nThen look.\n").exit_code == 0
    path = vault / "library" / "light-checks-2.md"
    assert path.read_text() == (
        "---\nid: light-checks-2\ntitle: Light checks\ntopics: [winter, light]\nkind: tip\nuntil: 2027-03-01\n"
        "---\n\nClean it.\nThen look.\n"
    )
    assert codes(run, vault) == []
    run("--vault", vault, "undo")
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Tyres", "--url", "on the shelf"), "“on the shelf” is no address of a web page. Write https://…"),
        (("Tyres", "--url", "example.org/a"), "Write https://example.org/a"),
        (("javascript://x",), "“javascript://x” is no address of a web page"),
        (("Tyres", "--until", "31.02.2027"), "“31.02.2027” is no date"),
        (("Tyres", "--until", ""), "it is empty"),
        (("Tyres", "--url", " "), "it is empty"),
        (("Tyres", "--topics", ""), "it is empty"),
    ],
)
def test_what_a_field_cannot_hold_is_not_added(
    run: Run, make_vault: MakeVault, words: tuple[str, ...], said: str
) -> None:
    vault = make_vault({})
    refused = run("--vault", vault, "--today", DAY, "library", "add", *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert said in refused.stderr
    assert not (vault / "library").exists()


@pytest.mark.parametrize(
    "url", ["https://example.org/a", "http://localhost:8000", "mailto:marta@example.org"]
)
def test_an_address_is_added_as_it_stands(run: Run, make_vault: MakeVault, url: str) -> None:
    vault = make_vault({})
    assert run("--vault", vault, "library", "add", "Tyres", "--url", url).exit_code == 0
    assert f"url: {url}\n" in (vault / "library" / "tyres.md").read_text()
    assert codes(run, vault) == []


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (("https://a.example/b/studded-tyres.html",), "Studded tyres"),
        (("https://a.example/r%C3%A4der_2/",), "Räder 2"),
        (("https://a.example",), "A.example"),
        (("https://a.example/b", "--title", "[x]: #1"), "[x]: #1"),
        (("No: it is", "not"), "No: it is not"),
    ],
)
def test_an_item_has_the_title_meant(
    words: tuple[str, ...], title: str, run: Run, make_vault: MakeVault
) -> None:
    vault = make_vault({})
    assert run("--vault", vault, "library", "add", *words).exit_code == 0
    (row,) = json.loads(run("--vault", vault, "library", "list", "--json").stdout)
    assert (row["title"], row["url"]) == (title, words[0] if "://" in words[0] else None)


@pytest.mark.parametrize(
    ("words", "is_told"),
    [
        (("https://a.example/tyres",), True),
        (("STUDDED tyres",), True),
        (("Other", "--url", "https://a.example/tyres"), True),
        (("https://b.example/studded-tyres",), False),
        (("Studded",), False),
    ],
)
def test_what_is_there_already_is_said(
    words: tuple[str, ...], is_told: bool, run: Run, make_vault: MakeVault
) -> None:
    first = "---\ntitle: Studded tyres\nurl: https://a.example/tyres\n---\n"
    result = run("--vault", add(make_vault({}), {"first": first}), "library", "add", *words, "--topics", "a")
    assert result.exit_code == 0
    assert result.stderr == (
        "The same stands there already: library/first.md (Studded tyres)\n" if is_told else ""
    )


def test_a_file_in_the_place_of_the_library_is_named(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({})
    (vault / "library").write_text("x")
    result = run("--vault", vault, "library", "add", "Tyres")
    assert result.exit_code == 4
    assert (
        "library/tyres.md: a file stands where its folder would have to be; nothing was written"
        in result.stderr
    )


def test_what_is_over_is_listed_on_demand(run: Run, make_vault: MakeVault) -> None:
    old = TYRES.replace("2027-02-28", "2026-11-22").replace("Studded", "Old")
    vault = add(make_vault({"anna": ANNA, "jan": JAN}), {"tyres": TYRES, "old": old})

    def listed(*words: str) -> list[tuple[str, bool, int]]:
        rows = json.loads(run("--vault", vault, "--today", DAY, "library", "list", *words, "--json").stdout)
        return [(one["id"], one["over"], one["had"]) for one in rows]

    assert listed() == [("tyres", False, 2)]
    assert listed("--all") == [("old", True, 0), ("tyres", False, 2)]
    assert listed("studded", "anna") == [("tyres", False, 2)]
    assert listed("studded", "jan") == []


def test_who_has_had_what(open_vault: OpenVault, make_vault: MakeVault) -> None:
    log = """---\n---
## Log
- 2026-11-05 article (value): by path [about:: [[library/tyres|the tyres]]]
- 2026-11-04 call (in): told us [about:: [[library/tyres]]]
- 2026-11-03 call (no answer): tried [about:: [[tyres]]]
- 2026-11-02 call: of somebody else [about:: [[jan]]]
- [x] 2026-11-01 email: sent [about:: [[Tyres]]] [done:: 2026-11-06]
- [ ] 2026-12-01 email: to come [about:: [[tyres]]]
"""
    vault = add(make_vault({"anna": log, "jan": JAN}), {"tyres": TYRES})
    index = open_vault(vault, TODAY, None).index
    item = index.library().items[0]
    found = index.given_of(["tyres", "library/tyres"])
    assert [(one.date.day, one.line, one.ours) for one in found] == [
        (4, 5, False),
        (5, 4, True),
        (6, 8, True),
    ]
    assert {one.key for one in index.given_to(["customers/anna.md"])} == {"jan", "tyres", "library/tyres"}
    assert index.given_to(["customers/jan.md"]) == []
    assert item.id == "tyres"


def test_the_files_of_the_page_are_read_without_a_complaint() -> None:
    """The item of docs/library.md, and the entry that says who has had it."""
    file, entry = re.findall(r"```markdown\n(.*?)```", page("library"), re.DOTALL)
    item, _, found = read_item(Source("library/winter-tyres.md", file))
    assert found == ()
    assert item is not None
    assert not item.own
    read = LineReader.of(Config()).parse_entry(entry.strip().removeprefix("- "))
    assert isinstance(read, LogEntry)
    assert read.fields == (("about", "[[winter-tyres]]"),)


def test_the_page_has_every_field() -> None:
    named = re.findall(r"^\| `(\w+)` \|", page("library").partition("## Who would")[0], re.MULTILINE)
    assert sorted(named) == sorted(field.name for field in ITEM_FIELDS)
