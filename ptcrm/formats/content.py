"""Content lines as iCalendar and vCard have them (RFC 5545 §3.1, RFC 6350 §3.2): escaped, folded, as bytes."""

from __future__ import annotations

from ptcrm.text.safe import for_feed, one_line

_LONGEST = 74  # octets of a line that is not folded


def escaped(value: str, *, lines: bool = False) -> str:
    r"""`value` as TEXT, on one line unless it may have `lines`: nothing in it can end the property.

    icalendar's own escaping would make a line break of the `\N` in `D:\Notes`.
    """
    plain = for_feed(value if lines else one_line(value))
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def content_line(name: str, value: str) -> bytes:
    """The line with its end, folded; `name` has its parameters."""
    line = f"{name}:{value}"
    content = line.encode()
    if len(content) > _LONGEST:
        from icalendar.parser import Contentline  # loaded only if it is needed

        content = Contentline(line).to_ical()  # type: ignore[no-untyped-call]
    return content + b"\r\n"
