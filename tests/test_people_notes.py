"""Notes about people as drafts: the folder tests/data/import/notes, and what hostile notes come to."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ptcrm.formats.note_fields import LAST_CONTACT, LONGEST_VALUE, MAX_FLAWS, MAX_VALUES, meaning, own_name
from ptcrm.formats.people_notes import DAILY, INDEXES, MAX_NOTE, OTHERS, TEMPLATES, drafts, log_headings
from ptcrm.model.config import Config
from ptcrm.model.customer import LogEntry
from ptcrm.model.diagnostic import Problem
from ptcrm.model.draft import Draft, Flaw
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import BY_NAME, own_field, values_for
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "data" / "import" / "notes"


def read(text: str, path: str = "People/Anna.md") -> tuple[Draft | None, list[str], Counter[str]]:
    """The draft of a note, what its flaws say, and what was left out."""
    left_out = Counter[str]()
    found = list(drafts(text.encode("utf-8", "surrogatepass"), path, left_out))
    flaws = [one.message for one in found if isinstance(one, Flaw)]
    return next((one for one in found if isinstance(one, Draft)), None), flaws, left_out


def fields(text: str, path: str = "People/Anna.md") -> dict[str, tuple[str, ...]]:
    draft, flaws, _ = read(text, path)
    assert draft is not None
    assert flaws == []
    return dict(draft.fields)


def noted(path: str) -> list[Draft | Flaw]:
    return list(drafts((FOLDER / path).read_bytes(), path, Counter()))


def test_a_note_of_obsidian() -> None:
    path = "People/Anna Kowalska.md"
    (draft,) = noted(path)
    assert isinstance(draft, Draft)
    assert dict(draft.fields) == {
        "name": ("Anna Kowalska",),
        "aliases": ("Anka", "Anna Kowalska"),
        "emails": ("anna@rowery.example", "shop@rowery.example"),
        "phones": ("+48 600 100 200",),
        "birthday": ("1984-05-17",),
        "company": ("Rowery Kowalska Sp. z o.o.",),
        "role": ("Owner",),
        "tags": ("person", "bike-shop"),
        "places": ("Gdańsk",),
        "urls": ("https://rowery.example",),
        "family": ("Marek Kowalski (spouse)",),
        "occasions": ("wedding 2012-09-01",),
        "first_met": ("Gdańsk fair, 2019",),
        "favourite_colour": ("red",),
        "note_status": ("evergreen",),
    }
    assert draft.entries == ("2026-10-12: Last contact, by the note",)
    assert (draft.origin, draft.place, draft.is_of_known) == (f"notes:{path}", path, False)
    assert draft.body.encode() == (FOLDER / path).read_bytes().partition(b"\n---\n")[2]
    assert log_headings(draft.body) == ("Interactions",)


def test_a_note_that_is_only_text() -> None:
    path = "People/@Jan Nowak.md"
    (draft,) = noted(path)
    assert isinstance(draft, Draft)
    assert dict(draft.fields) == {
        "name": ("Jan Nowak",),
        "phones": ("600 700 800",),
        "aliases": ("@Jan Nowak",),
    }
    assert draft.body.encode() == (FOLDER / path).read_bytes()


def test_what_does_not_fit_is_a_flaw_or_a_field_of_ones_own() -> None:
    path = "People/202401011200-ola.md"
    *flaws, draft = noted(path)
    assert isinstance(draft, Draft)
    assert dict(draft.fields) == {
        "name": ("Ola",),
        "company": ("Acme",),
        "occasions": ("anniversary --05-03",),
        "note_cadence": ("sometimes",),
        "note_timezone": ("Mars/Base",),
        "note_id": ("42",),
        "addresses": ("Długa 5, Gdańsk",),
        "tags": ("a", "b", "c"),
        "aliases": ("202401011200-ola",),
    }
    assert [flaw.message.partition(":")[0] for flaw in flaws if isinstance(flaw, Flaw)] == [
        "born",
        "timezone",
    ]


def test_a_company_and_a_name_in_the_heading() -> None:
    (acme,), (zofia,) = noted("People/Acme.md"), noted("People/zofia-maj.md")
    assert isinstance(acme, Draft)
    assert isinstance(zofia, Draft)
    assert dict(acme.fields) == {
        "name": ("Acme",),
        "aliases": ("Acme",),
        "kind": ("company",),
        "urls": ("acme.example",),
    }
    assert dict(zofia.fields) == {"name": ("Zofia Maj",)}
    assert zofia.body.startswith("# Zofia Maj\n")


@pytest.mark.parametrize(
    ("path", "reason"),
    [("Templates/Person.md", TEMPLATES), ("People/New person.md", TEMPLATES), ("Journal/2026-11-02.md", DAILY),
     ("People/People MOC.md", INDEXES), ("People/A book.md", OTHERS)],
)  # fmt: skip
def test_notes_about_nobody_are_counted(path: str, reason: str) -> None:
    left_out = Counter[str]()
    assert list(drafts((FOLDER / path).read_bytes(), path, left_out)) == []
    assert left_out == {reason: 1}


@pytest.mark.parametrize(
    ("path", "message"), [("People/broken.md", "quotes do not close"), ("People/latin.md", "not UTF-8")]
)
def test_notes_that_cannot_be_read_are_not_taken_in_part(path: str, message: str) -> None:
    (flaw,) = noted(path)
    assert isinstance(flaw, Flaw)
    assert message in flaw.message


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [("2026-W45.md", "", DAILY), ("20261102.md", "", DAILY), ("2026-11.md", "", DAILY), ("02.11.2026.md", "", DAILY),
     ("2026-11-02 Monday.md", "", DAILY), ("2026-11-02 Anna.md", "---\ntype: person\n---\n", None),
     ("README.md", "", INDEXES), ("People/People.md", "", INDEXES), ("index.md", "---\nemail: a@x.example\n---\n", None),
     ("Anna.md", "---\nkanban-plugin: board\n---\n", INDEXES), ("Anna.excalidraw.md", "", INDEXES),
     ("All.md", "```dataview\nTABLE email\n```\n", INDEXES), ("x/_templates/a.md", "", TEMPLATES),
     ("Szablon osoby.md", "", TEMPLATES), ("Anna.md", "---\ntags: [meeting]\n---\n", None),
     ("Anna.md", "---\ntype: meeting\n---\n", OTHERS), ("Anna.md", "---\ntype: meeting\ntags: crm/person\n---\n", None),
     ("Anna.md", '---\ntype: "[[Person]]"\n---\n', None), ("1984.md", "", DAILY), ("Anna 1984.md", "", None)],
)  # fmt: skip
def test_who_is_a_person(path: str, text: str, reason: str | None) -> None:
    draft, flaws, left_out = read(text, path)
    assert (draft is None, flaws) == (reason is not None, [])
    assert left_out == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [("anna-kowalska.md", "# Anna Kowalska\n", "Anna Kowalska"), ("Anna.md", "# My sister\n", "Anna"), ("123.md", "# Anna\n", "Anna"),
     ("202401011200 Anna.md", "", "Anna"), ("Anna.md", "---\ntitle: ANNA\n---\n", "ANNA"), ("Anna.md", "---\nname: Anna Maj\n---\n", "Anna Maj"),
     ("Zoe\u0308.md", "", "Zoë"), ("Anna.markdown", "", "Anna"), ("Anna.MD", "", "Anna"), ("a\nb.md", "", "a b"), ("-x.md", "", "-x"), ("@.md", "", "@"), ("a/../../b.md", "", "b")],
)  # fmt: skip
def test_names(path: str, text: str, name: str) -> None:
    assert fields(text, path)["name"] == (name,)


@pytest.mark.parametrize(
    ("key", "meant"),
    [("E-Mail", "emails"), ("WORKS_AT", "company"), ("date-of-birth", "birthday"), ("Last contacted", LAST_CONTACT),
     ("Imię i nazwisko", "name"), ("cadence_until", "cadence_until"), ("Do not contact", "do_not_contact"), ("met", None), ("", None)],
)  # fmt: skip
def test_what_keys_mean(key: str, meant: str | None) -> None:
    assert meaning(key) == meant


@pytest.mark.parametrize(
    ("key", "name"),
    [("Favourite colour", "favourite_colour"), ("met", "met"), ("id", "note_id"), ("2nd", "note_2nd"), ("---", "field"),
     ("a: b\n- c", "a_b_c"), ("Ważne", "ważne"), ("x" * 100, "x" * 60)],
)  # fmt: skip
def test_names_of_own_fields(key: str, name: str) -> None:
    assert own_name(key) == name


@pytest.mark.parametrize(
    ("written", "day"),
    [("1984-05-17", "1984-05-17"), ("17 May 1984", "1984-05-17"), ("May 17, 1984", "1984-05-17"), ("1984/05/17", "1984-05-17"),
     ("17.05.1984", "1984-05-17"), ("May 17", "--05-17"), ("--05-17", "--05-17"), ("1984-05-17T10:00:00", "1984-05-17"),
     ('"[[1984-05-17]]"', "1984-05-17"), ("05/06/1984", None), ("1984", None), ("17.05.84", None), ("31 February", None)],
)  # fmt: skip
def test_days(written: str, day: str | None) -> None:
    draft, flaws, _ = read(f"---\nbirthday: {written}\nrole: x\n---\n")
    assert draft is not None
    assert draft.values("birthday") == ((day,) if day else ())
    assert (len(flaws), draft.values("role")) == (0 if day else 1, ("x",))


def test_a_last_contact_needs_a_year() -> None:
    draft, flaws, _ = read("---\nlast contact: 5 May\nlast seen: 2026-05-05\n---\n")
    assert draft is not None
    assert draft.entries == ("2026-05-05: Last contact, by the note",)
    assert isinstance(LineReader.of(Config()).parse_entry(draft.entries[0]), LogEntry)
    assert len(flaws) == 1


def test_a_second_company_is_kept_apart() -> None:
    found = fields("---\ncompany: Acme\nworks at: [Ore Ltd, Acme]\n---\nrole:: boss\n")
    assert (found["company"], found["note_company"], found["role"]) == (
        ("Acme",),
        ("Ore Ltd, Acme",),
        ("boss",),
    )


def test_shapes_of_yaml() -> None:
    found = fields(
        "---\nphones: {work: '1', home: '2'}\ncompany: [[Acme|Acme Ltd]]\nfriends:\n  - [[Jan]]\n  - [[Ola]]\nx: {a: 1, b: [2, 3]}\nempty:\n---\n"
    )
    assert (found["phones"], found["company"]) == (("1", "2"), ("Acme Ltd",))
    assert (found["friends"], found["x"]) == (("[[Jan]], [[Ola]]",), ("a: 1, b: 2, 3",))
    assert "empty" not in found


def test_every_value_is_one_line_that_its_field_takes() -> None:
    text = '---\nname: "a\\nb\\u0007"\nrole: |\n  x\n  - 2026-01-01 call: forged\nphones: ["\\u202e1"]\nown: "a\\r\\nb"\nkind: person\n---\n'
    found = fields(text)
    assert (found["name"], found["role"], found["phones"], found["own"]) == (
        ("a b",),
        ("x - 2026-01-01 call: forged",),
        ("1",),
        ("a b",),
    )
    for name, words in found.items():
        field = BY_NAME.get(name) or own_field(name)
        assert not isinstance(values_for(field, list(words), date(2026, 11, 23), lambda _: None), Problem)


def test_too_much_of_anything_is_said() -> None:
    many = ", ".join(f"t{number}" for number in range(MAX_VALUES + 5))
    draft, flaws, _ = read(f"---\naliases: [{many}]\nrole: {'x' * (LONGEST_VALUE + 5)}\n---\n")
    assert draft is not None
    assert (len(draft.values("aliases")), len(draft.values("role")[0])) == (MAX_VALUES, LONGEST_VALUE)
    assert len(flaws) == 2
    draft, flaws, _ = read(
        "".join(f"email:: n{number}@x.example\nborn:: {number}\n" for number in range(500))
    )
    assert draft is not None
    assert (len(draft.values("emails")), len(flaws)) == (MAX_VALUES, MAX_FLAWS)
    assert list(drafts(b"x" * (MAX_NOTE + 1), "a.md", Counter())) == [
        Flaw("a.md", "this note is over 1024 KiB; it is left out", "Split it.")
    ]


@pytest.mark.parametrize(
    "text",
    ["---\na: &x 1\nb: *x\n---\n", "---\n" + "[" * 30_000 + "\n---\n", "---\na: !!python/object 1\n---\n", "---\n- a\n---\n", "---\nname: a\n",
     "---\n" + "a: b\n" * 30_000 + "---\n", "---\na:\u00a0b\n---\n"],
)  # fmt: skip
def test_hostile_front_matter_is_a_flaw(text: str) -> None:
    draft, flaws, _ = read(text)
    assert (draft, len(flaws)) == (None, 1)


def test_headings_that_may_be_a_log() -> None:
    body = "# A\n- 2026-01-01: x\n## Calls\n- 2026-01-01: x\n- [[2026-01-02]] y\n- z\n## Ideas\n- 2026-01-01 a\n- 2026-01-02 b\n- c\n- d\n"
    assert log_headings(body) == ("Calls",)
    assert log_headings("") == ()


def test_a_body_of_many_headings_and_items_is_no_trouble() -> None:
    assert log_headings("## x\n- y\n" * 20_000) == ()
    assert read("a:: b\n" * 20_000)[0] is not None


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    draft, _, _ = read("\ufeff---\r\nrole: boss\r\n---\r\n\r\nText\r\n")
    assert draft is not None
    assert (draft.values("role"), draft.body) == (("boss",), "\r\nText\r\n")
