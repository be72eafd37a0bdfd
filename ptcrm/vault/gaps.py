"""What a source may add to a customer's fields: what fills a gap, and what differs. Pure; what is there stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.diagnostic import Problem
from ptcrm.model.reading import Report
from ptcrm.text.fold import fold, slug
from ptcrm.text.frontmatter import Scalar
from ptcrm.text.markdown import link_target
from ptcrm.text.safe import compared
from ptcrm.text.source import Source, Span
from ptcrm.vault.match import email_key, phone_key
from ptcrm.vault.schema import values_for, warn_of_unknown_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Field

# Lists that a source may add members to; other lists are filled only if they are empty.
_JOINED = {"aliases", "emails", "phones", "urls", "occasions", "tags", "sources"}
_LINKS = {"company", "referred_by", "family"}
_WEB = re.compile(r"https?://(?:www\.)?|/$")


class Difference(NamedTuple):
    """A value of a source that is not the one in the file, which stays; and where the source has it."""

    field: str
    mine: str
    theirs: str
    place: str


class Taking(NamedTuple):
    """How values of a source are taken: by the vault's reader, its day, its country, and who is meant by a name."""

    reader: LineReader
    today: date
    link: Callable[[str], str | None]
    country: str | None

    def checked(self, field: Field, words: str) -> list[str] | Problem:
        """The value as it would be written, or why it cannot be: it does not fit, or is not configured."""
        found = values_for(field, [words], self.today, self.link)
        report = Report(Source("", ""))
        for one in () if isinstance(found, Problem) else found:
            warn_of_unknown_words(field, Scalar(one, Span(0, 0), quoted=True), self.reader, report)
        problem = next(iter(report.found), None)
        return Problem(problem.code, problem.message, problem.hint) if problem else found

    def add(self, field: Field, there: list[str], words: list[str], place: str) -> list[Difference]:
        """Add to the values that are `there` what fills a gap; returns what differs, and is left out."""
        known = {self._key(field, one): one for one in there}
        is_gap, differences = not there, []
        for one in words:
            key = self._key(field, one)
            same = known.get(key)
            if same is None and field.name == "birthday":
                same = next((day for day in there if day[-6:] == one[-6:] and one.startswith("--")), None)
            if same is not None and (field.name != "occasions" or folded(same) == folded(one)):
                continue
            if same is None and (is_gap or (field.many and field.name in _JOINED)):
                there.append(one)
                known[key] = one
                is_gap = is_gap and field.many
            else:
                differences.append(Difference(field.name, same or ", ".join(there), one, place))
        return differences

    def _key(self, field: Field, words: str) -> object:
        """The form in which two values of the field are compared."""
        words = compared(words)
        if field.name == "emails":
            return email_key(words)
        if field.name == "phones":
            return phone_key(words, self.country) or words
        if field.name == "urls":
            return _WEB.sub("", words).casefold()
        if field.name == "occasions":
            return slug(words.rpartition(" ")[0])
        if field.typed:
            return repr(
                field.read(Scalar(words, Span(0, len(words)), quoted=True), Report(Source("", words)))
            )
        target = link_target(words) or (field.name in _LINKS and self.link(words)) or words
        return slug(target) or target


def folded(text: str) -> str:
    """The form in which two texts are compared."""
    return fold(compared(text))
