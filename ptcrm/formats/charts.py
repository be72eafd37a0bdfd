"""Pictures as SVG inside a page: no script, no style of their own, nothing from elsewhere.

All colours stand in `STYLE`, for light, dark and paper, so a page may forbid styles in its elements; the page itself
has to name its `--ground`, `--ink`, `--quiet` and `--line`. Places are in parts of the width and heights in pixels: letters keep their size on a screen of any width.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final

from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.picture import Picture, Series

_LEVELS = 4  # shades of a grid, beside that for 0
_COLOURS = 4  # of series; after them they begin again
_ROW, _BAR, _PLOT, _BELOW = 20, 14, 140, 20  # pixels
_WRITTEN = 14  # a grid with more columns has no numbers in its cells

STYLE: Final = """
.chart {
  --s0: #0b5c8a; --s1: #a3480b; --s2: #6a4fb3; --s3: #3f7a2c;
  --l0: #ebe8e2; --l1: #c5deee; --l2: #86b9da; --l3: #27709c; --l4: #0b4367;
  margin: 1rem 0 1.5rem;
}
@media screen and (prefers-color-scheme: dark) {
  .chart {
    --s0: #7cbfe8; --s1: #f0a26b; --s2: #b9a5f2; --s3: #83c995;
    --l0: #2f2d2a; --l1: #1e4560; --l2: #2a6690; --l3: #61abd9; --l4: #bfe1f6;
  }
}
.chart figcaption { font-weight: 600; margin-bottom: .4rem }
.chart svg { display: block; width: 100%; overflow: visible }
.chart svg svg { overflow: hidden }
.chart text { font: 13px/1 system-ui, sans-serif; fill: var(--ink) }
.chart .tick { font-size: 11px; fill: var(--quiet) }
.chart .mid { text-anchor: middle } .chart .end { text-anchor: end }
.chart .rule { stroke: var(--line); stroke-width: 1 }
.chart .s0 { fill: var(--s0); stroke: var(--s0) } .chart .s1 { fill: var(--s1); stroke: var(--s1) }
.chart .s2 { fill: var(--s2); stroke: var(--s2) } .chart .s3 { fill: var(--s3); stroke: var(--s3) }
.chart rect.bar { stroke: none } .chart line.s0, .chart line.s1, .chart line.s2, .chart line.s3 { stroke-width: 2 }
.chart line.s1 { stroke-dasharray: 6 3 } .chart line.s2 { stroke-dasharray: 2 3 } .chart line.s3 { stroke-dasharray: 9 3 2 3 }
.chart .l0 { fill: var(--l0) } .chart .l1 { fill: var(--l1) } .chart .l2 { fill: var(--l2) }
.chart .l3 { fill: var(--l3) } .chart .l4 { fill: var(--l4) }
.chart rect.cell { stroke: var(--ground); stroke-width: 2 }
.chart .on { font-size: 12px } .chart .over { fill: var(--ground) }
.chart .legend { display: flex; margin-bottom: .4rem; flex-wrap: wrap; gap: .2rem 1rem; align-items: center; font-size: .85rem }
.chart .legend svg { display: inline; width: 14px; height: 12px; vertical-align: -1px }
.chart details { margin-top: .5rem; font-size: .9rem }
.chart summary { display: list-item; list-style: revert; cursor: pointer; color: var(--quiet); border: 0; padding: 0; background: none }
@media (max-width: 30rem) { .chart .tick { font-size: 9px } }
@media print {
  .chart { break-inside: avoid } .chart svg { print-color-adjust: exact }
  .chart details { display: none }
}
"""


def chart(picture: Picture, name: str) -> str:
    """The picture as a `<figure>`: title, legend, drawing with its text alternative, and its numbers as a table.

    `name` is a word that no other figure of the page has. A picture with nothing in it is that sentence alone.
    """
    caption = f"<figcaption>{as_text(picture.title)}</figcaption>"
    if picture.is_empty:
        return f'<figure class="chart">{caption}<p>{as_text(picture.described())}</p></figure>\n'
    draw = {"bars": _bars, "lines": _lines, "grid": _grid}[picture.kind]
    parts = [*draw(picture)]
    height = parts.pop(0)
    return (
        f'<figure class="chart">{caption}{_legend(picture)}\n'
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" width="100%" height="{height}">'
        f'<title id="{name}-title">{as_text(picture.title)}</title>'
        f'<desc id="{name}-desc">{as_text(picture.described())}</desc>\n'
        f"{''.join(parts)}</svg>\n{_table(picture)}</figure>\n"
    )


def as_text(words: str) -> str:
    """The vault's words as text of a page, on one line."""
    return escape(for_terminal(one_line(words)))


def _share(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") + "%"


def _bars(picture: Picture) -> Iterator[str]:
    """The height, then a row for each label with a bar for each series."""
    row = max(_ROW, _BAR * len(picture.series) + 6) + 2
    yield str(row * len(picture.labels))
    for at, label in enumerate(picture.labels):
        top = at * row
        yield _label(label, top, row, 29)
        for number, one in enumerate(picture.series):
            value = one.values[at]
            y = top + (row - _BAR * len(picture.series)) / 2 + _BAR * number
            share = 55 * (value or 0) / picture.most
            yield (
                f'<rect class="bar s{number % _COLOURS}" x="30%" y="{y:g}" width="{_share(share)}" height="{_BAR - 2}">'
                f"{_told(picture, one, at)}</rect>"
                f'<text x="{_share(30 + share)}" dx="6" y="{y + 10:g}">{as_text(picture.words(value))}</text>\n'
            )


def _lines(picture: Picture) -> Iterator[str]:
    """The height, then the scale, then a line and points for each series; a gap where there is no number."""
    yield str(_PLOT + _BELOW + 10)
    for part in (0, 0.5, 1):
        y = _height(part)
        yield (
            f'<line class="rule" x1="10%" x2="100%" y1="{y}" y2="{y}"/>'
            f'<text class="tick end" x="9%" y="{y}" dy="4">{as_text(picture.words(picture.most * part))}</text>\n'
        )
    step = 90 / len(picture.labels)
    for number, one in enumerate(picture.series):
        places = [
            None if value is None else (_share(10 + step * (at + 0.5)), _height(value / picture.most))
            for at, value in enumerate(one.values)
        ]
        colour = f"s{number % _COLOURS}"
        for left, right in pairwise(places):
            if left and right:
                yield f'<line class="{colour}" x1="{left[0]}" y1="{left[1]}" x2="{right[0]}" y2="{right[1]}"/>'
        for at, place in enumerate(places):
            if place:
                yield f'<circle class="{colour}" cx="{place[0]}" cy="{place[1]}" r="3">{_told(picture, one, at)}</circle>'
        yield "\n"
    yield from _ticks(picture, 10, step, _PLOT + _BELOW)


def _height(part: float) -> str:
    return f"{10 + (_PLOT - 10) * (1 - part):.1f}".removesuffix(".0")


def _grid(picture: Picture) -> Iterator[str]:
    """The height, then a row of shaded cells for each series; a cell without a number is left out."""
    step = 85 / len(picture.labels)
    is_written = len(picture.labels) <= _WRITTEN
    row = 26 if is_written else 15
    yield str(row * len(picture.series) + _BELOW)
    for number, one in enumerate(picture.series):
        top = number * row
        yield _label(one.name, top, row, 14)
        for at, value in enumerate(one.values):
            if value is None:
                continue
            level = ceil(_LEVELS * value / picture.most)
            x = 15 + step * at
            yield (
                f'<rect class="cell l{level}" x="{_share(x)}" y="{top}" width="{_share(step)}" height="{row}">'
                f"{_told(picture, one, at)}</rect>"
            )
            if is_written:
                over = " over" if level > _LEVELS // 2 else ""
                yield f'<text class="on mid{over}" x="{_share(x + step / 2)}" y="{top + 17}">{value:.0f}</text>'
        yield "\n"
    yield from _ticks(picture, 15, step, row * len(picture.series) + 14, middle=is_written)


def _label(words: str, top: float, row: float, wide: int) -> str:
    """Words left of a row, cut off where the drawing begins."""
    return (
        f'<svg x="0" y="{top:g}" width="{wide}%" height="{row:g}">'
        f'<text y="{row / 2 + 4:g}">{as_text(words)}</text></svg>'
    )


def _ticks(picture: Picture, left: float, step: float, y: int, *, middle: bool = True) -> Iterator[str]:
    for at, word in enumerate(picture.below):
        if word:
            place = _share(left + step * (at + (0.5 if middle else 0)))
            yield f'<text class="tick{" mid" if middle else ""}" x="{place}" y="{y}">{as_text(word)}</text>'
    yield "\n"


def _told(picture: Picture, one: Series, at: int) -> str:
    """What is shown where the pointer rests."""
    row = f"{one.name}, " if one.name else ""
    return f"<title>{as_text(f'{row}{picture.labels[at]}: {picture.words(one.values[at])}')}</title>"


def _legend(picture: Picture) -> str:
    """Which colour is which series, or how much a shade is; nothing where there is one colour."""
    if picture.kind == "grid":
        shades = "".join(_swatch(f"cell l{level}") for level in range(_LEVELS + 1))
        return f'<div class="legend"><span>0 {shades} {as_text(picture.words(picture.most))}</span></div>'
    if len(picture.series) < 2:
        return ""
    names = (
        f"<span>{_swatch(f'bar s{number % _COLOURS}')} {as_text(one.name)}</span>"
        for number, one in enumerate(picture.series)
    )
    return f'<div class="legend">{"".join(names)}</div>'


def _swatch(colour: str) -> str:
    return f'<svg aria-hidden="true"><rect class="{colour}" width="12" height="12"/></svg>'


def _table(picture: Picture) -> str:
    """The numbers, a row for each label; behind a word to open it."""
    names = "".join(f'<th scope="col">{as_text(one.name)}</th>' for one in picture.series)
    head = f"<tr><td></td>{names}</tr>\n" if any(one.name for one in picture.series) else ""
    rows = "".join(
        f'<tr><th scope="row">{as_text(label)}</th>'
        + "".join(f"<td>{as_text(picture.words(one.values[at]))}</td>" for one in picture.series)
        + "</tr>\n"
        for at, label in enumerate(picture.labels)
        if any(one.values[at] is not None for one in picture.series)
    )
    return f"<details><summary>The numbers</summary><table>\n{head}{rows}</table></details>\n"
