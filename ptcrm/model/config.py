"""The vault's configuration (FORMAT §3): every key with its type, default and meaning, in one table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ptcrm.model import shape
from ptcrm.model.colours import COLOURS
from ptcrm.model.dates import (
    NEVER,
    Anniversary,
    Interval,
    parse_date,
    parse_interval,
    parse_time,
)
from ptcrm.model.diagnostic import Problem
from ptcrm.model.occurrence import CONTACT_KINDS
from ptcrm.model.reading import (
    MONEY_FORM,
    Reader,
    Report,
    anniversary,
    by_name,
    day,
    flag,
    interval,
    is_empty,
    many,
    nearest,
    one_of,
    pairs,
    parse_money,
    parsed,
    record,
    shaped,
    suggest,
    text,
    texts,
    warn_of_cuts,
    whole,
    zone,
)
from ptcrm.text.fold import fold, same_id
from ptcrm.text.frontmatter import Mapping, Sequence
from ptcrm.text.template import unknown_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptcrm.text.frontmatter import Node

T = TypeVar("T")

KINDS = (
    "cadence",
    "follow-up",
    "playbook",
    "birthday",
    "occasion",
    "anniversary",
    "campaign",
    "lead",
    "feedback",
)
TITLE_FIELDS = ("verb", "channel", "name", "tier", "text", "year", "years")
_DEVICE = re.compile("con|prn|aux|nul|(?:com|lpt)[0-9]", re.IGNORECASE)  # no names of files on Windows
_FEED_NAME = re.compile(r"[^\W_][\w-]{0,39}")
QUALIFIERS = ("in", "voicemail", "no answer", "value", "pitch")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_FORM = rf"(?:{shape.in_any_case('|'.join(_WEEKDAYS))})[\s\S]*"
# Not below /, \ or ~, not above the vault, nothing before a colon.
_FOLDER_FORM = r"\s*(?![/\\~])(?!(?:[\s\S]*[/\\])?\.\.(?:[/\\]|\s*$))[^:\x00-\x1f\x7f]*\s*"


@dataclass(frozen=True, slots=True)
class Channel:
    """A way of being in touch. `touch` "in" counts only what came from the customer; `verb` begins a title."""

    touch: Literal["yes", "no", "in"] = "no"
    value: bool = False
    cost: str | None = None
    minutes: int | None = None
    also: tuple[str, ...] = ()
    verb: str = ""


def _channels() -> dict[str, Channel]:
    """FORMAT §2.3's table, with the words that begin a calendar entry's title."""
    touches = {
        "contact": "Contact",
        "call": "Call",
        "email": "Email",
        "message": "Message",
        "social": "Message",
        "meeting": "Meet",
        "visit": "Visit",
        "lunch": "Lunch with",
        "event": "Event with",
        "note": "Note to",
        "letter": "Letter to",
        "card": "Card to",
        "gift": "Gift for",
        "article": "Article for",
    }
    others = {
        "newsletter": "Newsletter to",
        "sale": "Sale to",
        "memo": "Memo on",
        "referral": "Referral from",
    }
    return {
        **{name: Channel("yes", verb=verb) for name, verb in touches.items()},
        **{name: Channel("no", verb=verb) for name, verb in others.items()},
        "feedback": Channel("in", verb="Answer"),
    }


@dataclass(frozen=True, slots=True)
class Tier:
    """How often a customer of this tier is contacted, by which channels, and what one may cost a year.

    `when` is a query that suggests the tier.
    """

    cadence: Interval | None = None
    budget: str | None = None
    when: str | None = None
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How often a customer of this status is contacted."""

    cadence: Interval | None = None


def _statuses() -> dict[str, Status]:
    """The statuses that need no configuration."""
    return {
        "prospect": Status(),
        "active": Status(),
        "former": Status(Interval(months=6)),
        "paused": Status(NEVER),
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a playbook: `after` its start, `do` (a channel) with `text`."""

    after: Interval | None = None
    do: str = "contact"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """Steps that follow what `starts` names: a channel, `since` or `left`."""

    starts: str = ""
    lapse: Interval = Interval(days=30)
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Improvement:
    """Something that changed on a day, for which a former customer may come back."""

    date: date | None = None
    fixes: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A yearly mailing on `date` by the channel `do` to those whom the query `where` finds."""

    date: Anniversary | None = None
    do: str = "card"
    where: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one calendar feed holds and how it looks.

    `title` are templates by kind. `past` and `horizon` are how far it reaches back and ahead; None is the default
    of docs/configuration.md. `overdue` is None where nothing was said.
    """

    where: str | None = None
    kinds: tuple[str, ...] = KINDS
    past: Interval | None = None
    horizon: Interval | None = None
    private: bool = False
    age_in_title: bool = False
    title: dict[str, str] = field(default_factory=dict)
    alarm: time | None = None
    todo: bool = False
    overdue: str | None = None
    name: str | None = None
    colour: str = "steelblue"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many movable contacts a day holds, and how many new customers are taken in a day."""

    per_day: int = 10
    intake: int = 3


@dataclass(frozen=True, slots=True)
class Occasions:
    """How days of the year are kept: 29 February, reminders ahead, years as a customer."""

    leap_day: str = "feb28"
    lead: dict[str, Interval] = field(default_factory=dict)
    customer_years: tuple[int, ...] = (1, 5, 10)

    def lead_of(self, name: str, kind: str) -> tuple[str, Interval] | None:
        """The key of `lead` that fits an occasion or campaign, and how long ahead: by its name, else by its kind."""
        keys = {fold(key): key for key in self.lead}
        key = keys.get(fold(name)) or keys.get(kind)
        return None if key is None else (key, self.lead[key])


@dataclass(frozen=True, slots=True)
class Log:
    """The headings under which a log stands."""

    headings: tuple[str, ...] = ("Log",)


@dataclass(frozen=True, slots=True)
class Config:
    """All of `ptcrm.yaml`; a key that is absent has the default that stands here. `lines` says where each stands, and what is in it."""

    format: int = 1
    id: str | None = None
    start: date | None = None
    customers: tuple[str, ...] = ("customers",)
    timezone: str | None = None
    country: str | None = None
    currency: str = "EUR"
    working_days: tuple[str, ...] = _WEEKDAYS[:5]
    away: tuple[tuple[date, date], ...] = ()
    capacity: Capacity = Capacity()
    min_gap: Interval = Interval(days=5)
    default_cadence: Interval = Interval(days=42)
    retry: Interval = Interval(days=3)
    feedback_within: Interval = Interval(days=7)
    tiers: dict[str, Tier] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=_statuses)
    owners: tuple[str, ...] = ()
    channels: dict[str, Channel] = field(default_factory=_channels)
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    changes: tuple[Improvement, ...] = ()
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=lambda: {"all": Feed()})
    occasions: Occasions = field(default_factory=Occasions)
    log: Log = field(default_factory=Log)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    def line(self, *path: str) -> int:
        """The line of the key, or member (counted from 1), at the end of `path`; of the nearest above, else 1."""
        for count in range(len(path), 0, -1):
            if ".".join(path[:count]) in self.lines:
                return self.lines[".".join(path[:count])]
        return 1

    def is_contact(self, channel: str, qualifiers: tuple[str, ...]) -> bool:
        """Whether an entry of this channel with these qualifiers is a touch (FORMAT §2.3)."""
        if "no answer" in qualifiers:
            return False
        known = self.channels.get(channel)
        return "in" in qualifiers or (known is not None and known.touch == "yes")


def channel_names(config: Config) -> dict[str, str]:
    """Every word a channel answers to, casefolded, with the channel's name."""
    names = {name.casefold(): name for name in config.channels}
    for name, channel in config.channels.items():
        names.update({word.casefold(): name for word in channel.also})
    return names


@parsed(shape.like(rf"{shape.DATE_FORM}(?:\s*\.\.\s*{shape.DATE_FORM})?", "Write FIRST..LAST, two days."))
def _range(words: str) -> tuple[date, date] | Problem:
    first, dots, last = words.partition("..")
    begin, end = parse_date(first), parse_date(last if dots else first)
    if isinstance(begin, Problem):
        return begin
    if isinstance(end, Problem):
        return end
    if end < begin:
        return Problem("PT502", f"“{words}” ends before it begins", "Write FIRST..LAST.")
    return begin, end


# YAML 1.1 takes 9:30 for the number 570.
@parsed(shape.like("(?:[01]?[0-9]|2[0-3]):[0-5][0-9]", "Write HH:MM.", "integer", minimum=60, maximum=1439))
def _clock(words: str) -> time | Problem:
    return parse_time(words) or Problem("PT502", f"“{words}” is no time of day", "Write HH:MM.")


@parsed({**shape.like(_WEEKDAY_FORM, "Write a day of the week."), "examples": list(_WEEKDAYS)})
def _weekday(words: str) -> str | Problem:
    if words.lower()[:3] in _WEEKDAYS:
        return words.lower()[:3]
    return Problem("PT502", f"“{words}” is no day of the week", f"Write {', '.join(_WEEKDAYS)}.")


@parsed(shape.plain(_FOLDER_FORM, "Write a folder inside the vault."))
def _folder(words: str) -> str | Problem:
    """A folder inside the vault (no path outside is ever taken from the configuration)."""
    parts = [part for part in words.replace("\\", "/").split("/") if part not in ("", ".")]
    outside = words.startswith(("/", "\\", "~")) or ".." in parts or ":" in words
    if outside or not parts or re.search("[\x00-\x1f\x7f]", words):
        return Problem(
            "PT502", f"“{words}” is no folder inside the vault", "Write a folder such as customers."
        )
    return "/".join(parts)


@parsed(shape.like("[A-Za-z]{3}", "Write three letters such as EUR."))
def _currency(words: str) -> str | Problem:
    if re.fullmatch("[A-Za-z]{3}", words):
        return words.upper()
    return Problem("PT502", f"“{words}” is no currency code", "Write three letters such as EUR.")


@parsed(shape.like(MONEY_FORM, "Write for example 30 EUR.", "number"))
def _cost(words: str) -> str | Problem:
    money = parse_money(words, "EUR")
    return money if isinstance(money, Problem) else words


@parsed(shape.like(rf"{MONEY_FORM}\s*(?:/\s*year)?", "Write for example 200 EUR/year.", "number"))
def _budget(words: str) -> str | Problem:
    amount, slash, per = words.partition("/")
    if slash and per.strip() != "year":
        return Problem("PT502", f"“{words}” is no yearly budget", "Write for example 200 EUR/year.")
    money = parse_money(amount, "EUR")
    return money if isinstance(money, Problem) else words


@parsed(shape.LENGTH)
def _length(words: str) -> Interval | Problem:
    found = parse_interval(words)
    if found == NEVER:
        return Problem("PT502", "“never” is no length of time", "Write for example 3 days.")
    return found


@parsed(shape.count(1, 999_999))
def _positive(words: str) -> int | Problem:
    if re.fullmatch("[0-9]{1,6}", words) and int(words):
        return int(words)
    return Problem("PT502", f"“{words}” is no number of at least 1", "Write a number such as 10.")


_TOUCH = one_of(*shape.YES, *shape.NO, "in")


@shaped(_TOUCH.shape)
def _touch(node: Node, report: Report) -> str | None:
    word = _TOUCH(node, report)
    if word is None or word == "in":
        return word
    return "yes" if word in shape.YES else "no"


_CHANNEL: Reader[dict[str, Any]] = record(
    dict, touch=_touch, value=flag, cost=_cost, minutes=whole, also=texts, verb=text
)
_STATUS: Reader[dict[str, Any]] = record(dict, cadence=interval)


@shaped(by_name(_CHANNEL).shape)
def _merged_channels(node: Node, report: Report) -> dict[str, Channel]:
    """The table of FORMAT §2.3 with what the configuration adds to it or changes in it."""
    merged = _channels()
    for name, given in by_name(_CHANNEL)(node, report).items():
        words = " ".join(name.split())
        key = words.lower() if words.lower() in merged else words
        merged[key] = replace(merged.get(key, Channel(verb=f"{key.capitalize()} with")), **given)
    return merged


@shaped(by_name(_STATUS).shape)
def _merged_statuses(node: Node, report: Report) -> dict[str, Status]:
    """The statuses that need no configuration with what it adds to them or changes in them."""
    merged = _statuses()
    for name, given in by_name(_STATUS)(node, report).items():
        merged[name] = replace(merged.get(name, Status()), **given)
    return merged


@parsed(shape.plain(r"[^\x00-\x1f\x7f]{1,100}", "Write a name that no other vault has."))
def _vault_id(words: str) -> str | Problem:
    if len(words) <= 100 and words.isprintable():
        return words
    return Problem("PT502", "this is no name for a vault", "Write at most 100 characters on one line.")


@parsed(shape.count(1, 1))
def _format(words: str) -> int | Problem:
    if words == "1":
        return 1
    return Problem(
        "PT502", f"this program reads format 1, not “{words}”", "Use a newer ptcrm, or write format: 1."
    )


@parsed(shape.plain(say="Write for example {verb} {name} ({tier})."))
def _template(words: str) -> str | Problem:
    part = unknown_part(words, TITLE_FIELDS)
    if part is None:
        return words
    fields = ", ".join(f"{{{name}}}" for name in TITLE_FIELDS)
    return Problem("PT502", f"“{part}” has no meaning in a title", f"Known are: {fields}.")


@shaped({"anyOf": [*shape.ways(_template.shape), by_name(_template).shape]})
def _title(node: Node, report: Report) -> dict[str, str]:
    """The templates by kind; one alone is that of all contacts."""
    if isinstance(node, Mapping):
        found = by_name(_template)(node, report)
        return _named(found, node, report, _no_kind)
    words = _template(node, report)
    return dict.fromkeys(CONTACT_KINDS, words) if words else {}


def _no_kind(word: str) -> Problem | None:
    hint = suggest(word, KINDS) or f"Known are: {', '.join(KINDS)}."
    return None if word in KINDS else Problem("PT501", f"“{word}” is no kind of event", hint)


def _named(
    found: dict[str, T], node: Node, report: Report, flaw: Callable[[str], Problem | None]
) -> dict[str, T]:
    """What was `found` under names that have no flaw; the others are reported where they stand."""
    for key, _ in pairs(node, Report(report.source)):
        if problem := flaw(key.value):
            report.problem(problem, key.span.start)
            found.pop(key.value, None)
    return found


@parsed(shape.choice(COLOURS, any_case=True))
def _colour(words: str) -> str | Problem:
    if words.lower() in COLOURS:
        return words.lower()
    hint = suggest(words, COLOURS) or "Write one of CSS's names, such as seagreen."
    return Problem("PT105", f"“{words}” is no colour that has a name", hint)


@shaped(flag.shape)
def _private(node: Node, report: Report) -> bool:
    """Whether names are kept out; also where the word for it cannot be read, since nobody can call them back."""
    found = flag(node, report)
    return True if found is None else found


_FEED = record(
    Feed,
    where=text,
    kinds=many(one_of(*KINDS)),
    past=_length,
    horizon=_length,
    private=_private,
    age_in_title=flag,
    title=_title,
    alarm=_clock,
    todo=flag,
    overdue=one_of("gather", "today", "original"),
    name=text,
    colour=_colour,
)


@shaped(_FEED.shape)
def _feed(node: Node, report: Report) -> Feed:
    """One feed's settings; a slip in the word `private` keeps names out, too."""
    found = _FEED(node, report)
    words = [key.value for key, _ in node.pairs] if isinstance(node, Mapping) else []
    meant = any(nearest(word, ["private"]) for word in words if word != "private")
    return replace(found, private=True) if meant else found


@shaped(by_name(_FEED).shape)
def _feeds(node: Node, report: Report) -> dict[str, Feed]:
    """The feeds; each name is part of an address and of a file's name, also where case does not count."""
    taken: dict[str, str] = {}

    def flaw(name: str) -> Problem | None:
        if not _FEED_NAME.fullmatch(name) or _DEVICE.fullmatch(name):
            hint = "Write letters, digits, - and _, at most 40."
            return Problem("PT502", f"“{name}” cannot be a feed's name", hint)
        other = taken.setdefault(same_id(name), name)
        differs = f"“{name}” differs from “{other}” in case alone"
        return None if other == name else Problem("PT502", differs, "Give it another name.")

    return _named(by_name(_feed)(node, report), node, report, flaw)


_STEP = record(Step, after=_length, do=text, text=text)
_PLAYBOOK = record(Playbook, starts=text, lapse=_length, steps=many(_STEP))


@dataclass(frozen=True, slots=True)
class Key:
    """One key of `ptcrm.yaml`: how it is read, and what it means in a line (shown in the docs)."""

    name: str
    read: Reader[Any]
    meaning: str


KEYS = (
    Key("format", _format, "the version of this format"),
    Key("id", _vault_id, "a name that no other vault has, for the identity of events; written by `init`"),
    Key("start", day, "silence before this day is nobody's fault; written by `init`"),
    Key("customers", many(_folder), "a folder or a list of folders with customers"),
    Key("timezone", zone, "where today begins; default: the system's"),
    Key("country", text, "whose public holidays are kept free"),
    Key("currency", _currency, "what an amount without a code is in"),
    Key("working_days", many(_weekday), "the days on which contacts are planned"),
    Key("away", many(_range), "days without work, as FIRST..LAST"),
    Key(
        "capacity",
        record(Capacity, per_day=_positive, intake=_positive),
        "how much a day holds",
    ),
    Key("min_gap", _length, "the least time between two contacts planned for one customer"),
    Key("default_cadence", interval, "for customers with no other cadence"),
    Key("retry", _length, "when to try again after no answer"),
    Key("feedback_within", _length, "how soon feedback is answered"),
    Key(
        "tiers",
        by_name(record(Tier, cadence=interval, budget=_budget, when=text, channels=texts)),
        "in order of rank",
    ),
    Key("statuses", _merged_statuses, "beside prospect, active, former and paused"),
    Key("owners", texts, "who looks after customers; any other owner is a warning"),
    Key("channels", _merged_channels, "beside those of the table, or changing them"),
    Key("playbooks", by_name(_PLAYBOOK), "steps that follow a sale, a beginning or a leaving"),
    Key(
        "changes",
        many(record(Improvement, date=day, fixes=text, text=text)),
        "why former customers may come back",
    ),
    Key(
        "campaigns",
        by_name(record(Campaign, date=anniversary, do=text, where=text)),
        "yearly mailings to many",
    ),
    Key("queries", by_name(text), "saved searches"),
    Key("feeds", _feeds, "calendar feeds by name; default: one named `all`"),
    Key(
        "occasions",
        record(
            Occasions,
            leap_day=one_of("feb28", "mar1"),
            lead=by_name(_length),
            customer_years=many(_positive),
        ),
        "how birthdays and other days are kept",
    ),
    Key("log", record(Log, headings=texts), "the headings under which a log stands"),
)


def read_config(root: Mapping, report: Report) -> Config:
    """The configuration in `root`; a bad value is reported and has its default."""
    warn_of_cuts(root, report)
    known = {key.name: key for key in KEYS}
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for name, node in pairs(root, report):
        key = known.get(name.value)
        if key is None:
            report.add(
                "PT501", name.span.start, f"“{name.value}” means nothing here", suggest(name.value, known)
            )
        elif not is_empty(node) and (value := key.read(node, report)) not in (None, (), {}):
            values[key.name] = value
            lines[key.name] = report.line(name.span.start)
            lines.update(_places(key.name, node, report))
    return _with_channels_named(Config(**values, lines=lines))


def _places(name: str, node: Node, report: Report) -> Iterator[tuple[str, int]]:
    """The line of every key and member below `name`, as `tiers.gold` and `playbooks.after-sale.steps.1`."""
    if isinstance(node, Mapping):
        for key, value in node.pairs:
            yield f"{name}.{key.value}", report.line(key.span.start)
            yield from _places(f"{name}.{key.value}", value, report)
    elif isinstance(node, Sequence):
        for number, member in enumerate(node.items, 1):
            yield f"{name}.{number}", report.line(member.span.start)
            yield from _places(f"{name}.{number}", member, report)


def _with_channels_named(config: Config) -> Config:
    """The same, where playbooks and campaigns name each channel by its own name and not by another word for it."""
    names = channel_names(config)

    def named(word: str) -> str:
        return names.get(word.casefold(), word)

    playbooks = {
        name: replace(
            one,
            starts=named(one.starts),
            steps=tuple(replace(step, do=named(step.do)) for step in one.steps),
        )
        for name, one in config.playbooks.items()
    }
    campaigns = {name: replace(one, do=named(one.do)) for name, one in config.campaigns.items()}
    return replace(config, playbooks=playbooks, campaigns=campaigns)
