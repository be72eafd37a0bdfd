"""Markdown as a page of HTML that stands alone: no script, nothing from elsewhere, for the screen and for paper."""

from __future__ import annotations

from html import escape
from typing import Final

BEGINS: Final = (
    b'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="ptcrm">\n'
)
_SHOWN = "h1 h2 h3 h4 h5 h6 p ul ol li strong em s code pre blockquote hr br a table thead tbody tr th td"
_STYLE = """
body { font: 12pt/1.45 Georgia, serif; max-width: 42em; margin: 2em auto; padding: 0 1em; color: #111; background: #fff }
h1 { font-size: 1.6em; margin: 0 0 .6em } h2 { font-size: 1.15em; margin: 1.4em 0 .4em; break-after: avoid }
ul { padding-left: 1.2em; margin: .4em 0 } li { margin: .15em 0; break-inside: avoid }
pre, code { font-size: .9em; white-space: pre-wrap; overflow-wrap: anywhere } hr { border: 0; border-top: 1px solid #999 }
table { border-collapse: collapse } td, th { border: 1px solid #999; padding: .2em .5em; text-align: left }
a { color: inherit } @page { margin: 2cm } @media print { body { margin: 0; max-width: none } }
"""


def as_html(markdown: str) -> str:
    """The text as HTML: raw HTML in it stays text, links lead to web pages and addresses alone, pictures are their words."""
    import nh3
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.add_render_rule(
        "image",
        lambda self, tokens, at, *more: escape(self.renderInlineAsText(tokens[at].children or [], *more)),
    )
    return nh3.clean(
        reader.render(markdown),
        tags=set(_SHOWN.split()),
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def as_page(markdown: str, title: str) -> bytes:
    """The text as a page, as `as_html` makes it."""
    body = as_html(markdown)
    head = (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    )
    return BEGINS + f"{head}{body}</body>\n</html>\n".encode()
