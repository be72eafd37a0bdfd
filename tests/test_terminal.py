"""Questions, lists to choose from and the editor, in a real pseudo-terminal; and none of them without one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("termios")

from rich.cells import cell_len

from tests.conftest import DAY, MakeVault, Run
from tests.terminal import Terminal

ANNA = "---\nname: Anna Kowalska\nrole: owner\nnorms: Ask about the shop first.\n---\n\n## Log\n\n- 2026-11-02 call: The new shop\n"
NOWAK = "---\nname: Anna Nowak\nplaces: [Gdańsk]\n---\n"
JAN = "---\nname: Jan Nowak\n---\n\n- [ ] 2026-12-01 call: The frames\n- [ ] 2026-12-08 email: The price\n"
NUMBER = "words to narrow"


@pytest.fixture
def vault(make_vault: MakeVault) -> Path:
    return make_vault({"anna-k": ANNA, "anna-n": NOWAK, "jan": JAN})


@pytest.fixture
def editor(tmp_path: Path) -> dict[str, str]:
    """An editor that saves `text-1`, then `text-2` … of the test's folder above what it finds, and keeps that."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, subprocess, sys\n"
        f"folder, file = pathlib.Path({str(tmp_path)!r}), pathlib.Path(sys.argv[1])\n"
        "number = len(list(folder.glob('seen-*'))) + 1\n"
        "seen = file.read_bytes()\n"
        "(folder / f'seen-{number}').write_bytes(seen)\n"
        "(folder / 'place').write_text(str(file))\n"
        "text = folder / f'text-{number}'\n"
        "if (folder / 'command').exists():\n"
        "    subprocess.run((folder / 'command').read_text().split('|'), check=True, stdout=subprocess.DEVNULL)\n"
        "if text.exists():\n"
        "    comments = seen[seen.index(b'%%'):]\n"
        "    file.write_bytes(text.read_bytes() + b'\\n' + comments)\n"
        "sys.exit(3 if (folder / 'fails').exists() else 0)\n",
        encoding="utf-8",
    )
    return {"EDITOR": f"{sys.executable} {script}"}


def log_of(vault: Path, stem: str) -> str:
    text = (vault / "customers" / f"{stem}.md").read_text(encoding="utf-8")
    return text.partition("## Log\n\n")[2]


def drafts(home: Path) -> list[Path]:
    return list((home / "ptcrm" / "drafts").glob("*"))


def last_line(terminal: Terminal) -> str:
    return terminal.screen.splitlines()[-1]


# Choosing


def test_pick_prints_the_id_alone(vault: Path) -> None:
    with Terminal(vault, "pick", piped=True) as terminal:
        terminal.expect("1  Anna Kowalska  anna-k  owner")
        terminal.answer(NUMBER, "3")
        assert terminal.ends() == 0
        assert terminal.output() == "jan\n"


def test_words_narrow_the_list(vault: Path) -> None:
    with Terminal(vault, "pick", piped=True) as terminal:
        terminal.answer(NUMBER, "xyz")
        terminal.expect("Nobody in this list fits “xyz”.")
        terminal.answer(NUMBER, "anna")
        terminal.expect("2  Anna Nowak")
        terminal.answer(NUMBER, "gdansk")
        terminal.expect("That is Anna Nowak (anna-n).")
        assert terminal.ends() == 0
        assert terminal.output() == "anna-n\n"


def test_words_that_fit_nobody_left_look_at_all_again(vault: Path) -> None:
    with Terminal(vault, "pick", piped=True) as terminal:
        terminal.answer(NUMBER, "anna")
        terminal.expect("2  Anna Nowak")
        terminal.answer(NUMBER, "jan")
        assert terminal.ends() == 0
        assert terminal.output() == "jan\n"


@pytest.mark.parametrize("keys", ["\n", "\x04"])
def test_nobody_may_be_chosen(keys: str, vault: Path) -> None:
    with Terminal(vault, "pick", piped=True) as terminal:
        terminal.expect(NUMBER)
        terminal.type(keys)
        terminal.expect("Nobody was chosen.")
        assert terminal.ends() == 3
        assert terminal.output() == ""


def test_ctrl_c_ends_a_question(vault: Path) -> None:
    with Terminal(vault, "log", "anna", "call: Hello") as terminal:
        terminal.expect(NUMBER)
        terminal.interrupt()
        assert terminal.ends() == 1
        assert "Traceback" not in terminal.screen
    assert "Hello" not in log_of(vault, "anna-k")


def test_a_number_that_is_not_there_is_asked_again(vault: Path) -> None:
    with Terminal(vault, "show", "anna") as terminal:
        terminal.expect("“anna” may mean 2 customers:")
        terminal.answer(NUMBER, "7")
        terminal.expect("Nobody in this list fits “7”.")
        terminal.answer(NUMBER, "2")
        terminal.expect("anna-n, customers/anna-n.md")
        assert terminal.ends() == 0


@pytest.mark.parametrize("command", ["show", "brief", "why", "playbook", "edit", "done", "log"])
def test_a_missing_who_is_asked_for(command: str, vault: Path, editor: dict[str, str]) -> None:
    with Terminal(vault, command, env=editor) as terminal:
        terminal.expect("Who is meant?")
        terminal.answer(NUMBER, "1")
        code = terminal.ends()
        assert "Traceback" not in terminal.screen
    assert code == {"done": 3, "log": 4}.get(command, 0)  # nothing is open; the editor wrote nothing


@pytest.mark.parametrize(
    "words",
    [
        ["log", "anna", "call: Hello"],
        ["set", "anna", "tags", "x"],
        ["snooze", "anna", "+1w"],
        ["rename", "anna", "ania"],
    ],
    ids=lambda words: words[0],
)
def test_commands_that_write_ask_who_is_meant(words: list[str], vault: Path) -> None:
    before = (vault / "customers" / "anna-k.md").read_bytes()
    with Terminal(vault, *words) as terminal:
        terminal.answer(NUMBER, "2")
        assert terminal.ends() == 0
    assert (vault / "customers" / "anna-k.md").read_bytes() == before
    changed = vault / "customers" / ("ania.md" if words[0] == "rename" else "anna-n.md")
    assert changed.read_text(encoding="utf-8") != NOWAK


def test_done_asks_which_one(vault: Path) -> None:
    with Terminal(vault, "done", "jan") as terminal:
        terminal.expect("Which one is done?")
        terminal.answer("Number or name", "2")
        assert terminal.ends() == 0
    assert "- [x] 2026-12-08 email" in (vault / "customers" / "jan.md").read_text(encoding="utf-8")


def test_what_was_chosen_is_not_asked_twice_when_a_file_is_saved_meanwhile(vault: Path) -> None:
    """While the list stands there, somebody adds a follow-up above: the one chosen is closed, not the number."""
    jan = vault / "customers" / "jan.md"
    with Terminal(vault, "done", "jan") as terminal:
        terminal.expect("Number or name")
        jan.write_text(JAN.replace("---\n\n", "---\n\n- [ ] 2026-11-30 call: Before all\n"), encoding="utf-8")
        terminal.type("1\n")
        assert terminal.ends() == 0
    assert "- [x] 2026-12-01 call: The frames" in jan.read_text(encoding="utf-8")
    assert "- [ ] 2026-11-30" in jan.read_text(encoding="utf-8")


def test_names_cannot_move_the_cursor_or_break_the_list(make_vault: MakeVault) -> None:
    hostile = f'---\nname: "Anna \\e[2J\\u202e{"漢" * 60}"\n---\n'
    vault = make_vault({"anna-k": hostile, "anna-n": NOWAK, "anna-w": f"---\nname: Anna {'w' * 200}\n---\n"})
    with Terminal(vault, "show", "anna") as terminal:
        terminal.answer(NUMBER, "")
        assert terminal.ends() == 3
    assert "\x1b" not in terminal.screen
    assert "\u202e" not in terminal.screen
    assert all(cell_len(line) < 80 for line in terminal.screen.splitlines())


def test_a_long_list_is_cut_and_narrowed(make_vault: MakeVault) -> None:
    vault = make_vault({f"c{number:03}": f"---\nname: Customer {number:03}\n---\n" for number in range(120)})
    with Terminal(vault, "pick", piped=True) as terminal:
        terminal.expect("20  Customer 019")
        terminal.expect("and 100 others")
        terminal.answer(NUMBER, "21")
        terminal.expect("1  Customer 021  c021")  # a number that is not shown chooses nobody
        terminal.answer(NUMBER, "1")
        assert terminal.ends() == 0
        assert terminal.output() == "c021\n"


@pytest.mark.parametrize("command", ["show", "brief", "why", "playbook", "edit", "done", "log"])
def test_without_a_terminal_nothing_is_asked(command: str, vault: Path, run: Run) -> None:
    result = run("--vault", vault, "--today", DAY, command, text="1\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Missing argument" in result.stderr
    result = run("--vault", vault, "--today", DAY, command, "anna", text="1\n")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "may mean 2 customers; name one by the id or the file's name" in result.stderr


def test_pick_without_a_terminal(vault: Path, run: Run) -> None:
    result = run("--vault", vault, "pick", "name:anna", text="1\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "2 customers are meant" in result.stderr
    assert run("--vault", vault, "pick", "name:jan").stdout == "jan\n"
    assert run("--vault", vault, "pick", "name:nobody-at-all").exit_code == 3
    assert run("--vault", vault, "pick", "tier:").exit_code == 2


def test_pick_in_an_empty_vault(make_vault: MakeVault, run: Run) -> None:
    result = run("--vault", make_vault({}), "pick")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "ptcrm add" in result.stderr


# The editor


def test_the_editor_writes_an_entry_of_several_lines(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    text = "call (value): Sent the offer\n#tag at the start of a line\n\n- one\n- two\n"
    (tmp_path / "text-1").write_text(text, encoding="utf-8")
    with Terminal(vault, "log", "anna-k", "--date", "yesterday", env=editor) as terminal:
        assert terminal.ends() == 0
    wanted = "- 2026-11-22 call (value): Sent the offer\n  #tag at the start of a line\n\n  - one\n  - two\n"
    assert log_of(vault, "anna-k") == f"{wanted}- 2026-11-02 call: The new shop\n"
    seen = (tmp_path / "seen-1").read_text(encoding="utf-8")
    assert all(not line or line.startswith("%%") for line in seen.splitlines())
    assert "Sunday 22 November 2026: Anna Kowalska (anna-k)" in seen
    assert "2026-11-02 call: The new shop" in seen
    assert "Channels: contact, call, email" in seen
    assert drafts(own_home) == []


@pytest.mark.parametrize("text", [None, "", "\n \n%% call: No text\n"])
def test_an_empty_text_writes_nothing(
    text: str | None, vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    if text is not None:
        (tmp_path / "text-1").write_text(text, encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        terminal.expect("There is no text. Nothing was written.")
        assert terminal.ends() == 4
    assert log_of(vault, "anna-k") == "- 2026-11-02 call: The new shop\n"
    assert drafts(own_home) == []


def test_a_mistake_opens_the_editor_again(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    (tmp_path / "text-1").write_text("cal: Hello\nand more", encoding="utf-8")
    (tmp_path / "text-2").write_text("call: Hello\nand more", encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        terminal.expect("“cal” is no channel")
        terminal.answer("Correct it in the editor?", "")
        assert terminal.ends() == 0
    again = (tmp_path / "seen-2").read_text(encoding="utf-8")
    assert again.startswith("cal: Hello\nand more\n\n%% NOT WRITTEN: “cal” is no channel")
    assert log_of(vault, "anna-k").startswith(f"- {DAY} call: Hello\n  and more\n")
    assert drafts(own_home) == []


def test_a_text_that_is_not_corrected_is_kept_and_can_be_given_again(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path, run: Run
) -> None:
    (tmp_path / "text-1").write_text("cal: Hello\nand more", encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        terminal.answer("Correct it in the editor?", "n")
        assert terminal.ends() == 4
    (kept,) = drafts(own_home)
    assert last_line(terminal) == f"ptcrm: your text is kept in {kept}"
    assert kept.read_text(encoding="utf-8") == "cal: Hello\nand more\n"
    assert kept.stat().st_mode & 0o77 == 0
    corrected = kept.read_text(encoding="utf-8").replace("cal:", "call:")
    assert run("--vault", vault, "--today", DAY, "log", "anna-k", "-", text=corrected).exit_code == 0
    assert log_of(vault, "anna-k").startswith(f"- {DAY} call: Hello\n  and more\n")


def test_ctrl_c_at_the_question_loses_no_text(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    (tmp_path / "text-1").write_text("cal: Hello", encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        terminal.expect("Correct it in the editor?")
        terminal.interrupt()
        assert terminal.ends() == 1
    assert last_line(terminal) == f"ptcrm: your text is kept in {drafts(own_home)[0]}"
    assert [one.read_text(encoding="utf-8") for one in drafts(own_home)] == ["cal: Hello\n"]


@pytest.mark.parametrize("text", ["- [ ] 2026-12-01 call: Again", "# A heading", "```\nfence"])
def test_lines_that_would_not_be_of_the_entry_are_refused_and_kept(
    text: str, vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    (tmp_path / "text-1").write_text(f"call: Hello\n{text}\n", encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        code = 0
        if text.startswith("- [ ]"):
            terminal.expect("is a follow-up")
            terminal.answer("Correct it in the editor?", "n")
            code = 4
        assert terminal.ends() == code
    assert len(drafts(own_home)) == (1 if code else 0)


def test_an_editor_that_fails_loses_no_text(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    (tmp_path / "text-1").write_text("call: Hello", encoding="utf-8")
    (tmp_path / "fails").touch()
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        assert terminal.ends() == 4
    assert last_line(terminal) == f"ptcrm: your text is kept in {drafts(own_home)[0]}"
    assert "Editing failed" in terminal.screen
    assert "Set EDITOR" not in terminal.screen
    assert [one.read_text(encoding="utf-8") for one in drafts(own_home)] == ["call: Hello\n"]
    assert log_of(vault, "anna-k") == "- 2026-11-02 call: The new shop\n"


def test_a_text_that_is_not_utf8_is_kept(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    (tmp_path / "text-1").write_bytes("call: Grüße".encode("latin-1"))
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        terminal.expect("not valid UTF-8")
        assert terminal.ends() == 2
    (kept,) = drafts(own_home)
    assert kept.read_bytes().startswith("call: Grüße".encode("latin-1"))


def test_an_editor_that_takes_the_file_away(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    """What it had been given is there again; if that was nothing, nothing is said to be kept."""
    takes = {"EDITOR": "rm"}
    with Terminal(vault, "log", "anna-k", env=takes) as terminal:
        assert terminal.ends() == 4
    assert "kept" not in terminal.screen
    assert drafts(own_home) == []
    (tmp_path / "text-1").write_text("cal: Hello", encoding="utf-8")
    script = editor["EDITOR"].split()[1]
    once = tmp_path / "once.sh"
    once.write_text(f'[ -f "{tmp_path}/seen-1" ] && exec rm "$1"\nexec {sys.executable} {script} "$1"\n')
    with Terminal(vault, "log", "anna-k", env={"EDITOR": f"sh {once}"}) as terminal:
        terminal.answer("Correct it in the editor?", "y")
        assert terminal.ends() == 4
    (kept,) = drafts(own_home)
    assert last_line(terminal) == f"ptcrm: your text is kept in {kept}"
    assert kept.read_text(encoding="utf-8") == "cal: Hello\n"


@pytest.mark.parametrize("words", [["log", "anna-k"], ["edit", "anna-k"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"EDITOR": '"unclosed'}, 'EDITOR is no command: "unclosed (no closing quotation).'),
        ({"VISUAL": " ", "EDITOR": "true"}, "VISUAL is empty."),
        ({"PTCRM_EDITOR": "'ed"}, "PTCRM_EDITOR is no command: 'ed (no closing quotation)."),
    ],
)
def test_an_editor_that_is_no_command(words: list[str], env: dict[str, str], why: str, vault: Path) -> None:
    with Terminal(vault, *words, env=env) as terminal:
        assert terminal.ends() == 4
    said = " ".join(terminal.screen.split())
    assert said == f"ptcrm: {why} Set it to the command of your editor."


def test_no_editor(vault: Path) -> None:
    with Terminal(vault, "log", "anna-k", env={"EDITOR": "/no/such/editor"}) as terminal:
        terminal.expect("Set EDITOR to the command of your editor.")
        assert terminal.ends() == 4


def test_others_may_write_while_the_editor_is_open(
    vault: Path, tmp_path: Path, editor: dict[str, str]
) -> None:
    (tmp_path / "text-1").write_text("call: From the editor", encoding="utf-8")
    other = [
        sys.executable,
        "-m",
        "ptcrm",
        "--vault",
        vault,
        "--today",
        DAY,
        "log",
        "anna-k",
        "visit: Meanwhile",
    ]
    (tmp_path / "command").write_text("|".join(map(str, other)), encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        assert terminal.ends() == 0
        assert "waiting for another" not in terminal.screen
    assert log_of(vault, "anna-k").startswith(f"- {DAY} call: From the editor\n- {DAY} visit: Meanwhile\n")


def test_settings_that_change_while_the_editor_is_open(
    vault: Path, tmp_path: Path, editor: dict[str, str]
) -> None:
    """Another ptcrm begins the cache anew under the new settings; this one goes on without it."""
    (tmp_path / "text-1").write_text("call: From the editor", encoding="utf-8")
    program = (
        f"from pathlib import Path; import subprocess; p = Path({str(vault)!r}); "
        "c = p / 'ptcrm.yaml'; c.write_text(c.read_text() + 'currency: PLN\\n'); "
        f"subprocess.run([{sys.executable!r}, '-m', 'ptcrm', '--vault', str(p), 'list'], check=True)"
    )
    (tmp_path / "command").write_text(f"{sys.executable}|-c|{program}", encoding="utf-8")
    with Terminal(vault, "log", "anna-k", env=editor) as terminal:
        assert terminal.ends() == 0, terminal.screen
    assert log_of(vault, "anna-k").startswith(f"- {DAY} call: From the editor\n")


def test_a_dry_run_keeps_the_text(
    vault: Path, tmp_path: Path, editor: dict[str, str], own_home: Path
) -> None:
    (tmp_path / "text-1").write_text("call: Hello", encoding="utf-8")
    with Terminal(vault, "log", "anna-k", "--dry-run", env=editor) as terminal:
        terminal.expect(f"+- {DAY} call: Hello")
        assert terminal.ends() == 0
    assert len(drafts(own_home)) == 1


def test_a_real_editor(vault: Path, own_home: Path) -> None:
    if not Path("/usr/bin/vim").exists():
        pytest.skip("vim is not there")
    with Terminal(vault, "log", "anna-k", env={"EDITOR": "/usr/bin/vim -u NONE"}) as terminal:
        terminal.expect("Anna Kowalska (anna-k)")
        terminal.type("ggIcall: From vim\x1b:wq\n")
        assert terminal.ends() == 0
    assert log_of(vault, "anna-k").startswith(f"- {DAY} call: From vim\n")
    assert drafts(own_home) == []


def test_text_typed_on_standard_input(vault: Path, own_home: Path) -> None:
    with Terminal(vault, "log", "anna-k", "-") as terminal:
        terminal.answer("Ctrl-D", "call: Hello")
        terminal.type("and more\n\x04")
        assert terminal.ends() == 0
    assert log_of(vault, "anna-k").startswith(f"- {DAY} call: Hello\n  and more\n")
    with Terminal(vault, "log", "anna-k", "-") as terminal:
        terminal.answer("Ctrl-D", "cal: Hello")
        terminal.type("\x04")
        assert terminal.ends() == 2
    assert [one.read_text(encoding="utf-8") for one in drafts(own_home)] == ["cal: Hello\n"]


# Groups


@pytest.fixture
def crowd(make_vault: MakeVault) -> Path:
    return make_vault(
        {f"c{number:02}": f"---\nname: Customer {number:02}\ntags: [all]\n---\n" for number in range(25)}
    )


def count_of(vault: Path) -> int:
    return sum("event: Evening" in path.read_text(encoding="utf-8") for path in vault.rglob("*.md"))


@pytest.mark.parametrize(("answer", "code", "count"), [("y", 0, 25), ("n", 4, 0), ("", 4, 0)])
def test_many_of_a_group_are_asked_about(answer: str, code: int, count: int, crowd: Path) -> None:
    with Terminal(crowd, "log", "--group", "tag:all", "event: Evening") as terminal:
        terminal.expect("Customer 19  c19")
        terminal.expect("and 5 more: ptcrm list tag:all")
        terminal.answer("Write into the logs of these 25 customers? [y/N]", answer)
        assert terminal.ends() == code
    assert count_of(crowd) == count


def test_a_sure_owner_is_not_asked(crowd: Path, run: Run) -> None:
    with Terminal(crowd, "log", "--group", "tag:all", "--yes", "event: Evening") as terminal:
        assert terminal.ends() == 0
    assert count_of(crowd) == 25
    assert run("--vault", crowd, "undo").exit_code == 0
    assert count_of(crowd) == 0
    result = run("--vault", crowd, "--today", DAY, "log", "--group", "tag:all", "event: Evening")
    assert result.exit_code == 4
    assert "Add --yes" in result.stderr
    assert count_of(crowd) == 0
    few = run("--vault", crowd, "--today", DAY, "log", "--group", "tag:all id:c01,c02", "event: Evening")
    assert few.exit_code == 0
    assert count_of(crowd) == 2


def test_one_screen_for_the_brief(vault: Path) -> None:
    with Terminal(vault, "brief", "anna-k", env={"NO_COLOR": "1"}) as terminal:
        assert terminal.ends() == 0
    lines = terminal.screen.splitlines()
    assert lines[0] == "Anna Kowalska"
    assert "Norms     Ask about the shop first." in lines
    assert len(lines) < 24
    assert all(cell_len(line) <= 80 for line in lines)


@pytest.mark.parametrize("words", [["due"], ["show", "anna-k"], ["--no-pager", "list"]])
def test_a_terminal_is_answered_again_as_before(words: list[str], vault: Path) -> None:
    screens = []
    for _ in range(2):
        with Terminal(vault, *words, env={"PYTHONPROFILEIMPORTTIME": "1"}) as terminal:
            assert terminal.ends() == 0
        lines = terminal.screen.splitlines()
        screens.append([line for line in lines if not line.startswith("import time:")])
        loaded = {line.rpartition("|")[2].strip() for line in lines}
    assert screens[0] == screens[1] != []
    assert "click" not in loaded


def test_what_a_pager_shows_is_worked_out_each_time(vault: Path) -> None:
    for number in range(30):
        (vault / "customers" / f"c{number}.md").write_text(
            f"---\nname: Ann {number}\n---\n", encoding="utf-8"
        )
    for _ in range(2):
        with Terminal(vault, "list", env={"PAGER": "sed s/^/seen:/"}) as terminal:
            assert terminal.ends() == 0
        assert terminal.screen.count("seen:") > 30
