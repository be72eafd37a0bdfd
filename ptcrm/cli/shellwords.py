"""A command line as a shell reads it, up to the cursor, and words quoted so that the shell reads them back. Pure.

Nothing is expanded: `$x`, `~` and backquotes stand for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

_BLANKS = " \t\n"
_PLAIN = "-_./:,@%+"
_ESCAPED = {'"': '"\\$`', "'": "'\\"}  # what a backslash quotes inside of these quotes
_SPECIAL = "$@"  # readline keeps these in the word that it completes


@dataclass(frozen=True, slots=True)
class Line:
    """A line up to the cursor: the whole `words`, unquoted, and the `last` one, which may be empty.

    `kept` is the beginning of `last` that the shell does not replace; `quote` is the sign that is still open.
    """

    words: tuple[str, ...]
    last: str
    kept: str = ""
    quote: str = ""


class _Word:
    """A word as it grows; None of its text counts as no word until something `began` it."""

    def __init__(self) -> None:
        self.text, self.quote, self.began = "", "", False
        self.opened = self.broken = 0  # where the open quote stands, and what follows the last break

    def take(self, sign: str, breaks: str) -> None:
        """Add a sign that no backslash quotes."""
        self.began = True
        if self.quote:
            if sign == self.quote:
                self.quote = ""
            else:
                self.text += sign
        elif sign in "'\"":
            self.quote, self.opened = sign, len(self.text)
        else:
            self.text += sign
            if sign in breaks:
                self.broken = len(self.text) - (sign in _SPECIAL)

    def take_escaped(self, sign: str) -> None:
        """Add a sign that stands behind a backslash."""
        self.began = True
        is_plain = self.quote and sign not in _ESCAPED[self.quote]
        self.text += f"\\{sign}" if is_plain else sign


def read_line(text: str, *, breaks: str = "", escapes: str = '"') -> Line:
    """The line that `text` is.

    A word is completed from behind its last sign of `breaks` that is not quoted, or behind the quote that is
    open. In quotes of the kinds `escapes` a backslash quotes; fish has it so in both kinds.
    """
    words, word, signs = [], _Word(), iter(text)
    for sign in signs:
        if sign == "\\" and word.quote in ("", *escapes):
            word.take_escaped(next(signs, ""))
        elif sign in _BLANKS and not word.quote:
            if word.began:
                words.append(word.text)
            word = _Word()
        else:
            word.take(sign, breaks)
    kept = word.opened if word.quote else word.broken
    return Line(tuple(words), word.text, word.text[:kept], word.quote)


def quoted(word: str, quote: str = "") -> str:
    """`word` so that an interactive POSIX shell reads it back; behind an open `quote`, without the closing one."""
    if quote == '"':
        safe = "".join(f"\\{sign}" if sign in _ESCAPED[quote] else sign for sign in word)
        return safe.replace("!", "\"'!'\"")  # a backslash before it would stay
    if not quote and word and all(sign.isalnum() or sign in _PLAIN for sign in word):
        return word
    safe = word.replace("'", "'\\''")
    return safe if quote else f"'{safe}'"
