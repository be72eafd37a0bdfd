"""What is wrong with the vault, as screens show it, and the operation that mends it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ptcrm.model.change import Operation
from ptcrm.model.diagnostic import USUAL, Diagnostic
from ptcrm.vault.store import CONFIG_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.vault.repair import Repair
    from ptcrm.workspace import Workspace


def repairs_of_all(
    workspace: Workspace, codes: frozenset[str] = USUAL, *, guess: bool = False
) -> list[Repair]:
    """What mends the diagnostics of these codes, file by file; with `guess` also by fixes that are not safe.

    Raises `RefusedError` for a file that is gone.
    """

    def is_wanted(one: Diagnostic) -> bool:
        return one.fix is not None and (one.fix.safe or guess) and one.code in codes

    return workspace.repairs(codes, is_wanted)


def operation_of(repairs: Iterable[Repair]) -> Operation:
    """The operation that makes the repairs."""
    return Operation("check --fix", tuple(one.write for one in repairs))


def mended_words(repair: Repair) -> str:
    """What a repair does to its file: the label of each fix, the same one once."""
    done = Counter(f"{one.fix.label} ({one.code})" for one in repair.mended if one.fix)
    return ", ".join(label if count == 1 else f"{label} {count} times" for label, count in done.items())


def lines_of(workspace: Workspace, path: str) -> list[str]:
    """The lines of a file that was read, else none."""
    was_read = path == CONFIG_NAME or path in workspace.listing.files
    return (workspace.text(path) or "").split("\n") if was_read else []


def problem_row(one: Diagnostic) -> dict[str, object]:
    """A diagnostic as an object (the JSON of `check`; docs/json.md)."""
    return {
        "code": one.code,
        "severity": one.severity.value,
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "message": one.message,
        "hint": one.hint,
        "detail": one.detail,
        "fix": one.fix and {"label": one.fix.label, "safe": one.fix.safe},
    }
