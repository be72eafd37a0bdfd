"""What `--json` prints, as JSON Schema (draft-07); docs/json.md says what the keys mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.formats.columns import (
    DAY,
    DECIMAL,
    DUE,
    ENTRY,
    FIELD,
    FLAG,
    FOUND,
    ITEM,
    NUMBER,
    OCCURRENCE,
    OFFER,
    PAIR,
    PLACE,
    REVIEWED,
    STANDING,
    TAG,
    TEXT,
    TEXTS,
    TIME,
    WAITING,
    WHO,
    YEARLY,
    list_of,
    or_null,
    record,
)
from ptcrm.formats.customers import CUSTOMER, CUSTOMER_FIELDS
from ptcrm.text.fold import slug

if TYPE_CHECKING:
    from ptcrm.model.shape import Shape

VERSION = 1  # raised when a key goes away or changes its meaning; new keys leave it as it is

_DRAFT = "http://json-schema.org/draft-07/schema#"

_LOAD_DAY: dict[str, Shape] = {
    "date": DAY,
    "weekday": TEXT,
    "free": or_null(TEXT),
    **dict.fromkeys(("capacity", "contacts", "fixed", "cadence", "playbook", "new", "overdue"), NUMBER),
}
_DEMAND: dict[str, Shape] = {
    "asked": NUMBER,
    "asked_weekly": DECIMAL,
    "given": NUMBER,
    "given_weekly": DECIMAL,
    "worked": NUMBER,
    "missing": NUMBER,
}
_STEP: dict[str, Shape] = {
    "step": TEXT,
    "channel": TEXT,
    "text": TEXT,
    "state": TEXT,
    "due": DAY,
    "planned": or_null(DAY),
    "lapses": or_null(DAY),
    "reason": or_null(TEXT),
    "path": or_null(TEXT),
    "line": or_null(NUMBER),
}
_RATE = or_null(DECIMAL)
_KEPT: dict[str, Shape] = {"year": NUMBER, "customers": NUMBER, "rate": _RATE}
_SILENCE: dict[str, Shape] = {**WHO, "days": NUMBER, "from": DAY, "to": or_null(DAY), "lines": TEXTS}
_DUE: dict[str, Shape] = {
    **WHO,
    "state": TEXT,
    "due": DAY,
    "done": or_null(DAY),
    "text": TEXT,
    "line": NUMBER,
}
# What `ptcrm review` says of each figure beside the rows of its customers.
_FIGURES: dict[str, dict[str, Shape]] = {
    "consistency": {
        "rate": _RATE,
        "within": NUMBER,
        "due": NUMBER,
        "months": list_of(
            record({"tier": TEXT, "month": TEXT, "rate": _RATE, "within": NUMBER, "due": NUMBER})
        ),
        "silences": list_of(record(_SILENCE)),
        "promises": record(
            {"rate": _RATE, "kept": NUMBER, "due": NUMBER, "follow_ups": list_of(record(_DUE))}
        ),
    },
    "retention": {
        "rate": _RATE,
        **dict.fromkeys(("start", "new", "left", "end", "back", "brief"), NUMBER),
        "reasons": list_of(record({"reason": or_null(TEXT), "customers": TEXTS})),
        "cohorts": list_of(record({"year": NUMBER, "customers": NUMBER, "kept": list_of(record(_KEPT))})),
        "repeat": record(
            {
                "rate": _RATE,
                "again": NUMBER,
                "buyers": NUMBER,
                "customers": list_of(record({**WHO, "again": FLAG, "lines": TEXTS})),
            }
        ),
    },
    "value": {"gave": NUMBER, "asked": NUMBER},
    "channels": {
        "contacts": NUMBER,
        "channels": list_of(
            record(
                {
                    "channel": TEXT,
                    "contacts": NUMBER,
                    "rate": DECIMAL,
                    "came_in": NUMBER,
                    "customers": NUMBER,
                }
            )
        ),
    },
    "effort": {
        "given": list_of(
            record({"channel": TEXT, "times": NUMBER, "cost": TEXTS, "minutes": NUMBER, "lines": TEXTS})
        ),
        "tiers": list_of(
            record(
                {
                    "tier": TEXT,
                    "customers": NUMBER,
                    "planned": NUMBER,
                    "made": NUMBER,
                    "budget": TEXTS,
                    "cost": TEXTS,
                    "minutes": NUMBER,
                }
            )
        ),
    },
    "referrals": {
        "advocates": list_of(record({**WHO, "brought": TEXTS, "below": TEXTS, "lines": TEXTS})),
        "new": TEXTS,
    },
    "feedback": dict.fromkeys(("open", "closed", "told", "noted"), NUMBER),
}
_REVIEWS: dict[str, Shape] = {
    name: record({**keys, "customers": list_of(record(REVIEWED[name]))}) for name, keys in _FIGURES.items()
}
_LETTER: dict[str, Shape] = {
    "year": NUMBER,
    "to": DAY,
    "is_over": FLAG,
    "touched": TEXT,
    "well": TEXTS,
    "neglected": list_of(record({**WHO, "since": DAY, "days": NUMBER, "line": or_null(TEXT)})),
    "suggestions": list_of(record({"text": TEXT, "command": TEXT})),
}
_RUN: dict[str, Shape] = {
    "playbook": TEXT,
    "began": DAY,
    "reason": TEXT,
    **PLACE,
    "steps": list_of(record(_STEP)),
}
_FOLLOW_UP: dict[str, Shape] = {
    "number": NUMBER,
    "due": DAY,
    "channel": or_null(TEXT),
    "text": TEXT,
    "every": or_null(TEXT),
    "line": NUMBER,
}
_LOGGED = {key: ENTRY[key] for key in ("date", "time", "channel", "qualifiers", "text", "line")}
_BRIEF_FIELDS = (
    *("id", "name", "kind", "role", "company", "tier", "status", "since", "timezone", "language", "phones"),
    *("emails", "prefers", "avoids", "norms", "family", "interests"),
)
_SAID: dict[str, Shape] = {
    "date": DAY,
    "ago": TEXT,
    "channel": TEXT,
    "qualifiers": TEXTS,
    "text": TEXT,
    "with": or_null(TEXT),
    **PLACE,
}
_PROMISE: dict[str, Shape] = {
    "kind": TEXT,
    "due": DAY,
    "time": or_null(TIME),
    "text": TEXT,
    "number": or_null(NUMBER),
    "step": or_null(TEXT),
    **PLACE,
}
_COMMIT: dict[str, Shape] = {
    "commit": or_null(TEXT),
    "date": or_null(DAY),
    "time": or_null(TIME),
    "author": or_null(TEXT),
}
_CHANGE: dict[str, Shape] = {
    "part": TEXT,
    "change": TEXT,
    "field": or_null(TEXT),
    "before": TEXTS,
    "after": TEXTS,
    "words": TEXT,
}
_MENTION: dict[str, Shape] = {"path": TEXT, "line": or_null(NUMBER), "text": TEXT}
_COUNTS: Shape = {"type": "object", "additionalProperties": NUMBER}

_ANSWERS: dict[str, Shape] = {
    "today": record(
        {
            "today": DAY,
            **dict.fromkeys(("overdue", "due", "new", "week", "birthdays"), list_of(record(OCCURRENCE))),
            "waiting": NUMBER,
            "free": or_null(TEXT),
            **dict.fromkeys(("customers", "errors", "warnings"), NUMBER),
        }
    ),
    "due": list_of(record(DUE)),
    "agenda": list_of(
        record({"date": DAY, "free": or_null(TEXT), "occurrences": list_of(record(YEARLY))}),
    ),
    "plan": record({"days": list_of(record(_LOAD_DAY)), "waiting": NUMBER, "demand": record(_DEMAND)}),
    "neglected": list_of(record(WAITING)),
    "playbook": list_of(record(_RUN)),
    "birthdays": list_of(record(YEARLY)),
    "list": list_of(record(CUSTOMER)),
    "list --group-by": list_of(
        record({"group": or_null(TEXT), "customers": list_of(record(CUSTOMER))}),
    ),
    "find": list_of(record(FOUND)),
    "timeline": list_of(record(ENTRY)),
    "tags": list_of(record(TAG)),
    "fields": list_of(record(FIELD)),
    "stats": record(
        {
            "customers": NUMBER,
            **dict.fromkeys(("status", "tier", "kind"), _COUNTS),
            "entries": NUMBER,
            **dict.fromkeys(("channel", "year"), _COUNTS),
            "contacts": record({"this_month": NUMBER, "last_month": NUMBER}),
        }
    ),
    "library list": list_of(record(ITEM)),
    "share": list_of(
        record(
            {
                "item": TEXT,
                "title": TEXT,
                "kind": TEXT,
                "until": or_null(DAY),
                "customers": TEXTS,
                "left_out": NUMBER,
                "path": TEXT,
            }
        )
    ),
    "share WHAT": list_of(record(OFFER)),
    "show": record(
        {
            **CUSTOMER_FIELDS,
            "path": TEXT,
            "notes": TEXT,
            "follow_ups": list_of(record(_FOLLOW_UP)),
            "log": list_of(record(_LOGGED)),
            "playbooks": list_of(record(_RUN)),
            "coming": list_of(record(YEARLY)),
            "links": list_of(
                record(
                    {
                        **PLACE,
                        "path": or_null(TEXT),
                        "target": TEXT,
                        "field": or_null(TEXT),
                        "name": or_null(TEXT),
                    }
                )
            ),
            "backlinks": list_of(record({**PLACE, "name": TEXT})),
        }
    ),
    "brief": record(
        {
            **{key: CUSTOMER_FIELDS[key] for key in _BRIEF_FIELDS},
            "path": TEXT,
            "there": or_null(TEXT),
            "warnings": TEXTS,
            "about": TEXT,
            "people": TEXTS,
            "last": list_of(record(_SAID)),
            "promises": list_of(record(_PROMISE)),
            "given": list_of(record(_SAID)),
            "occasions": list_of(record(YEARLY)),
            "next": or_null(record(OCCURRENCE)),
            "pass_on": list_of(record({"kind": TEXT, "text": TEXT})),
        }
    ),
    "draft": record(
        {
            **dict.fromkeys(("customer", "name", "template", "path", "channel", "text"), TEXT),
            **dict.fromkeys(("language", "to", "subject"), or_null(TEXT)),
            **dict.fromkeys(("missing", "warnings", "mention"), TEXTS),
        }
    ),
    "draft --list": list_of(
        record(
            {
                "name": TEXT,
                "channel": or_null(TEXT),
                "files": list_of(record({"path": TEXT, "language": or_null(TEXT)})),
            }
        )
    ),
    "why": list_of(record({**OCCURRENCE, "why": TEXT})),
    "budget": list_of(
        record(
            {
                "year": NUMBER,
                "group": TEXT,
                "tier": or_null(TEXT),
                "customers": NUMBER,
                **dict.fromkeys(("budget", "spent", "planned", "left"), TEXTS),
                "over": or_null(TEXT),
                "minutes_spent": NUMBER,
                "minutes_planned": NUMBER,
            }
        )
    ),
    "winback": list_of(
        record(
            {
                **WHO,
                "tier": or_null(TEXT),
                "left": or_null(DAY),
                "left_reason": or_null(TEXT),
                "last_contact": or_null(DAY),
                "next_contact": or_null(DAY),
                "changes": TEXTS,
            }
        )
    ),
    "tiers": list_of(
        record(
            {
                **WHO,
                "tier": or_null(TEXT),
                "suggested": or_null(TEXT),
                "differs": FLAG,
                "when": or_null(TEXT),
                "because": TEXTS,
                "command": or_null(TEXT),
            }
        )
    ),
    "campaign": list_of(
        record(
            {
                "name": TEXT,
                "day": or_null(DAY),
                "channel": TEXT,
                "open": NUMBER,
                "reached": NUMBER,
                "left_out": NUMBER,
            }
        )
    ),
    "review": record(
        {"period": record({"from": DAY, "to": DAY, "days": NUMBER}), "customers": NUMBER, **_REVIEWS}
    ),
    "review --year": record(_LETTER),
    **{f"review {name}": shape for name, shape in _REVIEWS.items()},
    "campaign NAME": list_of(
        record(
            {
                **WHO,
                "state": TEXT,
                "reason": or_null(TEXT),
                "address": or_null(TEXT),
                "email": or_null(TEXT),
                "phone": or_null(TEXT),
            }
        )
    ),
    "export mailing": record(
        {
            "channel": TEXT,
            "people": NUMBER,
            "letters": list_of(
                record(
                    {
                        "customers": TEXTS,
                        "name": TEXT,
                        "salutation": TEXT,
                        **dict.fromkeys(("language", "email", "address", "phone"), or_null(TEXT)),
                    }
                )
            ),
            "left_out": list_of(record({**WHO, "reason": TEXT})),
        }
    ),
    "export subject": record(
        {
            "customer": TEXT,
            "name": TEXT,
            "day": DAY,
            "files": list_of(record({"path": TEXT, "text": or_null(TEXT)})),
            **dict.fromkeys(("mentions", "perhaps", "mailings"), list_of(record(_MENTION))),
            "standing": record({key: shape for key, shape in STANDING.items() if key != "path"}),
            "coming": list_of(record(OCCURRENCE)),
            "undo": list_of(record({"number": NUMBER, "at": TEXT, "label": TEXT})),
            "kept": TEXTS,
            "git": list_of(
                record({"file": or_null(TEXT), "own": FLAG, "commits": TEXTS, "first": DAY, "last": DAY})
            ),
            "git_problem": or_null(TEXT),
        }
    ),
    "check": list_of(
        record(
            {
                "code": TEXT,
                "severity": {"enum": ["error", "warning", "info"]},
                **PLACE,
                "column": NUMBER,
                "message": TEXT,
                "hint": TEXT,
                "detail": TEXT,
                "fix": or_null(record({"label": TEXT, "safe": FLAG})),
            }
        )
    ),
    "import ics": record(
        {
            "written": FLAG,
            "remarks": TEXTS,
            "people": list_of(
                record(
                    {
                        "what": {"enum": ["new", "changed", "same", "unsure", "refused"]},
                        **dict.fromkeys(("name", "path", "why"), TEXT),
                        "places": TEXTS,
                        "fields": list_of(record({"field": TEXT, "values": TEXTS})),
                        "entries": TEXTS,
                        "differences": list_of(
                            record(dict.fromkeys(("field", "vault", "source", "place"), TEXT))
                        ),
                    }
                )
            ),
            "flaws": list_of(record(dict.fromkeys(("place", "message", "hint"), TEXT))),
            "strangers": list_of(record({"who": TEXT, "times": NUMBER})),
        }
    ),
    "dupes": list_of(record(PAIR)),
    "conflicts": list_of(
        record(
            {
                "kind": {"enum": ["copy", "git"]},
                "path": TEXT,
                "original": or_null(TEXT),
                "lines": list_of(NUMBER),
                "unmerged": FLAG,
                "differs": TEXTS,
            }
        )
    ),
    "feed list": list_of(record({"name": TEXT, "kinds": TEXTS, "where": or_null(TEXT), "private": FLAG})),
    "feed url": list_of(record({"name": TEXT, "url": TEXT, "webcal": TEXT})),
    "cache stats": record(
        {
            "path": TEXT,
            "bytes": NUMBER,
            "version": or_null(TEXT),
            **dict.fromkeys(
                ("files", "customers", "entries", "texts", "answers", "changed"), or_null(NUMBER)
            ),
            "up_to_date": FLAG,
            "state": TEXT,
        }
    ),
    "history": list_of(
        record({**_COMMIT, "path": TEXT, "begins": FLAG, "changes": list_of(record(_CHANGE))}),
    ),
    "blame": list_of(
        record({"part": TEXT, "field": or_null(TEXT), "text": TEXT, "known": FLAG, **_COMMIT}),
    ),
    "diff": list_of(record({"name": TEXT, "path": TEXT, "changes": list_of(record(_CHANGE))})),
    "sync": record(
        {
            "state": {"enum": ["done", "conflict", "offline", "stopped"]},
            **dict.fromkeys(("branch", "remote", "commit", "message"), or_null(TEXT)),
            "paths": TEXTS,
            "came": NUMBER,
            **dict.fromkeys(("arrived", "kept", "notes", "conflicts"), TEXTS),
            "went": NUMBER,
            "problem": or_null(TEXT),
        }
    ),
    "undo --list": list_of(
        record({"number": NUMBER, "at": TEXT, "label": TEXT, "paths": TEXTS, "undone": FLAG}),
    ),
}
NAMES = tuple(_ANSWERS)


def answer_schema(name: str) -> Shape:
    """The schema of what `ptcrm NAME --json` prints; `name` is one of `NAMES`, of which `today` needs no command."""
    command = [] if name == "today" else name.split()
    return {
        "$schema": _DRAFT,
        "$id": f"urn:ptcrm:answer:{VERSION}:{slug(name)}",
        "title": " ".join(["ptcrm", *command, "--json"]),
        **_ANSWERS[name],
    }
