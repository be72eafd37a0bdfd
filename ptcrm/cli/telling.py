"""What a refresh of the feeds did: said in a line, and written to a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.cli.output import say, tell
from ptcrm.errors import RefusedError
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ptcrm.server.live import Body, Refreshed, Snapshot


class Teller:
    """Writes the feeds to `folder`, if there is one, and says what a refresh did: problems when they begin and end.

    If it is `quiet`, problems are all that it says.
    """

    def __init__(self, folder: Path | None = None, *, quiet: bool = False) -> None:
        self._folder, self._quiet = folder, quiet
        self._problem: str | None = None
        self._warnings: set[str] = set()

    def __call__(self, done: Refreshed, snapshot: Snapshot) -> bool:
        """Say what a refresh did, and write what came of it; True if not all could be written."""
        from ptcrm.workspace.clock import time_of_day

        written, problems = self._export(done, snapshot)
        is_unwritten = bool(problems)
        now = time_of_day()
        if not self._quiet and (done.files or done.feeds or done.is_anew or written):
            names = done.feeds if self._folder is None else written
            cause = _cause(done, is_first=snapshot.number <= 1)
            say(f"{now}  {cause}, {_listed(names) or 'no feed'} changed")
        if done.errors:
            problems.append(f"{plural(done.errors, 'file')} with errors, see `ptcrm check`.")
        problem = "\n".join([*([done.problem] if done.problem else []), *problems])
        if problem != (self._problem or ""):
            tell(f"{now}  {problem or 'All is well again.'}")
        self._problem = problem
        for warning in dict.fromkeys(done.warnings):
            if warning not in self._warnings:
                self._warnings.add(warning)
                tell(f"{now}  {warning}")
        return is_unwritten

    def _export(self, done: Refreshed, snapshot: Snapshot) -> tuple[list[str], list[str]]:
        """The names of the files written, and why others were not."""
        if self._folder is None or not snapshot.number:
            return [], []
        return exported(self._folder, snapshot.feeds, is_empty=done.is_empty)


def exported(folder: Path, feeds: Mapping[str, Body], *, is_empty: bool) -> tuple[list[str], list[str]]:
    """Write each feed as `<name>.ics`: the names of the files that changed, and what went wrong with others.

    With `is_empty`, for a vault without customers, a calendar with events stays as it is.
    """
    from ptcrm.formats.ics import BEGINS
    from ptcrm.server.kept import has_events
    from ptcrm.vault.applying import write_outside

    written, problems = [], []
    for name, body in feeds.items():
        path = folder / f"{name}.ics"
        try:
            if is_empty and not body.has_events and path.is_file() and has_events(path.read_bytes()):
                problems.append(f"{path} stays as it is, since there is no customer in the vault at all.")
            elif write_outside(path, body.content, BEGINS):
                written.append(path.name)
        except RefusedError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{path}: {error.strerror or error}")
    return written, problems


def _cause(done: Refreshed, *, is_first: bool) -> str:
    """`49 files` at first, then `1 file read`, or why else there was anything to do."""
    if is_first:
        return plural(done.files, "file")
    if done.is_anew and not done.files:
        return "vault opened anew"
    return f"{plural(done.files, 'file')} read"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
