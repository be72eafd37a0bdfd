"""`ptcrm brief`: what it knows, and that it fits on one screen whoever it is about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ptcrm.cli.brief import wrapped
from tests.conftest import DAY, SAMPLE, MakeVault, Run

CONFIG = (
    "start: 2021-01-01\ntimezone: Europe/Warsaw\n"
    "changes: [{date: 2026-10-01, fixes: price, text: New prices}]\n"
    "campaigns: {christmas: {date: --12-10, do: card, where: 'tag:cards'}}\n"
    "playbooks: {after-sale: {starts: sale, lapse: 30 days, steps: [{after: 7 days, do: call, text: All well?}]}}\n"
)
ANNA = """---
name: Anna Kowalska
role: owner
company: "[[rowery]]"
timezone: Asia/Tokyo
language: pl
phones: ["+48 600 100 200"]
birthday: 1984-11-20
occasions: [wedding 2012-12-24, opening --02-01]
tags: [cards]
interests: [Sailing, e-bikes]
prefers: [call, visit]
avoids: [social]
norms: Ask about the shop before the family.
family: ["[[piotr]]", two cats]
referred_by: "[[jan]]"
---

# Anna

Met at the *fair*. Runs two shops; her brother [[piotr|Piotr]] repairs
and sells.

Second paragraph.

- [ ] 2026-12-01 call: Ask about Gdynia
- [ ] 2026-11-20 feedback: The bell is loose
- [x] 2026-10-20 feedback: The lamp is dim [done:: 2026-10-22]
- [x] 2026-09-20 feedback: The bag leaks [done:: 2026-09-22] [told:: 2026-09-23]
- [x] 2026-01-20 feedback: Long ago [done:: 2026-01-22]

## Log

- 2026-11-30 call: In the future
- 2026-11-21 call (no answer): Tried
- 2026-11-10 sale: Two bikes [amount:: 5400 EUR]
  Delivered on the 20th.
- 2026-11-09 newsletter: Autumn
- 2026-11-02 gift (in): A jar of honey
- 2026-11-01 gift: A bell #shop
- 2026-10-01 email (value): The subsidy
- 2026-09-01 article: On gears
"""
OTHERS = {
    "rowery": "---\nname: Rowery\nkind: company\n---\n",
    "piotr": "---\nname: Piotr Kowalski\ninterests: [sailing]\nreferred_by: '[[anna]]'\n---\n",
    "jan": "---\nname: Jan Nowak\ninterests: [SAILING]\n---\n\n## Log\n\n- 2026-11-15 lunch: With Anna [with:: [[anna]]]\n",
    "left": "---\nname: Left\nstatus: former\nleft: 2026-09-01\nleft_reason: price\ninterests: [sailing]\n---\n",
    "quiet": "---\nname: Quiet\ndo_not_contact: true\nmute_until: 2027-01-01\nsnooze: 2026-12-24\n---\n",
    "bare": "---\n---\n",
}


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA, **OTHERS}, CONFIG)


def brief_of(vault: Path, who: str, run: Run) -> dict[str, object]:
    answer = json.loads(run("--vault", vault, "--today", DAY, "brief", who, "--json").stdout)
    assert isinstance(answer, dict)
    return answer


def test_the_whole_of_it(vault: Path, run: Run) -> None:
    assert (
        run("--vault", vault, "--today", DAY, "brief", "anna").stdout
        == """\
Anna Kowalska
owner, Rowery
+48 600 100 200 · by call or visit, not social · speaks pl
At noon here it is 20:00 in Asia/Tokyo.

Norms     Ask about the shop before the family.
About     Met at the *fair*. Runs two shops; her brother Piotr repairs and
          sells.
Last      2 days ago (2026-11-21) call (no answer): Tried
          8 days ago (2026-11-15) lunch with Jan Nowak: With Anna
          13 days ago (2026-11-10) sale: Two bikes / Delivered on the 20th.
Promised  6 days ago (2026-11-17) call: All well? (after-sale/1)
          answer: The bell is loose (feedback, 3 days ago (2026-11-20))
          Tue 1 Dec call: Ask about Gdynia
          tell what became of: The lamp is dim (closed 4 weeks ago (2026-10-22))
Family    Piotr Kowalski, two cats
Likes     Sailing, e-bikes
Given     3 weeks ago (2026-11-01) gift: A bell #shop
Coming    3 days ago (2026-11-20): birthday, 42 (born 1984)
          Thu 24 Dec: wedding, 14 years (2012)
Next      Fri 27 Nov: feedback, as promised — feedback came 2026-11-20, to be…
Pass on   Thanks are due for sending Piotr Kowalski.
          Came through Jan Nowak.
"""
    )


def test_what_it_knows_as_data(vault: Path, run: Run) -> None:
    found = brief_of(vault, "anna", run)
    assert found["company"] == "Rowery"
    assert found["there"] == "20:00 in Asia/Tokyo"
    assert found["about"] == "Met at the *fair*. Runs two shops; her brother Piotr repairs and sells."
    assert [(one["date"], one["channel"], one["with"]) for one in rows(found, "last")] == [
        ("2026-11-21", "call", None),
        ("2026-11-15", "lunch", "Jan Nowak"),
        ("2026-11-10", "sale", None),
    ]
    assert [(one["kind"], one["number"], one["step"]) for one in rows(found, "promises")] == [
        ("step", None, "after-sale/1"),
        ("feedback", 1, None),
        ("follow-up", 2, None),
        ("told", None, None),
    ]
    assert [one["text"] for one in rows(found, "given")] == ["A bell #shop", "The subsidy"]
    assert [(one["kind"], one["text"]) for one in rows(found, "pass_on")] == [
        ("thanks", "Thanks are due for sending Piotr Kowalski."),
        ("referred", "Came through Jan Nowak."),
        ("campaign", "The card of the campaign christmas goes out Thu 10 Dec."),
        ("interest", "Jan Nowak, Piotr Kowalski also: Sailing."),
    ]
    assert [one["text"] for one in rows(found, "occasions")] == ["birthday", "wedding"]
    for one in [*rows(found, "last"), *rows(found, "promises"), *rows(found, "given")]:
        lines = (vault / str(one["path"])).read_text(encoding="utf-8").splitlines()
        assert one["step"] if one.get("step") else str(one["text"])[:8] in lines[int(str(one["line"])) - 1]


def rows(found: dict[str, object], key: str) -> list[dict[str, object]]:
    value = found[key]
    assert isinstance(value, list)
    return value


def test_who_wants_to_be_left_alone(vault: Path, run: Run) -> None:
    shown = run("--vault", vault, "--today", DAY, "brief", "quiet").stdout
    assert "Not to be contacted. To be left in peace until 2026-12-24." in shown
    assert "No congratulations until 2027-01-01." in " ".join(shown.split())
    left = run("--vault", vault, "--today", DAY, "brief", "left").stdout
    assert "A former customer since 2026-09-01: price." in left
    assert "New prices (since 2026-10-01)." in left


def test_a_company_has_its_people_and_their_conversations(vault: Path, run: Run) -> None:
    shown = run("--vault", vault, "--today", DAY, "brief", "rowery").stdout
    assert "People    Anna Kowalska (owner)\n" in shown
    assert "call (no answer) with Anna Kowalska: Tried" in shown


def test_a_follow_up_that_the_log_has_as_well_is_told_once(make_vault: MakeVault, run: Run) -> None:
    tasks = "- [x] 2026-11-02 call: Ticked\n- [x] 2026-11-04 visit: Ticked alone\n- [x] 2026-11-05 memo: No touch\n"
    log = "- 2026-11-02 call: Logged\n"
    vault = make_vault({"anna": f"---\nname: Anna\n---\n{tasks}\n## Log\n\n{log}"})
    told = [one["text"] for one in rows(brief_of(vault, "anna", run), "last")]
    assert told == ["Ticked alone", "Logged"]


def test_somebody_of_whom_nothing_is_known(vault: Path, run: Run) -> None:
    assert run("--vault", vault, "--today", DAY, "brief", "bare").stdout.startswith(
        "bare\n\nLast      never contacted\n"
    )


LONG = "A very long sentence of many words. " * 20


def test_a_sale_alone_is_no_contact_and_said(make_vault: MakeVault, run: Run) -> None:
    sold = "---\nname: {}\n---\n\n## Log\n\n- 2026-11-20 sale: A bell\n- 2026-12-20 sale: Later\n"
    called = sold.format("Jan") + "- 2026-11-21 call: Fine\n"
    vault = make_vault({"anna": sold.format("Anna"), "jan": called, "ola": "---\nname: Ola\n---\n"})
    shown = {
        (command, who): run("--vault", vault, "--today", DAY, command, who).stdout
        for command in ("brief", "show")
        for who in ("anna", "jan", "ola")
    }
    words = "no contact but the sale of 2026-11-20"
    assert f"get in touch — {words}, kept here since 2021-01-01" in " ".join(shown["brief", "anna"].split())
    assert f"\n{words} (new)\n" in shown["show", "anna"]
    assert "never contacted" not in shown["brief", "anna"]
    for who in ("jan", "ola"):
        assert words not in shown["brief", who] + shown["show", who]
    assert "\nnever contacted (new)\n" in shown["show", "ola"]


def test_a_command_is_never_broken(make_vault: MakeVault, run: Run) -> None:
    title = "Studded tyres in the city, and when they are far too much of a good thing"
    vault = make_vault({"anna-kowalska": "---\nname: Anna\ntags: [winter]\n---\n"})
    (vault / "library").mkdir()
    for number in (1, 2):
        item = f"---\ntitle: {title}\ntopics: [winter]\n---\n"
        (vault / "library" / f"studded-tyres-{number}.md").write_text(item)
    lines = run("--vault", vault, "--today", DAY, "brief", "anna").stdout.splitlines()
    commands = [f"{' ' * 10}ptcrm share studded-tyres-{number} --log anna-kowalska" for number in (1, 2)]
    assert [line for line in lines if "ptcrm" in line] == commands
    assert lines[-4] == "Pass on   Studded tyres in the city, and when they are far too much of a good…"


def test_a_command_that_has_no_room_is_left_out(make_vault: MakeVault, run: Run) -> None:
    log = "".join(f"- 2026-11-{day:02} call (value): {LONG}\n" for day in range(22, 2, -1))
    fields = f"norms: {LONG}\nfamily: [{LONG}]\ninterests: [winter, {LONG}]\nrole: a\nphones: ['1']\nlanguage: pl\n"
    tasks = "".join(f"- [ ] 2026-12-{day:02} call: {LONG}\n" for day in range(1, 20))
    vault = make_vault({"anna": f"---\nname: Anna\n{fields}---\n\n{LONG}\n\n{tasks}\n## Log\n\n{log}"})
    (vault / "library").mkdir()
    (vault / "library" / "tyres.md").write_text(f"---\ntitle: {LONG}\ntopics: [winter]\n---\n")
    shown = run("--vault", vault, "--today", DAY, "brief", "anna").stdout
    assert "Pass on   A very long sentence" in shown
    assert "ptcrm share" not in shown


def ids() -> list[str]:
    return sorted(path.stem for path in (SAMPLE / "customers").rglob("*.md"))


@pytest.mark.parametrize("who", ids())
def test_everybody_fits_on_one_screen(who: str, run: Run) -> None:
    lines = run("--vault", SAMPLE, "--today", DAY, "brief", who).stdout.splitlines()
    assert len(lines) < 24
    assert max(map(cell_len, lines)) <= 80
    assert "%" not in "".join(line for line in lines if line.startswith(("Last", "Next")))


def test_more_of_everything_fits_too_and_the_norms_stay(make_vault: MakeVault, run: Run) -> None:
    log = "".join(f"- 2026-11-{day:02} call (value): {LONG}\n" for day in range(22, 2, -1))
    tasks = "".join(f"- [ ] 2026-12-{day:02} call: {LONG}\n" for day in range(1, 20))
    occasions = ", ".join(f"day{day} --12-{day:02}" for day in range(1, 20))
    fields = (
        f"role: {LONG}\ncompany: {LONG}\nphones: ['+48 600 100 200', '+48 600 100 201']\ntimezone: Asia/Tokyo\n"
        f"interests: [{', '.join(f'thing {number}' for number in range(60))}]\nfamily: ['{LONG}']\n"
        f"occasions: [{occasions}]\nmute_until: 2026-11-30\nsnooze: 2026-11-29\nlanguage: pl\n"
        f"norms: Ask first. {LONG}\nprefers: [call, visit, email, letter]\navoids: [social, message]\n"
    )
    text = f"---\nname: {'Ann ' * 50}\n{fields}---\n\n{LONG}\n\n{tasks}\n## Log\n\n{log}"
    vault = make_vault(
        {"anna": text, "jan": "---\nname: Jan\ncompany: '[[anna]]'\nreferred_by: '[[anna]]'\n---\n"}
    )
    result = run("--vault", vault, "--today", DAY, "brief", "anna")
    lines = result.stdout.splitlines()
    assert len(lines) == 23
    assert max(map(cell_len, lines)) <= 80
    labels = [line[:10].strip() for line in lines if line[:1].strip()]
    assert labels[-10:] == "Norms,People,Last,Promised,Family,Likes,Given,Coming,Next,Pass on".split(",")
    assert any("and 16 more: ptcrm show anna" in line for line in lines)
    assert sum(line.startswith("          ") for line in lines) >= 3


def test_hostile_text_is_filtered(make_vault: MakeVault, run: Run) -> None:
    text = '---\nname: "A\\e[31m\\u202eB"\nnorms: "x\\e]0;title\\ay"\n---\n\n## Log\n\n- 2026-11-02 call: \x1b[2Jx\u202e\n'
    vault = make_vault({"anna": text})
    for words in (["brief", "anna"], ["brief", "anna", "--json"], ["show", "anna"]):
        shown = run("--vault", vault, "--today", DAY, *words).stdout
        assert not {"\x1b", "\u202e", "\x07"} & set(shown)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120),
    st.integers(4, 40),
    st.integers(1, 5),
)
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int, most: int) -> None:
    text = " ".join(text.split())
    lines = wrapped(text, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)
    if not lines or not lines[-1].endswith("…"):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_show_has_playbooks_days_and_links(vault: Path, run: Run) -> None:
    shown = run("--vault", vault, "--today", DAY, "show", "anna").stdout
    assert "\nPlaybooks\n  after-sale/1  call: All well?  due since 2026-11-17, planned 2026-12-15" in shown
    assert "\nComing days\n" in shown
    assert "card to 1 customer: ptcrm campaign christmas" in shown
    assert "\nLinks to\n  Rowery          customers/anna.md:4   company\n" in shown
    assert "  Jan Nowak       customers/anna.md:16  referred_by\n" in shown
    answer = json.loads(run("--vault", vault, "--today", DAY, "show", "anna", "--json").stdout)
    assert [(one["name"], one["field"]) for one in answer["links"]] == [
        ("Rowery", "company"),
        ("Piotr Kowalski", "family"),
        ("Jan Nowak", "referred_by"),
    ]
    assert answer["playbooks"][0]["steps"][0]["step"] == "after-sale/1"
    assert {"follow-up", "playbook", "birthday", "campaign"} <= {one["kind"] for one in answer["coming"]}
