"""A customer's file in parts: front matter, sections, log, tasks. Pure and lossless.

The parts of `Document.parts` follow each other without a gap, so that joined they are the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from ptcrm.model.diagnostic import Diagnostic
from ptcrm.model.reading import Report
from ptcrm.text.fold import same_id
from ptcrm.text.frontmatter import Flaw, Mapping, compose, find_fences
from ptcrm.text.markdown import Heading, Item, Outline, Target, find_links, outline
from ptcrm.text.source import Source, Span, is_inside, outermost

_CONFLICT_MARK = re.compile(r"^(<|>)\1{6} .*$", re.MULTILINE)
_NOT_LETTERS = re.compile(r"[\W_]+")
_CODES = {
    "unclosed": ("PT002", "Close it with a line `---`."),
    "yaml": ("PT003", "Correct the line; values with : or # inside need quotes."),
    "not-mapping": ("PT004", "Write `key: value` lines between the `---` lines."),
    "indirection": ("PT005", "Write the value out, or put it in quotes."),
    "too-big": ("PT006", "Move text below the closing `---`."),
    "too-deep": ("PT006", "Write flat lists and values."),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One file in parts. `root` is None if the front matter is missing or cannot be read.

    `fenced` tells the two apart; `sections` are headings with the span down to the next heading that is
    not below them; `logs` those that hold the log; `conflicts` what git left between its markers.
    """

    source: Source
    fenced: bool
    root: Mapping | None
    yaml: Span
    body: int
    outline: Outline
    sections: tuple[tuple[Heading, Span], ...]
    logs: tuple[Span, ...]
    conflicts: tuple[Span, ...]
    problems: tuple[Diagnostic, ...]

    @property
    def parts(self) -> tuple[Span, ...]:
        """Opening fence, YAML, closing fence, the text before the first heading, then heading by heading."""
        cuts = [0, self.yaml.start, self.yaml.end, self.body]
        cuts += [heading.span.start for heading in self.outline.headings]
        cuts.append(len(self.source.text))
        return tuple(Span(start, end) for start, end in pairwise(cuts))

    @property
    def indent(self) -> str:
        """The blanks that the first key of the front matter stands behind."""
        if not self.root or not self.root.pairs:
            return ""
        first = self.root.pairs[0][0].span.start
        return self.source.text[self.source.text.rfind("\n", 0, first) + 1 : first]

    def entries(self) -> list[Item | Span]:
        """What may be log entries: items at the top level of a log section that are no task, and runs of plain ones."""
        logs, conflicts, found = outermost(self.logs), self.conflicts, self.outline
        items = found.items(self.source.text) if conflicts else found.others
        parts: list[tuple[int, Item | Span]] = [
            (item.span.start, item)
            for item in items
            if not item.depth
            and item.box is None
            and item.marker in "-*+"
            and not is_inside(conflicts, item.span.start)
        ]
        if not conflicts:
            parts += [(run.start, run) for run in found.runs]
        parts.sort(key=itemgetter(0))
        return [part for start, part in parts if is_inside(logs, start)]

    def tasks(self) -> list[Item]:
        """The task items, wherever they stand."""
        return [
            item
            for item in self.outline.others
            if item.box is not None and not is_inside(self.conflicts, item.span.start)
        ]

    def is_hidden(self, offset: int) -> bool:
        """Whether `offset` is inside code, a comment or git's markers."""
        return is_inside(self.outline.code, offset) or is_inside(self.conflicts, offset)

    def links(self) -> list[Target]:
        """The links of the whole file, front matter included."""
        text = self.source.text
        return [
            *find_links(text, self.yaml),
            *find_links(text, Span(self.body, len(text)), self.outline.code),
        ]


def parse_document(source: Source, log_headings: tuple[str, ...]) -> Document:
    """The parts of `source`; what is wrong is in `problems`, and nothing is raised."""
    text = source.text
    report = Report(source)
    conflicts = _conflicts(text) if "<<<<<<< " in text else ()
    for span in conflicts:
        report.add(
            "PT008",
            span.start,
            "two versions wait to be merged here",
            "Keep one, and remove the marker lines.",
        )
    fences = find_fences(text)
    root: Mapping | Flaw | None = None
    if isinstance(fences, Flaw):
        root, yaml, body = fences, Span(0, 0), 0
    elif fences is None:
        yaml, body = Span(0, 0), 0
    else:
        yaml, body = fences.yaml, fences.body
        root = compose(text, yaml)
    if isinstance(root, Flaw):
        if not any(span.start < body for span in conflicts):
            code, hint = _CODES[root.kind]
            report.add(code, root.offset, root.message, hint)
        return Document(
            source=source,
            fenced=True,
            root=None,
            yaml=yaml,
            body=body,
            outline=Outline((), (), (), ()),
            sections=(),
            logs=(),
            conflicts=conflicts,
            problems=tuple(report.found),
        )
    parts = outline(text, body)
    headings = [one for one in parts.headings if not _is_conflict_rule(text, one, conflicts)]
    sections = _sections(headings, len(text))
    names = _log_names(log_headings)
    logs = tuple(Span(head.span.end, span.end) for head, span in sections if heading_key(head.title) in names)
    return Document(
        source, fences is not None, root, yaml, body, parts, sections, logs, conflicts, tuple(report.found)
    )


def heading_key(title: str) -> str:
    """A heading's words as they are compared: casefolded, without markup and emoji (FORMAT §2.3)."""
    return _NOT_LETTERS.sub(" ", same_id(title)).strip()


@lru_cache(maxsize=4)
def _log_names(headings: tuple[str, ...]) -> frozenset[str]:
    return frozenset(heading_key(name) for name in headings)


def _conflicts(text: str) -> tuple[Span, ...]:
    """What stands between git's markers, with them; where only the first is left, its line."""
    found = []
    first: re.Match[str] | None = None
    for mark in _CONFLICT_MARK.finditer(text):
        if mark[1] == "<":
            first = first or mark
        elif first:
            found.append(Span(first.start(), mark.end()))
            first = None
    if first:
        found.append(Span(*first.span()))
    return tuple(found)


def _is_conflict_rule(text: str, heading: Heading, conflicts: tuple[Span, ...]) -> bool:
    """Whether a heading is only what the `=======` between two versions makes of the line above it."""
    is_rule = heading.span.of(text).rstrip().endswith("\n=======")
    return is_rule and is_inside(conflicts, heading.span.end - 1)


def _sections(headings: list[Heading], end: int) -> tuple[tuple[Heading, Span], ...]:
    """Each heading with its section, which ends at the next heading that is not below it."""
    sections = []
    following: list[Heading] = []  # the headings further down that may end a section, the next one last
    for heading in reversed(headings):
        while following and following[-1].level > heading.level:
            following.pop()
        stop = following[-1].span.start if following else end
        sections.append((heading, Span(heading.span.start, stop)))
        following.append(heading)
    return tuple(reversed(sections))
