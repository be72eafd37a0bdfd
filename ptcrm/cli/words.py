"""The words of a vault that a shell completes, remembered beside the cache: quick, and without opening the vault.

They are believed as long as ptcrm.yaml and the customers' files have the sizes and times that they had.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from ptcrm import __version__
from ptcrm.vault.places import place_of
from ptcrm.views.words import Words, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_VERSION = "3"  # raised when the words are laid out or found differently


def words_file(root: Path, cache_folder: Path) -> Path:
    """Where the words of the vault at `root` are kept."""
    return cache_folder / f"words-{place_of(root)}.json"


def known_words(root: Path, cache_folder: Path, state_folder: Path) -> Words:
    """The words of the vault at `root`: as remembered, or read anew. Writes to `cache_folder` alone."""
    place = words_file(root, cache_folder)
    try:
        kept = json.loads(place.read_bytes())
        if kept["state"] == _state(root, kept["folders"]):
            return Words(**kept["words"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it is made anew
    return _made(root, place, cache_folder, state_folder)


def _state(root: Path, folders: Iterable[str]) -> str:
    """A digest of what everything depends on: our version, ptcrm.yaml and the files below `folders`."""
    digest = hashlib.sha256(f"{__version__} {_VERSION}".encode())
    for path in (root / "ptcrm.yaml", *sorted(root / one for one in folders)):
        for line in _signatures(str(path)):
            digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _signatures(path: str) -> Iterator[str]:
    """A line for each Markdown file at or below `path`, in a steady order."""
    try:
        with os.scandir(path) as listing:
            entries = sorted(listing, key=lambda one: one.name)
    except NotADirectoryError:
        status = os.stat(path)  # noqa: PTH116  # as scandir gives it
        yield f"{path} {status.st_size} {status.st_mtime_ns}\n"
        return
    except OSError:
        return
    for one in entries:
        if one.name.startswith("."):
            continue
        if one.is_dir(follow_symlinks=False):
            yield from _signatures(one.path)
        elif one.name.endswith(".md"):
            status = one.stat()
            yield f"{one.path} {status.st_size} {status.st_mtime_ns} {status.st_ino}\n"


def _made(root: Path, place: Path, cache_folder: Path, state_folder: Path) -> Words:
    """The words, found by opening the vault, and remembered; none while another command's work is unfinished."""
    from ptcrm.vault.journal import Journal
    from ptcrm.vault.settings import read_settings, settings_of
    from ptcrm.vault.templates import FOLDER
    from ptcrm.workspace import Workspace

    if Journal(state_folder / place_of(root)).has_pending():
        return Words()  # opening the vault would put that right, and so write to it
    folders = [*read_settings(settings_of(root)).config.folders, FOLDER]
    state = _state(root, folders)
    workspace = Workspace(root, None, cache_folder, state_folder)
    try:
        words = words_of(workspace)
    finally:
        workspace.close()
    text = json.dumps({"state": state, "folders": folders, "words": asdict(words)}, ensure_ascii=False)
    with contextlib.suppress(OSError):
        _keep(place, text.encode(errors="surrogateescape"))
    return words


def _keep(place: Path, content: bytes) -> None:
    """Write the file whole, for its owner alone."""
    beside = place.with_suffix(f".{os.getpid()}")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    beside.replace(place)
