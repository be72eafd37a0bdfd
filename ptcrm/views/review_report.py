"""A review as a report: sentences, pictures and the customers behind each figure, for a file and for a page."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ptcrm.formats.report import Report, Row, Section, Table
from ptcrm.model.dates import date_words
from ptcrm.text.words import plural
from ptcrm.views.pictures import pictures
from ptcrm.views.review_words import TELLERS, newest, told, whom

if TYPE_CHECKING:
    from ptcrm.model.config import Config
    from ptcrm.model.picture import Picture
    from ptcrm.reports.review.figures import Review
    from ptcrm.views.review_words import Group

_MOST_ROWS, _MOST_ADVICE = 8, 5
# How each figure is counted, in short (docs/review.md).
_DEFINITIONS = {
    "consistency": (
        "A follow-up is within the cadence if the wait before it was not longer; of a longer wait, each cadence that "
        "passed is a follow-up missed. A promise is an explicit follow-up; it is kept if it was done by its day."
    ),
    "retention": "Retention is (customers at the end − new) / customers at the start.",
    "value": "What gave the customer something, against what asked for something; an entry may do both.",
    "channels": "A contact is an entry by a channel that counts as one, or a ticked follow-up by such a channel.",
    "effort": "Cost and minutes are those of the entries, else those of their channel.",
    "referrals": "Who brought whom, by the links in referred_by, and what they have paid up to the last day.",
    "feedback": (
        "Feedback is open until its task is ticked, then closed, and told when the customer has heard what became of "
        "it. What is only noted has no task."
    ),
}


def report(found: Review, config: Config) -> Report:
    """The review, each figure with up to eight customers for each reason."""
    drawn = pictures(found)
    period = found.period
    return Report(
        "Is keeping in touch working?",
        f"{date_words(period.first)} to {date_words(period.last)}, {plural(found.customers, 'customer')}",
        tuple(_section(name, drawn[name], found, config) for name in TELLERS),
    )


def _section(name: str, drawn: tuple[Picture, ...], found: Review, config: Config) -> Section:
    one = told(name, found, config)
    return Section(
        name,
        one.title,
        one.sentences,
        _DEFINITIONS[name],
        tuple((each.text, each.command, each.customer) for each in islice(one.advice, _MOST_ADVICE)),
        drawn,
        tuple(_table(group, name) for group in one.groups),
    )


def _table(group: Group, name: str) -> Table:
    shown, more = group.first(_MOST_ROWS), group.beyond(_MOST_ROWS)
    rows = tuple(Row(one.customer.id, whom(one.customer), one.words, newest(one.places)) for one in shown)
    return Table(
        f"{group.title} ({len(group.members)})",
        rows,
        f"… and {more} more: ptcrm review {name}" if more else "",
    )
