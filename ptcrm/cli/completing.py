"""What completes each argument and option: mostly the words of the vault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from ptcrm.text.fold import fold, same_id
from ptcrm.views.words import Words, terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DAYS: tuple[str, ...] = (
    *("today", "yesterday", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
    *("sunday", "next week", "next month", "+1w", "+2w"),
)
_LENGTHS = ("weekly", "fortnightly", "monthly", "quarterly", "yearly", "never")


class Candidate(NamedTuple):
    """A word that may stand there, and what it means. An `open` one goes on: no blank follows it.

    A `loose` one means the same in any letters that fold alike. A `kind` that is `file` or `dir` stands for
    what the shell itself completes.
    """

    word: str
    meaning: str = ""
    open: bool = False
    loose: bool = False
    kind: str = "word"

    def typed(self, part: str) -> Candidate:
        """The same, with the letters of the `part` that is typed, where they differ in case alone."""
        if not self.loose or self.word[: len(part)].casefold() != part.casefold():
            return self
        return self._replace(word=part + self.word[len(part) :])


FILES, FOLDERS = Candidate("", kind="file"), Candidate("", kind="dir")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the arguments `before` the cursor that belong here, the `part` of a word, the words."""

    before: tuple[str, ...]
    part: str
    words: Callable[[], Words]

    def begins(self, word: str) -> bool:
        """Whether the part is the beginning of `word`, whatever case and accents."""
        return fold(word).startswith(fold(self.part))


def completer(path: str, param: click.Parameter) -> Callable[[Asked], Iterable[Candidate]]:
    """What completes the option or argument of the command `path`: nothing, if its text is free."""
    name = param.opts[0] if isinstance(param, click.Option) else ""
    shape = (param.metavar or param.type.name).replace("[", "").replace("]", "").rstrip(".")
    special = SPECIAL.get(f"{path} {name or shape}")
    return special or BY_SHAPE.get(shape, _nothing)


def _nothing(_: Asked) -> Iterable[Candidate]:
    return ()


def one_of(words: Iterable[str]) -> Callable[[Asked], Iterable[Candidate]]:
    """What completes one of these `words`."""
    return lambda asked: (Candidate(word) for word in words if asked.begins(word))


def _from(get: Callable[[Words], Iterable[str]]) -> Callable[[Asked], Iterable[Candidate]]:
    """The words that `get` takes from those of the vault, each but those that stand there already."""
    return lambda asked: one_of(word for word in get(asked.words()) if word not in asked.before)(asked)


# Customers


def _who(asked: Asked) -> Iterator[Candidate]:
    """Customers by id, else by name, else from a later word of the name on."""
    if asked.before:
        yield from _rest_of_name(asked)
        return
    for id_, name, *aliases in asked.words().customers:
        word = _called(asked, id_, (name, *aliases))
        if word is not None:
            yield Candidate(word, name, loose=True)


def _called(asked: Asked, id_: str, names: tuple[str, ...]) -> str | None:
    """The word for a customer that goes on from what is typed: in its own letters if it can."""
    if id_.startswith(asked.part):
        return id_
    for name in names:
        if name.startswith(asked.part):
            return name
    if asked.begins(id_):
        return id_
    tails = (" ".join(name.split()[at:]) for name in names for at in range(len(name.split())))
    return next((tail for tail in tails if asked.begins(tail)), None)


def _rest_of_name(asked: Asked) -> Iterator[Candidate]:
    """The next word of a name whose first words stand there: `Nowak` behind `jan`."""
    typed = fold(" ".join(asked.before))
    for _, *names in asked.words().customers:
        for name in names:
            words = name.split()
            count = len(typed.split())
            if fold(" ".join(words[:count])) == typed and words[count:] and asked.begins(words[count]):
                yield Candidate(words[count], name, loose=True)


def _is_somebody(words: tuple[str, ...], customers: Iterable[list[str]]) -> bool:
    """Whether `words` are an id or a whole name, or stand in a single customer's name or id."""
    part, key = fold(" ".join(words)), same_id(" ".join(words))
    found = 0
    for names in customers:
        if key == same_id(names[0]) or part in map(fold, names):
            return True
        found += any(part in fold(name) for name in names)
    return found == 1


def _then(following: Callable[[Asked], Iterable[Candidate]], asked: Asked) -> Iterator[Candidate]:
    """WHO, and behind it what `following` has: WHO is as many of the first words as mean somebody."""
    yield from _who(asked)
    customers = asked.words().customers
    count = 0
    for upto in range(1, len(asked.before) + 1):
        if _is_somebody(asked.before[:upto], customers):
            count = upto
    if count:
        yield from following(replace(asked, before=asked.before[count:]))


def _item(asked: Asked) -> Iterator[Candidate]:
    """Something of the library, by id."""
    for id_, title in asked.words().items:
        if asked.begins(id_):
            yield Candidate(id_, title)


def _shared(asked: Asked) -> Iterator[Candidate]:
    """Something of the library, or a customer."""
    if not asked.before:
        yield from _item(asked)
    yield from _who(asked)


# What follows WHO


def _channel(asked: Asked) -> Iterator[Candidate]:
    if not asked.before:
        named = (f"{word}:" for word in asked.words().channels)
        yield from (Candidate(word) for word in named if asked.begins(word))


def _template(asked: Asked) -> Iterable[Candidate]:
    return () if asked.before else one_of(asked.words().templates)(asked)


def _day(asked: Asked) -> Iterator[Candidate]:
    """The rest of words for a day, such as `next week`."""
    typed = " ".join([*asked.before, asked.part])
    for day in _DAYS:
        if day.startswith(typed.lower()):
            word = day[len(typed) - len(asked.part) :]
            yield Candidate(word if not asked.before else word.split(" ")[0])


def _field(asked: Asked) -> Iterator[Candidate]:
    """A field, then its values."""
    if asked.before:
        yield from field_values(asked.before[0], asked)
        return
    for name, meaning in asked.words().fields:
        if asked.begins(name):
            yield Candidate(name, meaning)


_SINGULAR = {"tags": "tag", "interests": "interest", "places": "place"}


def field_values(name: str, asked: Asked) -> Iterable[Candidate]:
    """What the field of a file takes, or has elsewhere."""
    words = asked.words()
    if name in ("company", "referred_by"):
        ids = words.companies if name == "company" else [one[0] for one in words.customers]
        return one_of(ids)(asked)
    fixed = {"cadence": _LENGTHS, "do_not_contact": ("true", "false"), "snooze": _DAYS}.get(name)
    asked_as = _SINGULAR.get(name, name)
    return one_of(fixed or words.known.get(asked_as) or words.used.get(asked_as) or ())(asked)


# Queries


def _query(asked: Asked) -> Iterator[Candidate]:
    """A term of a query, with the terms before it that the same word of the shell holds."""
    for word, meaning, is_open in terms(asked.part, asked.words()):
        yield Candidate(word, meaning, is_open, loose=True)


def _codes(asked: Asked) -> Iterator[Candidate]:
    from ptcrm.model.diagnostic import RULES

    done, comma, part = asked.part.rpartition(",")
    for rule in RULES:
        if rule.code.startswith(part.upper()):
            yield Candidate(f"{done}{comma}{rule.code}", rule.meaning)


def _topics(asked: Asked) -> Iterable[Candidate]:
    from ptcrm.cli import COMMANDS
    from ptcrm.cli.help import TOPICS

    return one_of((*COMMANDS, *TOPICS))(asked)


_FEEDS = _from(lambda words: words.feeds)


def _after_comma(get: Callable[[Words], Iterable[str]], asked: Asked) -> Iterator[Candidate]:
    """One more of the words that `get` takes from those of the vault, behind those that stand there."""
    done, comma, part = asked.part.rpartition(",")
    given = done.split(",")
    for word in get(asked.words()):
        if fold(word).startswith(fold(part)) and word not in given:
            yield Candidate(f"{done}{comma}{word}")


def _column(asked: Asked, *, sign: str) -> Iterator[Candidate]:
    """A column of `ptcrm list`, behind those that stand there; `sign` may stand before each."""
    done, comma, part = asked.part.rpartition(",")
    minus = sign if sign and part.startswith(sign) else ""
    for word in _columns(asked.words()):
        if fold(word).startswith(fold(part.removeprefix(minus))):
            yield Candidate(f"{done}{comma}{minus}{word}")


def _answers(asked: Asked) -> Iterable[Candidate]:
    from ptcrm.formats.answers import NAMES

    return one_of(NAMES)(asked)


def _columns(words: Words) -> list[str]:
    from ptcrm.formats.columns import STANDING

    return [*(one for one, *_ in words.fields), *STANDING]


SPECIAL: dict[str, Callable[[Asked], Iterable[Candidate]]] = {
    "export ics --feed": _FEEDS,
    "feed url NAME": _FEEDS,
    "feed rotate NAME": _FEEDS,
    "feed qr NAME": _FEEDS,
    "export mailing --channel": _from(lambda words: words.channels),
    "campaign NAME": _from(lambda words: words.campaigns),
    "add NAME": _nothing,
    "draft --occasion": _nothing,
    "sync --remote": _nothing,
    "import csv --delimiter": one_of(("comma", "semicolon", "tab", "pipe")),
    "import csv --dates": one_of(("dmy", "mdy", "ymd")),
    "import csv --encoding": _nothing,
    "import vcard --encoding": _nothing,
    "git merge-file --ours": _nothing,
    "git merge-file --theirs": _nothing,
    "git merge-file path": lambda _: [FILES],
    "help TOPIC": _topics,
    "library list WORDS": _nothing,
    "library add --topics": partial(_after_comma, lambda words: words.topics),
    "share WHAT": _shared,
    "share --log": partial(_after_comma, lambda words: [one for one, *_ in words.customers]),
    "find WORDS": _query,
    "schema --answer": _answers,
    "list --columns": partial(_column, sign=""),
    "list --sort": partial(_column, sign="-"),
    "list --group-by": partial(_column, sign=""),
    "timeline --channel": partial(_after_comma, lambda words: words.channels),
}
BY_SHAPE: dict[str, Callable[[Asked], Iterable[Candidate]]] = {
    "ITEM": _item,
    "WHO": _who,
    "WHO TEXT": partial(_then, _channel),
    "WHO TEMPLATE": partial(_then, _template),
    "WHO N": partial(_then, _nothing),
    "WHO UNTIL": partial(_then, _day),
    "REV WHO": _who,
    "WHO NEW": partial(_then, _nothing),
    "WHO OTHER": partial(_then, _who),
    "WHO FIELD VALUE": partial(_then, _field),
    "QUERY": _query,
    "DAY": _day,
    "CODES": _codes,
    "DIR": lambda _: [FOLDERS],
    "FILE": lambda _: [FILES],
    "PATH…": lambda _: [FILES],
}
# What is a person's own to write.
FREE = frozenset(
    (
        *("N", "TEXT", "EVERY", "YYYY", "YYYY-MM-DD", "LENGTH", "PERCENT", "VALUE", "BASE", "ADDR", "SCORE"),
        *("FIELD=VALUE", "COLUMN=FIELD", "ADDRESS", "text", "TEMPLATE", "URL_OR_TITLE", "integer range"),
    )
)
