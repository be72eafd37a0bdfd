"""Who would like what of the library: `ptcrm share`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, a_count, all_option, json_option, limit_option, writing
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.typed import plain
from ptcrm.text.fold import same_id
from ptcrm.text.words import few, plural
from ptcrm.views.library import nearest_item, several
from ptcrm.views.sharing import (
    Sharing,
    balance_of,
    because_words,
    offer_row,
    overview_rows,
    passed_on,
    quoted,
)
from ptcrm.views.today import named

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer
    from ptcrm.model.item import Item
    from ptcrm.reports.share import Balance
    from ptcrm.vault.index import Match
    from ptcrm.views.sharing import Offer, Overview
    from ptcrm.workspace import Workspace

_SHOWN = 20


@click.command("share")
@click.argument("what", metavar="[WHAT]", nargs=-1)
@click.option(
    "--log",
    "who",
    metavar="WHO",
    multiple=True,
    help="Note in these logs, with commas between, that it was passed on.",
)
@limit_option
@all_option
@json_option
@writing
def share_command(  # what may be asked
    session: Session,
    what: tuple[str, ...],
    who: tuple[str, ...],
    limit: str | None,
    *,
    whole: bool,
    as_json: bool,
) -> None:
    """Who would like something of the library, or what a customer would like.

    WHAT is an item of the library or a customer; without it, every item and how many would like it.

    \b
    Examples:
      ptcrm share
      ptcrm share winter-tyres
      ptcrm share anna
      ptcrm share winter-tyres --log anna,jan
    """
    session.writes = bool(who)
    if who and (as_json or limit or whole):
        raise UsageError("--log goes with --dry-run alone.")
    if session.dry_run and not who:
        raise UsageError("--dry-run goes with --log.")
    if limit and whole:
        raise UsageError("--limit and --all do not go together: choose one.")
    workspace, words = session.workspace(), plain(" ".join(what))
    meant = _meant(workspace, words) if words else None
    if who:
        _log(session, meant, who)
        return
    most = None if whole else a_count(limit) if limit else _SHOWN
    if meant is None:
        _say_overview(Sharing(workspace), most, as_json=as_json)
    else:
        _say_offers(Sharing(workspace), meant, most, as_json=as_json)


def _meant(workspace: Workspace, words: str) -> Item | Customer:
    """The item that has these words as its id, file or alias, else the customer, else the item by its title.

    Raises `NotFoundError`.
    """
    library = workspace.index.library()
    item, people, items = library.led_to(same_id(words)), workspace.index.find(words), library.named(words)
    if item is None and len(people) != 1 and not (len(items) == 1 and not people):
        if not people and not items:
            if why := workspace.unread(words):
                raise NotFoundError(why)
            try:
                workspace.find(words)  # which knows why nobody is found
            except NotFoundError as error:
                hint = nearest_item(workspace, words)
                raise NotFoundError(f"{error}\nNor is it in the library{hint}") from error
        raise several(
            words, [*((one.id, one.name) for one in people), *((one.id, one.title) for one in items)]
        )
    if item is None and len(people) == 1:
        return next(iter(workspace.cache.customers_at([people[0].path])))
    return item or items[0]


# What is found


def _say_overview(sharing: Sharing, most: int | None, *, as_json: bool) -> None:
    found = sharing.overview()
    if as_json:
        say_json(list(overview_rows(found[:most])))
    elif found:
        _say_items(found[:most])
    else:
        say('Nothing is in the library. Add something: ptcrm library add "Studded tyres" --topics winter')
    _tell_more(len(found), most)


def _say_items(found: list[Overview]) -> None:
    rows = [
        (
            one.item.id,
            one.item.kind,
            f"until {one.item.until}" if one.item.until else "",
            str(len(one.fits)),
            few([named(fit.customer.name, fit.customer.id) for fit in one.fits]) if one.fits else "nobody",
        )
        for one in found
    ]
    say_table(rows, "")


def _say_offers(sharing: Sharing, meant: Item | Customer, most: int | None, *, as_json: bool) -> None:
    """Who would like it, or what the customer would like, each with the reason; then who or what is left out."""
    from ptcrm.model.customer import Customer

    is_customer = isinstance(meant, Customer)
    found = sharing.for_customers([meant]) if isinstance(meant, Customer) else sharing.for_item(meant)
    fitting, left_out = (
        [one for one in found if (one.why_not is None) is wanted] for wanted in (True, False)
    )
    shown = [one._replace(fit=quoted(sharing, one.fit)) for one in fitting[:most]]
    weighed = [balance_of(sharing.workspace, one.fit) for one in shown]
    if as_json:
        others = [one._replace(fit=quoted(sharing, one.fit)) for one in left_out[:most]]
        weighed += [balance_of(sharing.workspace, one.fit) for one in others]
        say_json([offer_row(*pair) for pair in zip([*shown, *others], weighed, strict=True)])
    else:
        say(meant.name if isinstance(meant, Customer) else f"{meant.title} ({meant.kind})", "title")
        _say_fitting(shown, weighed, is_customer=is_customer)
        if left_out:
            say(f"\nLeft out ({len(left_out)})", "title")
            say_table([(_called(one, is_customer=is_customer), str(one.why_not)) for one in left_out[:most]])
        if shown:
            first = shown[0].fit
            say(f"\nWhen it has been passed on: ptcrm share {first.item.id} --log {first.customer.id}")
    _tell_more(max(len(fitting), len(left_out)), most)


def _say_fitting(shown: list[Offer], weighed: list[Balance | None], *, is_customer: bool) -> None:
    """A line for each: what of giving and asking there was, if it asks for something; who or what; why."""
    rows = [
        (weight.words if weight else "", _called(one, is_customer=is_customer), because_words(one.fit))
        for one, weight in zip(shown, weighed, strict=True)
    ]
    say_table(rows if any(weighed) else [row[1:] for row in rows])
    if not rows:
        say("  Nothing to pass on now.")


def _called(one: Offer, *, is_customer: bool) -> str:
    if is_customer:
        return f"{one.fit.item.id}: {one.fit.item.title}"
    return named(one.fit.customer.name, one.fit.customer.id)


def _tell_more(count: int, most: int | None) -> None:
    """Say on stderr that there are more than `most`, if there are."""
    if most is not None and count > most:
        tell(f"{count - most} more: --all, or a higher --limit.")


# What was passed on


def _log(session: Session, meant: Item | Customer | None, who: tuple[str, ...]) -> None:
    from ptcrm.model.item import Item

    if not isinstance(meant, Item):
        raise UsageError("Name what was passed on: ptcrm share ITEM --log WHO. See `ptcrm library list`.")
    workspace = session.workspace()
    people: dict[str, Match] = {}
    for name in (part.strip() for words in who for part in plain(words).split(",")):
        if name:
            match = workspace.find(name)
            people[match.path] = match
    if not people:
        raise UsageError("Nobody is named: --log WHO, with commas between several.")
    operation, line = passed_on(workspace, meant, list(people.values()))
    if session.apply(operation):
        say(f"In the logs of {plural(len(people), 'customer')}: {line}")
        say_table([(one.name, one.path) for one in people.values()])
