"""How an export leaves: to the terminal, or to a file that was one before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.options import QUERY_SETTINGS, Place
from ptcrm.cli.output import say_raw, tell
from ptcrm.errors import RefusedError
from ptcrm.vault.applying import write_outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.cli.options import Session

_HIDDEN = "\ue000"  # stands for the minus of a query's word while options are read
output_option: Callable[..., Any] = click.option(
    "-o", "--output", type=Place(), metavar="FILE", help="Write to this file, not to the terminal."
)


class QueryCommand(click.Command):
    """A command with a query and `-o`: a word such as `-owner:marta` is a term of the query, and no option."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401  # click's
        settings.setdefault("context_settings", QUERY_SETTINGS)
        super().__init__(*args, **settings)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options, with the terms that begin with a minus out of sight."""
        rest = super().parse_args(
            ctx, [_hidden(before, word) for before, word in zip(["", *args], args, strict=False)]
        )
        ctx.params["words"] = tuple(
            f"-{word[1:]}" if word.startswith(_HIDDEN) else word for word in ctx.params["words"]
        )
        return rest


def _hidden(before: str, word: str) -> str:
    is_term = (
        len(word) > 2 and word[0] == "-" and word[1] != "-" and before not in ("-o", "--output", "--table")
    )
    return f"{_HIDDEN}{word[1:]}" if is_term else word


def give(
    session: Session, content: bytes, output: str | None, begins: bytes | tuple[bytes, ...], what: str
) -> None:
    """Print the export, or write it to the file `output`, which must not exist or begin as such an export does.

    `what` says on stderr what was written: `12 customers`. Raises `RefusedError`; so it does if a vault without
    customers would empty a file, since a disk may be missing.
    """
    if output is None or output == "-":
        say_raw(content.decode())
        return
    session.is_repeatable = False
    path = Path(output)
    workspace = session.workspace()
    if path.is_file() and all(map(workspace.is_item, workspace.listing.files)):
        raise RefusedError(
            f"There is no customer in the vault at all, so {path} stays as it is: perhaps a disk or a "
            "folder is missing. If the vault is meant to be empty, delete the file first."
        )
    changed = write_outside(path, content, begins)
    tell(f"{path}: {what}{'' if changed else ', as before'}")
