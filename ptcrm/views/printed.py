"""One customer as Markdown to be printed: fields, notes, open follow-ups, the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.model.dates import long_day
from ptcrm.text.markdown import show_links
from ptcrm.text.safe import for_markdown, one_line
from ptcrm.vault.log import entry_words, follow_up_words, in_time
from ptcrm.vault.notes import notes
from ptcrm.views.customer import given_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptcrm.vault.schema import Reading

_HIDDEN = ("id", "name", "sources")  # what helps programs alone


def printed(reading: Reading, today: date) -> str:
    """The customer's file as Markdown that reads well on paper; raises nothing for what a person wrote."""
    customer = reading.customer
    assert customer is not None  # noqa: S101  # whoever asks has found a customer
    parts = [f"# {_plain(customer.name)}"]
    fields = [
        f"- **{_plain(name.replace('_', ' '))}:** {_plain(value)}"
        for name, value in given_fields(customer)
        if name not in _HIDDEN and value
    ]
    parts.append("\n".join(fields))
    parts.append(show_links(notes(reading.document, customer)))
    open_ones = [
        f"- {one.due} {_indented(show_links(follow_up_words(one)))}" for one in customer.open_follow_ups
    ]
    parts += _section("Follow-ups", open_ones)
    parts += _section(
        "Log", [f"- {one.date} {_indented(entry_words(one))}" for one in in_time(customer.log)[::-1]]
    )
    parts.append(f"---\n\n{long_day(today)}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"## {title}"
        yield "\n".join(lines)


def _plain(text: str) -> str:
    """Text of one line that Markdown shows as it is."""
    return for_markdown(one_line(show_links(text)))


def _indented(text: str) -> str:
    """Further lines below the first one of an item."""
    return text.replace("\n", "\n  ")
