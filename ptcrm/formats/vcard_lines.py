"""The lines of a vCard file in cards: unfolded, decoded and counted, whatever wrote them (vCard 2.1, 3.0, 4.0).

One card is in memory at a time, and of its pictures nothing. vobject reads the name and the parameters of a line.
It is handed only what fits the grammar: its pattern takes exponential time to find that something does not.
"""

from __future__ import annotations

import binascii
import io
import re
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from ptcrm.formats.decoding import HEAD, Letters, is_wide, marked_encoding, numbered_lines, text_encoding
from ptcrm.model.draft import Flaw
from ptcrm.text.safe import for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST_LINE = 1 << 20  # bytes of a line once it is unfolded; what is over it is cut
LONGEST_NAME = 1000  # bytes of a property's name with its parameters; a longer one is left out
LARGEST_CARD = 4 << 20  # bytes of a card without its pictures; a larger one is left out
MOST_LINES = 2000  # properties of a card; a card with more is left out
MOST_CARDS = 200_000  # cards of a file; those behind are left out
_MOST_FLAWS = 20  # of one card that are named

DROPPED = frozenset({b"PHOTO", b"LOGO", b"SOUND", b"KEY"})  # pictures, sounds and keys
_PLAIN_CODE, _BITS = ("8BIT", "7BIT"), ("B", "BASE64")
_NAME = re.compile(rb"(?:[A-Za-z0-9_-]+\.)?([A-Za-z0-9_-]+)")
_VALUE = rb'(?:"[^"]*+"|[^";:,]*+)'
_START = re.compile(
    rb"(?P<head>%b(?:;[A-Za-z0-9_-]+(?:=%b(?:,%b)*+)?+)*+);?:" % (_NAME.pattern, _VALUE, _VALUE)
)
_LOOSE = re.compile(rb'(?P<head>%b);[^":]*:' % _NAME.pattern)  # Android's `TEL;X-CUSTOM(CHARSET=…,…):1`
_MARK = re.compile(rb"\s*(BEGIN|END)\s*:\s*([A-Z0-9-]+)\s*", re.IGNORECASE)
_LEFT_OVER = re.compile(rb"[A-Za-z0-9+/=\s]*")  # of a picture whose lines are not folded
_IS_QUOTED = re.compile(rb"[;=]QUOTED-PRINTABLE[;:]", re.IGNORECASE)


class Property(NamedTuple):
    """One line of a card. `text` still has its backslashes; `kinds` are the words of TYPE, in small letters.

    `rank` is 1 for what is preferred, 101 for what says nothing of that. `group` ties lines together, or is empty.
    """

    name: str
    text: str
    line: int
    kinds: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    group: str = ""
    rank: int = 101

    def param(self, name: str) -> str:
        """The parameter `name`, or nothing."""
        return dict(self.params).get(name, "")


@dataclass(slots=True)
class Card:
    """One card: its file, the line of its BEGIN, its properties in order, and what cannot be used of it."""

    file: str
    line: int
    properties: list[Property] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    size: int = 0

    def flaw(self, line: int, message: str, hint: str = "") -> Flaw:
        """What is wrong on a line of the file."""
        return Flaw(f"{self.file}:{line}", message, hint)

    def say(self, line: int, message: str, hint: str = "") -> None:
        """Note what is wrong on a line, once, and unless there is too much of that already."""
        flaw = self.flaw(line, message, hint)
        if flaw in self.flaws:
            return
        if len(self.flaws) < _MOST_FLAWS:
            self.flaws.append(flaw)
        elif len(self.flaws) == _MOST_FLAWS:
            self.flaws.append(self.flaw(self.line, "more of this card could not be used"))


class _Line(NamedTuple):
    number: int
    content: bytes


def read_cards(stream: BinaryIO, name: str, encoding: str | None = None) -> Iterator[Card | Flaw]:
    """The cards of a vCard file, one after the other; `name` is that of the file, for messages.

    `encoding` says in which encoding the file is; without it, the file or its letters do.
    """
    known = text_encoding(encoding) if encoding else None
    if encoding and known is None:
        yield Flaw(name, f"“{encoding}” is no encoding of text", "Name one such as utf-8 or windows-1252.")
        return
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), HEAD)
    try:
        head = buffered.peek(HEAD)
        known = known or marked_encoding(head)
        letters = Letters(head, "utf-8" if is_wide(known) else known)
        with closing(numbered_lines(buffered, known, LONGEST_LINE + 1)) as lines:
            yield from _Reader(name, letters, is_utf8=is_wide(known)).cards(_unfolded(lines))
        if letters.guess:
            taken = letters.guess.replace("cp125", "windows-125")
            message = f"the file does not say how its letters are encoded; {taken} was taken"
            yield Flaw(name, message, "If letters are wrong, name it: --encoding windows-1252")
    finally:
        buffered.detach()


def _unfolded(lines: Iterator[tuple[int, bytes]]) -> Iterator[_Line]:
    """Lines with their folded rest; of a picture only the beginning, of what is too long one byte too many."""
    start, parts, size = 0, list[bytes](), 0
    is_dropped = is_quoted = is_soft = False
    for number, line in lines:
        is_more = line[:1] in (b" ", b"\t") or (is_soft and not _MARK.fullmatch(line))
        if parts and is_more and line.strip():
            if not is_dropped and size <= LONGEST_LINE:
                parts.append(b"\n" + line if is_soft else line[1:])
                size += len(line)
        else:
            if parts:
                yield _Line(start, b"".join(parts)[: LONGEST_LINE + 1])
            start, parts, size = number, [line], len(line)
            is_dropped = _name_of(line) in DROPPED
            is_quoted = _IS_QUOTED.search(line, 0, LONGEST_NAME) is not None
        is_soft = is_quoted and line.endswith(b"=")
    if parts:
        yield _Line(start, b"".join(parts)[: LONGEST_LINE + 1])


def _name_of(line: bytes) -> bytes:
    found = _NAME.match(line, 0, LONGEST_NAME)
    return found[1].upper() if found else b""


class _Reader:
    """What is known while a file is read: its name, its letters, how many cards there were."""

    def __init__(self, name: str, letters: Letters, *, is_utf8: bool) -> None:
        self.name, self.letters, self.is_utf8 = name, letters, is_utf8
        self.count = 0
        self._is_stray_told = False

    def cards(self, lines: Iterator[_Line]) -> Iterator[Card | Flaw]:
        card: Card | None = None
        before = b""
        for line in lines:
            mark = _mark(line.content)
            if mark == (b"BEGIN", b"VCARD"):
                if card and before == b"AGENT":
                    self._skip(card, line, lines)
                    continue
                if card:
                    card.say(card.line, "this card has no END:VCARD", "Look whether something is missing.")
                    yield card
                if self.count == MOST_CARDS:
                    yield Flaw(
                        f"{self.name}:{line.number}",
                        f"there are more than {MOST_CARDS} cards",
                        "Split the file.",
                    )
                    return
                card, self.count = Card(self.name, line.number), self.count + 1
            elif mark == (b"END", b"VCARD") and card:
                yield self._closed(card)
                card = None
            elif card:
                self._take(card, line)
            else:
                yield from self._stray(line)
            before = _name_of(line.content) if line.content.strip() else before
        if card:
            message = "the file ends within this card"
            card.say(card.line, message, "Perhaps it was not copied whole.")
            yield self._closed(card)
        if not self.count:
            yield Flaw(
                self.name, "there is no vCard in this file", "Export the contacts again, as vCard (.vcf)."
            )

    def _closed(self, card: Card) -> Card | Flaw:
        """The card, or why it is left out."""
        hint = "Take out what is too much, and import it again."
        if card.size > LARGEST_CARD:
            return card.flaw(card.line, "this card is over 4 MB and left out", hint)
        if len(card.properties) > MOST_LINES:
            return card.flaw(card.line, f"this card has over {MOST_LINES} lines and is left out", hint)
        return card

    def _stray(self, line: _Line) -> Iterator[Flaw]:
        """The first line that is in no card is named."""
        if self._is_stray_told or not line.content.strip():
            return
        self._is_stray_told = True
        is_calendar = _mark(line.content) == (b"BEGIN", b"VCALENDAR")
        hint = "Import it with `ptcrm import ics`." if is_calendar else "It is left out."
        yield Flaw(f"{self.name}:{line.number}", "this line stands in no card", hint)

    def _skip(self, card: Card, line: _Line, lines: Iterator[_Line]) -> None:
        """Leave out a card within the card, and those in it; however deep, it is counted."""
        message = "there is a card within this card (AGENT), which is left out"
        card.say(line.number, message, "Import the other person as a card of its own.")
        depth = 1
        for inner in lines:
            mark = _mark(inner.content)
            depth += (mark == (b"BEGIN", b"VCARD")) - (mark == (b"END", b"VCARD"))
            if not depth:
                return
        card.say(line.number, "the card within it has no end, so all behind it is left out")

    def _take(self, card: Card, line: _Line) -> None:
        """Add the line to the card, if it is a property that is kept."""
        name = _name_of(line.content)
        card.size += len(line.content)
        if not line.content.strip() or name in DROPPED or card.size > LARGEST_CARD:
            return
        if len(card.properties) > MOST_LINES:
            return
        start = _START.match(line.content, 0, LONGEST_NAME) or _LOOSE.match(line.content, 0, LONGEST_NAME)
        if start is None:
            if not _LEFT_OVER.fullmatch(line.content):
                shown = for_terminal(line.content[:30].decode(errors="replace"))
                card.say(line.number, f"“{shown}” is no line of a vCard", "It is left out.")
            return
        if len(line.content) > LONGEST_LINE:
            card.say(line.number, f"{name.decode()} is over 1 MB and was cut")
        try:
            card.properties.append(self._property(line, start))
        except (binascii.Error, ValueError):
            card.say(line.number, f"{name.decode()} cannot be decoded", "It is left out.")

    def _property(self, line: _Line, start: re.Match[bytes]) -> Property:
        """The property of a line that fits the grammar; raises `ValueError` if its value cannot be decoded."""
        from vobject.base import parseLine

        head = self.letters.text(start["head"]) + ":"
        name, given, _, group = parseLine(head)
        params: dict[str, list[str]] = {}
        for word, *values in given:
            key = word.upper() if values else _key_of(word)
            params.setdefault(key, []).extend(values or [word])
        flat = tuple((key, ",".join(values)) for key, values in params.items())
        kinds = tuple(dict(flat).get("TYPE", "").lower().split(","))
        raw = line.content[start.end() : LONGEST_LINE]
        text = self._text(raw, dict(flat))
        upper, rank = name.upper(), _rank(dict(flat).get("PREF", ""), kinds)
        return Property(upper, text, line.number, kinds, flat, (group or "").lower(), rank)

    def _text(self, raw: bytes, params: dict[str, str]) -> str:
        """The value in letters; raises `ValueError` if it is not encoded as it says."""
        code = params.get("ENCODING", "").upper()
        if code == "QUOTED-PRINTABLE":
            raw = binascii.a2b_qp(raw)
        elif code in _BITS:
            raw = binascii.a2b_base64(raw)
        elif self.is_utf8:
            return raw.decode(errors="replace")
        return self.letters.text(raw, params.get("CHARSET"))


def _mark(content: bytes) -> tuple[bytes, bytes] | None:
    """What a line begins or ends, if it does."""
    found = _MARK.fullmatch(content) if len(content) <= LONGEST_NAME else None
    return (found[1].upper(), found[2].upper()) if found else None


def _key_of(word: str) -> str:
    """The parameter that a word without one stands for, as vCard 2.1 has them (`TEL;CELL`)."""
    return "ENCODING" if word.upper() in ("QUOTED-PRINTABLE", *_BITS, *_PLAIN_CODE) else "TYPE"


def _rank(preferred: str, kinds: tuple[str, ...]) -> int:
    """How much it is preferred: 1 the most, 100 the least; 101 if nothing is said."""
    if preferred.isascii() and preferred.isdigit() and 0 < int(preferred[:4]) <= 100:
        return int(preferred[:4])
    return 1 if "pref" in kinds or preferred else 101
