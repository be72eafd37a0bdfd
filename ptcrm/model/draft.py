"""What a source says of somebody, before it is compared with the vault."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """What one record of a source says of one person or company: a card, a row, a message, a note.

    `fields` are those of FORMAT §2.2 or the user's own, with values as the source writes them; a name is the field
    `name`. `origin` names the record in its source for good, as `sources` has it (`google:c81f2`); empty if the
    source names none. `place` is where the record stands, for people (`contacts.vcf:120`). `notes` is plain text,
    `body` Markdown of the user's own. `entries` are lines of the log without a bullet (FORMAT §2.3). If it
    `is_of_known`, it bears on customers who are there, and makes no new one.
    """

    place: str
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    origin: str = ""
    notes: str = ""
    body: str = ""
    entries: tuple[str, ...] = ()
    is_of_known: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """The values of the field `name`; none if it has none."""
        return dict(self.fields).get(name, ())


@dataclass(frozen=True, slots=True)
class Flaw:
    """What could not be taken from a source: where it stands, why, and what to do next."""

    place: str
    message: str
    hint: str = ""
