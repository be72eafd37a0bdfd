"""The page of the review: the figures of the command, for the days and customers that are asked for."""

from __future__ import annotations

import html
import re
import shlex
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from ptcrm.formats.report import STYLE
from ptcrm.views.review import review
from tests.conftest import DAY, SAMPLE, MakeVault, Run
from tests.test_review_report import EVIL, HOSTILE, REFERRED, TITLES
from tests.visitor import visiting


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", ()),
        ("?where=tier%3Agold", ("--where", "tier:gold")),
        ("?from=2026-01-01&to=2026-06-30", ("--from", "2026-01-01", "--to", "2026-06-30")),
    ],
)
def test_the_page_has_what_the_file_has(
    run: Run, tmp_path: Path, query: str, options: tuple[str, ...]
) -> None:
    file = tmp_path / "review.html"
    run("--vault", SAMPLE, "--today", DAY, "review", "--html", file, *options)
    with visiting(SAMPLE) as visitor:
        page = visitor.get(f"/review{query}")
    assert page.status == 200
    assert re.findall(r"<h2[^>]*>([^<]*)<", page.text) == TITLES
    assert 'href="/customers/' in page.text

    def inside(text: str) -> str:
        body = text[text.index('<div class="report">') : text.rindex("</main>")]
        return re.sub(r"</?a\b[^>]*>", "", body).strip()

    assert inside(page.text) == inside(file.read_text(encoding="utf-8"))


def test_no_page_waits_for_a_review(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, seen = threading.Event(), threading.Event()
    waited: list[bool] = []

    def slow(*asked: Any) -> Any:  # noqa: ANN401
        begun.set()
        waited.append(seen.wait(10))
        return review(*asked)

    monkeypatch.setattr("ptcrm.server.pages.review.review", slow)
    with visiting(SAMPLE) as visitor, ThreadPoolExecutor(1) as beside:
        made = beside.submit(visitor.get, "/review")
        assert begun.wait(10)
        assert visitor.get("/customers").status == 200
        seen.set()
        assert made.result().status == 200
    assert waited == [True]


def test_the_customers_behind_a_figure_are_links() -> None:
    with visiting(SAMPLE) as visitor:
        to = {*re.findall(r'<th scope="row"><a href="([^"]*)"', visitor.get("/review").text)}
        assert len(to) > 20
        assert {visitor.get(html.unescape(one)).status for one in to} == {200}


def test_advice_leads_to_whom_it_is_about() -> None:
    with visiting(SAMPLE) as visitor:
        text = visitor.get("/review").text
    found = re.findall(
        r'<li>(?:<a href="/customers/([^"]*)">)?[^<]*(?:</a>)?: <code>ptcrm ([^<]*)</code>', text
    )
    assert len(found) > 10
    alone = [command for to, command in found if not to]
    assert alone == ["winback"]
    for to, command in found:
        assert not to or shlex.split(html.unescape(command))[1] == unquote(to)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("where=teir%3Agold", "Did you mean “tier:”?"),
        ("from=2027-01-01", "2027-01-01, is after today"),
        ("from=nonsense", "nonsense"),
    ],
)
def test_what_cannot_be_read_is_said_and_stays_in_the_form(query: str, says: str) -> None:
    with visiting(SAMPLE) as visitor:
        page = visitor.get(f"/review?{query}")
    assert page.status == 422
    assert says in page.words
    assert f'value="{html.escape(query.partition("=")[2].replace("%3A", ":"))}"' in page.text


def test_nothing_on_it_needs_more_than_its_stylesheets(make_vault: MakeVault) -> None:
    vault = make_vault({"evil": HOSTILE, "anna": REFERRED})
    with visiting(vault) as visitor:
        page = visitor.get("/review")
        style = visitor.get("/static/report.css")
    assert style.text == STYLE
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert not re.search(r"<style|\sstyle=|\son\w+=[\"']|<img|<script(?! src=\"/static/)", page.text)
    assert html.escape(EVIL) in page.text
