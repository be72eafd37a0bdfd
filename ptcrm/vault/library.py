"""The library as a whole: which item is meant, and what logs say of who has had one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.item import Item
from ptcrm.text.fold import fold, same_id
from ptcrm.text.markdown import Target, find_links
from ptcrm.text.source import Span
from ptcrm.vault.schema import stem_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptcrm.model.customer import Customer


class Given(NamedTuple):
    """That the customer at `whom` has heard of what the link `key` leads to: the day, and the entry that says so.

    It is `ours` unless the customer told us of it.
    """

    whom: str
    key: str
    date: date
    path: str
    line: int
    ours: bool


class AboutRow(NamedTuple):
    """What a log entry or ticked follow-up is about, and whom else it counts for (nothing: the file's own customer).

    Both are targets of links, or words; `day` is an ordinal.
    """

    whom: str
    target: str
    day: int
    line: int
    ours: bool


def about_rows(one: Customer) -> Iterator[AboutRow]:
    """What the log and the ticked follow-ups of a customer are about (`[about:: [[item]]]`, FORMAT 2.3).

    An entry with `[with:: [[jan]]]` counts for Jan too. Who could not be reached has heard of nothing.
    """
    for entry in one.log:
        if entry.fields and "no answer" not in entry.qualifiers:
            yield from _rows(
                entry.fields, entry.date.toordinal(), entry.line, ours="in" not in entry.qualifiers
            )
    for task in one.follow_ups:
        if task.fields and task.mark == "done":
            yield from _rows(task.fields, (task.done or task.due).toordinal(), task.line, ours=True)


def _rows(fields: tuple[tuple[str, str], ...], day: int, line: int, *, ours: bool) -> Iterator[AboutRow]:
    about = [target for key, value in fields if key == "about" for target in _targets(value)]
    if about:
        people = [target for key, value in fields if key == "with" for target in _targets(value)]
        for whom in ("", *people):
            yield from (AboutRow(whom, target, day, line, ours) for target in about)


def _targets(value: str) -> list[str]:
    whole = Span(0, len(value))
    return [target.text for target in find_links(value, whole) or [Target(value, whole)]]


def keys_of(one: Item) -> list[str]:
    """All by which links may name an item: its id, stem, path and the ends of that, aliases."""
    folders = one.path.removesuffix(".md").split("/")
    names = (one.id, stem_of(one.path), *("/".join(folders[at:]) for at in range(len(folders))), *one.aliases)
    return list(dict.fromkeys(map(same_id, names)))


@dataclass(frozen=True)
class Library:
    """The items, in the order of their paths."""

    items: tuple[Item, ...] = ()

    @cached_property
    def _by_key(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for one in self.items:
            for key in keys_of(one):
                found.setdefault(key, []).append(one)
        return found

    def led_to(self, key: str) -> Item | None:
        """The one item that a link's key names; of several the one whose id it is."""
        meant = self._by_key.get(key, [])
        meant = [one for one in meant if same_id(one.id) == key] or meant
        return meant[0] if len(meant) == 1 else None

    def named(self, words: str) -> list[Item]:
        """Every item that `words` may mean: by all that links know it by, else by its title, else by a part of it."""
        one = self.led_to(same_id(words.strip().removesuffix(".md")))
        if one:
            return [one]
        part = fold(words.strip())
        if not any(map(str.isalnum, part)):
            return []
        found = [one for one in self.items if part in fold(one.title) or part in fold(one.id)]
        return [one for one in found if fold(one.title) == part] or found
