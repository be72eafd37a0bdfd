"""Commands that change one line or field of a customer's file: done, move, snooze, set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import ask, first_is_meant, is_terminal, who_and
from ptcrm.cli.options import LITERAL, Session, writing
from ptcrm.cli.output import say, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.dates import long_day
from ptcrm.model.typed import plain
from ptcrm.model.values import parse_whole
from ptcrm.vault.log import follow_up_words
from ptcrm.vault.schema import BY_NAME, near_miss, own_field
from ptcrm.views.entries import customer_of, past_day
from ptcrm.views.playbook import NamedStep, named_steps, step_what
from ptcrm.views.writing import field_set, moved, open_step, settled, snoozed, ticked

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.vault.index import Match


_KEY = re.compile(r"[^\W\d_][\w-]*")
_NOT_KEYS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")  # YAML has other plans for these


@click.command("done")
@click.argument("words", metavar="WHO [N]", nargs=-1)
@click.option("--log", "text", metavar="TEXT", help="Write this into the log as well.")
@click.option("--date", "day", metavar="DAY", default="today", show_default=True, help="When it was done.")
@writing
def done_command(session: Session, words: tuple[str, ...], text: str | None, day: str) -> None:
    """Tick an open follow-up, or settle a playbook's step; a repeating follow-up gets its next line.

    N is a follow-up's number in `ptcrm show WHO`, or a step's name in `ptcrm playbook WHO`.
    It may be left out if only one is due.

    \b
    Examples:
      ptcrm done anna
      ptcrm done anna 2 --log "She likes the blue one"
      ptcrm done anna after-sale/2
    """
    workspace = session.workspace()
    match, rest = first_is_meant(session, words)
    on = past_day(day, workspace.today)
    picked = _picked(session, match, " ".join(rest))
    file = workspace.changing(match)
    if isinstance(picked, NamedStep):
        done = settled(workspace, file, picked, text, on)
    else:
        done = ticked(workspace, file, picked, text, on)
    if session.apply(done.operation):
        for line in done.said:
            say(line)


def _picked(session: Session, match: Match, words: str) -> FollowUp | NamedStep:
    """What is meant by `words`; at a terminal it is asked for if they leave it open."""
    workspace = session.workspace()
    customer = customer_of(workspace.changing(match).reading)
    steps = named_steps(workspace.runs_of(match.path))
    known: FollowUp | NamedStep | None = session.answers.get("done")
    if known:
        return _again(known, customer, steps)
    try:
        return _pick(customer, steps, words, workspace.today)
    except _WhichOneError as question:
        if not is_terminal():
            raise
        with session.unlocked():
            tell(f"Which one is done?\n{question.choices}")
            answer = ask("Number or name (Enter for none): ")
        if not answer:
            raise NotFoundError("Nothing was chosen.") from None
        picked = session.answers["done"] = _pick(customer, steps, answer, workspace.today)
        customer = customer_of(workspace.changing(match).reading)
        return _again(picked, customer, named_steps(workspace.runs_of(match.path)))


def _again(known: FollowUp | NamedStep, customer: Customer, steps: list[NamedStep]) -> FollowUp | NamedStep:
    """What was chosen, as the file has it now; raises `NotFoundError` if it is closed meanwhile."""
    if isinstance(known, NamedStep):
        found = [one for one in steps if one.key == known.key and one.run.began == known.run.began]
        return open_step(customer, (found or [known])[0])
    for one in customer.open_follow_ups:
        if (one.origin, one.due) == (known.origin, known.due):
            return one
    raise NotFoundError(f"{follow_up_words(known)}: this is not open any more.")


class _WhichOneError(NotFoundError):
    """More than one may be meant; `choices` lists them."""

    def __init__(self, message: str, choices: str) -> None:
        super().__init__(f"{message}\n{choices}")
        self.choices = choices


def _pick(customer: Customer, steps: list[NamedStep], words: str, today: date) -> FollowUp | NamedStep:
    """What is meant: by number or name, else the only one due.

    What is not due yet must be named: it would count as contact, and a command given twice would close two.
    """
    found = customer.open_follow_ups
    named = next((one for one in steps if one.key.casefold() == words.casefold()), None)
    if named:
        return open_step(customer, named)
    waiting = [one for one in steps if one.step.state == "open"]
    if not found and not waiting:
        hint = f'To note a contact: ptcrm log {customer.id} "call: …"'
        raise NotFoundError(f"{customer.name} has no open follow-up. {hint}")
    if words:
        return _numbered(customer, found, waiting, words)
    due = [one for one in found if one.due <= today]
    due_steps = [one for one in waiting if one.step.due <= today]
    if len(due) + len(due_steps) == 1:
        return (due or due_steps)[0]
    form = "1" if len(found) == 1 and not waiting else "N" if found else "STEP"
    message = f"Say which one is done: ptcrm done {customer.id} {form}"
    if not due and not due_steps:
        message = f'Nothing is due yet. {message}, or note a contact: ptcrm log {customer.id} "visit: …"'
    raise _WhichOneError(message, _listed(found, waiting))


def _numbered(customer: Customer, found: list[FollowUp], steps: list[NamedStep], words: str) -> FollowUp:
    """The follow-up with the number that `words` give; raises `UsageError` and `NotFoundError`."""
    number = parse_whole(words)
    if not isinstance(number, int):
        step = " and no open step" if steps else ""
        raise UsageError(f"“{words}” is no number of a follow-up{step}:\n{_listed(found, steps)}")
    if not 1 <= number <= len(found):
        raise NotFoundError(f"{customer.name} has no follow-up {number}:\n{_listed(found, steps)}")
    return found[number - 1]


def _listed(found: list[FollowUp], steps: list[NamedStep]) -> str:
    """Follow-ups by their numbers, then playbooks' steps by their names."""
    rows = [(str(number), f"{one.due}  {follow_up_words(one)}") for number, one in enumerate(found, 1)]
    rows += [(one.key, f"{one.step.due}  {step_what(one.step)}") for one in steps]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {words}" for name, words in rows)


@click.command("move", context_settings=LITERAL)
@click.argument("words", metavar="WHO [N] DAY", nargs=-1, required=True)
@writing
def move_command(session: Session, words: tuple[str, ...]) -> None:
    """Give an open follow-up another day.

    N is its number in `ptcrm show WHO`. It may be left out if only one is open, or only one is due.

    \b
    Examples:
      ptcrm move anna next monday
      ptcrm move anna 2 +1w
    """
    session.for_names = True
    workspace = session.workspace()
    match, rest = who_and(session, words, "DAY")
    number, day = (rest[0], rest[1:]) if isinstance(parse_whole(rest[0]), int) else ("", rest)
    if not day:
        raise UsageError(f"The day is missing: ptcrm move {match.id} {number} DAY")
    customer = customer_of(workspace.changing(match).reading)
    task = _to_move(customer, number, workspace.today)
    operation, to = moved(workspace, match, task.origin, " ".join(day))
    if session.apply(operation):
        say(f"{match.path}: {to} {follow_up_words(task)} (it was for {task.due})")


def _to_move(customer: Customer, number: str, today: date) -> FollowUp:
    """The follow-up with this number, else the only one that is open, or the only one due; raises as `_numbered`."""
    found = customer.open_follow_ups
    if not found:
        raise NotFoundError(f"{customer.name} has no open follow-up.")
    if number:
        return _numbered(customer, found, [], number)
    for few in (found, [one for one in found if one.due <= today]):
        if len(few) == 1:
            return few[0]
    raise NotFoundError(f"Say which one is moved: ptcrm move {customer.id} N DAY\n{_listed(found, [])}")


@click.command("snooze", context_settings=LITERAL)
@click.argument("words", metavar="WHO UNTIL", nargs=-1, required=True)
@writing
def snooze_command(session: Session, words: tuple[str, ...]) -> None:
    """Leave a customer in peace until a day.

    \b
    Examples:
      ptcrm snooze anna next monday
      ptcrm snooze anna +6w
      ptcrm set anna snooze ""        (ends it)
    """
    session.for_names = True
    workspace = session.workspace()
    match, until = who_and(session, words, "UNTIL")
    operation, day = snoozed(workspace, match, " ".join(until))
    if session.apply(operation):
        say(f"{match.name} is snoozed until {long_day(day)}.")


@click.command("set", context_settings=LITERAL)
@click.argument("words", metavar="WHO FIELD VALUE", nargs=-1, required=True)
@writing
def set_command(session: Session, words: tuple[str, ...]) -> None:
    """Give a field a value; a list field takes several in the place of those it has, "" takes it away.

    \b
    Examples:
      ptcrm set anna tier gold
      ptcrm set anna cadence 3 weeks
      ptcrm set anna tags bike-shop newsletter
      ptcrm set anna left_reason ""
    """
    session.for_names = True
    workspace = session.workspace()
    match, (name, *values) = who_and(session, words, "FIELD VALUE")
    if not values:
        raise UsageError(f'A value is missing: ptcrm set {match.id} {name} VALUE (or "" to take it away)')
    field = BY_NAME.get(name)
    if field is None and any(values) and (not _KEY.fullmatch(name) or name.lower() in _NOT_KEYS):
        raise UsageError(
            f"“{name}” cannot be a field's name: write letters first, then letters, digits, - and _."
        )
    if field is None and any(values) and (near := near_miss(name)):
        raise UsageError(f"“{name}” is no field. Did you mean “{near}”?")
    operation, written = field_set(
        workspace, match, field or own_field(name), [plain(value) for value in values]
    )
    if operation is None:
        say(f"{match.path}: there is no {name}.")
        return
    if not session.apply(operation):
        return
    say(f"{match.path}: {name}: {', '.join(written) or '(taken away)'}")
    if name == "id":
        tell("Calendar entries of this customer get a new identity: apps show them as new.")
