"""What each property of a vCard says in the vault's words: pairs of a field and a value.

A field that begins with `_` is settled when the whole card is known (`vcard.py`). Sources: RFC 2426, 6350, 6474,
6715 and 9554, and what Apple, Google, Android, Evolution and KDE add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from ptcrm.text.safe import for_feed, one_line
from ptcrm.vault.schema import BY_NAME

if TYPE_CHECKING:
    from ptcrm.formats.vcard_lines import Property

Pairs = Iterable[tuple[str, str]]
Reader = Callable[["Property", str], Pairs]

OURS, OUR_FIELD, OUR_OCCASION = "X-PTCRM-", "X-PTCRM-FIELD", "X-PTCRM-NAME"
KIN = frozenset(
    [
        *(
            "kin",
            "spouse",
            "wife",
            "husband",
            "partner",
            "domesticpartner",
            "sweetheart",
            "child",
            "son",
            "daughter",
        ),
        *(
            "parent",
            "mother",
            "father",
            "sibling",
            "brother",
            "sister",
            "cousin",
            "uncle",
            "aunt",
            "nephew",
            "niece",
        ),
        *("grandparent", "grandmother", "grandfather", "grandchild", "grandson", "granddaughter"),
    ]
)
ANNIVERSARY = "anniversary"

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_DAY = re.compile(r"(?:([0-9]{4})-?|--)([0-9]{2})-?([0-9]{2})(?:[T ].*)?")
_NO_YEARS = ("1604", "0000")
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_OFFSET = re.compile(r"(?:UTC|GMT)?[+-][0-9]{1,2}:?(?:[0-9]{2})?|Z")
_EXTENSION = re.compile(r";ext=([0-9]+)", re.IGNORECASE)
_NOT_IN_KEY = re.compile(r"[^\w-]+")
_LONGEST_KEY = 60
_ADDRESS_BOOKS_OWN = "myContacts"  # Google's label for everybody


def pairs(one: Property, label: str) -> Pairs:
    """What the property says; `label` is what its group is called (Apple's `X-ABLabel`), or nothing."""
    reader = _READERS.get(one.name)
    if reader is not None:
        return reader(one, label)
    if one.name.startswith(OURS):
        return _ours(one)
    if one.name in _UNUSED or _NOISE.match(one.name):
        return ()
    key = one.name.removeprefix("X-").lower().replace("-", "_")
    return ((f"vcard_{key}"[:_LONGEST_KEY], line(one.text)),)


def label_of(one: Property) -> str:
    """What an `X-ABLabel` says: `_$!<HomePage>!$_` is Apple's way to say `homepage`."""
    words = line(one.text)
    found = _APPLE_LABEL.fullmatch(words)
    return found[1].lower() if found else words


# Values


def unescaped(text: str) -> str:
    r"""The text that a value stands for (RFC 6350 §3.4); a backslash before any other sign is itself."""
    return _ESCAPED.sub(_meant, text) if "\\" in text else text


def _meant(found: re.Match[str]) -> str:
    if found[1] in "nN":
        return "\n"
    return found[1] if found[1] in '\\;,:"' else found[0]


def parts(text: str, sign: str) -> list[str]:
    """The parts of a value between the signs `sign` that have no backslash; still with their backslashes."""
    found, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == sign:
            found.append(text[start:at])
            start = at + 1
        at += 1
    return [*found, text[start:]]


def line(text: str) -> str:
    """A value on one line, without control characters."""
    return one_line(for_feed(unescaped(text)))


def _members(text: str) -> list[str]:
    return [line(one) for one in parts(text, ",")]


def _components(text: str, between: str = ", ") -> list[str]:
    """The parts of a structured value; one with several members has `between` them."""
    return [between.join(filter(None, _members(one))) for one in parts(text, ";")]


def _day(one: Property, words: str) -> str:
    """A day in the vault's form, without a year that stands for none; else the words as they are."""
    found = _DAY.fullmatch(words)
    if not found:
        return words
    year, month, day = found.groups()
    is_none = year is None or year in (*_NO_YEARS, one.param("X-APPLE-OMIT-YEAR"))
    return f"{'-' if is_none else year}-{month}-{day}"


# Readers


def _text(field: str, one: Property, _label: str) -> Pairs:
    yield field, line(one.text)


def _list(field: str, one: Property, _label: str) -> Pairs:
    yield from ((field, member) for member in _members(one.text))


def _name(one: Property, _label: str) -> Pairs:
    """`Family;Given;Additional;Prefix;Suffix`, in the order in which it is said."""
    family, given, more, prefix, suffix = [*_components(one.text, " "), *[""] * 5][:5]
    yield "_name", " ".join(filter(None, (prefix, given, more, family, suffix)))


def _company(one: Property, _label: str) -> Pairs:
    name, *units = _components(one.text)
    yield "_company", name
    yield "department", ", ".join(filter(None, units))


def _words(field: str, one: Property, _label: str) -> Pairs:
    """Words without commas, as tags and interests are."""
    for member in _members(one.text):
        yield from (
            (field, word) for part in member.split(",") if (word := part.strip()) != _ADDRESS_BOOKS_OWN
        )


def _email(one: Property, _label: str) -> Pairs:
    yield "emails", line(one.text).removeprefix("mailto:")


def _phone(one: Property, _label: str) -> Pairs:
    number = line(one.text)
    if number.lower().startswith("tel:"):
        number = _EXTENSION.sub(r" ext. \1", number[4:])
    yield "fax" if "fax" in one.kinds else "phones", number


def _address(one: Property, _label: str) -> Pairs:
    """The address on one line: street, postcode and city, region, country; else as it is printed (LABEL)."""
    box, extended, street, city, region, code, country = [*_components(one.text), *[""] * 7][:7]
    town = " ".join(filter(None, (code, city)))
    yield "addresses", ", ".join(filter(None, (box, street, extended, town, region, country)))
    yield "_addresses", _printed(one.param("LABEL"))


def _printed_address(one: Property, _label: str) -> Pairs:
    yield "_addresses", _printed(one.text)


def _printed(text: str) -> str:
    lines = (one_line(part).rstrip(",") for part in for_feed(unescaped(text)).split("\n"))
    return ", ".join(filter(None, lines))


def _social(one: Property, _label: str) -> Pairs:
    """A page, or `network:name`."""
    value = line(one.text)
    name = value.removeprefix("x-apple:")
    network = next((kind for kind in one.kinds if kind not in ("", "pref", "home", "work")), "")
    yield "urls", f"{network}:{name}" if network and (name != value or ":" not in value) else name


def _messenger(scheme: str, one: Property, _label: str) -> Pairs:
    name = line(one.text)
    yield "urls", name if ":" in name or not name else f"{scheme}:{name}"


def _birthday(one: Property, _label: str) -> Pairs:
    yield "birthday", _day(one, line(one.text))


def _anniversary(one: Property, _label: str) -> Pairs:
    yield from _occasion(one, ANNIVERSARY, line(one.text))


def _labelled_day(one: Property, label: str) -> Pairs:
    yield from _occasion(one, label or "occasion", line(one.text))


def _occasion(one: Property, name: str, words: str) -> Pairs:
    yield "occasions", f"{one_line(one.param(OUR_OCCASION)) or name} {_day(one, words)}" if words else ""


def _language(one: Property, _label: str) -> Pairs:
    yield "language", line(one.text)


def _zone(one: Property, _label: str) -> Pairs:
    """The name of a time zone; a mere offset, which tells no zone, is the user's own."""
    words = line(one.text)
    yield "utc_offset" if _OFFSET.fullmatch(words) else "timezone", words


def _relation(one: Property, label: str) -> Pairs:
    kinds = [label.lower()] if label else [*one.kinds]
    kind = next((kind for kind in kinds if kind in KIN), next(filter(None, kinds), ""))
    return _related(line(one.text), kind)


def _related(name: str, kind: str) -> Pairs:
    """Family by the word for it; others, and those who are named by an address, are the user's own."""
    shown = f"{name} ({kind})" if kind not in ("", "kin") and name else name
    yield "_family" if kind in KIN and not name.startswith("urn:") else "related", shown


def _always_related(kind: str, one: Property, _label: str) -> Pairs:
    return _related(line(one.text), kind)


_ANDROID_EVENTS = {"1": ANNIVERSARY, "2": "occasion"}
_ANDROID_KIN = {
    "1": "assistant",
    "2": "brother",
    "3": "child",
    "4": "domesticpartner",
    "5": "father",
    "6": "friend",
    "7": "manager",
    "8": "mother",
    "9": "parent",
    "10": "partner",
    "12": "kin",
    "13": "sister",
    "14": "spouse",
}


def _android(one: Property, _label: str) -> Pairs:
    """`vnd.android.cursor.item/KIND;VALUE;TYPE;LABEL;…`."""
    kind, value, code, label = [*map(line, parts(one.text, ";")), *[""] * 4][:4]
    kind = kind.rpartition("/")[2]
    if kind == "nickname":
        yield "aliases", value
    elif kind == "contact_event" and code == "3":
        yield "birthday", _day(one, value)
    elif kind == "contact_event":
        yield from _occasion(one, label or _ANDROID_EVENTS.get(code, "occasion"), value)
    elif kind == "relation":
        yield from _related(value, label.lower() or _ANDROID_KIN.get(code, ""))


def _note(one: Property, _label: str) -> Pairs:
    yield "_notes", for_feed(unescaped(one.text)).strip()


def _structured(field: str, one: Property, _label: str) -> Pairs:
    yield field, ", ".join(filter(None, _components(one.text)))


def _kind(one: Property, _label: str) -> Pairs:
    word = line(one.text).lower()
    yield "_kind", {"company": "org", "organization": "org", "individual": ""}.get(word, word)


def _ours(one: Property) -> Pairs:
    """A field of the vault that vCard has no property for, as `vcard_writing` writes it."""
    if one.name == OUR_FIELD:
        name, *rest = parts(one.text, ";")
        key = _NOT_IN_KEY.sub("_", line(name)).strip("_")
        return ((key if key[:1].isalpha() else f"vcard_{key}", line(";".join(rest))),)
    field = BY_NAME.get(one.name.removeprefix(OURS).lower().replace("-", "_"))
    if field is None:
        return ()
    values = _members(one.text) if field.many else [line(one.text)]
    return ((field.name, value) for value in values)


def _readers() -> Iterator[tuple[str, Reader]]:
    for field, names in _TEXTS.items():
        yield from ((name, partial(_text, field)) for name in names.split())
    for scheme, names in _MESSENGERS.items():
        yield from ((name, partial(_messenger, scheme)) for name in names.split())
    for kind, names in _RELATIVES.items():
        yield from ((name, partial(_always_related, kind)) for name in names.split())
    for reader, names in _OTHERS.items():
        yield from ((name, reader) for name in names.split())


_TEXTS = {
    "name": "FN",
    "role": "TITLE ROLE",
    "urls": "URL IMPP",
    "language": "LANG",
    "_uid": "UID",
    "geo": "GEO",
    "phonetic": "X-PHONETIC-FIRST-NAME X-PHONETIC-MIDDLE-NAME X-PHONETIC-LAST-NAME",
    "maiden_name": "X-MAIDENNAME X-MAIDEN-NAME",
    "pronouns": "PRONOUNS",
    "birthplace": "BIRTHPLACE",
    "died": "DEATHDATE",
    "expertise": "EXPERTISE",
}
_MESSENGERS = {
    "skype": "X-SKYPE X-SKYPE-USERNAME",
    "xmpp": "X-JABBER X-GOOGLE-TALK X-GTALK X-KADDRESSBOOK-X-IMADDRESS",
    "aim": "X-AIM",
    "icq": "X-ICQ",
    "msn": "X-MSN X-MS-IMADDRESS",
    "ymsgr": "X-YAHOO",
    "gg": "X-GADUGADU",
    "qq": "X-QQ",
    "twitter": "X-TWITTER",
    "matrix": "X-MATRIX",
}
_RELATIVES = {
    "spouse": "X-SPOUSE X-EVOLUTION-SPOUSE X-KADDRESSBOOK-X-SPOUSESNAME X-MS-SPOUSE",
    "child": "X-MS-CHILD X-CHILDREN",
    "manager": "X-MANAGER X-EVOLUTION-MANAGER X-KADDRESSBOOK-X-MANAGERSNAME X-MS-MANAGER",
    "assistant": "X-ASSISTANT X-EVOLUTION-ASSISTANT X-KADDRESSBOOK-X-ASSISTANTSNAME X-MS-ASSISTANT",
}
_OTHERS: dict[Reader, str] = {
    partial(_list, "aliases"): "NICKNAME X-NICKNAME",
    partial(_words, "tags"): "CATEGORIES",
    partial(_words, "interests"): "INTEREST HOBBY",
    partial(_structured, "gender"): "GENDER X-GENDER",
    _name: "N",
    _company: "ORG",
    _email: "EMAIL",
    _phone: "TEL",
    _address: "ADR",
    _printed_address: "LABEL",
    _social: "X-SOCIALPROFILE SOCIALPROFILE",
    _birthday: "BDAY",
    _anniversary: "ANNIVERSARY X-ANNIVERSARY X-EVOLUTION-ANNIVERSARY X-KADDRESSBOOK-X-ANNIVERSARY X-MS-ANNIVERSARY",
    _labelled_day: "X-ABDATE",
    _zone: "TZ",
    _relation: "RELATED X-ABRELATEDNAMES",
    _android: "X-ANDROID-CUSTOM",
    _note: "NOTE",
    _kind: "KIND X-ABSHOWAS X-ADDRESSBOOKSERVER-KIND",
}
_READERS = dict(_readers())
# Of the card and not of the person, or told by another property.
_CARDS_OWN = (
    "VERSION PRODID REV SOURCE PROFILE CLASS MAILER SORT-STRING XML CLIENTPIDMAP CREATED LANGUAGE MEMBER AGENT NAME "
    "CALURI CALADRURI FBURL CONTACT-URI X-ABLABEL X-ABADR X-ABUID X-FILE-AS X-CLASS"
)
_UNUSED = frozenset(_CARDS_OWN.split())
_NOISE = re.compile(
    r"X-(?:MS-|MICROSOFT-|WAB-|APPLE-|EVOLUTION-|MOZILLA-|GOOGLE-|RADICALE-|NEXTCLOUD-|ADDRESSBOOKSERVER-|AB|IMAGE|OC-)"
)
