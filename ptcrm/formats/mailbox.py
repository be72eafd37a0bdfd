"""Mail as drafts: who wrote to whom, when, about what (RFC 5322). Bodies and attachments are never read."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from ptcrm.formats.mail_files import SET_ASIDE, Letter
from ptcrm.formats.mail_headers import Headers, read_headers
from ptcrm.model.draft import Draft, Flaw
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ptcrm.formats.mine import Mine

MAX_RECIPIENTS = 50
"""Addresses that a mail to people goes to; one to more is a mailing, and in touch with nobody."""

LISTS = "from mailing lists and machines"
INVITATIONS = "invitations to meetings, which calendars have"
SET_ASIDE_MAIL = "drafts, spam or thrown away"
MAILINGS = f"to more than {MAX_RECIPIENTS} people"
NOBODYS = "without a sender"

_RECIPIENTS = ("to", "cc", "bcc")
_DELIVERED = ("delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_LIST_SIGNS = ("list-id", "list-unsubscribe", "list-post", "x-autoreply", "x-autorespond", "x-auto-reply")
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_MACHINES = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply", "donotreply", "do-not-reply"})
_DRAFT_SIGNS = ("x-draft", "x-unsent")
_SENT = frozenset(map(fold, ("Sent", "Gesendet", "Wysłane", "Envoyés", "Enviados", "Inviati", "Verzonden")))
_EXPUNGED = 0x0008  # of X-Mozilla-Status: deleted, and still in the file


def drafts(letter: Letter, name: str, mine: Mine) -> Iterator[Draft | Flaw]:
    """What one message of the file `name` says: a line of the log for each person it was exchanged with.

    A mail of the owner's bears on everybody it went to, another one on its sender alone. What is no contact is left
    out and counted. A mail without a date, or with one after today, is a flaw.
    """
    place = f"{name}:{letter.line}" if letter.line > 1 else name
    if letter.is_cut:
        yield Flaw(
            place,
            "the head of this message is too long; the mail is left out",
            "Look at it in a mail program.",
        )
        return
    headers = read_headers(letter.head)
    senders = headers.addresses("from") or headers.addresses("sender")
    is_sent = any(map(mine.has, senders))
    others = [one for one in headers.addresses(*_RECIPIENTS) if not mine.has(one)] if is_sent else senders[:1]
    reason = _why_not(letter, headers, senders, others)
    if reason:
        mine.left_out[reason] += 1
        return
    moment = headers.moment(mine.zone, mine.today)
    if moment is None:
        yield Flaw(
            place, "this message has no date that can be read; it is left out", "Log it by hand: ptcrm log."
        )
        return
    channel = "email" if is_sent else "email (in)"
    entry = f"{moment:%Y-%m-%d %H:%M} {channel}: {headers.subject} [id:: {_identity(headers, senders)}]"
    names = headers.names("from", "sender", *_RECIPIENTS)
    for address in others:
        fields = (("emails", (address,)), *((("name", (names[address],)),) if address in names else ()))
        yield Draft(place, fields, entries=(entry,), is_of_known=True)


def own_addresses(letters: Iterable[Letter]) -> tuple[str, ...]:
    """Whose mail this is: the addresses of the owner, the most frequent first; none if that cannot be told.

    Each message votes for the addresses it was delivered to (Delivered-To, X-Original-To, Envelope-To), or with the
    label `Sent` for its sender. Only if there is no such vote, one that no server ever received votes for its sender,
    provided that others were received. An address with a tenth of the votes of the best is one of the owner's. Without
    any vote it is the one address that is in more than half of several messages. Mail of lists and machines does not
    vote. A customer who is taken for the owner would be lost in silence, so what is weak counts for nothing.
    """
    votes, unreceived, seen = Counter[str](), Counter[str](), Counter[str]()
    count = received = 0
    for letter in letters:
        headers = read_headers(letter.head)
        if letter.is_cut or _is_of_machine(headers):
            continue
        count += 1
        senders, delivered = _folded(headers, "from"), _folded(headers, *_DELIVERED)
        votes.update(delivered if _labels(headers).isdisjoint(_SENT) else senders)
        received += "received" in headers.values
        unreceived.update(() if delivered or "received" in headers.values else senders)
        seen.update(senders | _folded(headers, *_RECIPIENTS))
    votes = votes or (unreceived if received else Counter())
    return _elected(votes) if votes else _common(seen, count)


def _folded(headers: Headers, *names: str) -> set[str]:
    return {one.casefold() for one in headers.addresses(*names)}


def _elected(votes: Counter[str]) -> tuple[str, ...]:
    """The addresses with many votes."""
    ranked = votes.most_common()
    return tuple(one for one, times in ranked if times * 10 >= ranked[0][1])


def _common(seen: Counter[str], count: int) -> tuple[str, ...]:
    """The address that is in more than half of `count` messages, if there is one alone."""
    (first, most), (_, second) = [*seen.most_common(2), ("", 0), ("", 0)][:2]
    return (first,) if most * 2 > count > 1 and most > second else ()


def _why_not(
    letter: Letter, headers: Headers, senders: Collection[str], others: Collection[str]
) -> str | None:
    """Why a message is no contact with anybody, or None."""
    if _is_set_aside(headers):
        return SET_ASIDE_MAIL
    if not senders:
        return NOBODYS
    if letter.invites or "calendar" in headers.first("content-class"):
        return INVITATIONS
    if _is_of_machine(headers):
        return LISTS
    return MAILINGS if len(others) > MAX_RECIPIENTS else None


def _is_set_aside(headers: Headers) -> bool:
    """Whether it was not sent, not wanted or thrown away, by what mail programs and Gmail note in the head."""
    if any(name in headers.values for name in _DRAFT_SIGNS) or not _labels(headers).isdisjoint(SET_ASIDE):
        return True
    try:
        if int(headers.first("x-mozilla-status")[:4] or "0", 16) & _EXPUNGED:
            return True
    except ValueError:
        pass
    spam = headers.first("x-spam-flag") or headers.first("x-spam-status").partition(",")[0]
    return fold(spam).strip() == "yes"


def _labels(headers: Headers) -> set[str]:
    """Gmail's labels, folded."""
    return {fold(label.strip(' "')) for label in headers.words("x-gmail-labels").split(",")}


def _is_of_machine(headers: Headers) -> bool:
    """Whether a list or a machine sent it: RFC 2369, 2919, 3834, and what bounces and newsletters look like."""
    if any(name in headers.values for name in _LIST_SIGNS) or fold(headers.first("precedence")) in _BULK:
        return True
    if fold(headers.first("auto-submitted") or "no").partition(";")[0].strip() != "no":
        return True
    kind = fold(headers.first("content-type")).partition(";")[0].strip()
    users = {one.casefold().rpartition("@")[0] for one in headers.addresses("from")}
    return kind in ("multipart/report", "text/calendar") or not users.isdisjoint(_MACHINES)


def _identity(headers: Headers, senders: tuple[str, ...]) -> str:
    """`mail-3f2a91c0d2e4`: the same for a message wherever it is found; from its Message-ID if it has one."""
    given = headers.first("message-id").strip()
    parts = (given,) if given else (headers.first("date"), *senders[:1], headers.first("subject"))
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    return f"mail-{digest[:12]}"
