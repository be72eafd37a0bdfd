"""`ptcrm review`: whether keeping in touch works, all figures at a glance or one by one."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.answer import Answer, answering
from ptcrm.cli.options import (
    Place,
    Session,
    a_year,
    from_here,
    json_option,
    pass_session,
    paths_meant,
)
from ptcrm.cli.output import columns, say, say_json, say_lines, say_table
from ptcrm.cli.sketch import signs_for, sketched
from ptcrm.errors import UsageError
from ptcrm.formats.columns import REVIEWED
from ptcrm.reports.review.values import Period
from ptcrm.text.words import plural
from ptcrm.views.pictures import pictures
from ptcrm.views.review import period_of, review
from ptcrm.views.review_words import TELLERS, newest, told, whom
from ptcrm.views.reviewed import figure_object, figure_rows, review_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptcrm.model.picture import Picture
    from ptcrm.reports.review.figures import Review
    from ptcrm.views.review_words import Advice, Group
    from ptcrm.workspace import Workspace

_SHOWN, _ADVISED, _AT_A_GLANCE = 20, 5, 1
_OPTIONS = (
    click.option("--ascii", "plain", is_flag=True, help="Draw with plain letters and signs."),
    click.option("--where", type=Place(), metavar="QUERY", help="These customers alone."),
    click.option("--to", "last", metavar="DAY", help="The last day; default: today."),
    click.option("--from", "first", metavar="DAY", help="The first day; default: a year before the last."),
)


def _asked(body: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options that say which days and which customers are looked at."""
    for option in _OPTIONS:
        body = option(body)
    return body


def _reviewed(workspace: Workspace, period: Period, where: str | None) -> Review:
    return review(workspace, period, paths_meant(workspace, (where,) if where else ()))


@click.group("review", invoke_without_command=True)
@_asked
@click.option("--html", type=Place(), metavar="FILE", help="Write a page with charts to this file.")
@click.option("--year", metavar="YYYY", help="A letter about this year, as Markdown.")
@json_option
@pass_session
@click.pass_context
def review_command(  # click hands over each option
    context: click.Context,
    session: Session,
    first: str | None,
    last: str | None,
    where: str | None,
    plain: bool,
    html: str | None,
    year: str | None,
    as_json: bool,
) -> None:
    """Whether keeping in touch works: the last twelve months in figures.

    \b
    Examples:
      ptcrm review
      ptcrm review --from 2026-01-01 --where tier:gold
      ptcrm review --year 2026
      ptcrm review consistency
      ptcrm review --html review.html
    """
    if figure := context.invoked_subcommand:
        if first or last or where or year or plain or html or as_json:
            raise UsageError(f"Options stand behind the figure: ptcrm review {figure} …")
        return
    if year and (first or last):
        raise UsageError("--year has its own days: leave out --from and --to.")
    if html and as_json:
        raise UsageError("--html and --json do not go together: choose one.")
    workspace = session.workspace()
    period = _whole(year, workspace.today) if year else period_of(first, last, workspace.today)
    found = _reviewed(workspace, period, where)
    if html:
        _give_page(session, found, html)
    elif year:
        _say_letter(found, workspace, as_json=as_json)
    elif as_json:
        say_json(review_object(found))
    else:
        _say_review(found, workspace, plain=plain)


def _whole(year: str, today: date) -> Period:
    """The days of a year, up to today; raises `UsageError`."""
    number = a_year(year, today, ahead=0)
    return Period(date(number, 1, 1), min(date(number, 12, 31), today))


def _say_review(found: Review, workspace: Workspace, *, plain: bool) -> None:
    """Each figure in a few sentences; its course in time, if it has one."""
    drawn = pictures(found)
    _say_title("Review", found)
    for name in TELLERS:
        one = told(name, found, workspace.config)
        say(f"\n{one.title}", "title")
        for sentence in one.sentences:
            say(f"  {sentence}")
        for picture in drawn[name][:1]:
            if picture.kind != "bars":
                _say_picture(picture, plain=plain)
        _say_advice(islice(one.advice, _AT_A_GLANCE), "  ")
    say("\nWho is behind a figure: ptcrm review consistency, or another of them.")


def _say_picture(picture: Picture, *, plain: bool) -> None:
    say_lines(f"  {line}" for line in sketched(picture, columns() - 2, signs_for(plain=plain)))


def _give_page(session: Session, found: Review, file: str) -> None:
    from ptcrm.cli.exporting import give
    from ptcrm.formats.report import BEGINS, as_page
    from ptcrm.views.review_report import report

    give(session, as_page(report(found, session.workspace().config)), file, BEGINS, "review")


def _say_letter(found: Review, workspace: Workspace, *, as_json: bool) -> None:
    from ptcrm.views.letter import as_markdown, letter, letter_object

    one = letter(found, workspace.config, workspace.today)
    if as_json:
        say_json(letter_object(one))
    else:
        say(as_markdown(one).rstrip())


def _say_title(title: str, found: Review) -> None:
    period = found.period
    say(f"{title}, {period.first} to {period.last}: {plural(found.customers, 'customer')}", "title")


def _say_advice(advice: Iterable[Advice], margin: str) -> None:
    for one in advice:
        say(f"{margin}{one.text}:\n{margin}  {one.command}")


def _figure(name: str) -> Callable[[Callable[..., None]], None]:
    """A command for the figure `name`, with the docstring of a function as its help."""

    def decorate(described: Callable[..., None]) -> None:
        def body(
            session: Session, first: str | None, last: str | None, where: str | None, plain: bool
        ) -> Answer:
            workspace = session.workspace()
            found = _reviewed(workspace, period_of(first, last, workspace.today), where)
            return Answer(
                tuple(REVIEWED[name]),
                lambda _: figure_rows(name, found),
                lambda: _say_figure(name, found, workspace, plain=plain),
                whole=lambda: figure_object(name, found),
            )

        body.__doc__, body.__name__ = described.__doc__, described.__name__
        review_command.command(name)(_asked(answering()(body)))

    return decorate


def _say_figure(name: str, found: Review, workspace: Workspace, *, plain: bool) -> None:
    one = told(name, found, workspace.config)
    _say_title(one.title, found)
    for sentence in one.sentences:
        say(sentence)
    for picture in pictures(found)[name]:
        say(f"\n{picture.title}", "title")
        _say_picture(picture, plain=plain)
    for group in one.groups:
        _say_group(group, workspace)
    if advice := list(one.advice):
        say("\nWhat to do", "title")
        _say_advice(advice[:_ADVISED], "  ")
        more = len(advice) - _ADVISED
        if more > 0:
            say(f"  … and {more} more")


def _say_group(group: Group, workspace: Workspace) -> None:
    """The customers of a group with what is said of each, and the lines of files."""
    say(f"\n{group.title} ({len(group.members)})", "title")
    say_table(
        [
            (
                whom(line.customer),
                line.words,
                newest(line.places, lambda path: from_here(workspace.root, path)),
            )
            for line in group.first(_SHOWN)
        ]
    )
    if more := group.beyond(_SHOWN):
        say(f"  … and {more} more")


@_figure("consistency")
def _consistency() -> None:
    """Whether follow-ups are made within the cadence, and promises kept.

    \b
    Examples:
      ptcrm review consistency
      ptcrm review consistency --where tier:gold --csv
    """


@_figure("retention")
def _retention() -> None:
    """Who stayed, who left and why, who came back, and who buys again.

    \b
    Examples:
      ptcrm review retention --from 2026-01-01
      ptcrm review retention --json
    """


@_figure("value")
def _value() -> None:
    """What gave customers something, against what asked for something.

    \b
    Examples:
      ptcrm review value
      ptcrm review value --ids
    """


@_figure("channels")
def _channels() -> None:
    """By which channels you are in touch, and with whom by one alone.

    \b
    Examples:
      ptcrm review channels
      ptcrm review channels --to 2026-06-30
    """


@_figure("effort")
def _effort() -> None:
    """What contacts took, what was given, and what came of it.

    \b
    Examples:
      ptcrm review effort
      ptcrm review effort --tsv
    """


@_figure("referrals")
def _referrals() -> None:
    """Who brought whom, and what those have paid.

    \b
    Examples:
      ptcrm review referrals
      ptcrm review referrals --jsonl
    """


@_figure("feedback")
def _feedback() -> None:
    """Which feedback is open, which is closed, and who was told.

    \b
    Examples:
      ptcrm review feedback
      ptcrm review feedback --format "{name}: {state}"
    """
