"""One customer as a screen shows it: fields, notes, follow-ups, log, who links here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.formats.customers import CUSTOMER_FIELDS, plain_value
from ptcrm.model.dates import ago
from ptcrm.schedule.obligations import UNCONTACTED
from ptcrm.vault.facts import link_key
from ptcrm.vault.log import entry_words, follow_up_words, in_time
from ptcrm.views.playbook import planned_days, run_row
from ptcrm.views.today import row, years

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.customer import Customer, LogEntry
    from ptcrm.model.occurrence import Occurrence, Standing
    from ptcrm.schedule.playbooks import Run
    from ptcrm.vault.document import Document
    from ptcrm.vault.index import Index

_CLOSED = {"done": "ticked", "dropped": "dropped"}


def field_values(customer: Customer) -> dict[str, object]:
    """Every field as plain JSON values: text, lists of text, true or false, null; the user's own ones too."""
    known = {name: plain_value(getattr(customer, name)) for name in CUSTOMER_FIELDS}
    return {**dict(customer.own), **known}


class Linked(NamedTuple):
    """A link of a customer's file to another customer, or to something else: then `name` and `path` are None.

    `target` is as written, `field` the one it stands in, if it stands in the front matter.
    """

    target: str
    field: str | None
    line: int
    name: str | None
    path: str | None


def links(index: Index, customer: Customer) -> list[Linked]:
    """Where the customer's file links to, as it stands there; of several links to one place the first."""
    found: dict[str, Linked] = {}
    for one in customer.links:
        path = index.resolve(link_key(one.target, customer.path))
        other = index.cache.customer(path) if path else None
        if path != customer.path:
            linked = Linked(
                one.target, one.key, one.line, other.name if other else None, path if other else None
            )
            found.setdefault(path or one.target, linked)
    return list(found.values())


def whole_row(
    index: Index, document: Document, customer: Customer, plan: Iterable[Occurrence], runs: Iterable[Run]
) -> dict[str, object]:
    """All about a customer as one object (the JSON of `show`; docs/json.md)."""
    from ptcrm.vault.notes import notes

    coming = list(plan)
    return {
        **field_values(customer),
        "path": customer.path,
        "notes": notes(document, customer),
        "follow_ups": [
            {
                "number": number,
                "due": one.due.isoformat(),
                "channel": one.channel,
                "text": one.text,
                "every": str(one.every) if one.every else None,
                "line": one.line,
            }
            for number, one in enumerate(customer.open_follow_ups, 1)
        ],
        "log": [
            {
                "date": one.date.isoformat(),
                "time": one.at.strftime("%H:%M") if one.at else None,
                "channel": one.channel,
                "qualifiers": list(one.qualifiers),
                "text": one.text,
                "line": one.line,
            }
            for one in reversed(in_time(customer.log))
        ],
        "playbooks": [run_row(run, planned_days(coming)) for run in runs],
        "coming": [{**row(one), "years": years(one)} for one in coming],
        "links": [one._asdict() for one in links(index, customer)],
        "backlinks": [
            {"path": path, "line": line, "name": name} for path, line, name in index.backlinks(customer.path)
        ],
    }


def given_fields(customer: Customer) -> list[tuple[str, str]]:
    """The fields that the file gives, in the table's order, then the user's own, as words."""
    values = field_values(customer)
    given = [name for name in CUSTOMER_FIELDS if name in customer.lines] + [name for name, _ in customer.own]
    return [(name, _words(values[name])) for name in given]


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of what happened: a log entry, or a follow-up that was closed."""

    date: date
    words: str


def history(customer: Customer) -> list[Line]:
    """What happened, the newest first: the log's entries and the closed follow-ups."""
    logged_already = {(one.date, one.channel) for one in customer.log}
    ticked = [
        Line(one.done or one.due, f"{follow_up_words(one)} (follow-up, {_CLOSED[one.mark]})")
        for one in customer.follow_ups
        if one.mark in _CLOSED
        and (one.mark == "dropped" or (one.done or one.due, one.channel) not in logged_already)
    ]
    logged = [Line(one.date, entry_words(one)) for one in in_time(customer.log)]
    return sorted([*ticked, *logged], key=lambda line: line.date)[::-1]


def uncontacted_words(log: Iterable[LogEntry], today: date) -> str:
    """What the log of somebody without a touch says of them: `never contacted`, `no contact but the sale of 2026-11-20`."""
    sold = max((one.date for one in log if one.channel == "sale" and one.date <= today), default=None)
    return f"no contact but the sale of {sold}" if sold else UNCONTACTED


def standing_words(standing: Standing, log: Iterable[LogEntry], today: date) -> str:
    """`last contact 2026-11-12 (visit), 11 days ago, next due 2026-12-03 (ok, 52 % of the cadence)`."""
    last = standing.last
    words = (
        f"last contact {last.date} ({last.channel}), {ago(last.date, today)}"
        if last
        else uncontacted_words(log, today)
    )
    state, percent = standing.state(today), standing.progress(today)
    into = f", {percent} % of the cadence" if percent is not None and last else ""
    due = f", next due {standing.due}" if standing.due and last else ""
    return f"{words}{due} ({state}{into})"
