"""Making the fixes that diagnostics bring along, in one file, and none that would do harm. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.change import Write
from ptcrm.model.customer import Customer
from ptcrm.model.diagnostic import Diagnostic, Severity
from ptcrm.text.edits import apply_edits
from ptcrm.text.source import Source
from ptcrm.vault.schema import Reading, read_customer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.text.edits import Edit
    from ptcrm.vault.log import LineReader

_MOST_ROUNDS = 100  # so that two fixes which undo each other come to an end
_RANK = {severity: rank for rank, severity in enumerate((Severity.INFO, Severity.WARNING, Severity.ERROR))}


class Repair(NamedTuple):
    """The change of one file that mends it, and the diagnostics that it mends."""

    write: Write
    mended: tuple[Diagnostic, ...]


def repaired(reading: Reading, reader: LineReader, wanted: Callable[[Diagnostic], bool]) -> Repair | None:
    """The file with the fixes of every `wanted` diagnostic; None if there is nothing to mend.

    Each result is read again. Fixes that would bring a problem worse than theirs, leave it where it is, or
    empty a field, are left out. What is left out depends on the result alone: repairing it again changes nothing.
    """
    if reading.customer is None or reading.document.conflicts:
        return None
    before, mended = reading, list[Diagnostic]()
    for _ in range(_MOST_ROUNDS):
        step = _step(reading, reader, wanted)
        if step is None:
            break
        reading = step[0]
        mended += step[1]
    if not mended:
        return None
    source = before.document.source
    return Repair(Write(source.path, source.content, reading.document.source.content), tuple(mended))


def _step(
    reading: Reading, reader: LineReader, wanted: Callable[[Diagnostic], bool]
) -> tuple[Reading, list[Diagnostic]] | None:
    """The file after as many fixes at once as can be made, and what they mend; None if there are none.

    If those at hand do harm together, half of them are tried, down to a single one, which is then left out.
    """
    todo = [one for one in reading.diagnostics + reading.offers if one.fix and wanted(one)]
    size = len(todo)
    while todo:
        batch = _apart(todo)[:size]
        after = _with(reading, batch, reader)
        if _is_better(reading, after, batch):
            return after, batch
        if len(batch) == 1:
            todo.remove(batch[0])
            size = len(todo)
        else:
            size = len(batch) // 2
    return None


def _edit(one: Diagnostic) -> Edit:
    assert one.fix is not None  # noqa: S101  # only those with a fix come here
    return one.fix.edit


def _apart(todo: list[Diagnostic]) -> list[Diagnostic]:
    """Those of `todo` whose edits do not touch an earlier one's, in the order of the file."""
    apart: list[Diagnostic] = []
    for one in sorted(todo, key=lambda one: _edit(one).span):
        if not apart or _edit(one).span.start >= _edit(apart[-1]).span.end:
            apart.append(one)
    return apart


def _with(reading: Reading, batch: list[Diagnostic], reader: LineReader) -> Reading:
    source = reading.document.source
    text = apply_edits(source.text, map(_edit, batch))
    return read_customer(Source(source.path, text, source.bom), reader)


def _is_better(before: Reading, after: Reading, batch: list[Diagnostic]) -> bool:
    """Whether the file is still a customer's, what was to be mended is gone, and nothing worse has come."""
    if after.customer is None:
        return False
    gone = _problems(before) - _problems(after)
    if Counter((one.code, one.message) for one in batch) - gone:
        return False
    mildest = min(_RANK[one.severity] for one in batch)
    new = _codes(after) - _codes(before)
    if any(_RANK[severity] > mildest for _, severity in new):
        return False
    return not any(
        getattr(before.customer, field.name) and not getattr(after.customer, field.name)
        for field in fields(Customer)
        if field.compare and field.name != "own"
    )


def _problems(reading: Reading) -> Counter[tuple[str, str]]:
    return Counter((one.code, one.message) for one in reading.diagnostics + reading.offers)


def _codes(reading: Reading) -> Counter[tuple[str, Severity]]:
    return Counter((one.code, one.severity) for one in reading.diagnostics)
