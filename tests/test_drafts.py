"""`ptcrm draft` and its templates: what they say, what they may ask for, and how a draft leaves."""

from __future__ import annotations

import email
import json
import os
import re
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import click
import fast_mail_parser
import pytest

from ptcrm.text.jinja_tree import FILTERS
from ptcrm.vault.index import Match
from ptcrm.vault.template import KEYS, VARIABLES
from ptcrm.vault.templates import best, parts_of, variants
from ptcrm.views.drafting import Message, message, template_for
from tests.conftest import DAY, ROOT, SAMPLE, MakeVault, Run
from tests.test_docs import page, section, table

HERE = sorted((SAMPLE / "templates").glob("*.md"))
SEVEN = sorted((ROOT / "ptcrm" / "templates").glob("*.md"))
OWNERS = {
    "": "Marta and Deniz, Rad & Tat",
    "de": "Marta und Deniz, Rad & Tat",
    "pl": "Marta i Deniz, Rad & Tat",
}

ANNA = """---
name: Anna Łoś
emails: [anna@rowery.example]
language: pl
birthday: 1984-11-30
company: "[[shop]]"
interests: [e-bikes, sailing]
norms: Ask about the shop first.
family: Jan
owner: marta
salutation: Droga Anno
---

## Log

- 2026-11-02 call: About the new shop
- 2026-10-01 sale: Two bikes [amount:: 900 EUR]
"""
SHOP = "---\nname: Rowery Łoś\nkind: company\n---\n"
CONFIG = "start: 2021-01-01\ntimezone: Europe/Warsaw\nowners: [deniz]\n"

Templates = Callable[..., Path]


@pytest.fixture
def vault_with(make_vault: MakeVault) -> Templates:
    """`vault_with({"thanks": text}, anna)`: a vault with these templates, Anna and her shop."""

    def make(templates: dict[str, str], anna: str = ANNA, config: str = CONFIG) -> Path:
        root = make_vault({"anna": anna, "shop": SHOP}, config)
        (root / "templates").mkdir()
        for name, text in templates.items():
            (root / "templates" / f"{name}.md").write_text(text, encoding="utf-8", newline="")
        return root

    return make


def draft(run: Run, vault: Path, *words: str) -> Any:  # noqa: ANN401  # JSON
    result = run("--vault", vault, "--today", DAY, "draft", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


# The templates that come with ptcrm, and those of the sample vault


def test_the_samples_templates_are_the_packages_with_a_signature_of_their_own() -> None:
    names = {path.name for path in SEVEN}
    assert len(names) == 7 * 3
    own = {path.name for path in HERE} - names
    assert own == {"winter-letter.de.md", "winter-letter.md", "winter-letter.pl.md"}
    for path in SEVEN:
        ours = path.read_text(encoding="utf-8").splitlines()
        theirs = (SAMPLE / "templates" / path.name).read_text(encoding="utf-8").splitlines()
        assert ours[-1] == "{{ owner }}"
        assert theirs == [*ours[:-1], OWNERS[parts_of(path.name)[1]]]


@pytest.fixture(scope="module")
def all_drafts(tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """Every template for every customer of the sample vault, by the customer's language."""
    from ptcrm.workspace import Workspace

    folder = tmp_path_factory.mktemp("drafts")
    found = []
    with Workspace(SAMPLE, date.fromisoformat(DAY), folder, folder / "state") as workspace:
        for name in variants(workspace.templates()):
            item = "steel-frames-evening" if name == "event-invitation" else None
            for one in workspace.cache.customers():
                template = template_for(workspace, name, one.language)
                found.append(message(workspace, Match(one.path, one.id, one.name), template, None, item))
    return found


def test_every_template_can_be_sent_to_every_customer_of_the_sample_vault(all_drafts: list[Message]) -> None:
    assert len(all_drafts) == 8 * 49
    assert {one.template.path for one in all_drafts} == {f"templates/{path.name}" for path in HERE}
    for one in all_drafts:
        text = f"{one.subject}\n{one.text}"
        assert one.gaps == ()
        assert not re.search(r"None|[{}%…]|  |\n\n\n|[ \t]\n|^,|(?<![,:.!?])\n\n(?!\S)| ,", text), text
        assert one.text.strip("\n") + "\n" == one.text
        assert one.template.channel != "email" or one.subject
        first = one.text.partition("\n")[0]
        is_polite = one.template.language != "pl" and one.template.name != "condolence"
        assert not is_polite or one.customer.name in first, text


def test_every_customer_is_written_to_in_a_language_that_is_spoken(all_drafts: list[Message]) -> None:
    for one in all_drafts:
        spoken = one.customer.language or "de"
        assert one.template.language == (spoken if spoken in ("pl", "de") else "en")


# Which file is taken


@pytest.mark.parametrize(
    ("there", "spoken", "usual", "found"),
    [
        (["", "de", "pl"], "pl", "de", "pl"),
        (["", "de", "pl"], "", "de", "de"),
        (["", "de", "pl"], "", "", ""),
        (["", "de", "pl"], "tr", "de", ""),
        (["de", "pl"], "tr", "de", "de"),
        (["de", "pl"], "tr", "", None),
        (["", "de"], "de-AT", "", "de"),
        (["", "de", "de-at"], "de_AT", "", "de-at"),
        (["", "pt-br"], "pt", "", ""),
    ],
)
def test_the_customers_language_comes_first(
    there: list[str], spoken: str, usual: str, found: str | None
) -> None:
    assert best({one: one for one in there}, spoken, usual) == found


def test_one_file_can_be_named(run: Run, vault_with: Templates) -> None:
    vault = vault_with({"thanks": "plain", "thanks.pl": "po polsku", "a.b": "ab"})
    assert draft(run, vault, "anna", "thanks")["path"] == "templates/thanks.pl.md"
    assert draft(run, vault, "anna", "THANKS.md")["path"] == "templates/thanks.md"
    assert draft(run, vault, "anna", "templates/thanks.pl.md")["path"] == "templates/thanks.pl.md"
    assert draft(run, vault, "anna", "a.b")["text"] == "ab\n"
    result = run("--vault", vault, "draft", "anna", "thanks.de")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "There is: thanks, thanks.pl." in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["anna", "thank"], 3, "templates/thank.md: there is no such template. Did you mean “thanks”?"),
        (["anna", "xyz"], 3, "Known are: thanks."),
        (["nobody", "thanks"], 3, "nobody"),
        (["anna", "thanks", "--item", "fair"], 3, "“fair” is not in the library: ptcrm library list\n"),
        (["anna", "thanks", "--item", ""], 3, "“” is not in the library"),
        (["anna"], 2, "behind it a template: ptcrm draft WHO TEMPLATE. There is: thanks.\n"),
        (["Thanks"], 2, "For whom? Name a customer in front: ptcrm draft WHO Thanks\n"),
        (["anna", "thanks", "--occasion", "bithday"], 3, "Did you mean “birthday”?"),
        ([], 2, "behind it a template: ptcrm draft WHO TEMPLATE. There is: thanks.\n"),
        (["anna", "--list"], 2, "--list stands alone"),
        (["anna", "thanks", "--mailto", "--json"], 2, "do not go together"),
        (["anna", "thanks", "--open", "--json"], 2, "nor do --open and --json"),
    ],
)
def test_what_is_not_there_is_said(
    run: Run, vault_with: Templates, words: list[str], code: int, told: str
) -> None:
    result = run("--vault", vault_with({"thanks": "Thank you"}), "--today", DAY, "draft", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr


EVENING = "---\nid: lugs\ntitle: Evening with lugs\naliases: [frames]\nkind: event\n{}---\nTea.\n"


@pytest.fixture
def invited(vault_with: Templates) -> Path:
    root = vault_with({"invite": "{{ item.title }}"}, ANNA.replace("owner:", "avoids: [event]\nowner:"))
    (root / "library").mkdir()
    (root / "library" / "evening.md").write_text(EVENING.format(""))
    (root / "library" / "old-evening.md").write_text(
        EVENING.format("until: 2026-11-22\n").replace("lugs", "keys").replace("frames", "forms")
    )
    (root / "library" / "broken.md").write_text("---\ntopics: [a\n---\n")
    return root


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("lugs", "Evening with lugs"),
        ("Frames", "Evening with lugs"),
        ("library/evening", "Evening with lugs"),
        ("with lugs", "Evening with lugs"),
        ("evening with KEYS", "Evening with keys"),
    ],
)
def test_an_item_is_named_by_id_alias_path_or_part_of_the_title(
    run: Run, invited: Path, words: str, title: str
) -> None:
    assert draft(run, invited, "anna", "invite", "--item", words)["text"] == f"{title}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "evening with",
            "“evening with” may mean several; name one by the id:\n  lugs  (Evening with lugs)\n  keys",
        ),
        ("lugz", "“lugz” is not in the library. Did you mean “lugs”?"),
        ("evning with lugs", "Did you mean “evening with lugs”?"),
        ("broken", "library/broken.md:3:1: a list in brackets does not close. Nothing is read from it"),
        ("anna", "“anna” is not in the library: ptcrm library list"),
    ],
)
def test_an_item_that_is_not_meant_for_sure_is_asked_for(
    run: Run, invited: Path, words: str, told: str
) -> None:
    result = run("--vault", invited, "--today", DAY, "draft", "anna", "invite", "--item", words)
    assert (result.exit_code, result.stdout) == (3, "")
    assert told in result.stderr


def test_what_speaks_against_the_item_is_said(run: Run, invited: Path) -> None:
    warnings = {
        words: draft(run, invited, "anna", "invite", "--item", words)["warnings"]
        for words in ("lugs", "keys")
    }
    assert warnings == {
        "lugs": ["“Evening with lugs”: avoids event."],
        "keys": ["“Evening with keys”: it is over since 2026-11-22."],
    }


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("do_not_contact: true", ["Not to be contacted."]),
        ("snooze: 2026-12-01", ["To be left in peace until 2026-12-01."]),
        ("mute_until: 2026-12-01", ["No congratulations until 2026-12-01."]),
        ("status: paused", ["Anna Łoś is paused."]),
        (
            "avoids: [event]\nsnooze: 2026-12-01",
            ["To be left in peace until 2026-12-01.", "“Evening with lugs”: avoids event."],
        ),
    ],
)
def test_what_speaks_against_it_is_said_once(run: Run, invited: Path, field: str, told: list[str]) -> None:
    file = invited / "customers" / "anna.md"
    file.write_text(file.read_text(encoding="utf-8").replace("avoids: [event]", field), encoding="utf-8")
    assert draft(run, invited, "anna", "invite", "--item", "lugs")["warnings"] == told


def test_an_option_that_changes_nothing_is_said(run: Run, invited: Path) -> None:
    (invited / "templates" / "hello.md").write_text(
        "---\nsubject: '{% if occasion %}{{ occasion.name }}{% endif %}'\n---\nHello"
    )
    options = ("--item", "lugs", "--occasion", "birthday")
    assert draft(run, invited, "anna", "hello", *options)["warnings"][1:] == [
        "templates/hello.md asks for no item, so --item changes nothing."
    ]
    assert draft(run, invited, "anna", "invite", *options)["warnings"][1:] == [
        "templates/invite.md asks for no occasion, so --occasion changes nothing."
    ]


def test_a_message_without_an_address_says_so_once(run: Run, vault_with: Templates) -> None:
    letter = "---\nchannel: letter\n---\nDear"
    vault = vault_with({"mail": "Hi", "letter": letter}, ANNA.replace("emails: [anna@rowery.example]\n", ""))
    for name in ("mail", "letter"):
        result = run("--vault", vault, "--today", DAY, "draft", "anna", name, "--mailto")
        assert result.stdout.startswith("mailto:?")
        assert result.stderr.count("Anna Łoś has no e-mail address.") == 1


def test_a_vault_without_templates_says_how_to_get_some(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA})
    assert "ptcrm init --templates" in run("--vault", vault, "draft", "anna", "thanks").stderr
    result = run("--vault", vault, "draft", "--list")
    assert (result.exit_code, result.stdout) == (0, "There are no templates.\n")
    assert run("--vault", vault, "draft", "--list", "--json").stdout == "[]\n"


# What a template may ask for


def test_the_page_names_all_that_a_template_may_ask_for() -> None:
    text = page("drafts")
    asked, filters, keys = (
        table(section(text, title))
        for title in ("What a template may ask for", "Filters", "What stands in a template")
    )
    assert asked[2:] == [[f"`{one.name}`", one.kind, one.meaning] for one in VARIABLES]
    shown = [
        [f"`{name}`", one.takes, one.meaning, f"`{one.example.replace('|', chr(92) + '|')}`"]
        for name, one in FILTERS.items()
    ]
    assert [" | ".join(row) for row in filters[2:]] == [" | ".join(row) for row in shown]
    assert keys[2:] == [[f"`{name}`", meaning] for name, meaning in KEYS.items()]


def test_all_that_a_template_may_ask_for_is_there(run: Run, vault_with: Templates) -> None:
    singles = [one.name for one in VARIABLES if one.kind in ("text", "number", "day") and "." not in one.name]
    parts = [f"customer.{one}" for one in ("name", "kind", "status", "company", "own.salutation")]
    lists = ["customer.interests | join", "last[0].date", "last[0].channel", "last[0].text", "bought[0].text"]
    asked = [*singles, *parts, *lists, "occasion.name", "occasion.date", "occasion.years"]
    asked += [f"item.{one}" for one in ("title", "url", "until", "text")]
    vault = vault_with({"all": "\n".join(f"{one} = {{{{ {one} }}}}" for one in asked)})
    (vault / "library").mkdir()
    (vault / "library" / "fair.md").write_text(
        "---\ntitle: Bike fair\nurl: https://fair.example\nuntil: 2027-04-16\n---\n\nTwo\nlines\n",
        encoding="utf-8",
    )
    found = draft(run, vault, "anna", "all", "--item", "fair")
    assert found["missing"] == []
    assert found["text"].splitlines() == [
        "salutation = Droga Anno",
        "age = 42",
        "owner = Marta",
        f"today = {DAY}",
        "customer.name = Anna Łoś",
        "customer.kind = person",
        "customer.status = active",
        "customer.company = Rowery Łoś",
        "customer.own.salutation = Droga Anno",
        "customer.interests | join = e-bikes, sailing",
        "last[0].date = 2026-11-02",
        "last[0].channel = call",
        "last[0].text = About the new shop",
        "bought[0].text = Two bikes",
        "occasion.name = birthday",
        "occasion.date = 2026-11-30",
        "occasion.years = 42",
        "item.title = Bike fair",
        "item.url = https://fair.example",
        "item.until = 2027-04-16",
        "item.text = Two lines",
    ]


def test_what_is_missing_is_a_gap_and_named(run: Run, vault_with: Templates) -> None:
    vault = vault_with(
        {"all": "---\nsubject: On {{ occasion.name }}\n---\n{{ age }} {{ owner }} {{ item.title }}\n"}, SHOP
    )
    found = draft(run, vault, "anna", "all")
    assert (found["subject"], found["text"]) == ("On …", "… Deniz …\n")
    assert found["missing"] == ["occasion.name", "age", "item.title"]
    told = run("--vault", vault, "--today", DAY, "draft", "anna", "all").stderr
    assert "… stands for what is not known: occasion.name, age, item.title." in told
    assert "--item" in told


HOSTILE = "{{ owner }} {% if %} <b>x</b>"


def test_text_of_customers_is_text(run: Run, vault_with: Templates) -> None:
    anna = (
        f'---\nname: "{HOSTILE}\\r\\nBcc: eve@evil.example\\r\\n\\r\\nForged"\nemails: anna@rowery.example\n'
        f'company: "a\\u001b[31m\\u202eb"\n---\n\n## Log\n\n- 2026-11-02 call: {{{{ 7 * 7 }}}}\n  second line\n'
    )
    template = "---\nsubject: To {{ customer.name }}\n---\n{{ customer.name }}|{{ last[0].text }}|{{ customer.company }}"
    found = draft(run, vault_with({"x": template}, anna), "anna", "x")
    name = f"{HOSTILE} Bcc: eve@evil.example Forged"
    assert found["subject"] == f"To {name}"
    assert found["text"] == f"{name}|{{{{ 7 * 7 }}}} / second line|a[31mb\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "---\nsubject: Hello {{ custmer.name }}\n---\n",
            "x.md:2:19: “custmer” is not known here. Did you mean “customer”?",
        ),
        ('---\nsubject: "Hi {{ custmer.name }}"\n---\n', "x.md:2:17: "),
        ("---\nchannel: note\n---\n\nHello\n{{ customer.nmae }}", "x.md:6:13: “nmae” is not"),
        ("---\r\nchannel: note\r\n---\r\nHello\r\n{{ nmae }}\r\n", "x.md:5:4: “nmae”"),
        ("Hello\n{% for a in range(10**9) %}{% endfor %}", "x.md:2:13: nothing is called in a template."),
        ("Hello\n\n{% if customer.name < 3 %}{% endif %}", "x.md:3:1: these values cannot be compared."),
        ("---\nsubject: x\n", "x.md:1:1: the front matter opens here and never closes."),
        ("---\nsubject: 'x\n---\n", "x.md:3:1: quotes do not close."),
        ("x" * 70_000, "x.md:1:1: this template cannot be read: it is larger than any message."),
    ],
)
def test_a_mistake_ends_the_draft_with_its_place(
    run: Run, vault_with: Templates, text: str, told: str
) -> None:
    result = run("--vault", vault_with({"x": text}), "--today", DAY, "draft", "anna", "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"templates/{told}" in result.stderr


# What to think of


def test_by_hand_there_is_what_to_mention(run: Run, vault_with: Templates) -> None:
    vault = vault_with({"card": "---\nchannel: card\n---\nHappy birthday!", "mail": "Hello"})
    assert draft(run, vault, "anna", "mail")["mention"] == ["Norms: Ask about the shop first."]
    assert draft(run, vault, "anna", "card")["mention"] == [
        "Norms: Ask about the shop first.",
        "Last: 3 weeks ago (2026-11-02) call: About the new shop",
        "Last: 7 weeks ago (2026-10-01) sale: Two bikes",
        "Family: Jan",
        "Bought: 2026-10-01 Two bikes",
        "Likes: e-bikes, sailing",
        "Coming: Mon 30 Nov: birthday, 42 (born 1984)",
    ]
    shown = run("--vault", vault, "--today", DAY, "draft", "anna", "card")
    assert shown.stdout == "Happy birthday!\n"
    assert shown.stderr.splitlines()[0] == "Norms: Ask about the shop first."


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("do_not_contact: true", "Not to be contacted."),
        ("avoids: [email]", "Anna Łoś avoids email."),
        ("mute: [birthday]", "No congratulations: birthday."),
        ("mute_until: 2027-01-01", "No congratulations until 2027-01-01."),
    ],
)
def test_what_speaks_against_it_is_said_and_the_draft_made(
    run: Run, vault_with: Templates, field: str, told: str
) -> None:
    vault = vault_with({"x": "Hello"}, ANNA.replace("owner: marta", field))
    result = run("--vault", vault, "--today", DAY, "draft", "anna", "x")
    assert (result.exit_code, result.stdout) == (0, "Hello\n")
    assert f"ptcrm: {told}" in result.stderr


# How it leaves

LETTER = "---\nsubject: Zażółć {{ customer.name }}\n---\nDroga Anno,\n\nżółć & 100 % = ?\n"


def parsed(file: Path) -> EmailMessage:
    found = email.message_from_bytes(file.read_bytes(), policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def test_a_draft_opens_in_a_mail_program(run: Run, vault_with: Templates, tmp_path: Path) -> None:
    file = tmp_path / "anna.eml"
    result = run("--vault", vault_with({"x": LETTER}), "--today", DAY, "draft", "anna", "x", "--eml", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "written, and not sent" in result.stderr
    one = parsed(file)
    assert not one.defects
    assert one.keys() == [
        "X-Unsent",
        "To",
        "Subject",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
    assert one["X-Unsent"] == "1"
    (to,) = one["To"].addresses
    assert (to.display_name, to.addr_spec) == ("Anna Łoś", "anna@rowery.example")
    assert one["Subject"] == "Zażółć Anna Łoś"
    assert one.get_content() == "Droga Anno,\r\n\r\nżółć & 100 % = ?\r\n"
    other = fast_mail_parser.parse_email(file.read_bytes())
    assert other.subject == "Zażółć Anna Łoś"
    assert other.headers["To"] == ["Anna Łoś <anna@rowery.example>"]
    assert [part.replace("\r\n", "\n") for part in other.text_plain] == ["Droga Anno,\n\nżółć & 100 % = ?\n"]
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name",
    [
        "A\\r\\nBcc: eve@evil.example\\r\\nX-Y: 1\\r\\n\\r\\nbody",
        "A\\u2028Bcc: eve@evil.example\\u0085Cc: eve@evil.example",
        'Anna \\" <eve@evil.example>, Eve',
        "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=",
        "\\u001b[31mA\\u202e\\u0000",
        "Łoś " * 60,
        "山田太郎",
        "ليلى حداد",
    ],
)
def test_no_name_gets_into_the_headers(run: Run, vault_with: Templates, tmp_path: Path, name: str) -> None:
    anna = f'---\nname: "{name}"\nemails: anna@rowery.example\n---\n'
    file = tmp_path / "anna.eml"
    result = run(
        "--vault", vault_with({"x": LETTER}, anna), "--today", DAY, "draft", "anna", "x", "--eml", file
    )
    if not file.exists():
        assert result.exit_code == 3, "a name with NUL is no YAML"
        return
    one = parsed(file)
    assert len(one.keys()) == 6
    assert [to.addr_spec for to in one["To"].addresses] == ["anna@rowery.example"]
    assert max(map(len, file.read_bytes().split(b"\r\n"))) <= 78
    assert one["Subject"].startswith("Zażółć ")
    other = fast_mail_parser.parse_email(file.read_bytes())
    assert other.subject == one["Subject"]
    assert sorted(other.headers) == sorted(one.keys())
    url = run("--vault", tmp_path / "vault", "--today", DAY, "draft", "anna", "x", "--mailto").stdout.strip()
    assert re.fullmatch(r"mailto:anna@rowery\.example\?subject=[A-Za-z0-9%._~-]+&body=[A-Za-z0-9%._~-]+", url)


@pytest.mark.parametrize(
    "address", ["anna@ŻÓŁW.example", "anna", "anna@x.example, eve@evil.example", "a b@c", "<a@b"]
)
def test_an_odd_address_is_used_whole_or_not_at_all(
    run: Run, vault_with: Templates, tmp_path: Path, address: str
) -> None:
    file = tmp_path / "anna.eml"
    vault = vault_with({"x": LETTER}, f'---\nname: Anna\nemails: ["{address}"]\n---\n')
    result = run("--vault", vault, "--today", DAY, "draft", "anna", "x", "--eml", file)
    assert result.exit_code == 0
    to = [one.addr_spec for one in parsed(file)["To"].addresses] if "To" in parsed(file) else []
    assert to == (["anna@xn--w-uga1v8h.example"] if "ŻÓŁW" in address else [])
    assert bool(to) != ("is no e-mail address" in result.stderr)


def test_only_a_draft_is_replaced(run: Run, vault_with: Templates, tmp_path: Path) -> None:
    vault, file = vault_with({"x": LETTER}), tmp_path / "anna.eml"
    words = ("--vault", vault, "--today", DAY, "draft", "anna", "x", "--eml", file)
    assert run(*words).exit_code == 0
    file.write_bytes(file.read_bytes() + b"more\r\n")
    assert run(*words).exit_code == 0
    assert b"more" not in file.read_bytes()
    file.write_text("From: somebody\n\nmine", encoding="utf-8")
    assert run(*words).exit_code == 4
    assert file.read_text(encoding="utf-8") == "From: somebody\n\nmine"


def test_an_address_holds_the_whole_message(run: Run, vault_with: Templates) -> None:
    vault = vault_with({"x": LETTER, "long": "x" * 3000})
    result = run("--vault", vault, "--today", DAY, "draft", "anna", "x", "--mailto")
    parts = urlsplit(result.stdout.strip())
    assert (parts.scheme, unquote(parts.path)) == ("mailto", "anna@rowery.example")
    assert parse_qs(parts.query) == {
        "subject": ["Zażółć Anna Łoś"],
        "body": ["Droga Anno,\r\n\r\nżółć & 100 % = ?\r\n"],
    }
    assert "some mail programs cut it" not in result.stderr
    assert "some mail programs cut it" in run("--vault", vault, "draft", "anna", "long", "--mailto").stderr


def test_it_opens_where_it_belongs(
    run: Run, vault_with: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    vault = vault_with({"x": LETTER})
    words = ("--vault", vault, "--today", DAY, "draft", "anna", "x", "--open")
    launched: list[str] = []
    monkeypatch.setattr(click, "launch", launched.append)
    file = tmp_path / "anna.eml"
    assert run(*words, "--mailto").stdout == ""
    assert run(*words, "--eml", file).exit_code == 0
    assert launched[0].startswith("mailto:anna@rowery.example?subject=")
    assert launched[1] == str(file)
    monkeypatch.setattr(click, "launch", lambda _: 1)
    assert run(*words, "--mailto").exit_code == 4
    seen: list[str] = []
    monkeypatch.setattr(
        click, "edit", lambda filename, **_: seen.append(Path(filename[0]).read_text("utf-8"))
    )
    result = run(*words)
    assert result.exit_code == 0
    assert seen == [
        "Zażółć Anna Łoś\n\nDroga Anno,\n\nżółć & 100 % = ?\n\n%% Norms: Ask about the shop first.\n"
    ]
    (kept,) = own_home.rglob("drafts/*.md")
    assert kept.read_text("utf-8") == "Zażółć Anna Łoś\n\nDroga Anno,\n\nżółć & 100 % = ?\n"


# The files


def test_files_that_are_none_of_the_vaults_are_no_templates(
    run: Run, vault_with: Templates, tmp_path: Path
) -> None:
    vault = vault_with({"x": "Hello", "broken": "\n"})
    folder = vault / "templates"
    (folder / "broken.md").write_bytes(b"\xff\xfe")
    (folder / "~x.md").write_text("debris")
    (folder / "note.txt").write_text("no Markdown")
    outside = tmp_path / "outside.md"
    outside.write_text("secret")
    if os.name != "nt":
        (folder / "out.md").symlink_to(outside)
        (folder / "elsewhere").symlink_to(tmp_path)
        os.mkfifo(folder / "pipe.md")
    found = json.loads(run("--vault", vault, "draft", "--list", "--json").stdout)
    pipe = ["pipe"] if os.name != "nt" else []
    assert [one["name"] for one in found] == ["broken", *pipe, "x"]
    assert [one["channel"] for one in found] == [None, *(None for _ in pipe), "email"]
    assert run("--vault", vault, "draft", "anna", "broken").exit_code == 1
    assert "secret" not in run("--vault", vault, "draft", "anna", "out").output


def test_check_reads_templates_and_the_glance_counts_their_mistakes(run: Run, vault_with: Templates) -> None:
    vault = vault_with({"x": "---\nchanel: note\nchannel: nots\n---\n\n{{ salutaton }}", "y": "fine"})
    result = run("--vault", vault, "--today", DAY, "check")
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if "PT701" in line] == [
        "templates/x.md:2:1: warning PT701: “chanel” means nothing here",
        "templates/x.md:3:10: warning PT701: “nots” is no channel",
        "templates/x.md:6:4: warning PT701: “salutaton” is not known here",
    ]
    before = json.loads(run("--vault", vault, "--today", DAY, "--json").stdout)["warnings"]
    (vault / "templates" / "x.md").write_text("fine", encoding="utf-8")
    assert json.loads(run("--vault", vault, "--today", DAY, "--json").stdout)["warnings"] == before - 3


def test_a_template_of_an_unknown_channel_is_drafted_all_the_same(run: Run, vault_with: Templates) -> None:
    assert draft(run, vault_with({"x": "---\nchannel: pigeon\n---\nCoo"}), "anna", "x")["text"] == "Coo\n"


def test_init_writes_the_templates(run: Run, tmp_path: Path) -> None:
    vault = tmp_path / "new"
    result = run("--today", DAY, "init", vault, "--templates")
    assert result.exit_code == 0
    assert "21 templates written; see `ptcrm draft --list`.\n" in result.stdout
    files = {path.name: path.read_bytes() for path in (vault / "templates").iterdir()}
    assert files == {path.name: path.read_bytes() for path in SEVEN}
    assert "PT" not in run("--vault", vault, "check").stdout
    assert "All templates are there already." in run("init", vault, "--templates").stdout


def test_init_adds_the_templates_that_a_vault_lacks(run: Run, vault_with: Templates) -> None:
    vault = vault_with({"thank-you": "mine"})
    before = (vault / "ptcrm.yaml").read_bytes()
    assert "+{{ salutation }}," in run("init", vault, "--templates", "--dry-run").stdout
    assert len(list((vault / "templates").iterdir())) == 1
    assert "20 templates written" in run("init", vault, "--templates").stdout
    assert (vault / "templates" / "thank-you.md").read_text() == "mine"
    assert run("--vault", vault, "undo").exit_code == 0
    assert len(list((vault / "templates").iterdir())) == 1
    assert (vault / "ptcrm.yaml").read_bytes() == before
