"""The user's editor, and a look at what it has left."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import user_setting
from ptcrm.cli.output import say_diagnostic
from ptcrm.cli.settings import of_environment
from ptcrm.errors import RefusedError
from ptcrm.model.diagnostic import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptcrm.model.diagnostic import Diagnostic
    from ptcrm.workspace import Workspace


def run_editor(paths: Sequence[str]) -> None:
    """Open the files in the user's editor, and wait until it is closed.

    Raises `RefusedError` if its command cannot be read, it cannot be started, or it fails.
    """
    setting, command = _command()
    try:
        is_empty = command is not None and not shlex.split(command)
    except ValueError as error:
        why = f"{setting} is no command: {command} ({str(error).lower()})"
        raise RefusedError(f"{why}. Set it to the command of your editor.") from error
    if is_empty:
        raise RefusedError(f"{setting} is empty. Set it to the command of your editor.")
    try:
        click.edit(filename=list(paths), editor=command)
    except click.ClickException as error:
        hint = (
            f" Set {setting} to the command of your editor." if isinstance(error.__cause__, OSError) else ""
        )
        raise RefusedError(f"{error.message}.{hint}") from error


def _command() -> tuple[str, str | None]:
    """The setting that has the editor's command, and the command; EDITOR and None if nothing has."""
    if command := user_setting("editor"):
        return "PTCRM_EDITOR" if of_environment("editor") else "`editor` in config.yaml", command
    found = (name for name in ("VISUAL", "EDITOR") if os.environ.get(name))
    name = next(found, "EDITOR")
    return name, os.environ.get(name) or None


def edit_files(workspace: Workspace, paths: Sequence[str]) -> list[Diagnostic]:
    """Open the files at `paths` in $VISUAL or $EDITOR; then print what is wrong with them, and return it.

    Raises `RefusedError` as `run_editor`.
    """
    run_editor([str(workspace.root / path) for path in paths])
    workspace.refresh()
    wrong = (one for one in workspace.diagnostics() if one.path in paths)
    found = [one for one in wrong if one.severity is not Severity.INFO]
    for one in found:
        say_diagnostic(one)
    return found
