"""git as ptcrm runs it: the one place that starts it (I/O).

A vault may come from elsewhere with a `.git` folder whose configuration names programs. None of them is
run: what git would start is switched off for each call (`_ALWAYS`), or replaced by what the user's own
configuration says (`Repo.overrides`). Nothing is asked, nothing is paged, and each call has a time limit.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, PtcrmError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SECONDS = 60  # for what stays on this computer
NETWORK_SECONDS = 300
OLDEST = (2, 26)  # the first that says where a setting comes from
_GRACE_SECONDS = 2

# What a repository's own configuration could have git start, or leave the vault by.
_ALWAYS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.askPass": "",
    "log.showSignature": "false",
    "diff.external": "",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "safe.bareRepository": "explicit",
}
# Settings that name a program, and what stands for "none" where the user has no such setting.
_PROGRAMS = (
    (re.compile(r"filter\..*\.(clean|smudge|process)"), ""),
    (re.compile(r"filter\..*\.required"), "false"),
    (re.compile(r"diff\..*\.(textconv|command)"), ""),
    (re.compile(r"merge\..*\.driver"), "false"),
    (re.compile(r"remote\..*\.uploadpack"), "git-upload-pack"),
    (re.compile(r"remote\..*\.receivepack"), "git-receive-pack"),
    (re.compile(r"core\.sshcommand"), "ssh -oBatchMode=yes"),
    (re.compile(r"gpg\.(.*\.)?(program|defaultkeycommand)"), "false"),
    (re.compile(r"core\.(gitproxy|alternaterefscommand|editor|pager)"), ""),
    (re.compile(r"credential\.(.*\.)?helper"), ""),
    (re.compile(r"remote\..*\.vcs|protocol\..*\.allow|submodule\..*\.update|trailer\..*\.(cmd|command)"), ""),
)
_HELPER_NAME = re.compile(r"[a-z][a-z0-9-]*( --?[a-z0-9=-]+)*")  # one of git's own, by its name alone
_OURS = ("merge.ptcrm.driver",)
_KEPT_SCOPES = ("system", "global", "command")
# Where another git, which may have started us, says what it works on.
_OF_ANOTHER = {
    "GIT_DIR",  # of a hook: with it alone, git takes the current folder for the top
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_CONFIG",
    "GIT_EXTERNAL_DIFF",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "GIT_TRACE",
    "GIT_QUARANTINE_PATH",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
}


class GitError(PtcrmError):
    """git is not there, or could not do what it was asked to; nothing of ptcrm's was changed."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a call of git came to: its exit code, what it printed, and what it said on stderr."""

    code: int
    out: bytes
    said: str


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository with a working tree. `top` is the folder of the tree, `folder` that of git's own files.

    `index` is the file that stands for the index in a hook (`GIT_INDEX_FILE`), relative to `top`.
    `overrides` are the settings that each call gets against the repository's own; `programs` names the
    settings that they replace, since a command that writes had better refuse than do without them.
    """

    top: Path
    folder: Path
    index: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        seconds: float = SECONDS,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        """Call git in the working tree, and wait. Paths among the arguments are meant to the letter.

        Raises GitError if git is not there or takes longer than `seconds`.
        """
        told = {**_ALWAYS, **dict(self.overrides), **(settings or {})}
        options = [part for key, value in told.items() for part in ("-c", f"{key}={value}")]
        process = subprocess.Popen(  # noqa: S603  # no shell; the program is the user's git
            [git(), "--no-pager", *options, *arguments],
            cwd=self.top,
            env={**_environment(self.index), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",  # away from the terminal, so that nothing can ask
        )
        try:
            out, said = process.communicate(stdin, seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise GitError(
                f"git {arguments[0]} took longer than {seconds:g} seconds, and was stopped"
            ) from None
        except BaseException:
            _end(process)
            raise
        return Ran(process.returncode, out, said.decode("utf-8", "replace"))

    def out(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What git prints; raises GitError with what it said if it fails."""
        ran = self.run(*arguments, stdin=stdin)
        if ran.code:
            raise failed(ran, arguments)
        return ran.out

    def line(self, *arguments: str) -> str | None:
        """The one line that git prints, without its end; None if it fails, or prints nothing."""
        ran = self.run(*arguments)
        return None if ran.code else os.fsdecode(ran.out).removesuffix("\n") or None

    def shallow(self) -> bytes:
        """The ids of the commits at which the history of a shallow clone ends, a line each; nothing if it is whole."""
        place = self.line("rev-parse", "--git-path", "shallow")
        with suppress(OSError):
            return (self.top / place).read_bytes() if place else b""
        return b""

    def path_of(self, folder: Path) -> str:
        """The path of a folder in the working tree from its top, with `/` at its end; empty for the top itself."""
        path = folder.resolve().relative_to(self.top.resolve()).as_posix()
        return "" if path == "." else f"{path}/"

    def common(self) -> Path:
        """The folder of what all working trees of the repository share: its configuration and its hooks."""
        return self.top / (self.line("rev-parse", "--git-common-dir") or self.folder)

    def settings(self) -> list[tuple[str, str, str]]:
        """Every setting of the user's and the repository's, in git's order: its scope, its key and its value."""
        ours = {key.lower() for key in _ALWAYS}
        found = _settings(Repo(self.top, self.folder))
        return [one for one in found if one[0] != "command" or one[1] not in ours]

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """The bytes of objects, by their ids (hexadecimal); those that are missing are left out."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        printed = self.out("cat-file", "--batch", stdin="".join(f"{name}\n" for name in wanted).encode())
        found, start = {}, 0
        for name in wanted:
            end = printed.index(b"\n", start)
            head = printed[start:end].split(b" ")
            start = end + 1
            if head[-1] != b"missing":
                size = int(head[2])
                found[name] = printed[start : start + size]
                start += size + 1
        return found


def find(folder: Path) -> Repo | None:
    """The repository that `folder` is in, or None.

    Raises GitError if git is not there or too old, if the repository is a bare one, or if git does not trust the
    folder since it is somebody else's.
    """
    probe = Repo(folder, folder)
    ran = probe.run("rev-parse", "--show-toplevel", "--absolute-git-dir")
    if ran.code:
        if _is_bare(ran.said):
            raise GitError(
                f"{folder}: this is a bare repository, which has no files of its own. "
                "Clone it, and keep the vault in the clone."
            )
        if "not a git repository" in ran.said:
            return None
        raise failed(ran, ("rev-parse",))
    top, own = (Path(line) for line in os.fsdecode(ran.out).splitlines())
    if not folder.resolve().is_relative_to(top.resolve()):
        return None  # its configuration says that the tree is elsewhere
    refuse_old(probe, OLDEST, "ptcrm")
    overrides, programs = _against(_settings(probe))
    return Repo(top, own, os.environ.get("GIT_INDEX_FILE"), overrides, programs)


def needed(folder: Path, why: str) -> Repo:
    """The repository that the vault at `folder` is in; as `find`, and `NotFoundError` with `why` it is needed."""
    found = find(folder)
    if found is None:
        raise NotFoundError(f"{folder}: this vault is in no git repository{why}")
    return found


def begin(folder: Path) -> Repo:
    """A new repository in `folder`, which is its top; raises GitError."""
    Repo(folder, folder).out("init", "--quiet")
    made = find(folder)
    if made is None:
        raise GitError(f"git init made no repository of {folder}")
    return made


def _is_bare(said: str) -> bool:
    return "must be run in a work tree" in said or "cannot use bare repository" in said


def refuse_old(repo: Repo, wanted: tuple[int, int], what: str) -> None:
    """Raise GitError if git is older than the version that `what` needs."""
    version = repo.line("version") or ""
    numbers = re.search(r"([0-9]+)\.([0-9]+)", version)
    if numbers and (int(numbers[1]), int(numbers[2])) < wanted:
        oldest = ".".join(map(str, wanted))
        raise GitError(
            f"this is {version}; {what} needs git {oldest} or newer: https://git-scm.com/downloads"
        )


def failed(ran: Ran, arguments: Iterable[str]) -> GitError:
    """What to raise for a call that failed, with git's own first words about it."""
    if "dubious ownership" in ran.said:
        trusting = re.search(r"git config --global --add safe\.directory .+", ran.said)
        command = trusting[0] if trusting else "git config --global --add safe.directory FOLDER"
        return GitError(
            "this repository belongs to another user, so git does not open it. If you trust it, run:\n"
            f"  {command}"
        )
    words = [line for line in ran.said.splitlines() if line.strip()]
    said = words[0].removeprefix("fatal: ").removeprefix("error: ") if words else f"exit code {ran.code}"
    return GitError(f"git {next(iter(arguments), '')} failed: {said}")


def _settings(repo: Repo) -> list[tuple[str, str, str]]:
    """Every setting in force, in git's order: its scope, its key and its value."""
    parts = os.fsdecode(repo.out("config", "--list", "--null", "--show-scope")).split("\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [(scope, *_pair(setting)) for scope, setting in pairs]


def _pair(setting: str) -> tuple[str, str]:
    key, _, value = setting.partition("\n")
    return key, value


def _against(settings: list[tuple[str, str, str]]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """What is said against the repository's own programs: the user's setting, else the one that means none."""
    overrides: dict[str, str] = {}
    named: dict[str, None] = {}
    own = {key: value for scope, key, value in settings if scope in _KEPT_SCOPES}
    for scope, key, value in settings:
        none = next((none for form, none in _PROGRAMS if form.fullmatch(key)), None)
        if scope in _KEPT_SCOPES or none is None or _is_harmless(key, value):
            continue
        is_list = key.startswith("credential.")  # where an empty one ends those before it
        overrides[key] = none if is_list else own.get(key, none)
        if key not in _OURS:
            named[key] = None
    return tuple(overrides.items()), tuple(named)


def _is_harmless(key: str, value: str) -> bool:
    """Whether a setting starts nothing that the repository could have brought along."""
    return key.startswith("credential.") and bool(_HELPER_NAME.fullmatch(value))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and those that it started, and wait for it; git takes its locks away if it has a moment."""
    with suppress(OSError, subprocess.TimeoutExpired):
        process.terminate()
        process.wait(_GRACE_SECONDS)
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe and pipe.close()


def _environment(index: str | None) -> dict[str, str]:
    """The environment of git: no questions, no editor, English, and paths that are no patterns."""
    return {
        **{key: value for key, value in os.environ.items() if key not in _OF_ANOTHER},
        **({"GIT_INDEX_FILE": index} if index else {}),
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
        "GIT_EDITOR": ":",
        "GIT_SEQUENCE_EDITOR": ":",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }


@lru_cache(maxsize=1)
def git() -> str:
    """The path of git, from PATH alone: never one that lies in the current folder.

    Raises GitError if there is none.
    """
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.get_exec_path():
        path = Path(folder) / name
        if path.is_absolute() and os.access(path, os.X_OK) and path.is_file():
            return str(path)
    raise GitError("git is not installed, or not in PATH; see https://git-scm.com/downloads")


@contextmanager
def workbench() -> Iterator[Path]:
    """A folder of the user's own for a moment, where an index or files can stand that are nobody else's."""
    with tempfile.TemporaryDirectory(prefix="ptcrm-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def note(repo: Repo, name: str, text: str | None) -> None:
    """Write `text` to the file `name` of git's own folder; None takes the file away. Raises GitError."""
    path = repo.folder / name
    try:
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise GitError(f"{path}: it cannot be written: {error.strerror or error}") from error


def noted(repo: Repo, name: str) -> str | None:
    """The text of the file `name` of git's own folder; None if there is none."""
    try:
        return (repo.folder / name).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def user_attributes(repo: Repo) -> str:
    """The text of the attributes that the user has for all repositories; empty without such a file."""
    named = repo.line("config", "--type=path", "core.attributesFile")
    configured = os.environ.get("XDG_CONFIG_HOME", "") or "~/.config"
    try:
        file = Path(named) if named else Path(configured).expanduser() / "git" / "attributes"
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, RuntimeError):
        return ""
