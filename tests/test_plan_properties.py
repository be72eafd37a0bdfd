"""What a plan always holds (FORMAT §4), from customers and their touches to days; and a year lived by it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.model.config import Capacity, Config, Playbook, Status, Step, Tier
from ptcrm.model.customer import Customer, FollowUp
from ptcrm.model.dates import NEVER, Interval, later
from ptcrm.model.occurrence import Contact, Obligation, Touch
from ptcrm.schedule.obligations import obligations
from ptcrm.schedule.plan import Arranged, Rules, arrange
from ptcrm.schedule.workdays import WorkDays

TODAY = date(2026, 11, 23)
A_DAY = timedelta(days=1)
HOLIDAYS = {date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "New Year's Day"}
CONFIG = Config(
    start=date(2026, 1, 1),
    tiers={
        "gold": Tier(Interval(days=21)),
        "silver": Tier(Interval(days=42)),
        "bronze": Tier(Interval(months=3)),
    },
    statuses={"active": Status(), "former": Status(Interval(months=6)), "paused": Status(NEVER)},
    away=((date(2026, 12, 28), date(2027, 1, 8)),),
    playbooks={
        "after-sale": Playbook(
            "sale",
            steps=(Step(Interval(days=7), "note", "Thanks"), Step(Interval(days=14), "call", "Is it well?")),
        )
    },
)

near = st.dates(TODAY - timedelta(days=120), TODAY + timedelta(days=60))
touches = st.lists(
    st.builds(
        lambda day, channel, line: Touch(
            day, channel, channel in ("call", "note"), "", line, tried=channel != "sale"
        ),
        st.dates(TODAY - timedelta(days=200), TODAY),
        st.sampled_from(["call", "note", "sale", "no answer"]),
        st.integers(1, 1000),
    ),
    max_size=4,
    unique_by=lambda one: one.line,
)
tasks = st.builds(
    lambda day, channel, number: FollowUp(day, "x", f"{channel}|{number}", channel),
    near,
    st.sampled_from([None, "call"]),
    st.integers(0, 10**6),
)
people = st.builds(
    Customer,
    id=st.just(""),
    name=st.just(""),
    path=st.just(""),
    kind=st.sampled_from(["person", "person", "person", "company"]),
    status=st.sampled_from(["active", "active", "active", "former", "paused"]),
    tier=st.sampled_from([None, "gold", "silver", "bronze"]),
    cadence=st.sampled_from([None, None, None, Interval(days=3), Interval(days=10)]),
    since=st.none() | near,
    snooze=st.none() | st.none() | near,
    do_not_contact=st.sampled_from([False, False, False, False, True]),
    follow_ups=st.lists(tasks, max_size=2, unique_by=lambda one: one.origin).map(tuple),
)
vaults = st.lists(st.tuples(people, touches), min_size=1, max_size=25)


def named(vault: list[tuple[Customer, list[Touch]]]) -> dict[str, tuple[Customer, list[Touch]]]:
    """The customers by path, with touches in the order of their dates."""
    return {
        f"c{at:02}.md": (
            replace(one, id=f"c{at:02}", name=f"C{at}", path=f"c{at:02}.md"),
            sorted((touch._replace(path=f"c{at:02}.md") for touch in made), key=lambda touch: touch.date),
        )
        for at, (one, made) in enumerate(vault)
    }


def rows(
    known: dict[str, tuple[Customer, list[Touch]]], config: Config, today: date
) -> list[tuple[Contact, Obligation]]:
    return [
        (Contact.of(path, one), one)
        for path, (customer, made) in known.items()
        for one in obligations(customer, made, config, today).contacts
    ]


def days_of(config: Config) -> WorkDays:
    return WorkDays(config.working_days, config.away, lambda _: HOLIDAYS)


def arranged(contacts: list[Contact], config: Config, today: date, until: date) -> Arranged:
    gap = (later(today, config.min_gap) - today).days
    rules = Rules(days_of(config), config.capacity.per_day, config.capacity.intake, gap)
    return arrange(contacts, rules, today, until)


@settings(max_examples=150, deadline=None)
@given(vaults, st.integers(1, 4), st.integers(1, 3), st.randoms(use_true_random=False))
def test_what_every_plan_holds(
    vault: list[tuple[Customer, list[Touch]]], per_day: int, intake: int, chance: random.Random
) -> None:
    config = replace(CONFIG, capacity=Capacity(per_day, intake))
    known = named(vault)
    owed = rows(known, config, TODAY)
    found = arranged([row for row, _ in owed], config, TODAY, TODAY + timedelta(days=90))
    by_row = dict(owed)
    movable: Counter[date] = Counter()
    fixed: Counter[date] = Counter()
    new: Counter[date] = Counter()
    for day, row in found.days:
        one, planned, customer = by_row[row], date.fromordinal(day), known[row.path][0]
        assert not customer.do_not_contact
        if row.fixed:
            fixed[planned] += 1
            assert planned == max(one.due, one.not_before)
            continue
        movable[planned] += 1
        new[planned] += one.new
        assert planned >= max(one.due, TODAY)
        assert customer.snooze is None or planned >= customer.snooze
        assert days_of(config).why_free(planned) is None
        assert planned <= one.expires
        others = [other for other, their in found.days if their.path == row.path and their is not row]
        assert all(abs(other - day) >= 5 for other in others)
    assert all(count + fixed[day] <= per_day for day, count in movable.items())
    assert all(count <= intake for count in new.values())
    chance.shuffle(owed)
    again = arranged([row for row, _ in owed], config, TODAY, TODAY + timedelta(days=90))
    assert sorted(again.days) == sorted(found.days)
    assert sorted(again.waiting) == sorted(found.waiting)
    part = arranged([row for row, _ in owed], config, TODAY, TODAY + timedelta(days=20))
    assert sorted(part.days) == [pair for pair in sorted(found.days) if pair[0] <= TODAY.toordinal() + 20]


@settings(max_examples=100, deadline=None)
@given(vaults, st.integers(0, 24))
def test_due_days_depend_on_the_customer_and_her_touches_alone(
    vault: list[tuple[Customer, list[Touch]]], which: int
) -> None:
    known = named(vault)
    path = f"c{which % len(vault):02}.md"
    alone = [one for _, one in rows({path: known[path]}, CONFIG, TODAY)]
    assert [one for row, one in rows(known, CONFIG, TODAY) if row.path == path] == alone


@settings(max_examples=100, deadline=None)
@given(vaults, people, touches)
def test_a_customer_added_displaces_within_the_places_of_the_days_she_changes(
    vault: list[tuple[Customer, list[Touch]]], one: Customer, made: list[Touch]
) -> None:
    """Entries that move had a day among those that change, which hold `per_day` each."""
    config = replace(CONFIG, capacity=Capacity(2, 1))
    until = TODAY + timedelta(days=200)
    before = arranged([row for row, _ in rows(named(vault), config, TODAY)], config, TODAY, until)
    more = named([*vault, (one, made)])
    after = arranged([row for row, _ in rows(more, config, TODAY)], config, TODAY, until)
    new = f"c{len(vault):02}.md"
    kept = {row: day for day, row in after.days if row.path != new}
    moved = [day for day, row in before.days if kept.get(row) != day]
    assert len(moved) <= config.capacity.per_day * len(set(moved))
    hers = [day for day, row in after.days if row.path == new]
    assert not moved or min(moved) >= min(hers)


def test_a_year_lived_by_the_plan_keeps_everybody_within_the_cadence_and_the_slack() -> None:
    """Every contact is made on the day planned. Slack: the longest closure, ceil(n / per_day) worked days, the gap."""
    count, per_day = 60, 4
    config = replace(CONFIG, capacity=Capacity(per_day, 4), playbooks={})
    dice = random.Random(7)
    known = {
        f"c{at:02}.md": (
            Customer(f"c{at}", f"C{at}", f"c{at:02}.md", tier=dice.choice(["gold", "silver", "bronze"])),
            [
                Touch(
                    TODAY - timedelta(days=dice.randrange(1, 60)),
                    "call",
                    contact=True,
                    path=f"c{at:02}.md",
                    line=1,
                )
            ],
        )
        for at in range(count)
    }
    closure, worked, gap = 14, -(-count // per_day), 5
    slack = timedelta(days=closure + worked // 5 * 7 + 7 + gap)
    made_in_all = 0
    for number in range(365):
        today = TODAY + number * A_DAY
        found = arranged([row for row, _ in rows(known, config, today)], config, today, today)
        for day, row in found.days:
            customer, _ = known[row.path]
            assert date.fromordinal(day) == today
            assert today <= date.fromordinal(row.due) + slack, (customer.tier, row)
            known[row.path] = customer, [Touch(today, "call", contact=True, path=row.path, line=number + 2)]
            made_in_all += 1
    assert made_in_all > 300


def test_a_backlog_after_a_closure_is_spread() -> None:
    config = replace(CONFIG, capacity=Capacity(3, 3))
    known = {
        f"c{at:02}.md": (
            Customer(f"c{at}", f"C{at}", f"c{at:02}.md", tier="gold"),
            [Touch(date(2026, 12, 7), "call", contact=True, path=f"c{at:02}.md", line=1)],
        )
        for at in range(9)
    }
    contacts = [row for row, _ in rows(known, config, date(2026, 12, 27))]
    found = arranged(contacts, config, date(2026, 12, 27), date(2027, 3, 1))
    assert Counter(date.fromordinal(day) for day, _ in found.days) == {
        date(2027, 1, 11): 3,
        date(2027, 1, 12): 3,
        date(2027, 1, 13): 3,
    }


def test_an_overdue_follow_up_keeps_no_step_waiting() -> None:
    sale = Touch(date(2026, 11, 1), "sale", contact=False, path="c00.md", line=3, tried=False)
    sign = FollowUp(date(2026, 11, 1), "Paint the sign", "|paint the sign")
    call = Touch(date(2026, 10, 31), "call", contact=True, path="c00.md", line=4)
    known = {"c00.md": (Customer("c00", "Ann", "c00.md", follow_ups=(sign,)), [call, sale])}
    for day in range(8, 30):
        today = date(2026, 11, day)
        found = arranged([row for row, _ in rows(known, CONFIG, today)], CONFIG, today, date(2026, 12, 31))
        planned = min(
            date.fromordinal(at) for at, row in found.days if row.origin.startswith("playbook after-sale/1")
        )
        assert planned == today + max(0, (7 - today.weekday()) if today.weekday() > 4 else 0) * A_DAY
