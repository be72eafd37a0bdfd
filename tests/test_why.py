"""`why`: sentences that a person would say, for every kind of date and every reason to move one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.conftest import DAY, MakeVault, Run

Why = Callable[..., str]

CONFIG = """\
start: 2026-01-01
min_gap: 5 days
away: [2026-12-07..2026-12-08]
country: PL
tiers: {gold: {cadence: 3 weeks}}
playbooks:
  after-sale:
    starts: sale
    steps:
      - {after: 7 days, do: note, text: Thank-you note}
      - {do: email, text: The invoice}
  win-back: {starts: left, steps: [{after: 3 months, do: email, text: What has changed}]}
  welcome: {starts: since, steps: [{after: 1 day, do: call, text: Hello}]}
occasions: {lead: {birthday: 7 days}, customer_years: [1]}
campaigns: {christmas: {date: --12-10, do: card, where: "tier:gold"}}
"""
GOLD = "---\nname: Anna\ntier: gold\n---\n## Log\n"


def logged(*lines: str, front: str = "tier: gold") -> str:
    return f"---\nname: Anna\n{front}\n---\n## Log\n" + "".join(f"- {line}\n" for line in lines)


@pytest.fixture
def why(make_vault: MakeVault, run: Run) -> Why:
    def ask(text: str, config: str = CONFIG, today: str = DAY, others: dict[str, str] | None = None) -> str:
        vault = make_vault({"anna": text, **(others or {})}, config=config, name=f"vault{len(text)}")
        result = run("--vault", vault, "--today", today, "why", "anna")
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return ask


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            logged("2026-11-02 call: x"),
            "a call on 2 November 2026, 3 weeks ago; gold means every 3 weeks, so the next contact is due today.",
        ),
        (
            logged("2026-11-10: x", front="role: x"),
            "contact was on 10 November 2026, 13 days ago; without a tier or cadence it is every 6 weeks, so the next",
        ),
        (
            logged("2026-11-22 email: x", front="cadence: 10 days\ncadence_until: 2027-03-31"),
            "an email on 22 November 2026, yesterday; the file asks for every 10 days until 2027-03-31, so the next",
        ),
        (
            logged("2026-04-01 call: x", front="status: former"),
            "former customers hear from you every 6 months, so the next contact was due on Thursday 1 October 2026.",
        ),
        (
            logged("2026-11-01 call: x", front="status: paused"),
            "The last contact was a call on 1 November 2026, 3 weeks ago; there is no regular contact, because the status is paused.",
        ),
        (
            "---\nname: Anna\nsince: 2026-11-01\n---\n",
            "Never contacted, though a customer since 1 November 2026; without a tier or cadence it is every 6 weeks, so the first",
        ),
        (
            "---\nname: Anna\n---\n",
            "Never contacted since the records begin on 1 January 2026;",
        ),
        ("---\nname: Anna\ndo_not_contact: true\n---\n", "Marked do_not_contact, so nothing at all is planned."),
        (
            logged("2026-11-10 sale: x"),
            "The playbook after-sale asks for it 1 week after the sale of 10 November 2026; it was due on Tuesday 17 November 2026.",
        ),
        (logged("2026-11-10 sale: x"), "The playbook after-sale asks for it with the sale of 10 November 2026;"),
        (logged("2026-11-10 sale: x"), "A note in the log settles it, and so does `ptcrm done anna after-sale/1`. It lapses after 17 December 2026."),
        (
            logged(front="left: 2026-09-01"),
            "The playbook win-back asks for it 3 months after the goodbye on 1 September 2026; it is due on Tuesday 1 December 2026.",
        ),
        (
            logged(front="since: 2026-11-22"),
            "it is due today. It also serves for the contact that is due on 3 January 2027 (every 6 weeks by default).",
        ),
        (
            "---\nname: Anna\n---\n- [ ] 2027-02-01 call: x [every:: 1 year]\n## Log\n- 2026-11-22 call: x\n",
            "The file has a follow-up for Monday 1 February 2027.",
        ),
        (
            "---\nname: Anna\n---\n- [ ] 2026-11-20 feedback: x\n",
            "Feedback came on 20 November 2026, and is to be answered within 1 week.",
        ),
        ("---\nname: Anna\nbirthday: 1984-05-17\n---\n", "The file has this birthday on this day every year (born in 1984)."),
        ("---\nname: Anna\nbirthday: --05-17\n---\n", "The file has this birthday on this day every year (the year is not known)."),
        ("---\nname: Anna\noccasions: wedding 2012-09-01\n---\n", "It comes every year. `mute: [wedding]` silences it."),
        ("---\nname: Anna\nbirthday: 1984-05-17\n---\n", "Birthday on 2027-05-17: 1 week ahead, so that there is time to prepare."),
        ("---\nname: Anna\nsince: 2026-06-01\n---\n", "A customer since 1 June 2026."),
    ],
)  # fmt: skip
def test_every_date_has_its_sentence(why: Why, text: str, sentence: str) -> None:
    assert sentence in why(text)


@pytest.mark.parametrize(
    ("text", "config", "sentence"),
    [
        (
            logged("2026-11-07 call: x"),
            CONFIG,
            "It stands on Monday 30 November 2026, because the weekend is not worked.",
        ),
        (
            logged("2026-11-16 call: x"),
            CONFIG.replace("campaigns", "queries").replace('{christmas: {date: --12-10, do: card, where: "tier:gold"}}', "{}"),
            "It stands on Wednesday 9 December 2026, because you are away.",
        ),
        (
            logged("2026-12-04 call: x"),
            CONFIG,
            "It stands on Monday 28 December 2026, because Boże Narodzenie (pierwszy dzień) is a holiday.",
        ),
        (
            logged("2026-11-02 call: x", front="tier: gold\nsnooze: 2026-11-26"),
            CONFIG,
            "It stands on Thursday 26 November 2026, because Anna is snoozed until 26 November 2026.",
        ),
        (
            logged("2026-11-22 call (no answer): x", "2026-11-01 call: x"),
            CONFIG,
            "It stands on Wednesday 25 November 2026, because nobody answered on 22 November 2026 and it is tried again 3 days later.",
        ),
        (
            logged("2026-11-21 email: x", "2026-11-10 sale: x"),
            CONFIG,
            "It stands on Thursday 26 November 2026, because contacts of one customer are at least 5 days apart (see 21 November 2026).",
        ),
    ],
)  # fmt: skip
def test_why_it_moved(why: Why, text: str, config: str, sentence: str) -> None:
    today = "2026-12-20" if "2026-12-04" in text else DAY
    assert sentence in why(text, config, today)


def test_a_full_day_and_the_intake_of_new_customers(why: Why) -> None:
    older = {
        f"b{number}": GOLD.replace("Anna", f"B{number}") + "- 2026-10-01 call: x\n" for number in range(2)
    }
    full = CONFIG + "capacity: {per_day: 1}\n"
    text = why(logged("2026-11-02 call: x"), full, others=older)
    assert "because 2 working days before it are full (1 a day)." in text
    new = {f"b{number}": f"---\nname: B{number}\n---\n" for number in range(2)}
    few = CONFIG + "capacity: {intake: 2}\n"
    text = why("---\nname: Anna\nsince: 2026-01-02\n---\n", few, others=new)
    assert (
        "It stands on Tuesday 24 November 2026, because no more than 2 new customers are taken in a day."
        in text
    )


def test_each_reason_names_file_and_line(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault({"anna": logged("2026-11-10 sale: x")}, config=CONFIG)
    rows = json.loads(run("--vault", vault, "--today", DAY, "why", "anna", "--json").stdout)
    assert [(one["reason"], one["path"], one["line"]) for one in rows if one["text"] == "Thank-you note"] == [
        ("sale on 2026-11-10", "customers/anna.md", 6),
        ("step 1 of the playbook after-sale", "ptcrm.yaml", 10),
    ]
    assert all(one["why"].endswith((".", ")")) for one in rows)
