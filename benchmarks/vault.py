"""A vault of any size, the same each time: `generate(folder, count)`."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 23)
_CONFIG = """\
start: 2021-01-04
timezone: Europe/Warsaw
tiers: {gold: {cadence: 3 weeks}, silver: {cadence: 6 weeks}, bronze: {cadence: 3 months}}
"""
_FIRST = "Anna Jan Łucja Zoë Οδυσσέας Світлана 太郎 İpek Noam Maja".split()  # noqa: SIM905
_LAST = "Kowalska Nowak Wójcik Schmidt Παπαδάκης Ткаченко 山田 Yılmaz Levi Lindqvist".split()  # noqa: SIM905
_WORDS = "frames wheels the shop in May gears a long talk about prices her brother the fair delivery".split()  # noqa: SIM905
_CHANNELS = ("call", "email", "visit", "message (in)", "call (voicemail)", "call (no answer)", "sale", "card")


def generate(folder: Path, count: int) -> None:
    """Write a vault of `count` customers: most files about 1 to 3 KB, one in a hundred about 20 KB."""
    dice = random.Random(count)  # noqa: S311  # the same vault each time
    (folder / "ptcrm.yaml").write_text(_CONFIG, encoding="utf-8")
    for number in range(count):
        path = folder / "customers" / f"{number % 100:02}" / f"customer-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_customer(dice, number, count), encoding="utf-8")


def _customer(dice: random.Random, number: int, count: int) -> str:
    born = date(1940, 1, 1) + timedelta(days=dice.randrange(24000))
    entries = 400 if number % 100 == 0 else dice.randrange(5, 50)
    days = sorted((TODAY - timedelta(days=dice.randrange(10, 1500)) for _ in range(entries)), reverse=True)
    if dice.random() < 0.9:  # most have been spoken to lately
        days = [TODAY - timedelta(days=dice.randrange(1, 20)), *days]
    lines = [
        "---",
        f"name: {dice.choice(_FIRST)} {dice.choice(_LAST)} {number}",
        f"tier: {dice.choice(('gold', 'silver', 'bronze'))}",
        f'phones: ["+44 7700 900{number % 1000:03} ext. {number // 1000}"]',
        f"emails: [c{number}@shop.example]",
        f"birthday: {born}",
        "tags: [bike-shop, newsletter]",
        f"referred_by: '[[customer-{dice.randrange(count)}]]'",
        "---",
        "",
        _prose(dice, 30),
        "",
        "## Follow-ups",
        "",
        f"- [ ] {TODAY + timedelta(days=dice.randrange(-3, 120))} call: {_prose(dice, 5)}",
        "",
        "## Log",
        "",
        *(f"- {day} {dice.choice(_CHANNELS)}: {_prose(dice, 6)}" for day in days),
        "",
    ]
    return "\n".join(lines)


def _prose(dice: random.Random, words: int) -> str:
    return " ".join(dice.choices(_WORDS, k=words))
