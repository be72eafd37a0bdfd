"""The user's editor, and a look at what it has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import user_setting
from ptcrm.cli.output import say_diagnostic
from ptcrm.errors import RefusedError
from ptcrm.model.diagnostic import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.model.diagnostic import Diagnostic
    from ptcrm.workspace import Workspace


def edit_files(workspace: Workspace, paths: Sequence[str]) -> list[Diagnostic]:
    """Open the files at `paths` in $VISUAL or $EDITOR; then print what is wrong with them, and return it.

    Raises `RefusedError` if there is no editor.
    """
    try:
        click.edit(filename=[str(workspace.root / path) for path in paths], editor=user_setting("editor"))
    except click.ClickException as error:
        raise RefusedError(f"{error.message}. Set EDITOR to the command of your editor.") from error
    workspace.refresh()
    wrong = (one for one in workspace.diagnostics() if one.path in paths)
    found = [one for one in wrong if one.severity is not Severity.INFO]
    for one in found:
        say_diagnostic(one)
    return found
