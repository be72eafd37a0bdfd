"""A field of the front matter given, changed or taken away, as an amendment of its own lines. Pure."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.diagnostic import Problem
from ptcrm.text.edits import Edit, drop_lines, line_after, line_start
from ptcrm.text.fold import slug
from ptcrm.text.frontmatter import Mapping, Scalar
from ptcrm.text.source import Span
from ptcrm.vault.amend import Amendment, why_not
from ptcrm.vault.emit import emit
from ptcrm.vault.members import change_members, members_of
from ptcrm.vault.names import may_be_left_out
from ptcrm.vault.schema import BY_NAME, FIELDS, own_field, parse_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptcrm.text.frontmatter import Node
    from ptcrm.text.source import Source
    from ptcrm.vault.schema import Field, Reading

_COLON = re.compile(r"[ \t]*:")
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*")
_LINE_END = re.compile(r"\r?(?:\n|\Z)")
_LONGEST_STEM = 80  # bytes; leaves room for a number, below the 100 of an id
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
}
_NOT_PORTABLE = re.compile(r'[<>:"|?*]|^[.~# ]|[. ~]$')


def parse_stem(words: str) -> str | Problem:
    """`words` as a customer's file name without `.md`: one for every system, and no copy's (FORMAT §2.1 and §1)."""
    stem = re.sub(r"\.md$", "", words, flags=re.IGNORECASE)
    hint = "Write letters, digits and dashes."
    if _NOT_PORTABLE.search(stem) or stem.split(".")[0].lower() in _RESERVED or not stem:
        return Problem("PT108", f"“{words}” is no file's name on every computer", hint)
    if may_be_left_out(stem):
        return Problem("PT108", f"a file named “{words}” would be taken for a copy and not read", hint)
    found = parse_id(stem)
    return found._replace(hint=hint) if isinstance(found, Problem) else found


def written(reading: Reading, field: Field) -> list[str]:
    """The values that the field has in the file, as typed; raises `RefusedError` for a key that stands twice."""
    source = reading.document.source
    nodes = [node for key, node in block_root(reading).pairs if key.value == field.name]
    if len(nodes) > 1:
        raise _stands_twice(source, field)
    members = members_of(source.text, nodes[0], field) if nodes else []
    if members is not None:
        return [one.words for one in members]
    words = nodes[0].value if isinstance(nodes[0], Scalar) else nodes[0].span.of(source.text)
    return [words] if words.strip() else []


def _stands_twice(source: Source, field: Field) -> RefusedError:
    return RefusedError(
        f"{source.path}: “{field.name}” stands twice; keep one of them first. Nothing was written."
    )


def set_field(reading: Reading, field: Field, values: list[str]) -> Amendment:
    """The field with these values (one, if it takes no list); no value takes the field away."""
    return Amendment(tuple(_edits(reading, field, values)), fields=((field, tuple(values)),))


def _edits(reading: Reading, field: Field, values: list[str]) -> list[Edit]:
    source = reading.document.source
    root = block_root(reading)
    found = [(key, node) for key, node in root.pairs if key.value == field.name]
    if len(found) > 1:
        raise _stands_twice(source, field)
    if not found:
        return [_new_key(source, reading.document.yaml.end, root, field, values)] if values else []
    key, node = found[0]
    colon = _COLON.match(source.text, key.span.end)
    if colon is None:
        raise RefusedError(
            f"{source.path}: “{field.name}” is written with a “?”; change it by hand. Nothing was written."
        )
    if not values:
        return [drop_lines(source.text, key.span.start, node.span.end)]
    members = members_of(source.text, node, field)
    if members and not isinstance(node, Scalar):
        return change_members(source, node, members, field, values)
    if field.many and not field.flow and isinstance(node, Scalar) and node.span.start == node.span.end:
        return [_list_below(source, key, field, values)]
    return _in_place(source.text, colon.end(), node, _inline(field, values))


def block_root(reading: Reading) -> Mapping:
    """The front matter; raises `RefusedError` if it cannot be read, or is written in braces."""
    root = reading.document.root
    path = reading.document.source.path
    if root is None:
        raise RefusedError(f"{path}: {why_not(reading)} Nothing was written.")
    if root.flow:
        raise RefusedError(
            f"{path}: the front matter is written in braces; change it by hand. Nothing was written."
        )
    return root


def _in_place(text: str, colon: int, node: Node, new: str) -> list[Edit]:
    """Put `new` in the place of a value; one that stands below its key goes, and `new` stands on the key's line.

    `colon` is where the key's colon ends.
    """
    if node.span.start == node.span.end:
        return [Edit(Span(colon, colon), f" {new}")]
    if not isinstance(node, Scalar) and not node.flow:
        return [Edit(Span(colon, colon), f" {new}"), drop_lines(text, *node.span)]
    sign = _BLOCK_TEXT.match(text, node.span.start) if isinstance(node, Scalar) and node.quoted else None
    if sign is None:
        return [Edit(node.span, new)]
    below = _LINE_END.search(text, sign.end(), node.span.end)
    kept = below.start() if below else node.span.end
    return [Edit(Span(*sign.span()), new), Edit(Span(kept, node.span.end), "")]


def _new_key(source: Source, end: int, root: Mapping, field: Field, values: list[str]) -> Edit:
    """A new last line, or lines, of the front matter, indented as its keys are."""
    first = root.pairs[0][0].span.start if root.pairs else end
    indent = source.text[line_start(source.text, first) : first]
    eol = source.line_end_near(end)
    return Edit(Span(end, end), "".join(f"{indent}{line}{eol}" for line in _key_lines(field, values)))


def _list_below(source: Source, key: Scalar, field: Field, values: list[str]) -> Edit:
    """The list of a key that has no value yet."""
    indent = source.text[line_start(source.text, key.span.start) : key.span.start]
    below = line_after(source.text, key.span.end)
    eol = source.line_end_near(below)
    lines = _key_lines(field, values)[1:]
    return Edit(Span(below, below), "".join(f"{indent}{line}{eol}" for line in lines))


def _key_lines(field: Field, values: list[str]) -> list[str]:
    """A field's lines as the program begins them: a list below its key, or in brackets if it is a `flow` one."""
    if field.many and not field.flow:
        return [f"{field.name}:", *(f"  - {emit(value, field)}" for value in values)]
    if field.many:
        return [f"{field.name}: {_in_brackets(field, values)}"]
    return [f"{field.name}: {_inline(field, values)}"]


def _inline(field: Field, values: list[str]) -> str:
    return _in_brackets(field, values) if field.many and len(values) > 1 else emit(" ".join(values), field)


def _in_brackets(field: Field, values: list[str]) -> str:
    return f"[{', '.join(emit(value, field, flow=True) for value in values)}]"


def new_customer(
    values: dict[str, list[str]], folder: str, is_taken: Callable[[str], bool], body: str = "## Log\n"
) -> tuple[str, bytes]:
    """Path and content of a new customer's file in `folder`, with an id that is not taken.

    Keys that are no fields are the user's own, and come last.
    """
    name = values["name"][0]
    if "id" not in values:
        values = {"id": [free_id(name, is_taken)], **values}
    elif is_taken(values["id"][0]):
        raise RefusedError(
            f"There is a customer with the id “{values['id'][0]}” already. Nothing was written."
        )
    stem = parse_stem(values["id"][0])
    if isinstance(stem, Problem):
        raise UsageError(f"{stem.message}. {stem.hint}")
    known = [*FIELDS, *(own_field(name) for name in values if name not in BY_NAME)]
    return f"{folder}/{values['id'][0]}.md", new_file(known, values, body)


def new_file(fields: Iterable[Field], values: dict[str, list[str]], body: str) -> bytes:
    """The content of a new file with those of the `fields` that have values, in their order, and the body."""
    lines = [
        line for field in fields if values.get(field.name) for line in _key_lines(field, values[field.name])
    ]
    return "\n".join(["---", *lines, "---", "", body]).encode()


def free_id(name: str, is_taken: Callable[[str], bool], kind: str = "customer") -> str:
    """An id made of the name that is not taken; of the `kind` alone, if the name has nothing for one."""
    stem = slug(name)
    while len(stem.encode()) > _LONGEST_STEM:
        stem = stem[:-1]
    if not stem or stem in _RESERVED:
        stem = f"{kind}-{stem}".rstrip("-")
    numbered = (f"{stem}-{number}" for number in count(2))
    return stem if not is_taken(stem) else next(one for one in numbered if not is_taken(one))
