"""All that is held about one person, for somebody who asks what is: as an object, and as a text to hand out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ptcrm.errors import PtcrmError
from ptcrm.formats.columns import STANDING
from ptcrm.git.remains import Remains
from ptcrm.query.configured import typed
from ptcrm.text.safe import for_terminal, one_line
from ptcrm.text.source import Source, UndecodableError
from ptcrm.text.words import few, plural
from ptcrm.vault import store
from ptcrm.vault.forget import Mention
from ptcrm.vault.journal import Record
from ptcrm.vault.mailings import PATH
from ptcrm.views.listing import Listing
from ptcrm.views.today import row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ptcrm.workspace import Workspace
    from ptcrm.workspace.forgotten import Held

_MAILING = re.compile(
    r"[-*+] [0-9]{4}-[0-9]{2}-[0-9]{2} .*\((?P<query>[^()]*(?:\([^()]*\)[^()]*)*), [0-9]+ (?:person|people)\)"
)
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is held outside the vault's files: operations kept for undo, files of the user's folders, commits of git.

    `problem` says why git could not be asked.
    """

    records: tuple[Record, ...] = ()
    files: tuple[str, ...] = ()
    commits: Remains | None = None
    problem: str = ""


def subject_row(workspace: Workspace, held: Held, elsewhere: Elsewhere) -> dict[str, object]:
    """All that is held about the customer (the JSON of `export subject`; docs/json.md)."""
    one = held.customer
    standing = next(
        iter(Listing(workspace, {one.path}).rows([one], [key for key in STANDING if key != "path"]))
    )
    coming = [_without_others(row(occurrence)) for occurrence in workspace.plan_of(one.path)[0]]
    return {
        "customer": one.id,
        "name": one.name,
        "day": workspace.today.isoformat(),
        "files": [_file_row(workspace, path) for path in held.own],
        "mentions": [_mention_row(one) for one in sorted({*held.named, *held.stuck})],
        "perhaps": [_mention_row(one) for one in held.perhaps],
        "mailings": [_mention_row(one) for one in _mailings(workspace, held)],
        "standing": standing,
        "coming": coming,
        "undo": [
            {"number": one.number, "at": one.at, "label": one.operation.label} for one in elsewhere.records
        ],
        "kept": list(elsewhere.files),
        "git": list(_git_rows(elsewhere.commits)),
        "git_problem": elsewhere.problem or None,
    }


def _without_others(planned: dict[str, object]) -> dict[str, object]:
    """An occurrence without the names of those who get the same mailing."""
    return {**planned, "members": list[str]()}


def _file_row(workspace: Workspace, path: str) -> dict[str, object]:
    """A file with its text; null for one that is no text."""
    try:
        text: str | None = Source.decode(path, store.read_file(workspace.root, path)).text
    except (OSError, UndecodableError):
        text = None
    return {"path": path, "text": text}


def _mention_row(one: Mention) -> dict[str, object]:
    return {"path": one.path, "line": one.line or None, "text": one.text}


def _mailings(workspace: Workspace, held: Held) -> Iterator[Mention]:
    """The mailings whose query finds the customer today."""
    text = workspace.text(PATH) or ""
    for number, line in enumerate(text.split("\n"), 1):
        found = _MAILING.fullmatch(line.strip())
        if found and _finds(workspace, found["query"], held):
            yield Mention(PATH, number, line.strip())


def _finds(workspace: Workspace, query: str, held: Held) -> bool:
    try:
        return bool(query) and held.customer.path in workspace.paths_by(typed([query]))
    except PtcrmError:  # it was written by hand, or asks for what is no more
        return False


def _git_rows(found: Remains | None) -> Iterator[dict[str, object]]:
    if found is None:
        return
    named = {path: found.others.get(path, set()) | ids for path, ids in found.perhaps.items()}
    for is_own, paths in ((True, found.own), (False, {**found.others, **named})):
        for path, ids in sorted(paths.items()):
            yield _git_row(path, ids, found.days, is_own=is_own)
    if found.messages:
        yield _git_row(None, found.messages, found.days, is_own=False)


def _git_row(path: str | None, ids: set[str], days: Mapping[str, int], *, is_own: bool) -> dict[str, object]:
    ordered = sorted(ids, key=lambda one: (-days[one], one))
    first, last = (
        datetime.fromtimestamp(min(max(days[one], 0), 2**33), UTC).date() for one in (ordered[-1], ordered[0])
    )
    return {
        "file": path,
        "own": is_own,
        "commits": ordered,
        "first": first.isoformat(),
        "last": last.isoformat(),
    }


# As a text


def subject_text(found: Mapping[str, object]) -> str:
    """What `subject_row` gives, as Markdown."""
    parts = list(_parts(found))
    return for_terminal("\n".join(parts)).rstrip("\n") + "\n"


def _parts(found: Mapping[str, object]) -> Iterator[str]:
    yield f"# What is held about {one_line(str(found['name']))}\n"
    yield f"As of {found['day']}.\n"
    for one in _rows(found["files"]):
        yield f"## The file {_code(str(one['path']))}\n"
        yield (
            _fenced(str(one["text"]))
            if one["text"] is not None
            else "It is no text that can be shown here.\n"
        )
    yield from _mentions("Where other files name this customer", found["mentions"])
    yield from _mentions("Lines that may mean this customer, or somebody else", found["perhaps"])
    yield from _mentions("Mailings whose query finds this customer today", found["mailings"])
    yield "## What is worked out from this\n"
    standing = found["standing"]
    assert isinstance(standing, dict)  # noqa: S101  # as `subject_row` made it
    yield from (f"- {key.replace('_', ' ')}: {value}" for key, value in standing.items() if value is not None)
    for one in _rows(found["coming"]):
        words = " ".join(filter(None, (str(one["channel"] or ""), one_line(str(one["text"])))))
        yield f"- planned for {one['planned']}: {_code(words) if words else one['kind']} ({_code(str(one['reason']))})"
    yield "\n## What is kept outside the vault\n"
    yield from _outside(found)


def _outside(found: Mapping[str, object]) -> Iterator[str]:
    for one in _rows(found["undo"]):
        yield f"- for undo, operation {one['number']} of {one['at']}: {_code(str(one['label']))}"
    files = found["kept"]
    assert isinstance(files, list)  # noqa: S101  # as `subject_row` made it
    yield from (f"- {_code(path)}" for path in files)
    for one in _rows(found["git"]):
        ids = one["commits"]
        assert isinstance(ids, list)  # noqa: S101  # as `subject_row` made it
        where = f"in git, {_code(str(one['file']))}" if one["file"] else "in git, messages of commits"
        days = f"{one['first']} to {one['last']}"
        yield f"- {where}: {plural(len(ids), 'commit')}, {days} ({few([name[:8] for name in ids])})"
    if found["git_problem"]:
        yield f"- in git: it could not be asked. {_code(str(found['git_problem']))}"


def _rows(part: object) -> Iterable[Mapping[str, object]]:
    return part if isinstance(part, list) else []


def _mentions(title: str, part: object) -> Iterator[str]:
    rows = _rows(part)
    if rows:
        yield f"## {title}\n"
        for one in rows:
            place = f"{one['path']}:{one['line']}" if one["line"] else str(one["path"])
            yield f"- {_code(place)}: {_code(str(one['text']))}"
        yield ""


def _fence(text: str, least: int) -> str:
    return "`" * max(least, 1 + max(map(len, _TICKS.findall(text)), default=0))


def _fenced(text: str) -> str:
    fence = _fence(text, 3)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}markdown\n{text}{end}{fence}\n"


def _code(text: str) -> str:
    """Text on one line, that stands for itself."""
    text = one_line(text)
    fence = _fence(text, 1)
    gap = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{gap}{text}{gap}{fence}" if text else ""
