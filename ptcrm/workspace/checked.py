"""What is wrong with the files of a vault, and what mends it."""

from __future__ import annotations

import contextlib
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.diagnostic import ERRORS, USUAL, Diagnostic, Severity
from ptcrm.text.source import UndecodableError
from ptcrm.vault import store
from ptcrm.vault.cache import IF_POSSIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptcrm.checks import Copy, Twins
    from ptcrm.reports.duplicates import Pair
    from ptcrm.vault.repair import Repair

from ptcrm.workspace.planned import Planned

_A_YEAR_KNOWN = 2026  # to the package of holidays


class Checked(Planned):
    """An open vault that is checked."""

    _new_problems: tuple[str, str, tuple[int, int]] | None = None

    def _keep(self) -> None:
        super()._keep()
        if self._new_problems:
            with IF_POSSIBLE:
                self.cache.keep_problems(*self._new_problems)

    def diagnostics(self, codes: frozenset[str] = USUAL) -> list[Diagnostic]:
        """Everything wrong with the vault that has one of `codes`, in the order of the files."""
        from ptcrm.checks import CHECKS, Vault

        vault = Vault(
            self.index,
            self.config,
            self.today,
            tuple(self.cache.customers()),
            tuple(self.index.loose_links()),
            tuple(self._copies()),
            self._holidays(_A_YEAR_KNOWN),
            self.index.library(),
            tuple(self.listing.strays.missing),
            partial(store.list_names, self.root),
            self._twins,
        )
        found = [*self.config_problems, *self.listing.strays.problems, *self._found_in_files(codes)]
        for path in self.templates():
            found += self.template(path)[1]
        for check in CHECKS:
            found += check(vault)
        wanted = (one for one in found if one.code in codes)
        return sorted(wanted, key=lambda one: (one.path, one.line, one.column, one.code))

    def problems(self) -> tuple[int, int]:
        """How many errors and how many warnings the vault has; whatever is counted was found by `diagnostics`."""
        key, token = f"{self._plan_key} {self.beside_rows()}", self.cache.token()
        counts = self.cache.problems(key)
        if counts is None:
            severities = [one.severity for one in self.diagnostics()]
            counts = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
            self._new_problems = (token, key, counts) if token else None
        return counts

    def beside_rows(self) -> str:
        """What stands for all that `diagnostics` follow from besides rows, settings and day; another one if that changes."""
        strays = self.listing.strays
        seen = [f"{path} {self.look_at(path)}" for path in (*self.templates(), *strays.copies)]
        names = [*sorted(store.list_names(self.root)), *seen, *map(str, strays.problems), *strays.missing]
        return sha256("\0".join(names).encode(errors="surrogatepass")).hexdigest()

    def _found_in_files(self, codes: frozenset[str]) -> Iterator[Diagnostic]:
        """What reading the files found of these codes; files without an id are read for what they offer to who asks."""
        yield from self.cache.diagnostics(codes=codes)
        if not codes <= USUAL:
            for path in self.without_id():
                with contextlib.suppress(OSError, UndecodableError):
                    yield from (offer for offer in self.read(path).offers if offer.code in codes)

    def without_id(self) -> list[str]:
        """The paths of the files whose id is their name, and may be written into them."""
        from ptcrm.vault.schema import parse_id, stem_of

        found = (one.path for one in self.cache.customers() if "id" not in one.lines)
        return [path for path in found if isinstance(parse_id(stem_of(path)), str)]

    def _copies(self) -> Iterator[Copy]:
        """The sync programs' copies, with their texts."""
        from ptcrm.checks import Copy

        for path, original in self.listing.strays.copies.items():
            known = original in self.listing.files
            yield Copy(path, original, self.text(path), self.text(original) if known else None)

    def duplicates(self, least: int) -> list[Pair]:
        """The pairs of customers who may be one, with a score of `least` or more, the highest first.

        A link from one of the two files to the other says that they are two.
        """
        from ptcrm.reports.duplicates import duplicates

        linked = cache(self.index.linked)

        def is_open(one: Pair) -> bool:
            paths = one.one.path, one.other.path
            return paths[1] not in linked(paths[0]) and paths[0] not in linked(paths[1])

        return list(filter(is_open, duplicates(self.cache.customers(), self.config.country, least)))

    def _twins(self) -> Iterator[Twins]:
        """The pairs of which more than a name says that they are one."""
        from ptcrm.checks import Twins
        from ptcrm.reports.duplicates import CLEAR_LEAST

        for pair in self.duplicates(CLEAR_LEAST):
            yield Twins(pair.one.path, pair.other.path, pair.reasons)

    def errors(self) -> int:
        """How many files have errors; asked by every command, so it looks at no customer."""
        return len(self._broken().keys() | {path for path, _ in self.index.same_ids()})

    def left_out(self) -> list[str]:
        """Why nothing is planned from each file that cannot be read, as `PATH:LINE:COLUMN: MESSAGE`."""
        found = self._broken()
        found.pop(store.CONFIG_NAME, None)
        return [f"{path}:{one.line}:{one.column}: {one.message}" for path, one in sorted(found.items())]

    def settings_problems(self) -> list[str]:
        """What is wrong with ptcrm.yaml: a slip there may put names where they were not meant to be."""
        return [
            f"{one.path}:{one.line}:{one.column}: {one.message}. {one.hint}".rstrip()
            for one in self.config_problems
        ]

    def _broken(self) -> dict[str, Diagnostic]:
        """The first error of each file that has one of its own, by path."""
        found = [*self.config_problems, *self.listing.strays.problems, *self.cache.diagnostics(codes=ERRORS)]
        return {one.path: one for one in reversed(found) if one.severity is Severity.ERROR}

    def repairs(self, codes: frozenset[str], wanted: Callable[[Diagnostic], bool]) -> list[Repair]:
        """What mends the `wanted` diagnostics of these codes, file by file; raises `RefusedError` for a file that is gone."""
        from ptcrm.vault.repair import repaired

        repairs = []
        found = {one.path for one in self._found_in_files(codes) if wanted(one)}
        for path in sorted(path for path in found if not self.is_item(path)):
            try:
                reading = self.read(path)
            except (OSError, UndecodableError) as error:
                raise RefusedError(f"{path}: it cannot be read ({error}). Nothing was written.") from error
            if (repair := repaired(reading, self.reader, wanted)) is not None:
                repairs.append(repair)
        return repairs
