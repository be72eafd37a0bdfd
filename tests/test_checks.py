"""Every check, firing and not firing, on vaults of a few lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.customer import Customer
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.vault.match import slips
from tests.conftest import DAY, SAMPLE, MakeVault, OpenVault, Run

TODAY = date.fromisoformat(DAY)
Check = Callable[..., list[Diagnostic]]


@pytest.fixture
def check(make_vault: MakeVault, open_vault: OpenVault) -> Check:
    """`check({"anna": text}, config)`: all that is wrong with a vault of these customers."""

    def call(customers: dict[str, str], config: str = "start: 2021-01-01\n") -> list[Diagnostic]:
        return open_vault(make_vault(customers, config), TODAY, None).diagnostics()

    return call


def anna(fields: str, body: str = "") -> dict[str, str]:
    """A vault of one customer with these fields below the name."""
    return {"anna": f"---\nname: Anna\n{fields}\n---\n\n{body}\n"}


def places(found: list[Diagnostic]) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in found]


# Days


@pytest.mark.parametrize(
    ("fields", "line", "message"),
    [
        ("birthday: 2026-11-24", 3, "the birthday 2026-11-24 is after today"),
        ("birthday: 1884-05-17", 3, "the birthday 1884-05-17 is more than 130 years ago"),
        (
            "since: 2021-03-02\nbirthday: 2021-05-17",
            4,
            "the birthday 2021-05-17 is after `since` (2021-03-02)",
        ),
        ("occasions:\n  - wedding 2062-09-01", 4, "“wedding 2062-09-01” is more than 10 years from now"),
        ("since: 2026-11-24", 3, "`since` (2026-11-24) is after today"),
        ("left: 2026-12-31", 3, "`left` (2026-12-31) is after today, and the status is former already"),
        (
            "status: former\nleft: 2026-12-31",
            4,
            "`left` (2026-12-31) is after today, and the status is former already",
        ),
        ("since: 2021-03-02\nleft: 2020-03-02", 4, "`left` (2020-03-02) is before `since` (2021-03-02)"),
    ],
)
def test_a_day_that_cannot_be(fields: str, line: int, message: str, check: Check) -> None:
    (one,) = check(anna(fields))
    assert (one.code, one.line, one.message) == ("PT112", line, message)


@pytest.mark.parametrize(
    "fields",
    [
        "birthday: 2026-11-23",
        "birthday: --12-31",
        "birthday: 1604-12-31",  # no year
        "birthday: 1900-01-01",
        "kind: company\nbirthday: 1750-01-01",
        "birthday: 2021-03-02\nsince: 2021-03-02",
        "occasions: [wedding 2027-06-05]",  # it may be planned
        "occasions: [shop founded 1850-06-05, nameday --12-31]",
        "since: 2026-11-23",
        "left: 2026-11-23",
        "status: active\nleft: 2026-12-31",  # going to leave
        "status: active\nleft: 2020-03-02\nsince: 2021-03-02",  # came back
        "snooze: 2027-01-01\nmute_until: 2020-01-01\ncadence: 1 month\ncadence_until: 2020-01-01",
    ],
)
def test_a_day_that_can_be(fields: str, check: Check) -> None:
    assert check(anna(fields)) == []


@pytest.mark.parametrize(
    ("task", "lines"),
    [
        ("- [x] 2026-11-20 call: Ask [done:: 2062-11-21]", [6]),
        ("- [-] 2026-11-20 call: Ask ❌ 2026-11-24", [6]),
        ("- [x] 2026-11-20 call: Ask [done:: 2026-11-23]", []),
        ("- [x] 2026-12-20 sale: Ask", []),  # done before its day
        ("- [ ] 2026-12-20 call: Ask [done:: 2026-12-20]", []),  # not done yet
        ("- [x] 2026-11-20 call: Ask [every:: 1 year]", []),
    ],
)
def test_what_was_done_after_today(task: str, lines: list[int], check: Check) -> None:
    assert places(check(anna("tags: x", task))) == [("PT112", line) for line in lines]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            "- 2026-11-24 call: Talked",
            "Correct the date; what is still to be done is a follow-up: - [ ] DATE …",
        ),
        ("- [x] 2026-12-20 call: Ask", "Say when it was done: [done:: 2026-11-23]"),
    ],
)
def test_what_is_no_contact_yet(line: str, hint: str, check: Check) -> None:
    (one,) = check(anna("", f"## Log\n\n{line}"))
    assert (one.code, one.line, one.hint) == ("PT204", 8, hint)


# Cadences and status


@pytest.mark.parametrize(
    ("fields", "line", "message"),
    [
        ("cadence_until: 2027-01-31", 3, "there is no `cadence` that could end"),
        ("status: paused\ncadence: 3 weeks", 4, "this has no effect, because of `status: paused`"),
        ("do_not_contact: yes\ncadence: 1y", 4, "this has no effect, because of `do_not_contact: true`"),
        ("cadence: 11 years", 3, "a cadence of 11 years is hardly meant"),
        ("cadence: 4 days", 3, "a cadence of 4 days is shorter than `min_gap` (5 days)"),
    ],
)
def test_a_cadence_that_makes_no_sense(fields: str, line: int, message: str, check: Check) -> None:
    (one,) = check(anna(fields))
    assert (one.code, one.line, one.message) == ("PT113", line, message)


@pytest.mark.parametrize(
    "fields",
    [
        "cadence: 3 weeks\ncadence_until: 2020-01-31",
        "cadence: never\ncadence_until: 2027-01-31",
        "status: paused",
        "status: paused\ncadence: never",
        "do_not_contact: true\ncadence: never",
        "status: former\nleft: 2025-01-01\ncadence: 3 weeks",
        "cadence: 10 years",
        "cadence: 5 days",
    ],
)
def test_a_cadence_that_makes_sense(fields: str, check: Check) -> None:
    assert check(anna(fields)) == []


def test_what_makes_sense_is_up_to_the_configuration(check: Check) -> None:
    config = "min_gap: 2 days\nstatuses: {paused: {cadence: 1 year}}\n"
    assert check(anna("status: paused\ncadence: 3 days"), config) == []


def test_a_promise_to_somebody_who_is_to_be_left_alone(check: Check) -> None:
    body = """\
- [ ] 2026-12-01 call: Ask
- [x] 2026-11-01 call: Asked
- [-] 2026-12-01 call: Dropped
- [ ] without a day
- [x] 2025-12-01 card: Next year again [every:: 1 year]
  - [ ] 2026-12-02: Below
"""
    assert places(check(anna("do_not_contact: true", body))) == [("PT114", 6), ("PT114", 11)]


def test_who_is_archived_was_put_aside_with_what_is_open(check: Check) -> None:
    fields = "do_not_contact: true\narchived: 2026-01-01"
    assert check(anna(fields, "- [ ] 2026-12-01 call: Ask")) == []


@pytest.mark.parametrize(
    ("mute", "said"),
    [
        ("true", "Write [all]."),
        ("[Brithday]", "Did you mean “birthday”?"),
        (
            "[fishing]",
            "Known are: birthday, occasion, anniversary, mailings, all; a channel; an occasion's name.",
        ),
        ("[Birthday, occasions, all, newsletter, Wędding, Mailings]", None),
    ],
)
def test_what_is_muted_is_something(mute: str, said: str | None, check: Check) -> None:
    found = check(anna(f"mute: {mute}\noccasions: [wędding 2012-09-01]"))
    assert [(one.code, one.line, one.hint) for one in found] == ([("PT116", 3, said)] if said else [])


def test_promises_to_others_are_promises(check: Check) -> None:
    assert check(anna("do_not_contact: false", "- [ ] 2026-12-01 call: Ask")) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("status: former", [("PT115", 3)]),
        ("status: former\nleft_reason: price", [("PT115", 3)]),
        ("status: former\nleft: 2025-01-01", []),
        ("left: 2025-01-01", []),
        ("status: active", []),
    ],
)
def test_who_left_has_a_day(fields: str, expected: list[tuple[str, int]], check: Check) -> None:
    assert places(check(anna(fields))) == expected


# Links

OTHERS = {
    "jan-nowak": "---\nname: Jan Nowak\naliases: [Jasiek, boss]\n---\n",
    "rowery": "---\nname: Rowery\nkind: company\naliases: [boss]\n---\n",
}


NOTES = ("ideas.md", "notes/Żółty zeszyt.md", "notes/photo.JPG", ".trash/zenon.md", "node_modules/zenon.md")


@pytest.fixture
def check_link(make_vault: MakeVault, open_vault: OpenVault) -> Check:
    """`check_link(fields, body)`: what is wrong with Anna's file beside other customers, notes and pictures."""

    def call(fields: str = "", body: str = "") -> list[Diagnostic]:
        root = make_vault({**OTHERS, **anna(fields, body)})
        for name in NOTES:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text("")
        found = open_vault(root, TODAY, None).diagnostics()
        assert {(one.code, one.path) for one in found} <= {("PT402", "customers/anna.md")}
        return found

    return call


@pytest.mark.parametrize(
    ("body", "target", "hint"),
    [
        ("[[jan-novak]]", "jan-novak", "Did you mean “jan-nowak”?"),
        ("[[jan-nwoak|him]]", "jan-nwoak", "Did you mean “jan-nowak”?"),
        ("[[Jan Nowak]]", "Jan Nowak", "Did you mean “jan-nowak”?"),  # a name is no id
        ("[[jasie#Log]]", "jasie", "Did you mean “jan-nowak”?"),
        ("[[zenon]]", "zenon", "Correct the link, or write that file."),
        ("[[missing.jpg]]", "missing.jpg", "Correct the link, or write that file."),
        ("[[elsewhere/ideas]]", "elsewhere/ideas", "Correct the link, or write that file."),
        ("[Jan](jan-novak.md)", "jan-novak.md", "Did you mean “jan-nowak”?"),
        ("[Jan](customers/jan-nowak.md)", "customers/jan-nowak.md", "Did you mean “jan-nowak”?"),
        ("[ideas](ideas.md)", "ideas.md", "Correct the link, or write that file."),  # it is one folder up
    ],
)
def test_a_link_to_nothing(body: str, target: str, hint: str, check_link: Check) -> None:
    (one,) = check_link("", body)
    assert (one.line, one.message) == (6, f"“{target}” is no customer and no file here")
    assert one.hint == hint


@pytest.mark.parametrize(
    "body",
    [
        "[[jan-nowak]] [[JASIEK|Jan]] [[customers/jan-nowak]] [Jan](jan-nowak.md#Log)",
        "[Jan](../customers/jan-nowak.md)",
        "[[ideas]] [[IDEAS#winter|our ideas]] [[ideas#^block]] [ideas](../ideas.md)",
        "[[żółty zeszyt]] [[notes/Żółty zeszyt]] [[/notes/żółty zeszyt]]",
        "[z](<../notes/Żółty zeszyt.md>) [z](../notes/%C5%BB%C3%B3%C5%82ty%20zeszyt.md)",
        "[[photo.jpg]] ![[photo.jpg|300]] [[notes/photo.jpg]]",
        "[[2026-11-02]] [[#Follow-ups]]",
        "[out](../../other/vault.md) [web](https://shop.example/x.md)",
        "`[[zenon]]`\n\n```\n[[zenon]]\n```\n<!--\n[[zenon]]\n-->",
    ],
)
def test_a_link_to_something(body: str, check_link: Check) -> None:
    assert check_link("", body) == []


@pytest.mark.parametrize("name", ["company", "referred_by", "family"])
@pytest.mark.parametrize(
    ("link", "hint"),
    [
        ("zenon", "Write a customer's id. Who has no file is written without brackets."),
        ("ideas", "Write a customer's id. Who has no file is written without brackets."),
        ("2026-11-02", "Write a customer's id. Who has no file is written without brackets."),
        ("jan-novak", "Did you mean “jan-nowak”?"),
    ],
)
def test_some_fields_need_a_customer(name: str, link: str, hint: str, check_link: Check) -> None:
    (one,) = check_link(f"tags: x\n{name}: '[[{link}]]'")
    assert (one.line, one.message, one.hint) == (4, f"“{link}” is no customer", hint)


@pytest.mark.parametrize(
    "fields",
    [
        "company: '[[rowery]]'\nreferred_by: [[jan-nowak]]\nfamily: ['[[jasiek|Jan]]', sister Ola]",
        "company: Zenon & Sons\nreferred_by: zenon",
        "sources: '[[ideas]]'\nmy_own: '[[photo.jpg]]'",
    ],
)
def test_fields_that_link_well(fields: str, check_link: Check) -> None:
    assert check_link(fields) == []


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        ("[[Zenon]]", ["Zenon"]),
        ("[[ideas]]", ["ideas"]),
        ("[[jan-nowak]], [[zenon]], [[ola]]", ["ola", "zenon"]),
        ("jan-novak", ["jan-novak"]),  # words that are nearly a customer
        ("Jan Nowak", ["jan nowak"]),
        ("jan-nowak", []),
        ("her brother", []),
    ],
)
def test_an_entry_is_made_with_a_customer(value: str, targets: list[str], check_link: Check) -> None:
    found = check_link("", f"## Log\n\n- 2026-11-02 visit: Lunch [with:: {value}]\n  and more")
    assert [one.message for one in found] == [f"“{target}” is no customer" for target in targets]
    assert {one.line for one in found} <= {8}


@pytest.mark.parametrize(
    "body",
    [
        "[[boss]]",
        "[[boss|him]]",
        "## Log\n- 2026-11-02: x [with:: [[boss]]]",
        "## Log\n- 2026-11-02: x [with:: boss]",
    ],
)
def test_a_link_that_may_mean_two(body: str, check_link: Check) -> None:
    message = "“boss” may mean customers/jan-nowak.md or customers/rowery.md"
    line = 6 + body.count("\n")
    assert [(one.line, one.message) for one in check_link("", body)] == [(line, message)]


def test_two_files_of_one_id_are_reported_without_their_links(check: Check) -> None:
    found = check({"a": "---\nid: x\n---\n", "b": "---\nid: X\n---\n", "c": "---\n---\n[[x]]\n"})
    assert [(one.code, one.path) for one in found] == [
        ("PT401", "customers/a.md"),
        ("PT401", "customers/b.md"),
    ]


def test_two_files_of_one_id_are_two_files_with_errors(make_vault: MakeVault, open_vault: OpenVault) -> None:
    assert open_vault(make_vault({"a": "---\nid: b\n---\n", "b": "---\n---\n"}), TODAY, None).errors() == 2


def test_the_files_are_listed_only_for_a_link_that_needs_it(
    make_vault: MakeVault, open_vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: Path, *, within: str = "") -> list[str]:
        assert within, "the whole vault is listed"
        return []

    monkeypatch.setattr("ptcrm.vault.store.list_names", never)
    text = "---\ncompany: [[rowery]]\n---\n[[jan-nowak]] [[2026-11-02]] [out](../../x.md)\n"
    assert open_vault(make_vault({**OTHERS, "anna": text}), TODAY, None).diagnostics() == []


# Owners


def owned(*owners: str) -> dict[str, str]:
    return {f"c{number}": f"---\nowner: {owner}\n---\n" for number, owner in enumerate(owners)}


def test_owners_that_the_configuration_does_not_name(check: Check) -> None:
    found = check(owned("marta", "marat", "zoe", "Marta"), "owners: [marta, jan]\n")
    assert [(one.code, one.path, one.line, one.message, one.hint) for one in found] == [
        ("PT406", "customers/c1.md", 2, "“marat” is no owner", "Did you mean “marta”?"),
        ("PT406", "customers/c2.md", 2, "“zoe” is no owner", "Known are: marta, jan."),
        ("PT406", "customers/c3.md", 2, "“Marta” is no owner", "Did you mean “marta”?"),
    ]


@pytest.mark.parametrize(
    ("owners", "slips"),
    [
        (("marta", "marta", "marat"), ["customers/c2.md"]),
        (("Jan", "Jan", "jan"), ["customers/c2.md"]),
        (("marta", "marta", "marat", "marat"), []),
        (("marta", "marat"), []),
        (("marta", "marta", "zoe"), []),
    ],
)
def test_without_a_list_only_a_slip_of_a_more_common_owner_is_named(
    owners: tuple[str, ...], slips: list[str], check: Check
) -> None:
    found = check(owned(*owners))
    assert [(one.code, one.path) for one in found] == [("PT406", path) for path in slips]
    assert all(f"slip of the owner “{owners[0]}”" in one.message for one in found)


# Two files for one person


def two(one: str, other: str, body: str = "") -> dict[str, str]:
    return {"a": f"---\n{one}\n---\n{body}\n", "b": f"---\n{other}\n---\n"}


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("emails: anna@shop.example", "emails: [x@y.example, Anna@Shop.Example]", "the same e-mail address"),
        ("phones: '+48 600 100 200'", "phones: '0048600100200'", "the same phone number"),
        ("birthday: 1984-05-17", "birthday: --05-17", "the same birthday"),
        ("addresses: Long St 7", "addresses: long st. 7", "the same address"),
        (
            "emails: a@b.example\nphones: '600100200'",
            "phones: '600100200'\nemails: a@b.example",
            "the same e-mail address, the same phone number",
        ),
        ("kind: company\nurls: https://x.example", "urls: x.example/\nkind: company", "the same web page"),
    ],
)
def test_two_who_may_be_one(one: str, other: str, why: str, check: Check) -> None:
    hint = "Make one file of the two with `ptcrm merge`. If they are two, link one to the other."
    same = f"the same name, {why}"
    assert check(two(f"name: Anna Ek\n{one}", f"name: Anna Ek\n{other}")) == [
        Diagnostic(
            "PT407",
            f"customers/{a}.md",
            2,
            1,
            f"this may be the same customer as customers/{b}.md: {same}",
            hint,
        )
        for a, b in ("ab", "ba")
    ]


@pytest.mark.parametrize(
    ("one", "other", "body"),
    [
        ("name: Anna Ek", "name: Anna Ek", ""),  # namesakes
        ("name: Anna Ek\ncompany: Shop", "name: Anna Ek\ncompany: Shop", ""),
        ("name: Anna Ek\nemails: x@y.example", "name: Jan Ek\nemails: x@y.example", ""),  # a couple
        ("name: Anna Ek\nemails: a@shop.example", "name: Anna Ek\nemails: b@shop.example", ""),
        ("name: '!!'\nphones: '600100200'", "name: '??'\nphones: '600100200'", ""),
        ("name: Anna Ek\nkind: company\nphones: '600100200'", "name: Anna Ek\nphones: '600100200'", ""),
        ("name: Anna Ek\nemails: x@y.example", "name: Anna Ek\nemails: x@y.example", "Is not [[b]]."),
        ("name: Anna Ek\nemails: x@y.example", "name: Anna Ek\nemails: x@y.example\nfamily: '[[a]]'", ""),
    ],
)
def test_two_who_are_two(one: str, other: str, body: str, check: Check) -> None:
    assert check(two(one, other, body)) == []


def test_of_three_who_are_alike_each_is_named_with_one_who_is_not_linked(check: Check) -> None:
    same = "name: Anna Ek\nbirthday: 1984-05-17"
    found = check({**two(same, same, "[[b]]"), "c": f"---\n{same}\n---\n"})
    assert [(one.path, one.message.partition(": ")[0].rpartition(" ")[2]) for one in found] == [
        ("customers/a.md", "customers/c.md"),
        ("customers/b.md", "customers/c.md"),
        ("customers/c.md", "customers/a.md"),
    ]


def test_many_people_cost_no_time() -> None:
    many = [
        Customer(f"c{number}", f"Anna {number}", f"c{number}.md", emails=("office@shop.example",))
        for number in range(10_000)
    ]
    assert (
        len(slips([f"anna {number}x" for number in range(1000)], {one.name: one.id for one in many})) == 1000
    )


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("jan-nowak", "jan-nowak"),
        ("Ján Nowak", "jan-nowak"),
        ("jan-nwak", "jan-nowak"),
        ("jan-noowak", "jan-nowak"),
        ("jan-novak", "jan-nowak"),
        ("jna-nowak", "jan-nowak"),
        ("jan-nokwa", "jan-nowak"),
        ("jon-nowek", None),
        ("ab", None),  # too short to tell
        ("!!", None),
        ("x" * 100_000, None),
    ],
)
def test_what_a_word_is_a_slip_of(word: str, found: str | None) -> None:
    known = {name: name for name in ("jan-nowak", "ac", "??")}
    assert slips([word], known).get(word) == found


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_slip_is_found_from_either_side(word: str, other: str) -> None:
    assert bool(slips([word], {other: ""})) == bool(slips([other], {word: ""}))


# Copies of sync programs

HEAD = "--- a/customers/anna.md\n+++ b/customers/anna 2.md\n"
FIVE = "---\nname: Anna\n---\nOne\nTwo\n"


@pytest.mark.parametrize(
    ("copy", "how", "detail"),
    [
        (FIVE, ", the same as anna.md", ""),
        (
            f"{FIVE}Three\n",
            ", 1 line more than anna.md",
            HEAD + "@@ -3,3 +3,4 @@\n ---\n One\n Two\n+Three",
        ),
        (
            FIVE.replace("One", "1\n-- 2"),
            ", 2 lines more, 1 line less than anna.md",
            HEAD + "@@ -1,5 +1,6 @@\n ---\n name: Anna\n ---\n-One\n+1\n+-- 2\n Two",
        ),
        (
            FIVE.replace("Two\n", ""),
            ", 1 line less than anna.md",
            HEAD + "@@ -2,4 +2,3 @@\n name: Anna\n ---\n One\n-Two",
        ),
    ],
)
def test_how_a_copy_differs(copy: str, how: str, detail: str, check: Check) -> None:
    (one,) = check({"anna": FIVE, "anna 2": copy})
    assert (one.code, one.path) == ("PT011", "customers/anna 2.md")
    assert (one.message, one.detail) == (f"this looks like a sync program's copy{how}", detail)


def test_a_long_difference_is_cut(check: Check) -> None:
    (one,) = check({"anna": FIVE, "anna 2": FIVE + "more\n" * 100})
    lines = one.detail.split("\n")
    assert len(lines) == 41
    assert lines[-1] == "… and 66 more lines"


def test_a_copy_without_its_original(check: Check) -> None:
    name = "ola.sync-conflict-20261101-120000-ABC"
    (one,) = check({"anna": FIVE, name: FIVE})
    assert one.message == "this looks like a sync program's copy of ola.md"
    assert one.hint == "If that file is gone, give this one its name; else keep one of the two."
    assert one.detail == ""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
def test_nothing_is_shown_of_a_file_outside_the_vault(make_vault: MakeVault, open_vault: OpenVault) -> None:
    root = make_vault({"anna 2": FIVE})
    (root.parent / "outside.md").write_text("Outside\n")
    (root / "customers" / "anna.md").symlink_to(root.parent / "outside.md")
    found = {one.code: one.detail for one in open_vault(root, TODAY, None).diagnostics()}
    assert found == {"PT009": "", "PT011": ""}


def test_a_copy_that_is_no_text(make_vault: MakeVault, open_vault: OpenVault) -> None:
    root = make_vault({"anna": FIVE})
    (root / "customers" / "anna 2.md").write_bytes(b"---\nname: Ren\xe9\n---\n")
    (one,) = open_vault(root, TODAY, None).diagnostics()
    assert (one.code, one.detail) == ("PT011", "")


def test_the_difference_is_shown_below_the_hint(make_vault: MakeVault, run: Run) -> None:
    root = make_vault({"anna": FIVE, "anna 2": FIVE + "\x1b[31mThree\n"})
    answer = run("--vault", root, "--today", DAY, "check")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[1:4] == [
        "    Merge it with `ptcrm conflicts --merge`, or keep what is needed of it and delete it.",
        "    --- a/customers/anna.md",
        "    +++ b/customers/anna 2.md",
    ]
    assert "\x1b" not in answer.stdout
    (row,) = json.loads(run("--vault", root, "--today", DAY, "check", "--json").stdout)
    assert row["detail"].endswith("\n+\x1b[31mThree")


# What the checks cost


def test_only_who_asks_for_problems_pays_for_the_checks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ptcrm.workspace.Workspace.diagnostics", never)
    for call in (["due"], ["list"], ["show", "katrin"], ["why", "katrin"], ["birthdays"], ["export", "ics"]):
        assert run("--vault", SAMPLE, "--today", DAY, *call).exit_code == 0


# Queries of the configuration

QUERIES = """\
tiers:
  gold: {cadence: 3 weeks, when: "revenue:>5000 or due:today"}
  silver: {when: "shoe_size:>44"}
campaigns:
  christmas: {date: --12-10, where: "status:active tier:golld"}
  easter: {date: --04-01, where: "tier:gold,silver"}
queries:
  vip: "state:overdue (tier:gold or tag:vip"
feeds:
  all: {}
  late: {where: "state:overdu"}
  soon: {where: "due:<2w"}
"""


def test_a_query_of_the_configuration_that_cannot_be_read(check: Check) -> None:
    found = [one for one in check(anna("shoe_size: 44"), QUERIES) if one.code == "PT504"]
    assert [(one.path, one.line, one.column, one.message) for one in found] == [
        (
            "ptcrm.yaml",
            2,
            1,
            "`when` of the tier “gold” cannot be read: “due” follows from the plan, which depends on this query",
        ),
        ("ptcrm.yaml", 5, 1, "`where` of the campaign “christmas” cannot be read: “golld” is no tier"),
        ("ptcrm.yaml", 8, 1, "the query “vip” cannot be read: this bracket does not close"),
        ("ptcrm.yaml", 11, 1, "`where` of the feed “late” cannot be read: “overdu” is no state"),
    ]
    assert found[1].hint == "Did you mean “tier:gold”?"
    assert found[1].detail == "status:active tier:golld\n" + " " * 19 + "^"
    assert found[2].detail == "state:overdue (tier:gold or tag:vip\n" + " " * 14 + "^"


def test_a_field_that_nobody_has_is_none(check: Check) -> None:
    (one,) = check({}, 'tiers: {silver: {when: "shoe_size:>44"}}\n')
    assert one.message == "`when` of the tier “silver” cannot be read: “shoe_size” is no field"


def test_signs_that_move_the_cursor_are_not_shown(make_vault: MakeVault, run: Run) -> None:
    config = 'campaigns: {"a\\e[2J": {where: "tag:\\e[31m\\nx \\u2028tier:y"}}\n'
    shown = run("--vault", make_vault({}, config), "check", "--select", "PT504").stdout
    assert "\x1b" not in shown
    assert shown.splitlines()[-2:] == ["    tag:�[31m x �tier:y", " " * 22 + "^"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("customers: clients\n", "there is no folder “clients”"),
        ("country: XX\n", "no public holidays are known for the country “XX”"),
        ("country: DE-XX\n", "no public holidays are known for the country “DE-XX”"),
        ("tiers: {gold: {channels: [call, fax]}}\n", "the tier “gold” names “fax”, which is no channel"),
        ("playbooks: {p: {starts: sale, steps: [{do: cal}]}}\n", "the playbook “p” names “cal”, which is no channel"),
        ("playbooks: {p: {starts: sal, steps: [{do: call}]}}\n", "the playbook “p” names “sal”, which is no channel"),
        ("campaigns: {c: {date: --12-10, do: crad}}\n", "the campaign “c” names “crad”, which is no channel"),
    ],
)  # fmt: skip
def test_words_of_the_configuration_that_are_not_known(check: Check, config: str, message: str) -> None:
    assert [one.message for one in check({}, config) if one.code == "PT505"] == [message]


def test_words_of_the_configuration_that_are_known(check: Check) -> None:
    config = """\
country: de-be
channels: {call: {also: [anruf]}}
tiers: {gold: {channels: [Anruf]}}
playbooks: {a: {starts: since}, b: {starts: left, steps: [{do: anruf}]}, c: {starts: ANRUF}}
campaigns: {c: {date: --12-10, do: anruf}}
"""
    assert [one for one in check({}, config) if one.code == "PT505"] == []
