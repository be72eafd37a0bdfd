"""Who is meant: by a name, and by a query."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, QueryError, UsageError
from ptcrm.model.diagnostic import ERRORS, Severity
from ptcrm.text.fold import fold, same_id
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault import store
from ptcrm.vault.cache import IF_POSSIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ptcrm.model.customer import Customer
    from ptcrm.query.configured import ConfiguredQuery
    from ptcrm.query.fields import Forecast
    from ptcrm.query.nodes import Facts as QueryFacts
    from ptcrm.query.nodes import Query, Value
    from ptcrm.vault.index import Match
    from ptcrm.vault.listing import Signature
    from ptcrm.vault.prose import TextRows

from ptcrm.workspace.opened import Opened, is_settled


class Asked(Opened):
    """An open vault that finds customers."""

    # Finding a customer

    def find(self, words: str) -> Match:
        """The one customer whom `words` mean; raises NotFoundError if there is none or more than one."""
        matches = self.index.find(words)
        if len(matches) == 1:
            return matches[0]
        if not matches:
            raise NotFoundError(self._nobody(words))
        shown = "\n".join(f"  {match.id}  ({match.name}, {match.path})" for match in matches[:20])
        more = f"\n  and {len(matches) - 20} more" if len(matches) > 20 else ""
        raise NotFoundError(
            f"“{words}” may mean {len(matches)} customers; name one by the id or the file's name:\n{shown}{more}"
        )

    def broken_path(self, words: str) -> str | None:
        """The one file with errors that has `words` as its stem, or None."""
        stem = same_id(words)
        broken = (one.path for one in self.cache.diagnostics(codes=ERRORS))
        named = {path for path in broken if same_id(path.rpartition("/")[2].removesuffix(".md")) == stem}
        return named.pop() if len(named) == 1 else None

    def unread(self, words: str, under: str = "") -> str | None:
        """Why nothing is read from a file below `under` that has `words` in its path; None if there is no such file."""
        part = fold(words)
        for one in self.cache.diagnostics():
            is_unread = one.severity is Severity.ERROR or one.code == "PT010"
            if is_unread and part and part in fold(one.path) and one.path.startswith(under):
                return f"{one.path}:{one.line}:{one.column}: {one.message}. Nothing is read from it; see `ptcrm check`."
        return None

    def name_first(self, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """As many of the first of `words` as still fit somebody, and the other words; a name need not be quoted."""
        count = 1
        while words[count:] and words[count] and self.index.is_named(" ".join(words[: count + 1])):
            count += 1
        return " ".join(words[:count]), words[count:]

    def _nobody(self, words: str) -> str:
        """Why nobody was found: perhaps the file has errors or no front matter, perhaps it is a slip."""
        if why := self.unread(words):
            return why
        near = " or ".join(f"“{name}”" for name in self.index.near(words))
        return f"Nobody here answers to “{words}”. {f'Did you mean {near}?' if near else 'See all with `ptcrm list`.'}"

    # Queries of ptcrm.yaml

    def query(self, asked: ConfiguredQuery) -> Query:
        """The query, which may ask for the customers' own fields.

        Raises `QueryError` if it cannot be read, or `UsageError` if it was typed.
        """
        from ptcrm.query.configured import saved, uses
        from ptcrm.query.fields import vocabulary_of
        from ptcrm.query.lexer import Flaw

        words = vocabulary_of(self.config, (name for name, _ in self.cache.own_names()))
        found = asked.read(words, self.today)
        if not isinstance(found, Flaw):
            return found
        if not asked.place:
            inner = (
                (one, one.read(words, self.today)) for one in saved(self.config) if uses(asked.text, one)
            )
            wrong = next(((one, flaw) for one, flaw in inner if isinstance(flaw, Flaw)), None)
            if wrong is None:
                raise UsageError(asked.complaint(found))
            asked, found = wrong
        line = self.config.line(*asked.place)
        raise QueryError(f"{store.CONFIG_NAME}:{line}: {asked.complaint(found)}")

    def facts(
        self, queries: Iterable[Query], customers: Iterable[Customer]
    ) -> Callable[[Customer], QueryFacts]:
        """From one of the `customers` to what these queries may ask of her."""
        from ptcrm.query.nodes import fields_of
        from ptcrm.vault.known import known

        fields = frozenset[str]().union(*map(fields_of, queries))
        among = list(customers)
        forecasts, texts = self._forecasts(fields, among), self._texts(fields, among)
        currency, today = self.config.currency, self.today
        return known(self.index, fields, among, forecasts, currency=currency, today=today, texts=texts)

    def _forecasts(self, _fields: frozenset[str], _among: Iterable[Customer]) -> dict[str, Forecast]:
        """What the plan says of the customers, by path, if the fields ask for it; where nothing is planned, nothing."""
        return {}

    @cached_property
    def _new_texts(self) -> dict[str, tuple[Signature | None, TextRows]]:
        """Texts that were read and are not kept yet, by path."""
        return {}

    def texts(self, among: Iterable[Customer]) -> dict[str, tuple[str, str]]:
        """Notes and log of the customers, as they are searched, by path; of files that cannot be read none."""
        from ptcrm.query.fields import TEXTS

        return self._texts(TEXTS, among)

    def may_have(self, words: Iterable[str]) -> set[str]:
        """The paths of those in whose texts one of the folded words stands, and perhaps of others."""
        from ptcrm.query.fields import TEXT
        from ptcrm.query.matching import Holds
        from ptcrm.query.nodes import Choice, Term
        from ptcrm.vault.condition import condition_of

        condition = condition_of(Term(TEXT, tuple(Choice(word, Holds((word,))) for word in words)))
        if condition is None:
            return {path for (path,) in self.cache.rows("SELECT path FROM customer")}
        return {*self.cache.meant_by(condition), *self.cache.unread()}

    def _texts(self, fields: frozenset[str], among: Iterable[Customer]) -> dict[str, tuple[str, str]]:
        """Notes and log of the customers, by path, if the `fields` ask for texts; files are read whose texts are not kept.

        What is read anew is kept when the vault is next looked at or closed, so that the rows that are held stay.
        """
        from ptcrm.query.fields import TEXTS

        if not fields & TEXTS:
            return {}
        customers = {one.path: one for one in among}
        known: dict[str, tuple[str, str]] = self.cache.texts_at(customers)
        missing = {path: one for path, one in customers.items() if path not in known}
        days = self.index.days(missing.keys() - self._new_texts.keys())
        for path, one in missing.items():
            if path not in self._new_texts and (found := self._read_texts(one, days.get(path, {}))):
                self._new_texts[path] = found
            if path in self._new_texts:
                known[path] = self._new_texts[path][1].texts
        return known

    def _read_texts(self, one: Customer, days: dict[int, int]) -> tuple[Signature | None, TextRows] | None:
        """The texts of a customer's file, with its signature if that is sure to be theirs; None if it cannot be read."""
        from ptcrm.vault.prose import text_rows

        try:
            before = store.signature(self.root, one.path)
            source = Source.decode(one.path, store.read_file(self.root, one.path))
            now = store.signature(self.root, one.path)
        except (OSError, UndecodableError):
            return None
        return now if is_settled(now) and now == before else None, text_rows(source, one, days)

    def refresh(self) -> None:
        """Read what has changed since last time, and work out anew what follows from it."""
        self._keep_texts()
        super().refresh()

    def _keep(self) -> None:
        super()._keep()
        self._keep_texts()

    def _keep_texts(self) -> None:
        """Keep the texts that were read since the last time, of files whose rows are of the same signature."""
        rows = [(path, now, found) for path, (now, found) in self._new_texts.items() if now]
        self._new_texts.clear()
        if rows:
            with IF_POSSIBLE, self.cache.writing():
                self.cache.keep_texts(rows)

    def customers_by(self, asked: ConfiguredQuery) -> list[Customer]:
        """The customers whom the query finds, by path; raises `QueryError` if it cannot be read."""
        return list(self.cache.customers_at(self.paths_by(asked)))

    def paths_by(self, asked: ConfiguredQuery) -> list[str]:
        """The paths of the customers whom the query finds, in order; raises `QueryError` if it cannot be read.

        What is kept of the customers narrows, and the query decides on those who remain.
        """
        from ptcrm.vault.condition import condition_of

        query = self.query(asked)
        condition = condition_of(query)
        if condition is None:
            return self._deciding(query, self.cache.customers())
        found, unread = self.cache.meant_by(condition), self.cache.unread() if condition.asks_texts else []
        sure = {*found} if condition.exact else set()
        unsure = {*found, *unread} - sure
        return sorted([*sure, *self._deciding(query, self.cache.customers_at(sorted(unsure)))])

    def unmatched(self, asked: ConfiguredQuery) -> Iterator[str]:
        """Which values of a query no customer has, in sentences: where it finds nobody, one may be a slip."""
        from ptcrm.query.unmatched import unmatched
        from ptcrm.text.near import did_you_mean

        customers = list(self.cache.customers())
        query = self.query(asked)
        facts = self.facts([query], customers)

        def in_use(field: str) -> list[Value]:
            return [value for one in customers for value in facts(one)(field)]

        for term, near in unmatched(query, in_use) if customers else ():
            yield f"no customer has {term}. {did_you_mean(near)}".rstrip()

    def _deciding(self, query: Query, among: Iterable[Customer]) -> list[str]:
        """The paths of those `among` these whom the query means."""
        customers = list(among)
        facts = self.facts([query], customers) if customers else None
        return [one.path for one in customers if facts and query(facts(one))]

    def customers(self, query: str = "") -> list[Customer]:
        """The customers whom `query` finds (docs/query.md), by path and without their logs; all, if it is empty.

        Raises `UsageError` if it cannot be read.
        """
        from ptcrm.query.configured import typed

        return self.customers_by(typed([query]))

    def customer(self, who: str) -> Customer:
        """The one customer whom `who` means, with the log, from the file as it is now.

        Raises `NotFoundError`, and `RefusedError` if the file cannot be read.
        """
        customer = self.reading(self.find(who)).customer
        assert customer is not None  # noqa: S101  # `reading` gives customers alone
        return customer
