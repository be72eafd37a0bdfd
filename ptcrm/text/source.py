"""One file's text with everything needed to rebuild its bytes. Spans are half-open: [start, end)."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOM = b"\xef\xbb\xbf"


class Span(NamedTuple):
    """A half-open range of offsets (characters) into `Source.text`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters of `text` in this range."""
        return text[self.start : self.end]


def outermost(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Those of `spans`, which stand in order and do not cross, that lie in no other."""
    found: list[Span] = []
    for span in spans:
        if not found or span.start >= found[-1].end:
            found.append(span)
    return tuple(found)


def is_inside(spans: Sequence[Span], offset: int) -> bool:
    """Whether one of `spans`, which stand in order and apart, holds `offset`."""
    number = bisect_right(spans, offset, key=lambda span: span.start)
    return number > 0 and offset < spans[number - 1].end


class Position(NamedTuple):
    """Where a person finds an offset: line and column, both counted from 1, columns in characters."""

    line: int
    column: int


class UndecodableError(ValueError):
    """The bytes are not UTF-8; `offset` is the first byte that does not fit."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"not UTF-8 at byte {offset}")
        self.offset = offset


def digest(content: bytes) -> str:
    """A fingerprint of `content`, compared before a file is replaced."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: `path` relative to the vault with `/`, `text` without the byte order mark."""

    path: str
    text: str
    bom: bool = False
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def decode(cls, path: str, content: bytes) -> Source:
        """`content` as text; raises `UndecodableError` with the byte offset if it is not UTF-8."""
        bom = content.startswith(BOM)
        try:
            return cls(path, content[3:].decode() if bom else content.decode(), bom)
        except UnicodeDecodeError as error:
            raise UndecodableError(error.start + (3 if bom else 0)) from None

    @property
    def content(self) -> bytes:
        """The bytes of the file, exactly as read."""
        return (BOM if self.bom else b"") + self.text.encode()

    def position(self, offset: int) -> Position:
        """The line and column of `offset`; lines end at LF alone."""
        line = self.line(offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line(self, offset: int) -> int:
        """The line of `offset`, from 1."""
        starts = self._starts
        if not starts:
            starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return bisect_right(starts, offset)

    def line_end_near(self, offset: int) -> str:
        r"""The line end a new line at `offset` takes: its neighbour's above, else below, else LF."""
        above = self.text.rfind("\n", 0, offset)
        at = above if above >= 0 else self.text.find("\n", offset)
        return "\r\n" if at > 0 and self.text[at - 1] == "\r" else "\n"
