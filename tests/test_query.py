"""The query language (docs/query.md): whom a query means, what is said of one that cannot be read."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta
from decimal import Decimal
from textwrap import indent
from types import SimpleNamespace
from typing import NamedTuple, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptcrm.model.config import Config, Occasions, Status, Tier
from ptcrm.model.customer import Customer, LogEntry, Money
from ptcrm.model.dates import Anniversary
from ptcrm.model.reading import Report
from ptcrm.model.settings import read_config
from ptcrm.model.values import parse_money
from ptcrm.query import parser
from ptcrm.query.fields import BY_NAME, FIELDS, Forecast, Story, Type, Vocabulary, facts_of, vocabulary_of
from ptcrm.query.lexer import Flaw, in_quotes
from ptcrm.query.nodes import Every, Facts, Not, Query, Term, fields_of
from ptcrm.query.parser import parse, pointed
from ptcrm.text.fold import fold
from ptcrm.text.frontmatter import compose
from ptcrm.text.source import Source, Span
from ptcrm.workspace import Workspace
from tests.conftest import DAY, SAMPLE
from tests.test_docs import FENCED, blocks, first_column, page, section, table

TODAY = date.fromisoformat(DAY)
CONFIG = Config(tiers={"gold": Tier(), "silver": Tier(), "bronze": Tier()}, owners=("marta", "deniz"))
WORDS = vocabulary_of(CONFIG, ("shoe_size", "invoice to", "Größe"))
SAVED = vocabulary_of(replace(CONFIG, queries={"vip": "tier:gold or tag:vip"}), ("shoe_size", "invoice to"))


class Told(NamedTuple):
    """A customer of the sample vault, with what the log says."""

    customer: Customer
    story: Story


class Sample(NamedTuple):
    """The sample vault, as queries see it."""

    words: Vocabulary
    told: dict[str, Told]
    facts: dict[str, Facts]

    def meant(self, text: str) -> set[str]:
        query = parse(text, self.words, TODAY)
        assert not isinstance(query, Flaw), query
        return self.answer(query)

    def answer(self, query: Query) -> set[str]:
        return {id_ for id_, facts in self.facts.items() if query(facts)}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    with closing(Workspace(SAMPLE, TODAY, None, tmp_path_factory.mktemp("state"))) as workspace:
        customers = [workspace.read(one.path).customer for one in workspace.cache.customers()]
        told = {
            one.id: Told(
                one,
                story(one.log, [touch.date for touch in workspace.index.touches(one.path) if touch.contact]),
            )
            for one in customers
            if one
        }
        own = {name for one in told.values() for name, _ in one.customer.own}
        words = vocabulary_of(replace(workspace.config, queries={"vip": "tier:gold or tag:vip"}), own)
    return Sample(words, told, {id_: facts_of(*one) for id_, one in told.items()})


def story(log: tuple[LogEntry, ...], contacts: list[date]) -> Story:
    sales = [dict(entry.fields).get("amount", "0") for entry in log if entry.channel == "sale"]
    amounts = [parse_money(amount, "EUR") for amount in sales]
    revenue = sum(
        (one.amount for one in amounts if isinstance(one, Money) and one.currency == "EUR"), Decimal(0)
    )
    last = max((day for day in contacts if day <= TODAY), default=None)
    return Story(last, revenue, Counter(entry.channel for entry in log))


def flaw_of(text: str, *, planned: bool = False) -> Flaw:
    flaw = parse(text, WORDS, TODAY, planned=planned)
    assert isinstance(flaw, Flaw), flaw
    return flaw


def query_of(text: str, words: Vocabulary = WORDS, *, planned: bool = False) -> Query:
    query = parse(text, words, TODAY, planned=planned)
    assert not isinstance(query, Flaw), query
    return query


def means(text: str, facts: Facts, words: Vocabulary = WORDS) -> bool:
    return query_of(text, words, planned=True)(facts)


def anna(**fields: object) -> Customer:
    return Customer(**{"id": "anna", "name": "Anna", "path": "customers/anna.md", **fields})  # type: ignore[arg-type]


# Whom a query means

MEANT = [
    (
        "tier:gold",
        "hotel-spreeblick ipek-yilmaz jan-nowak jule-brandt katrin-bauer rowan-ashby ruegen-rad-und-wind thies-petersen",
    ),
    (
        "TIER:Gold",
        "hotel-spreeblick ipek-yilmaz jan-nowak jule-brandt katrin-bauer rowan-ashby ruegen-rad-und-wind thies-petersen",
    ),
    ("tier:gold kind:company", "hotel-spreeblick ruegen-rad-und-wind"),
    (
        "tier:gold kind:company or status:prospect",
        "bücherbus greta-holm hotel-spreeblick ruegen-rad-und-wind tobias-wenzel",
    ),
    ("kind:company -tier:gold tag:fleet", "hostel-kiezkoje kiezrunde kurierkollektiv-oberbaum"),
    ("status:former,paused", "fiete-harms hostel-kiezkoje marek-dudek"),
    ("-status:active", "bücherbus fiete-harms greta-holm hostel-kiezkoje marek-dudek tobias-wenzel"),
    ("status:p*", "bücherbus fiete-harms greta-holm tobias-wenzel"),
    ("kind:company tier:*", "hostel-kiezkoje hotel-spreeblick ruegen-rad-und-wind"),
    ("tag:bike-shop", "claire-vasseur maja-söderqvist no ole-fjeld siobhan-keane"),
    ("tags:bike-shop", "claire-vasseur maja-söderqvist no ole-fjeld siobhan-keane"),
    ("tag:bike", ""),
    ("tag:bike*", "claire-vasseur maja-söderqvist no ole-fjeld siobhan-keane"),
    (
        "tag:*bike",
        "baeckerei-yilmaz chen-meiling giorgos-papadakis ipek-yilmaz kim-seo-yeon ngozi-okafor nguyễn-thị-hoa tobias-wenzel",
    ),
    ("tag:*-shop,wheels", "claire-vasseur maja-söderqvist no ole-fjeld siobhan-keane yamada-taro"),
    (
        "tag:c*o*",
        "baeckerei-yilmaz chen-meiling giorgos-papadakis ipek-yilmaz jule-brandt kim-seo-yeon kurierkollektiv-oberbaum leonie-haas ngozi-okafor nguyễn-thị-hoa tobias-wenzel",
    ),
    ("tag:cafe", "fiete-harms kim-seo-yeon siobhan-keane"),
    ("tag:CAFÉ", "fiete-harms kim-seo-yeon siobhan-keane"),
    ('tag:"bike-shop"', "claire-vasseur maja-söderqvist no ole-fjeld siobhan-keane"),
    ('tag:"bike*"', ""),
    ("tag:opinion-leader tag:newsletter", "katrin-bauer"),
    ("tag:hotel -kind:company", "greta-holm katrin-bauer"),
    ("tag:hotel,parish -tag:fleet", "gemeinde-st-thekla greta-holm katrin-bauer"),
    ("place:gdansk", "jan-nowak"),
    ("place:GDAŃSK", "jan-nowak"),
    ('place:"new york"', "alex-duarte"),
    ("place:neukolln", "giorgos-papadakis tomasz-wilk łukasz-żak"),
    ("place:neukölln*", "alex-duarte giorgos-papadakis tomasz-wilk łukasz-żak"),
    ("place:χανια", "giorgos-papadakis"),
    ("name:nowak", "jan-nowak"),
    ('name:"rad & wind"', "ruegen-rad-und-wind"),
    ("name:zak", "łukasz-żak"),
    ("name:żak", "łukasz-żak"),
    ("name:ł*ż", "baeckerei-yilmaz holger-petzold hostel-kiezkoje ipek-yilmaz wiebke-lorenz łukasz-żak"),
    ("name:yilmaz", "baeckerei-yilmaz ipek-yilmaz"),
    ("name:山田", "yamada-taro"),
    ("name:太", "yamada-taro"),
    ("name:חד", ""),
    ("name:حداد", "layla-haddad"),
    ("alias:seidel", "katrin-bauer"),
    ("alias:mei", "chen-meiling"),
    ("aliases:oberbaum,kollektiv", "kurierkollektiv-oberbaum"),
    ("id:katrin-bauer", "katrin-bauer"),
    ("id:katrin-seidel", ""),
    ("id:ŁUKASZ-ŻAK", "łukasz-żak"),
    ("role:owner", "ole-fjeld thies-petersen"),
    ("role:café", "fiete-harms"),
    ("company:hotel-spreeblick", "katrin-bauer"),
    ("company:[[hotel-spreeblick]]", "katrin-bauer"),
    ("company:oberbaum", "łukasz-żak"),
    ("company:no", "ole-fjeld"),
    ("company:no,kiezrunde", "ole-fjeld rowan-ashby"),
    ("referred_by:jan-nowak", "marek-dudek łukasz-żak"),
    ('referred_by:"seidel at the spreeblick"', "tobias-wenzel"),
    (
        "has:referred_by -referred_by:jan-nowak",
        "işık-demirtaş ngozi-okafor oksana-tkachenko ole-fjeld rowan-ashby tobias-wenzel yamada-taro",
    ),
    ("email:rowan@", "rowan-ashby"),
    ("email:.example -email:.example", ""),
    ("emails:spreeblick.example", "hotel-spreeblick katrin-bauer"),
    (
        'phone:"171 39200"',
        "fiete-harms giorgos-papadakis holger-petzold ipek-yilmaz işık-demirtaş jule-brandt katrin-bauer kim-seo-yeon layla-haddad leonie-haas ngozi-okafor nguyễn-thị-hoa noam-levi oksana-tkachenko rowan-ashby svenja-ritter thies-petersen łukasz-żak",
    ),
    ("phone:004620", ""),
    ('phone:"+46 (8)"', "maja-söderqvist"),
    ("phone:0143", "alex-duarte"),
    ("phones:4677", ""),
    ("has:phone no:email", "bernd-krause helga-thiemann tobias-wenzel"),
    ("no:phone no:email", "lotte-vom-maybachmarkt mann-mit-dem-liegerad"),
    ("no:phone,email,address", "lotte-vom-maybachmarkt mann-mit-dem-liegerad"),
    ("address:binz", "ruegen-rad-und-wind thies-petersen"),
    ('address:"80-752 Gdańsk"', "jan-nowak ramy-zuraw"),
    ("address:IE,NO", "no siobhan-keane"),
    ("url:oberbaum", "kurierkollektiv-oberbaum"),
    ("language:pl,nb", "jan-nowak marek-dudek no ole-fjeld ramy-zuraw tomasz-wilk łukasz-żak"),
    ("language:e*", "alex-duarte giorgos-papadakis ngozi-okafor rowan-ashby siobhan-keane"),
    ("timezone:europe/oslo", "no ole-fjeld"),
    ("timezone:Europe/* -timezone:*warsaw", "claire-vasseur maja-söderqvist no ole-fjeld siobhan-keane"),
    (
        "birthday:december",
        "alex-duarte dieter-pohl holger-petzold ipek-yilmaz jan-nowak renate-mischke łukasz-żak",
    ),
    ("birthday:12-03", "ipek-yilmaz"),
    ("birthday:--12-03", "ipek-yilmaz"),
    ("birthday:02-29", "leonie-haas tomasz-wilk"),
    ("birthday:12-20..01-31", "alex-duarte nguyễn-thị-hoa noam-levi"),
    (
        "birthday:dec..jan",
        "alex-duarte dieter-pohl holger-petzold ipek-yilmaz jan-nowak nguyễn-thị-hoa noam-levi renate-mischke łukasz-żak",
    ),
    ("birthday:today", "bernd-krause"),
    ("birthday:tomorrow", "kim-seo-yeon"),
    ("birthday:today..+2w", "bernd-krause ipek-yilmaz kim-seo-yeon renate-mischke łukasz-żak"),
    ("birthday:2027-02-28", ""),
    ("birthday:1980..1985", "chen-meiling katrin-bauer layla-haddad maja-söderqvist noam-levi"),
    ("birthday:<1950", "bernd-krause helga-thiemann"),
    ("birthday:>=1995", "işık-demirtaş marek-dudek"),
    ("birthday:1988-02", "leonie-haas"),
    ("birthday:1988-02-29", "leonie-haas"),
    ("birthday:1979 language:en", "alex-duarte"),
    ('birthday:"in 2 weeks"', ""),
    ("occasion:hochzeitstag", "bernd-krause holger-petzold"),
    ("occasion:opening", "katrin-bauer nguyễn-thị-hoa ramy-zuraw thies-petersen"),
    ("occasion:wedding", "katrin-bauer"),
    ("since:2026", "greta-holm kim-seo-yeon nguyễn-thị-hoa tobias-wenzel"),
    ("since:2026-10", "greta-holm"),
    ("since:2026-11-03", "tobias-wenzel"),
    ("since:>2026-10", "tobias-wenzel"),
    ("since:>=2026-10", "greta-holm tobias-wenzel"),
    ("since:<2021-02", "bernd-krause"),
    ("since:<=2021-02", "bernd-krause jule-brandt kurierkollektiv-oberbaum"),
    ("since:..2021-02", "bernd-krause jule-brandt kurierkollektiv-oberbaum"),
    ("since:2026-06..", "greta-holm kim-seo-yeon tobias-wenzel"),
    (
        "since:2021..2022 tier:gold",
        "hotel-spreeblick ipek-yilmaz jan-nowak jule-brandt katrin-bauer ruegen-rad-und-wind thies-petersen",
    ),
    ("since:<4w", "greta-holm tobias-wenzel"),
    (
        "since:>5y",
        "bernd-krause dieter-pohl hotel-spreeblick jan-nowak jule-brandt katrin-bauer kurierkollektiv-oberbaum leonie-haas ramy-zuraw",
    ),
    ("since:4y..5y tier:silver", "holger-petzold maja-söderqvist wiebke-lorenz łukasz-żak"),
    ('since:"last tuesday"', ""),
    ("no:since", "bücherbus lotte-vom-maybachmarkt mann-mit-dem-liegerad"),
    ("left:2026", "hostel-kiezkoje"),
    ("left:>1y", "marek-dudek"),
    ("left_reason:price", "hostel-kiezkoje"),
    ("left_reason:away", "marek-dudek"),
    ("interest:jazz", "jan-nowak"),
    ("interest:tandem", "holger-petzold joachim-hollmann"),
    ("interest:*swimming", "alex-duarte katrin-bauer layla-haddad"),
    ('interests:"baltic sea"', "katrin-bauer"),
    ("prefers:letter", "helga-thiemann joachim-hollmann siobhan-keane"),
    ("prefers:call avoids:social", "katrin-bauer thies-petersen"),
    ("avoids:telefon", "maja-söderqvist"),
    ('norms:"never before"', "katrin-bauer"),
    ("norms:siezen,sie", "bernd-krause"),
    ("family:birgit", "bernd-krause"),
    ("owner:marta", "jan-nowak katrin-bauer"),
    ("no:owner tier:gold kind:person", "ipek-yilmaz rowan-ashby thies-petersen"),
    ("source:fair", "thies-petersen"),
    ("snooze:>today", "svenja-ritter"),
    ("snooze:<3m", "svenja-ritter"),
    ("snooze:<2m", ""),
    ("snooze:2027", "svenja-ritter"),
    ("do_not_contact:true", "dieter-pohl"),
    ("has:do_not_contact", "dieter-pohl"),
    ("do_not_contact:no tag:midwife", "layla-haddad"),
    ("last:>1y", ""),
    ("last:<1w", "jan-nowak nguyễn-thị-hoa ramy-zuraw"),
    ("last:2w..3w", "bernd-krause kiezrunde rowan-ashby łukasz-żak"),
    ("last:yesterday", ""),
    ("last:>=2026-11-19", "nguyễn-thị-hoa"),
    ("no:last", "bücherbus greta-holm lotte-vom-maybachmarkt mann-mit-dem-liegerad tobias-wenzel"),
    (
        "-has:last kind:person",
        "bücherbus greta-holm lotte-vom-maybachmarkt mann-mit-dem-liegerad tobias-wenzel",
    ),
    ("last:..1w tier:gold", "jan-nowak"),
    ("revenue:>10000", "baeckerei-yilmaz hotel-spreeblick kita-kettenblatt ruegen-rad-und-wind"),
    ("revenue:>=14790", "ruegen-rad-und-wind"),
    ("revenue:14790", ""),
    ("revenue:5000..10000", "ipek-yilmaz kiezrunde kim-seo-yeon ngozi-okafor no"),
    ("revenue:..100 has:log tier:silver", "layla-haddad nguyễn-thị-hoa wiebke-lorenz"),
    ('revenue:>"10 000 EUR"', "baeckerei-yilmaz hotel-spreeblick kita-kettenblatt ruegen-rad-und-wind"),
    (
        "has:revenue tier:bronze",
        "alex-duarte dieter-pohl giorgos-papadakis helga-thiemann leonie-haas noam-levi oksana-tkachenko renate-mischke siobhan-keane yamada-taro",
    ),
    ("revenue:0 kind:company", "gemeinde-st-thekla ramy-zuraw"),
    ("log:referral", "bernd-krause thies-petersen"),
    ("log:anruf,telefon no:tier", "marek-dudek tobias-wenzel"),
    ("log:lunch log:sale", "alex-duarte bernd-krause noam-levi yamada-taro"),
    ("log:s*l* -log:sale", "jule-brandt"),
    ("no:log", "bücherbus lotte-vom-maybachmarkt mann-mit-dem-liegerad"),
    ("log.count:>30", ""),
    ("log.count:1", "greta-holm"),
    ("log.count:0", "bücherbus lotte-vom-maybachmarkt mann-mit-dem-liegerad"),
    ("frame_size:58", "łukasz-żak"),
    ("frame_size:>55", "bernd-krause łukasz-żak"),
    ("frame_size:54..58", "leonie-haas noam-levi łukasz-żak"),
    ("has:frame_size frame_size:<=55", "leonie-haas noam-levi"),
    ("bikes_in_service:>=30", "kiezrunde ruegen-rad-und-wind"),
    ("BIKES_IN_SERVICE:1*", "hostel-kiezkoje hotel-spreeblick"),
    ("wheel_size:27.5", "svenja-ritter"),
    ("wheel_size:<28", "svenja-ritter"),
    ('vat_note:"reverse charge"', "ramy-zuraw"),
    ("vat_note:*invoice", "ramy-zuraw"),
    ('invoice_to:"second floor"', "hotel-spreeblick"),
    ("(tier:gold or tier:silver) language:pl", "jan-nowak łukasz-żak"),
    (
        "tier:gold or tier:silver language:pl",
        "hotel-spreeblick ipek-yilmaz jan-nowak jule-brandt katrin-bauer rowan-ashby ruegen-rad-und-wind thies-petersen łukasz-żak",
    ),
    (
        "-(tier:gold or tier:silver or tier:bronze) kind:person",
        "bücherbus greta-holm işık-demirtaş lotte-vom-maybachmarkt mann-mit-dem-liegerad marek-dudek tobias-wenzel tomasz-wilk",
    ),
    ("--tag:parish", "gemeinde-st-thekla"),
    ("-(-tag:parish and -tag:trike)", "gemeinde-st-thekla helga-thiemann"),
    ("tag:parish OR tag:trike AND status:former", "gemeinde-st-thekla"),
]


@pytest.mark.parametrize(("text", "ids"), MEANT, ids=[text for text, _ in MEANT])
def test_whom_a_query_means(text: str, ids: str, vault: Sample) -> None:
    assert vault.meant(text) == set(ids.split())


def test_an_empty_query_means_everybody(vault: Sample) -> None:
    assert vault.meant("") == vault.meant(" \n\t") == set(vault.told)
    assert str(query_of("")) == ""


def test_a_comparison_never_matches_what_is_absent(vault: Sample) -> None:
    assert vault.meant("last:<100y last:>1d or no:last or last:..1d") == set(vault.told)
    for text in ("last:>1d", "last:<100y", "since:..2100", "since:>1900", "left:<=2100", "birthday:>1900"):
        field = text.partition(":")[0]
        assert not vault.meant(text) & vault.meant(f"no:{field}")


@pytest.mark.parametrize("text", ["due:<=friday", "due:<2w", "planned:today..+1w", "state:soon,due"])
def test_planned_fields_are_asked_only_where_there_is_a_plan(text: str) -> None:
    forecast = Forecast(date(2026, 11, 27), date(2026, 11, 27), "soon")
    assert query_of(text, planned=True)(facts_of(anna(), forecast=forecast))
    assert not query_of(text, planned=True)(facts_of(anna()))
    assert "follows from the plan" in flaw_of(text).message


@pytest.mark.parametrize(
    ("text", "day", "meant"),
    [
        ("last:>6w", "2026-10-11", True),
        ("last:>6w", "2026-10-12", False),
        ("last:>=6w", "2026-10-12", True),
        ("last:<6w", "2026-10-12", False),
        ("last:<=6w", "2026-10-12", True),
        ("last:<6w", "2026-10-13", True),
        ("last:2w..6w", "2026-11-09", True),
        ("last:2w..6w", "2026-11-10", False),
        ("last:6w..", "2026-10-12", True),
        ("last:6w..", "2026-10-13", False),
        ("last:..6w", "2026-10-12", True),
        ("last:..6w", "2026-10-11", False),
        ("last:2026-10-01..6w", "2026-10-13", False),
        ("last:2026-10-01..6w", "2026-10-12", True),
        ('last:>"1 month"', "2026-10-22", True),
        ("last:>2025", "2025-12-31", False),
        ("last:>=2025", "2025-01-01", True),
        ("last:<=2025-02", "2025-02-28", True),
        ("last:<2025-02", "2025-02-01", False),
        ('last:"3 weeks ago"', "2026-11-02", True),
        ("last:-3w..yesterday", "2026-11-22", True),
        ("last:-3w..yesterday", "2026-11-23", False),
    ],
)
def test_days_and_lengths(text: str, day: str, *, meant: bool) -> None:
    assert means(text, facts_of(anna(), Story(date.fromisoformat(day)))) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("snooze:<2w", True),
        ("snooze:>1w", True),
        ("snooze:<1w", False),
        ("snooze:1w..2w", True),
        ("snooze:>2w", False),
    ],
)
def test_lengths_lie_ahead_where_days_do(text: str, *, meant: bool) -> None:
    assert means(text, facts_of(anna(snooze=date(2026, 12, 2)))) == meant


@pytest.mark.parametrize(
    ("text", "birthday", "meant"),
    [
        ("birthday:2026-02-28..+1y", Anniversary(2, 28), True),
        ("birthday:2026-02-28..2027-02-28", Anniversary(2, 28), False),  # these are years of birth
        ("birthday:12-31..01-01", Anniversary(1, 1), True),
        ("birthday:12-31..01-01", Anniversary(12, 30), False),
        ("birthday:nov..nov", Anniversary(11, 30), True),
        ("birthday:today..+2y", Anniversary(6, 1), True),
        ("birthday:today..+2y", Anniversary(6, 1, 2030), False),  # not before its first year
        ("birthday:-1w..today", Anniversary(11, 16), True),
        ("birthday:1984", Anniversary(5, 17, 1984), True),
        ("birthday:1984", Anniversary(5, 17), False),
        ("birthday:1984-05-17", Anniversary(5, 17, 1985), False),
        ("birthday:<1985", Anniversary(5, 17), False),
        ("birthday:..1984-05-17", Anniversary(5, 17, 1984), True),
    ],
)
def test_days_of_the_year(text: str, birthday: Anniversary, *, meant: bool) -> None:
    assert means(text, facts_of(anna(birthday=birthday))) == meant


@pytest.mark.parametrize(("leap_day", "day"), [("feb28", "2027-02-28"), ("mar1", "2027-03-01")])
def test_a_leap_day_returns_as_the_configuration_says(leap_day: str, day: str) -> None:
    words = vocabulary_of(Config(occasions=Occasions(leap_day=leap_day)))
    for today in (date(2027, 2, 28), date(2027, 3, 1)):
        query = parse("birthday:today", words, today)
        assert not isinstance(query, Flaw)
        assert query(facts_of(anna(birthday=Anniversary(2, 29, 1988)))) == (str(today) == day)


@pytest.mark.parametrize(
    ("text", "tag", "meant"),
    [
        ("tag:ab*ba", "aba", False),
        ("tag:ab*ba", "abba", True),
        ("tag:a*b*c", "axbxbc", True),
        ("tag:a*b*c", "acb", False),
        ("tag:a*b*b*c", "abc", False),
        ("tag:*a*a*", "xaxax", True),
        ("tag:*a*a*", "xax", False),
        ('tag:"a*"*', "a*b", True),
        ('tag:"a*"*', "ab", False),
        ("tag:*", "a", True),
        ("tag:a**b", "ab", True),
    ],
)
def test_a_star_is_any_text(text: str, tag: str, *, meant: bool) -> None:
    assert means(text, facts_of(anna(tags=(tag,)))) == meant


def test_other_words_for_a_channel_are_the_channel() -> None:
    words = vocabulary_of(read_config_text("channels: {call: {also: [Telefon, rozmowa tel]}}"))
    told = facts_of(anna(prefers=("telefon",)), Story(channels={"call": 1}))
    for text in ("prefers:call", "prefers:TELEFON", 'log:"rozmowa tel"', "log:tele*", "log:call"):
        assert means(text, told, words)
    assert not means("avoids:call", told, words)


def read_config_text(text: str) -> Config:
    root = compose(text, Span(0, len(text)))
    return read_config(root, Report(Source("ptcrm.yaml", text)))  # type: ignore[arg-type]


def test_owners_are_known_only_if_they_are_configured() -> None:
    assert means("owner:zoe", facts_of(anna(owner="Zoë")), Vocabulary())
    assert flaw_of("owner:zoe").message == "“zoe” is no owner"


def test_statuses_are_those_of_the_configuration() -> None:
    words = vocabulary_of(Config(statuses={"Stały klient": Status()}))
    assert means('status:"staly klient"', facts_of(anna(status="Stały klient")), words)


def test_amounts_are_in_the_configurations_currency() -> None:
    words = vocabulary_of(Config(currency="PLN"))
    told = facts_of(anna(), Story(revenue=Decimal("5400.50")))
    for text in ("revenue:5400.5", 'revenue:>"5 400 zł"', "revenue:5000..5500PLN", "revenue:<=5400.50"):
        assert means(text, told, words)
    assert flaw_of("revenue:>5PLN").message == "“revenue” is counted in EUR"


def test_fields_of_ones_own() -> None:
    own = (
        ("shoe_size", "44"),
        ("invoice to", "Office, second floor"),
        ("Größe", "1.50"),
        ("next", "2026-12-01"),
    )
    told = facts_of(anna(own=own))
    words = vocabulary_of(Config(), [name for name, _ in own])
    for text in (
        "shoe_size:44 SHOE_SIZE:4*",
        "shoe_size:>43.5 shoe_size:<=44 shoe_size:40..44 shoe_size:44..",
        '"invoice to":office "invoice to":"office, second floor" "INVOICE TO":*floor',
        "grosse:>1.4 größe:1.50",
        "next:2026-12-01 next:>2026-11 next:2026..2027 next:>tomorrow",
        'has:next,tag -no:"invoice to"',
    ):
        assert means(text, told, words), text
    for text in (
        "shoe_size:4",
        "shoe_size:>44",
        '"invoice to":floor',
        "größe:1.5",
        "next:<2026-12",
        "next:>5000",
    ):
        assert not means(text, told, words), text


def test_a_path_is_found_by_the_files_name_too() -> None:
    told = facts_of(anna(company="companies/hotel.md", referred_by="Jan Nowak"))
    for text in (
        "company:hotel",
        "company:companies/hotel.md",
        "company:[[hotel|The Hotel]]",
        'referred_by:"jan nowak"',
    ):
        assert means(text, told)
    assert not means("company:companies", told)


def test_the_vault_may_say_whom_a_link_means() -> None:
    names = {"Oberbaum": ("kurierkollektiv", "oberbaum eg")}
    told = facts_of(anna(company="Oberbaum"), names=lambda target: names[target])
    assert means("company:kurierkollektiv", told)
    assert not means("company:oberbaum", told)


def test_only_what_is_asked_for_is_worked_out() -> None:
    told = facts_of(cast("Customer", SimpleNamespace(tier="gold")), cast("Story", SimpleNamespace()))
    assert means("tier:gold or tag:x or revenue:>5", told)
    with pytest.raises(AttributeError):
        means("tier:silver or revenue:>5", told)


def test_what_a_query_may_ask_for_is_known_beforehand() -> None:
    query = query_of('tier:gold (tags:x or -revenue:>5) no:emails,shoe_size "invoice to":x')
    assert fields_of(query) == {"tier", "tag", "revenue", "email", "shoe_size", "invoice to"}
    assert fields_of(Every()) == frozenset()


# What cannot be read

WRONG = [
    ("tier:golld", 5, "“golld” is no tier", "Did you mean “tier:gold”?"),
    ("tag:x tier:platinum", 11, "“platinum” is no tier", "Known are: gold, silver, bronze."),
    ("tier:p*", 5, "“p*” is no tier", "Known are: gold, silver, bronze."),
    ("status:active,actve", 14, "“actve” is no status", "Did you mean “status:active”?"),
    ("log:sael", 4, "“sael” is no channel", "Did you mean “log:sale”?"),
    ("prefers:voicemail", 8, "“voicemail” is no channel", "Known are: contact, call,"),
    ("owner:mrata", 6, "“mrata” is no owner", "Did you mean “owner:marta”?"),
    ("-(teir:gold)", 2, "“teir” is no field", "Did you mean “tier:”?"),
    ("xyz:1", 0, "“xyz” is no field", "It is none of the known ones, and no customer has one of this name."),
    ("shoesize:44", 0, "“shoesize” is no field", "Did you mean “shoe_size:”?"),
    ("has:email,phnoe", 10, "“phnoe” is no field", "Did you mean “phone”?"),
    ("no:>x", 3, "“>x” is no field", "It is none"),
    (
        "due:<=friday",
        0,
        "“due” follows from the plan, which depends on this query",
        "Ask for what is written",
    ),
    ("has:state", 4, "“state” follows from the plan, which depends on this query", "Ask for what is written"),
    ("x" * 201, 0, "a value of more than 200 characters is not read", ""),
    ("last:>6 weeks", 8, "“weeks” is cut off", 'Two words need quotes: last:>"6 weeks"'),
    ("not tag:x", 0, "“not” excludes nothing", "A minus excludes: -tag:vip"),
    ("revenue>5000", 0, "a colon is missing in “revenue>5000”", "Write “revenue:>5000”."),
    ("tier=gold", 0, "a colon is missing in “tier=gold”", "Write “tier:gold”."),
    ("(tier:gold or tag:x", 0, "this bracket does not close", ""),
    ("tier:gold) tag:x", 9, "this bracket closes nothing", ""),
    ("tag:x ()", 7, "a term is missing before this bracket", ""),
    ("tag:x or", 8, "a term is missing at the end", "Write for example tag:vip."),
    ("tag:x -", 7, "a term is missing at the end", "Write for example tag:vip."),
    ("or tag:x", 0, "nothing stands before this “or”", "It joins two terms."),
    ("tag:x or and tag:y", 9, "nothing stands before this “and”", "It joins two terms."),
    ("tag:(a or b)", 4, "a field's values stand without brackets", "Write tag:a,b for any of two."),
    ("tag:", 4, "a value is missing here", "no:tag finds those without a tag."),
    ("tag:>", 5, "a value is missing here", "no:tag finds those without a tag."),
    ("tag: x", 4, "a value is missing here", "Write no blank after a colon or comma: tag:a,b"),
    ("tag:a, b", 6, "a value is missing here", "Write no blank after a colon or comma: tag:a,b"),
    ("tag:a ,b", 6, "this comma separates nothing", "Write values without blanks: tag:a,b"),
    (":x", 0, "a field is missing before the colon", "Write for example tag:vip."),
    ('tag:""', 4, "nothing stands between these quotes", "no:tag finds those without a tag."),
    ('tag:a"b', 5, "these quotes do not close", ""),
    ('tag:x "y', 6, "these quotes do not close", ""),
    ("since:2023..2021", 6, "“2023..2021” ends before it begins", "Write FIRST..LAST."),
    ("since:..", 6, "this range has no ends", "Write for example since:2021..2023."),
    ("since:>2021..2023", 6, "“>” and “..” do not go together", "Write one of them."),
    ("since:2021..2023-13", 12, "“2023-13” is no month of the calendar", "Write YYYY-MM."),
    ("since:2021-02-30", 6, "“2021-02-30” is no day of the calendar", "Write a day that exists."),
    ("since:>soon", 7, "“soon” is no day", "Write for example 2026-12-01,"),
    (
        "last:>6x",
        6,
        "“6x” is no day",
        "Write for example 2026-12-01, tomorrow, friday, in 3 weeks or -2d. A length of time is written like 6w or 3m.",
    ),
    ("since:0000", 6, "“0000” is no month of the calendar", "Write YYYY-MM."),
    ("last:6w", 5, "“6w” is a length of time and no day", "Write last:>6w or last:<6w."),
    ("last:never", 5, "“never” is no day", "no:last finds those who have none."),
    (
        "birthday:13-40",
        9,
        "“13-40” is no day of the year",
        "Write for example december, 05-17, today..+4w, or 1984.",
    ),
    ("birthday:today..x", 16, "“x” is no day of the year", "Write for example december"),
    ("birthday:december..+4w", 9, "the two ends are not of one kind", "Write for example december"),
    (
        "birthday:>december",
        9,
        "days without a year come round, so none is before or after",
        "Write a year, or",
    ),
    ("birthday:december..", 9, "days without a year come round, so this has no end", "Write both ends."),
    ("birthday:tomorrow..today", 9, "“tomorrow..today” ends before it begins", "Write FIRST..LAST."),
    (
        "birthday:today..9999-12-31",
        9,
        "“today..9999-12-31” is longer than 100 years",
        "A year has all days.",
    ),
    ("revenue:>much", 9, "“much” is no amount of money", "Write for example 5400.50 EUR."),
    ("revenue:>5,000", 8, "a comparison stands in no list", "Write numbers without commas"),
    ("log.count:>-1", 11, "“-1” is no whole number", "Write a number such as 10."),
    ("phone:12", 6, "“12” is no part of a phone number", "Write at least 3 digits."),
    ("do_not_contact:maybe", 15, "“maybe” is neither true nor false", "Write true or false."),
    ("name:>m", 5, "“name” cannot be more or less", "Write name:words, without “>”."),
    ("tag:>=m", 4, "“tag” cannot be more or less", "Write tag:words, without “>=”."),
    ("tag:\u0301", 4, "nothing is left here to look for", ""),
    ("shoe_size:>big", 10, "“>big” compares with neither a number nor a day", "Write for example >44,"),
]


@pytest.mark.parametrize(("text", "offset", "message", "hint"), WRONG, ids=[row[0] for row in WRONG])
def test_what_cannot_be_read(text: str, offset: int, message: str, hint: str) -> None:
    flaw = flaw_of(text)
    assert (flaw.message, flaw.offset) == (message, offset)
    assert flaw.hint.startswith(hint)
    assert bool(flaw.hint) == bool(hint)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("tag:x tier:golld", ["tag:x tier:golld", "           ^"]),
        ("tag:x\n  tier:golld", ["tag:x   tier:golld", "             ^"]),
        ("name:山田 tier:golld", ["name:山田 tier:golld", "               ^"]),
        ("name:\x1b[31m\u2028 tier:golld", ["name:�[31m� tier:golld", " " * 17 + "^"]),
        ("tag:x or", ["tag:x or", "        ^"]),
        (
            f"tag:{'x' * 60} tier:golld {'tag:y ' * 20}",
            ["…" + "x" * 29 + " tier:golld tag:y tag:y tag:y tag:y tag:y…", " " * 36 + "^"],
        ),
    ],
)
def test_a_caret_stands_under_the_place(text: str, lines: list[str]) -> None:
    assert pointed(text, flaw_of(text)).split("\n") == lines


# Properties


class Same(NamedTuple):
    """A query, and the same as plain Python."""

    text: str
    plain: Callable[[Told], bool]


def atoms() -> st.SearchStrategy[Same]:
    days = st.integers(1, 3000)
    years = st.integers(2018, 2027)
    amounts = st.integers(0, 20000)
    fixed = [
        Same("tier:gold,silver", lambda one: one.customer.tier in ("gold", "silver")),
        Same("kind:company", lambda one: one.customer.kind == "company"),
        Same("status:p*", lambda one: one.customer.status.startswith("p")),
        Same("tags:hotel", lambda one: "hotel" in one.customer.tags),
        Same("tag:*bike*", lambda one: any("bike" in tag for tag in one.customer.tags)),
        Same("no:email", lambda one: not one.customer.emails),
        Same("has:phone,birthday", lambda one: bool(one.customer.phones or one.customer.birthday)),
        Same("name:a", lambda one: "a" in fold(one.customer.name)),
        Same("log:sale", lambda one: "sale" in one.story.channels),
        Same("has:referred_by", lambda one: one.customer.referred_by is not None),
        Same(
            "yilmaz",
            lambda one: any(
                "yilmaz" in fold(name) for name in (one.customer.id, one.customer.name, *one.customer.aliases)
            ),
        ),
        Same('"r*a"', lambda _: False),
        Same("[[jan-nowak]]", lambda one: any(link.target == "jan-nowak" for link in one.customer.links)),
        Same(
            "near:binz",
            lambda one: any(
                "binz" in fold(place) for place in (*one.customer.places, *one.customer.addresses)
            ),
        ),
        Same("@vip", lambda one: one.customer.tier == "gold" or "vip" in one.customer.tags),
    ]
    months = ["january", "february", "march", "april", "may", "june"]
    return st.one_of(
        st.sampled_from(fixed),
        days.map(
            lambda n: Same(
                f"last:>{n}d", lambda one: one.story.last is not None and (TODAY - one.story.last).days > n
            )
        ),
        days.map(
            lambda n: Same(
                f"since:<={n}d",
                lambda one: one.customer.since is not None and one.customer.since >= TODAY - timedelta(n),
            )
        ),
        years.map(
            lambda n: Same(
                f"since:{n}..{n + 1}",
                lambda one: one.customer.since is not None and one.customer.since.year in (n, n + 1),
            )
        ),
        years.map(
            lambda n: Same(
                f"left:<{n}", lambda one: one.customer.left is not None and one.customer.left.year < n
            )
        ),
        amounts.map(lambda n: Same(f"revenue:>={n}", lambda one: one.story.revenue >= n)),
        amounts.map(
            lambda n: Same(f"log.count:<{n % 30}", lambda one: sum(one.story.channels.values()) < n % 30)
        ),
        st.integers(1, 6).map(
            lambda n: Same(
                f"birthday:{months[n - 1]}",
                lambda one: one.customer.birthday is not None and one.customer.birthday.month == n,
            )
        ),
    )


def joined(parts: list[Same], joint: str, how: Callable[..., bool]) -> Same:
    return Same(
        joint.join(f"({one.text})" for one in parts), lambda told: how(one.plain(told) for one in parts)
    )


def queries() -> st.SearchStrategy[Same]:
    def larger(inner: st.SearchStrategy[Same]) -> st.SearchStrategy[Same]:
        some = st.lists(inner, min_size=1, max_size=4)
        return st.one_of(
            some.map(lambda parts: joined(parts, " or ", any)),
            some.map(lambda parts: joined(parts, " and ", all)),
            some.map(lambda parts: joined(parts, " ", all)),
            inner.map(lambda one: Same(f"-({one.text})", lambda told: not one.plain(told))),
        )

    return st.recursive(atoms(), larger, max_leaves=12)


@given(one=queries())
def test_the_answer_is_that_of_plain_python(one: Same, vault: Sample) -> None:
    assert vault.meant(one.text) == {id_ for id_, told in vault.told.items() if one.plain(told)}


@given(one=queries(), other=queries())
def test_or_is_the_union_and_minus_the_complement(one: Same, other: Same, vault: Sample) -> None:
    both = vault.meant(one.text), vault.meant(other.text)
    assert vault.meant(f"({one.text}) or ({other.text})") == both[0] | both[1]
    assert vault.meant(f"({one.text}) ({other.text})") == both[0] & both[1]
    assert vault.meant(f"-({one.text})") == set(vault.told) - both[0]


@given(one=queries())
def test_a_query_printed_and_read_again_is_the_same(one: Same, vault: Sample) -> None:
    query = query_of(one.text, vault.words)
    again = query_of(str(query), vault.words)
    assert again == query
    assert hash(again) == hash(query)
    assert str(again) == str(query)
    assert vault.answer(again) == vault.answer(query)


FRAGMENTS = [
    *"( ) - , : * .. > <= and or not has: no: tag: name: since: birthday: shoe_size: phone:".split(),
    *"gold tier:gold 2021 6w december today „x y” [[x y]] *x* 123 -has:tag,name @ @vip @vpi [[ ]] link: text: cadence:".split(),
    " ",
    '"two words"',
    '""',
    '"',
    "“",
    '"invoice to":',
]


@given(parts=st.lists(st.sampled_from(FRAGMENTS), max_size=14), glue=st.sampled_from(["", " "]))
def test_what_is_nearly_a_query_is_read_as_printed_or_has_a_flaw(
    parts: list[str], glue: str, vault: Sample
) -> None:
    text = glue.join(parts)
    query = parse(text, SAVED, TODAY)
    if isinstance(query, Flaw):
        assert 0 <= query.offset <= len(text)
        assert query.message
        assert len(pointed(text, query).split("\n")) == 2
    else:
        assert query_of(str(query), SAVED) == query
        vault.answer(query)


ANY = st.text(st.characters(exclude_categories=()))


@given(text=ANY, name=st.sampled_from([one.name for one in FIELDS]), planned=st.booleans())
def test_no_text_raises(text: str, name: str, *, planned: bool, vault: Sample) -> None:
    for tried in (text, f"{name}:{text}", f"{name}:>{text}", f"{name}:{text}..{text}", f'{name}:"{text}"'):
        query = parse(tried, WORDS, TODAY, planned=planned)
        if isinstance(query, Flaw):
            assert 0 <= query.offset <= len(tried)
            pointed(tried, query).encode()
        else:
            assert query_of(str(query), planned=planned) == query
            vault.answer(query)


@example(text='the "big" (one), 2..3 * a')
@given(text=ANY.filter(lambda text: fold(text) and len(text) <= 200))
def test_any_text_is_found_as_itself(text: str) -> None:
    told = facts_of(anna(tags=(text,), norms=f"x{text}x"))
    assert means(f"tag:{in_quotes(text)}", told)
    assert means(f"tag:*{in_quotes(text)}", told)


@example(name='the "big" (one)')
@given(name=ANY)
def test_a_field_of_any_name_can_be_asked_for(name: str) -> None:
    if fold(name) in (*BY_NAME, "has", "no") or name.casefold() in ("has", "no"):
        return
    words = vocabulary_of(Config(), [name])
    query = query_of(f"{in_quotes(name)}:x", words)
    assert query_of(str(query), words) == query
    assert query(facts_of(anna(own=((name, "x"),))))
    assert not query(facts_of(anna(own=((f"{name}y", "x"),))))


# Sizes

MANY = 10_000
LARGE = {
    "brackets": "(" * MANY + "tag:x" + ")" * MANY,
    "words": "gear " * 17_000,
    "names of saved queries": "@vip " * 10_000,
    "links": "[[x]] " * 10_000,
    "open links": "[[" * 50_000,
    "stars alone": "*" * 150,
    "open brackets": "(" * MANY,
    "closing brackets": "tag:x" + ")" * MANY,
    "nested or": "(tag:x or " * MANY + "tag:x" + ")" * MANY,
    "nested minus": "-(tag:x " * MANY + "tag:x" + ")" * MANY,
    "minus": "-" * MANY + "tag:x",
    "minuses alone": "- " * MANY,
    "terms": "tag:x " * 17_000,
    "alternatives": "tag:x or " * 12_000 + "tag:x",
    "values": "tag:x" + ",x" * 50_000,
    "tiers": "tier:gold" + ",gold" * 20_000,
    "a long value": "tag:" + "x" * 100_000,
    "a long name": "x" * 100_000 + ":x",
    "a long word": "x" * 100_000,
    "a long quotation": 'tag:"' + "x" * 100_000,
    "doubled quotes": 'tag:"' + '""' * 50_000,
    "stars": "tag:" + "*a" * 50_000,
    "stars and names": "name:" + "*a" * 90 + "b",
    "an amount": 'revenue:"5' + " " * 100_000 + '!"',
    "a number": "revenue:>" + "9" * 100_000,
    "a count": "log.count:>" + "9" * 100_000,
    "a size": "shoe_size:>" + "9" * 150,
    "dots": "since:" + "." * 100_000,
    "blanks": " " * 100_000,
    "signs": "<" * 100_000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_queries_have_an_answer_or_a_flaw(text: str, vault: Sample) -> None:
    query = parse(text, WORDS, TODAY)
    if isinstance(query, Flaw):
        assert len(query.message + query.hint) < 300
        assert len(pointed(text, query)) < 200
    else:
        assert query_of(str(query)) == query
        assert vault.answer(query) is not None
        query(facts_of(anna(name="a" * 5000, tags=("a" * 5000,))))


def test_brackets_stand_fifty_deep() -> None:
    deep = "(-" * 50 + "(tag:x or tag:y)" + ")" * 50
    assert "more than 50 brackets" in flaw_of(deep).message
    assert flaw_of(deep).offset == 100
    text = "-(tag:x or " * 50 + "tag:y" + ")" * 50
    assert str(query_of(text)) == text
    assert query_of("-" * MANY + "tag:x") == query_of("tag:x")
    assert query_of("-" * 9999 + "tag:x") == Not(query_of("tag:x"))


# The rest


def test_nodes_are_frozen() -> None:
    query = query_of("tag:x")
    assert isinstance(query, Term)
    with pytest.raises(FrozenInstanceError):
        query.field = "tier"  # type: ignore[misc]


def test_needless_nesting_is_gone() -> None:
    assert query_of("((tag:a)) (tag:b tag:c)") == query_of("tag:a tag:b tag:c")
    assert query_of("tag:a or (tag:b or tag:c)") == query_of("tag:a OR tag:b or tag:c")
    assert str(query_of("--tag:a (tag:b and -has:tags)")) == "tag:a tag:b no:tag"


def test_nothing_heavy_is_loaded() -> None:
    script = "import sys, ptcrm.query.parser; print({'yaml', 'icalendar', 'rich', 'click', 'ruamel', 'sqlite3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# docs/query.md


def test_the_page_has_the_table_of_fields() -> None:
    """The rows that belong into the page are printed when it does not have them."""
    rows = [
        [
            ", ".join(f"`{name}`" for name in (one.name, *one.also)),
            str(one.type),
            one.meaning + " (from the plan)" * one.planned,
        ]
        for one in FIELDS
    ]
    wanted = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    assert table(section(page("query"), "Fields"))[2:] == rows, f"docs/query.md should have:\n{wanted}"


def test_the_page_tells_of_every_type() -> None:
    assert [row[0] for row in table(section(page("query"), "Values"))[2:]] == [str(one) for one in Type]


def test_the_page_has_the_grammar_of_the_parser() -> None:
    (grammar,) = (block.text for block in blocks(page("query")) if block.heading == "Grammar")
    assert indent(grammar, "    ") in (parser.__doc__ or "")


def examples() -> list[str]:
    text = FENCED.sub("", page("query"))
    return sorted(
        {
            word
            for word in re.findall("`([^`]+)`", text)
            if re.match(r"[-(\"]*[a-z_. ]+\"?:\S|-?@(?!name)\S|\[\[|\"[a-z]", word)
            and "where" not in word
            and "→" not in word
            and "…" not in word
        }
    )


@pytest.mark.parametrize("text", examples())
def test_every_example_of_the_page_is_read(text: str) -> None:
    saved = {"vip": "tier:gold or tag:vip", "late": "@vip state:overdue", "my vips": "@vip"}
    saved |= {"quiet": "last:>3m", "thanks": "log:referral"}
    assert query_of(
        text, vocabulary_of(replace(CONFIG, queries=saved), ("shoe_size", "invoice to")), planned=True
    )


def test_there_are_examples() -> None:
    assert len(examples()) >= 25
    plain = {"anna", "anna gdansk -newsletter"}
    assert set(first_column(page("query").partition("## Grammar")[0])) - plain <= set(examples())
