"""Which drafts of messages there are (`templates/*.md`, FORMAT §1), by name and language. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptcrm.text.fold import same_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = "templates/"  # as paths of the vault begin
_NAME = re.compile(r"(?P<name>.+?)(?:\.(?P<language>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*))?\.md", re.ASCII)


def parts_of(path: str) -> tuple[str, str]:
    """The name and the language (or nothing) of the template at `path`: `thanks.pl.md` is `thanks` and `pl`."""
    found = _NAME.fullmatch(path.rpartition("/")[2])
    return (found["name"], tag(found["language"] or "")) if found else (path, "")


def tag(language: str) -> str:
    """A language as it is compared: `de_AT` is `de-at`."""
    return language.casefold().replace("_", "-")


def variants(paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """From the name of each template to the paths of its files by language; `` is that of no language."""
    found: dict[str, dict[str, str]] = {}
    for path in paths:
        name, language = parts_of(path)
        found.setdefault(name, {}).setdefault(language, path)
    return found


def named(words: str, known: Iterable[str]) -> str | None:
    """The name that `words` mean, in whatever letters; None if they are none."""
    return next((name for name in known if same_id(name) == same_id(words)), None)


def best(files: dict[str, str], wanted: str, usual: str) -> str | None:
    """The path of the file for a customer who speaks `wanted` (or nothing known), where `usual` is the vault's.

    `de-AT` is also served by `de`. Then comes the file of no language, then that of the usual one.
    """
    for language in (*_wider(wanted or usual), "", *_wider(usual)):
        if language in files:
            return files[language]
    return None


def _wider(language: str) -> Iterator[str]:
    words = tag(language)
    while words:
        yield words
        words = words.rpartition("-")[0]
