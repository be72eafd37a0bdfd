"""The command that gives a customer's file another name, in every file that links to it."""

from __future__ import annotations

import click

from ptcrm.cli.choosing import first_is_meant
from ptcrm.cli.options import Session, writing
from ptcrm.cli.output import say, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.model.diagnostic import Problem
from ptcrm.text.fold import same_id
from ptcrm.text.words import plural
from ptcrm.vault.fields import parse_stem


@click.command("rename")
@click.argument("words", metavar="WHO NEW", nargs=-1, required=True)
@writing
def rename_command(session: Session, words: tuple[str, ...]) -> None:
    """Give a customer's file another name, and repoint every link to it.

    The file keeps its id, so that calendar entries stay. What the customer is called is the field `name`.

    \b
    Examples:
      ptcrm rename anna anna-nowak
      ptcrm rename "Jan Nowak" jan-nowak-gdynia
      ptcrm rename anna anna-nowak --dry-run
    """
    workspace = session.workspace()
    try:
        match, rest = first_is_meant(session, words)
    except NotFoundError as error:
        if workspace.index.library().led_to(same_id(words[0])) is None:
            raise
        hint = f"Rename the file yourself; with `id: {words[0]}` in it, links to it lead there still."
        raise NotFoundError(f"{error}\nOnly customers are renamed. {hint}") from None
    if not rest:
        raise UsageError(f"The new name of the file is missing: ptcrm rename {match.id} NEW")
    stem = parse_stem(" ".join(rest))
    if isinstance(stem, Problem):
        raise UsageError(f"{stem.message}. {stem.hint}")
    if match.path.endswith(f"/{stem}.md"):
        raise UsageError(f"{match.path} has this name already.")
    operation, left = workspace.renamed(match, stem)
    for path in left:
        tell(f"{path}: its links to {match.id} cannot be changed; see `ptcrm check`.")
    if not session.apply(operation):
        return
    others = len(operation.changes) - 1
    linked = f"; the links in {plural(others, 'other file')} lead to it" if others else ""
    say(f"{match.path} is now {stem}.md{linked}.")
    if match.name != match.path.rpartition("/")[2].removesuffix(".md"):
        tell(f'The name is still “{match.name}”: ptcrm set {match.id} name "…"')
