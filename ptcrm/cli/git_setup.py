"""The vault and its repository: what `ptcrm git setup` registers there, `remove` takes away, and `check` looks at."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.cli.options import Session, pass_session, state_folder
from ptcrm.cli.output import say, tell
from ptcrm.errors import NotFoundError, RefusedError
from ptcrm.git.driver import (
    ATTRIBUTES,
    DRIVER_KEY,
    HOOK,
    NAME,
    NAME_KEY,
    check_line,
    driver_of,
    hook_of,
    is_named,
    program_of,
    vault_of,
    with_folders,
)
from ptcrm.model.change import Create, Operation, Write
from ptcrm.text.words import few
from ptcrm.vault import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.git.repo import Repo

_RIGHTS = 0o755


@click.command("setup")
@click.option("--init", "begins", is_flag=True, help="Make the vault a repository first, if it is in none.")
@pass_session
def setup_command(session: Session, begins: bool) -> None:
    """Register ptcrm with git: it merges customers' files, and looks at each commit.

    Both are written to this repository's own configuration, which git sends to nobody: run it once in each clone.

    \b
    Examples:
      ptcrm git setup
      ptcrm git setup --init
    """
    root, config = session.settings()
    set_up(root, config.customers, begins=begins)


def set_up(root: Path, folders: Iterable[str], *, begins: bool = False) -> None:
    """Register the merge driver and the hook for the vault at `root`, and say what was done; raises PtcrmError."""
    from ptcrm.git.repo import begin

    repo = _repository(root)
    done = []
    if repo is None:
        if not begins:
            raise NotFoundError(
                f"{root}: this vault is in no git repository.\n"
                "Make it one with `git init` or `ptcrm git setup --init`."
            )
        repo = begin(root)
        done.append(f"{root}: it is a git repository now.")
    operation = attributes(root, folders)
    if operation is not None:
        _write(root, operation)
        done.append(f"{ATTRIBUTES}: customers' files are to be merged by ptcrm. Commit it.")
    done += [*_register(repo), *_place_hook(repo, root)]
    for line in done or ["Everything is registered already."]:
        say(line)


def _repository(root: Path) -> Repo | None:
    from ptcrm.git.repo import find

    return find(root)


def program() -> tuple[str, ...]:
    """The words that start this ptcrm from anywhere: the command itself, or Python with the module."""
    called = shutil.which(sys.argv[0]) if Path(sys.argv[0]).stem.lower() == "ptcrm" else None
    if called:
        return (Path(called).absolute().as_posix(),)
    return (Path(sys.executable).as_posix(), "-P", "-m", "ptcrm")  # -P: nothing of the vault's is imported


def attributes(root: Path, folders: Iterable[str]) -> Operation | None:
    """What has git ask ptcrm to merge the files in `folders`; None if that is there already. Raises `RefusedError`."""
    try:
        old = store.read_file(root, ATTRIBUTES)
    except FileNotFoundError:
        old = None
    except OSError as error:
        raise RefusedError(f"{root / ATTRIBUTES}: it cannot be read: {error.strerror or error}") from error
    before = (old or b"").decode(errors="surrogateescape")
    new = with_folders(before, folders).encode(errors="surrogateescape")
    if new == (old or b""):
        return None
    change = Create(ATTRIBUTES, new) if old is None else Write(ATTRIBUTES, old, new)
    return Operation("git setup", (change,))


def _write(root: Path, operation: Operation) -> None:
    from ptcrm.workspace import begin_vault

    begin_vault(root, operation, None, state_folder())


def _register(repo: Repo) -> Iterator[str]:
    """Have git know the merge driver; what was done, in words."""
    new = driver_of(program())
    old = _own(repo, DRIVER_KEY)
    if old == new and _own(repo, NAME_KEY) == NAME:
        return
    for key, value in ((NAME_KEY, NAME), (DRIVER_KEY, new)):
        repo.out("config", "--local", "--replace-all", key, value)
    was = f" (was: {old})" if old not in (None, new) else ""
    yield f"{DRIVER_KEY} = {new}{was}"


def _own(repo: Repo, key: str) -> str | None:
    """What the repository's own configuration says, last."""
    return repo.line("config", "--local", "--get", key)


# The hook


def _place_hook(repo: Repo, root: Path) -> Iterator[str]:
    """Place the hook, if there is none but ours; what was done or is left to do, in words."""
    vault = repo.path_of(root).rstrip("/")
    new = hook_of(program(), vault)
    place, is_ours = _hook_place(repo)
    old = _text(place)
    if old == new or (old is not None and check_line(program(), vault) in old):
        return
    is_free = old is None or vault_of(old) == vault or _lost_vault(repo, old) is not None
    if not is_ours or not is_free:
        yield (
            f"{place}: hooks there are yours and stay as they are. To have each commit looked at, add the line:\n"
            f"  {check_line(program(), vault)} || exit 1"
        )
        return
    _fill(place, new)
    yield f"{place}: it looks at what is to be committed, by `ptcrm check --staged`."


def _lost_vault(repo: Repo, hook: str) -> str | None:
    """The vault that a hook of ours looks at, if it is not there (any more)."""
    vault = vault_of(hook)
    is_lost = vault is not None and not (repo.top / vault / store.CONFIG_NAME).is_file()
    return vault if is_lost else None


def _hook_place(repo: Repo) -> tuple[Path, bool]:
    """Where git looks for the hook, and whether that is the repository's own folder for hooks."""
    named = [value for _, key, value in repo.settings() if key == "core.hookspath"]
    own = repo.common() / "hooks"
    if named and named[-1]:
        return repo.top / Path(named[-1]).expanduser() / HOOK, False
    is_inside = own.resolve().is_relative_to(repo.common().resolve())
    return own / HOOK, is_inside and not (own / HOOK).is_symlink()


def _text(place: Path) -> str | None:
    """What a hook says; None if there is none. Raises `RefusedError`."""
    try:
        return os.fsdecode(place.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RefusedError(f"{place}: it cannot be read: {error.strerror or error}") from error


def _fill(place: Path, text: str) -> None:
    """Write the hook, whole or not at all; raises `RefusedError`."""
    beside = place.with_name(f"{HOOK}.ptcrm.tmp")
    try:
        place.parent.mkdir(exist_ok=True)
        beside.write_bytes(os.fsencode(text))
        beside.chmod(_RIGHTS)
        beside.replace(place)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise RefusedError(f"{place}: it cannot be written: {error.strerror or error}") from error


# Taking it back


@click.command("remove")
@pass_session
def remove_command(session: Session) -> None:
    """Take from this repository what `ptcrm git setup` has registered.

    .gitattributes stays, since it is for everybody: without ptcrm, git merges as it always does.

    \b
    Example:
      ptcrm git remove
    """
    from ptcrm.git.repo import needed

    repo = needed(session.folder(), ", so nothing is registered.")
    done = [*_forget(repo), *_remove_hook(repo)]
    for line in done or ["Nothing is registered."]:
        say(line)


def _forget(repo: Repo) -> Iterator[str]:
    """Have git forget the merge driver; what was done, in words."""
    known = [key for key in (NAME_KEY, DRIVER_KEY) if _own(repo, key) is not None]
    for key in known:
        repo.out("config", "--local", "--unset-all", key)
    if known:
        yield "The merge driver is no longer registered."


def _remove_hook(repo: Repo) -> Iterator[str]:
    """Remove the hook, if it is as it was made; what was done, in words."""
    place, is_ours = _hook_place(repo)
    text = _text(place)
    if text is None or "check --staged" not in text:
        return
    if not is_ours or vault_of(text) is None:
        yield f"{place}: this hook is not as ptcrm made it, and stays. Take the line with `check --staged` out of it."
        return
    try:
        place.unlink()
    except OSError as error:
        raise RefusedError(f"{place}: it cannot be removed: {error.strerror or error}") from error
    yield f"{place}: removed."


# What `check` says of it


def tell_of_git(root: Path) -> None:
    """Say on stderr if git is to merge by ptcrm and does not know how, and which files still wait to be merged.

    git is asked only where a `.gitattributes` names ptcrm.
    """
    from ptcrm.errors import PtcrmError

    if not _asks_for_ptcrm(root):
        return
    try:
        repo = _repository(root)
        lines = [] if repo is None else [*_driver_wrong(repo), *_hook_wrong(repo), *_waiting(repo, root)]
    except PtcrmError as error:
        lines = [f"git was not looked at: {error}"]
    for line in lines:
        tell(line)


def _asks_for_ptcrm(root: Path) -> bool:
    """Whether the vault is in a repository in which files are to be merged by ptcrm."""
    return any(map(_names_ptcrm, _folders_up_to_git(root)))


def is_in_repository(root: Path) -> bool:
    """Whether a folder looks like one in a git repository; git is not asked."""
    return bool(_folders_up_to_git(root))


def _folders_up_to_git(root: Path) -> list[Path]:
    """The folders from `root` up to the one with git's own files; none, if there is no such one."""
    above = [root.absolute(), *root.absolute().parents]
    top = next((at for at, folder in enumerate(above) if (folder / ".git").exists()), None)
    return [] if top is None else above[: top + 1]


def _names_ptcrm(folder: Path) -> bool:
    with suppress(OSError):
        return is_named((folder / ATTRIBUTES).read_bytes().decode(errors="replace"))
    return False


def _driver_wrong(repo: Repo) -> Iterator[str]:
    """What is wrong with the merge driver that is registered."""
    known = [value for _, key, value in repo.settings() if key == DRIVER_KEY]
    started = program_of(known[-1]) if known else None
    if not known:
        yield f"{ATTRIBUTES} has ptcrm merge, and git does not know how in this clone: run `ptcrm git setup`."
    elif started is None or shutil.which(started) is None:
        yield (
            f"git is to merge by {started or known[-1]}, which is not there; it would keep one side and drop the other. "
            "Run `ptcrm git setup`."
        )


def _hook_wrong(repo: Repo) -> Iterator[str]:
    """What is wrong with a hook of ours."""
    place, _ = _hook_place(repo)
    lost = _lost_vault(repo, _text(place) or "")
    if lost is not None:
        yield f"The hook looks at a vault that is not there ({lost or 'the top'}), so at nothing. Run `ptcrm git setup`."


def _waiting(repo: Repo, root: Path) -> Iterator[str]:
    """Which files of the vault git has not merged to the end."""
    from ptcrm.git.conflicts import unmerged

    paths = list(unmerged(repo, repo.path_of(root)))
    if paths:
        yield f"git waits for a merge of {few(paths)}: see `ptcrm conflicts`."
