"""Single values from their words: truths, numbers, money, time zones (FORMAT §2.2)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from ptcrm.model.customer import Money
from ptcrm.model.diagnostic import Problem, rewrite
from ptcrm.model.shape import NO, YES

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "zł": "PLN"}
_MONEY = re.compile(
    r"(?P<before>[€£$]?) *(?P<amount>-?[0-9][0-9 \u00a0\u202f]*(?:\.[0-9]+)?) *(?P<code>[A-Za-z]{3}|€|£|\$|zł)?"
)
WEB_FORM = r"[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#][^\s]*|[Mm][Aa][Ii][Ll][Tt][Oo]:[^\s@]+@[^\s@]+"
MONEY_FORM = re.sub(r"\?P<[a-z]+>", "?:", _MONEY.pattern)  # for editors, whose patterns have no names


def parse_flag(words: str) -> bool | Problem:
    """`true` or `false`, and the other words YAML 1.1 has for them."""
    if words.lower() in YES + NO:
        return words.lower() in YES
    return Problem("PT105", f"“{words}” is neither true nor false", "Write true or false.")


def parse_web(words: str) -> str | Problem:
    """An address that a browser or a mail program opens: `https://…`, `http://…` or `mailto:…`."""
    if re.fullmatch(WEB_FORM, words):
        return words
    bare = re.fullmatch(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?:[/?#]\S*)?", words)
    hint = f"Write https://{words}" if bare else "Write https://…, or mailto: and an e-mail address."
    return Problem("PT105", f"“{words}” is no address of a web page", hint)


def parse_whole(words: str) -> int | Problem:
    """A whole number, not negative, of at most nine digits."""
    if re.fullmatch("[0-9]{1,9}", words):
        return int(words)
    return Problem("PT105", f"“{words}” is no whole number", "Write a number such as 10.")


def parse_money(words: str, currency: str) -> Money | Problem:
    """`NUMBER [CODE]` (FORMAT §2.2 "Money"); without a code the amount is in `currency`."""
    found = _MONEY.fullmatch(words.strip())
    if not found:
        return Problem("PT106", f"“{words}” is no amount of money", "Write for example 5400.50 EUR.")
    code = found["code"] or found["before"] or currency
    amount = re.sub(r"\s", "", found["amount"])
    return Money(Decimal(amount), _SIGNS.get(code, code.upper()))


def parse_price(words: str) -> Money | Problem:
    """An amount of money that is not below nothing; without a code it is in EUR."""
    money = parse_money(words, "EUR")
    if isinstance(money, Problem) or money.amount >= 0:
        return money
    return Problem("PT502", f"“{words}” is below nothing", "Write an amount without the minus.")


def sums(amounts: Iterable[Money], currency: str) -> tuple[Money, ...]:
    """The sum of each currency, `currency` first and then by code; currencies are never added together."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in amounts:
        found[one.currency] += one.amount
    order = sorted(found, key=lambda code: (code != currency, code))
    return tuple(Money(found[code], code) for code in order)


def parse_zone(words: str) -> str | Problem:
    """The name of a time zone of the IANA database."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(words)
    except (ValueError, OSError, LookupError):
        near = _zones().get(words.casefold().replace(" ", "_"))
        fix = rewrite(words, near) if near else None
        return Problem("PT109", f"“{words}” is no time zone", "Write a name such as Europe/Warsaw.", fix)
    return words


@cache
def _zones() -> dict[str, str]:
    """The time zones by name and by city, casefolded; of two with one city neither by that."""
    from zoneinfo import available_timezones

    names = sorted(available_timezones())
    cities = [name.rpartition("/")[2].casefold() for name in names]
    counts = Counter(cities)
    by_city = {city: name for city, name in zip(cities, names, strict=True) if counts[city] == 1}
    return by_city | {name.casefold(): name for name in names}
