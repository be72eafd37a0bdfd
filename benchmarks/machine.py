"""The machine that figures were measured on, in one line."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sqlite3
from pathlib import Path


def machine() -> str:
    """Model, cores, memory, system and versions; and how busy it is."""
    parts = [
        _processor(),
        f"{os.cpu_count()} cores",
        _system(),
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"load {os.getloadavg()[0]:.1f}",
    ]
    return ", ".join(parts)


def _processor() -> str:
    with contextlib.suppress(OSError):
        found = re.search("^model name\\s*: (.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _system() -> str:
    """The name that a distribution of Linux gives itself, else that of the system."""
    release = ".".join(platform.release().split(".")[:2])
    with contextlib.suppress(OSError):
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {release}"
    return f"{platform.system()} {release}"
