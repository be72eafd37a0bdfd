"""The pages in Chromium: what they look up, what they write, what they never run, and that keys and eyes find their way."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import OpenWindow, Window
from tests.conftest import DAY, ROOT, Run
from tests.site import Site, restore, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONFIG = """\
start: 2021-01-04
timezone: Europe/Warsaw
tiers: {gold: {cadence: 3 weeks}}
capacity: {per_day: 3}
feeds: {all: {}, birthdays: {kinds: [birthday], private: true}}
queries: {vip: "tier:gold"}
"""
ANNA = """---
name: Anna Kowalska
tier: gold
phones: ["+48 600 100 200"]
birthday: 1984-11-29
---
She likes **bells**, and [[jan]] too.

## Follow-ups

- [ ] 2026-11-20 call: Ask about the shop
- [ ] 2026-12-03 email: Send the list

## Log

- 2026-11-02 call: Frames
"""
JAN = "---\nname: Jan Nowak\nstatus: active\n---\n\n- [ ] 2026-11-21 visit: Bring the wheel\n\n## Log\n\n- 2026-09-02 visit: Wheels\n"
ODD = "---\nname: Odd One\nbrithday: 1984-05-01\nphones: +48 600 100 201\n---\n\n## Log\n\n- 2026-11-02 cal: Something\n"
FILES = {"customers/anna.md": ANNA, "customers/jan.md": JAN, "customers/odd.md": ODD, "ptcrm.yaml": CONFIG}
PLACES = {
    "today": "",
    "customers": "customers?q=tier:gold",
    "customer": "customers/anna",
    "edit": "customers/anna/edit",
    "search": "search?q=bells",
    "agenda": "agenda",
    "review": "review",
    "month": "agenda?view=month",
    "problems": "problems",
    "fix": "problems/fix?all=safe",
    "feeds": "feeds",
    "help": "help",
}


def write(vault: Path) -> Path:
    for name, text in FILES.items():
        (vault / name).parent.mkdir(parents=True, exist_ok=True)
        (vault / name).write_text(text, encoding="utf-8", newline="")
    return vault


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("original"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    vault = write(tmp_path_factory.mktemp("vault"))
    with serving(vault, tmp_path_factory.mktemp("home")) as site:
        yield site


@pytest.fixture
def site(running: Site, original: Path) -> Iterator[Site]:
    yield running
    restore(running.vault, original)


Enter = Callable[..., "Page"]
Clash = Callable[[], None]


@pytest.fixture
def windows() -> list[Window]:
    return []


@pytest.fixture
def clash(windows: list[Window]) -> Clash:
    """`clash()`: the browser has complained of one answer that says the file has changed, as it does of every such."""

    def call() -> None:
        for _ in range(100):
            windows[-1].page.wait_for_timeout(50)  # the complaint may come behind the page
            if windows[-1].errors:
                break
        (error,) = windows[-1].errors
        assert "409" in error
        windows[-1].errors.clear()

    return call


@pytest.fixture
def enter(site: Site, open_window: OpenWindow, windows: list[Window]) -> Enter:
    """`enter("agenda", color_scheme="dark")`: a page of the site, in a window that has been let in."""

    def call(place: str = "", **settings: object) -> Page:
        windows.append(let_in(open_window(site.own, **settings), site, place))
        return windows[-1].page

    return call


def let_in(window: Window, site: Site, place: str = "") -> Window:
    window.page.set_default_timeout(8000)
    window.page.goto(site.first)
    window.page.wait_for_url(site.own)
    if place:
        window.page.goto(site.own + place)
    return window


@pytest.fixture
def command(site: Site, original: Path, tmp_path: Path, run: Run) -> Callable[..., None]:
    """`command("log", "anna", …)`: the page has left the vault as this command leaves a copy of it, and has changed it."""

    def call(*words: str) -> None:
        twin = Path(shutil.copytree(original, tmp_path / "twin"))
        run("--vault", twin, "--today", DAY, *words)
        expected = contents(twin)
        assert contents(site.vault) == expected != contents(original)
        shutil.rmtree(twin)

    return call


def contents(vault: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(vault)): path.read_bytes() for path in sorted(vault.rglob("*")) if path.is_file()
    }


# What every page is like


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_page_is_complete_and_asks_for_nothing_elsewhere(place: str, enter: Enter) -> None:
    page = enter(place)
    assert page.locator("main h1").count() == 1
    assert page.locator("html[lang=en]").count() == 1
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.top')).position") == "sticky"
    )  # it has its style
    page.wait_for_function("() => typeof listen === 'function'")  # and its script


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious(colours: str, enter: Enter, site: Site) -> None:
    axe = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        if "PTCRM_TEST_NODE" in os.environ:
            pytest.fail("PTCRM_TEST_NODE is set: run `npm ci` in tests/node")
        pytest.skip("no axe-core: run `npm ci` in tests/node")
    page = enter("", color_scheme=colours)
    found = {}
    for name, place in PLACES.items():
        page.goto(site.own + place)
        open_all(page)
        page.evaluate(axe.read_text(encoding="utf-8"))
        wrong = page.evaluate("axe.run({resultTypes: ['violations']}).then((found) => found.violations)")
        bad = [(one["id"], [node["target"] for node in one["nodes"]]) for one in wrong if is_serious(one)]
        if bad:
            found[name] = bad
    assert found == {}


def open_all(page: Page) -> None:
    """Open every drop-down at once, though a person has one of them open at a time."""
    opens = "all => all.forEach((one) => { one.removeAttribute('name'); one.open = true; })"
    page.locator("details").evaluate_all(opens)


def is_serious(violation: dict[str, object]) -> bool:
    return violation["impact"] in ("serious", "critical")


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_phone_shows_all_of_its_width(place: str, enter: Enter) -> None:
    page = enter(place, viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_problems_fit_a_telephone(enter: Enter) -> None:
    page = enter("problems", viewport={"width": 390, "height": 844})
    page.locator("[data-row] pre").first.evaluate("(one) => one.textContent = 'x'.repeat(400)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row = page.locator("[data-row]", has_text="brithday")
    parts = [row.locator(one).bounding_box() for one in (".who", ".what", ".actions")]
    assert all(one and one["x"] >= 0 and one["x"] + one["width"] <= 390 for one in parts)
    tops = [one["y"] for one in parts if one]
    assert tops == sorted(tops)
    assert len({*tops}) == 3  # below each other


def test_paper_is_light(enter: Enter) -> None:
    page = enter("customers/anna", color_scheme="dark")
    colours = """() => ["body", ".rows", "h1", "main a"].flatMap((one) => {
      const style = getComputedStyle(document.querySelector(one));
      return [style.backgroundColor, style.color];
    })"""
    assert all(is_light(page.evaluate(colours)[at]) for at in (1, 3, 5, 7))
    page.emulate_media(media="print", color_scheme="dark")
    body, ink, row, words, _, title, _, link = page.evaluate(colours)
    assert (body, row) == ("rgb(255, 255, 255)", "rgb(255, 255, 255)")
    assert not any(map(is_light, (ink, words, title, link)))
    assert page.locator("form:visible, summary:visible:not(.why summary), footer:visible").count() == 0


def is_light(colour: str) -> bool:
    """Whether a colour as the browser says it (`rgb(1, 2, 3)`) is nearer to white than to black."""
    return sum(map(int, re.findall("[0-9]+", colour)[:3])) > 3 * 127


# Writing


def told(page: Page, words: str) -> None:
    """Wait for a page that says so, and for its script."""
    page.get_by_text(words).wait_for()
    page.wait_for_load_state()


def test_a_log_entry_and_its_undo(
    enter: Enter, command: Callable[..., None], site: Site, original: Path
) -> None:
    page = enter()
    row = page.locator("[data-row]", has_text="Ask about the shop")
    row.get_by_text("Log", exact=True).click()
    page.keyboard.type("The bell rings")
    row.get_by_text("Write it").click()
    told(page, "Written: log anna")
    command("log", "anna", "call: The bell rings")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Redo").wait_for()
    assert contents(site.vault) == contents(original)


def test_done_and_snooze(enter: Enter, command: Callable[..., None], site: Site, original: Path) -> None:
    page = enter()
    page.get_by_role("button", name="Done: call: Ask about the shop").click()
    told(page, "Written: done anna")
    command("done", "anna", "1")
    restore(site.vault, original)
    page.goto(site.own)
    page.locator("[data-row]", has_text="Bring the wheel").locator("summary", has_text="Snooze").click()
    page.keyboard.press("Enter")
    told(page, "Written: set jan snooze")
    command("snooze", "jan", "+1w")


def test_a_follow_up_is_moved(enter: Enter, site: Site) -> None:
    page = enter("agenda")
    row = page.locator("[data-row]", has_text="Ask about the shop")
    row.get_by_text("Move", exact=True).click()
    row.get_by_label("To which day").fill("2026-12-01")
    row.get_by_role("button", name="Move it").click()
    told(page, "Written: move anna")
    moved = ANNA.replace("2026-11-20", "2026-12-01")
    assert (site.vault / "customers/anna.md").read_text(encoding="utf-8") == moved


def test_the_text_of_a_file_is_edited(enter: Enter, site: Site) -> None:
    page = enter("customers/anna/edit")
    text = page.locator("main textarea")
    assert text.input_value() == ANNA
    text.fill(ANNA.replace("bells", "horns"))
    page.get_by_role("button", name="Save").click()
    told(page, "Written: ")
    assert (site.vault / "customers/anna.md").read_text(encoding="utf-8") == ANNA.replace("bells", "horns")


def test_problems_are_mended_after_a_look_at_the_diff(enter: Enter, command: Callable[..., None]) -> None:
    page = enter("problems")
    assert (
        page.locator("[data-row]", has_text="brithday")
        .locator("pre")
        .inner_text()
        .startswith("brithday: 1984-05-01\n^")
    )
    page.get_by_role("link", name="Mend what leaves no doubt").click()
    assert '+phones: "+48 600 100 201"' in page.locator(".diff").inner_text()
    page.get_by_role("button", name="Write it").click()
    told(page, "Written: check --fix")
    command("check", "--fix")


def test_one_problem_is_mended_by_a_guess(enter: Enter, command: Callable[..., None]) -> None:
    page = enter("problems")
    page.get_by_role("link", name="Write birthday (a guess)").click()
    assert "This is a guess" in page.locator("main").inner_text()
    page.get_by_role("button", name="Write it").click()
    told(page, "Written: check --fix")
    command("check", "--fix", "--unsafe-fixes", "--select", "PT101")


def test_files_that_changed_after_the_diff_was_shown_are_shown_again(
    enter: Enter, site: Site, clash: Clash
) -> None:
    page = enter("problems/fix?all=safe", java_script_enabled=False)
    odd = site.vault / "customers/odd.md"
    odd.write_text(ODD.replace("Something", "Something else"), encoding="utf-8")
    page.get_by_role("button", name="Write it").click()
    clash()
    assert "The files have changed" in page.get_by_role("alert").inner_text()
    assert "Something else" in odd.read_text(encoding="utf-8")
    assert '"+48' not in odd.read_text(encoding="utf-8")
    page.get_by_role("button", name="Write it").click()
    assert '"+48' in odd.read_text(encoding="utf-8")


def test_a_feed_gets_a_new_address_only_when_that_is_meant(enter: Enter) -> None:
    page = enter("feeds")
    before = page.locator("input.address").evaluate_all("all => all.map((one) => one.value)")
    assert before[0].startswith("http://127.0.0.1:")
    assert before[1].startswith("webcal://127.0.0.1:")
    page.locator("section", has_text="birthdays").locator("summary", has_text="A new address").click()
    page.get_by_role("button", name="Give birthdays a new address").click()
    assert page.locator(":invalid").count() > 0  # the browser asks for the tick
    page.get_by_label("The old address leads nowhere").locator("visible=true").check()
    page.get_by_role("button", name="Give birthdays a new address").click()
    page.get_by_text("has a new address").wait_for()
    after = page.locator("input.address").evaluate_all("all => all.map((one) => one.value)")
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, False]
    page.get_by_text("QR code for a phone").first.click()
    assert page.locator("[role=img] svg").first.bounding_box()["width"] > 150  # type: ignore[index]  # it is shown


def test_a_filter_is_completed_and_finds(enter: Enter) -> None:
    page = enter("customers")
    field = page.locator("[data-complete]")
    field.focus()
    page.keyboard.type("tier:")
    page.get_by_role("option", name="tier:gold").wait_for()
    box, offered = field.bounding_box(), page.locator(".completions").bounding_box()
    assert box
    assert offered
    assert 0 <= offered["y"] - box["y"] - box["height"] <= 8  # right below the field
    assert abs(offered["x"] - box["x"]) <= 2
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    assert field.input_value() == "tier:gold"
    page.keyboard.press("Enter")
    page.wait_for_url("**q=tier*")
    assert [one.inner_text() for one in page.locator("main tbody a").all()] == ["Anna Kowalska"]


# Live


def wait_for_live(page: Page) -> None:
    page.wait_for_function("() => source?.readyState === EventSource.OPEN && !isDrawing")


def seconds_until_seen(page: Page, site: Site, words: str) -> float:
    path = site.vault / "customers/anna.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub("call: .*", f"call: {words}", text, count=1), encoding="utf-8")
    begun = time.monotonic()
    page.wait_for_function(
        "(words) => document.querySelector('main').innerText.includes(words)", arg=words, polling=10
    )
    return time.monotonic() - begun


def test_an_edit_elsewhere_appears(enter: Enter, site: Site, whole: bool) -> None:
    page = enter()
    wait_for_live(page)
    took = []
    for number in range(20 if whole else 3):
        took.append(seconds_until_seen(page, site, f"Ask number {number}"))
        time.sleep(0.2)
    assert min(took) < 1.0, sorted(took)


def test_what_is_half_typed_stays(enter: Enter, site: Site, clash: Clash) -> None:
    page = enter("customers/anna")
    wait_for_live(page)
    text = page.locator("main textarea").first
    text.fill("call: half a sen")
    (site.vault / "customers/anna.md").write_text(ANNA.replace("Frames", "Other frames"), encoding="utf-8")
    page.get_by_text("Changed on disk").wait_for()
    assert text.input_value() == "call: half a sen"
    page.get_by_role("button", name="Write it").first.click()
    clash()
    assert "The file has changed since the page was drawn" in page.get_by_role("alert").inner_text()
    assert page.locator("main textarea").input_value() == "call: half a sen"
    page.get_by_role("button", name="Write it now").click()
    told(page, "Written: log anna")
    after = (site.vault / "customers/anna.md").read_text(encoding="utf-8")
    assert after == ANNA.replace(
        "- 2026-11-02 call: Frames", "- 2026-11-23 call: half a sen\n- 2026-11-02 call: Other frames"
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_new_on_the_disk_is_said_wherever_one_reads(width: int, enter: Enter, site: Site) -> None:
    page = enter("customers/anna", viewport={"width": width, "height": 400})
    wait_for_live(page)
    page.locator("main textarea").first.fill("call: half a sen")
    (site.vault / "customers/anna.md").write_text(ANNA.replace("Frames", "Other frames"), encoding="utf-8")
    page.get_by_text("Changed on disk").wait_for()
    page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    assert page.evaluate("scrollY") > 300
    box = page.locator("#notice").bounding_box()
    top = page.locator(".top").bounding_box()
    assert box
    assert top
    assert max(top["y"] + top["height"], 0) <= box["y"] < 100


def test_focus_and_open_panels_survive_a_change(enter: Enter, site: Site) -> None:
    page = enter()
    wait_for_live(page)
    page.locator("[data-row]", has_text="Bring the wheel").locator("summary", has_text="Snooze").click()
    seconds_until_seen(page, site, "Ask something else")
    assert page.evaluate("document.activeElement.name") == "until"
    row = page.locator("[data-row]:focus-within")
    assert "Bring the wheel" in row.inner_text()
    assert row.locator("details[open]").count() == 1


# Keys


def test_the_morning_by_keys_alone(enter: Enter, command: Callable[..., None]) -> None:
    page = enter()
    keys = page.keyboard
    keys.press("j")
    keys.press("d")
    told(page, "Written: done anna")
    keys.press("u")
    page.get_by_role("button", name="Redo").wait_for()
    page.wait_for_load_state()
    for _ in range(10):
        keys.press("j")
        if "Anna" in page.locator(":focus").inner_text():
            break
    keys.press("l")
    keys.type("She is well")
    keys.press("Control+Enter")
    told(page, "Written: log anna")
    command("log", "anna", "call: She is well")
    keys.press("/")
    keys.type("wheels")
    keys.press("Enter")
    page.wait_for_url("**/search?*")
    assert "Jan Nowak" in page.locator("main").inner_text()
    for key, place in (
        ("a", "agenda"),
        ("c", "customers"),
        ("r", "review"),
        ("p", "problems"),
        ("f", "feeds"),
        ("t", ""),
    ):
        keys.press("g")
        keys.press(key)
        page.wait_for_url(f"**/{place}")
    keys.press("j")
    keys.press("Enter")
    page.wait_for_url("**/customers/*")


def test_the_help_is_a_dialog_and_a_page(enter: Enter) -> None:
    page = enter()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    shown = dialog.locator("table").inner_text()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.locator("footer").get_by_role("link", name="Keys").click()
    assert page.locator("main table").inner_text() == shown


def test_keys_are_letters_while_somebody_types(enter: Enter) -> None:
    page = enter()
    page.keyboard.press("/")
    page.keyboard.type("jdgt?")
    assert page.locator("#search").input_value() == "jdgt?"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


# A vault that means harm

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"' onmouseover=alert(3) x='<svg/onload=alert(4)>{{7*7}}</style></title>"
URLS = (
    "javascript:alert(5)",
    "data:text/html,<script>alert(6)</script>",
    "vbscript:x",
    "https://evil.example/x.png",
)


ENDLESS = ("on=", "sort=", "q=state", "q=status")  # pages like others that are looked at


def hostile(folder: Path) -> Path:
    quoted = json.dumps(EVIL)
    notes = "\n\n".join(
        [
            EVIL,
            *(f"[x]({url}) ![x]({url}) <a href='{url}'>x</a> <{url}>" for url in URLS),
            f"<style>*{{display:none}}</style> [[{EVIL}|{EVIL}]]",
        ]
    )
    fields = (
        "name",
        "company",
        "role",
        "tier",
        "norms",
        "family",
        "owner",
        "language",
        "timezone",
        "status",
        "cadence",
    )
    lists = ("emails", "phones", "addresses", "places", "tags", "interests", "prefers", "avoids", "aliases")
    text = "".join(
        [
            "---\nid: evil\n",
            *(f"{name}: {quoted}\n" for name in fields if name not in ("cadence", "status")),
            *(f"{name}: [{quoted}]\n" for name in lists),
            f"urls: {json.dumps([*URLS, EVIL])}\noccasions: [{json.dumps(EVIL + ' 2012-11-25')}]\n",
            f"birthday: 1984-11-25\nbrithday: {quoted}\nown: {quoted}\n---\n{notes}\n\n## Follow-ups\n\n",
            f"- [ ] 2026-11-20 call: {EVIL} #{EVIL} [x:: {EVIL}]\n- [ ] 2026-11-24 {EVIL}: x\n\n## Log\n\n",
            f"- 2026-11-02 call: {EVIL}\n- 2026-11-01 {EVIL}: x\n- 2026-02-30 call: {EVIL}\n",
        ]
    )
    (folder / "customers").mkdir(parents=True)
    names = {
        "evil.md": text,
        "<img src=x onerror=alert(7)>.md": "---\nname: File\n---\n",
        "\"onclick=alert(8) '.md": f"---\nname: {quoted}\nsnooze: {quoted}\n---\n",
    }
    for name, content in names.items():
        (folder / "customers" / name).write_text(content, encoding="utf-8")
    (folder / "ptcrm.yaml").write_text(
        f"start: 2021-01-04\ntiers: {{{quoted}: {{cadence: 3 weeks}}}}\nqueries: {{{quoted}: {quoted}}}\n{quoted}: 1\nfeeds: {{all: {{}}}}\n",
        encoding="utf-8",
    )
    return folder


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_hostile_vault_runs_nothing(open_window: OpenWindow, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with serving(hostile(tmp_path / "vault"), home) as site:
        window = let_in(open_window(site.own), site)
        page = window.page
        more = ("search?q=alert", "agenda?view=month", "customers/evil?all=1", "customers?q=alert")
        todo, seen = [site.own, *(site.own + one for one in more)], set[str]()
        while todo:
            address = todo.pop(0)
            if address in seen or not address.startswith(site.own) or any(one in address for one in ENDLESS):
                continue
            seen.add(address)
            page.goto(address)
            open_all(page)
            page.mouse.move(200, 200)
            schemes = page.locator("a").evaluate_all("all => all.map((one) => one.protocol)")
            assert {*schemes} <= {"http:", "https:", "mailto:", "tel:", "webcal:", "sms:", "geo:"}
            assert (
                page.locator(
                    "script:not([src^='/static/']), main img, main style, iframe, object, base, main [onerror], main [onload], main [onmouseover], main [style]"
                ).count()
                == 0
            )
            links = page.locator("a[href]").evaluate_all("all => all.map((one) => one.href)")
            todo += [one.partition("#")[0] for one in links]
        window.errors[:] = [one for one in window.errors if "status of 422" not in one]  # its query is none
        assert len(seen) >= 15
        assert any("evil/edit" in one for one in seen)
        page.goto(f"{site.own}customers")
        page.locator("[data-complete]").focus()
        page.keyboard.type("tier:")
        page.get_by_role("option").first.wait_for()
        window.check()
