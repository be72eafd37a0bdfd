"""`ptcrm help`: the commands, and topics that are sections of the pages in docs/, so that there is one source."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ptcrm.errors import PtcrmError, UsageError
from ptcrm.text.near import did_you_mean, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]\[]*)\]\([^)\s]*\)")
_WIDTH = 100


class Topic(NamedTuple):
    """Where a topic stands, as the name of a page and a heading (none: the page's first section); what it is about."""

    page: str
    heading: str
    about: str


TOPICS = {
    "who": Topic("commands", "WHO", "how a customer is named"),
    "days": Topic("commands", "Days", "how a day is named: friday, +2w, 2 days ago"),
    "query": Topic("query", "", "which customers are meant: tier:gold -has:email"),
    "values": Topic("query", "Values", "how the values of a query are written"),
    "terms": Topic("query", "Fields", "the fields that a query may ask for"),
    "grammar": Topic("query", "Grammar", "the grammar of queries"),
    "front matter": Topic("format", "2.2 Fields", "the fields of a customer's file"),
    "entries": Topic("format", "2.3 The log", "the lines of a log, and the channels"),
    "follow-ups": Topic("format", "2.4 Follow-ups", "promises with a date"),
    "links": Topic("format", "2.1 Identity and links", "ids and links between files"),
    "feeds": Topic("configuration", "feeds", "the calendars of ptcrm.yaml"),
    "vault": Topic("commands", "Which vault", "how the vault is found"),
    "settings": Topic("commands", "Your own settings", "your editor, pager and colours"),
    "environment": Topic("commands", "Environment", "variables"),
    "forms": Topic("commands", "Forms", "an answer as JSON, CSV, ids, or lines of your own"),
    "output": Topic("commands", "Output", "what is printed where"),
    "writing": Topic("commands", "Writing", "what commands that write do to files"),
    "exit codes": Topic("commands", "Exit codes", "what a script can tell"),
}


@click.command("help")
@click.argument("words", metavar="[TOPIC]", nargs=-1)
@click.pass_context
def help_command(context: click.Context, words: tuple[str, ...]) -> None:
    """Explain a command or a topic; without one, list them all.

    \b
    Examples:
      ptcrm help
      ptcrm help log
      ptcrm help days
      ptcrm help exit codes
    """
    root = context.find_root()
    topic = " ".join(words).casefold().removeprefix("ptcrm ")
    if not words:
        click.echo(root.get_help())
        click.echo(f"\nTopics:\n{_listed((name, one.about) for name, one in TOPICS.items())}")
        click.echo("\nMore of each: ptcrm help TOPIC")
    elif topic in TOPICS:
        click.echo(text_of(TOPICS[topic]))
    else:
        click.echo(_command_help(root, topic.split()))


def _command_help(root: click.Context, words: list[str]) -> str:
    """What `--help` of the command says; raises `UsageError` if there is none."""
    context = root
    for at, word in enumerate(words):
        group = context.command
        names = group.list_commands(context) if isinstance(group, click.Group) else []
        found = group.get_command(context, word) if isinstance(group, click.Group) and word in names else None
        if found is None:
            before = " ".join([*words[:at], ""])
            known = [f"{before}{name}" for name in names] + list(TOPICS)
            begun = next((name for name in TOPICS if name.startswith(" ".join(words))), None)
            hint = did_you_mean(begun) or suggest(" ".join(words), known) or "See all with `ptcrm help`."
            raise UsageError(f"There is no command or topic “{' '.join(words)}”. {hint}")
        context = click.Context(found, info_name=word, parent=context, **found.context_settings)
    return context.get_help()


def text_of(topic: Topic) -> str:
    """The topic's section as plain text, no wider than 100 columns."""
    return "\n\n".join(_plain(section(page(topic.page), topic.heading)))


def page(name: str) -> str:
    """The page `name` of docs/, which comes with the package."""
    home = Path(__file__).parent.parent
    for folder in (home / "docs", home.parent / "docs"):  # installed, or a working copy
        try:
            return (folder / f"{name}.md").read_text(encoding="utf-8")
        except OSError:
            continue
    raise PtcrmError(f"docs/{name}.md is missing from this installation. Install ptcrm again.")


def section(text: str, heading: str) -> str:
    """What stands below `heading`, its own line included, down to the next of its level; or before any but the first."""
    prose = _FENCED.sub(lambda block: block[0].replace("\n#", "\n\0#"), text)
    if heading:
        begin = re.search(rf"^(#+) `?{re.escape(heading)}`?$", prose, re.MULTILINE)
        assert begin, heading  # noqa: S101  # a test holds TOPICS to the pages
        rest, level = prose[begin.end() :], len(begin[1])
        title = heading
    else:
        begin = re.search(r"^# (.*)$", prose, re.MULTILINE)
        assert begin, text[:40]  # noqa: S101  # each page has a title
        rest, level, title = prose[begin.end() :], 9, begin[1]
    end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE)
    return (title + (rest[: end.start()] if end else rest)).replace("\0", "").rstrip()


def _plain(markdown: str) -> Iterator[str]:
    """The parts of the text: links by their words, tables as lists, code indented."""
    for part in re.split(r"\n{2,}", markdown):
        lines = part.strip("\n").split("\n")
        if lines[0].startswith("```"):
            yield "\n".join(f"    {line}" for line in lines if not line.startswith("```"))
        elif lines[0].startswith("|"):
            yield _listed(_cells(lines))
        else:
            yield "\n".join(_wrapped(line) for line in lines)


def _wrapped(line: str) -> str:
    words = _bare(line).lstrip("#").lstrip() if line.startswith("#") else _bare(line)
    item = re.match(r"(?:[-*]|\d+\.) ", words)
    below = " " * len(item[0]) if item else ""
    return textwrap.fill(words, _WIDTH, subsequent_indent=below, break_on_hyphens=False)


def _bare(line: str) -> str:
    """The line without the addresses of its links."""
    return _LINK.sub(r"\1", line)


def _cells(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The rows of a table but for its head: the first cell, and the others."""
    rows = [[_bare(cell.strip()) for cell in line.strip("| ").split(" | ")] for line in lines]
    for first, *rest in (*rows[:1], *rows[2:]):
        yield first, "; ".join(cell for cell in rest if cell)


def _listed(rows: Iterable[tuple[str, str]]) -> str:
    formatter = click.HelpFormatter(width=_WIDTH)
    with formatter.indentation():
        formatter.write_dl(list(rows), col_max=40)
    return formatter.getvalue().rstrip("\n")
