"""What the vault knows, as a template may ask for it (`VARIABLES` of `vault/template.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError
from ptcrm.model.dates import Interval, later
from ptcrm.reports.mailing import SALUTATION, greeting
from ptcrm.text.near import suggest
from ptcrm.text.safe import for_value
from ptcrm.vault.log import in_time, plain_text
from ptcrm.vault.templates import named
from ptcrm.views.today import years

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer, LogEntry
    from ptcrm.model.item import Item
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.views.brief import Brief
    from ptcrm.workspace import Workspace

_BOUGHT = 3  # sales that are told at most
_LONGEST = 2000  # characters of a value
_PAST, _YEAR = Interval(days=7), Interval(months=12)


def values_for(
    workspace: Workspace, found: Brief, language: str, occasion: str | None, item: Item | None
) -> dict[str, object]:
    """The values of `VARIABLES` that are there: text on one line, numbers, days, and tuples and mappings of them.

    `language` is the template's; `occasion` is a name, as typed. Raises `NotFoundError` for one that is not there.
    """
    one, today = found.customer, workspace.today
    own = dict(one.own)
    yearly = workspace.occasions(later(today, _PAST, -1), later(today, _YEAR), [one.path])
    birthday = next((day for day in yearly if day.kind == "birthday"), None)
    values = {
        "salutation": _text(own.get(SALUTATION) or greeting(language, one.name)),
        "customer": {
            **{
                name: _text(getattr(one, name))
                for name in ("name", "kind", "status", "tier", "role", "left_reason")
            },
            **{name: tuple(map(_text, getattr(one, name))) for name in ("places", "tags", "interests")},
            "company": _text(found.company),
            "since": one.since,
            "left": one.left,
            "own": {name: _text(value) for name, value in own.items()},
        },
        "last": tuple(
            {"date": said.date, "channel": said.channel, "text": _text(said.text)} for said in found.said
        ),
        "bought": tuple({"date": sale.date, "text": _text(plain_text(sale.text))} for sale in bought(one)),
        "age": years(birthday) if birthday else None,
        "occasion": _occasion(yearly, occasion, today),
        "item": _item(item) if item else None,
        "owner": _owner(one, workspace.config),
        "today": today,
    }
    return {name: value for name, value in values.items() if value}


def _text(words: str | None) -> str:
    return for_value(words or "")[:_LONGEST]


def _owner(one: Customer, config: Config) -> str:
    """With a capital letter, since an owner is often written as a word of the command line."""
    words = _text(one.owner or next(iter(config.owners), ""))
    return words[:1].upper() + words[1:]


def bought(one: Customer) -> list[LogEntry]:
    """The last sales, the newest first."""
    return [entry for entry in in_time(one.log) if entry.channel == "sale"][: -_BOUGHT - 1 : -1]


def _occasion(yearly: list[Occurrence], words: str | None, today: date) -> dict[str, object] | None:
    """The occasion that is named, else the next; raises `NotFoundError`."""
    coming = [one for one in yearly if one.planned >= today] + [one for one in yearly if one.planned < today]
    if words is not None:
        names = {_name(one): one for one in reversed(coming)}
        name = named(words, names)
        if name is None:
            hint = suggest(words, names) or (f"There is: {', '.join(names)}." if names else "There is none.")
            raise NotFoundError(f"“{words}” is no occasion of this customer. {hint}")
        coming = [names[name]]
    for one in coming:
        return {"name": _name(one), "date": one.planned, "years": years(one)}
    return None


def _name(one: Occurrence) -> str:
    return one.kind if one.kind in ("birthday", "anniversary") else _text(one.text)


def _item(item: Item) -> dict[str, object]:
    return {"title": _text(item.title), "url": _text(item.url), "until": item.until, "text": _text(item.text)}
