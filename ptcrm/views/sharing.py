"""Who would like what of the library, as data; and the operation that notes who was given something."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import RefusedError
from ptcrm.model.change import Operation
from ptcrm.reports.share import (
    Balance,
    Because,
    Fit,
    Past,
    Topic,
    Topics,
    balance,
    entry_words,
    found_in,
    in_order,
    month_before,
    named_by,
    topics_of,
    unfit,
    why_not,
)
from ptcrm.text.fold import fold
from ptcrm.text.safe import one_line
from ptcrm.vault.library import keys_of
from ptcrm.vault.lines import entry_line
from ptcrm.vault.sought import places_of
from ptcrm.views.entries import appended, called
from ptcrm.views.finding import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptcrm.model.customer import Customer
    from ptcrm.model.item import Item
    from ptcrm.vault.index import Match
    from ptcrm.vault.library import Given
    from ptcrm.workspace import Workspace

UNASKED = 2  # the least score of what is named unasked
_AROUND = 30  # characters of a line on either side of a word


class Offer(NamedTuple):
    """A fit, and why it is left out, if it is."""

    fit: Fit
    why_not: str | None = None


class Overview(NamedTuple):
    """An item with the fits of those who would like it, and how many more are left out."""

    item: Item
    fits: list[Fit]
    left_out: int


class Sharing:
    """The library of an open vault on its day, for all questions of one command."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.topics = Topics(workspace.config.topics)
        self.library = workspace.index.library()

    @cached_property
    def current(self) -> list[Item]:
        """The items that are still good, by path."""
        return [one for one in self.library.items if not one.is_over(self.workspace.today)]

    def for_item(self, item: Item) -> list[Offer]:
        """Everybody who would like the item, the best fit first."""
        return self._offers(self._fits(self._customers(), [item]))

    def for_customers(self, customers: Sequence[Customer]) -> list[Offer]:
        """Everything that the customers would like, the best fit first."""
        return self._offers(self._fits(customers, self.current))

    def worth_saying(self, customers: Sequence[Customer]) -> list[Fit]:
        """What is sure enough of that to be said unasked: one word in a log is not."""
        found = self.for_customers(customers)
        return [one.fit for one in found if one.why_not is None and one.fit.score >= UNASKED]

    def overview(self) -> list[Overview]:
        """Every item that is still good, the one for most customers first."""
        offers: dict[str, list[Offer]] = {one.path: [] for one in self.current}
        for offer in self.for_customers(self._customers()):
            offers[offer.fit.item.path].append(offer)
        found = []
        for item in self.current:
            fits = [one.fit for one in offers[item.path] if one.why_not is None]
            found.append(Overview(item, fits, len(offers[item.path]) - len(fits)))
        return sorted(found, key=lambda one: (-len(one.fits), fold(one.item.title), one.item.path))

    def _customers(self) -> list[Customer]:
        return list(self.workspace.cache.customers())

    def _fits(self, customers: Sequence[Customer], items: Iterable[Item]) -> list[Fit]:
        wanted = [(item, topics_of(item, self.topics)) for item in items]
        words = dict.fromkeys(word for _, topics in wanted for topic in topics for word in topic.rarest)
        texts = self._texts(customers, words) if words else {}
        fits = []
        for one in customers:
            named, of_one = named_by(one, self.topics), texts.get(one.path, ("", ""))
            for item, topics in wanted:
                if because := found_in(named, of_one, topics):
                    fits.append(Fit(item, one, because))
        return in_order(fits)

    def _texts(self, customers: Sequence[Customer], words: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Notes and log of those of the customers who may have one of the words in them."""
        if len(customers) > 1:
            paths = self.workspace.may_have(words)
            customers = [one for one in customers if one.path in paths]
        return self.workspace.texts(customers)

    def _offers(self, fits: Sequence[Fit]) -> list[Offer]:
        pasts = self._pasts(fits)
        config, today = self.workspace.config, self.workspace.today
        return [
            Offer(one, why_not(one.item, one.customer, past, config, today))
            for one, past in zip(fits, pasts, strict=True)
        ]

    def _pasts(self, fits: Sequence[Fit]) -> list[Past]:
        """What counts of the past for each of the fits."""
        items = {one.item.path: one.item for one in fits}
        keys = {path: {*keys_of(item)} for path, item in items.items()}
        given: dict[str, list[Given]] = {}
        for entry in self.workspace.index.given_to({one.customer.path for one in fits}):
            given.setdefault(entry.whom, []).append(entry)
        return [self._past(keys[one.item.path], given.get(one.customer.path, ())) for one in fits]

    def _past(self, keys: set[str], entries: Sequence[Given]) -> Past:
        today = self.workspace.today
        had = max((one.date for one in entries if one.key in keys), default=None)
        month = {
            (one.path, one.line, meant.path)
            for one in entries
            if one.ours
            and month_before(today) < one.date <= today
            and (meant := self.library.led_to(one.key))
        }
        return Past(had, len(month))

    def refusal(self, item: Item, customer: Customer) -> str | None:
        """Why the item is not to be passed on to the customer today, whether it fits or not; None if nothing is in the way."""
        (offer,) = self._offers([Fit(item, customer, ())])
        return offer.why_not

    def flaw(self, item: Item, customer: Customer) -> str | None:
        """Why the item itself is nothing for the customer, whether they may be contacted or not; None if nothing says so."""
        (past,) = self._pasts([Fit(item, customer, ())])
        return unfit(item, customer, past, self.workspace.config, self.workspace.today)


def suggested(workspace: Workspace, paths: Iterable[str]) -> dict[str, str]:
    """The id of the item that each of the customers at these paths would like best, by path."""
    found: dict[str, str] = {}
    for fit in Sharing(workspace).worth_saying(list(workspace.cache.customers_at(sorted(paths)))):
        found.setdefault(fit.customer.path, fit.item.id)
    return found


def quoted(sharing: Sharing, fit: Fit) -> Fit:
    """The same, where what stands in notes and log is quoted as the file has it, with its line."""
    if not any(one.is_quoted for one in fit.because):
        return fit
    text = sharing.workspace.text(fit.customer.path) or ""
    days = sharing.workspace.index.days([fit.customer.path]).get(fit.customer.path, {})
    by_name = {topic.name: topic for topic in topics_of(fit.item, sharing.topics)}
    because = (_quoted(one, by_name[one.topic], text, days) if one.is_quoted else one for one in fit.because)
    return fit._replace(because=tuple(because))


def _quoted(one: Because, topic: Topic, text: str, days: dict[int, int]) -> Because:
    """The reason with the line of the file where it stands; a name of two words may stand on two lines."""
    for place in places_of(text, days):
        hit = (
            topic.pattern.search(place.seen)
            if place.kind == one.place and "[about::" not in place.text
            else None
        )
        if hit:
            return one._replace(text=_around(one_line(place.text), hit[0]), line=place.number)
    hit = topic.pattern.search(one.text)
    return one._replace(text=_around(one.text, hit[0] if hit else ""))


def _around(line: str, word: str) -> str:
    """The word in its line, with some of the words on either side."""
    line = line.strip()
    start, end = next(iter(marks(line, [word])), (0, 0))
    first = line.rfind(" ", 0, max(start - _AROUND, 0)) + 1
    last = line.find(" ", end + _AROUND)
    last = len(line) if last < 0 else last
    return f"{'… ' if first else ''}{line[first:last]}{' …' if last < len(line) else ''}"


def balance_of(workspace: Workspace, fit: Fit) -> Balance | None:
    """What the customer was given and asked for within a year, of an offer; None of what asks for nothing."""
    if fit.item.qualifier != "pitch":
        return None
    customer = workspace.read(fit.customer.path).customer
    return balance(customer.log if customer else (), workspace.config, workspace.today)


def passed_on(workspace: Workspace, item: Item, people: Sequence[Match]) -> tuple[Operation, str]:
    """The operation that notes in the logs of all these people that they were given the item today, and the entry.

    Raises `RefusedError`, with nothing written, if somebody is not to be given it; it names everybody, and why.
    """
    sharing, line = Sharing(workspace), entry_line(workspace.today, entry_words(item))
    customers = list(workspace.cache.customers_at(one.path for one in people))
    refused = [(one, why) for one in customers if (why := sharing.refusal(item, one))]
    if refused:
        named = "\n".join(f"  {one_line(one.name)}: {why}" for one, why in refused)
        hint = f'If it was passed on all the same: ptcrm log {refused[0][0].id} "{entry_words(item)}"'
        raise RefusedError(
            f"“{item.title}” is not for everybody named here:\n{named}\n{hint}\nNothing was written."
        )
    return Operation(f"share {item.id} {called(people)}", appended(workspace, people, line)), line


def offer_row(offer: Offer, weighed: Balance | None) -> dict[str, object]:
    """An offer as a flat object (the JSON of `share WHAT`; docs/json.md)."""
    fit = offer.fit
    return {
        "item": fit.item.id,
        "title": fit.item.title,
        "kind": fit.item.kind,
        "customer": fit.customer.id,
        "name": fit.customer.name,
        "score": fit.score,
        "why": because_words(fit),
        "reasons": [
            {"topic": one.topic, "place": one.place, "text": one.text, "line": one.line}
            for one in fit.because
        ],
        "left_out": offer.why_not,
        "given": weighed.value if weighed else None,
        "asked": weighed.pitch if weighed else None,
        "path": fit.customer.path,
    }


def because_words(fit: Fit) -> str:
    """All reasons in words, with semicolons between them."""
    return "; ".join(one.words for one in fit.because)


def overview_rows(found: Iterable[Overview]) -> Iterator[dict[str, object]]:
    """Each item with those who would like it (the JSON of `share`; docs/json.md)."""
    for one in found:
        yield {
            "item": one.item.id,
            "title": one.item.title,
            "kind": one.item.kind,
            "until": one.item.until.isoformat() if one.item.until else None,
            "customers": [fit.customer.id for fit in one.fits],
            "left_out": one.left_out,
            "path": one.item.path,
        }
