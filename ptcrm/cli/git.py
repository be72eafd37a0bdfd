"""A vault in git: `ptcrm git setup`, `remove` and `merge-file`."""

from __future__ import annotations

import sys

import click

from ptcrm import driver
from ptcrm.cli.git_setup import remove_command, setup_command


@click.group("git")
def git_command() -> None:
    """A vault in git: how its files are merged, and each commit looked at.

    \b
    Examples:
      ptcrm git setup
      ptcrm git merge-file base.md ours.md theirs.md customers/anna.md
    """


git_command.add_command(setup_command)
git_command.add_command(remove_command)


@git_command.command("merge-file", context_settings={"ignore_unknown_options": True})
@click.option(
    "--marker-size",
    type=click.IntRange(1, 1000),
    metavar="N",
    default=7,
    show_default=True,
    help="How many signs a conflict's markers have.",
)
@click.option(
    "--ours",
    "our_name",
    metavar="NAME",
    default="ours",
    show_default=True,
    help="What to call OURS in a conflict.",
)
@click.option(
    "--theirs",
    "their_name",
    metavar="NAME",
    default="theirs",
    show_default=True,
    help="What to call THEIRS in a conflict.",
)
@click.argument("base", type=click.Path())
@click.argument("ours", type=click.Path())
@click.argument("theirs", type=click.Path())
@click.argument("path", type=click.Path())
def merge_file_command(
    base: str, ours: str, theirs: str, path: str, marker_size: int, our_name: str, their_name: str
) -> None:
    """Merge a customer's file, as git's merge driver.

    BASE is the version that OURS and THEIRS began from; the result is written into OURS. PATH is the name of the file
    in the repository. What both sides did is kept: keys, log entries, follow-ups and paragraphs are merged each by
    itself. What both changed, and otherwise, stands twice between git's markers.

    The exit code is 0 for a clean merge, 1 for one with conflicts, 255 if nothing could be merged. A file that is no
    customer's is left to `git merge-file`, line by line, with its exit code: the number of conflicts.

    \b
    Examples:
      ptcrm git merge-file base.md ours.md theirs.md customers/anna.md
      ptcrm git merge-file --marker-size 9 base.md ours.md theirs.md customers/anna.md
    """
    names = (our_name, their_name)
    sys.exit(driver.merge_files(driver.Files(base, ours, theirs, path, names, marker_size)))
