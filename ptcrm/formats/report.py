"""A report as a page of HTML that stands alone: sentences, charts, and the customers behind each figure.

It runs no script and asks for nothing elsewhere; light or dark as the reader's screen is, and light on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from ptcrm.formats import charts
from ptcrm.formats.charts import as_text, chart
from ptcrm.model.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEGINS: Final = b'<!DOCTYPE html>\n<html lang="en">\n<!-- a report, made by ptcrm -->\n'
# The look of a page that needs nothing else.
PAGE: Final = """
:root { color-scheme: light dark; --ground: #fbfaf8; --ink: #22201c; --quiet: #625d54; --line: #dcd8d0 }
@media screen and (prefers-color-scheme: dark) {
  :root { --ground: #1a1917; --ink: #ece9e2; --quiet: #aaa498; --line: #3b3934 }
}
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 2rem auto; padding: 0 1rem;
  max-width: 46rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 }
@page { size: A4; margin: 18mm }
@media print {
  :root { --ground: #fff }
  body { font-size: 10.5pt; max-width: none; margin: 0; padding: 0 }
}
"""
STYLE: Final = (
    """
.report { max-width: 46rem; overflow-wrap: anywhere }
.report h2 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .5rem }
.report h3 { font-size: 1rem; margin: 1.5rem 0 .3rem }
.report a { color: inherit; text-underline-offset: .15em }
.report code { font: .9em ui-monospace, monospace }
.report .soft { color: var(--quiet); font-size: .9rem }
.report ul { padding-left: 1.2rem; margin: .3rem 0 }
.report nav ul { list-style: none; padding: 0; margin: 1rem 0 }
.report nav li { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: .2rem 0 }
@media (max-width: 40rem) { .report nav li { grid-template-columns: 1fr } }
.report section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem }
.report section > p { margin: .3rem 0 }
.report table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .9rem; font-variant-numeric: tabular-nums }
.report th, .report td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; text-align: left }
.report tbody th { font-weight: 400; width: 35% }
@media print {
  .report { max-width: none }
  .report h2, .report h3 { break-after: avoid }
  .report tr, .report p { break-inside: avoid }
}
"""
    + charts.STYLE
)


@dataclass(frozen=True, slots=True)
class Row:
    """A customer by id and name, with what is said; `where` are the lines of files that say it."""

    customer: str
    name: str
    words: str
    where: str


@dataclass(frozen=True, slots=True)
class Table:
    """Customers for one reason, which is the `title`; `more` says what was left out."""

    title: str
    rows: tuple[Row, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One figure: what it says and how it is defined, what to do, pictures, and the customers behind it.

    `name` is a word that no other section has. `advice` is in words, each with a command and the id of the customer
    it is about (empty: of no one alone).
    """

    name: str
    title: str
    sentences: tuple[str, ...]
    definition: str
    advice: tuple[tuple[str, str, str], ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report; `about` says of what, and of which days."""

    title: str
    about: str
    sections: tuple[Section, ...]


def as_page(report: Report) -> bytes:
    """The page, in UTF-8; the same report gives the same bytes."""
    title = as_text(report.title)
    return (
        BEGINS
        + (
            '<head>\n<meta charset="utf-8">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{PAGE}{STYLE}</style>\n</head>\n<body>\n"
            f"<header>\n<h1>{title}</h1>\n</header>\n<main>\n{as_body(report)}</main>\n</body>\n</html>\n"
        ).encode()
    )


def as_body(report: Report, address: Callable[[str], str] | None = None) -> str:
    """What stands below the title, as HTML; `address` gives where a customer's id leads, if anywhere."""
    return f'<div class="report">\n{"".join(_parts(report, address))}</div>\n'


def _parts(report: Report, address: Callable[[str], str] | None) -> Iterator[str]:
    yield f'<p class="soft">{as_text(report.about)}</p>\n<nav aria-label="Figures">\n<ul>\n'
    for one in report.sections:
        first = as_text(one.sentences[0]) if one.sentences else ""
        yield f'<li><a href="#{one.name}">{as_text(one.title)}</a> <span>{first}</span></li>\n'
    yield "</ul>\n</nav>\n"
    for one in report.sections:
        yield f'<section id="{one.name}" aria-labelledby="{one.name}-title">\n'
        yield f'<h2 id="{one.name}-title">{as_text(one.title)}</h2>\n'
        yield from (f"<p>{as_text(sentence)}</p>\n" for sentence in one.sentences)
        yield f'<p class="soft">{as_text(one.definition)}</p>\n'
        yield from (chart(picture, f"{one.name}-{at}") for at, picture in enumerate(one.pictures))
        if one.advice:
            each = (
                f"<li>{_linked(words, customer, address)}: <code>{as_text(command)}</code></li>\n"
                for words, command, customer in one.advice
            )
            yield f"<h3>What to do</h3>\n<ul>\n{''.join(each)}</ul>\n"
        yield from (_table(table, address) for table in one.tables)
        yield "</section>\n"


def _table(table: Table, address: Callable[[str], str] | None) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_linked(row.name, row.customer, address)}</th><td>{as_text(row.words)}{_place(row)}</td></tr>\n'
        for row in table.rows
    )
    more = f'<p class="soft">{as_text(table.more)}</p>\n' if table.more else ""
    return f"<h3>{as_text(table.title)}</h3>\n<table>\n<tbody>\n{rows}</tbody>\n</table>\n{more}"


def _place(row: Row) -> str:
    return f'<br><span class="soft">{as_text(row.where)}</span>' if row.where else ""


def _linked(words: str, customer: str, address: Callable[[str], str] | None) -> str:
    shown = as_text(words)
    return f'<a href="{escape(address(customer))}">{shown}</a>' if address and customer else shown
