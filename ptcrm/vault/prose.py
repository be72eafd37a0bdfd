"""The texts of a customer's file as queries search them: notes and log, apart. Pure.

Where entries and follow-ups stand is known from the rows, so the file need not be read by all the rules again.
Lines count from 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.query.fields import TEXT, facts_of
from ptcrm.query.prose import folded, hidden, searched, without_links
from ptcrm.text.frontmatter import Fences, find_fences
from ptcrm.text.markdown import Outline, outline
from ptcrm.text.source import Span
from ptcrm.vault.sought import sought_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptcrm.model.customer import Customer
    from ptcrm.text.source import Source
    from ptcrm.vault.sought import Sought

_HEADING = re.compile(r"#{1,6}(?:[ \t\r]|$)")
_SIBLING = re.compile(r"[-*+][ \t]")
_COLON = re.compile(r"(?<!:):(?=\s|$)")
_BOX = re.compile(
    r"[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]+\[.\][ \t]*"
    r"(?:[\[*]*(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|\0+)[\]*]*(?:[ \t]+[0-9]{1,2}:[0-9]{2}(?=[\s:]|$))?[ \t]*:?[ \t]*)?"
)
_CHANNEL = re.compile(r"[^\s:()\[\]][^:()\[\]\n]{0,40}?[ \t]*:(?=\s|$)")
_MAY_HIDE = ("```", "~~~", "<!--")


class TextRows(NamedTuple):
    """What is kept of a file's texts: the names and own fields as they are searched, the texts, what is looked for."""

    words: str
    texts: Texts
    sought: Sought


class Texts(NamedTuple):
    """A file's texts in the form of `query.prose.searched`: `notes` with the follow-ups, and `log` with an entry a line."""

    notes: str
    log: str


def text_rows(source: Source, one: Customer, days: Mapping[int, int]) -> TextRows:
    """What is kept of the texts of the customer's file, whose log has entries on these lines, of these `days`."""
    tasks = {task.line: task.channel is not None for task in one.follow_ups}
    texts = texts_of(source, frozenset(days), tasks)
    words = "\n".join(str(value) for value in facts_of(one)(TEXT) if value)
    return TextRows(words, texts, sought_of(one, (words, *texts), source.text, days))


def texts_of(source: Source, entries: frozenset[int], tasks: Mapping[int, bool]) -> Texts:
    """The texts of the file whose log entries and follow-ups begin on these lines.

    `tasks` tell whether a channel stands before the follow-up's text.
    """
    text, fences = source.text, find_fences(source.text)
    body = fences.body if isinstance(fences, Fences) else 0
    first, plain = source.line(body), text[body:].split("\n")
    has_links = text.find("[[", body) >= 0 or text.find("](", body) >= 0
    hides = has_links and any(text.find(sign, body) >= 0 for sign in _MAY_HIDE)
    parts = None if _is_plain(plain, first, entries) and not hides else outline(text, body)
    if has_links:
        marked = hidden(text, Span(body, len(text)), parts.code if parts else ())
        plain = marked[body:].split("\n")
    return _split(plain, first, _ends(source, entries, parts), tasks)


def _is_plain(lines: list[str], first: int, entries: frozenset[int]) -> bool:
    """Whether each entry is surely one line: what is below it is another one, a heading, or a gap and no more of it."""
    for number in entries:
        at = number - first + 1
        if (
            number + 1 in entries
            or at >= len(lines)
            or _SIBLING.match(lines[at])
            or _HEADING.match(lines[at])
        ):
            continue
        if lines[at].strip():
            return False
        below = next((line for line in lines[at:] if line.strip()), "")
        if below[:1] in (" ", "\t"):
            return False
    return True


def _ends(source: Source, entries: frozenset[int], parts: Outline | None) -> dict[int, int]:
    """The last line of each entry, by its first."""
    ends = {number: number for number in entries}
    for item in parts.others if parts else ():  # a plain one is a single line
        begins = source.line(item.content.start)
        if not item.depth and begins in ends:
            ends[begins] = source.line(item.span.end)
    return ends


def _split(lines: list[str], first: int, ends: Mapping[int, int], tasks: Mapping[int, bool]) -> Texts:
    """The texts of the `lines`, of which the first one has the number `first`."""
    notes: list[str] = []
    log: list[str] = []
    prose: list[str] = []
    at = 0
    while at < len(lines):
        number, begins = first + at, at
        at = ends.get(number, number) - first + 1
        block = "\n".join(lines[begins:at])
        if number not in ends and number not in tasks:
            prose.append(block)
            continue
        notes += _headed(prose)
        prose = []
        if number in ends:
            log.append(_entry_words(block))
        else:
            notes.append(_task_words(block, has_channel=tasks[number]))
    notes += _headed(prose)
    return Texts("\n".join(filter(None, notes)), "\n".join(filter(None, log)))


def _headed(prose: list[str]) -> list[str]:
    """Lines of prose as they are searched, without headings that have no prose below them."""
    while prose and (not prose[-1].strip() or _HEADING.match(prose[-1])):
        prose.pop()
    return [searched(without_links("\n".join(prose)))] if prose else []


def _entry_words(block: str) -> str:
    """The text of a log entry, behind date and channel."""
    colon = _COLON.search(block)
    return folded(without_links(block[colon.end() :] if colon else block))


def _task_words(line: str, *, has_channel: bool) -> str:
    """The text of a follow-up, behind box, date and channel."""
    box = _BOX.match(line)
    words = line[box.end() :] if box else line
    channel = _CHANNEL.match(words) if has_channel else None
    return folded(without_links(words[channel.end() :] if channel else words))
