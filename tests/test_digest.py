"""`ptcrm digest`: today's list as text, as Markdown, as a message; no name makes a header or a mark."""

from __future__ import annotations

import email
import email.policy
import json
import re
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ptcrm.formats.mail import message, read_address
from ptcrm.model.diagnostic import Problem
from ptcrm.text.safe import for_markdown, for_terminal
from tests.conftest import DAY, SAMPLE, Golden, MakeVault, Run

NASTY = "Anna\r\nBcc: eve@example.org\r\n\r\n.\r\nFrom \x1b[31m\u202e **b** <b>i</b> [a](b) # `x`"
QUIET = "---\nname: Jan\ncadence: never\n---\n"


def parsed(content: bytes) -> EmailMessage:
    found = email.message_from_bytes(content, policy=email.policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def mailed(run: Run, *words: object) -> EmailMessage:
    result = run(*words, "digest", "--email", "--to", "marta@example.org")
    assert (result.exit_code, result.stderr) == (0, "")
    return parsed(result.stdout_bytes)


@pytest.mark.parametrize(
    ("name", "options"),
    [("text", []), ("markdown", ["--markdown"]), ("email", ["--email", "--to", "Żółw <m@żółw.example>"])],
)
def test_transcript(name: str, options: list[str], run: Run, golden: Golden) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, "digest", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    golden(f"digest-{name}.txt", result.stdout_bytes.decode().replace("\r\n", "\n"))


def test_the_message_is_one(run: Run) -> None:
    words = ("--vault", SAMPLE, "--today", DAY, "digest", "--email", "--to", "marta@example.org")
    content = run(*words).stdout_bytes
    assert run(*words).stdout_bytes == content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 78
    mail = parsed(content)
    assert not mail.defects
    assert mail["From"] == mail["To"] == "marta@example.org"
    assert mail["Subject"] == "Monday 23 November 2026: 6 overdue, 5 due, 1 new, 1 to congratulate"
    assert mail["Date"].datetime == datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=1)))
    assert mail.get_content_type() == "text/plain"
    text = run("--vault", SAMPLE, "--today", DAY, "digest").stdout
    assert mail.get_content().replace("\r\n", "\n") == text


def test_another_day_or_address_is_another_message() -> None:
    moment = datetime(2026, 11, 23)  # noqa: DTZ001  # a vault without a time zone
    anna, jan = read_address("anna@example.org"), read_address("jan@example.org")
    assert not isinstance(anna, Problem)
    assert not isinstance(jan, Problem)
    made = {
        parsed(content)["Message-ID"]
        for content in (
            message("a", "b", moment),
            message("a", "c", moment),
            message("b", "b", moment),
            message("a", "b", moment, to=anna),
            message("a", "b", moment, to=jan),
            message("a", "b", moment + timedelta(days=1)),
        )
    }
    assert len(made) == 6
    assert parsed(message("a", "b", moment))["Date"] == "Mon, 23 Nov 2026 00:00:00 -0000"
    assert "To" not in parsed(message("a", "b", moment))


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_text_forges_a_header(subject: str, text: str) -> None:
    text = text.encode(errors="replace").decode()
    moment = datetime(2026, 11, 23)  # noqa: DTZ001
    content = message(subject, text, moment)
    mail = parsed(content)
    assert [name for name, _ in mail.items()] == [
        "From",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_names_are_shown_and_do_nothing(run: Run, make_vault: MakeVault) -> None:
    fields = f"name: {json.dumps(NASTY)}\nbirthday: 1984-11-23"
    task = "- [ ] 2026-11-20 call: Ask *about* <script>alert(1)</script> [[jan]]"
    vault = make_vault({"anna": f"---\n{fields}\n---\n\n{task}\n", "jan": QUIET})
    mail = mailed(run, "--vault", vault, "--today", DAY)
    assert "Bcc" not in mail
    assert mail["Subject"] == "Monday 23 November 2026: 1 overdue, 1 to congratulate"
    assert not set(mail.get_content()) & set("\x1b\u202e")
    assert all(line != "." for line in mail.get_content().splitlines())
    markdown = run("--vault", vault, "--today", DAY, "digest", "--markdown").stdout
    shown = MarkdownIt("commonmark", {"html": True}).render(markdown)
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "<a " not in shown
    assert re.findall("<h2>(.*) ", shown) == ["Overdue", "Next seven days", "Birthdays and occasions soon"]
    assert "Ask *about* &lt;script&gt;alert(1)&lt;/script&gt;" in shown


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=30))
def test_markdown_shows_a_text_as_it_stands(text: str) -> None:
    from html import unescape

    shown = MarkdownIt().render(f"x{for_markdown(text)}")
    assert unescape(shown.removeprefix("<p>").removesuffix("</p>\n")) == f"x{for_terminal(text)}"


def test_a_day_without_anything(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"jan": QUIET})
    said = run("--vault", vault, "--today", DAY, "digest").stdout
    assert said == "Monday 23 November 2026\n\nNothing is due today.\n"
    assert mailed(run, "--vault", vault, "--today", DAY)["Subject"].endswith(": nothing is due")
    for form in ([], ["--markdown"], ["--email", "--to", "marta@example.org"]):
        result = run("--vault", vault, "--today", DAY, "digest", "--if-any", *form)
        assert (result.exit_code, result.output) == (0, "")
    empty = make_vault({}, name="empty")
    assert "Nobody is in the vault yet." in run("--vault", empty, "--today", DAY, "digest").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nname: Anna\nbirthday: 1984-11-23\n---\n", "Anna (today): birthday, 42 (born 1984)"),
        ("---\nname: Anna\n---\n- [ ] 2026-11-23 09:30 call: Frames\n", "Anna (09:30): call: Frames"),
        (
            "---\nname: Anna\n---\n- [ ] 2026-11-13 call: Frames\n",
            "Anna (2026-11-13, 10 days ago): call: Frames",
        ),
        ("---\nname: [Anna\n---\n", "1 error in the vault: ptcrm check"),
    ],
)
def test_what_asks_for_something_is_said_also_if_any(
    text: str, said: str, run: Run, make_vault: MakeVault
) -> None:
    vault = make_vault({"anna": text, "jan": QUIET})
    assert said in run("--vault", vault, "--today", DAY, "digest", "--if-any").stdout


def test_a_coming_week_alone_is_not_sent(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": "---\nname: Anna\n---\n- [ ] 2026-11-25 call: Frames\n"})
    assert "Frames" in run("--vault", vault, "--today", DAY, "digest").stdout
    assert run("--vault", vault, "--today", DAY, "digest", "--if-any").output == ""


@pytest.mark.parametrize(
    "words",
    [
        "anna",
        "@example.org",
        "anna@",
        "a b@example.org",
        "anna@example.org\nBcc: eve@example.org",
        "anna@example.org, jan@example.org",
        "Anna <anna@example.org",
        "łukasz@example.org",
        "",
        "anna@exa mple.org",
        "anna@..",
        "a@b@c",
        "Anna\x00 <a@example.org>",
    ],
)
def test_what_is_no_address(words: str, run: Run) -> None:
    assert isinstance(read_address(words), Problem)
    result = run("--vault", SAMPLE, "digest", "--email", "--to", words)
    assert result.exit_code == 2
    assert "is no e-mail address" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("anna@example.org", "anna@example.org"),
        ("Anna Kowalska <anna@example.org>", "Anna Kowalska <anna@example.org>"),
        ('"Kowalska, Anna" <anna@example.org>', '"Kowalska, Anna" <anna@example.org>'),
        ("anna@żółw.example", "anna@xn--w-uga1v8h.example"),
        ("<anna@example.org>", "anna@example.org"),
    ],
)
def test_addresses(words: str, shown: str) -> None:
    assert str(read_address(words)) == shown


@pytest.mark.parametrize(
    "words", [["--to", "a@example.org"], ["--from", "a@example.org"], ["--markdown", "--email"]]
)
def test_options_that_do_not_go_together(words: list[str], run: Run) -> None:
    result = run("--vault", SAMPLE, "digest", *words)
    assert (result.exit_code, result.stdout) == (2, "")
