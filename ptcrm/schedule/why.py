"""Why something stands on its day, in sentences that a person would say, and what would change it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ptcrm.model.config import Config
from ptcrm.model.customer import Customer
from ptcrm.model.dates import WEEKDAYS, ago, date_words, later, long_day
from ptcrm.model.occurrence import ALWAYS, CONTACT_KINDS, FOREVER, Occurrence, Standing, Touch
from ptcrm.schedule.obligations import Cadence, unanswered, which_cadence
from ptcrm.schedule.workdays import WorkDays

if TYPE_CHECKING:
    from collections.abc import Iterator

_VOWELS = "aeiou"
_FREE = {
    "away": "you are away",
    **{day: f"{day} is not worked" for day in WEEKDAYS[:5]},
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """What the sentences rest on: a customer with her standing and touches, the settings, today, and the days.

    `load` counts the contacts of each day (an ordinal); `days` are those with a contact of this customer, or a campaign;
    `lost` counts the contacts that find no day at all.
    """

    customer: Customer
    standing: Standing
    touches: Sequence[Touch]
    config: Config
    today: date
    workdays: WorkDays
    load: Callable[[], Mapping[int, int]]
    days: Sequence[date]
    lost: int = 0

    @property
    def cadence(self) -> Cadence:
        """The cadence that applies, and its rule."""
        return which_cadence(self.customer, self.config, self.today)


def standing_sentence(case: Case) -> str:
    """Where the customer's cadence stands: the last contact, how often, and when the next is due."""
    if case.customer.do_not_contact:
        return "Marked do_not_contact, so nothing at all is planned."
    last, due = case.standing.last, case.standing.due
    begin = (
        _never_words(case)
        if last is None
        else f"The last contact was {_a_touch(last)}, {ago(last.date, case.today)}"
    )
    rule = _rule_words(case)
    if due is None:
        return f"{begin}; {rule}."
    if case.lost:
        rule = f"{rule}, and no day is found for it: see `away`, `working_days` and `capacity` in ptcrm.yaml"
        return f"{begin}; {rule}."
    which = "first" if last is None else "next"
    return f"{begin}; {rule}, so the {which} contact {_is_due(due, case.today)}."


def sentences(one: Occurrence, case: Case) -> list[str]:
    """Why `one` stands where it stands; the first sentence says why it is owed, the next why it moved, if it did."""
    moved = [move] if (move := _move_sentence(one, case)) else []
    return [_owed_sentence(one, case), *moved]


def changes(one: Occurrence, case: Case) -> str:
    """What would change the day of `one`."""
    who = case.customer.id
    if one.kind == "cadence":
        return f"A contact in the log begins the cadence anew. `ptcrm snooze {who} DAY`, another cadence or tier moves it."
    if one.kind == "campaign":
        return f"{_a(one.channel or 'card').capitalize()} in the log settles it for {case.customer.name}."
    if one.kind == "playbook":
        key = one.origin.rpartition(" ")[0]
        lapse = f" It lapses after {date_words(one.expires)}." if one.expires < FOREVER else ""
        return f"{_a(one.channel or 'contact').capitalize()} in the log settles it, and so does `ptcrm done {who} {key}`.{lapse}"
    if one.kind in ("follow-up", "feedback"):
        numbers = (
            at for at, task in enumerate(case.customer.open_follow_ups, 1) if task.origin == one.origin
        )
        number = next(numbers, 1)
        return f"It stays until it is ticked (`ptcrm done {who} {number}`), or until its line is given another day."
    if one.kind == "lead":
        return (
            "A card, letter, note or gift in the log settles it; `occasions: lead:` in ptcrm.yaml moves it."
        )
    if one.kind == "anniversary":
        return "`occasions: customer_years:` in ptcrm.yaml says which years count; `mute: [anniversary]` silences it."
    return f"It comes every year. `mute: [{one.text if one.kind == 'occasion' else one.kind}]` silences it."


def _owed_sentence(one: Occurrence, case: Case) -> str:
    if one.kind == "cadence":
        return standing_sentence(case)
    if one.kind == "playbook":
        return f"{_step_words(one, case)}; it {_is_due(one.due, case.today)}.{_serves(one, case)}"
    if one.kind == "feedback":
        come = later(one.due, case.config.feedback_within, -1)
        within = case.config.feedback_within
        return (
            f"Feedback came on {date_words(come)}, and is to be answered within {within}.{_serves(one, case)}"
        )
    if one.kind == "follow-up":
        again = f", {reason.partition(', ')[2]}" if ", " in (reason := one.reasons[0].text) else ""
        return f"The file has a follow-up for {long_day(one.due)}{again}.{_serves(one, case)}"
    if one.kind == "campaign":
        return f"The campaign {one.name} reaches {case.customer.name} on {long_day(one.planned)}."
    if one.kind == "lead":
        return (
            f"{one.text[:1].upper()}{one.text[1:]}: {one.reasons[0].text}, so that there is time to prepare."
        )
    return _yearly_sentence(one)


def _yearly_sentence(one: Occurrence) -> str:
    since = one.since
    if one.kind == "anniversary" and since and since.year:
        return f"A customer since {date_words(date(since.year, since.month, since.day))}."
    begun = f"since {since.year}" if since and since.year else "the year is not known"
    if one.kind == "birthday":
        begun = f"born in {since.year}" if since and since.year else begun
    return f"The file has this {one.kind} on this day every year ({begun})."


def _step_words(one: Occurrence, case: Case) -> str:
    """`The playbook after-sale asks for it 7 days after the sale of 10 November 2026`."""
    name, _, rest = one.origin.partition("/")
    number, _, began = rest.partition(" ")
    playbook, day = case.config.playbooks[name], date_words(date.fromisoformat(began))
    after = playbook.steps[int(number) - 1].after
    triggers = {"since": f"the first day as a customer, {day}", "left": f"the goodbye on {day}"}
    trigger = triggers.get(playbook.starts, f"the {playbook.starts} of {day}")
    return f"The playbook {name} asks for it {f'{after} after' if after else 'with'} {trigger}"


def _serves(one: Occurrence, case: Case) -> str:
    """A sentence on the cadence's contact that `one` stands for as well, if it does."""
    due = case.standing.due
    rule = case.cadence.rule
    if due is None or rule not in one.reasons:
        return ""
    return f" It also serves for the contact that is due on {date_words(due)} ({rule.text})."


def _never_words(case: Case) -> str:
    since, start = case.customer.since, case.config.start
    if since and (start is None or since >= start):
        return f"Never contacted, though a customer since {date_words(since)}"
    return f"Never contacted since the records begin on {date_words(start)}" if start else "Never contacted"


def _a_touch(touch: Touch) -> str:
    day = f"on {date_words(touch.date)}"
    if touch.channel == "contact":
        return day
    return f"{_a(touch.channel)} {day}"


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in _VOWELS else 'a'} {noun}"


def _rule_words(case: Case) -> str:
    """`gold means every 3 weeks`: who or what asks for the cadence."""
    rule, every = case.cadence.rule.text, case.cadence.interval.every
    source = rule.rpartition(" by ")[2]
    if case.cadence.interval.is_never:
        never = {
            "own cadence": "the file says never",
            "being a company without a cadence of its own": "a company has a cadence only if its file gives one",
            "default": "ptcrm.yaml says never for everybody without a cadence",
        }
        words = next(
            (words for rule, words in never.items() if source.startswith(rule)),
            f"the {source.replace(' ', ' is ', 1)}",
        )
        return f"there is no regular contact, because {words}"
    if source.startswith("tier "):
        return f"{source.removeprefix('tier ')} means {every}"
    if source.startswith("status "):
        return f"{source.removeprefix('status ')} customers hear from you {every}"
    if source.startswith("own cadence"):
        return f"the file asks for {every}{source.removeprefix('own cadence')}"
    return f"without a tier or cadence it is {every}"


def _is_due(due: date, today: date) -> str:
    if due == today:
        return "is due today"
    return f"{'was' if due < today else 'is'} due on {long_day(due)}"


def _move_sentence(one: Occurrence, case: Case) -> str | None:
    """Why it stands later than it was due; None if it does not, or only because its day has passed."""
    if one.planned <= max(one.due, case.today) or one.kind not in CONTACT_KINDS:
        return None
    causes = list(_causes(one, case))
    return f"It stands on {long_day(one.planned)}{f', because {_joined(causes)}' if causes else ''}."


def _causes(one: Occurrence, case: Case) -> Iterator[str]:
    """What keeps it from the days before its own: a snooze, a retry, days off, full days, another contact near."""
    first = max(one.due, case.today)
    tried = unanswered(None if one.kind == "cadence" else one.channel, case.touches)
    retry = later(tried, case.config.retry) if tried else ALWAYS
    snooze = (case.customer.snooze if one.kind in ("cadence", "playbook") else None) or ALWAYS
    if snooze > first:
        yield f"{case.customer.name} is snoozed until {date_words(snooze)}"
    if tried and retry > first:
        yield f"nobody answered on {date_words(tried)} and it is tried again {case.config.retry} later"
    first = max(first, retry, snooze)
    days = [first + number * _DAY for number in range((one.planned - first).days)]
    free = dict.fromkeys(why for day in days if (why := case.workdays.why_free(day)))
    if free:
        yield _free_words(list(free))
    worked = [day for day in days if case.workdays.why_free(day) is None]
    load = case.load()
    full = [day for day in worked if load.get(day.toordinal(), 0) >= case.config.capacity.per_day]
    if full:
        some = f"{len(full)} working days before it are" if len(full) > 1 else f"{long_day(full[0])} is"
        yield f"{some} full ({case.config.capacity.per_day} a day)"
    if len(full) < len(worked):
        yield _apart(one, case, [day for day in worked if day not in full])


def _free_words(free: list[str]) -> str:
    """`the weekend is not worked`, `you are away`, `Karfreitag is a holiday`."""
    named = [why for why in free if why not in WEEKDAYS[5:]]
    if not named:
        return "the weekend is not worked"
    return _joined([_FREE.get(why, f"{why} is a holiday") for why in named])


def _apart(one: Occurrence, case: Case, roomy: list[date]) -> str:
    """Why days with room are not its day."""
    if one.state == "new" and one.kind == "cadence":
        return f"no more than {case.config.capacity.intake} new customers are taken in a day"
    gap, last = case.config.min_gap, case.standing.last
    others = {*case.days, *([last.date] if last else [])} - {one.planned}
    near = [
        day
        for day in sorted(others)
        if any(day < later(free, gap) and free < later(day, gap) for free in roomy)
    ]
    named = f" (see {_joined([date_words(day) for day in near])})" if near else ""
    return f"contacts of one customer are at least {gap} apart{named}"


def _joined(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
