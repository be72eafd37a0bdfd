"""What editors may hold a value against: fragments of JSON Schema (draft-07), for the readers to carry.

A shape takes whatever its reader takes without a diagnostic, however YAML has typed it (`no` may arrive as false,
`[[x]]` as a list in a list), and refuses what is surely a slip. Patterns keep to what Python and JavaScript share.
`errorMessage` is no word of JSON Schema; the editors' language servers show it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ptcrm.model.dates import INTERVAL_FORMS

if TYPE_CHECKING:
    from collections.abc import Iterable

Shape = dict[str, Any]

YES, NO = ("true", "yes", "on"), ("false", "no", "off")  # what YAML 1.1 takes for true and false, in any case

# Said by `not` where they can be, since editors would propose a type `null` or `boolean` as a value.
DEFINITIONS: dict[str, Shape] = {
    # An absent value: null, an empty list, nothing but blanks.
    "nothing": {"not": {"type": ["number", "boolean", "object"]}, "maxItems": 0, "pattern": r"^\s*$"},
    # What text may be to YAML beside a string or number: true, false, null, or the list of a bare `[[link]]`.
    "odd-text": {
        "not": {"type": ["string", "number", "object"]},
        "maxItems": 1,
        "items": {"type": "array", "errorMessage": "Write one value."},
    },
}

_NOT_LITERAL = re.compile(r"[\\^$.*+?()\[\]{}|/]")


def plain(
    pattern: str = "", say: str = "Write one value.", known: Iterable[str] = (), *, number: bool = True
) -> Shape:
    """Any text, or one that fits `pattern` (else `say` is the warning); editors propose the `known` ones.

    `number`: whether a text of digits may stand without quotes.
    """
    text: Shape = {"type": ["string", "number"] if number else ["string"], "errorMessage": say}
    if pattern:
        text["pattern"] = f"^{pattern}$"
    if known:
        text["examples"] = list(known)
    return {"anyOf": [text, {"$ref": "#/definitions/odd-text"}]}


def like(pattern: str, say: str, *types: str, **limits: int) -> Shape:
    """A text of this form; also a value of one of `types` within `limits`."""
    return {"type": ["string", *types], "pattern": rf"^\s*(?:{pattern})\s*$", **limits, "errorMessage": say}


def choice(words: Iterable[str], *, any_case: bool = False) -> Shape:
    """One of `words`, which editors propose; `enum` alone would take no other case, no blanks and no number."""
    known = list(words)
    truths = [word for word in known if word.lower() in YES + NO]
    numbers = [word for word in known if word[0] in "+-.0123456789"]
    types = [*(["boolean"] if truths else []), *(["number"] if numbers else [])]
    forms = [_NOT_LITERAL.sub(r"\\\g<0>", word) for word in known]
    pattern = "|".join(in_any_case(form) if any_case else form for form in forms)
    is_flag = {*YES, *NO} <= set(known)  # then true and false are meant, by whatever word
    proposed = [True, False, *(word for word in known if word not in truths)] if is_flag else known
    return {"anyOf": [{"enum": proposed}, like(pattern, f"Write one of: {', '.join(known)}.", *types)]}


def count(least: int, most: int) -> Shape:
    """A whole number from `least` to `most`, with or without quotes."""
    digits = len(str(most))
    return like(f"[0-9]{{1,{digits}}}", "Write a whole number.", "integer", minimum=least, maximum=most)


def listed(shape: Shape, alone: Shape | None = None) -> Shape:
    """A list of these, or one alone (which may have a shape of its own)."""
    return {"anyOf": [*ways(alone or shape), {"type": "array", "items": or_nothing(shape)}]}


def words(known: Iterable[str] = ()) -> Shape:
    """A list of short words, of which editors propose the `known` ones; one with a comma was meant as a list."""
    return listed(plain(known=known), alone=plain("[^,]*", "Write a list: [a, b].", known))


def mapping(shapes: dict[str, Shape]) -> Shape:
    """A mapping with these keys and no other."""
    properties = {name: or_nothing(shape) for name, shape in shapes.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def named(shape: Shape) -> Shape:
    """A mapping from names of the user's choice to these."""
    return {
        "type": "object",
        "additionalProperties": or_nothing(shape),
        "errorMessage": "Write a name on each line, and what it has behind it.",
    }


def or_nothing(shape: Shape) -> Shape:
    """This, or an absent value."""
    return {"anyOf": [*ways(shape), {"$ref": "#/definitions/nothing"}]}


def in_any_case(pattern: str) -> str:
    """A pattern of small letters and blanks, without letters in brackets, for letters of any case and any white space."""
    either = re.sub("[a-z]", lambda found: f"[{found[0].upper()}{found[0]}]", pattern)
    return either.replace(" ", r"\s")


def ways(shape: Shape) -> list[Shape]:
    """The shapes of which one must fit."""
    ways: list[Shape] = shape.get("anyOf", [shape])
    return ways


def _month_day(dash: str) -> str:
    months = {"(?:0[13578]|1[02])": "3[01]", "(?:0[469]|11)": "30", "02": ""}
    days = (
        f"{month}{dash}(?:0[1-9]|[12][0-9]{'|' + last if last else ''})" for month, last in months.items()
    )
    return f"(?:{'|'.join(days)})"


DATE_FORM = f"[0-9]{{4}}-{_month_day('-')}(?:[T ][0-9:.+Z -]*)?"
ANNIVERSARY_FORM = f"(?:{DATE_FORM}|--{_month_day('-?')})"
LENGTH_FORM = in_any_case("|".join(form for form in INTERVAL_FORMS if form != "never"))

TEXT = plain()
TEXTS = listed(TEXT)
FLAG = like(in_any_case("|".join(YES + NO)), "Write true or false.", "boolean")
DATE = like(DATE_FORM, "Write YYYY-MM-DD, a day of the calendar.")
ANNIVERSARY = like(ANNIVERSARY_FORM, "Write YYYY-MM-DD, or --MM-DD without the year.")
LENGTH = like(LENGTH_FORM, "Write for example 6 weeks or 3m.")
CADENCE = like(f"{LENGTH_FORM}|{in_any_case('never')}", "Write for example 6 weeks, 3m or never.")
ZONE = like("[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", "Write a name such as Europe/Warsaw.")
