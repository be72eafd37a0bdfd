"""From the log of a customer to its rows: what each entry bears on, what it took, what it brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptcrm.model.config import Channel, Config
from ptcrm.model.customer import Money
from ptcrm.model.values import parse_money, parse_whole
from ptcrm.text.markdown import Target, find_links
from ptcrm.text.source import Span
from ptcrm.vault.entries import EntryRow, Form
from ptcrm.vault.log import in_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.customer import Customer

_MOST_FORMS = 10_000  # people have a handful


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
            tuple.__new__(  # as `EntryRow(…)`, which takes three times as long
                EntryRow,
                (
                    day.toordinal(),
                    place,
                    line,
                    known.get((channel, qualifiers, fields)) or self._form(channel, qualifiers, fields),
                ),
            )
            for place, (day, channel, _, _, qualifiers, _, fields, line, _) in enumerate(in_time(one.log))
        ]
        return [*rows, *self._ticked(one)]

    def shared(self, one: Customer, rows: list[EntryRow]) -> Iterator[tuple[str, EntryRow]]:
        """For each person with whom an entry of the log was made the target of the link, or the words, and its row."""
        if not any(entry.fields for entry in one.log):
            return  # as in nearly all files
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
            *self._directed(channel, qualifiers),
            given.get("told"),
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
                directed = self._directed(task.channel, ())
                form = Form(task.channel, 1, 1, 1, 0, given.get("step"), *took, None, *directed)
                yield EntryRow(day.toordinal(), -1, task.line, form)

    def _directed(self, channel: str, qualifiers: tuple[str, ...]) -> tuple[int, int, int]:
        """Whether an entry gave the customer something, asked for something, came from the customer."""
        asked = "pitch" in qualifiers and "no answer" not in qualifiers
        return int(self.config.gives(channel, qualifiers)), int(asked), int("in" in qualifiers)

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
