"""What people call the fields of their notes, and which of ours (FORMAT §2.2) is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.formats.written_days import in_iso
from ptcrm.model.dates import Anniversary, parse_anniversary, parse_date, parse_interval
from ptcrm.model.diagnostic import Problem
from ptcrm.model.draft import Flaw
from ptcrm.text.fold import fold
from ptcrm.text.markdown import show_links
from ptcrm.text.safe import for_value
from ptcrm.vault.schema import BY_NAME, values_for

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES = 100
"""Values of one field; the rest is left out, and said."""
LONGEST_VALUE = 2000
"""Characters of a value; what is behind them is left out, and said."""
MAX_FLAWS = 50
"""Things that are said to be wrong with one note; who has mended them sees the next ones."""

LAST_CONTACT = "last contact"
_KIND = "kind"
_NAMES = {
    "name": "name|full name|fullname|display name|imie i nazwisko",
    "aliases": "aliases|alias|nickname|nick|aka|also known as|spitzname",
    "emails": "email|emails|e mail|e mails|mail|mails|email address|work email|private email|email work|email home",
    "phones": "phone|phones|tel|telephone|mobile|cell|cellphone|phone number|mobile phone|work phone|telefon|handy|komorka",
    "birthday": "birthday|bday|b day|born|born on|dob|date of birth|birth date|birthdate|geburtstag|geboren|urodziny",
    "company": "company|companies|org|organisation|organization|works at|works for|employer|workplace|firma|unternehmen",
    "role": "role|job|job title|position|profession|occupation|beruf|stanowisko",
    "tags": "tags|tag",
    "places": "places|place|location|city|town|lives in|hometown|based in|ort|stadt|miasto",
    "addresses": "address|addresses|home address|work address|adresse|anschrift|adres",
    "urls": "website|websites|web|url|urls|site|homepage|blog|linkedin|linkedin url|strona",
    "language": "language|lang|sprache|jezyk",
    "timezone": "timezone|time zone|tz",
    "since": "since|customer since|client since|kunde seit|klient od",
    "interests": "interests|hobbies|hobby|likes",
    "family": "family|spouse|partner|wife|husband|children|child|kids|siblings|parents|brother|sister",
    "referred_by": "referred by|introduced by|recommended by|introduced through",
    "cadence": "cadence|frequency|contact frequency|keep in touch|reach out every|contact every",
    "occasions": "anniversary|wedding|wedding anniversary|name day|hochzeitstag|imieniny",
    LAST_CONTACT: "last contact|last contacted|last contact date|last seen|last met|last spoke|last talked|last interaction"
    "|last touch|letzter kontakt|ostatni kontakt",
    _KIND: "type|kind|class|category|fileclass|note type",
}  # fmt: skip
_MEANT = {name: field for field, names in _NAMES.items() for name in names.split("|")}
# What notes' programs keep for themselves.
_ABOUT_THE_FILE = frozenset(
    "cssclass|cssclasses|publish|permalink|banner|banner x|banner y|banner icon|icon|cover|created|updated|modified"  # noqa: SIM905
    "|date created|date modified|created at|updated at|last modified|creation date|template|obsidianuimode"
    "|obsidianeditingmode".split("|")
)
_STATUSES = ("prospect", "active", "former", "paused")
# Of ours, what a note means by them only if it was written for ptcrm.
_OURS = {"id": "note_id", "sources": "note_sources", "snooze": "note_snooze", "mute": "note_mute"}
_LISTED = ("emails", "phones", "aliases", "interests")
_TOO_MANY = (f"has more than {MAX_VALUES} values; the rest is left out", "Make several fields of it.")
_COMMA = re.compile(r"\s*[,;]\s*")
_NO_KEY = re.compile(r"[\W_]+")
_WEB = re.compile(r"https?://\S+|(?:[\w-]+\.)+[^\W\d_]{2,}(?:/\S*)?", re.IGNORECASE)


def meaning(key: str) -> str | None:
    """Which of our fields is meant by `key`, `LAST_CONTACT`, or None if it is the user's own.

    Capital letters, accents and signs between words do not matter: `E-Mail`, `works_at`, `Last contacted`.
    """
    words = _words(key)
    return _MEANT.get(words) or (words.replace(" ", "_") if words.replace(" ", "_") in BY_NAME else None)


def _words(key: str) -> str:
    return _NO_KEY.sub(" ", fold(key)).strip()


@dataclass(slots=True)
class Fields:
    """The fields of one note as they are gathered; what does not fit goes to `flaws`.

    `entries` are lines for the log, which a date of the last contact makes. `kinds` are the words for what kind of
    note it is, `titles` those that may be a name or a role.
    """

    place: str
    values: dict[str, list[str]] = field(default_factory=dict)
    entries: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)

    def take(self, key: str, given: list[str]) -> None:
        """Take the values `given` for `key`; empty ones are none."""
        if len(given) > MAX_VALUES:
            self._flaw(key, *_TOO_MANY)
        words = [cut for one in given[:MAX_VALUES] if (cut := self._cut(key, for_value(one)))]
        name, meant = _words(key), meaning(key)
        if not words or name in _ABOUT_THE_FILE:
            return
        if name == "title":
            self.titles += words
        elif meant == _KIND:
            self.kinds += words
        elif meant == LAST_CONTACT:
            for day in self._days(key, words):
                self.entries.append(f"{day}: Last contact, by the note")
        else:
            for one in self._shaped(key, name, meant, words):
                self._add(*one)

    def add(self, name: str, words: str) -> None:
        """Add a value to a field of ours, once."""
        self._add(name, words)

    def _shaped(self, key: str, name: str, meant: str | None, words: list[str]) -> Iterator[tuple[str, str]]:
        """The fields and values that `words` come to."""
        if meant is None or name in _OURS or (meant == "status" and words[0].casefold() not in _STATUSES):
            own = _OURS.get(name) or ("note_status" if name == "status" else own_name(key))
            yield own, ", ".join(words)
            return
        plain = [show_links(one) for one in words]
        if meant in ("birthday", "since", "cadence_until", "left", "mute_until"):
            yield from ((meant, day) for day in self._days(key, plain))
        elif meant == "occasions":
            yield from ((meant, f"{name} {day}") for day in self._days(key, plain))
        elif meant == "tags":
            yield from (
                (meant, tag) for one in plain for part in re.split(r"[,\s]+", one) if (tag := part.strip("#"))
            )
        elif meant == "family" and name != "family":
            yield from (
                (meant, f"{part} ({key.strip().lower()})")
                for one in plain
                for part in _COMMA.split(one)
                if part
            )
        elif meant in _LISTED:
            yield from ((meant, part) for one in plain for part in _COMMA.split(one) if part)
        elif meant == "urls":
            yield from ((meant if _WEB.fullmatch(one) else own_name(key), one) for one in plain)
        else:
            yield from self._checked(key, meant, plain)

    def _checked(self, key: str, meant: str, words: list[str]) -> Iterator[tuple[str, str]]:
        """The values, if the field takes them; else as a field of the user's own, so that nothing is lost."""
        if meant == "cadence" and isinstance(parse_interval(words[0]), Problem):
            yield own_name(key, apart=True), ", ".join(words)
            return
        found = BY_NAME[meant]
        for one in words if found.many else [", ".join(words)]:
            problem = None if found.typed else _problem(meant, one)
            if problem:
                self._flaw(key, f"{problem.message}; it is kept as {own_name(key, apart=True)}", problem.hint)
            yield (own_name(key, apart=True) if problem else meant, one)

    def _days(self, key: str, words: list[str]) -> Iterator[str]:
        """The days that `words` say clearly; the others are flaws."""
        for one in words:
            bare = show_links(one)
            day = in_iso(bare, "")
            if day is None:
                self._flaw(key, f"“{one}” may be read in two ways", "Write it as YYYY-MM-DD in the note.")
            elif isinstance(day, Problem):
                self._flaw(key, day.message, day.hint)
            elif day and isinstance(parse_anniversary(day), Anniversary):
                if meaning(key) in ("birthday", "occasions") or not isinstance(parse_date(day), Problem):
                    yield day
                else:
                    self._flaw(key, f"“{one}” has no year", "Write it as YYYY-MM-DD in the note.")

    def _add(self, name: str, words: str) -> None:
        """Add a value; a second one for a field that takes one alone goes to a field of the user's own."""
        there = self.values.setdefault(name, [])
        if words in there:
            return
        if len(there) >= MAX_VALUES:
            self._flaw(name, *_TOO_MANY)
            return
        if there and name in BY_NAME and not BY_NAME[name].many:
            there = self.values.setdefault(f"note_{name}", [])
        there.append(words)

    def _cut(self, key: str, words: str) -> str:
        if len(words) > LONGEST_VALUE:
            self._flaw(
                key,
                f"is over {LONGEST_VALUE} characters; the rest is left out",
                "Put it into the note's text.",
            )
        return words[:LONGEST_VALUE].rstrip()

    def _flaw(self, key: str, message: str, hint: str) -> None:
        flaw = Flaw(self.place, f"{for_value(key)[:60]}: {message}", hint)
        if len(self.flaws) < MAX_FLAWS and flaw not in self.flaws:
            self.flaws.append(flaw)


def own_name(key: str, *, apart: bool = False) -> str:
    """`key` as the name of a field of the user's own: small letters and `_`.

    A name that is one of ours gets `note_` before it, and every one does if it has to be `apart`.
    """
    name = re.sub(r"[^\w]+", "_", for_value(key).lower()).strip("_")[:60].rstrip("_") or "field"
    is_taken = apart or name in BY_NAME or not name[0].isalpha()
    return f"note_{name}" if is_taken else name


def _problem(name: str, words: str) -> Problem | None:
    """Why a field of ours cannot hold `words`, or None."""
    found = values_for(BY_NAME[name], [words], date.min, lambda _: None)
    return found if isinstance(found, Problem) else None
