"""The review as a page of HTML, opened in Chromium: what it shows, in light, dark and on paper, and what it never does."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.browser import OpenWindow, Window
from tests.conftest import DAY, SAMPLE, MakeVault, Run

TITLES = [
    "Consistency",
    "Retention",
    "Value against pitch",
    "Channels",
    "Effort and return",
    "Referrals",
    "Feedback",
]
EVIL = "</title></style></svg><script>alert(1)</script><img src=https://example.org/x onerror=alert(2)>"
HOSTILE = f"""---
name: '{EVIL}'
id: 'x" onload="alert(4)'
status: former
tier: '{EVIL}'
since: 2020-01-01
left: 2026-10-01
left_reason: 'javascript:alert(5) {EVIL}'
---

- [ ] 2026-11-01 call: Promise {EVIL}
- [ ] 2026-11-02 feedback: Said {EVIL}

## Log

- 2025-01-01 sale: x [amount:: 5 EUR]
- 2026-02-01 call (pitch): Asked {EVIL}
- 2026-03-01 call (value): Gave {EVIL}
- 2026-11-01 sale: Came back [amount:: 5 EUR]
"""
REFERRED = "---\nname: Anna\nsince: 2026-01-01\nreferred_by: '[[evil]]'\ntags: ['{}']\n---\n\n## Log\n\n- 2026-11-01 call: x\n"


def written(run: Run, vault: Path, file: Path, *words: str) -> Path:
    result = run("--vault", vault, "--today", DAY, "review", "--html", file, *words)
    assert result.exit_code == 0, result.stderr
    return file


def shown(open_window: OpenWindow, file: Path, **settings: object) -> Window:
    window = open_window(file.as_uri(), **settings)
    window.page.goto(file.as_uri())
    return window


def test_the_page_of_the_sample(run: Run, tmp_path: Path, open_window: OpenWindow) -> None:
    page = shown(open_window, written(run, SAMPLE, tmp_path / "r.html"), color_scheme="light").page
    assert page.title() == "Is keeping in touch working?"
    assert page.locator("h1").all_inner_texts() == [page.title()]
    assert page.locator("h2").all_inner_texts() == TITLES
    assert page.locator("main section[aria-labelledby]").count() == len(TITLES)
    levels = [
        int(name[1]) for name in page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")
    ]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len({*ids})
    for title in TITLES:
        page.get_by_role("link", name=title, exact=True).click()
        assert page.locator("section:target h2").inner_text() == title


def test_each_chart_has_words_and_numbers(run: Run, tmp_path: Path, open_window: OpenWindow) -> None:
    page = shown(open_window, written(run, SAMPLE, tmp_path / "r.html")).page
    figures = page.locator("figure.chart").all()
    assert len(figures) > 10
    for figure in figures:
        name = figure.locator("figcaption").inner_text()
        chart = figure.get_by_role("img", name=name)
        assert re.search("[0-9]", chart.locator("> desc").text_content() or "")
        assert chart.locator("rect, line, circle").count() > 0
        figure.locator("summary").click()
        assert figure.locator("table").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_dark_phone_and_paper(run: Run, tmp_path: Path, open_window: OpenWindow, scheme: str) -> None:
    file = written(run, SAMPLE, tmp_path / "r.html")
    page = shown(open_window, file, color_scheme=scheme, viewport={"width": 360, "height": 700}).page
    light = brightness(page.locator("body").evaluate("it => getComputedStyle(it).backgroundColor"))
    ink = brightness(page.locator(".chart text:not(.tick)").first.evaluate("it => getComputedStyle(it).fill"))
    assert (light > 200 > ink) if scheme == "light" else (light < 60 < ink)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.emulate_media(media="print")
    assert page.locator("body").evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        brightness(page.locator(".chart text:not(.tick)").first.evaluate("it => getComputedStyle(it).fill"))
        < 60
    )
    assert not page.locator("details").first.is_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def brightness(colour: str) -> float:
    return sum(map(int, re.findall("[0-9]+", colour)[:3])) / 3


def test_a_hostile_vault_is_words(
    run: Run, make_vault: MakeVault, tmp_path: Path, open_window: OpenWindow
) -> None:
    vault = make_vault({"evil": HOSTILE, "anna": REFERRED})
    window = shown(open_window, written(run, vault, tmp_path / "r.html"))
    page = window.page
    assert page.locator("script, img, iframe, object, [onload], [onerror], [style]").count() == 0
    assert page.locator("a:not([href^='#'])").count() == 0
    assert EVIL in page.locator("main").inner_text()
    assert len(window.requests) == 1


@pytest.mark.parametrize("customers", [{}, {"anna": "---\nname: Anna\n---\n"}], ids=["none", "one"])
def test_a_vault_with_nothing_to_draw(
    run: Run, make_vault: MakeVault, tmp_path: Path, open_window: OpenWindow, customers: dict[str, str]
) -> None:
    page = shown(open_window, written(run, make_vault(customers), tmp_path / "r.html")).page
    assert page.locator("h2").all_inner_texts() == TITLES
    assert page.locator("section").filter(has=page.locator("p")).count() == len(TITLES)


def test_the_same_vault_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    first, second = (written(run, SAMPLE, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert b"a.html" not in first
    printed = run("--vault", SAMPLE, "--today", DAY, "review", "--html", "-")
    assert printed.stdout.encode() == first


def test_a_file_of_somebody_elses_stays(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.html"
    file.write_text("<!DOCTYPE html>\n<html>mine", encoding="utf-8")
    result = run("--vault", SAMPLE, "--today", DAY, "review", "--html", file)
    assert result.exit_code == 4
    assert "stays as it is" in result.stderr
    assert file.read_text(encoding="utf-8") == "<!DOCTYPE html>\n<html>mine"


def test_html_and_json_do_not_go_together(run: Run, tmp_path: Path) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, "review", "--html", tmp_path / "x.html", "--json")
    assert result.exit_code == 2
    assert not (tmp_path / "x.html").exists()
