"""What the head of a message says: addresses, subject, time. Nothing in it can raise or take long."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.parser import BytesHeaderParser
from email.utils import parsedate_tz
from quopri import decodestring
from typing import TYPE_CHECKING

from ptcrm.text.safe import for_entry, for_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

MAX_VALUE = 64 * 1024
"""Characters of one header that are read: some 1,500 addresses."""
LONGEST_SUBJECT = 200
"""Characters of a subject that an entry keeps."""

_FOLD = re.compile(r"\r?\n(?=[ \t])|[\r\n]+")
# One or more encoded words (RFC 2047 §2); the blanks between two of them mean nothing (§6.2).
_ENCODED = re.compile(
    r"=\?(?P<charset>[^?\s]{1,40})\?(?P<how>[bBqQ])\?(?P<words>[^?\n]*)\?=(?P<gap>\s+(?==\?[^?\s]{1,40}\?[bBqQ]\?))?"
)
_ADDRESS_PARTS = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*+"?)|<(?P<angle>[^<>]*)>?|(?P<end>[,;])|(?P<open>\()|(?P<close>\))
    |(?P<word>[^\s"<>(),;]+)|\s+""",
    re.VERBOSE | re.DOTALL,
)
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,255}")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CHARSET = re.compile(r"charset=\"?([\w.:-]{1,40})", re.IGNORECASE)
_OLDEST = date(1970, 1, 2)  # what clocks without a battery say is older


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a message: names in small letters with their values, from the top, unfolded and not decoded."""

    values: dict[str, tuple[str, ...]]

    def first(self, name: str) -> str:
        """The first value of the header `name` (in small letters), or nothing."""
        return self.values.get(name, ("",))[0]

    def addresses(self, *names: str) -> tuple[str, ...]:
        """The addresses in these headers, each once, as they are written."""
        found = (one for name in names for value in self.values.get(name, ()) for one in addresses(value))
        return tuple({one.casefold(): one for one in found}.values())

    def names(self, *names: str) -> dict[str, str]:
        """The names that stand before the addresses in these headers, by the address as `addresses` has it."""
        given = (one for name in names for value in self.values.get(name, ()) for one in _named(value))
        return {address: for_value(_decoded(words, self._charset)) for address, words in given if words}

    def words(self, name: str) -> str:
        """The first value of a header that holds text, decoded, on one line, forging nothing in a log entry."""
        return for_entry(_decoded(self.first(name), self._charset))

    @property
    def subject(self) -> str:
        """The subject as words of an entry; `(no subject)` if there is none."""
        words = self.words("subject")
        if len(words) > LONGEST_SUBJECT:
            words = words[: LONGEST_SUBJECT - 1].rstrip() + "…"
        return words or "(no subject)"

    @property
    def _charset(self) -> str:
        found = _CHARSET.search(self.first("content-type"))
        return found[1] if found else "utf-8"

    def moment(self, zone: tzinfo | None, today: date) -> datetime | None:
        """When it was sent, by the clock of `zone` (None: the system's); None if that cannot be told.

        If its date is none, or comes after `today`, the time at which the last server received it counts.
        """
        received = [one.rpartition(";")[2] for one in self.values.get("received", ())[:1]]
        for written in (*self.values.get("date", ())[:1], *received):
            found = _moment(written, zone)
            if found and _OLDEST <= found.date() <= today:
                return found
        return None


def read_headers(head: bytes) -> Headers:
    """The headers in `head`; what is no header is passed over."""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in BytesHeaderParser().parsebytes(head).raw_items():
        line = _FOLD.sub("", str(value)[:MAX_VALUE]).strip()
        key = name.lower()
        if len(values.get(key, ())) < 50:
            values[key] = (*values.get(key, ()), line)
    return Headers(values)


def addresses(value: str) -> Iterator[str]:
    """The addresses of a header (RFC 5322 §3.4): names, comments and groups are passed over, at any depth.

    Of `Kowalska, Anna <anna@rowery.example>` that is the one in angle brackets. Nothing is read twice.
    """
    return (address for address, _ in _named(value))


def _named(value: str) -> Iterator[tuple[str, str]]:
    """The addresses of a header, each with the words before it, not decoded."""
    depth, angle, bare, words = 0, "", "", list[str]()
    for part in _ADDRESS_PARTS.finditer(_utf_8(value)):
        if part["open"] or part["close"]:
            depth = max(0, depth + (1 if part["open"] else -1))
        elif depth:
            continue
        elif part["end"]:
            yield from _address(angle or bare, words)
            angle, bare, words = "", "", []
        elif part["angle"] is not None:
            angle = angle or part["angle"].rpartition(":")[2]
        elif part["quoted"]:
            words.append(_ESCAPED.sub(r"\1", part["quoted"][1:].removesuffix('"')))
        elif part["word"]:
            words.append(part["word"])
            bare = bare if "@" in bare else part["word"].rpartition(":")[2]
    yield from _address(angle or bare, words)


def _address(found: str, words: list[str]) -> Iterator[tuple[str, str]]:
    address = _ADDRESS.fullmatch(found.strip().strip("'"))
    if address and address[0].isprintable():
        yield address[0], " ".join(one for one in words if one != address[0])


def _moment(written: str, zone: tzinfo | None) -> datetime | None:
    """A date of RFC 5322 §3.3 in `zone`; without an offset of its own it is in UTC."""
    try:
        parts = parsedate_tz(written[:200])
        if parts is None:
            return None
        seconds = parts[9] or 0
        whole = datetime(*parts[:6], tzinfo=UTC)
        return datetime.fromtimestamp(whole.timestamp() - seconds, UTC).astimezone(zone)
    except (ValueError, OverflowError, IndexError, TypeError, OSError):
        return None


def _decoded(value: str, charset: str) -> str:
    """`value` with its encoded words decoded, and bytes that no header may hold read in the message's `charset`.

    Words of one character set are joined before they are decoded, since some programs cut inside a character.
    """
    text, at, waiting, kind = "", 0, b"", charset
    for word in _ENCODED.finditer(value):
        if waiting and (word["charset"].lower() != kind or word.start() != at):
            text += _in_charset(waiting, kind)
            waiting = b""
        text += _in_charset(_raw(value[at : word.start()]), charset)
        waiting, kind = waiting + _bytes(word["words"], word["how"]), word["charset"].lower()
        at = word.end()
    text += _in_charset(waiting, kind)
    return text + _in_charset(_raw(value[at:]), charset)


def _raw(text: str) -> bytes:
    """The bytes that stood in the head."""
    return text.encode("utf-8", "surrogateescape")


def _utf_8(value: str) -> str:
    """`value` with the bytes that are not ASCII read as UTF-8 (RFC 6532), or as marks for what cannot be read."""
    return value if value.isascii() else _raw(value).decode("utf-8", "replace")


def _bytes(words: str, how: str) -> bytes:
    """The bytes of an encoded word; of a broken one as much as can be had."""
    if how in "qQ":
        return decodestring(words.replace("_", " ").encode("ascii", "ignore"))
    plain = re.sub("[^A-Za-z0-9+/]", "", words)
    try:
        return b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4))
    except ValueError:
        return b""


def _in_charset(raw: bytes, charset: str) -> str:
    """`raw` as text: in `charset` if that is one and fits, else in UTF-8, else as Windows writes western languages."""
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name)
        except (LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")
