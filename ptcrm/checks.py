"""Checks that look across files: an explicit list of functions from rows to diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.model.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptcrm.model.config import Config
    from ptcrm.vault.cache import Cache


def duplicate_ids(cache: Cache, _config: Config, _today: date) -> Iterator[Diagnostic]:
    """Two files with one id are an error on both (FORMAT §2.1)."""
    query = """SELECT one.path, other.path FROM handle AS one JOIN handle AS other USING (key)
        WHERE one.rank = 0 AND other.rank = 0 AND one.path <> other.path ORDER BY one.path, other.path"""
    for path, other in cache.rows(query):
        yield Diagnostic(
            "PT401", path, 1, 1, f"{other} has the same id", "Give one of them an `id:` of its own."
        )


def future_entries(cache: Cache, _config: Config, today: date) -> Iterator[Diagnostic]:
    """Log entries after today count as no contact."""
    query = "SELECT DISTINCT path, line, date FROM entry WHERE date > ? AND key IS NULL ORDER BY path, line"
    for path, line, day in cache.rows(query, today.isoformat()):
        hint = "Correct the date; what is still to be done is a follow-up: - [ ] DATE …"
        yield Diagnostic("PT204", path, line, 1, f"{day} is after today, so this is no contact yet", hint)


CHECKS = (duplicate_ids, future_entries)
