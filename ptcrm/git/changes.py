"""What changed between two versions of a customer's file: fields, entries, follow-ups and notes, not lines. Pure.

Entries and follow-ups are compared as multisets, so that their order means nothing and a long log takes no
longer than reading it. Both versions are read with one configuration, today's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ptcrm.git.pairs import ENTRY_KEYS, FOLLOW_UP_KEYS, apart, matched
from ptcrm.model.customer import FollowUp, LogEntry
from ptcrm.model.reading import Report, is_empty, items, pairs, texts
from ptcrm.text.fold import fold, same_id
from ptcrm.text.safe import one_line
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault.members import members_of
from ptcrm.vault.notes import notes
from ptcrm.vault.schema import BY_NAME, one_text, own_field, read_customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.text.frontmatter import Mapping, Node
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Reading

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of the file at `path` says. `content` are its bytes, None for one that never was a file.

    `fields` are those of the front matter with their texts, each with whether it is a list; `entries` and
    `follow_ups` are those that stand in the file; `notes` are the lines of the prose that are not blank.
    `lines` are all lines of a file that is no customer's, or cannot be read; None for a customer.
    """

    path: str
    content: bytes | None
    id: str
    name: str
    fields: tuple[tuple[str, Values, bool], ...] = ()
    entries: tuple[LogEntry, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class OfFile:
    """The file itself: made, deleted, renamed (with its paths), or changed in its form alone."""

    kind: Literal["made", "deleted", "renamed", "form"]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class OfLines:
    """A version that cannot be read as a customer, so that lines are counted; `reads` tells which can."""

    kind: Literal["unread"]
    reads: Literal["before", "after", "neither"]
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfField:
    """A field with the texts it had and has; `members` of a list came, went, or stand in another order."""

    kind: Literal["set", "changed", "removed", "members", "order"]
    name: str
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class OfEntry:
    """A log entry that came, went, or says something else."""

    kind: Literal["logged", "changed", "removed"]
    before: LogEntry | None
    after: LogEntry | None


@dataclass(frozen=True, slots=True)
class OfFollowUp:
    """A follow-up that came, went, was closed or opened, got another date, or says something else."""

    kind: Literal["added", "done", "dropped", "reopened", "moved", "edited", "removed"]
    before: FollowUp | None
    after: FollowUp | None


@dataclass(frozen=True, slots=True)
class OfNotes:
    """The lines of the notes that went and came, and how many words of them are not in both."""

    kind: Literal["notes"]
    before: tuple[str, ...]
    after: tuple[str, ...]
    words_removed: int
    words_added: int


Told = OfFile | OfLines | OfField | OfEntry | OfFollowUp | OfNotes


# Reading a version


def version(path: str, content: bytes, reader: LineReader) -> Version:
    """What the bytes of the file at `path` say; never raises, whatever they are."""
    try:
        source = Source.decode(path, content)
    except UndecodableError:
        text = content.decode(errors="backslashreplace")
        return Version(path, content, "", "", lines=_lines(text))
    return version_of(read_customer(source, reader))


def version_of(reading: Reading) -> Version:
    """What the file that was read says."""
    document, one = reading.document, reading.customer
    source = document.source
    if one is None or document.root is None:
        return Version(source.path, source.content, "", "", lines=_lines(source.text))
    return Version(
        source.path,
        source.content,
        one.id,
        one.name,
        tuple(_fields(document.root, source)),
        one.log,
        tuple(replace(task, origin=_identity(task)) for task in one.follow_ups if not task.implied),
        _lines(notes(document, one)),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in text.split("\n") if line.strip())


def _fields(root: Mapping, source: Source) -> Iterator[tuple[str, Values, bool]]:
    """Each field with its texts as typed, and whether it is a list; quotes and the form of lists are no text."""
    report = Report(source)
    for key, node in pairs(root, report):
        if not is_empty(node):
            field = BY_NAME.get(key.value) or own_field(key.value)
            yield key.value, _values(node, source, field.name), field.many


def _values(node: Node, source: Source, name: str) -> Values:
    """The texts of one field: the members of a list, else one text on one line."""
    report, field = Report(source), BY_NAME.get(name)
    members = members_of(source.text, node, field) if field else None
    if members is not None:
        return tuple(one_line(member.words) for member in members if member.words)
    found = texts(node, report)
    if not report.found and (field or len(found) == len(items(node, report)) == 1):
        return tuple(map(one_line, found))
    return (one_text(node, report),)


def _identity(task: FollowUp) -> str:
    """By what a follow-up is known without its number among equals (FORMAT §2.4)."""
    if task.origin.startswith("^"):
        return task.origin.partition("|")[0]
    return f"{task.channel or ''}|{fold(task.text)}"


# Comparing two versions


def changes(before: Version | None, after: Version | None) -> tuple[Told, ...]:
    """What `after` says otherwise than `before` (None: there was, or is, no file); nothing for the same bytes.

    A file that was made is told first, with all it says; of one that was deleted nothing more is told. What is
    changed in form alone (order, quotes, line ends, comments) is one `OfFile`.
    """
    if before is None or after is None:
        return _made(after) if after else _deleted(before)
    told: list[Told] = []
    if before.path != after.path:
        told.append(OfFile("renamed", before.path, after.path))
    if before.content is not None and before.content == after.content:
        return tuple(told)
    found = _said_otherwise(before, after)
    if not found and before.content is not None:
        found = [OfFile("form", before.path, after.path)]
    return (*told, *found)


def _made(after: Version) -> tuple[Told, ...]:
    empty = replace(after, content=None, fields=(), entries=(), follow_ups=(), notes=(), lines=None)
    told: list[Told] = [OfFile("made", None, after.path)]
    if after.lines is None:
        told += _said_otherwise(empty, after)
    return tuple(told)


def _deleted(before: Version | None) -> tuple[Told, ...]:
    return (OfFile("deleted", before.path, None),) if before else ()


def _said_otherwise(before: Version, after: Version) -> list[Told]:
    """What two versions of a file say otherwise, wherever it is."""
    if before.lines is not None or after.lines is not None:
        return _by_lines(before, after)
    return [
        *_field_changes(before, after),
        *_follow_up_changes(before.follow_ups, after.follow_ups),
        *_entry_changes(before.entries, after.entries),
        *_note_changes(before.notes, after.notes),
    ]


def _by_lines(before: Version, after: Version) -> list[Told]:
    old, new = (_lines_of(one) for one in (before, after))
    gone, come = apart(old, new)
    reads: Literal["before", "after", "neither"] = "neither"
    if before.lines is None or after.lines is None:
        reads = "before" if before.lines is None else "after"
    return [OfLines("unread", reads, gone, come)] if gone or come or reads != "neither" else []


def _lines_of(one: Version) -> tuple[str, ...]:
    return _lines((one.content or b"").decode(errors="backslashreplace")) if one.lines is None else one.lines


def _field_changes(before: Version, after: Version) -> Iterator[OfField]:
    """The fields that differ, in the order of the newer file; those that went come last."""
    old = {name: values for name, values, _ in before.fields}
    for name, values, many in after.fields:
        had = old.pop(name, ())
        if values != had:
            yield OfField(_field_kind(had, values, many=many), name, had, values)
    for name, values in old.items():
        yield OfField("removed", name, values, ())


def _field_kind(
    had: Values, values: Values, *, many: bool
) -> Literal["set", "changed", "removed", "members", "order"]:
    if not had:
        return "set"
    if not many:
        return "changed"
    return "order" if Counter(had) == Counter(values) else "members"


def _entry_changes(before: Iterable[LogEntry], after: Iterable[LogEntry]) -> list[OfEntry]:
    """The entries that came, went and changed, by day; one is the other's new form if day or words are the same."""
    gone, come = apart(before, after)
    same, gone, come = matched(gone, come, ENTRY_KEYS)
    told = [OfEntry("changed", old, new) for old, new in same]
    told += [OfEntry("removed", old, None) for old in gone]
    told += [OfEntry("logged", None, new) for new in come]
    return sorted(told, key=lambda one: (one.after or one.before or come[0]).date)


def _follow_up_changes(before: Iterable[FollowUp], after: Iterable[FollowUp]) -> list[OfFollowUp]:
    """The follow-ups that differ, by day; one is known by its identity, else by its day (FORMAT §2.4)."""
    gone, come = apart(before, after)
    same, gone, come = matched(gone, come, FOLLOW_UP_KEYS)
    told = [OfFollowUp(_follow_up_kind(old, new), old, new) for old, new in same]
    told += [OfFollowUp("removed", old, None) for old in gone]
    told += [OfFollowUp("added", None, new) for new in come]
    return sorted(told, key=lambda one: (one.after or one.before or come[0]).due)


def _follow_up_kind(
    old: FollowUp, new: FollowUp
) -> Literal["done", "dropped", "reopened", "moved", "edited"]:
    if old.mark != new.mark:
        return "reopened" if new.mark == "open" else new.mark
    if new == replace(old, due=new.due):
        return "moved"
    return "edited"


def _note_changes(before: tuple[str, ...], after: tuple[str, ...]) -> list[OfNotes]:
    gone, come = apart(before, after)
    if not gone and not come:
        return []
    old, new = (Counter(word for line in lines for word in line.split()) for lines in (gone, come))
    return [OfNotes("notes", gone, come, (old - new).total(), (new - old).total())]


def is_same_customer(before: Version, after: Version) -> bool:
    """Whether a file that went and one that came are one customer's: the id is the same, or no id says otherwise.

    The id of a file without one is its stem, so that a file renamed by hand is known by its name.
    """
    if same_id(before.id) == same_id(after.id) or before.content == after.content:
        return True
    if before.lines is not None or after.lines is not None:
        return before.lines is not None and after.lines is not None
    has_id = any(name == "id" for name, _, _ in (*before.fields, *after.fields))
    return not has_id and fold(before.name) == fold(after.name)
