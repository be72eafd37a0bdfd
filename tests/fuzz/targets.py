"""What is fuzzed: each target takes any bytes, and fails by an exception that its callers do not expect."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date

from ptcrm.errors import RefusedError, UsageError
from ptcrm.formats.mail_files import message_of, messages_of_mbox
from ptcrm.formats.mailbox import drafts as mail_drafts
from ptcrm.formats.mailbox import own_addresses
from ptcrm.formats.meetings import drafts as calendar_drafts
from ptcrm.formats.mine import Mine
from ptcrm.formats.people_notes import drafts as note_drafts
from ptcrm.model.customer import LogEntry
from ptcrm.model.dates import (
    Anniversary,
    parse_anniversary,
    parse_date,
    parse_day,
    parse_interval,
    parse_time,
)
from ptcrm.model.diagnostic import Problem
from ptcrm.model.draft import Draft
from ptcrm.model.reading import Report
from ptcrm.model.settings import read_config
from ptcrm.text.frontmatter import Flaw, compose
from ptcrm.text.source import Source, Span, UndecodableError
from ptcrm.vault.amend import Amendment, amended
from ptcrm.vault.fields import set_field
from ptcrm.vault.lines import append_entry, tick
from ptcrm.vault.schema import BY_NAME, Reading, own_field, read_customer, values_for
from tests.conftest import ROOT, SAMPLE
from tests.oracle import READER, check_outside, check_yaml, read

DAY = date(2026, 11, 23)
PATH = "customers/it.md"
IMPORTS = ROOT / "tests" / "data" / "import"


def front_matter(content: bytes) -> None:
    """A file's bytes are read, and the parts joined are the file."""
    try:
        source = Source.decode(PATH, content)
    except UndecodableError:
        return
    document = read_customer(source, READER).document
    assert source.content == content
    assert "".join(part.of(source.text) for part in document.parts) == source.text


def log_lines(content: bytes) -> None:
    """Lines of a log and follow-ups are read, and what was typed after `ptcrm log`."""
    words = content.decode(errors="ignore")
    read(f"---\n---\n## Log\n{words}")
    READER.parse_entry(words)


def configuration(content: bytes) -> None:
    """A ptcrm.yaml is read."""
    try:
        source = Source.decode("ptcrm.yaml", content)
    except UndecodableError:
        return
    root = compose(source.text, Span(0, len(source.text)))
    if not isinstance(root, Flaw):
        read_config(root, Report(source))


def dates(content: bytes) -> None:
    """Words for days, lengths and times are understood, or are a problem."""
    words = content.decode(errors="ignore")
    parse_day(words, DAY)
    for parse in (parse_interval, parse_anniversary, parse_date, parse_time):
        parse(words)


def writing(content: bytes) -> None:
    """The first line is a command, the rest is the file: what is written differs in its target alone."""
    command, _, file = content.partition(b"\n")
    try:
        reading = read_customer(Source.decode(PATH, file), READER)
    except UndecodableError:
        return
    words = command.decode(errors="ignore").split("|")
    try:
        amendment = _amendment(reading, words)
        change = amended(reading, amendment, READER)
    except (RefusedError, UsageError):
        return
    text = reading.document.source.text
    check_outside(text, amendment, change)
    check_yaml(text, change, words[1] if words[0] == "set" else None)


def _amendment(reading: Reading, words: list[str]) -> Amendment:
    """`set|FIELD|VALUE|VALUE`, `log|WORDS`; all else closes the first open follow-up."""
    match words:
        case ["set", name, *values]:
            return set_field(reading, BY_NAME.get(name) or own_field(name), values)
        case ["log", *texts]:
            return append_entry(reading, f"{DAY} {'|'.join(texts)}", READER)
    tasks = reading.customer.follow_ups if reading.customer else ()
    open_ones = [task for task in tasks if task.mark == "open"]
    if not open_ones:
        raise RefusedError("there is no open follow-up")
    return tick(reading, open_ones[0], DAY)


def mail(content: bytes) -> None:
    """An mbox is read, or one message: each entry is one line that fits, with its identity and nothing forged."""
    mine = Mine(frozenset({"marta@studio.example"}), UTC, DAY)
    for messages in (messages_of_mbox, message_of):
        letters = list(messages(io.BytesIO(content)))
        own_addresses(letters)
        for draft in (one for letter in letters for one in mail_drafts(letter, "it", mine)):
            for entry in draft.entries if isinstance(draft, Draft) else ():
                found = READER.parse_entry(entry)
                assert isinstance(found, LogEntry), entry
                assert [key for key, _ in found.fields] == ["id"], entry
                assert not found.tags, entry
                assert "\n" not in entry, entry


def calendar(content: bytes) -> None:
    """A calendar file is read: each entry is one line that fits, and each birthday is one."""
    mine = Mine(frozenset({"marta@studio.example"}), UTC, DAY)
    for draft in calendar_drafts(io.BytesIO(content), "it", mine, new=True):
        if isinstance(draft, Draft):
            for day in draft.values("birthday"):
                assert isinstance(parse_anniversary(day), Anniversary), day
            for entry in draft.entries:
                found = READER.parse_entry(entry)
                assert isinstance(found, LogEntry), entry
                assert [key for key, _ in found.fields][-1] == "id", entry
                assert not found.tags, entry


def note(content: bytes) -> None:
    """A note about somebody is read: each value is one that its field takes, and the text is the note's own."""
    for draft in note_drafts(content, "People/it.md", Counter()):
        if isinstance(draft, Draft):
            assert draft.body.encode() in content
            for name, words in draft.fields:
                field = BY_NAME.get(name) or own_field(name)
                if not field.typed or name == "birthday":
                    found = values_for(field, list(words), DAY, lambda _: None)
                    assert not isinstance(found, Problem), (name, words)
            for entry in draft.entries:
                assert isinstance(READER.parse_entry(entry), LogEntry), entry


TARGETS: dict[str, Callable[[bytes], None]] = {
    "front-matter": front_matter,
    "log-lines": log_lines,
    "configuration": configuration,
    "dates": dates,
    "writing": writing,
    "mail": mail,
    "calendar": calendar,
    "note": note,
}


def seeds(target: str) -> Iterator[bytes]:
    """What the fuzzer begins with: the sample vault's files."""
    if target == "dates":
        words = (
            "2026-11-23|--05-17|--0517|next friday|in 3 weeks|-2d|2 days ago|twice a month|P6W|6w|9:30|05-06"
        )
        yield from (word.encode() for word in words.split("|"))
    elif target in ("mail", "calendar"):
        yield from (path.read_bytes() for path in sorted((IMPORTS / target).rglob("*")) if path.is_file())
    elif target == "note":
        yield from (path.read_bytes() for path in sorted((IMPORTS / "notes").rglob("*.md")))
    elif target == "configuration":
        yield (SAMPLE / "ptcrm.yaml").read_bytes()
    else:
        yield from (_seed(target, path.read_bytes()) for path in sorted(SAMPLE.rglob("customers/**/*.md")))


def _seed(target: str, content: bytes) -> bytes:
    if target == "log-lines":
        return content.rpartition(b"\n## ")[2]
    commands = (b"set|tags|a|b: c", b"set|tier|", b"set|occasions|x --05-03", b"log|call: x", b"done")
    return commands[len(content) % len(commands)] + b"\n" + content if target == "writing" else content
