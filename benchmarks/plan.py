"""`python -m benchmarks.plan [COUNT]`: what planning COUNT customers costs, as ratios to the floor F.

F is building COUNT `Occurrence` objects. Figures are CPU time in one process, medians of interleaved runs.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.vault import TODAY
from ptcrm.model.dates import Interval
from ptcrm.model.occurrence import Contact, Obligation, Occurrence, Reason, Standing, Touch
from ptcrm.schedule.plan import Rules, Who, arrange, occurrences
from ptcrm.schedule.workdays import WorkDays

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 15
_CADENCES = (21, 42, 91, 42)  # gold, silver, bronze, and no tier
_WEEK = ("mon", "tue", "wed", "thu", "fri")
_AWAY = ((date(2026, 12, 20), date(2027, 1, 2)),)


class Book(NamedTuple):
    """What is owed to a number of customers, as the cache has it before a plan is made."""

    contacts: list[Contact]
    details: list[tuple[Who, Obligation]]

    def plan(self, per_day: int, intake: int, days: int) -> list[Occurrence]:
        """The plan for today and `days` more."""
        workdays = WorkDays(_WEEK, _AWAY, lambda year: {date(year, 12, 25): "Christmas"})
        found = arrange(
            self.contacts, Rules(workdays, per_day, intake, 5), TODAY, TODAY + timedelta(days=days)
        )
        return occurrences(found.days, [self.details[row.number] for _, row in found.days], TODAY)


def make_book(count: int) -> Book:
    """Customers of three tiers and of none, the same each time.

    One in ten was never contacted, one in ten has a playbook's step too, and one in five a follow-up.
    """
    dice = random.Random(count)  # noqa: S311  # the same customers each time
    book = Book([], [])
    for number in range(count):
        path = f"customers/{number % 100:02}/customer-{number}.md"
        rank, last = dice.randrange(4), TODAY - timedelta(days=dice.randrange(1, 60))
        cadence = _CADENCES[rank]
        touch = Touch(last, "call", contact=True, path=path, line=40)
        due = last + timedelta(days=cadence)
        who = Who(
            f"c{number}",
            f"Anna {number}",
            path,
            "+44 7700 900123",
            None,
            Standing(Interval(cadence), touch, due),
        )
        owed = [
            Obligation(
                "cadence", "cadence", due, movable=True, rank=rank, pace=cadence, new=dice.random() < 0.1
            )
        ]
        if dice.random() < 0.1:
            step = last + timedelta(days=dice.randrange(7, 42))
            expires = step + timedelta(days=30)
            owed.append(
                Obligation(
                    "playbook", "p/1", step, "call", movable=True, rank=rank, pace=cadence, expires=expires
                )
            )
        if dice.random() < 0.2:
            owed.append(Obligation("follow-up", "x", TODAY + timedelta(days=dice.randrange(120)), "call"))
        for one in owed:
            book.contacts.append(Contact.of(path, one)._replace(number=len(book.details)))
            book.details.append((who, one))
    return book


class Cadence(NamedTuple):
    """What one `Occurrence` is built from."""

    path: str
    name: str
    planned: date
    last: Touch
    reasons: tuple[Reason, ...]


def make_cadences(count: int) -> list[Cadence]:
    """What the floor is built from: made once, as the cache has it before a plan is made."""
    found = []
    for number in range(count):
        path = f"customers/{number % 100:02}/customer-{number}.md"
        reasons = (Reason("every 3 weeks (tier gold)", path, 4), Reason("last contact 2026-11-02", path, 40))
        last = Touch(TODAY - timedelta(days=21), "call", contact=True, path=path, line=40)
        found.append(Cadence(path, f"Anna {number}", TODAY + timedelta(days=number % 90), last, reasons))
    return found


def floor(cadences: list[Cadence]) -> list[Occurrence]:
    """The occurrences themselves, with all that the plan gives them."""
    return [
        Occurrence(
            customer=one.name,
            name=one.name,
            path=one.path,
            kind="cadence",
            origin="cadence",
            due=TODAY,
            planned=one.planned,
            channel=None,
            text="",
            at=None,
            state="overdue",
            last=one.last,
            quiet_until=date.min,
            expires=date.max,
            phone="+44 7700 900123",
            url=None,
            timezone="Europe/Warsaw",
            reasons=one.reasons,
        )
        for one in cadences
    ]


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(count: int) -> None:
    """Measure and print the table."""
    book, cadences = make_book(count), make_cadences(count)
    enough = max(10, count // 20)  # all can be contacted within a month
    work: dict[str, Callable[[], object]] = {
        "F": lambda: floor(cadences),
        f"plan, 90 days, {enough} a day": lambda: book.plan(enough, enough // 5, 90),
        f"plan, today, {enough} a day": lambda: book.plan(enough, enough // 5, 0),
        "plan, 90 days, 10 a day": lambda: book.plan(10, 3, 90),
        "plan, today, 10 a day": lambda: book.plan(10, 3, 0),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(RUNS):
        for name, call in work.items():
            times[name].append(cpu_seconds(call))
    unit = statistics.median(times["F"])
    print(f"{count} customers, F = {1000 * unit:.1f} ms CPU, Python {sys.version.split()[0]}")
    for name in list(work)[1:]:
        median = statistics.median(times[name])
        print(f"{name:28} {1000 * median:8.1f} ms {median / unit:8.2f} F")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
