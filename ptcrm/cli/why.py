"""Why a customer is due when she is: every day explained."""

from __future__ import annotations

import click

from ptcrm.cli.choosing import who_is_meant
from ptcrm.cli.options import (
    Session,
    json_option,
    pass_session,
    who_argument,
)
from ptcrm.cli.output import say, say_json, say_table, tell
from ptcrm.model.dates import long_day
from ptcrm.model.diagnostic import Severity
from ptcrm.schedule.why import changes, sentences, standing_sentence
from ptcrm.views.today import (
    draft_hint,
    row,
    what,
    yearly_words,
)


@click.command("why")
@who_argument
@json_option
@pass_session
def why_command(session: Session, who: tuple[str, ...], as_json: bool) -> None:
    """The reason, file and line behind every date of a customer.

    \b
    Example:
      ptcrm why anna
    """
    workspace = session.workspace()
    match = who_is_meant(session, who)
    found, case = workspace.plan_of(match.path)
    if as_json:
        say_json(
            [
                {
                    **row(one),
                    "why": " ".join(sentences(one, case)),
                    "reason": reason.text,
                    "path": reason.path,
                    "line": reason.line,
                }
                for one in found
                for reason in one.reasons
            ]
        )
        return
    say(match.name, "title")
    if not any(one.kind == "cadence" for one in found):
        say(standing_sentence(case))
    for one in found:
        say(f"\n{long_day(one.planned)}: {yearly_words(one) if one.since else what(one)}", "title")
        for sentence in (*sentences(one, case), changes(one, case)):
            say(f"  {sentence}")
        if one.template:
            say(f"  {draft_hint(match.id, one.template)}")
        say_table([(reason.text, f"{reason.path}:{reason.line}") for reason in one.reasons], "    ")
    warnings = [one for one in workspace.cache.diagnostics(match.path) if one.severity is Severity.WARNING]
    if warnings:
        tell(f"ptcrm: parts of the file are not understood: see `ptcrm show {match.id}`.")
