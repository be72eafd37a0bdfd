"""What `find` and `timeline` find, in which order, and what they show of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.cli.output import highlighted
from ptcrm.text.fold import fold
from ptcrm.views.finding import marks
from tests.conftest import DAY, MakeVault, Run

VAULT = {
    "gear-gmbh": "---\nname: Gear GmbH\n---\n",
    "anna": "---\nname: Anna\naliases:\n  - Gearbox\n---\n",
    "jan": "---\nname: Jan\nnote on bikes: likes gear\n---\n",
    "old": "---\nname: Old\n---\n\nHer gear is old.\n",
    "logged": "---\nname: Logged\n---\n\n## Log\n\n- 2026-01-01 call: gear\n- 2026-03-01 call: About the\n  gear hub\n",
    "newer": "---\nname: Newer\n---\n\n## Log\n\n- 2026-04-01 call: Gear\n",
    "part": "---\nname: Part\n---\n\n## Log\n\n- 2026-05-01 call: gears\n",
    "task": "---\nname: Task\n---\n\n- [ ] 2026-12-01 call: Order GEÁR\n",
    "link": "---\nname: Link\ncompany: '[[gear-gmbh]]'\n---\n\nSee [[gear-gmbh]] and [a](gear.md).\n",
    "words": "---\nname: Words\n---\n\nSee [[gear-gmbh|the gear]].\n",
    "mail": "---\nname: Mail\nemails: gear@x.example\n---\n",
}


def found(run: Run, vault: Path, *words: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(
        run("--vault", vault, "--today", DAY, "find", *words, "--json").stdout
    )
    return rows


def test_the_best_places_come_first(make_vault: MakeVault, run: Run) -> None:
    """Names, then aliases, own fields and notes, then the log, the newest first; whole words before parts."""
    rows = found(run, make_vault(VAULT), "gear")
    assert [row["customer"] for row in rows] == [
        *("gear-gmbh", "jan", "old", "task", "words", "anna"),
        *("newer", "logged", "part"),
    ]
    assert [row["place"] for row in rows] == [
        "name",
        "field",
        "notes",
        "notes",
        "notes",
        "alias",
        *["log"] * 3,
    ]
    assert rows[-2] == {
        "customer": "logged",
        "name": "Logged",
        "place": "log",
        "date": "2026-03-01",
        "text": "gear hub",
        "words": ["gear"],
        "path": "customers/logged.md",
        "line": 9,
    }
    assert rows[5]["line"] == 4


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("gear logged", ["logged"]),
        ("gear hub logged", ["logged"]),
        ("gear nothing", []),
        ('"gear hub"', ["logged"]),
        ('"hub gear"', []),
        ("gear name:zz", []),
        ("gear kind:person log:call", ["newer", "logged", "part"]),
        ("GEÁR id:old", ["old"]),
        ("bikes", []),
        ("likes", ["jan"]),
        ("gear-gmbh", ["gear-gmbh"]),
    ],
)
def test_all_words_are_found_each_anywhere(
    words: str, ids: list[str], make_vault: MakeVault, run: Run
) -> None:
    rows = found(run, make_vault(VAULT), words)
    assert list(dict.fromkeys(row["customer"] for row in rows)) == ids


def test_every_word_is_seen_in_as_few_lines_as_may_be(make_vault: MakeVault, run: Run) -> None:
    text = "---\nname: Anna\n---\nRed.\nBlue and red.\nGreen.\nBlue.\n"
    rows = found(run, make_vault({"anna": text}), "red", "blue", "green")
    assert [(row["line"], row["words"]) for row in rows] == [(5, ["red", "blue"]), (6, ["green"])]
    shown = run("--vault", make_vault({"anna": text}, name="other"), "--today", DAY, "find", "red").stdout
    assert shown.endswith(":4  Red.\n  and 1 more line\n")


def test_places_are_seen_from_here(make_vault: MakeVault, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = make_vault(VAULT)
    monkeypatch.chdir(vault / "customers")
    assert run("--today", DAY, "find", "likes").stdout == "Jan\n  jan.md:3  note on bikes: likes gear\n"


def test_twenty_are_shown_unless_more_are_asked_for(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({f"c{number:02}": "---\nname: Gear\n---\n" for number in range(25)})
    result = run("--vault", vault, "--today", DAY, "find", "gear", "--ids")
    assert result.stdout.split() == [f"c{number:02}" for number in range(20)]
    assert result.stderr == "5 more customers: --all, or a higher --limit.\n"
    assert len(run("--vault", vault, "--today", DAY, "find", "gear", "--ids", "--all").stdout.split()) == 25
    assert (
        len(run("--vault", vault, "--today", DAY, "find", "gear", "--ids", "--limit", "24").stdout.split())
        == 24
    )


def test_terms_alone_are_no_words(make_vault: MakeVault, run: Run) -> None:
    result = run("--vault", make_vault(VAULT), "--today", DAY, "find", "has:email")
    assert result.exit_code == 2
    assert "no word to look for. To list customers: ptcrm list has:email" in result.stderr


def test_nothing_is_found_and_a_slip_is_named(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": "---\nname: Anna Kowalska\n---\n"})
    shown = run("--vault", vault, "--today", DAY, "find", "kowalsak").stdout
    assert shown == "Nothing is found. Did you mean “kowalska”?\n" or "anna kowalska" in shown


def test_odd_files_are_searched_too(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(
        {
            "crlf": "---\r\nname: A\r\n---\r\nThe gear.\r\n",
            "bom": "\ufeff---\nname: B\n---\nThe gear.\n",
            "nofields": "---\n---\nThe gear.",
            "gear": "---\n---\n",
        }
    )
    rows = found(run, vault, "gear")
    assert [(row["customer"], row["line"], row["text"]) for row in rows] == [
        ("gear", 1, "gear"),
        ("bom", 4, "The gear."),
        ("crlf", 4, "The gear."),
        ("nofields", 3, "The gear."),
    ]


# Marks


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("The Gear hub", ["gear"], ["Gear"]),
        ("Łódź, łodzi", ["lodz"], ["Łódź", "łodz"]),
        ("Straße", ["ss", "e"], ["ß", "e"]),
        ("gear gear", ["gear", "ear"], ["gear", "gear"]),
        ("東京都", ["京"], ["京"]),
        ("nothing", ["gear"], []),
    ],
)
def test_marks(text: str, words: list[str], marked: list[str]) -> None:
    assert [text[start:end] for start, end in marks(text, words)] == marked


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=3).map(fold).filter(bool), max_size=3))
def test_marks_are_in_order_and_lose_nothing(text: str, words: list[str]) -> None:
    found = marks(text, words)
    ends = [0, *(at for pair in found for at in pair), len(text)]
    assert ends == sorted(ends)
    assert highlighted(text, found, 10).replace("\x1b[31m\x1b[1m", "").replace("\x1b[0m", "") == text.replace(
        "\x1b[31m\x1b[1m", ""
    ).replace("\x1b[0m", "")


# Log entries of everyone

LOGS = {
    "anna": "---\nname: Anna\ntier: gold\n---\n## Log\n- 2027-01-01 call: Ahead\n"
    "- 2026-11-02 14:30 visit (value): Saw\n  the frames\n- 2026-11-02 call: First\n- 2026-10-01 sale: Bike\n",
    "jan": "---\nname: Jan\n---\n- [x] 2026-11-05 call: Ticked\n\n## Log\n- 2026-11-03 telefon: Hello\n- 2026-02-30 call: No day\n",
}
CONFIG = "channels: {call: {also: [telefon]}}\ntiers: {gold: {}}\n"


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ([], ["Ahead", "Hello", "Saw", "First", "Bike"]),
        (["tier:gold"], ["Ahead", "Saw", "First", "Bike"]),
        (["-tier:gold"], ["Hello"]),
        (["--channel", "telefon"], ["Ahead", "Hello", "First"]),
        (["--channel", "sale, visit"], ["Saw", "Bike"]),
        (["--since", "2026-11-02", "--until", "2026-11-03"], ["Hello", "Saw", "First"]),
        (["--until", "2026-10-31"], ["Bike"]),
        (["--since", "3 weeks ago", "--until", "today"], ["Hello", "Saw", "First"]),
        (["--limit", "2"], ["Ahead", "Hello"]),
        (["--since", "2028-01-01"], []),
    ],
)
def test_a_timeline(options: list[str], texts: list[str], make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(LOGS, CONFIG)
    rows = json.loads(run("--vault", vault, "--today", DAY, "timeline", *options, "--json").stdout)
    assert [row["text"].partition("\n")[0] for row in rows] == texts


def test_an_entry_is_told_whole(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(LOGS, CONFIG)
    (row,) = json.loads(
        run("--vault", vault, "--today", DAY, "timeline", "--channel", "visit", "--json").stdout
    )
    assert row == {
        "customer": "anna",
        "name": "Anna",
        "date": "2026-11-02",
        "time": "14:30",
        "channel": "visit",
        "qualifiers": ["value"],
        "text": "Saw\nthe frames",
        "path": "customers/anna.md",
        "line": 7,
    }
    shown = run("--vault", vault, "--today", DAY, "timeline", "--channel", "visit").stdout
    assert shown == "2026-11-02  3 weeks ago  Anna  14:30 visit (value): Saw the frames\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--channel", "cal"], "“cal” is no channel. Did you mean “call”?"),
        (["--channel", "zzz"], "“zzz” is no channel. Known are: contact, call,"),
        (["--since", "someday"], "“someday” is no day"),
        (["--since", "today", "--until", "yesterday"], "--since 2026-11-23 is after --until 2026-11-22."),
    ],
)
def test_what_a_timeline_refuses(options: list[str], message: str, make_vault: MakeVault, run: Run) -> None:
    result = run("--vault", make_vault(LOGS, CONFIG), "--today", DAY, "timeline", *options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_hundred_entries_are_shown_unless_more_are_asked_for(make_vault: MakeVault, run: Run) -> None:
    log = "".join(f"- 2026-0{number % 9 + 1}-01 call: Hello\n" for number in range(120))
    vault = make_vault({"anna": f"---\nname: Anna\n---\n## Log\n{log}"})
    result = run("--vault", vault, "--today", DAY, "timeline", "--jsonl")
    assert len(result.stdout.splitlines()) == 100
    assert result.stderr == "20 more: --all, or a higher --limit.\n"
    assert (
        len(run("--vault", vault, "--today", DAY, "timeline", "--jsonl", "--all").stdout.splitlines()) == 120
    )
