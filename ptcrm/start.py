"""What every command begins with: an answer that was given before is given again, if nothing has changed since.

It comes before click and all else that takes longer than the answer, so that little is loaded here.
"""

from __future__ import annotations

import os
import sys

# Commands that ask and write nothing; those that ask of more than the customers' files are not among them.
REPEATABLE = frozenset(
    [
        "due",
        "agenda",
        "plan",
        "neglected",
        "playbook",
        "birthdays",
        "budget",
        "winback",
        "tiers",
        "campaign",
        "review",
        "list",
        "find",
        "timeline",
        "tags",
        "fields",
        "stats",
        "show",
        "brief",
        "why",
        "export",
    ]
)
_AROUND = {
    "HOME",
    "TZ",
    "LANG",
    "LANGUAGE",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "TERM",
    "PAGER",
    "LESS",
}
_AROUND_TOO = ("PTCRM_", "XDG_", "LC_", "PYTHON")
CLOSED_PIPE = 141  # what a shell shows for those whom a closed pipe ends: 128 and the number of the signal


def question(words: list[str]) -> bytes:
    """The words of the command line with everything around them that an answer may follow from."""
    around = sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name in _AROUND or name.startswith(_AROUND_TOO)
    )
    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:  # it has been deleted
        here = ""
    screens = [_screen(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)]
    asked = "\0".join([here, *screens, *words, "", *around])
    return asked.encode(errors="surrogatepass")


def _screen(stream: object) -> str:
    """How large the terminal is that a stream leads to; nothing for one that leads elsewhere."""
    try:
        if stream is None or not stream.isatty():  # type: ignore[attr-defined]
            return ""
        size = os.get_terminal_size(stream.fileno())  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return "a screen"
    return f"{size.columns}x{size.lines}"


def is_answered() -> bool:
    """Give the answer that was given before, if it is still right; False if it is not, or there is none."""
    try:
        root = None if sys.stdout is None or sys.stderr is None else _root(sys.argv[1:])
    except OSError:  # the folder that this is started in has been deleted
        root = None
    if root is None or "_PTCRM_COMPLETE" in os.environ:
        return False
    from ptcrm.vault.answers import given

    pieces = given(root, question(sys.argv[1:]))
    if pieces is None:
        return False
    try:
        for aside, part in pieces:
            stream = (sys.stderr if aside else sys.stdout).buffer
            stream.write(part)
            stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLOSED_PIPE)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write(f"ptcrm: {error.strerror or error}\n")
        sys.exit(1)
    return True


def _root(words: list[str]) -> str | None:
    """The vault's folder, if the words are those of a command that only asks and name it in the plainest way."""
    named, at = os.environ.get("PTCRM_VAULT"), 0
    while words[at:] and words[at] in ("--vault", "--today", "--no-pager"):
        if words[at] == "--vault":
            named = words[at + 1] if words[at + 1 :] else None
        at += 1 if words[at] == "--no-pager" else 2
    if not words[at:] or words[at] not in REPEATABLE:
        return None
    if named:
        return os.path.expanduser(named)  # noqa: PTH111
    here = os.path.realpath(os.getcwd())  # noqa: PTH109
    while not os.path.isfile(f"{here}/ptcrm.yaml"):  # noqa: PTH113
        here, below = os.path.dirname(here), here  # noqa: PTH120
        if here == below:
            return None
    return here
