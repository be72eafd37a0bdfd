"""The command that writes into logs: of one customer, of several, of all whom a query finds."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import click

from ptcrm.cli.choosing import agrees, first_is_meant, is_terminal, refuse_options, who_is_meant
from ptcrm.cli.options import LITERAL, Session, customers_meant, writing
from ptcrm.cli.output import say, say_table, tell
from ptcrm.errors import NotFoundError, PtcrmError, RefusedError, UsageError
from ptcrm.model.dates import long_day
from ptcrm.model.typed import plain
from ptcrm.text.fold import fold, same_id
from ptcrm.text.safe import for_terminal, one_line
from ptcrm.text.words import few, plural
from ptcrm.vault.index import Match
from ptcrm.views.entries import before_channel, customer_of, past_day
from ptcrm.views.writing import logged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptcrm.cli.drafts import Draft
    from ptcrm.model.change import Operation
    from ptcrm.workspace import Workspace

_MANY = 10  # customers who are written to without a question
_NAMED = 20  # customers whom a question names
_RECENT = 5  # entries that the editor shows
_NO_TEXT = "There is no text. Nothing was written."


class _Meant(NamedTuple):
    """Whose log is meant; `query` is that of a group, `left_out` are those of it who are not to be contacted."""

    people: list[Match]
    query: str | None = None
    left_out: tuple[str, ...] = ()


@click.command("log", context_settings=LITERAL)
@click.argument("words", metavar="WHO TEXT", nargs=-1)
@click.option("--group", metavar="QUERY", help="Everybody whom the query finds, in the place of WHO.")
@click.option("--yes", "is_sure", is_flag=True, help=f"Do not ask, even for more than {_MANY} customers.")
@click.option("--date", "day", metavar="DAY", default="today", show_default=True, help="When it was.")
@writing
def log_command(
    session: Session, words: tuple[str, ...], group: str | None, day: str, *, is_sure: bool
) -> None:
    """Write an entry into the log of a customer, or of several.

    TEXT is `CHANNEL: what happened`; without a channel it is a contact. Without TEXT your editor opens,
    and - takes it from standard input.

    \b
    Examples:
      ptcrm log anna "call: The new shop opens in May #expansion"
      ptcrm log anna "email (in): Asked for the price list" --date yesterday
      ptcrm log jan nowak 14:30 visit: Saw the frames
      ptcrm log anna, jan "event: Came to the evening with lugs"
      ptcrm log --group tag:randonneur "event: Autumn ride"
      ptcrm log anna
      ptcrm log anna - < notes.txt
    """
    session.for_names = group is None
    on = past_day(day, session.workspace().today)
    refuse_options(words)
    if group is None:
        meant, text = _named(session, words)
    else:
        _refuse_who(session.workspace(), words)
        meant, text = _found(session, group), words
    _agree(session, meant, is_sure=is_sure)
    if not text and not is_terminal() and "draft" not in session.answers:
        before = f"--group {group}" if group else " ".join(words)
        hint = f'Write it behind, as in "call: …", or give it on standard input: ptcrm log {before} -'
        raise UsageError(f"Something is missing after “{before}”: TEXT. {hint}")
    if text and text != ("-",):
        _write(session, meant, *logged(session.workspace(), meant.people, " ".join(text), on, meant.query))
    elif text:
        _write_input(session, meant, on)
    else:
        _write_draft(session, meant, on)


# Who


def _named(session: Session, words: tuple[str, ...]) -> tuple[_Meant, tuple[str, ...]]:
    """Everybody whom the first words name, with commas between them, and the other words.

    A name that has a comma itself is one name, if somebody has it.
    """
    if not words:
        return _Meant([who_is_meant(session, ())]), ()
    if "," not in "".join(words):
        match, text = first_is_meant(session, words)
        return _Meant([match]), text
    people: dict[str, Match] = {}
    pieces = list(_pieces(words))
    while pieces:
        name, count = _longest_name(session.workspace(), pieces)
        match = _one_of_several(session, name)
        people.setdefault(match.path, match)
        last, pieces = pieces[count - 1], pieces[count:]
        if not last.is_listed:
            return _Meant([*people.values()]), words[last.word + 1 :]
    if not people:
        raise UsageError("Nobody is named before the comma. Nothing was written.")
    return _Meant([*people.values()]), ()


def _one_of_several(session: Session, name: str) -> Match:
    """Who is meant by one of several names; raises `NotFoundError` for all of them."""
    try:
        return who_is_meant(session, (name,))
    except NotFoundError as error:
        raise NotFoundError(f"{error}\nNothing was written.") from error


class _Piece(NamedTuple):
    """A part of the words typed, between blanks or commas: which word it is of, and what stands behind it."""

    text: str
    word: int
    gap: str

    @property
    def is_listed(self) -> bool:
        """Whether a comma stands behind it."""
        return self.gap != " "


def _pieces(words: tuple[str, ...]) -> Iterator[_Piece]:
    for place, word in enumerate(map(plain, words)):
        parts = word.split(",")
        for part, after in zip(parts, [*parts[1:], None], strict=True):
            gap = " " if after is None else ", " if after.startswith(" ") or not after else ","
            if part.strip():
                yield _Piece(part.strip(), place, gap)


def _longest_name(workspace: Workspace, pieces: list[_Piece]) -> tuple[str, int]:
    """As many of the first pieces as still fit somebody, as words, and how many they are."""
    name, count = pieces[0].text, 1
    typed = spaced = name
    for number, (before, one) in enumerate(pairwise(pieces), 2):
        typed += f"{before.gap}{one.text}"
        spaced += f"{', ' if before.is_listed else ' '}{one.text}"
        known = next((words for words in (typed, spaced) if _is_somebody(workspace, words, one)), None)
        if known is None:
            break
        name, count = known, number
    return name, count


def _is_somebody(workspace: Workspace, words: str, last: _Piece) -> bool:
    """Whether somebody has these words as id or file name, or in the name, perhaps with a comma behind them."""
    index = workspace.index
    begins = last.is_listed and index.is_named(f"{words},")
    return begins or index.is_named(words) or bool(index.meant(same_id(words)))


def _found(session: Session, group: str) -> _Meant:
    """Everybody whom the query finds, by name; raises `UsageError` and `NotFoundError`.

    Whoever is not to be contacted is left out: what goes to many has not gone there (FORMAT §2.2).
    """
    query = plain(group)
    if not query:
        raise UsageError('--group needs a query, such as --group "tag:newsletter place:berlin".')
    found = sorted(customers_meant(session.workspace(), (query,)), key=lambda one: (fold(one.name), one.path))
    people = [Match(one.path, one.id, one.name) for one in found if not one.do_not_contact]
    left_out = tuple(one.name for one in found if one.do_not_contact)
    if not people:
        why = "only people who are not to be contacted are" if left_out else "nobody is"
        raise NotFoundError(f"Nothing was written, since {why} meant by this query: {query}")
    return _Meant(people, query, left_out)


def _refuse_who(workspace: Workspace, words: tuple[str, ...]) -> None:
    """Raise `UsageError` if a customer is named before the text: beside a group that would become text."""
    typed = [plain(word) for word in words]
    lead = before_channel(workspace, " ".join(typed))
    if not lead and len(typed) > 1 and " " in typed[-1]:
        lead = " ".join(typed[:-1])
    if lead and all(workspace.index.is_named(name) for part in lead.split(",") if (name := part.strip())):
        raise UsageError(
            f"--group stands in the place of WHO, so “{lead}” would become text. Leave out one of them."
        )


def _agree(session: Session, meant: _Meant, *, is_sure: bool) -> None:
    """Ask before many of a group are written to; raises `RefusedError` if nobody agrees."""
    key = f"agreed {[one.path for one in meant.people]}"
    if meant.left_out and "left out" not in session.answers:
        session.answers["left out"] = True
        tell(f"Left out, since they are not to be contacted: {', '.join(map(one_line, meant.left_out))}")
    count = len(meant.people)
    if meant.query is None or is_sure or session.dry_run or count <= _MANY or key in session.answers:
        return
    if not is_terminal():
        raise RefusedError(
            f"This would write into the logs of {count} customers. Add --yes if that is meant."
        )
    with session.unlocked():
        for one in meant.people[:_NAMED]:
            tell(f"  {one_line(one.name)}  {one.id}")
        if count > _NAMED:
            tell(f"  and {count - _NAMED} more: ptcrm list {meant.query}")
        if not agrees(f"Write into the logs of these {count} customers?", usually=False):
            raise RefusedError("Nothing was written.")
    session.answers[key] = True


# Text


def _write_input(session: Session, meant: _Meant, on: date) -> None:
    """Write the text that comes on standard input; one that was typed there is kept if it cannot be written."""
    from ptcrm.cli.drafts import Draft, decoded

    answers = session.answers
    if "input" not in answers:
        is_typed = is_terminal()
        if is_typed:
            tell("Write what happened; Ctrl-D on a line of its own ends it.")
        with session.unlocked():
            answers["input"] = decoded(sys.stdin.buffer.read() if sys.stdin else b"").strip("\n")
        if is_typed:
            answers["draft"] = Draft("log")
            answers["draft"].keep(answers["input"])
    if not answers["input"].strip():
        raise UsageError("Nothing came on standard input. Nothing was written.")
    is_applied = _write(
        session, meant, *logged(session.workspace(), meant.people, answers["input"], on, meant.query)
    )
    if is_applied and "draft" in answers:
        answers["draft"].done()


def _write_draft(session: Session, meant: _Meant, on: date) -> None:
    """Write the text from the user's editor; it opens again on a text that cannot be written."""
    from ptcrm.cli.drafts import Draft

    draft: Draft | None = session.answers.get("draft")
    if draft is None:
        draft = session.answers["draft"] = Draft(f"log-{meant.people[0].id}")
        with session.unlocked():
            draft.edited("", _remarks(session, meant, on))
    while True:
        text = draft.text()
        if not text:
            raise RefusedError(_NO_TEXT)
        try:
            operation, line = logged(session.workspace(), meant.people, text, on, meant.query)
            break
        except PtcrmError as error:
            tell(f"ptcrm: {error}")
            with session.unlocked():
                if not agrees("Correct it in the editor?", usually=True):
                    raise RefusedError("Nothing was written.") from error
                draft.edited(text, [*f"NOT WRITTEN: {error}".split("\n"), "", *_remarks(session, meant, on)])
    if _write(session, meant, operation, line):
        draft.done()


def _remarks(session: Session, meant: _Meant, on: date) -> Iterator[str]:
    """What helps to write: for whom and when, the newest entries, the channels."""
    from ptcrm.cli.drafts import COMMENT
    from ptcrm.views.customer import history

    workspace = session.workspace()
    yield "Write above what happened, as `CHANNEL: text`; more lines may follow. Without a text nothing is written."
    yield f"Lines that begin with {COMMENT} are left out."
    yield ""
    names = [f"{one_line(one.name)} ({one.id})" for one in meant.people]
    yield f"{long_day(on)}: {few(names, _NAMED)}"
    yield f"Channels: {', '.join(workspace.config.channels)}"
    if len(meant.people) == 1:
        past = history(customer_of(workspace.reading(meant.people[0])))
        yield from (f"  {one.date} {for_terminal(one_line(one.words))}" for one in past[:_RECENT])


# Writing


def _write(session: Session, meant: _Meant, operation: Operation, line: str) -> bool:
    """Make the operation's changes and say so; False in a dry run."""
    workspace = session.workspace()
    waiting = [] if meant.query else [(one, _first_open(workspace, one)) for one in meant.people]
    if not session.apply(operation):
        return False
    shown = line.replace("\n", "\n  ")
    if len(meant.people) == 1 and meant.query is None:
        say(f"{meant.people[0].path}: {shown}")
    else:
        say(f"In the logs of {plural(len(meant.people), 'customer')}: {shown}")
        say_table([(one.name, one.path) for one in meant.people])
    for one, still in waiting:
        if still:
            tell(f"Still open: {still}. Close it with `ptcrm done {one.id}`.")
    return True


def _first_open(workspace: Workspace, match: Match) -> str | None:
    """The first follow-up that is due, in words: the log does not close it."""
    customer = customer_of(workspace.changing(match).reading)
    first = next(iter(customer.open_follow_ups), None)
    if first is None or first.due > workspace.today:
        return None
    from ptcrm.vault.log import follow_up_words

    return f"{first.due} {follow_up_words(first)}"
