"""All figures of one period."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ptcrm.reports.review.channels import Channels, channels
from ptcrm.reports.review.consistency import Consistency, consistency
from ptcrm.reports.review.effort import Efforts, efforts
from ptcrm.reports.review.feedback import Feedback, feedback
from ptcrm.reports.review.giving import Giving, giving
from ptcrm.reports.review.referrals import Referrals, referrals
from ptcrm.reports.review.retention import Retention, retention

if TYPE_CHECKING:
    from ptcrm.reports.review.book import Book
    from ptcrm.reports.review.values import Period


class Review:
    """Every figure of a period, about the same customers. Each is worked out when it is asked for first."""

    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def period(self) -> Period:
        """The days that are looked at."""
        return self._book.period

    @property
    def customers(self) -> int:
        """How many customers are meant."""
        return len(self._book.customers)

    @cached_property
    def consistency(self) -> Consistency:
        """Follow-ups within the cadence, silences, promises."""
        return consistency(self._book)

    @cached_property
    def retention(self) -> Retention:
        """Who stayed, left and came back."""
        return retention(self._book)

    @cached_property
    def value(self) -> Giving:
        """What gave something, against what asked for something."""
        return giving(self._book)

    @cached_property
    def channels(self) -> Channels:
        """Contacts by channel."""
        return channels(self._book)

    @cached_property
    def effort(self) -> Efforts:
        """What contacts took, and what came of it."""
        return efforts(self._book)

    @cached_property
    def referrals(self) -> Referrals:
        """Who brought whom."""
        return referrals(self._book)

    @cached_property
    def feedback(self) -> Feedback:
        """How far feedback got."""
        return feedback(self._book)
