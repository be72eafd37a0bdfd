"""`ptcrm log`, `set` and `snooze` leave the logs unread: what has changed meanwhile still counts, and nothing is missed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcrm.workspace import Workspace
from tests.conftest import DAY, MakeVault, Run

OLD_NS = 1_700_000_000_000_000_000
LOG = "".join(f"- 2026-{month:02}-{day:02} call: Talked\n" for month in (9, 8, 7) for day in range(28, 0, -1))


def file(name: str, rest: str = "", below: str = "") -> str:
    return f"---\nname: {name}\n{rest}---\n\n{below}## Log\n\n{LOG}"


@pytest.fixture
def vault(make_vault: MakeVault, run: Run) -> Path:
    root = make_vault({"anna": file("Anna"), "jan": file("Jan"), "zoe": file("Zoe")})
    age(root)
    assert run("--vault", root, "--today", DAY, "list").exit_code == 0
    return root


def age(root: Path) -> None:
    """As if nobody had written for long, so that nothing is looked at for that alone."""
    for path in root.rglob("*.md"):
        os.utime(path, ns=(OLD_NS, OLD_NS))


@pytest.fixture
def log(vault: Path, run: Run) -> Iterator[Path]:
    """A vault in which a log was written that nobody has read."""
    assert run("--vault", vault, "--today", DAY, "log", "anna", "call: First").exit_code == 0
    yield vault
    same(vault, run)


def same(vault: Path, run: Run) -> None:
    """Every answer is that of files read anew."""
    for words in (["list", "--json"], ["show", "anna", "--json"], ["due", "--json"], ["timeline"], ["check"]):
        kept = run("--vault", vault, "--today", DAY, *words)
        fresh = run("--vault", vault, "--today", DAY, "--no-cache", *words)
        assert (kept.exit_code, kept.stdout, kept.stderr) == (fresh.exit_code, fresh.stdout, fresh.stderr)


def write(vault: Path, name: str, text: str) -> None:
    (vault / "customers" / f"{name}.md").write_text(text, encoding="utf-8")


def text(vault: Path, name: str) -> str:
    return (vault / "customers" / f"{name}.md").read_text(encoding="utf-8")


def entry(vault: Path, run: Run, who: str) -> tuple[int, str]:
    result = run("--vault", vault, "--today", DAY, "log", who, "call: Second")
    return result.exit_code, result.stdout + result.stderr


def test_entries_follow_each_other(log: Path, run: Run) -> None:
    for number in range(12):
        assert run("--vault", log, "--today", DAY, "log", "anna", f"call: {number}").exit_code == 0
    assert text(log, "anna").count(f"- {DAY} call:") == 13
    assert f"- {DAY} call: 11\n- {DAY} call: 10\n" in text(log, "anna")


def test_many_logs_are_written(log: Path, run: Run) -> None:
    for number in range(12):
        write(log, f"one-{number}", file(f"One {number}"))
        assert entry(log, run, f"one-{number}")[0] == 0
    assert all("Second" in text(log, f"one-{number}") for number in range(12))


@pytest.mark.parametrize("stem", ["other", "sub/anna"])
def test_another_file_of_the_same_id_is_noticed(stem: str, log: Path, run: Run) -> None:
    (log / "customers" / "sub").mkdir()
    write(log, stem, file("Another", "id: anna\n"))
    code, said = entry(log, run, "anna")
    assert code == 3
    assert "may mean 2 customers" in said
    assert "Second" not in text(log, "anna") + text(log, stem)


def test_an_id_that_another_file_has_got_in_place_is_noticed(log: Path, run: Run) -> None:
    write(log, "jan", file("Jan", "id: anna\n"))
    assert entry(log, run, "anna")[0] == 3
    assert "Second" not in text(log, "anna") + text(log, "jan")


def test_a_file_that_was_renamed_is_found(log: Path, run: Run) -> None:
    (log / "customers" / "anna.md").rename(log / "customers" / "hanna.md")
    assert entry(log, run, "anna")[0] == 0  # by her name
    assert "Second" in text(log, "hanna")
    (log / "customers" / "hanna.md").rename(log / "customers" / "anna.md")


def test_files_that_have_changed_names_are_told_apart(log: Path, run: Run) -> None:
    anna, jan = text(log, "anna"), text(log, "jan")
    write(log, "anna", anna.replace("---\n", "---\nid: jan\n", 1))
    write(log, "jan", jan.replace("---\n", "---\nid: anna\n", 1))
    assert entry(log, run, "anna")[0] == 0
    assert "Second" in text(log, "jan")
    assert "Second" not in text(log, "anna")


def test_a_new_name_is_known(log: Path, run: Run) -> None:
    write(log, "anna", text(log, "anna").replace("name: Anna", "name: Hannelore"))
    assert entry(log, run, "hannelore")[0] == 0
    assert "Second" in text(log, "anna")


@pytest.mark.parametrize("name", ["anna", "jan"])
def test_an_error_is_told_of(name: str, log: Path, run: Run) -> None:
    write(log, name, text(log, name).replace("name:", "name: [", 1))
    code, said = entry(log, run, "zoe")
    assert code == 0
    assert "1 file with errors" in said
    if name == "anna":
        write(log, name, file("Anna"))


def test_an_error_that_is_mended_is_not_told_of(log: Path, run: Run) -> None:
    write(log, "jan", "---\nname: [\n---\n")
    assert "1 file with errors" in entry(log, run, "zoe")[1]
    write(log, "jan", file("Jan"))
    assert "errors" not in entry(log, run, "zoe")[1]


def test_a_file_with_an_error_inside_stays_as_it_is(log: Path, run: Run) -> None:
    write(log, "anna", text(log, "anna").replace("- 2026-08-14", "<<<<<<< HEAD\n- 2026-08-14"))
    code, said = entry(log, run, "anna")
    assert code == 4
    assert "two versions wait to be merged" in said
    assert "1 file with errors" in entry(log, run, "zoe")[1]
    write(log, "anna", file("Anna"))
    assert "errors" not in entry(log, run, "zoe")[1]


def test_a_file_that_is_gone_is_nobody(log: Path, run: Run) -> None:
    write(log, "jane", file("Jane"))
    assert "may mean 2" in entry(log, run, "ja")[1]
    (log / "customers" / "jane.md").unlink()
    assert entry(log, run, "jane")[0] == 3
    (log / "customers" / "jan.md").rename(log / "customers" / "jan.txt")
    assert entry(log, run, "jan")[0] == 3


def test_an_open_follow_up_is_told_of(log: Path, run: Run) -> None:
    write(log, "anna", file("Anna", below="- [ ] 2026-11-20 call: Ask\n- [ ] 2026-11-19 card: Post\n\n"))
    assert "Still open: 2026-11-19 card: Post. Close it" in entry(log, run, "anna")[1]


def test_fields_and_snoozes_are_kept(log: Path, run: Run) -> None:
    assert run("--vault", log, "--today", DAY, "set", "anna", "role", "owner").exit_code == 0
    assert run("--vault", log, "--today", DAY, "snooze", "anna", "+6w").exit_code == 0
    assert entry(log, run, "anna")[0] == 0
    assert run("--vault", log, "--today", DAY, "done", "anna").exit_code == 3


def test_nothing_is_planned_for_an_entry(vault: Path, tmp_path: Path) -> None:
    workspace = Workspace(vault, None, tmp_path / "cache", tmp_path / "state", for_names=True)
    assert workspace.find("anna").path == "customers/anna.md"
    assert list(workspace.cache.rows("SELECT path FROM standing")) == []
    workspace.close()


def test_only_what_is_new_in_logs_may_wait(vault: Path, tmp_path: Path) -> None:
    def opened() -> list[str]:
        workspace = Workspace(vault, None, tmp_path / "cache", tmp_path / "state", for_names=True)
        known = [
            text for (text,) in workspace.cache.rows("SELECT entries FROM log WHERE path LIKE '%anna.md'")
        ]
        workspace.close()
        return known

    first = opened()
    write(vault, "anna", text(vault, "anna").replace("Talked", "Spoke with [[jan]]", 1))
    write(vault, "anna", text(vault, "anna").replace("2026-09-28", "2026-09-29", 1))
    assert opened() == first
    write(vault, "anna", text(vault, "anna").replace("name: Anna", "name: Anna\ntier: gold", 1))
    assert opened() != first
