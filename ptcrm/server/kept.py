"""The last good bytes of each feed, kept on the disk, so that a restart serves at once what was served before.

They stand in the user's own folder, for the user's eyes alone. Without them nothing is lost but that.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.formats.ics import BEGINS, ENDS
from ptcrm.vault.replace import fill
from ptcrm.workspace.clock import unix_time

if TYPE_CHECKING:
    from pathlib import Path

_ENDING = ".ics"


@dataclass(frozen=True, slots=True)
class Body:
    """A feed as it is served.

    `digest` is the SHA-256 of the content in hexadecimal digits; `modified` when these bytes were first there, in
    Unix seconds.
    """

    content: bytes
    digest: str
    modified: int

    @property
    def has_events(self) -> bool:
        """Whether there is anything in it."""
        return has_events(self.content)


class Kept:
    """The folder with the last good feeds of one vault, each as `<name>.ics`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> dict[str, Body]:
        """What was kept, by the feeds' names; what cannot be read is not there."""
        found = {}
        with suppress(OSError):
            for path in sorted(self.folder.glob(f"[!.]*{_ENDING}")):
                with suppress(OSError):
                    content = path.read_bytes()
                    if content.startswith(BEGINS) and content.endswith(ENDS):
                        found[path.name.removesuffix(_ENDING)] = _body(content, _written(path))
        return found

    def keep(self, name: str, content: bytes) -> Body:
        """The feed's new body, kept if that can be done; `name` is one that ptcrm.yaml allows."""
        path = self.folder / f"{name}{_ENDING}"
        temporary = self.folder / f".ptcrm-{secrets.token_hex(8)}.tmp"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fill(temporary, content, mode=0o600)
            temporary.replace(path)
            return _body(content, _written(path))
        except OSError:  # a full disk, perhaps: it is served all the same
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            return _body(content, unix_time())

    def forget(self, name: str) -> None:
        """Keep the feed no longer."""
        with suppress(OSError):
            (self.folder / f"{name}{_ENDING}").unlink(missing_ok=True)


def has_events(content: bytes) -> bool:
    """Whether there is an event, or a task, in the calendar."""
    return b"\r\nBEGIN:VEVENT\r\n" in content or b"\r\nBEGIN:VTODO\r\n" in content


def _body(content: bytes, modified: int) -> Body:
    return Body(content, hashlib.sha256(content).hexdigest(), modified)


def _written(path: Path) -> int:
    return int(path.stat().st_mtime)
