"""The command that tells what differs between two states of the vault, customer by customer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import click

from ptcrm.cli.options import LITERAL, Session, json_option, pass_session
from ptcrm.cli.output import say, say_json, tell
from ptcrm.cli.past import content, history_of, then, whose
from ptcrm.errors import NotFoundError, PtcrmError
from ptcrm.git.changes import Version, changes, version
from ptcrm.git.told import told_words
from ptcrm.model.dates import parse_date, parse_day
from ptcrm.model.diagnostic import Problem
from ptcrm.model.typed import a_day, plain
from ptcrm.text.words import plural
from ptcrm.views.past import told_row

if TYPE_CHECKING:
    from ptcrm.git.changes import Told
    from ptcrm.git.history import History
    from ptcrm.workspace import Workspace

_RANGE = re.compile(r"(?P<old>.*?)\.\.\.?(?P<new>.*)")


class _Asked(NamedTuple):
    """Between which commits (None: what is on the disk), and whose files (none: all)."""

    old: str
    new: str | None
    who: tuple[str, ...]


class _Changed(NamedTuple):
    """What differs in one file: how it is called, where it is, and what is told."""

    name: str
    path: str
    told: tuple[Told, ...]


@click.command("diff", context_settings=LITERAL)
@click.argument("words", metavar="[REV] [WHO]", nargs=-1)
@json_option
@pass_session
def diff_command(session: Session, words: tuple[str, ...], as_json: bool) -> None:
    """What differs between the vault and its last commit, in fields and entries rather than lines.

    REV is another state to compare with: a day (as it was at its end), or a revision of git's. REV..REV are two.

    \b
    Examples:
      ptcrm diff
      ptcrm diff anna
      ptcrm diff 2026-11-01
      ptcrm diff HEAD~3..HEAD anna
    """
    workspace, history = session.workspace(), history_of(session)
    asked = _asked(session, history, words)
    found, others = _changed(workspace, history, asked)
    if asked.who:
        path = whose(session, asked.who, history).path
        found = [one for one in found if path == one.path]
    if as_json:
        say_json(
            [{"name": one.name, "path": one.path, "changes": list(map(told_row, one.told))} for one in found]
        )
        return
    for one in found:
        say(f"{one.name} ({one.path})", "title")
        for line in told_words(one.told):
            say(f"    {line}")
    if not found:
        say("No customer's file differs.")
    if others and not asked.who:
        tell(
            f"{plural(others, 'other file')} differ too: git diff"
            if others > 1
            else "1 other file differs too: git diff"
        )


def _asked(session: Session, history: History, words: tuple[str, ...]) -> _Asked:
    """What the words ask for: the first is a state unless it names a customer. Raises `PtcrmError`."""
    head = history.commits.head
    if not words:
        return _Asked(head, None, ())
    first, rest = words[0], words[1:]
    span = _RANGE.fullmatch(first)
    if span:
        old, new = (_revision(session, history, span[name] or "HEAD") for name in ("old", "new"))
        return _Asked(_demand(old, span["old"]), _demand(new, span["new"]), rest)
    is_day = not isinstance(parse_day(first, session.workspace().today), Problem)
    if not is_day and session.workspace().index.find(plain(first)):
        return _Asked(head, None, words)
    old = _revision(session, history, first)
    if old is None:
        _demand_who(session, history, words)
    return _Asked(old, None, rest) if old else _Asked(head, None, words)


def _demand_who(session: Session, history: History, words: tuple[str, ...]) -> None:
    """Raise `NotFoundError` for words that are neither a state of the vault nor somebody."""
    try:
        whose(session, words, history)
    except NotFoundError as error:
        hint = f"Nor is “{words[0]}” a revision of this repository, or a day."
        raise NotFoundError(f"{error}\n{hint}") from error


def _demand(revision: str | None, words: str) -> str:
    if revision is None:
        raise NotFoundError(f"“{words}” is no revision of this repository, and no day.")
    return revision


def _revision(session: Session, history: History, words: str) -> str | None:
    """The commit that `words` name: a day's, or git's own; None if they name none."""
    if isinstance(parse_date(words), Problem):
        try:
            a_day(words, session.workspace().today)
        except PtcrmError:
            name = f"{words}^{{commit}}"
            return history.commits.repo.line("rev-parse", "--verify", "--quiet", "--end-of-options", name)
    return then(session, history, words).commit.id


def _changed(workspace: Workspace, history: History, asked: _Asked) -> tuple[list[_Changed], int]:
    """The customers' files that differ, by path; and how many others do."""
    differing = history.between(asked.old, asked.new)
    customers = {path for path in differing if _is_customers(workspace, path)}
    before, after = dict[str, Version](), dict[str, Version]()
    for path in sorted(customers):
        old, new = differing[path]
        if one := history.version(path, old):
            before[path] = one
        if one := _after(workspace, history, path, new, is_disk=asked.new is None):
            after[path] = one
    return list(_paired(history, before, after)), len(differing.keys() - customers)


def _after(
    workspace: Workspace, history: History, path: str, blob: str | None, *, is_disk: bool
) -> Version | None:
    if not is_disk:
        return history.version(path, blob)
    found = content(workspace, path)
    return None if found is None else version(path, found, workspace.reader)


def _is_customers(workspace: Workspace, path: str) -> bool:
    return path.endswith(".md") and any(
        path.startswith(f"{folder.rstrip('/')}/") or folder == "." for folder in workspace.config.customers
    )


def _paired(history: History, before: dict[str, Version], after: dict[str, Version]) -> list[_Changed]:
    """Every file with what is told of it; one that went and one that came may be the same customer's."""
    gone = {path: one for path, one in before.items() if path not in after}
    found = []
    for path, new in after.items():
        old = before.get(path)
        if old is None:
            came = history.among(new, list(gone.values()))
            old = gone.pop(came.path) if came else None
        if (
            old
            and old.content
            and new.content
            and old.content.replace(b"\r\n", b"\n") == new.content.replace(b"\r\n", b"\n")
            and old.path == new.path
        ):
            continue
        if told := changes(old, new):
            found.append(_Changed(new.name or path, path, told))
    found += [_Changed(old.name or path, path, changes(old, None)) for path, old in gone.items()]
    return sorted(found, key=lambda one: one.path)
