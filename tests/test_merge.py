"""Two versions of a file made into one: each rule by an example, then what must hold for any two."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm import driver
from ptcrm.git.merge import Merged, merge
from tests.conftest import ROOT, Run
from tests.fuzz.devices import Three, threes
from tests.fuzz.merges import AGAIN, by_git, faults, merged, sides

FILE = """\
---
name: Anna Kowalska
tier: gold # since the fair
tags: [bike-shop, newsletter]
emails:
  - anna@rowery.example
occasions:
  - wedding 2012-09-01
norms: Ask about the shop first.
---

Met at the fair. Runs two shops.

Drinks tea.

## Follow-ups

- [ ] 2026-12-01 call: Ask how the opening went
- [ ] 2026-12-09 email: Send the article ^a1

## Log

- 2026-11-02 call: The new shop
- 2026-10-12 note: Thank-you card
  It was late.
"""


def after(*changes: tuple[str, str]) -> str:
    """The file with some of its text replaced."""
    text = FILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def both(base: str, ours: str, theirs: str) -> Merged:
    """The merge, which is the same whichever side is which."""
    result = merge(base.encode(), ours.encode(), theirs.encode())
    swapped = merge(base.encode(), theirs.encode(), ours.encode())
    assert result is not None
    assert swapped is not None
    assert sides(result.content) == sides(swapped.content)[::-1]
    assert swapped.conflicts == result.conflicts
    assert sorted(swapped.notes) == sorted(result.notes)
    return result


TOP = "- 2026-11-02 call: The new shop\n"
END = "  It was late.\n"
TASK = "- [ ] 2026-12-01 call: Ask how the opening went\n"
Change = tuple[str, str]

# What one side does, what the other does, and what stands in the file then.
RULES: dict[str, tuple[Change, Change, Change]] = {
    "keys by themselves": (
        ("tier: gold", "tier: silver"),
        ("name: Anna Kowalska", "name: Anna Nowak"),
        ("name: Anna Kowalska\ntier: gold", "name: Anna Nowak\ntier: silver"),
    ),
    "a value, and the comment behind it": (
        ("tier: gold # since the fair", "tier: silver # since the fair"),
        ("# since the fair", "# since May"),
        ("tier: gold # since the fair", "tier: silver # since May"),
    ),
    "quotes are no change": (
        ("norms: Ask about the shop first.", 'norms: "Ask about the shop first."'),
        ("Ask about the shop first.", "Never call early."),
        ("norms: Ask about the shop first.", "norms: Never call early."),
    ),
    "new keys in one place": (
        ("norms:", "owner: marta\nnorms:"),
        ("norms:", "language: pl\nnorms:"),
        ("norms:", "language: pl\nowner: marta\nnorms:"),
    ),
    "comments of both sides": (
        ("emails:", "# ours\nemails:"),
        ("emails:", "# theirs\nemails:"),
        ("emails:", "# ours\n# theirs\nemails:"),
    ),
    "a comment each behind one value": (
        ("2012-09-01\nnorms: Ask about the shop first.", "2012-09-01\nnorms: Ask about the shop first. # a"),
        ("norms: Ask about the shop first.", "norms: Ask about the shop first. # b"),
        ("norms: Ask about the shop first.", "norms: Ask about the shop first. # a # b"),
    ),
    "a list as a set": (
        ("[bike-shop, newsletter]", "[bike-shop, vip]"),
        ("[bike-shop, newsletter]", "[fair, bike-shop, newsletter]"),
        ("[bike-shop, newsletter]", "[fair, bike-shop, vip]"),
    ),
    "a member that is there twice": (
        ("[bike-shop, newsletter]", "[bike-shop, newsletter, vip]"),
        ("tags: [bike-shop, newsletter]", "tags:\n  - bike-shop\n  - newsletter\n  - newsletter"),
        ("tags: [bike-shop, newsletter]", "tags:\n  - bike-shop\n  - newsletter\n  - newsletter\n  - vip"),
    ),
    "one side put the list on lines": (
        ("tags: [bike-shop, newsletter]", "tags:\n  - bike-shop\n  - newsletter"),
        ("newsletter]", 'newsletter, "a, b"]'),
        ("tags: [bike-shop, newsletter]", 'tags:\n  - bike-shop\n  - newsletter\n  - "a, b"'),
    ),
    "one side put the list in brackets": (
        ("emails:\n  - anna@rowery.example", "emails: [anna@rowery.example]"),
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - a, b\n"),
        ("emails:\n  - anna@rowery.example", 'emails: [anna@rowery.example, "a, b"]'),
    ),
    "members with comments": (
        ("  - anna@rowery.example\n", "  - anna@rowery.example # work\n"),
        ("  - anna@rowery.example\n", "  # the best\n  - anna@rowery.example\n  - a@b.example\n"),
        ("  - anna@rowery.example\n", "  # the best\n  - anna@rowery.example # work\n  - a@b.example\n"),
    ),
    "a comment each behind one new member": (
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - a@b.example # work\n"),
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - 'a@b.example' # her husband's\n"),
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - 'a@b.example' # her husband's # work\n"),
    ),
    "a comment behind one of two new members": (
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - a@b.example # work\n"),
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - a@b.example\n"),
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - a@b.example # work\n"),
    ),
    "one side indents, the other adds": (
        ("  - anna@rowery.example\n", "- anna@rowery.example\n"),
        ("  - anna@rowery.example\n", "  - anna@rowery.example\n  - a@b.example\n"),
        ("  - anna@rowery.example\n", "- anna@rowery.example\n- a@b.example\n"),
    ),
    "an occasion by its name": (
        ("wedding 2012-09-01", "wedding 2012-09-02"),
        ("  - wedding 2012-09-01\n", "  - wedding 2012-09-01\n  - name day --07-26\n"),
        ("  - wedding 2012-09-01\n", "  - wedding 2012-09-02\n  - name day --07-26\n"),
    ),
    "entries at the top, the newest first": (
        (TOP, f"- 2026-11-20 call: Ours\n{TOP}"),
        (TOP, f"- 2026-11-21 visit: Theirs\n  And more.\n{TOP}"),
        (TOP, f"- 2026-11-21 visit: Theirs\n  And more.\n- 2026-11-20 call: Ours\n{TOP}"),
    ),
    "one entry from both": (
        (TOP, f"- 2026-11-20 call: Both\n{TOP}"),
        (TOP, f"- 2026-11-21 call: Theirs\n- 2026-11-20 call: Both\n{TOP}"),
        (TOP, f"- 2026-11-21 call: Theirs\n- 2026-11-20 call: Both\n{TOP}"),
    ),
    "equal entries, as many as either side has": (
        (TOP, TOP * 2),
        (TOP, TOP * 3),
        (TOP, TOP * 3),
    ),
    "an entry that one side removed": (
        (TOP, ""),
        (END, f"{END}- 2026-09-01 call: Old\n"),
        (
            f"{TOP}- 2026-10-12 note: Thank-you card\n{END}",
            f"- 2026-10-12 note: Thank-you card\n{END}- 2026-09-01 call: Old\n",
        ),
    ),
    "a tick and other words": (
        (TASK, TASK.replace("[ ]", "[x]").replace("went\n", "went [done:: 2026-11-22]\n")),
        ("how the opening went", "how the opening really went"),
        (TASK, "- [x] 2026-12-01 call: Ask how the opening really went [done:: 2026-11-22]\n"),
    ),
    "another day and another channel": (
        ("2026-12-01 call:", "2026-12-24 call:"),
        ("2026-12-01 call:", "2026-12-01 visit:"),
        ("2026-12-01 call:", "2026-12-24 visit:"),
    ),
    "all of it changed, but for the block id": (
        ("- [ ] 2026-12-09 email: Send the article ^a1", "- [x] 2026-12-09 email: Send the article ^a1"),
        ("2026-12-09 email: Send the article ^a1", "2026-12-24 card: Merry Christmas [cost:: 4 EUR] ^a1"),
        (
            "- [ ] 2026-12-09 email: Send the article ^a1",
            "- [x] 2026-12-24 card: Merry Christmas [cost:: 4 EUR] ^a1",
        ),
    ),
    "one ticked, and the other put another in its place": (
        ("- [ ] 2026-12-09 email: Send the article ^a1", "- [x] 2026-12-09 email: Send the article ^a1"),
        ("- [ ] 2026-12-09 email: Send the article ^a1", "- [ ] 2026-12-19 call: Ask for the invoice"),
        (
            "- [ ] 2026-12-09 email: Send the article ^a1",
            "- [ ] 2026-12-19 call: Ask for the invoice\n- [x] 2026-12-09 email: Send the article ^a1",
        ),
    ),
    "one put off, and the other put another in its place": (
        ("2026-12-01 call: Ask how the opening went", "2026-12-02 call: Ask how the opening went"),
        ("2026-12-01 call: Ask how the opening went", "2026-12-03 email: Send the figures"),
        (
            "- [ ] 2026-12-01 call: Ask how the opening went",
            "- [ ] 2026-12-02 call: Ask how the opening went\n- [ ] 2026-12-03 email: Send the figures",
        ),
    ),
    "both ticked": (
        (TASK, TASK.replace("[ ]", "[X]")),
        (TASK, TASK.replace("[ ]", "[x]")),
        (TASK, TASK.replace("[ ]", "[x]")),
    ),
    "two sentences of a paragraph": (
        ("Met at the fair.", "Met at the fair in May. She was new."),
        ("Runs two shops.", "Runs two shops. She owns both."),
        (
            "Met at the fair. Runs two shops.",
            "Met at the fair in May. She was new. Runs two shops. She owns both.",
        ),
    ),
    "sentences that both sides added": (
        ("Drinks tea.", "Drinks tea. Has a dog."),
        ("Drinks tea.", "Drinks tea. Sails."),
        ("Drinks tea.", "Drinks tea. Has a dog. Sails."),
    ),
    "paragraphs that both sides added": (
        ("Drinks tea.\n", "Drinks tea.\n\nHas a dog.\n"),
        ("Drinks tea.\n", "Drinks tea.\n\nSails.\n"),
        ("Drinks tea.\n", "Drinks tea.\n\nHas a dog.\n\nSails.\n"),
    ),
    "a paragraph that moved, and an edit of it": (
        ("Drinks tea.\n\n## Follow-ups\n", "## Follow-ups\n\nDrinks tea.\n"),
        ("Drinks tea.", "Drinks green tea."),
        ("Drinks tea.\n\n## Follow-ups\n", "## Follow-ups\n\nDrinks green tea.\n"),
    ),
    "a paragraph that moved and was changed, and the same edit of it": (
        ("Drinks tea.\n\n## Follow-ups\n", "## Follow-ups\n\nDrinks green tea.\n"),
        ("Drinks tea.", "Drinks green tea."),
        ("Drinks tea.\n\n## Follow-ups\n", "## Follow-ups\n\nDrinks green tea.\n"),
    ),
    "a new section below a log that goes on": (
        (END, f"{END}- 2026-09-01 call: Old\n"),
        (END, f"{END}\n## Family\n\nTwo sons.\n"),
        (END, f"{END}- 2026-09-01 call: Old\n\n## Family\n\nTwo sons.\n"),
    ),
    "a log that one side renamed, and a new entry": (
        ("## Log\n", "## Dziennik\n"),
        (TOP, f"- 2026-11-20 call: New\n{TOP}"),
        (f"## Log\n\n{TOP}", f"## Dziennik\n\n- 2026-11-20 call: New\n{TOP}"),
    ),
    "a log that one side underlined, and a new entry": (
        ("## Log\n", "Log\n---\n"),
        (TOP, f"- 2026-11-20 call: New\n{TOP}"),
        (f"## Log\n\n{TOP}", f"Log\n---\n\n- 2026-11-20 call: New\n{TOP}"),
    ),
    "a section that one side renamed, and a new follow-up": (
        ("## Follow-ups\n", "## To do\n"),
        (TASK, f"- [ ] 2026-11-30 call: Ring\n{TASK}"),
        (f"## Follow-ups\n\n{TASK}", f"## To do\n\n- [ ] 2026-11-30 call: Ring\n{TASK}"),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_what_both_did_is_there(name: str) -> None:
    ours, theirs, expected = RULES[name]
    result = both(FILE, after(ours), after(theirs))
    assert result.content.decode() == after(expected)
    assert result.conflicts == 0


# What both sides changed, and what stands between the markers then.
CONFLICTS: dict[str, tuple[Change, Change, str, str]] = {
    "a value": (
        ("gold", "silver"),
        ("gold", "bronze"),
        "tier: silver # since the fair\n",
        "tier: bronze # since the fair\n",
    ),
    "an occasion": (
        ("wedding 2012-09-01", "wedding 2012-09-02"),
        ("wedding 2012-09-01", "wedding 2013-09-01"),
        "  - wedding 2012-09-02\n",
        "  - wedding 2013-09-01\n",
    ),
    "a day": (
        ("2026-12-01", "2026-12-02"),
        ("2026-12-01", "2026-12-03"),
        TASK.replace("12-01", "12-02"),
        TASK.replace("12-01", "12-03"),
    ),
    "a sentence": (
        ("two shops", "three shops"),
        ("two shops", "four shops"),
        "Met at the fair. Runs three shops.\n",
        "Met at the fair. Runs four shops.\n",
    ),
    "a key that is new": (
        ("norms:", "role: owner\nnorms:"),
        ("norms:", "role: manager\nnorms:"),
        "role: owner\n",
        "role: manager\n",
    ),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_what_both_changed_stands_there_twice(name: str) -> None:
    ours, theirs, left, right = CONFLICTS[name]
    added = (TOP, f"- 2026-11-20 call: Ours\n{TOP}")
    result = both(FILE, after(ours, added), after(theirs))
    assert result.conflicts == 1
    text = result.content.decode()
    assert f"<<<<<<< ours\n{left}=======\n{right}>>>>>>> theirs\n" in text
    assert sides(result.content) == (after(ours, added).encode(), after(theirs, added).encode())


def test_markers_are_of_the_size_and_the_names_that_are_asked_for() -> None:
    ours, theirs = after(("gold", "silver")).encode(), after(("gold", "bronze")).encode()
    result = merge(FILE.encode(), ours, theirs, ("HEAD", "feature"), 9)
    assert result is not None
    assert b"<<<<<<<<< HEAD\n" in result.content
    assert b">>>>>>>>> feature\n" in result.content


@pytest.mark.parametrize(
    ("removed", "changed", "said"),
    [
        (
            ("norms: Ask about the shop first.\n", ""),
            ("shop first", "shop last"),
            "norms: Ask about the shop last.",
        ),
        (
            ("norms: Ask about the shop first.", "norms:"),
            ("shop first", "shop last"),
            "norms: Ask about the shop last.",
        ),
        ((TASK, ""), ("2026-12-01", "2026-12-02"), TASK.replace("12-01", "12-02").strip()),
        (("Drinks tea.\n\n", ""), ("Drinks tea.", "Drinks green tea."), "Drinks green tea."),
        (
            (TOP, ""),
            ("The new shop", "The new shop #expansion"),
            "- 2026-11-02 call: The new shop #expansion",
        ),
    ],
)
def test_what_one_side_removed_and_the_other_changed_is_kept(
    removed: Change, changed: Change, said: str
) -> None:
    result = both(FILE, after(removed), after(changed))
    assert result.content.decode() == after(changed)
    assert result.conflicts == 0
    assert result.notes == (f"kept, since only one side removed it and the other changed it: {said}",)


def test_an_entry_that_both_changed_is_there_twice() -> None:
    result = both(FILE, after(("The new shop", "The new shops")), after(("The new shop", "A new shop")))
    assert "- 2026-11-02 call: A new shop\n- 2026-11-02 call: The new shops\n" in result.content.decode()
    assert len(result.notes) == 1


@pytest.mark.parametrize("log", ["## Log\n", f"## Log\n\n{TOP}- 2026-10-12 note: Thank-you card\n{END}"])
def test_a_heading_stays_where_the_other_side_has_something_new(log: str) -> None:
    theirs = after((TOP, f"- 2026-11-20 call: New\n{TOP}"))
    result = both(FILE, after((log, "")), theirs)
    text = result.content.decode()
    assert "^a1\n\n## Log\n\n- 2026-11-20 call: New\n" in text
    assert ("The new shop" in text) == (log == "## Log\n")
    assert result.notes == ("kept, since only one side removed it and the other changed it: ## Log",)


def test_a_paragraph_stays_below_a_heading_that_was_renamed() -> None:
    base = after(("Drinks tea.\n", "## About\n\nDrinks tea.\n"))
    ours = base.replace("## About", "## Person")
    theirs = base.replace("## About\n", "## About\n\nHas a dog.\n")
    expected = ours.replace("## Person\n", "## Person\n\nHas a dog.\n")
    assert both(base, ours, theirs).content.decode() == expected


@pytest.mark.parametrize("below", ["Drinks tea.\n\n", ""])
def test_a_heading_that_both_renamed_is_a_conflict(below: str) -> None:
    base = after(("Drinks tea.\n\n", f"## About\n\n{below}"))
    result = both(base, base.replace("About", "Person"), base.replace("About", "Background"))
    assert result.conflicts == 1
    text = result.content.decode()
    assert f"<<<<<<< ours\n## Person\n=======\n## Background\n>>>>>>> theirs\n\n{below}" in text


def test_entries_of_both_sides_below_a_heading_that_one_side_put_into_the_log() -> None:
    old, ours = "- 2026-11-22 call: Old\n", "- 2026-11-19 call: A\n- 2026-11-02 call: B\n"
    base = f"{FILE[: FILE.index(TOP)]}- 2024-01-01 call: First\n{old}"
    theirs = base.replace(old, f"### Spring\n\n{old}- 2026-11-18 call: C\n")
    assert both(base, base + ours, theirs).content.decode() == theirs + ours


def test_of_two_follow_ups_with_alike_words_the_channel_tells_which_one_it_was() -> None:
    first, other = "- [ ] 2027-11-07 call: Offer a lease\n", "- [ ] 2027-09-05 Offer a lease\n"
    base = after((TASK, first))
    ours = after((TASK, other + first.replace("lease", "lease (short)")))
    theirs = after((TASK, first.replace("lease", "lease again")))
    result = both(base, ours, theirs)
    assert other in result.content.decode()
    assert result.conflicts == 1


def test_two_follow_ups_that_came_to_be_alike_stay_two() -> None:
    first, second, same = (f"- [ ] 2026-12-{day} call: Ring\n" for day in ("01", "02", "24"))
    base = after((TASK, first + second))
    text = both(base, base.replace(first, same), base.replace(second, same)).content.decode()
    assert text == base.replace(first + second, same + same)


def test_a_removal_in_another_form_is_a_removal() -> None:
    removed = after(("norms: Ask about the shop first.\n", ""))
    quoted = after(("norms: Ask about the shop first.", 'norms: "Ask about the shop first."'))
    assert both(FILE, removed, quoted).content.decode() == removed


def test_a_log_that_goes_down_goes_on_at_its_end() -> None:
    base = (
        FILE.replace(TOP, "")[: FILE.index("- 2026-11-02")]
        + "- 2025-01-01 call: One\n- 2026-01-01 call: Two\n"
    )
    ours, theirs = base + "- 2026-11-21 call: Ours\n", base + "- 2026-11-20 call: Theirs\n"
    assert (
        both(base, ours, theirs).content.decode()
        == base + "- 2026-11-20 call: Theirs\n- 2026-11-21 call: Ours\n"
    )


def test_logs_of_other_names_are_merged_by_their_days() -> None:
    base, top = FILE.replace("## Log", "## Dziennik"), "- 2026-11-02"
    ours = base.replace(top, f"- 2026-11-20 telefon: Ours\n{top}")
    theirs = base.replace(top, f"- 2026-11-21 telefon: Theirs\n{top}")
    expected = base.replace(top, f"- 2026-11-21 telefon: Theirs\n- 2026-11-20 telefon: Ours\n{top}")
    assert both(base, ours, theirs).content.decode() == expected


SERIES = "- [ ] 2026-12-01 call: Ask about the shop [every:: 1 month]\n"
CLOSED = "- [x] 2026-12-01 call: Ask about the shop [every:: 1 month] [done:: 2026-11-22]\n"
NEXT = SERIES.replace("2026-12-01", "2027-01-01")
SIGNED = "- [ ] Ask about the shop 🔁 every month 📅 2026-12-01\n"


@pytest.mark.parametrize(
    ("base", "done", "theirs", "expected"),
    [
        (SERIES, NEXT + CLOSED, (("1 month", "2 months"),), (("1 month", "2 months"),)),
        (SERIES, NEXT + CLOSED, (("the shop", "both shops"),), (("the shop", "both shops"),)),
        (SERIES, NEXT + CLOSED, (("call: Ask about", "visit: See"),), (("call: Ask about", "visit: See"),)),
        (SERIES, NEXT + CLOSED, ((" [every:: 1 month]", ""),), ((" [every:: 1 month]", ""),)),
        (SERIES, NEXT + CLOSED, (("2026-12-01", "2026-12-09"),), ()),  # it was done before
        (SERIES, NEXT + CLOSED, (("2026-12-01", "2027-03-01"),), (("2027-01-01", "2027-03-01"),)),
        (
            SIGNED,
            SIGNED.replace("2026-12", "2027-01") + SIGNED.replace("[ ]", "[x]"),
            (("month", "2 months"), ("2026-12-01", "2026-12-02")),
            (("month", "2 months"),),
        ),
    ],
)
def test_what_one_side_changed_in_a_series_is_meant_for_its_next(
    base: str, done: str, theirs: tuple[Change, ...], expected: tuple[Change, ...]
) -> None:
    def changed(text: str, changes: tuple[Change, ...]) -> str:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return text

    old, mine, yours = (after((TASK, text)) for text in (base, done, changed(base, theirs)))
    result = both(old, mine, yours)
    assert result == Merged(after((TASK, changed(done, expected))).encode())
    for side in (mine, yours):  # and once more
        assert both(old, result.content.decode(), side).content == result.content


def test_a_series_that_both_sides_have_gone_on_with() -> None:
    later = NEXT.replace("2027-01-01", "2027-01-05")
    result = both(after((TASK, SERIES)), after((TASK, NEXT + CLOSED)), after((TASK, later + CLOSED)))
    assert result == Merged(after((TASK, later + CLOSED)).encode())


def test_a_series_with_a_line_for_each_of_two_days() -> None:
    second, third = SERIES.replace("12-01", "12-08"), SERIES.replace("12-01", "12-15")
    ours = NEXT + CLOSED + second
    theirs = SERIES + third.replace("shop", "shops")
    expected = NEXT + CLOSED + third.replace("shop", "shops")
    result = both(after((TASK, SERIES + second)), after((TASK, ours)), after((TASK, theirs)))
    assert result.content.decode() == after((TASK, expected))


def test_what_a_series_has_below_its_box_in_an_editor_stays_there() -> None:
    ticked = SERIES.replace("[ ]", "[x]")
    result = both(
        after((TASK, SERIES)), after((TASK, ticked)), after((TASK, SERIES), ("1 month", "2 months"))
    )
    assert result.content.decode() == after((TASK, ticked), ("1 month", "2 months"))


COMMENTED = "sizes: [a, # one\n  b]\n"
NESTED = "kids:\n  - name: Ola\n    age: 3\n  - name: Jan\n    age: 5\n"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (COMMENTED, ("one", "first"), ("b]", "b, c]"), "sizes: [a, # first\n  b, c]\n"),
        (COMMENTED, ("one", "first"), ("one", "two"), None),
        (NESTED, ("3", "4"), ("Ola", "Ala"), NESTED.replace("Ola\n    age: 3", "Ala\n    age: 4")),
        (NESTED, ("3", "4"), ("3", "2"), None),
        (COMMENTED, ("a,", "a, c,"), ("b]", "b, d]"), "sizes: [a, c, # one\n  b, d]\n"),
    ],
)
def test_lists_with_comments_or_mappings_in_them(
    base: str, ours: Change, theirs: Change, expected: str | None
) -> None:
    old, mine, yours = (
        after(("norms:", f"{keys}norms:")) for keys in (base, base.replace(*ours), base.replace(*theirs))
    )
    result = both(old, mine, yours)
    assert result.conflicts == (expected is None)
    if expected is None:
        assert sides(result.content) == (mine.encode(), yours.encode())
    else:
        assert result.content.decode() == after(("norms:", f"{expected}norms:"))


def test_keys_that_one_side_put_in_another_order() -> None:
    ours = after(
        (
            "name: Anna Kowalska\ntier: gold # since the fair\n",
            "tier: gold # since the fair\nname: Anna Kowalska\n",
        )
    )
    theirs = after(("tier: gold", "owner: marta\ntier: silver"))
    assert both(FILE, ours, theirs).content.decode() == ours.replace(
        "tier: gold # since the fair\nname: Anna Kowalska\n",
        "tier: silver # since the fair\nname: Anna Kowalska\nowner: marta\n",
    )


def test_a_numbered_list_that_both_went_on_with() -> None:
    base = after(("Drinks tea.", "1. Ring first.\n2. Bring tea."))
    ours = base.replace("2. Bring tea.", "2. Knock.\n3. Bring tea.")
    theirs = base.replace("2. Bring tea.", "2. Shout.\n3. Wait.\n4. Bring tea.")
    text = both(base, ours, theirs).content.decode()
    assert "1. Ring first.\n2. Knock.\n2. Shout.\n3. Wait.\n4. Bring tea.\n" in text


# Bytes


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


MINE, YOURS = (("gold", "silver"),), ((TOP, f"- 2026-11-20 call: Theirs\n{TOP}"),)


def test_line_ends_that_one_side_changed_as_a_whole() -> None:
    expected = after(*MINE, *YOURS)
    assert both(FILE, crlf(after(*MINE)), after(*YOURS)).content.decode() == crlf(expected)
    assert both(crlf(FILE), after(*MINE), crlf(after(*YOURS))).content.decode() == expected
    assert both(crlf(FILE), crlf(after(*MINE)), crlf(after(*YOURS))).content.decode() == crlf(expected)


def test_mixed_line_ends_stay_where_they_are() -> None:
    def mixed(text: str) -> str:
        return text.replace("Drinks tea.\n", "Drinks tea.\r\n").replace("late.\n", "late.\r\n")

    result = both(mixed(FILE), mixed(after(*MINE)), mixed(after(*YOURS)))
    assert result.content.decode() == mixed(after(*MINE, *YOURS))


def test_mixed_line_ends_that_one_side_made_the_same() -> None:
    mixed = FILE.replace("Drinks tea.\n", "Drinks tea.\r\n")
    theirs = mixed.replace("Drinks tea.", "Drinks green tea.")
    expected = after(*MINE, ("Drinks tea.", "Drinks green tea."))
    assert both(mixed, after(*MINE), theirs).content.decode() == expected


def test_a_mark_at_the_start_and_no_newline_at_the_end() -> None:
    ours, theirs, expected = after(*MINE), after(*YOURS), after(*MINE, *YOURS)
    assert both(FILE, f"\ufeff{ours}", theirs).content.decode() == f"\ufeff{expected}"
    assert both(FILE, ours[:-1], theirs).content.decode() == expected[:-1]
    assert both(FILE[:-1], ours[:-1], theirs).content.decode() == expected
    grown = f"{theirs}- 2026-01-01 call: Old\n"
    assert both(FILE[:-1], ours[:-1], grown).content.decode() == f"{expected}- 2026-01-01 call: Old\n"


def test_two_files_that_were_made_apart() -> None:
    ours = after((TASK, TASK.replace("[ ]", "[x]").replace("went\n", "went [done:: 2026-11-22]\n")))
    theirs = after(("bike-shop, newsletter", "bike-shop, vip"), (TOP, f"- 2026-11-20 call: Theirs\n{TOP}"))
    result = both("", ours, theirs)
    text = result.content.decode()
    assert result.conflicts == 0
    assert "tags: [bike-shop, newsletter, vip]" in text
    assert "- [x] 2026-12-01 call: Ask how the opening went [done:: 2026-11-22]\n- [ ] 2026-12-09" in text
    assert f"## Log\n\n- 2026-11-20 call: Theirs\n{TOP}- 2026-10-12" in text


# What is left to git

NOT_UNDERSTOOD = {
    "not UTF-8": FILE.encode() + b"\xff\n",
    "no front matter": b"Just a note.\n",
    "front matter that does not close": b"---\nname: Anna\n",
    "front matter in braces": b"---\n{name: Anna}\n---\n",
    "a key twice": b"---\nname: Anna\nname: Jan\n---\n",
    "an anchor": b"---\nname: &a Anna\n---\n",
    "markers of an earlier merge": FILE.encode() + b"<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n",
    "an empty file": b"",
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
@pytest.mark.parametrize("place", range(3))
def test_what_is_not_understood_is_not_merged(name: str, place: int) -> None:
    three = [FILE.encode(), after(*MINE).encode(), after(*YOURS).encode()]
    three[place] = NOT_UNDERSTOOD[name]
    result = merge(three[0], three[1], three[2])
    assert (result is None) == ((name, place) != ("an empty file", 0))


def test_a_result_that_reads_otherwise_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    three = FILE.encode(), after(*MINE).encode(), after(*YOURS).encode()
    assert merge(*three) is not None
    more = Counter({"- 2026-11-22 call: One more\n": 1})
    monkeypatch.setattr("ptcrm.git.merge.entry_counts", lambda *_: more)
    assert merge(*three) is None


# The driver

Files = Callable[[str | bytes, str | bytes, str | bytes], Path]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """`files(base, ours, theirs)`: the folder with the three, in which the command is started."""
    monkeypatch.chdir(tmp_path)

    def make(*contents: str | bytes) -> Path:
        for name, content in zip(("base", "ours", "theirs"), contents, strict=True):
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return make


NAMES = ("base", "ours", "theirs", "customers/anna.md")


def test_the_result_is_written_into_ours(files: Files, run: Run) -> None:
    folder = files(FILE, after(*MINE), after(*YOURS))
    result = run("git", "merge-file", *NAMES)
    assert (result.exit_code, result.output) == (0, "")
    assert (folder / "ours").read_text(encoding="utf-8") == after(*MINE, *YOURS)
    assert (folder / "theirs").read_text(encoding="utf-8") == after(*YOURS)


def test_conflicts_are_the_exit_code(files: Files, run: Run) -> None:
    folder = files(
        FILE,
        after(("gold", "silver"), ("2026-12-01", "2026-12-02")),
        after(("gold", "bronze"), ("2026-12-01", "2026-12-03")),
    )
    assert run("git", "merge-file", "--ours", "HEAD", "--marker-size", "8", *NAMES).exit_code == 1
    assert "<<<<<<<< HEAD\n" in (folder / "ours").read_text(encoding="utf-8")


def test_what_was_kept_is_said(files: Files, run: Run) -> None:
    files(FILE, after((TASK, "")), after(("2026-12-01", "2026-12-02")))
    result = run("git", "merge-file", *NAMES)
    assert result.exit_code == 0


@pytest.mark.parametrize("content", [one for one in NOT_UNDERSTOOD.values() if one])
def test_git_merges_what_is_not_understood(files: Files, run: Run, tmp_path: Path, content: bytes) -> None:
    three = Three(content, content + b"ours\n", b"theirs\n" + content)
    expected, is_clean = by_git(three, tmp_path)
    folder = files(*three)
    assert (run("git", "merge-file", *NAMES).exit_code == 0) == is_clean
    assert (folder / "ours").read_bytes() == expected


def test_a_bug_is_gits_to_merge(
    files: Files, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("too deep")

    folder = files(FILE, after(*MINE), after(*YOURS))
    monkeypatch.setattr("ptcrm.git.merge.merge", fails)
    assert driver.merge_files(driver.Files(*NAMES)) == 0
    assert (folder / "ours").read_text(encoding="utf-8") == after(*MINE, *YOURS)
    assert capfd.readouterr().err == (
        "ptcrm: customers/anna.md: merged line by line, since this failed: RecursionError: too deep\n"
    )


def test_files_that_are_not_there_are_no_merge(files: Files, capfd: pytest.CaptureFixture[str]) -> None:
    folder = files(FILE, FILE, FILE)
    (folder / "theirs").unlink()
    assert driver.merge_files(driver.Files(*NAMES)) == driver.FAILED
    assert "Traceback" not in capfd.readouterr().err
    assert (folder / "ours").read_text(encoding="utf-8") == FILE


def test_without_git_nothing_is_merged(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    from ptcrm.git import repo

    repo.git.cache_clear()
    monkeypatch.setenv("PATH", "")
    folder = files("a note\n", "a note\nours\n", "theirs\na note\n")
    assert driver.merge_files(driver.Files(*NAMES)) == driver.FAILED
    assert (folder / "ours").read_bytes() == b"a note\nours\n"
    repo.git.cache_clear()


@pytest.mark.parametrize(
    ("words", "is_merge"),
    [
        ([*NAMES[:3], "-x.md"], True),
        (["--marker-size", "9", "--ours", "a", "--theirs", "-b", *NAMES], True),
        (["--marker-size", "nine", *NAMES], False),
        (["--help"], False),
        (list(NAMES[:3]), False),
        ([*NAMES, "more"], False),
    ],
)
def test_only_a_plain_merge_comes_before_click(
    files: Files, monkeypatch: pytest.MonkeyPatch, words: list[str], is_merge: bool
) -> None:
    files(FILE, after(*MINE), after(*YOURS))
    monkeypatch.setattr("sys.argv", ["ptcrm", "git", "merge-file", *words])
    assert driver.is_called() == (0 if is_merge else None)


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
def test_git_may_have_closed_the_streams(files: Files) -> None:
    folder = files(FILE, after(*MINE, (TASK, "")), after(*YOURS, ("2026-12-01", "2026-12-02")))
    line = '"$0" -m ptcrm git merge-file base ours theirs x.md <&- >&- 2>&-'
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(["sh", "-c", line, sys.executable], env=env, check=False).returncode == 0
    assert (folder / "ours").read_text(encoding="utf-8") == after(*MINE, *YOURS, ("2026-12-01", "2026-12-02"))


def test_a_merge_loads_neither_click_nor_the_commands(files: Files) -> None:
    files(FILE, after(*MINE), after(*YOURS))
    look = (
        "import sys, runpy\ntry:\n    runpy.run_module('ptcrm', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as error:\n    assert error.code == 0, error.code\nprint(*sys.modules)"
    )
    line = [sys.executable, "-c", look, "git", "merge-file", *NAMES]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    loaded = set(subprocess.run(line, env=env, capture_output=True, text=True, check=True).stdout.split())
    assert not loaded & {"click", "ptcrm.cli", "ptcrm.workspace", "subprocess", "sqlite3", "ruamel", "rich"}


def test_git_merges_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for key in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{key}_NAME", "x")
        monkeypatch.setenv(f"{key}_EMAIL", "x@example.org")

    def git(*words: str) -> str:
        ran = subprocess.run(["git", *words], capture_output=True, text=True, encoding="utf-8", check=True)
        return ran.stdout

    def save(text: str, *, on: str) -> None:
        git("checkout", "-q", on)
        Path("anna.md").write_text(text, encoding="utf-8", newline="")
        git("add", "-A")
        git("commit", "-qm", on)

    git("init", "-q", "-b", "main")
    git("config", "merge.ptcrm.driver", f"{sys.executable} -m ptcrm git merge-file %O %A %B %P")
    Path(".gitattributes").write_text("*.md merge=ptcrm\n", encoding="utf-8")
    Path("anna.md").write_text(FILE, encoding="utf-8", newline="")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("branch", "phone")
    save(after(*MINE, (TOP, f"- 2026-11-21 call: Ours\n{TOP}")), on="main")
    save(after(*YOURS), on="phone")
    git("merge", "-q", "main")
    expected = after(*MINE, (TOP, f"- 2026-11-21 call: Ours\n- 2026-11-20 call: Theirs\n{TOP}"))
    assert Path("anna.md").read_text(encoding="utf-8") == expected
    assert git("status", "--porcelain") == ""


# Any two


def test_what_two_devices_did_is_the_union(whole: bool) -> None:
    report = merged(10_000 if whole else 150, seed=3)
    assert {fault for fault, _ in report.wrong} <= {AGAIN}
    assert report.ours.lost == report.ours.broken == 0


LINES = st.sampled_from(
    [
        *(
            "- 2026-11-01 call: a\n",
            "- 2026-11-02 call: b\n",
            "  more\n",
            "- [ ] 2026-12-01 call: a\n",
            "\n",
            "## Log\n",
        ),
        *(
            "- [x] 2026-12-01 call: a\n",
            "text\n",
            "text. And more.\n",
            "```\n",
            "- note\n",
            "1. one\n",
            "    code\n",
        ),
        *(
            "## Log ##\n",
            "Log\n---\n",
            "<!--\n",
            "-->\n",
            "> quote\n",
            "- - a\n",
            "-\n",
            "\t- x\n",
            "* 2026-11-01: a\n",
            "\r\n",
        ),
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "name: A\n",
            "tier: gold\n",
            "tier: silver # c\n",
            "tags: [a, b]\n",
            "tags: a\n",
            "tags:\n- a\n- c # d\n",
            "# c\n",
        ),
        *(
            "tags:\n",
            "occasions:\n  x: 2012-01-01\n",
            "occasions:\n  - x 2012-01-02\n",
            "occasions: {x: 2012-01-03}\n",
            "\n",
        ),
        *(
            "norms: |\n  a\n  b\n",
            "norms: >\n  a\n\n",
            "x: {a: [b]}\n",
            "x:\n  - a: b\n    c: d\n",
            "tags: [a,\n  b]\n",
            "? q\n: r\n",
        ),
    ]
)
VERSIONS = st.tuples(st.lists(KEYS, max_size=5), st.lists(LINES, max_size=9)).map(
    lambda parts: f"---\n{''.join(parts[0])}---\n{''.join(parts[1])}".encode()
)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_any_three_versions(base: bytes, ours: bytes, theirs: bytes) -> None:
    result, swapped = merge(base, ours, theirs), merge(base, theirs, ours)
    assert (result is None) == (swapped is None)
    if result and swapped and b"<<<<<<< " not in base + ours + theirs:
        assert sides(result.content) == sides(swapped.content)[::-1]
        assert merge(ours, result.content, ours) == Merged(result.content)


def test_a_fault_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def ours_alone(base: bytes, ours: bytes, theirs: bytes) -> Merged:
        return Merged(theirs if ours == base else ours)

    monkeypatch.setattr("tests.fuzz.merges.merge", ours_alone)
    found = {fault for three in threes(30, 1) for fault in faults(three)}
    assert {"entries lost", "not commutative"} <= found
