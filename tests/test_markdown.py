from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ptcrm.text.markdown import Item, Outline, _Scanner, find_links, link_target, outline, show_links
from ptcrm.text.source import Span

# An item as it is compared with the full parser: first line, last line, depth, marker.
Row = tuple[int, int, int, str]


def headings(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.title) for heading in outline(text, 0).headings]


def items(text: str) -> list[str]:
    """Each item's text from its marker on, with one `>` for each item it is inside of."""
    found = outline(text, 0).items(text)
    return [f"{'>' * item.depth}{item.span.of(text).lstrip()}" for item in found]


def code(text: str) -> list[str]:
    return [span.of(text) for span in outline(text, 0).code]


# Headings


def test_headings_have_their_level_and_title() -> None:
    text = dedent("""\
        # Anna
        ## Log ##
        ### A #1 #shop
        #\tTab\t#\t
        ## #
        """)
    assert headings(text) == [(1, "Anna"), (2, "Log"), (3, "A #1 #shop"), (1, "Tab"), (2, "")]


@pytest.mark.parametrize("line", ["#tag", "####### seven", "    # code", "\\# escaped", "\t# code"])
def test_what_is_no_heading(line: str) -> None:
    assert headings(line) == []


def test_an_underlined_paragraph_is_a_heading() -> None:
    text = "Log\n===\n\nFollow-ups\nand plans\n---\n\n---\n"
    assert headings(text) == [(1, "Log"), (2, "Follow-ups\nand plans")]
    assert headings("> quote\n>\nLog\n---\n> quote\ngoes on\n---\n") == [(2, "Log")]
    assert outline(text, 0).headings[0].span.of(text) == "Log\n===\n"


def test_headings_inside_items_and_quotes_begin_no_section() -> None:
    text = dedent("""\
        - # in an item
        - text

          ## in its second paragraph
        > ## in a quote

        # Real
        """)
    assert headings(text) == [(1, "Real")]


def test_lines_with_crlf_end_before_the_cr() -> None:
    text = "# Log #\r\n\r\n- a\r\n  b\r\n- c\r\n"
    assert headings(text) == [(1, "Log")]
    assert items(text) == ["- a\r\n  b", "- c"]


def test_the_outline_begins_at_the_offset_given() -> None:
    text = "- front\n- body\n# Log\n"
    found = outline(text, 8)
    assert [item.span for item in found.items(text)] == [Span(8, 14)]
    assert [heading.span for heading in found.headings] == [Span(15, 21)]


# Items


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b", ["- a", "- b"]),
        ("* a\n+ b\n1. c\n2) d", ["* a", "+ b", "1. c", "2) d"]),
        ("- a\n  - b\n    - c\n- d", ["- a\n  - b\n    - c", ">- b\n    - c", ">>- c", "- d"]),
        ("- a\nlazy\n\nafter", ["- a\nlazy"]),
        ("- a\n\n  second paragraph\n\nafter", ["- a\n\n  second paragraph"]),
        ("- a\n\n\n\n- b\n\n", ["- a", "- b"]),
        ("- a\n\t- tab\n\n\tgoes on", ["- a\n\t- tab\n\n\tgoes on", ">- tab"]),
        ("-\ta\n\n    b", ["-\ta\n\n    b"]),
        ("1. a\n   b\n\n  c", ["1. a\n   b"]),
        ("- - x\n  - y", ["- - x\n  - y", ">- - x", ">- y"]),
        ("- a\n# Log\n- b", ["- a", "- b"]),
        ("- a\n---\n- b", ["- a", "- b"]),
        ("   - a\n    - b", ["- a\n    - b"]),
        ("- a\n    - b", ["- a\n    - b", ">- b"]),
        ("-\n  a\n- b", ["-\n  a", "- b"]),
        ("-\n\n  a", ["-"]),
        ("> quote\n2. a", ["2. a"]),
    ],
)
def test_an_item_holds_what_commonmark_puts_inside(text: str, expected: list[str]) -> None:
    assert items(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "    - indented code",
        "text\n    - goes on",
        "text\n1986. was a year",
        "text\n-",
        "---",
        "- - -",
        "* * *",
        "-a",
        "1.5 kg",
        "-\u00a0a",
        "```\n- in code\n```",
        "~~~ text\n- in code\n```\n",
        "<!--\n- in a comment\n\n- still\n-->",
        "> - in a quote",
    ],
)
def test_what_is_no_item(text: str) -> None:
    assert items(text) == []


def test_a_fence_inside_an_item_ends_with_the_item() -> None:
    text = "- a\n  ```\n  - code\n\n  - code\n- b\n"
    assert items(text) == ["- a\n  ```\n  - code\n\n  - code", "- b"]
    assert code(text) == ["```\n  - code\n\n  - code"]


def test_code_blocks_and_comments_have_their_spans() -> None:
    text = "  ```py\nx\n  ```\n<!-- a -->\n  <!-- b\nc --> d\n~~~\nnever closed\n"
    assert code(text) == ["```py\nx\n  ```", "<!-- a -->", "<!-- b\nc --> d", "~~~\nnever closed"]


def test_a_shorter_or_indented_or_other_fence_closes_nothing() -> None:
    assert code("````\n```\n    ````\n~~~~\n```` x\n````\n") == ["````\n```\n    ````\n~~~~\n```` x\n````"]


@pytest.mark.parametrize("box", [" ", "x", "X", "-", "/", ">", "✓"])
def test_a_task_has_a_box_and_its_content_after_it(box: str) -> None:
    text = f"## F\n\n  * [{box}]  call Anna \r\n"
    (item,) = outline(text, 0).items(text)
    assert item.box is not None
    assert text[item.box] == box
    assert item.content.of(text) == "call Anna "
    assert (item.marker, item.indent) == ("*", 2)


@pytest.mark.parametrize("text", ["- [x]a", "- []", "- [ab] c", "- [[x]]", "-     [ ] code", "- \\[ ] a"])
def test_what_is_no_task(text: str) -> None:
    (item,) = outline(text, 0).items(text)
    assert item.box is None


def test_an_empty_task_is_one_and_nested_tasks_are_too() -> None:
    text = "- [ ]\n- [x] a\n  1. [ ] b\n"
    found = outline(text, 0).items(text)
    assert [(item.box, item.depth) for item in found] == [(3, 0), (9, 0), (20, 1)]


# Against a full parser


def by_markdown_it(text: str) -> tuple[list[tuple[int, int, int]], list[Row], list[tuple[int, int]]]:
    """Headings at the top (first line, last line, level), items, and code (first line, last line)."""
    lines = text.split("\n")
    found_headings, found_items, found_code = [], [], []
    depth = quotes = 0
    for token in MarkdownIt("commonmark").parse(text):
        quotes += token.nesting if token.type.startswith("blockquote") else 0
        if quotes:
            continue
        first, last = _lines(lines, token.map)
        if token.type == "list_item_open":
            found_items.append((first, last, depth, token.markup))
        elif token.type == "heading_open" and not depth:
            found_headings.append((first, last, int(token.tag[1])))
        elif token.type in ("fence", "html_block"):
            found_code.append((first, last))
        depth += token.nesting if token.type.startswith("list_item") else 0
    return found_headings, found_items, found_code


def _lines(lines: list[str], of: list[int] | None) -> tuple[int, int]:
    """First and last line of a token, without the blank lines at its end."""
    first, end = of or (0, 0)
    while end > first + 1 and (end > len(lines) or not lines[end - 1].strip(" \t\r")):
        end -= 1
    return first, end - 1


def by_us(text: str) -> tuple[list[tuple[int, int, int]], list[Row], list[tuple[int, int]]]:
    def line(offset: int) -> int:
        return text.count("\n", 0, offset)

    found = outline(text, 0)
    return (
        [(line(one.span.start), line(one.span.end - 1), one.level) for one in found.headings],
        [(line(one.span.start), line(one.span.end), one.depth, one.marker[-1]) for one in found.items(text)],
        [(line(one.start), line(one.end)) for one in found.code],
    )


# Left out, since we differ knowingly: HTML blocks other than comments, link reference definitions, what stands
# inside quotes (we do not look), and a bare CR as a line end. Left out, since markdown-it differs from CommonMark
# (and from its own list rule): a line that begins like a block, goes on lazily with an item's paragraph, and
# is indented by four columns but not as far as the item's content; so markers stand at even columns here.
BLANK = ["", "", "", "  ", "\t"]
TEXT = [
    "text",
    "  text",
    "   text",
    "    text",
    "      text",
    "        text",
    "\ttext",
    "\t\ttext",
    "#tag",
    "-a",
]
BULLETS = [
    "- a",
    "  - a",
    "    - a",
    "      - a",
    "-   a",
    "-     code",
    "-\ta",
    "-\t\tcode",
    "\t- a",
    "* a",
    "+ a",
]
NUMBERS = ["1. a", "2. a", "10) a", "1.", "2."]
ODD_ITEMS = [
    "-",
    "- ",
    "  -",
    "    -",
    "- - a",
    "- 1. a",
    "- 2. a",
    "- [ ] a",
    "- [x]",
    "- # h",
    "- ---",
    "- ===",
]
BLOCKS_IN_ITEMS = ["- ```", "  - ```", "- ~~~", "- > q", "- <!-- c", "- * * *", "-\t- a"]
FENCES = [
    "```",
    "~~~",
    "````",
    "  ```",
    "    ```",
    "      ```",
    "\t```",
    "   ~~~",
    "```py",
    "``` `x`",
    "``` x",
]
HEADINGS = ["# h", "## h ##", "#", "  ### h", "    # h", "####### h", "===", "  ===", "= ="]
RULES = ["---", "  ---", "    ---", "--", "***", "- - -", "_ _ _", "  ***", "    ***"]
QUOTES = ["> q", "  > q", "    > q"]
COMMENTS = [
    "<!-- c -->",
    "<!-- c",
    "c -->",
    "  <!-- c -->",
    "    <!-- c -->",
    "  c -->",
    "<!-->",
    "text <!-- c",
]
KINDS = [BLANK, TEXT, BULLETS, NUMBERS, ODD_ITEMS, BLOCKS_IN_ITEMS, FENCES, HEADINGS, RULES, QUOTES, COMMENTS]
LINES = st.one_of([st.sampled_from(kind) for kind in KINDS])


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=10).map("\n".join), st.sampled_from(["\n", "\r\n"]))
@example("-\n\n  text", "\n")
@example("- > q\n  2. a", "\n")
@example("- ```\n\n  - a\n- b", "\r\n")
def test_headings_items_and_code_are_those_of_a_full_parser(text: str, line_end: str) -> None:
    text = text.replace("\n", line_end)
    assert by_us(text) == by_markdown_it(text)


PLAIN = st.sampled_from(
    ["- a", "* Łódź [x]", "+ 2026-11-02 call: x ", "- 2026-11-02: - x", "- a\r", "- 2026-", "-  b", "- 1. a"]
)


def line_by_line(text: str) -> Outline:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Scanner, "run", lambda _, at: at)
        return outline(text, 0)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PLAIN | LINES, max_size=12).map("\n".join),
    st.sampled_from(["", "\n", "\n\n"]),
    st.sampled_from(["\n", "\r\n"]),
)
@example("```\n- a\n- b\n- c\n```\n- d", "", "\n")
@example("- a\n  <!--\n- b\n- c\n- d", "\n", "\n")
@example("- a\n- b", "\n", "\r\n")
def test_plain_items_taken_together_are_those_taken_line_by_line(text: str, end: str, line_end: str) -> None:
    text = f"{text}{end}".replace("\n", line_end)
    found, slowly = outline(text, 0), line_by_line(text)
    assert found.items(text) == slowly.items(text) == list(slowly.others)
    assert (found.headings, found.code) == (slowly.headings, slowly.code)


@settings(deadline=None)
@given(st.lists(LINES, max_size=10).map("\n".join))
def test_spans_are_whole_lines_and_lie_inside_the_items_they_are_nested_in(text: str) -> None:
    open_items: list[Item] = []
    for item in outline(text, 0).items(text):
        assert text[: item.span.start][-1:] in ("", "\n")
        assert text[item.span.end : item.span.end + 1] in ("", "\n")
        assert item.span.start < item.content.start <= item.content.end <= item.span.end
        del open_items[item.depth :]
        assert len(open_items) == item.depth
        assert all(item.span.end <= outer.span.end for outer in open_items)
        open_items.append(item)


@settings(deadline=None)
@given(st.text(st.sampled_from("-#>*`~[]() x1.\t\r\n\x0b\x85\u2028"), max_size=60))
def test_no_text_raises(text: str) -> None:
    found = outline(text, 0)
    links = find_links(text, Span(0, len(text)), found.code)
    assert all(link.span.of(text).strip() == link.text for link in links)


def test_a_long_body_is_read_in_linear_time() -> None:
    text = "- a\n" * 20_000 + "`[[a]]` [[b]]\n" * 5_000 + "# " + " " * 50_000 + "h\n" + "```\n" * 10_000
    found = outline(text, 0)
    assert len(found.items(text)) == 20_000
    assert len(find_links(text, Span(0, len(text)), found.code)) == 5_000


def test_lists_begun_on_one_line_end_somewhere() -> None:
    text = "- " * 50_000 + "a\n- b\n"
    found = outline(text, 0).items(text)
    assert len(found) == 21
    assert [item.depth for item in found] == [*range(20), 0]


def test_lists_nested_line_by_line_have_any_depth() -> None:
    text = "".join(f"{'  ' * depth}- a\n" for depth in range(300))
    assert [item.depth for item in outline(text, 0).items(text)] == [*range(300)]


# Links


def links(text: str) -> list[str]:
    found = find_links(text, Span(0, len(text)), outline(text, 0).code)
    assert all(link.span.of(text).strip() == link.text for link in found)
    return [link.text for link in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[jan]] and [[ola|Ola K.]]", ["jan", "ola"]),
        ("[[jan#Log]] [[ola#Log|see]]", ["jan", "ola"]),
        (r"| [[jan\|Jan]] | [[ola#Log\|see]] |", ["jan", "ola"]),
        ("[Jan](jan.md) [Ola](../b/ola%20k.md#log)", ["jan.md", "../b/ola%20k.md"]),
        ("[Jan](<jan nowak.md>) [Ola](<ola.md#log>)", ["jan nowak.md", "ola.md"]),
        ("`` [[a]] ` `` [[b]] ` [[c]]", ["b", "c"]),
        ("` [[a]]\n` [[b]] `", ["a"]),
        ("[[a`b]] `[[c]]`", ["a`b"]),
        ("![[jan]]", ["jan"]),
        ("See [her][1], [2].\n\n[1]: jan.md\n [2]: <../ola k.md#log> 'Ola'", ["jan.md", "../ola k.md"]),
        ("a `b` [[c]] `d`", ["c"]),
        ("a ` b [[c]]", ["c"]),
        ("[a](a.md) [[b]] [c](c.md)", ["a.md", "b", "c.md"]),
    ],
)
def test_links_are_found_in_order(text: str, expected: list[str]) -> None:
    assert links(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "![photo](jan.md)",
        "[page](https://example.org/jan.md)",
        "[page](jan.html)",
        "[[#Log]]",
        "[[]]",
        "[[a\nb]]",
        "`[[jan]]`",
        "`` ` [[jan]] ``",
        "```\n[[jan]]\n```",
        "- ~~~\n  [[jan]]",
        "<!-- [[jan]] -->",
        "[^1]: jan.md",
        "see [1]: jan.md",
        "[1]: https://example.org/jan.md",
        "[1]: jan.md.bak",
        "```\n[1]: jan.md\n```",
    ],
)
def test_what_is_no_link(text: str) -> None:
    assert links(text) == []


def test_code_before_the_links_hides_only_itself() -> None:
    assert links("[[a]]\n```\n[[b]] `\n```\n[[c]] ` [[d]]\n") == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("text", "target", "shown"),
    [
        ("[[jan]]", "jan", "jan"),
        (" [[jan|Jan N.]] ", "jan", " Jan N. "),
        ("[[jan|shop #1]]", "jan", "shop #1"),
        (r"[[jan\|Jan]]", "jan", "Jan"),
        ("[[jan#Log]]", "jan", "jan"),
        ("[[jan|]]", "jan", "jan"),
        ("[[#Log]]", None, "Log"),
        ("[[jan]] and [[ola]]", None, "jan and ola"),
        ("plain", None, "plain"),
    ],
)
def test_a_link_has_a_target_and_is_shown_as_words(text: str, target: str | None, shown: str) -> None:
    assert link_target(text) == target
    assert show_links(text) == shown


@pytest.mark.parametrize(
    "line",
    [
        " ".join("`" * length for length in range(1, 1_000)),
        "[](<" + ".md#" * 30_000,
        "[[a#b|c" * 20_000,
        "[" * 100_000,
    ],
    ids=["backticks", "headings", "links", "brackets"],
)
def test_a_hostile_line_hides_no_link_and_costs_no_time(line: str) -> None:
    assert links(f"[[a]] {line}\n[[b]]") == ["a", "b"]
