"""What a change to a customer's file must keep, judged by other means than those that made it."""

from __future__ import annotations

from ruamel.yaml import YAML

from ptcrm.model.change import Write
from ptcrm.model.config import Config
from ptcrm.text.edits import places
from ptcrm.text.source import Source
from ptcrm.vault.amend import Amendment
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import Reading, read_customer

READER = LineReader.of(Config())


def read(text: str) -> Reading:
    return read_customer(Source("customers/it.md", text), READER)


def check_outside(text: str, amendment: Amendment, change: Write) -> None:
    """Outside the edits every byte is as it was."""
    old, after = Source.decode(change.path, change.old), Source.decode(change.path, change.new)
    assert (old.text, old.bom) == (text, after.bom)
    new = after.text
    old_ends = [0, *(edit.span.end for edit in sorted(amendment.edits, key=lambda one: one.span))]
    old_starts = [*(edit.span.start for edit in sorted(amendment.edits, key=lambda one: one.span)), len(text)]
    found = places(amendment.edits)
    kept = [text[end:start] for end, start in zip(old_ends, old_starts, strict=True)]
    new_ends, new_starts = [0, *(span.end for span in found)], [*(span.start for span in found), len(new)]
    assert kept == [new[end:start] for end, start in zip(new_ends, new_starts, strict=True)]


def yaml_of(text: str) -> dict[object, object] | None:
    """The front matter as ruamel.yaml loads it, or None if it does not."""
    document = read(text).document
    try:
        loaded = YAML(typ="rt").load(document.yaml.of(text))
    except Exception:  # noqa: BLE001  # it also fails in ways that are no YAMLError
        return None
    return dict(loaded) if loaded else {}


def check_yaml(text: str, change: Write, but: str | None) -> None:
    """ruamel.yaml sees the same under every key `but` the target's."""
    before, after = yaml_of(text), yaml_of(Source.decode(change.path, change.new).text)
    if before is None:
        return
    assert after is not None
    assert [key for key in before if str(key) != but] == [key for key in after if str(key) != but]
    for key, value in before.items():
        assert str(key) == but or after[key] == value
