"""Words for counts, in any locale."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 file`, `2 files`; `many` is a plural that takes more than an `s`."""
    return f"{count} {noun if count == 1 else many or f'{noun}s'}"


def few(names: Sequence[str], most: int = 5) -> str:
    """The first of `names`, at `most` so many, and how many there are beside them: `a, b, c, d, e and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
