"""Follow-ups as people type and tick them (FORMAT §2.4)."""

from __future__ import annotations

from datetime import date, time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.config import Config
from ptcrm.model.customer import FollowUp, Mark
from ptcrm.model.dates import Interval
from ptcrm.text.source import Source
from ptcrm.vault.log import LineReader, following
from ptcrm.vault.schema import Reading, read_customer

DAY = date(2026, 12, 1)
YEARLY = Interval(months=12)


def read(body: str) -> Reading:
    source = Source("customers/anna.md", f"---\nname: Anna\n---\n{body}")
    return read_customer(source, LineReader.of(Config()))


def tasks(body: str) -> tuple[FollowUp, ...]:
    """The follow-ups of a file with this body, in which nothing is wrong."""
    found = read(body)
    assert found.diagnostics == ()
    assert found.customer is not None
    return found.customer.follow_ups


def one(line: str) -> FollowUp:
    (found,) = tasks(f"{line}\n")
    return found


@pytest.mark.parametrize(
    ("line", "channel", "text", "at"),
    [
        ("- [ ] 2026-12-01 call: Ask", "call", "Ask", None),
        ("* [ ] 2026-12-01 call: Ask", "call", "Ask", None),
        ("1. [ ] 2026-12-01 call: Ask", "call", "Ask", None),
        ("- [ ] [[2026-12-01]] call: Ask", "call", "Ask", None),
        ("- [ ] **2026-12-01** call: Ask", "call", "Ask", None),
        ("- [ ] 2026-12-01 09:30 call: Ask", "call", "Ask", time(9, 30)),
        ("- [ ] 2026-12-01 9:30 Ask", None, "Ask", time(9, 30)),
        ("- [ ] 2026-12-01 Ask", None, "Ask", None),
        ("- [ ] 2026-12-01: Ask", None, "Ask", None),
        ("- [ ] 2026-12-01 09:30: Ask", None, "Ask", time(9, 30)),
        ("- [ ] 2026-12-01 CALL: Ask", "call", "Ask", None),
        ("- [ ] 2026-12-01 Ask: how is she", None, "Ask: how is she", None),
        ("- [ ] 2026-12-01 Look at https://a.example", None, "Look at https://a.example", None),
        ("- [ ] 2026-12-01 call: Ask [[jan|Jan]] [about:: shop] #vip", "call", "Ask Jan #vip", None),
        ("- [ ] 2026-12-01 call:", "call", "", None),
        ("- [ ] 2026-12-01", None, "", None),
        ("- [ ] call: Ask 📅 2026-12-01", "call", "Ask", None),
        ("- [ ] Ask 📅 2026-12-01", None, "Ask", None),
        ("- [ ] Ask 📅️2026-12-01 ⏳ 2026-11-01", None, "Ask", None),
        ("- [ ] Ask ⏳ 2026-12-01", None, "Ask", None),
        ("- [ ] Ask 🛫 2026-11-01 ➕ 2026-10-01 ⏫ 📅 2026-12-01 🆔 a1 ⛔ b2", None, "Ask", None),
        ("- [ ] 2026-12-01 call: Ask ^ask-anna", "call", "Ask", None),
        ("- [ ] 2026-12-01 call: Ask\r", "call", "Ask", None),
    ],
)
def test_the_forms_of_a_follow_up(line: str, channel: str | None, text: str, at: time | None) -> None:
    found = one(line)
    assert (found.due, found.channel, found.text, found.at) == (DAY, channel, text, at)
    assert (found.mark, found.done, found.every, found.implied) == ("open", None, None, False)


@pytest.mark.parametrize(
    ("box", "mark"),
    [
        (" ", "open"),
        ("x", "done"),
        ("X", "done"),
        ("-", "dropped"),
        ("/", "open"),
        (">", "open"),
        ("?", "open"),
    ],
)
def test_the_box_tells_how_it_stands(box: str, mark: Mark) -> None:
    assert one(f"- [{box}] 2026-12-01 call: Ask").mark == mark


@pytest.mark.parametrize(
    "body",
    [
        "- [ ] 2026-12-01 call: Ask\n",
        "Text.\n\n## Follow-ups\n\n- [ ] 2026-12-01 call: Ask\n",
        "## Log\n- 2026-11-02 call: x\n- [ ] 2026-12-01 call: Ask\n",
        "## Log\n- 2026-11-02 call: x\n  - [ ] 2026-12-01 call: Ask\n",
        "- [ ] 2026-12-01 call: Ask\n  - a note below\n  more text\n",
    ],
)
def test_a_follow_up_may_stand_anywhere_in_the_body(body: str) -> None:
    assert [(task.due, task.text) for task in tasks(body)] == [(DAY, "Ask")]


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] Buy milk",
        "- [ ] call Anna 2026-12-01",
        "2026-12-01 [ ] x",
        "    - [ ] 2026-12-01 code",
        "`- [ ] 2026-12-01 x`",
        "> - [ ] 2026-12-01 x",
        "```\n- [ ] 2026-12-01 x\n```",
    ],
)
def test_a_task_without_a_date_is_no_follow_up(line: str) -> None:
    assert tasks(f"\n{line}\n") == ()


@pytest.mark.parametrize(
    ("line", "read_as"),
    [
        ("- [ ] 2026-02-30 call: Ask", None),
        ("- [ ] 2026-1-2 call: Ask", None),
        ("- [ ] Ask 📅 2026-13-01", None),
        ("- [ ] 2026-12-01 25:00 Ask", FollowUp(DAY, "Ask", "|ask")),
        ("- [ ] 2026-12-01 Ask [every:: moon]", FollowUp(DAY, "Ask", "|ask", fields=(("every", "moon"),))),
        ("- [ ] Ask 🔁 every week on Sunday 📅 2026-12-01", FollowUp(DAY, "Ask", "|ask")),
        (
            "- [x] 2026-12-01 Ask [done:: 2026-02-30]",
            FollowUp(DAY, "Ask", "|ask", mark="done", fields=(("done", "2026-02-30"),)),
        ),
    ],
)
def test_a_date_or_interval_that_is_not_understood_is_a_warning(line: str, read_as: FollowUp | None) -> None:
    found = read(f"\n{line}\n")
    assert [(problem.code, problem.line, problem.column) for problem in found.diagnostics] == [
        ("PT301", 5, 7)
    ]
    assert found.diagnostics[0].hint
    assert found.customer is not None
    assert found.customer.follow_ups == ((read_as,) if read_as else ())


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("- [x] 2026-12-01 call: Ask [done:: 2026-12-03]", "2026-12-03"),
        ("- [x] 2026-12-01 call: Ask [Done::2026-12-03]", "2026-12-03"),
        ("- [x] call: Ask 📅 2026-12-01 ✅ 2026-12-03", "2026-12-03"),
        ("- [-] call: Ask 📅 2026-12-01 ❌ 2026-12-03", "2026-12-03"),
        ("- [x] 2026-12-01 call: Ask", None),
        ("- [ ] 2026-12-01 call: Ask [done:: 2026-12-03]", None),
    ],
)
def test_a_closed_follow_up_knows_its_day(line: str, done: str | None) -> None:
    found = one(line)
    assert found.done == (date.fromisoformat(done) if done else None)
    assert (found.due, found.text, found.origin) == (DAY, "Ask", "call|ask")


def test_a_follow_up_knows_its_line_and_box() -> None:
    body = "\n  - [x] 2026-12-01 call: Ask\n    more\n"
    (found,) = tasks(body)
    text = f"---\nname: Anna\n---\n{body}"
    assert found.line == 5
    assert text[found.box] == "x"
    assert found.span.of(text) == "  - [x] 2026-12-01 call: Ask"


# Identity


def origins(*lines: str) -> dict[str, str]:
    """Each open follow-up's origin, by its date."""
    return {task.due.isoformat(): task.origin for task in tasks("\n".join(lines)) if task.mark == "open"}


def test_a_follow_up_is_known_by_its_channel_and_text() -> None:
    assert one("- [ ] 2026-12-01 call: Ask  ABOUT the Żagle").origin == "call|ask about the zagle"
    assert (
        one("- [ ] 2027-01-01 09:00 call: ask about the żagle [about:: x]").origin
        == "call|ask about the zagle"
    )
    assert one("- [ ] 2026-12-01 Ask").origin == "|ask"
    assert one("- [ ] 2026-12-01 call: Ask ^a-1").origin == "^a-1"
    assert one("- [ ] 2026-12-01 email: Something else ^a-1").origin == "^a-1"


LINES = (
    "- [ ] 2026-12-01 call: Ask",
    "- [ ] 2026-12-02 email: Ask",
    "- [ ] 2026-12-03 call: Send",
    "- [ ] 2026-12-04 call: Ask ^named",
)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_lines_does_not_matter_to_who_they_are(order: tuple[int, ...]) -> None:
    assert origins(*(LINES[number] for number in order)) == origins(*LINES)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("box", ["x", "-"])
def test_closing_one_or_adding_others_leaves_the_rest_as_they_were(number: int, box: str) -> None:
    ticked = [line.replace("[ ]", f"[{box}]") if at == number else line for at, line in enumerate(LINES)]
    before = origins(*LINES)
    after = origins("- [ ] 2026-11-01 note: New", *ticked, "- [x] 2025-12-01 call: Ask", "## Log")
    assert {**after, "2026-11-01": ""} == {
        day: origin for day, origin in before.items() if not LINES[number].startswith(f"- [ ] {day}")
    } | {"2026-11-01": ""}


def test_equals_are_known_by_their_order() -> None:
    assert origins("- [ ] 2026-12-01 Ask", "- [ ] 2026-12-02 Ask", "- [ ] 2026-12-03 ask") == {
        "2026-12-01": "|ask",
        "2026-12-02": "|ask|1",
        "2026-12-03": "|ask|2",
    }
    assert origins("- [x] 2026-12-01 Ask", "- [x] 2026-12-02 Ask", "- [ ] 2026-12-03 Ask") == {
        "2026-12-03": "|ask"
    }


# Series


@pytest.mark.parametrize(
    ("words", "every", "from_done"),
    [
        ("[every:: 1 year]", YEARLY, False),
        ("[every:: year]", YEARLY, False),
        ("[every:: yearly]", YEARLY, False),
        ("[Every:: 6W]", Interval(days=42), False),
        ("[every:: 1 year when done]", YEARLY, True),
        ("[every:: monthly when done]", Interval(months=1), True),
        ("🔁 every 2 weeks", Interval(days=14), False),
        ("🔁 every month when done", Interval(months=1), True),
    ],
)
def test_a_follow_up_may_repeat(words: str, every: Interval, from_done: bool) -> None:
    found = one(f"- [ ] 2026-12-01 card: Ask {words}")
    assert (found.text, found.every, found.from_done) == ("Ask", every, from_done)


@pytest.mark.parametrize(
    ("lines", "due"),
    [
        (["- [ ] 2026-12-01 card: A [every:: 1 year]"], None),
        (["- [x] 2026-12-01 card: A [every:: 1 year]"], "2027-12-01"),
        (["- [-] 2026-12-01 card: A [every:: 1 year]"], "2027-12-01"),
        (["- [x] 2026-12-01 card: A [every:: 1 year] [done:: 2026-12-20]"], "2027-12-01"),
        (["- [x] 2026-12-01 card: A [every:: 1 year when done] [done:: 2026-12-20]"], "2027-12-20"),
        (["- [x] 2026-12-01 card: A [every:: 1 year when done] ✅ 2026-12-20"], "2027-12-20"),
        (["- [x] 2026-12-01 card: A [every:: 1 year when done]"], "2027-12-01"),
        (["- [x] card: A 🔁 every month 📅 2026-01-31"], "2026-02-28"),
        (["- [x] 2025-12-01 card: A [every:: 1 year]", "- [x] 2026-12-01 card: A [every:: 1 year]"], "2027-12-01"),
        (["- [x] 2026-12-01 card: A [every:: 1 year]", "- [x] 2025-12-01 card: a [every:: 1 year]"], "2027-12-01"),
        (["- [x] 2026-12-01 card: A [every:: 1 year]", "- [ ] 2027-12-05 card: A [every:: 1 year]"], None),
        (["- [x] 2026-12-01 card: A [every:: 1 year]", "- [ ] 2027-12-05 card: A"], None),
        (["- [ ] 2027-12-05 card: A", "- [x] 2026-12-01 card: A [every:: 1 year]"], None),
        (["- [x] 2026-12-01 card: A [every:: 1 year]", "- [ ] 2027-12-05 call: A"], "2027-12-01"),
        (["- [x] 2026-12-01 card: A [every:: 1 year]", "- [ ] 2027-12-05 card: B"], "2027-12-01"),
        (["- [x] 2026-12-01 card: A"], None),
        (["- [x] 2026-12-01 card: A [every:: 1 year] ^a", "- [ ] 2027-01-01 card: B ^a"], None),
        (["- [x] 2026-12-01 card: A [every:: 1 year]", "- [ ] 2027-01-01 card: A ^b"], None),
    ],
)  # fmt: skip
def test_the_newest_closed_line_of_a_series_implies_the_next(lines: list[str], due: str | None) -> None:
    found = tasks("\n".join(lines))
    assert [task.due.isoformat() for task in found if task.implied] == ([due] if due else [])
    assert [task.implied for task in found[: len(lines)]] == [False] * len(lines)
    for task in found:
        if task.implied:
            assert (task.mark, task.done, task.origin) == ("open", None, "card|a")


def test_ticking_keeps_the_series_identity_and_the_next_line_takes_it_over() -> None:
    before = one("- [ ] 2026-12-01 card: A [every:: 1 year]")
    _, implied = tasks("- [x] 2026-12-01 card: A [every:: 1 year]\n")
    closed, written = tasks(
        "- [x] 2026-12-01 card: A [every:: 1 year]\n- [ ] 2027-12-01 card: A [every:: 1 year]\n"
    )
    assert before.origin == implied.origin == written.origin
    assert following(closed).due == implied.due == written.due
    assert (implied.line, implied.box, implied.span) == (closed.line, closed.box, closed.span)


def test_two_series_go_on_side_by_side() -> None:
    found = tasks("- [x] 2026-12-01 card: A [every:: 1 year]\n- [x] 2026-12-01 call: A [every:: 1 month]\n")
    assert {(task.origin, task.due.isoformat()) for task in found if task.implied} == {
        ("card|a", "2027-12-01"),
        ("call|a", "2027-01-01"),
    }


def test_feedback_is_a_task_with_the_day_it_came() -> None:
    found = one("- [ ] 2026-11-20 feedback: Stand wobbles [told:: 2026-11-25]")
    assert (found.channel, found.due, found.text) == ("feedback", date(2026, 11, 20), "Stand wobbles")
    assert found.fields == (("told", "2026-11-25"),)


words = st.sampled_from(
    [
        "2026-12-01",
        "9:30",
        "call:",
        "x",
        "📅",
        "✅",
        "🔁 every",
        "week",
        "when done",
        "[every::",
        "1 year",
        "]",
        "^a",
        "⏳",
        "[done::",
    ]
)


@given(
    st.lists(
        st.tuples(st.sampled_from(" x-/"), st.lists(words | st.text(max_size=3)).map(" ".join)), max_size=5
    )
)
def test_any_tasks_are_read_and_no_two_open_ones_share_an_origin(lines: list[tuple[str, str]]) -> None:
    body = "".join(f"- [{box}] {text}\n" for box, text in lines)
    found = read(body).customer
    assert found is not None
    open_ones = [task.origin for task in found.follow_ups if task.mark == "open"]
    assert len(open_ones) == len(set(open_ones))
