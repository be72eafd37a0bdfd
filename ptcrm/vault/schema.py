"""From a document to a customer: one table of fields, which is also the source of the documentation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.model import shape
from ptcrm.model.customer import Customer, Link, Occasion
from ptcrm.model.dates import parse_anniversary, parse_day
from ptcrm.model.diagnostic import Diagnostic, Problem
from ptcrm.model.reading import (
    Reader,
    Report,
    anniversary,
    day,
    flag,
    interval,
    is_empty,
    items,
    nearest,
    one_of,
    pairs,
    parsed,
    shaped,
    text,
    texts,
    warn_of_cuts,
    zone,
)
from ptcrm.text.frontmatter import Mapping, Node, Scalar, Sequence
from ptcrm.text.markdown import link_target
from ptcrm.text.source import Source, Span
from ptcrm.vault.document import Document, parse_document
from ptcrm.vault.log import with_series

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ptcrm.vault.log import LineReader

_NOT_IN_ID = re.compile(r"[/\\\[\]#^|:\x00-\x1f\x7f-\x9f]")
_ID_FORM = rf"\s*[^{_NOT_IN_ID.pattern[1:]}*\s*"
_OCCASION_SHAPE = shape.like(
    rf"\S[\s\S]* (?:{shape.ANNIVERSARY_FORM})", "Write for example wedding 2012-09-01."
)
_ID_BYTES = 100


def parse_id(words: str) -> str | Problem:
    r"""An id (FORMAT §2.1): no `/ \ [ ] # ^ | :` or control character, at most 100 bytes."""
    bad = _NOT_IN_ID.search(words)
    if bad:
        return Problem("PT108", f"an id must not hold “{bad[0]!s}”", "Write an `id:` without it.")
    if len(words.encode(errors="replace")) > _ID_BYTES:
        return Problem("PT108", f"this id is over {_ID_BYTES} bytes", "Write a shorter `id:`.")
    return words


@shaped(shape.TEXT)
def _link(node: Node, report: Report) -> str | None:
    """A link's target, or plain words."""
    words = text(node, report)
    return words and (link_target(words) or words)


@shaped(shape.TEXTS)
def _links(node: Node, report: Report) -> tuple[str, ...]:
    return tuple(link_target(words) or words for words in texts(node, report))


@shaped(shape.listed(shape.plain(say="Put the number in quotes.", number=False)))
def _phones(node: Node, report: Report) -> tuple[str, ...]:
    for item in items(node, report):
        if isinstance(item, Scalar) and not item.quoted:
            report.add(
                "PT110", item.span.start, "other programs may read this as a number", "Put it in quotes."
            )
    return texts(node, report)


@shaped(shape.words())
def _words(node: Node, report: Report) -> tuple[str, ...]:
    """Short words; one value with a comma in it was meant as a list."""
    if isinstance(node, Scalar) and "," in node.value:
        hint = f"Write [{', '.join(part.strip() for part in node.value.split(','))}]."
        report.add("PT105", node.span.start, "this is one value with a comma in it, and no list", hint)
    return texts(node, report)


@shaped(
    shape.listed({"anyOf": [_OCCASION_SHAPE, {"type": "object", "additionalProperties": shape.ANNIVERSARY}]})
)
def _occasions(node: Node, report: Report) -> tuple[Occasion, ...]:
    """`- wedding 2012-09-01`, and the mapping `wedding: 2012-09-01`, alone or as a list's member."""
    found: list[Occasion] = []
    for item in items(node, report):
        if isinstance(item, Mapping):
            for key, value in pairs(item, report):
                _occasion(found, key.value, text(value, report) or "", value.span.start, report)
        elif words := text(item, report):
            name, _, written = words.rpartition(" ")
            _occasion(found, name.rstrip().removesuffix(":"), written, item.span.start, report)
    return tuple(found)


def _occasion(found: list[Occasion], name: str, written: str, at: int, report: Report) -> None:
    anniversary = parse_anniversary(written)
    if isinstance(anniversary, Problem):
        report.problem(anniversary, at)
    elif not name.strip():
        report.add("PT105", at, "an occasion needs a name", "Write for example `wedding 2012-09-01`.")
    else:
        found.append(Occasion(name.strip(), anniversary, report.line(at)))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the front matter: how it is read, and what it means in a line.

    `many` fields take a list (a `flow` one is begun as `[a, b]`); `quoted` values are always written in
    quotes, `typed` ones (days, lengths, true) never.
    """

    name: str
    read: Reader[Any]
    meaning: str
    many: bool = False
    flow: bool = False
    quoted: bool = False
    typed: bool = False


_id = parsed(shape.plain(_ID_FORM, "An id has none of these: / \\ [ ] # ^ | :"))(parse_id)

FIELDS = (
    Field("id", _id, "the name for good, if the file may be renamed; default: the file's stem"),
    Field("name", text, "what the customer is called; default: the file's stem"),
    Field("aliases", texts, "other names that links and commands may use", many=True, flow=True),
    Field("kind", one_of("person", "company"), "`person` (the default) or `company`"),
    Field("status", text, "`prospect`, `active` (the default), `former`, `paused`, or one of your own"),
    Field("tier", text, "one of the configured tiers"),
    Field("cadence", interval, "how often to be in touch: `3 weeks`, `6w`, `monthly`, `never`", typed=True),
    Field("cadence_until", day, "the last day on which `cadence` counts", typed=True),
    Field("company", _link, "where the person works, as a link or in words"),
    Field("role", text, "what the person does there"),
    Field("emails", texts, "e-mail addresses", many=True),
    Field("phones", _phones, "phone numbers", many=True, quoted=True),
    Field("addresses", texts, "postal addresses, each on one line", many=True),
    Field("places", texts, "where the customer can be met", many=True, flow=True),
    Field("urls", texts, "web pages", many=True),
    Field("language", text, "the language to write in (BCP 47: `pl`, `en-GB`)"),
    Field("timezone", zone, "the customer's time zone, to show her local time"),
    Field("birthday", anniversary, "`1984-05-17`, or `--05-17` without the year", typed=True),
    Field("occasions", _occasions, "other days of the year: `wedding 2012-09-01`", many=True),
    Field("since", day, "a customer since this day", typed=True),
    Field("left", day, "no customer since this day", typed=True),
    Field("left_reason", text, "why the customer left"),
    Field("tags", _words, "words to group by", many=True, flow=True),
    Field("interests", _words, "what the customer likes to hear about", many=True, flow=True),
    Field("prefers", _words, "channels the customer likes, the best first", many=True, flow=True),
    Field("avoids", _words, "channels the customer does not like", many=True, flow=True),
    Field("norms", text, "how to behave: `Ask about the shop before the family.`"),
    Field("family", _links, "the family, in words or links", many=True),
    Field("referred_by", _link, "who brought the customer"),
    Field("owner", text, "who of you looks after the customer"),
    Field("snooze", day, "no contact is asked for before this day", typed=True),
    Field("do_not_contact", flag, "`true`: nothing at all is planned", typed=True),
    Field("mute", _words, "occasions that stay silent, such as `birthday`", many=True, flow=True),
    Field("mute_until", day, "all occasions stay silent before this day", typed=True),
    Field("sources", texts, "where the data came from", many=True),
)
BY_NAME = {field.name: field for field in FIELDS}


def own_field(name: str) -> Field:
    """The user's own field `name`, which takes any text."""
    return Field(name, text, "the user's own")


def values_for(
    field: Field, words: list[str], today: date, link: Callable[[str], str | None]
) -> list[str] | Problem:
    """`words` as the texts to write for `field`, or why they cannot be; nothing but "" gives no value.

    Date words become days; for fields with links `link` gives the target of words that name a customer.
    """
    given = [one for one in words if one]
    if not field.many and given:
        given = [" ".join(given)]
    if field.read is day:
        days = [parse_day(one, today) for one in given]
        problem = next((one for one in days if isinstance(one, Problem)), None)
        return problem or [str(one) for one in days]
    if field.read in (_link, _links):
        given = [f"[[{target}]]" if (target := link(one)) else one for one in given]
    for one in given:
        report = Report(Source("", one))
        field.read(Scalar(one, Span(0, len(one)), quoted=True), report)
        if report.found:
            return Problem(report.found[0].code, report.found[0].message, report.found[0].hint)
    return given


class Reading(NamedTuple):
    """What one file gave: its document, the customer (None if it is none), and what is wrong."""

    document: Document
    customer: Customer | None
    diagnostics: tuple[Diagnostic, ...]


def read_customer(source: Source, reader: LineReader) -> Reading:
    """The customer in `source` (FORMAT §2), with every problem found on the way; never raises."""
    document = parse_document(source, reader.config.log.headings)
    report = Report(source, list(document.problems))
    if document.root is None:
        if not document.fenced:
            hint = "If it is a customer, put its fields between two lines `---` at the top."
            report.add("PT010", 0, "no front matter, so this is a note and no customer", hint)
        return Reading(document, None, tuple(report.found))
    stem = unicodedata.normalize("NFC", PurePosixPath(source.path).stem)
    values: dict[str, Any] = {"id": stem, "name": stem}
    values.update(_fields(document.root, report))
    if values["id"] == stem and isinstance(problem := parse_id(stem), Problem):
        report.problem(problem, 0)
    if values.get("left") and "status" not in values:
        values["status"] = "former"
        values["lines"].setdefault("status", values["lines"]["left"])
    text = source.text
    values["log"] = tuple(
        entry for item in document.entries() if (entry := reader.entry(item, text, report)) is not None
    )
    values["follow_ups"] = with_series(
        [task for item in document.tasks() if (task := reader.follow_up(item, text, report)) is not None]
    )
    reader.warn_of_strays(document, report)
    values["links"] = _all_links(document, report)
    return Reading(document, Customer(path=source.path, **values), tuple(report.found))


def _fields(root: Mapping, report: Report) -> dict[str, Any]:
    """The values of the known fields, the user's own ones under `own`, and `lines`."""
    warn_of_cuts(root, report)
    values: dict[str, Any] = {}
    own: list[tuple[str, str]] = []
    lines: dict[str, int] = {}
    for key, node in pairs(root, report):
        name = key.value
        field = BY_NAME.get(name)
        if field is None:
            if near := near_miss(name):
                report.add("PT101", key.span.start, f"“{name}” means nothing here", f"Did you mean “{near}”?")
            own.append((name, one_text(node, report)))
        elif not is_empty(node) and (value := field.read(node, report)) not in (None, ()):
            values[name] = value
            lines[name] = report.line(key.span.start)
    return {**values, "own": tuple(own), "lines": lines}


def near_miss(name: str) -> str | None:
    """The field that `name` is probably a slip of, or None."""
    near = nearest(name.replace("-", "_"), BY_NAME)
    return None if near == name else near


def one_text(node: Node, report: Report) -> str:
    """A value of the user's own, of any shape, as text on one line."""
    if isinstance(node, Scalar):
        return " ".join(node.value.split())
    if isinstance(node, Sequence):
        return ", ".join(one_text(item, report) for item in node.items)
    return ", ".join(f"{key.value}: {one_text(value, report)}" for key, value in node.pairs)


def _all_links(document: Document, report: Report) -> tuple[Link, ...]:
    root = document.root
    spans = [(key.value, value.span) for key, value in root.pairs] if root else []
    links = []
    for target, span in document.links():
        key = next((name for name, at in spans if at.start <= span.start < at.end), None)
        links.append(Link(target, key, report.line(span.start)))
    return tuple(links)
