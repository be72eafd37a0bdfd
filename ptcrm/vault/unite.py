"""Two files of one customer made into one: the first stays, with all that the second has, and the links lead to it.

Decided first, then done: what both say otherwise is a `Difference`, and nothing is made until each is chosen.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from ptcrm.errors import RefusedError
from ptcrm.model.change import Delete, Operation, Write
from ptcrm.text.edits import Edit, apply_edits
from ptcrm.text.fold import same_id
from ptcrm.text.source import Source, Span
from ptcrm.vault.amend import errors_of, fields_of, holds, lines_of, why_not
from ptcrm.vault.facts import link_key
from ptcrm.vault.rename import relinked, rewritten
from ptcrm.vault.schema import read_customer
from ptcrm.vault.unite_body import clashing_ids, joined_body, rename_ids
from ptcrm.vault.unite_fields import comments, differences, joined_fields, other_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptcrm.text.markdown import Target
    from ptcrm.vault.amend import Amendment
    from ptcrm.vault.document import Document
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.rename import Files
    from ptcrm.vault.schema import Reading
    from ptcrm.vault.unite_fields import Chosen, Difference

_OF_OTHERS = ("company", "referred_by", "family", "not_same_as")
# A path in a link, up to `#` or `?`; what begins with a scheme or `/` leads to the same place from everywhere.
_HERE = r"(?![A-Za-z][A-Za-z0-9+.-]*:|[/#?])"
_RELATIVE = re.compile(
    r"(?P<ticks>`+).*?(?P=ticks)"
    rf"|\]\((?:<(?P<angled>{_HERE}[^<>\n#?]+)|(?P<bare>{_HERE}[^()<>\s#?]+))(?=[#?>) \t])"
    rf"|\[\[(?P<wiki>{_HERE}[^\[\]|\n#?]+\.md)(?=[#|\]])"
    rf"|^[ \t]*\[(?!\^)[^\[\]\n]+\]:[ \t]*(?:<(?P<def_angled>{_HERE}[^<>\n#?]+)|(?P<def_bare>{_HERE}[^<>\s#?]+))",
    re.MULTILINE,
)


class Two(NamedTuple):
    """Two files of one customer, just read; the first stays."""

    one: Reading
    other: Reading

    @property
    def paths(self) -> tuple[str, str]:
        """The paths of the two files."""
        return self.one.document.source.path, self.other.document.source.path


def why_two(two: Two, files: Files) -> str | None:
    """Why two files cannot be made one: they are of different kinds, or say that they are two; None if they can."""
    for reading in two:
        path = reading.document.source.path
        if reading.customer is None or reading.document.conflicts or next(errors_of(reading), None):
            return f"{path}: {why_not(reading)}"
    kinds = [reading.customer.kind for reading in two if reading.customer]
    if kinds[0] != kinds[1]:
        return f"{two.paths[0]} is a {kinds[0]}, and {two.paths[1]} is a {kinds[1]}: they cannot be one."
    for reading, there in zip(two, reversed(two.paths), strict=True):
        path, customer = reading.document.source.path, reading.customer
        for link in customer.links if customer else ():
            if link.key in _OF_OTHERS and files.index.resolve(link_key(link.target, path)) == there:
                what = f"`{link.key}` names {there}, so they are two"
                return f"{path}:{link.line}: {what}. If that is wrong, take it away first."
    return None


def undecided(two: Two, chosen: Mapping[str, Chosen]) -> list[Difference]:
    """The fields of which both say something else, and that are not chosen."""
    return [one for one in differences(*two) if one.field not in chosen]


def united(
    two: Two, chosen: Mapping[str, Chosen], files: Files, country: str | None
) -> tuple[Operation, list[str]]:
    """The operation that makes one file of two; the second one goes, and links to it lead to the first.

    With the paths of the files whose links stay as they are, because they cannot be written. Raises `RefusedError`
    if it cannot be done without a loss.
    """
    if why := why_two(two, files):
        raise RefusedError(f"{why} Nothing was written.")
    ids = clashing_ids(*two)
    aim = _Aim(two, files, ids)
    ready = Two(*(_relinked(reading, aim, files.reader) for reading in two))
    text = _joined(ready, chosen, aim.names(), country, files.reader)
    old = two.one.document.source
    new = Source(old.path, text, old.bom)
    others, left = relinked(two.paths[1], files, aim.edits, besides=old.path)
    gone = two.other.document.source
    changes = (Write(old.path, old.content, new.content), Delete(gone.path, gone.content), *others)
    return Operation(f"merge {_id(two.one)} {_id(two.other)}", changes), left


def _id(reading: Reading) -> str:
    return reading.customer.id if reading.customer else ""


# Links


class _Aim:
    """Where links to the second file lead: to the first, and to blocks by their new ids."""

    def __init__(self, two: Two, files: Files, ids: Mapping[str, str]) -> None:
        self.two, self.files, self.ids = two, files, ids

    def names(self) -> list[str]:
        """The other names that the first customer gets: those of the second, and what nobody else is known by."""
        other = self.two.other.customer
        known = other.aliases if other else ()
        return [name for name in other_names(*self.two) if name in known or self._leads(name)]

    def edits(self, document: Document, path: str) -> list[Edit]:
        """The edits by which the links of a file to the second customer lead to the first."""
        found = []
        for target in document.links():
            if self.files.index.resolve(link_key(target.text, path)) == self.two.paths[1]:
                found += self._edits_of(document.source.text, target, path)
        return found

    def _edits_of(self, text: str, target: Target, path: str) -> list[Edit]:
        at = text.index(target.text, target.span.start, target.span.end)
        edits = [Edit(Span(at, at + len(target.text)), self._name(text, target, path))]
        for old, new in self.ids.items():
            anchor = f"#^{old}"
            end = target.span.end + len(anchor)
            if text.startswith(anchor, target.span.end) and text[end : end + 1] in ("]", "|", ")", ">", " "):
                edits.append(Edit(Span(target.span.end, end), f"#^{new}"))
        return edits

    def _name(self, text: str, target: Target, path: str) -> str:
        """What a link names the first customer by: in the way in which it named the second, as far as that is clear."""
        here = self.two.paths[0]
        if target.text.endswith(".md"):
            stands = here if path == self.two.paths[1] else path
            way = posixpath.relpath(here, posixpath.dirname(stands) or ".")
            return way if text[target.span.start - 1] in "[<" else quote(way)
        whole = here.removesuffix(".md")
        stem, other = (one.removesuffix(".md").rpartition("/")[2] for one in self.two.paths)
        names = [stem, _id(self.two.one)]
        if same_id(target.text) != same_id(other):
            names.reverse()
        if "/" in target.text:
            names.clear()
        return next((name for name in names if self._leads(name)), whole)

    def moved(self) -> list[Edit]:
        """The edits by which relative links of the second file lead from the folder of the first to where they led."""
        to, of = (posixpath.dirname(path) for path in self.two.paths)
        document = self.two.other.document
        text, found = document.source.text, []
        for link in _RELATIVE.finditer(text, document.yaml.start) if to != of else ():
            name = link.lastgroup or ""
            if name != "ticks" and not document.is_hidden(link.start(name)):
                slash = "/" if link[name].endswith("/") else ""
                way = posixpath.relpath(posixpath.join(of, link[name]), to) + slash
                found.append(Edit(Span(*link.span(name)), way))
        return found

    def _leads(self, name: str) -> bool:
        """Whether a name leads to nobody but one of the two."""
        return (
            self.files.index.meant(same_id(name)) <= {*self.two.paths} and "]" not in name and "|" not in name
        )


def _relinked(reading: Reading, aim: _Aim, reader: LineReader) -> Reading:
    """The file with its links to the second customer repointed, and with block ids of its own if it is the second."""
    document = reading.document
    path = document.source.path
    edits = aim.edits(document, path)
    is_second = path == aim.two.paths[1]
    if is_second:
        repointed = {edit.span.start for edit in edits}
        edits += [edit for edit in aim.moved() if edit.span.start not in repointed]
        edits += rename_ids(*aim.two, aim.ids)
    if not edits:
        return reading
    if not is_second:
        content = rewritten(reading, edits, path, reader).new
        return read_customer(Source.decode(path, content), reader)
    return read_customer(Source(path, apply_edits(document.source.text, edits), document.source.bom), reader)


# The file


def _joined(
    two: Two, chosen: Mapping[str, Chosen], names: list[str], country: str | None, reader: LineReader
) -> str:
    """The text of the first file with all of the second; raises `RefusedError` if it would not read as it should."""
    source = two.one.document.source
    amendment, taken = joined_fields(*two, chosen, names, country)
    text = apply_edits(source.text, [*amendment.edits, *joined_body(*two)])
    text = _with_comments(two, Source(source.path, text), reader)
    new = read_customer(Source(source.path, text), reader)
    if why := _objection(two, new, amendment, taken):
        hint = "Put into one of the files by hand what stands in its way, then try again."
        raise RefusedError(f"{source.path}: {why} {hint} Nothing was written.")
    return text


def _with_comments(two: Two, source: Source, reader: LineReader) -> str:
    """The text with the comments of both front matters; those that lost their place stand at the end of it."""
    document = read_customer(source, reader).document
    there = Counter(comments(document))
    wanted = Counter(comments(two.one.document)) | Counter(comments(two.other.document))
    lost = list((wanted - there).elements())
    eol, at = source.line_end_near(document.yaml.end), document.yaml.end
    lines = "".join(f"{document.indent}{comment}{eol}" for comment in lost)
    return source.text[:at] + lines + source.text[at:]


def _objection(two: Two, new: Reading, amendment: Amendment, taken: set[str]) -> str | None:
    """What is wrong with the file that is to have both, or None."""
    if new.customer is None or (error := next(errors_of(new), None)):
        return f"both together would have an error ({error if new.customer else 'no front matter'})."
    aimed = {field.name: (field, values) for field, values in amendment.fields}
    wrong = [name for name, (field, values) in aimed.items() if not holds(new, field, values)]
    before, theirs, after = (fields_of(reading) for reading in (*two, new))
    for name in {*before, *theirs, *after} - aimed.keys():
        source = theirs if name in taken else before
        if after.get(name) != source.get(name):
            wrong.append(name)
    if wrong:
        return f"“{min(wrong)}” cannot be joined."
    mine, others, both = (lines_of(reading) for reading in (*two, new))
    least, most = mine | others, mine + others
    if least - both or both - most:
        return "the log or a follow-up of one would be read otherwise in the other."
    return None
