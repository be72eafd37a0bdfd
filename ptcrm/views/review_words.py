"""A review in sentences: what each figure means, whom it is about and where that stands, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.model.dates import Interval, lasting
from ptcrm.reports.budget import words as money_words
from ptcrm.reports.review.values import Place
from ptcrm.text.words import few, plural
from ptcrm.views.today import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer, Money
    from ptcrm.reports.review.channels import Channels, Same
    from ptcrm.reports.review.consistency import Consistency, Promise, Regular, Silence
    from ptcrm.reports.review.effort import Effort, Efforts
    from ptcrm.reports.review.feedback import Feedback, Loop
    from ptcrm.reports.review.figures import Review
    from ptcrm.reports.review.giving import Balance, Giving
    from ptcrm.reports.review.referrals import Advocate, Branch, Referrals
    from ptcrm.reports.review.retention import Buyer, Came, Retention
    from ptcrm.reports.review.values import Share

_NEWEST = 2  # lines of files that are named
_OFTEN_MISSED = 3  # follow-ups, of which fewer than half were made


class Advice(NamedTuple):
    """What to do, in words, and the command that does it or prepares it. `customer` is the id of whom it is about."""

    text: str
    command: str
    customer: str = ""


class Line(NamedTuple):
    """A customer behind a figure, what is to be said, and the lines of files that say it."""

    customer: Customer
    words: str
    places: Sequence[Place] = ()


class Group(NamedTuple):
    """What is behind a figure for one reason, which is the `title`; `line` says it of each."""

    title: str
    members: Sequence[Any]
    line: Callable[[Any], Line]

    def first(self, most: int) -> list[Line]:
        """The lines of the first of them, at most so many."""
        return [self.line(each) for each in self.members[:most]]

    def beyond(self, most: int) -> int:
        """How many there are behind those."""
        return max(len(self.members) - most, 0)


class Told(NamedTuple):
    """One figure in sentences, the groups behind it (none is empty), and what to do, the most urgent first.

    `advice` can be gone through once; it is made on the way.
    """

    title: str
    sentences: tuple[str, ...]
    groups: tuple[Group, ...]
    advice: Iterator[Advice]


def told(name: str, one: Review, config: Config) -> Told:
    """The figure `name` of a review (a key of `TELLERS`) in words."""
    title, teller = TELLERS[name]
    sentences, groups, advice = teller(getattr(one, name), config)
    return Told(
        title, tuple(filter(None, sentences)), tuple(each for each in groups if each.members), iter(advice)
    )


Parts = tuple[list[str], list[Group], Iterable[Advice]]


def whom(one: Customer) -> str:
    """The customer as answers name one."""
    return named(one.name, one.id)


def _advice(text: str, verb: str, one: Customer, *words: str) -> Advice:
    """What to do about a customer; the command is `ptcrm VERB WHO WORDS` as a shell reads it."""
    return Advice(text, shlex.join(["ptcrm", verb, one.id, *words]), one.id)


def _of(share: Share, what: str) -> str:
    """`12 of 30 follow-ups (40 %)`."""
    return f"{share.part} of {plural(share.whole, what)} ({share.percent})"


def _are(count: int) -> str:
    return f"{count} {_be(count)}"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


# Consistency


def _consistency(one: Consistency, _: Config) -> Parts:
    if not (one.share.whole or one.promises):
        return ["No cadence asked for a contact in this time, and no follow-up was due."], [], []
    open_ = [each for each in one.promises if each.state == "open"]
    late = [each for each in one.promises if each.state == "late"]
    kept, longest = one.promises_kept, one.silences[:1]
    sentences = [
        f"{_of(one.share, 'follow-up')} came within the cadence." if one.share.whole else "",
        f"{_of(kept, 'promise')} {'was' if kept.part == 1 else 'were'} kept by the day;"
        f" {len(late)} late, {len(open_)} still open."
        if kept.whole
        else "",
        *(f"The longest silence: {whom(each.customer)}, {_silent(each)}." for each in longest),
    ]
    groups = [
        Group("Longest silences", one.silences, _silence_line),
        Group("Promises still open", open_, _promise_line),
        Group("Promises kept late", late, _promise_line),
        Group("Follow-ups within the cadence", one.customers, _regular_line),
    ]
    return sentences, groups, chain(_overdue(one), _promised(one), _too_often(one))


def silent(one: Silence) -> str:
    """How long a silence has lasted: `35 days`, `5 years and 10 months`."""
    return lasting(one.begin, one.begin + timedelta(days=one.days))


def _silent(one: Silence) -> str:
    return f"{silent(one)} from {one.begin}{f' to {one.end}' if one.end else ', and it goes on'}"


def _silence_line(one: Silence) -> Line:
    return Line(one.customer, _silent(one), (one.place,) if one.place else ())


def _promise_line(one: Promise) -> Line:
    done = f", done {one.done}" if one.done else ""
    return Line(one.customer, f"due {one.due}{done}: {one.text}", (one.place,))


def _regular_line(one: Regular) -> Line:
    return Line(one.customer, f"{_of(one.share, 'follow-up')}, {one.cadence}", one.within)


def _overdue(one: Consistency) -> Iterator[Advice]:
    for each in one.silences:
        if each.end is None:
            text = f"Get in touch with {whom(each.customer)}, after {silent(each)} of silence"
            yield _advice(text, "brief", each.customer)


def _promised(one: Consistency) -> Iterator[Advice]:
    for each in one.promises:
        if each.state == "open":
            text = f"Keep what you promised {whom(each.customer)} for {each.due} ({each.text}), then"
            yield _advice(text, "done", each.customer, _number(each))


def _too_often(one: Consistency) -> Iterator[Advice]:
    """Twice the cadence for those with whom half of the follow-ups were missed."""
    for each in one.customers:
        if each.missed >= _OFTEN_MISSED and each.missed > len(each.within):
            longer = Interval(each.cadence.days * 2, each.cadence.months * 2)
            text = f"If {each.cadence} is too often for {whom(each.customer)}"
            yield _advice(text, "set", each.customer, "cadence", *str(longer).split())


# Retention


def _retention(one: Retention, _: Config) -> Parts:
    reasons = [f"{each.reason or 'no reason noted'} ({len(each.customers)})" for each in one.reasons]
    if one.start:
        first = (
            f"Of {plural(len(one.start), 'customer')} at the start {one.kept.part} stayed ({one.kept.percent}):"
            f" {len(one.left)} left, {_are(len(one.new))} new, {len(one.end)} at the end."
        )
    else:
        first = f"There were no customers at the start; {_are(len(one.new))} new, {len(one.end)} at the end."
    sentences = [
        first,
        f"Reasons for leaving: {', '.join(reasons)}." if reasons else "",
        f"{plural(len(one.back), 'customer')} came back." if one.back else "",
        f"{_of(one.repeat, 'buyer')} had bought before." if one.buyers else "Nobody bought anything.",
    ]
    groups = [
        Group("Left", one.left, _left_line),
        Group("Came and left", one.brief, _left_line),
        Group("Came back", one.back, _came_line),
        Group("New", one.new, _came_line),
        Group("Bought after they had left", one.unclear, _came_line),
        Group("No day is known", one.undated, _undated_line),
        Group("Bought", one.buyers, _buyer_line),
    ]
    return sentences, groups, _retaining(one)


def _retaining(one: Retention) -> Iterator[Advice]:
    for each in one.unclear:
        text = f"If {whom(each.customer)}, who bought on {each.day} after leaving, is a customer again"
        yield _advice(text, "set", each.customer, "status", "active")
    if one.left or one.brief:
        yield Advice("See what has changed for those who left", "ptcrm winback")
    for undated in one.undated:
        text = f"Note in the file of {whom(undated)} since when, or the day of leaving"
        yield _advice(text, "edit", undated)


def _came_line(one: Came) -> Line:
    return Line(one.customer, str(one.day), (one.place,))


def _left_line(one: Came) -> Line:
    return Line(one.customer, f"{one.day}, {one.customer.left_reason or 'no reason noted'}", (one.place,))


def _undated_line(one: Customer) -> Line:
    return Line(one, one.status, (Place(one.path, 1),))


def _buyer_line(one: Buyer) -> Line:
    return Line(one.customer, "again" if one.is_repeat else "for the first time", one.places)


# Value against pitch, channels


def _value(one: Giving, _: Config) -> Parts:
    warned = one.warnings
    if not one.customers:
        return ["No entry says that it gave something (value) or asked for something (pitch)."], [], []
    sentences = [
        f"{one.gave} {'entry' if one.gave == 1 else 'entries'} gave something, {one.asked} asked for something.",
        f"{plural(len(warned), 'customer')} {_be(len(warned))} to be given something before the next pitch."
        if warned
        else "",
    ]
    groups = [
        Group("Give first", warned, lambda each: Line(each.customer, _balance(each), each.asked)),
        Group(
            "Given and asked",
            one.customers,
            lambda each: Line(each.customer, _balance(each), (*each.gave, *each.asked)),
        ),
    ]
    advice = (
        _advice(f"Give {whom(each.customer)} something before the next pitch", "brief", each.customer)
        for each in warned
    )
    return sentences, groups, advice


def _balance(one: Balance) -> str:
    return f"{len(one.gave)} given, {len(one.asked)} asked"


def _channels(one: Channels, _: Config) -> Parts:
    if not one.contacts:
        return ["There was no contact in this time."], [], []
    mix = [f"{each.channel} {each.contacts}" for each in one.channels]
    came_in = sum(each.came_in for each in one.channels)
    sentences = [
        f"{plural(one.contacts, 'contact')}, {came_in} of them from customers: {few(mix)}.",
        f"{plural(len(one.same), 'customer')} heard from you by one channel three times running."
        if one.same
        else "",
    ]
    advice = (
        _advice(f"Try something other than {each.channel} with {whom(each.customer)}", "brief", each.customer)
        for each in one.same
    )
    return sentences, [Group("Three times the same", one.same, _same_line)], advice


def _same_line(one: Same) -> Line:
    return Line(one.customer, f"three times {one.channel}", one.places)


# Effort, referrals, feedback


def _effort(one: Efforts, config: Config) -> Parts:
    contacts = sum(len(each.contacts) for each in one.customers)
    if not one.customers:
        return ["There was no contact and no sale in this time."], [], []
    given = [f"{each.channel} {len(each.places)}" for each in one.given]
    minutes = sum(each.minutes for each in one.tiers)
    tiers = [f"{each.tier} {each.made} of {each.planned}" for each in one.tiers if each.planned]
    sentences = [
        f"{plural(contacts, 'contact')}"
        + (f" took {hours(minutes)} hours, as far as that is noted." if minutes else ", of unknown length."),
        f"Contacts made, of those that the cadences asked for: {', '.join(tiers)}." if tiers else "",
        f"What was given: {few(given)}." if given else "Nothing was given.",
        f"{plural(len(one.little_return), 'customer')} took much work, and nothing came of it yet."
        if one.little_return
        else "",
        f"{plural(len(one.little_work), 'customer')} brought much with little work."
        if one.little_work
        else "",
    ]
    groups = [
        Group("Much work, little return", one.little_return, _effort_line),
        Group("Little work, much return", one.little_work, _effort_line),
        Group("Everybody", one.customers, _effort_line),
    ]
    return sentences, groups, chain(_moved(one.little_work, config, -1), _moved(one.little_return, config, 1))


def hours(minutes: int) -> str:
    """`1:30`."""
    return f"{minutes // 60}:{minutes % 60:02}"


def _effort_line(one: Effort) -> Line:
    words = [plural(len(one.contacts), "contact")]
    words += [f"{hours(one.minutes)} hours"] * bool(one.minutes) + [f"cost {money_words(one.cost)}"] * bool(
        one.cost
    )
    words += [f"revenue {money_words(one.revenue)}"] * bool(one.revenue)
    words += [f"brought {few([whom(each) for each in one.brought])}"] * bool(one.brought)
    return Line(one.customer, ", ".join(words), (*one.sales, *one.referrals, *one.contacts))


def _moved(efforts: Iterable[Effort], config: Config, steps: int) -> Iterator[Advice]:
    """Another tier for each of them, `steps` further down."""
    tiers = list(config.tiers)
    for each in efforts:
        tier = each.customer.tier
        at = tiers.index(tier) + steps if tier in config.tiers else -1
        if 0 <= at < len(tiers):
            why = (
                "who brought much with little work"
                if steps < 0
                else "with whom much work brought nothing yet"
            )
            text = f"If {whom(each.customer)}, {why}, is to have another tier"
            yield _advice(text, "set", each.customer, "tier", tiers[at])


def _referrals(one: Referrals, _: Config) -> Parts:
    if not (one.tree or one.advocates):
        return ["Nobody is noted as brought by somebody (referred_by)."], [], []
    brought = sum(each.depth > 0 for each in one.tree)
    by = sum(each.brought > 0 for each in one.tree)
    sentences = [
        (
            f"{plural(brought, 'customer')} {'was' if brought == 1 else 'were'} brought by {plural(by, 'other')};"
            f" {len(one.new)} of them came in this time."
        ),
    ]
    groups = [
        Group("Who brought whom", one.tree, _branch_line),
        Group("Advocates", one.advocates, _advocate_line),
    ]
    return sentences, groups, _thanking(one)


def _branch_line(one: Branch) -> Line:
    by = f"brought by {whom(one.by)}, " if one.by else ""
    below = f"; those below, {one.people}, {_paid('paid', one.below)}" if one.people else ""
    return Line(one.customer, f"{by}{_paid('paid', one.revenue)}{below}", (one.place,) if one.place else ())


def _advocate_line(one: Advocate) -> Line:
    brought = few([whom(each) for each in one.brought])
    return Line(one.customer, f"brought {brought}" if brought else "spoke well of you", one.entries)


def _thanking(one: Referrals) -> Iterator[Advice]:
    new = {each.path for each in one.new}
    for each in one.advocates:
        if thanks := [whom(other) for other in each.brought if other.path in new]:
            yield _advice(f"Thank {whom(each.customer)} for {few(thanks)}", "brief", each.customer)


def _paid(verb: str, amounts: Sequence[Money]) -> str:
    return f"{verb} {money_words(amounts)}" if amounts else f"{verb} nothing"


def _feedback(one: Feedback, _: Config) -> Parts:
    if not one.loops:
        return ["No feedback came in this time."], [], []
    open_, closed, noted = one.of("open"), one.of("closed"), one.of("noted")
    sentences = [
        (
            f"Feedback came {_times(len(one.loops))}: {len(open_)} open, {len(closed)} closed without telling the"
            f" customer, {len(one.of('told'))} told, {len(noted)} only noted."
        )
    ]
    titles = (
        ("Open", open_),
        ("Closed, and not told", closed),
        ("Only noted", noted),
        ("Told", one.of("told")),
    )
    groups = [Group(title, each, _loop_line) for title, each in titles]
    return sentences, groups, chain(map(_answering, open_), map(_telling, closed))


def _answering(one: Loop) -> Advice:
    return _advice(f"Answer {whom(one.customer)} ({one.text}), then", "done", one.customer, _number(one))


def _telling(one: Loop) -> Advice:
    text = f"Tell {whom(one.customer)} what became of it ({one.text}), and write [told:: DATE] behind it"
    return _advice(text, "edit", one.customer)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _number(one: Loop | Promise) -> str:
    """The number of what is open, as `done` takes it."""
    lines = [task.line for task in one.customer.open_follow_ups]
    return str(lines.index(one.place.line) + 1)


def _loop_line(one: Loop) -> Line:
    days = [f"came {one.came}"]
    if one.told:
        days.append(f"told {one.told}")
    elif one.done:
        days.append(f"done {one.done}")
    elif one.due:
        days.append(f"due {one.due}")
    return Line(one.customer, ", ".join(days) + (f": {one.text}" if one.text else ""), (one.place,))


# The figures by name, in the order in which they are told, with their titles.
TELLERS: Mapping[str, tuple[str, Callable[..., Parts]]] = {
    "consistency": ("Consistency", _consistency),
    "retention": ("Retention", _retention),
    "value": ("Value against pitch", _value),
    "channels": ("Channels", _channels),
    "effort": ("Effort and return", _effort),
    "referrals": ("Referrals", _referrals),
    "feedback": ("Feedback", _feedback),
}


def newest(places: Sequence[Place], shown: Callable[[str], str] = str) -> str:
    """The last of the lines, which are the newest, and how many more there are; each path as `shown` gives it."""
    said = [f"{shown(one.path)}:{one.line}" for one in places[: -_NEWEST - 1 : -1]]
    more = len(places) - len(said)
    return ", ".join(said) + (f" and {more} more" if more else "")
