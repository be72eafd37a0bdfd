"""The words of a commit, from what it changes: who was contacted, what was done, which fields are new. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.git.changes import (
    OfEntry,
    OfField,
    OfFile,
    OfFollowUp,
    OfLines,
    OfNotes,
    Told,
    changes,
    is_same_customer,
    version,
)
from ptcrm.git.told import told_words
from ptcrm.text.safe import one_line
from ptcrm.text.words import few, plural
from ptcrm.vault.names import is_debris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ptcrm.git.changes import Version
    from ptcrm.git.committing import Changed
    from ptcrm.vault.log import LineReader

_NAMES = 3  # in one list of the first line
_LINES = 50  # of the body
_LONGEST = 160  # characters of one of them
_MANY = 500  # files that are counted rather than read


@dataclass(frozen=True, slots=True)
class _Customer:
    """What changed for one customer."""

    name: str
    told: tuple[Told, ...]

    def has(self, kind: type, *names: str) -> bool:
        """Whether something of this kind changed, in one of the ways that are named."""
        return any(isinstance(one, kind) and (not names or one.kind in names) for one in self.told)


def message(changed: Sequence[Changed], prefix: str, folders: Iterable[str], reader: LineReader) -> str:
    """A commit's message: a line that sums up, then a line for each customer.

    `prefix` is the vault's folder and `folders` are the customers', from the top of the repository (`a/b/`).
    """
    heads = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    of_customers = [one for one in changed if _is_customers(one.path, heads)]
    others = [one.path.removeprefix(prefix) for one in changed if one not in of_customers]
    if len(of_customers) > _MANY:
        return _line([*_counts(of_customers), *_files(others)])
    customers = _customers(of_customers, reader)
    subject = _line([*_summary(customers), *_files(others)])
    body = [_cut(f"{one.name}: {'; '.join(told_words(one.told))}") for one in customers if one.told]
    more = [f"and {len(body) - _LINES} more"] if len(body) > _LINES else []
    return "\n".join([subject, *([""] if body else []), *body[:_LINES], *more])


def _is_customers(path: str, heads: tuple[str, ...]) -> bool:
    return path.endswith(".md") and path.startswith(heads) and not is_debris(path.rpartition("/")[2])


def _line(parts: Sequence[str]) -> str:
    return _cut("; ".join(parts)) or "Nothing but a save"


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _counts(changed: Sequence[Changed]) -> list[str]:
    new = sum(one.old is None for one in changed)
    gone = sum(one.new is None for one in changed)
    counts = (("new", new), ("gone", gone), ("changed", len(changed) - new - gone))
    return [f"{what}: {plural(number, 'customer')}" for what, number in counts if number]


def _customers(changed: Sequence[Changed], reader: LineReader) -> list[_Customer]:
    """What changed for each customer; a file that went and one that came are one, if they are the same customer's."""
    pairs = [(_version(one.path, one.old, reader), _version(one.path, one.new, reader)) for one in changed]
    gone = [old for old, new in pairs if old and not new]
    found = []
    for old, new in pairs:
        before = old
        if new and old is None:
            before = next((one for one in gone if is_same_customer(one, new)), None)
            if before:
                gone.remove(before)
        if new:
            found.append(_customer(before, new))
    return sorted([*found, *(_customer(one, None) for one in gone)], key=lambda one: one.name)


def _version(path: str, found: bytes | None, reader: LineReader) -> Version | None:
    return None if found is None else version(path, found, reader)


def _customer(before: Version | None, after: Version | None) -> _Customer:
    one = after or before
    assert one is not None  # noqa: S101  # a file that is on neither side has not changed
    name = one.name or (before.name if before else "") or one.path.rpartition("/")[2]
    return _Customer(one_line(name), changes(before, after))


def _summary(customers: Sequence[_Customer]) -> list[str]:
    """What changed, in the order in which people ask for it."""
    rest = [one for one in customers if not one.has(OfFile, "made", "deleted")]
    lists: tuple[tuple[str, Callable[[_Customer], bool], Sequence[_Customer]], ...] = (
        ("new", lambda one: one.has(OfFile, "made"), customers),
        ("gone", lambda one: one.has(OfFile, "deleted"), customers),
        ("renamed", lambda one: one.has(OfFile, "renamed"), rest),
        ("log", lambda one: one.has(OfEntry, "logged"), rest),
        ("log changed", lambda one: one.has(OfEntry, "changed", "removed"), rest),
    )
    parts = [f"{what}: {few(names, _NAMES)}" for what, is_so, those in lists if (names := _of(those, is_so))]
    later: tuple[tuple[str, Callable[[_Customer], bool]], ...] = (
        ("fields", lambda one: one.has(OfField)),
        ("notes", lambda one: one.has(OfNotes)),
        ("cannot be read", lambda one: one.has(OfLines)),
        ("form", lambda one: one.has(OfFile, "form")),
    )
    parts += _follow_ups(rest)
    return parts + [f"{what}: {few(names, _NAMES)}" for what, is_so in later if (names := _of(rest, is_so))]


def _of(customers: Iterable[_Customer], is_so: Callable[[_Customer], bool]) -> list[str]:
    return [one.name for one in customers if is_so(one)]


def _follow_ups(customers: Iterable[_Customer]) -> list[str]:
    told = [one for each in customers for one in each.told if isinstance(one, OfFollowUp)]
    kinds = (("done", "done"), ("added", "added"), ("dropped", "dropped"))
    parts = [(sum(one.kind == kind for one in told), word) for kind, word in kinds]
    parts.append((sum(one.kind not in dict(kinds) for one in told), "changed"))
    return [f"{plural(number, 'follow-up')} {word}" for number, word in parts if number]


def _files(paths: Sequence[str]) -> list[str]:
    return [f"files: {few(paths, _NAMES)}"] if paths else []
