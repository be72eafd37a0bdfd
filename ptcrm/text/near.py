"""Which of the known words somebody probably meant. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def suggest(word: str, known: Iterable[str]) -> str:
    """`Did you mean …?` for the nearest of `known`, or nothing."""
    return did_you_mean(nearest(word, known))


def did_you_mean(near: str | None) -> str:
    """The question that offers `near`, or nothing."""
    return f"Did you mean “{near}”?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The member of `known` that `word` is most likely a slip of, or None."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.lower(), list(known), 1, 0.75)), None)
