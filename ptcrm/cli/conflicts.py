"""The command for versions that wait to be merged: sync programs' copies, and what git could not merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, json_option, writing
from ptcrm.cli.output import say, say_json, tell
from ptcrm.errors import PtcrmError, UsageError
from ptcrm.model.change import Operation
from ptcrm.text.safe import one_line
from ptcrm.text.words import few
from ptcrm.views.conflicts import Merging, all_waiting, kind_words, news, waiting_row

if TYPE_CHECKING:
    from ptcrm.git.repo import Repo
    from ptcrm.views.conflicts import Made, Waiting
    from ptcrm.workspace import Workspace

_SHOWN = 8  # differences of one pair


@click.command("conflicts")
@click.option("--merge", "merges", is_flag=True, help="Merge them, and delete the copies.")
@click.option("--keep-markers", is_flag=True, help="With --merge: mark in the file what both sides changed.")
@json_option
@click.argument("who", metavar="[WHO]...", nargs=-1)
@writing
def conflicts_command(
    session: Session, *, merges: bool, keep_markers: bool, as_json: bool, who: tuple[str, ...]
) -> None:
    """Versions that wait to be merged: sync programs' copies, and what git could not merge.

    With --merge both versions become one, with every log entry of both. Where both say something else of the same
    thing, nothing is changed, and both files are named. `ptcrm undo` takes a merge back.

    \b
    Examples:
      ptcrm conflicts
      ptcrm conflicts --merge --dry-run
      ptcrm conflicts --merge anna
      ptcrm conflicts --merge --keep-markers
    """
    session.writes = merges
    if not merges and (keep_markers or session.dry_run):
        raise UsageError("--keep-markers and --dry-run go with --merge.")
    if merges and as_json:
        raise UsageError("--json goes with the list: ptcrm conflicts --json")
    workspace = session.workspace()
    repo = _repository(workspace)
    found = _asked_for(workspace, all_waiting(workspace, repo), who)
    if merges:
        _merge(session, Merging(workspace, repo, keep_markers=keep_markers), found)
    elif as_json:
        say_json([waiting_row(one) for one in found])
    else:
        _say(found)


def _repository(workspace: Workspace) -> Repo | None:
    """The repository that the vault is in, as far as there is git."""
    from ptcrm.cli.git_setup import is_in_repository
    from ptcrm.git.repo import find

    if not is_in_repository(workspace.root):
        return None
    try:
        return find(workspace.root)
    except PtcrmError as error:
        tell(f"git was not asked: {error}")
        return None


def _asked_for(workspace: Workspace, found: list[Waiting], who: tuple[str, ...]) -> list[Waiting]:
    """Those of the files that `who` name, each by a path or as a customer; all without a name."""
    if not who:
        return found
    paths = {one.original for one in found} | {one.path for one in found}
    meant = {
        word if word in paths else workspace.broken_path(word) or workspace.find(word).path for word in who
    }
    return [one for one in found if one.original in meant or one.path in meant]


def _say(found: list[Waiting]) -> None:
    for one in found:
        say(one_line(f"{one.path}: {kind_words(one)}"))
        more = len(one.differs) - _SHOWN
        for line in one.differs[:_SHOWN]:
            say(f"    {line}")
        if more > 0:
            say(f"    and {more} more")
    for by_hand, group in _by_hand(found).items():
        tell(one_line(f"{few(group)}: {by_hand}"))
    if any(one.by_hand is None for one in found):
        tell("To merge: `ptcrm conflicts --merge`, with --dry-run to see it first.")
    elif not found:
        say("Nothing waits to be merged.")


def _by_hand(found: list[Waiting]) -> dict[str, list[str]]:
    """What there is to do by hand, with the paths where it is."""
    groups: dict[str, list[str]] = {}
    for one in found:
        if one.by_hand:
            groups.setdefault(one.by_hand, []).append(one.path)
    return groups


def _merge(session: Session, merging: Merging, found: list[Waiting]) -> None:
    """Merge what is found, as one operation; exits with 1 if something is left."""
    left: list[tuple[Waiting, str]] = []
    made = []
    for path in dict.fromkeys(one.original for one in found):
        group = [one for one in found if one.original == path]
        one = merging.of(path, group, lambda waiting, why: left.append((waiting, why)))
        made += [one] if one else []
    done = tuple(change for one in made for change in one.changes)
    if done and session.apply(Operation("conflicts --merge", done)):
        _say_made(merging.workspace, made)
    if not found:
        say("Nothing waits to be merged.")
    for waiting, why in left:
        both = f" and {waiting.original}" if waiting.is_copy else ""
        tell(one_line(f"{waiting.path}{both}: nothing was changed: {why}"))
    if left:
        raise click.exceptions.Exit(1)


def _say_made(workspace: Workspace, made: list[Made]) -> None:
    for one in made:
        with_ = f" with {few([copy.path.rpartition('/')[2] for copy in one.copies])}" if one.copies else ""
        say(one_line(f"{one.path}: merged{with_}; {news(workspace, one)}"))
        for note in one.notes:
            tell(one_line(f"{one.path}: {note}"))
    done = [one.path for one in made if not one.copies and not one.marked]
    if done:
        tell(f"Tell git that it is merged: git add {few(done)}")
