"""`ptcrm help`: commands, and topics that are the sections of the pages."""

from __future__ import annotations

import re
import tomllib

import pytest

from ptcrm.cli import COMMANDS
from ptcrm.cli.help import TOPICS, text_of
from tests.conftest import ROOT, Golden, Run
from tests.test_docs import page, section, table


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_a_section_as_plain_text(name: str, run: Run) -> None:
    result = run("help", *name.split())
    assert (result.exit_code, result.stderr) == (0, "")
    text = result.stdout
    assert text.splitlines()[0] == (TOPICS[name].heading or "Queries")
    assert len(text.splitlines()) > 5
    assert "](" not in text
    assert "|---" not in text
    assert "```" not in text
    assert max(map(len, text.splitlines())) <= 100 or name == "query"


@pytest.mark.parametrize("name", ["days", "query", "front matter", "exit codes", "settings"])
def test_nothing_of_the_section_is_missing(name: str) -> None:
    topic = TOPICS[name]
    whole = section(page(topic.page), topic.heading) if topic.heading else page("query").partition("## ")[0]
    shown = "".join(text_of(topic).split())
    for row in table(whole)[2:]:
        for cell in row:
            plain = re.sub(r"\[([^][]*)\]\([^)]*\)", r"\1", cell)
            assert "---" in cell or "".join(plain.split()) in shown, cell


def test_topics(run: Run, golden: Golden) -> None:
    golden(
        "topics.txt",
        "\n".join(run("help", *name.split()).stdout for name in ("days", "exit codes", "writing")),
    )


def test_the_topics_are_listed_here_and_in_the_page(run: Run) -> None:
    shown = run("help").stdout
    rows = {row[0].strip("`"): row[1] for row in table(section(page("commands"), "ptcrm help"))[2:]}
    assert {name: about.replace("`", "") for name, about in rows.items()} == {
        name: topic.about for name, topic in TOPICS.items()
    }
    for name, topic in TOPICS.items():
        assert f"{name} " in shown
        assert topic.about in shown
    assert not TOPICS.keys() & COMMANDS.keys()


@pytest.mark.parametrize("words", [["log"], ["feed"], ["feed", "url"], ["export", "ics"], ["help"]])
def test_help_of_a_command_is_that_of_its_option(words: list[str], run: Run) -> None:
    assert run("help", *words).stdout == run(*words, "--help").stdout
    assert run("help", "ptcrm", *words).stdout == run(*words, "--help").stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["dasy"], "Did you mean “days”?"),
        (["exit", "code"], "Did you mean “exit codes”?"),
        (["feed", "urk"], "Did you mean “feed url”?"),
        (["shwo"], "Did you mean “show”?"),
        (["no", "such", "thing", "anywhere"], "See all with `ptcrm help`."),
        (["log", "anna"], ""),
        (["\x1b[31m"], ""),
    ],
)
def test_what_is_no_topic(words: list[str], hint: str, run: Run) -> None:
    result = run("help", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr
    assert "\x1b" not in result.stderr


def test_the_pages_come_with_the_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        wheel = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {
        f"docs/{name}.md": f"ptcrm/docs/{name}.md" for name in {topic.page for topic in TOPICS.values()}
    }
