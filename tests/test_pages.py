"""The pages of a vault: what they show, and that their forms write what the commands write."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest

from ptcrm.server.pages.help import SHORTCUTS
from ptcrm.server.pages.page import Front
from tests.conftest import DAY, ROOT, MakeVault, Run
from tests.visitor import visiting

CONFIG = "start: 2021-01-04\ntimezone: Europe/Warsaw\ntiers: {gold: {cadence: 3 weeks}}\n"
ANNA = """---
name: Anna Kowalska
tier: gold
phones: ["+48 600 100 200"]
---
She likes **bells**.

## Follow-ups

- [ ] 2026-11-20 call: Ask about the shop
- [ ] 2026-11-21 email: Send the list [every:: 1 month]

## Log

- 2026-11-02 call: Frames
- 2026-10-01 visit: Bells
"""


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA}, CONFIG)


def twin(vault: Path) -> Path:
    """The same vault once more, for a command."""
    return Path(shutil.copytree(vault, vault.parent / "twin"))


def text(vault: Path, stem: str = "anna") -> bytes:
    return (vault / "customers" / f"{stem}.md").read_bytes()


@pytest.mark.parametrize(
    ("action", "which", "typed", "command"),
    [
        ("log", 0, {"text": "call: The bell rings"}, ("log", "anna", "call: The bell rings")),
        (
            "log",
            0,
            {"text": "note: One\r\ntwo", "on": "yesterday"},
            ("log", "anna", "-", "--date", "yesterday"),
        ),
        ("done", 0, {}, ("done", "anna", "1")),
        ("done", 1, {}, ("done", "anna", "2")),
        ("snooze", 0, {"until": "+2w"}, ("snooze", "anna", "+2w")),
    ],
)
def test_a_form_writes_what_the_command_writes(
    vault: Path, run: Run, action: str, which: int, typed: dict[str, str], command: tuple[str, ...]
) -> None:
    other = twin(vault)
    assert run("--vault", other, "--today", DAY, *command, text="note: One\ntwo").exit_code == 0
    with visiting(vault) as browser:
        page = browser.send(f"/customers/anna/{action}", typed, which=which)
        assert text(vault) == text(other) != ANNA.encode()
        assert page.status == 200
        assert f"Written: {action if action != 'snooze' else 'set'} anna" in page.words
        assert "customers/anna.md:" in page.words
        browser.send("/undo", page="/?done=1")
    assert text(vault) == ANNA.encode()


def test_marks_that_nobody_sees_stay_in_what_a_form_names_and_in_what_was_typed(
    make_vault: MakeVault,
) -> None:
    odd = ANNA.replace("Ask about the shop", "Ask \u200fabout\u202e it")
    vault = make_vault({"anna": odd}, CONFIG)
    with visiting(vault) as browser:
        assert "Written: done anna" in browser.send("/customers/anna/done").words
        assert "Written: done anna" in browser.send("/customers/anna/done", page="/customers/anna").words
        again = browser.send("/customers/anna/log", {"text": "cal: \u200fx"}, page="/customers/anna")
        assert again.forms("/customers/anna/log")[0]["text"] == "cal: \u200fx"


def test_the_file_is_undone_by_its_number_alone(vault: Path) -> None:
    with visiting(vault) as browser:
        for number in ("", "x", "-1", "99999999999999999999", "7"):
            found = browser.post("/undo", {"number": number})
            assert found.status == 404, number
    assert text(vault) == ANNA.encode()


# The file has changed, or what was typed does not fit


@pytest.mark.parametrize(
    ("action", "typed"),
    [("log", {"text": "call: Mine & yours"}), ("done", {}), ("snooze", {"until": "+2w"})],
)
def test_a_changed_file_is_shown_before_anything_is_written(
    vault: Path, action: str, typed: dict[str, str]
) -> None:
    with visiting(vault) as browser:
        (form, *_) = browser.get("/").forms(f"/customers/anna/{action}")
        theirs = ANNA.replace("- 2026-11-02 call", "- 2026-11-12 visit: Theirs\n- 2026-11-02 call")
        (vault / "customers" / "anna.md").write_text(theirs, encoding="utf-8")
        asked = browser.post(f"/customers/anna/{action}", {**form, **typed})
        assert asked.status == 409
        assert "The file has changed since the page was drawn." in asked.words
        assert "@@" in asked.words
        assert text(vault) == theirs.encode()
        (again,) = asked.forms(f"/customers/anna/{action}")
        assert typed.items() <= again.items()
        assert browser.post(f"/customers/anna/{action}", again).status == 303
    written = text(vault).decode()
    assert "Theirs" in written
    assert len(written) > len(theirs)


@pytest.mark.parametrize(
    ("action", "typed", "why"),
    [
        ("log", {"text": "cal: x"}, "Did you mean “call”"),
        ("log", {"text": "call: x", "on": "tomorrow"}, "is after today"),
        ("log", {"text": " "}, "Say what happened"),
        ("log", {"text": "call: x", "on": "<b>"}, "<b>"),
        ("done", {"what": "nothing"}, "This is not open any more."),
        ("snooze", {"until": "yesterday"}, "is not after today"),
        ("snooze", {"until": ""}, ""),
    ],
)
def test_what_does_not_fit_is_asked_for_again(
    vault: Path, action: str, typed: dict[str, str], why: str
) -> None:
    with visiting(vault) as browser:
        found = browser.send(f"/customers/anna/{action}", typed)
        assert found.status == 422
        assert why in found.words
        assert "<b>" not in found.text
        (again,) = found.forms(f"/customers/anna/{action}")
        assert typed.items() <= {**again, "text": typed.get("text", "")}.items()
    assert text(vault) == ANNA.encode()


def test_a_form_without_its_fields_writes_nothing(vault: Path) -> None:
    with visiting(vault) as browser:
        for action in ("log", "done", "snooze", "edit"):
            assert browser.post(f"/customers/anna/{action}", {"x": "y"}).status in (409, 422)
        assert browser.post("/customers/nobody/log", {"text": "call: x"}).status == 404
    assert text(vault) == ANNA.encode()


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_a_form_leads_back_to_this_server_alone(vault: Path, back: str) -> None:
    with visiting(vault) as browser:
        (form, *_) = browser.get("/").forms("/customers/anna/snooze")
        found = browser.post("/customers/anna/snooze", {**form, "back": back})
        assert found.status == 303
        assert found.headers["location"].startswith("/")
        assert not found.headers["location"].startswith(("//", "/\\"))
        assert "\n" not in found.headers["location"]


def test_another_who_writes_just_now_is_named(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ptcrm.vault.journal.take_lock", lambda _: False)
    monkeypatch.setattr("ptcrm.server.pages.recording.WAIT_SECONDS", 0.1)
    with visiting(vault) as browser:
        found = browser.send("/customers/anna/snooze", {"until": "+1w"})
    assert found.status == 409
    assert "Another ptcrm is writing" in found.words


# Pages


def test_today_shows_what_is_due_and_why(vault: Path) -> None:
    with visiting(vault) as browser:
        page = browser.get("/")
    assert page.status == 200
    assert "Overdue 2" in page.words
    assert "3 days ago call: Ask about the shop +48 600 100 200" in page.words
    assert "follow-up 2026-11-20" in page.words


def test_an_outside_edit_is_on_the_next_page(vault: Path) -> None:
    with visiting(vault) as browser:
        assert "Ask about the barn" not in browser.get("/").words
        (vault / "customers" / "anna.md").write_text(ANNA.replace("the shop", "the barn"), encoding="utf-8")
        assert "Ask about the barn" in browser.get("/").words
        (vault / "ptcrm.yaml").write_text("tiers: {gold: {cadence: 1 week}}\n", encoding="utf-8")
        assert "every week by tier gold" in browser.get("/").words


def test_customers_are_found_sorted_and_paged(make_vault: MakeVault) -> None:
    many = {
        f"c{number:03}": f"---\nname: C{number:03}\ntier: {'gold' if number % 2 else 'tin'}\n---\n"
        for number in range(250)
    }
    vault = make_vault(many, CONFIG)
    with visiting(vault) as browser:
        page = browser.get("/customers?q=tier:gold&sort=-name")
        assert "Customers 125" in page.words
        names = [one for one in page.words.split() if one.startswith("C") and one[1:].isdigit()]
        assert names == [f"C{number:03}" for number in range(249, 50, -2)]
        assert "1 to 100 of 125" in page.words
        last = browser.get("/customers?q=tier:gold&sort=-name&from=100")
        assert "101 to 125 of 125" in last.words
        assert "from=0" not in last.text
        for odd in ("999999999999", "-1", "x", "124"):
            assert "of 125" in browser.get(f"/customers?q=tier:gold&from={odd}").words
        assert browser.get("/customers?sort=nonsense").status == 200


def test_a_day_with_too_much_is_cut_and_stays_light(make_vault: MakeVault) -> None:
    task = "- [ ] 2026-11-20 call: Ask about the shop in Gdynia, and how her brother likes it\n"
    many = {
        f"c{number:03}": f"---\nname: Anna Kowalska {number}\nbirthday: 1984-11-24\n---\n{task}"
        for number in range(300)
    }
    with visiting(make_vault(many, CONFIG)) as browser:
        page = browser.get("/")
    assert "Overdue 300" in page.words
    assert "And 260 more: ptcrm due" in page.words
    assert "And 280 more: ptcrm birthdays" in page.words
    assert len(page.text) < 130_000


def test_a_snooze_is_offered_where_it_puts_something_off(make_vault: MakeVault) -> None:
    born = "---\nname: Bo\nbirthday: 1984-11-24\ncadence: never\n---\n"
    with visiting(make_vault({"anna": ANNA, "bo": born}, CONFIG)) as browser:
        page = browser.get("/")
    assert page.forms("/customers/anna/snooze")
    assert page.forms("/customers/bo/log")
    assert not page.forms("/customers/bo/snooze")


def test_what_answers_feedback_does_not_begin_as_feedback(make_vault: MakeVault) -> None:
    loud = "---\nname: Bo\n---\n- [ ] 2026-11-20 feedback: The bell is too loud\n"
    with visiting(make_vault({"anna": ANNA, "bo": loud}, CONFIG)) as browser:
        for page in (browser.get("/"), browser.get("/customers/bo")):
            assert page.forms("/customers/bo/log")
            assert ">feedback: </textarea>" not in page.text
        assert ">call: </textarea>" in browser.get("/customers/anna").text


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2026-13-25", "“2026-13-25” is no day of the calendar. Write a day that exists."),
        ("tomorow", "“tomorow” is no day. Write for example"),
        ("<b>", "“<b>” is no day"),
        ("2020-01-01", "Wednesday 1 January 2020 cannot be looked at"),
        ("2099-01-01", "Thursday 1 January 2099 cannot be looked at"),
    ],
)
def test_a_day_that_the_agenda_does_not_have_is_said(vault: Path, day: str, says: str) -> None:
    with visiting(vault) as browser:
        for view in ("week", "month"):
            found = browser.get(f"/agenda?view={view}&on={quote(day)}")
            assert (found.status, says in found.words) == (422, True), found.words
        for good in ("2026-11-23", "2026-11-29", "next week", ""):
            found = browser.get(f"/agenda?on={quote(good)}")
            assert (found.status, 'role="alert"' in found.text) == (200, False)


def test_what_completes_a_field_is_there(vault: Path) -> None:
    with visiting(vault) as browser:
        for path in ("/customers", "/review"):
            (to,) = re.findall(r'data-complete="([^"]*)"', browser.get(path).text)
            assert browser.get(f"{to}?q=tier:").json()["words"]


def test_the_search_finds_the_library(vault: Path) -> None:
    (vault / "library").mkdir()
    (vault / "library" / "bells.md").write_text("---\ntitle: Loud bells\n---\nThree bells in a test.\n")
    with visiting(vault) as browser:
        page = browser.get("/search?q=bells")
        assert "Loud bells (library) library/bells.md" in page.words
        assert "Anna Kowalska customers/anna.md" in page.words
        assert "(library)" not in browser.get("/search?q=frames").words


def test_a_query_that_cannot_be_read_shows_where(vault: Path) -> None:
    with visiting(vault) as browser:
        page = browser.get("/customers?q=tier:gld")
        assert page.status == 422
        assert "“gld” is no tier. Did you mean “tier:gold”?" in page.words
        assert "\n         ^" in page.text
        assert "No customer has tag:nonsuch." in browser.get("/customers?q=tag:nonsuch").words


def test_a_query_is_completed(vault: Path) -> None:
    with visiting(vault) as browser:
        found = browser.get("/complete?q=state:overdue+tier:g").json()
        assert found == {"words": [{"query": "state:overdue tier:gold", "meaning": ""}]}
        (vault / "ptcrm.yaml").write_text("tiers: {green: {cadence: 1 week}}\n", encoding="utf-8")
        words = browser.get("/complete?q=tier:g").json()["words"]
        assert {"query": "tier:green", "meaning": ""} in words
        assert browser.get("/complete").status == 200


def test_commands_in_sentences_are_code_and_what_a_file_says_is_text(make_vault: MakeVault) -> None:
    vault = make_vault(
        {
            "bo": "---\nname: Bo `<b>`\ntier: gold\n---\n- 2026-11-02 cal: x\n\n## Log\n\n- 2026-11-02 cal: x\n"
        },
        CONFIG,
    )
    with visiting(vault) as visitor:
        page = visitor.get("/customers/bo").text
        assert "<code>ptcrm snooze bo DAY</code>" in page
        assert "Bo `&lt;b&gt;`" in page
        assert "<b>" not in page


def test_a_customer_is_shown_whole(make_vault: MakeVault) -> None:
    jan = "---\nname: Jan *Nowak*\nreferred_by: '[[anna]]'\n---\n"
    vault = make_vault({"anna": ANNA.replace("**bells**", "**bells** as [[jan]] does"), "jan": jan}, CONFIG)
    with visiting(vault) as browser:
        page = browser.get("/customers/anna")
        assert page.status == 200
        assert (
            '<strong>bells</strong> as <a href="/customers/jan" rel="noopener noreferrer">Jan *Nowak*</a>'
            in page.text
        )
        assert 'href="tel:+48600100200"' in page.text
        assert "2026-11-02 3 weeks ago call: Frames" in page.words
        assert "The file has a follow-up for Friday 20 November 2026." in page.words
        assert "(customers/anna.md:10)" in page.words
        assert "Linked from Jan *Nowak* customers/jan.md:3" in page.words
        assert browser.get("/customers/ANNA").status == 200
        assert browser.get("/customers/ann").status == 404
        assert browser.get("/customers/anna.md").status == 404
        assert browser.get("/customers/Anna%20Kowalska").status == 404


def test_a_long_log_is_cut(make_vault: MakeVault) -> None:
    entries = "".join(f"- 2026-01-{number % 28 + 1:02} call: E{number}\n" for number in range(1500))
    vault = make_vault({"anna": f"---\nname: Anna\n---\n\n## Log\n\n{entries}"}, CONFIG)
    with visiting(vault) as browser:
        assert "1480 older" in browser.get("/customers/anna").words
        whole = browser.get("/customers/anna?all=1")
        assert "500 older ones stand in the file." in whole.words


def test_words_are_found_with_their_lines(vault: Path) -> None:
    with visiting(vault) as browser:
        page = browser.get("/search?q=frames+tier:gold")
        assert "- 2026-11-02 call: <mark>Frames</mark>" in page.text
        assert "Anna Kowalska" in page.words
        assert "Nothing is found. Did you mean" in browser.get("/search?q=kowalsky").words
        assert browser.get("/search?q=(").status == 422
        assert "Words are looked for" in browser.get("/search").words


# The file as text


@pytest.mark.parametrize(
    "content",
    [
        ANNA.encode(),
        ANNA.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + ANNA.encode(),
        ANNA.rstrip("\n").encode(),
        (ANNA + "\r\nmixed\nends\r\n\n\n").encode(),
        ANNA.replace("bells", "be</textarea><b>lls\t&amp; \u202e \x0c").encode(),
    ],
)
def test_a_save_changes_what_was_typed_alone(vault: Path, content: bytes) -> None:
    path = vault / "customers" / "anna.md"
    path.write_bytes(content)
    with visiting(vault) as browser:
        (form,) = browser.get("/customers/anna/edit").forms("/customers/anna/edit")
        as_sent = form["text"].replace("\r\n", "\n").replace("\n", "\r\n")
        same = browser.post("/customers/anna/edit", {**form, "text": as_sent})
        assert same.headers["location"] == "/customers/anna?done=0"
        assert path.read_bytes() == content
        typed = as_sent.replace("name: Anna Kowalska", "name: Anna K.\r\nrole: owner")
        assert browser.post("/customers/anna/edit", {**form, "text": typed}).status == 303
    end = b"\r\n" if b"Kowalska\r\n" in content else b"\n"
    assert path.read_bytes() == content.replace(
        b"name: Anna Kowalska", b"name: Anna K." + end + b"role: owner"
    )


def test_a_text_with_new_errors_is_saved_only_if_that_is_meant(vault: Path) -> None:
    with visiting(vault) as browser:
        (form,) = browser.get("/customers/anna/edit").forms("/customers/anna/edit")
        broken = {**form, "text": form["text"].replace("tier: gold", "tier: [gold")}
        found = browser.post("/customers/anna/edit", broken)
        assert found.status == 422
        assert "Line" in found.words
        assert "tier: [gold" in found.text
        assert text(vault) == ANNA.encode()
        assert browser.post("/customers/anna/edit", {**broken, "anyway": "1"}).status == 303
        assert b"tier: [gold" in text(vault)
        (form,) = browser.get("/customers/anna/edit").forms("/customers/anna/edit")
        assert browser.post("/customers/anna/edit", {**form, "text": ANNA}).status == 303
    assert text(vault) == ANNA.encode()


def test_a_save_over_a_changed_file_shows_both(vault: Path) -> None:
    theirs = ANNA.replace("bells", "horns")
    with visiting(vault) as browser:
        (form,) = browser.get("/customers/anna/edit").forms("/customers/anna/edit")
        (vault / "customers" / "anna.md").write_text(theirs, encoding="utf-8")
        mine = {**form, "text": form["text"].replace("She likes", "She loves")}
        found = browser.post("/customers/anna/edit", mine)
        assert found.status == 409
        assert "-She likes **horns**." in found.words
        assert "+She loves **bells**." in found.words
        assert text(vault) == theirs.encode()
        (again,) = found.forms("/customers/anna/edit")
        assert again["text"] == mine["text"]
        assert browser.post("/customers/anna/edit", again).status == 303
    assert text(vault) == mine["text"].encode()


def test_a_file_that_no_page_can_give_back_is_only_shown(vault: Path) -> None:
    path = vault / "customers" / "anna.md"
    for content in (ANNA + "x" * 70_000, ANNA + "\0", ANNA + "ż" * 11_000):
        path.write_text(content, encoding="utf-8")
        with visiting(vault) as browser:
            page = browser.get("/customers/anna/edit")
            assert "in your editor" in page.words
            assert not page.forms("/customers/anna/edit")
            form = {"seen": "", "text": "x"}
            assert browser.post("/customers/anna/edit", form).status == 409
        assert path.read_text(encoding="utf-8") == content
    path.write_bytes(ANNA.encode() + b"\xff")
    with visiting(vault) as browser:
        assert "not UTF-8" in browser.get("/customers/anna/edit").words


def test_a_link_to_an_editor_is_the_one_that_was_named(vault: Path) -> None:
    with visiting(vault, Front(editor_link="vscode://file{path}")) as browser:
        assert f'href="vscode://file{vault}/customers/anna.md"' in browser.get("/customers/anna").text


# Only to be read, and a vault that is in trouble


def test_read_only_pages_have_no_forms_that_write(vault: Path) -> None:
    with visiting(vault, Front(read_only=True)) as browser:
        for path in ("/", "/customers/anna", "/customers/anna/edit", "/?done=1"):
            page = browser.get(path)
            assert page.status == 200
            assert 'method="post"' not in page.text
        assert browser.post("/customers/anna/log", {"text": "call: x"}).status == 403
    assert text(vault) == ANNA.encode()


def test_a_vault_that_is_gone_is_said_so_and_may_come_back(vault: Path) -> None:
    away = vault.with_name("away")
    with visiting(vault) as browser:
        assert browser.get("/").status == 200
        vault.rename(away)
        found = browser.get("/")
        assert 400 <= found.status < 500
        away.rename(vault)
        assert "Ask about the shop" in browser.get("/").words


def test_a_bug_is_told_and_the_next_page_is_fine(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with visiting(vault) as browser:
        with monkeypatch.context() as broken:
            broken.setattr("ptcrm.server.pages.today.row_of", None)
            found = browser.get("/")
        assert found.status == 500
        assert "Something went wrong inside ptcrm." in found.words
        assert any("TypeError" in line for line in browser.said)
        assert browser.get("/").status == 200


# Markup in every place


def test_nothing_of_a_file_is_markup(make_vault: MakeVault) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    hostile = f"""---
name: "{evil}"
role: "{evil}"
tier: gold
norms: "{evil}"
phones: ["{evil}"]
emails: ["{evil}@x.example"]
urls: ["javascript:alert(1)", "https://x.example/\\"onclick=alert(1)"]
places: ["{evil}"]
own: "{evil}"
---
{evil} [x](javascript:alert(1)) <b>bold</b> [[x|{evil}]] {{{{ 7 * 7 }}}}

- [ ] 2026-11-20 call: {evil}

## Log

- 2026-11-02 call: {evil} [x](javascript:alert(1))
"""
    vault = make_vault({"evil": hostile, "x": "---\nname: X\n---\n"}, CONFIG)
    with visiting(vault) as browser:
        for path in (
            "/",
            "/customers",
            "/customers/evil",
            "/customers/evil/edit",
            "/search?q=alert",
            f"/search?q={evil}",
        ):
            page = browser.get(path.replace(" ", "+"))
            assert page.status in (200, 422), path
            rest = page.text.replace('<script src="/static/ptcrm.js" defer></script>', "")
            assert "<script" not in rest, path
            assert "<img" not in rest, path
            assert "<b>" not in rest, path
            assert 'href="javascript' not in rest, path
            assert '"onclick' not in rest, path
            assert " 49 " not in page.words, path


def test_the_page_of_keys_is_the_table_of_the_documentation() -> None:
    page = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([^`]+)` \| (.+) \|$", page.partition("| key | what")[2], re.MULTILINE)
    assert tuple(documented) == SHORTCUTS
