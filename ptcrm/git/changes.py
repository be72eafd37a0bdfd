"""What changed between two versions of a customer's file: fields, entries, follow-ups and notes, not lines. Pure.

Entries and follow-ups are compared as multisets, so that their order means nothing and a long log takes no
longer than reading it. Both versions are read with one configuration, today's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeVar

from ptcrm.model.customer import FollowUp, LogEntry
from ptcrm.model.reading import Report, is_empty, items, pairs, texts
from ptcrm.text.fold import fold, same_id
from ptcrm.text.safe import one_line
from ptcrm.text.source import Source, UndecodableError
from ptcrm.text.words import plural
from ptcrm.vault.log import entry_words, follow_up_words
from ptcrm.vault.members import members_of
from ptcrm.vault.notes import notes
from ptcrm.vault.schema import BY_NAME, one_text, own_field, read_customer

if TYPE_CHECKING:
    from ptcrm.text.frontmatter import Mapping, Node
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Reading

One = TypeVar("One", LogEntry, FollowUp)
Item = TypeVar("Item", bound=Hashable)
Values = tuple[str, ...]

_FIRST_WORDS = 8
_LONGEST = 60  # characters of the first words
_CLOSE = 400  # pairs whose words are compared: of more that have all else in common, the order decides

# By what two entries, and two follow-ups, are the older and newer form of one; the strongest first.
_ENTRY_KEYS: tuple[Callable[[LogEntry], Hashable], ...] = (
    lambda one: (one.date, one.channel, one.text),
    lambda one: (one.channel, one.text),
    lambda one: (one.date, one.text),
    lambda one: (one.date, one.channel),
)
_FOLLOW_UP_KEYS: tuple[Callable[[FollowUp], Hashable], ...] = (
    lambda one: (one.origin, one.due),
    lambda one: (one.origin, one.mark),
    lambda one: one.origin,
    lambda one: (one.due, one.channel, one.mark),
    lambda one: (one.due, one.mark),
)


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
    gone, come = _apart(old, new)
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
    gone, come = _apart(before, after)
    same, gone, come = _matched(gone, come, _ENTRY_KEYS)
    told = [OfEntry("changed", old, new) for old, new in same]
    told += [OfEntry("removed", old, None) for old in gone]
    told += [OfEntry("logged", None, new) for new in come]
    return sorted(told, key=lambda one: (one.after or one.before or come[0]).date)


def _follow_up_changes(before: Iterable[FollowUp], after: Iterable[FollowUp]) -> list[OfFollowUp]:
    """The follow-ups that differ, by day; one is known by its identity, else by its day (FORMAT §2.4)."""
    gone, come = _apart(before, after)
    same, gone, come = _matched(gone, come, _FOLLOW_UP_KEYS)
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
    gone, come = _apart(before, after)
    if not gone and not come:
        return []
    old, new = (Counter(word for line in lines for word in line.split()) for lines in (gone, come))
    return [OfNotes("notes", gone, come, (old - new).total(), (new - old).total())]


def _apart(before: Iterable[Item], after: Iterable[Item]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """What is in one multiset alone: of `before`, and of `after`, each in its order."""
    old, new = tuple(before), tuple(after)
    missing, more = Counter(old), Counter(new)
    missing.subtract(new)
    more.subtract(old)
    return tuple(_taken(old, missing)), tuple(_taken(new, more))


def _taken(those: Iterable[Item], counts: Counter[Item]) -> Iterator[Item]:
    """Of each item as many as are counted."""
    for one in those:
        if counts[one] > 0:
            counts[one] -= 1
            yield one


def _matched(
    old: tuple[One, ...], new: tuple[One, ...], keys: Iterable[Callable[[One], Hashable]]
) -> tuple[list[tuple[One, One]], tuple[One, ...], tuple[One, ...]]:
    """Pairs that have a key in common, the strongest key first; then what is left of both, in order."""
    found: list[tuple[One, One]] = []
    for key in keys:
        groups: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, those in enumerate((old, new)):
            for place, one in enumerate(those):
                groups[key(one)][side].append(place)
        pairs = {
            there: here for places in groups.values() for here, there in _closest(old, new, *places)
        }  # by the place in `new`
        found += [(old[pairs[place]], new[place]) for place in sorted(pairs)]
        taken = set(pairs.values())
        old = tuple(one for place, one in enumerate(old) if place not in taken)
        new = tuple(one for place, one in enumerate(new) if place not in pairs)
    return found, old, new


def _closest(
    old: tuple[One, ...], new: tuple[One, ...], here: list[int], there: list[int]
) -> Iterable[tuple[int, int]]:
    """Pairs of the places `here` in `old` and `there` in `new`: those with the most words in common, else in order."""
    if not 1 < len(here) * len(there) <= _CLOSE:
        return zip(here, there, strict=False)
    before, after = (
        {place: _word_set(all_[place]) for place in at} for all_, at in ((old, here), (new, there))
    )
    free = {*here}, {*there}
    found = []
    for one, other in sorted(
        product(here, there), key=lambda pair: (-len(before[pair[0]] & after[pair[1]]), pair)
    ):
        if one in free[0] and other in free[1]:
            found.append((one, other))
            free[0].remove(one)
            free[1].remove(other)
    return found


def _word_set(one: LogEntry | FollowUp) -> frozenset[str]:
    return frozenset(fold(one.text).split())


# What a merge was to give


def merged(base: Version | None, ours: Version, theirs: Version, after: Version | None = None) -> Version:
    """What a merge of two versions says if it keeps what each has changed since `base`.

    Where both changed the same thing, either side will do: what `after`, the merge as it was made, has of the two
    (without it: `ours` of fields, and both of the rest). So compared with it, `after` shows what was changed in the
    merge itself. Versions that cannot be read as customers give `ours`.
    """
    known = base or replace(ours, fields=(), entries=(), follow_ups=(), notes=(), lines=None)
    if any(one.lines is not None for one in (known, ours, theirs)):
        return replace(ours, content=None)
    made = replace(known, fields=(), entries=(), follow_ups=(), notes=()) if after is None else after
    entries = known.entries, ours.entries, theirs.entries
    tasks = known.follow_ups, ours.follow_ups, theirs.follow_ups
    lines = known.notes, ours.notes, theirs.notes
    return replace(
        ours,
        content=None,
        fields=_merged_fields(known, ours, theirs, {name: values for name, values, _ in made.fields}),
        entries=_settled(entries, made.entries, _same_edited(*entries, _ENTRY_KEYS)),
        follow_ups=_settled(tasks, made.follow_ups, _same_follow_ups(*tasks)),
        notes=_settled(lines, made.notes, _same_place(*lines)),
    )


def _merged_fields(
    base: Version, ours: Version, theirs: Version, after: dict[str, Values]
) -> tuple[tuple[str, Values, bool], ...]:
    old, one, other = ({name: values for name, values, _ in each.fields} for each in (base, ours, theirs))
    many = {name: each for version_ in (theirs, ours) for name, _, each in version_.fields}
    found = []
    for name in dict.fromkeys((*one, *other)):
        sides = old.get(name, ()), one.get(name, ()), other.get(name, ())
        values = _merged_values(*sides, after.get(name, ()), many=many[name])
        if values:
            found.append((name, values, many[name]))
    return tuple(found)


def _merged_values(old: Values, ours: Values, theirs: Values, after: Values, *, many: bool) -> Values:
    """The value of the side that changed it; where both did, that of `after` if it is a side's, or all of a list."""
    if old in (ours, theirs):
        return theirs if ours == old else ours
    both = _union(old, ours, theirs) if many else ours
    is_kept = after in (ours, theirs) or (many and Counter(after) == Counter(both))
    return after if is_kept else both


# The same thing in base, ours and theirs.
_Same = tuple[tuple[Item, ...], tuple[Item, ...], tuple[Item, ...]]


def _settled(
    versions: Iterable[Iterable[Item]], after: Iterable[Item], same: Iterable[_Same[Item]]
) -> tuple[Item, ...]:
    """The union of base, ours and theirs; of the `same` that both changed, what one of them has if `after` has that."""
    base, ours, theirs = map(tuple, versions)
    counts, have = Counter(_union(base, ours, theirs)), Counter(after)
    for three in same:
        both = Counter(_union(*three))
        sides = Counter(three[1]), Counter(three[2])
        differ = [item for item in {*three[1], *three[2]} if sides[0][item] != sides[1][item]]
        for side in sides:
            if all(have[item] == counts[item] - both[item] + side[item] for item in differ):
                counts.subtract(both)
                counts.update(side)
                break
    return tuple(_taken((*ours, *theirs, *base), counts))


def _same_edited(
    base: tuple[One, ...],
    ours: tuple[One, ...],
    theirs: tuple[One, ...],
    keys: tuple[Callable[[One], Hashable], ...],
) -> Iterator[_Same[One]]:
    """What each side made of those that both changed, or took away."""
    first, second = (_became(base, side, keys) for side in (ours, theirs))
    for one, forms in first.items():
        for mine, yours in zip(forms, second.get(one, ()), strict=False):
            yield (one,), mine, yours


def _became(
    base: tuple[One, ...], side: tuple[One, ...], keys: tuple[Callable[[One], Hashable], ...]
) -> dict[One, list[tuple[One, ...]]]:
    """What became of each that is not in `side` any more: its new form, or nothing."""
    found: dict[One, list[tuple[One, ...]]] = {}
    pairs, gone, _ = _matched(*_apart(base, side), keys)
    for old, new in pairs:
        found.setdefault(old, []).append((new,))
    for old in gone:
        found.setdefault(old, []).append(())
    return found


def _same_follow_ups(
    base: tuple[FollowUp, ...], ours: tuple[FollowUp, ...], theirs: tuple[FollowUp, ...]
) -> Iterator[_Same[FollowUp]]:
    """Those that both sides changed, and those that both added under one identity (FORMAT §2.4)."""
    yield from _same_edited(base, ours, theirs, _FOLLOW_UP_KEYS)
    known = {one.origin for one in base}
    new = [[one for one in side if one.origin not in known] for side in (ours, theirs)]
    pairs, *_ = _matched(tuple(new[0]), tuple(new[1]), [lambda one: one, lambda one: one.origin])
    yield from (((), (one,), (other,)) for one, other in pairs)


def _same_place(base: Values, ours: Values, theirs: Values) -> Iterator[_Same[str]]:
    """The lines between those that are once in every version, where both changed them; one by one if all have as many."""
    anchors = frozenset.intersection(*map(_single, (base, ours, theirs)))
    old, one, other = (_between(lines, anchors) for lines in (base, ours, theirs))
    for place in old:
        three = old[place], one[place], other[place]
        is_by_line = len({len(lines) for lines in three}) == 1
        parts = [((was,), (mine,), (yours,)) for was, mine, yours in zip(*three, strict=False)]
        yield from (part for part in (parts if is_by_line else [three]) if part[0] not in part[1:])


def _single(lines: Values) -> frozenset[str]:
    return frozenset(line for line, number in Counter(lines).items() if number == 1)


def _between(lines: Values, anchors: frozenset[str]) -> dict[str, Values]:
    """The lines after each of the anchors, and after nothing at the beginning."""
    found: dict[str, list[str]] = {"": []}
    place = ""
    for line in lines:
        if line in anchors:
            place = line
            found[place] = []
        else:
            found[place].append(line)
    return {place: tuple(those) for place, those in found.items()}


def _union(base: Iterable[Item], ours: Iterable[Item], theirs: Iterable[Item]) -> tuple[Item, ...]:
    """The multiset that has what each side added and lacks what each took away; the same on both sides counts once."""
    old, one, other = Counter(base), list(ours), list(theirs)
    first, second = Counter(one), Counter(other)
    counts = {
        item: first[item] if second[item] in (old[item], first[item]) else _sum(item, old, first, second)
        for item in first.keys() | second.keys()
    }
    return tuple(_taken((*one, *other), Counter(counts)))


def _sum(item: Item, old: Counter[Item], first: Counter[Item], second: Counter[Item]) -> int:
    return max(0, first[item] + second[item] - old[item])


# In words


def words(one: Told) -> str:
    """One change on one line, as `ptcrm history` tells it."""
    match one:
        case OfFile():
            return _file_words(one)
        case OfLines():
            return _line_words(one)
        case OfField():
            return _field_words(one)
        case OfEntry():
            return _entry_change_words(one)
        case OfFollowUp():
            return _follow_up_change_words(one)
        case OfNotes():
            return _note_words(one)


def told_words(told: Iterable[Told]) -> list[str]:
    """The changes of one version in lines; what a file that was made says is counted alone."""
    all_ = list(told)
    if all_ and isinstance(all_[0], OfFile) and all_[0].kind == "made":
        counts = counted(all_[1:])
        return [f"{words(all_[0])}{f': {counts}' if counts else ''}"]
    return [words(one) for one in all_]


def counted(told: Iterable[Told]) -> str:
    """How many changes of each sort there are: `3 fields, 1 follow-up, 12 log entries, notes`."""
    counts = Counter(type(one) for one in told)
    entries = counts[OfEntry]
    parts = [plural(counts[OfField], "field"), plural(counts[OfFollowUp], "follow-up")]
    parts += ["1 log entry" if entries == 1 else f"{entries} log entries"]
    found = [part for part in parts if not part.startswith("0 ")]
    return ", ".join([*found, *(["notes"] if counts[OfNotes] else [])])


def _file_words(one: OfFile) -> str:
    match one.kind:
        case "made":
            return f"file made ({one.after})"
        case "deleted":
            return f"file deleted ({one.before})"
        case "renamed":
            return f"file renamed: {one.before} → {one.after}"
        case "form":
            return "only its form (order, quotes, blanks, line ends or comments)"


def _line_words(one: OfLines) -> str:
    lines = ", ".join(
        f"{plural(len(lines), 'line')} {what}"
        for lines, what in ((one.after, "added"), (one.before, "removed"))
        if lines
    )
    why = {"before": "cannot be read as a customer any more", "after": "can be read as a customer again"}
    return f"the file {why.get(one.reads, 'cannot be read as a customer')}: {lines or 'no line differs'}"


def _field_words(one: OfField) -> str:
    before, after = ", ".join(one.before), ", ".join(one.after)
    match one.kind:
        case "set":
            return f"{one.name} set: {after}"
        case "changed":
            return f"{one.name}: {before} → {after}"
        case "removed":
            return f"{one.name} taken away: {before}"
        case "order":
            return f"{one.name}: now in the order {after}"
        case "members":
            gone, come = (", ".join(those) for those in _apart(one.before, one.after))
            parts = [f"added {come}" if come else "", f"removed {gone}" if gone else ""]
            return f"{one.name}: {'; '.join(filter(None, parts))}"


def entry_line(one: LogEntry) -> str:
    """`2026-11-02 call: Talked about the shop`, on one line."""
    return one_line(f"{one.date} {entry_words(one)}")


def follow_up_line(one: FollowUp) -> str:
    """`2026-12-01 call: Ask about the shop`."""
    at = f" {one.at:%H:%M}" if one.at else ""
    return one_line(f"{one.due}{at} {follow_up_words(one)}")


def _entry_change_words(one: OfEntry) -> str:
    if one.before and one.after:
        return f"log entry changed: {entry_line(one.before)} → {entry_line(one.after)}"
    if one.after:
        return f"logged {entry_line(one.after)}"
    return f"log entry removed: {entry_line(one.before)}" if one.before else ""


def _follow_up_change_words(one: OfFollowUp) -> str:
    old, new = one.before, one.after
    if old is None or new is None:
        return f"follow-up {one.kind}: {''.join(follow_up_line(each) for each in (old, new) if each)}"
    if one.kind == "moved":
        return f"follow-up moved: {one_line(follow_up_words(new))}, {old.due} → {new.due}"
    if one.kind == "edited":
        return f"follow-up edited: {_tail(old)} → {_tail(new)}"
    what = {"reopened": "open again"}.get(one.kind, one.kind)
    on = f" (on {new.done})" if new.done and new.done != new.due else ""
    return f"follow-up {what}: {follow_up_line(new)}{on}"


def _tail(one: FollowUp) -> str:
    """A follow-up with all that may have been edited: the rest of its fields too."""
    fields = "".join(f" [{key}:: {value}]" for key, value in one.fields)
    return one_line(follow_up_line(one) + fields)


def _note_words(one: OfNotes) -> str:
    counts = ", ".join(
        f"{plural(number, 'word')} {what}"
        for number, what in ((one.words_added, "added"), (one.words_removed, "removed"))
        if number
    )
    return f"notes: {counts or 'the words in other lines'}: “{_begins((*one.after, *one.before)[0])}”"


def _begins(line: str) -> str:
    """The first words of a line."""
    each = line.split()
    shown = " ".join(each[:_FIRST_WORDS])[:_LONGEST]
    return shown if shown == " ".join(each) else f"{shown} …"


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
