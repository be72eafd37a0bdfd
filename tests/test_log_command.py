"""`ptcrm log` for several people, for a group, and with text of several lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ptcrm.cli import log
from ptcrm.errors import RefusedError
from ptcrm.model.change import Operation
from ptcrm.workspace import Workspace
from tests.conftest import DAY, MakeVault, Run

ENTRY = f"- {DAY} event: Evening"


def named(name: str, rest: str = "") -> str:
    return f"---\nname: {name}\n{rest}---\n"


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault(
        {
            "anna": named("Anna Kowalska", "tags: [club]\n"),
            "jan": named("Jan Nowak", "tags: [club]\n"),
            "jan-maly": named("Jan Mały"),
            "van": named("van der Meer, Joost"),
            "no,comma": named("Zoe"),
            "quiet": named("Quiet One", "tags: [club]\ndo_not_contact: true\n"),
        }
    )


def written(vault: Path) -> set[str]:
    return {path.stem for path in vault.rglob("*.md") if "event:" in path.read_text(encoding="utf-8")}


@pytest.mark.parametrize(
    ("words", "stems"),
    [
        (["anna,jan", "event: Evening"], {"anna", "jan"}),
        (["anna, jan", "event: Evening"], {"anna", "jan"}),
        (["anna,", "jan", "event: Evening"], {"anna", "jan"}),
        (["anna", ",", "jan", "event: Evening"], {"anna"}),
        (["jan", "nowak,", "anna", "event:", "Evening"], {"anna", "jan"}),
        (["anna,jan", "nowak", "event:", "Evening"], {"anna", "jan"}),
        (["jan", "nowak,anna", "kowalska", "event:", "Evening"], {"anna", "jan"}),
        (["Anna Kowalska, Jan Nowak", "event: Evening"], {"anna", "jan"}),
        (["anna,anna kowalska,ANNA", "event: Evening"], {"anna"}),
        (["anna,,jan", "event: Evening"], {"anna", "jan"}),
        (["van der Meer, Joost", "event: Evening"], {"van"}),
        (["van", "der", "Meer,", "Joost", "event: Evening"], {"van"}),
        (["meer, joost", "event: Evening"], {"van"}),
        (["van der meer, anna", "event: Evening"], {"van", "anna"}),
        (["van", "der", "meer,", "anna", "event: Evening"], {"van", "anna"}),
        (["anna,meer, joost,jan", "event: Evening"], {"anna", "van", "jan"}),
        (["no,comma", "event: Evening"], {"no,comma"}),
        (["anna", "event: Evening, with cake"], {"anna"}),
        (["jan", "nowak", "event:", "Evening,", "anna", "too"], {"jan"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_who_is_meant(words: list[str], stems: set[str], vault: Path, run: Run) -> None:
    if words[1] == ",":  # a comma that stands alone belongs to the text
        assert run("--vault", vault, "--today", DAY, "log", *words).exit_code == 0
        assert "- 2026-11-23: , jan event: Evening" in (vault / "customers" / "anna.md").read_text()
        return
    before = {path: path.read_bytes() for path in vault.rglob("*.md")}
    result = run("--vault", vault, "--today", DAY, "log", *words)
    assert result.exit_code == 0, result.stderr
    assert written(vault) == stems
    for path in vault.rglob("*.md"):
        assert path.read_text(encoding="utf-8").count("event:") == (path.stem in stems)
    assert run("--vault", vault, "undo").exit_code == 0
    assert before == {path: path.read_bytes() for path in vault.rglob("*.md")}


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["anna,nobody", "event: x"], 3, "Nobody here answers to “nobody”"),
        (["nobody,anna", "event: x"], 3, "Nobody here answers to “nobody”"),
        (["anna,j", "event: x"], 3, "“j” may mean 3"),
        (["anna,annna", "event: x"], 3, "Did you mean"),
        (["anna,", "event: x"], 3, "“event: x”"),
        ([",", "event: x"], 3, "“event: x”"),
        ([","], 2, "Nobody is named"),
        (["anna,jan-maly"], 2, "TEXT"),
        (["anna,jan-maly", "cal: x"], 2, "“cal” is no channel"),
        (["anna,jan-maly", ""], 2, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_one_that_is_wrong_refuses_all(words: list[str], code: int, why: str, vault: Path, run: Run) -> None:
    before = {path: path.read_bytes() for path in vault.rglob("*") if path.is_file()}
    result = run("--vault", vault, "--today", DAY, "log", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert why in result.stderr
    if code == 3:
        assert "Nothing was written" in result.stderr
    assert before == {path: path.read_bytes() for path in vault.rglob("*") if path.is_file()}


def test_a_file_that_cannot_be_written_refuses_all(vault: Path, run: Run) -> None:
    fence = named("Fence") + "\n```\nopen\n"
    (vault / "customers" / "fence.md").write_text(fence, encoding="utf-8")
    result = run("--vault", vault, "--today", DAY, "log", "anna,fence", "event: Evening")
    assert result.exit_code == 4
    assert "customers/fence.md" in result.stderr
    assert written(vault) == set()


def test_several_are_said_and_undone_as_one(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "--today", DAY, "log", "jan-maly,anna", "event: Evening")
    assert result.stdout == (
        f"In the logs of 2 customers: {DAY} event: Evening\n"
        "  Jan Mały       customers/jan-maly.md\n"
        "  Anna Kowalska  customers/anna.md\n"
    )
    listed = run("--vault", vault, "undo", "--list").stdout
    assert listed == f"  1  {DAY}  log jan-maly, anna event: Evening\n"


# Groups


def test_a_group_is_everybody_whom_the_query_finds_but_who_is_not_to_be_contacted(
    vault: Path, run: Run
) -> None:
    result = run("--vault", vault, "--today", DAY, "log", "--group", "tag:club", "event:", "Evening")
    assert result.exit_code == 0
    assert written(vault) == {"anna", "jan"}
    assert "In the logs of 2 customers" in result.stdout
    assert "Jan Nowak" in result.stdout
    assert "Left out, since they are not to be contacted: Quiet One" in result.stderr
    assert run("--vault", vault, "--today", DAY, "log", "quiet", "event: She came by").exit_code == 0
    assert "quiet" in written(vault)


@pytest.mark.parametrize(
    ("query", "code"),
    [("", 2), ("  ", 2), ("tag:", 2), ("tga:club", 2), ("tag:none", 3), ("id:quiet", 3), ("(tag:club", 2)],
)
def test_a_query_that_means_nobody_is_refused(query: str, code: int, vault: Path, run: Run) -> None:
    result = run("--vault", vault, "--today", DAY, "log", "--group", query, "event: Evening")
    assert (result.exit_code, result.stdout) == (code, "")
    assert written(vault) == set()


def test_a_group_may_be_a_negation_and_a_dry_run_shows_the_difference(vault: Path, run: Run) -> None:
    words = ["log", "--group", "-tag:club", "event: Evening", "--dry-run"]
    result = run("--vault", vault, "--today", DAY, *words)
    assert result.exit_code == 0
    assert result.stdout.count(f"+{ENTRY}") == 3
    assert written(vault) == set()


# Several lines


FILES = {
    "plain": "## Log\n\n- 2026-11-02 call: x\n",
    "stars": "## Log\n\n* 2026-11-02 call: x\n* 2026-10-02 call: y\n",
    "below": "## Log\n\n- 2026-10-02 call: y\n- 2026-11-02 call: x",
    "tabs": "## Log\n\n-\t2026-11-02 call: x\n",
    "indented": "## Log\n\n  - 2026-11-02 call: x\n",
    "none": "Prose\n",
    "empty": "## Log\n",
    "empty before": "## Log\n## Other\n\ntext\n",
}
TEXTS = [
    "call: one\ntwo",
    "call: one\n\ntwo\n  three",
    "call:\nbelow",
    "one\n- a\n  - b\n- c\n1. d",
    "one\n#tag\n[cost:: 4 EUR]",
    "one\n> quoted\n# heading",
    "one\n```\ncode\n```",
    "one\n2026-11-01 call: no entry",
    "one\n\n- 2026-11-01 call: no entry",
]


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", FILES)
def test_lines_after_the_first_belong_to_the_entry(
    name: str, text: str, eol: str, make_vault: MakeVault, run: Run
) -> None:
    """Whatever the log looks like, the entry reads back as it was given; or it is refused."""
    body = f"---\nname: Anna\n---\n\n{FILES[name]}".replace("\n", eol)
    vault = make_vault({"anna": body})
    result = run("--vault", vault, "--today", DAY, "log", "anna", "-", text=text + "\n")
    assert result.exit_code == 0, result.stderr
    content = (vault / "customers" / "anna.md").read_bytes().decode()
    assert content.count("\r\n") == (content.count("\n") if eol == "\r\n" else 0)
    entries = json.loads(run("--vault", vault, "--today", DAY, "show", "anna", "--json").stdout)["log"]
    (new,) = [one for one in entries if one["date"] == DAY]
    assert new["text"] == text.removeprefix("call:").strip()
    assert len(entries) == 1 + FILES[name].count(" call: ")


def test_no_text_on_standard_input(vault: Path, run: Run) -> None:
    for text in ("", "\n \n"):
        result = run("--vault", vault, "--today", DAY, "log", "anna", "-", text=text)
        assert result.exit_code == 2
        assert "Nothing came on standard input" in result.stderr


def test_a_follow_up_is_no_part_of_an_entry(vault: Path, run: Run) -> None:
    text = "call: x\n- [ ] 2026-12-01 call: y\n"
    result = run("--vault", vault, "--today", DAY, "log", "anna", "-", text=text)
    assert result.exit_code == 2
    assert "“- [ ] 2026-12-01 call: y” is a follow-up" in result.stderr


# A file that somebody saves in the very moment


@pytest.fixture
def saved_meanwhile(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor saves Anna's file just before the first attempt to write it."""
    apply, times = Workspace.apply, iter([True])

    def late(workspace: Workspace, operation: Operation, *, undoes: int | None = None) -> None:
        if next(times, False):
            path = vault / "customers" / "anna.md"
            path.write_text(path.read_text(encoding="utf-8") + "\nSaved meanwhile.\n", encoding="utf-8")
        apply(workspace, operation, undoes=undoes)

    monkeypatch.setattr(Workspace, "apply", late)


@pytest.mark.usefixtures("saved_meanwhile")
def test_standard_input_is_read_once(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "--today", DAY, "log", "anna,jan", "-", text="event: Evening\nlong\n")
    assert result.exit_code == 0, result.stderr
    assert written(vault) == {"anna", "jan"}
    assert "Saved meanwhile." in (vault / "customers" / "anna.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("saved_meanwhile")
def test_the_editor_opens_once(
    vault: Path, run: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def edit(*, filename: list[str], editor: str | None) -> None:
        assert editor is None
        opened.extend(filename)
        Path(filename[0]).write_text("event: Evening\n%% comment\n", encoding="utf-8")

    monkeypatch.setattr("click.edit", edit)
    monkeypatch.setattr(log, "is_terminal", lambda: True)
    result = run("--vault", vault, "--today", DAY, "log", "anna")
    assert result.exit_code == 0, result.stderr
    assert len(opened) == 1
    assert written(vault) == {"anna"}
    assert list((own_home / "ptcrm" / "drafts").iterdir()) == []


def test_a_text_is_kept_when_the_vault_cannot_be_written(
    vault: Path, run: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RefusedError("the disk is full. Nothing was written.")

    monkeypatch.setattr(
        "click.edit", lambda filename, **_: Path(filename[0]).write_text("call: x\n", encoding="utf-8")
    )
    monkeypatch.setattr(log, "is_terminal", lambda: True)
    monkeypatch.setattr(Workspace, "apply", refuse)
    result = run("--vault", vault, "--today", DAY, "log", "anna")
    assert result.exit_code == 4
    (kept,) = (own_home / "ptcrm" / "drafts").iterdir()
    assert kept.read_text(encoding="utf-8") == "call: x\n"
    assert result.stderr.splitlines()[-2:] == [
        "ptcrm: the disk is full. Nothing was written.",
        f"ptcrm: your text is kept in {kept}",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("22.11.2026 call: x", "--date"),
        ("22/11/2026 saw him", "--date"),
        ("2026-1-2 call: x", "--date"),
        ("22.11. call: x", "“22.11.” would become text"),
        ("yesterday call: x", "--date, and begin with call: x"),
        ("2 days ago 14:30 call (in): x", "“2 days ago” would become text"),
        ("on friday cal: x", "“friday” would become text"),
        ("yesterday 9.30 call: x", "“yesterday” would become text"),
        ("9:5 call: x", "“9:5” is no time of day: write HH:MM"),
        ("14.30 call: x", "write HH:MM"),
        ("9am call: x", "write HH:MM"),
        ("call (in", "Write call (in): …"),
        ("call (in: x", "Write call (in): …"),
    ],
)
def test_a_slip_never_becomes_text(text: str, why: str, vault: Path, run: Run) -> None:
    for words in (
        ["log", "anna", text],
        ["log", "anna", *text.split()],
        ["log", "--group", "tag:club", text],
    ):
        result = run("--vault", vault, "--today", DAY, *words)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        assert why in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "May was busy",
        "today: x",
        "phone: x",
        "Two visit: x",
        "3.5 bikes sold",
        "call (in) Asked",
        "visit (the shop: closed) was fine",
        "next monday we meet: call him",
        "9:5 was the score",
    ],
)
def test_plain_words_stay_text(text: str, vault: Path, run: Run) -> None:
    result = run("--vault", vault, "--today", DAY, "log", "anna", text)
    assert (result.exit_code, result.stdout) == (0, f"customers/anna.md: {DAY}: {text}\n")


@pytest.mark.parametrize(
    "words",
    [
        ["anna", "event: x"],
        ["anna event: x"],
        ["Anna", "Kowalska", "event:", "x"],
        ["anna,", "jan", "event: x"],
        ["anna", "Came to the evening"],
    ],
)
def test_a_name_beside_a_group_is_refused(words: list[str], vault: Path, run: Run) -> None:
    result = run("--vault", vault, "--today", DAY, "log", "--group", "tag:club", *words)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert "--group stands in the place of WHO, so “" in result.stderr
    assert written(vault) == set()


@pytest.mark.parametrize("words", [["Big", "event:", "Evening"], ["Anna showed the new event hall"]])
def test_other_words_beside_a_group_are_text(words: list[str], vault: Path, run: Run) -> None:
    assert run("--vault", vault, "--today", DAY, "log", "--group", "tag:club", *words).exit_code == 0


def test_done_knows_the_slips_of_log(make_vault: MakeVault, run: Run) -> None:
    due = named("Anna") + "\n- [ ] 2026-11-20 call: Ask\n"
    vault = make_vault({"anna": due}, name="due")
    for text, why in [
        ("cal: x", "Did you mean “call”?"),
        ("yesterday call: x", "--date"),
        ("call (in", "bracket"),
    ]:
        result = run("--vault", vault, "--today", DAY, "done", "anna", "--log", text)
        assert (result.exit_code, result.stdout) == (2, "")
        assert why in result.stderr
    shown = run("--vault", vault, "--today", DAY, "done", "anna", "--log", "Fine: all well").stdout
    assert shown == (
        f"customers/anna.md: done {DAY}: call: Ask (it was for 2026-11-20)\n"
        f"customers/anna.md: {DAY} call: Fine: all well\n"
    )


def test_done_closes_nothing_that_lies_ahead_without_its_number(make_vault: MakeVault, run: Run) -> None:
    ahead = "- [ ] 2027-01-20 meeting: Contract\n"
    vault = make_vault(
        {
            "ahead": named("Ahead") + ahead,
            "both": named("Both") + f"{ahead}- [ ] {DAY} call: Today\n",
            "two": named("Two") + f"- [ ] 2026-11-01 call: Old\n- [ ] {DAY} call: Today\n",
        },
        name="ahead",
    )

    def done(*words: str) -> tuple[int, str]:
        result = run("--vault", vault, "--today", DAY, "done", *words)
        return result.exit_code, result.output

    message = 'Say which one is done: ptcrm done ahead 1, or note a contact: ptcrm log ahead "visit: …"'
    listed = "  1  2027-01-20  meeting: Contract"
    assert done("ahead") == (3, f"ptcrm: Nothing is due yet. {message}\n{listed}\n")
    assert done("ahead", "1") == (
        0,
        f"customers/ahead.md: done {DAY}: meeting: Contract (it was for 2027-01-20)\n",
    )
    assert done("both") == (0, f"customers/both.md: done {DAY}: call: Today\n")
    assert done("two")[0] == 3


def test_a_follow_up_is_moved(make_vault: MakeVault, run: Run) -> None:
    vault = make_vault(
        {
            "one": named("One") + "- [ ] 2027-01-20 14:00 meeting: Contract [every:: 1 year]\n",
            "due": named("Due") + f"- [ ] 2027-01-20 meeting: Contract\n- [ ] {DAY} call: Today\n",
            "two": named("Two") + f"- [ ] 2026-11-01 call: Old\n- [ ] {DAY} call: Today\n",
            "told": named("Told") + "- [ ] 2026-11-20 feedback: It squeaks\n",
            "none": named("None"),
        },
        name="one",
    )

    def move(*words: str) -> tuple[int, str]:
        result = run("--vault", vault, "--today", DAY, "move", *words)
        return result.exit_code, result.output

    meeting = "meeting: Contract (it was for 2027-01-20)"
    assert move("one", "+1w") == (0, f"customers/one.md: 2026-11-30 {meeting}\n")
    text = (vault / "customers/one.md").read_text(encoding="utf-8")
    assert text.endswith("- [ ] 2026-11-30 14:00 meeting: Contract [every:: 1 year]\n")
    assert move("due", "tomorrow") == (
        0,
        f"customers/due.md: 2026-11-24 call: Today (it was for {DAY})\n",
    )
    assert move("due", "2", "2027-02-01") == (0, f"customers/due.md: 2027-02-01 {meeting}\n")
    listed = f"  1  2026-11-01  call: Old\n  2  {DAY}  call: Today\n"
    assert move("two", "friday") == (3, f"ptcrm: Say which one is moved: ptcrm move two N DAY\n{listed}")
    assert move("two", "3", "friday") == (3, f"ptcrm: Two has no follow-up 3:\n{listed}")
    assert move("two", "2") == (2, "ptcrm: The day is missing: ptcrm move two 2 DAY\n")
    assert move("two", "2", "today")[0] == move("two", "2", "yesterday")[0] == move("told", "+1w")[0] == 2
    assert move("none", "+1w") == (3, "ptcrm: None has no open follow-up.\n")
