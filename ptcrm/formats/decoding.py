"""Bytes of a file that may not say in which encoding they are: its lines, and the text in them."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.text.near import suggest

if TYPE_CHECKING:
    from collections.abc import Generator

HEAD = 1 << 20  # bytes that are looked at to tell the encoding
_USUAL = "cp1252"  # Western Europe, and what most old exports are in
# The encodings that are told apart: first those in which letters with accents stand alone between others.
_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "mac_roman", "cp852", "cp850")
_OTHERS = ("cp1251", "koi8_r", "cp1253")  # those of scripts of their own, without any letter of ASCII
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
# Others that Python knows (`zlib`, `idna`) are no encodings of text, or slow.
_OF_TEXT = re.compile(
    "(?:utf-?_?(?=8|16|32)|us-ascii|ascii|iso-?8859|latin|windows-|cp|koi8|mac|shift|gb|big5|euc|iso-2022)[a-z0-9_-]*"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_encoding(name: str) -> str | None:
    """Python's name for the encoding of text that is called `name`; None if there is none.

    Latin-1 is taken for Windows-1252, as in web pages: that has signs where Latin-1 has controls.
    """
    plain = name.strip(" \"'").lower().removeprefix("x-").replace("sjis", "shift_jis")
    if not _OF_TEXT.fullmatch(plain):
        return None
    try:
        found = codecs.lookup(plain).name
    except LookupError:
        return None
    return _USUAL if found == "iso8859-1" else found


def encoding_named(words: str) -> str:
    """The encoding that `words` mean, such as `utf-8` or `windows-1250`; raises `UsageError`."""
    try:
        return io.TextIOWrapper(io.BytesIO(), codecs.lookup(words).name).encoding
    except (LookupError, ValueError):
        hint = suggest(words, ("utf-8", "utf-16", "windows-1250", "windows-1252", "latin-1", "iso-8859-2"))
        example = hint or "Write for example utf-8, windows-1250 or iso-8859-2."
        raise UsageError(f"--encoding {words}: there is no such encoding. {example}") from None


def encoding_by_mark(head: bytes) -> str | None:
    """The encoding that a byte order mark tells; None without one."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def marked_encoding(head: bytes) -> str | None:
    """The encoding that the first bytes of a file tell: by a mark, or by the zeros of UTF-16; else None."""
    if marked := encoding_by_mark(head):
        return marked
    zeros = [not byte for byte in head[:4]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else None


def is_wide(encoding: str | None) -> bool:
    """Whether `numbered_lines` gives the lines of a file in this encoding as UTF-8."""
    return bool(encoding) and str(encoding).startswith(("utf-16", "utf-32", "utf-8-sig"))


def guessed_encoding(sample: bytes) -> str:
    """The encoding in which the sample reads best; of lists as short as an address book words alone do not tell."""
    from charset_normalizer import from_bytes

    words = _WORD.findall(sample)
    is_latin = 2 * sum(min(word) < 0x80 for word in words) >= len(words)
    order = _LATIN if is_latin else _OTHERS
    found = list(from_bytes(sample, cp_isolation=list(order)))
    if not found:
        return order[0]
    best = min(
        found,
        key=lambda one: (_strangeness(str(one)), one.chaos, -one.coherence, order.index(one.encoding)),
    )
    return next((name for name in order if _reads_as(sample, name) == str(best)), best.encoding)


def _reads_as(sample: bytes, encoding: str) -> str:
    """The sample in this encoding, or nothing."""
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _strangeness(text: str) -> int:
    """How often a sign stands beside a letter, or a capital behind a small one, where the character is not ASCII."""
    count = 0
    for before, after in pairwise(f" {text} "):
        if not after.isascii() and before.isalpha():
            count += not after.isalpha() or after in "ªº" or (after.isupper() and before.islower())
        if not before.isascii() and after.isalpha():
            count += not before.isalpha() or before in "ªº"
    return count


@dataclass(slots=True)
class Letters:
    """From bytes to text, in the encoding that is named for them, else in UTF-8, else in the one that is guessed.

    `head` is the beginning of the file. `guess` is empty until it is needed.
    """

    head: bytes
    encoding: str | None = None
    guess: str = ""

    def text(self, raw: bytes, named: str | None = None) -> str:
        """The text of `raw`, whose own encoding is `named`; what fits nowhere becomes `�`."""
        for encoding in (named and text_encoding(named), self.encoding, "utf-8"):
            try:
                if encoding:
                    return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        self.guess = self.guess or guessed_encoding(_undecodable(self.head) or raw)
        return raw.decode(self.guess, "replace")


def _undecodable(head: bytes) -> bytes:
    """The lines that are no UTF-8 and name no encoding: what there is to guess from."""
    return b"\n".join(
        line
        for line in head.splitlines()
        if not line.isascii() and b"charset=" not in line.lower() and not _is_utf8(line)
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def numbered_lines(
    stream: io.BufferedReader[io.RawIOBase], encoding: str | None, longest: int
) -> Generator[tuple[int, bytes], None, None]:
    r"""The lines of `stream` without their ends (`\n`, `\r` or both), from number 1 on.

    Those of a wide encoding come as UTF-8. Of a line over `longest` bytes only the beginning is kept.
    """
    wide = encoding if is_wide(encoding) else None
    text = io.TextIOWrapper(stream, wide or "latin-1", "replace")  # in Latin-1 a character is a byte
    number = 0
    try:
        while line := text.readline(longest):
            number += 1
            rest = line
            while rest and not rest.endswith("\n"):
                rest = text.readline(longest)
            yield number, line.removesuffix("\n").encode("utf-8" if wide else "latin-1")
    finally:
        text.detach()
