"""The draft of a message (`templates/*.md`, FORMAT §1): what stands in its file, and what it may ask for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.diagnostic import Diagnostic
from ptcrm.model.reading import Report, text, warn_of_cuts
from ptcrm.text.frontmatter import Flaw, Mapping, Scalar, compose, find_fences
from ptcrm.text.jinja_tree import Kind, Many, Record
from ptcrm.text.near import suggest
from ptcrm.vault.templates import parts_of, tag

if TYPE_CHECKING:
    from ptcrm.text.source import Source

CHANNEL = "email"  # of a template that names none
CODE = "PT701"
KEYS = {
    "subject": "the subject of a message; it is a template, too",
    "channel": f"how it goes out: `{CHANNEL}` (the default), `note`, `letter`, `card` …",
    "language": "the language it is written in, for the salutation and days; default: that of the file's name",
}


class Variable(NamedTuple):
    """What a template may ask for: `kind` is `text`, `number`, `day`, `texts`, `list` or `parts`."""

    name: str
    kind: str
    meaning: str


VARIABLES = (
    Variable(
        "salutation", "text", "the customer's own `salutation:`, else a greeting in the template's language"
    ),
    Variable("customer", "parts", "from the customer's file:"),
    Variable("customer.name", "text", "`name`"),
    Variable("customer.kind", "text", "`person` or `company`"),
    Variable("customer.status", "text", "`status`"),
    Variable("customer.tier", "text", "`tier`"),
    Variable("customer.company", "text", "the company's name"),
    Variable("customer.role", "text", "`role`"),
    Variable("customer.since", "day", "`since`"),
    Variable("customer.left", "day", "`left`"),
    Variable("customer.left_reason", "text", "`left_reason`"),
    Variable("customer.places", "texts", "`places`"),
    Variable("customer.tags", "texts", "`tags`"),
    Variable("customer.interests", "texts", "`interests`"),
    Variable("customer.own", "parts", "any field of your own, such as `customer.own.frame_size`"),
    Variable("last", "list", "the last three things that were said or done, the newest first:"),
    Variable("last.date", "day", "when it was"),
    Variable("last.channel", "text", "`call`, `visit` …"),
    Variable("last.text", "text", "the words of the log"),
    Variable("bought", "list", "the last three sales, the newest first:"),
    Variable("bought.date", "day", "when it was"),
    Variable("bought.text", "text", "the words of the log"),
    Variable("age", "number", "the age at the coming birthday, or at one of the last seven days"),
    Variable("occasion", "parts", "what `--occasion` names, else the next birthday or occasion:"),
    Variable(
        "occasion.name", "text", "`birthday`, `anniversary` (years as a customer), or its name in the file"
    ),
    Variable("occasion.date", "day", "the day on which it returns"),
    Variable("occasion.years", "number", "how many years it will be"),
    Variable("item", "parts", "what `--item` names in the library:"),
    Variable("item.title", "text", "`title`"),
    Variable("item.url", "text", "`url`"),
    Variable("item.until", "day", "`until`: the day of an event, the last one of an offer"),
    Variable("item.text", "text", "the text below, on one line"),
    Variable("owner", "text", "who looks after the customer, else the first of `owners:` in ptcrm.yaml"),
    Variable("today", "day", "today"),
)


def _kind(one: Variable) -> Kind:
    if one.kind not in ("parts", "list"):
        return Many("text") if one.kind == "texts" else one.kind
    members = Record(_members(f"{one.name}."), open=one.name == "customer.own")
    return Many(members) if one.kind == "list" else members


def _members(prefix: str) -> dict[str, Kind]:
    """The members of what `prefix` names (`customer.`), by name."""
    inside = ((one.name.removeprefix(prefix), one) for one in VARIABLES if one.name.startswith(prefix))
    return {name: _kind(one) for name, one in inside if "." not in name}


KNOWN = Record(_members(""))


@dataclass(frozen=True, slots=True)
class Template:
    """A template as its file has it. `subject` and `body` stand in the lines in which they stand there."""

    path: str
    name: str
    language: str
    channel: str
    subject: str
    body: str


def read_template(source: Source, channels: dict[str, str]) -> tuple[Template | None, list[Diagnostic]]:
    """The template in a file, None if nothing can be made of it, and what is wrong with it.

    `channels` are the words for channels, casefolded, with the name of each.
    """
    from ptcrm.text.jinja import mistake_in

    report, at = Report(source), 0
    fields: dict[str, tuple[str, int]] = {}
    fences = find_fences(source.text)
    if isinstance(fences, Flaw):
        report.add(CODE, fences.offset, fences.message)
        return None, report.found
    if fences:
        at, root = fences.body, compose(source.text, fences.yaml)
        if isinstance(root, Flaw):
            report.add(CODE, root.offset, root.message)
            return None, report.found
        fields = _fields(root, report)
    name, language = parts_of(source.path)
    subject, start = fields.get("subject", ("", 0))
    found = Template(
        source.path,
        name,
        tag(fields["language"][0]) if "language" in fields else language,
        _channel(fields, channels, report),
        _at(source, start, subject),
        _at(source, at, source.text[at:].replace("\r\n", "\n")),
    )
    mistakes = [mistake for part in (found.subject, found.body) if (mistake := mistake_in(part, KNOWN))]
    wrong = [Diagnostic(CODE, source.path, one.line, one.column, one.message, one.hint) for one in mistakes]
    return (None if wrong else found), [*report.found, *wrong]


def _fields(root: Mapping, report: Report) -> dict[str, tuple[str, int]]:
    """The values of the keys that mean something, each with its place; other keys are the user's own."""
    warn_of_cuts(root, report)
    found = {}
    for key, node in root.pairs:
        if key.value in KEYS and isinstance(node, Scalar) and (words := text(node, report)):
            found[key.value] = words, node.span.start + node.quoted
        elif key.value not in KEYS and (hint := suggest(key.value, KEYS)):
            report.add(CODE, key.span.start, f"“{key.value}” means nothing here", hint)
    return found


def _channel(fields: dict[str, tuple[str, int]], channels: dict[str, str], report: Report) -> str:
    words, at = fields.get("channel", (CHANNEL, 0))
    if words.casefold() not in channels:
        hint = suggest(words, channels) or f"Known are: {', '.join(dict.fromkeys(channels.values()))}."
        report.add(CODE, at, f"“{words}” is no channel", hint)
    return channels.get(words.casefold(), words)


def _at(source: Source, offset: int, words: str) -> str:
    """The words with as many lines above and blanks before them as in the file, so that each has its place."""
    line, column = source.position(offset)
    return "\n" * (line - 1) + " " * (column - 1) + words
