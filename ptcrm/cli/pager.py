"""A pager for answers that are longer than the terminal."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ptcrm.cli.options import user_setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_USUAL = ("less", "-FRX")


class _Kept(io.TextIOWrapper):
    """Text that is kept until it is whole, and looks as on the terminal that it is for."""

    def isatty(self) -> bool:
        return True


@contextmanager
def paged() -> Iterator[None]:
    """Whatever is printed inside on a terminal is shown by the pager, if it is longer than the screen."""
    screen = sys.__stdout__
    is_shown = screen is sys.stdout and screen.isatty()
    command = pager_of(os.environ, user_setting("pager")) if is_shown else []
    if not command or screen is None:
        yield
        return
    kept = io.BytesIO()
    held = _Kept(kept, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    sys.stdout = held  # named, since it closes what is kept when it goes
    try:
        yield
    finally:
        sys.stdout = screen
        text = kept.getvalue()
        if not (_is_long(text) and _show(command, text)):
            screen.buffer.write(text)
            screen.flush()


def pager_of(environment: Mapping[str, str], setting: str | None = None) -> list[str]:
    """The pager's command: PTCRM_PAGER, the user's setting, PAGER, less; nothing, if none is wanted or there."""
    given = environment.get("PTCRM_PAGER", setting or environment.get("PAGER"))
    if environment.get("TERM") == "dumb":
        return []
    if given is None:
        return list(_USUAL) if shutil.which(_USUAL[0]) else []
    with suppress(ValueError):  # quotes that do not close
        words = shlex.split(given)
        return [] if words == ["cat"] else words
    return []


def _is_long(text: bytes) -> bool:
    """Whether the text has more lines than the terminal."""
    return text.count(b"\n") >= shutil.get_terminal_size().lines


def _show(command: list[str], text: bytes) -> bool:
    """Show the text with the pager; False if it cannot be started. One that is left early has shown enough."""
    environment = {"LESS": "FRX", **os.environ}
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603  # the user's own
    except OSError:
        return False
    with suppress(BrokenPipeError, KeyboardInterrupt):
        process.stdin and process.stdin.write(text)
    with suppress(BrokenPipeError):
        process.stdin and process.stdin.close()
    while True:
        with suppress(KeyboardInterrupt):  # the pager's, which stops a search and goes on
            process.wait()
            return True
