"""The customers' folders as the disk has them: a line for each Markdown file, to be compared with those of last time.

It is under every command, so it imports little and makes nothing of what it sees; `listing` does (I/O).
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from ptcrm import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A line is PATH//WHAT: `SIZE MTIME_NS CTIME_NS INODE` of a regular file, else one of these words.
FOLDER, MISSING, CLOSED = "folder", "missing", "closed"
OUTSIDE, SPECIAL, UNREADABLE = "outside", "special", "unreadable"
UNSURE = "0"  # of a regular file that is to be read again
BETWEEN = "//"  # no path has it inside
_END = "\0"  # nor this
_KIND, _REGULAR, _DIRECTORY = 0o170000, 0o100000, 0o040000
_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- "
)  # most names have no more
_OF_VIM = "4913"  # with which vim tries whether it may write
_BY_DESCRIPTOR = os.scandir in os.supports_fd
TELLS_INODES = os.name != "nt"  # Windows has 0 for all that stands in a folder
RACY_NS = 20_000_000  # file times may lag behind the clock by a tick


class Seen:
    """One look at the folders: the lines of each, and the newest time in them (ns)."""

    def __init__(self, folders: dict[str, list[str]], newest_ns: int) -> None:
        self.folders, self.newest_ns = folders, newest_ns

    def texts(self) -> dict[bytes, bytes]:
        """The folders and their lines as bytes: the same as last time, if nothing has changed since."""
        return {in_bytes(folder): joined(lines) for folder, lines in self.folders.items()}

    def noted(self, folder: str, seen_ns: int) -> bytes:
        """The lines to compare with next time: of files that may change and still look the same, one like no other."""
        lines = self.folders[folder]
        if self.newest_ns + RACY_NS >= seen_ns:
            lines = [
                line
                if _newest(line) + RACY_NS < seen_ns
                else f"{line.partition(BETWEEN)[0]}{BETWEEN}{UNSURE}"
                for line in lines
            ]
        return joined(lines)


def in_bytes(path: str) -> bytes:
    """A path for keeping, whatever its bytes are."""
    return path.encode(errors="surrogatepass")


def path_of(kept: bytes) -> str:
    """The path that `in_bytes` made bytes of."""
    return kept.decode(errors="surrogatepass")


def joined(lines: Iterable[str]) -> bytes:
    """Lines as bytes, for keeping."""
    return in_bytes(_END.join(lines))


def split(text: bytes) -> list[str]:
    """The lines that `joined` made bytes of."""
    return path_of(text).split(_END)


def _newest(line: str) -> int:
    """The newest time of a line (ns); 0 for one without."""
    numbers = line.rpartition(BETWEEN)[2].split(" ")
    return max(int(numbers[1]), int(numbers[2])) if numbers[0].isdigit() else 0


def see(root: str | os.PathLike[str], folders: Iterable[str]) -> Seen:
    """What stands in `folders` of the vault; a folder that leads out of it is not looked into."""
    top = os.path.realpath(root)
    found: dict[str, list[str]] = {}
    newest = 0
    for folder in folders:
        if is_inside(top, f"{top}/{folder}"):
            newest = max(newest, _see(top, folder, found))
        else:
            found[folder] = [f"{folder}{BETWEEN}{OUTSIDE}"]
    return Seen(found, newest)


def is_inside(root: str, path: str) -> bool:
    """Whether `path` leads to something in the folder `root`."""
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def is_still(root: str | os.PathLike[str], seen: Seen, seen_ns: int) -> bool:
    """Whether no name can have come or gone in the folders since a look at them that began then."""
    return all(_changed_ns(f"{root}/{folder}") + RACY_NS < seen_ns for folder in seen.folders)


def _changed_ns(folder: str) -> int:
    """When a name last came or went in the folder (ns); 0 if it is not there."""
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116  # Paths are not loaded yet
    except OSError:
        return 0


def _see(root: str, folder: str, found: dict[str, list[str]]) -> int:
    """Add the lines of a folder and of each below it; the newest time (ns)."""
    newest = 0
    todo = [folder]
    while todo:
        at = todo.pop()
        lines = found[at] = [f"{at}{BETWEEN}{FOLDER}"]
        try:
            newest = max(newest, _see_one(root, at, todo, lines))
        except FileNotFoundError:
            lines[:] = [f"{at}{BETWEEN}{MISSING if at == folder else FOLDER}"]
        except OSError as error:
            lines[:] = [f"{at}{BETWEEN}{CLOSED} {error.strerror or ''}"]
    return newest


def _see_one(root: str, at: str, todo: list[str], lines: list[str]) -> int:
    """Add the lines of the folder at `at`, and the folders in it to `todo`; the newest time (ns)."""
    newest = 0
    with entries_of(f"{root}/{at}") as entries:
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                if not _is_passed_over(name):
                    todo.append(f"{at}/{name}")
            elif name[-3:].lower() == ".md":
                path = f"{at}/{name}"
                try:
                    status = entry.stat()
                except OSError as error:
                    lines.append(f"{path}{BETWEEN}{UNREADABLE} {error.strerror or ''}")
                    continue
                if status.st_mode & _KIND == _REGULAR and (
                    not entry.is_symlink() or is_inside(root, f"{root}/{path}")
                ):
                    changed, moved = status.st_mtime_ns, status.st_ctime_ns
                    newest = max(newest, changed, moved)
                    lines.append(f"{path}{BETWEEN}{status.st_size} {changed} {moved} {status.st_ino}")
                elif not is_inside(root, f"{root}/{path}"):
                    lines.append(f"{path}{BETWEEN}{OUTSIDE}")
                elif status.st_mode & _KIND != _DIRECTORY:
                    lines.append(f"{path}{BETWEEN}{SPECIAL}")
    return newest


@contextmanager
def entries_of(place: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What is in a folder; by its descriptor if that can be, from where names are looked up in less time."""
    opened = os.open(place, os.O_RDONLY | os.O_DIRECTORY) if _BY_DESCRIPTOR else None
    try:
        with os.scandir(place if opened is None else opened) as entries:
            yield entries
    finally:
        if opened is not None:
            os.close(opened)


def _is_passed_over(folder: str) -> bool:
    """Whether the scanner does not look into a folder of this name."""
    if _PLAIN.issuperset(folder) and folder != _OF_VIM:
        return False
    from ptcrm.vault.names import is_debris

    return folder == "node_modules" or is_debris(folder)
