"""The components of a calendar file (RFC 5545), one at a time, with the few properties that are of use here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ptcrm.model.draft import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 64 * 1024
"""Bytes of one unfolded line; a longer one is passed over."""
MAX_BLOCK = 256 * 1024
"""Bytes of one component, after pictures, descriptions and alarms are passed over: some 2,000 people."""

_EVENT = frozenset(
    (
        b"UID", b"DTSTART", b"DTEND", b"DURATION", b"RRULE", b"RDATE", b"EXDATE", b"RECURRENCE-ID", b"SEQUENCE",
        b"SUMMARY", b"LOCATION", b"STATUS", b"ATTENDEE", b"ORGANIZER", b"CREATED", b"DTSTAMP", b"CATEGORIES",
        b"X-NEXTCLOUD-BC-FIELD-TYPE", b"X-NEXTCLOUD-BC-YEAR",
    )
)  # fmt: skip
_ZONE = frozenset((b"TZID", b"DTSTART", b"TZOFFSETFROM", b"TZOFFSETTO", b"RRULE", b"RDATE", b"TZNAME"))
_CALENDAR = frozenset((b"PRODID", b"X-WR-CALNAME"))
_KEPT = {"VCALENDAR": _CALENDAR, "VEVENT": _EVENT, "VTIMEZONE": _ZONE}
_NAME = re.compile(rb"[A-Za-z0-9-]+(?=[;:])")


class Block(NamedTuple):
    """A component: its kind, the line on which it begins, its unfolded lines without the first and the last.

    That of a calendar holds only the calendar's own lines, and comes before those of the components inside it.
    """

    kind: str
    line: int
    lines: tuple[bytes, ...]

    @property
    def names(self) -> frozenset[bytes]:
        """The names of its properties, in capitals."""
        return frozenset(found[0].upper() for line in self.lines if (found := _NAME.match(line)))

    @property
    def text(self) -> str:
        """The component as text; in UTF-8, else as Windows writes western languages."""
        whole = b"\r\n".join((f"BEGIN:{self.kind}".encode(), *self.lines, f"END:{self.kind}".encode(), b""))
        try:
            return whole.decode()
        except ValueError:
            return whole.decode("cp1252", "replace")


def blocks(stream: BinaryIO) -> Iterator[Block | Flaw]:
    """The calendars, events and time zones of the file, in its order; a `Flaw` has the line as its place.

    At most one component is held at a time, however deep others stand inside it.
    """
    taken: _Taken | None = None
    depth = 0  # of the components inside the taken one
    for number, line in _unfolded(stream):
        name, _, value = line.partition(b":")
        word, kind = name.strip().upper(), value.strip().upper().decode("ascii", "replace")
        if word == b"BEGIN" and kind in _KEPT and (taken is None or taken.kind == "VCALENDAR"):
            if taken:
                yield from taken.block()
            taken, depth = _Taken(kind, number), 0
        elif taken and word == b"BEGIN":
            depth += 1
            taken.bound(line, kind)
        elif taken and word == b"END" and depth:
            depth -= 1
            taken.bound(line, kind)
        elif taken and word == b"END":
            yield from taken.block()
            taken = None
        elif taken and (not depth or taken.kind == "VTIMEZONE"):
            taken.add(line)
    if taken:
        yield Flaw(f"{taken.line}", "the file ends inside this component; it is left out", "Export it again.")


class _Taken:
    """A component as it is read."""

    def __init__(self, kind: str, line: int) -> None:
        self.kind = kind
        self.line = line
        self._lines: list[bytes] = []
        self._size = 0

    def bound(self, line: bytes, kind: str) -> None:
        """Take the beginning or end of a component inside; only the two kinds that time zones are made of count."""
        if self.kind == "VTIMEZONE" and kind in ("STANDARD", "DAYLIGHT"):
            self._put(line)

    def add(self, line: bytes) -> None:
        """Take a property, if it is of use."""
        found = _NAME.match(line)
        if found and found[0].upper() in _KEPT[self.kind]:
            self._put(line)

    def _put(self, line: bytes) -> None:
        self._size += len(line)
        if self._size <= MAX_BLOCK:
            self._lines.append(line)

    def block(self) -> Iterator[Block | Flaw]:
        """The component, or why it is none."""
        if self._size > MAX_BLOCK:
            yield Flaw(f"{self.line}", "this component is too large; it is left out", "Take part of it out.")
        else:
            yield Block(self.kind, self.line, tuple(self._lines))


def _unfolded(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, those that begin with a blank put behind the one before (RFC 5545 §3.1)."""
    held, number, first = bytearray(), 0, 1
    for line in iter(lambda: stream.readline(MAX_LINE), b""):
        number += 1
        if line[:1] in (b" ", b"\t"):
            held += line.rstrip(b"\r\n")[1:] if len(held) <= MAX_LINE else b""
            continue
        if held and len(held) <= MAX_LINE:
            yield first, bytes(held)
        first = number
        held = bytearray(line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n"))
        while len(line) == MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE)  # noqa: PLW2901
            held += line[: MAX_LINE + 1 - len(held)]
    if held and len(held) <= MAX_LINE:
        yield first, bytes(held)
