"""Mailing lists: `ptcrm export mailing`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Place, Session, customers_meant, json_option, writing
from ptcrm.cli.output import say_json, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.typed import plain
from ptcrm.reports.mailing import mailing_list
from ptcrm.schedule.channel import needs
from ptcrm.text.near import suggest
from ptcrm.text.words import few, plural
from ptcrm.vault.applying import write_outside
from ptcrm.views.mailing import columns, letter_row, mailing_row, recording

if TYPE_CHECKING:
    from ptcrm.reports.mailing import Letter, MailingList
    from ptcrm.workspace import Workspace

_SHOWN = 50  # names for one reason
_PLACES = {
    "address": ("address", "addresses"),
    "e-mail address": ("e-mail address", "e-mail addresses"),
    "phone": ("phone number", "phone numbers"),
}


@click.command("mailing")
@click.option("--where", type=Place(), metavar="QUERY", required=True, help="Whom it goes to.")
@click.option(
    "--channel",
    type=Place(),
    metavar="NAME",
    default="newsletter",
    show_default=True,
    help="How it goes: newsletter, email, card, letter …",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "tsv", "html"]),
    help="CSV (the default), TSV, or labels as HTML.",
)
@click.option("--labels", is_flag=True, help="Address labels to print: the same as --format html.")
@click.option("--each", is_flag=True, help="A letter for each person, also at the same address.")
@click.option("-o", "--output", type=Place(), metavar="FILE", help="Write to this file, not to the terminal.")
@click.option("--record", metavar="TEXT", help="Note the mailing in mailings.md as well.")
@json_option
@writing
def mailing_command(  # an option each
    session: Session,
    where: str,
    channel: str,
    form: str | None,
    labels: bool,
    each: bool,
    output: str | None,
    record: str | None,
    as_json: bool,
) -> None:
    """A mailing list: names, salutations, and e-mail or postal addresses.

    Who does not want it, or has no address, is left out, and named on stderr with the reason.

    \b
    Examples:
      ptcrm export mailing --where tag:newsletter -o letter.csv
      ptcrm export mailing --where 'tier:gold,silver' --channel card --labels -o labels.html
      ptcrm export mailing --where tag:newsletter --record "Winter letter" -o letter.csv
    """
    session.writes = record is not None
    session.is_repeatable = False
    kind = _form(form, labels=labels, as_json=as_json)
    text = _text(record)
    workspace = session.workspace()
    query, by = plain(where), _channel(workspace, plain(channel))
    if kind == "html" and needs(by) != "address":
        raise UsageError(f"Labels are for what goes by post, such as --channel card; {by} needs no address.")
    meant = customers_meant(workspace, (query,))
    found = mailing_list(meant, by, workspace.config, workspace.today, each=each)
    if record is not None and not found.letters:
        _tell_left_out(found)
        raise NotFoundError("Nobody is on this list, so there is nothing to note. Nothing was written.")
    if output is not None and output != "-":
        write_outside(Path(output), _content(found, kind), _begins(found, kind))
    noted = record is None or session.apply(recording(workspace, found, text, query))
    if output is None or output == "-":
        _print(found, kind, session)
    _tell_left_out(found)
    if record is not None and noted:
        tell(f"mailings.md: noted with {plural(found.people, 'person', 'people')}.")


def _form(form: str | None, *, labels: bool, as_json: bool) -> str:
    """Which form is asked for; raises `UsageError` for two."""
    asked = [*([form] if form else []), *(["html"] if labels else []), *(["json"] if as_json else [])]
    if len(set(asked)) > 1:
        raise UsageError("--format, --labels and --json do not go together: choose one.")
    return asked[0] if asked else "csv"


def _text(record: str | None) -> str:
    text = plain(record or "")
    if record is not None and not text:
        raise UsageError('--record: say what goes out, such as --record "Winter letter".')
    return text


def _channel(workspace: Workspace, words: str) -> str:
    """The channel that is meant; raises `UsageError`."""
    found = workspace.reader.channel(words)
    if found is None:
        names = list(workspace.reader.names)
        hint = suggest(words, names) or f"Known are: {', '.join(names)}."
        raise UsageError(f"“{words}” is no channel. {hint}")
    return found


def _print(found: MailingList, kind: str, session: Session) -> None:
    if session.dry_run and session.writes:
        return
    if kind == "json":
        say_json(mailing_row(found))
    else:
        click.echo(_content(found, kind), nl=False)


def _content(found: MailingList, kind: str) -> bytes:
    """The list as it stands in a file."""
    from ptcrm.cli.output import indented
    from ptcrm.formats import tabular
    from ptcrm.formats.labels import labels
    from ptcrm.text.safe import for_json

    if kind == "html":
        return labels(map(_lines, found.letters))
    if kind == "json":
        return f"{for_json(indented(mailing_row(found)))}\n".encode()
    write = tabular.as_csv if kind == "csv" else tabular.as_tsv
    rows = [letter_row(one, found.channel) for one in found.letters]
    return write(columns(found.channel), rows).encode()


def _begins(found: MailingList, kind: str) -> bytes:
    """What a file begins with that may be replaced by the list."""
    from ptcrm.formats.labels import BEGINS

    if kind == "html":
        return BEGINS
    return b"{\n" if kind == "json" else _content(found, kind).partition(b"salutation")[0]


def _lines(one: Letter) -> list[str]:
    """The lines of a label."""
    return [*(customer.name for customer in one.people), *one.place.split(",")]


def _tell_left_out(found: MailingList) -> None:
    """Say on stderr how many are on the list, and who is not and why."""
    letters, people = len(found.letters), found.people
    shared = f" for {people} people" if people != letters else ""
    tell(f"{plural(letters, *_PLACES[needs(found.channel)])}{shared}.")
    if not found.left_out:
        return
    tell(f"Left out: {len(found.left_out)}")
    reasons: dict[str, list[str]] = {}
    for one, why in found.left_out:
        reasons.setdefault(why, []).append(f"{one.name} ({one.id})" if one.name != one.id else one.id)
    for why, names in sorted(reasons.items()):
        tell(f"  {why} ({len(names)}): {few(names, _SHOWN)}")
