"""The query language from end to end: typed, asked of a vault on a day, held against plain Python."""

from __future__ import annotations

import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.errors import QueryError, UsageError
from ptcrm.model.config import Config, Log
from ptcrm.query.configured import of_campaign, of_feed, of_tier, typed
from ptcrm.query.fields import BY_NAME, vocabulary_of
from ptcrm.query.lexer import Flaw
from ptcrm.query.nodes import Query, fields_of
from ptcrm.query.parser import parse, pointed
from ptcrm.query.prose import folded, hidden, searched, value_words, without_links
from ptcrm.query.shell import query_of
from ptcrm.text.source import Source, Span, UndecodableError
from ptcrm.vault import prose, store
from ptcrm.vault.log import LineReader
from ptcrm.vault.prose import texts_of
from ptcrm.vault.schema import FIELDS, read_customer
from ptcrm.workspace import Workspace
from tests.conftest import DAY, ROOT, SAMPLE, MakeVault, OpenVault, Run
from tests.test_query import MEANT

TODAY = date.fromisoformat(DAY)
QUERIES = """
queries:
  vip: "tier:gold or tag:opinion-leader"
  Stały klient: "since:<2022 status:active"
  company vip: "@vip kind:company"
  late: "state:overdue,due"
  late vip: "@vip @late"
  nobody: "-(a or -a)"
"""


@pytest.fixture(scope="module")
def sample_vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The sample vault with saved queries, on its day."""
    root = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("queries") / "vault")
    config = (root / "ptcrm.yaml").read_text(encoding="utf-8").partition("queries:")[0]
    (root / "ptcrm.yaml").write_text(config + QUERIES, encoding="utf-8")
    with closing(Workspace(root, TODAY, None, tmp_path_factory.mktemp("state"))) as workspace:
        yield workspace


def meant(workspace: Workspace, *words: str) -> set[str]:
    return {one.id for one in workspace.customers_by(typed(words))}


# Whom a query means on the sample vault: found by a script of regular expressions that shares no code with ptcrm, and by
# eye; for `state`, `due` and `planned` from what `ptcrm list` shows.

FOUND = [
    ("katrin", "hotel-spreeblick katrin-bauer rowan-ashby tobias-wenzel"),
    ("KATRIN", "hotel-spreeblick katrin-bauer rowan-ashby tobias-wenzel"),
    ('"katrin seidel"', "katrin-bauer"),
    ("pedal", "işık-demirtaş katrin-bauer"),
    ('"loose pedal"', "katrin-bauer"),
    ("loose pedal", "katrin-bauer"),
    ("pedal -loose", "işık-demirtaş"),
    ("baklava", "baeckerei-yilmaz"),
    ("simit or baklava", "baeckerei-yilmaz ipek-yilmaz"),
    ("simit OR panettone", "baeckerei-yilmaz ipek-yilmaz katrin-bauer"),
    ("(simit or panettone) kind:company", "baeckerei-yilmaz"),
    ("-e", ""),
    ('"mail with the number"', "katrin-bauer"),
    ('"xe sắp xong"', "nguyễn-thị-hoa"),
    ("gear", "giorgos-papadakis katrin-bauer kiezrunde"),
    ("gear kind:company", "kiezrunde"),
    ("spreeblick", "hotel-spreeblick katrin-bauer"),
    ("rowan-ashby", "rowan-ashby"),
    ("rowan", "kiezrunde rowan-ashby"),
    ("katrin-seidel", ""),
    ("katrin-bauer", "katrin-bauer"),
    ("leonie", "leonie-haas"),
    ("jule", "jule-brandt kurierkollektiv-oberbaum"),
    ("ipek", "baeckerei-yilmaz ipek-yilmaz işık-demirtaş"),
    ("İPEK", "baeckerei-yilmaz ipek-yilmaz işık-demirtaş"),
    ("żak", "łukasz-żak"),
    ("山田", "yamada-taro"),
    ("太郎", "yamada-taro"),
    ('"reverse charge"', "ramy-zuraw"),
    ("buchhaltung", "hotel-spreeblick"),
    ('"side door"', "baeckerei-yilmaz"),
    ("16", "hotel-spreeblick kiezrunde ngozi-okafor oksana-tkachenko ramy-zuraw łukasz-żak"),
    ('"half-year check"', "hotel-spreeblick"),
    ('"advent market"', "katrin-bauer"),
    ("brevetheft", "bernd-krause"),
    ("#lease", "katrin-bauer"),
    ("visit", "kiezrunde layla-haddad svenja-ritter"),
    ("visit -name:visit tier:gold", ""),
    ("2026-11-12", ""),
    ("voicemail", ""),
    ("protokoll", "bernd-krause"),
    ("dziennik", ""),
    ("kołnierz", "łukasz-żak"),
    ('"32, na trzy krzyże"', "łukasz-żak"),
    ('"294 / 294"', "łukasz-żak"),
    ("vor*frei", ""),
    ("simit*cafes", ""),
    ('"Wrocławia za dziewczyną"', "marek-dudek"),
    ("strasse", ""),
    ('"st. thekla"', "gemeinde-st-thekla"),
    (
        '"and" tier:gold',
        "hotel-spreeblick ipek-yilmaz jule-brandt katrin-bauer rowan-ashby ruegen-rad-und-wind thies-petersen",
    ),
    ('"not" kind:company', "gemeinde-st-thekla hotel-spreeblick kurierkollektiv-oberbaum"),
    ('"3 weeks"', ""),
    ("zzz", ""),
    ("text:simit,panettone", "baeckerei-yilmaz ipek-yilmaz katrin-bauer"),
    ("spokeandkettle", ""),
    ('"spoke & kettle"', ""),
    ("kiezkoje -kind:company", ""),
    ("[[katrin-bauer]]", "hotel-spreeblick rowan-ashby tobias-wenzel"),
    ("[[katrin-seidel]]", "hotel-spreeblick rowan-ashby tobias-wenzel"),
    ("[[Seidel at the Spreeblick]]", "hotel-spreeblick rowan-ashby tobias-wenzel"),
    ("[[hotel-spreeblick]]", "hostel-kiezkoje katrin-bauer kiezrunde"),
    ("[[Spreeblick]]", "hostel-kiezkoje katrin-bauer kiezrunde"),
    ("[[jan-nowak]]", "leonie-haas marek-dudek ramy-zuraw łukasz-żak"),
    ("[[jan-nowak|Jan]] -referred_by:jan-nowak", "leonie-haas ramy-zuraw"),
    ("[[Oberbaum]]", "baeckerei-yilmaz jule-brandt leonie-haas łukasz-żak"),
    ("[[kurierkollektiv-oberbaum]]", "baeckerei-yilmaz jule-brandt leonie-haas łukasz-żak"),
    ("[[trade/ipek-yilmaz]]", "baeckerei-yilmaz işık-demirtaş"),
    ("[[ipek-yilmaz]]", "baeckerei-yilmaz işık-demirtaş"),
    ("[[IPEK-YILMAZ]]", "baeckerei-yilmaz işık-demirtaş"),
    ("[[no]]", "ole-fjeld"),
    ("[[nobody-here]]", ""),
    ("[[山田太郎]]", "bernd-krause"),
    ("[[yamada-taro]]", "bernd-krause"),
    ("[[Katrin Seidel]]", ""),
    ("-[[jan-nowak]] tag:frame-builder", "jan-nowak"),
    (
        "[[wiebke-lorenz]] or [[jule-brandt]]",
        "kita-kettenblatt kurierkollektiv-oberbaum ngozi-okafor oksana-tkachenko",
    ),
    ("link:ole-fjeld", "no thies-petersen"),
    ("links:[[ole-fjeld]],[[no]]", "no ole-fjeld thies-petersen"),
    (
        "has:link kind:company",
        "baeckerei-yilmaz gemeinde-st-thekla hostel-kiezkoje hotel-spreeblick kiezrunde kita-kettenblatt kurierkollektiv-oberbaum no ramy-zuraw ruegen-rad-und-wind",
    ),
    ("no:link tier:gold", ""),
    ("referred_by:katrin-bauer", "rowan-ashby tobias-wenzel"),
    ("referred_by:[[katrin-seidel]]", "rowan-ashby tobias-wenzel"),
    ("company:[[kurierkollektiv-oberbaum]]", "jule-brandt leonie-haas łukasz-żak"),
    ('company:"kita kettenblatt"', "wiebke-lorenz"),
    ("company:hotel-spreeblick", "katrin-bauer"),
    ("near:gdansk", "jan-nowak ramy-zuraw"),
    ("near:binz", "ruegen-rad-und-wind thies-petersen"),
    ("near:neukolln", "alex-duarte giorgos-papadakis tomasz-wilk łukasz-żak"),
    ("near:12047", "kiezrunde kita-kettenblatt"),
    ('near:"new york",bergen', "alex-duarte no"),
    ("near:berlin -near:120*", "hotel-spreeblick nguyễn-thị-hoa"),
    ("no:near kind:company", "hostel-kiezkoje kurierkollektiv-oberbaum"),
    ('log.text:"loose pedal"', "katrin-bauer"),
    ("log.text:gear", "giorgos-papadakis katrin-bauer kiezrunde"),
    ("gear -log.text:gear", ""),
    ("log.text:cake,baklava", "baeckerei-yilmaz jule-brandt katrin-bauer leonie-haas"),
    ("log.text:apologised*recipe", "katrin-bauer"),
    ("log.text:deniz -log:workshop", "gemeinde-st-thekla jan-nowak maja-söderqvist renate-mischke"),
    ("no:log.text", "bücherbus lotte-vom-maybachmarkt mann-mit-dem-liegerad"),
    ('log.text:"one hostel, see"', "katrin-bauer"),
    ('log.text:"made her cake"', "katrin-bauer"),
    ("log.text:leasing", "katrin-bauer"),
    ("follow_up:lease", "katrin-bauer"),
    ('follow_up:"spoke lengths"', "ole-fjeld"),
    (
        "has:follow_up kind:company",
        "baeckerei-yilmaz gemeinde-st-thekla hostel-kiezkoje hotel-spreeblick kita-kettenblatt kurierkollektiv-oberbaum ramy-zuraw ruegen-rad-und-wind",
    ),
    ("follow_ups:plenum", "kurierkollektiv-oberbaum"),
    ("no:follow_up tier:gold", "jule-brandt"),
    ("cadence:3w", "ipek-yilmaz katrin-bauer"),
    ('cadence:"3 weeks"', "ipek-yilmaz katrin-bauer"),
    ("cadence:quarterly", "hotel-spreeblick joachim-hollmann noam-levi oksana-tkachenko"),
    ("cadence:1y", "alex-duarte gemeinde-st-thekla ruegen-rad-und-wind"),
    ("cadence:<6w", "ipek-yilmaz jule-brandt katrin-bauer nguyễn-thị-hoa siobhan-keane"),
    ("cadence:>=1y", "alex-duarte gemeinde-st-thekla ruegen-rad-und-wind"),
    ("cadence:never", ""),
    ("no:cadence tier:gold", "jan-nowak rowan-ashby thies-petersen"),
    ("cadence:2w..5w", "ipek-yilmaz jule-brandt katrin-bauer nguyễn-thị-hoa siobhan-keane"),
    ("has:cadence_until", "nguyễn-thị-hoa"),
    ("cadence_until:2026-12", "nguyễn-thị-hoa"),
    ("has:mute,mute_until", "holger-petzold renate-mischke"),
    (
        "state:overdue",
        "giorgos-papadakis marek-dudek ngozi-okafor siobhan-keane thies-petersen tomasz-wilk wiebke-lorenz",
    ),
    ("state:soon,due", "chen-meiling işık-demirtaş jule-brandt layla-haddad oksana-tkachenko rowan-ashby"),
    ("state:new", "bücherbus greta-holm lotte-vom-maybachmarkt mann-mit-dem-liegerad tobias-wenzel"),
    ("state:snoozed", "svenja-ritter"),
    ("state:never kind:person", "dieter-pohl fiete-harms"),
    ("-state:ok,never tier:gold", "jule-brandt rowan-ashby thies-petersen"),
    (
        "due:<=friday",
        "bücherbus chen-meiling giorgos-papadakis işık-demirtaş jule-brandt lotte-vom-maybachmarkt mann-mit-dem-liegerad marek-dudek ngozi-okafor oksana-tkachenko rowan-ashby siobhan-keane svenja-ritter thies-petersen tomasz-wilk wiebke-lorenz",
    ),
    ("due:today..+1w", "chen-meiling işık-demirtaş jule-brandt oksana-tkachenko rowan-ashby"),
    ("due:>4w tier:gold", "hotel-spreeblick ruegen-rad-und-wind"),
    (
        "planned:today",
        "bernd-krause katrin-bauer layla-haddad lotte-vom-maybachmarkt rowan-ashby thies-petersen",
    ),
    (
        "planned:tomorrow",
        "bücherbus giorgos-papadakis ngozi-okafor siobhan-keane tobias-wenzel wiebke-lorenz",
    ),
    ("no:planned tier:gold,silver", ""),
    ("has:due no:planned", ""),
    (
        "has:state no:due",
        "baeckerei-yilmaz dieter-pohl fiete-harms hostel-kiezkoje kiezrunde kita-kettenblatt kurierkollektiv-oberbaum no ramy-zuraw",
    ),
    ("log:sale log:lunch gear", ""),
    ("tier:gold spreeblick or tier:silver lådcyklar", "hotel-spreeblick katrin-bauer maja-söderqvist"),
    (
        "@vip",
        "bernd-krause hotel-spreeblick ipek-yilmaz jan-nowak jule-brandt katrin-bauer rowan-ashby ruegen-rad-und-wind svenja-ritter thies-petersen",
    ),
    ("@VIP -tier:gold", "bernd-krause svenja-ritter"),
    ('@"company vip"', "hotel-spreeblick ruegen-rad-und-wind"),
    ('-@"company vip" tier:gold tag:fleet', ""),
    ('@"late vip"', "rowan-ashby thies-petersen"),
    ("@late @vip", "rowan-ashby thies-petersen"),
    ("tag:parish or @nobody", "gemeinde-st-thekla"),
    ('@"staly klient" kind:company tier:gold', "hotel-spreeblick"),
]


# In a vault a link has all the names of the customer whom it leads to.
OTHERWISE = {
    "company:oberbaum": "jule-brandt leonie-haas łukasz-żak",
    'referred_by:"seidel at the spreeblick"': "rowan-ashby tobias-wenzel",
}


@pytest.mark.parametrize(("text", "ids"), FOUND + MEANT, ids=[text for text, _ in FOUND + MEANT])
def test_whom_a_query_finds(text: str, ids: str, sample_vault: Workspace) -> None:
    assert meant(sample_vault, text) == set(OTHERWISE.get(text, ids).split())


def test_there_are_queries_enough() -> None:
    assert len({text for text, _ in FOUND + MEANT}) >= 300


def test_every_field_of_a_file_can_be_asked_for() -> None:
    assert {field.name for field in FIELDS} <= BY_NAME.keys()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_field_is_there_or_not(name: str, sample_vault: Workspace) -> None:
    everybody = meant(sample_vault)
    there = meant(sample_vault, f"has:{name}")
    assert meant(sample_vault, f"no:{name}") == everybody - there
    assert there or name in ("mute_until", "cadence_until")


@pytest.mark.parametrize(
    "text",
    [
        "due:>1900",
        "due:<2100",
        "planned:<2100",
        "snooze:>1900",
        "cadence:<100y",
        "mute_until:>1900",
        "cadence_until:<2100",
    ],
)
def test_a_comparison_never_matches_what_is_absent(text: str, sample_vault: Workspace) -> None:
    assert meant(sample_vault, text) == meant(sample_vault, f"has:{text.partition(':')[0]}")


# What cannot be read

WRONG = [
    ("tierr:gold", 0, "“tierr” is no field", "Did you mean “tier:”?"),
    ("hass:email", 0, "“hass” is no field", "Did you mean “has:”?"),
    ("no:lst", 3, "“lst” is no field", "Did you mean “last”?"),
    ("anna log.txt:x", 5, "“log.txt” is no field", "Did you mean “log.text:”?"),
    (
        "10:30",
        0,
        "“10” is no field",
        'It is none of the known ones, and no customer has one of this name. To look for words with a colon, write them in quotes: "10:30"',
    ),
    ("state:overdu", 6, "“overdu” is no state", "Did you mean “state:overdue”?"),
    ("state:late", 6, "“late” is no state", "Known are: ok, soon, due, overdue, snoozed, new, never."),
    (
        "gear not pedal",
        5,
        "“not” excludes nothing",
        'A minus excludes: -tag:vip. To look for the word, write "not".',
    ),
    ("revenue>=5000", 0, "a colon is missing in “revenue>=5000”", "Write “revenue:>=5000”."),
    ("frame_size>55", 0, "a colon is missing in “frame_size>55”", "Write “frame_size:>55”."),
    ("gear last<6w", 5, "a colon is missing in “last<6w”", "Write “last:<6w”."),
    (">5", 0, "“>5” stands without a field", "Write for example revenue:>5000."),
    (
        "gear, pedal",
        4,
        "this comma separates nothing",
        "Write values without blanks: tag:a,b; and `or` between words.",
    ),
    ('gear "pedal', 5, "these quotes do not close", ""),
    ("gear or", 7, "a term is missing at the end", "Write for example tag:vip."),
    ("gear (pedal", 5, "this bracket does not close", ""),
    ("gear pedal)", 10, "this bracket closes nothing", ""),
    ('""', 0, "nothing stands between these quotes", "no:tag finds those without a tag."),
    ("-", 1, "a term is missing at the end", "Write for example tag:vip."),
    ("[[katrin", 0, "this link does not close", "Write for example [[anna-kowalska]]."),
    ("gear x" + "x" * 200, 5, "a value of more than 200 characters is not read", ""),
    ("\u0301", 0, "nothing is left here to look for", ""),
    ("text:>5", 5, "“text” cannot be more or less", "Write text:words, without “>”."),
    ("near:<berlin", 5, "“near” cannot be more or less", "Write near:words, without “<”."),
    ("log.text:", 9, "a value is missing here", "no:tag finds those without a tag."),
    ("cadence:often", 8, "“often” is no length of time", ""),
    ("cadence:>3w..6w", 8, "“>” and “..” do not go together", "Write one of them."),
    ("cadence:6w..3w", 8, "“6w..3w” ends before it begins", "Write FIRST..LAST."),
    ("mute_until:soon", 11, "“soon” is no day", "Write for example"),
    ("due:monday..friday", 4, "“monday..friday” ends before it begins", "Write FIRST..LAST."),
    ("due:<=firday", 6, "“firday” is no day", ""),
    ("planned:3w", 8, "“3w” is a length of time and no day", "Write planned:>3w or planned:<3w."),
    ("@", 0, "a name is missing behind this “@”", "Write for example @vip."),
    ("gear @lat", 5, "“@lat” is no saved query", "Did you mean “@late”?"),
    (
        "@zzz",
        0,
        "“@zzz” is no saved query",
        'Known are: @vip, @"Stały klient", @"company vip", @late, @"late vip", @nobody.',
    ),
    ('-@"company vpi"', 1, "“@company vpi” is no saved query", 'Did you mean “@"company vip"”?'),
    ("@vip:gold", 0, "“@vip:gold” is no saved query", "Known are: @vip"),
]


@pytest.mark.parametrize(("text", "offset", "message", "hint"), WRONG, ids=[row[0][:40] for row in WRONG])
def test_what_cannot_be_read(
    text: str, offset: int, message: str, hint: str, sample_vault: Workspace
) -> None:
    asked = typed([text])
    own = [name for one in sample_vault.cache.customers() for name, _ in one.own]
    flaw = asked.read(vocabulary_of(sample_vault.config, own), TODAY)
    assert isinstance(flaw, Flaw)
    assert (flaw.message, flaw.offset) == (message, offset)
    assert flaw.hint.startswith(hint)
    with pytest.raises(UsageError) as raised:
        sample_vault.customers_by(asked)
    assert str(raised.value).startswith(f"the query cannot be read: {message}. {hint}".rstrip())
    assert str(raised.value).endswith(pointed(text, flaw).replace("\n", "\n    "))


# Saved queries


def saved(text: str, queries: dict[str, str], *, planned: bool = True) -> Query | Flaw:
    return parse(text, vocabulary_of(Config(queries=queries)), TODAY, planned=planned)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ({"a": "@a"}, "“@a” asks for itself: @a → @a"),
        ({"a": "@b", "b": "@c", "c": "tag:x or (-@A)"}, "“@a” asks for itself: @a → @b → @c → @a"),
        ({"a": "@b", "b": "tag:x @b"}, "“@b” asks for itself: @b → @b"),
        ({"a": "last:>soon"}, "“@a” cannot be read: “soon” is no day"),
        ({"a": "@b", "b": "(tag:x"}, "“@a” cannot be read: “@b” cannot be read: this bracket does not close"),
        ({"a": "@c", "bc": ""}, "“@a” cannot be read: “@c” is no saved query"),
        (
            {f"a{n or ''}": f"@a{n + 1} " * 10 for n in range(20)} | {"a20": "tag:x"},
            "the saved queries here have more than 5000 values together",
        ),
        (
            {f"a{n or ''}": f"((@a{n + 1}))" for n in range(40)} | {"a40": "tag:x"},
            "more than 50 brackets and saved queries stand inside each other",
        ),
    ],
)
def test_saved_queries_that_cannot_be_read(queries: dict[str, str], message: str) -> None:
    flaw = saved("tag:y @a", queries)
    assert isinstance(flaw, Flaw)
    assert (flaw.message, flaw.offset) == (message, 6)


def test_a_saved_query_is_one_part_and_printed_by_its_name() -> None:
    queries = {"Two words": "tag:a or tag:b", "b": '-@"two WORDS"'}
    query = saved("tag:x -@B or --@b", queries)
    assert not isinstance(query, Flaw)
    assert str(query) == "tag:x -@b or @b"
    assert saved(str(query), queries) == query
    assert saved(str(query), {**queries, "Two words": "tag:a"}) != query
    assert str(saved('@"two words"', queries)) == '@"Two words"'
    assert fields_of(query) == {"tag"}


def test_what_is_saved_may_ask_for_the_plan_where_it_is_used() -> None:
    queries = {"late": "state:overdue", "very": "tag:x @late"}
    assert not isinstance(saved("@very", queries), Flaw)
    flaw = saved("tag:x @very", queries, planned=False)
    assert isinstance(flaw, Flaw)
    assert (
        flaw.message == "“@very” asks for “state”, which follows from the plan, which depends on this query"
    )
    assert flaw.offset == 6


CONFIG = """\
tiers: {gold: {when: "@rich"}, silver: {when: "@late"}}
campaigns: {spring: {where: "@rich -tier:silver"}, autumn: {where: "tag:x @late"}}
feeds: {all: {}, late: {where: "@late"}, lost: {where: "@lte"}}
queries: {rich: "revenue:>100", late: "state:overdue,new", loop: "@pool", pool: "@loop", bad: "tier:golld"}
"""


def test_saved_queries_stand_wherever_queries_stand(
    make_vault: MakeVault, open_vault: OpenVault, run: Run
) -> None:
    files = {
        "anna": "---\nname: Anna\ntier: silver\n---\n## Log\n- 2026-11-21 call: x\n- 2026-11-20 sale: x [amount:: 500]\n",
        "jan": "---\nname: Jan\n---\n## Log\n- 2026-11-21 call: x\n- 2026-11-20 sale: x [amount:: 200]\n",
        "zoe": "---\nname: Zoe\n---\n",
    }
    root = make_vault(files, CONFIG)
    vault = open_vault(root, TODAY, None)
    assert [one.id for one in vault.customers_by(of_tier(vault.config, "gold"))] == ["anna", "jan"]
    assert [one.id for one in vault.customers_by(of_campaign(vault.config, "spring"))] == ["jan"]
    assert [one.id for one in vault.customers_by(of_feed(vault.config, "late"))] == ["zoe"]
    for asked in (of_tier(vault.config, "silver"), of_campaign(vault.config, "autumn")):
        with pytest.raises(
            QueryError, match=r"ptcrm.yaml:[12]: .*“@late” asks for “state”, which follows from the plan"
        ):
            vault.customers_by(asked)
    assert (
        json.loads(run("--vault", root, "--today", DAY, "list", "@rich", "-@late", "--json").stdout)[0]["id"]
        == "anna"
    )
    shown = run("--vault", root, "check", "--select", "PT504").stdout
    for words in (
        "`when` of the tier “silver” cannot be read: “@late” asks for “state”",
        "`where` of the campaign “autumn” cannot be read: “@late” asks for “state”",
        "    tag:x @late\n          ^",
        "the query “loop” cannot be read: “@pool” asks for itself: @pool → @loop → @pool",
        "the query “pool” cannot be read: “@loop” asks for itself: @loop → @pool → @loop",
        "the query “bad” cannot be read: “golld” is no tier",
        "`where` of the feed “lost” cannot be read: “@lte” is no saved query\n    Did you mean “@late”?",
    ):
        assert words in shown
    assert shown.count("PT504") == 6


def test_the_tiers_report_says_what_made_a_saved_query_fit(make_vault: MakeVault, run: Run) -> None:
    config = 'tiers: {gold: {when: "@rich gear"}}\nqueries: {rich: "revenue:>100"}\n'
    files = {"anna": "---\nname: Anna\n---\nGear.\n## Log\n- 2026-11-20 sale: x [amount:: 500]\n"}
    (row,) = json.loads(run("--vault", make_vault(files, config), "--today", DAY, "tiers", "--json").stdout)
    assert row["because"] == ["revenue 500", "text:gear"]


# The shell

TYPED = [
    ([], ""),
    (["tier:gold"], "tier:gold"),
    (["tag:two words"], "tag:two words"),
    (['tag:"two words" x'], 'tag:"two words" x'),
    (["tag:two words", "-has:email"], 'tag:"two words" -has:email'),
    (["-tag:two words", "x"], '-tag:"two words" x'),
    (["tag:two w*,three words", "x"], 'tag:"two w"*,"three words" x'),
    (["last:>6 weeks", "x"], 'last:>"6 weeks" x'),
    (["due:today..next friday", "x"], 'due:today.."next friday" x'),
    (["anna kowalska", "x"], '"anna kowalska" x'),
    (["nowak, jan", "x"], '"nowak, jan" x'),
    (["-anna kowalska", "x"], '-"anna kowalska" x'),
    (["@my vips", "x"], '@"my vips" x'),
    (["x", "[[two words]]"], "x [[two words]]"),
    (["link:[[two words]]", "x"], "link:[[two words]] x"),
    (["tier:gold tag:vip", "x"], "tier:gold tag:vip x"),
    (["tag:x -has:email", "y"], "tag:x -has:email y"),
    (["a or b", "c"], "(a or b) c"),
    (["tag:a OR tag:b", "c"], "(tag:a OR tag:b) c"),
    (["(a or b)", "c"], "(a or b) c"),
    (["(a or b) and c", "d"], "(a or b) and c d"),
    (["(a or b) or c", "d"], "((a or b) or c) d"),
    (["a)", "or (b or c"], "a) or (b or c"),
    (["a or", "b"], "a or b"),
    (["a", "or b"], "a or b"),
    (["a", "or", "b c"], 'a or "b c"'),
    (['say "x y"', "z"], 'say "x y" z'),
    (["", "two words"], "two words"),
    (["see: this", "x"], "see: this x"),
]


@pytest.mark.parametrize(("words", "text"), TYPED)
def test_what_the_shell_took_is_given_back(words: list[str], text: str) -> None:
    assert typed(words).text == text


def test_typed_words_find_what_they_mean(sample_vault: Workspace, run: Run) -> None:
    assert meant(sample_vault, "place:new york", "no:owner") == {"alex-duarte"}
    assert meant(sample_vault, "bike 19", "tier:gold") == {"rowan-ashby"}
    assert meant(sample_vault, "tag:fleet or tag:hotel", "kind:person") == {"greta-holm", "katrin-bauer"}
    result = run("--vault", SAMPLE, "--today", DAY, "list", "tag:two words", "stat:x")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-2:] == ['    tag:"two words" stat:x', "                    ^"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("--jsn", "Did you mean “--json”?"),
        ("--halp", "Did you mean “--help”?"),
        ("--tag:x", "In a query one minus excludes: -tag:x"),
        ("--vault=x", "--vault stands before the command: ptcrm --vault … list"),
        ("--today", "--today stands before the command: ptcrm --today … list"),
        ("--no-cache", "--no-cache stands before the command: ptcrm --no-cache … list"),
        ("---", "See `ptcrm list --help`."),
    ],
)
def test_words_that_begin_with_two_minuses_are_no_query(word: str, hint: str, run: Run) -> None:
    result = run("--vault", SAMPLE, "list", "tier:gold", word)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert not result.stdout


# What a query that finds nobody says on stderr.
SLIPS = [
    (["tag:fleett"], ["tag:fleett. Did you mean “tag:fleet”?"]),
    (["place:gdnask"], ["place:gdnask. Did you mean “place:Gdańsk”?"]),
    (["owner:mart"], ["owner:mart. Did you mean “owner:marta”?"]),
    (["timezone:Europe/Warsw"], ['timezone:Europe/Warsw. Did you mean “timezone:"Europe/Warsaw"”?']),
    (["language:xx", "name:qqq"], ["language:xx."]),
    (["[[jan-nowk]]"], ["link:[[jan-nowk]]. Did you mean “link:[[jan-nowak]]”?"]),
    (["company:hotel-spreeblik"], ["company:hotel-spreeblik. Did you mean “company:hotel-spreeblick”?"]),
    (["company:[[katrin-bauer]]"], ["company:[[katrin-bauer]]."]),
    (
        ["tags:fleett,hotel", "(id:jan-nowk", "or", "tag:fleett)"],
        ["tag:fleett. Did you mean “tag:fleet”?", "id:jan-nowk. Did you mean “id:jan-nowak”?"],
    ),
    (["-has:name", "-tag:zzz", "-(tag:yyy or tag:zzz)"], []),
    (["tag:fl*tt"], []),
    (["since:>2027", "status:active"], []),
]


@pytest.mark.parametrize(("words", "told"), SLIPS, ids=" ".join)
def test_values_that_no_customer_has_are_told(words: list[str], told: list[str], run: Run) -> None:
    result = run("--vault", SAMPLE, "--today", DAY, "list", "--json", *words)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []
    assert [line for line in result.stderr.splitlines() if "no customer has" in line] == [
        f"ptcrm: no customer has {line}" for line in told
    ]


def test_where_somebody_is_found_or_nobody_is_there_no_value_is_told(make_vault: MakeVault, run: Run) -> None:
    assert "no customer has" not in run("--vault", SAMPLE, "list", "tag:fleett or tag:fleet").stderr
    assert "no customer has" not in run("--vault", make_vault({}), "list", "tag:fleet").stderr


def test_values_of_ones_own_fields_are_told_and_those_of_saved_queries_not(
    make_vault: MakeVault, run: Run
) -> None:
    vault = make_vault(
        {"anna": "---\nname: Anna\nframe: steel\n---\n"}, "start: 2021-01-01\nqueries: {a: 'tag:vip'}\n"
    )
    assert run("--vault", vault, "list", "frame:stel").stderr == (
        "ptcrm: no customer has frame:stel. Did you mean “frame:steel”?\n"
    )
    assert not run("--vault", vault, "list", "@a").stderr


ANY = st.text(max_size=20)


@given(
    words=st.lists(
        st.one_of(ANY, st.sampled_from(["a or b", "tag:two words", "@x y", "-x y", "(a", "b)"])), max_size=4
    )
)
def test_whatever_is_typed_is_read_or_has_a_flaw(words: list[str]) -> None:
    text = query_of(words)
    query = parse(text, vocabulary_of(Config()), TODAY, planned=True)
    if isinstance(query, Flaw):
        assert 0 <= query.offset <= len(text)
    else:
        assert parse(str(query), vocabulary_of(Config()), TODAY, planned=True) == query


@given(
    words=st.lists(st.text(st.sampled_from("ab żŁ"), min_size=1).filter(str.strip), min_size=2, max_size=4)
)
def test_plain_words_with_blanks_are_phrases(words: list[str]) -> None:
    one_by_one = parse(
        " ".join(f'"{" ".join(word.split())}"' for word in words), vocabulary_of(Config()), TODAY
    )
    together = parse(query_of(words), vocabulary_of(Config()), TODAY)
    assert not isinstance(one_by_one, Flaw)
    assert not isinstance(together, Flaw)
    assert fields_of(together) == fields_of(one_by_one)
    for text in ("ab ż", "a b", "l ab", "ba"):
        found = lambda _, text=text: (text,)  # noqa: E731
        assert together(found) == one_by_one(found)


# Texts

PROSE = """\
---
name: Anna
mentor: "[[jan-nowak|Jan]] and [[piotr]]"
---
Met at the [[gdansk-fair]] in
the rain; see [Ola](../ola.md).

- one
- two `[[code]]`

## Follow-ups

- [ ] 2026-12-01 09:30 call: Ask [[ewa|Ewa]] about
- [x] [[2026-10-01]] email: Sent it [done:: 2026-10-02]
- [ ] someday

## Empty

## Log

### 2026

- 2026-11-02 call (voicemail): Left a **message**
  about: frames

  ```
  [[kept]]
  ```
- [[2026-11-01]] 9:30 visit: with [[zoe]] [with:: [[jan|Jan]]]
- 2026-10-01: said
hello
- no entry
"""


def read(text: str) -> tuple[prose.Texts, list[str]]:
    """The texts of a file, and those of its entries as the reader has them."""
    reading = read_customer(Source("customers/x.md", text), LineReader.of(Config()))
    one = reading.customer
    assert one is not None
    entries = frozenset(entry.line for entry in one.log)
    tasks = {task.line: task.channel is not None for task in one.follow_ups}
    said = [folded(without_links(hidden(entry.text, Span(0, len(entry.text))))) for entry in one.log]
    return texts_of(reading.document.source, entries, tasks), said


def test_the_texts_of_a_file() -> None:
    texts, _ = read(PROSE)
    assert texts.log.split("\n") == [
        "left a **message** about: frames ``` [[kept]] ```",
        "with [with:: jan]",
        "said hello",
    ]
    assert texts.notes.split("\n") == [
        "met at the in the rain; see ola.",
        "- one",
        "- two `[[code]]`",
        "ask ewa about",
        "sent it [done:: 2026-10-02]",
        "- [ ] someday",
        "- no entry",
    ]
    assert read(PROSE.replace("\n", "\r\n"))[0] == texts
    assert value_words("[[jan-nowak|Jan]] and [[piotr]]") == "jan and"


def files() -> list[Path]:
    return sorted([*SAMPLE.rglob("customers/**/*.md"), *(ROOT / "tests" / "data" / "corpus").glob("*.md")])


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_entries_have_the_texts_that_the_reader_has(path: Path) -> None:
    try:
        source = Source.decode("customers/x.md", path.read_bytes())
    except UndecodableError:
        return
    reader = LineReader.of(Config(log=Log(headings=("Log", "Dziennik", "Protokoll"))))
    one = read_customer(source, reader).customer
    if one is None:
        return
    entries = frozenset(entry.line for entry in one.log)
    said = [folded(without_links(hidden(entry.text, Span(0, len(entry.text))))) for entry in one.log]
    assert texts_of(source, entries, {}).log == "\n".join(filter(None, said))


LINES = st.sampled_from(
    [
        "- 2026-11-02 call: one [[two|three]]",
        "- 2026-11-01: four",
        "* 2026-11-03 visit: five",
        "  and on: [[x]]",
        "lazy: words",
        "",
        " one blank",
        "    four blanks",
        "## Heading",
        "### Deeper",
        "#tag",
        "- a note",
        "  - 2026-11-02 call: nested",
        "- [ ] 2026-12-01 call: task [[y]]",
        "```",
        "<!-- [[hidden]] -->",
        "> quote",
        "---",
        "1. numbered",
        "[text](a/b.md)",
    ]
)


@given(lines=st.lists(LINES, max_size=12))
@settings(max_examples=300)
def test_the_short_way_through_a_file_finds_what_the_long_one_does(lines: list[str]) -> None:
    text = "---\nname: A\n---\n## Log\n\n" + "\n".join(lines) + "\n"
    texts, said = read(text)
    assert texts.log == "\n".join(filter(None, said))
    plain = prose._is_plain  # noqa: SLF001
    try:
        prose._is_plain = lambda *_: False  # noqa: SLF001
        assert read(text)[0] == texts
    finally:
        prose._is_plain = plain  # noqa: SLF001


def test_words_are_looked_for_as_they_are_kept() -> None:
    assert (
        searched("One\r\n  two\n\nthree\n# four\n* five\n*six* seven")
        == "one two\nthree\n# four\n* five *six* seven"
    )
    assert folded("  Łódź \u00a0 STRASSE\n") == folded("łódź straße") == "lodz strasse"


def test_a_star_stands_for_text_of_one_paragraph(make_vault: MakeVault, open_vault: OpenVault) -> None:
    text = "---\nname: Anna\n---\nred\ngreen\n\nblue\n## Log\n- 2026-11-01: one\n- 2026-11-02: two\n  three\n"
    vault = open_vault(make_vault({"anna": text}), TODAY, None)
    for query in ("red*green", "*blue*", "log.text:two*three", "r*d"):
        assert meant(vault, query) == {"anna"}
    for query in ("green*blue", "green*red", "log.text:one*two", "blue*one", "anna*red"):
        assert meant(vault, query) == set()


# What is kept


def texts_kept(vault: Workspace) -> set[str]:
    return {path for (path,) in vault.cache.rows("SELECT path FROM text")}


def settle() -> None:
    """Wait until no file is so young that it may be half saved."""
    time.sleep(0.1)


def test_texts_are_read_when_a_query_asks_and_kept_until_the_file_changes(
    make_vault: MakeVault, tmp_path: Path, open_vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_vault({name: f"---\nname: {name}\n---\nlikes gear{name}\n" for name in ("anna", "jan")})
    settle()
    vault = open_vault(root, TODAY, tmp_path / "cache")
    assert meant(vault, "name:anna") == {"anna"}
    vault.close()
    vault = open_vault(root, TODAY, tmp_path / "cache")
    assert texts_kept(vault) == set()
    assert meant(vault, "gearanna") == {"anna"}
    vault.refresh()
    assert texts_kept(vault) == {"customers/anna.md", "customers/jan.md"}
    vault.close()

    asked: list[str] = []
    read_file = store.read_file

    def read_and_tell(root: Path, path: str) -> bytes:
        asked.append(path)
        return read_file(root, path)

    monkeypatch.setattr(store, "read_file", read_and_tell)
    vault = open_vault(root, TODAY, tmp_path / "cache")
    assert meant(vault, "gearjan") == {"jan"}
    assert [path for path in asked if path.endswith(".md")] == []
    (root / "customers" / "jan.md").write_text("---\nname: jan\n---\nlikes pedals\n", encoding="utf-8")
    settle()
    vault.refresh()
    assert texts_kept(vault) == {"customers/anna.md"}
    asked.clear()
    assert (meant(vault, "gearjan"), meant(vault, "pedals"), meant(vault, "gearanna")) == (
        set(),
        {"jan"},
        {"anna"},
    )
    assert asked == ["customers/jan.md"]
    (root / "customers" / "jan.md").unlink()
    vault.refresh()
    assert meant(vault, "pedals") == set()
    assert texts_kept(vault) == {"customers/anna.md"}


def test_a_file_that_changes_between_scan_and_reading_is_not_kept(
    make_vault: MakeVault, tmp_path: Path, open_vault: OpenVault
) -> None:
    root = make_vault({"anna": "---\nname: Anna\n---\n## Log\n- 2026-11-01: one\n"})
    settle()
    vault = open_vault(root, TODAY, tmp_path / "cache")
    (root / "customers" / "anna.md").write_text("---\nname: Anna\n---\nshort\n", encoding="utf-8")
    settle()
    assert meant(vault, "short") == {"anna"}
    vault.refresh()
    assert texts_kept(vault) == set()
    assert meant(vault, "log.text:one") == set()
    vault.refresh()
    (root / "customers" / "anna.md").unlink()
    assert meant(vault, "short") == {"anna"}  # as the vault was seen


def test_texts_read_before_another_process_read_the_file_are_not_kept(
    make_vault: MakeVault, tmp_path: Path, open_vault: OpenVault
) -> None:
    root = make_vault({"anna": "---\nname: Anna\n---\nfirst\n"})
    settle()
    vault, other = (open_vault(root, TODAY, tmp_path / "cache") for _ in range(2))
    assert meant(vault, "first") == {"anna"}
    (root / "customers" / "anna.md").write_text("---\nname: Anna\n---\nsecond\n", encoding="utf-8")
    settle()
    other.refresh()
    vault.close()
    other.refresh()
    assert texts_kept(other) == set()
    assert meant(other, "second") == {"anna"}
    assert meant(other, "first") == set()


def test_a_file_that_is_saved_while_its_text_is_read_is_not_kept(
    make_vault: MakeVault, tmp_path: Path, open_vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_vault({"anna": "---\nname: Anna\n---\nfirst\n"})
    settle()
    vault, other = (open_vault(root, TODAY, tmp_path / "cache") for _ in range(2))
    read_file = store.read_file

    def read_and_save(root: Path, path: str) -> bytes:
        content = read_file(root, path)
        (root / path).write_text("---\nname: Anna\n---\nsecond\n", encoding="utf-8")
        settle()
        os.utime(root / path, (1, 1))
        return content

    monkeypatch.setattr(store, "read_file", read_and_save)
    assert meant(vault, "first") == {"anna"}
    monkeypatch.undo()
    settle()
    other.refresh()
    vault.close()
    other.refresh()
    assert meant(other, "second") == {"anna"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_without_a_place_to_write_texts_are_found(
    make_vault: MakeVault, tmp_path: Path, open_vault: OpenVault
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    vault = open_vault(make_vault({"anna": "---\nname: Anna\n---\ngear\n"}), TODAY, folder)
    assert meant(vault, "gear") == {"anna"}


def test_a_cache_that_can_no_longer_be_written_does_no_harm(
    make_vault: MakeVault, tmp_path: Path, open_vault: OpenVault
) -> None:
    root = make_vault({"anna": "---\nname: Anna\n---\ngear\n"})
    settle()
    open_vault(root, TODAY, tmp_path / "cache").close()
    vault = open_vault(root, TODAY, tmp_path / "cache")
    vault.cache.database.execute("PRAGMA query_only = 1")
    assert meant(vault, "gear") == {"anna"}
    vault.refresh()
    assert meant(vault, "gear") == {"anna"}
    vault.close()


def test_a_file_that_cannot_be_read_any_more_has_no_text(
    make_vault: MakeVault, open_vault: OpenVault
) -> None:
    root = make_vault({"anna": "---\nname: Anna\n---\ngear\n", "jan": "---\nname: Jan\n---\ngear\n"})
    vault = open_vault(root, TODAY, None)
    (root / "customers" / "anna.md").write_bytes(b"\xff\xfe")
    assert meant(vault, "gear") == {"jan"}
    assert meant(vault, "anna") == {"anna"}


def test_links_of_ones_own_do_not_count(make_vault: MakeVault, open_vault: OpenVault) -> None:
    files = {
        "anna": "---\nid: anna-k\nname: Anna\naliases: [Ania]\n---\n[[anna]] [[lost note]] [[zak]]\n",
        "zak": "---\nname: zak the kid\n---\n[[Ania]] [A](anna.md)\n",
        "żak": "---\nname: Żak\ncompany: '[[anna-k|Anna]]'\n---\n",
        "a/ola": "---\nname: Ola\n---\n[[ola]] [[Lost Note#x|it]]\n",
        "b/ola": "---\nname: Ola\nid: ola-2\n---\n",
    }
    vault = open_vault(make_vault(files), TODAY, None)
    assert (
        meant(vault, "[[anna]]") == meant(vault, "[[ANIA|x]]") == meant(vault, "[[anna-k]]") == {"zak", "żak"}
    )
    assert meant(vault, "[[customers/anna.md]]") == {"zak", "żak"}
    assert meant(vault, "[[zak]]") == {"anna-k"}
    assert meant(vault, "[[żak]]") == set()
    assert meant(vault, "[[zak the kid]]") == set()  # a name is no target
    assert meant(vault, 'link:"zak the kid"') == {"anna-k"}
    assert meant(vault, "[[lost note]]") == {"anna-k", "ola"}
    assert meant(vault, "has:link") == {"anna-k", "zak", "żak", "ola"}
    assert meant(vault, "company:[[anna]]") == meant(vault, "company:ania") == {"żak"}


# Against plain Python, on vaults of any kind

WORDS = ["gear", "Pedal", "łódź", "spokes", "rain"]


class Made(NamedTuple):
    """A customer as the test made one."""

    id: str
    name: str
    tier: str | None
    tags: list[str]
    size: int | None
    notes: list[str]
    log: list[tuple[str, str]]
    links: list[str]
    places: list[str]

    def file(self) -> str:
        fields = [
            f"name: {self.name}",
            f"tags: [{', '.join(self.tags)}]",
            f"places: [{', '.join(self.places)}]",
        ]
        fields += [f"tier: {self.tier}"] if self.tier else []
        fields += [f"frame_size: {self.size}"] if self.size is not None else []
        notes = "\n".join([*self.notes, *(f"see [[{link}]]" for link in self.links)])
        entries = [f"- 2026-11-{day:02} {channel}: {text}" for day, (channel, text) in enumerate(self.log, 1)]
        return "\n".join(["---", *fields, "---", notes, "", "## Log", "", *entries, ""])


def phrases() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


def people() -> st.SearchStrategy[list[Made]]:
    ids = ["anna", "jan", "zoe", "ola"]
    one = st.builds(
        Made,
        id=st.just(""),
        name=phrases().map(str.title),
        tier=st.sampled_from([None, "gold", "silver"]),
        tags=st.lists(st.sampled_from(["bike", "bike-shop", "Żagle"]), max_size=2, unique=True),
        size=st.sampled_from([None, 40, 44, 50]),
        notes=st.lists(phrases(), max_size=2),
        log=st.lists(st.tuples(st.sampled_from(["call", "sale", "visit"]), phrases()), max_size=4),
        links=st.lists(st.sampled_from([*ids, "gear", "nobody"]), max_size=3),
        places=st.lists(st.sampled_from(["Gdańsk", "Nowy Gdańsk", "Hel"]), max_size=2, unique=True),
    )
    return st.lists(one, max_size=4).map(
        lambda found: [each._replace(id=id_) for each, id_ in zip(found, ids, strict=False)]
    )


class Same(NamedTuple):
    """A query, and the same in plain Python."""

    text: str
    plain: Callable[[Made], bool]


def low(text: str) -> str:
    return (
        text.lower().replace("ł", "l").replace("ó", "o").replace("ź", "z").replace("ż", "z").replace("ń", "n")
    )


def written(one: Made) -> list[str]:
    size = [] if one.size is None else [str(one.size)]
    linked = [" ".join([*one.notes, *("see" for _ in one.links)])]
    return [low(text) for text in (one.id, one.name, *linked, *(text for _, text in one.log), *size)]


def atoms() -> st.SearchStrategy[Same]:
    words = st.one_of(phrases(), st.sampled_from(["ear", "pedal g", "4", "see", "an", "call", "sale"]))
    links = st.sampled_from(["anna", "jan", "zoe", "nobody"])
    return st.one_of(
        words.map(
            lambda text: Same(f'"{text}"', lambda one: any(low(text) in part for part in written(one)))
        ),
        words.map(
            lambda text: Same(
                f'log.text:"{text}"', lambda one: any(low(text) in low(said) for _, said in one.log)
            )
        ),
        links.map(lambda id_: Same(f"[[{id_}]]", lambda one: id_ in one.links and id_ != one.id)),
        st.sampled_from(
            [
                Same("@rich", lambda one: one.tier == "gold" or (one.size or 0) > 44),
                Same("-@RICH", lambda one: not (one.tier == "gold" or (one.size or 0) > 44)),
                Same("has:link", lambda one: bool({*one.links} - {one.id})),
                Same("no:log.text", lambda one: not one.log),
                Same("tier:gold,silver", lambda one: one.tier is not None),
                Same("tag:bike*", lambda one: any(tag.startswith("bike") for tag in one.tags)),
                Same("tag:zagle", lambda one: "Żagle" in one.tags),
                Same("near:gdansk", lambda one: any("Gdańsk" in place for place in one.places)),
                Same("place:gdansk", lambda one: "Gdańsk" in one.places),
                Same("frame_size:>40", lambda one: one.size is not None and one.size > 40),
                Same("frame_size:40..44", lambda one: one.size in (40, 44)),
                Same("log:sale,call", lambda one: any(channel in ("sale", "call") for channel, _ in one.log)),
                Same("log.count:>=2", lambda one: len(one.log) >= 2),
                Same(
                    "pedal*ar", lambda one: any("ar" in part.partition("pedal")[2] for part in written(one))
                ),
            ]
        ),
    )


def asked() -> st.SearchStrategy[Same]:
    def larger(inner: st.SearchStrategy[Same]) -> st.SearchStrategy[Same]:
        some = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            some.map(
                lambda parts: Same(
                    " or ".join(f"({one.text})" for one in parts),
                    lambda made: any(one.plain(made) for one in parts),
                )
            ),
            some.map(
                lambda parts: Same(
                    " ".join(f"({one.text})" for one in parts),
                    lambda made: all(one.plain(made) for one in parts),
                )
            ),
            inner.map(lambda one: Same(f"-({one.text})", lambda made: not one.plain(made))),
        )

    return st.recursive(atoms(), larger, max_leaves=8)


SETTINGS = "tiers: {gold: {}, silver: {}}\nqueries: {rich: 'tier:gold or frame_size:>44'}\n"


@given(made=people(), queries=st.lists(asked(), min_size=2, max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_answer_is_that_of_plain_python(made: list[Made], queries: list[Same]) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        (root / "customers").mkdir()
        (root / "ptcrm.yaml").write_text(SETTINGS, encoding="utf-8")
        has_size = Made("ref", "Ref", None, [], 1, [], [], [], [])  # so that the field is known
        everybody = [*made, has_size]
        for one in everybody:
            (root / "customers" / f"{one.id}.md").write_text(one.file(), encoding="utf-8")
        with closing(Workspace(root, TODAY, None, root / "state")) as vault:
            answers = []
            for query in queries:
                answers.append(meant(vault, query.text))
                assert answers[-1] == {one.id for one in everybody if query.plain(one)}, query.text
                tree = vault.query(typed([query.text]))
                again = vault.query(typed([str(tree)]))
                assert again == tree
                assert meant(vault, str(tree)) == answers[-1]
            first, second = queries[0].text, queries[1].text
            ids = {each.id for each in everybody}
            assert meant(vault, f"({first}) or ({second})") == answers[0] | answers[1]
            assert meant(vault, f"({first}) ({second})") == answers[0] & answers[1]
            assert meant(vault, f"-({first})") == ids - answers[0]
