"""From a file of the library to an item: one table of fields (docs/library.md). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.model.diagnostic import Diagnostic, Problem
from ptcrm.model.item import KINDS, Item
from ptcrm.model.reading import Report, day, one_of, texts, web
from ptcrm.vault.document import parse_document
from ptcrm.vault.schema import BY_NAME, Field, links_of, parse_id, read_fields, stem_of

if TYPE_CHECKING:
    from ptcrm.model.customer import Link
    from ptcrm.text.source import Source

ITEM_FIELDS = (
    BY_NAME["id"],
    Field("title", BY_NAME["name"].read, "what it is called; default: the file's stem"),
    Field("aliases", texts, "other names that links and commands may use", many=True, flow=True),
    Field("url", web, "where it is to be found: `https://…`, `http://…` or `mailto:…`"),
    Field("topics", BY_NAME["tags"].read, "what it is about", many=True, flow=True),
    Field("kind", one_of(*KINDS), "`article` (the default), `tip`, `event`, `offer` or `training`"),
    Field("until", day, "the last day on which it is any good; of an event its day", typed=True),
)
_BY_NAME = {field.name: field for field in ITEM_FIELDS}


class ItemRead(NamedTuple):
    """What one file of the library gave: the item (None if it is none), its links, and what is wrong."""

    item: Item | None
    links: tuple[Link, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_item(source: Source) -> ItemRead:
    """The item in `source`, with every problem found on the way; never raises."""
    document = parse_document(source, ())
    report = Report(source, list(document.problems))
    if document.root is None:
        if not document.fenced:
            hint = "If it is worth passing on, put its title between two lines `---` at the top."
            report.add("PT010", 0, "no front matter, so this is a note and nothing of the library", hint)
        return ItemRead(None, (), _without_fixes(report))
    stem = stem_of(source.path)
    values: dict[str, Any] = {"id": stem, "title": stem, **read_fields(document.root, _BY_NAME, report)}
    if values["id"] == stem and isinstance(problem := parse_id(stem), Problem):
        report.problem(problem, 0)
    item = Item(
        path=source.path,
        text=source.text[document.body :].rstrip(),
        begins=report.line(document.body),
        **values,
    )
    return ItemRead(item, links_of(document, report), _without_fixes(report))


def _without_fixes(report: Report) -> tuple[Diagnostic, ...]:
    """What is wrong; `check --fix` mends customers' files alone."""
    return tuple(one._replace(fix=None) for one in report.found)
