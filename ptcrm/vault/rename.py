"""A customer's file under another name: the edits that keep its identity and repoint the links to it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ptcrm.errors import RefusedError
from ptcrm.model.change import Write
from ptcrm.text.edits import Edit, apply_edits
from ptcrm.text.fold import same_id
from ptcrm.text.source import Source, Span
from ptcrm.vault.schema import Reading, add_id, read_customer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.text.markdown import Target
    from ptcrm.vault.document import Document
    from ptcrm.vault.log import LineReader


def keep_id(document: Document, id_: str) -> list[Edit]:
    """The edit that writes `id_` at the top of the front matter, if the file has no id of its own.

    Raises `RefusedError` for a front matter in braces.
    """
    root = document.root
    if root is not None and any(key.value == "id" for key, _ in root.pairs):
        return []
    edit = add_id(document, id_)
    if edit is None:
        raise RefusedError(f"{document.source.path}: write an `id:` into it first. Nothing was written.")
    return [edit]


def repoint(document: Document, old: str, new: str, means: Callable[[str], bool]) -> list[Edit]:
    """The edits by which links that name a file by its stem `old`, alone or in a path, name it by `new`.

    `means` tells whether a link's target means that file; links by another id or alias stay.
    """
    edits = []
    for target in document.links():
        edit = _repointed(document.source.text, target, old, new)
        if edit is not None and means(target.text):
            edits.append(edit)
    return edits


def _repointed(text: str, target: Target, old: str, new: str) -> Edit | None:
    """The edit for one link, None if its last part is not `old`."""
    is_url = text[target.span.start - 1] == "("  # `[words](target)`, where blanks are written %20
    last = target.text.rpartition("/")[2].removesuffix(".md")
    if same_id(unquote(last) if is_url else last) != same_id(old):
        return None
    at = text.rindex(last, target.span.start, target.span.end)
    return Edit(Span(at, at + len(last)), quote(new) if is_url else new)


def rewritten(reading: Reading, edits: list[Edit], path: str, reader: LineReader) -> Write:
    """The change that `edits` make to the links of the file just read, which will stand at `path`.

    Raises `RefusedError` if the file cannot be read, or if anything but links would differ.
    """
    source = reading.document.source
    after = Source(path, apply_edits(source.text, edits), source.bom)
    if reading.document.fenced:
        new = read_customer(after, reader)
        if reading.document.conflicts or _without_links(reading) != _without_links(new):
            raise RefusedError(f"{source.path}: its links cannot be changed. Nothing was written.")
    return Write(source.path, source.content, after.content)


def _without_links(reading: Reading) -> object:
    """What a file says, but for its links and the words around them; never equal if it cannot be read."""
    one = reading.customer
    if one is None:
        return object()
    return (
        replace(
            one,
            path="",
            name="",
            company=None,
            referred_by=None,
            family=(),
            own=(),
            log=(),
            follow_ups=(),
            links=(),
        ),
        [(entry.date, entry.at, entry.channel, entry.qualifiers) for entry in one.log],
        [(task.due, task.at, task.channel, task.mark, task.done, task.every) for task in one.follow_ups],
        [key for key, _ in one.own],
        len(one.family),
        len(one.links),
    )
