"""What is to be committed of a vault: the index against HEAD, read from git and not from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.git.printed import FILES, between_zeros, empty_tree, raw
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.text.fold import same_id
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault.names import is_debris, original_of
from ptcrm.vault.schema import read_customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ptcrm.git.repo import Repo
    from ptcrm.model.customer import Customer
    from ptcrm.vault.log import LineReader


class _Anything:
    """Names among which is every one."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def staged(repo: Repo, within: str) -> dict[str, str]:
    """The files below the folder `within` (from the top, with `/` at its end) that the index has otherwise than HEAD.

    Each by its path in the folder, with the id of its bytes; raises GitError. Before the first commit that is the whole index.
    """
    head = repo.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    found = raw(repo, "diff-index", "--cached", head or empty_tree(repo), "--", within or ".")
    return {one.path.removeprefix(within): one.new for one in found if one.new and one.new_mode in FILES}


def indexed(repo: Repo, within: str, paths: Iterable[str]) -> dict[str, bytes]:
    """What the index holds at these paths of the vault, for those that it has; raises GitError."""
    wanted = [f"{within}{path}" for path in paths]
    if not wanted:
        return {}
    found = {}
    for entry in between_zeros(repo.out("ls-files", "--stage", "-z", "--", *wanted))[:-1]:
        what, _, path = entry.partition("\t")
        mode, blob, stage = what.split(" ")
        if mode in FILES and stage == "0":
            found[path.removeprefix(within)] = blob
    blobs = repo.blobs(found.values())
    return {path: blobs[blob] for path, blob in found.items() if blob in blobs}


def are_customers(repo: Repo, within: str, paths: Iterable[str], folders: Iterable[str]) -> list[str]:
    """Those of `paths` that may be customers' files by their names (FORMAT §1), in order."""
    heads = tuple(f"{folder}/" for folder in folders)
    named = sorted(path for path in paths if path.startswith(heads) and _is_named_as_customer(path, heads))
    originals = {path: original for path in named if (original := _original(path))}
    there = indexed(repo, within, set(originals.values()))
    return [path for path in named if originals.get(path) not in there]


def _is_named_as_customer(path: str, heads: tuple[str, ...]) -> bool:
    head = next(head for head in heads if path.startswith(head))
    *folders, name = path.removeprefix(head).split("/")
    is_passed_over = any(folder == "node_modules" or is_debris(folder) for folder in folders)
    return name[-3:].lower() == ".md" and not is_passed_over and not is_debris(name)


def _original(path: str) -> str | None:
    """The path of the file that this one is a sync program's copy of, if that file is there."""
    folder, _, name = path.rpartition("/")
    original = original_of(name, _Anything())
    return f"{folder}/{original}" if original else None


class Found(NamedTuple):
    """What one file of the index says, and what is wrong with it."""

    customer: Customer | None
    diagnostics: tuple[Diagnostic, ...]


def read(path: str, content: bytes, reader: LineReader) -> Found:
    """The file at `path`, from its bytes; never raises."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="replace").decode()
        message = "this file is left out: its name is not UTF-8"
        return Found(None, (Diagnostic("PT009", shown, 1, 1, message, "Rename the file."),))
    try:
        reading = read_customer(Source.decode(path, content), reader)
    except UndecodableError as error:
        message = f"this file is not UTF-8 (byte {error.offset})"
        return Found(None, (Diagnostic("PT001", path, 1, 1, message, "Save it as UTF-8."),))
    return Found(reading.customer, reading.diagnostics)


def same_ids(found: Mapping[str, Found]) -> Iterator[tuple[str, str]]:
    """The paths of every two files with one id, either way round."""
    by_id: dict[str, list[str]] = {}
    for path, one in found.items():
        if one.customer:
            by_id.setdefault(same_id(one.customer.id), []).append(path)
    for paths in by_id.values():
        yield from ((path, other) for path in paths for other in paths if path != other)
