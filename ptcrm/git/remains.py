"""Which commits still hold somebody: by the paths of the file, and by words in other files and in messages.

All branches, tags, stashes and the reflog are gone through. Only `git/repo` starts git.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptcrm.git.commits import from_git
from ptcrm.git.repo import NETWORK_SECONDS, failed
from ptcrm.model.change import Traces
from ptcrm.text.fold import same_id
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault.match import NATIONAL_DIGITS
from ptcrm.vault.names import is_debris_of, original_of
from ptcrm.vault.schema import read_customer
from ptcrm.vault.traces import number_pattern, word_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ptcrm.git.repo import Repo
    from ptcrm.vault.log import LineReader

_ALL = ("log", "--all", "--reflog", "-z", "--no-ext-diff", "--no-textconv", "--format=%x01%H %ct")
_NAMES = ("-m", "--name-only", "--no-renames")
_HEAD = re.compile(rb"\x01([0-9a-f]{40,64}) ([0-9]*)")
_SIGNS = re.compile(r"([\\^$.|?*+(){}\[\]])")
_BETWEEN_DIGITS = "[^0-9]{0,3}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is looked for: those that are `sure` anywhere, all `traces` in links, and their places, which may be others'."""

    traces: Traces
    sure: Traces


@dataclass(slots=True)
class Remains:
    """What git holds: the commits by path, from the top of the repository, and those whose message names somebody.

    `own` are the paths of the customer's file, now and before; `others` those of files that name the customer;
    `perhaps` those that held a postal address or web page of theirs, and may not have meant them. `days` has each commit's time (Unix).
    """

    own: dict[str, set[str]] = field(default_factory=dict)
    others: dict[str, set[str]] = field(default_factory=dict)
    perhaps: dict[str, set[str]] = field(default_factory=dict)
    messages: set[str] = field(default_factory=set)
    days: dict[str, int] = field(default_factory=dict)

    @property
    def commits(self) -> set[str]:
        """All of these commits, by their ids."""
        return {*self.messages}.union(*self.own.values(), *self.others.values(), *self.perhaps.values())


def remains(repo: Repo, paths: Collection[str], known: Known, id_: str, reader: LineReader) -> Remains:
    """What git holds of the customer with this id, whose file is or was at these `paths` (from the top).

    Raises GitError.
    """
    found, expression = Remains(), _expression(known)
    if expression:
        _add(found, found.others, repo, "-i", f"-G{expression}")
        for id_of_commit, at, _ in _logged(repo, "-i", "-E", f"--grep={expression}"):
            found.messages.add(id_of_commit)
            found.days[id_of_commit] = at
    own = {*paths, *(path for path, ids in found.others.items() if _is_of(repo, path, ids, id_, reader))}
    own |= {path for path in found.others if any(_is_left_of(path, one) for one in own)}
    if own:
        _add(found, found.own, repo, "--", *sorted(own))
    if places := "|".join(_escaped(form) for place in known.traces.places for form in _forms(place)):
        _add(found, found.perhaps, repo, "-i", f"-G{places}")
    for path in own:
        found.others.pop(path, None)
    found.perhaps = {
        path: rest
        for path, ids in found.perhaps.items()
        if path not in own and (rest := ids - found.others.get(path, set()))
    }
    return found


def _add(found: Remains, to: dict[str, set[str]], repo: Repo, *asked: str) -> None:
    for id_, at, paths in _logged(repo, *_NAMES, *asked):
        found.days[id_] = at
        for path in paths:
            to.setdefault(path, set()).add(id_)


def _logged(repo: Repo, *options: str) -> Iterator[tuple[str, int, list[str]]]:
    """Id, time and paths of each commit that git finds."""
    ran = repo.run(*_ALL, *options, seconds=NETWORK_SECONDS)
    if ran.code:
        raise failed(ran, ("log",))
    now: tuple[str, int, list[str]] | None = None
    for part in ran.out.split(b"\0"):
        head = _HEAD.fullmatch(part.strip(b"\n"))
        if head:
            if now:
                yield now
            now = head[1].decode(), int(head[2] or 0), []
        elif now and part.strip(b"\n"):
            now[2].append(from_git(part.removeprefix(b"\n")))
    if now:
        yield now


def _expression(known: Known) -> str:
    """What is looked for as git's regular expressions (POSIX, extended) have it."""
    words = [_escaped(form) for word in known.sure.words for form in _forms(word)]
    forms = [_escaped(form) for word in known.traces.words for form in _forms(word)]
    links = [rf"\[\[[^]|#]*{form}(\.md)?[]|#]" for form in forms]
    links += [rf"(^|[^[:alnum:]_-]){form}\.md($|[^[:alnum:]_-])" for form in forms]
    numbers = [_BETWEEN_DIGITS.join(number[-NATIONAL_DIGITS:]) for number in known.sure.numbers]
    return "|".join(dict.fromkeys([*words, *links, *numbers]))


def _escaped(word: str) -> str:
    return "[[:space:]]+".join(_SIGNS.sub(r"\\\1", part) for part in word.split())


def _forms(word: str) -> list[str]:
    return [word, *(unicodedata.normalize(form, word) for form in ("NFC", "NFD"))]


def _is_of(repo: Repo, path: str, commits: Iterable[str], id_: str, reader: LineReader) -> bool:
    """Whether the file at `path` was this customer's in any of the commits, or before it."""
    if not path.endswith(".md") or "\n" in path:
        return False
    blobs = repo.blobs(f"{commit}{side}:{path}" for commit in sorted(commits)[:20] for side in ("", "^"))
    for content in blobs.values():
        try:
            one = read_customer(Source.decode(path, content), reader).customer
        except UndecodableError:
            continue
        if one and same_id(one.id) == same_id(id_):
            return True
    return False


def _is_left_of(path: str, own: str) -> bool:
    """Whether the file at `path` is a copy of the one at `own`, or was left beside it."""
    folder, _, name = path.rpartition("/")
    of_folder, _, of = own.rpartition("/")
    return folder == of_folder and (
        is_debris_of(name, of.removesuffix(".md")) or original_of(name, (of,)) == of
    )


def for_texts(known: Known, instead: str) -> list[str]:
    """The lines of a file for `git filter-repo --replace-text`, that put other words `instead`."""
    return [f"regex:(?i:{one})==>{instead}" for one in _patterns(known)]


def for_messages(known: Known, instead: str) -> list[str]:
    """The line of a file for `--replace-message`: a line that names the customer tells more of her, so all of it goes."""
    return [rf"regex:(?i:[^\n]*(?:{'|'.join(_patterns(known))})[^\n]*)==>{instead}"]


def _patterns(known: Known) -> list[str]:
    """The regular expressions, as git-filter-repo has them: of bytes, each on one line."""
    links = [pattern for word in known.traces.words if "@" not in word for pattern in _link_patterns(word)]
    words = [*map(word_pattern, known.sure.words), *map(number_pattern, known.sure.numbers)]
    return [one.replace(r"\u00a0", "").replace(r"\-", "-") for one in [*links, *words]]


def _link_patterns(word: str) -> tuple[str, str]:
    """Links in double brackets, and Markdown's: `[words](a/word.md)` and `[label]: <word.md>`."""
    target = rf"(?:{'|'.join(dict.fromkeys(map(re.escape, _forms(word))))})"
    return (
        rf"\[\[(?:[^\]\n|#]*/)?{target}(?:\.md)?(?:[|#][^\]\n]*)?\]\]",
        rf"\[[^\[\]\n]*\](?:\(|:[ \t]*)<?(?:[^()<>\s]*/)?{target}\.md(?!\w)(?:#[^()<>\s]*)?>?\)?",
    )
