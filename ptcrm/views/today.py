"""Today at a glance, and occurrences as flat rows: shared by every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.dates import Interval, later, time_there
from ptcrm.text.fold import slug
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.occurrence import Occurrence
    from ptcrm.workspace import Workspace

OVERDUE, TODAY, NEW = "Overdue", "Due today", "Not contacted yet"
WEEK, SOON = Interval(days=7), Interval(days=14)


class Glance(NamedTuple):
    """What an owner needs in the morning. `week` are the seven days after today, `birthdays` two weeks.

    `overdue` was owed before today; `new` are those never contacted, whose day has come. `waiting` counts the
    contacts that found no place in these days; `free` says why today is no working day.
    """

    today: date
    overdue: list[Occurrence]
    due: list[Occurrence]
    new: list[Occurrence]
    week: list[Occurrence]
    birthdays: list[Occurrence]
    waiting: int
    free: str | None
    customers: int
    errors: int
    warnings: int


def at_a_glance(workspace: Workspace, *, is_checked: bool = True) -> Glance:
    """Today's glance of the vault.

    One that is not `is_checked` counts as errors the files that have some, and no warnings: to look for all of them
    takes seconds after a change of a large vault.
    """
    today = workspace.today
    contacts, waiting = workspace.listed(later(today, WEEK))
    grouped = by_urgency([one for one in contacts if one.planned <= today], today)
    return Glance(
        today,
        grouped[OVERDUE],
        grouped[TODAY],
        grouped[NEW],
        [one for one in contacts if one.planned > today],
        workspace.occasions(today, later(today, SOON)),
        waiting,
        workspace.workdays.why_free(today),
        workspace.index.count(),
        *(workspace.problems() if is_checked else (workspace.errors(), 0)),
    )


def glance_object(now: Glance) -> dict[str, object]:
    """The glance as an object (the JSON of `ptcrm` alone; docs/json.md)."""
    return {
        "today": now.today.isoformat(),
        "overdue": [row(one) for one in now.overdue],
        "due": [row(one) for one in now.due],
        "new": [row(one) for one in now.new],
        "week": [row(one) for one in now.week],
        "birthdays": [row(one) for one in now.birthdays],
        "waiting": now.waiting,
        "free": now.free,
        "customers": now.customers,
        "errors": now.errors,
        "warnings": now.warnings,
    }


def by_urgency(contacts: list[Occurrence], today: date) -> dict[str, list[Occurrence]]:
    """Contacts planned up to today, the overdue first with the longest owed on top, the new last."""
    groups: dict[str, list[Occurrence]] = {OVERDUE: [], TODAY: [], NEW: []}
    for one in contacts:
        is_new = one.state == "new" and one.kind != "lead"
        groups[NEW if is_new else OVERDUE if is_late(one, today) else TODAY].append(one)
    groups[OVERDUE].sort(key=lambda one: one.due)
    return groups


def is_late(one: Occurrence, today: date) -> bool:
    """Whether it was owed before today. A reminder is never late: it stands until its day comes."""
    return one.due < today and one.state != "new" and one.kind != "lead"


def row(one: Occurrence) -> dict[str, object]:
    """An occurrence as a flat object (the JSON of `due` and `birthdays`; docs/json.md)."""
    return {
        "customer": one.customer or None,
        "name": one.name,
        "kind": one.kind,
        "channel": one.channel,
        "text": one.text,
        "due": one.due.isoformat(),
        "planned": one.planned.isoformat(),
        "time": one.at.strftime("%H:%M") if one.at else None,
        "state": one.state,
        "members": list(one.members),
        "template": one.template,
        "reason": "; ".join(reason.text for reason in one.reasons),
        "path": one.path,
        "line": one.line,
    }


def called(one: Occurrence) -> str:
    """The customer's name, and the id to type where the name has letters that few keyboards have."""
    return named(one.name, one.customer)


def named(name: str, id_: str) -> str:
    """The name, and the id in brackets if there is one and the name cannot be typed on most keyboards."""
    return name if slug(name).isascii() or not id_ else f"{name} ({id_})"


def what(one: Occurrence) -> str:
    """What is to be done, in a few words: `call: Ask about the shop`, `get in touch`."""
    if one.kind == "cadence":
        return one.channel or "get in touch"
    if one.kind == "lead":
        return f"prepare: {one.text}"
    if one.kind == "campaign":
        return f"{one.channel} to {plural(len(one.members), 'customer')}"
    return f"{one.channel}: {one.text}" if one.channel else one.text


def is_open(one: Occurrence) -> bool:
    """Whether nothing but the cadence asks for it, so that there is room for something to say."""
    return one.kind == "cadence" and not one.text


def draft_hint(who: str, template: str) -> str:
    """How to have a draft made of the template for the customer with the id `who`."""
    return f"There is a template for it: ptcrm draft {who} {template}"


def when(one: Occurrence, today: date) -> str:
    """The day it was owed, if that is past, else the time."""
    if one.due < today and one.state != "new":
        return one.due.isoformat()
    return one.at.strftime("%H:%M") if one.at else ""


def what_and_why(one: Occurrence, workspace: Workspace) -> str:
    """What is to be done, and why; a follow-up's own text says that, and the time there if it has one."""
    if one.kind == "campaign":
        return f"{what(one)}: ptcrm campaign {one.name}"
    if one.kind == "follow-up":
        there = one.at and time_there(one.planned, one.at, workspace.zone, one.timezone)
        return f"{what(one)} ({there})" if there else what(one)
    return f"{what(one)} — {'; '.join(reason.text for reason in one.reasons)}"


def years(one: Occurrence) -> int | None:
    """How many years a yearly occurrence completes, if its first year is known."""
    return None if one.since is None or one.since.year is None else one.planned.year - one.since.year


def yearly_row(one: Occurrence) -> dict[str, object]:
    """A birthday or other occasion as a flat object (the JSON of `birthdays`; docs/json.md)."""
    return {**row(one), "years": years(one)}


def yearly_words(one: Occurrence) -> str:
    """`birthday, 42 (born 1984)`, `wedding, 14 years (2012)`, `5 years as a customer (2021)`, `birthday`."""
    count = years(one)
    if count is None or one.since is None:
        return one.text
    if one.kind == "birthday":
        return f"birthday, {count} (born {one.since.year})"
    if one.kind == "anniversary":
        return f"{plural(count, 'year')} {one.text} ({one.since.year})"
    return f"{one.text}, {plural(count, 'year')} ({one.since.year})"


def not_worked(why: str) -> str:
    """A remark that today is not worked, and why (`Sunday`)."""
    return f"Today is no working day ({why}): what can move is planned for other days."


def more_waiting(count: int, until: str = "") -> str:
    """A remark that `count` contacts found no place up to `until` (today, if not given), and how to see them."""
    return f"{count} more waiting: ptcrm due --all{f' --until {until}' if until else ''}"


def no_day_found(count: int) -> str:
    """A remark that `count` contacts find no day at all."""
    return f"{count} more find no day at all: see away, working_days and capacity in ptcrm.yaml"
