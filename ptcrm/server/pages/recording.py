"""What the forms write: a log entry, something done, a snooze; and taking it back.

Each form carries the digest of the customer's file as it was drawn. If the file is another by now, nothing is
written: the person sees what would be written into it now, and decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, PtcrmError, UsageError
from ptcrm.model.change import Write, diff_of
from ptcrm.server.pages.page import Page, Verbatim, back_to
from ptcrm.server.pages.rows import match_of
from ptcrm.text.source import digest
from ptcrm.views.entries import customer_of, past_day
from ptcrm.views.playbook import named_steps
from ptcrm.views.writing import logged, moved, open_step, settled, snoozed, ticked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import date

    from ptcrm.model.change import Operation
    from ptcrm.server.pages.page import Asked, Elsewhere
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

    Make = Callable[[Workspace, Match, Mapping[str, str]], Operation]

WAIT_SECONDS = 3.0  # for another command that writes


def log(workspace: Workspace, asked: Asked) -> Page | Elsewhere:
    """Write an entry into a customer's log, as `ptcrm log` does."""
    return _written(workspace, asked, "log", _log)


def done(workspace: Workspace, asked: Asked) -> Page | Elsewhere:
    """Close a follow-up or settle a step, as `ptcrm done` does."""
    return _written(workspace, asked, "done", _done)


def snooze(workspace: Workspace, asked: Asked) -> Page | Elsewhere:
    """Leave a customer in peace until a day, as `ptcrm snooze` does."""
    return _written(workspace, asked, "snooze", _snooze)


def move(workspace: Workspace, asked: Asked) -> Page | Elsewhere:
    """Give an open follow-up another day, as `ptcrm move` does."""
    return _written(workspace, asked, "move", _move)


def undo(workspace: Workspace, asked: Asked) -> Elsewhere:
    """Take back the operation whose number the form has, as `ptcrm undo N` does; raises `PtcrmError`."""
    number = asked.form.get("number", "")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise NotFoundError("This form names no operation to take back.")
    with alone(workspace):
        made = workspace.journal.next_number()
        workspace.undo(int(number))
    return back_to(asked, made)


def alone(workspace: Workspace) -> AbstractContextManager[None]:
    """The vault alone among all that write; raises `BusyError` soon, since other pages wait for this one."""
    return workspace.journal.locked(wait=WAIT_SECONDS)


def _written(workspace: Workspace, asked: Asked, action: str, make: Make) -> Page | Elsewhere:
    """Apply what `make` makes of the form, unless the file is no longer the one that the page was drawn from."""
    match, form = match_of(workspace, asked.path["id"]), asked.form
    with alone(workspace):
        number = workspace.journal.next_number()
        try:
            operation = make(workspace, match, form)
            if seen_by(operation) != form.get("seen"):
                return _again(asked, action, match, operation)
            workspace.apply(operation)
        except PtcrmError as error:
            return _again(asked, action, match, str(error))
        return back_to(asked, number if workspace.journal.record(number) else 0)


def seen_by(operation: Operation) -> str:
    """The digest of the file that an operation on one file was made from."""
    (change,) = operation.changes
    assert isinstance(change, Write)  # noqa: S101  # customers' files are there already
    return digest(change.old)


def _again(asked: Asked, action: str, match: Match, why: str | Operation) -> Page:
    """The form once more, with what was typed: it could not be written, or the file has changed and the person decides."""
    form = {name: Verbatim(value) for name, value in asked.form.items()}
    values: dict[str, object] = {"action": action, "match": match, "form": form}
    if isinstance(why, str):
        return Page(
            "again.html", {**values, "words": why, "diff": "", "seen": asked.form.get("seen", "")}, 422
        )
    diff = diff_of(why.changes[0])
    return Page("again.html", {**values, "words": "", "diff": diff, "seen": seen_by(why)}, 409)


def _log(workspace: Workspace, match: Match, form: Mapping[str, str]) -> Operation:
    text = _text(form)
    if not text:
        raise UsageError("Say what happened, as in “call: The new shop opens in May”.")
    return logged(workspace, [match], text, _day(workspace, form))[0]


def _done(workspace: Workspace, match: Match, form: Mapping[str, str]) -> Operation:
    file, what, on = workspace.changing(match), form.get("what", ""), _day(workspace, form)
    customer, text = customer_of(file.reading), _text(form) or None
    if form.get("kind") == "playbook":
        for one in named_steps(workspace.runs_of(match.path)):
            if f"{one.key} {one.run.began}" == what:
                return settled(workspace, file, open_step(customer, one), text, on).operation
    for task in customer.open_follow_ups:
        if task.origin == what:
            return ticked(workspace, file, task, text, on).operation
    raise NotFoundError("This is not open any more.")


def _snooze(workspace: Workspace, match: Match, form: Mapping[str, str]) -> Operation:
    return snoozed(workspace, match, form.get("until", ""))[0]


def _move(workspace: Workspace, match: Match, form: Mapping[str, str]) -> Operation:
    return moved(workspace, match, form.get("what", ""), form.get("to", ""))[0]


def _text(form: Mapping[str, str]) -> str:
    """What was typed, with the line ends of a text rather than those of a form."""
    return form.get("text", "").replace("\r\n", "\n").strip()


def _day(workspace: Workspace, form: Mapping[str, str]) -> date:
    return past_day(form.get("on", "").strip() or "today", workspace.today)
