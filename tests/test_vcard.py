"""vCards as the world writes them: each fixture with what it says by hand, and files that mean harm."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.formats import vcard_lines
from ptcrm.formats.decoding import guessed_encoding, marked_encoding, text_encoding
from ptcrm.formats.vcard import LONGEST_VALUE, MOST_VALUES, cards
from ptcrm.formats.vcard_properties import _READERS, KIN
from ptcrm.model.draft import Draft, Flaw
from ptcrm.vault.schema import BY_NAME, near_miss
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data" / "import" / "vcard"


def read(content: bytes | str, encoding: str | None = None) -> tuple[list[Draft], list[Flaw]]:
    raw = content.encode() if isinstance(content, str) else content
    found = list(cards(io.BytesIO(raw), "file.vcf", encoding=encoding))
    return [one for one in found if isinstance(one, Draft)], [one for one in found if isinstance(one, Flaw)]


def fixture(name: str) -> tuple[list[Draft], list[Flaw]]:
    return read((DATA / name).read_bytes())


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def fields(*lines: str, version: str = "3.0") -> dict[str, tuple[str, ...]]:
    """The fields of a card of Anna that says this, beside her name."""
    drafts, flaws = read(card("FN:Anna", *lines, version=version))
    assert flaws == []
    return {key: values for key, values in drafts[0].fields if key != "name"}


def draft(line: int, origin: str = "", notes: str = "", **given: str | tuple[str, ...]) -> Draft:
    """A draft by hand; one value needs no brackets. The user's own fields stand behind, by name."""
    values = {key: (value,) if isinstance(value, str) else value for key, value in given.items()}
    ordered = sorted(values.items(), key=lambda one: ("", "") if one[0] in BY_NAME else ("own", one[0]))
    return Draft(f"file.vcf:{line}", tuple(ordered), origin, notes)


# As address books write them


def test_google() -> None:
    assert fixture("google.vcf") == (
        [
            draft(
                1,
                notes="Met at the fair.\nRuns two shops, Gdańsk and Hel.",
                name="Anna Kowalska",
                aliases="Ania",
                company="Rowery Kowalska",
                role="owner",
                emails=("ania@poczta.example", "anna@rowery.example"),
                phones=("+48 600 100 200", "58 301 22 33"),
                addresses="ul. Długa 5, 80-831 Gdańsk, PL",
                urls="https://rowery.example/sklep?a=1,2",
                birthday="--05-17",
                occasions=("anniversary 2012-09-01", "shop opening --05-03"),
                tags="bike-shop",
                family="Piotr Kowalski (brother)",
                department="Sprzedaż",
                related="Marta Zając (assistant)",
            ),
            draft(29, name="Żagle Sp. z o.o.", kind="company", phones="+48 58 555 01 00"),
            draft(37, name="biuro@zagle.example", emails="biuro@zagle.example"),
        ],
        [],
    )


def test_apple() -> None:
    """Yearless days, labels, a picture, a list of names; a group is no contact."""
    drafts, flaws = fixture("apple.vcf")
    assert drafts == [
        draft(
            1,
            origin="vcard:5ad380fd-b2de-4261-ba99-de1d1db52fbe",
            notes="Prefers calls before ten.",
            name="Dr. Zoë Maria Elisabet Lindqvist MBA",
            aliases="Zozo",
            company="Sjö; Segel AB",
            role="Purchaser",
            emails=("zoe@segel.example", "z.lindqvist@segel.example"),
            phones="070-123 45 67",
            addresses="Västerlånggatan 1 lgh 3, 111 29 Stockholm, Sverige",
            urls=(
                "http://segel.example",
                "http://twitter.com/zozo",
                "segelforum:zl",
                "xmpp:zoe@segel.example",
            ),
            birthday="--02-29",
            occasions="anniversary --09-01",
            family="Björn (spouse)",
            phonetic="Zo-eh, Lind-kvist",
            maiden_name="Öberg",
            department="Inköp, Norr",
            other_role="Decides on sails",
            fax="08-123 456",
        ),
        draft(45, origin="vcard:7c0a6c3e-0000-4000-8000-000000000002", name="Segelmakeriet", kind="company"),
    ]
    (group,) = flaws
    assert (group.place, group.message) == (
        "file.vcf:53",
        "this card is a group of 2 contacts, and no contact",
    )
    assert "ptcrm set" in group.hint


def test_outlook() -> None:
    """vCard 2.1 in Windows-1252: quoted-printable with soft breaks, a picture, printed addresses."""
    assert fixture("outlook.vcf") == (
        [
            draft(
                1,
                notes="Zahlt pünktlich, fragt nach Skonto.\nNicht vor 9 Uhr anrufen.",
                name="Herr Jörg Müller",
                company="Müller & Söhne",
                role="Einkaufsleiter",
                emails="joerg@mueller.example",
                phones=("+49 (30) 1234-567", "+49 171 7654321"),
                addresses="Straße der Einheit 7, 10115 Berlin, Deutschland",
                urls="http://www.mueller.example",
                birthday="1970-04-12",
                occasions="anniversary 1998-06-20",
                family="Käthe (spouse)",
                department="Einkauf",
                fax="+49 30 1234-568",
            ),
            draft(37, name="Ute Nagel", emails="ute@nagel.example", addresses="Postfach 12, 20095 Hamburg"),
        ],
        [],
    )


def test_android() -> None:
    """vCard 2.1 in quoted-printable UTF-8, what Android adds, parameters that are none, a picture not folded."""
    assert fixture("android.vcf") == (
        [
            draft(
                1,
                name="Иван Петров",
                aliases="Ваня",
                emails="ivan@lodki.example",
                phones=("+48600300400", "+48600300401", "+48600300402"),
                urls="skype:vania.lodki",
                birthday="1979-03-08",
                occasions=("anniversary 2012-09-01", "shop opening --05-03"),
                family="Olga (spouse)",
            ),
            draft(21, name="ICE", phones="112"),
        ],
        [],
    )


def test_nextcloud() -> None:
    """vCard 4.0: PREF, addresses of telephones, relatives, time zone, languages, interests, two notes."""
    drafts, flaws = fixture("nextcloud.vcf")
    assert drafts == [
        draft(
            1,
            origin="vcard:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
            notes="Two notes.\n\nThis is the other one.",
            name="Jan Nowak",
            aliases=("J. Nowak", "Janek", "Jasiek"),
            company="Nowak i Synowie",
            role="mechanik",
            emails=("jan@nowak.example", "biuro@nowak.example"),
            phones=("+48600555666", "+48-58-555-02-00 ext. 7"),
            addresses="ul. Morska 1, 84-150 Hel, pomorskie, Polska",
            urls=("https://nowak.example", "xmpp:jan@nowak.example", "mastodon:@jan@social.example"),
            language="pl",
            timezone="Europe/Warsaw",
            birthday="1975-12-24",
            occasions="anniversary 2001-08-18",
            tags=("serwis", "Hel", "port"),
            interests=("sailing", "e-bikes"),
            family=("Ewa (spouse)", "Kuba (child)"),
            department="Serwis",
            gender="M",
            other_language="de",
            related="urn:uuid:7c0a6c3e-0000-4000-8000-000000000002 (friend)",
            geo="geo:54.608,18.801",
        ),
        draft(39, name="Port Hel", kind="company", emails="port@hel.example"),
    ]
    assert [one.place for one in flaws] == ["file.vcf:46"]


def test_khard() -> None:
    (erik,), flaws = fixture("khard.vcf")
    assert flaws == []
    assert erik == draft(
        1,
        origin="vcard:8m5pr1lcuqk2zh3h",
        notes="First line\nsecond line",
        name="Erik Berg",
        company="Berg AS",
        emails="erik@berg.example",
        phones="+47 900 00 000",
        urls="twitter:erikberg",
        birthday="1984-05-17",
        occasions="anniversary 2012-09-01",
        tags="friends",
        department="Lager",
        gender="M",
    )


# Letters


@pytest.mark.parametrize(
    ("name", "person", "address", "taken"),
    [
        ("western.vcf", "Hélène Lefèvre", "3, rue de l'Église, 25000 Besançon, France", "windows-1252"),
        ("polish.vcf", "Łukasz Żółć", "ul. Długa 5, 80-831 Gdańsk, Polska", "windows-1250"),
    ],
)
def test_letters_that_are_not_named_are_guessed_and_that_is_said(
    name: str, person: str, address: str, taken: str
) -> None:
    drafts, (flaw,) = fixture(name)
    assert drafts == [draft(1, name=person, addresses=address)]
    assert flaw.place == "file.vcf"
    assert f"{taken} was taken" in flaw.message
    assert "--encoding" in flaw.hint


def test_letters_may_be_named() -> None:
    drafts, flaws = read((DATA / "polish.vcf").read_bytes(), encoding="windows-1250")
    assert (drafts[0].values("name"), flaws) == (("Łukasz Żółć",), [])
    assert read(card("FN:Anna"), encoding="zlib") == (
        [],
        [Flaw("file.vcf", "“zlib” is no encoding of text", "Name one such as utf-8 or windows-1252.")],
    )


def test_utf_16() -> None:
    assert fixture("utf-16.vcf") == ([draft(1, name="山田 太郎", phones="03-1234-5678")], [])
    text = card("FN:山田 太郎", "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=C5=BB")
    for encoding in ("utf-16", "utf-16-be", "utf-32", "utf-8-sig"):
        (one,), flaws = read(text.encode(encoding))
        assert (one.values("name"), one.notes, flaws) == (("山田 太郎",), "Ż", []), encoding


def test_a_mark_at_the_start_and_lone_carriage_returns() -> None:
    assert fixture("bom-and-lone-cr.vcf") == (
        [draft(1, name="Zoë", phones="+48 123 456 789"), draft(7, name="Rowery", kind="company")],
        [],
    )


def test_each_line_may_have_an_encoding_of_its_own() -> None:
    content = card("FN;CHARSET=ISO-8859-2:Łukasz", "NICKNAME;CHARSET=UTF-8:Łuki", version="2.1")
    raw = content.replace("Łukasz", "\0").encode().replace(b"\0", "Łukasz".encode("iso8859-2"))
    assert read(raw) == ([draft(1, name="Łukasz", aliases="Łuki")], [])


def test_names_of_encodings() -> None:
    assert text_encoding("ISO-8859-1") == text_encoding("Windows-1252") == "cp1252"
    assert text_encoding(' "UTF-8"') == "utf-8"
    assert [text_encoding(name) for name in ("zlib", "idna", "utf-7", "rot13", "utf-99", "")] == [None] * 6
    assert marked_encoding(b"B\0E\0") == "utf-16-le"
    assert marked_encoding(b"\0B\0E") == "utf-16-be"
    assert marked_encoding(b"BEGIN") is None
    assert guessed_encoding("Иван Петров\nулица Ленина".encode("cp1251")) == "cp1251"


# Single properties


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("BDAY:19840517", "1984-05-17"),
        ("BDAY:1984-05-17", "1984-05-17"),
        ("BDAY;VALUE=date:1984-05-17T00:00:00Z", "1984-05-17"),
        ("BDAY:19840517T063000+0200", "1984-05-17"),
        ("BDAY:--0517", "--05-17"),
        ("BDAY:--05-17", "--05-17"),
        ("BDAY:1604-05-17", "--05-17"),
        ("BDAY;X-APPLE-OMIT-YEAR=1900:1900-05-17", "--05-17"),
        ("BDAY:0000-05-17", "--05-17"),
    ],
)
def test_birthdays(line: str, day: str) -> None:
    assert fields(line) == {"birthday": (day,)}


@pytest.mark.parametrize("words", ["17.05.1984", "1984-02-30", "circa 1800", "1984", "---17"])
def test_a_day_that_is_none_is_said_and_the_rest_is_kept(words: str) -> None:
    (one,), (flaw,) = read(card("FN:Anna", f"BDAY:{words}", "TEL:112"))
    assert one == draft(1, name="Anna", phones="112")
    assert flaw.place == "file.vcf:4"
    assert flaw.message.startswith("BDAY: ")
    assert flaw.hint


@pytest.mark.parametrize(
    ("lines", "name", "kind"),
    [
        (["N:Kowalska;Anna,Maria;Ewa;Dr.;MSc"], "Dr. Anna Maria Ewa Kowalska MSc", None),
        (["N:;;;;", "ORG:Rowery;Serwis"], "Rowery", "company"),
        (["EMAIL:anna@rowery.example"], "anna@rowery.example", None),
        (["NICKNAME:Ania", "EMAIL:anna@rowery.example"], "Ania", None),
        (["TEL:+48 600 100 200"], "+48 600 100 200", None),
    ],
)
def test_a_card_without_fn(lines: list[str], name: str, kind: str | None) -> None:
    (one,), flaws = read(card(*lines))
    assert (one.values("name"), one.values("kind"), flaws) == ((name,), (kind,) if kind else (), [])


def test_what_names_nobody_is_said() -> None:
    drafts, (flaw,) = read(card("TITLE:owner"))
    assert (drafts, flaw.place, flaw.message) == ([], "file.vcf:1", "this card names nobody")


def test_a_company_is_not_its_own_company() -> None:
    assert fields("ORG:Anna", "KIND:org", version="4.0") == {"kind": ("company",)}
    assert fields("ORG:Rowery", "N:;Anna;;;") == {"company": ("Rowery",)}
    assert fields("ORG:Anna", "N:;Anna;;;") == {"company": ("Anna",)}


def test_what_does_not_fit_a_field_of_one_value_is_the_users_own() -> None:
    assert fields("ORG:Rowery", "ORG:Żagle", "LANG:pl", "LANG;PREF=1:de") == {
        "company": ("Rowery",),
        "language": ("de",),
        "other_company": ("Żagle",),
        "other_language": ("pl",),
    }


def test_what_is_unknown_is_kept_and_noise_is_not() -> None:
    assert fields(
        "X-STATUS:busy\\, very",
        "X-SHOE-SIZE:42",
        "X-MS-OL-DESIGN:<card/>",
        "X-APPLE-SUBLOCALITY:x",
        "X-ABUID:1",
        "REV:20250101",
        "PRODID:x",
        "SOUND:Anna",
        "KEY:data:x",
        "TZ:+01:00",
    ) == {"utc_offset": ("+01:00",), "vcard_status": ("busy, very",), "vcard_shoe_size": ("42",)}


def test_the_users_own_fields_are_no_slips_of_known_ones() -> None:
    own = {
        key
        for reader in _READERS.values()
        for key in getattr(reader, "args", ())
        if key not in BY_NAME and not key.startswith("_") and key not in KIN
    }
    assert {"geo", "phonetic", "gender"} <= own
    known = ("department", "fax", "related", "utc_offset", "other_role", "other_company", "other_language")
    assert [key for key in (*own, *known, "vcard_status") if near_miss(key)] == []


def test_backslashes() -> None:
    assert fields(r"NICKNAME:a\,b,c\\,d\;e,f\n\N g,h\i", r"URL:https\://x.example/\\") == {
        "aliases": ("a,b", "c\\", "d;e", "f g", "h\\i"),
        "urls": ("https://x.example/\\",),
    }
    assert fields("TITLE:a\\") == {"role": ("a\\",)}


def test_what_the_vault_wrote_itself() -> None:
    """`X-PTCRM-…` holds the vault's fields; what it says better than vCard wins."""
    (one,), flaws = read(
        card(
            "FN:Anna",
            "UID:0123456789abcdef0123456789abcdef@ptcrm",
            "X-PTCRM-ID:anna-k",
            "ORG:Rowery Kowalska",
            "X-PTCRM-COMPANY:rowery-kowalska",
            "X-PTCRM-CADENCE:3 weeks",
            "X-PTCRM-DO-NOT-CONTACT:true",
            r"X-PTCRM-PREFERS:call,visit",
            r"X-PTCRM-FIELD:shoe size;42\; or 43",
            "X-PTCRM-NO-FIELD:x",
        )
    )
    assert flaws == []
    assert one == draft(
        1,
        id="anna-k",
        name="Anna",
        cadence="3 weeks",
        company="rowery-kowalska",
        prefers=("call", "visit"),
        do_not_contact="true",
        shoe_size="42; or 43",
    )


# Files that mean harm


def test_hostile_cards_are_refused_or_folded_and_said() -> None:
    drafts, flaws = fixture("hostile.vcf")
    assert [(one.place, one.message) for one in flaws] == [
        ("file.vcf:1", "this line stands in no card"),
        ("file.vcf:9", "there is a card within this card (AGENT), which is left out"),
        ("file.vcf:16", '“TEL;TYPE="a:+48 1” is no line of a vCard'),
        ("file.vcf:19", "TZ: “Mars/Olympus” is no time zone"),
        ("file.vcf:18", "BDAY: “17.05.1984” is not written as dates are here"),
        ("file.vcf:21", "X-PTCRM-SNOOZE: “tomorrow” is no date"),
        ("file.vcf:23", "this card has no END:VCARD"),
        ("file.vcf:26", "this card names nobody"),
        ("file.vcf:30", "the file ends within this card"),
    ]
    assert drafts == [
        draft(
            2,
            notes="END:VCARD\nBEGIN:VCARD\nFN:Forged",
            name="../../etc/passwd",
            company="Rowery",
            role="owner status: former ## Log",
            emails="=cmd|' /C calc'!A0",
        ),
        draft(23, name="Not closed"),
        draft(30, name="Cut off", phones="+48 6"),
    ]


def test_cards_in_cards_end_nothing_however_deep() -> None:
    bomb = "AGENT:\r\nBEGIN:VCARD\r\nFN:B\r\n" * 20_000 + "END:VCARD\r\n" * 20_000
    drafts, flaws = read(card("FN:Anna", bomb + "TEL:112") + card("FN:Jan"))
    assert [one.values("name") for one in drafts] == [("Anna",), ("Jan",)]
    assert drafts[0].values("phones") == ("112",)
    assert len(flaws) == 1


def test_parameters_on_which_patterns_choke() -> None:
    """vobject alone takes exponential time for these."""
    drafts, flaws = read(card("FN:Anna", "TEL;TYPE=" + "a," * 400 + 'a"b:112', "TEL:" + "1" * 20))
    assert (len(drafts), len(flaws)) == (1, 1)


def test_what_is_too_much_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,), flaws = read(card("FN:" + "a" * 10_100, *(f"TEL:{number}" for number in range(200))))
    assert (len(one.values("name")[0]), len(one.values("phones"))) == (LONGEST_VALUE, MOST_VALUES)
    assert len(flaws) == 21
    assert flaws[-1].message == "more of this card could not be used"
    monkeypatch.setattr(vcard_lines, "LONGEST_LINE", 1000)
    (one,), (flaw,) = read(card("FN:Anna", "NOTE:" + "a" * 2000))
    assert (len(one.notes), "was cut" in flaw.message) == (1000 - len("NOTE:"), True)
    monkeypatch.setattr(vcard_lines, "MOST_LINES", 10)
    drafts, (flaw,) = read(card("FN:Anna", *["TEL:1"] * 20) + card("FN:Jan"))
    assert ([one.values("name") for one in drafts], flaw.place) == ([("Jan",)], "file.vcf:1")
    monkeypatch.setattr(vcard_lines, "LARGEST_CARD", 5000)
    drafts, (flaw,) = read(card("FN:Anna", *["X:" + "a" * 900] * 8) + card("FN:Jan"))
    assert ([one.values("name") for one in drafts], "4 MB" in flaw.message) == ([("Jan",)], True)
    monkeypatch.setattr(vcard_lines, "MOST_CARDS", 3)
    drafts, (flaw,) = read(card("FN:Anna") * 5)
    assert (len(drafts), flaw.message) == (3, "there are more than 3 cards")


def test_all_fields_together_fit_a_file() -> None:
    lines = [f"X-FIELD-{number}:{'a' * 9000}" for number in range(20)]
    (one,), flaws = read(card("FN:Anna", *lines))
    assert sum(len(value) for _, values in one.fields for value in values) < 48_000
    assert any("too much for one file" in flaw.message for flaw in flaws)


def test_a_file_without_cards() -> None:
    for content in (b"", b"\0" * 100, b"\r\n\r\n"):
        _, flaws = read(content)
        assert flaws[-1].message == "there is no vCard in this file"
    _, flaws = read("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert "ptcrm import ics" in flaws[0].hint


def test_one_card_at_a_time_is_in_memory() -> None:
    picture = "PHOTO;ENCODING=b:" + "A" * 60 + ("\r\n " + "A" * 74) * 200
    content = (card("FN:Anna", "TEL:112", picture) * 400).encode()
    stream = io.BytesIO(content)
    tracemalloc.start()
    try:
        assert sum(1 for _ in cards(stream, "file.vcf")) == 400
        assert tracemalloc.get_traced_memory()[1] < 4_000_000 < len(content)
    finally:
        tracemalloc.stop()
    assert not stream.closed


WHOLE = b"".join(path.read_bytes() for path in sorted(DATA.glob("*.vcf")))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4)), max_size=40))
def test_whatever_is_damaged_is_said_and_never_raised(damage: list[tuple[int, bytes]]) -> None:
    content = bytearray(WHOLE)
    for at, new in damage:
        content[at : at + len(new)] = new
    drafts, flaws = read(bytes(content[damage[0][0] if damage else 0 :]))
    for one in drafts:
        values = [value for _, given in one.fields for value in given]
        assert one.values("name")
        assert all(value == " ".join(value.split()) for value in values)
        assert not any(char < " " or "\x7f" <= char <= "\x9f" for value in values for char in value)
    assert drafts or flaws


def test_the_name_of_the_file_is_in_every_place() -> None:
    found = list(cards(io.BytesIO((DATA / "hostile.vcf").read_bytes()), "Kontakte (1).vcf"))
    assert all(one.place.startswith("Kontakte (1).vcf:") for one in found)
