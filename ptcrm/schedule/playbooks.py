"""Playbooks (FORMAT §4 "Playbook step"): which runs a customer is in, and how far each has come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from ptcrm.model.customer import Customer
from ptcrm.model.dates import Interval, later
from ptcrm.model.occurrence import Reason, Touch
from ptcrm.schedule.channel import avoided, suggested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptcrm.model.config import Config, Playbook
    from ptcrm.model.customer import FollowUp, Mark

_A_DAY = Interval(days=1)
StepState = Literal["open", "done", "skipped", "lapsed", "follow-up"]


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of a run, due on `due`; it lapses after `expires`.

    `channel` is the one suggested, `usual` the playbook's own. `by` is what settled it (`done`; `skipped` if that
    is no touch, or a follow-up that was dropped), or the open follow-up that stands for it (`follow-up`).
    `template` names a draft for it.
    """

    number: int
    due: date
    expires: date
    channel: str
    usual: str
    text: str
    state: StepState
    by: Reason | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A playbook under way for one customer, since the day `began`; `trigger` says what began it, and where."""

    playbook: str
    began: date
    trigger: Reason
    steps: tuple[StepRun, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """All that decides: the customer, the touches up to today, and the channel in the place of those avoided."""

    customer: Customer
    known: list[Touch]
    today: date
    avoided: frozenset[str]
    suggested: str | None


def runs(customer: Customer, touches: Sequence[Touch], config: Config, today: date) -> list[Run]:
    """The customer's runs on `today`, in the order of the configuration; `touches` in the order of their dates.

    A new trigger begins a run anew, so there is one run of each playbook at most. Former customers are in
    those that start with `left` alone; a status without a cadence, and `do_not_contact`, are in none.
    """
    if not config.playbooks or customer.do_not_contact or _is_at_rest(customer, config):
        return []
    known = [touch for touch in touches if touch.date <= today]
    case = _Case(customer, known, today, avoided(customer, config), suggested(customer, config))
    found = []
    for name, playbook in config.playbooks.items():
        started = _started(case, name, playbook)
        if started is not None:
            began, trigger = started
            found.append(Run(name, began, trigger, _steps(case, name, playbook, began, trigger)))
    return found


def turning_days(customer: Customer, found: Iterable[Run]) -> Iterator[date]:
    """The days on which a run begins or an open step lapses without a touch that comes or goes."""
    yield from (day for day in (customer.since, customer.left) if day)
    for run in found:
        for step in run.steps:
            if step.expires < date.max:
                yield later(step.expires, _A_DAY)


def _is_at_rest(customer: Customer, config: Config) -> bool:
    status = config.statuses.get(customer.status)
    return status is not None and status.cadence is not None and status.cadence.is_never


def _started(case: _Case, name: str, playbook: Playbook) -> tuple[date, Reason] | None:
    """The day on which the playbook began for the customer, and what began it; None if nothing has.

    What settles a step of it begins it not anew, whatever its channel.
    """
    customer = case.customer
    if (customer.status == "former") != (playbook.starts == "left"):
        return None
    if playbook.starts in ("since", "left"):
        day = customer.since if playbook.starts == "since" else customer.left
        if day is None or day > case.today:
            return None
        words = f"a customer since {day}" if playbook.starts == "since" else f"left on {day}"
        return day, Reason(words, customer.path, customer.lines.get(playbook.starts, 1))
    triggers = (
        touch
        for touch in reversed(case.known)
        if touch.channel == playbook.starts and not (touch.step or "").startswith(f"{name}/")
    )
    touch = next(triggers, None)
    return (
        None
        if touch is None
        else (touch.date, Reason(f"{touch.channel} on {touch.date}", touch.path, touch.line))
    )


def _steps(case: _Case, name: str, playbook: Playbook, began: date, trigger: Reason) -> tuple[StepRun, ...]:
    """Every step with its state, in the order of the playbook."""
    days = [later(began, step.after) if step.after else began for step in playbook.steps]
    start = (trigger.path, trigger.line)
    left = [touch for touch in case.known if touch.date >= began and (touch.path, touch.line) != start]
    tasks = {dict(task.fields).get("step"): task for task in case.customer.follow_ups if task.due >= began}
    found: dict[int, StepRun] = {}
    for place in sorted(range(len(days)), key=lambda place: (days[place], place)):
        step, key = playbook.steps[place], f"{name}/{place + 1}"
        lapses = later(days[place], playbook.lapse)
        channel = (case.suggested or "contact") if step.do in case.avoided else step.do
        by = _settled(key, {step.do, channel}, _window(days, place, began, lapses), left)
        if by:
            left.remove(by)
        state, why = _state(by, tasks.get(key), case.customer, is_over=case.today > lapses)
        run = StepRun(place + 1, days[place], lapses, channel, step.do, step.text, state, why, step.template)
        found[place] = run
    return tuple(found[place] for place in range(len(days)))


def _window(days: list[date], place: int, began: date, lapses: date) -> tuple[date, date]:
    """When a touch settles the step: from the day of the step before to before that of the step after.

    For the first it begins with the trigger, for the last it ends when the step lapses.
    """
    earlier = [day for day in days if day < days[place]]
    after = [day for day in days if day > days[place]]
    return max(earlier, default=began), min(after, default=later(lapses, _A_DAY))


def _settled(key: str, channels: set[str], window: tuple[date, date], left: list[Touch]) -> Touch | None:
    """What settles the step `key`: a line that names it, else the first touch by one of `channels` in its time.

    A try that reached nobody settles nothing.
    """
    named = next((touch for touch in left if touch.step == key and (touch.contact or not touch.tried)), None)
    opens, closes = window
    fitting = (
        touch
        for touch in left
        if touch.contact
        and not touch.voicemail
        and touch.step is None
        and (touch.channel in channels or "contact" in channels)
        and opens <= touch.date < closes
    )
    return named or next(fitting, None)


def _state(
    by: Touch | None, task: FollowUp | None, customer: Customer, *, is_over: bool
) -> tuple[StepState, Reason | None]:
    if by:
        return ("done" if by.contact else "skipped"), Reason(f"{by.channel} on {by.date}", by.path, by.line)
    if task:
        states: dict[Mark, StepState] = {"open": "follow-up", "done": "done", "dropped": "skipped"}
        return states[task.mark], Reason(f"follow-up {task.due}", customer.path, task.line)
    return ("lapsed" if is_over else "open"), None
