"""Rows of delimited text (RFC 4180 and its relatives), from bytes: which encoding, which delimiter, row by row.

A file is read as a stream that can be sought, so that it may be looked at before it is read. Never more of it is
held than a sample and one row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

from ptcrm.errors import UsageError
from ptcrm.formats.decoding import encoding_by_mark, guessed_encoding
from ptcrm.model.draft import Flaw
from ptcrm.text.safe import from_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A larger file is no address book; it is not read at all.
MAX_BYTES = 256 << 20
# A longer line, and a row of more text, is skipped: a few hundred columns with a long note each fit into it.
MAX_ROW = 1 << 20
# Rows behind these are not read.
MAX_ROWS = 200_000

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_NAMES = {
    **{name: sign for sign, name in DELIMITERS.items()},
    **{sign: sign for sign in DELIMITERS},
    r"\t": "\t",
}
_CHUNK, _SAMPLE, _SAMPLED_ROWS = 1 << 16, 1 << 16, 50
_SEP = re.compile(r"sep=(.)[\r\n]*")


class Dialect(NamedTuple):
    """How a file is written: its encoding (a name of Python's), its delimiter, lines before the first row."""

    encoding: str
    delimiter: str
    skipped: int = 0


class Row(NamedTuple):
    """The cells of one row, and the line on which it begins, from 1."""

    line: int
    cells: list[str]


class _TooLongError(Exception):
    """A line, or a row of several lines, is over the cap; what follows can be read."""


def delimiter_named(words: str) -> str:
    """The delimiter that `words` mean: a sign or its name; raises `UsageError`."""
    sign = _NAMES.get(words.strip(" ").lower() or words)
    if sign is None:
        names = ", ".join(DELIMITERS.values())
        raise UsageError(f"--delimiter {words}: write one of {names}.")
    return sign


def size_of(stream: IO[bytes]) -> int:
    """The bytes of the stream, which then stands at its beginning."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def encoding_of(stream: IO[bytes]) -> str:
    """The encoding of the whole stream: by its mark, else UTF-8 if it is that, else the most likely one."""
    stream.seek(0)
    head = stream.read(_CHUNK)
    if marked := encoding_by_mark(head):
        return marked
    if head[1::2].count(0) * 3 > len(head):
        return "utf-16-le"
    if head[::2].count(0) * 3 > len(head):
        return "utf-16-be"
    return "utf-8" if _is_utf8(stream) else guessed_encoding(_telling(stream))


def _is_utf8(stream: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    stream.seek(0)
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _telling(stream: IO[bytes]) -> bytes:
    """Lines that are not ASCII, as many as a sample holds."""
    stream.seek(0)
    sample = b""
    while len(sample) < _SAMPLE and (chunk := stream.read(_CHUNK)):
        sample += b"\n".join(line for line in re.split(rb"[\r\n]+", chunk) if not line.isascii()) + b"\n"
    return sample[:_SAMPLE]


def dialect_of(
    stream: IO[bytes], score: Callable[[Sequence[str]], int], delimiter: str = "", encoding: str = ""
) -> Dialect:
    """How the stream is written; `delimiter` and `encoding` are not looked for if they are given.

    The delimiter is the one with which a row of the file's beginning has most of the names of columns that `score`
    counts, else the most columns. A first line `sep=;` names it.
    """
    encoding = encoding or encoding_of(stream)
    stream.seek(0)
    sample = _decoded(stream.read(_SAMPLE), encoding)
    named = _SEP.match(sample)
    skipped = 1 if named else 0
    if named and not delimiter:
        delimiter = named[1]
    if not delimiter:
        lines = _whole_lines(sample)
        delimiter = max(DELIMITERS, key=lambda sign: _quality(lines, sign, score))
    return Dialect(encoding, delimiter, skipped)


def _decoded(head: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)("replace").decode(head)
    except UnicodeError:  # some of Python's encodings cannot pass over what is wrong
        return ""


def _whole_lines(sample: str) -> list[str]:
    lines = io.StringIO(sample, newline="").readlines()
    return lines[:-1] if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")) else lines


def _quality(lines: list[str], delimiter: str, score: Callable[[Sequence[str]], int]) -> tuple[int, int, int]:
    """How well the lines read with this delimiter: known columns, rows of one width, that width."""
    found = [row for row in islice(csv.reader(lines, delimiter=delimiter), _SAMPLED_ROWS) if row]
    widths = [len(row) for row in found if len(row) > 1]
    width = max(set(widths), key=lambda one: (widths.count(one), one), default=1)
    return max(map(score, found), default=0), widths.count(width), width


class _Lines:
    """The lines of a text, counted; `is_at_end` when somebody has asked for one behind the last."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._size = text, 0
        self.number, self.is_at_end = 0, False

    def begin(self) -> int:
        """The number of the next line, with which another row begins."""
        self._size = 0
        return self.number + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_ROW + 1)
        self.is_at_end = not line
        if not line:
            raise StopIteration
        self.number += 1
        self._size += len(line)
        rest = line
        while len(line) > MAX_ROW and rest and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(_CHUNK)
        if self._size > MAX_ROW:
            raise _TooLongError
        return line


def rows(stream: IO[bytes], dialect: Dialect, place: str) -> Iterator[Row | Flaw]:
    """The rows of the stream from its beginning, without blank ones; what cannot be read is a `Flaw`.

    `place` is the name of the file for messages. The stream stays open.
    """
    stream.seek(0)
    text = io.TextIOWrapper(stream, dialect.encoding, errors="replace", newline="")
    count = 0
    try:
        for row in _read(_Lines(text), dialect, place):
            count += isinstance(row, Row)
            if count > MAX_ROWS:
                yield Flaw(place, f"only the first {MAX_ROWS:,} rows are read", "Cut the file in two.")
                return
            yield row
    except UnicodeError:
        yield Flaw(place, f"this is not {dialect.encoding}", "Give the encoding with --encoding.")
    finally:
        text.detach()


def _read(lines: _Lines, dialect: Dialect, place: str) -> Iterator[Row | Flaw]:
    for _ in islice(lines, dialect.skipped):
        pass
    reader, is_warned = csv.reader(lines, delimiter=dialect.delimiter), False
    while True:
        line = lines.begin()
        try:
            cells = next(reader, None)
        except (csv.Error, _TooLongError):
            yield _too_long(f"{place}:{line}", is_one_line=lines.number == line)
            if lines.number == line:
                continue
            return
        if cells is None:
            return
        if lines.is_at_end:
            yield _never_closed(f"{place}:{line}")
            return
        if not is_warned and any("\N{REPLACEMENT CHARACTER}" in cell for cell in cells):
            is_warned = True
            yield _not_decoded(f"{place}:{line}", dialect.encoding)
        if any(map(str.strip, cells)):
            yield Row(line, [from_csv(cell) for cell in cells])


def _too_long(place: str, *, is_one_line: bool) -> Flaw:
    if is_one_line:
        return Flaw(place, "this row is too long, and is left out")
    hint = "Perhaps a quote is not closed: look for one in this row."
    return Flaw(place, "the row that begins here does not end, so nothing from here on is read", hint)


def _never_closed(place: str) -> Flaw:
    message = "a quote is opened in this row and never closed, so nothing from here on is read"
    return Flaw(place, message, 'Close it with another ", and import the file again.')


def _not_decoded(place: str, encoding: str) -> Flaw:
    message = f"some characters from here on stand as �: they are not {encoding}, or an export put it there"
    return Flaw(place, message, "If that is wrong, give another encoding with --encoding.")
