"""The sources of `ptcrm import`, each with its reader."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from ptcrm.cli.importing import import_command, importing
from ptcrm.cli.sources import Sources
from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.draft import Draft
from ptcrm.model.typed import plain
from ptcrm.text.fold import fold
from ptcrm.text.words import few, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptcrm.cli.importing import Drafts, Read
    from ptcrm.formats.contacts_csv import Layout
    from ptcrm.formats.mail_files import Letter
    from ptcrm.formats.mine import Mine
    from ptcrm.workspace import Workspace

_encoding = click.option(
    "--encoding", metavar="NAME", default="", help="How letters are encoded, if the file does not say it."
)
_me = click.option(
    "--me",
    multiple=True,
    metavar="ADDRESS",
    help="An address of yours, or @DOMAIN for all of one; repeatable.",
)


def _ending(*endings: str) -> Callable[[str], bool]:
    return lambda path: path.lower().endswith(endings)


@import_command.command("vcard")
@_encoding
@importing
def vcard_command(paths: tuple[str, ...], encoding: str) -> Read:
    """Customers from an address book: vCard 2.1, 3.0 and 4.0, files and folders.

    \b
    Examples:
      ptcrm import vcard contacts.vcf
      ptcrm import vcard contacts.vcf --dry-run --all
      ptcrm import vcard contacts.vcf --encoding windows-1250 --set status=prospect
    """
    from ptcrm.formats.decoding import encoding_named
    from ptcrm.formats.vcard import cards

    files, named = Sources(paths, _ending(".vcf", ".vcard")), encoding_named(encoding) if encoding else None

    def read(_: Workspace, remarks: list[str]) -> Drafts:
        for path, _name in files:
            with files.opened(path) as stream:
                yield from cards(stream, str(path), encoding=named)
        remarks += _passed_over(files)

    return read


@import_command.command("csv")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column is (`-`: nothing); repeatable.",
)
@click.option("--delimiter", metavar="NAME", default="", help="comma, semicolon, tab or pipe.")
@_encoding
@click.option(
    "--dates", metavar="ORDER", default="", help="dmy, mdy or ymd: the order of days such as 05/06/2024."
)
@importing
def csv_command(
    paths: tuple[str, ...], columns: tuple[str, ...], delimiter: str, encoding: str, dates: str
) -> Read:
    """Customers from a table: Google, Outlook, LinkedIn, HubSpot, Monica, folk, or any other.

    \b
    Examples:
      ptcrm import csv Connections.csv --set status=prospect --set tags=linkedin
      ptcrm import csv kunden.csv --map 'Kunde=name' --map 'Ort=places' --dates dmy
    """
    from ptcrm.formats.contact_columns import mapped
    from ptcrm.formats.contacts_csv import drafts, layout_of
    from ptcrm.model.draft import Flaw

    files, known = Sources(paths, _ending(".csv", ".tsv", ".txt")), mapped(columns)

    def read(_: Workspace, remarks: list[str]) -> Drafts:
        for path, _name in files:
            with files.opened(path) as stream:
                layout = layout_of(
                    stream, str(path), columns=known, delimiter=delimiter, encoding=encoding, dates=dates
                )
                if isinstance(layout, Flaw):
                    yield layout
                else:
                    remarks += _understood(str(path), layout)
                    yield from drafts(stream, str(path), layout)
        remarks += _passed_over(files)

    return read


def _understood(path: str, layout: Layout) -> Iterator[str]:
    """How a table was understood: in a line if it is a known program's, else column by column."""
    order = f", days as {layout.order.name}" if layout.order.name else ""
    known = f", columns of {layout.source.title}" if layout.source.title else ""
    yield f"{path}: {layout.encoding}, {layout.delimiter}{known}{order}"
    if known:
        return
    taken = [(name, words) for name, words in layout.described if words != "left out"]
    width = max(len(name) for name, _ in taken)
    yield from (f"  {name:<{width}}  {words}" for name, words in taken)
    left = [name for name, words in layout.described if words == "left out"]
    if left:
        yield f"  left out: {few(left)}"


@import_command.command("ics")
@_me
@click.option("--new", is_flag=True, help="Birthdays make new customers, too.")
@importing
def ics_command(paths: tuple[str, ...], me: tuple[str, ...], *, new: bool) -> Read:
    """Meetings with customers into their logs, and their birthdays, from calendars (iCalendar).

    \b
    Examples:
      ptcrm import ics calendar.ics
      ptcrm import ics calendar.ics birthdays.ics --me marta@studio.example
      ptcrm import ics birthdays.ics --new
    """
    from ptcrm.formats.meetings import drafts

    files = Sources(paths, _ending(".ics", ".ical", ".ifb"))

    def read(workspace: Workspace, remarks: list[str]) -> Drafts:
        mine = _mine(workspace, me)
        for path, _name in files:
            with files.opened(path) as stream:
                yield from drafts(stream, str(path), mine, new=new)
        remarks += _left_out(mine.left_out) + _passed_over(files)

    return read


@import_command.command("mail")
@_me
@importing
def mail_command(paths: tuple[str, ...], me: tuple[str, ...]) -> Read:
    """Who wrote to whom, and about what, into the logs of customers: mbox, Maildir, .eml.

    Only the heads of messages are read. Without --me your own addresses are found out, and shown.

    \b
    Examples:
      ptcrm import mail Archive.mbox
      ptcrm import mail Archive.mbox --me marta@studio.example --me @studio.example
    """
    from ptcrm.formats.mail_files import may_be_mail, messages
    from ptcrm.formats.mailbox import drafts, own_addresses

    files = Sources(paths, may_be_mail, hidden=True)

    def letters() -> Iterator[tuple[str, Letter]]:
        for path, _name in files:
            with files.opened(path) as stream:
                yield from ((str(path), letter) for letter in messages(stream, path.as_posix()))

    def read(workspace: Workspace, remarks: list[str]) -> Drafts:
        own = me or own_addresses(letter for _, letter in letters())
        if next(letters(), None) is None:
            raise RefusedError("There is no message in this. Give an mbox, a Maildir or .eml files.")
        if not own:
            raise UsageError("Which of the addresses are yours cannot be told: say it with --me ADDRESS.")
        if not me:
            remarks.append(f"Taken for your own addresses: {', '.join(own)} (--me says it otherwise)")
        mine, count = _mine(workspace, own), 0
        for place, letter in letters():
            count += 1
            yield from drafts(letter, place, mine)
        remarks.append(plural(count, "message"))
        remarks += _left_out(mine.left_out) + _passed_over(files)

    return read


@import_command.command("notes")
@importing
def notes_command(paths: tuple[str, ...]) -> Read:
    """Customers from a folder of notes about people, such as Obsidian's (Markdown).

    \b
    Examples:
      ptcrm import notes ~/Notes/People
      ptcrm import notes ~/Notes/People --set status=prospect --dry-run
    """
    from ptcrm.formats.people_notes import MAX_NOTE, drafts, log_headings

    files = Sources(paths, _ending(".md", ".markdown"))

    def read(workspace: Workspace, remarks: list[str]) -> Drafts:
        left_out, logs = Counter[str](), Counter[str]()
        for path, name in files:
            if path.resolve().is_relative_to(workspace.root.resolve()):
                raise RefusedError(f"{path}: this is a file of the vault itself.")
            with files.opened(path) as stream:
                for draft in drafts(stream.read(MAX_NOTE + 1), name, left_out):
                    logs.update(log_headings(draft.body) if isinstance(draft, Draft) else ())
                    yield draft
        remarks += _left_out(left_out) + _passed_over(files)
        known = set(map(fold, workspace.config.log.headings))
        remarks += [
            f"In {plural(count, 'note')} “{heading}” looks like a log: name it in ptcrm.yaml, as "
            f"log: {{headings: [{', '.join([*workspace.config.log.headings, heading])}]}}"
            for heading, count in logs.most_common()
            if count > 1 and fold(heading) not in known
        ]

    return read


def _mine(workspace: Workspace, me: tuple[str, ...]) -> Mine:
    """Who reads, from where, on which day."""
    from ptcrm.formats.mine import Mine

    return Mine(frozenset(map(plain, me)), workspace.zone, workspace.today)


def _left_out(reasons: Counter[str]) -> list[str]:
    return [f"Left out: {reason} ({count})" for reason, count in reasons.most_common()]


def _passed_over(files: Sources) -> list[str]:
    gone = files.passed_over
    return [f"Passed over, since they are no regular files: {few(list(map(str, gone)))}"] if gone else []
