"""Programs that write to a vault at once: `python -m tests.soak.agents ROLE VAULT NAME …`, each until told to stop.

A writer is ptcrm itself, in one process. A saver is an editor: it loads the file, and saves it its own way
with one line of its own changed. Both print each line that they know to be saved.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from click.testing import CliRunner

from ptcrm.cli import cli
from ptcrm.vault import journal

DAY = "2026-11-23"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write(vault: str, who: str, name: str, count: int, stop: Path) -> None:
    """Log `count` lines with ptcrm, or until the file `stop` is there; print those that ptcrm acknowledged."""
    journal.KEPT_OPERATIONS, journal.KEPT_BYTES = 10**9, 10**12
    for number in range(count):
        if stop.exists():
            return
        text = f"call: {name} number {number}."
        result = CliRunner().invoke(cli, ["--vault", vault, "--today", DAY, "log", who, text])
        if result.exit_code == 0:
            say(text)
        elif result.exit_code not in (3, 4):  # caught halfway through a save, the file may be nobody's
            sys.exit(f"exit code {result.exit_code}: {result.output}")


def save_in_place(path: Path, content: bytes) -> None:
    """As nano and VS Code: the file is emptied, then filled."""
    with path.open("wb", buffering=0) as file:
        half = len(content) // 2
        time.sleep(random.uniform(0, 0.01))
        file.write(content[:half])
        time.sleep(random.uniform(0, 0.01))
        file.write(content[half:])


def save_by_backup(path: Path, content: bytes) -> None:
    """As vim: the old file becomes the backup, a new one gets the name, the backup goes."""
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    time.sleep(random.uniform(0, 0.01))
    with path.open("wb", buffering=0) as file:
        time.sleep(random.uniform(0, 0.01))
        file.write(content)
        os.fsync(file.fileno())
    backup.unlink()


def save_by_renaming(path: Path, content: bytes) -> None:
    """As sed -i and git: a new file takes the place of the old one."""
    other = path.with_name("sedAbC123")
    other.write_bytes(content)
    other.replace(path)


SAVERS = {"nano": save_in_place, "vim": save_by_backup, "sed": save_by_renaming}


def edit(path: Path, how: str, stop: Path) -> None:
    """Change the line `Saved N times.` again and again; print every N that was saved."""
    number = 0
    while not stop.exists():
        content = path.read_bytes()
        time.sleep(random.uniform(0, 0.03))  # a person types
        head, _, tail = content.partition(b"Saved ")
        _, _, rest = tail.partition(b" times.")
        number += 1
        SAVERS[how](path, b"%sSaved %d times.%s" % (head, number, rest))
        say(str(number))
        time.sleep(random.uniform(0, 0.2))


def main() -> None:
    role, vault, name, *rest = sys.argv[1:]
    random.seed(name)
    if role == "write":
        who, count, stop = rest
        write(vault, who, name, int(count), Path(stop))
    else:
        how, stop = rest
        edit(Path(vault) / "customers" / f"{name}.md", how, Path(stop))


if __name__ == "__main__":
    main()
