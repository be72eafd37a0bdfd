"""What one user wants in all vaults: config.yaml in the user's configuration folder, and variables.

A value that cannot be used is said on stderr with its place, and counts as not set.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ptcrm.text.near import suggest
from ptcrm.vault.places import user_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.text.frontmatter import Mapping, Node

# Each setting with what it means; `color` takes one of COLOURS.
SETTINGS = {
    "vault": "the vault's folder, where none is named and none stands here or above",
    "editor": "the command of your editor",
    "pager": "the command that shows long answers page by page",
    "color": "`auto`: colours on a terminal; `always`; `never`",
}
COLOURS = ("auto", "always", "never")
_SAID = "ptcrm.settings"


def of_environment(name: str) -> str | None:
    """The value of `PTCRM_NAME`, if it is set and can be used."""
    variable = f"PTCRM_{name.upper()}"
    value = os.environ.get(variable, "").strip()
    if why := _flaw(name, value):
        _complain([f"{variable}: {why}"])
        return None
    return value or None


def config_file() -> Path:
    """Where the user's config.yaml is, if there is one."""
    return Path(user_folder("config")) / "config.yaml"


def configured() -> dict[str, str]:
    """The settings of the user's config.yaml that can be used; none if there is no such file."""
    path = config_file()
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        _complain([f"{path}: it cannot be read ({error.strerror or error})."])
        return {}
    found, problems = _read(path, content)
    _complain(problems)
    return found


def _read(path: Path, content: bytes) -> tuple[dict[str, str], list[str]]:
    """The settings that `content` gives, and what is wrong with it, each with its place."""
    from ptcrm.text.frontmatter import Flaw, compose
    from ptcrm.text.source import Source, Span, UndecodableError

    try:
        source = Source.decode(str(path), content)
    except UndecodableError as error:
        return {}, [f"{path}: {error}. Save it as UTF-8."]

    def at(offset: int, why: str) -> str:
        line, column = source.position(offset)
        return f"{path}:{line}:{column}: {why}"

    top = compose(source.text, Span(0, len(source.text)))
    if isinstance(top, Flaw):
        return {}, [at(top.offset, f"{top.message}. None of your settings is used.")]
    return _values(top), [at(offset, why) for offset, why in _flaws(top)]


def _values(top: Mapping) -> dict[str, str]:
    """The values that can be used."""
    words = {key.value: _word(node) for key, node in top.pairs if key.value in SETTINGS}
    return {name: word for name, word in words.items() if word and not _flaw(name, word)}


def _flaws(top: Mapping) -> Iterator[tuple[int, str]]:
    """What is wrong with keys and values, with the offset of each."""
    for key, node in top.pairs:
        if key.value not in SETTINGS:
            hint = suggest(key.value, SETTINGS) or f"Known are: {', '.join(SETTINGS)}."
            yield key.span.start, f"“{key.value}” is no setting. {hint}"
        elif (word := _word(node)) is None:
            yield node.span.start, f"{key.value} takes a single value."
        elif why := _flaw(key.value, word):
            yield node.span.start, why


def _word(node: Node) -> str | None:
    """The value of a scalar; None for anything else."""
    from ptcrm.text.frontmatter import Scalar

    return node.value.strip() if isinstance(node, Scalar) else None


def _flaw(name: str, value: str) -> str:
    """Why the setting cannot have this value, or nothing."""
    if name != "color" or not value or value in COLOURS:
        return ""
    return f"“{value}” is no choice for colours. Write one of: {', '.join(COLOURS)}."


def _complain(problems: list[str]) -> None:
    """Say each problem on stderr, once for a command."""
    from ptcrm.cli.output import tell

    context = click.get_current_context(silent=True)
    said: set[str] = context.meta.setdefault(_SAID, set()) if context else set()
    for problem in problems:
        if problem not in said:
            said.add(problem)
            tell(f"ptcrm: {problem}")
