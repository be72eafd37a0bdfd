"""From a document to a customer: one table of fields, which is also the source of the documentation."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.errors import UsageError
from ptcrm.model import shape
from ptcrm.model.customer import Customer, Link, Occasion
from ptcrm.model.dates import parse_anniversary, parse_day
from ptcrm.model.diagnostic import Diagnostic, Fix, Problem
from ptcrm.model.reading import (
    Reader,
    Report,
    anniversary,
    cut_after,
    day,
    flag,
    interval,
    is_empty,
    items,
    one_of,
    pairs,
    parsed,
    placed,
    shaped,
    text,
    texts,
    warn_of_cuts,
    zone,
)
from ptcrm.text.edits import Edit
from ptcrm.text.frontmatter import Mapping, Node, Scalar, Sequence
from ptcrm.text.markdown import link_target
from ptcrm.text.near import did_you_mean, nearest
from ptcrm.text.safe import one_line
from ptcrm.text.source import Source, Span, outermost
from ptcrm.vault.document import Document, parse_document
from ptcrm.vault.emit import emit
from ptcrm.vault.log import first_astray, with_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from ptcrm.model.customer import LogEntry
    from ptcrm.vault.log import LineReader

_NOT_IN_ID = re.compile(r"[/\\\[\]#^|:\x00-\x1f\x7f-\x9f]")
_ID_FORM = rf"\s*[^{_NOT_IN_ID.pattern[1:]}*\s*"
_OCCASION_SHAPE = shape.like(
    rf"\S[\s\S]* (?:{shape.ANNIVERSARY_FORM})", "Write for example wedding 2012-09-01."
)
_ID_BYTES = 100
_CONFIGURED = {
    "tier": ("PT403", "tier"),
    "status": ("PT404", "status"),
    "prefers": ("PT405", "channel"),
    "avoids": ("PT405", "channel"),
}


def parse_id(words: str) -> str | Problem:
    r"""An id (FORMAT §2.1): no `/ \ [ ] # ^ | :` or control character, at most 100 bytes."""
    bad = _NOT_IN_ID.search(words)
    if bad:
        return Problem("PT108", f"an id must not hold “{bad[0]!s}”", "Write an `id:` without it.")
    if len(words.encode(errors="replace")) > _ID_BYTES:
        return Problem("PT108", f"this id is over {_ID_BYTES} bytes", "Write a shorter `id:`.")
    return words


@shaped(shape.TEXT)
def _name(node: Node, report: Report) -> str | None:
    """A name on one line, so that none can pass for more than a name where it is shown."""
    words = text(node, report)
    return words and one_line(words)


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
            label, whole = "Put quotes around it", cut_after(item, report.source.text) is None
            fix = _in_yaml(label, item, [item.value], BY_NAME["phones"], safe=True) if whole else None
            message = "other programs may read this as a number"
            report.add("PT110", item.span.start, message, "Put it in quotes.", fix)
    return texts(node, report)


def _in_yaml(label: str, node: Node, values: list[str], field: Field, *, safe: bool = False) -> Fix | None:
    """The fix that writes `values` in the place of `node`; None if YAML cannot hold them."""
    written = [_emitted(value, field) for value in values]
    if None in written:
        return None
    text = ", ".join(filter(None, written))
    return Fix(label, Edit(node.span, text if len(values) == 1 else f"[{text}]"), safe)


def _emitted(value: str, field: Field) -> str | None:
    """`value` as YAML that may stand anywhere; None if YAML cannot hold it."""
    try:
        return emit(value, field, flow=True)
    except UsageError:
        return None


@shaped(shape.words())
def _words(node: Node, report: Report) -> tuple[str, ...]:
    """Short words; one value with a comma in it was meant as a list."""
    if isinstance(node, Scalar) and "," in node.value:
        parts = [stripped for part in node.value.split(",") if (stripped := part.strip())]
        meant = f"Write [{', '.join(parts)}]"
        fix = _in_yaml(meant, node, parts, BY_NAME["tags"]) if parts else None
        message = "this is one value with a comma in it, and no list"
        report.add("PT105", node.span.start, message, f"{meant}.", fix)
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
                _occasion(found, key.value, text(value, report) or "", value, report)
        elif words := text(item, report):
            name, _, written = words.rpartition(" ")
            _occasion(found, name.rstrip().removesuffix(":"), written, item, report)
    return tuple(found)


def _occasion(found: list[Occasion], name: str, written: str, node: Node, report: Report) -> None:
    anniversary, at = parse_anniversary(written), node.span.start
    if isinstance(anniversary, Problem):
        report.problem(placed(anniversary, written, node, report), at)
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
    Field("name", _name, "what the customer is called; default: the file's stem"),
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
            hint = (
                "Give each value as a word of its own." if field.many and "," in one else report.found[0].hint
            )
            return Problem(report.found[0].code, report.found[0].message, hint)
    return given


class Reading(NamedTuple):
    """What one file gave: its document, the customer (None if it is none), and what is wrong."""

    document: Document
    customer: Customer | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def offers(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that count only for somebody who asks for them."""
        found = _missing_id(self.document) if self.customer else ()
        return _without_fixes(found) if self.document.conflicts else found


def read_customer(source: Source, reader: LineReader) -> Reading:
    """The customer in `source` (FORMAT §2), with every problem found on the way; never raises."""
    document = parse_document(source, reader.config.log.headings)
    report = Report(source, list(document.problems))
    if document.root is None:
        if not document.fenced:
            hint = "If it is a customer, put its fields between two lines `---` at the top."
            report.add("PT010", 0, "no front matter, so this is a note and no customer", hint)
        return Reading(document, None, tuple(report.found))
    stem = stem_of(source.path)
    values: dict[str, Any] = {"id": stem, "name": stem}
    values.update(read_fields(document.root, BY_NAME, report, reader))
    if values["id"] == stem and isinstance(problem := parse_id(stem), Problem):
        report.problem(problem, 0)
    if values.get("left") and "status" not in values:
        values["status"] = "former"
        values["lines"].setdefault("status", values["lines"]["left"])
    text = source.text
    entries = reader.entries(document, report)
    values["log"] = tuple(entries.values())
    _warn_of_disorder(document, entries, report)
    values["follow_ups"] = with_series(
        [task for item in document.tasks() if (task := reader.follow_up(item, text, report)) is not None]
    )
    reader.warn_of_strays(document, report)
    values["links"] = links_of(document, report)
    found = tuple(report.found)
    if document.conflicts:  # then nothing is written
        found = _without_fixes(found)
    return Reading(document, Customer(path=source.path, **values), found)


def stem_of(path: str) -> str:
    """The name of the file at `path` without `.md`, which is the id of who has no other (FORMAT §2.1)."""
    return unicodedata.normalize("NFC", path.rpartition("/")[2].removesuffix(".md"))


def _without_fixes(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(one._replace(fix=None) for one in found)


def _missing_id(document: Document) -> tuple[Diagnostic, ...]:
    """The diagnostic of a file whose id is its name; the fix is a first line that keeps it."""
    report, root, at = Report(document.source), document.root, document.yaml.start
    stem = stem_of(document.source.path)
    ids = [value for key, value in root.pairs if key.value == "id"] if root else []
    if isinstance(parse_id(stem), str) and all(map(is_empty, ids)):
        edit = None if ids else add_id(document, stem)
        fix = Fix(f"Add {edit.text.strip()}", edit, safe=True) if edit else None
        message = "this file has no id: renaming it by hand would make calendar apps see new entries"
        report.add("PT111", at, message, f"Write id: {stem}", fix)
    return tuple(report.found)


def add_id(document: Document, id_: str) -> Edit | None:
    """The edit that writes `id_` at the top of the front matter, which has none; None if it cannot stand there."""
    at, written = document.yaml.start, _emitted(id_, BY_NAME["id"])
    if written is None or (document.root and document.root.flow):
        return None
    return Edit(Span(at, at), f"{document.indent}id: {written}{document.source.line_end_near(at)}")


def _warn_of_disorder(document: Document, entries: dict[int, LogEntry], report: Report) -> None:
    """Say which entry is the first to break the order of its log; `entries` are by where they stand."""
    starts = list(entries)
    for log in outermost(document.logs):
        places = starts[bisect_left(starts, log.start) : bisect_left(starts, log.end)]
        astray = first_astray([entries[at].date for at in places])
        if astray is not None:
            message = f"the entry of {entries[places[astray]].date} is not in the order of the log"
            report.add("PT206", places[astray], message, "It counts where it stands; move it if you like.")
            return


def read_fields(
    root: Mapping,
    table: dict[str, Field],
    report: Report,
    reader: LineReader | None = None,
) -> dict[str, Any]:
    """The values of the fields that the `table` knows, the user's own ones under `own`, and `lines`.

    With a `reader`, words that the configuration does not have are warned of.
    """
    warn_of_cuts(root, report)
    values: dict[str, Any] = {}
    own: list[tuple[str, str]] = []
    lines: dict[str, int] = {}
    for key, node in pairs(root, report):
        name = key.value
        field = table.get(name)
        if field is None:
            if near := near_miss(name, table):
                there = any(other.value == near for other, _ in root.pairs)
                fix = None if there else Fix(f"Write {near}", Edit(key.span, near), safe=False)
                message = f"“{name}” means nothing here"
                report.add("PT101", key.span.start, message, did_you_mean(near), fix)
            own.append((name, one_text(node, report)))
        elif not is_empty(node) and (value := field.read(node, report)) not in (None, ()):
            values[name] = value
            lines[name] = report.line(key.span.start)
            if reader:
                warn_of_unknown_words(field, node, reader, report)
    return {**values, "own": tuple(own), "lines": lines}


def warn_of_unknown_words(field: Field, node: Node, reader: LineReader, report: Report) -> None:
    """Warn of a tier, status or channel that the configuration does not have."""
    if field.name not in _CONFIGURED:
        return
    code, noun = _CONFIGURED[field.name]
    config = reader.config
    known = {"tier": [*config.tiers], "status": [*config.statuses]}.get(noun, [*reader.names])
    for item in items(node, report):
        word = text(item, Report(report.source)) or ""  # what is wrong with its shape has been said
        is_channel = noun == "channel" and (reader.channel(word) or (item is node and "," in word))
        if not word or word in known or is_channel:
            continue
        near = nearest(word, known)
        fix = _in_yaml(f"Write {near}", item, [near], field) if near else None
        hint = did_you_mean(near) or f"Known are: {', '.join(known) or 'none'}."
        report.add(code, item.span.start, f"“{word}” is no {noun}", hint, fix)


def near_miss(name: str, known: Iterable[str] = BY_NAME) -> str | None:
    """The one of the `known` fields that `name` is probably a slip of, or None."""
    near = nearest(name.replace("-", "_"), known)
    return None if near == name else near


def one_text(node: Node, report: Report) -> str:
    """A value of the user's own, of any shape, as text on one line."""
    if isinstance(node, Scalar):
        return " ".join(node.value.split())
    if isinstance(node, Sequence):
        return ", ".join(one_text(item, report) for item in node.items)
    return ", ".join(f"{key.value}: {one_text(value, report)}" for key, value in node.pairs)


def links_of(document: Document, report: Report) -> tuple[Link, ...]:
    """The links of the whole file, each with the field it stands in."""
    root = document.root
    spans = [(key.value, value.span) for key, value in root.pairs] if root else []
    starts = [at.start for _, at in spans]
    links = []
    for target, span in document.links():
        place = bisect_right(starts, span.start) - 1
        inside = place >= 0 and span.start < spans[place][1].end
        links.append(Link(target, spans[place][0] if inside else None, report.line(span.start)))
    return tuple(links)
