"""How far a long piece of work has come: one line on a terminal, if it takes longer than a second."""

from __future__ import annotations

import contextlib
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ptcrm.workspace import clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_FIRST_SECONDS, _NEXT_SECONDS = 1.0, 0.1


class Progress:
    """The line, which is rewritten in its place; nothing is written before a second has passed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._width = stream, 0
        self._next = clock.seconds() + _FIRST_SECONDS
        self.is_shown = False

    def __call__(self, count: int, total: int) -> None:
        """Say that `count` of `total` files have been read."""
        self.tell(f"Reading {count:,} of {total:,} files …")

    def tell(self, words: str) -> None:
        """Say in `words` how far it has come, if a moment has passed since it was said last."""
        now = clock.seconds()
        if now >= self._next:
            self._next = now + _NEXT_SECONDS
            self._write(words)

    def wipe(self) -> None:
        """Leave the line empty."""
        if self._width:
            self._write("")
            self._write("")

    def _write(self, text: str) -> None:
        """Put the text in the place of what stands there, in as much as fits on a line."""
        from shutil import get_terminal_size

        self.is_shown = True
        shown = text[: get_terminal_size().columns - 1]
        with contextlib.suppress(OSError):  # a terminal that is gone takes nothing away from the answer
            self._stream.write(f"\r{shown.ljust(self._width)}")
            self._stream.flush()
        self._width = len(shown)


@contextmanager
def progress() -> Iterator[Progress | None]:
    """What to tell how far it has come, for as long as this lasts; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = Progress(sys.stderr)
    try:
        yield shown
    finally:
        shown.wipe()
