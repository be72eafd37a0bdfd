"""What to know before a call with one customer, as data: short, and the newest and nearest alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from itertools import islice
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.customer import Customer, FollowUp, LogEntry
from ptcrm.model.dates import Interval, ago, later, near_day, time_there
from ptcrm.model.occurrence import CONTACT_KINDS, Occurrence
from ptcrm.reports.winback import concerns
from ptcrm.schedule.obligations import UNCONTACTED
from ptcrm.text.fold import fold
from ptcrm.text.markdown import show_links
from ptcrm.text.safe import one_line
from ptcrm.vault.facts import link_key
from ptcrm.vault.index import Match
from ptcrm.vault.log import follow_up_words, in_time, plain_text
from ptcrm.vault.notes import notes
from ptcrm.views.customer import uncontacted_words
from ptcrm.views.playbook import named_steps, step_what
from ptcrm.views.today import draft_hint, named, row, what, yearly_words, years

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptcrm.model.config import Config
    from ptcrm.workspace import Workspace

SAID, GIVEN, ALIKE, SENT, ITEMS = 3, 2, 3, 3, 2  # how many are told at most
AHEAD, BEHIND = Interval(days=60), Interval(days=7)  # for occasions, and campaigns
UNTOLD = Interval(months=6)  # how long it is worth saying what became of feedback
_NOON = time(12)
_TOLD = frozenset({"sale", "memo", "referral", "feedback"})  # no touches, and yet to be known
_TITLE = re.compile(r"#{1,6} .*")


@dataclass(frozen=True, slots=True)
class Said:
    """Something that happened: a log entry or ticked follow-up, and with whom, if it is another's file that has it."""

    date: date
    channel: str
    qualifiers: tuple[str, ...]
    text: str
    name: str | None
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Promise:
    """Something owed to the customer: a follow-up, feedback that waits, or a playbook's step that is due.

    `number` is that of a follow-up for `ptcrm done`, `step` the name of a step for it. `kind` is `follow-up`,
    `feedback`, `told` (feedback that is closed, of which the customer has not heard) or `step`.
    """

    kind: str
    due: date
    text: str
    path: str
    line: int
    at: time | None = None
    number: int | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """Something worth passing on, or knowing before.

    `kind` is `thanks`, `template`, `item`, `referred`, `change`, `campaign` or `interest`.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What to know before a call. `company`, `family` and `people` are names; `there` says what time it is at noon here.

    `about` is the first paragraph of the notes, `warnings` say that the customer wants to be left alone, or has left.
    `occasions` are those of the coming 60 days and the last 7. `coming` is the next contact that is planned.
    """

    customer: Customer
    company: str | None
    there: str | None
    warnings: tuple[str, ...]
    about: str
    people: tuple[str, ...]
    family: tuple[str, ...]
    said: tuple[Said, ...]
    promises: tuple[Promise, ...]
    given: tuple[Said, ...]
    occasions: tuple[Occurrence, ...]
    coming: Occurrence | None
    pass_on: tuple[Hint, ...]


def brief(workspace: Workspace, match: Match) -> Brief:
    """The brief of one customer; raises `RefusedError` if the file can no longer be read."""
    reading, today = workspace.reading(match), workspace.today
    customer = reading.customer
    assert customer is not None  # noqa: S101  # `reading` gives customers alone
    plan = workspace.plan_of(match.path)[0]
    linking = list(workspace.cache.customers_at({path for path, *_ in workspace.index.backlinks(match.path)}))
    name = Names(workspace, customer.path)
    there = time_there(today, _NOON, workspace.zone, customer.timezone)
    return Brief(
        customer,
        name(customer.company) if customer.company else None,
        there,
        tuple(_warnings(customer, today)),
        _about(notes(reading.document, customer)),
        tuple(_people(workspace, customer, linking)),
        tuple(map(name, customer.family)),
        tuple(_said(workspace, customer)),
        tuple(_promises(workspace, customer)),
        tuple(_given(customer, workspace.config, today)),
        tuple(workspace.occasions(later(today, BEHIND, -1), later(today, AHEAD), [customer.path])),
        _coming(plan, customer, today),
        tuple(_hints(workspace, customer, plan, linking)),
    )


class Names:
    """From a link's target, as it stands in the file at `path`, to the name of the customer it leads to."""

    def __init__(self, workspace: Workspace, path: str) -> None:
        self._workspace, self._path = workspace, path

    def __call__(self, target: str) -> str:
        """The name, or the words themselves if they lead to nobody."""
        found = self._workspace.index.resolve(link_key(target, self._path))
        customer = self._workspace.cache.customer(found) if found else None
        return customer.name if customer else target


def _leads_to(workspace: Workspace, target: str | None, one: Customer, path: str) -> bool:
    """Whether the field of `one` with this target leads to the customer at `path`."""
    return target is not None and workspace.index.resolve(link_key(target, one.path)) == path


def _warnings(customer: Customer, today: date) -> Iterator[str]:
    if customer.do_not_contact:
        yield "Not to be contacted."
    if customer.status == "former":
        since = f" since {customer.left}" if customer.left else ""
        yield f"A former customer{since}{f': {customer.left_reason}' if customer.left_reason else ''}."
    if customer.snooze and customer.snooze > today:
        yield f"To be left in peace until {customer.snooze}."
    if customer.mute_until and customer.mute_until > today:
        yield f"No congratulations until {customer.mute_until}."
    elif customer.mute:
        yield f"No congratulations: {', '.join(customer.mute)}."


def _about(prose: str) -> str:
    """The first paragraph of the notes on one line, as a reader sees it; headings are none."""
    for part in prose.split("\n\n"):
        lines = [line for line in part.split("\n") if not _TITLE.fullmatch(line)]
        if words := one_line(show_links(" ".join(lines))):
            return words
    return ""


def _people(workspace: Workspace, customer: Customer, linking: Sequence[Customer]) -> Iterator[str]:
    """Who works at the company, with the role."""
    for one in sorted(linking, key=lambda one: fold(one.name)):
        if _leads_to(workspace, one.company, one, customer.path):
            yield f"{one.name} ({one.role})" if one.role else one.name


# What has been


def _said(workspace: Workspace, customer: Customer) -> list[Said]:
    """What was last said or done, the newest first: touches and tries in any file, and what the log says besides."""
    today, path = workspace.today, customer.path
    touches = [one for one in workspace.index.touches(path) if one.tried and one.date <= today]
    places = [(one.date, one.path, one.line) for one in touches]
    told = [
        (one.date, path, one.line)
        for one in in_time(customer.log)
        if one.channel in _TOLD and one.date <= today
    ]
    found = sorted(dict.fromkeys([*places, *told]), key=lambda place: place[0])
    said = (_entry_at(workspace, customer, *place) for place in reversed(found))
    return list(islice((one for one in said if one), SAID))


def _entry_at(workspace: Workspace, customer: Customer, day: date, path: str, line: int) -> Said | None:
    """The entry or ticked follow-up at a line of a file, which may be another customer's.

    None for a follow-up that the log has as well (FORMAT §2.4: they count once).
    """
    whose, name = customer, None
    if path != customer.path and (other := workspace.cache.customer(path)):
        name = other.name
        try:
            whose = workspace.reading(Match(path, other.id, other.name)).customer or other
        except RefusedError:  # it went away in this very moment
            whose = other
    entry = next((one for one in whose.log if one.line == line), None)
    if entry:
        return _of_entry(entry, path, name)
    task = next((one for one in whose.follow_ups if one.line == line and not one.implied), None)
    channel = (task and task.channel) or "contact"
    if any((one.date, one.channel) == (day, channel) for one in whose.log):
        return None
    return Said(day, channel, (), task.text if task else "", name, path, line)


def _of_entry(one: LogEntry, path: str, name: str | None = None) -> Said:
    text = plain_text(" / ".join(line.strip() for line in one.text.split("\n") if line.strip()))
    return Said(one.date, one.channel, one.qualifiers, text, name, path, one.line)


def _given(customer: Customer, config: Config, today: date) -> list[Said]:
    """What the customer was given last, the newest first: gifts, and what was of value."""
    found = [
        _of_entry(one, customer.path)
        for one in in_time(customer.log)
        if one.date <= today and config.gives(one.channel, one.qualifiers)
    ]
    return found[: -GIVEN - 1 : -1]


# What is owed


def _promises(workspace: Workspace, customer: Customer) -> list[Promise]:
    """What is owed, by day: open follow-ups, feedback, steps that are due; last what is to be told of feedback."""
    today = workspace.today
    found = [_promise(number, one, customer) for number, one in enumerate(customer.open_follow_ups, 1)]
    found += [
        Promise("told", one.done or one.due, one.text, customer.path, one.line)
        for one in customer.follow_ups
        if one.channel == "feedback" and _is_untold(one, today)
    ]
    found += [
        Promise(
            "step",
            one.step.due,
            step_what(one.step),
            one.run.trigger.path,
            one.run.trigger.line,
            step=one.key,
        )
        for one in named_steps(workspace.runs_of(customer.path))
        if one.step.state == "open" and one.step.due <= today
    ]
    return sorted(found, key=lambda one: (one.kind == "told", one.due))


def _promise(number: int, one: FollowUp, customer: Customer) -> Promise:
    kind, words = ("feedback", one.text) if one.channel == "feedback" else ("follow-up", follow_up_words(one))
    return Promise(kind, one.due, words, customer.path, one.line, one.at, number)


def _is_untold(one: FollowUp, today: date) -> bool:
    """Whether feedback is closed, lately, and the customer has not heard of it (FORMAT §2.4)."""
    closed = one.mark != "open" and later(one.done or one.due, UNTOLD) > today
    return closed and not dict(one.fields).get("told")


def _coming(plan: Iterable[Occurrence], customer: Customer, today: date) -> Occurrence | None:
    """The next contact that is planned; its reason knows of a sale that was no contact."""
    one = next((one for one in plan if one.kind in CONTACT_KINDS), None)
    words = uncontacted_words(customer.log, today)
    if one is None or words == UNCONTACTED:
        return one
    reasons = (why._replace(text=why.text.replace(UNCONTACTED, words, 1)) for why in one.reasons)
    return one._replace(reasons=tuple(reasons))


# What is worth passing on


def _hints(
    workspace: Workspace, customer: Customer, plan: Iterable[Occurrence], linking: Iterable[Customer]
) -> Iterator[Hint]:
    sent = sorted(one.name for one in linking if _leads_to(workspace, one.referred_by, one, customer.path))
    if sent:
        more = f" and {len(sent) - SENT} more" if len(sent) > SENT else ""
        yield Hint("thanks", f"Thanks are due for sending {', '.join(sent[:SENT])}{more}.")
    last = later(workspace.today, AHEAD)
    for one in plan:
        if one.template and one.planned <= last:
            yield Hint("template", f"{what(one)}. {draft_hint(customer.id, one.template)}")
    yield from _items(workspace, customer)
    if customer.referred_by:
        yield Hint("referred", f"Came through {Names(workspace, customer.path)(customer.referred_by)}.")
    for change in workspace.config.changes:
        if customer.status == "former" and concerns(change, customer, workspace.today):
            yield Hint("change", f"{change.text or change.fixes} (since {change.date}).")
    for one in plan:
        if one.kind == "campaign" and one.planned <= last:
            day = near_day(one.planned, workspace.today)
            yield Hint("campaign", f"The {one.channel} of the campaign {one.name} goes out {day}.")
    yield from _alike(workspace, customer)


def _items(workspace: Workspace, customer: Customer) -> Iterator[Hint]:
    """What of the library the customer would like best, with the command that notes it."""
    if not workspace.index.has_library():
        return
    from ptcrm.views.sharing import Sharing, quoted

    sharing = Sharing(workspace)
    for fit in sharing.worth_saying([customer])[:ITEMS]:
        why = quoted(sharing, fit).because[0].where
        yield Hint("item", f"{fit.item.title} ({why}): ptcrm share {fit.item.id} --log {customer.id}")


def _alike(workspace: Workspace, customer: Customer) -> Iterator[Hint]:
    """Who of the active customers likes the same, one line for each interest that is shared."""
    mine = {fold(one): one for one in customer.interests}
    names: dict[str, list[str]] = {}
    for one in workspace.cache.customers() if mine else ():
        if one.path != customer.path and one.status == "active" and not one.do_not_contact:
            for word in {fold(word) for word in one.interests} & mine.keys():
                names.setdefault(word, []).append(one.name)
    for word, liked in mine.items():
        if found := sorted(names.get(word, ()))[:ALIKE]:
            more = len(names[word]) - len(found)
            others = f" and {more} more" if more else ""
            yield Hint("interest", f"{', '.join(found)}{others} also: {liked}.")


# In words


def said_words(one: Said, today: date) -> str:
    """`2 weeks ago (2026-11-09) call with Anna: About the new shop`."""
    qualifiers = f" ({', '.join(one.qualifiers)})" if one.qualifiers else ""
    who = f" with {one.name}" if one.name else ""
    return f"{ago(one.date, today)} ({one.date}) {one.channel}{qualifiers}{who}: {one.text}".rstrip(": ")


def promise_words(one: Promise, today: date) -> str:
    """`today 10:00 call: Ask about the shop`, `3 days ago (2026-11-20) …`, `answer: The bell is loose (feedback, …)`."""
    was = f"{ago(one.due, today)} ({one.due})"
    if one.kind == "feedback":
        return f"answer: {one.text} (feedback, {was})"
    if one.kind == "told":
        return f"tell what became of: {one.text} (closed {was})"
    at = f" {one.at:%H:%M}" if one.at else ""
    day = was if one.due < today else near_day(one.due, today)
    return f"{day}{at} {one.text}{f' ({one.step})' if one.step else ''}"


def occasion_words(one: Occurrence, today: date) -> str:
    """`tomorrow: birthday, 42 (born 1984)`, `3 days ago (2026-11-20): wedding`."""
    day = (
        near_day(one.planned, today) if one.planned >= today else f"{ago(one.planned, today)} ({one.planned})"
    )
    return f"{day}: {yearly_words(one)}"


def coming_words(one: Occurrence, today: date) -> str:
    """`Thu 3 Dec: call — last visit 2026-11-12; every 3 weeks by tier gold`; what is promised has its words there."""
    day = (
        near_day(one.planned, today) if one.planned >= today else f"{ago(one.planned, today)} ({one.planned})"
    )
    is_promised = one.kind in ("follow-up", "feedback")
    words = f"{one.channel or 'get in touch'}, as promised" if is_promised else what(one)
    return f"{day}: {words} — {'; '.join(reason.text for reason in one.reasons)}"


def head_words(one: Brief) -> Iterator[str]:
    """Who it is, and how to reach them, in lines; some may be empty."""
    who = one.customer
    place = ", ".join(filter(None, (who.role, one.company)))
    since = f"customer since {who.since.year}" if who.since else ""
    status = "" if who.status in ("active", "former") else who.status
    yield named(who.name, who.id)
    yield _joined(place, who.tier, status, since)
    phone = ", ".join(who.phones[:2]) or next(iter(who.emails), "")
    zone = who.timezone if not one.there else None
    yield _joined(phone, _likes(one), who.language and f"speaks {who.language}", zone)
    yield f"At noon here it is {one.there}." if one.there else ""


def part_words(one: Brief, today: date) -> Iterator[tuple[str, tuple[str, ...]]]:
    """All else, the norms first: each part by its label, with its items, of which there may be none."""
    who = one.customer
    yield "Norms", (who.norms or "",)
    yield "About", (one.about,)
    yield "People", (", ".join(one.people),)
    yield "Last", tuple(said_words(entry, today) for entry in one.said) or ("never contacted",)
    yield "Promised", tuple(promise_words(promise, today) for promise in one.promises)
    yield "Family", (", ".join(one.family),)
    yield "Likes", (", ".join(who.interests),)
    yield "Given", tuple(said_words(entry, today) for entry in one.given)
    yield "Coming", tuple(occasion_words(occasion, today) for occasion in one.occasions)
    yield "Next", (coming_words(one.coming, today) if one.coming else "",)
    yield "Pass on", tuple(hint.text for hint in one.pass_on)


def _likes(one: Brief) -> str:
    """`by call or visit, not social`."""
    likes = f"by {' or '.join(one.customer.prefers)}" if one.customer.prefers else ""
    avoids = f"not {', '.join(one.customer.avoids)}" if one.customer.avoids else ""
    return ", ".join(filter(None, (likes, avoids)))


def _joined(*parts: str | None) -> str:
    return " · ".join(filter(None, parts))


def brief_row(one: Brief, today: date) -> dict[str, object]:
    """The brief as an object (the JSON of `brief`; docs/json.md)."""
    customer = one.customer
    return {
        "id": customer.id,
        "name": customer.name,
        "path": customer.path,
        "kind": customer.kind,
        "role": customer.role,
        "company": one.company,
        "tier": customer.tier,
        "status": customer.status,
        "since": customer.since.isoformat() if customer.since else None,
        "timezone": customer.timezone,
        "there": one.there,
        "language": customer.language,
        "phones": list(customer.phones),
        "emails": list(customer.emails),
        "prefers": list(customer.prefers),
        "avoids": list(customer.avoids),
        "warnings": list(one.warnings),
        "norms": customer.norms,
        "about": one.about,
        "people": list(one.people),
        "family": list(one.family),
        "interests": list(customer.interests),
        "last": [_said_row(entry, today) for entry in one.said],
        "promises": [_promise_row(promise) for promise in one.promises],
        "given": [_said_row(entry, today) for entry in one.given],
        "occasions": [{**row(occasion), "years": years(occasion)} for occasion in one.occasions],
        "next": row(one.coming) if one.coming else None,
        "pass_on": [{"kind": hint.kind, "text": hint.text} for hint in one.pass_on],
    }


def _said_row(one: Said, today: date) -> dict[str, object]:
    return {
        "date": one.date.isoformat(),
        "ago": ago(one.date, today),
        "channel": one.channel,
        "qualifiers": list(one.qualifiers),
        "text": one.text,
        "with": one.name,
        "path": one.path,
        "line": one.line,
    }


def _promise_row(one: Promise) -> dict[str, object]:
    return {
        "kind": one.kind,
        "due": one.due.isoformat(),
        "time": one.at.strftime("%H:%M") if one.at else None,
        "text": one.text,
        "number": one.number,
        "step": one.step,
        "path": one.path,
        "line": one.line,
    }
