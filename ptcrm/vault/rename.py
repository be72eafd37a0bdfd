"""A customer's file under another name: it keeps its identity, and the links to it are repointed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ptcrm.errors import RefusedError
from ptcrm.model.change import Move, Operation, Write
from ptcrm.text.edits import Edit, apply_edits
from ptcrm.text.fold import same_id
from ptcrm.text.source import Source, Span, UndecodableError
from ptcrm.vault.facts import link_key
from ptcrm.vault.index import Index
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import Reading, add_id, read_customer

if TYPE_CHECKING:
    from ptcrm.model.change import Change
    from ptcrm.text.markdown import Target
    from ptcrm.vault.document import Document
    from ptcrm.vault.index import Match


@dataclass(frozen=True, slots=True)
class Files:
    """The vault's files, as renaming one of them sees them.

    `notes` are the Markdown files that are no customers'. `read` reads a file anew; it raises OSError or
    UndecodableError.
    """

    index: Index
    notes: AbstractSet[str]
    read: Callable[[str], Reading]
    reader: LineReader


def renamed(reading: Reading, match: Match, stem: str, files: Files) -> tuple[Operation, list[str]]:
    """The operation that gives the customer's file, just read, the name `stem`, there and in links; it keeps its id.

    With the paths of the files whose links stay as they are, because they cannot be written. Raises
    `RefusedError` if the name is taken, or if a customer's file that links to this one cannot be read.
    """
    if files.index.is_anothers(stem, match.path):
        raise RefusedError(f"“{stem}” is another customer's name for links. Nothing was written.")
    folder, _, name = match.path.rpartition("/")
    to = f"{folder}/{stem}.md"

    def repointed(document: Document, path: str) -> list[Edit]:
        def means(target: str) -> bool:
            return files.index.resolve(link_key(target, path)) == match.path

        return repoint(document, name.removesuffix(".md"), stem, means)

    edits = [*keep_id(reading.document, match.id), *repointed(reading.document, match.path)]
    own = rewritten(reading, edits, to, files.reader)
    changes: list[Change] = [Move(match.path, own.old, to, own.new)]
    others, left = relinked(match.path, files, repointed)
    return Operation(f"rename {match.id} {stem}", (*changes, *others)), left


def relinked(
    path: str, files: Files, edits_of: Callable[[Document, str], list[Edit]], besides: str = ""
) -> tuple[list[Change], list[str]]:
    """What becomes of the other files, `besides` left out, whose links may lead to the customer at `path`.

    With the paths of those that cannot be written. Raises `RefusedError` if a customer's file with such a link
    cannot be read.
    """
    changes: list[Change] = []
    left = []
    linked = {path for path, _, _ in files.index.backlinks(path)}
    for place in sorted((linked | files.notes) - {besides}):
        try:
            other = files.read(place)
            if edits := edits_of(other.document, place):
                changes.append(rewritten(other, edits, place, files.reader))
        except (OSError, UndecodableError, RefusedError) as error:
            if place in linked and isinstance(error, OSError):
                why = error.strerror or error
                raise RefusedError(f"{place}: it cannot be read ({why}). Nothing was written.") from error
            left.append(place)
    return changes, left


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
    is_url = text[target.span.start - 1] not in "[<"  # `(target)` or `: target`, where blanks are written %20
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
