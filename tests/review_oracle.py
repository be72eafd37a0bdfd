"""The figures of a review a second time: plain loops over the files of a vault, day by day, without ptcrm's rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import frontmatter
import yaml

from ptcrm import frontmatter_handler
from ptcrm.model.dates import Interval, later, parse_interval

ENTRY = re.compile(
    r" {0,3}[-*+] +(?:\[\[|\*\*)?(?P<day>\d{4}-\d\d-\d\d)(?:\]\]|\*\*)?(?: +\d{1,2}:\d\d)?"
    r"(?: +(?P<channel>[^:(]+?)(?: *\((?P<qualifiers>[^)]*)\))?)? *:(?: (?P<text>.*))?$"
)
TASK = re.compile(
    r"\s*[-*+] +\[(?P<box>.)\] +(?:(?P<day>\d{4}-\d\d-\d\d)(?: +\d{1,2}:\d\d)?)?(?: +(?P<channel>[^:\[]+?):)? *(?P<text>.*)$"
)
FIELD = re.compile(r"\[(\w+):: *((?:\[\[[^\]]*\]\]|[^\]])*)\]")
TOUCHES = "contact call email message social meeting visit lunch event note letter card gift article".split()
GIVING = ("gift", "article")


@dataclass
class Entry:
    """A line of a log, or a ticked follow-up that no such line tells of."""

    path: str
    line: int
    day: date
    channel: str
    qualifiers: set[str]
    fields: dict[str, str]
    touch: bool


@dataclass
class Person:
    """One file, as text."""

    path: str
    id: str
    fields: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)

    def day(self, name: str) -> date | None:
        """The day in a field."""
        return date.fromisoformat(self.fields[name]) if self.fields.get(name) else None

    @property
    def status(self) -> str:
        """`active`, if nothing is said."""
        return str(self.fields.get("status", "active"))


class Oracle:
    """The figures of the vault at `root` from `first` to `last`, as on `today`."""

    def __init__(self, root: Path, first: date, last: date, today: date) -> None:
        self.first, self.last, self.today = first, min(last, today), today
        self.config = yaml.safe_load((root / "ptcrm.yaml").read_text(encoding="utf-8")) or {}
        self.headings = self.config.get("log", {}).get("headings", ["Log"])
        self.channels = self.config.get("channels", {})
        self.other_names = {word: name for name, one in self.channels.items() for word in one.get("also", ())}
        self.people = [self._read(root, path) for path in sorted((root / "customers").rglob("*.md"))]
        self.named = {
            name.casefold(): one
            for one in self.people
            for name in [*one.fields.get("aliases", ()), Path(one.path).stem, one.id]
        }

    # Reading

    def _read(self, root: Path, path: Path) -> Person:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
        post = frontmatter.loads(text, handler=frontmatter_handler)
        one = Person(
            path.relative_to(root).as_posix(), str(post.metadata.get("id", path.stem)), dict(post.metadata)
        )
        level, fenced = 0, False
        for number, line in enumerate(text.split("\n"), 1):
            fenced ^= line.strip().startswith("```")
            if heading := re.match(r"(#+) +(.*?)\s*#*$", line):
                is_log = re.sub(r"[^\w ]", "", heading[2]).strip().casefold() in map(
                    str.casefold, self.headings
                )
                depth = len(heading[1])
                level = depth if is_log else 0 if depth <= level or not level else level
            elif task := TASK.match(line):
                self._task(one, number, task)
            elif level and not fenced and (entry := ENTRY.match(line)):
                self._entry(one, number, entry)
        one.entries.sort(key=lambda each: each.day)
        return one

    def _channel(self, word: str | None) -> str | None:
        name = (word or "contact").strip().casefold()
        name = self.other_names.get(name, name)
        known = {*TOUCHES, *self.channels, "newsletter", "sale", "memo", "referral", "feedback"}
        return name if name in known else None

    def _entry(self, one: Person, number: int, found: re.Match[str]) -> None:
        channel = self._channel(found["channel"])
        if channel is None:
            return
        qualifiers = {word.strip() for word in (found["qualifiers"] or "").split(",") if word.strip()}
        touch = "no answer" not in qualifiers and ("in" in qualifiers or self._is_touch(channel))
        fields = dict(FIELD.findall(found["text"] or ""))
        day = date.fromisoformat(found["day"])
        one.entries.append(Entry(one.path, number, day, channel, qualifiers, fields, touch))

    def _is_touch(self, channel: str) -> bool:
        return bool(self.channels.get(channel, {}).get("touch", channel in TOUCHES))

    def _task(self, one: Person, number: int, found: re.Match[str]) -> None:
        signs = {
            sign: date.fromisoformat(day)
            for sign, day in re.findall(r"([📅⏳✅]) *(\d{4}-\d\d-\d\d)", found[0])
        }
        fields = dict(FIELD.findall(found["text"]))
        day = date.fromisoformat(found["day"]) if found["day"] else signs.get("📅") or signs.get("⏳")
        if day is None:
            return
        done = date.fromisoformat(fields["done"]) if "done" in fields else signs.get("✅", day)
        channel = self._channel(found["channel"]) if found["channel"] else None
        one.tasks.append(
            {
                "line": number,
                "due": day,
                "done": done,
                "box": found["box"],
                "channel": channel,
                "told": fields.get("told"),
            }
        )
        if found["box"] in "xX" and channel and self._is_touch(channel):
            one.entries.append(Entry(one.path, number, done, channel, set(), fields, touch=True))

    def told_twice(self, one: Person, entry: Entry) -> bool:
        """Whether it is a ticked follow-up of which a log entry of its day and channel tells."""
        lines = {task["line"] for task in one.tasks}
        return entry.line in lines and any(
            other.day == entry.day and other.channel == entry.channel and other.line not in lines
            for other in one.entries
        )

    def within(self, one: Person) -> list[Entry]:
        """The entries of the period."""
        return [
            each
            for each in one.entries
            if self.first <= each.day <= self.last and not self.told_twice(one, each)
        ]

    def linked(self, words: object) -> Person | None:
        """Who is meant by a link."""
        target = str(words).strip("[]").partition("|")[0].partition("#")[0]
        return self.named.get(target.casefold())

    # Consistency

    def cadence(self, one: Person) -> Interval | None:
        """The cadence of today; None if it never asks."""
        words = self._cadence_words(one)
        found = parse_interval(str(words))
        assert isinstance(found, Interval)
        return None if found.is_never or one.fields.get("do_not_contact") else found

    def _cadence_words(self, one: Person) -> object:
        status = {"former": "6 months", "paused": "never"} | {
            name: each.get("cadence") for name, each in self.config.get("statuses", {}).items()
        }
        own = one.fields.get("cadence")
        if own and one.fields.get("cadence_until", "9999-12-31") < self.today.isoformat():
            own = None
        tier = self.config.get("tiers", {}).get(one.fields.get("tier"), {}).get("cadence")
        if status.get(one.status) == "never":
            return "never"
        if own:
            return own
        if one.fields.get("kind") == "company":
            return "never"
        return status.get(one.status) or tier or self.config.get("default_cadence", "6 weeks")

    def contact_days(self, one: Person) -> set[date]:
        """The days of own contacts, of those made with her, and of a company's people."""
        own = [each for each in one.entries if each.touch]
        for other in self.people:
            own += [
                each
                for each in other.entries
                if each.touch and "with" in each.fields and self.linked(each.fields["with"]) is one
            ]
        days = {each.day for each in own if each.day <= self.last}
        for other in self.people:
            if (
                other is not one
                and other.fields.get("company")
                and self.linked(other.fields["company"]) is one
            ):
                days |= self.contact_days(other)
        return days

    def group(self, one: Person) -> str:
        """The line of the budget that the customer is counted on."""
        if one.fields.get("do_not_contact"):
            return "do not contact"
        if one.status == "former":
            return "former"
        tier = one.fields.get("tier")
        return str(tier) if tier in self.config.get("tiers", {}) else "no tier"

    def follow_ups(self) -> Counter[tuple[str, str, bool]]:
        """How many were made and missed, by tier, month, and whether made: one customer after the other, day by day."""
        counts: Counter[tuple[str, str, bool]] = Counter()
        for one in self.people:
            cadence = self.cadence(one)
            if cadence is not None:
                for day, made in self._walk(one, cadence):
                    counts[self.group(one), day.isoformat()[:7], made] += 1
        return counts

    def _walk(self, one: Person, cadence: Interval) -> list[tuple[date, bool]]:
        days = self.contact_days(one)
        start = self.config.get("start") or date.min
        base = max(start, one.day("left") or date.min) if one.status == "former" else start
        anchor = min(days, default=date.max)
        if anchor >= self.first:  # nobody spoke to her before
            begun = max(start, one.day("since") or date.min)
            if begun == date.min:
                return []
            anchor = begun
        anchor, times, missed, found = max(anchor, base), 1, False, list[tuple[date, bool]]()
        day = anchor + timedelta(days=1)
        while day <= self.last:
            if day in days:
                if not missed and day >= self.first:
                    found.append((day, True))
                anchor, times, missed = day, 1, False
            elif day == later(anchor, cadence, times):
                if day < self.today:
                    missed = True
                    if day >= self.first:
                        found.append((day, False))
                times += 1
            day += timedelta(days=1)
        return found

    def promises(self) -> Counter[str]:
        """How many explicit follow-ups were kept, late and open."""
        found: Counter[str] = Counter()
        for one in self.people:
            for task in one.tasks:
                if task["channel"] == "feedback" or not self.first <= task["due"] <= self.last:
                    continue
                if task["box"] in "xX":
                    found["kept" if task["done"] <= task["due"] else "late"] += 1
                elif task["box"] != "-" and task["due"] < self.today:
                    found["open"] += 1
        return found

    # Retention

    def is_customer(self, one: Person, day: date) -> bool:
        """Whether somebody was a customer at the end of the day (for those who left once at most, and for good)."""
        sales = sorted(each.day for each in one.entries if each.channel == "sale" and each.day <= self.last)
        came = (
            one.day("since")
            or next(iter(sales), None)
            or min((each.day for each in one.entries), default=None)
        )
        left = one.day("left")
        if one.status == "prospect" or came is None or came > day:
            return False
        return left is None or day < left

    def buyers(self) -> tuple[int, int]:
        """How many bought in the period, and how many of them not for the first time."""
        bought = again = 0
        for one in self.people:
            days = {each.day for each in one.entries if each.channel == "sale" and each.day <= self.last}
            if any(day >= self.first for day in days):
                bought += 1
                again += len(days) > 1
        return bought, again

    # What was given, by which channels, at what cost

    def gave(self, each: Entry) -> bool:
        """Whether an entry gave something."""
        usual = self.channels.get(each.channel, {}).get("value", each.channel in GIVING)
        return not each.qualifiers & {"in", "no answer"} and (usual or "value" in each.qualifiers)

    def given_and_asked(self) -> dict[str, tuple[int, int]]:
        """By id, how many entries gave something, and how many asked for something."""
        found = {}
        for one in self.people:
            entries = self.within(one)
            gave = sum(self.gave(each) for each in entries)
            asked = sum("pitch" in each.qualifiers for each in entries)
            if gave or asked:
                found[one.id] = gave, asked
        return found

    def by_channel(self) -> dict[str, tuple[int, int]]:
        """How many contacts there were by each channel, and how many of them came from customers."""
        contacts, came_in = Counter[str](), Counter[str]()
        for one in self.people:
            for each in self.within(one):
                if each.touch:
                    contacts[each.channel] += 1
                    came_in[each.channel] += "in" in each.qualifiers
        return {name: (contacts[name], came_in[name]) for name in contacts}

    def thrice(self) -> set[tuple[str, str]]:
        """Id and channel of those whom the last three contacts reached by one channel."""
        found = set()
        for one in self.people:
            out = [each.channel for each in self.within(one) if each.touch and "in" not in each.qualifiers][
                -3:
            ]
            if (
                len(out) == 3
                and len({*out} - {"contact"}) == 1
                and "contact" not in out
                and one.status != "former"
            ):
                found.add((one.id, out[0]))
        return found

    def effort(self) -> dict[str, tuple[int, int, dict[str, Decimal], dict[str, Decimal]]]:
        """By id: contacts, minutes, and what was spent and taken by currency."""
        found = {}
        for one in self.people:
            contacts = minutes = 0
            cost: dict[str, Decimal] = defaultdict(Decimal)
            revenue: dict[str, Decimal] = defaultdict(Decimal)
            for each in self.within(one):
                usual = self.channels.get(each.channel, {})
                if each.qualifiers & {"in", "no answer"}:
                    usual = {}
                contacts += each.touch
                minutes += int(each.fields.get("minutes") or usual.get("minutes") or 0)
                self._add(cost, each.fields.get("cost") or usual.get("cost"))
                if each.channel == "sale":
                    self._add(revenue, each.fields.get("amount"))
            found[one.id] = contacts, minutes, dict(cost), dict(revenue)
        return found

    def _add(self, sums: dict[str, Decimal], words: str | None) -> None:
        if words:
            number, _, currency = re.sub(r"(?<=\d) (?=\d)", "", words.strip()).partition(" ")
            code = {"zł": "PLN", "€": "EUR"}.get(currency, currency)
            sums[code or self.config.get("currency", "EUR")] += Decimal(number)

    # Referrals, feedback

    def below(self, one: Person) -> list[Person]:
        """All whom she brought, and whom those brought."""
        brought = [
            each
            for each in self.people
            if each.fields.get("referred_by") and self.linked(each.fields["referred_by"]) is one
        ]
        return [*brought, *(more for each in brought for more in self.below(each))]

    def paid(self, people: list[Person]) -> dict[str, Decimal]:
        """What all of these have paid, by currency."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for one in people:
            for each in one.entries:
                if each.channel == "sale" and each.day <= self.last:
                    self._add(sums, each.fields.get("amount"))
        return dict(sums)

    def feedback(self) -> Counter[str]:
        """How much feedback is open, closed, told, and noted alone."""
        found: Counter[str] = Counter()
        for one in self.people:
            tasks = [task for task in one.tasks if task["channel"] == "feedback" and task["box"] != "-"]
            for task in tasks:
                if self.first <= task["due"] <= self.last:
                    found["told" if task["told"] else "closed" if task["box"] in "xX" else "open"] += 1
            for each in self.within(one):
                if each.channel == "feedback" and each.day not in {task["due"] for task in tasks}:
                    found["noted"] += 1
        return found
