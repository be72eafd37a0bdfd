"""Former customers by why they left, and what has changed since for whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.model.config import Improvement
from ptcrm.model.customer import Customer
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed, and those former customers whom it concerns, the most recently left first."""

    what: Improvement
    customers: tuple[Customer, ...]

    def __str__(self) -> str:
        return f"{self.what.text or self.what.fixes} (since {self.what.date})"


@dataclass(frozen=True, slots=True)
class Group:
    """Former customers who left for one reason (empty: none is noted), the most recently left first."""

    reason: str
    customers: tuple[Customer, ...]
    changes: tuple[Change, ...] = ()

    def changes_for(self, customer: Customer) -> list[str]:
        """The changes that concern this one of them, in words."""
        return [str(change) for change in self.changes if customer in change.customers]


def winback(customers: Iterable[Customer], changes: Iterable[Improvement], today: date) -> list[Group]:
    """The former customers who may be contacted, by the reason why they left.

    First the reasons that something has changed about for anybody, then the others, each by name; last of all
    those of whom no reason is noted.
    """
    left: dict[str, list[Customer]] = {}
    for one in sorted(customers, key=_newest_first):
        if one.status == "former" and not one.do_not_contact:
            left.setdefault(fold(one.left_reason or ""), []).append(one)
    known = list(changes)
    groups = [
        Group(members[0].left_reason or "", tuple(members), tuple(_changes(members, known, today)))
        for members in left.values()
    ]
    return sorted(groups, key=lambda group: (not group.reason, not group.changes, fold(group.reason)))


def concerns(change: Improvement, customer: Customer, today: date) -> bool:
    """Whether the customer left for what has changed, and before it changed."""
    return (
        change.date is not None
        and change.date <= today
        and customer.left is not None
        and customer.left < change.date
        and bool(change.fixes)
        and fold(change.fixes) == fold(customer.left_reason or "")
    )


def _changes(members: list[Customer], changes: list[Improvement], today: date) -> Iterable[Change]:
    for change in changes:
        concerned = tuple(one for one in members if concerns(change, one, today))
        if concerned:
            yield Change(change, concerned)


def _newest_first(one: Customer) -> tuple[int, str, str]:
    """By the day they left, the newest first and those without a day last, then by name."""
    return (-one.left.toordinal() if one.left else 0, fold(one.name), one.path)
