"""A change to a long file is the same bytes, whether the middle of its log was read or not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ptcrm.errors import PtcrmError, RefusedError
from ptcrm.model.change import Write
from ptcrm.text.edits import Edit
from ptcrm.text.source import Source, Span
from ptcrm.vault.abridged import Abridged, abridged
from ptcrm.vault.amend import Amendment, amended
from ptcrm.vault.fields import set_field
from ptcrm.vault.lines import append_entry, tick
from ptcrm.vault.schema import BY_NAME, Reading, read_customer
from tests.oracle import READER
from tests.test_amend_properties import BODY_LINES, PIECES, SLOWLY, front_matter

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = date(2026, 11, 23)
KEPT = 60  # characters: two lines or three


# Long files of every habit

ODD = f"""\
{BODY_LINES}
- 2026-10-01 call: --> no comment
- Birthday party, no entry
+ 2026-10-02 note: plus
* [[2026-10-03]] call: linked
- **2026-10-04** call: bold
- 1. [ ] 2026-12-01 call: a task inside
- - 2026-10-01 call: an item inside
 - 2026-10-05 call: not at the margin
  1. [ ] 2026-12-02 call: numbered
    - [ ] 2026-12-03 call: deep
  Delivered on the 20th
\u2003\u2003wide
Autumn 2019
===
=======
<<<<<<< HEAD
>>>>>>> other
~~~
  ```
<!-- one line -->
 <!--
  # no heading
 ## Log
### Below
***
-
- 2026-10-01 call: \r lone
- [x] 2026-11-02 call: done [done:: 2026-11-03]
- [x] 2026-11-02 call: every [every:: 1 month]""".split("\n")
USUAL = (
    "- 2026-10-07 call: Talked",
    "- 2026-10-07 call: Talked",
    "- 2026-09-03 email (in): Asked [[jan]] #a",
    "* 2026-11-05 note: `x`",
    "- 2026-02-30 call: no day",
    "  Delivered on the 20th",
    "",
)


@st.composite
def stretches(draw: st.DrawFn) -> list[str]:
    """Lines of usual entries, many of them alike."""
    some = draw(st.lists(st.sampled_from(USUAL), min_size=1, max_size=5))
    return some * draw(st.integers(2, 9))


@st.composite
def long_files(draw: st.DrawFn) -> str:
    lines: list[str] = [draw(st.sampled_from(["## Log", "## Log", "# Dziennik\n## Log", "Words"])), ""]
    for _ in range(draw(st.integers(1, 4))):
        lines += draw(stretches())
        lines += draw(st.lists(st.sampled_from(ODD), max_size=3))
    head = draw(st.sampled_from(["", "name: It\n"]) | front_matter())
    text = f"---\n{head}---\n" + "\n".join(lines) + draw(st.sampled_from(["", "\n"]))
    ends = draw(st.sampled_from(["\n", "\n", "\r\n", "mixed"]))
    if ends != "mixed":
        return text.replace("\n", ends)
    parts = text.split("\n")
    picked = draw(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=7, max_size=7))
    return "".join(line + picked[at % 7] for at, line in enumerate(parts[:-1])) + parts[-1]


def whole(text: str) -> Reading:
    return read_customer(Source("customers/it.md", text), READER)


def short(text: str, kept: int = KEPT) -> Abridged:
    return abridged(Source("customers/it.md", text), READER, kept)


def outcome(make: Callable[[], Write]) -> Write | str:
    """The change, or why there is none."""
    try:
        return make()
    except RefusedError as error:
        return str(error)


def both(text: str, change: Callable[[Reading], Amendment]) -> tuple[Write | str, Write | str]:
    """What comes of the change in the long way and in the short one."""
    reading, part = whole(text), short(text)
    return (
        outcome(lambda: amended(reading, change(reading), READER)),
        outcome(lambda: part.amended(change(part.reading), READER)),
    )


WORDS = st.sampled_from(
    ["call: x", ": [[jan]] #a", "note: y\n```\ncode", "call: z\n<!-- no end", "visit: ```", "sale: a\n\n- b"]
)


@SLOWLY
@given(long_files(), WORDS, st.booleans())
def test_an_entry_is_the_same_bytes(text: str, words: str, newest: bool) -> None:
    assume(whole(text).customer is not None)
    line = f"{DAY if newest else '2020-01-01'}{'' if words[0] == ':' else ' '}{words}"
    long, quick = both(text, lambda reading: append_entry(reading, line, READER))
    assert quick == long


@SLOWLY
@given(long_files(), st.integers(0, 3), st.booleans())
def test_a_follow_up_that_is_done_is_the_same_bytes(text: str, number: int, with_entry: bool) -> None:
    reading = whole(text)
    assume(reading.customer is not None and len(reading.customer.open_follow_ups) > number)

    def closed(found: Reading) -> Amendment:
        assert found.customer is not None
        done = tick(found, found.customer.open_follow_ups[number], DAY)
        return done + append_entry(found, f"{DAY} call: Went", READER) if with_entry else done

    long, quick = both(text, closed)
    assert quick == long


@SLOWLY
@given(long_files(), st.sampled_from(["", "2027-01-04"]))
def test_a_field_that_is_set_is_the_same_bytes(text: str, value: str) -> None:
    assume(whole(text).customer is not None)
    long, quick = both(text, lambda reading: set_field(reading, BY_NAME["snooze"], [value] if value else []))
    assert quick == long


@SLOWLY
@given(long_files(), st.data())
def test_an_edit_that_does_more_is_refused_alike(text: str, data: st.DataObject) -> None:
    """Edits at any place that stays, which claim to add an entry or nothing."""
    part = short(text)
    assume(part.reading.customer is not None and part.cuts)
    kept = part.reading.document.source.text
    start = data.draw(st.integers(0, len(kept)))
    end = min(len(kept), start + data.draw(st.sampled_from([0, 0, 3])))
    assume(all(not start <= place <= end for place in places(part)))
    piece = data.draw(st.sampled_from([*PIECES.split("|"), "\n-->\n", "\n<!--\n", "\n```\n"]))
    ours = Amendment((Edit(Span(start, end), piece),))
    theirs = Amendment((part._moved(ours.edits[0]),))  # noqa: SLF001  # the same place in the whole file
    long = outcome(lambda: amended(whole(text), theirs, READER))
    assert outcome(lambda: part.amended(ours, READER)) == long


def places(part: Abridged) -> list[int]:
    """Where something was left out, as offsets of what was read."""
    found, gone = [], 0
    for cut in part.cuts:
        found.append(cut.start - gone)
        gone += cut.end - cut.start
    return found


@SLOWLY
@given(long_files())
def test_all_but_the_middle_of_the_log_is_read_as_in_the_whole(text: str) -> None:
    part, reading = short(text), whole(text)
    one, other = part.reading.customer, reading.customer
    assume(one is not None and other is not None)
    assert one is not None
    assert other is not None
    assert (one.id, one.name, one.tier, one.own) == (other.id, other.name, other.tier, other.own)
    assert one.follow_ups == other.follow_ups
    assert [task.due for task in one.open_follow_ups] == [task.due for task in other.open_follow_ups]
    assert set(one.log) <= set(other.log)
    assert [cut for cut in part.cuts if cut.start >= cut.end] == []


# Files as people have them


def a_log(count: int, *, down: bool = True, end: str = "\n") -> str:
    days = [date.fromordinal(DAY.toordinal() - number) for number in range(count)]
    lines = [f"- {day} call: Talked about the frames" for day in (days if down else reversed(days))]
    return end.join(["---", "name: It", "---", "", "## Log", "", *lines, "", "## Notes", "", "Words.", ""])


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_most_of_a_long_log_is_not_read(down: bool, end: str) -> None:
    text = a_log(5000, down=down, end=end)
    part = short(text, 2000)
    assert part.reading.customer is not None
    assert 50 < len(part.reading.customer.log) < 200
    long, quick = both(text, lambda reading: append_entry(reading, f"{DAY} call: New", READER))
    assert isinstance(quick, Write)
    assert quick == long


@pytest.mark.parametrize(
    "odd",
    [
        "- [ ] 2027-01-01 call: Ask",
        "```\ncode\n```",
        "## Notes",
        "> quoted",
        "- 1. [ ] 2027-01-01 call: x",
        "  1. [ ] 2027-01-01 call: x",
        "<!-- open",
    ],
)
def test_what_may_bear_on_more_than_itself_is_always_read(odd: str) -> None:
    lines = a_log(600).split("\n")
    lines[300:300] = odd.split("\n")
    part = short("\n".join(lines), 200)
    assert part.cuts
    assert odd in part.reading.document.source.text


@pytest.mark.parametrize("text", ["", "Words.\n" * 90, "---\nname: x\n" + "- 2026-01-01: x\n" * 90])
def test_a_file_without_a_log_is_read_whole(text: str) -> None:
    assert short(text).cuts == ()


def test_a_refusal_names_the_line_of_the_whole_file() -> None:
    text = a_log(600).replace("Words.", "<<<<<<< HEAD")
    part = short(text, 200)
    assert part.cuts
    with pytest.raises(PtcrmError, match="line 610: two versions wait"):
        part.amended(Amendment((Edit(Span(4, 4), "tier: gold\n"),)), READER)


def test_what_a_comment_hides_is_no_log() -> None:
    lines = a_log(600).split("\n")
    lines[8:8] = ["<!--"]
    lines[590:590] = ["- 2026-01-01 call: the end -->"]
    text = "\n".join(lines)
    long, quick = both(text, lambda reading: append_entry(reading, f"{DAY} call: New", READER))
    assert isinstance(quick, Write)
    assert quick == long
