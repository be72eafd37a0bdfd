"""What is registered with git, as text: attributes, the merge driver's command, the hook before a commit. Pure.

git starts both commands by a shell (`sh`, on Windows too), so words are quoted for that.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from ptcrm.vault.store import CONFIG_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ATTRIBUTES = ".gitattributes"
NAME_KEY, DRIVER_KEY = "merge.ptcrm.name", "merge.ptcrm.driver"
NAME = "ptcrm: field by field, and the log entries of both sides"
HOOK = "pre-commit"
_MERGE = "git merge-file %O %A %B %P"
_NAMED = re.compile(r"^(?![ \t]*#).*[ \t]merge=ptcrm(?=[ \t\r]|$)", re.MULTILINE)
_SPECIAL = re.compile(r"[\\*?\[\]]|^[!#]")
_MADE = "# Made by `ptcrm git setup`, and taken away by `ptcrm git remove`."
_LAST = re.compile(r"^\}\n(.+) check --staged && exit 0\n", re.MULTILINE | re.DOTALL)
_STOPPED = "The commit was stopped. Correct it, or commit all the same: git commit --no-verify"


# Attributes


def is_named(attributes: str) -> bool:
    """Whether a line of a `.gitattributes` names ptcrm as what merges some files."""
    return _NAMED.search(attributes) is not None


def with_folders(attributes: str, folders: Iterable[str]) -> str:
    """`attributes` with a line for each of the customers' folders that has none yet; every other line stays."""
    newline = "\r\n" if "\r\n" in attributes else "\n"
    there = set(attributes.splitlines())
    missing = [line for folder in folders if (line := f"{_pattern(folder)} merge=ptcrm") not in there]
    ended = attributes + (newline if attributes and missing and not attributes.endswith("\n") else "")
    return ended + "".join(f"{line}{newline}" for line in missing)


def _pattern(folder: str) -> str:
    """What matches the Markdown files in a folder at any depth; quoted, if there is a blank in it (gitattributes)."""
    plain = _SPECIAL.sub(r"\\\g<0>", folder) + "/**/*.md"
    if not re.search(r'[\s"]', plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# The merge driver


def driver_of(program: Sequence[str]) -> str:
    """The command of the merge driver, for the words that start ptcrm; `%O` and the like are git's to fill in."""
    return f"{_quoted(program).replace('%', '%%')} {_MERGE}"


def program_of(driver: str) -> str | None:
    """The program that the command of a merge driver starts; None if it cannot be told."""
    try:
        words = shlex.split(driver)
    except ValueError:
        return None
    return words[0].replace("%%", "%") if words else None


# The hook


def check_line(program: Sequence[str], vault: str) -> str:
    """What a hook has to run, for the words that start ptcrm and the vault's path from the top of the tree."""
    return f"{_quoted([*program, '--vault', _from_top(vault)])} check --staged"


def hook_of(program: Sequence[str], vault: str) -> str:
    """The hook that looks at what is to be committed. Where ptcrm or the vault is gone, it stands in nobody's way."""
    return f"""\
#!/bin/sh
{_MADE}
test -f {shlex.quote(_from_top(vault) + "/" + CONFIG_NAME)} || exit 0
command -v {shlex.quote(program[0])} >/dev/null || {{
  echo "ptcrm has moved, so nothing was checked. Put it right with: ptcrm git setup" >&2
  exit 0
}}
{check_line(program, vault)} && exit 0
code=$?
echo {shlex.quote(_STOPPED)} >&2
exit "$code"
"""


def vault_of(hook: str) -> str | None:
    """The vault (from the top of the tree) that a hook of ours looks at; None for one that is not as we made it."""
    last = _LAST.search(hook)
    try:
        words = shlex.split(last[1]) if last else []
    except ValueError:
        return None
    if len(words) < 3 or words[-2] != "--vault":
        return None
    vault = "" if words[-1] == "." else words[-1].removeprefix("./")
    return vault if hook == hook_of(words[:-2], vault) else None


def _from_top(vault: str) -> str:
    return f"./{vault}".rstrip("/")


def _quoted(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))
