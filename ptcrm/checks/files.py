"""Files that stand beside another: sync programs' copies, and two with one id."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ptcrm.model.diagnostic import Diagnostic
from ptcrm.text.edits import unified_diff
from ptcrm.text.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.checks.vault import Vault

_DETAIL_LINES = 40


def sync_copies(vault: Vault) -> Iterator[Diagnostic]:
    """A sync program's conflict copies, and how they differ from the file they are copies of."""
    for copy in vault.copies:
        name = copy.original.rpartition("/")[2]
        diff: list[str] = []
        how, hint = f" of {name}", "If that file is gone, give this one its name; else keep one of the two."
        if copy.text is not None and copy.original_text is not None:
            diff = unified_diff(copy.original, copy.original_text, copy.text, copy.path).split("\n")[:-1]
            how = f", {_difference(diff)} {name}"
            hint = (
                "Merge it with `ptcrm conflicts --merge`, or keep what is needed of it and delete it."
                if diff
                else "Delete it."
            )
        message = f"this looks like a sync program's copy{how}"
        yield Diagnostic("PT011", copy.path, 1, 1, message, hint, _shortened(diff))


def _difference(diff: list[str]) -> str:
    """`2 lines more, 1 line less than` or `the same as`, by the lines of a unified diff."""
    signs = Counter(line[0] for line in diff[2:])
    counts = ((signs["+"], "more"), (signs["-"], "less"))
    words = ", ".join(f"{plural(count, 'line')} {word}" for count, word in counts if count)
    return f"{words} than" if words else "the same as"


def _shortened(lines: list[str]) -> str:
    """The first of `lines`, and how many there are more."""
    more = len(lines) - _DETAIL_LINES
    return "\n".join([*lines[:_DETAIL_LINES], *([f"… and {more} more lines"] if more > 0 else [])])


def duplicate_ids(vault: Vault) -> Iterator[Diagnostic]:
    """Two files with one id are an error on both (FORMAT §2.1)."""
    for path, other in vault.index.same_ids():
        yield same_id_as(path, other)


def same_id_as(path: str, other: str) -> Diagnostic:
    """That the file at `path` has the id of another one."""
    return Diagnostic(
        "PT401", path, 1, 1, f"{other} has the same id", "Give one of them an `id:` of its own."
    )
