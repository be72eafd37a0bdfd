"""Values as JSON and back: what the cache keeps is what was read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import FrozenInstanceError, fields, replace
from datetime import date, time
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.model.config import Config
from ptcrm.model.customer import Customer, FollowUp, Link, LogEntry, Money, Occasion
from ptcrm.model.dates import Anniversary, Interval
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.model.occurrence import Obligation, Obligations, Reason, Standing, Yearly
from ptcrm.text.source import Source, Span
from ptcrm.vault.entries import EntryRow, Form, packed, unpacked
from ptcrm.vault.log import LineReader
from ptcrm.vault.rows import Memo, dump, dump_apart, load, load_later
from ptcrm.vault.schema import read_customer

TEXT = st.sampled_from(["", "x", "Łódź", "a\nb", '"', "\u2028", "🔁", "None", "2026-11-02"])
NUMBERS = st.integers(0, 3)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: NUMBERS,
    bool: st.booleans(),
    date: st.sampled_from([date.min, date(2026, 11, 2), date.max]),
    time: st.sampled_from([time(0, 0), time(9, 30), time(23, 59)]),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    Span: st.builds(Span, NUMBERS, NUMBERS),
}


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  # a type, or what `X | Y` makes
    """Any value of `kind`: every field of a record is drawn, those that do not count in equality too."""
    origin, args = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is Literal:
        return st.sampled_from(args)
    if origin is UnionType:
        return st.none() | values(args[0])
    if origin is tuple:
        return _tuples(args)
    if origin in (dict, Mapping):
        return st.dictionaries(TEXT, values(args[1]), max_size=2)
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: values(hints[name]) for name in _names(kind)})


def _names(kind: Any) -> tuple[str, ...]:  # noqa: ANN401
    """The names of a record's fields."""
    return kind._fields if hasattr(kind, "_fields") else tuple(field.name for field in fields(kind))


def _tuples(args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if args[-1] is Ellipsis:
        return st.lists(values(args[0]), max_size=2).map(tuple)
    return st.tuples(*map(values, args))


def everything(value: object) -> str:
    """A value with all its fields, lines and spans included; a default that is empty looks like any other."""
    return repr(value).replace("mappingproxy({})", "{}")


@settings(deadline=None)
@given(values(Customer))
def test_a_customer_comes_back_whole(one: Customer) -> None:
    assert everything(load(Customer, dump(one))) == everything(one)


@settings(deadline=None)
@given(values(Customer), values(Customer))
def test_a_customer_that_is_built_bit_by_bit_is_the_same(one: Customer, other: Customer) -> None:
    row = dump_apart(one)
    for again in (
        load_later(Customer, row),
        replace(load_later(Customer, row)),
        copy(load_later(Customer, row)),
    ):
        assert again == one
        assert one == again
        assert hash(again) == hash(one)
        assert everything(again) == everything(one)
        assert dump_apart(again) == row
    assert (load_later(Customer, row) == other) == (one == other)


def test_a_value_that_is_built_bit_by_bit_cannot_be_changed() -> None:
    one = load_later(Customer, dump_apart(Customer("anna", "Anna", "customers/anna.md", lines={"name": 2})))
    assert isinstance(one, Customer)
    with pytest.raises(FrozenInstanceError):
        one.name = "Jan"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="nothing"):
        one.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert one.lines is one.lines


def test_a_row_in_two_lines_has_records_on_the_second() -> None:
    one = Customer(
        "anna", "Anna", "customers/anna.md", tags=("vip",), links=(Link("jan"),), lines={"name": 2}
    )
    assert dump_apart(one).split("\n") == [
        '{"id":"anna","name":"Anna","path":"customers/anna.md","tags":["vip"]}',
        '{"links":[{"target":"jan"}],"lines":{"name":2}}',
    ]
    assert "\n" not in dump_apart(Standing(Interval(days=21), last=None))


@settings(deadline=None)
@given(values(Obligations))
def test_what_is_owed_comes_back_whole(one: Obligations) -> None:
    assert everything(load(Obligations, dump(one))) == everything(one)
    assert everything(load(Standing, dump(one.standing))) == everything(one.standing)


@settings(deadline=None)
@given(values(Config))
def test_a_configuration_comes_back_whole(one: Config) -> None:
    assert everything(load(Config, dump(one))) == everything(one)


@settings(deadline=None)
@given(values(Diagnostic))
def test_a_diagnostic_comes_back_with_its_fix(one: Diagnostic) -> None:
    assert everything(load(Diagnostic, dump(one))) == everything(one)


@given(values(Money))
def test_money_keeps_its_digits(one: Money) -> None:
    assert everything(load(Money, dump(one))) == everything(one)


def test_a_row_leaves_out_what_is_the_default() -> None:
    row = dump(Customer("anna", "Anna", "customers/anna.md", tags=("vip",), cadence=Interval(days=21)))
    assert json.loads(row) == {
        "id": "anna",
        "name": "Anna",
        "path": "customers/anna.md",
        "tags": ["vip"],
        "cadence": {"days": 21},
    }
    assert "\n" not in dump(Customer("anna", "A\nB", "x.md"))


def test_what_is_never_or_midnight_is_not_taken_for_absent() -> None:
    follow_up = FollowUp(date(2026, 12, 1), "x", "|x", at=time(0, 0), every=Interval())
    assert load(FollowUp, dump(follow_up)) == follow_up
    one = Customer("a", "a", "a.md", cadence=Interval(), do_not_contact=True)
    assert load(Customer, dump(one)) == one


def test_a_customer_read_from_a_file_comes_back_whole() -> None:
    source = Source(
        "customers/anna.md",
        "---\nname: Żaneta\noccasions: [wedding 2012-09-01]\ncompany: [[rowery]]\nbirthday: --02-29\n---\n"
        "- [x] 2026-12-01 09:30 card: A [every:: 1 year when done]\n\n## Log\n\n"
        "- 2026-11-02 9:30 call (in, value): Talked #vip [with:: [[jan]]]\n  more\n",
    )
    one = read_customer(source, LineReader.of(Config())).customer
    assert one is not None
    assert one.log == (
        LogEntry(
            date(2026, 11, 2),
            "call",
            "Talked #vip [with:: [[jan]]]\nmore",
            time(9, 30),
            ("in", "value"),
            ("vip",),
            (("with", "[[jan]]"),),
        ),
    )
    assert one.occasions == (Occasion("wedding", Anniversary(9, 1, 2012)),)
    assert one.links[0] == Link("rowery", "company")
    assert everything(load(Customer, dump(one))) == everything(one)


def test_what_is_owed_is_kept_as_short_text() -> None:
    yearly = Yearly("birthday", "birthday", "birthday", Anniversary(2, 29), date.min, Reason("x", "a.md", 3))
    owed = Obligations(
        Standing(Interval(days=42), due=date(2026, 12, 1)),
        (Obligation("cadence", "cadence", date(2026, 12, 1), movable=True),),
        (yearly,),
    )
    assert dump(owed) == (
        '{"standing":{"cadence":{"days":42},"due":"2026-12-01"},'
        '"contacts":[{"kind":"cadence","origin":"cadence","due":"2026-12-01","movable":true}],'
        '"yearly":[{"kind":"birthday","origin":"birthday","name":"birthday","day":{"month":2,"day":29},'
        '"not_before":"0001-01-01","reason":["x","a.md",3]}]}'
    )


def test_a_memo_holds_no_more_than_two_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values pass through it, those that nobody asks for go."""
    monkeypatch.setattr("ptcrm.vault.rows._MOST", 3)
    memo, many = Memo(), [Reason(f"number {number}", "customers/a.md", 1) for number in range(20)]
    rows = [dump(one) for one in many]
    first, *_, last = [memo.load(Reason, row) for row in rows]
    assert memo.load(Reason, rows[-1]) is last
    assert memo.load(Reason, rows[0]) == first
    assert memo.load(Reason, rows[0]) is not first


ENTRIES = st.lists(
    st.tuples(
        st.integers(1, date.max.toordinal()),
        st.integers(-1, 99_999),
        st.integers(1, 2**31 - 1),
        st.integers(0, 2),
    ),
    max_size=20,
)
FORMS = st.lists(values(Form), min_size=3, max_size=3)


@given(ENTRIES, FORMS)
def test_packed_entries_are_what_they_were(
    numbers: list[tuple[int, int, int, int]], forms: list[Form]
) -> None:
    entries = [EntryRow(day, place, line, forms[form]) for day, place, line, form in numbers]
    assert list(unpacked(packed(entries))) == entries
