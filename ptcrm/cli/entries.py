"""Log entries as they are typed: the line for what happened, and the day it was."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.cli.options import a_day, plain
from ptcrm.errors import UsageError
from ptcrm.model.dates import long_day, parse_day
from ptcrm.model.diagnostic import Problem
from ptcrm.vault.lines import entry_line

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer
    from ptcrm.vault.schema import Reading
    from ptcrm.workspace import Workspace

_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_TASK = re.compile(r"[ \t]*[-*+][ \t]+\[.\][ \t]+[0-9]{4}-")
_TIMED = re.compile(r"[0-9]{1,2}:[0-9]{2}\b")


def past_day(words: str, today: date) -> date:
    """The day that `words` name, today at the latest; raises `UsageError`."""
    day = a_day(words, today)
    if day > today:
        last = f"last {words}"
        hint = "" if isinstance(parse_day(last, today), Problem) else f" Did you mean “{last}”?"
        raise UsageError(f"{long_day(day)} is after today, and a log says what has happened.{hint}")
    return day


def entry(workspace: Workspace, words: str, day: date) -> str:
    """The log entry for `words`; words without a channel are a contact. Raises `UsageError`.

    Lines after the first belong to it (FORMAT §2.3); `append_entry` indents them.
    """
    first, *more = words.split("\n")
    if task := next(filter(_TASK.match, more), None):
        raise UsageError(f"“{task.strip()}” is a follow-up, and none of an entry. Add it with `ptcrm edit`.")
    text, below = plain(first), "".join(f"\n{line}" for line in more)
    if workspace.reader.channel(text):
        raise UsageError(f"Say what happened: {text}: …")
    if _DATED.match(text):
        raise UsageError("a text begins without its date; say when it was with --date")
    line = entry_line(day, text) + below
    found = workspace.reader.parse_entry(line)
    if isinstance(found, Problem) and not _is_slip(found, text):
        line = entry_line(day, f": {text}") + below
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


def with_channel(words: str, channel: str | None, workspace: Workspace) -> str:
    """The channel before words that name none."""
    found = workspace.reader.parse_entry(entry_line(date(2000, 1, 1), plain(words)))
    return words if not isinstance(found, Problem) or channel is None else f"{channel}: {words}"


def customer_of(reading: Reading) -> Customer:
    """The customer of a file that `Workspace.reading` gave."""
    assert reading.customer is not None  # noqa: S101  # `Workspace.reading` gives customers alone
    return reading.customer
