"""What the columns of an address book in CSV mean, by their names: those of known programs, and usual words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.errors import UsageError
from ptcrm.formats.columns import ENTRY, STANDING
from ptcrm.text.fold import slug
from ptcrm.vault.schema import BY_NAME, near_miss

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEFT_OUT = "-"
NOTES = "notes"
_LONGEST_KEY = 60
_KEY = re.compile(r"[^\W\d_][\w-]*")
_NOT_KEYS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", NOTES)
_NUMBER = re.compile(r"(?<![^-])[0-9]+(?![^-])")

# Folded names of columns by what they mean: a field, a part of it, and the set that the part belongs to; # is a number.
# English, German, Polish, French and Spanish, as spreadsheets, Google, Outlook, LinkedIn, HubSpot, Monica and folk
# have them.
_WORDS = {
    (
        "name",
        "",
        "",
    ): """name full-name fullname display-name contact-name customer-name client-name kunde kundenname
        ganzer-name vollstandiger-name anzeigename imie-i-nazwisko nazwisko-i-imie nazwa nazwa-klienta klient nom
        nom-complet nom-et-prenom prenom-et-nom nombre-completo nombre-y-apellidos nombre-y-apellido contact kontakt
        customer client cliente""",
    (
        "name",
        "first",
        "",
    ): """first-name firstname given-name forename vorname imie prenom nombre nombre-de-pila""",
    (
        "name",
        "middle",
        "",
    ): """middle-name middlename additional-name weitere-vornamen zweiter-vorname drugie-imie
        deuxieme-prenom segundo-nombre""",
    (
        "name",
        "last",
        "",
    ): """last-name lastname surname family-name nachname familienname nazwisko nom-de-famille
        apellido apellidos primer-apellido segundo-apellido""",
    ("name", "suffix", ""): "name-suffix suffix",
    ("name_prefix", "", ""): "name-prefix prefix anrede salutation titel tytul civilite tratamiento",
    ("aliases", "", ""): "nickname spitzname nick pseudonim surnom apodo alias",
    (
        "emails",
        "",
        "",
    ): """email emails e-mail e-mails mail email-address e-mail-address mail-address e-mail-adresse
        email-adresse mail-adresse mailadresse adres-e-mail adres-email adres-mailowy poczta correo
        correo-electronico courriel adresse-e-mail adresse-email adresse-mail adresse-electronique
        adresse-de-messagerie primary-email work-email home-email personal-email business-email other-email email-#
        e-mail-# e-mail-#-value e-mail-#-address e-mail-#-adresse email-address-# email-#-value""",
    (
        "phones",
        "",
        "",
    ): """phone phones phone-number telephone telephone-number tel mobile mobile-phone mobile-number
        mobile-phone-number cell cell-phone cellphone telefon telefonnummer telefonnr handy handynummer mobil mobilfunk
        mobiltelefon mobiltelefon-# mobilnummer rufnummer festnetz telefon-geschaftlich telefon-geschaftlich-#
        telefon-privat telefon-privat-# telefon-firma haupttelefon weiteres-telefon autotelefon numer-telefonu
        nr-telefonu telefon-komorkowy telefon-stacjonarny komorka tel-kom telephone-portable telephone-mobile portable
        numero-de-telephone telefono telefono-movil telefono-fijo movil celular numero-de-telefono business-phone
        business-phone-# home-phone home-phone-# work-phone primary-phone other-phone car-phone company-main-phone
        radio-phone phone-# phone-number-# tel-# telefon-#""",
    ("phones", "value", "phone #"): "phone-#-value",
    ("phones", "label", "phone #"): "phone-#-label phone-#-type",
    (
        "fax",
        "",
        "",
    ): "fax faks telecopie business-fax home-fax other-fax fax-geschaftlich fax-privat weiteres-fax",
    ("urls", "", ""): """url urls website websites website-url web-page web webpage webseite homepage
        internet internetseite site-internet site-web sitio-web pagina-web strona strona-internetowa strona-www www
        website-#-value personal-web-page linkedin linkedin-url linkedin-profile profile-url""",
    ("company", "", ""): """company company-name companies organization organisation organization-name
        organization-#-name firma firmenname unternehmen nazwa-firmy societe entreprise empresa employer
        associated-company primary-company""",
    ("role", "", ""): """role position job-title jobtitle job title occupation profession organization-title
        organization-#-title stanowisko beruf funktion fonction poste cargo puesto""",
    (
        "birthday",
        "",
        "",
    ): """birthday birthdate birth-date date-of-birth dob geburtstag geburtsdatum data-urodzenia
        urodziny date-de-naissance anniversaire fecha-de-nacimiento cumpleanos""",
    ("occasions", "anniversary", ""): "anniversary jahrestag rocznica aniversario",
    ("occasions", "wedding", ""): "wedding wedding-day wedding-date wedding-anniversary hochzeitstag",
    ("occasions", "value", "event #"): "event-#-value",
    ("occasions", "label", "event #"): "event-#-label event-#-type",
    ("family", "spouse", ""): "spouse partner",
    ("family", "child", ""): "children kinder",
    ("family", "value", "relation #"): "relation-#-value",
    ("family", "label", "relation #"): "relation-#-label relation-#-type",
    ("custom", "value", "custom #"): "custom-field-#-value",
    ("custom", "label", "custom #"): "custom-field-#-label custom-field-#-type",
    ("im", "", ""): "im-#-value",
    (
        "addresses",
        "",
        "",
    ): """address addresses full-address mailing-address postal-address adresse anschrift adres
        direccion""",
    ("addresses", "", "address #"): "address-#-formatted",
    (
        "notes",
        "",
        "",
    ): """notes note comment comments remarks description memo notizen notiz bemerkung bemerkungen
        kommentar notatki notatka uwagi komentarz remarques remarque commentaire commentaires notas comentarios
        observaciones""",
    (
        "tags",
        "",
        "",
    ): """tags labels label categories category groups group-membership kategorie kategorien gruppe
        gruppen etykiety kategoria grupa grupy etiquettes groupe groupes etiquetas categoria grupo grupos""",
    ("interests", "", ""): "interests hobby hobbies interessen zainteresowania",
    ("language", "", ""): "language sprache jezyk langue idioma",
    ("referred_by", "", ""): "referred-by empfohlen-von polecony-przez",
    ("owner", "", ""): "owner contact-owner",
    ("since", "", ""): "since customer-since kunde-seit klient-od client-depuis cliente-desde",
    ("department", "", ""): """department abteilung dzial departamento organization-department
        organization-#-department""",
}
# Parts of addresses, by the word that stands for the part, in each set of columns that has one.
_PARTS = {
    "street": "street strasse street-# strasse-# street-address strasse-und-hausnummer rue ulica calle address-line-#",
    "extended": "extended-address",
    "box": "po-box postfach address-po-box boite-postale",
    "city": "city town ort stadt wohnort miasto miejscowosc ville ciudad localidad",
    "region": "state region province state-region bundesland bundesland-kanton kanton wojewodztwo provincia",
    "postcode": "postal-code zip zip-code postcode plz postleitzahl kod-pocztowy code-postal codigo-postal cp",
    "country": "country country-region land land-region kraj pays pais",
}
_OUTLOOK_GERMAN = """street:weitere-strasse street:weitere-strasse-# city:weiterer-ort postcode:weitere-postleitzahl
    region:weiteres-r-bundesland-kanton country:weiteres-e-land-region box:weiteres-postfach"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and what becomes of it.

    `field` is a field of FORMAT §2.2 or the user's own, `notes`, or `-` if it is left out. `part` says what of the
    field it is (a first name, a street), and columns of one `group` belong together.
    """

    name: str
    field: str
    part: str = ""
    group: str = ""


class Source(NamedTuple):
    """A program whose column sets are known.

    It is meant if all of one of the sets in `signs` are there. `origin` are the columns, the best first, that name
    a record for good. Columns in `left_out` hold nothing that is worth keeping; `also` has those that mean something
    else here.
    """

    name: str
    title: str
    signs: tuple[str, ...]
    origin: tuple[str, ...] = ()
    left_out: str = r"(?!)"
    also: Mapping[str, tuple[str, str, str]] = {}


SOURCES = (
    Source(
        "google",
        "Google Contacts",
        ("e-mail-1-value first-name", "e-mail-1-value given-name", "labels organization-name first-name"),
        left_out=r"photo|file-as|initials|short-name|.*yomi.*|phonetic-.*|directory-server|mileage|sensitivity|priority"
        r"|subject|billing-information|.*-#-(type|label|service)|organization-#-(yomi-name|symbol|location)|location",
    ),
    Source(
        "outlook",
        "Outlook",
        (
            "business-street e-mail-address",
            "home-phone e-mail-address last-name",
            "strasse-geschaftlich nachname",
            "given-yomi surname-yomi",
        ),
        left_out=r"initials|initialen|(e-mail|e-mail-#)-(type|typ|display-name|angezeigter-name)|sensitivity|vertraulichkeit"
        r"|priority|prioritat|private|privat|directory-server|verzeichnisserver|internet-(free-busy|frei-gebucht)|gender"
        r"|geschlecht|mileage|reisekilometer|billing-information|abrechnungsinformation|.*yomi",
        also={"title": ("name_prefix", "", ""), "assistant-s-phone": ("assistant_phone", "", "")},
    ),
    Source(
        "linkedin",
        "LinkedIn",
        ("connected-on last-name",),
        ("url",),
        also={"connected-on": ("connected", "day", "")},
    ),
    Source(
        "hubspot",
        "HubSpot",
        (
            "record-id lifecycle-stage",
            "record-id contact-owner",
            "record-id lead-status",
            "contact-id lifecycle-stage",
        ),
        ("record-id", "contact-id"),
        r"record-id|contact-id|associated-company-ids|associated-.*-ids",
    ),
    Source(
        "monica",
        "Monica",
        ("first-name first-met-where", "first-name is-starred", "first-name last-talked-to"),
        ("uuid", "id"),
        r"uuid|id|.*-id|.*-at|is-.*|has-.*|number-of-.*|.*avatar.*|gravatar.*|account|vcard",
    ),
    Source(
        "folk",
        "folk",
        ("emails job-title groups", "emails job-title companies", "emails companies first-name"),
        left_out="created-by|last-modified-.*|photo|picture",
    ),
)
PTCRM = Source("ptcrm", "ptcrm", ("",), left_out="|".join(map(slug, STANDING)))
OTHER = Source("", "", ("",))


class Meant(NamedTuple):
    """A header as it was understood: the program, what each column becomes, which one names the record (None: none)."""

    source: Source
    columns: tuple[Column, ...]
    origin: int | None = None


@cache
def _known() -> dict[str, tuple[str, str, str]]:
    """What the folded names of columns mean."""
    found = {name: (name, "", "") for name in BY_NAME if name != "id"}
    found = {slug(name): meaning for name, meaning in found.items()}
    sets = {"": "", "address-#-": "address #", "business-": "business", "home-": "home", "other-": "other"}
    sets |= {"business-address-": "business", "home-address-": "home", "other-address-": "other"}
    for part, words in _PARTS.items():
        for word in words.split():
            found |= {f"{prefix}{word}": ("addresses", part, group) for prefix, group in sets.items()}
            found |= {f"{word}-{where}": ("addresses", part, where) for where in ("geschaftlich", "privat")}
            plain, is_more, _ = word.partition("-#")
            if is_more:
                found |= {
                    f"{plain}-{where}-#": ("addresses", part, where) for where in ("geschaftlich", "privat")
                }
    for word in _OUTLOOK_GERMAN.split():
        part, _, name = word.partition(":")
        found[name] = ("addresses", part, "weitere")
    for meaning, words in _WORDS.items():
        found |= dict.fromkeys(words.split(), meaning)
    return found


def _form(name: str) -> tuple[str, str]:
    """A column's folded name with # for its number, and the number."""
    form = slug(name)
    number = _NUMBER.search(form)
    return _NUMBER.sub("#", form, count=1), number[0] if number else ""


def score(names: Sequence[str]) -> int:
    """How many of these are names of columns that are known."""
    return sum(_form(name)[0] in _known() or name in BY_NAME for name in names)


def mapped(pairs: Iterable[str]) -> dict[str, str]:
    """The columns and fields of `--map 'Column=field'`, each a pair; raises `UsageError`.

    A field is one of FORMAT §2.2, `notes`, `-` for a column that is left out, or a name of the user's own.
    """
    found = {}
    for pair in pairs:
        name, sign, field = (part.strip() for part in pair.rpartition("="))
        if not (name and sign and field):
            raise UsageError(f"--map {pair}: write it as 'Column=field', such as --map 'Customer=name'.")
        if field not in (*BY_NAME, NOTES, LEFT_OUT):
            _refuse_slips(pair, field)
        found[name] = field
    return found


def _refuse_slips(pair: str, field: str) -> None:
    if near := near_miss(field):
        raise UsageError(f"--map {pair}: “{field}” is no field. Did you mean “{near}”?")
    if not _KEY.fullmatch(field) or field.lower() in _NOT_KEYS:
        hint = "A field of your own begins with a letter, and has letters, digits, - and _."
        raise UsageError(f"--map {pair}: “{field}” cannot be a field's name. {hint}")


def meant(names: Sequence[str], columns: Mapping[str, str]) -> Meant:
    """What the columns of these names mean, where `columns` says which field one becomes whatever its name."""
    forms = {_form(name)[0].replace("#", "1") for name in names}
    source = _source(names, forms)
    found = [
        Column(name, columns[name.strip()]) if name.strip() in columns else _column(name, number, source)
        for number, name in enumerate(names, 1)
    ]
    slugs = [slug(name) for name in names]
    origin = next((slugs.index(name) for name in source.origin if name in slugs), None)
    return Meant(source, tuple(_named(found)), origin)


def is_log(names: Sequence[str]) -> bool:
    """Whether these are the columns of a log, which names customers again and again."""
    return {*ENTRY} - {"path", "line"} <= {*names}


def _source(names: Sequence[str], forms: set[str]) -> Source:
    if {*BY_NAME} <= {*names}:
        return PTCRM
    return next((one for one in SOURCES if any({*sign.split()} <= forms for sign in one.signs)), OTHER)


def _column(name: str, number: int, source: Source) -> Column:
    """What the column becomes, the `number`th of the file."""
    if source is PTCRM:
        if name in BY_NAME or name == NOTES:
            return Column(name, name)
        return Column(name, LEFT_OUT if name in STANDING or name == "path" else _kept_name(name, number))
    form, count = _form(name)
    meaning = source.also.get(form) or _known().get(form)
    if re.fullmatch(source.left_out, form) and not (meaning and meaning[1] == "label"):
        return Column(name, LEFT_OUT)
    if meaning is None:
        return Column(name, own_name(name, number))
    field, part, group = meaning
    return Column(name, field, part, group.replace("#", count))


def _named(columns: list[Column]) -> list[Column]:
    """The columns, with those of names settled: `Name` beside a first name is the last one, `Nombre` alone the whole."""
    parts = {one.part for one in columns if one.field == "name"}
    if "first" in parts and "last" not in parts:
        is_whole = {slug(one.name) for one in columns if one.field == "name"} == {"nombre"}
        change = {"first": ""} if is_whole else {"": "last"}
    else:
        change = {}
    return [
        replace(one, part=change.get(one.part, one.part)) if one.field == "name" else one for one in columns
    ]


def own_name(words: str, number: int = 0) -> str:
    """A name for a field of the user's own, after that of a column; `number` tells one that has no name.

    None that would be taken for a slip of a known field's.
    """
    key = slug(words).replace("-", "_")[:_LONGEST_KEY].strip("_") or f"column_{number}"
    while not _is_key(key) or near_miss(key):
        key = f"x_{key}"
    return key


def _kept_name(name: str, number: int) -> str:
    """The name of a field that was the user's own already, if it can be written as it is."""
    return name if _is_key(name) and len(name) <= _LONGEST_KEY else own_name(name, number)


def _is_key(name: str) -> bool:
    return bool(_KEY.fullmatch(name)) and name not in BY_NAME and name.lower() not in _NOT_KEYS
