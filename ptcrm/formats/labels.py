"""A sheet of address labels as HTML: A4, three by eight of 70 × 37 mm, to be printed without margins.

All of the vault's text is escaped, and the page may load and run nothing.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ON_A_SHEET = 24
BEGINS = b"<!doctype html>\n<!-- address labels, made by ptcrm -->\n"
_HEAD = """\
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Address labels</title>
<style>
@page { size: A4; margin: 0 }
* { box-sizing: border-box; margin: 0 }
body { font: 10pt/1.3 sans-serif }
section { display: grid; grid-template: repeat(8, 37mm) / repeat(3, 70mm); width: 210mm; height: 296mm; break-after: page }
section:last-child { break-after: auto }
address { font-style: normal; padding: 5mm 6mm; overflow: hidden; overflow-wrap: anywhere }
@media screen { address { outline: 1px dotted silver } }
</style>
</head>
<body>
"""


def labels(addresses: Iterable[Sequence[str]]) -> bytes:
    """The sheets, each address as its lines."""
    found = list(addresses)
    sheets = [found[at : at + ON_A_SHEET] for at in range(0, len(found), ON_A_SHEET)]
    body = "".join(f"<section>\n{''.join(map(_label, sheet))}</section>\n" for sheet in sheets)
    return BEGINS + f"{_HEAD}{body}</body>\n</html>\n".encode()


def _label(lines: Sequence[str]) -> str:
    shown = (escape(for_terminal(one_line(line))) for line in lines)
    return f'<address dir="auto">{"<br>".join(line for line in shown if line)}</address>\n'
