"""The command after which nothing of ptcrm's holds a customer any more, and which says what others still do."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ptcrm.cli.choosing import ask, is_terminal, who_is_meant
from ptcrm.cli.held import git_of, kept_of
from ptcrm.cli.options import Session, writing
from ptcrm.cli.output import say, say_table, tell
from ptcrm.errors import NotFoundError, RefusedError, UsageError
from ptcrm.git.remains import Known, Remains, for_messages, for_texts
from ptcrm.model.dates import long_day
from ptcrm.text.fold import same_id
from ptcrm.text.words import few, plural
from ptcrm.vault.forget import FORMER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.cli.held import InGit, Kept
    from ptcrm.vault.forget import Mention
    from ptcrm.workspace.forgotten import Held

_SHOWN = 20  # lines of a list
_ELSEWHERE = (
    "Calendar apps: what they subscribe to loses the events with the next refresh; imported events stay.",
    "Files that were exported (calendars, CSV, cards, labels), and mails that were sent.",
    "Backups, snapshots, and what a sync program or a disk keeps of deleted files (.stversions, the recycle bin).",
    "Other devices with this vault; and what editors remember there and here (undo files, lists of recent files).",
    "The history of your shell, and the log of a service that runs ptcrm.",
)


@click.command("forget")
@click.argument("who", metavar="WHO", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@writing
def forget_command(session: Session, who: tuple[str, ...], yes: bool) -> None:
    """Erase a customer for good: the file, what other files say, undo, cache and feeds.

    It cannot be undone. What is left elsewhere, in git's history above all, is listed with the way to remove it.

    \b
    Examples:
      ptcrm forget anna --dry-run
      ptcrm forget anna
      ptcrm forget anna --yes
    """
    match = who_is_meant(session, who)
    _confirm(session, match.id, yes=yes)
    workspace = session.workspace()
    held = workspace.held(match)
    kept, in_git = kept_of(workspace, held), git_of(session, held)
    _refuse_stuck(held)
    _say_places(held, kept, dry_run=session.dry_run)
    if not session.dry_run:
        workspace.erase(held.operation, kept.erasure(held))
        session.applied = True
    say_perhaps(held.perhaps)
    _say_git(in_git, held)
    _say_elsewhere(in_git)


def _confirm(session: Session, id_: str, *, yes: bool) -> None:
    """Ask for the id; raises `UsageError` where nobody can be asked, `NotFoundError` for another answer."""
    if yes or session.dry_run or session.answers.get("forget") == id_:
        return
    if not is_terminal():
        raise UsageError(
            f"This cannot be undone. See first: ptcrm forget {id_} --dry-run. Then do it: ptcrm forget {id_} --yes"
        )
    with session.unlocked():
        typed = ask(f"This cannot be undone. To forget {id_} for good, type {id_}: ")
    if same_id(typed) != same_id(id_):
        raise NotFoundError("That is not the id. Nothing was changed.")
    session.answers["forget"] = id_


def _refuse_stuck(held: Held) -> None:
    """Raise `RefusedError` if a file that names the customer cannot be written."""
    if held.stuck:
        places = "\n".join(f"  {one.path}:{one.line}: {one.text}" for one in held.stuck[:_SHOWN])
        raise RefusedError(
            f"{plural(len(held.stuck), 'line')} cannot be changed, since the file has errors (see `ptcrm check`). "
            f"Change these by hand, then forget {held.customer.id} again. Nothing was changed.\n{places}"
        )


# What is said


def _say_places(held: Held, kept: Kept, *, dry_run: bool) -> None:
    """Every place in the vault and in the user's own folders, with what becomes of it."""
    say("This would go, for good:" if dry_run else "Forgotten:", "title")
    say_table((path, "deleted") for path in held.own)
    for one in held.named[:_SHOWN] if not dry_run else held.named:
        say(f"  {one.path}:{one.line}")
        say(f"    - {one.text}", "-")
        say(f"    + {one.after}" if one.after else "    (the line goes)", "+" if one.after else "")
    if not dry_run and len(held.named) > _SHOWN:
        say(f"  and {plural(len(held.named) - _SHOWN, 'other line')}")
    say_table(_own_folders(kept))


def _own_folders(kept: Kept) -> Iterable[tuple[str, str]]:
    numbers = [str(number) for number in kept.numbers]
    if numbers:
        yield f"{plural(len(numbers), 'operation')} kept for undo", few(numbers)
    if kept.feeds:
        yield plural(len(kept.feeds), "feed"), "as last served; the server makes them anew"
    for path in (kept.cache, *kept.files):
        if path.exists():
            yield str(path), "deleted"


def say_perhaps(mentions: list[Mention]) -> None:
    """The lines that nobody but a person can judge."""
    if not mentions:
        return
    say(f"\nLook yourself: {plural(len(mentions), 'line')} may mean this customer, or somebody else", "title")
    for one in mentions[:_SHOWN]:
        say(f"  {one.path}{f':{one.line}' if one.line else ''}: {one.text[:100]}")
    if len(mentions) > _SHOWN:
        say(f"  and {len(mentions) - _SHOWN} more")


def _say_git(in_git: InGit, held: Held) -> None:
    found = in_git.found
    if in_git.problem:
        tell(f"What git still holds cannot be told: {in_git.problem}")
    if not found.commits:
        return
    days = sorted(found.days[one] for one in found.commits)
    say(
        f"\nGit still holds {plural(len(found.commits), 'commit')} in {in_git.top}, {_day(days[0])} to {_day(days[-1])}",
        "title",
    )
    say_table(_in_commits(found))
    say("\nTo take them out, with https://github.com/newren/git-filter-repo:", "title")
    for number, line in enumerate(_steps(in_git, held), 1):
        say(f"  {number}. {line}")


def _day(at: int) -> str:
    return long_day(datetime.fromtimestamp(min(max(at, 0), 2**33), UTC).date())


def _in_commits(found: Remains) -> Iterable[tuple[str, str, str]]:
    for path, ids in sorted(found.own.items()):
        yield path, plural(len(ids), "commit"), _ids(ids, found)
    for path, ids in sorted(found.others.items()):
        yield f"{path} (names them)", plural(len(ids), "commit"), _ids(ids, found)
    for path, ids in sorted(found.perhaps.items()):
        yield f"{path} (has their address or web page)", plural(len(ids), "commit"), _ids(ids, found)
    if found.messages:
        yield "messages of commits", plural(len(found.messages), "commit"), _ids(found.messages, found)


def _ids(ids: set[str], found: Remains) -> str:
    return few([one[:8] for one in sorted(ids, key=lambda one: (-found.days[one], one))])


def _steps(in_git: InGit, held: Held) -> Iterable[str]:
    """The commands that take a customer out of the history, each with what it needs."""
    found = in_git.found
    at = f"git -C {shlex.quote(str(in_git.top))}"
    yield f'{at} add -A && {at} commit -m "Forget a customer"'
    if found.own:
        paths = " ".join(f"--path {shlex.quote(path)}" for path in sorted(found.own))
        yield f"{at} filter-repo --force --invert-paths {paths}"
    known = Known(held.traces, held.sure)
    for files, option, lines in (
        (found.others, "text", for_texts(known, FORMER)),
        (found.messages, "message", for_messages(known, FORMER)),
    ):
        if files:
            below = "".join(f"\n       {line}" for line in lines)
            yield (
                f"Write the lines below to a file {option}.txt outside the vault, then delete it again:\n"
                f"     {at} filter-repo --force --replace-{option} {option}.txt{below}"
            )
    if found.perhaps:
        yield "Addresses and web pages may be others' too: look at those commits with git show, and add a line for each."
    if in_git.remotes:
        yield (
            f"filter-repo takes the remotes away ({', '.join(in_git.remotes)}). Add each again: {at} remote add NAME URL; "
            f"then {at} push --force --all NAME && {at} push --force --tags NAME. Ask the host to drop what it cached."
        )
    yield "Every other clone, on your other devices too: delete it, and clone anew. Else its next sync brings all back."


def _say_elsewhere(in_git: InGit) -> None:
    say("\nWhat ptcrm cannot see, and you may have to look after", "title")
    for line in _ELSEWHERE:
        say(f"  - {line}")
    if in_git.top and not in_git.found.commits:
        say(f"  - Git in {in_git.top} has no commit with this customer.")
