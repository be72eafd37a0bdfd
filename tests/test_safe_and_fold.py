from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.config import Config
from ptcrm.model.customer import LogEntry
from ptcrm.text.fold import fold, same_id, slug
from ptcrm.text.markdown import find_links
from ptcrm.text.safe import (
    for_csv,
    for_entry,
    for_feed,
    for_json,
    for_terminal,
    for_value,
    from_csv,
    one_line,
)
from ptcrm.text.source import Span
from ptcrm.vault.log import LineReader

BIDI = "\u061c\u200e\u200f\u202a\u202e\u2066\u2069"
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
# Any text, and text of what does harm; a file's names may hold lone surrogates (os.fsdecode).
TEXTS = st.text() | st.text(st.sampled_from(["a", "ż", " ", *CONTROLS, *BIDI, "\u2028", "\ufeff", "\udcff"]))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("ẞ", "ss"),
        ("ŻAK", "zak"),
        ("İpek", "ipek"),
        ("IŞIK", "isik"),
        ("ışık", "isik"),
        ("Đorđe Þór Ærøskøbing", "dorde thor aeroskobing"),
        ("Zoe\u0308", "zoe"),
        ("Άννα Σ", "αννα σ"),
        ("𝐀𝐧𝐧𝐚 ﬁn ™", "anna fin tm"),
        ("株式会社", "株式会社"),
        ("バイク", "バイク"),
        ("한글", "한글"),
        ("हिन्दी", "हिन्दी"),
        ("", ""),
    ],
)
def test_folding_takes_case_and_accents_and_nothing_else(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_and_spellings_of_unicode_do_not_matter(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == folded


def test_ids_are_compared_without_case_but_with_accents() -> None:
    assert same_id("Łódź") == same_id("łódź") == same_id(unicodedata.normalize("NFD", "ŁÓDŹ"))
    assert same_id("łódź") != same_id("lodz")


@given(st.text())
def test_the_compared_form_of_an_id_is_its_own(text: str) -> None:
    assert same_id(same_id(text)) == same_id(text)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Anna Kowalska", "anna-kowalska"),
        ("  Łódź_&_Co. ", "lodz-co"),
        ("株式会社", "株式会社"),
        ("!?", ""),
        ("", ""),
    ],
)
def test_a_slug_is_letters_and_digits(name: str, stem: str) -> None:
    assert slug(name) == stem


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "�[31mred�[0m"),
        ("\x1b]0;title\x07", "�]0;title�"),
        ("\x9b31m", "�31m"),
        ("a\u202ecod.exe", "a�cod.exe"),
        ("over\rwritten\b", "over�written�"),
        ("a\tb\r\nc\n", "a\tb\nc\n"),
        ("Zażółć 😀 [a@b.pl]", "Zażółć 😀 [a@b.pl]"),
    ],
)
def test_the_terminal_gets_no_control_characters(text: str, shown: str) -> None:
    assert for_terminal(text) == shown


@given(TEXTS)
def test_no_text_moves_the_cursor_or_reorders_the_line(text: str) -> None:
    for shown in (for_terminal(text), for_json(json.dumps(text, ensure_ascii=False))):
        assert not set(shown) & ({*CONTROLS, *BIDI, "\u2028", "\ufeff", "\udcff"} - {"\t", "\n"})
        shown.encode()


@given(TEXTS, st.booleans())
def test_json_keeps_its_value(text: str, ascii_only: bool) -> None:  # hypothesis passes by place
    assert json.loads(for_json(json.dumps(text, ensure_ascii=ascii_only))) == text


@given(TEXTS)
def test_one_line_is_one(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert line.replace(" ", "") == "".join(text.split())


def test_one_line_has_single_blanks() -> None:
    assert one_line(" a\r\n\r\n  b\u2028c\td ") == "a b c d"


def test_a_feed_keeps_line_breaks_of_every_kind_and_no_other_control() -> None:
    assert for_feed("a\r\nb\rc\vd\x85e\u2028f\n\tg\x00\x07\x1b\x9b\x7f\ud800h") == "a\nb\nc\nd\ne\nf\n gh"


@given(TEXTS)
def test_a_feed_holds_nothing_a_calendar_may_not(text: str) -> None:
    clean = for_feed(text)
    assert not set(clean) & ({*CONTROLS, "\u2028", "\udcff"} - {"\n"})
    assert for_feed(clean) == clean
    clean.encode()


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "-", "+48 600", "'=1"],
)
def test_what_a_spreadsheet_would_run_gets_a_quote(cell: str) -> None:
    assert for_csv(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "Anna",
        "a=b",
        "'t Hooft",
        "''",
        "+48 600 100 200",
        "+48600123456",
        "+1 (555) 123-4567",
        "+49\u00a089/123456",
    ],
)
def test_other_cells_and_phone_numbers_stay_as_they_are(cell: str) -> None:
    assert for_csv(cell) == cell == from_csv(cell)


@pytest.mark.parametrize("cell", ["+48 600 100 200=1", "+48 600 100 200\n", "+4860012345678901234", "+1-2"])
def test_what_is_nearly_a_phone_number_gets_a_quote(cell: str) -> None:
    assert for_csv(cell) == f"'{cell}"


@given(TEXTS | st.text(st.sampled_from("'=+-@\t\r\n 048a")))
def test_a_cell_comes_back_as_it_was_and_runs_nothing(cell: str) -> None:
    written = for_csv(cell)
    assert from_csv(written) == cell
    assert written[:1] not in set("=-@\t\r\n")
    assert not written.startswith("+") or set(written) <= set("+0123456789 ()./-\u00a0")


def test_the_quote_of_a_spreadsheet_before_a_phone_number_is_taken_off() -> None:
    assert from_csv("'+48 600 100 200") == "+48 600 100 200"


@given(TEXTS)
def test_a_value_from_elsewhere_is_one_safe_line(text: str) -> None:
    value = for_value(text)
    assert for_terminal(value) == value == one_line(value) == for_value(value)


@given(TEXTS | st.text(st.sampled_from("[]#<>:% a1/!\n")))
def test_words_of_an_entry_from_elsewhere_forge_nothing(text: str) -> None:
    entry = LineReader.of(Config()).parse_entry(f"2026-01-05 email: {for_entry(text)}")
    assert isinstance(entry, LogEntry)
    assert (entry.tags, entry.fields) == ((), ())
    assert find_links(entry.text, Span(0, len(entry.text))) == []
    assert for_entry(for_entry(text)) == for_entry(text)
