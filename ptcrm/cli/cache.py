"""What is remembered of the vault: `ptcrm cache path`, `stats` and `clear`."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ptcrm import __version__
from ptcrm.cli.options import Session, json_option, pass_session
from ptcrm.cli.output import say, say_json
from ptcrm.cli.words import words_file
from ptcrm.errors import PtcrmError, RefusedError
from ptcrm.text.words import plural
from ptcrm.vault import cache_file, store
from ptcrm.vault.places import ROWS_VERSION, place_of, stamp_of, user_folder

if TYPE_CHECKING:
    from ptcrm.vault.cache_file import Holding

_STAMP = re.compile(r"(\S+) ([0-9]+) [0-9a-f]+")
_ANEW = "The next command makes it anew."


class _Stats(NamedTuple):
    """What there is to say of a cache: its size in bytes, by which ptcrm it was made, what it holds, its state."""

    path: Path
    size: int
    version: str | None
    holding: Holding | None
    state: str

    @property
    def is_current(self) -> bool:
        """Whether nothing has changed in the vault's folder since."""
        return self.holding is not None and not self.holding.changed


@click.group("cache")
def cache_command() -> None:
    """What ptcrm remembers of the vault's files, so that it need not read them again.

    Without it every answer is the same, and takes longer.

    \b
    Examples:
      ptcrm cache stats
      ptcrm cache clear
    """


@cache_command.command("path")
@pass_session
def path_command(session: Session) -> None:
    """Print where the cache is, or will be.

    \b
    Example:
      ptcrm cache path
    """
    say(str(_places(session.folder())[0]))


@cache_command.command("stats")
@json_option
@pass_session
def stats_command(session: Session, as_json: bool) -> None:
    """Say how large the cache is, what it knows, and whether it is up to date.

    \b
    Examples:
      ptcrm cache stats
      ptcrm cache stats --json
    """
    stats = _stats(session.folder())
    if as_json:
        say_json(_object(stats))
        return
    say(str(stats.path))
    if stats.size:
        say(f"{_in_words(stats.size)}{f', made by ptcrm {stats.version}' if stats.version else ''}")
    if (held := stats.holding) is not None:
        counts = (plural(held.files, "file"), plural(held.customers, "customer"))
        rest = (f"the texts of {plural(held.texts, 'file')}", plural(held.answers, "answer"))
        entries = plural(held.entries, "log entry", "log entries")
        say(", ".join((*counts, entries, *rest)))
    say(stats.state)


@cache_command.command("clear")
@pass_session
def clear_command(session: Session) -> None:
    """Delete the cache of this vault; the next command reads every file anew.

    \b
    Example:
      ptcrm cache clear
    """
    places = _places(session.folder())
    before = _size(places)
    try:
        cache_file.delete(places[0])
        for path in cache_file.files_of(places[1]):
            path.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise RefusedError(
            f"{error.filename or places[0]}: it cannot be deleted: {why}. Delete it by hand."
        ) from error
    except sqlite3.DatabaseError as error:
        raise RefusedError(f"{places[0]}: another ptcrm is writing to it. Try again.") from error
    say(f"Freed {_in_words(before - _size(places))}." if before else "There is no cache; nothing to delete.")


def _places(root: Path) -> tuple[Path, Path]:
    """Where the cache of the vault at `root` is, and the words that a shell completes."""
    folder = Path(user_folder("cache"))
    return folder / f"{place_of(root)}.sqlite", words_file(root, folder)


def _size(places: tuple[Path, Path]) -> int:
    """How many bytes the cache takes, with what stands beside it."""
    found = [path for place in places for path in cache_file.files_of(place)]
    return sum(path.stat().st_size for path in found)


def _stats(root: Path) -> _Stats:
    """What there is to say of the cache of the vault at `root`."""
    places = _places(root)
    path, size = places[0], _size(places)
    stamp = cache_file.stamp_at(path) if path.is_file() else None
    made = _STAMP.fullmatch(stamp or "")
    version = made[1] if made else None
    if not path.exists():
        return _Stats(path, size, version, None, "There is none yet; the next command makes it.")
    if not path.is_file():
        return _Stats(path, size, version, None, "It is no file, so commands do without. Delete it.")
    if made is None:
        return _Stats(path, size, version, None, f"It is damaged, or no cache. {_ANEW}")
    if made.groups() != (__version__, ROWS_VERSION):
        return _Stats(path, size, version, None, f"It is another version's. {_ANEW}")
    held, state = _held(path, made[0], root)
    return _Stats(path, size, version, held, state)


def _held(path: Path, stamp: str, root: Path) -> tuple[Holding | None, str]:
    """What the cache at `path` holds, and whether that is up to date."""
    from ptcrm.vault.settings import read_settings, settings_of

    try:
        content = settings_of(root)
        settings = read_settings(content)
    except PtcrmError as error:
        return None, f"Whether it is up to date cannot be told: {error}"
    if stamp_of(content) != stamp:
        return None, f"{store.CONFIG_NAME} has changed since. {_ANEW}"
    held = cache_file.holding(path, stamp, root, settings.config.folders)
    if held is None:
        return None, f"It is damaged. {_ANEW}"
    if held.changed:
        return held, f"Not up to date: {plural(held.changed, 'file')} changed since."
    return held, "Up to date."


def _object(stats: _Stats) -> dict[str, object]:
    held = stats.holding
    return {
        "path": str(stats.path),
        "bytes": stats.size,
        "version": stats.version,
        "files": held and held.files,
        "customers": held and held.customers,
        "entries": held and held.entries,
        "texts": held and held.texts,
        "answers": held and held.answers,
        "changed": held and held.changed,
        "up_to_date": stats.is_current,
        "state": stats.state,
    }


def _in_words(size: int) -> str:
    """A number of bytes: `212 KB`, `1.4 MB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} KB"
