"""What a query may ask of customers, from the rows; nothing is read that it does not ask for."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from ptcrm.model.customer import Customer, Money
from ptcrm.model.reading import parse_money
from ptcrm.query.fields import Forecast, Story, facts_of, targets
from ptcrm.vault.index import Index, link_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from ptcrm.query.nodes import Facts

_LINKED = frozenset({"company", "referred_by"})
_LOGGED = frozenset({"log", "log.count"})


def known(  # noqa: PLR0913  # one for each place that facts come from
    index: Index,
    fields: frozenset[str],
    customers: Iterable[Customer],
    forecasts: Mapping[str, Forecast],
    *,
    currency: str,
    today: date,
) -> Callable[[Customer], Facts]:
    """From a customer to what may be asked of her, if no fields but these are; one question to the rows for each kind.

    `forecasts` has what the plan says, by path. `revenue` is what all sales up to today have brought in `currency`.
    """
    last = _last_days(index) if "last" in fields else {}
    revenue = _revenues(index, currency, today) if "revenue" in fields else {}
    channels = _channels(index) if fields & _LOGGED else {}
    called = {one.path: (one.id, one.name, *one.aliases) for one in customers} if fields & _LINKED else {}

    def names(path: str, target: str) -> tuple[str, ...]:
        meant = index.resolve(link_key(target, path))
        return (*targets(target), *called.get(meant or "", ()))

    def facts(one: Customer) -> Facts:
        path = one.path
        story = Story(last.get(path), revenue.get(path, Decimal(0)), channels.get(path, {}))
        return facts_of(one, story, forecasts.get(path), partial(names, path) if called else targets)

    return facts


def _last_days(index: Index) -> dict[str, date]:
    return {path: one.last.date for path, one in index.cache.standings().items() if one.last}


def _revenues(index: Index, currency: str, today: date) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for path, amount in index.sold(today):
        money = parse_money(amount, currency)
        if isinstance(money, Money) and money.currency == currency:
            sums[path] += money.amount
    return sums


def _channels(index: Index) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for path, channel, count in index.channel_counts():
        found.setdefault(path, {})[channel] = count
    return found
