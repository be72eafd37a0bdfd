"""git's merge driver: `ptcrm git merge-file BASE OURS THEIRS PATH`, which git starts once for each file.

So it comes before click, and needs no vault. Whatever goes wrong here, git's own merge of lines is what remains.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ptcrm.git.merge import Merged

WORDS = ["git", "merge-file"]
FAILED = 255  # as of `git merge-file`; git takes it for no merge at all
_MOST_CONFLICTS = 127  # that the exit code of `git merge-file` tells of
_OPTIONS = ("--marker-size", "--ours", "--theirs")


class Files(NamedTuple):
    """What is merged: three files by their paths, the name in the repository, and how conflicts are marked."""

    base: str
    ours: str
    theirs: str
    path: str
    labels: tuple[str, str] = ("ours", "theirs")
    marker_size: int = 7  # git's own


def is_called() -> int | None:
    """The exit code of the merge that the command line asks for; None if it asks for help, or otherwise."""
    if sys.argv[1:3] != WORDS:
        return None
    words, told = sys.argv[3:], dict(zip(_OPTIONS, ("7", "ours", "theirs"), strict=True))
    while words[1:] and words[0] in _OPTIONS:
        told[words[0]] = words[1]
        words = words[2:]
    size = told["--marker-size"]
    if len(words) != 4 or words[0].startswith("-") or not (size.isascii() and size.isdigit()):
        return None
    base, ours, theirs, path = words
    return merge_files(Files(base, ours, theirs, path, (told["--ours"], told["--theirs"]), int(size)))


def merge_files(files: Files) -> int:
    """Write the merge into the file `ours`; 0 if it is clean, 1 if conflicts are marked (git's convention).

    What ptcrm cannot merge, `git merge-file` does; then the exit code is its: the number of conflicts.
    """
    try:
        merged = _merged(files)
    except OSError as error:
        _say(files, f"it cannot be read: {error.strerror}: {error.filename}")
        return FAILED
    except Exception as error:
        if "PTCRM_DEBUG" in os.environ:
            raise
        _say(files, f"merged line by line, since this failed: {type(error).__name__}: {error}")
        merged = None
    if merged is None:
        return _by_lines(files)
    try:
        with open(files.ours, "wb") as file:  # noqa: PTH123  # a file of git's own, which nobody else reads yet
            file.write(merged.content)
    except OSError as error:
        _say(files, f"the merge cannot be written: {error.strerror or error}")
        return FAILED
    for note in merged.notes:
        _say(files, note)
    return 1 if merged.conflicts else 0


def _merged(files: Files) -> Merged | None:
    from ptcrm.git.merge import merge

    contents = []
    for name in files[:3]:
        with open(name, "rb") as file:  # noqa: PTH123  # pathlib is not loaded otherwise
            contents.append(file.read())
    base, ours, theirs = contents
    return merge(base, ours, theirs, files.labels, files.marker_size)


def _by_lines(files: Files) -> int:
    """What `git merge-file` makes of the three, and its exit code."""
    from pathlib import Path

    from ptcrm.errors import PtcrmError
    from ptcrm.git.repo import Repo

    names = [word for label in (files.labels[0], "base", files.labels[1]) for word in ("-L", label)]
    marked = [f"--marker-size={files.marker_size}", *names, "--", files.ours, files.base, files.theirs]
    try:
        here = Path.cwd()
        ran = Repo(here, here).run("merge-file", *marked)
    except (PtcrmError, OSError) as error:
        _say(files, str(error))
        return FAILED
    if not 0 <= ran.code <= _MOST_CONFLICTS:
        _say(files, ran.said.strip())
        return FAILED
    return ran.code


def _say(files: Files, words: str) -> None:
    """Tell a person, if there is one: git may have been started without any way to be heard."""
    from ptcrm.text.safe import for_terminal

    with contextlib.suppress(OSError, ValueError, AttributeError):
        line = for_terminal(f"ptcrm: {files.path}: {words}")
        sys.stderr.buffer.write(f"{line}\n".encode(errors="backslashreplace"))
        sys.stderr.flush()
