"""A customer's file (FORMAT §§2-2.2): typed by its field from its source text, lossless, never an exception."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptcrm.model.config import Channel, Config, Tier
from ptcrm.model.customer import Customer, Link, LogEntry, Occasion
from ptcrm.model.dates import NEVER, Anniversary, Interval
from ptcrm.model.diagnostic import Problem, Severity
from ptcrm.text.source import BOM, Source, Span
from ptcrm.vault.document import parse_document
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import FIELDS, Reading, parse_id, read_customer, values_for

READER = LineReader.of(Config(tiers={"gold": Tier()}))
ANNA = """\
---
name: Anna Kowalska
status: active
tier: gold
cadence: 3 weeks
company: "[[rowery-kowalska]]"
role: owner
emails:
  - anna@rowery.example
phones:
  - "+48 600 100 200"
addresses:
  - ul. Długa 5, 80-831 Gdańsk, PL
places: [Gdańsk, Hel]
language: pl
timezone: Europe/Warsaw
birthday: 1984-05-17
occasions:
  - wedding 2012-09-01
  - shop opening --05-03
since: 2021-03-02
tags: [bike-shop, newsletter]
interests: [e-bikes, sailing]
prefers: [call, visit]
avoids: [newsletter]
norms: Ask about the shop before the family.
referred_by: "[[jan-nowak]]"
owner: marta
---

Met at the Gdańsk fair. Runs two shops; her brother [[piotr-kowalski]] repairs.

## Follow-ups

- [ ] 2026-12-01 call: Ask how the new shop in Gdynia opened
- [x] 2026-10-01 email: Send the e-bike subsidy article [done:: 2026-10-02]

## Log

- 2026-11-02 call: Talked about the new shop. #expansion
- 2026-10-12 call (voicemail): Left a message about the frames
- 2026-09-21 note: Thank-you card [cost:: 4 EUR]
- 2026-09-14 09:30 sale: Two cargo bikes [amount:: 5400 EUR]
  Delivered on the 20th; she wants the invoice split.
"""


def reading(text: str, path: str = "customers/anna.md") -> Reading:
    return read_customer(Source(path, text), READER)


def customer(front_matter: str, body: str = "") -> Customer:
    found = reading(f"---\n{front_matter}\n---\n{body}")
    assert found.customer is not None
    assert found.diagnostics == ()
    return found.customer


def problems(text: str, path: str = "customers/anna.md") -> list[tuple[str, int, int]]:
    """Code, line and column of what is wrong with a file."""
    return [(one.code, one.line, one.column) for one in reading(text, path).diagnostics]


def test_the_example_of_the_format_is_read_whole() -> None:
    found = reading(ANNA)
    assert found.diagnostics == ()
    anna = found.customer
    assert anna is not None
    values = {name: getattr(anna, name) for name in Customer.__slots__}
    log, follow_ups, lines = (values.pop(name) for name in ("log", "follow_ups", "lines"))
    assert {name: value for name, value in values.items() if value not in (None, (), False)} == {
        "id": "anna",
        "name": "Anna Kowalska",
        "path": "customers/anna.md",
        "kind": "person",
        "status": "active",
        "tier": "gold",
        "cadence": Interval(days=21),
        "company": "rowery-kowalska",
        "role": "owner",
        "emails": ("anna@rowery.example",),
        "phones": ("+48 600 100 200",),
        "addresses": ("ul. Długa 5, 80-831 Gdańsk, PL",),
        "places": ("Gdańsk", "Hel"),
        "language": "pl",
        "timezone": "Europe/Warsaw",
        "birthday": Anniversary(5, 17, 1984),
        "occasions": (
            Occasion("wedding", Anniversary(9, 1, 2012)),
            Occasion("shop opening", Anniversary(5, 3)),
        ),
        "since": date(2021, 3, 2),
        "tags": ("bike-shop", "newsletter"),
        "interests": ("e-bikes", "sailing"),
        "prefers": ("call", "visit"),
        "avoids": ("newsletter",),
        "norms": "Ask about the shop before the family.",
        "referred_by": "jan-nowak",
        "owner": "marta",
        "links": (
            Link("rowery-kowalska", "company"),
            Link("jan-nowak", "referred_by"),
            Link("piotr-kowalski"),
        ),
    }
    assert [(one.date.isoformat(), one.channel, one.qualifiers, one.line) for one in log] == [
        ("2026-11-02", "call", (), 40),
        ("2026-10-12", "call", ("voicemail",), 41),
        ("2026-09-21", "note", (), 42),
        ("2026-09-14", "sale", (), 43),
    ]
    assert log[0].tags == ("expansion",)
    assert log[3].text == (
        "Two cargo bikes [amount:: 5400 EUR]\nDelivered on the 20th; she wants the invoice split."
    )
    assert [(one.due.isoformat(), one.mark, one.done, one.line) for one in follow_ups] == [
        ("2026-12-01", "open", None, 35),
        ("2026-10-01", "done", date(2026, 10, 2), 36),
    ]
    assert (lines["name"], lines["cadence"], lines["birthday"], lines["owner"]) == (2, 5, 17, 28)
    assert [(one.name, one.line) for one in anna.occasions] == [("wedding", 19), ("shop opening", 20)]


@pytest.mark.parametrize(
    ("front_matter", "expected"),
    [
        ("name: No", {"name": "No"}),
        ("name: null", {"name": "null"}),
        ("name: 1.10", {"name": "1.10"}),
        ("name: 2026-11-02", {"name": "2026-11-02"}),
        ("name: 0x1F", {"name": "0x1F"}),
        ("name: 1e3", {"name": "1e3"}),
        ("name: ~", {"name": "~"}),
        ("name: '  Anna '", {"name": "Anna"}),
        ("role: 12:30", {"role": "12:30"}),
        ("norms: |\n  First.\n  Then.", {"norms": "First.\nThen."}),
        ("norms: >-\n  One line,\n  folded.", {"norms": "One line, folded."}),
        ("norms: One line,\n  folded.", {"norms": "One line, folded."}),
        ("tags: [no, 007, 1_000, yes]", {"tags": ("no", "007", "1_000", "yes")}),
        ("tags: vip", {"tags": ("vip",)}),
        ("tags: [vip, , ]", None),
        ("tags:\n  - vip\n  -\n  - shop", {"tags": ("vip", "shop")}),
        ("tags:\n- vip\n- shop", {"tags": ("vip", "shop")}),
        ("emails: anna@a.example", {"emails": ("anna@a.example",)}),
        ("language: no", {"language": "no"}),
        ("cadence: P6W", {"cadence": Interval(days=42)}),
        ("cadence: never", {"cadence": NEVER}),
        ("cadence_until: 2027-03-31", {"cadence_until": date(2027, 3, 31)}),
        ("kind: Company", {"kind": "company"}),
        ("birthday: --02-29", {"birthday": Anniversary(2, 29)}),
        ("birthday: 1604-05-17", {"birthday": Anniversary(5, 17)}),
        ("since: 2021-03-02T10:00", {"since": date(2021, 3, 2)}),
        ("snooze: '2026-12-01'", {"snooze": date(2026, 12, 1)}),
        ("do_not_contact: true", {"do_not_contact": True}),
        ("do_not_contact: No", {"do_not_contact": False}),
        ("mute: birthday", {"mute": ("birthday",)}),
        ("left: 2026-10-01", {"left": date(2026, 10, 1), "status": "former"}),
        ("left: 2026-10-01\nstatus: paused", {"left": date(2026, 10, 1), "status": "paused"}),
        ("{name: Anna, tags: [a, b]}", {"name": "Anna", "tags": ("a", "b")}),
        ('"name": Anna', {"name": "Anna"}),
        ("# a comment\nname: Anna # and one more", {"name": "Anna"}),
        ("tier: gold          # since the fair", {"tier": "gold"}),
    ],
)
def test_every_value_is_typed_by_its_field_from_its_source_text(
    front_matter: str, expected: dict[str, Any] | None
) -> None:
    if expected is None:
        assert [code for code, _, _ in problems(f"---\n{front_matter}\n---\n")] == ["PT003"]
        return
    found = customer(front_matter)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    "front_matter",
    [
        "",
        "# nothing",
        "name:",
        "name: ''",
        "emails: []",
        "cadence:",
        "birthday: ''",
        "tags:\n  -",
        "mute: [ ]",
    ],
)
def test_an_empty_value_is_an_absent_one(front_matter: str) -> None:
    assert customer(front_matter) == Customer("anna", "anna", "customers/anna.md")


def test_a_phone_without_quotes_keeps_its_plus_and_zeros_and_is_mentioned() -> None:
    text = '---\nphones:\n  - +48600100200\n  - 0048 600\n  - "+49 1"\n---\n'
    found = reading(text)
    assert found.customer is not None
    assert found.customer.phones == ("+48600100200", "0048 600", "+49 1")
    assert problems(text) == [("PT110", 3, 5), ("PT110", 4, 5)]
    assert {one.severity for one in found.diagnostics} == {Severity.INFO}


def test_obsidian_may_rewrite_the_front_matter_without_changing_the_meaning() -> None:
    by_hand = """\
name: "Anna: the owner"   # met in Gdańsk
tier: "gold"
cadence: '3 weeks'
company: [[rowery-kowalska]]
emails: [anna@a.example, anna@b.example]
birthday: "1984-05-17"
occasions: [wedding 2012-09-01, shop opening --05-03]
tags: vip
family: ["[[jan]]", Maria]
do_not_contact: no
snooze:
"""
    by_obsidian = """\
name: "Anna: the owner"
tier: gold
cadence: 3 weeks
company: "[[rowery-kowalska]]"
emails:
  - anna@a.example
  - anna@b.example
birthday: 1984-05-17
occasions:
  - wedding 2012-09-01
  - shop opening --05-03
tags:
  - vip
family:
  - "[[jan]]"
  - Maria
do_not_contact: false
snooze: ""
"""
    assert customer(by_hand) == customer(by_obsidian)


@pytest.mark.parametrize(
    "written",
    [
        "occasions:\n  - wedding 2012-09-01\n  - shop opening --05-03",
        "occasions:\n  - wedding: 2012-09-01\n  - shop opening: --05-03",
        "occasions:\n  wedding: 2012-09-01\n  shop opening: --0503",
        "occasions: {wedding: 2012-09-01, shop opening: --05-03}",
        "occasions: [wedding 2012-09-01, {shop opening: 1604-05-03}]",
    ],
)
def test_occasions_have_three_forms(written: str) -> None:
    assert customer(written).occasions == (
        Occasion("wedding", Anniversary(9, 1, 2012)),
        Occasion("shop opening", Anniversary(5, 3)),
    )


def test_one_bad_occasion_leaves_the_others() -> None:
    text = (
        "---\noccasions:\n  - wedding 1.9.2012\n  - 2012-09-01\n  - opening: soon\n  - nameday --07-26\n---\n"
    )
    found = reading(text)
    assert found.customer is not None
    assert found.customer.occasions == (Occasion("nameday", Anniversary(7, 26)),)
    assert problems(text) == [("PT103", 3, 5), ("PT105", 4, 5), ("PT102", 5, 14)]


@pytest.mark.parametrize(
    ("front_matter", "field", "expected", "targets"),
    [
        ('company: "[[rowery]]"', "company", "rowery", ["rowery"]),
        ("company: [[rowery]]", "company", "rowery", ["rowery"]),
        ("company: [[rowery|Rowery Kowalska]]", "company", "rowery", ["rowery"]),
        ("company: [[Rowery, Gdynia]]", "company", "Rowery, Gdynia", ["Rowery, Gdynia"]),
        ("company: Rowery", "company", "Rowery", []),
        ("referred_by: '[[jan#met]]'", "referred_by", "jan", ["jan"]),
        ("family: [[jan]]", "family", ("jan",), ["jan"]),
        ("family: [[[jan]]]", "family", ("jan",), ["jan"]),
        ("family: [[[jan]], [[ola]], Maria]", "family", ("jan", "ola", "Maria"), ["jan", "ola"]),
        ("family:\n  - [[jan]]\n  - [[ola]]", "family", ("jan", "ola"), ["jan", "ola"]),
        ("sources: '[fair](fair.md)'", "sources", ("[fair](fair.md)",), ["fair.md"]),
    ],
)
def test_a_link_without_quotes_is_the_link_that_was_meant(
    front_matter: str, field: str, expected: object, targets: list[str]
) -> None:
    found = customer(front_matter)
    assert getattr(found, field) == expected
    assert [link.target for link in found.links] == targets


def test_unknown_keys_are_the_users_own() -> None:
    found = customer(
        "shoe_size: 38\nmotto: yes\nbikes:\n  - red\n  - {make: Ram, year: 2019}\ncontent: x\n~: y\n1: z"
    )
    assert found.own == (
        ("shoe_size", "38"),
        ("motto", "yes"),
        ("bikes", "red, make: Ram, year: 2019"),
        ("content", "x"),
        ("~", "y"),
        ("1", "z"),
    )


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("brithday", "birthday"),
        ("Name", "name"),
        ("email", "emails"),
        ("cadence-until", "cadence_until"),
        ("tag", "tags"),
    ],
)
def test_a_near_miss_is_a_warning_that_names_the_field_meant(key: str, meant: str) -> None:
    found = reading(f"---\nlanguage: pl\n{key}: x\n---\n")
    assert [(one.code, one.line, one.column, one.hint) for one in found.diagnostics] == [
        ("PT101", 3, 1, f"Did you mean “{meant}”?")
    ]
    assert found.customer is not None
    assert found.customer.own == ((key, "x"),)


def test_a_key_that_stands_twice_is_an_error_with_both_lines() -> None:
    found = reading("---\nname: Anna\ntier: gold\nname: Ola\n---\n")
    assert [(one.code, one.line, one.severity) for one in found.diagnostics] == [("PT007", 4, Severity.ERROR)]
    assert "line 2" in found.diagnostics[0].message
    assert found.customer is not None
    assert found.customer.name == "Anna"


@pytest.mark.parametrize(
    ("front_matter", "line", "column"),
    [
        ("norms: Call #1 first", 2, 13),
        ("name: Anna\nrole: #1 dealer", 3, 7),
        ("tags:\n  - #vip\n  - shop", 3, 5),
        ("tags:\n  - shop #vip", 3, 10),
        ("motto: Be #1", 2, 11),
        ("norms: One\n  and #two\nname: x", 3, 7),
    ],
)
def test_a_hash_that_cuts_a_value_is_a_warning(front_matter: str, line: int, column: int) -> None:
    assert problems(f"---\n{front_matter}\n---\n") == [("PT107", line, column)]


@pytest.mark.parametrize(
    "front_matter",
    [
        "role: owner # since 2020",
        "role: owner ## note",
        "norms: 'Call #1'",
        "norms: >\n  Call #1 first",
        "#tier: gold",
        "role: owner#1",
        'phones: ["+48 1"]  #work',
    ],
)
def test_a_comment_or_a_quoted_hash_cuts_nothing(front_matter: str) -> None:
    assert problems(f"---\n{front_matter}\n---\n") == []


@pytest.mark.parametrize(
    ("front_matter", "code", "column", "field"),
    [
        ("birthday: 2024-02-30", "PT102", 11, "birthday"),
        ("birthday: 05-06", "PT103", 11, "birthday"),
        ("since: 17.05.1984", "PT102", 8, "since"),
        ("snooze: next week", "PT102", 9, "snooze"),
        ("cadence: often", "PT104", 10, "cadence"),
        ("cadence: 101 years", "PT104", 10, "cadence"),
        ("kind: firm", "PT105", 7, "kind"),
        ("do_not_contact: perhaps", "PT105", 17, "do_not_contact"),
        ("timezone: Europe/Gdansk", "PT109", 11, "timezone"),
        ("timezone: ../../etc/passwd", "PT109", 11, "timezone"),
        ("tier: [gold, silver]", "PT105", 7, "tier"),
        ("role: {a: b}", "PT105", 7, "role"),
        ("emails: {work: a@b.example}", "PT105", 9, "emails"),
    ],
)
def test_a_bad_value_is_reported_and_the_customer_still_loads(
    front_matter: str, code: str, column: int, field: str
) -> None:
    text = f"---\n{front_matter}\n---\n"
    found = reading(text)
    assert problems(text) == [(code, 2, column)]
    assert found.customer == Customer("anna", "anna", "customers/anna.md")
    assert field not in found.customer.lines


@pytest.mark.parametrize(
    ("front_matter", "expected"),
    [
        ("tier: glod", [("PT403", 2, 7, "Did you mean “gold”?")]),
        ("tier:  'x'", [("PT403", 2, 8, "Known are: gold.")]),
        ("tier: [[gold]]", [("PT403", 2, 7, "Known are: gold.")]),
        ("tier: a, b", [("PT403", 2, 7, "Known are: gold.")]),
        ("status: actve", [("PT404", 2, 9, "Did you mean “active”?")]),
        ("left: 2026-01-01", []),
        ("prefers: Call", []),
        ("prefers: cal", [("PT405", 2, 10, "Did you mean “call”?")]),
        ("prefers: cal, visit", [("PT105", 2, 10, "Write [cal, visit].")]),
        (
            "avoids:\n  - visit\n  -  vist\n  - pigeon post",
            [
                ("PT405", 4, 6, "Did you mean “visit”?"),
                ("PT405", 5, 5, f"Known are: {', '.join(READER.names)}."),
            ],
        ),
        ("prefers: [{a: b}]", [("PT105", 2, 11, "Write one value on the key's line.")]),
        ("mute: [pigeon]\ntags: [glod]", []),
        (
            "tier: glod\ntier: glod",
            [("PT007", 3, 1, "Keep one of them."), ("PT403", 2, 7, "Did you mean “gold”?")],
        ),
    ],
)
def test_words_that_the_configuration_lacks_are_named_where_they_stand(
    front_matter: str, expected: list[tuple[str, int, int, str]]
) -> None:
    found = reading(f"---\n{front_matter}\n---\n").diagnostics
    assert [(one.code, one.line, one.column, one.hint) for one in found] == expected


def test_a_channels_other_names_are_known() -> None:
    channels = {"call": Channel(also=("Telefon",))}
    source = Source("customers/anna.md", "---\nprefers: [telefon, call]\n---\n")
    assert read_customer(source, LineReader.of(Config(channels=channels))).diagnostics == ()


@pytest.mark.parametrize(
    ("written", "path", "id_", "expected"),
    [
        ("name: x", "customers/anna.md", "anna", []),
        ("id: 株式会社", "customers/anna.md", "株式会社", []),
        ("id: no", "customers/anna.md", "no", []),
        ("name: x", "customers/a/b/Łódź 2.0.md", "Łódź 2.0", []),
        ("name: x", "customers/cafe\u0301.md", "café", []),
        ("id: a/b", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: 'a\\b'", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: '[[a]]'", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: a#b", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: a|b", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: a^b", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: 'a: b'", "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ('id: "a\\tb"', "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: " + "ż" * 51, "customers/anna.md", "anna", [("PT108", 2, 5)]),
        ("id: " + "ż" * 50, "customers/anna.md", "ż" * 50, []),
        ("name: x", "customers/a#b.md", "a#b", [("PT108", 1, 1)]),
        ("id: a-b", "customers/a#b.md", "a-b", []),
    ],
)
def test_the_id_is_the_field_else_the_stem(
    written: str, path: str, id_: str, expected: list[tuple[str, int, int]]
) -> None:
    text = f"---\n{written}\n---\n"
    found = reading(text, path).customer
    assert found is not None
    assert found.id == id_
    assert problems(text, path) == expected


@given(st.text(st.characters(), max_size=120))
def test_parse_id_never_raises_and_keeps_what_it_takes(words: str) -> None:
    found = parse_id(words)
    assert found == words or (isinstance(found, Problem) and found.code == "PT108")


@pytest.mark.parametrize(
    "text", ["", "# A note\n", "Just text.\n---\nname: x\n---\n", "--- \n"[:2], " ---\na: b\n---\n"]
)
def test_a_file_without_front_matter_is_a_note(text: str) -> None:
    found = reading(text)
    assert found.customer is None
    assert [(one.code, one.severity) for one in found.diagnostics] == [("PT010", Severity.INFO)]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("---\nname: Anna\n", "PT002", 1, 1),
        ("---\n", "PT002", 1, 1),
        ("---\nname: Anna\n  x: [a\n---\n", "PT003", 3, 4),
        ("---\nname: a: b\n---\n", "PT003", 2, 8),
        ("---\nname: Anna\n\ttier: gold\n---\n", "PT003", 3, 1),
        ("---\nname: *x\n---\n", "PT005", 2, 7),
        ("---\nname: &x Anna\n---\n", "PT005", 2, 7),
        ("---\nname: !!str Anna\n---\n", "PT005", 2, 7),
        ("---\n<<: x\n---\n", "PT005", 2, 1),
        ("---\n- Anna\n---\n", "PT004", 2, 1),
        ("---\njust words\n---\n", "PT004", 2, 1),
        ("---\nname: Anna\n...\n---\n", "PT003", 3, 1),
        ("---\nname:\u00a0Anna\n---\n", "PT003", 2, 6),
        ("---\nname: Anna\x00\n---\n", "PT003", 2, 11),
        ("---\nnorms: " + "x" * 65536 + "\n---\n", "PT006", 2, 1),
        ("---\nx: " + "[" * 25000 + "\n---\n", "PT006", 2, 23),
        ("---\rname: Anna\r---\r", "PT003", 1, 4),
        ("---\n<<<<<<< HEAD\nname: Anna\n=======\nname: Ola\n>>>>>>> theirs\n---\n", "PT008", 2, 1),
    ],
)
def test_broken_front_matter_gives_no_customer_and_one_error_with_its_place(
    text: str, code: str, line: int, column: int
) -> None:
    found = reading(text)
    assert found.customer is None
    assert [(one.code, one.severity) for one in found.diagnostics] == [(code, Severity.ERROR)]
    assert problems(text) == [(code, line, column)]
    assert found.diagnostics[0].hint


@pytest.mark.parametrize(
    "text",
    [
        "---\nname: Anna\n---\nname: Ola\n---\n",
        "---\nname: Anna\n---",
        "---\r\nname: Anna\r\n---\r\nx\r\n",
        "--- \t\nname: Anna\n--- \nx",
    ],
)
def test_the_front_matter_ends_at_the_first_line_of_dashes(text: str) -> None:
    found = reading(text)
    assert found.customer == Customer("anna", "Anna", "customers/anna.md")
    assert found.diagnostics == ()


def test_what_stands_outside_conflict_markers_is_still_read() -> None:
    text = """\
---
name: Anna
---
- [ ] 2026-12-01 call: Before

## Log

- 2026-11-05 call: Above

<<<<<<< HEAD
Ours was a paragraph.
=======
- 2026-11-03 call: Theirs
- [ ] 2026-12-02 call: Theirs
>>>>>>> theirs

- 2026-11-01 call: Below
"""
    found = reading(text)
    assert problems(text) == [("PT008", 10, 1)]
    assert found.customer is not None
    assert [entry.text for entry in found.customer.log] == ["Above", "Below"]
    assert [task.text for task in found.customer.follow_ups] == ["Before"]


def test_an_underlined_heading_is_no_conflict() -> None:
    found = customer("name: Anna", "Log\n=======\n\n- 2026-11-02 call: x\n\n>>>>>>> five levels of quotes\n")
    assert [entry.channel for entry in found.log] == ["call"]


def test_a_first_marker_that_was_forgotten_is_said_and_hides_nothing() -> None:
    text = "---\nname: Anna\n---\n\n## Log\n\n<<<<<<< HEAD\n- 2026-11-02 call: Ours\n"
    found = reading(text)
    assert problems(text) == [("PT008", 7, 1)]
    assert found.customer is not None
    assert [entry.text for entry in found.customer.log] == ["Ours"]


def test_many_open_conflict_markers_cost_no_time() -> None:
    assert problems("---\nname: Anna\n---\n" + "<<<<<<< x\n" * 50_000) == [("PT008", 4, 1)]


def test_lines_and_links_tell_where_they_stand() -> None:
    found = customer(
        "name: Anna\ncompany: [[rowery]]", "See [[jan]] and [Ola](../ola.md#met).\n\n`[[code]]`\n"
    )
    assert [(link.target, link.key, link.line) for link in found.links] == [
        ("rowery", "company", 3),
        ("jan", None, 5),
        ("../ola.md", None, 5),
    ]


def test_two_customers_that_differ_in_their_lines_alone_are_equal() -> None:
    one, other = customer("name: Anna\ntier: gold"), customer("\n\ntier: gold\nname: Anna")
    assert one == other
    assert one.lines != other.lines


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("name", ["Anna", "Kowalska"], ["Anna Kowalska"]),
        ("tags", ["vip", "shop"], ["vip", "shop"]),
        ("snooze", ["next", "friday"], ["2026-12-04"]),
        ("cadence", ["3", "weeks"], ["3 weeks"]),
        ("company", ["rowery"], ["[[rowery]]"]),
        ("company", ["Someone", "else"], ["Someone else"]),
        ("birthday", [""], []),
        ("cadence", ["often"], None),
        ("since", ["05-06"], None),
        ("kind", ["firm"], None),
    ],
)
def test_values_given_to_a_field_are_read_as_the_field_reads_them(
    name: str, words: list[str], expected: list[str] | None
) -> None:
    field = next(one for one in FIELDS if one.name == name)
    found = values_for(field, words, date(2026, 11, 23), {"rowery": "rowery"}.get)
    if expected is None:
        assert isinstance(found, Problem)
    else:
        assert found == expected


# What must always hold

lines = st.sampled_from(
    [
        "---",
        "--- ",
        "name: Anna",
        "tags: [a, b]",
        "  - x",
        "company: [[x]]",
        "a: &b c",
        "",
        "## Log",
        "# **Log**",
        "Log",
        "===",
        "- 2026-11-02 call: x",
        "  more",
        "- [ ] 2026-12-01 call: y",
        "```",
        "<<<<<<< a",
        "=======",
        ">>>>>>> b",
        "- 2026",
        "\t- a",
        "- [x] 📅 2026-12-01 x 🔁 every week",
        "<!-- ",
        "-->",
        "> q",
        "1. a",
        "...",
        "birthday: 05-06",
        "\x00",
        "\u2028",
        "\r",
    ]
) | st.text(max_size=12)
files = st.builds(
    lambda parts, end: end.join(parts), st.lists(lines, max_size=14), st.sampled_from(["\n", "\r\n", "\n\n"])
)
customers = st.builds("---\nname: {}\n---\n{}".format, st.just("Anna"), files)


@given(st.text() | files | customers)
@example("---\nname: x\n---")
@example("---\n---\n")
@example("\ufeff---\nname: x\n---\n")
def test_any_text_is_read_without_an_exception_and_its_parts_join_to_it(text: str) -> None:
    found = reading(text)
    document = found.document
    assert "".join(part.of(text) for part in document.parts) == text
    assert all(start <= end for start, end in document.parts)
    for one in found.diagnostics:
        assert one.severity in Severity
        assert 1 <= one.line <= text.count("\n") + 1
        assert one.column >= 1
    assert (found.customer is None) == (document.root is None)
    if found.customer is not None:
        assert_in_order([entry.span for entry in found.customer.log], text)
        assert_in_order([task.span for task in found.customer.follow_ups if not task.implied], text)
        assert all(text[task.box - 1] == "[" for task in found.customer.follow_ups)


def assert_in_order(spans: list[Span], text: str) -> None:
    ends = [0, *(span.end for span in spans)]
    assert all(
        before <= span.start < span.end <= len(text) for before, span in zip(ends, spans, strict=False)
    )


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda name: name.strip())
written_entries = st.builds(
    LogEntry,
    date=st.dates(),
    channel=st.sampled_from(["contact", "call", "note"]),
    text=st.sampled_from(["", "x", "Two\nlines", "`code` [[jan]]"]),
)


@given(names, st.lists(written_entries), st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", BOM]))
def test_a_file_survives_as_bytes_and_every_entry_written_is_read(
    name: str, entries: list[LogEntry], eol: str, bom: bytes
) -> None:
    quoted = name.replace("'", "''").strip()
    body = "".join(
        f"- {one.date} {one.channel}: {one.text}\n".replace("\nlines", "\n  lines") for one in entries
    )
    text = f"---\nname: '{quoted}'\n---\n\n## Log\n\n{body}".replace("\n", eol)
    content = bom + text.encode()
    source = Source.decode("customers/anna.md", content)
    assert source.content == content
    document = parse_document(source, ("Log",))
    assert "".join(part.of(source.text) for part in document.parts) == source.text
    found = read_customer(source, READER).customer
    assert found is not None
    assert [(one.date, one.channel, one.text) for one in found.log] == [
        (one.date, one.channel, one.text) for one in entries
    ]
