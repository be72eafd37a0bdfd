"""What is written of a contact, as operations: an entry, a follow-up or step that is done, a field's value.

The commands and the page write the same bytes, since both ask here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, RefusedError, UsageError
from ptcrm.model.change import Operation
from ptcrm.model.dates import long_day
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import a_day
from ptcrm.text.near import suggest
from ptcrm.text.safe import one_line
from ptcrm.vault.fields import set_field
from ptcrm.vault.lines import append_entry, move, tick
from ptcrm.vault.log import follow_up_words, following
from ptcrm.vault.schema import BY_NAME, values_for
from ptcrm.views.entries import appended, called, customer_of, entry, with_channel
from ptcrm.views.playbook import step_what

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.model.customer import Customer, FollowUp
    from ptcrm.vault.abridged import Abridged
    from ptcrm.vault.index import Match
    from ptcrm.vault.schema import Field
    from ptcrm.views.playbook import NamedStep
    from ptcrm.workspace import Workspace

_LABEL = 200  # characters of the text in the list of `ptcrm undo`


@dataclass(frozen=True, slots=True)
class Done:
    """An operation that closes something, and the lines that say so once it is made."""

    operation: Operation
    said: tuple[str, ...]


def logged(
    workspace: Workspace, people: Sequence[Match], text: str, on: date, query: str | None = None
) -> tuple[Operation, str]:
    """The operation that writes `text` into the logs of `people`, all or none, and the entry; raises `PtcrmError`.

    `query` is the one that found them, if one did.
    """
    line = entry(workspace, text, on)
    who = f"{called(people)} ({query})" if query else called(people)
    label = f"log {who} {one_line(text)[:_LABEL]}"
    return Operation(label, appended(workspace, people, line)), line


def ticked(workspace: Workspace, file: Abridged, task: FollowUp, text: str | None, on: date) -> Done:
    """What closes a follow-up on the day `on`, and writes `text` into the log if there is any; raises `PtcrmError`."""
    who = customer_of(file.reading)
    amendment = tick(file.reading, task, on)
    planned = "" if task.due == workspace.today else f" (it was for {task.due})"
    said = [f"{who.path}: done {on}: {follow_up_words(task)}{planned}"]
    if text is not None:
        line = entry(workspace, text, on, task.channel)
        amendment += append_entry(file.reading, line, workspace.reader)
        said.append(f"{who.path}: {line}")
    if task.every:
        coming = following(replace(task, mark="done", done=on))
        said.append(f"Next: {coming.due} {follow_up_words(coming)}")
    change = file.amended(amendment, workspace.reader)
    return Done(Operation(f"done {who.id} {follow_up_words(task)}", (change,)), tuple(said))


def settled(workspace: Workspace, file: Abridged, one: NamedStep, text: str | None, on: date) -> Done:
    """What writes the log entry that settles a playbook's step (FORMAT §4 "Playbook step"); raises `PtcrmError`."""
    who = customer_of(file.reading)
    if on < one.run.began:
        raise UsageError(f"{long_day(on)} is before {one.run.playbook} began, on {long_day(one.run.began)}.")
    usual = one.step.text or f"step {one.step.number} of {one.run.playbook}"
    words = with_channel(usual, one.step.channel, workspace) if text is None else text
    line = f"{entry(workspace, words, on, one.step.channel)} [step:: {one.key}]"
    found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem) or dict(found.fields).get("step") != one.key:
        raise RefusedError(
            f"No log entry can name the step “{one.key}”: rename the playbook. Nothing was written."
        )
    change = file.amended(append_entry(file.reading, line, workspace.reader), workspace.reader)
    coming = next((step for step in one.run.steps if step.state == "open" and step.due > one.step.due), None)
    said = [f"{who.path}: {line}", *([f"Next: {coming.due} {step_what(coming)}"] if coming else [])]
    return Done(Operation(f"done {who.id} {one.key}", (change,)), tuple(said))


def moved(workspace: Workspace, match: Match, origin: str, to: str) -> tuple[Operation, date]:
    """The operation that gives the open follow-up `origin` the day that `to` names, and the day; raises `PtcrmError`.

    The day of feedback is the one on which it came, so it cannot be moved.
    """
    day, file = a_day(to, workspace.today), workspace.changing(match)
    who = customer_of(file.reading)
    task = next((one for one in who.open_follow_ups if one.origin == origin), None)
    if task is None:
        raise NotFoundError("This follow-up is not open any more. Nothing was written.")
    if task.channel == "feedback":
        raise UsageError("The day of feedback is the one on which it came: it cannot be moved.")
    if day < workspace.today:
        raise UsageError(f"{long_day(day)} is before today. Nothing was written.")
    if day == task.due:
        raise UsageError(f"It stands on {long_day(day)} already.")
    change = file.amended(move(file.reading, task, day), workspace.reader)
    return Operation(f"move {who.id} {follow_up_words(task)} to {day}", (change,)), day


def open_step(customer: Customer, one: NamedStep) -> NamedStep:
    """The step, if there is something left to do; a lapsed one may still be done. Raises `NotFoundError`."""
    by = one.step.by
    if by is None:
        return one
    if one.step.state == "follow-up":
        hint = f"See `ptcrm show {customer.id}`."
        raise NotFoundError(f"{one.key} is taken over by {by.text} ({by.path}:{by.line}). {hint}")
    raise NotFoundError(f"{one.key} is {one.step.state} already: {by.text} ({by.path}:{by.line}).")


def snoozed(workspace: Workspace, match: Match, until: str) -> tuple[Operation, date]:
    """The operation that leaves a customer in peace until the day that `until` names, and the day; raises `PtcrmError`."""
    day = a_day(until, workspace.today)
    operation, _ = field_set(workspace, match, BY_NAME["snooze"], [day.isoformat()])
    assert operation is not None  # noqa: S101  # only what is taken away may not be there
    return operation, day


def field_set(
    workspace: Workspace, match: Match, field: Field, words: list[str]
) -> tuple[Operation | None, list[str]]:
    """The operation that writes the field (None: there is nothing to take away), and the values as written.

    Raises `PtcrmError`.
    """
    values = values_for(field, words, workspace.today, workspace.index.link)
    if isinstance(values, Problem):
        raise UsageError(f"{values.message}. {values.hint}".strip())
    known_word(workspace, field, values)
    if field.name == "snooze" and values and (day := date.fromisoformat(values[0])) <= workspace.today:
        hint = f'To end a snooze: ptcrm set {match.id} snooze ""'
        raise UsageError(f"{long_day(day)} is not after today. {hint}")
    if field.name == "id" and values and workspace.index.is_anothers(values[0], match.path):
        raise RefusedError(f"“{values[0]}” is another customer's name for links. Nothing was written.")
    file = workspace.changing(match)
    amendment = set_field(file.reading, field, values)
    if not amendment.edits and not values:
        return None, []
    change = file.amended(amendment, workspace.reader)
    label = f"set {match.id} {field.name} {', '.join(values)}".rstrip()
    return Operation(label, (change,)), values


def known_word(workspace: Workspace, field: Field, values: list[str]) -> None:
    """Refuse tiers, statuses and channels that are not configured: a slip would silently change the plan."""
    channels = workspace.reader.names
    known: dict[str, tuple[str, list[str]]] = {
        "tier": ("tier", list(workspace.config.tiers)),
        "status": ("status", list(workspace.config.statuses)),
        "prefers": ("channel", list(channels)),
        "avoids": ("channel", list(channels)),
    }
    noun, words = known.get(field.name, ("", []))
    for value in values:
        if noun and value not in words and not (noun == "channel" and workspace.reader.channel(value)):
            hint = suggest(value, words) or f"Known are: {', '.join(words) or 'none; see ptcrm.yaml'}."
            raise UsageError(f"“{value}” is no {noun}. {hint}")
