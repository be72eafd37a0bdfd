"""The words of a vault that a shell completes, remembered beside the cache: quick, and without opening the vault.

They are believed as long as ptcrm.yaml and the customers' files have the sizes and times that they had.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ptcrm import __version__
from ptcrm.vault.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ptcrm.workspace import Workspace

_VERSION = "2"  # raised when the words are laid out or found differently
_LONGEST = 60  # characters of a value that is worth offering


@dataclass(frozen=True, slots=True)
class Words:
    """What may be typed. Each of `customers` is an id, a name and other names; `companies` are ids.

    Each of `items` is the id and the title of something in the library, `topics` are those of all.

    `fields` (those of a file) and `asked` (those of a query) have a name, other names and a meaning. `known`
    has the only values that a field of a query takes, `used` those in use, by its name. `channels` have all
    their names.
    """

    customers: list[list[str]] = field(default_factory=list)
    companies: list[str] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    queries: dict[str, str] = field(default_factory=dict)
    items: list[list[str]] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)


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
    from ptcrm.workspace import Workspace

    if Journal(state_folder / place_of(root)).has_pending():
        return Words()  # opening the vault would put that right, and so write to it
    folders = list(read_settings(settings_of(root)).config.folders)
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


def words_of(workspace: Workspace) -> Words:
    """The words of an open vault."""
    from ptcrm.model.config import channel_names
    from ptcrm.query.fields import FIELDS as ASKED
    from ptcrm.query.fields import vocabulary_of
    from ptcrm.vault.schema import FIELDS

    customers, items = list(workspace.cache.customers()), workspace.index.library().items
    config = workspace.config
    own = sorted({name for one in customers for name, _ in one.own})
    known = vocabulary_of(config, own).known
    return Words(
        [[one.id, one.name, *one.aliases] for one in customers],
        [one.id for one in customers if one.kind == "company"],
        [[one.name, one.meaning] for one in FIELDS] + [[name, "your own"] for name in own],
        [[one.name, *one.also, one.meaning] for one in ASKED] + [[name, "your own"] for name in own],
        {name: list(dict.fromkeys(words.values())) for name, words in known.items()},
        _used(customers, own),
        list(channel_names(config)),
        list(config.feeds),
        list(config.campaigns),
        dict(config.queries),
        [[one.id, one.title] for one in items],
        sorted({*config.topics, *(topic for one in items for topic in one.topics)}),
    )


def _used(customers: Iterable[Any], own: Iterable[str]) -> dict[str, list[str]]:
    """The short values in use of fields whose values are whole words, by the field's name in a query."""
    from ptcrm.query.fields import FIELDS, Type, facts_of

    names = [one.name for one in FIELDS if one.type in (Type.WORD, Type.LINK) and not one.planned]
    found: dict[str, set[str]] = {name: set() for name in (*names, *own) if name not in ("id", "log")}
    for facts in map(facts_of, customers):
        for name, values in found.items():
            values.update(str(value) for value in facts(name) if len(str(value)) <= _LONGEST)
    return {name: sorted(values) for name, values in found.items() if values}
