"""Pictures on a terminal and as SVG: what is drawn is what the numbers say, at any width."""

from __future__ import annotations

import os
import re
from datetime import date
from itertools import product
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ptcrm.cli.output import width
from ptcrm.cli.sketch import ASCII, BLOCKS, Signs, signs_for, sketched
from ptcrm.formats.charts import chart
from ptcrm.formats.report import Report, as_page
from ptcrm.model.picture import Picture, Series
from ptcrm.reports.review.values import Period
from ptcrm.views.pictures import pictures
from ptcrm.views.review import review
from ptcrm.views.review_words import TELLERS
from tests.conftest import DAY, SAMPLE, Golden, OpenVault

MONTHS = tuple("Dec Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov".split())
WEEKS = tuple(f"week {number}" for number in range(1, 54))
PICTURES = {
    "bars": Picture(
        "bars", "Contacts", ("call", "email", "žluťoučký kůň 東京", "none"), (Series("", (23, 7, 1, 0)),)
    ),
    "pairs": Picture(
        "bars",
        "Planned and made",
        ("gold", "silver"),
        (Series("planned", (40, 12.5)), Series("made", (32, None))),
        unit="EUR",
    ),
    "lines": Picture(
        "lines",
        "Within the cadence",
        MONTHS,
        (
            Series("gold", (90, 80, 70, None, 60, 100, 20, 0, 1, 50, 60, 75)),
            Series("silver", (None,) * 12),
        ),
        unit="%",
        whole=100,
    ),
    "grid": Picture(
        "grid",
        "Contacts by day",
        WEEKS,
        tuple(
            Series(day, tuple((week * at) % 7 for week in range(53)))
            for at, day in enumerate(("Mon", "Tue", "Wed"))
        ),
        tuple(MONTHS[week // 4 % 12] if week % 4 == 0 else "" for week in range(53)),
    ),
    "nothing": Picture("grid", "Nothing", ("a", "b"), (Series("x", (0, None)),)),
    "no rows": Picture("lines", "No rows", (), ()),
}


@pytest.mark.parametrize(("name", "signs"), [("blocks", BLOCKS), ("ascii", ASCII)])
def test_pictures_on_a_terminal(name: str, signs: Signs, golden: Golden) -> None:
    shown = [
        f"{picture.title}, {columns} columns\n"
        + "".join(f"{line}\n" for line in sketched(picture, columns, signs))
        for picture, columns in product(PICTURES.values(), (40, 80, 120))
    ]
    golden(f"pictures {name}.txt", "\n".join(shown))


@pytest.mark.parametrize("columns", range(40, 130, 7))
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    lines = [line for picture in PICTURES.values() for line in sketched(picture, columns, BLOCKS)]
    assert max(map(width, lines)) <= columns
    assert len(lines) > 10


def test_ascii_is_ascii_but_for_names() -> None:
    names = {"žluťoučký kůň 東京": "a name"}
    for picture in PICTURES.values():
        plain = Picture(
            picture.kind, picture.title, tuple(names.get(one, one) for one in picture.labels), picture.series
        )
        assert "".join(sketched(plain, 40, ASCII)).isascii()


def test_every_number_above_0_can_be_seen() -> None:
    picture = Picture("bars", "", ("much", "little", "none"), (Series("", (1_000_000, 1, 0)),))
    assert [line.split()[1] for line in sketched(picture, 80, BLOCKS)] == ["█" * 50, "▏", "0"]
    course = Picture("lines", "", ("a", "b", "c"), (Series("", (1_000_000, 1, 0)),))
    assert sketched(course, 80, BLOCKS)[0] == "█▂▁ 0"


def test_a_name_moves_no_cursor_and_is_no_markup() -> None:
    evil = "\x1b[31m<script>alert(1)</script>\n\u202e\" onload='x'"
    for kind in ("bars", "lines", "grid"):
        picture = Picture(kind, evil, (evil,), (Series(evil, (1,)), Series(evil, (2,))))
        text = "\n".join(sketched(picture, 80, BLOCKS))
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
        markup = chart(picture, "evil")
        assert {one.tag for one in ET.fromstring(markup).iter()}.isdisjoint({"script"})
        assert "\x1b" not in markup
        assert not any(key.startswith("on") for one in ET.fromstring(markup).iter() for key in one.attrib)


@pytest.mark.parametrize("name", PICTURES)
def test_a_chart_has_its_words_and_its_numbers(name: str) -> None:
    picture = PICTURES[name]
    figure = ET.fromstring(chart(picture, "it"))
    caption = figure.find("figcaption")
    assert caption is not None
    assert caption.text == picture.title
    if picture.is_empty:
        assert figure.find("svg") is None
        assert figure.findtext("p") == "There is nothing to draw."
        return
    drawing = figure.find("svg")
    assert drawing is not None
    assert drawing.attrib["role"] == "img"
    ids = {one.attrib["id"]: one.text for one in drawing if "id" in one.attrib}
    assert [ids[one] for one in drawing.attrib["aria-labelledby"].split()] == [
        picture.title,
        picture.described(),
    ]
    cells = [cell.text for cell in figure.iterfind("details/table/tr/td") if cell.text]
    wanted = [
        picture.words(one.values[at])
        for at in range(len(picture.labels))
        for one in picture.series
        if any(each.values[at] is not None for each in picture.series)
    ]
    assert cells == wanted


def test_a_chart_brings_no_style_script_or_address() -> None:
    for picture in PICTURES.values():
        for one in ET.fromstring(chart(picture, "it")).iter():
            assert one.tag not in ("style", "script", "a", "image", "use")
            assert not {"style", "href", "src"} & one.attrib.keys()


def test_bars_are_as_long_as_their_numbers() -> None:
    bars = ET.fromstring(chart(PICTURES["bars"], "it")).findall(".//rect")
    assert [float(one.attrib["width"][:-1]) for one in bars] == pytest.approx(
        [55, 55 * 7 / 23, 55 / 23, 0], abs=0.01
    )


def test_a_picture_in_words() -> None:
    assert PICTURES["pairs"].described() == (
        "gold, planned: 40 EUR; gold, made: 32 EUR; silver, planned: 12.5 EUR; silver, made: –."
    )
    assert PICTURES["lines"].described() == (
        "gold: lowest 0 % (Jul), highest 100 % (May), last 75 % (Nov). silver: nothing."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_from_what_they_stand_on(scheme: str) -> None:
    page = as_page(Report("", "", ())).decode()
    darks = re.findall(r"@media screen and \(prefers-color-scheme: dark\) \{(.*?\})\s*\}", page, re.DOTALL)
    named = re.findall(r"--(\w+): (#\w+)", "".join(darks) if scheme == "dark" else page)
    colours = dict(reversed(named))  # of a colour with several values the first, which is the light one
    words = [
        ("ink", "ground"),
        ("quiet", "ground"),
        ("ink", "l0"),
        ("ink", "l1"),
        ("ink", "l2"),
        ("ground", "l3"),
        ("ground", "l4"),
    ]
    for front, back in words:  # WCAG 2.2 §1.4.3
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
    for number in range(4):  # WCAG 2.2 §1.4.11
        assert contrast(colours[f"s{number}"], colours["ground"]) >= 3, number


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# The pictures of a review


@pytest.mark.parametrize(
    ("first", "last", "rows", "columns"),
    [
        (date(2025, 11, 24), date(2026, 11, 23), 7, 53),
        (date(2026, 11, 18), date(2026, 11, 23), 7, 2),
        (date(2024, 12, 1), date(2026, 2, 28), 3, 53),
        (date(2021, 1, 1), date(2026, 11, 23), 6, 53),
    ],
)
def test_the_map_has_each_contact_once(
    open_vault: OpenVault, tmp_path: Path, first: date, last: date, rows: int, columns: int
) -> None:
    found = review(open_vault(SAMPLE, date.fromisoformat(DAY), tmp_path), Period(first, last))
    drawn = pictures(found)["channels"][0]
    assert (drawn.kind, len(drawn.series), len(drawn.labels)) == ("grid", rows, columns)
    assert len(drawn.ticks) == len(drawn.labels)
    numbers = [value for one in drawn.series for value in one.values if value is not None]
    assert sum(numbers) == found.channels.contacts > 0
    if rows == 7:  # no day outside the period has a number
        assert len(numbers) == (last - first).days + 1


def test_each_series_has_a_number_for_each_label(open_vault: OpenVault, tmp_path: Path) -> None:
    period = Period(date(2021, 1, 1), date(2026, 11, 23))
    each = pictures(review(open_vault(SAMPLE, date.fromisoformat(DAY), tmp_path), period))
    assert [*each] == [*TELLERS]
    for picture in (one for drawn in each.values() for one in drawn):
        assert {len(one.values) for one in picture.series} == {len(picture.labels)}
        assert len(picture.below) == len(picture.labels)
        assert all(0 <= (value or 0) <= picture.most for one in picture.series for value in one.values)


def test_consistency_is_drawn_as_it_is_counted(open_vault: OpenVault, tmp_path: Path) -> None:
    found = review(
        open_vault(SAMPLE, date.fromisoformat(DAY), tmp_path), Period(date(2026, 1, 1), date(2026, 3, 31))
    )
    course, tiers = pictures(found)["consistency"][:2]
    assert course.ticks == ("Jan", "Feb", "Mar")
    for at, month in enumerate(course.labels):
        cells = [one for one in found.consistency.cells if one.month == month]
        made, due = sum(one.share.part for one in cells), sum(one.share.whole for one in cells)
        assert course.series[0].values[at] == round(100 * made / due)
        for cell in cells:
            row = next(one for one in tiers.series if one.name == cell.tier)
            assert row.values[at] == round(100 * cell.share.part / cell.share.whole)


def test_a_terminal_without_the_signs_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("locale.getencoding", lambda: "ISO-8859-2")
    assert signs_for(plain=False) is (BLOCKS if os.name == "nt" else ASCII)
    monkeypatch.setattr("locale.getencoding", lambda: "UTF-8")
    assert signs_for(plain=False) is BLOCKS
    assert signs_for(plain=True) is ASCII
