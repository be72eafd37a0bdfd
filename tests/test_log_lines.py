"""Log entries as people type them (FORMAT §2.3)."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ptcrm.model.config import Channel, Config
from ptcrm.model.config import Log as LogKeys
from ptcrm.model.customer import LogEntry
from ptcrm.model.diagnostic import Problem, Severity
from ptcrm.text.markdown import _Scanner
from ptcrm.text.source import Source, Span
from ptcrm.vault.log import LineReader, inline_fields, plain_text
from ptcrm.vault.schema import Reading, read_customer

DAY = date(2026, 11, 2)


def read(body: str, config: Config | None = None) -> Reading:
    source = Source("customers/anna.md", f"---\nname: Anna\n---\n{body}")
    return read_customer(source, LineReader.of(config or Config()))


def log(body: str, config: Config | None = None) -> tuple[LogEntry, ...]:
    """The entries of a file with this body, in which nothing is wrong."""
    found = read(body, config)
    assert found.diagnostics == ()
    assert found.customer is not None
    return found.customer.log


def texts(body: str, config: Config | None = None) -> list[str]:
    return [entry.text for entry in log(body, config)]


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("- 2026-11-02: x", LogEntry(DAY, "contact", "x")),
        ("- 2026-11-02 call: x", LogEntry(DAY, "call", "x")),
        ("* 2026-11-02 call: x", LogEntry(DAY, "call", "x")),
        ("+ 2026-11-02 call: x", LogEntry(DAY, "call", "x")),
        ("  -   2026-11-02 call: x", LogEntry(DAY, "call", "x")),
        ("- [[2026-11-02]] call: x", LogEntry(DAY, "call", "x")),
        ("- **2026-11-02** call: x", LogEntry(DAY, "call", "x")),
        ("- [[2026-11-02]]: x", LogEntry(DAY, "contact", "x")),
        ("- 2026-11-02 09:30 call: x", LogEntry(DAY, "call", "x", at=time(9, 30))),
        ("- 2026-11-02 9:30 call: x", LogEntry(DAY, "call", "x", at=time(9, 30))),
        ("- 2026-11-02 00:00: x", LogEntry(DAY, "contact", "x", at=time(0, 0))),
        ("- 2026-11-02 call (in): x", LogEntry(DAY, "call", "x", qualifiers=("in",))),
        ("- 2026-11-02 call(in): x", LogEntry(DAY, "call", "x", qualifiers=("in",))),
        ("- 2026-11-02 (in): x", LogEntry(DAY, "contact", "x", qualifiers=("in",))),
        ("- 2026-11-02 call (In, Value): x", LogEntry(DAY, "call", "x", qualifiers=("in", "value"))),
        ("- 2026-11-02 call (no answer): x", LogEntry(DAY, "call", "x", qualifiers=("no answer",))),
        ("- 2026-11-02 call (No-Answer): x", LogEntry(DAY, "call", "x", qualifiers=("no answer",))),
        ("- 2026-11-02 call (): x", LogEntry(DAY, "call", "x")),
        ("- 2026-11-02 CALL: x", LogEntry(DAY, "call", "x")),
        ("- 2026-11-02 call:", LogEntry(DAY, "call", "")),
        ("- 2026-11-02:", LogEntry(DAY, "contact", "")),
        ("- 2026-11-02 call : x", LogEntry(DAY, "call", "x")),
        ("- 2026-11-02 : x", LogEntry(DAY, "contact", "x")),
        ("-\t2026-11-02\tcall:\tx", LogEntry(DAY, "call", "x")),
        ("- 2026-11-02 call: a: b (c) 9:30", LogEntry(DAY, "call", "a: b (c) 9:30")),
        ("- 2026-11-02: call: x", LogEntry(DAY, "contact", "call: x")),
        ("- 2026-11-02 call: x\r", LogEntry(DAY, "call", "x")),
    ],
)
def test_the_forms_of_an_entry(line: str, entry: LogEntry) -> None:
    assert log(f"## Log\n{line}\n") == (entry,)


@pytest.mark.parametrize(
    ("below", "text"),
    [
        ("  second\n", "first\nsecond"),
        ("  second\n  third\n", "first\nsecond\nthird"),
        ("  second\n    deeper\n", "first\nsecond\n  deeper"),
        ("\tsecond\n", "first\nsecond"),
        ("lazy line\n", "first\nlazy line"),
        ("  - nested\n  - 2026-11-01 call: nested too\n", "first\n- nested\n- 2026-11-01 call: nested too"),
        ("\n  after a blank line\n", "first\n\nafter a blank line"),
        ("  ```\n  - 2026-11-01 call: code\n  ```\n", "first\n```\n- 2026-11-01 call: code\n```"),
        ("\nA paragraph of its own.\n", "first"),
        ("  second  \n\n\n", "first\nsecond"),
    ],
)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_what_stands_inside_the_item_belongs_to_the_entry(below: str, text: str, eol: str) -> None:
    body = f"## Log\n- 2026-11-02 call: first\n{below}- 2026-10-01 call: next\n".replace("\n", eol)
    assert texts(body) == [text, "next"]


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_the_text_may_begin_on_the_next_line(eol: str) -> None:
    assert texts(f"## Log\n- 2026-11-02 call:{eol}  Talked.{eol}  Long.{eol}") == ["Talked.\nLong."]


@pytest.mark.parametrize(
    "body",
    [
        "- 2026-11-02 call: above the heading\n## Log\n",
        "## Log\n```\n- 2026-11-02 call: x\n```\n",
        "## Log\n~~~ text\n- 2026-11-02 call: x\n~~~\n",
        "## Log\n<!--\n- 2026-11-02 call: x\n-->\n",
        "## Log\n\n    - 2026-11-02 call: x\n",
        "## Log\n> - 2026-11-02 call: x\n",
        "## Log\n1. 2026-11-02 call: x\n",
        "## Log\n- A note of mine\n- about 2026-11-02 call: x\n- 20261102: x\n",
        "## Log\n- [ ] 2026-11-02 call: a task\n- [x] 2026-11-01 call: a task\n",
        "## Log\n- a\n  - 2026-11-02 call: nested\n",
        "## Log\n## Notes\n- 2026-11-02 call: x\n",
        "## Log\n# Other\n- 2026-11-02 call: x\n",
    ],
)
def test_what_is_no_entry_is_left_alone_without_a_word(body: str) -> None:
    assert log(body) == ()


@pytest.mark.parametrize(
    ("line", "code", "hint"),
    [
        ("2026-02-30 call: x", "PT102", "Write a day that exists."),
        ("2026-13-01: x", "PT102", "Write a day that exists."),
        ("2026-11-2 call: x", "PT201", "Write it as YYYY-MM-DD."),
        ("[[2026-11-02|Monday]] call: x", "PT201", "Write it as YYYY-MM-DD."),
        ("2026-11-02 call x", "PT201", "Write: - 2026-11-02 call: x"),
        ("2026-11-02 call:x", "PT201", "Write: - 2026-11-02 call: x"),
        ("2026-11-02 Call Talked about: x", "PT202", "Write: - 2026-11-02 call: …"),
        ("2026-11-02 call (voicemail) Left a message", "PT201", "Write: - 2026-11-02 call (voicemail): Left a message"),
        ("2026-11-02 9:30 call x", "PT201", "Write: - 2026-11-02 9:30 call: x"),
        ("2026-11-02 Talked about x", "PT201", "Write: - 2026-11-02: Talked about x"),
        ("2026-11-02 https://a.example/x", "PT201", "Write: - 2026-11-02: https://a.example/x"),
        ("2026-11-02", "PT201", "Write: - 2026-11-02: …"),
        ("2026-11-02 call", "PT201", "Write: - 2026-11-02 call: …"),
        ("2026-11-02 call x\n  more", "PT201", "Write: - 2026-11-02 call: x"),
        ("2026-11-02 25:00 call: x", "PT201", "Write HH:MM, or leave it out."),
        ("2026-11-02 cal: x", "PT202", "Did you mean “call”?"),
        ("2026-11-02 emial (in): x", "PT202", "Did you mean “email”?"),
        ("2026-11-02 séance: x", "PT202", "Write: - 2026-11-02: séance: …, or add séance to channels: in ptcrm.yaml."),
        ("2026-11-02 call (voicemial): x", "PT203", "Did you mean “voicemail”?"),
        ("2026-11-02 call (in, late): x", "PT203", "Known are: in, voicemail, no answer, value, pitch."),
    ],
)  # fmt: skip
def test_a_dated_item_that_does_not_fit_is_a_warning_with_a_suggestion(
    line: str, code: str, hint: str
) -> None:
    found = read(f"## Log\n- {line}\n- 2026-10-01 call: fits\n")
    assert [(one.code, one.line, one.column, one.hint) for one in found.diagnostics] == [(code, 5, 3, hint)]
    assert found.diagnostics[0].severity is Severity.WARNING
    assert found.customer is not None
    assert [entry.text for entry in found.customer.log] == ["fits"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("[cost:: 4 EUR] [amount:: 5 400.50 zł] [minutes:: 20]", []),
        ("[cost:: 4] [Amount:: €5]", []),
        ("[cost:: ] [minutes::]", []),
        ("[cost:: 4,50 EUR]", [("PT106", 5, 30)]),
        ("[cost::cheap]", [("PT106", 5, 29)]),
        ("[amount:: about 5 EUR] [minutes:: 1h]", [("PT106", 5, 32), ("PT105", 5, 56)]),
        ("[minutes:: 1.5]", [("PT105", 5, 33)]),
        ("[minutes:: -5]", [("PT105", 5, 33)]),
        ("x\n  more [cost:: ?]", [("PT106", 6, 16)]),
        ("x\r\n  more [cost:: ?]", [("PT106", 6, 16)]),
        ("[price:: ?] [done:: ?]", []),
        ("cost:: ?", []),
    ],
)
def test_amounts_that_are_none_are_a_warning_and_the_entry_stays(
    words: str, found: list[tuple[str, int, int]]
) -> None:
    reading = read(f"## Log\n- 2026-11-02 call: x {words}\n")
    assert [(one.code, one.line, one.column) for one in reading.diagnostics] == found
    assert all(one.severity is Severity.WARNING for one in reading.diagnostics)
    assert reading.customer is not None
    assert [entry.channel for entry in reading.customer.log] == ["call"]


def test_a_follow_ups_amounts_are_looked_at_too() -> None:
    reading = read("- [x] 2026-11-02 call: x [cost:: ?]\n- [ ] 2026-11-03 call: y [minutes:: 9 min]\n")
    found = [(one.code, one.line, one.column) for one in reading.diagnostics]
    assert found == [("PT106", 4, 34), ("PT105", 5, 37)]
    assert reading.customer is not None
    assert len(reading.customer.follow_ups) == 2


def test_a_suggestion_read_again_is_an_entry() -> None:
    reader = LineReader.of(Config())
    for line in ("call x", "call:x", "9:30 call x", "call (in) x", "Talked", "", "call"):
        problem = reader.parse_entry(f"2026-11-02 {line}".rstrip())
        assert isinstance(problem, Problem)
        suggested = problem.hint.removeprefix("Write: - ")
        assert isinstance(reader.parse_entry(suggested), LogEntry), suggested


@pytest.mark.parametrize(
    "heading",
    [
        "# Log",
        "## Log",
        "###### log",
        "## LOG ##",
        "## 📓 Log",
        "# **Log**",
        "## _Log_:",
        "## `Log`",
        "## [[Log]]",
        "Log\n===",
        "**Log**\n---",
        "  ## Log",
    ],
)
def test_a_heading_is_read_without_markup_emoji_and_case(heading: str) -> None:
    assert texts(f"{heading}\n\n- 2026-11-02 call: x\n") == ["x"]


def test_headings_have_the_names_of_the_configuration() -> None:
    config = Config(log=LogKeys(("Log", "Dziennik rozmów")))
    body = "## dziennik  rozmów\n- 2026-11-02: a\n## Log\n- 2026-11-01: b\n## Protokoll\n- 2026-10-01: c\n"
    assert texts(body, config) == ["a", "b"]
    assert texts(body.replace("ó", "o\u0301"), config) == ["a", "b"]
    assert texts(body, Config(log=LogKeys(("Protokoll",)))) == ["c"]


def test_all_logs_are_read_each_to_the_next_heading_that_is_not_below_it() -> None:
    body = """\
## Log
- 2026-11-02: first
### 2025
- 2025-11-02: under a smaller heading
## Notes
- 2026-01-01: no entry
# Log
- 2026-01-02: second log
## Anything
- 2026-01-03: still in it
# End
- 2026-01-04: no entry
"""
    assert texts(body) == ["first", "under a smaller heading", "second log", "still in it"]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#vip talked", ("vip",)),
        ("a #b/c-d and #Łódź, #2026-q1.", ("b/c-d", "Łódź", "2026-q1")),
        ("no #123, a#b, # c, [[x#y]], https://a.example/#z", ()),
        ("#a\n  #b", ("a", "b")),
    ],
)
def test_tags_stand_after_a_blank_and_are_not_digits_alone(text: str, tags: tuple[str, ...]) -> None:
    assert log(f"## Log\n- 2026-11-02 call: {text}\n")[0].tags == tags


@pytest.mark.parametrize(
    ("text", "fields", "plain"),
    [
        ("Sold [amount:: 5 400.50 EUR]", (("amount", "5 400.50 EUR"),), "Sold"),
        ("x [with:: [[jan]]] y", (("with", "[[jan]]"),), "x y"),
        ("[with::[[jan|Jan N]]][Where::  Gdańsk ]", (("with", "[[jan|Jan N]]"), ("where", "Gdańsk")), ""),
        ("[with:: [[jan]]] [with:: [[ola]]]", (("with", "[[jan]]"), ("with", "[[ola]]")), ""),
        ("[about:: a: b]", (("about", "a: b"),), ""),
        ("[note:: ] [1x:: y] [a: b] [c::", (("note", ""),), "[1x:: y] [a: b] [c::"),
        ("Met [[jan|Jan]] of [[rowery#shop]]", (), "Met Jan of rowery"),
    ],
)
def test_inline_fields_may_hold_a_link(text: str, fields: tuple[tuple[str, str], ...], plain: str) -> None:
    assert inline_fields(text) == fields
    assert plain_text(text) == plain
    assert log(f"## Log\n- 2026-11-02 call: {text}\n")[0].fields == fields


@pytest.mark.parametrize(
    "line",
    [
        "[a::" + " " * 30_000 + "b",
        "x [[a::" * 5_000,
        "#" + "1" * 30_000,
        "[" * 30_000,
        "a" + " " * 30_000 + "b",
    ],
)
@pytest.mark.parametrize("form", ["- 2026-11-02 call: {}", "- 2026-11-02 {}", "- [ ] 2026-11-02 {}"])
def test_a_hostile_line_costs_no_time(form: str, line: str) -> None:
    found = read(f"## Log\n{form.format(line)}\n- 2026-11-01 call: next\n")
    assert found.customer is not None
    assert found.customer.log[-1].text == "next"


def test_channels_have_other_names() -> None:
    channels = {"call": Channel("yes", also=("Telefon", "on the phone")), "site visit": Channel("yes")}
    body = "## Log\n- 2026-11-02 telefon: a\n- 2026-11-02 On the  phone (in): b\n- 2026-11-02 Site visit: c\n"
    config = Config(channels=channels)
    assert [entry.channel for entry in log(body, config)] == ["call", "call", "site visit"]


@pytest.mark.parametrize(
    ("channels", "qualifiers", "touch"),
    [
        (
            "contact call email message social meeting visit lunch event note letter card gift article",
            "",
            True,
        ),
        ("contact call email", "in", True),
        ("contact call", "voicemail", True),
        ("contact call email", "no answer", False),
        ("call", "in, no answer", False),
        ("call note", "value", True),
        ("email", "pitch", True),
        ("newsletter sale memo referral feedback", "", False),
        ("newsletter sale memo referral feedback", "in", True),
        ("newsletter sale feedback", "voicemail, value", False),
    ],
)
def test_which_entries_are_touches(channels: str, qualifiers: str, touch: bool) -> None:
    for channel in channels.split():
        (entry,) = log(f"## Log\n- 2026-11-02 {channel} ({qualifiers}): x\n")
        assert Config().is_contact(entry.channel, entry.qualifiers) is touch, channel


words = st.sampled_from(
    ["2026-11-02", "call", "(in)", ":", "9:30", "x", "[[", "]]", "**", " ", "#a", "[k:: v]", "\u00a0"]
)


@pytest.mark.parametrize(
    ("days", "line"),
    [
        ("11-05 11-03 11-01", None),
        ("11-01 11-03 11-05", None),
        ("11-01 11-01 11-05 11-05", None),
        ("11-05 11-05 11-01 11-01", None),
        ("11-05", None),
        ("", None),
        ("11-05 11-01 11-03", 7),
        ("11-01 11-05 11-03", 7),
        ("11-05 11-01 11-03 11-01 11-04", 7),
        ("11-05 11-06 11-05", 6),
    ],
)
def test_the_first_entry_that_breaks_the_order_is_named(days: str, line: int | None) -> None:
    entries = "".join(f"  -  2026-{day} call: x\n" for day in days.split())
    found = read(f"## Log\n{entries}").diagnostics
    assert [(one.code, one.severity, one.line, one.column) for one in found] == (
        [("PT206", Severity.INFO, line, 6)] if line else []
    )


def test_each_log_has_its_own_order() -> None:
    body = "## Log\n- 2026-11-01: a\n- 2026-11-05: b\n## Log\n- 2025-11-05: c\n- 2025-11-01: d\n"
    assert read(body).diagnostics == ()


@given(st.lists(words | st.text(max_size=4)).map("".join) | st.lists(words).map(" ".join))
def test_any_line_is_an_entry_or_has_a_problem(line: str) -> None:
    found = LineReader.of(Config()).parse_entry(line)
    assert isinstance(found, LogEntry) or (found.code in {"PT102", "PT201", "PT202", "PT203"} and found.hint)


READER = LineReader.of(Config())  # one for all examples, since it remembers forms
USUAL = st.tuples(
    st.sampled_from(["2026-11-02", "2026-02-30", "2026-11-021", "[[2026-11-02]]"]),
    st.sampled_from(
        ["", " ", " call", " CALL", "\tcall ", " 9:30", " 9", " bogus", "x", " phone call", "\u00a0call"]
    ),
    st.sampled_from(["", " (in)", "(No-Answer, value) ", " (in:)", " (bogus)", " ()", " (in) x", " (a) (b)"]),
    st.sampled_from([":", ": ", ":\t", ":x", "", " : ", "::"]),
    st.lists(words | st.sampled_from(["\n", "\r", " more", "#b"]), max_size=4).map("".join),
)


@settings(max_examples=500)
@given(USUAL.map("".join))
@example("2026-11-02 call (in): Talked #b [k:: v]\n  more\n\n    and more")
def test_an_entry_of_a_usual_form_is_the_one_read_in_full(line: str) -> None:
    usual = READER.usual_entry(line, 7, Span(1, 2))
    full = READER.parse_entry(line)
    if usual is not None:
        assert isinstance(full, LogEntry)
        assert repr(usual) == repr(full._replace(line=7, span=Span(1, 2)))
    elif isinstance(full, LogEntry):
        assert full.at or "[[2" in line or "(in:" in line


LOG_LINES = st.lists(
    st.sampled_from(
        [
            "- 2026-11-02 call (in): Talked about gears",
            "- 2026-11-02:  more \t",
            "- 2026-13-02 call: x",
            "* 2026-10-02 visit: A #b [with:: [[jan]]] [cost:: x]",
            "+ 2026-10-02 cal: x",
            "- 2026-11-02 call: \u00a0x",
            "- 2026-10-02 call:",
            "- 2026-10-02 call:\tx: y",
            "- 2026-W01-1 call: x",
            "- [x] 2026-10-02 call: x",
            "- words: and more",
            "  below",
            "",
            "## Log",
            "```",
            "- 2026-10-01 call: x\r",
            "- 2026-10-01 call: x\ry",
        ]
    ),
    max_size=12,
)


@settings(max_examples=500, deadline=None)
@given(LOG_LINES, st.sampled_from(["\n", "\r\n"]))
def test_lines_taken_together_are_read_as_one_by_one(lines: list[str], line_end: str) -> None:
    source = Source("a.md", line_end.join(["---", "name: A", "---", "## Log", *lines, ""]))
    together = read_customer(source, READER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Scanner, "run", lambda _, at: at)
        one_by_one = read_customer(source, READER)
    assert repr(together.customer) == repr(one_by_one.customer)
    assert together.diagnostics == one_by_one.diagnostics


def test_the_forms_that_are_remembered_are_not_without_number() -> None:
    reader = LineReader.of(Config())
    for count in range(1100):
        assert reader.usual_entry(f"2026-11-02{' ' * count} call: x", 1, Span(0, 0)) is not None
    assert len(reader._forms) == 1000  # noqa: SLF001


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("## Log\n2026-11-02 call: no bullet\n", "PT205", 4),
        ("## Log\n-2026-11-02 call: no blank\n", "PT205", 4),
        ("## Log\n- 2.11.2026 call: another way to write a date\n", "PT201", 4),
        ("## Logs\n- 2026-11-02 call: no log heading\n- 2026-11-01: said once\n", "PT205", 4),
        ("- [] 2026-11-02 call: no blank in the box\n", "PT301", 3),
        ("- [ ]2026-11-02 call: no blank after the box\n", "PT301", 3),
        ("-[ ] 2026-11-02 call: no blank before the box\n", "PT301", 3),
        ("- [ ] 2.11.2026 call: another way to write a date\n", "PT301", 3),
        ("- [ ] 2026-11-02 cal: a slip\n", "PT202", 3),
    ],
)
def test_what_was_meant_as_a_line_of_ours_is_said(body: str, code: str, line: int) -> None:
    reading = read_customer(Source("customers/it.md", f"---\n---\n{body}"), LineReader.of(Config()))
    assert [(one.code, one.line) for one in reading.diagnostics] == [(code, line)]


def test_a_line_in_code_or_prose_was_not_meant() -> None:
    body = "## Log\n```\n2026-11-02 call: x\n- [] 2026-11-02 x\n```\n\n2026 was good:\n2026-11-02 we moved\n"
    reading = read_customer(Source("customers/it.md", f"---\n---\n{body}"), LineReader.of(Config()))
    assert reading.diagnostics == ()


def test_a_stray_line_in_a_log_inside_a_log_is_said_once() -> None:
    found = read("# Log\n\n## Log\n\n- 2026-11-02 call: x\n\n2026-11-01 call: y\n")
    assert [one.code for one in found.diagnostics] == ["PT205"]
