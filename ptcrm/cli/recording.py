"""What a command prints is noted, so that the same question need not be worked out again (`ptcrm/start.py`)."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ptcrm.cli.settings import config_file
from ptcrm.start import question
from ptcrm.vault.answers import LONGEST, is_settled, looked_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.cli.options import Session
    from ptcrm.vault.answers import Piece


class _Heard:
    """A stream that notes what is written to it."""

    def __init__(self, stream: Any, note: list[Piece], *, aside: bool) -> None:  # noqa: ANN401  # text or bytes
        self._stream, self._note, self._aside = stream, note, aside

    def write(self, text: str | bytes) -> int:
        """Write, and note it."""
        count: int = self._stream.write(text)
        if isinstance(text, str):
            text = text.replace("\n", os.linesep).encode(errors="backslashreplace")
        if text:
            self._note.append((self._aside, text))
        return count

    @property
    def buffer(self) -> _Heard:
        """The stream of bytes below."""
        return _Heard(self._stream.buffer, self._note, aside=self._aside)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)


class Recording:
    """What a command has printed so far."""

    def __init__(self, words: list[str]) -> None:
        self._question, self._settings = question(words), looked_at(str(config_file()))
        self._are_settled = is_settled(self._settings)
        self._pieces: list[Piece] = []

    @contextmanager
    def hearing(self, name: str) -> Iterator[None]:
        """What is printed inside on `stdout` or `stderr` is noted."""
        stream = getattr(sys, name)
        setattr(sys, name, _Heard(stream, self._pieces, aside=name == "stderr"))
        try:
            yield
        finally:
            setattr(sys, name, stream)

    def add(self, words: str) -> None:
        """Note more behind the last line than is printed this time."""
        aside, line = self._pieces.pop()
        self._pieces.append((aside, f"{line.decode().rstrip()}{words}{os.linesep}".encode()))

    @property
    def has_begun(self) -> bool:
        """Whether some of the answer has been printed."""
        return any(not aside for aside, _ in self._pieces)

    def keep(self, session: Session) -> None:
        """Keep the answer for the next time, if the command has done nothing but answer."""
        workspace, length = session.opened, sum(len(part) for _, part in self._pieces)
        if (
            workspace is None
            or not session.is_repeatable
            or session.writes
            or length > LONGEST
            or not self._are_settled
            or self._is_paged()
        ):
            return
        workspace.keep_answer(
            self._question, self._pieces, [self._settings, *map(looked_at, session.follows)]
        )

    def _is_paged(self) -> bool:
        """Whether a pager may have shown the answer."""
        if not sys.stdout.isatty():
            return False
        from shutil import get_terminal_size

        lines = sum(part.count(b"\n") for aside, part in self._pieces if not aside)
        return lines >= get_terminal_size().lines
