from __future__ import annotations

from itertools import pairwise

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ptcrm.text.frontmatter import (
    MAX_BYTES,
    MAX_DEPTH,
    Fences,
    Flaw,
    Mapping,
    Node,
    Scalar,
    Sequence,
    compose,
    find_fences,
)
from ptcrm.text.source import BOM, Source, Span

Plain = str | list["Plain"] | list[tuple[str, "Plain"]]


def read(block: str) -> Mapping | Flaw:
    return compose(block, Span(0, len(block)))


def mapping(block: str) -> Mapping:
    root = read(block)
    assert isinstance(root, Mapping), root
    return root


def flaw(block: str) -> Flaw:
    root = read(block)
    assert isinstance(root, Flaw), root
    return root


def plain(node: Node) -> Plain:
    """A node as texts, lists and pairs."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return [(key.value, plain(value)) for key, value in node.pairs]


def value(block: str) -> Node:
    """The value of the first key."""
    return mapping(block).pairs[0][1]


def parts(text: str) -> tuple[str, str]:
    """The YAML and the body."""
    fences = find_fences(text)
    assert isinstance(fences, Fences), fences
    return fences.yaml.of(text), text[fences.body :]


# Fences


@pytest.mark.parametrize(
    ("text", "yaml_text", "body"),
    [
        ("---\nname: a\n---\nbody\n", "name: a\n", "body\n"),
        ("---\n---\n", "", ""),
        ("---  \t\nname: a\n--- \nbody", "name: a\n", "body"),
        ("---\r\nname: a\r\n---\r\nbody\r\n", "name: a\r\n", "body\r\n"),
        ("---\nname: a\n---", "name: a\n", ""),
        ("---\nname: a\n---\r", "name: a\n", ""),
        (
            "---\nname: a --- b\nnote: ---\n x: ---\n ---\n---x\n----\n---\n",
            "name: a --- b\nnote: ---\n x: ---\n ---\n---x\n----\n",
            "",
        ),
        ("---\na: 1\n---\ntext\n---\n", "a: 1\n", "text\n---\n"),
        ("---\na: \u2028---\u2028b\n---\n", "a: \u2028---\u2028b\n", ""),
    ],
)
def test_the_front_matter_stands_between_the_first_two_fences(text: str, yaml_text: str, body: str) -> None:
    assert parts(text) == (yaml_text, body)


def test_a_byte_order_mark_before_the_fence_is_passed_over() -> None:
    source = Source.decode("a.md", BOM + b"---\nname: a\n---\n")
    assert parts(source.text) == ("name: a\n", "")


@pytest.mark.parametrize(
    "text", ["", "name: a\n", " ---\na: 1\n---\n", "----\n", "--- x\n", "\n---\n---\n", "***"]
)
def test_a_file_without_a_first_fence_has_none(text: str) -> None:
    assert find_fences(text) is None


@pytest.mark.parametrize(
    "text", ["---", "---\n", "---\nname: a\n", "---\na: 1\n ---\n", "---\na: 1\n...\n", "---\n---\rb"]
)
def test_a_fence_that_never_closes_is_a_flaw_at_its_place(text: str) -> None:
    found = find_fences(text)
    assert isinstance(found, Flaw)
    assert (found.kind, found.offset) == ("unclosed", 0)


def test_lines_that_end_in_cr_alone_are_a_flaw() -> None:
    found = find_fences("---\rname: a\r---\r")
    assert found == Flaw("yaml", 3, "lines end in CR alone; save with LF or CRLF")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("---\nname: a\n---\n".encode("utf-16-be").decode(), "UTF-16"),
        ("---\nname: a\n---\n".encode("utf-16-le").decode(), "UTF-16"),
        ("\ufeff---\nname: a\n---\n", "byte order marks"),
    ],
)
def test_a_fence_behind_what_no_editor_shows_is_a_flaw(text: str, word: str) -> None:
    found = find_fences(text)
    assert isinstance(found, Flaw)
    assert (found.kind, found.offset) == ("yaml", 0)
    assert word in found.message


# Values


@pytest.mark.parametrize(
    "text",
    [
        *(
            "no",
            "0123",
            "12:30",
            "+48600123456",
            "1e3",
            "1.10",
            "~",
            "null",
            "2024-02-30",
            "0x1F",
            "=",
            "--05-03",
        ),
        *(
            "AT&T",
            "a & b",
            "R&D !",
            "5 * 3",
            "wow!",
            "a#b",
            "a:b",
            "a, b",
            "x]y",
            "50%",
            "Łódź 🎉",
            "\ufeffa",
        ),
    ],
)
def test_a_scalar_keeps_its_text(text: str) -> None:
    block = f"key: {text}\n"
    found = value(block)
    assert found == Scalar(text, Span(5, 5 + len(text)))
    assert found.span.of(block) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"*x*"', "*x*"),
        ("'it''s'", "it's"),
        ('"a\\tb \\u00e9 \\U0001F600"', "a\tb é 😀"),
        ('"[[jan]]"', "[[jan]]"),
        ('"&a !b"', "&a !b"),
        ("''", ""),
        ('"<<"', "<<"),
        ('"Uwaga:\u00a0pies"', "Uwaga:\u00a0pies"),
    ],
)
def test_a_quoted_value_is_unquoted_and_its_span_holds_the_quotes(written: str, meant: str) -> None:
    block = f"key: {written} # comment\n"
    found = value(block)
    assert found == Scalar(meant, Span(5, 5 + len(written)), quoted=True)


@pytest.mark.parametrize(
    ("block", "meant", "of"),
    [
        ("key: |\n  a\n  b: c\n\n\nnext: 1\n", "a\nb: c\n", "|\n  a\n  b: c"),
        ("key: >-\r\n  a\r\n  b\r\n", "a b", ">-\r\n  a\r\n  b"),
        ("key: |\n  Uwaga:\u00a0pies\n", "Uwaga:\u00a0pies\n", "|\n  Uwaga:\u00a0pies"),
        ("key: a\n  b\nnext: 1\n", "a b", "a\n  b"),
        ("key:\n  below\n", "below", "below"),
        ("key:\tafter a tab\n", "after a tab", "after a tab"),
        ("key: tail \t\n", "tail", "tail"),
    ],
)
def test_values_over_lines_have_the_span_of_their_text(block: str, meant: str, of: str) -> None:
    found = value(block)
    assert isinstance(found, Scalar)
    assert (found.value, found.span.of(block)) == (meant, of)


@pytest.mark.parametrize(
    ("block", "meant", "of"),
    [
        ("key: [a, 'b', 12:30]\n", ["a", "b", "12:30"], "[a, 'b', 12:30]"),
        ("key:\n  - a\n  # c\n  - b # c\n\nnext: 1\n", ["a", "b"], "- a\n  # c\n  - b"),
        ("key:\n- a\n- b\nnext: 1\n", ["a", "b"], "- a\n- b"),
        ("key: [[jan]]\n", [["jan"]], "[[jan]]"),
        ("key: [[jan]] \t\nnext: 1\n", [["jan"]], "[[jan]]"),
        ("key: []\n", [], "[]"),
        ("key: {a: 1, b: [2]}\n", [("a", "1"), ("b", ["2"])], "{a: 1, b: [2]}"),
        ("key:\n  a: 1\n  b:\n    - 2\nnext: 1\n", [("a", "1"), ("b", ["2"])], "a: 1\n  b:\n    - 2"),
        ("key:\n  - wedding: 2012-09-01\n", [[("wedding", "2012-09-01")]], "- wedding: 2012-09-01"),
    ],
)
def test_lists_and_mappings_have_the_span_from_first_to_last(block: str, meant: Plain, of: str) -> None:
    found = value(block)
    assert (plain(found), found.span.of(block)) == (meant, of)


def test_spans_are_offsets_into_the_whole_text() -> None:
    text = "---\nż: 😀\nname: Łódź\n---\nbody"
    fences = find_fences(text)
    assert isinstance(fences, Fences)
    root = compose(text, fences.yaml)
    assert isinstance(root, Mapping)
    assert [(key.span.of(text), val.span.of(text)) for key, val in root.pairs] == [
        ("ż", "😀"),
        ("name", "Łódź"),
    ]


def test_empty_values_stand_after_their_colon_and_keys_may_be_anything() -> None:
    found = mapping("a:\ncontent: \n1: x\n~: y\n? z\n'q q': w\n'<<': v\na: again\n")
    keys = [key.value for key, _ in found.pairs]
    assert keys == ["a", "content", "1", "~", "z", "q q", "<<", "a"]
    assert found.pairs[0][1] == Scalar("", Span(2, 2))


@pytest.mark.parametrize("block", ["", "\n", "# only a comment\n", "  \n\n"])
def test_empty_yaml_is_an_empty_mapping(block: str) -> None:
    assert read(block) == Mapping((), Span(0, len(block)))


# Flaws


@pytest.mark.parametrize(
    ("block", "kind", "offset"),
    [
        ("- a\n- b\n", "not-mapping", 0),
        ("just words\n", "not-mapping", 0),
        ("[a]\n", "not-mapping", 0),
        ("a: &x 1\nb: *x\n", "indirection", 3),
        ("a: 1\nb: *x\n", "indirection", 8),
        ("*x : 1\n", "indirection", 0),
        ("a: !!str 1\n", "indirection", 3),
        ("a: [!x {}]\n", "indirection", 4),
        ("a: !!timestamp x\n", "indirection", 3),
        ("a: 1\n<<: {b: 2}\n", "indirection", 5),
        ("a: 1\n...\nb: 2\n", "yaml", 5),
        ("a: 1\n--- b\n", "yaml", 5),
        ("{a: 1}: b\n", "yaml", 0),
        ("a: 1\n\tb: 2\n", "yaml", 5),
        ("a: b: c\n", "yaml", 4),
        ("a: [1, 2\nb: 3\n", "yaml", 10),
        ('a: "x\n', "yaml", 6),
        ("ż: a\0b\n", "yaml", 4),
        ("ż: \x07\n", "yaml", 3),
        ("a: 1\n\ufeffb: 2\n", "yaml", 5),
        ("\ufeffname: x\n", "yaml", 0),
    ],
)
def test_what_is_refused_is_named_with_its_place(block: str, kind: str, offset: int) -> None:
    assert flaw(block)[:2] == (kind, offset)


@pytest.mark.parametrize("escape", ["\\uD800", "\\UFFFFFFFF", "\\U00110000", "\\q"])
def test_an_escape_that_names_no_character_is_refused(escape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert flaw(f'a: "{escape}"\n').kind == "yaml"
    monkeypatch.delattr(yaml, "CLoader", raising=False)
    assert flaw(f'a: "{escape}"\n').kind == "yaml"


@pytest.mark.parametrize("loader", ["C", "Python"])
def test_a_value_that_begins_with_a_star_is_told_in_plain_words(
    loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if loader == "Python":
        monkeypatch.delattr(yaml, "CLoader", raising=False)
    assert flaw("note: *important*\n").message == "a value must not begin with & or * without quotes"


@pytest.mark.parametrize(
    "block",
    [
        "name:\u00a0Anna\n",
        "status: active\nname:\u00a0Anna\n",
        "name: Anna\nstatus:\u00a0active\ntier: gold\n",
        "occasions:\n  wedding:\u00a02012-09-01\n",
        "name: Anna\n  role:\u00a0owner\n",
    ],
)
def test_a_non_breaking_space_after_the_colon_is_named(block: str) -> None:
    found = flaw(block)
    assert (found.kind, found.message) == ("yaml", "a non-breaking space stands after the colon")
    assert found.offset == block.index("\u00a0")


def test_a_non_breaking_space_elsewhere_is_text() -> None:
    block = "phone: +48\u00a0600\nnorms: Uwaga:\u00a0pies\nlist:\n  - b:\u00a0c\n"
    assert plain(mapping(block)) == [
        ("phone", "+48\u00a0600"),
        ("norms", "Uwaga:\u00a0pies"),
        ("list", ["b:\u00a0c"]),
    ]


def test_a_block_over_64_kib_is_refused_and_one_of_64_kib_is_read() -> None:
    full = "a: " + "ż" * ((MAX_BYTES - 3) // 2)
    assert len(mapping(full).pairs) == 1
    assert flaw(full + "żż").kind == "too-big"


@pytest.mark.parametrize("loader", ["C", "Python"])
def test_depth_is_limited_without_recursion(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if loader == "Python":
        monkeypatch.delattr(yaml, "CLoader", raising=False)
    inner = MAX_DEPTH - 1  # the front matter itself is the first level
    assert len(mapping(f"a: {'[' * inner}{']' * inner}\n").pairs) == 1
    assert flaw(f"a: {'[' * (inner + 1)}\n") == Flaw(
        "too-deep", 3 + inner, flaw("a: " + "[" * 25_000).message
    )
    assert flaw("- " * 25_000).kind == "too-deep"
    assert flaw("{" * 25_000).kind == "too-deep"


def test_a_long_line_of_non_breaking_spaces_costs_no_time() -> None:
    found = value("key: [" + "a:\u00a0b," * 10_000 + "]\n")
    assert isinstance(found, Sequence)
    assert len(found.items) == 10_000


# Whatever is written

PIECES = [
    "name: x",
    "a",
    "- ",
    "  ",
    "\n",
    "\n",
    "\n",
    ": ",
    "k: ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    '"',
    "|",
    "|\n  ",
]
PIECES += [
    ">-\n ",
    "#",
    " # c",
    "&a ",
    "*a",
    "!t ",
    "<<: ",
    "%YAML 1.1\n",
    "---",
    "...",
    "\t",
    "\r",
    "\r\n",
    "\\",
    "''",
]
PIECES += [
    "\0",
    "\x07",
    "\x85",
    "\u2028",
    "\ufeff",
    "\u00a0",
    "ż",
    "😀",
    "\\u00e9",
    "\\UFFFFFFFF",
    "\\uD800",
    "0123",
]
BLOCKS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=40)


def check(node: Node, text: str, within: Span) -> None:
    """Assert that spans are exact: inside their parent's, in order, and of the text they stand for."""
    assert within.start <= node.span.start <= node.span.end <= within.end
    if isinstance(node, Scalar):
        of = node.span.of(text)
        assert not (of and node.quoted) or of[0] in "\"'|>"
        if not node.quoted and not set(of) & set("\r\n\x85\u2028\u2029"):
            assert of == node.value
        return
    inside = node.items if isinstance(node, Sequence) else [one for pair in node.pairs for one in pair]
    for one in inside:
        check(one, text, node.span)
    assert all(one.span.end <= other.span.start for one, other in pairwise(inside))
    if node.flow:
        assert node.span.of(text)[0] + node.span.of(text)[-1] in ("[]", "{}")


@settings(max_examples=300, deadline=None)
@given(BLOCKS)
def test_every_block_is_a_mapping_with_exact_spans_or_a_flaw(block: str) -> None:
    text = f"---\n{block}\n---\n"
    span = Span(4, 4 + len(block))
    found = compose(text, span)
    if isinstance(found, Flaw):
        assert span.start <= found.offset <= span.end
        assert found.message
    else:
        check(found, text, span)


@settings(deadline=None)
@given(BLOCKS)
def test_every_text_has_fences_or_none_or_a_flaw(block: str) -> None:
    for text in (block, f"---\n{block}", f"---\n{block}\n---\n"):
        found = find_fences(text)
        if isinstance(found, Fences):
            assert text[: found.yaml.start].rstrip() == "---"
            assert text[found.yaml.end : found.body].rstrip() == "---"


# The pure loader refuses a tab around a value and `|#`, which the other reads, and places the empty value of
# `{k: }` elsewhere: it may refuse more, but never reads otherwise.
@settings(max_examples=300, deadline=None)
@given(BLOCKS)
@example("ż: 😀\nname: [a, 'b']\ntext: |\n  c\n")
@example("\ufeffname: x\n")
def test_the_c_loader_and_the_pure_one_read_the_same(block: str) -> None:
    assume("\t" not in block and "|#" not in block and "{" not in block)
    fast = read(block)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CLoader", raising=False)
        slow = read(block)
    assert isinstance(fast, Flaw) == isinstance(slow, Flaw)
    assert isinstance(fast, Flaw) or fast == slow


def test_the_characters_that_yaml_does_not_allow_are_those_of_its_own_reader() -> None:
    """All ranges of both, with their neighbours; a byte order mark has a rule of its own."""
    edges = (0x20, 0x7F, 0x85, 0xA0, 0xD800, 0xE000, 0xFEFF, 0xFFFE, 0x10000, 0x10FFFF)
    near = {*range(0x100), *(edge + by for edge in edges for by in (-2, -1, 0, 1, 2))}
    for one in map(chr, sorted(near & {*range(0x110000)} - {0xFEFF})):
        refused = read(f"a: '{one}'\n") == Flaw("yaml", 4, "a character YAML does not allow")
        assert refused == bool(yaml.reader.Reader.NON_PRINTABLE.search(one)), ascii(one)
