"""A year in a letter: what went well, who was neglected, what to do about it; as Markdown and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from ptcrm.model.dates import date_words
from ptcrm.model.values import sums
from ptcrm.reports.budget import words as money_words
from ptcrm.reports.review.consistency import Silence
from ptcrm.text.safe import for_markdown
from ptcrm.text.words import few, plural
from ptcrm.views import review_words
from ptcrm.views.review_words import TELLERS, Advice, silent, whom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.config import Config
    from ptcrm.reports.review.figures import Review

_NEGLECTED, _SUGGESTIONS = 15, 10
_MOST = 0.5  # of the follow-ups, of which fewer are nothing to be proud of


@dataclass(frozen=True, slots=True)
class Letter:
    """The letter about a year; `is_over` is False for the one that runs.

    `well` are sentences, `neglected` the silences that go on, the longest first, and `suggestions` some of each figure.
    """

    year: int
    last: date
    is_over: bool
    touched: str
    well: tuple[str, ...]
    neglected: tuple[Silence, ...]
    suggestions: tuple[Advice, ...]

    @property
    def title(self) -> str:
        """`2025`, or `2026 so far`."""
        return str(self.year) if self.is_over else f"{self.year} so far"


def letter(one: Review, config: Config, today: date) -> Letter:
    """The letter about the year of a review."""
    reached = sum(bool(each.contacts) for each in one.effort.customers)
    touched = (
        f"Between 1 January and {date_words(one.period.last)} you were in touch {_times(one.channels.contacts)},"
        f" with {reached} of {plural(one.customers, 'customer')}."
    )
    advice = [review_words.told(name, one, config).advice for name in TELLERS]
    suggestions = (each for each in chain.from_iterable(zip_longest(*advice)) if each)
    return Letter(
        one.period.first.year,
        one.period.last,
        one.period.last < today or (today.month, today.day) == (12, 31),
        touched,
        tuple(_well(one, config)),
        tuple(each for each in one.consistency.silences if each.end is None),
        tuple(islice(suggestions, _SUGGESTIONS)),
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _well(one: Review, config: Config) -> Iterator[str]:
    """What went well, a sentence each."""
    stayed, kept = one.retention.kept, one.consistency.promises_kept.part
    if stayed.part:
        yield f"{stayed.part} of the {plural(stayed.whole, 'customer')} of the beginning stayed."
    for title, moved in (("New", one.retention.new), ("Came back", one.retention.back)):
        if moved:
            yield f"{title}: {few([whom(each.customer) for each in moved])}."
    share = one.consistency.share
    if (share.rate or 0) >= _MOST:
        yield f"{share.part} of {plural(share.whole, 'follow-up')} came within the cadence ({share.percent})."
    if kept:
        yield f"{plural(kept, 'promise')} {'was' if kept == 1 else 'were'} kept by the day."
    if one.value.gave:
        yield f"You gave something {_times(one.value.gave)} and asked for something {_times(one.value.asked)}."
    yield from _came_of_it(one, config)


def _came_of_it(one: Review, config: Config) -> Iterator[str]:
    """Sales, people brought, and feedback that was answered."""
    revenue = sums((money for each in one.effort.customers for money in each.revenue), config.currency)
    if revenue:
        yield f"Sales brought {money_words(revenue)}."
    new = {each.path for each in one.referrals.new}
    for each in one.referrals.advocates:
        if brought := [whom(other) for other in each.brought if other.path in new]:
            yield f"{whom(each.customer)} brought {few(brought)}."
    if told := one.feedback.of("told"):
        yield f"{plural(len({each.customer.path for each in told}), 'customer')} heard what became of feedback."


def _neglect(one: Silence) -> str:
    if one.place:
        return f"no contact since {date_words(one.begin)}, {silent(one)}"
    return f"never contacted, for {silent(one)}"


def as_markdown(one: Letter) -> str:
    """The letter as Markdown, in which nothing of a customer's text is a mark."""
    parts = [f"# {one.title}", for_markdown(one.touched), "## What went well"]
    parts.append(
        "\n".join(f"- {for_markdown(each)}" for each in one.well) or "Nothing that the logs tell of."
    )
    parts.append("## Who was neglected")
    lines = [
        f"- **{for_markdown(whom(each.customer))}**: {_neglect(each)}" for each in one.neglected[:_NEGLECTED]
    ]
    more = len(one.neglected) - _NEGLECTED
    lines += [f"- and {more} more"] * (more > 0)
    parts.append("\n".join(lines) or "Nobody: every cadence is kept.")
    parts.append("## Suggestions")
    steps = (
        f"{number}. {for_markdown(each.text)}:\n\n       {each.command}"
        for number, each in enumerate(one.suggestions, 1)
    )
    parts.append("\n".join(steps) or "None. Go on like this.")
    return "\n\n".join(parts) + "\n"


def letter_object(one: Letter) -> dict[str, object]:
    """The letter as an object (the JSON of `review --year`; docs/json.md)."""
    return {
        "year": one.year,
        "to": one.last.isoformat(),
        "is_over": one.is_over,
        "touched": one.touched,
        "well": list(one.well),
        "neglected": [
            {
                "customer": each.customer.id,
                "name": each.customer.name,
                "path": each.customer.path,
                "since": each.begin.isoformat(),
                "days": each.days,
                "line": str(each.place) if each.place else None,
            }
            for each in one.neglected
        ],
        "suggestions": [{"text": each.text, "command": each.command} for each in one.suggestions],
    }
