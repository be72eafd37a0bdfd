"""Customers' files as people write them, and what two devices make of one of them. All from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Dice = random.Random
Edit = Callable[[Dice, str], str]


class Three(NamedTuple):
    """The bytes of one file: as both devices had it, and as each has it now."""

    base: bytes
    ours: bytes
    theirs: bytes


_SUBJECTS = "the new shop|frames|her brother|the invoice|a test ride|winter tyres|the fair in Gdańsk|cargo bikes|the lease"
_VERBS = (
    "Talked about|Asked about|Left a message about|Sent figures for|Wants an offer for|Was unsure of|Praised"
)
_ENDINGS = (
    "|. She will think it over.| #expansion|; call back next week| [minutes:: 20]| for [[jan-nowak]]|, again"
)
_CHANNELS = "call email visit meeting message note card gift sale".split()
_SENTENCES = (
    "Met at the Gdańsk fair.|Runs two shops with her brother.|Prefers the phone in the morning.|Drinks tea, never coffee."
    "|The workshop opens at nine.|Pays late, but always pays.|Her daughter studies in Poznań.|Has a dog called Fuks."
    "|Knows everybody on Długa Street.|Wants to sell e-bikes from spring on.|Was sceptical about leasing at first."
).split("|")
_TAGS = "bike-shop newsletter e-bikes vip sailing wholesale fair-2026 slow-payer".split()
_TIERS = "gold silver bronze".split()
_OCCASIONS = "wedding|shop opening|name day|first order|move to Hel".split("|")
_TASKS = "Ask how the opening went|Send the subsidy article|Offer a lease|Bring the frame samples|Check the invoice"


def _pick(dice: Dice, words: str) -> str:
    return dice.choice(words.split("|"))


def _day(dice: Dice, first: int = 2024, last: int = 2026) -> str:
    return f"{dice.randint(first, last)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"


def _entry(dice: Dice, day: str) -> str:
    time = f" {dice.randint(8, 18):02}:{dice.choice(('00', '15', '30'))}" if dice.random() < 0.1 else ""
    channel = dice.choice(_CHANNELS)
    qualifier = dice.choice((" (in)", " (voicemail)", " (no answer)")) if dice.random() < 0.15 else ""
    words = f"{_pick(dice, _VERBS)} {_pick(dice, _SUBJECTS)}{_pick(dice, _ENDINGS)}"
    below = f"  {dice.choice(_SENTENCES)}\n" if dice.random() < 0.15 else ""
    return f"- {day}{time} {channel}{qualifier}: {words}\n{below}"


def _task(dice: Dice) -> str:
    extra = dice.choice(["", "", "", " [every:: 1 year]", f" ^f{dice.randint(1, 99)}"])
    return f"- [ ] {_day(dice, 2026, 2027)} {dice.choice(('call: ', 'email: ', 'visit: ', ''))}{_pick(dice, _TASKS)}{extra}\n"


def _front_matter(dice: Dice) -> str:
    lines = [f"name: {_pick(dice, 'Anna Kowalska|Jan Nowak|Łucja Żak')}\n", f"tier: {dice.choice(_TIERS)}\n"]
    lines += dice.sample(
        [
            "status: active\n",
            f"cadence: {dice.randint(2, 8)} weeks\n",
            'company: "[[rowery-kowalska]]"\n',
            "emails:\n  - anna@rowery.example\n",
            'phones:\n  - "+48 600 100 200"\n',
            f"tags: [{', '.join(dice.sample(_TAGS, dice.randint(1, 3)))}]\n",
            "".join(["interests:\n", *(f"- {tag}\n" for tag in dice.sample(_TAGS, 2))]),
            f"birthday: {_day(dice, 1950, 1999)}\n",
            "occasions:\n  - wedding 2012-09-01\n  - name day --07-26\n",
            "norms: Ask about the shop before the family.\n",
            f"since: {_day(dice, 2018, 2023)} # first order\n",
            "# from the old card index\nsources: [cards]\n",
            "shoe_size: 41\n",
            "owner: marta\n",
        ],
        dice.randint(4, 11),
    )
    return f"---\n{''.join(lines)}---\n"


def _prose(dice: Dice) -> str:
    found = []
    for _ in range(dice.randint(1, 4)):
        sentences = dice.sample(_SENTENCES, dice.randint(1, 4))
        found.append(dice.choice((" ", "\n")).join(sentences) + "\n")
    if dice.random() < 0.3:
        found.append("".join(f"{at}. {words}\n" for at, words in enumerate(dice.sample(_SENTENCES, 3), 1)))
    return "\n".join(found)


def customer(dice: Dice) -> str:
    """A file as somebody has kept it for some years."""
    days = sorted({_day(dice) for _ in range(dice.choice((0, 1, 3, 8, 25)))}, reverse=dice.random() < 0.7)
    log = "## Log\n\n" + "".join(_entry(dice, day) for day in days)
    tasks = "## Follow-ups\n\n" + "".join(_task(dice) for _ in range(dice.randint(0, 5)))
    sections = [tasks, log] if dice.random() < 0.7 else [log, tasks]
    if dice.random() < 0.2:
        sections.append("## Family\n\n" + _prose(dice))
    if dice.random() < 0.1:
        sections.remove(tasks)
    return f"{_front_matter(dice)}\n{_prose(dice)}\n" + "\n".join(sections)


# What people do


def _insert(text: str, at: int, words: str) -> str:
    return text[:at] + words + text[at:]


def _lines(text: str, form: str) -> list[re.Match[str]]:
    return list(re.finditer(form, text, re.MULTILINE))


def _change_line(dice: Dice, text: str, form: str, change: Callable[[str], str]) -> str:
    found = _lines(text, form)
    if not found:
        return text
    line = dice.choice(found)
    return text[: line.start()] + change(line[0]) + text[line.end() :]


_ENTRY = r"^- [0-9]{4}-[^\n]*\n(?:  [^\n]*\n)*"
_OPEN = r"^- \[ \] [^\n]*\n"
_EVERY = r"\[every:: [^\]]*\](?=[^\n]*\n)"
_HEADING = r"^## [^\n]*\n"
_TITLES = "Ideas|Delivery|Contract|To do|Next|Notes|About the shop"
_PARAGRAPH = r"^(?![-#\s]|[0-9]\.|---)[^\n]*\n(?:(?![-#\s])[^\n]+\n)*(?=\n|\Z)"


def log_something(dice: Dice, text: str) -> str:
    """A new entry, at the end of the log that is the newest; a busy day has several."""
    head = re.search(r"^## Log\n\n?", text, re.MULTILINE)
    if head is None:
        return text
    entries = [one for one in _lines(text, _ENTRY) if one.start() >= head.end()]
    is_upward = len(entries) < 2 or entries[0][0][2:12] >= entries[-1][0][2:12]
    at = head.end() if is_upward or not entries else entries[-1].end()
    if not entries and not text[: head.end()].endswith("\n\n"):
        text, at = _insert(text, at, "\n"), at + 1
    for _ in range(dice.choice((1, 1, 1, 2))):
        text = _insert(text, at, _entry(dice, f"2026-11-{dice.randint(1, 23):02}"))
    return text


def log_the_same(dice: Dice, text: str) -> str:
    """An entry that the other device may have, too."""
    del dice
    head = re.search(r"^## Log\n\n", text, re.MULTILINE)
    return _insert(text, head.end(), "- 2026-11-20 call: Talked about the lease\n") if head else text


def edit_entry(dice: Dice, text: str) -> str:
    return _change_line(
        dice, text, _ENTRY, lambda line: line.replace("\n", dice.choice((" again\n", " #later\n", ".\n")), 1)
    )


def continue_entry(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _ENTRY, lambda line: f"{line}  {dice.choice(_SENTENCES)}\n")


def remove_entry(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _ENTRY, lambda _: "")


def sort_log(_: Dice, text: str) -> str:
    entries = _lines(text, _ENTRY)
    if not entries or any(one.end() != other.start() for one, other in pairwise(entries)):
        return text
    ordered = sorted((one[0] for one in entries), reverse=True)
    return text[: entries[0].start()] + "".join(ordered) + text[entries[-1].end() :]


def tick(dice: Dice, text: str) -> str:
    done = dice.choice((" [done:: 2026-11-23]", " [done:: 2026-11-23]", " [done:: 2026-11-22]", "", ""))
    return _change_line(dice, text, _OPEN, lambda line: _with_field(line.replace("[ ]", "[x]"), done))


def _with_field(line: str, words: str) -> str:
    return re.sub(r"( \^\S+)?\n", lambda end: f"{words}{end[1] or ''}\n", line, count=1)


def done(dice: Dice, text: str) -> str:
    """A follow-up that repeats, closed as `ptcrm done` closes it: the next one stands above."""

    def closed(line: str) -> str:
        following = f"{line[:6]}{int(line[6:10]) + 1}{line[10:]}"
        return following + _with_field(line.replace("[ ]", "[x]"), " [done:: 2026-11-23]")

    return _change_line(dice, text, r"^- \[ \] [^\n^]*\[every:: [^\n^]*\n", closed)


def every(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _EVERY, lambda _: f"[every:: {dice.randint(2, 9)} months]")


def put_off(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _OPEN, lambda line: line[:6] + _day(dice, 2027, 2027) + line[16:])


def reword(dice: Dice, text: str) -> str:
    words = dice.choice((" again", " in person", ", and the price", " (short)"))
    return _change_line(dice, text, _OPEN, lambda line: _with_field(line, words))


def add_task(dice: Dice, text: str) -> str:
    head = re.search(r"^## Follow-ups\n\n(?:- \[.*\n)*", text, re.MULTILINE)
    if head is None:
        return text
    at = head.end() if dice.random() < 0.7 else head.start() + len("## Follow-ups\n\n")
    return _insert(text, at, _task(dice))


def remove_task(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _OPEN, lambda _: "")


def add_tag(dice: Dice, text: str) -> str:
    return _change_line(dice, text, r"^tags: \[.*\]$", lambda line: f"{line[:-1]}, {dice.choice(_TAGS)}]")


def remove_tag(dice: Dice, text: str) -> str:
    return _change_line(
        dice, text, r"^tags: \[.*, .*\]$", lambda line: re.sub(r"\[.*?, ", "[", line, count=1)
    )


def add_phone(dice: Dice, text: str) -> str:
    number = f'  - "+48 6{dice.randint(10, 99)} 200 300"\n'
    return _change_line(dice, text, r"^phones:\n(?:  - .*\n)*", lambda lines: lines + number)


def add_email(dice: Dice, text: str) -> str:
    address = f"  - {_pick(dice, 'office|anna|shop')}@{_pick(dice, 'rowery|mail')}.example\n"
    return _change_line(dice, text, r"^emails:\n(?:  - .*\n)*", lambda lines: lines + address)


def add_interest(dice: Dice, text: str) -> str:
    return _change_line(
        dice, text, r"^interests:\n(?:- .*\n)*", lambda lines: f"{lines}- {dice.choice(_TAGS)} tours\n"
    )


def change_tier(dice: Dice, text: str) -> str:
    return _change_line(dice, text, r"^tier: \w+", lambda _: f"tier: {dice.choice(_TIERS)}")


def change_cadence(dice: Dice, text: str) -> str:
    return _change_line(dice, text, r"^cadence: .*", lambda _: f"cadence: {dice.randint(2, 8)} weeks")


def change_status(dice: Dice, text: str) -> str:
    return _change_line(
        dice, text, r"^status: .*", lambda _: f"status: {dice.choice(('paused', 'prospect'))}"
    )


def new_key(dice: Dice, text: str) -> str:
    line = dice.choice(
        (
            "language: pl\n",
            f"snooze: {_day(dice, 2027, 2027)}\n",
            "prefers: [call]\n",
            "timezone: Europe/Warsaw\n",
            "places: [Hel]\n",
            "role: owner\n",
        )
    )
    if re.search(f"^{line.partition(':')[0]}:", text, re.MULTILINE):
        return text
    end = text.index("\n---\n") + 1
    keys = [found.start() for found in _lines(text[:end], r"^\w+:")]
    return _insert(text, end if dice.random() < 0.7 else dice.choice(keys), line)


def remove_key(dice: Dice, text: str) -> str:
    head, fence, body = text.partition("\n---\n")
    return _change_line(dice, f"{head}\n", r"^(?!name|---)\w+: .*\n", lambda _: "")[:-1] + fence + body


def reorder_keys(dice: Dice, text: str) -> str:
    end = text.index("\n---\n") + 1
    keys = re.findall(r"(?:#.*\n)?\w+:.*\n(?:[ -].*\n)*", text[4:end])
    if "".join(keys) != text[4:end]:
        return text
    dice.shuffle(keys)
    return f"---\n{''.join(keys)}{text[end:]}"


def as_obsidian(dice: Dice, text: str) -> str:
    """Obsidian's Properties panel: no comments, lists as blocks, quotes only where they are needed."""
    del dice
    end = text.index("\n---\n") + 1
    head = re.sub(r"(?m)^#.*\n| #.*$", "", text[:end])
    head = re.sub(
        r"(?m)^(\w+): \[(.*)\]\n",
        lambda found: f"{found[1]}:\n" + "".join(f"  - {one}\n" for one in found[2].split(", ")),
        head,
    )
    return head + text[end:]


def quote(dice: Dice, text: str) -> str:
    return _change_line(
        dice, text, r"^(?:owner|norms|status): [^\"\n#]+$", lambda line: line.replace(": ", ': "', 1) + '"'
    )


def comment_key(dice: Dice, text: str) -> str:
    words = f" # {_pick(dice, 'asked|since the fair|not sure')}"
    return _change_line(dice, text, r"^(?:tier|status|cadence|birthday): [^#\n]*$", lambda line: line + words)


def comment_line(dice: Dice, text: str) -> str:
    end = text.index("\n---\n") + 1
    keys = [found.start() for found in _lines(text[:end], r"^\w+:")]
    return _insert(text, dice.choice(keys), f"# {_pick(dice, 'checked|ask again|see the card')}\n")


def add_occasion(dice: Dice, text: str) -> str:
    words = f"  - {dice.choice(_OCCASIONS)} {_day(dice, 1990, 2020)}\n"
    if not re.search(r"^occasions:", text, re.MULTILINE):
        return _insert(text, text.index("\n---\n") + 1, f"occasions:\n{words}")
    return _change_line(dice, text, r"^occasions:\n(?:  - .*\n)*", lambda lines: lines + words)


def change_occasion(dice: Dice, text: str) -> str:
    return _change_line(dice, text, r"^  - wedding .*", lambda _: f"  - wedding {_day(dice, 2012, 2013)}")


def correct_typo(dice: Dice, text: str) -> str:
    words = dice.choice(
        (("Gdańsk", "Gdynia"), ("shop", "store"), ("always", "nearly always"), ("tea", "green tea"))
    )
    return _change_line(dice, text, _PARAGRAPH, lambda lines: lines.replace(*words, 1))


def write_on(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _PARAGRAPH, lambda lines: f"{lines[:-1]} {dice.choice(_SENTENCES)}\n")


def new_paragraph(dice: Dice, text: str) -> str:
    return _change_line(
        dice,
        text,
        _PARAGRAPH,
        lambda lines: f"{lines}\n{dice.choice(_SENTENCES)} {dice.choice(_SENTENCES)}\n",
    )


def remove_paragraph(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _PARAGRAPH + r"\n?", lambda _: "")


def move_paragraph(_: Dice, text: str) -> str:
    found = _lines(text, _PARAGRAPH + "\n")
    if len(found) < 2:
        return text
    one, other = found[0], found[-1]
    return text[: one.start()] + text[one.end() : other.end()] + one[0] + text[other.end() :]


def new_section(dice: Dice, text: str) -> str:
    gap = "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}## {_pick(dice, 'Ideas|Delivery|Contract')}\n\n{dice.choice(_SENTENCES)}\n"


def rename_heading(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _HEADING, lambda _: f"## {_pick(dice, _TITLES)}\n")


def remove_heading(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _HEADING + r"\n?", lambda _: "")


def add_heading(dice: Dice, text: str) -> str:
    """A heading above a paragraph, an entry or a follow-up, so that what is below is another section's."""
    form = dice.choice((_PARAGRAPH, _ENTRY, _OPEN))
    return _change_line(dice, text, form, lambda lines: f"\n### {_pick(dice, _TITLES)}\n\n{lines}")


def number_on(dice: Dice, text: str) -> str:
    """One more point in a numbered list, and those below it renumbered."""
    found = re.search(r"(?:^[0-9]\. .*\n){2,}", text, re.MULTILINE)
    if found is None:
        return text
    points = [line[3:] for line in found[0].splitlines()]
    points.insert(dice.randrange(len(points) + 1), dice.choice(_SENTENCES))
    lines = "".join(f"{at}. {words}\n" for at, words in enumerate(points, 1))
    return text[: found.start()] + lines + text[found.end() :]


def final_newline(dice: Dice, text: str) -> str:
    return text.rstrip("\n") if dice.random() < 0.5 else text.rstrip("\n") + "\n"


def trailing_blanks(dice: Dice, text: str) -> str:
    return _change_line(dice, text, _PARAGRAPH, lambda lines: lines[:-1] + "  \n")


_OFTEN = [log_something] * 30 + [tick] * 9 + [put_off] * 5 + [reword] * 4 + [add_task] * 7 + [add_tag] * 5
_SOMETIMES = [
    *[correct_typo, write_on, new_paragraph, continue_entry, edit_entry] * 4,
    *[add_phone, add_email, add_interest, change_tier, new_key, add_occasion, comment_key] * 2,
    *[remove_entry, remove_task, log_the_same, remove_tag, change_cadence, change_status, number_on] * 2,
    *[
        sort_log,
        remove_key,
        reorder_keys,
        as_obsidian,
        quote,
        comment_line,
        change_occasion,
        remove_paragraph,
    ],
    *[move_paragraph, new_section, final_newline, trailing_blanks],
    *[rename_heading, remove_heading, add_heading, every],
    *[done] * 4,
]
_EDITS = _OFTEN + _SOMETIMES


def _edited(dice: Dice, text: str, first: Edit) -> str:
    """What a device made of a text by a few edits; `first` is what it begins with."""
    edit = first
    for _ in range(dice.choice((1, 1, 2, 2, 3, 4))):
        text = edit(dice, text)
        edit = dice.choice(_EDITS)
    return text


def threes(count: int, seed: int) -> Iterator[Three]:
    """So many files with what two devices made of each; in three of ten both begin with the same kind of edit."""
    dice = random.Random(seed)
    for _ in range(count):
        base = customer(dice)
        first = dice.choice(_EDITS)
        ours = _edited(dice, base, first)
        theirs = _edited(dice, base, first if dice.random() < 0.3 else dice.choice(_EDITS))
        yield _encoded(dice, base, ours, theirs)


def _encoded(dice: Dice, base: str, ours: str, theirs: str) -> Three:
    """Their bytes: line ends of one kind, or made so by one side; now and then with a byte order mark."""
    ends = ["\n"] * 3
    luck = dice.random()
    if luck < 0.08:
        ends = ["\r\n"] * 3
    elif luck < 0.12:
        ends = ["\n", *dice.sample(("\n", "\r\n"), 2)]
    mark = "\ufeff" if dice.random() < 0.02 else ""
    texts = [mark + text.replace("\n", end) for text, end in zip((base, ours, theirs), ends, strict=True)]
    if luck > 0.97:  # a line that another program wrote
        texts[1] = texts[1].replace("\n- ", "\r\n- ", 1)
    return Three(*(text.encode() for text in texts))
