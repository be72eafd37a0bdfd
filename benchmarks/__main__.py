"""`python -m benchmarks [COUNT]`: one table, command by command, each as a ratio to the floor F.

F is `python -I` listing the customers' folder and stat-ing every file, start-up included. Figures are the
CPU time (user and system) of the whole process, medians of interleaved runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.vault import TODAY, generate

RUNS = 7
_FLOOR = """
import os, sys
rows, todo = [], [sys.argv[1]]
while todo:
    folder = os.open(todo.pop(), os.O_RDONLY)
    for entry in os.scandir(folder):
        if entry.is_dir(): todo.append(os.path.join(sys.argv[1], entry.name))
        else:
            s = entry.stat(follow_symlinks=False)
            rows.append((entry.name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino))
"""
_COMMANDS = {
    "due": ["due"],
    "glance": [],
    "list": ["list"],
    "show": ["show", "customer-7"],
    "log": ["log", "customer-7", "call: Hello"],
}


def cpu_seconds(command: list[str], cache: Path) -> float:
    """The CPU time of the process and its children (os.wait4, so POSIX alone)."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main(count: int) -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        vault, cache = Path(folder) / "vault", Path(folder) / "cache"
        vault.mkdir()
        generate(vault, count)
        floor = [sys.executable, "-I", "-c", _FLOOR, str(vault / "customers")]
        ptcrm = [sys.executable, "-m", "ptcrm", "--vault", str(vault), "--today", str(TODAY)]
        cold = cpu_seconds([*ptcrm, "due"], cache)
        times: dict[str, list[float]] = {name: [] for name in ("F", *_COMMANDS)}
        for _ in range(RUNS):
            times["F"].append(cpu_seconds(floor, cache))
            for name, command in _COMMANDS.items():
                times[name].append(cpu_seconds([*ptcrm, *command], cache))
    unit = statistics.median(times["F"])
    print(f"{count} customers, F = {unit:.3f} s CPU, Python {sys.version.split()[0]}")
    print(f"{'due, cold':12} {cold:8.3f} s {cold / unit:8.1f} F")
    for name in _COMMANDS:
        median = statistics.median(times[name])
        print(f"{name + ', warm':12} {median:8.3f} s {median / unit:8.1f} F")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
