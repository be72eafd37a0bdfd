"""Exports as tables: CSV and back, JSON Lines, SQLite; one customer on paper."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.cli.exporting import QueryCommand
from ptcrm.formats import database
from ptcrm.formats.contact_rows import members
from ptcrm.formats.contacts_csv import Layout, drafts, layout_of
from ptcrm.formats.tabular import as_table
from ptcrm.model.config import Config
from ptcrm.model.draft import Draft
from ptcrm.text.safe import for_terminal
from ptcrm.text.source import Source
from ptcrm.vault.fields import new_customer
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import BY_NAME, read_customer
from ptcrm.views.customer import field_values
from tests.conftest import DAY, SAMPLE, MakeVault, Run

ANNA = """---
id: anna
name: Anna Kowalska
tier: gold
company: "[[shop]]"
emails: [anna@rowery.example, "o;d\\\\d@x.example"]
phones: ["+48 600 100 200"]
addresses: ["ul. Długa 5; lok. 2, 80-831 Gdańsk"]
birthday: --05-17
occasions: [wedding 2012-09-01]
tags: [vip]
owner: marta
role: "=cmd|'/c calc'!A1"
Frame: "-54"
notes: mine
---

She likes **bells**. <script>alert(1)</script>

## Follow-ups

- [ ] 2026-12-01 call: Ask
- [x] 2026-10-01 email: Send [done:: 2026-10-02]

## Log

- 2026-11-02 call: "Frames", <b>two</b>
  and [[shop|the shop]] agrees
- 2026-10-12 09:30 email (in, value): Hi
"""
SHOP = "---\nname: Shop\nkind: company\n---\n"
HOSTILE = (
    '---\nname: "=HYPERLINK(1)\\u0007 <img src=x onerror=alert(1)>"\nid: odd\n'
    "emails: ['@SUM(1)', '-1+1']\nrole: \"a\\nb\\0\"\nnote: \"+1\\u202e\"\n---\n\n"
    "<script>alert(1)</script> [x](javascript:alert(1)) ![p](http://x.example/p.png)\n\n"
    "## Log\n\n- 2026-01-01 call: =1+1 <svg onload=alert(1)> \x1b[31m\n"
)


def ask(run: Run, vault: Path, *words: str) -> str:
    result = run("--vault", vault, "--today", DAY, "export", *words)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# CSV and JSON Lines


def test_the_customers_as_csv(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA, "shop": SHOP})
    text = ask(run, vault, "csv")
    anna, shop = rows_of(text)
    assert list(anna) == [*BY_NAME, "notes", "Frame", "notes_field"]
    assert {name: value for name, value in anna.items() if value} == {
        "id": "anna",
        "name": "Anna Kowalska",
        "kind": "person",
        "status": "active",
        "tier": "gold",
        "company": "shop",
        "emails": r"anna@rowery.example; o\;d\\d@x.example",
        "phones": "+48 600 100 200",
        "addresses": r"ul. Długa 5\; lok. 2, 80-831 Gdańsk",
        "birthday": "--05-17".replace("--", "'--"),
        "occasions": "wedding 2012-09-01",
        "tags": "vip",
        "owner": "marta",
        "role": "'=cmd|'/c calc'!A1",
        "do_not_contact": "false",
        "notes": "She likes **bells**. <script>alert(1)</script>",
        "Frame": "'-54",
        "notes_field": "mine",
    }
    assert (shop["id"], shop["kind"]) == ("shop", "company")
    assert text.endswith("\r\n")


def test_the_log_and_the_follow_ups(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA, "shop": SHOP})
    first, second = rows_of(ask(run, vault, "csv", "--table", "log"))
    assert first == {
        "customer": "anna",
        "name": "Anna Kowalska",
        "date": "2026-10-12",
        "time": "09:30",
        "channel": "email",
        "qualifiers": "in; value",
        "text": "Hi",
        "path": "customers/anna.md",
        "line": "29",
    }
    assert second["text"] == '"Frames", <b>two</b>\nand [[shop|the shop]] agrees'
    opened, closed = rows_of(ask(run, vault, "csv", "--table", "follow-ups"))
    assert (opened["mark"], opened["due"], opened["done"]) == ("open", "2026-12-01", "")
    assert (closed["mark"], closed["due"], closed["done"]) == ("done", "2026-10-01", "2026-10-02")
    lines = ask(run, vault, "jsonl", "--table", "log").splitlines()
    assert json.loads(lines[0])["qualifiers"] == ["in", "value"]
    assert json.loads(lines[0])["line"] == 29


def test_json_lines_have_the_columns_of_the_csv(run: Run) -> None:
    lines = ask(run, SAMPLE, "jsonl", "tier:gold").splitlines()
    rows = rows_of(ask(run, SAMPLE, "csv", "tier:gold"))
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in rows]
    assert {name for line in lines for name in json.loads(line)} == set(rows[0])


@pytest.mark.parametrize("term", ["-owner:marta", "-tag:o", "-o:x", "-has:note", "-d"])
def test_a_term_behind_a_minus_is_no_option(
    term: str, run: Run, make_vault: MakeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    vault = make_vault({"anna": ANNA, "shop": SHOP})
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run("--vault", vault, "--today", DAY, "export", "csv", term)
    assert result.stdout == run("--vault", vault, "--today", DAY, "export", "csv", "--", term).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    if term == "-owner:marta":
        assert [row["id"] for row in rows_of(result.stdout)] == ["shop"]
        ask(run, vault, "csv", term, "-o", "out.csv")
        assert rows_of((tmp_path / "out.csv").read_text(encoding="utf-8"))[0]["id"] == "shop"


def test_help_is_one_dash_away(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({})
    for words in (["csv", "-h"], ["csv", "--help"], ["sqlite", "-h"]):
        assert "Examples:" in ask(run, vault, *words)
    assert QueryCommand("x").context_settings["ignore_unknown_options"]


def test_a_file_is_written_and_replaced_but_no_other(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault, path = make_vault({"anna": ANNA}), tmp_path / "x.csv"
    export = ("--vault", vault, "--today", DAY, "export", "csv", "-o", path)
    assert run(*export).stderr == f"{path}: 1 customer\n"
    assert run(*export).stderr == f"{path}: 1 customer, as before\n"
    (vault / "customers" / "shop.md").write_text(SHOP, encoding="utf-8")
    assert run(*export).stderr == f"{path}: 2 customers\n"
    for words in ("csv --table log", "csv --table follow-ups", "jsonl", "sqlite", "print anna"):
        result = run("--vault", vault, "--today", DAY, "export", *words.split(), "-o", path)
        assert result.exit_code == 4, words
        assert "something else" in result.stderr
    (vault / "customers").rename(vault / "away")
    assert "no customer in the vault at all" in run(*export).stderr
    assert len(rows_of(path.read_text(encoding="utf-8"))) == 2


def test_a_vault_of_nobody(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault = make_vault({})
    assert ask(run, vault, "csv") == ",".join([*BY_NAME, "notes"]) + "\r\n"
    assert ask(run, vault, "jsonl", "--table", "log") == ""
    ask(run, vault, "sqlite", "-o", str(tmp_path / "x.db"))
    assert sqlite_utils.Database(tmp_path / "x.db")["customer"].count == 0


# There and back


def back(text: str) -> list[Draft]:
    stream = io.BytesIO(text.encode())
    layout = layout_of(stream, "x.csv")
    assert isinstance(layout, Layout), layout
    assert layout.source.title == "ptcrm"
    found = list(drafts(stream, "x.csv", layout))
    assert all(isinstance(one, Draft) for one in found), found
    return [one for one in found if isinstance(one, Draft)]


def test_the_sample_vault_comes_back(run: Run) -> None:
    """Every value of every customer, as `list --json` has it."""
    whole = json.loads(run("--vault", SAMPLE, "--today", DAY, "list", "--json").stdout)
    by_id = {one.values("id")[0]: one for one in back(ask(run, SAMPLE, "csv"))}
    assert len(by_id) == len(whole) == 49
    for one in whole:
        for name, value in one.items():
            if name in ("path", *_STANDING) or value in (None, [], False, "person", "active", "former"):
                continue
            wanted = tuple(value) if isinstance(value, list) else ("true",) if value is True else (value,)
            assert by_id[one["id"]].values(name) == wanted, (one["id"], name)


_STANDING = ("last_contact", "next_contact", "due", "every", "percent", "state")


def test_what_list_prints_is_taken_too(run: Run) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, "list", "tier:gold", "--csv")
    [*found] = back(result.stdout_bytes.decode())
    assert {name for one in found for name, _ in one.fields}.isdisjoint({"path", *_STANDING})


LINE = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf")), min_size=1, max_size=20)
    .map(lambda words: " ".join(words.split()))
    .filter(lambda words: words and for_terminal(words) == words)
)
WORD = (
    st.sampled_from(["a;b", r"x\;y", "=1", "'=1", "@x", "-", "\\", ";", '"', "a; b", "Łódź", "+48 600", ","])
    | LINE
)
CUSTOMERS = st.fixed_dictionaries(
    {"name": LINE, "id": st.from_regex(r"\A[a-z]{1,9}\Z")},
    optional={
        **dict.fromkeys(("role", "owner", "norms", "left_reason", "language", "colour", "shoe_size"), WORD),
        **{
            name: st.lists(WORD, min_size=1, max_size=3, unique=True)
            for name in ("aliases", "places", "urls", "family")
        },
        "emails": st.lists(WORD.map(lambda word: f"{word}@x.example"), min_size=1, max_size=3, unique=True),
        "phones": st.lists(st.sampled_from(["+48 600 100 200", "'1;2", "600"]), min_size=1, unique=True),
        "tags": st.lists(WORD.filter(lambda word: "," not in word), min_size=1, max_size=3, unique=True),
        "kind": st.sampled_from(["person", "company"]),
        "status": st.sampled_from(["active", "paused", "former"]),
        "cadence": st.sampled_from(["3 weeks", "never", "1 year"]),
        "birthday": st.sampled_from(["--02-29", "1984-05-06"]),
        "occasions": st.lists(
            st.sampled_from(["wedding 2012-09-01", "a; b --05-06"]), min_size=1, unique=True
        ),
        "since": st.just("2021-03-02"),
        "left": st.just("2026-03-02"),
        "do_not_contact": st.sampled_from(["true", "false"]),
        "timezone": st.just("Europe/Warsaw"),
    },
)


@given(values=CUSTOMERS)
@settings(suppress_health_check=list(HealthCheck))
def test_a_customer_comes_back_from_csv(values: dict[str, str | list[str]]) -> None:
    """Vault to CSV to draft to vault: the second file says what the first one does."""
    given_ = {name: [value] if isinstance(value, str) else value for name, value in values.items()}
    first = made(given_)
    columns = [*field_values(first)]
    [draft] = back(as_table(columns, [field_values(first)]))
    second = made({name: list(found) for name, found in draft.fields})
    assert field_values(second) == field_values(first)


def made(values: dict[str, list[str]]):  # type: ignore[no-untyped-def]  # noqa: ANN201
    path, content = new_customer(values, "customers", lambda _: False)
    reading = read_customer(Source.decode(path, content), LineReader.of(Config()))
    assert reading.customer is not None
    return reading.customer


@given(st.lists(st.text(st.sampled_from("a;\\ ,\n"), min_size=1).map(str.strip).filter(bool), min_size=1))
def test_members_come_apart_as_they_were(values: list[str]) -> None:
    text = as_table(["x"], [{"x": values}])
    [cell] = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert members(cell) == values


# SQLite


def test_the_database(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault, path = make_vault({"anna": ANNA, "shop": SHOP}), tmp_path / "x.db"
    ask(run, vault, "sqlite", "-o", str(path))
    found = sqlite_utils.Database(path)
    assert set(found.table_names()) == set(database.TABLES)
    assert set(found.view_names()) == {"email", "tag", "timeline", "open_follow_up", "activity"}
    anna = found.table("customer").get("anna")
    assert (anna["name"], anna["birthday"], anna["do_not_contact"]) == ("Anna Kowalska", "--05-17", 0)
    assert (anna["last_contact"], anna["state"]) == ("2026-11-02", "ok")
    fields = [
        (row["name"], row["position"], row["value"], row["own"])
        for row in found["field"].rows_where("customer = 'anna'")
    ]
    assert ("emails", 1, "o;d\\d@x.example", 0) in fields
    assert ("Frame", 0, "-54", 1) in fields
    first, *_ = found["link"].rows
    assert (first["customer"], first["to_customer"], first["field"]) == ("anna", "shop", "company")
    assert [row["date"] for row in found["timeline"].rows] == ["2026-11-02", "2026-10-12"]
    assert [row["due"] for row in found["open_follow_up"].rows] == ["2026-12-01"]
    assert {row["email"] for row in found["email"].rows} == {"anna@rowery.example", "o;d\\d@x.example"}
    assert {row["kind"] for row in found["occurrence"].rows} >= {"follow-up", "birthday", "occasion"}
    assert list(found.query("PRAGMA foreign_key_check")) == []
    assert list(found.query("PRAGMA integrity_check")) == [{"integrity_check": "ok"}]
    found.close()


def test_the_same_vault_gives_the_same_database(run: Run, tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        ask(run, SAMPLE, "sqlite", "-o", str(tmp_path / name))
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()
    result = run("--vault", SAMPLE, "--today", DAY, "export", "sqlite", "-o", tmp_path / "a.db")
    assert result.stderr.endswith(": 49 customers, as before\n")
    ask(run, SAMPLE, "sqlite", "tier:gold", "-o", str(tmp_path / "a.db"))
    assert 0 < sqlite_utils.Database(tmp_path / "a.db")["customer"].count < 49


def test_a_database_of_another_program_stays(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE moz_places (id)")
    before = path.read_bytes()
    result = run("--vault", make_vault({"anna": ANNA}), "--today", DAY, "export", "sqlite", "-o", path)
    assert result.exit_code == 4
    assert "another program" in result.stderr
    assert path.read_bytes() == before
    (tmp_path / "folder").mkdir()
    result = run("--vault", make_vault({}, name="v2"), "export", "sqlite", "-o", tmp_path / "folder")
    assert result.exit_code == 4


def test_two_files_with_one_id(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault, path = make_vault({"anna": ANNA, "other": ANNA}), tmp_path / "x.db"
    result = run("--vault", vault, "--today", DAY, "export", "sqlite", "-o", path)
    assert result.exit_code == 0
    assert "left out: customers/other.md, since customers/anna.md has its id" in result.stderr
    assert [row["path"] for row in sqlite_utils.Database(path)["entry"].rows] == ["customers/anna.md"] * 2
    assert len(rows_of(ask(run, vault, "csv"))) == 2


# Hostile text


def test_hostile_values_through_each_export(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault = make_vault({"odd": HOSTILE})
    for table in ("customers", "log", "follow-ups"):
        for row in rows_of(ask(run, vault, "csv", "--table", table)):
            assert all(not (value or "").startswith(("=", "@", "-", "\t")) for value in row.values()), row
            assert all(for_terminal(value) == value for value in row.values())
        lines = ask(run, vault, "jsonl", "--table", table)
        assert for_terminal(lines) == lines
    ask(run, vault, "sqlite", "-o", str(tmp_path / "x.db"))
    for table in database.TABLES:
        for found in sqlite_utils.Database(tmp_path / "x.db")[table].rows:
            assert all(for_terminal(value) == value for value in found.values() if isinstance(value, str))


def test_a_page_runs_nothing_and_loads_nothing(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"odd": HOSTILE})
    text = ask(run, vault, "print", "odd", "--html")
    body = text.partition("<body>")[2]
    for word in ("<script", "<img", "<svg", "href=", "\x1b", "\x07"):
        assert word not in body, word
    assert "&lt;script&gt;" in body
    assert "<h1>=HYPERLINK(1)� &lt;img src=x onerror=alert(1)&gt;</h1>" in body
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "").partition("<body>")[0]
    plain = ask(run, vault, "print", "odd")
    assert for_terminal(plain) == plain


def test_a_picture_on_paper_is_its_words(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(
        {"anna": "---\nname: Anna\n---\nSee ![the <b>shop*] [x](y.png) ![of *2025*](z.png).\n"}
    )
    page = ask(run, vault, "print", "anna", "--html")
    assert "of 2025." in page
    assert "<img" not in page
    assert "<b>" not in page


def test_a_customer_on_paper(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault = make_vault({"anna": ANNA, "shop": SHOP})
    text = ask(run, vault, "print", "anna")
    assert text.startswith("# Anna Kowalska\n\n- **tier:** gold\n")
    assert "- 2026-12-01 call: Ask\n" in text
    assert '- 2026-11-02 call: "Frames", <b>two</b>\n  and the shop agrees\n- 2026-10-12 09:30 email' in text
    page = ask(run, vault, "print", "anna", "--html")
    assert "<strong>bells</strong>" in page
    assert "<li>2026-12-01 call: Ask</li>" in page
    path = tmp_path / "anna.html"
    ask(run, vault, "print", "anna", "-o", str(path))
    assert path.read_text(encoding="utf-8") == page
    ask(run, vault, "print", "anna", "-o", str(tmp_path / "anna.txt"))
    assert (tmp_path / "anna.txt").read_text(encoding="utf-8").endswith(text)
    (tmp_path / "mine.md").write_text("# Anna\n", encoding="utf-8")
    result = run("--vault", vault, "--today", DAY, "export", "print", "anna", "-o", tmp_path / "mine.md")
    assert result.exit_code == 4
    assert run("--vault", vault, "--today", DAY, "export", "print", "nobody").exit_code == 3


def test_a_slip_in_an_option_is_helped(run: Run, make_vault: MakeVault) -> None:
    result = run("--vault", make_vault({}), "--today", DAY, "export", "csv", "--tabel", "log")
    assert result.exit_code == 2
    assert "no option of `ptcrm export csv`. Did you mean “--table”?" in result.stderr
