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
from ptcrm.views.customer import follow_up_words, open_follow_ups

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
    waiting = [one for one in open_follow_ups(_customer(reading)) if one.due <= workspace.today]
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
    """Tick an open follow-up; a repeating one gets its next line.

    N is its number in `ptcrm show WHO`. It may be left out if only one is due, or only one is open.

    \b
    Examples:
      ptcrm done anna
      ptcrm done anna 2 --log "She likes the blue one"
    """
    workspace = session.workspace()
    match, rest = workspace.find_first(words)
    reading = workspace.reading(match)
    task = _pick(_customer(reading), rest, workspace.today)
    on = _past_day(day, workspace.today)
    amendment = tick(reading, task, on)
    line = ""
    if text is not None:
        line = _entry(workspace, _with_channel(text, task, workspace), on)
        amendment += append_entry(reading, line, workspace.reader)
    change = amended(reading, amendment, workspace.reader)
    if not session.apply(Operation(f"done {match.id} {follow_up_words(task)}", (change,))):
        return
    say(f"{match.path}: done {on}: {follow_up_words(task)}")
    if line:
        say(f"{match.path}: {line}")
    if task.every:
        coming = following(replace(task, mark="done", done=on))
        say(f"Next: {coming.due} {follow_up_words(coming)}")


def _with_channel(words: str, task: FollowUp, workspace: Workspace) -> str:
    """The follow-up's channel before words that name none."""
    found = workspace.reader.parse_entry(entry_line(date(2000, 1, 1), plain(words)))
    return words if not isinstance(found, Problem) or task.channel is None else f"{task.channel}: {words}"


def _pick(customer: Customer, rest: tuple[str, ...], today: date) -> FollowUp:
    """The follow-up meant: by number, else the only one due, else the only one open that does not repeat.

    A repeating one that is not due yet must be named, so that a command given twice closes it once.
    """
    found = open_follow_ups(customer)
    if not found:
        hint = f'To note a contact: ptcrm log {customer.id} "call: …"'
        raise NotFoundError(f"{customer.name} has no open follow-up. {hint}")
    if rest:
        number = parse_whole(" ".join(rest))
        if not isinstance(number, int):
            raise UsageError(f"“{' '.join(rest)}” is no number of a follow-up:\n{_listed(found)}")
        if not 1 <= number <= len(found):
            raise NotFoundError(f"{customer.name} has no follow-up {number}:\n{_listed(found)}")
        return found[number - 1]
    due = [one for one in found if one.due <= today]
    if len(due) == 1:
        return due[0]
    if len(found) == 1 and not found[0].every:
        return found[0]
    raise NotFoundError(f"Say which one is done: ptcrm done {customer.id} N\n{_listed(found)}")


def _listed(found: list[FollowUp]) -> str:
    return "\n".join(f"  {number}  {one.due}  {follow_up_words(one)}" for number, one in enumerate(found, 1))


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
