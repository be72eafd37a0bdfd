"""Feedback: what is open, what is closed, and who was told what became of it. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from ptcrm.model.dates import later, parse_date
from ptcrm.reports.review.book import FEEDBACK
from ptcrm.reports.review.values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.reports.review.book import Book

LoopState = Literal["open", "closed", "told", "noted"]


class Loop(NamedTuple):
    """Feedback that came on a day of the period, and how far it got.

    `open` is a follow-up without a tick, due on `due`; `closed` one with; `told` one of which the customer has heard;
    `noted` a log entry that no follow-up belongs to, so nobody may have looked after it.
    """

    customer: Customer
    place: Place
    came: date
    state: LoopState
    text: str
    due: date | None = None
    done: date | None = None
    told: date | None = None


class Feedback(NamedTuple):
    """All feedback of the period, from old to new."""

    loops: tuple[Loop, ...]

    def of(self, state: LoopState) -> tuple[Loop, ...]:
        """The feedback in this state."""
        return tuple(one for one in self.loops if one.state == state)


def feedback(book: Book) -> Feedback:
    """The feedback that came in the period (docs/review.md#feedback)."""
    return Feedback(tuple(sorted(_loops(book), key=lambda one: (one.came, one.place))))


def _loops(book: Book) -> Iterator[Loop]:
    first = book.period.first.toordinal()
    for one in book.customers:
        rows = [row for row in book.entries(one, FEEDBACK) if row.day >= first]
        tasks = [task for task in book.follow_ups.get(one.path, ()) if task.channel == FEEDBACK]
        looked_after = {task.due.toordinal() for task in tasks}
        for task in tasks:
            if task.mark != "dropped" and book.period.first <= task.due <= book.period.last:
                yield _loop(one, task, book)
        for row in rows:
            if row.day not in looked_after:
                told = _told(row.form.told, book)
                came = date.fromordinal(row.day)
                yield Loop(one, Place(one.path, row.line), came, "told" if told else "noted", "", told=told)


def _loop(one: Customer, task: FollowUp, book: Book) -> Loop:
    told = _told(dict(task.fields).get("told"), book)
    state: LoopState = "told" if told else "closed" if task.mark == "done" else "open"
    due = later(task.due, book.config.feedback_within)
    done = (task.done or task.due) if task.mark == "done" else None
    return Loop(one, Place(one.path, task.line), task.due, state, task.text, due, done, told)


def _told(words: str | None, book: Book) -> date | None:
    """The day on which the customer heard of it, if that is a day that has come."""
    day = parse_date(words) if words else None
    return day if isinstance(day, date) and day <= book.today else None
