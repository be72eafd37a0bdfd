"""The page of what is wrong with the files, and of what mends it: shown as a diff first, then written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.change import Write, diff_of
from ptcrm.model.diagnostic import USUAL, Diagnostic, Severity
from ptcrm.server.pages.page import Page, address, back_to
from ptcrm.text.caret import pointed_at
from ptcrm.text.source import digest
from ptcrm.views.problems import lines_of, mended_words, operation_of, repairs_of_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ptcrm.model.change import Operation
    from ptcrm.server.pages.page import Asked, Elsewhere
    from ptcrm.vault.repair import Repair
    from ptcrm.workspace import Workspace

WITHOUT_ID = "PT111"
_MOST = 200  # problems on a page, so that it stays light
_MOST_DIFF = 100_000  # characters
_ROOM = 100  # columns of a line of the file
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A diagnostic, the line it stands on with a mark below, and where its file is edited and its fix is shown."""

    of: Diagnostic
    line: str
    mark: str
    customer: str
    fix: str


def problems_page(workspace: Workspace, asked: Asked) -> Page:  # noqa: ARG001  # as all pages
    """What `ptcrm check` finds, errors first."""
    found, without_id = workspace.once(("problems", workspace.beside_rows()), lambda: _found(workspace))
    ids = {one.path: one.id for one in workspace.cache.customers_at({one.path for one in found[:_MOST]})}
    values = {
        "found": [_wrong(workspace, one, ids) for one in found[:_MOST]],
        "counts": [(severity.value, _count(found, severity)) for severity in Severity],
        "more": len(found[_MOST:]),
        "safe": sum(one.fix is not None and one.fix.safe for one in found),
        "without_id": without_id,
        "files": len(workspace.listing.files),
    }
    return Page("problems.html", values)


def _found(workspace: Workspace) -> tuple[list[Diagnostic], int]:
    """What is wrong, errors first, and how many files have no id."""
    found = sorted(workspace.diagnostics(), key=lambda one: _RANK[one.severity])
    return found, len(workspace.without_id())


def _count(found: Iterable[Diagnostic], severity: Severity) -> int:
    return sum(one.severity is severity for one in found)


def _wrong(workspace: Workspace, one: Diagnostic, ids: Mapping[str, str]) -> _Wrong:
    lines = lines_of(workspace, one.path)
    has_line = one.line <= len(lines)
    line, mark = pointed_at(lines[one.line - 1], one.column, _ROOM) if has_line else ("", "")
    is_mended = one.fix is not None and one.path in workspace.listing.files
    where = address("/problems/fix", **_named(one)) if is_mended else ""
    return _Wrong(one, line, mark, ids.get(one.path, ""), where)


def _named(one: Diagnostic) -> dict[str, str]:
    """What an address or a form calls a diagnostic."""
    return {"code": one.code, "file": one.path, "line": str(one.line), "column": str(one.column)}


def fix_page(workspace: Workspace, asked: Asked) -> Page:
    """What a fix would change, as a diff, and the button that makes it."""
    return _shown(_repairs(workspace, asked.query), asked.query)


def fix(workspace: Workspace, asked: Asked) -> Page | Elsewhere:
    """Make the fix that was shown; if the files say something else by now, show what it would change now."""
    with workspace.journal.locked():
        repairs = _repairs(workspace, asked.form)
        operation = operation_of(repairs)
        if _digest_of(operation) != asked.form.get("seen"):
            return _shown(repairs, asked.form, is_changed=True)
        number = workspace.journal.next_number()
        workspace.apply(operation)
    return back_to(asked, number)


def _repairs(workspace: Workspace, named: Mapping[str, str]) -> list[Repair]:
    """What mends all that can be mended without a doubt, all files without an id, or the diagnostic that is named.

    Raises `RefusedError` if there is nothing to mend.
    """
    every = named.get("all")
    if every:
        repairs = repairs_of_all(workspace, frozenset({WITHOUT_ID}) if every == WITHOUT_ID else USUAL)
    else:
        wanted = {key: named.get(key, "") for key in ("code", "file", "line", "column")}
        codes = frozenset({wanted["code"]})
        repairs = workspace.repairs(codes, lambda one: one.fix is not None and _named(one) == wanted)
    if not repairs:
        raise RefusedError("There is nothing to mend here any more, or mending it would do harm elsewhere.")
    return repairs


def _digest_of(operation: Operation) -> str:
    """What tells an operation from every other one: all that it would replace, and by what."""
    writes = (one for one in operation.changes if isinstance(one, Write))
    parts = (part for one in writes for part in (one.path.encode(errors="surrogatepass"), one.old, one.new))
    return digest(b"".join(digest(part).encode() for part in parts))


def _shown(repairs: list[Repair], named: Mapping[str, str], *, is_changed: bool = False) -> Page:
    diff = "".join(diff_of(one.write) for one in repairs)
    keys = ("all", "code", "file", "line", "column")
    values = {
        "repairs": [(one.write.path, mended_words(one)) for one in repairs],
        "is_guess": any(one.fix and not one.fix.safe for repair in repairs for one in repair.mended),
        "is_changed": is_changed,
        "diff": diff[:_MOST_DIFF],
        "is_cut": len(diff) > _MOST_DIFF,
        "named": {key: named[key] for key in keys if named.get(key)},
        "seen": _digest_of(operation_of(repairs)),
    }
    return Page("fix.html", values, 409 if is_changed else 200)
