"""What git knows of a customer, as JSON has it (docs/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.git.changes import (
    OfEntry,
    OfField,
    OfFile,
    OfFollowUp,
    OfLines,
    OfNotes,
    Told,
)
from ptcrm.git.history import moment
from ptcrm.git.told import entry_line, follow_up_line, words

if TYPE_CHECKING:
    from datetime import tzinfo

    from ptcrm.git.history import Piece, Record
    from ptcrm.model.customer import FollowUp, LogEntry

_PARTS = {
    OfFile: "file",
    OfLines: "lines",
    OfField: "field",
    OfEntry: "log entry",
    OfFollowUp: "follow-up",
    OfNotes: "notes",
}


def record_row(record: Record, zone: tzinfo | None) -> dict[str, object]:
    """What one commit changed in one file; all about the commit is null for what is not committed."""
    return {
        **_commit_row(record, zone),
        "path": record.path,
        "begins": record.begins,
        "changes": [told_row(one) for one in record.told],
    }


def piece_row(piece: Piece, zone: tzinfo | None) -> dict[str, object]:
    """A part of a file, with who wrote it; `known` is false if the history does not say."""
    return {
        "part": piece.kind,
        "field": piece.name,
        "text": piece.text,
        "known": piece.record is not None,
        **_commit_row(piece.record, zone),
    }


def told_row(one: Told) -> dict[str, object]:
    """One change: which part, what happened to it, what it said before and says after, and the words for people."""
    before, after = _texts(one.before), _texts(one.after)
    field = one.name if isinstance(one, OfField) else None
    return {
        "part": _PARTS[type(one)],
        "change": one.kind,
        "field": field,
        "before": before,
        "after": after,
        "words": words(one),
    }


def _commit_row(record: Record | None, zone: tzinfo | None) -> dict[str, object]:
    commit = record.commit if record else None
    at = moment(commit, zone) if commit else None
    return {
        "commit": commit.id if commit else None,
        "date": at.date().isoformat() if at else None,
        "time": f"{at:%H:%M}" if at else None,
        "author": commit.author if commit else None,
    }


def _texts(value: str | tuple[str, ...] | LogEntry | FollowUp | None) -> list[str]:
    from ptcrm.model.customer import FollowUp, LogEntry

    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, LogEntry):
        return [entry_line(value)]
    return [follow_up_line(value)] if isinstance(value, FollowUp) else list(value)
