"""A report as a page of HTML that stands alone: sentences, charts, and the customers behind each figure.

It runs no script and asks for nothing elsewhere; light or dark as the reader's screen is, and light on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from ptcrm.formats.charts import STYLE as CHARTS
from ptcrm.formats.charts import as_text, chart
from ptcrm.model.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEGINS: Final = b'<!DOCTYPE html>\n<html lang="en">\n<!-- a report, made by ptcrm -->\n'
_PAGE = """
:root { color-scheme: light dark; --back: #fff }
@media screen and (prefers-color-scheme: dark) { :root { --back: #14181d } }
body { font: 16px/1.55 system-ui, sans-serif; background: var(--back); max-width: 46rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 } footer { margin-top: 3rem; font-size: .9rem }
@page { size: A4; margin: 18mm }
@media print { body { font-size: 10.5pt; max-width: none; padding: 0 } .report nav { display: none } }
"""
STYLE: Final = f"""
.report {{ --text: #1f2328; --soft: #59636e; --line: #d1d9e0; color: var(--text); overflow-wrap: anywhere }}
@media screen and (prefers-color-scheme: dark) {{ .report {{ --text: #e6edf3; --soft: #9aa4af; --line: #3a424c }} }}
.report h2 {{ font-size: 1.35rem; line-height: 1.25; margin: 0 0 .5rem }} .report h3 {{ font-size: 1rem; margin: 1.5rem 0 .3rem }}
.report a {{ color: inherit; text-underline-offset: .15em }} .report .soft {{ color: var(--soft); font-size: .9rem }}
.report nav ul {{ display: flex; flex-wrap: wrap; gap: .2rem 1rem; list-style: none; padding: 0; margin: 1rem 0 }}
.report section {{ border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem }}
.report table {{ border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums }}
.report th {{ text-align: left; font-weight: 600 }} .report tbody th {{ font-weight: 400 }}
.report th, .report td {{ padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }}
.report code {{ font: .9em ui-monospace, monospace }}
@media print {{ .report h2, .report h3 {{ break-after: avoid }} .report tr, .report p {{ break-inside: avoid }} }}
{CHARTS}"""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a heading; `customers` has the id behind each row, or None. `more` says what was left out."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    customers: tuple[str | None, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One figure: what it says, how it is defined, pictures, and what is behind it. `name` is a word of its own."""

    name: str
    title: str
    sentences: tuple[str, ...]
    definition: str = ""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report: `about` says of what and when."""

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
            f"<title>{title}</title>\n<style>{_PAGE}{STYLE}</style>\n</head>\n<body>\n"
            f"<header>\n<h1>{title}</h1>\n</header>\n<main>\n{as_body(report)}</main>\n</body>\n</html>\n"
        ).encode()
    )


def as_body(report: Report, address: Callable[[str], str] | None = None) -> str:
    """What stands below the title, as HTML; `address` gives where a customer's id leads, if anywhere."""
    return f'<div class="report">\n{"".join(_parts(report, address))}</div>\n'


def _parts(report: Report, address: Callable[[str], str] | None) -> Iterator[str]:
    yield f'<p class="soft">{as_text(report.about)}</p>\n<nav aria-label="Figures"><ul>\n'
    for one in report.sections:
        yield f'<li><a href="#{one.name}">{as_text(one.title)}</a></li>\n'
    yield "</ul></nav>\n"
    for one in report.sections:
        yield f'<section id="{one.name}" aria-labelledby="{one.name}-heading">\n'
        yield f'<h2 id="{one.name}-heading">{as_text(one.title)}</h2>\n'
        yield from (f"<p>{as_text(sentence)}</p>\n" for sentence in one.sentences)
        yield from (chart(picture, f"{one.name}-{at}") for at, picture in enumerate(one.pictures))
        yield from (_table(table, address) for table in one.tables)
        if one.definition:
            yield f'<p class="soft">{as_text(one.definition)}</p>\n'
        yield "</section>\n"


def _table(table: Table, address: Callable[[str], str] | None) -> str:
    heads = "".join(f'<th scope="col">{as_text(column)}</th>' for column in table.columns)
    customers = table.customers or (None,) * len(table.rows)
    rows = "".join(
        f'<tr><th scope="row">{_linked(row[0], address(id_) if id_ and address else None)}</th>'
        f"{''.join(f'<td>{as_text(cell)}</td>' for cell in row[1:])}</tr>\n"
        for row, id_ in zip(table.rows, customers, strict=True)
    )
    more = f'<p class="soft">{as_text(table.more)}</p>\n' if table.more else ""
    return (
        f"<h3>{as_text(table.heading)}</h3>\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n"
        f"</table>\n{more}"
    )


def _linked(words: str, address: str | None) -> str:
    return f'<a href="{escape(address)}">{as_text(words)}</a>' if address else as_text(words)
