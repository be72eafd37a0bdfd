"""Who would like what of the library: `ptcrm share`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, a_count, all_option, json_option, limit_option, plain, writing
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.text.fold import same_id
from ptcrm.text.words import few, plural
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
    from ptcrm.vault.index import Match
    from ptcrm.views.sharing import Offer
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
            raise NotFoundError(
                f"Nothing in the library and nobody answers to “{words}”. See `ptcrm library list`."
            )
        known = [(one.id, one.name) for one in people[:_SHOWN]] + [
            (one.id, one.title) for one in items[:_SHOWN]
        ]
        shown = "\n".join(f"  {id_}  ({name})" for id_, name in known)
        raise NotFoundError(f"“{words}” may mean several; name one by the id:\n{shown}")
    if item is None and len(people) == 1:
        return next(iter(workspace.cache.customers_at([people[0].path])))
    return item or items[0]


# What is found


def _say_overview(sharing: Sharing, most: int | None, *, as_json: bool) -> None:
    found = sharing.overview()
    if as_json:
        say_json(list(overview_rows(found)))
        return
    if not found:
        say('Nothing is in the library. Add something: ptcrm library add "Studded tyres" --topics winter')
        return
    rows = [
        (
            one.item.id,
            one.item.kind,
            f"until {one.item.until}" if one.item.until else "",
            str(len(one.fits)),
            few([named(fit.customer.name, fit.customer.id) for fit in one.fits]) if one.fits else "nobody",
        )
        for one in found[:most]
    ]
    say_table(rows, "")
    _tell_more(len(found) - len(rows), "item")


def _say_offers(sharing: Sharing, meant: Item | Customer, most: int | None, *, as_json: bool) -> None:
    from ptcrm.model.customer import Customer

    workspace, is_customer = sharing.workspace, isinstance(meant, Customer)
    found = sharing.for_customers([meant]) if isinstance(meant, Customer) else sharing.for_item(meant)
    open_, left_out = ([one for one in found if (one.why_not is None) is wanted] for wanted in (True, False))
    shown = [one._replace(fit=quoted(sharing, one.fit)) for one in open_[:most]]
    weighed = [balance_of(workspace, one.fit) for one in shown]
    if as_json:
        out = [one._replace(fit=quoted(sharing, one.fit)) for one in left_out[:most]]
        rows = [offer_row(one, weight) for one, weight in zip(shown, weighed, strict=True)]
        say_json([*rows, *(offer_row(one, balance_of(workspace, one.fit)) for one in out)])
        return
    say(meant.name if isinstance(meant, Customer) else f"{meant.title} ({meant.kind})", "title")
    if not isinstance(meant, Customer) and meant.is_over(workspace.today):
        say(f"It is over since {meant.until}.")
    say_table(
        [
            (weight.words if weight else "", _called(one, is_customer=is_customer), because_words(one.fit))[
                not any(weighed) :
            ]
            for one, weight in zip(shown, weighed, strict=True)
        ]
    )
    if not shown:
        say("  Nothing that is not left out." if left_out else "  Nothing fits.")
    _tell_more(len(open_) - len(shown), "other")
    if left_out:
        say(f"\nLeft out ({len(left_out)})", "title")
        say_table([(_called(one, is_customer=is_customer), str(one.why_not)) for one in left_out[:most]])
        _tell_more(len(left_out[most:]) if most else 0, "other")
    if shown:
        first = shown[0].fit
        say(f"\nWhen it has been passed on: ptcrm share {first.item.id} --log {first.customer.id}")


def _called(one: Offer, *, is_customer: bool) -> str:
    if is_customer:
        return f"{one.fit.item.id}: {one.fit.item.title}"
    return named(one.fit.customer.name, one.fit.customer.id)


def _tell_more(count: int, noun: str) -> None:
    if count > 0:
        tell(f"{plural(count, f'more {noun}')}: --all, or a higher --limit.")


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
