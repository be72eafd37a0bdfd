"""Mail as drafts: the files in tests/data/import/mail, one by one, and what hostile heads come to."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ptcrm.formats.mail_files import (
    MAX_HEAD,
    MAX_LINE,
    Letter,
    may_be_mail,
    message_of,
    messages,
    messages_of_mbox,
)
from ptcrm.formats.mail_headers import addresses, read_headers
from ptcrm.formats.mailbox import (
    INVITATIONS,
    LISTS,
    MAILINGS,
    MAX_RECIPIENTS,
    NOBODYS,
    SET_ASIDE_MAIL,
    drafts,
    own_addresses,
)
from ptcrm.formats.mine import Mine
from ptcrm.model.config import Config
from ptcrm.model.customer import LogEntry
from ptcrm.model.draft import Draft, Flaw
from ptcrm.vault.log import LineReader
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "data" / "import" / "mail"
READER = LineReader.of(Config())
DAY = date(2026, 11, 23)


def marta() -> Mine:
    return Mine(frozenset({"Marta@Studio.example"}), ZoneInfo("Europe/Warsaw"), DAY)


def letters(name: str) -> list[Letter]:
    with (FOLDER / name).open("rb") as stream:
        return list(messages(stream, name))


def found_in(many: Iterable[Letter], name: str = "it", mine: Mine | None = None) -> list[Draft | Flaw]:
    return [unnamed(one) for letter in many for one in drafts(letter, name, mine or marta())]


def unnamed(one: Draft | Flaw) -> Draft | Flaw:
    """A draft without the name that stands beside the address, which is tested by itself."""
    return one if isinstance(one, Flaw) else replace(one, fields=one.fields[:1])


def eml(*lines: str, date_line: str = "Date: Mon, 5 Jan 2026 10:20:00 +0100") -> Letter:
    text = "\n".join([*lines, *([date_line] if date_line else []), "", "body"])
    (letter,) = message_of(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    return letter


def entries(*lines: str, date_line: str = "Date: Mon, 5 Jan 2026 10:20:00 +0100") -> list[str]:
    found = found_in([eml(*lines, date_line=date_line)])
    return [entry for one in found if isinstance(one, Draft) for entry in one.entries]


def identity(message_id: str) -> str:
    return "mail-" + hashlib.sha256(message_id.encode()).hexdigest()[:12]


def contact(place: str, address: str, entry: str) -> Draft:
    return Draft(place, (("emails", (address,)),), entries=(entry,), is_of_known=True)


def test_a_takeout_of_gmail() -> None:
    mine = marta()
    first, second = identity("<CAF+abc123@mail.rowery.example>"), identity("<reply-1@studio.example>")
    received = f"2026-01-05 10:20 email (in): Zamówienie łańcuchów (id:: x) #1234 ＃offer [id:: {first}]"
    sent = f"2026-01-07 05:30 email: Re: (Ticket 12) ((anna)) ‹b>chains‹/b> [id:: {second}]"
    place = "takeout.mbox:34"
    assert found_in(letters("takeout.mbox"), "takeout.mbox", mine) == [
        contact("takeout.mbox", "Anna@Rowery.example", received),
        contact(place, "anna@rowery.example", sent),
        contact(place, "jan@nowak.example", sent),
        contact(place, "ola@rowery.example", sent),
        contact(place, "boss@rowery.example", sent),
    ]
    assert mine.left_out == {LISTS: 1, SET_ASIDE_MAIL: 1, INVITATIONS: 1}


def test_a_folder_of_thunderbird() -> None:
    mine = marta()
    no_id = (
        "mail-"
        + hashlib.sha256(
            b"Fri, 13 Feb 2026 12:00:00 +0100\0jan@nowak.example\0Gr\xfc\xdfe aus K\xf6ln"
        ).hexdigest()[:12]
    )
    assert found_in(letters("Inbox"), "Inbox", mine) == [
        contact("Inbox", "jan@nowak.example", f"2026-02-13 10:00 email (in): Rozmowa o łożyskach [id:: {identity('<t1@nowak.example>')}]"),
        contact("Inbox:27", "jan@nowak.example", f"2026-02-13 12:00 email (in): Grüße aus Köln [id:: {no_id}]"),
        contact("Inbox:38", "jan@nowak.example", f"2026-02-13 13:00 email (in): (no subject) [id:: {identity('<t4@nowak.example>')}]"),
    ]  # fmt: skip
    assert mine.left_out == {SET_ASIDE_MAIL: 1}


def test_a_single_message_in_utf_8_with_a_date_that_is_none() -> None:
    entry = f"2026-10-01 09:00 email (in): 報價單 und mehr [id:: {identity('<e1@wang.example>')}]"
    assert found_in(letters("single.eml"), "single.eml") == [
        contact("single.eml", "ming@wang.example", entry)
    ]


def test_a_message_of_apple_mail() -> None:
    entry = f"2026-11-01 10:00 email (in): Apple Mail [id:: {identity('<a1@rowery.example>')}]"
    assert found_in(letters("12345.emlx"), "a") == [contact("a", "anna@rowery.example", entry)]


def test_a_maildir() -> None:
    files = sorted(path for path in (FOLDER / "maildir").rglob("*") if path.is_file())
    names = [path.relative_to(FOLDER).as_posix() for path in files]
    wanted = [name for name in names if may_be_mail(name)]
    assert [Path(name).name[:10] for name in wanted] == ["1767600000", "1767600002"]
    subjects = [read_headers(letter.head).subject for name in wanted for letter in letters(name)]
    assert subjects == ["Read", "New"]


@pytest.mark.parametrize(
    "path",
    ["Inbox", "INBOX/cur/1:2,S", "Sent", "mail/2026/a.eml", "Takeout/Mail/All mail.mbox", "x.mbox", "Kunden/Anna.eml",
     "INBOX.mbox/Messages/1.emlx", "INBOX.mbox/Messages/1.partial.emlx", "courier/cur/1", "a/cur/1!2,RS"],
)  # fmt: skip
def test_files_of_mail(path: str) -> None:
    assert may_be_mail(path)


@pytest.mark.parametrize(
    "path",
    ["Inbox.msf", "Trash", "Junk.sbd/old", "[Gmail].sbd/Spam", ".Drafts/cur/1:2,S", "INBOX/cur/1:2,ST", "INBOX/tmp/1",
     "Papierkorb.mbox", "Gelöschte Elemente/a.eml", "Kosz/a.eml", ".INBOX.Spam/cur/1", "x/dovecot-uidlist", "Drafts.mbox",
     "Gelo\u0308scht", "Spam\\a.eml"],
)  # fmt: skip
def test_files_that_are_passed_over(path: str) -> None:
    assert not may_be_mail(path)


def test_from_lines_inside_a_message_do_not_end_it() -> None:
    head = b"From a@b.example Mon Jan  5 10:20:00 2026\nSubject: one\n\n"
    body = b"text\nFrom a@b.example Mon Jan  5 10:20:00 2026\nA: right below text\n\nFrom noon at 10:30 on 5 May 2026\nno header\n>From x Mon Jan  5 10:20:00 2026\nA: b\n"
    found = list(messages_of_mbox(io.BytesIO(head + body + b"\n" + head)))
    assert [letter.line for letter in found] == [1, 13]


def test_a_body_of_one_endless_line_is_not_held() -> None:
    text = b"From a Mon Jan  5 10:20:00 2026\nSubject: x\n\n" + b"y" * (3 * MAX_LINE) + b"\n\n"
    found = list(messages_of_mbox(io.BytesIO(text + b"From a Mon Jan  5 10:20:00 2026\nSubject: z\n\n")))
    assert [letter.head for letter in found] == [b"Subject: x\n", b"Subject: z\n"]


def test_what_is_no_mail_has_no_messages() -> None:
    for content in (b"", b"\n", b"PK\x03\x04", b"hello\nworld\n", b"\x89PNG\r\n"):
        assert list(messages(io.BytesIO(content), "it")) == []
    assert list(messages(io.BytesIO(b"\n\n"), "it.eml")) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [("List-Id: <x.example>", LISTS), ("Precedence: Bulk", LISTS), ("Auto-Submitted: auto-replied", LISTS),
     ("Content-Type: multipart/report; boundary=x", LISTS), ("X-Spam-Flag: YES", SET_ASIDE_MAIL),
     ("X-Spam-Status: Yes, score=9", SET_ASIDE_MAIL), ("X-Unsent: 1", SET_ASIDE_MAIL),
     ("Content-class: urn:content-classes:calendarmessage", INVITATIONS),
     ("X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=", SET_ASIDE_MAIL)],
)  # fmt: skip
def test_what_is_no_contact_is_counted(line: str, reason: str) -> None:
    mine = marta()
    assert found_in([eml("From: anna@rowery.example", "To: marta@studio.example", line)], mine=mine) == []
    assert mine.left_out == {reason: 1}


def test_signs_that_say_nothing_leave_a_mail_in() -> None:
    lines = (
        "Auto-Submitted: no",
        "X-Spam-Status: No, score=1",
        "X-Mozilla-Status: zzzz",
        "Precedence: first-class",
    )
    assert len(entries("From: anna@rowery.example", *lines)) == 1


def test_a_mail_without_a_sender_and_one_to_many() -> None:
    mine = marta()
    many = ", ".join(f"n{number}@x.example" for number in range(MAX_RECIPIENTS + 1))
    assert found_in([eml("Subject: x"), eml("From: marta@studio.example", f"To: {many}")], mine=mine) == []
    assert mine.left_out == {NOBODYS: 1, MAILINGS: 1}


def test_a_mail_to_oneself_is_no_contact() -> None:
    assert entries("From: marta@studio.example", "To: MARTA@studio.example, marta+x@studio.example") == []


def test_a_whole_domain_may_be_mine() -> None:
    mine = Mine(frozenset({"@studio.example"}), None, DAY)
    found = found_in(
        [eml("From: ola@studio.example", "To: anna@rowery.example, jan@studio.example")], mine=mine
    )
    assert [one.values("emails") for one in found if isinstance(one, Draft)] == [("anna@rowery.example",)]


@pytest.mark.parametrize(
    ("written", "subject"),
    [("=?utf-8?B?xYLDs?= =?utf-8?B?s3c=?=", "łów"),
     ("=?utf-8?Q?=C5?= =?utf-8?Q?=82an?=", "łan"),
     ("=?utf-8?Q?a?= b =?iso-8859-1?Q?=FC?=", "a b ü"),
     ("=?klingon?Q?a=C5=82?=", "ał"),
     ("=?utf-8?B?!!!?= x", "x"),
     ("=?utf-8?Q?line=0A-_2026-01-01_call:_forged?=", "line - 2026-01-01 call: forged"),
     ("a\x1b[31mb\u202ec", "a(31mbc"),
     ("[[anna]] [amount:: 5 EUR] #vip #12", "((anna)) (amount:: 5 EUR) ＃vip #12"),
     ("%%hidden <!-- x --> <img src=x>", "% %hidden ‹!-- x --> ‹img src=x>"),
     ("", "(no subject)"),
     ("x" * 300, "x" * 199 + "…")],
)  # fmt: skip
def test_subjects(written: str, subject: str) -> None:
    (entry,) = entries("From: anna@rowery.example", f"Subject: {written}", "Message-ID: <1@x>")
    assert entry == f"2026-01-05 10:20 email (in): {subject} [id:: {identity('<1@x>')}]"
    read = READER.parse_entry(entry)
    assert isinstance(read, LogEntry)
    assert (read.channel, read.qualifiers, read.tags) == ("email", ("in",), ())
    assert read.fields == (("id", identity("<1@x>")),)


def test_a_date_that_is_none_is_a_flaw_and_one_in_the_future_too() -> None:
    for line in ("", "Date: yesterday", "Date: Mon, 5 Jan 99999 10:00:00 +2359", "Date: Mon, 5 Jan 2099 10:00:00 +0000",
                 "Date: Thu, 1 Jan 1970 00:00:00 +0000"):  # fmt: skip
        (flaw,) = found_in([eml("From: anna@rowery.example", date_line=line)])
        assert isinstance(flaw, Flaw)
        assert "no date" in flaw.message


def test_a_wrong_clock_is_put_right_by_the_server() -> None:
    (entry,) = entries(
        "Received: from x by y; Tue, 6 Jan 2026 22:30:00 -0800",
        "From: anna@rowery.example",
        date_line="Date: Mon, 5 Jan 2099 10:00:00 +0000",
    )
    assert entry.startswith("2026-01-07 07:30 ")


def test_one_message_in_two_folders_has_one_identity() -> None:
    lines = ("From: anna@rowery.example", "Subject: x", "Message-ID:  <1@x>")
    assert entries(*lines) == entries("X-Gmail-Labels: Archived", *lines)


@pytest.mark.parametrize(
    ("value", "found"),
    [('"Kowalska, Anna" <anna@x.example>, jan@y.example', ["anna@x.example", "jan@y.example"]),
     ("Kowalska, Anna <anna@x.example>", ["anna@x.example"]),
     ("old@x.example <new@x.example>", ["new@x.example"]),
     ("anna@x.example (old@x.example (older@x.example))", ["anna@x.example"]),
     ("Team: a@x.example, b@x.example;, c@x.example", ["a@x.example", "b@x.example", "c@x.example"]),
     ("undisclosed-recipients:;", []),
     ("<@relay.example:anna@x.example>", ["anna@x.example"]),
     ("'anna@x.example', o'brien@x.example", ["anna@x.example", "o'brien@x.example"]),
     ('"unclosed <a@x.example>', []),
     ("mailto:anna@x.example; jan@y.example", ["anna@x.example", "jan@y.example"]),
     ("a@b@c, @x, x@, \x00@x", [])],
)  # fmt: skip
def test_addresses(value: str, found: list[str]) -> None:
    assert list(addresses(value)) == found


@pytest.mark.parametrize(
    ("value", "name"),
    [('"Kowalska, Anna \\"A\\"" <a@x.example>', 'Kowalska, Anna "A"'),
     ("=?utf-8?q?=C5=BBaneta?= =?utf-8?q?_=C5=BB=C3=B3=C5=82=C4=87?= <a@x.example>", "Żaneta Żółć"),
     ("Żaneta Żółć <a@x.example>, Jan <b@x.example>", "Żaneta Żółć"),
     ("a@x.example (Anna)", ""),
     ('"a@x.example" <a@x.example>', "")],
)  # fmt: skip
def test_a_name_beside_an_address_is_told_with_it(value: str, name: str) -> None:
    (found, *_) = drafts(eml(f"From: {value}", "To: marta@studio.example"), "it", marta())
    assert isinstance(found, Draft)
    assert found.values("name") == ((name,) if name else ())


@pytest.mark.parametrize("bomb", ["(" * 60_000, "a:" * 30_000, '"\\' * 30_000, "<" * 60_000, "," * 60_000])
def test_no_header_is_too_deep(bomb: str) -> None:
    assert list(addresses(f"{bomb} ok@x.example")) in ([], ["ok@x.example"])


def test_a_head_that_is_too_long_is_a_flaw() -> None:
    lines = "\n".join(f"X-{number}: {'y' * 1000}" for number in range(MAX_HEAD // 900))
    (flaw,) = found_in(message_of(io.BytesIO(f"From: a@x.example\n{lines}\n\nbody".encode())))
    assert isinstance(flaw, Flaw)
    assert "too long" in flaw.message


def test_a_hundred_thousand_recipients_are_left_out() -> None:
    mine = marta()
    many = ",\n ".join(f"n{number}@x.example" for number in range(9_000))
    assert found_in([eml("From: marta@studio.example", f"To: {many}")], mine=mine) == []
    assert mine.left_out == {MAILINGS: 1}


def test_whose_mail_it_is() -> None:
    assert own_addresses(letters("takeout.mbox")) == ("marta@studio.example", "marta+shop@studio.example")
    assert own_addresses(letters("Inbox")) == ("marta@studio.example",)


def test_whose_mail_it_is_by_what_was_never_received() -> None:
    sent = [eml("From: marta@studio.example", f"To: a{number}@x.example") for number in range(3)]
    got = [eml("Received: x", "From: a1@x.example", "To: marta@studio.example, team@x.example")]
    assert own_addresses([*sent, *got]) == ("marta@studio.example",)


def test_a_customer_is_not_taken_for_the_owner() -> None:
    """Some programs take the servers' lines out of what they save."""
    names = ("takeout.mbox", "Inbox", "12345.emlx", "single.eml")
    many = [letter for name in names for letter in letters(name)]
    assert own_addresses(many) == ("marta@studio.example", "marta+shop@studio.example")


def test_whose_mail_it_is_by_whoever_is_in_most() -> None:
    got = [
        eml("Received: x", f"From: a{number}@x.example", "To: marta@studio.example") for number in range(3)
    ]
    assert own_addresses(got) == ("marta@studio.example",)
    assert own_addresses(got[:1]) == ()
    bare = [eml(f"From: a{number}@x.example", "To: marta@studio.example") for number in range(3)]
    assert own_addresses(bare) == ("marta@studio.example",)
    assert own_addresses([]) == ()
    alike = [eml("Received: x", "From: anna@x.example", "To: marta@studio.example")] * 3
    assert own_addresses(alike) == ()


def test_lists_do_not_say_whose_mail_it_is() -> None:
    lists = [eml("Delivered-To: list@x.example", "List-Id: <x>", "From: a@x.example")] * 50
    one = eml("Delivered-To: marta@studio.example", "From: a@x.example")
    assert own_addresses([*lists, one]) == ("marta@studio.example",)


def test_what_is_left_out_is_no_part_of_who_it_is() -> None:
    assert marta() == Mine(frozenset({"Marta@Studio.example"}), ZoneInfo("Europe/Warsaw"), DAY, Counter("x"))


def test_the_lines_of_the_page_are_entries() -> None:
    page = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    lines = [line.removeprefix("- ") for line in page.splitlines() if line.startswith("- 20")]
    assert len(lines) == 3
    assert [type(READER.parse_entry(line)) for line in lines] == [LogEntry] * 3
