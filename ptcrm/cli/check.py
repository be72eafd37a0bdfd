"""The command that says what is wrong with the vault, and mends what can be mended."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import click

from ptcrm.cli.git_setup import tell_of_git
from ptcrm.cli.options import Session, from_here, json_option, pass_session, patient
from ptcrm.cli.output import say, say_diagnostic, say_json, tell
from ptcrm.errors import UsageError
from ptcrm.model.diagnostic import CODES, USUAL, Severity
from ptcrm.text.near import did_you_mean, nearest
from ptcrm.text.words import plural
from ptcrm.views.problems import lines_of, mended_words, operation_of, problem_row, repairs_of_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ptcrm.model.diagnostic import Diagnostic
    from ptcrm.vault.repair import Repair
    from ptcrm.workspace import Workspace

    Lines = Callable[[str], list[str]]  # from the path of a file to its lines, none if it was not read

_NO_ID = frozenset({"PT111"})
_GCC = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


@click.command("check")
@json_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "gcc", "github"]),
    default="text",
    show_default=True,
    help="For people, for editors, or for GitHub's annotations.",
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a doubt.")
@click.option("--unsafe-fixes", "guess", is_flag=True, help="With --fix or --diff: also where it is a guess.")
@click.option(
    "--diff", "--dry-run", "diff", is_flag=True, help="Show what --fix would change; write nothing."
)
@click.option("--staged", is_flag=True, help="Look at what git is to commit, and not at the files.")
@click.option("--select", metavar="CODES", multiple=True, help="These codes alone, such as PT101,PT2.")
@click.option("--ignore", metavar="CODES", multiple=True, help="Not these codes.")
@pass_session
@patient
def check_command(
    session: Session,
    *,
    as_json: bool,
    form: str,
    fix: bool,
    guess: bool,
    diff: bool,
    staged: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
) -> None:
    """Everything wrong with the vault, with path, line, column and what to do.

    Exits with 1 if there is an error (with --fix: if one is left), with 0 if there are warnings alone. With
    --staged, each file that git is to commit is looked at by itself, and ids across files.

    \b
    Examples:
      ptcrm check
      ptcrm check --diff --unsafe-fixes
      ptcrm check --fix --ignore PT101
      ptcrm check --fix --select PT111
      ptcrm check --format gcc
      ptcrm check --staged
    """
    _refuse_odd_options(form, as_json=as_json, guess=guess, fix=fix, diff=diff, staged=staged)
    form = "json" if as_json else form
    ignored = _codes(ignore)
    codes = (_codes(select) if select else USUAL) - ignored
    if staged:
        _check_staged(session, form, codes)
        return
    session.writes, session.dry_run = fix, diff
    workspace = session.workspace(quiet=True)
    repairs = repairs_of_all(workspace, codes, guess=guess) if fix or diff else []
    if repairs and session.apply(operation_of(repairs)):
        workspace.refresh()
    found = workspace.diagnostics(codes)
    if fix and not diff:
        _say_mended(repairs, say if form == "text" else tell)
    if not diff:
        _FORMS[form](workspace.root, partial(lines_of, workspace), found)
    _say_counts(plural(len(workspace.listing.files), "file"), found)
    if not (fix or diff):
        _say_fixable(found, select)
    if not select and _NO_ID.isdisjoint(ignored):
        _say_without_id(workspace)
    tell_of_git(workspace.root)
    _end(found)


def _check_staged(session: Session, form: str, codes: frozenset[str]) -> None:
    """What is wrong with that which git is to commit."""
    from ptcrm.cli.staged import look_at_staged

    root = session.folder()
    look = look_at_staged(session, root)
    found = [one for one in look.found if one.code in codes]
    _FORMS[form](root, look.lines, found)
    if look.contents or found:  # most commits of a larger repository are none of the vault's
        _say_counts(plural(len(look.contents), "staged file"), found)
    _end(found)


def _end(found: list[Diagnostic]) -> None:
    """Exit with 1 if there is an error."""
    if any(one.severity is Severity.ERROR for one in found):
        raise click.exceptions.Exit(1)


def _refuse_odd_options(
    form: str, *, as_json: bool, guess: bool, fix: bool, diff: bool, staged: bool
) -> None:
    """Raise `UsageError` for options that do not go together."""
    if staged and (fix or diff or guess):
        raise UsageError("--staged looks and mends nothing: mend the files, and stage them again.")
    if as_json and form != "text":
        raise UsageError("--json and --format exclude each other.")
    if diff and (as_json or form != "text"):
        raise UsageError("--diff prints a diff: it goes with neither --json nor --format.")
    if guess and not (fix or diff):
        raise UsageError("--unsafe-fixes goes with --fix or --diff.")


def _codes(given: Iterable[str]) -> frozenset[str]:
    """The codes that `given` words name, whole or by their beginning, several with commas between them."""
    codes: set[str] = set()
    for word in (part.strip().upper() for words in given for part in words.split(",")):
        named = [code for code in CODES if word and code.startswith(word)]
        if not named:
            near = nearest(word, sorted(code.lower() for code in CODES))
            hint = (
                did_you_mean(near.upper() if near else None)
                or "Write for example PT101, or PT1 for all of its kind."
            )
            raise UsageError(f"“{word}” is no code of a diagnostic. {hint}")
        codes.update(named)
    return frozenset(codes)


# Mending


def _say_mended(repairs: list[Repair], out: Callable[[str], None]) -> None:
    """Say for each file what was done, the same thing once."""
    for one in repairs:
        out(f"{one.write.path}: {mended_words(one)}")
    count = sum(len(one.mended) for one in repairs)
    tell(f"{plural(count, 'problem')} mended in {plural(len(repairs), 'file')}.")


# Formats


def _say_text(_root: Path, lines_of: Lines, found: list[Diagnostic]) -> None:
    for path, group in groupby(found, key=lambda one: one.path):
        lines = lines_of(path) if sys.stdout.isatty() else []
        for one in group:
            say_diagnostic(one, lines[one.line - 1] if one.line <= len(lines) else None)


def _say_json(_root: Path, _lines_of: Lines, found: list[Diagnostic]) -> None:
    say_json([problem_row(one) for one in found])


def _say_gcc(root: Path, _lines_of: Lines, found: list[Diagnostic]) -> None:
    for one in found:
        place = f"{from_here(root, one.path)}:{one.line}:{one.column}"
        say(f"{place}: {_GCC[one.severity]}: {one.message} [{one.code}]")


def _say_github(root: Path, _lines_of: Lines, found: list[Diagnostic]) -> None:
    for one in found:
        file = _escaped(from_here(root, one.path)).replace(":", "%3A").replace(",", "%2C")
        place = f"file={file},line={one.line},col={one.column},title={one.code}"
        say(f"::{_GITHUB[one.severity]} {place}::{_escaped(one.message)}")


def _escaped(text: str) -> str:
    """`text` as GitHub takes it in a workflow command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_FORMS = {"text": _say_text, "json": _say_json, "gcc": _say_gcc, "github": _say_github}


# What is said beside the answer


def _say_counts(files: str, found: list[Diagnostic]) -> None:
    counts = Counter(one.severity for one in found)
    errors, warnings = plural(counts[Severity.ERROR], "error"), plural(counts[Severity.WARNING], "warning")
    tell(f"{files} checked: {errors}, {warnings}.")


def _say_fixable(found: list[Diagnostic], select: tuple[str, ...]) -> None:
    same = f" --select {','.join(select)}" if select else ""
    counts = Counter(one.fix.safe for one in found if one.fix)
    ways = [
        (counts[True], f"`ptcrm check --fix{same}`"),
        (counts[False], f"`ptcrm check --fix --unsafe-fixes{same}` (guesses)"),
    ]
    if counts:
        tell(f"To mend: {', '.join(f'{count} with {way}' for count, way in ways if count)}.")


def _say_without_id(workspace: Workspace) -> None:
    count = len(workspace.without_id())
    if count:
        tell(f"Without an id: {plural(count, 'file')}. `ptcrm check --fix --select PT111` adds one.")
