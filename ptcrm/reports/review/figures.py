"""All figures of one period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptcrm.reports.review.channels import Channels
    from ptcrm.reports.review.consistency import Consistency
    from ptcrm.reports.review.effort import Efforts
    from ptcrm.reports.review.feedback import Feedback
    from ptcrm.reports.review.giving import Giving
    from ptcrm.reports.review.referrals import Referrals
    from ptcrm.reports.review.retention import Retention
    from ptcrm.reports.review.values import Period


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
