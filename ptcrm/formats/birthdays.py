"""Birthdays that stand in a calendar as yearly events: whose they are, and whether the year is that of the birth."""

from __future__ import annotations

import re
from calendar import isleap
from typing import TYPE_CHECKING, Any, NamedTuple

from ptcrm.model.dates import Anniversary
from ptcrm.text.safe import for_value

if TYPE_CHECKING:
    from datetime import date

    from ptcrm.formats.ics_files import Block

_OLDEST = 115  # years; earlier first years stand for “not known” (1604, 1900)
_SURE = 10  # years before it was written down, a first year is that of a birth and not of the calendar

_WORD = (
    r"birthday|b-?day|geburtstag|geb\.|anniversaire|cumpleaños|compleanno|verjaardag|aniversário|födelsedag"
    r"|fødselsdag|bursdag|urodziny|narozeniny|narodeniny|syntymäpäivä|день рождения"
)
# `Annas Geburtstag` may be Anna's or Annas's, and other languages bend the name: those are not guessed at.
_UNBENT = r"birthday|b-?day|geburtstag|anniversaire|cumpleaños|compleanno|verjaardag|aniversário"
_AGE = r"(?:[0-9]{1,3}(?:st|nd|rd|th|\.|e|º)?\s+)?"
_TITLES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:happy\s+)?(?:{_WORD})\s*[:–—-]\s*(?P<name>.+)",
        rf"(?:happy\s+)?{_AGE}(?:{_UNBENT})\s+(?:of|von|de|di|van|do|da)\s+(?P<name>.+)",
        rf"(?:happy\s+)?(?:{_UNBENT})\s+d['’](?P<name>.+)",
        r"happy\s+(?:birthday|b-?day),?\s+(?P<name>.+)",
        rf"(?P<name>.+?)(?:['’]s|(?<=[sxzß])['’])\s+{_AGE}(?:{_UNBENT})",
        rf"(?P<name>.+?)\s*[(–—-]\s*{_AGE}(?:{_WORD})\)?",
        rf"(?P<name>.+?)\s+{_AGE}(?:birthday|b-?day)",
        r"(?P<name>.+?)\s+(?:hat\s+geburtstag|ma\s+urodziny|má\s+narozeniny|is\s+jarig|fyller\s+år)",
    )
)
_LOOKS_LIKE_ONE = re.compile(
    rf"{_WORD}|hat geburtstag|is jarig|fyller år|🎂|bday|freq=yearly".encode(), re.IGNORECASE
)
_NOT_A_NAME = re.compile(r"^[\W\d_]+|[\s,;:*!–—-]+$")
_YEAR = re.compile(
    r"[\s,]*[(\[]?\s*(?P<sign>\*|born|geb\.?|ur\.?|née?|nato|nata)?\s*(?P<year>(?:18|19|20)[0-9]{2})\s*[)\]]?\s*$",
    re.IGNORECASE,
)
_AGE_BEHIND = re.compile(r"\s*\([0-9]{1,3}(?:\s*\w+)?\)\s*$|\s+\*$")
_OTHER_DAY = re.compile(r"wedding|mariage|hochzeit|ślub|matrimonio|boda|death|party|feier", re.IGNORECASE)
_LONGEST_NAME = 200


class Birthday(NamedTuple):
    """A person's name and birthday, as an event of a calendar has them."""

    name: str
    day: Anniversary


def may_be_birthday(block: Block) -> bool:
    """Whether an event is worth reading as a birthday: it has nobody invited, and something that points to one."""
    return b"ATTENDEE" not in block.names and any(map(_LOOKS_LIKE_ONE.search, block.lines))


def birthday_of(event: Any, program: str, today: date) -> Birthday | None:  # noqa: ANN401
    """The birthday that `event` (of icalendar) of a calendar made by `program` (its PRODID) is, or None.

    It is a whole day that returns each year, with a title such as “Anna's 40th birthday” or “Geburtstag von Anna”,
    or the kind of event that a program makes for each contact. The year is that of the birth if the program says so
    (Nextcloud) or the title does (`(1984)`, `*1984`). Google's and Facebook's own birthday events begin in the year in
    which they were exported, so their year says nothing. In all other events the first year is believed if it lies
    ten years or more before the event was written down, since who types a birthday in may begin with this year; and
    not if it is over 115 years ago, since 1604 and 1900 stand for years that are not known.
    """
    start = event["DTSTART"].dt
    if hasattr(start, "hour") and (start.hour or start.minute):
        return None
    title = for_value(str(event.get("SUMMARY", "")))[: 2 * _LONGEST_NAME]
    kind = str(event.get("X-NEXTCLOUD-BC-FIELD-TYPE", ""))
    is_made = kind == "BDAY" or "BIRTHDAY" in str(event.get("UID", "")) or _is_marked(event, program)
    returns = "YEARLY" in event["RRULE"].get("FREQ", ()) if "RRULE" in event else is_made
    if not returns or (kind and kind != "BDAY") or _OTHER_DAY.search(title):
        return None
    name, year = _name_and_year(title, is_made=is_made or title.startswith("🎂"))
    if not name:
        return None
    year = year or _year(event, start.year, program, today)
    is_leap_day = (start.month, start.day) == (2, 29)
    known = None if year is None or (is_leap_day and not isleap(year)) else year
    return Birthday(name[:_LONGEST_NAME], Anniversary(start.month, start.day, known))


def _is_marked(event: Any, program: str) -> bool:  # noqa: ANN401
    """Whether a calendar of birthdays has it, or a category says so."""
    kinds = event.get("CATEGORIES", [])
    words = [
        str(one)
        for group in (kinds if isinstance(kinds, list) else [kinds])
        for one in getattr(group, "cats", ())
    ]
    return "birthday" in program.casefold() or any(re.fullmatch(_WORD, word, re.IGNORECASE) for word in words)


def _name_and_year(title: str, *, is_made: bool) -> tuple[str, int | None]:
    """The name in a title, and the year of birth if that is in it."""
    title = title.lstrip("🎂🎉🎁🎈🥳\ufe0f ")
    year = _YEAR.search(title)
    bare = _AGE_BEHIND.sub("", title[: year.start()] if year else title)
    found = next((match for pattern in _TITLES if (match := pattern.fullmatch(bare))), None)
    if found is None and not is_made:
        return "", None
    name = _NOT_A_NAME.sub("", found["name"] if found else bare)
    return name, int(year["year"]) if year else None


def _year(event: Any, year: int, program: str, today: date) -> int | None:  # noqa: ANN401
    """The year of birth of an event that begins in `year`, or None."""
    if "X-NEXTCLOUD-BC-FIELD-TYPE" in event:
        given = str(event.get("X-NEXTCLOUD-BC-YEAR", ""))
        return int(given) if re.fullmatch("(?:18|19|20)[0-9]{2}", given) else None
    if "facebook" in program.casefold() or "BIRTHDAY" in str(event.get("UID", "")):
        return None
    stamps = (getattr(event.get(name), "dt", today) for name in ("CREATED", "DTSTAMP"))
    written = min(today.year, *(stamp.year for stamp in stamps))
    return year if year <= written - _SURE and year >= today.year - _OLDEST else None
