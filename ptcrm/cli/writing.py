"""Commands that change one line or field of a customer's file: log, done, snooze, set."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, a_day, known_word, plain, writing
from ptcrm.cli.output import say, tell
from ptcrm.errors import NotFoundError, RefusedError, UsageError
from ptcrm.model.change import Operation
from ptcrm.model.dates import long_day, parse_day
from ptcrm.model.diagnostic import Problem
from ptcrm.model.reading import parse_whole
from ptcrm.vault.amend import amended
from ptcrm.vault.fields import set_field
from ptcrm.vault.lines import append_entry, entry_line, tick
from ptcrm.vault.log import following
from ptcrm.vault.schema import BY_NAME, Field, near_miss, own_field, values_for
from ptcrm.views.customer import follow_up_words
from ptcrm.views.playbook import NamedStep, named_steps, step_what

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.vault.index import Match
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace


_KEY = re.compile(r"[^\W\d_][\w-]*")
_NOT_KEYS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")  # YAML has other plans for these
_OPTION = re.compile(r"--[A-Za-z][A-Za-z-]*(?:=.*)?")
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_TIMED = re.compile(r"[0-9]{1,2}:[0-9]{2}\b")
# Words such as -2d, or a dash before a text, are no options; nor is the h in them a call for help.
_LITERAL = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.command("log", context_settings=_LITERAL)
@click.argument("words", metavar="WHO TEXT", nargs=-1, required=True)
@click.option("--date", "day", metavar="DAY", default="today", show_default=True, help="When it was.")
@writing
def log_command(session: Session, words: tuple[str, ...], day: str) -> None:
    """Write a line into a customer's log.

    TEXT is `CHANNEL: what happened`; without a channel it is a contact.

    \b
    Examples:
      ptcrm log anna "call: The new shop opens in May #expansion"
      ptcrm log anna "email (in): Asked for the price list" --date yesterday
      ptcrm log jan nowak 14:30 visit: Saw the frames
    """
    workspace = session.workspace()
    match, text = _who_and(workspace, words, "TEXT")
    reading = workspace.reading(match)
    line = _entry(workspace, " ".join(text), _past_day(day, workspace.today))
    change = amended(reading, append_entry(reading, line, workspace.reader), workspace.reader)
    if not session.apply(Operation(f"log {match.id} {' '.join(text)}", (change,))):
        return
    say(f"{match.path}: {line}")
    waiting = [one for one in _customer(reading).open_follow_ups if one.due <= workspace.today]
    if waiting:
        still = f"{waiting[0].due} {follow_up_words(waiting[0])}"
        tell(f"Still open: {still}. Close it with `ptcrm done {match.id}`.")


def _who_and(workspace: Workspace, words: tuple[str, ...], rest: str) -> tuple[Match, tuple[str, ...]]:
    """The customer whom the first words mean, and the rest; raises `UsageError` if there is no rest."""
    if words[0] == "-h":
        context = click.get_current_context()
        click.echo(context.get_help())
        context.exit()
    unknown = next((word for word in words if _OPTION.fullmatch(word)), None)
    if unknown:
        raise UsageError(f"“{unknown}” is no option here. See `ptcrm --help`.")
    match, others = workspace.find_first(tuple(plain(word) for word in words))
    if not others:
        raise UsageError(f"Something is missing after “{' '.join(words)}”: {rest}.")
    return match, others


def _past_day(words: str, today: date) -> date:
    day = a_day(words, today)
    if day > today:
        last = f"last {words}"
        hint = "" if isinstance(parse_day(last, today), Problem) else f" Did you mean “{last}”?"
        raise UsageError(f"{long_day(day)} is after today, and a log says what has happened.{hint}")
    return day


def _entry(workspace: Workspace, words: str, day: date) -> str:
    """The log line for `words`; words without a channel are a contact. Raises `UsageError`."""
    text = plain(words)
    if workspace.reader.channel(text):
        raise UsageError(f"Say what happened: {text}: …")
    if _DATED.match(text):
        raise UsageError("a text begins without its date; say when it was with --date")
    line = entry_line(day, text)
    found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem) and not _is_slip(found, text):
        line = entry_line(day, f": {text}")
        found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem):
        raise UsageError(f"{found.message}. {found.hint}")
    if not found.text:
        raise UsageError('Say what happened: ptcrm log WHO "call: Talked about the frames"')
    return line


def _is_slip(problem: Problem, text: str) -> bool:
    """Whether the words were meant to have a channel, qualifier or time, and it is misspelt."""
    slip = problem.code == "PT203" or problem.hint.startswith("Did you mean")
    return slip or _TIMED.match(text) is not None


def _customer(reading: Reading) -> Customer:
    assert reading.customer is not None  # noqa: S101  # `Workspace.reading` gives customers alone
    return reading.customer


@click.command("done")
@click.argument("words", metavar="WHO [N]", nargs=-1, required=True)
@click.option("--log", "text", metavar="TEXT", help="Write this into the log as well.")
@click.option("--date", "day", metavar="DAY", default="today", show_default=True, help="When it was done.")
@writing
def done_command(session: Session, words: tuple[str, ...], text: str | None, day: str) -> None:
    """Tick an open follow-up, or settle a playbook's step; a repeating follow-up gets its next line.

    N is a follow-up's number in `ptcrm show WHO`, or a step's name in `ptcrm playbook WHO`.
    It may be left out if only one is due, or only one follow-up is open.

    \b
    Examples:
      ptcrm done anna
      ptcrm done anna 2 --log "She likes the blue one"
      ptcrm done anna after-sale/2
    """
    workspace = session.workspace()
    match, rest = workspace.find_first(words)
    reading = workspace.reading(match)
    steps = named_steps(workspace.runs_of(match.path))
    picked = _pick(_customer(reading), steps, " ".join(rest), workspace.today)
    on = _past_day(day, workspace.today)
    if isinstance(picked, NamedStep):
        _settle(session, reading, picked, text, on)
    else:
        _tick(session, reading, picked, text, on)


def _tick(session: Session, reading: Reading, task: FollowUp, text: str | None, on: date) -> None:
    """Close a follow-up on the day `on`, and write `text` into the log if there is any."""
    workspace, who = session.workspace(), _customer(reading)
    amendment = tick(reading, task, on)
    line = ""
    if text is not None:
        line = _entry(workspace, _with_channel(text, task.channel, workspace), on)
        amendment += append_entry(reading, line, workspace.reader)
    change = amended(reading, amendment, workspace.reader)
    if not session.apply(Operation(f"done {who.id} {follow_up_words(task)}", (change,))):
        return
    say(f"{who.path}: done {on}: {follow_up_words(task)}")
    if line:
        say(f"{who.path}: {line}")
    if task.every:
        coming = following(replace(task, mark="done", done=on))
        say(f"Next: {coming.due} {follow_up_words(coming)}")


def _settle(session: Session, reading: Reading, one: NamedStep, text: str | None, on: date) -> None:
    """Write the log entry that settles a playbook's step (FORMAT §4 "Playbook step")."""
    workspace, who = session.workspace(), _customer(reading)
    if on < one.run.began:
        raise UsageError(f"{long_day(on)} is before {one.run.playbook} began, on {long_day(one.run.began)}.")
    usual = one.step.text or f"step {one.step.number} of {one.run.playbook}"
    words = _with_channel(usual if text is None else text, one.step.channel, workspace)
    line = f"{_entry(workspace, words, on)} [step:: {one.key}]"
    found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem) or dict(found.fields).get("step") != one.key:
        raise RefusedError(
            f"No log entry can name the step “{one.key}”: rename the playbook. Nothing was written."
        )
    change = amended(reading, append_entry(reading, line, workspace.reader), workspace.reader)
    if not session.apply(Operation(f"done {who.id} {one.key}", (change,))):
        return
    say(f"{who.path}: {line}")
    for step in one.run.steps:
        if step.state == "open" and step.due > one.step.due:
            say(f"Next: {step.due} {step_what(step)}")
            break


def _with_channel(words: str, channel: str | None, workspace: Workspace) -> str:
    """The channel before words that name none."""
    found = workspace.reader.parse_entry(entry_line(date(2000, 1, 1), plain(words)))
    return words if not isinstance(found, Problem) or channel is None else f"{channel}: {words}"


def _pick(customer: Customer, steps: list[NamedStep], words: str, today: date) -> FollowUp | NamedStep:
    """What is meant: by number or name, else the only one due, else the only follow-up open that does not repeat.

    A repeating one that is not due yet must be named, so that a command given twice closes it once.
    """
    found = customer.open_follow_ups
    named = next((one for one in steps if one.key.casefold() == words.casefold()), None)
    if named:
        return _open_step(customer, named)
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
    if not due_steps and len(found) == 1 and not found[0].every:
        return found[0]
    form = "N" if found else "STEP"
    raise NotFoundError(f"Say which one is done: ptcrm done {customer.id} {form}\n{_listed(found, waiting)}")


def _open_step(customer: Customer, one: NamedStep) -> NamedStep:
    """The step, if there is something left to do; a lapsed one may still be done. Raises `NotFoundError`."""
    by = one.step.by
    if by is None:
        return one
    if one.step.state == "follow-up":
        hint = f"See `ptcrm show {customer.id}`."
        raise NotFoundError(f"{one.key} is taken over by {by.text} ({by.path}:{by.line}). {hint}")
    raise NotFoundError(f"{one.key} is {one.step.state} already: {by.text} ({by.path}:{by.line}).")


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


@click.command("snooze", context_settings=_LITERAL)
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
    workspace = session.workspace()
    match, until = _who_and(workspace, words, "UNTIL")
    day = a_day(" ".join(until), workspace.today)
    if day <= workspace.today:
        hint = f'To end a snooze: ptcrm set {match.id} snooze ""'
        raise UsageError(f"{long_day(day)} is not after today. {hint}")
    operation, _ = _set(workspace, match, BY_NAME["snooze"], [day.isoformat()])
    if operation and session.apply(operation):
        say(f"{match.name} is snoozed until {long_day(day)}.")


@click.command("set", context_settings=_LITERAL)
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
    workspace = session.workspace()
    match, (name, *values) = _who_and(workspace, words, "FIELD VALUE")
    if not values:
        raise UsageError(f'A value is missing: ptcrm set {match.id} {name} VALUE (or "" to take it away)')
    field = BY_NAME.get(name)
    if field is None and any(values) and (not _KEY.fullmatch(name) or name.lower() in _NOT_KEYS):
        raise UsageError(
            f"“{name}” cannot be a field's name: write letters first, then letters, digits, - and _."
        )
    if field is None and any(values) and (near := near_miss(name)):
        raise UsageError(f"“{name}” is no field. Did you mean “{near}”?")
    operation, written = _set(workspace, match, field or own_field(name), [plain(value) for value in values])
    if operation is None:
        say(f"{match.path}: there is no {name}.")
        return
    if not session.apply(operation):
        return
    say(f"{match.path}: {name}: {', '.join(written) or '(taken away)'}")
    if name == "id":
        tell("Calendar entries of this customer get a new identity: apps show them as new.")


def _set(
    workspace: Workspace, match: Match, field: Field, words: list[str]
) -> tuple[Operation | None, list[str]]:
    """The operation that writes the field (None: there is nothing to take away), and the values as written."""
    values = values_for(field, words, workspace.today, workspace.index.link)
    if isinstance(values, Problem):
        raise UsageError(f"{values.message}. {values.hint}".strip())
    known_word(workspace, field, values)
    if field.name == "id" and values and workspace.index.is_anothers(values[0], match.path):
        raise RefusedError(f"“{values[0]}” is another customer's name for links. Nothing was written.")
    reading = workspace.reading(match)
    amendment = set_field(reading, field, values)
    if not amendment.edits and not values:
        return None, []
    change = amended(reading, amendment, workspace.reader)
    label = f"set {match.id} {field.name} {', '.join(values)}".rstrip()
    return Operation(label, (change,)), values
