from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.text.edits import Edit, apply_edits, places, unified_diff
from ptcrm.text.source import Span


def test_edits_are_made_at_their_places_in_any_order() -> None:
    edits = [
        Edit(Span(6, 11), "Anna"),
        Edit(Span(0, 5), "Bye"),
        Edit(Span(11, 11), "!"),
        Edit(Span(5, 6), ""),
    ]
    assert apply_edits("Hello World", edits) == "ByeAnna!"


def test_inserts_at_one_offset_keep_their_order_and_stand_before_a_replacement() -> None:
    edits = [Edit(Span(1, 2), "X"), Edit(Span(1, 1), "1"), Edit(Span(1, 1), "2"), Edit(Span(2, 2), "3")]
    assert apply_edits("abc", edits) == "a12X3c"


def test_no_edit_changes_nothing() -> None:
    assert apply_edits("a\r\nb", []) == "a\r\nb"


@pytest.mark.parametrize("spans", [[(0, 2), (1, 3)], [(0, 3), (1, 1)], [(0, 2), (0, 2)]])
def test_overlapping_edits_are_an_error(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="edits overlap at offset"):
        apply_edits("abcd", [Edit(Span(*span), "x") for span in spans])


@given(st.text(), st.data())
def test_characters_outside_the_spans_are_unchanged(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = [Span(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    edits = [Edit(span, data.draw(st.text(max_size=3))) for span in spans]
    starts, ends = [0, *(span.end for span in spans)], [*(span.start for span in spans), len(text)]
    kept = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    new = [edit.text for edit in edits]
    expected = kept[0] + "".join(part + after for part, after in zip(new, kept[1:], strict=True))
    assert apply_edits(text, data.draw(st.permutations(edits)) if _distinct(spans) else edits) == expected
    assert [span.of(expected) for span in places(edits)] == new


def _distinct(spans: list[Span]) -> bool:
    """Whether no two spans start at one offset, so that their order does not matter."""
    return len({span.start for span in spans}) == len(spans)


def test_a_diff_shows_what_changed() -> None:
    assert unified_diff("customers/anna.md", "a\nb\nc\n", "a\nB\nc\n") == (
        "--- a/customers/anna.md\n+++ b/customers/anna.md\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    )


def test_a_diff_keeps_other_line_ends_and_tells_of_a_missing_one() -> None:
    diff = unified_diff("a.md", "a\r\nb\u2028c", "a\nb\u2028c\n")
    assert diff.partition("@@\n")[2] == "-a\r\n-b\u2028c\n\\ No newline at end of file\n+a\n+b\u2028c\n"


def test_equal_texts_have_no_diff_and_a_new_file_is_all_additions() -> None:
    assert unified_diff("a.md", "a\n", "a\n") == ""
    assert unified_diff("a.md", "", "a\nb\n").endswith("@@ -0,0 +1,2 @@\n+a\n+b\n")
