"""Which tier each customer has, and which one the configured rules suggest. Pure; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.customer import Customer
from ptcrm.query.fields import TEXTS
from ptcrm.query.nodes import Every, Query, Saved, Some, Term
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ptcrm.query.nodes import Facts, Value


class Rule(NamedTuple):
    """The rule of `tier`: its `when` as written, and as a query."""

    tier: str
    when: str
    query: Query


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The tier that the rules suggest for a customer (None: none of them fits).

    `when` is the rule that decides: the one that fits, or that of the customer's tier if it no longer does.
    `because` are the facts that make it fit, such as `revenue 5400`.
    """

    customer: Customer
    tier: str | None
    when: str | None = None
    because: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the customer's tier is not the one suggested, or the rule of that tier no longer fits."""
        return self.when is not None and self.tier != self.customer.tier


def suggestions(
    customers: Iterable[Customer], rules: Sequence[Rule], known: Callable[[Customer], Facts]
) -> list[Suggestion]:
    """What the rules, in order of rank, say of those who have not left and may be contacted; by name.

    `known` gives what a query may ask of a customer.
    """
    wanted = (one for one in customers if one.status != "former" and not one.do_not_contact)
    ordered = sorted(wanted, key=lambda one: (fold(one.name), one.path))
    return [_suggestion(one, rules, known(one)) for one in ordered]


def _suggestion(customer: Customer, rules: Sequence[Rule], facts: Facts) -> Suggestion:
    for rule in rules:
        if rule.query(facts):
            return Suggestion(
                customer, rule.tier, rule.when, tuple(dict.fromkeys(evidence(rule.query, facts)))
            )
    own = next((rule.when for rule in rules if rule.tier == customer.tier), None)
    return Suggestion(customer, None, own)


def evidence(query: Query, facts: Facts) -> Iterable[str]:
    """What makes a query fit that does: `revenue 5400`, `tag vip`. What somebody has not is left out."""
    if isinstance(query, Saved):
        yield from evidence(query.query, facts)
    elif isinstance(query, Term) and query.field in TEXTS:
        yield str(query)
    elif isinstance(query, Term):
        values = [
            value for value in facts(query.field) if any(choice.test(value) for choice in query.choices)
        ]
        if values:
            yield f"{query.field} {', '.join(map(_words, values))}"
    elif isinstance(query, (Every, Some)):
        for part in query.parts:
            if part(facts):
                yield from evidence(part, facts)


def _words(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
