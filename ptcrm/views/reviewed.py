"""A review as plain values (docs/json.md): an object for each figure, with the rows of the customers behind it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, get_args

from ptcrm.reports.review.feedback import LoopState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from ptcrm.model.customer import Customer, Money
    from ptcrm.reports.review.channels import Channels, Same
    from ptcrm.reports.review.consistency import Consistency, Promise, Regular, Silence
    from ptcrm.reports.review.effort import Effort, Efforts
    from ptcrm.reports.review.feedback import Feedback, Loop
    from ptcrm.reports.review.figures import Review
    from ptcrm.reports.review.giving import Balance, Giving
    from ptcrm.reports.review.referrals import Branch, Referrals
    from ptcrm.reports.review.retention import Came, Retention
    from ptcrm.reports.review.values import Period, Place, Share

Row = dict[str, object]
_DIGITS = 3


def review_object(one: Review) -> Row:
    """The whole review (the JSON of `review`)."""
    return {
        "period": period_object(one.period),
        "customers": one.customers,
        **{name: figure_object(name, one) for name in OBJECTS},
    }


def figure_object(name: str, one: Review) -> Row:
    """One figure of it (the JSON of `review NAME`)."""
    return OBJECTS[name](getattr(one, name))


def figure_rows(name: str, one: Review) -> list[Row]:
    """The rows of one figure, as CSV has them."""
    return ROWS[name](getattr(one, name))


def period_object(one: Period) -> Row:
    """`from` and `to` are both included."""
    return {"from": one.first.isoformat(), "to": one.last.isoformat(), "days": one.days}


def _who(one: Customer) -> Row:
    return {"customer": one.id, "name": one.name, "path": one.path}


def _rate(one: Share) -> float | None:
    return None if one.rate is None else round(one.rate, _DIGITS)


def _day(one: date | None) -> str | None:
    return one.isoformat() if one else None


def _money(amounts: Iterable[Money]) -> list[str]:
    return list(map(str, amounts))


def _places(places: Iterable[Place]) -> list[str]:
    return list(map(str, places))


# Consistency


def _consistency(one: Consistency) -> Row:
    promises = one.promises_kept
    return {
        **_within(one.share),
        "months": [{"tier": cell.tier, "month": cell.month, **_within(cell.share)} for cell in one.cells],
        "customers": ROWS["consistency"](one),
        "silences": [_silence(each) for each in one.silences],
        "promises": {
            "rate": _rate(promises),
            "kept": promises.part,
            "due": promises.whole,
            "follow_ups": [_promise(each) for each in one.promises],
        },
    }


def _within(one: Share) -> Row:
    return {"rate": _rate(one), "within": one.part, "due": one.whole}


def _regular(one: Regular) -> Row:
    return {
        **_who(one.customer),
        "tier": one.customer.tier,
        "cadence": str(one.cadence),
        **_within(one.share),
        "lines": _places(one.within),
    }


def _silence(one: Silence) -> Row:
    return {
        **_who(one.customer),
        "days": one.days,
        "from": one.begin.isoformat(),
        "to": _day(one.end),
        "lines": _places([one.place] if one.place else []),
    }


def _promise(one: Promise) -> Row:
    return {
        **_who(one.customer),
        "state": one.state,
        "due": one.due.isoformat(),
        "done": _day(one.done),
        "text": one.text,
        "line": one.place.line,
    }


# Retention


def _retention(one: Retention) -> Row:
    return {
        "rate": _rate(one.kept),
        "start": len(one.start),
        "new": len(one.new),
        "left": len(one.left),
        "end": len(one.end),
        "back": len(one.back),
        "brief": len(one.brief),
        "customers": _moves(one),
        "reasons": [
            {"reason": each.reason or None, "customers": [came.customer.id for came in each.customers]}
            for each in one.reasons
        ],
        "cohorts": [
            {
                "year": each.year,
                "customers": len(each.customers),
                "kept": [
                    {"year": year, "customers": share.part, "rate": _rate(share)} for year, share in each.kept
                ],
            }
            for each in one.cohorts
        ],
        "repeat": {
            "rate": _rate(one.repeat),
            "again": one.repeat.part,
            "buyers": one.repeat.whole,
            "customers": [
                {**_who(each.customer), "again": each.is_repeat, "lines": _places(each.places)}
                for each in one.buyers
            ],
        },
    }


def _moves(one: Retention) -> list[Row]:
    """Everybody who came, left or came back, and those whose file leaves it open."""
    states = ("new", "left", "back", "brief", "unclear")
    moved = [_move(state, each) for state in states for each in getattr(one, state)]
    undated = [
        {**_who(each), "state": "undated", "day": None, "reason": None, "line": 1} for each in one.undated
    ]
    return [*moved, *undated]


def _move(state: str, one: Came) -> Row:
    reason = one.customer.left_reason if state in ("left", "brief") else None
    return {
        **_who(one.customer),
        "state": state,
        "day": one.day.isoformat(),
        "reason": reason,
        "line": one.place.line,
    }


# Value, channels


def _value(one: Giving) -> Row:
    return {"gave": one.gave, "asked": one.asked, "customers": ROWS["value"](one)}


def _balance(one: Balance) -> Row:
    return {
        **_who(one.customer),
        "gave": len(one.gave),
        "asked": len(one.asked),
        "give_first": one.is_due,
        "lines_gave": _places(one.gave),
        "lines_asked": _places(one.asked),
    }


def _channels(one: Channels) -> Row:
    return {
        "contacts": one.contacts,
        "channels": [
            {
                "channel": each.channel,
                "contacts": each.contacts,
                "rate": round(each.contacts / one.contacts, _DIGITS),
                "came_in": each.came_in,
                "customers": each.customers,
            }
            for each in one.channels
        ],
        "customers": ROWS["channels"](one),
    }


def _same(one: Same) -> Row:
    return {**_who(one.customer), "channel": one.channel, "lines": _places(one.places)}


# Effort, referrals, feedback


def _effort(one: Efforts) -> Row:
    return {
        "given": [
            {
                "channel": each.channel,
                "times": len(each.places),
                "cost": _money(each.cost),
                "minutes": each.minutes,
                "lines": _places(each.places),
            }
            for each in one.given
        ],
        "tiers": [
            {
                "tier": each.tier,
                "customers": each.customers,
                "planned": each.planned,
                "made": each.made,
                "budget": _money(each.budget),
                "cost": _money(each.cost),
                "minutes": each.minutes,
            }
            for each in one.tiers
        ],
        "customers": _efforts(one),
    }


def _efforts(one: Efforts) -> list[Row]:
    verdicts = {each.customer.path: "little return" for each in one.little_return}
    verdicts |= {each.customer.path: "little work" for each in one.little_work}
    return [_effort_row(each, verdicts.get(each.customer.path)) for each in one.customers]


def _effort_row(one: Effort, verdict: str | None) -> Row:
    return {
        **_who(one.customer),
        "contacts": len(one.contacts),
        "minutes": one.minutes,
        "cost": _money(one.cost),
        "revenue": _money(one.revenue),
        "brought": [each.id for each in one.brought],
        "referrals": len(one.referrals),
        "verdict": verdict,
        "lines": _places([*one.contacts, *one.sales, *one.referrals]),
    }


def _referrals(one: Referrals) -> Row:
    return {
        "customers": ROWS["referrals"](one),
        "advocates": [
            {
                **_who(each.customer),
                "brought": [other.id for other in each.brought],
                "below": _money(each.below),
                "lines": _places(each.entries),
            }
            for each in one.advocates
        ],
        "new": [each.id for each in one.new],
    }


def _branch(one: Branch) -> Row:
    return {
        **_who(one.customer),
        "depth": one.depth,
        "brought": one.brought,
        "people": one.people,
        "revenue": _money(one.revenue),
        "below": _money(one.below),
        "line": one.place.line if one.place else None,
    }


def _feedback(one: Feedback) -> Row:
    states = Counter(each.state for each in one.loops)
    return {**{state: states[state] for state in get_args(LoopState)}, "customers": ROWS["feedback"](one)}


def _loop(one: Loop) -> Row:
    return {
        **_who(one.customer),
        "state": one.state,
        "came": one.came.isoformat(),
        "due": _day(one.due),
        "done": _day(one.done),
        "told": _day(one.told),
        "text": one.text,
        "line": one.place.line,
    }


# The figures by name, in the order in which they are told.
OBJECTS: Mapping[str, Callable[..., Row]] = {
    "consistency": _consistency,
    "retention": _retention,
    "value": _value,
    "channels": _channels,
    "effort": _effort,
    "referrals": _referrals,
    "feedback": _feedback,
}
ROWS: Mapping[str, Callable[..., list[Row]]] = {
    "consistency": lambda one: [*map(_regular, one.customers)],
    "retention": _moves,
    "value": lambda one: [*map(_balance, one.customers)],
    "channels": lambda one: [*map(_same, one.same)],
    "effort": _efforts,
    "referrals": lambda one: [*map(_branch, one.tree)],
    "feedback": lambda one: [*map(_loop, one.loops)],
}
