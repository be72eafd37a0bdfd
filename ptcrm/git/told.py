"""Changes in words, a line for each, as `ptcrm history` and a commit's message tell them. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ptcrm.git.changes import OfEntry, OfField, OfFile, OfFollowUp, OfLines, OfNotes
from ptcrm.git.pairs import apart
from ptcrm.text.safe import one_line
from ptcrm.text.words import plural
from ptcrm.vault.log import entry_words, follow_up_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.git.changes import Told
    from ptcrm.model.customer import FollowUp, LogEntry

_FIRST_WORDS = 8
_LONGEST = 60  # characters of the first words


def words(one: Told) -> str:
    """One change on one line, as `ptcrm history` tells it."""
    match one:
        case OfFile():
            return _file_words(one)
        case OfLines():
            return _line_words(one)
        case OfField():
            return _field_words(one)
        case OfEntry():
            return _entry_change_words(one)
        case OfFollowUp():
            return _follow_up_change_words(one)
        case OfNotes():
            return _note_words(one)


def told_words(told: Iterable[Told]) -> list[str]:
    """The changes of one version in lines; what a file that was made says is counted alone."""
    all_ = list(told)
    if all_ and isinstance(all_[0], OfFile) and all_[0].kind == "made":
        counts = counted(all_[1:])
        return [f"{words(all_[0])}{f': {counts}' if counts else ''}"]
    return [words(one) for one in all_]


def counted(told: Iterable[Told]) -> str:
    """How many changes of each sort there are: `3 fields, 1 follow-up, 12 log entries, notes`."""
    counts = Counter(type(one) for one in told)
    parts = [plural(counts[OfField], "field"), plural(counts[OfFollowUp], "follow-up")]
    parts += [plural(counts[OfEntry], "log entry", "log entries")]
    found = [part for part in parts if not part.startswith("0 ")]
    return ", ".join([*found, *(["notes"] if counts[OfNotes] else [])])


def _file_words(one: OfFile) -> str:
    match one.kind:
        case "made":
            return f"file made ({one.after})"
        case "deleted":
            return f"file deleted ({one.before})"
        case "renamed":
            return f"file renamed: {one.before} → {one.after}"
        case "form":
            return "only its form (order, quotes, blanks, line ends or comments)"


def _line_words(one: OfLines) -> str:
    lines = ", ".join(
        f"{plural(len(lines), 'line')} {what}"
        for lines, what in ((one.after, "added"), (one.before, "removed"))
        if lines
    )
    why = {"before": "cannot be read as a customer any more", "after": "can be read as a customer again"}
    return f"the file {why.get(one.reads, 'cannot be read as a customer')}: {lines or 'no line differs'}"


def _field_words(one: OfField) -> str:
    before, after = ", ".join(one.before), ", ".join(one.after)
    match one.kind:
        case "set":
            return f"{one.name} set: {after}"
        case "changed":
            return f"{one.name}: {before} → {after}"
        case "removed":
            return f"{one.name} taken away: {before}"
        case "order":
            return f"{one.name}: now in the order {after}"
        case "members":
            gone, come = (", ".join(those) for those in apart(one.before, one.after))
            parts = [f"added {come}" if come else "", f"removed {gone}" if gone else ""]
            return f"{one.name}: {'; '.join(filter(None, parts))}"


def entry_line(one: LogEntry) -> str:
    """`2026-11-02 call: Talked about the shop`, on one line."""
    return one_line(f"{one.date} {entry_words(one)}")


def follow_up_line(one: FollowUp) -> str:
    """`2026-12-01 call: Ask about the shop`."""
    at = f" {one.at:%H:%M}" if one.at else ""
    return one_line(f"{one.due}{at} {follow_up_words(one)}")


def _entry_change_words(one: OfEntry) -> str:
    if one.before and one.after:
        return f"log entry changed: {entry_line(one.before)} → {entry_line(one.after)}"
    if one.after:
        return f"logged {entry_line(one.after)}"
    return f"log entry removed: {entry_line(one.before)}" if one.before else ""


def _follow_up_change_words(one: OfFollowUp) -> str:
    old, new = one.before, one.after
    if old is None or new is None:
        return f"follow-up {one.kind}: {''.join(follow_up_line(each) for each in (old, new) if each)}"
    if one.kind == "moved":
        return f"follow-up moved: {one_line(follow_up_words(new))}, {old.due} → {new.due}"
    if one.kind == "edited":
        return f"follow-up edited: {_tail(old)} → {_tail(new)}"
    what = {"reopened": "open again"}.get(one.kind, one.kind)
    on = f" (on {new.done})" if new.done and new.done != new.due else ""
    return f"follow-up {what}: {follow_up_line(new)}{on}"


def _tail(one: FollowUp) -> str:
    """A follow-up with all that may have been edited: the rest of its fields too."""
    fields = "".join(f" [{key}:: {value}]" for key, value in one.fields)
    return one_line(follow_up_line(one) + fields)


def _note_words(one: OfNotes) -> str:
    counts = ", ".join(
        f"{plural(number, 'word')} {what}"
        for number, what in ((one.words_added, "added"), (one.words_removed, "removed"))
        if number
    )
    return f"notes: {counts or 'the words in other lines'}: “{_begins((*one.after, *one.before)[0])}”"


def _begins(line: str) -> str:
    """The first words of a line."""
    each = line.split()
    shown = " ".join(each[:_FIRST_WORDS])[:_LONGEST]
    return shown if shown == " ".join(each) else f"{shown} …"
