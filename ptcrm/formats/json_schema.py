"""What may stand in a vault's files, as JSON Schema for editors; from the tables of fields and keys.

Draft-07, which is the newest that all language servers for YAML and Markdown read: yaml-language-server knows later
ones, the checker of front matter in Markdown does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.model import shape
from ptcrm.model.settings import KEYS
from ptcrm.vault.items import ITEM_FIELDS
from ptcrm.vault.schema import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptcrm.model.config import Config
    from ptcrm.model.settings import Key
    from ptcrm.model.shape import Shape
    from ptcrm.vault.schema import Field

_DRAFT = "http://json-schema.org/draft-07/schema#"


def customer_schema(config: Config) -> Shape:
    """The schema of a customer's front matter (FORMAT §2.2); keys that are no fields are the user's own.

    Tiers, statuses and channels are those of `config`; where it has no tiers, any text is one.
    """
    words = {
        "tier": shape.choice(config.tiers) if config.tiers else shape.TEXT,
        "status": shape.choice(config.statuses),
        "prefers": shape.words(config.channels),
        "avoids": shape.words(config.channels),
    }
    return _schema(FIELDS, words)


def item_schema() -> Shape:
    """The schema of the front matter of a file in the library (FORMAT §1); other keys are the user's own."""
    return _schema(ITEM_FIELDS, {})


def config_schema() -> Shape:
    """The schema of ptcrm.yaml (FORMAT §3), which has no keys but those of the table."""
    return {**_schema(KEYS, {}), "additionalProperties": False}


def _schema(table: Iterable[Field | Key], words: dict[str, Shape]) -> Shape:
    """A schema of the keys in `table`; for some of them `words` has the shape."""
    return {
        "$schema": _DRAFT,
        "type": ["object", "null"],
        "properties": {
            row.name: {"description": row.meaning, **shape.or_nothing(words.get(row.name, row.read.shape))}
            for row in table
        },
        "definitions": shape.DEFINITIONS,
    }
