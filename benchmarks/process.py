"""One process, measured: what it cost from its start to its end."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

_UNIT = 1 if sys.platform == "darwin" else 1024  # of the peak memory that the system gives


class Cost(NamedTuple):
    """What a process took: CPU (user and system) and wall time in seconds, peak memory in MB (10**6 bytes)."""

    cpu: float
    wall: float
    memory: float


def median(costs: Collection[Cost]) -> Cost:
    """The medians, each by itself."""
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


class Runner:
    """Runs commands with caches and settings of their own, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("PTCRM_")}
        self._env |= {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("STATE", "CONFIG")}
        self._env["HOME"] = str(folder)
        self._env.pop("PYTHONDONTWRITEBYTECODE", None)  # it would measure the compiler

    def cache(self, name: str) -> Path:
        """The folder of the cache `name`."""
        return self.folder / "caches" / name

    def cost(
        self, command: Sequence[str], cache: str = "none", *, fine: Collection[int] = (0,), width: int = 80
    ) -> Cost:
        """What the command takes, for a screen of this `width` in characters (os.wait4, so POSIX alone).

        Raises `SystemExit` with the command's words if it ends with a code that is not `fine`.
        """
        env = {**self._env, "XDG_CACHE_HOME": str(self.cache(cache)), "COLUMNS": str(width)}
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            begun = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env)  # noqa: S603
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except KeyboardInterrupt:
                process.kill()
                process.wait()
                raise
            wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in fine:
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{self.errors()}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * _UNIT / 1e6)

    def errors(self) -> str:
        """What the last command said beside its answer."""
        return (self.folder / "err").read_text(encoding="utf-8", errors="replace")

    def output(self) -> str:
        """What the last command answered."""
        return (self.folder / "out").read_text(encoding="utf-8", errors="replace")
