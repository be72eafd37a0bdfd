"""A customer as a vCard, 4.0 (RFC 6350) or 3.0 (RFC 2426): the bytes are a function of the customer and the vault.

Where vCard has no property, `X-PTCRM-…` has the field as the vault does, so that `vcard.cards` gives it back. What
no vCard can hold is listed in docs/export.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from ptcrm.formats import content
from ptcrm.formats.content import content_line
from ptcrm.formats.vcard import OUR_UID
from ptcrm.formats.vcard_properties import ANNIVERSARY, KIN, OUR_FIELD, OUR_OCCASION, OURS
from ptcrm.text.fold import same_id
from ptcrm.text.safe import for_feed, for_terminal, one_line
from ptcrm.vault.schema import FIELDS

if TYPE_CHECKING:
    from ptcrm.model.customer import Customer, Occasion
    from ptcrm.model.dates import Anniversary

Version = Literal["3.0", "4.0"]
VERSIONS: tuple[Version, ...] = ("4.0", "3.0")
BEGINS = tuple(f"BEGIN:VCARD\r\nVERSION:{one}\r\nPRODID:-//ptcrm//ptcrm//EN\r\n".encode() for one in VERSIONS)

_Lines = Iterator[tuple[str, str]]  # names with parameters, and values as they are written
_SOURCE = "vcard:"
_ADDRESS = "urn:"  # of another card: no name of a relative
_PARTNERSHIP = "wedding"  # what RFC 6350 means by ANNIVERSARY
_WITH_KIND = re.compile(r"(.+) \(([a-z]+)\)")
# Fields that vCard has a property for, in both versions and in 4.0 alone.
_STANDARD = frozenset(
    [
        *("name", "aliases", "kind", "company", "role", "emails", "phones", "addresses", "urls"),
        *("birthday", "occasions", "tags", "family", "timezone"),
    ]
)
_STANDARD_IN_4 = frozenset(["language", "interests"])
_OWN_STANDARD = frozenset(["department", "fax"])  # the user's own fields that vCard has a place for


@dataclass(frozen=True, slots=True)
class Look:
    """What all cards are like: the version, the vault's id, and whom a link means: id and name, None for nobody."""

    version: Version
    vault: str | None
    linked: Callable[[str], tuple[str, str] | None]

    @property
    def is_4(self) -> bool:
        """Whether it is vCard 4.0."""
        return self.version == "4.0"

    def who(self, target: str) -> tuple[str, str]:
        """The id and the name of whom a link or words mean; the words for both if that is nobody."""
        return self.linked(target) or (target, target)


def vcard(one: Customer, prose: str, look: Look) -> bytes:
    """The card of a customer, whose notes are `prose`; lines end in CR LF and are folded at 75 octets."""
    lines = [
        ("BEGIN", "VCARD"),
        ("VERSION", look.version),
        ("PRODID", "-//ptcrm//ptcrm//EN"),
        ("UID", escaped(uid_of(one, look.vault))),
        *_named(one, look),
        *_reached(one),
        *_days(one, look),
        *_about(one, look),
        *_ours(one, look),
        ("NOTE", escaped(prose.strip(), lines=True)),
    ]
    written = (content_line(name, value) for name, value in lines if value)
    return b"".join([*written, b"END:VCARD\r\n"])


def escaped(value: str, *, lines: bool = False) -> str:
    """`value` as TEXT, as in calendars, and with `�` for each mark that reorders what is shown."""
    return for_terminal(content.escaped(value, lines=lines))


def uid_of(one: Customer, vault: str | None) -> str:
    """The UID: that of the card the customer came from, else one from the id, apart from those of other vaults."""
    source = next((source for source in one.sources if source.startswith(_SOURCE)), None)
    if source:
        return source.removeprefix(_SOURCE)
    parts = [*([vault] if vault else []), same_id(one.id)]
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32] + OUR_UID


def _listed(values: tuple[str, ...]) -> str:
    return ",".join(filter(None, map(escaped, values)))


def _named(one: Customer, look: Look) -> _Lines:
    """Who it is: name, other names, company and role."""
    is_company = one.kind == "company"
    if is_company:
        yield ("KIND", "org") if look.is_4 else ("X-ABShowAs", "COMPANY")
    yield "FN", escaped(one.name) or escaped(one.id) or "?"  # a card has to have one
    if not is_company:
        yield "N", _name_in_parts(one.name)
    elif not look.is_4:
        yield "N", ";;;;"
    yield "NICKNAME", _listed(one.aliases)
    target, company = look.who(one.company or "")
    company = one.name if is_company else company
    department = dict(one.own).get("department", "")
    if company or department:
        yield "ORG", escaped(company) + (f";{escaped(department)}" if department else "")
    yield "TITLE", escaped(one.role or "")
    if target and (is_company or company != target):
        yield f"{OURS}COMPANY", escaped(target)


def _name_in_parts(name: str) -> str:
    """Family name and given names: the last word, and those before it."""
    given, _, family = one_line(name).rpartition(" ")
    return f"{escaped(family)};{escaped(given)};;;" if given else f";{escaped(family)};;;"


def _reached(one: Customer) -> _Lines:
    """Where the customer is reached. An address stands as one line where streets do: nothing tells its parts."""
    yield from (("EMAIL", escaped(value)) for value in one.emails)
    yield from (("TEL", escaped(value)) for value in one.phones)
    yield "TEL;TYPE=fax", escaped(dict(one.own).get("fax", ""))
    yield from (("ADR", f";;{street};;;;") for street in map(escaped, one.addresses) if street)
    yield from (("URL", for_terminal(for_feed(one_line(value))).replace("\\", "\\\\")) for value in one.urls)


def _days(one: Customer, look: Look) -> _Lines:
    """The birthday and other days; of a version without ANNIVERSARY, and for further days, as Apple writes them."""
    if one.birthday:
        yield _dated("BDAY", one.birthday, look)
    has_anniversary = not look.is_4
    number = 0
    for occasion in one.occasions:
        is_anniversary = occasion.name in (ANNIVERSARY, _PARTNERSHIP)
        if is_anniversary and not has_anniversary:
            has_anniversary = True
            yield _dated(_anniversary("ANNIVERSARY", occasion), occasion.day, look)
            continue
        number += 1
        yield _dated(_anniversary(f"day{number}.X-ABDATE", occasion), occasion.day, look)
        label = "_$!<Anniversary>!$_" if is_anniversary else occasion.name
        yield f"day{number}.X-ABLabel", escaped(label)


def _anniversary(name: str, occasion: Occasion) -> str:
    return f"{name};{OUR_OCCASION}={_PARTNERSHIP}" if occasion.name == _PARTNERSHIP else name


def _dated(name: str, day: Anniversary, look: Look) -> tuple[str, str]:
    """A day; one without a year as each version has it (Apple's way in 3.0)."""
    if look.is_4 and "X-ABDATE" not in name:
        return name, f"{day}".replace("-", "") if day.year else f"--{day.month:02}{day.day:02}"
    if day.year:
        return name, str(day)
    return f"{name};X-APPLE-OMIT-YEAR=1604", f"1604-{day.month:02}-{day.day:02}"


def _about(one: Customer, look: Look) -> _Lines:
    """Tags, family, time zone; in 4.0 language and interests."""
    yield "CATEGORIES", _listed(one.tags)
    members = tuple(map(look.who, one.family))
    names = [name for _, name in members if not name.startswith(_ADDRESS)]
    for number, name in enumerate(names, 1):
        found = _WITH_KIND.fullmatch(name)
        kind = found[2] if found and found[2] in KIN else "kin"
        text = escaped(found[1] if found and kind != "kin" else name)
        if look.is_4:
            yield f"RELATED;TYPE={kind};VALUE=text", text
        else:
            yield f"relative{number}.X-ABRELATEDNAMES", text
            yield f"relative{number}.X-ABLabel", kind if kind == "kin" else f"_$!<{kind.capitalize()}>!$_"
    if [target for target, _ in members] != names:
        yield f"{OURS}FAMILY", _listed(tuple(target for target, _ in members))
    yield ("TZ" if look.is_4 else "TZ;VALUE=text"), escaped(one.timezone or "")
    if look.is_4:
        yield "LANG", escaped(one.language or "")
        yield from (("INTEREST", escaped(value)) for value in one.interests)


def _ours(one: Customer, look: Look) -> _Lines:
    """The fields that vCard has no property for, then the user's own."""
    standard = _STANDARD | _STANDARD_IN_4 if look.is_4 else _STANDARD
    for field in FIELDS:
        if field.name in standard or not (field.name == "id" or _is_said(one, field.name)):
            continue
        value = getattr(one, field.name)
        if field.name == "referred_by":
            value, _ = look.who(value or "")
        text = _listed(value) if isinstance(value, tuple) else escaped(_in_words(value))
        yield f"{OURS}{field.name.upper().replace('_', '-')}", text
    for key, words in one.own:
        if key not in _OWN_STANDARD and words:
            yield OUR_FIELD, f"{escaped(key)};{escaped(words)}"


def _is_said(one: Customer, name: str) -> bool:
    """Whether the file says it; `former` follows from `left` where no status is said."""
    follows = name == "status" and one.status == "former" and one.lines.get("left") == one.lines.get("status")
    return name in one.lines and not follows


def _in_words(value: object) -> str:
    """A single value as the vault writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
