"""The page of the review: the figures of the command, for the days and customers that are asked for."""

from __future__ import annotations

import html
import re
import shlex
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from ptcrm.formats.report import STYLE
from ptcrm.server import pages
from ptcrm.vault.scan import RACY_NS
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


def replaced(monkeypatch: pytest.MonkeyPatch, work: str, by: Any) -> Any:  # noqa: ANN401
    """What the pages do their `work` with (`review._body`), which is done `by` another from now on."""
    module, name = work.split(".")
    usual = getattr(getattr(pages, module), name)
    monkeypatch.setattr(f"ptcrm.server.pages.{work}", by)
    return usual


@pytest.mark.parametrize(("path", "work"), [("/review", "review._body"), ("/problems", "problems._found")])
def test_no_page_waits_for_one_that_takes_long(path: str, work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, seen = threading.Event(), threading.Event()
    waited: list[bool] = []

    def slow(*asked: Any) -> Any:  # noqa: ANN401
        begun.set()
        waited.append(seen.wait(10))
        return usual(*asked)

    usual = replaced(monkeypatch, work, slow)
    with visiting(SAMPLE) as visitor, ThreadPoolExecutor(1) as beside:
        made = beside.submit(visitor.get, path)
        assert begun.wait(10)
        assert visitor.get("/customers").status == 200
        seen.set()
        assert made.result().status == 200
    assert waited == [True]


SETTLED = 2 * RACY_NS / 1e9  # seconds after which a file is not read once more


class Counted:
    """Work of the pages of which it is counted how often it is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, work: str) -> None:
        self.function, self.calls = replaced(monkeypatch, work, self), 0

    def __call__(self, *words: Any) -> Any:  # noqa: ANN401
        self.calls += 1
        return self.function(*words)


def test_a_review_is_kept_until_something_changes(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch, "review._body")
    anna, settings = next(sample.glob("customers/*/alex-duarte.md")), sample / "ptcrm.yaml"
    time.sleep(SETTLED)
    with visiting(sample) as visitor:
        first = visitor.get("/review").text
        assert (visitor.get("/review").text, counted.calls) == (first, 1)
        assert (visitor.get("/review?where=tier%3Agold").text == first, counted.calls) == (False, 2)
        assert (visitor.get("/review").text, counted.calls) == (first, 2)
        changed = f"{anna.read_text(encoding='utf-8').rstrip()}\n- 2026-11-20 call: Once more\n"
        anna.write_text(changed, encoding="utf-8")
        time.sleep(SETTLED)
        second = visitor.get("/review").text
        assert (second == first, counted.calls) == (False, 3)
        for number in range(9):  # the newest few are kept
            visitor.get(f"/review?from=-{number + 1}d")
        assert (visitor.get("/review").text, counted.calls) == (second, 13)
        settings.write_text(settings.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert (visitor.get("/review").text, counted.calls) == (second, 14)


def test_problems_are_kept_until_something_changes(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch, "problems._found")
    anna, copy = (
        sample / "customers/anna.md",
        sample / "customers/anna.sync-conflict-20261101-101010-ABCDEFG.md",
    )
    writes = [
        (anna, "---\nname: Anna\nbrithday: 1984-05-01\n---\n", "“brithday”"),
        (sample / "templates/odd.md", "{{ nothing }}", "templates/odd.md:1"),
        (copy, "---\nname: Anna\n---\n", "anna.sync-conflict"),
        (copy, anna.name, "anna.sync-conflict"),
    ]
    with visiting(sample) as visitor:
        for path, text, says in writes:
            time.sleep(SETTLED)
            visitor.get("/problems")
            before, counted.calls = visitor.get("/problems").text, 0
            assert (visitor.get("/problems").text, counted.calls) == (before, 0)
            path.write_text(text, encoding="utf-8")
            after = visitor.get("/problems")
            assert (says in after.words, counted.calls) == (True, 1), after.words
            assert after.text != before


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
