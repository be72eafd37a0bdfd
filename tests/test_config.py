"""`ptcrm.yaml` (FORMAT §3): every key has a default, and a bad value is a diagnostic, never a failure."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.config import (
    KINDS,
    Campaign,
    Capacity,
    Channel,
    Config,
    Feed,
    Improvement,
    Log,
    Occasions,
    Playbook,
    Share,
    Status,
    Step,
    Tier,
    channel_names,
)
from ptcrm.model.dates import NEVER, Anniversary, Interval
from ptcrm.model.diagnostic import Diagnostic, Severity
from ptcrm.model.reading import Report
from ptcrm.model.settings import KEYS, read_config
from ptcrm.text.frontmatter import Flaw, compose
from ptcrm.text.source import Source, Span

EXAMPLE = """\
format: 1
start: 2026-11-21               # written by init: silence before it is nobody's fault
customers: customers            # a folder or a list of folders
timezone: Europe/Warsaw
country: PL                     # public holidays (package `holidays`)
language: pl
currency: EUR
working_days: [mon, tue, wed, thu, fri]
away: [2026-12-20..2027-01-02]
capacity: {per_day: 10, intake: 3}   # the defaults
min_gap: 5 days
default_cadence: 6 weeks
retry: 3 days
feedback_within: 7 days
tiers:                          # in order of rank
  gold:   {cadence: 3 weeks, budget: 200 EUR/year, when: "revenue:>5000 or tag:opinion-leader"}
  silver: {cadence: 6 weeks, budget: 60 EUR/year}
  bronze: {cadence: 3 months}
statuses:
  former: {cadence: 6 months}
  paused: {cadence: never}
owners: [marta, jan]
channels:
  workshop: {touch: true, value: true, cost: 30 EUR, minutes: 90}
playbooks:
  after-sale:
    starts: sale                # a channel, or `since`, or `left`
    lapse: 30 days
    steps:
      - after: 7 days
        do: note
        text: Handwritten thank-you note
      - after: 14 days
        do: call
        text: Is everything as hoped?
      - after: 6 weeks
        do: call
        text: Ask for a referral or a review
  win-back:
    starts: left
    steps:
      - after: 3 months
        do: email
        text: What has changed since
changes:                        # what former customers may come back for
  - date: 2026-10-01
    fixes: price
    text: New price list
campaigns:
  christmas: {date: --12-10, do: card, where: "status:active tier:gold,silver"}
queries:
  vip: "tier:gold or tag:vip"
feeds:                          # default: all: {}
  all: {}
  gold: {where: "tier:gold", alarm: "09:00"}
  birthdays: {kinds: [birthday, occasion], private: true, age_in_title: true}
occasions: {leap_day: feb28, lead: {birthday: 7 days}, customer_years: [1, 5, 10]}
log: {headings: [Log, Dziennik]}
topics: {e-bike: [pedelec, ebike]}
share: {per_month: 3}
"""


def read(text: str) -> tuple[Config, list[Diagnostic]]:
    report = Report(Source("ptcrm.yaml", text))
    root = compose(text, Span(0, len(text)))
    assert not isinstance(root, Flaw), root
    return read_config(root, report), report.found


def config(text: str) -> Config:
    """The configuration of a text in which nothing is wrong."""
    found, problems = read(text)
    assert problems == []
    return found


def weeks(count: int) -> Interval:
    return Interval(days=7 * count)


def test_the_example_of_the_format_is_read_whole() -> None:
    found = config(EXAMPLE)
    workshop = Channel("yes", value=True, cost="30 EUR", minutes=90, verb="Workshop with")
    steps = (
        Step(weeks(1), "note", "Handwritten thank-you note"),
        Step(weeks(2), "call", "Is everything as hoped?"),
        Step(weeks(6), "call", "Ask for a referral or a review"),
    )
    assert found == Config(
        start=date(2026, 11, 21),
        timezone="Europe/Warsaw",
        country="PL",
        language="pl",
        away=((date(2026, 12, 20), date(2027, 1, 2)),),
        tiers={
            "gold": Tier(weeks(3), "200 EUR/year", "revenue:>5000 or tag:opinion-leader"),
            "silver": Tier(weeks(6), "60 EUR/year"),
            "bronze": Tier(Interval(months=3)),
        },
        owners=("marta", "jan"),
        channels={**Config().channels, "workshop": workshop},
        playbooks={
            "after-sale": Playbook("sale", Interval(days=30), steps),
            "win-back": Playbook(
                "left", steps=(Step(Interval(months=3), "email", "What has changed since"),)
            ),
        },
        changes=(Improvement(date(2026, 10, 1), "price", "New price list"),),
        campaigns={"christmas": Campaign(Anniversary(12, 10), "card", "status:active tier:gold,silver")},
        queries={"vip": "tier:gold or tag:vip"},
        feeds={
            "all": Feed(),
            "gold": Feed(where="tier:gold", alarm=time(9, 0)),
            "birthdays": Feed(kinds=("birthday", "occasion"), private=True, age_in_title=True),
        },
        occasions=Occasions(lead={"birthday": weeks(1)}),
        log=Log(("Log", "Dziennik")),
        topics={"e-bike": ("pedelec", "ebike")},
        share=Share(3),
    )
    assert list(found.tiers) == ["gold", "silver", "bronze"]
    written = EXAMPLE.splitlines()
    assert {name.partition(".")[0] for name in found.lines} | {"id"} == {key.name for key in KEYS}
    assert written[found.line("playbooks", "after-sale", "steps", "2") - 1].strip() == "- after: 14 days"
    assert found.line("tiers", "gold", "no such key") == found.lines["tiers.gold"]
    assert found.line("no such key") == 1
    assert all(
        written[line - 1].startswith(f"{name}:") for name, line in found.lines.items() if "." not in name
    )


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n", "---\n", "start:\ntiers:\naway: []\nfeeds:\n"])
def test_an_empty_file_has_all_the_defaults(text: str) -> None:
    found = config(text)
    assert found == Config()
    assert found.lines == {}
    assert (found.currency, found.retry, found.min_gap) == ("EUR", Interval(days=3), Interval(days=5))
    assert found.default_cadence == weeks(6)
    assert found.capacity == Capacity(per_day=10, intake=3)
    assert found.statuses["former"].cadence == Interval(months=6)
    assert found.statuses["paused"].cadence == NEVER
    assert found.feeds == {"all": Feed(kinds=KINDS)}


def test_the_table_of_keys_is_the_configuration() -> None:
    assert [key.name for key in KEYS] == [field.name for field in fields(Config) if field.name != "lines"]
    assert all(key.meaning for key in KEYS)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("customers: people", {"customers": ("people",)}),
        ("customers: [people, ./firms/, a/b]", {"customers": ("people", "firms", "a/b")}),
        ("currency: pln", {"currency": "PLN"}),
        ("working_days: [Monday, tue]", {"working_days": ("mon", "tue")}),
        ("working_days: sat", {"working_days": ("sat",)}),
        ("away: 2026-12-24", {"away": ((date(2026, 12, 24), date(2026, 12, 24)),)}),
        ("default_cadence: never", {"default_cadence": NEVER}),
        ("retry: 1w", {"retry": weeks(1)}),
        ("start: '2026-01-01'", {"start": date(2026, 1, 1)}),
        ("capacity: {intake: 1}", {"capacity": Capacity(intake=1)}),
        ("log: {headings: Dziennik}", {"log": Log(("Dziennik",))}),
        ("occasions: {leap_day: mar1}", {"occasions": Occasions(leap_day="mar1")}),
        ("feeds: {work: {overdue: today}}", {"feeds": {"work": Feed(overdue="today")}}),
        ("feeds: {work: }", {"feeds": {"work": Feed()}}),
        ("tiers: {no: {cadence: 1 week}}", {"tiers": {"no": Tier(weeks(1))}}),
    ],
)
def test_values_of_every_shape(text: str, change: dict[str, object]) -> None:
    assert config(text) == replace(Config(), **change)  # type: ignore[arg-type]  # any key


def test_statuses_and_channels_add_to_the_tables_or_change_them() -> None:
    found = config("""\
statuses:
  active: {cadence: 2 weeks}
  former: {}
  vip: {cadence: 1 week}
channels:
  Call: {also: [telefon, Anruf]}
  newsletter: {touch: yes}
  feedback: {touch: no}
  sale: {touch: in, verb: "Sold to"}
  Site  visit: {touch: true}
""")
    assert found.statuses == {
        **Config().statuses,
        "active": Status(weeks(2)),
        "vip": Status(weeks(1)),
    }
    defaults = Config().channels
    assert found.channels == {
        **defaults,
        "call": defaults["call"]._replace(also=("telefon", "Anruf")),
        "newsletter": defaults["newsletter"]._replace(touch="yes"),
        "feedback": defaults["feedback"]._replace(touch="no"),
        "sale": defaults["sale"]._replace(touch="in", verb="Sold to"),
        "Site visit": Channel("yes", verb="Site visit with"),
    }
    names = channel_names(found)
    assert {names[word] for word in ("call", "telefon", "anruf")} == {"call"}
    assert names["site visit"] == "Site visit"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("\nformat: 2", "PT502", 2, 9),
        ("start: 05-06", "PT103", 1, 8),
        ("start: yesterday", "PT102", 1, 8),
        ("timezone: Europe/Gdansk", "PT109", 1, 11),
        ("country: [PL]", "PT105", 1, 10),
        ("currency: euro", "PT502", 1, 11),
        ("working_days: [day]", "PT502", 1, 16),
        ("working_days: []", "PT502", 1, 15),
        ("customers: []", "PT502", 1, 12),
        ("away: 2027-01-02..2026-12-20", "PT502", 1, 7),
        ("away: [2026-02-30]", "PT102", 1, 8),
        ("away: next week", "PT102", 1, 7),
        ("capacity: {per_day: 0}", "PT502", 1, 21),
        ("capacity: {per_day: -1}", "PT502", 1, 21),
        ("capacity: {per_day: ten}", "PT502", 1, 21),
        ("capacity: {per_week: 10}", "PT501", 1, 12),
        ("capacity: 10", "PT105", 1, 11),
        ("min_gap: never", "PT502", 1, 10),
        ("retry: 0 days", "PT104", 1, 8),
        ("feedback_within: soon", "PT104", 1, 18),
        ("default_cadence: 101 years", "PT104", 1, 18),
        ("occasions: {leap_day: feb29}", "PT105", 1, 23),
        ("log: {headings: {a: b}}", "PT105", 1, 17),
        ("feeds: {all: {kinds: [party]}}", "PT105", 1, 23),
        ("tiers: [gold]", "PT105", 1, 8),
        ("queries: vip", "PT105", 1, 10),
        ("retry: 3 days #days", "PT107", 1, 15),
    ],
)
def test_a_bad_value_is_reported_in_its_place_and_the_default_used(
    text: str, code: str, line: int, column: int
) -> None:
    found, problems = read(text)
    assert found == Config()
    assert [(one.code, one.line, one.column) for one in problems] == [(code, line, column)]
    assert problems[0].severity is Severity.WARNING
    assert problems[0].path == "ptcrm.yaml"


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("tiers: {gold: {budget: 50 EUR}}", 24, "“50 EUR” is no yearly budget. Write 50 EUR/year."),
        ("tiers: {gold: {budget: 50 EUR/month}}", 24, "is no yearly budget. Write for example 200 EUR/year."),
        (
            "tiers: {gold: {budget: -50 EUR/year}}",
            24,
            "“-50 EUR” is below nothing. Write an amount without the minus.",
        ),
        (
            "channels: {card: {cost: -3 EUR}}",
            25,
            "“-3 EUR” is below nothing. Write an amount without the minus.",
        ),
        ("channels: {card: {cost: € -3}}", 25, "is below nothing. Write an amount without the minus."),
    ],
)
def test_what_costs_costs_something_a_year(text: str, column: int, told: str) -> None:
    found, problems = read(text)
    assert (found.channels, found.tiers.get("gold", Tier())) == (Config().channels, Tier())
    assert [(one.code, one.line, one.column) for one in problems] == [("PT502", 1, column)]
    assert f"{problems[0].message}. {problems[0].hint}".endswith(told)


def test_what_costs_nothing_is_no_mistake() -> None:
    found = config("tiers: {gold: {budget: 0 EUR / year}}\nchannels: {card: {cost: 0}}\n")
    assert (found.tiers["gold"].budget, found.channels["card"].cost) == ("0 EUR / year", "0")


def test_what_is_bad_inside_a_record_leaves_the_rest_of_it() -> None:
    found, problems = read("""\
tiers:
  gold: {cadence: often, budget: 200 EUR/year}
  silver: {cadence: 6 weeks, budget: 60 EUR/month}
statuses:
  former: {cadence: often}
channels:
  call: {touch: maybe, also: telefon}
feeds:
  work: {kinds: [cadence, party], alarm: "25:00", private: perhaps, overdue: never}
playbooks:
  a: {lapse: never, steps: [{after: x, do: call}]}
campaigns:
  b: {date: 12-10, do: card}
""")
    assert found.tiers == {"gold": Tier(budget="200 EUR/year"), "silver": Tier(weeks(6))}
    assert found.statuses == Config().statuses
    assert found.channels["call"] == Config().channels["call"]._replace(also=("telefon",))
    assert found.feeds == {"work": Feed(kinds=("cadence",), private=True)}
    assert found.playbooks == {"a": Playbook(steps=(Step(do="call"),))}
    assert found.campaigns == {"b": Campaign(do="card")}
    assert [one.line for one in problems] == [2, 3, 5, 7, 9, 9, 9, 9, 11, 11, 13]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("currancy: EUR", "Did you mean “currency”?"),
        ("Start: 2026-11-21", "Did you mean “start”?"),
        ("colour: red", ""),
        ("feeds: {all: {alrm: '9:00'}}", "Did you mean “alarm”?"),
    ],
)
def test_an_unknown_key_is_a_warning_with_a_suggestion(text: str, hint: str) -> None:
    found, problems = read(text)
    assert found == Config()
    assert [(one.code, one.hint) for one in problems] == [("PT501", hint)]


def test_a_key_that_stands_twice_is_an_error_and_the_first_counts() -> None:
    found, problems = read("currency: PLN\nretry: 1 day\ncurrency: EUR\n")
    assert found.currency == "PLN"
    assert [(one.code, one.line, one.severity) for one in problems] == [("PT007", 3, Severity.ERROR)]


@pytest.mark.parametrize(
    "folder",
    [
        "/etc",
        "../other",
        "people/../../x",
        "~",
        "~/crm",
        "C:\\crm",
        "C:/crm",
        "\\\\host\\share",
        "file:///etc",
        ".",
        "''",
        "a\\..\\..\\b",
        '"a\\0b"',
        '"a\\nb"',
    ],
)
def test_no_folder_outside_the_vault_is_taken(folder: str) -> None:
    found, problems = read(f"customers: {folder}\n")
    assert found.customers == ("customers",)
    assert [one.code for one in problems] == ([] if folder == "''" else ["PT502"])
    found, _ = read(f"customers: [people, {folder}]\n")
    assert found.customers == ("people",)


values = st.recursive(
    st.sampled_from(
        ["", "x", "3 days", "never", "yes", "10", "2026-11-21", "[]", "'a b'", "{a: b}", "--12-10", "gold"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: f"[{', '.join(some)}]")
        | st.dictionaries(
            st.sampled_from(["all", "cadence", "touch", "steps", "kinds", "lead", "x"]), inner, max_size=3
        ).map(lambda some: "{" + ", ".join(f"{key}: {value}" for key, value in some.items()) + "}")
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([key.name for key in KEYS]) | st.just("other"), values, max_size=6))
def test_any_values_give_a_configuration(entries: dict[str, str]) -> None:
    text = "".join(f"{key}: {value}\n" for key, value in entries.items())
    root = compose(text, Span(0, len(text)))
    if isinstance(root, Flaw):
        return
    report = Report(Source("ptcrm.yaml", text))
    found = read_config(root, report)
    assert found.feeds
    assert found.channels.keys() >= Config().channels.keys()
    assert all(line <= len(entries) for line in found.lines.values())
    assert all(1 <= one.line <= len(entries) for one in report.found)
