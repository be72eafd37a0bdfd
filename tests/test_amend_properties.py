"""Whatever a file looks like, a change differs from it in its target alone; ruamel.yaml is the oracle.

With `--whole` each property is tried on 10,000 files.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ptcrm.errors import PtcrmError, RefusedError
from ptcrm.model.diagnostic import Severity
from ptcrm.text.edits import Edit, line_after, line_start
from ptcrm.text.frontmatter import Scalar, Sequence
from ptcrm.text.source import Source, Span, UndecodableError
from ptcrm.vault.amend import Amendment, amended
from ptcrm.vault.document import parse_document
from ptcrm.vault.fields import set_field
from ptcrm.vault.lines import append_entry, tick
from ptcrm.vault.schema import BY_NAME, FIELDS, Field, Reading, own_field
from tests.oracle import READER, check_outside, check_yaml, read, yaml_of

DAY = date(2026, 11, 23)
SLOWLY = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


# Files of every habit

WORDS = st.sampled_from(
    """\
gold|a b|Łódź|yes|12:30|0123|it's|say "x"|a: b|a #b|x,y|- z|[q]|jan|[[jan]]|wedding 2012-09-01|2026-01-01|--05-03
6 weeks|true|@at|*|?""".replace("\n", "|").split("|")
)
PLAIN = st.sampled_from(["gold", "a b", "Łódź", "12:30", "it's", "jan", "2026-01-01", "wedding 2012-09-01"])
OCCASION = st.tuples(
    st.sampled_from(["wedding", "shop opening", "a: b", "x"]),
    st.sampled_from(["2012-09-01", "--05-03", "2020-02-29"]),
)
COMMENT = st.sampled_from(["", "", "  # c", " # - a: b, [c]", "\t# 'q"])
BETWEEN = st.sampled_from(["", "", "", "# tier: no\n", "\n", "  # - in: a list\n", "\n\n"])


def quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


SCALAR = st.one_of(
    PLAIN,
    WORDS.map(quoted),
    WORDS.map(lambda word: "'" + word.replace("'", "''") + "'"),
)


@st.composite
def block_text(draw: st.DrawFn) -> str:
    sign = draw(st.sampled_from(["|", ">", "|-", ">+", "|2"]))
    lines = draw(
        st.lists(st.sampled_from(["one", "", "# no comment", "- a", "k: v"]), min_size=1, max_size=3)
    )
    return f"{sign}{draw(COMMENT)}\n" + "\n".join(f"    {line}".rstrip() for line in ["text", *lines])


@st.composite
def flow_list(draw: st.DrawFn) -> str:
    member = SCALAR | OCCASION.map(lambda one: f"{quoted(one[0])}: {one[1]}")
    items: list[str] = draw(st.lists(member, max_size=4))
    last = draw(st.sampled_from(["", ","])) if items else ""
    if draw(st.booleans()):
        gap = draw(st.sampled_from(["", " "]))
        return f"[{gap}{', '.join(items)}{last}{gap}]"
    commas = ["," for _ in items[1:]] + [last]
    lines = [f"    {item}{comma}{draw(COMMENT)}" for item, comma in zip(items, commas, strict=False)]
    return "\n".join(["[", *lines, "  ]"])


@st.composite
def block_list(draw: st.DrawFn) -> str:
    indent, dash = draw(st.sampled_from(["  ", "    ", ""])), draw(st.sampled_from(["- ", "-   "]))
    item: st.SearchStrategy[str] = (
        SCALAR | OCCASION.map(lambda one: f"{quoted(one[0])}: {one[1]}") | st.just("")
    )
    lines = []
    for one in draw(st.lists(item, min_size=1, max_size=4)):
        lines += [f"{draw(BETWEEN)}{indent}{dash}{one}".rstrip() + draw(COMMENT)]
    return "\n" + "\n".join(lines)


@st.composite
def mapping(draw: st.DrawFn) -> str:
    pairs = draw(st.lists(OCCASION, min_size=1, max_size=3, unique_by=lambda one: one[0]))
    if draw(st.booleans()):
        return "{" + ", ".join(f"{quoted(name)}: {day}" for name, day in pairs) + "}"
    return "".join(f"\n{draw(BETWEEN)}  {quoted(name)}: {day}{draw(COMMENT)}" for name, day in pairs)


VALUE = st.one_of(
    st.builds(str.__add__, SCALAR, COMMENT),
    st.just(""),
    st.just("\n    below"),
    st.just("two\n    lines"),
    st.just("[[jan]]"),
    block_text(),
    flow_list(),
    block_list(),
    mapping(),
)
KEYS = st.sampled_from([field.name for field in FIELDS] + ["shoe", "log", "links", "content", "1"])
BODY_LINES = """\
Prose with a [[link]].


## Log
## Notes
# Dziennik
Log
---
```
    code
<!-- hidden
-->
> quoted
1. first
\t- nested
  more
[a](b.md)
- 2026-10-01 call: Talked
- 2026-09-01: Older #a
* 2026-11-01 note: x [cost:: 4 EUR]
- 2026-02-30 call: no day
- [ ] 2026-12-01 call: Ask
- [-] 2026-01-01 x
- [x] 2026-01-01 card: Post [every:: 1 year] ^post
- [/] 2026-11-20 [[jan]] [every:: 1w]
  - [ ] 2026-11-01 inside
- [ ] Pay 🔁 every week 📅 2026-11-20"""


@st.composite
def front_matter(draw: st.DrawFn) -> str:
    keys = draw(st.lists(KEYS, unique=True, max_size=5))
    indent = draw(st.sampled_from(["", "", "  "]))
    lines = []
    for key in keys:
        name = draw(st.sampled_from([key, key, quoted(key), f"'{key}'", f"{key} "]))
        text = f"{draw(BETWEEN)}{name}: {draw(VALUE)}".replace(": \n", ":\n")
        lines.append("\n".join(f"{indent}{line}" if line else "" for line in text.split("\n")))
    return "".join(f"{line}\n" for line in lines) + draw(BETWEEN)


@st.composite
def files(draw: st.DrawFn) -> str:
    body = "\n".join(draw(st.lists(st.sampled_from(BODY_LINES.split("\n")), max_size=10))) + draw(
        st.sampled_from(["", "\n"])
    )
    text = f"---\n{draw(front_matter())}---\n{body}"
    ends = draw(st.sampled_from(["\n", "\n", "\r\n", "mixed"]))
    if ends != "mixed":
        return text.replace("\n", ends)
    lines = text.split("\n")
    return "".join(line + draw(st.sampled_from(["\n", "\r\n"])) for line in lines[:-1]) + lines[-1]


# What was read


@SLOWLY
@given(files() | st.text())
def test_the_parts_joined_are_the_file(text: str) -> None:
    source = Source("it.md", text)
    document = parse_document(source, ("Log",))
    assert "".join(part.of(text) for part in document.parts) == text
    assert Source.decode("it.md", source.content).content == source.content


@given(st.binary() | st.text().map(str.encode) | st.binary().map(lambda end: b"\xef\xbb\xbf---\n" + end))
def test_bytes_are_rebuilt_or_reported(content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        with pytest.raises(UndecodableError, match=f"at byte {error.start}$"):
            Source.decode("it.md", content)
        return
    source = Source.decode("it.md", content)
    document = parse_document(source, ("Log",))
    assert source.content == content
    assert "".join(part.of(source.text) for part in document.parts) == source.text


# What was written


def target(text: str, name: str) -> tuple[int, int]:
    """The lines of the key `name`, or the place before the closing fence."""
    document = read(text).document
    for key, node in document.root.pairs if document.root else ():
        if key.value == name:
            end = max(node.span.end, key.span.end)
            return line_start(text, key.span.start), line_after(text, end)
    return document.yaml.end, document.yaml.end


def values_of(field: Field) -> st.SearchStrategy[list[str]]:
    if field.name == "occasions":
        one = OCCASION.map(lambda pair: f"{pair[0]} {pair[1]}")
    elif field.typed:
        meant = {"birthday": "--05-03", "cadence": "6 weeks", "do_not_contact": "true"}
        one = st.just(meant.get(field.name, "2027-01-04"))
    elif field.name in ("kind", "timezone", "id"):
        one = st.just({"kind": "company", "timezone": "Europe/Warsaw", "id": "it-2"}[field.name])
    else:
        one = WORDS
    return st.lists(one, max_size=4 if field.many else 1, unique=True)


@SLOWLY
@given(files(), st.data())
def test_a_field_that_is_set_is_all_that_differs(text: str, data: st.DataObject) -> None:
    reading = read(text)
    assume(reading.customer is not None)
    present = [key.value for key, _ in reading.document.root.pairs] if reading.document.root else []
    name = data.draw((st.sampled_from(present) if present else KEYS) | KEYS)
    field = BY_NAME.get(name) or own_field(name)
    values = data.draw(values_of(field))
    amendment = set_field(reading, field, values)
    try:
        change = amended(reading, amendment, READER)
    except RefusedError:
        assert ">+" in text  # to which the blank lines below a key that goes would belong
        return
    new = change.new.decode()
    check_outside(text, amendment, change)
    check_yaml(text, change, name)
    start, end = target(text, name)
    assert new.startswith(text[:start])
    assert new.endswith(text[end:])
    assert errors(read(new)) <= errors(reading)
    check_value(new, field, values)
    check_members(text, new, field, values)


def errors(reading: Reading) -> int:
    return sum(one.severity is Severity.ERROR for one in reading.diagnostics)


def check_value(new: str, field: Field, values: list[str]) -> None:
    """ruamel.yaml reads the text that was set as that text."""
    loaded = yaml_of(new)
    if loaded is None or field.typed or field.name == "occasions":
        return
    found = {str(key): value for key, value in loaded.items()}.get(field.name)
    if field.many and len(values) > 1:
        assert found == values
    else:
        assert found in (values, next(iter(values), None))


def check_members(text: str, new: str, field: Field, values: list[str]) -> None:
    """The line of a member that stays is there, with its comment."""
    document = read(text).document
    for key, node in document.root.pairs if document.root else ():
        if key.value != field.name or not field.many or not isinstance(node, Sequence) or node.flow:
            continue
        words = [item.value for item in node.items if isinstance(item, Scalar)]
        for item in node.items:
            if isinstance(item, Scalar) and item.value in values and words.count(item.value) == 1:
                assert text[line_start(text, item.span.start) : line_after(text, item.span.end)] in new


def lines_of(text: str) -> Counter[str]:
    return Counter(text.replace("\r", "").split("\n"))


@SLOWLY
@given(
    files(),
    st.sampled_from(["call: x", ": [[jan]] #a", "note (in): y [cost:: 1 EUR]", "visit: ```", "call: `z"]),
)
def test_a_log_entry_is_all_that_is_added(text: str, words: str) -> None:
    reading = read(text)
    assume(reading.customer is not None)
    line = f"2026-11-23{'' if words[0] == ':' else ' '}{words}"
    try:
        amendment = append_entry(reading, line, READER)
        change = amended(reading, amendment, READER)
    except RefusedError:
        return  # an open fence or comment would swallow it, or it indented text
    check_outside(text, amendment, change)
    check_yaml(text, change, None)
    added = lines_of(change.new.decode()) - lines_of(text)
    assert not lines_of(text) - lines_of(change.new.decode())
    assert sum(added[one] for one in added if one not in ("", "## Log")) == 1
    old, new = reading.customer, read(change.new.decode()).customer
    assert old is not None
    assert new is not None
    assert Counter(new.log) - Counter(old.log) == Counter(amendment.come)
    assert not Counter(old.log) - Counter(new.log)
    assert [task.text for task in old.follow_ups] == [task.text for task in new.follow_ups]


@SLOWLY
@given(files(), st.integers(-400, 0), st.booleans())
def test_a_follow_up_that_is_done_is_all_that_differs(text: str, back: int, with_entry: bool) -> None:
    reading = read(text)
    assume(reading.customer is not None)
    assert reading.customer is not None
    day = DAY + timedelta(back)
    for task in [one for one in reading.customer.follow_ups if one.mark == "open"]:
        amendment = tick(reading, task, day)
        try:
            if with_entry:
                amendment += append_entry(reading, f"{day} call: It went well", READER)
            change = amended(reading, amendment, READER)
        except RefusedError:
            assert with_entry
            continue
        check_outside(text, amendment, change)
        check_yaml(text, change, None)
        gone = lines_of(text) - lines_of(change.new.decode())
        assert sum(gone.values()) == (0 if task.implied else 1)
        new = read(change.new.decode()).customer
        assert new is not None
        assert len(new.log) == len(reading.customer.log) + with_entry
        grown = bool(task.every) + task.implied
        assert lines(new) == lines(reading.customer) + grown
        assert any(one.mark == "done" and one.done == day for one in new.follow_ups)


def lines(customer: object) -> int:
    return sum(not task.implied for task in customer.follow_ups)  # type: ignore[attr-defined]


# What must not pass

PIECES = """\
| # |#|:|: |- |'|"|[|]|,|  |x|tier: gold|tier: gold
|
|---
|## Log
|- 2026-11-23: x
|- [ ] 2026-12-01 y
|```
|`|[[z]]|<!--|[done:: 2026-01-01]"""


@SLOWLY
@given(files(), st.data())
def test_an_edit_that_does_more_is_refused(text: str, data: st.DataObject) -> None:
    """Edits at any place: what passes differs, to ruamel.yaml and in what is read, at most in the target."""
    reading = read(text)
    assume(reading.customer is not None)
    assert reading.customer is not None
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 12)))
    edits = (Edit(Span(start, end), data.draw(st.sampled_from(PIECES.split("|")))),)
    wanted = data.draw(st.sampled_from([(), ((BY_NAME["tier"], ("gold",)),), ((BY_NAME["tier"], ()),)]))
    try:
        change = amended(reading, Amendment(edits, fields=wanted), READER)
    except PtcrmError:
        return
    name = wanted[0][0].name if wanted else None
    check_yaml(text, change, name)
    new = read(change.new.decode()).customer
    assert new is not None
    for field in FIELDS:
        assert field.name == name or getattr(new, field.name) == getattr(reading.customer, field.name)
    assert len(new.log) == len(reading.customer.log)
    assert lines(new) == lines(reading.customer)
    if name:
        assert new.tier == next(iter(wanted[0][1]), None)
