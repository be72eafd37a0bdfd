"""Who reads mail and calendars, and from where: what readers of both are told, and what they tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, tzinfo


@dataclass(frozen=True, slots=True)
class Mine:
    """The owner's addresses, time zone (None: the system's) and day; `left_out` is what readers count as no contact.

    `me` holds addresses in any letters, and `@domain` for all of one. `left_out` is from a reason, in words that
    follow a number (`12 drafts, spam or thrown away`), to how often it held.
    """

    me: frozenset[str]
    zone: tzinfo | None
    today: date
    left_out: Counter[str] = field(default_factory=Counter, compare=False)

    def has(self, address: str) -> bool:
        """Whether `address` is the owner's.

        What stands behind a `+` in it does not count: `marta+shop@studio.example` is Marta's.
        """
        user, _, domain = address.casefold().rpartition("@")
        forms = (f"{user}@{domain}", f"{user.partition('+')[0]}@{domain}", f"@{domain}")
        return not {one.casefold() for one in self.me}.isdisjoint(forms)
