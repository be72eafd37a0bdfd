"""Address books in CSV: fixtures of each program, encodings, delimiters, days, odd rows, caps."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.errors import UsageError
from ptcrm.formats import contact_rows, delimited
from ptcrm.formats.contact_columns import mapped, own_name
from ptcrm.formats.contacts_csv import Layout, drafts, layout_of
from ptcrm.model.draft import Draft, Flaw
from ptcrm.vault.schema import near_miss
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "data" / "import" / "csv"

Fields = dict[str, str | list[str]]


def layout(content: bytes, **options: object) -> Layout:
    found = layout_of(io.BytesIO(content), "x.csv", **options)  # type: ignore[arg-type]
    assert isinstance(found, Layout), found
    return found


def refused(content: bytes, **options: object) -> Flaw:
    found = layout_of(io.BytesIO(content), "x.csv", **options)  # type: ignore[arg-type]
    assert isinstance(found, Flaw), found
    return found


def read(content: bytes | str, **options: object) -> tuple[list[Draft], list[Flaw]]:
    raw = content.encode() if isinstance(content, str) else content
    found = list(drafts(io.BytesIO(raw), "x.csv", layout(raw, **options)))
    return [one for one in found if isinstance(one, Draft)], [one for one in found if isinstance(one, Flaw)]


def fields(draft: Draft) -> Fields:
    """The fields of a draft, one value as itself."""
    return {name: list(values) if len(values) > 1 else values[0] for name, values in draft.fields}


def of_file(name: str, **options: object) -> tuple[list[Draft], list[Flaw]]:
    return read((FIXTURES / name).read_bytes(), **options)


# Each program's files


def test_google_until_2024() -> None:
    found, flaws = of_file("google-old.csv")
    assert flaws == []
    assert [one.place for one in found] == ["x.csv:2", "x.csv:6", "x.csv:7", "x.csv:8"]
    assert fields(found[0]) == {
        "name": "Anna Kowalska",
        "aliases": "Ania",
        "company": "Rowery Kowalska",
        "role": "owner",
        "emails": ["anna@rowery.example", "ania@rowery.example", "anna@home.example"],
        "phones": ["+48 600 100 200", "+48 600 100 201"],
        "addresses": "ul. Długa 5, 80-831 Gdańsk, PL",
        "urls": "https://rowery.example",
        "birthday": "1984-05-17",
        "occasions": "Anniversary 2012-09-01",
        "tags": "Bike shops",
        "family": "Marek (spouse)",
        "department": "Sales",
        "fax": "+48 58 300 10 11",
        "bike_size": "54",
    }
    assert found[0].notes == "Met at the fair.\nBuys frames."
    assert fields(found[1]) == {"name": "Zoë Müller", "phones": "+49 30 1234567", "birthday": "--02-29"}
    assert fields(found[2]) == {"name": "office@hafen.example", "emails": "office@hafen.example"}
    assert fields(found[3]) == {"name": "Hafen GmbH", "kind": "company", "phones": "+49 40 555000"}


def test_google_since_2024() -> None:
    [one], flaws = of_file("google-new.csv")
    assert flaws == []
    assert fields(one) == {
        "name": "Jan Maria Nowak Jr.",
        "company": "Nowak i Synowie",
        "role": "partner",
        "emails": "jan@nowak.example",
        "phones": "+48 601 222 333",
        "addresses": "ul. Morska 1, 84-150 Hel, PL",
        "urls": "https://nowak.example",
        "birthday": "1979-11-02",
        "tags": "Bike shops",
        "name_prefix": "Dr",
    }
    assert one.notes == "Prefers the phone."


def test_outlook_in_english() -> None:
    found, [flaw] = of_file("outlook-en.csv")
    assert fields(found[0]) == {
        "name": "Anna Kowalska",
        "company": "Rowery Kowalska",
        "role": "owner",
        "emails": "anna@rowery.example",
        "phones": ["+48 58 300 10 10", "+48 600 100 200"],
        "addresses": "ul. Długa 5, lok. 2, 80-831 Gdańsk, Poland",
        "places": "Sopot",
        "urls": "https://rowery.example",
        "birthday": "1984-05-17",
        "occasions": "anniversary 2012-09-01",
        "tags": ["Bike shops", "Newsletter"],
        "interests": "sailing",
        "family": ["Ola (child)", "Marek (spouse)"],
        "referred_by": "Jan Nowak",
        "name_prefix": "Ms",
        "department": "Sales",
        "fax": "+48 58 300 10 11",
    }
    assert fields(found[1]) == {"name": "Jan Nowak"}  # 0/0/00 is no day
    assert flaw.place == "x.csv:5"
    assert "/o=ExchangeLabs" in flaw.message


def test_outlook_in_german() -> None:
    [one], flaws = of_file("outlook-de.csv")
    assert flaws == []
    assert fields(one) == {
        "name": "Jörg Müller",
        "company": "Räder & Söhne",
        "role": "Geschäftsführer",
        "emails": ["joerg@raeder.example", "jm@home.example"],
        "phones": ["+49 211 123456", "+49 170 1234567"],
        "addresses": ["Königsallee 3, 40212 Düsseldorf, Deutschland", "Am Ufer 1, 50667 Köln"],
        "birthday": "1970-04-03",
        "tags": "Händler",
        "family": "Käthe (spouse)",
        "name_prefix": "Herr",
    }


def test_linkedin() -> None:
    found, [flaw] = of_file("linkedin.csv")
    assert fields(found[0]) == {
        "name": "Anna Kowalska",
        "company": "Rowery Kowalska",
        "role": "Owner, buyer",
        "emails": "anna@rowery.example",
        "urls": "https://www.linkedin.com/in/anna-kowalska-0",
        "connected": "2021-03-05",
    }
    assert found[0].origin == "linkedin:https://www.linkedin.com/in/anna-kowalska-0"
    assert fields(found[1])["name"] == "Zoë Müller, MBA"
    assert fields(found[1])["connected"] == "2020-02-29"
    assert (flaw.place, "nobody is named" in flaw.message) == ("x.csv:7", True)


def test_hubspot() -> None:
    found, flaws = of_file("hubspot.csv")
    assert flaws == []
    assert fields(found[0]) == {
        "name": "Anna Kowalska",
        "company": "Rowery Kowalska",
        "role": "Owner",
        "emails": "anna@rowery.example",
        "phones": "+48 600 100 200",
        "places": "Gdańsk",
        "urls": "rowery.example",
        "birthday": "1984-05-17",
        "owner": "Marta Zielińska",
        "lead_status": "Open deal",
        "lifecycle_stage": "Customer",
        "create_date": "2024-03-05 10:20",
        "country": "Poland",
    }
    assert [one.origin for one in found] == ["hubspot:51", "hubspot:52"]


def test_monica() -> None:
    [one], flaws = of_file("monica.csv")
    assert flaws == []
    assert one.origin == "monica:0d6fa4c1-9f6e-4a1c-8c0e-5b1d3c2a7e10"
    assert one.notes == "Runs two shops."
    assert fields(one) == {
        "name": "Anna Kowalska",
        "aliases": "Ania",
        "company": "Rowery Kowalska",
        "role": "owner",
        "food_preferences": "no nuts",
        "first_met_where": "Gdańsk fair",
        "first_met_additional_info": "Jan introduced us",
        "last_talked_to": "2026-03-02",
    }


def test_folk() -> None:
    [one], flaws = of_file("folk.csv")
    assert flaws == []
    assert fields(one) == {
        "name": "Anna Kowalska",
        "company": "Rowery Kowalska, Hel Sails",
        "role": "Owner",
        "emails": ["anna@rowery.example", "ania@home.example"],
        "phones": ["+48 600 100 200", "+48 58 300 10 10"],
        "addresses": "ul. Długa 5, 80-831 Gdańsk",
        "urls": ["https://rowery.example", "https://linkedin.example/anna"],
        "birthday": "1984-05-17",
        "tags": ["Customers", "Fair 2026"],
        "gender": "Female",
        "created_at": "2024-03-05",
    }


@pytest.mark.parametrize(
    ("name", "source", "encoding", "delimiter", "order", "header"),
    [
        ("google-old.csv", "Google Contacts", "utf-8", "comma", "", 1),
        ("google-new.csv", "Google Contacts", "utf-8", "comma", "", 1),
        ("outlook-en.csv", "Outlook", "windows-1250", "comma", "mdy", 1),
        ("outlook-de.csv", "Outlook", "windows-1252", "comma", "dmy", 1),
        ("linkedin.csv", "LinkedIn", "utf-8", "comma", "", 4),
        ("hubspot.csv", "HubSpot", "utf-8", "comma", "", 1),
        ("monica.csv", "Monica", "utf-8", "comma", "", 1),
        ("folk.csv", "folk", "utf-8", "comma", "", 1),
        ("excel-unicode.txt", "", "utf-16", "tab", "dmy", 1),
        ("excel-cp1250.csv", "", "windows-1250", "semicolon", "dmy", 2),
        ("mac.csv", "", "mac-roman", "semicolon", "dmy", 1),
    ],
)
def test_how_a_file_is_written_is_found(
    name: str, source: str, encoding: str, delimiter: str, order: str, header: int
) -> None:
    found = layout((FIXTURES / name).read_bytes())
    assert (found.source.title, found.encoding, found.delimiter) == (source, encoding, delimiter)
    assert (found.order.name, found.header) == (order, header)


def test_spreadsheets_of_one_s_own() -> None:
    [polish], flaws = of_file("excel-unicode.txt")
    assert flaws == []
    assert fields(polish) == {
        "name": "Łukasz Żółć",
        "company": 'Żółć "i" Syn',
        "emails": "lukasz@zolc.example",
        "phones": "600 300 400",
        "birthday": "1984-05-17",
    }
    assert polish.notes == "Dwie\nlinie"
    found, flaws = of_file("excel-cp1250.csv")
    assert flaws == []
    assert fields(found[1]) == {"name": "Święta Anna", "places": "Gdańsk"}
    found, flaws = of_file("mac.csv")  # lines end in CR alone
    assert flaws == []
    assert [one.place for one in found] == ["x.csv:2", "x.csv:3"]
    assert fields(found[0]) == {
        "name": "Élodie Lefèvre",
        "company": "Vélos Besançon",
        "emails": "elodie@velos.example",
        "addresses": "4 rue du Lac, 25000 Besançon",
        "birthday": "1990-12-04",
    }


def test_a_file_in_an_unknown_language_is_mapped() -> None:
    content = (FIXTURES / "iso-8859-2.csv").read_bytes()
    flaw = refused(content)
    assert "Jméno, Příjmení, E-mail, Město" in flaw.message
    assert "--map 'Jméno=name'" in flaw.hint
    columns = mapped(["Jméno=name", "Příjmení=name", "Město=places"])
    found, flaws = read(content, columns=columns)
    assert flaws == []
    assert [fields(one) for one in found] == [
        {"name": "Šárka Němcová", "emails": "sarka@kola.example", "places": "Plzeň"},
        {"name": "Jiří Dvořák", "emails": "jiri@kola.example", "places": "Brno"},
    ]


# What is given instead of found


def test_columns_that_are_given_win() -> None:
    columns = mapped(["Name=company", "X=name", "Rating = 5=tier", "Phone=-", "Memo=mood"])
    assert columns["Rating = 5"] == "tier"
    [one], _ = read("Name,X,Rating = 5,Phone,Memo\nHafen,Zoë,gold,1234567,good\n", columns=columns)
    assert fields(one) == {"name": "Zoë", "company": "Hafen", "tier": "gold", "mood": "good"}


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        ("Name", "Column=field"),
        ("=name", "Column=field"),
        ("A=email", "emails"),
        ("A=a b", "cannot be"),
        ("A=no", "cannot"),
    ],
)
def test_a_map_that_means_nothing(pair: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        mapped([pair])


def test_a_map_of_a_column_that_is_not_there() -> None:
    flaw = refused(b"Name,E-Mail\nA,a@x.example\n", columns=mapped(["Nam=name"]))
    assert (flaw.message, flaw.hint) == ("--map: there is no column “Nam”", "There are: Name, E-Mail.")


def test_encoding_delimiter_and_days_that_are_given() -> None:
    content = "Name;Birthday\nPaweł, Jr;05/06/1984\n".encode("cp1250")
    [one], flaws = read(content, encoding="windows-1250", delimiter="semicolon", dates="mdy")
    assert (fields(one), flaws) == ({"name": "Paweł, Jr", "birthday": "1984-05-06"}, [])
    [one], flaws = read(content, encoding="utf-8", dates="DMY")
    assert fields(one) == {"name": "Pawe�, Jr", "birthday": "1984-06-05"}
    assert "not utf-8" in flaws[0].message
    assert "--encoding" in flaws[0].hint


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": "x"},
        {"delimiter": "none"},
        {"encoding": "utf8x"},
        {"encoding": "hex"},
        {"encoding": "a\0b"},
        {"dates": "ydm"},
    ],
)
def test_words_that_are_none(options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="--"):
        layout_of(io.BytesIO(b"Name\nA\n"), "x.csv", **options)  # type: ignore[arg-type]


def test_an_encoding_that_cannot_pass_over_what_is_wrong() -> None:
    for encoding in ("idna", "punycode", "utf-7", "utf-32", "unicode_escape"):
        raw = "Name\n\\ué€\n".encode()
        found = layout_of(io.BytesIO(raw), "x.csv", encoding=encoding)
        if isinstance(found, Layout):
            list(drafts(io.BytesIO(raw), "x.csv", found))


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_every_form(encoding: str) -> None:
    [one], flaws = read("Name,Firma\r\nŁucja 株,Zoë\r\n".encode(encoding))
    assert (fields(one), flaws) == ({"name": "Łucja 株", "company": "Zoë"}, [])


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("Name;Ort\nJörg Müller;Köln\nZoë;Düsseldorf\n", ("cp1252", "latin-1", "cp1250", "mac_roman")),
        ("Name;Mail\nJörg;j@x.example\n", ("cp1252", "latin-1")),
        ("Nazwa;Miasto\nŚwięta Łucja;Łódź\nPaweł Żak;Gdańsk\n", ("cp1250", "iso8859_2")),
        ("Name;Mail\nPaweł Kłos;p@x.example\n", ("cp1250", "iso8859_2")),
        ("Nom;Ville\nÉlodie Lefèvre;Besançon\nNoël;Orléans\n", ("cp1252", "latin-1")),
        ("Name;City\nSøren Kjærgård;Århus\nBjørn;Ølstykke\n", ("cp1252", "latin-1")),
        ("Name;City\nИван Петров;Киев\nАнна Каренина;Москва\n", ("cp1251",)),
    ],
)
def test_letters_with_accents_and_others(text: str, encodings: tuple[str, ...]) -> None:
    names = [line.split(";")[0] for line in text.split("\n")[1:-1]]
    for encoding in encodings:
        found, _ = read(text.encode(encoding))
        assert [fields(one)["name"] for one in found] == names, encoding


def test_a_letter_far_down_is_read_right() -> None:
    many = "".join(f"Customer {number};c{number}@x.example\n" for number in range(9_000))
    content = f"Name;E-mail\n{many}Paweł Żółć;p@x.example\n"
    for encoding in ("utf-8", "cp1250"):
        found, flaws = read(content.encode(encoding))
        assert (len(found), flaws) == (9_001, [])
        assert fields(found[-1])["name"] == "Paweł Żółć"


# Delimiters and rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    rows = [("Name", "Notes", "Phone"), ("A", '"x,;|\t""y"" z"', "1234567"), ("B", "", "")]
    content = end.join(delimiter.join(row) for row in rows)
    found, flaws = read(content)
    assert flaws == []
    assert [fields(one) for one in found] == [{"name": "A", "phones": "1234567"}, {"name": "B"}]
    assert found[0].notes == 'x,;| "y" z'


def test_short_rows_long_rows_and_blank_ones() -> None:
    found, [flaw] = read(
        "\n\nName,E-mail,Phone\n\nA\n,,\nB,b@x.example,1234567,,\nC,,,left\nName,E-mail,Phone\n"
    )
    assert [(one.place, fields(one)) for one in found] == [
        ("x.csv:5", {"name": "A"}),
        ("x.csv:7", {"name": "B", "emails": "b@x.example", "phones": "1234567"}),
        ("x.csv:8", {"name": "C"}),
    ]
    assert flaw.place == "x.csv:8"
    assert "left out: left" in flaw.message


def test_duplicated_headers_and_columns_without_a_name() -> None:
    [one], flaws = read("Name,E-mail,E-mail,,Shirt,shirt,\nA,a@x.example,b@x.example,odd,L,blue,\n")
    assert flaws == []
    assert fields(one) == {
        "name": "A",
        "emails": ["a@x.example", "b@x.example"],
        "column_4": "odd",
        "shirt": "L, blue",
    }


def test_two_hundred_columns() -> None:
    names = ",".join(["Name", *(f"Trait {number}" for number in range(200))])
    cells = ",".join(["A", *(f"v{number}" for number in range(200))])
    [one], flaws = read(f"{names}\n{cells}\n")
    assert flaws == []
    assert len(one.fields) == 201
    assert one.values("trait_199") == ("v199",)


def test_breaks_and_controls_are_folded() -> None:
    [one], flaws = read(
        'Name,City,Company\n"A\r\n- 2026-01-01 sale: x","Li\x00ne\u2028two","C\x1b[1m\x85D"\n'
    )
    assert flaws == []
    assert fields(one) == {"name": "A - 2026-01-01 sale: x", "places": "Line two", "company": "C[1m D"}


def test_a_formula_s_mark_is_taken_off() -> None:
    [one], _ = read("Name,Company,Notes\n'=1+1,'-x,'+48\n")
    assert (fields(one), one.notes) == ({"name": "=1+1", "company": "-x"}, "+48")


def test_an_address_and_its_parts_are_one_address() -> None:
    found, _ = read(
        "Name;Adresse;PLZ;Ort;Land\n"
        "Eva Braun;Hauptstr. 5;20095;Hamburg;DE\n"
        "Jan Nowak;Weg 1, 20095 Hamburg;20095;Hamburg;\n"
        "Uwe Wal;Weg 2;;;DE\n"
        "Ida Ort;;;Bremen;\n"
    )
    given = [[*one.values("addresses"), *one.values("places")] for one in found]
    assert given == [["Hauptstr. 5, 20095 Hamburg, DE"], ["Weg 1, 20095 Hamburg"], ["Weg 2, DE"], ["Bremen"]]


def test_google_s_formatted_address_is_the_one_of_its_parts() -> None:
    head = "First Name,E-mail 1 - Value,Address 1 - Formatted,Address 1 - Street,Address 1 - City"
    head += ",Address 1 - Region,Address 1 - Postal Code,Address 1 - Country\n"
    found, _ = read(
        head
        + 'Ann,,"12 Main St\nUnit 3\nSpringfield, IL 62701\nUS","12 Main St\nUnit 3",Springfield,IL,62701,US\n'
        'Bob,,"Gdańsk\nPL",,Gdańsk,,,PL\n'
    )
    assert found[0].values("addresses") == ("12 Main St, Unit 3, Springfield, IL 62701, US",)
    assert (found[1].values("addresses"), found[1].values("places")) == ((), ("Gdańsk",))


def test_a_name_is_put_together() -> None:
    found, _ = read("Vorname,Name,Suffix\nJörg,Müller,\nJan,Nowak,jun.\n")
    assert [fields(one)["name"] for one in found] == ["Jörg Müller", "Jan Nowak jun."]
    found, _ = read("Nombre,Correo\nJosé Peña,j@x.example\n")
    assert fields(found[0])["name"] == "José Peña"
    found, _ = read("Nombre,Apellidos\nJosé,Peña Muñoz\n")
    assert fields(found[0])["name"] == "José Peña Muñoz"


def test_a_file_of_addresses_alone() -> None:
    [one], flaws = read("E-mail\nAnna <a@x.example>\n")
    assert (fields(one), flaws) == ({"name": "a@x.example", "emails": "a@x.example"}, [])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n"])
def test_a_file_of_nothing(content: bytes) -> None:
    assert refused(content).message == "there is no row in this file"


def test_a_file_without_a_header() -> None:
    flaw = refused(b"Anna Kowalska,anna@x.example\n")
    assert "There are: Anna Kowalska, anna@x.example" in flaw.message
    assert "first row must have the names" in flaw.hint


def test_a_log_is_no_list_of_customers() -> None:
    assert (
        "log"
        in refused(
            b"customer,name,date,time,channel,qualifiers,text\nanna,Anna,2026-01-01,,call,,x\n"
        ).message
    )


def test_values_that_do_not_fit_leave_the_rest() -> None:
    found, flaws = read("Name,Birthday,Timezone,kind,cadence,Phone\nA,soon,Mars/X,robot,often,n/a\n")
    assert [fields(one) for one in found] == [{"name": "A"}]
    assert [flaw.message.partition(":")[0] for flaw in flaws] == [
        "Birthday",
        "Timezone",
        "kind",
        "cadence",
        "Phone",
    ]


def test_a_second_value_of_a_single_field_is_kept() -> None:
    [one], _ = read("Name,Company,Organization\nA,Hafen,Werft\n")
    assert fields(one) == {"name": "A", "company": "Hafen", "other_company": "Werft"}


# Days


@pytest.mark.parametrize(
    ("days", "read_as"),
    [
        (["17/05/1984", "05/06/1984"], ["1984-05-17", "1984-06-05"]),
        (["05/17/1984", "05/06/1984"], ["1984-05-17", "1984-05-06"]),
        (["5.6.1984", "05.06."], ["1984-06-05", "--06-05"]),
        (["1984/5/6", "1984-05-06T00:00:00Z", "1984.05.06."], ["1984-05-06"] * 3),
        (["17/05/1984", "05/17/1984", "05/05/1984"], ["1984-05-17"] * 2 + ["1984-05-05"]),
        (
            ["5 Mar 2021", "March 5, 2021", "5. März 2021", "5 marca 2021", "5 de marzo de 2021"],
            ["2021-03-05"] * 5,
        ),
        (["05-Mar-2021", "17/05/1984 12:30"], ["2021-03-05", "1984-05-17"]),
        (["--05-17", "--0229", "0/0/00", "0000-00-00", "-"], ["--05-17", "--02-29"]),
    ],
)
def test_days_are_read_by_the_whole_file(days: list[str], read_as: list[str]) -> None:
    found, flaws = read("Name;Birthday\n" + "".join(f"A;{day}\n" for day in days))
    assert flaws == []
    assert [fields(one)["birthday"] for one in found if one.values("birthday")] == read_as


def test_days_that_may_be_read_in_two_ways_are_not_taken() -> None:
    found, [flaw] = read("Name,Birthday,Anniversary\nA,05/06/1984,01/02/2003\nB,07/07/1984,\n")
    assert [fields(one) for one in found] == [{"name": "A"}, {"name": "B", "birthday": "1984-07-07"}]
    assert flaw.place == "x.csv"
    assert flaw.message.startswith("2 days such as 05/06/1984 may be read in two ways")
    assert "--dates dmy" in flaw.hint


def test_days_that_are_none() -> None:
    _, flaws = read(
        "Name,Birthday\nA,1/2/84\nB,30/02/1984\nC,13/13/1984\nD,2026-02-30\nE,last week\nF,30819\n"
    )
    assert [flaw.message for flaw in flaws] == [
        "Birthday: “1/2/84” has a year of two digits",
        *(
            f"Birthday: “{day}” is no day in the order dmy"
            for day in ("30/02/1984", "13/13/1984", "2026-02-30", "last week", "30819")
        ),
    ]


# Caps and hostile files


def test_a_quote_that_is_never_closed() -> None:
    found, [flaw] = read('Name,Notes\nA,x\nB,"open\nC,z\nD,z\n')
    assert [fields(one) for one in found] == [{"name": "A"}]
    assert flaw.place == "x.csv:3"
    assert "never closed" in flaw.message


def test_a_line_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW", 1_000)
    found, [flaw] = read("Name,Notes\nA,x\nB," + "y" * 300_000 + "\nC,z\n")
    assert [fields(one) for one in found] == [{"name": "A"}, {"name": "C"}]
    assert (flaw.place, "too long" in flaw.message) == ("x.csv:3", True)
    found, [flaw] = read('Name,Notes\nA,x\nB,"' + "y\n" * 600 + '"\nC,z\n')
    assert [fields(one) for one in found] == [{"name": "A"}]
    assert (flaw.place, "does not end" in flaw.message) == ("x.csv:3", True)


def test_a_cell_that_is_too_large() -> None:
    found, [flaw] = read("Name,Notes\nA,x\nB," + "y" * 200_000 + "\nC,z\n")
    assert [fields(one) for one in found] == [{"name": "A"}, {"name": "C"}]
    assert flaw.place == "x.csv:3"


def test_too_many_rows_columns_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROWS", 3)
    found, [flaw] = read("Name\n" + "A\n" * 10)
    assert (len(found), "only the first 3" in flaw.message) == (2, True)
    assert "is no header" in refused(b"Name," * 2_000).message
    monkeypatch.setattr("ptcrm.formats.contacts_csv.MAX_BYTES", 10)
    assert "over" in refused(b"Name\nAnna Kowalska\n").message


def test_values_that_are_too_long_or_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_rows, "MAX_VALUES", 3)
    monkeypatch.setattr(contact_rows, "MAX_RECORD", 2_300)
    mails = ";".join(f"a{number}@x.example" for number in range(10))
    [one], flaws = read(f"Name,E-mail,Trait,More\nA,{mails},{'y' * 5_000},{'z' * 500}\n", delimiter="comma")
    assert len(one.values("emails")) == 3
    assert one.values("trait") == ("y" * 2_000,)
    assert one.values("more") == ()
    assert [flaw.message.partition(":")[0] for flaw in flaws] == ["Trait", "emails", "more"]


@given(st.binary(max_size=300))
def test_no_bytes_raise(content: bytes) -> None:
    for head in (b"", b"Name,E-mail,Birthday,Notes\n", b"\xff\xfe"):
        raw = head + content
        found = layout_of(io.BytesIO(raw), "x.csv")
        if isinstance(found, Layout):
            for one in drafts(io.BytesIO(raw), "x.csv", found):
                if isinstance(one, Draft):
                    assert all(len(value.splitlines()) == 1 for _, values in one.fields for value in values)


@given(st.text(max_size=40))
def test_a_column_s_name_makes_a_key_that_is_the_user_s_own(words: str) -> None:
    key = own_name(words, 7)
    assert near_miss(key) is None
    assert mapped([f"A={key}"]) == {"A": key}


def test_rows_are_read_one_by_one() -> None:
    """A book of any length is never in memory as a whole."""

    class Endless(io.RawIOBase):
        """A first row, then the same row again and again."""

        read_so_far = 0

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def seek(self, *_: int) -> int:
            self.read_so_far = 0
            return 0

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
            pattern = b"Name,E-mail\n" + b"Anna,a@x.example\n" * 100
            part = (pattern * (len(view) // len(pattern) + 1))[: len(view)]
            view[:] = part
            self.read_so_far += len(part)
            return len(part)

    content = b"Name,E-mail\nAnna,a@x.example\n"
    stream = Endless()
    found = drafts(stream, "x.csv", layout(content))  # type: ignore[arg-type]
    assert isinstance(next(found), Draft)
    assert stream.read_so_far < 1 << 20


def test_the_stream_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"Name\nA\n")
    with path.open("rb") as stream:
        found = layout_of(stream, "x.csv")
        assert isinstance(found, Layout)
        assert len(list(drafts(stream, "x.csv", found))) == 1
        assert len(list(drafts(stream, "x.csv", found))) == 1
