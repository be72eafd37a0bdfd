"""What changed between two versions of a file, in fields and entries rather than lines."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.git.changes import (
    OfEntry,
    Version,
    changes,
    is_same_customer,
    version,
)
from ptcrm.git.expected import merged
from ptcrm.git.told import counted, told_words
from ptcrm.model.config import Config
from ptcrm.vault.log import LineReader

READER = LineReader.of(Config())
ANNA = """\
---
name: Anna Kowalska
tier: silver
tags: [bike-shop, newsletter]
emails:
  - anna@rowery.example
---

Met at the fair. Runs two shops.

## Follow-ups

- [ ] 2026-12-01 call: Ask about the shop

## Log

- 2026-11-02 call: Talked about the shop
- 2026-10-12 note: Card
"""


def of(text: str | bytes, path: str = "customers/anna.md") -> Version:
    return version(path, text.encode() if isinstance(text, str) else text, READER)


def told(*replacements: tuple[str, str], before: str = ANNA) -> list[str]:
    after = before
    for old, new in replacements:
        assert old in after
        after = after.replace(old, new)
    return told_words(changes(of(before), of(after)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("tier: silver", "tier: gold", "tier: silver → gold"),
        ("tier: silver\n", "", "tier taken away: silver"),
        ("tier: silver", "tier: silver\nrole: owner", "role set: owner"),
        ("tier: silver", "tier: silver\nframe_size: [54, 56]", "frame_size set: 54, 56"),
        ("newsletter]", "vip]", "tags: added vip; removed newsletter"),
        (
            "[bike-shop, newsletter]",
            "[newsletter, bike-shop]",
            "tags: now in the order newsletter, bike-shop",
        ),
        (
            "## Log\n\n",
            "## Log\n\n- 2026-11-20 call (voicemail): Left\n  a message\n",
            "logged 2026-11-20 call (voicemail): Left a message",
        ),
        ("- 2026-10-12 note: Card\n", "", "log entry removed: 2026-10-12 note: Card"),
        ("note: Card", "note: A card", "log entry changed: 2026-10-12 note: Card → 2026-10-12 note: A card"),
        (
            "2026-10-12 note",
            "2026-10-13 letter",
            "log entry removed: 2026-10-12 note: Card\nlogged 2026-10-13 letter: Card",
        ),
        ("- [ ]", "- [x]", "follow-up done: 2026-12-01 call: Ask about the shop"),
        (
            "- [ ] 2026-12-01 call: Ask about the shop",
            "- [x] 2026-12-01 call: Ask about the shop [done:: 2026-12-03]",
            "follow-up done: 2026-12-01 call: Ask about the shop (on 2026-12-03)",
        ),
        ("- [ ]", "- [-]", "follow-up dropped: 2026-12-01 call: Ask about the shop"),
        ("2026-12-01", "2026-12-08", "follow-up moved: call: Ask about the shop, 2026-12-01 → 2026-12-08"),
        (
            "Ask about the shop",
            "Ask about frames",
            "follow-up edited: 2026-12-01 call: Ask about the shop → 2026-12-01 call: Ask about frames",
        ),
        (
            "- [ ] 2026-12-01 call: Ask about the shop\n",
            "",
            "follow-up removed: 2026-12-01 call: Ask about the shop",
        ),
        (
            "- [ ] 2026-12-01 call: Ask about the shop\n",
            "- [x] 2026-12-01 call: Ask about the shop\n- [ ] 2027-12-01 call: Ask about the shop\n",
            "follow-up done: 2026-12-01 call: Ask about the shop\nfollow-up added: 2027-12-01 call: Ask about the shop",
        ),
        (
            "two shops",
            "three big shops",
            "notes: 2 words added, 1 word removed: “Met at the fair. Runs three big shops.”",
        ),
    ],
)
def test_one_change_in_words(old: str, new: str, words: str) -> None:
    assert told((old, new)) == words.split("\n")


@pytest.mark.parametrize(
    "pairs",
    [
        [("tier: silver", 'tier: "silver"  # for now')],
        [("[bike-shop, newsletter]", "\n  - bike-shop\n  - newsletter")],
        [("emails:\n  - anna@rowery.example", "emails: anna@rowery.example")],
        [("\n", "\r\n")],
        [
            (
                "- 2026-11-02 call: Talked about the shop\n- 2026-10-12 note: Card",
                "- 2026-10-12 note: Card\n* 2026-11-02 call: Talked about the shop",
            )
        ],
        [("tier: silver\n", ""), ("name: Anna Kowalska\n", "tier: silver\nname: Anna Kowalska\n")],
    ],
    ids=["quotes", "list", "one", "line ends", "order of the log", "order of fields"],
)
def test_form_alone_is_one_line(pairs: list[tuple[str, str]]) -> None:
    assert told(*pairs) == ["only its form (order, quotes, blanks, line ends or comments)"]


def test_the_same_bytes_are_no_change() -> None:
    assert changes(of(ANNA), of(ANNA)) == ()
    assert changes(None, None) == ()


def test_a_file_made_deleted_and_renamed() -> None:
    assert told_words(changes(None, of(ANNA))) == [
        "file made (customers/anna.md): 4 fields, 1 follow-up, 2 log entries, notes"
    ]
    assert told_words(changes(of(ANNA), None)) == ["file deleted (customers/anna.md)"]
    renamed = of(ANNA.replace("silver", "gold"), "customers/ania.md")
    assert told_words(changes(of(ANNA), renamed)) == [
        "file renamed: customers/anna.md → customers/ania.md",
        "tier: silver → gold",
    ]


def test_what_cannot_be_read_is_told_by_lines() -> None:
    broken = ANNA.replace("tier: silver", "tier: [silver")
    assert told(("tier: silver", "tier: [silver")) == [
        "the file cannot be read as a customer any more: 1 line added, 1 line removed"
    ]
    assert told_words(changes(of(broken), of(ANNA)))[0].startswith("the file can be read as a customer again")
    assert told_words(changes(of(b"\xff\n"), of(b"\xff\n\xfe\n"))) == [
        "the file cannot be read as a customer: 1 line added"
    ]
    assert told_words(changes(of("A note\n"), of("A note\n\n"))) == [
        "only its form (order, quotes, blanks, line ends or comments)"
    ]


def test_of_entries_of_one_day_the_closest_in_words_is_the_older_form() -> None:
    text = "---\nname: A\n---\n## Log\n\n- 2026-11-02 call: both say\n"
    after = "- 2026-11-02 call: A says\n- 2026-11-02 call: both say edited in the meantime\n"
    assert told(("- 2026-11-02 call: both say\n", after), before=text) == [
        "log entry changed: 2026-11-02 call: both say → 2026-11-02 call: both say edited in the meantime",
        "logged 2026-11-02 call: A says",
    ]


def test_of_follow_ups_of_one_day_the_closest_in_words_is_the_older_form() -> None:
    text = "---\nname: A\n---\n- [ ] 2026-12-01 call: Ask about frames\n"
    after = "2026-12-01 call: Say hello\n- [ ] 2026-12-01 call: Ask about all frames\n"
    assert told(("2026-12-01 call: Ask about frames\n", after), before=text) == [
        "follow-up edited: 2026-12-01 call: Ask about frames → 2026-12-01 call: Ask about all frames",
        "follow-up added: 2026-12-01 call: Say hello",
    ]


def test_names_of_blocks_keep_a_follow_up_the_same() -> None:
    text = "---\nname: A\n---\n- [ ] 2026-12-01 call: Ask ^a1\n- [ ] 2026-12-01 call: Ask\n"
    assert told(("Ask ^a1", "Say something else ^a1"), before=text) == [
        "follow-up edited: 2026-12-01 call: Ask → 2026-12-01 call: Say something else"
    ]


def test_changes_are_counted() -> None:
    after = of(
        ANNA.replace("silver", "gold").replace("## Log\n", "## Log\n\n- 2026-11-20: a\n- 2026-11-19: b")
    )
    assert counted(changes(of(ANNA), after)) == "1 field, 2 log entries"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ANNA, True),
        (ANNA.replace("name: Anna", "id: anna\nname: Anna").replace("silver", "gold"), True),
        (ANNA.replace("silver", "gold"), True),
        (ANNA.replace("Anna Kowalska", "Jan Nowak"), False),
        (ANNA.replace("name: Anna", "id: other\nname: Anna"), False),
        ("---\nname: [\n", False),
    ],
)
def test_whether_a_renamed_file_is_the_same_customers(other: str, same: bool) -> None:
    assert is_same_customer(of(ANNA), of(other, "customers/ania.md")) is same


# Merges


def test_a_merge_that_takes_both_sides_changed_nothing_itself() -> None:
    ours = ANNA.replace("silver", "gold").replace("## Log\n\n", "## Log\n\n- 2026-11-20 call: a\n")
    theirs = ANNA.replace("newsletter]", "newsletter, vip]").replace("- 2026-10-12 note: Card\n", "")
    both = (
        ANNA.replace("silver", "gold")
        .replace("## Log\n\n", "## Log\n\n- 2026-11-20 call: a\n")
        .replace("newsletter]", "newsletter, vip]")
        .replace("- 2026-10-12 note: Card\n", "")
    )
    assert changes(merged(of(ANNA), of(ours), of(theirs)), of(both)) == ()
    lost = both.replace("- 2026-11-20 call: a\n", "")
    assert told_words(changes(merged(of(ANNA), of(ours), of(theirs)), of(lost))) == [
        "log entry removed: 2026-11-20 call: a"
    ]


BASE = """\
---
name: Anna Kowalska
tier: silver
tags: [bike-shop]
---

Met at the fair.

- [ ] 2026-12-01 call: Ask

Runs two shops.

## Log

- 2026-11-02 call: Talked
"""


@pytest.mark.parametrize("as_add", [False, True], ids=["base", "no base"])
@pytest.mark.parametrize(
    ("part", "ours", "theirs", "neither"),
    [
        ("tier: silver", "tier: gold", "tier: bronze", "tier: iron"),
        ("tier: silver\n", "tier: gold\n", "", "tier: iron\n"),
        ("[bike-shop]", "[bike-shop, vip]", "[vip, press]", "[iron]"),
        ("2026-12-01 call: Ask", "2026-12-02 call: Ask", "2026-12-03 call: Ask", "2026-12-04 call: Ask"),
        ("call: Talked", "call: Talked a lot", "call: Talked to him", "call: Shouted"),
        ("two shops.", "three shops.", "two shops and a bar.", "nothing."),
        ("fair.", "fair. With Jan.", "fair.\n\nBakes bread.", "market."),
        ("Met at the fair.", "Met at the fair.\n\nSings.", "Bakes bread.", "Met."),
        ("Met at the fair.\n", "", "Met at the big fair.\n", "Met.\n"),
    ],
)
def test_a_merge_that_kept_either_sides_value_changed_nothing_itself(
    part: str, ours: str, theirs: str, neither: str, as_add: bool
) -> None:
    """What each side did besides is in every one of the merges."""
    more, other = ("Log\n\n", "Log\n\n- 2026-11-20 call: a\n"), ("name: Anna", "role: owner\nname: Anna")
    one = of(BASE.replace(part, ours).replace(*more))
    two = of(BASE.replace(part, theirs).replace(*other))
    base = None if as_add else of(BASE)
    for sides in ((one, two), (two, one)):
        for kept in (ours, theirs, neither):
            after = of(BASE.replace(part, kept).replace(*more).replace(*other))
            told = changes(merged(base, *sides, after), after)
            is_of_one = as_add and (
                "Talked" in part or (part[0] == "t" and not kept)
            )  # without a base the other did not touch it
            assert bool(told) == (kept == neither or is_of_one), (kept, told_words(told))


def test_of_two_conflicts_a_merge_may_take_each_from_another_side() -> None:
    ours, theirs, after = (
        of(BASE.replace("silver", tier).replace("two", shops).replace("fair", fair).replace("Talked", said))
        for tier, shops, fair, said in (
            ("gold", "three", "old fair", "Talked long"),
            ("iron", "four", "big fair", "Talked much"),
            ("gold", "four", "old fair", "Talked much"),
        )
    )
    assert told_words(changes(merged(of(BASE), ours, theirs, after), after)) == []


def test_what_one_side_alone_did_and_the_merge_left_out_is_told() -> None:
    ours, theirs = of(BASE.replace("silver", "gold")), of(BASE.replace("fair.", "fair.\n\nSings."))
    assert told_words(changes(merged(of(BASE), ours, theirs, ours), ours))[-1].startswith(
        "notes: 1 word removed"
    )
    assert told_words(changes(merged(of(BASE), ours, theirs, theirs), theirs))[0] == "tier: gold → silver"


ENTRIES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5)


def log(texts: list[str]) -> Version:
    return of("---\nname: A\n---\n## Log\n\n" + "".join(f"- 2026-11-02 call: {text}\n" for text in texts))


@given(before=ENTRIES, after=ENTRIES)
def test_what_is_told_leads_from_one_multiset_to_the_other(before: list[str], after: list[str]) -> None:
    old, new = log(before), log(after)
    counts = Counter(old.entries)
    for one in changes(old, new):
        assert isinstance(one, OfEntry) or one.kind == "form"
        if isinstance(one, OfEntry):
            counts.subtract([one.before] if one.before else [])
            counts.update([one.after] if one.after else [])
    assert +counts == Counter(new.entries)
    assert not -counts


@given(base=ENTRIES, ours=ENTRIES, theirs=ENTRIES)
def test_merging_is_the_same_from_both_sides_and_with_oneself(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    old, one, other = log(base), log(ours), log(theirs)
    both = Counter(merged(old, one, other).entries)
    assert both == Counter(merged(old, other, one).entries)
    assert Counter(merged(old, one, old).entries) == Counter(one.entries)
    assert Counter(merged(old, one, one).entries) == Counter(one.entries)


@given(text=st.text(), other=st.text())
def test_no_text_makes_it_fail(text: str, other: str) -> None:
    one, two = (of(f"---\n{words}\n---\n{words}".encode(errors="replace")) for words in (text, other))
    for before, after in ((one, two), (two, one), (None, one), (one, None)):
        for line in told_words(changes(before, after)):
            assert "\n" not in line


def test_a_long_log_is_no_square_of_its_length() -> None:
    text = "---\nname: A\n---\n## Log\n\n" + "".join(
        f"- 2026-11-02 call: {number}\n" for number in range(100_000)
    )
    told = changes(of(text), of(text.replace("call: ", "call: x")))
    assert len(told) == 100_000
