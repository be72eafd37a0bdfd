"""`ptcrm check --staged`: what is wrong with the vault as it is to be committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.checks.files import same_id_as
from ptcrm.cli.output import tell
from ptcrm.errors import PtcrmError
from ptcrm.git.staged import Found, are_customers, indexed, read, same_ids, staged
from ptcrm.text.fold import same_id
from ptcrm.vault.log import LineReader
from ptcrm.vault.settings import read_settings, settings_of
from ptcrm.vault.store import CONFIG_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from ptcrm.cli.options import Session
    from ptcrm.git.repo import Repo
    from ptcrm.model.diagnostic import Diagnostic


class Look(NamedTuple):
    """What was found, in the order of the files, and the bytes of those that were looked at."""

    found: list[Diagnostic]
    contents: dict[str, bytes]

    def lines(self, path: str) -> list[str]:
        """The lines of a staged file; none for another."""
        return self.contents.get(path, b"").decode(errors="replace").split("\n")


def look_at_staged(session: Session, root: Path) -> Look:
    """Read what is staged of the vault at `root`, and nothing else of it but ids.

    Raises `NotFoundError` outside a repository, `GitError`, and `PtcrmError` if the ptcrm.yaml that is to be
    committed cannot be read.
    """
    from ptcrm.git.repo import needed

    repo = needed(root, ", so nothing is staged.")
    within = repo.path_of(root)
    new = staged(repo, within)
    settings = indexed(repo, within, [CONFIG_NAME]).get(CONFIG_NAME)
    config, problems = read_settings(settings_of(root) if settings is None else settings)
    paths = are_customers(repo, within, new, config.customers)
    blobs = repo.blobs(new[path] for path in paths)
    contents = {path: blobs[new[path]] for path in paths if new[path] in blobs}
    reader = LineReader.of(config)
    found = {path: read(path, content, reader) for path, content in contents.items()}
    wrong = [diagnostic for one in found.values() for diagnostic in one.diagnostics]
    if CONFIG_NAME in new and settings is not None:
        wrong += problems
        contents[CONFIG_NAME] = settings
    others = _others(session, repo, within, found, new, reader)
    wrong += [same_id_as(*pair) for pair in (*same_ids(found), *others)]
    wrong.sort(key=lambda one: (one.path, one.line, one.column, one.code))
    return Look(wrong, contents)


def _others(
    session: Session,
    repo: Repo,
    within: str,
    found: dict[str, Found],
    staged_paths: Collection[str],
    reader: LineReader,
) -> Iterator[tuple[str, str]]:
    """The paths of each staged file and of another one of the index that has its id.

    Who may have it is known from the files on the disk, and is looked at in the index.
    """
    ids = {path: same_id(one.customer.id) for path, one in found.items() if one.customer}
    if not ids:
        return
    session.for_names = True
    try:
        index = session.workspace(quiet=True).index
    except PtcrmError as error:
        tell(f"Ids across files were not looked at: {error}")
        return
    near = {path: sorted(index.meant(id_).difference(staged_paths)) for path, id_ in ids.items()}
    contents = indexed(repo, within, {other for others in near.values() for other in others})
    taken = {path: read(path, content, reader).customer for path, content in contents.items()}
    for path, others in near.items():
        for other in others:
            customer = taken.get(other)
            if customer and same_id(customer.id) == ids[path]:
                yield path, other
