"""The search: in names, notes, logs and own fields of everyone, with the lines that have the words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError
from ptcrm.model.typed import plain
from ptcrm.query.configured import typed
from ptcrm.server.pages.page import Page
from ptcrm.text.safe import one_line
from ptcrm.views.finding import marks, search, search_library, words_alone, words_sought

if TYPE_CHECKING:
    from ptcrm.server.pages.page import Asked
    from ptcrm.views.finding import Found, Line
    from ptcrm.workspace import Workspace

_MOST = 20
_LONGEST = 300  # characters of a line
_AROUND = 80  # characters before the first word that was found, if the line is long


@dataclass(frozen=True, slots=True)
class Shown:
    """A line in pieces: text, and whether it is one of the words."""

    number: int
    pieces: tuple[tuple[str, bool], ...]


def search_page(workspace: Workspace, asked: Asked) -> Page:
    """Where the words of `q` stand, the best places first; terms of a query may be among them."""
    q = plain(asked.query.get("q", ""))
    problem, found, more, near = "", list["Found"](), 0, list[str]()
    try:
        paths, words = workspace.paths_by(typed([q])) if q else [], words_sought([q])
        if words:
            found, more = search(workspace, paths, words, _MOST)
            found = [*found, *search_library(workspace, words_alone([q]))[:_MOST]]
            near = [] if found else list(workspace.index.near(q))
    except UsageError as error:
        problem = str(error)
    shown = [(one, [_shown(line) for line in one.lines], one.more) for one in found]
    values = {"q": q, "problem": problem, "found": shown, "more": more, "near": near}
    return Page("search.html", values, 422 if problem else 200)


def _shown(line: Line) -> Shown:
    """The part of the line that has the first of the words."""
    text = one_line(line.text)
    hits = marks(text, line.words)
    start = max(hits[0][0] - _AROUND, 0) if hits and len(text) > _LONGEST else 0
    cut = text[start : start + _LONGEST]
    text = f"{'…' if start else ''}{cut}{'…' if start + _LONGEST < len(text) else ''}"
    bounds = sorted({0, len(text), *(place for hit in marks(text, line.words) for place in hit)})
    is_hit = {start for start, _ in marks(text, line.words)}
    return Shown(line.number, tuple((text[one:other], one in is_hit) for one, other in pairwise(bounds)))
