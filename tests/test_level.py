"""Levelling, against a slow and plain second implementation, and what must hold of every plan."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.occurrence import Contact
from ptcrm.schedule.level import Levelled, level
from ptcrm.schedule.workdays import WorkDays

TODAY = date(2026, 11, 23).toordinal()  # a Monday
LAST = date.max.toordinal()
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = WorkDays(WEEK, (), lambda _: {})
FIVE_DAYS = WorkDays(WEEK[:5], (), lambda _: {})


@dataclass(frozen=True)
class Case:
    """What `level` is given; days count from TODAY."""

    items: tuple[Contact, ...] = ()
    busy: Mapping[str, Sequence[int]] = field(default_factory=dict)
    load: Mapping[int, int] = field(default_factory=dict)
    workdays: WorkDays = EVERY_DAY
    per_day: int = 2
    intake: int = 1
    gap: int = 1
    until: int = 30

    def places(self, day: int) -> int:
        return max(0, self.per_day - self.load.get(day, 0))

    def level(self) -> Levelled:
        return level(
            self.items,
            self.busy,
            self.load,
            self.workdays,
            self.per_day,
            self.intake,
            self.gap,
            TODAY,
            TODAY + self.until,
        )

    def days(self) -> dict[Contact, int]:
        return {self.items[at]: day for day, at in self.level().placed}

    def shown(self) -> str:
        """`3 anna` for an item of Anna's that stands three days from today, in the order of the plan."""
        return ", ".join(f"{day - TODAY} {self.items[at].path}" for day, at in self.level().placed)


def item(
    who: str,
    due: int = 0,
    *,
    ready: int | None = None,
    rank: int = 0,
    cadence: int = 10,
    new: bool = False,
    last: int | None = None,
    origin: str = "cadence",
) -> Contact:
    return Contact(
        TODAY + due,
        rank,
        who,
        origin,
        cadence,
        new,
        TODAY + max(due, due if ready is None else ready),
        LAST if last is None else TODAY + last,
        fixed=False,
        quiet_until=0,
    )


# One rule after the other


def test_one_stands_on_its_day() -> None:
    assert Case((item("anna", 3),)).shown() == "3 anna"
    assert Case((item("anna", -3),)).shown() == "0 anna"
    assert Case((item("anna", -3, ready=4),)).shown() == "4 anna"
    assert Case((item("anna", 31),)).level() == Levelled((), ())


def test_a_day_that_is_not_worked_is_passed_over() -> None:
    assert Case((item("anna", 4), item("jan", 5)), workdays=FIVE_DAYS).shown() == "4 anna, 7 jan"
    assert Case((item("anna", 5),), workdays=FIVE_DAYS, until=6).level() == Levelled((), (0,))


def test_a_day_holds_so_many() -> None:
    four = tuple(item(who) for who in "dcba")
    assert Case(four).shown() == "0 a, 0 b, 1 c, 1 d"
    assert Case(four, load={TODAY: 1, TODAY + 1: 5}).shown() == "0 a, 2 b, 2 c, 3 d"
    assert Case(four, until=0).level() == Levelled(((TODAY, 3), (TODAY, 2)), (1, 0))


def test_the_order_is_by_rank_then_by_parts_of_the_cadence() -> None:
    late = (
        item("bronze", -30, rank=2, cadence=90),
        item("gold", -10, rank=0, cadence=21),
        item("daily", -2, rank=0, cadence=2),
        item("silver", -29, rank=1, cadence=10),
    )
    case = Case(late, per_day=4, until=0)
    assert case.shown() == "0 bronze, 0 daily, 0 gold, 0 silver"  # bronze is the longest overdue
    # Each day adds more to the parts of a short cadence.
    two = (item("old", -40, rank=9), item("long", -8, cadence=20), item("short", 0, cadence=2))
    assert Case(two, per_day=2, load={TODAY: 1}).shown() == "0 old, 1 long, 1 short"
    tie = (*two[:2], item("short", -1, cadence=2), item("shorter", -1, cadence=1))
    assert Case(tie, per_day=3, until=0).shown() == "0 old, 0 shorter, 0 short"


def test_equals_go_by_due_then_by_path_then_by_origin() -> None:
    equal = (
        item("b", -2, cadence=2, origin="y"),
        item("b", -2, cadence=2, origin="x"),
        item("a", -2, cadence=2),
        item("z", -4, cadence=4),
    )
    placed = Case(equal, per_day=4, gap=0, until=0).level().placed
    assert [at for _, at in placed] == [3, 2, 1, 0]


def test_one_place_a_day_goes_to_the_longest_overdue() -> None:
    golden = tuple(item(f"gold-{at}", -at) for at in range(4))
    case = Case((*golden, item("bronze", -9, rank=2)), per_day=2)
    assert case.shown() == "0 bronze, 0 gold-3, 1 gold-2, 1 gold-1, 2 gold-0"
    assert (
        Case((*golden, item("bronze", -2, rank=2)), per_day=2)
        .shown()
        .endswith("1 bronze, 1 gold-1, 2 gold-0")
    )


def test_with_one_place_a_day_the_longest_overdue_has_it() -> None:
    two = (item("gold", -1), item("bronze", -2, rank=2))
    assert Case(two, per_day=1).shown() == "0 bronze, 1 gold"
    assert Case((item("a", -1, rank=1), item("b", -1)), per_day=1).shown() == "0 b, 1 a"


def test_so_many_new_ones_a_day() -> None:
    several = (
        *(item(who, -9, new=True) for who in "abc"),
        item("known", -1, rank=3),
        item("other", -1, rank=3),
    )
    assert Case(several, per_day=3).shown() == "0 a, 0 known, 0 other, 1 b, 2 c"
    assert Case(several, per_day=3, intake=2).shown() == "0 a, 0 b, 0 known, 1 c, 1 other"
    ranks = (item("a", -9, new=True), item("b", -1, new=True, rank=1), item("c", 0, new=True, cadence=5))
    assert Case(ranks, per_day=5).shown() == "0 a, 1 b, 2 c"


def test_two_of_a_customer_keep_their_distance() -> None:
    two = (item("anna", origin="cadence"), item("anna", origin="after-sale/1"))
    assert Case(two, gap=5).shown() == "0 anna, 5 anna"
    assert Case(two, gap=0).shown() == "0 anna, 0 anna"
    fixed = {"anna": [TODAY + 7]}
    assert Case((item("anna", 2),), busy=fixed, gap=5).shown() == "2 anna"
    assert Case((item("anna", 3),), busy=fixed, gap=5).shown() == "12 anna"  # not shortly before it either
    both = {"anna": [TODAY + 12, TODAY + 7, TODAY - 400]}
    assert Case((item("anna", 3),), busy=both, gap=5).shown() == "17 anna"
    assert Case((item("anna", 0),), busy={"anna": [TODAY - 3]}, gap=5).shown() == "2 anna"


def test_who_is_held_back_lets_the_next_one_go_first() -> None:
    one_kind = (item("a", -9), item("b", -5), item("c", -4))
    case = Case(one_kind, busy={"a": [TODAY]}, gap=3, per_day=1)
    assert case.shown() == "0 b, 1 c, 3 a"


def test_what_lapses_is_neither_placed_nor_waiting() -> None:
    lapsing = (item("a", 0), item("b", 0), item("c", 0, last=0), item("d", -9, last=-1))
    assert Case(lapsing).level() == Levelled(((TODAY, 0), (TODAY, 1)), ())
    assert Case(lapsing[:3], per_day=1, until=0).level() == Levelled(((TODAY, 0),), (1, 2))
    held = Case((item("a", 0, last=4),), busy={"a": [TODAY]}, gap=5)
    assert held.level() == Levelled((), ())
    assert Case((item("a", 5, last=6),), workdays=FIVE_DAYS).level() == Levelled((), ())
    assert Case((item("a", 0, ready=3, last=2),)).level() == Levelled((), ())


def test_a_backlog_after_a_closure_is_spread() -> None:
    closed = WorkDays(WEEK[:5], [(date(2026, 11, 23), date(2026, 12, 6))], lambda _: {})
    backlog = tuple(item(f"c-{at:02}", at % 14) for at in range(28))
    days = Counter(day - TODAY for day in Case(backlog, workdays=closed, per_day=5, until=60).days().values())
    assert days == {14: 5, 15: 5, 16: 5, 17: 5, 18: 5, 21: 3}


# Odd cases end


def test_it_ends_without_a_worked_day() -> None:
    some = (item("a"), item("b", 4))
    free = WorkDays((), (), lambda _: {})
    away = WorkDays(WEEK, [(date(2026, 1, 1), date.max)], lambda _: {})
    for workdays in (free, away):
        assert Case(some, workdays=workdays, until=LAST - TODAY).level() == Levelled((), (0, 1))


@pytest.mark.parametrize("change", [{"per_day": 0}, {"intake": 0}])
def test_it_ends_without_a_place(change: dict[str, int]) -> None:
    case = Case((item("a", new=True), item("b", new=True, last=90)), until=LAST - TODAY, **change)  # type: ignore[arg-type]
    assert case.level() == Levelled((), (0,))


def test_it_ends_at_the_end_of_time() -> None:
    until = LAST - TODAY
    items = (item("a", until), item("b", until), item("c", until), item("d", 0))
    case = Case(items, busy={"d": [TODAY, LAST]}, gap=36525, until=until)
    assert case.level().placed == ((TODAY + 36525, 3), (LAST, 0), (LAST, 1))
    assert case.level().waiting == (2,)
    assert Case((item("a"),), busy={"a": [LAST - 3]}, gap=LAST, until=until).level() == Levelled((), (0,))
    assert Case((item("a", -3),), until=-1).level() == Levelled((), (0,))


def test_ten_thousand_at_one_a_day() -> None:
    many = tuple(item(f"c-{at:05}", -at % 100, rank=at % 4, cadence=10 + at % 7) for at in range(10_000))
    days = sorted(Case(many, per_day=1, until=LAST - TODAY).days().values())
    assert days == list(range(TODAY, TODAY + 10_000))


def test_ten_thousand_kinds() -> None:
    many = tuple(item(f"c-{at:05}", cadence=1 + at) for at in range(10_000))
    levelled = Case(many, until=4).level()
    assert [at for _, at in levelled.placed] == list(range(10))
    assert len(levelled.waiting) == 9_990


# The second implementation


def slowly(case: Case) -> dict[Contact, int]:
    """Day by day and place by place, all who wait sorted anew."""
    days: dict[Contact, int] = {}
    for day in range(TODAY, TODAY + case.until + 1):
        if not case.workdays.is_worked(day):
            continue
        for place in range(case.places(day)):
            new = sum(one.new for one, other in days.items() if other == day)
            able = [
                one
                for one in case.items
                if one not in days
                and one.ready <= day <= one.expires
                and not (one.new and new >= case.intake)
                and all(abs(day - other) >= case.gap for other in entries(case, days, one))
            ]
            if able:
                key = longest_overdue if place == 0 else usual(day)
                days[min(able, key=key)] = day
    return days


def longest_overdue(one: Contact) -> tuple[object, ...]:
    return (one.due, one.rank, one.path, one.origin, *one)


def usual(day: int) -> Callable[[Contact], tuple[object, ...]]:
    def key(one: Contact) -> tuple[object, ...]:
        parts = Fraction(day - one.due, one.pace)
        return (one.rank, -parts, one.due, one.path, one.origin, one.pace, one.new, one.ready, one.expires)

    return key


def entries(case: Case, days: Mapping[Contact, int], one: Contact) -> list[int]:
    """All days on which the customer has something else."""
    fixed = case.busy.get(one.path, ())
    return [*fixed, *(day for other, day in days.items() if other.path == one.path and other is not one)]


NAMES = [f"c{at}" for at in range(8)]


@st.composite
def some_items(
    draw: st.DrawFn, *, alone: bool = False, new: bool = True, most: int = 14
) -> tuple[Contact, ...]:
    """Items that differ; with `alone`, one for each customer."""
    found = []
    names = [f"c{at:02}" for at in range(most)] if alone else NAMES
    for at, who in enumerate(
        draw(st.permutations(names)) if alone else draw(st.lists(st.sampled_from(NAMES), max_size=most))
    ):
        due = draw(st.integers(-12, 12))
        found.append(
            item(
                who,
                due,
                ready=draw(st.integers(-12, 15)),
                rank=draw(st.integers(0, 2)),
                cadence=draw(st.sampled_from((1, 2, 3, 6, 7))),
                new=new and draw(st.booleans()),
                last=draw(st.none() | st.integers(due, due + 20)),
                origin="cadence" if alone else f"step/{at}",
            )
        )
    return tuple(found[: draw(st.integers(0, len(found)))])


@st.composite
def cases(draw: st.DrawFn, *, alone: bool = False, new: bool = True) -> Case:
    items = draw(some_items(alone=alone, new=new))
    day = st.integers(TODAY - 10, TODAY + 30)
    return Case(
        items,
        busy=draw(
            st.dictionaries(
                st.sampled_from([one.path for one in items] or NAMES), st.lists(day, max_size=3), max_size=5
            )
        ),
        load=draw(st.dictionaries(day, st.integers(1, 4), max_size=4)),
        workdays=draw(workdays()),
        per_day=draw(st.integers(1, 4)),
        intake=draw(st.integers(1, 3)),
        gap=draw(st.integers(0, 6)),
        until=draw(st.sampled_from((0, 3, 14, 30))),
    )


@st.composite
def workdays(draw: st.DrawFn) -> WorkDays:
    week = draw(st.sets(st.sampled_from(WEEK), min_size=1))
    first = draw(st.integers(0, 20))
    away = [(date.fromordinal(TODAY + first), date.fromordinal(TODAY + first + draw(st.integers(0, 9))))]
    return WorkDays(week, away if draw(st.booleans()) else (), lambda year: {date(year, 12, 6): "Nicholas"})


@given(cases())
def test_it_is_as_the_slow_way(case: Case) -> None:
    assert case.days() == slowly(case)


@given(cases())
def test_what_always_holds(case: Case) -> None:
    levelled, days = case.level(), case.days()
    assert list(levelled.placed) == sorted(levelled.placed, key=lambda one: one[0])
    for day, count in Counter(days.values()).items():
        assert TODAY <= day <= TODAY + case.until
        assert case.workdays.is_worked(day)
        assert count <= case.places(day)
        assert sum(one.new for one in days if days[one] == day) <= case.intake
    for one, day in days.items():
        assert one.due <= one.ready <= day <= one.expires
        assert all(abs(day - other) >= case.gap for other in entries(case, days, one))
    rest = {one for one in case.items if one not in days}
    assert sorted(case.items[at] for at in levelled.waiting) == sorted(
        one for one in rest if one.ready <= TODAY + case.until <= one.expires
    )


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_counts_for_nothing(case: Case, dice: random.Random) -> None:
    items = list(case.items)
    dice.shuffle(items)
    other = replace(
        case,
        items=tuple(items),
        busy={who: days[::-1] for who, days in sorted(case.busy.items(), reverse=True)},
        load=dict(sorted(case.load.items(), reverse=True)),
    )
    first, second = case.level(), other.level()
    assert [(day, case.items[at]) for day, at in first.placed] == [
        (day, items[at]) for day, at in second.placed
    ]
    assert [case.items[at] for at in first.waiting] == [items[at] for at in second.waiting]


@given(cases())
def test_less_ahead_is_the_beginning_of_more(case: Case) -> None:
    near = replace(case, until=case.until // 2)
    assert near.days() == {one: day for one, day in case.days().items() if day <= TODAY + near.until}


# Who moves when a customer is added


def moves(case: Case, added: Sequence[Contact]) -> tuple[list[int], Counter[int]]:
    """The worked days from the first new entry to the last day that changes; how many old entries go from each."""
    before, after = case.days(), replace(case, items=(*case.items, *added)).days()
    changed = {
        day
        for one in {*before, *after}
        if before.get(one) != after.get(one)
        for day in (before.get(one), after.get(one))
        if day is not None
    }
    gone = Counter(day for one, day in before.items() if after.get(one) != day)
    if not changed:
        return [], gone
    begin = min((after[one] for one in added if one in after), default=LAST)
    assert begin <= min(changed)
    return [day for day in range(begin, max(changed) + 1) if case.workdays.is_worked(day)], gone


@given(cases(), some_items(most=3))
def test_who_moves_had_a_place_of_the_days_that_change(case: Case, more: tuple[Contact, ...]) -> None:
    added = [one._replace(path="added", origin=f"new/{at}") for at, one in enumerate(more)]
    days, gone = moves(case, added)
    assert gone.total() <= sum(map(case.places, days))
    assert set(gone) <= set(days)


@given(cases(alone=True), some_items(alone=True, most=1), st.booleans())
def test_one_goes_from_each_day_where_the_intake_holds_nobody_back(
    case: Case, one: tuple[Contact, ...], all_known: bool
) -> None:
    case = replace(case, intake=case.per_day)
    if all_known:
        case = replace(case, intake=1, items=tuple(one._replace(new=False) for one in case.items))
        one = tuple(new._replace(new=False) for new in one)
    days, gone = moves(case, [new._replace(path="added") for new in one])
    assert all(count == 1 for count in gone.values())
    assert gone.total() <= len(days)


def test_where_the_intake_holds_one_back_two_may_go_from_a_day() -> None:
    """The new one has the first place and the intake's, so that both who had them go, and another comes early."""
    case = Case((item("r", -5, rank=2), item("a", 0, new=True), item("s", 0, rank=1)), per_day=2)
    assert case.shown() == "0 r, 0 a, 1 s"
    assert replace(case, items=(*case.items, item("x", -9, rank=3, new=True))).shown() == "0 x, 0 s, 1 r, 1 a"


# A year, day by day


@dataclass
class Book:
    """Customers with their cadences and last contacts; every contact is made on the day it is planned."""

    cadences: dict[str, int]
    ranks: dict[str, int]
    last: dict[str, int]

    def due(self, who: str) -> int:
        return self.last[who] + self.cadences[who]

    def items(self) -> tuple[Contact, ...]:
        return tuple(
            item(who, self.due(who) - TODAY, rank=self.ranks[who], cadence=cadence)
            for who, cadence in self.cadences.items()
        )


YEAR = 366
AWAY = [(date(2026, 12, 20), date(2027, 1, 6)), (date(2027, 7, 5), date(2027, 7, 18))]
BUSINESS = WorkDays(
    WEEK[:5], AWAY, lambda year: {date(year, 11, 1): "All Saints", date(year, 5, 3): "Constitution"}
)


def worked_after(day: int, count: int) -> int:
    """The `count`th worked day from `day` on."""
    for _ in range(count):
        found = BUSINESS.next_worked(day)
        assert found is not None
        day = found + 1
    return day - 1


def longest_span(count: int) -> int:
    """The most days that `count` worked days in a row take, with the free days around them."""
    return max(worked_after(day + 1, count) - day for day in range(TODAY - 30, TODAY + YEAR + 200))


@pytest.mark.parametrize("seed", range(6))
def test_nobody_is_later_than_the_slack_in_a_year(seed: int) -> None:
    dice = random.Random(seed)
    per_day, gap = dice.choice(((1, 5), (2, 5), (5, 3)))
    count = per_day * dice.randrange(4, 12) + dice.randrange(per_day)
    rounds = -(-count // per_day)
    shortest = max(gap, longest_span(rounds))
    names = [f"c{at:03}" for at in range(count)]
    book = Book(
        {who: shortest + dice.choice((0, 0, 5, 40)) for who in names},
        {who: dice.randrange(3) for who in names},
        {who: TODAY - dice.randrange(1, 60) for who in names},
    )
    free = max((BUSINESS.next_worked(day) or day) - day for day in range(TODAY, TODAY + YEAR))
    contacts = 0
    for today in range(TODAY, TODAY + YEAR):
        items = book.items()
        busy = {who: [day] for who, day in book.last.items()}
        levelled = level(items, busy, {}, BUSINESS, per_day, 3, gap, today, today)
        for day, at in levelled.placed:
            who = items[at].path
            begin = max(items[at].due, TODAY)
            assert day <= worked_after(begin, rounds)
            assert day <= worked_after(begin + free, rounds) + gap
            book.last[who] = day
            contacts += 1
        for who in names:
            assert today < worked_after(max(book.due(who), TODAY), rounds) + 1
    assert contacts > count
