"""The queries of ptcrm.yaml: where each stands, what it is called, and what it may ask. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.query.parser import parse, pointed
from ptcrm.query.shell import query_of
from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ptcrm.model.config import Config
    from ptcrm.query.fields import Vocabulary
    from ptcrm.query.lexer import Flaw
    from ptcrm.query.nodes import Query


class ConfiguredQuery(NamedTuple):
    """A query: where it stands in ptcrm.yaml (nowhere if it was typed), what it is called, its text.

    Only if `planned` may it ask for what follows from the plan, which depends on tiers and campaigns (FORMAT §3).
    """

    place: tuple[str, ...]
    called: str
    text: str
    planned: bool

    def read(self, vocabulary: Vocabulary, today: date) -> Query | Flaw:
        """The query, or what is wrong with it."""
        return parse(self.text, vocabulary, today, planned=self.planned)

    def complaint(self, flaw: Flaw) -> str:
        """Why it cannot be read, in a sentence, and below it the query with a mark under the place."""
        shell = (
            ""
            if self.place or '"' not in flaw.hint
            else " In a shell, put single quotes around the whole query."
        )
        why = f"{flaw.message}. {flaw.hint}{shell}".rstrip()
        mark = pointed(self.text, flaw).replace("\n", "\n    ")
        return f"{self.called} cannot be read: {why}\n    {mark}"


def of_tier(config: Config, name: str) -> ConfiguredQuery:
    """The rule that suggests the tier `name`."""
    called = f"`when` of the tier “{name}”"
    return ConfiguredQuery(("tiers", name, "when"), called, config.tiers[name].when or "", planned=False)


def of_campaign(config: Config, name: str) -> ConfiguredQuery:
    """The query for those whom the campaign `name` is for."""
    called = f"`where` of the campaign “{name}”"
    return ConfiguredQuery(("campaigns", name, "where"), called, config.campaigns[name].where, planned=False)


def of_feed(config: Config, name: str) -> ConfiguredQuery:
    """The query for those whom the feed `name` is about."""
    called = f"`where` of the feed “{name}”"
    return ConfiguredQuery(("feeds", name, "where"), called, config.feeds[name].where or "", planned=True)


def typed(words: Sequence[str]) -> ConfiguredQuery:
    """The query that was typed as these words of a command line, with the quotes that the shell has taken away."""
    return ConfiguredQuery((), "the query", query_of(words), planned=True)


def uses(text: str, one: ConfiguredQuery) -> bool:
    """Whether a query with this text asks for the saved one."""
    name = one.place[-1]
    return any(word in fold(text) for word in (f"@{fold(name)}", f'@"{fold(name)}"'))


def saved(config: Config) -> Iterator[ConfiguredQuery]:
    """The saved queries."""
    for name, text in config.queries.items():
        yield ConfiguredQuery(("queries", name), f"the query “{name}”", text, planned=True)


def configured(config: Config) -> Iterator[ConfiguredQuery]:
    """Every query of the configuration; an empty one, which means everybody, is one too."""
    yield from (of_tier(config, name) for name in config.tiers)
    yield from (of_campaign(config, name) for name in config.campaigns)
    yield from saved(config)
    yield from (of_feed(config, name) for name in config.feeds)
