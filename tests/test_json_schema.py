"""The schemas that editors complete and warn by: valid, whole, and no stricter than the readers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ptcrm.formats.json_schema import config_schema, customer_schema, item_schema
from ptcrm.model.config import Config, Status, Tier
from ptcrm.model.reading import Report
from ptcrm.model.settings import KEYS, read_config
from ptcrm.text.frontmatter import Fences, Flaw, compose, find_fences
from ptcrm.text.source import Source, Span
from ptcrm.vault.items import ITEM_FIELDS, read_item
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import FIELDS, read_customer
from tests.conftest import SAMPLE, MakeVault, Run
from tests.test_config import EXAMPLE
from tests.test_docs import nested

# Names that YAML may take for something else, and one that is more than letters to a pattern.
CONFIG = replace(
    Config(),
    tiers={name: Tier() for name in ("gold", "1", "C++ (new)")},
    statuses={name: Status() for name in ("active", "on", "lead/hot")},
)
FIELDS_SCHEMA, KEYS_SCHEMA, ITEM_SCHEMA = customer_schema(CONFIG), config_schema(), item_schema()
CUSTOMER, SETTINGS, ITEM = map(Draft7Validator, (FIELDS_SCHEMA, KEYS_SCHEMA, ITEM_SCHEMA))


def as_json(value: object) -> object:
    """What YAML loaded as an editor has it: names are text, and so are days."""
    if isinstance(value, dict):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def loaded(text: str) -> list[object]:
    """What YAML 1.1 and YAML 1.2 make of `text`; without the one that cannot read it."""
    found = []
    for load in (yaml.safe_load, YAML(typ="safe", pure=True).load):
        with suppress(yaml.YAMLError, YAMLError, ValueError, TypeError):
            found.append(as_json(load(text)))
    return found


def errors(validator: Draft7Validator, text: str) -> list[str]:
    return [error.message for value in loaded(text) for error in validator.iter_errors(value)]


def front_matter(path: Path) -> str:
    text = Source.decode(path.name, path.read_bytes()).text
    fences = find_fences(text)
    assert isinstance(fences, Fences)
    return fences.yaml.of(text)


# What is in them


@pytest.mark.parametrize("schema", [customer_schema(Config()), FIELDS_SCHEMA, KEYS_SCHEMA, ITEM_SCHEMA])
def test_they_are_json_schema(schema: dict[str, Any]) -> None:
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == Draft7Validator.META_SCHEMA["$schema"]


def test_every_row_is_in_it_with_its_meaning() -> None:
    rows = ((FIELDS_SCHEMA, FIELDS), (KEYS_SCHEMA, KEYS), (ITEM_SCHEMA, ITEM_FIELDS))
    for schema, table in rows:
        shown = {name: one["description"] for name, one in schema["properties"].items()}
        assert shown == {row.name: row.meaning for row in table}


def parts(schema: object) -> Iterator[dict[str, Any]]:
    """A schema and everything below it that has keywords."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(part)


@pytest.mark.parametrize("key", [key.name for key in KEYS])
def test_every_nested_key_is_in_it(key: str) -> None:
    below = {name for part in parts(KEYS_SCHEMA["properties"][key]) for name in part.get("properties", ())}
    assert below == set(nested(get_type_hints(Config)[key]))


@pytest.mark.skipif(shutil.which("node") is None, reason="JavaScript is not there")
def test_patterns_are_javascript(tmp_path: Path) -> None:
    """With and without the flag for Unicode: one checker sets it, another does not."""
    script = "for (const one of JSON.parse(process.argv[1])) { new RegExp(one); new RegExp(one, 'u') }"
    found = [
        part["pattern"] for part in parts([FIELDS_SCHEMA, KEYS_SCHEMA, ITEM_SCHEMA]) if "pattern" in part
    ]
    subprocess.run(["node", "-e", script, json.dumps(found)], check=True, cwd=tmp_path)


# What they take


@pytest.mark.parametrize("path", sorted((SAMPLE / "customers").rglob("*.md")), ids=lambda path: path.stem)
def test_every_sample_customer_is_taken(path: Path, sample_schema: Draft7Validator) -> None:
    text = front_matter(path)
    assert len(loaded(text)) == 2
    assert errors(sample_schema, text) == []


@pytest.fixture(scope="module")
def sample_schema() -> Draft7Validator:
    text = (SAMPLE / "ptcrm.yaml").read_text(encoding="utf-8")
    root = compose(text, Span(0, len(text)))
    assert not isinstance(root, Flaw)
    return Draft7Validator(customer_schema(read_config(root, Report(Source("ptcrm.yaml", text)))))


@pytest.mark.parametrize(
    "text", [EXAMPLE, (SAMPLE / "ptcrm.yaml").read_text(encoding="utf-8"), "", "tiers:\n"]
)
def test_good_settings_are_taken(text: str) -> None:
    assert len(loaded(text)) == 2
    assert errors(SETTINGS, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name:\ntags: []\nbirthday: ''\n",
        "name: No\nlanguage: no\nowner: 007\n",
        "company: [[rowery-kowalska]]\nfamily: [[[anna]], brother Piotr]\n",
        "kind: Company\ntier: 1\nstatus: on\n",
        "tier: C++ (new)\nstatus: lead/hot\n",
        "cadence: Twice  a month\ncadence_until: 2027-03-31 10:00\n",
        "birthday: --0229\noccasions: {wedding: 2012-09-01}\n",
        "occasions: [wedding 2012-09-01, shop opening --05-03, name day: --07-26]\n",
        "prefers: [call, postcard]\nfavourite_colour: blue\n",
    ],
)
def test_odd_customers_are_taken(text: str) -> None:
    assert errors(CUSTOMER, text) == []


@pytest.mark.parametrize("path", sorted((SAMPLE / "library").rglob("*.md")), ids=lambda path: path.stem)
def test_every_sample_item_is_taken(path: Path) -> None:
    assert errors(ITEM, front_matter(path)) == []


# What they refuse

WRONG_ITEMS = [
    "id: a/b",
    "title: [Tyres]",
    "url: www.example.org/tyres",
    "url: javascript:alert(1)",
    "url: https://",
    "topics: winter, courier",
    "kind: artikle",
    "until: 31.03.2027",
]
WRONG_FIELDS = [
    "id: a/b",
    "name: [Jan]",
    "name: {first: Jan}",
    "kind: robot",
    "status: activ",
    "tier: golden",
    "cadence: 3",
    "cadence: now and then",
    "cadence_until: 31.03.2027",
    "emails: {home: jan@example.com}",
    "phones: 48600100200",
    "phones: [+48600100200]",
    "timezone: Central European Time",
    "birthday: 17.05.1984",
    "birthday: 05-06",
    "birthday: 1984",
    "birthday: --04-31",
    "occasions: wedding",
    "occasions: [2012-09-01]",
    "occasions: {wedding: soon}",
    "since: '2021-13-01'",
    "since: '2021-02-30'",
    "tags: a, b",
    "do_not_contact: maybe",
    "snooze: friday",
    "mute_until: --01-01",
]
WRONG_KEYS = [
    "format: 2",
    "start: tomorrow",
    "customers: ../elsewhere",
    "customers: [/etc]",
    "timezone: Central European Time",
    "currency: euro",
    "working_days: [mon, holiday]",
    "away: [2026-12-20...2027-01-02]",
    "capacity: 10",
    "capacity: {per_day: 0}",
    "capacity: {per_week: 50}",
    "min_gap: never",
    "default_cadence: often",
    "retry: 3",
    "tiers: [gold, silver]",
    "tiers: {gold: 3 weeks}",
    "tiers: {gold: {cadance: 3 weeks}}",
    "tiers: {gold: {budget: 200 EUR/month}}",
    "statuses: {former: {cadence: seldom}}",
    "channels: {workshop: {touch: sometimes}}",
    "channels: {workshop: {cost: much}}",
    "channels: {workshop: {minutes: 1.5}}",
    "playbooks: {after-sale: {steps: [{after: soon}]}}",
    "playbooks: {after-sale: {steps: [{when: 3 days}]}}",
    "changes: [{date: --10-01}]",
    "campaigns: {christmas: {date: 24.12.}}",
    "queries: {vip: {tier: gold}}",
    "feeds: {all: {kinds: [birthdays]}}",
    "feeds: {all: {alarm: morning}}",
    "feeds: {all: {overdue: hide}}",
    "occasions: {leap_day: feb29}",
    "occasions: {lead: {birthday: never}}",
    "log: {headings: {Log: yes}}",
    "teirs: {}",
]


@pytest.mark.parametrize("text", WRONG_FIELDS)
def test_a_wrong_field_is_refused(text: str) -> None:
    values = loaded(text)
    assert values
    assert not any(CUSTOMER.is_valid(value) for value in values)


@pytest.mark.parametrize("text", WRONG_ITEMS)
def test_a_wrong_field_of_an_item_is_refused(text: str) -> None:
    assert read_item(Source("library/x.md", f"---\n{text}\n---\n")).diagnostics
    values = loaded(text)
    assert values
    assert not any(ITEM.is_valid(value) for value in values)


@pytest.mark.parametrize("text", WRONG_KEYS)
def test_a_wrong_setting_is_refused(text: str) -> None:
    values = loaded(text)
    assert values
    assert not any(SETTINGS.is_valid(value) for value in values)


# What the readers take without a word, the schemas take


def flow(pairs: list[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"


WORDS = st.sampled_from(
    [
        *"gold 1 C++ active on lead/hot person COMPANY call call,email yes No off null ~ mon Sunday in true".split(),
        *"0 007 1.5 -3 1e3 0x1f 1_000 2026 12:30 9:05 .nan .inf +48600100200 30 €5 200EUR/year customers a/b".split(),
        *"2026-11-21 2026-11-21T10:00 2024-02-29 --02-29 --0517 1604-05-17 1984-05-17..1984-06-01".split(),
        *"P6W 6w Monthly never Europe/Warsaw UTC feb28 MAR1 gather birthday follow-up [[x]] [[]] [] {} ''".split(),
        *("3 weeks", "every 2 days", "twice a month", "wedding 2012-09-01", "name day: --07-26", "x: y"),
        *("30 EUR", "5 400 EUR/year", "C++ (new)", "[[a, b]]", "' gold '", '"a, b"', "'\t'"),
    ]
)
VALUES = st.recursive(
    st.one_of(WORDS, st.text("[]{}:,'\"#-/.&x1 \t\u00a0", max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(WORDS, inner), max_size=2).map(flow),
    ),
    max_leaves=4,
)


def is_taken(validator: Draft7Validator, text: str) -> None:
    for value in loaded(text):
        assert [error.message for error in validator.iter_errors(value)] == [], value


@given(st.sampled_from(FIELDS).map(lambda field: field.name), VALUES)
def test_a_field_without_a_diagnostic_is_taken(name: str, value: str) -> None:
    text = f"{name}: {value}\n"
    reading = read_customer(Source("customers/anna.md", f"---\n{text}---\n"), LineReader.of(CONFIG))
    customer = reading.customer
    if customer is None or reading.diagnostics or customer.status not in CONFIG.statuses:
        return
    if customer.tier is None or customer.tier in CONFIG.tiers:
        is_taken(CUSTOMER, text)


ADDRESSES = st.sampled_from(
    [
        "https://x.example/a",
        "HTTP://x",
        "mailto:a@b.example",
        "' https://x '",
        "x.example",
        "a@b.example",
        "//x",
    ]
)


@given(st.sampled_from(ITEM_FIELDS).map(lambda field: field.name), st.one_of(VALUES, ADDRESSES))
def test_a_field_of_an_item_without_a_diagnostic_is_taken(name: str, value: str) -> None:
    text = f"{name}: {value}\n"
    read = read_item(Source("library/tyres.md", f"---\n{text}---\n"))
    if read.item and not read.diagnostics:
        is_taken(ITEM, text)


@st.composite
def settings(draw: st.DrawFn) -> str:
    """A key of the configuration with a value of the kind it takes, or of any."""
    key = draw(st.sampled_from(KEYS)).name
    return f"{key}: {draw(below(KEYS_SCHEMA['properties'][key]))}\n"


def below(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Values for one of the ways of a schema, mappings with the keys it names, and sometimes anything."""
    ways = [VALUES]
    for way in schema.get("anyOf", [schema]):
        if way.get("type") == "array":
            ways.append(st.lists(below(way["items"]), max_size=2).map(lambda items: f"[{', '.join(items)}]"))
        elif "properties" in way:
            pairs = [st.tuples(st.just(key), below(value)) for key, value in way["properties"].items()]
            ways.append(st.lists(st.one_of(pairs), max_size=3).map(flow))
        elif isinstance(way.get("additionalProperties"), dict):
            pair = st.tuples(WORDS, below(way["additionalProperties"]))
            ways.append(st.lists(pair, max_size=2).map(flow))
        elif "enum" in way:
            ways.append(st.sampled_from([str(word) for word in way["enum"]]))
    return st.one_of(ways)


@given(settings())
def test_a_setting_without_a_diagnostic_is_taken(text: str) -> None:
    report = Report(Source("ptcrm.yaml", text))
    root = compose(text, Span(0, len(text)))
    if isinstance(root, Flaw):
        return
    read_config(root, report)
    if not report.found and not re.fullmatch("currency: *['\"]?(yes|off)['\"]?\n", text, re.IGNORECASE):
        is_taken(
            SETTINGS, text
        )  # but for the two words of three letters that YAML 1.1 takes for true and false


# The command


def test_it_has_the_words_of_the_vault(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({}, config="tiers: {vip: {}}\nstatuses: {guest: {}}\nchannels: {workshop: {}}\n")
    shown = json.loads(run("--vault", vault, "schema").stdout)
    assert shown["properties"]["tier"]["anyOf"][0]["enum"] == ["vip"]
    assert "guest" in shown["properties"]["status"]["anyOf"][0]["enum"]
    assert Draft7Validator(shown).is_valid({"prefers": ["workshop"]})
    assert '"workshop"' in json.dumps(shown["properties"]["avoids"])


def test_it_needs_no_vault(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert json.loads(run("schema").stdout) == customer_schema(Config())
    assert json.loads(run("schema", "--config").stdout) == config_schema()
    assert json.loads(run("schema", "--item").stdout) == item_schema()
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_read_have_a_schema(run: Run, make_vault: MakeVault) -> None:
    assert run("--vault", make_vault({}, config="tiers: [gold\n"), "schema", "--config").exit_code == 0


def test_one_schema_is_asked_for_at_a_time(run: Run) -> None:
    refused = run("schema", "--config", "--item")
    assert refused.exit_code == 2
    assert "--config, --item and --answer do not go together" in refused.stderr
