"""Where the cursor stands on a command line, and what may stand there: commands, options, and their values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from ptcrm.cli.completing import Asked, Candidate, completer, field_values, one_of
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ptcrm.views.words import Words


@dataclass
class Cursor:
    """Where the cursor stands: the command reached, its arguments so far, an option that waits for its value."""

    command: click.Command
    path: str = ""
    vault: str | None = None
    before: tuple[str, ...] = ()
    waiting: click.Option | None = None
    is_text: bool = False  # behind `--`
    used: set[str] = field(default_factory=set)

    def take(self, word: str) -> None:
        """Go on by a whole word."""
        if self.waiting is not None:
            if self.waiting.name == "vault":
                self.vault = word
            self.waiting = None
        elif word == "--" and not self.is_text:
            self.is_text = True
        elif not self.is_text and (word.startswith("--") or self._known(word)):
            self._option(word)
        elif isinstance(self.command, click.Group):
            self._enter(word)
        else:
            self.before += (word,)

    def _known(self, name: str) -> click.Option | None:
        return next((one for one in options(self.command) if name in one.opts), None)

    def _option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        self.used.add(name)
        option = self._known(name)
        if option is None or option.is_flag or option.count:
            return
        self.waiting = option
        if equals:
            self.take(value)

    def _enter(self, name: str) -> None:
        assert isinstance(self.command, click.Group)  # noqa: S101  # `take` asks for it
        found = self.command.get_command(click.Context(self.command), name)
        if found is None:
            raise click.UsageError(name)
        self.command, self.path, self.used = found, f"{self.path} {name}".strip(), set()


def options(command: click.Command) -> list[click.Option]:
    """The options of `command`, help included."""
    given = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    return [*given, click.Option(["--help"], is_flag=True, help="Show help and exit.")]


def cursor_at(group: click.Group, before: Iterable[str]) -> Cursor:
    """Where the words `before` the cursor lead; raises click's `UsageError` if to no command."""
    cursor = Cursor(group)
    for word in before:
        cursor.take(word)
    return cursor


def candidates(cursor: Cursor, part: str, words: Callable[[], Words]) -> tuple[str, list[Candidate]]:
    """What may stand at the cursor, where `part` of a word is typed; before it what of the word stays (`--feed=`)."""
    kept = ""
    if part.startswith("--") and "=" in part and not cursor.waiting and not cursor.is_text:
        name, _, part = part.partition("=")
        kept = f"{name}="
        cursor.take(name)
    found = _found(cursor, Asked(cursor.before, part, words))
    shown = (one.typed(part) for one in found if one.word == for_terminal(one.word) and "\n" not in one.word)
    unique = {one.word: one for one in shown}
    return kept, list(unique.values())


def _found(cursor: Cursor, asked: Asked) -> Iterator[Candidate]:
    if cursor.waiting is not None:
        yield from _values(cursor.path, cursor.waiting, asked)
        return
    if asked.part.startswith("-") and not cursor.is_text:
        yield from _options(cursor, asked)
    if isinstance(cursor.command, click.Group):
        names = cursor.command.list_commands(click.Context(cursor.command))
        yield from (Candidate(name) for name in names if name.startswith(asked.part))
        return
    argument = next((one for one in cursor.command.params if isinstance(one, click.Argument)), None)
    if argument is not None and (argument.nargs == -1 or not asked.before):
        if isinstance(argument.type, click.Choice):
            yield from one_of(argument.type.choices)(asked)
        else:
            yield from completer(cursor.path, argument)(asked)


def _options(cursor: Cursor, asked: Asked) -> Iterator[Candidate]:
    for option in options(cursor.command):
        if option.multiple or cursor.used.isdisjoint(option.opts):
            long = max(option.opts, key=len)
            if long.startswith(asked.part):
                yield Candidate(long, one_line(option.help or ""))


def _values(path: str, option: click.Option, asked: Asked) -> Iterable[Candidate]:
    if isinstance(option.type, click.Choice):
        return one_of(option.type.choices)(asked)
    if path == "add":
        return field_values(option.name or "", asked)
    return completer(path, option)(asked)
