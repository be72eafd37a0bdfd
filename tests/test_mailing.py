"""Mailing lists: who is on them, how each is addressed, who is left out and why; labels; the line in mailings.md."""

from __future__ import annotations

import csv
import html.parser
import io
import json
from datetime import date
from pathlib import Path

import pytest

from ptcrm.formats.labels import ON_A_SHEET, labels
from ptcrm.model.change import Write
from ptcrm.text.source import Source
from ptcrm.vault.mailings import mailing_line, recorded
from tests.conftest import DAY, MakeVault, Run
from tests.test_cli_errors import snapshot

PEOPLE = {
    "anna": "emails: [anna@x.example]\naddresses: ['ul. Długa 5, 80-831 Gdańsk']\nlanguage: pl",
    "ben": "emails: [ben@x.example, other@x.example]\nlanguage: de-AT",
    "cora": "emails: [CORA@x.example]\nlanguage: en\nsalutation: Dear Cora",
    "carl": "emails: [cora@X.example]\nlanguage: en",
    "dora": "emails: [d@x.example]\ndo_not_contact: true",
    "emil": "emails: [e@x.example]\navoids: [newsletter]",
    "fay": "emails: [f@x.example]\nmute_until: 2026-12-24",
    "gus": "emails: [g@x.example]\nmute: [newsletter]\nmute_until: 2026-01-01",
    "hal": "phones: ['+48600100200']",
    "ida": "emails: [i@x.example]\nmute: [birthday]\nlanguage: tlh",
    "jan": "emails: [j@x.example]\nstatus: former",
}


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault(
        {name: f"---\nname: {name.title()} K\ntags: [x]\n{more}\n---\n" for name, more in PEOPLE.items()}
    )


def mailing(run: Run, vault: Path, *words: str, code: int = 0) -> tuple[str, str]:
    result = run("--vault", vault, "--today", DAY, "export", "mailing", *words)
    assert result.exit_code == code, result.stderr
    return result.stdout, result.stderr


def test_who_gets_it_and_how_each_is_addressed(vault: Path, run: Run) -> None:
    out, said = mailing(run, vault, "--where", "tag:x -status:former")
    assert list(csv.reader(io.StringIO(out))) == [
        ["customers", "name", "salutation", "language", "email"],
        ["anna", "Anna K", "Dzień dobry", "pl", "anna@x.example"],
        ["ben", "Ben K", "Guten Tag Ben K", "de-AT", "ben@x.example"],
        ["carl; cora", "Carl K, Cora K", "Hello Carl K, Dear Cora", "en", "cora@X.example"],
        ["ida", "Ida K", "Ida K", "tlh", "i@x.example"],
    ]
    assert said.splitlines() == [
        "4 e-mail addresses for 5 people.",
        "Left out: 5",
        "  avoids newsletter (1): Emil K (emil)",
        "  do not contact (1): Dora K (dora)",
        "  muted until 2026-12-24 (1): Fay K (fay)",
        "  mutes newsletter (1): Gus K (gus)",
        "  no e-mail address (1): Hal K (hal)",
    ]


def test_one_mailbox_gets_one_letter_however_it_is_written(make_vault: MakeVault, run: Run) -> None:
    written = (
        "Fred K <fred.k@gmail.com>",
        "FREDK+news@googlemail.com",
        "mailto:fredk@gmail.com",
        "fk@x.example",
    )
    vault = make_vault(
        {
            f"fred{at}": f"---\nname: Fred\ntags: [x]\nemails: ['{email}']\n---\n"
            for at, email in enumerate(written)
        }
    )
    out, said = mailing(run, vault, "--where", "tag:x")
    assert [row[-1] for row in csv.reader(io.StringIO(out))] == ["email", "fred.k@gmail.com", "fk@x.example"]
    assert said == "2 e-mail addresses for 4 people.\n"


def test_who_wants_no_email_gets_no_newsletter(make_vault: MakeVault, run: Run) -> None:
    fields = {
        "ann": "avoids: [email]",
        "bob": "mute: [email]",
        "cat": "mute: [all]",
        "dan": "mute: true",
        "eve": "avoids: [newsletter]",
        "fay": "avoids: [call]\nmute: [birthday, occasion]",
    }
    vault = make_vault(
        {name: f"---\ntags: [x]\nemails: [{name}@x.example]\n{more}\n---\n" for name, more in fields.items()}
    )
    said = mailing(run, vault, "--where", "tag:x")[1]
    assert said.splitlines()[1:] == [
        "Left out: 5",
        "  avoids email (1): ann",
        "  avoids newsletter (1): eve",
        "  mutes newsletter (3): bob, cat, dan",
    ]
    out = mailing(run, vault, "--where", "tag:x", "--channel", "email")[0]
    assert [row[0] for row in csv.reader(io.StringIO(out))] == ["customers", "eve", "fay"]


def test_each_may_have_a_letter_and_the_query_decides_on_former_ones(vault: Path, run: Run) -> None:
    out, _ = mailing(run, vault, "--where", "tag:x", "--each", "--format", "tsv")
    assert [line.split("\t")[0] for line in out.splitlines()] == [
        *("customers", "anna", "ben", "carl", "cora", "ida", "jan")
    ]


def test_the_channel_says_which_address_is_needed(vault: Path, run: Run) -> None:
    out, said = mailing(run, vault, "--where", "tag:x", "--channel", "card")
    assert out.splitlines()[1:] == ['anna,Anna K,Dzień dobry,pl,"ul. Długa 5, 80-831 Gdańsk"']
    assert "  no address (8): Ben K (ben)" in said
    assert "mutes" not in said
    row = json.loads(mailing(run, vault, "--where", "id:hal", "--channel", "call", "--json")[0])
    assert row["letters"][0]["phone"] == "+48600100200"
    assert row["letters"][0]["email"] is None


def test_what_goes_wrong(vault: Path, run: Run) -> None:
    before = snapshot(vault)
    for words, said in (
        (["--where", "tag:x", "--channel", "newsleter"], "Did you mean “newsletter”?"),
        (["--where", "tier:"], "the query cannot be read"),
        (["--where", "tag:x", "--labels"], "such as --channel card"),
        (["--where", "tag:x", "--labels", "--json"], "choose one"),
        (["--where", "tag:x", "--record", " "], "say what goes out"),
        ([], "Missing option '--where'"),
    ):
        assert said in mailing(run, vault, *words, code=2)[1]
    said = mailing(run, vault, "--where", "id:dora", "--record", "Letter", code=3)[1]
    assert "do not contact (1): Dora K" in said
    assert "Nobody is on this list" in said
    assert snapshot(vault) == before


def test_an_empty_vault_has_an_empty_list(make_vault: MakeVault, run: Run) -> None:
    out, said = mailing(run, make_vault({}), "--where", "tag:x")
    assert out == "customers,name,salutation,language,email\n"
    assert said == "0 e-mail addresses.\n"


# The file


def test_a_list_replaces_a_list_and_nothing_else(vault: Path, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "list.csv"
    for _ in range(2):
        assert mailing(run, vault, "--where", "id:ben", "-o", str(place))[0] == ""
    assert b"ben@x.example" in place.read_bytes()
    place.write_text("my own\n")
    assert "is something else" in mailing(run, vault, "--where", "id:ben", "-o", str(place), code=4)[1]
    assert place.read_text() == "my own\n"


# Hostile text

NASTY = "=cmd|' /C calc'!A0<script>alert(\"x\")</script>&amp;"


def nasty(make_vault: MakeVault) -> Path:
    front = {
        "name": NASTY,
        "salutation": "@SUM(A1)",
        "emails": ["+1@x.example"],
        "addresses": ["<b>1</b>, -2"],
    }
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in front.items())
    return make_vault({"nasty": f"---\n{lines}\n---\n"})


def test_a_spreadsheet_runs_nothing(make_vault: MakeVault, run: Run) -> None:
    vault = nasty(make_vault)
    out, _ = mailing(run, vault, "--where", "id:nasty")
    by_csv = list(csv.reader(io.StringIO(out)))[1]
    by_tsv = mailing(run, vault, "--where", "id:nasty", "--format", "tsv")[0].splitlines()[1].split("\t")
    assert by_csv == by_tsv == ["nasty", f"'{NASTY}", "'@SUM(A1)", "", "'+1@x.example"]


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert {name for name, _ in attrs} <= {"dir", "charset", "http-equiv", "content"}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_labels_are_text_alone(make_vault: MakeVault, run: Run) -> None:
    out, _ = mailing(run, nasty(make_vault), "--where", "id:nasty", "--channel", "letter", "--labels")
    page = _Tags()
    page.feed(out)
    assert set(page.tags) == {"html", "head", "meta", "title", "style", "body", "section", "address", "br"}
    assert NASTY in page.text
    assert "<b>1</b>" in page.text
    assert "default-src 'none'" in out


def test_labels_fill_sheets_of_three_by_eight(run: Run, vault: Path) -> None:
    page = labels([[f"Name {number}", "Street \x1b[31m", ""] for number in range(ON_A_SHEET + 1)]).decode()
    first, second = page.split("<section>\n")[1:]
    assert (first.count("<address"), second.count("<address")) == (24, 1)
    assert "\x1b" not in page
    out, _ = mailing(run, vault, "--where", "id:anna", "--channel", "card", "--format", "html")
    assert '<address dir="auto">Anna K<br>ul. Długa 5<br>80-831 Gdańsk</address>' in out


# mailings.md


def test_a_mailing_is_noted_and_undo_takes_it_back(vault: Path, run: Run) -> None:
    words = ["--where", "tag:x -status:former", "--record", "Winter\nletter"]
    before = snapshot(vault)
    out, said = mailing(run, vault, *words, "--dry-run")
    assert "+- 2026-11-23 newsletter: Winter letter (tag:x -status:former, 5 people)" in out
    assert snapshot(vault) == before
    out, said = mailing(run, vault, *words)
    assert out.startswith("customers,name")
    assert "mailings.md: noted with 5 people." in said
    expected = "# Mailings\n\n- 2026-11-23 newsletter: Winter letter (tag:x -status:former, 5 people)\n"
    assert (vault / "mailings.md").read_text() == expected
    assert run("--vault", vault, "undo").exit_code == 0
    assert snapshot(vault) == before


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "{}\n"),
        ("# M\n", "# M\n\n{}\n"),
        ("# M", "# M\n\n{}\n"),
        ("# M\n\n- 2025-01-02 card: x\n- 2026-01-02 card: y\n", "# M\n\n- 2025-01-02 card: x\n- 2026-01-02 card: y\n{}\n"),
        ("- 2026-01-02 card: y\r\n- 2025-01-02 card: x\r\n\r\nEnd", "{}\r\n- 2026-01-02 card: y\r\n- 2025-01-02 card: x\r\n\r\nEnd"),
        ("- 2026-01-02 card: y\n  more\n\nEnd\n", "- 2026-01-02 card: y\n  more\n{}\n\nEnd\n"),
        ("```\n- 2026-01-02 card: y\n```\n", "```\n- 2026-01-02 card: y\n```\n\n{}\n"),
    ],
)  # fmt: skip
def test_the_line_stands_where_the_newest_stand(text: str, after: str) -> None:
    line = mailing_line(date.fromisoformat(DAY), "card", "Hello", "tag:x", 1)
    assert line == "- 2026-11-23 card: Hello (tag:x, 1 person)"
    change = recorded(Source("mailings.md", text), line)
    assert isinstance(change, Write)
    assert change.new.decode() == after.format(line)


def test_a_log_that_cannot_be_read_is_left_alone(vault: Path, run: Run) -> None:
    (vault / "mailings.md").write_bytes(b"\xff\n")
    said = mailing(run, vault, "--where", "id:ben", "--record", "x", code=4)[1]
    assert "mailings.md: it cannot be read" in said
