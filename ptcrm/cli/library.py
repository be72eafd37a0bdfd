"""The library of things worth passing on: `ptcrm library add` and `list`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

from ptcrm.cli.answer import Answer, answering
from ptcrm.cli.options import Place, Session, writing
from ptcrm.cli.output import say, say_table, tell
from ptcrm.errors import RefusedError, UsageError
from ptcrm.formats.columns import ITEM
from ptcrm.model.change import Create, Operation
from ptcrm.model.config import LIBRARY
from ptcrm.model.diagnostic import Problem
from ptcrm.model.item import KINDS
from ptcrm.model.typed import plain
from ptcrm.text.words import plural
from ptcrm.views.library import alike, item_row, listed

if TYPE_CHECKING:
    from ptcrm.workspace import Workspace

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_EMPTY = 'Nothing is in the library. Add something: ptcrm library add "Studded tyres" --topics winter'


@click.group("library")
def library_command() -> None:
    """Articles, tips, events and offers: what is worth passing on.

    \b
    Examples:
      ptcrm library list
      ptcrm library add https://example.org/studded-tyres --topics winter,courier
    """


@library_command.command("list")
@click.argument("words", metavar="[WORDS]...", nargs=-1)
@click.option("--all", "whole", is_flag=True, help="Also what is no good any more.")
@answering(without=("ids",))
def list_command(session: Session, words: tuple[str, ...], *, whole: bool) -> Answer:
    """List the library, or what of it has all WORDS.

    \b
    Examples:
      ptcrm library list
      ptcrm library list winter
      ptcrm library list --all --json
    """
    workspace = session.workspace()
    found = list(listed(workspace, plain(" ".join(words)).split(), whole=whole))

    def show() -> None:
        if not found:
            say("Nothing is found." if workspace.index.has_library() else _EMPTY)
            return
        rows = [
            (
                one.item.id,
                one.item.kind,
                one.item.title,
                ", ".join(one.item.topics),
                f"{'over since' if one.is_over else 'until'} {one.item.until}" if one.item.until else "",
                f"{plural(one.had, 'customer')} had it" if one.had else "",
            )
            for one in found
        ]
        say_table(rows, "", ["" for _ in rows])

    return Answer(tuple(ITEM), lambda _: map(item_row, found), show)


@library_command.command("add")
@click.argument("words", metavar="URL_OR_TITLE", nargs=-1, required=True)
@click.option(
    "--title", type=Place(), metavar="TEXT", help="The title; default: made of the last part of the URL."
)
@click.option(
    "--url", type=Place(), metavar="ADDRESS", help="Where it is to be found. Nothing is fetched from there."
)
@click.option(
    "--topics", type=Place(), metavar="TOPICS", multiple=True, help="What it is about, with commas between."
)
@click.option("--kind", type=click.Choice(KINDS), help="What it is; default: an article.")
@click.option(
    "--until", type=Place(), metavar="DAY", help="The last day on which it is any good; of an event its day."
)
@click.option(
    "--text", type=Place(), metavar="TEXT", help="What to know about it; - takes it from standard input."
)
@writing
def add_command(
    session: Session,
    words: tuple[str, ...],
    title: str | None,
    url: str | None,
    topics: tuple[str, ...],
    kind: str | None,
    until: str | None,
    text: str | None,
) -> None:
    """Add something to the library: a new file with what is given.

    \b
    Examples:
      ptcrm library add https://example.org/studded-tyres.html --topics winter,courier
      ptcrm library add "Evening with lugs" --kind event --until 2027-04-16 --topics frame-builder
      ptcrm library add Light checks --kind tip --text "Clean the lamp first: mostly it is only dirt."
    """
    workspace = session.workspace()
    folder = workspace.config.library
    if folder is None:
        raise RefusedError(
            f"ptcrm.yaml has customers in {LIBRARY}/, so there is no library. Nothing was written."
        )
    title, url = _title_and_url(plain(" ".join(words)), title and plain(title), url and plain(url))
    named = (plain(part) for group in topics for part in group.split(",") if part.strip())
    given = {"title": title, "url": url, "kind": kind, "until": until and plain(until)}
    values = {name: [one] for name, one in given.items() if one} | {"topics": [*dict.fromkeys(named)]}
    path, content = _file(workspace, folder, values, _text(session, text))
    like = alike(workspace, title, url)
    if session.apply(Operation(f"library add {title}", (Create(path, content),))):
        say(f"{path} written.")
        for one in like:
            tell(f"The same stands there already: {one.path} ({one.title})")
        if not values["topics"]:
            tell("It has no topics yet, so it is offered to nobody: add `topics: [winter, courier]`.")


def _title_and_url(words: str, title: str | None, url: str | None) -> tuple[str, str | None]:
    """Title and URL of what is named by `words`, which are one of the two; raises `UsageError`."""
    if _URL.fullmatch(words):
        if url:
            raise UsageError("There are two addresses: leave out --url.")
        return title or _title_of(words), words
    if title:
        raise UsageError("There are two titles: leave out --title, or put the URL in front.")
    if not words:
        raise UsageError("It needs a title, or a URL.")
    return words, url


def _title_of(url: str) -> str:
    """A title from the last part of a URL's path, else its host: `…/studded-tyres.html` → `Studded tyres`."""
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    words = " ".join(re.split(r"[-_+\s]+", _ENDING.sub("", last))).strip() or parts.netloc
    return plain(words[:1].upper() + words[1:])


def _text(session: Session, given: str | None) -> str:
    """The text that stands below the front matter."""
    if given != "-":
        return (given or "").strip()
    from ptcrm.cli.drafts import decoded

    answers = session.answers
    if "text" not in answers:
        with session.unlocked():
            answers["text"] = decoded(sys.stdin.buffer.read() if sys.stdin else b"").strip()
    return str(answers["text"])


def _file(workspace: Workspace, folder: str, values: dict[str, list[str]], text: str) -> tuple[str, bytes]:
    """Path and content of a new file in the library, with an id that nothing else has.

    Raises `UsageError` for a value that its field cannot hold.
    """
    from ptcrm.vault.fields import free_id, new_file
    from ptcrm.vault.items import ITEM_FIELDS
    from ptcrm.vault.schema import values_for

    def is_taken(id_: str) -> bool:
        return workspace.index.is_taken(id_) or f"{folder}/{id_}.md" in workspace.listing.files

    written = {"id": [free_id(values["title"][0], is_taken, "item")]}
    for field in ITEM_FIELDS:
        found = values_for(field, values.get(field.name, []), workspace.today, workspace.index.link)
        if isinstance(found, Problem):
            raise UsageError(f"{found.message}. {found.hint}".strip())
        written |= {field.name: found} if found else {}
    body = f"{text}\n" if text else ""
    return f"{folder}/{written['id'][0]}.md", new_file(ITEM_FIELDS, written, body)
