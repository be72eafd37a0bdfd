"""Drafts against a vault: who is meant, what fills a gap, what stays; and that a second run brings nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.model.change import Operation
from ptcrm.model.draft import Draft, Flaw
from ptcrm.vault.reconcile import Outcome, Reconciled, reconciled
from tests.conftest import DAY, MakeVault, OpenVault

if TYPE_CHECKING:
    from ptcrm.workspace import Workspace

ANNA = """---
name: Anna Kowalska
role: owner  # she says
emails: [anna@rowery.example]
phones:
  - "+48 600 100 200"
birthday: 1984-05-17
---

Met at the fair.

## Log

- 2026-11-02 call: New shop [id:: c1]
- 2026-09-14 sale: Two bikes
"""
CONFIG = "start: 2021-01-01\ntimezone: Europe/Warsaw\ncountry: PL\n"


def draft(name: str = "", /, *, place: str = "x.vcf:1", **rest: Any) -> Draft:  # noqa: ANN401
    """A draft with a name and fields; `notes`, `body`, `origin`, `entries`, `is_of_known` are its own."""
    own = {key: rest.pop(key) for key in ("notes", "body", "origin", "entries", "is_of_known") if key in rest}
    fields = {"name": name, **rest} if name else rest
    pairs = tuple(
        (key, (value,) if isinstance(value, str) else tuple(value)) for key, value in fields.items()
    )
    return Draft(place, pairs, **own)


class Case:
    """A vault and what imports make of it."""

    def __init__(self, workspace: Workspace, root: Path) -> None:
        self.workspace, self.root = workspace, root

    def plan(self, *drafts: Draft | Flaw, doubtful: str = "skip", **given: str) -> Reconciled:
        taken = {key: [value] for key, value in given.items()}
        return reconciled(drafts, self.workspace.intake(taken), doubtful)  # type: ignore[arg-type]

    def write(self, *drafts: Draft | Flaw, doubtful: str = "skip", **given: str) -> Reconciled:
        found = self.plan(*drafts, doubtful=doubtful, **given)
        if found.changes:
            self.workspace.write(Operation("import", found.changes))
        return found

    def only(self, *drafts: Draft, doubtful: str = "skip") -> Outcome:
        (one,) = self.plan(*drafts, doubtful=doubtful).outcomes
        return one

    def text(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()


@pytest.fixture
def case(make_vault: MakeVault, open_vault: OpenVault, tmp_path: Path) -> Case:
    root = make_vault({"anna": ANNA}, config=CONFIG)
    return Case(open_vault(root, date.fromisoformat(DAY), tmp_path / "cache"), root)


# Who is meant


@pytest.mark.parametrize(
    "one",
    [
        draft("Anna Kowalska", emails="ANNA@rowery.example"),
        draft("Kowalska Anna", phones="600100200"),
        draft("A. Kowalska", emails="anna@rowery.example"),
        draft("Anna", phones="0048 600-100-200"),
        draft("Anna Kowalska"),
        draft("Anna Kowalska", birthday="1984-05-17", emails="anna@home.example"),
        draft(emails="anna@rowery.example", is_of_known=True),
        draft("Änna Kowalska", birthday="--05-17"),
    ],
)
def test_she_is_known_by_address_number_or_name(case: Case, one: Draft) -> None:
    assert case.only(one).path == "customers/anna.md"


@pytest.mark.parametrize(
    "one",
    [
        draft("Jan Nowak", emails="jan@rowery.example"),
        draft("Jan Nowak", phones="+48 600 100 200"),  # the shop's number
        draft("Anna Kowalska", birthday="1990-01-01"),
        draft("Anna Kowalska", kind="company"),
    ],
)
def test_who_differs_is_somebody_new(case: Case, one: Draft) -> None:
    assert case.only(one).kind == "new"


@pytest.mark.parametrize(
    "one",
    [
        draft("Anna Kowalska", emails="anna@other.example"),
        draft("Piotr Kowalska", emails="anna@rowery.example"),
        draft("Anna Kowalska", phones="+48 700 000 000"),
    ],
)
def test_who_may_be_the_same_is_left_alone_unless_it_is_decided(case: Case, one: Draft) -> None:
    left = case.only(one)
    assert (left.kind, left.change, left.path) == ("unsure", None, "customers/anna.md")
    assert left.why
    assert case.only(one, doubtful="same").path == "customers/anna.md"
    assert case.only(one, doubtful="new").kind == "new"


def test_somebody_new_who_was_decided_on_is_found_again(case: Case) -> None:
    one = draft("Anna Kowalska", company="Elsewhere", emails="anna@other.example")
    assert case.write(one, doubtful="new").outcomes[0].kind == "new"
    assert case.only(one, doubtful="new").kind == "same"


def test_a_source_finds_its_own_record_again_whatever_was_changed_since(case: Case) -> None:
    case.write(draft("Jan Nowak", emails="jan@old.example", origin="vcard:u1"))
    found = case.only(draft("Johann Neumann", emails="jan@new.example", origin="vcard:u1"))
    assert (found.kind, found.path) == ("changed", "customers/jan-nowak.md")


def test_records_about_one_person_become_one_file(case: Case) -> None:
    found = case.write(
        draft("Jan Nowak", emails="jan@x.example"),
        draft("Jan Nowak", emails="jan@x.example", phones="+48 1234567", role="cook", place="x.vcf:9"),
    )
    (one,) = found.outcomes
    assert one.places == ("x.vcf:1", "x.vcf:9")
    assert dict(one.gained)["role"] == ("cook",)


def test_namesakes_of_one_source_are_two(case: Case) -> None:
    found = case.write(draft("Jan Nowak", emails="a@x.example"), draft("Jan Nowak", emails="b@x.example"))
    assert [one.path for one in found.outcomes] == ["customers/jan-nowak.md", "customers/jan-nowak-2.md"]
    assert not case.plan(
        draft("Jan Nowak", emails="b@x.example"), draft("Jan Nowak", emails="a@x.example")
    ).changes


def test_an_address_of_two_is_nobodys_conversation(case: Case) -> None:
    case.write(draft("Jan Nowak", emails="office@x.example"), draft("Eva Braun", emails="office@x.example"))
    one = case.only(draft(emails="office@x.example", entries=("2026-01-01 email: Hello",), is_of_known=True))
    assert one.kind == "unsure"


def test_of_two_with_one_address_the_name_beside_it_tells(case: Case) -> None:
    case.write(draft("Jan Nowak", emails="home@x.example"), draft("Eva Nowak", emails="home@x.example"))
    said: dict[str, Any] = {
        "emails": "home@x.example",
        "entries": ("2026-01-01 email: Hello",),
        "is_of_known": True,
    }
    assert case.only(draft("Eva Nowak", **said)).path == "customers/eva-nowak.md"
    assert case.only(draft("Eva", **said)).path == "customers/eva-nowak.md"
    assert case.only(draft("Somebody Else", emails="anna@rowery.example", is_of_known=True)).kind == "same"
    found = case.plan(draft("Nowak", **said), draft("Nowak", place="x.vcf:7", **said), draft("Uwe", **said))
    assert [(one.kind, one.places) for one in found.outcomes] == [
        ("unsure", ("x.vcf:1", "x.vcf:7")),
        ("unsure", ("x.vcf:1",)),
    ]
    assert found.outcomes[0].why == "several customers have home@x.example"


@pytest.mark.parametrize("name", ["..", "~", "👩‍👩‍👧", "\u0301\u0301"])
def test_a_name_without_letters_is_found_again(case: Case, name: str) -> None:
    assert case.write(draft(name)).outcomes[0].kind == "new"
    assert case.only(draft(name)).kind == "same"


@pytest.mark.parametrize("name", ["Anna Kowalska, MBA", "Dr. Anna Kowalska", "Prof. Dr. Kowalska, Anna, PhD"])
def test_titles_make_nobody_else(case: Case, name: str) -> None:
    assert case.only(draft(name)).path == "customers/anna.md"


def test_an_umlaut_may_be_two_letters_where_an_address_is_shared(case: Case) -> None:
    case.write(draft("Jürgen Müller", phones="+49 170 1112223", emails="j@x.example"))
    assert case.only(draft("Mueller, Juergen", phones="+49 170 1112223")).path == "customers/jurgen-muller.md"
    assert case.only(draft("Uwe Moeller", phones="+49 170 1112223")).kind == "new"


def test_who_had_no_name_is_whoever_gives_one_first(case: Case) -> None:
    address = draft(emails="a@x.example")
    people = [draft(name, emails="a@x.example") for name in ("Eva Braun", "Jan Nowak")]
    found = case.write(address, *people)
    assert [one.path for one in found.outcomes] == ["customers/eva-braun.md", "customers/jan-nowak.md"]
    assert not case.plan(address, *people).changes


def test_two_profiles_are_two_people(case: Case) -> None:
    one, two = (draft("Jan Nowak", company="Rower", origin=f"linkedin:{each}") for each in ("a", "b"))
    assert [each.kind for each in case.write(one, two).outcomes] == ["new", "new"]
    assert [each.kind for each in case.plan(one, two).outcomes] == ["same", "same"]
    assert case.only(draft("Jan Nowak", origin="linkedin:c")).kind == "unsure"
    assert case.only(draft("Anna Kowalska", origin="linkedin:c")).path == "customers/anna.md"


def test_addresses_that_nobody_has_are_counted(case: Case) -> None:
    unknown = draft(emails="who@x.example", entries=("2026-01-01 email: Hello",), is_of_known=True)
    found = case.plan(unknown, unknown)
    assert (found.outcomes, dict(found.strangers)) == ((), {"who@x.example": 2})


# What is written


def test_gaps_are_filled_and_what_a_person_typed_stays(case: Case) -> None:
    found = case.write(
        draft(
            "Anna Kowalska",
            role="Inhaberin",
            emails=("anna@rowery.example", "Anna@home.example"),
            phones="600 100 200",
            urls="https://rowery.example/",
            birthday="1984-05-17",
            notes="Likes tea",
            colour="red",
        )
    )
    (one,) = found.outcomes
    assert one.gained == (
        ("emails", ("Anna@home.example",)),
        ("urls", ("https://rowery.example/",)),
        ("colour", ("red",)),
    )
    assert [(each.field, each.mine, each.theirs) for each in one.differences] == [
        ("role", "owner", "Inhaberin"),
        ("notes", "", "Likes tea"),
    ]
    expected = ANNA.replace("[anna@rowery.example]", "[anna@rowery.example, Anna@home.example]").replace(
        "birthday: 1984-05-17\n", "birthday: 1984-05-17\nurls:\n  - https://rowery.example/\ncolour: red\n"
    )
    assert case.text("customers/anna.md") == expected


def test_new_keys_stand_below_a_list_that_grows(case: Case) -> None:
    case.write(draft("Jan Nowak", emails="j@x.example", origin="a:1"))
    case.write(draft("Jan Nowak", emails="j@x.example", colour="red", origin="b:1"))
    assert "sources:\n  - a:1\n  - b:1\ncolour: red\n---" in case.text("customers/jan-nowak.md")


def test_a_company_of_the_same_import_is_linked(case: Case) -> None:
    drafts = (
        draft("Eva Braun", emails="e@x.example", company="Acme Sp. z o.o."),
        draft("Acme Sp. z o.o.", kind="company"),
    )
    found = case.write(*drafts)
    assert [one.name for one in found.outcomes] == ["Eva Braun", "Acme Sp. z o.o."]
    assert 'company: "[[acme-sp-z-o-o]]"\n' in case.text("customers/eva-braun.md")
    again = case.plan(*drafts)
    assert [(one.kind, one.differences) for one in again.outcomes] == [("same", ())] * 2


def test_companies_of_signs_alone_are_as_many_as_there_are(case: Case) -> None:
    drafts = (
        draft("Eva Braun", emails="e@x.example", company="???"),
        draft("Uwe Braun", emails="u@x.example", company="!!!"),
        draft("!!!", kind="company"),
    )
    found = case.write(*drafts)
    said = [dict(one.gained).get("company") for one in found.outcomes]
    assert said == [("???",), ("[[customer]]",), None]


def test_a_name_of_signs_alone_is_nobody_elses(case: Case) -> None:
    signs = [draft(name, phones="600700800") for name in ("!!!", "???", "...", "!")]
    assert [one.kind for one in case.write(*signs).outcomes] == ["new"] * 4
    assert [one.kind for one in case.plan(*signs).outcomes] == ["same"] * 4


def test_googles_mailbox_is_one_however_it_is_written(case: Case) -> None:
    case.write(draft("Jan Nowak", emails="jan.n@gmail.com"))
    assert case.only(draft("Jan Nowak", emails="Jann+x@googlemail.com")).kind == "same"


def test_an_id_that_the_source_has_tells_namesakes_apart(case: Case) -> None:
    assert case.only(draft("Anna Kowalska", id="Anna", emails="other@x.example")).path == "customers/anna.md"
    assert case.only(draft("Somebody Else", id="anna")).kind == "new"


def test_notes_that_are_there_are_no_difference(case: Case) -> None:
    case.write(draft("Eva Braun", emails="e@x.example", notes="- Red\n# Tea"))
    assert case.only(draft("Eva Braun", emails="e@x.example", notes="- Red\n# Tea")).differences == ()
    assert case.only(draft("Anna Kowalska", notes="Met at  the fair.")).differences == ()


def test_an_address_is_no_name(case: Case) -> None:
    one = case.only(draft("anna@rowery.example", emails="anna@rowery.example"))
    assert (one.kind, one.path, one.differences) == ("same", "customers/anna.md", ())
    assert case.only(draft("x@y.example", emails="x@y.example")).name == "x@y.example"


def test_entries_stand_where_their_day_belongs_and_each_once(case: Case) -> None:
    lines = (
        "2026-11-05 10:00 email (in): Hello [id:: m1]",
        "2026-10-01 email: Old [id:: m2]",
        "2026-10-01 email: Old [id:: m2]",
        "2026-01-01 email: Older [id:: m3]",
        "2026-11-03 call: Said twice [id:: c1]",
        "2026-09-14 sale: Two bikes",
    )
    found = case.write(draft(emails="anna@rowery.example", entries=lines, is_of_known=True))
    assert len(found.outcomes[0].entries) == 3
    assert case.text("customers/anna.md").partition("## Log\n\n")[2] == (
        "- 2026-11-05 10:00 email (in): Hello [id:: m1]\n"
        "- 2026-11-02 call: New shop [id:: c1]\n"
        "- 2026-10-01 email: Old [id:: m2]\n"
        "- 2026-09-14 sale: Two bikes\n"
        "- 2026-01-01 email: Older [id:: m3]\n"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_log_that_runs_upward_goes_on_upward(
    make_vault: MakeVault, open_vault: OpenVault, end: str
) -> None:
    text = "---\nname: Jan\nemails: j@x.example\n---\n\n## Log\n\n* 2026-02-01 call: B\n  more\n* 2026-04-01 call: D\n".replace(
        "\n", end
    )
    root = make_vault({"jan": text})
    case = Case(open_vault(root, date.fromisoformat(DAY), None), root)
    days = ("2026-03-01 call: C", "2026-01-01 call: A", "2026-05-01 call: E", "2026-03-02 call: C2")
    case.write(draft(emails="j@x.example", entries=days, is_of_known=True))
    assert case.text("customers/jan.md").partition(f"## Log{end}{end}")[2].split(end) == [
        "* 2026-01-01 call: A",
        "* 2026-02-01 call: B",
        "  more",
        "* 2026-03-01 call: C",
        "* 2026-03-02 call: C2",
        "* 2026-04-01 call: D",
        "* 2026-05-01 call: E",
        "",
    ]


def test_a_new_file_reads_well(case: Case) -> None:
    case.write(
        draft(
            "Jürgen Groß",
            emails=("j@x.example",),
            phones="0171 2345678",
            company="Groß & Söhne",
            addresses="Hauptstr. 1, 10115 Berlin",
            birthday="--02-29",
            occasions="wedding 2012-09-01",
            notes="# Not a heading\n- [ ] 2026-12-01 call: not a task\n\n\n\n## Log\n- 2026-01-01 call: forged",
            entries=("2026-03-01 meeting: Fair", "2026-04-01 call: Order"),
            origin="google:c1",
            nick_name="Jü",
            interests=("sailing", "tea"),
        ),
        status="prospect",
    )
    assert case.text("customers/jurgen-gross.md") == (
        "---\nid: jurgen-gross\nname: Jürgen Groß\nstatus: prospect\ncompany: Groß & Söhne\n"
        'emails:\n  - j@x.example\nphones:\n  - "0171 2345678"\naddresses:\n  - Hauptstr. 1, 10115 Berlin\n'
        "birthday: --02-29\noccasions:\n  - wedding 2012-09-01\ninterests: [sailing, tea]\nsources:\n  - google:c1\nnick_name: Jü\n---\n\n"
        "\\# Not a heading\n\\- [ ] 2026-12-01 call: not a task\n\n\\## Log\n\\- 2026-01-01 call: forged\n\n"
        "## Log\n\n- 2026-04-01 call: Order\n- 2026-03-01 meeting: Fair\n"
    )


def test_markdown_of_ones_own_keeps_its_log(case: Case) -> None:
    body = "Old friend.\n\n## Log\n\n- 2026-01-05 call: Hi\n"
    case.write(draft("Eva Braun", body=body))
    assert case.text("customers/eva-braun.md").endswith(f"---\n\n{body}")


def test_what_fits_no_field_is_said_and_the_rest_is_taken(case: Case) -> None:
    found = case.write(draft("Eva Braun", birthday="17.05.1984", status="lead", emails="eva@x.example"))
    assert [flaw.message.partition(":")[0] for flaw in found.flaws] == ["birthday", "status"]
    assert found.outcomes[0].gained == (("name", ("Eva Braun",)), ("emails", ("eva@x.example",)))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "CON", "株式会社", "=1+1", "a\nb: c", "\x00", "-", "x" * 400, "]]", "# x"]
)
def test_a_hostile_name_is_a_name_or_refused(case: Case, name: str) -> None:
    found = case.write(draft(name, emails="e@x.example", notes=f"---\n{name}\n---", role=name))
    (one,) = found.outcomes
    assert one.kind == "new", one
    assert Path(one.path).parent == Path("customers")
    customer = case.workspace.customer(Path(one.path).stem)
    assert customer.name in (" ".join(name.replace("\x00", "").split()), "e@x.example")


def test_a_file_with_errors_is_refused_and_the_others_are_not(
    make_vault: MakeVault, open_vault: OpenVault
) -> None:
    text = "---\nname: Jan\nemails: j@x.example\nemails: k@x.example\n---\n"
    root = make_vault({"jan": text})
    case = Case(open_vault(root, date.fromisoformat(DAY), None), root)
    found = case.write(draft("Jan", emails=("j@x.example", "l@x.example")), draft("Eva Braun"))
    assert sorted(one.kind for one in found.outcomes) == ["new", "refused"]
    assert case.text("customers/jan.md") == text


def test_a_file_that_holds_no_customer_keeps_its_name(make_vault: MakeVault, open_vault: OpenVault) -> None:
    root = make_vault({"Eva-Braun": "just a note\n"})
    case = Case(open_vault(root, date.fromisoformat(DAY), None), root)
    assert case.write(draft("Eva Braun")).outcomes[0].path == "customers/eva-braun-2.md"


# Properties

NAMES = st.sampled_from(["Anna Kowalska", "Anna", "Jan Nowak", "Nowak Jan", "Eva", "", "Żółć", "株式会社"])
EMAILS = st.lists(st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example"]), max_size=2)
PHONES = st.lists(st.sampled_from(["+48 600 100 200", "600100200", "600 100 201"]), max_size=2)
ODD = st.text(max_size=20)
DRAFTS = st.builds(
    lambda name, emails, phones, odd, notes, origin, entries: draft(
        name,
        **{
            key: value
            for key, value in {"emails": emails, "phones": phones, "role": odd, "tags": odd}.items()
            if value
        },
        notes=notes,
        origin=origin,
        entries=tuple(entries),
    ),
    NAMES,
    EMAILS,
    PHONES,
    ODD,
    ODD | st.just("# x\n## Log\n- 2026-01-01 call: y"),
    st.sampled_from(["", "", "vcard:1", "vcard:2"]),
    st.lists(
        st.sampled_from(["2026-01-01 call: a [id:: 1]", "2026-02-01 10:00 email: b", "2025-03-04 memo: c"]),
        max_size=3,
    ),
)


@given(first=st.lists(DRAFTS, max_size=4), second=st.lists(DRAFTS, min_size=1, max_size=4), data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_again_brings_nothing_nothing_is_lost_and_undo_restores(
    tmp_path_factory: pytest.TempPathFactory, first: list[Draft], second: list[Draft], data: st.DataObject
) -> None:
    from ptcrm.workspace import Workspace

    root = tmp_path_factory.mktemp("vault")
    (root / "customers").mkdir()
    (root / "ptcrm.yaml").write_text(CONFIG)
    (root / "customers" / "anna.md").write_text(ANNA)
    state = tmp_path_factory.mktemp("state")
    with Workspace(root, date.fromisoformat(DAY), None, state) as workspace:
        case = Case(workspace, root)
        case.write(*first)
        before = files(root)
        said = {one.path: one for one in workspace.cache.customers()}
        doubtful = data.draw(st.sampled_from(["skip", "same", "new"]))
        found = case.write(*second, doubtful=doubtful)
        after = {one.path: one for one in workspace.cache.customers()}
        for path, one in said.items():
            for name in ("emails", "phones", "role", "tags", "sources", "birthday", "name"):
                old, new = getattr(one, name), getattr(after[path], name)
                assert old in (None, ()) or new == old or set(old) <= set(new)
            assert set(before[path].decode().splitlines()) <= set(files(root)[path].decode().splitlines()) | {
                line for line in before[path].decode().splitlines() if "[" in line
            }
        again = case.plan(*second, doubtful=doubtful)
        assert not again.changes, again.outcomes
        if found.changes:
            workspace.undo()
        assert files(root) == before


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root).as_posix()): path.read_bytes() for path in root.rglob("*.md")}
