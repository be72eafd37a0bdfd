"""A vault of any size, the same each time: `generate(folder, count)`."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TODAY = date(2026, 11, 23)
EVERY = 200  # one customer in so many has a certain rare word
FOLDERS = 100
_CONFIG = """\
start: 2021-01-04
timezone: Europe/Warsaw
tiers: {gold: {cadence: 3 weeks}, silver: {cadence: 6 weeks}, bronze: {cadence: 3 months}}
"""
_FIRST = "Anna Jan Łucja Zoë Οδυσσέας Світлана 太郎 İpek Noam Maja".split()  # noqa: SIM905
_LAST = "Kowalska Nowak Wójcik Schmidt Παπαδάκης Ткаченко 山田 Yılmaz Levi Lindqvist".split()  # noqa: SIM905
_CHANNELS = ("call", "email", "visit", "message (in)", "call (voicemail)", "call (no answer)", "sale", "card")
_ENGLISH = "frames wheels the shop in May gears a long talk about prices her brother the fair delivery"
_OTHERS = (
    "ramy koła sklep w maju przerzutki długa rozmowa o cenach jej brat targi dostawa jeszcze później",
    "Rahmen Räder der Laden im Mai Gänge ein langes Gespräch über Preise ihr Bruder die Messe größer",
    "σκελετοί τροχοί το μαγαζί τον Μάιο μια μακριά κουβέντα για τιμές ο αδελφός της η έκθεση",
    "рами колеса крамниця у травні довга розмова про ціни її брат ярмарок доставка потім",
    "车架 车轮 五月 商店 长谈 价格 她 兄弟 集市 送货",
    "שלדות גלגלים החנות במאי שיחה ארוכה על מחירים אחיה היריד משלוח",
)
_THINGS = (
    "unicycle tandem velodrome kickstand mudguard handlebar sidecar lantern wicker rickshaw pannier sprocket "
    "derailleur freewheel crankset bottlecage saddlebag puncture chainring freehub toolbox workbench catalogue "
    "brochure warranty invoice voucher discount raffle picnic regatta orchestra harvest vineyard lighthouse ferry "
    "windmill castle museum gallery bakery florist locksmith plumber carpenter upholsterer goldsmith beekeeper "
    "shepherd cartographer"
)
RARE = tuple(_THINGS.split())  # in no file, unless `generate` is asked for them


class _Words(NamedTuple):
    """What a language's files are made of: paragraphs, texts of follow-ups, and log entries without their day."""

    notes: list[str]
    tasks: list[str]
    entries: list[str]


def generate(folder: Path, count: int, rare: Sequence[str] = ()) -> None:
    """Write a vault of `count` customers, of 2 KB each on average; one in a hundred has about 20 KB.

    One in four is written in another language and script. Of the words in `rare`, each stands in one file in
    200, half of them in the notes and half in the log.
    """
    (folder / "ptcrm.yaml").write_text(_CONFIG, encoding="utf-8")
    place = str(folder / "customers")
    for number in range(min(count, FOLDERS)):
        os.makedirs(f"{place}/{number:02}", exist_ok=True)  # noqa: PTH103  # text is quicker than `Path` here
    for number, text in enumerate(customers(count, rare)):
        with open(f"{place}/{path_of(number)}", "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
            file.write(text)


def path_of(number: int) -> str:
    """The file of a customer, from the customers' folder."""
    return f"{number % FOLDERS:02}/{id_of(number)}.md"


def id_of(number: int) -> str:
    """The id of a customer."""
    return f"customer-{number}"


def rare_word(number: int, rare: Sequence[str]) -> str:
    """The word of `rare` that a customer's file has, else nothing."""
    steps, rest = divmod(number % EVERY, max(1, EVERY // max(1, len(rare))))
    return rare[steps] if not rest and steps < len(rare) else ""


def customers(count: int, rare: Sequence[str] = ()) -> Iterator[str]:
    """The text of each customer's file."""
    dice = random.Random(count)  # noqa: S311  # the same vault each time
    english, *others = [_words(dice, words.split()) for words in (_ENGLISH, *_OTHERS)]
    days = [str(TODAY - timedelta(days=ago)) for ago in range(1500)]
    for number in range(count):
        words = dice.choice(others) if dice.random() < 0.25 else english
        yield _customer(dice, number, count, words, days, rare_word(number, rare))


def _words(dice: random.Random, words: list[str]) -> _Words:
    """Texts to draw from: drawing each word of a large vault anew would take minutes."""

    def prose(length: int) -> str:
        return " ".join(dice.choices(words, k=length))

    entries = [f"{dice.choice(_CHANNELS)}: {prose(dice.randrange(3, 9))}" for _ in range(2000)]
    return _Words([prose(30) for _ in range(500)], [prose(5) for _ in range(500)], entries)


def _customer(  # noqa: PLR0913, PLR0917  # all of it differs from customer to customer
    dice: random.Random, number: int, count: int, words: _Words, days: list[str], rare: str
) -> str:
    entries = 380 if number % 100 == 50 else dice.randrange(4, 44)
    when = dice.choices(range(10, 1500), k=entries)
    if dice.random() < 0.9:  # most have been spoken to lately
        when.append(dice.randrange(1, 20))
    when.sort()
    log = [f"- {days[ago]} {text}" for ago, text in zip(when, dice.choices(words.entries, k=len(when)))]  # noqa: B905
    note = dice.choice(words.notes)
    if rare and number // EVERY % 2:
        log[-1] += f" {rare}"
    elif rare:
        note += f" {rare}"
    lines = [
        "---",
        f"name: {dice.choice(_FIRST)} {dice.choice(_LAST)} {number}",
        f"tier: {dice.choice(('gold', 'silver', 'bronze'))}",
        f'phones: ["+44 7700 900{number % 1000:03} ext. {number // 1000}"]',
        f"emails: [c{number}@shop.example]",
        f"birthday: {date(1940, 1, 1) + timedelta(days=dice.randrange(24000))}",
        "tags: [bike-shop, newsletter]",
        f"referred_by: '[[{id_of(dice.randrange(count))}]]'",
        "---",
        "",
        note,
        "",
        "## Follow-ups",
        "",
        f"- [ ] {TODAY + timedelta(days=dice.randrange(-3, 120))} call: {dice.choice(words.tasks)}",
        "",
        "## Log",
        "",
        *log,
        "",
    ]
    return "\n".join(lines)
