"""`ptcrm` alone: today at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.cli.output import say, say_json, say_table
from ptcrm.model.dates import long_day, near_day
from ptcrm.text.words import plural
from ptcrm.views.today import (
    NEW,
    OVERDUE,
    TODAY,
    at_a_glance,
    called,
    glance_object,
    more_waiting,
    not_worked,
    what,
    yearly_words,
)

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.cli.options import Session
    from ptcrm.model.occurrence import Occurrence

_SHOWN = 10


def glance(session: Session, *, as_json: bool) -> None:
    """Overdue, today, the next seven days, birthdays, problems: as `git status` would."""
    now = at_a_glance(session.workspace(quiet=True))
    if as_json:
        say_json(glance_object(now))
        return
    say(long_day(now.today), "title")
    if not now.customers:
        say('\nNobody here yet. Add a customer: ptcrm add "Anna Kowalska"')
    _part(OVERDUE, now.overdue, now.today, "ptcrm due")
    _part(TODAY, now.due, now.today, "ptcrm due")
    _part(NEW, now.new, now.today, "ptcrm due")
    _part("Next seven days", now.week, now.today, "ptcrm due --until +1w")
    if now.birthdays:
        say("\nBirthdays and occasions soon", "title")
        _rest(
            [(near_day(one.planned, now.today), called(one), yearly_words(one)) for one in now.birthdays],
            "ptcrm birthdays",
        )
    if now.customers and not (now.overdue or now.due or now.new):
        say("\nNothing is due today.")
    if now.free and now.customers:
        say(f"\n{not_worked(now.free)}")
    if now.waiting:
        say(f"\n{more_waiting(now.waiting, '+1w')}")
    if now.errors or now.warnings:
        counts = ((now.errors, "error"), (now.warnings, "warning"))
        problems = " and ".join(plural(count, noun) for count, noun in counts if count)
        say(f"\n{problems}: ptcrm check", "error" if now.errors else "warning")


def _part(title: str, found: list[Occurrence], today: date, command: str) -> None:
    if found:
        say(f"\n{title} ({len(found)})", title.lower() if title == OVERDUE else "title")
        _rest([(_day(one, today), called(one), what(one)) for one in found], command)


def _day(one: Occurrence, today: date) -> str:
    """The day it stands on, or was owed if that is past; none for the new, who were owed nothing yet."""
    if one.planned > today:
        return near_day(one.planned, today)
    return "" if one.state == "new" else near_day(min(one.due, one.planned), today)


def _rest(rows: list[tuple[str, str, str]], command: str) -> None:
    say_table(rows[:_SHOWN])
    if len(rows) > _SHOWN:
        say(f"  and {len(rows) - _SHOWN} more: {command}")
