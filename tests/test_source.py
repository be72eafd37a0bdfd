from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.text.source import BOM, Position, Source, Span, UndecodableError, digest

PIECES = ["a", "ż", "😀", " ", "\n", "\r\n", "\r", "\0", "\u2028", "\ufeff"]


@given(st.lists(st.sampled_from(PIECES)) | st.text(), st.booleans())
def test_the_bytes_come_back_as_they_were(
    parts: list[str] | str, bom: bool
) -> None:  # hypothesis passes by place
    content = (BOM if bom else b"") + "".join(parts).encode()
    assert Source.decode("a.md", content).content == content


@given(st.binary())
def test_bytes_are_read_exactly_or_refused_at_the_first_that_does_not_fit(content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        with pytest.raises(UndecodableError, match=f"byte {error.start}$"):
            Source.decode("a.md", content)
    else:
        assert Source.decode("a.md", content).content == content


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (b"caf\xe9", 3),
        ("zażółć".encode("utf-16"), 0),
        (BOM + b"ok \xff", 6),
        (b"\xed\xa0\x80", 0),
        ("ż".encode()[:1], 0),
    ],
)
def test_undecodable_bytes_are_named_by_their_offset(content: bytes, offset: int) -> None:
    with pytest.raises(UndecodableError, match=f"^not UTF-8 at byte {offset}$") as caught:
        Source.decode("a.md", content)
    assert caught.value.offset == offset


def test_a_byte_order_mark_is_no_text() -> None:
    source = Source.decode("a.md", BOM + b"---\n")
    assert (source.text, source.bom) == ("---\n", True)
    assert Source.decode("a.md", BOM + BOM).text == "\ufeff"


@pytest.mark.parametrize(
    ("offset", "place"),
    [(0, (1, 1)), (1, (1, 2)), (3, (1, 4)), (4, (2, 1)), (6, (2, 3)), (7, (3, 1)), (9, (3, 3))],
)
def test_positions_count_lines_and_characters_from_one(offset: int, place: tuple[int, int]) -> None:
    text = "ża\r\nb\u2028\n\vc"
    assert Source("a.md", text).position(offset) == Position(*place)


@given(st.text(st.sampled_from("ab\r\n\u2028")), st.data())
def test_a_position_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = Source("a.md", text).position(offset)
    lines = text.split("\n")
    assert sum(len(one) + 1 for one in lines[: line - 1]) + column - 1 == offset


@pytest.mark.parametrize(
    ("text", "offset", "line_end"),
    [
        ("", 0, "\n"),
        ("a", 1, "\n"),
        ("\n", 0, "\n"),
        ("a\r\nb\nc", 3, "\r\n"),
        ("a\r\nb\nc", 5, "\n"),
        ("a\nb\r\n", 2, "\n"),
        ("a\r\n", 0, "\r\n"),
        ("a\rb", 3, "\n"),
        ("\na\r\n", 1, "\n"),
    ],
)
def test_a_new_line_takes_the_end_of_its_neighbour(text: str, offset: int, line_end: str) -> None:
    assert Source("a.md", text).line_end_near(offset) == line_end


def test_sources_are_equal_by_path_and_bytes_not_by_what_they_remember() -> None:
    one, other = Source("a.md", "a\nb"), Source("a.md", "a\nb")
    one.position(2)
    assert one == other
    assert one != Source("a.md", "a\nb", bom=True)


def test_a_span_is_half_open_and_a_digest_is_of_the_bytes() -> None:
    assert Span(1, 3).of("abcd") == "bc"
    assert digest(b"a") == hashlib.sha256(b"a").hexdigest()
