"""The table: what each command costs in each state, and what it must not exceed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.measure import (
    CLICK,
    COLD,
    COMMANDS,
    DUE,
    FRONTMATTER,
    ICALENDAR,
    ITSELF,
    LONG,
    NEW_DAY,
    RG,
    SHORT,
    STATES,
    TEN,
    WARM,
    F,
)
from benchmarks.process import Cost, median

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.measure import Costs

HEAD = ("customers", "command", "state", "CPU s", "wall s", "MB", "of F", "growth", "beside", "bar")
RIGHT = ("customers", "CPU s", "wall s", "MB", "of F", "growth")
MEMORY = "MB"
MOST_GROWTH, LONG_LOG = 1.3, 2.0
_GROWS = (10_000, 100_000)


class Bar(NamedTuple):
    """What a command in a state must not exceed, as a ratio to F or to something else, or in MB; by customers."""

    command: str
    state: str
    to: str
    at: dict[int, float]


BARS = (
    Bar("due", COLD, FRONTMATTER, {10_000: 1.0, 100_000: 1.0}),
    Bar("due", WARM, F, {10_000: 2.0, 100_000: 1.5}),
    Bar("due", WARM, MEMORY, {10_000: 45, 100_000: 120}),
    Bar("due", TEN, F, {10_000: 2.3, 100_000: 1.8}),
    Bar("due", NEW_DAY, F, {10_000: 3.0, 100_000: 2.5}),
    Bar("list", WARM, F, {10_000: 2.5, 100_000: 2.5}),
    Bar("find", WARM, RG, {10_000: 1.6, 100_000: 1.0}),
    Bar("show", WARM, DUE, {10_000: 1.2, 100_000: 1.2}),
    Bar("log", WARM, CLICK, {10_000: 2.5, 100_000: 2.5}),
    Bar("export ics", COLD, ICALENDAR, {10_000: 1.2, 100_000: 1.2}),
    Bar("export ics", WARM, F, {10_000: 2.5, 100_000: 2.5}),
    Bar("review", WARM, F, {10_000: 6.0}),
)


class Row(NamedTuple):
    """A line of the table; what is not known, or says nothing, is left empty."""

    customers: str
    command: str
    state: str
    cost: Cost
    of_floor: float | None = None
    growth: float | None = None
    beside: str = ""
    bars: tuple[str, ...] = ()

    def cells(self) -> list[str]:
        """The row as text, a cell for each of `HEAD`."""
        cpu, wall, memory = self.cost
        ratios = ["" if one is None else f"{one:.2f}" for one in (self.of_floor, self.growth)]
        measured = [f"{cpu:.3f}", f"{wall:.3f}", f"{memory:.0f}", *ratios]
        return [self.customers, self.command, self.state, *measured, self.beside, ", ".join(self.bars)]


def rows_of(count: int, costs: Costs, smaller: tuple[int, Costs] | None = None) -> Iterator[Row]:
    """A row for everything measured with `count` customers: what stands beside commands, then each in its states.

    With what was measured on a `smaller` vault, they have their growth.
    """
    together: dict[str, list[Cost]] = defaultdict(list)
    for found in costs.values():
        for name, more in found.items():
            together[name] += more
    floor = median(together[F]).cpu
    for name in (F, CLICK, RG, FRONTMATTER, ICALENDAR):
        if name in together:
            cost = median(together[name])
            yield Row(f"{count:,}", name, "", cost, cost.cpu / floor)
    for key in sorted(costs, key=lambda key: (COMMANDS.index(key[0]), STATES.index(key[1]))):
        yield _row(count, costs, key, smaller)


def _row(count: int, costs: Costs, key: tuple[str, str], smaller: tuple[int, Costs] | None) -> Row:
    """What a command cost in a state."""
    bars = [
        _verdict(figure(costs, key, bar.to), bar.at[count], bar.to)
        for bar in BARS
        if (bar.command, bar.state) == key and count in bar.at
    ]
    of_floor, grown = figure(costs, key, F), None
    if smaller and of_floor and (before := figure(smaller[1], key, F)):
        grown = of_floor / before
        if (smaller[0], count) == _GROWS:
            bars.append(_verdict(grown, MOST_GROWTH, "growth"))
    beside = [name for name in costs[key] if name not in (ITSELF, F)]
    said = ", ".join(f"{figure(costs, key, name):.2f} × {name}" for name in beside)
    return Row(f"{count:,}", *key, median(costs[key][ITSELF]), of_floor, grown, said, tuple(bars))


def figure(costs: Costs, key: tuple[str, str], to: str) -> float | None:
    """The CPU time as a ratio to what was measured beside it, or the memory in MB; None if that was not measured."""
    found = costs.get(key, {})
    if to == MEMORY and found:
        return median(found[ITSELF]).memory
    return median(found[ITSELF]).cpu / median(found[to]).cpu if to in found else None


def log_rows(costs: Costs, entries: int) -> Iterator[Row]:
    """The rows about the length of a log."""
    short, long = (median(costs["log", name][ITSELF]) for name in (SHORT, LONG.format(entries)))
    ratio = long.cpu / short.cpu
    yield Row("2", "log", SHORT, short)
    bars = (_verdict(ratio, LONG_LOG, SHORT),)
    yield Row("2", "log", LONG.format(entries), long, beside=f"{ratio:.2f} × {SHORT}", bars=bars)


def _verdict(value: float | None, bar: float, to: str) -> str:
    said = "not measured" if value is None else "met" if value <= bar else "missed"
    times = "" if to in (MEMORY, "growth") else "× "
    return f"≤ {bar:g} {times}{to}: {said}"


def _filled(rows: Iterable[Row]) -> list[list[str]]:
    """The cells of the table under its head, without columns that are empty."""
    columns = zip(HEAD, *(row.cells() for row in rows), strict=True)
    return [list(row) for row in zip(*(one for one in columns if any(one[1:])), strict=True)]


def as_text(rows: Iterable[Row]) -> str:
    """The table with aligned columns."""
    cells = _filled(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if name in RIGHT else cell.ljust(width)
            for name, cell, width in zip(cells[0], row, widths, strict=True)
        ).rstrip()
        for row in cells
    )
    return "\n".join(lines)


def as_markdown(rows: Iterable[Row]) -> str:
    """The table as Markdown."""
    head, *cells = _filled(rows)
    rule = ["---:" if name in RIGHT else "---" for name in head]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *cells])
