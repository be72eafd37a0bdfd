"""Templates: what may stand in them, what is filled in, and that nothing else can happen."""

from __future__ import annotations

import time
from datetime import date

import pytest

from ptcrm.text.jinja import MOST, Filled, filled, mistake_in
from ptcrm.text.jinja_tree import LONGEST, Many, Mistake, Record

ENTRY = Record({"text": "text", "date": "day"})
KNOWN = Record(
    {
        "salutation": "text",
        "age": "number",
        "today": "day",
        "last": Many(ENTRY),
        "item": Record({"title": "text", "until": "day"}),
        "customer": Record(
            {"name": "text", "since": "day", "tags": Many("text"), "own": Record({}, open=True)}
        ),
    }
)
LONG = "x" * 2000
VALUES: dict[str, object] = {
    "salutation": "Hello Anna",
    "today": date(2026, 12, 3),
    "customer": {
        "name": "{{ 7 * 7 }} <b>Anna</b>",
        "since": date(2021, 3, 2),
        "tags": ("a", "b"),
        "own": {"x": "y"},
    },
    "last": tuple({"text": LONG, "date": date(2026, 1, day + 1)} for day in range(20)),
}
TWICE = "{% for a in last %}{% for b in last %}"
ENDS = "{% endfor %}{% endfor %}"


def fill(text: str, language: str = "en") -> Filled | Mistake:
    return filled(text, KNOWN, VALUES, language)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ salutation }},\n\n{{ customer.name }}", "Hello Anna,\n\n{{ 7 * 7 }} <b>Anna</b>"),
        ("{% raw %}{{ salutation }}{% endraw %}{# a remark #}", "{{ salutation }}"),
        ("{{ customer['name'] }}", "{{ 7 * 7 }} <b>Anna</b>"),
        ("{{ customer.own.x }} {{ customer.own.z | default('w') }}", "y w"),
        ("{{ customer.tags | join }}/{{ customer.tags | join('+') }}/{{ customer.tags[0] }}", "a, b/a+b/a"),
        ("{{ today }} {{ today | day }} {{ today | year }}", "2026-12-03 3 December 2026"),
        ("{% for one in last[:2] %}{{ one.date | day }}. {% endfor %}", "1 January. 2 January. "),
        ("{% for one in last if one.text == '' %}x{% else %}none{% endfor %}", "none"),
        ("a\n{% if age %}\n{{ age }}\n{% else %}\nb\n{% endif %}\nc", "a\nb\nc"),
        ("{{ 'b' if age > 50 else 'c' }}{{ 'd' if item else 'e' }}", "ce"),
        ("{% if customer.since < today and 'a' in customer.tags %}old{% endif %}", "old"),
        ("{% if customer.own.x in ['x', 'y'] %}yes{% endif %}", "yes"),
        ("{{ 'łódź i ' | capitalize }}{{ salutation | capitalize }}", "Łódź i Hello Anna"),
    ],
)
def test_a_template_is_filled_in(template: str, text: str) -> None:
    found = fill(template)
    assert found == Filled(text, ())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("pl", "3 grudnia"),
        ("de", "3. Dezember"),
        ("de-AT", "3. Dezember"),
        ("en-US", "December 3"),
        ("en", "3 December"),
        ("ja", "12月3日"),
        ("tlh", "3 December"),
        ("", "3 December"),
        ("../x", "3 December"),
    ],
)
def test_days_are_in_the_templates_language(language: str, words: str) -> None:
    assert fill("{{ today | day }}", language) == Filled(words, ())


def test_what_is_missing_leaves_a_gap_that_is_named_once() -> None:
    found = fill("{{ age }} {{ item.title }} {{ item.until | day }} {{ age }} {{ customer.own.q }}")
    assert found == Filled("… … … … …", ("age", "item.title", "item.until", "q"))


MISTAKES = [
    ("{{ customer.nmae }}", 1, 13, "“nmae” is not known here", "Did you mean “name”?"),
    ("a\n {{ custmer.name }}", 2, 5, "“custmer” is not known here", "Did you mean “customer”?"),
    ("{% for one in last %}\n{{ one.txt }}{% endfor %}", 2, 8, "“txt” is not", "Did you mean “text”?"),
    ("{{ one }}{% for one in last %}{% endfor %}", 1, 4, "“one” is not known here", "Known are: age, cust"),
    ("{{ customer }}", 1, 4, "this has parts and is no text", ""),
    ("{{ customer.tags }}", 1, 13, "this is a list and no text", "join"),
    ("{{ salutation | capitalise }}", 1, 17, "“capitalise” is no", "Did you mean “capitalize”?"),
    ("{{ salutation | day }}", 1, 17, "“day” takes a day", ""),
    ("{{ last | join }}", 1, 11, "“join” takes a list of texts", ""),
    ("{{ today | day('x') }}", 1, 12, "“day” is written so: today | day", ""),
    ("{% if age %}\n\nx", 2, 1, "Unexpected end of template", "{{ … }}"),
    ("x\n{% endif %}", 2, 1, "Encountered unknown tag 'endif'", "{{ … }}"),
    ("{{ none }}", 1, 4, "“none” is not for templates", "{% if not"),
]


@pytest.mark.parametrize(("template", "line", "column", "message", "hint"), MISTAKES)
def test_a_mistake_says_where_it_is(template: str, line: int, column: int, message: str, hint: str) -> None:
    found = fill(template)
    assert isinstance(found, Mistake)
    assert (found.line, found.column) == (line, column)
    assert message in found.message
    assert hint in found.hint
    assert mistake_in(template, KNOWN) == found, "it is found before anything is filled in"


def test_values_that_cannot_be_compared_are_a_mistake_in_their_line() -> None:
    assert fill("\n\n{% if customer.since < 3 %}x{% endif %}") == Mistake(
        3, 1, "these values cannot be compared"
    )
    assert fill("{% if customer.own.q < 3 or age >= 3 %}x{% endif %}") == Filled("", ()), (
        "what is missing is not"
    )


# Every one of them ends with a message, within a second, and nothing is filled in.
ATTACKS = """
{{ customer.__class__ }}
{{ ''.__class__.__mro__ }}
{{ customer['__class__'] }}
{{ customer.name.format }}
{{ customer.name | attr('__class__') }}
{{ customer.tags.__len__ }}
{{ today.__class__ }}
{{ last.append }}
{{ self }}
{{ self._TemplateReference__context }}
{{ cycler.__init__.__globals__ }}
{{ lipsum.__globals__ }}
{{ joiner() }}
{{ namespace() }}
{{ dict() }}
{{ range(9) }}
{{ config }}
{{ loop }}
{{ caller() }}
{{ super() }}
{{ '{0.__class__}'.format(customer) }}
{{ '%1000000000d' | format(1) }}
{{ '%1000000000d' % 1 }}
{{ ('a', 'b') | map('upper') }}
{{ customer.name | replace('', 'x') }}
{{ customer.name is defined }}
{% for a in range(10**9) %}{% endfor %}
{% for a in customer.name %}{% endfor %}
{% for a in ['x', 'y'] %}{% endfor %}
{% for a in last recursive %}{{ loop(last) }}{% endfor %}
{% for a, b in last %}{% endfor %}
{% for a in last %}{% for b in last %}{% for c in last %}{% endfor %}{% endfor %}{% endfor %}
{{ 'a' * 10**9 }}
{{ [1] * 10**9 }}
{{ 2 ** 10**9 }}
{{ 9 ** 9 ** 9 }}
{{ 'a' ~ 'b' }}
{{ 'a' + 'b' }}
{{ 1 // 0 }}
{{ -age }}
{{ 99999999999 }}
{{ 'a'.center(10**9) }}
{{ {'a': 1} }}
{{ customer.tags[age] }}
{{ customer.tags[::age] }}
{{ customer.tags | join(customer.name) }}
{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}
{% call a() %}{% endcall %}
{% include '/etc/passwd' %}
{% include 'templates/other.md' %}
{% import 'os' as x %}
{% from 'os' import x %}
{% extends 'x' %}
{% block a %}{% endblock %}
{% set x = 1 %}
{% set x %}y{% endset %}
{% filter capitalize %}x{% endfilter %}
{% with %}{% endwith %}
{% autoescape true %}{% endautoescape %}
{% do x %}
{% debug %}
{% trans %}{% endtrans %}
""".strip().split("\n")
HEAVY = [
    "{{ " + "(" * 5000,
    "{{ " + "[" * 5000,
    "{{ " + "not " * 3000 + "age }}",
    "{{ " + " or ".join(["age"] * 1600) + " }}",
    "{{ customer" + ".own" * 3000 + " }}",
    "{{ age" + "|day" * 3000 + " }}",
    "{% if age %}" * 1300,
    "{% if age %}" * 90 + "{% endif %}" * 90,
    "{{ " + "9" * 16000 + " }}",
    "{{ 0x" + "f" * 16000 + " }}",
    "{{" * 8000,
    "{#" * 8000,
    "{{ '" + "\\" * 16000,
    TWICE + "x" * 8000 + ENDS,
    TWICE + "{{ a.text }}" + ENDS,
    TWICE + "{% if today|day %}{% endif %}" * 500 + ENDS,
    "{% for a in last %}{{ last[0].text | default('x') | capitalize }}{% endfor %}" * 3,
    "{{ customer.tags | join('"
    + "x" * 15000
    + "') }}"
    + "{{ customer.name }}" * 60
    + "{{ last[0].text }}" * 30,
    "x" * (LONGEST + 1),
]


@pytest.mark.parametrize("template", [*ATTACKS, *HEAVY], ids=lambda text: text[:40])
def test_nothing_gets_out_of_a_template_and_none_goes_on_for_long(template: str) -> None:
    begun = time.process_time()
    found = fill(f"\n{template}")
    assert time.process_time() - begun < 1
    assert isinstance(found, Mistake), found
    assert found.message
    assert found.line in (1, 2)


def test_the_heaviest_that_is_allowed_ends_soon() -> None:
    most = TWICE + "{% if customer.name in a.text %}{% endif %}" * 370 + ENDS
    assert len(most) <= LONGEST
    begun = time.process_time()
    assert fill(most) == Filled("", ())
    assert time.process_time() - begun < 1


def test_no_more_is_made_than_a_message_holds() -> None:
    found = fill("{% for a in last %}{{ a.text }}{% endfor %}")
    assert isinstance(found, Filled)
    assert len(found.text) == 20 * len(LONG) <= MOST
