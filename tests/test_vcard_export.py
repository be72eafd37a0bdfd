"""vCards as they are written: what is in them, that they come back whole, and that nothing in a value can forge."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from dataclasses import fields as attributes
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.formats.vcard import cards
from ptcrm.formats.vcard_properties import ANNIVERSARY, KIN
from ptcrm.formats.vcard_writing import VERSIONS, Look, Version, uid_of, vcard
from ptcrm.model.change import Operation
from ptcrm.model.customer import Customer, Occasion
from ptcrm.model.dates import Anniversary, Interval
from ptcrm.model.draft import Draft
from ptcrm.vault.notes import notes
from ptcrm.vault.reconcile import reconciled
from ptcrm.vault.schema import FIELDS
from tests.conftest import DAY, MakeVault, OpenVault, Run

KHARD = os.environ.get("PTCRM_TEST_KHAL")  # the environment that has khal, vdirsyncer and khard
both = pytest.mark.parametrize("version", VERSIONS)

ANNA = """---
id: anna-k
name: Anna Kowalska
aliases: [Ania, "Kowalska, A."]
status: active
tier: gold
cadence: 3 weeks
cadence_until: 2027-03-31
company: "[[the shop]]"
role: owner; buyer
emails: [anna@rowery.example, ania@poczta.example]
phones: ["+48 600 100 200"]
addresses: ["ul. Długa 5, 80-831 Gdańsk, PL"]
places: [Gdańsk, Hel]
urls: ["https://rowery.example/a,b;c"]
language: pl
timezone: Europe/Warsaw
birthday: --02-29
occasions: [wedding 2012-09-01, shop opening --05-03]
since: 2021-03-02
tags: [bike-shop, newsletter]
interests: [e-bikes, sailing]
prefers: [call, visit]
avoids: [newsletter]
norms: "Ask about the shop, then the family."
family: ["Marek (spouse)", "[[piotr]]", "a cousin"]
referred_by: "[[jan]]"
owner: marta
snooze: 2026-12-24
do_not_contact: false
mute: [birthday]
mute_until: 2027-01-01
sources: ["google:c81f2", "vcard:4fbe8971"]
department: Sales, North
fax: 58 301 22 34
shoe_size: 42; or 43
---

Met at the fair.

Runs two shops; her brother repairs.

## Follow-ups

- [ ] 2026-12-01 call: Ask

## Log

- 2026-11-02 call: Talked
"""
OTHERS = {
    "bikes": "---\nid: rowery\naliases: [the shop]\nname: Rowery Kowalska\nkind: company\n---\n",
    "piotr": "---\nid: piotr\nname: Piotr Kowalski\n---\n",
}

IN_4 = r"""BEGIN:VCARD
VERSION:4.0
PRODID:-//ptcrm//ptcrm//EN
UID:4fbe8971
FN:Anna Kowalska
N:Kowalska;Anna;;;
NICKNAME:Ania,Kowalska\, A.
ORG:Rowery Kowalska;Sales\, North
TITLE:owner\; buyer
X-PTCRM-COMPANY:rowery
EMAIL:anna@rowery.example
EMAIL:ania@poczta.example
TEL:+48 600 100 200
TEL;TYPE=fax:58 301 22 34
ADR:;;ul. Długa 5\, 80-831 Gdańsk\, PL;;;;
URL:https://rowery.example/a,b;c
BDAY:--0229
ANNIVERSARY;X-PTCRM-NAME=wedding:20120901
day1.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-05-03
day1.X-ABLabel:shop opening
CATEGORIES:bike-shop,newsletter
RELATED;TYPE=spouse;VALUE=text:Marek
RELATED;TYPE=kin;VALUE=text:Piotr Kowalski
RELATED;TYPE=kin;VALUE=text:a cousin
X-PTCRM-FAMILY:Marek (spouse),piotr,a cousin
TZ:Europe/Warsaw
LANG:pl
INTEREST:e-bikes
INTEREST:sailing
X-PTCRM-ID:anna-k
X-PTCRM-STATUS:active
X-PTCRM-TIER:gold
X-PTCRM-CADENCE:3 weeks
X-PTCRM-CADENCE-UNTIL:2027-03-31
X-PTCRM-PLACES:Gdańsk,Hel
X-PTCRM-SINCE:2021-03-02
X-PTCRM-PREFERS:call,visit
X-PTCRM-AVOIDS:newsletter
X-PTCRM-NORMS:Ask about the shop\, then the family.
X-PTCRM-REFERRED-BY:jan
X-PTCRM-OWNER:marta
X-PTCRM-SNOOZE:2026-12-24
X-PTCRM-DO-NOT-CONTACT:false
X-PTCRM-MUTE:birthday
X-PTCRM-MUTE-UNTIL:2027-01-01
X-PTCRM-SOURCES:google:c81f2,vcard:4fbe8971
X-PTCRM-FIELD:shoe_size;42\; or 43
NOTE:Met at the fair.\n\nRuns two shops\; her brother repairs.
END:VCARD
"""
ONLY_IN_3 = r"""VERSION:3.0
BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29
day1.X-ABDATE;X-PTCRM-NAME=wedding:2012-09-01
day1.X-ABLabel:_$!<Anniversary>!$_
day2.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-05-03
day2.X-ABLabel:shop opening
relative1.X-ABRELATEDNAMES:Marek
relative1.X-ABLabel:_$!<Spouse>!$_
relative2.X-ABRELATEDNAMES:Piotr Kowalski
relative2.X-ABLabel:kin
relative3.X-ABRELATEDNAMES:a cousin
relative3.X-ABLabel:kin
TZ;VALUE=text:Europe/Warsaw
X-PTCRM-LANGUAGE:pl
X-PTCRM-INTERESTS:e-bikes,sailing"""


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")[:-1]


def exported(run: Run, vault: Path, *words: str) -> bytes:
    result = run("--vault", vault, "--today", DAY, "export", "vcard", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout_bytes


def test_everything_that_a_file_says_but_the_log(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA, **OTHERS})
    assert unfolded(exported(run, vault, "id:anna-k")) == IN_4.splitlines()


def test_what_is_otherwise_in_3(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA, **OTHERS})
    in_3 = unfolded(exported(run, vault, "id:anna-k", "--version", "3.0"))
    assert [line for line in in_3 if line not in IN_4.splitlines()] == [
        line for line in ONLY_IN_3.splitlines() if line not in IN_4.splitlines()
    ]
    gone = ("VERSION", "BDAY", "ANNIVERSARY", "day1", "RELATED", "TZ", "LANG", "INTEREST")
    assert [line for line in IN_4.splitlines() if line not in in_3 and not line.startswith(gone)] == []


@both
def test_lines_end_and_fold_as_the_format_says(version: Version, run: Run, sample: Path) -> None:
    content = exported(run, sample, "--version", version)
    assert content == exported(run, sample, "--version", version)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 75


def test_the_uid_stays_and_is_apart_from_other_vaults() -> None:
    one = Customer("Anna", "Anna", "customers/anna.md")
    again = Customer("anna", "Anna Nowak", "customers/x.md", emails=("a@b.example",))
    assert uid_of(one, None) == uid_of(again, None) != uid_of(one, "shop.example")
    assert uid_of(Customer("anna", "A", "a.md", sources=("google:1", "vcard:2")), None) == "2"


# Round trips


def read(content: bytes) -> list[Draft]:
    found = list(cards(io.BytesIO(content), "x.vcf"))
    drafts = [one for one in found if isinstance(one, Draft)]
    assert drafts == found
    return drafts


@both
def test_the_import_of_an_export_changes_nothing(
    version: Version, run: Run, sample: Path, open_vault: OpenVault
) -> None:
    drafts = read(exported(run, sample, "--version", version))
    workspace = open_vault(sample, date.fromisoformat(DAY), None)
    found = reconciled(drafts, workspace.intake({}))
    assert len(drafts) == workspace.index.count() > 40
    assert {one.kind: one.name for one in found.outcomes if one.kind != "same"} == {}


MARKED = """\
---
id: "a\\u202enna"
name: "A\\u202enna"
aliases: ["K\\u202ea"]
tier: "g\\u202eold"
company: "S\\u202ehop"
role: "b\\u202eoss"
emails: ["a\\u202e@x.example", b@x.example]
phones: ["\\u202a+48 600 100 200\\u202c", "12\\u202e34"]
addresses: ["Long\\u202e St 7"]
places: ["T\\u202eown"]
urls: ["https://x.example/a\\tb", "https://x.example/\\u202ec"]
language: "p\\u202el"
occasions: ["w\\u202eedding 2012-09-01", "o\\u202epening --05-03"]
left_reason: "p\\u202erice"
tags: ["t\\u202eag"]
interests: ["i\\u202en"]
prefers: ["c\\u202eall"]
avoids: ["e\\u202email"]
norms: "be\\u202e kind"
family: ["M\\u202earek (spouse)"]
referred_by: "J\\u202ean"
owner: "m\\u202earta"
mute: ["m\\u202e"]
sources: ["x:\\u202e1"]
shoe_size: "4\\u202e2"
department: "d\\u202ee"
fax: "1\\u202e2"
---

Some \u202e prose.
"""


@pytest.mark.parametrize("words", [["vcard", "--version", "3.0"], ["vcard", "--version", "4.0"], ["csv"]])
def test_what_no_terminal_shows_comes_back_to_where_it_was(
    words: list[str], run: Run, make_vault: MakeVault, tmp_path: Path
) -> None:
    vault = make_vault({"anna": MARKED})
    place = tmp_path / f"all.{words[0]}"
    assert run("--vault", vault, "export", *words, "-o", place).exit_code == 0
    content = place.read_text(encoding="utf-8")
    assert "\N{REPLACEMENT CHARACTER}" in content
    assert not set(content) & set("\u202e\u202a\u202c")
    for bare in ("enna", "eold"):
        assert bare not in content
    found = json.loads(run("--vault", vault, "import", words[0], place, "--json", "--dry-run").stdout)
    assert [(one["what"], one["fields"], one["differences"]) for one in found["people"]] == [("same", [], [])]
    told = [one["message"].partition(" ")[0] for one in found["flaws"] if "stand as �" not in one["message"]]
    assert sorted(told) == ["avoids:", "prefers:", "tier:"]  # of the vault, which does not know such words


@both
def test_into_a_new_vault_and_back(
    version: Version, run: Run, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    old = make_vault({"anna": ANNA, **OTHERS}, config="currency: EUR\ntiers:\n  gold: {cadence: 1 week}\n")
    new = make_vault({}, config=(old / "ptcrm.yaml").read_text(encoding="utf-8"), name="new")
    content = exported(run, old, "--version", version)
    workspace = open_vault(new, date.fromisoformat(DAY), None)
    found = reconciled(read(content), workspace.intake({}))
    assert found.flaws == ()
    workspace.write(Operation("import", found.changes))
    assert exported(run, new, "--version", version).split(b"NOTE")[0] == content.split(b"NOTE")[0]


TEXT = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\u061c")).filter(bool)
WORDS = st.lists(TEXT, min_size=1, max_size=4).map(" ".join)
LIST = st.lists(WORDS, unique=True, max_size=3).map(tuple)
WITHOUT_COMMAS = st.lists(
    WORDS.map(lambda words: " ".join(words.replace(",", "").split()))
    .filter(str.strip)
    .filter(lambda word: word != "myContacts"),
    unique=True,
    max_size=3,
).map(tuple)
DAYS = st.dates(date(1, 1, 1))
ANNIVERSARIES = st.builds(
    lambda day, with_year: Anniversary(day.month, day.day, day.year if with_year else None),
    DAYS.filter(lambda day: day.year != 1604),
    st.booleans(),
)
OCCASIONS = st.lists(
    st.builds(
        Occasion,
        st.one_of(
            st.sampled_from([ANNIVERSARY, "wedding"]),
            WORDS.filter(lambda name: not name.endswith(":") and not re.fullmatch(r"_\$!<.*>!\$_", name)),
        ),
        ANNIVERSARIES,
    ),
    max_size=3,
    unique_by=lambda one: (one.name, one.day),
).map(tuple)
PLAIN = {
    "aliases": LIST,
    "status": WORDS,
    "tier": WORDS,
    "cadence": st.integers(1, 99).map(lambda weeks: Interval(days=weeks * 7)),
    "cadence_until": DAYS,
    "company": WORDS,
    "role": WORDS,
    "emails": LIST.filter(lambda found: not any(one.startswith("mailto:") for one in found)),
    "phones": LIST.filter(lambda found: not any(one.lower().startswith("tel:") for one in found)),
    "addresses": LIST,
    "places": LIST,
    "urls": LIST,
    "language": WORDS,
    "timezone": st.sampled_from(["Europe/Warsaw", "UTC", "Asia/Tokyo"]),
    "birthday": ANNIVERSARIES,
    "occasions": OCCASIONS,
    "since": DAYS,
    "left": DAYS,
    "left_reason": WORDS,
    "tags": WITHOUT_COMMAS,
    "interests": WITHOUT_COMMAS,
    "prefers": WITHOUT_COMMAS,
    "avoids": WITHOUT_COMMAS,
    "norms": WORDS,
    "family": LIST | st.sampled_from(sorted(KIN)).map(lambda kind: (f"Ewa ({kind})", f"urn:x ({kind})")),
    "referred_by": WORDS,
    "owner": WORDS,
    "snooze": DAYS,
    "do_not_contact": st.booleans(),
    "mute": WITHOUT_COMMAS,
    "mute_until": DAYS,
    "sources": st.lists(st.sampled_from(["google:1", "vcard:2", "csv:3"]), unique=True).map(tuple),
    "own": st.dictionaries(st.sampled_from(["shoe_size", "department", "fax", "Größe"]), WORDS).map(
        lambda own: tuple(own.items())
    ),
}


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    names = draw(st.sets(st.sampled_from(sorted(PLAIN))))
    values: dict[str, Any] = {name: draw(PLAIN[name]) for name in sorted(names)}
    lines = {name: number for number, (name, value) in enumerate(values.items(), 2) if value not in ((), "")}
    name = draw(WORDS)
    return Customer("anna-1", name, "customers/anna.md", **values, lines=lines)


def in_words(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(f"{one.name} {one.day}" if isinstance(one, Occasion) else one for one in value)
    return (str(value).lower() if isinstance(value, bool) else str(value),)


@both
@given(customers())
def test_every_field_comes_back(version: Version, one: Customer) -> None:
    """From a customer to a card to a draft: nothing is lost, and nothing is added."""
    meant = {
        field.name: in_words(getattr(one, field.name))
        for field in FIELDS
        if field.name in one.lines and field.name not in ("id", "name")
    }
    meant |= {key: (" ".join(words.split()),) for key, words in one.own}
    meant["aliases"] = tuple(alias for alias in meant.get("aliases", ()) if alias != one.name)
    (draft,) = read(vcard(one, "", Look(version, None, lambda _: None)))
    given = dict(draft.fields)
    assert given.pop("id") == ("anna-1",)
    assert given.pop("name") == (one.name,)
    assert given == {key: values for key, values in meant.items() if values}
    assert draft.origin == ("vcard:2" if "vcard:2" in one.sources else "")


@both
@given(st.text().filter(lambda text: text.strip()))
def test_notes_come_back(version: Version, text: str) -> None:
    (draft,) = read(vcard(Customer("anna", "Anna", "a.md"), text, Look(version, None, lambda _: None)))
    assert not set(draft.notes) & {"\0", "\r", "\x1b"}
    assert draft.notes.split() == re.sub(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]", "", text).split()


# Values that mean harm

HOSTILE = [
    "Anna\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Forged",
    "Anna\nTEL:1",
    "Anna\u2028TEL:1\u0085TEL:2\x0bTEL:3",
    'a;b,c:d"e\\n\\',
    "\0\x1b]0;x\a\u202eanna",
    "=cmd()",
    "\ud800",
    "x" * 10_000,
]
PROPERTY = re.compile(r"(?:(?:day|relative)[0-9]+\.)?[A-Za-z-]+(?:;[A-Z-]+=[A-Za-z0-9-]+)*:")


@both
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_in_a_value_forges_a_line(version: Version, text: str) -> None:
    values: dict[str, Any] = {
        one.name: (text,) if str(one.type).startswith("tuple[str") else text
        for one in attributes(Customer)
        if str(one.type) in ("str", "str | None", "tuple[str, ...]") and one.name != "kind"
    }
    one = Customer(
        **values,
        occasions=(Occasion(text, Anniversary(2, 29)),),
        own=((text, text), ("fax", text), ("department", text)),
        lines=dict.fromkeys([field.name for field in FIELDS], 2),
    )
    content = vcard(one, text, Look(version, text, lambda _: (text, text)))
    lines = unfolded(content)
    assert lines.count("BEGIN:VCARD") == lines.count("END:VCARD") == 1
    assert [line for line in lines if not PROPERTY.match(line)] == []
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert not set(content.decode()) & set("\0\x1b\a\u2028\x85")
    assert {"FN", "N"} <= {line.partition(":")[0] for line in lines}
    assert len(list(vobject.readComponents(content.decode()))) == 1
    assert len(list(cards(io.BytesIO(content), "x.vcf"))) >= 1


# The command


def test_a_file_is_written_only_if_it_differs_and_is_one_of_ours(
    run: Run, make_vault: MakeVault, tmp_path: Path
) -> None:
    vault, path = make_vault({"anna": ANNA}), tmp_path / "customers.vcf"
    export = ("--vault", vault, "export", "vcard", "-o", path)
    assert run(*export).stderr == f"{path}: 1 contact\n"
    assert run(*export).stderr == f"{path}: 1 contact, as before\n"
    assert run(*export, "--version", "3.0").stderr == f"{path}: 1 contact\n"
    assert run(*export).stderr == f"{path}: 1 contact\n"
    somebodys = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Mine\r\nEND:VCARD\r\n"
    path.write_bytes(somebodys)
    assert run(*export).exit_code == 4
    assert path.read_bytes() == somebodys


def test_nobody_and_slips(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    path = tmp_path / "customers.vcf"
    vault = make_vault({"anna": ANNA})
    nobody = run("--vault", vault, "export", "vcard", "zzz", "-o", path)
    assert (nobody.exit_code, nobody.stdout, path.exists()) == (0, "", False)
    assert "nobody is meant" in nobody.stderr
    assert run("--vault", vault, "export", "vcard", "--version", "2.1").exit_code == 2
    assert run("--vault", vault, "export", "vcard", "tiers:gold").exit_code == 2
    assert b"FN:Anna" in exported(run, vault, "-owner:jan")


def test_an_empty_vault_empties_no_file(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault, path = make_vault({}), tmp_path / "customers.vcf"
    path.write_bytes(b"BEGIN:VCARD\r\n")
    assert run("--vault", vault, "export", "vcard", "-o", path).exit_code == 4
    assert path.read_bytes()
    assert run("--vault", vault, "export", "vcard").stdout == ""


# Other programs


@pytest.mark.skipif(not KHARD, reason="PTCRM_TEST_KHAL names no environment with khard")
@both
def test_khard_and_vdirsyncer_read_them(version: Version, run: Run, sample: Path, tmp_path: Path) -> None:
    """vdirsyncer splits the file into one for each contact, and khard shows these."""
    whole, folder = tmp_path / "whole.vcf", tmp_path / "book"
    whole.write_bytes(exported(run, sample, "--version", version))
    config = tmp_path / "vdirsyncer.conf"
    config.write_text(
        f'[general]\nstatus_path = "{tmp_path}/status/"\n'
        '[pair p]\na = "file"\nb = "book"\ncollections = null\nconflict_resolution = "a wins"\n'
        f'[storage file]\ntype = "singlefile"\npath = "{whole}"\n'
        f'[storage book]\ntype = "filesystem"\npath = "{folder}"\nfileext = ".vcf"\n',
        encoding="utf-8",
    )
    folder.mkdir()
    for command in ("discover", "sync"):
        called(tmp_path, "vdirsyncer", "-c", str(config), command)
    assert len(list(folder.glob("*.vcf"))) == whole.read_bytes().count(b"BEGIN:VCARD")
    khard = tmp_path / "khard.conf"
    khard.write_text(f"[addressbooks]\n[[book]]\npath = {folder}\n", encoding="utf-8")
    listed = called(tmp_path, "khard", "-c", str(khard), "list", "--parsable")
    assert len(listed.splitlines()) == len(list(folder.glob("*.vcf")))
    shown = called(tmp_path, "khard", "-c", str(khard), "show", "Katrin Seidel")
    for words in ("Katrin Seidel", "katrin.seidel@spreeblick.example", "+49 171 39200 01", "general manager"):
        assert words in shown
    assert "Hotel Spreeblick" in shown


def called(home: Path, program: str, *words: str) -> str:
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
    command = [str(Path(KHARD or "") / "bin" / program), *words]
    result = subprocess.run(
        command,
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        input="y\n",
        timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_notes_are_those_of_the_file(sample: Path, open_vault: OpenVault, run: Run) -> None:
    workspace = open_vault(sample, date.fromisoformat(DAY), None)
    drafts = {one.values("id")[0]: one.notes for one in read(exported(run, sample))}
    for customer in workspace.cache.customers():
        reading = workspace.read(customer.path)
        assert reading.customer is not None
        assert drafts[customer.id].split() == notes(reading.document, reading.customer).split()
