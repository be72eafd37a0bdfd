"""Real shells on a pseudo-terminal: keys go in, the line as it then stands comes out."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import sys
import time
from pathlib import Path

from tests.conftest import DAY, ROOT

_PATIENCE_SECONDS = 60
_SHOW = "\x18s"  # Ctrl-X s, bound to a command that prints the line
_DONE = re.compile(rb"<<<(.*?)>>>", re.DOTALL)

_PROGRAM = """#!/bin/sh
if [ -n "$_PTCRM_COMPLETE" ] || [ "$1" = completion ]; then exec "{python}" -m ptcrm "$@"; fi
for word; do printf '<<<%s>>>' "$word"; done
"""
_BEGIN = {
    "bash": r"""PS1='$ '; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'
bind 'set completion-query-items 0'; bind 'set page-completions off'
show() { printf '<<<%s>>>\n' "$READLINE_LINE"; }; bind -x '"\C-xs": show'
eval "$(ptcrm completion bash)"; printf '<<<%s>>>\n' ready""",
    "zsh": r"""PS1='$ '; unsetopt zle_bracketed_paste beep; LISTMAX=10000; autoload -Uz compinit; compinit -u -D
show() { printf '<<<%s>>>\n' "$BUFFER" }; zle -N show; bindkey -e; bindkey '^Xs' show; setopt no_prompt_cr
eval "$(ptcrm completion zsh)"; printf '<<<%s>>>\n' ready""",
    "fish": r"""function fish_prompt; echo '$ '; end; function fish_greeting; end
function show; printf '<<<%s>>>\n' (commandline | string collect); end; bind \cxs show
ptcrm completion fish | source; printf '<<<%s>>>\n' ready""",
}
_ARGUMENTS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}


class Shell:
    """A shell that knows ptcrm's completion, with `vault`. Running `ptcrm` there prints the words it was given."""

    def __init__(self, name: str, vault: Path, folder: Path) -> None:
        self.name = name
        self._seen = b""
        program = folder / "bin" / "ptcrm"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(_PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
        environment = {
            **os.environ,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PTCRM_VAULT": str(vault),
            "PTCRM_TODAY": DAY,
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "COLUMNS": "200",
            "LINES": "50",
        }
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(folder)
            os.execve(shutil.which(name) or name, [name, *_ARGUMENTS[name]], environment)
        for line in _BEGIN[name].splitlines():
            self._send(f"{line}\r")
        self._wait("ready")

    def line(self, keys: str) -> str:
        """The line after these keys, which is cleared then."""
        self._send(keys + _SHOW)
        shown = self._wait()
        self._send("\x05\x15")
        return shown

    def listed(self, keys: str) -> str:
        """All that the terminal showed after these keys."""
        self._seen = b""
        self.line(keys)
        return self._before.decode(errors="replace")

    def given(self, keys: str, count: int) -> list[str]:
        """The `count` words that ptcrm is given when the line that these keys make is run."""
        self._send(keys + "\r")
        return [self._wait() for _ in range(count)]

    def close(self) -> None:
        """End it."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._terminal)

    def _send(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def _wait(self, wanted: str | None = None) -> str:
        """What stands between the next marks, or has the words `wanted` there."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            for found in _DONE.finditer(self._seen):
                text = found[1].decode(errors="replace").replace("\r\n", "\n")
                if text != "%s" and wanted in (None, text):
                    self._before, self._seen = self._seen[: found.start()], self._seen[found.end() :]
                    return text
            if select.select([self._terminal], [], [], 1)[0]:
                self._seen += os.read(self._terminal, 65536)
        raise AssertionError(f"{self.name} did not answer: {self._seen[-2000:]!r}")
