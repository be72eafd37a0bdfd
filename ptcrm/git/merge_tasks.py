"""A follow-up that both sides changed: box, date, channel, words, inline fields and what stands below, each by itself. Pure."""

from __future__ import annotations

import re

from ptcrm.git.merge_match import DAY, Part, merge_lines
from ptcrm.git.merge_parts import Conflict, Piece, Rules, merge_parts
from ptcrm.vault.log import BLOCK_ID, FIELD, SIGNED_DATE

_TASK = re.compile(
    r"(?P<lead>[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]+\[)(?P<box>.)(?P<close>\])(?P<words>[^\r\n]*)"
)
_HEAD = re.compile(
    r"(?P<date>[ \t]*(?:\[\[|\*\*)?[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\]\]|\*\*)?(?![0-9]))?"
    r"(?P<time>[ \t]+[0-9]{1,2}:[0-9]{2}(?=[\s:]|$))?(?P<channel>[ \t]+[^\s:()\[\]]+:(?=\s|$))?"
)
_OPEN = " "


def merge_task(base: Part | None, ours: Part, theirs: Part) -> list[Piece]:
    """The follow-up with what each side changed, or a conflict of the two if they changed the same.

    A box that both ticked is ticked. Of a follow-up that both added, the base is one that is open. Where one side has
    gone on with the next of a series and the other has moved the one before, the later day is right for both.
    """
    old = _slots(base.text) if base else _unticked(ours.text)
    left, right = _slots(ours.text), _slots(theirs.text)
    conflict = Conflict(ours.text, theirs.text)
    if not (old and left and right):
        return [conflict]
    rules = Rules(_resolve_next if base and base.mark == "past" else _resolve)
    pieces = merge_parts(old, left, right, rules).pieces
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return ["".join(texts)] if len(texts) == len(pieces) else [conflict]


def _unticked(text: str) -> list[Part]:
    return [Part("slot", part.name, _OPEN) for part in _slots(text) if part.name == "box"]


def _slots(text: str) -> list[Part]:
    """The pieces of a follow-up by name; joined they are its text. None for what is no task."""
    task = _TASK.match(text)
    if task is None:
        return []
    slots = [("lead", task["lead"]), ("box", task["box"]), ("close", task["close"])]
    slots += _words(task["words"])
    slots.append(("below", text[task.end() :]))
    counts: dict[str, int] = {}
    parts = []
    for name, piece in slots:
        number = counts[name] = counts.get(name, 0) + 1
        parts.append(Part("slot", f"{name} {number}" if number > 1 else name, piece))
    return parts


def _words(words: str) -> list[tuple[str, str]]:
    """Date, time, channel, words and fields of a line, each with the blanks before it."""
    head = _HEAD.match(words)
    slots = [(name, piece) for name, piece in head.groupdict().items() if piece] if head else []
    at = head.end() if head else 0
    found = [(one.span(), f"field {one['key'].strip().lower()}") for one in FIELD.finditer(words, at)]
    found += [(one.span(), f"sign {one['sign']}") for one in SIGNED_DATE.finditer(words, at)]
    found += [(one.span(), "block id") for one in BLOCK_ID.finditer(words, at)]
    for (start, end), name in sorted(found):
        if start < at:
            continue
        blanks = len(words[at:start]) - len(words[at:start].rstrip(" \t"))
        if text := words[at : start - blanks]:
            slots.append(("words", text))
        slots.append((name, words[start - blanks : end]))
        at = end
    return [*slots, ("words", words[at:])] if words[at:] else slots


def _resolve(base: Part | None, ours: Part, theirs: Part) -> list[Piece]:
    if ours.name == "box" and {ours.text, theirs.text} == {"x", "X"}:
        return ["x"]
    if ours.name == "below" and base is not None:
        merged = merge_lines(base.text, ours.text, theirs.text)
        if merged is not None:
            return [merged]
    return [Conflict(ours.text, theirs.text)]


def _resolve_next(base: Part | None, ours: Part, theirs: Part) -> list[Piece]:
    if ours.name == "date" or ours.name.startswith("sign "):
        return [max(ours.text, theirs.text, key=lambda text: (DAY.findall(text), text))]
    return _resolve(base, ours, theirs)
