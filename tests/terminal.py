"""A real terminal for tests: a pseudo-terminal with a command in it, keys typed, and the screen read as text."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.conftest import DAY, ROOT

_PATIENCE_SECONDS = 60  # machines are shared; nothing here is timed


def _at_the_keys() -> None:
    """Ctrl-C is a signal, and one that counts, also where the tests were started in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """`ptcrm` with these words at a terminal of 24 lines and 80 columns.

    With `piped` its standard output is no terminal, and read on its own.
    """

    def __init__(
        self, vault: Path, *words: str, piped: bool = False, env: Mapping[str, str] | None = None
    ) -> None:
        self._keys, slave = os.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ptcrm", "--vault", str(vault), "--today", DAY, *words],
            stdin=slave,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            cwd=vault,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **(env or {})},
            start_new_session=True,
            preexec_fn=_at_the_keys,  # noqa: PLW1509
        )
        os.close(slave)
        self.screen = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        os.close(self._keys)

    def expect(self, text: str) -> None:
        """Wait until `text` stands on the screen, behind what was expected before."""
        while text not in self.screen[self._seen :]:
            assert self._read(), f"“{text}” never came:\n{self.screen}"
        self._seen = self.screen.index(text, self._seen) + len(text)

    def type(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C until something happens: a signal right before the command waits for keys is missed."""
        time.sleep(0.5)
        for _ in range(_PATIENCE_SECONDS // 5):
            before = len(self.screen)
            self.type("\x03")
            while select.select([self._keys], [], [], 5)[0]:
                if not self._read() or self.screen[before:].replace("^C", "").strip():
                    return

    def answer(self, question: str, keys: str) -> None:
        """Wait for the question, and type an answer and Enter."""
        self.expect(question)
        self.type(f"{keys}\n")

    def ends(self) -> int:
        """The exit code, once the command is over and all it said is on the screen."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE_SECONDS)

    def output(self) -> str:
        """What went to the standard output of a `piped` command that is over."""
        assert self._process.stdout
        return self._process.stdout.read().decode()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._keys], [], [], _PATIENCE_SECONDS)
        assert ready, f"nothing happens any more:\n{self.screen}"
        try:
            found = os.read(self._keys, 4096)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.screen += found.decode(errors="replace").replace("\r\n", "\n")
        return bool(found)
