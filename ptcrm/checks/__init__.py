"""Checks that look across files or at the day: an explicit list of functions from the vault to diagnostics."""

from __future__ import annotations

from ptcrm.checks.configuration import lost_templates, nameless_vault, unknown_words, unreadable_queries
from ptcrm.checks.customers import (
    former_without_day,
    future_entries,
    impossible_days,
    odd_cadences,
    promises_not_to_keep,
    unknown_owners,
    unknown_silence,
)
from ptcrm.checks.files import duplicate_ids, sync_copies
from ptcrm.checks.links import ambiguous_links, broken_links, twins
from ptcrm.checks.vault import Copy, Twins, Vault

__all__ = ["CHECKS", "Copy", "Twins", "Vault"]

CHECKS = (
    sync_copies,
    duplicate_ids,
    impossible_days,
    odd_cadences,
    unknown_owners,
    former_without_day,
    unknown_silence,
    promises_not_to_keep,
    future_entries,
    broken_links,
    ambiguous_links,
    twins,
    unreadable_queries,
    unknown_words,
    lost_templates,
    nameless_vault,
)
