"""A customer's file as text, in the page: saved as typed, and checked before.

A browser gives a text back with other line ends than it was given. So the lines that were not touched keep the ends
that they have in the file, and a save without a change is none.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from ptcrm.errors import PtcrmError, RefusedError
from ptcrm.model.change import Operation, Write, difference
from ptcrm.model.diagnostic import Severity
from ptcrm.server.limits import Limits
from ptcrm.server.pages.page import Page, Verbatim, back_to, customer_address, editor_link
from ptcrm.server.pages.recording import alone
from ptcrm.server.pages.rows import match_of
from ptcrm.text.source import Source, UndecodableError, digest
from ptcrm.vault import store
from ptcrm.vault.schema import read_customer

if TYPE_CHECKING:
    from ptcrm.model.diagnostic import Diagnostic
    from ptcrm.server.pages.page import Asked, Elsewhere
    from ptcrm.workspace import Workspace

_ROOM = Limits().body_bytes - 2000  # bytes for the text, as a form sends it
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


def edit_page(workspace: Workspace, asked: Asked) -> Page:
    """The file as text, to be changed; what is too large for that, or no text, is named."""
    path = _path(workspace, asked.path["id"])
    source = _source(workspace, path)
    return _form(workspace, asked, source, source.text, why=_unfit(source))


def save(workspace: Workspace, asked: Asked) -> Page | Elsewhere:
    """Write what was typed, if the file is still the one that was shown, and has no more errors than before."""
    path = _path(workspace, asked.path["id"])
    source, form = _source(workspace, path), asked.form
    text = restored(source.text, form.get("text", ""))
    if "text" not in form or _unfit(source):
        raise RefusedError(
            f"{path}: this form has no text, or the file is not to be edited here. Nothing was written."
        )
    if form.get("seen") != digest(source.content):
        diff = difference(path, source.content, text.encode(errors="replace"))
        return _form(workspace, asked, source, text, diff=diff, status=409)
    new = Source(path, text, source.bom)
    found = _worse(workspace, source, new)
    if found and not form.get("anyway"):
        return _form(workspace, asked, source, text, found=found, status=422)
    with alone(workspace):
        number = workspace.journal.next_number()
        try:
            operation = Operation(f"edit {asked.path['id']}", (Write(path, source.content, new.content),))
            workspace.apply(operation)
        except PtcrmError as error:
            return _form(workspace, asked, source, text, why=str(error), status=409)
        return back_to(asked, number if workspace.journal.record(number) else 0)


def restored(before: str, typed: str) -> str:
    """What was `typed` over the text `before`, as a browser gives it back, with the line ends that `before` has.

    A line that is new takes the end of its neighbour above, else below, else LF.
    """
    old, new = _lines(before), _lines(typed)
    found: list[str] = []
    match = SequenceMatcher(None, [text for text, _ in old], [text for text, _ in new], autojunk=False)
    usual = next((end for _, end in old if end), "\n")
    for kind, first, last, start, stop in match.get_opcodes():
        if kind == "equal":
            lines = old[first:last]
            found += [text + (end or usual) for text, end in lines]
            usual = next((end for _, end in reversed(lines) if end), usual)
        else:
            found += [text + usual for text, _ in new[start:stop]]
    if found and not (new and new[-1][1]):
        found[-1] = found[-1].rstrip("\r\n")
    return "".join(found)


def _lines(text: str) -> list[tuple[str, str]]:
    """The lines of a text with their ends; a last one without an end, if it has words."""
    return [(one[1], one[2]) for one in _LINE.finditer(text) if one[0]]


def _path(workspace: Workspace, id_: str) -> str:
    """The file of the customer, or the one with errors that has this name; raises `NotFoundError`."""
    return workspace.broken_path(id_) or match_of(workspace, id_).path


def _source(workspace: Workspace, path: str) -> Source:
    try:
        return Source.decode(path, store.read_file(workspace.root, path))
    except UndecodableError as error:
        raise RefusedError(
            f"{path}: this file is not UTF-8 (byte {error.offset}). Mend it in your editor."
        ) from error
    except OSError as error:
        raise RefusedError(f"{path}: it cannot be read ({error.strerror or error})") from error


def _unfit(source: Source) -> str:
    """Why a page cannot show the text and give it back; empty if it can."""
    if "\0" in source.text:
        return "This file has a NUL character, which no page gives back. Edit it in your editor."
    if len(quote_plus(source.text.replace("\n", "\r\n"))) > _ROOM:
        return "This file is too long for a page. Edit it in your editor."
    return ""


def _worse(workspace: Workspace, before: Source, after: Source) -> list[Diagnostic]:
    """What is wrong with the text `after`, if it has more errors than it had `before`, or is no customer any more."""
    old, new = (read_customer(one, workspace.reader) for one in (before, after))
    errors, known = (
        [one for one in reading.diagnostics if one.severity is Severity.ERROR] for reading in (new, old)
    )
    is_lost = new.customer is None and old.customer is not None
    found = new.diagnostics if is_lost else errors if len(errors) > len(known) else ()
    return sorted(found, key=lambda one: (one.line, one.column))


def _form(  # noqa: PLR0913  # all that a save may have come to
    workspace: Workspace,
    asked: Asked,
    source: Source,
    text: str,
    *,
    why: str = "",
    diff: str = "",
    found: list[Diagnostic] | None = None,
    status: int = 200,
) -> Page:
    id_ = asked.path["id"]
    values = {
        "id": id_,
        "path": source.path,
        "text": Verbatim(text),
        "seen": digest(source.content),
        "back": asked.form.get("back") or customer_address(id_),
        "why": why,
        "diff": diff,
        "found": found or [],
        "fits": not _unfit(source),
        "file": str(workspace.root / source.path),
        "editor": editor_link(workspace, asked.front, source.path),
    }
    return Page("edit.html", values, status)
