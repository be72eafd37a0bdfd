"""Text as it is searched: folded, with single blanks, a paragraph or list item a line, and no link targets."""

from __future__ import annotations

import re

from ptcrm.text.fold import fold
from ptcrm.text.markdown import find_links
from ptcrm.text.source import Span

_HIDDEN = "\0"  # each character of a target; the text keeps its length
_WIKI = re.compile(r"\[\[[^\[\]\n|]*\0[^\[\]\n|]*(?:\|([^\[\]\n]*))?\]\]")
_INLINE = re.compile(r"\[([^\[\]\n]*)\]\([^()\n]*\0[^()\n]*\)")
_NO_DIGIT = re.compile("[^0-9]+")
_BREAK = re.compile(r"\n(?=[ \t\r]*\n|[ \t]*(?:[-*+][ \t]|[0-9]{1,9}[.)][ \t]|[#|>]))")


def digits_of(text: str) -> str:
    """The digits in `text`."""
    return _NO_DIGIT.sub("", text)


def folded(words: str) -> str:
    """`words` folded on one line, with single blanks between them."""
    if words.isascii():
        return " ".join(words.casefold().split())
    return " ".join(map(fold, words.split()))


def searched(text: str) -> str:
    """`text` folded: each paragraph and each list item on one line, with single blanks."""
    return "\n".join(line for part in _BREAK.split(text) if (line := folded(part)))


def hidden(text: str, span: Span, code: tuple[Span, ...] = ()) -> str:
    """`text`, as long as before, with a mark for each character of a link's target in `span` that is not in `code`."""
    parts, at = [], 0
    for _, place in find_links(text, span, code):
        parts += [text[at : place.start], _HIDDEN * (place.end - place.start)]
        at = place.end
    return "".join(parts) + text[at:] if parts else text


def without_links(text: str) -> str:
    """Text from `hidden` with the words of its links alone: `[[target|words]]` becomes `words`, `[[target]]` nothing."""
    if _HIDDEN not in text:
        return text
    return _INLINE.sub(r"\1", _WIKI.sub(lambda link: link[1] or "", text)).replace(_HIDDEN, "")


def value_words(value: str) -> str:
    """A value of the user's own as it is searched."""
    return searched(without_links(hidden(value, Span(0, len(value)))))
