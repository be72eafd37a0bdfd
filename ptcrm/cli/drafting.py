"""Drafts of messages from the vault's templates: `ptcrm draft`. Nothing is ever sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import is_terminal, who_is_meant
from ptcrm.cli.options import Place, Session, json_option, pass_session
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.typed import plain
from ptcrm.vault.applying import write_outside

if TYPE_CHECKING:
    from email.headerregistry import Address

    from ptcrm.views.drafting import Message
    from ptcrm.workspace import Workspace

_LONGEST_URL = 2000  # characters; some mail programs take no more


@click.command("draft")
@click.argument("words", metavar="WHO TEMPLATE", nargs=-1)
@click.option("--list", "is_list", is_flag=True, help="The templates, with their languages; no draft.")
@click.option("--occasion", metavar="NAME", help="The occasion meant; default: the next one.")
@click.option("--item", metavar="ITEM", help="Something of the library that it is about.")
@click.option("--mailto", is_flag=True, help="As an address that opens a mail program.")
@click.option("--eml", type=Place(), metavar="FILE", help="As a message, written to this file.")
@click.option("--open", "opened", is_flag=True, help="Open it: in your editor, or in your mail program.")
@json_option
@pass_session
def draft_command(
    session: Session,
    words: tuple[str, ...],
    is_list: bool,
    occasion: str | None,
    item: str | None,
    mailto: bool,
    eml: str | None,
    opened: bool,
    as_json: bool,
) -> None:
    """The draft of a message to a customer, from a template of the vault. Nothing is sent.

    \b
    Examples:
      ptcrm draft --list
      ptcrm draft anna thank-you
      ptcrm draft anna birthday --eml birthday.eml
      ptcrm draft anna event-invitation --item steel-frames-evening --mailto
    """
    if is_list:
        if words:
            raise UsageError("--list stands alone.")
        _list(session, as_json=as_json)
        return
    if sum(map(bool, (mailto, eml, as_json))) > 1 or (opened and as_json):
        raise UsageError("--mailto, --eml and --json do not go together, nor do --open and --json.")
    from ptcrm.views.drafting import message, message_row, template_for

    workspace = session.workspace()
    _demand_both(workspace, words)
    match = who_is_meant(session, words[:-1])
    customer = workspace.cache.customer(match.path)
    found = template_for(workspace, plain(words[-1]), customer.language if customer else None)
    draft = message(workspace, match, found, occasion and plain(occasion), item and plain(item))
    _tell(draft)
    if as_json:
        say_json(message_row(draft))
    elif mailto:
        _give_url(draft, opened=opened)
    elif eml:
        _give_message(draft, Path(eml), opened=opened)
    elif opened:
        _edit(draft)
    else:
        _print(draft)


def _demand_both(workspace: Workspace, words: tuple[str, ...]) -> None:
    """Raise `UsageError` unless a customer and a template are named; at a terminal the customer can be asked for."""
    from ptcrm.views.drafting import is_template, template_names

    if len(words) > 1:
        return
    if words and is_template(workspace, plain(words[0])):
        if is_terminal():
            return
        raise UsageError(f"For whom? Name a customer in front: ptcrm draft WHO {plain(words[0])}")
    known = ", ".join(template_names(workspace))
    which = f"There is: {known}." if known else "There are none yet: `ptcrm init --templates` writes some."
    raise UsageError(f"Name a customer, and behind it a template: ptcrm draft WHO TEMPLATE. {which}")


def _list(session: Session, *, as_json: bool) -> None:
    """The templates of the vault, by name, with their languages."""
    from ptcrm.views.drafting import listed, listed_row

    found = list(listed(session.workspace()))
    if as_json:
        say_json([listed_row(one) for one in found])
    elif found:
        languages = (", ".join(sorted(language or "-" for _, language in one.files)) for one in found)
        say_table(
            [(one.name, one.channel or "-", known) for one, known in zip(found, languages, strict=True)], ""
        )
    else:
        say("There are no templates.")
        tell("`ptcrm init --templates` writes some.")


def _tell(draft: Message) -> None:
    """Say on stderr what speaks against the message, what is missing in it, and what to think of."""
    for warning in draft.warnings:
        tell(f"ptcrm: {warning}")
    if draft.gaps:
        item = (
            " Name something of the library with --item." if any("item." in one for one in draft.gaps) else ""
        )
        tell(f"ptcrm: … stands for what is not known: {', '.join(draft.gaps)}.{item}")
    for line in draft.mention:
        tell(line)


def _print(draft: Message) -> None:
    if draft.subject:
        say(f"Subject: {draft.subject}\n")
    say(draft.text.rstrip("\n"))


def _edit(draft: Message) -> None:
    """The draft in a file of its own, open in the editor; it stays there."""
    from ptcrm.cli.drafts import Draft

    text = f"{draft.subject}\n\n{draft.text}" if draft.subject else draft.text
    Draft(f"{draft.customer.id}-{draft.template.name}").edited(text.rstrip("\n"), draft.mention)


def _give_url(draft: Message, *, opened: bool) -> None:
    from ptcrm.formats.mail import mailto

    url = mailto(draft.subject, draft.text, _address(draft))
    if len(url) > _LONGEST_URL:
        tell(f"ptcrm: this address has {len(url)} characters, and some mail programs cut it: see --eml.")
    if opened:
        _launch(url)
    else:
        say(url)


def _give_message(draft: Message, path: Path, *, opened: bool) -> None:
    from ptcrm.formats.mail import UNSENT, unsent

    write_outside(path, unsent(draft.subject, draft.text, _address(draft)), f"{UNSENT}:".encode(), mode=0o600)
    tell(f"{path}: written, and not sent.")
    if opened:
        _launch(str(path.absolute()))


def _address(draft: Message) -> Address | None:
    """Whom it goes to, by name; None, and a word on stderr, for an address that is none."""
    from email.headerregistry import Address

    from ptcrm.formats.mail import header_words, read_address
    from ptcrm.model.diagnostic import Problem

    found = read_address(draft.to or "")
    if isinstance(found, Problem):
        if draft.to:
            tell(f"ptcrm: {found.message}, so it goes to nobody yet.")
        elif (lack := f"{draft.customer.name} has no e-mail address.") not in draft.warnings:
            tell(f"ptcrm: {lack}")
        return None
    return Address(header_words(draft.customer.name), addr_spec=found.addr_spec)


def _launch(place: str) -> None:
    if click.launch(place):
        raise RefusedError("No mail program could be opened. Leave out --open, and open it yourself.")
