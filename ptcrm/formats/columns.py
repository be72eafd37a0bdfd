"""The rows of flat answers: each key with its shape, in the order of the columns in CSV and TSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptcrm.model.shape import Shape

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
DECIMAL: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
DAY: Shape = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
TIME: Shape = {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"}


def or_null(shape: Shape) -> Shape:
    """This, or null."""
    return {**shape, "type": [shape["type"], "null"]}


def list_of(shape: Shape) -> Shape:
    """A list of these."""
    return {"type": "array", "items": shape}


def record(keys: dict[str, Shape]) -> Shape:
    """An object with these keys, and perhaps others."""
    return {"type": "object", "required": list(keys), "properties": keys}


TEXTS = list_of(TEXT)
WHO: dict[str, Shape] = {"customer": TEXT, "name": TEXT, "path": TEXT}
PLACE: dict[str, Shape] = {"path": TEXT, "line": NUMBER}

OCCURRENCE: dict[str, Shape] = {
    "customer": or_null(TEXT),
    "name": TEXT,
    "kind": TEXT,
    "channel": or_null(TEXT),
    "text": TEXT,
    "due": DAY,
    "planned": DAY,
    "time": or_null(TIME),
    "state": TEXT,
    "members": TEXTS,
    "template": or_null(TEXT),
    "reason": TEXT,
    **PLACE,
}
DUE = {**OCCURRENCE, "pass_on": or_null(TEXT)}
YEARLY = {**OCCURRENCE, "years": or_null(NUMBER)}
ON_DAYS = {"date": DAY, **YEARLY}
WAITING: dict[str, Shape] = {
    "customer": TEXT,
    "name": TEXT,
    "tier": or_null(TEXT),
    "percent": NUMBER,
    "last_contact": or_null(DAY),
    "channel": or_null(TEXT),
    "days": or_null(NUMBER),
    "due": or_null(DAY),
    "every": TEXT,
    "rule": TEXT,
    "state": TEXT,
    "path": TEXT,
}
STANDING: dict[str, Shape] = {
    "path": TEXT,
    "last_contact": or_null(DAY),
    "next_contact": or_null(DAY),
    "due": or_null(DAY),
    "every": TEXT,
    "percent": or_null(NUMBER),
    "state": TEXT,
}
FOUND: dict[str, Shape] = {
    "customer": or_null(TEXT),
    "name": TEXT,
    "place": TEXT,
    "date": or_null(DAY),
    "text": TEXT,
    "words": TEXTS,
    **PLACE,
}
ITEM: dict[str, Shape] = {
    "id": TEXT,
    "title": TEXT,
    "kind": TEXT,
    "topics": TEXTS,
    "until": or_null(DAY),
    "over": FLAG,
    "had": NUMBER,
    "url": or_null(TEXT),
    "path": TEXT,
}
OFFER: dict[str, Shape] = {
    "item": TEXT,
    "title": TEXT,
    "kind": TEXT,
    "customer": TEXT,
    "name": TEXT,
    "score": NUMBER,
    "why": TEXT,
    "reasons": list_of(record({"topic": TEXT, "place": TEXT, "text": TEXT, "line": or_null(NUMBER)})),
    "left_out": or_null(TEXT),
    "given": or_null(NUMBER),
    "asked": or_null(NUMBER),
    "path": TEXT,
}
ENTRY: dict[str, Shape] = {
    "customer": TEXT,
    "name": TEXT,
    "date": DAY,
    "time": or_null(TIME),
    "channel": TEXT,
    "qualifiers": TEXTS,
    "text": TEXT,
    **PLACE,
}
TAG: dict[str, Shape] = {"tag": TEXT, "customers": NUMBER, "also": TEXTS}
FIELD: dict[str, Shape] = {"field": TEXT, "own": FLAG, "customers": NUMBER, "type": TEXT, "remarks": TEXTS}
PAIR: dict[str, Shape] = {
    **WHO,
    **dict.fromkeys(("other", "other_name", "other_path"), TEXT),
    "score": NUMBER,
    **dict.fromkeys(("reasons", "against"), TEXTS),
}

# The rows of `ptcrm review`, one kind a figure.
REVIEWED: dict[str, dict[str, Shape]] = {
    "consistency": {
        **WHO,
        "tier": or_null(TEXT),
        "cadence": TEXT,
        "rate": or_null(DECIMAL),
        "within": NUMBER,
        "due": NUMBER,
        "lines": TEXTS,
    },
    "retention": {**WHO, "state": TEXT, "day": or_null(DAY), "reason": or_null(TEXT), "line": NUMBER},
    "value": {
        **WHO,
        "gave": NUMBER,
        "asked": NUMBER,
        "give_first": FLAG,
        "lines_gave": TEXTS,
        "lines_asked": TEXTS,
    },
    "channels": {**WHO, "channel": TEXT, "lines": TEXTS},
    "effort": {
        **WHO,
        "contacts": NUMBER,
        "minutes": NUMBER,
        "cost": TEXTS,
        "revenue": TEXTS,
        "brought": TEXTS,
        "referrals": NUMBER,
        "verdict": or_null(TEXT),
        "lines": TEXTS,
    },
    "referrals": {
        **WHO,
        "depth": NUMBER,
        "brought": NUMBER,
        "people": NUMBER,
        "revenue": TEXTS,
        "below": TEXTS,
        "line": or_null(NUMBER),
    },
    "feedback": {
        **WHO,
        "state": TEXT,
        "came": DAY,
        "due": or_null(DAY),
        "done": or_null(DAY),
        "told": or_null(DAY),
        "text": TEXT,
        "line": NUMBER,
    },
}
