"""Changes to a text as replaced spans: everything outside the spans stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable


class Edit(NamedTuple):
    """Put `text` in the place of `span`; an empty span inserts."""

    span: Span
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with every edit made; inserts at one offset keep their order. Overlaps raise ValueError."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        if edit.span.start < at:
            raise ValueError(f"edits overlap at offset {edit.span.start}")
        parts += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    parts.append(text[at:])
    return "".join(parts)


def places(edits: Iterable[Edit]) -> list[Span]:
    """Where the new texts stand in what `apply_edits` makes, in the order of the text."""
    found = []
    shift = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start = edit.span.start + shift
        found.append(Span(start, start + len(edit.text)))
        shift += len(edit.text) - (edit.span.end - edit.span.start)
    return found


def drop_lines(text: str, start: int, end: int) -> Edit:
    """Take away the whole lines from the one of offset `start` to the one of `end`."""
    return Edit(Span(line_start(text, start), line_after(text, end)), "")


def line_start(text: str, offset: int) -> int:
    """Where the line of `offset` begins."""
    return text.rfind("\n", 0, offset) + 1


def line_after(text: str, offset: int) -> int:
    """Where the line after that of `offset` begins, or the end of `text`."""
    newline = text.find("\n", offset)
    return len(text) if newline < 0 else newline + 1


def unified_diff(path: str, old: str | None, new: str | None, to: str | None = None) -> str:
    """The change from `old` to `new` (None: no file) as a unified diff; `to` is the new path of a moved file.

    Line ends other than LF are kept in the lines.
    """
    import difflib

    before = "/dev/null" if old is None else f"a/{path}"
    after = "/dev/null" if new is None else f"b/{to or path}"
    lines = difflib.unified_diff(_lines(old), _lines(new), before, after)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str | None) -> list[str]:
    lines = [f"{line}\n" for line in (text or "").split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
