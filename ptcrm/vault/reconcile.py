"""Drafts against the vault: who is new, what fills a gap, what differs. Pure; a person's own words always stay."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from ptcrm.errors import PtcrmError
from ptcrm.model.change import Change, Create
from ptcrm.model.diagnostic import Problem
from ptcrm.model.draft import Draft, Flaw
from ptcrm.text.edits import Edit
from ptcrm.text.fold import same_id, slug
from ptcrm.text.safe import for_value, one_line
from ptcrm.text.source import Source, Span
from ptcrm.vault.amend import Amendment, amended, proven, why_not
from ptcrm.vault.document import parse_document
from ptcrm.vault.fields import new_customer, set_field, written
from ptcrm.vault.gaps import Difference, Taking, folded
from ptcrm.vault.identify import Directory, Unsure, is_told_apart, name_in
from ptcrm.vault.lines import insert_entries, moment
from ptcrm.vault.notes import notes
from ptcrm.vault.schema import BY_NAME, own_field, read_customer, stem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from ptcrm.model.customer import Customer, LogEntry
    from ptcrm.vault.identify import Person
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Field, Reading

Kind = Literal["new", "changed", "same", "unsure", "refused"]
Doubtful = Literal["skip", "new", "same"]
Gained = tuple[tuple[str, tuple[str, ...]], ...]
"""Fields, each with the values that come."""

_GAPS = re.compile("\n{3,}")
# What Markdown would make more than a paragraph of.
_OPENS_BLOCK = re.compile(r"\A(?:[#>*+=~`|<:_-]|[0-9]+[.)])")


class Vault(NamedTuple):
    """What has to be known of a vault: everybody in it, how a file is read, and what new files are like.

    `link` gives the target for words that name a customer, `country` is that of bare phone numbers. New files
    stand in `folder`, under an id that is not taken, with what is `given` where the source has nothing.
    """

    customers: Iterable[Customer]
    read: Callable[[str], Reading]
    reader: LineReader
    today: date
    link: Callable[[str], str | None]
    is_taken: Callable[[str], bool]
    folder: str
    country: str | None = None
    given: Mapping[str, list[str]] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of all records about one person.

    `new` and `changed` have a `change` with the values `gained` and the log's `entries`; `same` is as the vault has
    it; `unsure` names the files of those it may be, and `why` that is not certain; `refused` says why the file
    cannot be written.
    """

    kind: Kind
    name: str
    path: str
    gained: Gained = ()
    entries: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    change: Change | None = None
    why: str = ""
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Everybody whom the drafts are about, what could not be taken, and the addresses that nobody in the vault has."""

    outcomes: tuple[Outcome, ...]
    flaws: tuple[Flaw, ...]
    strangers: Counter[str]

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the vault would gain."""
        return tuple(one.change for one in self.outcomes if one.change)


def reconciled(drafts: Iterable[Draft | Flaw], vault: Vault, doubtful: Doubtful = "skip") -> Reconciled:
    """The drafts, each with whom it is about. Whoever it may be is left alone, or as `doubtful` says."""
    return _Reconciliation(vault, doubtful).of(drafts)


class _Reconciliation:
    """One run over all drafts."""

    def __init__(self, vault: Vault, doubtful: Doubtful) -> None:
        self._vault, self._doubtful = vault, doubtful
        self._directory = Directory(vault.customers, vault.country)
        self._taking = Taking(vault.reader, vault.today, self._link, vault.country)
        self._companies: dict[str, str] = {}
        self._about: dict[int, list[Draft]] = {}
        self._unsure: dict[object, Outcome] = {}
        self._flaws: list[Flaw] = []
        self._strangers: Counter[str] = Counter()
        self._taken: set[str] = set()

    def of(self, drafts: Iterable[Draft | Flaw]) -> Reconciled:
        """Everybody whom the drafts are about; those who may be in the vault come before those who are new."""
        waiting = []
        for one in drafts:
            if isinstance(one, Flaw):
                self._flaws.append(one)
            elif one.is_of_known:
                self._place_known(one)
            else:
                waiting.append(one)
        for place in (partial(self._found, by_all=True), self._found, self._placed, self._decided):
            waiting = _left_by(place, waiting)
        for one in waiting:
            if isinstance(who := self._directory.who(one), Unsure):
                self._leave_alone(one, who)
        return Reconciled((*self._outcomes(), *self._unsure.values()), tuple(self._flaws), self._strangers)

    def _outcomes(self) -> list[Outcome]:
        """What becomes of whom, as they came; companies first, so that people of theirs can be linked to them."""
        people = {number: self._directory.person(number) for number in self._about}
        found = {
            number: self._outcome(people[number], self._about[number])
            for number in sorted(people, key=lambda number: people[number].kind != "company")
        }
        return [found[number] for number in self._about]

    def _link(self, words: str) -> str | None:
        return self._vault.link(words) or self._companies.get(_called(words))

    def _place_known(self, draft: Draft) -> None:
        """Put the draft to the one customer whom it bears on; whom nobody knows is counted."""
        who = self._directory.who(draft)
        if isinstance(who, Unsure):
            self._leave_alone(draft, who)
        elif who is None:
            self._strangers.update(
                [one.casefold() for one in draft.values("emails")[:1]] or draft.values("name")[:1]
            )
        else:
            self._join(draft, who)

    def _found(self, draft: Draft, *, by_all: bool = False) -> bool:
        """Whether the draft is about somebody who is there, and was put to her."""
        who = self._directory.who(draft, by_all=by_all)
        if not isinstance(who, Unsure) and who is not None:
            self._join(draft, who)
            return True
        return False

    def _placed(self, draft: Draft) -> bool:
        """Whether the draft is about one person, there or new, and was put to her."""
        who = self._directory.who(draft)
        if not isinstance(who, Unsure):
            self._join(draft, who)
        return not isinstance(who, Unsure)

    def _decided(self, draft: Draft) -> bool:
        """Whether the draft could be put to whom it is to be about if that is unsure."""
        who = self._directory.who(draft)
        if not isinstance(who, Unsure):
            self._join(draft, who)
        elif self._doubtful == "new" and who.may_be_new and is_told_apart(draft):
            self._join(draft, None)
        elif self._doubtful == "same" and len(who.people) == 1:
            self._join(draft, who.people[0])
        else:
            return False
        return True

    def _join(self, draft: Draft, who: Person | None) -> None:
        self._about.setdefault(self._directory.join(draft, who).number, []).append(draft)

    def _leave_alone(self, draft: Draft, who: Unsure) -> None:
        """Note that it is unsure whom the draft is about; once for all conversations with the same address."""
        paths = ", ".join(one.path or "somebody of this import" for one in who.people)
        name = name_of([draft])
        key = (name, paths, who.why) if draft.is_of_known else draft
        before = self._unsure.get(key, Outcome("unsure", name, paths, why=who.why))
        places = dict.fromkeys((*before.places, draft.place))
        self._unsure[key] = replace(before, places=tuple(places))

    def _outcome(self, person: Person, drafts: list[Draft]) -> Outcome:
        places = tuple(dict.fromkeys(draft.place for draft in drafts))
        try:
            found = self._made(drafts) if person.path is None else self._filled(person.path, drafts)
        except PtcrmError as error:
            found = Outcome("refused", name_of(drafts), person.path or "", why=str(error))
        return replace(found, places=places)

    # Somebody new

    def _made(self, drafts: list[Draft]) -> Outcome:
        vault = self._vault
        values, differences = self._gathered(drafts)
        entries = self._entries(drafts, ())
        path, content = new_customer(values, vault.folder, self._is_taken, self._body(drafts, entries))
        gained = _gained(values)
        reading = read_customer(Source.decode(path, content), vault.reader)
        is_own = any(draft.body for draft in drafts)
        come = None if is_own else [entry for entry, _ in entries]
        proven(reading, tuple((_field(key), found) for key, found in gained), come)
        name, stem = values["name"][0], stem_of(path)
        self._taken.add(same_id(stem))
        if values.get("kind") == ["company"]:
            self._companies.setdefault(_called(name), stem)
        return Outcome("new", name, path, gained, _lines(entries), tuple(differences), Create(path, content))

    def _gathered(self, drafts: list[Draft]) -> tuple[dict[str, list[str]], list[Difference]]:
        """The fields of somebody new, and where the drafts differ among themselves."""
        values: dict[str, list[str]] = {"name": [name_of(drafts)]}
        differences: list[Difference] = []
        for draft, field, words in self._said(drafts):
            differences += self._taking.add(field, values.setdefault(field.name, []), words, draft.place)
        for key, words in self._vault.given.items():
            values.setdefault(key, list(words))
        if "id" in values and self._is_taken(values["id"][0]):
            del values["id"]  # somebody else's, in a card from another vault
        return values, differences

    def _body(self, drafts: list[Draft], entries: list[tuple[LogEntry, str]]) -> str:
        """The text of a new file below its front matter; prose of the user's own may hold the log already."""
        prose = _prose(drafts)
        if not entries and parse_document(Source("", prose), self._vault.reader.config.log.headings).logs:
            return f"{prose}\n"
        log = "".join(f"- {line}\n" for _, line in entries)
        return f"{prose}\n\n" * bool(prose) + "## Log\n" + f"\n{log}" * bool(log)

    def _is_taken(self, id_: str) -> bool:
        return same_id(id_) in self._taken or self._vault.is_taken(id_)

    # Somebody who is there

    def _filled(self, path: str, drafts: list[Draft]) -> Outcome:
        vault, reading = self._vault, self._vault.read(path)
        customer = reading.customer
        if customer is None or reading.document.conflicts:
            return Outcome("refused", name_of(drafts), path, why=why_not(reading))
        amendment, gained, differences = self._gaps(reading, customer, drafts)
        entries = self._entries(drafts, customer.log)
        if entries:
            amendment += insert_entries(reading, [line for _, line in entries], vault.reader)
        prose = _prose(drafts)
        if prose and not notes(reading.document, customer).strip():
            amendment += _with_notes(reading, prose)
        elif prose and _unescaped(prose) not in _unescaped(reading.document.source.text):
            differences.append(Difference("notes", "", one_line(prose), drafts[0].place))
        if not amendment.edits:
            return Outcome("same", customer.name, path, differences=tuple(differences))
        change = amended(reading, amendment, vault.reader)
        return Outcome("changed", customer.name, path, gained, _lines(entries), tuple(differences), change)

    def _gaps(
        self, reading: Reading, customer: Customer, drafts: list[Draft]
    ) -> tuple[Amendment, Gained, list[Difference]]:
        """What the drafts fill in the fields of the file: the edits, the values, and what differs and stays."""
        there: dict[str, list[str]] = {}
        now: dict[str, list[str]] = {}
        differences: list[Difference] = []
        for draft, field, words in self._said(drafts):
            if field.name not in now:
                usual = {"name": [customer.name], "id": [customer.id]}  # also if they are those of the file
                there[field.name] = usual.get(field.name) or written(reading, field)
                now[field.name] = [*there[field.name]]
            differences += self._taking.add(field, now[field.name], words, draft.place)
        gained = _gained({key: found[len(there[key]) :] for key, found in now.items()})
        amendment = Amendment(())
        for key, _ in sorted(gained, key=lambda one: not there[one[0]]):  # new keys stand below the others
            amendment += set_field(reading, _field(key), now[key])
        return amendment, gained, differences

    # What the drafts say

    def _said(self, drafts: list[Draft]) -> Iterator[tuple[Draft, Field, list[str]]]:
        """What the drafts say, field by field, with values as they would be written; what cannot be is a flaw."""
        for draft in drafts:
            for name, words in draft.fields:
                field, found = _field(name), list(filter(None, map(for_value, words)))
                if name == "name" and (draft.is_of_known or not name_in(draft)):
                    continue
                values: list[str] = []
                for one in found if field.many else [" ".join(found)] * bool(found):
                    taken = self._taking.checked(field, one)
                    if isinstance(taken, Problem):
                        self._flaws.append(Flaw(draft.place, f"{name}: {taken.message}", taken.hint))
                    else:
                        values += taken
                if values:
                    yield draft, field, values
            if draft.origin:
                yield draft, BY_NAME["sources"], [for_value(draft.origin)]

    def _entries(self, drafts: list[Draft], log: Iterable[LogEntry]) -> list[tuple[LogEntry, str]]:
        """The entries that the log does not have yet, by their ids or by all they say, the newest first."""
        there: set[object] = set()
        for entry in log:
            there |= _marks(entry)
        found = []
        for draft in drafts:
            for line in map(for_value, draft.entries):
                read = self._vault.reader.parse_entry(line)
                if isinstance(read, Problem):
                    self._flaws.append(Flaw(draft.place, read.message, read.hint))
                elif not there & _marks(read):
                    there |= _marks(read)
                    found.append((read, line))
        return sorted(found, key=lambda one: moment(one[0]), reverse=True)


def _called(company: str) -> str:
    """A company's name as it is compared; one that has no letters is compared sign by sign."""
    return slug(company) or company


def _left_by(place: Callable[[Draft], bool], waiting: list[Draft]) -> list[Draft]:
    """The drafts that cannot be placed: each that is may tell of an address by which another one is known."""
    while True:
        rest = [one for one in waiting if not place(one)]
        if len(rest) == len(waiting):
            return rest
        waiting = rest


def _marks(entry: LogEntry) -> set[object]:
    """What an entry is known by: all that it says, and its id."""
    return {entry, *(value for key, value in entry.fields if key == "id")}


def _lines(entries: list[tuple[LogEntry, str]]) -> tuple[str, ...]:
    return tuple(line for _, line in entries)


def _gained(values: dict[str, list[str]]) -> Gained:
    return tuple((key, tuple(found)) for key, found in values.items() if found)


def _field(name: str) -> Field:
    return BY_NAME.get(name) or own_field(name)


def name_of(drafts: list[Draft]) -> str:
    """The first name that is given, else an address or number: who has nothing else is known by it."""
    said = [
        *map(name_in, drafts),
        *(one for key in ("emails", "phones", "name") for draft in drafts for one in draft.values(key)),
    ]
    return next(filter(None, map(for_value, said)), "")


def _prose(drafts: list[Draft]) -> str:
    """The notes of all drafts as Markdown, each once: what is the user's own as it stands."""
    texts = (
        draft.body.strip("\n") if draft.body.strip() else _as_paragraphs(draft.notes) for draft in drafts
    )
    return "\n\n".join(filter(None, dict.fromkeys(texts)))


def _as_paragraphs(text: str) -> str:
    """Plain text as Markdown that is nothing but paragraphs, line by line."""
    lines = (_OPENS_BLOCK.sub(r"\\\g<0>", for_value(line)) for line in text.splitlines())
    return _GAPS.sub("\n\n", "\n".join(lines)).strip("\n")


def _unescaped(text: str) -> str:
    return folded(text.replace("\\", ""))


def _with_notes(reading: Reading, prose: str) -> Amendment:
    """The prose put below the front matter."""
    document = reading.document
    text, at = document.source.text, document.body
    eol = document.source.line_end_near(at)
    below = "" if not text[at:].strip() or text[at:].startswith(("\n", "\r")) else "\n"
    return Amendment((Edit(Span(at, at), f"\n{prose}\n{below}".replace("\n", eol)),))
