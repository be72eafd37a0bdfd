"""Answers that are rows, in every form: what is in them, what is refused, and that nothing harmful gets out."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from rich.cells import cell_len

from benchmarks.vault import TODAY, generate
from ptcrm.cli import cli
from ptcrm.cli.output import indented
from ptcrm.cli.pager import pager_of
from ptcrm.formats.answers import NAMES, answer_schema
from ptcrm.formats.columns import REVIEWED, TEXTS
from ptcrm.formats.customers import CUSTOMER, CUSTOMER_FIELDS
from ptcrm.formats.tabular import as_csv, as_tsv
from ptcrm.text.fold import slug
from ptcrm.text.safe import for_json, for_terminal, from_csv
from ptcrm.vault.schema import FIELDS
from tests.conftest import DAY, ROOT, SAMPLE, Golden, MakeVault, Run
from tests.repos import begin_with_a_name, give_a_past
from tests.test_docs import TWIN

LIST, FIND, TIMELINE = ["list"], ["find", "gear"], ["timeline"]
ROWS = [["due"], ["agenda"], ["neglected"], ["birthdays"], LIST, FIND, TIMELINE, ["tags"], ["fields"]]
ABOUT_CUSTOMERS = ROWS[:-2]


def name_of(call: list[str]) -> str:
    return call[0]


def answer(run: Run, *call: str) -> str:
    result = run("--vault", SAMPLE, "--today", DAY, *call)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(run: Run, *call: str) -> str:
    result = run("--vault", SAMPLE, "--today", DAY, *call)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


# One answer, many forms


@pytest.mark.parametrize("call", ROWS, ids=name_of)
def test_every_form_has_the_same_rows(call: list[str], run: Run) -> None:
    lines = [json.loads(line) for line in answer(run, *call, "--jsonl").splitlines()]
    rows = list(csv.DictReader(io.StringIO(answer(run, *call, "--csv"))))
    tsv = [line.split("\t") for line in answer(run, *call, "--tsv").splitlines()]
    assert lines
    assert len(lines) == len(rows) == len(tsv) - 1
    assert {len(line) for line in tsv} == {len(rows[0])}
    assert tsv[0] == list(rows[0])
    for line, row in zip(lines, rows, strict=True):
        assert {key: from_csv(row[key]) for key in line} == {key: cell(value) for key, value in line.items()}
        assert all(not value for key, value in row.items() if key not in line)
    if call != ["agenda"]:  # where JSON has the days
        assert json.loads(answer(run, *call, "--json")) == lines


def cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@pytest.mark.parametrize("call", ABOUT_CUSTOMERS, ids=name_of)
def test_ids_are_those_of_the_rows_each_once(call: list[str], run: Run) -> None:
    rows = [json.loads(line) for line in answer(run, *call, "--jsonl").splitlines()]
    ids = [row["id" if call == LIST else "customer"] for row in rows]
    assert answer(run, *call, "--ids").splitlines() == list(dict.fromkeys(filter(None, ids)))


@pytest.mark.parametrize("call", ROWS, ids=name_of)
def test_an_empty_answer_has_every_form(call: list[str], run: Run, make_vault: MakeVault) -> None:
    vault = ("--vault", make_vault({}), "--today", DAY)
    assert json.loads(run(*vault, *call, "--jsonl").stdout or "[]") == []
    assert len(run(*vault, *call, "--csv").stdout.splitlines()) == 1
    assert run(*vault, *call, "--tsv").stdout.count("\n") == 1
    assert run(*vault, *call, "--format", "{path}" if call in ABOUT_CUSTOMERS else "").stdout == ""


@pytest.mark.parametrize("call", [["tags"], ["fields"]], ids=name_of)
@pytest.mark.parametrize("form", ["--ids", "--open"])
def test_rows_that_are_no_customers_have_no_ids(call: list[str], form: str, run: Run) -> None:
    assert form.strip("-") in refused(run, *call, form)


def test_one_form_at_a_time(run: Run) -> None:
    assert "--json and --csv do not go together" in refused(run, "list", "--csv", "--json")
    assert "--ids and --format do not go together" in refused(run, "due", "--format", "{name}", "--ids")


@pytest.mark.parametrize("call", [*ABOUT_CUSTOMERS, ["tags"], ["fields"], ["stats"]], ids=name_of)
def test_a_query_narrows_it(call: list[str], run: Run) -> None:
    """Also one that begins with a minus; what is not meant by the query is not there."""
    gold = {row["path"] for row in json.loads(answer(run, "list", "tier:gold", "--json"))}
    whole, some = (json.loads(answer(run, *call, *words, "--json")) for words in ([], ["tier:gold"]))
    others = json.loads(answer(run, *call[:1], "-tier:gold", *call[1:], "--json"))
    assert some != whole != others
    if call in ABOUT_CUSTOMERS:
        assert {row["path"] for row in flat(some)} - {"ptcrm.yaml"} <= gold
        assert not {row["path"] for row in flat(others)} & gold


def flat(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield from row.get("occurrences", [row])


def test_what_waits_is_counted_for_the_query(run: Run) -> None:
    assert "more waiting: ptcrm due --all tier:gold" in answer(run, "due", "tier:gold")
    assert "waiting" not in answer(run, "due", "id:jan-nowak")


def test_of_a_campaign_those_are_listed_whom_the_query_finds(run: Run) -> None:
    gold = {row["name"] for row in json.loads(answer(run, "list", "tier:gold", "--json"))}
    rows = flat(json.loads(answer(run, "agenda", "tier:gold", "--weeks", "3", "--json")))
    (members,) = [row["members"] for row in rows if row["kind"] == "campaign"]
    assert set(members) <= gold
    assert members


# Templates


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("{name} <{emails[0]}>", "Rowan Ashby <rowan@kiezrunde.example>"),
        ("{NAME}", "Rowan Ashby"),
        ("{phones}", "+44 7700 900412; +49 171 39200 31"),
        ("{phones[1]}{phones[2]}", "+49 171 39200 31"),
        ("{name[0]}{name[1]}", "Rowan Ashby"),
        ("{phone}|{last}|{left}|{left[0]}", "+44 7700 900412; +49 171 39200 31|2026-11-02||"),
        (r"{id}\t{do_not_contact}\\n", "rowan-ashby\tfalse\\n"),
        ("{{{id}}}", "{rowan-ashby}"),
        ("{percent} %", "100 %"),
        ("x", "x"),
    ],
)
def test_a_template(template: str, line: str, run: Run) -> None:
    assert answer(run, "list", "id:rowan-ashby", "--format", template) == f"{line}\n"


def test_a_template_may_have_lines(run: Run) -> None:
    assert (
        answer(run, "list", "id:rowan-ashby", "--format", r"{name}\n  {id}") == "Rowan Ashby\n  rowan-ashby\n"
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{nam}", "“nam” is no column. Did you mean “name”?"),
        ("{emials[0]}", "“emials” is no column. Did you mean “emails”?"),
        ("{name.__class__}", "“name.__class__” is no column"),
        ("{emails[x]}", "“emails[x]” is no column"),
        ("{0}", "“0” is no column. Known are: id, name, aliases,"),
        ("{name!r}", "is no column"),
        ("{name:>10}", "is no column"),
        ("{}", "“{}” is no field in braces"),
        ("{name", "“{” is no field in braces"),
        ("name}", "“}” is no field in braces"),
    ],
)
def test_a_template_has_names_of_columns_and_nothing_else(template: str, message: str, run: Run) -> None:
    assert message in refused(run, "list", "--format", template)


# Columns, order, groups


def column(run: Run, key: str, *call: str) -> list[object]:
    return [row.get(key) for row in json.loads(answer(run, "list", *call, "--json"))]


def test_columns_are_those_asked_for(run: Run) -> None:
    rows = json.loads(answer(run, "list", "tier:gold", "--columns", "Name, email,last", "--json"))
    assert {tuple(row) for row in rows} == {("name", "emails", "last_contact")}
    header, *_ = answer(run, "list", "--columns", "name,next,frame_size").splitlines()
    assert header.split() == ["NAME", "NEXT", "FRAME", "SIZE"]


@pytest.mark.parametrize("option", ["--columns", "--sort", "--group-by"])
def test_an_unknown_column_is_refused(option: str, run: Run) -> None:
    assert "“nmae” is no column. Did you mean “name”?" in refused(run, "list", option, "nmae")


def test_own_fields_of_all_are_columns_for_some(run: Run) -> None:
    call = ["list", "id:jan-nowak", "--columns", "frame_size", "--csv"]
    assert run("--vault", SAMPLE, "--today", DAY, *call).stdout_bytes == b'frame_size\r\n""\r\n'


def test_one_column_makes_groups(run: Run) -> None:
    assert "name one column" in refused(run, "list", "--group-by", "tier,status")


@pytest.mark.parametrize("words", ["0", "-1", "x", "1.5"])
@pytest.mark.parametrize("call", [LIST, FIND, TIMELINE], ids=name_of)
def test_a_limit_is_a_whole_number(call: list[str], words: str, run: Run) -> None:
    assert f"--limit {words}: write a whole number from 1." in refused(run, *call, f"--limit={words}")


@pytest.mark.parametrize("call", [FIND, TIMELINE], ids=name_of)
def test_a_limit_and_all_do_not_go_together(call: list[str], run: Run) -> None:
    assert "choose one" in refused(run, *call, "--limit", "3", "--all")


def test_a_limit_says_what_is_left(run: Run) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, "list", "--limit", "9", "--ids")
    assert len(result.stdout.splitlines()) == 9
    assert result.stderr == "40 more: give a higher --limit.\n"


OWN = {
    "a": "name: Ähre\nsize: 9\nsince: 2021-05-01\ncadence: 1 year\nbirthday: 1990-12-01\ntags: [b, a]",
    "b": "name: apfel\nsize: 10\nsince: 2019-05-01\ncadence: 3 weeks\nbirthday: --01-31",
    "c": "name: Zebra\nsize: 2026-01-05\ncadence: never\ntags: [A]\ntier: silver",
    "d": "name: ähre\nsize: large\nsince: 2021-04-30\ntier: gold\nbirthday: 1950-12-01",
    "e": "name: b\ntier: bronze",
}
TIERS = "tiers: {gold: {}, silver: {}, bronze: {}}\n"


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("name", "a d b e c"),
        ("-name", "c e b a d"),
        ("size", "a b c d e"),
        ("-size", "d c b a e"),
        ("since", "b d a c e"),
        ("-since", "a d b c e"),
        ("cadence", "b a c d e"),
        ("birthday", "b d a c e"),
        ("tier", "d c e a b"),
        ("tags", "c a b d e"),
        ("name,-since", "a d b e c"),
        ("-tier,-id", "e c d b a"),
    ],
)
def test_sorting_is_by_type_and_what_is_missing_is_last(
    sort: str, ids: str, run: Run, make_vault: MakeVault
) -> None:
    vault = make_vault({stem: f"---\n{fields}\n---\n" for stem, fields in OWN.items()}, TIERS)
    shown = run("--vault", vault, "--today", DAY, "list", "--sort", sort, "--ids").stdout.split()
    assert shown == ids.split()


def test_groups_are_in_order_and_none_is_last(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({stem: f"---\n{fields}\n---\n" for stem, fields in OWN.items()}, TIERS)

    def groups(key: str) -> list[tuple[str | None, str]]:
        result = run("--vault", vault, "--today", DAY, "list", "--group-by", key, "--json")
        rows = json.loads(result.stdout)
        return [(row["group"], "".join(one["id"] for one in row["customers"])) for row in rows]

    assert groups("tier") == [("gold", "d"), ("silver", "c"), ("bronze", "e"), (None, "ab")]
    assert groups("tags") == [("A", "c"), ("a", "a"), ("b", "a"), (None, "bde")]
    text = run("--vault", vault, "--today", DAY, "list", "--group-by", "tier", "--columns", "name").stdout
    assert (
        text == "NAME\n\ngold (1)\nähre\n\nsilver (1)\nZebra\n\nbronze (1)\nb\n\nno tier (2)\nÄhre\napfel\n"
    )


# Schemas


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_files_are_what_the_command_prints(
    name: str, run: Run, request: pytest.FixtureRequest
) -> None:
    printed = run("schema", "--answer", name).stdout
    path = ROOT / "docs" / "schemas" / f"{slug(name)}.json"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(printed, encoding="utf-8", newline="")
    assert printed == path.read_text(encoding="utf-8"), "look at the change, then --update-golden"
    schema = json.loads(printed)
    Draft7Validator.check_schema(schema)
    assert schema["$id"] == f"urn:ptcrm:answer:1:{slug(name)}"


def test_there_is_no_other_schema_file() -> None:
    files = {path.stem for path in (ROOT / "docs" / "schemas").iterdir()}
    assert files == {slug(name) for name in NAMES}


CALLS = {
    "today": [],
    "playbook": ["playbook", "kim-seo-yeon"],
    "list --group-by": ["list", "--group-by", "tags"],
    "find": ["find", "gear"],
    "share WHAT": ["share", "fleet-check-january"],
    "show": ["show", "ipek"],
    "brief": ["brief", "ipek"],
    "draft": ["draft", "ipek", "thank-you"],
    "why": ["why", "leonie-haas"],
    "tiers": ["tiers", "--all"],
    "campaign NAME": ["campaign", "christmas"],
    "review --year": ["review", "--year", "2026"],
    "import ics": ["import", "ics", str(ROOT / "tests" / "data" / "import" / "answer")],
    "export mailing": ["export", "mailing", "--where", "tier:gold"],
    "export subject": ["export", "subject", "jan-nowak"],
    "feed list": ["feed", "list"],
    "feed url": ["feed", "url"],
    "cache stats": ["cache", "stats"],
    "undo --list": ["undo", "--list"],
    "history": ["history", "jan-nowak"],
    "blame": ["blame", "jan-nowak"],
}


def strict(schema: Any) -> Any:  # noqa: ANN401
    """The schema, that takes no key which it does not name; a customer's own fields are text."""
    if isinstance(schema, dict):
        schema = {key: strict(value) for key, value in schema.items()}
        if "properties" in schema:
            own = {"type": "string"} if "sources" in schema["properties"] else False
            schema["additionalProperties"] = own
    elif isinstance(schema, list):
        schema = [strict(value) for value in schema]
    return schema


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_are_as_the_schemas_say(name: str, sample: Path, run: Run) -> None:
    if name in ("history", "blame", "diff"):
        give_a_past(sample)
    (sample / "customers" / "odd.md").write_text("---\nname: Odd\ncadence: 3 wks\n---\n", encoding="utf-8")
    run("--vault", sample, "--today", DAY, "set", "odd", "role", "owner")  # something to undo
    (sample / "customers" / "odd 2.md").write_text("---\nname: Odd\n---\n")  # something to merge
    if name == "dupes":
        (sample / "customers" / "twin.md").write_text(TWIN, encoding="utf-8")
    if name == "sync":
        begin_with_a_name(sample)
    call = CALLS.get(name, name.split())
    found = json.loads(run("--vault", sample, "--today", DAY, *call, "--json").stdout)
    assert found
    Draft7Validator(strict(deepcopy(answer_schema(name)))).validate(found)


def test_every_answer_has_a_schema() -> None:
    from tests.test_docs import ANSWERS

    described = {json.dumps(CALLS.get(name, name.split())) for name in NAMES}
    words = (command.replace("--json", "").split() for command in ANSWERS)
    known = {json.dumps(["tags" if word == "tier" else word for word in call]) for call in words}
    assert known == described


def test_an_unknown_answer_is_refused(run: Run) -> None:
    assert "“lits” is no answer. Did you mean “list”?" in refused(run, "schema", "--answer", "lits")
    assert "Known are: today, due," in refused(run, "schema", "--answer", "xyz")
    assert "do not go together" in refused(run, "schema", "--answer", "list", "--config")


def test_the_page_names_the_version() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert "**version 1**" in page
    assert answer_schema("list")["$id"] == "urn:ptcrm:answer:1:list"


# Hostile names

LONG = "Wolfeschlegelsteinhausenbergerdorff " * 6
NASTY = {
    "escapes": "\\e[31mred\\e]0;title\\a",
    "c1": "\\x9b31mred\\x85next",
    "bidi": "\\u202Eevil\\u2066x",
    "markup": "[bold]x[/bold] [a@b.pl]",
    "cjk": "山田太郎 東京都",
    "emoji": "👩‍👩‍👧 Zoë 🚲🇵🇱",
    "long": LONG.strip()[:200],
    "formula": "=HYPERLINK(1)",
    "minus": "-2+3 @x",
    "quotes": '""a, ""b""; c',
    "nul": "a\\x01b\\u200Fc\\u2028d",
    "tab": "a\\tb",
}
RAW = {chr(code) for code in (*range(9), *range(11, 32), *range(0x7F, 0xA0))} | set(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)


@pytest.fixture
def nasty(make_vault: MakeVault) -> Path:
    def text(stem: str, name: str) -> str:
        quoted = f"'{name}'" if stem == "quotes" else f'"{name}"'
        return (
            f"---\nname: {quoted}\nnickname: {quoted}\nbirthday: 1990-11-25\n"
            f'phones: ["+48 600 100 200", "+49 30 1"]\ntags: ["{stem}"]\n---\n'
            "- [ ] 2026-11-20 call: Ask \x1b[5m \u202e\n\n## Log\n\n"
            "- 2026-10-01 call: raw \x1b]0;t\x07 \u202e [b]x[/b] 東京 =1\n"
        )

    return make_vault({stem: text(stem, name) for stem, name in NASTY.items()})


@pytest.mark.parametrize("form", ["", "--json", "--jsonl", "--csv", "--tsv", "--ids", "--format"])
@pytest.mark.parametrize("call", [*ROWS[:5], ["find", "raw"], TIMELINE, ["tags"], ["fields"]], ids=name_of)
def test_nothing_raw_gets_out(call: list[str], form: str, nasty: Path, run: Run) -> None:
    if form == "--ids" and call in (["tags"], ["fields"]):
        return
    template = {"tags": "{tag}", "fields": "{field} {remarks}"}.get(call[0], "{name} {path}")
    options = [form, template] if form == "--format" else [form] if form else []
    result = run("--vault", nasty, "--today", DAY, *call, *options)
    assert result.exit_code == 0
    assert result.stdout
    assert not set(result.stdout.replace("\r\n", "\n") if form == "--csv" else result.stdout) & RAW
    assert not set(result.stderr) & RAW


@pytest.mark.parametrize("who", NASTY)
@pytest.mark.parametrize("form", ["", "--json"])
@pytest.mark.parametrize("command", ["show", "brief", "why", "playbook"])
def test_nothing_raw_gets_out_about_one_customer(
    command: str, form: str, who: str, nasty: Path, run: Run
) -> None:
    result = run("--vault", nasty, "--today", DAY, command, who, *([form] if form else []))
    assert result.exit_code == 0
    assert result.output
    assert not set(result.output) & RAW


@pytest.mark.parametrize(
    "call",
    [
        [],
        ["--json"],
        ["stats"],
        ["plan"],
        ["budget"],
        ["tiers", "--all"],
        ["review"],
        ["review", "--year", "2026"],
        *(["review", name] for name in REVIEWED),
        ["check"],
        ["digest"],
        ["digest", "--markdown"],
        ["digest", "--email"],
    ],
    ids=" ".join,
)
def test_nothing_raw_gets_out_about_the_vault(call: list[str], nasty: Path, run: Run) -> None:
    result = run("--vault", nasty, "--today", DAY, *call)
    assert result.exit_code == 0
    assert result.output
    assert not set(result.output.replace("\r\n", "\n")) & RAW


def test_every_raw_sign_is_filtered() -> None:
    assert all(for_terminal(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b" for sign in RAW)
    assert all(json.loads(for_json(json.dumps(sign, ensure_ascii=False))) == sign for sign in RAW)
    assert not set(for_json("".join(RAW))) & RAW


def test_json_and_csv_survive_a_round_trip(nasty: Path, run: Run) -> None:
    rows = json.loads(run("--vault", nasty, "--today", DAY, "list", "--json").stdout)
    names = {row["id"]: row["name"] for row in rows}
    assert names["escapes"] == "\x1b[31mred\x1b]0;title\x07"
    assert names["bidi"] == "\u202eevil\u2066x"
    assert names["quotes"] == '""a, ""b""; c'
    assert len(names["long"]) == 200
    read = csv.DictReader(
        io.StringIO(run("--vault", nasty, "--today", DAY, "list", "--csv").stdout, newline="")
    )
    for row in read:
        clean = "".join("�" if char in RAW else char for char in names[row["id"]])
        assert from_csv(row["name"]) == clean
        assert row["phones"] == "+48 600 100 200; +49 30 1" or row["phones"][:1] == "'"
        assert not row["name"].startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("columns", ["60", "100", "200"])
def test_columns_stay_in_line(columns: str, nasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, where names are cut; each state begins where the title does."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("ptcrm.cli.output.sys", Terminal())
    call = ["--vault", str(nasty), "--today", DAY, "list", "--columns", "name,state"]
    header, *lines = CliRunner().invoke(cli, call).stdout.splitlines()
    assert len(lines) == len(NASTY)
    at = header.index("STATE")
    for line in lines:
        name, _, state = line.rpartition("  ")
        assert cell_len(name) + 2 == at, line
        assert state in ("ok", "soon", "due", "overdue", "new")
        assert cell_len(line) <= int(columns)


class Terminal:
    """`sys` for a module that asks whether it prints to a terminal."""

    class Stdout:
        def isatty(self) -> bool:
            return True

    stdout = Stdout()


CELLS = [
    "plain",
    "a\tb\nc",
    "=1+1",
    "+48 600 100 200",
    "+1+1",
    "-",
    "'=x",
    "",
    '東京, "x"',
    "\x1b[31m",
    None,
    7,
    -7,
]


def test_cells(golden: Golden) -> None:
    rows = [{"a": value, "b": [value, "x"], "=c": True} for value in CELLS]
    written = as_csv(["a", "b", "=c"], rows)
    assert all(line.endswith("\r\n") for line in written.splitlines(keepends=True) if '"' not in line)
    golden("cells.csv", written)
    golden("cells.tsv", as_tsv(["a", "b", "=c"], rows))
    for cells in csv.reader(io.StringIO(written, newline="")):
        assert len(cells) == 3
        assert not cells[0].startswith(("=", "@", "\t"))


def test_several_phones_are_no_formula_and_a_formula_among_them_is_one() -> None:
    phones = ["+48 600 100 200", "+49 30 2312 5110"]
    assert as_csv(["p"], [{"p": phones}]) == "p\r\n+48 600 100 200; +49 30 2312 5110\r\n"
    assert as_csv(["p"], [{"p": [phones[0], "x|y"]}]) == "p\r\n'+48 600 100 200; x|y\r\n"


# Pipes, pagers, editors


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "ptcrm", "--vault", str(SAMPLE), "--today", DAY, *words]


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
@pytest.mark.parametrize(
    "words", [["list", "--json"], ["agenda", "--weeks", "500"], ["timeline", "--all"], ["due"]]
)
def test_a_closed_pipe_ends_it_without_a_word(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(command(*words), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (process.returncode, [line for line in process.stderr.splitlines() if b"more" not in line]) == (
        141,
        [],
    )


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not there")
def test_jq_reads_it() -> None:
    line = f"{shlex.join(command('list', '--json'))} | jq -r '.[] | select(.tier == \"gold\") | .id'"
    shown = subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
    assert "jan-nowak" in shown.split()


@pytest.mark.skipif(shutil.which("xargs") is None, reason="xargs is not there")
def test_ids_go_on_to_other_commands() -> None:
    line = f"{shlex.join(command('list', 'tier:gold', '--ids'))} | xargs -n1 {shlex.join(command('show'))}"
    shown = subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
    assert "Jan Nowak\njan-nowak, customers/trade/jan-nowak.md\n" in shown
    assert shown.count("last contact") == 8


def test_the_columns_of_customers_are_the_fields_that_files_may_have() -> None:
    assert list(CUSTOMER_FIELDS) == [field.name for field in FIELDS]
    assert [name for name, shape in CUSTOMER_FIELDS.items() if shape is TEXTS] == [
        field.name for field in FIELDS if field.many
    ]


def test_a_vault_of_many_is_read_by_csv(tmp_path: Path, run: Run) -> None:
    count = 150
    generate(tmp_path, count)
    shown = run("--vault", tmp_path, "--today", TODAY, "list", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(shown, newline="")))
    assert len(rows) == count
    assert set(CUSTOMER) <= rows[0].keys()
    assert {row["phones"] for row in rows} >= {"+44 7700 900007 ext. 0"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PTCRM_PAGER": "most -s", "PAGER": "more"}, ["most", "-s"]),
        ({"PAGER": "less -R"}, ["less", "-R"]),
        ({"PTCRM_PAGER": "", "PAGER": "more"}, []),
        ({"PAGER": ""}, []),
        ({"PAGER": "cat"}, []),
        ({"PAGER": "less '"}, []),
        ({"TERM": "dumb", "PAGER": "more"}, []),
    ],
)
def test_which_pager(environment: dict[str, str], expected: list[str]) -> None:
    assert pager_of(environment) == expected


def test_less_is_the_pager_if_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert pager_of({}) == ["less", "-FRX"]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert pager_of({}) == []


def on_terminal(words: list[str], pager: str, columns: int = 80) -> tuple[str, int]:
    """What a terminal of 24 lines shows, and the exit code."""
    import fcntl
    import pty
    import struct
    import termios

    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "PTCRM_PAGER": pager, "TERM": "xterm"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environment.pop(name, None)
    process = subprocess.Popen(
        words,
        stdin=writing,
        stdout=writing,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    os.close(writing)
    shown = b""
    while True:
        try:
            part = os.read(reading, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(reading)
    return shown.decode().replace("\r\n", "\n"), process.wait()


terminal = pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="it needs a terminal of POSIX")


@terminal
def test_a_pager_gets_what_is_long_and_the_terminal_the_rest(tmp_path: Path) -> None:
    mark = tmp_path / "pager"
    mark.write_text("#!/bin/sh\necho PAGED\ncat\n")
    mark.chmod(0o755)
    long, code = on_terminal(command("list"), str(mark))
    assert (long.startswith("PAGED\nID "), long.count("\n"), code) == (True, 51, 0)
    short, code = on_terminal(command("list", "tier:gold"), str(mark))
    assert (short.startswith("ID "), "PAGED" in short, code) == (True, False, 0)
    short, code = on_terminal(command("--no-pager", "list"), str(mark))
    assert "PAGED" not in short
    assert "\x1b[31m" in long


@terminal
@pytest.mark.parametrize("pager", ["true", "head -n 2", "no-such-pager-anywhere", "false", ""])
def test_a_pager_that_ends_early_or_is_missing_is_no_error(pager: str) -> None:
    shown, code = on_terminal(command("list"), pager)
    assert code == 0
    lines = {"true": 0, "false": 0, "head -n 2": 2}.get(pager, 50)
    assert shown.count("\n") == lines


@terminal
def test_a_pager_that_reads_nothing_of_much_is_no_error() -> None:
    assert on_terminal(command("timeline", "--all", "--json"), "true") == ("", 0)


@terminal
def test_a_narrow_terminal_cuts() -> None:
    """First the words beside days go, then what is too long."""
    wide, medium, narrow = (on_terminal(command("list"), "", columns)[0] for columns in (140, 110, 80))
    assert "in 3 days" in wide
    for shown, columns, is_cut in ((wide, 140, False), (medium, 110, False), (narrow, 80, True)):
        plain = re.sub("\x1b\\[[0-9]*m", "", shown)
        assert max(map(cell_len, plain.splitlines())) <= columns
        assert ("…" in plain) == is_cut
    assert "in 3 days" not in medium + narrow


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that notes which files it was given."""
    if os.name == "nt":
        pytest.skip("the editor is a shell's script")
    note = tmp_path / "opened"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {note}\n')
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(script))
    return note


def test_open_opens_each_file_once(editor: Path, run: Run) -> None:
    assert run("--vault", SAMPLE, "--today", DAY, "timeline", "tier:gold", "--open").exit_code == 0
    opened = [Path(line).relative_to(SAMPLE).as_posix() for line in editor.read_text().splitlines()]
    gold = [row["path"] for row in json.loads(answer(run, "list", "tier:gold", "--json"))]
    assert sorted(opened) == sorted(gold)


def test_open_refuses_many_and_none(editor: Path, run: Run) -> None:
    assert "these are 49 files, and 20 are opened at most" in refused(run, "list", "--open")
    result = run("--vault", SAMPLE, "--today", DAY, "list", "name:nobody", "--open")
    assert (result.exit_code, result.stderr) == (3, "ptcrm: There is nothing to open.\n")
    assert not editor.exists()


def test_open_says_what_is_wrong_afterwards(sample: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/tier/teir/")
    result = run("--vault", sample, "--today", DAY, "list", "id:jan-nowak", "--open")
    assert "PT101: “teir” means nothing here" in result.stdout


def test_open_without_an_editor_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    result = run("--vault", SAMPLE, "--today", DAY, "list", "id:jan-nowak", "--open")
    assert result.exit_code == 4
    assert "Set EDITOR" in result.stderr


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN)
def test_json_is_set_as_json_dumps_sets_it(value: object) -> None:
    assert indented(value) == json.dumps(value, ensure_ascii=False, indent=2)
