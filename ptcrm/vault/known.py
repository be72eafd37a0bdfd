"""What a query may ask of customers, from the rows; nothing is read that it does not ask for."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from ptcrm.model.customer import Customer, Money
from ptcrm.model.values import parse_money, sums
from ptcrm.query.fields import LINK, Forecast, Key, Story, facts_of, targets, words_of
from ptcrm.vault.facts import link_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from ptcrm.query.nodes import Facts
    from ptcrm.vault.index import Index

_LINKED = frozenset({"company", "referred_by", LINK})
_LOGGED = frozenset({"log", "log.count"})
_NO_TEXTS = ("", "")


def known(  # noqa: PLR0913  # one for each place that facts come from
    index: Index,
    fields: frozenset[str],
    customers: Iterable[Customer],
    forecasts: Mapping[str, Forecast],
    *,
    currency: str,
    today: date,
    texts: Mapping[str, tuple[str, str]] | None = None,
) -> Callable[[Customer], Facts]:
    """From a customer to what may be asked of her, if no fields but these are; one question to the rows for each kind.

    `forecasts` has what the plan says, `texts` notes and log, by path. `revenue` is what all sales up to today have
    brought in `currency`.
    """
    last = _last_days(index, customers, today) if "last" in fields else {}
    revenue = _revenues(index, currency, today) if "revenue" in fields else {}
    channels = _channels(index) if fields & _LOGGED else {}
    linked = _Links(index, customers, with_all=LINK in fields) if fields & _LINKED else None

    def facts(one: Customer) -> Facts:
        path = one.path
        notes, log = texts.get(path, _NO_TEXTS) if texts else _NO_TEXTS
        story = Story(last.get(path), revenue.get(path, Decimal(0)), channels.get(path, {}), notes, log)
        names = partial(linked.names, path) if linked else targets
        return facts_of(one, story, forecasts.get(path), names)

    return facts


class _Links:
    """Whom the links of these customers lead to; those in the text only `with_all`."""

    def __init__(self, index: Index, customers: Iterable[Customer], *, with_all: bool) -> None:
        keys = {
            link_key(target, one.path) for one in customers for target in _targets(one, with_all=with_all)
        }
        self.led_to = index.led_to(keys)
        meant = {*self.led_to.values()}
        self.reached_by = {path: tuple(map(Key, keys)) for path, keys in index.keys_of(meant).items()}
        self.called = {one.path: (one.id, one.name, *one.aliases) for one in index.cache.customers_at(meant)}

    def names(self, path: str, target: str) -> tuple[str, ...]:
        """All that the customer is called to whom `target` leads in the file at `path`; none if that is her own."""
        key = link_key(target, path)
        meant = self.led_to.get(key, "")
        if meant == path:
            return ()
        reached_by = self.reached_by.get(meant, (Key(key),))
        return tuple(dict.fromkeys((*reached_by, *words_of(target), *self.called.get(meant, ()))))


def _targets(one: Customer, *, with_all: bool) -> Iterator[str]:
    yield from filter(None, (one.company, one.referred_by))
    if with_all:
        yield from (link.target for link in one.links)


def _last_days(index: Index, customers: Iterable[Customer], today: date) -> dict[str, date]:
    """The day of the last contact by path; those who are not to be contacted have one too, though it is owed nothing."""
    standings = index.cache.standings(one.path for one in customers)
    found = {path: one.last.date for path, one in standings.items() if one.last}
    silent = [one.path for one in customers if one.do_not_contact]
    for path, touches in index.touches_of(silent).items() if silent else ():
        days = [touch.date for touch in touches if touch.contact and touch.date <= today]
        if days:
            found[path] = max(days)
    return found


def _revenues(index: Index, currency: str, today: date) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for path, amount in index.sold(today):
        money = parse_money(amount, currency)
        if isinstance(money, Money) and money.currency == currency:
            found[path] += money.amount
    return found


def uncounted(index: Index, currency: str, today: date) -> dict[str, tuple[Money, ...]]:
    """What sales up to today have brought in other currencies, which is not in `revenue`; by path."""
    found: dict[str, list[Money]] = defaultdict(list)
    for path, amount in index.sold(today):
        money = parse_money(amount, currency)
        if isinstance(money, Money) and money.currency != currency:
            found[path].append(money)
    return {path: sums(amounts, currency) for path, amounts in found.items()}


def _channels(index: Index) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for path, channel, count in index.channel_counts():
        found.setdefault(path, {})[channel] = count
    return found
