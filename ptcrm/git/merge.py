"""Two versions of a customer's file made into one, with the version that both began from. Pure; knows nothing of git.

Front matter is merged key by key, the log entry by entry, follow-ups by what they are known by, the rest paragraph by
paragraph. The result does not depend on which side is which; one that cannot be vouched for is not given.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.git.merge_body import BODY_RULES, body_parts
from ptcrm.git.merge_fields import FIELD_RULES, field_parts
from ptcrm.git.merge_match import Part, alike, three_way
from ptcrm.git.merge_parts import Conflict, Piece, Woven, entry_counts, merge_parts
from ptcrm.model.config import Config
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault.document import parse_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptcrm.vault.document import Document

MARKER_SIZE = 7  # git's own
LABELS = ("ours", "theirs")

_MARKERS = re.compile(r"^(?:<{7,}|>{7,}|\|{7,})(?: |\r?$)", re.MULTILINE)
_MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge came to: the file's bytes, how many conflicts are marked in it, and what a person should know.

    `notes` are sentences on what was kept although one side had removed it, or changed it too.
    """

    content: bytes
    conflicts: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Version:
    """One version in parts; without a document it is the empty file, which any file may begin from."""

    fences: tuple[str, str]
    fields: list[Part]
    body: list[Part]


_EMPTY = _Version(("", ""), [Part("end", "", "")], [Part("end", "", "")])


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    labels: tuple[str, str] = LABELS,
    marker_size: int = MARKER_SIZE,
) -> Merged | None:
    """The file with what both sides did to `base`, which is empty if both made it.

    What both changed, and otherwise, stands in it twice between git's markers: the key, or the paragraph. None if
    one of the three cannot be understood (no UTF-8, no front matter that can be read, markers of an earlier merge),
    or if the result, read again, is not what it should be; then the lines have to be merged as those of any file.
    """
    if theirs in (ours, base):
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    try:
        sources = [Source.decode("", content) for content in (base, ours, theirs)]
    except UndecodableError:
        return None
    line_end, texts = _line_ends([source.text for source in sources])
    versions = [_version(text) if number or text else _EMPTY for number, text in enumerate(texts)]
    old, left, right = versions
    if old is None or left is None or right is None:
        return None
    fields = merge_parts(old.fields, left.fields, right.fields, FIELD_RULES)
    body = merge_parts(old.body, left.body, right.body, BODY_RULES)
    opening, closing = map(_fence, old.fences, left.fences, right.fences)
    pieces = [opening, *fields.pieces, closing, *body.pieces]
    if not _holds(pieces, fields, body, entry_counts(old.body, left.body, right.body)):
        return None
    conflicts = [piece for piece in pieces if isinstance(piece, Conflict)]
    text = "".join(_marked(piece, labels, marker_size) for piece in pieces)
    if not _either(*(not text or text.endswith("\n") for text in texts)):
        text = text.removesuffix("\n").removesuffix("\r")
    bom = _either(*(source.bom for source in sources))
    content = Source("", text.replace("\n", line_end), bom).content
    return Merged(content, len(conflicts), (*_kept(fields.kept + body.kept), *_twice(old, left, right)))


def _either(base: bool, ours: bool, theirs: bool) -> bool:  # noqa: FBT001  # the same question to three versions
    """A yes or no that one side changed, or both."""
    return ours if theirs == base else theirs


def _line_ends(texts: list[str]) -> tuple[str, list[str]]:
    r"""The line end that LF stands for in the result, and the texts as they are merged.

    Where a version is all LF or all CRLF, or one side made it so, the ends are merged by themselves. Else CR is a
    part of its line.
    """
    base, ours, theirs = (_line_end(text) for text in texts)
    is_converted = base and any(side not in (None, _MIXED, base) for side in (ours, theirs))
    if _MIXED in (base, ours, theirs) and not is_converted:
        return "\n", texts
    side = three_way(base, ours, theirs) if ours and theirs else ours or theirs
    if side in (None, _MIXED):
        side = min((one for one in (ours, theirs) if one and one != _MIXED), default=None)
    return side or "\n", [text.replace("\r\n", "\n") for text in texts]


def _line_end(text: str) -> str | None:
    lines, returns = text.count("\n"), text.count("\r\n")
    if not lines:
        return None
    return {0: "\n", lines: "\r\n"}.get(returns, _MIXED)


def _version(text: str) -> _Version | None:
    """A file in parts, or None if it cannot be understood."""
    if _MARKERS.search(text):
        return None
    document = _document(text)
    fields = field_parts(document)
    if fields is None:
        return None
    text = document.source.text
    return _Version(
        (text[: document.yaml.start], text[document.yaml.end : document.body]), fields, body_parts(document)
    )


def _document(text: str) -> Document:
    if not text.endswith("\n"):
        text += Source("", text).line_end_near(len(text))
    return parse_document(Source("", text), Config().log.headings)


def _fence(base: str, ours: str, theirs: str) -> str:
    return three_way(base, ours, theirs) or min(ours, theirs)


def _marked(piece: Piece, labels: tuple[str, str], size: int) -> str:
    if isinstance(piece, str):
        return piece
    end = "\r\n" if piece.ours.endswith("\r\n") else "\n"
    return f"{'<' * size} {labels[0]}{end}{piece.ours}{'=' * size}{end}{piece.theirs}{'>' * size} {labels[1]}{end}"


def _holds(pieces: Sequence[Piece], fields: Woven, body: Woven, counts: Counter[str]) -> bool:
    """Whether the result, with either side of its conflicts, reads as what was put into it."""
    sides = ["".join(piece if isinstance(piece, str) else piece[side] for piece in pieces) for side in (0, 1)]
    for text in sides[:1] if sides[0] == sides[1] else sides:
        read = _version(text)
        if read is None or _keys(read.fields) != _keys(fields.parts):
            return False
        if Counter(part.kind for part in read.body) != Counter(part.kind for part in body.parts):
            return False
        if Counter(part.name for part in read.body if part.kind == "entry") != counts:
            return False
    return True


def _keys(parts: Iterable[Part]) -> list[str]:
    return [part.name for part in parts if part.kind == "key"]


# What a person should know


def _kept(parts: Iterable[Part]) -> list[str]:
    return [
        f"kept, since only one side removed it and the other changed it: {_shown(part)}" for part in parts
    ]


def _twice(old: _Version, left: _Version, right: _Version) -> list[str]:
    """Entries that one side changed and the other changed too, or removed; all that was written is there."""
    base, ours, theirs = (
        Counter(part.name for part in version.body if part.kind == "entry") for version in (old, left, right)
    )
    gone = [_entry(name) for name in base if ours[name] < base[name] and theirs[name] < base[name]]
    if not gone:
        return []
    new = [[_entry(name) for name in side if side[name] > base[name]] for side in (ours, theirs)]
    changed = [{gone[one]: side[other] for one, other in alike(gone, side)} for side in new]
    notes = []
    for part in gone:
        found = [side[part] for side in changed if part in side]
        if len(found) == 2 and found[0] != found[1]:
            notes.append(f"both sides changed this entry, so it is there twice: {_shown(part)}")
        elif len(found) == 1:
            notes += _kept(found)
    return notes


def _entry(name: str) -> Part:
    return Part("entry", name, name)


def _shown(part: Part) -> str:
    return part.text.strip().partition("\n")[0].rstrip()
