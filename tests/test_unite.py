"""Two files of one customer made into one: nothing of either is lost, links lead to what stays, undo brings both back."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.cli import choosing, merge
from ptcrm.model.customer import Customer
from ptcrm.vault.index import Match
from ptcrm.vault.unite_fields import Chosen, differences
from ptcrm.workspace import Workspace
from tests.conftest import DAY, MakeVault, Run
from tests.test_cli_errors import snapshot
from tests.test_docs import TODAY
from tests.test_rename import uids_of

CONFIG = "country: PL\nstart: 2021-01-01\ntiers: {gold: {}, silver: {}}\n"
ANNA = """---
id: anna
name: Anna Kowalska
tier: gold # since the fair
emails:
  - anna@a.example # private
phones: ["+48 600 100 200"]
tags: [vip]
---

Met at the fair.

## Follow-ups

- [ ] 2026-12-01 call: Ask ^x1

## Log

- 2026-11-02 call: Talked
- 2026-10-01 email: Old

## Family

Two sons.
"""
ANIA = """---
name: Ania Kowalska
# a comment
tier: silver
birthday: 1984-05-17 # she said
emails: [ANNA@a.example, ania@b.example]
phones: ["600 100 200", "601 000 000"]
tags: [bike]
car:
  make: Fiat
---
Likes tea.

# Family

A daughter.

## Follow-ups

- [ ] 2026-12-01 call: Ask ^x1
- [ ] 2026-12-03 email: Write ^x2

## Log

Some words.

- 2026-10-15 visit: With [[ania]]
  more lines
- 2026-11-02 call: Talked
- 2026-11-20 call: Newest
- an undated note
"""
BOTH = """---
id: anna
name: Anna Kowalska
tier: gold # since the fair
emails:
  - anna@a.example # private
  - ania@b.example
phones: ["+48 600 100 200", "601 000 000"]
tags: [vip, bike]
birthday: 1984-05-17 # she said
car:
  make: Fiat
aliases: [ania, Ania Kowalska]
# a comment
---

Met at the fair.

Likes tea.

## Follow-ups

- [ ] 2026-12-01 call: Ask ^x1
- [ ] 2026-12-03 email: Write ^x2

## Log

- 2026-11-20 call: Newest
- 2026-11-02 call: Talked
- 2026-10-15 visit: With [[anna]]
  more lines
- 2026-10-01 email: Old

Some words.

- an undated note

## Family

Two sons.

A daughter.
"""
JAN = (
    "---\nname: Jan\nreferred_by: '[[ania]]'\n---\nSee [[ania#^x2|A]], [her](ania.md), [[customers/ania]].\n"
    "\n## Log\n\n- 2026-11-01 visit: Tea [with:: [[ania]]]\n"
)


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA, "ania": ANIA, "jan": JAN, "note": "[[Ania]]\n"}, CONFIG)


def text_of(vault: Path, stem: str) -> str:
    return (vault / "customers" / f"{stem}.md").read_text(encoding="utf-8")


def test_merge(run: Run, vault: Path) -> None:
    before = snapshot(vault)
    result = run("--vault", vault, "--today", DAY, "merge", "anna", "ania", "--keep", "a")
    assert result.stdout == (
        "customers/ania.md is now part of customers/anna.md; the links in 2 other files lead to it.\n"
        "  tier: gold (not silver)\n"
    )
    assert text_of(vault, "anna") == BOTH
    assert not (vault / "customers" / "ania.md").exists()
    assert text_of(vault, "jan") == JAN.replace("ania", "anna")
    assert text_of(vault, "note") == "[[anna]]\n"
    assert run("--vault", vault, "undo").exit_code == 0
    assert snapshot(vault) == before


def test_the_calendar_knows_her_still(run: Run, vault: Path) -> None:
    call = ("--vault", vault, "--today", DAY)
    of_anna = {uid for uid in uids_of(run(*call, "export", "ics").stdout) if "anna" in uid}
    run(*call, "merge", "anna", "ania", "--keep", "b")
    after = uids_of(run(*call, "export", "ics").stdout)
    assert of_anna <= set(after)
    assert len(after) == len(set(after))


@pytest.mark.parametrize(
    ("words", "tier"),
    [(["--keep", "a"], "gold"), (["--keep", "b"], "silver"), (["--set", "tier=silver"], "silver")],
)
def test_what_is_decided(words: list[str], tier: str, run: Run, vault: Path) -> None:
    shown = run("--vault", vault, "merge", "anna", "ania", *words, "--dry-run").stdout
    assert ("+tier: silver" in shown) == (tier == "silver")
    assert "--- a/customers/ania.md\n+++ /dev/null" in shown
    assert run("--vault", vault, "merge", "anna", "ania", *words).exit_code == 0
    assert f"\ntier: {tier}" in text_of(vault, "anna")
    assert "# since the fair" in text_of(vault, "anna")


def test_differences_are_listed(run: Run, vault: Path) -> None:
    before = snapshot(vault)
    result = run("--vault", vault, "merge", "anna", "ania")
    assert result.exit_code == 4
    assert "differ:\n  tier: gold (a), silver (b)\n" in result.stderr
    assert "--keep a or --keep b" in result.stderr
    assert snapshot(vault) == before


def test_differences_are_asked_for(run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return ["bronze", "b"][len(asked) - 1]

    for module in (choosing, merge):
        monkeypatch.setattr(module, "is_terminal", lambda: True)
        monkeypatch.setattr(module, "ask", answer)
    result = run("--vault", vault, "merge", "anna", "ania")
    assert "“bronze” is no tier" in result.stderr
    assert asked == ["tier: a gold | b silver: "] * 2
    assert "  tier: silver (not gold)\n" in result.stdout


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["anna"], 2, "The other customer is missing"),
        (["anna", "anna"], 2, "Name two customers"),
        (["anna", "nobody"], 3, "Nobody here answers"),
        (["anna", "shop"], 4, "customers/anna.md is a person, and customers/shop.md is a company"),
        (["anna", "son"], 4, "customers/son.md:3: `family` names customers/anna.md, so they are two"),
        (["son", "anna"], 4, "customers/son.md:3: `family` names customers/anna.md, so they are two"),
        (["anna", "other"], 4, "`not_same_as` names"),
        (["anna", "ania", "--set", "tier"], 2, "write FIELD=VALUE"),
        (["anna", "ania", "--set", "role=x"], 2, "They differ in tier."),
        (["anna", "ania", "--set", "tier=tin"], 2, "“tin” is no tier"),
        (["anna", "braces"], 4, "written in braces"),
        (["anna", "merging"], 4, "put right first"),
    ],
)
def test_what_is_refused(words: list[str], code: int, why: str, run: Run, make_vault: MakeVault) -> None:
    more = {
        "anna": ANNA,
        "ania": ANIA,
        "shop": "---\nkind: company\n---\n",
        "son": "---\nname: Son\nfamily: ['[[anna]]']\n---\n",
        "other": "---\nnot_same_as: '[[anna]]'\n---\n",
        "braces": "---\n{role: x}\n---\n",
        "merging": "---\nname: M\n---\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n",
    }
    vault = make_vault(more, CONFIG)
    before = snapshot(vault)
    result = run("--vault", vault, "merge", *words)
    assert (result.exit_code, why in result.stderr) == (code, True), result.stderr
    assert snapshot(vault) == before


def joined(run: Run, make_vault: MakeVault, one: str, other: str, *words: str) -> str:
    vault = make_vault({"a": one, "b": other}, CONFIG)
    result = run("--vault", vault, "--today", DAY, "merge", "a", "b", *words)
    assert result.exit_code == 0, result.stderr
    return (vault / "customers" / "a.md").read_bytes().decode()


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("---\nname: A\n---\n", "---\nname: A\n---\nText\n", "---\nname: A\naliases: [b]\n---\n\nText\n"),
        ("---\nname: A\n---", "---\nname: A\n---\nText", "---\nname: A\naliases: [b]\n---\n\nText\n"),
        (
            "---\r\nname: A\r\n---\r\n## Log\r\n",
            "---\nname: A\n---\n## Dziennik\n\n## Log\n- 2026-01-01 call: x\n  more\n",
            "---\r\nname: A\r\naliases: [b]\r\n---\r\n## Dziennik\r\n\r\n## Log\r\n\r\n- 2026-01-01 call: x\r\n  more\r\n",
        ),
        (
            "---\nname: A\n---\n## Log\n* 2026-01-01: x\n* 2026-01-03: z\n",
            "---\nname: A\n---\n## Log\n- 2026-01-02: y\n- 2026-01-04: w",
            "---\nname: A\naliases: [b]\n---\n## Log\n* 2026-01-01: x\n* 2026-01-02: y\n* 2026-01-03: z\n* 2026-01-04: w\n",
        ),
        (
            "---\nname: A\n---\n# A\n\n## Log\n\n- 2026-01-02: y\n",
            "---\nname: A\n---\n## Work\n\nBaker\n\n## Log\n\n- 2026-01-02: y\n",
            "---\nname: A\naliases: [b]\n---\n# A\n\n## Work\n\nBaker\n\n## Log\n\n- 2026-01-02: y\n",
        ),
        (
            "---\nname: A\nstatus: active\n---\n",
            "---\nname: A\nleft: 2026-01-01\n---\n",
            "---\nname: A\nstatus: active\nleft: 2026-01-01\naliases: [b]\n---\n",
        ),
        (
            "---\nname: A\nrole:\nmine: x\n---\n",
            "---\nname: A\nrole: >-\n  long\n  text\nmine: [x, y]\n---\n",
            "---\nname: A\nrole: >-\n  long\n  text\nmine: [x, y]\naliases: [b]\n---\n",
        ),
    ],
)
def test_files_of_all_habits(one: str, other: str, both: str, run: Run, make_vault: MakeVault) -> None:
    assert joined(run, make_vault, one, other, "--keep", "a") == both


def test_blocks_keep_their_names_apart(run: Run, make_vault: MakeVault) -> None:
    one = "---\nname: A\n---\nMine ^x\n"
    other = "---\nname: A\n---\nTheirs ^x\n\nMore ^x-2\n"
    links = "---\nname: J\n---\n[[b#^x]] [[b#^x|it]] [her](b.md#^x) [[b#^x-2]] [[a#^x]] [[b#^xy]]\n"
    vault = make_vault({"a": one, "b": other, "j": links}, CONFIG)
    assert run("--vault", vault, "merge", "a", "b").exit_code == 0
    assert text_of(vault, "a").endswith("Mine ^x\n\nTheirs ^x-3\n\nMore ^x-2\n")
    linked = "[[a#^x-3]] [[a#^x-3|it]] [her](a.md#^x-3) [[a#^x-2]] [[a#^x]] [[a#^xy]]\n"
    assert text_of(vault, "j").endswith(linked)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("## Sons\n\nTwo.\n", "## Sons\n\nTwo.\n\n## Sons\n\nTwo.\n", 2),
        ("## Sons\n\nTwo.\n\n## Sons\n\nTwo.\n", "## Sons\n\nTwo.\n", 2),
        ("## Log\n\nTwo.\n", "## Log\n\nTwo.\n\n## Log\n\nTwo.\n", 2),
        ("Two.\n", "Two.\n", 1),
    ],
)
def test_what_one_has_twice_is_there_twice(
    one: str, other: str, both: int, run: Run, make_vault: MakeVault
) -> None:
    text = joined(run, make_vault, f"---\nname: A\n---\n{one}", f"---\nname: A\n---\n{other}")
    assert (text.count("Two."), text.count("## Sons")) == (both, both if "Sons" in one else 0)


def test_indented_code_stays_code_below_a_list(run: Run, make_vault: MakeVault) -> None:
    one = "---\nname: A\n---\n## Log\n\n- 2026-11-02 call: Talked\n"
    text = joined(run, make_vault, one, "---\nname: A\n---\n## Log\n\n    - 2026-02-03 call: code\n")
    assert text.endswith("- 2026-11-02 call: Talked\n\n<!-- -->\n\n    - 2026-02-03 call: code\n")


@pytest.mark.parametrize("open_", ["```\ncode\n", "<!-- a comment\n"])
def test_what_would_not_be_read_is_refused(open_: str, run: Run, make_vault: MakeVault) -> None:
    one = f"---\nname: A\n---\n{open_}"
    vault = make_vault({"a": one, "b": "---\nname: A\n---\n- [ ] 2026-12-01 call: Ask\n"}, CONFIG)
    before = snapshot(vault)
    result = run("--vault", vault, "merge", "a", "b")
    assert (result.exit_code, "would be read otherwise" in result.stderr) == (4, True)
    assert snapshot(vault) == before


def test_hostile_names(run: Run, make_vault: MakeVault) -> None:
    odd = '---\nname: "A\\nb \\e[31m"\naliases: ["a]b", "x\\ty", "[[c]]"]\n---\n'
    vault = make_vault(
        {"a": "---\nname: A\n---\n", "-x": odd, "j": "---\nname: J\n---\n[x](-x.md)\n"}, CONFIG
    )
    result = run("--vault", vault, "merge", "--", "a", "-x")
    assert result.exit_code == 0, result.stderr
    with closing(Workspace(vault, TODAY, None, vault.parent / "state")) as workspace:
        assert workspace.customer("a").aliases == ("-x", "A b [31m", "a]b", "x y", "[[c]]")
    assert text_of(vault, "j").endswith("[x](a.md)\n")


def test_relative_links_lead_where_they_led_from_another_folder(run: Run, make_vault: MakeVault) -> None:
    text = (
        '[zo](../zo.md#x "t") [q](<../a b.md>) ![p](../../photos/p%201.png) [f](paper/) [self](b.md) [a](../a.md)\n'
        "[[../zo.md|Zo]] [[zo]] `[c](../zo.md)` [w](https://x.example/y) [m](#below) [r](/top.md)\n\n"
        "```\n[c](../zo.md)\n```\n\n[1]: ../zo.md#x 't'\n[2]: <../a b.md>\n[3]: ../paper.pdf\n[4]: b.md\n[^5]: ../zo.md\n"
        "\n## Log\n\n- 2026-01-02 call: [zo](../zo.md)\n"
    )
    after = (
        '[zo](zo.md#x "t") [q](<a b.md>) ![p](../photos/p%201.png) [f](former/paper/) [self](a.md) [a](a.md)\n'
        "[[zo.md|Zo]] [[zo]] `[c](../zo.md)` [w](https://x.example/y) [m](#below) [r](/top.md)\n\n"
        "```\n[c](../zo.md)\n```\n\n[1]: zo.md#x 't'\n[2]: <a b.md>\n[3]: paper.pdf\n[4]: a.md\n[^5]: ../zo.md\n"
        "\n## Log\n\n- 2026-01-02 call: [zo](zo.md)\n"
    )
    people = {
        "a": "---\nname: A\n---\n",
        "former/b": f"---\nname: B\n---\n{text}",
        "zo": "---\nname: Zo\n---\n",
    }
    vault = make_vault(people, CONFIG)
    assert run("--vault", vault, "merge", "a", "b").exit_code == 0
    assert (vault / "customers" / "a.md").read_text().endswith(f"\n\n{after}")


# Properties

FIELDS = {
    "tier": ["gold", "silver # a"],
    "status": ["active", "former", "paused"],
    "left": ["2026-01-01"],
    "birthday": ["1984-05-17", "--05-17", "1990-01-01 # b"],
    "emails": ["[a@x.example, B@x.example]", "\n  - b@x.example # c\n  - c@x.example", "d@x.example"],
    "phones": ['["+48 600 100 200"]', '["600 100 200", "1234567"]'],
    "tags": ["[vip, bike]", "x", "[]", ""],
    "occasions": ["\n  - wedding 2012-09-01", "\n  wedding: 2012-09-01\n  shop: --05-03"],
    "aliases": ["[x]", "[Boss, y]"],
    "norms": ["Be kind", '"Be: kind"', "|\n  Two\n  lines"],
    "do_not_contact": ["true", "false"],
    "mine": ["1", "[1, 2]", "\n  a: 1\n  b: 2", "'[[jan]]'"],
    "\u00e9tage": ["2"],
    "company": ["'[[shop]]'", "Words"],
}
LINES = [
    "Some prose.",
    "More [[b]] prose.",
    "* a bullet",
    "1. one",
    "- [ ] 2026-12-01 call: Ask",
    "- [x] 2026-12-01 call: Ask [done:: 2026-11-02] ^x1",
    "- [ ] 2026-12-05 Ask ^x1",
    "> quote",
    "```\n- 2026-01-01 call: code\n```",
    "## Family",
    "# Work",
    "### Deep",
    "Setext\n------",
    "paragraph ^x1",
    "%% hidden %%",
    "## Family\n\nTwo sons.",
    "    indented code",
]
ENTRIES = [
    "- 2026-11-02 call: Talked #x",
    "- 2026-11-02 call: Talked #x",
    "- 2026-10-01 09:30 visit (in): Tea\n  more\n\n  - nested",
    "* 2026-09-01: Old [[b|her]]",
    "- 2026-12-24 note: later ^e1",
    "- undated",
    "- 2026-02-30 call: odd",
    "- [ ] 2026-11-30 call: in the log",
]


@st.composite
def customers(draw: st.DrawFn, name: str) -> str:
    """A customer's file, of one habit or another."""
    keys = draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True, max_size=7))
    front = [f"{key}: {draw(st.sampled_from(FIELDS[key]))}".replace(": \n", ":\n") for key in keys]
    head = [f"name: {name}", *draw(st.lists(st.sampled_from(["# note", "# other"]), max_size=1)), *front]
    body = draw(st.lists(st.sampled_from(LINES), max_size=6))
    log = draw(st.lists(st.sampled_from(ENTRIES), max_size=5))
    upward, with_log, more = (draw(st.booleans()) for _ in range(3))
    log = sorted(log, reverse=upward)
    gap = draw(st.sampled_from(["\n", "\n\n"]))
    parts = ["## Log", *log] if log or with_log else []
    after = draw(st.lists(st.sampled_from(LINES[:8]), max_size=2)) if more else []
    text = "\n".join(
        ["---", *head, "---", "", gap.join([*body, *([""] if body else []), "\n".join(parts), "", *after])]
    )
    text += draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def lines_of(text: str) -> Counter[str]:
    """How often the lines of a body stand there, as they can be found again: without bullets' signs, block ids, and which of the two is meant."""
    body = re.split(r"^---\r?$", text, maxsplit=2, flags=re.MULTILINE)[2]
    found = (re.sub(r"\^(\w+?)(-\d+)?$", r"^\1", line.strip()) for line in body.split("\n"))
    return Counter(
        re.sub(r"^[*+] ", "- ", line).replace("[[b", "[[a") for line in found if line and line != "## Log"
    )


def values_of(one: Customer) -> set[tuple[str, object]]:
    """What the fields hold, each member of a list for itself."""
    found: set[tuple[str, object]] = set()
    for name in ("tier", "left", "birthday", "norms", "company", "do_not_contact"):
        found.add((name, getattr(one, name)))
    for name in ("tags", "occasions", "aliases"):
        found.update((name, value) for value in getattr(one, name))
    found.update(("emails", value.lower()) for value in one.emails)
    found.update(("phones", value.replace(" ", "").removeprefix("+48")) for value in one.phones)
    found.update(("own", name) for name, _ in one.own)
    return {(name, value) for name, value in found if value not in (None, False)}


@settings(max_examples=settings().max_examples // 4)
@given(customers("A"), customers("A"), st.sampled_from("ab"))
def test_nothing_is_lost(one: str, other: str, side: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "vault"
        (root / "customers").mkdir(parents=True)
        (root / "ptcrm.yaml").write_text(CONFIG, encoding="utf-8")
        files = {"a": one, "b": other, "jan": "---\nname: Jan\nfamily: '[[b]]'\n---\n[her](b.md)\n"}
        for stem, text in files.items():
            (root / "customers" / f"{stem}.md").write_bytes(text.encode())
        before = snapshot(root)
        with closing(Workspace(root, TODAY, None, Path(folder) / "state")) as workspace:
            unite_and_check(workspace, one, other, side)
            workspace.undo()
        assert snapshot(root) == before


def unite_and_check(workspace: Workspace, one: str, other: str, side: str) -> None:
    mine, theirs = (workspace.customer(stem) for stem in "ab")
    two = workspace.two(Match(mine.path, "a", "A"), Match(theirs.path, "b", "A"))
    found = differences(*two)
    chosen = {it.field: Chosen(side) for it in found}
    operation, left = workspace.united(two, chosen)
    workspace.write(operation)
    both = workspace.customer("a")
    text = (workspace.root / both.path).read_bytes().decode()
    assert not left
    assert "b" in both.aliases
    assert lines_of(one) | lines_of(other) <= lines_of(text)
    assert ("\r\n" in text) == ("\r\n" in one) or "\n" not in one
    decided = {it.field for it in found}
    lost = (values_of(mine) | values_of(theirs)) - values_of(both)
    assert {name for name, _ in lost} <= decided
    keeps = mine if side == "a" else theirs
    for name in decided - {"mine", "norms"}:
        assert getattr(both, name) == getattr(keeps, name)
    logs = [Counter(without_links(it.text, it.date) for it in who.log) for who in (mine, theirs, both)]
    assert logs[2] == logs[0] | logs[1]
    assert not workspace.index.meant("b") - {both.path}
    for comment in ("# a", "# b", "# c", "# note", "# other"):
        assert (
            text.count(comment) >= max(one.count(comment), other.count(comment)) > 0
            or comment not in one + other
        )


def without_links(text: str, day: object) -> tuple[str, object]:
    return re.sub(r"(?<=\^e1)(-\d)+", "", text.replace("[[b", "[[a")), day
