"""A folder of Markdown notes about people (Obsidian and others) as drafts: fields, and the text as it stands."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING

from ptcrm.formats.note_fields import Fields, meaning
from ptcrm.model.draft import Draft, Flaw
from ptcrm.text.fold import fold, slug
from ptcrm.text.frontmatter import Flaw as YamlFlaw
from ptcrm.text.frontmatter import Mapping, Scalar, Sequence, compose, find_fences
from ptcrm.text.markdown import outline
from ptcrm.text.safe import for_value
from ptcrm.text.source import Source, UndecodableError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from ptcrm.text.frontmatter import Node

MAX_NOTE = 1024 * 1024
"""Bytes of a note; a longer one is no note about one person."""

DAILY = "notes of a day, week or month"
TEMPLATES = "templates"
INDEXES = "index notes, drawings and boards"
OTHERS = "notes that say they are about something else"

_DATED = re.compile(r"(?:[0-9]{4}[-_. ]?(?:[0-9]{2}[-_. ]?[0-9]{2}|w[0-9]{1,2}|q[1-4]|[0-9]{2})?|[0-9]{1,2}[-_.][0-9]{1,2}[-_.][0-9]{4})(?![0-9])(?: *\(?[^\W\d]{2,10}\)?)?", re.IGNORECASE)  # fmt: skip
_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}|<%")
_TEMPLATE_NAMES = frozenset(
    ("template", "templates", "vorlage", "vorlagen", "szablon", "szablony", "modeles", "plantillas")
)
_INDEX_NAMES = frozenset(
    (
        "readme",
        "index",
        "home",
        "dashboard",
        "inbox",
        "people",
        "contacts",
        "persons",
        "moc",
        "untitled",
        "unbenannt",
    )
)
_PERSON_KINDS = frozenset(
    "person|people|contact|contacts|client|customer|human|lead|prospect|friend|colleague|individual|osoba|klient|kontakt|kunde"  # noqa: SIM905
    "|company|organisation|organization|org|business|firma|unternehmen".split("|")
)
_COMPANY_KINDS = frozenset(
    ("company", "organisation", "organization", "org", "business", "firma", "unternehmen")
)
_INDEX_TAGS = frozenset(("moc", "index", "dashboard"))
_BOARDS = ("kanban-plugin", "excalidraw-plugin")
_INLINE = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?\*{0,2}(?P<key>[^\W\d_][\w -]{0,40}?)\*{0,2}[ \t]*::[ \t]+(?P<value>[^\n\r]+)",
    re.MULTILINE,
)
_STAMP = re.compile(r"[0-9]{8,14}[ _-]+(?=\D)")
_ENTRY = re.compile(r"(?:\[\[|\*\*)?[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_ENDING = re.compile(r"\.(?:md|markdown)$", re.IGNORECASE)
_LEAST_ENTRIES = 2


def drafts(content: bytes, path: str, left_out: Counter[str]) -> Iterator[Draft | Flaw]:
    """What the note at `path` (in the folder that is imported, with `/`) says of a person.

    Fields come from its front matter, and from Dataview's `key:: value` lines if the key is a known one; days in any
    clear spelling. The text below the front matter is the `body`, byte for byte. The file's name becomes an alias, so
    that links to it still lead there. What is about nobody is left out and counted (`reason_against`). A note whose
    front matter cannot be read is a flaw, and not taken in part: corrected, it can be imported whole.
    """
    if len(content) > MAX_NOTE:
        yield Flaw(path, f"this note is over {MAX_NOTE // 1024} KiB; it is left out", "Split it.")
        return
    try:
        source = Source.decode(path, content)
    except UndecodableError as error:
        yield Flaw(path, f"this note is {error}; it is left out", "Save it as UTF-8.")
        return
    fences = find_fences(source.text)
    root = compose(source.text, fences.yaml) if fences and not isinstance(fences, YamlFlaw) else fences
    if not isinstance(root, YamlFlaw):
        yield from _of_note(
            source, root, fences.body if fences and not isinstance(fences, YamlFlaw) else 0, left_out
        )
    elif _TEMPLATE.search(source.text[:4096]):
        left_out[TEMPLATES] += 1
    else:
        place = f"{path}:{source.position(root.offset).line}"
        yield Flaw(place, f"{root.message}; the note is left out", "Correct it, and import it again.")


def _of_note(
    source: Source, root: Mapping | None, start: int, left_out: Counter[str]
) -> Iterator[Draft | Flaw]:
    """The draft of a note with front matter `root`, whose text begins at `start`."""
    path, body = source.path, source.text[start:]
    fields = Fields(path)
    for key, node in root.pairs if root else ():
        fields.take(key.value, _given(key.value, node, source.text))
    for found in _INLINE.finditer(body):
        if meaning(found["key"]):
            fields.take(found["key"], [found["value"]])
    keys = [key.value for key, _ in root.pairs] if root else []
    reason = reason_against(path, body, fields, keys)
    if reason:
        left_out[reason] += 1
        return
    _name(fields, path, body)
    yield from fields.flaws
    said = tuple((key, tuple(words)) for key, words in fields.values.items())
    origin = f"notes:{for_value(unicodedata.normalize('NFC', path))}"
    yield Draft(path, said, origin, body=body if body.strip() else "", entries=tuple(fields.entries))


def reason_against(path: str, body: str, fields: Fields, keys: list[str]) -> str | None:
    """Why a note is about no person, or None.

    Whoever imports a folder of people says that its notes are about people, so a note is taken unless something speaks
    against it: it is named after a day, week or month; it stands among templates or has their placeholders; it is an
    index (README, Home, a name with MOC, that of its own folder) without a field that only people have; it is a
    drawing or a board; or its `type:` says something else. A `type:` or tag that names a person or company wins.
    """
    *folders, file = fold(path).split("/")
    stem = _ENDING.sub("", file)
    words = {part for part in re.split(r"[\W_]+", stem) if part}
    kinds = {fold(one).strip("[]# ") for one in fields.kinds}
    tags = {fold(one).rpartition("/")[2] for one in fields.values.get("tags", ())}
    if words & _TEMPLATE_NAMES or any(set(re.split(r"[\W_]+", one)) & _TEMPLATE_NAMES for one in folders):
        return TEMPLATES
    if _TEMPLATE.search(stem) or any(
        _TEMPLATE.search(one) for many in fields.values.values() for one in many
    ):
        return TEMPLATES
    if (kinds | tags) & _PERSON_KINDS:
        return None
    if _DATED.fullmatch(stem):
        return DAILY
    if any(board in keys for board in _BOARDS) or stem.endswith(".excalidraw") or tags & _INDEX_TAGS:
        return INDEXES
    if kinds:
        return OTHERS
    is_of_somebody = any(
        fields.values.get(name) for name in ("emails", "phones", "birthday", "company", "role")
    )
    is_index = "moc" in words or slug(stem) in _INDEX_NAMES or stem in folders[-1:] or _is_query(body)
    return INDEXES if is_index and not is_of_somebody else None


def _is_query(body: str) -> bool:
    """Whether the text is little else than a query, which lists other notes."""
    return body.lstrip().startswith(("```dataview", "```base", "```query", "```tasks"))


def _name(fields: Fields, path: str, body: str) -> None:
    """Settle the name, and what follows from it: a title that is no name is a role; the stem is an alias.

    The name is what a field `name` says; else the first heading `#`, if the file is called like it in other letters
    or has no letters in its name; else the file's name, without a time stamp or `@` before it. A stem that will be the new
    file's id needs no alias.
    """
    stem = unicodedata.normalize("NFC", _ENDING.sub("", path.rpartition("/")[2]))
    bare = for_value(_STAMP.sub("", stem).lstrip("@").strip()) or for_value(stem)
    heading = next((one.title for one in outline(body, 0).headings if one.level == 1), "")
    title = for_value(heading).strip("*_ @")
    is_named = bool(title) and (slug(title) == slug(bare) or not any(map(str.isalpha, bare)))
    known = {slug(one) for one in (bare, title, *fields.values.get("name", ()))}
    for one in fields.titles:
        if slug(one) in known and "name" not in fields.values:
            fields.add("name", one)
        elif slug(one) not in known:
            fields.add("role", one)
    fields.values.setdefault("name", [title if is_named else bare])
    if len(fields.values["name"]) > 1:
        fields.values["name"] = [" ".join(fields.values["name"])]
    if not fields.values["name"][0]:
        del fields.values["name"]
    is_id_of_new = stem == slug(fields.values.get("name", [""])[0])
    if stem and not is_id_of_new and not re.search(r"[\[\]#^|:/\\]", stem):
        fields.add("aliases", for_value(stem))
    if {fold(one).strip("[]# ") for one in fields.kinds} & _COMPANY_KINDS:
        fields.add("kind", "company")


def _given(key: str, node: Node, text: str) -> list[str]:
    """The values of `key`; of numbers and addresses by kind (`work: …`) without the kinds, a postal one on one line."""
    found = list(_texts(node, text))
    if isinstance(node, Mapping) and meaning(key) in ("emails", "phones", "urls", "addresses"):
        found = [", ".join(_texts(value, text)) for _, value in node.pairs]
    return (
        [", ".join(filter(None, found))]
        if meaning(key) == "addresses" and isinstance(node, Mapping)
        else found
    )


def _texts(node: Node, text: str) -> Iterator[str]:
    """The values of a node as texts: each member of a list, `key: value` of what has keys, a link as it stands."""
    if isinstance(node, Scalar):
        yield node.value
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield f"{key.value}: {', '.join(_texts(value, text))}"
    elif re.fullmatch(r"\[\[[^\[\]\n]*\]\]", node.span.of(text)):
        yield node.span.of(text)
    else:
        for one in node.items:
            is_list = isinstance(one, Sequence) and not one.span.of(text).startswith("[[")
            yield ", ".join(_texts(one, text)) if is_list else next(_texts(one, text), "")


def log_headings(body: str) -> tuple[str, ...]:
    """The headings below which most list items begin with a day, such as `Interactions`: they may be a log."""
    found = outline(body, 0)
    starts = [heading.span.start for heading in found.headings]
    items, dated = [0] * len(starts), [0] * len(starts)
    for item in found.items(body):
        number = bisect_right(starts, item.span.start) - 1
        if number >= 0 and item.depth == 0 and item.box is None:
            items[number] += 1
            dated[number] += _ENTRY.match(item.content.of(body)) is not None
    return tuple(
        dict.fromkeys(
            heading.title
            for heading, all_, some in zip(found.headings, items, dated, strict=True)
            if some >= _LEAST_ENTRIES and some * 2 > all_
        )
    )
