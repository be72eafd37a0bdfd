"""Answers that are rows, in the form that is asked for: one decorator gives a command all of them."""

from __future__ import annotations

import re
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ptcrm.cli.options import Place, Session, json_option, pass_session
from ptcrm.cli.output import say_compact_json, say_json, say_lines, say_raw, tell
from ptcrm.errors import NotFoundError, UsageError
from ptcrm.text.fold import fold
from ptcrm.text.near import suggest
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Row = dict[str, object]
_MOST_FILES = 20
_SHOWN = 60  # names that an error lists
_OPTIONS: dict[str, Callable[..., Any]] = {
    "json": json_option,
    "jsonl": click.option("--jsonl", "as_jsonl", is_flag=True, help="Print JSON, an object a line."),
    "csv": click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for spreadsheets."),
    "tsv": click.option("--tsv", "as_tsv", is_flag=True, help="Print columns with tabs between them."),
    "ids": click.option("--ids", "as_ids", is_flag=True, help="Print the customers' ids, one a line."),
    "format": click.option(
        "--format",
        "as_format",
        type=Place(),
        metavar="TEMPLATE",
        help="Print a line for each, such as '{name}: {state}'.",
    ),
    "open": click.option("--open", "as_open", is_flag=True, help="Open the customers' files in your editor."),
}


class Answer(NamedTuple):
    """What a command has found.

    `show` prints it as text. `columns` are the keys of its rows, and `rows` gives the rows, which need no other keys
    than those it is given. `remarks` stand beside every form but text. `also` has other names of columns, `id_key`
    is the column with the customer's id. `whole` is the answer of `--json`, where that is more than the rows.
    """

    columns: Sequence[str]
    rows: Callable[[Collection[str]], Iterable[Mapping[str, object]]]
    show: Callable[[], None]
    remarks: Sequence[str] = ()
    also: Mapping[str, str] = MappingProxyType({})
    id_key: str = "customer"
    whole: Callable[[], object] | None = None


def answering(*, without: Collection[str] = ()) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """A decorator for a command that returns an `Answer`: it has every form, but those it is `without`."""
    offered = {name: option for name, option in _OPTIONS.items() if name not in without}

    def decorate(body: Callable[..., Answer]) -> Callable[..., None]:
        @pass_session
        @wraps(body)
        def call(session: Session, /, *args: object, **options: object) -> None:
            asked = {name: options.pop(f"as_{name}") for name in offered}
            form = _only([name for name, value in asked.items() if value not in (None, False)])
            answer = body(session, *args, **options)
            _give(session, answer, form, str(asked.get("format")))

        for option in reversed(offered.values()):
            call = option(call)
        return call

    return decorate


def _only(forms: list[str]) -> str:
    """The one form that is asked for, or none; raises `UsageError` for two."""
    if len(forms) > 1:
        raise UsageError(f"--{forms[0]} and --{forms[1]} do not go together: choose one.")
    return forms[0] if forms else ""


def _give(session: Session, answer: Answer, form: str, template: str) -> None:
    if not form:
        answer.show()
        return
    if form == "open":
        _open(session, answer)
    elif form == "json":
        say_json(answer.whole() if answer.whole else list(answer.rows(answer.columns)))
    elif form == "jsonl":
        say_compact_json(answer.rows(answer.columns))
    elif form == "ids":
        say_lines(_each(answer, answer.id_key))
    elif form == "format":
        _say_filled(answer, template)
    else:
        from ptcrm.formats import tabular

        write = tabular.as_csv if form == "csv" else tabular.as_tsv
        say_raw(write(answer.columns, answer.rows(answer.columns)))
    for remark in answer.remarks:
        tell(remark)


def _each(answer: Answer, key: str) -> list[str]:
    """The values of a column, each once, ready for a terminal."""
    found = (row[key] for row in answer.rows((key,)))
    return [for_terminal(str(value)) for value in dict.fromkeys(found) if value]


def _say_filled(answer: Answer, template: str) -> None:
    """Print a line for each row after the template; raises `UsageError` for one that cannot be filled."""
    from ptcrm.text.template import Slot, parts_of

    parts = parts_of(template, lambda name: _column(name, answer.columns, answer.also))
    if isinstance(parts, str):
        name = re.sub(r"\[[0-9]+\]$", "", parts.strip("{}"))
        if not name or parts in "{}":
            raise UsageError(f"--format: “{parts}” is no field in braces. A brace is written {{{{ or }}}}.")
        raise UsageError(f"--format: {_unknown(name, answer.columns)}")
    keys = {part.field for part in parts if isinstance(part, Slot)}
    say_lines(
        for_terminal("".join(part if isinstance(part, str) else _filled(part, row) for part in parts))
        for row in answer.rows(keys)
    )


def _filled(slot: Any, row: Mapping[str, object]) -> str:  # noqa: ANN401  # a `Slot`, imported when it is needed
    """The value for a slot on one line; nothing where there is none. One value is a list of one."""
    from ptcrm.formats.tabular import in_words

    value = row.get(slot.field)
    if slot.member is not None:
        members = value if isinstance(value, list) else [value]
        value = members[slot.member] if slot.member < len(members) else None
    return one_line(in_words(value))


def columns_meant(words: str, columns: Sequence[str], also: Mapping[str, str]) -> list[str]:
    """The columns named in `words`, with commas between them; raises `UsageError`."""
    found = []
    for name in filter(None, (part.strip() for part in words.split(","))):
        column = _column(name, columns, also)
        if column is None:
            raise UsageError(_unknown(name, columns))
        found.append(column)
    return list(dict.fromkeys(found))


def _column(name: str, columns: Sequence[str], also: Mapping[str, str]) -> str | None:
    """The column that a name means, in any case, or None."""
    if name in columns:
        return name
    folded = {**{fold(other): also[other] for other in also}, **{fold(column): column for column in columns}}
    return folded.get(fold(name))


def _unknown(name: str, columns: Sequence[str]) -> str:
    listed = f"{', '.join(columns[:_SHOWN])}{', …' if len(columns) > _SHOWN else ''}"
    return f"“{name}” is no column. {suggest(name, columns) or f'Known are: {listed}.'}"


def _open(session: Session, answer: Answer) -> None:
    """Open the files of the rows; raises `UsageError` if they are many, `NotFoundError` if there are none."""
    from ptcrm.cli.editor import edit_files

    paths = [str(path) for path in dict.fromkeys(row["path"] for row in answer.rows(("path",))) if path]
    if not paths:
        raise NotFoundError("There is nothing to open.")
    if len(paths) > _MOST_FILES:
        raise UsageError(
            f"--open: these are {len(paths)} files, and {_MOST_FILES} are opened at most. Ask for fewer."
        )
    session.is_repeatable = False
    edit_files(session.workspace(), paths)
