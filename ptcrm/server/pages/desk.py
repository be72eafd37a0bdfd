"""A thread that reads and writes the vault for the pages: whatever a page needs is a job for it.

Jobs are done one after the other, so that writes are one queue and no handler touches SQLite.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from ptcrm.server.opened import OpenVault

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.workspace import Workspace

Found = TypeVar("Found")


class Desk:
    """A vault with a thread of its own, which begins with the first job; `close` ends it."""

    def __init__(self, open_workspace: Callable[[], Workspace]) -> None:
        self._vault = OpenVault(open_workspace)
        self._thread = ThreadPoolExecutor(1, "ptcrm desk")

    async def ask(self, job: Callable[[Workspace], Found]) -> Found:
        """What `job` makes of the vault as its files are now; raises what the job does, or opening the vault."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._done, job)

    def close(self) -> None:
        """Finish what is under way, and let go of the vault."""
        self._thread.submit(self._vault.close)
        self._thread.shutdown()

    def _done(self, job: Callable[[Workspace], Found]) -> Found:
        try:
            return self._once(job)
        except sqlite3.DatabaseError:  # the cache was damaged, or begun anew by another version
            self._vault.close()
            return self._once(job)

    def _once(self, job: Callable[[Workspace], Found]) -> Found:
        workspace, _ = self._vault.up_to_date()
        try:
            return job(workspace)
        finally:
            workspace.cache.release()  # a long-lived reader would make SQLite's journal grow
