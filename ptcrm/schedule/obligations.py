"""What is owed to one customer: a pure function of the customer, the touches that count, and the configuration.

Today matters only where the result says so with `valid_from` and `valid_until`; until then it can be kept.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from ptcrm.model.dates import NEVER, Anniversary, Interval, later
from ptcrm.model.occurrence import ALWAYS, FOREVER, Obligation, Obligations, Reason, Standing, Touch, Yearly
from ptcrm.schedule.channel import suggested
from ptcrm.schedule.playbooks import runs, turning_days
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ptcrm.model.config import Config
    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.schedule.playbooks import Run, StepRun

_SENT = ("card", "letter", "note", "gift")  # what a reminder ahead of an occasion asks for
UNCONTACTED = "never contacted"  # what the reason of somebody without a touch begins with
_A_DAY = Interval(days=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """The interval that applies, and the rule that says so."""

    interval: Interval
    rule: Reason


def which_cadence(customer: Customer, config: Config, today: date) -> Cadence:
    """FORMAT §4 "Which cadence": never by status, else the customer's, the status's, the tier's, the default."""
    status = config.statuses.get(customer.status)
    tier = config.tiers.get(customer.tier or "")
    own_counts = customer.cadence_until is None or today <= customer.cadence_until
    if status and status.cadence == NEVER:
        return _by_field(customer, "status", NEVER, f"status {customer.status}")
    if customer.cadence and own_counts:
        until = f" until {customer.cadence_until}" if customer.cadence_until else ""
        return _by_field(customer, "cadence", customer.cadence, f"own cadence{until}")
    if customer.kind == "company":
        return _by_field(customer, "kind", NEVER, "being a company without a cadence of its own")
    if status and status.cadence:
        return _by_field(customer, "status", status.cadence, f"status {customer.status}")
    if tier and tier.cadence:
        return _by_field(customer, "tier", tier.cadence, f"tier {customer.tier}")
    words = _rule_words(config.default_cadence, "default")
    return Cadence(config.default_cadence, Reason(words, "ptcrm.yaml", config.line("default_cadence")))


def _by_field(customer: Customer, field: str, interval: Interval, rule: str) -> Cadence:
    """A cadence that a field of the customer's file decides."""
    words = _rule_words(interval, rule)
    return Cadence(interval, Reason(words, customer.path, customer.lines.get(field, 1)))


def _rule_words(interval: Interval, rule: str) -> str:
    return f"no regular contact by {rule}" if interval.is_never else f"{interval.every} by {rule}"


def obligations(customer: Customer, touches: Sequence[Touch], config: Config, today: date) -> Obligations:
    """What is owed to `customer`, whose `touches` are in the order of their dates."""
    known = touches[: bisect_right(touches, today, key=attrgetter("date"))]
    if customer.do_not_contact:
        return Obligations(Standing(NEVER))
    cadence = which_cadence(customer, config, today)
    last = next((touch for touch in reversed(known) if touch.contact), None)
    standing = _standing(customer, cadence, last, config, today)
    under_way = runs(customer, touches, config, today)
    contacts = _follow_ups(customer, known, config)
    contacts += _steps(customer, under_way, known, standing, config)
    if standing.due is not None:
        contacts = _with_cadence(contacts, _cadence_item(customer, cadence, standing, known, config), config)
    valid_from, valid_until = _validity(customer, touches, under_way, today)
    if last is None and customer.since is None and config.start is None:
        valid_from, valid_until = today, later(today, _A_DAY)  # due today, whatever day it is
    yearly = tuple(_yearly(customer, known, config))
    return Obligations(standing, tuple(contacts), yearly, valid_from, valid_until)


def _standing(
    customer: Customer, cadence: Cadence, last: Touch | None, config: Config, today: date
) -> Standing:
    if cadence.interval.is_never:
        return Standing(NEVER, last)
    begin = last.date if last else max(customer.since or ALWAYS, config.start or ALWAYS)
    due = today if begin == ALWAYS else later(begin, cadence.interval)
    begin = due if begin == ALWAYS else begin
    soon = due - timedelta(days=(due - begin).days // 5)
    return Standing(cadence.interval, last, due, soon, customer.snooze or ALWAYS, begin)


def _cadence_item(
    customer: Customer, cadence: Cadence, standing: Standing, known: Sequence[Touch], config: Config
) -> Obligation:
    """The next contact that the cadence asks for."""
    last = standing.last
    if last:
        why = Reason(f"last {last.channel} {last.date}", last.path, last.line)
    elif customer.since and (config.start is None or customer.since >= config.start):
        why = Reason(
            f"{UNCONTACTED}, a customer since {customer.since}",
            customer.path,
            customer.lines.get("since", 1),
        )
    elif config.start:
        why = Reason(f"{UNCONTACTED}, kept here since {config.start}", "ptcrm.yaml", config.line("start"))
    else:
        why = Reason(UNCONTACTED, customer.path, 1)
    tried = unanswered(None, known)
    retry = later(tried, config.retry) if tried else ALWAYS
    return Obligation(
        kind="cadence",
        origin="cadence",
        due=standing.due or ALWAYS,
        channel=suggested(customer, config),
        movable=True,
        not_before=max(standing.snooze, retry),
        rank=_rank(customer, config),
        pace=_pace(standing, config),
        new=last is None,
        reasons=(why, cadence.rule),
    )


def _rank(customer: Customer, config: Config) -> int:
    """The place of the customer's tier; without one it is after the last."""
    tiers = list(config.tiers)
    return tiers.index(customer.tier) if customer.tier in config.tiers else len(tiers)


def _pace(standing: Standing, config: Config) -> int:
    """The length of the cadence in days, or of the usual one for those who have none."""
    return max(standing.cadence.nominal_days or config.default_cadence.nominal_days, 1)


def _steps(
    customer: Customer, under_way: list[Run], known: Sequence[Touch], standing: Standing, config: Config
) -> list[Obligation]:
    """An obligation for each open step of the playbooks under way, `min_gap` after the last contact at the earliest."""
    owed = []
    rank, pace, last = _rank(customer, config), _pace(standing, config), standing.last
    for run in under_way:
        rest = later(last.date, config.min_gap) if last and last.date > run.began else ALWAYS
        for step in run.steps:
            if step.state == "open":
                tried = unanswered(step.channel, known)
                retry = later(tried, config.retry) if tried and step.due <= tried else ALWAYS
                owed.append(
                    Obligation(
                        kind="playbook",
                        origin=f"{run.playbook}/{step.number} {run.began}",
                        due=step.due,
                        channel=step.channel,
                        text=step.text,
                        template=step.template,
                        movable=True,
                        not_before=max(customer.snooze or ALWAYS, retry, rest),
                        expires=step.expires,
                        rank=rank,
                        pace=pace,
                        reasons=tuple(_step_reasons(customer, run, step, config)),
                    )
                )
    return owed


def _step_reasons(customer: Customer, run: Run, step: StepRun, config: Config) -> Iterator[Reason]:
    yield run.trigger
    rule = f"step {step.number} of the playbook {run.playbook}"
    yield Reason(rule, "ptcrm.yaml", config.line("playbooks", run.playbook, "steps", str(step.number)))
    if step.channel != step.usual:
        words = f"{step.channel} rather than {step.usual}, which is avoided"
        yield Reason(words, customer.path, customer.lines.get("avoids", 1))


def _follow_ups(customer: Customer, known: Sequence[Touch], config: Config) -> list[Obligation]:
    """An obligation for each open follow-up, in the order of the file."""
    owed = []
    for task in customer.follow_ups:
        if task.mark != "open":
            continue
        feedback = task.channel == "feedback"
        due = later(task.due, config.feedback_within) if feedback else task.due
        tried = unanswered(task.channel, known)
        retry = later(tried, config.retry) if tried and due <= tried else ALWAYS
        owed.append(
            Obligation(
                kind="feedback" if feedback else "follow-up",
                origin=task.origin,
                due=due,
                channel=task.channel,
                text=task.text,
                at=task.at,
                not_before=retry,
                quiet_until=customer.snooze or ALWAYS,
                reasons=(Reason(_task_reason(task, config), customer.path, task.line),),
            )
        )
    return owed


def _task_reason(task: FollowUp, config: Config) -> str:
    if task.channel == "feedback":
        return f"feedback came {task.due}, to be answered within {config.feedback_within}"
    if task.implied and task.every:
        return f"follow-up {task.due}, {task.every.every}{' when done' if task.from_done else ''}"
    return f"follow-up {task.due}"


def unanswered(channel: str | None, known: Sequence[Touch]) -> date | None:
    """The day of the newest try (by `channel`, if one is given), if nobody was reached on that day."""
    newest = None
    for touch in reversed(known):
        if newest and touch.date < newest:
            return newest
        if touch.tried and channel in (None, touch.channel):
            if touch.contact:
                return None
            newest = touch.date
    return newest


def _with_cadence(contacts: list[Obligation], item: Obligation, config: Config) -> list[Obligation]:
    """FORMAT §4 "Covered": the earliest follow-up or step up to `min_gap` after the cadence's day takes its reasons.

    A follow-up whose channel is no touch, such as a memo to oneself, covers nothing.
    """
    latest = later(item.due, config.min_gap)
    fitting = (
        one
        for one in contacts
        if one.due <= latest
        and (one.kind != "follow-up" or one.channel is None or config.is_contact(one.channel, ()))
    )
    covering = min(fitting, key=lambda one: one.due, default=None)
    if covering is None:
        return [*contacts, item]
    both = covering._replace(reasons=covering.reasons + item.reasons)
    return [both if one is covering else one for one in contacts]


def _yearly(customer: Customer, known: Sequence[Touch], config: Config) -> list[Yearly]:
    """Birthday, occasions and years as a customer, less those muted; each with its reminder ahead, if one is set."""
    silent_before = customer.mute_until or ALWAYS
    found = []
    if customer.birthday and not customer.mutes("birthday", "birthdays"):
        why = Reason("birthday", customer.path, customer.lines.get("birthday", 1))
        found.append(Yearly("birthday", "birthday", "birthday", customer.birthday, silent_before, why))
    counts: dict[str, int] = {}
    for occasion in customer.occasions:
        name = fold(occasion.name)
        number = counts[name] = counts.get(name, 0) + 1
        if not customer.mutes("occasion", "occasions", name):
            why = Reason(occasion.name, customer.path, occasion.line)
            origin = f"{name}|{number - 1}"
            found.append(Yearly("occasion", origin, occasion.name, occasion.day, silent_before, why))
    years = config.occasions.customer_years
    is_counted = customer.status == "active" and not customer.mutes("anniversary", "anniversaries")
    if customer.since and years and is_counted:
        day = Anniversary(customer.since.month, customer.since.day, customer.since.year)
        why = Reason(f"a customer since {customer.since}", customer.path, customer.lines.get("since", 1))
        found.append(Yearly("anniversary", "since", "as a customer", day, silent_before, why, years=years))
    return found + [lead for one in found if (lead := _lead(one, known, config)) is not None]


def _lead(one: Yearly, known: Sequence[Touch], config: Config) -> Yearly | None:
    """The reminder ahead of an occasion: by its name, else by its kind; None if none is set."""
    lead = config.occasions.lead_of(one.name, one.kind)
    if lead is None:
        return None
    key, ahead = lead
    rule = Reason(f"{ahead} ahead", "ptcrm.yaml", config.line("occasions", "lead", key))
    sent = max((touch.date for touch in known if touch.contact and touch.channel in _SENT), default=ALWAYS)
    return one._replace(kind="lead", origin=f"{one.kind} {one.origin}", reason=rule, ahead=ahead, sent=sent)


def _validity(
    customer: Customer, touches: Sequence[Touch], under_way: list[Run], today: date
) -> tuple[date, date]:
    """The days around `today` on which nothing changes: no touch comes or goes, no cadence ends, no step lapses."""
    at = bisect_right(touches, today, key=attrgetter("date"))
    turns = [touch.date for touch in touches[max(at - 1, 0) : at + 1]]  # those on either side of today
    turns += turning_days(customer, under_way)
    if customer.cadence_until and customer.cadence_until < FOREVER:
        turns.append(later(customer.cadence_until, _A_DAY))
    past = [day for day in turns if day <= today]
    coming = [day for day in turns if day > today]
    return max(past, default=ALWAYS), min(coming, default=FOREVER)
