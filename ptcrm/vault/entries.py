"""Log entries and ticked follow-ups as rows: what each bears on, what it took, what it brought.

The entries of one file are one row, since they are nearly always asked for together.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.occurrence import Touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Form(NamedTuple):
    """What entries of the same channel, qualifiers and fields have in common; truths are 0 or 1, money is `4 EUR`.

    `bears`: something may be owed, or settled, by it. `contact`, `tried`, `voicemail` and `step` are those of a
    `Touch`. `cost` and `minutes` are what it took, `amount` is what it brought.
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
        return Touch(date.fromordinal(day), channel, contact, path, line, tried, voicemail, step)


def touch_rows(text: str, path: str) -> list[TouchRow]:
    """What bears on what is owed of the packed entries of the file at `path`."""
    forms, numbers = json.loads(text)
    ends = [
        (channel, bool(contact), bool(tried), bool(voicemail), step is not None, step) if bears else None
        for channel, bears, contact, tried, voicemail, step, *_ in forms
    ]
    each = iter(numbers)
    return [
        TouchRow(day, place, path, line, *end)
        for day, place, line, number in zip(each, each, each, each, strict=True)
        if (end := ends[number])
    ]


def packed(rows: Iterable[EntryRow]) -> str:
    """The entries of one file as one line of JSON: the forms, then day, place, line and form of each."""
    forms: dict[int, int] = {}
    known, numbers = list[Form](), list[int]()
    for day, place, line, form in rows:
        number = forms.get(id(form))
        if number is None:
            number = forms[id(form)] = len(known)
            known.append(form)
        numbers += (day, place, line, number)
    return _JSON.encode((known, numbers))


def unpacked(text: str) -> Iterator[EntryRow]:
    """The entries that `packed` wrote as `text`."""
    forms, numbers = json.loads(text)
    each = iter(numbers)
    made = [Form._make(form) for form in forms]
    return (
        EntryRow(day, place, line, made[number])
        for day, place, line, number in zip(each, each, each, each, strict=True)
    )


def days_of(text: str) -> dict[int, int]:
    """The days of the packed entries by their lines; without ticked follow-ups."""
    _, numbers = json.loads(text)
    each = zip(numbers[::4], numbers[1::4], numbers[2::4], strict=True)
    return {line: day for day, place, line in each if place >= 0}


def has_channel(channel: str) -> str:
    """A part of each packed row that may have an entry of this channel."""
    return f"[{_JSON.encode(channel)},"
