"""All figures of one period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.reports.review.channels import Channels, channels
from ptcrm.reports.review.consistency import Consistency, consistency
from ptcrm.reports.review.effort import Efforts, efforts
from ptcrm.reports.review.feedback import Feedback, feedback
from ptcrm.reports.review.giving import Giving, giving
from ptcrm.reports.review.referrals import Referrals, referrals
from ptcrm.reports.review.retention import Retention, retention
from ptcrm.reports.review.values import Period

if TYPE_CHECKING:
    from ptcrm.reports.review.book import Book


@dataclass(frozen=True, slots=True)
class Review:
    """Every figure of a period, about the same customers."""

    period: Period
    customers: int
    consistency: Consistency
    retention: Retention
    value: Giving
    channels: Channels
    effort: Efforts
    referrals: Referrals
    feedback: Feedback


def review(book: Book) -> Review:
    """Every figure of the book's period."""
    return Review(
        book.period,
        len(book.customers),
        consistency(book),
        retention(book),
        giving(book),
        channels(book),
        efforts(book),
        referrals(book),
        feedback(book),
    )
