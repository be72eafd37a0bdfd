"""Which names are customers' files, and which editors, merges and sync programs leave beside them (FORMAT §1). Pure.

A name is a file's own, with its ending and without its folder; a stem is one without `.md`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_BACKUP = r".*(?:~|\.swp|\.tmp|\.bak|\.orig|\.rej)$"
_DEBRIS = re.compile(rf"[.~]|{_BACKUP}|#.*#$|4913$|.*_(?:BASE|LOCAL|REMOTE|BACKUP)_")
_BACKUP_STEM = re.compile(_BACKUP)
_SYNC_COPY = re.compile(r"(?P<name>.+?)(?:\.sync-conflict-.*| \(.*conflicted copy.*\).*)\.md", re.IGNORECASE)
_NUMBERED_COPY = re.compile(r"(?P<name>.+?)(?: [0-9]{1,2}| \([0-9]{1,2}\))\.md", re.IGNORECASE)


def is_debris(name: str) -> bool:
    """Whether the scanner passes over files and folders of this name."""
    return _DEBRIS.match(name) is not None


def original_of(name: str, beside: Collection[str]) -> str | None:
    """The name of the file that the one named `name` is a sync program's copy of, or None.

    `beside` are the names in its folder: a copy with a number is one only beside its original.
    """
    copy = _SYNC_COPY.fullmatch(name)
    numbered = _NUMBERED_COPY.fullmatch(name)
    if copy:
        return f"{copy['name']}.md"
    original = f"{numbered['name']}.md" if numbered else None
    return original if original in beside else None


def may_be_left_out(stem: str) -> bool:
    """Whether a file of this stem would be passed over, or be a copy if a certain file stood beside it.

    A stem that ends as a backup does counts too, since people would take the file for one.
    """
    name = f"{stem}.md"
    patterns = (_SYNC_COPY.fullmatch(name), _NUMBERED_COPY.fullmatch(name), _BACKUP_STEM.match(stem))
    return is_debris(name) or any(patterns)


def is_debris_of(name: str, stem: str) -> bool:
    """Whether an editor or a merge left the file of this name beside the one of this stem."""
    bare = name.lstrip("._~#")
    return is_debris(name) and bare.startswith((f"{stem}.md", f"{stem}_"))
