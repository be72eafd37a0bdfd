"""What an import would do, or has done, as JSON has it (docs/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptcrm.model.draft import Flaw
    from ptcrm.vault.gaps import Difference
    from ptcrm.vault.reconcile import Outcome, Reconciled


def imported(found: Reconciled, remarks: list[str], *, is_written: bool) -> dict[str, object]:
    """Everybody whom the import is about and what becomes of them; what is said of the source, and what was not taken."""
    return {
        "written": is_written,
        "remarks": remarks,
        "people": [outcome_row(one) for one in found.outcomes],
        "flaws": [flaw_row(one) for one in found.flaws],
        "strangers": [{"who": who, "times": times} for who, times in found.strangers.most_common()],
    }


def outcome_row(one: Outcome) -> dict[str, object]:
    """One person: `what` is new, changed, same, unsure or refused."""
    return {
        "what": one.kind,
        "name": one.name,
        "path": one.path,
        "places": list(one.places),
        "fields": [{"field": field, "values": list(values)} for field, values in one.gained],
        "entries": list(one.entries),
        "differences": [difference_row(each) for each in one.differences],
        "why": one.why,
    }


def difference_row(one: Difference) -> dict[str, object]:
    """A value that the source has otherwise; the vault's stays."""
    return {"field": one.field, "vault": one.mine, "source": one.theirs, "place": one.place}


def flaw_row(one: Flaw) -> dict[str, object]:
    """What could not be taken, where it stands, and what to do."""
    return {"place": one.place, "message": one.message, "hint": one.hint}
