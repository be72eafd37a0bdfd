"""How ptcrm.yaml is read (FORMAT §3): every key with its type and meaning, in one table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ptcrm.model import shape
from ptcrm.model.colours import COLOURS
from ptcrm.model.config import (
    KINDS,
    WEEKDAYS,
    Campaign,
    Capacity,
    Channel,
    Config,
    Feed,
    Improvement,
    Log,
    Occasions,
    Playbook,
    Share,
    Status,
    Step,
    Tier,
    channel_names,
    usual_channels,
    usual_statuses,
)
from ptcrm.model.dates import (
    NEVER,
    Interval,
    parse_date,
    parse_interval,
    parse_time,
)
from ptcrm.model.diagnostic import Problem
from ptcrm.model.occurrence import CONTACT_KINDS
from ptcrm.model.reading import (
    Reader,
    Report,
    anniversary,
    by_name,
    day,
    flag,
    interval,
    is_empty,
    many,
    one_of,
    pairs,
    parsed,
    record,
    shaped,
    text,
    texts,
    warn_of_cuts,
    whole,
    zone,
)
from ptcrm.model.values import MONEY_FORM, parse_money
from ptcrm.text.fold import same_id
from ptcrm.text.frontmatter import Mapping, Sequence
from ptcrm.text.near import nearest, suggest
from ptcrm.text.template import unknown_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, time

    from ptcrm.text.frontmatter import Node

T = TypeVar("T")

TITLE_FIELDS = ("verb", "channel", "name", "tier", "text", "year", "years")
_DEVICE = re.compile("con|prn|aux|nul|(?:com|lpt)[0-9]", re.IGNORECASE)  # no names of files on Windows
_FEED_NAME = re.compile(r"[^\W_][\w-]{0,39}")
_WEEKDAY_FORM = rf"(?:{shape.in_any_case('|'.join(WEEKDAYS))})[\s\S]*"
# Not below /, \ or ~, not above the vault, nothing before a colon.
_FOLDER_FORM = r"\s*(?![/\\~])(?!(?:[\s\S]*[/\\])?\.\.(?:[/\\]|\s*$))[^:\x00-\x1f\x7f]*\s*"


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


@parsed({**shape.like(_WEEKDAY_FORM, "Write a day of the week."), "examples": list(WEEKDAYS)})
def _weekday(words: str) -> str | Problem:
    if words.lower()[:3] in WEEKDAYS:
        return words.lower()[:3]
    return Problem("PT502", f"“{words}” is no day of the week", f"Write {', '.join(WEEKDAYS)}.")


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
    merged = usual_channels()
    for name, given in by_name(_CHANNEL)(node, report).items():
        words = " ".join(name.split())
        key = words.lower() if words.lower() in merged else words
        merged[key] = merged.get(key, Channel(verb=f"{key.capitalize()} with"))._replace(**given)
    return merged


@shaped(by_name(_STATUS).shape)
def _merged_statuses(node: Node, report: Report) -> dict[str, Status]:
    """The statuses that need no configuration with what it adds to them or changes in them."""
    merged = usual_statuses()
    for name, given in by_name(_STATUS)(node, report).items():
        merged[name] = merged.get(name, Status())._replace(**given)
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
    return found._replace(private=True) if meant else found


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


_STEP = record(Step, after=_length, do=text, text=text, template=text)
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
    Key("language", text, "the language of drafts to customers who name none"),
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
        by_name(record(Campaign, date=anniversary, do=text, where=text, template=text)),
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
    Key("topics", by_name(texts), "other words for topics of the library"),
    Key("share", record(Share, per_month=_positive), "how much of the library one customer is given"),
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
        name: one._replace(
            starts=named(one.starts),
            steps=tuple(step._replace(do=named(step.do)) for step in one.steps),
        )
        for name, one in config.playbooks.items()
    }
    campaigns = {name: one._replace(do=named(one.do)) for name, one in config.campaigns.items()}
    return replace(config, playbooks=playbooks, campaigns=campaigns)
