"""`ptcrm serve` as a process, for tests that look at its pages with a browser or over sockets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import DAY


@dataclass
class Site:
    """A server and its vault. `first` is the address with the secret, `own` what all others begin with."""

    vault: Path
    first: str
    process: int

    @property
    def own(self) -> str:
        return self.first.partition("?")[0]

    @property
    def port(self) -> int:
        return urlsplit(self.first).port or 0


@contextmanager
def serving(vault: Path, home: Path, *words: str, day: str = DAY) -> Iterator[Site]:
    """The server of `vault` with a home of its own; its pages are there already."""
    homes = ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    env = {**os.environ, **dict.fromkeys(homes, str(home))}
    call = [
        sys.executable,
        "-u",
        "-m",
        "ptcrm",
        "--vault",
        str(vault),
        "--today",
        day,
        "serve",
        "--port",
        "0",
    ]
    with (home / "serve.err").open("w", encoding="utf-8") as told:
        process = subprocess.Popen([*call, *words], env=env, stdout=subprocess.PIPE, stderr=told, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+\?key=\S+", line):
                yield Site(vault, found[0], process.pid)
                break
        else:
            raise AssertionError((home / "serve.err").read_text(encoding="utf-8"))
    finally:
        process.terminate()
        process.communicate(timeout=20)
    said = (home / "serve.err").read_text(encoding="utf-8")
    assert "Traceback" not in said, said


def restore(vault: Path, original: Path) -> None:
    """The vault as the original is, touching nothing that is."""
    for path in [*vault.rglob("*.md"), *vault.glob("*.yaml")]:
        if not (original / path.relative_to(vault)).is_file():
            path.unlink()
    for path in original.rglob("*"):
        there = vault / path.relative_to(original)
        if path.is_file() and (not there.is_file() or there.read_bytes() != path.read_bytes()):
            shutil.copyfile(path, there)
