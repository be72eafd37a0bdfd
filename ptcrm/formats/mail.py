"""A message as bytes (RFC 5322, MIME of RFC 2045 to 2049): plain text in UTF-8, lines of at most 78 characters."""

from __future__ import annotations

import hashlib
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from ptcrm.model.diagnostic import Problem
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from datetime import datetime

UNSENT = "X-Unsent"  # what Outlook, and others after it, take for a draft
NOBODY = Address("ptcrm", "ptcrm", "localhost")


def read_address(words: str) -> Address | Problem:
    """`anna@rowery.example` or `Anna <anna@rowery.example>`: one address in ASCII; a domain may have any letters."""
    refused = Problem("PT105", f"“{one_line(words)}” is no e-mail address", "Write it as name@example.org.")
    if words != for_terminal(words) or "\n" in words or "\t" in words:
        return refused
    name, bracket, rest = words.strip().rpartition("<")
    spec = rest.removesuffix(">") if bracket and rest.endswith(">") else words.strip()
    user, _, domain = spec.rpartition("@")
    try:
        host = domain.encode("idna").decode()
        found = Address(name.strip().strip('"') if bracket else "", addr_spec=f"{user}@{host}")
    except (HeaderParseError, ValueError, IndexError, UnicodeError):
        return refused
    return found if user and host and found.addr_spec.isascii() else refused


def header_words(text: str) -> str:
    """`text` as a header may have it: on one line, and without an encoded word, which would be read as what it encodes.

    RFC 2047 §2 has `=?utf-8?q?=0D=0ABcc:…?=` mean a line break and a header.
    """
    return for_terminal(one_line(text)).replace("=?", "= ?")


def message(
    subject: str, text: str, moment: datetime, *, to: Address | None = None, sender: Address = NOBODY
) -> bytes:
    """The message, dated `moment` (-0000 if that has no time zone); the id follows from day and content.

    So the same day and content give the same bytes.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    if to is not None:
        mail["To"] = to
    mail["Subject"] = header_words(subject)
    mail["Date"] = format_datetime(moment)
    digest = hashlib.sha256(f"{subject}\0{text}\0{to}\0{sender}".encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{moment:%Y-%m-%d}.{digest}@ptcrm.invalid>"
    mail["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers (RFC 3834)
    return _with_text(mail, text)


def unsent(subject: str, text: str, to: Address | None) -> bytes:
    """A message that mail programs open to be finished and sent: whoever sends it gives sender, day and id."""
    mail = EmailMessage(policy=SMTP)
    mail[UNSENT] = "1"
    if to is not None:
        mail["To"] = to
    mail["Subject"] = header_words(subject)
    return _with_text(mail, text)


def _with_text(mail: EmailMessage, text: str) -> bytes:
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    return bytes(mail)


def mailto(subject: str, text: str, to: Address | None) -> str:
    """The message as an address that opens a mail program (RFC 6068 §2); line ends are CRLF (§5)."""
    fields = {"subject": header_words(subject), "body": text.replace("\n", "\r\n")}
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items() if value)
    return f"mailto:{quote(to.addr_spec, safe='@') if to else ''}?{asked}"
