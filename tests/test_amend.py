"""Commands that write change only the lines they must: golden diffs on files of every habit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ptcrm.errors import RefusedError
from ptcrm.text.edits import Edit, apply_edits, unified_diff
from ptcrm.text.source import Span
from ptcrm.vault.amend import Amendment, amended
from ptcrm.vault.emit import emit
from ptcrm.vault.fields import set_field
from ptcrm.vault.lines import append_entry, move, tick
from ptcrm.vault.schema import BY_NAME, FIELDS, own_field
from tests.conftest import Golden, MakeVault, Run
from tests.oracle import READER, read

TODAY = "2026-11-23"
CONFIG = "tiers: {gold: {cadence: 3 weeks}, silver: {cadence: 6 weeks}}\n"

COMMENTS = """\
---
# our best customer
name: Anna Kowalska   # as she signs
tier: silver          # gold from spring?
tags:
  - bike-shop  # old
  # between two
  - newsletter
phones: ["+48 600 100 200"]  # shop
---

Met at the fair.

## Follow-ups

- [ ] 2026-11-20 call: Ask about the shop   ^ask
- [ ] 2026-12-24 card: Christmas [every:: 1 year]

## Log

- 2026-11-02 call: Talked about the new shop.
- 2026-10-12 call (voicemail): Left a message
"""
CRLF = COMMENTS.replace("\n", "\r\n")
NO_FINAL_NEWLINE = """\
---
name: Jan
snooze: 2026-10-01
---
- [ ] 2026-11-23 email: Send the list
# Log
* 2026-09-01 visit: First
* 2026-10-01 visit: Second
  with a second line"""
INDENTED = """\
---
  name:   "Łucja"
  tags:   [ a,  b ]
  tier:
---
## Log
   -   2026-10-01: Hello
"""
QUOTES = """\
---
'name': 'O''Brien: builder'
"tier": "silver"
tags: 'bike'
norms: |
  Call after ten.
  Never on Friday.
snooze: "2026-10-01"
---
1. one

+ [/] 2026-11-30 call: Half done
"""
NO_LOG = "---\n---\n"

FILES = {
    "comments": COMMENTS,
    "crlf": CRLF,
    "no final newline": NO_FINAL_NEWLINE,
    "indented": INDENTED,
    "quotes": QUOTES,
    "no log": NO_LOG,
}
COMMANDS = {
    "log": ["log", "it", "call: A new thing #idea"],
    "done": ["done", "it", "1"],
    "done with log": ["done", "it", "1", "--log", "It went well"],
    "set a scalar": ["set", "it", "tier", "gold"],
    "set a list": ["set", "it", "tags", "bike-shop", "vip"],
    "set phones": ["set", "it", "phones", "+48 600 100 201"],
    "take away": ["set", "it", "tags", ""],
    "snooze": ["snooze", "it", "2027-01-04"],
}


BLANK_LINES = """\
---
tags:
  - bike-shop  # old

  # the list of mails
  - newsletter

  - "vip"

  - hel  # where
# the next key
tier: gold
---
"""
BRACKETS = """\
---
tags: [
  bike-shop,   # old, from 2019
  'newsletter',
  vip          # since spring
]  # all
places: [Gdańsk, Hel,  # by the sea
         Łódź]
---
"""
OCCASIONS = """\
---
occasions:
  - wedding 2012-09-01  # in Hel
  - shop opening: --05-03
  # sad
  - divorce: 2020-02-29
family: [[jan]]
---
"""
MAPPING = """\
---
occasions:
  wedding: 2012-09-01  # in Hel
  shop opening: --05-03
interests:
  - sailing
---
"""
BRACES = """\
---
occasions: {wedding: 2012-09-01, shop opening: --05-03}  # both
shoe: [41, 42]
---
"""
BLOCK_TEXT = """\
---
norms: |  # ask her husband
  Call after ten.

  Never on Friday.

# where she works
role:
  - owner
  - # of both
    buyer
emails:
---
"""
ODD_LISTS = """\
---
emails:
  -
  - a@b.example
addresses:
  - # home
    Długa 5
urls: [a.example
  , b.example]
? norms
: spoken
family : 'jan'
---
"""
TASK_UNDER_LOG = """\
---
name: It
---
## Log
- [ ] 2026-11-20 call: Ask [every:: 1 week]
- [ ] 2026-12-24 card: Christmas
"""
SIGNS = """\
---
---
# Dziennik
## Log

- [/] 2026-11-20 call: Ask 📅 2026-11-27 🔁 every week [done:: 2026-01-01] ^ask
  more of it
- [x] [[2026-11-01]] card: Advent [every:: 1 year when done]"""
DONE = [["done", "it", "1"], ["done", "it", "1", "--log", "It went well"], ["done", "it", "2"]]
MORE = {
    "blank lines": (
        BLANK_LINES,
        [
            ["set", "it", "tags", "bike-shop", "vip", "hel"],
            ["set", "it", "tags", "bike-shop", "newsletter"],
            ["set", "it", "tags", "vip", "hel"],
            ["set", "it", "tags", "hel", "bike-shop", "newsletter", "vip"],
            ["set", "it", "tags", "bike-shop", "new: one", "newsletter", "vip", "hel", "no"],
            ["set", "it", "tags", "other"],
            ["set", "it", "tags", ""],
        ],
    ),
    "brackets": (
        BRACKETS,
        [
            ["set", "it", "tags", "bike-shop", "vip"],
            ["set", "it", "tags", "bike-shop", "newsletter"],
            ["set", "it", "tags", "vip"],
            ["set", "it", "tags", "first", "bike-shop", "newsletter", "vip", "new: one", "c"],
            ["set", "it", "tags", "bike-shop", "other", "vip"],
            ["set", "it", "places", "Gdańsk", "Łódź"],
            ["set", "it", "places", "Hel", "Łódź", "Kraków"],
            ["set", "it", "tags", ""],
        ],
    ),
    "occasions": (
        OCCASIONS,
        [
            ["set", "it", "occasions", "wedding 2012-09-01", "divorce 2020-02-29"],
            ["set", "it", "occasions", "wedding 2012-09-02", "shop opening --05-03", "divorce 2020-02-28"],
            ["set", "it", "occasions", "first: day --01-01", "wedding 2012-09-01", "shop opening --05-03"],
            ["set", "it", "occasions", "divorce 2020-02-29", "fair --06-01"],
            ["set", "it", "occasions", ""],
            ["set", "it", "family", "it", "brother: Piotr"],
        ],
    ),
    "occasions as a mapping": (
        MAPPING,
        [
            ["set", "it", "occasions", "wedding 2012-09-01"],
            ["set", "it", "occasions", "shop opening --05-03", "fair: spring --06-01"],
            ["set", "it", "occasions", "shop opening --05-03", "wedding 2012-09-01"],
            ["set", "it", "occasions", ""],
        ],
    ),
    "braces": (
        BRACES,
        [
            ["set", "it", "occasions", "wedding 2012-09-01"],
            ["set", "it", "occasions", "wedding 2012-09-01", "fair, spring --06-01"],
            ["set", "it", "shoe", "41"],
        ],
    ),
    "block text": (
        BLOCK_TEXT,
        [
            ["set", "it", "norms", "Call: never"],
            ["set", "it", "norms", ""],
            ["set", "it", "role", "owner"],
            ["set", "it", "role", ""],
            ["set", "it", "emails", "a@b.example", "c@d.example"],
        ],
    ),
    "odd lists": (
        ODD_LISTS,
        [
            ["set", "it", "emails", "c@d.example"],
            ["set", "it", "emails", "a@b.example", "c@d.example"],
            ["set", "it", "addresses", "Długa 5", "Krótka 1"],
            ["set", "it", "urls", "b.example"],
            ["set", "it", "urls", "a.example", "c.example", "b.example"],
            ["set", "it", "norms", "written"],
            ["set", "it", "family", "eva"],
        ],
    ),
    "task under the log": (TASK_UNDER_LOG, DONE),
    "task under the log with CRLF": (
        TASK_UNDER_LOG.replace("## Log\n", "## Log\n\n").replace("\n", "\r\n"),
        DONE,
    ),
    "signs": (SIGNS, DONE),
}
HABITS = {**{name: (text, list(COMMANDS.values())) for name, text in FILES.items()}, **MORE}


@pytest.mark.parametrize("habit", HABITS)
def test_only_the_lines_that_must_change(habit: str, make_vault: MakeVault, run: Run, golden: Golden) -> None:
    text, commands = HABITS[habit]
    vault = make_vault({}, CONFIG)
    path = vault / "customers" / "it.md"
    shown = []
    for command in commands:
        path.write_bytes(text.encode())
        result = run("--vault", vault, "--today", TODAY, *command)
        diff = unified_diff("it.md", text, path.read_bytes().decode())
        outcome = diff or f"(nothing written, exit code {result.exit_code}) {result.stderr}"
        shown.append(f"=== ptcrm {' '.join(command)}\n{outcome}")
    golden(f"amend {habit}.diff", "\n".join(shown).replace("\r", "␍"))


def test_a_repeating_follow_up_goes_on(make_vault: MakeVault, run: Run) -> None:
    text = "---\nname: It\n---\n- [x] 2025-12-01 card: Advent [every:: 1 year] [done:: 2025-12-03] ^adv\n"
    vault = make_vault({"it": text}, CONFIG)
    assert "2026-12-01" in run("--vault", vault, "--today", TODAY, "show", "it").stdout
    again = run("--vault", vault, "--today", TODAY, "done", "it")
    assert again.exit_code == 3, "what repeats and is not due must be named"
    assert run("--vault", vault, "--today", TODAY, "done", "it", "1").exit_code == 0
    assert (vault / "customers" / "it.md").read_text() == (
        "---\nname: It\n---\n"
        "- [ ] 2027-12-01 card: Advent [every:: 1 year]\n"
        "- [x] 2026-12-01 card: Advent [every:: 1 year] [done:: 2026-11-23]\n"
        "- [x] 2025-12-01 card: Advent [every:: 1 year] [done:: 2025-12-03] ^adv\n"
    )


def test_obsidian_signs_keep_their_form(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(
        {"it": "---\nname: It\n---\n- [ ] Service the bike 🔁 every year 📅 2026-11-20 ⏳ 2026-11-18\n"},
        CONFIG,
    )
    assert run("--vault", vault, "--today", TODAY, "done", "it").exit_code == 0
    assert (vault / "customers" / "it.md").read_text() == (
        "---\nname: It\n---\n"
        "- [ ] Service the bike 🔁 every year 📅 2027-11-20 ⏳ 2027-11-18\n"
        "- [x] Service the bike 🔁 every year 📅 2026-11-20 ⏳ 2026-11-18 [done:: 2026-11-23]\n"
    )


def test_a_task_inside_an_entry_can_be_ticked(make_vault: MakeVault, run: Run) -> None:
    text = "---\nname: It\n---\n## Log\n\n- 2026-11-01 call: x\n  - [ ] 2026-11-20 call: inside\n- 2026-10-01: y\n"
    vault = make_vault({"it": text}, CONFIG)
    assert run("--vault", vault, "--today", TODAY, "done", "it").exit_code == 0
    ticked = text.replace("[ ] 2026-11-20 call: inside", "[x] 2026-11-20 call: inside [done:: 2026-11-23]")
    assert (vault / "customers" / "it.md").read_text() == ticked


@pytest.mark.parametrize(
    "value", ["yes", "No", "12:30", "2026-11-02", "1_000", "0x1f", "null", "~", "1e3", ".inf"]
)
@pytest.mark.parametrize("field", ["name", "tags", "emails", "shoe"])
def test_other_programs_read_text_as_text(field: str, value: str, make_vault: MakeVault, run: Run) -> None:
    """PyYAML (YAML 1.1) and ruamel.yaml (1.2) both read back what was set."""
    vault = make_vault({"it": "---\nrole: x\n---\n"}, CONFIG)
    assert run("--vault", vault, "--today", TODAY, "set", "it", field, value).exit_code == 0
    block = (vault / "customers" / "it.md").read_text().split("---\n")[1]
    wanted = [value] if BY_NAME.get(field) and BY_NAME[field].many else value
    assert yaml.safe_load(block)[field] == wanted
    assert YAML(typ="safe").load(block)[field] == wanted


@pytest.mark.parametrize("words", ["- thanked her", "-h", "call: -h inside"])
def test_words_with_a_dash_are_words(words: str, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"it": "---\nname: It\n---\n"}, CONFIG)
    run("--vault", vault, "--today", TODAY, "log", "it", words)
    assert words.removeprefix("call: ") in (vault / "customers" / "it.md").read_text()


REFUSED = {
    "a broken front matter": "---\nname: [\n---\n",
    "a key that stands twice": "---\ntier: gold\ntier: silver\n---\n",
    "a front matter in braces": "---\n{name: It}\n---\n",
    "git's conflict markers": "---\nname: It\n---\n<<<<<<< HEAD\nour side\n=======\ntheirs\n>>>>>>> other\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_not_written(name: str, make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"it": REFUSED[name]}, CONFIG)
    path = vault / "customers" / "it.md"
    before = path.read_bytes()
    result = run("--vault", vault, "--today", TODAY, "set", "it", "tier", "gold")
    assert result.exit_code in (3, 4)  # a file with no customer in it is not found
    assert "it.md" in result.stderr
    assert path.read_bytes() == before


GUARDED = """\
---
name: It
tier: gold  # silver soon
shoe: 41
hat: 52  # with [[jan]]
# above
tags: [a, b]
---
Prose with [[eva]].

- [ ] 2026-12-01 call: Ask
- [ ] 2026-12-01 call: Ask

## Log

- 2026-11-02 call: Talked
"""
SHOE, TIER = own_field("shoe"), BY_NAME["tier"]
BESIDE = {
    "another field": ("name: It", "name: Other", TIER, ("gold",), r"more than was asked \(name\)"),
    "another field of one's own": ("52", "53", SHOE, ("41",), r"more than was asked \(hat\)"),
    "a list that becomes its text": ("[a, b]", '"a, b"', SHOE, ("41",), r"more than was asked \(tags\)"),
    "a key that goes": ("hat: 52", "#hat: 52", SHOE, ("41",), r"more than was asked \(hat\)"),
    "a key that comes": ("# above", "above: 1", SHOE, ("41",), r"more than was asked \(above\)"),
    "a comment that becomes a value": ("  # silver", " silver", TIER, ("gold",), "“tier” would not be read"),
    "a value that becomes a comment": ("41", "# 41", SHOE, ("41",), "“shoe” would not be read"),
    "another value": ("gold", "silver", TIER, ("bronze",), "“tier” would not be read"),
    "a field that does not go": ("gold", "silver", TIER, (), "“tier” would not be read"),
    "a key that stands twice": ("# above", "tier: gold", TIER, ("gold",), "bring an error into the file"),
    "a broken front matter": ("[a, b]", "[a, b", SHOE, ("41",), "bring an error into the file"),
    "an entry": ("Talked", "Spoke", TIER, ("gold",), "the log or a follow-up"),
    "an entry more": ("## Log\n", "## Log\n\n- 2026-11-01: x\n", TIER, ("gold",), "the log or a follow-up"),
    "an entry that is hidden": (
        "## Log\n",
        "## Log\n```\n",
        TIER,
        ("gold",),
        "the log or a follow-up",
    ),
    "a follow-up": ("- [ ] 2026-12-01 call: Ask\n", "", TIER, ("gold",), "the log or a follow-up"),
    "follow-ups that are hidden": ("Prose", "<!--", TIER, ("gold",), "a link, the log or a follow-up"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_differs_beside_the_target_is_refused(name: str) -> None:
    old, new, field, values, reason = BESIDE[name]
    at = GUARDED.index(old)
    change = Amendment((Edit(Span(at, at + len(old)), new),), fields=((field, values),))
    with pytest.raises(RefusedError, match=reason):
        amended(read(GUARDED), change, READER)


def test_a_link_outside_the_edit_may_not_go() -> None:
    text = GUARDED.replace("with [[eva]].", "with `x [[eva]].")
    at = text.index("]].") + 3
    with pytest.raises(RefusedError, match=r"more than was asked \(a link\)"):
        amended(read(text), Amendment((Edit(Span(at, at), " `"),)), READER)


def test_the_line_that_was_asked_for_must_come() -> None:
    reading = read(GUARDED)
    asked, other = (append_entry(reading, f"2026-11-23 call: {words}", READER) for words in ("One", "Other"))
    amended(reading, asked, READER)
    with pytest.raises(RefusedError, match="would not be read as one"):
        amended(reading, replace(asked, come=other.come), READER)


# Properties

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
LINES = st.sampled_from(
    [
        "Some prose with a [[link]].",
        "",
        "## Log",
        "## Notes",
        "- 2026-10-01 call: Talked",
        "- 2026-09-01: Older",
        "  more of it",
        "- [ ] 2026-12-01 call: Ask",
        "- [x] 2026-01-01 card: Post [every:: 1 year]",
        "* a note",
        "```",
        "> quoted",
        "# Log",
        "Log",
        "---",
        "\t- nested",
        "1. first",
    ]
)
FRONT = st.lists(
    st.sampled_from(
        [
            "tier: gold  # x",
            "tags: [a, b]",
            "emails:\n  - a@b.example\n  - c@d.example",
            "norms: >\n  long\n  text",
            "own: 1",
            "company: [[x]]",
            "# comment",
            "since: 2020-01-01",
        ]
    ),
    unique=True,
)


@st.composite
def files(draw: st.DrawFn) -> str:
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    front = draw(FRONT)
    body = draw(st.lists(LINES, max_size=12))
    last = draw(st.sampled_from(["", "\n"]))
    return ("\n".join(["---", *front, "---", *body]) + last).replace("\n", eol)


@settings(max_examples=200, deadline=None)
@given(
    files(),
    st.sampled_from([one.name for one in FIELDS if not one.typed]),
    st.lists(WORDS, min_size=1, max_size=3),
)
def test_a_field_can_be_set_to_any_text(text: str, name: str, words: list[str]) -> None:
    """What was set is read back, and every line outside the field's own is as it was."""
    reading = read(text)
    field = BY_NAME[name]
    if reading.customer is None or name in ("occasions", "kind", "timezone", "id"):
        return
    values = [" ".join(word.split()) for word in words if word.split()]
    if not values or any(value.startswith("[[") for value in values):
        return
    if not field.many:
        values = values[:1]
    change = amended(reading, set_field(reading, field, values), READER)
    after = read(change.new.decode()).customer
    assert after is not None
    assert getattr(after, name) == (tuple(values) if field.many else values[0])
    assert body_of(change.new.decode()) == body_of(text)


@settings(max_examples=200, deadline=None)
@given(files(), WORDS)
def test_a_log_line_is_added_and_nothing_else(text: str, words: str) -> None:
    """Taking the new line out again gives the file back, but for the heading and blank lines made for it."""
    reading = read(text)
    if reading.customer is None:
        return
    line = f"2026-11-23 call: x{' '.join(words.split())}"
    try:
        change = amended(reading, append_entry(reading, line, READER), READER)
    except RefusedError:
        return  # an open fence at the end would swallow the line
    new = change.new.decode()
    assert set(text.replace("\r", "").split("\n")) <= set(new.replace("\r", "").split("\n"))
    after = read(new).customer
    assert after is not None
    assert len(after.log) == len(reading.customer.log) + 1
    assert [entry for entry in after.log if entry.text != line.partition(": ")[2]] == [
        entry for entry in reading.customer.log if entry.text != line.partition(": ")[2]
    ]


@settings(max_examples=200, deadline=None)
@given(files())
def test_ticking_touches_the_task_alone(text: str) -> None:
    reading = read(text)
    if reading.customer is None:
        return
    for task in reading.customer.follow_ups:
        if task.mark != "open":
            continue
        closing = tick(reading, task, date(2026, 11, 23))
        change = amended(reading, closing, READER)
        spans = [edit.span for edit in closing.edits]
        assert all(task.span.start <= span.start and span.end <= task.span.end for span in spans)
        assert change.new.decode() == apply_edits(text, closing.edits)


@pytest.mark.parametrize(
    ("line", "moved"),
    [
        ("- [ ] 2026-11-20 call: Ask   ^ask", "- [ ] 2026-12-01 call: Ask   ^ask"),
        ("  * [/] **2026-11-20** 09:30 call: Ask", "  * [/] **2026-12-01** 09:30 call: Ask"),
        ("- [ ] [[2026-11-20]] Ask [every:: 1 year]", "- [ ] [[2026-12-01]] Ask [every:: 1 year]"),
        ("- [ ] Ask 🛫 2026-11-18 📅 2026-11-20 #x", "- [ ] Ask 🛫 2026-11-29 📅 2026-12-01 #x"),
    ],
)
def test_a_moved_follow_up_keeps_all_but_its_day(line: str, moved: str) -> None:
    reading = read(f"---\n---\nText\n{line}\r\n- [ ] 2026-11-20 call: Ask\n")
    assert reading.customer is not None
    change = amended(reading, move(reading, reading.customer.follow_ups[0], date(2026, 12, 1)), READER)
    assert change.new.decode() == f"---\n---\nText\n{moved}\r\n- [ ] 2026-11-20 call: Ask\n"


def test_an_implied_follow_up_that_is_moved_gets_a_line() -> None:
    closed = "- [x] 2026-10-01 card: Hello [every:: 2 months] [done:: 2026-10-03] ^h\n"
    reading = read(f"---\n---\n{closed}")
    assert reading.customer is not None
    (implied,) = reading.customer.open_follow_ups
    change = amended(reading, move(reading, implied, date(2026, 12, 9)), READER)
    assert change.new.decode() == f"---\n---\n- [ ] 2026-12-09 card: Hello [every:: 2 months]\n{closed}"


@given(st.from_regex(r"\A(?:[^\W\d_][\w -]{0,9}|\+?[0-9 ()/.-]{1,9})\Z"), st.sampled_from(["phones", "role"]))
def test_a_plain_value_is_what_every_yaml_reads_as_this_text(words: str, name: str) -> None:
    value = words.strip()
    if value:
        text = emit(value, BY_NAME[name], flow=True)
        assert yaml.safe_load(f"key: [{text}]") == {"key": [value]}
        assert YAML(typ="safe").load(f"key: {text}") == {"key": value}


def body_of(text: str) -> str:
    return text.split("---", 2)[2]


def test_nothing_is_left_behind(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"it": COMMENTS}, CONFIG)
    for command in COMMANDS.values():
        run("--vault", vault, "--today", TODAY, *command)
    assert sorted(path.name for path in Path(vault).rglob("*")) == ["customers", "it.md", "ptcrm.yaml"]
