"""Mending a file: each fix changes its own words, those that would do harm are left out, and once is enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcrm.model.config import Config, Tier
from ptcrm.model.customer import Customer
from ptcrm.model.diagnostic import Diagnostic, Fix
from ptcrm.text.edits import Edit
from ptcrm.text.source import Source, Span
from ptcrm.vault.log import LineReader
from ptcrm.vault.repair import Repair, repaired
from ptcrm.vault.schema import Reading, read_customer

READER = LineReader.of(Config(tiers={"gold": Tier(), "no": Tier()}))


def read(text: str, path: str = "customers/anna.md") -> Reading:
    return read_customer(Source(path, text), READER)


def is_safe(one: Diagnostic) -> bool:
    return one.fix is not None and one.fix.safe


def is_any(one: Diagnostic) -> bool:
    return one.code != "PT111"


def mend(text: str, *codes: str) -> Repair | None:
    """What mending does, with guesses, but for the id that every file lacks; `codes` are the wanted ones."""
    return repaired(read(text), READER, lambda one: one.code in codes if codes else is_any(one))


def mended(text: str, *codes: str) -> str:
    repair = mend(text, *codes)
    return repair.write.new.decode() if repair else text


def front(*lines: str) -> str:
    return "\n".join(["---", *lines, "---", ""])


def log(*lines: str) -> str:
    return "\n".join(["---", "name: Anna", "---", "## Log", *lines, ""])


# What is mended


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("phones: +48 600", 'phones: "+48 600"'),
        ("phones: [+48 600, '1', 0123]", 'phones: ["+48 600", \'1\', "0123"]'),
        ("phones:\n  - +48 600  # shop", 'phones:\n  - "+48 600"  # shop'),
        ("phones: ask 'Jan'", "phones: \"ask 'Jan'\""),
        ("phones: +48 600 #1", 'phones: "+48 600 #1"'),
        ('birthday: "1984-5-17"', 'birthday: "1984-05-17"'),
        ("birthday: 1984/5/17", "birthday: 1984-05-17"),
        ("birthday: 17.5.", "birthday: --05-17"),
        ("birthday: 5.5.1984", "birthday: 1984-05-05"),
        ("cadence_until: 31/12/2027", "cadence_until: 2027-12-31"),
        ("occasions:\n  - wedding: 2012-9-1", "occasions:\n  - wedding: 2012-09-01"),
        ("occasions:\n  shop opening: '2012-9-1'", "occasions:\n  shop opening: '2012-09-01'"),
        ("cadence: once a month", "cadence: 1 month"),
        ("cadence: 2 mths", "cadence: 2 months"),
        ("brithday: 17.05.1984", "birthday: 1984-05-17"),
        ('"familly": [[jan]]', "family: [[jan]]"),
        ("kind: Persn", "kind: person"),
        ("tags: a, b", "tags: [a, b]"),
        ("tags: 'yes, it''s'", 'tags: ["yes", it\'s]'),
        ("tags: vip,", "tags: vip"),
        ("norms: Call #one first # a comment", 'norms: "Call #one first" # a comment'),
        ("role: #one dealer", 'role: "#one dealer"'),
        ('norms: say "hi" #now', "norms: 'say \"hi\" #now'"),
        ("tags:\n  - shop #vip\n  - #new", 'tags:\n  - "shop #vip"\n  - "#new"'),
        ("timezone: new york", "timezone: America/New_York"),
        ("tier: glod", "tier: gold"),
        ("tier: noo", 'tier: "no"'),
        ("timezone: warsaw #pl", "timezone: Europe/Warsaw #pl"),
        ("status: [actve]", "status: [actve]"),
        ("avoids: [newsleter, Call]", "avoids: [newsletter, Call]"),
        ("prefers: cal, visit", "prefers: [call, visit]"),
        ("role: a\nrole: a", "role: a"),
        ("role: a\ntier: gold\nrole: a\nrole: a", "role: a\ntier: gold"),
        ("norms: |\n  a\n  b\nnorms: |\n  a\n  b", "norms: |\n  a\n  b"),
        (
            "occasions:\n  - wedding: 2012-09-01\n    wedding: 2012-09-01",
            "occasions:\n  - wedding: 2012-09-01",
        ),
    ],
)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_field_is_mended_in_its_place(written: str, becomes: str, eol: str) -> None:
    text = front("# ours", written, "owner: marta")
    assert mended(text.replace("\n", eol)) == front("# ours", becomes, "owner: marta").replace("\n", eol)


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("- [[2026-1-5]] call: x", "- [[2026-01-05]] call: x"),
        ("* 2026-1-15 09:30 call (in): x", "* 2026-01-15 09:30 call (in): x"),
        ("- 17.11.2026: x", "- 2026-11-17: x"),
        ("- 2026-11-02 10:00 call the shop", "- 2026-11-02 10:00 call: the shop"),
        (
            "- 2026-11-02 call (in) from [[jan]] [cost:: 1 EUR]",
            "- 2026-11-02 call (in): from [[jan]] [cost:: 1 EUR]",
        ),
        ("- 2026-11-02 call", "- 2026-11-02 call:"),
        ("- 2026-11-02 about the shop\n  and more", "- 2026-11-02: about the shop\n  and more"),
        ("- **2026-11-02** emial: x", "- **2026-11-02** email: x"),
        ("- 2026-11-02 call (in,  no answr): x", "- 2026-11-02 call (in,  no answer): x"),
        ("- 2026-11-02 call (voicemial, vlaue): x", "- 2026-11-02 call (voicemail, value): x"),
        ("2026-11-02 call: x", "- 2026-11-02 call: x"),
        ("-2026-11-02 call: x", "- 2026-11-02 call: x"),
        ("- [ ] 2026-1-5 cal: x", "- [ ] 2026-01-05 call: x"),
        ("- [ ] 17.11.2026: x", "- [ ] 2026-11-17: x"),
        ("- [] 2026-12-01 call: x", "- [ ] 2026-12-01 call: x"),
        ("  *[x] 2026-12-01 call: x", "  * [x] 2026-12-01 call: x"),
        ("- [x]2026-12-01 call: x", "- [x] 2026-12-01 call: x"),
        (
            "- [x] 2026-12-01 2026-12-2 [done:: 2026-12-2] x",
            "- [x] 2026-12-01 2026-12-2 [done:: 2026-12-02] x",
        ),
    ],
)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_a_line_is_mended_in_its_place(written: str, becomes: str, eol: str) -> None:
    assert mended(log(written).replace("\n", eol)) == log(becomes).replace("\n", eol)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("---\nname: Anna\n---\n", "---\nid: anna\nname: Anna\n---\n"),
        ("---\r\nname: Anna\r\n---\r\n", "---\r\nid: anna\r\nname: Anna\r\n---\r\n"),
        ("---\n# ours\n  name: Anna\n---\n", "---\n  id: anna\n# ours\n  name: Anna\n---\n"),
        ("---\n---\nx", "---\nid: anna\n---\nx"),
    ],
)
def test_an_id_is_the_first_line(text: str, becomes: str) -> None:
    assert mended(text, "PT111") == becomes
    assert read(becomes).offers == ()


@pytest.mark.parametrize("text", ["---\nid:\n---\n", "---\n{name: Anna}\n---\n", "---\n{}\n---\n"])
def test_an_id_that_has_no_place_is_offered_without_a_fix(text: str) -> None:
    assert [(one.code, one.fix) for one in read(text).offers] == [("PT111", None)]


@pytest.mark.parametrize(
    "text", ["---\nid: x\n---\n", "---\nid: a/b\n---\n", "# A note\n", "---\nname: [\n---\n"]
)
def test_what_has_an_id_or_is_no_customer_is_offered_none(text: str) -> None:
    assert read(text).offers == ()


def test_an_id_that_yaml_would_type_is_quoted() -> None:
    repair = repaired(read("---\nname: No\n---\n", "customers/no.md"), READER, is_safe)
    assert repair is not None
    assert repair.write.new == b'---\nid: "no"\nname: No\n---\n'


def test_the_bytes_around_are_kept() -> None:
    source = Source.decode("customers/anna.md", b"\xef\xbb\xbf---\r\nname: A\r\nsince: 2026-1-5\r\n---\r\nx")
    repair = repaired(read_customer(source, READER), READER, is_any)
    assert repair is not None
    assert (repair.write.path, repair.write.old) == (source.path, source.content)
    assert repair.write.new == b"\xef\xbb\xbf---\r\nname: A\r\nsince: 2026-01-05\r\n---\r\nx"
    assert [one.code for one in repair.mended] == ["PT102"]


def test_only_what_is_wanted_is_mended() -> None:
    text = front("brithday: 1984-5-17", "since: 2026-1-5", "phones: +48 600")
    assert mended(text, "PT110") == front("brithday: 1984-5-17", "since: 2026-1-5", 'phones: "+48 600"')


# What is left out


@pytest.mark.parametrize(
    "text",
    [
        front("birthday: 05-06"),
        front("since: 17.05."),
        front("birthday: 2026-2-30"),
        front("cadence: often"),
        front("cadence: 999 yrs"),
        front("tier: platinum"),
        front("timezone: Europe/Gdansk"),
        front("birthday: 1984-05-17", "brithday: 1985-05-17"),
        front("role: a", "role: b"),
        front("role: a", "role: a  # since spring"),
        "---\n{role: a, role: a}\n---\n",
        front("tags: [shop #vip", "  , b]"),
        front("norms: one", "  two #three"),
        log("- 2.11.2026 call: x"),
        log("- 2026-11-02 25:00 call: x"),
        log("- 2026-11-02T10:00 call: x"),
        log("- 2026-11-02 09:30 talked"),
        log("- 2026-11-02/03 at the fair"),
        log("- 2026-11-02"),
        log("- 2026-11-02 pigeon: x"),
        log("- 2026-11-02 call (by post): x"),
        log("- [ ] 2.11.2026: x"),
    ],
)
def test_what_is_no_better_than_a_coin_is_no_fix(text: str) -> None:
    assert [one.fix for one in read(text).diagnostics] == [None]
    assert mend(text) is None


@pytest.mark.parametrize(
    "text",
    [
        front("birthday: 1984-05-17 #may"),  # in quotes it would be no date
        front("timezone: Europe/Warsaw #pl"),
    ],
)
def test_a_fix_that_would_lose_a_value_is_left_out(text: str) -> None:
    assert read(text).diagnostics
    assert mend(text) is None


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (front("name: Anna"), "---\nname", "name"),  # nobody would be read
        (front("name: Anna"), "Anna", "Anna: x"),
        (front("name: Anna"), "name", "tier: glod\nname"),  # a warning in the place of a hint
        (front("name: Anna"), "Anna", "Ola"),  # it would still be there
        (front("name: Anna") + "<<<<<<< a\nx\n>>>>>>> b\n", "name", "id: anna\nname"),
    ],
)
def test_a_fix_that_does_harm_or_does_not_help_is_left_out(text: str, old: str, new: str) -> None:
    found = read(text)
    fix = Fix("x", Edit(Span(text.index(old), text.index(old) + len(old)), new), safe=True)
    offer = found.offers[0]._replace(fix=fix)
    other = type("Other", (Reading,), {"offers": (offer,)})
    assert repaired(other(*found), READER, lambda _: True) is None


def test_where_the_date_is_cannot_always_be_told() -> None:
    text = log("- [x] 2026-12-01 Ask [done:: 2026-12-2], not 2026-12-2")
    assert mend(text) is None


def test_of_two_slips_of_one_field_the_first_is_mended() -> None:
    text = front("brithday: 1984-05-17", "birhday: 1985-05-17")
    assert mended(text) == front("birthday: 1984-05-17", "birhday: 1985-05-17")


def test_what_can_be_mended_beside_what_cannot_is_mended() -> None:
    bad = [f"note{number}: x" for number in range(9)]
    text = front("birthday: 1984-05-17 #may", *bad, "tier: glod", "since: 2026-1-5")
    repair = mend(text)
    assert repair is not None
    assert repair.write.new.decode() == front(
        "birthday: 1984-05-17 #may", *bad, "tier: gold", "since: 2026-01-05"
    )
    assert sorted(one.code for one in repair.mended) == ["PT102", "PT403"]


def test_a_quoted_phone_hides_no_cut() -> None:
    found = read(front("phones: +48 600 #1"))
    assert repaired(found, READER, is_safe) is not None  # the id
    assert [one.code for one in found.diagnostics if is_safe(one)] == []


@pytest.mark.parametrize(
    "text",
    [
        "---\nname: [\nsince: 2026-1-5\n---\n",
        "since: 2026-1-5\n",
        "---\nsince: 2026-1-5\n---\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n",
    ],
)
def test_a_file_that_is_not_read_or_waits_to_be_merged_is_never_mended(text: str) -> None:
    assert repaired(read(text), READER, lambda _: True) is None
    assert all(one.fix is None for one in (*read(text).diagnostics, *read(text).offers))


def test_hundreds_of_slips_are_mended_at_once() -> None:
    entries = [f"- 2026-1-{day} call: x" for day in range(9, 0, -1) for _ in range(60)]
    assert mended(log(*entries)) == log(*(entry.replace("2026-1-", "2026-01-0") for entry in entries))


# What must always hold

FIELDS = st.sampled_from(
    [
        "name: Anna",
        "brithday: 17.05.1984",
        "brithday: 1984-5-17",
        "birthday: 1984-5-17",
        "birthday: 1984-05-17 #may",
        "birthday: 05-06",
        "since: 2026-1-5",
        "since: '2026-1-5'",
        "left: 2026-1-5",
        "snooze: 31.12.2026",
        "mute: birthday, wedding",
        "cadence: 3 wks",
        "cadance: 3 wks",
        "tier: glod",
        "tier: gold",
        "tier: glod  # why",
        "tier: glod #why",
        "status: actve",
        "phones: +48 600 #1",
        "phones:\n  - +48 600\n  - '1'",
        "phones: [+48 600, 1]",
        "tags: a, b",
        "tags:\n  - shop #vip",
        "tags: [shop #vip\n  , b]",
        "role: owner #1\n  and more",
        "occasions:\n  - wedding 2012-9-1\n  - 2012-9-2",
        "occasions: {wedding: 2012-9-1, wedding: 2012-9-1}",
        "prefers: cal, vist",
        "avoids: [newsleter]",
        "norms: |+\n  a\n",
        "timezone: Warsaw",
        "kind: Compny",
        "id: a",
        "id:",
        "",
        "# a comment",
    ]
)
LINES = st.sampled_from(
    [
        "## Log",
        "## Notes",
        "- 2026-1-5 call: x",
        "- 17.11.2026 call: x",
        "- 2026-11-02 call about",
        "- 2026-11-02 cal: x",
        "- 2026-11-02 cal (voicemial, vlaue): x",
        "- 2026-11-02 call: x [with:: [[jan]]]",
        "2026-11-02 call: x",
        "-2026-11-02 cal: x",
        "- [ ] 2026-1-5 cal: x",
        "- [x] 2026-11-02 x [done:: 2026-11-3]",
        "- [] 2026-12-01 call: x",
        "-[x] 2026-12-1 call: x",
        "  more",
        "```",
        "",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> str:
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    parts = ["---", *draw(st.lists(FIELDS, max_size=6)), "---", *draw(st.lists(LINES, max_size=8)), ""]
    return "\n".join(parts).replace("\n", eol)


@settings(max_examples=300, deadline=None)
@given(files(), st.sampled_from([is_safe, is_any, lambda _: True]))
def test_mended_twice_is_mended_once(text: str, wanted: Callable[[Diagnostic], bool]) -> None:
    once = repaired(read(text), READER, wanted)
    if once is not None:
        assert repaired(read(once.write.new.decode()), READER, wanted) is None
        assert once.write.new != once.write.old
        assert once.mended


@settings(max_examples=300, deadline=None)
@given(files())
def test_a_safe_fix_changes_the_field_it_concerns_and_no_other(text: str) -> None:
    before = read(text)
    repair = repaired(before, READER, is_safe)
    if repair is None:
        return
    after = read(repair.write.new.decode()).customer
    changed = {
        field.name
        for field in fields(Customer)
        if field.compare and getattr(after, field.name) != getattr(before.customer, field.name)
    }
    assert changed <= {name for one in before.diagnostics if is_safe(one) for name in concerned(text, one)}


def concerned(text: str, one: Diagnostic) -> set[str]:
    """The fields that a fix may change; a date of leaving says that the customer is a former one."""
    if one.code in ("PT201", "PT301"):
        return {"log", "follow_ups"}
    above = "\n".join(text.split("\n")[: one.line])
    key = re.findall(r"^(\w+):", above, re.MULTILINE)[-1]
    return {"PT102": {key, "status"} if key == "left" else {key}}.get(one.code, set())
