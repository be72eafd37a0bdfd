"""What ptcrm.yaml says: its bytes, and what they are read into (FORMAT §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import PtcrmError
from ptcrm.text.source import Source, Span, UndecodableError
from ptcrm.vault.store import CONFIG_NAME, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from ptcrm.model.config import Config
    from ptcrm.model.diagnostic import Diagnostic


class Settings(NamedTuple):
    """What ptcrm.yaml says, and what is wrong with it."""

    config: Config
    problems: tuple[Diagnostic, ...]


def settings_of(root: Path) -> bytes:
    """The bytes of ptcrm.yaml in the vault at `root`; raises `PtcrmError` if they cannot be read."""
    try:
        return read_file(root, CONFIG_NAME)
    except OSError as error:
        raise PtcrmError(f"{CONFIG_NAME}: it cannot be read ({error.strerror})") from error


def read_settings(content: bytes) -> Settings:
    """The settings in the bytes of a ptcrm.yaml; raises `PtcrmError` if nothing can be read from them."""
    from ptcrm.model.reading import Report
    from ptcrm.model.settings import read_config
    from ptcrm.text.frontmatter import Flaw, compose

    try:
        source = Source.decode(CONFIG_NAME, content)
    except UndecodableError as error:
        raise PtcrmError(f"{CONFIG_NAME}: {error}. Save it as UTF-8.") from error
    report = Report(source)
    top = compose(source.text, Span(0, len(source.text)))
    if isinstance(top, Flaw):
        line, column = source.position(top.offset)
        raise PtcrmError(f"{CONFIG_NAME}:{line}:{column}: {top.message}. Correct it first.")
    config = read_config(top, report)
    # ptcrm.yaml is its owner's: no command writes to it
    return Settings(config, tuple(one._replace(fix=None) for one in report.found))
