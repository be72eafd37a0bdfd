"""Commands that change one line or field of a customer's file: log, done, snooze, set."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, a_day, pass_session, plain, who_argument
from ptcrm.cli.output import long_day, say, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.change import Operation
from ptcrm.model.diagnostic import Problem
from ptcrm.vault.amend import amended, append_entry, entry_line, set_field, tick
from ptcrm.vault.schema import BY_NAME, Field, near_miss, own_field, values_for
from ptcrm.views.customer import follow_up_words, open_follow_ups

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.text.edits import Edit
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace


@click.command("log")
@who_argument
@click.argument("words", metavar="TEXT", nargs=-1, required=True)
@click.option("--date", "day", metavar="DAY", default="today", show_default=True, help="When it was.")
@pass_session
def log_command(session: Session, who: str, words: tuple[str, ...], day: str) -> None:
    """Write a line into a customer's log.

    TEXT is `CHANNEL: what happened`; without a channel it is a contact.

    \b
    Examples:
      ptcrm log anna "call: The new shop opens in May #expansion"
      ptcrm log anna "email (in): Asked for the price list" --date yesterday
      ptcrm log jan 14:30 visit: Saw the frames
    """
    workspace = session.workspace()
    match = workspace.find(who)
    reading = workspace.reading(match)
    line = _entry(workspace, " ".join(words), _past_day(day, workspace.today))
    change = amended(reading, append_entry(reading, line), {"log"}, workspace.reader)
    workspace.apply(Operation(f"log {match.id}", (change,)))
    say(f"{match.path}: {line}")
    waiting = [one for one in open_follow_ups(_customer(reading)) if one.due <= workspace.today]
    if waiting:
        tell(
            f"Still open: {waiting[0].due} {follow_up_words(waiting[0])}. Close it with `ptcrm done {match.id}`."
        )


def _past_day(words: str, today: date) -> date:
    day = a_day(words, today)
    if day > today:
        hint = f" Did you mean “last {words}”?" if words.lower().isalpha() else ""
        raise UsageError(f"{long_day(day)} is after today, and a log says what has happened.{hint}")
    return day


def _entry(workspace: Workspace, words: str, day: date) -> str:
    """The log line for `words`; words without a channel are a contact. Raises `UsageError`."""
    text = plain(words)
    line = entry_line(day, text)
    found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem) and not found.hint.startswith("Did you mean"):
        line = entry_line(day, f": {text}")
        found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem):
        raise UsageError(f"{found.message}. {found.hint}")
    if not found.text:
        raise UsageError('Say what happened: ptcrm log WHO "call: Talked about the frames"')
    return line


def _customer(reading: Reading) -> Customer:
    assert reading.customer is not None  # noqa: S101  # `Workspace.reading` gives customers alone
    return reading.customer


@click.command("done")
@who_argument
@click.argument("number", metavar="[N]", required=False, type=click.IntRange(min=1))
@click.option("--log", "words", metavar="TEXT", help="Write this into the log as well.")
@click.option("--date", "day", metavar="DAY", default="today", show_default=True, help="When it was done.")
@pass_session
def done_command(session: Session, who: str, number: int | None, words: str | None, day: str) -> None:
    """Tick an open follow-up; a repeating one gets its next line.

    N is its number in `ptcrm show WHO`; it may be left out if only one is open or due.

    \b
    Examples:
      ptcrm done anna
      ptcrm done anna 2 --log "She likes the blue one"
    """
    workspace = session.workspace()
    match = workspace.find(who)
    reading = workspace.reading(match)
    task = _pick(_customer(reading), number, workspace.today)
    on = _past_day(day, workspace.today)
    edits = tick(reading, task, on)
    target = {"follow_ups"}
    line = ""
    if words is not None:
        line = _entry(workspace, _with_channel(words, task, workspace), on)
        edits += append_entry(reading, line)
        target.add("log")
    change = amended(reading, edits, target, workspace.reader)
    workspace.apply(Operation(f"done {match.id}", (change,)))
    say(f"{match.path}: done {on}: {follow_up_words(task)}")
    if line:
        say(f"{match.path}: {line}")
    if task.every:
        after = workspace.reading(match)
        coming = next((one for one in open_follow_ups(_customer(after)) if one.text == task.text), None)
        if coming:
            say(f"Next: {coming.due} {follow_up_words(coming)}")


def _with_channel(words: str, task: FollowUp, workspace: Workspace) -> str:
    """The follow-up's channel before words that name none."""
    found = workspace.reader.parse_entry(entry_line(date(2000, 1, 1), plain(words)))
    return words if not isinstance(found, Problem) or task.channel is None else f"{task.channel}: {words}"


def _pick(customer: Customer, number: int | None, today: date) -> FollowUp:
    """The follow-up meant: by number, else the only one open, else the only one due."""
    found = open_follow_ups(customer)
    if not found:
        hint = f'To note a contact: ptcrm log {customer.id} "call: …"'
        raise NotFoundError(f"{customer.name} has no open follow-up. {hint}")
    if number is not None:
        if number > len(found):
            raise NotFoundError(f"{customer.name} has {len(found)} open, not {number}:\n{_listed(found)}")
        return found[number - 1]
    due = [one for one in found if one.due <= today]
    if len(found) == 1 or len(due) == 1:
        return (due or found)[0]
    raise NotFoundError(
        f"{customer.name} has {len(found)} open; say which: ptcrm done {customer.id} N\n{_listed(found)}"
    )


def _listed(found: list[FollowUp]) -> str:
    return "\n".join(f"  {number}  {one.due}  {follow_up_words(one)}" for number, one in enumerate(found, 1))


@click.command("snooze", context_settings={"ignore_unknown_options": True})
@who_argument
@click.argument("until", metavar="UNTIL", nargs=-1, required=True)
@pass_session
def snooze_command(session: Session, who: str, until: tuple[str, ...]) -> None:
    """Leave a customer in peace until a day.

    \b
    Examples:
      ptcrm snooze anna next monday
      ptcrm snooze anna +6w
      ptcrm set anna snooze ""        (ends it)
    """
    workspace = session.workspace()
    day = a_day(" ".join(until), workspace.today)
    if day <= workspace.today:
        raise UsageError(f'{long_day(day)} is not after today. To end a snooze: ptcrm set {who} snooze ""')
    _set(workspace, who, BY_NAME["snooze"], [day.isoformat()])
    say(f"Snoozed until {long_day(day)}.")


@click.command("set", context_settings={"ignore_unknown_options": True})
@who_argument
@click.argument("field", metavar="FIELD")
@click.argument("values", metavar="VALUE", nargs=-1, required=True)
@pass_session
def set_command(session: Session, who: str, field: str, values: tuple[str, ...]) -> None:
    """Give a field a value; a list field takes several, and "" takes the field away.

    \b
    Examples:
      ptcrm set anna tier gold
      ptcrm set anna cadence 3 weeks
      ptcrm set anna tags bike-shop newsletter
      ptcrm set anna left_reason ""
    """
    workspace = session.workspace()
    known = BY_NAME.get(field)
    if known is None and (near := near_miss(field)):
        raise UsageError(f"“{field}” is no field. Did you mean “{near}”?")
    path, written = _set(workspace, who, known or own_field(field), [plain(value) for value in values])
    say(f"{path}: {field}: {', '.join(written) or '(taken away)'}")


def _set(workspace: Workspace, who: str, field: Field, words: list[str]) -> tuple[str, list[str]]:
    """Write the field; the path of the file, and the values as written. Raises `UsageError` for a value that cannot be understood."""
    match = workspace.find(who)
    values = values_for(field, words, workspace.today, workspace.index.link)
    if isinstance(values, Problem):
        raise UsageError(f"{values.message}. {values.hint}".strip())
    known_word(workspace, field, values)
    reading = workspace.reading(match)
    edits: list[Edit] = set_field(reading, field, values)
    target = {"own"} if field.name not in BY_NAME else {field.name}
    if field.name == "left":
        target.add("status")  # a customer who has left is a former one, unless the file says otherwise
    if edits:
        change = amended(reading, edits, target, workspace.reader)
        workspace.apply(Operation(f"set {match.id} {field.name}", (change,)))
    return match.path, values


def known_word(workspace: Workspace, field: Field, values: list[str]) -> None:
    """Tiers and statuses must be configured: a slip would silently change the cadence."""
    known = {"tier": list(workspace.config.tiers), "status": list(workspace.config.statuses)}.get(field.name)
    for value in values:
        if known is not None and value not in known:
            raise UsageError(
                f"“{value}” is no {field.name}. Known are: {', '.join(known) or 'none; see ptcrm.yaml'}."
            )
