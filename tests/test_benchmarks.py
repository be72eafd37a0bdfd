"""The benchmarks measure what they say; how long anything takes is no matter of these tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks import measure
from benchmarks.__main__ import main
from benchmarks.book import Book
from benchmarks.by_icalendar import build, events_of
from benchmarks.floor import states
from benchmarks.measure import COMMANDS, ITSELF, STATES, WARM, Costs, F, is_measured
from benchmarks.process import Cost, Runner
from benchmarks.table import as_markdown, as_text, rows_of
from benchmarks.vault import EVERY, RARE, TODAY, customers, generate, id_of, path_of, rare_word
from tests.conftest import ROOT, Run
from tests.test_feed_properties import components

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="it says that it needs Linux or macOS")


# The vault


def test_the_vault_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for root in (first, second):
        root.mkdir()
        generate(root, 300, RARE)
    paths = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert len(paths) == 301
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in paths)


def test_files_have_the_sizes_and_the_scripts_that_people_have() -> None:
    texts = list(customers(2000, RARE))
    sizes = [len(text.encode()) for text in texts]
    assert 1900 <= sum(sizes) / len(sizes) <= 2150
    assert sum(15_000 < size < 40_000 for size in sizes) == 20
    for letter in "łößτя价ת山İı":
        assert any(letter in text for text in texts)
    assert 0.15 < sum("shop" not in text.partition("## Log")[2] for text in texts) / len(texts) < 0.4


def test_nothing_is_wrong_with_the_vault(tmp_path: Path, run: Run) -> None:
    generate(tmp_path, 200, RARE)
    result = run("--vault", tmp_path, "--today", TODAY, "check")
    assert result.exit_code == 0
    assert "200 files checked: 0 errors, 0 warnings" in result.stderr
    assert not result.stdout
    found = run("--vault", tmp_path, "--today", TODAY, "list", RARE[3], "--ids").stdout.split()
    assert found == [id_of(number) for number in range(200) if rare_word(number, RARE) == RARE[3]]
    assert len(found) == 1


def test_a_rare_word_is_in_one_file_of_two_hundred() -> None:
    assert len(set(RARE)) == len(RARE)
    texts = list(customers(2 * EVERY, RARE))
    for word in RARE:
        having = [number for number, text in enumerate(texts) if word in text]
        assert having == [number for number in range(2 * EVERY) if rare_word(number, RARE) == word]
        assert ["## Log" in texts[number].partition(word)[2] for number in having] == [True, False]


def test_without_rare_words_there_are_none() -> None:
    assert not any(word in text for text in customers(EVERY) for word in RARE)


def test_the_book_changes_what_it_says(tmp_path: Path) -> None:
    book = Book(tmp_path / "vault", 40)

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (tmp_path / "vault").rglob("*.md")}

    before = files()
    book.change_ten(TODAY)
    changed = files()
    assert changed.keys() == before.keys()
    assert sum(changed[path] != before[path] for path in before) == 10
    book.add_one(TODAY)
    added = files()
    assert len(added.keys() - changed.keys()) == 1
    book.delete_one(TODAY)
    assert len(added.keys() - files().keys()) == 1
    assert {f"{one}.md" for one in islice(iter(book.customer, None), 20)} <= {path.name for path in files()}


def test_no_question_is_asked_twice_in_a_row(tmp_path: Path) -> None:
    book = Book(tmp_path / "vault", 200)
    for ask, different in ((book.customer, 100), (book.birthday, 365), (book.word, len(RARE))):
        assert len({ask() for _ in range(different)}) == different


# What stands beside


def test_the_floor_looks_at_every_file(tmp_path: Path) -> None:
    generate(tmp_path, 250)
    folder = os.open(tmp_path / "customers", os.O_RDONLY)
    found = states(folder)
    os.close(folder)
    status = (tmp_path / "customers" / path_of(7)).stat()
    assert len(found) == 250
    assert (path_of(7), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino) in found


def test_icalendar_builds_the_same_events(tmp_path: Path, run: Run) -> None:
    generate(tmp_path, 60)
    feed = run("--vault", tmp_path, "--today", TODAY, "export", "ics").stdout_bytes
    built = build(events_of(feed.decode()))
    assert len(components(feed)) > 100
    assert [sorted(event) for event in components(built)] == [sorted(event) for event in components(feed)]


# The table


class Typed:
    """Stands for `Runner.cost`: ptcrm runs in this process, and what only stands beside it hardly at all."""

    def __init__(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._run, self._monkeypatch, self._real = run, monkeypatch, Runner.cost
        monkeypatch.setattr(Runner, "cost", lambda *words, **more: self.cost(*words, **more))  # noqa: PLW0108
        monkeypatch.setattr(measure, "SETTLED_SECONDS", 0)

    def cost(self, runner: Runner, command: Sequence[str], cache: str = "none", **more: Any) -> Cost:  # noqa: ANN401  # as they come
        if command[1:3] == ["-m", "ptcrm"]:
            self._monkeypatch.setenv("XDG_CACHE_HOME", str(runner.cache(cache)))
            assert self._run(*command[3:]).exit_code == 0
            self.asked.append((cache, str(more.get("width", 80)), *command[6:]))
        elif "by_" in command[2]:
            return self._real(runner, command, cache, **more)
        return Cost(1.0, 1.0, 40.0)


def test_every_row_is_printed(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = Typed(run, monkeypatch)
    assert main(["20", "--runs", "1", "--entries", "1500"]) == 0
    shown, told = capsys.readouterr()
    machine, how, *rest = shown.splitlines()
    assert re.fullmatch(r".+, \d+ cores, .+, Python 3\S+, SQLite 3\S+, load \S+\.", machine)
    assert how == "Medians of 1 runs, of 1 without a cache."
    rows = [re.split(" {2,}", line.strip()) for line in rest[rest.index("") + 1 :]]
    assert rows[0] == ["customers", "command", "state", "CPU s", "wall s", "MB", "of F", "beside", "bar"]
    there = {"rg -il"} if shutil.which("rg") else set()
    others = {row[1] for row in rows[1:] if row[2][0].isdigit()}
    assert others == {"F", "import click", "python-frontmatter", "cold due + icalendar"} | there
    of_commands = [(row[1], row[2]) for row in rows[1:-2] if not row[2][0].isdigit()]
    wanted = [(command, state) for command in COMMANDS for state in STATES]
    assert of_commands == [row for row in wanted if is_measured(*row)]
    assert len(of_commands) == 54
    assert [row[2] for row in rows[-2:]] == ["log of 1,000", "log of 1,500"]
    assert rows[-1][-1] == "≤ 2 × log of 1,000: met"
    assert "with a cache, 1 of 1" in told
    check_questions(typed.asked)


def check_questions(asked: list[tuple[str, ...]]) -> None:
    """`asked` has the cache, the width of the screen, the day and the words of each question."""
    for command in ("list", "find", "show", "log"):
        own = [words for cache, _, _, *words in asked if cache == command and words[0] == command]
        assert all(one != other for one, other in pairwise(own))
        assert len(own) > 4
    for command, words in (("due", ["due"]), ("glance", []), ("agenda", ["agenda"]), ("review", ["review"])):
        of_one = [(width, day) for cache, width, day, *other in asked if cache == command and other == words]
        settled, warm, anew, *changed, new_day = of_one[-7:]
        assert {settled, warm, *changed} == {("80", "2026-11-23")}
        assert anew[0] != "80"
        assert new_day == ("80", "2026-11-24")


def test_a_process_is_measured_from_start_to_end(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "sum(range(10 ** 6)); print('x' * 100); bytearray(90_000_000)"]
    runner = Runner(tmp_path)
    cost = runner.cost(words)
    assert cost.cpu > 0
    assert cost.wall > 0
    assert cost.memory > 90
    assert runner.output() == "x" * 100 + "\n"
    with pytest.raises(SystemExit, match=r"exit code 1\n.*no such thing"):
        runner.cost([sys.executable, "-c", "import sys; sys.exit('no such thing')"])


def costs(count: int, cpu: float) -> Costs:
    """`due` and `list` that took so long, F that took 100 ms per 10,000 customers."""
    floor = [Cost(count / 100_000, 1, 20)]
    return {
        ("list", WARM): {F: floor, ITSELF: [Cost(1.5 * cpu, 1, 40)]},
        ("due", WARM): {F: floor, ITSELF: [Cost(cpu, 1, 40), Cost(cpu, 2, 44), Cost(99, 9, 99)]},
    }


def test_a_row_says_which_bars_are_met() -> None:
    (floor, due, listed) = rows_of(10_000, costs(10_000, 0.19))
    assert (floor.command, floor.of_floor) == ("F", 1)
    assert due.cells() == [
        *("10,000", "due", "warm", "0.190", "2.000", "44", "1.90", "", ""),
        "≤ 2 × F: met, ≤ 45 MB: met",
    ]
    assert listed.bars == ("≤ 2.5 × F: missed",)
    assert list(rows_of(9_000, costs(9_000, 0.19)))[1].bars == ()


def test_growth_is_held_to_its_bar_from_ten_to_a_hundred_thousand() -> None:
    small = costs(10_000, 0.1)
    _, due, _ = rows_of(100_000, costs(100_000, 1.4), (10_000, small))
    assert due.growth == pytest.approx(1.4)
    assert due.bars == ("≤ 1.5 × F: met", "≤ 120 MB: met", "≤ 1.3 growth: missed")
    _, due, _ = rows_of(100_000, costs(100_000, 1.2), (10_000, small))
    assert due.bars[-1] == "≤ 1.3 growth: met"
    _, due, _ = rows_of(100_000, costs(100_000, 1.4), (1_000, costs(1_000, 0.01)))
    assert len(due.bars) == 2


def test_a_bar_without_ripgrep_is_not_measured() -> None:
    found: Costs = {("find", WARM): {F: [Cost(1, 1, 1)], ITSELF: [Cost(1, 1, 1)]}}
    assert list(rows_of(10_000, found))[-1].bars == ("≤ 1.6 × rg -il: not measured",)


def test_the_forms_of_the_table() -> None:
    rows = list(rows_of(10_000, costs(10_000, 0.19)))
    text, marked = as_text(rows).splitlines(), as_markdown(rows).splitlines()
    assert text[0] == "customers  command  state  CPU s  wall s  MB  of F  bar"
    assert text[1] == "   10,000  F               0.100   1.000  20  1.00"
    assert marked[:2] == [
        "| customers | command | state | CPU s | wall s | MB | of F | bar |",
        "| ---: | --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    assert len(marked) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["19"], "19 is not a whole number from 20 on"),
        (["many"], "many is not a whole number from 20 on"),
        (["20", "--runs", "0"], "--runs: 0 is not a whole number from 1 on"),
        (["20", "--entries", "-1"], "-1 is not a whole number from 0 on"),
        (["20", "--commands", "due,dew"], "not known: dew; choose from due, glance"),
        (["20", "--commands", "list", "--states", "cold"], "none of these commands is measured"),
        (["20", "--states", "hot"], "not known: hot; choose from cold, warm"),
    ],
)
def test_what_cannot_be_measured_is_said(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_it_runs_by_itself_without_ripgrep(tmp_path: Path) -> None:
    words = ["20", "--runs", "1", "--commands", "find", "--states", "warm", "--markdown"]
    env = {**os.environ, "PATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\nrg (ripgrep) is not there, so nothing stands beside `find`.\n" in result.stdout
    assert re.search(r"^\| 20 \| find \| warm \| [0-9.]+ \| ", result.stdout, re.MULTILINE)
