"""Narrowing never loses anybody, and the best places are found without looking into every file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.errors import UsageError
from ptcrm.query.configured import typed
from ptcrm.text.fold import fold
from ptcrm.vault.asked import asked_of
from ptcrm.vault.condition import condition_of
from ptcrm.vault.schema import read_customer
from ptcrm.views.finding import search
from ptcrm.workspace import Workspace
from tests.conftest import DAY, SAMPLE, MakeVault, OpenVault
from tests.test_query import MEANT
from tests.test_query_vault import FOUND, QUERIES

TODAY = date.fromisoformat(DAY)
CONFIG = """
tiers: {gold: {}, silver: {}}
channels: {call: {also: [Telefon]}}
occasions: {leap_day: mar1}
queries: {rich: "tier:gold or shoe_size:>44", none: "-(a or -a)"}
"""


@pytest.fixture(autouse=True, scope="module")
def settled() -> Iterator[None]:
    """Files count as settled at once, so that their texts are kept."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("workspace.opened._JUST_NOW_NS", "vault.index.RACY_NS", "vault.scan.RACY_NS"):
            patch.setattr(f"ptcrm.{name}", -(10**12))
        yield


def decided(workspace: Workspace, text: str) -> list[str]:
    """The paths of those whom the query means, when each of them is asked."""
    customers = list(workspace.cache.customers())
    query = workspace.query(typed([text]))
    facts = workspace.facts([query], customers)
    return [one.path for one in customers if query(facts(one))]


def can_be_read(workspace: Workspace, text: str) -> bool:
    """Whether the query is one; letters are no phone number."""
    try:
        workspace.query(typed([text]))
    except UsageError:
        return False
    return True


def of_kept(workspace: Workspace, text: str) -> set[str]:
    """The paths of those whom the rows alone mean, as far as they know."""
    condition = condition_of(workspace.query(typed([text])))
    return set(workspace.cache.meant_by(condition)) if condition and condition.exact else set()


# A vault of odd people


PIECES = ("gear", "Gears", "e-bike", "Łódź", "Straße", "gear hub", "10%", '"', "\\", "it's", "山田", "_", "a")
FIELDS = ("role", "owner", "shoe_size", "Größe", "tags", "aliases", "places", "company")
LINES = (
    *(
        "birthday: 1984-05-17",
        "birthday: --02-29",
        "birthday: 1990-12-24",
        "birthday: --11-25",
        "since: 2021-03-02",
        "cadence: 3 weeks",
        "do_not_contact: true",
    ),
    *("kind: company", "status: former", "tier: gold", "tier: Silver", "occasions: [wedding 2012-09-01]"),
    *(
        "prefers: [telefon]",
        "avoids: call",
        "mute: birthday",
        "snooze: 2027-01-01",
        "phones: ['+48 600 100 200']",
    ),
    *("company: '[[anna]]'", "referred_by: '[[jan]]'", "shoe_size: 45", "shoe_size: ''", "Größe: 'a, b'"),
)
BODIES = (
    *("See [[anna|the gear]] and [[jan]].", "- [ ] 2026-12-01 call: Order gear", "- [ ] 2026-12-01 call: "),
    *("Ge[x](y)ar", "gear\n\n> hub", "```\n- 2026-11-01 call: gear\n```"),
)
ENTRIES = (
    *("- 2026-11-01 call: About the\n  gear hub", "- 2026-10-01 sale: gears [amount:: 60 EUR]"),
    *("- 2026-09-01 Telefon: e-bike #lease", "- 2026-07-01 call: gear, a hub"),
)


def words() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(PIECES), st.lists(st.sampled_from(PIECES), min_size=2, max_size=3).map(" ".join)
    )


def files() -> st.SearchStrategy[str]:
    given_ = st.tuples(st.sampled_from(FIELDS), words()).map(
        lambda pair: f"{pair[0]}: {json.dumps(pair[1], ensure_ascii=False)}"
    )
    front = st.lists(
        st.one_of(given_, given_, st.sampled_from(LINES)),
        min_size=1,
        max_size=5,
        unique_by=lambda line: line.split(":")[0],
    )
    body = st.lists(st.one_of(words(), st.sampled_from(BODIES)), max_size=3)
    entry = st.builds("- 2026-{:02}-{:02} call: {}".format, st.integers(1, 11), st.integers(1, 20), words())
    log = st.lists(st.one_of(entry, entry, st.sampled_from(ENTRIES)), max_size=4)
    return st.builds(_file, front, body, log)


def _file(front: list[str], body: list[str], log: list[str]) -> str:
    return "\n".join(["---", *front, "---", *body, "", "## Log", "", *log, ""])


def atoms() -> st.SearchStrategy[str]:
    quoted = st.one_of(words(), st.sampled_from(["ear", "ge", "r h", "."])).map(
        lambda text: '"{}"'.format(text.replace('"', "x"))
    )
    starred = st.sampled_from(["ge*hub", "*", "g*", "*r", "gear*", "e-*"])
    fields = st.sampled_from(
        (*FIELDS, *FIELDS, "name", "id", "text", "log.text", "follow_up", "link", "near", "phone", "email")
    )
    return st.one_of(
        quoted,
        starred,
        st.tuples(fields, st.one_of(quoted, starred)).map(":".join),
        st.tuples(fields, quoted).map(":".join),
        st.tuples(fields, quoted).map("-{0[0]}:{0[1]}".format),
        fields.map("has:{}".format),
        fields.map("no:{}".format),
        st.sampled_from(
            [
                *(
                    "tier:gold",
                    "tier:*",
                    "status:active",
                    "status:former,active",
                    "kind:person",
                    "prefers:call",
                ),
                *(
                    "birthday:1984",
                    "birthday:may",
                    "birthday:02-29",
                    "birthday:02",
                    "birthday:feb,december",
                    "birthday:12-20..01-10",
                    "birthday:12-25..12-20",
                    "birthday:today..+4w",
                    "birthday:today..+1y",
                    "birthday:today..+3m",
                    "birthday:<1985",
                    "since:<2022",
                    "since:>1w",
                    "cadence:<2m",
                ),
                *(
                    "do_not_contact:no",
                    "do_not_contact:yes",
                    "has:do_not_contact",
                    "phone:600",
                    "snooze:>today",
                ),
                *(
                    "[[anna]]",
                    "company:[[anna]]",
                    "referred_by:jan",
                    "shoe_size:>44",
                    "shoe_size:45",
                    "has:cadence",
                ),
                *(
                    "last:>1w",
                    "revenue:>50",
                    "log:sale,call",
                    "log.count:>1",
                    "has:log",
                    "state:new",
                    "no:last",
                ),
                *(
                    "@rich",
                    "@none",
                    "due:<2027",
                    "mute:birthday",
                    "near:lodz",
                    "has:email,phone",
                    "tag:gear,a",
                ),
            ]
        ),
    )


def queries() -> st.SearchStrategy[str]:
    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        some = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            some.map(lambda parts: " or ".join(f"({one})" for one in parts)),
            some.map(lambda parts: " ".join(f"({one})" for one in parts)),
            inner.map("-({})".format),
        )

    return st.recursive(atoms(), larger, max_leaves=6)


@given(made=st.lists(files(), min_size=1, max_size=4), asked=st.lists(queries(), min_size=4, max_size=12))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whom_a_query_finds_is_whom_it_means(made: list[str], asked: list[str]) -> None:
    """Asked of each customer, and of the rows: before the texts are kept and afterwards, from memory and not."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        (root / "customers").mkdir()
        (root / "ptcrm.yaml").write_text(CONFIG, encoding="utf-8")
        known = "---\nname: Known\nshoe_size: 40\nGröße: x\n---\n"  # so that the fields are known
        for name, text in zip(("known", "anna", "jan", "zoe", "gear"), (known, *made), strict=False):
            (root / "customers" / f"{name}.md").write_text(text, encoding="utf-8")
        with closing(Workspace(root, TODAY, None, root / "state")) as vault:
            asked = [text for text in asked if can_be_read(vault, text)]
            first = [vault.paths_by(typed([text])) for text in asked]
            vault.customers("gear")
            vault.refresh()
            assert vault.cache.unread() == []
            assert vault.cache.rows("SELECT count(*) FROM sought") == [(vault.index.count(),)]
            for text, found in zip(asked, first, strict=True):
                assert found == decided(vault, text), text
                assert vault.paths_by(typed([text])) == found, text
                assert of_kept(vault, text) <= {*found}, text


@pytest.mark.parametrize(
    ("text", "ids"), [("gear", "anna jan"), ('log.text:"a gear"', "jan"), ("-gear", "zoe")]
)
def test_a_file_whose_text_is_not_kept_is_looked_into(
    text: str, ids: str, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    """The texts of all were kept, and then one file has changed."""
    names = {"anna": "gear", "jan": "hub", "zoe": "hub"}
    root = make_vault({id_: f"---\nname: C\n---\n{word}\n" for id_, word in names.items()})
    vault = open_vault(root, TODAY, None)
    vault.customers("gear")
    vault.refresh()
    assert vault.cache.unread() == []
    jan = root / "customers" / "jan.md"
    jan.write_text("---\nname: C\n---\n\n## Log\n\n- 2026-11-01 call: a gear\n", encoding="utf-8")
    vault.refresh()
    assert vault.cache.unread() == ["customers/jan.md"]
    assert vault.paths_by(typed([text])) == [f"customers/{id_}.md" for id_ in ids.split()]


@pytest.mark.parametrize("leap_day", ["feb28", "mar1"])
@pytest.mark.parametrize("day", ["2027-02-28", "2027-03-01", "2028-02-29"])
def test_who_was_born_on_the_leap_day_is_found_when_it_returns(
    day: str, leap_day: str, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    root = make_vault({"anna": "---\nbirthday: 2000-02-29\n---\n"}, f"occasions: {{leap_day: {leap_day}}}\n")
    vault = open_vault(root, date.fromisoformat(day), None)
    returns = {"feb28": "2027-02-28", "mar1": "2027-03-01"}[leap_day]
    assert bool(vault.paths_by(typed(["birthday:today..+1d"]))) == (
        day in (returns, "2027-02-28", "2028-02-29")
    )
    assert bool(vault.paths_by(typed(["birthday:today"]))) == (day in (returns, "2028-02-29"))


OF_YEAR = (
    "05-17",
    "may",
    "05-17..05-18",
    "05-02..06-30",
    "12-20..01-16",
    "05-18..05-16",
    "january..march",
    "02-29",
)


@pytest.mark.parametrize("days", [*OF_YEAR, "today..+2w", "today..+6m", "today..+1y", "1984", "<1985"])
def test_days_of_the_year_are_told_apart(days: str, make_vault: MakeVault, open_vault: OpenVault) -> None:
    born = [
        f"{year}-{month:02}-{day}" for year in ("1984", "-") for month in range(1, 13) for day in (17, 18, 29)
    ]
    vault = open_vault(
        make_vault({f"a{one}": f"---\nbirthday: {one}\n---\n" for one in born if one != "--02-29"}),
        TODAY,
        None,
    )
    assert vault.paths_by(typed([f"birthday:{days}"])) == decided(vault, f"birthday:{days}") != []


ALIKE = {
    "whole": "tags: [gear]",
    "begins": "tags: [gear hub]",
    "ends": "tags: [big gear]",
    "own": "taggy: gear",
    "role": "role: gear",
    "lines": 'tags: ["x\\ntag\\tgear\\ny"]',
    "list": "taggy: 'hub, gear'",
    "folded": "tags: [GEÁR]",
}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("tag:gear", "folded whole"),
        ('tag:"gear hub"', "begins"),
        ("tag:gear*", "begins folded whole"),
        ("taggy:gear", "list own"),
        ("role:gear", "role"),
        ("has:tag", "begins ends folded lines whole"),
        ("has:taggy", "list own"),
        ("-tag:gear", "begins ends lines list own role"),
        ("no:taggy", "begins ends folded lines role whole"),
    ],
)
def test_what_is_alike_is_told_apart(
    text: str, ids: str, make_vault: MakeVault, open_vault: OpenVault
) -> None:
    vault = open_vault(make_vault({id_: f"---\n{line}\n---\n" for id_, line in ALIKE.items()}), TODAY, None)
    assert vault.paths_by(typed([text])) == [f"customers/{id_}.md" for id_ in ids.split()]
    assert vault.paths_by(typed([text])) == decided(vault, text)


@pytest.fixture(scope="module")
def sample_vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The sample vault with saved queries and with its texts kept."""
    root = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("narrow") / "vault")
    config = (root / "ptcrm.yaml").read_text(encoding="utf-8").partition("queries:")[0]
    (root / "ptcrm.yaml").write_text(config + QUERIES, encoding="utf-8")
    with closing(Workspace(root, TODAY, None, tmp_path_factory.mktemp("state"))) as workspace:
        workspace.customers("gear")
        workspace.refresh()
        assert workspace.cache.unread() == []
        yield workspace


@pytest.mark.parametrize("text", [text for text, _ in FOUND + MEANT])
def test_nobody_of_the_sample_vault_is_lost(text: str, sample_vault: Workspace) -> None:
    assert sample_vault.paths_by(typed([text])) == decided(sample_vault, text)


@pytest.mark.parametrize(
    ("text", "is_exact"),
    [
        ("", True),
        ("gear", True),
        ('"gear hub"', True),
        ("tier:gold,silver tag:vip", True),
        ("-tier:gold", True),
        ("has:email", True),
        ("tier:gold or gear", True),
        ("name:anna", False),
        ("gear*hub", False),
        ("since:<2022", False),
        ("birthday:05-17", True),
        ("birthday:may,june", True),
        ("birthday:may..july", True),
        ("birthday:05-17..06-02", False),
        ("birthday:today..+4w", False),
        ("birthday:1984", False),
        ("phone:600", False),
        ("tier:gold last:>6w", False),
        ("log.text:gear", True),
        ("last:>6w", None),
        ("tier:gold or last:>6w", None),
        ("-name:anna", None),
        ("state:due", None),
        ("name:*", None),
        (" or ".join(f"w{number}" for number in range(300)), None),
    ],
)
def test_what_narrows(text: str, is_exact: bool | None, sample_vault: Workspace) -> None:
    """Words and whole values are found by the rows alone; other values are narrowed, and the plan is not."""
    condition = condition_of(sample_vault.query(typed([text])))
    assert (condition.exact if condition else None) == is_exact


def test_what_may_be_asked_is_a_text_of_lines(sample_vault: Workspace) -> None:
    from ptcrm.text.source import Source

    text = "---\nname: Żaneta\ntags: [VIP, Bike Shop]\nphones: ['+48 600']\nGröße: a, B\nsince: 2021-01-01\n---\n"
    one = read_customer(Source("customers/z.md", text), sample_vault.reader).customer
    assert one is not None
    assert asked_of(one) == (
        "\nid\tz\nname\tzaneta\nkind\tperson\nstatus\tactive\nphone\t48600\nsince\t\ntag\tvip\ntag\tbike shop\n"
        "=grosse\ta, b\n=grosse\ta\n=grosse\tb\n"
    )


# Places


@given(
    made=st.lists(files(), min_size=1, max_size=8),
    asked=st.lists(
        st.sampled_from(["gear", "gears", "ear", "hub", "e-bike", "a", "2026", "call", "10%", "."]),
        min_size=1,
        max_size=3,
    ),
    most=st.integers(1, 4),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_best_places_are_those_of_all_files(made: list[str], asked: list[str], most: int) -> None:
    """Looking into the files that may be the best gives what looking into every file gives, kept or not."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        (root / "customers").mkdir()
        (root / "ptcrm.yaml").write_text(CONFIG, encoding="utf-8")
        for number, text in enumerate(made):
            (root / "customers" / f"c{number}.md").write_text(text, encoding="utf-8")
        with (
            closing(Workspace(root, TODAY, None, root / "state")) as vault,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr("ptcrm.views.finding._AT_ONCE", 1)
            paths = [one.path for one in vault.cache.customers()]
            words_ = list(dict.fromkeys(map(fold, asked)))
            every = search(vault, paths, words_, None).found
            assert search(vault, paths, words_, most).found == every[:most]
            vault.customers("gear")
            vault.refresh()
            assert search(vault, paths, words_, most) == (every[:most], len(paths) - len(every[:most]))
            assert search(vault, paths, words_, None).found == every


@pytest.mark.parametrize("word", ["bike", "bik", "e-bike", "the e-bike", "%"])
def test_the_newest_is_found_first_wherever_it_stands(
    word: str, make_vault: MakeVault, open_vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that is of several words, or of signs, may stand on any day; what comes first by name is not the best."""
    texts = {
        name: f"---\nname: C\n---\n\n## Log\n\n- 2026-10-20 call: a bik\n- 2026-{month:02}-01 call: the e-bike 10%\n"
        for name, month in (("a", 1), ("b", 3), ("c", 2))
    }
    vault = open_vault(make_vault(texts), TODAY, None)
    vault.customers("bike")
    vault.refresh()
    monkeypatch.setattr("ptcrm.views.finding._AT_ONCE", 1)
    paths = [one.path for one in vault.cache.customers()]
    every = search(vault, paths, [word], None).found
    assert search(vault, paths, [word], 1).found == every[:1]
    assert every[0].whose.id == ("a" if word == "bik" else "b")


@pytest.mark.parametrize("word", ["gear", "ear", "gears", "fair"])
def test_few_files_are_looked_into(
    word: str, make_vault: MakeVault, open_vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many have the word: the texts that are kept tell whose place is the best."""
    texts = {
        f"c{number}": "---\nname: C\n---\nGears\n\n## Log\n\n"
        f"- 2026-01-{number % 7 + 1:02} call: gear fair\n- 2026-02-{number % 5 + 1:02} call: fair\n"
        for number in range(300)
    }
    vault = open_vault(make_vault(texts), TODAY, None)
    paths = vault.paths_by(typed([word]))
    vault.refresh()
    read, text = list[str](), vault.text

    def counted(path: str) -> str | None:
        read.append(path)
        return text(path)

    monkeypatch.setattr(vault, "text", counted)
    assert search(vault, paths, [word], 20).more == 280
    assert len(read) == 20
