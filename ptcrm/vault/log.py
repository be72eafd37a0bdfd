"""The lines people write by hand: log entries (FORMAT §2.3) and follow-ups (§2.4), from text to values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from ptcrm.model.config import QUALIFIERS, Config, channel_names
from ptcrm.model.customer import FollowUp, LogEntry, Mark
from ptcrm.model.dates import Interval, later, parse_date, parse_interval, parse_time
from ptcrm.model.diagnostic import Fix, Problem, rewrite
from ptcrm.model.values import parse_money, parse_whole
from ptcrm.text.edits import Edit
from ptcrm.text.fold import fold
from ptcrm.text.markdown import Item, show_links
from ptcrm.text.near import did_you_mean, nearest
from ptcrm.text.source import Span, outermost

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.model.reading import Report
    from ptcrm.vault.document import Document

_DATE = r"(?:\[\[(?P<linked>{0})\]\]|\*\*(?P<bold>{0})\*\*|(?P<bare>{0}))".format(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
)
_DATED = re.compile(rf"{_DATE}(?![0-9])(?P<rest>.*)", re.DOTALL)
_ALMOST_DATED = re.compile(r"(?:\[\[|\*\*)?(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?![0-9])")
_OTHER_DATE = re.compile(r"(?P<date>[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4})(?![0-9])")
# The usual entry: a bare date, and no colon before the one that ends its form.
_USUAL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})([^:()\n]*(?:\([^:()\n]*\)[ \t]*)?):(?:[ \t]+(.*)|(\n.*)|)",
    re.DOTALL,
)
_MAX_FORMS = 1000  # people have a handful
_MAX_DAYS = 20_000
_AFTER_DATE = re.compile(
    r"(?:[ \t]+(?P<time>[0-9]{1,2}:[0-9]{2}))?"
    r"(?:[ \t]+(?P<channel>[^\s:()]+(?:[ \t]+[^\s:()]+)*?))?"
    r"(?:[ \t]*\((?P<qualifiers>[^()\n]*)\))?"
    r"[ \t]*:(?:[ \t]+(?P<text>.*)|(?P<below>\n.*)|)",
    re.DOTALL,
)
_MISFIT = re.compile(
    r"(?P<time>[0-9]{1,2}:[0-9]{2}(?=\s|$))?[ \t]*"
    r"(?:(?P<channel>[^\s:()]+)[ \t]*(?P<qualifiers>\([^()\n]*\))?[ \t]*:?[ \t]*)?(?P<text>.*)"
)
_COLON = re.compile(r"(?<!:):(?=\s|$)")
_QUALIFIER = re.compile(r"[^\s,](?:[^,]*[^\s,])?")
# These two begin with the end of the line above: such a pattern is found much faster than one with `^`.
_NO_BOX = re.compile(
    r"\n(?P<line>[ \t]*(?P<bullet>[-*+])(?P<box>[ \t]*\[\][ \t]*|\[.\][ \t]*|[ \t]+\[.\])"
    r"[0-9]{4}-[0-9]{2}-[0-9]{2})"
)
_NO_BULLET = re.compile(r"\n(?P<line>-?(?P<words>[0-9]{4}-[0-9]{2}-[0-9]{2}[ \t:].*))")
_TASK_REST = re.compile(
    r"(?:[ \t]+(?P<time>[0-9]{1,2}:[0-9]{2})(?=[\s:]|$))?[ \t]*:?[ \t]*(?P<text>.*)", re.DOTALL
)
_CHANNEL_PREFIX = re.compile(r"(?P<channel>[^\s:()\[\]][^:()\[\]\n]{0,40}?)[ \t]*:(?=[ \t]|$)[ \t]*")
FIELD = re.compile(r"\[(?P<key>[A-Za-z][\w -]*?)::(?P<value>(?:\[\[[^\[\]\n]*\]\]|[^\[\]\n])*)\]")
_TAG = re.compile(r"(?:(?<=\s)|^)#([\w/-]*[^\W\d][\w/-]*)")
BLOCK_ID = re.compile(r"(?<![ \t])[ \t]+\^([A-Za-z0-9-]+)[ \t]*$")

SIGNED_DATE = re.compile("(?P<sign>[📅📆🗓⏳⌛✅❌➕🛫])\ufe0f?[ \t]*(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})")
_REPEATS = re.compile("🔁\ufe0f?[ \t]*every[ \t]+(?P<every>[0-9a-z ]+)", re.IGNORECASE)
_OTHER_SIGNS = re.compile("[⏫🔼🔽🔺⏬]\ufe0f?|(?:🏁|🆔|⛔)\ufe0f?[ \t]*[\\w,-]+")
_DUE, _SCHEDULED, _CLOSED = "📅📆🗓", "⏳⌛", "✅❌"
_MARKS: dict[str, Mark] = {"x": "done", "X": "done", "-": "dropped"}


def inline_fields(text: str) -> tuple[tuple[str, str], ...]:
    """The `[key:: value]` pairs of `text`, keys in lower case, in order."""
    if "::" not in text:
        return ()
    return tuple((found["key"].strip().lower(), found["value"].strip()) for found in FIELD.finditer(text))


def plain_text(text: str) -> str:
    """`text` without inline fields and with links shown as a reader sees them, on one line."""
    return " ".join(show_links(FIELD.sub("", text)).split())


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads items with one configuration, reporting what does not fit."""

    config: Config
    names: dict[str, str]
    _forms: dict[str, LogEntry] = field(default_factory=dict, repr=False, compare=False)
    _days: dict[str, date] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, config: Config) -> LineReader:
        """A reader that knows the channels of `config`."""
        return cls(config, channel_names(config))

    def channel(self, word: str) -> str | None:
        """The channel that `word` names, or None."""
        return self.names.get(" ".join(word.casefold().split()))

    def entries(self, document: Document, report: Report) -> dict[int, LogEntry]:
        """The entries of the log, by where their words begin; the other items there are notes of the user's."""
        text, found = document.source.text, dict[int, LogEntry]()
        for part in document.entries():
            if isinstance(part, Span):
                self._run(text, part, found, report)
            else:
                self._item(text, part, found, report)
        return found

    def _run(self, text: str, run: Span, found: dict[int, LogEntry], report: Report) -> None:
        """Put the entries of lines that are one plain item each where they are `found`.

        Nearly all are of a day and a form that are known, and then nothing but ": " has to be looked for.
        """
        days, forms, at, line = self._days, self._forms, run.start, report.line(run.start)
        new = tuple.__new__  # there are so many, and a named tuple's own way takes three times as long
        for words in run.of(text).split("\n")[:-1]:
            head, colon, rest = words.partition(": ")
            day, like = days.get(head[2:12]), forms.get(head[12:])
            end = at + len(words) - words.endswith("\r")
            if day and like and colon and "::" not in rest:
                rest = rest.lstrip(" \t").rstrip()
                tags = tuple(_TAG.findall(rest)) if "#" in rest else ()
                span = new(Span, (at, end))
                found[at + 2] = new(
                    LogEntry, (day, like.channel, rest, None, like.qualifiers, tags, (), line, span)
                )
            else:
                self._item(text, Item(Span(at, end), Span(at + 2, end), text[at], 0, 0), found, report)
            at += len(words) + 1
            line += 1

    def _item(self, text: str, item: Item, found: dict[int, LogEntry], report: Report) -> None:
        """Put the entry that an item of the log is where it is `found`, if it is one."""
        start, end = item.content.start, item.span.end
        words = text[start:end].replace("\r\n", "\n")
        line = report.line(start)
        entry = self.usual_entry(words, line, item.span) or self._unusual(item, words, line, report)
        if entry is not None:
            found[start] = entry
            if "::" in words:
                self._warn_of_amounts(text, start, end, report)

    def _unusual(self, item: Item, words: str, line: int, report: Report) -> LogEntry | None:
        """The log entry that `item` with these `words` is, if it is one; whatever its form."""
        start = item.content.start
        if not _ALMOST_DATED.match(words):
            if other := _OTHER_DATE.match(words):
                report.problem(_odd_date("PT201", other).moved(start), start)
            return None
        fitted = self.parse_entry(words)
        if isinstance(fitted, Problem):
            report.problem(fitted.moved(start), start)
            return None
        return fitted._replace(line=line, span=item.span)

    def usual_entry(self, words: str, line: int, span: Span) -> LogEntry | None:
        """The entry that `words` make, if they are of a form that fits; the tests hold it to `parse_entry`.

        What stands between date and colon is read once, and remembered: a log has the same few forms all over.
        """
        usual = _USUAL.fullmatch(words)
        if usual is None:
            return None
        written, form, text, below = usual.groups()
        like = self._forms.get(form) or self._like(form)
        if like is None:
            return None
        day = self._days.get(written) or self._day(written)
        if day is None:
            return None
        text = (text or below or "").rstrip()
        if "\n" in text:
            text = _dedent(text)
        tags = tuple(_TAG.findall(text)) if "#" in text else ()
        fields = inline_fields(text) if "::" in text else ()
        return LogEntry(day, like.channel, text, None, like.qualifiers, tags, fields, line, span)

    def _day(self, written: str) -> date | None:
        """The day of ten signs that look like one."""
        try:
            day = date.fromisoformat(written)
        except ValueError:
            return None
        if len(self._days) < _MAX_DAYS:
            self._days[written] = day
        return day

    def _like(self, form: str) -> LogEntry | None:
        """An entry of this form, or None if it fits no entry."""
        found = self.parse_entry(f"2000-01-01{form}:")
        if isinstance(found, Problem):
            return None
        if len(self._forms) < _MAX_FORMS:
            self._forms[form] = found
        return found

    def _warn_of_amounts(self, text: str, start: int, end: int, report: Report) -> None:
        """Warn of money and minutes that are none: the line stays, and they count for nothing."""
        if text.find("::", start, end) < 0:
            return
        for found in FIELD.finditer(text, start, end):
            parse = self._amounts.get(found["key"].strip().lower())
            value = found["value"].strip()
            problem = parse(value) if parse and value else None
            if isinstance(problem, Problem):
                report.problem(problem, text.index(value, found.start("value")))

    @property
    def _amounts(self) -> dict[str, Callable[[str], object]]:
        """The inline keys that hold a number, with what reads them."""
        money = partial(parse_money, currency=self.config.currency)
        return {"cost": money, "amount": money, "minutes": parse_whole}

    def parse_entry(self, words: str) -> LogEntry | Problem:
        """The entry that `words` (from the date on) make, or why they do not fit."""
        dated = _DATED.match(words)
        if not dated:
            shown = _ALMOST_DATED.match(words)
            if shown:
                return _odd_date("PT201", shown)._replace(message=f"“{shown[0]}” is no date")
            return Problem("PT201", f"“{words}” is no date", "Write it as YYYY-MM-DD.")
        day = parse_date(dated["linked"] or dated["bold"] or dated["bare"])
        if isinstance(day, Problem):
            return day
        rest, at = _AFTER_DATE.fullmatch(dated["rest"]), dated.start("rest")
        if not rest:
            return self._misfit(day, dated["rest"]).moved(at)
        time = parse_time(rest["time"]) if rest["time"] else None
        if rest["time"] and time is None:
            return Problem("PT201", f"“{rest['time']}” is no time of day", "Write HH:MM, or leave it out.")
        channel = self.channel(rest["channel"] or "contact")
        if channel is None:
            return self._unknown_channel(day, rest["channel"]).moved(at + rest.start("channel"))
        qualifiers = self._qualifiers(rest["qualifiers"] or "")
        if isinstance(qualifiers, Problem):
            return qualifiers.moved(at + rest.start("qualifiers"))
        text = _dedent((rest["text"] or rest["below"] or "").rstrip())
        tags = tuple(_TAG.findall(text)) if "#" in text else ()
        return LogEntry(day, channel, text, time, qualifiers, tags, inline_fields(text))

    def _misfit(self, day: date, rest: str) -> Problem:
        words = rest.strip().partition("\n")[0]
        parts = _MISFIT.fullmatch(words)
        channel = self.channel(parts["channel"] or "") if parts else None
        if parts and channel:
            head = (str(day), parts["time"], channel, parts["qualifiers"])
            form = f"{' '.join(part for part in head if part)}: {parts['text'].strip() or '…'}"
        else:
            form = f"{day}: {words.lstrip(': ') or '…'}"
        fix = _with_colon(rest, parts, known=channel is not None) if parts else None
        return Problem("PT201", "a log entry needs a colon before its text", f"Write: - {form}", fix)

    def _unknown_channel(self, day: date, word: str) -> Problem:
        near = nearest(word, self.names)
        if near:
            return Problem("PT202", f"“{word}” is no channel", did_you_mean(near), rewrite(word, near))
        channel = self.channel(word.partition(" ")[0])
        if channel:
            return Problem("PT202", f"“{word}” is no channel", f"Write: - {day} {channel}: …")
        hint = f"Write: - {day}: {word}: …, or add {word} to channels: in ptcrm.yaml."
        return Problem("PT202", f"“{word}” is no channel", hint)

    @staticmethod
    def _qualifiers(words: str) -> tuple[str, ...] | Problem:
        found = [
            (" ".join(part[0].lower().replace("-", " ").split()), part) for part in _QUALIFIER.finditer(words)
        ]
        for word, part in found:
            if word not in QUALIFIERS:
                near = nearest(word, QUALIFIERS)
                hint = did_you_mean(near) or f"Known are: {', '.join(QUALIFIERS)}."
                fix = rewrite(part[0], near).moved(part.start()) if near else None
                return Problem("PT203", f"“{word}” is no qualifier", hint, fix)
        return tuple(word for word, _ in found)

    def follow_up(self, item: Item, text: str, report: Report) -> FollowUp | None:
        """The follow-up that the task `item` of `text` is, or None if it has no date."""
        if item.box is None:
            return None
        words, start = item.content.of(text).rstrip(), item.content.start
        has_signs = not words.isascii()
        signs = {found["sign"]: found["date"] for found in SIGNED_DATE.finditer(words)} if has_signs else {}
        dated = _DATED.match(words)
        signed = next((signs[sign] for sign in _DUE + _SCHEDULED if sign in signs), None)
        written = (dated["linked"] or dated["bold"] or dated["bare"]) if dated else signed
        if written is None:
            if odd := _ALMOST_DATED.match(words) or _OTHER_DATE.match(words):
                report.problem(_odd_date("PT301", odd).moved(start), start)
            return None
        day = parse_date(written)
        if isinstance(day, Problem):
            report.problem(day._replace(code="PT301"), start)
            return None
        fields = dict(inline_fields(words))
        mark = _MARKS.get(text[item.box], "open")
        every, from_done = self._repeats(words, fields, item, report)
        time, channel, shown, block = self._task_words(dated["rest"] if dated else words)
        closed = next((signs[sign] for sign in _CLOSED if sign in signs), None)
        if channel is None:
            self._warn_of_slip(shown, item, report)
        at = parse_time(time) if time else None
        if time and at is None:
            report.add("PT301", start, f"“{time}” is no time of day", "Write HH:MM.")
        ended = fields.get("done") or closed
        done = parse_date(ended) if ended and mark != "open" else None
        if isinstance(done, Problem):
            report.problem(done._replace(code="PT301").moved(start + words.rfind(ended or "")), start)
            done = None
        self._warn_of_amounts(text, start, item.content.end, report)
        return FollowUp(
            due=day,
            text=shown,
            origin=block or f"{channel or ''}|{fold(shown)}",
            channel=channel,
            at=at,
            mark=mark,
            done=done,
            every=every,
            from_done=from_done,
            fields=tuple(fields.items()),
            line=report.line(start),
            span=Span(item.span.start, item.content.end),
            box=item.box,
        )

    def _task_words(self, words: str) -> tuple[str | None, str | None, str, str | None]:
        """Time, channel, text to show and block id of a task's words after its date."""
        block = BLOCK_ID.search(words)
        if block:
            words = words[: block.start()]
        for sign in () if words.isascii() else (SIGNED_DATE, _REPEATS, _OTHER_SIGNS):
            words = sign.sub("", words)
        rest = _TASK_REST.fullmatch(f" {words.strip()}")
        text = rest["text"] if rest else words
        prefix = _CHANNEL_PREFIX.match(text)
        channel = self.channel(prefix["channel"]) if prefix else None
        shown = plain_text(text[prefix.end() :] if prefix and channel else text)
        return rest["time"] if rest else None, channel, shown, f"^{block[1]}" if block else None

    def _warn_of_slip(self, shown: str, item: Item, report: Report) -> None:
        """Warn of a word before a colon that is nearly a channel; other words belong to the text."""
        prefix = _CHANNEL_PREFIX.match(shown)
        near = nearest(prefix["channel"], self.names) if prefix and " " not in prefix["channel"] else None
        if prefix and near:
            word, start = prefix["channel"], item.content.start
            at = report.source.text.find(word, *item.content)
            fix = rewrite(word, near).moved(at) if at >= 0 else None
            message = f"“{word}” is no channel, so it counts as text"
            report.add("PT202", start, message, did_you_mean(near), fix)

    def warn_of_strays(self, document: Document, report: Report) -> None:
        """Warn of lines that were meant as an entry or a follow-up, and are neither to Markdown or to us."""
        text = document.source.text
        for found in _NO_BOX.finditer(text, document.body - 1):
            if not document.is_hidden(found.start("line")):
                box = f"[{found['box'].strip()[1:-1] or ' '}]"
                fix = Fix(
                    f"Write {found['bullet']} {box}", Edit(Span(*found.span("box")), f" {box} "), safe=False
                )
                report.add("PT301", found.start("line"), "this is no task", "Write: - [ ] YYYY-MM-DD …", fix)
        for log in outermost(document.logs):
            for found in _NO_BULLET.finditer(text, log.start - 1, log.end):
                fits = isinstance(self.parse_entry(found["words"].rstrip()), LogEntry)
                if fits and not document.is_hidden(found.start("line")):
                    bullet = Edit(Span(found.start("line"), found.start("words")), "- ")
                    fix = Fix("Put a bullet before it", bullet, safe=False)
                    report.add(
                        "PT205", found.start("line"), "this line has no bullet", "Write: - YYYY-MM-DD …", fix
                    )
        if not document.logs:
            self._warn_of_no_log(document, report)

    def _warn_of_no_log(self, document: Document, report: Report) -> None:
        """Warn of the first item that would be an entry, if only there were a log heading above it."""
        text = document.source.text
        for item in document.outline.items(text):
            words = text[item.content.start : item.content.end]
            if item.depth or item.box is not None or not _DATED.match(words):
                continue
            if isinstance(self.parse_entry(words), LogEntry):
                names = " or ".join(f"“## {name}”" for name in self.config.log.headings)
                message = "this looks like a log entry, but stands below no log heading"
                report.add("PT205", item.content.start, message, f"Put {names} above it.")
                return

    @staticmethod
    def _repeats(
        words: str, fields: dict[str, str], item: Item, report: Report
    ) -> tuple[Interval | None, bool]:
        sign = None if words.isascii() else _REPEATS.search(words)
        given = fields.get("every") or (sign["every"] if sign else None)
        if not given:
            return None, False
        length = " ".join(given.lower().split())
        from_done = length.endswith("when done")
        length = length.removesuffix("when done").strip()
        interval = parse_interval(f"1 {length}" if length.isalpha() and not length.endswith("ly") else length)
        if isinstance(interval, Problem) or interval.is_never:
            report.add(
                "PT301",
                item.content.start,
                f"“{given}” is no interval",
                "Write for example [every:: 1 year].",
            )
            return None, False
        return interval, from_done


def _odd_date(code: str, found: re.Match[str]) -> Problem:
    """The problem of a date that is not written as dates are here."""
    day = parse_date(found["date"])
    fix = day.moved(found.start("date")).fix if isinstance(day, Problem) else None
    return Problem(code, "this date is not understood", "Write it as YYYY-MM-DD.", fix)


def _with_colon(rest: str, parts: re.Match[str], *, known: bool) -> Fix | None:
    """The fix that puts a colon before the text of `parts`, which are those of `rest`, after a date.

    Where another colon stands, or no blank follows the date, something else was meant.
    """
    lead = len(rest) - len(rest.lstrip())
    if not lead or not parts[0] or _COLON.search(parts[0]) or (parts["time"] and not known):
        return None
    text = parts.start("text") if known else 0
    head = max(parts.end("channel"), parts.end("qualifiers")) if known else -lead
    colon = ": " if parts[0][text:] else ":"
    return Fix("Put a colon before the text", Edit(Span(lead + head, lead + text), colon), safe=False)


def with_series(follow_ups: list[FollowUp]) -> tuple[FollowUp, ...]:
    """`follow_ups` with origins told apart, and the next of each repeating series that has no open line.

    The open lines of one origin are numbered in the order of the file (FORMAT §2.4).
    """
    numbered = []
    counts: dict[str, int] = {}
    for follow_up in follow_ups:
        number = 0
        if follow_up.mark == "open":
            number = counts.get(follow_up.origin, 0)
            counts[follow_up.origin] = number + 1
        numbered.append(replace(follow_up, origin=f"{follow_up.origin}|{number}") if number else follow_up)
    newest: dict[tuple[str | None, str], FollowUp] = {}
    for follow_up in follow_ups:
        series = follow_up.channel, fold(follow_up.text)
        if (follow_up.every or follow_up.mark == "open") and (
            series not in newest or _later_in_series(follow_up, newest[series])
        ):
            newest[series] = follow_up
    implied = {
        closed.origin: following(closed)
        for closed in newest.values()
        if closed.mark != "open" and closed.origin not in counts
    }
    return (*numbered, *implied.values())


def _later_in_series(one: FollowUp, other: FollowUp) -> bool:
    return (one.mark == "open", one.due) > (other.mark == "open", other.due)


def following(closed: FollowUp) -> FollowUp:
    """The follow-up that a closed line of a repeating series implies."""
    anchor = closed.done if closed.from_done and closed.done else closed.due
    return replace(
        closed, due=later(anchor, closed.every or Interval()), mark="open", done=None, implied=True
    )


def in_time(log: tuple[LogEntry, ...]) -> list[LogEntry]:
    """Log entries from old to new; those of one day by the way the log is written, upward or downward."""
    return sorted(reversed(log) if _is_upward([one.date for one in log]) else log, key=itemgetter(0))


def first_astray(days: list[date]) -> int | None:
    """The place of the first day that breaks the order a log is written in, upward or downward, or None."""
    upward = _is_upward(days)
    for place, (above, below) in enumerate(pairwise(days), 1):
        if above != below and (above > below) != upward:
            return place
    return None


def _is_upward(days: list[date]) -> bool:
    return not days or days[0] >= days[-1]


def entry_words(one: LogEntry) -> str:
    """`14:30 visit (value): Saw the frames`."""
    qualifiers = f" ({', '.join(one.qualifiers)})" if one.qualifiers else ""
    at = f"{one.at:%H:%M} " if one.at else ""
    return f"{at}{one.channel}{qualifiers}: {show_links(one.text)}"


def follow_up_words(one: FollowUp) -> str:
    """`call: Ask about the shop`, or the text alone."""
    return f"{one.channel}: {one.text}" if one.channel else one.text


def _dedent(text: str) -> str:
    """An entry's text with the indentation of its further lines taken off."""
    if "\n" not in text:
        return text
    first, _, rest = text.replace("\r", "").partition("\n")
    lines = rest.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join([first, *(line[margin:] for line in lines)]).strip("\n")
