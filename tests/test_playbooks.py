"""Playbooks (FORMAT §4 "Playbook step"): what begins a run, what settles a step, and when it is too late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.config import Config, Playbook, Step
from ptcrm.model.customer import Customer
from ptcrm.model.dates import Interval, later
from ptcrm.model.occurrence import Touch
from ptcrm.schedule.playbooks import Run, runs
from tests.test_obligations import TODAY, configured, owed, read

CONFIG = configured("""\
start: 2021-01-01
min_gap: 5 days
default_cadence: 6 weeks
playbooks:
  after-sale:
    starts: sale
    lapse: 30 days
    steps:
      - {after: 7 days, do: note, text: Thank-you note}
      - {after: 14 days, do: call, text: Is everything as hoped?}
      - {after: 6 weeks, do: call, text: Ask for a referral}
  welcome:
    starts: since
    steps: [{after: 3 days, do: email, text: How we work}]
  win-back:
    starts: left
    steps: [{after: 3 months, do: email, text: What has changed}]
""")
A_DAY = timedelta(days=1)


def steps(text: str, today: date = TODAY, playbook: str = "after-sale") -> str:
    """The states of a run's steps, in order; empty without a run."""
    customer, touches = read(text, CONFIG)
    return " ".join(
        step.state
        for run in runs(customer, touches, CONFIG, today)
        if run.playbook == playbook
        for step in run.steps
    )


def log(*lines: str) -> str:
    return "---\n## Log\n" + "".join(f"- {line}\n" for line in sorted(lines, reverse=True))


# The sale of 2 November: the note is due on the 9th, the call on the 16th, the last call on 14 December.
@pytest.mark.parametrize(
    ("lines", "states"),
    [
        ((), "open open open"),
        (("2026-11-02 note: the same day",), "done open open"),
        (("2026-11-15 note: a day before the next step",), "done open open"),
        (("2026-11-16 note: from then on it is too late",), "open open open"),
        (("2026-11-01 note: before the sale",), "open open open"),
        (("2026-11-09 call: from the note's day on",), "open done open"),
        (("2026-11-08 call: before the note's day",), "open open open"),
        (("2026-11-17 call: one", "2026-11-18 call: one entry for one step"), "open done done"),
        (("2026-11-17 call (voicemail): left a message",), "open open open"),
        (("2026-11-17 call (no answer): x",), "open open open"),
        (("2026-11-17 call (in): they called",), "open done open"),
        (("2026-11-17 email: another channel",), "open open open"),
        (("2026-11-20 email: x [step:: after-sale/2]",), "open done open"),
        (("2026-11-20 memo: not needed [step:: after-sale/2]",), "open skipped open"),
        (("2026-11-01 memo: of an older run [step:: after-sale/2]",), "open open open"),
        (("2026-11-20 email: x [step:: after-sale/9]",), "open open open"),
        (("2026-11-20 call: x [step:: after-sale/3]",), "open open done"),
        (("2026-11-20 sale: again",), "open open open"),
        (("2026-11-10 note: x", "2026-11-20 sale: begins anew"), "open open open"),
        (("2026-11-24 call: after today",), "open open open"),
    ],
)  # fmt: skip
def test_what_settles_a_step(lines: tuple[str, ...], states: str) -> None:
    assert steps(log("2026-11-02 sale: Two bikes", *lines)) == states


@pytest.mark.parametrize(
    ("today", "states"),
    [
        ("2026-12-09", "open open open"),
        ("2026-12-10", "lapsed open open"),
        ("2026-12-17", "lapsed lapsed open"),
        ("2027-01-13", "lapsed lapsed open"),
        ("2027-01-14", "lapsed lapsed lapsed"),
        ("2026-11-01", ""),
    ],
)
def test_a_step_lapses_after_its_time(today: str, states: str) -> None:
    assert steps(log("2026-11-02 sale: x"), date.fromisoformat(today)) == states


@pytest.mark.parametrize(
    ("front_matter", "playbook", "states"),
    [
        ("since: 2026-11-20", "welcome", "open"),
        ("since: 2026-11-24", "welcome", ""),
        ("since: 2020-01-01", "welcome", "lapsed"),
        ("left: 2026-10-01", "win-back", "open"),
        ("left: 2026-11-24", "win-back", ""),
        ("status: former", "win-back", ""),
        ("status: former\nleft: 2026-10-01\nsince: 2026-11-20", "welcome", ""),
        ("status: active\nleft: 2026-10-01", "win-back", ""),
        ("status: paused\nsince: 2026-11-20", "welcome", ""),
        ("do_not_contact: true\nsince: 2026-11-20", "welcome", ""),
    ],
)
def test_what_begins_a_run(front_matter: str, playbook: str, states: str) -> None:
    assert steps(f"{front_matter}\n---\n", playbook=playbook) == states


def test_an_open_follow_up_that_names_a_step_stands_for_it() -> None:
    text = "---\n- [ ] 2026-12-01 call: x [step:: after-sale/2]\n" + log("2026-11-02 sale: x").removeprefix(
        "---\n"
    )
    assert steps(text) == "open follow-up open"
    kinds = [(one.kind, one.origin) for one in owed(text, config=CONFIG).contacts]
    assert ("playbook", "after-sale/2 2026-11-02") not in kinds
    assert steps(text.replace("[ ]", "[-]")) == "open skipped open"
    assert steps(text.replace("[ ]", "[x]").replace("2026-12-01", "2026-11-20")) == "open done open"


def test_a_channel_that_is_avoided_is_replaced_and_either_settles() -> None:
    text = "prefers: [visit, call]\navoids: [note]\n" + log("2026-11-02 sale: x")
    customer, touches = read(text, CONFIG)
    (run,) = runs(customer, touches, CONFIG, TODAY)
    assert [(step.channel, step.usual) for step in run.steps] == [
        ("visit", "note"),
        ("call", "call"),
        ("call", "call"),
    ]
    (first, *_) = [one for one in owed(text, config=CONFIG).contacts if one.kind == "playbook"]
    assert first.reasons[-1].text == "visit rather than note, which is avoided"
    for channel in ("visit", "note"):
        assert steps(text + f"- 2026-11-10 {channel}: x\n") == "done open open"


def test_a_step_and_the_cadence_that_fall_together_are_one_entry_with_both_reasons() -> None:
    found = owed(log("2026-11-02 sale: x", "2026-10-05 call: x"), config=CONFIG).contacts
    assert [one.kind for one in found] == ["playbook"] * 3
    assert [reason.text for reason in found[0].reasons] == [
        "sale on 2026-11-02",
        "step 1 of the playbook after-sale",
        "last call 2026-10-05",
        "every 6 weeks by default",
    ]
    assert len(found[1].reasons) == 2


def test_a_step_waits_for_the_gap_after_a_contact_of_its_run_and_for_a_snooze_and_a_retry() -> None:
    def not_before(text: str) -> date:
        return next(one.not_before for one in owed(text, config=CONFIG).contacts if "/2" in one.origin)

    sale = "2026-11-02 sale: x"
    assert not_before(log(sale)) == date.min
    assert not_before(log(sale, "2026-10-30 call: before the sale")) == date.min
    assert not_before(log(sale, "2026-11-22 email: x")) == date(2026, 11, 27)
    assert not_before("snooze: 2026-12-01\n" + log(sale)) == date(2026, 12, 1)
    assert not_before("kind: company\nsnooze: 2026-12-01\n" + log(sale)) == date(2026, 12, 1)
    assert not_before(log(sale, "2026-11-22 call (no answer): x")) == date(2026, 11, 25)


days = st.dates(date(2026, 10, 1), date(2027, 1, 15))
channels = st.sampled_from(["sale", "note", "call", "email", "visit"])
touches = st.builds(
    lambda day, channel, line, step: Touch(
        day, channel, channel != "sale", "a.md", line, channel != "sale", voicemail=line % 5 == 0, step=step
    ),
    days,
    channels,
    st.integers(1, 10_000),
    st.sampled_from([None, None, None, "after-sale/1", "after-sale/2"]),
)


@given(st.lists(touches, max_size=12, unique_by=lambda one: one.line), days, st.none() | days)
def test_runs_hold_their_rules(made: list[Touch], today: date, since: date | None) -> None:
    made.sort(key=lambda one: (one.date, one.line))
    found = runs(Customer("a", "A", "a.md", since=since), made, CONFIG, today)
    assert [run.playbook for run in found] == [
        name for name in CONFIG.playbooks if any(run.playbook == name for run in found)
    ]
    sales = [one.date for one in made if one.channel == "sale" and one.date <= today and one.step is None]
    began = {run.playbook: run.began for run in found}
    assert began.get("after-sale") == max(sales, default=None)
    for run in found:
        _hold(run, made, today)


def _hold(run: Run, made: list[Touch], today: date) -> None:
    by_line = {one.line: one for one in made}
    settled = [step.by.line for step in run.steps if step.by]
    assert len(settled) == len(set(settled))
    for step in run.steps:
        assert step.due == later(
            run.began, CONFIG.playbooks[run.playbook].steps[step.number - 1].after or Interval()
        )
        assert (step.state == "lapsed") <= (today > step.expires)
        assert (step.state == "open") <= (today <= step.expires)
        if step.by:
            touch = by_line[step.by.line]
            assert run.began <= touch.date <= today
            assert touch.step or (touch.contact and not touch.voicemail and touch.channel == step.usual)


def test_two_steps_on_one_day_take_one_entry_each() -> None:
    twice = Playbook("sale", steps=(Step(Interval(days=7), "call", "a"), Step(Interval(days=7), "call", "b")))
    config = Config(playbooks={"p": twice})
    sale = Touch(date(2026, 11, 2), "sale", contact=False, path="a.md", line=1, tried=False)
    calls = [Touch(date(2026, 11, 10), "call", contact=True, path="a.md", line=line) for line in (2, 3)]
    customer = Customer("a", "A", "a.md")
    for count in range(3):
        (run,) = runs(customer, [sale, *calls[:count]], config, TODAY)
        assert [step.state for step in run.steps].count("done") == count


def test_what_settles_a_step_does_not_begin_the_playbook_anew() -> None:
    config = configured("playbooks: {p: {starts: call, steps: [{after: 7 days, do: call, text: Again}]}}\n")
    customer, touches = read(log("2026-11-02 call: x", "2026-11-10 call: y [step:: p/1]"), config)
    (run,) = runs(customer, touches, config, TODAY)
    assert (run.began, [step.state for step in run.steps]) == (date(2026, 11, 2), ["done"])
    customer, touches = read(log("2026-11-02 call: x", "2026-11-10 call: y"), config)
    (run,) = runs(customer, touches, config, TODAY)
    assert (run.began, [step.state for step in run.steps]) == (date(2026, 11, 10), ["open"])


def test_a_try_that_reached_nobody_settles_no_step_though_it_names_it() -> None:
    tried = "2026-11-17 call (no answer): x [step:: after-sale/2]"
    assert steps(log("2026-11-02 sale: x", tried)) == "open open open"


def test_a_channel_that_is_avoided_without_another_becomes_any_contact() -> None:
    customer, touches = read("avoids: [note]\n" + log("2026-11-02 sale: x"), CONFIG)
    (run,) = runs(customer, touches, CONFIG, TODAY)
    assert run.steps[0].channel == "contact"
