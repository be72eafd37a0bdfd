"""A text that is written in the user's editor, and never lost: it stays in a file until it is in the vault."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.editor import run_editor
from ptcrm.cli.options import state_folder
from ptcrm.cli.output import tell_at_the_end
from ptcrm.errors import PtcrmError, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

# What Obsidian begins a comment with. `#` begins a tag or a heading, `>` a quotation, `-` a list.
COMMENT = "%%"
LONGEST_STEM = 60  # characters of what a draft's name begins with


class Draft:
    """A file of the user's own, outside the vault, with a text that is under way.

    When the command ends and the text is not `done`, the file stays, without comments, and the last line names it.
    """

    def __init__(self, stem: str) -> None:
        self.is_done = False
        self._given = ""
        folder = state_folder() / "drafts"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(".md", f"{stem[:LONGEST_STEM]}-", folder)
        except OSError as error:
            why = error.strerror or error
            raise RefusedError(
                f"{folder}: no text can be kept there ({why}). Nothing was written."
            ) from error
        os.close(handle)
        self.path = Path(name)
        click.get_current_context().call_on_close(self._close)

    def edited(self, text: str, remarks: Iterable[str]) -> str:
        """The text as it leaves the editor, begun with `text`; `remarks` stand below as comments.

        Raises `RefusedError` if there is no editor or it fails, `UsageError` for a text that is not UTF-8.
        """
        comments = "".join(f"{COMMENT} {remark}".rstrip() + "\n" for remark in remarks)
        self.keep(f"{text}\n\n{comments}")
        self._given = text
        run_editor([str(self.path)])
        return self.text()

    def keep(self, text: str) -> None:
        """Write `text` into the file; raises `RefusedError`."""
        try:
            self.path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise RefusedError(f"{self.path}: {error.strerror or error}. Nothing was written.") from error

    def text(self) -> str:
        """What the file holds without comments; raises `UsageError` if it is not UTF-8."""
        try:
            return without_comments(decoded(self.path.read_bytes()))
        except OSError:  # the editor took the file away
            return ""

    def done(self) -> None:
        """The text is where it belongs: the file may go."""
        self.is_done = True

    def _close(self) -> None:
        with suppress(OSError, PtcrmError):
            text = self.text() if self.path.exists() else self._given  # the editor may take the file away
            if self.is_done or not text:
                self.path.unlink(missing_ok=True)
                return
            self.keep(f"{text}\n")
        if self.path.exists():
            tell_at_the_end(f"ptcrm: your text is kept in {self.path}")


def decoded(content: bytes) -> str:
    """The text of `content`, with LF as line ends; raises `UsageError` if it is not UTF-8."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UsageError("the text is not valid UTF-8; save it so") from None


def without_comments(text: str) -> str:
    """`text` without the lines that begin with `%%`, and without blanks at the ends of lines and empty ends."""
    lines = (line.rstrip() for line in text.split("\n") if not line.startswith(COMMENT))
    return "\n".join(lines).strip("\n")
