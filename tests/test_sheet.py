"""A week and a month of the agenda, as whole weeks."""

from __future__ import annotations

from datetime import date

import pytest

from ptcrm.views.days import agenda, load
from ptcrm.views.sheet import month_sheet, week_sheet
from tests.conftest import SAMPLE, OpenVault

TODAY = date(2026, 11, 23)


def test_a_week_begins_on_monday(open_vault: OpenVault) -> None:
    sheet = week_sheet(open_vault(SAMPLE, TODAY, None), date(2026, 12, 2))
    assert (sheet.first, sheet.last) == (date(2026, 11, 30), date(2026, 12, 6))
    assert [day.date.weekday() for (*days,) in sheet.weeks for day in days] == list(range(7))
    assert (sheet.before, sheet.after) == (date(2026, 11, 29), date(2026, 12, 7))


def test_a_month_is_whole_weeks(open_vault: OpenVault) -> None:
    sheet = month_sheet(open_vault(SAMPLE, TODAY, None), date(2026, 12, 31))
    days = [day for week in sheet.weeks for day in week]
    assert [len(week) for week in sheet.weeks] == [7] * 5
    assert (days[0].date, days[-1].date) == (date(2026, 11, 30), date(2027, 1, 3))
    assert [day.date.month == 12 for day in days] == [day.within for day in days]


def test_it_shows_what_the_agenda_and_the_plan_show(open_vault: OpenVault) -> None:
    vault = open_vault(SAMPLE, TODAY, None)
    days = [day for week in month_sheet(vault, TODAY).weeks for day in week]
    until = days[-1].date
    assert [day.agenda for day in days if day.date >= TODAY] == agenda(vault, until).days
    assert [day.load for day in days if day.date >= TODAY] == load(vault, until).days
    assert days[0].date == TODAY  # the weeks before are left out
    assert any(day.agenda.occurrences for day in days if day.agenda)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(2026, 11, 22), date(9999, 12, 31)])
def test_a_day_that_cannot_be_seen_is_the_nearest_one(day: date, open_vault: OpenVault) -> None:
    sheet = week_sheet(open_vault(SAMPLE, TODAY, None), day)
    assert sheet.last >= TODAY
    assert sheet.first <= date(2036, 11, 23)
    assert (sheet.before is None) == (day < TODAY)
    assert (sheet.after is None) == (day > TODAY)
