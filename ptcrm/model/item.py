"""Something worth passing on: a file of the library (FORMAT 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

KINDS = ("article", "tip", "event", "offer", "training")


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the library. `until` is the last day on which it is any good, of an event its day.

    `text` is what stands below the front matter, from the line `begins` on. `own` are the user's own fields;
    `lines` tells where each field stands.
    """

    id: str
    title: str
    path: str
    aliases: tuple[str, ...] = ()
    url: str | None = None
    topics: tuple[str, ...] = ()
    kind: str = "article"
    until: date | None = None
    own: tuple[tuple[str, str], ...] = ()
    text: str = ""
    begins: int = field(default=1, compare=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def qualifier(self) -> str:
        """What an entry of the log says of it: it asks for something, or gives something (FORMAT 2.3)."""
        return "pitch" if self.kind == "offer" else "value"

    def is_over(self, today: date) -> bool:
        """Whether it is no good to anybody any more."""
        return self.until is not None and self.until < today
