"""The one filter between the vault's text and whatever shows it: no control character gets out, no formula."""

from __future__ import annotations

import re

# Patterns; Python compiles each when it is used first, and most texts need none.
# C0 but tab and newline, DEL, C1, bidi controls, line and paragraph separators, lone surrogates.
_UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BREAKS = "\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]"
_CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
# What spreadsheets take for a formula, perhaps behind the quotes that say it is none.
_FORMULA = "'*[=+@\t\r\n-]"
# What a subject or a title could pass for: a tag, HTML, a comment of Obsidian's.
_TAG = r"(?<!\S)#(?=[\w/-]*[^\W\d])"
_MARKUP = "<(?=[A-Za-z/!?])"
_COMMENT = "%(?=%)"
_MARKS = r"([\\`*_\[\]<>#|~&!])"
_BULLET = r"^(?:[-+]|\d+[.)])(?=\s|$)"
_NO_BRACKETS = str.maketrans("[]", "()")
_PHONE = r"\+(?:[0-9][ ()./\u00a0-]*){7,15}(?:(?:ext\.?|x) ?[0-9]{1,6})?"


def for_terminal(text: str) -> str:
    """`text` with everything that could move the cursor, colour or reorder replaced by `�`."""
    if text.replace("\n", " ").isprintable():  # which nothing is that is unsafe
        return text
    return re.sub(_UNSAFE, "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`text` on one line: breaks of any kind and the blanks around them become one blank."""
    return " ".join(text.split())


def for_value(text: str) -> str:
    """`text` from elsewhere as one line of a file: without controls and marks that reorder what is shown."""
    return one_line(re.sub(_UNSAFE, "", one_line(text)))


def compared(text: str) -> str:
    """`text` on one line without what exports leave out or replace, so that it equals what comes back from them."""
    return one_line(re.sub(_UNSAFE, "", one_line(text)).replace("\N{REPLACEMENT CHARACTER}", ""))


def for_entry(text: str) -> str:
    """`text` from elsewhere as words of a log entry that forge no field, link, tag or markup (FORMAT §2.3).

    Brackets become round, and `#word` and `<b>` look as before but are no tag and no HTML.
    """
    plain = re.sub(_COMMENT, "% ", for_value(text).translate(_NO_BRACKETS))
    return re.sub(
        _MARKUP,
        "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        re.sub(_TAG, "\N{FULLWIDTH NUMBER SIGN}", plain),
    )


def for_feed(text: str) -> str:
    r"""`text` for an iCalendar TEXT value: breaks become `\n`, a tab a blank, other controls go (CALENDAR 16)."""
    if text.isprintable():  # which no break and no control is
        return text
    return re.sub(_CONTROLS, "", re.sub(_BREAKS, "\n", text.replace("\t", " ")))


def for_json(dumped: str) -> str:
    r"""JSON text with every unsafe character written as `\uXXXX`: the value stays, the terminal is safe."""
    return re.sub(_UNSAFE, lambda found: f"\\u{ord(found[0]):04x}", dumped)


def for_csv(cell: str) -> str:
    """`cell` with a `'` before what a spreadsheet would run as a formula; a phone number stays as it is."""
    return f"'{cell}" if re.match(_FORMULA, cell) and not re.fullmatch(_PHONE, cell) else cell


def from_csv(cell: str) -> str:
    """The text that `for_csv` was given."""
    return cell[1:] if cell.startswith("'") and re.match(_FORMULA, cell) else cell


def for_markdown(text: str) -> str:
    """`text` on one line, so that Markdown shows it as it stands."""
    safe = re.sub(_MARKS, r"\\\1", for_terminal(" ".join(text.split("\n"))))
    return re.sub(_BULLET, lambda found: f"\\{found[0]}", safe)
