"""What is in use, and how often: tags, fields, and figures of the whole vault. People are counted and never ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import parse_date
from ptcrm.model.diagnostic import Problem
from ptcrm.model.values import parse_flag
from ptcrm.text.fold import fold
from ptcrm.text.near import did_you_mean
from ptcrm.text.words import plural
from ptcrm.vault.match import slips
from ptcrm.vault.schema import BY_NAME, FIELDS, near_miss
from ptcrm.views.listing import as_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.model.customer import Customer
    from ptcrm.workspace import Workspace

_FEW = 3  # values of one type, of which a different one is worth a word
_REMARKS = 3  # values of another type that are named


# Tags


class Tag(NamedTuple):
    """A tag, how many customers have it, and its other spellings, which differ in case or accents."""

    name: str
    customers: int
    also: tuple[str, ...]


def tags(customers: Iterable[Customer]) -> list[Tag]:
    """The tags in use, those of most customers first; spellings that queries do not tell apart are one."""
    spellings: dict[str, Counter[str]] = {}
    counts: Counter[str] = Counter()
    for one in customers:
        for tag in dict.fromkeys(one.tags):
            spellings.setdefault(fold(tag), Counter())[tag] += 1
        counts.update({fold(tag) for tag in one.tags})
    found = []
    for key, count in counts.items():
        name, *also = (tag for tag, _ in sorted(spellings[key].items(), key=_often_first))
        found.append(Tag(name, count, tuple(also)))
    return sorted(found, key=lambda tag: (-tag.customers, fold(tag.name)))


def _often_first(counted: tuple[str, int]) -> tuple[int, str]:
    name, count = counted
    return -count, name


def tag_row(one: Tag) -> dict[str, object]:
    """A tag as a flat object (the JSON of `tags`; docs/json.md)."""
    return {"tag": one.name, "customers": one.customers, "also": list(one.also)}


# Fields


@dataclass(frozen=True, slots=True)
class UsedField:
    """A field of the front matter, how many customers have it, and what is odd about it.

    `type` is that of most values of one of the user's own fields: `number`, `day`, `yes or no` or `text`.
    """

    name: str
    is_own: bool
    count: int
    type: str
    remarks: tuple[str, ...]


def used_fields(customers: Iterable[Customer]) -> list[UsedField]:
    """The fields in use: the known ones in their order, then the user's own, those of most customers first."""
    known: Counter[str] = Counter()
    own: dict[str, list[tuple[str, str]]] = {}
    for one in customers:
        known.update(one.lines.keys() & BY_NAME.keys())
        for name, value in one.own:
            own.setdefault(name, []).append((value, one.path))
    found = [
        UsedField(field.name, is_own=False, count=known[field.name], type="", remarks=())
        for field in FIELDS
        if known[field.name]
    ]
    counts = Counter({name: len(values) for name, values in own.items()})
    near = _near(counts)
    for name, count in sorted(counts.items(), key=_often_first):
        kind, odd = _types(own[name])
        found.append(
            UsedField(name, is_own=True, count=count, type=kind, remarks=(*_once(count), *near[name], *odd))
        )
    return found


def _once(count: int) -> list[str]:
    return ["used once"] if count == 1 else []


def _near(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """For each own field the question whether a known one is meant, or one that more customers have."""
    meant: dict[str, str] = {}
    often = sorted(counts, key=lambda name: (-counts[name], name))
    for count in set(counts.values()):
        others = {name: name for name in often if counts[name] > count}
        meant |= slips([name for name in often if counts[name] == count], others)
    found = {name: near_miss(name) or meant.get(name) for name in counts}
    return {name: [did_you_mean(near)] if near else [] for name, near in found.items()}


def _types(values: Sequence[tuple[str, str]]) -> tuple[str, list[str]]:
    """The type of most of the values, and the few that have another, with their files."""
    types = [_type(value) for value, _ in values]
    kind, count = Counter(types).most_common(1)[0]
    others = [pair for pair, other in zip(values, types, strict=True) if other != kind]
    if kind == "text" or not others or count < _FEW * len(others):
        return (kind if not others or count >= _FEW * len(others) else "text"), []
    named = [f"“{value}” is no {kind} ({path})" for value, path in others[:_REMARKS]]
    rest = len(others) - len(named)
    return kind, [*named, *([plural(rest, "more such value")] if rest else [])]


def _type(value: str) -> str:
    if as_number(value) is not None:
        return "number"
    if isinstance(parse_date(value), date):
        return "day"
    return "text" if isinstance(parse_flag(value), Problem) else "yes or no"


def field_row(one: UsedField) -> dict[str, object]:
    """A field as a flat object (the JSON of `fields`; docs/json.md)."""
    return {
        "field": one.name,
        "own": one.is_own,
        "customers": one.count,
        "type": one.type,
        "remarks": list(one.remarks),
    }


# Figures


@dataclass(frozen=True, slots=True)
class Stats:
    """How many customers there are, and log entries, by what tells them apart; contacts of this month and the last.

    `contacts` are touches up to today, ticked follow-ups included. `channel` and `year` count log entries.
    """

    customers: int
    status: Mapping[str, int]
    tier: Mapping[str, int]
    kind: Mapping[str, int]
    entries: int
    channel: Mapping[str, int]
    year: Mapping[str, int]
    this_month: int
    last_month: int


def stats(workspace: Workspace, customers: Sequence[Customer]) -> Stats:
    """The figures of these customers; `no tier` counts those who have none."""
    config, paths = workspace.config, {one.path for one in customers}
    tiers = Counter(one.tier or "no tier" for one in customers)
    statuses = Counter(one.status for one in customers)
    channels: Counter[str] = Counter()
    years: Counter[str] = Counter()
    for path, row in workspace.index.entries():
        if path in paths and row.place >= 0:
            channels[row.form.channel] += 1
            years[str(date.fromordinal(row.day).year)] += 1
    this, last = _months(workspace.today)
    return Stats(
        len(customers),
        _in_order(statuses, config.statuses),
        _in_order(tiers, [*config.tiers, "no tier"]),
        _in_order(Counter(one.kind for one in customers), ["person", "company"]),
        sum(channels.values()),
        dict(sorted(channels.items(), key=_often_first)),
        dict(sorted(years.items(), reverse=True)),
        _contacts(workspace, paths, this),
        _contacts(workspace, paths, last),
    )


def _in_order(counts: Counter[str], order: Iterable[str]) -> dict[str, int]:
    """The counts in this order, then those that are not in it by name."""
    names = [*order, *sorted(counts)]
    return {name: counts[name] for name in dict.fromkeys(names) if counts[name]}


def _months(today: date) -> tuple[tuple[date, date], tuple[date, date]]:
    """This month up to today, and the whole of the last one, as first and last days."""
    first = today.replace(day=1)
    if first == date.min:
        return (first, today), (first, first)
    end = date.fromordinal(first.toordinal() - 1)
    return (first, today), (end.replace(day=1), end)


def _contacts(workspace: Workspace, paths: set[str], days: tuple[date, date]) -> int:
    """How many touches there were; a ticked follow-up and an entry of one day and channel count once (FORMAT §2.4)."""
    first, last = (day.toordinal() for day in days)
    rows = [
        (path, row)
        for path, row in workspace.index.entries()
        if path in paths and row.form.contact and first <= row.day <= last
    ]
    logged = {(path, row.day, row.form.channel) for path, row in rows if row.place >= 0}
    return sum(row.place >= 0 or (path, row.day, row.form.channel) not in logged for path, row in rows)


def stats_object(one: Stats) -> dict[str, object]:
    """The figures as an object (the JSON of `stats`; docs/json.md)."""
    return {
        "customers": one.customers,
        "status": dict(one.status),
        "tier": dict(one.tier),
        "kind": dict(one.kind),
        "entries": one.entries,
        "channel": dict(one.channel),
        "year": dict(one.year),
        "contacts": {"this_month": one.this_month, "last_month": one.last_month},
    }
