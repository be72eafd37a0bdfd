"""Log entries and ticked follow-ups as rows: what each bears on, what it took, what it brought.

The entries of one file are one row, since they are nearly always asked for together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.config import Channel, Config
from ptcrm.model.customer import Money
from ptcrm.model.occurrence import Touch
from ptcrm.model.reading import parse_money, parse_whole
from ptcrm.text.markdown import Target, find_links
from ptcrm.text.source import Span
from ptcrm.vault.log import in_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.model.customer import Customer

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_MOST_FORMS = 10_000  # people have a handful


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


def has_channel(channel: str) -> str:
    """A part of each packed row that may have an entry of this channel."""
    return f"[{_JSON.encode(channel)},"


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of entries under one configuration; a log has the same few all over."""

    config: Config
    starts: frozenset[str]
    _known: dict[tuple[object, ...], Form] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, config: Config) -> Forms:
        """Those of `config`."""
        return cls(config, frozenset(playbook.starts for playbook in config.playbooks.values()))

    def rows(self, one: Customer) -> list[EntryRow]:
        """A row for each entry of the customer's log, from old to new, and for each ticked follow-up that is a touch."""
        known = self._known
        rows = [
            EntryRow(
                day.toordinal(),
                place,
                line,
                known.get((channel, qualifiers, fields)) or self._form(channel, qualifiers, fields),
            )
            for place, (day, channel, _, _, qualifiers, _, fields, line, _) in enumerate(in_time(one.log))
        ]
        return [*rows, *self._ticked(one)]

    def shared(self, one: Customer, rows: list[EntryRow]) -> Iterator[tuple[str, EntryRow]]:
        """For each person with whom an entry of the log was made the target of the link, or the words, and its row."""
        for entry, row in zip(in_time(one.log), rows, strict=False):
            for key, value in entry.fields:
                if key == "with":
                    whole = Span(0, len(value))
                    for target in find_links(value, whole) or [Target(value, whole)]:
                        yield target.text, row

    def _form(self, channel: str, qualifiers: tuple[str, ...], fields: tuple[tuple[str, str], ...]) -> Form:
        given = dict(fields)
        contact = self.config.is_contact(channel, qualifiers)
        tried = contact or "no answer" in qualifiers
        form = Form(
            channel,
            int(tried or channel in self.starts or "step" in given),
            int(contact),
            int(tried),
            int("voicemail" in qualifiers),
            given.get("step"),
            *self._spent(channel, qualifiers, given),
            self._money(given.get("amount")),
        )
        if len(self._known) < _MOST_FORMS:
            self._known[channel, qualifiers, fields] = form
        return form

    def _ticked(self, one: Customer) -> Iterator[EntryRow]:
        """A row for each ticked follow-up that is a touch."""
        logged = {(entry.date, entry.channel) for entry in one.log} if one.follow_ups else set()
        for task in one.follow_ups:
            if task.mark == "done" and task.channel and self.config.is_contact(task.channel, ()):
                day, given = task.done or task.due, dict(task.fields)
                said = (day, task.channel) in logged  # then the entry tells what it took
                took = (None, None) if said else self._spent(task.channel, (), given)
                form = Form(task.channel, 1, 1, 1, 0, given.get("step"), *took, None)
                yield EntryRow(day.toordinal(), -1, task.line, form)

    def _spent(
        self, channel: str, qualifiers: tuple[str, ...], given: dict[str, str]
    ) -> tuple[str | None, int | None]:
        """What a line cost and how long it took: as it says, else as its channel does if it went out to somebody."""
        usual = self.config.channels.get(channel)
        if usual is None or not {"in", "no answer"}.isdisjoint(qualifiers):
            usual = Channel()
        minutes = parse_whole(given["minutes"]) if "minutes" in given else usual.minutes
        cost = self._money(given.get("cost")) or self._money(usual.cost)
        return cost, minutes if isinstance(minutes, int) else usual.minutes

    def _money(self, words: str | None) -> str | None:
        """An amount as a row holds it, or None if there is none or it cannot be read."""
        found = parse_money(words, self.config.currency) if words else None
        return str(found) if isinstance(found, Money) else None
