"""Log entries and ticked follow-ups as rows: what each bears on, what it took, what it brought.

The entries of one file are one row, since they are nearly always asked for together.
"""

from __future__ import annotations

import json
import sys
from array import array
from binascii import a2b_base64, b2a_base64
from bisect import bisect_left, bisect_right
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.model.occurrence import Touch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence


_COLUMNS = 4
_FORMS = 1 << 14  # that are known at once; people have a handful, and one for each amount
_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_new = tuple.__new__  # there are so many rows, and a named tuple's own way takes three times as long


class Form(NamedTuple):
    """What entries of the same channel, qualifiers and fields have in common; truths are 0 or 1, money is `4 EUR`.

    `bears`: something may be owed, or settled, by it. `contact`, `tried`, `voicemail` and `step` are those of a
    `Touch`. `cost` and `minutes` are what it took, `amount` is what it brought. `gave` and `asked`: it gave the
    customer something, or asked for something; `came_in`: it came from the customer. `told` is the day on which the
    customer heard what became of it, as it was written.
    """

    channel: str
    bears: int
    contact: int
    tried: int
    voicemail: int
    step: str | None
    cost: str | None
    minutes: int | None
    amount: str | None
    gave: int = 0
    asked: int = 0
    came_in: int = 0
    told: str | None = None


_form = lru_cache(_FORMS)(Form._make)


class EntryRow(NamedTuple):
    """A log entry or ticked follow-up; rows of one file sort as its log does, from old to new.

    `day` is an ordinal. `place` is that in the log, from old to new; -1 for a ticked follow-up.
    """

    day: int
    place: int
    line: int
    form: Form


class TouchRow(NamedTuple):
    """What bears on what is owed of an entry in the file at `path`; rows sort by day, then as in the logs."""

    day: int
    place: int
    path: str
    line: int
    channel: str
    contact: bool
    tried: bool
    voicemail: bool
    stepped: bool
    step: str | None

    @property
    def touch(self) -> Touch:
        """The touch itself."""
        day, _, path, line, channel, contact, tried, voicemail, _, step = self
        return _new(Touch, (date.fromordinal(day), channel, contact, path, line, tried, voicemail, step))


def touch_rows(text: str, path: str) -> list[TouchRow]:
    """What bears on what is owed of the packed entries of the file at `path`."""
    forms, columns = _read(text)
    ends = [
        (channel, bool(contact), bool(tried), bool(voicemail), step is not None, step) if bears else None
        for channel, bears, contact, tried, voicemail, step, *_ in forms
    ]
    return [
        _new(TouchRow, (day, place, path, line, *end))
        for day, place, line, number in zip(*columns, strict=True)
        if (end := ends[number])
    ]


def packed(rows: Iterable[EntryRow]) -> str:
    """The entries of one file as two lines: the forms as JSON; the days, places, lines and forms of all.

    The second are integers of four bytes in base64, which take a tenth of the time that those of JSON do.
    """
    forms: dict[int, int] = {}
    known, columns = list[Form](), [array("i") for _ in range(_COLUMNS)]
    for *numbers, form in rows:
        number = forms.get(id(form))
        if number is None:
            number = forms[id(form)] = len(known)
            known.append(form)
        for column, value in zip(columns, (*numbers, number), strict=True):
            column.append(value)
    whole = sum(columns, array("i"))
    if sys.byteorder == "big":
        whole.byteswap()
    return f"{_JSON.encode(known)}\n{b2a_base64(whole, newline=False).decode()}"


def _read(text: str) -> tuple[list[Any], list[list[int]]]:
    """The forms that `packed` wrote as `text`, as JSON has them, and the columns: days, places, lines, forms."""
    forms, _, numbers = text.partition("\n")
    whole = array("i")
    whole.frombytes(a2b_base64(numbers))
    if sys.byteorder == "big":
        whole.byteswap()
    plain, size = whole.tolist(), len(whole) // _COLUMNS
    return json.loads(forms), [plain[at * size : (at + 1) * size] for at in range(_COLUMNS)]


def unpacked(text: str) -> Iterator[EntryRow]:
    """The entries that `packed` wrote as `text`."""
    forms, (days, places, lines, kinds) = _read(text)
    made = [_form(tuple(form)) for form in forms]
    return map(EntryRow._make, zip(days, places, lines, map(made.__getitem__, kinds), strict=True))


_NOTHING: Mapping[str, Sequence[EntryRow]] = {}


class Past(NamedTuple):
    """A log as the figures of a period need it; rows are from old to new, and none is after the period.

    `oldest` is the first entry of all, `before` the newest contact before the period, `rows` what stands in it, and
    `contacts` which of that are contacts. `ever` has the entries in it or before, by channel, of those that were
    asked for. A ticked follow-up that an entry of its day and channel tells of is not among them (FORMAT §2.4).
    """

    oldest: EntryRow | None = None
    before: EntryRow | None = None
    contacts: Sequence[EntryRow] = ()
    rows: Sequence[EntryRow] = ()
    ever: Mapping[str, Sequence[EntryRow]] = _NOTHING


def past_of(text: str, first: int, last: int, ever: Collection[str]) -> Past:
    """The packed entries as the period from day `first` to `last` needs them; `ever` are channels."""
    forms, (days, places, lines, kinds) = _read(text)
    made = [_form(tuple(form)) for form in forms]
    kept = {number for number, form in enumerate(made) if form.channel in ever}

    def row(at: int) -> EntryRow:
        return EntryRow(days[at], places[at], lines[at], made[kinds[at]])

    end = len(days)
    while end and places[end - 1] < 0:  # ticked follow-ups stand behind the log, in no order
        end -= 1
    start, stop = bisect_left(days, first, 0, end), bisect_right(days, last, 0, end)
    columns = zip(
        days[start:stop],
        places[start:stop],
        lines[start:stop],
        [made[kind] for kind in kinds[start:stop]],
        strict=True,
    )
    rows = list(map(EntryRow._make, columns))
    oldest = row(0) if stop else None
    contact = next((row(at) for at in range(start - 1, -1, -1) if made[kinds[at]].contact), None)
    if end < len(days):
        told = {(day.day, day.form.channel) for day in rows}
        ticked = [one for one in map(row, range(end, len(days))) if (one.day, one.form.channel) not in told]
        rows = sorted([*rows, *(one for one in ticked if first <= one.day <= last)])
        contact = max([one for one in (contact, *ticked) if one and one.day < first], default=None)
        oldest = min([one for one in (oldest, *ticked) if one and one.day <= last], default=None)
    older = [row(at) for at in range(start) if kinds[at] in kept] if kept else []
    known: dict[str, list[EntryRow]] = {}
    for one in [*older, *(one for one in rows if one.form.channel in ever)]:
        known.setdefault(one.form.channel, []).append(one)
    return Past(oldest, contact, [one for one in rows if one.form.contact], rows, known)


def days_of(text: str) -> dict[int, int]:
    """The days of the packed entries by their lines; without ticked follow-ups."""
    _, (days, places, lines, _) = _read(text)
    return {line: day for day, place, line in zip(days, places, lines, strict=True) if place >= 0}


def later_than(text: str, day: int) -> list[tuple[int, int]]:
    """Line and day of the packed entries and ticked follow-ups after `day`."""
    _, (days, _, lines, _) = _read(text)
    return [(line, on) for on, line in zip(days, lines, strict=True) if on > day]


def has_channel(channel: str) -> str:
    """A part of each packed row that may have an entry of this channel."""
    return f"[{_JSON.encode(channel)},"
