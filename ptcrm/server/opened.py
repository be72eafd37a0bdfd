"""A vault that one thread keeps open, from one time it is needed to the next."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.workspace import Workspace


class OpenVault:
    """The vault that `open_workspace` opens; all of this is for one thread, which owns everything of SQLite."""

    def __init__(self, open_workspace: Callable[[], Workspace]) -> None:
        self._open = open_workspace
        self.workspace: Workspace | None = None

    def up_to_date(self) -> tuple[Workspace, bool]:
        """The vault with what its files say now, and whether it was opened anew; raises as `Workspace` does."""
        if self.workspace is not None and not self.workspace.is_outlived():
            self.workspace.refresh()
            return self.workspace, False
        self.close()
        self.workspace = self._open()
        return self.workspace, True

    def close(self) -> None:
        """Let go of the vault; it is opened anew when it is next needed."""
        workspace, self.workspace = self.workspace, None
        if workspace is not None:
            with suppress(sqlite3.DatabaseError):
                workspace.close()
