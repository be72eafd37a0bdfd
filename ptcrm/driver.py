"""git's merge driver: `ptcrm git merge-file BASE OURS THEIRS PATH`, which git starts once for each file.

So it comes before click, and needs no vault. Whatever goes wrong here, git's own merge of lines is what remains.
"""

from __future__ import annotations

import contextlib
import os
import sys

WORDS = ["git", "merge-file"]
FAILED = 255  # as of `git merge-file`; git takes it for no merge at all
MOST_CONFLICTS = 127  # that an exit code tells of
_MARKER_SIZE = 7
_OPTIONS = ("--marker-size", "--ours", "--theirs")


def is_called() -> int | None:
    """The exit code of the merge that the command line asks for; None if it asks for help, or otherwise."""
    if sys.argv[1:3] != WORDS:
        return None
    words, told = sys.argv[3:], dict(zip(_OPTIONS, (str(_MARKER_SIZE), "ours", "theirs"), strict=True))
    while words[1:] and words[0] in _OPTIONS:
        told[words[0]] = words[1]
        words = words[2:]
    size = told["--marker-size"]
    if len(words) != 4 or words[0].startswith("-") or not (size.isascii() and size.isdigit()):
        return None
    return merge_files(*words, (told["--ours"], told["--theirs"]), int(size))


def merge_files(
    base: str, ours: str, theirs: str, path: str, labels: tuple[str, str], marker_size: int = _MARKER_SIZE
) -> int:
    """Write the merge of three files into `ours`; 0 if it is clean, else the number of conflicts (git's convention).

    `path` is the file's name in the repository. What ptcrm cannot merge, `git merge-file` does; the exit code is its.
    """
    try:
        merged = _merged(base, ours, theirs, labels, marker_size)
    except Exception as error:
        if "PTCRM_DEBUG" in os.environ:
            raise
        _say(path, f"merged line by line, since this failed: {type(error).__name__}: {error}")
        merged = None
    if merged is None:
        return _by_lines(base, ours, theirs, path, labels, marker_size)
    content, conflicts, notes = merged
    try:
        with open(ours, "wb") as file:  # noqa: PTH123  # a file of git's own, which nobody else reads yet
            file.write(content)
    except OSError as error:
        _say(path, f"the merge cannot be written: {error.strerror or error}")
        return FAILED
    for note in notes:
        _say(path, note)
    return min(conflicts, MOST_CONFLICTS)


def _merged(
    base: str, ours: str, theirs: str, labels: tuple[str, str], marker_size: int
) -> tuple[bytes, int, tuple[str, ...]] | None:
    from ptcrm.git.merge import merge

    contents = []
    for name in (base, ours, theirs):
        with open(name, "rb") as file:  # noqa: PTH123  # pathlib is not loaded otherwise
            contents.append(file.read())
    first, second, third = contents
    merged = merge(first, second, third, labels, marker_size)
    return merged and (merged.content, merged.conflicts, merged.notes)


def _by_lines(base: str, ours: str, theirs: str, path: str, labels: tuple[str, str], marker_size: int) -> int:
    """What `git merge-file` makes of the three, and its exit code."""
    from pathlib import Path

    from ptcrm.errors import PtcrmError
    from ptcrm.git.repo import Repo

    names = [word for label in (labels[0], "base", labels[1]) for word in ("-L", label)]
    try:
        here = Path.cwd()
        ran = Repo(here, here).run(
            "merge-file", f"--marker-size={marker_size}", *names, "--", ours, base, theirs
        )
    except (PtcrmError, OSError) as error:
        _say(path, str(error))
        return FAILED
    if ran.code > MOST_CONFLICTS or ran.code < 0:
        _say(path, ran.said.strip())
        return FAILED
    return ran.code


def _say(path: str, words: str) -> None:
    """Tell a person, if there is one: git may have been started without any way to be heard."""
    from ptcrm.text.safe import for_terminal

    with contextlib.suppress(OSError, ValueError, AttributeError):
        line = for_terminal(f"ptcrm: {os.fsdecode(os.fsencode(path))}: {words}")
        sys.stderr.buffer.write(f"{line}\n".encode(errors="backslashreplace"))
        sys.stderr.flush()
