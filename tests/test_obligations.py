"""What is owed to a customer, and why (FORMAT §4): from the text of a file to dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.model.config import Config, Occasions, Playbook, Step
from ptcrm.model.customer import Customer, FollowUp, Occasion
from ptcrm.model.dates import NEVER, Anniversary, Interval, later
from ptcrm.model.occurrence import ALWAYS, FOREVER, Obligation, Obligations, Reason, Standing, Touch, Yearly
from ptcrm.model.reading import Report
from ptcrm.model.settings import read_config
from ptcrm.schedule.obligations import obligations, which_cadence
from ptcrm.text.frontmatter import Mapping, compose
from ptcrm.text.source import Source, Span
from ptcrm.vault.entries import packed, touch_rows
from ptcrm.vault.forms import Forms
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import read_customer

TODAY = date(2026, 11, 23)
A_DAY = timedelta(days=1)
MINOR = {"PT206", "PT403", "PT404", "PT405"}  # the order of a log, and words that the configuration lacks


def configured(text: str) -> Config:
    report = Report(Source("ptcrm.yaml", text))
    root = compose(text, Span(0, len(text)))
    assert isinstance(root, Mapping)
    config = read_config(root, report)
    assert report.found == []
    return config


CONFIG = configured("""\
start: 2026-01-01
default_cadence: 6 weeks
retry: 3 days
min_gap: 5 days
tiers:
  gold: {cadence: 3 weeks}
  plain: {}
statuses:
  former: {cadence: 6 months}
  paused: {cadence: never}
""")


def read(text: str, config: Config = CONFIG) -> tuple[Customer, list[Touch]]:
    """The customer of a file with these lines (`---` between front matter and body), and her own touches."""
    front_matter, _, body = text.partition("---\n")
    source = Source("customers/anna.md", f"---\n{front_matter}---\n{body}")
    reading = read_customer(source, LineReader.of(config))
    assert reading.customer is not None
    assert {one.code for one in reading.diagnostics} <= MINOR
    touches = [
        row.touch for row in touch_rows(packed(Forms.of(config).rows(reading.customer)), "customers/anna.md")
    ]
    return reading.customer, sorted(touches, key=lambda touch: touch.date)


def owed(text: str, today: date = TODAY, config: Config = CONFIG) -> Obligations:
    customer, touches = read(text, config)
    return obligations(customer, touches, config, today)


def logged(*lines: str) -> str:
    return "---\n## Log\n" + "".join(f"- {line}\n" for line in lines)


def cadence_item(found: Obligations) -> Obligation:
    return next(one for one in found.contacts if one.kind == "cadence")


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# Last contact


@pytest.mark.parametrize(
    ("body", "last"),
    [
        (logged("2026-11-02 call: x", "2026-10-01 call: x"), "2026-11-02"),
        (logged("2026-10-01 call: x", "2026-11-02 call: x"), "2026-11-02"),
        (logged("2026-11-23 call: today"), "2026-11-23"),
        (logged("2026-11-24 call: tomorrow", "2026-11-02 call: x"), "2026-11-02"),
        (logged("2026-11-10 sale: x", "2026-11-11 newsletter: x", "2026-11-02: x"), "2026-11-02"),
        (logged("2026-11-10 call (no answer): x", "2026-11-02 call: x"), "2026-11-02"),
        (logged("2026-11-10 call (voicemail): x", "2026-11-02 call: x"), "2026-11-10"),
        (logged("2026-11-10 newsletter (in): answered"), "2026-11-10"),
        (logged("2026-11-10 feedback: x"), None),
        (logged("2026-11-10 feedback (in): x"), "2026-11-10"),
        ("---\n- [x] 2026-11-10 call: x\n", "2026-11-10"),
        ("---\n- [x] 2026-11-10 call: x [done:: 2026-11-12]\n", "2026-11-12"),
        ("---\n- [x] 2026-12-10 call: x [done:: 2026-11-12]\n", "2026-11-12"),
        ("---\n- [x] 2026-12-10 call: ticked early\n", None),
        ("---\n- [x] 2026-11-10 memo: no touch\n", None),
        ("---\n- [x] 2026-11-10 no channel\n", None),
        ("---\n- [-] 2026-11-10 call: dropped\n", None),
        ("---\n- [ ] 2026-11-10 call: open\n", None),
        ("---\n- [x] 2026-11-10 call: x\n## Log\n- 2026-11-10 call: x\n", "2026-11-10"),
        ("---\n", None),
    ],
)
def test_last_contact_is_the_newest_touch_not_after_today(body: str, last: str | None) -> None:
    found = owed(body).standing.last
    assert (found.date if found else None) == day(last)


# Which cadence


@pytest.mark.parametrize(
    ("front_matter", "cadence", "rule"),
    [
        ("", "6 weeks", "every 6 weeks by default"),
        ("tier: gold", "3 weeks", "every 3 weeks by tier gold"),
        ("tier: plain", "6 weeks", "every 6 weeks by default"),
        ("tier: unknown", "6 weeks", "every 6 weeks by default"),
        ("status: active\ntier: gold", "3 weeks", "every 3 weeks by tier gold"),
        ("status: unknown\ntier: gold", "3 weeks", "every 3 weeks by tier gold"),
        ("status: former\ntier: gold", "6 months", "every 6 months by status former"),
        ("left: 2026-10-01", "6 months", "every 6 months by status former"),
        ("status: former\ntier: gold\ncadence: 10d", "10 days", "every 10 days by own cadence"),
        ("tier: gold\ncadence: never", "never", "no regular contact by own cadence"),
        ("status: paused\ntier: gold\ncadence: 10d", "never", "no regular contact by status paused"),
        ("cadence: 10d\ncadence_until: 2026-11-23", "10 days", "every 10 days by own cadence until 2026-11-23"),
        ("cadence: 10d\ncadence_until: 2026-11-22", "6 weeks", "every 6 weeks by default"),
        ("tier: gold\ncadence: 10d\ncadence_until: 2026-11-22", "3 weeks", "every 3 weeks by tier gold"),
        ("kind: company\ntier: gold", "never", "no regular contact by being a company without a cadence of its own"),
        ("kind: company\ncadence: 10d", "10 days", "every 10 days by own cadence"),
        (
            "kind: company\ncadence: 10d\ncadence_until: 2026-11-22",
            "never",
            "no regular contact by being a company without a cadence of its own",
        ),
    ],
)  # fmt: skip
def test_which_cadence_applies_and_which_rule_says_so(front_matter: str, cadence: str, rule: str) -> None:
    customer, _ = read(f"{front_matter}\n---\n")
    found = which_cadence(customer, CONFIG, TODAY)
    assert (str(found.interval), found.rule.text) == (cadence, rule)
    if " by default" not in rule:
        field = next(name for name in ("own cadence", "status", "tier", "company") if name in rule)
        key = {"own cadence": "cadence", "company": "kind"}.get(field, field)
        assert found.rule.line == customer.lines.get(key, 1)
        assert found.rule.path == "customers/anna.md"
    else:
        assert (found.rule.path, found.rule.line) == ("ptcrm.yaml", 2)


def test_a_vault_may_ask_for_no_regular_contact_by_default() -> None:
    config = configured("default_cadence: never\n")
    found = owed(logged("2026-11-02 call: x"), config=config)
    assert found.contacts == ()
    customer, _ = read("---\n")
    assert which_cadence(customer, config, TODAY).rule.text == "no regular contact by default"


# The cadence item


@pytest.mark.parametrize(
    ("front_matter", "last", "due"),
    [
        ("cadence: 3 weeks", "2026-11-02", "2026-11-23"),
        ("cadence: 1d", "2026-11-02", "2026-11-03"),
        ("cadence: 1 month", "2026-01-31", "2026-02-28"),
        ("cadence: quarterly", "2025-11-30", "2026-02-28"),
        ("cadence: yearly", "2024-02-29", "2025-02-28"),
        ("cadence: 100 years", "2026-11-02", "2126-11-02"),
    ],
)
def test_the_next_contact_is_due_a_cadence_after_the_last(front_matter: str, last: str, due: str) -> None:
    found = owed(f"{front_matter}\n{logged(f'{last} call: x')}")
    item = cadence_item(found)
    assert (item.due, item.movable, item.origin) == (date.fromisoformat(due), True, "cadence")
    assert found.standing.due == item.due
    assert item.reasons[0].text == f"last call {last}"
    assert (item.reasons[0].path, item.reasons[0].line) == ("customers/anna.md", 5)


@pytest.mark.parametrize(
    ("since", "start", "due", "why"),
    [
        ("2026-11-01", "2026-01-01", "2026-12-13", "never contacted, a customer since 2026-11-01"),
        ("2020-01-01", "2026-11-01", "2026-12-13", "never contacted, kept here since 2026-11-01"),
        (None, "2026-11-01", "2026-12-13", "never contacted, kept here since 2026-11-01"),
        ("2020-01-01", None, "2020-02-12", "never contacted, a customer since 2020-01-01"),
        (None, None, "2026-11-23", "never contacted"),
    ],
)
def test_who_was_never_contacted_is_new(since: str | None, start: str | None, due: str, why: str) -> None:
    config = Config(start=day(start))
    found = owed(f"since: {since}\n---\n" if since else "---\n", config=config)
    item = cadence_item(found)
    assert (item.due, item.reasons[0].text) == (date.fromisoformat(due), why)
    assert found.standing.state(TODAY) == "new"
    if since is None and start is None:
        assert (found.valid_from, found.valid_until) == (TODAY, TODAY + A_DAY)


def test_a_customer_built_by_hand_needs_no_lines() -> None:
    one = Customer("a", "A", "a.md", since=date(2026, 11, 1), birthday=Anniversary(1, 1))
    found = obligations(one, [], Config(), TODAY)
    assert cadence_item(found).reasons[0].line == 1


@pytest.mark.parametrize(
    ("prefers", "channel"),
    [
        ("[visit, call]", "visit"),
        ("[Telefon]", "call"),
        ("[CALL]", "call"),
        ("[pigeon, email]", "email"),
        ("[]", None),
    ],
)
def test_the_cadence_item_takes_the_channel_she_prefers(prefers: str, channel: str | None) -> None:
    config = configured("channels: {call: {also: [telefon]}}\n")
    assert cadence_item(owed(f"prefers: {prefers}\n---\n", config=config)).channel == channel


# No answer, snooze, silence


@pytest.mark.parametrize(
    ("lines", "not_before"),
    [
        (["2026-11-22 call (no answer): x", "2026-10-01 call: x"], "2026-11-25"),
        (["2026-11-22 call (no answer): x"], "2026-11-25"),
        (["2026-11-20 call (no answer): x", "2026-11-22 email: x"], None),
        (["2026-11-22 call (no answer): x", "2026-11-22 call: reached later"], None),
        (["2026-11-22 call: reached", "2026-11-22 call (no answer): x"], None),
        (["2026-11-24 call (no answer): tomorrow", "2026-11-02 call: x"], None),
    ],
)
def test_after_no_answer_the_cadence_item_returns_after_retry(
    lines: list[str], not_before: str | None
) -> None:
    assert cadence_item(owed(logged(*lines))).not_before == (day(not_before) or ALWAYS)


@pytest.mark.parametrize(
    ("task", "lines", "not_before"),
    [
        ("2026-11-20 call: Ask", ["2026-11-22 call (no answer): x"], "2026-11-25"),
        ("2026-11-22 call: Ask", ["2026-11-22 call (no answer): x"], "2026-11-25"),
        ("2026-11-20 Ask", ["2026-11-22 call (no answer): x"], "2026-11-25"),
        ("2026-11-20 email: Ask", ["2026-11-22 call (no answer): x"], None),
        ("2026-11-20 call: Ask", ["2026-11-22 call (no answer): x", "2026-11-23 email: x"], "2026-11-25"),
        ("2026-11-20 call: Ask", ["2026-11-22 call (no answer): x", "2026-11-23 call: x"], None),
        ("2026-11-24 call: Later than the try", ["2026-11-22 call (no answer): x"], None),
        ("2026-11-20 call: Ask", ["2026-11-22 call (voicemail): x"], None),
    ],
)
def test_after_no_answer_the_follow_up_that_was_tried_returns_after_retry(
    task: str, lines: list[str], not_before: str | None
) -> None:
    found = owed(logged(*lines) + f"- [ ] {task}\n").contacts
    (one,) = (one for one in found if one.kind == "follow-up")
    assert one.not_before == (day(not_before) or ALWAYS)


def test_a_snooze_holds_back_contacts_but_no_birthday() -> None:
    found = owed(
        "snooze: 2026-12-24\nbirthday: 1984-05-17\n---\n- [ ] 2026-11-20 call: Ask\n"
        + logged("2026-03-01: x")[4:]
    )
    end = date(2026, 12, 24)
    assert {one.kind: (one.not_before, one.quiet_until) for one in found.contacts} == {
        "cadence": (end, ALWAYS),
        "follow-up": (ALWAYS, end),
    }
    assert [one.not_before for one in found.yearly] == [ALWAYS]
    states = {
        when.isoformat(): found.standing.state(when)
        for when in (TODAY, date(2026, 12, 23), date(2026, 12, 24))
    }
    assert states == {"2026-11-23": "snoozed", "2026-12-23": "snoozed", "2026-12-24": "overdue"}


def test_do_not_contact_means_nothing_at_all() -> None:
    found = owed(
        "do_not_contact: true\nbirthday: 1984-05-17\noccasions: [wedding 2012-09-01]\n---\n- [ ] 2026-11-20 call: Ask\n"
    )
    assert found == Obligations(Standing(NEVER))
    assert found.standing.state(TODAY) == "never"
    assert (found.valid_from, found.valid_until) == (ALWAYS, FOREVER)


@pytest.mark.parametrize("front_matter", ["status: paused", "cadence: never", "kind: company"])
def test_never_leaves_explicit_follow_ups_and_birthdays(front_matter: str) -> None:
    found = owed(f"{front_matter}\nbirthday: 1984-05-17\n---\n- [ ] 2026-11-20 call: Ask\n")
    assert [(one.kind, one.due) for one in found.contacts] == [("follow-up", date(2026, 11, 20))]
    assert [one.kind for one in found.yearly] == ["birthday"]
    assert found.standing.state(TODAY) == "never"


# Follow-ups and feedback


def test_open_follow_ups_are_owed_on_their_day() -> None:
    body = """\
cadence: never
---
- [ ] 2026-12-01 09:30 call: Ask [[jan|Jan]]
- [x] 2026-12-02 call: Done
- [-] 2026-12-03 call: Dropped
- [ ] 2026-11-20 feedback: Stand wobbles
- [x] 2026-01-01 card: New year [every:: 1 year]
"""
    assert [
        (one.kind, one.due.isoformat(), one.channel, one.text, one.origin, one.movable, one.reasons[0])
        for one in owed(body).contacts
    ] == [
        ("follow-up", "2026-12-01", "call", "Ask Jan", "call|ask jan", False,
         Reason("follow-up 2026-12-01", "customers/anna.md", 4)),
        ("feedback", "2026-11-27", "feedback", "Stand wobbles", "feedback|stand wobbles", False,
         Reason("feedback came 2026-11-20, to be answered within 1 week", "customers/anna.md", 7)),
        ("follow-up", "2027-01-01", "card", "New year", "card|new year", False,
         Reason("follow-up 2027-01-01, every year", "customers/anna.md", 8)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tasks", "kinds"),
    [
        # The cadence item is due on 2026-12-14; up to five days later covers it.
        (["2026-12-01 call: A"], ["follow-up"]),
        (["2026-12-14 call: A"], ["follow-up"]),
        (["2026-12-19 call: A"], ["follow-up"]),
        (["2026-12-20 call: A"], ["follow-up", "cadence"]),
        (["2026-11-10 call: Overdue"], ["follow-up"]),
        (["2026-12-05 call: B", "2026-12-01 call: A"], ["follow-up", "follow-up"]),
        (["2026-12-01 A"], ["follow-up"]),
        (["2026-12-01 memo: A"], ["follow-up", "cadence"]),
        (["2026-12-01 feedback: A"], ["feedback"]),
        ([], ["cadence"]),
    ],
)
def test_a_follow_up_in_time_covers_the_cadence_item(tasks: list[str], kinds: list[str]) -> None:
    found = owed(logged("2026-11-02 call: x") + "".join(f"- [ ] {task}\n" for task in tasks))
    assert found.standing.due == date(2026, 12, 14)
    assert [one.kind for one in found.contacts] == kinds
    covered = [one for one in found.contacts if one.kind != "cadence" and len(one.reasons) > 1]
    if kinds[-1] == "cadence":
        assert covered == []
    else:
        (one,) = covered
        assert one.due == min(other.due for other in found.contacts)
        assert [reason.text for reason in one.reasons][1:] == [
            "last call 2026-11-02",
            "every 6 weeks by default",
        ]
        assert not one.movable


# Birthdays and occasions


@pytest.mark.parametrize(
    ("mute", "left"),
    [
        ("", ["birthday", "wedding", "Wedding", "opening"]),
        ("mute: [birthday]", ["wedding", "Wedding", "opening"]),
        ("mute: Birthdays", ["wedding", "Wedding", "opening"]),
        ("mute: [WEDDING]", ["birthday", "opening"]),
        ("mute: [occasions]", ["birthday"]),
        ("mute: [occasion, birthday]", []),
        ("mute: [All]", []),
        ("mute: true", []),
        ("mute: [something else]", ["birthday", "wedding", "Wedding", "opening"]),
    ],
)
def test_occasions_may_be_muted_by_kind_or_name(mute: str, left: list[str]) -> None:
    text = f"birthday: 1984-05-17\noccasions: [wedding 2012-09-01, Wedding 2019-07-07, opening --05-03]\n{mute}\n---\n"
    assert [one.name for one in owed(text).yearly] == left


def test_occasions_know_their_line_and_stay_silent_until_the_day_given() -> None:
    found = owed(
        "birthday: --02-29\noccasions:\n  - wedding 2012-09-01\n  - wedding 2019-07-07\nmute_until: 2027-06-01\n---\n"
    )
    silent = date(2027, 6, 1)
    path = "customers/anna.md"
    assert found.yearly == (
        Yearly("birthday", "birthday", "birthday", Anniversary(2, 29), silent, Reason("birthday", path, 2)),
        Yearly(
            "occasion", "wedding|0", "wedding", Anniversary(9, 1, 2012), silent, Reason("wedding", path, 4)
        ),
        Yearly(
            "occasion", "wedding|1", "wedding", Anniversary(7, 7, 2019), silent, Reason("wedding", path, 5)
        ),
    )


# States


@pytest.mark.parametrize(
    ("cadence", "states"),
    [
        # A fifth of 20 days is 4: on the 16th four are left, which is soon.
        ("20 days", {"11-02": "ok", "11-17": "ok", "11-18": "soon", "11-21": "soon", "11-22": "due", "11-23": "overdue"}),
        ("21 days", {"11-18": "ok", "11-19": "soon", "11-22": "soon", "11-23": "due", "11-24": "overdue"}),
        ("5 days", {"11-05": "ok", "11-06": "soon", "11-07": "due", "11-08": "overdue"}),
        ("4 days", {"11-05": "ok", "11-06": "due", "11-07": "overdue"}),
        ("1 day", {"11-02": "ok", "11-03": "due", "11-04": "overdue"}),
    ],
)  # fmt: skip
def test_soon_begins_when_a_fifth_of_the_cadence_is_left(cadence: str, states: dict[str, str]) -> None:
    found = owed(f"cadence: {cadence}\n" + logged("2026-11-02 call: x")).standing
    assert {when: found.state(date.fromisoformat(f"2026-{when}")) for when in states} == states


@given(st.integers(1, 400), st.integers(0, 500))
def test_ok_means_more_than_a_fifth_left(cadence: int, passed: int) -> None:
    last = date(2026, 1, 1)
    one = Customer("a", "A", "a.md", cadence=Interval(days=cadence))
    today = last + timedelta(days=passed)
    state = obligations(
        one, [Touch(last, "call", contact=True, path="a.md", line=1)], CONFIG, today
    ).standing.state(today)
    left = cadence - passed
    expected = "overdue" if left < 0 else "due" if left == 0 else "ok" if 5 * left > cadence else "soon"
    assert state == expected


# Validity

near = st.dates(date(2026, 10, 1), date(2027, 2, 1))
lengths = st.sampled_from([NEVER, Interval(days=1), Interval(days=10), Interval(days=42), Interval(months=1)])
touches = st.one_of(
    st.builds(
        Touch, near, st.sampled_from(["call", "email"]), st.booleans(), st.just("a.md"), st.integers(1, 9)
    ),
    st.builds(
        Touch,
        near,
        st.sampled_from(["sale", "memo"]),
        st.just(value=False),
        st.just("a.md"),
        st.integers(10, 19),
        tried=st.just(value=False),
        step=st.sampled_from([None, "after-sale/1", "welcome/1"]),
    ),
)
PLAYBOOKS = {
    "after-sale": Playbook(
        "sale", steps=(Step(Interval(days=7), "email", "x"), Step(Interval(days=21), "call", "y"))
    ),
    "welcome": Playbook(
        "since", Interval(days=10), (Step(None, "call", "x"), Step(Interval(months=1), "email", "y"))
    ),
    "win-back": Playbook("left", steps=(Step(Interval(days=14), "email", "x"),)),
}
follow_ups = st.builds(
    FollowUp,
    due=near,
    text=st.just("x"),
    origin=st.uuids().map(str),
    channel=st.sampled_from([None, "call", "feedback"]),
    mark=st.sampled_from(["open", "done"]),
)
people = st.builds(
    Customer,
    id=st.just("a"),
    name=st.just("A"),
    path=st.just("a.md"),
    kind=st.sampled_from(["person", "company"]),
    status=st.sampled_from(["active", "paused", "former"]),
    tier=st.sampled_from([None, "gold"]),
    cadence=st.none() | lengths,
    cadence_until=st.none() | near | st.just(date.max),
    since=st.none() | near,
    left=st.none() | near,
    avoids=st.sampled_from([(), ("email",)]),
    prefers=st.sampled_from([(), ("call",)]),
    snooze=st.none() | near,
    do_not_contact=st.sampled_from([False, False, False, True]),
    birthday=st.none() | st.builds(Anniversary, st.just(2), st.just(29)),
    occasions=st.lists(st.builds(Occasion, st.just("w"), st.just(Anniversary(9, 1))), max_size=2).map(tuple),
    mute_until=st.none() | near,
    follow_ups=st.lists(follow_ups, max_size=3).map(tuple),
)


@settings(max_examples=600, deadline=None)
@given(people, st.lists(touches, max_size=5), st.none() | near, near, near)
def test_what_is_owed_is_the_same_on_every_day_it_is_valid(
    one: Customer, made: list[Touch], start: date | None, today: date, other: date
) -> None:
    config = Config(
        start=start,
        tiers=CONFIG.tiers,
        playbooks=PLAYBOOKS,
        occasions=Occasions(lead={"birthday": Interval(days=7), "w": Interval(months=1)}),
    )
    made.sort(key=lambda touch: (touch.date, touch.path, touch.line))
    found = obligations(one, made, config, today)
    assert found.valid_from <= today < found.valid_until
    edges = [
        day
        for day in (found.valid_from, found.valid_until - A_DAY)
        if date(2026, 1, 1) < day < date(2028, 1, 1)
    ]
    for when in (other, *edges):
        if found.valid_from <= when < found.valid_until:
            assert obligations(one, made, config, when) == found


@given(people, st.lists(touches, max_size=5), near)
def test_nothing_is_owed_earlier_than_its_rule_says(one: Customer, made: list[Touch], today: date) -> None:
    made.sort(key=lambda touch: touch.date)
    found = obligations(one, made, CONFIG, today)
    open_ones = [task for task in one.follow_ups if task.mark == "open"]
    kinds = [item.kind for item in found.contacts]
    assert len(kinds) - kinds.count("cadence") == (0 if one.do_not_contact else len(open_ones))
    assert kinds.count("cadence") <= 1
    assert all(item.reasons for item in found.contacts)
    if found.standing.due is not None and found.standing.last is not None:
        assert found.standing.due == later(found.standing.last.date, found.standing.cadence)
        assert found.standing.last.contact
        assert found.standing.last.date <= today
    if one.snooze:
        assert all(max(item.not_before, item.quiet_until) >= one.snooze for item in found.contacts)


@pytest.mark.parametrize("today", [date.min, date.max])
def test_the_ends_of_the_calendar_are_days_too(today: date) -> None:
    one = Customer("a", "A", "a.md", cadence=Interval(months=1200), cadence_until=date.max)
    made = [Touch(today, "call", contact=False, path="a.md", line=1)]
    for touches_so_far in ([], made, [Touch(today, "call", contact=True, path="a.md", line=1)]):
        found = obligations(one, touches_so_far, Config(), today)
        assert found.standing.due is not None
        assert found.standing.due >= today
